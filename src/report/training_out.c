#include "zynqsim/report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#define MIB (1024.0 * 1024.0)

static const char *scheme_word(uint32_t scheme)
{
    return zs_words_scheme[scheme].word;
}

/* ---- table ----------------------------------------------------------------------------------- */

static zs_status put_schemes(const zs_training *t, const zs_sink *sink)
{
    const zs_pipeline *p = t->pipeline;
    ZS_TRY(zs_sink_printf(sink,
                          "\na mini-batch takes                          staleness  memory MiB  "
                          "  images/s  accuracy\n"
                          "  on one device          %9.3f ms   1.00x\n",
                          1e3 * p->alone_s));
    for (uint32_t i = 0; i <= ZS_SCHEME_HYBRID; i++) {
        const zs_training_scheme s = zs_training_scheme_of(t, i);
        ZS_TRY(zs_sink_printf(sink, "  %-22s %9.3f ms  %5.2fx  %9u  %10.3f  %10.1f",
                              i == ZS_SCHEME_PLAIN ? "plain, stage by stage" : s.name,
                              1e3 * s.seconds, s.speedup, s.staleness, (double)s.bytes / MIB,
                              s.images_per_s));
        ZS_TRY(s.accuracy.n > 0 ? zs_sink_printf(sink, "  %6.2f %%\n", s.accuracy.mean)
                                : zs_sink_puts(sink, "         -\n"));
    }
    return p->exchange_s > 0
               ? zs_sink_printf(sink, "  links add to a cycle   %9.3f ms\n", 1e3 * p->exchange_s)
               : ZS_OK;
}

static zs_status put_buffers(const zs_pipeline *p, const zs_sink *sink)
{
    ZS_TRY(zs_sink_puts(sink, "\nbuffers     images/s  most blocked  pipelined mini-batch  most "
                              "blocked\n"));
    for (uint32_t i = 0; i < ZS_PIPELINE_BUFFERS_N; i++) {
        const zs_pipeline_buffers *b = &p->by_buffers[i];
        ZS_TRY(zs_sink_printf(sink, "%7u  %11.1f  %10.1f %%  %17.3f ms  %10.1f %%\n", b->buffers,
                              b->images_per_s, 100 * b->blocked_frac, 1e3 * b->cycle_s,
                              100 * b->train_blocked_frac));
    }
    return ZS_OK;
}

/* Shares of time; the first is `width` characters wide. */
static zs_status put_load(const zs_stage_load *l, int width, const zs_sink *sink)
{
    return zs_sink_printf(sink, "%*.1f %%  %5.1f %%  %5.1f %%", width, 100 * l->busy_frac,
                          100 * l->blocked_frac, 100 * l->starved_frac);
}

static zs_status put_flow(const zs_training *t, const zs_sink *sink)
{
    const zs_pipeline *p = t->pipeline;
    ZS_TRY(zs_sink_printf(sink, "inference pipelined: %.1f images/s, latency %.3f ms\n",
                          p->images_per_s, 1e3 * p->latency_s));
    if (p->stage_n < 2)
        return ZS_OK;
    ZS_TRY(zs_sink_puts(sink,
                        "\nstage  training:  works  blocked  starved  its link  its link back\n"));
    for (uint32_t i = 0; i < p->stage_n; i++) {
        const zs_stage_load *l = &p->stages[i].training;
        ZS_TRY(zs_sink_printf(sink, "%5u  ", i));
        ZS_TRY(put_load(l, 14, sink));
        ZS_TRY(i + 1 < p->stage_n ? zs_sink_printf(sink, "   %5.1f %%        %5.1f %%\n",
                                                   100 * l->link_frac, 100 * l->link_back_frac)
                                  : zs_sink_puts(sink, "         -              -\n"));
    }
    ZS_TRY(zs_sink_puts(sink, "\nstage  an image takes    works  blocked  starved  its link\n"));
    for (uint32_t i = 0; i < p->stage_n; i++) {
        const zs_pipeline_stage *s = &p->stages[i];
        ZS_TRY(zs_sink_printf(sink, "%5u  %11.3f ms  ", i, 1e3 * s->inference_s));
        ZS_TRY(put_load(&s->inference, 5, sink));
        ZS_TRY(i + 1 < p->stage_n
                   ? zs_sink_printf(sink, "   %5.1f %%\n", 100 * s->inference.link_frac)
                   : zs_sink_puts(sink, "         -\n"));
    }
    return put_buffers(p, sink);
}

