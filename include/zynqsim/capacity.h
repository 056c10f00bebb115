/* capacity.h - what hardware costs and how long it takes: block RAM shapes, MAC operators, the PS.
 *
 * Closed-form rules of the parts, without layers or plans; fit.h adds them up for a design.
 * Models   power-of-two depths of block RAM; latencies of operators; the three things that widen an
 *          initiation interval (pragma, recurrence, ports); software rates of one Cortex-A9.
 * Omits    routing, timing closure, block RAM ports taken by the DMA while it fills a second slot.
 * Sources  rows of operators.def; docs/models/resources.md and cpu.md.
 * Memory   plain values; nothing here allocates, nothing can fail. Counts that would overflow
 *          saturate at the largest value of their type. */
#ifndef ZYNQSIM_CAPACITY_H
#define ZYNQSIM_CAPACITY_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/systolic.h"

/* ---- memories -------------------------------------------------------------------------------- */

/* BRAM18 blocks of one memory of `words` x `bits` in one bank: the depth is rounded up to a power
 * of two and mapped to the 7-series shapes (16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18, 512 x 36),
 * cheapest shape wins. The rule gives 128 for 50,176 x 32 and 32 for 9,216 x 32 (Arora-Lanka). A
 * memory of at most ZS_LUTRAM_BITS goes to distributed RAM and costs 0 blocks. Never falls when
 * `words` or `bits` grow. */
uint32_t zs_bram18_of(uint64_t words, uint32_t bits);
#define ZS_LUTRAM_BITS 1023u
/* The same as deep as it is used. */
uint32_t zs_bram18_unrounded_of(uint64_t words, uint32_t bits);
/* The same of a memory whose two ports both read and write, of any size. */
uint32_t zs_bram18_two_port_of(uint64_t words, uint32_t bits);
/* M20K blocks of a memory of `words` x `bits` in one bank: the depth is rounded up to a power of
 * two and mapped to 2K x 10, 1K x 20 or 512 x 40. One of at most ZS_MLAB_BITS lies in an MLAB. */
uint32_t zs_m20k_of(uint64_t words, uint32_t bits);
#define ZS_MLAB_BITS 640u
/* LUTs of a memory when it is distributed: 4 of them are a RAM32M of 32 x 6 b or a RAM64M of
 * 64 x 3 b (UG474). */
uint32_t zs_lutram_luts_of(uint64_t words, uint32_t bits);
/* Whether a bank is distributed: at most ZS_LUTRAM_BITS in all. */
bool zs_is_lutram(uint64_t words, uint32_t bits);

/* Banks of a buffer that are read in step. */
typedef struct zs_memory {
    uint32_t banks, bits;
    uint64_t words;  /* of a bank */
    bool full_ports; /* both ports of a bank read and write */
} zs_memory;
/* As the design has it built: the banks, or where accelerator.packed_words puts them side by side,
 * one as wide as all of them. Distributed banks stay apart. */
zs_memory zs_memory_as_built(const zs_accel *accel, zs_memory m);
/* BRAM18 blocks of the memory as it is built, as deep as accelerator.power_of_two_depths says. The
 * plan, the account and whatever chooses a depth count by this rule. */
uint64_t zs_memory_bram18(const zs_accel *accel, zs_memory m);
/* The depth of a memory that should have m.words, and is to have `least`, with `room` blocks left
 * for it: all of them, or what fits; where not even the least does, as much as costs the same. */
uint64_t zs_memory_depth(const zs_accel *accel, zs_memory m, uint64_t least, uint64_t room);

/* ---- operators ------------------------------------------------------------------------------- */

typedef enum zs_operator_id {
#define OPERATOR(id, ...) ZS_OPERATOR_##id,
#include "zynqsim/operators.def"
#undef OPERATOR
    ZS_OPERATOR_N
} zs_operator_id;

typedef struct zs_operator {
    const char *name;
    uint32_t latency_pl_cycles;
    zs_resources cost;
    const char *source;
} zs_operator;
extern const zs_operator zs_operators[ZS_OPERATOR_N];

/* One multiply-accumulate of a precision: fp32 is fmul + fadd, the integers one DSP slice. */
typedef struct zs_mac_cost {
    zs_operator_id mul, add;
    zs_resources cost;
    uint32_t mul_latency_pl_cycles, add_latency_pl_cycles;
} zs_mac_cost;
const zs_mac_cost *zs_mac_cost_of(uint32_t precision);
/* The operators around it; ZS_OPERATOR_NONE where a precision needs none. */
typedef struct zs_precision_operators {
    zs_operator_id compare;
    zs_operator_id rescale, round;    /* of a requantiser */
    zs_operator_id lut_mul, tree_add; /* PEs without DSP slices; adders of a tree of products */
} zs_precision_operators;
const zs_precision_operators *zs_operators_of(uint32_t precision);
/* The requantiser: its operators one after the other. */
uint32_t zs_requantise_pl_cycles(uint32_t precision);

/* ---- the MAC array --------------------------------------------------------------------------- */

/* What an engine's MAC array is made of besides its lanes (unroll), operators and pragma. All 0:
 * banks as wide as the lanes, a pipeline of the operators' latencies, sums that nothing passes
 * over.
 */
