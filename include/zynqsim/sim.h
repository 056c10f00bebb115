/* sim.h - runs a plan on the simulated board, and the result that every report reads.
 *
 * zs_sim_run is a pure function of (design, net, plan, fidelity): same inputs, same result.
 * Counters are integers; ratios are computed in reports (zs_result_get) from them. */
#ifndef ZYNQSIM_SIM_H
#define ZYNQSIM_SIM_H

#include "zynqsim/base.h"
#include "zynqsim/bound.h"
#include "zynqsim/design.h"
#include "zynqsim/exec.h"
#include "zynqsim/memsys.h"
#include "zynqsim/net.h"
#include "zynqsim/num.h"
#include "zynqsim/plan.h"

/* What the engine does or waits for. */
typedef enum zs_cause { ZS_BY_COMPUTE, ZS_BY_READ, ZS_BY_WRITE, ZS_BY_HOST, ZS_CAUSE_N } zs_cause;
const char *zs_cause_name(zs_cause cause);

typedef struct zs_layer_result {
    const char *name, *op, *group;
    bool on_engine;
    bool in_pipeline;   /* its engine runs all its layers at the same time: `cycles` is the time by
                         * which it ends later than the layers before it */
    uint64_t macs, ops; /* ops: 2 per MAC; element-wise work where there are none */
    uint64_t skipped_macs;        /* of macs: skipped by the engine */
    uint64_t again_macs;          /* besides macs: repeated where tiles of fused layers overlap */
    uint64_t start_cycle, cycles; /* PL */
    uint64_t read_bytes, write_bytes;
    uint64_t operand_bytes[ZS_OPERAND_N];
    uint64_t compulsory_bytes;
    uint64_t bound_cycles;              /* closed-form lower bound */
    uint64_t busy_cycles[ZS_CAUSE_N];   /* unit busy in the row's span; busiest channel of a kind */
    uint64_t waited_cycles[ZS_CAUSE_N]; /* the MAC array worked (compute) or waited for the rest;
                                         * sums to cycles */
    uint64_t starved_cycles;            /* of these: for inputs, ... */
    uint64_t blocked_cycles;            /* ... or for room for results */
    zs_cause limited_by;                /* largest of waited_cycles */
    bool memory_roof;                   /* intensity below the ridge */
    const char *note;                   /* NULL, or why verdicts differ or the bound is far below */
} zs_layer_result;

typedef struct zs_port_result {
    const char *name; /* "hp0.rd" */
    uint64_t bytes, bursts, beats, busy_cycles;
    uint64_t peak_bytes_per_s;
} zs_port_result;

typedef struct zs_image_result {
    const char *input; /* file name or "synthetic:1" */
    uint32_t top_class[5];
    const char *top_label[5]; /* NULL without labels */
    float top_probability[5];
    uint32_t top_n;  /* 5, or fewer classes */
    char sha256[65]; /* of the raw float32 output tensor; "" when not executed */
} zs_image_result;

/* A file that a run read. */
typedef struct zs_file_digest {
    const char *name, *sha256; /* sha256 NULL: made, not read ("synthetic:1") */
} zs_file_digest;

/* Program and inputs of a result. Unknown texts are NULL: results of earlier versions, weights that
 * are synthetic, part of the model or not read. */
typedef struct zs_provenance {
    const char *version, *models_digest;
    const char *design, *design_sha256; /* every key of the design, as YAML */
    const char *model_sha256, *weights_sha256;
    const char *command;
    const char *const *settings; /* --set */
    uint32_t setting_n;
    const zs_file_digest *inputs, *data; /* data: weights that the model keeps in other files */
    uint32_t input_n, data_n;
} zs_provenance;
/* One of several engines: sums over its rows, its resources (of its region, where engines take
 * turns), and its pipeline if it is one. */
typedef struct zs_engine_result {
    const char *name, *kind;
    uint32_t layer_n, load_n; /* rows; times that it is loaded */
    uint64_t cycles, macs, read_bytes, write_bytes;
    zs_fit fit;
    const zs_flow_result *flow; /* NULL: none, or not simulated */
    const zs_plan_flow *flow_of;
    const char *flow_limit;
} zs_engine_result;

enum { ZS_RESULT_SCHEMA = 1 }; /* raised when a name of result.json changes its meaning */

typedef struct zs_result {
    const char *design, *network, *board, *fidelity, *precision, *fusion;
    uint32_t batch;
    uint64_t clock_hz;
    uint64_t cycles, macs, calls, events;
    uint64_t swap_bytes;   /* of dram.read_bytes: bitstreams of engines that take turns */
    uint64_t skipped_macs; /* of macs: skipped by the engine */
    uint64_t again_macs;   /* besides macs: repeated where tiles of fused layers overlap */
    uint64_t register_writes, hls_cycles;
    double sim_wall_seconds; /* set by the caller: the library reads no clock */
    zs_dram_counts dram;     /* exact at burst; at tile bytes are exact, the rest is estimated */
    uint64_t read_bursts, write_bursts;
    uint64_t operand_bytes[ZS_OPERAND_N];
    zs_fit fit; /* resources by operator and buffer (bound.h) */
    zs_roofline roofline;
    zs_energy energy;
    double memory_peak_bytes_per_s;
    double register_write_s, register_read_s; /* of one access of the PS to the engine */
    /* period of the DRAM clock and number of data buses, to turn dram.busy_ddr_cycles into time */
    uint32_t memory_tck_ps, memory_channels;
    const zs_layer_result *layers;
    uint32_t layer_n;
    bool layers_overlap; /* each has its own span; otherwise their cycles add up to the total */
    zs_engine_result *engines; /* [engine_n] in the order of `accelerators`; 0: one engine */
    uint32_t engine_n;
    const zs_port_result *ports; /* channels in use */
    uint32_t port_n;
    const zs_image_result *images; /* NULL with timing only */
    uint32_t image_n;
    const zs_flow_result *flow; /* of streaming nodes; NULL: none, or not simulated */
    const zs_plan_flow *flow_of;
    const char *flow_limit;  /* what limits it, with its interval: a sentence */
    const char *fusion_note; /* auto: what the search chose */
    const char *const *notes;
    uint32_t note_n;
    const zs_provenance *provenance; /* NULL: unknown */
} zs_result;