static zs_status put_stages(const zs_training *t, const zs_sink *sink)
{
    const zs_pipeline *p = t->pipeline;
    const bool differ = p->stages[0].device != NULL;
    ZS_TRY(zs_sink_printf(sink,
                          "stage  layers                          forward     backward     to "
                          "next  staleness%s\n",
                          differ ? "  on" : ""));
    for (uint32_t i = 0; i < p->stage_n; i++) {
        const zs_pipeline_stage *s = &p->stages[i];
        const bool is_stale = t->plan->scheme >= ZS_SCHEME_STALE;
        ZS_TRY(zs_sink_printf(
            sink, "%5u  %-14.14s %-14.14s %9.3f ms %9.3f ms %9.1f kB  %9u%s%s\n", i,
            t->net->layers[s->first].name, t->net->layers[s->last].name, 1e3 * s->forward_s,
            1e3 * s->backward_s, (double)s->crossing_bytes / 1e3,
            is_stale ? 2 * (p->stage_n - 1 - i) : 0, differ ? "  " : "", differ ? s->device : ""));
    }
    ZS_TRY(zs_sink_puts(sink, "\nstage  memory MiB: weights  gradients  velocities  activations  "
                              "in flight  registers  stash    total\n"));
    for (uint32_t i = 0; i < p->stage_n; i++) {
        const zs_train_memory *m = &p->stages[i].memory;
        ZS_TRY(zs_sink_printf(
            sink, "%5u  %19.3f  %9.3f  %10.3f  %11.3f  %9.3f  %9.3f  %5.3f  %7.3f\n", i,
            (double)m->weights / MIB, (double)m->gradients / MIB, (double)m->velocities / MIB,
            (double)m->activations / MIB, (double)m->in_flight / MIB, (double)m->registers / MIB,
            (double)m->stash / MIB, (double)zs_train_memory_total(m) / MIB));
    }
    ZS_TRY(zs_sink_printf(sink,
                          "\npipedream keeps %.3f MiB of weights more (%.3f MiB as published: a "
                          "copy of all for each of %u stages)\n",
                          (double)p->versions_bytes / MIB, (double)p->copies_bytes / MIB,
                          2 * p->stage_n));
    ZS_TRY(put_schemes(t, sink));
    if (p->joules > 0)
        ZS_TRY(zs_sink_printf(sink, "  energy of the work     %10.3f mJ\n", 1e3 * p->joules));
    return put_flow(t, sink);
}

static zs_status put_spread(const zs_sink *sink, const char *what, zs_spread s, uint32_t of)
{
    return zs_sink_printf(sink, "%-28s %.2f +- %.2f %%, %u of %u seeds\n", what, s.mean,
                          s.deviation, s.n, of);
}

static zs_status put_run(const zs_training *t, const zs_training_run *r, const zs_sink *sink)
{
    const char *scheme = scheme_word(r->scheme);
    const unsigned long long seed = r->seed;
    for (uint32_t k = 0; k < r->epoch_n; k++) {
        const zs_train_epoch *e = &r->epochs[k];
        ZS_TRY(zs_sink_printf(sink, "%-9s %5llu %6u %10.5f  %6.2f %%", scheme, seed, k + 1, e->loss,
                              100 * e->right_frac));
        ZS_TRY(isnan(e->tested_frac) ? zs_sink_puts(sink, "        -")
                                     : zs_sink_printf(sink, " %6.2f %%", 100 * e->tested_frac));
        ZS_TRY(zs_sink_printf(sink, "  %9.3f s\n", zs_training_seconds(t, r->scheme, k + 1)));
    }
    return r->diverged == 0
               ? ZS_OK
               : zs_sink_printf(sink,
                                "%-9s %5llu diverged: the loss of mini-batch %llu is not finite\n",
                                scheme, seed, (unsigned long long)r->diverged);
}

zs_status zs_training_table_emit(const zs_training *t, const zs_sink *sink, zs_err *err)
{
    const zs_train_plan *p = t->plan;
    (void)err;
    ZS_TRY(zs_sink_printf(sink, "%s: %s, ", t->design, t->net->name));
    if (p->image_n > 0)
        ZS_TRY(zs_sink_printf(sink, "%u images in ", p->image_n));
    ZS_TRY(zs_sink_printf(sink, "mini-batches of %u, %s, %s\n\n", p->design->train.batch,
                          zs_words_train_type[p->design->train.type].word, scheme_word(p->scheme)));
    ZS_TRY(put_stages(t, sink));
    if (t->run_n > 0)
        ZS_TRY(zs_sink_puts(sink,
                            "\nscheme     seed  epoch       loss  training    test  simulated\n"));
    for (uint32_t i = 0; i < t->run_n; i++)
        ZS_TRY(put_run(t, &t->runs[i], sink));
    if (t->seed_n < 2)
        return ZS_OK;
    ZS_TRY(zs_sink_puts(sink, "\n"));
    ZS_TRY(put_spread(sink, scheme_word(p->scheme), zs_training_accuracy(t, false), t->seed_n));
    if (t->run_n == t->seed_n)
        return ZS_OK;
    ZS_TRY(put_spread(sink, "plain", zs_training_accuracy(t, true), t->seed_n));
    return put_spread(sink, "difference, seed by seed", zs_training_difference(t), t->seed_n);
}

