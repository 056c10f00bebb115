/* What `compare` prints: a line per figure, a column per result, ratios to the first. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MIN_TITLE = 15, MAX_TITLE = 36, MAX_LABEL = 16 };

/* ---- figures as text ------------------------------------------------------------------------- */

static zs_cell value_cell(zs_compare_as as, double value)
{
    if (!isfinite(value) && as == ZS_AS_YES)
        return (zs_cell){.text = "close"};
    if (!isfinite(value))
        return zs_cell_real((double)NAN, 0);
    switch (as) {
    case ZS_AS_COUNT:
        return value < 1000 && value != floor(value) ? zs_cell_real(value, 2)
                                                     : zs_cell_count((uint64_t)(value + 0.5));
    case ZS_AS_BYTES:
        return zs_cell_bytes((uint64_t)(value + 0.5));
    case ZS_AS_TIME:
        return zs_cell_time(value);
    case ZS_AS_JOULES:
        return zs_cell_si(value, "J");
    case ZS_AS_SHARE:
        return zs_cell_percent(value);
    case ZS_AS_YES:
        return (zs_cell){
            .text = {value != 0 ? 'y' : 'N', value != 0 ? 'e' : 'O', value != 0 ? 's' : '\0'}};
    default:
        return zs_cell_digits(value, fabs(value) < 9.995 ? 3 : 2);
    }
}

/* "0.976×", "=" where nothing changed, "≈" where next to nothing did, "+3.1 pt" for shares. */
static zs_cell change_cell(const zs_compare_row *row, uint32_t column)
{
    zs_cell cell = {.text = ""};
    const double value = row->values[column], first = row->values[0], ratio = row->ratios[column];
    if (row->as == ZS_AS_YES || !isfinite(value) || !isfinite(first))
        return cell;
    if (value == first)
        return (zs_cell){.text = "="};
    const double off = row->as == ZS_AS_SHARE ? 1e3 * (value - first) : 1e3 * (ratio - 1);
    if (fabs(off) < 0.5)
        return (zs_cell){.text = "≈"}; /* a change too small for three digits */
    if (row->as == ZS_AS_SHARE)
        snprintf(cell.text, sizeof cell.text, "%+.1f pt", 100 * (value - first));
    else if (isfinite(ratio) && ratio < 1e6)
        snprintf(cell.text, sizeof cell.text, "%.*f×",
                 ratio < 9.9995   ? 3
                 : ratio < 99.995 ? 2
                 : ratio < 999.95 ? 1
                                  : 0,
                 ratio);
    return cell;
}

/* ---- what the columns are -------------------------------------------------------------------- */

/* Said once where all columns agree, else a line of the table. */
static const struct {
    const char *metric, *before;
} traits[] = {{"network", ""},          {"board", "on "},    {"precision", ""},
              {"fusion", "fusion "},    {"batch", "batch "}, {"clock_hz", "PL clock "},
              {"fidelity", "fidelity "}};

static zs_cell trait_cell(const zs_figures *f, size_t trait)
{
    const char *metric = traits[trait].metric;
    zs_cell cell = {.text = ""};
    if (strcmp(metric, "clock_hz") == 0)
        return zs_cell_si(zs_figures_number(f, metric), "Hz");
    if (strcmp(metric, "batch") == 0)
        return zs_cell_real(zs_figures_number(f, metric), 0);
    snprintf(cell.text, sizeof cell.text, "%.63s", zs_figures_text(f, metric));
    return cell;
}

/* The first column that could run; the others have no figures. */
static uint32_t first_known(const zs_comparison *c)
{
    uint32_t i = 0;
    while (i + 1 < c->column_n && c->columns[i].problem != NULL)
        i++;
    return i;
}

static bool is_shared(const zs_comparison *c, size_t trait)
{
    const zs_cell first = trait_cell(&c->columns[first_known(c)], trait);
    for (uint32_t i = 0; i < c->column_n; i++)
        if (c->columns[i].problem == NULL &&
            strcmp(first.text, trait_cell(&c->columns[i], trait).text) != 0)
            return false;
    return true;
}

/* Whether the labels of the columns already say what this row would. */
static bool is_label(const zs_comparison *c, size_t trait)
{
    for (uint32_t i = 0; i < c->column_n; i++)
        if (c->columns[i].problem == NULL &&
            strcmp(c->columns[i].label, trait_cell(&c->columns[i], trait).text) != 0)
            return false;
    return true;
}

