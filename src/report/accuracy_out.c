/* What `accuracy` prints: a line for each design, noise layer by layer, and which classes were
 * mistaken for which. */
#include "json_priv.h"
#include "text_table_priv.h"
#include "zynqsim/accuracy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- figures of a line ----------------------------------------------------------------------- */

static zs_value figure(const zs_accuracy_point *p, const char *name)
{
    for (uint32_t m = 0; m < zs_metric_n; m++)
        if (strcmp(zs_metrics[m].name, name) == 0)
            return zs_result_get(p->result, m);
    return (zs_value){.type = ZS_METRIC_TEXT};
}

static const char *const figure_names[] = {"cycles",
                                           "seconds",
                                           "dram.read_bytes",
                                           "dram.write_bytes",
                                           "resources.dsp.used",
                                           "resources.bram18.used",
                                           "fits"};

/* Shares of a point, in the order of the columns. */
enum { SHARES = 5, ACCURACIES = SHARES + 2 };
static const char *const accuracy_names[ACCURACIES] = {
    "top1_frac",  "top5_frac",          "reference_top1_frac", "reference_top5_frac",
    "agree_frac", "largest_difference", "relative_difference"};

static void accuracies_of(const zs_accuracy *a, double v[ACCURACIES])
{
    const uint32_t known = a->compared > 0 ? a->labelled : 0;
    v[0] = zs_accuracy_share(a->top1, a->labelled);
    v[1] = zs_accuracy_share(a->top5, a->labelled);
    v[2] = zs_accuracy_share(a->reference_top1, known);
    v[3] = zs_accuracy_share(a->reference_top5, known);
    v[4] = zs_accuracy_share(a->agree, a->compared);
    v[5] = a->compared > 0 ? a->difference : (double)NAN;
    v[6] = a->compared > 0 ? a->relative : (double)NAN;
}

/* Share of weights that are 0 and share of MACs that are left, 0..1; NAN where weights are as they
 * were read. */
static void sparsity_of(const zs_accuracy_point *p, double v[2])
{
    v[0] = v[1] = (double)NAN;
    if (p->sparsity == NULL)
        return;
    const zs_sparsity_layer *t = &p->sparsity->total;
    v[0] = (double)t->zeros / (double)t->weights;
    v[1] = t->macs > 0 ? (double)t->macs_left / (double)t->macs : (double)NAN;
}

static bool is_any_sparse(const zs_accuracy_table *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->points[i].sparsity != NULL)
            return true;
    return false;
}

static const char *const sparsity_names[] = {"zeros_frac", "macs_left_frac"};

/* ---- table ----------------------------------------------------------------------------------- */

static const zs_text_column columns[] = {
    {.head = "design", .most = 40},
    {.head = "precision", .gap = 2},
    {.head = "top-1", .least = 7, .gap = 2, .is_right = true},
    {.head = "top-5", .least = 7, .gap = 2, .is_right = true},
    {.head = "zeros", .least = 7, .gap = 2, .is_right = true},
    {.head = "MACs left", .gap = 2, .is_right = true},
    {.head = "as fp32", .least = 7, .gap = 2, .is_right = true},
    {.head = "difference", .gap = 2, .is_right = true},
    {.head = "cycles", .gap = 2, .is_right = true},
    {.head = "DRAM", .gap = 2, .is_right = true},
    {.head = "DSP", .gap = 2, .is_right = true},
    {.head = "BRAM18", .gap = 2, .is_right = true},
    {.head = "fits", .gap = 2},
};

static void put_count(zs_text_table *t, zs_value v)
{
    zs_text_cell(t, v.type == ZS_METRIC_TEXT ? "-" : zs_cell_count(v.i).text);
}

static void put_share(zs_text_table *t, double frac)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f %%", 100 * frac);
    zs_text_cell(t, isnan(frac) ? "-" : text);
}

