#include "kind_rows.h"
#include "small_nets.h"
#include "support.h"
#include "tiled.h"

#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

#include <inttypes.h>
#include <string.h>

/* More of anything never costs less: random designs, and each of them with more lanes, wider data,
 * more banks or more ports. */

static zs_arena arena;

static void setup(void)
{
    zs_arena_init(&arena, test_heap());
}

static void teardown(void)
{
    zs_arena_drop(&arena);
}

static zs_fit fit_of(const zs_design *d, const zs_net *net)
{
    zs_plan *plan;
    zs_fit fit;
    zs_err err = {0};
    if (zs_plan_outline(&arena, d, net, &plan, &err) != ZS_OK)
        ck_abort_msg("%s: %s", err.place, err.text);
    ck_assert_int_eq(zs_fit_build(&arena, d, plan, &fit, NULL), ZS_OK);
    return fit;
}

static zs_design random_design(zs_prng *rng)
{
    static const uint32_t styles[] = {ZS_STYLE_HLS, ZS_STYLE_OWN, ZS_STYLE_RTL};
    zs_design d;
    zs_design_defaults(&d);
    ck_assert_int_eq(zs_design_set_board(&d, NULL, "zybo-z7-20", NULL), ZS_OK);
    d.accel.unroll.oc = 1 + (uint32_t)zs_prng_below(rng, 16);
    d.accel.unroll.ic = 1 + (uint32_t)zs_prng_below(rng, 8);
    d.accel.unroll.oy = 1 + (uint32_t)zs_prng_below(rng, 2);
    d.accel.unroll.ox = 1 + (uint32_t)zs_prng_below(rng, 3);
    d.accel.unroll.ky = 1 + (uint32_t)zs_prng_below(rng, 2);
    d.accel.unroll.kx = 1 + (uint32_t)zs_prng_below(rng, 3);
    d.accel.precision = (uint32_t)zs_prng_below(rng, ZS_PRECISION_COUNT);
    d.accel.style = styles[zs_prng_below(rng, ZS_LEN(styles))];
    d.accel.dsp_frac = (double)zs_prng_below(rng, 5) / 4;
    d.accel.ii = 1 + (uint32_t)zs_prng_below(rng, 3);
    d.accel.ports.weight = d.accel.ports.output = d.accel.ports.input;
    d.accel.buffer.weight_bytes = UINT64_C(65536) << zs_prng_below(rng, 3);
    d.accel.fusion = ZS_FUSION_NONE;
    if (zs_prng_below(rng, 2) == 0)
        d.board.dsp = 100000; /* nothing moves into LUTs */
    return d;
}

/* LUTs that take the place of a block at the least: RAM64M of one bank of 33 to 63 words of 16 b.
 */
enum { LUTS_OF_A_BLOCK = 22 };

/* A memory whose banks get smaller than a kilobit moves from blocks into LUTs, as in the tools. The
 * blocks that it leaves are paid for in LUTs. */
static void never_less(const zs_fit *before, const zs_fit *after, const char *what, uint32_t seed)
{
    for (uint32_t id = 0; id < ZS_RESOURCE_N; id++)
        if (id != ZS_RESOURCE_BRAM18 && after->used.n[id] < before->used.n[id])
            ck_abort_msg("seed %u, more %s: %u %s instead of %u", seed, what, after->used.n[id],
                         zs_resource_table[id].noun, before->used.n[id]);
    const int64_t blocks =
        (int64_t)before->used.n[ZS_RESOURCE_BRAM18] - after->used.n[ZS_RESOURCE_BRAM18];
    const int64_t luts = (int64_t)after->used.n[ZS_RESOURCE_LUT] - before->used.n[ZS_RESOURCE_LUT];
    if (luts < LUTS_OF_A_BLOCK * blocks)
        ck_abort_msg("seed %u, more %s: %" PRId64 " BRAM18 less for %" PRId64 " LUT", seed, what,
                     blocks, luts);
}

static void costs_fabric(const zs_fit *before, const zs_fit *after, bool clips, const char *what,
                         uint32_t seed)
{
    /* no kernel has more lanes than its layer has elements */
    if (memcmp(&before->used, &after->used, sizeof before->used) == 0 && clips)
        return;
    if (after->used.n[ZS_RESOURCE_LUT] == before->used.n[ZS_RESOURCE_LUT] &&
        after->used.n[ZS_RESOURCE_FF] == before->used.n[ZS_RESOURCE_FF])
        ck_abort_msg("seed %u: lanes over %s cost nothing", seed, what);
}

