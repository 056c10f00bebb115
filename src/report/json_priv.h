/* json_priv.h - pieces of JSON documents: values from figures, and the way out to a sink. */
#ifndef ZYNQSIM_JSON_PRIV_H
#define ZYNQSIM_JSON_PRIV_H

#include "zynqsim/sim.h"

#include <jansson.h>

/* NULL is null; what is not UTF-8 is cleaned. All may return NULL when memory is out. */
json_t *zs_json_text(const char *text);
json_t *zs_json_count(uint64_t n);
/* JSON has no infinities: undefined is null. */
json_t *zs_json_real(double value);
/* A figure: a count, a number, true or false, or a text. */
json_t *zs_json_value(const zs_value *value);
/* Every figure of metrics.def that the result has, as members of an object; not 0: memory is out.
 */
int zs_json_figures(json_t *root, const zs_result *r);
/* Counts as members of an object; not 0: memory is out. */
typedef struct zs_json_named_count {
    const char *key;
    uint64_t value;
} zs_json_named_count;
int zs_json_set_counts(json_t *object, const zs_json_named_count *counts, size_t n);
/* Writes the document and drops it. `failed`: memory ran out while it was made. */
zs_status zs_json_end(json_t *root, bool failed, const char *what, const zs_sink *s, zs_err *err);

#endif
