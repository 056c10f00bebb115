#include "study_cases.h"
#include "tiled.h"

#include "zynqsim/grid.h"

#include <string.h>

static zs_arena arena;
static zs_design design;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

/* Values of the first key, and of the second where there is one, blanks between. */
static const struct {
    const char *text, *first, *second;
} axes[] = {
    {"accelerator.tile.oc=8,16,64", "8 16 64", ""},
    {"accelerator.tile.oc=8:12", "8 9 10 11 12", ""},
    {"accelerator.tile.oc=8:64:24", "8 32 56", ""},
    {"accelerator.tile.oc=8:64:8", "8 16 24 32 40 48 56 64", ""},
    {"accelerator.tile.oc=1..64*4", "1 4 16 64", ""},
    {"accelerator.tile.oc=3..100*10", "3 30", ""},
    {"accelerator.tile.oc=1..10+3", "1 4 7 10", ""},
    {"accelerator.tile.oc=1,8..32*2, 100", "1 8 16 32 100", ""},
    {"accelerator.fusion=none,lf1,auto", "none lf1 auto", ""},
    {"accelerator.clock=100 MHz,125 MHz", "100 MHz 125 MHz", ""},
    {"accelerator.tile.oy+accelerator.tile.ox=7,14", "7 14", "7 14"},
    {"accelerator.tile.oy+accelerator.tile.ox=7/14,14/28,5", "7 14 5", "14 28 5"},
    {"board=zybo-z7-20,zedboard", "zybo-z7-20 zedboard", ""},
    {"accelerator.fusion=none,[[a,b]], [[a, b], [c]],lf2", "none [[a,b]] [[a, b], [c]] lf2", ""},
    {"accelerator.ports.input=hp0,[hp0,hp3]", "hp0 [hp0,hp3]", ""},
};

START_TEST(test_an_axis_lists_the_values_of_its_text)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_msg(zs_axis_parse(&arena, axes[_i].text, &design, &axis, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    for (uint32_t k = 0; k < axis.path_n; k++) {
        char all[256] = "";
        for (uint32_t i = 0; i < axis.value_n; i++) {
            strcat(all, i > 0 ? " " : "");
            strcat(all, axis.values[i * axis.path_n + k]);
        }
        ck_assert_str_eq(all, k == 0 ? axes[_i].first : axes[_i].second);
    }
    ck_assert_uint_eq(axis.path_n, axes[_i].second[0] != '\0' ? 2 : 1);
}
END_TEST

static const struct {
    const char *text, *says;
} wrong[] = {
    {"accelerator.tile.oc", "PATH=VALUES"},
    {"=4", "PATH=VALUES"},
    {"accelerator.tile.oc=", "missing"},
    {"accelerator.tile.oc=8,,16", "missing"},
    {"accelerator.tile.ock=8", "accelerator.tile.oc"},
    {"accelerator.tile.oc=0", "below the minimum 1"},
    {"accelerator.tile.oc=64:8", "ends before it begins"},
    {"accelerator.tile.oc=8:64:0", "never gets on"},
    {"accelerator.tile.oc=8..64*1", "never gets on"},
    {"accelerator.tile.oc=1:65535,1:65535", "more than 65536 values"},
    {"accelerator.fusion=lf3", "lf"},
    {"accelerator.tile.oc=8..64", "\"8..64\" is no range: those are lo:hi"},
    {"accelerator.tile.oc=4,64:8:-8", "\"64:8:-8\" is no range"},
    {"accelerator.tile.oc=8-64", "\"8-64\" is no range"},
    {"accelerator.clock=1e-", "unknown unit"}, /* a number, meant as one */
    {"accelerator.tile.oc+=8", "a key is missing"},
    {"+accelerator.tile.oc=8", "a key is missing"},
    {"accelerator.tile.oc=8,8", "\"8\" is there twice"},
    {"accelerator.tile.oc=16,8:64:8", "\"16\" is there twice"},
    {"accelerator.clock=100 MHz,50 MHz,100000000", "\"100 MHz\" and \"100000000\" are the same"},
    {"accelerator.fusion=lf1,none,lf1", "\"lf1\" is there twice"},
    {"accelerator.fusion=[[a,b]],[[a,b]]", "\"[[a,b]]\" is there twice"},
    {"accelerator.fusion=none,[[a,b", "unknown word '[[a,b'"},
    {"network.model=lenet5,lenet5", "\"lenet5\" is there twice"},
    {"layers.conv1.tile.oc=4,8", "is no axis"},
    {"accelerator.pipeline=true,yes", "are the same value"},
    {"board=zedboard,zedboard", "\"zedboard\" is there twice"},
    {"accelerator.tile.oy+accelerator.tile.ox=7/14,14/7,7/14", "\"7/14\" is there twice"},
    {"accelerator.tile.oy+accelerator.tile.oy=7", "twice"},
    {"accelerator.tile.oy+accelerator.tile.ox=7/14/28", "each of 2 keys"},
};

START_TEST(test_a_wrong_axis_is_refused_with_a_sentence)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_int_ne(zs_axis_parse(&arena, wrong[_i].text, &design, &axis, &err), ZS_OK);
    ck_assert_str_eq(err.place, wrong[_i].text);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s", err.text);
}
END_TEST

