#include "designio_case.h"
#include "zynqsim/report.h"

#include <string.h>
#include <jansson.h>

/* Everything an emitter writes, as a text in the arena; "" on failure. */
static const char *emitted(zs_arena *arena, zs_status (*emit)(const zs_sink *, zs_err *))
{
    zs_buffer buffer;
    zs_err err;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    const zs_status status = emit(&sink, &err);
    const char *text =
        status == ZS_OK ? zs_arena_strndup(arena, (const char *)buffer.data, buffer.bytes) : "";
    zs_buffer_drop(&buffer);
    return text;
}

static const test_file files[] = {{"odd.yaml", "base: zybo\ndsp: 61\n"}, {NULL, NULL}};

static const char *const designs[] = {
    "",
    "board: pynq-z1\nbatch: 7\n",
    "board: odd.yaml\n",
    "board: {base: zedboard, name: 'my \"board\"'}\n",
    "name: \"a: #b\\\\ \\\"c\\\" \\t\\x01 \xc3\xa9 - [x]\"\nnetwork: {labels: 'yes', model: '~'}\n",
    "name: \"\\x84 \\x85 \\u2028 \\u2029 \\u202E \\uFEFF \\uFFFD \\U0001F600 \\u00FF\"\n",
    "network: {input: [a, 'b, c', \"d]\"], calibration: [e, f], input_shape: [1, 28, 28]}\n",
    "network: {calibration: e, preprocess: {mean: [0.1, -3e-5, 1e6], scale: 0.01712475383166}}\n",
    "accelerator: {clock: 142857142, fusion: [[conv1, pool1], ['fire2/a, b']], pipeline: off}\n",
    "accelerator: {precision: model}\nlayers: {conv1: {precision: model}}\n",
    "board: {cpu: {call_overhead: 14.3 us}, memory: {clock_period: 1905}, power: {ps: 1e-3}}\n",
};

START_TEST(test_a_shown_design_reads_back_the_same)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, designs[_i], files) == ZS_OK, "%s: %s", c.err.place,
                  c.err.text);
    const zs_design first = c.design;
    const char *text = designio_shown(&c.arena, &first);
    ck_assert_msg(designio_parse(&c, text, files) == ZS_OK, "%s: %s", c.err.place, c.err.text);
    ck_assert_str_eq(designio_shown(&c.arena, &c.design), text);
    ck_assert_mem_eq(&first.board.memory, &c.design.board.memory, sizeof first.board.memory);
    ck_assert_mem_eq(&first.board.cpu, &c.design.board.cpu, sizeof first.board.cpu);
    ck_assert_str_eq(first.name, c.design.name);
    ck_assert_str_eq(first.board_name, c.design.board_name);
    ck_assert_str_eq(first.board.device, c.design.board.device);
    ck_assert_uint_eq(first.network.input_n, c.design.network.input_n);
    for (uint32_t i = 0; i < first.network.input_n; i++)
        ck_assert_str_eq(first.network.inputs[i], c.design.network.inputs[i]);
    ck_assert_uint_eq(first.network.calibration_n, c.design.network.calibration_n);
    ck_assert_uint_eq(first.accel.group_n, c.design.accel.group_n);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_layer_is_shown_with_the_precision_that_it_was_given)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c,
                                    "accelerator: {precision: model}\n"
                                    "layers: {conv1: {precision: model}}\n",
                                    NULL),
                     ZS_OK);
    ck_assert_int_eq(zs_design_check(&c.design, &c.err), ZS_OK);
    ck_assert_ptr_nonnull(
        strstr(designio_shown(&c.arena, &c.design), "\"conv1\": {precision: model}\n"));
    ck_assert_int_eq(zs_design_set(&c.design, &c.arena, "layers.conv1.precision", "int8", &c.err),
                     ZS_OK);
    ck_assert_int_eq(zs_design_check(&c.design, &c.err), ZS_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(c.err.text, "of 'conv1' is int8 and the engine's model"));
    designio_end(&c);
}
END_TEST

START_TEST(test_a_shown_design_names_units_and_sources)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, "", NULL), ZS_OK);
    const char *text = designio_shown(&c.arena, &c.design);
    ck_assert_ptr_nonnull(strstr(text, "\naccelerator:\n  kind: tiled"));
    ck_assert_ptr_nonnull(strstr(text, "\n  clock: 100 MHz"));
    ck_assert_ptr_nonnull(strstr(text, "\n  tile:\n    oc: 32 "));
    ck_assert_ptr_nonnull(strstr(text, "\nboard:\n  name: \"zybo-7020-256k\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "    t_rcd: 7 "));
    ck_assert_ptr_nonnull(
        strstr(text, "# DDR cycles: activate to column command [V board preset]"));
    designio_end(&c);
}
END_TEST

START_TEST(test_the_reference_page_has_every_key_word_and_board)
{
    designio_case c;
    designio_start(&c);
    const char *text = emitted(&c.arena, zs_fields_markdown_emit);
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        const char *row = zs_arena_printf(&c.arena, "| `%s` |", zs_field_at(i)->path);
        ck_assert_msg(strstr(text, row) != NULL, "%s", row);
        for (uint32_t w = 0; w < zs_field_at(i)->word_n; w++)
            ck_assert_ptr_nonnull(
                strstr(text, zs_arena_printf(&c.arena, "- `%s`: ", zs_field_at(i)->words[w].word)));
    }
    for (uint32_t i = 0; i < zs_board_n; i++)
        ck_assert_ptr_nonnull(
            strstr(text, zs_arena_printf(&c.arena, "\n`%s`: ", zs_boards[i].name)));
    ck_assert_ptr_nonnull(
        strstr(text, "| `accelerator.clock` | 100 MHz | Hz | 1 MHz … 500 MHz | PL clock |"));
    designio_end(&c);
}
END_TEST

