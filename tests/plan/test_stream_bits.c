#include "../../src/kinds/stream/stream_bits.h"
#include "plan_cases.h"

#include <string.h>

/* ---- packed elements against single ones ---- */

static const struct {
    int32_t lo, hi;
    bool is_bipolar;
    uint32_t width;
} codes[] = {
    {-1, 1, true, 1},   {0, 1, false, 1},      {-1, 1, false, 2},     {-2, 1, false, 2},
    {0, 3, false, 2},   {-8, 7, false, 4},     {0, 15, false, 4},     {-31, 31, false, 6},
    {0, 255, false, 8}, {-128, 127, false, 8}, {-256, 255, false, 9},
};

static int32_t element(zs_prng *prng, size_t code)
{
    const int32_t lo = codes[code].lo, hi = codes[code].hi;
    if (codes[code].is_bipolar)
        return zs_prng_below(prng, 2) ? 1 : -1;
    return lo + (int32_t)zs_prng_below(prng, (uint32_t)(hi - lo + 1));
}

enum { N = 300 };

START_TEST(test_elements_come_back_from_their_bits)
{
    zs_arena arena;
    zs_err err;
    stream_code code;
    stream_bits x, y;
    int32_t in[N], out[N];
    zs_prng prng = {.state = 5};
    zs_arena_init(&arena, test_heap());
    ck_assert_uint_eq(stream_width(codes[_i].lo, codes[_i].hi, codes[_i].is_bipolar),
                      codes[_i].width);
    ck_assert(stream_code_of(codes[_i].lo, codes[_i].hi, codes[_i].is_bipolar, &code));
    ck_assert_uint_eq(code.planes, codes[_i].width);
    ck_assert_int_eq(stream_bits_build(&arena, code.planes, N, &x, &err), ZS_OK);
    ck_assert_int_eq(stream_bits_build(&arena, code.planes, N, &y, &err), ZS_OK);
    for (uint32_t i = 0; i < N; i++)
        in[i] = element(&prng, (size_t)_i);
    uint64_t at = 0; /* in pieces that begin and end anywhere in a word */
    while (at < N) {
        const uint64_t n = zs_min_u64(N - at, 1 + zs_prng_below(&prng, 90));
        stream_bits_pack(&code, in + at, n, &x, at);
        at += n;
    }
    for (at = 0; at < N;) {
        const uint64_t n = zs_min_u64(N - at, 1 + zs_prng_below(&prng, 130));
        stream_bits_copy(&x, at, n, &y, at);
        at += n;
    }
    stream_bits_unpack(&code, &y, 0, N, out);
    ck_assert_mem_eq(in, out, sizeof in);
    stream_bits_unpack(&code, &y, 67, 20, out);
    ck_assert_mem_eq(in + 67, out, 20 * sizeof *in);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_types_that_are_too_wide_are_refused)
{
    stream_code code;
    ck_assert(!stream_code_of(-512, 511, false, &code));
    ck_assert(!stream_code_of(0, 1023, false, &code));
}
END_TEST

/* Sums from counted bits, plane by plane, against products. */
START_TEST(test_counted_bits_are_the_sum_of_products)
{
    enum { WORDS = 3, ELEMENTS = WORDS * 64 - 7 };
    zs_arena arena;
    zs_err err;
    zs_prng prng = {.state = 11};
    zs_arena_init(&arena, test_heap());
    for (size_t a = 0; a < ZS_LEN(codes); a++) {
        const size_t b = (a * 7 + 3) % ZS_LEN(codes);
        stream_code w, x;
        stream_bits xs, ws;
        int32_t xv[ELEMENTS], wv[STREAM_LANES][ELEMENTS];
        uint64_t block[WORDS * STREAM_LANES];
        int64_t sums[STREAM_LANES] = {0};
        ck_assert(stream_code_of(codes[a].lo, codes[a].hi, codes[a].is_bipolar, &w));
        ck_assert(stream_code_of(codes[b].lo, codes[b].hi, codes[b].is_bipolar, &x));
        ck_assert_int_eq(stream_bits_build(&arena, x.planes, ELEMENTS, &xs, &err), ZS_OK);
        ck_assert_int_eq(stream_bits_build(&arena, w.planes, ELEMENTS, &ws, &err), ZS_OK);
        for (uint32_t i = 0; i < ELEMENTS; i++)
            xv[i] = element(&prng, b);
        stream_bits_pack(&x, xv, ELEMENTS, &xs, 0);
        for (uint32_t lane = 0; lane < STREAM_LANES; lane++)
            for (uint32_t i = 0; i < ELEMENTS; i++)
                wv[lane][i] = element(&prng, a);
        for (uint32_t i = 0; i < w.planes; i++) {
            for (uint32_t lane = 0; lane < STREAM_LANES; lane++) {
                stream_bits_pack(&w, wv[lane], ELEMENTS, &ws, 0);
                for (uint32_t k = 0; k < WORDS; k++)
                    block[k * STREAM_LANES + lane] = ws.plane[i][k];
            }
            for (uint32_t j = 0; j < x.planes; j++) {
                uint32_t counts[STREAM_LANES] = {0};
                stream_bits_count(block, STREAM_LANES, xs.plane[j], WORDS, false, counts);
                for (uint32_t lane = 0; lane < STREAM_LANES; lane++)
                    sums[lane] += (int64_t)w.factor[i] * x.factor[j] * counts[lane];
            }
        }
        for (uint32_t lane = 0; lane < STREAM_LANES; lane++) {
            int64_t want = 0;
            for (uint32_t i = 0; i < ELEMENTS; i++) /* elements without their bases */
                want += (int64_t)(wv[lane][i] - w.base) * (xv[i] - x.base);
            ck_assert_int_eq(sums[lane], want);
        }
        zs_arena_reset(&arena);
    }
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_differing_bits_are_counted)
{
    uint64_t w[2 * STREAM_LANES], x[2] = {0xf0f0, 1};
    uint32_t counts[STREAM_LANES] = {0};
    for (uint32_t i = 0; i < STREAM_LANES; i++) {
        w[i] = 0xf0f0 ^ i;
        w[STREAM_LANES + i] = 0;
    }
    stream_bits_count(w, STREAM_LANES, x, 2, true, counts);
    for (uint32_t i = 0; i < STREAM_LANES; i++)
        ck_assert_uint_eq(counts[i], stream_bits_ones(i) + 1);
}
END_TEST

TCase *tcase_stream_bits(void)
{
    TCase *tc = tcase_create("stream bits");
    tcase_add_loop_test(tc, test_elements_come_back_from_their_bits, 0, ZS_LEN(codes));
    tcase_add_test(tc, test_types_that_are_too_wide_are_refused);
    tcase_add_test(tc, test_counted_bits_are_the_sum_of_products);
    tcase_add_test(tc, test_differing_bits_are_counted);
    return tc;
}
