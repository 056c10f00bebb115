#include "import_tflite_priv.h"

#include <math.h>
#include <string.h>

/* ---- tensors --------------------------------------------------------------------------------- */

static zs_status tensor_of(const zs_tfl_op *at, const zs_flat_list *list, uint32_t i,
                           const zs_tfl_tensor **out, zs_err *err)
{
    const int64_t index = i < list->n ? zs_flat_int_at(list, i, true) : -1;
    *out = NULL;
    if (index < 0)
        return ZS_OK;
    if (index >= at->net->tensor_n)
        return zs_fail(err, ZS_EPARSE, at->lower.place, "tensor %lld is none of %u",
                       (long long)index, at->net->tensor_n);
    *out = &at->net->tensors[index];
    return ZS_OK;
}

zs_status zs_tfl_in(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err)
{
    return tensor_of(at, &at->in, i, out, err);
}

zs_status zs_tfl_out(const zs_tfl_op *at, const zs_tfl_tensor **out, zs_err *err)
{
    ZS_TRY(tensor_of(at, &at->out, 0, out, err));
    return *out != NULL ? ZS_OK
                        : zs_fail(err, ZS_EPARSE, at->lower.place, "the operator has no output");
}

zs_status zs_tfl_computed(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err)
{
    ZS_TRY(zs_tfl_in(at, i, out, err));
    if (*out == NULL || (*out)->is_constant)
        return zs_fail(err, *out == NULL ? ZS_EPARSE : ZS_EUNSUPPORTED, at->lower.place,
                       "input %u is %s", i, *out == NULL ? "missing" : "a constant");
    if ((*out)->map == NULL && zs_net_draft_get(&at->net->graph.draft, (*out)->value) == NULL)
        return zs_fail(err, ZS_EPARSE, at->lower.place,
                       "reads '%.60s', which no earlier operator makes", (*out)->name);
    return ZS_OK;
}

zs_status zs_tfl_constant(const zs_tfl_op *at, uint32_t i, const zs_tfl_tensor **out, zs_err *err)
{
    ZS_TRY(zs_tfl_in(at, i, out, err));
    if (*out == NULL || !(*out)->is_constant)
        return zs_fail(err, *out == NULL ? ZS_EPARSE : ZS_EUNSUPPORTED, at->lower.place,
                       "input %u is %s", i, *out == NULL ? "missing" : "no constant");
    return ZS_OK;
}

bool zs_tfl_is_int(const zs_tfl_tensor *tensor)
{
    return (tensor->type == ZS_TFL_INT8 || tensor->type == ZS_TFL_UINT8) && tensor->scale.n > 0;
}

bool zs_tfl_same_scale(const zs_tfl_tensor *a, const zs_tfl_tensor *b)
{
    const zs_number x = zs_tfl_number(a), y = zs_tfl_number(b);
    return a->type == b->type && !(x.scale < y.scale) && !(x.scale > y.scale) && x.zero == y.zero;
}

uint64_t zs_tfl_elems(const zs_tfl_tensor *tensor)
{
    return zs_onnx_elems(tensor->dims, tensor->rank);
}

static uint32_t bytes_of(int64_t type)
{
    switch (type) {
    case ZS_TFL_FLOAT:
    case ZS_TFL_INT32:
        return 4;
    case ZS_TFL_INT64:
        return 8;
    case ZS_TFL_HALF:
        return 2;
    case ZS_TFL_INT8:
    case ZS_TFL_UINT8:
        return 1;
    default:
        return 0;
    }
}

static zs_status check_data(const zs_tfl_op *at, const zs_tfl_tensor *tensor, zs_err *err)
{
    const uint32_t bytes = bytes_of(tensor->type);
    if (bytes == 0)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "constant '%.60s' is of type %lld, which is not handled", tensor->name,
                       (long long)tensor->type);
    if (tensor->data.bytes != zs_tfl_elems(tensor) * bytes)
        return zs_fail(err, ZS_EPARSE, at->lower.place,
                       "constant '%.60s' has %zu bytes for %llu elements", tensor->name,
                       tensor->data.bytes, (unsigned long long)zs_tfl_elems(tensor));
    return ZS_OK;
}

static int64_t whole_at(const zs_tfl_tensor *tensor, uint64_t i)
{
    const uint32_t bytes = bytes_of(tensor->type);
    zs_flat file = {.bytes = tensor->data};
    const zs_flat_list list = {.file = &file, .n = UINT32_MAX, .elem_bytes = bytes};
    return zs_flat_int_at(&list, (uint32_t)i, tensor->type != ZS_TFL_UINT8);
}

zs_status zs_tfl_list(const zs_tfl_op *at, uint32_t i, int64_t *out, size_t *n, zs_err *err)
{
    const zs_tfl_tensor *tensor;
    ZS_TRY(zs_tfl_constant(at, i, &tensor, err));
    ZS_TRY(check_data(at, tensor, err));
    *n = (size_t)zs_tfl_elems(tensor);
    if (*n > 2 * ZS_RANK_MAX || (tensor->type != ZS_TFL_INT32 && tensor->type != ZS_TFL_INT64))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "input %u is %zu numbers of type %lld, not a list of whole ones", i, *n,
                       (long long)tensor->type);
    for (size_t k = 0; k < *n; k++)
        out[k] = whole_at(tensor, k);
    return ZS_OK;
}

