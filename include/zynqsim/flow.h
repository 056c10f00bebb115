/* flow.h - networks of streaming nodes with FIFOs between them, exact to the clock.
 *
 * Models   nodes that hand words on by valid and ready: sliding windows, matrix-vector units, width
 *          converters, padding, thresholds, forks and joins, FIFOs; each as the RTL of FINN's
 *          library behaves, or as a pipelined loop of high-level synthesis. A word moves in the
 *          clock in which its producer is valid and its consumer ready.
 * Method   not clock by clock: the clock in which a word moves follows from those of some earlier
 *          words. A node computes clocks of its outputs from clocks of its inputs as far as these
 *          are known; each new one lets its neighbours compute further. Known clocks never change,
 *          so the order of evaluation does not matter. When no node can go on before the last
 *          image has passed, there is a deadlock: a cycle of nodes that wait for each other.
 * Folding  once a whole image moves exactly as the one before, shifted in time, all further images
 *          do: they are not simulated.
 * Omits    data; words of weights, but for when they are there.
 * Sources  docs/models/stream.md, "Nodes".
 * Memory   the arena's. */
#ifndef ZYNQSIM_FLOW_H
#define ZYNQSIM_FLOW_H

#include "zynqsim/base.h"

typedef enum zs_flow_op {
    ZS_FLOW_SOURCE,
    ZS_FLOW_SINK,
    ZS_FLOW_WIRE, /* a word moves on all edges of the node at once: fork, join, or between FIFOs */
    ZS_FLOW_UP,   /* narrow to wide words */
    ZS_FLOW_DOWN, /* wide to narrow words */
    ZS_FLOW_PAD,
    ZS_FLOW_WINDOW,
    ZS_FLOW_MATRIX,
    ZS_FLOW_THRESHOLD,
    ZS_FLOW_GATHER, /* takes all words of an image, then gives what it gathered from them */
    ZS_FLOW_CONCAT, /* of every pixel the words of one input, then those of the other */
    ZS_FLOW_POOL,   /* non-overlapping windows, taken row by row; a loop in every style */
    ZS_FLOW_OP_N
} zs_flow_op;

/* How a node is made. From C++ it is a pipelined loop. When it has to wait for a word, what is in
 * its pipeline waits too (stalling), or goes on and leaves it (flushing). A loop of every image, as
 * of windows, padding, pools and sums, begins anew once its pipeline is empty. */
typedef enum zs_flow_style { ZS_FLOW_RTL, ZS_FLOW_STALLING, ZS_FLOW_FLUSHING } zs_flow_style;

enum { ZS_FLOW_PIPELINE_MAX = 32 };

enum { ZS_FLOW_PORTS = 2 }; /* edges into or out of a node */

typedef struct zs_flow_node {
    zs_flow_op op;
    const char *name;
    uint32_t h, w;         /* PAD, WINDOW, POOL: of the input */
    uint32_t fold;         /* PAD, WINDOW, POOL: words of a pixel */
    uint32_t pad, pad_end; /* PAD: before and behind rows and columns */
    uint32_t kernel, step; /* WINDOW, POOL */
    bool by_channel;       /* WINDOW: depthwise order */
    bool is_parallel;      /* WINDOW: a window a word; a loop in every style */
    uint32_t ratio;        /* UP, DOWN */
    uint32_t sf, nf; /* MATRIX: words of a vector, words of a result; GATHER: of an image, of what
                        it gives; CONCAT: of a pixel of both inputs */
    uint32_t stages; /* THRESHOLD: bits */
    bool has_weights_fed; /* MATRIX: each step takes a word of weights, of those that
                           * zs_flow_sim_feed_weights adds; else weights are always there */
    zs_flow_style style;  /* not of SOURCE, SINK, WIRE, CONCAT */
    uint32_t pipeline;    /* of loops: clocks from reading a word to writing the result, 1 to 32 */
    uint32_t gap;         /* SOURCE: a new word in clocks that are multiples of this */
    uint32_t in[ZS_FLOW_PORTS], out[ZS_FLOW_PORTS]; /* edges */
    uint32_t in_n, out_n;
} zs_flow_node;

