/* What `sparsify` prints: zeros and MACs left, layer by layer and of all. */
#include "json_priv.h"
#include "text_table_priv.h"
#include "zynqsim/sparsify.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static double percent(uint64_t part, uint64_t all)
{
    return all > 0 ? 100 * (double)part / (double)all : 0;
}

static const char *state_of(const zs_sparsity *p, const zs_sparsity_layer *l)
{
    return l == &p->total                       ? "total"
           : l->is_wiring                       ? "wiring"
           : l->is_spared                       ? "spared"
           : p->rule.method == ZS_SPARSIFY_NONE ? "dense"
                                                : "pruned";
}

/* Layers, then the total; NULL after it. */
static const zs_sparsity_layer *line_of(const zs_sparsity *p, uint32_t i)
{
    return i < p->layer_n ? &p->layers[i] : i == p->layer_n ? &p->total : NULL;
}

static const char *method_of(const zs_sparsity *p)
{
    return zs_words_sparsify[p->rule.method].word;
}

static const char *definition_of(const zs_sparsity *p)
{
    return zs_words_sparsify[zs_sparsify_method(p->rule.method)].meaning;
}

/* ---- table ----------------------------------------------------------------------------------- */

static const zs_text_column columns[] = {
    {.head = "layer", .most = 40},
    {.head = "threshold", .gap = 2, .is_right = true},
    {.head = "weights", .gap = 2, .is_right = true},
    {.head = "before", .least = 7, .gap = 2, .is_right = true},
    {.head = "zeros", .least = 7, .gap = 2, .is_right = true},
    {.head = "MACs", .gap = 2, .is_right = true},
    {.head = "left", .least = 8, .gap = 2, .is_right = true},
    {.head = "kernels 0", .gap = 2, .is_right = true},
    {.head = "channels 0", .gap = 2, .is_right = true},
    {.head = "filters 0", .gap = 2, .is_right = true},
    {.head = "", .gap = 2},
};

static void put_percent(zs_text_table *t, uint64_t part, uint64_t all)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f %%", percent(part, all));
    zs_text_cell(t, text);
}

static void put_line(zs_text_table *t, const zs_sparsity *p, const zs_sparsity_layer *l)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", l->threshold);
    zs_text_cell(t, l->name);
    zs_text_cell(t, isnan(l->threshold) ? "-" : text);
    zs_text_cell(t, zs_cell_count(l->weights).text);
    put_percent(t, l->zeros_before, l->weights);
    put_percent(t, l->zeros, l->weights);
    zs_text_cell(t, zs_cell_count(l->macs).text);
    put_percent(t, l->macs_left, l->macs);
    zs_text_cell(t, zs_cell_count(l->zero_kernels).text);
    zs_text_cell(t, zs_cell_count(l->zero_channels).text);
    zs_text_cell(t, zs_cell_count(l->zero_filters).text);
    zs_text_cell(t, state_of(p, l));
    zs_text_end_row(t);
}

zs_status zs_sparsity_table_emit(const zs_sparsity *p, const zs_table_style *style,
                                 const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink, .colour = style != NULL && style->colour};
    zs_text_table t = {.out = &out, .columns = columns, .n = ZS_LEN(columns)};
    const zs_sparsity_layer *l;
    zs_out_printf(&out, "%s: ", method_of(p));
    zs_out_text(&out, definition_of(p));
    zs_out_printf(&out, "\nparameter %.9g, of %s, correction %s\n\n", p->parameter,
                  zs_words_structure[p->rule.structured].word,
                  zs_words_correction[p->rule.correction].word);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; (l = line_of(p, i)) != NULL; i++)
            put_line(&t, p, l);
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
    zs_out_printf(&out, "\n%.2f %% of the weights are 0, %.2f %% of the MACs are left\n",
                  percent(p->total.zeros, p->total.weights),
                  percent(p->total.macs_left, p->total.macs));
    return zs_out_end(&out, "the table", err);
}

