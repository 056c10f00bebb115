#include "zynqsim/nest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Channel: 0.86 of the 19.2 GB/s of DDR4-2400 x64, what kernels bound by single lines reached at
 * three clocks [D]. Latency: median over the kernels whose sum waits for lines [C]. Cache: default
 * of the compiler [R]. Launch: middle of 15 to 25 us [D]. All in docs/models/kernels.md. */
const zs_nest_memory zs_nest_stratix10 = {.word_bytes = 4,
                                          .line_bytes = 64,
                                          .lsu_bytes = 64,
                                          .cache_bytes = 65536,
                                          .latency_cycles = 280,
                                          .channel_bytes_per_s = 16.5e9,
                                          .launch_s = 20e-6};

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct reader {
    const char *at, *text, *place;
    zs_nest *nest;
    uint32_t depth;
} reader;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static zs_status read_number(reader *r, uint64_t *out, zs_err *err)
{
    const char *from = r->at;
    uint64_t value = 0;
    while (is_digit(*r->at) && value <= UINT32_MAX)
        value = 10 * value + (uint64_t)(*r->at++ - '0');
    if (r->at == from)
        return zs_fail(err, ZS_EPARSE, r->place, "\"%.40s\": a number is missing before \"%.20s\"",
                       r->text, from);
    if (value == 0 || value > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, r->place, "\"%.20s\" is outside 1 to %u", from, UINT32_MAX);
    *out = value;
    return ZS_OK;
}

static zs_status read_head(reader *r, zs_loop *loop, zs_err *err)
{
    size_t n = 0;
    while (is_name(r->at[n]))
        n++;
    if (n == 0 || n >= sizeof loop->name || r->at[n] != ':')
        return zs_fail(err, ZS_EPARSE, r->place, "\"%.40s\": name:trip is missing at \"%.20s\"",
                       r->text, r->at);
    *loop = (zs_loop){.unroll = 1, .inner = ZS_NO_LOOP, .next = ZS_NO_LOOP};
    memcpy(loop->name, r->at, n);
    r->at += n + 1;
    ZS_TRY(read_number(r, &loop->trip, err));
    if (*r->at != '/')
        return ZS_OK;
    r->at++;
    return read_number(r, &loop->unroll, err);
}

/* Sibling loops up to a brace or the end. Recursion is limited by ZS_NEST_DEPTH. */
static zs_status read_loops(reader *r, uint32_t *first, zs_err *err)
{
    uint32_t *link = first;
    if (++r->depth > ZS_NEST_DEPTH)
        return zs_fail(err, ZS_ERANGE, r->place, "loops are nested more than %d deep",
                       (int)ZS_NEST_DEPTH);
    for (;;) {
        while (*r->at == ' ')
            r->at++;
        if (*r->at == '\0' || *r->at == '}')
            break;
        const uint32_t i = r->nest->n++;
        zs_loop *loop = &r->nest->loops[i]; /* there is one for every colon */
        ZS_TRY(read_head(r, loop, err));
        *link = i;
        link = &loop->next;
        if (*r->at != '{')
            continue;
        r->at++;
        ZS_TRY(read_loops(r, &loop->inner, err));
        if (*r->at != '}' || loop->inner == ZS_NO_LOOP)
            return zs_fail(err, ZS_EPARSE, r->place, "\"%.40s\": the braces of loop %s %s", r->text,
                           loop->name, *r->at == '}' ? "hold no loop" : "do not close");
        r->at++;
    }
    r->depth--;
    return ZS_OK;
}

zs_status zs_nest_parse(zs_arena *arena, const char *text, const char *place, zs_nest *out,
                        zs_err *err)
{
    zs_nest nest = {0};
    uint32_t first = ZS_NO_LOOP, colons = 1; /* room for a loop without a colon */
    for (const char *c = text; *c != '\0'; c++)
        colons += *c == ':';
    /* a head without a colon takes an entry before it is refused */
    nest.loops = zs_new(arena, zs_loop, colons);
    if (nest.loops == NULL)
        return zs_nomem(err, place);
    reader r = {.at = text, .text = text, .place = place, .nest = &nest};
    ZS_TRY(read_loops(&r, &first, err));
    if (*r.at != '\0' || first == ZS_NO_LOOP)
        return zs_fail(err, ZS_EPARSE, place, "\"%.40s\" %s", text,
                       first == ZS_NO_LOOP ? "has no loops" : "closes a brace too many");
    *out = nest;
    return ZS_OK;
}

uint32_t zs_nest_find(const zs_nest *nest, const char *name)
{
    for (uint32_t i = 0; i < nest->n; i++)
        if (strcmp(nest->loops[i].name, name) == 0)
            return i;
    return ZS_NO_LOOP;
}

/* ---- cycles ---------------------------------------------------------------------------------- */

