#include "dram_queue_priv.h"

/* Decisions of the controller, in the order of their times.
 *
 * Why there is no step per clock. The state changes at decisions and arrivals only. Between two of
 * them each candidate (a row command of a bank in `wanting`, the column command of a ready request,
 * the refresh) has an earliest time in closed form, and the first of them is the decision of a
 * controller that is evaluated every clock. A request offered at t is visible at t + QUEUE_LATENCY,
 * so everything before `until` + QUEUE_LATENCY may be decided when all later offers are at `until`
 * or after, and the result does not depend on how often it is called
 * (tests/hw/test_dram_policy.c).
 *
 * State that avoids searches: `waiting` and `hits` per bank and direction count the queued requests
 * for a bank and those for its open row; `wanting` holds the banks with requests of the current
 * direction but no row hit that may issue (or that are `forced`): exactly those that need a row
 * command. Each enqueue, issue, row command, turnaround and refresh updates them. */

/* ---- being watched --------------------------------------------------------------------------- */

void zs_dram_watch_set(zs_dram *d, const zs_dram_watch *watch)
{
    d->watch = watch;
}

ZS_COLD void zs_dram_notify(const zs_dram *d, zs_dram_act act, uint32_t bank, uint64_t at,
                            uint64_t end)
{
    const zs_dram_event event = {.at = at,
                                 .end = end,
                                 .act = (uint8_t)act,
                                 .bank = (uint8_t)bank,
                                 .row = d->banks[bank].row};
    d->watch->seen(d->watch->ctx, &event);
}

ZS_COLD void zs_dram_notify_queue(const zs_dram *d, zs_dram_act act, uint32_t bank, uint32_t dir,
                                  uint32_t queued, uint64_t at, uint64_t end)
{
    const zs_dram_event event = {.at = at,
                                 .end = end,
                                 .act = (uint8_t)act,
                                 .bank = (uint8_t)bank,
                                 .row = d->banks[bank].row,
                                 .queued = (uint16_t)queued,
                                 .is_write = dir == WRITE};
    d->watch->seen(d->watch->ctx, &event);
}

/* ---- row commands ---------------------------------------------------------------------------- */

/* The next precharge or activate; of several at the same time the one requested first. */
static uint64_t next_row_command(const zs_dram *d, uint32_t *which)
{
    const uint64_t floor = zs_dram_activate_floor(d);
    uint64_t best_at = ZS_DRAM_NEVER, best_order = UINT64_MAX;
    for (uint32_t left = d->wanting; left != 0; left &= left - 1) {
        const uint32_t b = (uint32_t)__builtin_ctz(left);
        const bank_state *bank = &d->banks[b];
        uint64_t at = bank->wanted_at;
        if (bank->row == NO_ROW && at < floor)
            at = floor;
        if (at < best_at || (at == best_at && bank->wanted_order < best_order)) {
            best_at = at;
            best_order = bank->wanted_order;
            *which = b;
        }
    }
    return best_at;
}

static uint16_t count_hits(const request_queue *l, uint32_t b, uint32_t row)
{
    uint16_t n = 0;
    for (uint16_t i = l->head; i != NO_ENTRY; i = l->entries[i].next)
        n = (uint16_t)(n + (l->entries[i].bank == b && l->entries[i].row == row));
    return n;
}

static void activate(zs_dram *d, uint32_t b, uint64_t at)
{
    bank_state *bank = &d->banks[b];
    const request_queue *l = &d->queues[d->mode];
    uint16_t i = l->head;
    while (l->entries[i].bank != b)
        i = l->entries[i].next;
    zs_dram_open_row(d, bank, l->entries[i].row, at);
    for (uint32_t dir = READ; dir <= WRITE; dir++)
        bank->hits[dir] = bank->waiting[dir] ? count_hits(&d->queues[dir], b, bank->row) : 0;
    d->forced &= ~(1u << b);
    d->wanting &= ~(1u << b);
}

static void change_row(zs_dram *d, uint32_t b, uint64_t at)
{
    d->now = zs_max_u64(d->now, at);
    d->events++;
    if (d->banks[b].row == NO_ROW)
        activate(d, b, at);
    else
        zs_dram_close_row(d, &d->banks[b], at);
    if (d->watch != NULL)
        zs_dram_notify(d, d->banks[b].row == NO_ROW ? ZS_DRAM_PRECHARGE : ZS_DRAM_ACTIVATE, b, at,
                       at);
}

