#include "zynqsim/import.h"
#include "zynqsim/table.h"

enum { CLASSES_MAX = 1 << 24 };

zs_status zs_label_table_parse(zs_arena *arena, zs_span bytes, const char *path,
                               const zs_label_entry **out, uint32_t *n, zs_err *err)
{
    zs_table table;
    uint32_t file, class_index;
    ZS_TRY(zs_table_parse(arena, bytes, path, &table, err));
    ZS_TRY(zs_table_need(&table, "file", &file, err));
    ZS_TRY(zs_table_need(&table, "class", &class_index, err));
    zs_label_entry *entries = zs_new(arena, zs_label_entry, table.row_n + 1);
    if (entries == NULL)
        return zs_nomem(err, path);
    for (uint32_t i = 0; i < table.row_n; i++) {
        uint64_t value;
        ZS_TRY(zs_table_count(&table, i, class_index, 0, CLASSES_MAX, &value, err));
        entries[i] = (zs_label_entry){zs_table_text(&table, i, file, ""), (uint32_t)value};
    }
    *out = entries;
    *n = table.row_n;
    return ZS_OK;
}
