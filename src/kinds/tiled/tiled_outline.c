#include "tiled_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"

#include <string.h>

/* The sums that the ops of a row come to, from the trip counts of the tile loops alone. Loads are
 * counted as the rings of slots count them: round and round over more tiles than there are slots
 * every one misses, over fewer none but the first. */

enum { REACH_KINDS = 64 };

typedef struct row_outline {
    const zs_outline *o;
    const zs_plan_row *row;
    const zs_layer *layer;
    const zs_mac_array *array;
    uint32_t trips[D_N];
    const uint8_t *order; /* outermost first */
    tiled_work *work;
} row_outline;

/* ---- tiles ----------------------------------------------------------------------------------- */

/* A dimension of `size` cut into tiles: whole ones and what is left. */
typedef struct cut {
    uint64_t n[2];
    uint32_t size[2];
} cut;

static cut cut_of(uint32_t size, uint32_t tile)
{
    return (cut){.n = {size / tile, size % tile != 0}, .size = {tile, size % tile}};
}

static uint64_t rows_read(const zs_plan_row *r)
{
    uint64_t sum = 0;
    for (uint32_t oy = 0; oy < r->oh; oy += r->t_oy) {
        const zs_extent e = zs_extent_y(r, oy, r->oh - oy < r->t_oy ? r->oh - oy : r->t_oy);
        sum += e.hi - e.lo;
    }
    return sum;
}

static uint64_t columns_read(const zs_plan_row *r)
{
    uint64_t sum = 0;
    if (r->images_are_columns)
        return r->ow;
    for (uint32_t ox = 0; ox < r->ow; ox += r->t_ox) {
        const zs_extent e = zs_extent_x(r, ox, r->ow - ox < r->t_ox ? r->ow - ox : r->t_ox);
        sum += e.hi - e.lo;
    }
    return sum;
}

static void charge_compute(row_outline *o, uint64_t n, uint64_t pl_cycles)
{
    o->work->compute_pl_cycles =
        zs_plus_u64(o->work->compute_pl_cycles, zs_times_u64(n, pl_cycles));
}

/* ---- a convolution --------------------------------------------------------------------------- */

/* Pixels of a row that are computed in any case. */
typedef struct needed {
    uint32_t oh, ow;
} needed;

/* Pixels along one axis that windows look at, from the first on. */
static uint32_t seen_pixels(uint32_t x, uint32_t y, uint32_t kernel, uint32_t dilation,
                            uint32_t stride, uint32_t pad)
{
    const uint64_t end = (y - UINT64_C(1)) * stride + (kernel - UINT64_C(1)) * dilation + 1;
    return end > pad ? (uint32_t)zs_min_u64(end - pad, x) : 1;
}

/* `auto` may yet do depthwise layers, and 1x1 ones beside them, by tile: with other tiles, sums
 * that stay, and without pixels at the end that no window of a depthwise layer behind reads. */
static bool may_go_by_tile(const row_outline *o, needed *out)
{
    const zs_net *net = o->o->net;
    const zs_layer *layer = o->layer;
    const bool is_pointwise = o->row->window.kh * o->row->window.kw == 1;
    *out = (needed){o->row->oh, o->row->ow};
    if (!o->o->is_open || !(is_pointwise || o->row->is_depthwise) ||
        !tiled_takes_fronts(&o->o->design->accel))
        return false;
    const uint32_t before = net->tensors[tiled_behind_acts(net, layer->in[0])].producer;
    bool any = o->row->is_depthwise ||
               (before != ZS_NO_INDEX && zs_layer_is_depthwise(&net->layers[before]));
    for (uint32_t i = 0; i < net->layer_n && is_pointwise; i++) {
        const zs_layer *l = &net->layers[i];
        const zs_window *w = &l->window;
        if (!zs_layer_is_depthwise(l) || tiled_behind_acts(net, l->in[0]) != layer->out)
            continue;
        any = true;
        const uint32_t oh = seen_pixels(l->x.h, l->y.h, w->kh, w->dh, w->sh, w->pad_top);
        const uint32_t ow = seen_pixels(l->x.w, l->y.w, w->kw, w->dw, w->sw, w->pad_left);
        out->oh = oh < out->oh ? oh : out->oh;
        out->ow = ow < out->ow ? ow : out->ow;
    }
    return any;
}

