#include "import_lower_priv.h"

#include <math.h>
#include <string.h>

/* Operators of ONNX that are others one after the other. */

static zs_lower lower_of(const zs_onnx_node *at)
{
    const char *name =
        at->node->name != NULL && at->node->name[0] != '\0' ? at->node->name : at->node->output[0];
    return (zs_lower){.net = at->net, .name = name, .place = at->place};
}

/* The p-norm of a window, zeros of the padding included: their mean, times how many there are. */
zs_status zs_onnx_lp_pool(const zs_onnx_node *at, zs_err *err)
{
    const zs_lower lower = lower_of(at);
    const double p = (double)zs_onnx_attr_int(at, "p", 2);
    const ZsOnnx__Attribute *kernel = zs_onnx_attr(at, "kernel_shape");
    const char *made;
    double n = 1;
    zs_lower_op op;
    if (kernel == NULL || kernel->n_ints == 0 || !(p >= 1))
        return zs_fail(err, ZS_EPARSE, at->place, "a pooling without kernel_shape, or p of %g", p);
    for (size_t i = 0; i < kernel->n_ints; i++)
        n *= (double)kernel->ints[i];
    ZS_TRY(zs_lower_unary(&lower, "Abs", at->node->input[0], NULL, &made, err));
    ZS_TRY(zs_lower_number(&lower, "Pow", made, p, NULL, &made, err));
    zs_lower_begin(&op, &lower, "AveragePool", made);
    zs_lower_int(&op, "count_include_pad", 1);
    for (size_t i = 0; i < at->node->n_attribute && op.node.n_attribute < ZS_LOWER_ATTR_MAX; i++)
        if (strcmp(at->node->attribute[i]->name, "p") != 0)
            op.attr[op.node.n_attribute++] = *at->node->attribute[i];
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    ZS_TRY(zs_lower_number(&lower, "Mul", made, n, NULL, &made, err));
    return zs_lower_number(&lower, "Pow", made, 1 / p, at->node->output[0], NULL, err);
}

/* The activation that a fused operator ends with, with its numbers in the order of its attributes.
 */
static zs_status fused_activation(const zs_onnx_node *at, const zs_lower *lower, const char *in,
                                  zs_err *err)
{
    static const struct {
        const char *name, *attrs[2];
    } kinds[] = {{"Relu", {NULL, NULL}},
                 {"Sigmoid", {NULL, NULL}},
                 {"Tanh", {NULL, NULL}},
                 {"LeakyRelu", {"alpha", NULL}},
                 {"HardSigmoid", {"alpha", "beta"}}};
    const ZsOnnx__Attribute *kind = zs_onnx_attr(at, "activation");
    const ZsOnnx__Attribute *params = zs_onnx_attr(at, "activation_params");
    const size_t n = params != NULL ? params->n_floats : 0;
    const char *made;
    zs_lower_op op;
    if (kind == NULL)
        return zs_lower_unary(lower, "Identity", in, at->node->output[0], NULL, err);
    if (zs_onnx_attr_is(kind, "Clip") && n == 2) {
        ZS_TRY(zs_lower_number(lower, "Max", in, (double)params->floats[0], NULL, &made, err));
        return zs_lower_number(lower, "Min", made, (double)params->floats[1], at->node->output[0],
                               NULL, err);
    }
    for (size_t i = 0; i < ZS_LEN(kinds); i++) {
        if (!zs_onnx_attr_is(kind, kinds[i].name))
            continue;
        zs_lower_begin(&op, lower, kinds[i].name, in);
        for (size_t k = 0; k < n && k < 2 && kinds[i].attrs[k] != NULL; k++)
            zs_lower_float(&op, kinds[i].attrs[k], (double)params->floats[k]);
        return zs_lower_end(&op, at->node->output[0], NULL, err);
    }
    return zs_fail(err, ZS_EUNSUPPORTED, at->place, "activation '%.*s' with %zu numbers",
                   (int)zs_min_u64(kind->s.len, 32), (const char *)kind->s.data, n);
}

