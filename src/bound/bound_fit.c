#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"

#include <inttypes.h>

enum {
    ITEMS_MAX = 8 + ZS_BUF_N + ZS_PORT_COUNT,
    WALKS = 3,       /* input, weights, output: each walks rows of DRAM on its own */
    LOOPS = 5 + 6,   /* image and four tile loops; six loops within a tile */
    COMPARISONS = 2, /* of a vector lane: running maximum or lower limit, upper limit */
};

/* The account while it is drawn up; `items` has room for all that can be added. */
typedef struct account {
    zs_arena *arena;
    zs_fit_item *items;
    uint32_t n;
    bool memory_ran_out;
} account;

static uint32_t saturated_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint32_t times_u32(uint32_t each, uint64_t n)
{
    uint64_t product;
    return zs_mul_u64(each, n, &product) ? saturated_u32(product) : UINT32_MAX;
}

static zs_resources times(zs_resources each, uint64_t n)
{
    return (zs_resources){.dsp = times_u32(each.dsp, n),
                          .bram18 = times_u32(each.bram18, n),
                          .lut = times_u32(each.lut, n),
                          .ff = times_u32(each.ff, n)};
}

static zs_resources plus(zs_resources a, zs_resources b)
{
    return (zs_resources){.dsp = saturated_u32((uint64_t)a.dsp + b.dsp),
                          .bram18 = saturated_u32((uint64_t)a.bram18 + b.bram18),
                          .lut = saturated_u32((uint64_t)a.lut + b.lut),
                          .ff = saturated_u32((uint64_t)a.ff + b.ff)};
}

static zs_resources cost_of(zs_operator_id id)
{
    const zs_operator *op = &zs_operators[id];
    return (zs_resources){.dsp = op->dsp, .bram18 = op->bram18, .lut = op->lut, .ff = op->ff};
}

