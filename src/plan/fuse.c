#include "plan_priv.h"

#include <string.h>

/* ---- which layers the engine can take -------------------------------------------------------- */

enum { MAX_POOL_KERNEL = 8 };

static bool is_engine_pool(const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    return layer->pool == ZS_POOL_MAX && w->kh <= MAX_POOL_KERNEL && w->kw <= MAX_POOL_KERNEL &&
           w->dh == 1 && w->dw == 1;
}

/* The direct kernel takes its operands one by one, so any window will do. */
static bool runs_on_engine(const zs_design *design, const zs_layer *layer)
{
    const bool is_direct = design->accel.kind == ZS_KIND_DIRECT;
    switch (layer->op) {
    case ZS_LAYER_CONV:
    case ZS_LAYER_FC:
    case ZS_LAYER_ACT:
        return true;
    case ZS_LAYER_POOL:
        return is_direct || is_engine_pool(layer);
    case ZS_LAYER_GAP:
        return is_direct;
    case ZS_LAYER_ADD:
        return layer->in_n == 2;
    default:
        return false;
    }
}

/* ---- readers --------------------------------------------------------------------------------- */

static zs_status count_readers(plan_draft *d)
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
    d->readers[d->net->output]++; /* the host reads it */
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
static bool slices_are_private_convs(const plan_draft *d, uint32_t tensor)
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
static uint32_t count_overlapping(const plan_draft *d, uint32_t tensor)
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
static uint32_t sole_pool_reader(const plan_draft *d, uint32_t tensor)
{
    if (count_overlapping(d, tensor) != 1)
        return ZS_NO_INDEX;
    for (uint32_t i = 0; i < d->net->layer_n; i++) {
        const zs_layer *layer = &d->net->layers[i];
        if (layer->op == ZS_LAYER_POOL && layer->in[0] == tensor)
            return is_engine_pool(layer) ? i : ZS_NO_INDEX;
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

static bool may_fuse_pool(const zs_design *design, const zs_layer *conv, const zs_layer *pool)
{
    switch (design->accel.fusion) {
    case ZS_FUSION_NONE:
    case ZS_FUSION_LF1:
        return false;
    case ZS_FUSION_GROUPS:
        return in_same_group(design, conv->name, pool->name);
    default:
        return true;
    }
}

/* Sets the pool fused behind a convolution, and where its channels land in the pool's output. */
static void find_pool(const plan_draft *d, row_draft *row)
{
    const zs_net *net = d->net;
    const zs_layer *conv = &net->layers[row->layer];
    if (!zs_op_has_filters(conv->op) || conv->y.h * conv->y.w == 1)
        return;
    uint32_t read = conv->out;
    uint64_t offset = 0;
    const uint32_t parent = net->tensors[read].parent;
    const zs_accel *a = &d->design->accel;
    if (a->kind == ZS_KIND_DIRECT && (uint64_t)conv->y.h * conv->y.w > a->direct.plane_words)
        return;
    if (d->readers[read] == 0 && parent != ZS_NO_INDEX && slices_are_private_convs(d, parent) &&
        (a->kind != ZS_KIND_DIRECT || a->direct.fuse_concat)) {
        read = parent;
        offset = net->tensors[conv->out].parent_offset_elems;
    }
    const uint32_t pool = sole_pool_reader(d, read);
    if (pool == ZS_NO_INDEX || !may_fuse_pool(d->design, conv, &net->layers[pool]))
        return;
    row->pool = pool;
    row->out = net->layers[pool].out;
    row->out_c0 = (uint32_t)(offset / ((uint64_t)conv->y.h * conv->y.w));
}

/* A concatenation is pooled behind all of its convolutions or behind none. */
static void drop_half_fused(plan_draft *d)
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

static zs_status list_rows(plan_draft *d)
{
    const zs_net *net = d->net;
    d->drafts = zs_new(d->arena, row_draft, net->layer_n + 1);
    if (d->drafts == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        row_draft *row = &d->drafts[d->row_n++];
        *row = (row_draft){.layer = i, .pool = ZS_NO_INDEX, .out = net->layers[i].out};
        row->on_engine = runs_on_engine(d->design, &net->layers[i]);
        find_pool(d, row);
    }
    drop_half_fused(d);
    bool *is_fused = zs_new(d->arena, bool, net->layer_n + 1);
    if (is_fused == NULL)
        return ZS_ENOMEM;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].pool != ZS_NO_INDEX)
            is_fused[d->drafts[i].pool] = true;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (!is_fused[d->drafts[i].layer])
            d->drafts[kept++] = d->drafts[i];
    d->row_n = kept;
    for (uint32_t i = 0; i < kept; i++) {
        d->row_of_layer[d->drafts[i].layer] = i;
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
static bool is_fire(const plan_draft *d, uint32_t i)
{
    if (i + 2 >= d->row_n)
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

/* "fire2/squeeze1x1" -> "fire2"; a name without a slash stands for itself. */
static const char *module_name(zs_arena *arena, const char *name, const char *suffix)
{
    const char *slash = strrchr(name, '/');
    return zs_arena_printf(arena, "%.*s%s", slash ? (int)(slash - name) : (int)strlen(name), name,
                           suffix);
}

static zs_status join_fires(plan_draft *d)
{
    const bool whole = d->design->accel.fusion != ZS_FUSION_NONE;
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (!is_fire(d, i))
            continue;
        const char *squeeze = zs_draft_layer(d, i)->name;
        row_draft *first = &d->drafts[whole ? i : i + 1];
        first->call_name = module_name(d->arena, squeeze, whole ? "" : "/expand");
        if (first->call_name == NULL)
            return ZS_ENOMEM;
        d->drafts[i + 1].joins_previous = whole;
        d->drafts[i + 2].joins_previous = true;
    }
    return ZS_OK;
}

static uint32_t row_named(const plan_draft *d, const char *name)
{
    for (uint32_t i = 0; i < d->net->layer_n; i++)
        if (strcmp(d->net->layers[i].name, name) == 0)
            return d->row_of_layer[i];
    return ZS_NO_INDEX;
}

static zs_status check_group_name(const plan_draft *d, const char *name, zs_err *err)
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
static zs_status join_group(plan_draft *d, const zs_name_list *group, zs_err *err)
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

/* The direct kernel pools what it has written before its call ends. */
static void join_pools(plan_draft *d)
{
    for (uint32_t i = 1; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        const bool pools = layer->op == ZS_LAYER_POOL || layer->op == ZS_LAYER_GAP;
        if (pools && d->drafts[i - 1].on_engine && d->drafts[i].call_name == NULL &&
            zs_draft_root(d, layer->in[0]) == zs_draft_root(d, d->drafts[i - 1].out))
            d->drafts[i].joins_previous = true;
    }
}

static zs_status join_calls(plan_draft *d, zs_err *err)
{
    const zs_accel *accel = &d->design->accel;
    if (accel->fusion != ZS_FUSION_GROUPS)
        return join_fires(d) == ZS_OK ? ZS_OK : zs_nomem(err, "plan");
    for (uint32_t g = 0; g < accel->group_n; g++)
        ZS_TRY(join_group(d, &accel->groups[g], err));
    return ZS_OK;
}

zs_status zs_plan_fuse(plan_draft *d, zs_err *err)
{
    if (count_readers(d) != ZS_OK || list_rows(d) != ZS_OK)
        return zs_nomem(err, "plan");
    ZS_TRY(join_calls(d, err));
    if (d->design->accel.kind == ZS_KIND_DIRECT)
        join_pools(d);
    return ZS_OK;
}

/* ---- tensors that stay on chip --------------------------------------------------------------- */

static bool same_call(const plan_draft *d, uint32_t first, uint32_t last)
{
    for (uint32_t row = first + 1; row <= last; row++)
        if (!d->drafts[row].joins_previous)
            return false;
    return true;
}

/* A tensor may stay when one convolution writes all of it and only convolutions read it. */
static bool describe_resident(const plan_draft *d, uint32_t row, resident_draft *r)
{
    const zs_net *net = d->net;
    const row_draft *draft = &d->drafts[row];
    const uint32_t out = draft->out;
    if (!draft->on_engine || !zs_op_has_filters(zs_draft_layer(d, row)->op) ||
        net->tensors[out].parent != ZS_NO_INDEX || out == net->output)
        return false;
    const zs_layer *writer = zs_draft_layer(d, row);
    if (net->tensors[out].shape.c != writer->y.c)
        return false; /* one part of a concatenation that is pooled */
    uint32_t last = 0;
    uint64_t reads = 0;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        for (uint32_t k = 0; k < layer->in_n; k++) {
            if (zs_draft_root(d, layer->in[k]) != out)
                continue;
            if (!zs_op_has_filters(layer->op))
                return false;
            last = d->row_of_layer[i] > last ? d->row_of_layer[i] : last;
            reads++;
        }
    }
    if (reads == 0)
        return false;
    const uint64_t elems = zs_shape_elems(net->tensors[out].shape) * d->design->batch;
    *r = (resident_draft){.tensor = out, .first_row = row, .last_row = last, .elems = elems};
    r->saved_bytes = elems * (reads + 1) * zs_elem_bytes(d->design->accel.precision);
    return true;
}

static bool wanted(const plan_draft *d, const resident_draft *r)
{
    switch (d->design->accel.fusion) {
    case ZS_FUSION_FIRE:
        return is_fire(d, r->first_row) && same_call(d, r->first_row, r->last_row);
    case ZS_FUSION_GROUPS:
        return same_call(d, r->first_row, r->last_row);
    case ZS_FUSION_AUTO:
        return true; /* the search has the last word */
    default:
        return false;
    }
}

/* First offset at which it lies beside the chosen tensors that live at the same time. */
static uint64_t first_fit(const plan_draft *d, const resident_draft *r)
{
    uint64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < d->resident_n; i++) {
            const resident_draft *o = &d->residents[i];
            if (o->chosen && o->first_row <= r->last_row && r->first_row <= o->last_row &&
                offset < o->offset + o->elems && o->offset < offset + r->elems) {
                offset = o->offset + o->elems;
                moved = true;
            }
        }
    }
    return offset;
}

