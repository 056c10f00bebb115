#include "design_priv.h"

#include <string.h>

/* What a design has without being told, and the keys given by hand, which another board or kind
 * leaves alone. */

/* ---- defaults -------------------------------------------------------------------------------- */

/* Kinds keep what they have to themselves in one place: it means something in one kind only. */
static bool is_param(const zs_field *field)
{
    const size_t params = offsetof(zs_design, accel.params);
    return field->offset >= params && field->offset < params + ZS_KIND_PARAM_BYTES;
}

static bool is_given(const zs_design *design, const zs_field *field)
{
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (g->field == field)
            return true;
    return false;
}

/* Keys that kinds share and `keys` has a default of its own for, as the kind of the design has
 * them. */
static void take_presets(zs_design *design, const zs_kind_keys *keys)
{
    for (uint32_t i = 0; i < keys->preset_n; i++) {
        const zs_field *field = zs_field_find(keys->presets[i].path);
        if (!is_given(design, field))
            (void)zs_field_set(design, NULL, field, zs_field_preset(field, design->accel.kind),
                               NULL);
    }
}

void zs_design_set_kind(zs_design *design, uint32_t kind)
{
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    const zs_kind_keys *before = zs_kind_designs[design->accel.kind].keys;
    design->accel.kind = kind;
    take_presets(design, before);
    take_presets(design, keys);
    memset(design->accel.params, 0, sizeof design->accel.params);
    for (uint32_t i = 0; i < keys->field_n; i++)
        if (is_param(&keys->fields[i]))
            (void)zs_field_set(design, NULL, &keys->fields[i], keys->fields[i].preset, NULL);
}

void zs_design_defaults_with(zs_design *design, const zs_field *field)
{
    uint32_t kind = 0;
    while (kind + 1 < zs_kind_n && !zs_field_is_of(field, kind))
        kind++;
    zs_design_defaults(design);
    zs_design_set_kind(design, kind);
}

void zs_design_defaults(zs_design *design)
{
    *design = (zs_design){0};
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (!is_param(f))
            (void)zs_field_set(design, NULL, f, f->preset, NULL);
    zs_design_set_kind(design, design->accel.kind);
    /* A list of one that outlives every design: the preset in the table. */
    design->network.inputs = &zs_field_find("network.input")->preset;
    design->network.input_n = 1;
    design->board_name = zs_boards[0].name;
}

/* ---- keys given by hand ---------------------------------------------------------------------- */

static size_t value_bytes(const zs_field *field)
{
    static const size_t bytes[] = {
        [ZS_FIELD_U32] = sizeof(uint32_t),     [ZS_FIELD_U64] = sizeof(uint64_t),
        [ZS_FIELD_F64] = sizeof(double),       [ZS_FIELD_BOOL] = sizeof(bool),
        [ZS_FIELD_STR] = sizeof(const char *), [ZS_FIELD_ENUM] = sizeof(uint32_t)};
    return bytes[field->type];
}

static bool has_same_value(const zs_design *a, const zs_design *b, const zs_field *field)
{
    const void *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;
    if (field->type == ZS_FIELD_STR)
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    return memcmp(x, y, value_bytes(field)) == 0;
}

static bool is_of_board(const zs_field *field)
{
    return strncmp(field->path, "board.", 6) == 0;
}

static bool is_of_preprocess(const zs_field *field)
{
    return strncmp(field->path, "network.preprocess.", 19) == 0;
}

bool zs_design_says_preprocess(const zs_design *design)
{
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (is_of_preprocess(g->field))
            return true;
    return false;
}

/* A board's key that has the board's value anyway goes with the board: what `show` wrote has all of
 * them, and another board shall still replace that one. */
zs_status zs_design_note_given(zs_design *design, zs_arena *arena, const zs_field *field,
                               const zs_design *before, zs_err *err)
{
    if (arena == NULL || !(is_of_board(field) ? !has_same_value(design, before, field)
                                              : field->is_owned || is_of_preprocess(field)))
        return ZS_OK;
    zs_given *given = zs_new(arena, zs_given, 1);
    if (given == NULL)
        return zs_nomem(err, "design");
    *given = (zs_given){.next = design->given, .field = field, .place = design->place};
    design->given = given;
    return ZS_OK;
}

void zs_design_keep_given(zs_design *design, const zs_design *from)
{
    for (const zs_given *g = from->given; g != NULL; g = g->next)
        if (is_of_board(g->field))
            memcpy((char *)design + g->field->offset, (const char *)from + g->field->offset,
                   value_bytes(g->field));
}
