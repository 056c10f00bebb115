#include "import_net_priv.h"

#include <math.h>
#include <string.h>

typedef struct zs_name_entry {
    const char *name;
    void *value;
} zs_name_entry;

/* ---- names ----------------------------------------------------------------------------------- */

bool zs_name_map_init(zs_arena *arena, zs_name_map *map, size_t n)
{
    uint32_t places = 16;
    if (n > UINT32_MAX / 4)
        return false;
    while (places < 2 * n)
        places *= 2;
    zs_name_entry *entries = zs_new(arena, zs_name_entry, places);
    if (entries == NULL)
        return false;
    *map = (zs_name_map){.entries = entries, .mask = places - 1, .room_n = (uint32_t)n};
    return true;
}

/* Mixing every byte keeps a file from choosing names that all fall into one place cheaply. */
static uint32_t hash_name(const char *name)
{
    uint64_t h = 0;
    for (; *name != '\0'; name++)
        h = zs_mix64(h ^ (uint8_t)*name);
    return (uint32_t)(h >> 16);
}

static zs_name_entry *find_place(const zs_name_map *map, const char *name)
{
    for (uint32_t at = hash_name(name);; at++) {
        zs_name_entry *entry = &map->entries[at & map->mask];
        if (entry->name == NULL || strcmp(entry->name, name) == 0)
            return entry;
    }
}

void *zs_name_map_get(const zs_name_map *map, const char *name)
{
    return find_place(map, name)->value;
}

void zs_name_map_put(zs_name_map *map, const char *name, void *value)
{
    zs_name_entry *entry = find_place(map, name);
    map->n += entry->name == NULL;
    *entry = (zs_name_entry){.name = name, .value = value};
}

/* ---- layers ---------------------------------------------------------------------------------- */

zs_status zs_net_draft_init(zs_net_draft *draft, zs_arena *arena, const char *path,
                            uint64_t layer_n, uint64_t value_n, zs_err *err)
{
    if (layer_n > ZS_NET_SIZE_MAX || value_n > ZS_NET_SIZE_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%llu layers and %llu names are above the limit of %u",
                       (unsigned long long)layer_n, (unsigned long long)value_n, ZS_NET_SIZE_MAX);
    *draft = (zs_net_draft){.arena = arena, .path = path, .room_n = (uint32_t)layer_n};
    draft->layers = zs_new(arena, zs_layer_spec, layer_n);
    if (draft->layers == NULL || !zs_name_map_init(arena, &draft->taken, layer_n + value_n + 1) ||
        !zs_name_map_init(arena, &draft->values, value_n))
        return zs_nomem(err, "the list of layers");
    return ZS_OK;
}

static bool is_taken(const zs_net_draft *draft, const char *name)
{
    return zs_name_map_get(&draft->taken, name) != NULL;
}

/* The names a layer may get, best first, until one is free. */
static const char *free_name(zs_net_draft *draft, const char *name, zs_layer_op op)
{
    const char *base = name;
    for (uint32_t i = 1; name != NULL && is_taken(draft, name); i++) {
        if (i == 1)
            name = base = zs_arena_printf(draft->arena, "%s/%s", base, zs_layer_op_name(op));
        else
            name = zs_arena_printf(draft->arena, "%s#%u", base, i + draft->layer_n);
    }
    return name;
}

zs_status zs_net_draft_layer(zs_net_draft *draft, const char *name, zs_layer_op op,
                             const char *place, zs_layer_spec **out, zs_err *err)
{
    if (draft->layer_n == draft->room_n)
        return zs_fail(err, ZS_EINTERNAL, place, "more layers than the %u there was room for",
                       draft->room_n);
    const char *unique = free_name(draft, name, op);
    if (unique == NULL)
        return zs_nomem(err, "a layer name");
    zs_layer_spec *layer = &draft->layers[draft->layer_n++];
    *layer = (zs_layer_spec){
        .name = unique, .op = op, .place = place, .groups = 1, .window = ZS_WINDOW_1X1};
    zs_name_map_put(&draft->taken, unique, layer);
    *out = layer;
    return ZS_OK;
}

zs_status zs_net_draft_input(zs_net_draft *draft, zs_layer_spec *layer, const char *from,
                             zs_err *err)
{
    const char **in = zs_new(draft->arena, const char *, 1);
    if (in == NULL)
        return zs_nomem(err, "a layer's inputs");
    in[0] = from;
    layer->in = in;
    layer->in_n = 1;
    return ZS_OK;
}

