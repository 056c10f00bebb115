/* Baselines: tables of expected figures, and what becomes of them when they are rewritten. */
#include "cases.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static zs_status read_text(const char *text, zs_baseline *out)
{
    const zs_span bytes = {.data = (const uint8_t *)text, .bytes = strlen(text)};
    return zs_baseline_parse(&arena, bytes, "b.csv", out, &err);
}

static const char two_designs[] = "# first comment\n"
                                  "design,set,fidelity,layer,cycles,cycles.tolerance,fits,note\n"
                                  "\n"
                                  "a.yaml,batch=2,tile,,60,10%,true,\n"
                                  "# between\n"
                                  ",,,conv,10,,,\n"
                                  ",,,pool,50,exact,,\"x, y\"\n"
                                  "\"b, c.yaml\",,,,?,,,\n";

START_TEST(test_rows_are_designs_with_their_layers)
{
    zs_baseline b;
    ck_assert_int_eq(read_text(two_designs, &b), ZS_OK);
    ck_assert_uint_eq(b.case_n, 2);
    ck_assert_str_eq(b.cases[0].design, "a.yaml");
    ck_assert_str_eq(b.cases[0].set, "batch=2");
    ck_assert_int_eq(b.cases[0].fidelity, ZS_TILE);
    ck_assert_uint_eq(b.cases[0].row_n, 3);
    ck_assert_str_eq(b.cases[1].design, "b, c.yaml");
    ck_assert_int_eq(b.cases[1].fidelity, ZS_BURST);
    ck_assert(b.rows[3].cells[0].is_open);
    ck_assert_uint_eq(b.rows[2].line, 7);
    ck_assert_str_eq(b.rows[2].layer, "pool");
    ck_assert_uint_eq(b.rows[2].cells[0].value.i, 50);
    ck_assert_uint_eq(b.rows[0].cells[1].value.i, 1);
    ck_assert_str_eq(b.rows[2].cells[2].value.text, "x, y");
}
END_TEST

START_TEST(test_layers_take_the_tolerance_of_their_design_unless_they_have_one)
{
    zs_baseline b;
    ck_assert_int_eq(read_text(two_designs, &b), ZS_OK);
    ck_assert_double_eq(b.rows[0].cells[0].tolerance.frac, 0.1);
    ck_assert_double_eq(b.rows[1].cells[0].tolerance.frac, 0.1);
    ck_assert_double_eq(b.rows[2].cells[0].tolerance.frac, 0);
    ck_assert_int_eq(read_text("design,seconds\na,1\n", &b), ZS_OK);
    ck_assert_double_eq(b.rows[0].cells[0].tolerance.frac, 1e-9);
}
END_TEST

static const struct {
    const char *column;
    const char *layer_metric; /* "": none */
} names[] = {
    {"cycles", "cycles"},
    {"dram.read_bytes", "dram_read_bytes"},
    {"traffic.input_bytes", "input_bytes"},
    {"traffic.partial_bytes", "partial_bytes"},
    {"traffic.index_bytes", "index_bytes"},
    {"calls", ""},
    {"dram.read_bursts", ""},
    {"resources.dsp.used", ""},
};

START_TEST(test_figures_of_layers_are_found_by_those_of_the_network)
{
    char text[128];
    zs_baseline b;
    snprintf(text, sizeof text, "design,%s\na,?\n", names[_i].column);
    ck_assert_int_eq(read_text(text, &b), ZS_OK);
    const uint32_t found = b.columns[0].layer_metric;
    ck_assert_str_eq(found == ZS_NO_METRIC ? "" : zs_layer_metrics[found].name,
                     names[_i].layer_metric);
}
END_TEST

