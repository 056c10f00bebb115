#include "dram_priv.h"

/* ---- being watched --------------------------------------------------------------------------- */

void zs_dram_watch_set(zs_dram *d, const zs_dram_watch *watch)
{
    d->watch = watch;
}

ZS_COLD void zs_dram_tell(const zs_dram *d, zs_dram_act act, uint32_t bank, uint64_t at,
                          uint64_t end)
{
    const zs_dram_event event = {.at = at,
                                 .end = end,
                                 .act = (uint8_t)act,
                                 .bank = (uint8_t)bank,
                                 .row = d->banks[bank].row};
    d->watch->seen(d->watch->ctx, &event);
}

ZS_COLD void zs_dram_tell_queue(const zs_dram *d, zs_dram_act act, uint32_t bank, uint32_t dir,
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

/* Whether a bank needs its row changed for the direction being served, and from when it may be. */
static ZS_INLINE void update_want(zs_dram *d, uint32_t b, uint64_t at)
{
    bank_state *bank = &d->banks[b];
    const uint32_t bit = 1u << b;
    if (bank->waiting[d->mode] == 0 || (bank->hits[d->mode] != 0 && !(d->forced & bit))) {
        d->wanting &= ~bit;
        return;
    }
    if (d->wanting & bit)
        return;
    d->wanting |= bit;
    bank->wanted_order = d->wanted_order++;
    bank->wanted_at = zs_max_u64(at, bank->row == NO_ROW ? bank->activate_at : bank->precharge_at);
}

/* The next precharge or activate; of several possible at once the one wanted first. */
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

static uint16_t count_hits(const lane *l, uint32_t b, uint32_t row)
{
    uint16_t n = 0;
    for (uint16_t i = l->head; i != NO_ITEM; i = l->items[i].next)
        n = (uint16_t)(n + (l->items[i].bank == b && l->items[i].row == row));
    return n;
}

static void activate(zs_dram *d, uint32_t b, uint64_t at)
{
    bank_state *bank = &d->banks[b];
    const lane *l = &d->lanes[d->mode];
    uint16_t i = l->head;
    while (l->items[i].bank != b)
        i = l->items[i].next;
    zs_dram_open_row(d, bank, l->items[i].row, at);
    for (uint32_t dir = READ; dir <= WRITE; dir++)
        bank->hits[dir] = bank->waiting[dir] ? count_hits(&d->lanes[dir], b, bank->row) : 0;
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
        zs_dram_tell(d, d->banks[b].row == NO_ROW ? ZS_DRAM_PRECHARGE : ZS_DRAM_ACTIVATE, b, at,
                     at);
}

/* ---- refresh --------------------------------------------------------------------------------- */

/* All banks are precharged as soon as each may be, then refreshed together. */
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
    for (uint32_t left = d->lanes[d->mode].banks; left != 0; left &= left - 1)
        update_want(d, (uint32_t)__builtin_ctz(left), at);
    if (d->watch != NULL)
        zs_dram_tell(d, ZS_DRAM_REFRESH, 0, d->refresh_at, at);
    d->now = zs_max_u64(d->now, d->refresh_at);
    d->refresh_at += d->p.t_refi;
    d->counts.refreshes++;
    d->events++;
}

/* An idle memory refreshes without being looked at: only the last refresh leaves a trace. */
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

static bool writes_press(const zs_dram *d)
{
    return d->lanes[WRITE].used >= d->write_high;
}

/* The direction to serve next: the current one until it is empty, or has had its run while the
 * other waits. Reads yield once writes fill half their queue, which are then drained; a full read
 * queue makes runs of reads long and those of writes short. */
static uint32_t next_mode(const zs_dram *d)
{
    const uint32_t other = !d->mode;
    if (d->lanes[other].n == 0)
        return d->mode;
    if (d->lanes[d->mode].n == 0)
        return other;
    const bool reads_press = d->lanes[READ].used >= d->read_high;
    if (d->mode == WRITE)
        return d->run >= (d->drains && !reads_press ? d->p.queue : d->p.write_batch) ? READ : WRITE;
    return writes_press(d) && d->run >= (reads_press ? d->read_run : d->starve_limit) ? WRITE
                                                                                      : READ;
}

