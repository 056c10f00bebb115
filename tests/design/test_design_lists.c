#include "design_case.h"

#include <string.h>

START_TEST(test_a_mean_of_three_values_sets_its_planes)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "network.preprocess.mean", "[1, 2.5,3]"), ZS_OK);
    ck_assert_double_eq(c.design.network.preprocess.mean[0], 1.0);
    ck_assert_double_eq(c.design.network.preprocess.mean[1], 2.5);
    ck_assert_double_eq(c.design.network.preprocess.mean[2], 3.0);
    design_case_end(&c);
}
END_TEST

static const struct {
    const char *path, *text;
    uint32_t n;
    const char *items[2];
} given_lists[] = {
    {"network.outputs", "[conv1, \"conv2\"]", 2, {"conv1", "conv2"}},
    {"network.outputs", "[ conv1 ]", 1, {"conv1"}},
    {"network.outputs", "conv1,conv2", 1, {"conv1,conv2"}},
    {"network.outputs", "[]", 0, {0}},
    {"network.outputs", "['a,]", 2, {"'a", ""}},
};

START_TEST(test_a_list_is_given_as_yaml_writes_it)
{
    design_case c;
    const char *const *items;
    design_case_start(&c);
    const zs_status status = design_case_set(&c, given_lists[_i].path, given_lists[_i].text);
    if (given_lists[_i].n > 0 && given_lists[_i].items[given_lists[_i].n - 1][0] == '\0')
        ck_assert_int_eq(status, ZS_EPARSE);
    else {
        ck_assert_int_eq(status, ZS_OK);
        ck_assert_uint_eq(zs_design_list(&c.design, given_lists[_i].path, &items),
                          given_lists[_i].n);
        for (uint32_t i = 0; i < given_lists[_i].n; i++)
            ck_assert_str_eq(items[i], given_lists[_i].items[i]);
    }
    design_case_end(&c);
}
END_TEST

START_TEST(test_cuts_and_boards_are_lists_with_commas)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "pipeline.cut", "[pool1, conv2]"), ZS_OK);
    ck_assert_str_eq(c.design.pipeline.cut, "pool1,conv2");
    ck_assert_int_eq(design_case_set(&c, "pipeline.cut", "auto:3"), ZS_OK);
    ck_assert_str_eq(c.design.pipeline.cut, "auto:3");
    ck_assert_int_eq(design_case_set(&c, "pipeline.cut", "[]"), ZS_OK);
    ck_assert_str_eq(c.design.pipeline.cut, "");
    design_case_end(&c);
}
END_TEST

START_TEST(test_one_scale_is_that_of_all_planes)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "network.preprocess.scale", "0.0078125"), ZS_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(c.design.network.preprocess.scale[i], 0.0078125);
    design_case_end(&c);
}
END_TEST

START_TEST(test_an_input_shape_is_channels_height_width)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "network.input_shape", "3,227,228"), ZS_OK);
    ck_assert_uint_eq(c.design.network.input_c, 3);
    ck_assert_uint_eq(c.design.network.input_h, 227);
    ck_assert_uint_eq(c.design.network.input_w, 228);
    design_case_end(&c);
}
END_TEST

static const struct {
    const char *path, *text, *part;
} bad[] = {
    {"network.input_shape", "3", "1 values, but it takes 3"},
    {"network.input_shape", "3,227", "2 values, but it takes 3"},
    {"network.input_shape", "1,3,227,227", "4 values, but it takes 3"},
    {"network.input_shape", "3,227,", "'' is not a number"},
    {"network.preprocess.mean", "1,2", "2 values, but it takes 1 or 3"},
    {"network.preprocess.mean", "1,2,x", "'x' is not a number"},
    {"network.preprocess.mean", "", "'' is not a number"},
    {"network.preprocess.scale", "1,2,3,4,5,6,7", "takes 1 or 3"},
    {"network.input", "", "at least one input is needed"},
};

START_TEST(test_a_wrong_list_changes_nothing)
{
    design_case c;
    design_case_start(&c);
    const zs_design before = c.design;
    ck_assert_int_ne(design_case_set(&c, bad[_i].path, bad[_i].text), ZS_OK);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "'%s' in: %s", bad[_i].part,
                  c.err.text);
    ck_assert_mem_eq(&before, &c.design, sizeof before);
    design_case_end(&c);
}
END_TEST

