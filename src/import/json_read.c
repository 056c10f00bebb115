#include "json_read_priv.h"

#include "zynqsim/result_read.h"

#include <stdio.h>
#include <string.h>

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

static json_t *load(zs_span bytes, json_error_t *why)
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

zs_status zs_json_load(zs_span bytes, const char *path, json_t **root, zs_err *err)
{
    char place[192];
    json_error_t why;
    if (bytes.bytes > ZS_RESULT_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes are more than the maximum of %d",
                       bytes.bytes, ZS_RESULT_BYTES_MAX);
    json_t *loaded = load(bytes, &why);
    if (loaded == NULL && is_refused)
        return zs_nomem(err, path);
    if (loaded == NULL) {
        snprintf(place, sizeof place, "%.150s:%d:%d", path, why.line, why.column);
        return zs_fail(err, ZS_EPARSE, place, "is not JSON: %.200s", why.text);
    }
    *root = loaded;
    return ZS_OK;
}

zs_status zs_json_expect_result(const json_t *root, const char *path, zs_err *err)
{
    if (json_is_integer(json_object_get(root, "cycles")) &&
        json_is_array(json_object_get(root, "layers")))
        return ZS_OK;
    return zs_fail(err, ZS_EPARSE, path,
                   "is JSON but no result of run: cycles or layers are missing");
}

json_t *zs_json_at(const json_t *object, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
        object = json_object_getn(object, name, (size_t)(dot - name));
        name = dot + 1;
    }
    return json_object_get(object, name);
}
