#include "designio_case.h"
#include "zynqsim/report.h"

#include <string.h>

/* Which keys a file may hold follows from its kind. */

static const test_file files[] = {
    {"tiled.yaml", "accelerator:\n  unroll: {oc: 16}\n  tile: {oc: 48}\n"},
    {"lines.yaml", "accelerator: {linebuffer: {weights: 99}, kind: linebuffer, precision: int8}\n"},
    {"nokind.yaml", "accelerator: {linebuffer: {weights: 99}, precision: int8}\n"},
    {"wide.yaml", "board: {name: zedboard, axi: {hp: {width: 16 B}}, dsp: 220}\n"},
    {"wide2.yaml", "extends: wide.yaml\nboard: my-board.yaml\n"},
    {"my-board.yaml", "base: zybo\ndsp: 60\naxi: {hp: {width: 4, burst: 8}}\n"},
    {NULL, NULL},
};

static const struct {
    const char *yaml, *place, *text;
} refused[] = {
    {"accelerator:\n  kind: direct\n  tile: {oc: 8}\n", "a.yaml:3:10: accelerator.tile.oc",
     "belongs to kind tiled; this design is of kind direct"},
    {"accelerator:\n  loop_order: output_stationary\n  kind: linebuffer\n",
     "a.yaml:2:3: accelerator.loop_order",
     "belongs to kind tiled; this design is of kind linebuffer"},
    {"accelerator: {direct: {hls_read: 3}}\n", "a.yaml:1:24: accelerator.direct.hls_read",
     "belongs to kind direct; this design is of kind tiled"},
    {"extends: tiled.yaml\naccelerator: {kind: direct}\n",
     "a.yaml:1:10: tiled.yaml:3:10: accelerator.tile.oc",
     "belongs to kind tiled; this design is of kind direct"},
    {"extends: lines.yaml\naccelerator: {tile: {oc: 8}}\n", "a.yaml:2:22: accelerator.tile.oc",
     "belongs to kind tiled; this design is of kind linebuffer"},
    {"extends: lines.yaml\naccelerator: {kind: tiled}\n",
     "a.yaml:1:10: lines.yaml:1:28: accelerator.linebuffer.weights",
     "belongs to kind linebuffer; this design is of kind tiled"},
    {"accelerator.kind: direct\naccelerator.start: 1\n", "a.yaml:2:1: accelerator.start",
     "belongs to kind tiled; this design is of kind direct"},
    {"accelerator: {kind: dirct}\n", "a.yaml:1:21: accelerator.kind",
     "unknown word 'dirct', did you mean 'direct'? (tiled, direct, linebuffer, stream, kernels or "
     "pegrid)"},
    {"accelerator: {kind: }\n", "a.yaml:1:21: accelerator.kind",
     "no value; write \"\" for an empty text"},
    {"accelerator: {kind: [direct]}\n", "a.yaml:1:21: accelerator.kind",
     "a single value is needed here"},
};

START_TEST(test_a_key_of_another_kind_is_refused_where_it_stands)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, refused[_i].yaml, files), ZS_EPARSE);
    ck_assert_str_eq(c.err.place, refused[_i].place);
    ck_assert_str_eq(c.err.text, refused[_i].text);
    designio_end(&c);
}
END_TEST

START_TEST(test_the_kind_of_the_outermost_file_counts_for_all)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, "extends: nokind.yaml\naccelerator: {kind: linebuffer}\n",
                                 files) == ZS_OK,
                  "%s: %s", c.err.place, c.err.text);
    ck_assert_str_eq(zs_kind_designs[c.design.accel.kind].word, "linebuffer");
    char weights[16];
    const zs_field *f = zs_field_find("accelerator.linebuffer.weights");
    ck_assert_int_eq(zs_design_print(&c.design, f, weights, sizeof weights), ZS_OK);
    ck_assert_str_eq(weights, "99");
    ck_assert_int_eq(designio_parse(&c, "extends: lines.yaml\n", files), ZS_OK);
    ck_assert_str_eq(zs_kind_designs[c.design.accel.kind].word, "linebuffer");
    designio_end(&c);
}
END_TEST

