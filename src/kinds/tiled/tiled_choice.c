#include "tiled_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/fit.h"

#include <stdio.h>

/* What the design leaves to the program must not make more of something slower than less of it. A
 * second slot of a buffer and a tensor that stays on chip take block RAM from the weight buffer,
 * whose size follows from what is left, and from each other. Where they take so much that weights
 * are loaded more often, or tensors have to leave, plans with fewer slots and tensors are drawn up
 * too, and the one is taken that an estimate finds to be the fastest. */

enum { SIZES_MAX = 8, TRIED_MAX = TILED_SECONDS * (SIZES_MAX + 1) };
/* Plans with so many steps are not drawn up more than once. */
enum { STEPS_MAX = 1 << 20 };

typedef struct variant {
    uint32_t dropped;    /* second slots that it does without */
    uint64_t most_elems; /* of a tensor that may stay on chip, ... */
    const bool *set;     /* ... or, where there is one, those that may */
    bool is_rough;       /* not yet what a search would find */
} variant;

/* What a row costs besides waits: how often its weights are loaded, what of it stays on chip. */
typedef struct row_cost {
    uint64_t weight_loads;
    bool on_engine, x_stays, y_stays;
    bool is_ahead; /* the next weights may be loaded while these are in use */
} row_cost;

typedef struct choice {
    zs_plan_draft base; /* as it was handed over */
    zs_plan base_plan;
    zs_arena scratch;
    bool *may_stay; /* [tensor] */
    bool copies_are_felt;
    variant tried[TRIED_MAX];
    row_cost *costs[TRIED_MAX]; /* [row] */
    uint32_t row_n[TRIED_MAX];
    uint32_t tried_n;
    variant best;
    uint64_t best_pl_cycles, asked_pl_cycles;
} choice;

static uint32_t asked_seconds(const zs_accel *a)
{
    const tiled_params *p = tiled_params_of(a);
    return (p->double_buffer.input ? TILED_SECOND_INPUT : 0) |
           (p->double_buffer.weight ? TILED_SECOND_WEIGHT : 0) |
           (p->double_buffer.output ? TILED_SECOND_OUTPUT : 0);
}

static zs_status lay_out(const choice *c, zs_plan_draft *d, const variant *v, zs_err *err)
{
    const zs_design *design = d->design;
    zs_design less = *design;
    tiled_params *p = tiled_params_in(&less.accel);
    if (v->dropped & TILED_SECOND_INPUT)
        p->double_buffer.input = false;
    if (v->dropped & TILED_SECOND_WEIGHT)
        p->double_buffer.weight = false;
    if (v->dropped & TILED_SECOND_OUTPUT)
        p->double_buffer.output = false;
    d->design = &less;
    zs_status status;
    if (design->accel.fusion == ZS_FUSION_AUTO && !d->is_outline && !v->is_rough) {
        status = tiled_search(d, err);
    } else if (v->set != NULL) {
        status = tiled_prepare(d, v->set, err);
    } else {
        for (uint32_t t = 0; t < d->net->tensor_n; t++)
            c->may_stay[t] = zs_shape_elems(d->net->tensors[t].shape) <= v->most_elems;
        status = tiled_prepare(d, c->may_stay, err);
    }
    d->design = design;
    return status;
}

/* ---- whether there is anything to choose ----------------------------------------------------- */

static bool weights_fit_once(const zs_plan_draft *d, uint32_t i, uint64_t *loads, uint64_t *steps)
{
    const zs_plan_row *row = &d->rows[i];
    uint32_t trips[D_N];
    tiled_trips(d->design, zs_draft_layer(d, i), row, trips);
    *steps = 1;
    for (uint32_t k = 0; k < D_N; k++)
        *steps = zs_times_u64(*steps, trips[k]);
    *loads = tiled_weight_loads(d->design, row, trips, row->weight_slots);
    return *loads == tiled_weight_loads(d->design, row, trips, ZS_SLOTS_MAX);
}

