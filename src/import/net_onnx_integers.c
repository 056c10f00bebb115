/* Which computed values are integers of the file: operators that move them, that compute with them
 * and that make them. All are floats or stored integers here; what differs is how they divide. */
#include "import_onnx_priv.h"

#include <string.h>

static bool is_one_of(const char *const *names, size_t n, const char *op)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], op) == 0)
            return true;
    return false;
}

/* Those that leave channels what they are come first. */
bool zs_onnx_moves_integers(const char *op, bool has_steps)
{
    static const char *const names[] = {"DequantizeLinear", "Flatten", "Identity",  "MaxPool",
                                        "Reshape",          "Squeeze", "Transpose", "Unsqueeze",
                                        "DepthToSpace",     "Expand",  "Gather",    "Slice",
                                        "SpaceToDepth",     "Split",   "Tile"};
    enum { BY_CHANNEL = 8 };
    return is_one_of(names, has_steps ? BY_CHANNEL : ZS_LEN(names), op);
}

/* Operators whose results are integers where inputs `first` to `last` are; of some within the
 * limits of the first. */
static const struct integer_op {
    const char *name;
    size_t first, last;
    bool keeps_limits;
} integer_ops[] = {
    {"Abs", 0, 0, false},           {"Add", 0, 1, false},       {"Clip", 0, 0, true},
    {"Concat", 0, SIZE_MAX, false}, {"Div", 0, 1, false},       {"Max", 0, SIZE_MAX, false},
    {"Min", 0, SIZE_MAX, false},    {"Mod", 0, 1, false},       {"Mul", 0, 1, false},
    {"Neg", 0, 0, false},           {"Pad", 0, 0, false},       {"Pow", 0, 0, false},
    {"ReduceL1", 0, 0, false},      {"ReduceMax", 0, 0, true},  {"ReduceMin", 0, 0, true},
    {"ReduceProd", 0, 0, false},    {"ReduceSum", 0, 0, false}, {"ReduceSumSquare", 0, 0, false},
    {"Relu", 0, 0, true},           {"Sign", 0, 0, false},      {"Sub", 0, 1, false},
    {"Sum", 0, SIZE_MAX, false},    {"TopK", 0, 0, true},       {"Where", 1, 2, false},
};

/* Operators whose results are truth values, or places along a dimension, whatever they are of. */
static const char *const truths[] = {
    "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "Or", "Xor"};
static const char *const places[] = {"ArgMax", "ArgMin", "TopK"};

bool zs_onnx_is_integer(const zs_net_value *value)
{
    return value->constant != NULL ? zs_onnx_is_int(value) : value->is_raw;
}

/* The row of a node whose result is integers, or NULL. */
static const struct integer_op *row_of(const zs_onnx_node *at)
{
    const ZsOnnx__Node *node = at->node;
    for (size_t i = 0; i < ZS_LEN(integer_ops); i++) {
        const struct integer_op *op = &integer_ops[i];
        if (strcmp(op->name, node->op_type) != 0)
            continue;
        for (size_t k = op->first; k <= op->last && k < node->n_input; k++) {
            const zs_net_value *x = zs_net_draft_get(&at->net->draft, node->input[k]);
            if (x == NULL || !zs_onnx_is_integer(x))
                return NULL;
        }
        return op;
    }
    return NULL;
}

static void mark(zs_net_value *y, double least, double most)
{
    if (y == NULL || y->constant != NULL)
        return;
    y->is_raw = true;
    y->least = least;
    y->most = most;
}

static zs_status move_steps(const zs_onnx_node *at, const zs_net_value *x, zs_net_value *y,
                            zs_err *err)
{
    if (x->steps != NULL && (y->dims[1] != x->dims[1] || y->perm[1] != x->perm[1]))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "moves the channels of a value that has a scale for each");
    y->step = x->step;
    y->steps = x->steps;
    y->zero = x->zero;
    y->least = x->least;
    y->most = x->most;
    y->is_raw = x->is_raw;
    y->grid = x->grid;
    return ZS_OK;
}

static double longest(const zs_net_value *x)
{
    uint32_t most = 1;
    for (uint32_t d = 0; d < x->rank; d++)
        most = x->dims[d] > most ? x->dims[d] : most;
    return most;
}

zs_status zs_onnx_keep_integers(const zs_onnx_node *at, zs_err *err)
{
    const char *op = at->node->op_type;
    if (at->node->n_input == 0 || strcmp(op, "DequantizeLinear") == 0)
        return ZS_OK;
    const zs_net_value *x = zs_net_draft_get(&at->net->draft, at->node->input[0]);
    const struct integer_op *row = row_of(at);
    const bool is_truth = is_one_of(truths, ZS_LEN(truths), op);
    const bool is_place = is_one_of(places, ZS_LEN(places), op);
    const size_t place_from = strcmp(op, "TopK") == 0 ? 1 : 0; /* behind its values */
    for (size_t i = 0; x != NULL && i < at->node->n_output; i++) {
        zs_net_value *y = zs_net_draft_get(&at->net->draft, at->node->output[i]);
        if (y != NULL && zs_onnx_moves_integers(op, x->steps != NULL))
            ZS_TRY(move_steps(at, x, y, err));
        if (is_truth)
            mark(y, 0, 1);
        else if (is_place && i >= place_from)
            mark(y, 0, longest(x) - 1);
        else if (row != NULL && row->keeps_limits)
            mark(y, x->least, x->most);
        else if (row != NULL)
            mark(y, INT32_MIN, INT32_MAX);
    }
    return ZS_OK;
}
