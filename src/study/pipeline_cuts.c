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

/* ---- the best cuts ----------------------------------------------------------------------------
 */

/* Depth first over cuts from the front, leaving out what cannot be better: no scheme is faster than
 * its slowest stage or link, and plain not than all of them one after the other. */
typedef struct search {
    zs_arena scratch;
    const zs_design *design;
    const zs_train_setup *setup;
    const zs_layer_time *times;
    uint32_t device_n, k, n;
    bool infers;
    double in_step, one_by_one; /* shares of the slowest stage and of their sum in the figure */
    double *link_s;             /* [layer]: one direction of a cut behind it */
    double *rest;               /* [stage][layer]: slowest stage of those from here on, at best */
    double *least;              /* [layer]: work of the layers from it on, at best */
    uint32_t *cuts, *best;
    double best_s;
    uint64_t tried;
} search;

static const zs_layer_time *time_of(const search *s, uint32_t stage, uint32_t layer)
{
    return &s->times[(s->device_n > 1 ? (size_t)stage * s->setup->net->layer_n : 0) + layer];
}

static double work_of(const search *s, uint32_t stage, uint32_t layer)
{
    const zs_layer_time *t = time_of(s, stage, layer);
    return s->infers ? t->inference_s : t->forward_s + t->backward_s;
}

static void find_rest(search *s)
{
    const size_t line = (size_t)s->n + 1;
    for (uint32_t stage = s->k + 1; stage-- > 0;)
        for (uint32_t begin = 0; begin <= s->n; begin++) {
            double own = 0, best = INFINITY;
            for (uint32_t end = begin + 1; end <= s->n; end++) {
                own += work_of(s, stage, end - 1);
                if (stage == s->k ? end < s->n : false)
                    continue;
                const double behind = stage == s->k ? 0 : s->rest[(stage + 1) * line + end];
                best = fmin(best, fmax(own, behind));
            }
            s->rest[stage * line + begin] = best;
        }
    for (uint32_t i = s->n; i-- > 0;) {
        double least = INFINITY;
        for (uint32_t stage = 0; stage <= s->k && (stage == 0 || s->device_n > 1); stage++)
            least = fmin(least, work_of(s, stage, i));
        s->least[i] = s->least[i + 1] + least;
    }
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
            zs_pipeline_cross(s->design, s->setup, last, stage);
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

/* Stages before `stage` are set, with the slowest stage or link and the sum of all so far. */
static zs_status cut_from(search *s, uint32_t stage, uint32_t begin, double slowest, double sum,
                          zs_err *err)
{
    const size_t line = (size_t)s->n + 1;
    if (stage == s->k) {
        double own = 0;
        for (uint32_t i = begin; i < s->n; i++)
            own += work_of(s, stage, i);
        return isinf(own) ? ZS_OK : simulate_cuts(s, err);
    }
    double own = 0;
    for (uint32_t end = begin + 1; end + (s->k - stage) <= s->n; end++) {
        own += work_of(s, stage, end - 1);
        const double link = s->link_s[end - 1];
        const double most = fmax(fmax(slowest, own), link - s->design->system.link_latency_s);
        const double all = sum + own + 2 * link;
        const double bound = s->in_step * fmax(most, s->rest[(stage + 1) * line + end]) +
                             s->one_by_one * (all + s->least[end]);
        if (isinf(own))
            return ZS_OK;
        if (bound * (1 - 1e-12) >= s->best_s) /* sums are rounded */
            continue;
        s->cuts[stage] = end - 1;
        ZS_TRY(cut_from(s, stage + 1, end, most, all, err));
    }
    return ZS_OK;
}

static zs_status build_search(zs_arena *arena, search *s, zs_err *err)
{
    const size_t line = (size_t)s->n + 1;
    const uint32_t scheme = s->setup->scheme;
    s->link_s = zs_new(arena, double, line);
    s->rest = zs_new(arena, double, (s->k + 1) * line);
    s->least = zs_new(arena, double, line);
    s->best = zs_new(arena, uint32_t, (size_t)s->k + 1);
    s->cuts = zs_new(arena, uint32_t, (size_t)s->k + 1);
    if (s->link_s == NULL || s->rest == NULL || s->least == NULL || s->best == NULL ||
        s->cuts == NULL)
        return zs_nomem(err, "pipeline.cut");
    s->one_by_one = s->infers                    ? 0
                    : scheme == ZS_SCHEME_PLAIN  ? 1
                    : scheme == ZS_SCHEME_HYBRID ? 1 - s->design->pipeline.hybrid_after
                                                 : 0;
    s->in_step = 1 - s->one_by_one;
    for (uint32_t i = 0; i + 1 < s->n; i++) {
        zs_pipeline_stage stage = {0};
        zs_pipeline_cross(s->design, s->setup, i, &stage);
        s->link_s[i] = s->infers ? stage.inference_link_s : stage.link_s;
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
    zs_status status = simulate_cuts(&s, err); /* what the others have to beat */
    if (status == ZS_OK)
        status = cut_from(&s, 0, 0, 0, 0, err);
    zs_arena_drop(&s.scratch);
    ZS_TRY(status);
    *out = (zs_pipeline_cuts){
        .cuts = s.best, .cut_n = k, .seconds = s.best_s, .simulated_n = s.tried, .all_n = 1};
    for (uint32_t i = 0; i < k; i++) /* n - 1 over k */
        out->all_n *= (double)(s.n - 1 - i) / (i + 1);
    return ZS_OK;
}
