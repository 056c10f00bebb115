#include "support.h"

#include "bound_case.h"
#include "zynqsim/bound.h"

enum {
    RD0 = 0,
    WR2 = 5,
    PE = ZS_UNIT_PE,
    CPU = ZS_UNIT_CPU,
    FENCE = 99,
    OPS_MAX = 512,
    ROWS_MAX = 16
};

/* A plan of one cost per op: `amount` is bytes on a channel, PL cycles elsewhere. */
typedef struct small_plan {
    zs_tile_op ops[OPS_MAX];
    zs_op_cost costs[OPS_MAX];
    zs_plan_row rows[ROWS_MAX];
    zs_plan plan;
} small_plan;

static void add_op(small_plan *s, uint32_t unit, uint32_t amount)
{
    const uint32_t i = s->plan.op_n++;
    s->ops[i] = (zs_tile_op){.wait = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP},
                             .cost_key = i,
                             .code = unit == FENCE ? ZS_OP_JOIN : ZS_OP_MAC,
                             .unit = (uint8_t)(unit == FENCE ? CPU : unit)};
    s->costs[i].unit = s->ops[i].unit;
    if (unit < ZS_PORT_CHANNEL_N) {
        s->ops[i].code = unit % 2 ? ZS_OP_STORE : ZS_OP_LOAD_X;
        s->costs[i].xfer = (zs_xfer){.row_bytes = amount, .row_n = 1, .plane_n = 1};
    } else {
        s->costs[i].pl_cycles = amount;
    }
    s->plan.units = zs_tile_units;
    s->plan.unit_n = ZS_UNIT_N;
    s->plan.engine_n = 1;
    s->plan.ops = s->ops;
    s->plan.costs = s->costs;
    s->plan.cost_n = s->plan.op_n;
}

/* The ops since the last row. */
static void close_row(small_plan *s)
{
    const uint32_t n = s->plan.row_n;
    const uint32_t op0 = n ? s->rows[n - 1].op0 + s->rows[n - 1].op_n : 0;
    s->plan.rows = s->rows;
    s->rows[s->plan.row_n++] = (zs_plan_row){.op0 = op0, .op_n = s->plan.op_n - op0};
}

static const struct {
    const char *what;
    struct {
        uint32_t unit, amount; /* amount 0 ends the list */
    } ops[6];
    uint32_t bus_bytes;
    uint64_t end;
} sets[] = {
    {"nothing", {{0, 0}}, 4, 0},
    {"one beat", {{RD0, 1}}, 4, 1},
    {"whole beats", {{RD0, 16}}, 4, 2},
    {"each transfer rounds up", {{RD0, 9}, {RD0, 9}}, 4, 4},
    {"narrow port", {{2 * ZS_PORT_GP0, 9}}, 4, 3},
    {"units overlap", {{CPU, 10}, {RD0, 800}, {PE, 90}, {WR2, 80}}, 4, 100},
    {"the MAC array is longest", {{CPU, 10}, {RD0, 800}, {PE, 90}, {PE, 11}}, 4, 101},
    {"the PS is longest", {{CPU, 200}, {RD0, 800}}, 4, 200},
    {"barriers keep work apart", {{RD0, 800}, {FENCE, 1}, {PE, 90}, {FENCE, 1}, {WR2, 8}}, 4, 191},
    {"two barriers in a row", {{FENCE, 1}, {PE, 5}, {FENCE, 1}, {FENCE, 1}, {PE, 6}}, 4, 11},
    /* 1 B x 2 / 1.875 ns is 10.67 B per PL cycle: 2,400 B take 225 */
    {"slow DRAM", {{RD0, 800}, {2, 800}, {WR2, 800}}, 1, 225},
    {"slow DRAM rounds down", {{RD0, 8}, {2, 8}, {WR2, 8}}, 1, 2},
};

START_TEST(a_row_takes_as_long_as_its_busiest_unit)
{
    static small_plan s;
    s = (small_plan){0};
    for (size_t i = 0; i < ZS_LEN(sets[_i].ops) && sets[_i].ops[i].amount; i++)
        add_op(&s, sets[_i].ops[i].unit, sets[_i].ops[i].amount);
    close_row(&s);
    zs_design d = bound_case_design();
    d.board.memory.bus_bytes = sets[_i].bus_bytes;
    uint64_t end = 77;
    zs_bound_row_ends(&d, NULL, &s.plan, &end);
    ck_assert_msg(end == sets[_i].end, "%s: %llu", sets[_i].what, (unsigned long long)end);
}
END_TEST