zs_status zs_net_draft_value(zs_net_draft *draft, const char *name, const char *layer,
                             uint32_t rank, zs_err *err)
{
    zs_net_value *value = zs_new(draft->arena, zs_net_value, 1);
    if (value == NULL)
        return zs_nomem(err, "the name of a value");
    *value = (zs_net_value){.layer = layer, .rank = rank};
    if (draft->values.n >= draft->values.room_n && zs_net_draft_get(draft, name) == NULL)
        return zs_fail(err, ZS_EINTERNAL, draft->path, "more names than the %u there was room for",
                       draft->values.room_n);
    zs_name_map_put(&draft->values, name, value);
    return ZS_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

zs_status zs_net_size(int64_t value, int64_t min, const char *what, const char *place,
                      uint32_t *out, zs_err *err)
{
    if (value < min)
        return zs_fail(err, ZS_ERANGE, place, "%s %lld is below the minimum %lld", what,
                       (long long)value, (long long)min);
    if (value > ZS_NET_SIZE_MAX)
        return zs_fail(err, ZS_ERANGE, place, "%s %lld is above the maximum %u", what,
                       (long long)value, ZS_NET_SIZE_MAX);
    *out = (uint32_t)value;
    return ZS_OK;
}

zs_status zs_net_elems(const int64_t *dims, size_t n, const char *place, uint64_t *out, zs_err *err)
{
    uint64_t elems = 1;
    for (size_t i = 0; i < n; i++) {
        if (dims[i] < 0)
            return zs_fail(err, ZS_ERANGE, place, "dimension %zu of a tensor is %lld, below 0", i,
                           (long long)dims[i]);
        if (!zs_mul_u64(elems, (uint64_t)dims[i], &elems))
            return zs_fail(err, ZS_ERANGE, place,
                           "the dimensions of a tensor multiply to more than 2^64 elements");
    }
    *out = elems;
    return ZS_OK;
}

float zs_float_of_half(uint32_t bits)
{
    const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float sign = bits >> 15 & 1 ? -1.0f : 1.0f;
    if (exponent == 31)
        return fraction != 0 ? NAN : sign * INFINITY;
    return sign * (exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(fraction + 1024), (int)exponent - 25));
}

float *zs_net_transpose(zs_arena *arena, const float *data, uint64_t rows, uint64_t cols)
{
    float *out = zs_arena_alloc_raw(arena, rows * cols, sizeof *out);
    for (uint64_t r = 0; out != NULL && r < rows; r++)
        for (uint64_t c = 0; c < cols; c++)
            out[c * rows + r] = data[r * cols + c];
    return out;
}

zs_status zs_net_fold_stats(zs_arena *arena, const zs_bn_stats *stats, const char *place,
                            zs_layer_spec *layer, zs_err *err)
{
    float *scale = zs_arena_alloc_raw(arena, stats->n, sizeof *scale);
    float *shift = zs_arena_alloc_raw(arena, stats->n, sizeof *shift);
    double *exact = zs_arena_alloc_raw(arena, 2 * (size_t)stats->n, sizeof *exact);
    if (scale == NULL || shift == NULL || exact == NULL)
        return zs_nomem(err, "batch normalisation");
    for (uint32_t c = 0; c < stats->n; c++) {
        const double spread = (double)stats->var[c] * stats->factor + stats->eps;
        if (!(spread > 0))
            return zs_fail(err, ZS_ERANGE, place,
                           "variance %g of channel %u plus epsilon %g is not above 0",
                           (double)stats->var[c] * stats->factor, c, stats->eps);
        const double gain = (stats->gamma ? (double)stats->gamma[c] : 1.0) / sqrt(spread);
        const double beta = stats->beta ? (double)stats->beta[c] : 0.0;
        exact[c] = gain;
        exact[stats->n + c] = beta - (double)stats->mean[c] * stats->factor * gain;
        scale[c] = (float)gain;
        shift[c] = (float)exact[stats->n + c];
    }
    layer->exact_scale = exact;
    layer->exact_shift = exact + stats->n;
    layer->scale = scale;
    layer->shift = shift;
    layer->scale_n = stats->n;
    return ZS_OK;
}

/* ---- protobuf -------------------------------------------------------------------------------- */

typedef struct proto_memory {
    zs_arena *arena;
    bool is_out;
} proto_memory;

static void *proto_alloc(void *ctx, size_t bytes)
{
    proto_memory *memory = ctx;
    void *block = zs_arena_alloc_raw(memory->arena, 1, bytes);
    memory->is_out |= block == NULL;
    return block;
}

static void proto_free(void *ctx, void *block)
{
    (void)ctx; /* the arena frees all at once */
    (void)block;
}

zs_status zs_proto_unpack(zs_arena *arena, const ProtobufCMessageDescriptor *type, zs_span bytes,
                          const char *what, const char *path, void **out, zs_err *err)
{
    proto_memory memory = {.arena = arena};
    ProtobufCAllocator allocator = {proto_alloc, proto_free, &memory};
    if (bytes.bytes == 0)
        return zs_fail(err, ZS_EPARSE, path, "the file is empty, so it is not %s", what);
    void *message = protobuf_c_message_unpack(type, &allocator, bytes.bytes, bytes.data);
    if (message == NULL && memory.is_out)
        return zs_nomem(err, what);
    if (message == NULL)
        return zs_fail(err, ZS_EPARSE, path, "not %s, or cut off (%zu bytes)", what, bytes.bytes);
    *out = message;
    return ZS_OK;
}