/* The type that the schema has for a path; NULL when the nesting is not there. */
static const json_t *schema_of(const json_t *root, const char *path)
{
    const json_t *at = root;
    char part[64];
    while (at != NULL && *path != '\0') {
        const size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        const json_t *properties = json_object_get(at, "properties");
        if (properties == NULL) /* a section with a short form */
            properties =
                json_object_get(json_array_get(json_object_get(at, "anyOf"), 0), "properties");
        at = json_object_get(properties, part);
        path += n + (path[n] == '.');
    }
    return at;
}

static void check_schema_of(const json_t *root, const zs_field *f)
{
    const json_t *type = schema_of(root, f->path);
    ck_assert_msg(type != NULL, "%s", f->path);
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_object_get(type, "description")), f->meaning));
    ck_assert_ptr_nonnull(json_object_get(type, "default"));
    const json_t *ways = json_object_get(type, "anyOf");
    const json_t *plain = ways ? json_array_get(ways, 0) : type;
    if (f->type == ZS_FIELD_U32 || f->type == ZS_FIELD_U64 || f->type == ZS_FIELD_F64) {
        ck_assert_double_eq(json_number_value(json_object_get(plain, "minimum")), f->min);
        ck_assert_double_eq(json_number_value(json_object_get(plain, "maximum")), f->max);
    } else if (f->type == ZS_FIELD_ENUM) {
        const bool groups = strcmp(f->path, "accelerator.fusion") == 0;
        /* words of its own */
        const uint32_t more = strcmp(f->path, "accelerator.precision") == 0 ? 1 + ZS_NARROW_N : 0;
        ck_assert_uint_eq(json_array_size(json_object_get(plain, "enum")),
                          f->word_n - groups + more);
    }
}

START_TEST(test_the_schema_has_every_key_with_its_limits)
{
    designio_case c;
    json_error_t error;
    designio_start(&c);
    json_t *root = json_loads(emitted(&c.arena, zs_schema_emit), 0, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    ck_assert_str_eq(json_string_value(json_object_get(root, "$schema")),
                     "https://json-schema.org/draft/2020-12/schema");
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++)
        check_schema_of(root, zs_field_at(i));
    ck_assert(json_is_false(json_object_get(root, "additionalProperties")));
    ck_assert_ptr_nonnull(schema_of(root, "extends"));
    ck_assert_ptr_nonnull(schema_of(root, "board.base"));
    ck_assert_ptr_nonnull(schema_of(root, "network.preprocess.mean"));
    ck_assert_ptr_null(schema_of(root, "accelerator.tile.oq"));
    json_decref(root);
    designio_end(&c);
}
END_TEST

/* A disk that fills up after some writes. */
static zs_status full(void *ctx, const void *data, size_t bytes)
{
    int *left = ctx;
    (void)data;
    (void)bytes;
    return (*left)-- > 0 ? ZS_OK : ZS_EIO;
}

START_TEST(test_a_full_disk_is_reported_by_every_emitter)
{
    zs_design d;
    zs_design_defaults(&d);
    for (int writes = 0; writes < 40; writes++) {
        zs_err err = {.status = ZS_OK};
        int left = writes;
        const zs_sink sink = {.write = full, .ctx = &left};
        ck_assert_int_eq(zs_design_yaml_emit(&d, &sink, &err), ZS_EIO);
        ck_assert_int_eq(err.status, ZS_EIO);
        left = writes;
        ck_assert_int_eq(zs_fields_markdown_emit(&sink, &err), ZS_EIO);
        left = writes;
        ck_assert_int_eq(zs_schema_emit(&sink, &err), ZS_EIO);
    }
}
END_TEST

TCase *tcase_design_show(void)
{
    TCase *tc = tcase_create("showing designs");
    tcase_add_loop_test(tc, test_a_shown_design_reads_back_the_same, 0, ZS_LEN(designs));
    tcase_add_test(tc, test_a_layer_is_shown_with_the_precision_that_it_was_given);
    tcase_add_test(tc, test_a_shown_design_names_units_and_sources);
    tcase_add_test(tc, test_the_reference_page_has_every_key_word_and_board);
    tcase_add_test(tc, test_the_schema_has_every_key_with_its_limits);
    tcase_add_test(tc, test_a_full_disk_is_reported_by_every_emitter);
    return tc;
}
