/* dram.h - the DDR3 controller of the PS and the one rank of memory behind it.
 *
 * Models   read and write queues of BL8 transactions; open rows per bank; first-ready scheduling
 *          with a limit on how often the oldest may be passed; tRCD tRP tCL tCWL tRAS (and tRC =
 *          tRAS + tRP) tRRD tFAW tWR tWTR tRTP tRTW tCCD; all-bank refresh; posted writes, drained
 *          in batches.
 * Omits    the command bus (one command per clock never limits at BL8), power-down, ECC, page-close
 *          timers, forwarding of queued writes to reads, priorities between ports.
 * Form     a request (or its piece in one row) is a run of transactions. It is scheduled as a whole
 *          with times in closed form: one decision per request, at most two more for a row change,
 *          and none per clock. Derivation and validation: docs/models/dram.md
 * Sources  JESD79-3 for the rules, the parameter rows of design/fields.def for the numbers.
 * Time     DDR clock cycles. The caller offers requests at non-decreasing times, each after
 *          zs_dram_run has returned false up to that time.
 * Memory   lives in the arena; nothing is allocated after _build. */
#ifndef ZYNQSIM_DRAM_H
#define ZYNQSIM_DRAM_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"

/* Bytes and transactions are counted when a request is queued, the rest when it is issued. */
typedef struct zs_dram_counts {
    uint64_t read_bytes, write_bytes;               /* useful */
    uint64_t read_transactions, write_transactions; /* BL8 */
    /* per transaction: row open, bank closed, other row open */
    uint64_t row_hits, row_misses, row_conflicts;
    uint64_t activates, precharges, refreshes, turnarounds;
    uint64_t busy_ddr_cycles; /* data bus in use */
} zs_dram_counts;

void zs_dram_add_counts(zs_dram_counts *counts, const zs_dram_counts *more);

typedef struct zs_dram zs_dram;

/* Bytes addr .. addr + bytes - 1. Requests that cross a row boundary are queued in pieces. */
typedef struct zs_dram_req {
    uint64_t addr;
    uint32_t bytes; /* useful ones; the transactions cover whole BL8 blocks */
    uint32_t tag;   /* the caller's, returned in zs_dram_done */
    bool is_write;
} zs_dram_req;

/* A piece of a request whose column commands have been issued. Its times are later than the
 * decision. */
typedef struct zs_dram_done {
    uint64_t command_ddr_cycle; /* first column command */
    uint64_t first_ddr_cycle;   /* end of the first transaction on the data bus */
    uint64_t last_ddr_cycle;    /* end of the last one */
    uint32_t tag;
    bool is_write;
} zs_dram_done;

/* DRAM events for traces. Times are those of the commands, later than the decision, and do not
 * decrease from event to event. */
typedef enum zs_dram_act {
    ZS_DRAM_ACTIVATE,  /* a bank opens `row` */
    ZS_DRAM_PRECHARGE, /* a bank closes `row` */
    ZS_DRAM_COLUMNS,   /* transactions of a bank's open row: their slots on the command bus */
    ZS_DRAM_REFRESH,   /* all banks closed, then refreshed until `end` */
    ZS_DRAM_QUEUED     /* a piece of a request enters the queue */
} zs_dram_act;

typedef struct zs_dram_event {
    uint64_t at, end; /* DDR cycles */
    uint32_t row;
    uint16_t queued; /* transactions waiting after it; 0 for ACTIVATE, PRECHARGE and REFRESH */
    uint8_t act;     /* zs_dram_act */
    uint8_t bank;
    bool is_write;
} zs_dram_event;

typedef struct zs_dram_watch {
    void (*seen)(void *ctx, const zs_dram_event *event);
    void *ctx;
} zs_dram_watch;

#define ZS_DRAM_NEVER UINT64_MAX

