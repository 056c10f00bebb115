#include "zynqsim/mask.h"

zs_status zs_mask_build(zs_arena *arena, uint64_t rows, uint32_t bits, zs_mask *out, zs_err *err)
{
    zs_mask m = {.rows = rows, .bits = bits, .row_words = (uint32_t)zs_ceil_div(bits, 64)};
    uint64_t words;
    if (!zs_mul_u64(rows, m.row_words, &words) || words > SIZE_MAX / sizeof *m.words)
        return zs_nomem(err, "masks");
    m.words = zs_new(arena, uint64_t, (size_t)words + 1);
    if (m.words == NULL)
        return zs_nomem(err, "masks");
    *out = m;
    return ZS_OK;
}

static uint64_t ones(const uint64_t *a, const uint64_t *b, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (uint64_t)__builtin_popcountll(b != NULL ? a[i] & b[i] : a[i]);
    return sum;
}

/* Inputs of a row of weights at a pixel; NULL: none is 0. */
static const uint64_t *inputs_of(const zs_mask *inputs, uint64_t shared, uint64_t row,
                                 uint64_t pixel)
{
    if (inputs == NULL)
        return NULL;
    const zs_mask *m = &inputs[row / shared];
    return m->words + pixel * m->row_words;
}

/* Rows [first, end) side by side on `pixels` pixels; `room` for the sums of each, `any` for a row.
 */
static void count_group(const zs_mask *w, const zs_mask *inputs, uint64_t shared, uint64_t pixels,
                        uint64_t first, uint64_t end, uint64_t *room, uint64_t *any,
                        zs_mask_count *c)
{
    uint64_t most_map = 0;
    for (uint64_t r = first; r < end; r++)
        room[r - first] = 0;
    for (uint64_t pixel = 0; pixel < pixels; pixel++) {
        uint64_t most = 0;
        for (uint32_t i = 0; i < w->row_words; i++)
            any[i] = 0;
        for (uint64_t r = first; r < end; r++) {
            const uint64_t *row = w->words + r * w->row_words;
            const uint64_t *x = inputs_of(inputs, shared, r, pixel);
            const uint64_t n = ones(row, x, w->row_words);
            for (uint32_t i = 0; i < w->row_words; i++)
                any[i] |= x != NULL ? row[i] & x[i] : row[i];
            room[r - first] += n;
            most = zs_max_u64(most, n);
        }
        c->per_pixel += most;
        c->lockstep += ones(any, NULL, w->row_words);
    }
    for (uint64_t r = first; r < end; r++) {
        c->left += room[r - first];
        most_map = zs_max_u64(most_map, room[r - first]);
    }
    c->per_map += most_map;
}

zs_status zs_mask_grid(zs_arena *scratch, const zs_mask *weights, const zs_mask *inputs,
                       uint64_t shared, uint64_t pixels, uint32_t pes, uint64_t weight,
                       zs_mask_count *out, zs_err *err)
{
    zs_mask_count c = {0};
    uint64_t *room = zs_new(scratch, uint64_t, pes);
    uint64_t *any = zs_new(scratch, uint64_t, (size_t)weights->row_words + 1);
    if (room == NULL || any == NULL)
        return zs_nomem(err, "masks");
    /* without masks of inputs all pixels are alike */
    const uint64_t walked = inputs != NULL ? pixels : 1;
    const uint64_t factor = weight * (inputs != NULL ? 1 : pixels);
    for (uint64_t first = 0; first < weights->rows; first += pes)
        count_group(weights, inputs, shared, walked, first, zs_min_u64(first + pes, weights->rows),
                    room, any, &c);
    *out =
        (zs_mask_count){.left = c.left * factor,
                        .lockstep = c.lockstep * factor,
                        .per_pixel = c.per_pixel * factor,
                        .per_map = c.per_map * factor,
                        .dense = zs_ceil_div(weights->rows, pes) * weights->bits * weight * pixels};
    return ZS_OK;
}
