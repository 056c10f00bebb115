#include "space_rig.h"

#include "kind_rows.h"
#include "nets.h"
#include "small_nets.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What kinds say of designs with open knobs, held against all that these may end up as. */

enum { KEYS_MOST = 20 };

typedef struct space_case {
    uint32_t kind, seed_n; /* as many as find the faults that were there, and are cheap */
    const char *layer_key, *layer_value; /* of every other space */
    const char *fixed[KEYS_MOST];        /* keys of the base, a value drawn for each */
    const char *keys[KEYS_MOST];         /* some of them axes, others as those above */
} space_case;

#define PORTS                                                                                      \
    "accelerator.ports.input+accelerator.ports.weight+accelerator.ports.output="                   \
    "hp0/hp1/hp2,hp0/hp0/hp1,acp/acp/hp1,gp0/hp3/gp0"

static const space_case cases[] = {
    /* what test_space.c has not: lists of ports, systolic arrays, streams of weights, layers of
     * their own */
    {KIND_tiled,
     36,
     "layers.conv1*.ports.weight",
     "hp0",
     {"accelerator.precision=fp32,int8", "batch=1,2", "board.axi.hp.width=4,8",
      "accelerator.array.kind+accelerator.unroll.ic=lanes/16,systolic/1",
      "accelerator.weight_code=dense,bitmap", "accelerator.fusion=none,lf2",
      "accelerator.tile.oc=8,32", "accelerator.stripe.input=none,hp0,hp2",
      "accelerator.stripe.weight=none,hp1", "accelerator.registers=1"},
     {"accelerator.unroll.oc=4,16,64", "accelerator.tile.ic=3,16",
      "accelerator.ports.input=hp0,hp0+hp1,hp2+hp3", "accelerator.ports.weight=hp1,hp0",
      "accelerator.ports.output=hp2,hp1+hp3"}},
    {KIND_pegrid,
     72,
     NULL,
     NULL,
     {"accelerator.precision=fp32,fp16,fixed16,int8", "accelerator.fusion=none", "batch=1,2,3",
      "accelerator.pegrid.skip=none,filter,kernel,weight", "accelerator.pegrid.packed=true,false",
      "accelerator.pegrid.filter=9,49,200,1024", "accelerator.pegrid.plane=30,100,1024",
      "accelerator.pegrid.input=512,2048,131072", "accelerator.dma.start=0,5",
      "board.power.ps=0,1.4", "board.axi.hp.width=4,8", "board.power.mac_fp32=0,1",
      "board.power.mac_fp16=0,1", "board.power.mac_int16=0,1", "board.power.mac_int8=0,1"},
     {"accelerator.unroll.oc=1,2,3,5,8,16", "accelerator.unroll.ic=1,2,3,4,8",
      "accelerator.unroll.ox=1,2,4", "accelerator.unroll.oy=1,2",
      "accelerator.pegrid.sync=lockstep,channel,tile",
      "accelerator.pegrid.weights=dense,bitmap,rle4,csc", PORTS}},
    {KIND_linebuffer,
     30,
     NULL,
     NULL,
     {"accelerator.precision=fixed16,int8", "batch=1,2,3", "accelerator.dma.start=0,5",
      "accelerator.linebuffer.im2col=false,true", "board.power.ps=0,1.4", "board.axi.hp.width=4,8",
      "accelerator.linebuffer.stream_fifo=64,4096", "accelerator.linebuffer.pool_fifo=2,512"},
     {"accelerator.unroll.oc=1,2,3,5,8,16", "accelerator.unroll.ic=1,2,3,4,8,32",
      "accelerator.linebuffer.lut_pes=0,0.25,1", "board.bram18=40,60,120", PORTS}},
    {KIND_kernels,
     300,
     NULL,
     NULL,
     {"accelerator.precision=fp32,int8", "accelerator.fusion=none", "batch=1,2",
      "board.power.ps=0,1.4", "board.lut=1000000", "board.ff=1000000", "board.dsp=2000",
      "accelerator.kernels.tile=false,true", "accelerator.kernels.unroll=false,true",
      "accelerator.kernels.relaxed_float=false,true", "accelerator.kernels.add_latency=0,1,64",
      "accelerator.kernels.channel_depth=0,100000"},
     {"accelerator.kernels.register_sum=false,true", "accelerator.kernels.local_weights=false,true",
      "accelerator.kernels.local_input=false,true", "accelerator.kernels.fuse_epilogue=false,true",
      "accelerator.kernels.channels=false,true", "accelerator.kernels.queues=false,true",
      "accelerator.kernels.parameterise=false,true", "accelerator.unroll.ic=1,2,4",
      "accelerator.unroll.kx=1,3", "accelerator.unroll.ky=1,3", PORTS}},
    {KIND_stream,
     24,
     NULL,
     NULL,
     {"accelerator.precision=int8", "batch=1,4", "board.power.ps=0,1.4", "board.axi.hp.width=4,8"},
     {"accelerator.stream.target=100 fps,3000 fps,100000 fps",
      "accelerator.stream.least=false,true", "accelerator.stream.memory=auto,block,distributed",
      "accelerator.stream.fifo_depth=2,64,700", PORTS}},
    {KIND_direct,
     30,
     NULL,
     NULL,
     {"accelerator.precision=fp32,int8", "batch=1,2", "board.power.ps=0,1.4",
      "accelerator.pipeline=false,true"},
     {"accelerator.unroll.oc=1,4,16", "accelerator.unroll.ic=1,2,5", "accelerator.unroll.kx=1,3",
      "accelerator.fusion=none,lf1,lf2", "accelerator.ports.input=hp0,acp,gp0",
      "accelerator.direct.filter_copies=1,3", "accelerator.direct.plane_words=0,200"}},
};