/* In one piece, which no cut is faster than. */
static void charge_whole(row_outline *o, const needed *pixels)
{
    const zs_plan_row *r = o->row;
    const zs_mac_loop loop = {r->is_depthwise ? r->y_c : r->group_oc,
                              r->is_depthwise ? 1 : r->group_ic,
                              pixels->oh,
                              pixels->ow,
                              r->window.kh,
                              r->window.kw,
                              r->is_depthwise};
    charge_compute(
        o, (uint64_t)o->trips[D_IMAGE] * o->trips[D_GROUP],
        zs_mac_pl_cycles(o->o->design, o->array, &loop) +
            zs_clear_pl_cycles(o->o->design, o->array, loop.oc, (uint64_t)loop.oy * loop.ox) +
            zs_post_pl_cycles(o->o->design, o->array, loop.oc, (uint64_t)loop.oy * loop.ox));
}

static void charge_macs(row_outline *o)
{
    const zs_plan_row *r = o->row;
    const uint64_t outer = (uint64_t)o->trips[D_IMAGE] * o->trips[D_GROUP];
    const cut oc = cut_of(r->is_depthwise ? r->y_c : r->group_oc, r->t_oc);
    const cut ic = r->is_depthwise ? cut_of(1, 1) : cut_of(r->group_ic, r->t_ic);
    const cut oy = cut_of(r->oh, r->t_oy), ox = cut_of(r->ow, r->t_ox);
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t a = i & 1, b = i >> 1 & 1, c = i >> 2 & 1, d = i >> 3 & 1;
        const uint64_t n = oc.n[a] * ic.n[b] * oy.n[c] * ox.n[d];
        const zs_mac_loop loop = {oc.size[a],   ic.size[b],   oy.size[c],     ox.size[d],
                                  r->window.kh, r->window.kw, r->is_depthwise};
        if (n > 0)
            charge_compute(o, zs_times_u64(n, outer),
                           zs_mac_pl_cycles(o->o->design, o->array, &loop));
    }
}

/* A tensor that a layer of the engine wrote may stay where it is. */
static bool may_stay(const row_outline *o)
{
    const uint32_t root = zs_tensor_root(o->o->net, o->layer->in[0], NULL);
    uint32_t last;
    return o->o->is_open && o->o->net->tensors[root].producer != ZS_NO_INDEX &&
           tiled_may_keep(o->o, o->layer->in[0], &last);
}

/* With biases, for which packed weights have room in any case. */
static uint64_t weight_bytes_of(const row_outline *o, const zs_plan_row *r)
{
    const zs_accel *a = &o->o->design->accel;
    const zs_layer *layer = &o->o->net->layers[r->layer];
    const bool is_packed = tiled_params_of(a)->weight_layout == ZS_LAYOUT_PACKED;
    return zs_layer_weight_elems(layer) * zs_weight_bytes(a->precision) +
           (is_packed ? r->y_c : zs_layer_bias_elems(layer)) * zs_bias_bytes(a->precision);
}

