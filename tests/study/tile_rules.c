#include "tile_rules.h"

/* Clocks count from 1 here, so that 0 can stand for "never so far". */

typedef struct port {
    uint32_t outstanding, beat_bytes, latency;
    uint64_t done[64]; /* clock in which burst n % outstanding was over */
    uint64_t n, beats, last_beat;
} port;

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* One row from address `addr`: bursts of at most 16 beats within 4 KiB. `lag`: clocks from an
 * address to the earliest beat; `answer`: from the last beat to the end of a burst. Returns the
 * clock of the last address. */
static uint64_t move_row(port *p, uint64_t addr, uint64_t bytes, uint64_t at, uint32_t lag,
                         uint32_t answer)
{
    const uint64_t end = addr + bytes;
    uint64_t sent = at;
    for (addr -= addr % p->beat_bytes; addr < end; sent++) {
        uint64_t stop = addr + 16 * p->beat_bytes;
        if (stop / 4096 != addr / 4096)
            stop = (addr / 4096 + 1) * 4096;
        if (stop > end)
            stop = end;
        const uint64_t beats = (stop - addr + p->beat_bytes - 1) / p->beat_bytes;
        sent = later(sent, p->done[p->n % p->outstanding] + 1);
        p->last_beat = later(sent + lag, p->last_beat + 1) + beats - 1;
        p->done[p->n++ % p->outstanding] = p->last_beat + answer;
        p->beats += beats;
        addr = stop;
    }
    return sent - 1;
}

static uint64_t read_row(const zs_tile_case *c, port *p, uint64_t addr, uint64_t bytes,
                         uint64_t accepted)
{
    const uint64_t last = move_row(p, addr, bytes, accepted + 1 + c->row_gap, c->rd_latency, 0);
    return c->block_rows ? p->last_beat + 1 : last;
}

typedef struct tile {
    uint32_t m0, m_n, n0, n_n, r0, r_n, c0, c_n;
} tile;

static uint64_t load(const zs_tile_case *c, port *x, port *w, const tile *t, uint64_t start)
{
    const uint64_t width = (c->c - 1) * c->s + c->k, height = (c->r - 1) * c->s + c->k;
    uint64_t accepted = start + 1;
    for (uint32_t n = t->n0; n < t->n0 + t->n_n; n++)
        for (uint32_t row = 0; row < (t->r_n - 1) * c->s + c->k; row++) {
            const uint64_t word = (n * height + t->r0 * c->s + row) * width + t->c0 * c->s;
            accepted =
                read_row(c, x, 0x00100000 + 4 * word, 4 * ((t->c_n - 1) * c->s + c->k), accepted);
        }
    if (w != x)
        accepted = start + 1;
    for (uint32_t m = t->m0; m < t->m0 + t->m_n; m++)
        accepted = read_row(c, w, 0x04000000 + 4ull * (m * c->n + t->n0) * c->k * c->k,
                            4ull * t->n_n * c->k * c->k, accepted);
    return later(x->last_beat, w->last_beat) + 3;
}

static uint64_t store(const zs_tile_case *c, port *p, const tile *t, uint64_t start)
{
    uint64_t at = start + 2;
    for (uint32_t m = t->m0; m < t->m0 + t->m_n; m++)
        for (uint32_t row = t->r0; row < t->r0 + t->r_n; row++)
            at = move_row(p, 0x08000000 + 4ull * ((m * c->r + row) * c->c + t->c0), 4ull * t->c_n,
                          at, 1, c->b_latency) +
                 1;
    return p->last_beat + c->b_latency + 2;
}

static uint32_t part(uint32_t whole, uint32_t from, uint32_t size)
{
    return whole - from < size ? whole - from : size;
}

zs_tile_case_result test_tile_rules(const zs_tile_case *c)
{
    const uint32_t beat = 4 * c->words_per_beat;
    port x = {c->rd_outst, beat, c->rd_latency, {0}, 0, 0, 0}, own = x;
    port y = {c->wr_outst, beat, c->b_latency, {0}, 0, 0, 0};
    port *w = c->weight_port ? &own : &x;
    uint64_t loader = 1, engine = 1, storer = 1, full[2] = {1, 1}, out[2] = {1, 1}, outs = 0;
    zs_tile_case_result r = {0};
    tile t;
    for (t.r0 = 0; t.r0 < c->r; t.r0 += c->tr)
        for (t.c0 = 0; t.c0 < c->c; t.c0 += c->tc)
            for (t.m0 = 0; t.m0 < c->m; t.m0 += c->tm)
                for (t.n0 = 0; t.n0 < c->n; t.n0 += c->tn, r.tiles++) {
                    t.r_n = part(c->r, t.r0, c->tr), t.c_n = part(c->c, t.c0, c->tc);
                    t.m_n = part(c->m, t.m0, c->tm), t.n_n = part(c->n, t.n0, c->tn);
                    const uint64_t work = (uint64_t)t.r_n * t.c_n * c->k * c->k + c->pipe_depth;
                    uint64_t *free_in = &full[r.tiles % 2], *free_out = &out[outs % 2];
                    loader = load(c, &x, w, &t, later(loader, *free_in));
                    engine = later(loader, later(engine, t.n0 == 0 ? *free_out : 0)) + 1 + work;
                    *free_in = engine;
                    r.compute_cycles += work;
                    if (t.n0 + t.n_n < c->n)
                        continue;
                    *free_out = storer = store(c, &y, &t, later(engine, storer));
                    outs++;
                }
    r.total_cycles = storer - 1;
    r.rd_bursts = x.n + own.n, r.rd_beats = x.beats + own.beats;
    r.wr_bursts = y.n, r.wr_beats = y.beats;
    return r;
}
