#include "kernels_priv.h"

#include <stdio.h>
#include <string.h>

/* Layers to loops, as TVM's default schedule has them, and what the options change. */

enum { LOOPS_MAX = 16 };

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

static uint32_t add_plane(zs_nest *nest, uint32_t parent, const char *y, const char *x,
                          const zs_layer *layer)
{
    return add_loop(nest, add_loop(nest, parent, y, layer->y.h, 1), x, layer->y.w, 1);
}

/* ---- convolutions ---------------------------------------------------------------------------- */

static uint64_t padded(const zs_layer *layer, bool is_row)
{
    const zs_window *w = &layer->window;
    return is_row ? (uint64_t)layer->x.w + w->pad_left + w->pad_right
                  : (uint64_t)layer->x.h + w->pad_top + w->pad_bottom;
}

/* The compiler folds a sum of one loop into a register, whatever the kernel's text says. */
static uint32_t interval_of(const zs_accel *a, const zs_nest *nest)
{
    const kernels_params *p = kernels_params_of(a);
    static const char *const sums[] = {"rc", "ry", "rx"};
    uint32_t loops = 0;
    for (size_t i = 0; i < ZS_LEN(sums); i++) {
        const uint32_t k = zs_nest_find(nest, sums[i]);
        loops += k != ZS_NO_LOOP && !zs_loop_is_flat(&nest->loops[k]);
    }
    const bool waits = !p->register_sum && !p->local_input && loops > 1;
    return waits ? p->global_interval : 1;
}

/* ff { w, l, rc { in, yy { xx { ry { rx }}}}, o } with planes on chip; else ff { w, yy { xx { rc {
 * ry { rx }}}}}. */
static void conv_loops(const zs_accel *a, const zs_layer *layer, uint64_t ic, zs_nest *nest)
{
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    const uint64_t plane = padded(layer, true) * padded(layer, false);
    const uint32_t ff = add_loop(nest, ZS_NO_LOOP, "ff", layer->y.c, a->unroll.oc);
    uint32_t at = ff;
    if (p->local_weights)
        add_copy(nest, ff, "w", ic * w->kh * w->kw);
    if (p->local_input) {
        add_plane(nest, ff, "l", "j", layer);
        at = add_loop(nest, ff, "rc", ic, a->unroll.ic);
        add_copy(nest, at, "in", plane);
    }
    at = add_loop(nest, at, "yy", layer->y.h, a->unroll.oy);
    at = add_loop(nest, at, "xx", layer->y.w, a->unroll.ox);
    if (!p->local_input)
        at = add_loop(nest, at, "rc", ic, a->unroll.ic);
    at = add_loop(nest, at, "ry", w->kh, a->unroll.ky);
    add_loop(nest, at, "rx", w->kw, a->unroll.kx);
    if (p->local_input)
        add_plane(nest, ff, "oy", "ox", layer);
}

static uint64_t clipped(uint64_t unroll, uint64_t trip)
{
    return zs_min_u64(unroll, trip);
}

/* Arrays that depend on an unrolled loop want a unit per copy, but for neighbours: taps of a row
 * and pixels of a row merge into one wide one. */
static void conv_resources(const zs_accel *a, const zs_layer *layer, uint64_t ic, kernels_row *r)
{
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    const uint64_t oc = clipped(a->unroll.oc, layer->y.c), oy = clipped(a->unroll.oy, layer->y.h);
    const uint64_t ic_n = clipped(a->unroll.ic, ic), ky = clipped(a->unroll.ky, w->kh);
    const uint64_t kx = clipped(a->unroll.kx, w->kw), ox = clipped(a->unroll.ox, layer->y.w);
    const uint64_t plane = padded(layer, true) * padded(layer, false);
    const uint64_t inputs = p->local_input ? 1 : ic_n * ky * oy;
    const uint64_t weights = p->local_weights ? 1 : oc * ic_n * ky;
    const uint64_t sums = p->register_sum || p->local_input ? 1 : 2; /* load, store */
    r->lanes = oc * ic_n * oy * ox * ky * kx;
    r->caches = p->local_input || w->kh * w->kw == 1 ? 0 : inputs;
    r->units = (uint32_t)zs_min_u64(inputs + weights + sums * oc * oy + 1, UINT32_MAX);
    if (p->local_weights)
        r->local_words[0] = oc * ic * w->kh * w->kw;
    if (p->local_input) {
        r->local_words[1] = ic_n * plane;
        r->local_words[2] = oc * layer->y.h * layer->y.w;
    }
}

