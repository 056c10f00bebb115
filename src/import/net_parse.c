#include "zynqsim/import.h"

#include <string.h>
#include <strings.h>

typedef zs_status (*net_parser)(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                                zs_err *err);

static const struct {
    const char *extension;
    net_parser parse;
} formats[] = {
    {".yaml", zs_net_yaml_parse},
    {".yml", zs_net_yaml_parse},
    {".onnx", zs_net_onnx_parse},
    {".caffemodel", zs_net_caffe_parse},
};

/* ONNX models begin with their IR version (field 1, a number), Caffe nets with their name, layers
 * or inputs (fields 1 to 3 or 100, with a length); neither of these bytes begins a text. */
static net_parser parser_by_content(zs_span bytes)
{
    if (bytes.bytes < 2)
        return NULL;
    const uint8_t first = bytes.data[0];
    if (first == 0x08)
        return zs_net_onnx_parse;
    if ((first == 0x0a && bytes.data[1] != '\n' && memchr(bytes.data, 0, bytes.bytes) != NULL) ||
        first == 0x12 || first == 0x1a || (first == 0xa2 && bytes.data[1] == 0x06))
        return zs_net_caffe_parse;
    return memchr(bytes.data, 0, bytes.bytes) == NULL ? zs_net_yaml_parse : NULL;
}

zs_status zs_net_parse(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                       zs_err *err)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < ZS_LEN(formats); i++)
        if (strcasecmp(dot, formats[i].extension) == 0)
            return formats[i].parse(arena, bytes, path, out, err);
    net_parser parse = parser_by_content(bytes);
    if (parse == NULL)
        return zs_fail(err, ZS_EPARSE, path,
                       "not a network: neither YAML, nor ONNX, nor a Caffe model (%zu bytes)",
                       bytes.bytes);
    return parse(arena, bytes, path, out, err);
}