uint64_t zs_nest_loop_cycles(const zs_nest *nest, uint32_t i, uint32_t interval, uint32_t lsu_words)
{
    const zs_loop *loop = &nest->loops[i];
    const uint64_t trips = zs_ceil_div(loop->trip, loop->unroll);
    uint64_t body = 0;
    for (uint32_t k = loop->inner; k != ZS_NO_LOOP; k = nest->loops[k].next)
        body = zs_plus_u64(body, zs_nest_loop_cycles(nest, k, interval, lsu_words));
    if (zs_loop_is_flat(loop))
        return body;
    if (body > 0)
        return zs_plus_u64(zs_times_u64(trips, body), 1);
    if (loop->copies)
        return zs_plus_u64(
            zs_max_u64(zs_max_u64(trips, loop->least_cycles), zs_ceil_div(loop->trip, lsu_words)),
            1);
    body = zs_plus_u64(zs_times_u64(zs_plus_u64(trips, interval > 1), interval),
                       zs_times_u64(trips, loop->stall_cycles));
    return zs_plus_u64(body, 1);
}

uint64_t zs_nest_cycles(const zs_nest *nest, uint32_t interval, uint32_t lsu_words)
{
    uint64_t cycles = 0;
    for (uint32_t i = nest->n > 0 ? 0 : ZS_NO_LOOP; i != ZS_NO_LOOP; i = nest->loops[i].next)
        cycles = zs_plus_u64(cycles, zs_nest_loop_cycles(nest, i, interval, lsu_words));
    return cycles;
}

static uint64_t most_iterations(const zs_nest *nest, uint32_t first)
{
    uint64_t most = 0;
    for (uint32_t i = first; i != ZS_NO_LOOP; i = nest->loops[i].next) {
        const zs_loop *loop = &nest->loops[i];
        const uint64_t inner = loop->inner != ZS_NO_LOOP ? most_iterations(nest, loop->inner) : 1;
        most = zs_max_u64(most, zs_times_u64(zs_ceil_div(loop->trip, loop->unroll), inner));
    }
    return most;
}

uint64_t zs_nest_iterations(const zs_nest *nest)
{
    return nest->n > 0 ? most_iterations(nest, 0) : 0;
}

/* ---- on-chip arrays -------------------------------------------------------------------------- */

/* The first loop of a name, NULL if fully unrolled, and its unroll factor `n`; no such loop:
 * `without`. */
static zs_loop *unrolled(zs_nest *nest, const char *name, uint64_t without, uint64_t *n)
{
    const uint32_t i = zs_nest_find(nest, name);
    zs_loop *loop = i == ZS_NO_LOOP ? NULL : &nest->loops[i];
    *n = loop != NULL ? zs_min_u64(loop->unroll, loop->trip) : without;
    return loop != NULL && !zs_loop_is_flat(loop) ? loop : NULL;
}

