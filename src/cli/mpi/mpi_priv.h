/* mpi_priv.h - a sweep on many machines: zynqsim-mpi.
 *
 * Flow     rank 0 (mpi_owner.c) owns the file and hands out points; every other rank (mpi_worker.c)
 *          runs the same command without a file, says which sweep it has read, and sends a row back
 *          for every point. One that sees other files, or is another build, is left out.
 * Loss     a rank that does not answer in time is silent: its point goes to another rank, or rank 0
 *          simulates it when there is none. What it sends later is welcome; a row that comes twice
 *          is taken once. So a loss costs time and no rows, where MPI lets the others live.
 * Omits    the loss of rank 0: the others leave, and the same command goes on. */
#ifndef ZYNQSIM_MPI_PRIV_H
#define ZYNQSIM_MPI_PRIV_H

#include "../sweep_priv.h"

#include <mpi.h>
#include <time.h>

/* From rank 0: GO (begin), POINT (mpi_order), WAIT (rank 0 is alive), STOP; after the last BYE END,
 * or QUIT when one did not come: then MPI cannot be ended in order. To rank 0: READY (the identity
 * of the sweep), ROW (mpi_row_head and text), FAILED (why), BYE. */
enum mpi_tag {
    TAG_GO = 1,
    TAG_POINT,
    TAG_WAIT,
    TAG_STOP,
    TAG_END,
    TAG_QUIT,
    TAG_READY,
    TAG_ROW,
    TAG_FAILED,
    TAG_BYE
};

/* Rank 0 speaks to those that wait every MPI_WAIT_S; after MPI_OWNER_S without a word it is dead.
 */
#define MPI_WAIT_S  60.0
#define MPI_OWNER_S 600.0
/* Once a rank has said BYE, rank 0 speaks to it every second until the end. */
#define MPI_END_S 10.0

typedef struct mpi_order {
    uint64_t own, ordinal;
} mpi_order;

/* In front of a row's text, or of what failed. */
typedef struct mpi_row_head {
    mpi_order order;
    double value;
    uint32_t is_internal, status;
} mpi_row_head;

/* Between two looks at what has come. */
static inline void mpi_nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50 * 1000}, NULL);
}

/* Exit status of rank 0; *all_left says that every other rank has said BYE. */
int mpi_own(int argc, char **argv, int ranks, bool *all_left);
/* Of any other rank. Does not return when rank 0 is dead. */
int mpi_work(int argc, char **argv);

#endif
