#include "fit_priv.h"

#include <inttypes.h>
#include <math.h>

enum {
    ITEMS_MAX = 64,
    ARRAYS_MAX = 64,
    COMPARISONS = 2,  /* of a vector lane: running maximum or lower limit, upper limit */
    ADDRESS_DSP = 10, /* of an operand: its address in DRAM and its index on chip */
    OPERANDS = 3,     /* input, weights, output */
    PAIR_LUTS = 48,   /* sums of two products leave the slice after each: 32 to 64 LUT [D] */
};

/* Products that may move from DSP slices into LUTs. */
typedef struct spillable {
    uint32_t item;
    uint64_t in_dsp; /* products there */
    uint32_t dsp_each, per_dsp;
    double dsp_factor;     /* accelerator.account.dsp */
    zs_fit_price lut_each; /* of a product in LUTs */
} spillable;

struct zs_fit_account {
    zs_arena *arena;
    const zs_fit_prices *prices;
    const zs_design *design;      /* or NULL */
    zs_fit_item items[ITEMS_MAX]; /* the last one takes what does not find room */
    uint32_t n;
    zs_resources around;
    const char *engine; /* of several: whose items are added, or NULL */
    spillable arrays[ARRAYS_MAX];
    uint32_t array_n;
    bool memory_ran_out;
};

zs_fit_account *zs_fit_account_new(zs_arena *arena)
{
    zs_fit_account *a = zs_new(arena, zs_fit_account, 1);
    if (a != NULL) {
        a->arena = arena;
        a->prices = &zs_fit_all_prices;
    }
    return a;
}

void zs_fit_account_price(zs_fit_account *a, const zs_fit_prices *prices)
{
    a->prices = prices;
}

void zs_fit_account_for(zs_fit_account *a, const zs_design *design)
{
    a->design = design;
}

zs_resources zs_fit_priced(const zs_fit_account *a, zs_fit_term term, double n)
{
    return zs_fit_of_price(&a->prices->of[term], n);
}

zs_arena *zs_fit_arena(const zs_fit_account *a)
{
    return a->arena;
}

zs_resources zs_resources_of(zs_operator_id id)
{
    return zs_operators[id].cost;
}

void zs_fit_name_engine(zs_fit_account *a, const char *name)
{
    a->engine = name;
}

static double factor_of(const zs_fit_account *a, zs_resource_id id)
{
    const double *f = a->design != NULL ? zs_account_factor(&a->design->accel.account, id) : NULL;
    return f != NULL && *f > 0 ? *f : 1;
}

/* A saturated share of n. */
static uint32_t scaled(uint32_t n, double factor)
{
    const double product = n * factor;
    return product >= UINT32_MAX ? UINT32_MAX : (uint32_t)(product + 0.5);
}

/* `around`: what of `r` connects the engine to the PS. A report of the whole build scales
 * everything, an estimate of HLS speaks of the kernel alone. */
static void add_item(zs_fit_account *a, zs_fit_group group, const char *name, const char *detail,
                     zs_resources r, zs_resources around)
{
    const bool is_kernel =
        a->design != NULL && a->design->accel.account.report == ZS_ACCOUNT_ESTIMATE;
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++) {
        const double factor = factor_of(a, (zs_resource_id)i);
        const uint32_t apart = is_kernel ? around.n[i] : 0;
        r.n[i] = scaled(r.n[i] - apart, factor) + apart;
        around.n[i] = is_kernel ? around.n[i] : scaled(around.n[i], factor);
    }
    a->around = zs_resources_plus(a->around, around);
    if (a->engine != NULL && name != NULL)
        name = zs_arena_printf(a->arena, "%s: %s", a->engine, name);
    a->memory_ran_out |= name == NULL || detail == NULL;
    if (a->n == ITEMS_MAX) {
        zs_fit_item *last = &a->items[ITEMS_MAX - 1];
        *last = (zs_fit_item){
            .name = "others", .detail = "further items", .r = zs_resources_plus(last->r, r)};
        return;
    }
    a->items[a->n++] = (zs_fit_item){.name = name, .detail = detail, .r = r, .group = group};
}

static const zs_resources nothing = {{0}};

