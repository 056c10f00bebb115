#include "zynqsim/traffic.h"

#include <assert.h>

enum { READ, WRITE, ENDS = 256 };
#define NEVER UINT64_MAX

/* Requests of one direction of a stream: created ones wait in order for their arbiter. */
typedef struct lane {
    uint64_t *created; /* [request] clock; from its end on, the time it took */
    uint8_t *pieces;   /* [request] in the controller */
    uint64_t made, offered;
} lane;

typedef struct stream_state {
    const zs_traffic_stream *p;
    lane lanes[2];
    uint64_t made, open; /* requests created; of these, credits not yet returned */
    double next_at;      /* rgap */
} stream_state;

typedef struct arbiter {
    uint32_t stream; /* whose request it is busy with, or had last */
    bool busy;
    zs_dram_req req;         /* what is left of the request */
    uint64_t free_at, since; /* first clock for the next transaction; when the request came up */
} arbiter;

/* Ends of requests in order of time: the data bus and the write arbiter are each in order. */
typedef struct end_queue {
    struct {
        uint64_t at;
        uint32_t stream;
    } ends[ENDS];
    uint32_t first, n;
} end_queue;

typedef struct driver {
    zs_dram *dram;
    uint64_t memory_bytes;
    uint32_t stream_n, block_bytes;
    stream_state streams[ZS_TRAFFIC_STREAMS];
    arbiter arbiters[2];
    end_queue ends[2];
    zs_traffic_result r;
    bool closed; /* no stream creates any more */
} driver;

/* ---- addresses ------------------------------------------------------------------------------- */

static uint64_t pattern_address(const zs_traffic_stream *s, uint32_t dir, uint64_t k)
{
    const uint64_t base = dir == WRITE && s->reads != 0 ? s->write_base : s->base;
    switch (s->pattern) {
    case ZS_TRAFFIC_SEQ:
        return base + k * s->size_bytes % s->region_bytes;
    case ZS_TRAFFIC_STRIDE:
        return base + k * s->stride_bytes % s->region_bytes;
    case ZS_TRAFFIC_RAND:
        return base +
               zs_mix64((s->seed << 32) + k) % (s->region_bytes / s->align_bytes) * s->align_bytes;
    case ZS_TRAFFIC_PP:
        return base + k % s->rows * s->row_pitch_bytes + k / s->rows * s->size_bytes % 4096;
    case ZS_TRAFFIC_TILE:
        break;
    }
    const uint64_t per_line = s->line_bytes / s->size_bytes;
    return base + k / per_line * s->line_pitch_bytes % s->region_bytes +
           k % per_line * s->size_bytes;
}

/* A memory decodes the address bits it has: what lies beyond comes round. */
static uint64_t address(const driver *d, const zs_traffic_stream *s, uint32_t dir, uint64_t k)
{
    return pattern_address(s, dir, k) % d->memory_bytes;
}

/* ---- creation -------------------------------------------------------------------------------- */

/* Clock at which a stream may create its next request, as far as is known now. */
static uint64_t creation_at(const stream_state *s, uint64_t now)
{
    if (s->p->gap > 0)
        return (uint64_t)((double)s->made * s->p->gap);
    if (s->open >= s->p->outstanding)
        return NEVER;
    return s->p->rgap > 0 ? zs_max_u64(now, (uint64_t)s->next_at) : now;
}

static void create(driver *d, stream_state *s, uint64_t now)
{
    assert(s->p->reads + s->p->writes != 0);
    const uint64_t in_turn = s->made % (s->p->reads + s->p->writes);
    lane *l = &s->lanes[in_turn < s->p->reads ? READ : WRITE];
    l->created[l->made++] = now;
    s->made++;
    s->open++;
    const double reached = (double)now > s->next_at ? (double)now : s->next_at;
    s->next_at = reached + s->p->rgap;
    d->closed = s->made == s->p->request_n;
}

static void create_all(driver *d, uint64_t now)
{
    for (uint32_t i = 0; i < d->stream_n; i++)
        while (!d->closed && creation_at(&d->streams[i], now) <= now)
            create(d, &d->streams[i], now);
}

