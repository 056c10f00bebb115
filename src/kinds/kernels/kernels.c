#include "kernels_priv.h"

#include "zynqsim/capacity.h"

#include <inttypes.h>

/* One compiled loop nest per layer: the row of the kind. */

/* ---- resources: every kernel has its own ----------------------------------------------------- */

typedef struct totals {
    uint64_t kernels, pads, lanes, units, loops, bram18, lutram_luts, m20k;
    uint64_t arrays, local_words, caches, channels;
} totals;

static void add_kernel(totals *t, const kernels_row *own, uint32_t bits)
{
    t->kernels++;
    t->pads += own->padded_bytes > 0;
    t->lanes += own->lanes;
    t->units += own->units + (own->padded_bytes > 0 ? KERNELS_PAD_UNITS : 0);
    t->caches += own->caches;
    t->channels += own->from != ZS_NO_INDEX;
    t->loops += own->kernel.nest.n + own->pad.nest.n;
    for (size_t k = 0; k < ZS_LEN(own->local_words); k++) {
        const uint64_t words = own->local_words[k];
        const bool is_lutram = words > 0 && zs_is_lutram(words, bits);
        t->local_words += words;
        t->arrays += words > 0;
        t->m20k += zs_m20k_of(words, bits);
        t->bram18 += is_lutram || words == 0 ? 0 : zs_bram18_of(words, bits);
        t->lutram_luts += is_lutram ? zs_lutram_luts_of(words, bits) : 0;
    }
}

static totals totals_of(const zs_design *design, const zs_plan *plan)
{
    const uint32_t bits = 8 * zs_elem_bytes(design->accel.precision);
    totals t = {0};
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const kernels_row *own = kernels_row_of(&plan->rows[i]);
        if (plan->rows[i].call != ZS_NO_INDEX && own->root == i && own->class_row == i)
            add_kernel(&t, own, bits);
    }
    return t;
}

static uint32_t saturated(uint64_t n)
{
    return (uint32_t)zs_min_u64(n, UINT32_MAX);
}

/* Of one kernel part on Stratix 10. A multiply-accumulate is a DSP [V]; a load-store unit collects
 * lines of 64 B in blocks of 512 x 40 b [D]; ALM are recalled from reports of compilers [R]. */
static const struct {
    uint32_t alm, m20k, dsp;
} stratix_prices[] = {
    [KERNELS_PART_MAC] = {60, 0, 1},      /* registers around the DSP, exponents of denormals */
    [KERNELS_PART_UNIT] = {1200, 13, 0},  /* address, burst coalescer, alignment */
    [KERNELS_PART_CACHE] = {600, 0, 0},   /* tags; data are counted by their size */
    [KERNELS_PART_LOOP] = {150, 0, 0},    /* counter, valid and stall */
    [KERNELS_PART_CHANNEL] = {60, 0, 0},  /* 32 words in MLABs, pointers */
    [KERNELS_PART_KERNEL] = {1500, 0, 0}, /* arguments, start, end */
};

static void add_part(zs_fit_account *a, const char *name, const char *detail, kernels_part part,
                     uint64_t n, uint64_t more_m20k)
{
    zs_resources one = {0}, more = {0};
    if (n == 0 && more_m20k == 0)
        return;
    one.n[ZS_RESOURCE_DSP] = stratix_prices[part].dsp;
    one.n[ZS_RESOURCE_ALM] = stratix_prices[part].alm;
    one.n[ZS_RESOURCE_M20K] = stratix_prices[part].m20k;
    more.n[ZS_RESOURCE_M20K] = saturated(more_m20k);
    zs_fit_add(a, name, detail, zs_resources_plus(zs_resources_times(one, n), more));
}