/* A bank whose hits keep passing the oldest request must close for it. */
static inline void relieve_oldest(zs_dram *d, uint64_t at)
{
    const lane *l = &d->lanes[d->mode];
    const item *oldest = &l->items[l->head];
    if (l->placed < oldest->in_turn + d->starve_limit || d->banks[oldest->bank].row == oldest->row)
        return;
    d->forced |= 1u << oldest->bank;
    update_want(d, oldest->bank, at);
}

/* So does one that has served its row for a while, when an older read of the bank waits. */
static void relieve_bank(zs_dram *d, uint32_t b, uint64_t at)
{
    const lane *l = &d->lanes[READ];
    const bank_state *bank = &d->banks[b];
    if (d->mode != READ || bank->served < ROW_HITS || bank->waiting[READ] == 0)
        return;
    uint16_t i = l->head;
    while (l->items[i].bank != b)
        i = l->items[i].next;
    if (l->items[i].row == bank->row)
        return;
    d->forced |= 1u << b;
    update_want(d, b, at);
}

static void turn(zs_dram *d, uint64_t at)
{
    d->mode = !d->mode;
    d->drains = d->mode == WRITE && writes_press(d);
    d->run = 0;
    d->now = zs_max_u64(d->now, at);
    d->wanting = 0;
    d->forced = 0;
    for (uint32_t left = d->lanes[d->mode].banks; left != 0; left &= left - 1)
        update_want(d, (uint32_t)__builtin_ctz(left), at);
    relieve_oldest(d, at);
}

/* When the data bus takes a column command of a bank. */
static uint64_t bus_at(const zs_dram *d, uint32_t b)
{
    return d->column_at[d->mode] + (b == d->served_bank ? 0 : d->bank_gap);
}

/* First ready, then oldest. Reads wait no clock for another bank when one of the same bank can go;
 * writes leave in their order, as their data do. */
static uint64_t next_column(const zs_dram *d, uint16_t *which)
{
    const lane *l = &d->lanes[d->mode];
    const uint64_t floor = zs_max_u64(d->column_at[d->mode], d->now);
    uint64_t best = ZS_DRAM_NEVER, best_at = ZS_DRAM_NEVER;
    for (uint16_t i = l->head; i != NO_ITEM; i = l->items[i].next) {
        const uint32_t b = l->items[i].bank;
        const bank_state *bank = &d->banks[b];
        if (bank->row != l->items[i].row || (d->forced >> b & 1) != 0)
            continue;
        const uint64_t at = zs_max_u64(bank->column_at, zs_max_u64(bus_at(d, b), d->now));
        const uint64_t ready = d->mode == READ ? at : zs_max_u64(bank->column_at, floor);
        if (ready >= best)
            continue;
        *which = i;
        best = ready;
        best_at = at;
        if (ready == floor)
            break;
    }
    return best_at;
}

static ZS_INLINE void unlink_item(lane *l, uint16_t i)
{
    const item *it = &l->items[i];
    if (it->prev == NO_ITEM)
        l->head = it->next;
    else
        l->items[it->prev].next = it->next;
    if (it->next == NO_ITEM)
        l->tail = it->prev;
    else
        l->items[it->next].prev = it->prev;
    l->items[i].next = l->spare;
    l->spare = i;
}

static ZS_INLINE void place(zs_dram *d, uint16_t which, uint64_t at, zs_dram_done *done)
{
    const uint32_t mode = d->mode;
    lane *l = &d->lanes[mode];
    const item *it = &l->items[which];
    const uint32_t b = it->bank, n = it->n;
    bank_state *bank = &d->banks[b];
    const uint64_t last = at + (uint64_t)d->gap * (n - 1u);
    zs_dram_occupy(d, b, n, at, done);
    done->tag = it->tag;
    bank->hits[mode]--;
    bank->waiting[mode]--;
    l->n--;
    l->used -= n;
    unlink_item(l, which);
    if (d->watch != NULL)
        zs_dram_tell_queue(d, ZS_DRAM_COLUMNS, b, mode, d->lanes[READ].used + d->lanes[WRITE].used,
                           at, d->slot_end);
    if (bank->waiting[mode] == 0) {
        l->banks &= ~(1u << b);
        d->wanting &= ~(1u << b);
    } else {
        update_want(d, b, last);
    }
    if (l->n == 0)
        return;
    relieve_oldest(d, last);
    relieve_bank(d, b, last);
}

/* The oldest item of the direction being served, when nothing else can come first: no bank waits
 * for a row, and this one's is open and ready. When that is, or NEVER. */
