#include "zynqsim/kind.h"
#include "support.h"

#include "bound_case.h"
#include "kind_rows.h"
#include "set_key.h"
#include "small_nets.h"
#include "zynqsim/bound.h"
#include "zynqsim/built.h"
#include "zynqsim/capacity.h"

#include <math.h>
#include <string.h>

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* Two slots each of 16 x 16 x 16 inputs, 32 x 16 x 3 x 3 weights, 32 x 14 x 14 sums. */
static zs_plan default_buffers(uint32_t precision)
{
    const uint32_t elem_bits[] = {
        [ZS_FP32] = 32, [ZS_FIXED16] = 16, [ZS_INT8] = 8, [ZS_W8A16] = 16, [ZS_FP16] = 16};
    const uint32_t sum_bits[] = {
        [ZS_FP32] = 32, [ZS_FIXED16] = 48, [ZS_INT8] = 32, [ZS_W8A16] = 48, [ZS_FP16] = 16};
    zs_plan plan = {.kind = zs_kinds[0]};
    plan.buffers[ZS_BUF_INPUT] = (zs_plan_buffer){
        .banks = 4, .depth_words = 2048, .word_bits = elem_bits[precision], .slots = 2};
    plan.buffers[ZS_BUF_WEIGHT] = (zs_plan_buffer){
        .banks = 32, .depth_words = 1024, .word_bits = elem_bits[precision], .slots = 2};
    plan.buffers[ZS_BUF_OUTPUT] = (zs_plan_buffer){
        .banks = 8, .depth_words = 1568, .word_bits = sum_bits[precision], .slots = 2};
    for (uint32_t i = 0; i < ZS_BUF_N; i++) {
        zs_plan_buffer *b = &plan.buffers[i];
        b->bram18 = b->banks * zs_bram18_of(b->depth_words, b->word_bits);
    }
    return plan;
}

static zs_fit fit_of(const zs_design *design, const zs_plan *plan)
{
    zs_fit fit;
    ck_assert_int_eq(zs_fit_build(&arena, design, plan, &fit, NULL), ZS_OK);
    return fit;
}

static zs_resources item(const zs_fit *fit, const char *name)
{
    for (uint32_t i = 0; i < fit->item_n; i++)
        if (strcmp(fit->items[i].name, name) == 0)
            return fit->items[i].r;
    return (zs_resources){{0}};
}

static const struct {
    uint32_t precision;
    const char *item;
    uint32_t dsp, bram18;
} items[] = {
    {ZS_FP32, "MAC array", 160, 0},
    {ZS_FIXED16, "MAC array", 32, 0},
    {ZS_INT8, "MAC array", 32, 0},
    {ZS_FP32, "input buffer", 0, 16},
    {ZS_FIXED16, "input buffer", 0, 8},
    {ZS_INT8, "input buffer", 0, 4},
    {ZS_FP32, "weight buffer", 0, 64},
    {ZS_FIXED16, "weight buffer", 0, 32},
    {ZS_INT8, "weight buffer", 0, 32}, /* half of a block is a block */
    {ZS_FP32, "output buffer", 0, 32},
    {ZS_FIXED16, "output buffer", 0, 48},
    {ZS_INT8, "output buffer", 0, 32},
    {ZS_FP32, "AXI master hp1", 0, 2},
    {ZS_FP32, "requantiser", 0, 0},
    {ZS_INT8, "requantiser", 24, 0}, /* no layer: as if every product were a result */
};

START_TEST(the_account_shows_what_a_precision_costs)
{
    zs_design d = bound_case_design();
    d.accel.precision = items[_i].precision;
    const zs_plan plan = default_buffers(items[_i].precision);
    const zs_fit fit = fit_of(&d, &plan);
    const zs_resources r = item(&fit, items[_i].item);
    ck_assert_uint_eq(r.n[ZS_RESOURCE_DSP], items[_i].dsp);
    ck_assert_uint_eq(r.n[ZS_RESOURCE_BRAM18], items[_i].bram18);
}
END_TEST

