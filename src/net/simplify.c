#include "graph_priv.h"

/* Follows removed layers to the value that stands for theirs. */
uint32_t zs_draft_value(const zs_draft *d, uint32_t value)
{
    while (d->nodes[value].alias != value)
        value = d->nodes[value].alias;
    return value;
}

static bool is_identity(const zs_node *node)
{
    return node->spec->op == ZS_LAYER_DROPOUT ||
           (node->spec->op == ZS_LAYER_ACT && !node->layer.act.active) ||
           (node->spec->op == ZS_LAYER_CONCAT && node->in_n == 1);
}

/* Dropout and the like vanish; flatten becomes a second shape of the same memory. Inputs of all
 * later layers then name values that exist. */
static void remove_idle(zs_draft *d)
{
    for (uint32_t k = 0; k < d->order_n; k++) {
        const uint32_t at = d->order[k];
        zs_node *node = &d->nodes[at];
        for (uint32_t i = 0; i < node->in_n; i++)
            node->in[i] = zs_draft_value(d, node->in[i]);
        if (is_identity(node)) {
            node->alias = node->in[0];
            continue;
        }
        node->has_tensor = true;
        node->works = node->spec->op != ZS_LAYER_FLATTEN;
        if (!node->works)
            node->parent = node->in[0];
    }
    for (uint32_t i = d->input; i < d->node_n; i++)
        d->nodes[i].has_tensor = true;
    d->output = zs_draft_value(d, d->output);
    for (uint32_t i = 0; i < d->spec->more_n; i++)
        d->more[i] = zs_draft_value(d, d->more[i]);
}

static void count_readers(zs_draft *d)
{
    for (uint32_t i = 0; i < d->node_n; i++)
        d->nodes[i].reader_n = 0;
    for (uint32_t k = 0; k < d->order_n; k++) {
        const zs_node *node = &d->nodes[d->order[k]];
        for (uint32_t i = 0; node->has_tensor && i < node->in_n; i++)
            d->nodes[node->in[i]].reader_n++;
    }
    d->nodes[d->output].reader_n++;
    for (uint32_t i = 0; i < d->spec->more_n; i++)
        d->nodes[d->more[i]].reader_n++;
}

/* The layer whose value only `node` reads, NULL when others see it or no layer makes it. */
static zs_node *sole_producer(zs_draft *d, const zs_node *node)
{
    zs_node *producer = &d->nodes[zs_draft_value(d, node->in[0])];
    return producer->works && producer->reader_n == 1 ? producer : NULL;
}

/* Takes `node` out; the value it read, now changed, stands for its own. */
void zs_draft_merge(zs_draft *d, uint32_t at, zs_node *producer)
{
    zs_node *node = &d->nodes[at];
    producer->reader_n = node->reader_n;
    node->alias = (uint32_t)(producer - d->nodes);
    node->works = node->has_tensor = false;
}

/* ---- batch normalisation --------------------------------------------------------------------- */

/* w * scale and b * scale + shift in double precision, rounded once. */
static zs_status scale_weights(zs_draft *d, zs_layer *conv, const zs_weights *norm, zs_err *err)
{
    const uint64_t oc_n = conv->y.c, n = conv->weights.n_elems, filter = n / oc_n;
    float *data = zs_arena_alloc_raw(d->arena, (size_t)n, sizeof(float));
    float *bias = zs_arena_alloc_raw(d->arena, (size_t)oc_n, sizeof(float));
    if (data == NULL || bias == NULL)
        return zs_nomem(err, conv->name);
    for (uint64_t oc = 0; oc < oc_n; oc++) {
        const double scale = norm->data ? (double)norm->data[oc] : 1;
        const double shift = norm->bias ? (double)norm->bias[oc] : 0;
        const double b = conv->weights.bias ? (double)conv->weights.bias[oc] : 0;
        for (uint64_t i = oc * filter; i < (oc + 1) * filter; i++)
            data[i] = (float)((double)conv->weights.data[i] * scale);
        bias[oc] = (float)(b * scale + shift);
    }
    conv->weights = (zs_weights){.data = data, .bias = bias, .n_elems = n, .bias_n = oc_n};
    return ZS_OK;
}

