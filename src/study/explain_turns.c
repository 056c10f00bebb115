/* The speedup by another value of a key, of the keys that a search of the kind varies. */
#include "explain_priv.h"
#include "zynqsim/kind.h"
#include "zynqsim/space.h"

#include <math.h>
#include <string.h>

#define WORTH 1.05 /* speedup from which on a change is kept */
/* Simulations for an axis, or for two that go together: the values with the best bounds. */
enum { TRIES = 3, PAIRS = 2, VALUES_MOST = 512 };

uint32_t zs_explain_most_turns(void)
{
    return 1 + TRIES * (ZS_GRID_AXES + PAIRS);
}

typedef struct neighbour {
    uint64_t point;
    double bound;
} neighbour;

typedef struct turning {
    zs_arena *arena;
    const zs_net *net;
    const zs_explain_hook *hook;
    zs_sweep sweep;
    zs_space space;
    zs_sweep_memo memo;
    zs_arena scratch;
    uint64_t home;
    double now; /* images per second */
    zs_resources used;
    neighbour list[VALUES_MOST];
    zs_explanation *out;
    zs_err *err;
} turning;

static zs_status the_net(void *ctx, const zs_design *design, const zs_net **net, zs_err *err)
{
    (void)design;
    (void)err;
    *net = ((const turning *)ctx)->net;
    return ZS_OK;
}

/* ---- what is said of it ---------------------------------------------------------------------- */

static const char *describe_change(const turning *t, uint64_t point)
{
    const char *text = "";
    for (uint32_t a = 0; a < t->sweep.grid.axis_n; a++)
        for (uint32_t k = 0; k < t->sweep.grid.axes[a].path_n && text != NULL; k++) {
            const char *before = zs_grid_value(&t->sweep.grid, t->home, a, k);
            const char *after = zs_grid_value(&t->sweep.grid, point, a, k);
            if (strcmp(before, after) != 0)
                text = zs_arena_printf(t->arena, "%s%s%s %s -> %s", text, text[0] ? ", " : "",
                                       t->sweep.grid.axes[a].paths[k], before, after);
        }
    return text;
}

static const char *first_path(const turning *t, uint64_t point)
{
    for (uint32_t a = 0; a < t->sweep.grid.axis_n; a++)
        for (uint32_t k = 0; k < t->sweep.grid.axes[a].path_n; k++)
            if (strcmp(zs_grid_value(&t->sweep.grid, t->home, a, k),
                       zs_grid_value(&t->sweep.grid, point, a, k)) != 0)
                return t->sweep.grid.axes[a].paths[k];
    return "";
}

static const char *describe_cost(const turning *t, const zs_fit *fit)
{
    const char *text = "";
    for (uint32_t i = 0; i < fit->family->block_n && text != NULL; i++) {
        const zs_block *b = &fit->family->blocks[i];
        const uint32_t before = t->used.n[b->id], after = fit->used.n[b->id];
        if (before != after && b->id != ZS_RESOURCE_FF)
            text = zs_arena_printf(t->arena, "%s%s%s %u -> %u", text, text[0] ? ", " : "", b->name,
                                   before, after);
    }
    return text;
}

