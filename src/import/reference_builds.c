#include "cell_words_priv.h"
#include "reference_priv.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Tables of built designs: cells of prose, in which structure is looked for. What they do not say
 * is not judged. */

/* ---- precision ------------------------------------------------------------------------------- */

static void take_precision(const char *text, zs_products *p)
{
    uint32_t bits[3] = {0}, n = 0;
    p->is_float = zs_cell_has(text, "fp32") || zs_cell_has(text, "float");
    p->weight_bits = p->elem_bits = p->is_float ? 32 : 16;
    for (zs_cell_number x = zs_cell_first(text); x.text != NULL && n < 3 && !p->is_float;
         x = zs_cell_next(x)) {
        if (n > 0 && x.text[-1] != '/')
            break;
        bits[n++] = (uint32_t)x.value;
        if (x.end[0] == '(' && strchr(x.end, ')') != NULL) /* 1/1(first 8)/16 */
            x.end = strchr(x.end, ')') + 1;
    }
    if (n > 0)
        p->weight_bits = p->elem_bits = bits[0];
    if (n > 1)
        p->elem_bits = bits[1];
    p->sum_bits = n > 2 ? bits[2] : p->weight_bits + p->elem_bits < 16 ? 16 : 32;
}

/* ---- kind ------------------------------------------------------------------------------------ */

static bool has_any(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (zs_cell_has(text, *words))
            return true;
    return false;
}

static uint32_t kernels_of(const char *kind)
{
    static const char *const numbers[] = {"two ", "three ", "four ",  "five ",
                                          "six ", "seven ", "eight ", "nine "};
    for (uint32_t i = 0; i < ZS_LEN(numbers); i++)
        if (zs_cell_has(kind, numbers[i]) && zs_cell_has(kind, " kernels"))
            return i + 2;
    const double n = zs_cell_count_before(kind, " stream kernels");
    return n >= 1 && n < 100 ? (uint32_t)n : 1;
}

static void take_style(const char *kind, const char *unroll, const char *tool, zs_built_design *b)
{
    static const char *const own[] = {"kernel", "layers",      "stencil",  "hls4ml", "product",
                                      "mlp",    "convolution", "dataflow", NULL};
    static const char *const stated_rtl[] = {"rtl", "instruction", "dpu", "verilog", "vhdl", NULL};
    static const char *const arrays[] = {"array", "gemm", "systolic", NULL};
    static const char *const programs[] = {"instruction",       "dpu",       "programmable",
                                           "runtime parameter", "processor", NULL};
    const bool is_hls =
        zs_cell_has(kind, "hls") || zs_cell_has(tool, "hls") || zs_cell_has(tool, "sdsoc");
    const bool is_array = has_any(kind, arrays);
    const bool is_stream = zs_cell_has(unroll, "SIMD") && zs_cell_has(unroll, "PE");
    const bool is_stream_of_kernels = zs_cell_has(kind, "stream kernels");
    b->kernels = kernels_of(kind);
    b->programs = has_any(kind, programs);
    b->is_engine = true;
    if (has_any(kind, stated_rtl) || b->programs || (is_array && !is_hls)) {
        b->products.style = ZS_STYLE_RTL;
        b->is_engine = !is_array;
    } else if (is_stream ||
               (!is_stream_of_kernels && !zs_cell_has(kind, "engine") && has_any(kind, own))) {
        b->products.style = ZS_STYLE_OWN;
        b->is_engine = false;
    } else {
        b->products.style = ZS_STYLE_HLS;
        b->has_addresses = !is_array;
    }
}

/* ---- products -------------------------------------------------------------------------------- */

/* "line-buffer stencil: 3x3 Sobel": its rows; 0: no stencil, or one of a pixel alone. */
static uint64_t window_of(const char *kind)
{
    uint64_t k[2];
    const bool is_window = zs_cell_has(kind, "stencil") && zs_cell_factors(kind, k, 2) == 2;
    return is_window && k[0] == k[1] && k[0] < 64 ? k[0] : 0;
}

