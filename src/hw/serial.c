#include "serial_priv.h"

#include <string.h>

/* Accesses of which nearly all reuse a simulated result ("folding").
 *
 * Why this is exact. One access is in flight. When it completes and zs_dram_idle_at is not after
 * the next one's earliest arrival (is_over), no past command delays a command or a refresh, and the
 * latency of the next access depends on four things only: its phase in the common period of both
 * clocks and the refresh (`phase`), the gap and the direction before it (`context`), its direction,
 * and the state of its bank's row. So the first access of each such case is simulated in the memory
 * system, and its outcome, the cycles to its end, holds for all others.
 *
 * The invariant between accesses: either `is_simulated`, and the state is in `dram`; or it is in
 * `idle` (open rows, last direction, run), and `dram` is stale until zs_dram_set_idle. `phase` is
 * `now` modulo the period in both. Outcomes that leave pending work (a write queued behind a
 * refresh) are never reused: SIMULATED. Those with a refresh close all rows, which count_special
 * does. Counters of folded accesses are kept separately and added at the end of a walk
 * (flush_counts). tests/hw/test_serial.c compares walks with and without folding. */

/* A context is the gap before an access and the direction of the previous one. Its tables have an
 * outcome for each direction, row state and phase. */
enum {
    CONTEXTS = 16,
    PERIOD_MAX = 1 << 19,
    GAP_MAX = 1024,
    STATES = 3,
    HIT_RUNS = 4,
    BURST_DDR_CYCLES = 4
};

/* Outcomes: the duration from the end of one access to the end of the next in the upper bits and
 * the phase of that end in the lower, or one of these. */
#define UNKNOWN    UINT32_MAX
#define SIMULATED  (UINT32_MAX - 1) /* leaves pending work: always simulated */
#define SPECIAL    (UINT32_C(1) << 31)
#define INDEX_OF   (SPECIAL - 1)
#define PHASE_BITS 20
#define PHASE_OF   ((UINT32_C(1) << PHASE_BITS) - 1)
#define LONGEST    ((UINT32_C(1) << (31 - PHASE_BITS)) - 1)

/* An outcome with a refresh in it. */
typedef struct special {
    uint32_t pl_cycles;
    bool own_open; /* its own row is open afterwards; all others are closed */
    /* precharges: without those of the rows that were open before */
    int32_t row_hits, row_misses, row_conflicts, activates, precharges;
} special;

/* A run of row hits in one page, with at most one refresh in it. */
typedef struct hit_run {
    uint32_t pl_cycles; /* 0: not known; UNKNOWN: cannot be folded as a run */
    uint32_t phase;     /* of its end */
    uint32_t special;   /* index, or NONE */
} hit_run;
#define NONE UINT32_MAX

typedef struct context {
    uint32_t gap;
    bool after_write;
    uint32_t *outcome[2]; /* [direction] [row state][phase], or NULL: none of it so far */
    struct {
        uint32_t n;
        hit_run *by_phase;
    } hit_runs[HIT_RUNS];
} context;

struct zs_serial {
    zs_arena *arena;
    const zs_design *design;
    zs_memsys *ms;
    zs_dram *dram;
    zs_clock_pair clock;
    uint32_t channel[2]; /* read, write */
    uint32_t to_memory;  /* PL cycles from an address to the controller at the least */
    uint32_t beat_mask;
    uint32_t row_shift, bank_mask, banks;
    uint64_t period; /* PL cycles after which clocks and refreshes repeat; 0: too long to fold */
    context contexts[CONTEXTS];
    uint32_t context_n;
    special *specials;
    uint32_t special_n, special_cap;
    /* state */
    uint64_t now, phase;
    uint64_t gap;      /* arithmetic since the last access */
    bool is_simulated; /* the memory's state is in `dram`, not in `idle` */
    zs_dram_idle idle;
    bool no_memory;
    /* folded accesses since the counters of the memory system were updated */
    uint64_t n[2][STATES], fast_taps;
    zs_dram_counts extra;
    uint64_t write_pl_cycles, simulated_pl_cycles[2]; /* [direction]: through the memory system */
    uint64_t events;
    zs_serial_walk priced; /* tile: the previous walk, without its addresses, and its cost */
    zs_serial_time price;
};

/* ---- set-up ---------------------------------------------------------------------------------- */

