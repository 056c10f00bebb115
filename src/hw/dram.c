#include "dram_priv.h"

enum { BANKS_MAX = ZS_DRAM_BANKS, PIECE_TRANSACTIONS = 16, FAW_WINDOW = 4 };
/* Scheduler: calibrated on the open half of the comparison in docs/models/dram.md. */
enum {
    ROW_HITS = 4,     /* transactions of a row that may pass an older read of its bank */
    READ_BATCHES = 12 /* batches that reads run while their queue is full */
};
enum { READ, WRITE };
#define NO_ROW  UINT32_MAX
#define NO_ITEM UINT16_MAX
#define ENTRY   1u /* clock from the queue's input to the scheduler */
#define BURST   4u /* clocks a BL8 transaction occupies the data bus */

typedef struct item {
    uint32_t row, tag;
    uint64_t in_turn; /* transactions placed in its direction when it would be next by age */
    uint16_t next, prev;
    uint8_t bank, n;
} item;

/* One direction: a list in order of arrival. */
typedef struct lane {
    item *items;
    uint16_t head, tail, spare; /* spare: unused items, linked by next */
    uint32_t used, n;           /* transactions and items waiting */
    uint32_t banks;             /* bit b: some wait for bank b */
    uint64_t placed;            /* transactions so far */
    uint64_t last_start;        /* of the item placed last: its entries free up one by one */
    uint32_t last_n;
} lane;

typedef struct bank_state {
    uint32_t row; /* open row or NO_ROW */
    uint16_t waiting[2], hits[2];
    uint32_t served;   /* transactions since the row was opened */
    uint8_t opened_by; /* row state that the first transaction of the open row counts as */
    uint64_t column_at, precharge_at, activate_at; /* earliest next command of each kind */
    uint64_t wanted_at, wanted_order;              /* of the row command this bank waits for */
} bank_state;

struct zs_dram {
    lane lanes[2];
    bank_state banks[BANKS_MAX];
    uint64_t now;
    uint64_t column_at[2];          /* earliest read and write command for the data bus */
    uint64_t slot_end;              /* end of the last command's slot */
    uint64_t activates[FAW_WINDOW]; /* a ring */
    uint64_t refresh_at, wanted_order;
    uint32_t wanting, activate_i; /* wanting: bit b, bank b waits for a row command */
    uint32_t forced;     /* bit b: the oldest request waits for bank b, no more hits first */
    uint32_t mode, run;  /* direction served, transactions since it turned */
    uint32_t served_dir; /* of the last data on the bus; 2 at first */
    uint32_t served_bank;
    bool drains; /* writes: half a queue of them waited when their run began */
    zs_memory_params p;
    uint32_t bank_mask, row_shift, bank_shift, block_shift, piece_blocks;
    uint32_t gap, bank_gap, to_other[2], to_precharge[2], latency[2];
    uint32_t read_run, read_high, write_high, starve_limit;
    zs_dram_counts counts;
    uint64_t events;
    const zs_dram_watch *watch; /* NULL: nobody looks */
};

static uint32_t log2_of(uint32_t x)
{
    uint32_t n = 0;
    while (x >>= 1)
        n++;
    return n;
}

/* ---- closed forms ---------------------------------------------------------------------------- */

uint32_t zs_dram_column_gap(const zs_memory_params *m)
{
    return m->t_ccd > BURST ? m->t_ccd : BURST;
}

static uint32_t write_to_read(const zs_memory_params *m)
{
    return m->t_cwl + BURST + m->t_wtr;
}

static uint32_t read_to_write(const zs_memory_params *m)
{
    return m->t_rtw > BURST ? m->t_rtw : BURST;
}

uint32_t zs_dram_read_ddr_cycles(const zs_memory_params *m, zs_row_state state)
{
    const uint32_t hit = ENTRY + m->t_cl + BURST;
    if (state == ZS_ROW_OPEN)
        return hit;
    return hit + m->t_rcd + (state == ZS_ROW_OTHER ? m->t_rp : 0);
}

uint32_t zs_dram_turn_ddr_cycles(const zs_memory_params *m)
{
    return write_to_read(m) + read_to_write(m) - 2 * zs_dram_column_gap(m);
}

uint32_t zs_dram_refresh_ddr_cycles(const zs_memory_params *m)
{
    return m->t_refi == 0 ? 0 : m->t_rp + m->t_rfc + m->t_rcd;
}

