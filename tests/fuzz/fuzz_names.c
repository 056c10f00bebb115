/* One hostile name in every place a result has for names, through every format and read back. */
#include "support.h"
#include "zynqsim/report.h"
#include "zynqsim/table.h"

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
    return zs_html_emit(r, (zs_span){0}, (zs_span){0}, s, err);
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
    zs_arena_drop(&arena);
    return 0;
}