/* Without a plan that has any, nothing; with a product more than without; slopes lie in LUTs. */
START_TEST(activations_that_an_engine_writes_take_luts)
{
    zs_design d = bound_case_design();
    d.accel.precision = ZS_INT8;
    zs_plan plan = default_buffers(ZS_INT8);
    const char *name = "activations as it writes";
    zs_fit fit = fit_of(&d, &plan);
    ck_assert_uint_eq(item(&fit, name).n[ZS_RESOURCE_LUT], 0);
    const uint32_t lanes = zs_fit_result_lanes(&d, &plan);
    plan.writes_acts = true;
    fit = fit_of(&d, &plan);
    ck_assert_uint_eq(item(&fit, name).n[ZS_RESOURCE_LUT], 12 * lanes);
    plan.acts_multiply = true;
    plan.act_slopes = 128;
    fit = fit_of(&d, &plan);
    ck_assert_uint_eq(item(&fit, name).n[ZS_RESOURCE_LUT], (12 + 72) * lanes + 128 * 8 / 64);
    ck_assert_uint_eq(item(&fit, name).n[ZS_RESOURCE_DSP], 0);
}
END_TEST

START_TEST(the_default_design_fits_its_board)
{
    const zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    const zs_fit fit = fit_of(&d, &plan);
    ck_assert(fit.fits);
    ck_assert(fit.is_close); /* 130 of 128 at the upper end of the band */
    ck_assert_str_eq(fit.binding, "bram18");
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_BRAM18], 16 + 64 + 32 + 3 * 2);
    ck_assert_uint_gt(item(&fit, "MAC array").n[ZS_RESOURCE_LUT], 32 * 300);
    ck_assert_uint_lt(item(&fit, "MAC array").n[ZS_RESOURCE_LUT], 32 * 500); /* as built, all in */
    ck_assert_uint_eq(fit.available.n[ZS_RESOURCE_LUT], 53200);
}
END_TEST

START_TEST(the_items_add_up_to_what_is_used)
{
    zs_design d = bound_case_design();
    d.accel.precision = (uint32_t)_i;
    const zs_plan plan = default_buffers((uint32_t)_i);
    const zs_fit fit = fit_of(&d, &plan);
    zs_resources sum = {{0}};
    for (uint32_t i = 0; i < fit.item_n; i++) {
        ck_assert_uint_gt(strlen(fit.items[i].detail), 0);
        for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
            sum.n[id] += fit.items[i].r.n[id];
    }
    ck_assert_mem_eq(&sum, &fit.used, sizeof sum);
}
END_TEST

START_TEST(the_details_show_the_arithmetic)
{
    const zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    const zs_fit fit = fit_of(&d, &plan);
    ck_assert_str_eq(fit.items[0].detail, "32 x (fmul 3 + fadd 2 DSP)");
    ck_assert_str_eq(fit.items[2].name, "input buffer");
    ck_assert_str_eq(fit.items[2].detail, "4 x 4 BRAM18: banks of 2048 x 32 b, 2 slots");
}
END_TEST

/* The default uses 190 DSP (171..218), 118 BRAM18 (112..130), about 29,000 LUT and 28,000 FF. */
static const struct {
    uint32_t dsp, bram18, lut, ff;
    const char *binding;
    bool is_close;
    const char *excess; /* "?": not stated here */
} boards[] = {
    {219, 130, 60000, 106400, NULL, false, ""},
    {217, 130, 60000, 106400, "dsp", true, ""},
    {171, 130, 60000, 106400, "dsp", true, "190 DSP of 171"},
    {170, 130, 60000, 106400, "dsp", false, "190 DSP of 170"},
    {219, 129, 60000, 106400, "bram18", true, ""},
    {219, 111, 60000, 106400, "bram18", false, "118 BRAM18 of 111"},
    {219, 130, 10000, 106400, "lut", false, "?"},
    {219, 130, 30000, 106400, "lut", true, ""},
    {219, 130, 60000, 10000, "ff", false, "?"},
    {100, 40, 60000, 106400, "bram18", false, "190 DSP of 100, 118 BRAM18 of 40"},
    {40, 100, 60000, 106400, "dsp", false, "190 DSP of 40, 118 BRAM18 of 100"},
    {0, 1, 1, 1, "dsp", false, "?"},
    {1, 0, 1, 1, "bram18", false, "?"},
    {1, 1, 1, 0, "ff", false, "?"},
};

