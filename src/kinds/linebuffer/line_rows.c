#include "line_priv.h"

#include <string.h>

/* The rows of a plan of kind linebuffer, in the order of the network's layers:
 *   the PS lays out the input as im2col, where that pays;
 *   a layer with filters is a call, or several when its weights exceed the memory of the PEs;
 *   a tensor that was written in parts (concatenations, layers of several calls) is joined by the
 * PS; all other layers run on the PS. */

typedef struct line_draft {
    zs_plan_draft *d;
    zs_row_draft *layers; /* what fuse.c found: one per layer */
    uint32_t layer_n;
    uint32_t *calls;     /* [layer draft] how many; 0: the PS */
    bool *is_im2col;     /* [layer draft] */
    bool *may_be_im2col; /* [layer draft] of a relaxed design: perhaps */
    uint32_t row_cap;
    uint64_t dram_top;
} line_draft;

uint32_t zs_view_base(const zs_net *net, uint32_t tensor)
{
    for (;;) {
        const uint32_t parent = net->tensors[tensor].parent;
        if (parent == ZS_NO_INDEX || zs_shape_elems(net->tensors[parent].shape) !=
                                         zs_shape_elems(net->tensors[tensor].shape))
            return tensor;
        tensor = parent;
    }
}

static const zs_layer *layer_of(const line_draft *l, uint32_t draft)
{
    return &l->d->net->layers[l->layers[draft].layer];
}

/* Fewer or more lanes may fill up less. */
static uint32_t stored_channels(const zs_design *design, uint32_t c)
{
    const line_params *p = line_params_of(&design->accel);
    const bool is_open = p->is_relaxed && p->least_lanes < design->accel.unroll.ic;
    return is_open ? c : (uint32_t)zs_round_up(c, design->accel.unroll.ic);
}

/* ---- which layers ---------------------------------------------------------------------------- */

static bool wants_im2col(const line_draft *l, const zs_layer *layer, uint32_t lanes)
{
    const zs_window *w = &layer->window;
    return line_params_of(&l->d->design->accel)->im2col && layer->op == ZS_LAYER_CONV &&
           layer->x.c < lanes && w->kh * w->kw > 1 &&
           zs_net_is_input(l->d->net, zs_view_base(l->d->net, layer->in[0]));
}

/* Of a relaxed design what it surely is. */
static void choose_im2col(line_draft *l, uint32_t draft)
{
    const zs_accel *a = &l->d->design->accel;
    const line_params *p = line_params_of(a);
    const bool may_be = wants_im2col(l, layer_of(l, draft), a->unroll.ic);
    l->is_im2col[draft] =
        may_be &&
        !(p->is_relaxed && (p->opens_im2col || layer_of(l, draft)->x.c >= p->least_lanes));
    l->may_be_im2col[draft] = may_be && !l->is_im2col[draft];
}

/* A tensor that is a part of another one must be a range of its channels. */
static zs_status check_parts(const zs_net *net, zs_err *err)
{
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const uint32_t parent = net->tensors[t].parent;
        if (parent == ZS_NO_INDEX || zs_view_base(net, t) != t)
            continue;
        const zs_shape a = net->tensors[t].shape, b = net->tensors[parent].shape;
        if (a.h != b.h || a.w != b.w)
            return zs_fail(err, ZS_EUNSUPPORTED, net->tensors[t].name,
                           "%u x %u pixels joined into %s of %u x %u: kind linebuffer joins "
                           "channels only",
                           a.h, a.w, net->tensors[parent].name, b.h, b.w);
    }
    return ZS_OK;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* The convolution as the engine sees it: an im2col layout has 1x1 windows, a fully connected layer
 * one window over the whole picture that it flattens. */