static void take_sums(const char *kind, const char *unroll, bool is_systolic, zs_products *p)
{
    uint64_t factors[4];
    const uint32_t n = zs_cell_factors(unroll, factors, ZS_LEN(factors));
    uint64_t chain = 1;
    if (n >= 2 && !is_systolic)
        chain = zs_min_u64(factors[0], factors[1]);
    if (n > 2 && !is_systolic)
        chain = zs_cell_has(kind, "pixels x input x output") ? factors[1]
                                                             : factors[n - 1] * factors[n - 2];
    const double chained = zs_cell_count_before(unroll, " chained");
    if (chained > 0 && chained < 1e6)
        chain = (uint64_t)chained;
    const uint64_t window = window_of(kind);
    if (window > 0)
        chain = window * window;
    p->chain = zs_max_u64(1, zs_min_u64(chain, p->n));
    p->sums = zs_ceil_div(p->n, p->chain);
    const double sums = zs_cell_count_before(unroll, " sums");
    if (sums > 0 && sums < 1e6)
        p->sums = (uint64_t)sums;
}

/* "220 products in DSP, rest in LUTs", "8 PEs in DSP, 8 in LUT", "110 DSP", "products in LUTs". */
static void take_dsp_share(const char *kind, const char *unroll, bool is_ultrascale,
                           zs_built_design *b)
{
    zs_products *p = &b->products;
    const bool is_of_sums = zs_cell_has(unroll, "sums in DSP");
    const double in_dsp = is_of_sums ? 0 : zs_cell_count_before(unroll, "DSP"); /* "in DSP" too */
    const double in_luts = zs_cell_count_before(unroll, "in LUT");
    p->dsp_frac = 1;
    p->per_dsp = 1;
    if (in_dsp > 0 && in_luts > 0)
        p->dsp_frac = in_dsp / (in_dsp + in_luts);
    else if (in_dsp > 0 && in_dsp <= (double)p->n)
        p->dsp_frac = in_dsp / (double)p->n;
    else if (in_dsp > (double)p->n)
        b->stated.n[ZS_RESOURCE_DSP] += (uint32_t)(in_dsp - (double)p->n);
    else if (zs_cell_has(unroll, "in LUT") || zs_cell_has(kind, "in LUT"))
        p->dsp_frac = 0;
    const double each = zs_cell_count_before(unroll, " a PE");
    if (each > 1)
        b->stated.n[ZS_RESOURCE_DSP] += (uint32_t)((each - 1) * (double)p->n);
    if (zs_cell_has(kind, "two int8 products a DSP"))
        p->per_dsp = zs_cell_has(kind, "twice the clock") ? 4 : 2;
    p->sums_leave_slice = p->per_dsp > 1 && !is_ultrascale;
}

/* ---- memories -------------------------------------------------------------------------------- */

static void add_memory(zs_built_design *b, double banks, double words, double bits)
{
    if (b->memory_n < ZS_BUILT_MEMORIES && banks >= 1 && banks < 1e6 && words < 1e12 && bits < 1e6)
        b->memories[b->memory_n++] =
            (zs_built_memory){(uint64_t)words, (uint32_t)banks, (uint32_t)bits};
}

enum { COPIES = 4 }; /* as the last factor these are memories, not bits */

/* Numbers that "x" joins: 2 x 2048 x 32. */
typedef struct factor_run {
    double of[4];
    uint32_t n;
} factor_run;

/* "conv 3x3 1->6", "400-50-30-10": layers, not memories. */
static bool is_network(const char *clause)
{
    return strstr(clause, "->") != NULL || zs_cell_layers(clause) > 1;
}

/* One clause: "12 line buffers 3344x16", "2 x 2048 x 32", "3 arrays x 16 banks of 1024 x 32",
 * "258,048 x 8 in 16 banks". The last run of two or more is words x bits, what is ahead of it are
 * banks. False where it names a memory without a size, or in blocks alone. `names`: how many of the
 * clauses before are names for "each". */
