/* nest.h - a kernel that a compiler made of nested loops: how many cycles it takes, without walking
 * it.
 *
 * Models   loops that cost trip / unroll times their body and a cycle to leave; the interval that a
 *          sum in global memory asks for; lines of DRAM that such a sum has to wait for; loads
 *          beside each other that are lines of their own; weights that an outer loop copies before
 *          it goes on; arrays on chip that have fewer ports than an iteration reads addresses; what
 *          a launch takes.
 * Omits    stalls between load-store units of one kernel, banks of the DRAM.
 * Sources  docs/models/kernels.md.
 * Memory   loops live in the arena; all else is plain values. Counts that would overflow saturate.
 */
#ifndef ZYNQSIM_NEST_H
#define ZYNQSIM_NEST_H

#include "zynqsim/base.h"

#define ZS_NO_LOOP UINT32_MAX
enum { ZS_LOOP_NAME_BYTES = 16, ZS_NEST_DEPTH = 32 };

/* `trip` iterations, `unroll` of them side by side; brothers run one after the other. */
typedef struct zs_loop {
    char name[ZS_LOOP_NAME_BYTES];
    uint64_t trip, unroll; /* at least 1 */
    uint32_t inner, next;  /* first loop in it, brother behind it; ZS_NO_LOOP */
    bool copies;           /* fills an on-chip array from contiguous words of global memory */
    uint32_t least_cycles; /* of a copy: until its first line is there */
    bool is_argument; /* its trips are not known when it is compiled: never unrolled as a whole */
    uint32_t stall_cycles; /* of an innermost loop, in each iteration, beyond the interval */
} zs_loop;

/* Loop 0 is the first of the outermost; inner loops and brothers behind come later in the list. */
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

static inline bool zs_loop_is_flat(const zs_loop *loop) /* unrolled as a whole: no loop is left */
{
    return loop->unroll >= loop->trip && !loop->is_argument;
}

/* Cycles when every innermost body starts an iteration per `interval`. A loop costs its trips, each
 * the loops in it or an interval, and one more cycle to leave; where the interval is more than one
 * cycle, another interval, since the last test waits for it. Loops unrolled as a whole cost their
 * body once, or nothing where they have none. Copies move at most
 * `lsu_words` per cycle.  */
uint64_t zs_nest_cycles(const zs_nest *nest, uint32_t interval, uint32_t lsu_words);
/* The same of loop i and what is in it. */
uint64_t zs_nest_loop_cycles(const zs_nest *nest, uint32_t i, uint32_t interval,
                             uint32_t lsu_words);
/* An array on chip that windows are read from: rows of `pitch` words, planes of `plane` words, one
 * behind the other when loop rc goes through them. */
typedef struct zs_nest_array {
    uint64_t pitch, plane;
    uint32_t kh, kw, sh,
        sw;              /* of the window, as its loops ry and rx have them where they are there */
    bool sums_are_local; /* sums of all pixels are in another array */
} zs_nest_array;
/* Marks the innermost of the loops yy, xx, rc, ry, rx with what an iteration waits: for ports, as
 * the words that it reads lie in as many banks as all addresses have in common, with three read
 * ports each; where the pixels of a row are unrolled by what does not divide them, for the sums of
 * the iteration before. Windows that do not overlap are read as one wide word. */
void zs_nest_read_array(zs_nest *nest, const zs_nest_array *array);
/* Iterations of the innermost body that is reached most often. */
uint64_t zs_nest_iterations(const zs_nest *nest);

/* What a kernel reads through windows in global memory. Zero bytes: it reads none so. */
typedef struct zs_nest_window {
    uint64_t bytes;        /* of all planes that one pass reads */
    uint64_t input_bytes;  /* of all planes of all groups; 0: every pass reads the same */
    uint64_t passes;       /* outermost iterations, each of which reads all of it */
    uint32_t rows;         /* of one window and plane */
    uint32_t row_bytes;    /* of one row of the window, neighbours that are read with it included */
    uint32_t step_rows;    /* from one window to the next below */
    uint64_t rows_at_once; /* that one iteration reads; 0: words one after the other */
} zs_nest_window;

typedef struct zs_nest_kernel {
    zs_nest nest;
    uint32_t interval;
    bool sum_is_register; /* the interval, where it is more than 1, is an adder's, no memory's */
    zs_nest_window window;
    uint64_t drains; /* outer iterations that wait for the weights they copy */
    uint64_t lines;  /* of words one after the other, each of which waits: */
    double line_wait_cycles;
} zs_nest_kernel;

/* The board's side of it; zs_nest_stratix10 are the values of a Stratix 10 card. */
typedef struct zs_nest_memory {
    uint32_t word_bytes;
    uint32_t line_bytes, lsu_bytes; /* of a burst; of a load-store unit per cycle */
    uint32_t cache_bytes;           /* of a load-store unit that sees its addresses again */
    uint32_t latency_cycles;        /* of a line that a waiting iteration needs */
    double channel_bytes_per_s;     /* of single lines out of one DRAM channel */
    double launch_s;
} zs_nest_memory;
extern const zs_nest_memory zs_nest_stratix10;
/* A sum in global memory whose loop the compiler cannot keep in a register: iterations a result
 * takes to come back (measured on Stratix 10, docs/models/kernels.md). */
enum {
    ZS_NEST_SUM_INTERVAL = 7,
    ZS_NEST_LANES_A_CYCLE = 10, /* units that a line of another waits for, a cycle for so many */
    ZS_NEST_READ_PORTS = 3,     /* of a block at twice the clock, whose fourth writes */
    ZS_NEST_GUARD_CYCLES = 22,  /* of a sum in an array that the next iteration may write */
    ZS_NEST_COPY_CYCLES = 75    /* of a copy in an inner loop, at least */
};

/* Lines of a flat loop, which takes a new word in every iteration, wait for `units` load units of
 * unrolled sums that are in the device with it. */
void zs_nest_wait_for_units(zs_nest_kernel *kernel, uint64_t units, const zs_nest_memory *memory);

typedef struct zs_nest_time {
    uint64_t nest_cycles, stall_cycles;
    double dram_s; /* least time of the lines read; the kernel takes whichever is longer */
    double seconds;
    uint64_t bytes_again; /* in lines of the input that were fetched once already */
} zs_nest_time;

zs_nest_time zs_nest_time_of(const zs_nest_kernel *kernel, const zs_nest_memory *memory,
                             double clock_hz);

#endif