void zs_fit_add(zs_fit_account *a, const char *name, const char *detail, zs_resources r)
{
    add_item(a, ZS_FIT_REST, name, detail, r, nothing);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static const char *array_detail(const zs_fit_account *a, const zs_products *p, uint64_t in_dsp,
                                uint64_t beyond)
{
    const bool is_half = p->elem_bits == HALF_BITS;
    const zs_operator *mul = &zs_operators[is_half ? ZS_OPERATOR_HMUL : ZS_OPERATOR_FMUL],
                      *in_dsp_add = &zs_operators[is_half ? ZS_OPERATOR_HADD : ZS_OPERATOR_FADD],
                      *lut_add =
                          &zs_operators[is_half ? ZS_OPERATOR_HADD_LUT : ZS_OPERATOR_FADD_LUT],
                      *add = p->lut_adders ? lut_add : in_dsp_add;
    if (p->is_float)
        return zs_arena_printf(a->arena, "%" PRIu64 " x (%s %u + %s %u DSP)", p->n, mul->name,
                               mul->cost.n[ZS_RESOURCE_DSP], add->name,
                               add->cost.n[ZS_RESOURCE_DSP]);
    const char *why =
        beyond > 0
            ? zs_arena_printf(a->arena, ", %" PRIu64 " of them as no DSP slice is left", beyond)
            : "";
    if (in_dsp == p->n)
        return zs_arena_printf(a->arena, "%" PRIu64 " products of %u x %u b in DSP slices", p->n,
                               p->weight_bits, p->elem_bits);
    return zs_arena_printf(a->arena,
                           "%" PRIu64 " products of %u x %u b in DSP slices, %" PRIu64 " in LUTs%s",
                           in_dsp, p->weight_bits, p->elem_bits, p->n - in_dsp, why);
}

static uint32_t slices_of(uint64_t products, uint32_t dsp_each, uint32_t per_dsp)
{
    const uint64_t n = zs_ceil_div(products, per_dsp);
    return n > UINT32_MAX / dsp_each ? UINT32_MAX : (uint32_t)n * dsp_each;
}

void zs_fit_add_products(zs_fit_account *a, const char *name, const zs_products *p)
{
    const uint32_t dsp_each = p->is_float ? 0 : zs_dsp_of_product(p->weight_bits, p->elem_bits);
    uint64_t in_dsp = p->n;
    if (p->is_float) {
        zs_resources r = zs_fit_of_float(a->prices, p, p->n);
        r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_SUM_BIT, (double)p->sums * p->elem_bits));
        add_item(a, ZS_FIT_PRODUCTS, name, array_detail(a, p, p->n, 0), r, nothing);
        return;
    }
    if (dsp_each == 0)
        in_dsp = 0;
    else if (p->dsp_frac < 1)
        in_dsp = (uint64_t)((double)p->n * p->dsp_frac + 0.5);
    const zs_fit_price *bit = &a->prices->of[ZS_FIT_LUT_BIT];
    const double bits = (double)p->weight_bits * p->elem_bits;
    /* a factor of one bit is a gate ahead of the adder, in the same LUT */
    const bool is_gate = p->weight_bits == 1 || p->elem_bits == 1;
    const zs_fit_price in_luts = {is_gate ? 0 : bit->lut * bits, bit->ff * bits};
    const spillable array = {.item = a->n < ITEMS_MAX ? a->n : ITEMS_MAX - 1,
                             .in_dsp = in_dsp,
                             .dsp_each = dsp_each,
                             .per_dsp = p->per_dsp > 0 ? p->per_dsp : 1,
                             .dsp_factor = factor_of(a, ZS_RESOURCE_DSP),
                             .lut_each = {in_luts.lut * factor_of(a, ZS_RESOURCE_LUT),
                                          in_luts.ff * factor_of(a, ZS_RESOURCE_FF)}};
    zs_resources r = zs_resources_plus(zs_fit_of_lanes(a->prices, p),
                                       zs_fit_of_price(&in_luts, (double)(p->n - in_dsp)));
    if (in_dsp > 0) {
        const zs_resources dsp = {.n[ZS_RESOURCE_DSP] = slices_of(in_dsp, dsp_each, array.per_dsp)};
        r = zs_resources_plus(r, dsp);
        const uint64_t guests = in_dsp - zs_ceil_div(in_dsp, array.per_dsp);
        const zs_resources sums = {.n[ZS_RESOURCE_LUT] = p->sums_leave_slice ? PAIR_LUTS : 0};
        r = zs_resources_plus(r, zs_resources_times(sums, guests));
        if (a->array_n < ARRAYS_MAX)
            a->arrays[a->array_n++] = array;
    }
    add_item(a, ZS_FIT_PRODUCTS, name, array_detail(a, p, in_dsp, 0), r, nothing);
}

