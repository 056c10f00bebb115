#include "zynqsim/built.h"

#include <math.h>
#include <string.h>

/* ---- prices without a repository ------------------------------------------------------------- */

/* The fitted terms in the order of fit_terms.def, LUT and then FF. */
typedef struct left_out {
    const char *repository;
    double lut[ZS_FIT_TERM_N], ff[ZS_FIT_TERM_N];
} left_out;

#define LEFT_OUT(repository, luts, ffs) {repository, {luts}, {ffs}},
#define V(...)                          __VA_ARGS__
static const left_out sets[] = {
#include "left_out.def"
};
#undef V
#undef LEFT_OUT

zs_fit_prices zs_fit_prices_without(const char *source)
{
    zs_fit_prices p = zs_fit_all_prices;
    const left_out *set = NULL;
    for (size_t i = 0; i < ZS_LEN(sets); i++)
        if (strstr(source, sets[i].repository) != NULL)
            set = &sets[i];
    for (uint32_t t = 0, at = 0; set != NULL && t < ZS_FIT_TERM_N; t++)
        if (zs_fit_term_table[t].is_fitted) {
            p.of[t] = (zs_fit_price){set->lut[at], set->ff[at]};
            at++;
        }
    return p;
}

/* ---- the account ----------------------------------------------------------------------------- */

static void add_memories(zs_fit_account *a, const zs_built_design *b)
{
    for (uint32_t i = 0; i < b->memory_n; i++) {
        const zs_built_memory *m = &b->memories[i];
        const zs_plan_buffer buffer = {.banks = m->banks,
                                       .depth_words = (uint32_t)zs_min_u64(m->words, UINT32_MAX),
                                       .word_bits = m->bits,
                                       .slots = 1,
                                       .bram18 = m->banks * zs_bram18_of(m->words, m->bits)};
        zs_fit_add_buffer(a, "memory", &buffer);
    }
}

enum { THRESHOLD_BITS = 4 };       /* more bits are scaled, not compared */
enum { WORDS = 16, ADDRESS = 10 }; /* of banks that are not described */

/* An engine has a bank of weights for every lane, a bank of inputs for all lanes that share an
 * input, and a bank of sums for every accumulator. */
static void add_unknown_banks(zs_fit_account *a, const zs_built_design *b)
{
    const zs_products *p = &b->products;
    const uint64_t slots = b->doubles ? 2 : 1;
    if (b->memory_n > 0 || b->memories_known || p->n == 0)
        return;
    if (b->blocks > 0)
        zs_fit_add(a, "memories", "stated in blocks",
                   zs_fit_bank_logic(a, zs_min_u64(b->blocks, p->n), 1 << ADDRESS, p->weight_bits));
    if (b->blocks > 0 || p->style != ZS_STYLE_HLS)
        return;
    const zs_resources luts = {.n[ZS_RESOURCE_LUT] = zs_lutram_luts_of(WORDS, p->weight_bits)};
    zs_fit_add(a, "weights", "not described: a bank a lane",
               zs_resources_plus(zs_resources_times(luts, slots * p->n),
                                 zs_fit_bank_logic(a, slots * p->n, WORDS, p->weight_bits)));
    zs_fit_add(a, "sums", "not described",
               zs_fit_bank_logic(a, slots * p->sums, 1 << ADDRESS, p->sum_bits));
    zs_fit_add(
        a, "inputs", "not described",
        zs_fit_bank_logic(a, slots * zs_ceil_div(p->n, p->sums), 1 << ADDRESS, p->elem_bits));
}

static void add_control(zs_fit_account *a, const zs_built_design *b)
{
    const bool is_engine = b->is_engine;
    if (!b->programs)
        zs_fit_add(a, "control", "of every kernel",
                   zs_fit_priced(a, is_engine ? ZS_FIT_ENGINE : ZS_FIT_KERNEL, b->kernels));
    zs_fit_add(a, "loops", "layers", zs_fit_priced(a, ZS_FIT_LOOP, b->loops));
    zs_fit_add(a, "nodes", "layers of a stream", zs_fit_priced(a, ZS_FIT_NODE, b->nodes));
    if (b->nodes > 0 && b->products.elem_bits <= THRESHOLD_BITS)
        zs_fit_add(a, "thresholds", "of every sum",
                   zs_fit_priced(a, ZS_FIT_THRESHOLD,
                                 (double)b->products.sums * b->products.sum_bits *
                                     ((1 << b->products.elem_bits) - 1)));
    if (b->programs)
        zs_fit_add(a, "instructions", "decoding", zs_fit_priced(a, ZS_FIT_PROGRAM, 1));
    if (b->has_addresses)
        zs_fit_add_addresses(a, "index products");
}