/* Called for every op when it retires, in time order; ops of one instant in op order. Hooks of a
 * chain are called one after the other. */
typedef struct zs_retire_hook {
    void (*retired)(void *ctx, uint32_t op, uint64_t start_pl_cycle, uint64_t end_pl_cycle);
    void *ctx;
    /* Any of these may be NULL. `started`: an op begins; not called for joins, nor for chained
     * transfers but the first. */
    void (*started)(void *ctx, uint32_t op, uint64_t pl_cycle);
    const zs_memsys_watch *memory; /* only that of the first hook is used */
    const struct zs_retire_hook *next;
} zs_retire_hook;

/* Timing. `hook` may be NULL. ZS_EDEADLOCK with the chain of waits; ZS_EINTERNAL when the result
 * breaks one of its own invariants; ZS_ENOMEM. */
zs_status zs_sim_run(zs_arena *arena, const zs_design *design, const zs_net *net,
                     const zs_plan *plan, zs_fidelity fidelity, const zs_retire_hook *hook,
                     zs_result **out, zs_err *err);

/* What is known before a run: names, batch, clock, calls, the roofline. */
void zs_result_describe(zs_result *result, const zs_design *design, const zs_net *net,
                        const zs_plan *plan, zs_fidelity fidelity);

/* ---- numerics -------------------------------------------------------------------------------- */

/* Lays packed weights out in simulated DRAM. Design, net, plan and quant must outlive the exec.
 * ZS_ENOMEM. */
zs_status zs_exec_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                        const zs_plan *plan, const zs_quant *quant, zs_exec **out, zs_err *err);
/* Which inputs of layers are other than 0 for these images (float CHW), in the precision of the
 * design: the `activity` of a network for plans that depend on it (zs_kind_reads_inputs). Executes
 * the network without timing. ZS_EUNSUPPORTED: several engines; errors of the plan; ZS_ENOMEM. */
zs_status zs_activity_measure(zs_arena *arena, const zs_design *design, const zs_net *net,
                              const zs_quant *quant, const float *const *images, uint32_t n,
                              const zs_activity **out, zs_err *err);
/* Puts image `image` of the batch (float CHW) into simulated DRAM. */
void zs_exec_set_input(zs_exec *exec, uint32_t image, const float *x);
/* Performs one op; the hook of zs_sim_run, or called by a test in any order the waits allow. */
void zs_exec_op(zs_exec *exec, uint32_t op);
/* The first layer, in the order of the network, with a result that was infinite or NaN before its
 * activation; NULL: none yet. Integers saturate. */
const zs_layer *zs_exec_overflowed(const zs_exec *exec);
zs_retire_hook zs_exec_hook(zs_exec *exec);
/* Performs all ops in program order, without timing. */
void zs_exec_run(zs_exec *exec);
/* The same, with a call of `done` for each row after its last op, when its results are in DRAM.
 * `last` [row] is from zs_exec_last_ops. */
void zs_exec_last_ops(const zs_plan *plan, uint32_t *last);
void zs_exec_run_rows(zs_exec *exec, const uint32_t *last, void (*done)(void *ctx, uint32_t row),
                      void *ctx);
/* The tensor that a row writes to DRAM; ZS_NO_INDEX: it stays on chip, or there are several
 * engines.
 */
uint32_t zs_exec_written(const zs_exec *exec, uint32_t row);
/* Tensor of one image as floats, from simulated DRAM; `tensor` must still be there. At the end of a
 * run only the output and the logits are sure to be: the memory of others is reused by later calls.
 */
void zs_exec_get(const zs_exec *exec, uint32_t image, uint32_t tensor, float *y);

/* ---- figures by name ------------------------------------------------------------------------- */

typedef enum zs_metric_type {
    ZS_METRIC_INT,
    ZS_METRIC_REAL,
    ZS_METRIC_BOOL,
    ZS_METRIC_TEXT
} zs_metric_type;

typedef struct zs_metric {
    const char *name;
    zs_metric_type type;
    const char *unit, *tolerance, *meaning;
} zs_metric;

typedef struct zs_value {
    zs_metric_type type;
    uint64_t i;
    double r;
    const char *text;
} zs_value;

extern const zs_metric zs_metrics[], zs_layer_metrics[];
extern const uint32_t zs_metric_n, zs_layer_metric_n;
/* The figure of row `metric` of metrics.def (layer_metrics.def). A REAL is NAN where it is
 * undefined (nothing to divide by), a TEXT is NULL where there is nothing to say. */
zs_value zs_result_get(const zs_result *result, uint32_t metric);
zs_value zs_layer_result_get(const zs_result *result, uint32_t layer, uint32_t metric);

#endif
