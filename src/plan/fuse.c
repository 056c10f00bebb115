#include "zynqsim/draft.h"
#include "zynqsim/num.h"

#include <string.h>

/* ---- which layers the engine can take -------------------------------------------------------- */

enum { MAX_POOL_KERNEL = 8 };

static bool is_engine_pool(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    return layer->pool == ZS_POOL_MAX && layer->quant == NULL && w->kh <= MAX_POOL_KERNEL &&
           w->kw <= MAX_POOL_KERNEL && w->dh == 1 && w->dw == 1;
}

uint32_t zs_draft_elem(const zs_plan_draft *d, uint32_t tensor)
{
    const zs_accel *a = &d->design->accel;
    return a->model_scales && !zs_number_is_narrow(&d->net->tensors[tensor].number)
               ? sizeof(float)
               : zs_elem_bytes(a->precision);
}

uint64_t zs_draft_tensor_bytes(const zs_plan_draft *d, uint32_t tensor)
{
    if (d->packed_bytes != NULL && d->packed_bytes[zs_view_base(d->net, tensor)] > 0)
        return d->packed_bytes[zs_view_base(d->net, tensor)];
    return zs_shape_elems(d->net->tensors[tensor].shape) * d->design->batch *
           zs_draft_elem(d, tensor);
}

/* With the model's own scales the engine reads int8, and writes it but for sums that nothing
 * quantises. Weights must be int8 less a zero of 0. */
static bool takes_types(const zs_plan_draft *d, const zs_layer *layer)
{
    if (!d->design->accel.model_scales)
        return true;
    const bool has_filters = zs_op_has_filters(layer->op);
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (!zs_number_is_narrow(&d->net->tensors[layer->in[k]].number))
            return false;
    if (has_filters || layer->op == ZS_LAYER_ADD)
        return layer->quant != NULL && layer->quant->weight.zero == 0 &&
               (has_filters || zs_number_is_narrow(&d->net->tensors[layer->out].number));
    return layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX && layer->quant == NULL &&
           zs_number_is_narrow(&d->net->tensors[layer->out].number);
}

static bool runs_on_engine(const zs_fuse_rules *rules, const zs_layer *layer)
{
    switch (layer->op) {
    case ZS_LAYER_CONV:
        return layer->groups == 1 || !rules->takes_dense_only;
    case ZS_LAYER_FC:
    case ZS_LAYER_ACT:
        return true;
    case ZS_LAYER_POOL:
        return rules->takes_any_pool || is_engine_pool(layer);
    case ZS_LAYER_GAP:
        return rules->takes_any_pool;
    case ZS_LAYER_ADD:
        return layer->in_n == 2;
    default:
        return false;
    }
}

/* ---- readers --------------------------------------------------------------------------------- */

static zs_status count_readers(zs_plan_draft *d)
{
    d->readers = zs_new(d->arena, uint32_t, d->net->tensor_n);
    d->row_of_layer = zs_new(d->arena, uint32_t, d->net->layer_n + 1);
    if (d->readers == NULL || d->row_of_layer == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < d->net->layer_n; i++) {
        const zs_layer *layer = &d->net->layers[i];
        d->row_of_layer[i] = ZS_NO_INDEX;
        for (uint32_t k = 0; k < layer->in_n; k++)
            d->readers[layer->in[k]]++;
    }
    for (uint32_t i = 0; i < d->net->output_n; i++)
        d->readers[d->net->outputs[i].tensor]++; /* the host reads them */
    return ZS_OK;
}

/* A view covers its whole parent (flatten); a slice does not (concat). */
static bool is_view(const zs_net *net, uint32_t tensor)
{
    const zs_tensor *t = &net->tensors[tensor];
    return t->parent != ZS_NO_INDEX &&
           zs_shape_elems(t->shape) == zs_shape_elems(net->tensors[t->parent].shape);
}

/* Every slice of a concatenation that a convolution writes and nobody reads on its own. */
static bool slices_are_private_convs(const zs_plan_draft *d, uint32_t tensor)
{
    const zs_net *net = d->net;
    uint32_t slices = 0;
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        if (net->tensors[t].parent != tensor)
            continue;
        if (net->tensors[t].producer == ZS_NO_INDEX || d->readers[t] != 0 || is_view(net, t) ||
            !zs_op_has_filters(net->layers[net->tensors[t].producer].op) ||
            net->layers[net->tensors[t].producer].out != t)
            return false;
        slices++;
    }
    return slices > 0;
}

/* ---- pooling behind a convolution ------------------------------------------------------------ */

