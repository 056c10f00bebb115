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
    ck_assert_uint_lt(at->column, zs_layer_metric_n);
    if (at->row == 0)
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
    ck_assert_uint_eq(at->column, zs_layer_metric_n);
    at->column = 0;
    at->row++;
}

START_TEST(test_csv_reads_back_as_the_figures_of_every_layer)
{
    reading at = {.r = fixture_hostile()};
    char *text = fixture_text(zs_layers_csv_emit, at.r);
    struct csv_parser parser;
    ck_assert_int_eq(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    ck_assert_uint_eq(csv_parse(&parser, text, strlen(text), got_field, got_row, &at),
                      strlen(text));
    ck_assert_int_eq(csv_fini(&parser, got_field, got_row, &at), 0);
    ck_assert_uint_eq(at.row, at.r->layer_n + 1);
    csv_free(&parser);
    free(text);
}
END_TEST

TCase *tcase_csv(void)
{
    TCase *tc = tcase_create("csv");
    tcase_add_test(tc, test_csv_reads_back_as_the_figures_of_every_layer);
    return tc;
}
