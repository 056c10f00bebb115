/* cell_words_priv.h - numbers and words in cells of prose.
 *
 * Numbers are decimal, with thousands marked off ("258,048") and K for 1,024 ("16K").
 * Memory: values point into the cell. */
#ifndef ZYNQSIM_CELL_WORDS_PRIV_H
#define ZYNQSIM_CELL_WORDS_PRIV_H

#include "zynqsim/base.h"

typedef struct zs_cell_number {
    const char *text, *end; /* NULL: there is none */
    double value;
} zs_cell_number;
zs_cell_number zs_cell_first(const char *text);
zs_cell_number zs_cell_next(zs_cell_number before);

/* Whether a text has a word somewhere, in letters of either case. */
bool zs_cell_has(const char *text, const char *word);
/* Whether what follows a number is this word, after blanks, also as "b" of "64b". */
bool zs_cell_is_unit(const char *end, const char *word);
/* Whether "x" and another number follow. */
bool zs_cell_is_by(const char *end);
/* The nearest number ahead of a word, in the same clause; 0: none. */
double zs_cell_count_before(const char *text, const char *word);
/* Factors of the first "A x B x C", words between them ignored: "16 PE x 16 channels". */
uint32_t zs_cell_factors(const char *text, uint64_t *factors, uint32_t room);
/* How many pairs "AxB" there are, and the sum of what is ahead of an x. */
uint32_t zs_cell_pairs(const char *text, uint64_t *firsts);
/* Layers that a text lists: "conv", "pool", "400-50-30-10". */
uint32_t zs_cell_layers(const char *text);
/* The next clause up to a comma or semicolon that is not part of a number, without what stands in
 * brackets behind a size. False at the end. */
bool zs_cell_clause(const char **at, char *clause, size_t bytes);

#endif