/* Operators are shared by lanes that take turns: an initiation interval of 3 needs a third of
 * them. */
static void add_mac_array(zs_fit_account *a, const zs_design *design, bool lut_adders)
{
    const zs_accel *accel = &design->accel;
    const uint64_t taps = (uint64_t)accel->unroll.ky * accel->unroll.kx;
    const uint64_t lanes = zs_design_lanes(design), interval = accel->pipeline ? accel->ii : 1;
    const uint64_t chain = zs_max_u64(1, accel->unroll.ic * taps);
    const zs_products p = {.style = accel->style,
                           .n = zs_ceil_div(lanes, interval),
                           .sums = lanes / chain,
                           .weight_bits = 8 * zs_weight_bytes(accel->precision),
                           .elem_bits = 8 * zs_elem_bytes(accel->precision),
                           .sum_bits = zs_acc_bits(accel->precision),
                           .is_float = zs_precision_is_float(accel->precision),
                           .chain = chain,
                           .dsp_frac = accel->dsp_frac,
                           .per_dsp = accel->products_per_dsp,
                           .sums_leave_slice = accel->products_per_dsp > 1,
                           .lut_adders = lut_adders,
                           .clock_hz = accel->clock_hz};
    zs_fit_add_products(a, "MAC array", &p);
}

void zs_fit_add_mac_array(zs_fit_account *a, const zs_design *design)
{
    add_mac_array(a, design, false);
}

void zs_fit_add_mac_array_lut_adders(zs_fit_account *a, const zs_design *design)
{
    add_mac_array(a, design, true);
}

/* Additions of the vector path use the adders of the array, which is idle meanwhile. */
static void add_comparisons(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    const zs_operator_id id = zs_operators_of(design->accel.precision)->compare;
    const char *detail =
        zs_arena_printf(a->arena, "%u lanes x %u x %s of %u LUT", lanes, COMPARISONS,
                        zs_operators[id].name, zs_operators[id].cost.n[ZS_RESOURCE_LUT]);
    zs_fit_add(a, "pooling and activation", detail,
               zs_resources_times(zs_resources_of(id), (uint64_t)COMPARISONS * lanes));
}

static void add_requantiser(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    const zs_precision_operators *of = zs_operators_of(design->accel.precision);
    const zs_operator *round = &zs_operators[of->round], *scale = &zs_operators[of->rescale];
    if (of->round == ZS_OPERATOR_NONE)
        return;
    const char *detail =
        of->rescale == ZS_OPERATOR_NONE
            ? zs_arena_printf(a->arena, "%u lanes x %s", lanes, round->name)
            : zs_arena_printf(a->arena, "%u lanes x (%s of %u DSP + %s)", lanes, scale->name,
                              scale->cost.n[ZS_RESOURCE_DSP], round->name);
    const zs_resources each =
        zs_resources_plus(zs_resources_of(of->rescale), zs_resources_of(of->round));
    zs_fit_add(a, "requantiser", detail, zs_resources_times(each, lanes));
}

void zs_fit_add_result_path(zs_fit_account *a, const zs_design *design, uint32_t lanes,
                            uint32_t requantisers)
{
    add_comparisons(a, design, lanes);
    add_requantiser(a, design, requantisers);
}

/* A comparison and, where one multiplies, a product by the slope for each lane; slopes of channels
 * lie in LUTs of 64 bits. */
