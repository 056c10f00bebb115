#include "zynqsim/zero_code.h"

#include <string.h>

enum { NUMBER_BYTES = 4, NARROW_ROW = 65536 };

static bool is_kept(const zs_zero_block *b, uint32_t row, uint32_t bit)
{
    const zs_mask *m = b->mask;
    const uint32_t at = b->bit0 + bit;
    return m->words[(uint64_t)b->rows[row] * m->row_words + at / 64] >> at % 64 & 1;
}

/* The first bit from `bit` on that is set, or bit_n. */
static uint32_t next_kept(const zs_zero_block *b, uint32_t row, uint32_t bit)
{
    const uint64_t *words = b->mask->words + (uint64_t)b->rows[row] * b->mask->row_words;
    const uint64_t end = (uint64_t)b->bit0 + b->bit_n;
    uint64_t at = (uint64_t)b->bit0 + bit;
    while (at < end) {
        const uint64_t left = words[at / 64] >> at % 64;
        if (left != 0)
            return (uint32_t)(zs_min_u64(at + (uint64_t)__builtin_ctzll(left), end) - b->bit0);
        at = (at / 64 + 1) * 64;
    }
    return b->bit_n;
}

static uint32_t run_bits(uint32_t code)
{
    return code == ZS_ZERO_CODE_RLE4 ? 4 : 8;
}

static uint32_t place_bytes(uint32_t bit_n)
{
    return bit_n > NARROW_ROW ? 4 : 2;
}

static uint64_t index_bytes(uint32_t code, uint32_t row_n, uint32_t bit_n, uint64_t entries)
{
    switch (code) {
    case ZS_ZERO_CODE_BITMAP:
        return zs_ceil_div((uint64_t)row_n * bit_n, 8);
    case ZS_ZERO_CODE_RLE4:
    case ZS_ZERO_CODE_RLE8:
        return NUMBER_BYTES + zs_ceil_div(entries * run_bits(code), 8);
    case ZS_ZERO_CODE_CSC:
        return (row_n + UINT64_C(1)) * NUMBER_BYTES + entries * place_bytes(bit_n);
    default:
        return 0;
    }
}

/* ---- entries, in the order in which they lie ------------------------------------------------- */

typedef struct entry {
    uint32_t row, bit;
    uint64_t before; /* words that are left out between it and the entry before */
} entry;

/* Where the walk over entries stands. */
typedef struct walk {
    const zs_zero_block *block;
    uint64_t most; /* that `before` can be; an entry that is left out follows where it is more */
    uint32_t row, bit;
} walk;

/* False: there is none any more. */
static bool next_entry(walk *w, entry *e)
{
    const zs_zero_block *b = w->block;
    uint32_t row = w->row, bit = w->bit;
    uint64_t before = 0;
    for (; row < b->row_n; row++, bit = 0) {
        const uint32_t at = next_kept(b, row, bit);
        before += at - bit;
        bit = at;
        if (at < b->bit_n)
            break;
    }
    if (row == b->row_n)
        return false;
    *e = (entry){row, bit, before};
    if (before > w->most) { /* the word behind `most` that are left out is left out too */
        const uint64_t at = (uint64_t)w->row * b->bit_n + w->bit + w->most;
        *e = (entry){(uint32_t)(at / b->bit_n), (uint32_t)(at % b->bit_n), w->most};
    }
    w->row = e->row + (e->bit + 1 == b->bit_n);
    w->bit = e->bit + 1 == b->bit_n ? 0 : e->bit + 1;
    return true;
}

static walk walk_of(uint32_t code, const zs_zero_block *block)
{
    const bool is_run = code == ZS_ZERO_CODE_RLE4 || code == ZS_ZERO_CODE_RLE8;
    return (walk){.block = block, .most = is_run ? (1u << run_bits(code)) - 1 : UINT64_MAX};
}

/* Words that are kept. */
static uint64_t count_kept(const zs_zero_block *b)
{
    const uint64_t from = b->bit0, end = from + b->bit_n;
    uint64_t n = 0;
    for (uint32_t r = 0; r < b->row_n; r++) {
        const uint64_t *words = b->mask->words + (uint64_t)b->rows[r] * b->mask->row_words;
        for (uint64_t at = from; at < end; at = (at / 64 + 1) * 64) {
            uint64_t word = words[at / 64] >> at % 64;
            if (end - at < 64)
                word &= (UINT64_C(1) << (end - at)) - 1;
            n += (uint64_t)__builtin_popcountll(word);
        }
    }
    return n;
}

