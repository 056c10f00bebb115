#include "zynqsim/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";

static bool has_zeros_in_front(const char *text)
{
    return text[0] == '0' && strspn(text, digits) > 1;
}

const char *zs_read_count(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = text;
    if (has_zeros_in_front(text))
        return NULL;
    for (; *p >= '0' && *p <= '9'; p++)
        if (!zs_mul_u64(value, 10, &value) || !zs_add_u64(value, (uint64_t)(*p - '0'), &value))
            return NULL;
    if (p == text)
        return NULL;
    *out = value;
    return p;
}

const char *zs_read_real(const char *text, double *out)
{
    char *end;
    const double value = strtod(text, &end);
    const char *first = text + (text[0] == '-' || text[0] == '+');
    const bool is_word = !isfinite(value) && strchr("iInN", *first) != NULL;
    const bool is_decimal = (*first == '.' || strspn(first, digits) > 0) &&
                            !has_zeros_in_front(first) && strspn(first, "0xX") < 2;
    if (end == text || (!is_word && !is_decimal))
        return NULL;
    *out = value;
    return end;
}
