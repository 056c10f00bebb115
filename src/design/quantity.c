#include "design_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXP_LIMIT = 400, NUMBER_BYTES = 48 };

typedef struct unit_row {
    const char *field_unit, *word;
    int32_t exp10;
    uint64_t factor;
} unit_row;

#define UNIT(field_unit, word, exp10, factor) {field_unit, word, exp10, factor},
static const unit_row units[] = {
#include "units.def"
};
#undef UNIT

/* ---- decimals -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Trailing zeros become exponent, so that equal values look equal. */
static zs_decimal normal(zs_decimal v)
{
    while (v.digits != 0 && v.digits % 10 == 0) {
        v.digits /= 10;
        v.exp10++;
    }
    if (v.digits == 0)
        v = (zs_decimal){0};
    return v;
}

/* The digits with their point; false when there are none or more than 64 bits of them. */
static bool read_mantissa(const char **at, zs_decimal *v)
{
    const char *p = *at;
    bool any = false, point = false;
    for (; is_digit(*p) || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (any && !point && v->digits == 0) /* 010: octal or decimal? */
            return false;
        any = true;
        if (!zs_mul_u64(v->digits, 10, &v->digits) ||
            !zs_add_u64(v->digits, (uint64_t)(*p - '0'), &v->digits))
            return false;
        v->exp10 -= point;
    }
    *at = p;
    return any;
}

/* An optional "e-9". Letters that are no exponent are left for the unit. */
static bool read_exponent(const char **at, zs_decimal *v)
{
    const char *p = *at;
    if (*p != 'e' && *p != 'E')
        return true;
    p++;
    const bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!is_digit(*p))
        return true;
    int32_t exp10 = 0;
    for (; is_digit(*p); p++) {
        exp10 = exp10 * 10 + (*p - '0');
        if (exp10 > EXP_LIMIT)
            return false;
    }
    v->exp10 += negative ? -exp10 : exp10;
    *at = p;
    return true;
}

static bool read_number(const char **at, zs_decimal *out)
{
    zs_decimal v = {0};
    const char *p = *at;
    v.negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!read_mantissa(&p, &v) || !read_exponent(&p, &v))
        return false;
    *at = p;
    *out = normal(v);
    return true;
}

zs_decimal zs_decimal_of_u64(uint64_t value)
{
    return normal((zs_decimal){.digits = value});
}

double zs_decimal_to_f64(zs_decimal value)
{
    char text[48];
    snprintf(text, sizeof text, "%s%" PRIu64 "e%" PRId32, value.negative ? "-" : "", value.digits,
             value.exp10);
    return strtod(text, NULL);
}

zs_decimal zs_decimal_of_f64(double value)
{
    zs_decimal v = {0};
    for (int precision = 14; precision <= 16; precision++) {
        char text[48];
        const char *at = text;
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (!read_number(&at, &v) || zs_decimal_to_f64(v) == value)
            break;
    }
    return v;
}

zs_whole zs_decimal_to_u64(zs_decimal value, uint64_t *out)
{
    const zs_decimal v = normal(value);
    uint64_t whole = v.digits;
    if (v.exp10 < 0)
        return ZS_WHOLE_FRACTION;
    for (int32_t e = v.exp10; e > 0; e--)
        if (!zs_mul_u64(whole, 10, &whole))
            return ZS_WHOLE_TOO_BIG;
    *out = whole;
    return ZS_WHOLE_EXACT;
}

/* ---- units ----------------------------------------------------------------------------------- */

const char *zs_unit_word(const char *unit, uint32_t i)
{
    for (size_t k = 0; k < ZS_LEN(units); k++)
        if (strcmp(units[k].field_unit, unit) == 0 && i-- == 0)
            return units[k].word;
    return NULL;
}

/* The units that a word may stand for: "Mhz" for MHz, "KB" for kB or KiB, "M" for MHz. */
static void near_units(const char *unit, const char *word, char *text, size_t bytes)
{
    size_t n = 0;
    text[0] = '\0';
    for (int pass = 0; pass < 2 && n == 0; pass++)
        for (size_t k = 0; k < ZS_LEN(units) && n < bytes; k++) {
            char plain[24] = "", begin[24] = "";
            const char *known = units[k].word;
            if (known == NULL || strcmp(units[k].field_unit, unit) != 0)
                continue;
            const char *i = strchr(known, 'i');
            if (i != NULL)
                snprintf(plain, sizeof plain, "%.*s%s", (int)(i - known), known, i + 1);
            snprintf(begin, sizeof begin, "%.*s", (int)strlen(word), known);
            if (pass == 0 ? zs_same_word(word, known) || zs_same_word(word, plain)
                          : zs_same_word(word, begin))
                n += (size_t)snprintf(text + n, bytes - n, "%s%s", n ? " or " : "", known);
        }
}

