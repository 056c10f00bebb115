/* flatbuffer_priv.h - tables, vectors and strings of a FlatBuffers file, every access within
 * bounds.
 *
 * Models   the wire format: little-endian, offsets relative to where they stand, tables whose
 *          vtable lists where their fields lie (0: absent, the default holds).
 * Omits    structs, unions' types, size prefixes: no reader here needs them.
 * Errors   what lies outside of the file reads as absent and marks the file as broken, which the
 *          reader of a format asks once, at the end.
 * Memory   nothing allocates; texts and vectors are the file's own. */
#ifndef ZYNQSIM_FLATBUFFER_PRIV_H
#define ZYNQSIM_FLATBUFFER_PRIV_H

#include "zynqsim/base.h"

typedef struct zs_flat {
    zs_span bytes;
    bool is_broken;
} zs_flat;

/* at = 0: absent; every field of it is. */
typedef struct zs_flat_table {
    zs_flat *file;
    size_t at, fields; /* of the table; of its vtable's list */
    uint32_t field_n;
} zs_flat_table;

typedef struct zs_flat_list {
    zs_flat *file;
    size_t at;
    uint32_t n, elem_bytes;
} zs_flat_list;

zs_flat_table zs_flat_root(zs_flat *file);
/* Field `id`, an integer of 1, 2, 4 or 8 bytes; booleans are of 1 byte without a sign. */
int64_t zs_flat_int(const zs_flat_table *table, uint32_t id, uint32_t bytes, bool has_sign,
                    int64_t otherwise);
double zs_flat_float(const zs_flat_table *table, uint32_t id, double otherwise);
zs_flat_table zs_flat_sub(const zs_flat_table *table, uint32_t id);
/* n = 0 where absent. Elements of tables are 4 bytes, offsets. */
zs_flat_list zs_flat_vector(const zs_flat_table *table, uint32_t id, uint32_t elem_bytes);
int64_t zs_flat_int_at(const zs_flat_list *list, uint32_t i, bool has_sign);
float zs_flat_float_at(const zs_flat_list *list, uint32_t i);
zs_flat_table zs_flat_table_at(const zs_flat_list *list, uint32_t i);
/* The bytes of a vector of bytes or of a string. */
static inline zs_span zs_flat_bytes(const zs_flat_list *list)
{
    return (zs_span){.data = list->file->bytes.data + list->at,
                     .bytes = (size_t)list->n * list->elem_bytes};
}

#endif
