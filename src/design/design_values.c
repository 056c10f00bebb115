#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* The value of one key: from its text, checked against the limits of its field, and back. */

/* ---- from a text ----------------------------------------------------------------------------- */

/* The unit with which a plain number that is out of range would be in it: 142 of a clock is 142
 * MHz. NULL when the text has a unit, or none helps. Of bytes, binary prefixes. */
static const char *missing_unit(const zs_field *field, const char *text, bool low)
{
    char with[64];
    const size_t digits = strlen(text);
    const char *word, *best = NULL;
    double best_value = 0;
    if (digits == 0 || digits > 24 || strspn(text, "0123456789.") != digits)
        return NULL;
    const bool in_bytes = strcmp(field->unit, "B") == 0;
    for (uint32_t i = 0; (word = zs_unit_word(field->unit, i)) != NULL; i++) {
        double value = 0;
        snprintf(with, sizeof with, "%s %s", text, word);
        if (zs_number_parse(with, field->unit, field->path, &value, NULL) != ZS_OK)
            continue;
        const bool is_binary = !in_bytes || strchr(word, 'i') != NULL;
        if (is_binary && value > 0 && value >= field->min && value <= field->max &&
            (best == NULL || (value < best_value) == low)) {
            best = word;
            best_value = value;
        }
    }
    return best;
}

static zs_status out_of_range(const zs_field *field, const char *text, bool low, zs_err *err)
{
    char limit[64] = "", hint[80] = "";
    const double value = low ? field->min : field->max;
    const char *unit = missing_unit(field, text, low);
    (void)zs_quantity_print(zs_decimal_of_f64(value), field->unit, limit, sizeof limit);
    if (unit != NULL)
        snprintf(hint, sizeof hint, ", did you mean %.24s %.16s?", text, unit);
    /* Counts print without their unit, quantities with it. */
    const bool bare = field->unit[0] != '\0' && strchr(limit, ' ') == NULL;
    return zs_fail(err, ZS_ERANGE, field->path, "%.64s is %s %s%s%s%s", text,
                   low ? "below the minimum" : "above the maximum", limit, bare ? " " : "",
                   bare ? field->unit : "", hint);
}

static zs_status parse_whole(const zs_field *field, const char *text, uint64_t *out, zs_err *err)
{
    zs_decimal v;
    uint64_t value = 0;
    ZS_TRY(zs_quantity_parse(text, field->unit, field->path, &v, err));
    if (v.negative)
        return out_of_range(field, text, true, err);
    const zs_whole whole = zs_decimal_to_u64(v, &value);
    if (whole == ZS_WHOLE_FRACTION) {
        const char *unit = missing_unit(field, text, true);
        return zs_fail(err, ZS_ERANGE, field->path, "%.64s is not a whole number of %s%s%.24s%s%s",
                       text, field->unit[0] ? field->unit : "units", unit ? ", did you mean " : "",
                       unit ? text : "", unit ? " " : "", unit ? unit : "");
    }
    if (whole == ZS_WHOLE_TOO_BIG || (double)value > field->max)
        return out_of_range(field, text, false, err);
    if ((double)value < field->min)
        return out_of_range(field, text, true, err);
    *out = value;
    return ZS_OK;
}

static zs_status parse_real(const zs_field *field, const char *text, double *out, zs_err *err)
{
    zs_decimal v;
    ZS_TRY(zs_quantity_parse(text, field->unit, field->path, &v, err));
    const double value = zs_decimal_to_f64(v);
    if (value < field->min || value > field->max)
        return out_of_range(field, text, value < field->min, err);
    *out = value;
    return ZS_OK;
}

