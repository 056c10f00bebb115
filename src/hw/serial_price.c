#include "serial_priv.h"

/* Closed forms of a serial walk: counts, the least time and the mean time. */

zs_serial_count zs_serial_count_of(const zs_serial_walk *w)
{
    uint64_t rows = 0, columns = 0;
    for (uint32_t oy = 0; oy < w->out_h; oy++)
        rows += serial_rows(w, oy).k1 - serial_rows(w, oy).k0;
    for (uint32_t ox = 0; ox < w->out_w; ox++)
        columns += serial_columns(w, ox).k1 - serial_columns(w, ox).k0;
    zs_serial_count c = {.stream_reads = w->stream_n + (w->lead_bytes != 0),
                         .taps = rows * columns * w->plane_n,
                         .windows = (uint64_t)w->out_h * w->out_w};
    c.stores = (w->stores ? c.windows : 0) + w->late_n;
    c.stream_bytes = w->lead_bytes + (uint64_t)w->stream_n * w->stream_elem_bytes;
    c.tap_bytes = c.taps * w->elem_bytes;
    c.store_bytes = c.stores * w->elem_bytes;
    c.gap_pl_cycles = c.stream_reads * w->stream_gap + c.taps * w->tap_gap +
                      c.windows * w->window_gap + (uint64_t)w->late_n * w->late_gap;
    return c;
}

/* ---- single accesses ------------------------------------------------------------------------- */

__extension__ typedef unsigned __int128 wide;

static zs_axi_params master_port(const zs_design *design)
{
    return zs_port_params(&design->board, design->accel.ports.input);
}

/* Overhead of the master's own rules per access. */
static uint64_t rules_pl_cycles(const zs_design *design, bool is_write)
{
    const zs_dma_rules r = zs_dma_rules_of(design, zs_channel(design->accel.ports.input, is_write));
    return (uint64_t)r.row_gap + r.write_data + r.finish - 1;
}

uint64_t zs_serial_read_pl_cycles(const zs_design *design)
{
    const zs_memory_params *m = &design->board.memory;
    const wide ps = (wide)zs_dram_read_ddr_cycles(m, ZS_ROW_OPEN) * m->tck_ps;
    uint64_t memory = (uint64_t)((ps * design->accel.clock_hz + ZS_PS_PER_S - 1) / ZS_PS_PER_S);
    if (m->kind == ZS_MEMORY_FIXED)
        memory = 0;
    return master_port(design).read_latency_pl_cycles + memory + 1 + rules_pl_cycles(design, false);
}

uint64_t zs_serial_write_pl_cycles(const zs_design *design)
{
    return (uint64_t)master_port(design).write_latency_pl_cycles + 1 +
           rules_pl_cycles(design, true);
}

zs_serial_time zs_serial_least(const zs_design *design, const zs_serial_walk *w)
{
    const zs_serial_count c = zs_serial_count_of(w);
    return (zs_serial_time){.compute_pl_cycles = c.gap_pl_cycles,
                            .read_pl_cycles =
                                (c.stream_reads + c.taps) * zs_serial_read_pl_cycles(design),
                            .write_pl_cycles = c.stores * zs_serial_write_pl_cycles(design)};
}

/* ---- mean ------------------------------------------------------------------------------------ */

enum { FRAC_BITS = 8, PHASES = 64, SAMPLE_TAPS = 4096, ONE = 1 << FRAC_BITS };

/* A memory with mean latencies, in fractions of a PL cycle. */
typedef struct mean_memory {
    uint64_t read[3]; /* [zs_row_state] */
    uint64_t write, to_memory;
    uint64_t refresh_every, refresh_for; /* 0: none */
    uint64_t now, refresh_at;
    uint64_t reads, writes; /* time in them */
    uint64_t pages[ZS_DRAM_BANKS];
    uint32_t row_shift, bank_mask;
} mean_memory;

/* Mean over the phases of the two clocks. */
static uint64_t mean_read(const zs_clock_pair *clock, uint32_t latency, uint32_t ddr_cycles)
{
    uint64_t sum = 0;
    for (uint64_t n = 0; n < PHASES; n++) {
        const uint64_t at = zs_pl_to_ddr(clock, n + latency / 2) + ddr_cycles;
        sum += zs_ddr_to_pl(clock, at) + (latency - latency / 2) + 1 - n;
    }
    return sum * ONE / PHASES;
}

static void close_rows(mean_memory *m)
{
    for (uint32_t b = 0; b < ZS_DRAM_BANKS; b++)
        m->pages[b] = UINT64_MAX;
}

static mean_memory mean_memory_of(const zs_design *design)
{
    const zs_memory_params *p = &design->board.memory;
    const zs_clock_pair clock = zs_clock_pair_of(design->accel.clock_hz, p->tck_ps);
    const uint64_t ddr_frac =
        (uint64_t)((wide)p->tck_ps * design->accel.clock_hz * ONE / ZS_PS_PER_S);
    const uint64_t rules = rules_pl_cycles(design, false);
    mean_memory m = {.write = zs_serial_write_pl_cycles(design) * ONE,
                     .row_shift = 31u - (uint32_t)__builtin_clz(p->row_bytes),
                     .bank_mask = p->banks - 1};
    for (uint32_t state = 0; state < ZS_LEN(m.read); state++)
        m.read[state] = rules * ONE + mean_read(&clock, master_port(design).read_latency_pl_cycles,
                                                zs_dram_read_ddr_cycles(p, (zs_row_state)state));
    m.refresh_every = m.refresh_at = p->t_refi * ddr_frac;
    m.refresh_for = (p->t_rp + p->t_rfc) * ddr_frac;
    m.to_memory = (uint64_t)master_port(design).read_latency_pl_cycles / 2 * ONE;
    close_rows(&m);
    return m;
}