static zs_axis axis_of(const char *text)
{
    zs_axis axis;
    zs_err err = {0};
    ck_assert_msg(zs_axis_parse(&rig.keep, text, &rig.sweep.base, &axis, &err) == ZS_OK, "%s: %s",
                  text, err.text);
    return axis;
}

static void draw_value(zs_prng *prng, const char *text)
{
    const zs_axis axis = axis_of(text);
    const uint64_t v = zs_prng_below(prng, axis.value_n);
    zs_err err = {0};
    for (uint32_t k = 0; k < axis.path_n; k++)
        ck_assert_msg(zs_design_set(&rig.sweep.base, &rig.keep, axis.paths[k],
                                    axis.values[v * axis.path_n + k], &err) == ZS_OK,
                      "%s: %s", text, err.text);
}

static void start(uint32_t kind, uint64_t seed)
{
    rig.net = test_net_build(&rig.keep, (int)(seed % TEST_NET_N));
    if (seed / TEST_NET_N % 2 > 0)
        test_net_prune(&rig.keep, rig.net, seed);
    zs_design_defaults(&rig.sweep.base);
    zs_design_set_kind(&rig.sweep.base, kind);
    zs_grid_init(&rig.sweep.grid);
}

static const char *point_text(uint64_t at)
{
    static char text[1024];
    size_t n = 0;
    for (uint32_t i = 0; i < rig.sweep.grid.axis_n && n < sizeof text; i++) {
        const zs_axis *a = &rig.sweep.grid.axes[i];
        const uint64_t v = at / rig.space.below[i + 1] % a->value_n;
        for (uint32_t k = 0; k < a->path_n && n < sizeof text; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s=%s ", a->paths[k],
                                  a->values[v * a->path_n + k]);
    }
    return text;
}

static const char *const figures[] = {"cycles", "energy.joules", "resources.dsp.used",
                                      "resources.lut.used", "resources.bram18.used"};

