/* Values of a JSON document by the names of their members, with what is said of wrong ones. */
#include "result_read_priv.h"
#include "zynqsim/result_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the file -------------------------------------------------------------------------------- */

/* jansson calls a text malformed when it has no memory for it. What it asks for goes on to where it
 * went before, and a refusal is remembered. */
static json_malloc_t asked;
static _Thread_local bool is_refused;

static void *ask(size_t bytes)
{
    void *block = asked(bytes);
    is_refused |= block == NULL && bytes > 0;
    return block;
}

static json_t *load_text(zs_span bytes, json_error_t *why)
{
    json_malloc_t get;
    json_free_t give;
    json_get_alloc_funcs(&get, &give);
    if (get != ask)
        asked = get;
    is_refused = false;
    json_set_alloc_funcs(ask, give);
    json_t *root = json_loadb((const char *)bytes.data, bytes.bytes, JSON_REJECT_DUPLICATES, why);
    json_set_alloc_funcs(asked, give);
    return root;
}

/* Names of a later version may mean something else; what was written before it had one has none. */
static zs_status check_schema(const json_t *root, const char *path, zs_err *err)
{
    const zs_reader r = {.path = path, .err = err};
    zs_value version;
    ZS_TRY(
        zs_get_value(&r, root, "schema_version", ZS_METRIC_INT, ZS_OPTIONAL, INT64_MAX, &version));
    if (version.type != ZS_METRIC_INT || version.i <= ZS_RESULT_SCHEMA)
        return ZS_OK;
    return zs_fail(err, ZS_EUNSUPPORTED, path,
                   "schema_version %llu is above %d: a later version of the program wrote the "
                   "file, and its names may mean something else",
                   (unsigned long long)version.i, ZS_RESULT_SCHEMA);
}

/* The caller drops the document. */
zs_status zs_get_document(zs_span bytes, const char *path, json_t **root, zs_err *err)
{
    char place[192];
    json_error_t why;
    if (bytes.bytes > ZS_RESULT_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes are more than the maximum of %d",
                       bytes.bytes, ZS_RESULT_BYTES_MAX);
    json_t *loaded = load_text(bytes, &why);
    if (loaded == NULL && is_refused)
        return zs_nomem(err, path);
    if (loaded == NULL) {
        snprintf(place, sizeof place, "%.150s:%d:%d", path, why.line, why.column);
        return zs_fail(err, ZS_EPARSE, place, "is not JSON: %.200s", why.text);
    }
    if (!json_is_integer(json_object_get(loaded, "cycles")) ||
        !json_is_array(json_object_get(loaded, "layers"))) {
        json_decref(loaded);
        return zs_fail(err, ZS_EPARSE, path,
                       "is JSON but no result of run: cycles or layers are missing");
    }
    const zs_status status = check_schema(loaded, path, err);
    if (status == ZS_OK)
        *root = loaded;
    else
        json_decref(loaded);
    return status;
}

/* ---- one value ------------------------------------------------------------------------------- */

zs_status zs_get_refuse(const zs_reader *r, zs_status status, const char *name, const char *what)
{
    return zs_fail(r->err, status, r->path, "%s%s %s", r->scope, name, what);
}

/* "dram.read_bytes": member read_bytes of the object dram; NULL where there is none. */
static const json_t *zs_read_member_at(const json_t *object, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
        object = json_object_getn(object, name, (size_t)(dot - name));
        name = dot + 1;
    }
    return json_object_get(object, name);
}

static zs_status read_whole(const zs_reader *r, const json_t *json, const char *name, uint64_t max,
                            uint64_t *out)
{
    const double real = json_number_value(json);
    if (json_is_real(json) && (real != floor(real) || fabs(real) >= 9007199254740992.0))
        return zs_get_refuse(r, ZS_EPARSE, name, "is not a whole number");
    const json_int_t n = json_is_real(json) ? (json_int_t)real : json_integer_value(json);
    if (n < 0 || (uint64_t)n > max)
        return zs_fail(r->err, ZS_ERANGE, r->path, "%s%s: %lld is outside 0 .. %llu", r->scope,
                       name, (long long)n, (unsigned long long)max);
    *out = (uint64_t)n;
    return ZS_OK;
}

/* The member as a value of its type; what is unknown is a ZS_READ_TEXT without text, or NAN. */
zs_status zs_get_value(const zs_reader *r, const json_t *object, const char *name,
                       zs_metric_type type, zs_presence need, uint64_t max, zs_value *out)
{
    static const char *const wrong[] = {
        [ZS_METRIC_INT] = "is not a whole number",
        [ZS_METRIC_REAL] = "is neither a number nor null",
        [ZS_METRIC_BOOL] = "is neither true nor false",
        [ZS_METRIC_TEXT] = "is no text",
    };
    const json_t *json = zs_read_member_at(object, name);
    zs_value value = {.type = type};
    if (json == NULL && need != ZS_OPTIONAL)
        return zs_get_refuse(r, ZS_EPARSE, name, "is missing");
    if (json == NULL || (json_is_null(json) && (need != ZS_REQUIRED || type == ZS_METRIC_REAL))) {
        value.type = type == ZS_METRIC_REAL ? ZS_METRIC_REAL : ZS_METRIC_TEXT;
        if (type == ZS_METRIC_REAL)
            value.r = (double)NAN;
    } else if (type == ZS_METRIC_INT && json_is_number(json)) {
        ZS_TRY(read_whole(r, json, name, max, &value.i));
    } else if (type == ZS_METRIC_REAL && json_is_number(json)) {
        value.r = json_number_value(json);
    } else if (type == ZS_METRIC_BOOL && json_is_boolean(json)) {
        value.i = json_is_true(json);
    } else if (type == ZS_METRIC_TEXT && json_is_string(json)) {
        value.text = zs_arena_strdup(r->arena, json_string_value(json));
        if (value.text == NULL)
            return zs_nomem(r->err, r->path);
    } else {
        return zs_get_refuse(r, ZS_EPARSE, name, wrong[type]);
    }
    *out = value;
    return ZS_OK;
}

