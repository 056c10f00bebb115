#include "mpi_priv.h"

#include <math.h>
#include <stdlib.h>

/* A rank is silent when it has not answered for this, and four times the longest answer so far. */
#define PATIENCE_S 5.0

typedef struct peer {
    mpi_order order;  /* what it is at; kept, for MPI may still be sending it */
    double since_s;   /* it was given that, or asked to begin */
    double spoken_s;  /* it was last sent anything */
    bool is_ready;    /* reads the same sweep */
    bool is_busy;     /* has a point */
    bool is_silent;   /* does not answer */
    bool is_orphaned; /* its point is nobody's */
    bool is_out;      /* failed, or sees another sweep */
    bool has_left;    /* said BYE */
} peer;

static struct {
    peer *peers; /* [rank]; that of rank 0 is not used */
    int ranks;
    bool started, stopped; /* the others know */
    double longest_s;      /* answer */
    char *message;         /* the last one */
    size_t room;
} world;

static double patience_s(void)
{
    return PATIENCE_S + 4 * world.longest_s;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Never waits. A point fits in what MPI sends without asking the other side. */
static void send_to(int rank, enum mpi_tag tag, const void *data, size_t bytes)
{
    MPI_Request request;
    world.peers[rank].spoken_s = cli_seconds();
    if (MPI_Isend(data, (int)bytes, MPI_BYTE, rank, tag, MPI_COMM_WORLD, &request) == MPI_SUCCESS)
        MPI_Request_free(&request);
}

static void say(int rank, const char *text)
{
    char place[32];
    snprintf(place, sizeof place, "rank %d", rank);
    cli_say(place, text);
}

static void leave_out(int rank, const char *why)
{
    peer *p = &world.peers[rank];
    say(rank, why);
    p->is_orphaned = p->is_busy;
    p->is_out = true;
    p->is_busy = false;
}

/* A rank that dies in the middle of a long message never ends it: its buffer is left to MPI. */
static bool finish_receiving(MPI_Request *request, int rank)
{
    const double begin_s = cli_seconds();
    int is_done = 0;
    while (MPI_Test(request, &is_done, MPI_STATUS_IGNORE) == MPI_SUCCESS) {
        if (is_done)
            return true;
        if (cli_seconds() - begin_s > PATIENCE_S)
            break;
        mpi_nap();
    }
    world.message = NULL;
    world.room = 0;
    leave_out(rank, "was lost in the middle of a message");
    return false;
}

/* False: nothing has come. A message is followed by a zero. */
static bool receive(int *rank, int *tag, size_t *bytes)
{
    MPI_Status status;
    MPI_Request request;
    int there = 0, n;
    if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status) != MPI_SUCCESS ||
        !there)
        return false;
    MPI_Get_count(&status, MPI_BYTE, &n);
    *rank = status.MPI_SOURCE;
    *tag = status.MPI_TAG;
    *bytes = (size_t)n;
    if (*bytes + 1 > world.room) {
        char *bigger = realloc(world.message, *bytes + 1);
        if (bigger == NULL)
            return false;
        world.message = bigger;
        world.room = *bytes + 1;
    }
    if (MPI_Irecv(world.message, n, MPI_BYTE, *rank, *tag, MPI_COMM_WORLD, &request) !=
            MPI_SUCCESS ||
        !finish_receiving(&request, *rank))
        return false;
    world.message[n] = '\0';
    return true;
}

/* ---- what ranks say -------------------------------------------------------------------------- */

typedef struct service {
    sweep_job *job;
    const uint64_t *list;
    uint64_t n, next;
    sweep_worker worker; /* for points that no rank takes */
    zs_err *err;
} service;

static zs_status add_row(service *s, const mpi_row_head *head, const char *row, size_t bytes)
{
    if (sweep_is_done(s->job, head->order.own))
        return ZS_OK; /* another rank was asked too, and was faster */
    if (head->status != ZS_OK)
        return zs_fail(s->err, (zs_status)head->status, "", "%s", row);
    s->job->internal_problem |= head->is_internal != 0;
    return sweep_take(s->job, head->order.ordinal, head->order.own, row, bytes, head->value,
                      s->err);
}

