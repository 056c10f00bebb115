#include "zynqsim/base.h"

#include <stdio.h>
#include <string.h>

zs_status zs_fail(zs_err *err, zs_status status, const char *place, const char *fmt, ...)
{
    if (err == NULL)
        return status;
    va_list args;
    err->status = status;
    snprintf(err->place, sizeof err->place, "%s", place ? place : "");
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return status;
}

zs_status zs_nomem(zs_err *err, const char *what)
{
    return zs_fail(err, ZS_ENOMEM, what, "out of memory");
}

void zs_err_prefix(zs_err *err, const char *where)
{
    if (err == NULL || where == NULL || where[0] == '\0')
        return;
    char old[sizeof err->place]; /* a place that grows too long is cut, not lost */
    memcpy(old, err->place, sizeof old);
    const size_t n = strlen(where) < sizeof old / 2 ? strlen(where) : sizeof old / 2;
    memcpy(err->place, where, n);
    snprintf(err->place + n, sizeof err->place - n, "%s%.*s", old[0] ? ": " : "",
             (int)(sizeof old - n - 3), old);
}