/* What a point comes to is no less possible in the parts that it lies in. */
static void compare_figures(uint64_t at, uint64_t seed, const zs_result *r)
{
    const zs_conditions before = rig.sweep.conditions;
    char text[256];
    snprintf(text, sizeof text,
             "fits && resources.dsp == %u && resources.lut >= %u && resources.bram18 <= %u && "
             "batch == %u && precision == %s && fusion == %s && clock_hz >= %llu",
             r->fit.used.n[ZS_RESOURCE_DSP], r->fit.used.n[ZS_RESOURCE_LUT],
             r->fit.used.n[ZS_RESOURCE_BRAM18], r->batch, r->precision, r->fusion,
             (unsigned long long)r->clock_hz);
    space_where(&(const char *){text}, 1);
    for (uint32_t fixed = 0; fixed <= rig.sweep.grid.axis_n; fixed++) {
        zs_space_look look;
        zs_arena_reset(&rig.point);
        ck_assert_int_eq(zs_space_look_at(&rig.space, at - at % rig.space.below[fixed], fixed,
                                          &rig.point, &look, NULL),
                         ZS_OK);
        ck_assert_msg(look.excess <= 0, "seed %llu, %u of %u axes fixed: not %s of %s",
                      (unsigned long long)seed, fixed, rig.sweep.grid.axis_n, text, point_text(at));
    }
    rig.sweep.conditions = before;
}

/* Of one point all the parts that it lies in: none may be worse than the point, nor its bound worse
 * than that of the point alone. */
static void compare_point(uint64_t at, uint64_t seed, uint32_t *bounded)
{
    zs_sweep_memo memo;
    zs_sweep_point p;
    zs_space_look own;
    double value, excess;
    ck_assert_int_eq(
        zs_space_look_at(&rig.space, at, rig.sweep.grid.axis_n, &rig.point, &own, NULL), ZS_OK);
    zs_sweep_memo_init(&memo, test_heap());
    ck_assert_int_eq(zs_sweep_run(&rig.sweep, at, &memo, &p, NULL), ZS_OK);
    zs_space_judge(&rig.space, &rig.sweep.base, p.result, &value, &excess);
    for (uint32_t fixed = 0; fixed <= rig.sweep.grid.axis_n && p.result != NULL; fixed++) {
        const uint64_t part = at - at % rig.space.below[fixed];
        zs_space_look look;
        zs_arena_reset(&rig.point);
        ck_assert_int_eq(zs_space_look_at(&rig.space, part, fixed, &rig.point, &look, NULL), ZS_OK);
        ck_assert_msg(excess > 0 || look.excess <= 0, "seed %llu, %u axes fixed: %s fits",
                      (unsigned long long)seed, fixed, point_text(at));
        if (look.excess > 0 || p.outcome != ZS_OUTCOME_SIMULATED)
            continue;
        ck_assert_msg(look.bound <= value, "seed %llu, %u of %u axes fixed: %g above %g of %s%s",
                      (unsigned long long)seed, fixed, rig.sweep.grid.axis_n, look.bound, value,
                      rig.space.objective.name, point_text(at));
        ck_assert_msg(look.bound <= own.bound,
                      "seed %llu, %u of %u axes fixed: %g above %g, of %s%s",
                      (unsigned long long)seed, fixed, rig.sweep.grid.axis_n, look.bound, own.bound,
                      rig.space.objective.name, point_text(at));
        *bounded += look.bound > 0.5 * value;
    }
    if (excess <= 0)
        compare_figures(at, seed, p.result);
    zs_sweep_memo_drop(&memo);
}

static void compare_space(const space_case *c, uint64_t seed, uint32_t *bounded)
{
    zs_prng prng = {.state = seed * 77 + c->kind};
    start(c->kind, seed);
    for (uint32_t i = 0; i < KEYS_MOST && c->fixed[i] != NULL; i++)
        draw_value(&prng, c->fixed[i]);
    if (c->layer_key != NULL && seed % 2 > 0)
        ck_assert_int_eq(
            zs_design_set(&rig.sweep.base, &rig.keep, c->layer_key, c->layer_value, NULL), ZS_OK);
    for (uint32_t i = 0; i < KEYS_MOST && c->keys[i] != NULL; i++) {
        const zs_axis axis = axis_of(c->keys[i]);
        if (zs_prng_below(&prng, 3) == 0)
            draw_value(&prng, c->keys[i]);
        else
            ck_assert_int_eq(zs_grid_add(&rig.sweep.grid, &axis, NULL), ZS_OK);
    }
    space_where((const char *const[]){"fits == true"}, 1);
    space_find(figures[seed % ZS_LEN(figures)], false);
    for (uint32_t k = 0; k < 4; k++)
        compare_point(zs_prng_below(&prng, rig.sweep.grid.point_n), seed, bounded);
}