static void shape_call(line_draft *l, uint32_t draft, zs_plan_row *row)
{
    const zs_design *design = l->d->design;
    const zs_layer *layer = layer_of(l, draft);
    const line_params *p = line_params_of(&design->accel);
    const bool is_open = p->is_relaxed && p->least_pes < design->accel.unroll.oc;
    const uint32_t unit = is_open ? 1 : design->accel.unroll.oc;
    row->window = layer->window;
    row->x.shape = layer->x;
    if (layer->op == ZS_LAYER_FC) {
        const zs_shape x = l->d->net->tensors[zs_view_base(l->d->net, layer->in[0])].shape;
        row->x.shape = x;
        row->window = (zs_window){.kh = x.h, .kw = x.w, .sh = 1, .sw = 1, .dh = 1, .dw = 1};
    }
    if (l->is_im2col[draft]) {
        const zs_window *w = &layer->window;
        row->x.shape = (zs_shape){layer->x.c * w->kh * w->kw, layer->y.h, layer->y.w};
        row->window = (zs_window){.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1};
    }
    row->oh = layer->y.h;
    row->ow = layer->y.w;
    row->y_c = layer->y.c;
    row->group_ic = row->x.shape.c;
    row->group_oc = layer->y.c;
    line_of(row)->step = ZS_HOST_CALL;
    line_of(row)->tensor = ZS_NO_INDEX;
    line_of(row)->oc_n = (uint32_t)zs_round_up(layer->y.c, unit);
    line_of(row)->x_c = stored_channels(design, row->x.shape.c);
    line_of(row)->y_c = stored_channels(design, layer->y.c);
    const uint32_t seen = zs_extent_y(row, 0, row->oh).hi;
    line_of(row)->lines = seen > 0 ? seen : 1; /* windows in padding only still read a line */
    row->y.shape = l->d->net->tensors[l->layers[draft].out].shape;
    row->y.elem = zs_draft_elem(l->d, l->layers[draft].out);
    row->act = row->add = ZS_NO_INDEX;
    row->pool = l->layers[draft].pool;
    if (row->pool != ZS_NO_INDEX)
        row->pool_window = l->d->net->layers[row->pool].window;
    row->name = layer->name;
}

static zs_status check_sizes(const line_draft *l, const zs_plan_row *row, zs_err *err)
{
    const uint64_t elem = zs_elem_bytes(l->d->design->accel.precision);
    const uint64_t weight = zs_weight_bytes(l->d->design->accel.precision);
    uint64_t params, lines;
    const uint32_t most =
        line_of(row)->oc_n > line_of(row)->x_c ? line_of(row)->oc_n : line_of(row)->x_c;
    if (most > UINT16_MAX || row->x.shape.h > UINT16_MAX || row->x.shape.w > UINT16_MAX ||
        row->oh > UINT16_MAX || row->ow > UINT16_MAX)
        return zs_fail(err, ZS_ERANGE, row->name,
                       "%u channels of %u x %u pixels: kind linebuffer counts to %d", most,
                       row->x.shape.h, row->x.shape.w, UINT16_MAX);
    if (!zs_mul3_u64((uint64_t)row->window.kh * row->window.kw, line_of(row)->x_c,
                     line_of(row)->oc_n * weight, &params) ||
        !zs_mul3_u64(row->x.shape.w, (uint64_t)line_of(row)->x_c * elem, row->x.shape.h, &lines) ||
        params + line_of(row)->oc_n * weight > UINT32_MAX || lines > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, row->name,
                       "its parameters or its input exceed the %u bytes of one transfer",
                       UINT32_MAX);
    return ZS_OK;
}

static zs_status no_room(const zs_plan_draft *d, const zs_plan_row *row, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t pe_elems = zs_line_filter_words(d->design, row) * a->unroll.ic;
    const bool in_bytes = line_params_of(a)->weight_elems == 0;
    const unsigned long long stated =
        in_bytes ? a->buffer.weight_bytes : (uint64_t)line_params_of(a)->weight_elems;
    const unsigned long long unit = in_bytes ? zs_weight_bytes(a->precision) : 1;
    const unsigned long long needed = pe_elems * a->unroll.oc * unit;
    return zs_fail(err, ZS_ERANGE,
                   in_bytes ? "accelerator.buffer.weight" : "accelerator.linebuffer.weights",
                   "%llu %s do not hold one filter of layer %s per PE: %llu are needed", stated,
                   in_bytes ? "bytes" : "elements", row->name, needed);
}

static bool new_rows(zs_plan_draft *d, uint64_t n)
{
    line_row *own = zs_new(d->arena, line_row, n);
    d->rows = zs_new(d->arena, zs_plan_row, n);
    if (d->rows == NULL || own == NULL)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        own[i].rooms = d->own;
        d->rows[i].own = &own[i];
    }
    return true;
}

