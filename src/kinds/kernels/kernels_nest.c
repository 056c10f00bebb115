#include "kernels_priv.h"

#include "zynqsim/capacity.h"

#include <stdio.h>
#include <string.h>

/* Layers to loops, as TVM's default schedule has them, and what the options change. */

enum { LOOPS_MAX = 24 };

/* A loop in `parent`, behind its brothers; ZS_NO_LOOP: outermost. */
static uint32_t add_loop(zs_nest *nest, uint32_t parent, const char *name, uint64_t trip,
                         uint64_t unroll)
{
    const uint32_t i = nest->n++;
    zs_loop *loop = &nest->loops[i];
    *loop = (zs_loop){
        .trip = trip, .unroll = zs_min_u64(unroll, trip), .inner = ZS_NO_LOOP, .next = ZS_NO_LOOP};
    snprintf(loop->name, sizeof loop->name, "%s", name);
    uint32_t *link = parent == ZS_NO_LOOP ? NULL : &nest->loops[parent].inner;
    if (link == NULL && i > 0)
        link = &nest->loops[0].next;
    while (link != NULL && *link != ZS_NO_LOOP)
        link = &nest->loops[*link].next;
    if (link != NULL)
        *link = i;
    return i;
}

static uint32_t add_copy(zs_nest *nest, uint32_t parent, const char *name, uint64_t words)
{
    const uint32_t i = add_loop(nest, parent, name, words, 1);
    nest->loops[i].copies = true;
    return i;
}

static uint32_t add_plane(zs_nest *nest, uint32_t parent, const char *y, const char *x, uint64_t h,
                          uint64_t w)
{
    return add_loop(nest, add_loop(nest, parent, y, h, 1), x, w, 1);
}

uint64_t kernels_unroll(const zs_accel *a, uint32_t factor, uint64_t trip)
{
    return kernels_params_of(a)->unroll ? zs_min_u64(factor, trip) : 1;
}

/* ---- convolutions ---------------------------------------------------------------------------- */

static uint64_t padded(const zs_layer *layer, bool is_row)
{
    const zs_window *w = &layer->window;
    return is_row ? (uint64_t)layer->x.w + w->pad_left + w->pad_right
                  : (uint64_t)layer->x.h + w->pad_top + w->pad_bottom;
}

/* Loops of a sum that are left, the innermost of them, and products that are side by side. */
typedef struct reduction {
    uint32_t loops;
    zs_loop *innermost;
    uint64_t products;
} reduction;

static reduction reduction_of(const zs_nest *nest)
{
    static const char *const sums[] = {"rc", "ry", "rx"};
    reduction r = {.products = 1};
    for (size_t i = 0; i < ZS_LEN(sums); i++) {
        const uint32_t k = zs_nest_find(nest, sums[i]);
        if (k == ZS_NO_LOOP)
            continue;
        r.products = zs_times_u64(r.products, nest->loops[k].unroll);
        if (!zs_loop_is_flat(&nest->loops[k])) {
            r.loops++;
            r.innermost = &nest->loops[k];
        }
    }
    return r;
}

/* 7-series: the adder of HLS, which keeps the order. Stratix 10: 77 measured kernels, all compiled
 * with -fp-relaxed, added a product a cycle [D CustoNN2]. */
uint32_t kernels_add_latency(const zs_accel *a, uint32_t family)
{
    const kernels_params *p = kernels_params_of(a);
    if (!zs_precision_is_float(a->precision))
        return 0;
    if (p->add_latency_pl_cycles > 0)
        return p->add_latency_pl_cycles;
    return family == ZS_FAMILY_7_SERIES ? zs_mac_cost_of(a->precision)->add_latency_pl_cycles : 0;
}

/* Cycles from an addition to the next one of the same sum, where the order is kept, else 0;
 * relaxed, the products of an iteration are added on the side, and the iterations to several sums
 * in turn. */
static uint32_t additions(const kernels_row *r, uint64_t products, bool is_split)
{
    const kernels_params *p = kernels_params_of(r->accel);
    const uint64_t latency = r->add_latency;
    if (latency == 0 || (p->relaxed_float && is_split))
        return 0;
    return (uint32_t)zs_min_u64(zs_times_u64(latency, p->relaxed_float ? 1 : products), UINT32_MAX);
}

/* The compiler folds a sum of one loop into a register, whatever the kernel's text says. Sums of
 * all pixels in an array on chip are added to in turn, so that only loops in a pixel wait. */