static uint64_t chosen_extent(const plan_draft *d)
{
    uint64_t extent = 0;
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].chosen)
            extent = zs_max_u64(extent, d->residents[i].offset + d->residents[i].elems);
    return extent;
}

/* A call that spans a tensor's life: `auto` merges, the others only keep within their calls. */
static void merge_calls(plan_draft *d, const resident_draft *r)
{
    for (uint32_t row = r->first_row + 1; row <= r->last_row; row++) {
        d->drafts[row].joins_previous = true;
        d->drafts[row].call_name = NULL;
    }
}

static bool crosses_host(const plan_draft *d, const resident_draft *r)
{
    for (uint32_t row = r->first_row; row <= r->last_row; row++)
        if (!d->drafts[row].on_engine)
            return true;
    return false;
}

/* Greedy by bytes saved per element held: exact when lives do not overlap, as in SqueezeNet. */
zs_status zs_plan_choose_residents(plan_draft *d, zs_err *err)
{
    d->residents = zs_new(d->arena, resident_draft, d->row_n + 1);
    if (d->residents == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t row = 0; row < d->row_n; row++) {
        resident_draft *r = &d->residents[d->resident_n];
        if (describe_resident(d, row, r) && wanted(d, r) && !crosses_host(d, r))
            d->resident_n++;
    }
    for (uint32_t step = 0; step < d->resident_n; step++) {
        resident_draft *best = NULL;
        for (uint32_t i = 0; i < d->resident_n; i++) {
            resident_draft *r = &d->residents[i];
            if (r->saved_bytes > 0 && !r->chosen &&
                (best == NULL || r->saved_bytes > best->saved_bytes))
                best = r;
        }
        if (best == NULL)
            break;
        if (d->may_stay != NULL && !d->may_stay[best->tensor]) {
            best->saved_bytes = 0;
            continue;
        }
        best->offset = first_fit(d, best);
        best->chosen = true;
        if (zs_plan_size_buffers(d, chosen_extent(d))) {
            merge_calls(d, best);
        } else {
            best->chosen = false;
            best->saved_bytes = 0; /* tried */
        }
    }
    d->plan->resident_elems = chosen_extent(d);
    return ZS_OK;
}
