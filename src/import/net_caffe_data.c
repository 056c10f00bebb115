#include "import_caffe_priv.h"

#include <string.h>

static size_t stated_dims(const ZsCaffe__Blob *blob, int64_t legacy[4], const int64_t **dims)
{
    if (blob->shape != NULL) {
        *dims = blob->shape->dim;
        return blob->shape->n_dim;
    }
    legacy[0] = blob->num;
    legacy[1] = blob->channels;
    legacy[2] = blob->height;
    legacy[3] = blob->width;
    *dims = legacy;
    return blob->has_num ? 4 : 0;
}

static const float *blob_data(zs_arena *arena, const ZsCaffe__Blob *blob, uint64_t *n)
{
    *n = blob->n_data > 0 ? blob->n_data : blob->n_double_data;
    if (blob->n_data > 0)
        return blob->data;
    float *out = zs_arena_alloc_raw(arena, blob->n_double_data, sizeof *out);
    for (size_t i = 0; out != NULL && i < blob->n_double_data; i++)
        out[i] = (float)blob->double_data[i];
    return out;
}

zs_status zs_caffe_read_blob(const zs_caffe_layer *at, size_t i, zs_caffe_blob *out, zs_err *err)
{
    int64_t legacy[4];
    const int64_t *dims;
    uint64_t elems;
    zs_caffe_blob view = {0};
    if (i >= at->layer->n_blobs)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "the file holds %zu of its weight blobs, blob %zu is missing",
                       at->layer->n_blobs, i);
    const ZsCaffe__Blob *blob = at->layer->blobs[i];
    const size_t rank = stated_dims(blob, legacy, &dims);
    if ((view.data = blob_data(at->net->graph.draft.arena, blob, &view.n)) == NULL)
        return zs_nomem(err, "a weight blob");
    ZS_TRY(zs_net_elems(dims, rank, at->place, &elems, err));
    if (view.n == 0 || (rank > 0 && elems != view.n))
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "blob %zu holds %llu numbers, but its shape says %llu", i,
                       (unsigned long long)view.n, (unsigned long long)elems);
    for (size_t d = 0; rank >= 1 && rank <= 4 && d < 4; d++)
        view.dims[d] = d + rank < 4 ? 1 : dims[d + rank - 4];
    *out = view;
    return ZS_OK;
}

zs_status zs_caffe_read_vector(const zs_caffe_layer *at, size_t i, uint64_t n, const float **out,
                               zs_err *err)
{
    zs_caffe_blob view;
    ZS_TRY(zs_caffe_read_blob(at, i, &view, err));
    if (view.n != n)
        return zs_fail(err, ZS_ESHAPE, at->place, "blob %zu holds %llu numbers instead of %llu", i,
                       (unsigned long long)view.n, (unsigned long long)n);
    *out = view.data;
    return ZS_OK;
}

/* Forks number the parameters of their own types as they like: the last of the layer's unknown
 * messages beyond Caffe's own numbers that reads as one is meant. */
zs_status zs_caffe_fork_param(const zs_caffe_layer *at, const ProtobufCMessageDescriptor *type,
                              void *known, void *out, zs_err *err)
{
    enum { OWN_MAX = 143, LENGTH_DELIMITED = 2 };
    const ProtobufCMessage *base = &at->layer->base;
    void *found = known;
    for (unsigned i = 0; found == NULL && i < base->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &base->unknown_fields[i];
        size_t skip = 0;
        if (field->tag <= OWN_MAX || (int)field->wire_type != LENGTH_DELIMITED)
            continue;
        while (skip < field->len && (field->data[skip] & 0x80) != 0)
            skip++;
        const zs_span bytes = {field->data + skip + 1,
                               field->len > skip ? field->len - skip - 1 : 0};
        zs_err ignored;
        if (bytes.bytes > 0 &&
            zs_proto_unpack(at->net->graph.draft.arena, type, bytes, "parameters", at->place,
                            &found, &ignored) == ZS_ENOMEM)
            return zs_nomem(err, "parameters");
    }
    memcpy(out, &found, sizeof found);
    return ZS_OK;
}
