#include "sim_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/kind.h"

#include <string.h>

enum {
    FAR_ABOVE_BOUND = 3,
    CACHE_LINE_BYTES = 32, /* Cortex-A9 and its L2, as four 64-bit beats (UG585) */
    BEATS_PER_LINE = 4
};

/* What one of the DDR controller's four ports carries at most (UG585). */
#define CPU_PORT_BYTES_PER_S UINT64_C(2840000000)

/* ---- notes ----------------------------------------------------------------------------------- */

static uint32_t percent(uint64_t part, uint64_t whole)
{
    return whole ? (uint32_t)((part * 100 + whole / 2) / whole) : 0;
}

static uint64_t mean_burst_bytes(const zs_result *r)
{
    const uint64_t bursts = r->read_bursts + r->write_bursts;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < r->port_n; i++)
        bytes += r->ports[i].bytes;
    return bursts ? bytes / bursts : 0;
}

/* Rows of which the same is to be said, with the least and the most of each figure: notes that
 * differ in a per cent would be read eight times. */
typedef struct note_group {
    uint32_t n, least_share, most_share, least_lanes, most_lanes;
    double least_times, most_times; /* its bound */
    const char *text;
} note_group;
enum { NOTE_GROUPS = ZS_CAUSE_N * 4 };

static note_group *group_of(note_group groups[NOTE_GROUPS], const zs_layer_result *l, bool is_far)
{
    return &groups[((uint32_t)l->limited_by * 2 + is_far) * 2 + l->on_engine];
}

static const char *range(zs_arena *arena, uint32_t least, uint32_t most)
{
    return least == most ? zs_arena_printf(arena, "%u %%", least)
                         : zs_arena_printf(arena, "%u to %u %%", least, most);
}

/* What the engine did most in these rows, in words. */
static zs_status explain(zs_arena *arena, const zs_result *r, note_group *g, zs_cause limited_by,
                         bool is_far, bool on_engine)
{
    const char *share = range(arena, g->least_share, g->most_share), *why = NULL;
    const char *lanes = range(arena, g->least_lanes, g->most_lanes);
    if (share == NULL || lanes == NULL)
        return ZS_ENOMEM;
    if (limited_by == ZS_BY_COMPUTE)
        why = zs_arena_printf(arena,
                              "the MAC array works %s of the time with %s of its lanes in use: "
                              "edge tiles, idle lanes or vector work, not DRAM",
                              share, lanes);
    else if (limited_by == ZS_BY_HOST)
        why = zs_arena_printf(arena, "the PS takes %s of the time%s", share,
                              on_engine ? ": registers, call end, cache maintenance" : "");
    else
        why = zs_arena_printf(arena,
                              "waits for %ss %s of the time: one channel carries them, latency and "
                              "short rows included (mean burst %llu bytes)",
                              zs_cause_name(limited_by), share,
                              (unsigned long long)mean_burst_bytes(r));
    if (why != NULL && is_far && g->most_times - g->least_times < 0.05)
        why = zs_arena_printf(arena, "%.1f times its bound: %s", g->most_times, why);
    else if (why != NULL && is_far)
        why = zs_arena_printf(arena, "%.1f to %.1f times its bound: %s", g->least_times,
                              g->most_times, why);
    g->text = why;
    return why != NULL ? ZS_OK : ZS_ENOMEM;
}

static bool verdicts_differ(const zs_layer_result *l)
{
    const bool waits_for_memory = l->limited_by == ZS_BY_READ || l->limited_by == ZS_BY_WRITE;
    return l->on_engine && !l->in_pipeline &&
           (l->memory_roof ? !waits_for_memory : l->limited_by != ZS_BY_COMPUTE);
}

static uint64_t worked_macs(const zs_plan_row *row)
{
    return row->macs - row->skipped_macs + row->again_macs;
}

static bool is_far(const zs_layer_result *l)
{
    return !l->in_pipeline && l->bound_cycles > 0 && l->cycles / FAR_ABOVE_BOUND > l->bound_cycles;
}

