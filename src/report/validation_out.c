/* What `validate` prints: a section per kind of figure, a line per check, a summary. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- figures as text ------------------------------------------------------------------------- */

typedef struct number {
    char text[64];
} number;

static number number_of(double value)
{
    number n = {.text = "-"};
    if (isfinite(value) && value == floor(value) && fabs(value) < 1e15)
        snprintf(n.text, sizeof n.text, "%.0f", value);
    else if (isfinite(value))
        snprintf(n.text, sizeof n.text, "%.5g", value);
    return n;
}

static number measured_of(const zs_check *c)
{
    if (c->lo == c->hi || !isfinite(c->lo))
        return number_of(c->lo);
    number n;
    snprintf(n.text, sizeof n.text, "%.28s..%.28s", number_of(c->lo).text, number_of(c->hi).text);
    return n;
}

static number error_of(double error_frac)
{
    number n = {.text = "-"};
    if (isfinite(error_frac))
        snprintf(n.text, sizeof n.text, "%+.2f %%", 100 * error_frac);
    return n;
}

static bool is_judged(const zs_check *c)
{
    return c->verdict == ZS_INSIDE || c->verdict == ZS_OUTSIDE;
}

static number tolerance_of(const zs_check *c)
{
    number n = {.text = "-"};
    if (is_judged(c))
        zs_tolerance_print(&c->tolerance, n.text, sizeof n.text);
    return n;
}

typedef struct figure_name {
    char text[128];
} figure_name;

static figure_name figure_of(const zs_check *c)
{
    figure_name f;
    snprintf(f.text, sizeof f.text, "%.80s%s%.40s", c->scope, c->scope[0] ? " " : "", c->figure);
    return f;
}

/* ---- table ----------------------------------------------------------------------------------- */

static const zs_text_column columns[] = {
    {.head = "case", .most = 40},
    {.head = "figure", .most = 44, .gap = 2},
    {.head = "predicted", .least = 12, .gap = 1, .is_right = true},
    {.head = "measured", .least = 10, .gap = 2, .is_right = true},
    {.head = "error", .least = 10, .gap = 1, .is_right = true},
    {.head = "tolerance", .least = 12, .gap = 2},
    {.head = "verdict", .least = 9, .gap = 1},
    {.head = "", .gap = 1}, /* why it is not judged */
};

static void put_checks(zs_text_table *t, const zs_section *s)
{
    static const zs_paint paints[ZS_VERDICT_N] = {ZS_PAINT_GOOD, ZS_PAINT_BAD, ZS_PAINT_FAINT,
                                                  ZS_PAINT_WARN};
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_check *c = &s->checks[i];
        zs_text_cell(t, c->name);
        zs_text_cell(t, figure_of(c).text);
        zs_text_cell(t, number_of(c->predicted).text);
        zs_text_cell(t, measured_of(c).text);
        zs_text_cell(t, error_of(c->error_frac).text);
        zs_text_cell(t, tolerance_of(c).text);
        zs_text_painted(t, paints[c->verdict], zs_verdict_name(c->verdict));
        zs_text_cell(t, c->reason);
        zs_text_end_row(t);
    }
}

/* The largest of some errors, and the case that has it where there is one. */
static void emit_worst(zs_out *out, const zs_section *s, double frac, uint32_t which)
{
    zs_out_printf(out, ", worst %s", zs_cell_percent(frac).text);
    if (frac > 0) {
        zs_out_text(out, " (");
        zs_out_name(out, s->checks[which].name);
        zs_out_text(out, ")");
    }
}

/* Judged and unjudged checks are counted apart, so that a check never passes by not being judged.
 */