/* 0: the weight memory has no room for a filter per PE. */
static uint32_t calls_of(const zs_plan_draft *d, const zs_plan_row *row)
{
    const uint64_t sets = line_of(row)->oc_n / d->design->accel.unroll.oc;
    const uint64_t room = zs_line_filters_per_pe(d, row);
    return room == 0 ? 0 : (uint32_t)zs_ceil_div(sets, room);
}

/* Sizes of the memories from the layers whole, then how many calls each of them takes: of a relaxed
 * design, which may have room for all weights, one. */
static zs_status count_calls(line_draft *l, zs_err *err)
{
    zs_plan_draft *d = l->d;
    const bool is_relaxed = line_params_of(&d->design->accel)->is_relaxed;
    if (!new_rows(d, l->layer_n + 1))
        return zs_nomem(err, "plan");
    d->row_n = l->layer_n;
    for (uint32_t i = 0; i < l->layer_n; i++) {
        line_of(&d->rows[i])->step = ZS_HOST_LAYER;
        if (!zs_op_has_filters(layer_of(l, i)->op) || !l->layers[i].on_engine)
            continue;
        choose_im2col(l, i);
        shape_call(l, i, &d->rows[i]);
        ZS_TRY(check_sizes(l, &d->rows[i], err));
    }
    ZS_TRY(zs_line_size_buffers(d, err));
    for (uint32_t i = 0; i < l->layer_n; i++) {
        if (line_of(&d->rows[i])->step != ZS_HOST_CALL)
            continue;
        l->calls[i] = is_relaxed ? 1 : calls_of(d, &d->rows[i]);
        if (l->calls[i] == 0)
            return no_room(d, &d->rows[i], err);
    }
    return ZS_OK;
}

zs_status line_size_up(const zs_plan_draft *whole, const line_rooms *rooms, line_size *size,
                       zs_err *err)
{
    zs_plan plan = *whole->plan;
    zs_plan_draft d = *whole;
    line_rooms *own = whole->own; /* that its rows look at */
    const line_rooms before = *own;
    d.plan = &plan;
    *own = *rooms;
    *size = (line_size){0};
    const zs_status status = zs_line_size_buffers(&d, err);
    for (uint32_t i = 0; i < d.row_n && status == ZS_OK; i++)
        if (line_of(&d.rows[i])->step == ZS_HOST_CALL)
            size->call_n += calls_of(&d, &d.rows[i]);
    size->bram18 = zs_line_sum_bram18(&d);
    *own = before;
    return status;
}

/* ---- DRAM ------------------------------------------------------------------------------------ */

static zs_status take(line_draft *l, uint64_t bytes, uint64_t align, uint64_t *addr, zs_err *err)
{
    const uint64_t limit = l->d->design->board.memory.bytes;
    const uint64_t at = zs_round_up(l->dram_top, align);
    uint64_t end;
    if (!zs_add_u64(at, bytes, &end) || end > limit)
        return zs_fail(err, ZS_ERANGE, "board.memory.bytes",
                       "weights and tensors need more DRAM than the %llu bytes of the board",
                       (unsigned long long)limit);
    *addr = at;
    l->dram_top = end;
    return ZS_OK;
}

/* A tensor of so many channels as stored, for all images. */
static zs_status place(line_draft *l, zs_shape shape, uint32_t channels, uint32_t elem,
                       zs_plan_tensor *t, zs_err *err)
{
    uint64_t bytes;
    t->shape = shape;
    t->elem = elem;
    t->pitch_bytes = zs_round_up((uint64_t)shape.h * shape.w * channels * elem, 64);
    if (!zs_mul_u64(t->pitch_bytes, l->d->design->batch, &bytes))
        bytes = UINT64_MAX;
    return take(l, bytes, 4096, &t->addr, err);
}

