#include "zynqsim/training.h"

#include <math.h>

double zs_training_epoch_s(const zs_training *t, uint32_t scheme, uint32_t epoch)
{
    const uint64_t n = zs_train_batches(t->plan), before = n * epoch;
    zs_train_plan plan = *t->plan;
    plan.scheme = scheme;
    const uint64_t all = zs_train_pipelined(&plan);
    const uint64_t pipelined = all > before ? zs_min_u64(all - before, n) : 0;
    return zs_pipeline_seconds(t->pipeline, scheme, n, pipelined, 1);
}

double zs_training_epoch_j(const zs_training *t)
{
    return t->pipeline->joules * (double)zs_train_batches(t->plan);
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
