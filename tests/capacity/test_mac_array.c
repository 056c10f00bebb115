#include "support.h"

#include "zynqsim/capacity.h"

#include <string.h>

static const zs_mac_array plain = {0};

/* unroll 8 x 4, pipelined, as in an empty design file */
static zs_design engine(void)
{
    zs_design d = {0};
    d.accel.precision = ZS_FP32;
    d.accel.unroll.oc = 8;
    d.accel.unroll.ic = 4;
    d.accel.unroll.oy = d.accel.unroll.ox = d.accel.unroll.ky = d.accel.unroll.kx = 1;
    d.accel.pipeline = true;
    d.accel.ii = 1;
    return d;
}

static const struct {
    uint32_t precision, dsp, mul, add;
} macs[] = {{ZS_FP32, 5, 4, 5}, {ZS_FIXED16, 1, 3, 1}, {ZS_INT8, 1, 3, 1}, {ZS_W8A16, 1, 3, 1}};

START_TEST(a_mac_costs_what_its_operators_cost)
{
    const zs_mac_cost *mac = zs_mac_cost_of(macs[_i].precision);
    ck_assert_uint_eq(mac->cost.n[ZS_RESOURCE_DSP], macs[_i].dsp);
    ck_assert_uint_eq(mac->mul_latency_pl_cycles, macs[_i].mul);
    ck_assert_uint_eq(mac->add_latency_pl_cycles, macs[_i].add);
    const zs_resources sum =
        zs_resources_plus(zs_operators[mac->mul].cost, zs_operators[mac->add].cost);
    ck_assert_mem_eq(&mac->cost, &sum, sizeof sum);
}
END_TEST

/* scale 6 + round 2 */
static const struct {
    uint32_t precision, requantise;
    zs_operator_id compare;
} around[] = {{ZS_FP32, 0, ZS_OPERATOR_FCMP},
              {ZS_FIXED16, 2, ZS_OPERATOR_CMP16},
              {ZS_INT8, 8, ZS_OPERATOR_CMP8},
              {ZS_W8A16, 8, ZS_OPERATOR_CMP16}};

START_TEST(a_precision_names_the_operators_around_its_macs)
{
    const uint32_t precision = around[_i].precision;
    ck_assert_uint_eq(zs_requantise_pl_cycles(precision), around[_i].requantise);
    ck_assert_uint_eq(zs_operators_of(precision)->compare, around[_i].compare);
}
END_TEST

START_TEST(every_operator_says_where_it_is_from)
{
    for (size_t i = 0; i < ZS_OPERATOR_N; i++) {
        ck_assert_ptr_nonnull(zs_operators[i].name);
        ck_assert_ptr_nonnull(strchr(zs_operators[i].source, '['));
    }
}
END_TEST

/* depth = load 2 + multiply + chain x add + store 1; fp32 with four ic lanes: 2 + 4 + 20 + 1 */
static const struct {
    const char *what;
    zs_mac_loop loop;
    uint32_t precision, ii;
    bool pipeline;
    uint64_t interval, cycles;
} nests[] = {
    {"3x3 tile", {32, 16, 14, 14, 3, 3, false}, ZS_FP32, 1, true, 1, 4 * 4 * 196 * 9 + 27},
    {"1x1 tile", {32, 16, 14, 14, 1, 1, false}, ZS_FP32, 1, true, 1, 3136 + 27},
    {"partly idle lanes", {20, 3, 14, 7, 3, 3, false}, ZS_FP32, 1, true, 1, 3 * 98 * 9 + 27},
    {"one product", {1, 1, 1, 1, 1, 1, false}, ZS_FP32, 1, true, 20, 20 + 27},
    {"fc, 4 sums share 20 cycles", {32, 16, 1, 1, 1, 1, false}, ZS_FP32, 1, true, 5, 80 + 27},
    {"fc, 19 sums", {152, 4, 1, 1, 1, 1, false}, ZS_FP32, 1, true, 2, 38 + 27},
    {"fc, 20 sums", {160, 4, 1, 1, 1, 1, false}, ZS_FP32, 1, true, 1, 20 + 27},
    {"fc, integers do not wait", {32, 16, 1, 1, 1, 1, false}, ZS_FIXED16, 1, true, 1, 16 + 10},
    {"int8", {32, 16, 14, 14, 1, 1, false}, ZS_INT8, 1, true, 1, 3136 + 10},
    {"depthwise", {32, 1, 14, 14, 3, 3, true}, ZS_FP32, 1, true, 1, 4 * 196 * 9 + 12},
    {"depthwise, one pixel", {8, 1, 1, 1, 3, 3, true}, ZS_FP32, 1, true, 5, 45 + 12},
    {"pragma", {32, 16, 14, 14, 1, 1, false}, ZS_FP32, 3, true, 3, 3 * 3136 + 27},
    {"not pipelined", {32, 16, 14, 14, 1, 1, false}, ZS_FP32, 3, false, 27, 27 * 3136},
    {"no channels", {0, 16, 14, 14, 1, 1, false}, ZS_FP32, 1, true, 20, 0},
    {"depthwise without input", {8, 0, 14, 14, 1, 1, true}, ZS_FP32, 1, true, 1, 0},
};

