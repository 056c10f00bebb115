#include "zynqsim/field_rows.h"

#include <stdio.h>
#include <string.h>

/* ---- words ----------------------------------------------------------------------------------- */

#define W(id, word, meaning)          [id] = {word, meaning},
#define ENUM_LIST(type, table, words) const zs_word zs_words_##table[] = {words};
#include "zynqsim/enums.def"
#undef ENUM_LIST
#undef W

#define PRECISION(id, word, meaning, ...) [id] = {word, meaning},
const zs_word zs_words_precision[] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION
#define DTYPE(id, word, ...) [id] = {word, ""},
const zs_word zs_words_type[] = {
#include "zynqsim/dtypes.def"
};
#undef DTYPE

/* ---- fields ---------------------------------------------------------------------------------- */

#define BETTER(path, how)
#define FIELD(path, member, type, ...)  ZS_FIELD_CHECK(path, zs_design, member, type)
#define SHARED(path, member, type, ...) ZS_FIELD_CHECK(path, zs_design, member, type)
#include "accel_fields.def"
#include "board_fields.def"
#include "fields.def"
#undef FIELD
#undef SHARED

#define FIELD(path, member, type, unit, min, max, preset, meaning)                                 \
    ZS_FIELD_ROW(path, offsetof(zs_design, member), type, unit, min, max, preset, meaning, false)
#define SHARED(path, member, type, unit, min, max, preset, meaning)                                \
    ZS_FIELD_ROW(path, offsetof(zs_design, member), type, unit, min, max, preset, meaning, true)
static const zs_field design_fields[] = {
#include "fields.def"
};
static const zs_field accel_fields[] = {
#include "accel_fields.def"
};
static const zs_field board_fields[] = {
#include "board_fields.def"
};
#undef FIELD
#undef SHARED
#undef BETTER

#define FIELD(...)
#define SHARED(...)
#define BETTER(path, how) {path, ZS_BETTER_##how},
static const zs_better_row betters[] = {
#include "accel_fields.def"
#include "board_fields.def"
};
#undef FIELD
#undef SHARED
#undef BETTER

const zs_field *zs_field_at(uint32_t i)
{
    const struct {
        const zs_field *fields;
        uint32_t n;
    } first[] = {{design_fields, ZS_LEN(design_fields)},
                 {&zs_kind_field, 1},
                 {accel_fields, ZS_LEN(accel_fields)}};
    for (size_t t = 0; t < ZS_LEN(first); i -= first[t++].n)
        if (i < first[t].n)
            return &first[t].fields[i];
    for (uint32_t k = 0; k < zs_kind_n; i -= zs_kind_designs[k++].keys->field_n)
        if (i < zs_kind_designs[k].keys->field_n)
            return &zs_kind_designs[k].keys->fields[i];
    return i < ZS_LEN(board_fields) ? &board_fields[i] : NULL;
}

static const zs_field *find_in(const zs_field *fields, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].path, path) == 0)
            return &fields[i];
    return NULL;
}

/* In the order of zs_field_at, table by table: searches set keys by their paths some thousand times
 * a second. */
const zs_field *zs_field_find(const char *path)
{
    const zs_field *f = find_in(design_fields, ZS_LEN(design_fields), path);
    if (f == NULL)
        f = find_in(&zs_kind_field, 1, path);
    if (f == NULL)
        f = find_in(accel_fields, ZS_LEN(accel_fields), path);
    for (uint32_t k = 0; k < zs_kind_n && f == NULL; k++)
        f = find_in(zs_kind_designs[k].keys->fields, zs_kind_designs[k].keys->field_n, path);
    return f != NULL ? f : find_in(board_fields, ZS_LEN(board_fields), path);
}

const zs_field *zs_field_of_auto(const char *path, const char *text)
{
    const size_t n = strlen(path);
    const zs_field *f;
    if (strcmp(text, "auto") != 0)
        return NULL;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (strncmp(f->path, path, n) == 0 && strcmp(f->path + n, ".auto") == 0)
            return f;
    return NULL;
}

const zs_field *zs_switch_at(const char *path, uint32_t i)
{
    for (uint32_t k = 0; k < zs_kind_n; k++) {
        const zs_kind_keys *keys = zs_kind_designs[k].keys;
        if (keys->switches == NULL || strcmp(keys->switches, path) != 0)
            continue;
        const size_t n = (size_t)(strrchr(path, '.') - path) + 1;
        for (uint32_t f = 0; f < keys->field_n; f++)
            if (keys->fields[f].type == ZS_FIELD_BOOL &&
                strncmp(keys->fields[f].path, path, n) == 0 && i-- == 0)
                return &keys->fields[f];
    }
    return NULL;
}

static zs_better find_better(const zs_better_row *rows, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].path, path) == 0)
            return rows[i].better;
    return ZS_BETTER_NONE;
}

zs_better zs_field_better(const zs_field *field)
{
    zs_better better = find_better(betters, ZS_LEN(betters), field->path);
    for (uint32_t k = 0; k < zs_kind_n && better == ZS_BETTER_NONE; k++) {
        const zs_kind_keys *keys = zs_kind_designs[k].keys;
        better = find_better(keys->betters, keys->better_n, field->path);
    }
    return better;
}

