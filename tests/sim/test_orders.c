#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "tiled.h"

#include <string.h>

/* Waits alone must make the numbers right, not lucky timing. So ops are performed in the orders
 * that starve units as long as waits allow: units have a rank, and always the op of the
 * highest-ranking unit goes that may go. There is one such order for each permutation of the units.
 */

enum { MAX_UNITS = 6 };

typedef struct starver {
    const zs_plan *plan;
    zs_exec *exec;
    uint32_t *queue; /* op indices, unit after unit */
    uint32_t head[ZS_UNIT_N], end[ZS_UNIT_N];
    bool *retired;
    uint32_t retired_n, fence;
} starver;

static void find_fence(starver *s, uint32_t from)
{
    while (from < s->plan->op_n && s->plan->ops[from].code != ZS_OP_JOIN)
        from++;
    s->fence = from;
}

static void starver_init(starver *s, zs_arena *arena, const zs_plan *plan, zs_exec *exec)
{
    *s = (starver){.plan = plan, .exec = exec};
    s->queue = zs_new(arena, uint32_t, plan->op_n);
    s->retired = zs_new(arena, bool, plan->op_n);
    uint32_t at = 0;
    for (uint32_t u = 0; u < ZS_UNIT_N; u++) {
        s->head[u] = at;
        for (uint32_t i = 0; i < plan->op_n; i++)
            if (plan->ops[i].unit == u)
                s->queue[at++] = i;
        s->end[u] = at;
    }
    find_fence(s, 0);
}

static bool may_go(const starver *s, uint32_t op)
{
    if (s->plan->ops[op].code == ZS_OP_JOIN)
        return s->retired_n == op;
    for (uint32_t k = 0; k < 3; k++) {
        const uint32_t wait = s->plan->ops[op].wait[k];
        if (wait != ZS_NO_OP && !s->retired[wait])
            return false;
    }
    return op < s->fence;
}

/* The op at the head of the first unit that may go; false when none does. */
static bool perform_one(starver *s, const uint32_t *units, uint32_t unit_n)
{
    for (uint32_t k = 0; k < unit_n; k++) {
        const uint32_t u = units[k];
        if (s->head[u] == s->end[u] || !may_go(s, s->queue[s->head[u]]))
            continue;
        const uint32_t op = s->queue[s->head[u]++];
        zs_exec_op(s->exec, op);
        s->retired[op] = true;
        s->retired_n++;
        if (op == s->fence)
            find_fence(s, op + 1);
        return true;
    }
    return false;
}

static void perform_all(zs_arena *arena, const zs_plan *plan, zs_exec *exec, const uint32_t *units,
                        uint32_t unit_n)
{
    starver s;
    starver_init(&s, arena, plan, exec);
    while (perform_one(&s, units, unit_n))
        continue;
    ck_assert_uint_eq(s.retired_n, plan->op_n);
}

static uint32_t list_units(const zs_plan *plan, uint32_t *units)
{
    bool used[ZS_UNIT_N] = {false};
    for (uint32_t i = 0; i < plan->op_n; i++)
        used[plan->ops[i].unit] = true;
    uint32_t n = 0;
    for (uint32_t u = 0; u < ZS_UNIT_N; u++)
        if (used[u]) {
            ck_assert_uint_lt(n, MAX_UNITS);
            units[n++] = u;
        }
    return n;
}

/* Lexicographic successor; false after the last permutation. */
static bool permute(uint32_t *a, uint32_t n)
{
    uint32_t i = n - 1;
    while (i > 0 && a[i - 1] >= a[i])
        i--;
    if (i == 0)
        return false;
    uint32_t k = n - 1;
    while (a[k] <= a[i - 1])
        k--;
    const uint32_t swap = a[i - 1];
    a[i - 1] = a[k];
    a[k] = swap;
    for (uint32_t lo = i, hi = n - 1; lo < hi; lo++, hi--) {
        const uint32_t other = a[lo];
        a[lo] = a[hi];
        a[hi] = other;
    }
    return true;
}

/* Every order starts from memories of zeros, so that results of the one before cannot stand in for
 * its own. Steps of the PS stand between barriers: there is nothing to starve, and it goes first.
 */
