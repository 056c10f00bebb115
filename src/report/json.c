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

int zs_json_set_counts(json_t *object, const zs_json_named_count *counts, size_t n)
{
    int failed = 0;
    for (size_t i = 0; i < n; i++)
        failed |= json_object_set_new(object, counts[i].key, zs_json_count(counts[i].value));
    return failed;
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

/* jansson writes all reals to as many digits: 0.1 as 0.10000000000000001. On the way to the sink
 * each gets the fewest that give it back. */
typedef struct number_filter {
    zs_out out;
    char number[64]; /* seen so far of the one we are in */
    size_t n;
    bool in_text, is_escaped;
} number_filter;

static void put(number_filter *f, const char *data, size_t bytes)
{
    if (f->out.status == ZS_OK && bytes > 0)
        f->out.status = zs_sink_write(f->out.sink, data, bytes);
}

static void put_number(number_filter *f)
{
    char text[64];
    f->number[f->n] = '\0';
    const bool is_real = strpbrk(f->number, ".e") != NULL;
    const double value = strtod(f->number, NULL);
    f->n = 0;
    if (!is_real) {
        put(f, f->number, strlen(f->number));
        return;
    }
    zs_real_text(value, text, sizeof text);
    put(f, text, strlen(text));
    if (strpbrk(text, ".e") == NULL)
        put(f, ".0", 2);
}

static int write_piece(const char *data, size_t bytes, void *ctx)
{
    number_filter *f = ctx;
    size_t from = 0;
    for (size_t i = 0; i < bytes; i++) {
        const char c = data[i];
        const bool is_number = !f->in_text && (c == '-' || c == '+' || c == '.' ||
                                               (c >= '0' && c <= '9') || (c == 'e' && f->n > 0));
        if (is_number && f->n + 1 < sizeof f->number) {
            put(f, data + from, i - from);
            f->number[f->n++] = c;
            from = i + 1;
            continue;
        }
        if (f->n > 0)
            put_number(f);
        if (c == '"' && !f->is_escaped)
            f->in_text = !f->in_text;
        f->is_escaped = f->in_text && c == '\\' && !f->is_escaped;
    }
    put(f, data + from, bytes - from);
    return f->out.status == ZS_OK ? 0 : -1;
}

zs_status zs_json_end(json_t *root, bool failed, const char *what, const zs_sink *s, zs_err *err)
{
    number_filter f = {.out = {.sink = s}};
    zs_out *out = &f.out;
    if (failed)
        out->status = ZS_ENOMEM;
    else if (json_dump_callback(root, write_piece, &f, JSON_INDENT(2) | JSON_REAL_PRECISION(17)))
        out->status = out->status == ZS_OK ? ZS_ENOMEM : out->status;
    json_decref(root);
    zs_out_text(out, "\n");
    return zs_out_end(out, what, err);
}
