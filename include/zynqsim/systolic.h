/* systolic.h - an output-stationary systolic array of multiply-accumulators, exact to the clock.
 *
 * Models   rows x cols PEs. In a clock one vector of `rows` inputs and one of `cols` weights enter;
 *          both are skewed, so that PE (r, c) works on them r + c clocks later: multiplier, then
 *          accumulator, one product a clock. A tile is rows x cols sums of `depth` products each.
 *          Once the last PE has the last product of a tile, the sums are copied into shift
 *          registers, from which they leave column by column: `cols` words of `rows` sums.
 *          Meanwhile the products of the next tile enter: tiles follow each other without a gap
 *          where depth >= cols, the clocks that the sums of one take to leave.
 * Formulas fill     = (rows - 1) + (cols - 1) + multiplier + accumulator + 1 (the copy)
 *          drain    = fill + cols - 1
 *          interval = max(depth, cols)
 * Omits    waiting for inputs or for room for outputs: the caller adds it.
 * Sources  docs/models/engine.md, "A systolic array": RTL simulated clock by clock.
 * Memory   plain values; nothing here allocates. */
#ifndef ZYNQSIM_SYSTOLIC_H
#define ZYNQSIM_SYSTOLIC_H

#include <stdint.h>

typedef struct zs_systolic {
    uint32_t rows, cols;                                   /* at least 1 */
    uint32_t mul_latency_pl_cycles, add_latency_pl_cycles; /* at least 1 */
} zs_systolic;

/* From the last vectors of a tile to the first word of its results. */
uint64_t zs_systolic_fill_pl_cycles(const zs_systolic *a);
/* From the last vectors of a tile to the last word of its results. */
uint64_t zs_systolic_drain_pl_cycles(const zs_systolic *a);
/* From the first vectors of a tile of `depth` products a sum to those of the next. */
uint64_t zs_systolic_interval_pl_cycles(const zs_systolic *a, uint64_t depth);

/* Clocks in which vectors enter and words of results leave, over `tiles` >= 1 tiles in a row. The
 * first vectors enter in clock 0. */
typedef struct zs_systolic_times {
    uint64_t last_input, first_output, first_tile_last_output, last_output;
} zs_systolic_times;
zs_systolic_times zs_systolic_run(const zs_systolic *a, uint64_t depth, uint64_t tiles);

#endif