START_TEST(test_a_key_of_a_file_is_known_by_its_place)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, "extends: tiled.yaml\n", files), ZS_OK);
    ck_assert_int_eq(zs_design_set(&c.design, &c.arena, "accelerator.kind", "direct", &c.err),
                     ZS_EPARSE);
    ck_assert_str_eq(c.err.place, "tiled.yaml:3:10: accelerator.tile.oc");
    designio_end(&c);
}
END_TEST

static const struct {
    const char *yaml;
    uint32_t width, burst, dsp, bus;
} boards[] = {
    {"extends: wide.yaml\nboard: pynq-z1\n", 16, 16, 220, 2},
    {"extends: wide.yaml\nboard: {name: zybo, dsp: 50}\n", 16, 16, 50, 4},
    {"extends: wide.yaml\nboard: {name: zybo}\n", 16, 16, 80, 4}, /* zedboard has 220 anyway */
    {"extends: wide.yaml\nboard: {name: pynq-z1, axi: {hp: {width: 8}}}\n", 8, 16, 220, 2},
    {"extends: wide2.yaml\n", 16, 8, 60, 4},
    {"extends: wide2.yaml\nboard: pynq-z1\n", 16, 16, 220, 2}, /* a board file's keys go with it */
};

START_TEST(test_a_new_board_keeps_the_keys_that_were_set_by_hand)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c, boards[_i].yaml, files) == ZS_OK, "%s: %s", c.err.place,
                  c.err.text);
    ck_assert_uint_eq(c.design.board.axi.hp.beat_bytes, boards[_i].width);
    ck_assert_uint_eq(c.design.board.axi.hp.max_beats, boards[_i].burst);
    ck_assert_uint_eq(c.design.board.dsp, boards[_i].dsp);
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, boards[_i].bus);
    designio_end(&c);
}
END_TEST

/* Of every kind: what is shown reads back, and holds as many keys as the kind has. */
START_TEST(test_a_shown_design_has_the_keys_of_its_kind_alone)
{
    designio_case c;
    const zs_field *f;
    for (uint32_t kind = 0; kind < zs_kind_n; kind++) {
        designio_start(&c);
        ck_assert_int_eq(designio_parse(&c, "", NULL), ZS_OK);
        ck_assert_int_eq(zs_design_set(&c.design, &c.arena, "accelerator.kind",
                                       zs_kind_designs[kind].word, &c.err),
                         ZS_OK);
        const char *text = designio_shown(&c.arena, &c.design);
        uint32_t keys = 0, lines = 0;
        for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
            keys += zs_field_is_of(f, kind) && zs_field_is_on(f, c.design.board.family);
        for (const char *at = text; (at = strstr(at, " # ")) != NULL; at += 3)
            lines++;
        ck_assert_uint_eq(lines, keys);
        ck_assert_msg(designio_parse(&c, text, NULL) == ZS_OK, "%s: %s", c.err.place, c.err.text);
        ck_assert_str_eq(designio_shown(&c.arena, &c.design), text);
        designio_end(&c);
    }
}
END_TEST

/* All keys of a shown file are written out, but they are the board's: another one replaces it. */
START_TEST(test_the_board_of_a_shown_design_can_be_replaced)
{
    designio_case c;
    designio_start(&c);
    ck_assert_int_eq(designio_parse(&c, "board: pynq-z1\n", NULL), ZS_OK);
    const char *text = designio_shown(&c.arena, &c.design);
    ck_assert_int_eq(designio_parse(&c, text, NULL), ZS_OK);
    ck_assert_int_eq(zs_design_set(&c.design, &c.arena, "board", "zedboard", &c.err), ZS_OK);
    ck_assert_uint_eq(c.design.board.memory.bus_bytes, 4);
    designio_end(&c);
}
END_TEST

TCase *tcase_design_kinds(void)
{
    TCase *tc = tcase_create("design kinds");
    tcase_add_loop_test(tc, test_a_key_of_another_kind_is_refused_where_it_stands, 0,
                        ZS_LEN(refused));
    tcase_add_test(tc, test_the_kind_of_the_outermost_file_counts_for_all);
    tcase_add_test(tc, test_a_key_of_a_file_is_known_by_its_place);
    tcase_add_loop_test(tc, test_a_new_board_keeps_the_keys_that_were_set_by_hand, 0,
                        ZS_LEN(boards));
    tcase_add_test(tc, test_a_shown_design_has_the_keys_of_its_kind_alone);
    tcase_add_test(tc, test_the_board_of_a_shown_design_can_be_replaced);
    return tc;
}
