/* result.json read again as a result. */
#include "fixture.h"
#include "zynqsim/result_read.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static zs_status read_text(zs_arena *arena, const char *text, zs_result **out, zs_err *err)
{
    const zs_span span = {(const uint8_t *)text, strlen(text)};
    return zs_result_parse(arena, span, "result.json", out, err);
}

static zs_result *reread(zs_arena *arena, const zs_result *r)
{
    char *text = fixture_text(zs_json_emit, r);
    zs_result *again = NULL;
    zs_err err = {0};
    ck_assert_msg(read_text(arena, text, &again, &err) == ZS_OK, "%s: %s", err.place, err.text);
    free(text);
    return again;
}

/* Texts are compared as reports show them: the file has them cleaned. */
static void expect_same(const zs_value *was, const zs_value *is, const char *name)
{
    ck_assert_int_eq(was->type, is->type);
    if (was->type == ZS_METRIC_REAL)
        ck_assert_msg(isnan(was->r) ? isnan(is->r)
                                    : fabs(is->r - was->r) <= 1e-9 * fmax(1, fabs(was->r)),
                      "%s: %.17g, was %.17g", name, is->r, was->r);
    else if (was->type == ZS_METRIC_TEXT)
        ck_assert_msg((was->text == NULL) == (is->text == NULL), "%s", name);
    else
        ck_assert_msg(was->i == is->i, "%s", name);
}

START_TEST(test_every_figure_of_a_result_survives_the_file)
{
    zs_result full = _i == 0 ? *fixture_hostile() : *fixture_squeezenet();
    full.register_writes = 588; /* what neither has */
    full.hls_cycles = 12345;
    full.register_write_s = 1.25e-7;
    full.register_read_s = 2.5e-7;
    const zs_result *r = &full;
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_result *again = reread(&arena, r);
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        const zs_value was = zs_result_get(r, i), is = zs_result_get(again, i);
        expect_same(&was, &is, zs_metrics[i].name);
    }
    ck_assert_uint_eq(again->layer_n, r->layer_n);
    for (uint32_t layer = 0; layer < r->layer_n; layer++)
        for (uint32_t i = 0; i < zs_layer_metric_n; i++) {
            const zs_value was = zs_layer_result_get(r, layer, i);
            const zs_value is = zs_layer_result_get(again, layer, i);
            expect_same(&was, &is, zs_layer_metrics[i].name);
        }
    zs_arena_drop(&arena);
}
END_TEST