/* ---- table ----------------------------------------------------------------------------------- */

/* The title, the first result, then of every other result its value and its change. */
enum { TABLE_COLUMNS = 2 * ZS_COMPARE_COLUMNS, KEPT = 2 };

typedef struct layout {
    zs_out out;
    const zs_comparison *c;
    bool has_letters; /* columns are called A, B, ... and explained */
    size_t width;
    zs_text_column columns[TABLE_COLUMNS];
    zs_text_table table;
} layout;

static zs_cell label_cell(const layout *l, uint32_t column)
{
    zs_cell cell = {.text = {(char)('A' + (int)column), '\0'}};
    if (!l->has_letters)
        snprintf(cell.text, sizeof cell.text, "%.63s", l->c->columns[column].label);
    return cell;
}

static void put_trait(layout *l, size_t trait)
{
    zs_text_cell(&l->table, traits[trait].metric);
    for (uint32_t i = 0; i < l->c->column_n; i++) {
        zs_text_cell(&l->table,
                     zs_utf8_cut(trait_cell(&l->c->columns[i], trait).text, MAX_LABEL).text);
        if (i > 0)
            zs_text_cell(&l->table, "");
    }
    zs_text_end_row(&l->table);
}

static void put_row(layout *l, const zs_compare_row *row)
{
    zs_text_cell(&l->table, row->title);
    for (uint32_t i = 0; i < l->c->column_n; i++) {
        const bool is_known = l->c->columns[i].problem == NULL;
        zs_text_cell(&l->table, is_known ? value_cell(row->as, row->values[i]).text : "-");
        if (i == 0)
            continue;
        const zs_cell change = change_cell(row, i);
        zs_text_painted(&l->table, change.text[0] == '=' ? ZS_PAINT_FAINT : ZS_PAINT_STRONG,
                        change.text);
    }
    zs_text_end_row(&l->table);
}

static void put_section(layout *l, const char *section, bool is_of_layers)
{
    if (!l->table.is_ready)
        return;
    zs_out_paint(&l->out, ZS_PAINT_STRONG);
    zs_out_text(&l->out, section);
    zs_out_text(&l->out, l->c->has_batches && is_of_layers ? ", per image\n" : "\n");
    zs_out_paint(&l->out, ZS_PAINT_NONE);
}

static void put_rows(layout *l)
{
    const char *section = "";
    for (size_t t = 0; t < ZS_LEN(traits); t++)
        if (!is_shared(l->c, t) && !is_label(l->c, t))
            put_trait(l, t);
    for (uint32_t r = 0; r < l->c->row_n; r++) {
        const zs_compare_row *row = &l->c->rows[r];
        if (!row->is_headline)
            continue;
        if (strcmp(section, row->section) != 0)
            put_section(l, row->section, row->scope[0] != '\0');
        section = row->section;
        put_row(l, row);
    }
}

/* Values, and changes, are as wide in every column; as many columns in every block. */
static void put_table(layout *l, zs_cell *labels)
{
    zs_text_table *t = &l->table;
    const uint32_t others = l->c->column_n - 1;
    size_t value = 0, change = 0;
    l->columns[0] = (zs_text_column){.head = l->c->head, .least = MIN_TITLE, .most = MAX_TITLE};
    for (uint32_t i = 0; i < l->c->column_n; i++) {
        labels[i] = label_cell(l, i);
        if (i > 0)
            l->columns[2 * i + 1] =
                (zs_text_column){.head = "", .least = 6, .gap = 1, .is_right = true};
        l->columns[i > 0 ? 2 * i : 1] =
            (zs_text_column){.head = labels[i].text, .gap = 2, .is_right = true};
    }
    *t = (zs_text_table){.out = &l->out, .columns = l->columns, .n = 2 + 2 * others, .indent = 2};
    put_rows(l);
    zs_text_ready(t);
    for (uint32_t c = 1; c < t->n; c++) {
        size_t *most = c > 1 && c % 2 != 0 ? &change : &value;
        *most = t->width[c] > *most ? t->width[c] : *most;
    }
    for (uint32_t c = 1; c < t->n; c++)
        t->width[c] = c > 1 && c % 2 != 0 ? change : value;
    const size_t room = l->width - 2 - t->width[0] - 2 - value;
    const uint32_t fit = (uint32_t)(room / (value + change + 3));
    const uint32_t blocks = others == 0 ? 1 : fit < 2 ? others : (others + fit - 1) / fit;
    const uint32_t step = 2 * ((others + blocks - 1) / blocks);
    for (uint32_t from = KEPT;; from += step) {
        zs_text_show(t, KEPT, from, from + step);
        zs_text_heads(t, ZS_PAINT_STRONG);
        put_rows(l);
        if (from + step >= t->n)
            break;
        zs_out_text(&l->out, "\n");
    }
}

