#include "kernels_priv.h"

#include <string.h>

/* What goes from kernel to kernel: layers that are done in the loops of the kernel before, tensors
 * that go through channels, and layers that share one kernel. */

static const kernels_params *params_of(const kernels_row *row)
{
    return kernels_params_of(row->accel);
}

/* The row that writes a tensor which nobody else reads and the host does not want, or ZS_NO_INDEX:
 * it is written by none, or is part of another tensor. */
static uint32_t only_writer(const zs_plan_draft *d, uint32_t tensor, uint32_t reader)
{
    if (d->readers[tensor] != 1 || d->net->tensors[tensor].parent != ZS_NO_INDEX)
        return ZS_NO_INDEX;
    for (uint32_t i = 0; i < reader; i++)
        if (d->drafts[i].out == tensor)
            return d->drafts[i].on_engine ? i : ZS_NO_INDEX;
    return ZS_NO_INDEX;
}

static bool is_elementwise(const zs_layer *layer)
{
    return layer->op == ZS_LAYER_ADD || layer->op == ZS_LAYER_ACT;
}

/* Whether all that a row reads but `tensor` is there before row `before`. */
static bool others_are_there(const zs_plan_draft *d, uint32_t row, uint32_t tensor, uint32_t before)
{
    const zs_layer *layer = zs_draft_layer(d, row);
    for (uint32_t k = 0; k < layer->in_n; k++)
        for (uint32_t i = before; layer->in[k] != tensor && i < row; i++)
            if (zs_draft_root(d, d->drafts[i].out) == zs_draft_root(d, layer->in[k]))
                return false;
    return true;
}

/* A row joins the kernel of the row before it. */
static void fuse(zs_plan_draft *d, kernels_row *rows, uint32_t j)
{
    const zs_layer *layer = zs_draft_layer(d, j);
    if (!params_of(&rows[j])->fuse_epilogue || !is_elementwise(layer) || j == 0)
        return;
    for (uint32_t k = 0; k < layer->in_n; k++) {
        const uint32_t i = only_writer(d, layer->in[k], j);
        const uint32_t root = i == ZS_NO_INDEX ? i : rows[i].root;
        if (i == ZS_NO_INDEX || i + 1 != j || !others_are_there(d, j, layer->in[k], root))
            continue;
        rows[j].root = root;
        rows[root].last = j;
        rows[root].units += layer->in_n - 1;
        d->drafts[j].joins_previous = true;
        return;
    }
}

/* Results leave in the order of the tensor. */
static bool is_in_order(const kernels_row *row)
{
    const zs_accel *a = row->accel;
    const kernels_params *p = kernels_params_of(a);
    const bool is_cut = p->tile && (p->tile_oy > 0 || p->tile_ox > 0);
    return !is_cut && (!p->unroll || (a->unroll.oc == 1 && a->unroll.oy == 1));
}

/* The tensor comes by a channel: as it is used, or whole before the loops. Word for word only from
 * the row before, with all else there: so no kernel waits for one that waits for it. */
static void connect(zs_plan_draft *d, kernels_row *rows, uint32_t j)
{
    const zs_layer *layer = zs_draft_layer(d, j);
    const bool has_filters = zs_op_has_filters(layer->op);
    if (!params_of(&rows[j])->channels || rows[j].root != j)
        return;
    for (uint32_t k = 0; k < layer->in_n; k++) {
        const uint32_t i = only_writer(d, layer->in[k], j);
        const uint32_t root = i == ZS_NO_INDEX ? i : rows[i].root;
        bool joins = i != ZS_NO_INDEX && rows[root].last == i && params_of(&rows[root])->channels;
        for (uint32_t r = root; joins && r < j; r++)
            joins = d->drafts[r].on_engine;
        const bool in_order =
            joins && i + 1 == j && is_in_order(&rows[root]) && layer->window.kh <= layer->window.sh;
        const bool streams = is_elementwise(layer) || layer->op == ZS_LAYER_GAP;
        const bool is_pool = layer->op == ZS_LAYER_POOL;
        if (!joins ||
            (!has_filters && !is_pool && !(streams && i + 1 == j && is_in_order(&rows[root]))))
            continue;
        if (!others_are_there(d, j, layer->in[k], root))
            continue;
        rows[j].from = i;
        rows[root].to_channel = true;
        rows[j].takes_whole = has_filters || (is_pool && !in_order);
        for (uint32_t r = root + 1; r <= j; r++)
            d->drafts[r].joins_previous = true;
        return;
    }
}

