/* gnuplot scripts: label placement, quoting, and gnuplot itself where it is installed. */
#include "../../src/report/chart_priv.h"
#include "../../src/report/label_place_priv.h"
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- labels ---------------------------------------------------------------------------------- */

START_TEST(test_labels_of_crowded_points_keep_apart)
{
    enum { N = 30 };
    zs_label labels[N];
    zs_rect obstacles[N + 1];
    const zs_rect area = {0, 0, 900, 500};
    zs_prng prng = {.state = 7};
    for (int i = 0; i < N; i++) {
        const double x = 400 + (double)zs_prng_below(&prng, 120);
        const double y = 250 + (double)zs_prng_below(&prng, 20);
        labels[i] = (zs_label){.x = x, .y = y, .width = 90, .height = 12};
        obstacles[i] = (zs_rect){x - 3, y - 3, x + 3, y + 3};
    }
    obstacles[N] = (zs_rect){0, 290, 900, 294};
    ck_assert_uint_eq(zs_labels_place(labels, N, obstacles, N + 1, area), 0);
    for (int i = 0; i < N; i++) {
        ck_assert(labels[i].box.x0 >= area.x0 && labels[i].box.x1 <= area.x1);
        ck_assert(labels[i].box.y0 >= area.y0 && labels[i].box.y1 <= area.y1);
        for (int k = 0; k <= N; k++)
            ck_assert(!zs_rects_meet(labels[i].box, obstacles[k]));
        for (int k = 0; k < i; k++)
            ck_assert(!zs_rects_meet(labels[i].box, labels[k].box));
    }
}
END_TEST

START_TEST(test_a_label_without_room_is_counted_and_stays_on_its_point)
{
    zs_label label = {.x = 50, .y = 50, .width = 200, .height = 10};
    ck_assert_uint_eq(zs_labels_place(&label, 1, NULL, 0, (zs_rect){0, 0, 100, 100}), 1);
    ck_assert(label.box.x0 <= 50 && label.box.x1 >= 50);
}
END_TEST

static const struct {
    double x0, y0, x1, y1;
    bool meets;
} segments[] = {
    {0, 5, 30, 5, true},    /* through */
    {15, 5, 16, 6, true},   /* within */
    {0, 0, 5, 30, false},   /* beside */
    {0, 20, 30, 20, false}, /* above */
    {5, 5, 5, 5, false},    /* a point outside */
    {15, -5, 15, 30, true}, /* upright */
};

START_TEST(test_segments_meet_rectangles_they_touch)
{
    const zs_rect r = {10, 0, 20, 10};
    ck_assert_int_eq(
        zs_segment_meets(segments[_i].x0, segments[_i].y0, segments[_i].x1, segments[_i].y1, r),
        segments[_i].meets);
}
END_TEST

/* ---- axes ------------------------------------------------------------------------------------ */

static const struct {
    double low, high;
    bool is_log;
    uint32_t n;
    double first, last;
} axes[] = {{0, 10, false, 6, 0, 10},          {3, 27, false, 5, 5, 25},
            {0.2, 60, true, 8, 0.2, 50},       {1, 1e9, true, 10, 1, 1e9},
            {7e-4, 7e-3, true, 3, 1e-3, 5e-3}, {1e20, 1e20 + 1e4, false, 0, 0, 0}};

START_TEST(test_ticks_are_round_and_lie_on_the_axis)
{
    enum { ROOM = 32 };
    double ticks[ROOM];
    const zs_scatter_axis of = {.is_log = axes[_i].is_log};
    const zs_chart_axis axis = {.of = &of, .low = axes[_i].low, .high = axes[_i].high};
    const uint32_t n = zs_chart_ticks(&axis, 6, ticks, ROOM);
    ck_assert_uint_eq(n, axes[_i].n);
    for (uint32_t i = 0; i < n; i++) {
        const double at = zs_chart_at(&axis, ticks[i]);
        ck_assert_msg(at > -1e-9 && at < 1 + 1e-9, "%g at %g", ticks[i], at);
        ck_assert(i == 0 || ticks[i] > ticks[i - 1]);
    }
    if (n > 0) {
        ck_assert_double_eq_tol(ticks[0], axes[_i].first, 1e-12 * axes[_i].high);
        ck_assert_double_eq_tol(ticks[n - 1], axes[_i].last, 1e-9 * axes[_i].high);
    }
}
END_TEST

