#include "cli_priv.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct crew {
    void (*work)(void *ctx);
    void *ctx;
} crew;

static void *begin(void *ctx)
{
    const crew *c = ctx;
    c->work(c->ctx);
    return NULL;
}

void cli_threads_run(uint64_t n, void (*work)(void *ctx), void *ctx)
{
    crew c = {.work = work, .ctx = ctx};
    const uint64_t others = n > 1 ? n - 1 : 0;
    uint64_t begun = 0;
    pthread_t *threads = NULL;
    if (others > 0 && others < SIZE_MAX / sizeof *threads)
        threads = calloc(others, sizeof *threads);
    while (threads != NULL && begun < others &&
           pthread_create(&threads[begun], NULL, begin, &c) == 0)
        begun++;
    work(ctx);
    for (uint64_t i = 0; i < begun; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}
