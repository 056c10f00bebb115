/* resources.h - what a device is made of: kinds of block, amounts of them, families of devices.
 *
 * Models   a family as the list of kinds of block that it has; the tables are resources.def and
 *          families.def. How many there are is a board's to say (design.h), what an operator takes
 *          of them is in its row (capacity.h).
 * Memory   plain values; nothing here allocates. Counts that would overflow saturate. */
#ifndef ZYNQSIM_RESOURCES_H
#define ZYNQSIM_RESOURCES_H

#include "zynqsim/base.h"

typedef enum zs_resource_id {
#define RESOURCE(id, ...) ZS_RESOURCE_##id,
#include "zynqsim/resources.def"
#undef RESOURCE
    ZS_RESOURCE_N
} zs_resource_id;

/* So many blocks of every kind. */
typedef struct zs_resources {
    uint32_t n[ZS_RESOURCE_N]; /* [zs_resource_id] */
} zs_resources;

zs_resources zs_resources_times(zs_resources each, uint64_t n);
zs_resources zs_resources_plus(zs_resources a, zs_resources b);

typedef struct zs_resource {
    const char *key, *noun;
} zs_resource;
extern const zs_resource zs_resource_table[ZS_RESOURCE_N];

/* ---- families -------------------------------------------------------------------------------- */

typedef enum zs_family_id {
#define FAMILY(id, ...) ZS_FAMILY_##id,
#include "zynqsim/families.def"
#undef FAMILY
    ZS_FAMILY_N
} zs_family_id;

typedef struct zs_block {
    zs_resource_id id;
    const char *name; /* in reports */
} zs_block;

typedef struct zs_family {
    const char *name;
    const zs_block *blocks; /* in the order of reports */
    uint32_t block_n;
} zs_family;
extern const zs_family zs_families[ZS_FAMILY_N];

/* NULL where the family has no such block. */
const zs_block *zs_family_block(const zs_family *family, zs_resource_id id);

#endif
