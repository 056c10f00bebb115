#include "pipeline_priv.h"

#include <math.h>

bool zs_pipeline_is_in_loss(const zs_train_setup *s, const zs_layer *l)
{
    return s->loss == ZS_LOSS_ENTROPY && l->op == ZS_LAYER_SOFTMAX && l->out == s->net->output;
}

/* Layers that are cut. */
static uint32_t cut_layer_n(const zs_train_setup *setup)
{
    const uint32_t n = setup->net->layer_n;
    return n - (n > 0 && zs_pipeline_is_in_loss(setup, &setup->net->layers[n - 1]));
}

/* ---- equal stages ---------------------------------------------------------------------------- */

/* least[s][n]: the slowest of s + 1 stages over the first n layers. */
zs_status zs_pipeline_balance(zs_arena *arena, const zs_train_setup *setup,
                              const zs_layer_time *times, uint32_t device_n, uint32_t k,
                              uint32_t **cuts, zs_err *err)
{
    const uint32_t n = cut_layer_n(setup);
    if (k >= n || k > 64)
        return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "%u cuts are more than %u layers allow", k,
                       n);
    const size_t line = (size_t)n + 1;
    double *least = zs_new(arena, double, (k + 1) * line);
    uint32_t *from = zs_new(arena, uint32_t, (k + 1) * line);
    uint32_t *list = zs_new(arena, uint32_t, (size_t)k + 1);
    if (least == NULL || from == NULL || list == NULL)
        return zs_nomem(err, "pipeline.cut");
    if (device_n > 1 && k >= device_n)
        return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "%u stages are more than %u devices", k + 1,
                       device_n);
    for (uint32_t s = 0; s <= k; s++) {
        const zs_layer_time *own_times =
            times + (device_n > 1 ? (size_t)s * setup->net->layer_n : 0);
        for (uint32_t end = s + 1; end <= n; end++) {
            double own = 0, best = INFINITY;
            for (uint32_t begin = end; begin-- > s;) { /* the last stage: begin .. end - 1 */
                own += own_times[begin].forward_s + own_times[begin].backward_s;
                if (s == 0 ? begin > 0 : begin < s)
                    continue;
                const double slowest = s == 0 ? own : fmax(own, least[(s - 1) * line + begin]);
                if (slowest < best) {
                    best = slowest;
                    from[s * line + end] = begin;
                }
            }
            least[s * line + end] = best;
        }
    }
    if (isinf(least[k * line + n]))
        return zs_fail(err, ZS_EUNSUPPORTED, "pipeline.cut",
                       "no %u cuts give every device layers that it can train", k);
    for (uint32_t s = k, end = n; s > 0; s--) {
        end = from[s * line + end];
        list[s - 1] = end - 1;
    }
    *cuts = list;
    return ZS_OK;
}

/* ---- the best cuts --------------------------------------------------------------------------- */

/* Depth first, the most promising cut next, leaving out what cannot be better. In step, or in
 * inference, no pipeline is faster than its slowest stage, nor than its slowest link; where links
 * carry between cycles it is not faster than both one after the other. plain takes the sum of all
 * stages and links. gpipe in M parts: all forward passes end before the last stage turns back, and
 * both ways one part goes through everything while the others wait for the slowest stage or link.
 */
enum { SIMULATED_MAX = 20000, BOUNDED_MAX = 5000000 };

/* Of stages with the links behind them: of those that are set, or the least of those that are not.
 * Each figure is of the cuts that are best for it. */
typedef struct run_of_stages {
    double work, slowest;     /* both ways: all of them, and the slowest */
    double forward, backward; /* gpipe: what a part takes in the slowest stage or link */
    double wire, wires;       /* slowest, and all of them: one direction, without latency */
    double passes;            /* all links with latency, one direction */
} run_of_stages;

/* A cut that is yet to be looked at. */
typedef struct choice {
    run_of_stages before;
    double bound;
    uint32_t end;
} choice;