static const struct {
    const char *text, *place, *says;
} wrong[] = {
    {"", "b.csv", "empty"},
    {"# only\n", "b.csv", "empty"},
    {"design,cycles\n", "b.csv", "no rows"},
    {"cycles\n1\n", "b.csv", "no column \"design\""},
    {"design,set\na,\n", "b.csv", "nothing to compare"},
    {"design,cyles\na,1\n", "b.csv", "did you mean cycles"},
    {"design,sim_wall_seconds\na,1\n", "b.csv", "never compared"},
    {"design,waited_cycles.read\na,1\n", "b.csv", "waited_cycles.read"}, /* of layers alone */
    {"design,cycles,calls.tolerance\na,1,\n", "b.csv", "belongs to no figure"},
    {"design,cycles\na,1.5\n", "b.csv:2, cycles", "whole number"},
    {"design,cycles\na,x\n", "b.csv:2, cycles", "not a number"},
    {"design,fits\na,maybe\n", "b.csv:2, fits", "not 0 or 1, false or true"},
    {"design,fits\na,0.5\n", "b.csv:2, fits", "not 0 or 1"},
    {"design,cycles\na,1\nb,\n", "b.csv:3, cycles", "no figure of this design is expected"},
    {"{\"cycles\": 1}\n", "b.csv", "is JSON, not a table"},
    {"design,cycles\n,1\n", "b.csv:2, design", "neither a design nor a layer"},
    {"design,layer,cycles\n,conv,1\n", "b.csv:2, layer", "above it"},
    {"design,layer,cycles\na,,1\na,conv,1\n", "b.csv:3, layer", "must be empty"},
    {"design,layer,calls\na,,1\n,conv,1\n", "b.csv:3, calls", "no figure of a layer"},
    {"design,waited_cycles.read\na,1\n", "b.csv:2, waited_cycles.read", "no figure of a whole"},
    {"design,set,cycles\na,batch,1\n", "b.csv:2, set", "path=value"},
    {"design,fidelity,cycles\na,fast,1\n", "b.csv:2, fidelity", "bound, tile or burst"},
    {"design,cycles,cycles.tolerance\na,1,x\n", "b.csv:2, cycles.tolerance", "not a tolerance"},
    {"# c\n\ndesign,cycles\n# d\na,1,2\n", "b.csv:5", "3 cells"},
    {"design,cycles\n\"a,1\n", "b.csv:2", "never closed"},
    {"design,cycles\ra,1\rb,2\r", "b.csv", "CR alone"},
};

START_TEST(test_a_wrong_baseline_is_refused_with_its_place)
{
    zs_baseline b = {.row_n = 77};
    const zs_status status = read_text(wrong[_i].text, &b);
    ck_assert(status == ZS_EPARSE || status == ZS_ERANGE);
    ck_assert_msg(strncmp(err.place, wrong[_i].place, strlen(wrong[_i].place)) == 0, "%s",
                  err.place);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s", err.text);
    ck_assert_uint_eq(b.row_n, 77);
}
END_TEST

/* ---- judged and rewritten -------------------------------------------------------------------- */

/* Rows conv and pool of 10 and `pool` cycles. */
static zs_figures figures_of(uint64_t pool, const char *second)
{
    const zs_layer_result layers[] = {{.name = "conv", .cycles = 10},
                                      {.name = second, .cycles = pool}};
    const zs_result r = {.cycles = 10 + pool,
                         .clock_hz = 1000,
                         .batch = 2,
                         .fit = {.fits = true},
                         .layers = layers,
                         .layer_n = 2};
    zs_figures f;
    ck_assert_int_eq(zs_figures_take(&arena, "x", &r, &f, &err), ZS_OK);
    return f;
}

