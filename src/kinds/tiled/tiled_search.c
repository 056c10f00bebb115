#include "tiled_priv.h"

#include <string.h>

/* `auto`: which tensors stay on chip, and so which layers become one call. Pools are always fused,
 * as that can only save traffic. A tensor that stays takes block RAM from the weight buffer, which
 * may then reload weights: what a choice is worth is known only from a whole plan, so every choice
 * is tried as one, though for bytes its ops are only emitted for rows that differ from those tried
 * before. Tensors are tried in the order of the traffic that they alone would save, and kept when
 * the plan is nearer to accelerator.fusion_goal than the best so far. What pays only together is
 * not found so; what `fire` keeps is therefore tried as a whole. */

/* What the bytes of a row depend on, and those of the variants seen. */
typedef struct row_key {
    uint32_t layer, pool, add, front_n, weight_slots, tile[4];
    bool x_stays, y_stays;
} row_key;

enum { MEMO_ROWS = 6 };
typedef struct row_memo {
    row_key key[MEMO_ROWS];
    uint64_t bytes[MEMO_ROWS];
    uint32_t n;
} row_memo;

typedef struct search {
    const zs_plan_draft *base; /* as it was handed over */
    zs_arena scratch;          /* plans that are tried */
    zs_arena row;              /* ops of one of their rows */
    row_memo *memos;           /* [layer] */
    bool *may_stay, *by_tile;  /* [tensor] */
    bool *may_go_by_tile;      /* [tensor] */
    uint32_t *order;           /* candidate tensors, most saving first */
    uint32_t candidate_n, tried_n, kept_n, could_n, strip_n;
    double first, best; /* of the goal */
} search;

/* ---- bytes of a choice ----------------------------------------------------------------------- */

static bool same_key(const row_key *a, const row_key *b)
{
    return a->layer == b->layer && a->pool == b->pool && a->add == b->add &&
           a->front_n == b->front_n && a->weight_slots == b->weight_slots &&
           a->x_stays == b->x_stays && a->y_stays == b->y_stays &&
           memcmp(a->tile, b->tile, sizeof a->tile) == 0;
}

/* More slots than the row has weight tiles change nothing. */
static row_key key_of(const zs_plan_draft *d, uint32_t i)
{
    const zs_plan_row *r = &d->rows[i];
    row_key key = {.layer = r->layer,
                   .pool = r->pool,
                   .add = r->add,
                   .x_stays = r->x_resident != ZS_NOT_RESIDENT,
                   .y_stays = r->y_resident != ZS_NOT_RESIDENT,
                   .tile = {r->t_oc, r->t_ic, r->t_oy, r->t_ox}};
    if (r->t_oc == 0 || r->t_ic == 0)
        return key;
    for (const zs_plan_row *front = r->front; front != NULL; front = front->front) {
        key.front_n++;
        key.x_stays = front->x_resident != ZS_NOT_RESIDENT;
    }
    const uint64_t oc_n = r->is_depthwise ? r->y_c : r->group_oc;
    const uint64_t ic_n = r->is_depthwise ? 1 : r->group_ic;
    const uint64_t tiles = zs_ceil_div(oc_n, r->t_oc) * zs_ceil_div(ic_n, r->t_ic) *
                           zs_ceil_div(r->y_c, zs_max_u64(1, oc_n));
    key.weight_slots =
        (uint32_t)zs_min_u64(r->weight_slots, r->front != NULL ? tiled_weight_tiles(r) : tiles);
    return key;
}

static zs_status row_bytes(search *s, const zs_plan_draft *d, uint32_t i, uint64_t *bytes,
                           zs_err *err)
{
    const row_key key = key_of(d, i);
    row_memo *memo = &s->memos[key.layer];
    for (uint32_t k = 0; k < memo->n; k++)
        if (same_key(&memo->key[k], &key)) {
            *bytes = memo->bytes[k];
            return ZS_OK;
        }
    zs_arena_reset(&s->row);
    ZS_TRY(zs_emit_row_traffic(d, tiled_emit_body, &s->row, i, bytes, err));
    const uint32_t at = memo->n < MEMO_ROWS ? memo->n++ : MEMO_ROWS - 1;
    memo->key[at] = key;
    memo->bytes[at] = *bytes;
    return ZS_OK;
}

static uint32_t goal_of(const search *s)
{
    return tiled_params_of(&s->base->design->accel)->fusion_goal;
}

