/* design_priv.h - what the files of this module share: decimal quantities, values and lists,
 * keys of engines.
 *
 * Numbers stay decimal until their field's type is known, so that "14.3 us" becomes the double
 * nearest to 14.3e-6 and "1.875 ns" exactly 1875 ps. */
#ifndef ZYNQSIM_DESIGN_PRIV_H
#define ZYNQSIM_DESIGN_PRIV_H

#include "zynqsim/design.h"

/* +-digits * 10^exp10 */
typedef struct zs_decimal {
    bool negative;
    uint64_t digits;
    int32_t exp10;
} zs_decimal;

/* "12.5 MHz" in units of `unit`. ZS_EPARSE, at `place`, for what is no number or unit. */
zs_status zs_quantity_parse(const char *text, const char *unit, const char *place, zs_decimal *out,
                            zs_err *err);
/* `value` of `unit` with the most readable prefix; plain where the unit is no physical one. */
zs_status zs_quantity_print(zs_decimal value, const char *unit, char *text, size_t bytes);

zs_decimal zs_decimal_of_u64(uint64_t value);
zs_decimal zs_decimal_of_f64(double value); /* shortest that reads back the same; finite */
double zs_decimal_to_f64(zs_decimal value); /* nearest; infinite when out of range */

typedef enum zs_whole { ZS_WHOLE_EXACT, ZS_WHOLE_FRACTION, ZS_WHOLE_TOO_BIG } zs_whole;
/* |value| as an integer. */
zs_whole zs_decimal_to_u64(zs_decimal value, uint64_t *out);

/* Sets a field to a text in its own form. With `arena` NULL strings are kept by pointer. */
zs_status zs_field_set(zs_design *design, zs_arena *arena, const zs_field *field, const char *text,
                       zs_err *err);
/* Which of a field's words a text is. ZS_EPARSE suggests the nearest. */
zs_status zs_field_parse_word(const zs_field *field, const char *text, uint32_t *out, zs_err *err);
/* A copy in the arena; with `arena` NULL the text itself. */
zs_status zs_design_keep_string(zs_arena *arena, const char *text, const char **out, zs_err *err);
/* Notes that a key was given by hand, at design->place; `before` is the design without it.
 * With `arena` NULL nothing is noted. */
zs_status zs_design_note_given(zs_design *design, zs_arena *arena, const zs_field *field,
                               const zs_design *before, zs_err *err);

/* "[pool1, 'a, b']" or "104,117,123" cut at its commas, without blanks and quotes around items; at
 * least one, which may be empty. */
zs_status zs_list_cut(zs_arena *arena, const char *text, const char ***out, uint32_t *n,
                      zs_err *err);
/* Bytes of such a list up to its bracket at the end. */
size_t zs_list_bytes(const char *text);
/* Whether a text is a list as YAML writes it in one line. */
bool zs_list_is_bracketed(const char *text);
/* Sets a key of those that zs_design_takes_list to a text: one item, or a list in one line. */
zs_status zs_design_set_list_text(zs_design *design, zs_arena *arena, const char *path,
                                  const char *text, zs_err *err);

/* Whether a key is that of one of several engines, or of all of them; and setting it. */
bool zs_engines_have(const zs_design *design, const char *path);
zs_status zs_engines_set(zs_design *design, zs_arena *arena, const char *path, const char *text,
                         zs_err *err);
/* A key below `layers`. */
zs_status zs_design_set_layer_path(zs_design *design, zs_arena *arena, const char *path,
                                   const char *text, zs_err *err);

#endif