static void charge_operands(row_outline *o, bool is_settled, const needed *pixels)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->o->design->accel;
    const tiled_params *p = tiled_params_of(a);
    const uint64_t elem = zs_elem_bytes(a->precision);
    const uint64_t x_n = o->o->plan->buffers[ZS_BUF_INPUT].slots;
    uint32_t trips[D_N]; /* of what is loaded once for two tiles */
    memcpy(trips, o->trips, sizeof trips);
    const uint32_t pairs = tiled_pairs_of(r);
    if (pairs != 0)
        trips[pairs] = (trips[pairs] + 1) / 2;
    const uint64_t w_loads = !is_settled ? 1
                                         : tiled_loads(o->order, pairs == D_OY ? trips : o->trips,
                                                       WEIGHT_DIMS, r->weight_slots, p->keep_tiles);
    o->work->bytes[TILED_WEIGHT] =
        zs_times_u64(r->own != NULL ? tiled_streams_of(r)->bytes : weight_bytes_of(o, r), w_loads);
    if (r->x_resident != ZS_NOT_RESIDENT || may_stay(o))
        return;
    if (!is_settled) { /* what any schedule reads, but for pixels that no window reads */
        const uint64_t all = r->compulsory_read_bytes -
                             zs_layer_weight_elems(o->layer) * zs_weight_bytes(a->precision) -
                             zs_layer_bias_elems(o->layer) * zs_bias_bytes(a->precision);
        const uint64_t most =
            !r->is_depthwise && !r->images_are_columns
                ? (uint64_t)pixels->oh * pixels->ow * r->x.shape.c * elem * o->trips[D_IMAGE]
                : all;
        o->work->bytes[TILED_INPUT] = zs_min_u64(all, most);
        return;
    }
    const uint64_t plane = r->images_are_columns ? r->ow : rows_read(r) * columns_read(r);
    const uint64_t bytes =
        zs_times_u64(zs_times_u64(plane, r->x.shape.c * elem), o->trips[D_IMAGE]);
    const uint32_t dims = r->is_depthwise ? INPUT_DIMS | DIM_BIT(D_OC) : INPUT_DIMS;
    const uint64_t x_loads = tiled_loads(
        o->order, pairs == D_OC && !r->is_depthwise ? trips : o->trips, dims, x_n, p->keep_tiles);
    o->work->bytes[TILED_INPUT] = zs_times_u64(bytes, x_loads);
}

/* Sums that leave before they are complete: out and back again for every channel tile but one. */
static void charge_spills(row_outline *o)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->o->design->accel;
    const uint64_t slots = o->o->plan->buffers[ZS_BUF_OUTPUT].slots;
    const uint64_t visits = tiled_loads(o->order, o->trips, SUM_DIMS, slots, true);
    const uint64_t bytes = zs_times_u64(
        (uint64_t)r->y_c * r->oh * r->ow * zs_acc_bytes(a->precision), o->trips[D_IMAGE]);
    if (visits < 2)
        return;
    o->work->bytes[TILED_SPILL] = zs_times_u64(bytes, visits - 1);
}

/* ---- work behind the sums -------------------------------------------------------------------- */

/* Windows that tiles along one axis touch: few different counts, each as often as it comes. */
typedef struct reach {
    uint32_t windows[REACH_KINDS];
    uint64_t n[REACH_KINDS];
    uint32_t kinds;
} reach;

static void add_reach(reach *to, uint32_t windows)
{
    uint32_t i = 0;
    while (i < to->kinds && to->windows[i] != windows)
        i++;
    if (i == REACH_KINDS) /* more kinds than there are: counting less keeps the bound a bound */
        return;
    to->windows[i] = windows;
    to->kinds += i == to->kinds;
    to->n[i]++;
}

static void find_reaches(const zs_plan_row *r, reach *y, reach *x)
{
    zs_tile_box b = {0};
    for (uint32_t oy = 0; oy < r->oh; oy += r->t_oy) {
        b.oy0 = (uint16_t)oy;
        b.oy_n = (uint16_t)(r->oh - oy < r->t_oy ? r->oh - oy : r->t_oy);
        const zs_pool_reach at = zs_pool_reach_y(r, &b);
        add_reach(y, at.last - at.first);
    }
    for (uint32_t ox = 0; ox < r->ow; ox += r->t_ox) {
        b.ox0 = (uint16_t)ox;
        b.ox_n = (uint16_t)(r->ow - ox < r->t_ox ? r->ow - ox : r->t_ox);
        const zs_pool_reach at = zs_pool_reach_x(r, &b);
        add_reach(x, at.last - at.first);
    }
}

