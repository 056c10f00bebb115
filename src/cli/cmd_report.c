#include "sweep_priv.h"

#include "zynqsim/condition.h"
#include "zynqsim/result_read.h"
#include "zynqsim/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the files turned out to be: results, or one sweep. */
typedef struct report_input {
    zs_arena keep;
    zs_labelled_result *results;
    uint32_t result_n;
    zs_scatter *sweep;
} report_input;

typedef enum report_form {
    FORM_HTML,
    FORM_SVG,
    FORM_PDF,
    FORM_PNG,
    FORM_EPS,
    FORM_TEX,
    FORM_N
} report_form;

/* The ending of the file, and the line by which the script of a picture knows. */
static const struct {
    const char *ending, *script;
} forms[FORM_N] = {{".html", ""},         {".svg", ""},          {".pdf", "pdf = 1\n"},
                   {".png", "png = 1\n"}, {".eps", "eps = 1\n"}, {".tex", "tikz = 1\n"}};
#define ENDINGS ".html, .svg, .pdf, .png, .eps or .tex (TikZ)"

/* ---- results --------------------------------------------------------------------------------- */

/* "lf1" of lf1/result.json, "before" of before.json. */
static const char *label_of(zs_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    if (strcmp(base, "result.json") == 0 && slash != NULL && slash > path) {
        const char *dir = slash;
        while (dir > path && dir[-1] != '/')
            dir--;
        return zs_arena_strndup(arena, dir, (size_t)(slash - dir));
    }
    const char *dot = strrchr(base, '.');
    return zs_arena_strndup(arena, base,
                            dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base));
}

static zs_status take_result(report_input *in, zs_span bytes, const char *path, zs_err *err)
{
    zs_result *result;
    ZS_TRY(zs_result_parse(&in->keep, bytes, path, &result, err));
    const char *label = label_of(&in->keep, path);
    if (label == NULL)
        return zs_nomem(err, path);
    in->results[in->result_n++] = (zs_labelled_result){.name = label, .result = result};
    return ZS_OK;
}

/* ---- a sweep --------------------------------------------------------------------------------- */

static const char *x_name(const cli_options *o)
{
    return o->x != NULL ? o->x : "resources.bram18";
}

static const char *y_name(const cli_options *o)
{
    return o->y != NULL ? o->y : "cycles";
}

static bool has_column(const zs_table *t, const char *name)
{
    return zs_table_column(t, name) != ZS_NO_COLUMN;
}

/* A column, or the `.used` of a resource. */
static zs_status find_column(const zs_table *t, const char *option, const char *name,
                             uint32_t *column, zs_err *err)
{
    char used[128];
    snprintf(used, sizeof used, "%.100s.used", name);
    *column = zs_table_column(t, name);
    if (*column == ZS_NO_COLUMN)
        *column = zs_table_column(t, used);
    if (*column != ZS_NO_COLUMN)
        return ZS_OK;
    const char *near = zs_nearest(name, t->columns, t->column_n);
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, option, "%s has no column '%s', did you mean '%s'?", t->path,
                       name, near);
    return zs_fail(err, ZS_EUSAGE, option, "%s has no column '%s'", t->path, name);
}

static bool is_metric(const char *name)
{
    for (uint32_t i = 0; i < zs_metric_n; i++)
        if (strcmp(zs_metrics[i].name, name) == 0)
            return true;
    return false;
}

/* The varied keys are the columns that are neither figures nor the sweep's own. */
static bool is_varied(const char *name)
{
    static const char *const own[] = {"point",   "sweep",  "outcome",        "meets",
                                      "problem", "pareto", ZS_SWEEP_CHECKSUM};
    for (size_t i = 0; i < ZS_LEN(own); i++)
        if (strcmp(own[i], name) == 0)
            return false;
    return !is_metric(name);
}