/* ---- csv and json ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
    bool is_short; /* uint32_t */
} counts[] = {
    {"weights", offsetof(zs_sparsity_layer, weights), false},
    {"zeros_before", offsetof(zs_sparsity_layer, zeros_before), false},
    {"zeros", offsetof(zs_sparsity_layer, zeros), false},
    {"macs", offsetof(zs_sparsity_layer, macs), false},
    {"macs_left", offsetof(zs_sparsity_layer, macs_left), false},
    {"kernel_count", offsetof(zs_sparsity_layer, kernels), false},
    {"zero_kernels", offsetof(zs_sparsity_layer, zero_kernels), false},
    {"channels", offsetof(zs_sparsity_layer, channels), true},
    {"zero_channels", offsetof(zs_sparsity_layer, zero_channels), true},
    {"filters", offsetof(zs_sparsity_layer, filters), true},
    {"zero_filters", offsetof(zs_sparsity_layer, zero_filters), true},
};

static uint64_t count_of(const zs_sparsity_layer *l, size_t k)
{
    const void *at = (const char *)l + counts[k].offset;
    return counts[k].is_short ? *(const uint32_t *)at : *(const uint64_t *)at;
}

zs_status zs_sparsity_csv_emit(const zs_sparsity *p, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    const zs_sparsity_layer *l;
    zs_out_text(&out, "layer,state,method,structured,correction,parameter,threshold,zero_percent,"
                      "macs_left_percent");
    for (size_t k = 0; k < ZS_LEN(counts); k++)
        zs_out_printf(&out, ",%s", counts[k].name);
    zs_out_text(&out, ",definition\n");
    for (uint32_t i = 0; (l = line_of(p, i)) != NULL; i++) {
        zs_out_csv(&out, l->name);
        zs_out_printf(&out, ",%s,%s,%s,%s,%.9g,", state_of(p, l), method_of(p),
                      zs_words_structure[p->rule.structured].word,
                      zs_words_correction[p->rule.correction].word, p->parameter);
        if (!isnan(l->threshold))
            zs_out_printf(&out, "%.9g", l->threshold);
        zs_out_printf(&out, ",%.6f,%.6f", percent(l->zeros, l->weights),
                      percent(l->macs_left, l->macs));
        for (size_t k = 0; k < ZS_LEN(counts); k++)
            zs_out_printf(&out, ",%" PRIu64, count_of(l, k));
        zs_out_text(&out, ",");
        zs_out_csv(&out, definition_of(p));
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "the CSV", err);
}

static int put_counts(json_t *entry, const zs_sparsity_layer *l)
{
    int failed =
        json_object_set_new(entry, "zero_percent", zs_json_real(percent(l->zeros, l->weights)));
    failed |= json_object_set_new(entry, "macs_left_percent",
                                  zs_json_real(percent(l->macs_left, l->macs)));
    for (size_t k = 0; k < ZS_LEN(counts); k++)
        failed |= json_object_set_new(entry, counts[k].name, zs_json_count(count_of(l, k)));
    return failed;
}

zs_status zs_sparsity_json_emit(const zs_sparsity *p, const zs_sink *sink, zs_err *err)
{
    json_t *root = json_object(), *layers = json_array();
    int failed = json_object_set_new(root, "method", zs_json_text(method_of(p)));
    failed |= json_object_set_new(root, "definition", zs_json_text(definition_of(p)));
    failed |= json_object_set_new(root, "parameter", zs_json_real(p->parameter));
    failed |= json_object_set_new(root, "structured",
                                  zs_json_text(zs_words_structure[p->rule.structured].word));
    failed |= json_object_set_new(root, "correction",
                                  zs_json_text(zs_words_correction[p->rule.correction].word));
    failed |= put_counts(root, &p->total);
    for (uint32_t i = 0; i < p->layer_n; i++) {
        const zs_sparsity_layer *l = &p->layers[i];
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(l->name));
        failed |= json_object_set_new(entry, "state", zs_json_text(state_of(p, l)));
        failed |= json_object_set_new(entry, "threshold", zs_json_real(l->threshold));
        failed |= put_counts(entry, l);
        failed |= json_array_append_new(layers, entry);
    }
    failed |= json_object_set_new(root, "layers", layers);
    return zs_json_end(root, failed != 0, "the JSON", sink, err);
}
