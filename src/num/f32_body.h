/* f32_body.h - products in single precision; included once per vector unit.
 *
 * The includer sets NAME, TARGET (attributes of functions) and WORDS (lanes of a vector). The sums
 * of PIXELS pixels by two vectors of channels stay in registers while the reduction runs; every
 * lane is a sum of its own, with one multiplication and one addition for each tap. */
typedef float NAME(lanes) __attribute__((vector_size(4 * WORDS)));

/* sums[pixel][2 * WORDS] += products; `x` are the first inputs of the pixels' windows. */
TARGET
static void NAME(block)(const float *const x[PIXELS], const uint32_t *offsets, uint32_t taps,
                        const float *w, uint32_t w_pitch, float *const sums[PIXELS])
{
    const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3], *x4 = x[4], *x5 = x[5];
    NAME(lanes) low[PIXELS], high[PIXELS];
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++) {
        memcpy(&low[p], sums[p], sizeof low[p]);
        memcpy(&high[p], sums[p] + WORDS, sizeof high[p]);
    }
    for (uint32_t k = 0; k < taps; k++, w += w_pitch) {
        const uint32_t at = offsets[k];
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
    for (int p = 0; p < PIXELS; p++) {
        memcpy(sums[p], &low[p], sizeof low[p]);
        memcpy(sums[p] + WORDS, &high[p], sizeof high[p]);
    }
}
