#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"

#include <string.h>

/* The sums that zs_bound_row_ends takes over the ops of a plan, from the trip counts of the tile
 * loops alone. Loads are counted as the rings of slots count them: round and round over more tiles
 * than there are slots every one misses, over fewer none but the first. */

typedef enum dim { D_IMAGE, D_GROUP, D_OC, D_OY, D_OX, D_IC, D_N } dim;

#define BIT(d) (1u << (d))
enum {
    INPUT_DIMS = BIT(D_IMAGE) | BIT(D_GROUP) | BIT(D_OY) | BIT(D_OX) | BIT(D_IC),
    WEIGHT_DIMS = BIT(D_GROUP) | BIT(D_OC) | BIT(D_IC),
    SUM_DIMS = BIT(D_IMAGE) | BIT(D_GROUP) | BIT(D_OC) | BIT(D_OY) | BIT(D_OX),
    REACH_KINDS = 64
};

/* Work since the last barrier. */
typedef struct tally {
    uint64_t fence_pl_cycle;
    uint64_t pe_pl_cycles, cpu_pl_cycles;
    uint64_t channel_bytes[ZS_CHANNEL_N];
} tally;

typedef struct outline {
    const zs_design *design;
    const zs_net *net;
    const zs_plan *plan;
    const zs_plan_row *row;
    const zs_layer *layer;
    uint64_t trips[D_N];
    const uint8_t *order; /* outermost first */
    tally t;
    uint64_t dram_bytes; /* of all rows */
    bool is_open;        /* fusion auto: what stays on chip and what forms a call is not known */
    uint64_t software_pl_cycles;
} outline;

__extension__ typedef unsigned __int128 wide;

