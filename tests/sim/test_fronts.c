#include "random_design.h"
#include "rig.h"
#include "sim_cases.h"
#include "support.h"
#include "tiled.h"

#include "zynqsim/bound.h"
#include "zynqsim/kind.h"

#include <string.h>

/* Depthwise layers tile by tile with the 1x1 layers around them: results, bytes and times of rows
 * with fronts, in random networks of such blocks. */

enum { LAYERS_MAX = 24, NETS = 12, DESIGNS_PER_NET = 16, POINTWISE = 0, DEPTHWISE = 1 };

typedef struct builder {
    zs_arena *arena;
    zs_prng prng;
    zs_layer_spec layers[LAYERS_MAX];
    uint32_t n;
    const char *at; /* tensor that the next layer reads */
    zs_shape shape;
} builder;

static uint32_t below(builder *b, uint32_t n)
{
    return (uint32_t)zs_prng_below(&b->prng, n);
}

static zs_layer_spec *add(builder *b, uint32_t op, const char *name)
{
    zs_layer_spec *l = &b->layers[b->n];
    const char **in = zs_new(b->arena, const char *, 1);
    ck_assert_uint_lt(b->n, LAYERS_MAX);
    in[0] = b->at;
    *l = (zs_layer_spec){.name = zs_arena_printf(b->arena, "%s%u", name, b->n++),
                         .op = (zs_layer_op)op,
                         .in = in,
                         .in_n = 1,
                         .window = {.kh = 1, .kw = 1, .sh = 1, .sw = 1, .dh = 1, .dw = 1}};
    b->at = l->name;
    return l;
}

static uint32_t out_of(uint32_t n, uint32_t k, uint32_t stride, uint32_t dilation, uint32_t pads)
{
    return (n + pads - (k - 1) * dilation - 1) / stride + 1;
}

static void add_conv(builder *b, bool is_depthwise, uint32_t channels)
{
    zs_layer_spec *l = add(b, ZS_LAYER_CONV, is_depthwise ? "dw" : "pw");
    zs_window *w = &l->window;
    l->groups = is_depthwise ? 0 : 1;
    l->oc = is_depthwise ? b->shape.c : channels;
    if (below(b, 3))
        l->act = (zs_act){.active = true, .lo = 0, .hi = below(b, 2) ? 6 : __builtin_inff()};
    if (is_depthwise) {
        w->kh = b->shape.h > 4 ? 3 : 1;
        w->kw = b->shape.w > 8 && below(b, 3) == 0 ? 5 : w->kh;
        w->dh = b->shape.h > 8 && below(b, 4) == 0 ? 2 : 1;
        w->sh = 1 + below(b, 2) * below(b, 2);
        w->sw = 1 + below(b, 2) * below(b, 2);
        w->pad_top = below(b, (w->kh - 1) * w->dh + 1);
        w->pad_bottom = below(b, (w->kh - 1) * w->dh + 1);
        w->pad_left = below(b, w->kw);
        w->pad_right = below(b, w->kw);
    }
    b->shape = (zs_shape){
        .c = l->oc,
        .h = out_of(b->shape.h, w->kh, w->sh, w->dh, w->pad_top + w->pad_bottom),
        .w = out_of(b->shape.w, w->kw, w->sw, w->dw, w->pad_left + w->pad_right),
    };
}

/* What comes in by the side may be the first input or the second. */
static void add_addition(builder *b, const char *beside)
{
    const char *in = b->at;
    zs_layer_spec *l = add(b, ZS_LAYER_ADD, "add");
    const bool is_swapped = below(b, 2) != 0;
    const char **inputs = zs_new(b->arena, const char *, 2);
    inputs[0] = is_swapped ? beside : in;
    inputs[1] = is_swapped ? in : beside;
    l->in = inputs;
    l->in_n = 2;
    if (below(b, 2))
        l->act = (zs_act){.active = true, .lo = 0, .hi = below(b, 2) ? 6 : __builtin_inff()};
}

