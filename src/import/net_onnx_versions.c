/* What a node may have depends on the version of the operator set. Source: the change log of ONNX
 * operators (onnx/docs/Changelog.md). */
#include "import_onnx_priv.h"

#include <inttypes.h>
#include <string.h>

enum { LATEST = 1 << 30 };

static const struct {
    const char *op;   /* NULL: any */
    const char *attr; /* NULL: `inputs` inputs or more */
    size_t inputs;
    int64_t from, until; /* operator sets that have it */
} forms[] = {
    {NULL, "consumed_inputs", 0, 1, 5},
    {"AveragePool", "ceil_mode", 0, 10, LATEST},
    {"AveragePool", "count_include_pad", 0, 7, LATEST},
    {"AveragePool", "dilations", 0, 19, LATEST},
    {"BatchNormalization", "is_test", 0, 1, 6},
    {"BatchNormalization", "spatial", 0, 1, 8},
    {"BatchNormalization", "training_mode", 0, 14, LATEST},
    {"Clip", "max", 0, 1, 10},
    {"Clip", "min", 0, 1, 10},
    {"Clip", NULL, 2, 11, LATEST},
    {"Dropout", "is_test", 0, 1, 6},
    {"Dropout", "ratio", 0, 1, 11},
    {"Dropout", "seed", 0, 12, LATEST},
    {"Dropout", NULL, 2, 12, LATEST},
    {"Gemm", "broadcast", 0, 1, 6},
    {"MaxPool", "ceil_mode", 0, 10, LATEST},
    {"MaxPool", "dilations", 0, 10, LATEST},
    {"MaxPool", "storage_order", 0, 8, LATEST},
    {"Pad", "pads", 0, 1, 10},
    {"Pad", NULL, 2, 11, LATEST},
    {"ReduceMean", "axes", 0, 1, 17},
    {"ReduceMean", NULL, 2, 18, LATEST},
    {"Reshape", "allowzero", 0, 14, LATEST},
    {"Reshape", "shape", 0, 1, 4},
    {"Reshape", NULL, 2, 5, LATEST},
    {"Squeeze", "axes", 0, 1, 12},
    {"Squeeze", NULL, 2, 13, LATEST},
    {"Unsqueeze", "axes", 0, 1, 12},
    {"Unsqueeze", NULL, 2, 13, LATEST},
};

/* Inputs left out at the end do not count. */
static size_t input_n(const zs_onnx_node *at)
{
    size_t n = at->node->n_input;
    while (n > 0 && !zs_onnx_has_input(at, n - 1))
        n--;
    return n;
}

zs_status zs_onnx_check_form(const zs_onnx_node *at, zs_err *err)
{
    const int64_t opset = at->net->opset;
    for (size_t i = 0; i < ZS_LEN(forms); i++) {
        const char *attr = forms[i].attr;
        if ((forms[i].op != NULL && strcmp(forms[i].op, at->node->op_type) != 0) ||
            (opset >= forms[i].from && opset <= forms[i].until) ||
            (attr != NULL ? zs_onnx_attr(at, attr) == NULL : input_n(at) < forms[i].inputs))
            continue;
        const char *when = opset < forms[i].from ? "from" : "up to";
        const int64_t bound = opset < forms[i].from ? forms[i].from : forms[i].until;
        if (attr != NULL)
            return zs_fail(err, ZS_EPARSE, at->place,
                           "%s has an attribute '%s' %s opset %" PRId64 " alone, this is %" PRId64,
                           at->node->op_type, attr, when, bound, opset);
        return zs_fail(err, ZS_EPARSE, at->place,
                       "%s takes %zu inputs %s opset %" PRId64 " alone, this is %" PRId64,
                       at->node->op_type, input_n(at), when, bound, opset);
    }
    return ZS_OK;
}