/* What it reads is on chip when its loops begin. */
static void take_from_channel(const zs_plan_draft *d, kernels_row *rows, uint32_t j)
{
    const zs_layer *layer = zs_draft_layer(d, j);
    const zs_window *w = &layer->window;
    kernels_row *own = &rows[j];
    own->padded_bytes = 0;
    own->pad.nest.n = 0;
    own->kernel.window = (zs_nest_window){0};
    own->caches = 0;
    own->units -= own->in_units;
    if (own->takes_whole)
        own->local_words[3] = (uint64_t)layer->x.c *
                              ((uint64_t)layer->x.h + w->pad_top + w->pad_bottom) *
                              ((uint64_t)layer->x.w + w->pad_left + w->pad_right);
}

/* ---- classes --------------------------------------------------------------------------------- */

/* Their text differs in sizes alone: what is done to results, and how windows meet the border. */
static bool do_the_same(const zs_plan_draft *d, const kernels_row *rows, uint32_t i, uint32_t j)
{
    if (rows[i].last - i != rows[j].last - j || rows[i].partials != rows[j].partials ||
        rows[i].from != ZS_NO_INDEX || rows[j].from != ZS_NO_INDEX || rows[i].to_channel ||
        rows[j].to_channel || (rows[i].padded_bytes > 0) != (rows[j].padded_bytes > 0))
        return false;
    for (uint32_t k = 0; k <= rows[i].last - i; k++) {
        const zs_layer *a = zs_draft_layer(d, i + k), *b = zs_draft_layer(d, j + k);
        const zs_window *v = &a->window, *w = &b->window;
        const bool pools = a->op == ZS_LAYER_POOL;
        if (a->op != b->op || v->dh != w->dh || v->dw != w->dw ||
            (pools && (a->pool != b->pool || a->count_include_pad != b->count_include_pad ||
                       a->caffe_pool != b->caffe_pool || v->pad_top != w->pad_top ||
                       v->pad_left != w->pad_left || v->pad_bottom != w->pad_bottom ||
                       v->pad_right != w->pad_right)))
            return false;
    }
    for (uint32_t k = 0; k < rows[i].kernel.nest.n; k++)
        if (strcmp(rows[i].kernel.nest.loops[k].name, rows[j].kernel.nest.loops[k].name) != 0)
            return false;
    return true;
}

static bool are_of_one_class(const zs_plan_draft *d, const kernels_row *rows, uint32_t i,
                             uint32_t j)
{
    const zs_layer *a = zs_draft_layer(d, i), *b = zs_draft_layer(d, j);
    const zs_window *v = &a->window, *w = &b->window;
    return rows[i].root == i && params_of(&rows[i])->parameterise &&
           params_of(&rows[j])->parameterise && !params_of(&rows[j])->opens_classes &&
           a->op == b->op && v->kh == w->kh && v->kw == w->kw && v->sh == w->sh && v->sw == w->sw &&
           (a->groups == 1) == (b->groups == 1) && rows[i].kernel.nest.n == rows[j].kernel.nest.n &&
           memcmp(&rows[i].accel->unroll, &rows[j].accel->unroll, sizeof rows[i].accel->unroll) ==
               0 &&
           memcmp(params_of(&rows[i]), params_of(&rows[j]), sizeof(kernels_params)) == 0 &&
           do_the_same(d, rows, i, j);
}

/* Trips that differ are arguments; arrays and lanes are those of the largest. */
static void join_class(kernels_row *first, const kernels_row *row)
{
    for (uint32_t i = 0; i < first->kernel.nest.n; i++) {
        zs_loop *loop = &first->kernel.nest.loops[i];
        loop->is_argument |= loop->trip != row->kernel.nest.loops[i].trip;
    }
    for (size_t i = 0; i < ZS_LEN(first->local_words); i++)
        first->local_words[i] = zs_max_u64(first->local_words[i], row->local_words[i]);
    first->lanes = zs_max_u64(first->lanes, row->lanes);
    first->caches = zs_max_u64(first->caches, row->caches);
    first->units = first->units > row->units ? first->units : row->units;
}

static void share_kernels(const zs_plan_draft *d, kernels_row *rows)
{
    for (uint32_t j = 0; j < d->row_n; j++)
        for (uint32_t i = 0; i < j && d->drafts[j].on_engine && rows[j].root == j; i++)
            if (d->drafts[i].on_engine && rows[i].class_row == i &&
                are_of_one_class(d, rows, i, j)) {
                rows[j].class_row = i;
                join_class(&rows[i], &rows[j]);
                break;
            }
    for (uint32_t j = 0; j < d->row_n; j++)
        for (uint32_t i = 0; rows[j].class_row != j && i < rows[j].kernel.nest.n; i++)
            rows[j].kernel.nest.loops[i].is_argument =
                rows[rows[j].class_row].kernel.nest.loops[i].is_argument;
}

/* ---- load units beside each other ------------------------------------------------------------ */

