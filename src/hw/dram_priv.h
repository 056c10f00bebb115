/* dram_priv.h - the state of the DDR controller, shared by its files: dram.c (setup, counters),
 * dram_queue_priv.h (the usual enqueue and issue), dram_schedule.c (all other decisions),
 * dram_bypass_priv.h (empty queues); and the lengths of queues and runs by which `tile` shares an
 * overloaded memory. */
#ifndef ZYNQSIM_DRAM_PRIV_H
#define ZYNQSIM_DRAM_PRIV_H

#include "zynqsim/dram.h"

enum { BANKS_MAX = ZS_DRAM_BANKS, PIECE_TRANSACTIONS = 16, FAW_WINDOW = 4, RECENT_RUNS = 8 };
/* Scheduler: calibrated on the open half of the comparison in docs/models/dram.md. */
enum {
    ROW_HITS = 4,      /* transactions of a row that may pass an older read of its bank */
    READ_BATCHES = 12, /* batches that reads run while their queue is full */
    BURST_ROOM = 4     /* a queue with less space cannot accept a 128-byte burst: it is full */
};
enum { READ, WRITE };
#define NO_ROW        UINT32_MAX
#define NO_ENTRY      UINT16_MAX
#define QUEUE_LATENCY 1u /* clock from the queue's input to the scheduler */
#define BURST         4u /* clocks a BL8 transaction occupies the data bus */

/* Number of waiting reads at which their queue counts as full. */
static inline uint32_t zs_dram_full_queue(const zs_memory_params *m)
{
    return m->queue > BURST_ROOM ? m->queue - BURST_ROOM : 1;
}

/* Length of a run of reads when writes fill half their queue and the read queue is not full. */
static inline uint32_t zs_dram_short_read_run(const zs_memory_params *m)
{
    return m->queue / 2;
}

typedef struct queue_entry {
    uint32_t row, tag;
    uint64_t in_turn; /* transactions issued in its direction when it would be next by age */
    uint16_t next, prev;
    uint8_t bank, n;
} queue_entry;

/* Column commands of one request: n of them, the first one at `at`. */
typedef struct column_run {
    uint64_t at;
    uint32_t n;
} column_run;

/* One direction: a list in order of arrival. */
typedef struct request_queue {
    queue_entry *entries;
    uint16_t head, tail, spare; /* spare: unused entries, linked by next */
    uint32_t used, n;           /* transactions and entries waiting */
    uint32_t banks;             /* bit b: a request waits for bank b */
    uint64_t issued_n;          /* transactions so far */
} request_queue;

typedef struct bank_state {
    uint32_t row; /* open row or NO_ROW */
    uint16_t waiting[2], hits[2];
    uint32_t served;   /* transactions since the row was opened */
    uint8_t opened_by; /* row state that the first transaction of the open row counts as */
    uint64_t column_at, precharge_at, activate_at; /* earliest next command of each kind */
    uint64_t wanted_at, wanted_order;              /* of the row command this bank waits for */
} bank_state;

struct zs_dram {
    request_queue queues[2];
    column_run recent[2][RECENT_RUNS]; /* rings: issued requests, whose entries are freed in turn */
    uint32_t recent_i[2];              /* next index to write */
    bank_state banks[BANKS_MAX];
    uint64_t now;
    uint64_t column_at[2];          /* earliest read and write command for the data bus */
    uint64_t slot_end;              /* end of the last command's slot */
    uint64_t activates[FAW_WINDOW]; /* a ring */
    uint64_t refresh_at, wanted_order;
    uint32_t wanting, activate_i; /* wanting: bit b, bank b waits for a row command */
    uint32_t forced;     /* bit b: an older request waits for bank b, which serves no more hits;
                          * b is also in `wanting` until its row is open, or the bus turns */
    uint32_t mode, run;  /* direction served, transactions since the turnaround */
    uint32_t served_dir; /* of the last data on the bus; 2 at first */
    uint32_t served_bank;
    bool drains; /* writes: they filled half their queue when their run began */
    zs_memory_params p;
    uint32_t bank_mask, row_shift, bank_shift, block_shift, piece_blocks;
    uint32_t gap, bank_gap, to_other[2], to_precharge[2], latency[2];
    uint32_t read_run, read_high, write_high, starve_limit;
    zs_dram_counts counts;
    uint64_t events;
    const zs_dram_watch *watch; /* NULL: none */
};

/* Transactions of bytes at an address. */
static inline uint32_t zs_dram_blocks(const zs_dram *d, uint64_t addr, uint64_t bytes)
{
    return (uint32_t)(((addr + bytes - 1) >> d->block_shift) - (addr >> d->block_shift)) + 1;
}

/* Whether a request of n transactions is one piece. */
static inline bool zs_dram_is_piece(const zs_dram *d, const zs_dram_req *req, uint32_t n)
{
    const bool is_one_row = (req->addr ^ (req->addr + req->bytes - 1)) >> d->row_shift == 0;
    return is_one_row && n <= d->piece_blocks;
}

static inline void zs_dram_count_bytes(zs_dram *d, uint32_t dir, uint64_t bytes, uint64_t n)
{
    *(dir == WRITE ? &d->counts.write_bytes : &d->counts.read_bytes) += bytes;
    *(dir == WRITE ? &d->counts.write_transactions : &d->counts.read_transactions) += n;
}