static void charge_vector(row_outline *o, const cut *oc, uint64_t outer, uint64_t n,
                          uint64_t per_oc)
{
    for (uint32_t a = 0; a < 2; a++)
        if (oc->n[a] > 0)
            charge_compute(
                o, zs_times_u64(oc->n[a] * outer, n),
                tiled_vector_pl_cycles(o->o->design, zs_max_u64(per_oc, 1) * oc->size[a]));
}

static void charge_pool(row_outline *o, const cut *oc, uint64_t outer)
{
    const zs_plan_row *r = o->row;
    const zs_window *w = &r->pool_window;
    reach y = {.kinds = 0}, x = {.kinds = 0};
    find_reaches(r, &y, &x);
    for (uint32_t i = 0; i < y.kinds; i++)
        for (uint32_t k = 0; k < x.kinds; k++)
            charge_vector(o, oc, outer, y.n[i] * x.n[k],
                          (uint64_t)y.windows[i] * x.windows[k] * w->kh * w->kw);
}

/* Pixels of a tile, `factor` operations each. */
static void charge_pixels(row_outline *o, const cut *oc, uint64_t outer, uint64_t factor)
{
    const cut oy = cut_of(o->row->oh, o->row->t_oy), ox = cut_of(o->row->ow, o->row->t_ox);
    for (uint32_t i = 0; i < 4; i++) {
        const uint64_t n = oy.n[i & 1] * ox.n[i >> 1];
        if (n > 0)
            charge_vector(o, oc, outer, n, (uint64_t)oy.size[i & 1] * ox.size[i >> 1] * factor);
    }
}

/* What passes over the sums of every tile: clearing before, instructions behind. */
static void charge_passes(row_outline *o, const cut *oc, uint64_t outer)
{
    const cut oy = cut_of(o->row->oh, o->row->t_oy), ox = cut_of(o->row->ow, o->row->t_ox);
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t a = i & 1, b = i >> 1 & 1, c = i >> 2;
        const uint64_t n = oc->n[a] * oy.n[b] * ox.n[c];
        const uint64_t pixels = (uint64_t)oy.size[b] * ox.size[c];
        if (n > 0)
            charge_compute(
                o, zs_times_u64(n, outer),
                zs_plus_u64(zs_clear_pl_cycles(o->o->design, o->array, oc->size[a], pixels),
                            zs_post_pl_cycles(o->o->design, o->array, oc->size[a], pixels)));
    }
}

/* ---- fronts ---------------------------------------------------------------------------------- */

/* Pixels of a front that tiles of the row take along one axis, each count as often as it comes. */
static uint64_t find_regions(const zs_plan_row *row, const zs_plan_row *front, bool is_y, reach *to)
{
    uint64_t sum = 0;
    const uint32_t n = is_y ? row->oh : row->ow, tile = is_y ? row->t_oy : row->t_ox;
    for (uint32_t at = 0; at < n; at += tile) {
        const uint32_t pixels = tiled_front_pixels(row, front, is_y, at);
        add_reach(to, pixels);
        sum += pixels;
    }
    return sum;
}

/* Products, passes over the sums, and the copy of the results to where they are kept. */
static void charge_front(row_outline *o, const zs_plan_row *front)
{
    const zs_design *design = o->o->design;
    const cut oc = cut_of(front->is_depthwise ? front->y_c : front->group_oc, front->t_oc);
    const cut ic = front->is_depthwise ? cut_of(1, 1) : cut_of(front->group_ic, front->t_ic);
    reach y = {.kinds = 0}, x = {.kinds = 0};
    (void)find_regions(o->row, front, true, &y);
    (void)find_regions(o->row, front, false, &x);
    for (uint32_t i = 0; i < y.kinds * x.kinds * 2; i++) {
        const uint32_t a = i & 1, b = i / 2 % y.kinds, c = i / 2 / y.kinds;
        const uint64_t n = oc.n[a] * y.n[b] * x.n[c] * o->trips[D_IMAGE];
        const uint64_t pixels = (uint64_t)y.windows[b] * x.windows[c];
        if (n == 0)
            continue;
        for (uint32_t k = 0; k < 2; k++)
            if (ic.n[k] > 0)
                charge_compute(
                    o, n * ic.n[k],
                    zs_mac_pl_cycles(design, o->array,
                                     &(zs_mac_loop){oc.size[a], ic.size[k], y.windows[b],
                                                    x.windows[c], front->window.kh,
                                                    front->window.kw, front->is_depthwise}));
        charge_compute(o, n,
                       zs_clear_pl_cycles(design, o->array, oc.size[a], pixels) +
                           zs_post_pl_cycles(design, o->array, oc.size[a], pixels) +
                           tiled_vector_pl_cycles(design, pixels * oc.size[a]));
    }
}

