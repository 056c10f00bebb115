#include "kernels_priv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Kernels that wait for each other for ever. Of each kernel there are two instants, its launch and
 * its end, and what an instant waits for are edges to others; instants that no order satisfies lie
 * on or behind a cycle, which is what the message names. */

typedef enum cause {
    OWN_LAUNCH, /* an end comes after the launch */
    IN_QUEUE,   /* a launch, for the end of the kernel before in the same queue */
    READS,      /* a launch, for the end of what writes its inputs in global memory */
    LAST_WORDS, /* an end, for that of the writer of its channel */
    IS_FULL     /* an end, for the launch of a kernel behind a full channel */
} cause;

/* Instant 2 * row is a launch, 2 * row + 1 an end. */
typedef struct edge {
    uint32_t from, to; /* `from` waits for `to` */
    uint32_t next;     /* of the edges from the same instant */
    cause cause;
    uint32_t reader; /* IS_FULL: whose channel the words go into first, ... */
    uint64_t depth;  /* ... and the depth that would hold them */
} edge;

typedef struct waits {
    const zs_plan_draft *d;
    const kernels_row *rows;
    edge *edges;
    uint32_t edge_n, edge_cap;
    uint32_t *first; /* [instant], ZS_NO_INDEX: waits for nothing */
    uint32_t *left;  /* [instant] edges from it that are not satisfied */
} waits;

static bool is_kernel(const waits *w, uint32_t row)
{
    return w->d->drafts[row].on_engine && w->rows[row].root == row;
}

static const char *name_of(const waits *w, uint32_t row)
{
    return zs_draft_layer(w->d, row)->name;
}

static zs_status add(waits *w, edge e, zs_err *err)
{
    if (w->edge_n == w->edge_cap) {
        const uint32_t cap = 2 * w->edge_cap + 64;
        edge *grown = zs_new(w->d->arena, edge, cap);
        if (grown == NULL)
            return zs_nomem(err, "plan");
        if (w->edge_n > 0)
            memcpy(grown, w->edges, w->edge_n * sizeof *grown);
        w->edges = grown;
        w->edge_cap = cap;
    }
    e.next = w->first[e.from];
    w->first[e.from] = w->edge_n;
    w->left[e.from]++;
    w->edges[w->edge_n++] = e;
    return ZS_OK;
}

static uint64_t words_of(const waits *w, uint32_t row)
{
    return zs_shape_elems(zs_draft_layer(w->d, row)->y);
}

/* The kernel that takes the results of a kernel from a channel, or ZS_NO_INDEX. */
static uint32_t reader_of(const waits *w, uint32_t root)
{
    for (uint32_t i = root + 1; w->rows[root].to_channel && i < w->d->row_n; i++)
        if (is_kernel(w, i) && w->rows[i].from == w->rows[root].last)
            return i;
    return ZS_NO_INDEX;
}

/* Where the words of a writer stay while kernels behind its channel are not launched: in the
 * channel, and what a reader passes on word for word in the one behind that. */
static zs_status add_full(waits *w, uint32_t writer, zs_err *err)
{
    const uint32_t first = reader_of(w, writer);
    const uint64_t words = words_of(w, w->rows[writer].last);
    uint64_t room = 0;
    for (uint32_t at = writer, r = first; r != ZS_NO_INDEX; at = r, r = reader_of(w, at)) {
        const uint64_t depth = kernels_params_of(w->rows[r].accel)->channel_depth;
        const uint64_t passed = zs_max_u64(1, words_of(w, w->rows[at].last));
        if (depth == 0)
            return ZS_OK;
        room = zs_plus_u64(room, at == writer ? depth : zs_times_u64(depth, words) / passed);
        if (room >= words)
            return ZS_OK;
        const uint64_t enough =
            kernels_params_of(w->rows[first].accel)->channel_depth + (words - room);
        ZS_TRY(add(w,
                   (edge){.from = 2 * writer + 1,
                          .to = 2 * r,
                          .cause = IS_FULL,
                          .reader = first,
                          .depth = enough},
                   err));
        if (w->rows[r].takes_whole)
            return ZS_OK;
    }
    return ZS_OK;
}

/* What a kernel reads of global memory. */
static zs_status add_inputs(waits *w, uint32_t row, zs_err *err)
{
    const kernels_row *own = &w->rows[row];
    for (uint32_t r = row; r <= own->last; r++) {
        const zs_layer *layer = zs_draft_layer(w->d, r);
        for (uint32_t k = 0; k < layer->in_n; k++)
            for (uint32_t i = 0; i < row; i++) {
                const uint32_t root = w->rows[i].root;
                const bool writes =
                    zs_draft_root(w->d, w->d->drafts[i].out) == zs_draft_root(w->d, layer->in[k]);
                if (writes && is_kernel(w, root) && !(own->from == i && r == row))
                    ZS_TRY(
                        add(w, (edge){.from = 2 * row, .to = 2 * root + 1, .cause = READS}, err));
            }
    }
    return ZS_OK;
}