/* Results that stay on chip are copied there, which the array of MACs does between its tiles. */
static bool copies_are_felt(const zs_plan_draft *d)
{
    uint64_t copied = 0, macs = 0;
    for (uint32_t i = 0; i < d->resident_n; i++)
        copied += d->residents[i].chosen && !d->residents[i].is_strip ? d->residents[i].elems : 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        macs += d->rows[i].macs;
    const uint64_t lanes = zs_max_u64(1, zs_design_lanes(d->design));
    return copied / zs_max_u64(1, d->design->accel.unroll.oc) >
           macs / lanes * ZS_ESTIMATE_PER_MILLE / 1000;
}

/* Room for a second tile of weights, where there is one. */
static bool is_ahead(const zs_plan_row *row, uint64_t weight_loads)
{
    return row->weight_slots > 1 || weight_loads <= 1;
}

/* Rows load weights more often, or later, than they would with more room; the steps of all rows. */
static bool is_short_of_weights(const zs_plan_draft *d, uint64_t *step_n)
{
    const zs_accel *a = &d->design->accel;
    uint64_t least, useful;
    bool is_short = false;
    *step_n = 0;
    tiled_weight_depths(d, tiled_params_of(a)->double_buffer.weight ? 2 : 1, &least, &useful);
    const bool has_all =
        a->buffer.weight_bytes > 0 || d->plan->buffers[ZS_BUF_WEIGHT].depth_words >= useful;
    for (uint32_t i = 0; i < d->row_n; i++) {
        uint64_t loads, steps;
        if (!d->drafts[i].on_engine || !zs_op_has_filters(zs_draft_layer(d, i)->op))
            continue;
        const bool once = weights_fit_once(d, i, &loads, &steps);
        is_short |= !has_all && (!once || !is_ahead(&d->rows[i], loads));
        *step_n = zs_plus_u64(*step_n, steps);
    }
    return is_short;
}

static bool is_tight(const zs_plan_draft *d)
{
    uint64_t step_n;
    /* a design that does not fit is reported as it is, not made smaller */
    if (!zs_fit_allows_bram18(d->design, tiled_sum_bram18(d)))
        return false;
    bool is_tight = is_short_of_weights(d, &step_n);
    for (uint32_t i = 0; i < d->resident_n; i++)
        is_tight |= !d->residents[i].chosen;
    return (is_tight || copies_are_felt(d)) && step_n <= STEPS_MAX;
}

/* ---- a closed form --------------------------------------------------------------------------- */

/* What moving an operand takes when every transfer is like that of the first tile. */
static uint64_t moving_pl_cycles(const zs_plan_draft *d, uint32_t i, uint32_t operand,
                                 const tiled_work *work)
{
    const uint32_t ports = tiled_ports(zs_draft_ports(d, i), operand);
    const zs_plan_row *r = &d->rows[i];
    const zs_tile_box box = {.oc_n = (uint16_t)r->t_oc,
                             .ic_n = (uint16_t)(r->is_depthwise ? r->t_oc : r->t_ic),
                             .oy_n = (uint16_t)r->t_oy,
                             .ox_n = (uint16_t)r->t_ox};
    if (work->bytes[operand] == 0)
        return 0;
    const zs_xfer x = tiled_first_share(r, d->design, ports, operand, &box);
    const zs_xfer_price price =
        zs_xfer_price_of(d->design, tiled_first_channel(ports, operand), &x);
    const double share = (double)work->bytes[operand] * tiled_first_frac(&d->design->board, ports) /
                         (double)zs_max_u64(1, price.count.bytes);
    return (uint64_t)((double)price.pl_cycles * share);
}

/* Rows of the engine when all transfers overlap with each other, where their channels allow it, and
 * with the MACs. It says which plans are not worth an estimate. */