/* ---- refresh --------------------------------------------------------------------------------- */

/* Precharges each bank as early as allowed, then refreshes all together. */
static void refresh(zs_dram *d)
{
    uint64_t at = d->refresh_at;
    for (uint32_t b = 0; b < d->p.banks; b++) {
        const bank_state *bank = &d->banks[b];
        const bool is_open = bank->row != NO_ROW;
        d->counts.precharges += is_open;
        at = zs_max_u64(at, is_open ? bank->precharge_at + d->p.t_rp : bank->activate_at);
    }
    at += d->p.t_rfc;
    d->wanting = 0;
    for (uint32_t b = 0; b < d->p.banks; b++) {
        bank_state *bank = &d->banks[b];
        bank->row = NO_ROW;
        bank->hits[READ] = bank->hits[WRITE] = 0;
        bank->opened_by = ZS_ROW_CLOSED;
        bank->activate_at = at;
    }
    for (uint32_t left = d->queues[d->mode].banks; left != 0; left &= left - 1)
        zs_dram_update_wanted(d, (uint32_t)__builtin_ctz(left), at);
    if (d->watch != NULL)
        zs_dram_notify(d, ZS_DRAM_REFRESH, 0, d->refresh_at, at);
    d->now = zs_max_u64(d->now, d->refresh_at);
    d->refresh_at += d->p.t_refi;
    d->counts.refreshes++;
    d->events++;
}

/* Refreshes of an idle memory, of which only the first and the last matter. The first may have to
 * close open rows; later ones find all banks closed and ready (t_refi leaves enough time,
 * zs_design_memory_check), so all take equally long. */
static void refresh_idle(zs_dram *d, uint64_t until)
{
    if (d->refresh_at >= until)
        return;
    const uint64_t skipped = (until - 1 - d->refresh_at) / d->p.t_refi;
    if (skipped != 0) {
        refresh(d);
        d->refresh_at += (skipped - 1) * d->p.t_refi;
        d->counts.refreshes += skipped - 1;
    }
    refresh(d);
}

/* ---- column commands ------------------------------------------------------------------------- */

/* Closes a bank that has served its row for a while when an older read waits for the bank. */
void zs_dram_close_for_older(zs_dram *d, uint32_t b, uint64_t at)
{
    const request_queue *l = &d->queues[READ];
    uint16_t i = l->head;
    while (l->entries[i].bank != b)
        i = l->entries[i].next;
    if (l->entries[i].row == d->banks[b].row)
        return;
    d->forced |= 1u << b;
    zs_dram_update_wanted(d, b, at);
}

void zs_dram_turn(zs_dram *d, uint64_t at)
{
    d->mode = !d->mode;
    d->drains = d->mode == WRITE && zs_dram_writes_are_high(d);
    d->run = 0;
    d->now = zs_max_u64(d->now, at);
    d->wanting = 0;
    d->forced = 0;
    for (uint32_t left = d->queues[d->mode].banks; left != 0; left &= left - 1)
        zs_dram_update_wanted(d, (uint32_t)__builtin_ctz(left), at);
    zs_dram_serve_starved(d, at);
}

/* First-ready, first-come: the banks whose first row hit can issue earliest, then the oldest
 * request among them. All hits of a bank are ready with the bank, so there is one time per bank,
 * not one per request, and a bank later than the best so far is skipped. Reads never wait a clock
 * for another bank when one of the same bank can issue; writes issue in order, as their data do.
 * NEVER when none can issue before `before`. */
