#include "../sweep_priv.h"

#include <math.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A sweep on many machines. Rank 0 owns the file and hands out points; every other rank runs the
 * same command without a file, asks for a point when it has none, and sends the row back. Ranks say
 * which sweep they have read: one that sees other files is left out. */

enum { TAG_GO = 1, TAG_POINT, TAG_STOP, TAG_READY, TAG_ROW, TAG_FAILED };
enum { NAP_NS = 50000 };

/* In front of a row's text. */
typedef struct row_head {
    uint64_t own;
    double value;
    uint32_t is_internal, status;
} row_head;

static struct {
    int rank, size;
    bool started;  /* rank 0: the others were told to begin */
    bool *is_lost; /* [rank] failed, or sees another sweep */
    bool *is_idle; /* [rank] waits for a point */
    int lost;      /* how many are */
    char *message;
    size_t room;
} world;

/* ---- rank 0 ---------------------------------------------------------------------------------- */

static void start_workers(void)
{
    for (int rank = 1; rank < world.size && !world.started; rank++)
        MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_GO, MPI_COMM_WORLD);
    world.started = true;
}

static void stop_workers(void)
{
    for (int rank = 1; rank < world.size; rank++)
        if (!world.is_lost[rank])
            MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_STOP, MPI_COMM_WORLD);
}

/* Waits without burning a processor. False: the network of ranks is broken. */
static bool receive(MPI_Status *status, int *bytes)
{
    for (int there = 0; !there;) {
        if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, status) != MPI_SUCCESS)
            return false;
        if (!there)
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
    MPI_Get_count(status, MPI_BYTE, bytes);
    if ((size_t)*bytes + 1 > world.room) {
        char *bigger = realloc(world.message, (size_t)*bytes + 1);
        if (bigger == NULL)
            return false;
        world.message = bigger;
        world.room = (size_t)*bytes + 1;
    }
    if (MPI_Recv(world.message, *bytes, MPI_BYTE, status->MPI_SOURCE, status->MPI_TAG,
                 MPI_COMM_WORLD, status) != MPI_SUCCESS)
        return false;
    world.message[*bytes] = '\0';
    return true;
}

static void lose(int rank, const char *why)
{
    char place[32];
    snprintf(place, sizeof place, "rank %d", rank);
    cli_say(place, why);
    world.is_lost[rank] = true;
    world.is_idle[rank] = false;
    world.lost++;
}

typedef struct service {
    sweep_job *job;
    const uint64_t *list;
    uint64_t n, next, under_way;
    uint64_t *ordinal_of; /* [rank] */
    zs_err *err;
} service;

static zs_status take_row(service *s, int rank, int bytes)
{
    row_head head;
    memcpy(&head, world.message, sizeof head);
    const char *row = world.message + sizeof head;
    s->under_way--;
    world.is_idle[rank] = true;
    if (head.status != ZS_OK)
        return zs_fail(s->err, (zs_status)head.status, "", "%s", row);
    s->job->internal_problem |= head.is_internal != 0;
    return sweep_take(s->job, s->ordinal_of[rank], head.own, row, (size_t)bytes - sizeof head,
                      head.value, s->err);
}

static const char *why_foreign(const char *id, const char *theirs, char *text, size_t bytes)
{
    if (!sweep_is_other_build(theirs, id))
        return "reads another design or network than rank 0 and is left out";
    snprintf(text, bytes, "is %.80s, rank 0 is %s: models differ, and it is left out",
             sweep_build_of(theirs), cli_build);
    return text;
}

static zs_status take_message(service *s)
{
    char text[256];
    MPI_Status status;
    int bytes;
    if (!receive(&status, &bytes))
        return zs_fail(s->err, ZS_EIO, "MPI", "a rank was lost");
    const int rank = status.MPI_SOURCE;
    switch (status.MPI_TAG) {
    case TAG_ROW:
        return take_row(s, rank, bytes);
    case TAG_READY:
        world.is_idle[rank] = true;
        if (strcmp(world.message, s->job->id) == 0)
            return ZS_OK;
        MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_STOP, MPI_COMM_WORLD);
        lose(rank, why_foreign(s->job->id, world.message, text, sizeof text));
        break;
    default:
        lose(rank, world.message);
    }
    if (world.lost == world.size - 1)
        return zs_fail(s->err, ZS_EIO, "MPI", "no rank is left to simulate");
    return ZS_OK;
}

