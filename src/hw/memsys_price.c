#include "memsys_priv.h"

#include <assert.h>

/* Costs are computed in 1/256 PL cycle and rounded up once. */
enum { FRAC_BITS = 8 };

uint64_t zs_xfer_bytes(const zs_xfer *x)
{
    return (uint64_t)x->row_bytes * x->row_n * x->plane_n;
}

zs_port_share zs_port_share_of(const zs_board *board, uint32_t ports, uint32_t port)
{
    zs_port_share s = {0, zs_port_params(board, port).beat_bytes, 0};
    uint32_t unit = 0;
    for (uint32_t left = ports; left != 0; left &= left - 1) {
        const uint32_t at = (uint32_t)__builtin_ctz(left);
        const uint32_t beat_bytes = zs_port_params(board, at).beat_bytes;
        s.first += at < port ? beat_bytes : 0;
        s.of += beat_bytes;
        unit = (uint32_t)zs_gcd(beat_bytes, unit);
    }
    assert(unit > 0); /* of some port */
    return (zs_port_share){s.first / unit, s.n / unit, s.of / unit};
}

/* First of `total` items in a part, where the first parts have one item more. */
static uint32_t part_begin(uint32_t total, uint32_t part, uint32_t of)
{
    const uint32_t more = total % of;
    return total / of * part + (part < more ? part : more);
}

zs_xfer zs_xfer_share(const zs_xfer *xfer, zs_port_share share, uint32_t unit_bytes)
{
    zs_xfer x = *xfer;
    const uint32_t end_part = share.first + share.n;
    if (x.plane_n >= share.of || x.plane_n > x.row_n) {
        const uint32_t first = part_begin(x.plane_n, share.first, share.of);
        x.plane_n = part_begin(x.plane_n, end_part, share.of) - first;
        x.addr += first * x.plane_pitch_bytes;
    } else if (x.row_n > 1) {
        const uint32_t first = part_begin(x.row_n, share.first, share.of);
        x.row_n = part_begin(x.row_n, end_part, share.of) - first;
        x.addr += first * x.row_pitch_bytes;
    } else {
        const uint32_t units = (uint32_t)zs_ceil_div(x.row_bytes, unit_bytes);
        const uint64_t first = (uint64_t)part_begin(units, share.first, share.of) * unit_bytes;
        const uint64_t end = (uint64_t)part_begin(units, end_part, share.of) * unit_bytes;
        x.row_bytes = (uint32_t)(zs_min_u64(end, x.row_bytes) - zs_min_u64(first, x.row_bytes));
        x.addr += first;
    }
    return x;
}

zs_xfer zs_xfer_merged(const zs_xfer *xfer)
{
    zs_xfer x = *xfer;
    const uint64_t plane_bytes = (uint64_t)x.row_bytes * x.row_n;
    if (x.row_n > 1 && x.row_pitch_bytes == x.row_bytes && plane_bytes <= UINT32_MAX) {
        x.row_bytes = (uint32_t)plane_bytes;
        x.row_n = 1;
    }
    if (x.row_n == 1 && x.plane_n > 1) {
        x.row_pitch_bytes = x.plane_pitch_bytes; /* planes of one row are rows */
        x.row_n = x.plane_n;
        x.plane_n = 1;
        return zs_xfer_merged(&x);
    }
    return x;
}

/* ---- work of the DRAM ------------------------------------------------------------------------ */

typedef struct dram_work {
    uint32_t block_shift, page_shift, bank_mask;
    uint64_t cut_mask;     /* address bits that, if set, split blocks between bursts; ... */
    bool cuts_all;         /* ... or blocks are split at any address */
    uint64_t page;         /* of the previous byte */
    uint64_t transactions; /* blocks touched, a block split between bursts once for each */
    uint64_t changes;      /* row changes */
    uint64_t same_bank;    /* of these, within the bank of the previous page */
} dram_work;

static uint32_t log2_of(uint32_t x)
{
    return x == 0 ? 0 : 31u - (uint32_t)__builtin_clz(x);
}

static dram_work no_work(const zs_memory_params *m, const zs_axi_params *port)
{
    const uint32_t shift = log2_of(8 * m->bus_bytes), block = (1u << shift) - 1;
    const bool is_whole = (port->beat_bytes * port->max_beats & block) == 0;
    return (dram_work){.block_shift = shift,
                       .page_shift = log2_of(m->row_bytes),
                       .bank_mask = m->banks - 1,
                       .cut_mask = block & ~(port->beat_bytes - 1),
                       .cuts_all = !is_whole,
                       .page = UINT64_MAX};
}

/* Unaligned bursts stay unaligned up to the next 4 KiB boundary: a block split between two bursts
 * is read by both. */
static ZS_INLINE void add_row(dram_work *w, uint64_t addr, uint64_t bytes, uint64_t head_bursts)
{
    const uint64_t last = addr + bytes - 1;
    w->transactions += (last >> w->block_shift) - (addr >> w->block_shift) + 1;
    if ((addr & w->cut_mask) != 0 || w->cuts_all)
        w->transactions += head_bursts - 1;
    const uint64_t first_page = addr >> w->page_shift, last_page = last >> w->page_shift;
    if (first_page != w->page) {
        w->changes++;
        w->same_bank += ((first_page ^ w->page) & w->bank_mask) == 0;
    }
    w->changes += last_page - first_page;
    w->page = last_page;
}