static void add_to_group(note_group *g, const zs_layer_result *l, uint64_t worked, uint64_t lanes)
{
    const uint32_t share = percent(l->waited_cycles[l->limited_by], l->cycles);
    const uint32_t used = percent(worked, l->busy_cycles[ZS_BY_COMPUTE] * lanes);
    const double times = l->bound_cycles > 0 ? (double)l->cycles / (double)l->bound_cycles : 0;
    const bool is_first = g->n++ == 0;
    g->least_share = is_first || share < g->least_share ? share : g->least_share;
    g->most_share = share > g->most_share ? share : g->most_share;
    g->least_lanes = is_first || used < g->least_lanes ? used : g->least_lanes;
    g->most_lanes = used > g->most_lanes ? used : g->most_lanes;
    g->least_times = is_first || times < g->least_times ? times : g->least_times;
    g->most_times = times > g->most_times ? times : g->most_times;
}

static zs_status note_rows(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                           const zs_result *r, zs_layer_result *layers)
{
    note_group groups[NOTE_GROUPS] = {0};
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (is_far(&layers[i]) || verdicts_differ(&layers[i]))
            add_to_group(group_of(groups, &layers[i], is_far(&layers[i])), &layers[i],
                         worked_macs(&plan->rows[i]),
                         zs_design_lanes(zs_plan_design(plan, design, i)));
    for (uint32_t i = 0; i < plan->row_n; i++) {
        zs_layer_result *l = &layers[i];
        note_group *g = group_of(groups, l, is_far(l));
        if (!is_far(l) && !verdicts_differ(l))
            continue;
        if (g->text == NULL)
            ZS_TRY(explain(arena, r, g, l->limited_by, is_far(l), l->on_engine));
        l->note = g->text;
    }
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (layers[i].in_pipeline)
            layers[i].note = "layers of this engine work at the same time: each has the cycles by "
                             "which it ends later than those before it";
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (plan->rows[i].host_note != NULL)
            layers[i].note = plan->rows[i].host_note;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan *own = zs_plan_of_row(plan, i);
        const uint32_t row = plan->part_n == 0 ? i : plan->rows[i].part_row;
        if (own->kind->row_note == NULL || plan->rows[i].skipped_macs == 0)
            continue;
        const char *note = own->kind->row_note(arena, own, row);
        if (note != NULL && layers[i].note != NULL)
            note = zs_arena_printf(arena, "%s; %s", note, layers[i].note);
        layers[i].note = note;
        if (note == NULL)
            return ZS_ENOMEM;
    }
    return ZS_OK;
}

/* Where rows overlap, what one waits for says nothing of the run, nor does its bound. */
static void note_pipeline(const zs_plan *plan, zs_layer_result *layers)
{
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (verdicts_differ(&layers[i]))
            layers[i].note = "rows work side by side: this one waits for those before and behind "
                             "it, not for DRAM";
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void set_verdicts(const zs_roofline *roof, zs_layer_result *l)
{
    const uint64_t bytes = l->read_bytes + l->write_bytes;
    l->memory_roof = (double)l->ops < roof->ridge_ops_per_byte * (double)bytes;
    l->limited_by = ZS_BY_COMPUTE;
    for (uint32_t c = 1; c < ZS_CAUSE_N; c++)
        if (l->waited_cycles[c] > l->waited_cycles[l->limited_by])
            l->limited_by = (zs_cause)c;
    if (!l->on_engine)
        l->limited_by = ZS_BY_HOST;
}

/* Layers in software read and write DRAM through the CPU's own port of the controller, whatever the
 * fidelity: the PS model has a time for them, this is their traffic. */
static void add_software(const zs_plan_row *row, zs_layer_result *l, zs_result *r)
{
    l->read_bytes = row->compulsory_read_bytes;
    l->write_bytes = row->compulsory_write_bytes;
    l->operand_bytes[ZS_OPERAND_WEIGHT] = row->software_weight_bytes;
    l->operand_bytes[ZS_OPERAND_INPUT] = l->read_bytes - row->software_weight_bytes;
    l->operand_bytes[ZS_OPERAND_OUTPUT] = l->write_bytes;
    r->dram.read_bytes += l->read_bytes;
    r->dram.write_bytes += l->write_bytes;
}

static zs_status list_cpu_port(zs_arena *arena, zs_result *r, zs_err *err)
{
    zs_port_result *ports = zs_new(arena, zs_port_result, r->port_n + 2u);
    zs_port_result rd = {.name = "cpu.rd", .peak_bytes_per_s = CPU_PORT_BYTES_PER_S};
    zs_port_result wr = {.name = "cpu.wr", .peak_bytes_per_s = CPU_PORT_BYTES_PER_S};
    if (ports == NULL)
        return zs_nomem(err, "result");
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const zs_layer_result *l = &r->layers[i];
        if (l->on_engine)
            continue;
        rd.bytes += l->read_bytes;
        wr.bytes += l->write_bytes;
        rd.busy_cycles = wr.busy_cycles += l->cycles;
    }
    rd.bursts = zs_ceil_div(rd.bytes, CACHE_LINE_BYTES);
    wr.bursts = zs_ceil_div(wr.bytes, CACHE_LINE_BYTES);
    rd.beats = rd.bursts * BEATS_PER_LINE;
    wr.beats = wr.bursts * BEATS_PER_LINE;
    if (r->port_n == 0 || rd.bytes + wr.bytes == 0)
        return ZS_OK;
    memcpy(ports, r->ports, r->port_n * sizeof *ports);
    ports[r->port_n] = rd;
    ports[r->port_n + 1u] = wr;
    r->ports = ports;
    r->port_n += 2;
    return ZS_OK;
}

