#include "zynqsim/tile.h"

#include <string.h>

/* Sixteen output channels by six pixels stay in registers while the reduction runs: twelve 256-bit
 * accumulators, two of weights and one broadcast. Multiplication and addition stay separate
 * (-ffp-contract=off), whatever the processor offers. */

enum { LANES = 16, PIXELS = 6 };

typedef float vec __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(ZS_NO_CLONES)
#define ZS_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ZS_CLONES
#endif

typedef struct f32_block {
    const float *x[PIXELS]; /* first input of each pixel's window */
    const float *w;         /* first weight of the lanes */
    float *sums[PIXELS];
    const uint32_t *offsets; /* [tap]: input of the tap, from the first */
    uint32_t taps, w_pitch;
} f32_block;

ZS_CLONES
static void block_f32(const f32_block *b)
{
    const float *x0 = b->x[0], *x1 = b->x[1], *x2 = b->x[2];
    const float *x3 = b->x[3], *x4 = b->x[4], *x5 = b->x[5];
    const float *w = b->w;
    vec s0, s1, s2, s3, s4, s5;
    memcpy(&s0, b->sums[0], sizeof s0);
    memcpy(&s1, b->sums[1], sizeof s1);
    memcpy(&s2, b->sums[2], sizeof s2);
    memcpy(&s3, b->sums[3], sizeof s3);
    memcpy(&s4, b->sums[4], sizeof s4);
    memcpy(&s5, b->sums[5], sizeof s5);
    for (uint32_t k = 0; k < b->taps; k++, w += b->w_pitch) {
        const uint32_t at = b->offsets[k];
        vec wk;
        memcpy(&wk, w, sizeof wk);
        s0 += wk * x0[at];
        s1 += wk * x1[at];
        s2 += wk * x2[at];
        s3 += wk * x3[at];
        s4 += wk * x4[at];
        s5 += wk * x5[at];
    }
    memcpy(b->sums[0], &s0, sizeof s0);
    memcpy(b->sums[1], &s1, sizeof s1);
    memcpy(b->sums[2], &s2, sizeof s2);
    memcpy(b->sums[3], &s3, sizeof s3);
    memcpy(b->sums[4], &s4, sizeof s4);
    memcpy(b->sums[5], &s5, sizeof s5);
}

/* Channels beyond the last full vector. */
static void rest_f32(const f32_block *b, uint32_t pixels, uint32_t lanes)
{
    for (uint32_t p = 0; p < pixels; p++) {
        const float *w = b->w;
        for (uint32_t k = 0; k < b->taps; k++, w += b->w_pitch) {
            const float x = b->x[p][b->offsets[k]];
            for (uint32_t oc = 0; oc < lanes; oc++)
                b->sums[p][oc] += w[oc] * x;
        }
    }
}

/* All output channels of up to six pixels. Places of a short block repeat its first pixel and
 * write to a spare line. */
static void pixels_f32(const zs_tile *t, f32_block *b, uint32_t n, const float *w,
                       float *const sums[])
{
    float spare[LANES] = {0};
    for (uint32_t p = n; p < PIXELS; p++) {
        b->x[p] = b->x[0];
        b->sums[p] = spare;
    }
    uint32_t oc = 0;
    for (; oc + LANES <= t->oc_n; oc += LANES) {
        b->w = w + oc;
        for (uint32_t p = 0; p < n; p++)
            b->sums[p] = sums[p] + oc;
        block_f32(b);
    }
    b->w = w + oc;
    for (uint32_t p = 0; p < n; p++)
        b->sums[p] = sums[p] + oc;
    if (oc < t->oc_n)
        rest_f32(b, n, t->oc_n - oc);
}

static void depthwise_f32(const zs_tile *t, const float *x, const float *w, float *sums,
                          const uint32_t *offsets, uint32_t taps)
{
    for (uint32_t oc = 0; oc < t->oc_n; oc++)
        for (uint32_t oy = 0; oy < t->oy_n; oy++)
            for (uint32_t ox = 0; ox < t->ox_n; ox++) {
                const float *at = x + (size_t)oc * t->x_channel + (size_t)oy * t->sh * t->x_row +
                                  (size_t)ox * t->sw * t->x_column;
                float *sum = &sums[((size_t)oy * t->ox_n + ox) * t->oc_n + oc];
                for (uint32_t k = 0; k < taps; k++)
                    *sum += w[(size_t)k * t->oc_n + oc] * at[offsets[k]];
            }
}

void zs_tile_f32(const zs_tile *t, const float *x, const float *w, float *sums, uint32_t *offsets)
{
    const uint32_t taps = zs_tile_offsets(t, t->depthwise ? 1 : t->ic_n, offsets);
    if (t->depthwise) {
        depthwise_f32(t, x, w, sums, offsets, taps);
        return;
    }
    f32_block b = {.offsets = offsets, .taps = taps, .w_pitch = t->oc_n};
    float *out[PIXELS];
    uint32_t n = 0;
    for (uint32_t oy = 0; oy < t->oy_n; oy++)
        for (uint32_t ox = 0; ox < t->ox_n; ox++) {
            b.x[n] = x + (size_t)oy * t->sh * t->x_row + (size_t)ox * t->sw * t->x_column;
            out[n++] = sums + ((size_t)oy * t->ox_n + ox) * t->oc_n;
            if (n == PIXELS) {
                pixels_f32(t, &b, n, w, out);
                n = 0;
            }
        }
    if (n > 0)
        pixels_f32(t, &b, n, w, out);
}
