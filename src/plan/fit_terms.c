#include "fit_priv.h"

#include <math.h>

/* What structure costs: terms of fit_terms.def times counts. */

const zs_fit_prices zs_fit_all_prices = {{
#define FIT_TERM(id, fitted, lut_, ff_, ...) [ZS_FIT_##id] = {.lut = (lut_), .ff = (ff_)},
#include "zynqsim/fit_terms.def"
#undef FIT_TERM
}};

const zs_fit_term_row zs_fit_term_table[ZS_FIT_TERM_N] = {
#define FIT_TERM(id, fitted, lut_, ff_, unit_, source_)                                            \
    [ZS_FIT_##id] = {.unit = (unit_), .source = (source_), .is_fitted = (fitted) != 0},
#include "zynqsim/fit_terms.def"
#undef FIT_TERM
};

static uint32_t rounded(double n)
{
    return n >= UINT32_MAX ? UINT32_MAX : (uint32_t)(n + 0.5);
}

zs_resources zs_fit_of_price(const zs_fit_price *price, double n)
{
    return (zs_resources){.n = {[ZS_RESOURCE_LUT] = rounded(price->lut * n),
                                [ZS_RESOURCE_FF] = rounded(price->ff * n)}};
}

uint32_t zs_dsp_of_product(uint32_t weight_bits, uint32_t elem_bits)
{
    const uint32_t wide = weight_bits > elem_bits ? weight_bits : elem_bits;
    const uint32_t narrow = weight_bits > elem_bits ? elem_bits : weight_bits;
    if (wide + narrow < 16)
        return 0;
    const uint32_t across = wide <= 25 ? 1 : (wide - 8 + 16) / 17;
    const uint32_t down = narrow <= 18 ? 1 : (narrow - 1 + 16) / 17;
    return across * down;
}

/* The FIFO of an AXI DMA's direction holds four bursts and is 6 bits wider than the data: with 16
 * beats it lies in one RAMB36, with 256 beats in as many as its width takes (PG021; 4, 6 and 10
 * blocks of 32-bit DMAs of both directions with bursts of 16, 128 and 256 [V]). */
uint32_t zs_dma_bram18(uint32_t data_bits, uint32_t burst_beats)
{
    const uint32_t depth = burst_beats > 128 ? 1024 : 512;
    const uint32_t blocks = zs_bram18_of(depth, data_bits + 6);
    return blocks + blocks % 2;
}

/* Delays of operands ahead of adders of 5 clocks, in shift registers 32 deep, two operands of 32 b:
 * 64 b x the sum of ceil(5 i / 32) over i below the chain. */
static double chain_luts(uint64_t chain)
{
    const double n = (double)chain;
    return chain > 1 ? 5 * n * n + 32 * n : 0;
}

zs_resources zs_fit_of_float(const zs_fit_prices *prices, const zs_products *p, uint64_t n)
{
    /* deeper pipelines above 100 MHz: 1,069 LUT a MAC at 200 MHz for 494 at 100 (ZynqNet) */
    const double faster = p->clock_hz > 100000000 ? (double)p->clock_hz / 1e8 : 1;
    const bool is_half = p->elem_bits == HALF_BITS;
    const zs_resources operators =
        zs_fit_of_price(&prices->of[is_half ? ZS_FIT_HALF : ZS_FIT_FLOAT], faster * (double)n);
    const zs_operator *mul = &zs_operators[is_half ? ZS_OPERATOR_HMUL : ZS_OPERATOR_FMUL];
    const zs_operator *add = &zs_operators[is_half ? ZS_OPERATOR_HADD : ZS_OPERATOR_FADD];
    zs_resources r = zs_resources_plus(
        operators, zs_fit_of_price(&prices->of[ZS_FIT_CHAIN],
                                   chain_luts(p->chain) * p->elem_bits / 32 /
                                       (double)zs_max_u64(p->chain, 1) * (double)n));
    const zs_operator *lut_add =
        &zs_operators[is_half ? ZS_OPERATOR_HADD_LUT : ZS_OPERATOR_FADD_LUT];
    zs_resources more = {.n[ZS_RESOURCE_DSP] = mul->cost.n[ZS_RESOURCE_DSP]};
    if (!p->lut_adders) {
        more.n[ZS_RESOURCE_DSP] += add->cost.n[ZS_RESOURCE_DSP];
    } else { /* beyond what an adder takes beside its slices */
        more.n[ZS_RESOURCE_LUT] = lut_add->cost.n[ZS_RESOURCE_LUT] - add->cost.n[ZS_RESOURCE_LUT];
        more.n[ZS_RESOURCE_FF] = lut_add->cost.n[ZS_RESOURCE_FF] - add->cost.n[ZS_RESOURCE_FF];
    }
    return zs_resources_plus(r, zs_resources_times(more, n));
}

/* What lies around products, wherever they are multiplied. */
zs_resources zs_fit_of_lanes(const zs_fit_prices *prices, const zs_products *p)
{
    const double n = (double)p->n, sums = (double)p->sums;
    const uint32_t operands = p->weight_bits + p->elem_bits;
    zs_resources r;
    switch (p->style) {
    case ZS_STYLE_RTL: {
        /* two products that share an operand are one element, whatever clock their slice has */
        const uint64_t pair = p->per_dsp > 1 ? 2 : 1;
        r = zs_fit_of_price(&prices->of[ZS_FIT_RTL_PE], (double)zs_ceil_div(p->n, pair));
        return zs_resources_plus(
            r, zs_fit_of_price(&prices->of[ZS_FIT_RTL_BIT], n * (operands + p->sum_bits)));
    }
    case ZS_STYLE_OWN:
        if (zs_dsp_of_product(p->weight_bits, p->elem_bits) > 0)
            return zs_fit_of_price(&prices->of[ZS_FIT_OWN_BIT], n * p->sum_bits);
        /* products of few bits: their tree is no wider than they are, and a bit of it is a LUT */
        r = zs_fit_of_price(&(zs_fit_price){1, 1},
                            n * (p->weight_bits > 1 && p->elem_bits > 1 ? operands : operands - 1));
        return zs_resources_plus(r,
                                 zs_fit_of_price(&prices->of[ZS_FIT_SUM_BIT], sums * p->sum_bits));
    default:
        r = zs_fit_of_price(&prices->of[ZS_FIT_HLS_BIT], n * operands);
        return zs_resources_plus(r,
                                 zs_fit_of_price(&prices->of[ZS_FIT_SUM_BIT], sums * p->sum_bits));
    }
}

const zs_fit_band zs_fit_bands[ZS_RESOURCE_N] = {
#define FIT_BAND(id, lo_, hi_, source_) [ZS_RESOURCE_##id] = {lo_, hi_, source_},
#define SCALED_BAND(...)
#include "zynqsim/bands.def"
#undef SCALED_BAND
#undef FIT_BAND
};

const double *zs_account_factor(const zs_account_scale *scale, zs_resource_id id)
{
    switch (id) {
    case ZS_RESOURCE_DSP:
        return &scale->dsp;
    case ZS_RESOURCE_BRAM18:
        return &scale->bram18;
    case ZS_RESOURCE_LUT:
        return &scale->lut;
    case ZS_RESOURCE_FF:
        return &scale->ff;
    default:
        return NULL;
    }
}

zs_fit_band zs_fit_band_of(const zs_account_scale *scale, zs_resource_id id)
{
    static const zs_fit_band by_report[ZS_ACCOUNT_COUNT][ZS_RESOURCE_N] = {
#define FIT_BAND(...)
#define SCALED_BAND(report, id, lo_, hi_, source_)                                                 \
    [ZS_ACCOUNT_##report][ZS_RESOURCE_##id] = {lo_, hi_, source_},
#include "zynqsim/bands.def"
#undef SCALED_BAND
#undef FIT_BAND
    };
    const double *factor = zs_account_factor(scale, id);
    return factor != NULL && *factor > 0 ? by_report[scale->report][id] : zs_fit_bands[id];
}

const char *const zs_fit_group_names[ZS_FIT_GROUP_N] = {[ZS_FIT_REST] = "other",
                                                        [ZS_FIT_PRODUCTS] = "products",
                                                        [ZS_FIT_MEMORIES] = "memories",
                                                        [ZS_FIT_MASTERS] = "masters and DMAs",
                                                        [ZS_FIT_CONTROL] = "control"};