static inline uint64_t next_in_turn(const zs_dram *d, const lane *l)
{
    const item *it = &l->items[l->head];
    const bank_state *bank = &d->banks[it->bank];
    const uint64_t floor = zs_max_u64(d->column_at[d->mode], d->now);
    if (d->wanting != 0 || d->forced != 0 || bank->row != it->row || bank->column_at > floor)
        return ZS_DRAM_NEVER;
    if (d->bank_gap == 0 || it->bank == d->served_bank)
        return floor;
    return d->mode == READ ? ZS_DRAM_NEVER : zs_max_u64(bus_at(d, it->bank), d->now);
}

bool zs_dram_run(zs_dram *d, uint64_t offers_until, zs_dram_done *done)
{
    const uint64_t until = offers_until == ZS_DRAM_NEVER ? ZS_DRAM_NEVER : offers_until + ENTRY;
    for (;;) {
        if (d->lanes[READ].n + d->lanes[WRITE].n == 0) {
            if (until != ZS_DRAM_NEVER)
                refresh_idle(d, until);
            return false;
        }
        if (next_mode(d) != d->mode) {
            const uint64_t at = zs_max_u64(d->now, d->slot_end);
            if (at >= until)
                return false;
            turn(d, at);
        }
        const uint64_t turn_at = next_in_turn(d, &d->lanes[d->mode]);
        if (turn_at < d->refresh_at) {
            if (turn_at >= until)
                return false;
            place(d, d->lanes[d->mode].head, turn_at, done);
            return true;
        }
        uint32_t bank = 0;
        uint16_t which = 0;
        const uint64_t row_at = d->wanting ? next_row_command(d, &bank) : ZS_DRAM_NEVER;
        if (row_at >= until && d->refresh_at >= until && d->column_at[d->mode] >= until)
            return false;
        const uint64_t column_at = next_column(d, &which);
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
            place(d, which, column_at, done);
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

/* Entries of items that were placed are free after their own column commands: of these all but
 * `spare` must be over. */
uint64_t zs_dram_over_at(const zs_dram *d, uint32_t dir, uint32_t spare)
{
    uint32_t behind = 0; /* transactions placed after the one looked at */
    for (uint32_t k = 1; k <= RECENT; k++) {
        const placing *p = &d->recent[dir][(d->recent_i[dir] + RECENT - k) % RECENT];
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

static item *append(lane *l)
{
    const uint16_t i = l->spare;
    item *it = &l->items[i];
    l->spare = it->next;
    it->prev = l->tail;
    it->next = NO_ITEM;
    *(l->tail == NO_ITEM ? &l->head : &l->items[l->tail].next) = i;
    l->tail = i;
    l->n++;
    return it;
}

static ZS_INLINE void enqueue(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at)
{
    const uint32_t dir = req->is_write;
    lane *l = &d->lanes[dir];
    item *it = append(l);
    const uint64_t page = req->addr >> d->row_shift;
    it->bank = (uint8_t)(page & d->bank_mask);
    it->row = (uint32_t)(page >> d->bank_shift);
    it->n = (uint8_t)n;
    it->tag = req->tag;
    it->in_turn = l->placed + l->used;
    l->used += n;
    l->banks |= 1u << it->bank;
    bank_state *bank = &d->banks[it->bank];
    bank->waiting[dir]++;
    bank->hits[dir] = (uint16_t)(bank->hits[dir] + (bank->row == it->row));
    d->now = zs_max_u64(d->now, at);
    if (d->watch != NULL)
        zs_dram_tell_queue(d, ZS_DRAM_QUEUED, it->bank, dir,
                           d->lanes[READ].used + d->lanes[WRITE].used, at, at);
    if (d->mode == dir)
        update_want(d, it->bank, at);
}

void zs_dram_put(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at)
{
    enqueue(d, req, n, at + ENTRY);
    zs_dram_count_bytes(d, req->is_write, req->bytes, n);
}

uint64_t zs_dram_offer(zs_dram *d, zs_dram_req *req, uint64_t at)
{
    const piece p = first_piece(d, req);
    const uint64_t room = zs_dram_room_for(d, req->is_write, p.n, at);
    if (room > at)
        return room;
    enqueue(d, req, p.n, at + ENTRY);
    zs_dram_count_bytes(d, req->is_write, p.bytes, p.n);
    req->addr += p.bytes;
    req->bytes -= p.bytes;
    return at;
}