static zs_status place_tensors(line_draft *l, zs_err *err)
{
    const zs_net *net = l->d->net;
    zs_plan_tensor *tensors = zs_new(l->d->arena, zs_plan_tensor, net->tensor_n);
    if (tensors == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (zs_view_base(net, t) == t)
            ZS_TRY(place(l, net->tensors[t].shape,
                         stored_channels(l->d->design, net->tensors[t].shape.c),
                         zs_draft_elem(l->d, t), &tensors[t], err));
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const zs_shape shape = net->tensors[t].shape;
        tensors[t] = tensors[zs_view_base(net, t)];
        tensors[t].shape = shape;
    }
    l->d->plan->tensors = tensors;
    return ZS_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static zs_plan_row *add_row(line_draft *l, uint32_t draft, uint32_t step)
{
    zs_plan_draft *d = l->d;
    zs_plan_row *row = &d->rows[d->row_n];
    d->drafts[d->row_n] = l->layers[draft];
    d->drafts[d->row_n].on_engine = step == ZS_HOST_CALL;
    d->drafts[d->row_n].joins_previous = false;
    d->row_n++;
    *row = (zs_plan_row){.layer = l->layers[draft].layer,
                         .act = ZS_NO_INDEX,
                         .add = ZS_NO_INDEX,
                         .pool = ZS_NO_INDEX,
                         .call = ZS_NO_INDEX,
                         .own = row->own};
    row->x_resident = row->y_resident = ZS_NOT_RESIDENT;
    line_of(row)->step = step;
    line_of(row)->tensor = ZS_NO_INDEX;
    return row;
}

static zs_status add_im2col(line_draft *l, uint32_t draft, zs_plan_tensor *out, zs_err *err)
{
    zs_plan_draft *d = l->d;
    const zs_layer *layer = layer_of(l, draft);
    const zs_window *w = &layer->window;
    zs_plan_row *row = add_row(l, draft, ZS_HOST_IM2COL);
    const zs_shape shape = {layer->x.c * w->kh * w->kw, layer->y.h, layer->y.w};
    row->name = zs_arena_printf(d->arena, "%s/im2col", layer->name);
    row->op = "im2col";
    line_of(row)->x_c = stored_channels(d->design, layer->x.c);
    line_of(row)->y_c = stored_channels(d->design, shape.c);
    row->window = layer->window;
    row->x = d->plan->tensors[layer->in[0]];
    row->x.shape = layer->x;
    ZS_TRY(place(l, shape, line_of(row)->y_c, row->x.elem, &row->y, err));
    row->compulsory_read_bytes = zs_draft_tensor_bytes(d, layer->in[0]);
    row->compulsory_write_bytes = (uint64_t)shape.h * shape.w * line_of(row)->y_c *
                                  d->design->batch * zs_elem_bytes(d->design->accel.precision);
    row->ops = zs_shape_elems(shape) * d->design->batch;
    *out = row->y;
    return row->name ? ZS_OK : zs_nomem(err, "plan");
}

static bool written_by_host(const zs_plan_draft *d, uint32_t tensor)
{
    for (uint32_t i = 0; i < d->row_n; i++)
        if ((line_of(&d->rows[i])->step == ZS_HOST_LAYER &&
             !zs_draft_is_others(d, d->rows[i].layer) &&
             zs_view_base(d->net, d->drafts[i].out) == tensor) ||
            (line_of(&d->rows[i])->step == ZS_HOST_GATHER &&
             line_of(&d->rows[i])->tensor == tensor))
            return true;
    return zs_net_is_input(d->net, tensor);
}

static const char *call_name(const line_draft *l, uint32_t draft, uint32_t part)
{
    const zs_layer *layer = layer_of(l, draft);
    const char *pool = "", *plus = "";
    if (l->layers[draft].pool != ZS_NO_INDEX) {
        plus = "+";
        pool = l->d->net->layers[l->layers[draft].pool].name;
    }
    if (l->calls[draft] == 1)
        return zs_arena_printf(l->d->arena, "%s%s%s", layer->name, plus, pool);
    return zs_arena_printf(l->d->arena, "%s%s%s/%u", layer->name, plus, pool, part + 1);
}

/* Work of the filters that exist; a call's share of the layer and of the pool. */
static void count_work(const line_draft *l, uint32_t draft, zs_plan_row *row)
{
    const zs_layer *layer = layer_of(l, draft);
    const uint64_t batch = l->d->design->batch;
    const uint64_t left = layer->y.c - line_of(row)->oc0;
    const uint64_t real = zs_min_u64(line_of(row)->oc_n, left);
    row->macs = zs_layer_macs(layer) / layer->y.c * real * batch;
    row->ops = zs_layer_ops(layer) / layer->y.c * real * batch;
    if (row->pool != ZS_NO_INDEX) {
        const zs_layer *pool = &l->d->net->layers[row->pool];
        row->ops += zs_layer_ops(pool) / pool->y.c * real * batch;
    }
}

/* Results go where they belong, or into a part of their own when there is more than one. */
static zs_status place_result(line_draft *l, uint32_t draft, zs_plan_row *row, zs_err *err)
{
    zs_plan_draft *d = l->d;
    const uint32_t out = l->layers[draft].out;
    zs_shape shape = d->net->tensors[out].shape;
    if (l->calls[draft] == 1 && shape.c == row->y_c) {
        row->y = d->plan->tensors[out];
        row->y.shape = shape;
        return ZS_OK;
    }
    line_of(row)->tensor = zs_view_base(d->net, out);
    line_of(row)->part0 = l->layers[draft].out_c0 + line_of(row)->oc0;
    if (l->calls[draft] > 1)
        line_of(row)->y_c = stored_channels(d->design, line_of(row)->oc_n);
    shape.c = line_of(row)->y_c;
    return place(l, shape, line_of(row)->y_c, row->y.elem, &row->y, err);
}

static void set_compulsory(const line_draft *l, zs_plan_row *row)
{
    const uint64_t batch = l->d->design->batch;
    row->compulsory_read_bytes =
        line_of(row)->param_bytes +
        (uint64_t)line_of(row)->lines * row->x.shape.w * line_of(row)->x_c * row->x.elem * batch;
    row->compulsory_write_bytes =
        (uint64_t)row->y.shape.h * row->y.shape.w * line_of(row)->y_c * row->y.elem * batch;
}

static uint64_t param_bytes(const zs_design *design, const zs_plan_row *row)
{
    return (uint64_t)line_of(row)->oc_n * zs_weight_bytes(design->accel.precision) *
           ((uint64_t)row->window.kh * row->window.kw * line_of(row)->x_c + 1);
}

/* The call as im2col beside the plain one; of what the PS flushes and the PEs hold the less. */
static zs_status add_other(line_draft *l, uint32_t draft, zs_plan_row *row, zs_err *err)
{
    const zs_design *design = l->d->design;
    zs_plan_row *other = zs_new(l->d->arena, zs_plan_row, 1);
    line_row *own = zs_new(l->d->arena, line_row, 1);
    if (other == NULL || own == NULL)
        return zs_nomem(err, "plan");
    own->rooms = line_of(row)->rooms;
    other->own = own;
    l->is_im2col[draft] = true;
    shape_call(l, draft, other);
    l->is_im2col[draft] = false;
    const uint64_t pixels = (uint64_t)other->x.shape.h * other->x.shape.w;
    row->x.pitch_bytes =
        zs_min_u64(row->x.pitch_bytes, pixels * own->x_c * zs_elem_bytes(design->accel.precision));
    line_of(row)->param_bytes = zs_min_u64(line_of(row)->param_bytes, param_bytes(design, other));
    line_of(row)->other = other;
    return ZS_OK;
}

static zs_status add_call(line_draft *l, uint32_t draft, uint32_t part, const zs_plan_tensor *x,
                          zs_err *err)
{
    zs_plan_draft *d = l->d;
    const uint32_t unit = d->design->accel.unroll.oc;
    const zs_layer *layer = layer_of(l, draft);
    zs_plan_row *row = add_row(l, draft, ZS_HOST_CALL);
    shape_call(l, draft, row);
    const uint64_t sets = zs_ceil_div(line_of(row)->oc_n / unit, l->calls[draft]);
    line_of(row)->oc_n = (uint32_t)sets * unit;
    line_of(row)->oc0 = part * line_of(row)->oc_n;
    row->name = call_name(l, draft, part);
    row->op = zs_layer_op_name(layer->op);
    if (row->pool != ZS_NO_INDEX)
        row->op = layer->op == ZS_LAYER_FC ? "fc+pool" : "conv+pool";
    line_of(row)->param_bytes = param_bytes(d->design, row);
    ZS_TRY(take(l, line_of(row)->param_bytes, 64, &row->weight_base, err));
    const zs_shape x_shape = row->x.shape;
    row->x = *x;
    row->x.shape = x_shape;
    if (l->may_be_im2col[draft])
        ZS_TRY(add_other(l, draft, row, err));
    line_of(row)->x_from_host =
        l->is_im2col[draft] || written_by_host(d, zs_view_base(d->net, layer->in[0]));
    ZS_TRY(place_result(l, draft, row, err));
    row->t_oc = line_of(row)->oc_n;
    row->t_ic = row->x.shape.c;
    row->t_oy = 1;
    row->t_ox = row->ow;
    row->weight_slots = 1;
    zs_line_shape_rings(d->design, row);
    count_work(l, draft, row);
    set_compulsory(l, row);
    return row->name ? ZS_OK : zs_nomem(err, "plan");
}

static zs_status add_join(line_draft *l, uint32_t draft, uint32_t tensor, zs_err *err)
{
    zs_plan_draft *d = l->d;
    zs_plan_row *row = add_row(l, draft, ZS_HOST_GATHER);
    row->name = zs_arena_printf(d->arena, "%s/join", d->net->tensors[tensor].name);
    row->op = "join";
    line_of(row)->tensor = tensor;
    row->y = d->plan->tensors[tensor];
    line_of(row)->y_c = stored_channels(d->design, row->y.shape.c);
    row->compulsory_read_bytes = row->compulsory_write_bytes = zs_draft_tensor_bytes(d, tensor);
    line_of(row)->stale_bytes = row->compulsory_read_bytes;
    row->ops = zs_shape_elems(row->y.shape) * d->design->batch;
    return row->name ? ZS_OK : zs_nomem(err, "plan");
}

static zs_status add_software(line_draft *l, uint32_t draft)
{
    zs_plan_draft *d = l->d;
    const zs_layer *layer = layer_of(l, draft);
    zs_plan_row *row = add_row(l, draft, ZS_HOST_LAYER);
    row->name = layer->name;
    row->op = zs_layer_op_name(layer->op);
    row->ops = zs_layer_ops(layer) * d->design->batch;
    row->window = layer->window;
    row->y_c = layer->y.c;
    row->oh = layer->y.h;
    row->ow = layer->y.w;
    row->x = d->plan->tensors[layer->in[0]];
    row->y = d->plan->tensors[layer->out];
    for (uint32_t k = 0; k < layer->in_n; k++)
        if (!written_by_host(d, zs_view_base(d->net, layer->in[k])))
            line_of(row)->stale_bytes += zs_draft_tensor_bytes(d, layer->in[k]);
    zs_draft_count_software(d, layer, row);
    return ZS_OK;
}

/* ---- joins ----------------------------------------------------------------------------------- */

/* No later layer writes a part of `tensor`. */
static bool is_complete(const line_draft *l, uint32_t draft, uint32_t tensor)
{
    const zs_net *net = l->d->net;
    for (uint32_t i = draft + 1; i < l->layer_n; i++)
        for (uint32_t t = l->layers[i].out; t != ZS_NO_INDEX; t = net->tensors[t].parent)
            if (t == tensor)
                return false;
    return true;
}

/* From what the layer writes up to the tensor that all parts belong to. */
static zs_status add_joins(line_draft *l, uint32_t draft, zs_err *err)
{
    const zs_net *net = l->d->net;
    uint32_t t = zs_view_base(net, l->layers[draft].out);
    const bool is_part =
        l->calls[draft] > 1 ||
        (l->calls[draft] == 1 && net->tensors[t].shape.c != layer_of(l, draft)->y.c &&
         layer_of(l, draft)->op != ZS_LAYER_FC);
    if (is_part && !is_complete(l, draft, t))
        return ZS_OK;
    if (is_part)
        ZS_TRY(add_join(l, draft, t, err));
    while (net->tensors[t].parent != ZS_NO_INDEX) {
        t = zs_view_base(net, net->tensors[t].parent);
        if (!is_complete(l, draft, t))
            return ZS_OK;
        ZS_TRY(add_join(l, draft, t, err));
    }
    return ZS_OK;
}

/* ---- the plan -------------------------------------------------------------------------------- */

static zs_status list_rows(line_draft *l, zs_err *err)
{
    zs_plan_draft *d = l->d;
    uint64_t cap = 1;
    for (uint32_t i = 0; i < l->layer_n; i++)
        cap += 2ull + l->calls[i] + d->net->tensor_n;
    d->drafts = zs_new(d->arena, zs_row_draft, cap);
    if (!new_rows(d, cap) || d->drafts == NULL)
        return zs_nomem(err, "plan");
    d->row_n = 0;
    for (uint32_t i = 0; i < l->layer_n; i++) {
        zs_plan_tensor x = d->plan->tensors[layer_of(l, i)->in[0]];
        if (l->is_im2col[i])
            ZS_TRY(add_im2col(l, i, &x, err));
        if (l->calls[i] == 0)
            ZS_TRY(add_software(l, i));
        for (uint32_t part = 0; part < l->calls[i]; part++)
            ZS_TRY(add_call(l, i, part, &x, err));
        ZS_TRY(add_joins(l, i, err));
    }
    if (d->row_n > UINT16_MAX)
        return zs_fail(err, ZS_ERANGE, d->net->name, "%u calls are more than the %d of a plan",
                       d->row_n, UINT16_MAX);
    d->plan->dram_bytes = l->dram_top;
    return ZS_OK;
}

static zs_status list_calls(zs_plan_draft *d, zs_err *err)
{
    zs_plan_call *calls = zs_new(d->arena, zs_plan_call, d->row_n + 1);
    if (calls == NULL)
        return zs_nomem(err, "plan");
    d->plan->calls = calls;
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (line_of(&d->rows[i])->step != ZS_HOST_CALL)
            continue;
        d->rows[i].call = d->plan->call_n;
        calls[d->plan->call_n++] = (zs_plan_call){.name = d->rows[i].name, .row0 = i, .row_n = 1};
    }
    return ZS_OK;
}