typedef struct search {
    zs_arena scratch;
    const zs_design *design;
    const zs_train_setup *setup;
    const zs_layer_time *times;
    uint32_t device_n, k, n;
    bool infers, is_gpipe;
    double in_step, one_by_one; /* shares of the slowest stage and of their sum in the figure */
    double parts;               /* of a mini-batch: 1 in all but gpipe */
    /* gpipe: of the parts but the first, the share that takes a buffer after another in the same
     * one, up to the last part; and the share before these, which the stage works on in turn. */
    double in_turn, ahead;
    double early; /* gpipe: for each part but the first, what links carry while that one arrives */
    zs_pipeline_stage *behind; /* [layer]: what crosses a cut behind it */
    double *link_s, *wire_s; /* [layer]: a part, one direction over a cut behind it; less latency */
    run_of_stages *rest;     /* [stage][layer]: those from here on */
    choice *choices;         /* [stage][layer] */
    uint32_t *cuts, *best;
    double best_s;
    uint64_t tried, bounded; /* cuts that were simulated; beginnings of cuts that have a bound */
} search;

static const zs_layer_time *time_of(const search *s, uint32_t stage, uint32_t layer)
{
    return &s->times[(s->device_n > 1 ? (size_t)stage * s->setup->net->layer_n : 0) + layer];
}

static double forward_of(const search *s, uint32_t stage, uint32_t layer)
{
    const zs_layer_time *t = time_of(s, stage, layer);
    return s->infers ? t->inference_s : t->forward_s;
}

static double backward_of(const search *s, uint32_t stage, uint32_t layer)
{
    return s->infers ? 0 : time_of(s, stage, layer)->backward_s;
}

/* A stage of layers begin .. end - 1 in front of others. Where links wait for the stages at both
 * ends, a stage stands still for the slower of its two, but for what comes in while its first part
 * is on its way. An output buffer is taken while the stage
 * works and the link behind it carries, an input buffer from the transfer to the end of the work.
 */
static run_of_stages put_before(const search *s, const run_of_stages *others, double forward,
                                double backward, uint32_t begin, uint32_t end)
{
    const bool is_first = begin == 0, is_last = end == s->n;
    const double in = is_first ? 0 : s->wire_s[begin - 1], out = is_last ? 0 : s->wire_s[end - 1];
    const double arrives = is_first ? 0 : s->link_s[begin - 1];
    const double returns = is_last ? 0 : s->link_s[end - 1];
    const bool waits = !s->design->system.overlaps;
    const double waits_there = waits ? fmax(in - s->early, out) : 0;
    const double waits_back = waits ? fmax(out - s->early, in) : 0;
    const double there = forward / s->parts, back = backward / s->parts;
    const double there_ahead = s->ahead * there, back_ahead = s->ahead * back;
    return (run_of_stages){
        .work = others->work + forward + backward,
        .slowest = fmax(others->slowest, forward + backward),
        .forward = fmax(fmax(others->forward, there + waits_there),
                        fmax(out, there_ahead + s->in_turn * (there + fmax(out, arrives)))),
        .backward = fmax(fmax(others->backward, back + waits_back),
                         fmax(out, back_ahead + s->in_turn * (back + fmax(in, returns)))),
        .wire = fmax(others->wire, out),
        .wires = others->wires + out,
        .passes = others->passes + returns,
    };
}

static void take_least(run_of_stages *least, const run_of_stages *other)
{
    least->work = fmin(least->work, other->work);
    least->slowest = fmin(least->slowest, other->slowest);
    least->forward = fmin(least->forward, other->forward);
    least->backward = fmin(least->backward, other->backward);
    least->wire = fmin(least->wire, other->wire);
    least->wires = fmin(least->wires, other->wires);
    least->passes = fmin(least->passes, other->passes);
}

static void find_rest(search *s)
{
    static const run_of_stages none = {0};
    static const run_of_stages cannot = {INFINITY, INFINITY, INFINITY, INFINITY,
                                         INFINITY, INFINITY, INFINITY};
    const size_t line = (size_t)s->n + 1;
    for (uint32_t stage = s->k + 1; stage-- > 0;)
        for (uint32_t begin = 0; begin <= s->n; begin++) {
            double forward = 0, backward = 0;
            run_of_stages best = cannot;
            for (uint32_t end = begin + 1; end <= s->n; end++) {
                forward += forward_of(s, stage, end - 1);
                backward += backward_of(s, stage, end - 1);
                if ((stage == s->k) != (end == s->n) || isinf(forward))
                    continue;
                const run_of_stages all =
                    put_before(s, stage == s->k ? &none : &s->rest[(stage + 1) * line + end],
                               forward, backward, begin, end);
                take_least(&best, &all);
            }
            s->rest[stage * line + begin] = best;
        }
}

