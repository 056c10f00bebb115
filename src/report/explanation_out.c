/* What `explain` prints: a line per resource, what helps most first, then sentences. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDE_COLUMNS = 114, LAYERS_AT = 77, LAYERS_INDENT = 6 };

/* The least speedup of a step at which its layers are named. */
#define IS_FELT 1.005

static zs_cell speedup_cell(const zs_explain_effect *e)
{
    zs_cell cell = {.text = "-"};
    if (e->is_done && isinf(e->speedup)) /* nothing else takes time */
        snprintf(cell.text, sizeof cell.text, "∞×");
    else if (e->is_done)
        snprintf(cell.text, sizeof cell.text, "%.*f×",
                 e->speedup < 9.9995   ? 3
                 : e->speedup < 99.995 ? 2
                                       : 1,
                 e->speedup);
    return cell;
}

/* ---- table ----------------------------------------------------------------------------------- */

typedef struct page {
    zs_out out;
    const zs_explanation *x;
    size_t width;
} page;

static void put_head(page *p)
{
    const zs_figures *f = &p->x->base;
    char text[ZS_LINE_BYTES];
    snprintf(text, sizeof text, "%.120s on %.80s, design %.120s, fidelity %.16s: %s per image",
             zs_figures_text(f, "network"), zs_figures_text(f, "board"),
             zs_figures_text(f, "design"), zs_figures_text(f, "fidelity"),
             zs_cell_time(zs_figures_number(f, "seconds") / zs_figures_number(f, "batch")).text);
    zs_out_wrap(&p->out, text, 0, 0, p->width);
    snprintf(text, sizeof text,
             "the MAC array works %s of the time, waits %s for reads, %s for writes, %s for the PS",
             zs_cell_percent(zs_figures_number(f, "waited_frac.compute")).text,
             zs_cell_percent(zs_figures_number(f, "waited_frac.read")).text,
             zs_cell_percent(zs_figures_number(f, "waited_frac.write")).text,
             zs_cell_percent(zs_figures_number(f, "waited_frac.host")).text);
    zs_out_wrap(&p->out, text, 0, 0, p->width);
    zs_out_text(&p->out, "\n");
}

/* Names of layers stand at the end of the row where the page is wide, else on a line of their own.
 */
static const zs_text_column columns[] = {
    {.head = "", .least = 18, .most = 18},
    {.head = "twice", .least = 8, .gap = 1, .is_right = true},
    {.head = "half", .least = 8, .gap = 1, .is_right = true},
    {.head = "no limit", .least = 9, .gap = 1, .is_right = true},
    {.head = "twice fits", .least = 25, .gap = 2},
    {.head = "layers that twice as much moves most", .gap = 2, .from = WIDE_COLUMNS},
};

typedef struct layers_text {
    char text[ZS_LINE_BYTES];
} layers_text;

/* "1.98× in 24: conv10, fire9/expand3x3", as many names as there is room for. */
static layers_text layers_of(const zs_explain_effect *e, size_t room)
{
    const zs_explain_effect sum = {.is_done = true, .speedup = e->layers_speedup};
    layers_text all;
    size_t at = (size_t)snprintf(all.text, sizeof all.text, "%s in %u: ", speedup_cell(&sum).text,
                                 e->layer_n);
    for (uint32_t i = 0; i < e->layer_n; i++) {
        const char *name = i < ZS_EXPLAIN_LAYERS ? e->layers[i] : NULL;
        const size_t need = name != NULL ? zs_utf8_width(name) + (i > 0 ? 2 : 0) : 0;
        const size_t tail = i + 1 < e->layer_n ? 3 : 0;
        const bool fits = name != NULL && zs_utf8_width(all.text) + need + tail <= room;
        at += (size_t)snprintf(all.text + at, sizeof all.text - at, "%s%s", i > 0 ? ", " : "",
                               fits ? name : "…");
        if (!fits)
            break;
    }
    return all;
}

