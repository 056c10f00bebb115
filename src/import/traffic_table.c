#include "zynqsim/reference.h"

/* The place of a word that is wrong: file and line, then stream and key. */
zs_status zs_traffic_cell_parse(const zs_table *table, uint32_t row, uint32_t column,
                                zs_traffic *out, zs_err *err)
{
    zs_err why = {0};
    zs_traffic traffic;
    const zs_status status =
        zs_traffic_parse(zs_table_text(table, row, column, ""), &traffic, &why);
    if (status != ZS_OK)
        return zs_table_fail(table, row, column, status, err, "%s: %s", why.place, why.text);
    for (uint32_t i = 0; i < traffic.stream_n; i++)
        if (traffic.streams[i].port != ZS_TRAFFIC_NO_PORT)
            return zs_table_fail(table, row, column, ZS_ERANGE, err,
                                 "stream %u names a port, but this is the DRAM alone", i + 1);
    *out = traffic;
    return ZS_OK;
}

zs_status zs_traffic_table_parse(zs_arena *arena, const zs_table *table, zs_traffic_case **cases,
                                 uint32_t *n, zs_err *err)
{
    uint32_t name, spec;
    ZS_TRY(zs_table_need(table, "case", &name, err));
    ZS_TRY(zs_table_need(table, "spec", &spec, err));
    if (table->row_n == 0)
        return zs_fail(err, ZS_EPARSE, table->path, "has no rows below the column names");
    zs_traffic_case *list = zs_new(arena, zs_traffic_case, table->row_n);
    if (list == NULL)
        return zs_nomem(err, table->path);
    for (uint32_t row = 0; row < table->row_n; row++) {
        list[row].name = zs_table_text(table, row, name, "");
        ZS_TRY(zs_traffic_cell_parse(table, row, spec, &list[row].traffic, err));
    }
    *cases = list;
    *n = table->row_n;
    return ZS_OK;
}