zs_zero_size zs_zero_code_size(uint32_t code, const zs_zero_block *block)
{
    zs_zero_size s = {.entries = (uint64_t)block->row_n * block->bit_n};
    walk w = walk_of(code, block);
    entry e;
    if (code == ZS_ZERO_CODE_BITMAP || code == ZS_ZERO_CODE_CSC)
        s.entries = count_kept(block);
    else if (code != ZS_ZERO_CODE_DENSE)
        for (s.entries = 0; next_entry(&w, &e);)
            s.entries++;
    s.index_bytes = index_bytes(code, block->row_n, block->bit_n, s.entries);
    s.bytes = s.index_bytes + s.entries * block->word_bytes;
    return s;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static void put(uint8_t *out, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *in, uint32_t bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)in[i] << 8 * i;
    return value;
}

static void put_index(uint32_t code, const zs_zero_block *b, const entry *e, uint64_t i,
                      uint8_t *out)
{
    const uint64_t at = (uint64_t)e->row * b->bit_n + e->bit;
    const uint32_t place = place_bytes(b->bit_n);
    switch (code) {
    case ZS_ZERO_CODE_BITMAP:
        out[at / 8] |= (uint8_t)(1u << at % 8);
        break;
    case ZS_ZERO_CODE_RLE4:
        out[NUMBER_BYTES + i / 2] |= (uint8_t)(e->before << 4 * (i % 2));
        break;
    case ZS_ZERO_CODE_RLE8:
        out[NUMBER_BYTES + i] = (uint8_t)e->before;
        break;
    default:
        put(out + (b->row_n + UINT64_C(1)) * NUMBER_BYTES + i * place, e->bit, place);
        put(out + (e->row + UINT64_C(1)) * NUMBER_BYTES, i + 1, NUMBER_BYTES);
        break;
    }
}

/* Rows without an entry start where the next one does. */
static void fill_starts(uint8_t *out, uint32_t row_n)
{
    for (uint32_t r = 1; r <= row_n; r++)
        if (get(out + (uint64_t)r * NUMBER_BYTES, NUMBER_BYTES) == 0)
            memcpy(out + (uint64_t)r * NUMBER_BYTES, out + (r - UINT64_C(1)) * NUMBER_BYTES,
                   NUMBER_BYTES);
}

void zs_zero_encode(uint32_t code, const zs_zero_block *block, const uint8_t *words, uint8_t *out)
{
    const zs_zero_size s = zs_zero_code_size(code, block);
    const uint32_t bytes = block->word_bytes;
    if (code == ZS_ZERO_CODE_DENSE) {
        for (uint32_t r = 0; r < block->row_n; r++)
            for (uint32_t bit = 0; bit < block->bit_n; bit++) {
                const uint64_t at = ((uint64_t)r * block->bit_n + bit) * bytes;
                if (is_kept(block, r, bit))
                    memcpy(out + at, words + at, bytes);
                else
                    memset(out + at, 0, bytes);
            }
        return;
    }
    memset(out, 0, s.index_bytes);
    if (code != ZS_ZERO_CODE_BITMAP && code != ZS_ZERO_CODE_CSC)
        put(out, s.entries, NUMBER_BYTES);
    walk w = walk_of(code, block);
    entry e;
    for (uint64_t i = 0; next_entry(&w, &e); i++) {
        uint8_t *word = out + s.index_bytes + i * bytes;
        put_index(code, block, &e, i, out);
        if (is_kept(block, e.row, e.bit))
            memcpy(word, words + ((uint64_t)e.row * block->bit_n + e.bit) * bytes, bytes);
        else
            memset(word, 0, bytes);
    }
    if (code == ZS_ZERO_CODE_CSC)
        fill_starts(out, block->row_n);
}

/* ---- decoding -------------------------------------------------------------------------------- */

typedef struct decoder {
    uint32_t code, row_n, bit_n, word_bytes;
    const uint8_t *bytes;
    uint64_t n;
    uint8_t *words;
    zs_err *err;
} decoder;

static const char *name_of(const decoder *d)
{
    return zs_words_zero_code[d->code].word;
}

static zs_status check_size(const decoder *d, uint64_t entries)
{
    uint64_t wanted = index_bytes(d->code, d->row_n, d->bit_n, entries), words;
    if (zs_mul_u64(entries, d->word_bytes, &words) && zs_add_u64(wanted, words, &wanted) &&
        wanted == d->n)
        return ZS_OK;
    return zs_fail(d->err, ZS_EPARSE, name_of(d), "%llu bytes, but %llu words want %llu",
                   (unsigned long long)d->n, (unsigned long long)entries,
                   (unsigned long long)wanted);
}

static void take_word(const decoder *d, uint64_t at, uint64_t entries, uint64_t i)
{
    const uint64_t index = index_bytes(d->code, d->row_n, d->bit_n, entries);
    memcpy(d->words + at * d->word_bytes, d->bytes + index + i * d->word_bytes, d->word_bytes);
}