/* ---- csv ------------------------------------------------------------------------------------- */

static zs_status put_csv_run(const zs_training *t, const zs_training_run *r, const zs_sink *sink)
{
    const char *scheme = scheme_word(r->scheme);
    const unsigned long long seed = r->seed;
    for (uint32_t k = 0; k < r->epoch_n; k++) {
        const zs_train_epoch *e = &r->epochs[k];
        ZS_TRY(zs_sink_printf(sink, "%s,%llu,%u,%.9g,%.9g,", scheme, seed, k + 1, e->loss,
                              e->right_frac));
        if (!isnan(e->tested_frac))
            ZS_TRY(zs_sink_printf(sink, "%.9g", e->tested_frac));
        ZS_TRY(zs_sink_printf(sink, ",%.9g,\n", zs_training_seconds(t, r->scheme, k + 1)));
    }
    return r->diverged == 0 ? ZS_OK
                            : zs_sink_printf(sink, "%s,%llu,%u,,,,,%llu\n", scheme, seed,
                                             r->epoch_n + 1, (unsigned long long)r->diverged);
}

zs_status zs_training_csv_emit(const zs_training *t, const zs_sink *sink, zs_err *err)
{
    (void)err;
    ZS_TRY(zs_sink_puts(sink, "scheme,seed,epoch,loss,training_frac,test_frac,simulated_s,"
                              "diverged_at\n"));
    for (uint32_t i = 0; i < t->run_n; i++)
        ZS_TRY(put_csv_run(t, &t->runs[i], sink));
    return ZS_OK;
}

/* ---- json ------------------------------------------------------------------------------------ */

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *with_load(json_t *object, const zs_stage_load *l)
{
    json_object_set_new(object, "busy_frac", json_real(l->busy_frac));
    json_object_set_new(object, "blocked_frac", json_real(l->blocked_frac));
    json_object_set_new(object, "starved_frac", json_real(l->starved_frac));
    json_object_set_new(object, "link_load_frac", json_real(l->link_frac));
    return object;
}

static json_t *json_memory(const zs_train_memory *m)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "weights", (json_int_t)m->weights,
                     "gradients", (json_int_t)m->gradients, "velocities", (json_int_t)m->velocities,
                     "activations", (json_int_t)m->activations, "in_flight",
                     (json_int_t)m->in_flight, "registers", (json_int_t)m->registers, "stash",
                     (json_int_t)m->stash);
}

static json_t *json_stage(const zs_training *t, const zs_pipeline_stage *s)
{
    json_t *inference = with_load(json_pack("{s:f}", "image_s", s->inference_s), &s->inference);
    json_t *training = with_load(json_object(), &s->training);
    json_object_set_new(training, "link_back_load_frac", json_real(s->training.link_back_frac));
    return json_pack("{s:s, s:s, s:s?, s:f, s:f, s:I, s:f, s:o, s:o, s:o}", "first",
                     t->net->layers[s->first].name, "last", t->net->layers[s->last].name, "device",
                     s->device, "forward_s", s->forward_s, "backward_s", s->backward_s,
                     "crossing_bytes", (json_int_t)s->crossing_bytes, "link_s", s->link_s,
                     "inference", inference, "training", training, "memory_bytes",
                     json_memory(&s->memory));
}

static json_t *json_buffers(const zs_pipeline_buffers *b)
{
    return json_pack("{s:i, s:f, s:f, s:f, s:f}", "buffers", (int)b->buffers,
                     "inference_images_per_s", b->images_per_s, "blocked_frac", b->blocked_frac,
                     "pipelined_s", b->cycle_s, "training_blocked_frac", b->train_blocked_frac);
}

static json_t *json_run(const zs_training *t, const zs_training_run *r)
{
    json_t *epochs = json_array();
    for (uint32_t k = 0; k < r->epoch_n; k++) {
        const zs_train_epoch *e = &r->epochs[k];
        json_array_append_new(epochs, json_pack("{s:o, s:o, s:o, s:f}", "loss", real(e->loss),
                                                "training_frac", real(e->right_frac), "test_frac",
                                                real(e->tested_frac), "simulated_s",
                                                zs_training_seconds(t, r->scheme, k + 1)));
    }
    return json_pack("{s:s, s:I, s:o, s:o}", "scheme", scheme_word(r->scheme), "seed",
                     (json_int_t)r->seed, "diverged_at",
                     r->diverged != 0 ? json_integer((json_int_t)r->diverged) : json_null(),
                     "epochs", epochs);
}