static const char *label_row(zs_arena *arena, const zs_table *t, uint32_t row)
{
    static const char prefix[] = "accelerator.";
    const char *label = "";
    for (uint32_t c = 0; c < t->column_n && label != NULL; c++) {
        const char *name = t->columns[c];
        if (!is_varied(name))
            continue;
        if (strncmp(name, prefix, sizeof prefix - 1) == 0)
            name += sizeof prefix - 1;
        label = zs_arena_printf(arena, "%s%s%s=%s", label, label[0] ? ", " : "", name,
                                zs_table_text(t, row, c, ""));
    }
    if (label != NULL && label[0] == '\0')
        label = zs_arena_printf(arena, "row %u", row + 1);
    return label;
}

/* "--set accelerator.tile.oc=8 --set batch=1": what run takes to have the row again. */
static const char *settings_of_row(zs_arena *arena, const zs_table *t, uint32_t row)
{
    const char *text = "";
    for (uint32_t c = 0; c < t->column_n && text != NULL; c++) {
        if (!is_varied(t->columns[c]) || zs_field_find(t->columns[c]) == NULL)
            continue;
        const char *word =
            zs_arena_printf(arena, "%s=%s", t->columns[c], zs_table_text(t, row, c, ""));
        word = word != NULL ? cli_shell_word(arena, word) : NULL;
        text = word != NULL ? zs_arena_printf(arena, "%s%s--set %s", text, text[0] ? " " : "", word)
                            : NULL;
    }
    return text;
}

/* NULL where the table has no such column. */
static const char *cell_of_row(const zs_table *t, uint32_t row, const char *column)
{
    const uint32_t c = zs_table_column(t, column);
    return c == ZS_NO_COLUMN ? NULL : zs_table_text(t, row, c, "");
}

static bool says(const zs_table *t, uint32_t row, const char *column, const char *word,
                 const char *other)
{
    const char *text = zs_table_text(t, row, zs_table_column(t, column), word);
    return strcmp(text, word) == 0 || strcmp(text, other) == 0;
}

/* Neither yes nor too close to call. */
static bool refuses(const zs_table *t, uint32_t row, const char *column)
{
    const char *text = zs_table_text(t, row, zs_table_column(t, column), "");
    return strcmp(text, "0") == 0 || strcmp(text, "false") == 0;
}

/* Resources have a budget when all rows are of the same device. */
static void find_budget(const zs_table *t, zs_scatter_axis *axis)
{
    char name[128];
    const size_t stem = strlen(axis->name) - strlen(".used");
    if (strncmp(axis->name, "resources.", 10) != 0 || strcmp(axis->name + stem, ".used") != 0)
        return;
    snprintf(name, sizeof name, "%.*s.available", (int)stem, axis->name);
    const uint32_t column = zs_table_column(t, name);
    for (uint32_t row = 0; column != ZS_NO_COLUMN && row < t->row_n; row++) {
        double value;
        if (zs_table_text(t, row, column, "")[0] == '\0')
            continue;
        if (zs_table_number(t, row, column, 0, HUGE_VAL, &value, NULL) != ZS_OK ||
            (axis->has_budget && value != axis->budget)) {
            axis->has_budget = false;
            return;
        }
        axis->budget = value;
        axis->has_budget = true;
    }
}

/* Logarithmic: as asked for by --log, else where figures above 0 span more than a decade. */
static zs_status choose_scale(const zs_scatter *s, const char *log, char letter, double low,
                              double high, zs_scatter_axis *axis, zs_err *err)
{
    if (log == NULL) {
        axis->is_log = s->n > 0 && low > 0 && high > 10 * low;
        return ZS_OK;
    }
    axis->is_log = strcmp(log, "none") != 0 && strchr(log, letter) != NULL;
    if (axis->is_log && s->n > 0 && !(low > 0))
        return zs_fail(err, ZS_EUSAGE, "--log",
                       "%s is %g in a row: a logarithmic axis takes figures "
                       "above 0",
                       axis->name, low);
    return ZS_OK;
}

