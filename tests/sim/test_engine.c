#include "zynqsim/kind.h"
#include "sim_cases.h"

#include "zynqsim/sim.h"

#include <string.h>

/* Plans written by hand, with the cycles that the rules of plan.h demand. Ops of the kinds of loads
 * and stores run on the PS here, which has a fixed price: for whose sake the MAC array waits is a
 * matter of the op's kind, not of its unit. */

enum { MAX_OPS = 8, NO = ZS_NO_OP, PE = ZS_UNIT_PE, CPU = ZS_UNIT_CPU };

typedef struct hand_op {
    uint8_t kind, unit;
    uint32_t cycles;
    uint16_t row;
    uint32_t wait[2];
    uint64_t start, end; /* expected */
} hand_op;

typedef struct hand_row {
    uint64_t start, cycles;
    uint64_t waited[ZS_CAUSE_N]; /* compute, read, write, host */
    uint64_t busy[ZS_CAUSE_N];
} hand_row;

typedef struct hand_case {
    const char *what;
    uint32_t op_n, row_n;
    hand_op ops[MAX_OPS];
    hand_row rows[2];
} hand_case;

#define NOWAIT                                                                                     \
    {                                                                                              \
        NO, NO                                                                                     \
    }
static const hand_case cases[] = {
    {"ops of a unit go one after the other, in plan order",
     3,
     1,
     {{ZS_OP_MAC, PE, 5, 0, NOWAIT, 0, 5},
      {ZS_OP_POST, PE, 7, 0, NOWAIT, 5, 12},
      {ZS_OP_MAC, PE, 1, 0, NOWAIT, 12, 13}},
     {{0, 13, {13, 0, 0, 0}, {13, 0, 0, 0}}}},
    {"units work side by side",
     2,
     1,
     {{ZS_OP_HOST, CPU, 9, 0, NOWAIT, 0, 9}, {ZS_OP_MAC, PE, 5, 0, NOWAIT, 0, 5}},
     {{0, 9, {5, 0, 0, 4}, {5, 0, 0, 9}}}},
    {"an op waits for the last of those it names",
     4,
     1,
     {{ZS_OP_HOST, CPU, 4, 0, NOWAIT, 0, 4},
      {ZS_OP_MAC, PE, 6, 0, NOWAIT, 0, 6},
      {ZS_OP_HOST, CPU, 7, 0, NOWAIT, 4, 11},
      {ZS_OP_MAC, PE, 2, 0, {1, 2}, 11, 13}},
     {{0, 13, {8, 0, 0, 5}, {8, 0, 0, 11}}}},
    {"a waiting op keeps those behind it on its unit waiting",
     4,
     1,
     {{ZS_OP_HOST, CPU, 10, 0, NOWAIT, 0, 10},
      {ZS_OP_MAC, PE, 3, 0, {0, NO}, 10, 13},
      {ZS_OP_MAC, PE, 3, 0, NOWAIT, 13, 16},
      {ZS_OP_HOST, CPU, 1, 0, NOWAIT, 10, 11}},
     {{0, 16, {6, 0, 0, 10}, {6, 0, 0, 11}}}},
    {"nothing passes a barrier",
     4,
     1,
     {{ZS_OP_MAC, PE, 5, 0, NOWAIT, 0, 5},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 5, 5},
      {ZS_OP_HOST, CPU, 4, 0, NOWAIT, 5, 9},
      {ZS_OP_MAC, PE, 3, 0, NOWAIT, 5, 8}},
     {{0, 9, {8, 0, 0, 1}, {8, 0, 0, 4}}}},
    {"barriers in a row, at the start and at the end, take no time",
     5,
     1,
     {{ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 0, 0},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 0, 0},
      {ZS_OP_MAC, PE, 5, 0, NOWAIT, 0, 5},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 5, 5},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 5, 5}},
     {{0, 5, {5, 0, 0, 0}, {5, 0, 0, 0}}}},
    {"ops of no length retire at the instant they start",
     4,
     1,
     {{ZS_OP_HOST, CPU, 0, 0, NOWAIT, 0, 0},
      {ZS_OP_MAC, PE, 0, 0, {0, NO}, 0, 0},
      {ZS_OP_MAC, PE, 4, 0, {0, 1}, 0, 4},
      {ZS_OP_HOST, CPU, 0, 0, {2, NO}, 4, 4}},
     {{0, 4, {4, 0, 0, 0}, {4, 0, 0, 0}}}},
    {"ops that retire at one instant let the next start at that instant",
     3,
     1,
     {{ZS_OP_MAC, PE, 6, 0, NOWAIT, 0, 6},
      {ZS_OP_HOST, CPU, 6, 0, NOWAIT, 0, 6},
      {ZS_OP_MAC, PE, 1, 0, {0, 1}, 6, 7}},
     {{0, 7, {7, 0, 0, 0}, {7, 0, 0, 6}}}},
    {"the array waits for reads",
     3,
     1,
     {{ZS_OP_LOAD_W, CPU, 8, 0, NOWAIT, 0, 8},
      {ZS_OP_MAC, PE, 2, 0, {0, NO}, 8, 10},
      {ZS_OP_LOAD_X, CPU, 1, 0, NOWAIT, 8, 9}},
     {{0, 10, {2, 8, 0, 0}, {2, 0, 0, 9}}}},
    {"the array waits for its slot to be stored, at last for the last store",
     4,
     1,
     {{ZS_OP_MAC, PE, 2, 0, NOWAIT, 0, 2},
      {ZS_OP_STORE, CPU, 10, 0, {0, NO}, 2, 12},
      {ZS_OP_MAC, PE, 2, 0, {1, NO}, 12, 14},
      {ZS_OP_STORE, CPU, 10, 0, {2, NO}, 14, 24}},
     {{0, 24, {4, 0, 20, 0}, {4, 0, 0, 20}}}},
    {"of two waits the later one is the reason",
     3,
     1,
     {{ZS_OP_STORE_P, CPU, 3, 0, NOWAIT, 0, 3},
      {ZS_OP_LOAD_P, CPU, 5, 0, NOWAIT, 3, 8},
      {ZS_OP_MAC, PE, 1, 0, {0, 1}, 8, 9}},
     {{0, 9, {1, 8, 0, 0}, {1, 0, 0, 8}}}},
    {"waiting for a barrier is waiting for what it waited for",
     3,
     1,
     {{ZS_OP_STORE, CPU, 9, 0, NOWAIT, 0, 9},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 9, 9},
      {ZS_OP_MAC, PE, 4, 0, NOWAIT, 9, 13}},
     {{0, 13, {4, 0, 9, 0}, {4, 0, 0, 9}}}},
    {"a row ends with its last op, though the next one has begun",
     4,
     2,
     {{ZS_OP_MAC, PE, 4, 0, NOWAIT, 0, 4},
      {ZS_OP_STORE, CPU, 6, 0, {0, NO}, 4, 10},
      {ZS_OP_MAC, PE, 9, 1, NOWAIT, 4, 13},
      {ZS_OP_STORE, CPU, 2, 1, {2, NO}, 13, 15}},
     {{0, 10, {10, 0, 0, 0}, {10, 0, 0, 6}}, {10, 5, {3, 0, 2, 0}, {3, 0, 0, 2}}}},
    {"work that ends when a row ends was work in that row",
     3,
     2,
     {{ZS_OP_STORE, CPU, 10, 0, NOWAIT, 0, 10},
      {ZS_OP_MAC, PE, 10, 1, NOWAIT, 0, 10},
      {ZS_OP_MAC, PE, 3, 1, NOWAIT, 10, 13}},
     {{0, 10, {10, 0, 0, 0}, {10, 0, 0, 10}}, {10, 3, {3, 0, 0, 0}, {3, 0, 0, 0}}}},
    {"a row that is over before the one ahead of it has no span of its own",
     3,
     2,
     {{ZS_OP_STORE, CPU, 10, 0, NOWAIT, 0, 10},
      {ZS_OP_MAC, PE, 4, 1, NOWAIT, 0, 4},
      {ZS_OP_MAC, PE, 1, 1, NOWAIT, 4, 5}},
     {{0, 10, {5, 0, 5, 0}, {5, 0, 0, 10}}, {10, 0, {0, 0, 0, 0}, {0, 0, 0, 0}}}},
};

