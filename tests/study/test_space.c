#include "space_rig.h"

#include "nets.h"
#include "random_design.h"
#include "small_nets.h"
#include "tiled.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <string.h>

/* ---- bounds of parts ------------------------------------------------------------------------- */

static const char *const some_axes[] = {
    "accelerator.unroll.oc=1,3,8,16",
    "accelerator.unroll.ic=1,2,5,8",
    "accelerator.unroll.ox=1,2",
    "accelerator.partition.ic=0,1,4",
    "accelerator.packed_words=false,true",
    "accelerator.loop_order+accelerator.outer_loop=output_stationary/channels,"
    "output_stationary/pixels,weight_stationary/channels,input_stationary/channels",
    "accelerator.tile.fill=false,true",
    "accelerator.fusion=none,lf2,fire,auto",
    "accelerator.double_buffer.input+accelerator.double_buffer.weight=true,false",
    "accelerator.tile.oy+accelerator.tile.ox=3/5,7/7,14/4,20/20",
    "accelerator.tile.oc=3,8,20",
    "accelerator.tile.ic=1,4,16",
    "accelerator.ports.input+accelerator.ports.weight+accelerator.ports.output="
    "hp0/hp1/hp2,hp0/hp0/hp1,acp/acp/hp1",
    "board.bram18=4,20,128",
};

/* What is held to be true of parts must be true of every point in them. */
static void compare_parts(zs_prng *prng, uint32_t *pruned, uint32_t *bounded)
{
    static const char *const conditions[] = {"fits == true"};
    rig.sweep.base = test_random_design(prng, (uint32_t)zs_prng_below(prng, ZS_PRECISION_COUNT));
    zs_grid_init(&rig.sweep.grid);
    for (size_t i = 0; i < ZS_LEN(some_axes); i++)
        if (zs_prng_below(prng, 3) > 0)
            space_over(some_axes[i]);
    space_where(conditions, 1);
    space_find("cycles", false);
    for (uint32_t k = 0; k < 6; k++) {
        const uint64_t at = zs_prng_below(prng, rig.sweep.grid.point_n);
        zs_design d;
        const zs_result *r;
        zs_arena_reset(&rig.point);
        if (zs_grid_design(&rig.sweep.grid, at, &rig.sweep.base, &rig.point, &d, NULL) != ZS_OK ||
            zs_sweep_outlook(&d, rig.net, ZS_TILE, &rig.point, &r, NULL) != ZS_OK)
            continue;
        const bool fits = r->fit.fits && !r->fit.is_close;
        for (uint32_t fixed = rig.space.first_n; fixed <= rig.sweep.grid.axis_n; fixed++) {
            const uint64_t part = at - at % rig.space.below[fixed];
            zs_space_look look;
            zs_arena scratch;
            zs_arena_init(&scratch, test_heap());
            ck_assert_int_eq(zs_space_look_at(&rig.space, part, fixed, &scratch, &look, NULL),
                             ZS_OK);
            zs_arena_drop(&scratch);
            ck_assert_msg(!fits || look.excess <= 0, "%u axes fixed: %s fits, its part does not",
                          fixed, test_design_line(&d));
            ck_assert_msg(look.bound <= (double)r->cycles,
                          "%u of %u axes fixed: %.0f above %llu cycles of %s", fixed,
                          rig.sweep.grid.axis_n, look.bound, (unsigned long long)r->cycles,
                          test_design_line(&d));
            *pruned += look.excess > 0;
            *bounded += look.bound > 0.5 * (double)r->cycles;
        }
    }
}

START_TEST(no_point_is_better_than_a_part_it_lies_in)
{
    zs_prng prng = {.state = 4200 + (uint64_t)_i};
    uint32_t pruned = 0, bounded = 0;
    rig.net = test_net_build(&rig.keep, _i);
    for (uint32_t k = 0; k < 5; k++)
        compare_parts(&prng, &pruned, &bounded);
    ck_assert_uint_gt(bounded, 0);
}
END_TEST

