#include "cell_words_priv.h"
#include "reference_priv.h"

#include "zynqsim/capacity.h"

#include <math.h>
#include <string.h>

/* Tables of operators, memories and blocks of interconnect on their own. What no rule of the
 * account speaks of is left out of the checks. */

static void says(zs_operator_measured *m, zs_resource_id id, double n)
{
    m->has[id] = true;
    m->predicted.n[id] = (uint32_t)(n + 0.5);
}

/* "DATA_WIDTH=64 ...": the value of a parameter. */
static double value_of(const char *configuration, const char *name, double missing)
{
    const size_t n = strlen(name);
    for (const char *at = configuration; (at = strstr(at, name)) != NULL; at += n) {
        const bool is_whole = at == configuration || at[-1] == ' ' || at[-1] == ',';
        if (is_whole && at[n] == '=' && zs_cell_first(at).text != NULL)
            return zs_cell_first(at + n).value;
    }
    return missing;
}

static void says_term(zs_operator_measured *m, double luts, double ffs)
{
    says(m, ZS_RESOURCE_LUT, luts);
    says(m, ZS_RESOURCE_FF, ffs);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void multiply(const char *configuration, zs_operator_measured *m)
{
    uint64_t bits[2];
    if (zs_cell_factors(configuration, bits, 2) < 2)
        return;
    const uint32_t dsp = zs_dsp_of_product((uint32_t)bits[0], (uint32_t)bits[1]);
    says(m, ZS_RESOURCE_DSP, dsp);
}

static void fp_add(const char *configuration, zs_operator_measured *m)
{
    (void)configuration;
    const zs_resources *cost = &zs_operators[ZS_OPERATOR_FADD].cost;
    says(m, ZS_RESOURCE_DSP, cost->n[ZS_RESOURCE_DSP]);
    says_term(m, cost->n[ZS_RESOURCE_LUT], cost->n[ZS_RESOURCE_FF]);
}

static void fp_multiply(const char *configuration, zs_operator_measured *m)
{
    (void)configuration;
    const zs_resources *cost = &zs_operators[ZS_OPERATOR_FMUL].cost;
    says(m, ZS_RESOURCE_DSP, cost->n[ZS_RESOURCE_DSP]);
    says_term(m, cost->n[ZS_RESOURCE_LUT], cost->n[ZS_RESOURCE_FF]);
}

static void fp_compare(const char *configuration, zs_operator_measured *m)
{
    (void)configuration;
    const zs_resources *cost = &zs_operators[ZS_OPERATOR_FCMP].cost;
    says(m, ZS_RESOURCE_DSP, 0);
    says_term(m, cost->n[ZS_RESOURCE_LUT], cost->n[ZS_RESOURCE_FF]);
}

static void m_axi(const char *configuration, zs_operator_measured *m)
{
    const zs_fit_price *of = zs_fit_all_prices.of;
    const double bits = zs_cell_has(configuration, "16-bit") ? 16 : 32;
    says_term(m, of[ZS_FIT_M_AXI].lut + bits * of[ZS_FIT_M_AXI_BIT].lut,
              of[ZS_FIT_M_AXI].ff + bits * of[ZS_FIT_M_AXI_BIT].ff);
}

static void dma(const char *configuration, zs_operator_measured *m)
{
    static const char *const ways[][4] = {
        {"include_mm2s", "m_axi_mm2s_data_width", "mm2s_burst_size"},
        {"include_s2mm", "m_axi_s2mm_data_width", "s2mm_burst_size"}};
    const zs_fit_price *of = zs_fit_all_prices.of;
    double luts = 0, ffs = 0, blocks = 0;
    for (size_t i = 0; i < ZS_LEN(ways); i++) {
        if (value_of(configuration, ways[i][0], 1) == 0)
            continue;
        const double bits = value_of(configuration, ways[i][1], 32);
        luts += of[ZS_FIT_DMA].lut + bits * of[ZS_FIT_DMA_BIT].lut;
        ffs += of[ZS_FIT_DMA].ff + bits * of[ZS_FIT_DMA_BIT].ff;
        blocks += zs_dma_bram18((uint32_t)bits, (uint32_t)value_of(configuration, ways[i][2], 16));
    }
    says_term(m, luts, ffs);
    says(m, ZS_RESOURCE_DSP, 0);
    says(m, ZS_RESOURCE_BRAM18, blocks);
}

/* A converter of protocols or widths, and a crossbar's share of a master, make up the PORT terms:
 * each is half of it. Crossbars grow with both sides and the width; AXI-Lite ones have no data path
 * of their own. */
static void crossbar(const char *configuration, zs_operator_measured *m)
{
    const double si = value_of(configuration, "NUM_SI", 1),
                 mi = value_of(configuration, "NUM_MI", 1);
    const double bits = value_of(configuration, "DATA_WIDTH", 32);
    if (zs_cell_has(configuration, "LITE"))
        says_term(m, 70 + 35 * mi, 125 + 4 * mi);
    else
        says_term(m, si * mi * (80 + 1.2 * bits) + 60 * mi, si * mi * (70 + 1.3 * bits) + 120 * mi);
}

static void protocol_converter(const char *configuration, zs_operator_measured *m)
{
    const double ways = zs_cell_has(configuration, "_ONLY") ? 0.5 : 1; /* reads or writes */
    if (value_of(configuration, "TRANSLATION_MODE", 2) == 0)
        says_term(m, ways * 60, ways * 110);
    else
        says_term(m, ways * 400, ways * 500);
}

static void width_converter(const char *configuration, zs_operator_measured *m)
{
    const double wide = fmax(value_of(configuration, "SI_DATA_WIDTH", 32),
                             value_of(configuration, "MI_DATA_WIDTH", 64));
    const double ways = zs_cell_has(configuration, "_ONLY") ? 0.5 : 1;
    says_term(m, ways * wide * 8, ways * wide * 9);
}

static void memory(const char *configuration, zs_operator_measured *m)
{
    uint64_t size[2];
    double words = value_of(configuration, "Write_Depth_A", 0);
    double bits = value_of(configuration, "Write_Width_A", 0);
    if (words == 0 && zs_cell_factors(configuration, size, 2) == 2) {
        words = (double)size[0];
        bits = (double)size[1];
    }
    if (words > 0 && words < 1e12 && bits > 0 && bits < 1e6)
        says(m, ZS_RESOURCE_BRAM18, zs_bram18_of((uint64_t)words, (uint32_t)bits));
}

static void fifo(const char *configuration, zs_operator_measured *m)
{
    const double words = value_of(configuration, "Input_Depth", 0);
    const double bits = value_of(configuration, "Input_Data_Width", 0);
    if (words > 0 && bits > 0 && words < 1e9 && bits < 1e6 &&
        zs_cell_has(configuration, "Block_RAM"))
        says(m, ZS_RESOURCE_BRAM18, fmax(1, zs_bram18_of((uint64_t)words, (uint32_t)bits)));
}

static const struct {
    const char *kind, *operator_;
    void (*predict)(const char *configuration, zs_operator_measured *m);
} rules[] = {
    {"operator", "integer multiply", multiply},
    {"operator", "fp32 add/sub full_dsp", fp_add},
    {"operator", "fp32 mul", fp_multiply},
    {"operator", "fp32 compare", fp_compare},
    {"operator", "HLS m_axi", m_axi},
    {"dma", "axi_dma", dma},
    {"interconnect", "axi_crossbar", crossbar},
    {"interconnect", "axi_protocol_converter", protocol_converter},
    {"interconnect", "axi_dwidth_converter", width_converter},
    {"memory", "", memory},
    {"fifo", "fifo_generator", fifo},
};

static void predict(const char *kind, const char *operator_, const char *configuration,
                    zs_operator_measured *m)
{
    for (size_t i = 0; i < ZS_LEN(rules); i++)
        if (strcmp(kind, rules[i].kind) == 0 &&
            strncmp(operator_, rules[i].operator_, strlen(rules[i].operator_)) == 0) {
            rules[i].predict(configuration, m);
            return;
        }
}

/* The account's fp32 terms are for built operators: what HLS estimates of one is reported. */
static bool is_estimate(const char *stage)
{
    return zs_cell_has(stage, "estimate");
}

zs_status zs_reference_operators(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const uint32_t kind = zs_table_column(t, "kind"), operator_ = zs_table_column(t, "operator");
    const uint32_t configuration = zs_table_column(t, "configuration");
    const uint32_t stage = zs_table_column(t, "stage"), source = zs_table_column(t, "source");
    const uint32_t reason = zs_table_column(t, "reason");
    zs_operator_measured *cases = zs_new(arena, zs_operator_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_operator_measured *m = &cases[row];
        const char *name = zs_table_text(t, row, operator_, "");
        const char *with = zs_table_text(t, row, configuration, "");
        *m = (zs_operator_measured){.source = zs_table_text(t, row, source, ""),
                                    .reason = zs_table_text(t, row, reason, ""),
                                    .why_reported = ""};
        m->name = zs_arena_printf(arena, "%s%s%s", name, with[0] != '\0' ? " " : "", with);
        if (m->name == NULL)
            return zs_nomem(err, t->path);
        predict(zs_table_text(t, row, kind, ""), name, with, m);
        const bool is_memory = strcmp(zs_table_text(t, row, kind, ""), "memory") == 0;
        if (!is_memory && is_estimate(zs_table_text(t, row, stage, "")) && !m->has[ZS_RESOURCE_DSP])
            m->why_reported = "an estimate of HLS, not a build";
        for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
            const uint32_t column = zs_table_column(t, zs_resource_table[i].key);
            m->used[i] = (double)NAN;
            if (m->has[i] && zs_table_text(t, row, column, "")[0] != '\0')
                ZS_TRY(zs_table_number(t, row, column, 0, 1e9, &m->used[i], err));
        }
    }
    out->operators = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
