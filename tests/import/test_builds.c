#include "cases.h"

#include "zynqsim/reference.h"

#include <math.h>
#include <string.h>

static zs_reference parse(const char *text)
{
    zs_table table;
    zs_reference ref = {0};
    const zs_span bytes = {(const uint8_t *)text, strlen(text)};
    ck_assert_int_eq(zs_table_parse(&arena, bytes, "a.csv", &table, &err), ZS_OK);
    if (zs_reference_parse(&arena, &table, &ref, &err) != ZS_OK)
        ck_abort_msg("%s: %s", err.place, err.text);
    return ref;
}

#define HEAD                                                                                       \
    "case,part,tool,stage,kind,precision_w_a_acc,macs_per_clock,unroll,buffers,ports,other_"       \
    "blocks,"                                                                                      \
    "dsp,bram18,lut,ff\n"

static const zs_build_measured *row(const char *cells)
{
    const zs_reference ref = parse(zs_arena_printf(&arena, "%s%s\n", HEAD, cells));
    ck_assert_int_eq(ref.form, ZS_FORM_BUILDS);
    return &ref.builds[0];
}

START_TEST(structure_is_read_out_of_prose)
{
    const zs_build_measured *m =
        row("a,xc7z020clg400-1,Vivado,placed,\"16x16 systolic array, HLS\",8/8/32,256,\"16 x 16: "
            "220 products in DSP, rest in LUTs\",\"12 line buffers 3344x16 (4 BRAM18 each), 72 "
            "banks 128x16\",3 x m_axi 256 b,PS interconnect,220,120,44193,");
    const zs_built_design *b = &m->built;
    ck_assert_str_eq(m->why_reported, "");
    ck_assert_uint_eq(b->products.style, ZS_STYLE_HLS);
    ck_assert_uint_eq(b->products.n, 256);
    ck_assert_uint_eq(b->products.weight_bits, 8);
    ck_assert_uint_eq(b->products.sum_bits, 32);
    ck_assert(fabs(b->products.dsp_frac - 220.0 / 256) < 1e-9);
    ck_assert_uint_eq(b->memory_n, 2);
    ck_assert(b->memories_known);
    ck_assert_uint_eq(b->memories[0].banks, 12);
    ck_assert_uint_eq(b->memories[0].words, 3344);
    ck_assert_uint_eq(b->memories[1].banks, 72);
    ck_assert_uint_eq(b->m_axi_n, 3);
    ck_assert_uint_eq(b->m_axi_bits, 256);
    ck_assert(b->has_lite);
    ck_assert(m->used[ZS_RESOURCE_DSP] == 220);
    ck_assert(isnan(m->used[ZS_RESOURCE_FF]));
}
END_TEST

static const struct {
    const char *kind, *unroll;
    uint64_t n, sums;
    uint32_t loops, weight_bits, dsp_beside;
} layered[] = {
    {"\"line-buffer stencil: 7x7 blur, 3 channels\"", "1 pixel a clock", 147, 3, 3, 8, 0},
    {"\"line-buffer stencil: 7x7 Sobel, 3 channels\"", "1 pixel a clock", 147, 3, 3, 2, 0},
    {"line-buffer stencil: 147 products a pixel", "1 pixel a clock", 147, 147, 0, 8, 0},
    {"layers one after the other", "\"200 separate pairs, 1 sums, 7 loops\"", 200, 1, 7, 8, 0},
    {"layers one after the other", "\"1 sums, fexp, fdiv, 7 loops\"", 147, 1, 7, 8, 7},
};

START_TEST(layers_and_stencils_have_loops_and_operators_of_their_own)
{
    const zs_built_design *b = &row(zs_arena_printf(&arena, "a,,,placed,%s,8/8,147,%s,,,,1,1,1,1",
                                                    layered[_i].kind, layered[_i].unroll))
                                    ->built;
    ck_assert_uint_eq(b->products.style, ZS_STYLE_OWN);
    ck_assert_uint_eq(b->products.n, layered[_i].n);
    ck_assert_uint_eq(b->products.sums, layered[_i].sums);
    ck_assert_uint_eq(b->products.weight_bits, layered[_i].weight_bits);
    ck_assert_uint_eq(b->loops, layered[_i].loops);
    ck_assert_uint_eq(b->stated.n[ZS_RESOURCE_DSP], layered[_i].dsp_beside);
}
END_TEST