/* What is read from DRAM has been counted where that was simulated. Words that the PS writes to
 * registers have not; nothing else runs meanwhile. */
static zs_status add_swaps(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                           zs_result *r, zs_err *err)
{
    enum { BURST_BYTES = 128, BEAT_BYTES = 8 };
    if (plan->swap_n == 0)
        return ZS_OK;
    const double seconds = zs_swap_seconds(design);
    const uint64_t bytes = zs_swap_bytes(design);
    const bool is_simulated = r->fidelity != zs_fidelity_words[ZS_BOUND] && zs_swap_is_read(design);
    r->swap_bytes = bytes * plan->swap_n;
    if (is_simulated)
        return ZS_OK;
    r->dram.read_bytes += r->swap_bytes;
    if (r->port_n == 0) /* bound */
        return ZS_OK;
    zs_port_result *ports = zs_new(arena, zs_port_result, r->port_n + 1u);
    if (ports == NULL)
        return zs_nomem(err, "result");
    memcpy(ports, r->ports, r->port_n * sizeof *ports);
    ports[r->port_n++] = (zs_port_result){
        .name = zs_words_swap[design->swap.by].word,
        .bytes = r->swap_bytes,
        .bursts = plan->swap_n * zs_ceil_div(bytes, BURST_BYTES),
        .beats = plan->swap_n * zs_ceil_div(bytes, BEAT_BYTES),
        .busy_cycles = plan->swap_n * zs_seconds_to_pl_cycles(seconds, r->clock_hz),
        .peak_bytes_per_s = (uint64_t)((double)bytes / seconds)};
    r->ports = ports;
    r->read_bursts += ports[r->port_n - 1].bursts;
    return ZS_OK;
}

static zs_status finish_rows(zs_arena *arena, const zs_design *design, const zs_plan *plan,
                             zs_layer_result *layers, zs_result *r, zs_err *err)
{
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan_row *row = &plan->rows[i];
        zs_layer_result *l = &layers[i];
        l->name = row->name;
        l->op = row->op;
        l->on_engine = row->call != ZS_NO_INDEX;
        l->in_pipeline = plan->part_n > 0 && zs_plan_of_row(plan, i)->rows_overlap;
        l->group = l->on_engine ? plan->calls[row->call].name : "cpu";
        l->macs = row->macs;
        l->skipped_macs = row->skipped_macs;
        l->again_macs = row->again_macs;
        l->ops = row->macs > 0 ? 2 * row->macs : row->ops; /* the roof counts MACs only */
        l->compulsory_bytes = row->compulsory_read_bytes + row->compulsory_write_bytes;
        if (!l->on_engine)
            add_software(row, l, r);
        set_verdicts(&r->roofline, l);
        for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
            r->operand_bytes[k] += l->operand_bytes[k];
    }
    if (plan->rows_overlap)
        note_pipeline(plan, layers);
    else if (note_rows(arena, design, plan, r, layers) != ZS_OK)
        return zs_nomem(err, "result");
    r->layers = layers;
    r->layer_n = plan->row_n;
    r->layers_overlap = plan->rows_overlap;
    return list_cpu_port(arena, r, err);
}

