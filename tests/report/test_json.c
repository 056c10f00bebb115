/* result.json, read back with jansson. */
#include "fixture.h"

#include "zynqsim/figures.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *parsed(const zs_result *r)
{
    char *text = fixture_text(zs_json_emit, r);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    free(text);
    return root;
}

/* The member that a dotted name stands for. */
static const json_t *member(const json_t *object, const char *name)
{
    char part[64];
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
        snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        object = json_object_get(object, part);
        name = dot + 1;
    }
    const json_t *found = json_object_get(object, name);
    ck_assert_msg(found != NULL, "%s is missing", name);
    return found;
}

static void compare_value(const json_t *json, const zs_value *value, const char *name)
{
    switch (value->type) {
    case ZS_METRIC_INT:
        ck_assert_msg(json_is_integer(json), "%s", name);
        ck_assert_uint_eq((uint64_t)json_integer_value(json), value->i);
        break;
    case ZS_METRIC_REAL:
        ck_assert_msg(isnan(value->r) ? json_is_null(json) : json_number_value(json) == value->r,
                      "%s", name);
        break;
    case ZS_METRIC_BOOL:
        ck_assert_msg(json_is_boolean(json) && json_is_true(json) == (value->i != 0), "%s", name);
        break;
    case ZS_METRIC_TEXT:
        if (value->text == NULL)
            ck_assert_msg(json_is_null(json), "%s", name);
        else
            ck_assert_msg(json_is_string(json), "%s", name);
        break;
    }
}

START_TEST(test_json_reads_back_as_every_figure_of_the_result)
{
    const zs_result *r = _i == 0 ? fixture_hostile() : fixture_squeezenet();
    json_t *root = parsed(r);
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        const zs_value value = zs_result_get(r, i);
        if (!zs_metric_is_on(i, 1)) {
            ck_assert_ptr_null(json_object_get(json_object_get(root, "resources"), "m20k"));
            continue;
        }
        compare_value(member(root, zs_metrics[i].name), &value, zs_metrics[i].name);
    }
    ck_assert_uint_eq(json_array_size(json_object_get(root, "layers")), r->layer_n);
    for (uint32_t layer = 0; layer < r->layer_n; layer++) {
        const json_t *entry = json_array_get(json_object_get(root, "layers"), layer);
        for (uint32_t i = 0; i < zs_layer_metric_n; i++) {
            const zs_value value = zs_layer_result_get(r, layer, i);
            compare_value(member(entry, zs_layer_metrics[i].name), &value,
                          zs_layer_metrics[i].name);
        }
    }
    json_decref(root);
}
END_TEST

START_TEST(test_json_keeps_names_and_replaces_what_is_no_text)
{
    json_t *root = parsed(fixture_hostile());
    static const char *const expected[] = {
        "conv, \"first\" + pool", "<b>&amp;'expand'</b>", "tab\tline\n$`\\{x}_^@",
        "bytes \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9\xe2\x82\xac", "softmax"};
    for (size_t i = 0; i < ZS_LEN(expected); i++) {
        const json_t *entry = json_array_get(json_object_get(root, "layers"), i);
        ck_assert_str_eq(json_string_value(json_object_get(entry, "name")), expected[i]);
    }
    json_decref(root);
}
END_TEST

START_TEST(test_json_has_ports_account_outputs_and_notes)
{
    json_t *root = parsed(fixture_hostile());
    const json_t *port = json_array_get(json_object_get(root, "ports"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(port, "name")), "hp0.rd");
    ck_assert_double_eq(json_number_value(json_object_get(port, "busy_frac")), 0.3);
    ck_assert_double_eq_tol(json_number_value(json_object_get(port, "share_of_peak")), 0.21875,
                            1e-12);
    const json_t *item = json_array_get(json_object_get(root, "fit_items"), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(item, "bram18")), 226);
    const json_t *output = json_array_get(json_object_get(root, "outputs"), 0);
    ck_assert_uint_eq(json_string_length(json_object_get(output, "sha256")), 64);
    const json_t *top5 = json_object_get(output, "top5");
    ck_assert_uint_eq(json_array_size(top5), 3);
    const json_t *best = json_array_get(top5, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(best, "class")), 281);
    ck_assert_str_eq(json_string_value(json_object_get(best, "label")), "tabby, tabby cat");
    ck_assert_double_eq(json_number_value(json_object_get(best, "probability")), 0.5);
    ck_assert(json_is_null(json_object_get(json_array_get(top5, 2), "label")));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "notes")), 1);
    json_decref(root);
}
END_TEST

/* A device of another family: only logic and multipliers, in this order. */
static const zs_block two_blocks[] = {{ZS_RESOURCE_LUT, "cells"}, {ZS_RESOURCE_DSP, "multipliers"}};
static const zs_family two = {"two", two_blocks, 2};

START_TEST(test_json_has_the_blocks_of_the_family_and_no_others)
{
    zs_result r = *fixture_squeezenet();
    r.fit.family = &two;
    json_t *root = parsed(&r);
    const json_t *resources = json_object_get(root, "resources");
    const json_t *item = json_array_get(json_object_get(root, "fit_items"), 0);
    ck_assert_uint_eq(json_object_size(resources), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(resources, "lut"), "used")),
                     16600);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(resources, "dsp"), "available")), 220);
    ck_assert_uint_eq(json_object_size(item), 4); /* name, detail, two counts */
    ck_assert_int_eq(json_integer_value(json_object_get(item, "lut")), 10900);
    ck_assert_int_eq(json_integer_value(json_object_get(item, "dsp")), 160);
    json_decref(root);
}
END_TEST

START_TEST(test_pages_name_the_blocks_of_the_family_in_its_order)
{
    zs_result r = *fixture_squeezenet();
    uint32_t named = 0;
    r.fit.family = &two;
    for (size_t i = 0; i < FIXTURE_FORMAT_N; i++) {
        char *text = fixture_text(fixture_formats[i].emit, &r);
        const char *first = strstr(text, "cells"), *second = strstr(text, "multipliers");
        ck_assert_msg(strstr(text, "BRAM18") == NULL, "%s", fixture_formats[i].name);
        ck_assert_int_eq(first == NULL, second == NULL);
        ck_assert_msg(first <= second, "%s", fixture_formats[i].name);
        named += first != NULL;
        free(text);
    }
    ck_assert_uint_eq(named, 3); /* two tables and the page */
}
END_TEST

START_TEST(test_timing_only_has_an_empty_list_of_outputs)
{
    zs_result r = *fixture_hostile();
    r.images = NULL;
    r.image_n = 0;
    json_t *root = parsed(&r);
    ck_assert(json_is_array(json_object_get(root, "outputs")));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "outputs")), 0);
    json_decref(root);
}
END_TEST

TCase *tcase_json(void)
{
    TCase *tc = tcase_create("json");
    tcase_add_loop_test(tc, test_json_reads_back_as_every_figure_of_the_result, 0, 2);
    tcase_add_test(tc, test_json_keeps_names_and_replaces_what_is_no_text);
    tcase_add_test(tc, test_json_has_ports_account_outputs_and_notes);
    tcase_add_test(tc, test_json_has_the_blocks_of_the_family_and_no_others);
    tcase_add_test(tc, test_pages_name_the_blocks_of_the_family_in_its_order);
    tcase_add_test(tc, test_timing_only_has_an_empty_list_of_outputs);
    return tc;
}
