#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "support.h"
#include "tiled.h"

/* Every tile size, loop order, buffer scheme, fusion and batch gives the bits of the untiled
 * reference. One loop test per network and precision; the seed is the loop index. */

enum { DESIGNS_PER_CASE = 24 };

static const uint32_t channel_blocks[] = {1, 1, 4, 16};

START_TEST(test_any_design_gives_the_bits_of_the_reference)
{
    const int which = _i / ZS_PRECISION_COUNT;
    const uint32_t precision = (uint32_t)(_i % ZS_PRECISION_COUNT);
    test_rig rig;
    test_rig_init(&rig, which, precision);
    zs_prng prng = {.state = 1000 + (uint64_t)_i};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (int k = 0; k < DESIGNS_PER_CASE; k++) {
        zs_design d = test_random_design(&prng, precision);
        TILED(d)->channel_block = channel_blocks[k % (int)ZS_LEN(channel_blocks)];
        if (k % 3 == 0) { /* smaller maps in larger tiles of channels */
            TILED(d)->tile.fills = true;
            d.accel.buffer.weight_bytes = 1 << 20;
        }
        if (k % 4 == 1)
            test_make_systolic(&d);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        zs_result *result = NULL;
        zs_err err = {0};
        const zs_fidelity fidelity = k % 2 ? ZS_TILE : ZS_BURST;
        const zs_status status =
            zs_sim_run(&point, &d, rig.net, plan, fidelity, &hook, &result, &err);
        ck_assert_msg(status == ZS_OK, "%s, %s: %s: %s", rig.net->name, test_design_line(&d),
                      err.place, err.text);
        test_rig_compare(&rig, &d, exec);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_random_designs(void)
{
    TCase *tc = tcase_create("random designs");
    tcase_set_timeout(tc, 120);
    test_add_many(tc, test_any_design_gives_the_bits_of_the_reference,
                  TEST_NET_N * ZS_PRECISION_COUNT);
    return tc;
}
