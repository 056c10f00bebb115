#include "zynqsim/tile_case.h"

#include "zynqsim/kind.h"

#include "zynqsim/plan.h"
#include "zynqsim/sim.h"

#include <stdio.h>

/* ---- parameters ------------------------------------------------------------------------------ */

enum { MOST_SIDE = 4096, MOST_CHANNELS = 65535, MOST_CLOCKS = 1000, MOST_BURSTS = 64 };

static zs_status check(const zs_tile_case *c, zs_err *err)
{
    const struct {
        const char *name;
        uint32_t value, min, max;
    } ranges[] = {
        {"M", c->m, 1, MOST_CHANNELS},
        {"N", c->n, 1, MOST_CHANNELS},
        {"R", c->r, 1, MOST_SIDE},
        {"C", c->c, 1, MOST_SIDE},
        {"K", c->k, 1, 32},
        {"S", c->s, 1, 32},
        {"TM", c->tm, 1, 4096},
        {"TN", c->tn, 1, 4096},
        {"TR", c->tr, 1, MOST_SIDE},
        {"TC", c->tc, 1, MOST_SIDE},
        {"rd_latency", c->rd_latency, 1, MOST_CLOCKS},
        {"b_latency", c->b_latency, 1, MOST_CLOCKS},
        {"rd_outst", c->rd_outst, 1, MOST_BURSTS},
        {"wr_outst", c->wr_outst, 1, MOST_BURSTS},
        {"pipe_depth", c->pipe_depth, 0, MOST_CLOCKS},
        {"block_rows", c->block_rows, 0, 1},
        {"weight_port", c->weight_port, 0, 1},
        {"row_gap", c->row_gap, 0, MOST_CLOCKS},
    };
    for (size_t i = 0; i < ZS_LEN(ranges); i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return zs_fail(err, ZS_ERANGE, ranges[i].name, "%u is outside %u to %u",
                           ranges[i].value, ranges[i].min, ranges[i].max);
    if (c->words_per_beat != 1 && c->words_per_beat != 2 && c->words_per_beat != 4)
        return zs_fail(err, ZS_ERANGE, "words_per_beat", "%u is none of 1, 2 and 4",
                       c->words_per_beat);
    return ZS_OK;
}

/* ---- the design point ------------------------------------------------------------------------ */

/* The clocks that this RTL takes between its parts (docs/models/engine.md). */
enum {
    LOAD_START = 2,
    LOAD_FINISH = 3,
    STORE_START = 2,
    STORE_FINISH = 2,
    WRITE_DATA = 1,
    ISSUE = 1
};

static void set_dma(const zs_tile_case *c, zs_accel *a)
{
    a->dma.merge_rows = false;
    a->dma.chain = true;
    a->dma.block_rows = c->block_rows != 0;
    a->dma.row_gap_pl_cycles = c->row_gap;
    a->dma.start_pl_cycles = LOAD_START;
    a->dma.finish_pl_cycles = LOAD_FINISH;
    a->dma.store_start_pl_cycles = STORE_START;
    a->dma.store_finish_pl_cycles = STORE_FINISH;
    a->dma.write_data_pl_cycles = WRITE_DATA;
    a->ports.input = a->ports.output = ZS_PORT_HP0;
    a->ports.weight = c->weight_port ? ZS_PORT_HP1 : ZS_PORT_HP0;
}

/* Keys that one kind has to itself: that of the first of these rows is the kind of the engine. One
 * clock from full buffers to the first product. A pipeline depth of 0 would ask for that of the
 * operators: one of 1 with products one clock earlier is the same. */
static zs_status set_own_keys(const zs_tile_case *c, zs_design *design, zs_err *err)
{
    const struct {
        const char *path;
        uint32_t value;
    } numbers[] = {
        {"accelerator.tile.oc", c->tm},
        {"accelerator.tile.ic", c->tn},
        {"accelerator.tile.oy", c->tr},
        {"accelerator.tile.ox", c->tc},
        {"accelerator.start", c->pipe_depth > 0 ? ISSUE : 0},
        {"accelerator.pipeline_depth", c->pipe_depth > 0 ? c->pipe_depth : ISSUE},
    };
    static const char *const words[][2] = {
        {"accelerator.loop_order", "output_stationary"},
        {"accelerator.outer_loop", "pixels"},
        {"accelerator.keep_tiles", "false"},
        {"accelerator.weight_layout", "oihw"},
    };
    zs_design_defaults_with(design, zs_field_find(numbers[0].path));
    for (size_t i = 0; i < ZS_LEN(numbers); i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", numbers[i].value);
        ZS_TRY(zs_design_set(design, NULL, numbers[i].path, text, err));
    }
    for (size_t i = 0; i < ZS_LEN(words); i++)
        ZS_TRY(zs_design_set(design, NULL, words[i][0], words[i][1], err));
    return ZS_OK;
}

zs_status zs_tile_case_design(const zs_tile_case *c, zs_design *out, zs_err *err)
{
    ZS_TRY(check(c, err));
    ZS_TRY(set_own_keys(c, out, err));
    out->name = "tile case";
    set_dma(c, &out->accel);
    out->accel.precision = ZS_FP32; /* for its 32-bit words */
    out->accel.unroll.oc = c->tm;
    out->accel.unroll.ic = c->tn;
    out->accel.buffer.weight_bytes = UINT64_C(2) * c->tm * c->tn * c->k * c->k * sizeof(float);
    out->accel.fusion = ZS_FUSION_NONE;
    out->board.memory.kind = ZS_MEMORY_FIXED;
    out->board.memory.bytes = UINT64_C(1) << 34;
    out->board.axi.hp = (zs_axi_params){.beat_bytes = 4 * c->words_per_beat,
                                        .max_beats = 16,
                                        .read_outstanding = c->rd_outst,
                                        .write_outstanding = c->wr_outst,
                                        .read_latency_pl_cycles = c->rd_latency,
                                        .write_latency_pl_cycles = c->b_latency};
    return ZS_OK;
}

/* ---- the run --------------------------------------------------------------------------------- */

static zs_status build_net(zs_arena *arena, const zs_tile_case *c, zs_net **out, zs_err *err)
{
    static const char *const input[1] = {"data"};
    const zs_layer_spec layer = {
        .name = "conv",
        .op = ZS_LAYER_CONV,
        .in = input,
        .in_n = 1,
        .oc = c->m,
        .groups = 1,
        .window = {.kh = c->k, .kw = c->k, .sh = c->s, .sw = c->s, .dh = 1, .dw = 1},
        .no_bias = true};
    const zs_shape x = {c->n, (c->r - 1) * c->s + c->k, (c->c - 1) * c->s + c->k};
    const zs_net_spec spec = {.name = "tile case",
                              .input = {.name = input[0], .shape = x},
                              .layers = &layer,
                              .layer_n = 1};
    return zs_net_build(arena, &spec, out, err);
}

/* Steps of the PS stand between joins, so their time adds to that of the engine. */
static void count_ops(const zs_plan *plan, zs_tile_case_result *r)
{
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const uint64_t price = plan->costs[plan->ops[i].cost_key].pl_cycles;
        if (plan->ops[i].code == ZS_OP_HOST)
            r->total_cycles -= price;
        if (plan->ops[i].code != ZS_OP_MAC)
            continue;
        r->tiles++;
        r->compute_cycles += price - ISSUE;
    }
}

static void count_ports(const zs_result *result, zs_tile_case_result *r)
{
    for (uint32_t i = 0; i < result->port_n; i++) {
        const zs_port_result *p = &result->ports[i];
        const bool is_write = p->name[4] == 'w'; /* "hp0.wr" */
        *(is_write ? &r->wr_bursts : &r->rd_bursts) += p->bursts;
        *(is_write ? &r->wr_beats : &r->rd_beats) += p->beats;
    }
}

zs_status zs_tile_case_run(zs_arena *arena, const zs_tile_case *c, zs_tile_case_result *out,
                           zs_err *err)
{
    zs_design design;
    zs_net *net;
    zs_plan *plan;
    zs_result *result;
    ZS_TRY(zs_tile_case_design(c, &design, err));
    ZS_TRY(build_net(arena, c, &net, err));
    ZS_TRY(zs_plan_build(arena, &design, net, &plan, err));
    ZS_TRY(zs_sim_run(arena, &design, net, plan, ZS_BURST, NULL, &result, err));
    zs_tile_case_result r = {.total_cycles = result->cycles};
    count_ops(plan, &r);
    count_ports(result, &r);
    *out = r;
    return ZS_OK;
}