static void put_head(layout *l)
{
    char text[ZS_LINE_BYTES] = "";
    size_t used = 0;
    for (size_t t = 0; t < ZS_LEN(traits); t++) {
        if (!is_shared(l->c, t))
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s",
                                 used == 0                              ? ""
                                 : strcmp(traits[t].before, "on ") == 0 ? " "
                                                                        : ", ",
                                 traits[t].before,
                                 trait_cell(&l->c->columns[first_known(l->c)], t).text);
    }
    if (l->c->column_n > 1)
        snprintf(text + used, sizeof text - used, "%s× and pt: against the first column",
                 used > 0 ? "; " : "");
    zs_out_wrap(&l->out, text, 0, 0, l->width);
    for (uint32_t i = 0; i < l->c->column_n && l->has_letters; i++) {
        zs_out_printf(&l->out, "  %c  ", 'A' + (int)i);
        zs_out_name(&l->out, l->c->columns[i].label);
        zs_out_text(&l->out, "\n");
    }
    zs_out_text(&l->out, "\n");
}

/* Ratios between different networks compare different work. */
static void put_networks(layout *l)
{
    const char *first = zs_figures_text(&l->c->columns[0], "network");
    for (uint32_t i = 1; i < l->c->column_n; i++) {
        const char *other = zs_figures_text(&l->c->columns[i], "network");
        if (first[0] == '\0' || other[0] == '\0' || strcmp(first, other) == 0)
            continue;
        zs_out_wrap(&l->out,
                    "the networks differ: ratios of cycles, bytes and energy are between different "
                    "amounts of work",
                    0, 2, l->width);
        return;
    }
}

/* Below the table: which designs do not fit, by how much, and what a search for a fusion chose. */
static void put_notes(layout *l)
{
    for (uint32_t i = 0; i < l->c->column_n; i++) {
        const zs_figures *f = &l->c->columns[i];
        const char *binding = zs_figures_text(f, "binding"),
                   *note = zs_figures_text(f, "fusion_note");
        char text[ZS_LINE_BYTES];
        if (f->problem != NULL) {
            snprintf(text, sizeof text, "%s: cannot run: %.900s", label_cell(l, i).text,
                     f->problem);
            zs_out_wrap(&l->out, text, 0, 2, l->width);
        }
        if (binding[0] != '\0') {
            const bool is_close = zs_figures_number(f, "fits") != 0;
            snprintf(text, sizeof text,
                     is_close ? "%s: may not fit, %.40s is too close to call"
                              : "%s: does not fit, %.40s is exceeded most",
                     label_cell(l, i).text, binding);
            zs_out_wrap(&l->out, text, 0, 2, l->width);
        }
        if (note[0] != '\0') {
            const zs_cell label = label_cell(l, i);
            const bool is_said = strncmp(note, label.text, strlen(label.text)) == 0;
            snprintf(text, sizeof text, "%s%s%.900s", is_said ? "" : label.text,
                     is_said ? "" : ": ", note);
            zs_out_wrap(&l->out, text, 0, 2, l->width);
        }
    }
}

