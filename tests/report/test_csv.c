/* layers.csv, read back with libcsv. */
#include "fixture.h"

#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    const zs_result *r;
    uint32_t row, column; /* row 0: heads */
} reading;

/* Behind the figures of every layer: what the JSON has besides. */
static const char *const rest[] = {"runs_on",     "macs_executed",  "in_pipeline",   "span_cycles",
                                   "busy_cycles", "starved_cycles", "blocked_cycles"};

static void compare_rest(const reading *at, uint32_t i, const char *field)
{
    const zs_layer_result *l = &at->r->layers[at->row - 1];
    const uint64_t counts[] = {0,
                               l->macs - l->skipped_macs + l->again_macs,
                               l->in_pipeline,
                               l->cycles,
                               l->busy_cycles[ZS_BY_COMPUTE],
                               l->starved_cycles,
                               l->blocked_cycles};
    if (i == 0)
        ck_assert_str_eq(field, l->on_engine ? "engine" : "cpu");
    else
        ck_assert_uint_eq(strtoull(field, NULL, 10), counts[i]);
}

static void compare_value(const reading *at, const char *field)
{
    const zs_value value = zs_layer_result_get(at->r, at->row - 1, at->column);
    char *end;
    switch (value.type) {
    case ZS_METRIC_INT:
        ck_assert_uint_eq(strtoull(field, &end, 10), value.i);
        ck_assert(field[0] != '\0' && *end == '\0');
        break;
    case ZS_METRIC_REAL:
        if (isnan(value.r))
            ck_assert_str_eq(field, "");
        else
            ck_assert_double_eq(strtod(field, NULL), value.r);
        break;
    case ZS_METRIC_BOOL:
        ck_assert_str_eq(field, value.i ? "1" : "0");
        break;
    case ZS_METRIC_TEXT:
        ck_assert_str_eq(field, value.text == NULL ? "" : value.text);
        break;
    }
}

static void got_field(void *data, size_t bytes, void *ctx)
{
    reading *at = ctx;
    char *field = strndup(data, bytes);
    const uint32_t behind = at->column - zs_layer_metric_n; /* wraps before */
    ck_assert_uint_lt(at->column, zs_layer_metric_n + ZS_LEN(rest));
    if (at->column >= zs_layer_metric_n && at->row == 0)
        ck_assert_str_eq(field, rest[behind]);
    else if (at->column >= zs_layer_metric_n)
        compare_rest(at, behind, field);
    else if (at->row == 0)
        ck_assert_str_eq(field, zs_layer_metrics[at->column].name);
    else
        compare_value(at, field);
    at->column++;
    free(field);
}

static void got_row(int end, void *ctx)
{
    reading *at = ctx;
    (void)end;
    const bool is_pipeline = at->r->layers_overlap; /* and has a row that is in_pipeline */
    ck_assert_uint_eq(at->column, zs_layer_metric_n + (is_pipeline ? ZS_LEN(rest) : 2));
    at->column = 0;
    at->row++;
}

START_TEST(test_csv_reads_back_as_the_figures_of_every_layer)
{
    zs_result r = *fixture_hostile();
    zs_layer_result *layers = calloc(r.layer_n, sizeof *layers);
    ck_assert_ptr_nonnull(layers);
    memcpy(layers, r.layers, r.layer_n * sizeof *layers);
    r.layers = layers;
    r.layers_overlap = layers[1].in_pipeline = _i == 1;
    reading at = {.r = &r};
    char *text = fixture_text(zs_layers_csv_emit, at.r);
    struct csv_parser parser;
    ck_assert_int_eq(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    ck_assert_uint_eq(csv_parse(&parser, text, strlen(text), got_field, got_row, &at),
                      strlen(text));
    ck_assert_int_eq(csv_fini(&parser, got_field, got_row, &at), 0);
    ck_assert_uint_eq(at.row, at.r->layer_n + 1);
    csv_free(&parser);
    free(text);
    free(layers);
}
END_TEST

TCase *tcase_csv(void)
{
    TCase *tc = tcase_create("csv");
    tcase_add_loop_test(tc, test_csv_reads_back_as_the_figures_of_every_layer, 0, 2);
    return tc;
}