void zs_nest_read_array(zs_nest *nest, const zs_nest_array *a)
{
    enum { YY, XX, RC, RY, RX, LOOPS };
    static const char *const names[LOOPS] = {"yy", "xx", "rc", "ry", "rx"};
    const uint64_t without[LOOPS] = {1, 1, 1, a->kh, a->kw};
    uint64_t n[LOOPS], common = 0;
    zs_loop *rolled[LOOPS], *innermost = NULL;
    for (size_t i = 0; i < LOOPS; i++)
        rolled[i] = unrolled(nest, names[i], without[i], &n[i]);
    for (size_t i = 0; i < LOOPS; i++)
        if (rolled[i] != NULL && (innermost == NULL || rolled[i] > innermost))
            innermost = rolled[i];
    const uint64_t strides[LOOPS] = {n[YY] * a->sh * a->pitch, n[XX] * a->sw, n[RC] * a->plane,
                                     n[RY] * a->pitch, n[RX]};
    /* loops around the one that fills the array do not matter */
    const uint32_t rc = zs_nest_find(nest, "rc"), yy = zs_nest_find(nest, "yy");
    for (size_t i = 0; i < LOOPS; i++)
        if (rolled[i] != NULL && !(i == RC && rc < yy))
            common |= strides[i];
    if (innermost == NULL || (rolled[XX] == NULL && rolled[YY] == NULL && rolled[RC] == NULL))
        return;
    const uint64_t banks = common & (~common + 1); /* the largest power of 2 in all of them */
    const uint64_t rows = (n[YY] - 1) * a->sh + n[RY], words = (n[XX] - 1) * a->sw + n[RX];
    const uint64_t reads = zs_ceil_div(rows * words * n[RC], zs_max_u64(banks, 1));
    const bool overlaps = a->kh > a->sh || a->kw > a->sw;
    const bool is_guarded =
        a->sums_are_local && rolled[XX] != NULL && rolled[XX]->trip % rolled[XX]->unroll != 0;
    const uint64_t ports = overlaps ? zs_ceil_div(reads, ZS_NEST_READ_PORTS) - 1 : 0;
    innermost->stall_cycles =
        (uint32_t)zs_min_u64(ports + (is_guarded ? ZS_NEST_GUARD_CYCLES : 0), UINT32_MAX);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A sum in global memory stalls the loop until its line arrives. A pass has no cache hits from the
 * previous one when its data exceed the cache; the new rows of a window are fetched together. */
static uint64_t waits_for_lines(const zs_nest_kernel *k, const zs_nest_memory *m)
{
    const zs_nest_window *w = &k->window;
    if (k->interval <= 1 || k->sum_is_register || w->bytes <= m->cache_bytes)
        return 0;
    const uint64_t together = zs_max_u64(1, zs_min_u64(w->step_rows, w->rows));
    const uint64_t lines = zs_ceil_div(w->bytes, m->line_bytes) / together;
    return zs_times_u64(zs_times_u64(w->passes, lines), m->latency_cycles);
}

/* Lines of an iteration: one per row, and another where the row crosses a line boundary. */
static double lines_at_once(const zs_nest_window *w, const zs_nest_memory *m)
{
    const double beyond = (double)w->row_bytes - m->word_bytes;
    return (double)w->rows_at_once * (1 + beyond / m->line_bytes);
}

/* The lines of the times above: taps read in parallel come from memory each time, all others once
 * per pass where the cache does not hold the planes. */
static uint64_t bytes_again(const zs_nest_kernel *k, const zs_nest_memory *m)
{
    const zs_nest_window *w = &k->window;
    const uint64_t lines = zs_ceil_div(w->bytes, m->line_bytes);
    const double at_once = (double)zs_nest_iterations(&k->nest) * lines_at_once(w, m);
    const uint64_t once = zs_ceil_div(zs_max_u64(w->bytes, w->input_bytes), m->line_bytes);
    uint64_t all = once;
    if (w->rows_at_once > 0)
        all = at_once < 1e18 ? (uint64_t)at_once : UINT64_MAX;
    else if (w->bytes > m->cache_bytes)
        all = zs_times_u64(w->passes, lines);
    return all > once ? zs_times_u64(all - once, m->line_bytes) : 0;
}

void zs_nest_wait_for_units(zs_nest_kernel *k, uint64_t units, const zs_nest_memory *m)
{
    k->lines = zs_ceil_div(zs_nest_iterations(&k->nest), m->line_bytes / m->word_bytes);
    k->line_wait_cycles = (double)units / ZS_NEST_LANES_A_CYCLE;
}

void zs_nest_wait_for_planes(zs_nest_kernel *k, const zs_nest_memory *m)
{
    static const char *const taps[] = {"rc", "ry", "rx"};
    const uint32_t xx = zs_nest_find(&k->nest, "xx"), rc = zs_nest_find(&k->nest, "rc");
    if (xx == ZS_NO_LOOP || rc == ZS_NO_LOOP || zs_loop_is_flat(&k->nest.loops[xx]) ||
        k->window.bytes > 0)
        return;
    for (size_t i = 0; i < ZS_LEN(taps); i++) {
        const uint32_t loop = zs_nest_find(&k->nest, taps[i]);
        if (loop != ZS_NO_LOOP && (loop < xx || !zs_loop_is_flat(&k->nest.loops[loop])))
            return;
    }
    const uint64_t pixels = zs_times_u64(zs_nest_iterations(&k->nest), k->nest.loops[xx].unroll);
    k->lines = zs_ceil_div(pixels, m->line_bytes / m->word_bytes);
    k->line_wait_cycles =
        fmin((double)k->nest.loops[rc].unroll / ZS_NEST_LANES_A_CYCLE, (double)ZS_NEST_LINE_CYCLES);
}

zs_nest_time zs_nest_time_of(const zs_nest_kernel *k, const zs_nest_memory *m, double clock_hz)
{
    zs_nest_time t = {.nest_cycles =
                          zs_nest_cycles(&k->nest, k->interval, m->lsu_bytes / m->word_bytes)};
    t.stall_cycles =
        zs_plus_u64(waits_for_lines(k, m), zs_times_u64(k->copies, ZS_NEST_COPY_CYCLES));
    t.stall_cycles =
        zs_plus_u64(t.stall_cycles, (uint64_t)ceil((double)k->lines * k->line_wait_cycles));
    if (k->window.rows_at_once > 0)
        t.dram_s = (double)zs_nest_iterations(&k->nest) * lines_at_once(&k->window, m) *
                   m->line_bytes / m->channel_bytes_per_s;
    t.bytes_again = bytes_again(k, m);
    t.seconds =
        fmax((double)zs_plus_u64(t.nest_cycles, t.stall_cycles) / clock_hz, t.dram_s) + m->launch_s;
    return t;
}
