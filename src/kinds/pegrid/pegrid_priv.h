/* pegrid_priv.h - kind pegrid: a row of PEs, an output channel each, that leave out what is 0.
 *
 *   pegrid.c         the row of the kind; account, notes
 *   pegrid_groups.c  which filters work together, and what they leave out
 *   pegrid_inputs.c  inputs that are 0 while the network works
 *   pegrid_plan.c    rows, memories, transfers
 *   pegrid_ops.c     ops
 *   pegrid_space.c   what a search turns, and bounds of what open knobs may come to
 *   pegrid_exec.c    numerics */
#ifndef ZYNQSIM_PEGRID_PRIV_H
#define ZYNQSIM_PEGRID_PRIV_H

#include "zynqsim/draft.h"
#include "zynqsim/exec.h"
#include "zynqsim/kind.h"
#include "zynqsim/mask.h"
#include "zynqsim/zero_code.h"

/* accelerator.pegrid.* */
typedef struct pegrid_params {
    uint32_t skip, sync, code; /* ZS_SKIP_*, ZS_PE_SYNC_*, ZS_ZERO_CODE_* */
    bool packs, skips_inputs, lut_adders;
    double drop_maps;
    uint32_t decode, filter_words, plane_words, input_bytes;
    /* No design: a search bounds what open knobs may come to (pegrid_space.c). */
    bool is_relaxed, opens_lanes, opens_code;
} pegrid_params;

static inline const pegrid_params *pegrid_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

static inline pegrid_params *pegrid_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

static inline bool pegrid_reads_inputs(const pegrid_params *p)
{
    return p->skips_inputs || p->drop_maps > 0;
}

/* The weights of a group that are on chip at once: all, or those of some input channels. */
typedef struct pegrid_part {
    uint32_t ic0, ic_n;    /* within the channels that a filter reads */
    uint64_t offset;       /* bytes from the start of the row's streams to that of this one */
    uint64_t bias_bytes;   /* bytes of biases at the start of the stream */
    uint64_t stream_bytes; /* bytes behind them, index_bytes of which are positions of weights */
    uint64_t index_bytes;
    uint64_t entries;   /* weights in the stream */
    uint64_t steps;     /* for a pixel: of the busiest PE, whose lanes work at the same time */
    uint64_t products;  /* for a pixel: of all PEs */
    uint64_t *channels; /* bit per input channel of the layer: whether the part reads it */
    /* [image][band] steps for all pixels where zeros among inputs are left out; else NULL */
    const uint64_t *band_steps;
} pegrid_part;

/* Filters that are computed at the same time, each by a PE. */
typedef struct pegrid_group {
    const uint32_t *filters; /* ascending */
    uint32_t n;
    bool is_zero; /* packed: none of them has a weight */
    pegrid_part *parts;
} pegrid_group;

/* Where the input of a row is while the row is computed. */
typedef enum pegrid_input {
    PEGRID_KEEPS_BATCH, /* on chip, all images */
    PEGRID_KEEPS_IMAGE,
    PEGRID_READS_AGAIN /* for every group */
} pegrid_input;

/* Lower bounds for a filter: weights other than 0, products of a pixel that its PE performs,
 * channels that it reads. */
typedef struct pegrid_filter {
    uint64_t left, products, channels;
} pegrid_filter;

/* Lower bounds for a row of a relaxed design, which has no groups. */
typedef struct pegrid_least {
    pegrid_filter *filters;
    uint32_t *order;               /* of filters, as PEs take them: */
    uint32_t working_n;            /* those that a group with weights may have come first */
    uint64_t *products, *channels; /* [group] at the least */
    uint32_t group_n, spans; /* groups; groups of the convolution that one of them belongs to */
    uint64_t left, worked;   /* sums of filters */
    uint64_t read_n;         /* channels that some filter reads */
} pegrid_least;