START_TEST(the_resource_exceeded_by_the_largest_factor_binds)
{
    zs_design d = bound_case_design();
    d.board.dsp = boards[_i].dsp;
    d.board.bram18 = boards[_i].bram18;
    d.board.lut = boards[_i].lut;
    d.board.ff = boards[_i].ff;
    const zs_plan plan = default_buffers(ZS_FP32);
    const zs_fit fit = fit_of(&d, &plan);
    ck_assert_int_eq(fit.is_close, boards[_i].is_close);
    ck_assert_int_eq(fit.fits, boards[_i].binding == NULL || boards[_i].is_close);
    if (boards[_i].binding == NULL)
        ck_assert_ptr_null(fit.binding);
    else
        ck_assert_str_eq(fit.binding, boards[_i].binding);
    if (boards[_i].excess[0] != '?')
        ck_assert_str_eq(zs_fit_excess(&arena, &fit.used, &fit.available), boards[_i].excess);
}
END_TEST

/* A device of another family: only logic and multipliers, in this order. */
static const zs_block two_blocks[] = {{ZS_RESOURCE_LUT, "cells"}, {ZS_RESOURCE_DSP, "multipliers"}};
static const zs_family two = {"two", two_blocks, 2};

static const struct {
    uint32_t dsp, bram18, lut; /* charged, of 10, 100 and 1000 on the board */
    const char *binding, *excess;
} charges[] = {
    {8, 0, 500, NULL, ""},
    {12, 0, 500, "dsp", "12 DSP of 10"},
    {8, 0, 1500, "lut", "1500 LUT of 1000"},
    {12, 0, 1600, "lut", "12 DSP of 10, 1600 LUT of 1000"},
    {12, 1, 1600, "bram18", "12 DSP of 10, 1 BRAM18 of 0, 1600 LUT of 1000"},
};

START_TEST(a_family_has_the_blocks_of_its_table)
{
    const zs_board board = {.dsp = 10, .bram18 = 100, .lut = 1000};
    const zs_resources charged = {{[ZS_RESOURCE_DSP] = charges[_i].dsp,
                                   [ZS_RESOURCE_BRAM18] = charges[_i].bram18,
                                   [ZS_RESOURCE_LUT] = charges[_i].lut}};
    zs_fit_account *a = zs_fit_account_new(&arena);
    zs_fit fit;
    zs_fit_add(a, "an engine", "counted", charged);
    ck_assert_int_eq(zs_fit_verdict(a, &two, &board, &fit, NULL), ZS_OK);
    ck_assert_int_eq(fit.fits, charges[_i].binding == NULL);
    ck_assert_pstr_eq(fit.binding, charges[_i].binding);
    ck_assert_str_eq(zs_fit_excess(&arena, &fit.used, &fit.available), charges[_i].excess);
    const zs_fit_line first = zs_fit_line_of(&fit, 0), second = zs_fit_line_of(&fit, 1);
    ck_assert_str_eq(first.key, "lut");
    ck_assert_str_eq(first.name, "cells");
    ck_assert_uint_eq(first.used, charges[_i].lut);
    ck_assert_uint_eq(first.available, 1000);
    ck_assert_str_eq(second.key, "dsp");
    ck_assert_str_eq(second.name, "multipliers");
    ck_assert_uint_eq(second.used, charges[_i].dsp);
    ck_assert_uint_eq(second.available, 10);
}
END_TEST

START_TEST(every_family_names_its_blocks_once)
{
    for (uint32_t f = 0; f < ZS_FAMILY_N; f++)
        for (uint32_t i = 0; i < zs_families[f].block_n; i++) {
            const zs_block *block = &zs_families[f].blocks[i];
            ck_assert_ptr_eq(zs_family_block(&zs_families[f], block->id), block);
            ck_assert_uint_gt(strlen(block->name), 0);
        }
    ck_assert_ptr_null(zs_family_block(&two, ZS_RESOURCE_BRAM18));
    ck_assert_str_eq(zs_families[bound_case_design().board.family].name, "7-series");
}
END_TEST

