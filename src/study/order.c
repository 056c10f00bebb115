#include "order_priv.h"

#include <string.h>

static void merge(const uint64_t *a, uint64_t a_n, const uint64_t *b, uint64_t b_n, uint64_t *to,
                  zs_before before, const void *ctx)
{
    uint64_t i = 0, k = 0;
    while (i < a_n && k < b_n)
        *to++ = before(ctx, b[k], a[i]) ? b[k++] : a[i++];
    while (i < a_n)
        *to++ = a[i++];
    while (k < b_n)
        *to++ = b[k++];
}

uint64_t *zs_order_build(zs_arena *arena, uint64_t n, zs_before before, const void *ctx)
{
    uint64_t *from = zs_arena_alloc_raw(arena, n, sizeof *from);
    uint64_t *to = zs_arena_alloc_raw(arena, n, sizeof *to);
    if (from == NULL || to == NULL)
        return NULL;
    for (uint64_t i = 0; i < n; i++)
        from[i] = i;
    for (uint64_t run = 1; run < n; run *= 2) {
        for (uint64_t at = 0; at < n; at += 2 * run) {
            const uint64_t a_n = zs_min_u64(run, n - at), b_n = zs_min_u64(run, n - at - a_n);
            merge(from + at, a_n, from + at + a_n, b_n, to + at, before, ctx);
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}
