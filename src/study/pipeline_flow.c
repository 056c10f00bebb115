#include "pipeline_priv.h"

#include <math.h>

/* A pipeline of inference, event by event. Stage i works on image k when it has arrived and one of
 * the stage's output buffers is free; the link behind it carries the result when one of the next
 * stage's input buffers is free. An output buffer is taken from the start of the work to the end of
 * the transfer, an input buffer from the start of the transfer to the end of the work. */

typedef struct flow_stage {
    double work_s, wire_s;           /* of an image */
    double end, wire_end;            /* INFINITY: idle */
    double *arrive;                  /* [image]; INFINITY: not yet */
    double *made;                    /* [image]: when it was ready for the link */
    uint32_t begun, done, sent_from; /* images: work begun, work ended, transfers begun */
    uint32_t sent;                   /* transfers ended */
    double busy, blocked, wired;     /* within the window */
} flow_stage;

typedef struct flow {
    flow_stage *stages;
    uint32_t stage_n, image_n, buffers;
    bool shares_link;
    double latency_s, now;
} flow;

static bool can_work(const flow *f, uint32_t i)
{
    const flow_stage *s = &f->stages[i];
    return isinf(s->end) && s->begun < f->image_n && s->arrive[s->begun] <= f->now;
}

static bool has_output_buffer(const flow *f, uint32_t i)
{
    const flow_stage *s = &f->stages[i];
    return i + 1 == f->stage_n || s->begun - s->sent < f->buffers;
}

static bool can_send(const flow *f, uint32_t i)
{
    const flow_stage *s = &f->stages[i];
    return i + 1 < f->stage_n && isinf(s->wire_end) && s->done > s->sent_from &&
           s->sent_from - f->stages[i + 1].done < f->buffers;
}

/* A shared link carries what has waited longest; of equals what is furthest on. */
static uint32_t next_on_shared_link(const flow *f)
{
    uint32_t best = f->stage_n;
    for (uint32_t i = 0; i < f->stage_n; i++)
        if (!isinf(f->stages[i].wire_end))
            return f->stage_n;
    for (uint32_t i = 0; i + 1 < f->stage_n; i++) {
        const flow_stage *s = &f->stages[i];
        if (can_send(f, i) &&
            (best == f->stage_n ||
             s->made[s->sent_from] <= f->stages[best].made[f->stages[best].sent_from]))
            best = i;
    }
    return best;
}

static void send(flow *f, uint32_t i)
{
    flow_stage *s = &f->stages[i];
    s->wire_end = f->now + s->wire_s;
    s->sent_from++;
}

static void begin_all(flow *f)
{
    for (uint32_t i = 0; i < f->stage_n; i++)
        if (can_work(f, i) && has_output_buffer(f, i)) {
            f->stages[i].end = f->now + f->stages[i].work_s;
            f->stages[i].begun++;
        }
    const uint32_t shared = f->shares_link ? next_on_shared_link(f) : f->stage_n;
    if (shared < f->stage_n)
        send(f, shared);
    for (uint32_t i = 0; !f->shares_link && i < f->stage_n; i++)
        if (can_send(f, i))
            send(f, i);
}

static double next_event(const flow *f)
{
    double at = INFINITY;
    for (uint32_t i = 0; i < f->stage_n; i++) {
        const flow_stage *s = &f->stages[i];
        at = fmin(at, fmin(s->end, s->wire_end));
        if (s->begun < f->image_n && s->arrive[s->begun] > f->now)
            at = fmin(at, s->arrive[s->begun]);
    }
    return at;
}

static void end_due(flow *f)
{
    for (uint32_t i = 0; i < f->stage_n; i++) {
        flow_stage *s = &f->stages[i];
        if (s->end <= f->now) {
            s->end = INFINITY;
            s->made[s->done++] = f->now;
        }
        if (s->wire_end <= f->now) {
            s->wire_end = INFINITY;
            f->stages[i + 1].arrive[s->sent++] = f->now + f->latency_s;
        }
    }
}

static void account(flow *f, double seconds)
{
    for (uint32_t i = 0; i < f->stage_n; i++) {
        flow_stage *s = &f->stages[i];
        s->busy += isinf(s->end) ? 0 : seconds;
        s->blocked += can_work(f, i) ? seconds : 0;
        s->wired += isinf(s->wire_end) ? 0 : seconds;
    }
}

static zs_status build(zs_arena *arena, const zs_design *d, const zs_pipeline *p, flow *f,
                       zs_err *err)
{
    f->stages = zs_new(arena, flow_stage, p->stage_n);
    if (f->stages == NULL)
        return zs_nomem(err, "pipeline");
    for (uint32_t i = 0; i < p->stage_n; i++) {
        flow_stage *s = &f->stages[i];
        *s = (flow_stage){.work_s = p->stages[i].inference_s,
                          .wire_s = fmax(0, p->stages[i].inference_link_s - f->latency_s),
                          .end = INFINITY,
                          .wire_end = INFINITY};
        s->arrive = zs_new(arena, double, f->image_n);
        s->made = zs_new(arena, double, f->image_n);
        if (s->arrive == NULL || s->made == NULL)
            return zs_nomem(err, d->name);
        for (uint32_t k = 0; i > 0 && k < f->image_n; k++)
            s->arrive[k] = INFINITY;
    }
    return ZS_OK;
}

zs_status zs_pipeline_flow(zs_arena *arena, const zs_design *d, zs_pipeline *p, zs_err *err)
{
    const uint32_t buffers = d->pipeline.buffers > 0 ? d->pipeline.buffers : 1;
    flow f = {.stage_n = p->stage_n,
              .image_n = 64 + 8 * buffers * p->stage_n,
              .buffers = buffers,
              .shares_link = d->system.shares_link,
              .latency_s = d->system.link_bytes_per_s > 0 ? d->system.link_latency_s : 0};
    ZS_TRY(build(arena, d, p, &f, err));
    flow_stage *last = &f.stages[f.stage_n - 1];
    double window = 0;
    for (begin_all(&f); last->done < f.image_n; begin_all(&f)) {
        const double at = next_event(&f);
        /* the pipeline is full: half of the images are through, more wait in front */
        if (last->done >= f.image_n / 2 && f.stages[0].begun < f.image_n) {
            account(&f, at - f.now);
            window += at - f.now;
        }
        f.now = at;
        end_due(&f);
    }
    p->latency_s = last->made[0];
    /* those that were through while images still entered */
    const uint32_t from = f.image_n / 2 - 1, to = f.image_n - 1 - 2 * buffers * f.stage_n;
    const double span = last->made[to] - last->made[from];
    p->images_per_s = span > 0 ? (to - from) / span : 0;
    for (uint32_t i = 0; i < f.stage_n && window > 0; i++) {
        const flow_stage *s = &f.stages[i];
        p->stages[i].busy_frac = s->busy / window;
        p->stages[i].blocked_frac = s->blocked / window;
        p->stages[i].starved_frac = fmax(0, 1 - (s->busy + s->blocked) / window);
        p->stages[i].link_load_frac = s->wired / window;
    }
    return ZS_OK;
}