START_TEST(operands_that_share_a_port_share_its_adapter)
{
    zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    const uint32_t three = fit_of(&d, &plan).used.n[ZS_RESOURCE_BRAM18];
    d.accel.ports.weight = ZS_PORT_HP0;
    ck_assert_uint_eq(fit_of(&d, &plan).used.n[ZS_RESOURCE_BRAM18], three - 2);
    d.accel.ports.output = ZS_PORT_HP0;
    const zs_fit one = fit_of(&d, &plan);
    ck_assert_uint_eq(one.used.n[ZS_RESOURCE_BRAM18], three - 4);
    ck_assert_uint_eq(item(&one, "AXI master hp0").n[ZS_RESOURCE_BRAM18], 2);
}
END_TEST

START_TEST(a_buffer_without_blocks_is_made_of_luts)
{
    const zs_design d = bound_case_design();
    zs_plan plan = default_buffers(ZS_FP32);
    const zs_fit before = fit_of(&d, &plan);
    plan.buffers[ZS_BUF_CARRY] =
        (zs_plan_buffer){.banks = 8, .depth_words = 64, .word_bits = 32, .slots = 1};
    const zs_fit after = fit_of(&d, &plan);
    ck_assert_uint_eq(after.used.n[ZS_RESOURCE_BRAM18], before.used.n[ZS_RESOURCE_BRAM18]);
    ck_assert_uint_eq(
        after.used.n[ZS_RESOURCE_LUT],
        before.used.n[ZS_RESOURCE_LUT] + 8 * 43 +
            zs_fit_bank_logic(zs_fit_account_new(&arena), 8, 64, 32).n[ZS_RESOURCE_LUT]);
    ck_assert_uint_eq(after.item_n, before.item_n + 1);
    ck_assert_str_eq(after.items[5].detail, "8 x 43 LUT: banks of 64 x 32 b, 1 slot");
}
END_TEST

/* A running maximum or lower limit and an upper limit for each element of a beat of 8 bytes; a DMA
 * of one direction for input, weights and output. */
START_TEST(a_line_buffer_engine_pools_a_beat_and_has_three_streams)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_linebuffer);
    d.accel.precision = ZS_INT8;
    const zs_plan plan = {.kind = zs_kinds[KIND_linebuffer]};
    const zs_fit fit = fit_of(&d, &plan);
    const uint32_t *compare = zs_operators[ZS_OPERATOR_CMP8].cost.n;
    const zs_resources pooling = item(&fit, "pooling and activation");
    ck_assert_uint_eq(pooling.n[ZS_RESOURCE_LUT], 2 * 8 * compare[ZS_RESOURCE_LUT]);
    ck_assert_uint_eq(pooling.n[ZS_RESOURCE_FF], 2 * 8 * compare[ZS_RESOURCE_FF]);
    ck_assert_uint_eq(item(&fit, "stream DMAs").n[ZS_RESOURCE_BRAM18],
                      3 * zs_dma_bram18(64, d.board.axi.hp.max_beats));
}
END_TEST

/* 36-bit blocks are one read and one write port; small memories of two full ports are blocks. */
START_TEST(full_ports_take_more_blocks)
{
    const zs_net *net = test_net_build(&arena, 0);
    zs_resources used[2];
    for (uint32_t i = 0; i < 2; i++) {
        zs_design d;
        zs_plan *plan;
        zs_design_defaults(&d);
        d.accel.unroll.oc = 16;
        zs_design_set_kind(&d, KIND_tiled);
        test_set(&d, "accelerator.double_buffer.weight", 0);
        test_set(&d, "accelerator.full_ports", i);
        ck_assert_int_eq(zs_plan_outline(&arena, &d, net, &plan, NULL), ZS_OK);
        used[i] = fit_of(&d, plan).used;
    }
    ck_assert_uint_gt(used[1].n[ZS_RESOURCE_BRAM18], used[0].n[ZS_RESOURCE_BRAM18]);
    ck_assert_uint_le(used[1].n[ZS_RESOURCE_LUT], used[0].n[ZS_RESOURCE_LUT]);
}
END_TEST