static void cross(const search *s, uint32_t last, zs_pipeline_stage *stage)
{
    const zs_pipeline_stage *known = &s->behind[last];
    stage->crossing_bytes = known->crossing_bytes;
    stage->link_s = known->link_s;
    stage->inference_link_s = known->inference_link_s;
}

static zs_status simulate_cuts(search *s, zs_err *err)
{
    zs_pipeline p = {.stage_n = s->k + 1};
    double seconds;
    zs_arena_reset(&s->scratch);
    p.stages = zs_new(&s->scratch, zs_pipeline_stage, p.stage_n);
    if (p.stages == NULL)
        return zs_nomem(err, "pipeline.cut");
    for (uint32_t i = 0, layer = 0; i <= s->k; i++) {
        zs_pipeline_stage *stage = &p.stages[i];
        const uint32_t last = i < s->k ? s->cuts[i] : s->n - 1;
        for (; layer <= last; layer++) {
            const zs_layer_time *t = time_of(s, i, layer);
            stage->forward_s += t->forward_s;
            stage->backward_s += t->backward_s;
            stage->inference_s += t->inference_s;
        }
        if (i < s->k)
            cross(s, last, stage);
    }
    s->tried++;
    ZS_TRY(zs_pipeline_pace(&s->scratch, s->design, s->setup, s->infers, &p, &seconds, err));
    if (seconds < s->best_s) {
        s->best_s = seconds;
        for (uint32_t i = 0; i < s->k; i++)
            s->best[i] = s->cuts[i];
    }
    return ZS_OK;
}

static double bound_of(const search *s, const run_of_stages *set, const run_of_stages *rest)
{
    const zs_design *d = s->design;
    if (isinf(rest->work))
        return INFINITY;
    const double wires = set->wires + rest->wires;
    const double once = (set->work + rest->work) / s->parts + 2 * (set->passes + rest->passes);
    if (s->is_gpipe) {
        const double slowest =
            fmax(set->forward, rest->forward) + fmax(set->backward, rest->backward);
        return fmax(once + (s->parts - 1) * slowest,
                    d->system.shares_link ? 2 * s->parts * wires : 0);
    }
    const double slowest = fmax(set->slowest, rest->slowest);
    const double wire = d->system.shares_link ? wires : fmax(set->wire, rest->wire);
    const double links = d->system.has_duplex || s->infers ? wire : 2 * wire;
    const bool between = !d->system.overlaps && !s->infers && links > 0;
    return s->in_step *
               (between ? slowest + links + d->system.link_latency_s : fmax(slowest, links)) +
           s->one_by_one * once;
}

static bool is_beaten(const search *s, double bound)
{
    return bound * (1 + 1e-9) >= s->best_s; /* a difference of rounding is no gain */
}

static bool is_spent(const search *s)
{
    return s->tried >= SIMULATED_MAX || s->bounded >= BOUNDED_MAX;
}

/* The cuts that may end a stage, the one with the least bound first. */
static uint32_t list_choices(search *s, uint32_t stage, uint32_t begin, const run_of_stages *before)
{
    const run_of_stages *rest = s->rest + (stage + 1) * ((size_t)s->n + 1);
    choice *list = s->choices + stage * (size_t)s->n;
    double forward = 0, backward = 0;
    uint32_t n = 0;
    for (uint32_t end = begin + 1; end + (s->k - stage) <= s->n; end++) {
        forward += forward_of(s, stage, end - 1);
        backward += backward_of(s, stage, end - 1);
        if (isinf(forward))
            break;
        choice c = {.before = put_before(s, before, forward, backward, begin, end), .end = end};
        c.bound = bound_of(s, &c.before, &rest[end]);
        s->bounded++;
        if (is_beaten(s, c.bound))
            continue;
        uint32_t at = n++;
        for (; at > 0 && list[at - 1].bound > c.bound; at--)
            list[at] = list[at - 1];
        list[at] = c;
    }
    return n;
}