static zs_status choose_scales(zs_scatter *s, const cli_options *o, zs_err *err)
{
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL};
    for (uint32_t i = 0; i < s->n; i++) {
        low[0] = fmin(low[0], s->points[i].x);
        high[0] = fmax(high[0], s->points[i].x);
        low[1] = fmin(low[1], s->points[i].y);
        high[1] = fmax(high[1], s->points[i].y);
    }
    ZS_TRY(choose_scale(s, o->log, 'x', low[0], high[0], &s->x, err));
    return choose_scale(s, o->log, 'y', low[1], high[1], &s->y, err);
}

/* A figure, or a key's value as a design has it: "125 MHz" is 1.25e8. */
static zs_status read_number(report_input *in, const zs_table *t, uint32_t row, uint32_t column,
                             double *out, zs_err *err)
{
    const char *name = t->columns[column], *text = zs_table_text(t, row, column, "");
    const zs_subject key = {.name = name, .field = zs_field_find(name)};
    if (key.field != NULL && zs_figure_is_number(&key) &&
        zs_table_number(t, row, column, -HUGE_VAL, HUGE_VAL, out, NULL) != ZS_OK) {
        zs_design d;
        zs_design_defaults(&d);
        for (uint32_t k = 0; k < zs_kind_n; k++) /* a kind that has the key */
            if (!zs_field_is_of(key.field, d.accel.kind))
                zs_design_set_kind(&d, k);
        if (zs_design_set(&d, &in->keep, name, text, NULL) == ZS_OK) {
            *out = zs_figure_number(&key, &d, NULL);
            if (isfinite(*out))
                return ZS_OK;
        }
    }
    return zs_table_number(t, row, column, -HUGE_VAL, HUGE_VAL, out, err);
}

static zs_status take_rows(report_input *in, const zs_table *t, uint32_t x, uint32_t y,
                           uint32_t colour, zs_err *err)
{
    zs_scatter *s = in->sweep;
    s->points = zs_new(&in->keep, zs_scatter_point, t->row_n + (size_t)1);
    if (s->points == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_scatter_point *p = &s->points[s->n];
        if (zs_table_text(t, row, x, "")[0] == '\0' || zs_table_text(t, row, y, "")[0] == '\0' ||
            !says(t, row, "outcome", "simulated", "simulated")) {
            s->left_out++;
            continue;
        }
        ZS_TRY(read_number(in, t, row, x, &p->x, err));
        ZS_TRY(read_number(in, t, row, y, &p->y, err));
        p->is_feasible = !refuses(t, row, "fits") && says(t, row, "meets", "1", "true");
        p->is_close = p->is_feasible && has_column(t, "fits") &&
                      zs_table_text(t, row, zs_table_column(t, "fits"), "1")[0] == '\0';
        if (colour != ZS_NO_COLUMN)
            p->group = zs_scatter_group(s, zs_table_text(t, row, colour, ""));
        p->label = label_row(&in->keep, t, row);
        p->settings = settings_of_row(&in->keep, t, row);
        p->number = cell_of_row(t, row, "point");
        p->dsp = cell_of_row(t, row, "resources.dsp.used");
        p->images_per_second = cell_of_row(t, row, "images_per_second");
        if (p->label == NULL || p->settings == NULL)
            return zs_nomem(err, t->path);
        s->n++;
    }
    return zs_scatter_build(&in->keep, s, err);
}

/* Other tables of ours, by columns that only they have. */
static const struct {
    const char *columns[2], *is;
} foreign[] = {
    {{"start_cycle", "compulsory_bytes"}, "the layers of a run, which its result.json has too"},
    {{"scope", "figure"}, "what compare or validate printed"},
    {{"resource", "speedup"}, "what explain printed"},
    {{"baseline", "kind"}, "what check printed"},
    {{"design", "layer"}, "a baseline of check"},
    {{"case", "frac_peak"}, "what memory printed"},
    {{"case", "measured"}, "a table of measurements for validate"},
};

