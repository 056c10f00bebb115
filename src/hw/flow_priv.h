/* flow_priv.h - the state of a flow while its clocks are found out.
 *
 * An edge keeps the clock of every word: into its FIFO and out of it, or, without a FIFO, the one
 * clock in which the word moved. At most one word is on offer on an edge: it counts as moved once
 * its clock is known, which takes room in the FIFO or, without one, the consumer. */
#ifndef ZYNQSIM_FLOW_PRIV_H
#define ZYNQSIM_FLOW_PRIV_H

#include "zynqsim/flow.h"

typedef struct flow_edge {
    uint64_t *in, *out;   /* [word] clocks; the same array without a FIFO */
    uint64_t in_n, out_n; /* words whose clocks are known */
    uint64_t offer;       /* from when on the next word is valid */
    uint64_t words;
    uint32_t depth, from, to;
    bool is_offered;
    bool from_wire;    /* its producer looks at the room of all its outputs at once */
    uint64_t *blocked; /* [image] sum of clocks that its words waited to go in */
} flow_edge;

/* A dot product on its way through the pipeline of a matrix unit: in clock `at` it is at the end.
 * If the result before it has not gone by then, the pipeline stands still for `stall` clocks. */
typedef struct flow_result {
    uint64_t at, stall;
    bool is_settled;
} flow_result;

enum { FLOW_PIPELINE = 5, FLOW_RESULTS = 16 };

typedef struct flow_window {
    uint64_t image0;   /* word number of the image's first */
    uint64_t accepted; /* words of the image */
    uint64_t room;     /* of how many it is known when there is room for them: */
    uint64_t *free_at; /* [word] from this clock on */
    uint64_t size;     /* of the buffer in words */
    uint64_t words;    /* of an image */
    zs_flow_walk walk;
} flow_window;

typedef struct flow_matrix {
    uint64_t *read_at; /* ring: when a word was read the last time */
    uint64_t memory;   /* words of the replay memory, a power of two */
    uint64_t read_n;   /* words read the last time */
    uint64_t next;     /* earliest clock of the next consumption, pipeline permitting */
    uint64_t vector;   /* first word of the vector */
    uint32_t fold, i;  /* of the result, of the vector */
    flow_result results[FLOW_RESULTS];
    uint64_t head, settled, tail; /* results[head..tail) stand ahead of `next`; from settled on it
                                   * is not known how long they wait */
} flow_matrix;

enum { FLOW_RING = 2 * ZS_FLOW_PIPELINE_MAX };

/* A loop of which one iteration begins in a clock, reads and writes at most a word, and ends
 * `pipeline` stages later. */
typedef struct flow_loop {
    uint64_t per_image;       /* iterations */
    uint64_t i, image;        /* the next one: of its image, */
    uint64_t inner, outer;    /* and where it stands in the image's loops; */
    bool reads, writes, ends; /* what it does; ends: the loop behind it begins when it is through */
    uint32_t drain;           /* stalling: steps until then, without a new iteration */
    uint64_t stages;          /* stalling: bit k: what began k steps ago writes */
    uint64_t begun, gone, start; /* flushing: iterations that did, clock in which the last began */
    uint64_t ring[FLOW_RING];    /* [iteration] clock in which it began, later ended */
    uint64_t writing;            /* bit [iteration] */
    bool waits;                  /* for all that began */
} flow_loop;

/* From clock `at` on as many words altogether. */
typedef struct flow_grant {
    uint64_t words, at;
} flow_grant;

/* Feeds of weights: from clock `at` on steps up to number `words`. */
typedef struct flow_weights {
    flow_grant fed[ZS_FLOW_WEIGHT_FEEDS]; /* ring */
    uint64_t used_at[ZS_FLOW_WEIGHT_FEEDS];
    uint64_t fed_n, used_n; /* feeds; those of which all steps are done */
    uint64_t steps, waited;
    bool is_fed;
} flow_weights;

typedef struct flow_node {
    zs_flow_node is;
    flow_weights weights;
    bool is_queued;
    /* of the converters, padding and thresholds: what their step says */
    uint64_t at, count;
    uint32_t x, y, s;
    bool holds;
    uint64_t *consumed; /* matrix units, loops: [image] clock of its last consumption */
    union {
        flow_window window;
        flow_matrix matrix;
        flow_loop loop;
    };
} flow_node;

struct zs_flow_sim {
    zs_arena *arena;
    const zs_flow *flow;
    flow_edge *edges;
    flow_node *nodes;
    uint32_t *queue; /* ring of node_n + 1 */
    uint32_t head, tail;
    uint64_t capacity; /* images that the arrays hold, */
    uint64_t ahead;    /* and as many more */
    uint64_t limit;    /* words that the source may offer, and the sink take: */
    uint64_t room;
    bool is_fed;               /* by somebody else, who says since when: */
    flow_grant *fed, *drained; /* [.._n] in order of words */
    uint64_t fed_n, drained_n, fed_cap, drained_cap, fed_at, drained_at;
    uint64_t images;
    /* Behind the last image stalling pipelines drain: so many images at the end come sooner than
     * others do. 0: no node is of stalling style. */
    uint64_t drained_images;
};

/* flow_nodes.c */
void flow_begin_image(const zs_flow_node *p, flow_window *w, uint64_t image0, uint64_t at);

/* flow_matrix.c */
void flow_step_matrix(zs_flow_sim *s, flow_node *n, flow_edge *x, flow_edge *y);

/* flow_report.c; of `out` images, simulated, period and is_deadlock are set */
bool flow_is_periodic(const zs_flow_sim *s, uint64_t images, uint64_t *period);
zs_status flow_report(zs_flow_sim *s, zs_flow_result *out, zs_err *err);

/* flow_loop.c */
void flow_begin_loop(flow_node *n);
void flow_step_loop(zs_flow_sim *s, flow_node *n, flow_edge *x, flow_edge *y);

#endif