static zs_status add_all(waits *w, zs_err *err)
{
    uint32_t before = ZS_NO_INDEX; /* in the queue of those that have none of their own */
    for (uint32_t i = 0; i < w->d->row_n; i++) {
        const kernels_row *own = &w->rows[i];
        if (!is_kernel(w, i))
            continue;
        ZS_TRY(add(w, (edge){.from = 2 * i + 1, .to = 2 * i, .cause = OWN_LAUNCH}, err));
        ZS_TRY(add_inputs(w, i, err));
        ZS_TRY(add_full(w, i, err));
        if (own->from != ZS_NO_INDEX)
            ZS_TRY(add(w,
                       (edge){.from = 2 * i + 1,
                              .to = 2 * w->rows[own->from].root + 1,
                              .cause = LAST_WORDS},
                       err));
        if (!own->is_queued)
            continue;
        if (before != ZS_NO_INDEX)
            ZS_TRY(add(w, (edge){.from = 2 * i, .to = 2 * before + 1, .cause = IN_QUEUE}, err));
        before = i;
    }
    return ZS_OK;
}

/* ---- cycles ---------------------------------------------------------------------------------- */

/* Takes away instants that wait for nothing, until none is left that does; those that remain. */
static uint32_t satisfy(waits *w)
{
    const uint32_t n = 2 * w->d->row_n;
    uint32_t remaining = 0;
    for (bool any = true; any;) {
        any = false;
        for (uint32_t k = 0; k < w->edge_n; k++) {
            edge *e = &w->edges[k];
            if (e->to == ZS_NO_INDEX || w->left[e->to] != 0)
                continue;
            w->left[e->from]--;
            e->to = ZS_NO_INDEX; /* satisfied */
            any = true;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        remaining += w->left[i] != 0;
    return remaining;
}

/* The first edge of an instant that is not satisfied: the nearest kernel behind its channel. */
static const edge *unsatisfied(const waits *w, uint32_t instant)
{
    const edge *found = NULL;
    for (uint32_t k = w->first[instant]; k != ZS_NO_INDEX; k = w->edges[k].next)
        if (w->edges[k].to != ZS_NO_INDEX)
            found = &w->edges[k];
    assert(found != NULL);
    return found;
}

static void describe(const waits *w, const edge *e, char *text, size_t size)
{
    static const struct {
        const char *verb, *rest;
    } forms[] = {[IN_QUEUE] = {"is launched after", " has ended, in one queue"},
                 [READS] = {"reads what", " writes"},
                 [LAST_WORDS] = {"ends after", ""},
                 [IS_FULL] = {"waits for", " to take words"}};
    const size_t n = strlen(text);
    if (e->cause != OWN_LAUNCH && n < size)
        snprintf(text + n, size - n, "%s%.40s %s %.40s%s", n > 0 ? ", " : "",
                 name_of(w, e->from / 2), forms[e->cause].verb, name_of(w, e->to / 2),
                 forms[e->cause].rest);
}

/* From an instant on the cycle once round. */
static zs_status name_cycle(const waits *w, uint32_t instant, zs_err *err)
{
    char chain[224] = "";
    const edge *full = NULL, *queue = NULL;
    uint32_t at = instant;
    do {
        const edge *e = unsatisfied(w, at);
        describe(w, e, chain, sizeof chain);
        full = e->cause == IS_FULL && full == NULL ? e : full;
        queue = e->cause == IN_QUEUE && queue == NULL ? e : queue;
        at = e->to;
    } while (at != instant);
    assert(full != NULL); /* all other waits are for rows before */
    queue = queue != NULL ? queue : full;
    const uint32_t writer = w->rows[full->reader].from;
    return zs_fail(err, ZS_ESTUCK, name_of(w, full->reader),
                   "the channel from %.40s is full after %u of %" PRIu64 " words for ever: %s "
                   "(accelerator.kernels.queues for %.40s, or channel_depth %" PRIu64 ")",
                   name_of(w, writer),
                   kernels_params_of(w->rows[full->reader].accel)->channel_depth,
                   words_of(w, writer), chain, name_of(w, queue->from / 2), full->depth);
}

zs_status kernels_check_waits(const zs_plan_draft *d, const kernels_row *rows, zs_err *err)
{
    const uint32_t n = 2 * d->row_n;
    waits w = {.d = d, .rows = rows};
    uint32_t at = 0;
    w.first = zs_new(d->arena, uint32_t, n + 1);
    w.left = zs_new(d->arena, uint32_t, n + 1);
    if (w.first == NULL || w.left == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < n; i++)
        w.first[i] = ZS_NO_INDEX;
    ZS_TRY(add_all(&w, err));
    if (satisfy(&w) == 0)
        return ZS_OK;
    while (w.left[at] == 0)
        at++;
    for (uint32_t i = 0; i < n; i++) /* as many steps as there are instants end on the cycle */
        at = unsatisfied(&w, at)->to;
    return name_cycle(&w, at, err);
}