/* ---- building -------------------------------------------------------------------------------- */

typedef struct hand_plan {
    zs_plan plan;
    zs_tile_op ops[MAX_OPS];
    zs_tile_box boxes[MAX_OPS];
    zs_op_cost costs[MAX_OPS];
    zs_plan_row rows[2];
    zs_plan_call call;
    zs_layer layer;
    zs_net net;
    zs_design design;
} hand_plan;

static void build(hand_plan *h, const hand_op *ops, uint32_t op_n, uint32_t row_n)
{
    memset(h, 0, sizeof *h);
    zs_design_defaults(&h->design);
    for (uint32_t i = 0; i < op_n; i++) {
        h->ops[i] = (zs_tile_op){.wait = {ops[i].wait[0], ops[i].wait[1], NO},
                                 .cost_key = i,
                                 .row = ops[i].row,
                                 .code = ops[i].kind,
                                 .unit = ops[i].unit};
        h->costs[i] =
            (zs_op_cost){.pl_cycles = ops[i].cycles, .code = ops[i].kind, .unit = ops[i].unit};
        h->rows[ops[i].row].op_n++;
    }
    for (uint32_t r = 0; r < row_n; r++) {
        h->rows[r].name = r ? "second" : "first";
        h->rows[r].op = "conv";
        h->rows[r].call = 0;
        h->rows[r].pool = ZS_NO_INDEX;
        h->rows[r].op0 = r ? h->rows[0].op_n : 0;
    }
    h->call = (zs_plan_call){.name = "call", .row_n = row_n};
    h->net = (zs_net){.name = "hand", .layers = &h->layer, .layer_n = 1};
    h->plan = (zs_plan){.kind = zs_kinds[0],
                        .units = zs_tile_units,
                        .unit_n = ZS_UNIT_N,
                        .engine_n = 1,
                        .ops = h->ops,
                        .boxes = h->boxes,
                        .op_n = op_n,
                        .costs = h->costs,
                        .cost_n = op_n,
                        .rows = h->rows,
                        .row_n = row_n,
                        .calls = &h->call,
                        .call_n = 1,
                        .batch = 1};
}