/* Earlier versions counted only DSP of a Stratix 10. */
START_TEST(test_blocks_that_were_not_counted_then_are_none)
{
    zs_result r = *fixture_squeezenet();
    r.fit = (zs_fit){.family = &zs_families[ZS_FAMILY_STRATIX_10], .fits = true};
    r.fit.used.n[ZS_RESOURCE_DSP] = r.fit.lo.n[ZS_RESOURCE_DSP] = r.fit.hi.n[ZS_RESOURCE_DSP] = 37;
    r.fit.used.n[ZS_RESOURCE_M20K] = 858;
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    ck_assert_uint_eq(reread(&arena, &r)->fit.used.n[ZS_RESOURCE_M20K], 858);
    char *text = fixture_text(zs_json_emit, &r);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_int_eq(json_object_del(json_object_get(root, "resources"), "m20k"), 0);
    char *older = json_dumps(root, 0);
    zs_result *again = NULL;
    zs_err err = {0};
    ck_assert_msg(read_text(&arena, older, &again, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_ptr_eq(again->fit.family, r.fit.family);
    ck_assert_uint_eq(again->fit.used.n[ZS_RESOURCE_DSP], 37);
    ck_assert_uint_eq(again->fit.used.n[ZS_RESOURCE_M20K], 0);
    free(older);
    free(text);
    json_decref(root);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_a_result_read_again_is_written_in_the_same_bytes)
{
    const zs_result *r = fixture_squeezenet();
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    char *once = fixture_text(zs_json_emit, reread(&arena, r));
    zs_result *twice = NULL;
    ck_assert_int_eq(read_text(&arena, once, &twice, NULL), ZS_OK);
    char *again = fixture_text(zs_json_emit, twice);
    ck_assert_str_eq(again, once);
    char *csv = fixture_text(zs_layers_csv_emit, r);
    char *csv_again = fixture_text(zs_layers_csv_emit, twice);
    ck_assert_str_eq(csv_again, csv);
    free(once);
    free(again);
    free(csv);
    free(csv_again);
    zs_arena_drop(&arena);
}
END_TEST

/* A file in which `was` has been replaced, and what is said of it. */
static const struct {
    const char *was, *is, *says;
    zs_status status;
} broken[] = {
    {"\"clock_hz\": 100000000", "\"clock_hz\": 0", "clock_hz is 0", ZS_ERANGE},
    {"\"batch\": 1,", "\"batch\": -1,", "-1 is outside 0 .. 4294967295", ZS_ERANGE},
    {"\"batch\": 1,", "\"batch\": \"1\",", "batch is not a whole number", ZS_EPARSE},
    {"\"batch\": 1,", "", "batch is missing", ZS_EPARSE},
    {"\"fits\": true", "\"fits\": 1", "fits is neither true nor false", ZS_EPARSE},
    {"\"joules\"", "\"jewels\"", "energy.joules is missing", ZS_EPARSE},
    {"\"op\": \"conv+pool\"", "\"op\": null", "layers[0].op is no text", ZS_EPARSE},
    {"\"limited_by\": \"", "\"limited_by\": \"no", "layers[0].limited_by: ", ZS_EPARSE},
    {"\"start_cycle\": 0", "\"start_cycle\": 7", "layers[0] starts in cycle 7", ZS_EPARSE},
    {"\"top5\": [", "\"top5\": 5, \"x\": [", "outputs[0].top5 is no list", ZS_EPARSE},
    {"\"layers\": [", "\"tiers\": [", "no result of run", ZS_EPARSE},
    {"\"design\": \"", "\"design\": \"a\", \"design\": \"", "duplicate", ZS_EPARSE},
    {"{", "{\"schema_version\": 2, ", "schema_version 2 is above 1", ZS_EUNSUPPORTED},
    {"{", "[", "not JSON", ZS_EPARSE},
};

/* Only the first occurrence counts. */
static char *replaced(const char *text, const char *was, const char *is)
{
    const char *at = strstr(text, was);
    ck_assert_msg(at != NULL, "%s does not occur", was);
    const size_t bytes = strlen(text) + strlen(is) + 1;
    char *out = malloc(bytes);
    snprintf(out, bytes, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
    return out;
}

START_TEST(test_a_file_that_is_no_result_is_refused_with_the_key)
{
    char *text = fixture_text(zs_json_emit, fixture_squeezenet());
    char *bad = replaced(text, broken[_i].was, broken[_i].is);
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    zs_result *out = NULL;
    zs_err err = {0};
    ck_assert_int_eq(read_text(&arena, bad, &out, &err), broken[_i].status);
    ck_assert_msg(strstr(err.text, broken[_i].says) != NULL, "%s", err.text);
    ck_assert_msg(strncmp(err.place, "result.json", 11) == 0, "%s", err.place);
    ck_assert_ptr_null(out);
    zs_arena_drop(&arena);
    free(bad);
    free(text);
}
END_TEST

START_TEST(test_reading_without_memory_says_so_and_leaks_nothing)
{
    char *text = fixture_text(zs_json_emit, fixture_hostile());
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    for (heap.fail_at = 1; status == ZS_ENOMEM; heap.fail_at++) {
        zs_arena arena;
        zs_result *out = NULL;
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = read_text(&arena, text, &out, NULL);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_int_eq(status, ZS_OK);
    ck_assert_uint_gt(heap.fail_at, 2);
    free(text);
}
END_TEST

TCase *tcase_result_read(void)
{
    TCase *tc = tcase_create("result_read");
    tcase_add_test(tc, test_blocks_that_were_not_counted_then_are_none);
    tcase_add_loop_test(tc, test_every_figure_of_a_result_survives_the_file, 0, 2);
    tcase_add_test(tc, test_a_result_read_again_is_written_in_the_same_bytes);
    tcase_add_loop_test(tc, test_a_file_that_is_no_result_is_refused_with_the_key, 0,
                        (int)ZS_LEN(broken));
    tcase_add_test(tc, test_reading_without_memory_says_so_and_leaks_nothing);
    return tc;
}
