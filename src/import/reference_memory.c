#include "reference_priv.h"

static zs_status take_figure(const zs_table *t, uint32_t row, uint32_t column,
                             zs_memory_figure *out, zs_err *err)
{
    const char *names[ZS_MEMORY_FIGURE_N];
    uint32_t word = 0;
    for (uint32_t i = 0; i < ZS_MEMORY_FIGURE_N; i++)
        names[i] = zs_memory_figure_name((zs_memory_figure)i);
    ZS_TRY(zs_table_word(t, row, column, names, ZS_MEMORY_FIGURE_N,
                         "frac_peak, bytes_per_s or rd_lat_mean_ns", &word, err));
    *out = (zs_memory_figure)word;
    return ZS_OK;
}

static zs_status check_spec(const zs_table *t, uint32_t row, uint32_t column, const char *spec,
                            zs_err *err)
{
    zs_traffic traffic;
    zs_err why = {0};
    const zs_status status = zs_traffic_parse(spec, &traffic, &why);
    if (status == ZS_OK)
        return ZS_OK;
    return zs_table_fail(t, row, column, status, err, "%s: %s", why.place, why.text);
}

zs_status zs_reference_memory(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const uint32_t name = zs_table_column(t, "case"), set = zs_table_column(t, "set");
    const uint32_t spec = zs_table_column(t, "spec"), metric = zs_table_column(t, "metric");
    const uint32_t measured = zs_table_column(t, "measured");
    const uint32_t tolerance = zs_table_column(t, "tolerance");
    const uint32_t reason = zs_table_column(t, "reason"), source = zs_table_column(t, "source");
    zs_memory_measured *cases = zs_new(arena, zs_memory_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_memory_measured *c = &cases[row];
        *c = (zs_memory_measured){.name = zs_table_text(t, row, name, ""),
                                  .spec = zs_table_text(t, row, spec, ""),
                                  .reason = zs_table_text(t, row, reason, ""),
                                  .source = zs_table_text(t, row, source, "")};
        ZS_TRY(zs_reference_settings(t, row, set, &c->set, err));
        ZS_TRY(check_spec(t, row, spec, c->spec, err));
        ZS_TRY(take_figure(t, row, metric, &c->figure, err));
        ZS_TRY(zs_reference_measured(t, row, measured, tolerance, &c->measured, err));
    }
    out->memories = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