START_TEST(test_the_last_colour_is_of_all_values_that_are_left)
{
    static const char *const values[] = {"1", "2", "3", "2", "4", "5", "6", "7", "8", "1"};
    static const uint32_t groups[] = {0, 1, 2, 1, 3, 4, 5, 5, 5, 0};
    zs_scatter s = {.key = "batch"};
    for (size_t i = 0; i < ZS_LEN(values); i++)
        ck_assert_uint_eq(zs_scatter_group(&s, values[i]), groups[i]);
    ck_assert_str_eq(s.groups[5], "other values");
}
END_TEST

START_TEST(test_colours_of_numbers_are_in_their_order)
{
    static const char *const values[] = {"16", "4", "8", "4"};
    zs_scatter_point points[4] = {0};
    zs_scatter s = {.key = "batch", .points = points, .n = ZS_LEN(values)};
    for (uint32_t i = 0; i < s.n; i++)
        points[i].group = zs_scatter_group(&s, values[i]);
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_scatter_build(&arena, &s, NULL), ZS_OK);
    ck_assert_str_eq(s.groups[0], "4");
    ck_assert_str_eq(s.groups[2], "16");
    for (uint32_t i = 0; i < s.n; i++)
        ck_assert_str_eq(s.groups[points[i].group], values[i]);
    zs_arena_drop(&arena);
}
END_TEST

static const struct {
    double seconds;
    const char *unit, *note; /* of the axis; behind the first bar */
} long_runs[] = {{9.9, "ms", " ms"}, {127, "s", " s"}};

START_TEST(test_long_runs_are_drawn_in_seconds)
{
    zs_result r = *fixture_squeezenet();
    r.clock_hz = (uint64_t)((double)r.cycles / long_runs[_i].seconds);
    const zs_bar_chart chart = zs_chart_timeline(&r);
    const double factor = chart.unit[0] == 'm' ? 1e3 : 1;
    ck_assert_str_eq(chart.unit, long_runs[_i].unit);
    ck_assert_double_eq_tol(chart.longest / factor, long_runs[_i].seconds,
                            1e-3 * long_runs[_i].seconds);
    const zs_bar last = zs_chart_bar(&chart, chart.n - 1);
    ck_assert_double_eq_tol(zs_chart_bar_end(&chart, &last), chart.longest, 1e-9 * chart.longest);
    ck_assert_ptr_nonnull(strstr(last.note, long_runs[_i].note));
}
END_TEST

START_TEST(test_a_short_layer_of_a_long_run_has_a_unit_of_its_own)
{
    zs_result r = *fixture_squeezenet();
    r.clock_hz = r.cycles / 127;
    const zs_bar_chart chart = zs_chart_timeline(&r);
    uint32_t shortest = 0;
    for (uint32_t i = 1; i < r.layer_n; i++)
        shortest = r.layers[i].cycles < r.layers[shortest].cycles ? i : shortest;
    zs_layer_result layer = r.layers[shortest], *layers = calloc(r.layer_n, sizeof layer);
    ck_assert_ptr_nonnull(layers);
    memcpy(layers, r.layers, r.layer_n * sizeof layer);
    layers[shortest].cycles = r.clock_hz / 4000;
    r.layers = layers;
    ck_assert_str_eq(chart.unit, "s");
    ck_assert_ptr_nonnull(strstr(zs_chart_bar(&chart, shortest).note, " us"));
    free(layers);
}
END_TEST

/* Twice the images in twice the time: no image takes longer. */
START_TEST(test_batches_of_different_sizes_are_compared_by_image)
{
    zs_result other = *fixture_squeezenet();
    other.batch = 2 * fixture_squeezenet()->batch;
    other.cycles *= 2;
    other.clock_hz = fixture_squeezenet()->clock_hz;
    zs_labelled_result list[] = {{"a", fixture_squeezenet()}, {"b", &other}};
    const zs_bar_chart times = zs_chart_result_times(list, 2),
                       bytes = zs_chart_result_bytes(list, 2);
    ck_assert_str_eq(times.axis, "time of an image");
    ck_assert_ptr_nonnull(strstr(zs_chart_bar(&times, 1).note, "(1.00 x)"));
    ck_assert_str_eq(bytes.axis, "DRAM traffic of an image");
    ck_assert_ptr_nonnull(strstr(zs_chart_bar(&bytes, 1).note, "(0.50 x)"));
    other.batch = 0; /* of a file that says so */
    zs_buffer page;
    zs_buffer_init(&page, test_heap());
    const zs_sink s = zs_buffer_sink(&page);
    ck_assert_int_eq(zs_compare_html_emit(list, 2, &s, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&s, "", 1), ZS_OK);
    ck_assert_ptr_nonnull(strstr((char *)page.data, "Time of an image"));
    zs_buffer_drop(&page);
}
END_TEST