/* Weights of all, and the inputs of the first: of a 1x1 layer once more for every tile of channels,
 * unless there are slots for all of them. */
static void charge_front_operands(row_outline *o)
{
    const zs_plan_row *row = o->row, *first = row;
    const zs_accel *a = &o->o->design->accel;
    const bool keeps = tiled_params_of(a)->keep_tiles;
    uint64_t weights = weight_bytes_of(o, row);
    while (first->front != NULL) {
        first = first->front;
        weights += weight_bytes_of(o, first);
        charge_front(o, first);
    }
    o->work->bytes[TILED_WEIGHT] =
        zs_times_u64(weights, tiled_weight_loads(o->o->design, row, o->trips, row->weight_slots));
    if (first->x_resident != ZS_NOT_RESIDENT)
        return;
    reach y = {.kinds = 0}, x = {.kinds = 0};
    /* the inputs of the first front are to it what it is to the row that takes it */
    const uint64_t rows = find_regions(row, NULL, true, &y);
    const uint64_t columns = find_regions(row, NULL, false, &x);
    const uint64_t slots = o->o->plan->buffers[ZS_BUF_INPUT].slots;
    const uint64_t ic_n = zs_ceil_div(first->group_ic, first->t_ic);
    const uint64_t again = first->is_depthwise || (keeps && ic_n <= slots)
                               ? 1
                               : zs_ceil_div(first->group_oc, first->t_oc);
    o->work->bytes[TILED_INPUT] = zs_times_u64(
        rows * columns * first->x.shape.c * zs_elem_bytes(a->precision), again * o->trips[D_IMAGE]);
}

static void charge_conv(row_outline *o)
{
    const zs_plan_row *r = o->row;
    const cut oc = cut_of(r->is_depthwise ? r->y_c : r->group_oc, r->t_oc);
    needed pixels;
    const bool is_settled = !may_go_by_tile(o, &pixels);
    if (is_settled)
        charge_macs(o);
    else
        charge_whole(o, &pixels);
    if (r->front != NULL)
        charge_front_operands(o);
    else
        charge_operands(o, is_settled, &pixels);
    if (is_settled)
        charge_spills(o);
    if (r->add != ZS_NO_INDEX)
        o->work->bytes[TILED_INPUT] = zs_plus_u64(
            o->work->bytes[TILED_INPUT],
            zs_times_u64((uint64_t)r->y_c * r->oh * r->ow,
                         o->trips[D_IMAGE] * zs_elem_bytes(o->o->design->accel.precision)));
    if (!o->o->is_open || (r->pool == ZS_NO_INDEX && !tiled_may_keep_result(o->o, r)))
        o->work->bytes[TILED_OUTPUT] = r->compulsory_write_bytes;
    if (o->array->kind == ZS_ARRAY_SYSTOLIC) /* what passes over sums has a unit of its own */
        return;
    if (is_settled)
        charge_passes(o, &oc, (uint64_t)o->trips[D_IMAGE] * o->trips[D_GROUP]);
    if (r->pool != ZS_NO_INDEX && !tiled_params_of(&o->o->design->accel)->may_drop_pools)
        charge_pool(o, &oc, (uint64_t)o->trips[D_IMAGE] * o->trips[D_GROUP]);
    else if (r->y_resident != ZS_NOT_RESIDENT || r->add != ZS_NO_INDEX)
        charge_pixels(o, &oc, (uint64_t)o->trips[D_IMAGE] * o->trips[D_GROUP], 1);
}