typedef struct zs_mac_array {
    uint32_t bank_ic, bank_oc;                /* cyclic banks of buffers; 0: the lanes */
    uint32_t depth_pl_cycles;                 /* of the pipeline; 0: of its operators */
    uint32_t start_pl_cycles;                 /* from full buffers to the first product of a tile */
    uint32_t post_n, post_interval_pl_cycles; /* instructions that pass over finished sums */
    bool clears_sums;                         /* in a pass of its own ahead of the products */
    uint32_t kind; /* ZS_ARRAY_*; systolic: rows of pixels (unroll.oy x ox) and columns of output
                      channels (unroll.oc), see systolic.h */
    uint32_t mul_latency_pl_cycles, add_latency_pl_cycles; /* of a PE there */
} zs_mac_array;

/* Trip counts of a tile's loop nest. Sums are interleaved: the reduction (ic, ky, kx) is outside,
 * output channels and pixels inside, so a sum is touched again after all others of the tile. */
typedef struct zs_mac_loop {
    uint32_t oc, ic, oy, ox, ky, kx;
    bool depthwise; /* oc channels, each with its own input: ic is 1, ic lanes are idle */
} zs_mac_loop;

/* Products that one sum takes in per iteration: unroll.ic x ky x kx (depthwise: ky x kx). fp32 adds
 * them one after the other, as the order of its sums is fixed; integers in a cascade ahead of the
 * accumulator. */
uint64_t zs_mac_chain(const zs_design *design, bool depthwise);
/* Initiation interval, the largest of:
 *   the design's own;
 *   the recurrence: ceil(L / independent sums), where L is the adder's latency, for fp32 times the
 *     chain, for integers 1; none where the array states its pipeline;
 *   the ports of the banked buffers, see zs_mac_port_interval.
 * A loop that is not pipelined starts an iteration when the last one is done: its interval is the
 * iteration latency, lengthened by reads that find the ports taken. */
uint32_t zs_mac_interval(const zs_design *design, const zs_mac_array *array,
                         const zs_mac_loop *loop);
/* Accesses to the fullest bank over its two ports, at least 1. Banks: input over ic and pixel
 * lanes, weights over oc, ic and taps, sums over oc and pixel lanes; a sum is read and written. */
uint32_t zs_mac_port_interval(const zs_design *design, const zs_mac_array *array, bool depthwise);
/* The start, trips x interval, and when pipelined the depth, filled and drained once. 0
 * when any trip count is 0. */
uint64_t zs_mac_pl_cycles(const zs_design *design, const zs_mac_array *array,
                          const zs_mac_loop *loop);
/* Of a systolic array: what zs_mac_pl_cycles says is until it takes the operands of the next tile;
 * so many clocks later the last sums are out. Else 0. */
uint64_t zs_mac_drain_pl_cycles(const zs_design *design, const zs_mac_array *array);
zs_systolic zs_mac_systolic(const zs_design *design, const zs_mac_array *array);
/* That of the array, or BRAM load, multiply, the chain of additions, BRAM store. */
uint32_t zs_mac_depth_pl_cycles(const zs_design *design, const zs_mac_array *array);
/* Element-wise work on the vector path behind the accumulators (pooling, add, clip, copy into a
 * resident buffer): one operation per lane and clock, plus the pipeline depth; 0 lanes: unroll.oc.
 */
uint64_t zs_vector_pl_cycles(const zs_design *design, uint32_t lanes, uint64_t ops);
uint32_t zs_vector_depth_pl_cycles(const zs_design *design);

/* Passes over sums of `oc_n` channels and `pixel_n` pixels: the instructions
 * behind the last product, each with its own fill and drain, and the clearing ahead of the first. 0
 * where the array has none. */
uint64_t zs_post_pl_cycles(const zs_design *design, const zs_mac_array *array, uint32_t oc_n,
                           uint64_t pixel_n);
uint64_t zs_clear_pl_cycles(const zs_design *design, const zs_mac_array *array, uint32_t oc_n,
                            uint64_t pixel_n);

/* ---- the PS ---------------------------------------------------------------------------------- */

/* Time of the PS, in seconds; the simulator rounds up to PL cycles. */
typedef enum zs_cpu_work { ZS_CPU_MACS, ZS_CPU_POOL_OPS, ZS_CPU_ELEMENTS, ZS_CPU_EXPS } zs_cpu_work;
double zs_cpu_work_s(const zs_cpu_params *cpu, zs_cpu_work kind, uint64_t n);
/* One access to a register of the engine: the way through the PS, and clocks of the PL. */
double zs_cpu_register_write_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz);
double zs_cpu_register_read_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz);
/* Writing the registers and then the start bit: `registers` + 1 stores. */
double zs_cpu_call_start_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz, uint32_t registers);
/* The poll that sees the call's end, and the return of the wait. */
double zs_cpu_call_end_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz);
double zs_cpu_cache_s(const zs_cpu_params *cpu, uint64_t bytes);
/* Seconds to whole PL cycles, rounded up, from the exact binary value; 0 for what is not positive.
 */
uint64_t zs_seconds_to_pl_cycles(double seconds, uint64_t clock_hz);

#endif
