/* kind_keys.h - expands a kind's fields.def into its zs_kind_keys. No include guard: a file that
 * includes it says before
 *   KIND_ID      as in kinds.def
 *   KIND_FIELDS  its fields.def, a path from src/kinds: rows PARAM(...) of keys kept in
 * KIND_PARAMS, FIELD(...) of keys kept in another member of the design, both as in
 *                src/design/fields.def; USES("path of a key of accel_fields.def"); BETTER("path of
 *                one of its own keys", MORE or LESS) where that never makes a design slower;
 *                LAYER("path") of a key that a layer may have a value of its own for;
 *                PRESET("path of a key of accel_fields.def", "value") where its default is another
 *   KIND_PARAMS  the struct of which the PARAMs name members, if there are any
 *   KIND_CHECK   its rules, or NULL
 *   KIND_INSTEAD what keys of other kinds are called in this one, if that is known
 *   KIND_COMES_TO what keys come to that are left to the program, if it says so
 *   KIND_SWITCHES  the key that takes a list of the switches beside it, if there is one */
#ifndef KIND_INSTEAD
#define KIND_INSTEAD NULL
#endif
#ifndef KIND_COMES_TO
#define KIND_COMES_TO NULL
#endif
#ifndef KIND_SWITCHES
#define KIND_SWITCHES NULL
#endif
#define KIND_JOIN_(a, b) a##b
#define KIND_JOIN(a, b)  KIND_JOIN_(a, b)

#define FIELD(path, member, type, ...) ZS_FIELD_CHECK(path, zs_design, member, type)
#define PARAM(path, member, type, ...) ZS_FIELD_CHECK(path, KIND_PARAMS, member, type)
#define USES(path)
#define BETTER(path, how)
#define LAYER(path)
#define PRESET(path, value)
#include KIND_FIELDS
#undef FIELD
#undef PARAM
#undef USES
#ifdef KIND_PARAMS
_Static_assert(sizeof(KIND_PARAMS) <= ZS_KIND_PARAM_BYTES, "room for the parameters of a kind");
#endif

/* One more than there are: a kind may have none. */
#define FIELD(path, member, type, unit, min, max, preset, meaning)                                 \
    ZS_FIELD_ROW(path, offsetof(zs_design, member), type, unit, min, max, preset, meaning, true)
#define PARAM(path, member, type, unit, min, max, preset, meaning)                                 \
    ZS_FIELD_ROW(path, offsetof(zs_design, accel.params) + offsetof(KIND_PARAMS, member), type,    \
                 unit, min, max, preset, meaning, true)
#define USES(path)
static const zs_field kind_fields[] = {
#include KIND_FIELDS
    {0},
};
#undef FIELD
#undef PARAM
#undef USES

#define FIELD(...)
#define PARAM(...)
#define USES(path) path,
static const char *const kind_uses[] = {
#include KIND_FIELDS
    NULL,
};
#undef FIELD
#undef PARAM
#undef USES
#undef BETTER

#define FIELD(...)
#define PARAM(...)
#define USES(path)
#define BETTER(path, how) {path, ZS_BETTER_##how},
static const zs_better_row kind_betters[] = {
#include KIND_FIELDS
    {NULL, ZS_BETTER_NONE},
};
#undef BETTER
#undef LAYER

#define BETTER(path, how)
#define LAYER(path) path,
static const char *const kind_layer_keys[] = {
#include KIND_FIELDS
    NULL,
};
#undef LAYER
#undef PRESET

#define LAYER(path)
#define PRESET(path, value) {path, value},
static const zs_preset_row kind_presets[] = {
#include KIND_FIELDS
    {NULL, NULL},
};
#undef FIELD
#undef PARAM
#undef USES
#undef BETTER
#undef LAYER
#undef PRESET

const zs_kind_keys KIND_JOIN(zs_keys_of_, KIND_ID) = {
    .fields = kind_fields,
    .field_n = ZS_LEN(kind_fields) - 1,
    .uses = kind_uses,
    .use_n = ZS_LEN(kind_uses) - 1,
    .presets = kind_presets,
    .preset_n = ZS_LEN(kind_presets) - 1,
    .betters = kind_betters,
    .better_n = ZS_LEN(kind_betters) - 1,
    .layer_keys = kind_layer_keys,
    .layer_key_n = ZS_LEN(kind_layer_keys) - 1,
    .check = KIND_CHECK,
    .switches = KIND_SWITCHES,
    .instead = KIND_INSTEAD,
    .comes_to = KIND_COMES_TO,
};