START_TEST(no_point_is_better_than_a_part_it_lies_in)
{
    uint32_t bounded = 0;
    for (uint64_t k = 0; k < cases[_i].seed_n; k++) {
        space_teardown();
        space_setup();
        compare_space(&cases[_i], k, &bounded);
    }
    ck_assert_uint_gt(bounded, 10);
}
END_TEST

/* With sums in global memory, the sum of layer a is in a register as one loop is left of it, and
 * that of layer b is not: each has a kernel of its own. With sums in registers they share one,
 * where layer a has one more loop. */
START_TEST(sums_that_are_open_leave_open_which_layers_share_a_kernel)
{
    static const char *const keys[][2] = {
        {"accelerator.fusion", "none"},
        {"accelerator.kernels.unroll", "true"},
        {"accelerator.kernels.parameterise", "true"},
        {"accelerator.kernels.relaxed_float", "true"},
        {"accelerator.kernels.global_interval", "1"},
        {"accelerator.unroll.ic", "16"},
        {"accelerator.unroll.ky", "3"},
    };
    test_spec *spec = test_spec_new(16, 24, 24);
    zs_space_look all, point;
    test_conv(spec, "a", "", 16, 3, 1, 0);
    test_conv(spec, "wider", "", 32, 1, 1, 0);
    test_conv(spec, "b", "", 4, 3, 1, 0);
    rig.net = test_net(&rig.keep, spec);
    test_spec_free(spec);
    zs_design_set_kind(&rig.sweep.base, KIND_kernels);
    for (size_t i = 0; i < ZS_LEN(keys); i++)
        ck_assert_int_eq(zs_design_set(&rig.sweep.base, &rig.keep, keys[i][0], keys[i][1], NULL),
                         ZS_OK);
    space_over("accelerator.kernels.register_sum=false,true");
    space_find("cycles", false);
    ck_assert_int_eq(zs_space_look_at(&rig.space, 0, 0, &rig.point, &all, NULL), ZS_OK);
    for (uint64_t at = 0; at < 2; at++) {
        ck_assert_int_eq(zs_space_look_at(&rig.space, at, 1, &rig.point, &point, NULL), ZS_OK);
        ck_assert_double_le(all.bound, point.bound);
    }
}
END_TEST

/* ---- searching ------------------------------------------------------------------------------- */

