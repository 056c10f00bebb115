/* Operators whose result depends on computed values where others have constants: Where with a
 * computed condition or choice, DynamicQuantizeLinear. */
#include "import_lower_priv.h"

#include <string.h>

/* The elements of one where the condition holds and of the other where it does not, zeros
 * elsewhere; their sum is exact, infinities included. */
zs_status zs_onnx_where_computed(const zs_onnx_node *at, zs_net_value *const in[3], zs_err *err)
{
    zs_net_value chosen[2], y, condition = *in[0];
    for (size_t i = 0; i < 2; i++) {
        zs_net_value from = *in[i + 1];
        ZS_TRY(zs_onnx_two(at, i == 0 ? ZS_FN_KEEP_IF : ZS_FN_KEEP_UNLESS, &from, &condition,
                           &chosen[i], err));
    }
    ZS_TRY(zs_onnx_two(at, ZS_FN_ADD, &chosen[0], &chosen[1], &y, err));
    return zs_onnx_bind(at, 0, &y, err);
}

static const char *output_name(const zs_onnx_node *at, size_t i)
{
    return i < at->node->n_output && at->node->output[i][0] != '\0' ? at->node->output[i] : NULL;
}

/* The largest or smallest element, and 0. */
static zs_status extreme(const zs_lower *l, const char *x, bool is_max, const char **out,
                         zs_err *err)
{
    zs_lower_op op;
    zs_lower_begin(&op, l, is_max ? "ReduceMax" : "ReduceMin", x);
    zs_lower_int(&op, "keepdims", 0);
    ZS_TRY(zs_lower_end(&op, NULL, out, err));
    return zs_lower_number(l, is_max ? "Max" : "Min", *out, 0, NULL, out, err);
}

/* At least 0, at most 255, as integers of the file. */
static zs_status to_bytes(const zs_lower *l, const char *x, const char *out, const char **made,
                          zs_err *err)
{
    ZS_TRY(zs_lower_number(l, "Max", x, 0, NULL, &x, err));
    ZS_TRY(zs_lower_number(l, "Min", x, 255, out, made, err));
    zs_net_value *value = zs_net_draft_get(&l->net->draft, *made);
    value->is_raw = true;
    value->least = 0;
    value->most = 255;
    return ZS_OK;
}

/* scale = (max - min) / 255, zero = -min / scale, y = x / scale + zero, rounded, as bytes. */
zs_status zs_onnx_dynamic_quantize(const zs_onnx_node *at, zs_err *err)
{
    const char *name =
        at->node->name != NULL && at->node->name[0] != '\0' ? at->node->name : at->node->output[0];
    const zs_lower l = {.net = at->net, .name = name, .place = at->place};
    const char *x = at->node->input[0], *most, *least, *scale, *zero, *y;
    ZS_TRY(extreme(&l, x, true, &most, err));
    ZS_TRY(extreme(&l, x, false, &least, err));
    ZS_TRY(zs_lower_binary(&l, "Sub", most, least, NULL, &scale, err));
    ZS_TRY(zs_lower_number(&l, "Div", scale, 255, output_name(at, 1), &scale, err));
    ZS_TRY(zs_lower_unary(&l, "Neg", least, NULL, &zero, err));
    ZS_TRY(zs_lower_binary(&l, "Div", zero, scale, NULL, &zero, err));
    ZS_TRY(zs_lower_unary(&l, "Round", zero, NULL, &zero, err));
    ZS_TRY(to_bytes(&l, zero, output_name(at, 2), &zero, err));
    ZS_TRY(zs_lower_binary(&l, "Div", x, scale, NULL, &y, err));
    ZS_TRY(zs_lower_unary(&l, "Round", y, NULL, &y, err));
    ZS_TRY(zs_lower_binary(&l, "Add", y, zero, NULL, &y, err));
    return to_bytes(&l, y, output_name(at, 0), &y, err);
}
