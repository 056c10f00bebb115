/* nest.h - closed-form cycles of a kernel that a compiler made of nested loops.
 *
 * Models   loops of trip / unroll iterations of their body and an exit cycle; the initiation
 *          interval of a sum in global memory; stalls of such a sum on DRAM lines; parallel loads
 *          that each fetch a line, or come to its end together; weights that an outer loop copies
 *          before it continues; on-chip arrays with fewer ports than an iteration reads
 *          addresses; launch overhead.
 * Omits    stalls between load-store units of one kernel, banks of the DRAM.
 * Sources  docs/models/kernels.md.
 * Memory   loops live in the arena; all else is plain values. Counts that would overflow saturate.
 */
#ifndef ZYNQSIM_NEST_H
#define ZYNQSIM_NEST_H

#include "zynqsim/base.h"

#define ZS_NO_LOOP UINT32_MAX
enum { ZS_LOOP_NAME_BYTES = 16, ZS_NEST_DEPTH = 32 };

/* `trip` iterations, `unroll` of them in parallel; sibling loops run in sequence. */
typedef struct zs_loop {
    char name[ZS_LOOP_NAME_BYTES];
    uint64_t trip, unroll; /* at least 1 */
    uint32_t inner, next;  /* first inner loop, next sibling; ZS_NO_LOOP: none */
    bool copies;           /* fills an on-chip array from contiguous words of global memory */
    uint32_t least_cycles; /* of a copy: until its first line arrives */
    bool is_argument;      /* trip count unknown at compile time: never fully unrolled */
    uint32_t stall_cycles; /* of an innermost loop, per iteration, on top of the interval */
} zs_loop;

/* Loop 0 is the first outermost loop; inner loops and later siblings have higher indices. */
typedef struct zs_nest {
    zs_loop *loops;
    uint32_t n;
} zs_nest;

/* "ff:64{yy:56{xx:56{rc:64/4}}} i:64": name:trip, /unroll unless 1, {loops inside}. ZS_EPARSE,
 * ZS_ERANGE with `place`; ZS_ENOMEM. */
zs_status zs_nest_parse(zs_arena *arena, const char *text, const char *place, zs_nest *out,
                        zs_err *err);
/* The first loop of a name, or ZS_NO_LOOP. */
uint32_t zs_nest_find(const zs_nest *nest, const char *name);

static inline bool zs_loop_is_flat(const zs_loop *loop) /* fully unrolled: no loop is left */
{
    return loop->unroll >= loop->trip && !loop->is_argument;
}

/* Cycles at initiation interval `interval` of every innermost body. A loop costs its trips, each
 * its inner loops or an interval, plus one exit cycle; where the interval is more than one cycle,
 * another interval, since the last test waits for it. Fully unrolled loops cost their body once, or
 * nothing where they have none. Copies move at most `lsu_words` per cycle. */
uint64_t zs_nest_cycles(const zs_nest *nest, uint32_t interval, uint32_t lsu_words);
/* The same of loop i and its inner loops. */
uint64_t zs_nest_loop_cycles(const zs_nest *nest, uint32_t i, uint32_t interval,
                             uint32_t lsu_words);
/* An on-chip array that windows are read from: rows of `pitch` words, planes of `plane` words,
 * contiguous in the order of loop rc. */
typedef struct zs_nest_array {
    uint64_t pitch, plane;
    uint32_t kh, kw, sh, sw; /* of the window, those of loops ry and rx where they exist */
    bool sums_are_local;     /* the sums of all pixels are in another on-chip array */
} zs_nest_array;
/* Sets stall_cycles of the innermost of the loops yy, xx, rc, ry, rx: stalls on ports, as the words
 * of an iteration lie in as many banks as all addresses have in common, with three read ports each;
 * and, where the unroll factor of a row's pixels does not divide them, on the previous iteration's
 * sums. Windows that do not overlap are read as one wide word. */
void zs_nest_read_array(zs_nest *nest, const zs_nest_array *array);
/* Iterations of the most frequent innermost body. */
uint64_t zs_nest_iterations(const zs_nest *nest);

/* Windowed reads of a kernel in global memory. Zero bytes: none. */
typedef struct zs_nest_window {
    uint64_t bytes;        /* of all planes that one pass reads */
    uint64_t input_bytes;  /* of all planes of all groups; 0: every pass reads the same */
    uint64_t passes;       /* outermost iterations, each of which reads `bytes` */
    uint32_t rows;         /* of one window and plane */
    uint32_t row_bytes;    /* of one row of the window, with the neighbours read along with it */
    uint32_t step_rows;    /* from one window to the next below */
    uint64_t rows_at_once; /* read by one iteration; 0: word by word */
} zs_nest_window;

typedef struct zs_nest_kernel {
    zs_nest nest;
    uint32_t interval;
    bool sum_is_register; /* an interval above 1 is the adder's latency, not the memory's */
    zs_nest_window window;
    uint64_t copies; /* of weights by an outer loop, each of which is waited for */
    uint64_t lines;  /* of word-by-word accesses, each of which stalls by: */
    double line_wait_cycles;
} zs_nest_kernel;

/* Parameters of the board; zs_nest_stratix10 has those of a Stratix 10 card. */
typedef struct zs_nest_memory {
    uint32_t word_bytes;
    uint32_t line_bytes, lsu_bytes; /* of a burst; of a load-store unit per cycle */
    uint32_t cache_bytes;           /* of a load-store unit with reused addresses */
    uint32_t latency_cycles;        /* of a line that an iteration stalls on */
    double channel_bytes_per_s;     /* of one DRAM channel for single lines */
    double launch_s;
} zs_nest_memory;
extern const zs_nest_memory zs_nest_stratix10;
/* Measured on Stratix 10 (docs/models/kernels.md). */
enum {
    ZS_NEST_SUM_INTERVAL = 7,   /* of a sum in global memory that cannot be kept in a register */
    ZS_NEST_LANES_A_CYCLE = 10, /* load units that delay a line by one cycle */
    ZS_NEST_READ_PORTS = 3,     /* of a block RAM at twice the clock, whose fourth port writes */
    ZS_NEST_LINE_CYCLES = 4,    /* most, of load units of one unrolled sum for their next lines */
    ZS_NEST_GUARD_CYCLES = 22,  /* of a sum in an array that the next iteration may write */
    ZS_NEST_COPY_CYCLES = 75    /* until the first line of a copy arrives */
};

/* Sets the stall per line of a flat loop that reads a new word in every iteration, caused by the
 * `units` load units of unrolled sums in the device. */
void zs_nest_wait_for_units(zs_nest_kernel *kernel, uint64_t units, const zs_nest_memory *memory);
/* The same where the innermost loop is that of a row's pixels, and each of them is the sum over
 * input planes that are read at once from global memory: their load units reach the ends of their
 * lines in one iteration. Of other kernels nothing. */
void zs_nest_wait_for_planes(zs_nest_kernel *kernel, const zs_nest_memory *memory);

typedef struct zs_nest_time {
    uint64_t nest_cycles, stall_cycles;
    double dram_s; /* lower bound by the lines read; the longer of it and the cycles counts */
    double seconds;
    uint64_t bytes_again; /* of input lines, fetched again after the first time */
} zs_nest_time;

zs_nest_time zs_nest_time_of(const zs_nest_kernel *kernel, const zs_nest_memory *memory,
                             double clock_hz);

#endif