typedef struct seen {
    uint32_t n;
    uint32_t op[MAX_OPS];
    uint64_t start[MAX_OPS], end[MAX_OPS]; /* [op] */
} seen;

static void note(void *ctx, uint32_t op, uint64_t start, uint64_t end)
{
    seen *s = ctx;
    s->op[s->n++] = op;
    s->start[op] = start;
    s->end[op] = end;
}

static zs_status run(zs_arena *arena, hand_plan *h, seen *s, zs_result **result, zs_err *err)
{
    memset(s, 0, sizeof *s);
    const zs_retire_hook hook = {.retired = note, .ctx = s};
    return zs_sim_run(arena, &h->design, &h->net, &h->plan, ZS_TILE, &hook, result, err);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void check_times(const char *what, const hand_op *ops, uint32_t n, const seen *s)
{
    for (uint32_t i = 0; i < n; i++)
        ck_assert_msg(s->start[i] == ops[i].start && s->end[i] == ops[i].end,
                      "%s: op %u ran from %llu to %llu", what, i, (unsigned long long)s->start[i],
                      (unsigned long long)s->end[i]);
}

static void check_row(const hand_case *c, const zs_layer_result *l, const hand_row *want)
{
    ck_assert_msg(l->start_cycle == want->start && l->cycles == want->cycles,
                  "%s: row %s spans %llu + %llu", c->what, l->name,
                  (unsigned long long)l->start_cycle, (unsigned long long)l->cycles);
    for (uint32_t k = 0; k < ZS_CAUSE_N; k++) {
        ck_assert_msg(l->waited_cycles[k] == want->waited[k], "%s: row %s, waited for %s: %llu",
                      c->what, l->name, zs_cause_name(k), (unsigned long long)l->waited_cycles[k]);
        ck_assert_msg(l->busy_cycles[k] == want->busy[k], "%s: row %s, busy with %s: %llu", c->what,
                      l->name, zs_cause_name(k), (unsigned long long)l->busy_cycles[k]);
    }
}

START_TEST(test_hand_made_plan_takes_the_cycles_that_the_rules_demand)
{
    const hand_case *c = &cases[_i];
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, c->ops, c->op_n, c->row_n);
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s: %s: %s", c->what, err.place,
                  err.text);
    ck_assert_uint_eq(s.n, c->op_n);
    check_times(c->what, c->ops, c->op_n, &s);
    for (uint32_t i = 1; i < s.n; i++)
        ck_assert_msg(s.end[s.op[i]] >= s.end[s.op[i - 1]], "%s: the hook came out of time",
                      c->what);
    for (uint32_t r = 0; r < c->row_n; r++)
        check_row(c, &result->layers[r], &c->rows[r]);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_ops_of_one_instant_are_reported_in_plan_order)
{
    static const hand_op ops[] = {{ZS_OP_HOST, CPU, 6, 0, NOWAIT, 0, 0},
                                  {ZS_OP_MAC, PE, 6, 0, NOWAIT, 0, 0},
                                  {ZS_OP_MAC, PE, 2, 0, NOWAIT, 0, 0},
                                  {ZS_OP_HOST, CPU, 2, 0, NOWAIT, 0, 0}};
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 4, 1);
    ck_assert_int_eq(run(&arena, &h, &s, &result, NULL), ZS_OK);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(s.op[i], i);
    zs_arena_drop(&arena);
}
END_TEST