static int write_text(const char *text, size_t bytes, void *sink)
{
    return zs_sink_write(sink, text, bytes) == ZS_OK ? 0 : -1;
}

static zs_status put_line(json_t *object, const zs_sink *sink, zs_err *err)
{
    zs_sink to = *sink;
    if (object == NULL)
        return zs_nomem(err, "result");
    const int failed = json_dump_callback(object, write_text, &to, JSON_COMPACT);
    json_decref(object);
    return failed != 0 ? zs_fail(err, ZS_EIO, "result", "could not be written")
                       : zs_sink_puts(sink, "\n");
}

static zs_status put_epochs(const zs_training *t, const zs_training_run *r, const zs_sink *sink,
                            zs_err *err)
{
    for (uint32_t k = 0; k < r->epoch_n; k++) {
        const zs_train_epoch *e = &r->epochs[k];
        ZS_TRY(put_line(json_pack("{s:s, s:I, s:i, s:o, s:o, s:o, s:f, s:f}", "scheme",
                                  scheme_word(r->scheme), "seed", (json_int_t)r->seed, "epoch",
                                  (int)k + 1, "loss", real(e->loss), "training_accuracy",
                                  real(e->right_frac), "accuracy", real(e->tested_frac),
                                  "simulated_seconds", zs_training_seconds(t, r->scheme, k + 1),
                                  "joules", zs_training_joules(t, k + 1)),
                        sink, err));
    }
    return ZS_OK;
}

/* Means over the seeds, as shares; null where fewer runs ended well than a figure needs. */
static int put_summary(json_t *root, const zs_training *t)
{
    const zs_spread own = zs_training_accuracy(t, false), more = zs_training_difference(t);
    const bool has_plain = t->run_n > t->seed_n;
    const struct {
        const char *key;
        double percent;
    } shares[] = {
        {"accuracy_mean", own.n > 0 ? own.mean : (double)NAN},
        {"accuracy_sd", own.n > 1 ? own.deviation : (double)NAN},
        {"paired_drop_mean", has_plain && more.n > 0 ? -more.mean : (double)NAN},
        {"paired_drop_sd", has_plain && more.n > 1 ? more.deviation : (double)NAN},
    };
    json_t *memory = json_array();
    int failed = json_object_set_new(root, "seeds", json_integer((json_int_t)t->seed_n));
    for (size_t i = 0; i < ZS_LEN(shares); i++)
        failed |= json_object_set_new(root, shares[i].key, real(shares[i].percent / 100));
    for (uint32_t i = 0; i < t->pipeline->stage_n; i++)
        failed |= json_array_append_new(memory, json_integer((json_int_t)zs_train_memory_total(
                                                    &t->pipeline->stages[i].memory)));
    return failed | json_object_set_new(root, "memory_bytes", memory);
}

/* A line for each epoch of each run, and one for all. */
zs_status zs_training_json_emit(const zs_training *t, const zs_sink *sink, zs_err *err)
{
    const zs_pipeline *p = t->pipeline;
    json_t *stages = json_array(), *runs = json_array();
    for (uint32_t i = 0; i < p->stage_n; i++)
        json_array_append_new(stages, json_stage(t, &p->stages[i]));
    for (uint32_t i = 0; i < t->run_n; i++)
        json_array_append_new(runs, json_run(t, &t->runs[i]));
    json_t *buffers = json_array();
    for (uint32_t i = 0; i < ZS_PIPELINE_BUFFERS_N; i++)
        json_array_append_new(buffers, json_buffers(&p->by_buffers[i]));
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}, "
        "s:I, s:I, s:o, s:o, s:o}",
        "design", t->design, "network", t->net->name, "scheme", scheme_word(t->plan->scheme),
        "images", (int)t->plan->image_n, "batch", (int)t->plan->design->train.batch, "mini_batch",
        "one_device_s", p->alone_s, "plain_s", p->plain_s, "exchange_s", p->exchange_s, "gpipe_s",
        p->gpipe_s, "pipelined_s", p->cycle_s, "fill_s", p->fill_s, "hybrid_s", p->hybrid_s,
        "energy_j", p->joules, "inference_images_per_s", p->images_per_s, "inference_latency_s",
        p->latency_s, "pipedream_versions_bytes", (json_int_t)p->versions_bytes,
        "pipedream_copies_bytes", (json_int_t)p->copies_bytes, "stages", stages, "buffers", buffers,
        "runs", runs);
    if (root == NULL || put_summary(root, t) != 0) {
        json_decref(root);
        return zs_nomem(err, "result");
    }
    for (uint32_t i = 0; i < t->run_n; i++) {
        const zs_status status = put_epochs(t, &t->runs[i], sink, err);
        if (status != ZS_OK) {
            json_decref(root);
            return status;
        }
    }
    return put_line(root, sink, err);
}
