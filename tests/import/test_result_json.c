/* result.json as figures. What the program writes is read back in tests/report. */
#include "cases.h"
#include "zynqsim/result_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static zs_status read_text(const char *text, zs_figures *out)
{
    const zs_span bytes = {.data = (const uint8_t *)text, .bytes = strlen(text)};
    return zs_figures_parse(&arena, bytes, "r.json", out, &err);
}

START_TEST(test_a_schema_version_up_to_the_own_one_is_read)
{
    static const char *const versions[] = {"0", "1", "null"};
    for (size_t i = 0; i < ZS_LEN(versions); i++) {
        zs_figures f;
        char text[80];
        snprintf(text, sizeof text, "{\"cycles\": 12, \"schema_version\": %s, \"layers\": []}",
                 versions[i]);
        ck_assert_int_eq(read_text(text, &f), ZS_OK);
        ck_assert_double_eq(zs_figures_number(&f, "cycles"), 12);
    }
}
END_TEST

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

/* What is said names the file, or the line in it, and the key. */
static const struct {
    const char *text, *key, *says;
    zs_status status;
} wrong[] = {
    {"", "r.json:1:", "JSON", ZS_EPARSE},
    {"{\"cycles\": 12,\n \"layers\": [", "r.json:2:", "JSON", ZS_EPARSE},
    {"{\"cycles\": 12, \"cycles\": 13, \"layers\": []}", "r.json:1:", "duplicate", ZS_EPARSE},
    {"[]", "r.json", "no result", ZS_EPARSE},
    {"{\"layers\": []}", "r.json", "no result", ZS_EPARSE},
    {"{\"cycles\": 12}", "r.json", "no result", ZS_EPARSE},
    {"{\"cycles\": 12, \"layers\": {}}", "r.json", "no result", ZS_EPARSE},
    {"{\"cycles\": -12, \"layers\": []}", "cycles", "outside 0 ..", ZS_ERANGE},
    {"{\"cycles\": 12, \"calls\": 1.5, \"layers\": []}", "calls", "whole number", ZS_EPARSE},
    {"{\"cycles\": 12, \"calls\": 1e300, \"layers\": []}", "calls", "whole number", ZS_EPARSE},
    {"{\"cycles\": 12, \"gops\": \"4\", \"layers\": []}", "gops", "number", ZS_EPARSE},
    {"{\"cycles\": 12, \"fits\": 1, \"layers\": []}", "fits", "true nor false", ZS_EPARSE},
    {"{\"cycles\": 12, \"network\": 1, \"layers\": []}", "network", "text", ZS_EPARSE},
    {"{\"cycles\": 12, \"dram\": {\"read_bytes\": []}, \"layers\": []}", "dram.read_bytes",
     "number", ZS_EPARSE},
    {"{\"cycles\": 12, \"layers\": [1]}", "layers[0]", "object", ZS_EPARSE},
    {"{\"cycles\": 12, \"layers\": [{}]}", "layers[0].name", "text", ZS_EPARSE},
    {"{\"cycles\": 12, \"layers\": [{\"name\": \"a\"}, {\"name\": \"b\", \"cycles\": \"x\"}]}",
     "layers[1].cycles", "whole number", ZS_EPARSE},
    {"{\"cycles\": 12, \"schema_version\": 2, \"layers\": []}", "schema_version 2", "above 1",
     ZS_EUNSUPPORTED},
    {"{\"cycles\": 12, \"schema_version\": \"1\", \"layers\": []}", "schema_version",
     "whole number", ZS_EPARSE},
};

START_TEST(test_a_wrong_result_is_refused_with_its_place)
{
    zs_figures f = {.layer_n = 77};
    char said[sizeof err.place + sizeof err.text + 3];
    ck_assert_int_eq(read_text(wrong[_i].text, &f), wrong[_i].status);
    snprintf(said, sizeof said, "%s: %s", err.place, err.text);
    ck_assert_msg(strncmp(said, "r.json", 6) == 0, "%s", said);
    ck_assert_msg(strstr(said, wrong[_i].key) != NULL, "%s", said);
    ck_assert_msg(strstr(said, wrong[_i].says) != NULL, "%s", said);
    ck_assert_uint_eq(f.layer_n, 77);
}
END_TEST

TCase *tcase_result_json(void)
{
    TCase *tc = net_case("result.json");
    tcase_add_test(tc, test_a_schema_version_up_to_the_own_one_is_read);
    tcase_add_test(tc, test_figures_of_other_versions_are_unknown_or_ignored);
    tcase_add_loop_test(tc, test_a_wrong_result_is_refused_with_its_place, 0, ZS_LEN(wrong));
    return tc;
}