/* ---- the rest -------------------------------------------------------------------------------- */

void zs_result_describe(zs_result *r, const zs_design *design, const zs_net *net,
                        const zs_plan *plan, zs_fidelity fidelity)
{
    r->design = design->name;
    r->network = net->name;
    r->board = design->board_name;
    r->fidelity = zs_fidelity_words[fidelity];
    r->precision = zs_precision_word(&design->accel);
    r->fusion = zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, design->accel.fusion);
    r->batch = design->batch;
    r->clock_hz = design->accel.clock_hz;
    r->calls = plan->call_n;
    r->macs = r->skipped_macs = r->again_macs = 0;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        r->macs += plan->rows[i].macs;
        r->skipped_macs += plan->rows[i].skipped_macs;
        r->again_macs += plan->rows[i].again_macs;
    }
    r->roofline = zs_roofline_of(design);
    uint64_t lanes = plan->flow != NULL ? plan->flow->lanes : 0;
    for (uint32_t i = 0; i < plan->part_n; i++)
        if (plan->parts[i].plan->flow != NULL)
            lanes = zs_max_u64(lanes, plan->parts[i].plan->flow->lanes);
    const double peak = 2e-9 * (double)design->accel.clock_hz * (double)lanes;
    if (lanes > 0 && (plan->part_n == 0 || peak > r->roofline.peak_gops)) {
        r->roofline.peak_gops = peak;
        r->roofline.ridge_ops_per_byte =
            r->roofline.peak_gops * 1e9 / r->roofline.bandwidth_bytes_per_s;
    }
}

static zs_status add_notes(zs_arena *arena, zs_result *r, const char *engine,
                           const char *const *notes, uint32_t n, zs_err *err)
{
    const char **all = zs_new(arena, const char *, r->note_n + n + 1);
    if (all == NULL)
        return zs_nomem(err, "result");
    for (uint32_t i = 0; i < r->note_n; i++)
        all[i] = r->notes[i];
    for (uint32_t i = 0; i < n; i++) {
        const char *note =
            engine != NULL ? zs_arena_printf(arena, "%s: %s", engine, notes[i]) : notes[i];
        if (note == NULL)
            return zs_nomem(err, "result");
        all[r->note_n++] = note;
    }
    r->notes = all;
    return ZS_OK;
}

/* Of several engines each has the energy of its own MACs; the part and the board are shared. */
static zs_energy energy_of(const zs_design *design, const zs_plan *plan, const zs_result *r)
{
    const uint64_t bytes = r->dram.read_bytes + r->dram.write_bytes;
    uint64_t worked = 0;
    for (uint32_t i = 0; i < plan->row_n; i++)
        worked += worked_macs(&plan->rows[i]);
    if (plan->part_n == 0)
        return zs_energy_of(design, r->cycles, worked, bytes, &r->fit.used);
    zs_energy sum = zs_energy_of(design, r->cycles, 0, bytes, &r->fit.used);
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_energy row =
            zs_energy_of(zs_plan_design(plan, design, i), 0, worked_macs(&plan->rows[i]), 0, NULL);
        sum.part_j[ZS_ENERGY_MAC] += row.part_j[ZS_ENERGY_MAC];
        sum.part_j[ZS_ENERGY_BRAM] += row.part_j[ZS_ENERGY_BRAM];
    }
    zs_energy_add_up(&sum, (double)r->cycles / (double)r->clock_hz);
    return sum;
}

static uint32_t value_of(const zs_design *design, const char *key)
{
    const zs_field *field = zs_field_find(key);
    return *(const uint32_t *)(const void *)((const char *)design + field->offset);
}

/* Lanes that no layer can ever use. */
static zs_status note_lanes(zs_arena *arena, const zs_design *design, const zs_kind_lanes *lanes,
                            const char *engine, zs_result *r, zs_err *err)
{
    for (; lanes != NULL && lanes->unroll != NULL; lanes++) {
        const uint32_t unroll = value_of(design, lanes->unroll);
        const uint32_t bound = lanes->bound != NULL ? value_of(design, lanes->bound) : unroll;
        if (unroll <= bound)
            continue;
        const char *note = zs_arena_printf(
            arena, "%s of %u is above %s of %u: of every %u lanes %u never have work",
            lanes->unroll, unroll, lanes->bound, bound, unroll, unroll - bound);
        if (note == NULL)
            return zs_nomem(err, "result");
        ZS_TRY(add_notes(arena, r, engine, &note, 1, err));
    }
    return ZS_OK;
}

