#include "zynqsim/axi_case.h"

#include <math.h>

/* ---- parameters ------------------------------------------------------------------------------ */

static zs_status check(const zs_axi_case *c, zs_err *err)
{
    const struct {
        const char *name;
        uint64_t value, min, max;
    } ranges[] = {
        {"masters", c->masters, 1, c->fabric == ZS_FABRIC_DIRECT ? 1 : ZS_AXI_MASTERS},
        {"max_burst_beats", c->max_burst_beats, 1, 256},
        {"slave_read_outst", c->read_outstanding, 1, ZS_AXI_OUTSTANDING},
        {"slave_write_outst", c->write_outstanding, 1, ZS_AXI_OUTSTANDING},
        {"lat_read", c->read_latency, 1, 1000000},
        {"lat_b", c->b_latency, 1, 1000000},
        {"rd_bytes", c->rd_bytes, 0, UINT32_MAX},
        {"wr_bytes", c->wr_bytes, 0, UINT32_MAX},
        {"rd_addr", c->rd_addr, 0, UINT64_MAX / 4},
        {"wr_addr", c->wr_addr, 0, UINT64_MAX / 4},
        {"rd_addr_step", c->rd_step, 0, UINT64_MAX / 64},
        {"wr_addr_step", c->wr_step, 0, UINT64_MAX / 64},
    };
    const bool is_ram = c->slave != ZS_SLAVE_FIXED_LATENCY;
    for (size_t i = 0; i < ZS_LEN(ranges); i++) {
        if (is_ram && i >= 2 && i <= 5)
            continue; /* it has its own */
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return zs_fail(err, ZS_ERANGE, ranges[i].name, "%llu is outside %llu to %llu",
                           (unsigned long long)ranges[i].value, (unsigned long long)ranges[i].min,
                           (unsigned long long)ranges[i].max);
    }
    if (c->beat_bytes == 0 || (c->beat_bytes & (c->beat_bytes - 1)) != 0 || c->beat_bytes > 128)
        return zs_fail(err, ZS_ERANGE, "beat_bytes", "%u is no power of two up to 128",
                       c->beat_bytes);
    return ZS_OK;
}

/* ---- the clocks of this RTL ------------------------------------------------------------------ */

/* One direction of a fabric with its slave. */
typedef struct path {
    uint32_t start;           /* clock of the first address */
    uint32_t interval;        /* between two addresses of one master */
    uint32_t fabric_interval; /* between any two */
    uint32_t to_data;         /* from an address to its first beat */
    uint32_t gap;             /* idle clocks between the data of two bursts */
    uint32_t to_end;          /* from the last beat to the end of the burst */
    int32_t to_room;          /* and on until another may start, less one */
    uint32_t to_done;         /* from there to the end of the descriptor */
    uint32_t limit;           /* bursts in flight */
} path;

static uint32_t limit_of(const zs_axi_case *c, uint32_t slave)
{
    return c->issue != 0 && c->issue < slave ? c->issue : slave;
}

static path read_path(const zs_axi_case *c)
{
    const bool pipelined = c->slave == ZS_SLAVE_RAM_PIPELINED;
    if (c->slave != ZS_SLAVE_FIXED_LATENCY) /* its next address overlaps the last beats */
        return (path){.start = 2,
                      .interval = 2,
                      .fabric_interval = 1,
                      .limit = 1,
                      .to_data = pipelined ? 3 : 2,
                      .to_room = pipelined ? -2 : -1,
                      .to_done = 2};
    switch (c->fabric) {
    case ZS_FABRIC_CROSSBAR:
        return (path){.start = 5,
                      .interval = 5,
                      .fabric_interval = 2,
                      .gap = 1,
                      .to_room = 1,
                      .to_done = 3,
                      .to_data = c->read_latency + 1,
                      .limit = limit_of(c, c->read_outstanding)};
    case ZS_FABRIC_INTERCONNECT:
        return (path){.start = 6,
                      .interval = 1,
                      .fabric_interval = 1,
                      .to_room = 4,
                      .to_done = 3,
                      .to_data = c->read_latency,
                      .limit = 1};
    default:
        return (path){.start = 2,
                      .interval = 2,
                      .fabric_interval = 1,
                      .to_done = 2,
                      .to_data = c->read_latency,
                      .limit = c->read_outstanding};
    }
}

static path write_path(const zs_axi_case *c)
{
    const bool is_direct = c->fabric == ZS_FABRIC_DIRECT;
    return (path){.start = is_direct ? 3 : 5,
                  .interval = 1,
                  .fabric_interval = 1,
                  .to_data = 1,
                  .gap = 1,
                  .to_end = c->b_latency + (is_direct ? 0 : 1),
                  .to_done = is_direct ? 1 : 2,
                  .limit = limit_of(c, c->write_outstanding)};
}

/* ---- a run ----------------------------------------------------------------------------------- */

typedef struct master {
    uint64_t addr, bytes; /* what is left */
    uint64_t ready_at;    /* clock of its next address as far as it is concerned */
    uint64_t done_at;
} master;