/* A comparison says of what its results are: once where it is the same, else of each. */
START_TEST(test_a_comparison_says_what_differs)
{
    zs_result other = *fixture_squeezenet();
    other.network = "lenet5";
    const zs_labelled_result list[] = {{"a", fixture_squeezenet()}, {"b", &other}};
    for (int differ = 0; differ < 2; differ++) {
        zs_buffer page;
        zs_buffer_init(&page, test_heap());
        const zs_sink s = zs_buffer_sink(&page);
        ck_assert_int_eq(zs_compare_html_emit(
                             differ ? list : (zs_labelled_result[]){list[0], list[0]}, 2, &s, NULL),
                         ZS_OK);
        ck_assert_int_eq(zs_sink_write(&s, "", 1), ZS_OK);
        const char *text = (char *)page.data, *table = strstr(text, "<table");
        const char *said = strstr(text, "squeezenet_v1.1");
        ck_assert_ptr_nonnull(table);
        ck_assert_ptr_nonnull(said);
        ck_assert_int_eq(said > table, differ);
        ck_assert_int_eq(strstr(table, "lenet5") != NULL, differ);
        ck_assert_int_eq(strstr(text, "networks differ") != NULL, differ);
        zs_buffer_drop(&page);
    }
}
END_TEST

TCase *tcase_labels(void)
{
    TCase *tc = tcase_create("labels");
    tcase_add_loop_test(tc, test_ticks_are_round_and_lie_on_the_axis, 0, ZS_LEN(axes));
    tcase_add_test(tc, test_the_last_colour_is_of_all_values_that_are_left);
    tcase_add_test(tc, test_colours_of_numbers_are_in_their_order);
    tcase_add_loop_test(tc, test_long_runs_are_drawn_in_seconds, 0, ZS_LEN(long_runs));
    tcase_add_test(tc, test_a_comparison_says_what_differs);
    tcase_add_test(tc, test_a_short_layer_of_a_long_run_has_a_unit_of_its_own);
    tcase_add_test(tc, test_batches_of_different_sizes_are_compared_by_image);
    tcase_add_test(tc, test_labels_of_crowded_points_keep_apart);
    tcase_add_test(tc, test_a_label_without_room_is_counted_and_stays_on_its_point);
    tcase_add_loop_test(tc, test_segments_meet_rectangles_they_touch, 0, ZS_LEN(segments));
    return tc;
}

/* ---- scripts --------------------------------------------------------------------------------- */

enum { LAYER_PLOTS = 4, PLOTS = 6 }; /* the first ones name layers */
static const fixture_emit plots[PLOTS] = {zs_roofline_plot_emit, zs_layers_plot_emit,
                                          zs_timeline_plot_emit, zs_bytes_plot_emit,
                                          fixture_compare_plot,  fixture_scatter_plot};

/* Reads the script as gnuplot does: outside of quotes there must be no character of a name. */
static void check_quoting(const char *script)
{
    bool quoted = false;
    for (const char *at = script; *at != '\0'; at++) {
        if (*at == '\'')
            quoted = !quoted; /* '' within a string: out and in again */
        else if (*at == '\n')
            ck_assert_msg(!quoted, "a string runs over the end of its line");
        else if (!quoted)
            ck_assert_msg(strchr("\"`@", *at) == NULL, "unquoted %.40s", at);
    }
    ck_assert(!quoted);
}

START_TEST(test_names_cannot_leave_their_strings)
{
    char *script = fixture_text(plots[_i], fixture_hostile());
    check_quoting(script);
    ck_assert_ptr_nonnull(strstr(script, "'<b>&amp;''expand''</b>'"));
    free(script);
}
END_TEST