uint32_t test_rig_wrong_orders(const test_rig *rig, const zs_design *d, const zs_plan *plan,
                               uint32_t enough)
{
    uint32_t units[MAX_UNITS];
    const uint32_t n = list_units(plan, units);
    ck_assert_uint_eq(units[n - 1], ZS_UNIT_CPU);
    uint32_t order[MAX_UNITS];
    order[0] = ZS_UNIT_CPU;
    uint32_t wrong = 0;
    zs_arena scratch;
    zs_arena_init(&scratch, test_heap());
    do {
        memcpy(order + 1, units, (n - 1) * sizeof *units);
        zs_exec *exec = test_rig_exec(rig, &scratch, d, plan);
        perform_all(&scratch, plan, exec, order, n);
        wrong += !test_rig_equals(rig, d, exec);
        zs_arena_reset(&scratch);
    } while (wrong < enough && permute(units, n - 1));
    zs_arena_drop(&scratch);
    return wrong;
}

/* ---- designs --------------------------------------------------------------------------------- */

static const struct {
    uint32_t order, outer, fusion, batch, bram18;
    uint32_t oc, ic, oy, ox;
    bool twice; /* double buffers */
    bool rtl;   /* inputs and weights one load, OIHW, every step loads */
    uint32_t weight_port;
} designs[] = {
    {ZS_OUTPUT_STATIONARY, ZS_OUTER_CHANNELS, ZS_FUSION_LF2, 2, 128, 5, 4, 7, 8, true, false,
     ZS_PORT_HP1},
    {ZS_OUTPUT_STATIONARY, ZS_OUTER_PIXELS, ZS_FUSION_AUTO, 1, 280, 8, 3, 5, 9, false, false,
     ZS_PORT_HP1},
    {ZS_WEIGHT_STATIONARY, ZS_OUTER_CHANNELS, ZS_FUSION_FIRE, 1, 280, 4, 4, 8, 6, true, false,
     ZS_PORT_HP1},
    {ZS_INPUT_STATIONARY, ZS_OUTER_CHANNELS, ZS_FUSION_NONE, 1, 128, 4, 4, 9, 9, false, false,
     ZS_PORT_HP1},
    {ZS_OUTPUT_STATIONARY, ZS_OUTER_PIXELS, ZS_FUSION_LF2, 1, 280, 4, 3, 5, 6, true, true,
     ZS_PORT_HP0},
    {ZS_WEIGHT_STATIONARY, ZS_OUTER_PIXELS, ZS_FUSION_FIRE, 2, 280, 5, 2, 7, 5, true, true,
     ZS_PORT_HP1},
};
enum { DESIGN_N = 6 };

static zs_design make_design(int which)
{
    zs_design d;
    zs_design_defaults(&d);
    d.batch = designs[which].batch;
    d.board.bram18 = designs[which].bram18;
    TILED(d)->loop_order = designs[which].order;
    TILED(d)->outer_loop = designs[which].outer;
    d.accel.fusion = designs[which].fusion;
    TILED(d)->tile.oc = designs[which].oc;
    TILED(d)->tile.ic = designs[which].ic;
    TILED(d)->tile.oy = designs[which].oy;
    TILED(d)->tile.ox = designs[which].ox;
    d.accel.unroll.oc = 4;
    d.accel.unroll.ic = 2;
    TILED(d)->double_buffer.input = designs[which].twice;
    TILED(d)->double_buffer.weight = designs[which].twice;
    TILED(d)->double_buffer.output = designs[which].twice;
    d.accel.ports.weight = designs[which].weight_port;
    if (designs[which].rtl) {
        d.accel.dma.chain = true;
        TILED(d)->keep_tiles = false;
        TILED(d)->weight_layout = ZS_LAYOUT_OIHW;
    }
    return d;
}