/* What the kind of the engine says, or of several engines the kind of each. */
static zs_status ask_kinds(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const zs_plan *plan, zs_result *r, zs_err *err)
{
    const zs_plan_part only = {.design = design, .plan = plan};
    const zs_plan_part *parts = plan->part_n > 0 ? plan->parts : &only;
    const uint32_t part_n = plan->part_n > 0 ? plan->part_n : 1;
    for (uint32_t i = 0; i < plan->call_n; i++) {
        const zs_design *of = zs_plan_design(plan, design, plan->calls[i].row0);
        r->register_writes += of->accel.registers;
    }
    for (uint32_t i = 0; i < part_n; i++)
        if (parts[i].plan->kind->hls_cycles != NULL)
            r->hls_cycles += parts[i].plan->kind->hls_cycles(parts[i].design, net, parts[i].plan);
    const zs_kind_totals totals = {r->cycles, r->hls_cycles, r->macs, r->fidelity};
    for (uint32_t i = 0; i < part_n; i++) {
        const char *const *notes = NULL;
        uint32_t n = 0;
        if (parts[i].plan->kind->notes != NULL)
            ZS_TRY(parts[i].plan->kind->notes(arena, parts[i].plan, &totals, &notes, &n, err));
        if (n > 0)
            ZS_TRY(add_notes(arena, r, parts[i].name, notes, n, err));
        if (parts[i].plan->choice_note != NULL)
            ZS_TRY(add_notes(arena, r, parts[i].name, &parts[i].plan->choice_note, 1, err));
        ZS_TRY(note_lanes(arena, parts[i].design, parts[i].plan->kind->lanes,
                          part_n > 1 ? parts[i].name : NULL, r, err));
    }
    if (plan->swap_n > 0) {
        const char *note = zs_arena_printf(
            arena, "%u times another engine comes onto the part, %.2f ms each (%s, %llu bytes)",
            plan->swap_n, 1e3 * zs_swap_seconds(design), zs_words_swap[design->swap.by].word,
            (unsigned long long)zs_swap_bytes(design));
        if (note == NULL)
            return zs_nomem(err, "result");
        ZS_TRY(add_notes(arena, r, NULL, &note, 1, err));
    }
    if (plan->rearranged_bytes == 0)
        return ZS_OK;
    const char *note = zs_arena_printf(
        arena,
        "the PS rearranges %llu bytes of tensors that pass between engines of different layouts",
        (unsigned long long)plan->rearranged_bytes);
    return note != NULL ? add_notes(arena, r, NULL, &note, 1, err) : zs_nomem(err, "result");
}

/* An account in blocks that the part has none of says nothing of whether a design fits it. */
static zs_status add_foreign_blocks(zs_arena *arena, zs_result *r, zs_err *err)
{
    zs_resources foreign = r->fit.used;
    const zs_resources none = {0};
    for (uint32_t i = 0; i < r->fit.family->block_n; i++)
        foreign.n[r->fit.family->blocks[i].id] = 0;
    const char *blocks = zs_fit_excess(arena, &foreign, &none);
    if (blocks == NULL)
        return zs_nomem(err, "result");
    if (blocks[0] == '\0')
        return ZS_OK;
    const char *note = zs_arena_printf(
        arena,
        "the account of this kind of accelerator is in blocks of another family than %s: %s; how "
        "much of %s it takes is not known",
        r->fit.family->name, blocks, r->board);
    return note != NULL ? add_notes(arena, r, NULL, &note, 1, err) : zs_nomem(err, "result");
}