START_TEST(a_key_that_no_axis_turns_is_not_relaxed)
{
    static const char *const conditions[] = {"accelerator.tile.oc <= 64",
                                             "accelerator.buffer.weight >= 1024"};
    zs_space_look look;
    ck_assert_int_eq(
        zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.buffer.weight", "65536", NULL),
        ZS_OK);
    space_over("accelerator.unroll.oc=2,4,8");
    space_over("accelerator.tile.ic=4,8");
    space_where(conditions, 2);
    space_find("accelerator.tile.oc", true);
    for (uint32_t fixed = 0; fixed <= 2; fixed++) {
        ck_assert_int_eq(zs_space_look_at(&rig.space, 0, fixed, &rig.point, &look, NULL), ZS_OK);
        ck_assert_double_eq(look.excess, 0);
        ck_assert_double_eq(look.bound, -32);
    }
}
END_TEST

static double bound_of_all(const char *add)
{
    test_spec *spec = test_spec_new(8, 16, 16);
    zs_space_look look;
    test_conv(spec, "conv1", "", 16, 3, 1, 1);
    test_conv(spec, "conv2", "conv1", 16, 3, 1, 1);
    if (add != NULL)
        test_layer(spec, ZS_LAYER_ADD, "sum", add);
    rig.net = test_net(&rig.keep, spec);
    test_spec_free(spec);
    ck_assert_int_eq(zs_space_look_at(&rig.space, 0, 0, &rig.point, &look, NULL), ZS_OK);
    return look.bound;
}

START_TEST(additions_count_before_it_is_known_where_pools_go)
{
    space_over("accelerator.tile.ic=4,8");
    space_over("accelerator.unroll.oc=2,4");
    space_find("cycles", false);
    const double lanes = 4, elems = 16 * 16 * 16;
    ck_assert_double_ge(bound_of_all("conv1 conv2"), bound_of_all(NULL) + elems / lanes);
}
END_TEST

/* Maps of 64 KiB: two layers that move more than they compute, and one between them that does not.
 */
static const zs_net *maps_of_64_kib(void)
{
    test_spec *spec = test_spec_new(16, 32, 32);
    test_conv(spec, "conv1", "", 16, 1, 1, 0);
    test_conv(spec, "conv2", "conv1", 16, 3, 1, 1);
    test_conv(spec, "conv3", "conv2", 16, 1, 1, 0);
    const zs_net *net = test_net(&rig.keep, spec);
    test_spec_free(spec);
    return net;
}

static double bound_of_point(uint64_t point)
{
    zs_space_look look;
    ck_assert_int_eq(
        zs_space_look_at(&rig.space, point, rig.sweep.grid.axis_n, &rig.point, &look, NULL), ZS_OK);
    return look.bound;
}

START_TEST(auto_is_bounded_by_what_has_no_room_on_chip)
{
    zs_sweep_memo memo;
    rig.net = maps_of_64_kib();
    rig.sweep.base.accel.unroll.oc = rig.sweep.base.accel.unroll.ic = 8;
    space_over("board.bram18=24,1000");
    space_over("accelerator.fusion=lf2,auto");
    space_find("cycles", false);
    const bool is_board_first = strcmp(rig.sweep.grid.axes[0].paths[0], "board.bram18") == 0;
    const uint64_t tight = is_board_first ? 1 : 2, roomy = 3;       /* points with auto */
    const double moved = 65536 / 8, computed = 32 * 32 * 9 * 2 * 2; /* in cycles */
    ck_assert_double_ge(bound_of_point(tight), moved + computed + moved);
    ck_assert_double_lt(bound_of_point(roomy), moved + computed + moved);
    zs_sweep_memo_init(&memo, test_heap());
    for (uint64_t i = 0; i < rig.sweep.grid.point_n; i++) {
        zs_sweep_point p;
        ck_assert_int_eq(zs_sweep_run(&rig.sweep, i, &memo, &p, NULL), ZS_OK);
        ck_assert_double_le(bound_of_point(i), (double)p.result->cycles);
    }
    zs_sweep_memo_drop(&memo);
}
END_TEST

