#include "mpi_priv.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* MPI cannot be ended without rank 0. */
static _Noreturn void leave(void)
{
    cli_say("MPI", "rank 0 has been silent for ten minutes; this rank leaves");
    fflush(NULL);
    _exit(CLI_FAILED);
}

/* Rank 0 has given this one up and aborts MPI, which may reach this rank or not. */
static void leave_if_given_up(void)
{
    int there = 0;
    if (MPI_Iprobe(0, TAG_QUIT, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) != MPI_SUCCESS || !there)
        return;
    sleep(1);
    _exit(CLI_DONE);
}

static void send_to_owner(int tag, const void *data, size_t bytes)
{
    MPI_Request request;
    int sent = 0;
    const double since_s = cli_seconds();
    if (MPI_Isend(data, (int)bytes, MPI_BYTE, 0, tag, MPI_COMM_WORLD, &request) != MPI_SUCCESS)
        leave();
    while (MPI_Test(&request, &sent, MPI_STATUS_IGNORE) == MPI_SUCCESS && !sent) {
        if (cli_seconds() - since_s > MPI_OWNER_S)
            leave();
        leave_if_given_up();
        mpi_nap();
    }
}

/* The tag of what rank 0 says next, 0: nothing within limit_s; WAIT is heard here. */
static int listen_for(mpi_order *order, double limit_s)
{
    double heard_s = cli_seconds();
    while (cli_seconds() - heard_s < limit_s) {
        MPI_Status from;
        int there = 0, bytes;
        leave_if_given_up();
        if (MPI_Iprobe(0, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &from) != MPI_SUCCESS || !there) {
            mpi_nap();
            continue;
        }
        MPI_Get_count(&from, MPI_BYTE, &bytes);
        if ((size_t)bytes > sizeof *order ||
            MPI_Recv(order, bytes, MPI_BYTE, 0, from.MPI_TAG, MPI_COMM_WORLD, &from) != MPI_SUCCESS)
            break;
        if (from.MPI_TAG != TAG_WAIT)
            return from.MPI_TAG;
        heard_s = cli_seconds();
    }
    return 0;
}

static int await(mpi_order *order, double limit_s)
{
    const int tag = listen_for(order, limit_s);
    if (tag == 0)
        leave();
    return tag;
}

static zs_status send_row(const sweep_worker *worker, const mpi_row_head *head, const char *failure)
{
    const void *text = failure ? (const void *)failure : (const void *)worker->row.data;
    const size_t bytes = failure ? strlen(failure) + 1 : worker->row.bytes;
    char *message = malloc(sizeof *head + bytes);
    if (message == NULL)
        return ZS_ENOMEM;
    memcpy(message, head, sizeof *head);
    memcpy(message + sizeof *head, text, bytes);
    send_to_owner(TAG_ROW, message, sizeof *head + bytes);
    free(message);
    return ZS_OK;
}

static zs_status simulate(const sweep_job *job, const mpi_order *order, sweep_worker *worker)
{
    mpi_row_head head = {.order = *order, .value = (double)NAN};
    bool is_internal = false;
    zs_err why = {0};
    head.status = sweep_work(job, order->own, worker, &head.value, &is_internal, &why);
    head.is_internal = is_internal;
    return send_row(worker, &head, head.status == ZS_OK ? NULL : why.text);
}

static zs_status serve(sweep_job *job, zs_err *err)
{
    sweep_worker worker;
    mpi_order order;
    zs_status status = ZS_OK;
    sweep_worker_init(&worker);
    signal(SIGINT, SIG_IGN); /* rank 0 decides when to stop */
    send_to_owner(TAG_READY, job->id, strlen(job->id));
    while (status == ZS_OK && await(&order, MPI_OWNER_S) == TAG_POINT)
        status = simulate(job, &order, &worker);
    sweep_worker_drop(&worker);
    return status == ZS_OK ? ZS_OK : zs_nomem(err, "a row");
}

/* Begins once rank 0 has read the command and found it good, so that a wrong one is told once. The
 * bounds of --best may take long before that. */
int mpi_work(int argc, char **argv)
{
    static const char failed[] = "could not read the sweep and is left out";
    mpi_order none;
    if (await(&none, INFINITY) == TAG_GO) {
        sweep_set_worker(serve);
        if (cli_main(argc, argv) != CLI_DONE)
            send_to_owner(TAG_FAILED, failed, sizeof failed - 1);
    }
    send_to_owner(TAG_BYE, NULL, 0);
    for (int tag; (tag = listen_for(&none, MPI_END_S)) != TAG_END;)
        if (tag == 0) { /* rank 0 has all rows, and has left: what it said last may be lost */
            fflush(NULL);
            _exit(CLI_DONE);
        }
    return CLI_DONE;
}
