/* Darknet: sections of a .cfg are layers in order, a .weights file holds their numbers in the same
 * order. */
#include "import_darknet_priv.h"

#include "zynqsim/import.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SECTIONS_MAX = 4096, OPTIONS_MAX = 65536 };

/* ---- the text -------------------------------------------------------------------------------- */

typedef struct cfg {
    zs_cfg_section *sections;
    uint32_t n;
} cfg;

/* A line without its blanks, as Darknet reads it. */
static char *strip(zs_arena *arena, const char *line, size_t n)
{
    char *out = zs_arena_alloc_raw(arena, n + 1, 1);
    size_t k = 0;
    for (size_t i = 0; out != NULL && i < n; i++)
        if (strchr(" \t\r\v\f", line[i]) == NULL)
            out[k++] = line[i];
    if (out != NULL)
        out[k] = '\0';
    return out;
}

static zs_status fail_at(const char *path, uint32_t line, zs_status status, zs_err *err,
                         const char *fmt, ...) ZS_PRINTF(5, 6);
static zs_status fail_at(const char *path, uint32_t line, zs_status status, zs_err *err,
                         const char *fmt, ...)
{
    char place[192], what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    snprintf(place, sizeof place, "%s:%u", path, line);
    return zs_fail(err, status, place, "%s", what);
}

static zs_status read_line(cfg *file, zs_cfg_option *options, uint32_t *option_n, char *line,
                           uint32_t number, const char *path, zs_err *err)
{
    const size_t n = strlen(line);
    if (n == 0 || line[0] == '#' || line[0] == ';')
        return ZS_OK;
    if (line[0] == '[') {
        if (n < 3 || line[n - 1] != ']' || file->n == SECTIONS_MAX)
            return fail_at(path, number, ZS_EPARSE, err,
                           "'%.60s' is no section, or one beyond the limit of %d", line,
                           SECTIONS_MAX);
        line[n - 1] = '\0';
        file->sections[file->n++] =
            (zs_cfg_section){.name = line + 1, .line = number, .options = options + *option_n};
        return ZS_OK;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line || file->n == 0 || *option_n == OPTIONS_MAX)
        return fail_at(path, number, ZS_EPARSE, err,
                       "'%.60s' is not key=value within a [section], or beyond the limit", line);
    *equals = '\0';
    options[(*option_n)++] = (zs_cfg_option){.key = line, .value = equals + 1, .line = number};
    file->sections[file->n - 1].option_n++;
    return ZS_OK;
}

static zs_status read_cfg(zs_arena *arena, zs_span bytes, const char *path, cfg *out, zs_err *err)
{
    const char *at = (const char *)bytes.data, *end = at + bytes.bytes;
    uint32_t lines = 0, option_n = 0, sections = 0;
    for (const char *p = at; p < end; p++) {
        lines += *p == '\n';
        sections += *p == '[';
    }
    sections = sections > SECTIONS_MAX ? SECTIONS_MAX : sections;
    cfg file = {.sections = zs_new(arena, zs_cfg_section, sections + 1)};
    zs_cfg_option *options =
        zs_new(arena, zs_cfg_option, lines < OPTIONS_MAX ? lines + 1 : OPTIONS_MAX);
    if (file.sections == NULL || options == NULL)
        return zs_nomem(err, "sections");
    if (bytes.bytes > 0 && memchr(bytes.data, 0, bytes.bytes) != NULL)
        return zs_fail(err, ZS_EPARSE, path, "a zero byte: not a text");
    for (uint32_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        char *line = strip(arena, at, (size_t)(stop - at));
        if (line == NULL)
            return zs_nomem(err, "a line");
        ZS_TRY(read_line(&file, options, &option_n, line, number, path, err));
        at = stop + (stop < end);
    }
    *out = file;
    return ZS_OK;
}

/* ---- options --------------------------------------------------------------------------------- */

const zs_cfg_option *zs_cfg_find(const zs_cfg_section *section, const char *key)
{
    const zs_cfg_option *found = NULL; /* Darknet takes the first */
    for (uint32_t i = section->option_n; i-- > 0;)
        if (strcmp(section->options[i].key, key) == 0)
            found = &section->options[i];
    return found;
}

static zs_status bad_value(const zs_darknet *net, const zs_cfg_option *option, zs_err *err)
{
    return fail_at(net->graph.draft.path, option->line, ZS_EPARSE, err,
                   "%.60s is '%.60s', which it cannot be", option->key, option->value);
}

zs_status zs_cfg_list(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                      int64_t *out, size_t room, size_t *n, zs_err *err)
{
    const zs_cfg_option *option = zs_cfg_find(section, key);
    *n = 0;
    if (option == NULL)
        return ZS_OK;
    const char *at = option->value;
    do {
        uint64_t value;
        at += strspn(at, " \t");
        const bool negative = *at == '-';
        const char *end = zs_read_count(at + negative, &value);
        if (end == NULL || value > INT64_MAX || (*end != '\0' && *end != ',') || *n == room)
            return bad_value(net, option, err);
        out[(*n)++] = negative ? -(int64_t)value : (int64_t)value;
        at = end + (*end == ',');
    } while (*at != '\0');
    return ZS_OK;
}

