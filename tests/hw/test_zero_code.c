#include "support.h"
#include "zynqsim/zero_code.h"

#include <stdlib.h>
#include <string.h>

TCase *tcase_zero_code(void);

enum { ROWS = 5, BITS = 70, BIT0 = 3, BYTES = 4096 };

/* Rows of a mask, not in order, and the words of them. */
typedef struct sample {
    zs_arena arena;
    zs_mask mask;
    uint32_t rows[ROWS];
    zs_zero_block block;
    uint8_t words[ROWS * BITS * 4], kept[ROWS * BITS * 4], code[BYTES], back[ROWS * BITS * 4];
} sample;

/* Of every `one_in` words one is kept, 0: none. */
static void sample_start(sample *s, uint32_t one_in, uint32_t bit_n, uint32_t bytes, uint64_t seed)
{
    zs_prng prng = {.state = seed};
    zs_err err;
    memset(s, 0, sizeof *s);
    zs_arena_init(&s->arena, test_heap());
    ck_assert_int_eq(zs_mask_build(&s->arena, 2 * ROWS, BIT0 + BITS, &s->mask, &err), ZS_OK);
    s->block = (zs_zero_block){.mask = &s->mask,
                               .rows = s->rows,
                               .row_n = ROWS,
                               .bit0 = BIT0,
                               .bit_n = bit_n,
                               .word_bytes = bytes};
    for (uint32_t r = 0; r < ROWS; r++)
        s->rows[r] = 2 * r + 1;
    for (uint32_t r = 0; r < 2 * ROWS; r++)
        for (uint32_t bit = 0; bit < BIT0 + BITS; bit++)
            if (r % 2 == 0 || bit < BIT0 || bit >= BIT0 + bit_n ||
                (one_in > 0 && zs_prng_below(&prng, one_in) == 0))
                zs_mask_set(&s->mask, r, bit);
    for (uint32_t r = 0; r < ROWS; r++)
        for (uint32_t bit = 0; bit < bit_n; bit++) {
            const size_t at = ((size_t)r * bit_n + bit) * bytes;
            const uint64_t row = s->rows[r] * (uint64_t)s->mask.row_words;
            for (uint32_t b = 0; b < bytes; b++) /* one that is kept may be 0 */
                s->words[at + b] = (uint8_t)(zs_prng_below(&prng, 5) ? zs_prng_next(&prng) : 0);
            if (s->mask.words[row + (BIT0 + bit) / 64] >> (BIT0 + bit) % 64 & 1)
                memcpy(s->kept + at, s->words + at, bytes);
        }
}

START_TEST(test_what_is_kept_comes_back_and_all_else_is_0)
{
    const uint32_t code = (uint32_t)_i;
    for (uint32_t k = 0; k < 200; k++) {
        static const uint32_t densities[] = {0, 1, 2, 5, 20, 40}, widths[] = {1, 2, 4};
        const uint32_t bit_n = k % 7 == 0 ? 1 : 1 + k % BITS;
        sample s;
        zs_err err = {0};
        sample_start(&s, densities[k % 6], bit_n, widths[k % 3], k);
        const zs_zero_size size = zs_zero_code_size(code, &s.block);
        const size_t all = (size_t)ROWS * bit_n * s.block.word_bytes;
        ck_assert_uint_lt(size.bytes, BYTES);
        ck_assert_uint_eq(size.bytes, size.index_bytes + size.entries * s.block.word_bytes);
        memset(s.code, 0xa5, sizeof s.code);
        zs_zero_encode(code, &s.block, s.words, s.code);
        ck_assert_uint_eq(s.code[size.bytes], 0xa5);
        memset(s.back, 0x5a, sizeof s.back);
        ck_assert_msg(zs_zero_decode(code, ROWS, bit_n, s.block.word_bytes, s.code, size.bytes,
                                     s.back, &err) == ZS_OK,
                      "%s: %s", err.place, err.text);
        ck_assert_mem_eq(s.back, s.kept, all);
        ck_assert_uint_eq(s.back[all < sizeof s.back ? all : 0],
                          all < sizeof s.back ? 0x5a : s.kept[0]);
        zs_arena_drop(&s.arena);
    }
}
END_TEST

/* A row of 40 words of which word 2 and word 39 are kept, 2 bytes each. */
START_TEST(test_sizes_are_as_counted_by_hand)
{
    static const struct {
        uint32_t code;
        uint64_t entries, index;
    } sizes[] = {{ZS_ZERO_CODE_DENSE, 40, 0},
                 {ZS_ZERO_CODE_BITMAP, 2, 5},
                 {ZS_ZERO_CODE_RLE4, 4, 4 + 2}, /* 36 zeros: two entries of 15 and one, then 4 */
                 {ZS_ZERO_CODE_RLE8, 2, 4 + 2},
                 {ZS_ZERO_CODE_CSC, 2, 2 * 4 + 2 * 2}};
    zs_arena arena;
    zs_mask mask;
    zs_err err;
    const uint32_t row = 0;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_mask_build(&arena, 1, 40, &mask, &err), ZS_OK);
    zs_mask_set(&mask, 0, 2);
    zs_mask_set(&mask, 0, 39);
    const zs_zero_block block = {&mask, &row, 1, 0, 40, 2};
    for (size_t i = 0; i < ZS_LEN(sizes); i++) {
        const zs_zero_size s = zs_zero_code_size(sizes[i].code, &block);
        ck_assert_uint_eq(s.entries, sizes[i].entries);
        ck_assert_uint_eq(s.index_bytes, sizes[i].index);
        ck_assert_uint_eq(s.bytes, sizes[i].index + 2 * sizes[i].entries);
    }
    zs_arena_drop(&arena);
}
END_TEST