/* Units that an unrolled sum has of its own: planes of input channels are apart in global memory.
 */
static uint64_t units_of_sum(const zs_plan_draft *d, const kernels_row *rows, uint32_t i)
{
    const zs_nest *nest = &rows[i].kernel.nest;
    const uint32_t rc = zs_nest_find(nest, "rc");
    const bool is_kernel = d->drafts[i].on_engine && rows[i].root == i && rows[i].class_row == i;
    if (!is_kernel || zs_draft_layer(d, i)->op != ZS_LAYER_CONV || rows[i].from != ZS_NO_INDEX ||
        params_of(&rows[i])->local_input || nest->loops[rc].unroll == 1)
        return 0;
    return nest->loops[rc].unroll;
}

/* All kernels are in the device at once, whichever of them runs. */
static void share_lines(const zs_plan_draft *d, kernels_row *rows)
{
    const zs_nest_memory memory = kernels_memory(d->design);
    uint64_t units = 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        units = zs_plus_u64(units, units_of_sum(d, rows, i));
    for (uint32_t i = 0; i < d->row_n; i++) {
        const bool is_kernel =
            d->drafts[i].on_engine && rows[i].root == i && !params_of(&rows[i])->opens_classes;
        if (is_kernel && is_elementwise(zs_draft_layer(d, i)) && rows[i].from == ZS_NO_INDEX)
            zs_nest_wait_for_units(&rows[i].kernel, units, &memory);
        if (is_kernel && zs_draft_layer(d, i)->op == ZS_LAYER_CONV && rows[i].from == ZS_NO_INDEX)
            zs_nest_wait_for_planes(&rows[i].kernel, &memory);
        if (is_kernel && rows[i].padded_bytes > 0)
            zs_nest_wait_for_units(&rows[i].pad, units, &memory);
    }
}

/* ---- queues ---------------------------------------------------------------------------------- */

/* Calls end where no kernel of a queue of its own may still run: those behind it, in whichever
 * queue, wait for what they read and for their own queue alone. */
static void run_side_by_side(zs_plan_draft *d, const kernels_row *rows)
{
    bool beside = false; /* such a kernel is in the call */
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_row_draft *row = &d->drafts[i];
        const bool follows = i > 0 && row->on_engine && d->drafts[i - 1].on_engine;
        const bool has_queue = row->on_engine && params_of(&rows[i])->queues;
        row->joins_previous |= follows && (has_queue || beside);
        beside = (beside && row->joins_previous) || has_queue;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

void kernels_link(zs_plan_draft *d, kernels_row *rows)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        rows[i].root = rows[i].last = rows[i].class_row = i;
        rows[i].from = ZS_NO_INDEX;
    }
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine)
            fuse(d, rows, i);
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine)
            connect(d, rows, i);
    run_side_by_side(d, rows);
    for (uint32_t i = 0; i < d->row_n; i++)
        if (rows[i].from != ZS_NO_INDEX)
            take_from_channel(d, rows, i);
    for (uint32_t i = 0; i < d->row_n; i++)
        if (rows[i].to_channel)
            rows[i].units -= rows[i].out_units;
    share_kernels(d, rows);
    share_lines(d, rows);
    for (uint32_t i = 0; i < d->row_n; i++) {
        kernels_row *own = &rows[i];
        const kernels_params *p = params_of(own);
        const bool begins = !d->drafts[i].joins_previous || i == 0 || !d->drafts[i - 1].on_engine;
        own->is_autorun = p->autorun && !zs_op_has_filters(zs_draft_layer(d, i)->op) &&
                          own->from != ZS_NO_INDEX && own->to_channel &&
                          zs_draft_layer(d, i)->in_n == 1 && own->last == i;
        own->is_queued = own->root == i && !p->queues && !own->is_autorun;
        own->is_launched = own->root == i && !own->is_autorun && own->from == ZS_NO_INDEX &&
                           (begins || !p->queues);
    }
}

static void drop(uint64_t *bytes, uint64_t n)
{
    *bytes -= zs_min_u64(*bytes, n);
}

void kernels_count_bytes(zs_plan_draft *d, kernels_row *rows)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        const kernels_row *own = &rows[i];
        zs_plan_row *row = &d->rows[i];
        if (!d->drafts[i].on_engine)
            continue;
        if (own->from != ZS_NO_INDEX)
            drop(&row->compulsory_read_bytes,
                 zs_shape_elems(d->rows[own->from].y.shape) * row->x.elem * d->plan->batch);
        if (own->root == i && (own->last != i || own->to_channel))
            row->compulsory_write_bytes = 0;
        if (own->root != i) /* its root moves what it needs besides */
            row->compulsory_read_bytes = row->compulsory_write_bytes = 0;
    }
}