zs_status zs_cfg_int(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                     int64_t otherwise, int64_t least, int64_t *out, zs_err *err)
{
    int64_t value;
    size_t n;
    ZS_TRY(zs_cfg_list(net, section, key, &value, 1, &n, err));
    value = n == 0 ? otherwise : value;
    if (value < least || value > ZS_NET_SIZE_MAX) {
        const zs_cfg_option *option = zs_cfg_find(section, key);
        return fail_at(net->graph.draft.path, option ? option->line : section->line, ZS_ERANGE, err,
                       "%s of [%.40s] is %lld, outside %lld..%u", key, section->name,
                       (long long)value, (long long)least, ZS_NET_SIZE_MAX);
    }
    *out = value;
    return ZS_OK;
}

zs_status zs_cfg_real(const zs_darknet *net, const zs_cfg_section *section, const char *key,
                      double otherwise, double *out, zs_err *err)
{
    const zs_cfg_option *option = zs_cfg_find(section, key);
    *out = otherwise;
    if (option == NULL)
        return ZS_OK;
    const char *end = zs_read_real(option->value, out);
    return end == NULL || *end != '\0' || !isfinite(*out) ? bad_value(net, option, err) : ZS_OK;
}

/* ---- weights --------------------------------------------------------------------------------- */

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Three numbers of the version, and how many images were seen: in 4 bytes, later in 8. */
static zs_status read_header(zs_darknet *net, const zs_net_weights *weights, zs_err *err)
{
    zs_span bytes = weights->bytes;
    const uint32_t major = bytes.bytes >= 12 ? word_at(bytes.data) : 0;
    const uint32_t minor = bytes.bytes >= 12 ? word_at(bytes.data + 4) : 0;
    const size_t header = major < 1000 && minor < 1000 && 10 * major + minor >= 2 ? 20 : 16;
    if (bytes.bytes < header)
        return zs_fail(err, ZS_EPARSE, weights->path,
                       "%zu bytes are shorter than the head of a file of weights", bytes.bytes);
    net->is_transposed = major > 1000 || minor > 1000;
    net->weights = (zs_span){.data = bytes.data + header, .bytes = bytes.bytes - header};
    net->weights_path = weights->path;
    return ZS_OK;
}

zs_status zs_darknet_take(const zs_darknet_layer *at, uint64_t n, const float **out, zs_err *err)
{
    zs_darknet *net = at->net;
    if (n > net->weights.bytes / 4)
        return zs_fail(err, ZS_ESHAPE, at->lower.place,
                       "%s ends: %llu numbers are needed here, and %zu are left", net->weights_path,
                       (unsigned long long)n, net->weights.bytes / 4);
    float *data = zs_arena_alloc_raw(net->graph.draft.arena, (size_t)n, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, "weights");
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t bits = word_at(net->weights.data + 4 * i);
        memcpy(&data[i], &bits, sizeof bits);
    }
    net->weights.data += 4 * n;
    net->weights.bytes -= 4 * (size_t)n;
    net->taken_n += n;
    *out = data;
    return ZS_OK;
}

/* ---- the graph ------------------------------------------------------------------------------- */

static zs_status add_input(zs_darknet *net, const zs_cfg_section *section, zs_input_spec *out,
                           zs_err *err)
{
    const uint32_t stated[3] = {net->graph.stated.c, net->graph.stated.h, net->graph.stated.w};
    const char *const keys[3] = {"channels", "height", "width"};
    int64_t sizes[3];
    for (size_t i = 0; i < 3; i++) {
        sizes[i] = stated[i];
        if (stated[i] == 0)
            ZS_TRY(zs_cfg_int(net, section, keys[i], 0, 1, &sizes[i], err));
    }
    zs_net_value value = {.layer = "data", .rank = 4, .has_dims = true};
    value.shape = (zs_shape){(uint32_t)sizes[0], (uint32_t)sizes[1], (uint32_t)sizes[2]};
    if (zs_shape_elems(value.shape) > UINT64_C(1) << 31)
        return zs_fail(err, ZS_ERANGE, net->graph.draft.path,
                       "an input of %u x %u x %u is beyond 2^31 elements", value.shape.c,
                       value.shape.h, value.shape.w);
    value.dims[0] = 1;
    for (uint32_t d = 0; d < ZS_RANK_MAX; d++) {
        value.perm[d] = (uint8_t)d;
        if (d > 0 && d < 4)
            value.dims[d] = (uint32_t)sizes[d - 1];
    }
    ZS_TRY(zs_net_draft_value(&net->graph.draft, "data", "data", 4, err));
    *zs_net_draft_get(&net->graph.draft, "data") = value;
    zs_name_map_put(&net->graph.draft.taken, "data", "data");
    *out = (zs_input_spec){.name = "data", .shape = value.shape};
    return ZS_OK;
}