zs_status line_lay_out(zs_plan_draft *d, const line_rooms *rooms, zs_plan_draft *whole, zs_err *err)
{
    const zs_fuse_rules rules = {
        .splits_concat_pools = true, .takes_dense_only = true, .most_pooled_pixels = UINT64_MAX};
    line_draft *l = zs_new(d->arena, line_draft, 1);
    line_rooms *own = zs_new(d->arena, line_rooms, 1);
    if (l == NULL || own == NULL)
        return zs_nomem(err, "plan");
    l->d = d;
    *own = *rooms;
    d->own = own;
    ZS_TRY(zs_draft_fuse_layers(d, &rules, err));
    ZS_TRY(check_parts(d->net, err));
    l->layers = d->drafts;
    l->layer_n = d->row_n;
    l->calls = zs_new(d->arena, uint32_t, l->layer_n + 1);
    l->is_im2col = zs_new(d->arena, bool, l->layer_n + 1);
    l->may_be_im2col = zs_new(d->arena, bool, l->layer_n + 1);
    if (l->calls == NULL || l->is_im2col == NULL || l->may_be_im2col == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(count_calls(l, err));
    if (whole != NULL)
        *whole = *d;
    ZS_TRY(place_tensors(l, err));
    ZS_TRY(list_rows(l, err));
    return list_calls(d, err);
}

/* Outlines of designs as they are have all ops, which are few. */
zs_status line_emit(zs_plan_draft *d, zs_err *err)
{
    zs_emitter *e = zs_new(d->arena, zs_emitter, 1);
    d->is_outline = d->is_outline && line_params_of(&d->design->accel)->is_relaxed;
    if (e == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_emit_init(e, d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_plan_row *row = &d->rows[i];
        row->op0 = e->op_n;
        zs_emit_begin_row(e, i);
        ZS_TRY(row->call == ZS_NO_INDEX ? zs_line_emit_host(e)
                                        : zs_line_emit_call(e, &d->plan->calls[row->call]));
        row->op_n = e->op_n - row->op0;
    }
    zs_emit_finish(e);
    return ZS_OK;
}