/* depthwise and 1x1, or the other way round, or expand, depthwise, project, or 1x1 layers alone;
 * with a pool or an addition behind, or nothing. */
static void add_block(builder *b)
{
    const char *from = b->at;
    const zs_shape before = b->shape;
    const uint32_t kind = below(b, 6);
    if (kind > 0)
        add_conv(b, POINTWISE, kind == 4 || below(b, 3) == 0 ? before.c : 2 + below(b, 17));
    if (kind < 4)
        add_conv(b, DEPTHWISE, 0);
    if (kind != 1 && kind != 4)
        add_conv(b, POINTWISE, below(b, 3) ? before.c : 1 + below(b, 12));
    if (memcmp(&before, &b->shape, sizeof before) == 0) {
        add_addition(b, from);
    } else if (b->shape.h > 6 && b->shape.w > 6 && below(b, 3) == 0) {
        zs_layer_spec *l = add(b, ZS_LAYER_POOL, "pool");
        l->pool = ZS_POOL_MAX;
        l->window.kh = l->window.kw = 2 + below(b, 2);
        l->window.sh = l->window.sw = 2;
        b->shape.h = (b->shape.h - l->window.kh) / 2 + 1;
        b->shape.w = (b->shape.w - l->window.kw) / 2 + 1;
    }
}

static const zs_net *build_net(const builder *b, const char *name, zs_shape input)
{
    const zs_net_spec spec = {.name = name,
                              .input = {.name = "data", .shape = input},
                              .layers = b->layers,
                              .layer_n = b->n};
    zs_net *net;
    zs_err err = {0};
    ck_assert_msg(zs_net_build(b->arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return net;
}

static const zs_net *draw_net(zs_arena *arena, uint64_t seed)
{
    builder b = {.arena = arena, .prng = {.state = seed}, .at = "data"};
    b.shape = (zs_shape){1 + below(&b, 6), 14 + below(&b, 20), 12 + below(&b, 24)};
    const zs_shape input = b.shape;
    if (below(&b, 2))
        add_conv(&b, POINTWISE, 2 + below(&b, 9));
    for (uint32_t blocks = 2 + below(&b, 3); blocks > 0; blocks--)
        add_block(&b);
    zs_layer_spec *fc = add(&b, ZS_LAYER_FC, "fc");
    fc->oc = 7;
    return build_net(&b, zs_arena_printf(arena, "blocks %llu", (unsigned long long)seed), input);
}

static void init_rig(test_rig *rig, uint64_t seed, uint32_t precision)
{
    zs_arena_init(&rig->arena, test_heap());
    test_rig_init_net(rig, draw_net(&rig->arena, seed), precision);
}

/* ---- identities ------------------------------------------------------------------------------ */

static uint64_t macs_of_ops(const zs_plan *plan)
{
    uint64_t macs = 0;
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_box *b = &plan->boxes[i];
        if (plan->ops[i].code != ZS_OP_MAC)
            continue;
        const zs_plan_row *row = zs_plan_member(&plan->rows[plan->ops[i].row], b->flags);
        macs += (uint64_t)b->oc_n * (row->is_depthwise ? 1 : b->ic_n) * b->oy_n * b->ox_n *
                row->window.kh * row->window.kw;
    }
    return macs;
}

static void check_figures(zs_arena *arena, const zs_design *d, const zs_net *net,
                          const zs_plan *plan, const zs_result *r)
{
    uint64_t cycles = 0, macs = 0, moved = 0, carried = 0, again = 0;
    zs_plan *outline;
    zs_err err = {0};
    for (uint32_t i = 0; i < r->layer_n; i++) {
        cycles += r->layers[i].cycles;
        macs += r->layers[i].macs;
        moved += r->layers[i].read_bytes + r->layers[i].write_bytes;
        again += plan->rows[i].again_macs - plan->rows[i].skipped_macs;
    }
    for (uint32_t i = 0; i < r->port_n; i++)
        carried += r->ports[i].bytes;
    ck_assert_uint_eq(moved, carried);
    ck_assert_uint_eq(cycles, r->cycles);
    ck_assert_uint_eq(macs, zs_net_macs(net) * d->batch);
    ck_assert_uint_eq(macs_of_ops(plan), macs + again);
    ck_assert_msg(zs_plan_outline(arena, d, net, &outline, &err) == ZS_OK, "%s", err.text);
    const zs_bound_sums sums = zs_bound_of_outline(d, net, outline);
    ck_assert_msg(sums.cycles <= r->cycles, "%s: %llu cycles above %llu", test_design_line(d),
                  (unsigned long long)sums.cycles, (unsigned long long)r->cycles);
    ck_assert_msg(sums.dram_bytes <= r->dram.read_bytes + r->dram.write_bytes,
                  "%s, %s: %llu bytes above %llu", net->name, test_design_line(d),
                  (unsigned long long)sums.dram_bytes,
                  (unsigned long long)(r->dram.read_bytes + r->dram.write_bytes));
    if (d->accel.fusion == ZS_FUSION_SEPARABLE)
        ck_assert_msg(sums.dram_bytes == r->dram.read_bytes + r->dram.write_bytes,
                      "%s, %s: %llu bytes, not %llu", net->name, test_design_line(d),
                      (unsigned long long)sums.dram_bytes,
                      (unsigned long long)(r->dram.read_bytes + r->dram.write_bytes));
}

static uint32_t depth_of_fronts(const zs_plan *plan)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        uint32_t n = 0;
        for (const zs_plan_row *front = plan->rows[i].front; front != NULL; front = front->front)
            n++;
        most = n > most ? n : most;
    }
    return most;
}

