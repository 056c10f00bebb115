/* result.json as figures. What the program writes is read back in tests/report. */
#include "cases.h"

#include <math.h>
#include <string.h>

static zs_status read_text(const char *text, zs_figures *out)
{
    const zs_span bytes = {.data = (const uint8_t *)text, .bytes = strlen(text)};
    return zs_result_json_parse(&arena, bytes, "r.json", out, &err);
}

START_TEST(test_figures_of_other_versions_are_unknown_or_ignored)
{
    zs_figures f;
    ck_assert_int_eq(
        read_text("{\"cycles\": 12, \"new\": {\"a\": [1]}, \"fits\": true, \"gops\": null,"
                  "\"dram\": {\"read_bytes\": 7.0, \"colour\": \"red\"},"
                  "\"layers\": [{\"name\": \"a\", \"cycles\": 12, \"mood\": 3}]}",
                  &f),
        ZS_OK);
    ck_assert_double_eq(zs_figures_number(&f, "cycles"), 12);
    ck_assert_double_eq(zs_figures_number(&f, "dram.read_bytes"), 7);
    ck_assert_double_eq(zs_figures_number(&f, "fits"), 1);
    ck_assert(isnan(zs_figures_number(&f, "gops")));
    ck_assert(isnan(zs_figures_number(&f, "dram.write_bytes")));
    ck_assert_str_eq(zs_figures_text(&f, "network"), "");
    ck_assert_uint_eq(f.layer_n, 1);
    ck_assert_double_eq(zs_figures_layer_number(&f, 0, "cycles"), 12);
    ck_assert_str_eq(zs_figures_layer_text(&f, 0, "name"), "a");
    ck_assert_str_eq(f.label, "r.json");
}
END_TEST

static const struct {
    const char *text, *place, *says;
} wrong[] = {
    {"", "r.json:1:", "JSON"},
    {"{\"cycles\": 12,\n \"layers\": [", "r.json:2:", "JSON"},
    {"{\"cycles\": 12, \"cycles\": 13, \"layers\": []}", "r.json:1:", "duplicate"},
    {"[]", "r.json", "no result"},
    {"{\"layers\": []}", "r.json", "no result"},
    {"{\"cycles\": 12}", "r.json", "no result"},
    {"{\"cycles\": 12, \"layers\": {}}", "r.json", "no result"},
    {"{\"cycles\": -12, \"layers\": []}", "cycles", "whole number"},
    {"{\"cycles\": 12, \"calls\": 1.5, \"layers\": []}", "calls", "whole number"},
    {"{\"cycles\": 12, \"calls\": 1e300, \"layers\": []}", "calls", "whole number"},
    {"{\"cycles\": 12, \"gops\": \"4\", \"layers\": []}", "gops", "number"},
    {"{\"cycles\": 12, \"fits\": 1, \"layers\": []}", "fits", "true or false"},
    {"{\"cycles\": 12, \"network\": 1, \"layers\": []}", "network", "text"},
    {"{\"cycles\": 12, \"dram\": {\"read_bytes\": []}, \"layers\": []}", "dram.read_bytes",
     "number"},
    {"{\"cycles\": 12, \"layers\": [1]}", "layers[0]", "object"},
    {"{\"cycles\": 12, \"layers\": [{}]}", "layers[0].name", "text"},
    {"{\"cycles\": 12, \"layers\": [{\"name\": \"a\"}, {\"name\": \"b\", \"cycles\": \"x\"}]}",
     "layers[1].cycles", "whole number"},
};

START_TEST(test_a_wrong_result_is_refused_with_its_place)
{
    zs_figures f = {.layer_n = 77};
    ck_assert_int_eq(read_text(wrong[_i].text, &f), ZS_EPARSE);
    ck_assert_msg(strstr(err.place, wrong[_i].place) != NULL, "%s", err.place);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s", err.text);
    ck_assert_uint_eq(f.layer_n, 77);
}
END_TEST

TCase *tcase_result_json(void)
{
    TCase *tc = net_case("result.json");
    tcase_add_test(tc, test_figures_of_other_versions_are_unknown_or_ignored);
    tcase_add_loop_test(tc, test_a_wrong_result_is_refused_with_its_place, 0, ZS_LEN(wrong));
    return tc;
}
