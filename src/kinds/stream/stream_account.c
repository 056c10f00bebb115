#include "stream_priv.h"

#include "zynqsim/flow_fifos.h"

#include <inttypes.h>
#include <math.h>

/* FINN's estimates, node by node, and flip-flops as built pipelines have them
 * (docs/models/stream.md, "Resources"). */

typedef stream_cost cost;

static uint32_t log2_up(uint64_t n)
{
    uint32_t bits = 0;
    while (bits < 63 && (UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

static void add(zs_fit_account *a, const char *name, const char *detail, cost c)
{
    zs_resources r = {{0}};
    r.n[ZS_RESOURCE_LUT] = (uint32_t)zs_min_u64(c.lut, UINT32_MAX / 8);
    r.n[ZS_RESOURCE_BRAM18] = (uint32_t)zs_min_u64(c.bram18, UINT32_MAX / 8);
    r.n[ZS_RESOURCE_DSP] = (uint32_t)zs_min_u64(c.dsp, UINT32_MAX / 8);
    r.n[ZS_RESOURCE_FF] = (uint32_t)zs_min_u64(c.ff, UINT32_MAX / 8);
    zs_fit_add(a, name, detail, r);
}

/* BRAM18 of `depth` words of `width` bits by the aspect ratios of the block. */
static uint64_t weight_blocks(uint64_t depth, uint64_t width)
{
    static const struct {
        uint32_t bits, depth;
    } shapes[] = {{1, 16384}, {2, 8192}, {4, 4096}, {9, 2048}};
    for (size_t i = 0; i < ZS_LEN(shapes); i++)
        if (width <= shapes[i].bits)
            return zs_ceil_div(depth, shapes[i].depth) * zs_ceil_div(width, shapes[i].bits);
    if (width <= 18 || depth > 512)
        return zs_ceil_div(depth, 1024) * zs_ceil_div(width, 18);
    return zs_ceil_div(depth, 512) * zs_ceil_div(width, 36);
}

static bool is_distributed(uint32_t memory, uint64_t depth)
{
    return memory == ZS_STREAM_DISTRIBUTED || (memory == ZS_STREAM_AUTO && depth <= 128);
}

/* Of a memory in one or the other. */
static void add_memory(cost *c, uint32_t memory, uint64_t depth, uint64_t luts, uint64_t blocks)
{
    if (memory == STREAM_MEMORY_OPEN)
        return;
    if (is_distributed(memory, depth))
        c->lut += luts;
    else
        c->bram18 += blocks;
}

/* What a unit multiplies by: so many words of so many bits. */
static void weight_memory(const stream_row *r, uint64_t *words, uint64_t *bits)
{
    const uint64_t lanes = (uint64_t)r->pe * r->simd;
    *words = (uint64_t)stream_sf(r) * stream_nf(r);
    *bits = lanes * r->weight_bits;
}

static cost matrix_cost(const stream_row *r)
{
    const uint64_t pe = r->pe, simd = r->simd;
    const uint64_t act = r->in_bits > 0 ? r->in_bits : r->x_bits; /* before there are streams */
    const uint64_t w = r->weight_bits, sum = w + act;
    const bool has_dsp = w >= 4;
    const uint64_t mult = has_dsp ? 0 : simd * (2 * zs_ceil_div(sum, 6) - 1) * sum;
    const uint64_t adders = has_dsp ? 0 : sum * (2 * simd - 1);
    uint64_t omega, width;
    weight_memory(r, &omega, &width);
    const uint64_t levels = stream_has_own_thresholds(r) ? (UINT64_C(1) << r->y_bits) - 1 : 0;
    const uint64_t compare = levels * r->acc_bits * (1 + zs_ceil_div(stream_nf(r), 64));
    cost c = {.lut =
                  300 + (uint64_t)(1.1 * (double)(pe * (mult + adders + r->acc_bits + compare)))};
    if (has_dsp)
        c.dsp = zs_ceil_div(pe, w > 4 || act > 4 ? 2 : 4) * simd;
    if (r->is_external) { /* a FIFO behind the DMA, words as wide as a step takes */
        const uint32_t bits = 8 * (uint32_t)stream_step_bytes(r);
        const zs_flow_fifos_cost fifo =
            zs_flow_fifo_cost(zs_max_u64(r->room_bytes / stream_step_bytes(r), 2), bits);
        c.lut += fifo.lut + bits;
        c.bram18 = fifo.bram18;
    } else
        add_memory(&c, r->memory, omega, width * zs_ceil_div(omega, 64),
                   weight_blocks(omega, width));
    return c;
}

/* Of a layer with its window, widths and thresholds: FINN's estimates have none. */
static uint32_t layer_ffs(const zs_fit_account *a, const stream_row *r, bool has_dsp)
{
    const uint64_t act = r->in_bits > 0 ? r->in_bits : r->x_bits;
    const double n = (double)r->pe * (r->simd);
    const double operands = n * (double)(r->weight_bits + act);
    zs_resources ffs = zs_fit_priced(a, ZS_FIT_NODE, 1);
    ffs = zs_resources_plus(ffs, zs_fit_priced(a, ZS_FIT_SUM_BIT, (double)r->pe * r->acc_bits));
    if (has_dsp)
        ffs = zs_resources_plus(ffs, zs_fit_priced(a, ZS_FIT_OWN_BIT, n * r->acc_bits));
    else
        ffs = zs_resources_plus(ffs,
                                zs_fit_priced(a, ZS_FIT_LUT_BIT, n * r->weight_bits * (double)act));
    const double sum = ffs.n[ZS_RESOURCE_FF] + (has_dsp ? 0 : operands);
    return sum >= UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void add_matrix(zs_fit_account *a, const zs_plan_row *row)
{
    const stream_row *r = stream_of(row);
    cost c = matrix_cost(r);
    c.ff = layer_ffs(a, r, c.dsp > 0);
    uint64_t omega, width;
    weight_memory(r, &omega, &width);
    add(a, zs_arena_printf(zs_fit_arena(a), "%s unit", row->name),
        zs_arena_printf(zs_fit_arena(a),
                        "%u PEs x %u lanes, weights %" PRIu64 " x %" PRIu64 " bits in %s", r->pe,
                        r->simd, omega, width,
                        r->is_external ? "DRAM"
                        : c.bram18 > 0 ? "block RAM"
                                       : "LUTs"),
        c);
}

/* Block RAM of a sliding window's buffer: the last cascade needs no more than what is left. */
static uint64_t window_blocks(uint64_t depth, uint64_t width)
{
    static const struct {
        uint64_t depth, width;
    } shapes[] = {{512, 36}, {1024, 18}, {2048, 9}, {4096, 4}, {8192, 2}, {UINT64_MAX, 1}};
    size_t i = 0;
    while (depth > shapes[i].depth)
        i++;
    return zs_ceil_div(depth, 16384) * zs_ceil_div(width, shapes[i].width);
}

/* Words of the buffer of a window of k rows and columns over lines of w pixels. */
static uint64_t window_words(int64_t k, int64_t step, int64_t fold, int64_t w)
{
    const int64_t extra = (step - 1 - k * k) * fold, row = ((step - 1) * w - k * k) * fold;
    return (uint64_t)(((k - 1) * w + k) * fold + (extra > 0 ? extra : 0) + (row > 0 ? row : 0));
}

static cost window_cost(uint32_t memory, uint64_t depth, uint64_t width)
{
    cost c = {.lut = 300};
    add_memory(&c, memory, depth, width * zs_ceil_div(depth, 38), window_blocks(depth, width));
    return c;
}

/* A loop keeps kernel + step lines, each a memory of its own. */
static cost lines_cost(uint32_t memory, uint64_t lines, uint64_t depth, uint64_t width)
{
    cost c = {.lut = 300};
    add_memory(&c, memory, depth, lines * width * zs_ceil_div(depth, 64),
               lines * window_blocks(depth, width));
    return c;
}

static void add_window(zs_fit_account *a, uint32_t memory, const zs_flow_node *n, uint64_t width)
{
    const bool is_loop = n->style != ZS_FLOW_RTL;
    const uint64_t depth =
        is_loop ? (uint64_t)n->w * n->fold : window_words(n->kernel, n->step, n->fold, n->w);
    const cost c = is_loop ? lines_cost(memory, n->kernel + n->step, depth, width)
                           : window_cost(memory, depth, width);
    add(a, n->name,
        zs_arena_printf(zs_fit_arena(a), "%" PRIu64 " words of %" PRIu64 " bits in %s", depth,
                        width, c.bram18 > 0 ? "block RAM" : "LUTs"),
        c);
}

/* A stage per bit: a comparator, and twice as many thresholds as the stage before. */
static cost threshold_cost(uint32_t memory, uint32_t stages, uint64_t lanes, uint64_t in_bits,
                           uint64_t channels)
{
    cost c = {0};
    const uint64_t fold = zs_ceil_div(channels, lanes);
    for (uint32_t stage = 0; stage < stages; stage++) {
        const uint64_t words = fold << stage;
        c.lut += in_bits;
        add_memory(&c, memory, words, in_bits * zs_ceil_div(words, 64),
                   zs_bram18_of(words, (uint32_t)in_bits));
    }
    return (cost){.lut = lanes * c.lut, .bram18 = lanes * c.bram18};
}

static void add_thresholds(zs_fit_account *a, uint32_t memory, const zs_flow_node *n,
                           uint64_t lanes, uint64_t in_bits, uint64_t channels)
{
    add(a, n->name,
        zs_arena_printf(zs_fit_arena(a),
                        "%" PRIu64 " PEs x %" PRIu64 " thresholds of %" PRIu64 " bits", lanes,
                        ((UINT64_C(1) << n->stages) - 1) * zs_ceil_div(channels, lanes), in_bits),
        threshold_cost(memory, n->stages, lanes, in_bits, channels));
}

stream_cost stream_row_cost(const stream_row *r)
{
    cost c = {0}, more[2] = {{0}, {0}};
    if (zs_op_has_filters(r->layer->op))
        c = matrix_cost(r);
    if (r->has_window)
        more[0] =
            r->window_style != ZS_FLOW_RTL
                ? lines_cost(r->memory, r->k + r->stride,
                             (uint64_t)(r->w + r->pad + r->pad_end) * (r->in_c / r->window_simd),
                             (uint64_t)r->window_simd * r->x_bits)
                : window_cost(r->memory,
                              window_words(r->k, r->stride, r->in_c / r->window_simd,
                                           r->w + r->pad + r->pad_end),
                              (uint64_t)r->window_simd * r->x_bits);
    if (r->has_thresholds && !stream_has_own_thresholds(r))
        more[1] = threshold_cost(r->memory, r->y_bits, r->pe, r->acc_bits, r->mh);
    for (size_t i = 0; i < ZS_LEN(more); i++) {
        c.lut += more[i].lut;
        c.bram18 += more[i].bram18;
    }
    return c;
}

static void add_node(zs_fit_account *a, const zs_design *design, const zs_plan *plan, uint32_t i)
{
    const zs_plan_flow *f = plan->flow;
    const zs_flow_node *n = &f->flow.nodes[i];
    const uint32_t row = f->row_of_node[i];
    const stream_row *r = row == ZS_NO_INDEX ? NULL : stream_of(&plan->rows[row]);
    const stream_params *s = stream_params_of(&design->accel);
    const uint32_t memory = r != NULL         ? r->memory
                            : s->opens_memory ? STREAM_MEMORY_OPEN
                                              : s->memory;
    const uint64_t in = n->in_n > 0 ? f->edge_bits[n->in[0]] : 0;
    const uint64_t out = n->out_n > 0 ? f->edge_bits[n->out[0]] : 0;
    const uint64_t wide = zs_max_u64(in, out);
    switch (n->op) {
    case ZS_FLOW_MATRIX:
        if (r != NULL && zs_op_has_filters(r->layer->op))
            add_matrix(a, &plan->rows[row]);
        else
            add(a, n->name, "comparators", (cost){.lut = 2 * in});
        break;
    case ZS_FLOW_WINDOW:
        add_window(a, memory, n, in);
        break;
    case ZS_FLOW_POOL: /* a row of results, and comparators */
        add(a, n->name, "comparators, a row of results in LUTs",
            (cost){.lut = 2 * in + in * zs_ceil_div((uint64_t)(n->w / n->kernel) * n->fold, 64)});
        break;
    case ZS_FLOW_THRESHOLD: {
        const uint64_t lanes = r != NULL ? r->pe : stream_params_of(&design->accel)->input_lanes;
        const uint64_t c = r != NULL ? r->mh : plan->rows[0].x.shape.c;
        add_thresholds(a, memory, n, lanes, in / lanes, zs_max_u64(c, lanes));
        break;
    }
    case ZS_FLOW_UP:
    case ZS_FLOW_DOWN:
        add(a, n->name, "width converter", (cost){.lut = log2_up(n->ratio) + wide});
        break;
    case ZS_FLOW_PAD:
    case ZS_FLOW_GATHER:
    case ZS_FLOW_CONCAT:
    case ZS_FLOW_WIRE:
        add(a, n->name, "registers and counters", (cost){.lut = 32 + wide});
        break;
    case ZS_FLOW_SOURCE:
    case ZS_FLOW_SINK:
    case ZS_FLOW_OP_N:
        break;
    }
}

static void add_fifos(zs_fit_account *a, const zs_plan_flow *f)
{
    cost c = {0};
    uint64_t words = 0;
    for (uint32_t i = 0; i < f->flow.edge_n; i++) {
        const uint64_t depth = f->flow.edges[i].depth, width = f->edge_bits[i];
        const zs_flow_fifos_cost own = zs_flow_fifo_cost(depth, (uint32_t)width);
        words += depth;
        c.lut += own.lut;
        c.bram18 += own.bram18;
    }
    add(a, "FIFOs",
        zs_arena_printf(zs_fit_arena(a), "%u of %" PRIu64 " words in all", f->flow.edge_n, words),
        c);
}

/* ---- what would make room -------------------------------------------------------------------- */

static uint64_t weight_bram18(const stream_row *r, uint32_t bits)
{
    stream_row narrow = *r;
    narrow.weight_bits = bits < r->weight_bits ? bits : r->weight_bits;
    return zs_op_has_filters(r->layer->op) ? matrix_cost(&narrow).bram18 : 0;
}

zs_status stream_note_memory(zs_arena *arena, const zs_design *design, const zs_plan_flow *f,
                             const stream_row *rows, uint32_t n, const char **note, zs_err *err)
{
    enum { NARROW = 4 };
    uint64_t weights = 0, narrow = 0, rest = 0, fifos = 0, bits = 0, slowest = 1;
    uint64_t turns = 1, turn = 0, most = 0;
    for (uint32_t i = 0; i < n; i++) {
        const stream_row *r = &rows[i];
        const uint64_t own = weight_bram18(r, UINT32_MAX), all = stream_row_cost(r).bram18;
        weights += own;
        rest += all - own;
        narrow += weight_bram18(r, NARROW);
        slowest = zs_max_u64(slowest, r->work);
        if (own > 0) /* a vector needs them all anew */
            bits += r->vectors * r->mw * r->mh * r->weight_bits;
        turns += turn + all > design->board.bram18 && turn > 0;
        turn = turn + all > design->board.bram18 ? all : turn + all;
        most = zs_max_u64(most, all);
    }
    for (uint32_t i = 0; i < f->flow.edge_n; i++)
        fifos += zs_flow_fifo_cost(f->flow.edges[i].depth, f->edge_bits[i]).bram18;
    if (weights + rest + fifos <= design->board.bram18)
        return ZS_OK;
    const char *parts = most > design->board.bram18
                            ? "a layer alone takes more than the part has"
                            : zs_arena_printf(arena,
                                              "%" PRIu64 " pipelines that take turns have room for "
                                              "units and windows (accelerators, swap.by)",
                                              turns);
    const char *before = *note;
    *note = zs_arena_printf(arena,
                            "%s%sof %u BRAM18 weights take %" PRIu64
                            ", windows and thresholds %" PRIu64 ", FIFOs %" PRIu64
                            " (`zynqsim fifos` finds the least); with weights of %d bits they take "
                            "%" PRIu64 "; weights from DRAM (accelerator.stream.weights: external) "
                            "would take hardly any, but %.1f GB/s at the pace of the "
                            "slowest layer; %s",
                            before != NULL ? before : "", before != NULL ? "; " : "",
                            design->board.bram18, weights, rest, fifos, NARROW, narrow,
                            (double)bits / 8e9 * (double)design->accel.clock_hz / (double)slowest,
                            parts != NULL ? parts : "");
    return *note != NULL && parts != NULL ? ZS_OK : zs_nomem(err, "plan");
}

void stream_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    for (uint32_t i = 0; i < plan->flow->flow.node_n; i++)
        add_node(a, design, plan, i);
    if (!stream_params_of(&design->accel)->opens_fifos)
        add_fifos(a, plan->flow);
    uint32_t external = 0;
    for (uint32_t i = 0; i < plan->row_n; i++)
        external += plan->rows[i].own != NULL && stream_of(&plan->rows[i])->is_external;
    zs_fit_add(a, "stream DMAs",
               external == 0 ? "input, output"
                             : zs_arena_printf(zs_fit_arena(a),
                                               "input, output, weights of %u layers", external),
               zs_resources_times(zs_resources_of(ZS_OPERATOR_STREAM_DMA), 2 + external));
    zs_fit_add_registers(a, &design->accel);
}
