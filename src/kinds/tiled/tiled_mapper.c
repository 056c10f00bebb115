#include "tiled_mapper_priv.h"

#include <string.h>

enum { NEXT_MAX = 64 };
/* Steps of tile loops that may be made into ops to choose a mapping, in all and of one. */
enum { STEPS_OF_LAYER = 1 << 14, STEPS_OF_MAPPING = 1 << 15, LEAST_TRIED = 16 };

typedef struct mapping {
    uint32_t tile, order;
    mapper_score s;
} mapping;

/* ---- the choice of a layer ------------------------------------------------------------------- */

static uint64_t slots_of(const mapper *m, const mapper_tile *t)
{
    return t->w_depth == 0 ? 1 : zs_min_u64(m->depth[2] / t->w_depth, ZS_SLOTS_MAX);
}

static bool has_room(const mapper *m, const mapper_tile *t)
{
    return t->in_depth <= m->depth[0] / m->in.slots && t->out_depth <= m->depth[1] / m->out.slots &&
           t->w_depth <= m->depth[2] / m->weight.slots;
}

/* By what the closed form says, in an order without ties. */
static bool is_before(const mapping *a, const mapping *b)
{
    if (a->s.goal < b->s.goal || a->s.goal > b->s.goal)
        return a->s.goal < b->s.goal;
    return a->tile != b->tile ? a->tile < b->tile : a->order < b->order;
}

/* A search through the mappings of a row, the most promising first, a handful at a time. */
typedef struct search {
    mapping next[NEXT_MAX];
    uint32_t next_n;
    mapping last; /* all up to this one were looked at */
    mapping best; /* by the estimate of its ops */
    uint32_t considered_n, tried_n;
    uint64_t steps;
    double others; /* the least possible of those that were not made into ops */
    bool is_full;  /* no more steps */
} search;

static void list_next(const mapper *m, uint32_t i, search *s)
{
    s->next_n = s->considered_n = 0;
    for (uint32_t k = 0; k < m->rows[i].tile_n; k++)
        for (uint32_t order = 0; order < MAPPER_ORDER_N; order++) {
            const mapper_tile *t = &m->rows[i].tiles[k];
            if (!has_room(m, t) || !tiled_mapper_may_take(m, i, order))
                continue;
            s->considered_n++;
            const mapping x = {k, order, tiled_mapper_score(m, i, t, order, slots_of(m, t))};
            const double least = tiled_mapper_goal(m, x.s.least_pl_cycles, x.s.bytes);
            if ((s->tried_n > 0 && least >= s->best.s.goal) || !is_before(&s->last, &x))
                continue;
            if (s->is_full) {
                s->others = least < s->others ? least : s->others;
                continue;
            }
            uint32_t at = s->next_n < NEXT_MAX ? s->next_n++ : NEXT_MAX;
            if (at == NEXT_MAX && !is_before(&x, &s->next[NEXT_MAX - 1]))
                continue;
            at = at == NEXT_MAX ? NEXT_MAX - 1 : at;
            for (; at > 0 && is_before(&x, &s->next[at - 1]); at--)
                s->next[at] = s->next[at - 1];
            s->next[at] = x;
        }
}

static zs_status try_next(mapper *m, uint32_t i, search *s, zs_err *err)
{
    for (uint32_t k = 0; k < s->next_n && !s->is_full; k++) {
        mapping x = s->last = s->next[k];
        const mapper_tile *t = &m->rows[i].tiles[x.tile];
        zs_plan_row *r = &m->ctx.rows[i];
        uint64_t steps = 1;
        for (uint32_t d = 0; d < D_N; d++)
            steps = zs_times_u64(steps, zs_max_u64(t->trips[d], 1));
        const double least = tiled_mapper_goal(m, x.s.least_pl_cycles, x.s.bytes);
        if (s->tried_n > 0 && least >= s->best.s.goal)
            continue;
        s->is_full = s->tried_n >= LEAST_TRIED && s->steps + steps > STEPS_OF_LAYER;
        if (s->is_full || (s->tried_n > 0 && steps > STEPS_OF_MAPPING)) {
            s->others = least < s->others ? least : s->others;
            continue;
        }
        zs_row_estimate e;
        tiled_mapper_put(m, i, t);
        r->loop_order = x.order;
        r->weight_slots = (uint32_t)slots_of(m, t);
        zs_arena_reset(&m->ops);
        ZS_TRY(zs_emit_row_estimate(&m->ctx, tiled_emit_body, &m->ops, i, &e, err));
        s->steps += steps;
        x.s.pl_cycles = e.pl_cycles;
        x.s.bytes = e.bytes;
        x.s.goal = tiled_mapper_goal(m, e.pl_cycles, e.bytes);
        if (s->tried_n++ == 0 || x.s.goal < s->best.s.goal)
            s->best = x;
    }
    return ZS_OK;
}

