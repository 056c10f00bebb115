/* A pipeline as Chrome trace events: a process for each scheme, a track for each stage and for each
 * direction of a link. Begins and ends are written in their order on a track. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *process_name(uint32_t scheme)
{
    return scheme == ZS_SCHEME_STALE ? "stale and pipedream" : zs_words_scheme[scheme].word;
}

/* Microseconds with the picoseconds behind the point. */
static zs_cell us_cell(double seconds)
{
    zs_cell cell;
    const uint64_t ps = (uint64_t)llround(seconds * 1e12);
    snprintf(cell.text, sizeof cell.text, "%" PRIu64 ".%06" PRIu64, ps / 1000000, ps % 1000000);
    return cell;
}

/* Links back of stage i come from stage i + 1, and stand below those to it. */
static uint32_t track_of(const zs_pipeline_span *s)
{
    return s->what == ZS_SPAN_LINK        ? 3 * s->stage + 1
           : s->what == ZS_SPAN_LINK_BACK ? 3 * (s->stage - 1) + 2
                                          : 3 * s->stage;
}

static void out_name(zs_out *out, const char *what, uint32_t pid, uint32_t tid, uint32_t place,
                     const char *text)
{
    zs_out_printf(out,
                  ",\n{\"name\":\"%s_name\",\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":"
                  "\"%s\"}}",
                  what, pid, tid, text);
    zs_out_printf(out,
                  ",\n{\"name\":\"%s_sort_index\",\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"args\":{"
                  "\"sort_index\":%u}}",
                  what, pid, tid, place);
}

static void out_tracks(zs_out *out, uint32_t pid, uint32_t stage_n)
{
    char text[64];
    for (uint32_t i = 0; i < stage_n; i++) {
        snprintf(text, sizeof text, "stage %u", i);
        out_name(out, "thread", pid, 3 * i, 3 * i, text);
        if (i + 1 == stage_n)
            continue;
        snprintf(text, sizeof text, "link %u to %u", i, i + 1);
        out_name(out, "thread", pid, 3 * i + 1, 3 * i + 1, text);
        snprintf(text, sizeof text, "link %u to %u", i + 1, i);
        out_name(out, "thread", pid, 3 * i + 2, 3 * i + 2, text);
    }
}

static void out_span(zs_out *out, const zs_pipeline_diagram *d, uint32_t pid,
                     const zs_pipeline_span *s)
{
    static const char *const words[] = {"forward", "backward", "activations", "errors"};
    char name[64];
    if (d->parts > 1)
        snprintf(name, sizeof name, "%s %u.%u", words[s->what], s->number / d->parts,
                 s->number % d->parts);
    else
        snprintf(name, sizeof name, "%s %u", words[s->what], s->number);
    zs_out_printf(out,
                  ",\n{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"B\",\"ts\":%s,\"pid\":%u,\"tid\":%u,"
                  "\"args\":{\"mini_batch\":%u}}",
                  name, words[s->what], us_cell(s->start_s).text, pid, track_of(s),
                  s->number / d->parts);
    zs_out_printf(out, ",\n{\"name\":\"%s\",\"ph\":\"E\",\"ts\":%s,\"pid\":%u,\"tid\":%u}", name,
                  us_cell(s->end_s).text, pid, track_of(s));
}

zs_status zs_training_trace_emit(const zs_training *t, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    zs_out_text(&out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{\"name\":\"process_name\","
                      "\"ph\":\"M\",\"pid\":0,\"args\":{\"name\":\"pipelines\"}}");
    for (uint32_t i = 0; i < t->diagram_n; i++) {
        const zs_pipeline_diagram *d = &t->diagrams[i].drawn;
        out_name(&out, "process", i + 1, 0, i, process_name(t->diagrams[i].scheme));
        out_tracks(&out, i + 1, t->pipeline->stage_n);
        for (uint32_t k = 0; k < d->n; k++)
            out_span(&out, d, i + 1, &d->spans[k]);
    }
    zs_out_text(&out, "\n]}\n");
    return zs_out_end(&out, "the trace", err);
}
