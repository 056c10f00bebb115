#include "line_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/fit.h"

#include <stdio.h>

/* More of a FIFO, of the line buffer or of a port's width must not make a design slower. Each of
 * them takes block RAM from the weight memory, whose size follows from what is left unless the
 * design says it, and with fewer weights on chip a layer becomes more calls. Where that happens,
 * plans with less of them are drawn up too, and the one is taken that an estimate finds to be the
 * fastest. */

enum { TRIED_MAX = 64 };
/* Plans of so many rows of pixels are not drawn up more than once. */
enum { ROWS_MAX = 1 << 20 };
enum { NARROWEST_BYTES = 4 };

typedef struct variant {
    line_rooms rooms;
    uint32_t call_n;
} variant;

typedef struct choice {
    zs_plan_draft base; /* as it was handed over */
    zs_plan base_plan;
    zs_plan_draft whole; /* as asked for, before layers are cut into calls */
    zs_arena scratch;
    variant tried[TRIED_MAX]; /* the first is what was asked for */
    uint32_t tried_n, best;
    uint64_t best_pl_cycles, asked_pl_cycles;
} choice;

static line_rooms asked_rooms(const zs_design *d)
{
    const line_params *p = line_params_of(&d->accel);
    return (line_rooms){.line_elems = p->line_elems,
                        .fifo_bytes = p->fifo_bytes,
                        .pool_fifo_beats = p->pool_fifo_beats,
                        .beat_bytes = UINT32_MAX};
}

/* ---- whether there is anything to choose ----------------------------------------------------- */

/* Whether some layer takes several calls because its weights exceed the block RAM that is left. */
static bool is_tight(const zs_plan_draft *d)
{
    const zs_accel *a = &d->design->accel;
    uint64_t rows = 0;
    bool is_cut = false;
    if (line_params_of(a)->weight_elems > 0 || a->buffer.weight_bytes > 0)
        return false;
    /* a design that does not fit is reported as it is, not made smaller */
    if (!zs_fit_allows_bram18(d->design, zs_line_sum_bram18(d)))
        return false;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_plan_row *row = &d->rows[i];
        if (row->call == ZS_NO_INDEX)
            continue;
        is_cut |= row->t_oc < row->group_oc;
        rows = zs_plus_u64(rows, zs_times_u64(row->oh, d->design->batch));
    }
    return is_cut && rows <= ROWS_MAX;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static zs_status estimate(choice *c, const line_rooms *rooms, uint64_t *pl_cycles, zs_err *err)
{
    zs_plan_draft d;
    ZS_TRY(zs_draft_again(&c->scratch, &c->base, &c->base_plan, &d, err));
    ZS_TRY(line_lay_out(&d, rooms, NULL, err));
    ZS_TRY(line_emit(&d, err));
    return zs_draft_estimate(&c->scratch, &d, pl_cycles, err);
}

/* As many calls with more room: there is nothing to gain. */
static bool is_known(const choice *c, const line_rooms *rooms, uint32_t call_n)
{
    for (uint32_t i = 0; i < c->tried_n; i++) {
        const line_rooms *r = &c->tried[i].rooms;
        if (c->tried[i].call_n <= call_n && r->fifo_bytes >= rooms->fifo_bytes &&
            r->pool_fifo_beats >= rooms->pool_fifo_beats && r->beat_bytes >= rooms->beat_bytes)
            return true;
    }
    return false;
}

static zs_status try_rooms(choice *c, const line_rooms *rooms, zs_err *err)
{
    line_size size;
    uint64_t pl_cycles;
    if (c->tried_n == TRIED_MAX)
        return ZS_OK;
    ZS_TRY(line_size_up(&c->whole, rooms, &size, err));
    if (is_known(c, rooms, size.call_n) || size.bram18 > zs_fit_room_bram18(c->base.design))
        return ZS_OK;
    c->tried[c->tried_n++] = (variant){*rooms, size.call_n};
    if (c->asked_pl_cycles == 0) {
        ZS_TRY(estimate(c, &c->tried[0].rooms, &c->asked_pl_cycles, err));
        c->best_pl_cycles = c->asked_pl_cycles;
    }
    ZS_TRY(estimate(c, rooms, &pl_cycles, err));
    if (pl_cycles < c->best_pl_cycles) {
        c->best = c->tried_n - 1;
        c->best_pl_cycles = pl_cycles;
    }
    return ZS_OK;
}