/* Two products in a slice are one element; a factor of one bit needs no LUT of its own. */
START_TEST(elements_and_gates_are_not_paid_for_twice)
{
    zs_built_design b = {.products = {.style = ZS_STYLE_RTL,
                                      .n = 1000,
                                      .sums = 100,
                                      .weight_bits = 8,
                                      .elem_bits = 8,
                                      .sum_bits = 32,
                                      .dsp_frac = 1,
                                      .per_dsp = 1},
                         .memories_known = true,
                         .ff_frac = 1};
    zs_resources alone, paired;
    ck_assert_int_eq(zs_built_account(&arena, &b, &zs_fit_all_prices, &alone, NULL), ZS_OK);
    b.products.per_dsp = 4; /* a slice at twice the clock */
    ck_assert_int_eq(zs_built_account(&arena, &b, &zs_fit_all_prices, &paired, NULL), ZS_OK);
    ck_assert_uint_eq(2 * paired.n[ZS_RESOURCE_LUT], alone.n[ZS_RESOURCE_LUT]);
    ck_assert_uint_eq(4 * paired.n[ZS_RESOURCE_DSP], alone.n[ZS_RESOURCE_DSP]);
    b.products = (zs_products){.style = ZS_STYLE_OWN,
                               .n = 1000,
                               .sums = 1,
                               .weight_bits = 1,
                               .elem_bits = 1,
                               .sum_bits = 1,
                               .dsp_frac = 1};
    ck_assert_int_eq(zs_built_account(&arena, &b, &zs_fit_all_prices, &alone, NULL), ZS_OK);
    ck_assert_uint_ge(alone.n[ZS_RESOURCE_LUT], 1000); /* the sum */
    ck_assert_uint_le(alone.n[ZS_RESOURCE_LUT], 1010);
}
END_TEST

static const struct {
    const char *buffers;
    uint64_t banks, words;
    uint32_t bits;
    bool known;
} memories[] = {
    {"2 x 2048 x 32", 2, 2048, 32, true},
    {"16Kx32 x 2", 2, 16384, 32, true},
    {"3 arrays x 16 banks of 1024 x 32", 48, 1024, 32, true},
    {"\"weights 258,048 x 8 in 16 banks; line buffers\"", 16, 16128, 8, false},
    {"\"in, out 16Kx32 each (32 tiles)\"", 2, 16384, 32, true},
    {"A: 8 banks 8x16 in LUTRAM; B: 64 registers of 16 b", 8, 8, 16, true},
};

START_TEST(memories_are_banks_of_words_of_bits)
{
    const zs_built_design *b =
        &row(zs_arena_printf(&arena, "a,,,placed,tiled engine,8/8,16,4 x 4,%s,,,1,1,1,1",
                             memories[_i].buffers))
             ->built;
    ck_assert_uint_ge(b->memory_n, 1);
    ck_assert_uint_eq(b->memories[0].banks, memories[_i].banks);
    ck_assert_uint_eq(b->memories[0].words, memories[_i].words);
    ck_assert_uint_eq(b->memories[0].bits, memories[_i].bits);
    ck_assert_int_eq(b->memories_known, memories[_i].known);
}
END_TEST

static const struct {
    const char *cells, *why_reported;
} unjudged[] = {
    {"a,,VHLS,hls-estimate,tiled engine,8/8,16,,,,,1,1,1,1", "estimate"},
    {"a,,,synth,tiled engine,8/8,16,,,,,1,1,1,1", "alone"},
    {"a,,,placed,recurrent network,8/8,16,,,,,1,1,1,1", "no kind"},
    {"a,,,placed,tiled engine,8/8,,,,,,1,1,1,1", "not stated"},
    {"a,,,placed,hls4ml MLP,8/8,16,,,,,1,1,1,1", "constants"},
};

START_TEST(what_is_not_described_is_told_with_its_reason)
{
    ck_assert_ptr_nonnull(strstr(row(unjudged[_i].cells)->why_reported, unjudged[_i].why_reported));
}
END_TEST

static const struct {
    const char *cells, *why;
} told_dsp[] = {
    {"a,,,placed,tiled engine,8/8,16,4 x 4,,,,1,1,1,1", ""},
    {"a,,,placed,tiled engine,fp32,16,4 x 4,,,,1,1,1,1", ""},
    {"a,,,placed,tiled engine,2/4,16,4 x 4,,,,1,1,1,1", "too small"},
    {"a,,,placed,tiled engine,8/8,16,4 x 4 (inferred),,,,1,1,1,1", "inferred"},
    {"a,,,placed,tiled engine with requantiser,8/8,16,4 x 4,,,,1,1,1,1", "requantisers"},
    {"a,,,placed,the same on a board,8/8,16,4 x 4,,,,1,1,1,1", "another row"},
};