static uint64_t next_creation(const driver *d, uint64_t now)
{
    uint64_t at = NEVER;
    for (uint32_t i = 0; i < d->stream_n && !d->closed; i++)
        at = zs_min_u64(at, creation_at(&d->streams[i], now));
    return at;
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void end_request(driver *d, uint32_t dir, uint32_t stream, uint64_t k, uint64_t at)
{
    end_queue *q = &d->ends[dir];
    const uint32_t slot = (q->first + q->n++) % ENDS;
    q->ends[slot].at = at;
    q->ends[slot].stream = stream;
    zs_traffic_times *t = dir == READ ? &d->r.reads : &d->r.writes;
    uint64_t *created = &d->streams[stream].lanes[dir].created[k];
    const uint64_t time = at - *created;
    *created = time;
    t->n++;
    t->sum_ddr_cycles += time;
    t->max_ddr_cycles = zs_max_u64(t->max_ddr_cycles, time);
    d->r.requests++;
    d->r.ddr_cycles = zs_max_u64(d->r.ddr_cycles, at);
    *(dir == READ ? &d->r.read_bytes : &d->r.write_bytes) += d->streams[stream].p->size_bytes;
}

/* Credits come back in the clock after the end. */
static uint64_t next_credit(const driver *d)
{
    uint64_t at = NEVER;
    for (uint32_t dir = READ; dir <= WRITE; dir++)
        if (d->ends[dir].n != 0)
            at = zs_min_u64(at, d->ends[dir].ends[d->ends[dir].first].at + 1);
    return at;
}

static void return_credits(driver *d, uint64_t now)
{
    for (uint32_t dir = READ; dir <= WRITE; dir++) {
        end_queue *q = &d->ends[dir];
        while (q->n != 0 && q->ends[q->first].at < now) {
            d->streams[q->ends[q->first].stream].open--;
            q->first = (q->first + 1) % ENDS;
            q->n--;
        }
    }
}

/* ---- arbiters -------------------------------------------------------------------------------- */

static bool pick(driver *d, uint32_t dir, uint64_t now)
{
    arbiter *a = &d->arbiters[dir];
    for (uint32_t n = 1; n <= d->stream_n; n++) {
        const uint32_t i = (a->stream + n) % d->stream_n;
        const lane *l = &d->streams[i].lanes[dir];
        if (l->offered == l->made)
            continue;
        a->stream = i;
        a->busy = true;
        a->req = (zs_dram_req){.addr = address(d, d->streams[i].p, dir, l->offered),
                               .bytes = d->streams[i].p->size_bytes,
                               .tag = i << 28 | (uint32_t)l->offered,
                               .is_write = dir == WRITE};
        a->since = now;
        return true;
    }
    return false;
}

/* Hands the next piece over, at one transaction per clock. False when the queue has no room. */
static bool hand_over(driver *d, uint32_t dir, uint64_t now)
{
    arbiter *a = &d->arbiters[dir];
    stream_state *s = &d->streams[a->stream];
    lane *l = &s->lanes[dir];
    const uint64_t first = a->req.addr / d->block_bytes;
    if (zs_dram_offer(d->dram, &a->req, now) > now)
        return false;
    l->pieces[l->offered]++;
    const uint64_t n = (a->req.addr - 1) / d->block_bytes - first + 1;
    a->free_at = zs_max_u64(now + 1, a->since + n);
    a->since = a->free_at;
    if (a->req.bytes != 0)
        return true;
    if (dir == WRITE)
        end_request(d, WRITE, a->stream, l->offered, a->free_at - 1);
    l->offered++;
    a->busy = false;
    return true;
}

static void arbitrate(driver *d, uint32_t dir, uint64_t now)
{
    arbiter *a = &d->arbiters[dir];
    while (a->free_at <= now && (a->busy || pick(d, dir, now)))
        if (!hand_over(d, dir, now))
            return;
}

/* When the arbiter can do something, as far as is known now. */
static uint64_t next_offer(const driver *d, uint32_t dir, uint64_t now)
{
    const arbiter *a = &d->arbiters[dir];
    if (a->busy)
        return zs_max_u64(a->free_at, zs_dram_room_at(d->dram, &a->req));
    for (uint32_t i = 0; i < d->stream_n; i++)
        if (d->streams[i].lanes[dir].offered != d->streams[i].lanes[dir].made)
            return zs_max_u64(a->free_at, now);
    return NEVER;
}

/* ---- run ------------------------------------------------------------------------------------- */

static void placed(driver *d, const zs_dram_done *done)
{
    const uint32_t stream = done->tag >> 28;
    const uint32_t k = done->tag & ((1u << 28) - 1);
    lane *l = &d->streams[stream].lanes[done->is_write];
    if (--l->pieces[k] == 0 && l->offered > k && !done->is_write)
        end_request(d, READ, stream, k, done->last_ddr_cycle);
}

static uint64_t count_within(const driver *d, uint32_t dir, uint64_t limit)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < d->stream_n; i++) {
        const lane *l = &d->streams[i].lanes[dir];
        for (uint64_t k = 0; k < l->offered; k++)
            n += l->created[k] <= limit;
    }
    return n;
}

