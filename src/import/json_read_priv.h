/* json_read_priv.h - what both readers of result.json begin with: the strict one, which makes a
 * result again, and the lenient one, which takes what figures there are. */
#ifndef ZYNQSIM_JSON_READ_PRIV_H
#define ZYNQSIM_JSON_READ_PRIV_H

#include "zynqsim/base.h"

#include <jansson.h>

/* The caller drops the document. ZS_EPARSE with line and column for what is no JSON or has a key
 * twice, ZS_ERANGE for more than ZS_RESULT_BYTES_MAX, ZS_ENOMEM. */
zs_status zs_json_load(zs_span bytes, const char *path, json_t **root, zs_err *err);
/* ZS_EPARSE for JSON that no run wrote: without cycles or layers. */
zs_status zs_json_expect_result(const json_t *root, const char *path, zs_err *err);
/* "dram.read_bytes": member read_bytes of the object dram; NULL where there is none. */
json_t *zs_json_at(const json_t *object, const char *name);

#endif
