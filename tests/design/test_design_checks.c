#include "design_case.h"

#include <string.h>

/* One or two settings that are each within limits, but not together. */
static const struct {
    const char *path[2], *text[2];
    const char *place, *part;
} bad[] = {
    {{"board.memory.row_bytes"}, {"3000"}, "board.memory.row_bytes", "3000 is not a power of two"},
    {{"board.memory.banks"}, {"6"}, "board.memory.banks", "6 is not a power of two"},
    {{"board.memory.bus"}, {"3"}, "board.memory.bus", "3 is not a power of two"},
    {{"board.memory.bytes"}, {"1048577"}, "board.memory.bytes", "not a multiple of 32768"},
    {{"board.memory.t_ras"}, {"6"}, "board.memory.t_rcd", "7 is above board.memory.t_ras"},
    {{"board.memory.t_faw"}, {"5"}, "board.memory.t_rrd", "6 is above board.memory.t_faw"},
    {{"board.memory.queue"}, {"4"}, "board.memory.write_batch", "8 is above board.memory.queue"},
    {{"board.memory.t_refi"}, {"167"}, "board.memory.t_rfc", "leave nothing"},
    {{"board.memory.t_refi"}, {"401"}, "board.memory.t_refi", "these timings need at least 402"},
    {{"board.axi.hp.width"}, {"6"}, "board.axi.hp.width", "6 is not a power of two"},
    {{"board.axi.hp1.width"}, {"6"}, "board.axi.hp1.width", "6 is not a power of two"},
    {{"board.axi.hp3.width"}, {"2"}, "board.axi.hp3.width", "2 is below the minimum 4 B of a port"},
    {{"board.axi.acp.width"}, {"7"}, "board.axi.acp.width", "7 is not a power of two"},
    {{"board.axi.gp.width"}, {"5"}, "board.axi.gp.width", "5 is not a power of two"},
    {{"name"}, {""}, "name", "empty"},
    {{"network.model"}, {""}, "network.model", "empty"},
    {{"network.weights"}, {""}, "network.weights", "empty"},
    {{"network.weights"}, {"synthetic:x"}, "network.weights", "needs a seed"},
    {{"network.input"}, {"synthetic:"}, "network.input", "needs a seed"},
    {{"network.calibration"}, {"synthetic:-1"}, "network.calibration", "needs a seed"},
    {{"network.input_shape.h"}, {"227"}, "network.input_shape", "give both or neither"},
    {{"network.preprocess.crop", "network.preprocess.resize"},
     {"300", "256"},
     "network.preprocess.crop",
     "300 is larger than the resized image of 256 pixels"},
    {{"accelerator.tile.fill"}, {"true"}, "accelerator.tile.fill", "buffer.weight, which is 0"},
    {{"board.m20k"}, {"5"}, "board.m20k", "devices of family 7-series have no such block"},
    {{"board.family", "board.lut"}, {"stratix-10", "9"}, "board.lut", "family Stratix 10"},
    {{"network.preprocess.scale1"}, {"0"}, "network.preprocess.scale", "erase plane 1"},
};

START_TEST(test_settings_that_contradict_each_other_are_named)
{
    design_case c;
    design_case_start(&c);
    for (int i = 0; i < 2 && bad[_i].path[i] != NULL; i++)
        ck_assert_msg(design_case_set(&c, bad[_i].path[i], bad[_i].text[i]) == ZS_OK, "%s",
                      c.err.text);
    ck_assert_int_ne(zs_design_check(&c.design, &c.err), ZS_OK);
    ck_assert_str_eq(c.err.place, bad[_i].place);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "'%s' in: %s", bad[_i].part,
                  c.err.text);
    design_case_end(&c);
}
END_TEST

/* Unusual, but they mean something. */
static const struct {
    const char *path, *text;
} fine[] = {
    {"accelerator.unroll.oc", "64"}, /* more lanes than the tile has channels */
    {"board.memory.t_refi", "0"},    /* no refresh */
    {"board.memory.t_refi", "402"},
    {"board.memory.t_ras", "7"},
    {"network.preprocess.crop", "256"},
    {"network.weights", "synthetic:18446744073709551615"},
    {"network.input", "synthetic_picture.png"},
};

START_TEST(test_unusual_settings_pass)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(zs_design_check(&c.design, &c.err), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, fine[_i].path, fine[_i].text), ZS_OK);
    ck_assert_msg(zs_design_check(&c.design, &c.err) == ZS_OK, "%s: %s", c.err.place, c.err.text);
    design_case_end(&c);
}
END_TEST

static const char *const names[] = {"a", "b", "c", "b"};
static const struct {
    zs_name_list groups[2];
    uint32_t n;
    const char *part; /* NULL: fine */
} groupings[] = {
    {{{names, 2, NULL}, {names + 2, 1, NULL}}, 2, NULL},
    {{{names, 2, NULL}, {names + 2, 2, NULL}}, 2, "layer 'b' is listed twice"},
    {{{names, 4, NULL}}, 1, "layer 'b' is listed twice"},
    {{{names, 1, NULL}, {names, 0, NULL}}, 2, "group 2 is empty"},
    {{{names, 0, NULL}}, 0, "the list of groups is empty"},
};

START_TEST(test_groups_name_every_layer_once)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(
        zs_design_set_groups(&c.design, &c.arena, groupings[_i].groups, groupings[_i].n, &c.err),
        ZS_OK);
    const zs_status status = zs_design_check(&c.design, &c.err);
    ck_assert_int_eq(status, groupings[_i].part ? ZS_EPARSE : ZS_OK);
    if (groupings[_i].part != NULL)
        ck_assert_str_eq(c.err.text, groupings[_i].part);
    design_case_end(&c);
}
END_TEST

TCase *tcase_design_checks(void)
{
    TCase *tc = tcase_create("checks");
    tcase_add_loop_test(tc, test_settings_that_contradict_each_other_are_named, 0, ZS_LEN(bad));
    tcase_add_loop_test(tc, test_unusual_settings_pass, 0, ZS_LEN(fine));
    tcase_add_loop_test(tc, test_groups_name_every_layer_once, 0, ZS_LEN(groupings));
    return tc;
}