static const struct {
    const char *chain;
    uint32_t op_n;
    hand_op ops[3];
} deadlocks[] = {
    {"2 of 3 ops never start: mac 1 waits for mac 2",
     3,
     {{ZS_OP_HOST, CPU, 3, 0, NOWAIT, 0, 0},
      {ZS_OP_MAC, PE, 3, 0, {2, NO}, 0, 0},
      {ZS_OP_MAC, PE, 3, 0, NOWAIT, 0, 0}}},
    {"2 of 2 ops never start: load_x 0 waits for mac 1 waits for load_x 0",
     2,
     {{ZS_OP_LOAD_X, CPU, 3, 0, {1, NO}, 0, 0}, {ZS_OP_MAC, PE, 3, 0, {0, NO}, 0, 0}}},
    {"3 of 3 ops never start: mac 0 waits for host 2",
     3,
     {{ZS_OP_MAC, PE, 3, 0, {2, NO}, 0, 0},
      {ZS_OP_JOIN, CPU, 0, 0, NOWAIT, 0, 0},
      {ZS_OP_HOST, CPU, 3, 0, NOWAIT, 0, 0}}},
};

START_TEST(test_plan_that_waits_for_itself_is_told_with_the_chain)
{
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, deadlocks[_i].ops, deadlocks[_i].op_n, 1);
    ck_assert_int_eq(run(&arena, &h, &s, &result, &err), ZS_EDEADLOCK);
    ck_assert_msg(strncmp(err.text, deadlocks[_i].chain, strlen(deadlocks[_i].chain)) == 0,
                  "\"%s\"", err.text);
    ck_assert_ptr_null(result);
    zs_arena_drop(&arena);
}
END_TEST

/* A read on its own channel: its price alone, after the DMA's start. */
START_TEST(test_transfer_alone_takes_its_price_after_the_start_of_the_dma)
{
    static const hand_op ops[] = {{ZS_OP_LOAD_X, 0, 0, 0, NOWAIT, 0, 0},
                                  {ZS_OP_MAC, PE, 5, 0, {0, NO}, 0, 0}};
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 2, 1);
    h.costs[0].xfer = (zs_xfer){.addr = 4096, .row_bytes = 3000, .row_n = 1, .plane_n = 1};
    const uint64_t alone = zs_xfer_alone_pl_cycles(&h.design, 0, &h.costs[0].xfer);
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_eq(s.end[0], h.design.accel.dma.start_pl_cycles + alone);
    ck_assert_uint_eq(s.end[1], s.end[0] + 5);
    const zs_layer_result *l = &result->layers[0];
    ck_assert_uint_eq(l->waited_cycles[ZS_BY_READ], s.end[0]);
    ck_assert_uint_eq(l->read_bytes, 3000);
    ck_assert_uint_eq(l->operand_bytes[ZS_OPERAND_INPUT], 3000);
    ck_assert_uint_eq(result->dram.read_bytes, 3000);
    ck_assert_int_eq(l->limited_by, ZS_BY_READ);
    zs_arena_drop(&arena);
}
END_TEST

