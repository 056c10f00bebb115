#include "kernels_priv.h"

#include "zynqsim/capacity.h"

#include <inttypes.h>

/* One compiled loop nest per layer: the row of the kind. */

/* ---- resources: every kernel has its own -------------------------------------------------------
 */

typedef struct totals {
    uint64_t kernels, pads, lanes, units, loops, bram18, lutram_luts, m20k;
    uint64_t arrays, local_words, caches;
} totals;

static totals totals_of(const zs_design *design, const zs_plan *plan)
{
    const uint32_t bits = 8 * zs_elem_bytes(design->accel.precision);
    totals t = {0};
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const kernels_row *own = kernels_row_of(&plan->rows[i]);
        if (plan->rows[i].call == ZS_NO_INDEX || own->root != i || own->class_row != i)
            continue;
        t.kernels++;
        t.pads += own->padded_bytes > 0;
        t.lanes += own->lanes;
        t.units += own->units;
        t.caches += own->caches;
        t.loops += own->kernel.nest.n + own->pad.nest.n;
        for (size_t k = 0; k < ZS_LEN(own->local_words); k++) {
            const uint64_t words = own->local_words[k];
            const bool is_lutram = words > 0 && zs_is_lutram(words, bits);
            t.local_words += words;
            t.arrays += words > 0;
            t.m20k += zs_m20k_of(words, bits);
            t.bram18 += is_lutram || words == 0 ? 0 : zs_bram18_of(words, bits);
            t.lutram_luts += is_lutram ? zs_lutram_luts_of(words, bits) : 0;
        }
    }
    return t;
}

static uint32_t saturated(uint64_t n)
{
    return (uint32_t)zs_min_u64(n, UINT32_MAX);
}

/* A multiply-accumulate is a DSP; ALM, and with them FIFOs of load-store units, are not counted. */
static void account_stratix(zs_fit_account *a, const zs_design *design, const totals *t)
{
    const uint32_t line = zs_nest_stratix10.line_bytes;
    const uint32_t cache_lines = kernels_params_of(&design->accel)->cache_bytes / line;
    zs_resources r = {0}, local = {0}, cache = {0};
    r.n[ZS_RESOURCE_DSP] = saturated(t->lanes);
    zs_fit_add(a, "multiply-accumulates",
               zs_arena_printf(zs_fit_arena(a), "%" PRIu64 " in %" PRIu64 " kernels", t->lanes,
                               t->kernels),
               r);
    local.n[ZS_RESOURCE_M20K] = saturated(t->m20k);
    if (t->local_words > 0)
        zs_fit_add(a, "on-chip arrays",
                   zs_arena_printf(zs_fit_arena(a), "%" PRIu64 " words", t->local_words), local);
    cache.n[ZS_RESOURCE_M20K] = zs_m20k_of(cache_lines, 8 * line);
    if (t->caches > 0)
        zs_fit_add(a, "caches",
                   zs_arena_printf(zs_fit_arena(a),
                                   "%" PRIu64 " load-store units x %u lines of %u B", t->caches,
                                   cache_lines, line),
                   zs_resources_times(cache, t->caches));
}

