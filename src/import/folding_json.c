#include "zynqsim/import.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Folding files of FINN: an object for every node, called after its type and number. */

enum { NODES_MAX = 4096, VALUE_MAX = 1 << 24 };

/* How nodes are called in files of all ages, without what tells HLS from RTL. */
static const struct node_class {
    const char *prefix, *name;
    enum { MATRIX, VECTOR, WINDOW, POOL, ELEMENTS, DEPTHS_ONLY, IGNORED } what;
} classes[] = {
    {"MVAU", "MVAU", MATRIX},
    {"MatrixVectorActivation", "MVAU", MATRIX},
    {"StreamingFCLayer", "MVAU", MATRIX},
    {"VVAU", "VVAU", VECTOR},
    {"VectorVectorActivation", "VVAU", VECTOR},
    {"Vector_Vector_Activate", "VVAU", VECTOR},
    {"ConvolutionInputGenerator", "ConvolutionInputGenerator", WINDOW},
    {"StreamingMaxPool", "StreamingMaxPool", POOL},
    {"AddStreams", "AddStreams", ELEMENTS},
    {"GlobalAccPool", "GlobalAccPool", ELEMENTS},
    {"Pool", "Pool", ELEMENTS},
    {"FMPadding", "FMPadding", DEPTHS_ONLY},
    {"Thresholding", "Thresholding", IGNORED},
    {"ChannelwiseOp", "ChannelwiseOp", IGNORED},
    {"DuplicateStreams", "DuplicateStreams", IGNORED},
    {"LabelSelect", "LabelSelect", IGNORED},
    {"StreamingDataWidthConverter", "StreamingDataWidthConverter", IGNORED},
    {"StreamingFIFO", "StreamingFIFO", IGNORED},
    {"IODMA", "IODMA", IGNORED},
};

typedef struct folding_reader {
    zs_arena *arena;
    const char *path;
    zs_folding *out;
    uint32_t counts[ZS_LEN(classes)];
    zs_err *err;
} folding_reader;

static const struct node_class *class_of(const char *name)
{
    for (size_t i = 0; i < ZS_LEN(classes); i++) {
        const size_t n = strlen(classes[i].prefix);
        if (strncmp(name, classes[i].prefix, n) == 0 && (name[n] == '_' || name[n] == '1'))
            return &classes[i];
    }
    return NULL;
}

static zs_status add(folding_reader *r, const char **list, const char *entry)
{
    if (entry != NULL)
        *list = zs_arena_printf(r->arena, "%s%s%s", *list, (*list)[0] != '\0' ? ";" : "", entry);
    return entry != NULL && *list != NULL ? ZS_OK : zs_nomem(r->err, r->path);
}

static zs_status value_of(const folding_reader *r, const char *name, const json_t *value,
                          const char *key, uint32_t least, uint32_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > VALUE_MAX)
        return zs_fail(r->err, ZS_EPARSE, r->path,
                       "\"%s\" of \"%.64s\" is no whole number of %u..%d", key, name, least,
                       VALUE_MAX);
    *out = (uint32_t)json_integer_value(value);
    return ZS_OK;
}

static zs_status read_factors(folding_reader *r, const char *name, const json_t *node,
                              const char *own, const struct node_class *c)
{
    const json_t *pe_value = json_object_get(node, "PE"),
                 *simd_value = json_object_get(node, "SIMD");
    uint32_t pe = 1, simd = 1;
    if (pe_value != NULL)
        ZS_TRY(value_of(r, name, pe_value, "PE", 1, &pe));
    if (simd_value != NULL)
        ZS_TRY(value_of(r, name, simd_value, "SIMD", 1, &simd));
    if (c->what == VECTOR && simd > 1)
        return zs_fail(r->err, ZS_EUNSUPPORTED, r->path,
                       "\"%.64s\" has %u lanes: vector units take one place of a window a clock",
                       name, simd);
    if (c->what == POOL && pe == 1) /* which says nothing of it: all channels of a pixel */
        return add(r, &r->out->folding, zs_arena_printf(r->arena, "%s=all", own));
    if (pe_value == NULL && simd_value == NULL)
        return ZS_OK;
    if (c->what == MATRIX)
        return add(r, &r->out->folding, zs_arena_printf(r->arena, "%s=%ux%u", own, pe, simd));
    if (c->what == WINDOW && simd_value == NULL)
        return ZS_OK;
    return add(r, &r->out->folding,
               zs_arena_printf(r->arena, "%s=%u", own, c->what == WINDOW ? simd : pe));
}

static zs_status read_depths(folding_reader *r, const char *name, const json_t *node,
                             const char *own, const char *key, const char *const suffixes[2])
{
    const json_t *list = json_object_get(node, key);
    uint32_t depth;
    if (list == NULL)
        return ZS_OK;
    if (!json_is_array(list))
        return zs_fail(r->err, ZS_EPARSE, r->path, "\"%s\" of \"%.64s\" is no list", key, name);
    for (size_t i = 0; i < json_array_size(list) && i < 2; i++) {
        if (suffixes[i] == NULL)
            break;
        ZS_TRY(value_of(r, name, json_array_get(list, i), key, 0, &depth));
        ZS_TRY(
            add(r, &r->out->fifos, zs_arena_printf(r->arena, "%s%s=%u", own, suffixes[i], depth)));
    }
    return ZS_OK;
}

static zs_status read_node(folding_reader *r, const char *name, const json_t *node)
{
    static const char *const in[2] = {"", ".b"}, *const out[2] = {">", NULL};
    if (strcmp(name, "Defaults") == 0 || strncmp(name, "_", 1) == 0)
        return ZS_OK;
    const struct node_class *c = class_of(name);
    if (c == NULL)
        return zs_fail(r->err, ZS_EUNSUPPORTED, r->path, "\"%.64s\" is no type of node known here",
                       name);
    if (!json_is_object(node))
        return zs_fail(r->err, ZS_EPARSE, r->path, "\"%.64s\" is no object", name);
    if (c->what == IGNORED) {
        r->out->ignored_n++;
        return ZS_OK;
    }
    uint32_t before = 0;
    for (size_t i = 0; i < ZS_LEN(classes); i++)
        before += strcmp(classes[i].name, c->name) == 0 ? r->counts[i] : 0;
    r->counts[c - classes]++;
    const char *own = zs_arena_printf(r->arena, "%s_%u", c->name, before);
    if (own == NULL)
        return zs_nomem(r->err, r->path);
    if (c->what != DEPTHS_ONLY)
        ZS_TRY(read_factors(r, name, node, own, c));
    ZS_TRY(read_depths(r, name, node, own, "inFIFODepths", in));
    return read_depths(r, name, node, own, "outFIFODepths", out);
}

zs_status zs_folding_parse(zs_arena *arena, zs_span bytes, const char *path, zs_folding *out,
                           zs_err *err)
{
    folding_reader r = {.arena = arena, .path = path, .out = out, .err = err};
    json_error_t where;
    *out = (zs_folding){.folding = "", .fifos = ""};
    json_t *root =
        json_loadb((const char *)bytes.data, bytes.bytes, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return zs_fail(err, ZS_EPARSE, path, "line %d: %.80s", where.line, where.text);
    zs_status status = ZS_OK;
    const char *name;
    json_t *node;
    if (!json_is_object(root) || json_object_size(root) > NODES_MAX)
        status = zs_fail(err, ZS_EPARSE, path, "is no object of at most %d nodes", NODES_MAX);
    else
        json_object_foreach(root, name, node) if (status == ZS_OK) status =
            read_node(&r, name, node);
    json_decref(root);
    return status;
}
