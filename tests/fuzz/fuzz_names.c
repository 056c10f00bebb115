/* One hostile name in every place a result has for names, through every format and read back. */
#include "random_design.h"
#include "support.h"
#include "zynqsim/import.h"
#include "zynqsim/kind.h"
#include "zynqsim/report.h"
#include "zynqsim/table.h"
#include "zynqsim/trace.h"

#include "../../src/report/out_priv.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static zs_arena arena;

typedef zs_status emitter(const zs_result *r, const zs_sink *s, zs_err *err);

/* What an emitter writes, with a zero behind it. */
static const char *text_of(emitter *emit, const zs_result *r)
{
    zs_buffer buffer;
    zs_err err = {.text = ""};
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    if (emit(r, &sink, &err) != ZS_OK)
        abort();
    const char *text = zs_arena_strndup(&arena, (const char *)buffer.data, buffer.bytes);
    zs_buffer_drop(&buffer);
    if (text == NULL)
        abort();
    return text;
}

static zs_status emit_html(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return zs_html_emit(r, (zs_span){0}, s, err);
}

static void check_json(const char *text)
{
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL)
        abort();
    json_decref(root);
}

static void check_csv(const char *text, const char *name)
{
    zs_table t;
    uint32_t column;
    if (zs_table_parse(&arena, (zs_span){(const uint8_t *)text, strlen(text)}, "layers.csv", &t,
                       NULL) != ZS_OK ||
        t.row_n != 1 || zs_table_need(&t, "name", &column, NULL) != ZS_OK ||
        strcmp(zs_table_text(&t, 0, column, ""), name) != 0)
        abort();
}

/* As gnuplot reads it: a quote in a string is doubled, but neither at its start nor after another
 * one; a string ends in its line. */
static void check_script(const char *text)
{
    bool is_string = false, may_double = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (!is_string) {
            if (*at == '`' || *at == '"')
                abort();
            is_string = *at == '\'';
            may_double = false;
        } else if (*at == '\'' && at[1] == '\'' && may_double) {
            at++;
            may_double = false;
        } else if (*at == '\'') {
            if (at[1] == '\'')
                abort();
            is_string = false;
        } else if (*at == '\n') {
            abort();
        } else {
            may_double = true;
        }
    }
    if (is_string)
        abort();
}

/* Outside of style and script every < begins a tag, every & an entity. */
static void check_markup(const char *text)
{
    static const char *const entities[] = {"&amp;", "&lt;",   "&gt;", "&quot;",
                                           "&#39;", "&nbsp;", "&#10;"};
    for (const char *at = text; *at != '\0'; at++) {
        const bool is_style = strncmp(at, "<style", 6) == 0,
                   is_script = strncmp(at, "<script", 7) == 0;
        if (is_style || is_script)
            at = strstr(at, is_style ? "</style>" : "</script>");
        if (at == NULL)
            abort();
        bool is_entity = false;
        for (size_t i = 0; i < ZS_LEN(entities); i++)
            is_entity |= strncmp(at, entities[i], strlen(entities[i])) == 0;
        if (*at == '&' && !is_entity)
            abort();
        if (*at == '<' && strchr("abcdefghijklmnopqrstuvwxyz/!", at[1] | 0x20) == NULL)
            abort();
        if (*at == '<' && strncmp(at, "<zz", 3) == 0) /* a tag that no page has: one of a name */
            abort();
    }
}

/* The mark that stands for what was no character: it is one itself. */
static bool is_mark(const char *at)
{
    return strncmp(at, "\xef\xbf\xbd", 3) == 0;
}

/* Well-formed and in UTF-8, without characters that XML does not have. */
static void check_xml(const char *text)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#"};
    bool is_tag = false, is_value = false;
    for (const char *at = text, *next = text; *at != '\0'; at = next) {
        const uint32_t c = (uint8_t)*at < 0x80 ? (uint8_t)*next++ : zs_utf8_next(&next);
        bool is_entity = false;
        for (size_t i = 0; i < ZS_LEN(entities); i++)
            is_entity |= strncmp(at, entities[i], strlen(entities[i])) == 0;
        if ((c == ZS_UTF8_BAD && !is_mark(at)) || (c < 0x20 && c != '\n' && c != '\t') ||
            (c == '&' && !is_entity) || strncmp(at, "]]>", 3) == 0 || strncmp(at, "<zz", 3) == 0)
            abort();
        if (c == '<') {
            if (is_tag)
                abort();
            is_tag = true;
        } else if (c == '"' && is_tag) {
            is_value = !is_value;
        } else if (c == '>' && !is_value) {
            is_tag = false;
        }
    }
    if (is_tag || is_value)
        abort();
}

