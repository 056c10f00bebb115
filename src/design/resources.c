#include "zynqsim/resources.h"

#include "zynqsim/design.h"

#include <string.h>

const zs_resource zs_resource_table[ZS_RESOURCE_N] = {
#define RESOURCE(id, key, noun, unit, meaning, of_board) [ZS_RESOURCE_##id] = {#key, noun},
#include "zynqsim/resources.def"
#undef RESOURCE
};

#define B(id, name)                     {ZS_RESOURCE_##id, name},
#define FAMILY(id, table, name, blocks) static const zs_block table##_blocks[] = {blocks};
#include "zynqsim/families.def"
#undef FAMILY
#undef B

const zs_family zs_families[ZS_FAMILY_N] = {
#define FAMILY(id, table, name, blocks)                                                            \
    [ZS_FAMILY_##id] = {name, table##_blocks, ZS_LEN(table##_blocks)},
#include "zynqsim/families.def"
#undef FAMILY
};

const zs_block *zs_family_block(const zs_family *family, zs_resource_id id)
{
    for (uint32_t i = 0; i < family->block_n; i++)
        if (family->blocks[i].id == id)
            return &family->blocks[i];
    return NULL;
}

bool zs_field_is_on(const zs_field *field, uint32_t family)
{
    if (strncmp(field->path, "board.", 6) != 0)
        return true;
    for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
        if (strcmp(field->path + 6, zs_resource_table[id].key) == 0)
            return zs_family_block(&zs_families[family], (zs_resource_id)id) != NULL;
    return true;
}

zs_resources zs_board_resources(const zs_board *board, const zs_family *family)
{
    const zs_resources all = {{
#define RESOURCE(id, key, ...) [ZS_RESOURCE_##id] = board->key,
#include "zynqsim/resources.def"
#undef RESOURCE
    }};
    zs_resources own = {{0}};
    for (uint32_t i = 0; i < family->block_n; i++)
        own.n[family->blocks[i].id] = all.n[family->blocks[i].id];
    return own;
}

uint32_t zs_board_limit(const zs_board *board, zs_resource_id id)
{
    const zs_family *family = &zs_families[board->family];
    return zs_family_block(family, id) != NULL ? zs_board_resources(board, family).n[id]
                                               : UINT32_MAX;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static uint32_t saturated_u32(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

zs_resources zs_resources_times(zs_resources each, uint64_t n)
{
    for (uint32_t id = 0; id < ZS_RESOURCE_N; id++) {
        uint64_t product;
        each.n[id] = zs_mul_u64(each.n[id], n, &product) ? saturated_u32(product) : UINT32_MAX;
    }
    return each;
}

zs_resources zs_resources_plus(zs_resources a, zs_resources b)
{
    for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
        a.n[id] = saturated_u32((uint64_t)a.n[id] + b.n[id]);
    return a;
}