/* Adds a repeated row `times` times, from the cost of one. */
static void add_repeats(const zs_axi_params *port, const zs_xfer *x, uint64_t addr, uint64_t times,
                        zs_xfer_count *count, dram_work *w)
{
    zs_xfer_count one = {0};
    const uint64_t head = zs_axi_count(port, addr, x->row_bytes, &one.bursts, &one.beats);
    count->bursts += times * one.bursts;
    count->beats += times * one.beats;
    if (w == NULL)
        return;
    const dram_work before = *w;
    add_row(w, addr, x->row_bytes, head);
    w->transactions += (times - 1) * (w->transactions - before.transactions);
    w->changes += (times - 1) * (w->changes - before.changes);
    w->same_bank += (times - 1) * (w->same_bank - before.same_bank);
}

/* Bursts, beats and their DRAM work in one pass: this is a sixth of a sweep's time. `w` may be
 * NULL. */
static ZS_INLINE zs_xfer_count count_rows(const zs_axi_params *axi, const zs_xfer *x, dram_work *w)
{
    const zs_axi_params port = *axi;
    zs_xfer_count count = {.bytes = zs_xfer_bytes(x)};
    for (uint32_t plane = 0; count.bytes > 0 && plane < x->plane_n; plane++) {
        uint64_t addr = x->addr + plane * x->plane_pitch_bytes;
        const uint32_t repeats = x->row_pitch_bytes == 0 ? x->row_n - 1 : 0;
        for (uint32_t row = 0; row < x->row_n - repeats; row++, addr += x->row_pitch_bytes) {
            const uint64_t head =
                zs_axi_count(&port, addr, x->row_bytes, &count.bursts, &count.beats);
            if (w != NULL)
                add_row(w, addr, x->row_bytes, head);
        }
        if (repeats > 0)
            add_repeats(&port, x, addr, repeats, &count, w);
    }
    return count;
}

zs_xfer_count zs_xfer_split(const zs_axi_params *port, const zs_xfer *xfer)
{
    return count_rows(port, xfer, NULL);
}

/* ---- cost of a transfer ---------------------------------------------------------------------- */

static uint64_t pl_frac(const zs_design *d, uint64_t ddr_cycles)
{
    const uint64_t pl_ps = zs_max_u64(1, ZS_PS_PER_S / d->accel.clock_hz);
    return (ddr_cycles * d->board.memory.tck_ps << FRAC_BITS) / pl_ps;
}

/* From a burst's address to its first beat (read) or from its last beat to the response (write),
 * and the penalty of a row change; in fractions of a PL cycle. */
typedef struct latencies {
    uint64_t usual, row_change, refresh, refresh_interval;
} latencies;

static latencies latencies_of(const zs_design *d, const zs_axi_params *port, bool is_write)
{
    const zs_memory_params *m = &d->board.memory;
    latencies l = {.refresh = pl_frac(d, zs_dram_refresh_ddr_cycles(m)),
                   .refresh_interval = pl_frac(d, m->t_refi)};
    if (is_write) {
        l.usual = (uint64_t)port->write_latency_pl_cycles << FRAC_BITS;
        return l;
    }
    const uint64_t hit = zs_dram_read_ddr_cycles(m, ZS_ROW_OPEN);
    l.usual = (uint64_t)port->read_latency_pl_cycles << FRAC_BITS;
    l.usual +=
        pl_frac(d, hit) + (pl_frac(d, 1) + (1u << FRAC_BITS)) / 2; /* half an edge each way */
    l.row_change = pl_frac(d, zs_dram_read_ddr_cycles(m, ZS_ROW_OTHER) - hit);
    return l;
}

/* See docs/models/axi.md: beats, the latency once, and per window of outstanding bursts the latency
 * that the window does not hide. */
static uint64_t alone_frac(const latencies *l, uint64_t outstanding, const zs_xfer_price *p)
{
    const uint64_t bursts = p->count.bursts;
    const uint64_t beats = p->count.beats << FRAC_BITS;
    const uint64_t burst = beats / bursts, window = outstanding * burst;
    const uint64_t changes = zs_min_u64(outstanding * p->row_changes, bursts);
    const uint64_t round = l->usual + l->row_change * changes / bursts + burst;
    uint64_t total = l->usual + l->row_change / 2 + beats; /* the first row may still be open */
    if (round > window)
        total += (bursts - 1) / outstanding * (round - window);
    if (l->refresh_interval == 0 || l->row_change == 0)
        return total;
    total += l->refresh * l->refresh / (2 * l->refresh_interval);
    if (bursts <= outstanding)
        return total;
    const uint64_t slack = window > round ? window - round : 0;
    const uint64_t felt = l->refresh > slack ? l->refresh - slack : 0;
    const uint64_t later = total / bursts * (bursts - outstanding);
    return total + later / 64 * felt / (l->refresh_interval / 64 + 1);
}

