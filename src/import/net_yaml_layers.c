#include "import_net_yaml_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what one item says ---------------------------------------------------------------------- */

/* An item of the list while it is read: a layer, and what may follow it under the same name. */
typedef struct item {
    zs_layer_spec spec; /* of the layer itself; `in` as the file has it */
    bool depthwise, batchnorm;
    zs_shape shape;       /* of a reorg's input */
    const char *act_name; /* "relu", ...: the key that stated spec.act */
} item;

typedef zs_status (*key_reader)(const zs_net_yaml *y, const yaml_node_t *value, item *to);

/* n or [h, w]. */
static zs_status read_two(const zs_net_yaml *y, const yaml_node_t *value, uint32_t min, uint32_t *h,
                          uint32_t *w)
{
    if (value->type != YAML_SEQUENCE_NODE) {
        ZS_TRY(zs_net_yaml_uint(y, value, min, h));
        *w = *h;
        return ZS_OK;
    }
    if (zs_net_yaml_len(value) != 2)
        return zs_net_yaml_fail(y, value, ZS_EPARSE,
                                "a number or [height, width] is expected here");
    ZS_TRY(zs_net_yaml_uint(y, zs_net_yaml_item(y, value, 0), min, h));
    return zs_net_yaml_uint(y, zs_net_yaml_item(y, value, 1), min, w);
}

static zs_status read_kernel(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return read_two(y, value, 1, &to->spec.window.kh, &to->spec.window.kw);
}

static zs_status read_stride(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return read_two(y, value, 1, &to->spec.window.sh, &to->spec.window.sw);
}

static zs_status read_dilation(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return read_two(y, value, 1, &to->spec.window.dh, &to->spec.window.dw);
}

/* n, [h, w], [top, left, bottom, right] or same. */
static zs_status read_pad(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    zs_window *w = &to->spec.window;
    uint32_t *const sides[4] = {&w->pad_top, &w->pad_left, &w->pad_bottom, &w->pad_right};
    if (zs_net_yaml_is(value, "same")) {
        to->spec.auto_same_upper = true;
        return ZS_OK;
    }
    if (value->type == YAML_SEQUENCE_NODE && zs_net_yaml_len(value) == 4) {
        for (size_t i = 0; i < 4; i++)
            ZS_TRY(zs_net_yaml_uint(y, zs_net_yaml_item(y, value, i), 0, sides[i]));
        return ZS_OK;
    }
    if (value->type == YAML_SCALAR_NODE &&
        zs_same_word((const char *)value->data.scalar.value, "same"))
        return zs_net_yaml_fail(y, value, ZS_EPARSE, "'%s' is no padding, did you mean 'same'?",
                                (const char *)value->data.scalar.value);
    ZS_TRY(read_two(y, value, 0, &w->pad_top, &w->pad_left));
    w->pad_bottom = w->pad_top;
    w->pad_right = w->pad_left;
    return ZS_OK;
}

static zs_status read_out(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_uint(y, value, 1, &to->spec.oc);
}

static zs_status read_groups(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_uint(y, value, 1, &to->spec.groups);
}

static zs_status read_depthwise(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_bool(y, value, &to->depthwise);
}

static zs_status read_batchnorm(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_bool(y, value, &to->batchnorm);
}

static zs_status read_bias(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    bool has_bias;
    ZS_TRY(zs_net_yaml_bool(y, value, &has_bias));
    to->spec.no_bias = !has_bias;
    return ZS_OK;
}

static zs_status read_kind(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    static const char *const names[] = {"max", "avg"};
    for (size_t i = 0; i < ZS_LEN(names); i++) {
        if (zs_net_yaml_is(value, names[i])) {
            to->spec.pool = i == 0 ? ZS_POOL_MAX : ZS_POOL_AVG;
            return ZS_OK;
        }
    }
    return zs_net_yaml_unknown(y, value, "kind of pooling", names, ZS_LEN(names));
}

static zs_status read_ceil(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_bool(y, value, &to->spec.ceil_mode);
}

static zs_status read_count_include_pad(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_bool(y, value, &to->spec.count_include_pad);
}