/* The bound of cycles with all axes open is at most the cycles of every point. */
static void no_point_is_below_the_bound(void)
{
    zs_space_look look;
    ck_assert_int_eq(zs_space_look_at(&rig.space, 0, 0, &rig.point, &look, NULL), ZS_OK);
    for (uint64_t i = 0; i < rig.sweep.grid.point_n; i++) {
        zs_design d;
        const zs_result *r;
        ck_assert_int_eq(zs_grid_design(&rig.sweep.grid, i, &rig.sweep.base, &rig.point, &d, NULL),
                         ZS_OK);
        ck_assert_int_eq(zs_sweep_outlook(&d, rig.net, ZS_TILE, &rig.point, &r, NULL), ZS_OK);
        ck_assert_double_le(look.bound, (double)r->cycles);
    }
}

/* Layers that read the input of the network and write outputs of it, in one call: nothing is kept
 * between them, but some load while another computes. */
START_TEST(groups_are_calls_whatever_they_keep)
{
    static const char *const loads[] = {"loads1", "loads2", "loads3", "loads4", "loads5",
                                        "loads6", "loads7", "loads8", "loads9"};
    zs_output_spec more[ZS_LEN(loads)] = {0};
    test_spec *spec = test_spec_new(16, 48, 48);
    for (size_t i = 0; i < ZS_LEN(loads); i++) {
        test_conv(spec, loads[i], "data", 1, 1, 4, 0);
        more[i].layer = loads[i];
    }
    test_conv(spec, "computes", "data", 16, 3, 1, 1);
    test_spec_get(spec)->output = "computes";
    test_spec_get(spec)->more = more;
    test_spec_get(spec)->more_n = ZS_LEN(loads);
    rig.net = test_net(&rig.keep, spec);
    test_spec_free(spec);
    rig.sweep.base.accel.precision = ZS_INT8;
    rig.sweep.base.accel.unroll.oc = 4;
    rig.sweep.base.accel.unroll.ic = 16;
    TILED(rig.sweep.base)->tile.oy = 24;
    TILED(rig.sweep.base)->tile.ox = 48;
    ck_assert_int_eq(zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.fusion",
                                   "[[loads1, loads2, loads3, loads4, loads5, loads6, loads7, "
                                   "loads8, loads9, computes]]",
                                   NULL),
                     ZS_OK);
    space_over("accelerator.tile.oc=16,32");
    space_find("cycles", false);
    no_point_is_below_the_bound();
}
END_TEST

START_TEST(a_port_that_no_axis_turns_stays_as_fast_as_it_is)
{
    space_over("accelerator.ports.input=hp0,hp1");
    ck_assert_int_eq(
        zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.ports.output", "acp", NULL), ZS_OK);
    ck_assert_int_eq(
        zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.ports.weight", "acp", NULL), ZS_OK);
    ck_assert_int_eq(zs_design_set(&rig.sweep.base, &rig.keep, "board.axi.hp.width", "4", NULL),
                     ZS_OK);
    space_find("cycles", false);
    no_point_is_below_the_bound();
}
END_TEST

/* ---- searching ------------------------------------------------------------------------------- */

static const struct {
    const char *axes[6];
    const char *conditions[2];
    const char *figure;
    bool is_larger;
} small[] = {
    {{"accelerator.unroll.oc=2,4,8", "accelerator.tile.oc=4,8,16", "accelerator.tile.ic=2,4,8",
      "accelerator.tile.oy+accelerator.tile.ox=4,8,14", "accelerator.fusion=none,lf2,auto"},
     {"fits == true"},
     "cycles",
     false},
    {{"accelerator.unroll.oc=2,4,8", "accelerator.unroll.ic=1,2,4", "accelerator.tile.oc=4,8,16",
      "accelerator.precision=fp32,int8", "batch=1,3"},
     {"fits == true", "images_per_second >= 3000"},
     "resources.dsp",
     false},
    {{"accelerator.unroll.oc=2,4,8", "accelerator.tile.oc=4,8,16",
      "accelerator.packed_words=false,true",
      "accelerator.ports.input+accelerator.ports.weight+accelerator.ports.output="
      "hp0/hp1/hp2,hp0/hp0/hp0"},
     {"fits != false", "resources.bram18 <= 60"},
     "images_per_second",
     true},
    {{"accelerator.unroll.oc=2,4,8", "accelerator.loop_order=output_stationary,weight_stationary",
      "accelerator.tile.oc=4,8", "accelerator.tile.oy=4,9"},
     {"fits == true"},
     "energy.joules",
     false},
    {{"accelerator.unroll.oc=2,4", "accelerator.tile.oc=4,8", "accelerator.tile.oy=4,9"},
     {"fits == true"},
     "dram.busy_frac", /* nothing bounds it */
     false},
    {{"accelerator.unroll.oc=2,4", "accelerator.tile.oc=4,8"},
     {"fits == true", "images_per_second >= 1e12"},
     "cycles",
     false},
};

static void take_case(int i)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < ZS_LEN(small[i].axes) && small[i].axes[k] != NULL; k++)
        space_over(small[i].axes[k]);
    while (n < 2 && small[i].conditions[n] != NULL)
        n++;
    space_where(small[i].conditions, n);
    space_find(small[i].figure, small[i].is_larger);
}