static zs_status map_layer(mapper *m, uint32_t i, zs_err *err)
{
    mapper_row *row = &m->rows[i];
    tiled_layer *l = &m->layers[m->ctx.drafts[i].layer];
    search s = {.last.s.goal = -1, .others = MAPPER_HUGE_GOAL};
    do {
        list_next(m, i, &s);
        ZS_TRY(try_next(m, i, &s, err));
        if (s.is_full)
            list_next(m, i, &s);
    } while (s.next_n > 0 && !s.is_full);
    if (s.tried_n == 0)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile",
                       "the buffers do not hold a tile of layer %s",
                       zs_draft_layer(&m->ctx, i)->name);
    const mapper_tile *t = &row->tiles[s.best.tile];
    l->params.tile.oc = t->oc;
    l->params.tile.ic = t->ic;
    l->params.tile.oy = t->oy;
    l->params.tile.ox = t->ox;
    l->params.tile.fills = false;
    if (!l->order_is_said) {
        const uint32_t order = s.best.order;
        l->params.loop_order = order == TILED_WEIGHTS_STAY  ? ZS_WEIGHT_STATIONARY
                               : order == TILED_INPUTS_STAY ? ZS_INPUT_STATIONARY
                                                            : ZS_OUTPUT_STATIONARY;
        l->params.outer_loop = order == TILED_PIXELS_OUTSIDE ? ZS_OUTER_PIXELS : ZS_OUTER_CHANNELS;
    }
    row->mapping = (zs_plan_mapping){.considered_n = s.considered_n,
                                     .tried_n = s.tried_n,
                                     .pl_cycles = s.best.s.pl_cycles,
                                     .bytes = s.best.s.bytes,
                                     .compute_pl_cycles = t->compute,
                                     .goal = s.best.s.goal,
                                     .bound = s.others < s.best.s.goal ? s.others : s.best.s.goal};
    return ZS_OK;
}

/* ---- all layers ------------------------------------------------------------------------------ */

/* A plan with the smallest tiles: its rows, calls, tensors on chip and shapes of buffers. */
static zs_status set_context(mapper *m, const zs_plan_draft *d, zs_err *err)
{
    const uint32_t layer_n = d->net->layer_n;
    m->layers = zs_new(&m->scratch, tiled_layer, layer_n + 1u);
    bool *may_stay = zs_new(&m->scratch, bool, d->net->tensor_n + 1u);
    zs_plan *plan = zs_new(&m->scratch, zs_plan, 1);
    if (m->layers == NULL || plan == NULL || may_stay == NULL)
        return zs_nomem(err, "plan");
    memcpy(m->layers, d->own, layer_n * sizeof *m->layers);
    for (uint32_t i = 0; i < layer_n; i++)
        if (m->layers[i].is_auto) {
            const zs_accel *a = &d->design->accel;
            tiled_params *p = &m->layers[i].params;
            p->tile.oc = a->unroll.oc;
            p->tile.ic = a->unroll.ic;
            p->tile.oy = a->unroll.oy;
            p->tile.ox = a->unroll.ox;
            p->tile.fills = false;
        }
    *plan = *d->plan;
    m->ctx = *d;
    m->ctx.arena = &m->scratch;
    m->ctx.plan = plan;
    m->ctx.own = m->layers;
    m->ctx.is_outline = false;
    m->ctx.takes_no_fronts = true; /* layers are mapped one by one */
    return tiled_prepare(&m->ctx, d->design->accel.fusion == ZS_FUSION_AUTO ? may_stay : NULL, err);
}

static zs_status map_all(mapper *m, zs_plan_draft *d, zs_err *err)
{
    ZS_TRY(set_context(m, d, err));
    tiled_mapper_set_depths(m);
    m->rows = zs_new(&m->scratch, mapper_row, m->ctx.row_n + 1u);
    zs_plan_mapping *mappings = zs_new(d->arena, zs_plan_mapping, m->ctx.row_n + 1u);
    if (m->rows == NULL || mappings == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(tiled_mapper_list(m, err));
    ZS_TRY(tiled_mapper_choose_depths(m, err));
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        const mapper_row *row = &m->rows[i];
        const uint32_t layer = m->ctx.drafts[i].layer;
        if (!row->is_mapped)
            continue;
        if (row->like == i)
            ZS_TRY(map_layer(m, i, err));
        else
            m->layers[layer].params = m->layers[m->ctx.drafts[row->like].layer].params;
        mappings[d->plan->mapping_n] = m->rows[row->like].mapping;
        mappings[d->plan->mapping_n++].layer = layer;
    }
    d->plan->mappings = mappings;
    memcpy(d->own, m->layers, d->net->layer_n * sizeof *m->layers);
    return ZS_OK;
}

zs_status tiled_map(zs_plan_draft *d, zs_err *err)
{
    mapper *m = zs_new(d->arena, mapper, 1);
    if (m == NULL)
        return zs_nomem(err, "plan");
    zs_arena_init(&m->scratch, d->arena->source);
    zs_arena_init(&m->ops, d->arena->source);
    const zs_status status = map_all(m, d, err);
    zs_arena_drop(&m->scratch);
    zs_arena_drop(&m->ops);
    return status;
}