/* Caffe's rules: sizes round up and averages count the padding. */
static zs_status read_caffe(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    ZS_TRY(zs_net_yaml_bool(y, value, &to->spec.caffe_pool));
    to->spec.ceil_mode |= to->spec.caffe_pool;
    to->spec.count_include_pad |= to->spec.caffe_pool;
    return ZS_OK;
}

/* ---- activations ----------------------------------------------------------------------------- */

static zs_status set_act(const zs_net_yaml *y, const yaml_node_t *value, item *to, const char *name,
                         float lo, float hi)
{
    if (to->act_name != NULL)
        return zs_net_yaml_fail(y, value, ZS_EPARSE, "'%s' and '%s' exclude each other",
                                to->act_name, name);
    to->act_name = name;
    to->spec.act = (zs_act){.active = true, .lo = lo, .hi = hi};
    return ZS_OK;
}

static zs_status read_flag_act(const zs_net_yaml *y, const yaml_node_t *value, item *to,
                               const char *name, float hi)
{
    bool is_on;
    ZS_TRY(zs_net_yaml_bool(y, value, &is_on));
    return is_on ? set_act(y, value, to, name, 0, hi) : ZS_OK;
}

static zs_status read_relu(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return read_flag_act(y, value, to, "relu", INFINITY);
}

static zs_status read_relu6(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return read_flag_act(y, value, to, "relu6", 6);
}

static zs_status read_clip(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    float lo, hi;
    if (value->type != YAML_SEQUENCE_NODE || zs_net_yaml_len(value) != 2)
        return zs_net_yaml_fail(y, value, ZS_EPARSE, "bounds are [lowest, highest]");
    ZS_TRY(zs_net_yaml_real(y, zs_net_yaml_item(y, value, 0), &lo));
    ZS_TRY(zs_net_yaml_real(y, zs_net_yaml_item(y, value, 1), &hi));
    if (!(lo <= hi))
        return zs_net_yaml_fail(y, value, ZS_ERANGE, "the lowest value %g is above the highest, %g",
                                (double)lo, (double)hi);
    return set_act(y, value, to, "clip", lo, hi);
}

/* ---- lrn and from ---------------------------------------------------------------------------- */

static zs_status read_size(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_uint(y, value, 1, &to->spec.lrn_size);
}

static zs_status read_alpha(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_real(y, value, &to->spec.lrn_alpha);
}

static zs_status read_beta(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_real(y, value, &to->spec.lrn_beta);
}

static zs_status read_k(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    return zs_net_yaml_real(y, value, &to->spec.lrn_k);
}

