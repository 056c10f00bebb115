#include "import_tflite_priv.h"

/* SPACE_TO_BATCH_ND, a convolution of stride 1 and BATCH_TO_SPACE_ND: older converters write a
 * dilated convolution so. Between the two a tensor stands for the whole map, whose every block-th
 * row and column each sample of the file has. */

static zs_status read_blocks(const zs_tfl_op *at, int64_t block[2], int64_t cuts[4], zs_err *err)
{
    int64_t blocks[2 * ZS_RANK_MAX], edges[2 * ZS_RANK_MAX];
    size_t block_n, edge_n;
    ZS_TRY(zs_tfl_list(at, 1, blocks, &block_n, err));
    ZS_TRY(zs_tfl_list(at, 2, edges, &edge_n, err));
    if (block_n != 2 || edge_n != 4)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "%zu blocks and %zu edges; rows and columns, 2 and 4, are handled", block_n,
                       edge_n);
    for (size_t d = 0; d < 2; d++) {
        block[d] = blocks[d];
        cuts[2 * d] = edges[2 * d];
        cuts[2 * d + 1] = edges[2 * d + 1];
        if (blocks[d] < 1 || blocks[d] > ZS_NET_SIZE_MAX || cuts[2 * d] < 0 ||
            cuts[2 * d] > ZS_NET_SIZE_MAX || cuts[2 * d + 1] < 0 ||
            cuts[2 * d + 1] > ZS_NET_SIZE_MAX)
            return zs_fail(err, ZS_ERANGE, at->lower.place,
                           "a block of %lld with edges of %lld and %lld; blocks from 1 and edges "
                           "from 0 to %u are handled",
                           (long long)blocks[d], (long long)cuts[2 * d], (long long)cuts[2 * d + 1],
                           ZS_NET_SIZE_MAX);
    }
    return ZS_OK;
}

zs_status zs_tfl_space_to_batch(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t block[2], edges[4];
    const char *map, *list, *made;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(read_blocks(at, block, edges, err));
    ZS_TRY(zs_tfl_to_map(at, x, &map, err));
    if (x->dims[0] != 1 || (x->dims[1] + edges[0] + edges[1]) % block[0] != 0 ||
        (x->dims[2] + edges[2] + edges[3]) % block[1] != 0)
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "%u samples of %u x %u with their edges do not divide into %lld x %lld",
                       x->dims[0], x->dims[1], x->dims[2], (long long)block[0],
                       (long long)block[1]);
    const int64_t pads[8] = {0, 0, edges[0], edges[2], 0, 0, edges[1], edges[3]};
    ZS_TRY(zs_lower_list(&at->lower, pads, 8, &list, err));
    ZS_TRY(zs_lower_binary(&at->lower, "Pad", map, list, NULL, &made, err));
    zs_tfl_tensor *parts = &at->net->tensors[y - at->net->tensors];
    parts->map = made;
    parts->block[0] = (uint32_t)block[0];
    parts->block[1] = (uint32_t)block[1];
    return ZS_OK;
}

zs_status zs_tfl_batch_to_space(const zs_tfl_op *at, zs_err *err)
{
    const zs_tfl_tensor *x, *y;
    int64_t block[2], cuts[4];
    const char *starts, *ends, *axes, *made;
    zs_lower_op op;
    ZS_TRY(zs_tfl_ends(at, &x, &y, err));
    ZS_TRY(zs_tfl_check_moved(at, x, y, err));
    ZS_TRY(read_blocks(at, block, cuts, err));
    if (x->block[0] != block[0] || x->block[1] != block[1] || x->map == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "blocks of %lld x %lld of what SPACE_TO_BATCH_ND did not make so; behind a "
                       "convolution of stride 1 they are handled",
                       (long long)block[0], (long long)block[1]);
    ZS_TRY(zs_lower_list(&at->lower, (const int64_t[]){cuts[0], cuts[2]}, 2, &starts, err));
    ZS_TRY(zs_lower_list(&at->lower, (const int64_t[]){cuts[0] + y->dims[1], cuts[2] + y->dims[2]},
                         2, &ends, err));
    ZS_TRY(zs_lower_list(&at->lower, (const int64_t[]){2, 3}, 2, &axes, err));
    zs_lower_begin(&op, &at->lower, "Slice", x->map);
    zs_lower_in(&op, starts);
    zs_lower_in(&op, ends);
    zs_lower_in(&op, axes);
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    return zs_tfl_from_map(at, made, y, err);
}

zs_status zs_tfl_dilate(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                        const int64_t strides[2], int64_t padding, int64_t dilations[2],
                        zs_err *err)
{
    zs_tfl_tensor *parts = &at->net->tensors[y - at->net->tensors];
    if (x->block[0] == 0)
        return ZS_OK;
    if (strides[0] != 1 || strides[1] != 1 || dilations[0] != 1 || dilations[1] != 1 ||
        padding != ZS_TFL_VALID)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "stride %lld x %lld, dilation %lld x %lld or padding behind "
                       "SPACE_TO_BATCH_ND; a convolution of stride 1 without padding is handled",
                       (long long)strides[0], (long long)strides[1], (long long)dilations[0],
                       (long long)dilations[1]);
    for (size_t d = 0; d < 2; d++) {
        dilations[d] = x->block[d];
        parts->block[d] = x->block[d];
    }
    return ZS_OK;
}