static bool take_clause(const char *clause, uint32_t names, zs_built_design *b)
{
    factor_run run = {{0}, 0};
    double banks = 1, words = 0, bits = 0;
    for (zs_cell_number x = zs_cell_first(clause); x.text != NULL; x = zs_cell_next(x)) {
        const bool was_found = words > 0;
        if (is_network(clause))
            return false;
        if (x.end[0] == '.' && x.end[1] == '.')
            return false; /* a range */
        if (was_found && x.text[-1] == '(')
            break; /* what the author makes of it */
        const bool is_18 = zs_cell_is_unit(x.end, "BRAM18");
        if (is_18 || zs_cell_is_unit(x.end, "RAMB36") || zs_cell_is_unit(x.end, "BRAM36") ||
            zs_cell_is_unit(x.end, "tiles")) {
            b->blocks += x.value < 1e6 ? (uint32_t)x.value * (is_18 ? 1 : 2) : 0;
            return false;
        }
        if (was_found && run.n == 0 && zs_cell_is_unit(x.end, "banks")) {
            banks *= x.value;
            words /= x.value;
            continue;
        }
        if (run.n < ZS_LEN(run.of))
            run.of[run.n++] = x.value;
        if (zs_cell_is_by(x.end))
            continue;
        if (run.n >= 2 && was_found && strstr(clause, " of ") != NULL) {
            banks *= words * bits;            /* "3 arrays x 16 banks of 1024 x 32" */
        } else if (run.n >= 2 && was_found) { /* "15876x11 and 15876x13" */
            add_memory(b, banks, words, bits);
            banks = 1;
        }
        if (run.n == 3 && run.of[2] <= COPIES && run.of[0] > run.of[2]) /* "16Kx32 x 2" */
            run = (factor_run){{run.of[2], run.of[0], run.of[1]}, 3};
        for (uint32_t i = 0; i + 2 < run.n || (run.n == 1 && i == 0); i++)
            banks *= run.of[i];
        if (run.n >= 2) {
            words = run.of[run.n - 2];
            bits = run.of[run.n - 1];
        }
        run.n = 0;
    }
    const bool is_registers = zs_cell_has(clause, "register") || zs_cell_has(clause, "none");
    if (words == 0 || is_registers)
        return is_registers;
    add_memory(b, banks * (zs_cell_has(clause, "each") ? names + 1 : 1), words, bits);
    return true;
}

static void take_memories(const char *text, zs_built_design *b)
{
    uint32_t names = 0;
    char clause[256];
    b->memories_known = text[0] != '\0';
    b->doubles = zs_cell_has(text, "double") || zs_cell_has(text, "ping-pong");
    for (const char *at = text; zs_cell_clause(&at, clause, sizeof clause);) {
        const bool is_name = zs_cell_first(clause).text == NULL;
        if (is_name && zs_cell_has(at, "each"))
            names++;
        else if (!take_clause(clause, names, b))
            b->memories_known = false;
    }
}

/* ---- the way to the DRAM, and blocks around -------------------------------------------------- */

static bool is_port_word(const char *text)
{
    return zs_cell_is_unit(text, "HP") || zs_cell_is_unit(text, "ACP") ||
           zs_cell_is_unit(text, "LUT") || zs_cell_is_unit(text, "FF");
}