static uint64_t plus(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return zs_add_u64(a, b, &sum) ? sum : UINT64_MAX;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return zs_mul_u64(a, b, &product) ? product : UINT64_MAX;
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t dram_pl_cycles(const zs_design *design, uint64_t bytes)
{
    const zs_memory_params *m = &design->board.memory;
    if (m->kind == ZS_MEMORY_FIXED)
        return 0;
    const wide least_ps = (wide)bytes * m->tck_ps / (2 * (wide)m->bus_bytes);
    const wide cycles = least_ps * design->accel.clock_hz / ZS_PS_PER_S;
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}

static uint64_t least_end(const zs_design *design, const tally *t)
{
    uint64_t longest = zs_max_u64(t->pe_pl_cycles, t->cpu_pl_cycles), bytes = 0;
    for (uint32_t c = 0; c < ZS_CHANNEL_N; c++) {
        const uint32_t beat = zs_port_params(&design->board, c / 2)->beat_bytes;
        longest = zs_max_u64(longest, zs_ceil_div(t->channel_bytes[c], beat));
        bytes = plus(bytes, t->channel_bytes[c]);
    }
    return plus(t->fence_pl_cycle, zs_max_u64(longest, dram_pl_cycles(design, bytes)));
}

static void charge_channel(outline *o, uint32_t channel, uint64_t bytes)
{
    o->t.channel_bytes[channel] = plus(o->t.channel_bytes[channel], bytes);
    o->dram_bytes = plus(o->dram_bytes, bytes);
}

static void charge_bytes(outline *o, uint32_t port, bool writes, uint64_t bytes)
{
    charge_channel(o, zs_channel(port, writes), bytes);
}

static void charge_pe(outline *o, uint64_t n, uint64_t pl_cycles)
{
    o->t.pe_pl_cycles = plus(o->t.pe_pl_cycles, times(n, pl_cycles));
}

/* Calls that may yet become one have no barriers between them; a layer in software keeps its own.
 */
static void charge_op(outline *o, const zs_tile_op *op)
{
    const zs_op_cost *cost = &o->plan->costs[op->cost_key];
    if (o->is_open && (op->kind == ZS_OP_BARRIER || o->row->call != ZS_NO_INDEX))
        return;
    if (o->is_open)
        o->software_pl_cycles = plus(o->software_pl_cycles, cost->pl_cycles);
    else if (op->kind == ZS_OP_BARRIER)
        o->t = (tally){.fence_pl_cycle = least_end(o->design, &o->t)};
    else if (op->unit < ZS_CHANNEL_N)
        charge_channel(o, op->unit, zs_xfer_bytes(&cost->xfer));
    else if (op->unit == ZS_UNIT_PE)
        charge_pe(o, 1, cost->pl_cycles);
    else
        o->t.cpu_pl_cycles = plus(o->t.cpu_pl_cycles, cost->pl_cycles);
}

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

/* How often every tile of an operand is loaded that depends on the loops in `dims`. */
static uint64_t loads_of(const outline *o, uint32_t dims, uint64_t slots, bool keeps)
{
    uint64_t distinct = 1, loads = 1;
    for (uint32_t i = D_N; i-- > 0;) {
        const uint32_t d = o->order[i];
        if (dims & BIT(d))
            distinct = times(distinct, o->trips[d]);
        else if (!keeps || distinct > slots)
            loads = times(loads, o->trips[d]);
    }
    return loads;
}

/* ---- a convolution --------------------------------------------------------------------------- */

static const uint8_t *order_of(const zs_accel *a)
{
    static const uint8_t os_channels[D_N] = {D_GROUP, D_OC, D_IMAGE, D_OY, D_OX, D_IC};
    static const uint8_t os_pixels[D_N] = {D_IMAGE, D_OY, D_OX, D_GROUP, D_OC, D_IC};
    static const uint8_t weight[D_N] = {D_GROUP, D_OC, D_IC, D_IMAGE, D_OY, D_OX};
    static const uint8_t input[D_N] = {D_IMAGE, D_GROUP, D_OY, D_OX, D_IC, D_OC};
    if (a->loop_order == ZS_WEIGHT_STATIONARY)
        return weight;
    if (a->loop_order == ZS_INPUT_STATIONARY)
        return input;
    return a->outer_loop == ZS_OUTER_PIXELS ? os_pixels : os_channels;
}

static void count_trips(outline *o)
{
    const zs_plan_row *r = o->row;
    o->trips[D_IMAGE] = r->images_are_columns ? 1 : o->design->batch;
    o->trips[D_GROUP] = r->is_depthwise ? 1 : o->layer->groups;
    o->trips[D_OC] = zs_ceil_div(r->is_depthwise ? r->y_c : r->group_oc, r->t_oc);
    o->trips[D_OY] = zs_ceil_div(r->oh, r->t_oy);
    o->trips[D_OX] = zs_ceil_div(r->ow, r->t_ox);
    o->trips[D_IC] = r->is_depthwise ? 1 : zs_ceil_div(r->group_ic, r->t_ic);
    o->order = order_of(&o->design->accel);
}

static void charge_macs(outline *o)
{
    const zs_plan_row *r = o->row;
    const uint64_t outer = o->trips[D_IMAGE] * o->trips[D_GROUP];
    const cut oc = cut_of(r->is_depthwise ? r->y_c : r->group_oc, r->t_oc);
    const cut ic = r->is_depthwise ? cut_of(1, 1) : cut_of(r->group_ic, r->t_ic);
    const cut oy = cut_of(r->oh, r->t_oy), ox = cut_of(r->ow, r->t_ox);
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t a = i & 1, b = i >> 1 & 1, c = i >> 2 & 1, d = i >> 3 & 1;
        const uint64_t n = oc.n[a] * ic.n[b] * oy.n[c] * ox.n[d];
        const zs_mac_loop loop = {oc.size[a],   ic.size[b],   oy.size[c],     ox.size[d],
                                  r->window.kh, r->window.kw, r->is_depthwise};
        if (n > 0)
            charge_pe(o, times(n, outer), zs_mac_pl_cycles(o->design, &loop));
    }
}

