/* sweep_priv.h - the parts of `zynqsim sweep`.
 *
 * Flow     sweep_setup.c turns options into a sweep and its identity; sweep_file.c opens the file
 *          of rows and finds what is there; sweep_pool.c simulates points on threads (or a pool of
 *          another kind, see cli_set_pool); sweep_best.c chooses points by their bounds;
 *          sweep_rows.c reads rows back; sweep_answer.c prints counts, front and optimum.
 * Threads  workers share the sweep const, have an arena each, and meet in sweep_file_add alone. */
#ifndef ZYNQSIM_SWEEP_PRIV_H
#define ZYNQSIM_SWEEP_PRIV_H

#include "cli_priv.h"
#include "zynqsim/sweep.h"

#include <string.h>

/* ---- networks (sweep_nets.c) ----------------------------------------------------------------- */

typedef struct sweep_nets {
    const cli_options *o;
    const zs_design *base; /* whose network.model is a path */
    struct net_entry *first;
} sweep_nets;

/* net_of of zs_sweep; ctx is a sweep_nets. Loads what is not there yet, one thread at a time. */
zs_status sweep_net_of(void *ctx, const zs_design *design, const zs_net **net, zs_err *err);
void sweep_nets_drop(sweep_nets *nets);

/* ---- rows (sweep_file.c) --------------------------------------------------------------------- */

enum { SWEEP_ID_BYTES = 80 };

typedef struct sweep_file {
    const char *path; /* NULL: memory alone */
    int fd;           /* -1: none */
    bool in_order;    /* a pipe or a terminal: rows wait for those before them */
    uint64_t end;     /* bytes of whole rows */
    double synced_s;
    int spool;        /* without a path: a file that has no name; -1: ... */
    zs_buffer memory; /* ... where there can be none */
    char **waiting;   /* a ring of `room`: ordinals from `next` on */
    uint64_t room, next;
} sweep_file;

struct sweep_job;
/* Opens, locks and repairs the file, marks what it holds as done; writes the header of a new one.
 * ZS_EUSAGE when it belongs to another sweep or is in use. */
zs_status sweep_file_open(struct sweep_job *job, zs_err *err);
/* One row with its end, in one write. ZS_EIO leaves the file with whole rows only. Callers keep
 * each other out. `ordinal` counts the points of this call from 0. */
zs_status sweep_file_add(sweep_file *file, uint64_t ordinal, const void *row, size_t bytes,
                         zs_err *err);
zs_status sweep_file_close(sweep_file *file, zs_err *err);

/* ---- reading rows back (sweep_rows.c) -------------------------------------------------------- */

#define SWEEP_NO_COLUMN UINT32_MAX

typedef struct sweep_row {
    const zs_sweep_columns *layout;
    const char *const *columns; /* names */
    const char *const *cells;
    uint32_t n;
    uint64_t point;
    uint64_t number; /* of the line */
    const char *line;
    uint64_t at; /* where it begins in the file */
    size_t bytes;
} sweep_row;

/* A line that is no whole row of the sweep. */
typedef struct sweep_flaw {
    uint64_t at, bytes, number; /* in the file */
    const char *place, *what;   /* "FILE:LINE, column NAME", and what is wrong there */
    const zs_sweep_columns *layout;
    const char *const *cells; /* NULL where the line cannot be cut into them */
} sweep_flaw;

typedef struct sweep_reading {
    const char *path; /* for messages */
    void *ctx;
    zs_status (*row)(void *ctx, const sweep_row *row, zs_err *err);
    zs_status (*flawed)(void *ctx, const sweep_flaw *flaw, zs_err *err); /* NULL: an error */
    char id[SWEEP_ID_BYTES];
    uint64_t whole_bytes; /* up to the end of the last whole line */
    bool is_torn;         /* a line follows that has no end */
    char *header;
} sweep_reading;

/* Calls for every line, in the order of the file. ZS_EPARSE for a header, and for rows of more than
 * one sweep; the id is that of the first row. */
zs_status sweep_rows_each(FILE *stream, sweep_reading *reading, zs_err *err);
/* "FILE:LINE, column NAME" */
void sweep_place(char *place, size_t bytes, const char *path, uint64_t line, const char *column);
/* The build in an identity; "" when it names none. */
const char *sweep_build_of(const char *id);
/* The same sweep, by programs whose models differ. */
bool sweep_is_other_build(const char *id, const char *than);
uint32_t sweep_column(const sweep_row *row, const char *name);
/* NAN where there is no number. */
double sweep_cell_number(const sweep_row *row, uint32_t column);