static void set_interval(const zs_accel *a, kernels_row *r)
{
    const kernels_params *p = kernels_params_of(a);
    zs_nest *nest = &r->kernel.nest;
    const reduction sum = reduction_of(nest);
    const bool is_local = p->local_input && zs_nest_find(nest, "in") != ZS_NO_LOOP;
    r->kernel.interval = 1;
    if (is_local) {
        const uint32_t waits = additions(r, sum.products, false);
        const bool in_pixel = sum.innermost > &nest->loops[zs_nest_find(nest, "yy")];
        if (sum.innermost != NULL && in_pixel && waits > 1)
            sum.innermost->stall_cycles =
                (uint32_t)zs_max_u64(sum.innermost->stall_cycles, waits - 1u);
        return;
    }
    uint32_t in_memory = p->global_interval, in_register = 1;
    if (!p->relaxed_float && sum.products > 1) /* the first is in the interval */
        in_memory += additions(r, sum.products - 1, false);
    if (sum.loops > 0)
        in_register = (uint32_t)zs_max_u64(1, additions(r, sum.products, true));
    if (!p->register_sum && !p->opens_sum && sum.loops > 1) {
        r->kernel.interval = in_memory;
        return;
    }
    r->kernel.sum_is_register = true;
    r->kernel.interval =
        p->opens_sum && sum.loops > 1 && in_memory < in_register ? in_memory : in_register;
    if (sum.loops > 0 && p->relaxed_float && zs_precision_is_float(a->precision))
        r->partials = r->add_latency;
}

/* What a convolution is cut into: pixels and filters of a tile, and how many tiles there are. */
typedef struct cut {
    uint64_t oc, oy, ox; /* of a tile */
    uint64_t fo, yo, xo; /* tiles */
    uint64_t in_h, in_w; /* inputs of a tile's windows */
    uint64_t u_oc, u_ic, u_oy, u_ox, u_ky, u_kx;
} cut;

static uint64_t tile_of(uint32_t said, bool cuts, uint64_t n)
{
    return cuts && said > 0 ? zs_min_u64(said, n) : n;
}

static uint64_t reach(uint32_t taps, uint32_t dilation)
{
    return (uint64_t)(taps - 1) * dilation + 1;
}

static cut cut_of(const zs_accel *a, const zs_layer *layer, uint64_t ic)
{
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    /* filters of a tile share each plane, which those of several groups cannot */
    const bool shares = p->local_input && p->tile && p->tile_oc > 0 && layer->groups == 1;
    cut c = {.oc = shares ? zs_min_u64(p->tile_oc, layer->y.c) : 1,
             .oy = tile_of(p->tile_oy, p->tile, layer->y.h),
             .ox = tile_of(p->tile_ox, p->tile, layer->y.w)};
    c.fo = zs_ceil_div(layer->y.c, c.oc);
    c.yo = zs_ceil_div(layer->y.h, c.oy);
    c.xo = zs_ceil_div(layer->y.w, c.ox);
    c.in_h = zs_min_u64((c.oy - 1) * w->sh + reach(w->kh, w->dh), padded(layer, false));
    c.in_w = zs_min_u64((c.ox - 1) * w->sw + reach(w->kw, w->dw), padded(layer, true));
    if (c.yo == 1)
        c.in_h = padded(layer, false);
    if (c.xo == 1)
        c.in_w = padded(layer, true);
    c.u_oc = kernels_unroll(a, a->unroll.oc, c.oc > 1 ? c.oc : layer->y.c);
    c.u_ic = kernels_unroll(a, a->unroll.ic, ic);
    c.u_oy = kernels_unroll(a, a->unroll.oy, c.oy);
    c.u_ox = kernels_unroll(a, a->unroll.ox, c.ox);
    c.u_ky = kernels_unroll(a, a->unroll.ky, w->kh);
    c.u_kx = kernels_unroll(a, a->unroll.kx, w->kw);
    return c;
}

/* Tiles outermost, where there are any: yo { xo { ... }}. With planes on chip ff { w, l, rc { in,
 * yy { xx { ry { rx }}}}, o }, or of tiles of filters fo { w, l, rc { in, ff { yy ... }}, o }; else
 * ff { w, yy { xx { rc { ry { rx }}}}}. */
