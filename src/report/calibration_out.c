/* `show --calibrate`: the account of a design beside the report of its build. */
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>

enum { BLOCKS = 4, AROUND = 2 };
static const zs_resource_id shown[BLOCKS] = {ZS_RESOURCE_DSP, ZS_RESOURCE_BRAM18, ZS_RESOURCE_LUT,
                                             ZS_RESOURCE_FF};

/* Decimals -1: a whole number. NAN and factors of 0 are not known. */
static void put_row(zs_text_table *t, const char *name, const double *values, int decimals,
                    const char *note)
{
    zs_text_cell(t, name);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        zs_cell cell = {"-"};
        if (!isnan(values[i]) && (decimals < 0 || values[i] > 0))
            snprintf(cell.text, sizeof cell.text, "%.*f", decimals < 0 ? 0 : decimals, values[i]);
        zs_text_cell(t, cell.text);
    }
    zs_text_cell(t, note);
    zs_text_end_row(t);
}

static void put_resources(zs_text_table *t, const char *name, const zs_resources *r,
                          const char *note)
{
    double values[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++)
        values[i] = r->n[shown[i]];
    put_row(t, name, values, -1, note);
}

static void put_report(zs_text_table *t, const zs_utilization *u)
{
    const bool is_estimate = u->report == ZS_ACCOUNT_ESTIMATE;
    double said[BLOCKS], built[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        said[i] = u->used[shown[i]];
        built[i] = zs_utilization_built(u, shown[i]);
    }
    put_row(t, is_estimate ? "estimate" : "report", said, -1, u->tool);
    if (is_estimate)
        put_row(t, "as such are built", built, -1, "DSP 1, BRAM18 0.99, LUT 0.43, FF 0.80 of it");
}

zs_status zs_calibration_table_emit(const zs_fit *fit, const zs_utilization *u,
                                    const zs_account_scale *scale, const zs_sink *s, zs_err *err)
{
    const zs_resources none = {{0}};
    zs_out out = {.sink = s};
    zs_text_column columns[AROUND + BLOCKS] = {{.head = "account", .least = 18}};
    double factors[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        columns[1 + i] = (zs_text_column){
            .head = zs_resource_table[shown[i]].noun, .least = 7, .gap = 1, .is_right = true};
        factors[i] = *zs_account_factor(scale, shown[i]);
    }
    columns[1 + BLOCKS] = (zs_text_column){.head = "", .gap = 2};
    zs_text_table t = {.out = &out, .columns = columns, .n = AROUND + BLOCKS};
    zs_text_heads(&t, ZS_PAINT_NONE);
    for (uint32_t g = 0; g < ZS_FIT_GROUP_N; g++) {
        zs_resources sum = none;
        uint32_t n = 0;
        for (uint32_t i = 0; i < fit->item_n; i++)
            if (fit->items[i].group == g) {
                sum = zs_resources_plus(sum, fit->items[i].r);
                n++;
            }
        if (n > 0)
            put_resources(&t, zs_fit_group_names[g], &sum, "");
    }
    put_resources(&t, "sum", &fit->used, "");
    if (u->report == ZS_ACCOUNT_ESTIMATE)
        put_resources(&t, "of these", &fit->around,
                      "connect the kernel to the PS: no estimate has them");
    put_report(&t, u);
    put_row(&t, "factor", factors, 3, "accelerator.account");
    return zs_out_end(&out, "calibration", err);
}

zs_status zs_calibration_yaml_emit(const zs_utilization *u, const zs_account_scale *scale,
                                   const char *report, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out,
                "# What a report says in units of the account of resources; designs name this "
                "file:\n#   accelerator: {account: THIS.yaml}\n# From ");
    zs_out_name(&out, report);
    const char *const heads[] = {u->tool, u->state, u->device};
    for (size_t i = 0; i < ZS_LEN(heads); i++)
        if (heads[i][0] != '\0') {
            zs_out_text(&out, ", ");
            zs_out_name(&out, heads[i]);
        }
    zs_out_printf(&out, ".\nreport: %s\n",
                  zs_word_of(zs_words_account, ZS_WORD_N_account, u->report));
    for (uint32_t i = 0; i < BLOCKS; i++) {
        const double factor = *zs_account_factor(scale, shown[i]);
        if (factor > 0)
            zs_out_printf(&out, "%s: %.4f\n", zs_resource_table[shown[i]].key, factor);
    }
    return zs_out_end(&out, "calibration", err);
}