/* A layer without weights goes through once. */
static void charge_plain(row_outline *o)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->o->design->accel;
    const cut c = cut_of(r->y_c, r->t_oc);
    const uint64_t taps = o->layer->op == ZS_LAYER_POOL ? (uint64_t)r->window.kh * r->window.kw : 1;
    const bool is_add = o->layer->op == ZS_LAYER_ADD;
    /* `auto` may yet add to the tiles of a convolution */
    const bool may_be_taken = is_add && o->o->is_open && tiled_takes_fronts(a);
    const uint64_t inputs = is_add && !may_be_taken ? 2 : 1;
    if (may_be_taken)
        charge_compute(o, o->o->design->batch,
                       tiled_vector_pl_cycles(o->o->design, (uint64_t)r->y_c * r->oh * r->ow));
    else
        charge_pixels(o, &c, o->o->design->batch, taps);
    o->work->bytes[TILED_INPUT] = zs_times_u64(
        zs_times_u64(rows_read(r) * columns_read(r) * r->y_c, inputs * o->o->design->batch),
        zs_elem_bytes(a->precision));
    o->work->bytes[TILED_OUTPUT] = r->compulsory_write_bytes;
}

/* ---- a row ----------------------------------------------------------------------------------- */

tiled_work tiled_work_of(const zs_outline *out, uint32_t i)
{
    tiled_work work = {0};
    const zs_plan_row *r = &out->plan->rows[i];
    row_outline o = {.o = out, .row = r, .layer = &out->net->layers[r->layer], .work = &work};
    o.order = tiled_order(r);
    o.array = &tiled_params_of(&out->design->accel)->mac;
    tiled_trips(out->design, o.layer, r, o.trips);
    if (zs_op_has_filters(o.layer->op))
        charge_conv(&o);
    else
        charge_plain(&o);
    return work;
}

/* The ops of an outline: join, call, join before the first row of a call, join and end behind the
 * last; join and layer for the PS. */
void tiled_outline_row(zs_outline *out, uint32_t i)
{
    const zs_plan_row *r = &out->plan->rows[i];
    const bool is_call = r->call != ZS_NO_INDEX;
    const uint32_t before = !is_call ? r->op_n : out->plan->calls[r->call].row0 == i ? 3 : 0;
    const uint32_t end = r->op0 + r->op_n;
    const zs_layer_op kind = out->net->layers[r->layer].op;
    const tiled_params *params = tiled_params_of(&out->design->accel);
    const bool stays = zs_op_has_filters(kind) || (kind == ZS_LAYER_ADD && params->keeps_adds);
    if (out->is_open && before > 0 && tiled_begins_call(out, r->layer))
        zs_outline_join(out);
    if (is_call && !stays && params->may_drop_pools)
        return;
    for (uint32_t op = r->op0; op < r->op0 + before; op++)
        zs_outline_op(out, r, &out->plan->ops[op]);
    if (is_call) {
        zs_accel a; /* with the ports of the layer */
        zs_design_layer_accel(out->design, out->net->layers[r->layer].name, &a);
        const zs_operand_ports p = zs_accel_ports(&a);
        const tiled_work work = tiled_work_of(out, i);
        zs_outline_compute(out, 1, work.compute_pl_cycles);
        zs_outline_striped(out, p.weight, false, work.bytes[TILED_WEIGHT]);
        zs_outline_striped(out, p.input, false, work.bytes[TILED_INPUT]);
        zs_outline_striped(out, p.output, true, work.bytes[TILED_OUTPUT]);
        zs_outline_striped(out, p.output, true, work.bytes[TILED_SPILL]);
        zs_outline_striped(out, p.output, false, work.bytes[TILED_SPILL]);
    }
    for (uint32_t op = r->op0 + before; op < end; op++)
        zs_outline_op(out, r, &out->plan->ops[op]);
}
