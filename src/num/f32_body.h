/* f32_body.h - products in single precision; included once per vector unit.
 *
 * The includer sets NAME, TARGET (attributes of functions) and WORDS (lanes of a vector). The sums
 * of PIXELS pixels by two vectors of channels stay in registers while the reduction runs; every
 * lane is a sum of its own, with one multiplication and one addition for each tap. */
typedef float NAME(lanes) __attribute__((vector_size(4 * WORDS)));

/* sums[pixel][2 * WORDS] += products; `starts` are the first inputs of the pixels' windows. */
TARGET
static inline void NAME(block)(const f32_tile *f, const size_t starts[PIXELS], const float *w,
                               float *sums, size_t sum_pitch)
{
    const float *x0 = f->x + starts[0], *x1 = f->x + starts[1], *x2 = f->x + starts[2],
                *x3 = f->x + starts[3], *x4 = f->x + starts[4], *x5 = f->x + starts[5];
    const size_t w_pitch = f->t->oc_n;
    NAME(lanes) low[PIXELS], high[PIXELS];
#pragma GCC unroll 6
    for (size_t p = 0; p < PIXELS; p++) {
        memcpy(&low[p], sums + p * sum_pitch, sizeof low[p]);
        memcpy(&high[p], sums + p * sum_pitch + WORDS, sizeof high[p]);
    }
    for (uint32_t k = 0; k < f->taps; k++, w += w_pitch) {
        const uint32_t at = f->offsets[k];
        NAME(lanes) a, b;
        memcpy(&a, w, sizeof a);
        memcpy(&b, w + WORDS, sizeof b);
        low[0] += a * x0[at];
        high[0] += b * x0[at];
        low[1] += a * x1[at];
        high[1] += b * x1[at];
        low[2] += a * x2[at];
        high[2] += b * x2[at];
        low[3] += a * x3[at];
        high[3] += b * x3[at];
        low[4] += a * x4[at];
        high[4] += b * x4[at];
        low[5] += a * x5[at];
        high[5] += b * x5[at];
    }
#pragma GCC unroll 6
    for (size_t p = 0; p < PIXELS; p++) {
        memcpy(sums + p * sum_pitch, &low[p], sizeof low[p]);
        memcpy(sums + p * sum_pitch + WORDS, &high[p], sizeof high[p]);
    }
}

/* Two vectors of channels from `oc` on, of all pixels. Sums of a last block that is not whole go
 * through one that is. */
TARGET
static void NAME(channels)(const f32_tile *f, uint32_t oc)
{
    const zs_tile *t = f->t;
    const uint32_t pixel_n = t->oy_n * t->ox_n;
    const float *w = f->w + oc;
    float *sums = f->sums + oc;
    size_t starts[PIXELS], at = 0;
    uint32_t column = 0, left = pixel_n;
    for (; left >= PIXELS; left -= PIXELS, sums += (size_t)PIXELS * t->oc_n) {
        zs_tile_windows(t, PIXELS, &column, &at, starts);
        NAME(block)(f, starts, w, sums, t->oc_n);
    }
    if (left == 0)
        return;
    float whole[PIXELS][2 * WORDS] = {{0}};
    zs_tile_windows(t, left, &column, &at, starts);
    for (uint32_t p = 0; p < left; p++)
        memcpy(whole[p], sums + (size_t)p * t->oc_n, sizeof whole[p]);
    NAME(block)(f, starts, w, whole[0], 2 * WORDS);
    for (uint32_t p = 0; p < left; p++)
        memcpy(sums + (size_t)p * t->oc_n, whole[p], sizeof whole[p]);
}