/* Every keyword with a dollar sign that opens a section has its $end. */
static void check_waveform(const char *text)
{
    bool is_open = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '$' || (at > text && strchr(" \n", at[-1]) == NULL))
            continue;
        const bool is_end = strncmp(at, "$end", 4) == 0 && strchr(" \n", at[4]) != NULL;
        if (is_end != is_open)
            abort();
        is_open = !is_end;
    }
    if (is_open)
        abort();
}

/* A design of that name, as `show` writes it and the reader reads it. */
static void check_design(const char *name)
{
    zs_design d, read;
    zs_buffer buffer;
    zs_err err = {.text = ""};
    zs_design_defaults(&d);
    for (const char *at = name, *next = name; *at != '\0'; at = next)
        if ((uint8_t)*at < 0x80)
            next++;
        else if (zs_utf8_next(&next) == ZS_UTF8_BAD && !is_mark(at))
            return; /* no name that a file can hold */
    if (name[0] == '\0')
        return;
    d.name = d.network.labels = d.network.model = name;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    if (zs_design_yaml_emit(&d, &sink, &err) != ZS_OK ||
        zs_design_parse(&arena, (zs_span){buffer.data, buffer.bytes}, "d.yaml", NULL, &read,
                        &err) != ZS_OK ||
        strcmp(read.name, name) != 0 || strcmp(read.network.labels, name) != 0 ||
        strcmp(read.network.model, name) != 0)
        abort();
    zs_buffer_drop(&buffer);
}

/* ---- of more than a result ------------------------------------------------------------------- */

static zs_labelled_result pair[2];

static zs_status emit_compare_plot(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_compare_plot_emit(pair, 2, s, err);
}

static zs_status emit_compare_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_compare_html_emit(pair, 2, s, err);
}

static zs_status emit_scatter(const char *name, bool as_page, const zs_sink *s, zs_err *err)
{
    zs_scatter_point points[] = {{.label = name, .x = 1, .y = 9, .is_feasible = true},
                                 {.label = name, .x = 2, .y = 5, .is_feasible = true},
                                 {.label = name, .x = 3, .y = 1}};
    zs_scatter scatter = {.x = {.name = name, .title = name},
                          .y = {.name = name, .title = name},
                          .title = name,
                          .key = name,
                          .groups = {name},
                          .group_n = 1,
                          .points = points,
                          .n = 3};
    if (zs_scatter_build(&arena, &scatter, err) != ZS_OK)
        abort();
    return as_page ? zs_scatter_html_emit(&scatter, s, err)
                   : zs_scatter_plot_emit(&scatter, s, err);
}

static zs_status emit_scatter_plot(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return emit_scatter(r->design, false, s, err);
}

static zs_status emit_scatter_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return emit_scatter(r->design, true, s, err);
}

static zs_status emit_junit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    const char *name = r->design;
    const zs_baseline_column column = {.name = name};
    const zs_baseline_row row = {.layer = ""};
    const zs_baseline_case one = {.design = name, .set = name, .fidelity = ZS_BURST, .row_n = 1};
    const zs_baseline baseline = {.path = name,
                                  .columns = &column,
                                  .column_n = 1,
                                  .rows = &row,
                                  .row_n = 1,
                                  .cases = &one,
                                  .case_n = 1};
    const zs_move moves[] = {
        {.kind = ZS_MOVED, .layer = name, .figure = name, .unit = name, .delta = 1},
        {.kind = ZS_GONE, .layer = name, .figure = "", .unit = ""}};
    const zs_case_verdict verdict = {
        .moves = moves, .move_n = 2, .compared_n = 1, .misfit = name, .seconds = 1};
    const zs_checked checked = {.baseline = &baseline, .verdicts = &verdict};
    return zs_check_junit_emit(&checked, 1, s, err);
}

/* A run with a trace, made once; its rows are called what the input says. */
static struct {
    zs_arena arena;
    zs_design design;
    zs_plan *plan;
    zs_plan_row *rows;
    zs_plan_unit *units;
    zs_layer_result *layers;
    zs_trace *trace;
    zs_result *result;
} run;

