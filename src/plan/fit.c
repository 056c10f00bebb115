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
    const char *engine; /* of several: whose items are added, or NULL */
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

zs_resources zs_resources_of(zs_operator_id id)
{
    return zs_operators[id].cost;
}

void zs_fit_name_engine(zs_fit_account *a, const char *name)
{
    a->engine = name;
}

void zs_fit_add(zs_fit_account *a, const char *name, const char *detail, zs_resources r)
{
    if (a->engine != NULL && name != NULL)
        name = zs_arena_printf(a->arena, "%s: %s", a->engine, name);
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
    const char *detail =
        zs_arena_printf(a->arena, "%" PRIu64 " x (%s %u + %s %u DSP)", lanes, mul->name,
                        mul->cost.n[ZS_RESOURCE_DSP], add->name, add->cost.n[ZS_RESOURCE_DSP]);
    zs_fit_add(a, "MAC array", detail,
               zs_resources_times(
                   zs_resources_plus(zs_resources_of(mac->mul), zs_resources_of(mac->add)), lanes));
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
    const zs_resources blocks = {.n[ZS_RESOURCE_BRAM18] = b->bram18};
    const zs_resources luts = {.n[ZS_RESOURCE_LUT] = luts_each};
    zs_fit_add(a, name, detail, is_block ? blocks : zs_resources_times(luts, b->banks));
}

/* ---- the way to the DRAM --------------------------------------------------------------------- */

void zs_fit_add_axi_masters(zs_fit_account *a, uint32_t input, uint32_t weight, uint32_t output)
{
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        if (input != port && weight != port && output != port)
            continue;
        const char *word = zs_word_of(zs_words_port, ZS_PORT_COUNT, port);
        const char *detail =
            zs_arena_printf(a->arena, "m_axi adapter for%s%s%s", input == port ? " input" : "",
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
    uint32_t worst = ZS_RESOURCE_N;
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++)
        if (used->n[i] > limit->n[i] &&
            (worst == ZS_RESOURCE_N ||
             is_tighter(used->n[i], limit->n[i], used->n[worst], limit->n[worst])))
            worst = i;
    return worst == ZS_RESOURCE_N ? NULL : zs_resource_table[worst].key;
}

zs_status zs_fit_verdict(const zs_fit_account *a, const zs_family *family, const zs_board *board,
                         zs_fit *out, zs_err *err)
{
    if (a->memory_ran_out)
        return zs_nomem(err, "the resource account");
    *out = (zs_fit){.family = family,
                    .items = a->items,
                    .item_n = a->n,
                    .available = zs_board_resources(board, family)};
    for (uint32_t i = 0; i < a->n; i++)
        out->used = zs_resources_plus(out->used, a->items[i].r);
    out->binding = binding_resource(&out->used, &out->available);
    out->fits = out->binding == NULL;
    return ZS_OK;
}

zs_fit_line zs_fit_line_of(const zs_fit *fit, uint32_t i)
{
    const zs_block *block = &fit->family->blocks[i];
    return (zs_fit_line){.key = zs_resource_table[block->id].key,
                         .name = block->name,
                         .used = fit->used.n[block->id],
                         .available = fit->available.n[block->id]};
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
