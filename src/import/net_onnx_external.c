/* Tensors whose data lie in other files beside the model (TensorProto.external_data). */
#include "import_onnx_priv.h"

#include "zynqsim/import.h"

#include <string.h>

enum { EXTERNAL = 1, TYPE_FLOAT = 1, FILES_MAX = 64 };
static const uint64_t synthetic_max = UINT64_C(1) << 30; /* elements made up for missing files */

typedef struct file {
    const char *name;
    zs_span bytes;
    bool is_missing;
} file;

typedef struct external {
    zs_arena *arena;
    const char *path;
    const zs_fetch *fetch;
    file files[FILES_MAX];
    uint32_t file_n;
    const char *missing; /* the first file that is not there */
    uint64_t made_up;    /* elements */
    uint32_t tensor_n;
} external;

static const char *entry(const ZsOnnx__Tensor *tensor, const char *key)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const ZsOnnx__Entry *e = tensor->external_data[i];
        if (e->key != NULL && e->value != NULL && strcmp(e->key, key) == 0)
            return e->value;
    }
    return NULL;
}

/* The format keeps files within the folder of the model. */
static bool leaves_folder(const char *name)
{
    for (const char *at = name; at != NULL; at = strchr(at, '/'), at = at ? at + 1 : NULL)
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
    return name[0] == '/';
}

static zs_status find_file(external *x, const char *name, const file **out, zs_err *err)
{
    zs_err why;
    const char *found;
    for (uint32_t i = 0; i < x->file_n; i++)
        if (strcmp(x->files[i].name, name) == 0) {
            *out = &x->files[i];
            return ZS_OK;
        }
    if (leaves_folder(name) || x->file_n == FILES_MAX)
        return zs_fail(err, ZS_EPARSE, x->path,
                       "keeps data in '%.120s', a file of another folder or beyond the limit of %d",
                       name, FILES_MAX);
    file *next = &x->files[x->file_n++];
    next->name = name;
    const zs_status status =
        x->fetch != NULL ? x->fetch->get(x->fetch->ctx, name, x->path, &next->bytes, &found, &why)
                         : ZS_EIO;
    if (status == ZS_ENOMEM)
        return zs_nomem(err, name);
    next->is_missing = status != ZS_OK;
    if (next->is_missing && x->missing == NULL)
        x->missing = name;
    *out = next;
    return ZS_OK;
}

static zs_status read_number(const external *x, const ZsOnnx__Tensor *tensor, const char *key,
                             uint64_t otherwise, uint64_t *out, zs_err *err)
{
    const char *text = entry(tensor, key);
    *out = otherwise;
    if (text == NULL)
        return ZS_OK;
    const char *end = zs_read_count(text, out);
    if (end == NULL || *end != '\0')
        return zs_fail(err, ZS_EPARSE, x->path, "%s '%.40s' of a tensor is no number", key, text);
    return ZS_OK;
}

/* Data for the structure's sake: weights as synthetic ones are, vectors around 1. */
static zs_status make_up(external *x, ZsOnnx__Tensor *tensor, uint64_t elems, zs_err *err)
{
    if (tensor->data_type != TYPE_FLOAT)
        return zs_fail(err, ZS_EUNSUPPORTED, x->path,
                       "the file '%.120s' of tensor '%.60s' is not there, and only floats can be "
                       "made up",
                       x->missing, tensor->name ? tensor->name : "");
    if (!zs_add_u64(x->made_up, elems, &x->made_up) || x->made_up > synthetic_max)
        return zs_fail(err, ZS_ERANGE, x->path,
                       "the file '%.120s' is not there, and more than 2^30 weights would have to "
                       "be made up",
                       x->missing);
    float *data = zs_arena_alloc_raw(x->arena, (size_t)elems, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, "synthetic weights");
    const uint64_t fan_in =
        tensor->n_dims > 1 && tensor->dims[0] > 0 ? elems / (uint64_t)tensor->dims[0] : 1;
    for (uint64_t i = 0; i < elems; i++) {
        const float v = zs_weight_synthetic(1, x->tensor_n, i, fan_in > 0 ? fan_in : 1);
        data[i] = tensor->n_dims > 1 ? v : 1 + v / 4;
    }
    x->tensor_n++;
    tensor->n_float_data = (size_t)elems;
    tensor->float_data = data;
    return ZS_OK;
}

static zs_status load(external *x, ZsOnnx__Tensor *tensor, zs_err *err)
{
    const char *location = entry(tensor, "location");
    const file *from;
    uint64_t elems, offset, length;
    if (tensor->data_location != EXTERNAL || location == NULL)
        return ZS_OK; /* without a name: refused where it is read */
    ZS_TRY(zs_net_elems(tensor->dims, tensor->n_dims, x->path, &elems, err));
    ZS_TRY(find_file(x, location, &from, err));
    ZS_TRY(read_number(x, tensor, "offset", 0, &offset, err));
    ZS_TRY(read_number(x, tensor, "length", UINT64_MAX, &length, err));
    if (from->is_missing) {
        ZS_TRY(make_up(x, tensor, elems, err));
    } else {
        const uint64_t left = offset <= from->bytes.bytes ? from->bytes.bytes - offset : 0;
        if (offset > from->bytes.bytes || (length != UINT64_MAX && length > left))
            return zs_fail(err, ZS_EPARSE, x->path,
                           "tensor '%.60s' takes %llu bytes from %llu on of '%.80s', which has %zu",
                           tensor->name ? tensor->name : "", (unsigned long long)length,
                           (unsigned long long)offset, location, from->bytes.bytes);
        const uint64_t bytes = length == UINT64_MAX ? left : length;
        uint8_t *data = (uint8_t *)from->bytes.data + offset;
        if (offset % sizeof(float) != 0) { /* floats are read in place */
            data = zs_arena_alloc_raw(x->arena, (size_t)bytes, 1);
            if (data == NULL)
                return zs_nomem(err, "weights");
            memcpy(data, from->bytes.data + offset, (size_t)bytes);
        }
        tensor->has_raw_data = true;
        tensor->raw_data = (ProtobufCBinaryData){.len = (size_t)bytes, .data = data};
    }
    tensor->data_location = 0;
    tensor->n_external_data = 0;
    return ZS_OK;
}

zs_status zs_onnx_load_external(zs_arena *arena, const ZsOnnx__Graph *graph, const char *path,
                                const zs_fetch *fetch, const char **note, zs_err *err)
{
    external *x = zs_new(arena, external, 1);
    if (x == NULL)
        return zs_nomem(err, "a list of files");
    x->arena = arena;
    x->path = path;
    x->fetch = fetch;
    for (size_t i = 0; i < graph->n_initializer; i++)
        ZS_TRY(load(x, graph->initializer[i], err));
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_attribute; k++)
            if (graph->node[i]->attribute[k]->t != NULL)
                ZS_TRY(load(x, graph->node[i]->attribute[k]->t, err));
    *note = NULL;
    if (x->missing != NULL &&
        (*note = zs_arena_printf(arena,
                                 "%s keeps weights in '%s', which is not there: they are synthetic",
                                 path, x->missing)) == NULL)
        return zs_nomem(err, "a note");
    return ZS_OK;
}