typedef struct zs_flow_edge {
    uint32_t from, to;
    uint32_t depth; /* of the FIFO on it; 0: none */
    uint64_t words; /* of an image; zs_flow_check sets it */
} zs_flow_edge;

typedef struct zs_flow {
    zs_flow_node *nodes; /* [0] is the source */
    zs_flow_edge *edges;
    uint32_t node_n, edge_n;
    uint32_t sink;
    uint64_t words_in; /* of an image */
} zs_flow;

/* The order in which a sliding window gives the words of an image. */
typedef struct zs_flow_walk {
    uint64_t word;   /* that comes next, numbered as it came in */
    uint64_t oldest; /* that later windows need */
    uint32_t i, ky, channel, ox, oy;
    uint32_t run, run_step, channels; /* words of a row of a window, their distance; windows of a
                                       * place */
    uint32_t oh, ow;
    bool is_done; /* all words of the image were given */
} zs_flow_walk;
void zs_flow_walk_begin(const zs_flow_node *window, zs_flow_walk *out);
void zs_flow_walk_step(const zs_flow_node *window, zs_flow_walk *walk);

/* Sets the words of every edge. ZS_ERANGE names the node whose words do not come out even, or whose
 * figures contradict each other; ZS_EUNSUPPORTED: a cycle, a fork that needs a FIFO. */
zs_status zs_flow_check(zs_flow *flow, zs_err *err);

/* Clocks that a node of a loop takes for an image that gives it so many words. */
uint64_t zs_flow_loop_cycles(const zs_flow_node *node, uint64_t words_in);

#define ZS_FLOW_NEVER UINT64_MAX

typedef struct zs_flow_edge_result {
    uint64_t first_in, last_in, first_out, last_out; /* clocks; ZS_FLOW_NEVER; in: into the FIFO */
    uint64_t most;                                   /* largest fill */
    uint64_t full_cycles;                            /* in which the FIFO was full */
    uint64_t blocked_cycles;                         /* in which a word waited to go in */
    const uint64_t *in, *out; /* [word] clocks, until the flow is simulated again */
    uint64_t in_n, out_n;
} zs_flow_edge_result;

typedef struct zs_flow_node_result {
    uint64_t first, last;    /* clocks of its first and last word, in or out */
    uint64_t busy_cycles;    /* that its words cost */
    uint64_t blocked_cycles; /* a result waited */
    uint64_t starved_cycles; /* the rest of its span */
    uint64_t
        weight_cycles; /* of them or of busy ones: steps waited for weights, simulated images */
} zs_flow_node_result;

typedef struct zs_flow_result {
    bool is_deadlock;
    uint64_t images, simulated;
    uint64_t drained; /* images at the end that come sooner since stalling pipelines drain */
    const uint64_t *first_output, *last_output; /* [image < simulated] */
    uint64_t period;                            /* of the images that were not simulated; 0: none */
    bool repeats;  /* all words of the last simulated image move as those of the one before */
    uint64_t end;  /* clock of the last output word, or of the last word at all */
    bool has_tail; /* edges and nodes have all words of the images, also later ones */
    uint64_t stall_cycles; /* in which the source waited */
    zs_flow_edge_result *edges;
    zs_flow_node_result *nodes;
    uint64_t moves; /* words that moved, simulated */
    /* a deadlock: nodes that wait for each other in a circle, and the edge whose FIFO is full */
    const uint32_t *circle;
    uint32_t circle_n;
    uint32_t full_edge; /* ZS_FLOW_NO_EDGE: none */
} zs_flow_result;
#define ZS_FLOW_NO_EDGE UINT32_MAX

uint64_t zs_flow_first_output(const zs_flow_result *r, uint64_t image);
uint64_t zs_flow_last_output(const zs_flow_result *r, uint64_t image);
/* Between the last words of the last two images; 0 for a single one. */
uint64_t zs_flow_interval(const zs_flow_result *r);