START_TEST(a_search_finds_what_simulating_every_point_finds)
{
    uint64_t met;
    take_case(_i);
    const double best = space_exhaust(&met);
    const zs_search_state s = space_search(&(zs_search_options){.top_n = 5}, 0);
    ck_assert(s.is_proven);
    ck_assert_int_eq(s.is_found, met > 0);
    ck_assert_uint_le(s.simulated, rig.sweep.grid.point_n);
    if (met == 0)
        return;
    ck_assert_double_eq(s.best.value, best);
    ck_assert_double_eq(s.top[0].value, best);
    ck_assert_double_eq(zs_search_gap(&s), 0);
    for (uint32_t i = 1; i < s.top_n; i++)
        ck_assert_double_ge(s.top[i].value, s.top[i - 1].value);
}
END_TEST

START_TEST(with_room_for_hardly_anything_it_finds_the_same)
{
    uint64_t met;
    take_case(_i);
    const double best = space_exhaust(&met);
    const zs_search_state s = space_search(&(zs_search_options){.top_n = 1, .waiting_most = 2}, 0);
    ck_assert(s.is_proven);
    ck_assert(met == 0 ? !s.is_found : s.best.value == best);
}
END_TEST

START_TEST(ended_early_its_bound_holds)
{
    uint64_t met;
    take_case(_i);
    const double best = space_exhaust(&met);
    for (uint32_t left = 1; left < 12; left++) {
        const zs_search_state s = space_search(&(zs_search_options){.top_n = 1}, left);
        ck_assert(!s.is_found || s.best.value >= best);
        ck_assert(s.bound <= best);
        ck_assert(!s.is_proven || !s.is_found || s.best.value == best);
    }
}
END_TEST

static const char *const impossible[] = {
    "images_per_second >= 1e9",
    "resources.dsp >= 221",
    "resources.dsp == 221",
    "resources.dsp <= 1",
    "resources.dsp == 1",
    "resources.lut > 1000000",
    "accelerator.unroll.oc > 8",
    "batch != 1",
    "clock_hz < 1e8",
    "accelerator.clock == 160 MHz",
    "precision == fixed16",
    "fusion != lf2",
    "accelerator.fusion == fire",
    "board == zedboard",
    "name == other",
    "accelerator.pipeline == false",
    "energy.joules == 1e-20",
};

START_TEST(what_no_bound_admits_is_not_simulated)
{
    const char *const conditions[] = {"fits == true", impossible[_i]};
    space_over("accelerator.unroll.oc=2,4,8");
    space_over("accelerator.clock=100MHz,150MHz");
    space_where(conditions, 2);
    space_find("cycles", false);
    const zs_search_state s = space_search(&(zs_search_options){.top_n = 1}, 0);
    ck_assert(s.is_proven);
    ck_assert(!s.is_found);
    ck_assert_uint_eq(s.simulated, 0);
}
END_TEST