static const struct {
    uint32_t kind;
    const char *fixed[4], *axes[6];
    const char *conditions[2];
    const char *figure;
    bool is_larger, has_parts; /* parts have bounds */
} small[] = {
    {KIND_pegrid,
     {"accelerator.pegrid.skip=weight", "accelerator.fusion=none", "accelerator.precision=fixed16"},
     {"accelerator.unroll.oc=2,3,8", "accelerator.unroll.ic=1,4",
      "accelerator.pegrid.sync=lockstep,channel,tile", "accelerator.pegrid.weights=dense,bitmap"},
     {"fits == true"},
     "images_per_second",
     true,
     true},
    {KIND_pegrid,
     {"accelerator.fusion=none"},
     {"accelerator.precision=fp32,fixed16,int8", "accelerator.unroll.oc=2,4,8",
      "accelerator.unroll.ox=1,2", PORTS},
     {"fits == true", "images_per_second >= 2000"},
     "resources.dsp",
     false,
     true},
    {KIND_linebuffer,
     {"accelerator.precision=int8"},
     {"accelerator.unroll.oc=1,3,8,16", "accelerator.unroll.ic=1,4,6",
      "accelerator.linebuffer.lut_pes=0,0.5", PORTS},
     {"fits == true"},
     "images_per_second",
     true,
     true},
    {KIND_kernels,
     {"accelerator.fusion=none"},
     {"accelerator.kernels.register_sum=false,true", "accelerator.kernels.local_input=false,true",
      "accelerator.kernels.fuse_epilogue=false,true", "accelerator.unroll.ic=1,2,4"},
     {"cycles > 0"},
     "cycles",
     false,
     true},
    {KIND_stream,
     {"accelerator.precision=int8"},
     {"accelerator.stream.target=10 fps,100 fps,3000 fps,100000 fps",
      "accelerator.stream.least=false,true", "accelerator.stream.memory=auto,distributed"},
     {"fits != false"},
     "energy.joules",
     false,
     false},
    {KIND_stream,
     {"accelerator.precision=int8"},
     {"accelerator.stream.target=10 fps,100 fps,3000 fps,100000 fps",
      "accelerator.stream.memory=auto,distributed", "accelerator.stream.fifo_depth=2,64,700",
      PORTS},
     {"fits != false", "images_per_second >= 90"},
     "resources.lut",
     false,
     true},
    {KIND_direct,
     {"accelerator.precision=fp32"},
     {"accelerator.unroll.oc=1,4", "accelerator.fusion=none,lf1,lf2",
      "accelerator.ports.input=hp0,acp,gp0"},
     {"cycles > 0"},
     "images_per_second",
     true,
     true},
};

/* Of the whole space, once what has to be fixed is. */
static void check_part(double best)
{
    const uint32_t fixed = rig.space.first_n;
    double least = INFINITY;
    for (uint64_t at = 0; at < rig.sweep.grid.point_n; at += rig.space.below[fixed]) {
        zs_space_look look;
        zs_arena_reset(&rig.point);
        ck_assert_int_eq(zs_space_look_at(&rig.space, at, fixed, &rig.point, &look, NULL), ZS_OK);
        if (look.excess <= 0)
            least = fmin(least, look.bound);
    }
    ck_assert_uint_lt(fixed, rig.sweep.grid.axis_n);
    ck_assert_double_le(least, best);
    ck_assert_double_ge(least, best < 0 ? 4 * best : best / 4);
}

START_TEST(a_search_finds_what_simulating_every_point_finds)
{
    uint64_t met;
    uint32_t n = 0;
    zs_prng none = {.state = 1};
    start(small[_i].kind, TEST_NET_N + 1); /* pruned */
    for (uint32_t k = 0; k < ZS_LEN(small[_i].fixed) && small[_i].fixed[k] != NULL; k++)
        draw_value(&none, small[_i].fixed[k]);
    for (uint32_t k = 0; k < ZS_LEN(small[_i].axes) && small[_i].axes[k] != NULL; k++)
        space_over(small[_i].axes[k]);
    while (n < ZS_LEN(small[_i].conditions) && small[_i].conditions[n] != NULL)
        n++;
    space_where(small[_i].conditions, n);
    space_find(small[_i].figure, small[_i].is_larger);
    const double best = space_exhaust(&met);
    if (small[_i].has_parts)
        check_part(best);
    const zs_search_state s = space_search(&(zs_search_options){.top_n = 1}, 0);
    ck_assert(s.is_proven);
    ck_assert_uint_gt(met, 0);
    ck_assert_double_eq(s.best.value, best);
    ck_assert_uint_lt(s.simulated, rig.sweep.grid.point_n); /* some are left out by their bounds */
}
END_TEST

TCase *tcase_kind_spaces(void)
{
    TCase *tc = tcase_create("spaces of kinds");
    tcase_add_checked_fixture(tc, space_setup, space_teardown);
    tcase_add_loop_test(tc, no_point_is_better_than_a_part_it_lies_in, 0, ZS_LEN(cases));
    tcase_add_test(tc, sums_that_are_open_leave_open_which_layers_share_a_kernel);
    tcase_add_loop_test(tc, a_search_finds_what_simulating_every_point_finds, 0, ZS_LEN(small));
    return tc;
}
