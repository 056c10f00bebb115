/* What `optimise` found: the best design with the keys that it changed, or the best of many. */
#include "json_priv.h"
#include "out_priv.h"
#include "text_table_priv.h"
#include "zynqsim/figures.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 64, FIGURES_MOST = 24 };

/* "" for a key that the design has not. */
static void print_key(const zs_design *d, const char *path, char text[TEXT_BYTES])
{
    const zs_field *f = zs_field_find(path);
    text[0] = '\0';
    if (f == NULL) {
        if (strcmp(path, "board") == 0)
            snprintf(text, TEXT_BYTES, "%s", d->board_name);
        return;
    }
    if (f->type == ZS_FIELD_STR)
        snprintf(text, TEXT_BYTES, "%s", *(const char *const *)((const char *)d + f->offset));
    else if (zs_design_print(d, f, text, TEXT_BYTES) != ZS_OK)
        text[0] = '\0';
}

static void print_figure(const zs_result *r, const char *name, char text[TEXT_BYTES])
{
    const uint32_t m = zs_metric_find(name);
    text[0] = '\0';
    if (m == ZS_NO_METRIC)
        return;
    const zs_value v = zs_result_get(r, m);
    if (v.type == ZS_METRIC_INT)
        snprintf(text, TEXT_BYTES, "%llu", (unsigned long long)v.i);
    else if (v.type == ZS_METRIC_REAL && !isnan(v.r))
        snprintf(text, TEXT_BYTES, "%.6g", v.r);
    else if (v.type == ZS_METRIC_BOOL)
        snprintf(text, TEXT_BYTES, "%s", v.i ? "yes" : "no");
    else if (v.type == ZS_METRIC_TEXT && v.text != NULL)
        snprintf(text, TEXT_BYTES, "%s", v.text);
    else if (zs_metrics[m].type == ZS_METRIC_BOOL)
        snprintf(text, TEXT_BYTES, "close");
}

/* The figures of the goal and the conditions, then those that are always of interest. */
static uint32_t list_figures(const zs_optimum *o, const char *names[FIGURES_MOST])
{
    static const char *const always[] = {"images_per_second",
                                         "cycles",
                                         "resources.dsp.used",
                                         "resources.bram18.used",
                                         "resources.lut.used",
                                         "energy.joules",
                                         "fits"};
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->figure_n + ZS_LEN(always) && n < FIGURES_MOST; i++) {
        const char *name = i < o->figure_n ? o->figures[i] : always[i - o->figure_n];
        bool is_there = zs_metric_find(name) == ZS_NO_METRIC;
        for (uint32_t k = 0; k < n; k++)
            is_there |= strcmp(names[k], name) == 0;
        if (!is_there)
            names[n++] = name;
    }
    return n;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static zs_status keep(zs_arena *arena, const char *text, const char **out, zs_err *err)
{
    *out = zs_arena_strdup(arena, text);
    return *out != NULL ? ZS_OK : zs_nomem(err, "the table");
}

/* A row per design. */
static zs_status list_all(zs_arena *arena, const zs_optimum *o, zs_answer *a, zs_err *err)
{
    const char *figures[FIGURES_MOST] = {NULL};
    const uint32_t figure_n = list_figures(o, figures);
    const uint32_t n = 1 + o->path_n + figure_n;
    const char **columns = zs_new(arena, const char *, n);
    const char **cells = zs_new(arena, const char *, (size_t)n * o->top_n + 1);
    if (columns == NULL || cells == NULL)
        return zs_nomem(err, "the table");
    columns[0] = "rank";
    for (uint32_t i = 0; i < o->path_n; i++)
        columns[1 + i] = o->paths[i];
    for (uint32_t i = 0; i < figure_n; i++)
        columns[1 + o->path_n + i] = figures[i];
    for (uint32_t r = 0; r < o->top_n; r++) {
        char text[TEXT_BYTES];
        const char **row = cells + (size_t)r * n;
        snprintf(text, sizeof text, "%u", r + 1);
        ZS_TRY(keep(arena, text, &row[0], err));
        for (uint32_t i = 1; i < n; i++) {
            if (i <= o->path_n)
                print_key(o->top[r].design, columns[i], text);
            else
                print_figure(o->top[r].result, columns[i], text);
            ZS_TRY(keep(arena, text, &row[i], err));
        }
    }
    *a = (zs_answer){.key = "top",
                     .columns = columns,
                     .cells = cells,
                     .column_n = n,
                     .row_n = o->top_n,
                     .sentence = o->sentence};
    return ZS_OK;
}

static void put_change(zs_text_table *t, const char *name, const char *before, const char *after)
{
    zs_text_cell(t, name);
    zs_text_cell(t, before);
    zs_text_cell(t, after);
    zs_text_end_row(t);
}

