#include "json_read_priv.h"

#include "zynqsim/result_read.h"

#include <stdio.h>
#include <string.h>

zs_status zs_json_load(zs_span bytes, const char *path, json_t **root, zs_err *err)
{
    char place[192];
    json_error_t why;
    if (bytes.bytes > ZS_RESULT_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes are more than the maximum of %d",
                       bytes.bytes, ZS_RESULT_BYTES_MAX);
    json_t *loaded =
        json_loadb((const char *)bytes.data, bytes.bytes, JSON_REJECT_DUPLICATES, &why);
    if (loaded == NULL && json_error_code(&why) == json_error_out_of_memory)
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