/* A convolution, plus input 3, then an activation: what runtimes make of three operators. */
zs_status zs_onnx_fused_conv(const zs_onnx_node *at, zs_err *err)
{
    const zs_lower lower = lower_of(at);
    const char *made;
    zs_lower_op op;
    zs_lower_begin(&op, &lower, "Conv", at->node->input[0]);
    for (size_t i = 1; i < at->node->n_input && i < 3; i++)
        if (i == 1 || zs_onnx_has_input(at, i))
            zs_lower_in(&op, at->node->input[i]);
    for (size_t i = 0; i < at->node->n_attribute && op.node.n_attribute < ZS_LOWER_ATTR_MAX; i++)
        if (strncmp(at->node->attribute[i]->name, "activation", strlen("activation")) != 0)
            op.attr[op.node.n_attribute++] = *at->node->attribute[i];
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    if (zs_onnx_has_input(at, 3))
        ZS_TRY(zs_lower_binary(&lower, "Add", made, at->node->input[3], NULL, &made, err));
    return fused_activation(at, &lower, made, err);
}

/* Numbers of three dimensions as those of two; `parts` of them for each (pads have two). */
static void put_two(zs_lower_op *op, const zs_onnx_node *at, const char *name, size_t parts,
                    bool is_deep, int64_t out[4])
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, name);
    if (attr == NULL)
        return;
    for (size_t i = 0; i < parts; i++) {
        out[2 * i] = attr->ints[3 * i + (is_deep ? 0 : 1)];
        out[2 * i + 1] = attr->ints[3 * i + (is_deep ? 1 : 2)];
    }
    zs_lower_ints(op, name, out, 2 * parts);
}

/* Whether a window of three dimensions has one element, stride 1 and no padding along `d`. */
static bool is_thin(const zs_onnx_node *at, size_t d)
{
    const ZsOnnx__Attribute *k = zs_onnx_attr(at, "kernel_shape"), *s = zs_onnx_attr(at, "strides");
    const ZsOnnx__Attribute *p = zs_onnx_attr(at, "pads");
    return k->ints[d] == 1 && (s == NULL || s->ints[d] == 1) &&
           (p == NULL || (p->ints[d] == 0 && p->ints[d + 3] == 0));
}

static zs_status check_volume(const zs_onnx_node *at, bool *is_deep, zs_err *err)
{
    static const struct {
        const char *name;
        size_t n;
    } lists[] = {{"kernel_shape", 3}, {"strides", 3}, {"dilations", 3}, {"pads", 6}};
    for (size_t i = 0; i < ZS_LEN(lists); i++) {
        const ZsOnnx__Attribute *attr = zs_onnx_attr(at, lists[i].name);
        if (attr != NULL && attr->n_ints != lists[i].n)
            return zs_fail(err, ZS_EPARSE, at->place, "%s has %zu numbers instead of %zu",
                           lists[i].name, attr->n_ints, lists[i].n);
    }
    *is_deep = is_thin(at, 1) && is_thin(at, 2);
    if (!*is_deep && !is_thin(at, 0))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "a window of three dimensions; of 5 (N, C, D, H, W) only those of one "
                       "element along D, or along H and W, are handled");
    return ZS_OK;
}

/* Pooling of three dimensions along the first, or along the others: local response normalisation is
 * written so. Planes are rows then, or channels. */
zs_status zs_onnx_volume_pool(const zs_onnx_node *at, zs_err *err)
{
    static const char *const others[] = {"auto_pad", "ceil_mode", "count_include_pad",
                                         "storage_order"};
    const zs_lower lower = lower_of(at);
    int64_t kernel[4], strides[4], dilations[4], pads[4];
    uint32_t d[ZS_RANK_MAX], rank;
    bool is_deep;
    const char *made;
    zs_lower_op op;
    ZS_TRY(check_volume(at, &is_deep, err));
    ZS_TRY(zs_lower_dims(&lower, at->node->input[0], d, &rank, err));
    const int64_t flat[4] = {0, is_deep ? d[1] : (int64_t)d[1] * d[2], is_deep ? d[2] : d[3],
                             is_deep ? (int64_t)d[3] * d[4] : d[4]};
    ZS_TRY(zs_lower_reshape(&lower, at->node->input[0], flat, 4, NULL, &made, err));
    zs_lower_begin(&op, &lower, at->node->op_type, made);
    put_two(&op, at, "kernel_shape", 1, is_deep, kernel);
    put_two(&op, at, "strides", 1, is_deep, strides);
    put_two(&op, at, "dilations", 1, is_deep, dilations);
    put_two(&op, at, "pads", 2, is_deep, pads);
    for (size_t i = 0; i < ZS_LEN(others); i++) {
        const ZsOnnx__Attribute *attr = zs_onnx_attr(at, others[i]);
        if (attr != NULL && op.node.n_attribute < ZS_LOWER_ATTR_MAX)
            op.attr[op.node.n_attribute++] = *attr;
    }
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    uint32_t y[ZS_RANK_MAX];
    ZS_TRY(zs_lower_dims(&lower, made, y, &rank, err));
    const int64_t whole[5] = {0, d[1], is_deep ? y[2] : d[2], is_deep ? d[3] : y[2],
                              is_deep ? d[4] : y[3]};
    return zs_lower_reshape(&lower, made, whole, 5, at->node->output[0], NULL, err);
}

