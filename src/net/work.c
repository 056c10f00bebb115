#include "zynqsim/net.h"

#include <math.h>

const char *zs_layer_op_name(zs_layer_op op)
{
    static const char *const names[] = {
#define LAYER(id, name, ...) name,
#include "zynqsim/layers.def"
#undef LAYER
    };
    return (uint32_t)op < ZS_LAYER_N ? names[op] : "unknown";
}

typedef struct function_cost {
    const char *name;
    uint64_t ops, exps;
} function_cost;

static const function_cost functions[] = {
#define FUNCTION(id, name, ops, exps, meaning) {name, ops, exps},
#include "zynqsim/functions.def"
#undef FUNCTION
};

const char *zs_function_name(zs_function fn)
{
    return (uint32_t)fn < ZS_FN_N ? functions[fn].name : "unknown";
}

uint64_t zs_shape_elems(zs_shape s)
{
    return (uint64_t)s.c * s.h * s.w;
}

uint32_t zs_tensor_root(const zs_net *net, uint32_t tensor, uint64_t *offset_elems)
{
    uint64_t offset = 0;
    while (net->tensors[tensor].parent != ZS_NO_INDEX) {
        offset += net->tensors[tensor].parent_offset_elems;
        tensor = net->tensors[tensor].parent;
    }
    if (offset_elems != NULL)
        *offset_elems = offset;
    return tensor;
}

bool zs_net_is_input(const zs_net *net, uint32_t root)
{
    for (uint32_t i = 0; i < net->input_n; i++)
        if (net->inputs[i].tensor == root)
            return true;
    return false;
}

uint64_t zs_net_input_elems(const zs_net *net)
{
    const zs_net_input *last = &net->inputs[net->input_n - 1];
    return last->offset_elems + zs_shape_elems(net->tensors[last->tensor].shape);
}

bool zs_net_is_output(const zs_net *net, uint32_t root)
{
    for (uint32_t i = 0; i < net->output_n; i++)
        if (zs_tensor_root(net, net->outputs[i].tensor, NULL) == root)
            return true;
    return false;
}

uint64_t zs_layer_filter_elems(const zs_layer *layer)
{
    if (!zs_op_has_filters(layer->op))
        return 0;
    return (uint64_t)(layer->x.c / layer->groups) * layer->window.kh * layer->window.kw;
}

uint64_t zs_layer_macs(const zs_layer *layer)
{
    return zs_shape_elems(layer->y) * zs_layer_filter_elems(layer);
}

uint64_t zs_layer_weight_elems(const zs_layer *layer)
{
    if (layer->op == ZS_LAYER_BATCHNORM)
        return layer->y.c;
    if (layer->general != NULL && layer->general->constant != NULL)
        return layer->general->constant_n * (layer->general->offset ? 2 : 1);
    return layer->y.c * zs_layer_filter_elems(layer);
}

uint64_t zs_layer_bias_elems(const zs_layer *layer)
{
    const bool weighted = zs_op_has_filters(layer->op) || layer->op == ZS_LAYER_BATCHNORM;
    return weighted && layer->has_bias ? layer->y.c : 0;
}

static uint64_t act_ops(const zs_layer *layer)
{
    if (!layer->act.active)
        return 0;
    const uint64_t limits = (uint64_t)(layer->act.lo > -INFINITY) + (layer->act.hi < INFINITY);
    return limits * zs_shape_elems(layer->y);
}

/* Elements that each element of the result goes through. */
static uint64_t inner_elems(const zs_general *g)
{
    uint64_t n = 1;
    for (uint32_t d = 0; d < g->inner_rank; d++)
        n *= g->inner_dims[d];
    return n;
}

static uint64_t general_ops(const zs_layer *layer)
{
    const zs_general *g = layer->general;
    const uint64_t y = zs_shape_elems(layer->y), each = functions[g->fn].ops;
    switch (layer->op) {
    case ZS_LAYER_REDUCE:
        return each * y * inner_elems(g);
    case ZS_LAYER_MATMUL:
        return 2 * y * inner_elems(g);
    case ZS_LAYER_RESIZE: /* a product and a sum each */
        return 2 * y * g->taps * g->taps;
    default:
        return each * y;
    }
}

zs_software_work zs_layer_software_work(const zs_layer *layer)
{
    const zs_general *g = layer->general;
    const uint64_t y = zs_shape_elems(layer->y);
    const uint64_t read = layer->op == ZS_LAYER_REDUCE ? y * inner_elems(g) : y;
    zs_software_work work = {.exps = read * functions[g->fn].exps};
    switch (layer->op) {
    case ZS_LAYER_REARRANGE:
        work.gathered = y;
        break;
    case ZS_LAYER_REDUCE:
        work.pool_ops = read;
        break;
    case ZS_LAYER_MATMUL:
        work.macs = y * inner_elems(g);
        break;
    case ZS_LAYER_RESIZE:
        work.elements = y * g->taps * g->taps;
        break;
    case ZS_LAYER_BINARY:
        work.elements = 2 * y;
        break;
    case ZS_LAYER_NORMALISE: /* what is in a line, then the line */
        work.elements = 2 * y;
        break;
    default:
        work.elements = y;
    }
    return work;
}

uint64_t zs_layer_ops(const zs_layer *layer)
{
    const uint64_t y = zs_shape_elems(layer->y);
    const uint64_t act = act_ops(layer);
    switch (layer->op) {
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
        return 2 * zs_layer_macs(layer) + act;
    case ZS_LAYER_POOL: /* comparisons, or additions and a division */
        return y * layer->window.kh * layer->window.kw + act;
    case ZS_LAYER_ADD:
        return y * (layer->in_n - 1) + act;
    case ZS_LAYER_BATCHNORM:
        return 2 * y + act;
    case ZS_LAYER_GAP:
        return zs_shape_elems(layer->x) + act;
    case ZS_LAYER_SOFTMAX: /* compare, subtract, exponential, add, divide */
        return 5 * y + act;
    case ZS_LAYER_QUANTISE: /* scale, round, two bounds; or a comparison each */
        return y * (layer->quant->thresholds ? layer->quant->threshold_n : 4) + act;
    case ZS_LAYER_LRN: /* squares and their sum, scale, offset, power, product */
        return y * (2 * (uint64_t)layer->lrn_size + 4) + act;
    case ZS_LAYER_ACT:
    case ZS_LAYER_CONCAT:
    case ZS_LAYER_FLATTEN:
    case ZS_LAYER_DROPOUT:
    case ZS_LAYER_N:
        break;
    default:
        return general_ops(layer);
    }
    return act;
}

uint64_t zs_net_macs(const zs_net *net)
{
    uint64_t macs = 0; /* zs_net_build saw to it that this is below 2^50 */
    for (uint32_t i = 0; i < net->layer_n; i++)
        macs += zs_layer_macs(&net->layers[i]);
    return macs;
}

uint64_t zs_net_param_elems(const zs_net *net)
{
    uint64_t elems = 0;
    for (uint32_t i = 0; i < net->layer_n; i++)
        elems += zs_layer_weight_elems(&net->layers[i]) + zs_layer_bias_elems(&net->layers[i]);
    return elems;
}
