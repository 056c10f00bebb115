#include "json_priv.h"
#include "out_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names come from files: jansson refuses what is not UTF-8, so they are cleaned first. */
json_t *zs_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *plain = json_string(text);
    if (plain != NULL)
        return plain;
    char *clean = malloc(3 * strlen(text) + 1); /* U+FFFD takes three bytes */
    if (clean == NULL)
        return NULL;
    size_t bytes = 0;
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text))
        bytes += zs_utf8_put(c, clean + bytes);
    json_t *cleaned = json_stringn(clean, bytes);
    free(clean);
    return cleaned;
}

json_t *zs_json_count(uint64_t n)
{
    return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

json_t *zs_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *zs_json_value(const zs_value *value)
{
    switch (value->type) {
    case ZS_METRIC_INT:
        return zs_json_count(value->i);
    case ZS_METRIC_REAL:
        return zs_json_real(value->r);
    case ZS_METRIC_BOOL:
        return json_boolean(value->i);
    case ZS_METRIC_TEXT:
        return zs_json_text(value->text);
    }
    return NULL;
}

static int write_piece(const char *data, size_t bytes, void *ctx)
{
    zs_out *out = ctx;
    if (out->status == ZS_OK)
        out->status = zs_sink_write(out->sink, data, bytes);
    return out->status == ZS_OK ? 0 : -1;
}

zs_status zs_json_end(json_t *root, bool failed, const char *what, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    if (failed)
        out.status = ZS_ENOMEM;
    else if (json_dump_callback(root, write_piece, &out, JSON_INDENT(2) | JSON_REAL_PRECISION(17)))
        out.status = out.status == ZS_OK ? ZS_ENOMEM : out.status;
    json_decref(root);
    zs_out_text(&out, "\n");
    return zs_out_end(&out, what, err);
}
