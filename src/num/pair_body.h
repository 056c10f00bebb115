/* pair_body.h - products of 16-bit integers, two taps at once; included once per vector unit.
 *
 * The includer sets NAME, TARGET (attributes of functions), WORDS (32-bit lanes of a vector), and
 * MADD(a, b): of vectors of pairs of int16, the sums of the two products as int32, which cannot
 * overflow unless all four are -32768. */
typedef int32_t NAME(words) __attribute__((vector_size(4 * WORDS)));
typedef uint32_t NAME(unsigned_words) __attribute__((vector_size(4 * WORDS)));
typedef int16_t NAME(halves) __attribute__((vector_size(4 * WORDS)));
typedef int32_t NAME(some_words) __attribute__((vector_size(2 * WORDS)));
typedef uint32_t NAME(some_unsigned_words) __attribute__((vector_size(2 * WORDS)));
typedef int64_t NAME(wide_words) __attribute__((vector_size(4 * WORDS)));

/* Broadcast of one pair. */
#define ALL(pair) ((NAME(words)){0} + (pair))

/* sums [pixel][PAIR_LANES] += products, PIXELS pixels by PAIR_LANES channels, int32. Pairs of
 * weights lie [pair][w_pitch], of inputs [pair][x_pitch]. */
TARGET
static void NAME(narrow)(const int32_t *x, uint32_t x_pitch, const int32_t *w, uint32_t w_pitch,
                         uint32_t pair_n, int32_t *const sums[PIXELS])
{
    for (uint32_t oc = 0; oc < PAIR_LANES; oc += 2 * WORDS) {
        NAME(words) low[PIXELS], high[PIXELS];
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            memcpy(&low[p], sums[p] + oc, sizeof low[p]);
            memcpy(&high[p], sums[p] + oc + WORDS, sizeof high[p]);
        }
        const int32_t *xk = x, *wk = w + oc;
        for (uint32_t k = 0; k < pair_n; k++, xk += x_pitch, wk += w_pitch) {
            NAME(words) a, b;
            memcpy(&a, wk, sizeof a);
            memcpy(&b, wk + WORDS, sizeof b);
#pragma GCC unroll 6
            for (int p = 0; p < PIXELS; p++) {
                const NAME(words) xp = ALL(xk[p]);
                low[p] += MADD(a, xp);
                high[p] += MADD(b, xp);
            }
        }
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            memcpy(sums[p] + oc, &low[p], sizeof low[p]);
            memcpy(sums[p] + oc + WORDS, &high[p], sizeof high[p]);
        }
    }
}

/* sums += 2^16 x high + rest, lane by lane in 64 bits. */
TARGET
static inline void NAME(add_wide)(NAME(words) high, NAME(unsigned_words) rest, int64_t *sums)
{
    int32_t h[WORDS];
    uint32_t r[WORDS];
    memcpy(h, &high, sizeof h);
    memcpy(r, &rest, sizeof r);
#pragma GCC unroll 2
    for (int i = 0; i < WORDS; i += WORDS / 2) {
        NAME(some_words) hi;
        NAME(some_unsigned_words) ri;
        NAME(wide_words) sum;
        memcpy(&hi, h + i, sizeof hi);
        memcpy(&ri, r + i, sizeof ri);
        memcpy(&sum, sums + i, sizeof sum);
        sum += (__builtin_convertvector(hi, NAME(wide_words)) << 16) +
               __builtin_convertvector(ri, NAME(wide_words));
        memcpy(sums + i, &sum, sizeof sum);
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
        NAME(unsigned_words) low[PIXELS];
        NAME(words) high[PIXELS];
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            high[p] = ALL(0);
            low[p] = (NAME(unsigned_words))high[p];
        }
        const int32_t *xk = x, *wk = w + oc;
        for (uint32_t k = 0; k < pair_n; k++, xk += x_pitch, wk += w_pitch) {
            NAME(words) a;
            memcpy(&a, wk, sizeof a);
#pragma GCC unroll 6
            for (int p = 0; p < PIXELS; p++) {
                const NAME(words) s = MADD(a, ALL(xk[p]));
                low[p] += (NAME(unsigned_words))s;
                high[p] += s >> 16;
            }
        }
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++)
            NAME(add_wide)(high[p], low[p] - ((NAME(unsigned_words))high[p] << 16), sums[p] + oc);
    }
}
#undef ALL
