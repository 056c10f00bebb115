#include "flatbuffer_priv.h"

#include <string.h>

/* Whether n bytes at `at` are in the file. */
static bool is_within(zs_flat *file, size_t at, size_t n)
{
    const bool is_in = at <= file->bytes.bytes && n <= file->bytes.bytes - at;
    file->is_broken |= !is_in;
    return is_in;
}

static uint64_t load(zs_flat *file, size_t at, uint32_t bytes)
{
    uint64_t value = 0;
    if (!is_within(file, at, bytes))
        return 0;
    for (uint32_t i = bytes; i-- > 0;)
        value = value << 8 | file->bytes.data[at + i];
    return value;
}

static int64_t load_int(zs_flat *file, size_t at, uint32_t bytes, bool has_sign)
{
    const uint64_t value = load(file, at, bytes);
    const unsigned unused = 64 - 8 * bytes;
    return has_sign ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

/* Where the offset at `at` leads; 0 when nowhere. */
static size_t follow(zs_flat *file, size_t at)
{
    const size_t by = (size_t)load(file, at, 4);
    if (by == 0 || !is_within(file, at, by) || !is_within(file, at + by, 4)) {
        file->is_broken = true;
        return 0;
    }
    return at + by;
}

static zs_flat_table table_at(zs_flat *file, size_t at)
{
    zs_flat_table table = {.file = file};
    if (at == 0)
        return table;
    const int64_t vtable = (int64_t)at - load_int(file, at, 4, true);
    if (vtable < 0 || !is_within(file, (size_t)vtable, 4)) {
        file->is_broken = true;
        return table;
    }
    const uint32_t bytes = (uint32_t)load(file, (size_t)vtable, 2);
    if (bytes < 4 || !is_within(file, (size_t)vtable, bytes)) {
        file->is_broken = true;
        return table;
    }
    table.at = at;
    table.fields = (size_t)vtable + 4;
    table.field_n = (bytes - 4) / 2;
    return table;
}

zs_flat_table zs_flat_root(zs_flat *file)
{
    return table_at(file, follow(file, 0));
}

/* Where field `id` lies; 0: absent. */
static size_t place_of(const zs_flat_table *table, uint32_t id)
{
    if (table->at == 0 || id >= table->field_n)
        return 0;
    const size_t by = (size_t)load(table->file, table->fields + 2 * (size_t)id, 2);
    return by == 0 ? 0 : table->at + by;
}

int64_t zs_flat_int(const zs_flat_table *table, uint32_t id, uint32_t bytes, bool has_sign,
                    int64_t otherwise)
{
    const size_t at = place_of(table, id);
    return at == 0 ? otherwise : load_int(table->file, at, bytes, has_sign);
}

static float float_of(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

double zs_flat_float(const zs_flat_table *table, uint32_t id, double otherwise)
{
    const size_t at = place_of(table, id);
    return at == 0 ? otherwise : (double)float_of(load(table->file, at, 4));
}

zs_flat_table zs_flat_sub(const zs_flat_table *table, uint32_t id)
{
    const size_t at = place_of(table, id);
    return table_at(table->file, at == 0 ? 0 : follow(table->file, at));
}

zs_flat_list zs_flat_vector(const zs_flat_table *table, uint32_t id, uint32_t elem_bytes)
{
    zs_flat_list list = {.file = table->file, .elem_bytes = elem_bytes};
    const size_t field = place_of(table, id), at = field == 0 ? 0 : follow(table->file, field);
    if (at == 0)
        return list;
    const uint64_t n = load(table->file, at, 4);
    if (is_within(table->file, at + 4, (size_t)(n * elem_bytes))) { /* below 2^35 */
        list.at = at + 4;
        list.n = (uint32_t)n;
    }
    return list;
}

int64_t zs_flat_int_at(const zs_flat_list *list, uint32_t i, bool has_sign)
{
    return load_int(list->file, list->at + (size_t)i * list->elem_bytes, list->elem_bytes,
                    has_sign);
}

float zs_flat_float_at(const zs_flat_list *list, uint32_t i)
{
    return float_of(load(list->file, list->at + (size_t)i * 4, 4));
}

zs_flat_table zs_flat_table_at(const zs_flat_list *list, uint32_t i)
{
    return table_at(list->file, follow(list->file, list->at + (size_t)i * 4));
}