/* A layer of its own each, with the operators that its loops unroll and a master per access. */
static void account_7_series(zs_fit_account *a, const zs_design *design, const totals *t)
{
    zs_arena *arena = zs_fit_arena(a);
    const zs_accel *accel = &design->accel;
    const uint32_t bits = 8 * zs_elem_bytes(accel->precision);
    const uint64_t chain =
        zs_max_u64(1, (uint64_t)accel->unroll.ic * accel->unroll.ky * accel->unroll.kx);
    const zs_products products = {.style = ZS_STYLE_OWN,
                                  .n = t->lanes,
                                  .sums = zs_ceil_div(t->lanes, chain),
                                  .weight_bits = 8 * zs_weight_bytes(accel->precision),
                                  .elem_bits = bits,
                                  .sum_bits = zs_acc_bits(accel->precision),
                                  .is_float = zs_precision_is_float(accel->precision),
                                  .chain = chain,
                                  .dsp_frac = 1,
                                  .per_dsp = 1,
                                  .clock_hz = accel->clock_hz};
    zs_resources local = {0};
    local.n[ZS_RESOURCE_BRAM18] = saturated(t->bram18);
    local.n[ZS_RESOURCE_LUT] = saturated(t->lutram_luts);
    zs_fit_add_products(a, "multiply-accumulates", &products);
    zs_fit_add_m_axi(a, "load-store units", zs_arena_printf(arena, "%" PRIu64, t->units),
                     saturated(t->units), bits);
    if (t->arrays > 0)
        zs_fit_add(
            a, "on-chip arrays",
            zs_arena_printf(arena, "%" PRIu64 " of %" PRIu64 " words", t->arrays, t->local_words),
            zs_resources_plus(local,
                              zs_fit_bank_logic(a, t->arrays, t->local_words / t->arrays, bits)));
    zs_fit_add(a, "loops", zs_arena_printf(arena, "%" PRIu64, t->loops),
               zs_resources_times(zs_resources_of(ZS_OPERATOR_LOOP), t->loops));
    zs_fit_add(a, "control", zs_arena_printf(arena, "of %" PRIu64 " kernels", t->kernels + t->pads),
               zs_fit_priced(a, ZS_FIT_KERNEL, (double)(t->kernels + t->pads)));
    zs_fit_add(a, "layers", "addresses of their loops",
               zs_fit_priced(a, ZS_FIT_LOOP, (double)(t->kernels + t->pads)));
    zs_fit_add_registers(a, accel);
}

static void account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const totals t = totals_of(design, plan);
    if (design->board.family == ZS_FAMILY_STRATIX_10)
        account_stratix(a, design, &t);
    else
        account_7_series(a, design, &t);
}

/* ---- closed forms and notes
 * ---------------------------------------------------------------------- */

/* At its best: a sum of one loop needs no more, whatever the options. */
static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

static zs_status notes(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *run,
                       const char *const **out, uint32_t *n, zs_err *err)
{
    const char **list = zs_new(arena, const char *, 1);
    uint32_t kernels = 0, pads = 0;
    (void)run;
    if (list == NULL)
        return zs_nomem(err, "result");
    for (uint32_t i = 0; i < plan->row_n; i++) {
        kernels += plan->rows[i].call != ZS_NO_INDEX && kernels_row_of(&plan->rows[i])->root == i;
        pads +=
            plan->rows[i].call != ZS_NO_INDEX && kernels_row_of(&plan->rows[i])->padded_bytes > 0;
    }
    list[0] =
        zs_arena_printf(arena,
                        "kernels: %u, and %u that pad, one after the other; the kernel clock is "
                        "an input: compilers reached 180 to 222 MHz with kernels as they come, "
                        "87 to 322 MHz with optimised ones",
                        kernels, pads);
    if (list[0] == NULL)
        return zs_nomem(err, "result");
    *out = list;
    *n = 1;
    return ZS_OK;
}

/* ---- search ---------------------------------------------------------------------------------- */

static const char *const axes[] = {"accelerator.kernels.register_sum=false,true",
                                   "accelerator.kernels.local_weights=false,true",
                                   "accelerator.kernels.local_input=false,true",
                                   "accelerator.kernels.fuse_epilogue=false,true",
                                   "accelerator.kernels.channels=false,true",
                                   "accelerator.kernels.queues=false,true",
                                   "accelerator.kernels.parameterise=false,true",
                                   "accelerator.unroll.ic=1,2,4,8,16",
                                   "accelerator.unroll.kx=1,3",
                                   "accelerator.unroll.ky=1,3",
                                   NULL};
static const zs_kind_space space = {.axes = axes};

const zs_kind zs_kind_kernels = {
    .word = "kernels",
    .draft = kernels_draft,
    .emit = kernels_emit,
    .xfer = kernels_xfer,
    .account = account,
    .interval = interval,
    .exec_build = zs_exec_build_tiles,
    .exec_op = kernels_exec_op,
    .notes = notes,
    .loops = kernels_loops,
    .code = kernels_code,
    .space = &space,
};