static uint64_t next_column(const zs_dram *d, uint64_t before, uint16_t *which)
{
    const request_queue *l = &d->queues[d->mode];
    const uint64_t floor = zs_max_u64(d->column_at[d->mode], d->now);
    uint64_t best = before;
    uint32_t banks = 0; /* those that are ready first */
    for (uint32_t left = floor < before ? l->banks & ~d->forced : 0; left != 0; left &= left - 1) {
        const uint32_t b = (uint32_t)__builtin_ctz(left);
        if (d->banks[b].hits[d->mode] == 0)
            continue;
        const uint64_t ready =
            d->mode == READ ? zs_dram_column_of(d, b) : zs_max_u64(d->banks[b].column_at, floor);
        if (ready > best)
            continue;
        banks = (ready < best ? 0 : banks) | 1u << b;
        best = ready;
    }
    if (banks == 0)
        return ZS_DRAM_NEVER;
    uint16_t i = l->head;
    while ((banks >> l->entries[i].bank & 1) == 0 ||
           l->entries[i].row != d->banks[l->entries[i].bank].row)
        i = l->entries[i].next;
    *which = i;
    return zs_dram_column_of(d, l->entries[i].bank);
}

bool zs_dram_run(zs_dram *d, uint64_t offers_until, zs_dram_done *done)
{
    return zs_dram_run_here(d, offers_until, done);
}

/* The bus has turned if it had to. */
bool zs_dram_decide(zs_dram *d, uint64_t until, zs_dram_done *done)
{
    if (d->queues[d->mode].n == 0) {
        if (until != ZS_DRAM_NEVER)
            refresh_idle(d, until);
        return false;
    }
    for (;;) {
        uint32_t bank = 0;
        uint16_t which = 0;
        const uint64_t row_at = d->wanting ? next_row_command(d, &bank) : ZS_DRAM_NEVER;
        const uint64_t before = zs_min_u64(row_at, zs_min_u64(until, d->refresh_at));
        const uint64_t column_at = next_column(d, before, &which);
        const uint64_t at = zs_min_u64(row_at, column_at);
        if (at >= d->refresh_at) {
            if (d->refresh_at >= until)
                return false;
            refresh(d);
        } else if (at >= until) {
            return false;
        } else if (row_at <= column_at) {
            change_row(d, bank, row_at);
        } else {
            zs_dram_issue_entry(d, which, column_at, done);
            return true;
        }
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

typedef struct piece {
    uint32_t bytes, n;
} piece;

static inline piece first_piece(const zs_dram *d, const zs_dram_req *req)
{
    const uint64_t first = req->addr >> d->block_shift;
    const uint64_t block_end = (first + d->piece_blocks) << d->block_shift;
    const uint64_t row_end = ((req->addr >> d->row_shift) + 1) << d->row_shift;
    const uint64_t end = zs_min_u64(req->addr + req->bytes, zs_min_u64(block_end, row_end));
    return (piece){.bytes = (uint32_t)(end - req->addr),
                   .n = (uint32_t)(((end - 1) >> d->block_shift) - first) + 1};
}

/* Queue entries are freed by the column commands of their requests; all but `spare` of these must
 * have passed. Runs of a direction are in sequence on the data bus, so entries are freed in the
 * order of `recent`, the newest last. Code that issues ahead of time ensures that the ring still
 * holds every unfinished run (zs_dram_remembers). */
uint64_t zs_dram_entries_free_at(const zs_dram *d, uint32_t dir, uint32_t spare)
{
    uint32_t behind = 0; /* transactions issued after the present one */
    for (uint32_t k = 1; k <= RECENT_RUNS; k++) {
        const column_run *p = &d->recent[dir][(d->recent_i[dir] + RECENT_RUNS - k) % RECENT_RUNS];
        if (behind + p->n > spare)
            return p->at + (uint64_t)d->gap * (p->n - (spare - behind) - 1) + 1;
        behind += p->n;
    }
    return 0;
}

uint64_t zs_dram_room_at(const zs_dram *d, const zs_dram_req *req)
{
    return zs_dram_room_for(d, req->is_write, first_piece(d, req).n, 0);
}

uint64_t zs_dram_offer(zs_dram *d, zs_dram_req *req, uint64_t at)
{
    const piece p = first_piece(d, req);
    const uint64_t room = zs_dram_room_for(d, req->is_write, p.n, at);
    if (room > at)
        return room;
    const zs_dram_req first = {
        .addr = req->addr, .bytes = p.bytes, .tag = req->tag, .is_write = req->is_write};
    zs_dram_enqueue(d, &first, p.n, at);
    req->addr += p.bytes;
    req->bytes -= p.bytes;
    return at;
}