static void emit_summary(zs_out *out, const zs_section *s)
{
    const uint32_t judged = s->inside + s->outside;
    zs_out_printf(out, "%u row%s judged", judged, judged == 1 ? "" : "s");
    if (judged > 0) {
        zs_out_printf(out, ": %u inside, %u outside; mean error %s", s->inside, s->outside,
                      zs_cell_percent(s->mean_frac).text);
        if (s->mean_limit_frac > 0)
            zs_out_printf(out, " (limit %s)", zs_cell_percent(s->mean_limit_frac).text);
        if (s->median_limit_frac > 0)
            zs_out_printf(out, ", median %s (limit %s)", zs_cell_percent(s->median_frac).text,
                          zs_cell_percent(s->median_limit_frac).text);
        emit_worst(out, s, s->worst_frac, s->worst);
    }
    if (s->reported > 0) {
        zs_out_printf(out, "; %u reported", s->reported);
        emit_worst(out, s, s->worst_reported_frac, s->worst_reported);
    }
    if (s->unjudged > 0)
        zs_out_printf(out, "; %u unjudged", s->unjudged);
    const bool is_mean = s->mean_limit_frac > 0 && s->mean_frac > s->mean_limit_frac;
    const bool is_median = s->median_limit_frac > 0 && s->median_frac > s->median_limit_frac;
    if (!s->passes && (is_mean || is_median))
        zs_out_printf(out, ": the %s is beyond its limit", is_mean ? "mean" : "median");
    zs_out_text(out, "\n");
}

static void emit_section(zs_out *out, const zs_section *s)
{
    zs_text_table t = {.out = out, .columns = columns, .n = ZS_LEN(columns)};
    zs_out_paint(out, ZS_PAINT_STRONG);
    zs_out_text(out, s->title);
    zs_out_paint(out, ZS_PAINT_NONE);
    zs_out_text(out, ", ");
    zs_out_name(out, s->path);
    zs_out_text(out, "\n");
    put_checks(&t, s);
    zs_text_heads(&t, ZS_PAINT_NONE);
    put_checks(&t, s);
    emit_summary(out, s);
}

typedef struct totals {
    uint32_t judged, outside, unjudged, reported, sections, failed;
} totals;

static totals totals_of(const zs_section *const *sections, uint32_t n)
{
    totals t = {.sections = n};
    for (uint32_t i = 0; i < n; i++) {
        t.judged += sections[i]->inside + sections[i]->outside;
        t.outside += sections[i]->outside;
        t.unjudged += sections[i]->unjudged;
        t.reported += sections[i]->reported;
        t.failed += !sections[i]->passes;
    }
    return t;
}

zs_status zs_validation_table_emit(const zs_section *const *sections, uint32_t n,
                                   const zs_table_style *style, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s, .colour = style->colour};
    for (uint32_t i = 0; i < n; i++) {
        emit_section(&out, sections[i]);
        zs_out_text(&out, "\n");
    }
    const totals t = totals_of(sections, n);
    zs_out_printf(&out, "%u of %u judged rows outside their tolerance, %u of %u sections fail",
                  t.outside, t.judged, t.failed, t.sections);
    zs_out_printf(&out, "; %u reported, %u unjudged\n", t.reported, t.unjudged);
    return zs_out_end(&out, "the table", err);
}