/* A table that is no sweep's may be shown when it has the two columns asked for. */
static zs_status expect_sweep(report_input *in, const cli_options *o, zs_span bytes,
                              const char *path, zs_err *err)
{
    zs_table t = {0};
    uint32_t column;
    const zs_status status = zs_table_header_parse(&in->keep, bytes, path, &t, err);
    if (status != ZS_OK && status != ZS_EPARSE)
        return status;
    if (status == ZS_OK && has_column(&t, "point") && has_column(&t, "outcome"))
        return ZS_OK;
    if (status == ZS_OK && find_column(&t, "--x", x_name(o), &column, NULL) == ZS_OK &&
        find_column(&t, "--y", y_name(o), &column, NULL) == ZS_OK)
        return ZS_OK;
    for (size_t i = 0; i < ZS_LEN(foreign); i++)
        if (has_column(&t, foreign[i].columns[0]) && has_column(&t, foreign[i].columns[1]))
            return zs_fail(err, ZS_EPARSE, path,
                           "is %s; report shows a result.json or the CSV that sweep writes",
                           foreign[i].is);
    return zs_fail(err, ZS_EPARSE, path,
                   "is neither a result.json nor the CSV that sweep writes: report shows no other "
                   "files");
}

static zs_status pass_row(void *ctx, const sweep_row *row, zs_err *err)
{
    (void)ctx;
    (void)row;
    (void)err;
    return ZS_OK;
}

/* Rows that carry check sums are held against them. */
static zs_status check_rows(zs_span bytes, const char *path, zs_err *err)
{
    sweep_reading reading = {.path = path, .row = pass_row};
    FILE *stream = fmemopen((void *)bytes.data, bytes.bytes, "r");
    if (stream == NULL)
        return zs_nomem(err, path);
    const zs_status status = sweep_rows_each(stream, &reading, err);
    fclose(stream);
    free(reading.header);
    return status;
}

static zs_status take_sweep(report_input *in, const cli_options *o, zs_span bytes, const char *path,
                            zs_err *err)
{
    zs_table t;
    uint32_t x, y;
    ZS_TRY(expect_sweep(in, o, bytes, path, err));
    ZS_TRY(zs_table_parse(&in->keep, bytes, path, &t, err));
    if (has_column(&t, ZS_SWEEP_CHECKSUM))
        ZS_TRY(check_rows(bytes, path, err));
    ZS_TRY(find_column(&t, "--x", x_name(o), &x, err));
    ZS_TRY(find_column(&t, "--y", y_name(o), &y, err));
    in->sweep = zs_new(&in->keep, zs_scatter, 1);
    if (in->sweep == NULL)
        return zs_nomem(err, path);
    zs_scatter *s = in->sweep;
    uint32_t colour = ZS_NO_COLUMN;
    if (o->colour != NULL)
        ZS_TRY(find_column(&t, "--colour", o->colour, &colour, err));
    s->key = o->colour;
    ZS_TRY(zs_scatter_axis_name(&in->keep, t.columns[x], &s->x, err));
    ZS_TRY(zs_scatter_axis_name(&in->keep, t.columns[y], &s->y, err));
    find_budget(&t, &s->x);
    find_budget(&t, &s->y);
    s->title = zs_arena_printf(&in->keep, "%s: %s against %s", label_of(&in->keep, path),
                               s->y.title, s->x.title);
    if (s->title == NULL)
        return zs_nomem(err, path);
    ZS_TRY(take_rows(in, &t, x, y, colour, err));
    return choose_scales(s, o, err);
}

static zs_status take_file(report_input *in, const cli_options *o, const char *path, uint32_t n,
                           zs_err *err)
{
    zs_span bytes;
    ZS_TRY(cli_file_read(&in->keep, path, ZS_RESULT_BYTES_MAX, &bytes, err));
    size_t at = 0;
    while (at < bytes.bytes && isspace(bytes.data[at]))
        at++;
    if (at < bytes.bytes && (bytes.data[at] == '{' || bytes.data[at] == '['))
        return take_result(in, bytes, path, err);
    if (n > 1)
        return zs_fail(err, ZS_EUSAGE, path,
                       "is no result.json; the table of a sweep is shown alone");
    return take_sweep(in, o, bytes, path, err);
}