void zs_fit_add_written_acts(zs_fit_account *a, const zs_design *design, const zs_plan *plan,
                             uint32_t lanes)
{
    const zs_precision_operators *of = zs_operators_of(design->accel.precision);
    const zs_operator_id mul = !plan->acts_multiply              ? ZS_OPERATOR_NONE
                               : of->lut_mul != ZS_OPERATOR_NONE ? of->lut_mul
                                                                 : ZS_OPERATOR_FMUL;
    if (!plan->writes_acts)
        return;
    zs_resources r = zs_resources_times(
        zs_resources_plus(zs_resources_of(of->compare), zs_resources_of(mul)), lanes);
    const uint64_t slope_bits =
        (uint64_t)plan->act_slopes * 8 * zs_elem_bytes(design->accel.precision);
    const uint64_t slopes = zs_ceil_div(slope_bits, 64);
    r = zs_resources_plus(r, (zs_resources){.n[ZS_RESOURCE_LUT] = (uint32_t)slopes});
    zs_fit_add(a, "activations as it writes",
               zs_arena_printf(a->arena, "%u lanes x (%s + %s), %u slopes", lanes,
                               zs_operators[of->compare].name,
                               mul == ZS_OPERATOR_NONE ? "no product" : zs_operators[mul].name,
                               plan->act_slopes),
               r);
}

void zs_fit_add_vector_path(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    zs_fit_add_result_path(a, design, lanes, lanes);
}

void zs_fit_add_decoder(zs_fit_account *a, uint32_t n, uint32_t bits)
{
    enum { LUT_OF_SHIFT_BIT = 2 };
    zs_resources shift = {0};
    shift.n[ZS_RESOURCE_LUT] = LUT_OF_SHIFT_BIT;
    shift.n[ZS_RESOURCE_FF] = 1;
    zs_fit_add(a, "decoder",
               zs_arena_printf(a->arena, "%u weights a clock, %d LUT a bit", n, LUT_OF_SHIFT_BIT),
               zs_resources_times(shift, (uint64_t)bits * n));
}

/* ---- memories -------------------------------------------------------------------------------- */

static uint32_t address_bits(uint64_t words)
{
    uint32_t bits = 1;
    while (bits < 63 && (UINT64_C(1) << bits) < words)
        bits++;
    return bits;
}

/* RAM_WORD: wider banks are several in step, with one address. BLOCK_BITS: enables and the way of a
 * second master to a block RAM, as many LUTs as the largest distributed memory takes. */
enum { RAM_WORD = 144, BLOCK_BITS = 22 };

zs_resources zs_fit_bank_logic(const zs_fit_account *a, uint64_t banks, uint64_t words,
                               uint64_t bits)
{
    const zs_fit_price *bit = &a->prices->of[ZS_FIT_BANK_BIT];
    const bool is_block = words * bits > ZS_LUTRAM_BITS;
    const uint64_t wide = zs_min_u64(bits, RAM_WORD) + address_bits(words);
    const zs_fit_price bank = {bit->lut * (double)(wide + (is_block ? BLOCK_BITS : 0)),
                               bit->ff * (double)wide};
    return zs_fit_of_price(&bank, (double)banks);
}

void zs_fit_add_buffer(zs_fit_account *a, const char *name, const zs_plan_buffer *b)
{
    if (b->banks == 0 || b->depth_words == 0)
        return;
    zs_memory m = {b->banks, b->word_bits, b->depth_words, b->full_ports};
    if (a->design != NULL && b->bram18 > 0)
        m = zs_memory_as_built(&a->design->accel, m);
    const uint32_t blocks = b->bram18 / m.banks;
    const uint32_t luts_each = zs_lutram_luts_of(b->depth_words, m.bits);
    const char *detail =
        zs_arena_printf(a->arena, "%u x %u %s: banks of %u x %u b, %u slot%s", m.banks,
                        blocks > 0 ? blocks : luts_each, blocks > 0 ? "BRAM18" : "LUT",
                        b->depth_words, m.bits, b->slots, b->slots == 1 ? "" : "s");
    const zs_resources luts = {.n[ZS_RESOURCE_LUT] = blocks > 0 ? 0 : luts_each};
    zs_resources r = zs_resources_times(luts, m.banks);
    r.n[ZS_RESOURCE_BRAM18] = b->bram18;
    r = zs_resources_plus(r, zs_fit_bank_logic(a, m.banks, b->depth_words, m.bits));
    add_item(a, ZS_FIT_MEMORIES, name, detail, r, nothing);
}

/* ---- the way to the DRAM --------------------------------------------------------------------- */