/* A tensor that a layer of the engine wrote may stay where it is. */
static bool may_stay(const outline *o)
{
    uint64_t offset;
    const uint32_t root = zs_tensor_root(o->net, o->layer->in[0], &offset);
    return o->is_open && o->net->tensors[root].producer != ZS_NO_INDEX;
}

static void charge_operands(outline *o)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->design->accel;
    const uint64_t elem = zs_elem_bytes(a->precision);
    const uint64_t x_n = o->plan->buffers[ZS_BUF_INPUT].slots;
    const uint64_t weights = zs_layer_weight_elems(o->layer) * elem;
    const uint64_t bias_n = a->weight_layout == ZS_LAYOUT_PACKED
                                ? r->y_c /* there is room for them in any case */
                                : zs_layer_bias_elems(o->layer);
    const uint64_t biases = bias_n * zs_bias_bytes(a->precision);
    charge_bytes(o, a->ports.weight, false,
                 times(weights + biases, loads_of(o, WEIGHT_DIMS, r->weight_slots, a->keep_tiles)));
    if (r->x_resident != ZS_NOT_RESIDENT || may_stay(o))
        return;
    const uint64_t plane = r->images_are_columns ? r->ow : rows_read(r) * columns_read(r);
    const uint64_t bytes = times(times(plane, r->x.shape.c * elem), o->trips[D_IMAGE]);
    const uint32_t dims = r->is_depthwise ? INPUT_DIMS | BIT(D_OC) : INPUT_DIMS;
    charge_bytes(o, a->ports.input, false, times(bytes, loads_of(o, dims, x_n, a->keep_tiles)));
}

/* Sums that leave before they are complete: out and back again for every channel tile but one. */
static void charge_spills(outline *o)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->design->accel;
    const uint64_t slots = o->plan->buffers[ZS_BUF_OUTPUT].slots;
    const uint64_t visits = loads_of(o, SUM_DIMS, slots, true);
    const uint64_t bytes =
        times((uint64_t)r->y_c * r->oh * r->ow * zs_acc_bytes(a->precision), o->trips[D_IMAGE]);
    if (visits < 2)
        return;
    charge_bytes(o, a->ports.output, true, times(bytes, visits - 1));
    charge_bytes(o, a->ports.output, false, times(bytes, visits - 1));
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

static void charge_vector(outline *o, const cut *oc, uint64_t outer, uint64_t n, uint64_t per_oc)
{
    for (uint32_t a = 0; a < 2; a++)
        if (oc->n[a] > 0)
            charge_pe(o, times(oc->n[a] * outer, n),
                      zs_vector_pl_cycles(o->design, zs_max_u64(per_oc, 1) * oc->size[a]));
}

static void charge_pool(outline *o, const cut *oc, uint64_t outer)
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
static void charge_pixels(outline *o, const cut *oc, uint64_t outer, uint64_t factor)
{
    const cut oy = cut_of(o->row->oh, o->row->t_oy), ox = cut_of(o->row->ow, o->row->t_ox);
    for (uint32_t i = 0; i < 4; i++) {
        const uint64_t n = oy.n[i & 1] * ox.n[i >> 1];
        if (n > 0)
            charge_vector(o, oc, outer, n, (uint64_t)oy.size[i & 1] * ox.size[i >> 1] * factor);
    }
}

/* What passes over the sums of every tile: clearing before, instructions behind. */
static void charge_passes(outline *o, const cut *oc, uint64_t outer)
{
    const cut oy = cut_of(o->row->oh, o->row->t_oy), ox = cut_of(o->row->ow, o->row->t_ox);
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t a = i & 1, b = i >> 1 & 1, c = i >> 2;
        const uint64_t n = oc->n[a] * oy.n[b] * ox.n[c];
        const uint64_t pixels = (uint64_t)oy.size[b] * ox.size[c];
        if (n > 0)
            charge_pe(o, times(n, outer),
                      plus(zs_clear_pl_cycles(o->design, oc->size[a], pixels),
                           zs_post_pl_cycles(o->design, oc->size[a], pixels)));
    }
}