/* Two results of one name would not be told apart: then all are called by their files. */
static void tell_apart(report_input *in, const cli_options *o)
{
    bool is_clear = true;
    for (uint32_t i = 0; i < in->result_n; i++)
        for (uint32_t k = 0; k < i; k++)
            is_clear &= strcmp(in->results[i].name, in->results[k].name) != 0;
    for (uint32_t i = 0; i < in->result_n && !is_clear; i++)
        in->results[i].name = o->words[i];
}

static zs_status take_files(report_input *in, const cli_options *o, zs_err *err)
{
    uint32_t n = 0;
    while (o->words[n] != NULL)
        n++;
    in->results = zs_new(&in->keep, zs_labelled_result, n + (size_t)1);
    if (in->results == NULL)
        return zs_nomem(err, "results");
    for (uint32_t i = 0; i < n; i++)
        ZS_TRY(take_file(in, o, o->words[i], n, err));
    tell_apart(in, o);
    const char *of_sweep = o->x != NULL        ? "--x"
                           : o->y != NULL      ? "--y"
                           : o->colour != NULL ? "--colour"
                           : o->log != NULL    ? "--log"
                                               : NULL;
    if (in->sweep == NULL && of_sweep != NULL)
        return zs_fail(err, ZS_EUSAGE, of_sweep, "is of the table of a sweep, these are results");
    return ZS_OK;
}

/* ---- pictures -------------------------------------------------------------------------------- */

typedef zs_status plot_emitter(const zs_result *r, const zs_sink *s, zs_err *err);

static const struct {
    const char *name;
    plot_emitter *emit;
} plots[] = {{"roofline", zs_roofline_plot_emit},
             {"layers", zs_layers_plot_emit},
             {"timeline", zs_timeline_plot_emit},
             {"bytes", zs_bytes_plot_emit}};

