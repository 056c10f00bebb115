/* What `check` prints: only what moved. */
#include "baseline_priv.h"
#include "json_priv.h"
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYERS_SHOWN = 3 };

/* ---- pieces ---------------------------------------------------------------------------------- */

zs_case_title zs_case_title_of(const zs_baseline_case *c)
{
    zs_case_title t;
    snprintf(t.text, sizeof t.text, "%.200s%s%.240s, %s", c->design, c->set[0] ? ", " : "", c->set,
             zs_fidelity_words[c->fidelity]);
    return t;
}

zs_cell zs_move_value(const zs_value *value)
{
    zs_cell cell = {.text = "-"};
    switch (value->type) {
    case ZS_METRIC_INT:
        return zs_cell_count(value->i);
    case ZS_METRIC_BOOL:
        snprintf(cell.text, sizeof cell.text, "%s", value->i ? "yes" : "no");
        break;
    case ZS_METRIC_REAL:
        if (isfinite(value->r))
            snprintf(cell.text, sizeof cell.text, "%.9g", value->r);
        break;
    case ZS_METRIC_TEXT:
        snprintf(cell.text, sizeof cell.text, "%.60s",
                 value->text != NULL && value->text[0] ? value->text : "-");
        break;
    }
    return cell;
}

zs_cell zs_move_change(const zs_move *m)
{
    zs_cell cell = {.text = ""};
    const double percent = 100 * m->change_frac;
    if (isfinite(percent))
        snprintf(cell.text, sizeof cell.text,
                 fabs(percent) >= 0.0995      ? "%+.2f %%"
                 : fabs(percent) >= 0.0000995 ? "%+.5f %%"
                                              : "%+.1e %%",
                 percent);
    else if (isfinite(m->delta))
        snprintf(cell.text, sizeof cell.text, "%+.9g", m->delta);
    return cell;
}

bool zs_verdict_moved(const zs_case_verdict *v)
{
    return v->move_n > 0;
}

bool zs_verdict_misfits(const zs_case_verdict *v)
{
    return v->misfit != NULL && v->misfit[0] != '\0';
}

zs_check_totals zs_check_totals_of(const zs_checked *files, uint32_t n)
{
    zs_check_totals t = {0};
    for (uint32_t f = 0; f < n; f++) {
        t.designs += files[f].baseline->case_n;
        for (uint32_t c = 0; c < files[f].baseline->case_n; c++) {
            const zs_case_verdict *v = &files[f].verdicts[c];
            t.figures += v->compared_n;
            t.moved_designs += zs_verdict_moved(v);
            t.misfits += zs_verdict_misfits(v);
            for (uint32_t m = 0; m < v->move_n; m++) {
                t.moved_figures += v->moves[m].kind == ZS_MOVED;
                t.open_figures += v->moves[m].kind == ZS_OPEN;
            }
        }
    }
    return t;
}

/* ---- what moved in one design ---------------------------------------------------------------- */

/* name, old → new, change; names of layers stand below those of figures */
static const zs_text_column columns[] = {
    {.head = "", .least = 26}, {.head = "", .least = 13, .gap = 1, .is_right = true},
    {.head = "", .gap = 1},    {.head = "", .least = 13, .gap = 1},
    {.head = "", .gap = 1},
};

static void put_change(zs_text_table *t, const char *name, bool is_layer, const zs_move *m)
{
    zs_text_cell(t, is_layer ? "  " : "");
    zs_text_more(t, ZS_PAINT_NONE, name);
    zs_text_cell(t, m->kind == ZS_OPEN ? "?" : zs_move_value(&m->old).text);
    zs_text_cell(t, "→");
    zs_text_cell(t, zs_move_value(&m->now).text);
    zs_text_cell(t, zs_move_change(m).text);
    zs_text_end_row(t);
}

/* A sentence instead of a row of figures. */
static void put_line(zs_text_table *t, const char *name, const char *words)
{
    zs_text_cell(t, name);
    zs_text_more(t, ZS_PAINT_NONE, words);
    zs_text_end_row(t);
}

static void put_figure(zs_text_table *t, const zs_case_verdict *v, const char *figure)
{
    uint32_t shown = 0, rest = 0;
    double sum = 0;
    bool has_head = false;
    for (uint32_t i = 0; i < v->move_n; i++) {
        const zs_move *m = &v->moves[i];
        if (strcmp(m->figure, figure) != 0)
            continue;
        if (m->layer[0] == '\0') {
            put_change(t, figure, false, m);
            has_head = true;
            continue;
        }
        if (!has_head) {
            put_line(t, figure, " of layers, not of the network");
            has_head = true;
        }
        if (shown++ < LAYERS_SHOWN) {
            put_change(t, m->layer, true, m);
        } else {
            rest++;
            sum += isfinite(m->delta) ? m->delta : 0;
        }
    }
    if (rest > 0) {
        char words[80];
        snprintf(words, sizeof words, "and %u more layer%s, %+.9g in all", rest,
                 rest == 1 ? "" : "s", sum);
        put_line(t, "  ", words);
    }
}