static void conv_loops(const zs_accel *a, const zs_layer *layer, uint64_t ic, const cut *c,
                       zs_nest *nest)
{
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    uint32_t at = ZS_NO_LOOP;
    if (c->yo > 1)
        at = add_loop(nest, at, "yo", c->yo, 1);
    if (c->xo > 1)
        at = add_loop(nest, at, "xo", c->xo, 1);
    const uint32_t ff = c->oc > 1 ? add_loop(nest, at, "fo", c->fo, 1)
                                  : add_loop(nest, at, "ff", layer->y.c, c->u_oc);
    at = ff;
    if (p->local_weights)
        add_copy(nest, ff, "w", c->oc * ic * w->kh * w->kw);
    if (p->local_input) {
        add_plane(nest, ff, "l", "j", c->oc * c->oy, c->ox);
        at = add_loop(nest, ff, "rc", ic, c->u_ic);
        nest->loops[add_copy(nest, at, "in", c->in_h * c->in_w)].least_cycles = ZS_NEST_COPY_CYCLES;
        if (c->oc > 1)
            at = add_loop(nest, at, "ff", c->oc, c->u_oc);
    }
    at = add_loop(nest, at, "yy", c->oy, c->u_oy);
    at = add_loop(nest, at, "xx", c->ox, c->u_ox);
    if (!p->local_input)
        at = add_loop(nest, at, "rc", ic, c->u_ic);
    at = add_loop(nest, at, "ry", w->kh, c->u_ky);
    add_loop(nest, at, "rx", w->kw, c->u_kx);
    if (!p->local_input)
        return;
    add_plane(nest, ff, "oy", "ox", c->oc * c->oy, c->ox);
    const zs_nest_array array = {.pitch = c->in_w,
                                 .plane = c->in_h * c->in_w,
                                 .kh = w->kh,
                                 .kw = w->kw,
                                 .sh = w->sh,
                                 .sw = w->sw,
                                 .sums_are_local = true};
    zs_nest_read_array(nest, &array);
}

/* Arrays that depend on an unrolled loop want a unit per copy, but for neighbours: taps of a row
 * and pixels of a row merge into one wide one. */
static void conv_resources(const zs_accel *a, const zs_layer *layer, uint64_t ic, const cut *c,
                           kernels_row *r)
{
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    const uint64_t inputs = p->local_input ? 1 : c->u_ic * c->u_ky * c->u_oy;
    const uint64_t weights = p->local_weights ? 1 : c->u_oc * c->u_ic * c->u_ky;
    const uint64_t sums = p->register_sum || p->local_input ? 1 : 2; /* load, store */
    const uint64_t filters = zs_max_u64(c->oc, c->u_oc);
    r->lanes = c->u_oc * c->u_ic * c->u_oy * c->u_ox * c->u_ky * c->u_kx;
    r->caches = p->local_input || w->kh * w->kw == 1 ? 0 : inputs;
    const uint64_t outputs = sums * c->u_oc * c->u_oy;
    r->in_units = (uint32_t)zs_min_u64(inputs, UINT32_MAX);
    r->out_units = (uint32_t)zs_min_u64(outputs, UINT32_MAX);
    r->units = (uint32_t)zs_min_u64(inputs + weights + outputs + 1, UINT32_MAX);
    if (p->local_weights)
        r->local_words[0] = filters * ic * w->kh * w->kw;
    if (p->local_input) {
        r->local_words[1] = c->u_ic * c->in_h * c->in_w;
        r->local_words[2] = filters * c->oy * c->ox;
    }
}

static void conv(const zs_layer *layer, kernels_row *r)
{
    const zs_accel *a = r->accel;
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    const uint64_t elem = zs_elem_bytes(a->precision), ic = layer->x.c / layer->groups;
    const cut c = cut_of(a, layer, ic);
    const uint64_t bytes = ic * c.in_h * c.in_w * elem;
    const uint64_t passes = c.yo * c.xo * zs_ceil_div(layer->y.c, c.oc > 1 ? c.oc : c.u_oc);
    const uint64_t at_once = c.u_kx >= w->kw && w->kw > 1 ? c.u_ky * c.u_ic * c.u_oy : 0;
    conv_loops(a, layer, ic, &c, &r->kernel.nest);
    conv_resources(a, layer, ic, &c, r);
    set_interval(a, r);
    r->kernel.copies = p->local_weights ? passes : 0;
    if (w->kh * w->kw > 1 && !p->local_input)
        r->kernel.window = (zs_nest_window){
            .bytes = bytes,
            .input_bytes = layer->x.c * padded(layer, true) * padded(layer, false) * elem,
            .passes = passes,
            .rows = w->kh,
            .row_bytes = (uint32_t)(((c.u_ox - 1) * w->sw + w->kw) * elem),
            .step_rows = w->sh,
            .rows_at_once = at_once};
    if (w->pad_top + w->pad_bottom + w->pad_left + w->pad_right == 0)
        return;
    r->padded_bytes = layer->x.c * padded(layer, true) * padded(layer, false) * elem;
    add_loop(&r->pad.nest, ZS_NO_LOOP, "i", r->padded_bytes / elem, 1);
}

/* ---- all others ------------------------------------------------------------------------------ */