static zs_status parse_bool(const zs_field *field, const char *text, bool *out, zs_err *err)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"yes", true},
                 {"no", false},  {"on", true},     {"off", false}};
    for (size_t i = 0; i < ZS_LEN(words); i++)
        if (strcmp(words[i].word, text) == 0) {
            *out = words[i].value;
            return ZS_OK;
        }
    const char *names[ZS_LEN(words)];
    for (size_t i = 0; i < ZS_LEN(words); i++)
        names[i] = words[i].word;
    const char *near = zs_nearest(text, names, ZS_LEN(names));
    return zs_fail(err, ZS_EPARSE, field->path, "'%.64s' is neither true nor false%s%s%s", text,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "fp32, fixed16 or int8" */
static void list_words(const zs_field *field, char *text, size_t bytes)
{
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < field->word_n && n < bytes; i++) {
        const char *join = i == 0 ? "" : i + 1 < field->word_n ? ", " : " or ";
        n += (size_t)snprintf(text + n, bytes - n, "%s%s", join, field->words[i].word);
    }
}

zs_status zs_field_parse_word(const zs_field *field, const char *text, uint32_t *out, zs_err *err)
{
    enum { WORDS_MAX = 16 };
    const char *names[WORDS_MAX];
    char known[224];
    for (uint32_t i = 0; i < field->word_n && i < WORDS_MAX; i++) {
        names[i] = field->words[i].word;
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return ZS_OK;
        }
    }
    const char *near = zs_nearest(text, names, field->word_n);
    list_words(field, known, sizeof known);
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, field->path, "unknown word '%.48s', did you mean '%s'? (%s)",
                       text, near, known);
    return zs_fail(err, ZS_EPARSE, field->path, "unknown word '%.48s'; known: %s", text, known);
}

zs_status zs_design_keep_string(zs_arena *arena, const char *text, const char **out, zs_err *err)
{
    const char *kept = arena ? zs_arena_strdup(arena, text) : text;
    if (kept == NULL)
        return zs_nomem(err, "design");
    *out = kept;
    return ZS_OK;
}

zs_status zs_field_set(zs_design *design, zs_arena *arena, const zs_field *field, const char *text,
                       zs_err *err)
{
    void *member = (char *)design + field->offset;
    uint64_t whole = 0;
    switch (field->type) {
    case ZS_FIELD_U32:
        ZS_TRY(parse_whole(field, text, &whole, err));
        *(uint32_t *)member = (uint32_t)whole;
        return ZS_OK;
    case ZS_FIELD_U64:
        return parse_whole(field, text, member, err);
    case ZS_FIELD_F64:
        return parse_real(field, text, member, err);
    case ZS_FIELD_BOOL:
        return parse_bool(field, text, member, err);
    case ZS_FIELD_STR:
        return zs_design_keep_string(arena, text, member, err);
    case ZS_FIELD_ENUM:
        return zs_field_parse_word(field, text, member, err);
    }
    return zs_fail(err, ZS_EINTERNAL, field->path, "field of unknown type %d", (int)field->type);
}
/* ---- printing -------------------------------------------------------------------------------- */

static zs_status print_text(const char *from, char *text, size_t bytes)
{
    const size_t n = strlen(from);
    if (n >= bytes)
        return ZS_ERANGE;
    memcpy(text, from, n + 1);
    return ZS_OK;
}

zs_status zs_design_print(const zs_design *design, const zs_field *field, char *text, size_t bytes)
{
    const void *member = (const char *)design + field->offset;
    const char *unit = field->unit;
    if (field->offset == offsetof(zs_design, accel.precision))
        return print_text(zs_precision_word(&design->accel), text, bytes);
    switch (field->type) {
    case ZS_FIELD_U32:
        return zs_quantity_print(zs_decimal_of_u64(*(const uint32_t *)member), unit, text, bytes);
    case ZS_FIELD_U64:
        return zs_quantity_print(zs_decimal_of_u64(*(const uint64_t *)member), unit, text, bytes);
    case ZS_FIELD_F64:
        return zs_quantity_print(zs_decimal_of_f64(*(const double *)member), unit, text, bytes);
    case ZS_FIELD_BOOL:
        return print_text(*(const bool *)member ? "true" : "false", text, bytes);
    case ZS_FIELD_STR:
        return print_text(*(const char *const *)member, text, bytes);
    case ZS_FIELD_ENUM:
        return print_text(zs_word_of(field->words, field->word_n, *(const uint32_t *)member), text,
                          bytes);
    }
    return ZS_EINTERNAL;
}