/* Loads and stores take what the DMA needs on either side of the transfer, and a chain retires as
 * one: a load of inputs and weights, a MAC, a store, in front of a memory of fixed latency. */
START_TEST(test_chained_loads_and_a_store_take_the_clocks_of_the_dma)
{
    static const hand_op ops[] = {{ZS_OP_LOAD_X, 0, 0, 0, NOWAIT, 0, 0},
                                  {ZS_OP_LOAD_W, 0, 0, 0, NOWAIT, 0, 0},
                                  {ZS_OP_MAC, PE, 5, 0, {0, 1}, 0, 0},
                                  {ZS_OP_STORE, 1, 0, 0, {2, NO}, 0, 0}};
    static const uint64_t reads = 2 + 20 + 32 + 16 + 3 - 1, writes = 4 + 16 + 12 + 7 - 1;
    const bool chained = _i;
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 4, 1);
    zs_accel *a = &h.design.accel;
    h.design.board.memory.kind = ZS_MEMORY_FIXED;
    a->dma.start_pl_cycles = 2, a->dma.finish_pl_cycles = 3;
    a->dma.store_start_pl_cycles = 4, a->dma.store_finish_pl_cycles = 7;
    a->dma.chain = chained;
    h.boxes[1].flags = ZS_BOX_CHAINED;
    h.costs[0].xfer = (zs_xfer){.row_bytes = 256, .row_n = 1, .plane_n = 1};
    h.costs[1].xfer = h.costs[3].xfer = (zs_xfer){.row_bytes = 128, .row_n = 1, .plane_n = 1};
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s", err.text);
    ck_assert_uint_eq(s.end[0], chained ? reads : 2 + 20 + 32 + 3 - 1);
    ck_assert_uint_eq(s.end[1], chained ? reads : s.end[0] + 2 + 20 + 16 + 3 - 1);
    ck_assert_uint_eq(s.end[2], s.end[1] + 5);
    ck_assert_uint_eq(s.end[3], s.end[2] + writes);
    ck_assert_uint_eq(result->layers[0].busy_cycles[ZS_BY_READ], s.end[1]);
    ck_assert_uint_eq(result->layers[0].operand_bytes[ZS_OPERAND_WEIGHT], 128);
    zs_arena_drop(&arena);
}
END_TEST

/* What three waits cannot say: the last of four ops that may end in any order lets the next start.
 */
START_TEST(test_a_meet_retires_with_the_last_op_of_its_list)
{
    static const hand_op ops[] = {{ZS_OP_HOST, CPU, 10, 0, NOWAIT, 0, 10},
                                  {ZS_OP_MAC, PE, 3, 0, NOWAIT, 0, 3},
                                  {ZS_OP_MAC, PE, 4, 0, NOWAIT, 3, 7},
                                  {ZS_OP_MAC, PE, 1, 0, NOWAIT, 7, 8},
                                  {ZS_OP_MEET, ZS_UNIT_JOIN, 0, 0, NOWAIT, 10, 10},
                                  {ZS_OP_MAC, PE, 2, 0, {4, NO}, 10, 12}};
    static const zs_plan_meet meet = {0, 4};
    static const uint32_t waits[] = {1, 2, 3, 0};
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 6, 1);
    h.ops[4].cost_key = 0;
    h.plan.meets = &meet;
    h.plan.meet_n = 1;
    h.plan.meet_waits = waits;
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s", err.text);
    check_times("", ops, 6, &s);
    ck_assert_uint_eq(result->layers[0].waited_cycles[ZS_BY_HOST], 2);
    zs_arena_drop(&arena);
}
END_TEST

