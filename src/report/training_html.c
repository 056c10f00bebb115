/* The page of train: schemes, the pipeline as a picture, memory and loads of stages, curves of loss
 * and accuracy. Every picture has a table of the same beside it or its figures in words. */
#include "chart_priv.h"
#include "html_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>

#define MIB (1024.0 * 1024.0)

static void section(zs_out *out, const char *id, const char *title, const char *words)
{
    zs_out_printf(out, "<section aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n<p>%s</p>\n", id,
                  id, title, words);
}

static void section_end(zs_out *out)
{
    zs_out_text(out, "</section>\n");
}

static void out_real(zs_out *out, double value, int decimals)
{
    zs_html_number(out, zs_cell_real(value, decimals).text);
}

/* ---- schemes --------------------------------------------------------------------------------- */

static void out_schemes(zs_out *out, const zs_training *t)
{
    static const char *const heads[] = {"scheme",      "#mini-batch, ms", "#over one device",
                                        "#images/s",   "#staleness",      "#memory, MiB",
                                        "#accuracy, %"};
    section(out, "schemes", "Schemes",
            "What a mini-batch takes in each scheme, and what the stages need for it together. "
            "Staleness is that of the first stage, in updates; accuracies are of the schemes that "
            "were trained in.");
    zs_html_table(out, "schemes", "Schemes over the same stages.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i <= ZS_SCHEME_HYBRID; i++) {
        const zs_training_scheme s = zs_training_scheme_of(t, i);
        char text[64] = "–";
        if (s.accuracy.n > 1)
            snprintf(text, sizeof text, "%.2f ± %.2f", s.accuracy.mean, s.accuracy.deviation);
        else if (s.accuracy.n == 1)
            snprintf(text, sizeof text, "%.2f", s.accuracy.mean);
        zs_out_printf(out, "<tr><th scope=\"row\">%s%s</th>", s.name,
                      s.is_own ? " (this design)" : "");
        out_real(out, 1e3 * s.seconds, 3);
        out_real(out, s.speedup, 2);
        out_real(out, s.images_per_s, 1);
        zs_html_number(out, zs_cell_count(s.staleness).text);
        out_real(out, (double)s.bytes / MIB, 3);
        zs_html_number(out, text);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
    section_end(out);
}

/* ---- the pipeline ---------------------------------------------------------------------------- */

enum { WIDTH = 1000, LEFT = 70, RIGHT = 985, TOP = 24, ROW = 40, BOX = 22, WIRE = 5, TICKS = 8 };

static void out_span(zs_out *out, const zs_pipeline_diagram *d, const zs_pipeline_span *s)
{
    static const char *const words[] = {"forward pass", "backward pass", "activations", "errors"};
    static const char *const classes[] = {"o1", "o2", "o0", "c2"};
    const bool is_link = s->what >= ZS_SPAN_LINK;
    const double scale = (RIGHT - LEFT) / d->end_s;
    const double x = LEFT + s->start_s * scale, width = (s->end_s - s->start_s) * scale;
    const uint32_t row = s->what == ZS_SPAN_LINK_BACK ? s->stage - 1 : s->stage;
    const double y = TOP + (double)ROW * row + (is_link ? BOX + 3 : 0) +
                     (s->what == ZS_SPAN_LINK_BACK ? WIRE + 1 : 0);
    const uint32_t number = s->number / d->parts;
    if (is_link && width < 0.05)
        return;
    zs_out_printf(out,
                  "<g><title>stage %u, %s of mini-batch %u: %s to %s</title>"
                  "<rect class=\"%s\" x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" "
                  "stroke=\"#fff\" stroke-width=\"%s\"/>",
                  s->stage, words[s->what], number, zs_cell_time(s->start_s).text,
                  zs_cell_time(s->end_s).text, classes[s->what], x, y, fmax(width, 0.4),
                  is_link ? WIRE : BOX, width > 3 && !is_link ? ".6" : "0");
    if (!is_link && width > 14)
        zs_out_printf(out,
                      "<text x=\"%.2f\" y=\"%.0f\" text-anchor=\"middle\" "
                      "style=\"fill:%s\">%u</text>",
                      x + width / 2, y + BOX - 7, s->what == ZS_SPAN_FORWARD ? "#000" : "#fff",
                      number);
    zs_out_text(out, "</g>\n");
}

static void out_diagram(zs_out *out, const zs_training *t, const zs_training_diagram *of)
{
    const zs_pipeline_diagram *d = &of->drawn;
    const uint32_t stage_n = t->pipeline->stage_n;
    const int height = TOP + ROW * (int)stage_n;
    const zs_time_unit unit = zs_chart_time_unit(1e3 * d->end_s);
    const double end = 1e3 * d->end_s * unit.per_ms, step = zs_chart_step(end, TICKS);
    const char *name =
        of->scheme == ZS_SCHEME_STALE ? "stale and pipedream" : zs_words_scheme[of->scheme].word;
    if (!(d->end_s > 0))
        return;
    zs_out_printf(out, "<h3>%s: %u mini-batches", name, d->mini_batch_n);
    if (d->parts > 1)
        zs_out_printf(out, " in %u parts", d->parts);
    zs_out_printf(out,
                  ", %s</h3>\n<div class=\"wide\"><svg class=\"chart\" role=\"img\" "
                  "aria-label=\"stages over time in %s\" viewBox=\"0 0 %d %d\">\n",
                  zs_cell_time(d->end_s).text, name, WIDTH, height);
    zs_out_text(out, "<g class=\"axis\" aria-hidden=\"true\">");
    for (uint32_t i = 0; i < 4 * TICKS && i * step <= end; i++) {
        const double x = LEFT + (RIGHT - LEFT) * i * step / end;
        zs_out_printf(out,
                      "<path d=\"M%.1f %d V%d\"/><text x=\"%.1f\" y=\"%d\" "
                      "text-anchor=\"middle\">%.6g%s%s</text>",
                      x, TOP - 6, height, x, TOP - 10, i * step, i == 0 ? " " : "",
                      i == 0 ? unit.name : "");
    }
    zs_out_text(out, "</g><g class=\"bars\">\n");
    for (uint32_t i = 0; i < d->n; i++)
        out_span(out, d, &d->spans[i]);
    zs_out_text(out, "</g>\n");
    for (uint32_t i = 0; i < stage_n; i++)
        zs_out_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">stage %u</text>\n",
                      LEFT - 8, TOP + ROW * (int)i + BOX - 7, i);
    zs_out_text(out, "</svg></div>\n");
}