/* Inputs of layers that lie in the memory of `tensor`, or hold it: views and concatenations too. */
static uint32_t count_overlapping(const zs_plan_draft *d, uint32_t tensor)
{
    const zs_net *net = d->net;
    uint64_t from, other;
    const uint32_t root = zs_tensor_root(net, tensor, &from);
    const uint64_t end = from + zs_shape_elems(net->tensors[tensor].shape);
    uint32_t n = 0;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (d->readers[t] > 0 && zs_tensor_root(net, t, &other) == root && other < end &&
            from < other + zs_shape_elems(net->tensors[t].shape))
            n += d->readers[t];
    return n;
}

/* The pool that can be applied to the tiles of what writes `tensor`, or ZS_NO_INDEX. */
static uint32_t sole_pool_reader(const zs_plan_draft *d, uint32_t tensor)
{
    for (uint32_t i = 0; i < d->net->layer_n; i++) {
        const zs_layer *layer = &d->net->layers[i];
        if (layer->op == ZS_LAYER_POOL && layer->in[0] == tensor)
            return is_engine_pool(layer) && count_overlapping(d, tensor) == 1 ? i : ZS_NO_INDEX;
    }
    return ZS_NO_INDEX;
}

static bool in_same_group(const zs_design *design, const char *a, const char *b)
{
    for (uint32_t g = 0; g < design->accel.group_n; g++) {
        bool has_a = false, has_b = false;
        for (uint32_t i = 0; i < design->accel.groups[g].n; i++) {
            has_a |= strcmp(design->accel.groups[g].names[i], a) == 0;
            has_b |= strcmp(design->accel.groups[g].names[i], b) == 0;
        }
        if (has_a && has_b)
            return true;
    }
    return false;
}

uint32_t zs_draft_fusion(const zs_plan_draft *d, const zs_layer *layer, bool *is_own)
{
    zs_accel accel;
    *is_own = false;
    if (d->design->layer_setting_n == 0)
        return d->design->accel.fusion;
    for (uint32_t i = 0; i < d->design->layer_setting_n; i++) {
        const zs_layer_setting *s = &d->design->layer_settings[i];
        *is_own |= s->key == ZS_LAYER_FIELD && zs_layer_setting_fits(s, layer->name) &&
                   strcmp(s->field->path, "accelerator.fusion") == 0;
    }
    zs_design_layer_accel(d->design, layer->name, &accel);
    return accel.fusion;
}

/* The layer itself says that it is done on its own. */
static bool is_alone(const zs_plan_draft *d, const zs_layer *layer, uint32_t most)
{
    bool is_own;
    const uint32_t fusion = zs_draft_fusion(d, layer, &is_own);
    return is_own && fusion <= most;
}

static bool may_fuse_pool(const zs_plan_draft *d, const zs_layer *conv, const zs_layer *pool)
{
    const zs_design *design = d->design;
    bool is_own;
    if (is_alone(d, pool, ZS_FUSION_LF1))
        return false;
    switch (zs_draft_fusion(d, conv, &is_own)) {
    case ZS_FUSION_NONE:
    case ZS_FUSION_LF1:
        return false;
    case ZS_FUSION_GROUPS:
        return in_same_group(design, conv->name, pool->name);
    default:
        return true;
    }
}

/* Sets the activation that the engine applies to a convolution's results. */
static void find_act(const zs_plan_draft *d, const zs_fuse_rules *rules, zs_row_draft *row)
{
    const zs_net *net = d->net;
    const zs_layer *conv = &net->layers[row->layer];
    if (!rules->writes_acts || !row->on_engine || d->design->accel.model_scales ||
        !zs_op_has_filters(conv->op) || conv->quant != NULL ||
        net->tensors[conv->out].parent != ZS_NO_INDEX || zs_net_is_output(net, conv->out))
        return;
    for (uint32_t i = row->layer + 1; i < net->layer_n; i++) {
        const zs_layer *act = &net->layers[i];
        if (act->in[0] != conv->out || act->in_n != 1)
            continue;
        if (zs_is_post_act(act) && zs_draft_takes(d, i) && act->y.c == conv->y.c &&
            act->y.h == conv->y.h && act->y.w == conv->y.w &&
            !(net->tensors[act->out].number.scale > 0) && count_overlapping(d, conv->out) == 1) {
            row->act = i;
            row->out = act->out;
        }
        return;
    }
}