/* ZS_ERANGE: rejected by zs_design_memory_check (design.h). ZS_ENOMEM. */
zs_status zs_dram_build(zs_arena *arena, const zs_memory_params *memory, zs_dram **out,
                        zs_err *err);
/* Reports every event from now on; `watch` outlives the controller, NULL: none. */
void zs_dram_watch_set(zs_dram *dram, const zs_dram_watch *watch);

/* Earliest cycle with queue space for the first piece of a request; 0 when there is some now,
 * ZS_DRAM_NEVER when that depends on a decision not yet made. */
uint64_t zs_dram_room_at(const zs_dram *dram, const zs_dram_req *req);
/* Queues the first piece of a request: at most up to the end of its row and the queue's capacity.
 * With space at `at` the piece is removed from the request (its addr and bytes advance) and the
 * result is `at`; otherwise nothing changes and the result is that of zs_dram_room_at. Writes are
 * posted: complete for the sender once the last piece is queued. */
uint64_t zs_dram_offer(zs_dram *dram, zs_dram_req *req, uint64_t at);
/* Makes the decisions that requests offered at `until` or later cannot change. True as soon as one
 * of them issues a piece: call again. False: no more can be decided. */
bool zs_dram_run(zs_dram *dram, uint64_t until, zs_dram_done *done);

const zs_dram_counts *zs_dram_counts_of(const zs_dram *dram);
/* Decisions so far: row commands, requests, refreshes. A request that finds both queues empty is
 * one decision, row commands included. */
uint64_t zs_dram_events(const zs_dram *dram);

/* ---- an idle memory -------------------------------------------------------------------------- */

/* The state of a memory in which no past command delays a future one. */
enum { ZS_DRAM_BANKS = 16 };
typedef struct zs_dram_idle {
    uint64_t pages[ZS_DRAM_BANKS]; /* [bank] address / row_bytes of the open row, or NEVER */
    bool last_is_write;            /* direction of the last data */
    uint32_t run;                  /* transactions since it last changed */
} zs_dram_idle;
/* Cycle from which no past command delays a command or a refresh; ZS_DRAM_NEVER while requests
 * wait. A refresh that began when due does not count: it ends t_rfc after its due time. */
uint64_t zs_dram_idle_at(const zs_dram *dram);
/* The next refresh, or ZS_DRAM_NEVER. */
uint64_t zs_dram_refresh_at(const zs_dram *dram);
void zs_dram_get_idle(const zs_dram *dram, zs_dram_idle *idle);
/* Sets the memory to this idle state, with all refreshes due up to and including `at` begun on
 * time; `at` is not before any time already reached, and at least one refresh has taken place.
 * Counts are kept. */
void zs_dram_set_idle(zs_dram *dram, const zs_dram_idle *idle, uint64_t at);
/* Adds the counts of a period that was skipped or simulated elsewhere. */
void zs_dram_credit(zs_dram *dram, const zs_dram_counts *more);

/* Closed forms of the same formulas: cycles from a read's arrival at an idle controller to the end
 * of its first transaction, by the state of its bank: row hit, bank closed, row conflict. */
typedef enum zs_row_state { ZS_ROW_OPEN, ZS_ROW_CLOSED, ZS_ROW_OTHER } zs_row_state;
uint32_t zs_dram_read_ddr_cycles(const zs_memory_params *memory, zs_row_state state);
/* Cycles from one column command of a row to the next. */
uint32_t zs_dram_column_gap(const zs_memory_params *memory);
/* Data bus cycles lost by a turnaround to writes and back. */
uint32_t zs_dram_turn_ddr_cycles(const zs_memory_params *memory);
/* Cycles that one refresh takes from a busy data bus: precharge, refresh, activate. */
uint32_t zs_dram_refresh_ddr_cycles(const zs_memory_params *memory);
/* Read transactions allowed in a row while a half-full write queue waits (docs/models/dram.md);
 * writes run for write_batch. */
uint32_t zs_dram_read_run(const zs_memory_params *memory);

#endif