static zs_status find_plot(const char *name, plot_emitter **out, zs_err *err)
{
    for (size_t i = 0; i < ZS_LEN(plots); i++)
        if (strcmp(plots[i].name, name) == 0) {
            *out = plots[i].emit;
            return ZS_OK;
        }
    const char *names[ZS_LEN(plots)];
    for (size_t i = 0; i < ZS_LEN(plots); i++)
        names[i] = plots[i].name;
    const char *near = zs_nearest(name, names, ZS_LEN(names));
    return zs_fail(err, ZS_EUSAGE, "--plot",
                   "'%s' is not one of roofline, layers, timeline or bytes%s%s%s", name,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static zs_status emit_script(const report_input *in, const cli_options *o, const zs_sink *s,
                             zs_err *err)
{
    plot_emitter *emit = NULL;
    if (o->plot != NULL && in->result_n != 1)
        return zs_fail(err, ZS_EUSAGE, "--plot",
                       "chooses among the pictures of one result; of %s there is one picture",
                       in->sweep != NULL ? "a sweep" : "several results");
    if (in->sweep != NULL)
        return zs_scatter_plot_emit(in->sweep, s, err);
    if (in->result_n > 1)
        return zs_compare_plot_emit(in->results, in->result_n, s, err);
    ZS_TRY(find_plot(o->plot != NULL ? o->plot : "roofline", &emit, err));
    return emit(in->results[0].result, s, err);
}

static zs_status write_picture(const report_input *in, const cli_options *o, report_form form,
                               const zs_sink *sink, zs_err *err)
{
    zs_buffer script, picture;
    zs_buffer_init(&script, cli_heap());
    zs_buffer_init(&picture, cli_heap());
    const zs_sink to_script = zs_buffer_sink(&script);
    zs_status status = zs_sink_puts(&to_script, forms[form].script);
    if (status == ZS_OK)
        status = emit_script(in, o, &to_script, err);
    if (status == ZS_OK)
        status = cli_gnuplot_run((zs_span){script.data, script.bytes}, &picture, err);
    if (status == ZS_OK)
        status = zs_sink_write(sink, picture.data, picture.bytes);
    zs_buffer_drop(&script);
    zs_buffer_drop(&picture);
    return status;
}

/* The pictures of a page are extras: without gnuplot the page says so. */
static zs_status draw_for_page(plot_emitter *emit, const zs_result *r, zs_buffer *svg, zs_err *err)
{
    zs_buffer script;
    zs_buffer_init(&script, cli_heap());
    const zs_sink sink = zs_buffer_sink(&script);
    zs_status status = emit(r, &sink, err);
    if (status == ZS_OK) {
        zs_err why = {0};
        status = cli_gnuplot_run((zs_span){script.data, script.bytes}, svg, &why);
        if (status == ZS_EUNSUPPORTED)
            status = ZS_OK;
        else if (status != ZS_OK)
            *err = why;
    }
    zs_buffer_drop(&script);
    return status;
}

static zs_status write_result_page(const zs_result *r, const zs_sink *sink, zs_err *err)
{
    zs_buffer roofline;
    zs_buffer_init(&roofline, cli_heap());
    zs_status status = draw_for_page(zs_roofline_plot_emit, r, &roofline, err);
    if (status == ZS_OK)
        status = zs_html_emit(r, (zs_span){roofline.data, roofline.bytes}, sink, err);
    zs_buffer_drop(&roofline);
    return status;
}

static zs_status write_page(const report_input *in, const zs_sink *sink, zs_err *err)
{
    if (in->sweep != NULL)
        return zs_scatter_html_emit(in->sweep, sink, err);
    if (in->result_n > 1)
        return zs_compare_html_emit(in->results, in->result_n, sink, err);
    return write_result_page(in->results[0].result, sink, err);
}

/* ---- the command ----------------------------------------------------------------------------- */

static zs_status form_of(const cli_options *o, report_form *form, zs_err *err)
{
    if (o->output == NULL)
        return zs_fail(err, ZS_EUSAGE, "report", "needs -o FILE, which ends in " ENDINGS);
    for (int i = 0; i < FORM_N; i++)
        if (cli_ends_in(o->output, forms[i].ending)) {
            *form = (report_form)i;
            if (i == FORM_HTML && o->plot != NULL)
                return zs_fail(err, ZS_EUSAGE, "--plot", "is for pictures; a page has them all");
            return ZS_OK;
        }
    return zs_fail(err, ZS_EUSAGE, o->output, "a report ends in " ENDINGS);
}

static zs_status check_log(const cli_options *o, zs_err *err)
{
    static const char *const names[] = {"x", "y", "xy", "none"};
    for (size_t i = 0; i < ZS_LEN(names); i++)
        if (o->log == NULL || strcmp(o->log, names[i]) == 0)
            return ZS_OK;
    return zs_fail(err, ZS_EUSAGE, "--log", "'%s' is not one of x, y, xy or none", o->log);
}

static zs_status write_report(report_input *in, const cli_options *o, report_form form, zs_err *err)
{
    cli_stream *file = NULL;
    ZS_TRY(take_files(in, o, err));
    ZS_TRY(cli_stream_open(&in->keep, o->output, &file, err));
    const zs_sink sink = cli_stream_sink(file);
    const zs_status status =
        form == FORM_HTML ? write_page(in, &sink, err) : write_picture(in, o, form, &sink, err);
    return cli_stream_end(file, status, err);
}

zs_status cmd_report(const cli_options *options, int *exit_status, zs_err *err)
{
    report_input in = {0};
    report_form form;
    (void)exit_status;
    ZS_TRY(form_of(options, &form, err));
    ZS_TRY(check_log(options, err));
    zs_arena_init(&in.keep, cli_heap());
    const zs_status status = write_report(&in, options, form, err);
    zs_arena_drop(&in.keep);
    return status;
}