static zs_status cut_from(search *s, uint32_t stage, uint32_t begin, const run_of_stages *before,
                          zs_err *err)
{
    if (stage == s->k)
        return simulate_cuts(s, err);
    const uint32_t n = list_choices(s, stage, begin, before);
    for (uint32_t i = 0; i < n && !is_spent(s); i++) {
        const choice *c = &s->choices[stage * (size_t)s->n + i];
        if (is_beaten(s, c->bound))
            break;
        s->cuts[stage] = c->end - 1;
        ZS_TRY(cut_from(s, stage + 1, c->end, &c->before, err));
    }
    return ZS_OK;
}

static zs_status build_search(zs_arena *arena, search *s, zs_err *err)
{
    const size_t line = (size_t)s->n + 1;
    const uint32_t scheme = s->setup->scheme;
    s->behind = zs_new(arena, zs_pipeline_stage, line);
    s->link_s = zs_new(arena, double, line);
    s->rest = zs_new(arena, run_of_stages, (s->k + 1) * line);
    s->wire_s = zs_new(arena, double, line);
    s->choices = zs_new(arena, choice, (s->k + 1) * line);
    s->best = zs_new(arena, uint32_t, (size_t)s->k + 1);
    s->cuts = zs_new(arena, uint32_t, (size_t)s->k + 1);
    if (s->behind == NULL || s->link_s == NULL || s->rest == NULL || s->wire_s == NULL ||
        s->choices == NULL || s->best == NULL || s->cuts == NULL)
        return zs_nomem(err, "pipeline.cut");
    s->is_gpipe = !s->infers && scheme == ZS_SCHEME_GPIPE;
    s->one_by_one = s->infers                    ? 0
                    : scheme == ZS_SCHEME_PLAIN  ? 1
                    : scheme == ZS_SCHEME_HYBRID ? 1 - s->design->pipeline.hybrid_after
                                                 : 0;
    s->in_step = 1 - s->one_by_one;
    s->parts = s->is_gpipe ? fmax(1, s->setup->micro_batches) : 1;
    const double buffers = fmax(1, s->design->pipeline.buffers);
    if (s->parts > 1) {
        s->in_turn = floor((s->parts - 1) / buffers) / (s->parts - 1);
        s->early = s->design->system.link_latency_s / (s->parts - 1);
        s->ahead = fmod(s->parts - 1, buffers) / (s->parts - 1);
    }
    for (uint32_t i = 0; i + 1 < s->n; i++) {
        const zs_pipeline_stage *stage = &s->behind[i];
        zs_pipeline_cross(s->design, s->setup, i, &s->behind[i]);
        s->link_s[i] = s->infers ? stage->inference_link_s
                                 : zs_pipeline_link_s(s->design, zs_ceil_div(stage->crossing_bytes,
                                                                             (uint64_t)s->parts));
        s->wire_s[i] = fmax(0, s->link_s[i] - s->design->system.link_latency_s);
    }
    find_rest(s);
    return ZS_OK;
}

zs_status zs_pipeline_best(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                           const zs_layer_time *times, uint32_t k, bool infers,
                           zs_pipeline_cuts *out, zs_err *err)
{
    search s = {.design = design,
                .setup = setup,
                .times = times,
                .device_n = zs_pipeline_device_n(design),
                .k = k,
                .n = cut_layer_n(setup),
                .infers = infers,
                .best_s = INFINITY};
    uint32_t *equal;
    ZS_TRY(zs_pipeline_balance(arena, setup, times, s.device_n, k, &equal, err));
    ZS_TRY(build_search(arena, &s, err));
    zs_arena_init(&s.scratch, arena->source);
    for (uint32_t i = 0; i < k; i++)
        s.cuts[i] = equal[i];
    zs_status status = simulate_cuts(&s, err); /* the figure that others have to be better than */
    if (status == ZS_OK)
        status = cut_from(&s, 0, 0, &(run_of_stages){0}, err);
    zs_arena_drop(&s.scratch);
    ZS_TRY(status);
    *out = (zs_pipeline_cuts){.cuts = s.best,
                              .cut_n = k,
                              .seconds = s.best_s,
                              .simulated_n = s.tried,
                              .all_n = 1,
                              .is_proven = !is_spent(&s)};
    for (uint32_t i = 0; i < k; i++) /* n - 1 over k */
        out->all_n *= (double)(s.n - 1 - i) / (i + 1);
    return ZS_OK;
}
