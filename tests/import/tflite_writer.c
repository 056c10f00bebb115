#include "tflite_writer.h"

#include "support.h"

#include <string.h>

enum { ROOM = 65536 };

typedef struct flat {
    uint8_t *data;
    size_t n;
} flat;

static size_t put(flat *f, uint64_t value, size_t bytes)
{
    const size_t at = f->n;
    ck_assert(at + bytes <= ROOM);
    for (size_t i = 0; i < bytes; i++)
        f->data[f->n++] = (uint8_t)(i < sizeof value ? value >> (8 * i) : 0);
    return at;
}

static void align(flat *f)
{
    while (f->n % 8 != 0)
        put(f, 0, 1);
}

/* An offset at `at` that leads to where the next thing will be. */
static void lead(flat *f, size_t at)
{
    align(f);
    const uint32_t by = (uint32_t)(f->n - at);
    for (size_t i = 0; i < 4; i++)
        f->data[at + i] = (uint8_t)(by >> (8 * i));
}

typedef struct field {
    uint16_t id;
    uint8_t bytes; /* 4 for offsets, too */
    uint64_t value;
} field;

/* A table, its vtable in front; places of the fields are returned. */
static void table(flat *f, size_t from, const field *fields, size_t n, size_t *places)
{
    uint16_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = fields[i].id >= most ? (uint16_t)(fields[i].id + 1) : most;
    const size_t vtable = put(f, 0, 4 + 2 * (size_t)most);
    if (from != 0)
        lead(f, from);
    align(f);
    const size_t at = put(f, 0, 4);
    const uint32_t back = (uint32_t)(at - vtable);
    memcpy(f->data + at, &back, 4); /* little-endian, as tests run */
    const uint16_t bytes = (uint16_t)(4 + 2 * most);
    memcpy(f->data + vtable, &bytes, 2);
    for (size_t i = 0; i < n; i++) {
        places[i] = put(f, fields[i].value, fields[i].bytes);
        const uint16_t by = (uint16_t)(places[i] - at);
        memcpy(f->data + vtable + 4 + 2 * (size_t)fields[i].id, &by, 2);
        while (f->n % 4 != 0)
            put(f, 0, 1);
    }
    align(f);
}

static void bytes_of(flat *f, size_t from, const void *data, uint32_t n, size_t elem)
{
    lead(f, from);
    put(f, n, 4);
    for (size_t i = 0; i < n * elem; i++)
        put(f, ((const uint8_t *)data)[i], 1);
}

/* A vector of tables: places of its elements. */
static void list(flat *f, size_t from, uint32_t n, size_t *places)
{
    lead(f, from);
    put(f, n, 4);
    for (uint32_t i = 0; i < n; i++)
        places[i] = put(f, 0, 4);
}

static void write_tensor(flat *f, size_t from, const tfl_tensor *t, uint32_t i)
{
    const char name[2] = {(char)('a' + i), '\0'};
    const field fields[] = {
        {0, 4, 0}, {1, 1, (uint64_t)t->type}, {2, 4, i + 1}, {3, 4, 0}, {4, 4, 0}};
    size_t at[5], quant[3];
    table(f, from, fields, 4 + (t->scale > 0), at);
    bytes_of(f, at[0], t->dims, t->rank, 4);
    bytes_of(f, at[3], name, 1, 1);
    if (t->scale > 0) {
        table(f, at[4], (const field[]){{2, 4, 0}, {3, 4, 0}}, 2, quant);
        bytes_of(f, quant[0], &t->scale, 1, 4);
        bytes_of(f, quant[1], &t->zero, 1, 8);
    }
}

zs_span tflite_model(zs_arena *arena, int code, const tfl_tensor *tensors, uint32_t n,
                     const tfl_option *options)
{
    flat f = {.data = zs_new(arena, uint8_t, ROOM)};
    size_t root[3], graph[4], places[16], at[4], fields_n = 0;
    int32_t ins[8], given[8] = {0}, out = (int32_t)n - 1;
    uint32_t given_n = 1;
    field fields[8];
    ck_assert_ptr_nonnull(f.data);
    for (uint32_t i = 0; i < n; i++)
        ins[i] = (int32_t)i;
    for (uint32_t i = 1; i + 1 < n; i++)
        if (tensors[i].data == NULL)
            given[given_n++] = (int32_t)i;
    put(&f, 0, 4);
    put(&f, 0x334c4654, 4); /* TFL3 */
    align(&f);
    table(&f, 0, (const field[]){{0, 4, 3}, {1, 4, 0}, {2, 4, 0}, {4, 4, 0}}, 4, at);
    const uint32_t first = (uint32_t)(at[0] - 4);
    memcpy(f.data, &first, 4);
    memcpy(root, at + 1, sizeof root);
    list(&f, root[0], 1, places);
    table(&f, places[0],
          (const field[]){{0, 1, (uint64_t)(code < 127 ? code : 127)}, {3, 4, (uint64_t)code}}, 2,
          at);
    list(&f, root[1], 1, places);
    table(&f, places[0], (const field[]){{0, 4, 0}, {1, 4, 0}, {2, 4, 0}, {3, 4, 0}}, 4, graph);
    list(&f, graph[0], n, places);
    for (uint32_t i = 0; i < n; i++)
        write_tensor(&f, places[i], &tensors[i], i);
    bytes_of(&f, graph[1], given, given_n, 4);
    bytes_of(&f, graph[2], &out, 1, 4);
    list(&f, graph[3], 1, places);
    table(&f, places[0], (const field[]){{1, 4, 0}, {2, 4, 0}, {4, 4, 0}}, 3, at);
    bytes_of(&f, at[0], ins, n - 1, 4);
    bytes_of(&f, at[1], &out, 1, 4);
    for (; options[fields_n].bytes != 0; fields_n++) {
        const tfl_option *o = &options[fields_n];
        fields[fields_n] =
            (field){o->id, o->bytes == 'f' ? 4 : o->bytes, (uint64_t)(int64_t)o->value};
        if (o->bytes == 'f') {
            const float value = (float)o->value;
            uint32_t bits;
            memcpy(&bits, &value, 4);
            fields[fields_n].value = bits;
        }
    }
    table(&f, at[2], fields, fields_n, places);
    list(&f, root[2], n + 1, places);
    for (uint32_t i = 0; i <= n; i++) {
        const bool has_data = i > 0 && tensors[i - 1].data != NULL;
        table(&f, places[i], (const field[]){{0, 4, 0}}, has_data, at);
        if (has_data)
            bytes_of(&f, at[0], tensors[i - 1].data, (uint32_t)tensors[i - 1].bytes, 1);
    }
    return (zs_span){.data = f.data, .bytes = f.n};
}