/* PL edges repeat exactly after 10^12 / gcd(hz, 10^12) ps. */
static uint64_t common_period(const zs_design *design)
{
    const zs_memory_params *m = &design->board.memory;
    const uint64_t common = zs_gcd(design->accel.clock_hz, ZS_PS_PER_S);
    const uint64_t pl_cycles = design->accel.clock_hz / common, pl_ps = ZS_PS_PER_S / common;
    const uint64_t memory_ps = (uint64_t)m->tck_ps * (m->t_refi == 0 ? 1 : m->t_refi);
    uint64_t period;
    if (!zs_mul_u64(pl_cycles, memory_ps / zs_gcd(memory_ps, pl_ps), &period))
        return 0;
    return period <= PERIOD_MAX ? period : 0;
}

zs_status zs_serial_build(zs_arena *arena, const zs_design *design, zs_memsys *ms, bool folds,
                          zs_serial **out, zs_err *err)
{
    zs_serial *s = zs_new(arena, zs_serial, 1);
    if (s == NULL)
        return zs_nomem(err, "the serial master");
    const zs_memory_params *m = &design->board.memory;
    const uint32_t port = design->accel.ports.input;
    const zs_axi_params axi = zs_port_params(&design->board, port);
    s->arena = arena;
    s->design = design;
    s->ms = ms;
    s->dram = ms->burst ? zs_burst_sys_dram(ms->burst) : NULL;
    s->clock = zs_clock_pair_of(design->accel.clock_hz, m->tck_ps);
    s->channel[0] = zs_channel(port, false);
    s->channel[1] = zs_channel(port, true);
    s->to_memory =
        (axi.read_latency_pl_cycles < axi.write_latency_pl_cycles ? axi.read_latency_pl_cycles
                                                                  : axi.write_latency_pl_cycles) /
        2;
    s->beat_mask = axi.beat_bytes - 1;
    s->row_shift = 31u - (uint32_t)__builtin_clz(m->row_bytes);
    s->banks = m->banks;
    s->bank_mask = m->banks - 1;
    s->period = folds && s->dram != NULL ? common_period(design) : 0;
    s->is_simulated = true;
    *out = s;
    return ZS_OK;
}

static uint32_t *new_outcomes(zs_serial *s)
{
    const size_t n = STATES * (size_t)s->period;
    uint32_t *outcome = zs_arena_alloc_raw(s->arena, n, sizeof *outcome);
    s->no_memory |= outcome == NULL;
    if (outcome != NULL)
        memset(outcome, 0xff, n * sizeof *outcome); /* UNKNOWN */
    return outcome;
}

/* The context of the next access, with a table for its direction, or NULL where none is kept. */
static context *find_context(zs_serial *s, bool is_write, uint64_t gap)
{
    if (s->period == 0 || gap > GAP_MAX)
        return NULL;
    uint32_t i = 0;
    while (i < s->context_n &&
           (s->contexts[i].gap != gap || s->contexts[i].after_write != s->idle.last_is_write))
        i++;
    if (i == CONTEXTS)
        return NULL;
    context *c = &s->contexts[i];
    if (i == s->context_n) {
        c->gap = (uint32_t)gap;
        c->after_write = s->idle.last_is_write;
        s->context_n++;
    }
    if (c->outcome[is_write] == NULL)
        c->outcome[is_write] = new_outcomes(s);
    return c->outcome[is_write] == NULL ? NULL : c;
}

/* ---- through the memory system --------------------------------------------------------------- */

static uint32_t open_rows(const zs_serial *s)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < s->banks; b++)
        n += s->idle.pages[b] != ZS_DRAM_NEVER;
    return n;
}

static uint32_t state_of(const zs_serial *s, uint64_t page)
{
    const uint64_t open = s->idle.pages[page & s->bank_mask];
    return open == page ? ZS_ROW_OPEN : open == ZS_DRAM_NEVER ? ZS_ROW_CLOSED : ZS_ROW_OTHER;
}

/* No past command can delay the next access, which reaches the controller in `to_memory` PL cycles
 * at the earliest, or a refresh before it. */
static bool is_over(const zs_serial *s)
{
    const uint64_t idle_at = zs_dram_idle_at(s->dram);
    if (zs_dram_refresh_at(s->dram) <= s->design->board.memory.t_refi)
        return false; /* before the first refresh the phase does not say that there was one */
    return idle_at <= zs_pl_to_ddr(&s->clock, s->now + s->to_memory) &&
           idle_at <= zs_dram_refresh_at(s->dram);
}

