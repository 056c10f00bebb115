/* stream_priv.h - every layer a pipeline of nodes of its own: from a network and a folding to the
 * nodes of flow.h.
 *
 * A row (a layer) becomes, in this order and as far as it needs them, a width converter, padding, a
 * sliding window, another converter, its unit, and thresholds; a FIFO stands between every two
 * nodes.
 *
 *   stream.c          the row of the kind; memory, units, closed forms
 *   stream_rows.c     layers as rows: widths, windows, thresholds
 *   stream_fold.c     PEs and lanes of every row; the lists that keys hold
 *   stream_bits.c     bits of elements and of words
 *   stream_graph.c    nodes and edges
 *   stream_nodes.c    names of nodes, depths of FIFOs
 *   stream_emit.c     ops
 *   stream_account.c  resources
 *   stream_exec.c     numerics
 *   stream_space.c    knobs and bounds of a search */
#ifndef ZYNQSIM_STREAM_PRIV_H
#define ZYNQSIM_STREAM_PRIV_H

#include "stream_bits.h"

#include "zynqsim/kind.h"

/* accelerator.stream.* */
typedef struct stream_params {
    const char *target, *folding, *fifo, *fifos, *styles, *between, *memories, *parallel;
    uint32_t fifo_depth, weight_bits, act_bits, acc_bits, input_bits, output_bits;
    uint32_t input_lanes, input_threshold, label_select, memory, burst_bytes;
    uint32_t style, pipeline, weights;
    bool least, pad;
    /* No design: a search bounds what open knobs may come to (stream_space.c). */
    bool opens_memory, opens_fifos;
} stream_params;

static inline const stream_params *stream_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

static inline stream_params *stream_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

/* In place of ZS_STREAM_*: what memories are made of is still open, and they take no resources. */
enum { STREAM_MEMORY_OPEN = 16 };

/* Transfers of a DMA that may be under way or not yet used up by the stream. */
enum { STREAM_IN_FLIGHT = 2 };

typedef enum stream_op {
    STREAM_MATRIX, /* convolution, fully connected */
    STREAM_REDUCE, /* sums or maxima over a window, channel by channel: depthwise convolution,
                      pooling */
    STREAM_ADD,
    STREAM_MEAN, /* over the image */
    STREAM_THRESHOLD
} stream_op;

typedef struct stream_row {
    stream_op op;
    const zs_layer *layer;
    const char *unit_name, *window_name; /* by type and number; window_name NULL: none of its own */
    uint32_t mw, mh; /* inputs of a neuron, neurons; of layers without a matrix: channels */
    uint32_t in_c;   /* input channels; of a fully connected layer all inputs */
    uint32_t h, w, oh, ow;
    uint32_t k, stride, pad, pad_end;
    bool has_window, has_thresholds;
    bool is_parallel; /* a word of the window generator is a whole window */
    bool is_pool;     /* pools row by row as it reads, without a window generator in front */
    zs_flow_style style, window_style;
    uint32_t pipeline, window_pipeline; /* stages of loops */
    uint32_t memory;                    /* ZS_STREAM_AUTO.. */
    uint32_t pe, simd, window_simd;
    bool is_external;      /* weights come from DRAM, */
    uint32_t room_bytes;   /* into a FIFO of so many bytes */
    uint32_t reader, used; /* units of the plan: the DMA of weights, the use of what it brought */
    uint64_t vectors;      /* results per channel of an image */
    uint32_t weight_bits, x_bits, y_bits; /* of the network's integers, else as the design says */
    bool x_is_bipolar;                    /* the input is -1 or 1 */
    uint32_t in_bits, acc_bits, out_bits;
    uint32_t node0, node_n, unit_node; /* of the flow */
    uint64_t work;                     /* clocks of an image that its slowest node takes, */
    uint64_t idle; /* of which so many are before the first word or behind the last */
} stream_row;

/* Units of a plan besides those of every kind; a unit of each layer follows, then two of each whose
 * weights come from DRAM. */
enum {
    STREAM_INPUT_UNIT = ZS_UNIT_N, /* words that the source has given */
    STREAM_OUTPUT_UNIT,            /* words that the sink has taken */
    STREAM_REPEAT_UNIT,            /* images that are not simulated word by word */
    STREAM_LAYER_UNIT
};

static inline stream_row *stream_of(const zs_plan_row *row)
{
    return row->own;
}

/* stream_rows.c */
/* In a network of integers the pipeline takes what reads them, and thresholds behind its own sums;
 * the rest is left to the PS. */
void stream_leave_reals(zs_plan_draft *d);
/* The rows of the pipeline follow each other: the PS works before and behind it. Makes them one
 * call; ZS_EUNSUPPORTED. */
zs_status stream_check_rows(const zs_plan_draft *d, zs_err *err);
/* Rows of all layers on the engine, named but not folded; d->rows[].own points to them.
 * ZS_EUNSUPPORTED: a layer that no unit takes; ZS_ERANGE: a key that contradicts precision or
 * network; ZS_EPARSE: a pattern that fits no name. */
zs_status stream_rows_build(zs_plan_draft *d, stream_row **rows, uint32_t *n, zs_err *err);

/* stream_fold.c */
/* Sets style and stages of rows that stream_name_rows has named, from accelerator.stream.style and
 * .styles. */
zs_status stream_set_styles(const zs_design *design, stream_row *rows, uint32_t n, zs_err *err);
/* Style and stages of a node; `r` NULL: of the input. */
zs_flow_style stream_style_of(const stream_params *s, const stream_row *r, zs_flow_op op);
/* Words of a unit's input vector and of its results; inputs that do not fill a word are padded with
 * zeros. */
