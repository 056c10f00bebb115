/* zero_code.h - how a block of words of which many are 0 lies in DRAM.
 *
 * Models   a block is `row_n` rows of `bit_n` words; a mask says which words are kept. All codes
 *          are little endian and end with a whole byte; bits are counted from the lowest one.
 *            dense   every word
 *            bitmap  a bit for each word, then the words kept
 *            rle4/8  how many entries there are (4 bytes), then for each entry how many words that
 *                    are left out lie before it (4 or 8 bits), then the words of the entries. More
 *                    left out than the count reaches take an entry of their own, of a word that is
 *                    left out. Rows follow each other; behind the last entry all are left out.
 *            csc     where the entries of each row start (row_n + 1 numbers of 4 bytes), then the
 *                    place of each entry in its row (2 bytes, 4 where a row has more than 65,536
 *                    words), then the words of the entries
 *          A word that is kept may be 0; one that is left out comes back as 0.
 * Sources  bitmap: SPARCNet's masks; run lengths: Eyeriss; csc: compressed columns as in EIE.
 * Errors   decoding: ZS_EPARSE for bytes that no block gives, of any content and length.
 * Memory   none of its own. */
#ifndef ZYNQSIM_ZERO_CODE_H
#define ZYNQSIM_ZERO_CODE_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/mask.h"

/* Rows `rows` [row_n] of a mask, of each the bits from bit0 on. */
typedef struct zs_zero_block {
    const zs_mask *mask;
    const uint32_t *rows;
    uint32_t row_n, bit0, bit_n;
    uint32_t word_bytes; /* at most 8 */
} zs_zero_block;

typedef struct zs_zero_size {
    uint64_t entries;     /* words that the code holds */
    uint64_t index_bytes; /* all that is not these words */
    uint64_t bytes;
} zs_zero_size;

/* `code` is ZS_ZERO_CODE_*. */
zs_zero_size zs_zero_code_size(uint32_t code, const zs_zero_block *block);
/* `words` [row_n][bit_n]; `out` has room for the block's size. */
void zs_zero_encode(uint32_t code, const zs_zero_block *block, const uint8_t *words, uint8_t *out);
/* Fills `words` [row_n][bit_n] of word_bytes from `n` bytes. */
zs_status zs_zero_decode(uint32_t code, uint32_t row_n, uint32_t bit_n, uint32_t word_bytes,
                         const uint8_t *bytes, uint64_t n, uint8_t *words, zs_err *err);

#endif