static zs_status read_from(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    const bool is_list = value->type == YAML_SEQUENCE_NODE;
    const size_t n = is_list ? zs_net_yaml_len(value) : 1;
    if (n == 0)
        return zs_net_yaml_fail(y, value, ZS_EPARSE, "'from' is an empty list");
    const char **in = zs_new(y->draft.arena, const char *, n);
    if (in == NULL)
        return zs_nomem(y->err, "a layer's inputs");
    for (size_t i = 0; i < n; i++)
        ZS_TRY(zs_net_yaml_text(y, is_list ? zs_net_yaml_item(y, value, i) : value, &in[i]));
    to->spec.in = in;
    to->spec.in_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_shape(const zs_net_yaml *y, const yaml_node_t *value, item *to)
{
    if (value->type != YAML_SEQUENCE_NODE || zs_net_yaml_len(value) != 3)
        return zs_net_yaml_fail(y, value, ZS_EPARSE, "[channels, height, width] is expected here");
    ZS_TRY(zs_net_yaml_uint(y, zs_net_yaml_item(y, value, 0), 1, &to->shape.c));
    ZS_TRY(zs_net_yaml_uint(y, zs_net_yaml_item(y, value, 1), 1, &to->shape.h));
    return zs_net_yaml_uint(y, zs_net_yaml_item(y, value, 2), 1, &to->shape.w);
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* In the order of the mask bits below. */
static const struct {
    const char *name;
    key_reader read;
} keys[] = {
    {"from", read_from},
    {"out", read_out},
    {"kernel", read_kernel},
    {"stride", read_stride},
    {"pad", read_pad},
    {"dilation", read_dilation},
    {"groups", read_groups},
    {"depthwise", read_depthwise},
    {"batchnorm", read_batchnorm},
    {"relu", read_relu},
    {"relu6", read_relu6},
    {"clip", read_clip},
    {"kind", read_kind},
    {"ceil", read_ceil},
    {"count_include_pad", read_count_include_pad},
    {"caffe", read_caffe},
    {"size", read_size},
    {"alpha", read_alpha},
    {"beta", read_beta},
    {"k", read_k},
    {"range", read_clip},
    {"bias", read_bias},
    {"shape", read_shape},
};

enum {
    FROM = 1 << 0,
    OUT = 1 << 1,
    KERNEL = 1 << 2,
    STRIDE = 1 << 3,
    PAD = 1 << 4,
    DILATION = 1 << 5,
    GROUPS = 1 << 6,
    DEPTHWISE = 1 << 7,
    BATCHNORM = 1 << 8,
    ACTS = 7 << 9,
    CEIL = 1 << 13,
    COUNT_PAD = 1 << 14,
    CAFFE = 1 << 15,
    POOLS = 15 << 12,
    LRNS = 15 << 16,
    RANGE = 1 << 20,
    BIAS = 1 << 21,
    SHAPE = 1 << 22,
};

static const struct kind {
    const char *name;
    zs_layer_op op;
    unsigned keys, required;
} kinds[] = {
    {"conv", ZS_LAYER_CONV,
     FROM | OUT | KERNEL | STRIDE | PAD | DILATION | GROUPS | DEPTHWISE | BATCHNORM | ACTS | BIAS,
     OUT | KERNEL},
    {"fc", ZS_LAYER_FC, FROM | OUT | BATCHNORM | ACTS | BIAS, OUT},
    {"pool", ZS_LAYER_POOL, FROM | KERNEL | STRIDE | PAD | DILATION | ACTS | POOLS,
     KERNEL | STRIDE},
    {"global_avgpool", ZS_LAYER_GAP, FROM, 0},
    {"add", ZS_LAYER_ADD, FROM | ACTS, FROM},
    {"concat", ZS_LAYER_CONCAT, FROM, FROM},
    {"batchnorm", ZS_LAYER_BATCHNORM, FROM | ACTS, 0},
    {"relu", ZS_LAYER_ACT, FROM, 0},
    {"relu6", ZS_LAYER_ACT, FROM, 0},
    {"clip", ZS_LAYER_ACT, FROM | RANGE, RANGE},
    {"lrn", ZS_LAYER_LRN, FROM | LRNS, LRNS},
    {"flatten", ZS_LAYER_FLATTEN, FROM, 0},
    {"dropout", ZS_LAYER_DROPOUT, FROM, 0},
    {"softmax", ZS_LAYER_SOFTMAX, FROM, 0},
    {"reorg", ZS_LAYER_REARRANGE, FROM | STRIDE | SHAPE, STRIDE | SHAPE},
};

static zs_status unknown_kind(const zs_net_yaml *y, const yaml_node_t *node)
{
    const char *names[ZS_LEN(kinds)];
    for (size_t i = 0; i < ZS_LEN(kinds); i++)
        names[i] = kinds[i].name;
    const char *word = (const char *)node->data.scalar.value;
    if (zs_nearest(word, names, ZS_LEN(kinds)) != NULL)
        return zs_net_yaml_unknown(y, node, "kind of layer", names, ZS_LEN(kinds));
    char list[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < ZS_LEN(kinds); i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 kinds[i].name);
    return zs_net_yaml_fail(
        y, node, ZS_EPARSE,
        "unknown kind of layer '%s': a layer begins with its kind and name, such "
        "as {conv: conv1, out: 8, kernel: 3}; kinds are %s",
        word, list);
}

static zs_status unknown_key(const zs_net_yaml *y, const yaml_node_t *node, const struct kind *kind)
{
    const char *names[ZS_LEN(keys)];
    size_t n = 0;
    for (size_t i = 0; i < ZS_LEN(keys); i++) {
        if (kind->keys & 1u << i)
            names[n++] = keys[i].name;
        else if (zs_net_yaml_is(node, keys[i].name))
            return zs_net_yaml_fail(y, node, ZS_EPARSE, "a %s layer has no '%s'", kind->name,
                                    keys[i].name);
    }
    return zs_net_yaml_unknown(y, node, "key", names, n);
}

/* ---- reading --------------------------------------------------------------------------------- */

static zs_status find_kind(const zs_net_yaml *y, const yaml_node_t *node, const struct kind **out)
{
    for (size_t i = 0; i < ZS_LEN(kinds); i++) {
        if (zs_net_yaml_is(node, kinds[i].name)) {
            *out = &kinds[i];
            return ZS_OK;
        }
    }
    return unknown_kind(y, node);
}

static zs_status read_key(const zs_net_yaml *y, const yaml_node_t *map, size_t i,
                          const struct kind *kind, unsigned *seen, item *to)
{
    const yaml_node_t *key = zs_net_yaml_key(y, map, i);
    for (size_t k = 0; k < ZS_LEN(keys); k++) {
        const unsigned bit = 1u << k;
        if (!(kind->keys & bit) || !zs_net_yaml_is(key, keys[k].name))
            continue;
        if (*seen & bit)
            return zs_net_yaml_fail(y, key, ZS_EPARSE, "key '%s' is given twice", keys[k].name);
        *seen |= bit;
        return keys[k].read(y, zs_net_yaml_value(y, map, i), to);
    }
    return unknown_key(y, key, kind);
}

static zs_status check_item(const zs_net_yaml *y, const yaml_node_t *node, const struct kind *kind,
                            unsigned seen, item *to)
{
    for (size_t k = 0; k < ZS_LEN(keys); k++)
        if (kind->required & ~seen & 1u << k)
            return zs_net_yaml_fail(y, node, ZS_EPARSE, "the %s layer has no '%s'", kind->name,
                                    keys[k].name);
    if (to->depthwise && (seen & GROUPS))
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "'depthwise' and 'groups' exclude each other");
    if (seen & CAFFE && seen & (CEIL | COUNT_PAD))
        return zs_net_yaml_fail(y, node, ZS_EPARSE,
                                "'caffe' states the rounding and the divisor already");
    if (to->depthwise)
        to->spec.groups = 0;
    if (kind->op == ZS_LAYER_ADD && to->spec.in_n < 2)
        return zs_net_yaml_fail(y, node, ZS_EPARSE,
                                "an add layer needs at least 2 layers in 'from'");
    if (kind->op != ZS_LAYER_ADD && kind->op != ZS_LAYER_CONCAT && to->spec.in_n > 1)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "a %s layer takes 1 layer in 'from', not %u",
                                kind->name, to->spec.in_n);
    if (kind->op == ZS_LAYER_REARRANGE && to->spec.window.sh != to->spec.window.sw)
        return zs_net_yaml_fail(y, node, ZS_EUNSUPPORTED,
                                "a reorg layer has one stride, not %u, %u", to->spec.window.sh,
                                to->spec.window.sw);
    if (kind->op == ZS_LAYER_REARRANGE) {
        ZS_TRY(zs_net_yaml_reorg(y, node, to->shape, to->spec.window.sh, &to->spec.general));
        to->spec.window = ZS_WINDOW_1X1;
    }
    if (strcmp(kind->name, "relu") == 0 || strcmp(kind->name, "relu6") == 0)
        to->spec.act = (zs_act){.active = true, .hi = kind->name[4] == '6' ? 6 : INFINITY};
    return ZS_OK;
}

