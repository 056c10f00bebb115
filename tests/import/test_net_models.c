#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static zs_span file;

static void drop_file(void)
{
    free((void *)(uintptr_t)file.data);
    file = (zs_span){0};
}

static zs_net_spec parse_file(const char *path)
{
    zs_net_spec spec = {0};
    drop_file();
    file = test_read_file(path);
    ck_assert_msg(file.data != NULL, "no file %s", path);
    const zs_status status = zs_net_parse(&arena, file, path, &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    return spec;
}

static const zs_net *build(const zs_net_spec *spec)
{
    zs_net *net;
    ck_assert_msg(zs_net_build(&arena, spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
    return net;
}

/* ---- models/ --------------------------------------------------------------------------------- */

/* Published: YOLOv2 29.47 G operations (darknet), VGG-16 15.47 G (138 357 544 parameters),
 * ResNet-18 1.81 G, MobileNetV1 569 M, AlexNet 724 M, SqueezeNet v1.1 1 235 496 parameters; v1.0
 * and the rest counted by hand from the tables.
 */
static const struct {
    const char *name;
    uint64_t macs, params;
} models[] = {
    {"squeezenet_v1.0", 861339936, 1248424}, {"squeezenet_v1.1", 387747520, 1235496},
    {"alexnet", 724406816, 60965224},        {"lenet5", 2293000, 431080},
    {"vgg16", 15470264320, 138357544},       {"resnet18", 1814073344, 11684712},
    {"mobilenet_v1", 568740352, 4221032},    {"alexnet_group", 332892432, 1167040},
    {"resnet18_convs", 667942912, 4860672},  {"yolov2", 14732084224, 50952553},
};

START_TEST(test_models_have_their_published_work_and_parameters)
{
    char path[64];
    snprintf(path, sizeof path, "models/%s.yaml", models[_i].name);
    const zs_net_spec spec = parse_file(path);
    const zs_net *net = build(&spec);
    ck_assert_str_eq(net->name, models[_i].name);
    ck_assert_uint_eq(zs_net_macs(net), models[_i].macs);
    ck_assert_uint_eq(zs_net_param_elems(net), models[_i].params);
    drop_file();
}
END_TEST

START_TEST(test_the_example_of_the_format_page_builds)
{
    static const char begin[] = "```yaml network\n";
    zs_net_spec spec;
    file = test_read_file("docs/networks.md");
    ck_assert_ptr_nonnull(file.data);
    const char *from = memmem(file.data, file.bytes, begin, strlen(begin));
    ck_assert_ptr_nonnull(from);
    from += strlen(begin);
    const size_t rest = file.bytes - (size_t)((const uint8_t *)from - file.data);
    const char *end = memmem(from, rest, "```", 3);
    ck_assert_ptr_nonnull(end);
    const zs_span block = {(const uint8_t *)from, (size_t)(end - from)};
    ck_assert_msg(zs_net_yaml_parse(&arena, block, "networks.md", &spec, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    ck_assert_uint_gt(zs_net_macs(build(&spec)), 0);
    drop_file();
}
END_TEST

/* ---- reference files ------------------------------------------------------------------------- */

static const struct {
    const char *path;
    uint64_t macs, params;
    zs_shape input; /* for files that leave it open */
} files[] = {
    {"data/models/squeezenet_v1.0.caffemodel", 861339936, 1248424, {0}},
    {"data/models/squeezenet_v1.1.caffemodel", 387747520, 1235496, {0}},
    {"data/models/squeezenet_v1.0.onnx", 861339936, 1248424, {0}},
    {"data/models/squeezenet_v1.1.onnx", 387747520, 1235496, {0}},
    {"data/models/lenet_mnist.caffemodel", 2293000, 431080, {1, 28, 28}},
    {"data/models/lenet_mnist.onnx", 2293000, 431080, {0}},
    {"data/models/cifar10_quick.caffemodel", 12354176, 145578, {3, 32, 32}},
    {"data/models/cifar10_quick.onnx", 12354176, 145578, {0}},
    {"data/models/resnet20_cifar10.onnx", 40813184, 271594, {0}},
    {"data/models/mobilenet_v1_0.25_128.onnx", 13570048, 467336, {0}},
    {"data/models/examples/ex_fire.onnx", 419512, 2205, {0}},
    {"data/models/examples/ex_res.onnx", 1825984, 11880, {0}},
    {"data/models/examples/ex_dw.onnx", 149064, 2918, {0}},
};

START_TEST(test_reference_files_parse_and_build)
{
    const char *path = test_shared(files[_i].path);
    if (path == NULL) {
        test_say_skipped(files[_i].path);
        return;
    }
    zs_net_spec spec = parse_file(path);
    ck_assert((spec.input.shape.c == 0) == (files[_i].input.c != 0));
    if (spec.input.shape.c == 0)
        spec.input.shape = files[_i].input;
    const zs_net *net = build(&spec);
    ck_assert_uint_eq(zs_net_macs(net), files[_i].macs);
    ck_assert_uint_eq(zs_net_param_elems(net), files[_i].params);
    drop_file();
}
END_TEST

/* ---- the same network from three formats ----------------------------------------------------- */

static const struct {
    const char *model, *reference;
} twins[] = {
    {"squeezenet_v1.0", "data/models/squeezenet_v1.0.caffemodel"},
    {"squeezenet_v1.0", "data/models/squeezenet_v1.0.onnx"},
    {"squeezenet_v1.1", "data/models/squeezenet_v1.1.caffemodel"},
    {"squeezenet_v1.1", "data/models/squeezenet_v1.1.onnx"},
    {"lenet5", "data/models/lenet_mnist.onnx"},
};

static void check_same_layer(const zs_layer *a, const zs_layer *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_int_eq(a->op, b->op);
    ck_assert_uint_eq(a->in_n, b->in_n);
    ck_assert_uint_eq(a->groups, b->groups);
    ck_assert_mem_eq(&a->window, &b->window, sizeof a->window);
    ck_assert_mem_eq(&a->x, &b->x, sizeof a->x);
    ck_assert_mem_eq(&a->y, &b->y, sizeof a->y);
    ck_assert_int_eq(a->act.active, b->act.active);
    ck_assert_float_eq(a->act.lo, b->act.lo);
}

START_TEST(test_yaml_models_are_the_graphs_of_the_reference_files)
{
    const char *reference = test_shared(twins[_i].reference);
    char path[64];
    if (reference == NULL) {
        test_say_skipped(twins[_i].reference);
        return;
    }
    const zs_net_spec theirs = parse_file(reference);
    const zs_net *b = build(&theirs);
    snprintf(path, sizeof path, "models/%s.yaml", twins[_i].model);
    const zs_net_spec ours = parse_file(path);
    const zs_net *a = build(&ours);
    ck_assert_uint_eq(a->layer_n, b->layer_n);
    for (uint32_t i = 0; i < a->layer_n; i++)
        check_same_layer(&a->layers[i], &b->layers[i]);
    drop_file();
}
END_TEST

START_TEST(test_weights_of_both_formats_are_equal_to_the_bit)
{
    const char *caffe_path = test_shared("data/models/squeezenet_v1.1.caffemodel");
    if (caffe_path == NULL) {
        test_say_skipped("the comparison of both formats");
        return;
    }
    const zs_net_spec caffe = parse_file(caffe_path);
    const zs_net_spec onnx = parse_file(test_shared("data/models/squeezenet_v1.1.onnx"));
    zs_net_spec ours = parse_file("models/squeezenet_v1.1.yaml");
    ck_assert_int_eq(zs_net_take_weights(&arena, &ours, &caffe, &err), ZS_OK);
    for (uint32_t i = 0; i < ours.layer_n; i++) {
        const zs_layer_spec *a = &ours.layers[i];
        if (a->op != ZS_LAYER_CONV)
            continue;
        const zs_layer_spec *b = net_layer(&onnx, a->name);
        ck_assert_uint_eq(a->weights.n_elems, b->weights.n_elems);
        ck_assert_mem_eq(a->weights.data, b->weights.data, a->weights.n_elems * sizeof(float));
        ck_assert_mem_eq(a->weights.bias, b->weights.bias, a->weights.bias_n * sizeof(float));
    }
    drop_file();
}
END_TEST

/* ---- which format is it? --------------------------------------------------------------------- */

static const struct {
    const char *path, *bytes;
    size_t n;
    const char *text; /* of the error that shows which importer looked */
} formats[] = {
    {"a.yaml", "x: y", 4, "unknown key 'x'"},
    {"a.YML", "x: y", 4, "unknown key 'x'"},
    {"a.onnx", "x: y", 4, "not an ONNX model"},
    {"dir.yaml/a.caffemodel", "x: y", 4, "not a Caffe model"},
    {"a", "x: y", 4, "unknown key 'x'"},
    {"a", "\x08\x07", 2, "not an ONNX model"},
    {"a.bin", "\x0a\x01z\0", 4, "not a Caffe model"},
    {"a.bin", "\xa2\x06\x00", 3, "the net has no input"},
    {"a.bin", "\0\0\0\0", 4, "neither YAML, ONNX, TFLite nor a Caffe model (4 bytes)"},
    {"a.bin", "", 0, "neither YAML, ONNX, TFLite nor a Caffe model (0 bytes)"},
};

START_TEST(test_formats_are_told_by_extension_then_content)
{
    const zs_span bytes = {(const uint8_t *)formats[_i].bytes, formats[_i].n};
    zs_net_spec spec;
    ck_assert_int_ne(zs_net_parse(&arena, bytes, formats[_i].path, &spec, &err), ZS_OK);
    if (strstr(formats[_i].text, "no input") == NULL)
        ck_assert_msg(strstr(err.text, formats[_i].text) != NULL, "%s", err.text);
}
END_TEST

static zs_span packed(const char *text, uint8_t *room, size_t n)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)text,
                  .avail_in = (unsigned)strlen(text),
                  .next_out = room,
                  .avail_out = (unsigned)n};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    n -= z.avail_out;
    deflateEnd(&z);
    return (zs_span){room, n};
}

START_TEST(test_packed_files_are_unpacked)
{
    static const char text[] = "name: packed\ninput: {name: data, shape: [1, 4, 4]}\n"
                               "layers: [{conv: c, out: 2, kernel: 3}]\n";
    uint8_t room[256], changed[256];
    zs_net_spec spec = {0};
    zs_span whole, bytes = packed(text, room, sizeof room);
    ck_assert_msg(zs_net_parse(&arena, bytes, "a.yaml.gz", &spec, &err) == ZS_OK, "%s", err.text);
    ck_assert_str_eq(spec.name, "packed");
    ck_assert(zs_net_has_format("a.ONNX.GZ") && !zs_net_has_format("a.gz"));
    ck_assert_int_eq(zs_gunzip(&arena, bytes, sizeof text - 2, "a", &whole, &err), ZS_ERANGE);
    ck_assert_int_eq(zs_gunzip(&arena, bytes, sizeof text - 1, "a", &whole, &err), ZS_OK);
    ck_assert_uint_eq(whole.bytes, sizeof text - 1);
    for (size_t n = 0; n < bytes.bytes; n++)
        ck_assert_int_ne(zs_gunzip(&arena, (zs_span){room, n}, 1000, "a", &whole, &err), ZS_OK);
    for (size_t i = 0; i < bytes.bytes; i++) { /* sizes that are lies, too */
        memcpy(changed, room, bytes.bytes);
        changed[i] ^= 0x55;
        (void)zs_gunzip(&arena, (zs_span){changed, bytes.bytes}, 1000, "a", &whole, &err);
    }
}
END_TEST

/* Every operator that an importer reads stands in the table of the reference page, and no other. */
START_TEST(test_the_table_of_operators_is_that_of_the_importers)
{
    zs_buffer text;
    zs_buffer_init(&text, test_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    ck_assert_msg(zs_operators_emit(&sink, &err) == ZS_OK, "%s: %s", err.place, err.text);
    zs_buffer_drop(&text);
}
END_TEST

TCase *tcase_net_models(void)
{
    TCase *tc = net_case("net_models");
    tcase_add_loop_test(tc, test_models_have_their_published_work_and_parameters, 0,
                        (int)ZS_LEN(models));
    tcase_add_test(tc, test_the_example_of_the_format_page_builds);
    tcase_add_loop_test(tc, test_reference_files_parse_and_build, 0, (int)ZS_LEN(files));
    tcase_add_loop_test(tc, test_yaml_models_are_the_graphs_of_the_reference_files, 0,
                        (int)ZS_LEN(twins));
    tcase_add_test(tc, test_weights_of_both_formats_are_equal_to_the_bit);
    tcase_add_loop_test(tc, test_formats_are_told_by_extension_then_content, 0,
                        (int)ZS_LEN(formats));
    tcase_add_test(tc, test_packed_files_are_unpacked);
    tcase_add_test(tc, test_the_table_of_operators_is_that_of_the_importers);
    return tc;
}
