/* pair_body.h - products of 16-bit integers, two channels at once; included once per vector unit.
 *
 * The includer sets NAME, TARGET (attributes of functions), WORDS (32-bit lanes of a vector),
 * MADD(sum, a, b): sum + a.lo * b.lo + a.hi * b.hi in every lane, for lanes of two int16 each, and
 * WIDE(v, i): the lower or upper half of the lanes as int64. */
typedef int32_t NAME(words) __attribute__((vector_size(4 * WORDS)));
typedef int16_t NAME(halves) __attribute__((vector_size(4 * WORDS)));
typedef int64_t NAME(wide_words) __attribute__((vector_size(4 * WORDS)));

/* Two vectors of weights, `apart`, by PIXELS pixels: sums stay in registers. */
TARGET
static inline void NAME(reduce)(const zs_pair_work *work, const int32_t *w, uint32_t pitch,
                                uint32_t apart, NAME(words) low[PIXELS], NAME(words) high[PIXELS])
{
    const int32_t *x0 = work->x[0], *x1 = work->x[1], *x2 = work->x[2], *x3 = work->x[3],
                  *x4 = work->x[4], *x5 = work->x[5];
    for (uint32_t k = 0; k < work->taps; k++, w += pitch) {
        const uint32_t at = work->offsets[k];
        const int32_t pairs[PIXELS] = {x0[at], x1[at], x2[at], x3[at], x4[at], x5[at]};
        NAME(words) a, b;
        memcpy(&a, w, sizeof a);
        memcpy(&b, w + apart, sizeof b);
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            const NAME(words) pair = (NAME(words)){0} + pairs[p];
            low[p] = MADD(low[p], a, pair);
            high[p] = MADD(high[p], b, pair);
        }
    }
}

TARGET
static uint32_t NAME(narrow)(const zs_pair_work *work, uint32_t lane)
{
    int32_t *const *sums = work->sums32;
    for (; lane + 2 * WORDS <= work->lanes; lane += 2 * WORDS) {
        NAME(words) low[PIXELS], high[PIXELS];
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            memcpy(&low[p], sums[p] + lane, sizeof low[p]);
            memcpy(&high[p], sums[p] + lane + WORDS, sizeof high[p]);
        }
        NAME(reduce)(work, work->w + lane, work->lanes, WORDS, low, high);
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            memcpy(sums[p] + lane, &low[p], sizeof low[p]);
            memcpy(sums[p] + lane + WORDS, &high[p], sizeof high[p]);
        }
    }
    return lane;
}

/* Half of the lanes: sums += 2^8 * high + low, in 64 bits. */
#define ADD_WIDE(high, low, i, sums)                                                               \
    do {                                                                                           \
        NAME(wide_words) sum;                                                                      \
        memcpy(&sum, (sums), sizeof sum);                                                          \
        sum += (WIDE(high, i) << 8) + WIDE(low, i);                                                \
        memcpy((sums), &sum, sizeof sum);                                                          \
    } while (0)

TARGET
static uint32_t NAME(wide)(const zs_pair_work *work, uint32_t lane)
{
    int64_t *const *sums = work->sums64;
    for (; lane + WORDS <= work->lanes; lane += WORDS) {
        NAME(words) low[PIXELS] = {{0}}, high[PIXELS] = {{0}};
        NAME(reduce)(work, work->w + lane, 2 * work->lanes, work->lanes, low, high);
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++) {
            ADD_WIDE(high[p], low[p], 0, sums[p] + lane);
            ADD_WIDE(high[p], low[p], 1, sums[p] + lane + WORDS / 2);
        }
    }
    return lane;
}
#undef ADD_WIDE