static zs_status decode(uint32_t code, const char *bytes, size_t n)
{
    uint8_t words[2 * 10];
    zs_err err = {0};
    const zs_status status = zs_zero_decode(code, 2, 10, 1, (const uint8_t *)bytes, n, words, &err);
    ck_assert(status == ZS_OK || err.text[0] != '\0');
    return status;
}

START_TEST(test_bytes_that_no_block_gives_are_refused)
{
    static const struct {
        uint32_t code;
        const char *bytes;
        size_t n;
        bool is_right;
    } streams[] = {
        {ZS_ZERO_CODE_DENSE, "0123456789012345678", 19, false},
        {ZS_ZERO_CODE_DENSE, "01234567890123456789", 20, true},
        {ZS_ZERO_CODE_DENSE, "", 0, false},
        {ZS_ZERO_CODE_BITMAP, "\1\0\0x", 4, true},
        {ZS_ZERO_CODE_BITMAP, "\1\0\0", 3, false},
        {ZS_ZERO_CODE_BITMAP, "\1\0", 2, false},
        {ZS_ZERO_CODE_BITMAP, "\1\0\0xy", 5, false},
        {ZS_ZERO_CODE_BITMAP, "\0\0\020x", 4, false}, /* bit 20 of 20 */
        {ZS_ZERO_CODE_RLE8, "\1\0\0\0\023x", 6, true},
        {ZS_ZERO_CODE_RLE8, "\1\0\0\0\024x", 6, false},
        {ZS_ZERO_CODE_RLE8, "\2\0\0\0\011\012xy", 8, false},
        {ZS_ZERO_CODE_RLE8, "\377\377\377\377\0x", 6, false},
        {ZS_ZERO_CODE_RLE8, "\1\0", 2, false},
        {ZS_ZERO_CODE_RLE4, "\2\0\0\0\057xy", 7, true},
        {ZS_ZERO_CODE_RLE4, "\2\0\0\0\077xy", 7, true},
        {ZS_ZERO_CODE_RLE4, "\2\0\0\0\117xy", 7, false},
        {ZS_ZERO_CODE_RLE4, "\1\0\0\0\057x", 6, false}, /* a run without an entry */
        {ZS_ZERO_CODE_CSC, "\0\0\0\0\1\0\0\0\1\0\0\0\011\0x", 15, true},
        {ZS_ZERO_CODE_CSC, "\0\0\0\0\1\0\0\0\1\0\0\0\012\0x", 15, false},
        {ZS_ZERO_CODE_CSC, "\1\0\0\0\1\0\0\0\1\0\0\0\011\0x", 15, false},
        {ZS_ZERO_CODE_CSC, "\0\0\0\0\2\0\0\0\1\0\0\0\011\0x", 15, false},
        {ZS_ZERO_CODE_CSC, "\0\0\0\0\2\0\0\0\2\0\0\0\3\0\3\0xy", 18, false}, /* not ascending */
        {ZS_ZERO_CODE_CSC, "\0\0\0\0\1\0\0\0\377\377\377\377\011\0x", 15, false},
        {ZS_ZERO_CODE_CSC, "\0\0\0\0", 4, false},
    };
    for (size_t i = 0; i < ZS_LEN(streams); i++)
        ck_assert_msg(decode(streams[i].code, streams[i].bytes, streams[i].n) ==
                          (streams[i].is_right ? ZS_OK : ZS_EPARSE),
                      "stream %zu", i);
}
END_TEST

/* Right streams with bytes changed, cut or added: a status, and no byte outside is touched. */
START_TEST(test_any_bytes_are_survived)
{
    const uint32_t code = (uint32_t)_i;
    zs_prng prng = {.state = (uint64_t)_i + 1};
    uint32_t refused = 0;
    for (uint32_t k = 0; k < 1000; k++) {
        sample s;
        zs_err err = {0};
        sample_start(&s, 1 + k % 9, 1 + k % BITS, 2, k);
        uint64_t n = zs_zero_code_size(code, &s.block).bytes;
        zs_zero_encode(code, &s.block, s.words, s.code);
        for (uint32_t i = 0; i < 1 + k % 3; i++)
            s.code[zs_prng_below(&prng, (uint32_t)n)] = (uint8_t)zs_prng_next(&prng);
        n = k % 5 == 0 ? zs_prng_below(&prng, (uint32_t)n + 9) : n;
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, s.code, n);
        refused += zs_zero_decode(code, ROWS, s.block.bit_n, 2, exact, n, s.back, &err) != ZS_OK;
        free(exact);
        zs_arena_drop(&s.arena);
    }
    ck_assert_uint_gt(refused, 20);
}
END_TEST

TCase *tcase_zero_code(void)
{
    TCase *tc = tcase_create("zero_code");
    tcase_add_loop_test(tc, test_what_is_kept_comes_back_and_all_else_is_0, 0, ZS_ZERO_CODE_COUNT);
    tcase_add_test(tc, test_sizes_are_as_counted_by_hand);
    tcase_add_test(tc, test_bytes_that_no_block_gives_are_refused);
    tcase_add_loop_test(tc, test_any_bytes_are_survived, 0, ZS_ZERO_CODE_COUNT);
    return tc;
}