START_TEST(a_nest_costs_trips_times_interval_plus_depth)
{
    zs_design d = engine();
    d.accel.precision = nests[_i].precision;
    d.accel.ii = nests[_i].ii;
    d.accel.pipeline = nests[_i].pipeline;
    ck_assert_msg(zs_mac_interval(&d, &plain, &nests[_i].loop) == nests[_i].interval,
                  "%s: interval %u", nests[_i].what, zs_mac_interval(&d, &plain, &nests[_i].loop));
    ck_assert_msg(zs_mac_pl_cycles(&d, &plain, &nests[_i].loop) == nests[_i].cycles,
                  "%s: %llu cycles", nests[_i].what,
                  (unsigned long long)zs_mac_pl_cycles(&d, &plain, &nests[_i].loop));
}
END_TEST

static const struct {
    uint32_t oc, ic, oy, ox, ky, kx, banks_ic, banks_oc;
    bool depthwise;
    uint32_t interval;
} ports[] = {
    {8, 4, 1, 1, 1, 1, 0, 0, false, 1},
    {8, 4, 1, 1, 1, 1, 4, 8, false, 1},
    {8, 4, 1, 1, 1, 1, 2, 0, false, 1}, /* two channels a bank, two ports */
    {8, 4, 1, 1, 1, 1, 1, 0, false, 2},
    {8, 4, 1, 1, 1, 1, 3, 0, false, 1},
    {8, 4, 1, 1, 1, 1, 64, 64, false, 1},
    {8, 4, 1, 1, 1, 1, 0, 4, false, 2},
    {8, 4, 1, 1, 1, 1, 0, 1, false, 8},
    {8, 4, 1, 1, 1, 1, 0, 3, false, 3},
    {8, 4, 2, 2, 1, 1, 0, 0, false, 1}, /* pixel lanes bring their banks */
    {8, 4, 1, 1, 3, 3, 0, 0, false, 5},
    {8, 4, 1, 1, 3, 1, 0, 0, false, 2},
    {8, 4, 1, 1, 3, 3, 0, 1, false, 8},
    {8, 4, 1, 1, 3, 3, 2, 0, false, 9},
    {8, 4, 1, 1, 1, 1, 0, 0, true, 1},
    {8, 1, 1, 1, 1, 1, 0, 0, true, 4},
    {4096, 4096, 256, 256, 32, 32, 1, 1, false, 2097152},
};

START_TEST(banks_have_two_ports_each)
{
    zs_design d = engine();
    zs_mac_array array = {0};
    d.accel.unroll.oc = ports[_i].oc;
    d.accel.unroll.ic = ports[_i].ic;
    d.accel.unroll.oy = ports[_i].oy;
    d.accel.unroll.ox = ports[_i].ox;
    d.accel.unroll.ky = ports[_i].ky;
    d.accel.unroll.kx = ports[_i].kx;
    array.bank_ic = ports[_i].banks_ic;
    array.bank_oc = ports[_i].banks_oc;
    ck_assert_uint_eq(zs_mac_port_interval(&d, &array, ports[_i].depthwise), ports[_i].interval);
}
END_TEST