static void take_ports(const char *ports, zs_built_design *b)
{
    double count = 0, width = 0, first = 0;
    uint32_t widths = 0;
    const bool has_dma = zs_cell_has(ports, "DMA");
    const bool has_masters = zs_cell_has(ports, "m_axi") || zs_cell_has(ports, "master") ||
                             zs_cell_has(ports, "AXI4") || zs_cell_has(ports, " HP");
    for (zs_cell_number x = zs_cell_first(ports); x.text != NULL; x = zs_cell_next(x)) {
        if (zs_cell_is_unit(x.end, "b") || zs_cell_is_unit(x.end, "bit")) {
            width = fmax(width, x.value);
            widths++;
        } else if (!is_port_word(x.end) && !isalpha((unsigned char)x.text[-1]) && x.value < 64 &&
                   !(x.text >= ports + 6 && strncmp(x.text - 6, "burst ", 6) == 0)) {
            count += x.value;
            first = first > 0 ? first : x.value;
        }
    }
    if (has_dma) {
        b->dma_n = (uint32_t)(first > 0 ? first : 1);
        b->dma_bits = width > 0 ? (uint32_t)width : 32;
        const bool both = b->dma_n == 1 && !zs_cell_has(ports, "read only");
        b->dma_ways = b->dma_n + (both || zs_cell_has(ports, "read+write") ? 1 : 0);
        b->dma_beats = zs_cell_has(ports, "burst 256") ? 256 : 16;
    } else if (has_masters) {
        b->m_axi_n = (uint32_t)(count > 0 ? count : widths > 0 ? widths : 1);
        b->m_axi_bits = width > 0 ? (uint32_t)width : 32;
    }
}

/* Operators beside the products. HLS estimates 892 LUT, 205 FF and 986, 363; builds take 0.43 and
 * 0.80 of such (hououin/CNN-FPGA, reports of soft_max) [V]. */
static void take_operators(const char *unroll, zs_built_design *b)
{
    static const struct {
        const char *word;
        zs_resources each;
    } operators[] = {
        {"fexp", {.n = {[ZS_RESOURCE_DSP] = 7, [ZS_RESOURCE_LUT] = 384, [ZS_RESOURCE_FF] = 164}}},
        {"fdiv", {.n = {[ZS_RESOURCE_LUT] = 424, [ZS_RESOURCE_FF] = 290}}},
    };
    for (uint32_t i = 0; i < ZS_LEN(operators); i++)
        if (zs_cell_has(unroll, operators[i].word))
            b->stated = zs_resources_plus(b->stated, operators[i].each);
}