zs_status zs_result_finish(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const zs_plan *plan, zs_fidelity fidelity, zs_layer_result *layers,
                           zs_result *r, zs_err *err)
{
    zs_result_describe(r, design, net, plan, fidelity);
    r->fusion_note = plan->fusion_note;
    r->memory_peak_bytes_per_s = design->board.memory.kind == ZS_MEMORY_FIXED
                                     ? r->roofline.dram_bytes_per_s
                                     : zs_memory_peak_bytes_per_s(&design->board.memory);
    r->register_write_s = zs_cpu_register_write_s(&design->board.cpu, r->clock_hz);
    r->register_read_s = zs_cpu_register_read_s(&design->board.cpu, r->clock_hz);
    r->memory_tck_ps = design->board.memory.tck_ps;
    r->memory_channels = zs_memory_channels(&design->board.memory);
    ZS_TRY(zs_fit_build(arena, design, plan, &r->fit, err));
    ZS_TRY(finish_rows(arena, design, plan, layers, r, err));
    ZS_TRY(zs_engine_results_finish(arena, design, plan, layers, r, err));
    ZS_TRY(add_swaps(arena, design, plan, r, err));
    ZS_TRY(ask_kinds(arena, design, net, plan, r, err));
    ZS_TRY(add_foreign_blocks(arena, r, err));
    if (plan->flow != NULL)
        ZS_TRY(zs_flow_note(arena, plan, r, err));
    const char *clock = zs_clock_note(arena, design);
    if (clock == NULL)
        return zs_nomem(err, "result");
    if (clock[0] != '\0')
        ZS_TRY(add_notes(arena, r, NULL, &clock, 1, err));
    r->energy = energy_of(design, plan, r);
    return ZS_OK;
}

/* ---- promises -------------------------------------------------------------------------------- */

static zs_status broken(zs_err *err, const char *what, const char *where, uint64_t got,
                        uint64_t wanted)
{
    return zs_fail(err, ZS_EINTERNAL, where, "%s: %llu against %llu", what, (unsigned long long)got,
                   (unsigned long long)wanted);
}

static zs_status check_row(const zs_layer_result *l, zs_err *err)
{
    uint64_t waited = 0, bytes = 0;
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++)
        waited += l->waited_cycles[c];
    for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
        bytes += l->operand_bytes[k];
    if (waited != l->cycles)
        return broken(err, "work and waits do not add up to the row's cycles", l->name, waited,
                      l->cycles);
    if (bytes != l->read_bytes + l->write_bytes)
        return broken(err, "bytes by operand do not add up", l->name, bytes,
                      l->read_bytes + l->write_bytes);
    if (bytes < l->compulsory_bytes)
        return broken(err, "fewer bytes than any schedule must move", l->name, bytes,
                      l->compulsory_bytes);
    return ZS_OK;
}

/* Bytes are neither lost nor made between the ports and the DRAM. `bound` has no ports. */
static zs_status check_ports(const zs_result *r, zs_err *err)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < r->port_n; i++)
        bytes += r->ports[i].bytes;
    if (r->port_n > 0 && bytes != r->dram.read_bytes + r->dram.write_bytes)
        return broken(err, "bytes of the ports do not add up to the DRAM's", r->network, bytes,
                      r->dram.read_bytes + r->dram.write_bytes);
    return ZS_OK;
}

zs_status zs_result_check(const zs_result *r, zs_err *err)
{
    uint64_t end = 0, cycles = 0, bound = 0, read = 0, write = 0;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        const zs_layer_result *l = &r->layers[i];
        ZS_TRY(check_row(l, err));
        end = zs_max_u64(end, l->start_cycle + l->cycles);
        cycles += l->cycles;
        bound += l->bound_cycles;
        read += l->read_bytes;
        write += l->write_bytes;
        if (end < bound)
            return broken(err, "rows end before their lower bound", l->name, end, bound);
    }
    ZS_TRY(check_ports(r, err));
    if (end != r->cycles)
        return broken(err, "the last row does not end with the run", r->network, end, r->cycles);
    if (cycles != r->cycles && !r->layers_overlap)
        return broken(err, "rows do not add up to the total cycles", r->network, cycles, r->cycles);
    read += r->swap_bytes;
    if (read != r->dram.read_bytes)
        return broken(err, "rows and bitstreams do not add up to the DRAM reads", r->network, read,
                      r->dram.read_bytes);
    if (write != r->dram.write_bytes)
        return broken(err, "rows do not add up to the DRAM writes", r->network, write,
                      r->dram.write_bytes);
    return ZS_OK;
}