/* Sets the pool fused behind a convolution, and where its channels land in the pool's output. */
static void find_pool(const zs_plan_draft *d, const zs_fuse_rules *rules, zs_row_draft *row)
{
    const zs_net *net = d->net;
    const zs_layer *conv = &net->layers[row->layer];
    if (!zs_op_has_filters(conv->op) || conv->y.h * conv->y.w == 1)
        return;
    uint32_t read = row->out;
    uint64_t offset = 0;
    const uint32_t parent = net->tensors[read].parent;
    if ((uint64_t)conv->y.h * conv->y.w > rules->most_pooled_pixels)
        return;
    if (d->readers[read] == 0 && parent != ZS_NO_INDEX && slices_are_private_convs(d, parent) &&
        rules->splits_concat_pools) {
        read = parent;
        offset = net->tensors[conv->out].parent_offset_elems;
    }
    const uint32_t pool = sole_pool_reader(d, read);
    if (pool == ZS_NO_INDEX || !row->on_engine || !zs_draft_takes(d, pool) ||
        !takes_types(d, &net->layers[pool]) || !may_fuse_pool(d, conv, &net->layers[pool]))
        return;
    row->pool = pool;
    row->out = net->layers[pool].out;
    row->out_c0 = (uint32_t)(offset / ((uint64_t)conv->y.h * conv->y.w));
}