void zs_moves_out(zs_out *out, const zs_checked *file, uint32_t case_index, size_t indent,
                  bool as_xml)
{
    const zs_case_verdict *v = &file->verdicts[case_index];
    zs_text_table t = {
        .out = out, .columns = columns, .n = ZS_LEN(columns), .indent = indent, .as_xml = as_xml};
    zs_text_ready(&t);
    for (uint32_t i = 0; i < file->baseline->column_n; i++)
        put_figure(&t, v, file->baseline->columns[i].name);
    for (uint32_t i = 0; i < v->move_n; i++) {
        const zs_move *m = &v->moves[i];
        if (m->kind != ZS_GONE && m->kind != ZS_NEW)
            continue;
        zs_text_cell(&t, m->layer);
        zs_text_span(&t, 4,
                     m->kind == ZS_GONE ? "is no layer of the result"
                                        : "is a layer that the baseline does not have");
        zs_text_end_row(&t);
    }
}

/* Whether a figure moved, so that figures of layers would show where. */
static bool layers_would_say(const zs_case_verdict *v)
{
    for (uint32_t i = 0; i < v->move_n; i++)
        if (v->moves[i].kind == ZS_MOVED)
            return true;
    return false;
}

void zs_layers_hint_out(zs_out *out, const zs_checked *file, uint32_t case_index, size_t indent)
{
    const zs_baseline *b = file->baseline;
    if (b->cases[case_index].row_n > 1 || !layers_would_say(&file->verdicts[case_index]))
        return;
    zs_out_repeat(out, " ", indent);
    zs_out_printf(out, "no layers in the baseline; %s\n",
                  b->layer_cell < b->header_n ? "--bless --layers records them"
                                              : "a column layer and --bless --layers record them");
}

/* ---- table ----------------------------------------------------------------------------------- */

static void put_design(zs_out *out, const zs_checked *file, uint32_t case_index, bool is_blessed)
{
    const zs_baseline_case *c = &file->baseline->cases[case_index];
    zs_out_paint(out, ZS_PAINT_STRONG);
    zs_out_name(out, zs_case_title_of(c).text);
    zs_out_paint(out, ZS_PAINT_NONE);
    zs_out_text(out, " (");
    zs_out_name(out, file->baseline->path);
    zs_out_printf(out, ":%u)\n", file->baseline->rows[c->row0].line);
    zs_moves_out(out, file, case_index, 2, false);
    if (zs_verdict_misfits(&file->verdicts[case_index]))
        zs_out_printf(out, "  does not fit: %s\n", file->verdicts[case_index].misfit);
    if (!is_blessed)
        zs_layers_hint_out(out, file, case_index, 2);
}

/* "1 of 11 figures moved, 10 recorded for the first time, in 2 of 2 designs". */
static void put_totals(zs_out *out, const zs_check_totals *t, bool is_blessed)
{
    const char *of = t->figures == 1 ? "figure" : "figures";
    if (t->moved_designs == 0) {
        zs_out_printf(out, "%u %s of %u design%s as before", t->figures, of, t->designs,
                      t->designs == 1 ? "" : "s");
        return;
    }
    if (t->moved_figures > 0 || t->open_figures == 0)
        zs_out_printf(out, "%u of %u %s moved, ", t->moved_figures, t->figures, of);
    if (t->open_figures > 0) {
        zs_out_printf(out, "%u ", t->open_figures);
        if (t->moved_figures == 0)
            zs_out_printf(out, "of %u %s ", t->figures, of);
        zs_out_text(out, is_blessed ? "recorded for the first time, "
                                    : "still open (--bless records them), ");
    }
    zs_out_printf(out, "in %u of %u design%s", t->moved_designs, t->designs,
                  t->designs == 1 ? "" : "s");
}

zs_status zs_check_table_emit(const zs_checked *files, uint32_t n, bool is_blessed,
                              const zs_table_style *style, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s, .colour = style != NULL && style->colour};
    const zs_check_totals t = zs_check_totals_of(files, n);
    for (uint32_t f = 0; f < n; f++)
        for (uint32_t c = 0; c < files[f].baseline->case_n; c++)
            if (zs_verdict_moved(&files[f].verdicts[c]) ||
                zs_verdict_misfits(&files[f].verdicts[c]))
                put_design(&out, &files[f], c, is_blessed);
    put_totals(&out, &t, is_blessed);
    if (t.misfits > 0)
        zs_out_printf(&out, "; %u design%s not fit (fits = 0 in their rows would expect it)",
                      t.misfits, t.misfits == 1 ? " does" : "s do");
    zs_out_text(&out, "\n");
    return zs_out_end(&out, "the table", err);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static const char *kind_name(zs_move_kind kind)
{
    static const char *const names[] = {"moved", "open", "gone", "new"};
    return names[kind];
}