static uint64_t rough_pl_cycles(const zs_plan_draft *d)
{
    const zs_outline o = {.design = d->design, .net = d->net, .plan = d->plan};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (d->rows[i].call == ZS_NO_INDEX)
            continue;
        const tiled_work w = tiled_work_of(&o, i);
        uint64_t longest = w.compute_pl_cycles, channels[ZS_CHANNEL_N] = {0};
        for (uint32_t k = 0; k < TILED_OPERAND_N; k++) {
            const uint32_t ports = tiled_ports(zs_draft_ports(d, i), k);
            const uint64_t moved = moving_pl_cycles(d, i, k, &w);
            channels[tiled_first_channel(ports, k)] += moved;
            if (k == TILED_SPILL) /* sums come back by the read channel */
                channels[tiled_first_channel(ports, TILED_INPUT)] += moved;
        }
        for (uint32_t k = 0; k < ZS_CHANNEL_N; k++)
            longest = zs_max_u64(longest, channels[k]);
        sum += longest;
    }
    return sum;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static void cost_rows(const zs_plan_draft *d, row_cost *costs)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_plan_row *row = &d->rows[i];
        uint64_t steps;
        costs[i] = (row_cost){.on_engine = d->drafts[i].on_engine,
                              .x_stays = row->x_resident != ZS_NOT_RESIDENT,
                              .y_stays = row->y_resident != ZS_NOT_RESIDENT};
        if (costs[i].on_engine && zs_op_has_filters(zs_draft_layer(d, i)->op))
            (void)weights_fit_once(d, i, &costs[i].weight_loads, &steps);
        costs[i].is_ahead = is_ahead(row, costs[i].weight_loads);
    }
}

/* A plan that loads no less with fewer slots is no better. */
static bool is_no_better(const choice *c, const row_cost *a, const row_cost *b, uint32_t row_n)
{
    for (uint32_t i = 0; i < row_n; i++) {
        const bool stays_less = (!a[i].x_stays || b[i].x_stays) && (!a[i].y_stays || b[i].y_stays);
        const bool stays_as_much = a[i].x_stays == b[i].x_stays && a[i].y_stays == b[i].y_stays;
        if (a[i].weight_loads < b[i].weight_loads || (a[i].is_ahead && !b[i].is_ahead) ||
            a[i].on_engine != b[i].on_engine || !(c->copies_are_felt ? stays_as_much : stays_less))
            return false;
    }
    return true;
}

static bool is_known(const choice *c, const variant *v, const row_cost *costs, uint32_t row_n)
{
    for (uint32_t i = 0; i < c->tried_n; i++)
        if ((c->tried[i].dropped & ~v->dropped) == 0 && c->row_n[i] == row_n &&
            is_no_better(c, costs, c->costs[i], row_n))
            return true;
    return false;
}

/* Lays the variant out on the scratch arena. */
static zs_status sketch(choice *c, const variant *v, zs_plan_draft *d, zs_err *err)
{
    ZS_TRY(zs_draft_again(&c->scratch, &c->base, &c->base_plan, d, err));
    d->is_outline = false;
    return lay_out(c, d, v, err);
}

static zs_status estimate(choice *c, const variant *v, zs_plan_draft *d, uint64_t *pl_cycles,
                          zs_err *err)
{
    ZS_TRY(zs_emit_rows(d, tiled_emit_body, err));
    ZS_TRY(zs_draft_estimate(&c->scratch, d, pl_cycles, err));
    if (*pl_cycles < c->best_pl_cycles) {
        c->best = *v;
        c->best_pl_cycles = *pl_cycles;
    }
    return ZS_OK;
}