START_TEST(planes_and_rows_count_in_full)
{
    static small_plan s;
    s = (small_plan){0};
    add_op(&s, RD0, 1);
    s.costs[0].xfer = (zs_xfer){.row_bytes = 56, .row_n = 16, .plane_n = 4};
    close_row(&s);
    const zs_design d = bound_case_design();
    uint64_t end;
    zs_bound_row_ends(&d, NULL, &s.plan, &end);
    ck_assert_uint_eq(end, 56 * 16 * 4 / 8);
}
END_TEST

START_TEST(rows_between_barriers_overlap)
{
    static small_plan s;
    s = (small_plan){0};
    add_op(&s, RD0, 800);
    close_row(&s);
    close_row(&s); /* a row without ops */
    add_op(&s, PE, 90);
    close_row(&s);
    add_op(&s, PE, 20);
    add_op(&s, FENCE, 1);
    close_row(&s);
    add_op(&s, PE, 5);
    close_row(&s);
    const zs_design d = bound_case_design();
    const uint64_t want[] = {100, 100, 100, 110, 115};
    uint64_t ends[ZS_LEN(want)];
    zs_bound_row_ends(&d, NULL, &s.plan, ends);
    for (size_t i = 0; i < ZS_LEN(want); i++)
        ck_assert_uint_eq(ends[i], want[i]);
}
END_TEST

/* ---- against a schedule ---------------------------------------------------------------------- */

static void random_plan(small_plan *s, uint64_t seed)
{
    static const uint32_t units[] = {RD0, 2, WR2, PE, PE, CPU, RD0, PE, FENCE};
    zs_prng prng = {.state = seed};
    *s = (small_plan){0};
    for (uint32_t row = 0; row < 8; row++) {
        const uint32_t n = (uint32_t)zs_prng_below(&prng, 60);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t op = s->plan.op_n;
            add_op(s, units[zs_prng_below(&prng, ZS_LEN(units))],
                   1 + (uint32_t)zs_prng_below(&prng, 500));
            for (int w = 0; w < 3; w++)
                if (op > 0 && zs_prng_below(&prng, 3) == 0)
                    s->ops[op].wait[w] = (uint32_t)zs_prng_below(&prng, op);
        }
        close_row(s);
    }
}

/* When each row's last op retires if waits hold and transfers take their least time. */
static void schedule(const small_plan *s, uint64_t *row_ends)
{
    static uint64_t ends[OPS_MAX];
    uint64_t unit_free[ZS_UNIT_N] = {0}, fence = 0, all = 0;
    for (uint32_t row = 0; row < s->plan.row_n; row++) {
        for (uint32_t i = s->rows[row].op0; i < s->rows[row].op0 + s->rows[row].op_n; i++) {
            const zs_tile_op *op = &s->ops[i];
            uint64_t start = zs_max_u64(fence, unit_free[op->unit]);
            for (int w = 0; w < 3; w++)
                if (op->wait[w] != ZS_NO_OP)
                    start = zs_max_u64(start, ends[op->wait[w]]);
            const uint64_t bytes = s->costs[i].xfer.row_bytes;
            ends[i] =
                start + (op->unit < ZS_PORT_CHANNEL_N ? (bytes + 7) / 8 : s->costs[i].pl_cycles);
            if (op->code == ZS_OP_JOIN)
                fence = ends[i] = all;
            else
                unit_free[op->unit] = ends[i];
            all = zs_max_u64(all, ends[i]);
        }
        row_ends[row] = all;
    }
}

START_TEST(no_schedule_that_keeps_the_waits_is_faster)
{
    static small_plan s;
    const zs_design d = bound_case_design();
    bool is_tight = false;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t bound[ROWS_MAX], real[ROWS_MAX], before = 0;
        random_plan(&s, seed);
        zs_bound_row_ends(&d, NULL, &s.plan, bound);
        schedule(&s, real);
        for (uint32_t row = 0; row < s.plan.row_n; row++) {
            ck_assert_msg(bound[row] <= real[row], "seed %llu, row %u", (unsigned long long)seed,
                          row);
            ck_assert_uint_ge(bound[row], before);
            before = bound[row];
            is_tight |= bound[row] > 0 && bound[row] == real[row];
        }
    }
    ck_assert(is_tight);
}
END_TEST

TCase *tcase_row_ends(void);
TCase *tcase_row_ends(void)
{
    TCase *tc = tcase_create("least time");
    tcase_add_loop_test(tc, a_row_takes_as_long_as_its_busiest_unit, 0, (int)ZS_LEN(sets));
    tcase_add_test(tc, planes_and_rows_count_in_full);
    tcase_add_test(tc, rows_between_barriers_overlap);
    tcase_add_test(tc, no_schedule_that_keeps_the_waits_is_faster);
    return tc;
}