/* `flow` has been checked. `folds`: whether images that repeat may be left out. A deadlock is a
 * result. ZS_ENOMEM; ZS_ERANGE for runs that are too large. */
zs_status zs_flow_run(zs_arena *arena, const zs_flow *flow, uint64_t images, bool folds,
                      zs_flow_result *out, zs_err *err);

/* ---- the same again with other depths ---- */

typedef struct zs_flow_sim zs_flow_sim; /* memory for a flow, kept between runs */
zs_status zs_flow_sim_build(zs_arena *arena, const zs_flow *flow, zs_flow_sim **out, zs_err *err);
/* Depths are those of the flow at the time; an edge may not change between 0 and more. */
zs_status zs_flow_sim_run(zs_flow_sim *sim, uint64_t images, bool folds, zs_flow_result *out,
                          zs_err *err);

/* ---- in step with a memory system ----
 *
 * The caller brings words to the first node and fetches them behind the sink: zs_flow_sim_begin,
 * then zs_flow_sim_feed for words and zs_flow_sim_drain for room behind the sink as their clocks
 * become known, in order of time, each followed by zs_flow_sim_settle; at the end
 * zs_flow_sim_end. */
zs_status zs_flow_sim_begin(zs_flow_sim *sim, uint64_t images, zs_err *err);
/* `words` more may be taken by the first node (by the sink), one a clock, from clock `at` on. */
void zs_flow_sim_feed(zs_flow_sim *sim, uint64_t words, uint64_t at);
void zs_flow_sim_drain(zs_flow_sim *sim, uint64_t words, uint64_t at);
/* Weights of `steps` > 0 more steps of a matrix unit are there from clock `at` on; of at most
 * ZS_FLOW_WEIGHT_FEEDS calls some steps may not be done yet. */
enum { ZS_FLOW_WEIGHT_FEEDS = 4 };
void zs_flow_sim_feed_weights(zs_flow_sim *sim, uint32_t node, uint64_t steps, uint64_t at);
/* Clock of the last step of the k-th of these calls, of which none of ZS_FLOW_WEIGHT_FEEDS calls
 * later may have been done; ZS_FLOW_NEVER while it is not known. */
uint64_t zs_flow_sim_weights_used(const zs_flow_sim *sim, uint32_t node, uint64_t k);
void zs_flow_sim_settle(zs_flow_sim *sim);
/* Clock in which word `word` of an edge moved, into its FIFO or out of it; ZS_FLOW_NEVER while it
 * is not known. */
uint64_t zs_flow_sim_moved(const zs_flow_sim *sim, uint32_t edge, bool is_out, uint64_t word);
/* Between the last words of the last two images that are known, 0 for one; and whether it is proven
 * that all further images repeat the last. */
uint64_t zs_flow_sim_period(const zs_flow_sim *sim, bool *repeats);
/* The result, as if more images followed at a period: `images` altogether. */
zs_status zs_flow_sim_end(zs_flow_sim *sim, uint64_t images, uint64_t period, zs_flow_result *out,
                          zs_err *err);

/* ---- chains as text ---- */

/* "fifo(2)|pad(h=6,w=6,c=4,simd=2,p=1)|..." */
typedef struct zs_flow_chain {
    zs_flow flow;
    uint32_t *fifos; /* edge of every FIFO, in the order of the text */
    uint32_t fifo_n;
    struct zs_flow_link {
        uint32_t edge;
        bool is_out; /* behind its FIFO */
    } * links;       /* between every two parts of the text */
    uint32_t link_n;
} zs_flow_chain;
/* `place` is named where the text is wrong: ZS_EPARSE, ZS_ERANGE, ZS_EUNSUPPORTED. */
zs_status zs_flow_chain_parse(zs_arena *arena, const char *text, uint64_t words_in, uint32_t gap,
                              const char *place, zs_flow_chain *out, zs_err *err);

#endif