zs_status zs_comparison_table_emit(const zs_comparison *c, const zs_table_style *style,
                                   const zs_sink *s, zs_err *err)
{
    layout l = {.out = {.sink = s, .colour = style != NULL && style->colour},
                .c = c,
                .width = zs_text_line(style)};
    zs_cell labels[ZS_COMPARE_COLUMNS];
    for (uint32_t i = 0; i < c->column_n; i++)
        l.has_letters |= zs_utf8_width(c->columns[i].label) > MAX_LABEL;
    put_head(&l);
    put_table(&l, labels);
    put_networks(&l);
    put_notes(&l);
    return zs_out_end(&l.out, "the table", err);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void csv_number(zs_out *out, double value)
{
    zs_out_text(out, ",");
    if (isfinite(value) && value == floor(value) && fabs(value) < 9007199254740992.0)
        zs_out_printf(out, "%.0f", value);
    else if (isfinite(value))
        zs_out_real(out, value);
}

static void csv_label(zs_out *out, const char *before, const char *label, bool *failed)
{
    char text[256];
    *failed |= snprintf(text, sizeof text, "%s%s", before, label) >= (int)sizeof text;
    zs_out_text(out, ",");
    zs_out_csv(out, text);
}

zs_status zs_comparison_csv_emit(const zs_comparison *c, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    bool failed = false;
    zs_out_text(&out, "scope,figure,unit");
    for (uint32_t i = 0; i < c->column_n; i++)
        csv_label(&out, "", c->columns[i].label, &failed);
    for (uint32_t i = 1; i < c->column_n; i++)
        csv_label(&out, "ratio ", c->columns[i].label, &failed);
    zs_out_text(&out, "\n");
    for (uint32_t r = 0; r < c->row_n; r++) {
        const zs_compare_row *row = &c->rows[r];
        zs_out_csv(&out, row->scope);
        zs_out_text(&out, ",");
        zs_out_csv(&out, row->figure);
        zs_out_text(&out, ",");
        zs_out_csv(&out, row->unit);
        for (uint32_t i = 0; i < c->column_n; i++)
            csv_number(&out, row->values[i]);
        for (uint32_t i = 1; i < c->column_n; i++)
            csv_number(&out, row->ratios[i]);
        zs_out_text(&out, "\n");
    }
    if (failed)
        return zs_fail(err, ZS_ERANGE, "the CSV", "the name of a column is longer than 240 bytes");
    return zs_out_end(&out, "the CSV", err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *count_or_null(double value)
{
    return isfinite(value) ? zs_json_count((uint64_t)value) : json_null();
}

static int put_column(json_t *list, const zs_figures *f)
{
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "label", zs_json_text(f->label));
    static const char *const texts[] = {"design",    "network", "board",
                                        "precision", "fusion",  "fidelity"};
    for (size_t i = 0; i < ZS_LEN(texts); i++) {
        const char *text = zs_figures_text(f, texts[i]);
        failed |= json_object_set_new(entry, texts[i], zs_json_text(text[0] ? text : NULL));
    }
    failed |= json_object_set_new(entry, "batch", count_or_null(zs_figures_number(f, "batch")));
    failed |=
        json_object_set_new(entry, "clock_hz", count_or_null(zs_figures_number(f, "clock_hz")));
    failed |= json_object_set_new(entry, "problem", zs_json_text(f->problem));
    failed |= json_array_append_new(list, entry);
    return failed;
}

static json_t *numbers(const double *values, uint32_t n, bool whole)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++) {
        const bool is_count = whole && isfinite(values[i]) && values[i] == floor(values[i]) &&
                              fabs(values[i]) < 9007199254740992.0;
        if (json_array_append_new(list, is_count ? zs_json_count((uint64_t)values[i])
                                                 : zs_json_real(values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int put_json_row(json_t *list, const zs_compare_row *row, uint32_t n)
{
    json_t *entry = json_object();
    const bool whole = row->as == ZS_AS_COUNT || row->as == ZS_AS_BYTES || row->as == ZS_AS_YES;
    int failed = json_object_set_new(entry, "scope", zs_json_text(row->scope));
    failed |= json_object_set_new(entry, "figure", zs_json_text(row->figure));
    failed |= json_object_set_new(entry, "unit", zs_json_text(row->unit));
    failed |= json_object_set_new(entry, "values", numbers(row->values, n, whole));
    failed |= json_object_set_new(entry, "ratios", numbers(row->ratios, n, false));
    failed |= json_array_append_new(list, entry);
    return failed;
}

zs_status zs_comparison_json_emit(const zs_comparison *c, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object(), *columns = json_array(), *rows = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < c->column_n; i++)
        failed |= put_column(columns, &c->columns[i]);
    for (uint32_t r = 0; r < c->row_n; r++)
        failed |= put_json_row(rows, &c->rows[r], c->column_n);
    failed |= json_object_set_new(root, "columns", columns);
    failed |= json_object_set_new(root, "rows", rows);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
