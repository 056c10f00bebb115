#include "zynqsim/validate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One word up to `end`: a percentage, or an absolute number. */
static zs_status parse_word(const char *text, const char *word, const char *end, zs_tolerance *t,
                            zs_err *err)
{
    double value = 0;
    const char *stop = zs_read_real(word, &value);
    const bool is_percent = stop != NULL && stop < end && *stop == '%';
    if (stop == NULL || stop + is_percent != end)
        return zs_fail(err, ZS_EPARSE, text,
                       "is not a tolerance: exact, a percentage (5%%), a number in the figure's "
                       "unit, or both (8%%|30e-6)");
    if (!(value >= 0 && isfinite(value)))
        return zs_fail(err, ZS_ERANGE, text, "a tolerance must be finite and not below 0");
    double *part = is_percent ? &t->frac : &t->absolute;
    const double scaled = is_percent ? value / 100 : value;
    *part = scaled > *part ? scaled : *part;
    return ZS_OK;
}

zs_status zs_tolerance_parse(const char *text, zs_tolerance *out, zs_err *err)
{
    zs_tolerance t = {0};
    if (strcmp(text, "exact") != 0) {
        const char *bar = strchr(text, '|');
        const char *end = text + strlen(text);
        ZS_TRY(parse_word(text, text, bar != NULL ? bar : end, &t, err));
        if (bar != NULL)
            ZS_TRY(parse_word(text, bar + 1, end, &t, err));
    }
    *out = t;
    return ZS_OK;
}

void zs_tolerance_print(const zs_tolerance *t, char *text, size_t bytes)
{
    if (t->frac > 0 && t->absolute > 0)
        snprintf(text, bytes, "%.4g%%|%.4g", 100 * t->frac, t->absolute);
    else if (t->frac > 0)
        snprintf(text, bytes, "%.4g%%", 100 * t->frac);
    else if (t->absolute > 0)
        snprintf(text, bytes, "%.4g", t->absolute);
    else
        snprintf(text, bytes, "exact");
}

const char *zs_verdict_name(zs_verdict verdict)
{
    static const char *const names[ZS_VERDICT_N] = {"inside", "outside", "unjudged", "reported"};
    return names[verdict];
}

void zs_check_judge(zs_check *c)
{
    const double nearest = c->predicted < c->lo   ? c->lo
                           : c->predicted > c->hi ? c->hi
                                                  : c->predicted;
    const double size = fabs(c->lo == c->hi ? c->lo : nearest);
    const double off = c->predicted - nearest;
    c->error_frac = off == 0 ? 0 : size > 0 ? off / size : (double)NAN;
    if (c->verdict == ZS_UNJUDGED || c->verdict == ZS_REPORTED)
        return;
    const double allowed = fmax(c->tolerance.frac * size, c->tolerance.absolute);
    c->verdict = isfinite(c->predicted) && fabs(off) <= allowed ? ZS_INSIDE : ZS_OUTSIDE;
}