START_TEST(taken_ports_lengthen_an_iteration_that_is_not_pipelined)
{
    zs_design d = engine();
    zs_mac_array array = {0};
    d.accel.pipeline = false;
    array.bank_oc = 1;
    const zs_mac_loop loop = {8, 4, 2, 2, 1, 1, false};
    ck_assert_uint_eq(zs_mac_pl_cycles(&d, &array, &loop), 4 * (27 + 7));
}
END_TEST

/* With enough sums in flight and automatic banks; a loop of few sums may lose by a longer chain. */
START_TEST(more_lanes_never_take_longer_to_stream)
{
    const zs_mac_loop loop = {45, 37, 13, 13, 3, 3, false};
    uint64_t before_oc = UINT64_MAX, before_ic = UINT64_MAX, before_ox = UINT64_MAX;
    for (uint32_t lanes = 1; lanes <= 32; lanes++) {
        zs_design d = engine();
        d.accel.precision = (uint32_t)_i;
        d.accel.unroll.oc = lanes;
        const uint64_t oc = zs_mac_pl_cycles(&d, &plain, &loop);
        d = engine();
        d.accel.precision = (uint32_t)_i;
        d.accel.unroll.ic = lanes;
        const uint64_t ic =
            zs_mac_pl_cycles(&d, &plain, &loop) - zs_mac_depth_pl_cycles(&d, &plain);
        d = engine();
        d.accel.precision = (uint32_t)_i;
        d.accel.unroll.ox = lanes;
        const uint64_t ox = zs_mac_pl_cycles(&d, &plain, &loop);
        ck_assert_uint_le(ox, before_ox);
        before_ox = ox;
        ck_assert_uint_le(oc, before_oc);
        ck_assert_uint_le(ic, before_ic);
        before_oc = oc;
        before_ic = ic;
    }
    ck_assert_uint_gt(before_oc, 13 * 13 * 9);
}
END_TEST

START_TEST(no_nest_beats_its_lanes)
{
    zs_prng prng = {.state = 7};
    for (int i = 0; i < 2000; i++) {
        zs_design d = engine();
        d.accel.unroll.oc = 1 + (uint32_t)zs_prng_below(&prng, 16);
        d.accel.unroll.ic = 1 + (uint32_t)zs_prng_below(&prng, 16);
        d.accel.unroll.ox = 1 + (uint32_t)zs_prng_below(&prng, 3);
        d.accel.pipeline = zs_prng_below(&prng, 2);
        const zs_mac_loop n = {1 + (uint32_t)zs_prng_below(&prng, 70),
                               1 + (uint32_t)zs_prng_below(&prng, 70),
                               1 + (uint32_t)zs_prng_below(&prng, 20),
                               1 + (uint32_t)zs_prng_below(&prng, 20),
                               1 + (uint32_t)zs_prng_below(&prng, 5),
                               3,
                               false};
        const uint64_t products = (uint64_t)n.oc * n.ic * n.oy * n.ox * n.ky * n.kx;
        const uint64_t lanes = (uint64_t)d.accel.unroll.oc * d.accel.unroll.ic * d.accel.unroll.ox;
        ck_assert_msg(zs_mac_pl_cycles(&d, &plain, &n) * lanes >= products, "seed 7, nest %d", i);
    }
}
END_TEST

START_TEST(overlapping_iterations_never_take_longer)
{
    zs_prng prng = {.state = 8};
    for (int i = 0; i < 2000; i++) {
        zs_design d = engine();
        zs_mac_array array = {0};
        array.depth_pl_cycles = (uint32_t)zs_prng_below(&prng, 3);
        d.accel.ii = 1 + (uint32_t)zs_prng_below(&prng, 4);
        const zs_mac_loop n = {1 + (uint32_t)zs_prng_below(&prng, 12),
                               1 + (uint32_t)zs_prng_below(&prng, 6),
                               1 + (uint32_t)zs_prng_below(&prng, 2),
                               1,
                               1,
                               1,
                               false};
        const uint64_t ops = zs_prng_below(&prng, 20);
        const uint64_t pipelined = zs_mac_pl_cycles(&d, &array, &n),
                       vectors = zs_vector_pl_cycles(&d, 0, ops);
        d.accel.pipeline = false;
        ck_assert_msg(zs_mac_pl_cycles(&d, &array, &n) >= pipelined, "seed 8, nest %d", i);
        ck_assert_msg(zs_vector_pl_cycles(&d, 0, ops) >= vectors, "seed 8, %d", (int)ops);
    }
}
END_TEST