static uint32_t add_special(zs_serial *s, const special *what)
{
    if (s->special_n == s->special_cap) {
        const uint32_t cap = s->special_cap ? 2 * s->special_cap : 256;
        special *more = zs_arena_alloc_raw(s->arena, cap, sizeof *more);
        if (more == NULL) {
            s->no_memory = true;
            return UNKNOWN;
        }
        if (s->special_n != 0)
            memcpy(more, s->specials, s->special_n * sizeof *more);
        s->specials = more;
        s->special_cap = cap;
    }
    s->specials[s->special_n] = *what;
    return SPECIAL | s->special_n++;
}

/* Records the result of an access that started in an idle memory, for reuse. */
static uint32_t outcome_of(zs_serial *s, uint64_t pl_cycles, uint32_t was_open, uint64_t page,
                           const zs_dram_counts *before)
{
    const zs_dram_counts *after = zs_dram_counts_of(s->dram);
    const uint64_t refreshes = after->refreshes - before->refreshes;
    if (s->is_simulated || refreshes > 1 || pl_cycles > LONGEST)
        return SIMULATED;
    if (refreshes == 0)
        return (uint32_t)pl_cycles << PHASE_BITS | (uint32_t)s->phase;
    return add_special(
        s, &(special){.pl_cycles = (uint32_t)pl_cycles,
                      .own_open = state_of(s, page) == ZS_ROW_OPEN,
                      .row_hits = (int32_t)(after->row_hits - before->row_hits),
                      .row_misses = (int32_t)(after->row_misses - before->row_misses),
                      .row_conflicts = (int32_t)(after->row_conflicts - before->row_conflicts),
                      .activates = (int32_t)(after->activates - before->activates),
                      .precharges =
                          (int32_t)(after->precharges - before->precharges) - (int32_t)was_open});
}

static void advance(zs_serial *s, uint64_t pl_cycles)
{
    s->now += pl_cycles;
    s->phase = s->period ? s->now % s->period : 0;
}

/* `outcome` is NULL where the result is not to be recorded. */
static void simulate_access(zs_serial *s, bool is_write, uint64_t addr, uint32_t bytes,
                            uint64_t gap, uint32_t *outcome)
{
    const bool was_idle = !s->is_simulated;
    const uint32_t was_open = was_idle ? open_rows(s) : 0;
    uint32_t channel = 0;
    uint64_t done = s->now;
    zs_dram_counts before = {0};
    if (was_idle)
        zs_dram_set_idle(s->dram, &s->idle, zs_pl_to_ddr(&s->clock, s->now));
    if (outcome != NULL)
        before = *zs_dram_counts_of(s->dram);
    const zs_xfer x = {.addr = addr, .row_bytes = bytes, .row_n = 1, .plane_n = 1};
    zs_memsys_start(s->ms, s->channel[is_write], &x, s->now + gap);
    zs_memsys_next(s->ms, UINT64_MAX, &channel, &done);
    const uint64_t takes = done - s->now;
    s->simulated_pl_cycles[is_write] += takes - gap;
    if (is_write)
        s->write_pl_cycles += takes - gap;
    advance(s, takes);
    s->events++;
    s->is_simulated = s->period == 0 || !is_over(s);
    if (!s->is_simulated)
        zs_dram_get_idle(s->dram, &s->idle);
    if (outcome != NULL && was_idle)
        *outcome = outcome_of(s, takes, was_open, addr >> s->row_shift, &before);
}

/* ---- standing in for it ---------------------------------------------------------------------- */

static void count_special(zs_serial *s, uint32_t index, uint64_t page)
{
    const special *what = &s->specials[index];
    s->extra.row_hits += (uint64_t)(int64_t)what->row_hits;
    s->extra.row_misses += (uint64_t)(int64_t)what->row_misses;
    s->extra.row_conflicts += (uint64_t)(int64_t)what->row_conflicts;
    s->extra.activates += (uint64_t)(int64_t)what->activates;
    s->extra.precharges += (uint64_t)((int64_t)what->precharges + open_rows(s));
    s->extra.refreshes++;
    for (uint32_t b = 0; b < s->banks; b++)
        s->idle.pages[b] = ZS_DRAM_NEVER;
    if (what->own_open)
        s->idle.pages[page & s->bank_mask] = page;
}