static uint64_t bram18_of_memories(const zs_fit *fit)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < fit->item_n; i++)
        if (fit->items[i].group == ZS_FIT_MEMORIES)
            sum += fit->items[i].r.n[ZS_RESOURCE_BRAM18];
    return sum;
}

/* Only kind tiled packs; all kinds have depths. */
static const struct {
    uint32_t kind;
    bool packs, exact;
    const char *key; /* whose value makes a bank just deeper than a power of two */
    double value;
} built_as[] = {
    {KIND_tiled, false, false, "accelerator.tile.oy", 9},
    {KIND_tiled, true, false, "accelerator.tile.oy", 9},
    {KIND_tiled, false, true, "accelerator.tile.oy", 9},
    {KIND_tiled, true, true, "accelerator.tile.oy", 9},
    {KIND_pegrid, false, true, "accelerator.pegrid.plane", 2100},
    {KIND_direct, false, true, "accelerator.direct.plane_words", 33000},
    {KIND_linebuffer, false, true, "accelerator.linebuffer.stream_fifo", 66000},
};

START_TEST(the_buffers_of_a_plan_take_what_the_account_counts)
{
    const zs_net *net = test_net_build(&arena, 0);
    zs_design d;
    zs_plan *plan;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, built_as[_i].kind);
    d.accel.precision = ZS_INT8;
    test_set(&d, built_as[_i].key, built_as[_i].value);
    d.accel.packs_words = built_as[_i].packs;
    d.accel.rounds_depths = !built_as[_i].exact;
    ck_assert_int_eq(zs_plan_outline(&arena, &d, net, &plan, NULL), ZS_OK);
    const zs_fit fit = fit_of(&d, plan);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ZS_BUF_N; i++) {
        const zs_plan_buffer *b = &plan->buffers[i];
        const zs_memory m = {b->banks, b->word_bits, b->depth_words, b->full_ports};
        ck_assert(b->bram18 == 0 || b->bram18 == zs_memory_bram18(&d.accel, m));
        sum += b->bram18;
    }
    ck_assert_uint_gt(sum, 0);
    ck_assert_uint_eq(sum, bram18_of_memories(&fit));
}
END_TEST

START_TEST(absurd_sizes_saturate)
{
    zs_design d = bound_case_design();
    d.accel.unroll.oc = d.accel.unroll.ic = 4096;
    d.accel.unroll.oy = d.accel.unroll.ox = 256;
    zs_plan plan = default_buffers(ZS_FP32);
    plan.buffers[ZS_BUF_INPUT].bram18 = UINT32_MAX;
    const zs_fit fit = fit_of(&d, &plan);
    ck_assert(!fit.fits);
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_DSP], UINT32_MAX);
    ck_assert_uint_eq(fit.used.n[ZS_RESOURCE_BRAM18], UINT32_MAX);
}
END_TEST

/* An arena takes 64 KiB at once; filled up to `fill`, it has to ask again somewhere on the way. */
static zs_status fit_in_what_is_left(size_t fill)
{
    const zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    test_heap_state state = {.fail_at = 2};
    zs_arena small;
    zs_arena_init(&small, test_counting_heap(&state));
    ck_assert_ptr_nonnull(zs_arena_alloc_raw(&small, 1, fill));
    zs_fit fit = {.item_n = 77};
    zs_err err = {0};
    const zs_status status = zs_fit_build(&small, &d, &plan, &fit, &err);
    if (status != ZS_OK) {
        ck_assert_int_eq(err.status, ZS_ENOMEM);
        ck_assert_uint_eq(fit.item_n, 77);
    }
    zs_arena_drop(&small);
    ck_assert_int_eq(state.live_blocks, 0);
    return status;
}

START_TEST(every_refused_allocation_is_reported)
{
    ck_assert_int_eq(fit_in_what_is_left(32 * 1024), ZS_OK);
    const size_t full = 64 * 1024 - 128;
    for (size_t left = 0; left <= 1024; left += 64)
        ck_assert_int_eq(fit_in_what_is_left(full - left), ZS_ENOMEM);
}
END_TEST