START_TEST(test_several_inputs_keep_their_order)
{
    design_case c;
    char first[] = "a.png";
    const char *const names[] = {first, "b.npy", "c.JPEG"};
    design_case_start(&c);
    ck_assert_int_eq(zs_design_set_list(&c.design, &c.arena, "network.input", names, 3, &c.err),
                     ZS_OK);
    first[0] = 'x';
    ck_assert_uint_eq(c.design.network.input_n, 3);
    ck_assert_str_eq(c.design.network.input, "a.png");
    ck_assert_str_eq(c.design.network.inputs[0], "a.png");
    ck_assert_str_eq(c.design.network.inputs[2], "c.JPEG");
    ck_assert_uint_eq(c.design.network.calibration_n, 0);
    design_case_end(&c);
}
END_TEST

START_TEST(test_one_input_replaces_several)
{
    design_case c;
    const char *const names[] = {"a.png", "b.npy"};
    design_case_start(&c);
    ck_assert_int_eq(zs_design_set_list(&c.design, &c.arena, "network.input", names, 2, &c.err),
                     ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "network.input", "c.ppm"), ZS_OK);
    ck_assert_uint_eq(c.design.network.input_n, 1);
    ck_assert_str_eq(c.design.network.inputs[0], "c.ppm");
    design_case_end(&c);
}
END_TEST

START_TEST(test_calibration_can_be_taken_back)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "network.calibration", "a.png"), ZS_OK);
    ck_assert_uint_eq(c.design.network.calibration_n, 1);
    ck_assert_str_eq(c.design.network.calibrations[0], "a.png");
    ck_assert_int_eq(design_case_set(&c, "network.calibration", ""), ZS_OK);
    ck_assert_uint_eq(c.design.network.calibration_n, 0);
    ck_assert_str_eq(c.design.network.calibration, "");
    design_case_end(&c);
}
END_TEST

START_TEST(test_empty_entries_and_lists_elsewhere_are_refused)
{
    design_case c;
    const char *const names[] = {"a.png", ""};
    design_case_start(&c);
    ck_assert_int_eq(zs_design_set_list(&c.design, &c.arena, "network.input", names, 2, &c.err),
                     ZS_EPARSE);
    ck_assert_str_eq(c.err.text, "entry 2 of the list is empty");
    ck_assert_int_eq(zs_design_set_list(&c.design, &c.arena, "batch", names, 2, &c.err), ZS_EPARSE);
    ck_assert_str_eq(c.err.text, "a list of 2, but it takes one value");
    ck_assert(zs_design_takes_list("network.input"));
    ck_assert(zs_design_takes_list("network.preprocess.mean"));
    ck_assert(!zs_design_takes_list("batch"));
    design_case_end(&c);
}
END_TEST

START_TEST(test_groups_are_copied_and_a_word_drops_them)
{
    design_case c;
    char name[] = "conv1";
    const char *const first[] = {name, "pool1"}, *const second[] = {"fire2"};
    const zs_name_list groups[] = {{first, 2, NULL}, {second, 1, NULL}};
    design_case_start(&c);
    ck_assert_int_eq(zs_design_set_groups(&c.design, &c.arena, groups, 2, &c.err), ZS_OK);
    name[0] = 'x';
    ck_assert_uint_eq(c.design.accel.fusion, ZS_FUSION_GROUPS);
    ck_assert_uint_eq(c.design.accel.group_n, 2);
    ck_assert_str_eq(c.design.accel.groups[0].names[0], "conv1");
    ck_assert_int_eq(design_case_set(&c, "accelerator.fusion", "groups"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.group_n, 2);
    ck_assert_int_eq(design_case_set(&c, "accelerator.fusion", "none"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.group_n, 0);
    ck_assert_ptr_null(c.design.accel.groups);
    design_case_end(&c);
}
END_TEST

START_TEST(test_groups_are_set_by_the_text_of_a_file)
{
    static const char *const wrong[] = {"[conv1, pool1]", "[[conv1], pool1]", "[[conv1]] ]",
                                        "[[conv1]"};
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(
        design_case_set(&c, "accelerator.fusion", "[[conv1, \"pool1\"], [fire2/squeeze]]"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.fusion, ZS_FUSION_GROUPS);
    ck_assert_uint_eq(c.design.accel.group_n, 2);
    ck_assert_uint_eq(c.design.accel.groups[0].n, 2);
    ck_assert_str_eq(c.design.accel.groups[0].names[1], "pool1");
    ck_assert_str_eq(c.design.accel.groups[1].names[0], "fire2/squeeze");
    for (size_t i = 0; i < ZS_LEN(wrong); i++) {
        ck_assert_int_eq(design_case_set(&c, "accelerator.fusion", wrong[i]), ZS_EPARSE);
        ck_assert_msg(strstr(c.err.text, "it is written [[conv1, pool1], [conv2]]") != NULL, "%s",
                      c.err.text);
    }
    ck_assert_uint_eq(c.design.accel.group_n, 2);
    design_case_end(&c);
}
END_TEST

START_TEST(test_quoted_names_of_a_list_may_have_commas_and_brackets)
{
    static const char *const names[] = {"a, b", "c]", "d'e", "f\"g\\", "'h", "i'j"};
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.fusion",
                                     "[['a, b', \"c]\" , 'd''e'],[\"f\\\"g\\\\\", 'h, i'j]]"),
                     ZS_OK);
    ck_assert_uint_eq(c.design.accel.group_n, 2);
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(c.design.accel.groups[i / 3].names[i % 3], names[i]);
    ck_assert_int_eq(design_case_set(&c, "network.outputs", "['a, b', \"c]\"]"), ZS_OK);
    ck_assert_uint_eq(c.design.network.output_n, 2);
    ck_assert_str_eq(c.design.network.outputs[0], "a, b");
    ck_assert_str_eq(c.design.network.outputs[1], "c]");
    ck_assert_int_eq(design_case_set(&c, "network.outputs", "[a]b, c]"), ZS_EPARSE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "has a bracket within"));
    design_case_end(&c);
}
END_TEST