/* The size halved until it takes less block RAM; false when it takes none. */
static bool halve(const zs_accel *a, uint32_t *size, uint32_t unit, uint32_t bits)
{
    zs_memory m = {.banks = 1, .bits = bits, .words = *size / unit};
    const uint64_t before = zs_memory_bram18(a, m);
    while (before > 0 && *size > 0 && zs_memory_bram18(a, m) == before) {
        *size /= 2;
        m.words = *size / unit;
    }
    return before > 0;
}

/* FIFOs of so wide streams, from the largest down. */
static zs_status try_fifos(choice *c, line_rooms rooms, zs_err *err)
{
    const zs_accel *a = &c->base.design->accel;
    const line_rooms *asked = &c->tried[0].rooms;
    const uint32_t width = zs_line_fifo_width(c->base.design, &rooms);
    do {
        rooms.pool_fifo_beats = asked->pool_fifo_beats;
        do {
            ZS_TRY(try_rooms(c, &rooms, err));
        } while (halve(a, &rooms.pool_fifo_beats, 1, 8 * width));
    } while (halve(a, &rooms.fifo_bytes, width, 8 * width));
    return ZS_OK;
}

static zs_status try_all(choice *c, zs_err *err)
{
    line_rooms rooms = c->tried[0].rooms;
    rooms.line_elems = 0; /* more than the longest line needs is of no use */
    ZS_TRY(try_fifos(c, rooms, err));
    for (uint32_t width = zs_line_fifo_width(c->base.design, &rooms) / 2; width >= NARROWEST_BYTES;
         width /= 2) {
        rooms.beat_bytes = width;
        ZS_TRY(try_fifos(c, rooms, err));
    }
    return ZS_OK;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static zs_status describe(const choice *c, zs_plan_draft *d, zs_err *err)
{
    const line_rooms *asked = &c->tried[0].rooms, *best = &c->tried[c->best].rooms;
    const struct {
        const char *what;
        uint32_t asked, taken;
    } rooms[] = {
        {"lines of %u elements instead of %u", asked->line_elems,
         best->line_elems > 0
             ? best->line_elems
             : d->plan->buffers[ZS_BUF_INPUT].depth_words * d->design->accel.unroll.ic},
        {"stream FIFOs of %u bytes instead of %u", asked->fifo_bytes, best->fifo_bytes},
        {"a pool FIFO of %u beats instead of %u", asked->pool_fifo_beats, best->pool_fifo_beats},
        {"streams of %u bytes instead of %u", zs_line_fifo_width(d->design, asked),
         zs_line_fifo_width(d->design, best)},
    };
    char what[256] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < ZS_LEN(rooms); i++)
        if (rooms[i].taken < rooms[i].asked) {
            n += (size_t)snprintf(what + n, sizeof what - n, "%s", n > 0 ? ", " : "");
            n += (size_t)snprintf(what + n, sizeof what - n, rooms[i].what, rooms[i].taken,
                                  rooms[i].asked);
        }
    d->plan->choice_note = zs_arena_printf(
        d->arena,
        "%s: what was asked for takes block RAM from the weights, %u calls instead of %u, and "
        "would "
        "be %.1f %% slower by estimate",
        what, c->tried[0].call_n, c->tried[c->best].call_n,
        100.0 * ((double)c->asked_pl_cycles / (double)zs_max_u64(1, c->best_pl_cycles) - 1.0));
    return d->plan->choice_note ? ZS_OK : zs_nomem(err, "plan");
}

/* `d` is laid out as the design asks. */
static zs_status choose(choice *c, zs_plan_draft *d, zs_err *err)
{
    c->tried[c->tried_n++] = (variant){asked_rooms(d->design), d->plan->call_n};
    ZS_TRY(try_all(c, err));
    if (c->best_pl_cycles + c->asked_pl_cycles * ZS_ESTIMATE_PER_MILLE / 1000 >= c->asked_pl_cycles)
        return ZS_OK;
    *d = c->base;
    *d->plan = c->base_plan;
    ZS_TRY(line_lay_out(d, &c->tried[c->best].rooms, NULL, err));
    return describe(c, d, err);
}

zs_status line_plan(zs_plan_draft *d, zs_err *err)
{
    choice *c = zs_new(d->arena, choice, 1);
    if (c == NULL)
        return zs_nomem(err, "plan");
    c->base = *d;
    c->base_plan = *d->plan;
    const line_rooms asked = asked_rooms(d->design);
    ZS_TRY(line_lay_out(d, &asked, &c->whole, err));
    if (line_params_of(&d->design->accel)->is_relaxed || !is_tight(d))
        return ZS_OK;
    zs_arena_init(&c->scratch, d->arena->source);
    const zs_status status = choose(c, d, err);
    zs_arena_drop(&c->scratch);
    return status;
}