/* gnuplot's pointsize is another size in each terminal: marks were a third as large in PNG. */
START_TEST(test_marks_are_as_large_in_every_format)
{
    char *script = fixture_text(plots[_i], fixture_squeezenet());
    uint32_t scale_n = 0;
    for (const char *scale = script; (scale = strstr(scale, "mark_scale = ")) != NULL; scale++)
        scale_n++;
    ck_assert_uint_eq(scale_n, 5); /* SVG and four others */
    const char *at = script;
    while ((at = strstr(at, "pointsize ")) != NULL) {
        at += strlen("pointsize ");
        if (strncmp(at, "variable", 8) == 0)
            ck_assert_ptr_nonnull(strstr(script, "using 1:2:($3*mark_scale)"));
        else
            ck_assert_msg(strncmp(at + strspn(at, "0123456789.*"), "mark_scale", 10) == 0, "%.40s",
                          at);
    }
    for (at = script; (at = strstr(at, "with points pointtype ")) != NULL; at++)
        ck_assert_msg(strncmp(at + strlen("with points pointtype 7"), " pointsize", 10) == 0,
                      "%.60s", at);
    free(script);
}
END_TEST

START_TEST(test_every_layer_that_can_be_drawn_is_named)
{
    static const uint32_t named[LAYER_PLOTS] = {2, 5, 5,
                                                5}; /* the roofline needs bytes and cycles */
    const zs_result *r = fixture_hostile();
    char *script = fixture_text(plots[_i], r);
    uint32_t found = 0;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        char quoted[128] = "";
        size_t used = 0;
        for (const char *at = fixture_hostile_names[i]; *at != '\0'; at++) {
            if (*at == '\'')
                quoted[used++] = '\'';
            quoted[used++] = *at;
        }
        found += strstr(script, quoted) != NULL;
    }
    ck_assert_uint_eq(found, named[_i]);
    free(script);
}
END_TEST

START_TEST(test_rows_that_are_not_drawn_are_mentioned)
{
    char *script = fixture_text(zs_roofline_plot_emit, fixture_hostile());
    ck_assert_ptr_nonnull(strstr(script, "not drawn: 3 rows on the PS or without DRAM bytes"));
    free(script);
    zs_result r = *fixture_hostile();
    r.layer_n = 2;
    script = fixture_text(zs_roofline_plot_emit, &r);
    ck_assert_ptr_null(strstr(script, "not drawn"));
    free(script);
}
END_TEST

/* Two pipelines of two rows: the bytes are those of both ends, the time is that of all. */
START_TEST(test_a_pipeline_is_one_point_of_the_roofline)
{
    zs_result r = *fixture_squeezenet();
    zs_layer_result layers[5];
    static const char *const groups[] = {"front:net", "front:net", "back:net", "back:net", "cpu"};
    for (uint32_t i = 0; i < ZS_LEN(layers); i++) {
        layers[i] = (zs_layer_result){.name = "row",
                                      .op = "conv",
                                      .group = groups[i],
                                      .on_engine = i < 4,
                                      .in_pipeline = i < 4,
                                      .ops = 3000,
                                      .read_bytes = i % 2 == 0 ? 50 : 0,
                                      .write_bytes = i % 2 == 1 ? 10 : 0,
                                      .start_cycle = i < 2 ? 0 : 4000,
                                      .cycles = i < 2 ? 4000 : 2000};
        layers[i].waited_cycles[i % 2 == 1 ? ZS_BY_COMPUTE : ZS_BY_READ] = 1;
    }
    r.layers = layers;
    r.layer_n = ZS_LEN(layers);
    r.cycles = 6000;
    r.clock_hz = 100000000;
    for (int overlap = 0; overlap < 2; overlap++) { /* several engines; one */
        for (uint32_t i = 0; i < 4; i++)
            layers[i].in_pipeline = overlap == 0;
        r.layers_overlap = overlap == 1;
        char *script = fixture_text(zs_roofline_plot_emit, &r);
        const char *front = strstr(script, "\n100 0.15 "); /* 6000 op, 60 B, 40 us */
        const char *back = strstr(script, "\n100 0.3 "); /* 20 us, half the area beyond the least */
        ck_assert_ptr_nonnull(front);
        ck_assert_ptr_nonnull(back);
        const double front_size = strtod(front + strlen("\n100 0.15 "), NULL);
        const double back_size = strtod(back + strlen("\n100 0.3 "), NULL);
        ck_assert_double_eq_tol(front_size - 0.5, (back_size - 0.5) * sqrt(2), 0.01);
        ck_assert_ptr_nonnull(strstr(script, "'front:net'"));
        ck_assert_ptr_nonnull(strstr(script, "'back:net'"));
        ck_assert_ptr_null(strstr(script, "'row'"));
        ck_assert_ptr_nonnull(strstr(script, "all rows of a pipeline are one; not drawn: 1 row "));
        free(script);
    }
}
END_TEST

