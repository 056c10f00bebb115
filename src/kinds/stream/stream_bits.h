/* stream_bits.h - the elements of a stream as bits, packed 64 to a word.
 *
 * Layout   a plane per bit of an element; element i is bit i % 64 of word i / 64. Elements follow
 *          each other as they do in the stream: pixels row by row, channels innermost.
 * Values   base + the sum of factor[j] for every bit j that is set: bipolar elements are 2 b - 1,
 *          others unsigned or in two's complement.
 * Memory   the caller's. */
#ifndef ZYNQSIM_STREAM_BITS_H
#define ZYNQSIM_STREAM_BITS_H

#include "zynqsim/base.h"

enum { STREAM_PLANES = 9, STREAM_LANES = 8 };

typedef struct stream_code {
    uint32_t planes;
    int32_t base, factor[STREAM_PLANES];
} stream_code;

typedef struct stream_bits {
    uint64_t *plane[STREAM_PLANES];
    uint32_t planes;
} stream_bits;

/* Bits of the integers lo..hi; `is_bipolar`: of -1 and +1. */
uint32_t stream_width(int32_t lo, int32_t hi, bool is_bipolar);
/* False where they are wider than the planes. */
bool stream_code_of(int32_t lo, int32_t hi, bool is_bipolar, stream_code *out);

/* Words of a plane of n elements, with room for one more that stream_bits_put may touch. */
static inline uint64_t stream_bits_words(uint64_t n)
{
    return n / 64 + 2;
}
zs_status stream_bits_build(zs_arena *arena, uint32_t planes, uint64_t n, stream_bits *out,
                            zs_err *err);

/* n <= 64 bits from bit `at` on. */
static inline uint64_t stream_bits_get(const uint64_t *plane, uint64_t at, uint32_t n)
{
    const uint64_t *w = plane + at / 64;
    const uint32_t shift = at % 64;
    uint64_t v = w[0] >> shift;
    if (shift + n > 64)
        v |= w[1] << (64 - shift);
    return n == 64 ? v : v & ((UINT64_C(1) << n) - 1);
}

/* n <= 64 bits behind those that end at `at`; bits beyond n are 0. */
static inline void stream_bits_put(uint64_t *plane, uint64_t at, uint32_t n, uint64_t v)
{
    uint64_t *w = plane + at / 64;
    const uint32_t shift = at % 64;
    w[0] = shift == 0 ? v : (w[0] & ((UINT64_C(1) << shift) - 1)) | v << shift;
    if (shift + n > 64)
        w[1] = v >> (64 - shift);
}

static inline uint32_t stream_bits_ones(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555;
    v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
    return (uint32_t)(((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

/* Elements `from`.. of x, or of zeros where x is NULL, behind `at` elements of y. */
void stream_bits_copy(const stream_bits *x, uint64_t from, uint64_t n, stream_bits *y, uint64_t at);
void stream_bits_pack(const stream_code *code, const int32_t *v, uint64_t n, stream_bits *y,
                      uint64_t at);
void stream_bits_unpack(const stream_code *code, const stream_bits *x, uint64_t from, uint64_t n,
                        int32_t *v);

/* How many bits of w and x are both set (is_xor: differ), for STREAM_LANES rows of w,
 * [word][lane]; rows of a word lie `pitch` apart. */
void stream_bits_count(const uint64_t *w, uint32_t pitch, const uint64_t *x, uint32_t words,
                       bool is_xor, uint32_t *counts);

#endif