static zs_status fold_batchnorm(zs_draft *d, uint32_t at, zs_err *err)
{
    zs_node *node = &d->nodes[at], *producer = sole_producer(d, node);
    if (producer == NULL || producer->layer.act.active || producer->layer.quant != NULL ||
        !zs_op_has_filters(producer->layer.op))
        return ZS_OK;
    const zs_weights *norm = &node->layer.weights;
    const bool synthetic = producer->layer.weights.data == NULL;
    if (synthetic && (norm->data != NULL || norm->bias != NULL))
        return ZS_OK; /* weights that are made up later cannot be scaled now */
    if (!synthetic && !d->spec->is_structure)
        ZS_TRY(scale_weights(d, &producer->layer, norm, err));
    producer->layer.has_bias = true;
    producer->layer.act = node->layer.act;
    zs_draft_merge(d, at, producer);
    return ZS_OK;
}

/* ---- activations ----------------------------------------------------------------------------- */

static float clip(zs_act act, float x)
{
    return x < act.lo ? act.lo : x > act.hi ? act.hi : x;
}

/* Two clips in a row are one: of the first interval's ends, clipped by the second. */
static void fuse_act(zs_draft *d, uint32_t at)
{
    zs_node *node = &d->nodes[at], *producer = sole_producer(d, node);
    if (producer == NULL || producer->layer.quant != NULL || producer->number.scale > 0)
        return;
    switch (producer->layer.op) {
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
    case ZS_LAYER_POOL:
    case ZS_LAYER_ADD:
    case ZS_LAYER_BATCHNORM:
    case ZS_LAYER_ACT:
        break;
    default:
        return;
    }
    zs_act *act = &producer->layer.act;
    const zs_act outer = node->layer.act;
    if (act->active)
        *act = (zs_act){true, clip(outer, act->lo), clip(outer, act->hi)};
    else
        *act = outer;
    zs_draft_merge(d, at, producer);
}

/* ---- concatenation --------------------------------------------------------------------------- */

/* A value can be written straight into the joined tensor when a layer makes it and it is not part
 * of another tensor already. Other readers do no harm: a slice can be read. */
static bool fits_in_place(const zs_draft *d, const zs_node *concat)
{
    for (uint32_t i = 0; i < concat->in_n; i++) {
        const uint32_t value = zs_draft_value(d, concat->in[i]);
        const double scale = d->nodes[value].number.scale;
        if (value >= d->input || d->nodes[value].parent != ZS_NO_INDEX)
            return false;
        if (scale < concat->number.scale || scale > concat->number.scale)
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (zs_draft_value(d, concat->in[j]) == value)
                return false;
    }
    return true;
}

static void write_in_place(zs_draft *d, uint32_t at)
{
    zs_node *concat = &d->nodes[at];
    if (!fits_in_place(d, concat))
        return;
    uint64_t offset_elems = 0;
    for (uint32_t i = 0; i < concat->in_n; i++) {
        zs_node *part = &d->nodes[zs_draft_value(d, concat->in[i])];
        part->parent = at;
        part->parent_offset_elems = offset_elems;
        offset_elems += zs_shape_elems(part->layer.y);
    }
    concat->works = false;
}

/* ---- the pass -------------------------------------------------------------------------------- */

zs_status zs_draft_simplify(zs_draft *d, zs_err *err)
{
    remove_idle(d);
    count_readers(d);
    if (d->is_streamlined)
        ZS_TRY(zs_draft_streamline(d, err));
    for (uint32_t k = 0; k < d->order_n; k++) {
        const uint32_t at = d->order[k];
        if (d->nodes[at].works && d->nodes[at].spec->op == ZS_LAYER_BATCHNORM &&
            !d->spec->keep_batchnorm)
            ZS_TRY(fold_batchnorm(d, at, err));
        else if (d->nodes[at].works && d->nodes[at].spec->op == ZS_LAYER_ACT)
            fuse_act(d, at);
    }
    for (uint32_t k = 0; k < d->order_n; k++)
        if (d->nodes[d->order[k]].works && d->nodes[d->order[k]].spec->op == ZS_LAYER_CONCAT)
            write_in_place(d, d->order[k]);
    for (uint32_t k = 0; k < d->order_n; k++) {
        zs_node *node = &d->nodes[d->order[k]];
        for (uint32_t i = 0; i < node->in_n; i++)
            node->in[i] = zs_draft_value(d, node->in[i]);
        if (node->parent != ZS_NO_INDEX)
            node->parent = zs_draft_value(d, node->parent);
    }
    d->output = zs_draft_value(d, d->output);
    for (uint32_t i = 0; i < d->spec->more_n; i++)
        d->more[i] = zs_draft_value(d, d->more[i]);
    return ZS_OK;
}