static void out_pipeline(zs_out *out, const zs_training *t)
{
    section(out, "pipeline", "Pipeline",
            "What each stage does when, from an empty pipeline; numbers are of mini-batches. Below "
            "a stage: its link to the next one, and what comes back over it.");
    zs_out_text(out,
                "<p class=\"key\"><span><i class=\"o1\"></i>forward</span> <span><i class=\"o2\">"
                "</i>backward, with the update</span> <span><i class=\"o0\"></i>activations</span> "
                "<span><i class=\"c2\"></i>errors</span></p>\n");
    for (uint32_t i = 0; i < t->diagram_n; i++)
        out_diagram(out, t, &t->diagrams[i]);
    section_end(out);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static void out_stages(zs_out *out, const zs_training *t)
{
    static const char *const heads[] = {
        "stage",  "layers",   "#forward, ms", "#backward, ms", "#to next, kB",
        "#works", "#blocked", "#starved",     "#its link",     "#link back"};
    section(out, "stages", "Stages",
            "Times of a mini-batch, and shares of the time of a full pipeline in the scheme of the "
            "design: a stage is blocked while its output buffers are taken, starved while it "
            "lacks data.");
    zs_html_table(out, "stages", "Stages in training.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < t->pipeline->stage_n; i++) {
        const zs_pipeline_stage *s = &t->pipeline->stages[i];
        const zs_stage_load *l = &s->training;
        zs_out_printf(out, "<tr><th scope=\"row\">%u</th><td>", i);
        zs_html_text(out, t->net->layers[s->first].name);
        zs_out_text(out, " to ");
        zs_html_text(out, t->net->layers[s->last].name);
        if (s->device != NULL) {
            zs_out_text(out, ", on ");
            zs_html_text(out, s->device);
        }
        zs_out_text(out, "</td>");
        out_real(out, 1e3 * s->forward_s, 3);
        out_real(out, 1e3 * s->backward_s, 3);
        out_real(out, (double)s->crossing_bytes / 1e3, 1);
        const double shares[] = {l->busy_frac, l->blocked_frac, l->starved_frac, l->link_frac,
                                 l->link_back_frac};
        for (size_t k = 0; k < ZS_LEN(shares); k++)
            zs_html_number(out, zs_cell_percent(shares[k]).text);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
    section_end(out);
}

static void out_buffers(zs_out *out, const zs_training *t)
{
    static const char *const heads[] = {"buffers", "#inference, images/s", "#most blocked",
                                        "#pipelined mini-batch, ms", "#most blocked"};
    if (t->pipeline->stage_n < 2)
        return;
    section(out, "buffers", "Buffers",
            "The same pipeline with other numbers of output buffers and input buffers on either "
            "side of its links, and the stage that waits most for a free one.");
    zs_html_table(out, "buffers", "Pace by buffers.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < ZS_PIPELINE_BUFFERS_N; i++) {
        const zs_pipeline_buffers *b = &t->pipeline->by_buffers[i];
        zs_out_printf(out, "<tr><th scope=\"row\">%u</th>", b->buffers);
        out_real(out, b->images_per_s, 1);
        zs_html_number(out, zs_cell_percent(b->blocked_frac).text);
        out_real(out, 1e3 * b->cycle_s, 3);
        zs_html_number(out, zs_cell_percent(b->train_blocked_frac).text);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
    section_end(out);
}

static const char *const stage_names[] = {"stage 0", "stage 1", "stage 2", "stage 3", "stage 4",
                                          "stage 5", "stage 6", "stage 7", "stage 8", "stage 9"};

static void memory_bar(const void *of, uint32_t i, zs_bar *out)
{
    const zs_training *t = of;
    const zs_train_memory *m = &t->pipeline->stages[i].memory;
    *out = (zs_bar){.name = i < ZS_LEN(stage_names) ? stage_names[i] : "a later stage"};
    out->part[0] = (double)(m->weights + m->gradients + m->velocities) / MIB;
    out->part[1] = (double)(m->activations + m->registers) / MIB;
    out->part[2] = (double)m->in_flight / MIB;
    out->part[3] = (double)m->stash / MIB;
    snprintf(out->note, sizeof out->note, "%.3f MiB", (double)zs_train_memory_total(m) / MIB);
}

static void out_memory(zs_out *out, const zs_training *t)
{
    zs_bar_chart chart = {
        .axis = "memory",
        .unit = "MiB",
        .parts = {"weights, gradients, velocities", "activations and registers",
                  "activations under way", "stashed weights"},
        .palette = ZS_PALETTE_OPERANDS,
        .n = t->pipeline->stage_n,
        .bar_of = memory_bar,
        .of = t,
    };
    for (uint32_t i = 0; i < chart.n; i++)
        chart.longest = fmax(chart.longest,
                             (double)zs_train_memory_total(&t->pipeline->stages[i].memory) / MIB);
    section(out, "memory", "Memory",
            "What a stage keeps in the memory of its device. Activations under way are those of "
            "mini-batches whose backward pass is still to come.");
    zs_html_bars(out, &chart);
    section_end(out);
}

/* ---- curves ---------------------------------------------------------------------------------- */

enum { CURVE_HEIGHT = 260, CURVE_TOP = 20, CURVE_BOTTOM = 230 };

typedef struct curve {
    const char *id, *title, *unit;
    double (*value)(const zs_train_epoch *e);
    bool from_zero;
} curve;

static double loss_of(const zs_train_epoch *e)
{
    return e->loss;
}

static double accuracy_of(const zs_train_epoch *e)
{
    return 100 * (isnan(e->tested_frac) ? e->right_frac : e->tested_frac);
}

static void find_range(const zs_training *t, const curve *c, double *low, double *high,
                       uint32_t *epochs)
{
    *low = c->from_zero ? 0 : INFINITY;
    *high = -INFINITY;
    *epochs = 0;
    for (uint32_t i = 0; i < t->run_n; i++)
        for (uint32_t k = 0; k < t->runs[i].epoch_n; k++) {
            const double y = c->value(&t->runs[i].epochs[k]);
            *epochs = k + 1 > *epochs ? k + 1 : *epochs;
            *low = fmin(*low, y);
            *high = fmax(*high, y);
        }
    if (!(*high > *low))
        *high = *low + 1;
}

static void out_curve(zs_out *out, const zs_training *t, const curve *c)
{
    double low, high;
    uint32_t epochs;
    find_range(t, c, &low, &high, &epochs);
    if (epochs == 0)
        return;
    const double step = zs_chart_step(high - low, 5);
    const double x_scale = epochs > 1 ? (RIGHT - LEFT) / (double)(epochs - 1) : 0;
    const double y_scale = (CURVE_BOTTOM - CURVE_TOP) / (high - low);
    zs_out_printf(out,
                  "<h3>%s</h3>\n<div class=\"wide\"><svg class=\"chart\" id=\"%s\" role=\"img\" "
                  "aria-label=\"%s over epochs\" viewBox=\"0 0 %d %d\">\n"
                  "<g class=\"axis\" aria-hidden=\"true\">",
                  c->title, c->id, c->title, WIDTH, CURVE_HEIGHT);
    for (uint32_t i = 0; i < 40; i++) {
        const double y = (ceil(low / step) + i) * step;
        if (y > high)
            break;
        zs_out_printf(out,
                      "<path d=\"M%d %.1f H%d\"/><text x=\"%d\" y=\"%.1f\" "
                      "text-anchor=\"end\">%.4g%s</text>",
                      LEFT, CURVE_BOTTOM - (y - low) * y_scale, RIGHT, LEFT - 6,
                      CURVE_BOTTOM - (y - low) * y_scale + 4, fabs(y) < step / 2 ? 0 : y, c->unit);
    }
    const uint32_t every = (uint32_t)zs_chart_step(epochs > 10 ? epochs : 10, 10);
    for (uint32_t k = 0; k<epochs; k += every> 0 ? every : 1)
        zs_out_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%u</text>",
                      LEFT + k * x_scale, CURVE_BOTTOM + 18, k + 1);
    zs_out_text(out, "</g>\n<g class=\"bars\">");
    for (uint32_t i = 0; i < t->run_n; i++) {
        const zs_training_run *r = &t->runs[i];
        const char *colour = r->scheme == ZS_SCHEME_PLAIN ? "--c0" : "--o2";
        zs_out_printf(out, "<g><title>%s, seed %llu</title><polyline points=\"",
                      zs_words_scheme[r->scheme].word, (unsigned long long)r->seed);
        for (uint32_t k = 0; k < r->epoch_n; k++)
            zs_out_printf(out, "%.1f,%.1f ", LEFT + k * x_scale,
                          CURVE_BOTTOM - (c->value(&r->epochs[k]) - low) * y_scale);
        zs_out_printf(out, "\" style=\"fill:none;stroke:var(%s);stroke-width:1.6\"/>", colour);
        for (uint32_t k = 0; k < r->epoch_n; k++)
            zs_out_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" style=\"fill:var(%s)\"/>",
                          LEFT + k * x_scale,
                          CURVE_BOTTOM - (c->value(&r->epochs[k]) - low) * y_scale, colour);
        zs_out_text(out, "</g>\n");
    }
    zs_out_text(out, "</g></svg></div>\n");
}

static void out_epochs(zs_out *out, const zs_training *t)
{
    static const char *const heads[] = {"scheme",       "#seed",    "#epoch",       "#loss",
                                        "#training, %", "#test, %", "#simulated, s"};
    zs_html_table(out, "epochs", "The same as a table.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < t->run_n; i++) {
        const zs_training_run *r = &t->runs[i];
        for (uint32_t k = 0; k < r->epoch_n; k++) {
            const zs_train_epoch *e = &r->epochs[k];
            zs_out_printf(out, "<tr><th scope=\"row\">%s</th>", zs_words_scheme[r->scheme].word);
            zs_html_number(out, zs_cell_count(r->seed).text);
            zs_html_number(out, zs_cell_count(k + 1).text);
            out_real(out, e->loss, 5);
            out_real(out, 100 * e->right_frac, 2);
            out_real(out, 100 * e->tested_frac, 2);
            out_real(out, zs_training_seconds(t, r->scheme, k + 1), 3);
            zs_out_text(out, "</tr>\n");
        }
        if (r->diverged != 0)
            zs_out_printf(out,
                          "<tr><th scope=\"row\">%s</th><td class=\"n\">%llu</td><td colspan=\"5\" "
                          "class=\"bad\">diverged: the loss of mini-batch %llu is not "
                          "finite</td></tr>\n",
                          zs_words_scheme[r->scheme].word, (unsigned long long)r->seed,
                          (unsigned long long)r->diverged);
    }
    zs_html_table_end(out);
}

static bool has_run(const zs_training *t, uint32_t scheme)
{
    bool any = false;
    for (uint32_t i = 0; i < t->run_n; i++)
        any |= t->runs[i].scheme == scheme;
    return any;
}

static void out_runs(zs_out *out, const zs_training *t)
{
    static const curve curves[] = {{"loss", "Loss", "", loss_of, true},
                                   {"accuracy", "Accuracy", " %", accuracy_of, false}};
    section(out, "runs", "Runs",
            "Mean loss of the mini-batches of an epoch, and accuracy on the test images at its "
            "end (on the training images where there are no others).");
    if (t->run_n == 0)
        zs_out_text(out, "<p>Nothing was trained: no data were given.</p>\n");
    else {
        zs_out_text(out, "<p class=\"key\">");
        if (t->plan->scheme != ZS_SCHEME_PLAIN)
            zs_out_printf(out, "<span><i class=\"o2\"></i>%s</span> ",
                          zs_words_scheme[t->plan->scheme].word);
        zs_out_text(out, has_run(t, ZS_SCHEME_PLAIN)
                             ? "<span><i class=\"c0\"></i>plain</span></p>\n"
                             : "</p>\n");
        for (size_t i = 0; i < ZS_LEN(curves); i++)
            out_curve(out, t, &curves[i]);
        out_epochs(out, t);
    }
    section_end(out);
}

/* ---- the page -------------------------------------------------------------------------------- */

zs_status zs_training_html_emit(const zs_training *t, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    zs_html_start(&out);
    zs_out_text(&out, "Training of ");
    zs_html_text(&out, t->net->name);
    zs_html_style(&out);
    zs_out_text(&out, "<body><header><h1>Training of ");
    zs_html_text(&out, t->net->name);
    zs_out_text(&out, "</h1>\n<p class=\"faint\">design ");
    zs_html_text(&out, t->design);
    zs_out_printf(&out, "; %s in %u stage%s, ", zs_words_scheme[t->plan->scheme].word,
                  t->pipeline->stage_n, t->pipeline->stage_n == 1 ? "" : "s");
    if (t->plan->image_n > 0)
        zs_out_printf(&out, "%u images in ", t->plan->image_n);
    zs_out_printf(
        &out,
        "mini-batches of %u, %s; inference pipelined: %s images/s, latency "
        "%s</p></header>\n<main>\n",
        t->plan->design->train.batch, zs_words_train_type[t->plan->design->train.type].word,
        zs_cell_rate(t->pipeline->images_per_s).text, zs_cell_time(t->pipeline->latency_s).text);
    out_schemes(&out, t);
    out_pipeline(&out, t);
    out_stages(&out, t);
    out_buffers(&out, t);
    out_memory(&out, t);
    out_runs(&out, t);
    zs_out_text(&out, "</main></body></html>\n");
    return zs_out_end(&out, "the page", err);
}