/* A concatenation is pooled behind all of its convolutions or behind none. */
static void drop_half_fused(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        const uint32_t parent = d->net->tensors[zs_draft_layer(d, i)->out].parent;
        if (!zs_op_has_filters(zs_draft_layer(d, i)->op) || parent == ZS_NO_INDEX ||
            d->drafts[i].pool != ZS_NO_INDEX)
            continue;
        for (uint32_t k = 0; k < d->row_n; k++) {
            const uint32_t out = zs_draft_layer(d, k)->out;
            if (d->net->tensors[out].parent == parent && d->drafts[k].pool != ZS_NO_INDEX) {
                d->drafts[k].pool = ZS_NO_INDEX;
                d->drafts[k].out = out;
                d->drafts[k].out_c0 = 0;
            }
        }
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static zs_status list_rows(zs_plan_draft *d, const zs_fuse_rules *rules)
{
    const zs_net *net = d->net;
    d->drafts = zs_new(d->arena, zs_row_draft, net->layer_n + 1);
    if (d->drafts == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        zs_row_draft *row = &d->drafts[d->row_n++];
        *row =
            (zs_row_draft){.layer = i, .act = ZS_NO_INDEX, .pool = ZS_NO_INDEX, .add = ZS_NO_INDEX};
        row->out = net->layers[i].out;
        row->on_engine = zs_draft_takes(d, i) && runs_on_engine(rules, &net->layers[i]) &&
                         takes_types(d, &net->layers[i]);
        find_act(d, rules, row);
        find_pool(d, rules, row);
    }
    drop_half_fused(d);
    bool *is_fused = zs_new(d->arena, bool, net->layer_n + 1);
    if (is_fused == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (d->drafts[i].act != ZS_NO_INDEX)
            is_fused[d->drafts[i].act] = true;
        if (d->drafts[i].pool != ZS_NO_INDEX)
            is_fused[d->drafts[i].pool] = true;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (!is_fused[d->drafts[i].layer])
            d->drafts[kept++] = d->drafts[i];
    d->row_n = kept;
    for (uint32_t i = 0; i < kept; i++) {
        d->row_of_layer[d->drafts[i].layer] = i;
        if (d->drafts[i].act != ZS_NO_INDEX)
            d->row_of_layer[d->drafts[i].act] = i;
        const uint32_t pool = d->drafts[i].pool;
        if (pool != ZS_NO_INDEX && d->row_of_layer[pool] == ZS_NO_INDEX)
            d->row_of_layer[pool] = i;
    }
    return ZS_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static bool is_kernel(const zs_layer *layer, uint32_t k)
{
    return layer->op == ZS_LAYER_CONV && layer->groups == 1 && layer->window.kh == k &&
           layer->window.kw == k;
}

/* Row `i` is the squeeze of a fire module whose expands are the next two rows. */
bool zs_draft_is_fire(const zs_plan_draft *d, uint32_t i)
{
    if (i + 2 >= d->row_n)
        return false;
    for (uint32_t k = i; k <= i + 2; k++)
        if (!zs_draft_takes(d, d->drafts[k].layer))
            return false;
    const zs_layer *s = zs_draft_layer(d, i);
    const zs_layer *a = zs_draft_layer(d, i + 1), *b = zs_draft_layer(d, i + 2);
    if (is_kernel(a, 3) && is_kernel(b, 1)) {
        const zs_layer *swap = a;
        a = b;
        b = swap;
    }
    const uint32_t parent = d->net->tensors[a->out].parent;
    return is_kernel(s, 1) && is_kernel(a, 1) && is_kernel(b, 3) && a->in[0] == s->out &&
           b->in[0] == s->out && d->readers[s->out] == 2 && parent != ZS_NO_INDEX &&
           d->net->tensors[b->out].parent == parent;
}

static zs_status join_fires(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        bool is_own;
        if (!zs_draft_is_fire(d, i))
            continue;
        const zs_layer *const expands[] = {zs_draft_layer(d, i + 1), zs_draft_layer(d, i + 2)};
        const bool is_split =
            is_alone(d, expands[0], ZS_FUSION_NONE) || is_alone(d, expands[1], ZS_FUSION_NONE);
        const bool whole =
            zs_draft_fusion(d, zs_draft_layer(d, i), &is_own) != ZS_FUSION_NONE && !is_split;
        if (is_split) /* calls of their own */
            continue;
        /* "fire2/squeeze1x1" -> "fire2"; a name without a slash stands for itself. */
        const char *squeeze = zs_draft_layer(d, i)->name, *slash = strrchr(squeeze, '/');
        zs_row_draft *first = &d->drafts[whole ? i : i + 1];
        first->call_name = zs_arena_printf(
            d->arena, "%.*s%s", (int)(slash ? (size_t)(slash - squeeze) : strlen(squeeze)), squeeze,
            whole ? "" : "/expand");
        if (first->call_name == NULL)
            return ZS_ENOMEM;
        d->drafts[i + 1].joins_previous = whole;
        d->drafts[i + 2].joins_previous = true;
    }
    return ZS_OK;
}

static uint32_t row_named(const zs_plan_draft *d, const char *name)
{
    for (uint32_t i = 0; i < d->net->layer_n; i++)
        if (strcmp(d->net->layers[i].name, name) == 0)
            return d->row_of_layer[i];
    return ZS_NO_INDEX;
}

static zs_status check_group_name(const zs_plan_draft *d, const char *name, zs_err *err)
{
    const char **names = zs_new(d->arena, const char *, d->net->layer_n + 1);
    if (names == NULL)
        return zs_nomem(err, "accelerator.fusion");
    for (uint32_t i = 0; i < d->net->layer_n; i++)
        names[i] = d->net->layers[i].name;
    const char *near = zs_nearest(name, names, d->net->layer_n);
    return zs_fail(err, ZS_EPARSE, "accelerator.fusion",
                   "network %s has no layer \"%s\" that could be grouped%s%s%s", d->net->name, name,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* The rows of an explicit group must follow each other and all run on the engine. */
static zs_status join_group(zs_plan_draft *d, const zs_name_list *group, zs_err *err)
{
    uint32_t first = UINT32_MAX, last = 0;
    for (uint32_t i = 0; i < group->n; i++) {
        const uint32_t row = row_named(d, group->names[i]);
        if (row == ZS_NO_INDEX)
            return check_group_name(d, group->names[i], err);
        if (!d->drafts[row].on_engine)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                           "layer \"%s\" runs on the PS and cannot be part of a call",
                           group->names[i]);
        first = row < first ? row : first;
        last = row > last ? row : last;
    }
    for (uint32_t row = first; row <= last && group->n > 0; row++) {
        bool named = false;
        for (uint32_t i = 0; i < group->n; i++)
            named |= row_named(d, group->names[i]) == row;
        if (!named)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                           "layers \"%s\" and \"%s\" cannot be one call: \"%s\" lies between them",
                           zs_draft_layer(d, first)->name, zs_draft_layer(d, last)->name,
                           zs_draft_layer(d, row)->name);
        if (d->drafts[row].call_name != NULL)
            return zs_fail(err, ZS_EPARSE, "accelerator.fusion",
                           "layer \"%s\" is part of two groups", zs_draft_layer(d, row)->name);
        d->drafts[row].joins_previous = row > first;
        d->drafts[row].call_name = zs_draft_layer(d, row)->name;
    }
    return ZS_OK;
}

/* A pool behind what a call writes is done before that call ends. */
static void join_pools(zs_plan_draft *d)
{
    for (uint32_t i = 1; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        const bool pools = layer->op == ZS_LAYER_POOL || layer->op == ZS_LAYER_GAP;
        if (pools && d->drafts[i - 1].on_engine && d->drafts[i].call_name == NULL &&
            zs_draft_root(d, layer->in[0]) == zs_draft_root(d, d->drafts[i - 1].out))
            d->drafts[i].joins_previous = true;
    }
}

static zs_status join_calls(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *accel = &d->design->accel;
    if (accel->fusion != ZS_FUSION_GROUPS)
        return join_fires(d) == ZS_OK ? ZS_OK : zs_nomem(err, "plan");
    for (uint32_t g = 0; g < accel->group_n; g++) {
        const zs_status status = join_group(d, &accel->groups[g], err);
        if (status != ZS_OK)
            zs_err_prefix(err, accel->groups[g].place);
        ZS_TRY(status);
    }
    return ZS_OK;
}

zs_status zs_draft_fuse_layers(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err)
{
    if (count_readers(d) != ZS_OK || list_rows(d, rules) != ZS_OK)
        return zs_nomem(err, "plan");
    if (rules->takes_fronts) {
        zs_draft_take_adds(d);
        if (zs_draft_take_fronts(d) != ZS_OK)
            return zs_nomem(err, "plan");
    }
    ZS_TRY(join_calls(d, err));
    if (rules->pools_after_call)
        join_pools(d);
    return ZS_OK;
}

static zs_status name_row(zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    row->layer = d->drafts[i].layer;
    row->act = d->drafts[i].act;
    row->pool = d->drafts[i].pool;
    row->add = d->drafts[i].add;
    row->name = layer->name;
    row->op = zs_layer_op_name(layer->op);
    row->macs = zs_layer_macs(layer) * d->design->batch;
    row->ops = zs_layer_ops(layer) * d->design->batch;
    if (d->drafts[i].front != 0) {
        const zs_plan_row *front = row->front = &d->rows[d->drafts[i].front];
        row->macs += front->macs;
        row->ops += front->ops;
        row->name = zs_arena_printf(d->arena, "%s+%s", front->name, row->name);
        row->op = zs_arena_printf(d->arena, "%s+%s", front->op, row->op);
        if (row->name == NULL || row->op == NULL)
            return ZS_ENOMEM;
    }
    if (row->act != ZS_NO_INDEX) {
        const zs_layer *act = &d->net->layers[row->act];
        const uint64_t slopes = act->general->constant_n;
        row->ops += zs_layer_ops(act) * d->design->batch;
        d->plan->writes_acts = true;
        d->plan->acts_multiply |= zs_post_act_multiplies(act);
        if (slopes > 1 && slopes > d->plan->act_slopes)
            d->plan->act_slopes = (uint32_t)slopes;
        row->name = zs_arena_printf(d->arena, "%s+%s", row->name, act->name);
        row->op = zs_arena_printf(d->arena, "%s+%s", row->op, zs_function_name(act->general->fn));
        if (row->name == NULL || row->op == NULL)
            return ZS_ENOMEM;
    }
    if (row->add != ZS_NO_INDEX) {
        const zs_layer *add = &d->net->layers[row->add];
        row->ops += zs_layer_ops(add) * d->design->batch;
        row->name = zs_arena_printf(d->arena, "%s+%s", row->name, add->name);
        row->op = zs_arena_printf(d->arena, "%s+%s", row->op, zs_layer_op_name(add->op));
        return row->name && row->op ? ZS_OK : ZS_ENOMEM;
    }
    if (row->pool == ZS_NO_INDEX)
        return ZS_OK;
    const zs_layer *pool = &d->net->layers[row->pool];
    row->pool_window = pool->window;
    row->name = zs_arena_printf(d->arena, "%s+%s", row->name, pool->name);
    row->op = zs_arena_printf(d->arena, "%s+pool", row->op);
    /* of a pooled concatenation each convolution has its channels' share */
    row->ops += zs_layer_ops(pool) * layer->y.c / pool->y.c * d->design->batch;
    return row->name && row->op ? ZS_OK : ZS_ENOMEM;
}

zs_status zs_draft_fuse(zs_plan_draft *d, const zs_fuse_rules *rules, zs_err *err)
{
    ZS_TRY(zs_draft_fuse_layers(d, rules, err));
    if (d->row_n > UINT16_MAX)
        return zs_fail(err, ZS_ERANGE, d->net->name, "%u layers are more than the %d of a plan",
                       d->row_n, UINT16_MAX);
    const uint32_t all_n = zs_draft_all_n(d);
    d->rows = zs_new(d->arena, zs_plan_row, all_n + 1);
    if (d->rows == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < all_n; i++) /* fronts first, which are in the order of their chain */
        if (name_row(d, (i + d->row_n) % all_n) != ZS_OK)
            return zs_nomem(err, "plan");
    return ZS_OK;
}