/* Prepares the plan of a choice and says how far it is from the goal. */
static zs_status try_choice(search *s, const zs_design *design, const bool *may_stay,
                            zs_plan_draft *d, double *far, zs_err *err)
{
    zs_arena_reset(&s->scratch);
    zs_plan *plan = zs_new(&s->scratch, zs_plan, 1);
    if (plan == NULL)
        return zs_nomem(err, "plan");
    *plan = *s->base->plan;
    *d = *s->base;
    d->arena = &s->scratch;
    d->design = design;
    d->plan = plan;
    d->by_tile = s->by_tile;
    ZS_TRY(tiled_prepare(d, may_stay, err));
    uint64_t bytes = 0, pl_cycles = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        uint64_t own;
        ZS_TRY(row_bytes(s, d, i, &own, err));
        bytes += own;
    }
    if (goal_of(s) != ZS_GOAL_DRAM_BYTES) {
        ZS_TRY(zs_emit_rows(d, tiled_emit_body, err));
        ZS_TRY(zs_draft_estimate(&s->scratch, d, &pl_cycles, err));
    }
    *far = tiled_goal_of(design, goal_of(s), pl_cycles, bytes);
    return ZS_OK;
}

/* ---- choices --------------------------------------------------------------------------------- */

static bool stays(const zs_plan_draft *d, uint32_t tensor)
{
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].tensor == tensor)
            return d->residents[i].chosen;
    return false;
}

/* Candidates of the plan in which nothing stays; their saving is forgotten there once they are
 * turned down, so it is computed from their size. */
static zs_status list_candidates(search *s, const zs_plan_draft *d, zs_arena *arena, zs_err *err)
{
    s->order = zs_new(arena, uint32_t, d->resident_n + 1u);
    if (s->order == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->resident_n; i++) {
        if (d->residents[i].is_strip) /* that layers ask for */
            continue;
        uint32_t at = s->candidate_n++;
        const uint64_t elems = d->residents[i].elems;
        for (; at > 0; at--) {
            uint32_t before = 0;
            while (d->residents[before].tensor != s->order[at - 1])
                before++;
            if (d->residents[before].elems >= elems)
                break;
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = d->residents[i].tensor;
    }
    return ZS_OK;
}

static zs_status try_tensor(search *s, uint32_t tensor, zs_err *err)
{
    zs_plan_draft d;
    if (s->may_stay[tensor])
        return ZS_OK;
    s->may_stay[tensor] = true;
    s->tried_n++;
    double far;
    ZS_TRY(try_choice(s, s->base->design, s->may_stay, &d, &far, err));
    if (stays(&d, tensor) && far < s->best) {
        s->best = far;
        s->kept_n++;
    } else {
        s->may_stay[tensor] = false;
    }
    return ZS_OK;
}

/* Goes on from the choice of `fire` where that is better. */
static zs_status try_fire(search *s, bool *is_better, zs_err *err)
{
    zs_plan_draft d;
    zs_design fire = *s->base->design;
    fire.accel.fusion = ZS_FUSION_FIRE;
    s->tried_n++;
    double far;
    ZS_TRY(try_choice(s, &fire, NULL, &d, &far, err));
    *is_better = far < s->best;
    if (!*is_better)
        return ZS_OK;
    s->best = far;
    s->kept_n = 0;
    for (uint32_t t = 0; t < s->base->net->tensor_n; t++) {
        s->may_stay[t] = stays(&d, t);
        s->kept_n += s->may_stay[t];
    }
    return ZS_OK;
}

static zs_status try_each(search *s, zs_err *err)
{
    for (uint32_t i = 0; i < s->candidate_n; i++)
        ZS_TRY(try_tensor(s, s->order[i], err));
    return ZS_OK;
}

/* ---- layers by tile -------------------------------------------------------------------------- */

/* Takes what the rows of the draft take from their fronts; how many tensors that are. */
static uint32_t list_strips(const zs_plan_draft *d, bool *tensors)
{
    uint32_t n = 0;
    memset(tensors, 0, d->net->tensor_n * sizeof *tensors);
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].is_strip) {
            tensors[d->residents[i].tensor] = true;
            n++;
        }
    return n;
}

static zs_status try_strips(search *s, bool *is_better, zs_err *err)
{
    zs_plan_draft d;
    double far;
    s->tried_n++;
    ZS_TRY(try_choice(s, s->base->design, s->may_stay, &d, &far, err));
    *is_better = far < s->best;
    if (!*is_better)
        return ZS_OK;
    s->best = far;
    s->strip_n = list_strips(&d, s->by_tile); /* what has room */
    return ZS_OK;
}

/* All that can go by tile, and from there one after the other the other way. A tensor that stays as
 * a whole leaves less room for what is kept of others, so that is taken back as well. */