void zs_fit_add_m_axi(zs_fit_account *a, const char *name, const char *detail, uint32_t n,
                      uint32_t data_bits)
{
    const zs_resources blocks = {
        .n[ZS_RESOURCE_BRAM18] = zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18]};
    const double bits = (double)n * data_bits;
    zs_resources r = zs_resources_times(blocks, n);
    r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_M_AXI, n));
    r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_M_AXI_BIT, bits));
    const zs_resources way = zs_resources_plus(zs_fit_priced(a, ZS_FIT_PORT, n),
                                               zs_fit_priced(a, ZS_FIT_PORT_BIT, bits));
    add_item(a, ZS_FIT_MASTERS, name, detail, zs_resources_plus(r, way), way);
}

void zs_fit_add_dma(zs_fit_account *a, const char *name, uint32_t n, uint32_t data_bits,
                    uint32_t burst_beats, uint32_t directions)
{
    const zs_resources blocks = {.n[ZS_RESOURCE_BRAM18] = zs_dma_bram18(data_bits, burst_beats)};
    const double ways = (double)n * directions;
    zs_resources r = zs_resources_times(blocks, (uint64_t)n * directions);
    r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_DMA, ways));
    r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_DMA_BIT, ways * data_bits));
    r = zs_resources_plus(r, zs_fit_priced(a, ZS_FIT_DMA_PORT, n));
    add_item(a, ZS_FIT_MASTERS, name, /* no estimate of HLS has a DMA */
             zs_arena_printf(a->arena, "%u x %u direction%s of %u b, and the way to the port", n,
                             directions, directions == 1 ? "" : "s", data_bits),
             r, r);
}

void zs_fit_add_axi_masters(zs_fit_account *a, uint32_t input, uint32_t weight, uint32_t output)
{
    zs_fit_add_port_masters(a, (zs_operand_ports){.input = (uint8_t)(1u << input),
                                                  .weight = (uint8_t)(1u << weight),
                                                  .output = (uint8_t)(1u << output)});
}

void zs_fit_add_port_masters(zs_fit_account *a, zs_operand_ports ports)
{
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        const bool input = ports.input >> port & 1, weight = ports.weight >> port & 1;
        const bool output = ports.output >> port & 1;
        if (!input && !weight && !output)
            continue;
        const char *word = zs_word_of(zs_words_port, ZS_PORT_COUNT, port);
        const char *detail =
            zs_arena_printf(a->arena, "m_axi adapter for%s%s%s", input ? " input" : "",
                            weight ? " weights" : "", output ? " output" : "");
        zs_fit_add_m_axi(
            a, zs_arena_printf(a->arena, "AXI master %s", word), detail, 1,
            a->design == NULL ? 64 : 8 * zs_port_params(&a->design->board, port).beat_bytes);
    }
}

void zs_fit_add_registers(zs_fit_account *a, const zs_accel *accel)
{
    const zs_resources each = zs_resources_of(ZS_OPERATOR_REGISTER);
    const zs_resources way = zs_fit_priced(a, ZS_FIT_LITE, 1);
    add_item(a, ZS_FIT_CONTROL, "control registers",
             zs_arena_printf(a->arena, "AXI-Lite over GP0, %u registers x 32 FF", accel->registers),
             zs_resources_plus(way, zs_resources_times(each, accel->registers)), way);
}

void zs_fit_add_engine(zs_fit_account *a, const zs_accel *accel)
{
    zs_fit_term term = ZS_FIT_KERNEL;
    const char *detail = "state machine";
    if (accel->programs) {
        term = ZS_FIT_PROGRAM;
        detail = "fetch and decoding of instructions, banks of parameters";
    } else if (accel->style == ZS_STYLE_HLS) {
        term = ZS_FIT_ENGINE;
        detail = "state machine, loops over tiles and within a tile, addresses";
    }
    add_item(a, ZS_FIT_CONTROL, "engine control", detail, zs_fit_priced(a, term, 1), nothing);
}

void zs_fit_add_addresses(zs_fit_account *a, const char *detail)
{
    const zs_resources dsp = {.n[ZS_RESOURCE_DSP] = ADDRESS_DSP * OPERANDS};
    add_item(a, ZS_FIT_CONTROL, "address arithmetic", detail, dsp, nothing);
}

void zs_fit_add_tile_control(zs_fit_account *a, const zs_accel *accel)
{
    zs_fit_add_engine(a, accel);
    if (accel->style == ZS_STYLE_HLS)
        zs_fit_add_addresses(a, "input, weights, output: products of 32 b");
    zs_fit_add_registers(a, accel);
}