static void count_folded(zs_serial *s, bool is_write, uint32_t bytes, uint64_t takes)
{
    *(is_write ? &s->extra.write_bytes : &s->extra.read_bytes) += bytes;
    *(is_write ? &s->extra.write_transactions : &s->extra.read_transactions) += 1;
    const bool turns = s->idle.last_is_write != is_write;
    s->extra.turnarounds += turns;
    s->idle.run = turns ? 1 : s->idle.run + 1;
    s->idle.last_is_write = is_write;
    if (is_write)
        s->write_pl_cycles += takes;
}

/* Any access. */
static void access_memory(zs_serial *s, bool is_write, uint64_t addr, uint32_t bytes, uint64_t gap)
{
    const uint64_t page = addr >> s->row_shift;
    context *c = NULL;
    if (!s->is_simulated && (addr & s->beat_mask) + bytes <= s->beat_mask + UINT64_C(1))
        c = find_context(s, is_write, gap);
    if (c == NULL) {
        simulate_access(s, is_write, addr, bytes, gap, NULL);
        return;
    }
    const uint32_t state = state_of(s, page);
    uint32_t *outcome = &c->outcome[is_write][state * s->period + s->phase];
    if (*outcome >= SIMULATED) {
        simulate_access(s, is_write, addr, bytes, gap, *outcome == UNKNOWN ? outcome : NULL);
        return;
    }
    const uint64_t before = s->now;
    if (*outcome >= SPECIAL) {
        const uint32_t index = *outcome & INDEX_OF;
        count_special(s, index, page);
        advance(s, s->specials[index].pl_cycles);
    } else {
        s->n[is_write][state]++;
        s->idle.pages[page & s->bank_mask] = page;
        s->now += *outcome >> PHASE_BITS;
        s->phase = *outcome & PHASE_OF;
    }
    count_folded(s, is_write, bytes, s->now - before - gap);
}

/* Fast path of consecutive taps at one pitch. Stops at the first tap that needs another path;
 * returns the number of taps done. */
static inline uint32_t run_of_taps(zs_serial *s, const uint32_t *outcomes, uint64_t addr,
                                   uint32_t n, uint64_t pitch)
{
    const size_t period = (size_t)s->period;
    const uint32_t *const by_state[STATES] = {outcomes, outcomes + period, outcomes + 2 * period};
    const uint32_t row_shift = s->row_shift;
    const uint64_t bank_mask = s->bank_mask;
    uint64_t takes = 0;
    uint32_t closed = 0, other = 0, i = 0, phase = (uint32_t)s->phase;
    for (; i < n; i++, addr += pitch) {
        const uint64_t page = addr >> row_shift;
        uint64_t *open = &s->idle.pages[page & bank_mask];
        const uint32_t is_closed = *open == ZS_DRAM_NEVER;
        const uint32_t is_other = (*open != page) & !is_closed;
        const uint32_t outcome = by_state[is_closed + 2 * is_other][phase];
        if (outcome >= SPECIAL)
            break;
        *open = page;
        closed += is_closed;
        other += is_other;
        takes += outcome >> PHASE_BITS;
        phase = outcome & PHASE_OF;
    }
    s->n[0][ZS_ROW_OPEN] += i - closed - other;
    s->n[0][ZS_ROW_CLOSED] += closed;
    s->n[0][ZS_ROW_OTHER] += other;
    s->now += takes;
    s->phase = phase;
    s->idle.run += i;
    return i;
}

/* ---- rows of hits ---------------------------------------------------------------------------- */

static hit_run hit_run_from(const zs_serial *s, const uint32_t *hits, uint32_t n, uint32_t phase)
{
    hit_run t = {.special = NONE, .phase = phase};
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t outcome = hits[t.phase];
        if (outcome >= SIMULATED)
            return (hit_run){.pl_cycles = outcome == SIMULATED ? UNKNOWN : 0};
        if (outcome < SPECIAL) {
            t.pl_cycles += outcome >> PHASE_BITS;
            t.phase = outcome & PHASE_OF;
            continue;
        }
        const special *what = &s->specials[outcome & INDEX_OF];
        if (t.special != NONE || !what->own_open)
            return (hit_run){.pl_cycles = UNKNOWN};
        t.special = outcome & INDEX_OF;
        t.pl_cycles += what->pl_cycles;
        t.phase = (uint32_t)((t.phase + what->pl_cycles) % s->period);
    }
    return t;
}