static zs_status try_by_tile(search *s, zs_err *err)
{
    const uint32_t tensor_n = s->base->net->tensor_n;
    zs_plan_draft d;
    double far;
    bool is_better, any = false;
    for (uint32_t i = 0; i < s->base->net->layer_n; i++)
        any = any || zs_layer_is_depthwise(&s->base->net->layers[i]) ||
              s->base->net->layers[i].op == ZS_LAYER_ADD;
    if (!any)
        return ZS_OK;
    for (uint32_t t = 0; t < tensor_n; t++)
        s->by_tile[t] = true;
    ZS_TRY(try_choice(s, s->base->design, s->may_stay, &d, &far, err));
    s->tried_n++;
    s->could_n = list_strips(&d, s->may_go_by_tile);
    memset(s->by_tile, 0, tensor_n * sizeof *s->by_tile);
    if (s->could_n == 0)
        return ZS_OK;
    if (far < s->best) {
        s->best = far;
        s->strip_n = s->could_n;
        memcpy(s->by_tile, s->may_go_by_tile, tensor_n * sizeof *s->by_tile);
    }
    for (uint32_t t = 0; t < tensor_n; t++) {
        if (!s->may_go_by_tile[t])
            continue;
        s->by_tile[t] = !s->by_tile[t];
        ZS_TRY(try_strips(s, &is_better, err));
        if (!is_better)
            s->by_tile[t] = !s->by_tile[t];
    }
    return ZS_OK;
}

static zs_status run(search *s, zs_arena *arena, zs_err *err)
{
    zs_plan_draft d;
    ZS_TRY(try_choice(s, s->base->design, s->may_stay, &d, &s->best, err));
    s->first = s->best;
    ZS_TRY(list_candidates(s, &d, arena, err));
    ZS_TRY(try_each(s, err));
    bool is_better;
    ZS_TRY(try_fire(s, &is_better, err));
    if (is_better)
        ZS_TRY(try_each(s, err));
    return try_by_tile(s, err);
}

static const char *describe(const search *s, zs_arena *arena)
{
    static const struct {
        double factor;
        const char *what;
    } units[] = {[ZS_GOAL_CYCLES] = {1e-3, "k cycles by estimate"},
                 [ZS_GOAL_DRAM_BYTES] = {1e-6, "MB of the engine's DRAM traffic"},
                 [ZS_GOAL_ENERGY] = {1e3, "mJ for time and traffic by estimate"}};
    const double factor = units[goal_of(s)].factor;
    const char *names = "";
    for (uint32_t i = 0; i < s->candidate_n && names != NULL; i++)
        if (s->may_stay[s->order[i]])
            names = zs_arena_printf(arena, "%s%s%s", names, names[0] ? ", " : "",
                                    s->base->net->tensors[s->order[i]].name);
    if (names == NULL)
        return NULL;
    const char *strips = "";
    if (s->could_n > 0)
        strips = zs_arena_printf(arena, "; %u of %u maps between layers pass by tile", s->strip_n,
                                 s->could_n);
    if (strips == NULL)
        return NULL;
    return zs_arena_printf(arena,
                           "auto: pools fused, %u of %u candidate tensors stay on chip%s%s%s; %.2f "
                           "instead of %.2f %s, best of %u plans",
                           s->kept_n, s->candidate_n, names[0] ? ": " : "", names, strips,
                           s->best * factor, s->first * factor, units[goal_of(s)].what,
                           s->tried_n + 1);
}

zs_status tiled_search(zs_plan_draft *d, zs_err *err)
{
    const zs_plan_draft base = *d;
    search s = {.base = &base};
    s.may_stay = zs_new(d->arena, bool, d->net->tensor_n);
    s.by_tile = zs_new(d->arena, bool, d->net->tensor_n);
    s.may_go_by_tile = zs_new(d->arena, bool, d->net->tensor_n);
    s.memos = zs_new(d->arena, row_memo, d->net->layer_n);
    if (s.may_stay == NULL || s.by_tile == NULL || s.may_go_by_tile == NULL || s.memos == NULL)
        return zs_nomem(err, "plan");
    zs_arena_init(&s.scratch, d->arena->source);
    zs_arena_init(&s.row, d->arena->source);
    const zs_status status = run(&s, d->arena, err);
    zs_arena_drop(&s.scratch);
    zs_arena_drop(&s.row);
    ZS_TRY(status);
    d->by_tile = s.by_tile;
    ZS_TRY(tiled_prepare(d, s.may_stay, err));
    d->plan->fusion_note = describe(&s, d->arena);
    return d->plan->fusion_note ? ZS_OK : zs_nomem(err, "plan");
}