static const struct {
    const char *key;
    size_t offset;
} lanes[] = {{"accelerator.unroll.oc", offsetof(zs_design, accel.unroll.oc)},
             {"accelerator.unroll.ic", offsetof(zs_design, accel.unroll.ic)},
             {"accelerator.unroll.oy", offsetof(zs_design, accel.unroll.oy)},
             {"accelerator.unroll.ox", offsetof(zs_design, accel.unroll.ox)},
             {"accelerator.unroll.ky", offsetof(zs_design, accel.unroll.ky)},
             {"accelerator.unroll.kx", offsetof(zs_design, accel.unroll.kx)}};

static void more_lanes(const zs_design *base, const zs_net *net, uint32_t seed)
{
    const zs_fit before = fit_of(base, net);
    for (size_t i = 0; i < ZS_LEN(lanes); i++) {
        zs_design more = *base;
        if (!zs_field_is_of(zs_field_find(lanes[i].key), base->accel.kind))
            continue;
        *(uint32_t *)(void *)((char *)&more + lanes[i].offset) *= 2;
        const zs_fit after = fit_of(&more, net);
        never_less(&before, &after, lanes[i].key, seed);
        costs_fabric(&before, &after, base->accel.kind == KIND_kernels, lanes[i].key, seed);
    }
}

/* Every kind that has lanes, at the precisions that it takes. */
START_TEST(lanes_of_every_kind_cost_fabric)
{
    const uint32_t kind = (uint32_t)_i % KIND_N;
    zs_prng rng = {(uint64_t)_i};
    zs_design d = random_design(&rng);
    d.accel.ii = 1;
    const zs_design drawn = d;
    zs_err err = {0};
    zs_design_set_kind(&d, kind);
    d.accel.unroll = drawn.accel.unroll;
    if (!zs_field_is_of(zs_field_find(lanes[0].key), kind))
        return;
    for (size_t i = 0; i < ZS_LEN(lanes); i++)
        if (!zs_field_is_of(zs_field_find(lanes[i].key), kind))
            *(uint32_t *)(void *)((char *)&d + lanes[i].offset) = 1;
    const zs_net *net = test_net_build(&arena, _i % TEST_NET_N);
    zs_plan *plan;
    if (zs_plan_outline(&arena, &d, net, &plan, &err) == ZS_OK) /* not every kind runs every net */
        more_lanes(&d, net, (uint32_t)_i);
    else
        ck_assert_int_eq(kind, KIND_linebuffer);
}
END_TEST

START_TEST(more_never_costs_less)
{
    zs_prng rng = {(uint64_t)_i};
    const zs_net *net = test_net_build(&arena, _i % TEST_NET_N);
    const zs_design base = random_design(&rng);
    const zs_fit before = fit_of(&base, net);
    more_lanes(&base, net, (uint32_t)_i);
    zs_design ports = base;
    ports.accel.ports.weight = ZS_PORT_HP1;
    zs_fit after = fit_of(&ports, net);
    never_less(&before, &after, "ports", (uint32_t)_i);
    ck_assert_uint_ge(after.used.n[ZS_RESOURCE_BRAM18], before.used.n[ZS_RESOURCE_BRAM18]);
    if (base.accel.precision == ZS_INT8) {
        zs_design wide = base;
        wide.accel.precision = ZS_W8A16;
        after = fit_of(&wide, net);
        never_less(&before, &after, "bits", (uint32_t)_i);
        ck_assert_uint_ge(after.used.n[ZS_RESOURCE_BRAM18], before.used.n[ZS_RESOURCE_BRAM18]);
    }
    zs_design banks = base;
    TILED(banks)->mac.bank_ic = 2 * base.accel.unroll.ic;
    TILED(banks)->mac.bank_oc = 2 * base.accel.unroll.oc;
    after = fit_of(&banks, net);
    never_less(&before, &after, "banks", (uint32_t)_i);
}
END_TEST

TCase *tcase_monotone(void);
TCase *tcase_monotone(void)
{
    TCase *tc = tcase_create("more never costs less");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, more_never_costs_less, 0, 200);
    tcase_add_loop_test(tc, lanes_of_every_kind_cost_fabric, 0, 100);
    return tc;
}