/* The names of the flat roofs stand at the right end, where the best layers are too: they make way.
 */
START_TEST(test_names_of_roofs_keep_off_points)
{
    zs_result r = *fixture_squeezenet();
    zs_layer_result layers[2] = {r.layers[0], r.layers[1]};
    r.layers = layers;
    r.layer_n = ZS_LEN(layers);
    r.roofline.peak_gops = r.roofline.device_peak_gops * 0.98;
    for (uint32_t i = 0; i < r.layer_n; i++) { /* at the roof, one of them far to the right */
        layers[i].cycles = r.cycles / 2;
        layers[i].ops =
            (uint64_t)(r.roofline.peak_gops * 1e9 * (double)layers[i].cycles / (double)r.clock_hz);
        layers[i].read_bytes = layers[i].ops / (i == 0 ? 20 : 400);
        layers[i].write_bytes = 0;
    }
    char *script = fixture_text(zs_roofline_plot_emit, &r);
    double x0, x1, at, y, point;
    ck_assert_int_eq(sscanf(strstr(script, "set xrange"), "set xrange [%lf:%lf]", &x0, &x1), 2);
    point = 0.078 + (0.975 - 0.078) * log(400 / x0) / log(x1 / x0);
    const char *const names[] = {"'engine peak", "'every DSP"};
    for (size_t i = 0; i < ZS_LEN(names); i++) {
        const char *label = strstr(script, names[i]);
        ck_assert_int_eq(sscanf(strstr(label, "screen"), "screen %lf,%lf", &at, &y), 2);
        const double width = 0.0063 * (double)(strchr(label + 1, '\'') - label - 1);
        ck_assert_msg(at + width < point - 0.005 || at > point + 0.005,
                      "%s at %g to %g, point at %g", names[i], at, at + width, point);
    }
    free(script);
}
END_TEST

/* Runs gnuplot on a script; NULL where it is not installed. */
static char *drawn(const char *script, char *complaints, size_t room)
{
    char in[] = "/tmp/plotXXXXXX", command[256];
    if (system("command -v gnuplot >/dev/null 2>&1") != 0)
        return NULL;
    const int fd = mkstemp(in);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    close(fd);
    snprintf(command, sizeof command, "gnuplot %s 2>%s.err", in, in);
    FILE *pipe = popen(command, "r");
    char *svg = calloc(1, 1 << 20);
    fread(svg, 1, (1 << 20) - 1, pipe);
    ck_assert_int_eq(pclose(pipe), 0);
    snprintf(command, sizeof command, "%s.err", in);
    const zs_span err = test_read_file(command);
    snprintf(complaints, room, "%.*s", (int)err.bytes, (const char *)err.data);
    free((void *)err.data);
    unlink(command);
    unlink(in);
    return svg;
}

START_TEST(test_gnuplot_draws_without_complaint)
{
    const zs_result *r = _i >= PLOTS ? fixture_squeezenet() : fixture_hostile();
    char *script = fixture_text(plots[_i % PLOTS], r);
    char complaints[1024] = "";
    char *svg = drawn(script, complaints, sizeof complaints);
    if (svg == NULL) {
        printf("skipped: drawing the plots needs gnuplot\n");
    } else {
        ck_assert_str_eq(complaints, "");
        ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
        ck_assert_ptr_nonnull(strstr(svg, _i >= PLOTS ? "conv10" : "&lt;b>&amp;amp;'expand'"));
    }
    free(svg);
    free(script);
}
END_TEST