static bool adds_to_tiles(const zs_plan *plan)
{
    bool any = false;
    for (uint32_t i = 0; i < plan->row_n; i++)
        any = any || plan->rows[i].add != ZS_NO_INDEX;
    return any;
}

static zs_design draw_design(zs_prng *prng, uint32_t precision, int k)
{
    zs_design d = test_random_design(prng, precision);
    d.accel.fusion = k % 4 == 3 ? ZS_FUSION_AUTO : ZS_FUSION_SEPARABLE;
    TILED(d)->fusion_goal = (uint32_t)(k / 4 % ZS_GOAL_COUNT);
    TILED(d)->tile.fills = k % 5 == 0;
    d.accel.buffer.weight_bytes = k % 5 == 0 ? 1 << 20 : 0;
    TILED(d)->load.is_ahead = k % 3 != 0;
    if (k % 4 != 0) { /* windows of a tile fit into a tile of the layer in front */
        TILED(d)->tile.oy = (uint32_t)zs_max_u64(TILED(d)->tile.oy, 7);
        TILED(d)->tile.ox = (uint32_t)zs_max_u64(TILED(d)->tile.ox, 7);
        d.board.bram18 = 280;
    }
    return d;
}

START_TEST(test_rows_with_fronts_give_the_bits_of_the_reference)
{
    const uint32_t precision = (uint32_t)(_i % ZS_PRECISION_COUNT);
    test_rig rig;
    init_rig(&rig, 500 + (uint64_t)_i, precision);
    zs_prng prng = {.state = 40 + (uint64_t)_i};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    uint32_t by_tile_n = 0;
    for (int k = 0; k < DESIGNS_PER_NET; k++) {
        const zs_design d = draw_design(&prng, precision, k);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        zs_exec *exec = test_rig_exec(&rig, &point, &d, plan);
        const zs_retire_hook hook = zs_exec_hook(exec);
        const zs_result *r =
            test_rig_run(&rig, &point, &d, plan, k % 2 ? ZS_TILE : ZS_BURST, &hook);
        test_rig_compare(&rig, &d, exec);
        check_figures(&point, &d, rig.net, plan, r);
        by_tile_n += depth_of_fronts(plan) > 0 || adds_to_tiles(plan);
        test_rig_fidelities(&rig, &point, &d);
        zs_arena_reset(&point);
    }
    ck_assert_uint_gt(by_tile_n, DESIGNS_PER_NET / 3);
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_no_order_that_starves_units_changes_a_bit_of_rows_with_fronts)
{
    test_rig rig;
    init_rig(&rig, 900 + (uint64_t)_i, ZS_FP32);
    zs_prng prng = {.state = 7 + (uint64_t)_i};
    for (int k = 0; k < 2; k++) {
        zs_design d = draw_design(&prng, ZS_FP32, k);
        test_rig_orders(&rig, &d);
    }
    test_rig_drop(&rig);
}
END_TEST