static zs_status try_variant(choice *c, variant v, zs_err *err)
{
    zs_plan_draft d;
    if (c->tried_n == TRIED_MAX)
        return ZS_OK;
    ZS_TRY(sketch(c, &v, &d, err));
    row_cost *costs = zs_new(c->base.arena, row_cost, d.row_n);
    if (costs == NULL)
        return zs_nomem(err, "plan");
    cost_rows(&d, costs);
    if (tiled_sum_bram18(&d) > zs_fit_room_bram18(d.design) || is_known(c, &v, costs, d.row_n))
        return ZS_OK;
    if (c->asked_pl_cycles == UINT64_MAX) { /* there is something to compare it with */
        zs_plan_draft asked;
        ZS_TRY(sketch(c, &c->tried[0], &asked, err));
        ZS_TRY(estimate(c, &c->tried[0], &asked, &c->asked_pl_cycles, err));
        ZS_TRY(sketch(c, &v, &d, err));
    }
    if (rough_pl_cycles(&d) >= c->best_pl_cycles + c->best_pl_cycles / 32) /* good to some % */
        return ZS_OK;
    if (v.is_rough) {
        v.is_rough = false;
        ZS_TRY(sketch(c, &v, &d, err));
        costs = zs_new(c->base.arena, row_cost, d.row_n);
        if (costs == NULL)
            return zs_nomem(err, "plan");
        cost_rows(&d, costs);
    }
    c->row_n[c->tried_n] = d.row_n;
    c->costs[c->tried_n] = costs;
    c->tried[c->tried_n++] = v;
    uint64_t pl_cycles;
    return estimate(c, &v, &d, &pl_cycles, err);
}

/* Sizes of tensors that might stay, largest first and then 0: to be a limit for others. */
static uint32_t list_sizes(const zs_plan_draft *d, uint64_t sizes[SIZES_MAX + 1])
{
    uint32_t n = 0;
    uint64_t below = UINT64_MAX;
    sizes[n++] = UINT64_MAX;
    while (n < SIZES_MAX && below > 0) {
        uint64_t next = 0;
        for (uint32_t i = 0; i < d->resident_n; i++) {
            const uint64_t elems = zs_shape_elems(d->net->tensors[d->residents[i].tensor].shape);
            if (elems < below && !d->residents[i].is_strip)
                next = zs_max_u64(next, elems);
        }
        /* what nothing is larger than is no limit */
        if (next != 0 && below != UINT64_MAX)
            sizes[n++] = next;
        below = next;
    }
    if (d->resident_n > 0)
        sizes[n++] = 0;
    return n;
}

static zs_status try_all(choice *c, const zs_plan_draft *asked, zs_err *err)
{
    tiled_gain *gain;
    ZS_TRY(tiled_gain_new(asked, &gain, err));
    const uint32_t seconds = asked_seconds(&c->base.design->accel);
    const bool searches = c->base.design->accel.fusion == ZS_FUSION_AUTO;
    uint64_t sizes[SIZES_MAX + 1] = {UINT64_MAX};
    const uint32_t size_n = searches ? 1 : list_sizes(asked, sizes);
    for (uint32_t dropped = 0; dropped < TILED_SECONDS; dropped++) {
        if ((dropped & ~seconds) != 0 || !tiled_may_gain_any(gain, dropped))
            continue;
        for (uint32_t i = dropped == 0; i < size_n; i++)
            if (searches || tiled_may_gain(gain, dropped, sizes[i]))
                ZS_TRY(try_variant(
                    c, (variant){.dropped = dropped, .most_elems = sizes[i], .is_rough = searches},
                    err));
        if (searches && dropped != 0)
            ZS_TRY(try_variant(
                c, (variant){.dropped = dropped, .set = asked->may_stay, .is_rough = true}, err));
    }
    return ZS_OK;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static zs_status describe(const choice *c, zs_plan_draft *d, uint32_t stayed_n, zs_err *err)
{
    static const char *const names[] = {"input", "weight", "output"};
    uint32_t stay_n = 0;
    char what[160] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < ZS_LEN(names); i++)
        if (c->best.dropped >> i & 1)
            n += (size_t)snprintf(what + n, sizeof what - n,
                                  "%sone slot instead of two for %s tiles", n > 0 ? ", " : "",
                                  names[i]);
    for (uint32_t i = 0; i < d->resident_n; i++)
        stay_n += d->residents[i].chosen;
    if (stay_n != stayed_n)
        snprintf(what + n, sizeof what - n, "%s%u tensors instead of %u stay on chip",
                 n > 0 ? ", " : "", stay_n, stayed_n);
    d->plan->choice_note = zs_arena_printf(
        d->arena,
        "%s: what was asked for takes block RAM from weights or tensors on chip and "
        "would be %.1f %% slower by estimate",
        what,
        100.0 * ((double)c->asked_pl_cycles / (double)zs_max_u64(1, c->best_pl_cycles) - 1.0));
    return d->plan->choice_note ? ZS_OK : zs_nomem(err, "plan");
}