bool zs_field_is_of(const zs_field *field, uint32_t kind)
{
    if (!field->is_owned)
        return true;
    const zs_kind_keys *keys = kind < zs_kind_n ? zs_kind_designs[kind].keys : NULL;
    for (uint32_t i = 0; keys != NULL && i < keys->field_n; i++)
        if (&keys->fields[i] == field)
            return true;
    for (uint32_t i = 0; keys != NULL && i < keys->use_n; i++)
        if (strcmp(keys->uses[i], field->path) == 0)
            return true;
    return false;
}

const char *zs_field_preset(const zs_field *field, uint32_t kind)
{
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    for (uint32_t i = 0; keys != NULL && i < keys->preset_n; i++)
        if (strcmp(keys->presets[i].path, field->path) == 0)
            return keys->presets[i].value;
    return field->preset;
}

zs_status zs_field_check_kind(const zs_field *field, uint32_t kind, zs_err *err)
{
    char owners[128] = "";
    uint32_t left = 0, owner_n = 0;
    size_t n = 0;
    if (zs_field_is_of(field, kind))
        return ZS_OK;
    for (uint32_t k = 0; k < zs_kind_n; k++)
        left += zs_field_is_of(field, k);
    owner_n = left;
    for (uint32_t k = 0; k < zs_kind_n && n < sizeof owners; k++) {
        if (!zs_field_is_of(field, k))
            continue;
        const char *join = left == owner_n ? "" : left == 1 ? " and " : ", ";
        n += (size_t)snprintf(owners + n, sizeof owners - n, "%s%s", join, zs_kind_designs[k].word);
        left--;
    }
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    const char *instead = keys != NULL && keys->instead != NULL ? keys->instead(field->path) : NULL;
    return zs_fail(err, ZS_EPARSE, field->path,
                   "belongs to kind%s %s; this design is of kind %s%s%s", owner_n == 1 ? "" : "s",
                   owners, zs_kind_designs[kind].word, instead != NULL ? ", where " : "",
                   instead != NULL ? instead : "");
}

/* ---- what a user may have meant -------------------------------------------------------------- */

/* Every field, and in front of them the keys that stand for several; NULL after the last. */
static const char *known_path(uint32_t i)
{
    static const char *const others[] = {"board",
                                         "extends",
                                         "network.input_shape",
                                         "network.preprocess.mean",
                                         "network.preprocess.scale",
                                         "network.sparsify.input_scale",
                                         "accelerator.precision.weights",
                                         "accelerator.precision.activations"};
    if (i < ZS_LEN(others))
        return others[i];
    const zs_field *f = zs_field_at(i - (uint32_t)ZS_LEN(others));
    return f != NULL ? f->path : NULL;
}

/* A path that lacks its first parts ("tile.oc") is a likelier slip than any typing error. */
static const char *path_ending_in(const char *tail)
{
    const size_t tail_n = strlen(tail);
    const char *path;
    for (uint32_t i = 0; (path = known_path(i)) != NULL && tail_n > 0; i++) {
        const size_t n = strlen(path);
        if (n > tail_n && path[n - tail_n - 1] == '.' && strcmp(path + n - tail_n, tail) == 0)
            return path;
    }
    return NULL;
}

/* The parts that differ have to be near, or the first a beginning of the other: "swap.xyzzy" is not
 * "swap.by", though most letters agree. */
static bool is_slip(const char *path, const char *known)
{
    size_t same = 0;
    for (size_t i = 0; path[i] != '\0' && path[i] == known[i]; i++)
        if (path[i] == '.')
            same = i + 1;
    path += same;
    known += same;
    return (path[0] != '\0' && strncmp(path, known, strlen(path)) == 0) ||
           zs_nearest(path, &known, 1) != NULL;
}

const char *zs_field_suggest(const char *path)
{
    const char *longer = path_ending_in(path), *known;
    const char *best = NULL;
    if (longer != NULL)
        return longer;
    for (uint32_t i = 0; (known = known_path(i)) != NULL; i++) {
        const char *const two[] = {best ? best : known, known};
        if (is_slip(path, known))
            best = zs_nearest(path, two, ZS_LEN(two));
    }
    return best;
}

static bool is_listed(const char *list, const char *name, size_t n)
{
    for (const char *at = list; *at != '\0'; at += strspn(at, ", ")) {
        const size_t at_n = strcspn(at, ",");
        if (at_n == n && strncmp(at, name, n) == 0)
            return true;
        at += at_n;
    }
    return false;
}

bool zs_field_siblings(const char *path, char *text, size_t bytes)
{
    const char *dot = strrchr(path, '.'), *known;
    const size_t prefix_n = dot != NULL ? (size_t)(dot - path) + 1 : 0;
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; (known = known_path(i)) != NULL && prefix_n > 0; i++) {
        const char *name = known + prefix_n;
        const size_t name_n = strncmp(known, path, prefix_n) == 0 ? strcspn(name, ".") : 0;
        if (name_n == 0 || is_listed(text, name, name_n))
            continue;
        if (n + name_n + sizeof ", ..." > bytes) {
            snprintf(text + n, bytes - n, ", ...");
            break;
        }
        n += (size_t)snprintf(text + n, bytes - n, "%s%.*s", n > 0 ? ", " : "", (int)name_n, name);
    }
    return n > 0;
}

const char *zs_word_of(const zs_word *words, uint32_t n, uint32_t value)
{
    return value < n ? words[value].word : "?";
}
