#include "zynqsim/design.h"

#include <string.h>

/* ---- words ----------------------------------------------------------------------------------- */

#define W(id, word, meaning)          [id] = {word, meaning},
#define ENUM_LIST(type, table, words) const zs_word zs_words_##table[] = {words};
#include "zynqsim/enums.def"
#undef ENUM_LIST
#undef W

/* ---- fields ---------------------------------------------------------------------------------- */

/* The C type of a member must be the one its row names. */
#define C_U32         uint32_t
#define C_U64         uint64_t
#define C_F64         double
#define C_BOOL        bool
#define C_STR         const char *
#define C_ENUM(table) uint32_t
#define FIELD(path, member, type, unit, min, max, preset, meaning)                                 \
    _Static_assert(_Generic(((zs_design *)0)->member, C_##type : 1, default : 0), "type "          \
                                                                                  "of " path);
#include "fields.def"
#undef FIELD

/* type, words, word_n */
#define T_U32         ZS_FIELD_U32, NULL, 0
#define T_U64         ZS_FIELD_U64, NULL, 0
#define T_F64         ZS_FIELD_F64, NULL, 0
#define T_BOOL        ZS_FIELD_BOOL, NULL, 0
#define T_STR         ZS_FIELD_STR, NULL, 0
#define T_ENUM(table) ZS_FIELD_ENUM, zs_words_##table, ZS_LEN(zs_words_##table)
#define FIELD(path, member, type, unit, min, max, preset, meaning)                                 \
    {path, offsetof(zs_design, member), T_##type, unit, min, max, preset, meaning},
const zs_field zs_fields[] = {
#include "fields.def"
};
#undef FIELD
const uint32_t zs_field_n = ZS_LEN(zs_fields);

/* What a user may have meant: every field, and the keys that stand for several. */
#define FIELD(path, ...) path,
static const char *const known_paths[] = {
    "board",
    "extends",
    "network.input_shape",
    "network.preprocess.mean",
    "network.preprocess.scale",
#include "fields.def"
};
#undef FIELD

const zs_field *zs_field_find(const char *path)
{
    for (uint32_t i = 0; i < zs_field_n; i++)
        if (strcmp(zs_fields[i].path, path) == 0)
            return &zs_fields[i];
    return NULL;
}

/* A path that lacks its first parts ("tile.oc") is a likelier slip than any typing error. */
static const char *path_ending_in(const char *tail)
{
    const size_t tail_n = strlen(tail);
    for (size_t i = 0; i < ZS_LEN(known_paths) && tail_n > 0; i++) {
        const size_t n = strlen(known_paths[i]);
        if (n > tail_n && known_paths[i][n - tail_n - 1] == '.' &&
            strcmp(known_paths[i] + n - tail_n, tail) == 0)
            return known_paths[i];
    }
    return NULL;
}

const char *zs_field_suggest(const char *path)
{
    const char *longer = path_ending_in(path);
    return longer ? longer : zs_nearest(path, known_paths, ZS_LEN(known_paths));
}

const char *zs_word_of(const zs_word *words, uint32_t n, uint32_t value)
{
    return value < n ? words[value].word : "?";
}