static void put_row(page *p, zs_text_table *t, const zs_explain_row *row)
{
    const zs_explain_effect *twice = &row->effects[ZS_TWICE];
    const bool is_wide = p->width >= WIDE_COLUMNS;
    const bool has_layers = twice->is_done && twice->speedup >= IS_FELT && twice->layer_n > 0;
    char fits[64] = "-";
    if (twice->is_done && twice->is_close && twice->is_as_now)
        snprintf(fits, sizeof fits, "close, as now");
    else if (twice->is_done && !twice->fits && twice->is_as_now)
        snprintf(fits, sizeof fits, "no, as now");
    else if (twice->is_done)
        snprintf(fits, sizeof fits, "%s%.50s",
                 twice->is_close ? "close: "
                 : twice->fits   ? "yes"
                                 : "NO: ",
                 twice->binding);
    zs_text_cell(t, row->name);
    zs_text_painted(t, twice->is_done && twice->speedup >= 1.05 ? ZS_PAINT_BEST : ZS_PAINT_NONE,
                    speedup_cell(twice).text);
    zs_text_cell(t, speedup_cell(&row->effects[ZS_HALF]).text);
    zs_text_cell(t, speedup_cell(&row->effects[ZS_UNLIMITED]).text);
    zs_text_cell(t, fits);
    zs_text_cell(t, has_layers ? layers_of(twice, p->width - LAYERS_AT).text : "");
    zs_text_end_row(t);
    if (has_layers && !is_wide) {
        zs_out_repeat(&p->out, " ", LAYERS_INDENT);
        zs_out_name(&p->out, layers_of(twice, p->width - LAYERS_INDENT).text);
        zs_out_text(&p->out, "\n");
    }
}

static void put_legend(page *p)
{
    zs_out_paint(&p->out, ZS_PAINT_FAINT);
    zs_out_text(&p->out, "  ");
    zs_out_wrap(
        &p->out,
        "times as fast as now; of what is a cost (latencies, calls, software) twice is half the "
        "cost",
        2, 2, p->width);
    zs_out_paint(&p->out, ZS_PAINT_NONE);
}

static void put_unused(page *p)
{
    char text[ZS_LINE_BYTES] = "no key can change: ";
    size_t at = strlen(text);
    if (p->x->unused_n == 0)
        return;
    for (uint32_t i = 0; i < p->x->unused_n && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.40s", i > 0 ? ", " : "",
                               p->x->unused[i]);
    zs_out_paint(&p->out, ZS_PAINT_FAINT);
    zs_out_text(&p->out, "  ");
    zs_out_wrap(&p->out, text, 2, 2, p->width);
    zs_out_paint(&p->out, ZS_PAINT_NONE);
}

zs_status zs_explanation_table_emit(const zs_explanation *x, const zs_table_style *style,
                                    const zs_sink *s, zs_err *err)
{
    page p = {.out = {.sink = s, .colour = style != NULL && style->colour},
              .x = x,
              .width = zs_text_line(style)};
    zs_text_table t = {
        .out = &p.out, .columns = columns, .n = ZS_LEN(columns), .line = p.width, .indent = 2};
    put_head(&p);
    zs_text_heads(&t, ZS_PAINT_STRONG);
    for (uint32_t i = 0; i < x->row_n; i++)
        put_row(&p, &t, &x->rows[i]);
    put_legend(&p);
    put_unused(&p);
    zs_out_text(&p.out, "\n");
    for (uint32_t i = 0; i < x->advice_n; i++) {
        zs_out_text(&p.out, "- ");
        zs_out_wrap(&p.out, x->advice[i], 2, 2, p.width);
    }
    return zs_out_end(&p.out, "the table", err);
}

/* ---- CSV and JSON ---------------------------------------------------------------------------- */

static const char *step_name(uint32_t step)
{
    static const char *const names[] = {"twice", "half", "unlimited"};
    return names[step];
}

static const char *kind_name(zs_explain_kind kind)
{
    static const char *const names[] = {"compute", "clock", "memory", "host"};
    return names[kind];
}

static void csv_effect(zs_out *out, const zs_explain_row *row, uint32_t step)
{
    const zs_explain_effect *e = &row->effects[step];
    zs_out_csv(out, row->name);
    zs_out_printf(out, ",%s,%s,", kind_name(row->kind), step_name(step));
    if (e->is_done && isfinite(e->speedup))
        zs_out_printf(out, "%.9g", e->speedup);
    zs_out_printf(out, ",%s,", !e->is_done || e->is_close ? "" : e->fits ? "1" : "0");
    zs_out_csv(out, e->binding);
    zs_out_printf(out, ",%u,", e->layer_n);
    if (isfinite(e->layers_speedup))
        zs_out_printf(out, "%.9g", e->layers_speedup);
    zs_out_text(out, ",");
    zs_out_csv(out, e->is_done ? e->change : e->why);
    zs_out_text(out, "\n");
}