static zs_status decode_bitmap(const decoder *d)
{
    const uint64_t all = (uint64_t)d->row_n * d->bit_n, index = zs_ceil_div(all, 8);
    uint64_t entries = 0, i = 0;
    if (d->n < index)
        return check_size(d, 0);
    for (uint64_t k = 0; k < index; k++)
        entries += (uint64_t)__builtin_popcount(d->bytes[k]);
    if (all % 8 != 0 && d->bytes[index - 1] >> all % 8 != 0)
        return zs_fail(d->err, ZS_EPARSE, name_of(d), "a bit is set behind the last of %llu",
                       (unsigned long long)all);
    ZS_TRY(check_size(d, entries));
    for (uint64_t at = 0; at < all; at++)
        if (d->bytes[at / 8] >> at % 8 & 1)
            take_word(d, at, entries, i++);
    return ZS_OK;
}

static zs_status decode_runs(const decoder *d)
{
    const uint64_t all = (uint64_t)d->row_n * d->bit_n;
    const uint64_t entries = d->n < NUMBER_BYTES ? 0 : get(d->bytes, NUMBER_BYTES);
    const bool is_half = d->code == ZS_ZERO_CODE_RLE4;
    uint64_t at = 0;
    ZS_TRY(check_size(d, entries));
    if (is_half && entries % 2 != 0 && d->bytes[NUMBER_BYTES + entries / 2] >> 4 != 0)
        return zs_fail(d->err, ZS_EPARSE, name_of(d), "a run is set behind the last of %llu",
                       (unsigned long long)entries);
    for (uint64_t i = 0; i < entries; i++, at++) {
        const uint8_t byte = d->bytes[NUMBER_BYTES + (is_half ? i / 2 : i)];
        at += is_half ? byte >> 4 * (i % 2) & 15 : byte;
        if (at >= all)
            return zs_fail(d->err, ZS_EPARSE, name_of(d), "entry %llu is word %llu of %llu",
                           (unsigned long long)i, (unsigned long long)at, (unsigned long long)all);
        take_word(d, at, entries, i);
    }
    return ZS_OK;
}

static zs_status decode_row(const decoder *d, uint32_t row, uint64_t first, uint64_t end,
                            uint64_t entries)
{
    const uint32_t place = place_bytes(d->bit_n);
    const uint8_t *places = d->bytes + (d->row_n + UINT64_C(1)) * NUMBER_BYTES;
    uint64_t least = 0;
    for (uint64_t i = first; i < end; i++) {
        const uint64_t bit = get(places + i * place, place);
        if (bit < least || bit >= d->bit_n)
            return zs_fail(d->err, ZS_EPARSE, name_of(d),
                           "entry %llu is at place %llu: wanted %llu to %u", (unsigned long long)i,
                           (unsigned long long)bit, (unsigned long long)least, d->bit_n - 1);
        take_word(d, (uint64_t)row * d->bit_n + bit, entries, i);
        least = bit + 1;
    }
    return ZS_OK;
}

static zs_status decode_csc(const decoder *d)
{
    const uint64_t starts = (d->row_n + UINT64_C(1)) * NUMBER_BYTES;
    const uint64_t entries =
        d->n < starts ? 0 : get(d->bytes + starts - NUMBER_BYTES, NUMBER_BYTES);
    ZS_TRY(check_size(d, entries));
    for (uint32_t row = 0; row < d->row_n; row++) {
        const uint64_t first = get(d->bytes + (uint64_t)row * NUMBER_BYTES, NUMBER_BYTES);
        const uint64_t end = get(d->bytes + (row + UINT64_C(1)) * NUMBER_BYTES, NUMBER_BYTES);
        if ((row == 0 && first != 0) || end < first || end > entries)
            return zs_fail(d->err, ZS_EPARSE, name_of(d), "row %u has entries %llu to %llu of %llu",
                           row, (unsigned long long)first, (unsigned long long)end,
                           (unsigned long long)entries);
        ZS_TRY(decode_row(d, row, first, end, entries));
    }
    return ZS_OK;
}

zs_status zs_zero_decode(uint32_t code, uint32_t row_n, uint32_t bit_n, uint32_t word_bytes,
                         const uint8_t *bytes, uint64_t n, uint8_t *words, zs_err *err)
{
    const decoder d = {code, row_n, bit_n, word_bytes, bytes, n, words, err};
    const uint64_t all = (uint64_t)row_n * bit_n;
    memset(words, 0, all * word_bytes);
    switch (code) {
    case ZS_ZERO_CODE_BITMAP:
        return decode_bitmap(&d);
    case ZS_ZERO_CODE_RLE4:
    case ZS_ZERO_CODE_RLE8:
        return decode_runs(&d);
    case ZS_ZERO_CODE_CSC:
        return decode_csc(&d);
    default:
        ZS_TRY(check_size(&d, all));
        memcpy(words, bytes, all * word_bytes);
        return ZS_OK;
    }
}