/* ---- the job --------------------------------------------------------------------------------- */

typedef struct sweep_job {
    const cli_options *o;
    cli_point base;
    sweep_nets nets;
    zs_sweep sweep;
    char id[SWEEP_ID_BYTES]; /* "<hash>/<points>/<build>" */
    uint64_t shard, shard_n; /* own points: shard, shard + shard_n, ... */
    uint64_t own_n;
    uint8_t *done;            /* [own point] one bit */
    uint64_t done_n, found_n; /* rows there are; of these found in the file */
    zs_subject best;
    bool best_is_larger;
    double *values; /* [own point] of --best, smaller is better; NAN: none */
    sweep_file file;
    cli_progress progress;
    uint64_t best_own; /* the optimum, once found */
    bool best_found, internal_problem;
    bool shows_top; /* a table of the fastest points in place of rows */
} sweep_job;

static inline bool sweep_is_done(const sweep_job *job, uint64_t own)
{
    return job->done[own / 8] >> own % 8 & 1;
}

static inline uint64_t sweep_point_of(const sweep_job *job, uint64_t own)
{
    return job->shard + own * job->shard_n;
}

/* Points that do not fit are no answers, unless a condition decides about them. */
static inline bool sweep_is_about_fits(const zs_condition *c)
{
    return c->figure.field == NULL && strcmp(zs_metrics[c->figure.metric].name, "fits") == 0;
}

static inline bool sweep_may_misfit(const sweep_job *job)
{
    for (uint32_t i = 0; i < job->sweep.conditions.n; i++)
        if (sweep_is_about_fits(&job->sweep.conditions.list[i]))
            return true;
    return false;
}

zs_status sweep_setup(const cli_options *options, sweep_job *job, zs_err *err);
void sweep_job_drop(sweep_job *job);
/* job->id, of what its rows depend on. */
zs_status sweep_set_identity(sweep_job *job, zs_err *err);
/* Reads an axis of the job's design and network. */
zs_status sweep_axis_read(sweep_job *job, const char *text, zs_axis *axis, zs_err *err);
/* ZS_EPARSE at `place` for a key that has no effect in the kind of some point. */
zs_status sweep_check_key(const sweep_job *job, const zs_subject *figure, const char *place,
                          zs_err *err);
/* Of "figure", "max:figure", "-figure" or "min:figure"; *larger: more is better. */
zs_status sweep_objective(zs_arena *arena, const char *text, zs_subject *out, bool *larger,
                          zs_err *err);

/* ---- simulating (sweep_pool.c) --------------------------------------------------------------- */

/* One worker's things. */
typedef struct sweep_worker {
    zs_sweep_memo memo;
    zs_buffer row;
} sweep_worker;
void sweep_worker_init(sweep_worker *worker);
void sweep_worker_drop(sweep_worker *worker);
/* Simulates own point `own`; the row is in worker->row, the value of --best in *value. */
zs_status sweep_work(const sweep_job *job, uint64_t own, sweep_worker *worker, double *value,
                     bool *is_internal, zs_err *err);

/* Simulates own points list[0..n) (0..n-1 when it is NULL) that are not done, and adds their rows.
 * Ends early when interrupted. */
typedef zs_status (*sweep_pool)(sweep_job *job, const uint64_t *list, uint64_t n, zs_err *err);
zs_status sweep_pool_threads(sweep_job *job, const uint64_t *list, uint64_t n, zs_err *err);
/* Adds what a worker made, and counts it. Callers keep each other out. */
zs_status sweep_take(sweep_job *job, uint64_t ordinal, uint64_t own, const void *row, size_t bytes,
                     double value, zs_err *err);
/* --best: points in the order of their bounds, until no other can be better. */
zs_status sweep_best_run(sweep_job *job, sweep_pool pool, zs_err *err);
/* Who simulates from now on: threads, unless the program around says otherwise. */
void sweep_set_pool(sweep_pool pool);
/* This process has no file and answers nothing: it works for another one that has. */
void sweep_set_worker(zs_status (*work)(sweep_job *job, zs_err *err));

/* ZS_EPARSE when a figure of a row is better than its point can be. */
zs_status sweep_check_bound(sweep_job *job, const sweep_row *row, zs_err *err);
/* Reads the rows back and prints what they say. */
zs_status sweep_answer(sweep_job *job, int *exit_status, zs_err *err);
/* The figures of --pareto, before an hour is spent. */
zs_status sweep_check_objectives(sweep_job *job, zs_err *err);
zs_status sweep_merge(const cli_options *options, int *exit_status, zs_err *err);

#endif
