#include "design_case.h"
#include "tiled.h"

#include <string.h>

static const struct {
    const char *name;
    uint32_t dsp, bram18;
    uint64_t bytes;
    double peak; /* bytes per second of the DRAM, as published */
    uint64_t cpu_hz;
} boards[] = {
    {"zybo-7020-256k", 220, 128, UINT64_C(1) << 30, 4266.7e6, 666666687},
    {"zybo-z7-20", 220, 280, UINT64_C(1) << 30, 4266.7e6, 666666687},
    {"zedboard", 220, 280, UINT64_C(512) << 20, 4266.7e6, 666666687},
    {"pynq-z1", 220, 280, UINT64_C(512) << 20, 2100e6, 650000000},
    {"zybo", 80, 120, UINT64_C(512) << 20, 4200e6, 650000000},
    {"arty-a7-35", 90, 100, UINT64_C(256) << 20, 1333.3e6, 100000000},
    {"vc707", 2800, 2060, UINT64_C(1) << 30, 12800e6, 100000000},
    /* 833 ps: a clock period is whole picoseconds */
    {"stratix10-520n", 5760, 0, UINT64_C(8) << 30, 19207.7e6, 2400000000},
    {"pac-d5005", 5760, 0, UINT64_C(8) << 30, 19207.7e6, 2400000000},
};

START_TEST(test_a_board_has_the_published_figures)
{
    design_case c;
    design_case_start(&c);
    ck_assert_msg(design_case_set(&c, "board", boards[_i].name) == ZS_OK, "%s", c.err.text);
    const zs_board *b = &c.design.board;
    ck_assert_str_eq(c.design.board_name, boards[_i].name);
    ck_assert_uint_eq(b->dsp, boards[_i].dsp);
    ck_assert_uint_eq(b->bram18, boards[_i].bram18);
    ck_assert_uint_eq(b->memory.bytes, boards[_i].bytes);
    ck_assert_uint_eq(b->cpu.clock_hz, boards[_i].cpu_hz);
    ck_assert_double_eq_tol(zs_memory_peak_bytes_per_s(&b->memory) / boards[_i].peak, 1.0, 2e-4);
    ck_assert_msg(zs_design_check(&c.design, &c.err) == ZS_OK, "%s: %s", c.err.place, c.err.text);
    design_case_end(&c);
}
END_TEST

START_TEST(test_every_board_is_tested_here)
{
    ck_assert_uint_eq(zs_board_n, ZS_LEN(boards));
    for (uint32_t i = 0; i < zs_board_n; i++)
        ck_assert_str_eq(zs_boards[i].name, boards[i].name);
}
END_TEST

START_TEST(test_every_setting_of_a_board_has_a_source_and_a_key_below_board)
{
    for (uint32_t i = 0; i < zs_board_n; i++)
        for (uint32_t k = 0; k < zs_boards[i].setting_n; k++) {
            const zs_board_setting *s = &zs_boards[i].settings[k];
            ck_assert_ptr_nonnull(zs_field_find(s->path));
            ck_assert_int_eq(strncmp(s->path, "board.", 6), 0);
            ck_assert(strstr(s->source, "[V") != NULL || strstr(s->source, "[R") != NULL);
        }
}
END_TEST

START_TEST(test_the_first_board_is_the_default)
{
    design_case c;
    design_case_start(&c);
    const zs_design defaults = c.design;
    ck_assert_int_eq(design_case_set(&c, "board", zs_boards[0].name), ZS_OK);
    ck_assert_mem_eq(&defaults.board, &c.design.board, sizeof defaults.board);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_board_forgets_the_one_before_but_keeps_the_design)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.tile.oc", "48"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board", "zybo"), ZS_OK);
    ck_assert_uint_eq(c.design.board.dsp, 80);
    ck_assert_int_eq(design_case_set(&c, "board", "pynq-z1"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board", "zedboard"), ZS_OK);
    ck_assert_uint_eq(c.design.board.dsp, 220);
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, 4);
    ck_assert_uint_eq(TILED(c.design)->tile.oc, 48);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_board_keeps_what_was_set_by_hand)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "board.axi.hp.width", "16 B"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board.device", "mine"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board", "pynq-z1"), ZS_OK);
    ck_assert_uint_eq(c.design.board.axi.hp.beat_bytes, 16);
    ck_assert_str_eq(c.design.board.device, "mine");
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, 2);
    ck_assert_int_eq(design_case_set(&c, "board.axi.hp.width", "8 B"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board", "vc707"), ZS_OK);
    ck_assert_uint_eq(c.design.board.axi.hp.beat_bytes, 8); /* of the row: 64 */
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_key_that_says_what_the_board_has_goes_with_it)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "board.memory.bus", "4 B"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "board", "pynq-z1"), ZS_OK);
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, 2);
    design_case_end(&c);
}
END_TEST

START_TEST(test_an_unknown_board_names_the_nearest)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "board", "pynqz1"), ZS_EPARSE);
    ck_assert_str_eq(c.err.text, "unknown board 'pynqz1', did you mean 'pynq-z1'?");
    ck_assert_int_eq(design_case_set(&c, "board", "q"), ZS_EPARSE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "unknown board 'q'"));
    ck_assert_str_eq(c.design.board_name, "zybo-7020-256k");
    design_case_end(&c);
}
END_TEST

TCase *tcase_boards(void)
{
    TCase *tc = tcase_create("boards");
    tcase_add_loop_test(tc, test_a_board_has_the_published_figures, 0, ZS_LEN(boards));
    tcase_add_test(tc, test_every_board_is_tested_here);
    tcase_add_test(tc, test_every_setting_of_a_board_has_a_source_and_a_key_below_board);
    tcase_add_test(tc, test_the_first_board_is_the_default);
    tcase_add_test(tc, test_a_board_forgets_the_one_before_but_keeps_the_design);
    tcase_add_test(tc, test_a_board_keeps_what_was_set_by_hand);
    tcase_add_test(tc, test_a_key_that_says_what_the_board_has_goes_with_it);
    tcase_add_test(tc, test_an_unknown_board_names_the_nearest);
    return tc;
}