static inline uint64_t zs_dram_activate_floor(const zs_dram *d)
{
    const uint64_t newest = d->activates[(d->activate_i + FAW_WINDOW - 1) % FAW_WINDOW];
    const uint64_t oldest = d->activates[d->activate_i];
    const uint64_t by_rrd = newest == 0 ? 0 : newest - 1 + d->p.t_rrd;
    const uint64_t by_faw = oldest == 0 ? 0 : oldest - 1 + d->p.t_faw;
    return zs_max_u64(by_rrd, by_faw);
}

static inline void zs_dram_close_row(zs_dram *d, bank_state *bank, uint64_t at)
{
    bank->row = NO_ROW;
    bank->hits[READ] = bank->hits[WRITE] = 0;
    bank->activate_at = at + d->p.t_rp;
    bank->wanted_at = bank->activate_at;
    bank->opened_by = ZS_ROW_OTHER;
    d->counts.precharges++;
}

static inline void zs_dram_open_row(zs_dram *d, bank_state *bank, uint32_t row, uint64_t at)
{
    bank->row = row;
    bank->column_at = at + d->p.t_rcd;
    bank->served = 0;
    bank->precharge_at = at + d->p.t_ras;
    d->activates[d->activate_i] = at + 1; /* + 1: zero means none so far */
    d->activate_i = (d->activate_i + 1) % FAW_WINDOW;
    d->counts.activates++;
}

static inline void zs_dram_count_issued(zs_dram *d, bank_state *bank, uint32_t n)
{
    zs_dram_counts *c = &d->counts;
    c->row_hits += n;
    c->busy_ddr_cycles += BURST * n;
    if (bank->opened_by != ZS_ROW_OPEN) {
        c->row_hits--;
        c->row_misses += bank->opened_by == ZS_ROW_CLOSED;
        c->row_conflicts += bank->opened_by == ZS_ROW_OTHER;
        bank->opened_by = ZS_ROW_OPEN;
    }
    if (d->served_dir != d->mode) {
        c->turnarounds += d->served_dir != 2;
        d->served_dir = d->mode;
    }
}

/* Column commands of n transactions to a bank's open row, the first one at `at`. */
static inline void zs_dram_issue_columns(zs_dram *d, uint32_t b, uint32_t n, uint64_t at,
                                         zs_dram_done *done)
{
    const uint32_t mode = d->mode;
    bank_state *bank = &d->banks[b];
    request_queue *l = &d->queues[mode];
    const uint64_t last = at + (uint64_t)d->gap * (n - 1u);
    zs_dram_count_issued(d, bank, n);
    d->now = at;
    d->slot_end = last + d->gap;
    d->column_at[mode] = d->slot_end;
    d->column_at[!mode] = last + d->to_other[mode];
    bank->precharge_at = zs_max_u64(bank->precharge_at, last + d->to_precharge[mode]);
    l->issued_n += n;
    d->recent[mode][d->recent_i[mode]] = (column_run){.at = at, .n = n};
    d->recent_i[mode] = (d->recent_i[mode] + 1) % RECENT_RUNS;
    d->run += n;
    d->served_bank = b;
    bank->served += n;
    d->events++;
    *done = (zs_dram_done){.command_ddr_cycle = at,
                           .first_ddr_cycle = at + d->latency[mode],
                           .last_ddr_cycle = last + d->latency[mode],
                           .is_write = mode == WRITE};
}

/* Whether the data bus delays all decisions but refreshes beyond `offers_until`: no bank waits for
 * a row, and neither a column command nor a turnaround comes before its last slot ends. */
static inline bool zs_dram_waits(const zs_dram *d, uint64_t offers_until)
{
    return d->wanting == 0 && offers_until + QUEUE_LATENCY <= d->slot_end;
}

/* When the queue of a direction has space for n more, given that there is space once all issued
 * requests have ended; any cycle up to `at` means at once. */
uint64_t zs_dram_entries_free_at(const zs_dram *d, uint32_t dir, uint32_t spare);
static inline uint64_t zs_dram_room_for(const zs_dram *d, uint32_t dir, uint32_t n, uint64_t at)
{
    const request_queue *l = &d->queues[dir];
    const uint32_t room = d->p.queue - l->used;
    if (room < n)
        return ZS_DRAM_NEVER;
    if (d->slot_end <= at + (uint64_t)d->gap * (room - n))
        return at; /* even if all pending transactions were of this direction */
    return zs_dram_entries_free_at(d, dir, room - n);
}

/* Whether a request of n transactions has queue space at `at` and is one piece. */
static inline bool zs_dram_accepts(const zs_dram *d, const zs_dram_req *req, uint32_t n,
                                   uint64_t at)
{
    return zs_dram_is_piece(d, req, n) && zs_dram_room_for(d, req->is_write, n, at) <= at;
}
void zs_dram_notify(const zs_dram *d, zs_dram_act act, uint32_t bank, uint64_t at, uint64_t end);
/* Reports transactions that entered or left the queue. */
void zs_dram_notify_queue(const zs_dram *d, zs_dram_act act, uint32_t bank, uint32_t dir,
                          uint32_t queued, uint64_t at, uint64_t end);

#endif