static void dense(const zs_layer *layer, kernels_row *r)
{
    const zs_accel *a = r->accel;
    const uint64_t words = zs_layer_filter_elems(layer);
    const uint64_t oc = kernels_unroll(a, a->unroll.oc, layer->y.c);
    const uint64_t ic = kernels_unroll(a, a->unroll.ic, words);
    const uint32_t ff = add_loop(&r->kernel.nest, ZS_NO_LOOP, "ff", layer->y.c, oc);
    add_loop(&r->kernel.nest, ff, "rc", words, ic);
    set_interval(a, r);
    r->lanes = oc * ic;
    r->units = (uint32_t)zs_min_u64(r->lanes + ic + 2, UINT32_MAX);
    r->in_units = (uint32_t)zs_min_u64(ic, UINT32_MAX);
    r->out_units = 1;
}

static void pool(const zs_layer *layer, kernels_row *r)
{
    const bool is_whole = layer->op == ZS_LAYER_GAP;
    const uint32_t channel = add_loop(&r->kernel.nest, ZS_NO_LOOP, "ax1", layer->y.c, 1);
    uint32_t at = add_plane(&r->kernel.nest, channel, "ax2", "ax3", layer->y.h, layer->y.w);
    at = add_loop(&r->kernel.nest, at, "rv", is_whole ? layer->x.h : layer->window.kh, 1);
    add_loop(&r->kernel.nest, at, "rv1", is_whole ? layer->x.w : layer->window.kw, 1);
    r->units = 3; /* the largest so far lies where the result will */
    r->in_units = 1;
    r->out_units = 2;
}

zs_status kernels_nest(zs_arena *arena, const zs_layer *layer, kernels_row *r, zs_err *err)
{
    r->kernel.nest.loops = zs_new(arena, zs_loop, LOOPS_MAX);
    r->pad.nest.loops = zs_new(arena, zs_loop, 1);
    if (r->kernel.nest.loops == NULL || r->pad.nest.loops == NULL)
        return zs_nomem(err, "plan");
    r->kernel.interval = r->pad.interval = 1;
    switch (layer->op) {
    case ZS_LAYER_CONV:
        conv(layer, r);
        break;
    case ZS_LAYER_FC:
        dense(layer, r);
        break;
    case ZS_LAYER_POOL:
    case ZS_LAYER_GAP:
        pool(layer, r);
        break;
    default:
        add_loop(&r->kernel.nest, ZS_NO_LOOP, "i", zs_shape_elems(layer->y), 1);
        r->units = layer->in_n + 1;
        r->in_units = r->out_units = 1;
        break;
    }
    return ZS_OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

zs_nest_memory kernels_memory(const zs_design *design)
{
    const zs_accel *a = &design->accel;
    const kernels_params *p = kernels_params_of(a);
    const uint32_t beat = zs_port_params(&design->board, a->ports.input).beat_bytes;
    const zs_memory_params *dram = &design->board.memory;
    const double port = (double)beat * (double)a->clock_hz;
    const double lines = 2e12 * dram->bus_bytes / (double)dram->tck_ps * p->line_frac;
    /* on a card every load-store unit has a way to the memory; those of a 7-series share a port */
    const bool shares_port = design->board.family == ZS_FAMILY_7_SERIES;
    return (zs_nest_memory){.word_bytes = zs_elem_bytes(a->precision),
                            .line_bytes = zs_nest_stratix10.line_bytes,
                            .lsu_bytes = beat,
                            .cache_bytes = p->cache_bytes,
                            .latency_cycles = p->line_latency_pl_cycles,
                            .channel_bytes_per_s = shares_port && port < lines ? port : lines,
                            .launch_s = p->launch_s};
}

uint64_t kernels_cycles(const zs_design *design, const zs_nest_kernel *kernel)
{
    const uint64_t clock_hz = design->accel.clock_hz;
    const zs_nest_memory memory = kernels_memory(design);
    const zs_nest_time t = zs_nest_time_of(kernel, &memory, (double)clock_hz);
    return zs_max_u64(zs_plus_u64(t.nest_cycles, t.stall_cycles),
                      zs_seconds_to_pl_cycles(t.dram_s, clock_hz));
}

uint64_t kernels_bytes_again(const zs_design *design, const zs_nest_kernel *kernel)
{
    const zs_nest_memory memory = kernels_memory(design);
    return zs_nest_time_of(kernel, &memory, (double)design->accel.clock_hz).bytes_again;
}

uint64_t kernels_launch_cycles(const zs_design *design)
{
    return zs_seconds_to_pl_cycles(kernels_params_of(&design->accel)->launch_s,
                                   design->accel.clock_hz);
}
