#include "stream_bits.h"

#include <string.h>

uint32_t stream_width(int32_t lo, int32_t hi, bool is_bipolar)
{
    uint32_t bits = 1;
    if (is_bipolar)
        return 1;
    while (lo < 0 ? -(INT64_C(1) << (bits - 1)) > lo || (INT64_C(1) << (bits - 1)) <= hi
                  : (INT64_C(1) << bits) <= hi)
        bits++;
    return bits;
}

bool stream_code_of(int32_t lo, int32_t hi, bool is_bipolar, stream_code *out)
{
    *out = (stream_code){.planes = stream_width(lo, hi, is_bipolar)};
    if (out->planes > STREAM_PLANES)
        return false;
    for (uint32_t j = 0; j < out->planes; j++)
        out->factor[j] = 1 << j;
    if (is_bipolar) {
        out->factor[0] = 2;
        out->base = -1;
    } else if (lo < 0) {
        out->factor[out->planes - 1] = -(1 << (out->planes - 1));
    }
    return true;
}

zs_status stream_bits_build(zs_arena *arena, uint32_t planes, uint64_t n, stream_bits *out,
                            zs_err *err)
{
    out->planes = planes;
    for (uint32_t j = 0; j < planes; j++) {
        out->plane[j] = zs_new(arena, uint64_t, stream_bits_words(n));
        if (out->plane[j] == NULL)
            return zs_nomem(err, "streams");
    }
    return ZS_OK;
}

void stream_bits_copy(const stream_bits *x, uint64_t from, uint64_t n, stream_bits *y, uint64_t at)
{
    for (uint32_t j = 0; j < y->planes; j++)
        for (uint64_t i = 0; i < n; i += 64) {
            const uint32_t m = n - i < 64 ? (uint32_t)(n - i) : 64;
            stream_bits_put(y->plane[j], at + i, m,
                            x == NULL ? 0 : stream_bits_get(x->plane[j], from + i, m));
        }
}

void stream_bits_pack(const stream_code *code, const int32_t *v, uint64_t n, stream_bits *y,
                      uint64_t at)
{
    const bool is_bipolar = code->base != 0;
    for (uint64_t i = 0; i < n; i += 64) {
        const uint32_t m = n - i < 64 ? (uint32_t)(n - i) : 64;
        for (uint32_t j = 0; j < code->planes; j++) {
            uint64_t word = 0;
            for (uint32_t b = 0; b < m; b++) {
                const uint32_t q = is_bipolar ? v[i + b] > 0 : (uint32_t)v[i + b];
                word |= (uint64_t)(q >> j & 1) << b;
            }
            stream_bits_put(y->plane[j], at + i, m, word);
        }
    }
}

void stream_bits_unpack(const stream_code *code, const stream_bits *x, uint64_t from, uint64_t n,
                        int32_t *v)
{
    for (uint64_t i = 0; i < n; i += 64) {
        const uint32_t m = n - i < 64 ? (uint32_t)(n - i) : 64;
        for (uint32_t b = 0; b < m; b++)
            v[i + b] = code->base;
        for (uint32_t j = 0; j < code->planes; j++) {
            const uint64_t word = stream_bits_get(x->plane[j], from + i, m);
            for (uint32_t b = 0; b < m; b++)
                v[i + b] += (int32_t)(word >> b & 1) * code->factor[j];
        }
    }
}

/* Bytes of sums hold as many words; each adds at most 8 to a byte. */
enum { WORDS_OF_BYTES = 31 };

static ZS_INLINE void count(const uint64_t *w, uint32_t pitch, const uint64_t *x, uint32_t words,
                            bool is_xor, uint32_t *counts)
{
    static const uint64_t m1 = 0x5555555555555555, m2 = 0x3333333333333333, m4 = 0x0f0f0f0f0f0f0f0f,
                          m8 = 0x00ff00ff00ff00ff;
    uint64_t total[STREAM_LANES] = {0};
    for (uint32_t k0 = 0; k0 < words; k0 += WORDS_OF_BYTES) {
        const uint32_t end = words - k0 < WORDS_OF_BYTES ? words : k0 + WORDS_OF_BYTES;
        uint64_t bytes[STREAM_LANES] = {0};
        for (uint32_t k = k0; k < end; k++)
            for (uint32_t lane = 0; lane < STREAM_LANES; lane++) {
                const uint64_t row = w[(size_t)k * pitch + lane];
                uint64_t v = is_xor ? row ^ x[k] : row & x[k];
                v -= v >> 1 & m1;
                v = (v & m2) + (v >> 2 & m2);
                bytes[lane] += (v + (v >> 4)) & m4;
            }
        for (uint32_t lane = 0; lane < STREAM_LANES; lane++) {
            uint64_t v = (bytes[lane] & m8) + (bytes[lane] >> 8 & m8);
            v += v >> 16;
            total[lane] += (v + (v >> 32)) & 0xffff;
        }
    }
    for (uint32_t lane = 0; lane < STREAM_LANES; lane++)
        counts[lane] = (uint32_t)total[lane];
}

ZS_CLONES static void count_either(const uint64_t *w, uint32_t pitch, const uint64_t *x,
                                   uint32_t words, bool is_xor, uint32_t *counts)
{
    if (is_xor)
        count(w, pitch, x, words, true, counts);
    else
        count(w, pitch, x, words, false, counts);
}

void stream_bits_count(const uint64_t *w, uint32_t pitch, const uint64_t *x, uint32_t words,
                       bool is_xor, uint32_t *counts)
{
    count_either(w, pitch, x, words, is_xor, counts);
}