/* 16 x 16 products of 8 bits: a part of 220 slices keeps as many as address arithmetic leaves. */
START_TEST(products_that_the_part_has_no_slice_for_go_into_luts)
{
    zs_design d = bound_case_design();
    d.accel.precision = ZS_INT8;
    d.accel.unroll.oc = d.accel.unroll.ic = 16;
    d.board.bram18 = 1000;
    const zs_plan plan = default_buffers(ZS_INT8);
    d.board.dsp = 1000;
    const zs_fit all = fit_of(&d, &plan);
    d.board.dsp = 220;
    const zs_fit some = fit_of(&d, &plan);
    const uint32_t moved = all.used.n[ZS_RESOURCE_DSP] - 220;
    ck_assert_uint_gt(moved, 0);
    ck_assert_uint_eq(some.used.n[ZS_RESOURCE_DSP], 220);
    ck_assert_uint_ge(some.used.n[ZS_RESOURCE_LUT], all.used.n[ZS_RESOURCE_LUT] + 95 * moved);
    ck_assert(some.fits);
    ck_assert_ptr_nonnull(strstr(some.items[0].detail, "as no DSP slice is left"));
    ck_assert_uint_le(some.hi.n[ZS_RESOURCE_DSP], 220); /* more of them would move */
    d.accel.dsp_frac = 0.5;
    ck_assert_uint_eq(fit_of(&d, &plan).used.n[ZS_RESOURCE_DSP], all.used.n[ZS_RESOURCE_DSP] - 128);
}
END_TEST

START_TEST(an_interval_shares_operators)
{
    zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    d.accel.ii = 3;
    const zs_fit fit = fit_of(&d, &plan);
    ck_assert_uint_eq(item(&fit, "MAC array").n[ZS_RESOURCE_DSP], 11 * 5);
}
END_TEST

START_TEST(a_clock_that_few_builds_reached_is_noted)
{
    zs_design d = bound_case_design();
    d.board.speed_grade = 1;
    d.accel.says_clock = true;
    ck_assert_str_eq(zs_clock_note(&arena, &d), "");
    d.accel.clock_hz = 400000000;
    ck_assert_ptr_nonnull(strstr(zs_clock_note(&arena, &d), ", 0 closed at 400 MHz or more"));
    ck_assert_uint_gt(zs_clock_builds_of(&d).n, 0);
    ck_assert_uint_eq(zs_clock_builds_of(&d).reached_n, 0);
    ck_assert_ptr_nonnull(strstr(zs_clock_note(&arena, &d), "DataMover's limit is 150 MHz"));
    d.board.speed_grade = 2;
    ck_assert_ptr_nonnull(strstr(zs_clock_note(&arena, &d), "at -2 or slower"));
    ck_assert_ptr_nonnull(strstr(zs_clock_note(&arena, &d), "limit is 180 MHz"));
    d.accel.clock_hz = 200000000; /* one of grade 2 did */
    ck_assert_uint_eq(zs_clock_builds_of(&d).reached_n, 1);
    d.board.speed_grade = 1;
    ck_assert_uint_eq(zs_clock_builds_of(&d).reached_n, 0);
    d.board.family = ZS_FAMILY_STRATIX_10; /* no report is of such */
    ck_assert_uint_eq(zs_clock_builds_of(&d).n, 0);
    ck_assert_str_eq(zs_clock_note(&arena, &d), "");
    d.board.family = ZS_FAMILY_7_SERIES;
    d.accel.says_clock = false;
    ck_assert_str_eq(zs_clock_note(&arena, &d), "");
}
END_TEST

/* What a report of the design says is what its account says with the factors that follow. */
START_TEST(a_report_of_the_design_scales_its_account)
{
    const zs_utilization reports[] = {
        {.report = ZS_ACCOUNT_BUILD, .used = {150, 100, 25000, 40000}},
        {.report = ZS_ACCOUNT_ESTIMATE, .used = {150, 100, 60000, 40000}},
        {.report = ZS_ACCOUNT_BUILD, .used = {NAN, 0, 25000, NAN}},
    };
    zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FP32);
    const zs_fit before = fit_of(&d, &plan);
    d.accel.account = zs_account_scale_of(&before, &reports[_i]);
    const zs_fit after = fit_of(&d, &plan);
    ck_assert_uint_gt(before.around.n[ZS_RESOURCE_LUT], 600);
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const zs_resource_id id = (zs_resource_id)i;
        const double built = zs_utilization_built(&reports[_i], id);
        const bool says = built > 0;
        const double apart = reports[_i].report == ZS_ACCOUNT_ESTIMATE ? before.around.n[i] : 0;
        const double wanted = says ? built + apart : before.used.n[i];
        ck_assert_double_eq_tol(after.used.n[i], wanted, before.item_n); /* items are whole */
        const zs_fit_band band = zs_fit_band_of(&d.accel.account, id);
        ck_assert_double_eq_tol(after.hi.n[i], after.used.n[i] * band.hi, 1);
        if (says && (i == ZS_RESOURCE_LUT || i == ZS_RESOURCE_FF) && _i == 0)
            ck_assert(band.lo == 0.9 && band.hi == 1.1);
    }
}
END_TEST