static const zs_plan_unit two_engines[] = {{"pe0", ZS_COMPUTE, ZS_NO_CHANNEL, 0, false},
                                           {"pe1", ZS_COMPUTE, ZS_NO_CHANNEL, 1, false},
                                           {"cpu", ZS_HOST, ZS_NO_CHANNEL, 0, false}};

START_TEST(test_a_join_holds_up_its_own_engine_alone)
{
    static const hand_op ops[] = {{ZS_OP_MAC, 0, 10, 0, NOWAIT, 0, 10},
                                  {ZS_OP_JOIN, 2, 0, 0, NOWAIT, 10, 10},
                                  {ZS_OP_HOST, 2, 2, 0, NOWAIT, 10, 12},
                                  {ZS_OP_MAC, 1, 3, 1, NOWAIT, 0, 3},
                                  {ZS_OP_MAC, 1, 4, 1, NOWAIT, 3, 7}};
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 5, 2);
    h.rows[1].engine = 1;
    h.plan.units = two_engines;
    h.plan.unit_n = 3;
    h.plan.engine_n = 2;
    h.plan.rows_overlap = true;
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s: %s", err.place, err.text);
    check_times("", ops, 5, &s);
    zs_arena_drop(&arena);
}
END_TEST

/* Two stages: the second waits for the first one's work, the first for room that the second makes.
 */
START_TEST(test_rows_that_overlap_have_spans_and_say_whether_they_starve_or_are_blocked)
{
    static const hand_op ops[] = {{ZS_OP_MAC, 0, 4, 0, NOWAIT, 0, 4},
                                  {ZS_OP_MAC, 0, 4, 0, {2, NO}, 10, 14},
                                  {ZS_OP_MAC, 1, 6, 1, {0, NO}, 4, 10},
                                  {ZS_OP_MAC, 1, 6, 1, {1, NO}, 14, 20}};
    hand_plan h;
    seen s;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    build(&h, ops, 4, 2);
    h.rows[1].engine = 1;
    h.plan.units = two_engines;
    h.plan.unit_n = 3;
    h.plan.engine_n = 2;
    h.plan.rows_overlap = true;
    ck_assert_msg(run(&arena, &h, &s, &result, &err) == ZS_OK, "%s: %s", err.place, err.text);
    check_times("", ops, 4, &s);
    const zs_layer_result *first = &result->layers[0], *second = &result->layers[1];
    ck_assert_uint_eq(result->cycles, 20);
    ck_assert(result->layers_overlap);
    ck_assert_uint_eq(first->start_cycle, 0);
    ck_assert_uint_eq(first->cycles, 14);
    ck_assert_uint_eq(first->busy_cycles[ZS_BY_COMPUTE], 8);
    ck_assert_uint_eq(first->blocked_cycles, 6);
    ck_assert_uint_eq(first->starved_cycles, 0);
    ck_assert_uint_eq(second->start_cycle, 4);
    ck_assert_uint_eq(second->cycles, 16);
    ck_assert_uint_eq(second->busy_cycles[ZS_BY_COMPUTE], 12);
    ck_assert_uint_eq(second->starved_cycles, 4);
    ck_assert_uint_eq(second->blocked_cycles, 0);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_engine(void)
{
    TCase *tc = tcase_create("engine");
    tcase_add_loop_test(tc, test_hand_made_plan_takes_the_cycles_that_the_rules_demand, 0,
                        (int)ZS_LEN(cases));
    tcase_add_test(tc, test_ops_of_one_instant_are_reported_in_plan_order);
    tcase_add_test(tc, test_a_meet_retires_with_the_last_op_of_its_list);
    tcase_add_test(tc, test_a_join_holds_up_its_own_engine_alone);
    tcase_add_test(tc,
                   test_rows_that_overlap_have_spans_and_say_whether_they_starve_or_are_blocked);
    tcase_add_loop_test(tc, test_plan_that_waits_for_itself_is_told_with_the_chain, 0,
                        (int)ZS_LEN(deadlocks));
    tcase_add_loop_test(tc, test_chained_loads_and_a_store_take_the_clocks_of_the_dma, 0, 2);
    tcase_add_test(tc, test_transfer_alone_takes_its_price_after_the_start_of_the_dma);
    return tc;
}