/* Strides of n taps from every phase, or NULL where none are kept. */
static hit_run *hit_runs_of(zs_serial *s, context *tap, uint32_t n)
{
    for (uint32_t i = 0; i < HIT_RUNS; i++) {
        if (tap->hit_runs[i].n == n)
            return tap->hit_runs[i].by_phase;
        if (tap->hit_runs[i].n != 0)
            continue;
        tap->hit_runs[i].by_phase = zs_new(s->arena, hit_run, (size_t)s->period);
        s->no_memory |= tap->hit_runs[i].by_phase == NULL;
        tap->hit_runs[i].n = tap->hit_runs[i].by_phase == NULL ? 0 : n;
        return tap->hit_runs[i].by_phase;
    }
    return NULL;
}

/* n more taps of the page that the last one opened, at once: the latency of a chain of row hits is
 * a function of its starting phase, so it is kept per phase and n. It may contain one refresh if
 * the row is open again after it; later taps are then hits as well. False: nothing was done. */
static bool repeat_run(zs_serial *s, context *tap, uint64_t page, uint32_t n)
{
    if (s->is_simulated || s->idle.last_is_write || s->gap != tap->gap ||
        s->idle.pages[page & s->bank_mask] != page)
        return false;
    hit_run *all = hit_runs_of(s, tap, n);
    if (all == NULL)
        return false;
    hit_run *t = &all[s->phase];
    if (t->pl_cycles == 0)
        *t = hit_run_from(s, tap->outcome[0], n, (uint32_t)s->phase);
    if (t->pl_cycles == 0 || t->pl_cycles == UNKNOWN)
        return false;
    s->n[0][ZS_ROW_OPEN] += n - (t->special != NONE);
    s->fast_taps += n;
    s->idle.run += n;
    s->now += t->pl_cycles;
    s->phase = t->phase;
    if (t->special != NONE)
        count_special(s, t->special, page);
    return true;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void read_stream(zs_serial *s, const zs_serial_walk *w)
{
    uint64_t addr = w->stream_addr;
    if (w->lead_bytes != 0) {
        access_memory(s, false, addr, w->lead_bytes, s->gap);
        s->gap = w->stream_gap;
        addr += w->lead_bytes;
    }
    for (uint32_t i = 0; i < w->stream_n; i++, addr += w->stream_elem_bytes) {
        access_memory(s, false, addr, w->stream_elem_bytes, s->gap);
        s->gap = w->stream_gap;
    }
}

/* `tap` is the context of a tap after a tap, or NULL. */
static void read_taps(zs_serial *s, const zs_serial_walk *w, const context *tap, uint64_t addr,
                      uint32_t n, uint64_t pitch)
{
    uint64_t fast = 0;
    for (uint32_t i = 0; i < n;) {
        if (tap != NULL && !s->is_simulated && s->gap == tap->gap && !s->idle.last_is_write) {
            const uint32_t took = run_of_taps(s, tap->outcome[0], addr + i * pitch, n - i, pitch);
            fast += took;
            i += took;
            if (i == n)
                break;
        }
        access_memory(s, false, addr + i * pitch, w->elem_bytes, s->gap);
        s->gap = w->tap_gap;
        i++;
    }
    s->fast_taps += fast;
}

/* The window's part of one plane. */
static void read_plane(zs_serial *s, const zs_serial_walk *w, context *tap, uint64_t corner,
                       uint32_t rows, uint32_t columns)
{
    const uint64_t pitch = (uint64_t)w->dw * w->elem_bytes, row_pitch = w->dh * w->row_pitch;
    const uint64_t page = corner >> s->row_shift;
    const uint64_t last = corner + (rows - 1) * row_pitch + (columns - 1) * pitch;
    if (tap != NULL && last >> s->row_shift == page) {
        read_taps(s, w, tap, corner, 1, pitch);
        if (repeat_run(s, tap, page, rows * columns - 1))
            return;
        read_taps(s, w, tap, corner + pitch, columns - 1, pitch);
        corner += row_pitch;
        rows--;
    }
    for (uint32_t ky = 0; ky < rows; ky++, corner += row_pitch)
        read_taps(s, w, tap, corner, columns, pitch);
}

static void read_window(zs_serial *s, const zs_serial_walk *w, context *tap, uint64_t corner,
                        serial_span y, serial_span x)
{
    const uint32_t rows = y.k1 - y.k0, columns = x.k1 - x.k0;
    if (rows * columns == 1)
        read_taps(s, w, tap, corner, w->plane_n, w->plane_pitch);
    else if (rows * columns != 0)
        for (uint32_t c = 0; c < w->plane_n; c++, corner += w->plane_pitch)
            read_plane(s, w, tap, corner, rows, columns);
}

static void store(zs_serial *s, uint64_t addr, uint32_t bytes, uint32_t gap)
{
    access_memory(s, true, addr, bytes, s->gap + gap);
    s->gap = 0;
}

static context *tap_context(zs_serial *s, const zs_serial_walk *w)
{
    const bool aligned = w->elem_bytes <= s->beat_mask + 1 &&
                         ((w->in_addr | w->plane_pitch | w->row_pitch) % w->elem_bytes) == 0;
    const bool last_is_write = s->idle.last_is_write;
    s->idle.last_is_write = false;
    context *c = aligned ? find_context(s, false, w->tap_gap) : NULL;
    s->idle.last_is_write = last_is_write;
    return c;
}

static void walk_windows(zs_serial *s, const zs_serial_walk *w)
{
    context *tap = tap_context(s, w);
    uint64_t out = w->out_addr;
    for (uint32_t oy = 0; oy < w->out_h; oy++) {
        const serial_span y = serial_rows(w, oy);
        for (uint32_t ox = 0; ox < w->out_w; ox++, out += w->elem_bytes) {
            const serial_span x = serial_columns(w, ox);
            read_window(s, w, tap, serial_corner(w, oy, y, ox, x), y, x);
            if (w->stores)
                store(s, out, w->elem_bytes, w->window_gap);
            else
                s->gap += w->window_gap;
        }
    }
}

/* ---- counters of the memory system ----------------------------------------------------------- */

static void add_channel_counts(zs_serial *s, const zs_dram_counts *x, const zs_serial_time *t)
{
    zs_channel_counts *rd = &s->ms->counts[s->channel[0]], *wr = &s->ms->counts[s->channel[1]];
    rd->transfers += x->read_transactions;
    rd->bursts += x->read_transactions;
    rd->beats += x->read_transactions;
    rd->bytes += x->read_bytes;
    rd->busy_pl_cycles += t->read_pl_cycles - s->simulated_pl_cycles[0];
    wr->transfers += x->write_transactions;
    wr->bursts += x->write_transactions;
    wr->beats += x->write_transactions;
    wr->bytes += x->write_bytes;
    wr->busy_pl_cycles += t->write_pl_cycles - s->simulated_pl_cycles[1];
}

/* Adds the folded accesses to the counters of the memory system. */
static void flush_counts(zs_serial *s, const zs_serial_walk *w, const zs_serial_time *t)
{
    zs_dram_counts *x = &s->extra;
    x->read_bytes += s->fast_taps * w->elem_bytes;
    x->read_transactions += s->fast_taps;
    for (uint32_t dir = 0; dir < 2; dir++) {
        x->row_hits += s->n[dir][ZS_ROW_OPEN];
        x->row_misses += s->n[dir][ZS_ROW_CLOSED];
        x->row_conflicts += s->n[dir][ZS_ROW_OTHER];
        x->activates += s->n[dir][ZS_ROW_CLOSED] + s->n[dir][ZS_ROW_OTHER];
        x->precharges += s->n[dir][ZS_ROW_OTHER];
    }
    x->busy_ddr_cycles = BURST_DDR_CYCLES * (x->read_transactions + x->write_transactions);
    add_channel_counts(s, x, t);
    if (s->dram != NULL)
        zs_dram_credit(s->dram, x);
    *x = (zs_dram_counts){0};
    memset(s->n, 0, sizeof s->n);
    memset(s->simulated_pl_cycles, 0, sizeof s->simulated_pl_cycles);
    s->fast_taps = s->write_pl_cycles = 0;
}

static bool same_but_for_addresses(const zs_serial_walk *a, const zs_serial_walk *b)
{
    return a->elem_bytes == b->elem_bytes && a->stream_elem_bytes == b->stream_elem_bytes &&
           a->lead_bytes == b->lead_bytes && a->stream_n == b->stream_n &&
           a->plane_pitch == b->plane_pitch && a->row_pitch == b->row_pitch &&
           a->plane_n == b->plane_n && a->in_h == b->in_h && a->in_w == b->in_w && a->kh == b->kh &&
           a->kw == b->kw && a->sh == b->sh && a->sw == b->sw && a->dh == b->dh && a->dw == b->dw &&
           a->pad_top == b->pad_top && a->pad_left == b->pad_left && a->out_h == b->out_h &&
           a->out_w == b->out_w && a->stores == b->stores && a->late_n == b->late_n &&
           a->stream_gap == b->stream_gap && a->tap_gap == b->tap_gap &&
           a->window_gap == b->window_gap && a->late_gap == b->late_gap;
}

/* Further bursts and beats of a lead, which may cross beat boundaries. */
static void add_lead_counts(zs_serial *s, const zs_serial_walk *w)
{
    zs_channel_counts *rd = &s->ms->counts[s->channel[0]];
    const zs_xfer lead = {
        .addr = w->stream_addr, .row_bytes = w->lead_bytes, .row_n = 1, .plane_n = 1};
    if (w->lead_bytes == 0)
        return;
    const zs_axi_params port = zs_channel_port(s->design, s->channel[0]);
    const zs_xfer_count split = zs_xfer_split(&port, &lead);
    rd->bursts += split.bursts - 1;
    rd->beats += split.beats - 1;
}

static void count_mean(zs_serial *s, const zs_serial_walk *w, const zs_serial_time *time)
{
    const zs_serial_count c = zs_serial_count_of(w);
    zs_dram_counts *all =
        s->ms->fixed ? zs_fixed_sys_counts(s->ms->fixed) : zs_tile_sys_counts(s->ms->tile);
    const zs_dram_counts x = {.read_bytes = c.stream_bytes + c.tap_bytes,
                              .write_bytes = c.store_bytes,
                              .read_transactions = c.stream_reads + c.taps,
                              .write_transactions = c.stores};
    add_channel_counts(s, &x, time);
    add_lead_counts(s, w);
    all->read_bytes += x.read_bytes;
    all->write_bytes += x.write_bytes;
    if (s->ms->fixed != NULL)
        return;
    all->read_transactions += x.read_transactions;
    all->write_transactions += x.write_transactions;
    all->busy_ddr_cycles += BURST_DDR_CYCLES * (x.read_transactions + x.write_transactions);
    if (s->design->board.memory.t_refi != 0)
        all->refreshes = zs_pl_to_ddr(&s->clock, s->now) / s->design->board.memory.t_refi;
}

/* `tile`: the mean cost of the shape; addresses matter little. For a memory of fixed latency it is
 * exact. */
static void run_mean(zs_serial *s, const zs_serial_walk *w, uint64_t start, zs_serial_time *time)
{
    const bool is_known = s->events++ != 0 && s->ms->fixed == NULL;
    if (!is_known || !same_but_for_addresses(&s->priced, w)) {
        s->priced = *w;
        s->price = zs_serial_mean(s->design, w);
    }
    *time = s->price;
    s->now = start + zs_serial_total(time);
    count_mean(s, w, time);
}

bool zs_serial_run(zs_serial *s, const zs_serial_walk *w, uint64_t start, zs_serial_time *time)
{
    if (s->ms->burst == NULL) {
        run_mean(s, w, start, time);
        return true;
    }
    s->gap = start - s->now;
    read_stream(s, w);
    walk_windows(s, w);
    for (uint32_t i = 0; i < w->late_n; i++)
        store(s, w->late_addr + (uint64_t)i * w->elem_bytes, w->elem_bytes, w->late_gap);
    time->compute_pl_cycles = zs_serial_count_of(w).gap_pl_cycles;
    time->write_pl_cycles = s->write_pl_cycles;
    time->read_pl_cycles =
        s->now + s->gap - start - time->compute_pl_cycles - time->write_pl_cycles;
    flush_counts(s, w, time);
    return !s->no_memory;
}

uint64_t zs_serial_events(const zs_serial *s)
{
    return s->events;
}
