/* built.h - a published design, as the report of its build describes it, and the resources that the
 * account predicts for it.
 *
 * Models   the terms of fit.h over structure that is stated: multipliers and their style, sums,
 *          memories, masters, kernels, blocks around; the same functions as the kinds use.
 * Omits    what is not stated: such figures are reported, not judged.
 * Sources  docs/models/resources.md, "Built designs".
 * Memory   values point into the table they were read from. */
#ifndef ZYNQSIM_BUILT_H
#define ZYNQSIM_BUILT_H

#include "zynqsim/fit.h"

enum { ZS_BUILT_MEMORIES = 16 };

typedef struct zs_built_memory {
    uint64_t words;
    uint32_t banks, bits;
} zs_built_memory;

typedef struct zs_built_design {
    zs_products products; /* n = 0: none */
    zs_built_memory memories[ZS_BUILT_MEMORIES];
    uint32_t memory_n;
    bool memories_known; /* every memory has a size */
    bool doubles;        /* of memories whose sizes are not known: two of each */
    uint32_t blocks;     /* of memories that are stated in blocks: how many */
    uint32_t m_axi_n, m_axi_bits;
    uint32_t dma_ways, dma_bits, dma_beats; /* ways: directions of all DMAs */
    uint32_t dma_n;
    bool has_ways; /* masters have a way to a port, else they are adapters alone */
    bool has_lite, is_engine, programs, has_addresses;
    uint32_t kernels, loops, nodes;
    zs_resources stated; /* blocks around, and memories, whose figures the report has apart */
    double ff_frac;      /* of a family's flip-flops for those of the 7-series */
} zs_built_design;

/* What the account says of it with some prices. ZS_ENOMEM. */
zs_status zs_built_account(zs_arena *arena, const zs_built_design *built,
                           const zs_fit_prices *prices, zs_resources *out, zs_err *err);
/* Prices that were fitted without the reports of the repository that `source` names; those of all
 * where it set none. */
zs_fit_prices zs_fit_prices_without(const char *source);

/* ---- a build of one's own -------------------------------------------------------------------- */

/* What a report says that a tool wrote of a build. */
typedef struct zs_utilization {
    const char *tool, *state, *device; /* "" where it does not say */
    uint32_t report;                   /* ZS_ACCOUNT_* */
    double used[ZS_RESOURCE_N];        /* NAN where the report does not have it */
} zs_utilization;
/* What the same design takes once it is built, as the report has it: an estimate of HLS times what
 * builds take of such. NAN where the report does not say. */
double zs_utilization_built(const zs_utilization *u, zs_resource_id id);
/* Factors that make an account of the same design, drawn up without any, say what the report says.
 * Where one of both says nothing, or 0, there is none. Such below and above what the fields take
 * are set to that limit. */
zs_account_scale zs_account_scale_of(const zs_fit *fit, const zs_utilization *u);

/* ---- measured -------------------------------------------------------------------------------- */

typedef struct zs_build_measured {
    const char *name, *reason, *source;
    const char *why_reported; /* why it is reported and not judged; "": it is judged */
    zs_built_design built;
    bool is_reported[ZS_RESOURCE_N]; /* the table says so of single figures: `reason` has why */
    const char *why_dsp_reported; /* why its DSP slices are reported alone; "": they are judged */
    double used[ZS_RESOURCE_N];   /* NAN where the report does not have it */
} zs_build_measured;

/* An operator, a memory or a block of interconnect on its own. */
typedef struct zs_operator_measured {
    const char *name, *reason, *source;
    const char *why_reported;
    zs_resources predicted;
    bool has[ZS_RESOURCE_N]; /* what a rule speaks of */
    double used[ZS_RESOURCE_N];
} zs_operator_measured;

#endif