static void charge_conv(outline *o)
{
    const zs_plan_row *r = o->row;
    const cut oc = cut_of(r->is_depthwise ? r->y_c : r->group_oc, r->t_oc);
    count_trips(o);
    charge_macs(o);
    charge_operands(o);
    charge_spills(o);
    charge_passes(o, &oc, o->trips[D_IMAGE] * o->trips[D_GROUP]);
    if (r->pool != ZS_NO_INDEX)
        charge_pool(o, &oc, o->trips[D_IMAGE] * o->trips[D_GROUP]);
    else if (r->y_resident != ZS_NOT_RESIDENT)
        charge_pixels(o, &oc, o->trips[D_IMAGE] * o->trips[D_GROUP], 1);
    if (!o->is_open)
        charge_bytes(o, o->design->accel.ports.output, true, r->compulsory_write_bytes);
}

/* A layer without weights goes through once. */
static void charge_plain(outline *o)
{
    const zs_plan_row *r = o->row;
    const zs_accel *a = &o->design->accel;
    const cut c = cut_of(r->y_c, r->t_oc);
    const uint64_t taps = o->layer->op == ZS_LAYER_POOL ? (uint64_t)r->window.kh * r->window.kw : 1;
    const uint64_t inputs = o->layer->op == ZS_LAYER_ADD ? 2 : 1;
    charge_pixels(o, &c, o->design->batch, taps);
    charge_bytes(o, a->ports.input, false,
                 times(times(rows_read(r) * columns_read(r) * r->y_c, inputs * o->design->batch),
                       zs_elem_bytes(a->precision)));
    charge_bytes(o, a->ports.output, true, r->compulsory_write_bytes);
}

/* ---- all rows -------------------------------------------------------------------------------- */

/* Engines of other kinds have few ops: their outlines are whole plans. */
static uint32_t ops_before_tiles(const outline *o, const zs_plan_row *r, uint32_t i)
{
    if (o->design->accel.kind != ZS_KIND_TILED || r->call == ZS_NO_INDEX)
        return r->op_n;
    return o->plan->calls[r->call].row0 == i ? 3 : 0;
}

/* The ops of an outline: barrier, call, barrier before the first row of a call, barrier and end
 * behind the last; barrier and layer for the PS. */
static void charge_row(outline *o, uint32_t i)
{
    const zs_plan_row *r = &o->plan->rows[i];
    const uint32_t end = r->op0 + r->op_n;
    const uint32_t before = ops_before_tiles(o, r, i);
    o->row = r;
    o->layer = &o->net->layers[r->layer];
    for (uint32_t op = r->op0; op < r->op0 + before; op++)
        charge_op(o, &o->plan->ops[op]);
    if (r->call == ZS_NO_INDEX)
        o->dram_bytes = plus(o->dram_bytes, r->compulsory_read_bytes + r->compulsory_write_bytes);
    else if (o->design->accel.kind == ZS_KIND_TILED)
        zs_op_has_filters(o->layer->op) ? charge_conv(o) : charge_plain(o);
    for (uint32_t op = r->op0 + before; op < end; op++)
        charge_op(o, &o->plan->ops[op]);
}

zs_bound_sums zs_bound_of_outline(const zs_design *design, const zs_net *net, const zs_plan *plan)
{
    outline o = {.design = design,
                 .net = net,
                 .plan = plan,
                 .is_open =
                     design->accel.fusion == ZS_FUSION_AUTO && design->accel.kind == ZS_KIND_TILED};
    zs_bound_sums sums = {0};
    for (uint32_t i = 0; i < plan->row_n; i++) {
        charge_row(&o, i);
        sums.macs += plan->rows[i].macs;
    }
    sums.cycles = plus(o.software_pl_cycles, least_end(design, &o.t));
    sums.dram_bytes = o.dram_bytes;
    return sums;
}