/* Which of the scales holds for element i. */
static uint32_t channel_of(const zs_tfl_tensor *tensor, uint64_t i)
{
    if (tensor->scale.n <= 1)
        return 0;
    const uint64_t inner =
        zs_onnx_elems(tensor->dims + tensor->axis + 1, tensor->rank - tensor->axis - 1);
    return (uint32_t)(i / inner % tensor->scale.n);
}

zs_status zs_tfl_floats(const zs_tfl_op *at, const zs_tfl_tensor *tensor, bool raw,
                        const float **out, zs_err *err)
{
    const uint64_t n = zs_tfl_elems(tensor);
    ZS_TRY(check_data(at, tensor, err));
    if (tensor->scale.n > 1 &&
        (tensor->axis >= tensor->rank || tensor->dims[tensor->axis] != tensor->scale.n))
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "'%.60s' has %u scales, but not in dimension %u", tensor->name,
                       tensor->scale.n, tensor->axis);
    float *data = zs_arena_alloc_raw(at->net->graph.draft.arena, (size_t)n, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, "weights");
    const bool is_scaled = zs_tfl_is_int(tensor);
    for (uint64_t i = 0; i < n; i++) {
        if (tensor->type == ZS_TFL_FLOAT) {
            zs_flat file = {.bytes = tensor->data};
            const zs_flat_list list = {.file = &file, .n = UINT32_MAX, .elem_bytes = 4};
            data[i] = zs_flat_float_at(&list, (uint32_t)i);
            continue;
        }
        if (tensor->type == ZS_TFL_HALF) {
            data[i] = zs_float_of_half(tensor->data.data[2 * i] |
                                       (uint32_t)tensor->data.data[2 * i + 1] << 8);
            continue;
        }
        int64_t q = whole_at(tensor, i);
        const uint32_t c = is_scaled ? channel_of(tensor, i) : 0;
        if (is_scaled && tensor->zero.n > 0)
            q -= zs_flat_int_at(&tensor->zero, c, true);
        data[i] = is_scaled && !raw ? (float)((double)q * zs_tfl_scale(tensor, c)) : (float)q;
    }
    *out = data;
    return ZS_OK;
}

zs_status zs_tfl_check_alike(const zs_tfl_op *at, const zs_tfl_tensor *x, const zs_tfl_tensor *y,
                             zs_err *err)
{
    const bool is_known = y->type == ZS_TFL_FLOAT || zs_tfl_is_int(y);
    if (zs_tfl_is_int(x) != zs_tfl_is_int(y) || !is_known || (zs_tfl_is_int(y) && y->scale.n != 1))
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "makes type %lld (%u scales) of type %lld; floats of floats and integers of "
                       "integers are handled",
                       (long long)y->type, y->scale.n, (long long)x->type);
    return ZS_OK;
}

zs_status zs_tfl_ends(const zs_tfl_op *at, const zs_tfl_tensor **x, const zs_tfl_tensor **y,
                      zs_err *err)
{
    ZS_TRY(zs_tfl_computed(at, 0, x, err));
    ZS_TRY(zs_tfl_out(at, y, err));
    return zs_tfl_check_alike(at, *x, *y, err);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Padding that waits for a convolution waits in a map: what else reads the tensor turns a copy. */
static zs_status refuse_parts(const zs_tfl_op *at, const zs_tfl_tensor *x, zs_err *err)
{
    if (x->block[0] == 0)
        return ZS_OK;
    return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                   "reads what SPACE_TO_BATCH_ND makes; convolutions of stride 1 up to "
                   "BATCH_TO_SPACE_ND are handled there");
}

zs_status zs_tfl_to_map(const zs_tfl_op *at, const zs_tfl_tensor *x, const char **out, zs_err *err)
{
    if (x->rank != 4)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place,
                       "an input of %u dimensions; 4 (N, H, W, C) are handled", x->rank);
    *out = x->map;
    ZS_TRY(refuse_parts(at, x, err));
    return x->map != NULL ? ZS_OK
                          : zs_lower_transpose(&at->lower, x->value, (const int64_t[]){0, 3, 1, 2},
                                               4, NULL, out, err);
}

zs_status zs_tfl_from_map(const zs_tfl_op *at, const char *map, const zs_tfl_tensor *y, zs_err *err)
{
    (void)err;
    at->net->tensors[y - at->net->tensors].map = map;
    return ZS_OK;
}

zs_status zs_tfl_value(const zs_tfl_op *at, const zs_tfl_tensor *x, const char **out, zs_err *err)
{
    const zs_net_draft *draft = &at->net->graph.draft;
    *out = x->value;
    ZS_TRY(refuse_parts(at, x, err));
    return zs_net_draft_get(draft, x->value) != NULL || x->map == NULL
               ? ZS_OK
               : zs_lower_transpose(&at->lower, x->map, (const int64_t[]){0, 2, 3, 1}, 4, x->value,
                                    NULL, err);
}