static bool is_null(const yaml_node_t *node)
{
    const bool is_quoted =
        node->type == YAML_SCALAR_NODE && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return zs_net_yaml_is(node, "") ||
           (!is_quoted && (zs_net_yaml_is(node, "~") || zs_net_yaml_is(node, "null")));
}

/* The kind comes first and names the layer; a layer without a name is called after its place. */
static zs_status read_name(const zs_net_yaml *y, const yaml_node_t *node, const struct kind *kind,
                           const char **out)
{
    const yaml_node_t *value =
        node->type == YAML_MAPPING_NODE ? zs_net_yaml_value(y, node, 0) : NULL;
    if (value == NULL || is_null(value)) {
        *out = zs_arena_printf(y->draft.arena, "%s%u", kind->name, y->head_n + 1);
        return *out ? ZS_OK : zs_nomem(y->err, "a layer name");
    }
    return zs_net_yaml_text(y, value, out);
}

static zs_status read_item(const zs_net_yaml *y, const yaml_node_t *node, const struct kind **kind,
                           item *to)
{
    unsigned seen = 0;
    const bool is_map = node->type == YAML_MAPPING_NODE && zs_net_yaml_pairs(node) > 0;
    if (!is_map && node->type != YAML_SCALAR_NODE)
        return zs_net_yaml_fail(
            y, node, ZS_EPARSE,
            "a layer is a mapping that begins with its kind, as in {conv: name}");
    ZS_TRY(find_kind(y, is_map ? zs_net_yaml_key(y, node, 0) : node, kind));
    ZS_TRY(read_name(y, node, *kind, &to->spec.name));
    for (size_t i = 1; is_map && i < zs_net_yaml_pairs(node); i++)
        ZS_TRY(read_key(y, node, i, *kind, &seen, to));
    return check_item(y, node, *kind, seen, to);
}