static void add_item(account *a, const char *name, const char *detail, zs_resources r)
{
    a->memory_ran_out |= name == NULL || detail == NULL;
    a->items[a->n++] = (zs_fit_item){.name = name, .detail = detail, .r = r};
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void add_mac_array(account *a, const zs_design *design)
{
    const zs_mac_cost *mac = zs_mac_cost_of(design->accel.precision);
    const uint64_t lanes = zs_design_lanes(design);
    const zs_operator *mul = &zs_operators[mac->mul], *add = &zs_operators[mac->add];
    const char *detail = zs_arena_printf(a->arena, "%" PRIu64 " x (%s %u + %s %u DSP)", lanes,
                                         mul->name, mul->dsp, add->name, add->dsp);
    add_item(a, "MAC array", detail, times(plus(cost_of(mac->mul), cost_of(mac->add)), lanes));
}

/* Additions of the vector path use the adders of the array, which is idle meanwhile. */
static void add_vector_path(account *a, const zs_design *design)
{
    static const zs_operator_id compare[ZS_PRECISION_COUNT] = {[ZS_FP32] = ZS_OPERATOR_FCMP,
                                                               [ZS_FIXED16] = ZS_OPERATOR_CMP16,
                                                               [ZS_INT8] = ZS_OPERATOR_CMP8};
    const zs_operator_id id = compare[design->accel.precision];
    const uint32_t lanes = design->accel.unroll.oc;
    const char *detail = zs_arena_printf(a->arena, "%u lanes x %u x %s of %u LUT", lanes,
                                         COMPARISONS, zs_operators[id].name, zs_operators[id].lut);
    add_item(a, "pooling and activation", detail,
             times(cost_of(id), (uint64_t)COMPARISONS * lanes));
}

static void add_requantiser(account *a, const zs_design *design)
{
    const uint32_t lanes = design->accel.unroll.oc;
    const zs_operator *round = &zs_operators[ZS_OPERATOR_ROUND];
    const zs_operator *scale = &zs_operators[ZS_OPERATOR_SCALE];
    if (design->accel.precision == ZS_FIXED16)
        add_item(a, "requantiser", zs_arena_printf(a->arena, "%u lanes x %s", lanes, round->name),
                 times(cost_of(ZS_OPERATOR_ROUND), lanes));
    if (design->accel.precision == ZS_INT8)
        add_item(a, "requantiser",
                 zs_arena_printf(a->arena, "%u lanes x (%s of %u DSP + %s)", lanes, scale->name,
                                 scale->dsp, round->name),
                 times(plus(cost_of(ZS_OPERATOR_SCALE), cost_of(ZS_OPERATOR_ROUND)), lanes));
}

/* ---- the row-streaming engine ---------------------------------------------------------------- */

static void add_pes(account *a, const char *name, uint64_t pes, const zs_operator_id id,
                    uint32_t channels)
{
    const zs_operator *mul = &zs_operators[id];
    const char *detail = zs_arena_printf(a->arena, "%" PRIu64 " PEs x %u x %s of %u DSP, %u LUT",
                                         pes, channels, mul->name, mul->dsp, mul->lut);
    if (pes > 0)
        add_item(a, name, detail, times(cost_of(id), pes * channels));
}

/* A tree adds the products of a PE's channels and the sum so far. Results leave one after the
 * other, so that a single requantiser serves all PEs; pooling compares as many as the output stream
 * moves.
 */
static void add_line_engine(account *a, const zs_design *design)
{
    const zs_accel *accel = &design->accel;
    const bool is_8 = accel->precision == ZS_INT8;
    const uint64_t pes = accel->unroll.oc;
    const uint64_t in_luts = (uint64_t)((double)pes * accel->lines.lut_pe_frac + 0.5);
    const zs_operator_id tree = is_8 ? ZS_OPERATOR_TREE_ADD8 : ZS_OPERATOR_TREE_ADD16;
    const uint32_t beat_bytes = zs_port_params(&design->board, accel->ports.output)->beat_bytes;
    add_pes(a, "PEs in DSP slices", pes - in_luts, is_8 ? ZS_OPERATOR_MUL8 : ZS_OPERATOR_MUL16,
            accel->unroll.ic);
    add_pes(a, "PEs in LUTs", in_luts, is_8 ? ZS_OPERATOR_MUL8_LUT : ZS_OPERATOR_MUL16_LUT,
            accel->unroll.ic);
    add_item(a, "adder trees",
             zs_arena_printf(a->arena, "%" PRIu64 " PEs x %u adders", pes, accel->unroll.ic),
             times(cost_of(tree), pes * accel->unroll.ic));
    add_item(a, "requantiser", "one for all PEs: results leave one by one",
             plus(cost_of(ZS_OPERATOR_SCALE), cost_of(ZS_OPERATOR_ROUND)));
    add_item(a, "pooling and activation", "as many elements as a beat of the output stream has",
             times(cost_of(is_8 ? ZS_OPERATOR_CMP8 : ZS_OPERATOR_CMP16),
                   (uint64_t)COMPARISONS * beat_bytes / (is_8 ? 1 : 2)));
    add_item(a, "stream DMAs", "input, weights, output", times(cost_of(ZS_OPERATOR_STREAM_DMA), 3));
}

/* ---- memories -------------------------------------------------------------------------------- */

static const char *const buffer_names[ZS_BUF_N] = {
    [ZS_BUF_INPUT] = "input buffer",       [ZS_BUF_WEIGHT] = "weight buffer",
    [ZS_BUF_OUTPUT] = "output buffer",     [ZS_BUF_CARRY] = "pooling carry",
    [ZS_BUF_RESIDENT] = "resident tensor",
};

static void add_buffer(account *a, const char *name, const zs_plan_buffer *b)
{
    if (b->banks == 0 || b->depth_words == 0)
        return;
    const uint32_t luts_each = zs_lutram_luts_of(b->depth_words, b->word_bits);
    const bool is_block = b->bram18 != 0;
    const char *detail =
        zs_arena_printf(a->arena, "%u x %u %s: banks of %u x %u b, %u slot%s", b->banks,
                        is_block ? b->bram18 / b->banks : luts_each, is_block ? "BRAM18" : "LUT",
                        b->depth_words, b->word_bits, b->slots, b->slots == 1 ? "" : "s");
    zs_resources r = {.bram18 = b->bram18};
    if (!is_block)
        r.lut = times_u32(luts_each, b->banks);
    add_item(a, name, detail, r);
}

/* ---- the way to the DRAM --------------------------------------------------------------------- */

/* One adapter per port, whatever number of operands share it. */
static void add_axi_masters(account *a, const zs_accel *accel)
{
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        const bool input = accel->ports.input == port;
        const bool one = accel->kind == ZS_KIND_DIRECT; /* for all */
        const bool weight = (one ? accel->ports.input : accel->ports.weight) == port;
        const bool output = zs_output_port(accel) == port;
        if (!input && !weight && !output)
            continue;
        const char *word = zs_word_of(zs_words_port, ZS_PORT_COUNT, port);
        const char *detail =
            zs_arena_printf(a->arena, "m_axi adapter for%s%s%s", input ? " input" : "",
                            weight ? " weights" : "", output ? " output" : "");
        add_item(a, zs_arena_printf(a->arena, "AXI master %s", word), detail,
                 cost_of(ZS_OPERATOR_AXI_MASTER));
    }
}