/* "PicoRV32 1,484 LUT, SmartConnect 533": figures of blocks that the report has apart. */
static void take_stated(const char *others, zs_built_design *b)
{
    const bool has_memories = b->memory_n > 0;
    char clause[256];
    bool is_dma = false;
    for (const char *at = others; zs_cell_clause(&at, clause, sizeof clause);) {
        is_dma = zs_cell_has(clause, "DMA") || (is_dma && zs_cell_has(clause, "FF"));
        for (zs_cell_number x = zs_cell_first(clause); x.text != NULL && !is_dma;
             x = zs_cell_next(x)) {
            uint32_t id = ZS_RESOURCE_N;
            if (zs_cell_is_unit(x.end, "LUT") ||
                (x.end[0] == '\0' && x.value >= 50 && isspace((unsigned char)x.text[-1])))
                id = ZS_RESOURCE_LUT;
            else if (zs_cell_is_unit(x.end, "FF"))
                id = ZS_RESOURCE_FF;
            else if (zs_cell_is_unit(x.end, "DSP"))
                id = ZS_RESOURCE_DSP;
            else if (zs_cell_is_unit(x.end, "BRAM18") && !has_memories)
                id = ZS_RESOURCE_BRAM18;
            if (id < ZS_RESOURCE_N && x.value < 1e9)
                b->stated.n[id] += (uint32_t)x.value;
        }
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct cells {
    const char *name, *source, *part, *tool, *stage, *kind, *precision, *macs, *unroll, *buffers,
        *ports, *others, *mark, *reason;
} cells;

/* "as dfp", "as above": what the row before says that has words of its own. */
static const char *own_words(const zs_table *t, uint32_t row, const char *column)
{
    const uint32_t c = zs_table_column(t, column);
    const char *text = zs_table_text(t, row, c, "");
    while (row > 0 && strncmp(text, "as ", 3) == 0)
        text = zs_table_text(t, --row, c, "");
    return text;
}

static cells cells_of(const zs_table *t, uint32_t row)
{
#define CELL(column)  zs_table_text(t, row, zs_table_column(t, column), "")
#define WORDS(column) own_words(t, row, column)
    return (cells){.name = CELL("case"),
                   .source = CELL("source"),
                   .part = CELL("part"),
                   .tool = CELL("tool"),
                   .stage = CELL("stage"),
                   .kind = WORDS("kind"),
                   .precision = CELL("precision_w_a_acc"),
                   .macs = CELL("macs_per_clock"),
                   .unroll = WORDS("unroll"),
                   .buffers = WORDS("buffers"),
                   .ports = WORDS("ports"),
                   .others = CELL("other_blocks"),
                   .mark = CELL("mark"),
                   .reason = CELL("reason")};
#undef WORDS
#undef CELL
}

static const char *why_reported(const cells *c)
{
    static const char *const foreign[] = {"recurrent", "vit", "transformer", "camera", NULL};
    if (zs_cell_has(c->stage, "estimate"))
        return "an estimate of HLS, not a build";
    if (c->stage[0] != '\0' && !zs_cell_has(c->stage, "placed"))
        return "synthesised alone, not placed";
    if (zs_cell_has(c->mark, "RECALLED"))
        return "recalled figures";
    if (has_any(c->kind, foreign))
        return "no kind of engine that the simulator has";
    if (zs_cell_has(c->buffers, "weights in registers") || zs_cell_has(c->kind, "register file"))
        return "weights in registers: multiplexers that no item speaks of";
    if (zs_cell_has(c->kind, "hls4ml") || zs_cell_has(c->kind, "constant weights"))
        return "weights are constants: no kind of engine has such";
    if (zs_cell_first(c->macs).text == NULL)
        return "products a clock are not stated";
    if (zs_cell_first(c->macs).value == 0 && !zs_cell_has(c->kind, "base system"))
        return "no products: what it does instead is not stated";
    return "";
}

/* of a stencil: pixels off the stream into lines, windows, pixels onto the stream */
enum { STENCIL_LOOPS = 3 };

/* DSP slices do more than products, and how much more is not stated. */
static const char *why_dsp_reported(const cells *c, const zs_products *p)
{
    if (p->n > 0 && !p->is_float && zs_dsp_of_product(p->weight_bits, p->elem_bits) == 0)
        return "its products are too small for DSP slices: what those do is not stated";
    if (zs_cell_has(c->unroll, "inferred"))
        return "its structure was inferred from this figure";
    if (zs_cell_has(c->kind, "requantiser"))
        return "products of its requantisers: number and width are not stated";
    if (zs_cell_has(c->kind, "the same"))
        return "described by another row";
    return "";
}

static void describe(const cells *c, double clock_mhz, zs_built_design *b)
{
    const zs_cell_number macs = zs_cell_first(c->macs);
    const bool is_base = zs_cell_has(c->kind, "base system");
    const bool is_alone = zs_cell_has(c->others, "kernel only") ||
                          zs_cell_has(c->others, "IP only") || zs_cell_has(c->others, "(OOC)") ||
                          zs_cell_has(c->ports, "(OOC)");
    const bool is_ultrascale = zs_cell_has(c->part, "xczu") || zs_cell_has(c->part, "xck");
    take_precision(c->precision, &b->products);
    take_style(c->kind, c->unroll, c->tool, b);
    b->products.n = macs.text != NULL && macs.value < 1e9 ? (uint64_t)macs.value : 0;
    /* operators that layers do not share, though one works at a time */
    const double separate = zs_cell_count_before(c->unroll, " separate");
    if (separate > (double)b->products.n && separate < 1e6)
        b->products.n = (uint64_t)separate;
    if (zs_cell_has(c->kind, "sobel") || zs_cell_has(c->kind, "prewitt"))
        b->products.weight_bits = 2; /* coefficients 1 and 2 */
    b->products.clock_hz = (uint64_t)(clock_mhz * 1e6);
    take_sums(c->kind, c->unroll, zs_cell_has(c->kind, "systolic"), &b->products);
    take_dsp_share(c->kind, c->unroll, is_ultrascale, b);
    /* what vendors call high use of DSP */
    if (zs_cell_has(c->unroll, "sums in DSP") || zs_cell_has(c->name, "hiDSP"))
        b->stated.n[ZS_RESOURCE_DSP] += (uint32_t)zs_min_u64(b->products.sums, 1000000);
    take_memories(c->buffers, b);
    if (b->kernels > 1 && strchr(c->buffers, ':') != NULL) /* "conv: 12 ...": of one of them */
        b->memories_known = false;
    take_stated(c->others, b);
    take_operators(c->unroll, b);
    take_ports(c->ports, b);
    if (is_alone)
        b->dma_n = b->dma_ways = 0;
    b->has_ways = !is_alone;
    b->has_lite = !is_alone && !zs_cell_has(c->others, "measured as difference") &&
                  (zs_cell_has(c->others, "PS ") || zs_cell_has(c->others, "lite") ||
                   zs_cell_has(c->others, "interconnect") || zs_cell_has(c->ports, "lite") ||
                   b->dma_n > 0 || b->m_axi_n > 0);
    const double nodes = zs_cell_count_before(c->unroll, " nodes");
    const double loops = zs_cell_count_before(c->unroll, " loops");
    if (b->products.style == ZS_STYLE_OWN && nodes > 0)
        b->nodes = (uint32_t)fmin(nodes, 1e6);
    else if (b->products.style == ZS_STYLE_OWN && zs_cell_has(c->unroll, "SIMD"))
        b->nodes = zs_cell_pairs(c->unroll, &b->products.sums);
    else if (b->products.style == ZS_STYLE_OWN)
        b->loops = loops > 0                ? (uint32_t)fmin(loops, 1e6)
                   : window_of(c->kind) > 0 ? STENCIL_LOOPS
                                            : zs_cell_layers(c->buffers);
    if (is_base) {
        b->is_engine = b->has_addresses = false;
        b->loops = 0;
    }
    b->ff_frac = is_ultrascale ? 0.8 : 1; /* twins of one source: 16 to 22 % fewer [V] */
}

static zs_status take_used(const zs_table *t, uint32_t row, double used[ZS_RESOURCE_N], zs_err *err)
{
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const uint32_t column = zs_table_column(t, zs_resource_table[i].key);
        used[i] = (double)NAN;
        if (zs_table_text(t, row, column, "")[0] != '\0')
            ZS_TRY(zs_table_number(t, row, column, 0, 1e9, &used[i], err));
    }
    return ZS_OK;
}

zs_status zs_reference_builds(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    zs_build_measured *cases = zs_new(arena, zs_build_measured, t->row_n);
    const uint32_t clock = zs_table_column(t, "clock_target_mhz");
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        const cells c = cells_of(t, row);
        double mhz = 100;
        if (zs_table_text(t, row, clock, "")[0] != '\0')
            ZS_TRY(zs_table_number(t, row, clock, 0, 1e4, &mhz, err));
        zs_build_measured *m = &cases[row];
        *m = (zs_build_measured){.name = c.name, .source = c.source, .reason = c.reason};
        m->why_reported = why_reported(&c);
        for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
            m->is_reported[id] =
                zs_cell_has(zs_table_text(t, row, zs_table_column(t, "reported"), ""),
                            zs_resource_table[id].key);
        describe(&c, mhz, &m->built);
        m->why_dsp_reported = why_dsp_reported(&c, &m->built.products);
        ZS_TRY(take_used(t, row, m->used, err));
    }
    out->builds = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