static zs_status take_row(service *s, int rank, size_t bytes)
{
    peer *p = &world.peers[rank];
    mpi_row_head head;
    memcpy(&head, world.message, sizeof head);
    world.longest_s = fmax(world.longest_s, cli_seconds() - p->since_s);
    if (p->is_silent)
        say(rank, "answers again");
    p->is_busy = p->is_silent = p->is_orphaned = false;
    return add_row(s, &head, world.message + sizeof head, bytes - sizeof head);
}

static const char *why_foreign(const char *id, const char *theirs, char *text, size_t bytes)
{
    if (!sweep_is_other_build(theirs, id))
        return "reads another design or network than rank 0 and is left out";
    snprintf(text, bytes, "is %.80s, rank 0 is %s: models differ, and it is left out",
             sweep_build_of(theirs), cli_build);
    return text;
}

static void take_ready(const service *s, int rank)
{
    char text[256];
    peer *p = &world.peers[rank];
    if (p->is_silent)
        say(rank, "answers after all");
    p->is_ready = strcmp(world.message, s->job->id) == 0;
    p->is_silent = false;
    if (p->is_ready)
        return;
    send_to(rank, TAG_STOP, NULL, 0);
    leave_out(rank, why_foreign(s->job->id, world.message, text, sizeof text));
}

static zs_status take_message(service *s, bool *came)
{
    int rank, tag;
    size_t bytes;
    *came = receive(&rank, &tag, &bytes);
    if (!*came)
        return ZS_OK;
    if (tag == TAG_ROW)
        return take_row(s, rank, bytes);
    if (tag == TAG_READY)
        take_ready(s, rank);
    else if (tag == TAG_BYE)
        world.peers[rank].has_left = world.peers[rank].is_out = true;
    else
        leave_out(rank, world.message);
    for (int i = 1; i < world.ranks; i++)
        if (!world.peers[i].is_out)
            return ZS_OK;
    return zs_fail(s->err, ZS_EIO, "MPI", "no rank is left to simulate");
}

/* ---- points ---------------------------------------------------------------------------------- */

static uint64_t own_of(const service *s, uint64_t ordinal)
{
    return s->list ? s->list[ordinal] : ordinal;
}

/* The point that is to be simulated next; false: there is none. It is nobody's until taken. */
static bool find_point(service *s, mpi_order *order, bool take)
{
    for (int rank = 1; rank < world.ranks; rank++) {
        peer *p = &world.peers[rank];
        if (!p->is_orphaned || sweep_is_done(s->job, p->order.own))
            continue;
        *order = p->order;
        p->is_orphaned = !take;
        return true;
    }
    while (s->next < s->n && sweep_is_done(s->job, own_of(s, s->next)))
        s->next++;
    if (s->next == s->n)
        return false;
    *order = (mpi_order){.own = own_of(s, s->next), .ordinal = s->next};
    s->next += take;
    return true;
}

static void hand_out(service *s)
{
    const double now_s = cli_seconds();
    for (int rank = 1; rank < world.ranks; rank++) {
        peer *p = &world.peers[rank];
        mpi_order order;
        if (!p->is_ready || p->is_busy || p->is_silent || p->is_out)
            continue;
        if (!cli_interrupted && find_point(s, &order, true)) {
            p->order = order;
            p->is_busy = true;
            p->since_s = now_s;
            send_to(rank, TAG_POINT, &p->order, sizeof p->order);
        } else if (now_s - p->spoken_s > MPI_WAIT_S) {
            send_to(rank, TAG_WAIT, NULL, 0);
        }
    }
}

/* Whether any rank may still answer; those whose time is over become silent. */
static bool listen(void)
{
    char text[128];
    bool any = false;
    const double now_s = cli_seconds(), limit_s = patience_s();
    for (int rank = 1; rank < world.ranks; rank++) {
        peer *p = &world.peers[rank];
        const bool is_awaited = p->is_busy || !p->is_ready;
        if (p->is_out || p->is_silent)
            continue;
        any = true;
        if (!is_awaited || now_s - p->since_s < limit_s)
            continue;
        p->is_silent = true;
        p->is_orphaned = p->is_busy;
        snprintf(text, sizeof text, "has not answered for %.0f s; the sweep goes on without it",
                 now_s - p->since_s);
        say(rank, text);
    }
    return any;
}