START_TEST(test_groups_without_a_list_are_refused)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.fusion", "groups"), ZS_EPARSE);
    ck_assert_uint_eq(c.design.accel.fusion, ZS_FUSION_LF2);
    design_case_end(&c);
}
END_TEST

static zs_status set_everything(zs_arena *arena, zs_design *d, zs_err *err)
{
    const char *const names[] = {"a.png", "b.npy"};
    const zs_name_list groups[] = {{names, 2, NULL}};
    ZS_TRY(zs_design_set(d, arena, "network.model", "mine.onnx", err));
    ZS_TRY(zs_design_set(d, arena, "network.preprocess.mean", "1,2,3", err));
    ZS_TRY(zs_design_set_list(d, arena, "network.calibration", names, 2, err));
    return zs_design_set_groups(d, arena, groups, 1, err);
}

START_TEST(test_every_failed_allocation_is_reported_and_nothing_leaks)
{
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    for (heap.fail_at = 1; status != ZS_OK; heap.fail_at++) {
        zs_arena arena;
        zs_design d;
        zs_err err = {.status = ZS_OK};
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        zs_design_defaults(&d);
        status = set_everything(&arena, &d, &err);
        ck_assert(status == ZS_OK || status == ZS_ENOMEM);
        ck_assert_int_eq(err.status, status);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_uint_gt(heap.fail_at, 2);
}
END_TEST

TCase *tcase_lists(void)
{
    TCase *tc = tcase_create("lists");
    tcase_add_test(tc, test_a_mean_of_three_values_sets_its_planes);
    tcase_add_loop_test(tc, test_a_list_is_given_as_yaml_writes_it, 0, ZS_LEN(given_lists));
    tcase_add_test(tc, test_cuts_and_boards_are_lists_with_commas);
    tcase_add_test(tc, test_one_scale_is_that_of_all_planes);
    tcase_add_test(tc, test_an_input_shape_is_channels_height_width);
    tcase_add_loop_test(tc, test_a_wrong_list_changes_nothing, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_several_inputs_keep_their_order);
    tcase_add_test(tc, test_one_input_replaces_several);
    tcase_add_test(tc, test_calibration_can_be_taken_back);
    tcase_add_test(tc, test_empty_entries_and_lists_elsewhere_are_refused);
    tcase_add_test(tc, test_groups_are_copied_and_a_word_drops_them);
    tcase_add_test(tc, test_groups_are_set_by_the_text_of_a_file);
    tcase_add_test(tc, test_quoted_names_of_a_list_may_have_commas_and_brackets);
    tcase_add_test(tc, test_groups_without_a_list_are_refused);
    tcase_add_test(tc, test_every_failed_allocation_is_reported_and_nothing_leaks);
    return tc;
}