static char *rewritten(const zs_baseline *b, const zs_figures *f, bool with_layers)
{
    zs_case_verdict verdicts[4];
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    for (uint32_t i = 0; i < b->case_n; i++)
        ck_assert_int_eq(zs_baseline_judge(&arena, b, i, &f[i], &verdicts[i], &err), ZS_OK);
    const zs_checked file = {.baseline = b, .verdicts = verdicts, .figures = f};
    ck_assert_int_eq(zs_baseline_csv_emit(&arena, &file, with_layers, &sink, &err), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    return (char *)buffer.data;
}

static const struct {
    const char *before;
    uint64_t pool;
    const char *second;
    bool with_layers;
    const char *after;
} rewrites[] = {
    /* nothing moved: byte for byte */
    {"# c\n\n design, cycles \n a.yaml , 60\n", 50, "pool", false,
     "# c\n\n design, cycles \n a.yaml , 60\n"},
    {"\xef\xbb\xbf# \"c\ndesign,cycles\na,1\n", 50, "pool", false,
     "\xef\xbb\xbf# \"c\ndesign,cycles\na,60\n"},
    {"\xef\xbb\xbf"
     "design,cycles\r\n\r\n\"a\nb\",1\r\n#\r\n",
     50, "pool", false,
     "\xef\xbb\xbf"
     "design,cycles\r\n\r\n\"a\nb\",60\r\n#\r\n"},
    {"design,cycles\na,60", 50, "pool", false, "design,cycles\na,60\n"},
    /* only what moved, where it stands */
    {"# c\ncycles,design,calls\n# d\n1,\"a,b\",\n", 50, "pool", false,
     "# c\ncycles,design,calls\n# d\n60,\"a,b\",\n"},
    {"design,cycles\r\na,1\r\n", 50, "pool", false, "design,cycles\r\na,60\r\n"},
    {"design,cycles,fits\na,?,?\n", 50, "pool", false, "design,cycles,fits\na,60,1\n"},
    {"design,cycles,cycles.tolerance\na,55,10%\n", 50, "pool", false,
     "design,cycles,cycles.tolerance\na,55,10%\n"},
    /* layers follow the result */
    {"design,layer,cycles\na,,60\n,conv,10\n# x\n,old,50\n", 50, "pool", false,
     "design,layer,cycles\na,,60\n,conv,10\n# x\n,pool,50\n"},
    {"design,layer,cycles\na,,60\n", 50, "pool", false, "design,layer,cycles\na,,60\n"},
    /* those of a new design come too, unless the table has none for others or no place for them */
    {"design,layer,cycles\na,,?\n", 50, "pool", false,
     "design,layer,cycles\na,,60\n,conv,10\n,pool,50\n"},
    {"design,layer,cycles\na,,60\n,conv,10\n,pool,50\nb,,?\n", 50, "pool", false,
     "design,layer,cycles\na,,60\n,conv,10\n,pool,50\nb,,60\n,conv,10\n,pool,50\n"},
    {"design,layer,cycles\na,,60\nb,,?\n", 50, "pool", false,
     "design,layer,cycles\na,,60\nb,,60\n"},
    /* a figure written by hand beside an open one makes no old design */
    {"design,layer,cycles,fits\na,,55,?\n", 50, "pool", false,
     "design,layer,cycles,fits\na,,60,1\n,conv,10,\n,pool,50,\n"},
    {"design,layer,cycles,fits\na,,55,?\nb,,?,?\n", 50, "pool", false,
     "design,layer,cycles,fits\na,,60,1\n,conv,10,\n,pool,50,\nb,,60,1\n,conv,10,\n,pool,50,"
     "\n"},
    {"design,cycles\na,?\n", 50, "pool", false, "design,cycles\na,60\n"},
    {"design,layer,fits\na,,?\n", 50, "pool", false, "design,layer,fits\na,,1\n"},
    /* those of all on request */
    {"design,layer,cycles\na,,60\n", 50, "pool", true,
     "design,layer,cycles\na,,60\n,conv,10\n,pool,50\n"},
    {"design,layer,cycles\na,,60\n", 50, "conv", true,
     "design,layer,cycles\na,,60\n,conv#1,10\n,conv#2,50\n"},
};

START_TEST(test_rewriting_keeps_what_did_not_move)
{
    zs_baseline b;
    ck_assert_msg(read_text(rewrites[_i].before, &b) == ZS_OK, "%s: %s", err.place, err.text);
    const zs_figures one = figures_of(rewrites[_i].pool, rewrites[_i].second);
    const zs_figures f[] = {one, one}; /* as many designs as a table here has */
    char *text = rewritten(&b, f, rewrites[_i].with_layers);
    ck_assert_str_eq(text, rewrites[_i].after);
    free(text);
}
END_TEST

START_TEST(test_what_was_rewritten_is_as_before)
{
    zs_baseline b;
    const zs_figures f = figures_of(77, "pool");
    zs_case_verdict v;
    ck_assert_int_eq(read_text("design,layer,cycles,seconds,network,fits,images_per_second\n"
                               "a,,?,?,?,?,?\n,gone,?,?,,,\n",
                               &b),
                     ZS_OK);
    char *text = rewritten(&b, &f, true);
    ck_assert_msg(read_text(text, &b) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_int_eq(zs_baseline_judge(&arena, &b, 0, &f, &v, &err), ZS_OK);
    ck_assert_msg(v.move_n == 0, "%s", text);
    ck_assert_uint_gt(v.compared_n, 5);
    free(text);
}
END_TEST

TCase *tcase_baseline_read(void)
{
    TCase *tc = net_case("baselines");
    tcase_add_test(tc, test_rows_are_designs_with_their_layers);
    tcase_add_test(tc, test_layers_take_the_tolerance_of_their_design_unless_they_have_one);
    tcase_add_loop_test(tc, test_figures_of_layers_are_found_by_those_of_the_network, 0,
                        ZS_LEN(names));
    tcase_add_loop_test(tc, test_a_wrong_baseline_is_refused_with_its_place, 0, ZS_LEN(wrong));
    tcase_add_loop_test(tc, test_rewriting_keeps_what_did_not_move, 0, ZS_LEN(rewrites));
    tcase_add_test(tc, test_what_was_rewritten_is_as_before);
    return tc;
}
