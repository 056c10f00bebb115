#include "import_onnx_priv.h"

#include <string.h>

/* ConvTranspose: zeros between the rows and columns of the input, then a convolution of stride 1
 * with its kernel turned round. */

typedef struct turned {
    uint32_t in, k, stride, dilation, extra;
    int64_t before, after; /* what the definition cuts off its result */
    uint32_t out;
} turned;

static zs_status sizes(const zs_onnx_node *at, turned *t, const int64_t *out, zs_err *err)
{
    static const char *const rules[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
    uint32_t rule;
    ZS_TRY(zs_onnx_attr_choice(at, "auto_pad", rules, ZS_LEN(rules), 0, &rule, err));
    const bool is_upper = rule == 1, is_lower = rule == 2;
    const int64_t whole =
        (int64_t)t->stride * (t->in - 1) + t->extra + (int64_t)(t->k - 1) * t->dilation + 1;
    if (out != NULL || is_upper || is_lower) {
        const int64_t want = out != NULL ? *out : (int64_t)t->in * t->stride;
        const int64_t total = whole - want, half = total >= 0 ? total / 2 : (total - 1) / 2;
        t->before = is_upper ? half : total - half;
        t->after = total - t->before;
    }
    const int64_t left = whole - t->before - t->after;
    if (left < 1 || left > 65535)
        return zs_fail(err, ZS_ESHAPE, at->place, "makes %lld rows or columns of %u",
                       (long long)left, t->in);
    t->out = (uint32_t)left;
    return ZS_OK;
}

static zs_status read_size(const zs_onnx_node *at, const char *what, int64_t v, int64_t least,
                           uint32_t *out, zs_err *err)
{
    return v <= 65535
               ? zs_net_size(v, least, what, at->place, out, err)
               : zs_fail(err, ZS_ERANGE, at->place, "%s %lld is above 65535", what, (long long)v);
}

static zs_status read_turned(const zs_onnx_node *at, uint32_t rank, const zs_net_value *x,
                             const ZsOnnx__Tensor *w, turned t[2], zs_err *err)
{
    static const char *const names[] = {"strides", "dilations", "output_padding", "pads",
                                        "output_shape"};
    int64_t v[5][4] = {{1, 1}, {1, 1}, {0}, {0}, {0}};
    const size_t axes = rank - 2;
    for (size_t i = 0; i < ZS_LEN(names); i++) {
        int64_t stated[4];
        const size_t parts = i == 3 ? 2 : 1;
        const ZsOnnx__Attribute *attr = zs_onnx_attr(at, names[i]);
        const bool is_full = i == 4 && attr != NULL && attr->n_ints == rank; /* with N and C */
        if (attr == NULL)
            continue;
        if (!is_full)
            ZS_TRY(zs_onnx_attr_ints(at, names[i], stated, parts * axes, err));
        else
            memcpy(stated, attr->ints + 2, axes * sizeof *stated);
        for (size_t p = 0; p < parts; p++)
            for (size_t d = 0; d < axes; d++)
                v[i][2 * p + 2 - axes + d] = stated[p * axes + d];
    }
    for (size_t d = 0; d < 2; d++) {
        const bool is_row = d == 0;
        t[d] = (turned){.in = is_row ? x->shape.h : x->shape.w};
        const int64_t k = !is_row ? w->dims[rank - 1] : rank == 4 ? w->dims[2] : 1;
        ZS_TRY(read_size(at, "a kernel size of", k, 1, &t[d].k, err));
        ZS_TRY(read_size(at, "a stride of", v[0][d], 1, &t[d].stride, err));
        ZS_TRY(read_size(at, "a dilation of", v[1][d], 1, &t[d].dilation, err));
        ZS_TRY(read_size(at, "an output padding of", v[2][d], 0, &t[d].extra, err));
        for (size_t p = 0; p < 2; p++)
            if (v[3][2 * p + d] < 0 || v[3][2 * p + d] > 65535)
                return zs_fail(err, ZS_ERANGE, at->place, "a pad of %lld",
                               (long long)v[3][2 * p + d]);
        t[d].before = v[3][d];
        t[d].after = v[3][2 + d];
        ZS_TRY(sizes(at, &t[d],
                     zs_onnx_attr(at, "output_shape") && (rank == 4 || !is_row) ? &v[4][d] : NULL,
                     err));
    }
    return ZS_OK;
}

/* [ic][oc / g][ky][kx] to [oc][ic / g] with both kernel axes backwards. */
static float *turn_weights(zs_arena *arena, const float *w, uint32_t ic_n, uint32_t oc_g,
                           uint32_t groups, size_t taps)
{
    const uint32_t ic_g = ic_n / groups;
    float *out = zs_arena_alloc_raw(arena, (size_t)ic_n * oc_g * taps, sizeof *out);
    for (uint32_t g = 0; out != NULL && g < groups; g++)
        for (uint32_t ic = 0; ic < ic_g; ic++)
            for (uint32_t oc = 0; oc < oc_g; oc++) {
                const float *from = w + ((size_t)(g * ic_g + ic) * oc_g + oc) * taps;
                float *to = out + ((size_t)(g * oc_g + oc) * ic_g + ic) * taps;
                for (size_t i = 0; i < taps; i++)
                    to[i] = from[taps - 1 - i];
            }
    return out;
}

/* Elements apart by the stride; padding of the convolution where it can be, else cut off here. */
static zs_status spread(const zs_onnx_node *at, const turned t[2], zs_net_value *x,
                        uint32_t pads[4], zs_err *err)
{
    zs_general *g = zs_onnx_general(at, ZS_FN_NONE);
    uint32_t dims[4] = {1, x->shape.c};
    const uint64_t steps[2] = {x->shape.w, 1};
    bool is_idle = true;
    if (g == NULL)
        return zs_nomem(err, "a layer");
    g->rank = 3;
    g->dims[0] = x->shape.c;
    g->tables[0] = zs_onnx_table(at, x->shape.c, 0, (int64_t)x->shape.h * x->shape.w);
    if (g->tables[0] == NULL)
        return zs_nomem(err, "a layer");
    for (size_t d = 0; d < 2; d++) {
        const int64_t reach = (int64_t)(t[d].k - 1) * t[d].dilation;
        const int64_t first = reach - t[d].before, last = reach - t[d].after + t[d].extra;
        const int64_t cut = first < 0 ? -first : 0, cut_end = last < 0 ? -last : 0;
        const int64_t n = (int64_t)t[d].stride * (t[d].in - 1) + 1 - cut - cut_end;
        if (n < 1 || n > 65535)
            return zs_fail(err, ZS_ESHAPE, at->place, "spreads %u rows or columns to %lld", t[d].in,
                           (long long)n);
        int64_t *table = zs_onnx_table(at, (uint64_t)n, -1, 0);
        if (table == NULL)
            return zs_nomem(err, "a layer");
        for (int64_t i = 0; i < n; i++)
            if ((i + cut) % t[d].stride == 0)
                table[i] = (i + cut) / t[d].stride * (int64_t)steps[d];
        g->dims[1 + d] = dims[2 + d] = (uint32_t)n;
        g->tables[1 + d] = table;
        pads[d] = first > 0 ? (uint32_t)first : 0;
        pads[2 + d] = last > 0 ? (uint32_t)last : 0;
        is_idle = is_idle && n == t[d].in && t[d].stride == 1;
    }
    if (is_idle)
        return ZS_OK;
    zs_net_value y;
    ZS_TRY(
        zs_onnx_emit(at, ZS_LAYER_REARRANGE, g, (zs_net_value *const[]){x}, 1, dims, 4, &y, err));
    *x = y;
    return ZS_OK;
}

zs_status zs_onnx_conv_transpose(const zs_onnx_node *at, zs_err *err)
{
    const ZsOnnx__Tensor *w;
    zs_net_value *value, x, y;
    zs_layer_spec *layer;
    turned t[2];
    uint32_t dims[ZS_RANK_MAX], rank, pads[4], oc_g = 0;
    ZS_TRY(zs_onnx_get(at, 0, &value, err));
    ZS_TRY(zs_onnx_in_tensor(at, 1, &w, err));
    ZS_TRY(zs_onnx_dims(at, value, dims, &rank, err));
    if (value->constant != NULL || (rank != 3 && rank != 4) || w->n_dims != rank || dims[0] != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "an input of %u dimensions and weights of %zu; 4 or 3 of one sample are "
                       "handled",
                       rank, w->n_dims);
    ZS_TRY(zs_onnx_settle(at, value, NULL, err));
    x = *value;
    ZS_TRY(zs_onnx_new_layer(at, ZS_LAYER_CONV, &layer, err));
    ZS_TRY(read_size(at, "a group count of", zs_onnx_attr_int(at, "group", 1), 1, &layer->groups,
                     err));
    ZS_TRY(read_size(at, "an output channel count of", w->dims[1], 1, &oc_g, err));
    ZS_TRY(read_size(at, "an output channel count of", (int64_t)oc_g * layer->groups, 1, &layer->oc,
                     err));
    if (w->dims[0] != x.shape.c || x.shape.c % layer->groups != 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "weights for %lld channels in %u groups, not %u",
                       (long long)w->dims[0], layer->groups, x.shape.c);
    ZS_TRY(read_turned(at, rank, &x, w, t, err));
    ZS_TRY(spread(at, t, &x, pads, err));
    layer->window = (zs_window){t[0].k,        t[1].k,  1,       1,       t[0].dilation,
                                t[1].dilation, pads[0], pads[1], pads[2], pads[3]};
    ZS_TRY(zs_onnx_in_floats(at, 1, &layer->weights.data, &layer->weights.n_elems, err));
    layer->weights.data = turn_weights(at->net->draft.arena, layer->weights.data, x.shape.c, oc_g,
                                       layer->groups, (size_t)t[0].k * t[1].k);
    if (layer->weights.data == NULL)
        return zs_nomem(err, "turned weights");
    if (zs_onnx_has_input(at, 2)) {
        ZS_TRY(zs_onnx_in_floats(at, 2, &layer->weights.bias, &layer->weights.bias_n, err));
        if (layer->weights.bias_n != layer->oc)
            return zs_fail(err, ZS_ESHAPE, at->place, "%llu biases for %u output channels",
                           (unsigned long long)layer->weights.bias_n, layer->oc);
    }
    ZS_TRY(zs_net_draft_input(&at->net->draft, layer, x.layer, err));
    ZS_TRY(zs_onnx_layer_value(at, layer, (zs_net_value *const[]){&x}, rank, &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}