static void hand_out(service *s)
{
    for (int rank = 1; rank < world.size; rank++) {
        while (s->next < s->n && sweep_is_done(s->job, s->list ? s->list[s->next] : s->next))
            s->next++;
        if (s->next == s->n || sweep_interrupted)
            return;
        if (!world.is_idle[rank])
            continue;
        const uint64_t own = s->list ? s->list[s->next] : s->next;
        s->ordinal_of[rank] = s->next++;
        MPI_Send(&own, sizeof own, MPI_BYTE, rank, TAG_POINT, MPI_COMM_WORLD);
        world.is_idle[rank] = false;
        s->under_way++;
    }
}

static bool is_left(const service *s)
{
    if (sweep_interrupted)
        return false;
    for (uint64_t i = s->next; i < s->n; i++)
        if (!sweep_is_done(s->job, s->list ? s->list[i] : i))
            return true;
    return false;
}

/* After a failure the rows under way are still taken, and the first failure is the one told. */
static zs_status serve(sweep_job *job, const uint64_t *list, uint64_t n, zs_err *err)
{
    service s = {.job = job, .list = list, .n = n, .err = err};
    s.ordinal_of = calloc((size_t)world.size, sizeof *s.ordinal_of);
    if (s.ordinal_of == NULL)
        return zs_nomem(err, "ranks");
    start_workers();
    zs_status status = ZS_OK;
    while (status == ZS_OK && (s.under_way > 0 || is_left(&s))) {
        hand_out(&s);
        status = take_message(&s);
    }
    free(s.ordinal_of);
    return status;
}

/* ---- the other ranks ------------------------------------------------------------------------- */

static zs_status send_row(const sweep_worker *worker, row_head head, const char *failure)
{
    const void *text = failure ? (const void *)failure : (const void *)worker->row.data;
    const size_t bytes = failure ? strlen(failure) + 1 : worker->row.bytes;
    char *message = malloc(sizeof head + bytes);
    if (message == NULL)
        return ZS_ENOMEM;
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, text, bytes);
    const int sent =
        MPI_Send(message, (int)(sizeof head + bytes), MPI_BYTE, 0, TAG_ROW, MPI_COMM_WORLD);
    free(message);
    return sent == MPI_SUCCESS ? ZS_OK : ZS_EIO;
}

static zs_status work(sweep_job *job, zs_err *err)
{
    sweep_worker worker;
    zs_status status = ZS_OK;
    sweep_worker_init(&worker);
    signal(SIGINT, SIG_IGN); /* rank 0 decides when to stop */
    MPI_Send(job->id, (int)strlen(job->id), MPI_BYTE, 0, TAG_READY, MPI_COMM_WORLD);
    while (status == ZS_OK) {
        row_head head = {.value = (double)NAN};
        MPI_Status from;
        bool is_internal = false;
        zs_err why = {0};
        if (MPI_Recv(&head.own, sizeof head.own, MPI_BYTE, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &from) !=
            MPI_SUCCESS)
            status = zs_fail(err, ZS_EIO, "MPI", "rank 0 was lost");
        if (status != ZS_OK || from.MPI_TAG != TAG_POINT)
            break;
        const zs_status worked =
            sweep_work(job, head.own, &worker, &head.value, &is_internal, &why);
        head.is_internal = is_internal;
        head.status = worked;
        status = send_row(&worker, head, worked == ZS_OK ? NULL : why.text);
    }
    sweep_worker_drop(&worker);
    return status;
}

/* Begins once rank 0 has read the command and found it good, so that a wrong one is told once. */
static int be_a_worker(int argc, char **argv)
{
    MPI_Status from;
    MPI_Recv(NULL, 0, MPI_BYTE, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &from);
    if (from.MPI_TAG == TAG_STOP)
        return CLI_DONE;
    sweep_set_worker(work);
    const int status = cli_main(argc, argv);
    static const char failed[] = "could not read the sweep and is left out";
    if (status == CLI_WRONG)
        MPI_Send(failed, sizeof failed - 1, MPI_BYTE, 0, TAG_FAILED, MPI_COMM_WORLD);
    return CLI_DONE;
}

static int be_the_owner(int argc, char **argv)
{
    world.is_lost = calloc((size_t)world.size, sizeof *world.is_lost);
    world.is_idle = calloc((size_t)world.size, sizeof *world.is_idle);
    if (world.is_lost == NULL || world.is_idle == NULL)
        return CLI_FAILED;
    if (world.size > 1)
        sweep_set_pool(serve);
    const int status = cli_main(argc, argv);
    stop_workers();
    free(world.is_lost);
    free(world.is_idle);
    free(world.message);
    return status;
}

int main(int argc, char **argv)
{
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS)
        return CLI_FAILED;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world.size);
    const int status = world.rank == 0 ? be_the_owner(argc, argv) : be_a_worker(argc, argv);
    MPI_Finalize();
    return status;
}