START_TEST(test_program_order_gives_the_bits_of_the_reference)
{
    test_rig rig;
    test_rig_init(&rig, _i / DESIGN_N, ZS_FP32);
    const zs_design d = make_design(_i % DESIGN_N);
    const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
    zs_exec *exec = test_rig_exec(&rig, &rig.arena, &d, plan);
    zs_exec_run(exec);
    test_rig_compare(&rig, &d, exec);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_retire_order_gives_the_bits_of_the_reference)
{
    static const zs_fidelity fidelities[] = {ZS_TILE, ZS_BURST};
    test_rig rig;
    test_rig_init(&rig, _i / DESIGN_N, ZS_FP32);
    const zs_design d = make_design(_i % DESIGN_N);
    const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
    for (size_t f = 0; f < ZS_LEN(fidelities); f++) {
        zs_exec *exec = test_rig_exec(&rig, &rig.arena, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        zs_result *result = NULL;
        zs_err err = {0};
        ck_assert_msg(
            zs_sim_run(&rig.arena, &d, rig.net, plan, fidelities[f], &hook, &result, &err) == ZS_OK,
            "%s: %s", err.place, err.text);
        test_rig_compare(&rig, &d, exec);
    }
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_no_order_that_starves_units_changes_a_bit)
{
    test_rig rig;
    test_rig_init(&rig, _i / DESIGN_N, ZS_FP32);
    const zs_design d = make_design(_i % DESIGN_N);
    test_rig_orders(&rig, &d);
    test_rig_drop(&rig);
}
END_TEST

/* ---- that the tests above can fail ----------------------------------------------------------- */

static const struct {
    uint32_t kind, wait;
    int net, design;
    const char *why;
} missing[] = {
    {ZS_OP_LOAD_X, 0, 0, 0, "the slot is still read"},
    {ZS_OP_LOAD_X, 1, 0, 0, "the layer before has not stored it"},
    {ZS_OP_LOAD_X, 0, 2, 1, "the slot is still read by vector work"},
    {ZS_OP_LOAD_W, 0, 0, 2, "the slot is still read"},
    {ZS_OP_MAC, 0, 0, 0, "inputs are not there"},
    {ZS_OP_MAC, 1, 0, 0, "weights are not there"},
    {ZS_OP_MAC, 2, 0, 0, "results are not stored yet"},
    {ZS_OP_MAC, 2, 1, 3, "partial sums are not there"},
    {ZS_OP_STORE, 0, 0, 0, "results are not computed"},
    {ZS_OP_STORE_P, 0, 1, 3, "partial sums are not computed"},
    {ZS_OP_LOAD_P, 0, 1, 3, "partial sums before them are not stored"},
    {ZS_OP_LOAD_X, 0, 0, 4, "the slot is still read"},
    {ZS_OP_LOAD_W, 0, 0, 5, "the slot is still read"},
    {ZS_OP_MAC, 1, 0, 5, "weights are not there"},
    {ZS_OP_POST, 0, 2, 0, "the input is not there"},
    {ZS_OP_POST, 1, 2, 0, "the second input is not there"},
    {ZS_OP_POST, 2, 2, 0, "results are not stored yet"},
};
enum { TRIES = 32 };

static bool waits(const zs_plan *plan, uint32_t op, uint32_t kind, uint32_t wait)
{
    return plan->ops[op].code == kind && plan->ops[op].wait[wait] != ZS_NO_OP;
}

/* Takes the wait from one op after another, spread over the plan, until an order notices. Not every
 * one is noticed: some follow from others, as the second of two loads on one channel. */
static bool some_loss_is_noticed(test_rig *rig, const zs_design *d, const zs_plan *plan,
                                 uint32_t kind, uint32_t wait)
{
    zs_tile_op *ops = zs_new(&rig->arena, zs_tile_op, plan->op_n);
    memcpy(ops, plan->ops, plan->op_n * sizeof *ops);
    zs_plan mutant = *plan;
    mutant.ops = ops;
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        n += waits(plan, i, kind, wait);
    ck_assert_msg(n > 0, "no %s has a wait %u", zs_op_name(kind), wait);
    for (uint32_t i = 0; i < plan->op_n; i++) {
        if (!waits(plan, i, kind, wait) || at++ % (n / TRIES + 1) != 0)
            continue;
        ops[i].wait[wait] = ZS_NO_OP;
        if (test_rig_wrong_orders(rig, d, &mutant, 1) > 0)
            return true;
        ops[i].wait[wait] = plan->ops[i].wait[wait];
    }
    return false;
}

START_TEST(test_one_missing_wait_is_noticed_by_some_order)
{
    test_rig rig;
    test_rig_init(&rig, missing[_i].net, ZS_FP32);
    const zs_design d = make_design(missing[_i].design);
    const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
    ck_assert_msg(some_loss_is_noticed(&rig, &d, plan, missing[_i].kind, missing[_i].wait),
                  "%s without wait %u (%s) went unnoticed", zs_op_name(missing[_i].kind),
                  missing[_i].wait, missing[_i].why);
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_orders(void)
{
    TCase *tc = tcase_create("orders of execution");
    tcase_set_tags(tc, "long");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_program_order_gives_the_bits_of_the_reference, 0,
                        TEST_NET_N * DESIGN_N);
    tcase_add_loop_test(tc, test_retire_order_gives_the_bits_of_the_reference, 0,
                        TEST_NET_N * DESIGN_N);
    tcase_add_loop_test(tc, test_no_order_that_starves_units_changes_a_bit, 0,
                        TEST_NET_N * DESIGN_N);
    tcase_add_loop_test(tc, test_one_missing_wait_is_noticed_by_some_order, 0,
                        (int)ZS_LEN(missing));
    return tc;
}