START_TEST(what_nothing_bounds_is_known_beforehand)
{
    static const struct {
        const char *condition;
        bool is_bounded;
    } all[] = {{"cycles <= 10", true},
               {"cycles >= 10", false},
               {"gops > 1", true},
               {"gops < 1", false},
               {"resources.dsp >= 3", true},
               {"resources.lut >= 3", false},
               {"resources.lut <= 3", true},
               {"dram.busy_frac > 0.5", false},
               {"binding == dsp", false},
               {"precision == int8", true},
               {"accelerator.tile.oc > 3", true},
               {"fits != false", true}};
    space_over("accelerator.unroll.oc=2,4,8");
    for (size_t i = 0; i < ZS_LEN(all); i++) {
        space_where(&all[i].condition, 1);
        space_find("cycles", false);
        const zs_condition *c = &rig.sweep.conditions.list[0];
        ck_assert_msg(zs_space_bounds(&rig.space, &c->figure, c->relation) == all[i].is_bounded,
                      "%s", all[i].condition);
    }
}
END_TEST

START_TEST(so_many_simulations_are_the_same_each_time)
{
    take_case(0);
    const zs_search_options options = {.top_n = 3, .simulated_most = 20};
    const zs_search_state a = space_search(&options, 0), b = space_search(&options, 0);
    ck_assert_uint_eq(a.simulated, b.simulated);
    ck_assert_uint_eq(a.looked_at, b.looked_at);
    ck_assert_uint_eq(a.best.point, b.best.point);
    ck_assert_double_eq(a.bound, b.bound);
}
END_TEST

START_TEST(so_much_work_ends_it_at_the_same_point)
{
    take_case(0);
    const zs_search_state all = space_search(&(zs_search_options){.top_n = 1}, 0);
    ck_assert(all.is_proven);
    ck_assert_uint_gt(all.work, all.looked_at + all.simulated);
    zs_search_state before = {.bound = -INFINITY, .best.value = INFINITY};
    for (uint32_t part = 1; part < 8; part++) {
        const zs_search_options options = {.top_n = 1, .work_most = all.work / 8 * part};
        const zs_search_state a = space_search(&options, 0), b = space_search(&options, 0);
        ck_assert(!a.is_proven);
        ck_assert_uint_ge(a.work, options.work_most);
        ck_assert_uint_lt(a.work, options.work_most + all.work / 4); /* a round beyond */
        ck_assert_uint_eq(a.work, b.work);
        ck_assert_uint_eq(a.simulated, b.simulated);
        ck_assert_uint_eq(a.best.point, b.best.point);
        ck_assert_double_eq(a.bound, b.bound);
        ck_assert_double_ge(a.bound, before.bound);
        ck_assert_double_le(a.best.value, before.best.value);
        ck_assert_double_le(a.bound, all.best.value);
        before = a;
    }
    /* and the one that suffices ends with the proof */
    const zs_search_options enough = {.top_n = 1, .work_most = 4 * all.work};
    ck_assert(space_search(&enough, 0).is_proven);
}
END_TEST

START_TEST(a_gap_that_is_small_enough_ends_it)
{
    take_case(0);
    const zs_search_state s = space_search(&(zs_search_options){.top_n = 1, .gap_frac = 0.5}, 0);
    ck_assert(s.is_found);
    ck_assert_double_le(zs_search_gap(&s), 0.5);
    ck_assert_uint_lt(s.simulated, rig.sweep.grid.point_n / 4);
}
END_TEST

/* ---- axes of a kind -------------------------------------------------------------------------- */

static bool has_axis(const zs_grid *grid, const char *path)
{
    for (uint32_t i = 0; i < grid->axis_n; i++)
        for (uint32_t k = 0; k < grid->axes[i].path_n; k++)
            if (strcmp(grid->axes[i].paths[k], path) == 0)
                return true;
    return false;
}