/* The first, beside the design that was given. */
static void put_changes(zs_text_table *t, const zs_optimum *o)
{
    const char *figures[FIGURES_MOST] = {NULL};
    char before[TEXT_BYTES], after[TEXT_BYTES];
    const uint32_t n = list_figures(o, figures);
    for (uint32_t i = 0; i < o->path_n; i++) {
        print_key(o->before.design, o->paths[i], before);
        print_key(o->top[0].design, o->paths[i], after);
        put_change(t, o->paths[i], before, strcmp(before, after) == 0 ? "=" : after);
    }
    for (uint32_t i = 0; i < n; i++) {
        before[0] = '\0';
        if (o->before.result != NULL)
            print_figure(o->before.result, figures[i], before);
        print_figure(o->top[0].result, figures[i], after);
        put_change(t, figures[i], before, after);
    }
}

zs_status zs_optimum_table_emit(zs_arena *scratch, const zs_optimum *o, const zs_table_style *style,
                                const zs_sink *s, zs_err *err)
{
    if (o->lists && o->top_n > 0) {
        zs_answer a;
        ZS_TRY(list_all(scratch, o, &a, err));
        return zs_answer_table_emit(&a, style, s, err);
    }
    zs_out out = {.sink = s};
    const size_t line = style != NULL ? style->columns : 0;
    if (o->top_n > 0) {
        const zs_text_column columns[] = {{.head = ""},
                                          {.head = "given", .gap = 2, .is_right = true},
                                          {.head = "best", .gap = 2, .is_right = true}};
        zs_text_table t = {.out = &out, .columns = columns, .n = 3, .line = line};
        put_changes(&t, o);
        zs_text_ready(&t);
        zs_text_heads(&t, ZS_PAINT_NONE);
        put_changes(&t, o);
        zs_out_text(&out, "\n");
    }
    if (line > 0) {
        zs_out_wrap(&out, o->sentence, 0, 0, line);
    } else {
        zs_out_name(&out, o->sentence);
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "the table", err);
}

zs_status zs_optimum_csv_emit(zs_arena *scratch, const zs_optimum *o, const zs_sink *s, zs_err *err)
{
    zs_answer a;
    ZS_TRY(list_all(scratch, o, &a, err));
    return zs_answer_csv_emit(&a, s, err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *settings_of(const zs_optimum *o, const zs_design *d)
{
    json_t *settings = json_object();
    for (uint32_t i = 0; i < o->path_n; i++) {
        char text[TEXT_BYTES];
        const zs_field *f = zs_field_find(o->paths[i]);
        json_t *value = NULL;
        print_key(d, o->paths[i], text);
        if (f != NULL && f->type == ZS_FIELD_U32)
            value = zs_json_count(*(const uint32_t *)(const void *)((const char *)d + f->offset));
        else if (f != NULL && f->type == ZS_FIELD_U64)
            value = zs_json_count(*(const uint64_t *)(const void *)((const char *)d + f->offset));
        else if (f != NULL && f->type == ZS_FIELD_F64)
            value = zs_json_real(*(const double *)(const void *)((const char *)d + f->offset));
        else if (f != NULL && f->type == ZS_FIELD_BOOL)
            value = json_boolean(*(const bool *)((const char *)d + f->offset));
        else
            value = zs_json_text(text);
        if (json_object_set_new(settings, o->paths[i], value) != 0) {
            json_decref(settings);
            return NULL;
        }
    }
    return settings;
}

static json_t *found_of(const zs_optimum *o, const zs_found *f)
{
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "settings", settings_of(o, f->design));
    failed |= zs_json_figures(entry, f->result);
    (void)json_object_del(entry, "sim_wall_seconds");
    if (failed == 0)
        return entry;
    json_decref(entry);
    return NULL;
}

zs_status zs_optimum_json_emit(const zs_optimum *o, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object(), *top = json_array();
    int failed = json_object_set_new(root, "goal_met", json_boolean(o->goal_met));
    failed |= json_object_set_new(root, "proven", json_boolean(o->proven));
    failed |= json_object_set_new(root, "gap_frac", zs_json_real(o->gap_frac));
    failed |= json_object_set_new(root, "simulated", zs_json_count(o->simulated));
    failed |=
        json_object_set_new(root, "best", o->top_n > 0 ? found_of(o, &o->top[0]) : json_null());
    for (uint32_t i = 0; i < o->top_n; i++)
        failed |= json_array_append_new(top, found_of(o, &o->top[i]));
    failed |= json_object_set_new(root, "top", top);
    failed |= json_object_set_new(root, "summary", zs_json_text(o->sentence));
    return zs_json_end(root, failed != 0, "the optimum", s, err);
}