zs_status zs_explanation_csv_emit(const zs_explanation *x, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "resource,kind,step,speedup,fits,binding,layers,layers_speedup,change\n");
    for (uint32_t i = 0; i < x->row_n; i++)
        for (uint32_t step = 0; step < ZS_EXPLAIN_STEP_N; step++)
            csv_effect(&out, &x->rows[i], step);
    return zs_out_end(&out, "the CSV", err);
}

static int put_effect(json_t *object, const zs_explain_effect *e, uint32_t step)
{
    json_t *entry = json_object(), *layers = json_array();
    int failed =
        json_object_set_new(entry, "speedup", e->is_done ? zs_json_real(e->speedup) : json_null());
    failed |= json_object_set_new(entry, "fits",
                                  e->is_done && !e->is_close ? json_boolean(e->fits) : json_null());
    failed |=
        json_object_set_new(entry, "binding", zs_json_text(e->binding[0] ? e->binding : NULL));
    failed |= json_object_set_new(entry, "change", zs_json_text(e->is_done ? e->change : NULL));
    failed |= json_object_set_new(entry, "why_not", zs_json_text(e->is_done ? NULL : e->why));
    failed |= json_object_set_new(entry, "layers_n", zs_json_count(e->layer_n));
    failed |= json_object_set_new(entry, "layers_speedup", zs_json_real(e->layers_speedup));
    for (uint32_t i = 0; i < e->layer_n && i < ZS_EXPLAIN_LAYERS; i++)
        failed |= json_array_append_new(layers, zs_json_text(e->layers[i]));
    failed |= json_object_set_new(entry, "layers", layers);
    failed |= json_object_set_new(object, step_name(step), entry);
    return failed;
}

static int put_resource(json_t *list, const zs_explain_row *row)
{
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "resource", zs_json_text(row->name));
    failed |= json_object_set_new(entry, "kind", zs_json_text(kind_name(row->kind)));
    for (uint32_t step = 0; step < ZS_EXPLAIN_STEP_N; step++)
        failed |= put_effect(entry, &row->effects[step], step);
    failed |= json_array_append_new(list, entry);
    return failed;
}

static int put_turn(json_t *list, const zs_explain_turn *t)
{
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "change", zs_json_text(t->change));
    failed |= json_object_set_new(entry, "speedup", zs_json_real(t->speedup));
    failed |= json_object_set_new(entry, "cost", zs_json_text(t->cost));
    failed |= json_array_append_new(list, entry);
    return failed;
}

zs_status zs_explanation_json_emit(const zs_explanation *x, const zs_sink *s, zs_err *err)
{
    static const char *const texts[] = {"design", "network", "board", "fidelity"};
    json_t *root = json_object(), *rows = json_array(), *advice = json_array();
    json_t *unused = json_array(), *turns = json_array();
    int failed = 0;
    for (size_t i = 0; i < ZS_LEN(texts); i++)
        failed |=
            json_object_set_new(root, texts[i], zs_json_text(zs_figures_text(&x->base, texts[i])));
    failed |=
        json_object_set_new(root, "seconds", zs_json_real(zs_figures_number(&x->base, "seconds")));
    for (uint32_t i = 0; i < x->row_n; i++)
        failed |= put_resource(rows, &x->rows[i]);
    for (uint32_t i = 0; i < x->unused_n; i++)
        failed |= json_array_append_new(unused, zs_json_text(x->unused[i]));
    for (uint32_t i = 0; i < x->turn_n; i++)
        failed |= put_turn(turns, &x->turns[i]);
    failed |= json_object_set_new(root, "turns", turns);
    for (uint32_t i = 0; i < x->advice_n; i++)
        failed |= json_array_append_new(advice, zs_json_text(x->advice[i]));
    failed |= json_object_set_new(root, "resources", rows);
    failed |= json_object_set_new(root, "unused", unused);
    failed |= json_object_set_new(root, "advice", advice);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
