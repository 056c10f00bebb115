#include "zynqsim/fit.h"

#include <inttypes.h>

enum {
    ITEMS_MAX = 64,
    WALKS = 3,       /* input, weights, output: each walks rows of DRAM on its own */
    LOOPS = 5 + 6,   /* image and four tile loops; six loops within a tile */
    COMPARISONS = 2, /* of a vector lane: running maximum or lower limit, upper limit */
};

struct zs_fit_account {
    zs_arena *arena;
    zs_fit_item items[ITEMS_MAX]; /* the last one takes what does not find room */
    uint32_t n;
    bool memory_ran_out;
};

zs_fit_account *zs_fit_account_new(zs_arena *arena)
{
    zs_fit_account *a = zs_new(arena, zs_fit_account, 1);
    if (a != NULL)
        a->arena = arena;
    return a;
}

zs_arena *zs_fit_arena(const zs_fit_account *a)
{
    return a->arena;
}

static uint32_t saturated_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint32_t times_u32(uint32_t each, uint64_t n)
{
    uint64_t product;
    return zs_mul_u64(each, n, &product) ? saturated_u32(product) : UINT32_MAX;
}

zs_resources zs_resources_times(zs_resources each, uint64_t n)
{
    return (zs_resources){.dsp = times_u32(each.dsp, n),
                          .bram18 = times_u32(each.bram18, n),
                          .lut = times_u32(each.lut, n),
                          .ff = times_u32(each.ff, n)};
}

zs_resources zs_resources_plus(zs_resources a, zs_resources b)
{
    return (zs_resources){.dsp = saturated_u32((uint64_t)a.dsp + b.dsp),
                          .bram18 = saturated_u32((uint64_t)a.bram18 + b.bram18),
                          .lut = saturated_u32((uint64_t)a.lut + b.lut),
                          .ff = saturated_u32((uint64_t)a.ff + b.ff)};
}

zs_resources zs_resources_of(zs_operator_id id)
{
    const zs_operator *op = &zs_operators[id];
    return (zs_resources){.dsp = op->dsp, .bram18 = op->bram18, .lut = op->lut, .ff = op->ff};
}

void zs_fit_add(zs_fit_account *a, const char *name, const char *detail, zs_resources r)
{
    a->memory_ran_out |= name == NULL || detail == NULL;
    if (a->n == ITEMS_MAX) {
        zs_fit_item *last = &a->items[ITEMS_MAX - 1];
        *last = (zs_fit_item){"others", "further items", zs_resources_plus(last->r, r)};
        return;
    }
    a->items[a->n++] = (zs_fit_item){.name = name, .detail = detail, .r = r};
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

void zs_fit_add_mac_array(zs_fit_account *a, const zs_design *design)
{
    const zs_mac_cost *mac = zs_mac_cost_of(design->accel.precision);
    const uint64_t lanes = zs_design_lanes(design);
    const zs_operator *mul = &zs_operators[mac->mul], *add = &zs_operators[mac->add];
    const char *detail = zs_arena_printf(a->arena, "%" PRIu64 " x (%s %u + %s %u DSP)", lanes,
                                         mul->name, mul->dsp, add->name, add->dsp);
    zs_fit_add(a, "MAC array", detail, zs_resources_times(zs_resources_plus(zs_resources_of(mac->mul), zs_resources_of(mac->add)), lanes));
}

/* Additions of the vector path use the adders of the array, which is idle meanwhile. */
static void add_comparisons(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    static const zs_operator_id compare[ZS_PRECISION_COUNT] = {[ZS_FP32] = ZS_OPERATOR_FCMP,
                                                               [ZS_FIXED16] = ZS_OPERATOR_CMP16,
                                                               [ZS_INT8] = ZS_OPERATOR_CMP8};
    const zs_operator_id id = compare[design->accel.precision];
    const char *detail = zs_arena_printf(a->arena, "%u lanes x %u x %s of %u LUT", lanes,
                                         COMPARISONS, zs_operators[id].name, zs_operators[id].lut);
    zs_fit_add(a, "pooling and activation", detail,
             zs_resources_times(zs_resources_of(id), (uint64_t)COMPARISONS * lanes));
}

static void add_requantiser(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    const zs_operator *round = &zs_operators[ZS_OPERATOR_ROUND];
    const zs_operator *scale = &zs_operators[ZS_OPERATOR_SCALE];
    if (design->accel.precision == ZS_FIXED16)
        zs_fit_add(a, "requantiser", zs_arena_printf(a->arena, "%u lanes x %s", lanes, round->name),
                 zs_resources_times(zs_resources_of(ZS_OPERATOR_ROUND), lanes));
    if (design->accel.precision == ZS_INT8)
        zs_fit_add(a, "requantiser",
                 zs_arena_printf(a->arena, "%u lanes x (%s of %u DSP + %s)", lanes, scale->name,
                                 scale->dsp, round->name),
                 zs_resources_times(zs_resources_plus(zs_resources_of(ZS_OPERATOR_SCALE), zs_resources_of(ZS_OPERATOR_ROUND)), lanes));
}

void zs_fit_add_vector_path(zs_fit_account *a, const zs_design *design, uint32_t lanes)
{
    add_comparisons(a, design, lanes);
    add_requantiser(a, design, lanes);
}

/* ---- memories -------------------------------------------------------------------------------- */

void zs_fit_add_buffer(zs_fit_account *a, const char *name, const zs_plan_buffer *b)
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
    zs_fit_add(a, name, detail, r);
}