static void put_point(zs_text_table *t, const zs_accuracy_point *p, bool has_zeros)
{
    double v[ACCURACIES], left[2];
    char text[32];
    accuracies_of(&p->accuracy, v);
    zs_text_cell(t, p->label);
    zs_text_cell(t, p->precision);
    put_share(t, v[0]);
    put_share(t, v[1]);
    sparsity_of(p, left);
    for (size_t k = 0; has_zeros && k < ZS_LEN(left); k++)
        put_share(t, left[k]);
    put_share(t, v[4]);
    snprintf(text, sizeof text, "%.3g", v[5]);
    zs_text_cell(t, isnan(v[5]) ? "-" : text);
    put_count(t, figure(p, "cycles"));
    zs_text_cell(
        t, zs_cell_bytes(figure(p, "dram.read_bytes").i + figure(p, "dram.write_bytes").i).text);
    put_count(t, figure(p, "resources.dsp.used"));
    put_count(t, figure(p, "resources.bram18.used"));
    zs_text_cell(t, p->result->fit.is_close ? "close" : p->result->fit.fits ? "yes" : "no");
    zs_text_end_row(t);
}

static void emit_points(zs_out *out, const zs_accuracy_table *a)
{
    enum { ZEROS_AT = 4, ZEROS = 2 };
    const bool has_zeros = is_any_sparse(a);
    zs_text_column own[ZS_LEN(columns)];
    memcpy(own, columns, sizeof own);
    if (!has_zeros)
        memmove(own + ZEROS_AT, own + ZEROS_AT + ZEROS,
                (ZS_LEN(columns) - ZEROS_AT - ZEROS) * sizeof *own);
    own[0].head = a->head;
    zs_text_table t = {
        .out = out, .columns = own, .n = (uint32_t)ZS_LEN(own) - (has_zeros ? 0 : ZEROS)};
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < a->n; i++)
            put_point(&t, &a->points[i], has_zeros);
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
}

static double noise_of(const zs_accuracy *a, const char *layer)
{
    for (uint32_t i = 0; i < a->layer_n; i++)
        if (strcmp(a->layers[i].name, layer) == 0)
            return zs_noise_db(a->layers[i].signal, a->layers[i].noise);
    return (double)NAN;
}

enum { NOISE_COLUMNS = 8 };

/* Decibels of each layer, a column for each of the first designs. */
static void emit_noise(zs_out *out, const zs_accuracy_table *a)
{
    zs_text_column own[1 + NOISE_COLUMNS] = {{.head = "signal to noise", .most = 40}};
    const uint32_t n = a->n < NOISE_COLUMNS ? a->n : NOISE_COLUMNS;
    const zs_accuracy *first = &a->points[0].accuracy;
    for (uint32_t i = 0; i < n; i++)
        own[1 + i] =
            (zs_text_column){.head = a->points[i].label, .least = 8, .gap = 2, .is_right = true};
    zs_text_table t = {.out = out, .columns = own, .n = 1 + n};
    zs_out_text(out, "\n");
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t l = 0; l < first->layer_n; l++) {
            zs_text_cell(&t, first->layers[l].name);
            for (uint32_t i = 0; i < n; i++) {
                char text[32];
                const double db = noise_of(&a->points[i].accuracy, first->layers[l].name);
                snprintf(text, sizeof text, "%.1f dB", db);
                zs_text_cell(&t, isnan(db) ? "-" : isinf(db) ? "exact" : text);
            }
            zs_text_end_row(&t);
        }
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
}

static void emit_confusion(zs_out *out, const zs_accuracy_point *p)
{
    const zs_accuracy *a = &p->accuracy;
    zs_out_text(out, "\nlabel / answer of ");
    zs_out_name(out, p->label);
    zs_out_text(out, "\n     ");
    for (uint32_t k = 0; k < a->class_n; k++)
        zs_out_printf(out, " %6u", k);
    for (uint32_t label = 0; label < a->class_n; label++) {
        zs_out_printf(out, "\n%5u", label);
        for (uint32_t k = 0; k < a->class_n; k++)
            zs_out_printf(out, " %6u", a->confusion[(size_t)label * a->class_n + k]);
    }
    zs_out_text(out, "\n");
}