static inline uint32_t stream_sf(const stream_row *r)
{
    const uint32_t synapses = r->op == STREAM_REDUCE ? r->k * r->k : r->mw;
    return (uint32_t)zs_ceil_div(synapses, r->simd);
}
static inline uint32_t stream_nf(const stream_row *r)
{
    return (uint32_t)zs_ceil_div(r->mh, r->pe);
}
/* Bytes of weights from DRAM: of a step, in whole bytes, and of all steps of a vector. */
static inline uint64_t stream_step_bytes(const stream_row *r)
{
    return zs_ceil_div((uint64_t)r->pe * r->simd * r->weight_bits, 8);
}
static inline uint64_t stream_vector_bytes(const stream_row *r)
{
    return stream_step_bytes(r) * stream_sf(r) * stream_nf(r);
}
/* Whether the unit applies its thresholds itself: loops over products do. */
static inline bool stream_has_own_thresholds(const stream_row *r)
{
    return r->has_thresholds && r->style != ZS_FLOW_RTL && zs_op_has_filters(r->layer->op);
}
/* `*note`: what was proven of a search for the least resources; else unchanged. */
zs_status stream_fold(zs_arena *arena, const zs_design *design, stream_row *rows, uint32_t n,
                      const char **note, zs_err *err);
uint64_t stream_work(const stream_row *row);
uint64_t stream_window_work(const stream_row *row);
/* The figures of the last entry of "pattern=a;pattern=axb" whose pattern fits the name or its other
 * name (may be NULL), at most `n` of them. 0: none fits. */
uint32_t stream_list_find(const char *list, const char *name, const char *other, uint64_t *figures,
                          uint32_t n);
/* "all" */
#define STREAM_ALL UINT64_MAX
/* The class of a unit in folding files: "MVAU", "VVAU", ... */
const char *stream_unit_class(const stream_row *row);
/* Names by type and number; all names of rows and units into `names`, three a row. */
zs_status stream_name_rows(zs_arena *arena, stream_row *rows, uint32_t n, const char **names,
                           zs_err *err);
/* stream.fifo; 0: empty, STREAM_ALL: auto. */
zs_status stream_fifo_depth(const stream_params *s, uint64_t *depth, zs_err *err);
zs_status stream_check_pattern(const char *pattern, const char *path, const char *const *names,
                               uint32_t n, zs_err *err);
typedef enum stream_list_form {
    STREAM_LIST_FOLDING,  /* up to three numbers or "all" */
    STREAM_LIST_DEPTHS,   /* a number */
    STREAM_LIST_LANES,    /* a number or "all" */
    STREAM_LIST_MEMORIES, /* a word of stream_memory */
    STREAM_LIST_STYLES    /* a style, stages of its pipeline */
} stream_list_form;
/* "pattern=a[xb[xc]];..."; ZS_EPARSE. */
zs_status stream_list_check(const char *list, const char *path, stream_list_form form, zs_err *err);
/* Patterns that fit none of the names are refused. */
zs_status stream_list_names(zs_arena *arena, const char *list, const char *path,
                            const char *const *names, uint32_t n, zs_err *err);
/* Clocks of an image; 0: no target. */
zs_status stream_target(const zs_design *design, uint64_t *cycles, zs_err *err);

/* stream_graph.c: d->plan->flow from rows that are folded */
/* The tensor that the first layers of the pipeline read. */
uint32_t stream_input(const zs_plan_draft *d);
zs_status stream_graph(zs_plan_draft *d, zs_err *err);

/* stream_nodes.c */
/* Names the nodes as FINN does, by class and number from the front; sets the elements that each
 * reads and gives a clock. */
zs_status stream_name_nodes(const zs_plan_draft *d, zs_plan_flow *f, zs_err *err);
/* Depths of FIFOs by accelerator.stream.fifo, .fifos and .fifo_depth, for nodes that have names.
 * ZS_EPARSE, ZS_ERANGE: what a key says. */
zs_status stream_set_depths(const zs_plan_draft *d, zs_plan_flow *f, zs_err *err);

/* The edges over which images come in and results go out. */
static inline uint32_t stream_source_edge(const zs_plan *plan)
{
    return plan->flow->flow.nodes[0].out[0];
}
static inline uint32_t stream_sink_edge(const zs_plan *plan)
{
    return plan->flow->flow.nodes[plan->flow->flow.sink].in[0];
}

/* stream_emit.c */
zs_status stream_emit(zs_plan_draft *d, zs_err *err);
zs_xfer stream_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box);

/* stream_exec.c */
zs_status stream_exec_build(zs_exec *e, zs_arena *arena, zs_err *err);
void stream_exec_images(zs_exec *e, const zs_plan_call *call);

/* stream_account.c */
typedef struct stream_cost {
    uint64_t lut, bram18, dsp, ff;
} stream_cost;
/* Resources of a row's unit, window and thresholds, as it is folded. */
stream_cost stream_row_cost(const stream_row *row);
/* Where block RAM runs out: the nodes that take most of it and what would make room, appended to
 * `*note`. */
zs_status stream_note_memory(zs_arena *arena, const zs_design *design, const zs_plan_flow *f,
                             const stream_row *rows, uint32_t n, const char **note, zs_err *err);
extern const zs_kind_space stream_space;
void stream_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan);

#endif
