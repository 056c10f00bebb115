#include "zynqsim/import.h"

#include <math.h>
#include <string.h>
#include <strings.h>

typedef zs_status (*net_parser)(zs_arena *arena, zs_span bytes, const char *path,
                                const zs_net_parts *parts, zs_net_spec *out, zs_err *err);

static zs_status parse_yaml(zs_arena *arena, zs_span bytes, const char *path,
                            const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    (void)parts;
    return zs_net_yaml_parse(arena, bytes, path, out, err);
}

static const struct format {
    const char *extension;
    net_parser parse;
    const char *weights; /* extension of files that hold weights for it alone, or NULL */
} formats[] = {
    {".yaml", parse_yaml, NULL},
    {".yml", parse_yaml, NULL},
    {".onnx", zs_net_onnx_parse_parts, NULL},
    {".caffemodel", zs_net_caffe_parse_parts, NULL},
    {".prototxt", zs_net_prototxt_parse, ".caffemodel"},
    {".tflite", zs_net_tflite_parse, NULL},
    {".cfg", zs_net_darknet_parse, ".weights"},
};

/* ONNX models begin with their IR version (field 1, a number), Caffe nets with their name, layers
 * or inputs (fields 1 to 3 or 100, with a length); neither of these bytes begins a text. */
static net_parser parser_by_content(zs_span bytes)
{
    if (bytes.bytes < 2)
        return NULL;
    const uint8_t first = bytes.data[0];
    if (bytes.bytes >= 8 && memcmp(bytes.data + 4, "TFL3", 4) == 0)
        return zs_net_tflite_parse;
    if (first == 0x08)
        return zs_net_onnx_parse_parts;
    if ((first == 0x0a && bytes.data[1] != '\n' && memchr(bytes.data, 0, bytes.bytes) != NULL) ||
        first == 0x12 || first == 0x1a || (first == 0xa2 && bytes.data[1] == 0x06))
        return zs_net_caffe_parse_parts;
    return memchr(bytes.data, 0, bytes.bytes) == NULL ? parse_yaml : NULL;
}

static zs_status check_floats(const zs_layer_spec *layer, const char *what, const float *x,
                              uint64_t n, zs_err *err)
{
    for (uint64_t i = 0; x != NULL && i < n; i++)
        if (!isfinite(x[i]))
            return zs_fail(err, ZS_ERANGE, layer->place ? layer->place : layer->name,
                           "%s %llu is %s", what, (unsigned long long)i,
                           isnan(x[i]) ? "not a number" : "infinite");
    return ZS_OK;
}

/* Infinities and NaNs would reach the result without a word: there are no classes then. */
static zs_status check_finite(const zs_net_spec *spec, zs_err *err)
{
    for (uint32_t i = 0; i < spec->layer_n; i++) {
        const zs_layer_spec *layer = &spec->layers[i];
        const zs_weights *w = &layer->weights;
        ZS_TRY(check_floats(layer, "weight", w->data, w->n_elems, err));
        ZS_TRY(check_floats(layer, "bias", w->bias, w->bias_n, err));
        ZS_TRY(check_floats(layer, "scale", layer->scale, layer->scale_n, err));
        ZS_TRY(check_floats(layer, "shift", layer->shift, layer->scale_n, err));
        if (layer->general != NULL)
            ZS_TRY(check_floats(layer, "constant", layer->general->constant,
                                layer->general->constant_n, err));
    }
    return ZS_OK;
}

/* Whether a name ends so, or so and in .gz. */
static bool ends_in(const char *path, const char *extension)
{
    static const char packed[] = ".gz";
    size_t n = strlen(path);
    const size_t own = strlen(extension), more = sizeof packed - 1;
    if (n > more && strcasecmp(path + n - more, packed) == 0)
        n -= more;
    return n >= own && strncasecmp(path + n - own, extension, own) == 0;
}

static const struct format *format_of(const char *path)
{
    for (size_t i = 0; i < ZS_LEN(formats); i++)
        if (ends_in(path, formats[i].extension))
            return &formats[i];
    return NULL;
}

bool zs_net_has_format(const char *path)
{
    return format_of(path) != NULL;
}

bool zs_net_has_own_weights(const char *model, const char *weights)
{
    const struct format *format = format_of(model);
    return format != NULL && format->weights != NULL && ends_in(weights, format->weights);
}

zs_status zs_net_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err)
{
    return zs_net_parse_parts(arena, bytes, path, &(const zs_net_parts){0}, out, err);
}

/* Layers of a file are what its results can be called after. */
static zs_status want_layers(zs_arena *arena, const zs_net_parts *wants, zs_net_spec *spec,
                             zs_err *err)
{
    zs_output_spec *more = zs_new(arena, zs_output_spec, wants->output_n);
    if (more == NULL)
        return zs_nomem(err, "the outputs");
    for (uint32_t i = 0; i < wants->output_n; i++)
        more[i].layer = wants->outputs[i];
    spec->output = wants->outputs[0];
    spec->result = more[0];
    spec->more = more + 1;
    spec->more_n = wants->output_n - 1;
    return ZS_OK;
}

zs_status zs_net_parse_sized(zs_arena *arena, zs_span bytes, const char *path, zs_shape stated,
                             zs_net_spec *out, zs_err *err)
{
    const zs_net_parts parts = {.stated = stated};
    return zs_net_parse_parts(arena, bytes, path, &parts, out, err);
}

zs_status zs_net_parse_parts(zs_arena *arena, zs_span bytes, const char *path,
                             const zs_net_parts *parts, zs_net_spec *out, zs_err *err)
{
    zs_net_spec spec;
    zs_net_parts whole = *parts;
    zs_net_weights weights;
    if (zs_is_gzip(bytes))
        ZS_TRY(zs_gunzip(arena, bytes, ZS_NET_MOST_BYTES, path, &bytes, err));
    if (parts->weights != NULL && zs_is_gzip(parts->weights->bytes)) {
        weights = *parts->weights;
        ZS_TRY(
            zs_gunzip(arena, weights.bytes, ZS_NET_MOST_BYTES, weights.path, &weights.bytes, err));
        whole.weights = &weights;
    }
    const struct format *format = format_of(path);
    const net_parser parse = format != NULL ? format->parse : parser_by_content(bytes);
    if (parse == NULL)
        return zs_fail(err, ZS_EPARSE, path,
                       "not a network: neither YAML, ONNX, TFLite nor a Caffe model (%zu bytes)",
                       bytes.bytes);
    ZS_TRY(parse(arena, bytes, path, &whole, &spec, err));
    if (parts->output_n > 0 && parse == parse_yaml) /* others look them up themselves */
        ZS_TRY(want_layers(arena, parts, &spec, err));
    if (!parts->is_structure)
        ZS_TRY(check_finite(&spec, err));
    *out = spec;
    return ZS_OK;
}