static void add_ways(zs_fit_account *a, const zs_built_design *b)
{
    if (b->m_axi_n > 0 && !b->has_ways)
        zs_fit_add(a, "adapters", "m_axi",
                   zs_resources_plus(
                       zs_fit_priced(a, ZS_FIT_M_AXI, b->m_axi_n),
                       zs_fit_priced(a, ZS_FIT_M_AXI_BIT, (double)b->m_axi_n * b->m_axi_bits)));
    else if (b->m_axi_n > 0)
        zs_fit_add_m_axi(a, "AXI masters", "m_axi adapters", b->m_axi_n, b->m_axi_bits);
    for (uint32_t i = 0; i < b->dma_n; i++)
        zs_fit_add_dma(a, "DMA", 1, b->dma_bits, b->dma_beats, i < b->dma_ways - b->dma_n ? 2 : 1);
    if (b->has_lite)
        zs_fit_add(a, "registers", "over GP0", zs_fit_priced(a, ZS_FIT_LITE, 1));
}

zs_status zs_built_account(zs_arena *arena, const zs_built_design *b, const zs_fit_prices *prices,
                           zs_resources *out, zs_err *err)
{
    const zs_board board = {.dsp = UINT32_MAX};
    zs_fit_account *a = zs_fit_account_new(arena);
    zs_fit fit;
    if (a == NULL)
        return zs_nomem(err, "the resource account");
    zs_fit_account_price(a, prices);
    if (b->products.n > 0)
        zs_fit_add_products(a, "products", &b->products);
    add_memories(a, b);
    add_unknown_banks(a, b);
    add_ways(a, b);
    add_control(a, b);
    zs_fit_add(a, "others", "as stated", b->stated);
    ZS_TRY(zs_fit_verdict(a, &zs_families[ZS_FAMILY_7_SERIES], &board, &fit, err));
    fit.used.n[ZS_RESOURCE_FF] = (uint32_t)(fit.used.n[ZS_RESOURCE_FF] * b->ff_frac + 0.5);
    *out = fit.used;
    return ZS_OK;
}

/* ---- a build of one's own -------------------------------------------------------------------- */

double zs_utilization_built(const zs_utilization *u, zs_resource_id id)
{
    /* medians of ten kernels that were estimated and synthesised [V] */
    static const double of_estimate[ZS_RESOURCE_N] = {[ZS_RESOURCE_DSP] = 1,
                                                      [ZS_RESOURCE_BRAM18] = 0.99,
                                                      [ZS_RESOURCE_LUT] = 0.43,
                                                      [ZS_RESOURCE_FF] = 0.80};
    return u->report == ZS_ACCOUNT_ESTIMATE ? u->used[id] * of_estimate[id] : u->used[id];
}

static double account_factor(const zs_fit *fit, const zs_utilization *u, zs_resource_id id)
{
    enum { MOST = 20 };
    const double built = zs_utilization_built(u, id);
    const uint32_t apart = u->report == ZS_ACCOUNT_ESTIMATE ? fit->around.n[id] : 0;
    const double said = (double)fit->used.n[id] - apart;
    if (isnan(built) || built <= 0 || said <= 0)
        return 0;
    return built / said > MOST ? MOST : built / said;
}

zs_account_scale zs_account_scale_of(const zs_fit *fit, const zs_utilization *u)
{
    return (zs_account_scale){.dsp = account_factor(fit, u, ZS_RESOURCE_DSP),
                              .bram18 = account_factor(fit, u, ZS_RESOURCE_BRAM18),
                              .lut = account_factor(fit, u, ZS_RESOURCE_LUT),
                              .ff = account_factor(fit, u, ZS_RESOURCE_FF),
                              .report = u->report};
}
