#include "designio_case.h"
#include "tiled.h"

#include <stdio.h>
#include <string.h>

static const test_file files[] = {
    {"base.yaml", "name: base\nbatch: 3\naccelerator: {clock: 150 MHz, tile: {oc: 48}}\n"},
    {"mid.yaml", "extends: base.yaml\nbatch: 5\nboard: pynq-z1\n"},
    {"self.yaml", "extends: self.yaml\n"},
    {"ring1.yaml", "extends: ring2.yaml\n"},
    {"ring2.yaml", "extends: ring1.yaml\n"},
    {"broken.yaml", "batch: 2\nclok: 3\n"},
    {"a.yaml", "batch: 1\n"},
    {"back.yaml", "extends: a.yaml\n"},
    {"my-board.yaml", "base: zybo\ndsp: 60\nmemory: {t_rrd: 5}\n"},
    {"named-board.yaml", "name: workbench\nbram18: 99\n"},
    {"deep-board.yaml", "base: my-board.yaml\nlut: 1000\n"},
    {"ring-board.yaml", "base: ring-board.yaml\n"},
    {"bad-board.yaml", "accelerator: {clock: 1 MHz}\n"},
    {NULL, NULL},
};

START_TEST(test_a_file_inherits_from_the_one_it_extends)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, "name: top\nextends: mid.yaml\n", files) == ZS_OK, "%s: %s",
                  c.err.place, c.err.text);
    ck_assert_str_eq(c.design.name, "top");
    ck_assert_uint_eq(c.design.batch, 5);
    ck_assert_uint_eq(c.design.accel.clock_hz, 150000000);
    ck_assert_uint_eq(TILED(c.design)->tile.oc, 48);
    ck_assert_uint_eq(TILED(c.design)->tile.ic, 16);
    ck_assert_str_eq(c.design.board_name, "pynq-z1");
    designio_end(&c);
}
END_TEST

START_TEST(test_a_board_key_without_a_name_changes_the_inherited_board)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, "extends: mid.yaml\nboard: {dsp: 7}\n", files), ZS_OK);
    ck_assert_str_eq(c.design.board_name, "pynq-z1");
    ck_assert_uint_eq(c.design.board.dsp, 7);
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, 2);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_board_may_be_a_file)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, "board: my-board.yaml\nboard.ff: 10\n", files) == ZS_OK,
                  "%s: %s", c.err.place, c.err.text);
    ck_assert_str_eq(c.design.board_name, "my-board.yaml");
    ck_assert_uint_eq(c.design.board.dsp, 60);
    ck_assert_uint_eq(c.design.board.bram18, 120);
    ck_assert_uint_eq(c.design.board.memory.t_rrd, 5);
    ck_assert_uint_eq(c.design.board.ff, 10);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_board_file_may_start_from_another_and_name_itself)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, "board: deep-board.yaml\n", files) == ZS_OK, "%s: %s",
                  c.err.place, c.err.text);
    ck_assert_uint_eq(c.design.board.dsp, 60);
    ck_assert_uint_eq(c.design.board.lut, 1000);
    ck_assert_int_eq(designio_parse(&c, "board: named-board.yaml\n", files), ZS_OK);
    ck_assert_str_eq(c.design.board_name, "workbench");
    ck_assert_uint_eq(c.design.board.bram18, 99);
    ck_assert_int_eq(designio_parse(&c, "board: {base: zedboard, name: mine}\n", files), ZS_OK);
    ck_assert_str_eq(c.design.board_name, "mine");
    ck_assert_uint_eq(c.design.board.bram18, 280);
    designio_end(&c);
}
END_TEST

static const struct {
    const char *text;
    zs_status status;
    const char *place, *part;
} bad[] = {
    {"extends: self.yaml\n", ZS_EPARSE, "a.yaml:1:10: self.yaml:1:10: self.yaml",
     "starts from itself"},
    {"extends: ring1.yaml\n", ZS_EPARSE, "a.yaml:1:10: ring1.yaml:1:10: ring2.yaml:1:10",
     "starts from itself"},
    {"extends: back.yaml\n", ZS_EPARSE, "a.yaml:1:10: back.yaml:1:10: a.yaml",
     "starts from itself"},
    {"extends: broken.yaml\n", ZS_EPARSE, "a.yaml:1:10: broken.yaml:2:1: clok", "unknown key"},
    {"batch: 1\nextends: none.yaml\n", ZS_EIO, "a.yaml:2:10: none.yaml", "no such file"},
    {"board: none.yaml\n", ZS_EIO, "a.yaml:1:8: none.yaml", "no such file"},
    {"board: NONE.YAML\n", ZS_EIO, "a.yaml:1:8: NONE.YAML", "no such file"},
    {"board: ring-board.yaml\n", ZS_EPARSE, "a.yaml:1:8: ring-board.yaml:1:7",
     "starts from itself"},
    {"board: bad-board.yaml\n", ZS_EPARSE, "a.yaml:1:8: bad-board.yaml:1:1: board.accelerator",
     "unknown key"},
};

START_TEST(test_errors_in_named_files_show_the_way_there)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, bad[_i].text, files), bad[_i].status);
    ck_assert_msg(strncmp(c.err.place, bad[_i].place, strlen(bad[_i].place)) == 0, "place %s: %s",
                  c.err.place, c.err.text);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "%s", c.err.text);
    designio_end(&c);
}
END_TEST

/* A chain of files 1.yaml extends 2.yaml ... : 16 below the first are allowed. */
START_TEST(test_chains_of_files_end_at_sixteen)
{
    static char names[20][24], texts[20][32];
    test_file chain[21] = {{NULL, NULL}};
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "%d.yaml", i);
        snprintf(texts[i], sizeof texts[i], "extends: %d.yaml\n", i + 1);
        chain[i] = (test_file){names[i], texts[i]};
    }
    designio_case c;
    designio_start(&c);
    chain[16].text = "batch: 9\n"; /* a.yaml, then 1 to 16 */
    ck_assert_msg(designio_parse(&c, "extends: 1.yaml\n", chain) == ZS_OK, "%s", c.err.text);
    ck_assert_uint_eq(c.design.batch, 9);
    ck_assert_int_eq(designio_parse(&c, "extends: 0.yaml\n", chain), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "deeper than 16"));
    designio_end(&c);
}
END_TEST

TCase *tcase_design_files(void)
{
    TCase *tc = tcase_create("files in design files");
    tcase_add_test(tc, test_a_file_inherits_from_the_one_it_extends);
    tcase_add_test(tc, test_a_board_key_without_a_name_changes_the_inherited_board);
    tcase_add_test(tc, test_a_board_may_be_a_file);
    tcase_add_test(tc, test_a_board_file_may_start_from_another_and_name_itself);
    tcase_add_loop_test(tc, test_errors_in_named_files_show_the_way_there, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_chains_of_files_end_at_sixteen);
    return tc;
}