START_TEST(slices_that_no_word_speaks_of_are_told)
{
    const char *why = row(told_dsp[_i].cells)->why_dsp_reported;
    ck_assert_ptr_nonnull(strstr(why, told_dsp[_i].why));
    ck_assert_int_eq(why[0] == '\0', told_dsp[_i].why[0] == '\0');
}
END_TEST

START_TEST(memories_of_one_kernel_of_several_are_not_all)
{
    ck_assert(!row("a,,,placed,five HLS stream kernels,8/8,16,4 x 4,conv: 2 x 2048 x 32,,,1,1,1,1")
                   ->built.memories_known);
    ck_assert(row("a,,,placed,five HLS stream kernels,8/8,16,4 x 4,2 x 2048 x 32,,,1,1,1,1")
                  ->built.memories_known);
}
END_TEST

START_TEST(garbage_in_cells_does_no_harm)
{
    const zs_build_measured *m =
        row("a,,,placed,x x x,99999999999999/8/,9e99,1 x 99999999999 x,\"x 3x x4 ,,; 999999999999 "
            "x 99999999999 x 9999999999, (((\",99999999999 x m_axi,9999999999999 LUT,1,1,1,1");
    zs_resources used;
    ck_assert_int_eq(zs_built_account(&arena, &m->built, &zs_fit_all_prices, &used, NULL), ZS_OK);
}
END_TEST

START_TEST(operators_are_predicted_by_rule)
{
    const zs_reference ref =
        parse("kind,operator,configuration,part,dsp,bram18,lut,ff\n"
              "operator,integer multiply,\"16 x 18 -> 33, 1 stages\",p,1,,6,\n"
              "operator,integer multiply,\"5 x 8 -> 13, 1 stages\",p,0,,41,\n"
              "operator,integer multiply,\"64 x 66 -> 129, 3 stages\",p,16,,194,\n"
              "memory,HLS memory estimate (RAM),4056 x 16,p,,4,0,0\n"
              "dma,axi_dma,include_mm2s=1 include_s2mm=1 m_axi_mm2s_data_width=32 "
              "m_axi_s2mm_data_width=32 mm2s_burst_size=16 s2mm_burst_size=16,p,0,4,1504,1975\n"
              "control,whatever,x,p,1,1,1,1\n");
    static const uint32_t dsp[] = {1, 0, 16};
    ck_assert_int_eq(ref.form, ZS_FORM_OPERATORS);
    for (uint32_t i = 0; i < ZS_LEN(dsp); i++)
        ck_assert_uint_eq(ref.operators[i].predicted.n[ZS_RESOURCE_DSP], dsp[i]);
    ck_assert_uint_eq(ref.operators[3].predicted.n[ZS_RESOURCE_BRAM18], 4);
    ck_assert_uint_eq(ref.operators[4].predicted.n[ZS_RESOURCE_BRAM18], 4);
    for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
        ck_assert(!ref.operators[5].has[id]);
}
END_TEST

START_TEST(no_report_is_judged_by_prices_that_it_set)
{
    const zs_fit_prices all = zs_fit_prices_without("somebody/else @1");
    const zs_fit_prices own = zs_fit_prices_without("Xilinx/BNN-PYNQ @d39c1c754");
    ck_assert_mem_eq(&all, &zs_fit_all_prices, sizeof all);
    ck_assert_int_ne(memcmp(&own, &all, sizeof all), 0);
    ck_assert(own.of[ZS_FIT_M_AXI].lut == all.of[ZS_FIT_M_AXI].lut); /* not a free one */
}
END_TEST

TCase *tcase_builds(void)
{
    TCase *tc = net_case("built designs");
    tcase_add_test(tc, structure_is_read_out_of_prose);
    tcase_add_loop_test(tc, layers_and_stencils_have_loops_and_operators_of_their_own, 0,
                        (int)ZS_LEN(layered));
    tcase_add_test(tc, elements_and_gates_are_not_paid_for_twice);
    tcase_add_loop_test(tc, slices_that_no_word_speaks_of_are_told, 0, (int)ZS_LEN(told_dsp));
    tcase_add_test(tc, memories_of_one_kernel_of_several_are_not_all);
    tcase_add_loop_test(tc, memories_are_banks_of_words_of_bits, 0, (int)ZS_LEN(memories));
    tcase_add_loop_test(tc, what_is_not_described_is_told_with_its_reason, 0,
                        (int)ZS_LEN(unjudged));
    tcase_add_test(tc, garbage_in_cells_does_no_harm);
    tcase_add_test(tc, operators_are_predicted_by_rule);
    tcase_add_test(tc, no_report_is_judged_by_prices_that_it_set);
    return tc;
}