START_TEST(huge_nests_saturate)
{
    const zs_design d = engine();
    const zs_mac_loop loop = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 9, 9, false};
    ck_assert_uint_eq(zs_mac_pl_cycles(&d, &plain, &loop), UINT64_MAX);
}
END_TEST

static const struct {
    uint32_t precision;
    bool pipeline;
    uint64_t ops, cycles;
    uint32_t lanes;
} vectors[] = {
    {ZS_FP32, true, 0, 0, 0},          {ZS_FP32, true, 1, 1 + 12, 0},
    {ZS_FP32, true, 8, 1 + 12, 0},     {ZS_FP32, true, 9, 2 + 12, 0},
    {ZS_FP32, true, 800, 100 + 12, 0}, {ZS_FP32, false, 800, 1200, 0},
    {ZS_INT8, true, 800, 100 + 7, 0},  {ZS_INT8, true, 800, 200 + 7, 4},
    {ZS_INT8, true, 9, 1 + 7, 16},
};

START_TEST(the_vector_path_does_one_operation_per_output_lane)
{
    zs_design d = engine();
    d.accel.precision = vectors[_i].precision;
    d.accel.pipeline = vectors[_i].pipeline;
    ck_assert_uint_eq(zs_vector_pl_cycles(&d, vectors[_i].lanes, vectors[_i].ops),
                      vectors[_i].cycles);
}
END_TEST

/* A stated pipeline has its own depth and no recurrence; what starts a tile comes on top. */
static const struct {
    uint32_t depth, start, pixels;
    bool pipeline;
    uint64_t cycles;
} stated[] = {
    {8, 0, 14, true, 3136 + 8},      {8, 1, 14, true, 1 + 3136 + 8},  {1, 0, 1, true, 16 + 1},
    {0, 5, 14, true, 5 + 3136 + 27}, {8, 2, 14, false, 2 + 3136 * 8},
};

START_TEST(a_stated_pipeline_is_taken_at_its_word)
{
    zs_design d = engine();
    zs_mac_array array = {0};
    d.accel.pipeline = stated[_i].pipeline;
    array.depth_pl_cycles = stated[_i].depth;
    array.start_pl_cycles = stated[_i].start;
    const zs_mac_loop loop = {32, 16, stated[_i].pixels, stated[_i].pixels, 1, 1, false};
    ck_assert_uint_eq(zs_mac_pl_cycles(&d, &array, &loop), stated[_i].cycles);
    ck_assert_uint_eq(zs_mac_depth_pl_cycles(&d, &array), stated[_i].depth ? stated[_i].depth : 27);
    ck_assert_uint_eq(zs_vector_depth_pl_cycles(&d), 12); /* has operators of its own */
}
END_TEST

TCase *tcase_mac_array(void);
TCase *tcase_mac_array(void)
{
    TCase *tc = tcase_create("MAC array");
    tcase_add_loop_test(tc, a_mac_costs_what_its_operators_cost, 0, (int)ZS_LEN(macs));
    tcase_add_test(tc, every_operator_says_where_it_is_from);
    tcase_add_loop_test(tc, a_precision_names_the_operators_around_its_macs, 0, ZS_LEN(around));
    tcase_add_loop_test(tc, a_nest_costs_trips_times_interval_plus_depth, 0, (int)ZS_LEN(nests));
    tcase_add_loop_test(tc, a_stated_pipeline_is_taken_at_its_word, 0, (int)ZS_LEN(stated));
    tcase_add_loop_test(tc, banks_have_two_ports_each, 0, (int)ZS_LEN(ports));
    tcase_add_test(tc, taken_ports_lengthen_an_iteration_that_is_not_pipelined);
    tcase_add_loop_test(tc, more_lanes_never_take_longer_to_stream, 0, ZS_PRECISION_COUNT);
    tcase_add_test(tc, no_nest_beats_its_lanes);
    tcase_add_test(tc, overlapping_iterations_never_take_longer);
    tcase_add_test(tc, huge_nests_saturate);
    tcase_add_loop_test(tc, the_vector_path_does_one_operation_per_output_lane, 0,
                        (int)ZS_LEN(vectors));
    return tc;
}
