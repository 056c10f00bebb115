/* pair_body.h - products of 16-bit integers, two taps at once; included once per vector unit.
 *
 * The includer sets NAME, TARGET (attributes of functions), WORDS (32-bit lanes of a vector), and
 * MADD(a, b): of vectors of pairs of int16, the sums of the two products as int32, which cannot
 * overflow unless all four are -32768. */
typedef int32_t NAME(words) __attribute__((vector_size(4 * WORDS)));
typedef uint32_t NAME(unsigned_words) __attribute__((vector_size(4 * WORDS)));
typedef int16_t NAME(halves) __attribute__((vector_size(4 * WORDS)));

/* Broadcast of one pair. */
#define ALL(pair) ((NAME(words)){0} + (pair))

/* sums [pixel][PAIR_LANES] += products, PIXELS pixels by PAIR_LANES channels, int32. Pairs of
 * weights lie [pair][w_pitch], of inputs [pair][x_pitch]. */
TARGET
static void NAME(narrow)(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                         uint32_t pair_n, int32_t *const sums[PIXELS])
{
    enum { STEP = 2 * WORDS };
    for (uint32_t oc = 0; oc < PAIR_LANES; oc += STEP) {
        NAME(words) s[PIXELS][2];
        for (int p = 0; p < PIXELS; p++)
            memcpy(s[p], sums[p] + oc, sizeof s[p]);
        const int32_t *xk = x, *wk = w + oc;
        for (uint32_t k = 0; k < pair_n; k++, xk += x_pitch, wk += w_pitch) {
            NAME(words) a, b;
            memcpy(&a, wk, sizeof a);
            memcpy(&b, wk + WORDS, sizeof b);
#pragma GCC unroll 6
            for (int p = 0; p < PIXELS; p++) {
                const NAME(words) xp = ALL(xk[p]);
                s[p][0] += MADD(a, xp);
                s[p][1] += MADD(b, xp);
            }
        }
        for (int p = 0; p < PIXELS; p++)
            memcpy(sums[p] + oc, s[p], sizeof s[p]);
    }
}

/* The same onto int64. Of the pair sums s, `low` holds the sum modulo 2^32 and `high` the sum of
 * s >> 16, which fits as long as there are at most 2^15 of them; the whole is 2^16 x high and an
 * unsigned rest below 2^32 that makes it equal to low modulo 2^32. */
TARGET
static void NAME(wide)(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                       uint32_t pair_n, int64_t *const sums[PIXELS])
{
    for (uint32_t oc = 0; oc < PAIR_LANES; oc += WORDS) {
        NAME(words) low[PIXELS], high[PIXELS];
        for (int p = 0; p < PIXELS; p++)
            low[p] = high[p] = ALL(0);
        const int32_t *xk = x, *wk = w + oc;
        for (uint32_t k = 0; k < pair_n; k++, xk += x_pitch, wk += w_pitch) {
            NAME(words) a;
            memcpy(&a, wk, sizeof a);
#pragma GCC unroll 6
            for (int p = 0; p < PIXELS; p++) {
                const NAME(words) s = MADD(a, ALL(xk[p]));
                low[p] = (NAME(words))((NAME(unsigned_words))low[p] + (NAME(unsigned_words))s);
                high[p] += s >> 16;
            }
        }
        for (int p = 0; p < PIXELS; p++) {
            uint32_t l[WORDS];
            int32_t h[WORDS];
            memcpy(l, &low[p], sizeof l);
            memcpy(h, &high[p], sizeof h);
            for (uint32_t i = 0; i < WORDS; i++)
                sums[p][oc + i] +=
                    (int64_t)h[i] * 65536 + (int64_t)(uint32_t)(l[i] - ((uint32_t)h[i] << 16));
        }
    }
}
#undef ALL
