#include "reference_priv.h"

#include <ctype.h>

/* "2", "(2, 5)", "2;5": how many numbers. */
static uint32_t count_numbers(const char *text)
{
    uint32_t n = 0;
    for (const char *c = text; *c != '\0'; c++)
        n += isdigit((unsigned char)*c) && (c == text || !isdigit((unsigned char)c[-1]));
    return n;
}

zs_status zs_reference_training_memory(zs_arena *arena, const zs_table *t, zs_reference *out,
                                       zs_err *err)
{
    zs_training_memory_measured *cases = zs_new(arena, zs_training_memory_measured, t->row_n);
    const uint32_t dataset = zs_table_column(t, "dataset");
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_training_memory_measured *c = &cases[row];
        double activations, batch, weights, pipedream, stale;
        const struct {
            const char *column;
            double min, max, *to;
        } cells[] = {
            {"activation_MiB_per_sample", 0, 1e9, &activations},
            {"batch", 1, 1e9, &batch},
            {"weights_MiB", 1e-9, 1e9, &weights},
            {"increase_pipedream_pct", -100, 1e9, &pipedream},
            {"increase_stale_pct", -100, 1e9, &stale},
        };
        for (size_t i = 0; i < ZS_LEN(cells); i++)
            ZS_TRY(zs_table_number(t, row, zs_table_column(t, cells[i].column), cells[i].min,
                                   cells[i].max, cells[i].to, err));
        const char *set = zs_table_text(t, row, dataset, "");
        *c = (zs_training_memory_measured){
            .name = zs_arena_printf(arena, "%s%s%s",
                                    zs_table_text(t, row, zs_table_column(t, "network"), ""),
                                    set[0] != '\0' ? " " : "", set),
            .reason = zs_table_text(t, row, zs_table_column(t, "reason"), ""),
            .source = zs_table_text(t, row, zs_table_column(t, "source"), ""),
            .pairs = count_numbers(zs_table_text(t, row, zs_table_column(t, "ppv"), "")),
            .base_bytes = (activations * batch + weights) * (1 << 20),
            .weights_bytes = weights * (1 << 20),
            .pipedream_frac = pipedream / 100,
            .stale_frac = stale / 100};
        if (c->name == NULL)
            return zs_nomem(err, t->path);
    }
    out->training_memories = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