static void add_control(account *a, const zs_accel *accel)
{
    add_item(a, "address walks", "3 x (input, weights, output)",
             times(cost_of(ZS_OPERATOR_DMA_WALK), WALKS));
    add_item(a, "loop counters", "11 loops: image, 4 over tiles, 6 within a tile",
             times(cost_of(ZS_OPERATOR_LOOP), LOOPS));
    const char *detail =
        zs_arena_printf(a->arena, "state machine, %u registers x 32 FF", accel->registers);
    add_item(
        a, "control registers", detail,
        plus(cost_of(ZS_OPERATOR_CONTROL), times(cost_of(ZS_OPERATOR_REGISTER), accel->registers)));
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
    const struct {
        const char *name;
        uint32_t used, limit;
    } all[] = {{"dsp", used->dsp, limit->dsp},
               {"bram18", used->bram18, limit->bram18},
               {"lut", used->lut, limit->lut},
               {"ff", used->ff, limit->ff}};
    size_t worst = ZS_LEN(all);
    for (size_t i = 0; i < ZS_LEN(all); i++)
        if (all[i].used > all[i].limit &&
            (worst == ZS_LEN(all) ||
             is_tighter(all[i].used, all[i].limit, all[worst].used, all[worst].limit)))
            worst = i;
    return worst == ZS_LEN(all) ? NULL : all[worst].name;
}

static zs_fit verdict(const zs_board *board, const account *a)
{
    zs_fit fit = {
        .items = a->items,
        .item_n = a->n,
        .available = {
            .dsp = board->dsp, .bram18 = board->bram18, .lut = board->lut, .ff = board->ff}};
    for (uint32_t i = 0; i < a->n; i++)
        fit.used = plus(fit.used, a->items[i].r);
    fit.binding = binding_resource(&fit.used, &fit.available);
    fit.fits = fit.binding == NULL;
    return fit;
}

zs_status zs_fit_build(zs_arena *arena, const zs_design *design, const zs_plan *plan, zs_fit *out,
                       zs_err *err)
{
    const bool is_lines = design->accel.kind == ZS_KIND_LINEBUFFER;
    account a = {.arena = arena, .items = zs_new(arena, zs_fit_item, ITEMS_MAX)};
    if (a.items == NULL)
        return zs_nomem(err, "the resource account");
    if (is_lines) {
        add_line_engine(&a, design);
    } else {
        add_mac_array(&a, design);
        add_vector_path(&a, design);
        add_requantiser(&a, design);
    }
    for (uint32_t i = 0; i < ZS_BUF_N; i++)
        add_buffer(&a, is_lines ? plan->buffers[i].name : buffer_names[i], &plan->buffers[i]);
    if (!is_lines)
        add_axi_masters(&a, &design->accel);
    add_control(&a, &design->accel);
    if (a.memory_ran_out)
        return zs_nomem(err, "the resource account");
    *out = verdict(&design->board, &a);
    return ZS_OK;
}

const char *zs_fit_excess(zs_arena *arena, const zs_resources *used, const zs_resources *available)
{
    const struct {
        const char *name;
        uint32_t used, available;
    } rows[] = {{"DSP", used->dsp, available->dsp},
                {"BRAM18", used->bram18, available->bram18},
                {"LUT", used->lut, available->lut},
                {"FF", used->ff, available->ff}};
    const char *text = "";
    for (size_t i = 0; i < ZS_LEN(rows) && text != NULL; i++)
        if (rows[i].used > rows[i].available)
            text = zs_arena_printf(arena, "%s%s%u %s of %u", text, text[0] ? ", " : "",
                                   rows[i].used, rows[i].name, rows[i].available);
    return text;
}
