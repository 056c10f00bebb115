/* capacity.h - what hardware costs and how long it takes: block RAM shapes, MAC operators, the PS.
 *
 * Closed-form rules of the parts, without layers or plans; bound/fit.c adds them up for a design.
 * Sources are in the rows of hw/operators.def and in docs/models/resources.md. */
#ifndef ZYNQSIM_CAPACITY_H
#define ZYNQSIM_CAPACITY_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"

/* BRAM18 blocks of one memory of `words` x `bits` in one bank: the depth is rounded up to a power
 * of two and mapped to the 7-series shapes (16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18, 512 x 36),
 * cheapest shape wins. The rule gives 128 for 50,176 x 32 and 32 for 9,216 x 32 (Arora-Lanka). A
 * memory of at most ZS_LUTRAM_BITS goes to distributed RAM and costs 0 blocks. */
uint32_t zs_bram18_of(uint64_t words, uint32_t bits);
#define ZS_LUTRAM_BITS 512u
/* LUTs of that memory when it is distributed (RAM64X1D-like, 64 bits a LUT pair as for reads). */
uint32_t zs_lutram_luts_of(uint64_t words, uint32_t bits);

/* One multiply-accumulate of a precision. */
typedef struct zs_mac_cost {
    uint32_t dsp, lut, ff;
    uint32_t mul_latency_pl_cycles, add_latency_pl_cycles;
} zs_mac_cost;
const zs_mac_cost *zs_mac_cost_of(uint32_t precision);

/* Cycles of a tile's loop nest on the MAC array. */
typedef struct zs_mac_loop {
    uint32_t oc, ic, oy, ox, ky, kx; /* trip counts of the tile */
    bool depthwise;                  /* oc channels, each with its own input: ic is 1 */
} zs_mac_loop;
/* Initiation interval: the largest of the design's own, the accumulator's recurrence (an adder of
 * latency L with fewer than L independent sums in flight), and the ports of the banked buffers. */
uint32_t zs_mac_interval(const zs_design *design, const zs_mac_loop *loop);
/* trips x interval + pipeline depth, filled and drained once; trips x iteration latency when the
 * loop is not pipelined. */
uint64_t zs_mac_pl_cycles(const zs_design *design, const zs_mac_loop *loop);
uint32_t zs_mac_depth_pl_cycles(const zs_design *design);
/* Element-wise work on the vector path behind the accumulators (pooling, add, clip, copy into a
 * resident buffer): one operation per output-channel lane and clock, plus the pipeline depth. */
uint64_t zs_vector_pl_cycles(const zs_design *design, uint64_t ops);

/* Time of the PS, in seconds; the simulator rounds up to PL cycles. */
typedef enum zs_cpu_work { ZS_CPU_MACS, ZS_CPU_POOL_OPS, ZS_CPU_ELEMENTS, ZS_CPU_EXPS } zs_cpu_work;
double zs_cpu_work_s(const zs_cpu_params *cpu, zs_cpu_work kind, uint64_t n);
/* Writing the registers and starting a call, and noticing its end. */
double zs_cpu_call_start_s(const zs_cpu_params *cpu, uint32_t registers);
double zs_cpu_call_end_s(const zs_cpu_params *cpu);
double zs_cpu_cache_s(const zs_cpu_params *cpu, uint64_t bytes);
/* Seconds to whole PL cycles, rounded up, from the exact binary value. */
uint64_t zs_seconds_to_pl_cycles(double seconds, uint64_t clock_hz);

#endif