static void emit_reference(zs_out *out, const zs_accuracy *a)
{
    double v[ACCURACIES];
    accuracies_of(a, v);
    zs_out_printf(out, "fp32 of the same network: %u of %u classes agree", a->agree, a->compared);
    if (!isnan(v[2]))
        zs_out_printf(out, "; top-1 %.2f %%, top-5 %.2f %%", 100 * v[2], 100 * v[3]);
    zs_out_text(out, "\n");
}

zs_status zs_accuracy_table_emit(const zs_accuracy_table *a, const zs_table_style *style,
                                 const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink, .colour = style != NULL && style->colour};
    const zs_accuracy *first = &a->points[0].accuracy;
    zs_out_name(&out, a->set);
    zs_out_printf(&out, ": %u images, %u with a label; %s timing\n\n", first->images,
                  first->labelled, a->points[0].result->fidelity);
    emit_points(&out, a);
    if (first->compared > 0) {
        zs_out_text(&out, "\n");
        emit_reference(&out, first);
        if (first->layer_n > 0)
            emit_noise(&out, a);
    }
    for (uint32_t i = 0; i < a->n; i++)
        if (a->points[i].accuracy.confusion != NULL)
            emit_confusion(&out, &a->points[i]);
    for (uint32_t i = 0; i < a->note_n; i++) {
        zs_out_text(&out, "\n");
        zs_out_wrap(&out, a->notes[i], 0, 0, zs_text_line(style));
    }
    return zs_out_end(&out, "the table", err);
}

/* ---- csv ------------------------------------------------------------------------------------- */

static void put_csv_value(zs_out *out, zs_value v)
{
    switch (v.type) {
    case ZS_METRIC_REAL:
        zs_out_printf(out, ",%.9g", v.r);
        break;
    case ZS_METRIC_TEXT:
        zs_out_text(out, ",");
        zs_out_csv(out, v.text);
        break;
    default:
        zs_out_printf(out, ",%" PRIu64, v.i);
        break;
    }
}

zs_status zs_accuracy_csv_emit(const zs_accuracy_table *a, const zs_sink *sink, zs_err *err)
{
    zs_out out = {.sink = sink};
    zs_out_csv(&out, a->head);
    zs_out_text(&out, ",precision,images,labelled");
    for (size_t k = 0; k < ACCURACIES; k++)
        zs_out_printf(&out, ",%s", accuracy_names[k]);
    for (size_t k = 0; k < ZS_LEN(figure_names); k++)
        zs_out_printf(&out, ",%s", figure_names[k]);
    const bool has_zeros = is_any_sparse(a);
    for (size_t k = 0; has_zeros && k < ZS_LEN(sparsity_names); k++)
        zs_out_printf(&out, ",%s", sparsity_names[k]);
    zs_out_text(&out, "\n");
    for (uint32_t i = 0; i < a->n; i++) {
        const zs_accuracy_point *p = &a->points[i];
        double v[ACCURACIES], left[2];
        accuracies_of(&p->accuracy, v);
        sparsity_of(p, left);
        zs_out_csv(&out, p->label);
        zs_out_printf(&out, ",%s,%u,%u", p->precision, p->accuracy.images, p->accuracy.labelled);
        for (size_t k = 0; k < ACCURACIES; k++)
            if (isnan(v[k]))
                zs_out_text(&out, ",");
            else
                zs_out_printf(&out, ",%.9g", v[k]);
        for (size_t k = 0; k < ZS_LEN(figure_names); k++)
            put_csv_value(&out, figure(p, figure_names[k]));
        for (size_t k = 0; has_zeros && k < ZS_LEN(left); k++)
            if (isnan(left[k]))
                zs_out_text(&out, ",");
            else
                zs_out_printf(&out, ",%.9g", left[k]);
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "the CSV", err);
}

/* ---- json ------------------------------------------------------------------------------------ */