zs_layer_spec *zs_tfl_layer(const zs_tfl_op *at, const char *name)
{
    const zs_net_draft *draft = &at->net->graph.draft;
    const zs_net_value *value = zs_net_draft_get(draft, name);
    for (uint32_t i = draft->layer_n; value != NULL && value->layer != NULL && i-- > 0;)
        if (strcmp(draft->layers[i].name, value->layer) == 0)
            return &draft->layers[i];
    return NULL;
}

enum { ACT_NONE = 0, ACT_RELU = 1, ACT_RELU_N1_TO_1 = 2, ACT_RELU6 = 3 };

static zs_status check_act(const zs_tfl_op *at, int64_t act, zs_err *err)
{
    return act >= ACT_NONE && act <= ACT_RELU6
               ? ZS_OK
               : zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "activation %lld is not handled",
                         (long long)act);
}

zs_status zs_tfl_activate(const zs_tfl_op *at, int64_t act, const char *in, const char *out,
                          const char **made, zs_err *err)
{
    const char *high;
    ZS_TRY(check_act(at, act, err));
    if (act == ACT_NONE || act == ACT_RELU)
        return zs_lower_unary(&at->lower, act == ACT_NONE ? "Identity" : "Relu", in, out, made,
                              err);
    const double most = act == ACT_RELU6 ? 6 : 1, least = act == ACT_RELU6 ? 0 : -1;
    ZS_TRY(zs_lower_number(&at->lower, "Min", in, most, NULL, &high, err));
    return zs_lower_number(&at->lower, "Max", high, least, out, made, err);
}

/* ---- integers -------------------------------------------------------------------------------- */

double zs_tfl_scale(const zs_tfl_tensor *tensor, uint32_t c)
{
    return tensor->scale.n == 0
               ? 1
               : (double)zs_flat_float_at(&tensor->scale, tensor->scale.n == 1 ? 0 : c);
}

zs_number zs_tfl_number(const zs_tfl_tensor *tensor)
{
    const bool is_byte = tensor->type == ZS_TFL_UINT8;
    const int64_t zero = tensor->zero.n > 0 ? zs_flat_int_at(&tensor->zero, 0, true) : 0;
    const int64_t least = is_byte ? 0 : -128, most = least + 255;
    return zs_onnx_number(zs_tfl_scale(tensor, 0),
                          (double)(zero < least  ? least
                                   : zero > most ? most
                                                 : zero),
                          (double)least, (double)most);
}

/* The integer of a bound: the quotient in single precision, halves away from zero. */
static int32_t bound_of(const zs_number *n, double v)
{
    const float quotient = (float)v / (float)n->scale;
    const float q = roundf(quotient) + (float)n->zero;
    return q < (float)n->lo ? n->lo : q > (float)n->hi ? n->hi : (int32_t)q;
}

zs_status zs_tfl_quant(const zs_tfl_op *at, const zs_tfl_tensor *out, int64_t act,
                       const double *factor, uint32_t n, zs_layer_quant **quant, zs_err *err)
{
    zs_layer_quant *q = zs_new(at->net->graph.draft.arena, zs_layer_quant, 1);
    if (q == NULL)
        return zs_nomem(err, "a quantiser");
    ZS_TRY(check_act(at, act, err));
    *q = (zs_layer_quant){.out = zs_tfl_number(out),
                          .rule = at->net->rounding,
                          .channels = n > 0 ? n : 1,
                          .factor = factor,
                          .least = -(double)INFINITY,
                          .most = (double)INFINITY};
    const zs_number type = q->out;
    if (act == ACT_RELU || act == ACT_RELU6)
        q->out.lo = bound_of(&type, 0);
    if (act == ACT_RELU6)
        q->out.hi = bound_of(&type, 6);
    if (act == ACT_RELU_N1_TO_1) {
        q->out.lo = bound_of(&type, -1);
        q->out.hi = bound_of(&type, 1);
    }
    *quant = q;
    return ZS_OK;
}

double zs_tfl_factor(const zs_tfl_op *at, double x, double w, double y, bool is_single)
{
    if (at->net->rounding == ZS_ROUND_FLOAT)
        return (double)((float)x * (float)w / (float)y);
    return is_single ? (double)((float)x * (float)w) / y : x * w / y;
}

double *zs_tfl_new_doubles(const zs_tfl_op *at, uint32_t n)
{
    return zs_arena_alloc_raw(at->net->graph.draft.arena, n > 0 ? n : 1, sizeof(double));
}

zs_status zs_tfl_set_quant(const zs_tfl_op *at, const char *value, const zs_layer_quant *quant,
                           zs_err *err)
{
    zs_layer_spec *layer = zs_tfl_layer(at, value);
    if (layer == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->lower.place, "computes nothing of integers");
    layer->quant = quant;
    return ZS_OK;
}