static zs_status simulate_here(service *s)
{
    mpi_row_head head = {.value = (double)NAN};
    bool is_internal = false;
    if (!find_point(s, &head.order, true))
        return ZS_OK;
    const double begin_s = cli_seconds();
    ZS_TRY(sweep_work(s->job, head.order.own, &s->worker, &head.value, &is_internal, s->err));
    world.longest_s = fmax(world.longest_s, cli_seconds() - begin_s);
    head.is_internal = is_internal;
    return add_row(s, &head, (const char *)s->worker.row.data, s->worker.row.bytes);
}

static bool is_unfinished(service *s)
{
    mpi_order order;
    for (int rank = 1; rank < world.ranks; rank++)
        if (world.peers[rank].is_busy && !world.peers[rank].is_silent)
            return true;
    return !cli_interrupted && find_point(s, &order, false);
}

static void start_workers(void)
{
    for (int rank = 1; rank < world.ranks && !world.started; rank++) {
        world.peers[rank].since_s = cli_seconds();
        send_to(rank, TAG_GO, NULL, 0);
    }
    world.started = true;
}

static void stop_workers(void)
{
    for (int rank = 1; rank < world.ranks && !world.stopped; rank++)
        if (!world.peers[rank].is_out)
            send_to(rank, TAG_STOP, NULL, 0);
    world.stopped = true;
}

static zs_status serve(sweep_job *job, const uint64_t *list, uint64_t n, zs_err *err)
{
    service s = {.job = job, .list = list, .n = n, .err = err};
    zs_status status = ZS_OK;
    sweep_worker_init(&s.worker);
    start_workers();
    while (status == ZS_OK && is_unfinished(&s)) {
        bool came;
        hand_out(&s);
        status = take_message(&s, &came);
        if (status != ZS_OK || came)
            continue;
        if (listen())
            mpi_nap();
        else
            status = simulate_here(&s);
    }
    sweep_worker_drop(&s.worker);
    return status;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Those that were silent are not waited for. */
static bool is_awaited_to_leave(void)
{
    for (int rank = 1; rank < world.ranks; rank++)
        if (!world.peers[rank].has_left && !world.peers[rank].is_silent)
            return true;
    return false;
}

static bool await_leaving(void)
{
    int rank, tag;
    size_t bytes;
    bool all_left = true;
    const double begin_s = cli_seconds();
    while (is_awaited_to_leave() && cli_seconds() - begin_s < patience_s()) {
        if (!receive(&rank, &tag, &bytes))
            mpi_nap();
        else if (tag == TAG_BYE)
            world.peers[rank].has_left = true;
        for (int i = 1; i < world.ranks; i++)
            if (world.peers[i].has_left && cli_seconds() - world.peers[i].spoken_s > 1)
                send_to(i, TAG_WAIT, NULL, 0);
    }
    for (rank = 1; rank < world.ranks; rank++)
        all_left = all_left && world.peers[rank].has_left;
    for (rank = 1; rank < world.ranks; rank++)
        send_to(rank, all_left ? TAG_END : TAG_QUIT, NULL, 0);
    /* MPI sends while it is called: before it is aborted what was said has to leave this rank */
    for (const double said_s = cli_seconds(); !all_left && cli_seconds() - said_s < 1;)
        if (!receive(&rank, &tag, &bytes))
            mpi_nap();
    return all_left;
}

int mpi_own(int argc, char **argv, int ranks, bool *all_left)
{
    world.ranks = ranks;
    world.peers = calloc((size_t)ranks, sizeof *world.peers);
    if (world.peers == NULL)
        return CLI_FAILED;
    if (ranks > 1)
        sweep_set_pool(serve);
    const int status = cli_main(argc, argv);
    stop_workers();
    *all_left = await_leaving();
    free(world.message);
    if (*all_left)
        free(world.peers); /* else MPI may still be sending what is there */
    return status;
}