/* Of products that move out of slices, LUTs are scaled as everything is. */
START_TEST(products_spill_out_of_a_scaled_account)
{
    zs_design d = bound_case_design();
    const zs_plan plan = default_buffers(ZS_FIXED16);
    d.accel.precision = ZS_FIXED16;
    d.accel.account = (zs_account_scale){.dsp = 2, .lut = 0.5};
    const zs_fit all = fit_of(&d, &plan);
    d.board.dsp = all.used.n[ZS_RESOURCE_DSP] - 20; /* ten products of two slices each */
    const zs_fit less = fit_of(&d, &plan);
    d.accel.account.lut = 0;
    const zs_fit whole = fit_of(&d, &plan);
    d.board.dsp += 20;
    const zs_fit whole_before = fit_of(&d, &plan);
    ck_assert_uint_eq(less.used.n[ZS_RESOURCE_DSP], all.used.n[ZS_RESOURCE_DSP] - 20);
    ck_assert_double_eq_tol(
        less.used.n[ZS_RESOURCE_LUT] - all.used.n[ZS_RESOURCE_LUT],
        (whole.used.n[ZS_RESOURCE_LUT] - whole_before.used.n[ZS_RESOURCE_LUT]) / 2.0, 2);
    ck_assert_uint_gt(less.used.n[ZS_RESOURCE_LUT], all.used.n[ZS_RESOURCE_LUT] + 1000);
}
END_TEST

TCase *tcase_fit(void);
TCase *tcase_fit(void)
{
    TCase *tc = tcase_create("fit");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_account_shows_what_a_precision_costs, 0, (int)ZS_LEN(items));
    tcase_add_test(tc, activations_that_an_engine_writes_take_luts);
    tcase_add_test(tc, the_default_design_fits_its_board);
    tcase_add_loop_test(tc, the_items_add_up_to_what_is_used, 0, ZS_PRECISION_COUNT);
    tcase_add_test(tc, the_details_show_the_arithmetic);
    tcase_add_loop_test(tc, the_resource_exceeded_by_the_largest_factor_binds, 0,
                        (int)ZS_LEN(boards));
    tcase_add_loop_test(tc, a_family_has_the_blocks_of_its_table, 0, (int)ZS_LEN(charges));
    tcase_add_test(tc, every_family_names_its_blocks_once);
    tcase_add_test(tc, operands_that_share_a_port_share_its_adapter);
    tcase_add_test(tc, a_buffer_without_blocks_is_made_of_luts);
    tcase_add_test(tc, products_that_the_part_has_no_slice_for_go_into_luts);
    tcase_add_test(tc, an_interval_shares_operators);
    tcase_add_test(tc, a_clock_that_few_builds_reached_is_noted);
    tcase_add_loop_test(tc, a_report_of_the_design_scales_its_account, 0, 3);
    tcase_add_test(tc, products_spill_out_of_a_scaled_account);
    tcase_add_test(tc, a_line_buffer_engine_pools_a_beat_and_has_three_streams);
    tcase_add_test(tc, full_ports_take_more_blocks);
    tcase_add_loop_test(tc, the_buffers_of_a_plan_take_what_the_account_counts, 0,
                        (int)ZS_LEN(built_as));
    tcase_add_test(tc, absurd_sizes_saturate);
    tcase_add_test(tc, every_refused_allocation_is_reported);
    return tc;
}