static void conv(const zs_design *design, const zs_layer *layer, kernels_row *r)
{
    const zs_accel *a = &design->accel;
    const kernels_params *p = kernels_params_of(a);
    const zs_window *w = &layer->window;
    const uint64_t elem = zs_elem_bytes(a->precision), ic = layer->x.c / layer->groups;
    const uint64_t bytes = ic * padded(layer, true) * padded(layer, false) * elem;
    const uint64_t passes = zs_ceil_div(layer->y.c, a->unroll.oc);
    const uint64_t ox = clipped(a->unroll.ox, layer->y.w), oy = clipped(a->unroll.oy, layer->y.h);
    const uint64_t rows = clipped(a->unroll.ky, w->kh) * clipped(a->unroll.ic, ic) * oy;
    const uint64_t at_once = a->unroll.kx >= w->kw && w->kw > 1 ? rows : 0;
    conv_loops(a, layer, ic, &r->kernel.nest);
    conv_resources(a, layer, ic, r);
    r->kernel.interval = interval_of(a, &r->kernel.nest);
    r->kernel.drains = p->local_weights ? passes : 0;
    if (w->kh * w->kw > 1 && !p->local_input)
        r->kernel.window =
            (zs_nest_window){.bytes = bytes,
                             .passes = passes,
                             .rows = w->kh,
                             .row_bytes = (uint32_t)(((ox - 1) * w->sw + w->kw) * elem),
                             .step_rows = w->sh,
                             .rows_at_once = at_once};
    if (w->pad_top + w->pad_bottom + w->pad_left + w->pad_right == 0)
        return;
    r->padded_bytes = layer->x.c * padded(layer, true) * padded(layer, false) * elem;
    add_loop(&r->pad.nest, ZS_NO_LOOP, "i", r->padded_bytes / elem, 1);
    r->units += 2;
}

/* ---- all others ------------------------------------------------------------------------------ */

static void dense(const zs_design *design, const zs_layer *layer, kernels_row *r)
{
    const zs_accel *a = &design->accel;
    const uint64_t words = zs_layer_filter_elems(layer);
    const uint32_t ff = add_loop(&r->kernel.nest, ZS_NO_LOOP, "ff", layer->y.c, a->unroll.oc);
    add_loop(&r->kernel.nest, ff, "rc", words, a->unroll.ic);
    r->lanes = clipped(a->unroll.oc, layer->y.c) * clipped(a->unroll.ic, words);
    r->units = (uint32_t)zs_min_u64(r->lanes + clipped(a->unroll.ic, words) + 2, UINT32_MAX);
}

static void pool(const zs_layer *layer, kernels_row *r)
{
    const bool is_whole = layer->op == ZS_LAYER_GAP;
    const uint32_t channel = add_loop(&r->kernel.nest, ZS_NO_LOOP, "ax1", layer->y.c, 1);
    uint32_t at = add_plane(&r->kernel.nest, channel, "ax2", "ax3", layer);
    at = add_loop(&r->kernel.nest, at, "rv", is_whole ? layer->x.h : layer->window.kh, 1);
    add_loop(&r->kernel.nest, at, "rv1", is_whole ? layer->x.w : layer->window.kw, 1);
    r->units = 3;
}

zs_status kernels_nest(zs_arena *arena, const zs_design *design, const zs_layer *layer,
                       kernels_row *r, zs_err *err)
{
    r->kernel.nest.loops = zs_new(arena, zs_loop, LOOPS_MAX);
    r->pad.nest.loops = zs_new(arena, zs_loop, 1);
    if (r->kernel.nest.loops == NULL || r->pad.nest.loops == NULL)
        return zs_nomem(err, "plan");
    r->kernel.interval = r->pad.interval = 1;
    switch (layer->op) {
    case ZS_LAYER_CONV:
        conv(design, layer, r);
        break;
    case ZS_LAYER_FC:
        dense(design, layer, r);
        break;
    case ZS_LAYER_POOL:
    case ZS_LAYER_GAP:
        pool(layer, r);
        break;
    default:
        add_loop(&r->kernel.nest, ZS_NO_LOOP, "i", zs_shape_elems(layer->y), 1);
        r->units = layer->in_n + 1;
        break;
    }
    return ZS_OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

uint64_t kernels_cycles(const zs_design *design, const zs_nest_kernel *kernel)
{
    const zs_accel *a = &design->accel;
    const kernels_params *p = kernels_params_of(a);
    const uint32_t beat = zs_port_params(&design->board, a->ports.input)->beat_bytes;
    const zs_memory_params *dram = &design->board.memory;
    const double port = (double)beat * (double)a->clock_hz;
    const double peak = 2e12 * dram->bus_bytes / (double)dram->tck_ps;
    const zs_nest_memory memory = {.word_bytes = zs_elem_bytes(a->precision),
                                   .line_bytes = zs_nest_stratix10.line_bytes,
                                   .lsu_bytes = beat,
                                   .cache_bytes = p->cache_bytes,
                                   .latency_cycles = p->line_latency_pl_cycles,
                                   .channel_bytes_per_s =
                                       peak * p->line_frac < port ? peak * p->line_frac : port,
                                   .launch_s = p->launch_s};
    const zs_nest_time t = zs_nest_time_of(kernel, &memory, (double)a->clock_hz);
    const uint64_t loops = zs_plus_u64(t.nest_cycles, t.stall_cycles);
    return zs_plus_u64(zs_max_u64(loops, zs_seconds_to_pl_cycles(t.dram_s, a->clock_hz)),
                       zs_seconds_to_pl_cycles(p->launch_s, a->clock_hz));
}