uint32_t zs_fit_result_lanes(const zs_design *design, const zs_plan *plan)
{
    const zs_accel *u = &design->accel;
    const uint64_t lanes = (uint64_t)u->unroll.oc * u->unroll.oy * u->unroll.ox;
    uint64_t fewest = UINT64_MAX;
    for (uint32_t i = 0; i < plan->row_n + plan->front_n; i++) {
        const zs_plan_row *row = &plan->rows[i];
        if (row->macs == 0 || row->call == ZS_NO_INDEX || row->window.kh == 0)
            continue;
        const uint64_t ic = row->is_depthwise ? 1 : zs_ceil_div(row->group_ic, u->unroll.ic);
        const uint64_t trips = zs_max_u64(ic, 1) * zs_ceil_div(row->window.kh, u->unroll.ky) *
                               zs_ceil_div(row->window.kw, u->unroll.kx);
        fewest = zs_min_u64(fewest, trips);
    }
    if (fewest == UINT64_MAX)
        fewest = 1;
    const uint64_t n = zs_ceil_div(lanes, fewest * (u->pipeline ? u->ii : 1));
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

/* a is exceeded by a larger factor than b; a limit of 0 is exceeded infinitely. */
static bool is_tighter(uint32_t a_used, uint32_t a_limit, uint32_t b_used, uint32_t b_limit)
{
    if (a_limit == 0 || b_limit == 0)
        return b_limit != 0;
    return (uint64_t)a_used * b_limit > (uint64_t)b_used * a_limit;
}

static const char *binding_resource(const zs_resources *used, const zs_resources *limit)
{
    uint32_t worst = ZS_RESOURCE_N;
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++)
        if (used->n[i] > limit->n[i] &&
            (worst == ZS_RESOURCE_N ||
             is_tighter(used->n[i], limit->n[i], used->n[worst], limit->n[worst])))
            worst = i;
    return worst == ZS_RESOURCE_N ? NULL : zs_resource_table[worst].key;
}

static zs_resources sum_of(const zs_fit_account *a)
{
    zs_resources sum = {{0}};
    for (uint32_t i = 0; i < a->n; i++)
        sum = zs_resources_plus(sum, a->items[i].r);
    return sum;
}

/* Whole slices less, and what their products take as LUTs. */
static void spill(zs_fit_account *a, spillable *array, uint64_t excess)
{
    zs_resources *r = &a->items[array->item].r;
    const double each = array->dsp_each * array->dsp_factor;
    const uint64_t slices = (uint64_t)ceil((double)excess / each);
    const uint64_t move = zs_min_u64(array->in_dsp, slices * array->per_dsp);
    const uint64_t left = array->in_dsp - move;
    const uint32_t before = slices_of(array->in_dsp, array->dsp_each, array->per_dsp);
    const uint32_t after = left > 0 ? slices_of(left, array->dsp_each, array->per_dsp) : 0;
    const uint32_t less = scaled(before, array->dsp_factor) - scaled(after, array->dsp_factor);
    r->n[ZS_RESOURCE_DSP] -= less < r->n[ZS_RESOURCE_DSP] ? less : r->n[ZS_RESOURCE_DSP];
    *r = zs_resources_plus(*r, zs_fit_of_price(&array->lut_each, (double)move));
    a->items[array->item].detail =
        zs_arena_printf(a->arena, "%s; %" PRIu64 " of them in LUTs, as no DSP slice is left",
                        a->items[array->item].detail, move);
    a->memory_ran_out |= a->items[array->item].detail == NULL;
    array->in_dsp = left;
}

static void spill_excess(zs_fit_account *a, const zs_resources *available)
{
    const uint32_t limit = available->n[ZS_RESOURCE_DSP];
    for (uint32_t i = a->array_n; i-- > 0;) {
        const uint32_t used = sum_of(a).n[ZS_RESOURCE_DSP];
        if (used <= limit)
            return;
        spill(a, &a->arrays[i], used - limit);
    }
}

uint32_t zs_fit_room_bram18(const zs_design *design)
{
    const double factor = design->accel.account.bram18;
    const uint32_t limit = zs_board_limit(&design->board, ZS_RESOURCE_BRAM18);
    return factor > 0 ? (uint32_t)zs_min_u64((uint64_t)(limit / factor), UINT32_MAX) : limit;
}