/* The least time that `percent` of the requests do not exceed. */
static uint64_t percentile(const driver *d, uint32_t dir, uint32_t percent)
{
    const zs_traffic_times *t = dir == READ ? &d->r.reads : &d->r.writes;
    const uint64_t want = (t->n * percent + 99) / 100;
    uint64_t low = 0, high = t->max_ddr_cycles;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (count_within(d, dir, middle) >= want)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void summarise(driver *d)
{
    zs_traffic_times *times[2] = {&d->r.reads, &d->r.writes};
    for (uint32_t dir = READ; dir <= WRITE; dir++) {
        times[dir]->p50_ddr_cycles = percentile(d, dir, 50);
        times[dir]->p95_ddr_cycles = percentile(d, dir, 95);
    }
    d->r.dram = *zs_dram_counts_of(d->dram);
    d->r.events = zs_dram_events(d->dram);
}

static zs_status lane_build(zs_arena *arena, uint64_t request_n, lane *l, zs_err *err)
{
    l->created = zs_new(arena, uint64_t, request_n);
    l->pieces = zs_new(arena, uint8_t, request_n);
    if (request_n > 0 && (l->created == NULL || l->pieces == NULL))
        return zs_nomem(err, "the requests of a traffic stream");
    return ZS_OK;
}

static zs_status driver_build(zs_arena *arena, const zs_memory_params *memory,
                              const zs_traffic *traffic, driver **out, zs_err *err)
{
    driver *d = zs_new(arena, driver, 1);
    if (d == NULL)
        return zs_nomem(err, "the traffic driver");
    ZS_TRY(zs_dram_build(arena, memory, &d->dram, err));
    d->stream_n = traffic->stream_n;
    d->block_bytes = 8 * memory->bus_bytes;
    d->memory_bytes = memory->bytes;
    for (uint32_t i = 0; i < traffic->stream_n; i++) {
        stream_state *s = &d->streams[i];
        s->p = &traffic->streams[i];
        const uint64_t n = s->p->request_n;
        ZS_TRY(lane_build(arena, s->p->reads != 0 ? n : 0, &s->lanes[READ], err));
        ZS_TRY(lane_build(arena, s->p->writes != 0 ? n : 0, &s->lanes[WRITE], err));
    }
    d->arbiters[READ].stream = d->arbiters[WRITE].stream = traffic->stream_n - 1;
    *out = d;
    return ZS_OK;
}

zs_status zs_traffic_run(zs_arena *arena, const zs_memory_params *memory, const zs_traffic *traffic,
                         zs_traffic_result *out, zs_err *err)
{
    for (uint32_t i = 0; i < traffic->stream_n; i++)
        if (traffic->streams[i].port != ZS_TRAFFIC_NO_PORT)
            return zs_fail(err, ZS_EUNSUPPORTED, "port",
                           "the DDR controller alone has no AXI ports, but stream %u names one",
                           i + 1);
    driver *d = NULL;
    if (memory->kind == ZS_MEMORY_FIXED)
        return zs_fail(err, ZS_ERANGE, "board.memory.kind",
                       "fixed has no DRAM that patterns could drive, ddr3 has");
    ZS_TRY(driver_build(arena, memory, traffic, &d, err));
    uint64_t now = 0;
    for (;;) {
        return_credits(d, now);
        create_all(d, now);
        arbitrate(d, READ, now);
        arbitrate(d, WRITE, now);
        uint64_t at;
        zs_dram_done done;
        do {
            at = zs_min_u64(next_creation(d, now + 1), next_credit(d));
            at = zs_min_u64(at, next_offer(d, READ, now + 1));
            at = zs_min_u64(at, next_offer(d, WRITE, now + 1));
            at = zs_max_u64(at, now + 1);
        } while (zs_dram_run(d->dram, at, &done) && (placed(d, &done), true));
        if (at == NEVER)
            break;
        now = at;
    }
    summarise(d);
    *out = d->r;
    return ZS_OK;
}

double zs_traffic_frac_peak(const zs_memory_params *memory, const zs_traffic_result *r)
{
    const double peak = 2.0 * memory->bus_bytes * (double)r->ddr_cycles;
    return r->ddr_cycles == 0 ? 0 : (double)(r->read_bytes + r->write_bytes) / peak;
}

double zs_traffic_ns(const zs_memory_params *memory, uint64_t ddr_cycles)
{
    return (double)ddr_cycles * memory->tck_ps * 1e-3;
}

double zs_traffic_mean_ns(const zs_memory_params *memory, const zs_traffic_times *t)
{
    return t->n == 0 ? 0 : (double)t->sum_ddr_cycles * memory->tck_ps * 1e-3 / (double)t->n;
}