static int put_json_layers(json_t *entry, const zs_accuracy *a)
{
    json_t *layers = json_array();
    int failed = 0;
    for (uint32_t l = 0; a->compared > 0 && l < a->layer_n; l++) {
        json_t *layer = json_object();
        failed |= json_object_set_new(layer, "name", zs_json_text(a->layers[l].name));
        failed |= json_object_set_new(
            layer, "sqnr_db", zs_json_real(zs_noise_db(a->layers[l].signal, a->layers[l].noise)));
        failed |= json_array_append_new(layers, layer);
    }
    return failed | json_object_set_new(entry, "layers", layers);
}

static int put_json_confusion(json_t *entry, const zs_accuracy *a)
{
    json_t *rows = json_array();
    int failed = 0;
    if (a->confusion == NULL) {
        json_decref(rows);
        return json_object_set_new(entry, "confusion", json_null());
    }
    for (uint32_t label = 0; label < a->class_n; label++) {
        json_t *row = json_array();
        for (uint32_t k = 0; k < a->class_n; k++)
            failed |= json_array_append_new(
                row, zs_json_count(a->confusion[(size_t)label * a->class_n + k]));
        failed |= json_array_append_new(rows, row);
    }
    return failed | json_object_set_new(entry, "confusion", rows);
}

static json_t *json_point(const zs_accuracy_table *a, const zs_accuracy_point *p, int *failed)
{
    json_t *entry = json_object();
    double v[ACCURACIES];
    accuracies_of(&p->accuracy, v);
    *failed |= json_object_set_new(entry, a->head, zs_json_text(p->label));
    *failed |= json_object_set_new(entry, "precision", zs_json_text(p->precision));
    *failed |= json_object_set_new(entry, "images", zs_json_count(p->accuracy.images));
    *failed |= json_object_set_new(entry, "labelled", zs_json_count(p->accuracy.labelled));
    for (size_t k = 0; k < ACCURACIES; k++)
        *failed |= json_object_set_new(entry, accuracy_names[k], zs_json_real(v[k]));
    for (size_t k = 0; k < ZS_LEN(figure_names); k++) {
        const zs_value value = figure(p, figure_names[k]);
        *failed |= json_object_set_new(entry, figure_names[k], zs_json_value(&value));
    }
    double left[2];
    sparsity_of(p, left);
    for (size_t k = 0; is_any_sparse(a) && k < ZS_LEN(left); k++)
        *failed |= json_object_set_new(entry, sparsity_names[k], zs_json_real(left[k]));
    *failed |= put_json_layers(entry, &p->accuracy);
    *failed |= put_json_confusion(entry, &p->accuracy);
    return entry;
}

/* The figures of the first point once more, under short names. */
static int put_json_first(json_t *root, const zs_accuracy_table *a)
{
    const zs_accuracy *first = &a->points[0].accuracy;
    const struct {
        const char *key;
        double value;
    } shares[] = {{"top1", zs_accuracy_share(first->top1, first->labelled)},
                  {"top5", zs_accuracy_share(first->top5, first->labelled)},
                  {"reference_agreement", zs_accuracy_share(first->agree, first->compared)},
                  {"images_per_second_wall", a->images_per_second_wall}};
    int failed = json_object_set_new(root, "images", zs_json_count(first->images));
    for (size_t i = 0; i < ZS_LEN(shares); i++)
        failed |= json_object_set_new(root, shares[i].key, zs_json_real(shares[i].value));
    return failed | put_json_layers(root, first);
}

zs_status zs_accuracy_json_emit(const zs_accuracy_table *a, const zs_sink *sink, zs_err *err)
{
    json_t *root = json_object(), *points = json_array(), *notes = json_array();
    int failed = json_object_set_new(root, "set", zs_json_text(a->set));
    if (a->n > 0)
        failed |= put_json_first(root, a);
    for (uint32_t i = 0; i < a->n; i++)
        failed |= json_array_append_new(points, json_point(a, &a->points[i], &failed));
    for (uint32_t i = 0; i < a->note_n; i++)
        failed |= json_array_append_new(notes, zs_json_text(a->notes[i]));
    failed |= json_object_set_new(root, "points", points);
    failed |= json_object_set_new(root, "notes", notes);
    return zs_json_end(root, failed != 0, "the JSON", sink, err);
}