typedef struct run {
    zs_axi_params port;
    path path;
    zs_axi_flow flow;
    master masters[ZS_AXI_MASTERS];
    uint32_t master_n, turn;
    uint64_t bursts, beats, first_address, first_beat, last_beat, last_end;
    zs_axi_event trace[ZS_AXI_TRACE];
} run;

static void start_run(run *r, const zs_axi_case *c, const path *p, uint64_t addr, uint64_t step,
                      uint64_t bytes)
{
    *r = (run){.path = *p, .master_n = c->masters};
    r->port = (zs_axi_params){.beat_bytes = c->beat_bytes, .max_beats = c->max_burst_beats};
    zs_axi_flow_start(&r->flow, p->limit, p->start);
    for (uint32_t i = 0; i < c->masters; i++)
        r->masters[i] = (master){.addr = addr + i * step, .bytes = bytes, .ready_at = p->start};
}

/* The data of a realigned block come out a clock later where they need as many beats as went in. */
static uint32_t realigned(const run *r, uint64_t addr, uint64_t bytes)
{
    const uint64_t in = zs_ceil_div(addr % r->port.beat_bytes + bytes, r->port.beat_bytes);
    return addr % r->port.beat_bytes != 0 && in == zs_ceil_div(bytes, r->port.beat_bytes);
}

static void send(run *r, master *m)
{
    const path *p = &r->path;
    const zs_axi_burst b = zs_axi_cut(&r->port, m->addr, m->bytes);
    const uint64_t at = zs_max_u64(zs_axi_flow_next(&r->flow), m->ready_at);
    zs_axi_flow_issue(&r->flow, at);
    r->flow.address_at = at + p->fabric_interval;
    m->ready_at = at + p->interval;
    r->last_beat = zs_axi_flow_beats(&r->flow, b.beats, at + p->to_data, 0);
    r->flow.beat_at += p->gap;
    r->last_end = m->done_at = r->last_beat + p->to_end;
    zs_axi_flow_finish(&r->flow, r->last_end + (uint64_t)(int64_t)p->to_room);
    if (r->bursts == 0) {
        r->first_address = at;
        r->first_beat = r->last_beat + 1 - b.beats;
    }
    if (r->bursts < ZS_AXI_TRACE)
        r->trace[r->bursts] = (zs_axi_event){.clock = at, .addr = b.addr, .beats = b.beats};
    r->bursts++;
    r->beats += b.beats;
    m->addr += b.bytes;
    m->bytes -= b.bytes;
}

/* Masters in turn, a burst each, until all have moved their blocks. */
static void run_all(run *r)
{
    for (uint32_t idle = 0; idle < r->master_n; r->turn = (r->turn + 1) % r->master_n) {
        idle++;
        if (r->masters[r->turn].bytes == 0)
            continue;
        send(r, &r->masters[r->turn]);
        idle = 0;
    }
}

static void take_reads(const zs_axi_case *c, run *r, zs_axi_case_result *out)
{
    const uint64_t later = r->path.to_done + realigned(r, c->rd_addr, c->rd_bytes);
    out->ar_count = r->bursts;
    out->r_beats = r->beats;
    out->first_ar = r->first_address;
    out->first_r = r->first_beat;
    out->last_r = r->last_beat;
    out->done_first_master = UINT64_MAX;
    for (uint32_t i = 0; i < r->master_n; i++) {
        const uint64_t done = r->masters[i].done_at + later;
        out->done_first_master = zs_min_u64(out->done_first_master, done);
        out->done_last_master = zs_max_u64(out->done_last_master, done);
    }
    out->trace_n = (uint32_t)zs_min_u64(r->bursts, ZS_AXI_TRACE);
    for (uint32_t i = 0; i < out->trace_n; i++)
        out->trace[i] = r->trace[i];
    out->clocks_per_burst = zs_axi_steady_clocks(out->trace, out->trace_n, r->path.limit);
}

zs_status zs_axi_case_run(const zs_axi_case *c, zs_axi_case_result *out, zs_err *err)
{
    zs_axi_case_result result = {.clocks_per_burst = (double)NAN};
    run r;
    ZS_TRY(check(c, err));
    if (c->rd_bytes != 0) {
        const path p = read_path(c);
        start_run(&r, c, &p, c->rd_addr, c->rd_step, c->rd_bytes);
        run_all(&r);
        take_reads(c, &r, &result);
    }
    if (c->wr_bytes != 0) {
        const path p = write_path(c);
        start_run(&r, c, &p, c->wr_addr, c->wr_step, c->wr_bytes);
        run_all(&r);
        result.aw_count = r.bursts;
        result.w_beats = r.beats;
        result.first_w = r.first_beat;
        result.last_w = r.last_beat;
        result.last_b = r.last_end;
        result.write_done = r.last_end + p.to_done;
    }
    *out = result;
    return ZS_OK;
}

double zs_axi_steady_clocks(const zs_axi_event *trace, uint32_t n, uint32_t outstanding)
{
    const uint32_t rounds = outstanding == 0 ? 0 : (n - n / 2) / outstanding;
    const uint32_t span = (rounds == 0 && n > 2 * outstanding ? 1 : rounds) * outstanding;
    if (span == 0 || span >= n)
        return (double)NAN;
    return (double)(trace[n - 1].clock - trace[n - 1 - span].clock) / span;
}
