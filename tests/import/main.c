#include "cases.h"

#include <string.h>

zs_arena arena;
zs_err err;

void net_setup(void)
{
    err = (zs_err){0};
    zs_arena_init(&arena, test_heap());
}

void net_teardown(void)
{
    zs_arena_drop(&arena);
}

TCase *net_case(const char *name)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, net_setup, net_teardown);
    return tc;
}

const zs_layer_spec *net_layer(const zs_net_spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->layer_n; i++)
        if (strcmp(spec->layers[i].name, name) == 0)
            return &spec->layers[i];
    ck_abort_msg("no layer '%s' in %s", name, spec->name);
    return NULL;
}

void net_expect_error(net_parser parse, zs_span bytes, const char *path, zs_status status,
                      const char *place, const char *text)
{
    zs_net_spec spec = {.layer_n = 77};
    const zs_status got = parse(&arena, bytes, path, &spec, &err);
    ck_assert_msg(got == status, "status %d instead of %d: %s: %s", got, status, err.place,
                  err.text);
    ck_assert_int_eq(err.status, status);
    ck_assert_msg(strstr(err.place, place) != NULL, "place '%s' lacks '%s'", err.place, place);
    ck_assert_msg(strstr(err.text, text) != NULL, "text '%s' lacks '%s'", err.text, text);
    ck_assert_uint_eq(spec.layer_n, 77);
}

void net_expect_prefixes_fail(net_parser parse, zs_span bytes, const char *path)
{
    zs_net_spec spec;
    ck_assert_int_eq(parse(&arena, bytes, path, &spec, &err), ZS_OK);
    for (size_t n = 0; n < bytes.bytes; n++) {
        zs_span cut = {.data = bytes.data, .bytes = n};
        ck_assert_msg(parse(&arena, cut, path, &spec, &err) != ZS_OK, "%zu bytes were enough", n);
        ck_assert_str_ne(err.text, "");
        zs_arena_reset(&arena);
    }
}

void net_expect_nomem(net_parser parse, zs_span bytes, const char *path, uint64_t requests_min)
{
    zs_net_spec spec;
    zs_status status = ZS_ENOMEM;
    uint64_t n = 0;
    while (status == ZS_ENOMEM) {
        test_heap_state state = {.fail_at = ++n};
        zs_arena small;
        zs_arena_init(&small, test_counting_heap(&state));
        status = parse(&small, bytes, path, &spec, &err);
        zs_arena_drop(&small);
        ck_assert_int_eq(state.live_blocks, 0);
        ck_assert_int_eq(err.status, ZS_ENOMEM);
    }
    ck_assert_int_eq(status, ZS_OK);
    ck_assert_uint_gt(n, requests_min);
}

int main(void)
{
    TCase *(*const cases[])(void) = {
        tcase_net_onnx,
        tcase_net_onnx_ops,
        tcase_net_onnx_values,
        tcase_net_onnx_integers,
        tcase_net_onnx_indexed,
        tcase_net_onnx_tensors,
        tcase_net_onnx_einsum,
        tcase_net_inputs,
        tcase_net_caffe,
        tcase_net_caffe_layers,
        tcase_net_external,
        tcase_net_darknet,
        tcase_net_tflite,
        tcase_net_yaml,
        tcase_net_caffe_general,
        tcase_net_weights,
        tcase_net_models,
        tcase_image_sets,
        tcase_table,
        tcase_reference,
        tcase_result_json,
        tcase_builds,
        tcase_utilization,
        tcase_baseline_read,
        tcase_csv_line,
    };
    return test_main("import", cases, ZS_LEN(cases));
}