static void csv_value(zs_out *out, const zs_value *value)
{
    zs_out_text(out, ",");
    if (value->type == ZS_METRIC_TEXT)
        zs_out_csv(out, value->text);
    else if (value->type == ZS_METRIC_REAL && isfinite(value->r))
        zs_out_real(out, value->r);
    else if (value->type != ZS_METRIC_REAL)
        zs_out_printf(out, "%llu", (unsigned long long)value->i);
}

static void csv_move(zs_out *out, const zs_checked *file, uint32_t case_index, const zs_move *m)
{
    const zs_baseline_case *c = &file->baseline->cases[case_index];
    const char *const texts[] = {file->baseline->path,
                                 c->design,
                                 c->set,
                                 zs_fidelity_words[c->fidelity],
                                 m->layer,
                                 m->figure,
                                 m->unit,
                                 kind_name(m->kind)};
    const bool has_values = m->kind == ZS_MOVED || m->kind == ZS_OPEN;
    for (size_t i = 0; i < ZS_LEN(texts); i++) {
        zs_out_text(out, i > 0 ? "," : "");
        zs_out_csv(out, texts[i]);
    }
    csv_value(out, m->kind == ZS_MOVED ? &m->old : &(zs_value){.type = ZS_METRIC_TEXT});
    csv_value(out, has_values ? &m->now : &(zs_value){.type = ZS_METRIC_TEXT});
    zs_out_text(out, ",");
    if (isfinite(m->change_frac))
        zs_out_printf(out, "%.9g", m->change_frac);
    zs_out_text(out, "\n");
}

zs_status zs_check_csv_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "baseline,design,set,fidelity,layer,figure,unit,kind,old,new,change_frac\n");
    for (uint32_t f = 0; f < n; f++)
        for (uint32_t c = 0; c < files[f].baseline->case_n; c++)
            for (uint32_t m = 0; m < files[f].verdicts[c].move_n; m++)
                csv_move(&out, &files[f], c, &files[f].verdicts[c].moves[m]);
    return zs_out_end(&out, "the CSV", err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static int put_json_move(json_t *list, const zs_move *m)
{
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "kind", zs_json_text(kind_name(m->kind)));
    failed |= json_object_set_new(entry, "layer", zs_json_text(m->layer));
    failed |= json_object_set_new(entry, "figure", zs_json_text(m->figure));
    failed |= json_object_set_new(entry, "unit", zs_json_text(m->unit));
    failed |= json_object_set_new(entry, "old",
                                  m->kind == ZS_MOVED ? zs_json_value(&m->old) : json_null());
    failed |= json_object_set_new(entry, "new",
                                  m->kind == ZS_MOVED || m->kind == ZS_OPEN ? zs_json_value(&m->now)
                                                                            : json_null());
    failed |= json_object_set_new(entry, "change_frac", zs_json_real(m->change_frac));
    failed |= json_array_append_new(list, entry);
    return failed;
}

static int put_json_design(json_t *list, const zs_checked *file, uint32_t case_index)
{
    const zs_baseline_case *c = &file->baseline->cases[case_index];
    const zs_case_verdict *v = &file->verdicts[case_index];
    json_t *entry = json_object(), *moves = json_array();
    const char *misfit = zs_verdict_misfits(v) ? v->misfit : NULL;
    int failed = json_object_set_new(entry, "baseline", zs_json_text(file->baseline->path));
    failed |= json_object_set_new(entry, "design", zs_json_text(c->design));
    failed |= json_object_set_new(entry, "set", zs_json_text(c->set));
    failed |= json_object_set_new(entry, "fidelity", zs_json_text(zs_fidelity_words[c->fidelity]));
    failed |= json_object_set_new(entry, "figures", zs_json_count(v->compared_n));
    failed |= json_object_set_new(entry, "does_not_fit", zs_json_text(misfit));
    for (uint32_t m = 0; m < v->move_n; m++)
        failed |= put_json_move(moves, &v->moves[m]);
    failed |= json_object_set_new(entry, "moved", moves);
    failed |= json_array_append_new(list, entry);
    return failed;
}

zs_status zs_check_json_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err)
{
    const zs_check_totals t = zs_check_totals_of(files, n);
    json_t *root = json_object(), *designs = json_array();
    int failed = json_object_set_new(root, "as_before", json_boolean(t.moved_designs == 0));
    failed |= json_object_set_new(root, "figures", zs_json_count(t.figures));
    failed |=
        json_object_set_new(root, "moved_figures", zs_json_count(t.moved_figures + t.open_figures));
    failed |= json_object_set_new(root, "open_figures", zs_json_count(t.open_figures));
    failed |= json_object_set_new(root, "moved_designs", zs_json_count(t.moved_designs));
    for (uint32_t f = 0; f < n; f++)
        for (uint32_t c = 0; c < files[f].baseline->case_n; c++)
            failed |= put_json_design(designs, &files[f], c);
    failed |= json_object_set_new(root, "designs", designs);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