/* ---- what it saves --------------------------------------------------------------------------- */

static const zs_net *block_net(zs_arena *arena, uint32_t kind)
{
    builder b = {.arena = arena, .at = "data", .shape = {8, 28, 28}};
    const zs_shape input = b.shape;
    b.prng.state = 3;
    if (kind > 0)
        add_conv(&b, POINTWISE, 24);
    zs_layer_spec *dw = add(&b, ZS_LAYER_CONV, "dw");
    dw->oc = kind > 0 ? 24 : 8;
    dw->window = (zs_window){.kh = 3,
                             .kw = 3,
                             .sh = 1,
                             .sw = 1,
                             .dh = 1,
                             .dw = 1,
                             .pad_top = 1,
                             .pad_left = 1,
                             .pad_bottom = 1,
                             .pad_right = 1};
    if (kind != 1)
        add_conv(&b, POINTWISE, 16);
    return build_net(&b, "block", input);
}

static uint64_t bytes_of(const zs_plan *plan, uint32_t code)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].code == code)
            bytes += zs_xfer_bytes(&plan->costs[plan->ops[i].cost_key].xfer);
    return bytes;
}

/* Tiles of 14 x 14 pixels, four of a map: a 1x1 layer in front of a depthwise one takes tiles of
 * 12 x 12 of it, so that those of 14 x 14 in front of them are no larger than its own. */
START_TEST(test_a_map_between_two_layers_is_neither_written_nor_read)
{
    static const uint64_t map[] = {8 * 28 * 28, 24 * 28 * 28, 2 * 24 * 28 * 28};
    static const uint64_t rows_of_inputs[] = {30, 32, 32}; /* with those that two tiles read */
    test_rig rig;
    zs_arena_init(&rig.arena, test_heap());
    rig.net = block_net(&rig.arena, (uint32_t)_i);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = ZS_INT8;
    d.accel.fusion = ZS_FUSION_FIRE;
    const zs_plan *apart = test_rig_plan(&rig, &rig.arena, &d);
    d.accel.fusion = ZS_FUSION_SEPARABLE;
    const zs_plan *together = test_rig_plan(&rig, &rig.arena, &d);
    ck_assert_uint_eq(together->row_n, 1);
    ck_assert_uint_eq(together->front_n, apart->row_n - 1);
    ck_assert_uint_eq(bytes_of(apart, ZS_OP_STORE) - bytes_of(together, ZS_OP_STORE), map[_i]);
    ck_assert_uint_eq(bytes_of(apart, ZS_OP_LOAD_W), bytes_of(together, ZS_OP_LOAD_W));
    ck_assert_uint_eq(bytes_of(together, ZS_OP_LOAD_X),
                      8 * rows_of_inputs[_i] * rows_of_inputs[_i]);
    test_rig_fidelities(&rig, &rig.arena, &d);
    zs_arena_drop(&rig.arena);
}
END_TEST