/* `d` is laid out as the design asks. */
static zs_status choose(choice *c, zs_plan_draft *d, zs_err *err)
{
    uint32_t stayed_n = 0;
    for (uint32_t i = 0; i < d->resident_n; i++)
        stayed_n += d->residents[i].chosen;
    c->copies_are_felt = copies_are_felt(d);
    c->best_pl_cycles = c->asked_pl_cycles = UINT64_MAX;
    c->costs[0] = zs_new(c->base.arena, row_cost, d->row_n);
    if (c->costs[0] == NULL)
        return zs_nomem(err, "plan");
    cost_rows(d, c->costs[0]);
    c->row_n[0] = d->row_n;
    c->tried[c->tried_n++] = (variant){.most_elems = UINT64_MAX};
    ZS_TRY(try_all(c, d, err));
    if (c->tried_n == 1 ||
        c->best_pl_cycles + c->asked_pl_cycles * ZS_ESTIMATE_PER_MILLE / 1000 >= c->asked_pl_cycles)
        return ZS_OK;
    *d = c->base;
    *d->plan = c->base_plan;
    ZS_TRY(lay_out(c, d, &c->best, err));
    return describe(c, d, stayed_n, err);
}

/* What the outline of `auto` tells of weights must hold for any choice: the plan with the fewest
 * slots of other buffers loads them the least. */
static zs_status outline_auto(choice *c, zs_plan_draft *d, zs_err *err)
{
    const variant least = {.dropped = asked_seconds(&d->design->accel)};
    zs_plan_draft other;
    uint64_t step_n;
    ZS_TRY(lay_out(c, d, &(variant){.dropped = 0}, err));
    if (least.dropped == 0 || !is_short_of_weights(d, &step_n))
        return ZS_OK;
    ZS_TRY(zs_draft_again(&c->scratch, &c->base, &c->base_plan, &other, err));
    ZS_TRY(lay_out(c, &other, &least, err));
    for (uint32_t i = 0; i < d->row_n && d->row_n == other.row_n; i++)
        if (d->rows[i].weight_slots < other.rows[i].weight_slots)
            d->rows[i].weight_slots = other.rows[i].weight_slots;
    return ZS_OK;
}

zs_status tiled_choose(zs_plan_draft *d, zs_err *err)
{
    choice *c = zs_new(d->arena, choice, 1);
    if (c == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(tiled_list_units(d, err));
    ZS_TRY(tiled_read_layers(d, err));
    c->base = *d;
    c->base_plan = *d->plan;
    c->may_stay = zs_new(d->arena, bool, d->net->tensor_n);
    if (c->may_stay == NULL)
        return zs_nomem(err, "plan");
    zs_arena_init(&c->scratch, d->arena->source);
    zs_status status;
    if (d->is_outline && d->design->accel.fusion == ZS_FUSION_AUTO) {
        status = outline_auto(c, d, err);
    } else {
        status = lay_out(c, d, &(variant){.most_elems = UINT64_MAX}, err);
        if (status == ZS_OK && is_tight(d))
            status = choose(c, d, err);
    }
    zs_arena_drop(&c->scratch);
    return status;
}
