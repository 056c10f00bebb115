#include "cases.h"
#include "onnx_writer.h"

#include <string.h>

/* A convolution of two 1 x 1 kernels over 3 channels whose weights `v` lie in another file. */
static wire model_of(const char *location, const char *offset, const char *length)
{
    static const int64_t dims[4] = {2, 3, 1, 1};
    const char *const entries[][2] = {
        {"location", location}, {"offset", offset}, {"length", length}};
    wire graph = {.n = 0}, tensor = onnx_tensor("v", ONNX_FLOAT, 4, dims);
    for (size_t i = 0; i < ZS_LEN(entries); i++) {
        wire entry = {.n = 0};
        if (entries[i][1] == NULL)
            continue;
        wire_text(&entry, 1, entries[i][0]);
        wire_text(&entry, 2, entries[i][1]);
        wire_message(&tensor, 13, &entry);
    }
    wire_uint(&tensor, 14, 1);
    onnx_input(&graph, "x", 4);
    onnx_init(&graph, &tensor);
    onnx_node(&graph, "Conv", "n", "x v", "y", NULL);
    onnx_output(&graph, "y");
    return onnx_model(&graph, 13);
}

static const float file[8] = {9, 8, 7, 6, 5, 4, 3, 2};

static zs_status get(void *ctx, const char *name, const char *from, zs_span *bytes,
                     const char **path, zs_err *error)
{
    ck_assert_str_eq(from, "t.onnx");
    ++*(int *)ctx;
    if (strcmp(name, "w.bin") != 0)
        return zs_fail(error, ZS_EIO, name, "is not there");
    *bytes = (zs_span){.data = (const uint8_t *)file, .bytes = sizeof file};
    *path = name;
    return ZS_OK;
}

static zs_status parse(const wire *model, zs_net_spec *spec)
{
    int calls = 0;
    const zs_fetch fetch = {.get = get, .ctx = &calls};
    const zs_net_parts parts = {.fetch = &fetch};
    const zs_status status =
        zs_net_parse_parts(&arena, wire_span(model), "t.onnx", &parts, spec, &err);
    ck_assert_int_le(calls, 1);
    return status;
}

START_TEST(test_weights_are_taken_from_their_file)
{
    zs_net_spec spec = {0};
    const wire all = model_of("w.bin", NULL, "24"), later = model_of("w.bin", "8", NULL);
    ck_assert_int_eq(parse(&all, &spec), ZS_OK);
    ck_assert_mem_eq(spec.layers[0].weights.data, file, 24);
    ck_assert_ptr_null(spec.note);
    ck_assert_int_eq(parse(&later, &spec), ZS_OK);
    ck_assert_mem_eq(spec.layers[0].weights.data, file + 2, 24);
}
END_TEST

START_TEST(test_weights_of_a_missing_file_are_synthetic)
{
    zs_net_spec spec = {0};
    const wire model = model_of("other.bin", "4096", "24");
    ck_assert_int_eq(parse(&model, &spec), ZS_OK);
    ck_assert_uint_eq(spec.layers[0].weights.n_elems, 6);
    ck_assert_ptr_nonnull(strstr(spec.note, "'other.bin', which is not there"));
}
END_TEST

static const struct {
    const char *location, *offset, *length, *text;
} refused[] = {
    {"w.bin", "12", "24", "takes 24 bytes from 12 on of 'w.bin', which has 32"},
    {"w.bin", "40", NULL, "from 40 on of 'w.bin'"},
    {"w.bin", "0", "20", "data for 5 elements, but its dimensions say 6"},
    {"w.bin", "-4", NULL, "offset '-4' of a tensor is no number"},
    {"/etc/passwd", NULL, NULL, "a file of another folder"},
    {"a/../../w.bin", NULL, NULL, "a file of another folder"},
};

START_TEST(test_what_lies_beyond_the_file_is_refused)
{
    zs_net_spec spec = {0};
    const wire model = model_of(refused[_i].location, refused[_i].offset, refused[_i].length);
    ck_assert_int_eq(parse(&model, &spec), ZS_EPARSE);
    ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "%s", err.text);
}
END_TEST

TCase *tcase_net_external(void)
{
    TCase *tc = net_case("net_external");
    tcase_add_test(tc, test_weights_are_taken_from_their_file);
    tcase_add_test(tc, test_weights_of_a_missing_file_are_synthetic);
    tcase_add_loop_test(tc, test_what_lies_beyond_the_file_is_refused, 0, (int)ZS_LEN(refused));
    return tc;
}