static void account_stratix(zs_fit_account *a, const zs_design *design, const totals *t)
{
    zs_arena *arena = zs_fit_arena(a);
    const uint32_t line = zs_nest_stratix10.line_bytes;
    const uint32_t lines = kernels_params_of(&design->accel)->cache_bytes / line;
    zs_resources local = {0};
    add_part(a, "multiply-accumulates",
             zs_arena_printf(arena, "%" PRIu64 " in %" PRIu64 " kernels", t->lanes, t->kernels),
             KERNELS_PART_MAC, t->lanes, 0);
    add_part(a, "load-store units", zs_arena_printf(arena, "%" PRIu64, t->units), KERNELS_PART_UNIT,
             t->units, 0);
    local.n[ZS_RESOURCE_M20K] = saturated(t->m20k);
    if (t->local_words > 0)
        zs_fit_add(a, "on-chip arrays", zs_arena_printf(arena, "%" PRIu64 " words", t->local_words),
                   local);
    add_part(a, "caches",
             zs_arena_printf(arena, "%" PRIu64 " load-store units x %u lines of %u B", t->caches,
                             lines, line),
             KERNELS_PART_CACHE, t->caches, zs_times_u64(t->caches, zs_m20k_of(lines, 8 * line)));
    add_part(a, "channels", zs_arena_printf(arena, "%" PRIu64, t->channels), KERNELS_PART_CHANNEL,
             t->channels, 0);
    add_part(a, "loops", zs_arena_printf(arena, "%" PRIu64, t->loops), KERNELS_PART_LOOP, t->loops,
             0);
    add_part(a, "control", zs_arena_printf(arena, "of %" PRIu64 " kernels", t->kernels + t->pads),
             KERNELS_PART_KERNEL, t->kernels + t->pads, 0);
}

zs_resources kernels_resources(const zs_design *design, const kernels_row *own)
{
    const uint32_t line = zs_nest_stratix10.line_bytes;
    const uint32_t lines = kernels_params_of(&design->accel)->cache_bytes / line;
    totals t = {0};
    zs_resources r = {0};
    add_kernel(&t, own, 8 * zs_elem_bytes(design->accel.precision));
    const uint64_t n[] = {
        [KERNELS_PART_MAC] = t.lanes,        [KERNELS_PART_UNIT] = t.units,
        [KERNELS_PART_CACHE] = t.caches,     [KERNELS_PART_LOOP] = t.loops,
        [KERNELS_PART_CHANNEL] = t.channels, [KERNELS_PART_KERNEL] = t.kernels + t.pads};
    uint64_t alm = 0,
             m20k = zs_plus_u64(t.m20k, zs_times_u64(t.caches, zs_m20k_of(lines, 8 * line)));
    for (size_t k = 0; k < ZS_LEN(n); k++) {
        alm = zs_plus_u64(alm, zs_times_u64(n[k], stratix_prices[k].alm));
        m20k = zs_plus_u64(m20k, zs_times_u64(n[k], stratix_prices[k].m20k));
    }
    r.n[ZS_RESOURCE_DSP] = saturated(t.lanes);
    r.n[ZS_RESOURCE_ALM] = saturated(alm);
    r.n[ZS_RESOURCE_M20K] = saturated(m20k);
    return r;
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
    const char **list = zs_new(arena, const char *, 2);
    uint32_t kernels = 0, pads = 0;
    uint64_t again = 0;
    (void)run;
    if (list == NULL)
        return zs_nomem(err, "result");
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const kernels_row *own = kernels_row_of(&plan->rows[i]);
        if (plan->rows[i].call == ZS_NO_INDEX)
            continue;
        kernels += own->root == i;
        pads += own->padded_bytes > 0;
        again = zs_plus_u64(again, zs_times_u64(own->bytes_again, plan->batch));
    }
    list[0] =
        zs_arena_printf(arena,
                        "kernels: %u, and %u that pad, one after the other; the kernel clock is "
                        "an input: compilers reached 180 to 222 MHz with kernels as they come, "
                        "87 to 322 MHz with optimised ones",
                        kernels, pads);
    list[1] =
        zs_arena_printf(arena,
                        "kernels fetch %.1f MB in lines that they had before, in the bytes read "
                        "(show --loops)",
                        1e-6 * (double)again);
    if (list[0] == NULL || list[1] == NULL)
        return zs_nomem(err, "result");
    *out = list;
    *n = again > 0 ? 2 : 1;
    return ZS_OK;
}

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
    .space = &kernels_space,
};