START_TEST(test_a_result_without_layers_can_be_drawn)
{
    zs_result r = *fixture_hostile();
    r.layer_n = 0;
    r.cycles = 0;
    r.roofline = (zs_roofline){0};
    char *script = fixture_text(plots[_i], &r);
    ck_assert_ptr_null(strstr(script, "nan"));
    ck_assert_ptr_null(strstr(script, "inf"));
    check_quoting(script);
    free(script);
}
END_TEST

static const double odd_roofs[] = {(double)NAN, (double)INFINITY, 1e300, -5, 0, 1e-300};

START_TEST(test_roofs_that_cannot_be_drawn_are_left_out)
{
    zs_result r = *fixture_squeezenet();
    double *const roofs[] = {&r.roofline.peak_gops, &r.roofline.device_peak_gops,
                             &r.roofline.axi_bytes_per_s, &r.roofline.dram_bytes_per_s,
                             &r.roofline.ridge_ops_per_byte};
    for (size_t i = 0; i < ZS_LEN(roofs); i++) {
        const double is = *roofs[i];
        *roofs[i] = odd_roofs[_i];
        char *script = fixture_text(zs_roofline_plot_emit, &r);
        ck_assert_ptr_null(strstr(script, "nan"));
        ck_assert_ptr_null(strstr(script, "inf"));
        free(script);
        *roofs[i] = is;
    }
}
END_TEST

/* Figures behind bars, and the words of axes, in the picture and in the page. */
START_TEST(test_pages_and_pictures_draw_the_same_description)
{
    const zs_result *r = fixture_squeezenet();
    const zs_labelled_result list[] = {{"a", r}, {"b", fixture_hostile()}};
    const zs_bar_chart charts[] = {zs_chart_timeline(r), zs_chart_layer_bytes(r),
                                   zs_chart_result_times(list, 2), zs_chart_result_bytes(list, 2)};
    zs_buffer drawings[2];
    for (int i = 0; i < 2; i++) {
        zs_buffer_init(&drawings[i], test_heap());
        const zs_sink s = zs_buffer_sink(&drawings[i]);
        const zs_status status = _i >= 2   ? i == 0 ? zs_compare_plot_emit(list, 2, &s, NULL)
                                                    : zs_compare_html_emit(list, 2, &s, NULL)
                                   : i == 1 ? zs_html_emit(r, (zs_span){0}, &s, NULL)
                                 : _i == 0 ? zs_timeline_plot_emit(r, &s, NULL)
                                           : zs_bytes_plot_emit(r, &s, NULL);
        ck_assert_int_eq(status, ZS_OK);
        ck_assert_int_eq(zs_sink_write(&s, "", 1), ZS_OK);
        const zs_bar_chart *chart = &charts[_i];
        for (uint32_t k = 0; k < chart->n; k++) {
            const char *note = zs_chart_bar(chart, k).note;
            ck_assert_msg(strstr((char *)drawings[i].data, note) != NULL, "no %s", note);
        }
        for (uint32_t k = 0; k < ZS_CHART_PARTS && chart->parts[k] != NULL; k++)
            ck_assert_ptr_nonnull(strstr((char *)drawings[i].data, chart->parts[k]));
        zs_buffer_drop(&drawings[i]);
    }
}
END_TEST

TCase *tcase_plots(void)
{
    TCase *tc = tcase_create("plots");
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, test_names_cannot_leave_their_strings, 0, PLOTS);
    tcase_add_loop_test(tc, test_marks_are_as_large_in_every_format, 0, PLOTS);
    tcase_add_loop_test(tc, test_every_layer_that_can_be_drawn_is_named, 0, LAYER_PLOTS);
    tcase_add_test(tc, test_rows_that_are_not_drawn_are_mentioned);
    tcase_add_test(tc, test_a_pipeline_is_one_point_of_the_roofline);
    tcase_add_test(tc, test_names_of_roofs_keep_off_points);
    tcase_add_loop_test(tc, test_gnuplot_draws_without_complaint, 0, 2 * PLOTS);
    tcase_add_loop_test(tc, test_pages_and_pictures_draw_the_same_description, 0, 4);
    tcase_add_loop_test(tc, test_a_result_without_layers_can_be_drawn, 0, PLOTS);
    tcase_add_loop_test(tc, test_roofs_that_cannot_be_drawn_are_left_out, 0, ZS_LEN(odd_roofs));
    return tc;
}
