#include "pipeline_priv.h"

#include <math.h>

/* A pipeline event by event. Stages work through their passes in a fixed order; a pass begins when
 * what it needs has arrived and one of the output buffers behind it is free. A lane is one
 * direction over one boundary; it carries a result when one of the input buffers behind it is free.
 * An output buffer is taken from the start of the work to the end of the transfer, an input buffer
 * from the start of the transfer to the end of the work. Lanes that share a wire carry one after
 * the other.
 *
 * Orders  inference: forward passes. plain and gpipe: forward passes of all parts of a mini-batch,
 *         then backward passes. stale and pipedream: in cycle t the forward pass of t - i and the
 *         backward pass of t - (2K - i); a cycle is at least as long as the slowest stage works,
 * and ends when all stages have worked. */

typedef struct lane {
    uint32_t from, to, wire;
    double wire_s;                         /* of one transfer */
    double end;                            /* of the transfer under way; INFINITY: none */
    double *made, *arrive;                 /* [message % buffers] */
    uint32_t begun, done, sent_from, sent; /* work begun and ended, transfers begun and ended */
    uint32_t used;                         /* work on it ended */
    double wired;                          /* within the window */
} lane;

typedef struct flow_stage {
    double forward_s, backward_s, end; /* INFINITY: idle */
    lane *in[2], *out[2];              /* of forward and backward passes; NULL: none */
    uint32_t begun[2], done[2];        /* passes of both directions */
    uint32_t lag;                      /* mini-batches between a forward pass and the backward pass
                                        * that follows it */
    uint32_t now_back;                 /* what is worked on: 0 forward, 1 backward */
    double start;
    double busy, blocked; /* within the window */
} flow_stage;

typedef struct flow {
    flow_stage *stages;
    lane *lanes;
    double *wire_end; /* [wire]; INFINITY: idle */
    lane **chosen;    /* [wire]: what it carries next */
    uint32_t stage_n, lane_n, wire_n, message_n, buffers;
    bool goes_back, is_clocked, overlaps;
    double latency_s, now;
    uint32_t cycle;
    double tick, period, quiet; /* start and least length of the cycle; when the last data arrive */
    double *times;              /* [cycle] starts; else [message] when it left the last stage */
    uint32_t time_n;
    double window;
    zs_pipeline_diagram *diagram; /* NULL: not drawn */
} flow;

/* ---- what comes next ------------------------------------------------------------------------- */

static uint32_t next_pass(const flow *f, const flow_stage *s)
{
    if (!f->goes_back)
        return 0;
    return !(s->begun[0] < f->message_n && s->begun[0] <= (uint64_t)s->begun[1] + s->lag);
}

static uint32_t cycle_of(const flow *f, uint32_t i, uint32_t back)
{
    return f->stages[i].begun[back] + (back ? 2 * (f->stage_n - 1) - i : i);
}

static bool has_work(const flow *f, const flow_stage *s, uint32_t back)
{
    return s->begun[back] < f->message_n;
}

static bool is_quiet(const flow *f, uint32_t i)
{
    if (f->overlaps || f->is_clocked)
        return true;
    for (uint32_t k = 0; k < f->lane_n; k++)
        if ((f->lanes[k].from == i || f->lanes[k].to == i) && !isinf(f->lanes[k].end))
            return false;
    return true;
}

static bool can_work(const flow *f, uint32_t i)
{
    const flow_stage *s = &f->stages[i];
    const uint32_t back = next_pass(f, s);
    const lane *in = s->in[back];
    if (!isinf(s->end) || !has_work(f, s, back) || !is_quiet(f, i) ||
        (f->is_clocked && (cycle_of(f, i, back) > f->cycle || f->now < f->tick)))
        return false;
    return in == NULL ||
           (in->sent > s->begun[back] && in->arrive[s->begun[back] % f->buffers] <= f->now);
}

