#include "kind_rows.h"
#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "support.h"

#include "zynqsim/kind.h"

/* Several engines in one design: whatever layer is whose, the bits are those of the reference. */

enum { ENGINES = 3, DESIGNS_PER_CASE = 12 };

/* One engine more, with the layers that were drawn for it; none were: no engine. */
static void add(zs_design *d, zs_arena *arena, const zs_net *net, const uint8_t *owner,
                uint32_t which, const zs_design *from)
{
    static const char *const names[] = {"front", "middle", "back"};
    const char *layers[64];
    zs_name_list map = {.names = layers};
    for (uint32_t i = 0; i < net->layer_n && map.n < ZS_LEN(layers); i++)
        if (owner[i] == which)
            layers[map.n++] = net->layers[i].name;
    zs_err err = {0};
    if (map.n > 0)
        ck_assert_msg(zs_design_add_engine(d, arena, names[which], &map, from, &err) == ZS_OK, "%s",
                      err.text);
}

/* Layers drawn for engines, some for none. The first two engines are tiled, the last one is of
 * `last_kind`. */
static zs_design draw(zs_prng *prng, zs_arena *arena, const zs_net *net, uint32_t precision,
                      uint32_t last_kind)
{
    zs_design d = test_random_design(prng, precision);
    uint8_t owner[64];
    for (uint32_t i = 0; i < net->layer_n; i++)
        owner[i] = (uint8_t)zs_prng_below(prng, ENGINES + 1);
    owner[0] = 0;
    for (uint32_t e = 0; e < ENGINES; e++) {
        zs_design own = test_random_design(prng, precision);
        if (e == ENGINES - 1 && last_kind != own.accel.kind) {
            zs_design_defaults(&own);
            zs_design_set_kind(&own, last_kind);
            own.accel.precision = precision;
            own.accel.unroll.oc = 4;
            own.accel.unroll.ic = 4;
        }
        own.accel.dma = d.accel.dma;
        if (own.accel.fusion == ZS_FUSION_GROUPS)
            own.accel.fusion = ZS_FUSION_LF2;
        add(&d, arena, net, owner, e, &own);
    }
    d.board.bram18 = 280;
    return d;
}

/* Some of them one at a time, loaded while others work or not; or as they were drawn. */
static void take_turns(zs_design *d, uint32_t k)
{
    d->swap.by = d->engine_n > 1 ? k % (ZS_SWAP_REGISTERS + 1) : ZS_SWAP_NONE;
    d->swap.lut = 1000;
    d->swap.regions = d->swap.by == ZS_SWAP_REGISTERS ? 1 : 1 + k / 5 % 3;
    d->swap.port = k % ZS_PORT_COUNT;
    d->swap.words = 100;
}

static void run_case(uint64_t seed, int net, uint32_t precision, uint32_t last_kind)
{
    test_rig rig;
    test_rig_init(&rig, net, precision);
    zs_prng prng = {.state = seed};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    uint32_t bits = 0;
    for (int k = 0; k < DESIGNS_PER_CASE; k++) {
        zs_design d = draw(&prng, &point, rig.net, precision, last_kind);
        take_turns(&d, (uint32_t)k);
        const uint32_t narrow = zs_kind_bias_bits(&d);
        if (narrow != bits) {
            test_rig_drop(&rig);
            test_rig_init(&rig, net, precision);
            if (narrow != 0)
                test_rig_narrow_biases(&rig, narrow);
            bits = narrow;
        }
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        zs_result *result = NULL;
        zs_err err = {0};
        const zs_status status =
            zs_sim_run(&point, &d, rig.net, plan, k % 2 ? ZS_TILE : ZS_BURST, &hook, &result, &err);
        ck_assert_msg(status == ZS_OK, "%s: %s: %s", rig.net->name, err.place, err.text);
        ck_assert_uint_eq(result->macs, zs_net_macs(rig.net) * d.batch);
        test_rig_compare(&rig, &d, exec);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}

START_TEST(test_any_map_of_layers_gives_the_bits_of_the_reference)
{
    run_case(4000 + (uint64_t)_i, _i / ZS_PRECISION_COUNT, (uint32_t)(_i % ZS_PRECISION_COUNT), 0);
}
END_TEST

/* A fire module, LeNet, a residual block and pools: the nets that the kind takes. */
START_TEST(test_engines_of_two_kinds_pass_tensors_to_each_other)
{
    static const int nets[] = {0, 1, 2, 4};
    static const uint32_t precisions[] = {ZS_INT8, ZS_FIXED16};
    run_case(5000 + (uint64_t)_i, nets[_i / 2], precisions[_i % 2], KIND_linebuffer);
}
END_TEST

START_TEST(test_generated_kernels_and_other_engines_pass_tensors_to_each_other)
{
    static const uint32_t precisions[] = {ZS_FP32, ZS_INT8};
    run_case(6000 + (uint64_t)_i, _i / 2, precisions[_i % 2], KIND_kernels);
}
END_TEST

TCase *tcase_engines(void)
{
    TCase *tc = tcase_create("several engines");
    test_add_many(tc, test_any_map_of_layers_gives_the_bits_of_the_reference,
                  TEST_NET_N * ZS_PRECISION_COUNT);
    tcase_add_loop_test(tc, test_engines_of_two_kinds_pass_tensors_to_each_other, 0, 8);
    tcase_add_loop_test(tc, test_generated_kernels_and_other_engines_pass_tensors_to_each_other, 0,
                        2 * TEST_NET_N);
    return tc;
}
