/* result_read_priv.h - values of a JSON document, read by the names of their members. A name with
 * dots goes down: "dram.read_bytes" is member read_bytes of the object dram. */
#ifndef ZYNQSIM_RESULT_READ_PRIV_H
#define ZYNQSIM_RESULT_READ_PRIV_H

#include "zynqsim/base.h"
#include "zynqsim/sim.h"

#include <jansson.h>
#include <stddef.h>

/* Where in the file we are, for messages: "layers[3]." or "". */
typedef struct zs_reader {
    zs_arena *arena;
    const char *path;
    char scope[48];
    const zs_family *family; /* of the device */
    zs_err *err;
} zs_reader;

typedef enum zs_presence {
    ZS_OPTIONAL, /* what another version left out, or wrote as null, is unknown */
    ZS_NULLABLE,
    ZS_REQUIRED /* a real may be null all the same: a ratio with nothing to divide by */
} zs_presence;

typedef enum zs_member_type {
    ZS_READ_COUNT32,
    ZS_READ_COUNT64,
    ZS_READ_REAL,
    ZS_READ_FLAG,
    ZS_READ_TEXT,
    ZS_READ_MAYBE_TEXT
} zs_member_type;

/* One figure that is a member of its struct as it stands in the file. */
typedef struct zs_member {
    const char *name;
    zs_member_type type;
    size_t offset;
} zs_member;

/* The caller drops the document. */
zs_status zs_get_document(zs_span bytes, const char *path, json_t **root, zs_err *err);

zs_status zs_get_refuse(const zs_reader *r, zs_status status, const char *name, const char *what);

/* The member as a value of its type; what is unknown is a TEXT without text, or NAN. */
zs_status zs_get_value(const zs_reader *r, const json_t *object, const char *name,
                       zs_metric_type type, zs_presence need, uint64_t max, zs_value *out);
/* True or false; what is not there, since versions before did not write it, is false. */
zs_status zs_get_flag(const zs_reader *r, const json_t *object, const char *name, bool *out);
zs_status zs_get_count(const zs_reader *r, const json_t *object, const char *name, uint64_t max,
                       uint64_t *out);
zs_status zs_get_count32(const zs_reader *r, const json_t *object, const char *name, uint32_t *out);
zs_status zs_get_real(const zs_reader *r, const json_t *object, const char *name, double *out);
zs_status zs_get_text(const zs_reader *r, const json_t *object, const char *name, zs_presence need,
                      const char **out);
/* A share of a count, as a count again. */
zs_status zs_get_share(const zs_reader *r, const json_t *object, const char *name, uint64_t whole,
                       uint64_t *out);
/* Which of `n` words a member is. */
zs_status zs_get_word(const zs_reader *r, const json_t *object, const char *name,
                      const char *const *words, uint32_t n, uint32_t *out);
zs_status zs_get_members(const zs_reader *r, const json_t *object, const zs_member *list, size_t n,
                         void *base);
/* Every entry of a list by `read`, into an array of elements of so many bytes. */
zs_status zs_get_list(zs_reader *r, const json_t *root, const char *name, size_t bytes,
                      zs_status (*read)(zs_reader *, const json_t *, void *), void **list,
                      uint32_t *n);

/* The pipeline of a result, or of one of its engines; nothing where the object has none. */
zs_status zs_read_flow(zs_reader *r, const json_t *object, const zs_flow_result **flow,
                       const zs_plan_flow **of, const char **limit);
/* The engines of a design that has several. */
zs_status zs_read_engines(zs_reader *r, const json_t *root, zs_result *out);
/* What a design, or one of its engines, takes of the part. */
zs_status zs_read_fit(zs_reader *r, const json_t *object, zs_fit *out);

#endif