/* ---- layers of the draft --------------------------------------------------------------------- */

/* `from` defaults to the item before, or to the input. */
static zs_status default_input(const zs_net_yaml *y, item *to)
{
    if (to->spec.in_n > 0)
        return ZS_OK;
    const char **in = zs_new(y->draft.arena, const char *, 1);
    if (in == NULL)
        return zs_nomem(y->err, "a layer's inputs");
    in[0] = y->head_n == 0 ? y->inputs[0].name : y->draft.layers[y->draft.layer_n - 1].name;
    to->spec.in = in;
    to->spec.in_n = 1;
    return ZS_OK;
}

/* A further layer of the same item, after `*last`; it becomes the last one. */
static zs_status append(zs_net_yaml *y, const item *from, const char *suffix, zs_layer_op op,
                        zs_layer_spec **last)
{
    const char *before = (*last)->name;
    const char *name = zs_arena_printf(y->draft.arena, "%s/%s", from->spec.name, suffix);
    if (name == NULL)
        return zs_nomem(y->err, "a layer name");
    ZS_TRY(zs_net_draft_layer(&y->draft, name, op, (*last)->place, last, y->err));
    ZS_TRY(zs_net_draft_input(&y->draft, *last, before, y->err));
    return zs_net_draft_value(&y->draft, (*last)->name, (*last)->name, 0, y->err);
}

/* Batch normalisation and then the activation follow under names of their own; an activation
 * alone stays with its layer. */
static zs_status add_followers(zs_net_yaml *y, const item *from, zs_layer_spec *last)
{
    const zs_act act = from->spec.act;
    const bool has_own_act = act.active && last->op != ZS_LAYER_ACT &&
                             (from->batchnorm || last->op == ZS_LAYER_BATCHNORM);
    if (has_own_act)
        last->act = ZS_ACT_NONE;
    if (from->batchnorm)
        ZS_TRY(append(y, from, "batchnorm", ZS_LAYER_BATCHNORM, &last));
    if (has_own_act) {
        ZS_TRY(append(y, from, from->act_name, ZS_LAYER_ACT, &last));
        last->act = act;
    }
    return zs_net_draft_value(&y->draft, from->spec.name, last->name, 0, y->err);
}

static zs_status check_name(const zs_net_yaml *y, const yaml_node_t *node, const char *name)
{
    if (zs_name_map_get(&y->draft.taken, name) != NULL)
        return zs_net_yaml_fail(y, node, ZS_EPARSE, "the name '%s' is given twice", name);
    return ZS_OK;
}

zs_status zs_net_yaml_layer(zs_net_yaml *y, const yaml_node_t *node)
{
    const struct kind *kind = &kinds[0];
    zs_layer_spec *layer;
    item it = {.spec = {.groups = 1, .window = ZS_WINDOW_1X1}};
    ZS_TRY(read_item(y, node, &kind, &it));
    ZS_TRY(check_name(y, node, it.spec.name));
    ZS_TRY(default_input(y, &it));
    it.spec.place = zs_arena_printf(y->draft.arena, "%s:%zu:%zu", y->draft.path,
                                    node->start_mark.line + 1, node->start_mark.column + 1);
    if (it.spec.place == NULL)
        return zs_nomem(y->err, "the place of a layer");
    y->heads[y->head_n++] = y->draft.layer_n;
    ZS_TRY(zs_net_draft_layer(&y->draft, it.spec.name, kind->op, it.spec.place, &layer, y->err));
    it.spec.op = kind->op;
    *layer = it.spec;
    return add_followers(y, &it, layer);
}
