/* optimise_priv.h - a search over designs, for `optimise` and `init`.
 *
 * Flow     optimise_setup turns options into a space; optimise_run searches it on threads, and
 *          keeps what is simulated in a file of rows (optimise_rows.c); optimise_answer simulates
 *          what was found once more for its figures, and says how it ended. */
#ifndef ZYNQSIM_OPTIMISE_PRIV_H
#define ZYNQSIM_OPTIMISE_PRIV_H

#include "sweep_priv.h"
#include "zynqsim/search.h"

/* Points that a file of rows has. */
typedef struct known_point {
    uint64_t point; /* plus 1; 0: free */
    double value, excess;
    uint64_t events;
    bool is_known; /* both follow from the row */
} known_point;

typedef struct optimise_rows {
    int fd; /* -1: none */
    const char *path;
    known_point *points; /* hashed */
    uint64_t n, room;    /* room: a power of two */
    uint64_t found_n;    /* rows that were there */
} optimise_rows;

typedef struct optimise_worker {
    zs_sweep_memo memo;
    zs_arena scratch;
    zs_buffer row;
} optimise_worker;

typedef struct optimise_job {
    const cli_options *o;
    sweep_job sweep; /* the design, its networks, grid and conditions */
    zs_space space;
    zs_search_options search;
    zs_search_state state;
    zs_arena parts; /* of the search */
    optimise_worker *workers;
    uint32_t worker_n;
    optimise_rows rows;
    double begin_s, seconds, said_s; /* seconds: 0 without a limit */
    double said_value, said_gap;
    const char *objective; /* its name */
    bool confirms;
} optimise_job;

/* Figures by name with what is next to them; ZS_EUSAGE, ZS_EPARSE before anything is simulated. */
zs_status optimise_setup(const cli_options *options, optimise_job *job, zs_err *err);
zs_status optimise_run(optimise_job *job, zs_err *err);
void optimise_drop(optimise_job *job);

/* Opens the file of --rows, reads what is there and goes on behind it. */
zs_status optimise_rows_open(optimise_job *job, zs_err *err);
/* NULL: the file has no row of the point. */
known_point *optimise_rows_find(const optimise_rows *rows, uint64_t point);
zs_status optimise_rows_add(optimise_job *job, uint64_t point, const zs_buffer *row, zs_err *err);
void optimise_rows_close(optimise_rows *rows);

/* The design of a point, or of what was given. */
zs_status optimise_design(const optimise_job *job, uint64_t point, zs_arena *arena, zs_design *out,
                          zs_err *err);
/* Writes it with a word on every key that was turned; `heading` ends with NULL. */
zs_status optimise_write(const optimise_job *job, const zs_design *design, const char *path,
                         const char *const *heading, zs_err *err);

#endif