START_TEST(the_design_itself_is_a_point_of_its_space)
{
    static const char *const held[] = {"accelerator.fusion", NULL};
    zs_design d;
    ck_assert_int_eq(zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.tile.oc", "37", NULL),
                     ZS_OK);
    ck_assert_int_eq(zs_design_set(&rig.sweep.base, &rig.keep, "accelerator.unroll.oc", "7", NULL),
                     ZS_OK);
    ck_assert_int_eq(zs_space_axes(&rig.keep, &rig.sweep.base, held, &rig.sweep.grid, NULL), ZS_OK);
    zs_space_order(&rig.sweep.grid, &rig.sweep.base);
    ck_assert(has_axis(&rig.sweep.grid, "accelerator.tile.oc"));
    ck_assert(!has_axis(&rig.sweep.grid, "accelerator.fusion"));
    const uint64_t home = zs_space_home(&rig.sweep.grid, &rig.sweep.base);
    ck_assert_int_eq(zs_grid_design(&rig.sweep.grid, home, &rig.sweep.base, &rig.keep, &d, NULL),
                     ZS_OK);
    char own[64], other[64];
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        if (!zs_field_is_of(zs_field_at(i), d.accel.kind))
            continue;
        ck_assert_int_eq(zs_design_print(&rig.sweep.base, zs_field_at(i), own, sizeof own), ZS_OK);
        ck_assert_int_eq(zs_design_print(&d, zs_field_at(i), other, sizeof other), ZS_OK);
        ck_assert_str_eq(own, other);
    }
}
END_TEST

START_TEST(axes_of_every_kind_can_be_read)
{
    for (uint32_t kind = 0; kind < zs_kind_n; kind++) {
        zs_err err = {0};
        zs_design_set_kind(&rig.sweep.base, kind);
        const zs_status status =
            zs_space_axes(&rig.keep, &rig.sweep.base, NULL, &rig.sweep.grid, &err);
        ck_assert_msg(status == (zs_kinds[kind]->space != NULL ? ZS_OK : ZS_EUNSUPPORTED), "%s: %s",
                      zs_kinds[kind]->word, err.text);
    }
}
END_TEST

TCase *tcase_space(void)
{
    TCase *tc = tcase_create("searching a space");
    tcase_add_checked_fixture(tc, space_setup, space_teardown);
    tcase_add_loop_test(tc, no_point_is_better_than_a_part_it_lies_in, 0, TEST_NET_N);
    tcase_add_test(tc, a_key_that_no_axis_turns_is_not_relaxed);
    tcase_add_test(tc, additions_count_before_it_is_known_where_pools_go);
    tcase_add_test(tc, auto_is_bounded_by_what_has_no_room_on_chip);
    tcase_add_test(tc, a_port_that_no_axis_turns_stays_as_fast_as_it_is);
    tcase_add_test(tc, groups_are_calls_whatever_they_keep);
    tcase_add_loop_test(tc, a_search_finds_what_simulating_every_point_finds, 0, ZS_LEN(small));
    tcase_add_loop_test(tc, with_room_for_hardly_anything_it_finds_the_same, 0, ZS_LEN(small));
    tcase_add_loop_test(tc, ended_early_its_bound_holds, 0, ZS_LEN(small));
    tcase_add_loop_test(tc, what_no_bound_admits_is_not_simulated, 0, ZS_LEN(impossible));
    tcase_add_test(tc, what_nothing_bounds_is_known_beforehand);
    tcase_add_test(tc, so_many_simulations_are_the_same_each_time);
    tcase_add_test(tc, so_much_work_ends_it_at_the_same_point);
    tcase_add_test(tc, a_gap_that_is_small_enough_ends_it);
    tcase_add_test(tc, the_design_itself_is_a_point_of_its_space);
    tcase_add_test(tc, axes_of_every_kind_can_be_read);
    return tc;
}