static zs_status add_section(zs_darknet *net, const zs_cfg_section *section, zs_err *err)
{
    zs_arena *arena = net->graph.draft.arena;
    zs_darknet_layer at = {.net = net, .section = section, .index = net->result_n};
    at.in = net->result_n > 0 ? net->results[net->result_n - 1] : "data";
    at.out = zs_arena_printf(arena, "%s%u", section->name, at.index);
    at.lower = (zs_lower){.net = &net->graph, .name = at.out};
    at.lower.place = zs_arena_printf(arena, "%s:%u layer %u ([%s])", net->graph.draft.path,
                                     section->line, at.index, section->name);
    if (at.out == NULL || at.lower.place == NULL)
        return zs_nomem(err, "a layer");
    ZS_TRY(zs_darknet_add(&at, err));
    const zs_net_value *made = zs_net_draft_get(&net->graph.draft, at.out);
    net->results[net->result_n++] = made != NULL ? at.out : at.in;
    return ZS_OK;
}

/* What the detection layers read; without one, the last layer's result. Or what is asked for. */
static zs_status find_outputs(zs_darknet *net, const cfg *file, const zs_net_parts *parts,
                              zs_net_spec *out, zs_err *err)
{
    const zs_onnx_node node = {.net = &net->graph, .place = net->graph.draft.path};
    zs_output_spec *outputs =
        zs_new(net->graph.draft.arena, zs_output_spec, file->n + parts->output_n);
    uint32_t n = 0;
    if (outputs == NULL)
        return zs_nomem(err, "the outputs");
    for (uint32_t i = 0; i < parts->output_n; i++)
        outputs[n++].name = parts->outputs[i];
    for (uint32_t i = 1; parts->output_n == 0 && i < file->n; i++)
        if (zs_darknet_is_end(file->sections[i].name))
            outputs[n++].name = net->results[i - 1];
    if (n == 0)
        outputs[n++].name = net->results[net->result_n - 1];
    for (uint32_t i = 0; i < n; i++) {
        zs_net_value *value = zs_net_draft_get(&net->graph.draft, outputs[i].name);
        if (value == NULL || value->layer == NULL || value->constant != NULL)
            return zs_fail(err, ZS_EUSAGE, net->graph.draft.path, "there is no layer '%.60s'",
                           outputs[i].name);
        ZS_TRY(zs_onnx_order(&node, value, err));
        outputs[i].layer = value->layer;
    }
    out->output = outputs[0].layer;
    out->result = outputs[0];
    out->more = outputs + 1;
    out->more_n = n - 1;
    return ZS_OK;
}

zs_status zs_net_darknet_parse(zs_arena *arena, zs_span bytes, const char *path,
                               const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    cfg file = {0};
    zs_darknet net = {
        .is_bare = parts->weights == NULL,
        .graph = {.stated = parts->stated, .opset = ZS_LOWER_OPSET, .is_whole = true}};
    net.graph.fold_elems = UINT64_C(1) << 24;
    ZS_TRY(read_cfg(arena, bytes, path, &file, err));
    if (file.n < 2 || (strcmp(file.sections[0].name, "net") != 0 &&
                       strcmp(file.sections[0].name, "network") != 0))
        return zs_fail(err, ZS_EPARSE, path,
                       "not a Darknet network: it begins with [net], and layers follow");
    /* A route may read and join 64 layers. */
    ZS_TRY(zs_net_draft_init(&net.graph.draft, arena, path, 24 * (uint64_t)file.n,
                             24 * (uint64_t)file.n, err));
    net.results = zs_new(arena, const char *, file.n);
    if (net.results == NULL)
        return zs_nomem(err, "the list of layers");
    if (parts->weights != NULL)
        ZS_TRY(read_header(&net, parts->weights, err));
    zs_net_spec spec = {.name = "darknet"};
    ZS_TRY(add_input(&net, &file.sections[0], &spec.input, err));
    for (uint32_t i = 1; i < file.n; i++)
        ZS_TRY(add_section(&net, &file.sections[i], err));
    if (!net.is_bare && net.weights.bytes > 0)
        return zs_fail(err, ZS_ESHAPE, net.weights_path,
                       "holds %zu bytes more than the %llu numbers that %s takes",
                       net.weights.bytes, (unsigned long long)net.taken_n, path);
    if (net.graph.draft.layer_n == 0)
        return zs_fail(err, ZS_EPARSE, path, "the network computes nothing");
    ZS_TRY(find_outputs(&net, &file, parts, &spec, err));
    spec.layers = net.graph.draft.layers;
    spec.layer_n = net.graph.draft.layer_n;
    *out = spec;
    return ZS_OK;
}
