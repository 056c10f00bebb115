#include "zynqsim/capacity.h"

#define COST(dsp, bram18, lut, ff)                                                                 \
    {                                                                                              \
        {                                                                                          \
            [ZS_RESOURCE_DSP] = (dsp), [ZS_RESOURCE_BRAM18] = (bram18), [ZS_RESOURCE_LUT] = (lut), \
            [ZS_RESOURCE_FF] = (ff)                                                                \
        }                                                                                          \
    }

const zs_operator zs_operators[ZS_OPERATOR_N] = {
#define OPERATOR(id, name, latency, dsp, bram18, ff, lut, source)                                  \
    [ZS_OPERATOR_##id] = {name, latency, COST(dsp, bram18, lut, ff), source},
#include "zynqsim/operators.def"
#undef OPERATOR
};

enum { BRAM_PORTS = 2 };

enum {
#define OPERATOR(id, name, latency, dsp, bram18, ff, lut, source)                                  \
    id##_LATENCY = latency, id##_DSP = dsp, id##_BRAM18 = bram18, id##_FF = ff, id##_LUT = lut,
#include "zynqsim/operators.def"
#undef OPERATOR
};

#define PRECISION(id, word, meaning, tag, weights, activations, sum, sum_bits, sum_bytes,          \
                  bias_bits, mul_, add_, ...)                                                      \
    [id] = {.mul = ZS_OPERATOR_##mul_,                                                             \
            .add = ZS_OPERATOR_##add_,                                                             \
            .cost = COST(mul_##_DSP + add_##_DSP, mul_##_BRAM18 + add_##_BRAM18,                   \
                         mul_##_LUT + add_##_LUT, mul_##_FF + add_##_FF),                          \
            .mul_latency_pl_cycles = mul_##_LATENCY,                                               \
            .add_latency_pl_cycles = add_##_LATENCY},
static const zs_mac_cost mac_costs[ZS_PRECISION_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION

#define PRECISION(id, word, meaning, tag, weights, activations, sum, sum_bits, sum_bytes,          \
                  bias_bits, mul, add, compare, rescale, round, lut_mul, tree_add, energy)         \
    [id] = {ZS_OPERATOR_##compare, ZS_OPERATOR_##rescale, ZS_OPERATOR_##round,                     \
            ZS_OPERATOR_##lut_mul, ZS_OPERATOR_##tree_add},
static const zs_precision_operators operators_of[ZS_PRECISION_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION

const zs_mac_cost *zs_mac_cost_of(uint32_t precision)
{
    return &mac_costs[precision];
}

const zs_precision_operators *zs_operators_of(uint32_t precision)
{
    return &operators_of[precision];
}

uint32_t zs_requantise_pl_cycles(uint32_t precision)
{
    const zs_precision_operators *of = &operators_of[precision];
    return zs_operators[of->rescale].latency_pl_cycles + zs_operators[of->round].latency_pl_cycles;
}

static uint32_t saturated_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

uint64_t zs_mac_chain(const zs_design *design, bool depthwise)
{
    const uint64_t taps = (uint64_t)design->accel.unroll.ky * design->accel.unroll.kx;
    return depthwise ? taps : taps * design->accel.unroll.ic;
}

/* Products of a chain of additions; the sums of fp32 may not be reordered into a tree. */
static uint32_t depth_of(const zs_design *design, uint64_t chain)
{
    const zs_mac_cost *mac = zs_mac_cost_of(design->accel.precision);
    return saturated_u32(BRAM_LOAD_LATENCY + mac->mul_latency_pl_cycles +
                         chain * mac->add_latency_pl_cycles + BRAM_STORE_LATENCY);
}

static uint32_t mac_depth(const zs_design *design, const zs_mac_array *array, bool depthwise)
{
    const uint32_t stated = array->depth_pl_cycles;
    return stated != 0 ? stated : depth_of(design, zs_mac_chain(design, depthwise));
}

uint32_t zs_mac_depth_pl_cycles(const zs_design *design, const zs_mac_array *array)
{
    return mac_depth(design, array, false);
}

/* Accesses of the fullest bank when `lanes` neighbouring channels lie in cyclic banks. */
static uint64_t per_bank(uint32_t lanes, uint32_t partition, uint32_t automatic)
{
    return zs_ceil_div(lanes, partition ? partition : automatic);
}

/* Every pixel lane has banks of its own, and every tap its own weights; but the taps of a pixel
 * read the same input bank. */
uint32_t zs_mac_port_interval(const zs_design *design, const zs_mac_array *array, bool depthwise)
{
    const zs_accel *a = &design->accel;
    const uint64_t taps = (uint64_t)a->unroll.ky * a->unroll.kx;
    const uint32_t channels_in = depthwise ? a->unroll.oc : a->unroll.ic;
    const uint64_t input = per_bank(channels_in, array->bank_ic, a->unroll.ic) * taps;
    const uint64_t sum = 2 * per_bank(a->unroll.oc, array->bank_oc, a->unroll.oc);
    return saturated_u32(
        zs_ceil_div(zs_max_u64(input, sum), BRAM_PORTS)); /* weights: half of sum */
}

/* Iterations between two additions to the same sum. */
static uint64_t independent_sums(const zs_design *design, const zs_mac_loop *loop)
{
    const zs_accel *a = &design->accel;
    return zs_times_u64(
        zs_ceil_div(loop->oc, a->unroll.oc),
        zs_times_u64(zs_ceil_div(loop->oy, a->unroll.oy), zs_ceil_div(loop->ox, a->unroll.ox)));
}

static uint64_t recurrence(const zs_design *design, const zs_mac_array *array,
                           const zs_mac_loop *loop)
{
    if (array->depth_pl_cycles != 0 || array->kind == ZS_ARRAY_SYSTOLIC)
        return 1; /* an engine of the user's own adders */
    const uint64_t chain =
        zs_precision_is_float(design->accel.precision) ? zs_mac_chain(design, loop->depthwise) : 1;
    const uint64_t latency = chain * zs_mac_cost_of(design->accel.precision)->add_latency_pl_cycles;
    return zs_ceil_div(latency, zs_max_u64(1, independent_sums(design, loop)));
}

static uint32_t pipelined_interval(const zs_design *design, const zs_mac_array *array,
                                   const zs_mac_loop *loop)
{
    const uint64_t ports = zs_mac_port_interval(design, array, loop->depthwise);
    const uint64_t hardware = zs_max_u64(ports, recurrence(design, array, loop));
    return saturated_u32(zs_max_u64(hardware, design->accel.ii));
}

uint32_t zs_mac_interval(const zs_design *design, const zs_mac_array *array,
                         const zs_mac_loop *loop)
{
    const uint64_t ports = zs_mac_port_interval(design, array, loop->depthwise);
    if (!design->accel.pipeline) /* reads that find the ports taken lengthen the iteration */
        return saturated_u32(mac_depth(design, array, loop->depthwise) + ports - 1);
    return pipelined_interval(design, array, loop);
}

static uint64_t trips_of(const zs_design *design, const zs_mac_loop *loop)
{
    const zs_accel *a = &design->accel;
    const uint64_t ic =
        loop->depthwise ? zs_min_u64(loop->ic, 1) : zs_ceil_div(loop->ic, a->unroll.ic);
    const uint64_t taps = zs_ceil_div(loop->ky, a->unroll.ky) * zs_ceil_div(loop->kx, a->unroll.kx);
    return zs_times_u64(independent_sums(design, loop), zs_times_u64(ic, taps));
}

static uint64_t pipeline_cycles(uint64_t trips, uint64_t interval, uint64_t depth)
{
    return zs_plus_u64(zs_times_u64(trips, interval), depth);
}

zs_systolic zs_mac_systolic(const zs_design *design, const zs_mac_array *array)
{
    const zs_accel *a = &design->accel;
    return (zs_systolic){.rows = a->unroll.oy * a->unroll.ox,
                         .cols = a->unroll.oc,
                         .mul_latency_pl_cycles = array->mul_latency_pl_cycles,
                         .add_latency_pl_cycles = array->add_latency_pl_cycles};
}

uint64_t zs_mac_drain_pl_cycles(const zs_design *design, const zs_mac_array *array)
{
    const zs_systolic s = zs_mac_systolic(design, array);
    return array->kind == ZS_ARRAY_SYSTOLIC ? zs_systolic_drain_pl_cycles(&s) : 0;
}

/* One sum of every PE after the other. The inputs of a row pass all its columns, so a depthwise
 * layer, whose output channels have inputs of their own, uses one column. */
static uint64_t systolic_cycles(const zs_design *design, const zs_mac_array *array,
                                const zs_mac_loop *loop)
{
    const zs_systolic s = zs_mac_systolic(design, array);
    const uint64_t depth = (uint64_t)loop->ic * loop->ky * loop->kx;
    const uint64_t pixels = zs_times_u64(zs_ceil_div(loop->oy, design->accel.unroll.oy),
                                         zs_ceil_div(loop->ox, design->accel.unroll.ox));
    const uint64_t channels = loop->depthwise ? loop->oc : zs_ceil_div(loop->oc, s.cols);
    return zs_times_u64(zs_times_u64(pixels, channels), zs_systolic_interval_pl_cycles(&s, depth));
}

uint64_t zs_mac_pl_cycles(const zs_design *design, const zs_mac_array *array,
                          const zs_mac_loop *loop)
{
    const uint64_t trips = trips_of(design, loop);
    if (trips == 0)
        return 0;
    if (array->kind == ZS_ARRAY_SYSTOLIC)
        return pipeline_cycles(1, systolic_cycles(design, array, loop), array->start_pl_cycles);
    const uint64_t depth = mac_depth(design, array, loop->depthwise);
    uint64_t cycles = pipeline_cycles(trips, pipelined_interval(design, array, loop), depth);
    if (!design->accel.pipeline) /* no less than with iterations that overlap, if they are few */
        cycles = zs_max_u64(cycles, zs_times_u64(trips, zs_mac_interval(design, array, loop)));
    return pipeline_cycles(1, cycles, array->start_pl_cycles);
}

uint32_t zs_vector_depth_pl_cycles(const zs_design *design)
{
    return depth_of(design, 1);
}

uint64_t zs_vector_pl_cycles(const zs_design *design, uint32_t lanes, uint64_t ops)
{
    const uint64_t trips = zs_ceil_div(ops, lanes != 0 ? lanes : design->accel.unroll.oc);
    if (trips == 0)
        return 0;
    const uint64_t depth = zs_vector_depth_pl_cycles(design);
    const uint64_t pipelined = pipeline_cycles(trips, 1, depth);
    return design->accel.pipeline ? pipelined : zs_max_u64(pipelined, zs_times_u64(trips, depth));
}

static uint64_t sum_vectors(const zs_design *design, uint32_t oc_n, uint64_t pixel_n)
{
    return zs_times_u64(zs_ceil_div(oc_n, design->accel.unroll.oc), pixel_n);
}

uint64_t zs_post_pl_cycles(const zs_design *design, const zs_mac_array *array, uint32_t oc_n,
                           uint64_t pixel_n)
{
    const uint64_t vectors = sum_vectors(design, oc_n, pixel_n);
    if (vectors == 0)
        return 0;
    const uint64_t pass =
        pipeline_cycles(vectors, array->post_interval_pl_cycles, zs_vector_depth_pl_cycles(design));
    return zs_times_u64(pass, array->post_n);
}

uint64_t zs_clear_pl_cycles(const zs_design *design, const zs_mac_array *array, uint32_t oc_n,
                            uint64_t pixel_n)
{
    return array->clears_sums ? sum_vectors(design, oc_n, pixel_n) : 0;
}
