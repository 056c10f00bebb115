#include "study_cases.h"

#include "zynqsim/condition.h"

#include <math.h>
#include <string.h>

static zs_arena arena;
static zs_design design;
static zs_result result;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&design);
    result = (zs_result){.network = "net", .cycles = 1000, .clock_hz = 100000000, .batch = 1};
    result.fit = (zs_fit){.fits = true,
                          .family = &zs_families[ZS_FAMILY_7_SERIES],
                          .used = {{[ZS_RESOURCE_DSP] = 163, [ZS_RESOURCE_BRAM18] = 70}}};
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static const struct {
    const char *text;
    bool holds, is_early;
} conditions[] = {
    {"resources.dsp <= 220", true, true},
    {"resources.dsp <= 163", true, true},
    {"resources.dsp<163", false, true},
    {"resources.dsp.used >= 163", true, true},
    {"resources.bram18 > 70", false, true},
    {"resources.bram18 == 70", true, true},
    {"resources.bram18 != 70", false, true},
    {"fits == true", true, true},
    {"fits == 0", false, true},
    {"fits != no", true, true},
    {"cycles < 1e3", false, false},
    {"cycles <= 1000.5", true, false},
    {"seconds <= 10 us", true, false},
    {"seconds < 10 us", false, false},
    {"accelerator.clock >= 100 MHz", true, true},
    {"accelerator.clock > 100 MHz", false, true},
    {"accelerator.tile.oc > 0", true, true}, /* outside the key's limits, but a fair question */
    {"accelerator.fusion == lf2", true, true},
    {"accelerator.fusion != none", true, true},
    {"accelerator.pipeline == true", true, true},
    {"accelerator.pipeline == 0", false, true},
    {"network == net", true, true},
    {"network != net", false, true},
    {"binding == dsp", false, true},
    {"precision != w1a2", true, true},
    {"precision != model", true, true},
    {"fusion != groups", true, true},
    {"dram.row_hit_frac >= 0", false, false}, /* undefined meets nothing */
    {"dram.row_hit_frac != 0.5", false, false},
    {"batch == 1", true, true},
};

START_TEST(conditions_compare_figures_and_keys)
{
    zs_conditions c;
    zs_err err = {0};
    ck_assert_msg(zs_conditions_parse(&arena, &conditions[_i].text, 1, &c, &err) == ZS_OK, "%s: %s",
                  err.place, err.text);
    ck_assert_uint_eq(c.n, 1);
    ck_assert_int_eq(zs_condition_holds(&c.list[0], &design, &result), conditions[_i].holds);
    ck_assert_int_eq(zs_figure_is_early(&c.list[0].figure), conditions[_i].is_early);
}
END_TEST

START_TEST(conditions_are_joined_by_two_ampersands_and_by_repetition)
{
    const char *const texts[] = {"cycles < 5 && fits == 1&&batch>=1", "macs > 0"};
    zs_conditions c;
    ck_assert_int_eq(zs_conditions_parse(&arena, texts, 2, &c, NULL), ZS_OK);
    ck_assert_uint_eq(c.n, 4);
    ck_assert_str_eq(c.list[0].text, "cycles < 5");
    ck_assert_str_eq(c.list[2].text, "batch>=1");
    ck_assert_int_eq(zs_conditions_parse(&arena, texts, 0, &c, NULL), ZS_OK);
    ck_assert_uint_eq(c.n, 0);
}
END_TEST

static const struct {
    const char *text, *place, *says;
} wrong[] = {
    {"", "condition", "NAME OP VALUE"},
    {"cycles", "cycles", "NAME OP VALUE"},
    {"cycles = 5", "cycles = 5", "NAME OP VALUE"},
    {"cycles <", "cycles <", "value is missing"},
    {"< 5", "< 5", "NAME OP VALUE"},
    {"cycles < 5 &&", "cycles < 5 &&", "a comparison is missing after \"&&\""},
    {"cycles < 5 &&  && fits", "cycles < 5 &&  && fits", "missing after"},
    {" && cycles < 5", " && cycles < 5", "a comparison is missing before \"&&\""},
    {"cycles < 5 || fits == 1", "cycles < 5 || fits == 1", "|| is not known"},
    {"1 < cycles < 5", "1", "no figure"},
    {"cycles > 1 < 5", "cycles > 1 < 5", "is more than one comparison"},
    {"&&", "&&", "missing before"},
    {"cycels < 5", "cycels", "did you mean cycles"},
    {"resources.dps < 5", "resources.dps", "did you mean resources.dsp"},
    {"cycles < many", "cycles < many", "many"},
    {"accelerator.clock < 5 kg", "accelerator.clock < 5 kg", "kg"},
    {"accelerator.fusion == lf3", "accelerator.fusion == lf3", "did you mean lf"},
    {"fusion == lf3", "fusion == lf3", "did you mean lf"},
    {"precision == int9", "precision == int9", "did you mean int8"},
    {"accelerator.fusion < lf2", "accelerator.fusion < lf2", "only == and !="},
    {"network <= net", "network <= net", "only == and !="},
    {"fits == perhaps", "fits == perhaps", "neither true nor false"},
};

START_TEST(a_wrong_condition_is_named)
{
    zs_conditions c = {.n = 77};
    zs_err err = {0};
    ck_assert_int_eq(zs_conditions_parse(&arena, &wrong[_i].text, 1, &c, &err), ZS_EPARSE);
    ck_assert_str_eq(err.place, wrong[_i].place);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s", err.text);
    ck_assert_uint_eq(c.n, 77);
}
END_TEST

TCase *tcase_condition(void)
{
    TCase *tc = tcase_create("conditions");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, conditions_compare_figures_and_keys, 0, (int)ZS_LEN(conditions));
    tcase_add_test(tc, conditions_are_joined_by_two_ampersands_and_by_repetition);
    tcase_add_loop_test(tc, a_wrong_condition_is_named, 0, (int)ZS_LEN(wrong));
    return tc;
}