/* ---- the way to the DRAM --------------------------------------------------------------------- */

void zs_fit_add_axi_masters(zs_fit_account *a, uint32_t input, uint32_t weight, uint32_t output)
{
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        if (input != port && weight != port && output != port)
            continue;
        const char *word = zs_word_of(zs_words_port, ZS_PORT_COUNT, port);
        const char *detail = zs_arena_printf(
            a->arena, "m_axi adapter for%s%s%s", input == port ? " input" : "",
            weight == port ? " weights" : "", output == port ? " output" : "");
        zs_fit_add(a, zs_arena_printf(a->arena, "AXI master %s", word), detail,
                   zs_resources_of(ZS_OPERATOR_AXI_MASTER));
    }
}

void zs_fit_add_registers(zs_fit_account *a, const zs_accel *accel)
{
    const zs_resources each = zs_resources_of(ZS_OPERATOR_REGISTER);
    zs_fit_add(a, "control registers",
               zs_arena_printf(a->arena, "state machine, %u registers x 32 FF", accel->registers),
               zs_resources_plus(zs_resources_of(ZS_OPERATOR_CONTROL),
                                 zs_resources_times(each, accel->registers)));
}

void zs_fit_add_tile_control(zs_fit_account *a, const zs_accel *accel)
{
    zs_fit_add(a, "address walks", "3 x (input, weights, output)",
               zs_resources_times(zs_resources_of(ZS_OPERATOR_DMA_WALK), WALKS));
    zs_fit_add(a, "loop counters", "11 loops: image, 4 over tiles, 6 within a tile",
               zs_resources_times(zs_resources_of(ZS_OPERATOR_LOOP), LOOPS));
    zs_fit_add_registers(a, accel);
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

zs_status zs_fit_verdict(const zs_fit_account *a, const zs_board *board, zs_fit *out, zs_err *err)
{
    if (a->memory_ran_out)
        return zs_nomem(err, "the resource account");
    *out = (zs_fit){
        .items = a->items,
        .item_n = a->n,
        .available = {
            .dsp = board->dsp, .bram18 = board->bram18, .lut = board->lut, .ff = board->ff}};
    for (uint32_t i = 0; i < a->n; i++)
        out->used = zs_resources_plus(out->used, a->items[i].r);
    out->binding = binding_resource(&out->used, &out->available);
    out->fits = out->binding == NULL;
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