/* A block of 1x1 layers, its input added at the end. */
static const zs_net *residual_net(zs_arena *arena)
{
    builder b = {.arena = arena, .at = "data", .shape = {16, 28, 28}};
    const zs_shape input = b.shape;
    b.prng.state = 5;
    add_conv(&b, POINTWISE, 16);
    const char *from = b.at;
    add_conv(&b, POINTWISE, 24);
    add_conv(&b, POINTWISE, 16);
    add_addition(&b, from);
    add_conv(&b, POINTWISE, 8);
    return build_net(&b, "residual", input);
}

/* An addition behind a 1x1 layer takes its other summand a tile at a time: the map of that layer is
 * neither written nor read, all other bytes stay, and so do the results. */
START_TEST(test_an_addition_is_done_with_the_tiles_of_a_convolution)
{
    const uint64_t map = 16 * 28 * 28 * (uint64_t)zs_elem_bytes((uint32_t)_i);
    test_rig rig;
    zs_arena_init(&rig.arena, test_heap());
    test_rig_init_net(&rig, residual_net(&rig.arena), (uint32_t)_i);
    zs_design d;
    zs_err err = {0};
    zs_design_defaults(&d);
    d.accel.precision = (uint32_t)_i;
    d.accel.fusion = ZS_FUSION_FIRE;
    const zs_plan *apart = test_rig_plan(&rig, &rig.arena, &d);
    d.accel.fusion = ZS_FUSION_SEPARABLE;
    const zs_plan *together = test_rig_plan(&rig, &rig.arena, &d);
    ck_assert_uint_eq(together->row_n, apart->row_n - 1);
    ck_assert_str_eq(together->rows[2].op, "conv+add");
    ck_assert_uint_eq(bytes_of(apart, ZS_OP_STORE) - bytes_of(together, ZS_OP_STORE), map);
    ck_assert_uint_eq(bytes_of(apart, ZS_OP_LOAD_X) - bytes_of(together, ZS_OP_LOAD_X), map);
    ck_assert_uint_eq(bytes_of(apart, ZS_OP_LOAD_W), bytes_of(together, ZS_OP_LOAD_W));
    test_rig_execute(&rig, &rig.arena, &d, ZS_TILE);
    test_rig_fidelities(&rig, &rig.arena, &d);
    const uint64_t tile_elems = 16 * 14 * 14;
    ck_assert_uint_ge(together->resident_elems, tile_elems);
    /* one that says it is done on its own, and one behind a layer that does */
    ck_assert_int_eq(zs_design_set_layer(&d, &rig.arena, "add*", "fusion", "fire", &err), ZS_OK);
    ck_assert_uint_eq(test_rig_plan(&rig, &rig.arena, &d)->row_n, apart->row_n);
    ck_assert_int_eq(zs_design_set_layer(&d, &rig.arena, "add*", "fusion", "separable", &err),
                     ZS_OK);
    ck_assert_uint_eq(test_rig_plan(&rig, &rig.arena, &d)->row_n, together->row_n);
    ck_assert_int_eq(zs_design_set_layer(&d, &rig.arena, "pw2", "fusion", "lf1", &err), ZS_OK);
    ck_assert_uint_eq(test_rig_plan(&rig, &rig.arena, &d)->row_n, apart->row_n);
    test_rig_drop(&rig);
}
END_TEST

/* Three layers and what they are added to: their input, or a fourth layer in between. */
static const zs_net *shortcut_net(zs_arena *arena, bool is_layer)
{
    builder b = {.arena = arena, .at = "data", .shape = {8, 12, 12}};
    const zs_shape input = b.shape;
    b.prng.state = 9;
    add_conv(&b, POINTWISE, 16);
    const char *beside = b.at;
    add_conv(&b, POINTWISE, 8);
    add_conv(&b, POINTWISE, 12);
    const char *in = b.at;
    if (is_layer) {
        b.at = beside;
        add_conv(&b, POINTWISE, 16);
        beside = b.at;
        b.at = in;
    }
    add_conv(&b, POINTWISE, 16);
    add_addition(&b, beside);
    return build_net(&b, "shortcut", input);
}

