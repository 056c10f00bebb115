#include "cli_priv.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* Numerics on a second thread: it performs the ops in the order in which the timing thread retires
 * them, some microseconds later. The order is the same as on one thread, so are the bits. */
struct cli_follower {
    zs_exec *exec;
    uint32_t *ops; /* retired so far; written before `n` says so */
    atomic_uint n;
    atomic_bool is_last;
    pthread_t thread;
};

/* With nothing to do it sleeps: a loop of looks slows down the timing thread, by a tenth where two
 * processors share a core. */
static const struct timespec nap = {.tv_nsec = 20 * 1000};

static void *follow(void *ctx)
{
    cli_follower *f = ctx;
    for (unsigned done = 0;;) {
        const bool is_last = atomic_load_explicit(&f->is_last, memory_order_acquire);
        const unsigned n = atomic_load_explicit(&f->n, memory_order_acquire);
        if (done == n && is_last)
            return NULL;
        if (done == n)
            (void)nanosleep(&nap, NULL);
        while (done < n)
            zs_exec_op(f->exec, f->ops[done++]);
    }
}

cli_follower *cli_follower_start(zs_arena *arena, zs_exec *exec, uint32_t op_n)
{
    cli_follower *f = zs_new(arena, cli_follower, 1);
    if (f == NULL || (f->ops = zs_arena_alloc_raw(arena, op_n + 1u, sizeof *f->ops)) == NULL)
        return NULL;
    f->exec = exec;
    return pthread_create(&f->thread, NULL, follow, f) == 0 ? f : NULL;
}

void cli_follower_retire(cli_follower *f, uint32_t op)
{
    const unsigned n = atomic_load_explicit(&f->n, memory_order_relaxed);
    f->ops[n] = op;
    atomic_store_explicit(&f->n, n + 1, memory_order_release);
}

void cli_follower_finish(cli_follower *f)
{
    atomic_store_explicit(&f->is_last, true, memory_order_release);
    pthread_join(f->thread, NULL);
}