/* Delay by the DMA of a transfer of `rows` rows, where it issues addresses and data more slowly
 * than the channel accepts them. */
static uint64_t dma_frac(const zs_dma_rules *rules, const latencies *l, uint64_t rows,
                         const zs_xfer_price *p, uint64_t total)
{
    const uint64_t later_bursts = p->count.bursts - 1, beats = p->count.beats << FRAC_BITS;
    uint64_t addresses = later_bursts * rules->address_interval + rows * rules->row_gap;
    addresses = (addresses << FRAC_BITS) + l->usual + beats / p->count.bursts;
    if (rules->address_interval > 1 || rules->row_gap > 0)
        total = zs_max_u64(total, addresses);
    if (rules->block_rows) {
        const uint64_t turn = (uint64_t)(1 + rules->row_gap) << FRAC_BITS;
        total = zs_max_u64(total, rows * (l->usual + turn) + beats);
    }
    const uint64_t idle = rules->write_data + later_bursts * rules->write_gap + rules->finish - 1;
    return total + (idle << FRAC_BITS);
}

/* Delay of a load by unpacking, of a store by copying rows. */
static uint64_t side_frac(const zs_xfer *x, const latencies *l, const zs_xfer_price *p,
                          bool is_write, uint64_t latency, uint64_t total)
{
    const uint64_t unpack = zs_side_pl_cycles(x) << FRAC_BITS;
    if (x->side_bytes == 0)
        return total;
    if (!is_write)
        return x->stage_n != 0 ? total + unpack
                               : zs_max_u64(total, (latency << FRAC_BITS) + unpack);
    const uint64_t rows = (uint64_t)x->row_n * x->plane_n, copy = zs_copy_pl_cycles(x) << FRAC_BITS;
    const uint64_t row = l->usual + (1u << FRAC_BITS) + (p->count.beats << FRAC_BITS) / rows;
    const uint64_t rest = x->stage_n < 2 ? copy + row : zs_max_u64(copy, row);
    return zs_max_u64(total, copy + row + (rows - 1) * rest);
}

/* DRAM channels that a transfer is interleaved over. */
static uint64_t channels_of(const zs_memory_params *m, const zs_xfer *x)
{
    if (zs_memory_channels(m) == 1)
        return 1;
    return zs_min_u64(m->channels, zs_ceil_div(zs_xfer_bytes(x), m->interleave_bytes));
}

zs_xfer_price zs_xfer_price_of(const zs_design *design, uint32_t channel, const zs_xfer *xfer)
{
    const zs_memory_params *m = &design->board.memory;
    const zs_axi_params port = zs_channel_port(design, channel);
    const bool is_write = channel & 1;
    const zs_xfer x = zs_design_dma(design, channel / 2)->merge_rows ? zs_xfer_merged(xfer) : *xfer;
    if (m->kind == ZS_MEMORY_FIXED) {
        zs_fixed_walk walk;
        zs_fixed_walk_start(&walk, design, channel, 0);
        zs_fixed_walk_xfer(&walk, &x);
        return (zs_xfer_price){.count = walk.count, .pl_cycles = zs_fixed_walk_end(&walk)};
    }
    dram_work w = no_work(m, &port);
    zs_xfer_price p = {.count = count_rows(&port, &x, &w)};
    if (p.count.bytes == 0)
        return p;
    p.transactions = w.transactions;
    p.row_changes = w.changes;
    const uint64_t cycle = m->t_ras + m->t_rp;
    p.dram_ddr_cycles = zs_max_u64(4 * w.transactions, w.same_bank * cycle);
    p.dram_ddr_cycles = zs_max_u64(p.dram_ddr_cycles, w.changes * m->t_rrd);
    const latencies l = latencies_of(design, &port, is_write);
    uint64_t total = alone_frac(&l, zs_channel_outstanding(design, channel), &p);
    if (!is_write)
        total = zs_max_u64(total, pl_frac(design, p.dram_ddr_cycles / channels_of(m, &x)));
    const zs_dma_rules rules = zs_dma_rules_of(design, channel);
    total = side_frac(&x, &l, &p, is_write, port.read_latency_pl_cycles, total);
    total = dma_frac(&rules, &l, (uint64_t)x.row_n * x.plane_n, &p, total);
    p.pl_cycles = (total + (1u << FRAC_BITS) - 1) >> FRAC_BITS;
    return p;
}

uint64_t zs_xfer_alone_pl_cycles(const zs_design *design, uint32_t channel, const zs_xfer *xfer)
{
    return zs_xfer_price_of(design, channel, xfer).pl_cycles;
}

double zs_memory_sustained_bytes_per_s(const zs_memory_params *m)
{
    const double peak = zs_memory_peak_bytes_per_s(m);
    if (m->t_refi == 0)
        return peak;
    return peak * (1.0 - (double)zs_dram_refresh_ddr_cycles(m) / m->t_refi);
}
