#include "import_net_yaml_priv.h"

/* Darknet's reorg, with its own order of elements: the input counts as a map of 1 / stride^2 of the
 * channels and stride times the rows and columns, and each place in a square of stride x stride of
 * that becomes a set of channels. */

enum { SQUARE_Y, SQUARE_X, CHANNEL, ROW, COLUMN, RANK };

static const int64_t *table_of(const zs_net_yaml *y, uint32_t n, int64_t step)
{
    int64_t *table = zs_new(y->draft.arena, int64_t, n);
    for (uint32_t i = 0; table != NULL && i < n; i++)
        table[i] = i * step;
    return table;
}

static zs_status check(const zs_net_yaml *y, const yaml_node_t *node, zs_shape x, uint32_t s)
{
    enum { STRIDE_MAX = 1024 };
    if (s > STRIDE_MAX)
        return zs_net_yaml_fail(y, node, ZS_ERANGE, "stride %u is above the maximum %d", s,
                                STRIDE_MAX);
    if (x.c > ZS_NET_SIZE_MAX || x.h > ZS_NET_SIZE_MAX || x.w > ZS_NET_SIZE_MAX ||
        (uint64_t)x.c * x.h > UINT32_MAX || (uint64_t)x.c * x.h * x.w > UINT32_MAX)
        return zs_net_yaml_fail(y, node, ZS_ERANGE, "%u x %u x %u are more than %u elements", x.c,
                                x.h, x.w, UINT32_MAX);
    if (x.c % (s * s) != 0 || x.h % s != 0 || x.w % s != 0)
        return zs_net_yaml_fail(y, node, ZS_ESHAPE,
                                "stride %u does not divide %u channels, %u rows, %u columns", s,
                                x.c, x.h, x.w);
    return ZS_OK;
}

zs_status zs_net_yaml_reorg(const zs_net_yaml *y, const yaml_node_t *node, zs_shape x, uint32_t s,
                            const zs_general **out)
{
    ZS_TRY(check(y, node, x, s));
    zs_general *g = zs_new(y->draft.arena, zs_general, 1);
    if (g == NULL)
        return zs_nomem(y->err, "a layer");
    const uint32_t dims[RANK] = {s, s, x.c / (s * s), x.h, x.w};
    const int64_t row = (int64_t)x.w * s;
    const int64_t steps[RANK] = {row, 1, row * x.h * s, row * s, s};
    *g = (zs_general){
        .to = {x.c * s * s, x.h / s, x.w / s}, .x_elems = zs_shape_elems(x), .rank = RANK};
    for (uint32_t d = 0; d < RANK; d++) {
        g->dims[d] = dims[d];
        g->tables[d] = table_of(y, dims[d], steps[d]);
        if (g->tables[d] == NULL)
            return zs_nomem(y->err, "a layer");
    }
    *out = g;
    return ZS_OK;
}
