#include "zynqsim/des.h"

void zs_des_init(zs_des *q)
{
    *q = (zs_des){0};
}

/* A scan over the set bits: a handful of actors is faster to look at than any heap to maintain. The
 * strict comparison leaves ties to the lower number. */
bool zs_des_peek(const zs_des *q, uint64_t *time, uint32_t *actor)
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

bool zs_des_next(zs_des *q, uint64_t *time, uint32_t *actor)
{
    if (!zs_des_peek(q, time, actor))
        return false;
    zs_des_cancel(q, *actor);
    return true;
}
