/* des.h - the event queue of the simulation: which actor wakes up next.
 *
 * Models   up to ZS_DES_ACTORS actors, each with at most one pending wake-up. The earliest wakes
 *          first; of those due at one instant the lowest actor number, so numbers are priorities.
 * Omits    callbacks and payloads: an actor knows what it waits for. Time is an integer whose unit
 *          the owner chooses (picoseconds, PL cycles, DDR cycles).
 * Memory   a plain struct to embed; nothing here allocates or fails. */
#ifndef ZYNQSIM_DES_H
#define ZYNQSIM_DES_H

#include "zynqsim/base.h"

enum { ZS_DES_ACTORS = 64 };

/* The result of zs_des_time for an actor without a wake-up. */
#define ZS_DES_NEVER UINT64_MAX

typedef struct zs_des {
    uint64_t pending;           /* bit i: actor i has a wake-up */
    uint64_t at[ZS_DES_ACTORS]; /* meaningful where the bit is set */
} zs_des;

void zs_des_init(zs_des *q);

/* Schedules the wake-up of `actor` (below ZS_DES_ACTORS) at `time`, replacing a pending one. Times
 * in the past are not checked: such an actor is simply next. */
static inline void zs_des_at(zs_des *q, uint32_t actor, uint64_t time)
{
    q->pending |= UINT64_C(1) << actor;
    q->at[actor] = time;
}

/* Cancels a wake-up; no effect when there is none. */
static inline void zs_des_cancel(zs_des *q, uint32_t actor)
{
    q->pending &= ~(UINT64_C(1) << actor);
}

static inline bool zs_des_is_pending(const zs_des *q, uint32_t actor)
{
    return (q->pending >> actor & 1) != 0;
}

/* When `actor` wakes up, or ZS_DES_NEVER. */
static inline uint64_t zs_des_time(const zs_des *q, uint32_t actor)
{
    return zs_des_is_pending(q, actor) ? q->at[actor] : ZS_DES_NEVER;
}

/* The next wake-up, left pending. False, and the out-parameters untouched, when none is pending. A
 * scan over the set bits: for a few actors faster than maintaining a heap. The strict comparison
 * gives ties to the lower number. */
static inline bool zs_des_peek(const zs_des *q, uint64_t *time, uint32_t *actor)
{
    uint64_t left = q->pending;
    if (left == 0)
        return false;
    uint32_t best = (uint32_t)__builtin_ctzll(left);
    uint64_t best_at = q->at[best];
    for (left &= left - 1; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (q->at[i] < best_at) {
            best_at = q->at[i];
            best = i;
        }
    }
    *time = best_at;
    *actor = best;
    return true;
}
/* The same, and removes the wake-up. */
bool zs_des_next(zs_des *q, uint64_t *time, uint32_t *actor);

#endif