static bool has_output_buffer(const flow *f, uint32_t i)
{
    const lane *out = f->stages[i].out[next_pass(f, &f->stages[i])];
    return out == NULL || out->begun - out->sent < f->buffers;
}

/* Whether all work of the cycle is done. */
static bool has_worked(const flow *f)
{
    for (uint32_t i = 0; i < f->stage_n; i++) {
        const flow_stage *s = &f->stages[i];
        const uint32_t back = next_pass(f, s);
        if (!isinf(s->end) || (has_work(f, s, back) && cycle_of(f, i, back) <= f->cycle))
            return false;
    }
    return true;
}

static bool can_send(const flow *f, const lane *l, bool all_worked)
{
    if (!isinf(f->wire_end[l->wire]) || l->done == l->sent_from ||
        l->sent_from - l->used >= f->buffers)
        return false;
    if (f->overlaps)
        return true;
    return f->is_clocked ? all_worked
                         : isinf(f->stages[l->from].end) && isinf(f->stages[l->to].end);
}

/* A wire carries what has waited longest; of equals what is furthest on. */
static void choose(flow *f)
{
    const bool all_worked = f->is_clocked && !f->overlaps && has_worked(f);
    for (uint32_t i = 0; i < f->wire_n; i++)
        f->chosen[i] = NULL;
    for (uint32_t i = 0; i < f->lane_n; i++) {
        lane *l = &f->lanes[i];
        const lane *best = f->chosen[l->wire];
        if (can_send(f, l, all_worked) &&
            (best == NULL ||
             l->made[l->sent_from % f->buffers] <= best->made[best->sent_from % f->buffers]))
            f->chosen[l->wire] = l;
    }
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void draw(flow *f, zs_pipeline_span span)
{
    zs_pipeline_diagram *d = f->diagram;
    if (d == NULL || d->n == d->max)
        return;
    d->spans[d->n++] = span;
}

static void send_all(flow *f)
{
    choose(f);
    for (uint32_t wire = 0; wire < f->wire_n; wire++) {
        lane *l = f->chosen[wire];
        if (l == NULL)
            continue;
        l->end = f->wire_end[wire] = f->now + l->wire_s;
        draw(f, (zs_pipeline_span){.start_s = f->now,
                                   .end_s = l->end,
                                   .stage = l->from,
                                   .number = l->sent_from,
                                   .what = l->to > l->from ? ZS_SPAN_LINK : ZS_SPAN_LINK_BACK});
        l->sent_from++;
    }
}

static void begin_all(flow *f)
{
    if (!f->overlaps)
        send_all(f);
    for (uint32_t i = 0; i < f->stage_n; i++) {
        flow_stage *s = &f->stages[i];
        if (!can_work(f, i) || !has_output_buffer(f, i))
            continue;
        const uint32_t back = s->now_back = next_pass(f, s);
        s->end = f->now + (back ? s->backward_s : s->forward_s);
        draw(f, (zs_pipeline_span){.start_s = f->now,
                                   .end_s = s->end,
                                   .stage = i,
                                   .number = s->begun[back],
                                   .what = back ? ZS_SPAN_BACKWARD : ZS_SPAN_FORWARD});
        s->begun[back]++;
        if (s->out[back] != NULL)
            s->out[back]->begun++;
    }
    send_all(f);
}

static double next_event(const flow *f)
{
    double at = INFINITY;
    for (uint32_t i = 0; i < f->stage_n; i++) {
        const flow_stage *s = &f->stages[i];
        const uint32_t back = next_pass(f, s);
        const lane *in = s->in[back];
        at = fmin(at, s->end);
        if (in != NULL && in->sent > s->begun[back] &&
            in->arrive[s->begun[back] % f->buffers] > f->now)
            at = fmin(at, in->arrive[s->begun[back] % f->buffers]);
    }
    for (uint32_t i = 0; i < f->lane_n; i++)
        at = fmin(at, f->lanes[i].end);
    if (f->is_clocked && f->tick > f->now)
        at = fmin(at, f->tick);
    return at;
}

static void end_work(flow *f, uint32_t i)
{
    flow_stage *s = &f->stages[i];
    const uint32_t back = s->now_back;
    s->end = INFINITY;
    s->done[back]++;
    if (s->in[back] != NULL)
        s->in[back]->used++;
    if (s->out[back] != NULL) {
        lane *out = s->out[back];
        out->made[out->done++ % f->buffers] = f->now;
    } else if (!f->is_clocked && back == f->goes_back)
        f->times[f->time_n++] = f->now;
}

/* The next cycle begins when all stages have worked, and, where links carry between cycles, when
 * all that they made has arrived. */
static void end_cycle(flow *f)
{
    if (!f->is_clocked || f->now < f->tick || !has_worked(f))
        return;
    for (uint32_t i = 0; i < f->lane_n && !f->overlaps; i++)
        if (f->lanes[i].done > f->lanes[i].sent)
            return;
    f->tick = fmax(fmax(f->tick + f->period, f->now), f->overlaps ? 0 : f->quiet);
    f->cycle++;
    f->times[f->time_n++] = f->tick;
}

static void end_due(flow *f)
{
    for (uint32_t i = 0; i < f->stage_n; i++)
        if (f->stages[i].end <= f->now)
            end_work(f, i);
    for (uint32_t i = 0; i < f->lane_n; i++) {
        lane *l = &f->lanes[i];
        if (l->end > f->now)
            continue;
        l->end = f->wire_end[l->wire] = INFINITY;
        f->quiet = f->now + f->latency_s;
        l->arrive[l->sent++ % f->buffers] = f->quiet;
    }
}

static void account(flow *f, double seconds)
{
    f->window += seconds;
    for (uint32_t i = 0; i < f->stage_n; i++) {
        flow_stage *s = &f->stages[i];
        s->busy += isinf(s->end) ? 0 : seconds;
        s->blocked += can_work(f, i) ? seconds : 0;
    }
    for (uint32_t i = 0; i < f->lane_n; i++)
        f->lanes[i].wired += isinf(f->lanes[i].end) ? 0 : seconds;
}

static bool is_over(const flow *f)
{
    const flow_stage *last = &f->stages[f->goes_back ? 0 : f->stage_n - 1];
    return last->done[f->goes_back] == f->message_n;
}

/* Full: messages have come out, and more still wait in front. In plain and gpipe: always. */
static bool is_full(const flow *f)
{
    if (f->goes_back && !f->is_clocked)
        return true;
    const uint32_t filled = f->message_n / 2;
    return f->stages[f->goes_back ? 0 : f->stage_n - 1].done[f->goes_back] >= filled &&
           f->stages[0].begun[0] < f->message_n;
}

static zs_status go(flow *f, zs_err *err)
{
    for (begin_all(f); !is_over(f); begin_all(f)) {
        const double at = next_event(f);
        if (isinf(at))
            return zs_fail(err, ZS_EDEADLOCK, "pipeline", "stages wait for each other");
        if (is_full(f))
            account(f, at - f->now);
        f->now = at;
        end_due(f);
        /* of links between cycles the last transfers of a cycle begin here, not with work */
        if (!f->overlaps)
            send_all(f);
        end_cycle(f);
    }
    return ZS_OK;
}

/* ---- what it is built from ------------------------------------------------------------------- */

/* One wire for each boundary or one for all, and for each direction or for both. */
static uint32_t wire_of(const zs_design *d, uint32_t boundary, uint32_t boundary_n, bool back)
{
    const uint32_t n = d->system.shares_link ? 1 : boundary_n;
    return (d->system.shares_link ? 0 : boundary) + (d->system.has_duplex && back ? n : 0);
}

static zs_status build_lane(zs_arena *arena, const zs_design *d, flow *f, uint32_t i, zs_err *err)
{
    const uint32_t n = f->stage_n - 1;
    const bool back = i >= n;
    const uint32_t boundary = back ? 2 * n - 1 - i : i; /* the last lane is furthest on */
    lane *l = &f->lanes[i];
    *l = (lane){.from = boundary + back,
                .to = boundary + !back,
                .wire = wire_of(d, boundary, n, back),
                .end = INFINITY};
    l->made = zs_new(arena, double, f->buffers);
    l->arrive = zs_new(arena, double, f->buffers);
    if (l->made == NULL || l->arrive == NULL)
        return zs_nomem(err, "pipeline");
    f->stages[l->from].out[back] = l;
    f->stages[l->to].in[back] = l;
    return ZS_OK;
}

static zs_status build(zs_arena *arena, const zs_design *d, const zs_pipeline *p, flow *f,
                       uint32_t time_max, zs_err *err)
{
    f->stage_n = p->stage_n;
    f->lane_n = (p->stage_n - 1) * (f->goes_back ? 2 : 1);
    f->wire_n = 2 * (p->stage_n - 1);
    f->buffers = d->pipeline.buffers > 0 ? d->pipeline.buffers : 1;
    f->overlaps = d->system.overlaps;
    f->latency_s = d->system.link_bytes_per_s > 0 ? d->system.link_latency_s : 0;
    f->stages = zs_new(arena, flow_stage, f->stage_n);
    f->lanes = zs_new(arena, lane, f->lane_n + 1);
    f->wire_end = zs_new(arena, double, f->wire_n + 1);
    f->chosen = zs_new(arena, lane *, f->wire_n + 1);
    f->times = zs_new(arena, double, time_max);
    if (f->stages == NULL || f->lanes == NULL || f->wire_end == NULL || f->chosen == NULL ||
        f->times == NULL)
        return zs_nomem(err, "pipeline");
    for (uint32_t i = 0; i < f->wire_n; i++)
        f->wire_end[i] = INFINITY;
    for (uint32_t i = 0; i < f->stage_n; i++)
        f->stages[i].end = INFINITY;
    for (uint32_t i = 0; i < f->lane_n; i++)
        ZS_TRY(build_lane(arena, d, f, i, err));
    return ZS_OK;
}

static void take_loads(const flow *f, zs_pipeline *p, bool trains)
{
    for (uint32_t i = 0; i < f->stage_n && f->window > 0; i++) {
        const flow_stage *s = &f->stages[i];
        zs_stage_load *load = trains ? &p->stages[i].training : &p->stages[i].inference;
        load->busy_frac = s->busy / f->window;
        load->blocked_frac = s->blocked / f->window;
        load->starved_frac = fmax(0, 1 - (s->busy + s->blocked) / f->window);
        load->link_frac = s->out[0] != NULL ? s->out[0]->wired / f->window : 0;
        load->link_back_frac = s->in[1] != NULL ? s->in[1]->wired / f->window : 0;
    }
}

/* ---- inference ------------------------------------------------------------------------------- */

static zs_status infer(zs_arena *arena, const zs_design *d, zs_pipeline *p, zs_err *err)
{
    const uint32_t buffers = d->pipeline.buffers > 0 ? d->pipeline.buffers : 1;
    /* images come out in groups of as many as there are buffers where links are slow to deliver:
     * half of these less 2 * buffers * stage_n is a whole number of groups */
    flow f = {.message_n = (buffers < 2 ? 64 : 32 * buffers) + 8 * buffers * p->stage_n};
    ZS_TRY(build(arena, d, p, &f, f.message_n, err));
    for (uint32_t i = 0; i < f.stage_n; i++) {
        f.stages[i].forward_s = p->stages[i].inference_s;
        if (f.stages[i].out[0] != NULL)
            f.stages[i].out[0]->wire_s = fmax(0, p->stages[i].inference_link_s - f.latency_s);
    }
    ZS_TRY(go(&f, err));
    p->latency_s = f.times[0];
    /* those that were through while images still entered */
    const uint32_t from = f.message_n / 2 - 1, to = f.message_n - 1 - 2 * buffers * f.stage_n;
    const double span = f.times[to] - f.times[from];
    p->images_per_s = span > 0 ? (to - from) / span : 0;
    take_loads(&f, p, false);
    return ZS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

/* parts: of a mini-batch, each of which goes through the stages on its own. */
static zs_status build_training(zs_arena *arena, const zs_design *d, const zs_pipeline *p, flow *f,
                                uint32_t parts, zs_err *err)
{
    f->goes_back = true;
    ZS_TRY(build(arena, d, p, f, f->message_n + 2 * p->stage_n, err));
    for (uint32_t i = 0; i < f->stage_n; i++) {
        const zs_pipeline_stage *s = &p->stages[i];
        flow_stage *stage = &f->stages[i];
        stage->forward_s = s->forward_s / parts;
        stage->backward_s = s->backward_s / parts;
        stage->lag = f->is_clocked ? 2 * (f->stage_n - 1 - i) : f->message_n;
        f->period = fmax(f->period, s->forward_s + s->backward_s);
        if (i + 1 == f->stage_n)
            continue;
        const double link_s = zs_pipeline_link_s(d, zs_ceil_div(s->crossing_bytes, parts));
        stage->out[0]->wire_s = stage->in[1]->wire_s = fmax(0, link_s - f->latency_s);
    }
    return ZS_OK;
}

enum { WINDOW = 240 }; /* cycles: whole periods of most pipelines */

static zs_status train_clocked(zs_arena *arena, const zs_design *d, zs_pipeline *p, bool is_own,
                               zs_err *err)
{
    const uint32_t warm = 8 * p->stage_n;
    flow f = {.message_n = warm + WINDOW, .is_clocked = true};
    ZS_TRY(build_training(arena, d, p, &f, 1, err));
    ZS_TRY(go(&f, err));
    /* times[t]: the end of cycle t */
    p->cycle_s = (f.times[warm + WINDOW - 1] - f.times[warm - 1]) / WINDOW;
    p->fill_s = fmax(0, f.times[f.time_n - 1] - f.message_n * p->cycle_s);
    const double longer = p->cycle_s - f.period;
    p->exchange_s = longer > 1e-9 * p->cycle_s ? longer : 0; /* sums are rounded */
    if (is_own)
        take_loads(&f, p, true);
    return ZS_OK;
}

static zs_status train_whole(zs_arena *arena, const zs_design *d, zs_pipeline *p, uint32_t parts,
                             bool is_own, double *out, zs_err *err)
{
    flow f = {.message_n = parts};
    ZS_TRY(build_training(arena, d, p, &f, parts, err));
    ZS_TRY(go(&f, err));
    *out = f.now;
    if (is_own)
        take_loads(&f, p, true);
    return ZS_OK;
}

/* Loads are written into stages: those of a copy. */
static zs_status vary_buffers(zs_arena *arena, const zs_design *d, zs_pipeline *p, zs_err *err)
{
    for (uint32_t i = 0; i < ZS_PIPELINE_BUFFERS_N; i++) {
        zs_design other = *d;
        zs_pipeline copy = *p;
        zs_pipeline_buffers *b = &p->by_buffers[i];
        b->buffers = other.pipeline.buffers = 1u << i;
        copy.stages = zs_new(arena, zs_pipeline_stage, p->stage_n);
        if (copy.stages == NULL)
            return zs_nomem(err, "pipeline");
        for (uint32_t k = 0; k < p->stage_n; k++)
            copy.stages[k] = p->stages[k];
        ZS_TRY(infer(arena, &other, &copy, err));
        ZS_TRY(train_clocked(arena, &other, &copy, true, err));
        b->images_per_s = copy.images_per_s;
        b->cycle_s = copy.cycle_s;
        for (uint32_t k = 0; k < p->stage_n; k++) {
            b->blocked_frac = fmax(b->blocked_frac, copy.stages[k].inference.blocked_frac);
            b->train_blocked_frac =
                fmax(b->train_blocked_frac, copy.stages[k].training.blocked_frac);
        }
    }
    return ZS_OK;
}

zs_status zs_pipeline_flow(zs_arena *arena, const zs_design *d, uint32_t scheme, uint32_t parts,
                           zs_pipeline *p, zs_err *err)
{
    ZS_TRY(vary_buffers(arena, d, p, err));
    ZS_TRY(infer(arena, d, p, err));
    ZS_TRY(train_clocked(arena, d, p, scheme >= ZS_SCHEME_PIPEDREAM, err));
    ZS_TRY(train_whole(arena, d, p, 1, scheme == ZS_SCHEME_PLAIN, &p->plain_s, err));
    return train_whole(arena, d, p, parts, scheme == ZS_SCHEME_GPIPE, &p->gpipe_s, err);
}

zs_status zs_pipeline_pace(zs_arena *arena, const zs_design *d, const zs_train_setup *setup,
                           bool infers, zs_pipeline *p, double *out, zs_err *err)
{
    const double share = d->pipeline.hybrid_after;
    const uint32_t parts = setup->micro_batches > 0 ? setup->micro_batches : 1;
    if (infers) {
        ZS_TRY(infer(arena, d, p, err));
        *out = p->images_per_s > 0 ? 1 / p->images_per_s : 0;
        return ZS_OK;
    }
    if (setup->scheme == ZS_SCHEME_GPIPE)
        return train_whole(arena, d, p, parts, false, out, err);
    if (setup->scheme >= ZS_SCHEME_PIPEDREAM)
        ZS_TRY(train_clocked(arena, d, p, false, err));
    if (setup->scheme == ZS_SCHEME_PLAIN || setup->scheme == ZS_SCHEME_HYBRID)
        ZS_TRY(train_whole(arena, d, p, 1, false, &p->plain_s, err));
    *out = setup->scheme == ZS_SCHEME_PLAIN    ? p->plain_s
           : setup->scheme == ZS_SCHEME_HYBRID ? share * p->cycle_s + (1 - share) * p->plain_s
                                               : p->cycle_s;
    return ZS_OK;
}

/* ---- a picture of it ------------------------------------------------------------------------- */

zs_status zs_pipeline_draw(zs_arena *arena, const zs_design *d, const zs_pipeline *p,
                           uint32_t scheme, uint32_t parts, uint32_t n, zs_pipeline_diagram *out,
                           zs_err *err)
{
    const bool is_clocked = scheme >= ZS_SCHEME_PIPEDREAM;
    const uint32_t times = is_clocked || n == 0 ? 1 : n;
    parts = scheme == ZS_SCHEME_GPIPE ? parts : 1;
    flow f = {.message_n = is_clocked ? n : parts, .is_clocked = is_clocked, .diagram = out};
    *out = (zs_pipeline_diagram){.parts = parts, .mini_batch_n = n};
    const uint32_t most = n * parts * (4 * p->stage_n - 2);
    out->spans = zs_new(arena, zs_pipeline_span, most + 1);
    if (out->spans == NULL)
        return zs_nomem(err, "pipeline");
    for (uint32_t k = 0; k < times && n > 0; k++) { /* one mini-batch after the other */
        const double start = out->end_s;
        const uint32_t first = out->n;
        f = (flow){.message_n = f.message_n, .is_clocked = is_clocked, .diagram = out};
        out->max = most;
        ZS_TRY(build_training(arena, d, p, &f, parts, err));
        ZS_TRY(go(&f, err));
        out->end_s = start + f.now;
        for (uint32_t i = first; i < out->n; i++) {
            out->spans[i].start_s += start;
            out->spans[i].end_s += start;
            out->spans[i].number += k * parts;
        }
    }
    return ZS_OK;
}