/* Duration of an access, with the delay by a refresh that it meets. */
static uint64_t mean_access(mean_memory *m, bool is_write, uint64_t addr, uint64_t gap)
{
    const uint64_t page = addr >> m->row_shift;
    uint64_t *open = &m->pages[page & m->bank_mask];
    uint64_t wait = 0;
    m->now += gap * ONE;
    const uint64_t arrives = m->now + m->to_memory;
    if (m->refresh_every != 0 && arrives >= m->refresh_at) {
        const uint64_t over = m->refresh_at + m->refresh_for;
        wait = !is_write && over > arrives ? over - arrives : 0;
        m->refresh_at += m->refresh_every * ((arrives - m->refresh_at) / m->refresh_every + 1);
        close_rows(m);
    }
    const zs_row_state state = *open == page         ? ZS_ROW_OPEN
                               : *open == UINT64_MAX ? ZS_ROW_CLOSED
                                                     : ZS_ROW_OTHER;
    const uint64_t takes = wait + (is_write ? m->write : m->read[state]);
    *open = page;
    m->now += takes;
    *(is_write ? &m->writes : &m->reads) += takes;
    return takes;
}

static uint64_t sample_window(mean_memory *m, const zs_serial_walk *w, uint32_t oy, uint32_t ox)
{
    const serial_span y = serial_rows(w, oy), x = serial_columns(w, ox);
    uint64_t plane = serial_corner(w, oy, y, ox, x), n = 0;
    for (uint32_t c = 0; c < w->plane_n; c++, plane += w->plane_pitch)
        for (uint32_t ky = y.k0; ky < y.k1; ky++)
            for (uint32_t kx = x.k0; kx < x.k1; kx++, n++)
                mean_access(m, false,
                            plane + (uint64_t)(ky - y.k0) * w->dh * w->row_pitch +
                                (uint64_t)(kx - x.k0) * w->dw * w->elem_bytes,
                            w->tap_gap);
    if (w->stores)
        mean_access(m, true, w->out_addr + ((uint64_t)oy * w->out_w + ox) * w->elem_bytes,
                    w->window_gap);
    return n;
}

/* Time of all taps and stores of part 2, extrapolated from a sample in the middle. */
static void add_windows(const zs_design *design, const zs_serial_walk *w, const zs_serial_count *c,
                        zs_serial_time *t)
{
    mean_memory m = mean_memory_of(design);
    uint64_t taps = 0, windows = 0;
    const uint32_t oy0 = w->out_h / 2;
    for (uint32_t oy = oy0; oy < w->out_h && taps < SAMPLE_TAPS; oy++)
        for (uint32_t ox = 0; ox < w->out_w && taps < SAMPLE_TAPS; ox++, windows++)
            taps += sample_window(&m, w, oy, ox);
    if (taps != 0)
        t->read_pl_cycles += (uint64_t)((wide)m.reads * c->taps / taps >> FRAC_BITS);
    if (windows != 0)
        t->write_pl_cycles += (uint64_t)((wide)m.writes * c->windows / windows >> FRAC_BITS);
}

/* Contiguous elements. */
static uint64_t mean_stream(const zs_design *design, bool is_write, uint64_t addr, uint64_t n,
                            uint32_t elem_bytes, uint32_t gap)
{
    mean_memory m = mean_memory_of(design);
    const uint64_t sampled = zs_min_u64(n, SAMPLE_TAPS);
    for (uint64_t i = 0; i < sampled; i++)
        mean_access(&m, is_write, addr + i * elem_bytes, gap);
    return sampled == 0 ? 0 : (uint64_t)((wide)(m.reads + m.writes) * n / sampled >> FRAC_BITS);
}

/* All accesses take equally long, but a lead may cross beat boundaries. */
static zs_serial_time fixed_time(const zs_design *design, const zs_serial_walk *w, zs_serial_time t)
{
    const zs_xfer lead = {
        .addr = w->stream_addr, .row_bytes = w->lead_bytes, .row_n = 1, .plane_n = 1};
    const uint32_t channel = zs_channel(design->accel.ports.input, false);
    if (w->lead_bytes != 0)
        t.read_pl_cycles +=
            zs_xfer_price_of(design, channel, &lead).pl_cycles - zs_serial_read_pl_cycles(design);
    return t;
}

zs_serial_time zs_serial_mean(const zs_design *design, const zs_serial_walk *w)
{
    const zs_serial_count c = zs_serial_count_of(w);
    const zs_serial_time least = zs_serial_least(design, w);
    if (design->board.memory.kind == ZS_MEMORY_FIXED)
        return fixed_time(design, w, least);
    zs_serial_time t = {.compute_pl_cycles = c.gap_pl_cycles};
    t.read_pl_cycles = mean_stream(design, false, w->stream_addr, c.stream_reads,
                                   w->stream_elem_bytes, w->stream_gap);
    t.write_pl_cycles =
        mean_stream(design, true, w->late_addr, w->late_n, w->elem_bytes, w->late_gap);
    add_windows(design, w, &c, &t);
    t.read_pl_cycles = zs_max_u64(t.read_pl_cycles, least.read_pl_cycles);
    t.write_pl_cycles = zs_max_u64(t.write_pl_cycles, least.write_pl_cycles);
    return t;
}