bool zs_fit_allows_bram18(const zs_design *design, uint32_t bram18)
{
    const zs_account_scale *scale = &design->accel.account;
    const bool has_band = design->board.family == ZS_FAMILY_7_SERIES;
    const double lo = has_band ? zs_fit_band_of(scale, ZS_RESOURCE_BRAM18).lo : 1;
    const uint32_t used = scaled(bram18, scale->bram18 > 0 ? scale->bram18 : 1);
    return scaled(used, lo) <= zs_board_limit(&design->board, ZS_RESOURCE_BRAM18);
}

zs_status zs_fit_verdict(zs_fit_account *a, const zs_family *family, const zs_board *board,
                         zs_fit *out, zs_err *err)
{
    const zs_resources available = zs_board_resources(board, family);
    spill_excess(a, &available);
    if (a->memory_ran_out)
        return zs_nomem(err, "the resource account");
    *out = (zs_fit){.family = family,
                    .items = a->items,
                    .item_n = a->n,
                    .around = a->around,
                    .used = sum_of(a),
                    .available = available};
    out->lo = out->hi = out->used;
    const bool has_reports = family == &zs_families[ZS_FAMILY_7_SERIES]; /* that bands are of */
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++)
        if (has_reports || i == ZS_RESOURCE_ALM) {
            const zs_fit_band band =
                a->design == NULL ? zs_fit_bands[i]
                                  : zs_fit_band_of(&a->design->accel.account, (zs_resource_id)i);
            out->lo.n[i] = scaled(out->used.n[i], band.lo);
            out->hi.n[i] = scaled(out->used.n[i], band.hi);
        }
    /* products that a part turns out to have no slice for move into LUTs */
    uint32_t *most = &out->hi.n[ZS_RESOURCE_DSP];
    for (uint32_t i = 0; i < a->array_n && a->arrays[i].in_dsp > 0; i++) {
        const uint32_t movable =
            scaled(slices_of(a->arrays[i].in_dsp, a->arrays[i].dsp_each, a->arrays[i].per_dsp),
                   a->arrays[i].dsp_factor);
        const uint32_t over =
            *most > available.n[ZS_RESOURCE_DSP] ? *most - available.n[ZS_RESOURCE_DSP] : 0;
        *most -= over < movable ? over : movable;
    }
    out->binding = binding_resource(&out->lo, &available);
    out->fits = out->binding == NULL;
    if (out->fits)
        out->binding = binding_resource(&out->hi, &available);
    out->is_close = out->fits && out->binding != NULL;
    return ZS_OK;
}

const char *zs_fit_word(const zs_fit *fit)
{
    return fit->is_close ? "close" : fit->fits ? "yes" : "no";
}

zs_fit_line zs_fit_line_of(const zs_fit *fit, uint32_t i)
{
    const zs_block *block = &fit->family->blocks[i];
    return (zs_fit_line){.key = zs_resource_table[block->id].key,
                         .name = block->name,
                         .used = fit->used.n[block->id],
                         .available = fit->available.n[block->id],
                         .lo = fit->lo.n[block->id],
                         .hi = fit->hi.n[block->id]};
}

const char *zs_fit_excess(zs_arena *arena, const zs_resources *used, const zs_resources *available)
{
    const char *text = "";
    for (uint32_t i = 0; i < ZS_RESOURCE_N && text != NULL; i++)
        if (used->n[i] > available->n[i])
            text = zs_arena_printf(arena, "%s%s%u %s of %u", text, text[0] ? ", " : "", used->n[i],
                                   zs_resource_table[i].noun, available->n[i]);
    return text;
}

const char *zs_fit_close_text(zs_arena *arena, const zs_fit *fit)
{
    const char *text = "";
    for (uint32_t i = 0; i < ZS_RESOURCE_N && text != NULL; i++)
        if (fit->hi.n[i] > fit->available.n[i])
            text = zs_arena_printf(arena, "%s%s%u..%u %s of %u", text, text[0] ? ", " : "",
                                   fit->lo.n[i], fit->hi.n[i], zs_resource_table[i].noun,
                                   fit->available.n[i]);
    return text;
}