static void keep(zs_explanation *x, const zs_explain_turn *turn)
{
    uint32_t at = x->turn_n;
    while (at > 0 && x->turns[at - 1].speedup < turn->speedup)
        at--;
    if (at == ZS_EXPLAIN_TURNS)
        return;
    x->turn_n += x->turn_n < ZS_EXPLAIN_TURNS;
    memmove(&x->turns[at + 1], &x->turns[at], (x->turn_n - at - 1) * sizeof *x->turns);
    x->turns[at] = *turn;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static zs_status simulate(turning *t, uint64_t point, zs_sweep_point *p)
{
    ZS_TRY(zs_sweep_run(&t->sweep, point, &t->memo, p, t->err));
    if (t->hook != NULL)
        t->hook->simulated(t->hook->ctx);
    return ZS_OK;
}

/* The best of t->list[0..n), by simulating those with the best bounds. */
static zs_status try_best(turning *t, uint32_t n, uint32_t tries_most)
{
    zs_explain_turn best = {.speedup = WORTH};
    for (uint32_t tries = 0; tries < tries_most; tries++) {
        uint32_t at = n;
        for (uint32_t i = 0; i < n; i++)
            if (t->list[i].bound < -best.speedup * t->now &&
                (at == n || t->list[i].bound < t->list[at].bound))
                at = i;
        if (at == n)
            break;
        zs_sweep_point p;
        const uint64_t point = t->list[at].point;
        t->list[at].bound = INFINITY;
        ZS_TRY(simulate(t, point, &p));
        if (p.outcome != ZS_OUTCOME_SIMULATED || !p.meets)
            continue;
        const double rate = zs_figure_number(&t->space.objective, &t->sweep.base, p.result);
        if (!(rate > best.speedup * t->now))
            continue;
        best = (zs_explain_turn){.change = describe_change(t, point),
                                 .cost = describe_cost(t, &p.result->fit),
                                 .path = first_path(t, point),
                                 .speedup = rate / t->now};
        if (best.change == NULL || best.cost == NULL)
            return zs_nomem(t->err, "explanation");
    }
    if (best.change != NULL)
        keep(t->out, &best);
    return ZS_OK;
}

static zs_status look_at(turning *t, uint64_t point, uint32_t *n)
{
    zs_space_look look;
    if (point == t->home || *n == VALUES_MOST)
        return ZS_OK;
    zs_arena_reset(&t->scratch);
    ZS_TRY(zs_space_look_at(&t->space, point, t->sweep.grid.axis_n, &t->scratch, &look, t->err));
    if (look.excess <= 0)
        t->list[(*n)++] = (neighbour){point, look.bound};
    return ZS_OK;
}

static zs_status try_axis(turning *t, uint32_t axis)
{
    uint32_t n = 0;
    for (uint32_t v = 0; v < t->sweep.grid.axes[axis].value_n; v++)
        ZS_TRY(look_at(t, zs_space_with_value(&t->space, t->home, axis, v), &n));
    /* the gain by a batch hardly depends on other keys, and it takes long to simulate */
    const bool is_batch = strcmp(t->sweep.grid.axes[axis].paths[0], "batch") == 0;
    return try_best(t, n, is_batch ? 1 : TRIES);
}

/* Cheaper products pay when there are more of them. */
static zs_status try_two(turning *t, const char *first, const char *second)
{
    const zs_grid *g = &t->sweep.grid;
    const uint32_t a = zs_grid_axis(g, first), b = zs_grid_axis(g, second);
    uint32_t n = 0;
    if (a == ZS_GRID_AXES || b == ZS_GRID_AXES)
        return ZS_OK;
    for (uint32_t v = 0; v < g->axes[a].value_n; v++)
        for (uint32_t w = 0; w < g->axes[b].value_n; w++) {
            const uint64_t one = zs_space_with_value(&t->space, t->home, a, v);
            const uint64_t both = zs_space_with_value(&t->space, one, b, w);
            if (one != t->home && both != one)
                ZS_TRY(look_at(t, both, &n));
        }
    return try_best(t, n, TRIES);
}

static zs_status turn_all(turning *t)
{
    static const char *const fits = "fits == true";
    zs_subject rate;
    zs_sweep_point p;
    zs_space_order(&t->sweep.grid, &t->sweep.base);
    ZS_TRY(zs_figure_find(t->arena, "images_per_second", &rate, t->err));
    ZS_TRY(zs_conditions_parse(t->arena, &fits, 1, &t->sweep.conditions, t->err));
    ZS_TRY(zs_space_init(t->arena, &t->sweep, &rate, true, &t->space, t->err));
    t->home = zs_space_home(&t->sweep.grid, &t->sweep.base);
    const zs_conditions conditions = t->sweep.conditions;
    t->sweep.conditions.n = 0; /* the design itself may be anything */
    ZS_TRY(simulate(t, t->home, &p));
    t->sweep.conditions = conditions;
    if (p.outcome != ZS_OUTCOME_SIMULATED)
        return ZS_OK;
    t->now = zs_figure_number(&rate, &t->sweep.base, p.result);
    t->used = p.result->fit.used;
    for (uint32_t a = 0; a < t->sweep.grid.axis_n; a++)
        ZS_TRY(try_axis(t, a));
    ZS_TRY(try_two(t, "accelerator.precision", "accelerator.unroll.oc"));
    return try_two(t, "accelerator.precision", "accelerator.unroll.ic");
}

zs_status zs_explain_turn_keys(zs_arena *arena, const zs_design *design, const zs_net *net,
                               zs_fidelity fidelity, const zs_explain_hook *hook,
                               zs_explanation *out, zs_err *err)
{
    const zs_kind *kind = zs_kind_of(design);
    if (kind->space == NULL || design->engine_n > 0)
        return ZS_OK;
    turning *t = zs_new(arena, turning, 1);
    if (t == NULL)
        return zs_nomem(err, "explanation");
    *t = (turning){.arena = arena, .net = net, .hook = hook, .out = out, .err = err};
    t->sweep = (zs_sweep){.base = *design, .fidelity = fidelity, .net_of = the_net, .ctx = t};
    zs_sweep_memo_init(&t->memo, arena->source);
    zs_arena_init(&t->scratch, arena->source);
    zs_status status = zs_space_axes(arena, design, NULL, &t->sweep.grid, err);
    if (status == ZS_OK)
        status = turn_all(t);
    zs_sweep_memo_drop(&t->memo);
    zs_arena_drop(&t->scratch);
    return status;
}