uint32_t zs_dram_read_run(const zs_memory_params *m)
{
    return READ_BATCHES * m->write_batch;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static zs_status check_power(uint32_t value, const char *place, zs_err *err)
{
    if (value == 0 || (value & (value - 1)) != 0)
        return zs_fail(err, ZS_ERANGE, place, "%u is not a power of two", value);
    return ZS_OK;
}

static zs_status check(const zs_memory_params *m, zs_err *err)
{
    ZS_TRY(check_power(m->bus_bytes, "board.memory.bus", err));
    ZS_TRY(check_power(m->banks, "board.memory.banks", err));
    ZS_TRY(check_power(m->row_bytes, "board.memory.row_bytes", err));
    if (m->banks > BANKS_MAX)
        return zs_fail(err, ZS_ERANGE, "board.memory.banks", "%u is above the maximum %d", m->banks,
                       BANKS_MAX);
    if (m->queue == 0 || m->queue > 256)
        return zs_fail(err, ZS_ERANGE, "board.memory.queue", "%u is outside 1 to 256", m->queue);
    if (m->row_bytes < 8 * m->bus_bytes)
        return zs_fail(err, ZS_ERANGE, "board.memory.row_bytes",
                       "%u is less than one transaction of %u bytes", m->row_bytes,
                       8 * m->bus_bytes);
    const uint32_t needed = 2 * (zs_dram_refresh_ddr_cycles(m) + m->t_ras + m->t_wr);
    if (m->t_refi != 0 && m->t_refi < needed)
        return zs_fail(err, ZS_ERANGE, "board.memory.t_refi",
                       "%u leaves no time between refreshes, these timings need at least %u",
                       m->t_refi, needed);
    return ZS_OK;
}

static void lane_init(lane *l, item *items, uint32_t n)
{
    l->items = items;
    l->head = l->tail = NO_ITEM;
    for (uint32_t i = 0; i < n; i++)
        items[i].next = (uint16_t)(i + 1 < n ? i + 1 : NO_ITEM);
}

static void derive(zs_dram *d, const zs_memory_params *m)
{
    d->p = *m;
    d->row_shift = log2_of(m->row_bytes);
    d->bank_shift = log2_of(m->banks);
    d->bank_mask = m->banks - 1;
    d->block_shift = log2_of(8 * m->bus_bytes);
    d->gap = zs_dram_column_gap(m);
    d->bank_gap = m->t_ccd_bank > d->gap ? m->t_ccd_bank - d->gap : 0;
    d->to_other[READ] = read_to_write(m);
    d->to_other[WRITE] = write_to_read(m);
    d->to_precharge[READ] = m->t_rtp;
    d->to_precharge[WRITE] = m->t_cwl + BURST + m->t_wr;
    d->piece_blocks = m->queue < PIECE_TRANSACTIONS ? m->queue : PIECE_TRANSACTIONS;
    d->latency[READ] = m->t_cl + BURST;
    d->latency[WRITE] = m->t_cwl + BURST;
    d->read_run = zs_dram_read_run(m);
    d->read_high = zs_dram_full_queue(m);
    d->write_high = (uint32_t)zs_max_u64(1, m->queue / 2);
    d->starve_limit = zs_dram_short_read_run(m);
    d->refresh_at = m->t_refi == 0 ? ZS_DRAM_NEVER : m->t_refi;
    d->served_dir = 2;
}

zs_status zs_dram_build(zs_arena *arena, const zs_memory_params *memory, zs_dram **out, zs_err *err)
{
    ZS_TRY(check(memory, err));
    zs_dram *d = zs_new(arena, zs_dram, 1);
    item *items = zs_new(arena, item, 2 * (size_t)memory->queue);
    if (d == NULL || items == NULL)
        return zs_nomem(err, "the DDR controller");
    derive(d, memory);
    lane_init(&d->lanes[READ], items, memory->queue);
    lane_init(&d->lanes[WRITE], items + memory->queue, memory->queue);
    for (uint32_t b = 0; b < BANKS_MAX; b++) {
        d->banks[b].row = NO_ROW;
        d->banks[b].opened_by = ZS_ROW_CLOSED;
    }
    *out = d;
    return ZS_OK;
}

/* ---- being watched --------------------------------------------------------------------------- */

void zs_dram_watch_set(zs_dram *d, const zs_dram_watch *watch)
{
    d->watch = watch;
}

ZS_COLD static void tell(const zs_dram *d, zs_dram_act act, uint32_t bank, uint64_t at,
                         uint64_t end)
{
    const zs_dram_event event = {.at = at,
                                 .end = end,
                                 .act = (uint8_t)act,
                                 .bank = (uint8_t)bank,
                                 .row = d->banks[bank].row};
    d->watch->seen(d->watch->ctx, &event);
}

/* Transactions that came into the queue, or left it. */
ZS_COLD static void tell_queue(const zs_dram *d, zs_dram_act act, uint32_t bank, uint32_t dir,
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
static void update_want(zs_dram *d, uint32_t b, uint64_t at)
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

static uint64_t activate_floor(const zs_dram *d)
{
    const uint64_t newest = d->activates[(d->activate_i + FAW_WINDOW - 1) % FAW_WINDOW];
    const uint64_t oldest = d->activates[d->activate_i];
    const uint64_t by_rrd = newest == 0 ? 0 : newest - 1 + d->p.t_rrd;
    const uint64_t by_faw = oldest == 0 ? 0 : oldest - 1 + d->p.t_faw;
    return zs_max_u64(by_rrd, by_faw);
}

/* The next precharge or activate; of several possible at once the one wanted first. */
static uint64_t next_row_command(const zs_dram *d, uint32_t *which)
{
    const uint64_t floor = activate_floor(d);
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

static void precharge(zs_dram *d, bank_state *bank, uint64_t at)
{
    bank->row = NO_ROW;
    bank->hits[READ] = bank->hits[WRITE] = 0;
    bank->activate_at = at + d->p.t_rp;
    bank->wanted_at = bank->activate_at;
    bank->opened_by = ZS_ROW_OTHER;
    d->counts.precharges++;
}

static uint16_t count_hits(const lane *l, uint32_t b, uint32_t row)
{
    uint16_t n = 0;
    for (uint16_t i = l->head; i != NO_ITEM; i = l->items[i].next)
        n = (uint16_t)(n + (l->items[i].bank == b && l->items[i].row == row));
    return n;
}

static void open_row(zs_dram *d, bank_state *bank, uint32_t row, uint64_t at)
{
    bank->row = row;
    bank->column_at = at + d->p.t_rcd;
    bank->served = 0;
    bank->precharge_at = at + d->p.t_ras;
    d->activates[d->activate_i] = at + 1; /* + 1: zero means none so far */
    d->activate_i = (d->activate_i + 1) % FAW_WINDOW;
    d->counts.activates++;
}

static void activate(zs_dram *d, uint32_t b, uint64_t at)
{
    bank_state *bank = &d->banks[b];
    const lane *l = &d->lanes[d->mode];
    uint16_t i = l->head;
    while (l->items[i].bank != b)
        i = l->items[i].next;
    open_row(d, bank, l->items[i].row, at);
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
        precharge(d, &d->banks[b], at);
    if (d->watch != NULL)
        tell(d, d->banks[b].row == NO_ROW ? ZS_DRAM_PRECHARGE : ZS_DRAM_ACTIVATE, b, at, at);
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
        tell(d, ZS_DRAM_REFRESH, 0, d->refresh_at, at);
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
static void relieve_oldest(zs_dram *d, uint64_t at)
{
    const lane *l = &d->lanes[d->mode];
    if (l->n == 0)
        return;
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

static void unlink_item(lane *l, uint16_t i)
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

static void count_placed(zs_dram *d, bank_state *bank, uint32_t n)
{
    zs_dram_counts *c = &d->counts;
    const uint32_t first_hit = bank->opened_by == ZS_ROW_OPEN;
    c->row_misses += bank->opened_by == ZS_ROW_CLOSED;
    c->row_conflicts += bank->opened_by == ZS_ROW_OTHER;
    c->row_hits += n - 1 + first_hit;
    bank->opened_by = ZS_ROW_OPEN;
    c->busy_ddr_cycles += BURST * n;
    c->turnarounds += d->served_dir != d->mode && d->served_dir != 2;
    d->served_dir = d->mode;
}

/* Column commands of n transactions to a bank's open row, the first one at `at`. */
static void occupy(zs_dram *d, uint32_t b, uint32_t n, uint64_t at, zs_dram_done *done)
{
    bank_state *bank = &d->banks[b];
    lane *l = &d->lanes[d->mode];
    const uint64_t last = at + (uint64_t)d->gap * (n - 1u);
    count_placed(d, bank, n);
    d->now = at;
    d->slot_end = last + d->gap;
    d->column_at[d->mode] = d->slot_end;
    d->column_at[!d->mode] = last + d->to_other[d->mode];
    bank->precharge_at = zs_max_u64(bank->precharge_at, last + d->to_precharge[d->mode]);
    l->placed += n;
    l->last_start = at;
    l->last_n = n;
    d->run += n;
    d->served_bank = b;
    bank->served += n;
    d->events++;
    done->command_ddr_cycle = at;
    done->first_ddr_cycle = at + d->latency[d->mode];
    done->last_ddr_cycle = last + d->latency[d->mode];
    done->is_write = d->mode == WRITE;
}

static void place(zs_dram *d, uint16_t which, uint64_t at, zs_dram_done *done)
{
    lane *l = &d->lanes[d->mode];
    const item it = l->items[which];
    bank_state *bank = &d->banks[it.bank];
    const uint64_t last = at + (uint64_t)d->gap * (it.n - 1u);
    occupy(d, it.bank, it.n, at, done);
    done->tag = it.tag;
    if (--bank->waiting[d->mode] == 0)
        l->banks &= ~(1u << it.bank);
    bank->hits[d->mode]--;
    l->n--;
    l->used -= it.n;
    unlink_item(l, which);
    if (d->watch != NULL)
        tell_queue(d, ZS_DRAM_COLUMNS, it.bank, d->mode, d->lanes[READ].used + d->lanes[WRITE].used,
                   at, d->slot_end);
    update_want(d, it.bank, last);
    relieve_oldest(d, last);
    relieve_bank(d, it.bank, last);
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

static uint64_t room_at(const zs_dram *d, const lane *l, uint32_t n)
{
    const uint32_t room = d->p.queue - l->used;
    if (room < n)
        return ZS_DRAM_NEVER;
    if (room - n >= l->last_n)
        return 0;
    /* The item placed last still holds entries; each is free after its own column command. */
    const uint32_t must_leave = n + l->last_n - room;
    return l->last_start + (uint64_t)d->gap * (must_leave - 1) + 1;
}

uint64_t zs_dram_room_at(const zs_dram *d, const zs_dram_req *req)
{
    return room_at(d, &d->lanes[req->is_write], first_piece(d, req).n);
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

static void enqueue(zs_dram *d, const zs_dram_req *req, uint32_t n, uint64_t at)
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
        tell_queue(d, ZS_DRAM_QUEUED, it->bank, dir, d->lanes[READ].used + d->lanes[WRITE].used, at,
                   at);
    if (d->mode == dir)
        update_want(d, it->bank, at);
}

uint64_t zs_dram_offer(zs_dram *d, zs_dram_req *req, uint64_t at)
{
    const piece p = first_piece(d, req);
    const uint64_t room = room_at(d, &d->lanes[req->is_write], p.n);
    if (room > at)
        return room;
    enqueue(d, req, p.n, at + ENTRY);
    *(req->is_write ? &d->counts.write_bytes : &d->counts.read_bytes) += p.bytes;
    *(req->is_write ? &d->counts.write_transactions : &d->counts.read_transactions) += p.n;
    req->addr += p.bytes;
    req->bytes -= p.bytes;
    return at;
}

bool zs_dram_takes_whole(const zs_dram *d, const zs_dram_req *req, uint64_t at)
{
    const piece p = first_piece(d, req);
    return p.bytes == req->bytes && room_at(d, &d->lanes[req->is_write], p.n) <= at;
}

/* What a request that finds both queues empty will need, and when. */
typedef struct passage {
    uint64_t turn_at, precharge_at, activate_at, column_at; /* the first three: NEVER when not */
} passage;

static passage passage_of(const zs_dram *d, uint32_t dir, uint32_t b, uint32_t row, uint64_t at)
{
    const bank_state *bank = &d->banks[b];
    passage p = {ZS_DRAM_NEVER, ZS_DRAM_NEVER, ZS_DRAM_NEVER, 0};
    uint64_t rows_from = at + ENTRY, from = zs_max_u64(d->now, at + ENTRY);
    if (d->mode != dir)
        rows_from = from = p.turn_at = zs_max_u64(from, d->slot_end);
    uint64_t ready = bank->column_at;
    if (bank->row != row) {
        uint64_t closed_at = zs_max_u64(rows_from, bank->activate_at);
        if (bank->row != NO_ROW) {
            p.precharge_at = zs_max_u64(rows_from, bank->precharge_at);
            closed_at = p.precharge_at + d->p.t_rp;
        }
        p.activate_at = zs_max_u64(closed_at, activate_floor(d));
        ready = p.activate_at + d->p.t_rcd;
    }
    const uint64_t bus = d->column_at[dir] + (b == d->served_bank ? 0 : d->bank_gap);
    p.column_at = zs_max_u64(ready, zs_max_u64(bus, from));
    return p;
}

/* Of a request that has just passed. Its passage comes by value: an address would keep it in memory
 * where nobody looks, too. */
ZS_COLD static void tell_passage(const zs_dram *d, passage p, uint32_t b, uint32_t n, uint64_t at)
{
    tell_queue(d, ZS_DRAM_QUEUED, b, d->mode, n, at, at);
    if (p.precharge_at != ZS_DRAM_NEVER)
        tell(d, ZS_DRAM_PRECHARGE, b, p.precharge_at, p.precharge_at);
    if (p.activate_at != ZS_DRAM_NEVER)
        tell(d, ZS_DRAM_ACTIVATE, b, p.activate_at, p.activate_at);
    tell_queue(d, ZS_DRAM_COLUMNS, b, d->mode, 0, p.column_at, d->slot_end);
}

bool zs_dram_pass(zs_dram *d, const zs_dram_req *req, uint64_t at, uint64_t until,
                  zs_dram_done *done)
{
    const uint64_t page = req->addr >> d->row_shift;
    const uint32_t b = (uint32_t)page & d->bank_mask, row = (uint32_t)(page >> d->bank_shift);
    const uint32_t dir = req->is_write, n = first_piece(d, req).n;
    if (d->lanes[READ].n + d->lanes[WRITE].n != 0 || d->forced != 0)
        return false;
    const passage p = passage_of(d, dir, b, row, at);
    if (p.column_at - ENTRY >= until || p.column_at >= d->refresh_at)
        return false;
    if (p.turn_at != ZS_DRAM_NEVER) {
        d->mode = dir;
        d->run = 0;
        d->drains = dir == WRITE && n >= d->write_high;
    }
    d->events += p.precharge_at != ZS_DRAM_NEVER;
    d->events += p.activate_at != ZS_DRAM_NEVER;
    if (p.precharge_at != ZS_DRAM_NEVER)
        precharge(d, &d->banks[b], p.precharge_at);
    if (p.activate_at != ZS_DRAM_NEVER)
        open_row(d, &d->banks[b], row, p.activate_at);
    *(dir == WRITE ? &d->counts.write_bytes : &d->counts.read_bytes) += req->bytes;
    *(dir == WRITE ? &d->counts.write_transactions : &d->counts.read_transactions) += n;
    occupy(d, b, n, p.column_at, done);
    done->tag = req->tag;
    if (d->watch != NULL)
        tell_passage(d, p, b, n, at + ENTRY);
    return true;
}

/* ---- a run of lone hits ---------------------------------------------------------------------- */

bool zs_dram_begin_hits(const zs_dram *d, const zs_dram_req *req, uint64_t at,
                        zs_dram_run_of_hits *out)
{
    const uint64_t page = req->addr >> d->row_shift;
    const uint32_t b = (uint32_t)page & d->bank_mask;
    const bank_state *bank = &d->banks[b];
    if (d->lanes[READ].n + d->lanes[WRITE].n != 0 || d->forced != 0 || d->mode != req->is_write ||
        d->served_dir != req->is_write || d->served_bank != b || bank->opened_by != ZS_ROW_OPEN ||
        bank->row != (uint32_t)(page >> d->bank_shift))
        return false;
    const uint64_t ready = zs_max_u64(d->now, zs_max_u64(d->column_at[d->mode], bank->column_at));
    if (at + ENTRY < ready)
        return false;
    *out = (zs_dram_run_of_hits){.page = page,
                                 .row_shift = d->row_shift,
                                 .block_shift = d->block_shift,
                                 .most = d->piece_blocks};
    return true;
}

void zs_dram_end_hits(zs_dram *d, const zs_dram_run_of_hits *hits, uint64_t at)
{
    const uint32_t b = (uint32_t)hits->page & d->bank_mask;
    const uint32_t others = (uint32_t)hits->transactions - hits->last_n;
    zs_dram_done done;
    *(d->mode == WRITE ? &d->counts.write_bytes : &d->counts.read_bytes) += hits->bytes;
    *(d->mode == WRITE ? &d->counts.write_transactions : &d->counts.read_transactions) +=
        hits->transactions;
    d->counts.row_hits += others;
    d->counts.busy_ddr_cycles += BURST * (uint64_t)others;
    d->lanes[d->mode].placed += others;
    d->run += others;
    d->banks[b].served += others;
    d->events += hits->bursts - 1;
    occupy(d, b, hits->last_n, at + ENTRY, &done);
}

/* ---- an idle memory ---------------------------------------------------------------------------
 */

/* End of the last refresh if it began on time. */
static uint64_t refreshed(const zs_dram *d)
{
    return d->p.t_refi == 0 ? 0 : d->refresh_at - d->p.t_refi + d->p.t_rfc;
}

uint64_t zs_dram_idle_at(const zs_dram *d)
{
    if (d->lanes[READ].n + d->lanes[WRITE].n != 0)
        return ZS_DRAM_NEVER;
    uint64_t at = zs_max_u64(d->column_at[READ], d->column_at[WRITE]) + d->bank_gap;
    at = zs_max_u64(at, d->slot_end);
    const uint64_t newest = d->activates[(d->activate_i + FAW_WINDOW - 1) % FAW_WINDOW];
    if (newest != 0)
        at = zs_max_u64(at, newest - 1 + zs_max_u64(d->p.t_rrd, d->p.t_faw));
    const uint64_t refreshed_at = refreshed(d);
    for (uint32_t b = 0; b < d->p.banks; b++) {
        const bank_state *bank = &d->banks[b];
        const uint64_t open_at = zs_max_u64(bank->column_at, bank->precharge_at + d->p.t_rp);
        if (bank->row != NO_ROW)
            at = zs_max_u64(at, open_at);
        else if (bank->activate_at != refreshed_at)
            at = zs_max_u64(at, bank->activate_at);
    }
    return at;
}

uint64_t zs_dram_refresh_at(const zs_dram *d)
{
    return d->refresh_at;
}

void zs_dram_get_idle(const zs_dram *d, zs_dram_idle *idle)
{
    for (uint32_t b = 0; b < BANKS_MAX; b++) {
        const uint64_t row = d->banks[b].row;
        idle->pages[b] = row == NO_ROW ? ZS_DRAM_NEVER : row << d->bank_shift | b;
    }
    idle->last_is_write = d->served_dir == WRITE;
    idle->run = d->run;
}

void zs_dram_set_idle(zs_dram *d, const zs_dram_idle *idle, uint64_t at)
{
    if (d->refresh_at <= at)
        d->refresh_at += ((at - d->refresh_at) / d->p.t_refi + 1) * d->p.t_refi;
    for (uint32_t b = 0; b < d->p.banks; b++) {
        bank_state *bank = &d->banks[b];
        const bool is_open = idle->pages[b] != ZS_DRAM_NEVER;
        bank->activate_at = zs_max_u64(bank->activate_at, refreshed(d));
        bank->row = is_open ? (uint32_t)(idle->pages[b] >> d->bank_shift) : NO_ROW;
        bank->opened_by = is_open ? ZS_ROW_OPEN : ZS_ROW_CLOSED;
    }
    d->mode = d->served_dir = idle->last_is_write;
    d->drains = idle->last_is_write && d->write_high <= 1; /* it turned for a single one */
    d->run = idle->run;
    d->now = zs_max_u64(d->now, at);
}

void zs_dram_credit(zs_dram *d, const zs_dram_counts *more)
{
    zs_dram_counts *c = &d->counts;
    c->read_bytes += more->read_bytes;
    c->write_bytes += more->write_bytes;
    c->read_transactions += more->read_transactions;
    c->write_transactions += more->write_transactions;
    c->row_hits += more->row_hits;
    c->row_misses += more->row_misses;
    c->row_conflicts += more->row_conflicts;
    c->activates += more->activates;
    c->precharges += more->precharges;
    c->refreshes += more->refreshes;
    c->turnarounds += more->turnarounds;
    c->busy_ddr_cycles += more->busy_ddr_cycles;
}

const zs_dram_counts *zs_dram_counts_of(const zs_dram *d)
{
    return &d->counts;
}

uint64_t zs_dram_events(const zs_dram *d)
{
    return d->events;
}