static void make_run(void)
{
    zs_err err = {.text = ""};
    zs_prng prng = {.state = 7};
    zs_arena_init(&run.arena, test_heap());
    static const char text[] =
        "name: n\ninput: {shape: [3, 8, 8]}\nlayers:\n"
        "  - {conv: a, out: 8, kernel: 3}\n  - {conv: b, out: 4, kernel: 1}\n"
        "  - {softmax: c}\n";
    zs_net_spec spec;
    zs_net *net;
    if (zs_net_parse(&run.arena, (zs_span){(const uint8_t *)text, sizeof text - 1}, "n.yaml", &spec,
                     &err) != ZS_OK ||
        zs_net_build(&run.arena, &spec, &net, &err) != ZS_OK)
        abort();
    run.design = test_random_design(&prng, ZS_FP32);
    const zs_trace_limits limits = {.op_max = 200, .burst_max = 100};
    if (zs_plan_build(&run.arena, &run.design, net, &run.plan, &err) != ZS_OK ||
        zs_trace_build(&run.arena, run.plan, &limits, &run.trace, &err) != ZS_OK)
        abort();
    const zs_retire_hook hook = zs_trace_hook(run.trace, NULL);
    if (zs_sim_run(&run.arena, &run.design, net, run.plan, ZS_BURST, &hook, &run.result, &err) !=
        ZS_OK)
        abort();
    run.rows = zs_new(&run.arena, zs_plan_row, run.plan->row_n);
    run.layers = zs_new(&run.arena, zs_layer_result, run.result->layer_n);
    run.units = zs_new(&run.arena, zs_plan_unit, run.plan->unit_n);
    if (run.rows == NULL || run.layers == NULL || run.units == NULL)
        abort();
    memcpy(run.units, run.plan->units, run.plan->unit_n * sizeof *run.units);
    run.plan->units = run.units;
    memcpy(run.rows, run.plan->rows, run.plan->row_n * sizeof *run.rows);
    memcpy(run.layers, run.result->layers, run.result->layer_n * sizeof *run.layers);
    run.plan->rows = run.rows;
    run.result->layers = run.layers;
}

static zs_status emit_timeline(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_trace_json_emit(&arena, &run.design, run.trace, run.result, s, err);
}

static zs_status emit_waveform(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_trace_vcd_emit(&arena, &run.design, run.trace, run.result, s, err);
}

static void rename_run(const char *name)
{
    if (run.rows == NULL)
        make_run();
    for (uint32_t i = 0; i < run.plan->row_n; i++)
        run.rows[i].name = name;
    for (uint32_t i = 0; i < run.plan->unit_n; i++)
        run.units[i].name = name; /* as of an engine that is called so */
    for (uint32_t i = 0; i < run.result->layer_n; i++)
        run.layers[i].name = run.layers[i].group = name;
    run.design.name = run.result->design = run.result->network = run.result->board = name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena_init(&arena, test_heap());
    const char *name = zs_arena_strndup(&arena, (const char *)data, bytes);
    const zs_layer_result layer = {.name = name,
                                   .op = "conv",
                                   .group = name,
                                   .on_engine = true,
                                   .macs = 1000,
                                   .ops = 2000,
                                   .cycles = 600,
                                   .read_bytes = 2000,
                                   .write_bytes = 500,
                                   .bound_cycles = 400,
                                   .busy_cycles = {300, 400, 50, 5}};
    const zs_result r = {.design = name,
                         .network = name,
                         .board = name,
                         .fidelity = "burst",
                         .precision = "fp32",
                         .fusion = name,
                         .fusion_note = name,
                         .batch = 1,
                         .clock_hz = 100000000,
                         .cycles = 600,
                         .macs = 1000,
                         .calls = 1,
                         .fit = {.fits = true, .binding = "", .family = &zs_families[0]},
                         .roofline = {6.4, 8.8, 1.6e9, 4.0e9, 1.6e9, 4.0},
                         .memory_peak_bytes_per_s = 4e9,
                         .memory_tck_ps = 1875,
                         .memory_channels = 1,
                         .layers = &layer,
                         .layer_n = 1,
                         .notes = &name,
                         .note_n = 1};
    check_json(text_of(zs_json_emit, &r));
    check_csv(text_of(zs_layers_csv_emit, &r), name);
    check_script(text_of(zs_roofline_plot_emit, &r));
    check_script(text_of(zs_layers_plot_emit, &r));
    check_script(text_of(zs_timeline_plot_emit, &r));
    check_script(text_of(zs_bytes_plot_emit, &r));
    check_markup(text_of(emit_html, &r));
    for (int i = 0; i < 2; i++)
        pair[i] = (zs_labelled_result){.name = name, .result = &r};
    check_script(text_of(emit_compare_plot, &r));
    check_script(text_of(emit_scatter_plot, &r));
    check_markup(text_of(emit_compare_page, &r));
    check_markup(text_of(emit_scatter_page, &r));
    check_xml(text_of(emit_junit, &r));
    rename_run(name);
    check_json(text_of(emit_timeline, &r));
    check_waveform(text_of(emit_waveform, &r));
    check_design(name);
    zs_arena_drop(&arena);
    return 0;
}