zs_status zs_get_flag(const zs_reader *r, const json_t *object, const char *name, bool *out)
{
    zs_value value = {.i = false};
    if (zs_read_member_at(object, name) != NULL)
        ZS_TRY(zs_get_value(r, object, name, ZS_METRIC_BOOL, ZS_REQUIRED, 0, &value));
    *out = value.i != 0;
    return ZS_OK;
}

zs_status zs_get_count(const zs_reader *r, const json_t *object, const char *name, uint64_t max,
                       uint64_t *out)
{
    zs_value value;
    ZS_TRY(zs_get_value(r, object, name, ZS_METRIC_INT, ZS_REQUIRED, max, &value));
    *out = value.i;
    return ZS_OK;
}

zs_status zs_get_real(const zs_reader *r, const json_t *object, const char *name, double *out)
{
    zs_value value;
    ZS_TRY(zs_get_value(r, object, name, ZS_METRIC_REAL, ZS_REQUIRED, 0, &value));
    *out = value.r;
    return ZS_OK;
}

zs_status zs_get_text(const zs_reader *r, const json_t *object, const char *name, zs_presence need,
                      const char **out)
{
    zs_value value;
    ZS_TRY(zs_get_value(r, object, name, ZS_METRIC_TEXT, need, 0, &value));
    *out = value.text;
    return ZS_OK;
}

/* ---- members of structs ---------------------------------------------------------------------- */

static zs_status read_member(const zs_reader *r, const json_t *object, const zs_member *m,
                             void *base)
{
    static const zs_metric_type types[] = {
        [ZS_READ_COUNT32] = ZS_METRIC_INT, [ZS_READ_COUNT64] = ZS_METRIC_INT,
        [ZS_READ_REAL] = ZS_METRIC_REAL,   [ZS_READ_FLAG] = ZS_METRIC_BOOL,
        [ZS_READ_TEXT] = ZS_METRIC_TEXT,   [ZS_READ_MAYBE_TEXT] = ZS_METRIC_TEXT};
    void *at = (char *)base + m->offset;
    zs_value value;
    ZS_TRY(zs_get_value(r, object, m->name, types[m->type],
                        m->type == ZS_READ_MAYBE_TEXT ? ZS_NULLABLE : ZS_REQUIRED,
                        m->type == ZS_READ_COUNT32 ? UINT32_MAX : INT64_MAX, &value));
    switch (m->type) {
    case ZS_READ_COUNT32:
        *(uint32_t *)at = (uint32_t)value.i;
        break;
    case ZS_READ_COUNT64:
        *(uint64_t *)at = value.i;
        break;
    case ZS_READ_REAL:
        *(double *)at = value.r;
        break;
    case ZS_READ_FLAG:
        *(bool *)at = value.i != 0;
        break;
    case ZS_READ_TEXT:
    case ZS_READ_MAYBE_TEXT:
        *(const char **)at = value.text;
        break;
    }
    return ZS_OK;
}

zs_status zs_get_count32(const zs_reader *r, const json_t *object, const char *name, uint32_t *out)
{
    const zs_member count = {.name = name, .type = ZS_READ_COUNT32};
    return read_member(r, object, &count, out);
}

zs_status zs_get_members(const zs_reader *r, const json_t *object, const zs_member *list, size_t n,
                         void *base)
{
    for (size_t i = 0; i < n; i++)
        ZS_TRY(read_member(r, object, &list[i], base));
    return ZS_OK;
}

/* A share of a count, as a count again. */
zs_status zs_get_share(const zs_reader *r, const json_t *object, const char *name, uint64_t whole,
                       uint64_t *out)
{
    double frac;
    ZS_TRY(zs_get_real(r, object, name, &frac));
    if (frac < 0 || frac > 1e6)
        return zs_get_refuse(r, ZS_ERANGE, name, "is no share");
    *out = isnan(frac) ? 0 : (uint64_t)llround(frac * (double)whole);
    return ZS_OK;
}

/* Which of `n` words a member is. */
zs_status zs_get_word(const zs_reader *r, const json_t *object, const char *name,
                      const char *const *words, uint32_t n, uint32_t *out)
{
    const char *text;
    ZS_TRY(zs_get_text(r, object, name, ZS_REQUIRED, &text));
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return ZS_OK;
        }
    return zs_fail(r->err, ZS_EPARSE, r->path, "%s%s: \"%.64s\" is none of the words it may be",
                   r->scope, name, text);
}

zs_status zs_get_list(zs_reader *r, const json_t *root, const char *name, size_t bytes,
                      zs_status (*read)(zs_reader *, const json_t *, void *), void **list,
                      uint32_t *n)
{
    const json_t *entries = json_object_get(root, name);
    if (!json_is_array(entries))
        return zs_get_refuse(r, ZS_EPARSE, name, entries == NULL ? "is missing" : "is no list");
    const size_t entry_n = json_array_size(entries);
    char *out = zs_arena_alloc(r->arena, entry_n + 1, bytes);
    if (out == NULL)
        return zs_nomem(r->err, r->path);
    for (size_t i = 0; i < entry_n; i++) {
        snprintf(r->scope, sizeof r->scope, "%s[%zu].", name, i);
        ZS_TRY(read(r, json_array_get(entries, i), out + i * bytes));
    }
    r->scope[0] = '\0';
    *list = out;
    *n = (uint32_t)entry_n;
    return ZS_OK;
}