static void add(zs_grid *grid, const char *text)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_int_eq(zs_axis_parse(&arena, text, &design, &axis, &err), ZS_OK);
    ck_assert_int_eq(zs_grid_add(grid, &axis, &err), ZS_OK);
}

START_TEST(test_the_last_axis_moves_fastest_and_every_point_comes_once)
{
    zs_grid grid;
    zs_err err = {0};
    uint64_t point = 0;
    zs_grid_init(&grid);
    ck_assert_uint_eq(grid.point_n, 1);
    add(&grid, "accelerator.tile.oc=8:64:8");
    add(&grid, "accelerator.tile.oy+accelerator.tile.ox=7/14,14/28,5");
    ck_assert_uint_eq(grid.point_n, 24);
    for (uint32_t oc = 8; oc <= 64; oc += 8)
        for (uint32_t i = 0; i < 3; i++, point++) {
            static const uint32_t oy[] = {7, 14, 5}, ox[] = {14, 28, 5};
            zs_design d;
            ck_assert_int_eq(zs_grid_design(&grid, point, &design, &arena, &d, &err), ZS_OK);
            ck_assert_uint_eq(TILED(d)->tile.oc, oc);
            ck_assert_uint_eq(TILED(d)->tile.oy, oy[i]);
            ck_assert_uint_eq(TILED(d)->tile.ox, ox[i]);
            ck_assert_uint_eq(TILED(d)->tile.ic, TILED(design)->tile.ic);
        }
}
END_TEST

START_TEST(test_precisions_of_other_widths_or_scales_are_values_of_their_own)
{
    zs_grid grid;
    zs_design d;
    zs_err err = {0};
    zs_grid_init(&grid);
    add(&grid, "accelerator.precision=int8,model,int4,int2");
    ck_assert_int_eq(zs_grid_design(&grid, 1, &design, &arena, &d, &err), ZS_OK);
    ck_assert(d.accel.model_scales);
    ck_assert_int_eq(zs_grid_design(&grid, 3, &design, &arena, &d, &err), ZS_OK);
    ck_assert_uint_eq(d.accel.weight_bits, 2);
}
END_TEST

START_TEST(test_two_axes_may_not_have_a_key_in_common)
{
    zs_grid grid;
    zs_axis axis;
    zs_err err = {0};
    zs_grid_init(&grid);
    add(&grid, "accelerator.tile.oy+accelerator.tile.ox=7");
    ck_assert_int_eq(zs_axis_parse(&arena, "accelerator.tile.ox=9", &design, &axis, &err), ZS_OK);
    ck_assert_int_eq(zs_grid_add(&grid, &axis, &err), ZS_EUSAGE);
    ck_assert_uint_eq(grid.axis_n, 1);
}
END_TEST

TCase *tcase_grid(void)
{
    TCase *tc = tcase_create("grids");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_an_axis_lists_the_values_of_its_text, 0, ZS_LEN(axes));
    tcase_add_loop_test(tc, test_a_wrong_axis_is_refused_with_a_sentence, 0, ZS_LEN(wrong));
    tcase_add_test(tc, test_the_last_axis_moves_fastest_and_every_point_comes_once);
    tcase_add_test(tc, test_precisions_of_other_widths_or_scales_are_values_of_their_own);
    tcase_add_test(tc, test_two_axes_may_not_have_a_key_in_common);
    return tc;
}