/* row->own: what kind pegrid knows of a row. */
typedef struct pegrid_row {
    zs_mask weights; /* [filter][ic][ky][kx]: those other than 0 */
    zs_mask kernels; /* [filter][ic], of skip kernel */
    const pegrid_group *groups;
    uint32_t group_n, part_n; /* parts of each group */
    uint32_t part_ic;         /* channels of a part but the last */
    uint32_t band_rows;       /* output rows that are processed at once, but the last */
    pegrid_input input;
    const bool *is_read; /* [channel] by any filter */
    const bool *dropped; /* [image][channel] maps that are taken for 0; NULL: none */
    uint32_t dropped_n;  /* of all images */
    uint64_t stream_base, stream_bytes;
    uint32_t band_n;
    /* of the batch */
    uint64_t products, steps; /* performed; clocks in which PEs perform them */
    uint64_t left;            /* products of a weight other than 0 */
    uint64_t effectual;       /* where inputs are left out: of such a weight and such an input */
    uint64_t index_bytes;
    uint32_t lanes; /* products that all PEs together can perform in a clock */
    pegrid_least least;
} pegrid_row;

static inline pegrid_row *pegrid_row_of(const zs_plan_row *row)
{
    return row->own;
}

/* Weights that a filter reads of one input channel. */
static inline uint32_t pegrid_taps(const zs_plan_row *row)
{
    return row->window.kh * row->window.kw;
}
/* First input channel that a filter reads: that of its group of the convolution. */
static inline uint32_t pegrid_channel0(const zs_plan_row *row, const zs_layer *layer,
                                       uint32_t filter)
{
    return filter / (layer->y.c / layer->groups) * row->t_ic;
}

/* Puts filters into groups: own->groups, still without parts. */
zs_status pegrid_group_filters(zs_plan_draft *d, uint32_t row, zs_err *err);
/* For groups with parts: steps and products of each, and where its weights lie in DRAM. */
zs_status pegrid_count(zs_plan_draft *d, uint32_t row, zs_err *err);
/* The bounds own->least, in place of both for a relaxed design. */
zs_status pegrid_count_least(zs_plan_draft *d, uint32_t row, zs_err *err);
/* After these, where zeros among inputs count: products and steps from the inputs of the simulated
 * images. */
zs_status pegrid_count_inputs(zs_plan_draft *d, uint32_t row, zs_err *err);
/* Whether zeros among inputs decide which products are performed, and the inputs are known. */
static inline bool pegrid_has_inputs(const zs_plan_draft *d)
{
    return pegrid_reads_inputs(pegrid_params_of(&d->design->accel)) && d->net->activity != NULL &&
           d->net->activity->image_n > 0;
}
/* Set bits of a row from `from` on, below `end`. */
uint32_t pegrid_ones(const uint64_t *row, uint64_t from, uint64_t end);
bool pegrid_has_weights(const pegrid_row *own, uint32_t filter);
static inline bool pegrid_reads(const pegrid_part *part, uint32_t c)
{
    return part->channels[c / 64] >> c % 64 & 1;
}

/* The group whose first filter is `filter`. */
const pegrid_group *pegrid_group_at(const zs_plan_row *row, uint32_t filter);
static inline const pegrid_part *pegrid_part_at(const zs_plan_row *row, const zs_tile_box *box)
{
    return &pegrid_group_at(row, box->oc0)->parts[box->ic0 / pegrid_row_of(row)->part_ic];
}
/* Input rows that a load brings for the output rows of its box: of an input that stays, those that
 * the rows before have not brought. */
zs_extent pegrid_rows_of(const zs_plan_row *row, const zs_tile_box *box);

/* Clocks between two additions to a sum, of a band of so many pixels. */
uint64_t pegrid_interval(const zs_design *design, uint64_t pixel_steps);
/* Comparisons or additions of a layer without filters, of one image. */
uint64_t pegrid_vector_ops(const zs_layer *layer);
void pegrid_outline_row(zs_outline *o, uint32_t row);
extern const zs_kind_space pegrid_space;

zs_status pegrid_draft(zs_plan_draft *d, zs_err *err);
zs_status pegrid_emit(zs_plan_draft *d, zs_err *err);
zs_xfer pegrid_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box);
zs_status pegrid_exec_build(zs_exec *e, zs_arena *arena, zs_err *err);
void pegrid_exec_op(zs_exec *e, uint32_t op);

#endif