static zs_status unknown_unit(const char *text, const char *word, const char *unit,
                              const char *place, zs_err *err)
{
    char known[160] = "";
    size_t n = 0;
    const char *name;
    for (uint32_t i = 0; (name = zs_unit_word(unit, i)) != NULL && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", name);
    if (n == 0 && unit[0] == '\0')
        return zs_fail(err, ZS_EPARSE, place, "'%.64s' has a unit, but this is a plain number",
                       text);
    char near[64];
    near_units(unit, word, near, sizeof near);
    return zs_fail(err, ZS_EPARSE, place, "unknown unit '%s' in '%.64s'%s%s%s known: %s", word,
                   text, near[0] ? ", did you mean " : "", near, near[0] ? "?" : ";",
                   n ? known : unit);
}

static const unit_row *find_unit(const char *unit, const char *word)
{
    for (size_t i = 0; i < ZS_LEN(units); i++)
        if (strcmp(units[i].field_unit, unit) == 0 && strcmp(units[i].word, word) == 0)
            return &units[i];
    return NULL;
}

/* The rest of a text without blanks around it; a unit of more than 23 letters is none. */
static void trimmed(const char *from, char word[24])
{
    from += strspn(from, " \t");
    size_t n = strlen(from);
    while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t'))
        n--;
    snprintf(word, 24, "%.*s", (int)(n < 23 ? n : 23), from);
}

static bool has_leading_zero(const char *number)
{
    const char *digits = number + strspn(number, "+-");
    return digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
}

zs_status zs_quantity_parse(const char *text, const char *unit, const char *place, zs_decimal *out,
                            zs_err *err)
{
    const char *at = text + strspn(text, " \t");
    zs_decimal v;
    char word[24];
    if (has_leading_zero(at))
        return zs_fail(err, ZS_EPARSE, place,
                       "'%.64s' is not a number: write it without the 0 in front", text);
    if (!read_number(&at, &v))
        return zs_fail(err, ZS_EPARSE, place, "'%.64s' is not a number of at most 19 digits", text);
    trimmed(at, word);
    if (word[0] != '\0' && strcmp(word, unit) != 0) {
        const unit_row *row = find_unit(unit, word);
        if (row == NULL)
            return unknown_unit(text, word, unit, place, err);
        if (!zs_mul_u64(v.digits, row->factor, &v.digits))
            return zs_fail(err, ZS_EPARSE, place, "'%.64s' has too many digits", text);
        v.exp10 += row->exp10;
    }
    *out = normal(v);
    return ZS_OK;
}

/* ---- printing -------------------------------------------------------------------------------- */

static int digit_count(uint64_t digits)
{
    int n = 1;
    for (; digits >= 10; digits /= 10)
        n++;
    return n;
}

/* Largest binary prefix that leaves a whole number. */
static const unit_row *binary_unit(zs_decimal *v, const char *unit)
{
    uint64_t whole;
    if (strcmp(unit, "B") != 0 || zs_decimal_to_u64(*v, &whole) != ZS_WHOLE_EXACT || whole == 0)
        return NULL;
    const unit_row *best = NULL;
    for (size_t i = 0; i < ZS_LEN(units); i++)
        if (strcmp(units[i].field_unit, unit) == 0 && units[i].exp10 == 0 &&
            whole % units[i].factor == 0 && (best == NULL || units[i].factor > best->factor))
            best = &units[i];
    if (best != NULL)
        *v = zs_decimal_of_u64(whole / best->factor);
    return best;
}

/* Largest decimal prefix that leaves at least 1, or the smallest there is; zero stays plain. */
static const unit_row *decimal_unit(const zs_decimal *v, const char *unit)
{
    const int magnitude = v->digits ? digit_count(v->digits) - 1 + v->exp10 : 0;
    const unit_row *best = NULL;
    for (size_t i = 0; i < ZS_LEN(units); i++) {
        const unit_row *row = &units[i];
        if (strcmp(row->field_unit, unit) != 0 || row->factor != 1)
            continue;
        if (best == NULL || (row->exp10 > best->exp10 && row->exp10 <= magnitude))
            best = row;
    }
    return best;
}

/* 1250e-2 as "12.5": plain notation within 20 characters, else 125e-1. */
static void print_decimal(zs_decimal v, char text[NUMBER_BYTES])
{
    const char *sign = v.negative ? "-" : "";
    const int n = digit_count(v.digits), point = n + v.exp10;
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, v.digits);
    if (point > 20 || point < -5)
        snprintf(text, NUMBER_BYTES, "%s%se%" PRId32, sign, digits, v.exp10);
    else if (v.exp10 >= 0)
        snprintf(text, NUMBER_BYTES, "%s%s%.*s", sign, digits, (int)v.exp10,
                 "00000000000000000000");
    else if (point > 0)
        snprintf(text, NUMBER_BYTES, "%s%.*s.%s", sign, point, digits, digits + point);
    else
        snprintf(text, NUMBER_BYTES, "%s0.%.*s%s", sign, -point, "00000", digits);
}

zs_status zs_quantity_print(zs_decimal value, const char *unit, char *text, size_t bytes)
{
    zs_decimal v = normal(value);
    const unit_row *row = binary_unit(&v, unit);
    if (row == NULL && (row = decimal_unit(&v, unit)) != NULL)
        v.exp10 -= v.digits ? row->exp10 : 0;
    char number[NUMBER_BYTES];
    print_decimal(v, number);
    const int n = row && v.digits ? snprintf(text, bytes, "%s %s", number, row->word)
                                  : snprintf(text, bytes, "%s", number);
    return n >= 0 && (size_t)n < bytes ? ZS_OK : ZS_ERANGE;
}

zs_status zs_number_parse(const char *text, const char *unit, const char *place, double *out,
                          zs_err *err)
{
    zs_decimal value;
    ZS_TRY(zs_quantity_parse(text, unit, place, &value, err));
    *out = zs_decimal_to_f64(value);
    return ZS_OK;
}
