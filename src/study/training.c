#include "zynqsim/training.h"

#include <math.h>

/* `epoch` from 0. */
static double epoch_seconds(const zs_training *t, uint32_t scheme, uint32_t epoch)
{
    const uint64_t n = zs_train_batches(t->plan), before = n * epoch;
    zs_train_plan plan = *t->plan;
    plan.scheme = scheme;
    const uint64_t all = zs_train_pipelined(&plan);
    const uint64_t pipelined = all > before ? zs_min_u64(all - before, n) : 0;
    return zs_pipeline_seconds(t->pipeline, scheme, n, pipelined, 1);
}

double zs_training_seconds(const zs_training *t, uint32_t scheme, uint32_t epoch_n)
{
    double seconds = 0;
    for (uint32_t k = 0; k < epoch_n; k++)
        seconds += epoch_seconds(t, scheme, k);
    return seconds;
}

double zs_training_joules(const zs_training *t, uint32_t epoch_n)
{
    double joules = 0;
    for (uint32_t k = 0; k < epoch_n; k++)
        joules += t->pipeline->joules * (double)zs_train_batches(t->plan);
    return joules;
}

static zs_spread spread_of(const double *list, uint32_t n)
{
    zs_spread s = {.n = n};
    for (uint32_t i = 0; i < n; i++)
        s.mean += list[i] / n;
    for (uint32_t i = 0; i < n; i++)
        s.deviation += (list[i] - s.mean) * (list[i] - s.mean);
    s.deviation = n > 1 ? sqrt(s.deviation / (n - 1)) : 0;
    return s;
}

/* NaN: diverged. Accuracy of the test images, else of those that were trained. */
static double accuracy(const zs_training_run *r)
{
    if (r->diverged != 0 || r->epoch_n == 0)
        return NAN;
    const zs_train_epoch *last = &r->epochs[r->epoch_n - 1];
    return 100 * (isnan(last->tested_frac) ? last->right_frac : last->tested_frac);
}

enum { SEEDS = 1024 };

zs_spread zs_training_accuracy(const zs_training *t, bool is_plain)
{
    double list[SEEDS];
    uint32_t n = 0;
    for (uint32_t i = is_plain ? t->seed_n : 0, k = 0; k < t->seed_n && i < t->run_n; i++, k++)
        if (!isnan(accuracy(&t->runs[i])) && n < SEEDS)
            list[n++] = accuracy(&t->runs[i]);
    return spread_of(list, n);
}

zs_spread zs_training_difference(const zs_training *t)
{
    double list[SEEDS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->seed_n && i + t->seed_n < t->run_n; i++) {
        const double off = accuracy(&t->runs[i]) - accuracy(&t->runs[i + t->seed_n]);
        if (!isnan(off) && n < SEEDS)
            list[n++] = off;
    }
    return spread_of(list, n);
}

zs_training_scheme zs_training_scheme_of(const zs_training *t, uint32_t scheme)
{
    const zs_pipeline *p = t->pipeline;
    const bool is_own = scheme == t->plan->scheme;
    const double seconds = scheme == ZS_SCHEME_PLAIN    ? p->plain_s
                           : scheme == ZS_SCHEME_GPIPE  ? p->gpipe_s
                           : scheme == ZS_SCHEME_HYBRID ? p->hybrid_s
                                                        : p->cycle_s;
    zs_training_scheme out = {
        .name = zs_words_scheme[scheme].word,
        .seconds = seconds,
        .speedup = seconds > 0 ? p->alone_s / seconds : 0,
        .images_per_s = seconds > 0 ? t->plan->design->train.batch / seconds : 0,
        .staleness = scheme >= ZS_SCHEME_STALE ? 2 * (p->stage_n - 1) : 0,
        .bytes = p->scheme_bytes[scheme],
        .is_own = is_own,
    };
    if (is_own)
        out.accuracy = zs_training_accuracy(t, false);
    else if (scheme == ZS_SCHEME_PLAIN)
        out.accuracy = zs_training_accuracy(t, true);
    return out;
}

enum { SHOWN_WHOLE = 3, SHOWN_FULL = 6 };

zs_status zs_training_draw(zs_arena *arena, zs_training *t, zs_err *err)
{
    static const uint32_t schemes[] = {ZS_SCHEME_STALE, ZS_SCHEME_GPIPE, ZS_SCHEME_PLAIN};
    const zs_design *d = t->plan->design;
    zs_training_diagram *list = zs_new(arena, zs_training_diagram, ZS_LEN(schemes));
    if (list == NULL)
        return zs_nomem(err, t->design);
    for (size_t i = 0; i < ZS_LEN(schemes); i++) {
        const bool is_full = schemes[i] == ZS_SCHEME_STALE;
        list[i].scheme = schemes[i];
        ZS_TRY(zs_pipeline_draw(arena, d, t->pipeline, schemes[i], d->pipeline.micro_batches,
                                is_full ? SHOWN_FULL + 2 * (t->pipeline->stage_n - 1) : SHOWN_WHOLE,
                                &list[i].drawn, err));
    }
    t->diagrams = list;
    t->diagram_n = ZS_LEN(schemes);
    return ZS_OK;
}