/* Instances of groups of channels; factors and addends are of groups, later of channels. */
zs_status zs_onnx_group_norm(const zs_onnx_node *at, zs_err *err)
{
    const zs_lower lower = lower_of(at);
    const int64_t groups = zs_onnx_attr_int(at, "num_groups", 0);
    const float *factors[2], *plain[2];
    uint64_t n[2];
    uint32_t dims[ZS_RANK_MAX], rank;
    int64_t whole[ZS_RANK_MAX] = {0}; /* the first dimension stays */
    const char *made, *list;
    zs_net_value *x;
    zs_lower_op op;
    ZS_TRY(zs_onnx_get(at, 0, &x, err));
    ZS_TRY(zs_onnx_dims(at, x, dims, &rank, err));
    for (size_t k = 0; k < 2; k++)
        ZS_TRY(zs_onnx_in_floats(at, k + 1, &factors[k], &n[k], err));
    if (rank < 3 || groups < 1 || dims[1] % groups != 0 || n[0] != n[1] ||
        (n[0] != (uint64_t)groups && n[0] != dims[1]))
        return zs_fail(err, ZS_ESHAPE, at->place,
                       "%lld groups with %llu factors and %llu addends, of %u dimensions with %u "
                       "channels",
                       (long long)groups, (unsigned long long)n[0], (unsigned long long)n[1], rank,
                       rank > 1 ? dims[1] : 0);
    const bool is_by_group = n[0] == (uint64_t)groups;
    float *ones = zs_arena_alloc_raw(at->net->draft.arena, (size_t)groups, sizeof *ones);
    float *zeros = zs_new(at->net->draft.arena, float, (size_t)groups);
    if (ones == NULL || zeros == NULL)
        return zs_nomem(err, "a layer");
    for (int64_t g = 0; g < groups; g++)
        ones[g] = 1;
    plain[0] = ones;
    plain[1] = zeros;
    for (uint32_t d = 1; d < rank; d++)
        whole[d] = dims[d];
    ZS_TRY(zs_lower_reshape(&lower, at->node->input[0], (const int64_t[]){0, groups, -1}, 3, NULL,
                            &made, err));
    zs_lower_begin(&op, &lower, "InstanceNormalization", made);
    for (size_t k = 0; k < 2; k++) {
        const uint32_t size = (uint32_t)groups;
        ZS_TRY(zs_lower_floats(&lower, is_by_group ? factors[k] : plain[k], &size, 1, &list, err));
        zs_lower_in(&op, list);
    }
    zs_lower_float(&op, "epsilon", zs_onnx_attr_float(at, "epsilon", 1e-5));
    ZS_TRY(zs_lower_end(&op, NULL, &made, err));
    ZS_TRY(zs_lower_reshape(&lower, made, whole, rank, is_by_group ? at->node->output[0] : NULL,
                            &made, err));
    uint32_t each[ZS_RANK_MAX] = {dims[1]};
    for (uint32_t d = 1; d + 1 < rank; d++)
        each[d] = 1;
    for (size_t k = 0; k < 2 && !is_by_group; k++) {
        ZS_TRY(zs_lower_floats(&lower, factors[k], each, rank - 1, &list, err));
        ZS_TRY(zs_lower_binary(&lower, k == 0 ? "Mul" : "Add", made, list,
                               k == 0 ? NULL : at->node->output[0], &made, err));
    }
    return ZS_OK;
}