/* What is added comes from a row of the same call, or to where a tensor lay that one of its rows
 * read. */
START_TEST(test_no_order_within_a_call_changes_a_bit_of_an_addition)
{
    const bool is_layer = _i % 2;
    test_rig rig;
    zs_arena_init(&rig.arena, test_heap());
    test_rig_init_net(&rig, shortcut_net(&rig.arena, is_layer), ZS_FP32);
    zs_design d;
    zs_design_defaults(&d);
    d.accel.fusion = ZS_FUSION_AUTO;
    d.accel.ports.weight = _i < 2 ? ZS_PORT_HP0 : ZS_PORT_HP1;
    const zs_plan *plan = test_rig_plan(&rig, &rig.arena, &d);
    const zs_plan_row *row = &plan->rows[plan->row_n - 1];
    ck_assert_uint_ne(row->add, ZS_NO_INDEX);
    ck_assert_uint_eq(row->call, plan->rows[1].call);
    if (is_layer)
        ck_assert_uint_eq(row->x2.addr, plan->rows[3].y.addr);
    else
        ck_assert_uint_eq(row->x2_resident, plan->rows[1].y_resident);
    ck_assert_uint_eq(test_rig_wrong_orders(&rig, &d, plan, 1), 0);
    test_rig_drop(&rig);
}
END_TEST

/* `auto` takes the better one for each goal: never behind `fire` or `separable` in what it is
 * after. */
START_TEST(test_auto_is_never_behind_in_bytes)
{
    test_rig rig;
    init_rig(&rig, 300 + (uint64_t)_i, ZS_FP32);
    zs_prng prng = {.state = 11 + (uint64_t)_i};
    zs_arena point;
    zs_arena_init(&point, test_heap());
    for (int k = 0; k < 6; k++) {
        zs_design d = test_random_design(&prng, ZS_FP32);
        uint64_t bytes[3];
        static const uint32_t fusions[] = {ZS_FUSION_FIRE, ZS_FUSION_SEPARABLE, ZS_FUSION_AUTO};
        for (uint32_t f = 0; f < 3; f++) {
            d.accel.fusion = fusions[f];
            const zs_plan *plan = test_rig_plan(&rig, &point, &d);
            const zs_result *r = test_rig_run(&rig, &point, &d, plan, ZS_BOUND, NULL);
            bytes[f] = r->dram.read_bytes + r->dram.write_bytes;
        }
        if (d.accel.buffer.weight_bytes > 0 || d.board.bram18 >= 280)
            ck_assert_msg(bytes[2] <= bytes[0] && bytes[2] <= bytes[1], "%s: %llu, %llu, %llu",
                          test_design_line(&d), (unsigned long long)bytes[0],
                          (unsigned long long)bytes[1], (unsigned long long)bytes[2]);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

TCase *tcase_fronts(void)
{
    TCase *tc = tcase_create("rows with fronts");
    tcase_set_timeout(tc, 120);
    test_add_many(tc, test_rows_with_fronts_give_the_bits_of_the_reference, NETS);
    tcase_add_loop_test(tc, test_no_order_that_starves_units_changes_a_bit_of_rows_with_fronts, 0,
                        4);
    tcase_add_loop_test(tc, test_a_map_between_two_layers_is_neither_written_nor_read, 0, 3);
    tcase_add_loop_test(tc, test_an_addition_is_done_with_the_tiles_of_a_convolution, 0,
                        ZS_PRECISION_COUNT);
    tcase_add_loop_test(tc, test_no_order_within_a_call_changes_a_bit_of_an_addition, 0, 4);
    tcase_add_loop_test(tc, test_auto_is_never_behind_in_bytes, 0, 8);
    return tc;
}