/* For machines: nothing where nothing is judged. */
static const char *tolerance_or_null(const zs_check *c, number *n)
{
    *n = tolerance_of(c);
    return is_judged(c) ? n->text : NULL;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* As few digits as read back to the same number. */
static void csv_number(zs_out *out, double value)
{
    char text[40] = "";
    for (int digits = 15; digits <= 17 && isfinite(value); digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    zs_out_printf(out, ",%s", text);
}

static void csv_texts(zs_out *out, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        zs_out_text(out, i > 0 ? "," : "");
        zs_out_csv(out, texts[i]);
    }
}

static void csv_check(zs_out *out, const zs_section *s, const zs_check *c)
{
    number tolerance;
    const char *const heads[] = {c->name, c->scope, c->figure, c->unit};
    const char *const tails[] = {tolerance_or_null(c, &tolerance),
                                 zs_verdict_name(c->verdict),
                                 c->reason,
                                 c->source,
                                 s->title,
                                 s->path};
    csv_texts(out, heads, ZS_LEN(heads));
    csv_number(out, c->predicted);
    csv_number(out, (c->lo + c->hi) / 2);
    csv_number(out, c->lo);
    csv_number(out, c->hi);
    csv_number(out, c->error_frac);
    zs_out_text(out, ",");
    csv_texts(out, tails, ZS_LEN(tails));
    zs_out_text(out, "\n");
}

zs_status zs_validation_csv_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                 zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "case,scope,figure,unit,predicted,measured,measured_lo,measured_hi,"
                      "error_frac,tolerance,verdict,reason,source,section,file\n");
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < sections[i]->n; k++)
            csv_check(&out, sections[i], &sections[i]->checks[k]);
    return zs_out_end(&out, "the CSV", err);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *check_object(const zs_check *c)
{
    number tolerance;
    json_t *o = json_object();
    int failed = json_object_set_new(o, "case", zs_json_text(c->name));
    failed |= json_object_set_new(o, "scope", zs_json_text(c->scope[0] ? c->scope : NULL));
    failed |= json_object_set_new(o, "figure", zs_json_text(c->figure));
    failed |= json_object_set_new(o, "unit", zs_json_text(c->unit));
    failed |= json_object_set_new(o, "predicted", zs_json_real(c->predicted));
    failed |= json_object_set_new(o, "measured", zs_json_real((c->lo + c->hi) / 2));
    failed |= json_object_set_new(o, "measured_lo", zs_json_real(c->lo));
    failed |= json_object_set_new(o, "measured_hi", zs_json_real(c->hi));
    failed |= json_object_set_new(o, "error_frac", zs_json_real(c->error_frac));
    failed |= json_object_set_new(o, "tolerance", zs_json_text(tolerance_or_null(c, &tolerance)));
    failed |= json_object_set_new(o, "verdict", zs_json_text(zs_verdict_name(c->verdict)));
    failed |= json_object_set_new(o, "reason", zs_json_text(c->reason[0] ? c->reason : NULL));
    failed |= json_object_set_new(o, "source", zs_json_text(c->source[0] ? c->source : NULL));
    if (failed == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *section_object(const zs_section *s)
{
    json_t *o = json_object(), *rows = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < s->n; i++)
        failed |= json_array_append_new(rows, check_object(&s->checks[i]));
    failed |= json_object_set_new(o, "title", zs_json_text(s->title));
    failed |= json_object_set_new(o, "file", zs_json_text(s->path));
    failed |= json_object_set_new(o, "inside", zs_json_count(s->inside));
    failed |= json_object_set_new(o, "outside", zs_json_count(s->outside));
    failed |= json_object_set_new(o, "unjudged", zs_json_count(s->unjudged));
    failed |= json_object_set_new(o, "reported", zs_json_count(s->reported));
    failed |= json_object_set_new(o, "mean_error_frac", zs_json_real(s->mean_frac));
    failed |= json_object_set_new(o, "worst_error_frac", zs_json_real(s->worst_frac));
    failed |=
        json_object_set_new(o, "worst_reported_error_frac", zs_json_real(s->worst_reported_frac));
    failed |= json_object_set_new(o, "passes", json_boolean(s->passes));
    failed |= json_object_set_new(o, "rows", rows);
    if (failed == 0)
        return o;
    json_decref(o);
    return NULL;
}

zs_status zs_validation_json_emit(const zs_section *const *sections, uint32_t n, const zs_sink *s,
                                  zs_err *err)
{
    const totals t = totals_of(sections, n);
    json_t *root = json_object(), *list = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < n; i++)
        failed |= json_array_append_new(list, section_object(sections[i]));
    failed |= json_object_set_new(root, "rows",
                                  zs_json_count((uint64_t)t.judged + t.unjudged + t.reported));
    failed |= json_object_set_new(root, "judged", zs_json_count(t.judged));
    failed |= json_object_set_new(root, "outside", zs_json_count(t.outside));
    failed |= json_object_set_new(root, "unjudged", zs_json_count(t.unjudged));
    failed |= json_object_set_new(root, "reported", zs_json_count(t.reported));
    failed |= json_object_set_new(root, "passes", json_boolean(t.failed == 0));
    failed |= json_object_set_new(root, "sections", list);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
