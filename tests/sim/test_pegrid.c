#include "../support/nets.h"
#include "../support/set_key.h"
#include "kind_rows.h"
#include "rig.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "support.h"
#include "zynqsim/kind.h"
#include "zynqsim/mask.h"

#include <string.h>

/* accelerator.kind: pegrid, from plan to result, on networks with weights that are 0. */

/* ---- networks -------------------------------------------------------------------------------- */

static void start(test_rig *rig, int which, uint32_t precision)
{
    memset(rig, 0, sizeof *rig);
    zs_arena_init(&rig->arena, test_heap());
    const zs_net *net = test_net_build(&rig->arena, which);
    test_net_prune(&rig->arena, net, (uint64_t)which + 1);
    test_rig_init_net(rig, net, precision);
}

/* ---- designs --------------------------------------------------------------------------------- */

static void set_word(zs_design *d, const char *path, const char *word)
{
    zs_err err = {0};
    ck_assert_msg(zs_design_set(d, NULL, path, word, &err) == ZS_OK, "%s: %s", err.place, err.text);
}

static zs_design design_of(const char *skip, const char *sync, uint32_t pes, uint32_t lanes)
{
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_pegrid);
    d.accel.precision = ZS_FIXED16;
    d.accel.fusion = ZS_FUSION_NONE;
    d.accel.unroll.oc = pes;
    d.accel.unroll.ic = lanes;
    set_word(&d, "accelerator.pegrid.skip", skip);
    set_word(&d, "accelerator.pegrid.sync", sync);
    return d;
}

/* Small memories, so that maps are cut in bands, filters in parts and inputs read again. */
static const struct {
    const char *skip, *sync, *weights;
    bool packed;
    uint32_t batch, pes, lanes, oy, ox, filter, plane, input;
} variants[] = {
    {"none", "lockstep", "dense", true, 1, 4, 1, 1, 1, 1024, 1024, 131072},
    {"filter", "lockstep", "bitmap", true, 2, 3, 2, 1, 2, 64, 64, 131072},
    {"filter", "tile", "csc", false, 3, 8, 1, 2, 1, 50, 40, 4096},
    {"kernel", "lockstep", "rle4", true, 2, 5, 4, 1, 1, 100, 1024, 4096},
    {"kernel", "channel", "rle8", false, 1, 16, 2, 1, 1, 60, 100, 4096},
    {"kernel", "tile", "dense", true, 3, 2, 3, 2, 2, 1024, 50, 131072},
    {"weight", "lockstep", "csc", true, 2, 7, 1, 1, 1, 49, 60, 4096},
    {"weight", "channel", "rle4", true, 1, 64, 2, 1, 4, 1024, 1024, 131072},
    {"weight", "tile", "bitmap", false, 3, 6, 1, 1, 1, 80, 64, 8192},
};

static zs_design variant(size_t i, uint32_t precision)
{
    zs_design d = design_of(variants[i].skip, variants[i].sync, variants[i].pes, variants[i].lanes);
    d.accel.precision = precision;
    d.batch = variants[i].batch;
    d.accel.unroll.oy = variants[i].oy;
    d.accel.unroll.ox = variants[i].ox;
    set_word(&d, "accelerator.pegrid.weights", variants[i].weights);
    test_set(&d, "accelerator.pegrid.packed", variants[i].packed);
    test_set(&d, "accelerator.pegrid.filter", variants[i].filter);
    test_set(&d, "accelerator.pegrid.plane", variants[i].plane);
    test_set(&d, "accelerator.pegrid.input", variants[i].input);
    return d;
}

/* ---- numerics -------------------------------------------------------------------------------- */

START_TEST(test_every_net_precision_and_option_gives_the_bits_of_the_reference)
{
    test_rig rig;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    start(&rig, _i % TEST_NET_N, precision);
    test_rig_execute_all(&rig, precision, variant, ZS_LEN(variants));
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_no_order_that_the_waits_allow_gives_other_bits)
{
    test_rig rig;
    const zs_design d = variant((size_t)_i / TEST_NET_N * 3 + 1, ZS_FP32);
    start(&rig, _i % TEST_NET_N, ZS_FP32);
    test_rig_orders(&rig, &d);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_fidelities_move_the_same_bytes_and_bound_is_least)
{
    test_rig rig;
    zs_arena point;
    start(&rig, _i, ZS_FIXED16);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        const zs_design d = variant(i, ZS_FIXED16);
        test_rig_fidelities(&rig, &point, &d);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* ---- inputs that are 0 ----------------------------------------------------------------------- */

static void measure(test_rig *rig, const zs_design *d)
{
    zs_err err = {0};
    const float *images[RIG_IMAGES];
    for (uint32_t i = 0; i < RIG_IMAGES; i++)
        images[i] = rig->inputs[i];
    zs_net *net = (zs_net *)rig->net;
    net->activity = NULL;
    ck_assert_msg(zs_activity_measure(&rig->arena, d, net, rig->quant, images, RIG_IMAGES,
                                      &net->activity, &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
}

static uint64_t worked(const zs_plan *plan)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < plan->row_n; i++)
        n += plan->rows[i].macs - plan->rows[i].skipped_macs;
    return n;
}

/* The same bits and bytes whether inputs are left out or not, no more products, and no later. */
START_TEST(test_leaving_inputs_out_changes_no_bit_and_no_byte)
{
    test_rig rig;
    zs_arena point;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    start(&rig, _i % TEST_NET_N, precision);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        zs_design d = variant(i, precision);
        d.accel.unroll.oy = d.accel.unroll.ox = 1;
        const zs_plan *plain = test_rig_plan(&rig, &point, &d);
        const zs_result *all = test_rig_run(&rig, &point, &d, plain, ZS_TILE, NULL);
        test_set(&d, "accelerator.pegrid.skip_inputs", 1);
        measure(&rig, &d);
        test_rig_execute(&rig, &point, &d, ZS_TILE);
        if (precision == ZS_FIXED16)
            test_rig_fidelities(&rig, &point, &d);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        const zs_result *r = test_rig_run(&rig, &point, &d, plan, ZS_TILE, NULL);
        ck_assert_uint_le(r->cycles, all->cycles);
        ck_assert_uint_eq(r->dram.read_bytes, all->dram.read_bytes);
        ck_assert_uint_le(worked(plan), worked(plain));
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

static void drop(test_rig *rig, double threshold)
{
    rig->quant->map_threshold = threshold;
    for (uint32_t i = 0; i < RIG_IMAGES; i++) {
        zs_ref_tensors tensors;
        zs_err err = {0};
        ck_assert_int_eq(
            zs_ref_run(&rig->arena, rig->net, rig->quant, rig->inputs[i], NULL, &tensors, &err),
            ZS_OK);
        zs_dequantise(rig->quant, rig->net->output, tensors.data[rig->net->output], rig->outputs[i],
                      rig->output_n);
    }
}

/* What the reference does with maps that are dropped; whatever else is left out, fewer bytes. */
START_TEST(test_dropped_maps_give_the_bits_of_the_reference)
{
    test_rig rig;
    zs_arena point;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    start(&rig, _i % TEST_NET_N, precision);
    zs_arena_init(&point, test_heap());
    drop(&rig, 0.6);
    for (size_t i = 0; i < ZS_LEN(variants); i++) {
        zs_design d = variant(i, precision);
        d.accel.unroll.oy = d.accel.unroll.ox = 1;
        const zs_plan *plain = test_rig_plan(&rig, &point, &d);
        test_set(&d, "accelerator.pegrid.drop_maps", 0.6);
        test_set(&d, "accelerator.pegrid.skip_inputs", i % 2 ? 1 : 0);
        measure(&rig, &d);
        test_rig_execute(&rig, &point, &d, ZS_TILE);
        if (precision == ZS_FIXED16)
            test_rig_fidelities(&rig, &point, &d);
        const zs_plan *plan = test_rig_plan(&rig, &point, &d);
        ck_assert_uint_le(worked(plan), worked(plain));
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

START_TEST(test_inputs_must_have_been_measured)
{
    test_rig rig;
    zs_plan *plan;
    zs_err err = {0};
    zs_design d = design_of("kernel", "tile", 4, 1);
    start(&rig, 0, ZS_FIXED16);
    test_set(&d, "accelerator.pegrid.skip_inputs", 1);
    ck_assert_int_eq(zs_plan_build(&rig.arena, &d, rig.net, &plan, &err), ZS_EUNSUPPORTED);
    ck_assert_str_eq(err.place, "accelerator.pegrid.skip_inputs");
    test_rig_drop(&rig);
}
END_TEST

/* ---- cycles ---------------------------------------------------------------------------------- */

typedef struct one_layer {
    zs_arena arena;
    zs_net *net;
    const zs_layer *layer;
} one_layer;

/* 10 x 10 pixels, padded, of 6 channels to 10 filters; nothing is 0 in synthetic weights. */
static void one_layer_start(one_layer *o, uint32_t kernel, bool is_pruned)
{
    test_spec *s = test_spec_new(6, 10, 10);
    test_conv(s, "conv", "", 10, kernel, 1, kernel / 2);
    zs_arena_init(&o->arena, test_heap());
    o->net = test_net(&o->arena, s);
    test_spec_free(s);
    if (is_pruned)
        test_net_prune(&o->arena, o->net, 5);
    o->layer = &o->net->layers[0];
}

static const zs_plan *plan_of(one_layer *o, const zs_design *d)
{
    zs_plan *plan;
    zs_err err = {0};
    ck_assert_msg(zs_plan_build(&o->arena, d, o->net, &plan, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return plan;
}

/* Cycles and number of the ops of a code, bytes of transfers. */
static uint64_t sum_of(const zs_plan *plan, uint32_t code, uint32_t *n)
{
    uint64_t sum = 0;
    *n = 0;
    for (uint32_t i = 0; i < plan->op_n; i++)
        if (plan->ops[i].code == code) {
            const zs_op_cost *cost = &plan->costs[plan->ops[i].cost_key];
            sum += zs_op_is_transfer(code) ? zs_xfer_bytes(&cost->xfer) : cost->pl_cycles;
            ++*n;
        }
    return sum;
}

static uint64_t mac_cycles(one_layer *o, const zs_design *d)
{
    static const zs_mac_array plain = {0};
    uint32_t n;
    const uint64_t sum = sum_of(plan_of(o, d), ZS_OP_MAC, &n);
    return sum - n * zs_mac_depth_pl_cycles(d, &plain);
}

/* At all fidelities the same, which the result of the first holds. */
static zs_layer_result count_of(one_layer *o, const zs_design *d, const zs_plan *plan)
{
    zs_result *r[3];
    zs_err err = {0};
    for (uint32_t f = 0; f < 3; f++) {
        ck_assert_msg(zs_sim_run(&o->arena, d, o->net, plan, (zs_fidelity)f, NULL, &r[f], &err) ==
                          ZS_OK,
                      "%s: %s", err.place, err.text);
        for (uint32_t k = 0; k < ZS_OPERAND_N; k++)
            ck_assert_uint_eq(r[f]->operand_bytes[k], r[0]->operand_bytes[k]);
    }
    return r[0]->layers[0];
}

/* Weights of a kernel or single ones, counted naively: of each group of PEs the union or the most.
 */
static uint64_t naive(const one_layer *o, uint32_t pes, bool by_kernel, bool in_lockstep)
{
    const zs_layer *l = o->layer;
    const uint64_t n = zs_layer_filter_elems(l), taps = l->window.kh * l->window.kw;
    uint64_t steps = 0;
    for (uint32_t first = 0; first < l->y.c; first += pes) {
        uint64_t all = 0, most = 0;
        for (uint64_t k = 0; k < n; k++) {
            bool any = false;
            for (uint32_t oc = first; oc < first + pes && oc < l->y.c; oc++)
                for (uint64_t t = by_kernel ? k / taps * taps : k;
                     t < (by_kernel ? (k / taps + 1) * taps : k + 1); t++)
                    any = any || l->weights.data[oc * n + t] != 0;
            all += any;
        }
        for (uint32_t oc = first; oc < first + pes && oc < l->y.c; oc++) {
            uint64_t own = 0;
            for (uint64_t k = 0; k < n; k++) {
                bool any = false;
                for (uint64_t t = by_kernel ? k / taps * taps : k;
                     t < (by_kernel ? (k / taps + 1) * taps : k + 1); t++)
                    any = any || l->weights.data[oc * n + t] != 0;
                own += any;
            }
            most = own > most ? own : most;
        }
        steps += in_lockstep ? all : most;
    }
    return steps * l->y.h * l->y.w;
}

START_TEST(test_cycles_are_those_of_the_masks)
{
    static const uint32_t pes[] = {1, 3, 4, 10, 16};
    one_layer o;
    one_layer_start(&o, 3, true);
    for (size_t i = 0; i < ZS_LEN(pes); i++)
        for (uint32_t by_kernel = 0; by_kernel < 2; by_kernel++)
            for (uint32_t lockstep = 0; lockstep < 2; lockstep++) {
                zs_design d = design_of(by_kernel ? "kernel" : "weight",
                                        lockstep ? "lockstep" : "tile", pes[i], 1);
                test_set(&d, "accelerator.pegrid.packed", 0);
                const uint64_t wanted = naive(&o, pes[i], by_kernel, lockstep);
                if (pes[i] > 1) /* a PE alone on a zero filter still writes its pixels */
                    ck_assert_uint_eq(mac_cycles(&o, &d), wanted);
                else
                    ck_assert_uint_gt(mac_cycles(&o, &d), wanted);
            }
    zs_arena_drop(&o.arena);
}
END_TEST

/* Products of inputs other than 0, of two images; PEs meet in the end of a map, or at each channel,
 * or go in lockstep: counted naively, input by input. */
static uint64_t naive_of_inputs(const one_layer *o, const bool *x, uint32_t pes, int sync)
{
    const zs_layer *l = o->layer;
    const uint32_t taps = l->window.kh * l->window.kw, ic_n = l->x.c;
    uint64_t steps = 0;
    for (uint32_t first = 0; first < l->y.c; first += pes) {
        uint64_t of_pe[16][8] = {0};
        for (uint32_t oy = 0; oy < l->y.h; oy++)
            for (uint32_t ox = 0; ox < l->y.w; ox++)
                for (uint32_t k = 0; k < ic_n * taps; k++) {
                    const int y = (int)(oy + k % taps / l->window.kw) - (int)l->window.pad_top;
                    const int c = (int)(ox + k % l->window.kw) - (int)l->window.pad_left;
                    bool any = false;
                    if (y < 0 || c < 0 || y >= (int)l->x.h || c >= (int)l->x.w ||
                        !x[(k / taps * l->x.h + (uint32_t)y) * l->x.w + (uint32_t)c])
                        continue;
                    for (uint32_t f = first; f < first + pes && f < l->y.c; f++) {
                        const bool is_left = l->weights.data[f * ic_n * taps + k] != 0;
                        of_pe[f - first][k / taps] += is_left;
                        any = any || is_left;
                    }
                    steps += sync == 0 && any;
                }
        for (uint32_t c = 0; c < ic_n; c++) {
            uint64_t most = 0;
            for (uint32_t f = 0; f < pes; f++) {
                most = of_pe[f][c] > most ? of_pe[f][c] : most;
                of_pe[f][0] += sync == 2 && c > 0 ? of_pe[f][c] : 0;
            }
            steps += sync == 1 ? most : 0;
        }
        uint64_t most = 0;
        for (uint32_t f = 0; f < pes; f++)
            most = of_pe[f][0] > most ? of_pe[f][0] : most;
        steps += sync == 2 ? most : 0;
    }
    return steps;
}

START_TEST(test_cycles_are_those_of_weights_and_inputs)
{
    static const char *const syncs[] = {"lockstep", "channel", "tile"};
    one_layer o;
    one_layer_start(&o, 3, true);
    const zs_shape s = o.layer->x;
    const uint64_t words = zs_activity_words(s);
    zs_prng prng = {.state = 3};
    bool x[2][600] = {0};
    uint64_t bits[32] = {0};
    const uint64_t **of = zs_new(&o.arena, const uint64_t *, o.net->tensor_n);
    for (uint32_t image = 0; image < 2; image++)
        for (uint32_t k = 0; k < s.c * s.h * s.w; k++) {
            x[image][k] = zs_prng_below(&prng, 3) == 0;
            bits[image * words + k / 64] |= (uint64_t)x[image][k] << k % 64;
        }
    of[o.layer->in[0]] = bits;
    const zs_activity a = {.image_n = 2, .bits = of};
    o.net->activity = &a;
    for (uint32_t pes = 4; pes <= 10; pes += 3)
        for (int sync = 0; sync < 3; sync++) {
            zs_design d = design_of("weight", syncs[sync], pes, 1);
            d.batch = 3;
            test_set(&d, "accelerator.pegrid.packed", 0);
            test_set(&d, "accelerator.pegrid.skip_inputs", 1);
            ck_assert_uint_eq(mac_cycles(&o, &d), 2 * naive_of_inputs(&o, x[0], pes, sync) +
                                                      naive_of_inputs(&o, x[1], pes, sync));
        }
    zs_arena_drop(&o.arena);
}
END_TEST

START_TEST(test_dense_cycles_by_hand)
{
    one_layer o;
    one_layer_start(&o, 3, false);
    static const struct {
        const char *skip;
        uint32_t pes, lanes, oy, ox;
        uint64_t cycles;
    } cases[] = {{"none", 4, 1, 1, 1, 3 * 54 * 100},  {"weight", 4, 1, 1, 1, 3 * 54 * 100},
                 {"none", 10, 4, 1, 1, 14 * 100},     {"none", 16, 54, 1, 1, 100},
                 {"kernel", 5, 1, 2, 3, 2 * 54 * 20}, {"filter", 1, 10, 1, 10, 10 * 6 * 10}};
    for (size_t i = 0; i < ZS_LEN(cases); i++) {
        zs_design d = design_of(cases[i].skip, "channel", cases[i].pes, cases[i].lanes);
        d.accel.unroll.oy = cases[i].oy;
        d.accel.unroll.ox = cases[i].ox;
        ck_assert_uint_eq(mac_cycles(&o, &d), cases[i].cycles);
    }
    zs_arena_drop(&o.arena);
}
END_TEST

/* Meeting more often never helps, nor does looking at less. */
START_TEST(test_looser_meetings_and_finer_masks_are_not_slower)
{
    static const char *const syncs[] = {"lockstep", "channel", "tile"};
    static const char *const skips[] = {"none", "filter", "kernel", "weight"};
    one_layer o;
    one_layer_start(&o, 3, true);
    for (size_t s = 0; s < ZS_LEN(syncs); s++)
        for (size_t k = 0; k < ZS_LEN(skips); k++) {
            const zs_design d = design_of(skips[k], syncs[s], 4, 1);
            const zs_design coarser = design_of(skips[k > 0 ? k - 1 : 0], syncs[s], 4, 1);
            const zs_design tighter = design_of(skips[k], syncs[s > 0 ? s - 1 : 0], 4, 1);
            ck_assert_uint_le(mac_cycles(&o, &d), mac_cycles(&o, &coarser));
            ck_assert_uint_le(mac_cycles(&o, &d), mac_cycles(&o, &tighter));
        }
    zs_arena_drop(&o.arena);
}
END_TEST

/* Of six maps two go: of the image in which they are small, and no others. */
START_TEST(test_a_dropped_map_is_neither_loaded_nor_worked)
{
    static const double means[] = {4, 1, 4, 0, 3, 2, /* the second image: */ 1, 1, 1, 1, 1, 1};
    one_layer o;
    one_layer_start(&o, 3, false);
    zs_err err = {0};
    bool dropped[6];
    uint32_t n;
    ck_assert(!zs_layer_drops_maps(o.net, o.layer)); /* maps of the network's input stay */
    ck_assert_uint_eq(zs_drop_maps(means, 6, 0.25, dropped), 2);
    ck_assert(dropped[1] && dropped[3] && !dropped[5]);
    ck_assert_uint_eq(zs_drop_maps(means, 6, 0, dropped), 0);

    test_spec *s = test_spec_new(6, 10, 10);
    test_conv(s, "before", "", 6, 1, 1, 0);
    test_conv(s, "conv", "before", 8, 1, 1, 0);
    zs_net *net = test_net(&o.arena, s);
    test_spec_free(s);
    zs_design d = design_of("kernel", "lockstep", 4, 1);
    const double **of = zs_new(&o.arena, const double *, net->tensor_n);
    const uint64_t **bits = zs_new(&o.arena, const uint64_t *, net->tensor_n);
    uint64_t all[24];
    memset(all, 0xff, sizeof all);
    for (uint32_t i = 0; i < 2; i++) {
        of[net->layers[i].in[0]] = means;
        bits[net->layers[i].in[0]] = all;
    }
    const zs_activity a = {.image_n = 2, .bits = bits, .means = of};
    net->activity = &a;
    d.batch = 2;
    test_set(&d, "accelerator.pegrid.drop_maps", 0.25);
    zs_plan *plan;
    ck_assert_msg(zs_plan_build(&o.arena, &d, net, &plan, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    ck_assert_uint_eq(sum_of(plan, ZS_OP_LOAD_X, &n), (6 + 6 + 4 + 6) * 200);
    ck_assert_uint_eq(plan->rows[0].skipped_macs, 0);
    ck_assert_uint_eq(plan->rows[1].skipped_macs, 2 * 8 * 100);
    zs_arena_drop(&o.arena);
}
END_TEST

/* ---- bytes ----------------------------------------------------------------------------------- */

START_TEST(test_filters_and_channels_that_are_0_are_not_loaded)
{
    one_layer o;
    one_layer_start(&o, 3, false);
    float *w = zs_new(&o.arena, float, 10 * 54);
    for (uint32_t k = 0; k < 10 * 54; k++) /* filters 3 and 7, channels 0 and 4 */
        w[k] = k / 54 == 3 || k / 54 == 7 || k % 54 / 9 == 0 || k % 54 / 9 == 4 ? 0 : 1;
    ((zs_layer *)o.layer)->weights.data = w;
    zs_design d = design_of("kernel", "lockstep", 4, 1);
    uint32_t n;
    ck_assert_uint_eq(mac_cycles(&o, &d), 2 * 36 * 100 + 100);
    ck_assert_uint_eq(sum_of(plan_of(&o, &d), ZS_OP_LOAD_W, &n), 8 * 54 * 2 + 10 * 4);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(sum_of(plan_of(&o, &d), ZS_OP_LOAD_X, &n), 4 * 200);
    ck_assert_uint_eq(n, 2); /* channels 1 to 3, and 5 */
    ck_assert_uint_eq(sum_of(plan_of(&o, &d), ZS_OP_STORE, &n), 10 * 200);
    set_word(&d, "accelerator.pegrid.weights", "bitmap");
    ck_assert_uint_eq(sum_of(plan_of(&o, &d), ZS_OP_LOAD_W, &n),
                      8 * 36 * 2 + 2 * (4 * 54 / 8) + 10 * 4);
    ck_assert_uint_eq(plan_of(&o, &d)->rows[0].skipped_macs, 2 * 5400 + 8 * 18 * 100);
    zs_arena_drop(&o.arena);
}
END_TEST

/* Whatever the code, ports and repeats: words and indices are as many as the streams of the loads
 * have, and no byte is both. */
START_TEST(test_indices_of_weights_are_an_operand_of_their_own)
{
    static const char *const codes[] = {"dense", "bitmap", "rle4", "rle8", "csc"};
    static const char *const ports[] = {"hp0", "hp3"};
    /* two groups of 4 filters and one of 2: 54 bits of each; 4 bits for each of so many entries */
    one_layer o;
    one_layer_start(&o, 3, true);
    for (size_t p = 0; p < ZS_LEN(ports); p++)
        for (size_t i = 0; i < ZS_LEN(codes); i++) {
            zs_design d = design_of("weight", "lockstep", 4, 1);
            uint64_t index = 0, words = 0;
            uint32_t n;
            test_set(&d, "accelerator.pegrid.packed", 0);
            set_word(&d, "accelerator.pegrid.weights", codes[i]);
            set_word(&d, "accelerator.ports.weight", ports[p]);
            for (uint32_t oc = 0; oc < 10; oc++)
                for (uint32_t k = 0; k < 54; k++)
                    words += i == 0 || o.layer->weights.data[oc * 54 + k] != 0;
            const zs_plan *plan = plan_of(&o, &d);
            const zs_layer_result l = count_of(&o, &d, plan);
            if (i == 0)
                index = 0;
            else if (i == 1)
                index = 2 * 27 + 14;
            else if (i == 4) /* 5 starts, or 3 */
                index = (5 + 5 + 3) * 4 + 2 * words;
            else
                index = l.operand_bytes[ZS_OPERAND_INDEX];
            ck_assert_uint_eq(l.operand_bytes[ZS_OPERAND_INDEX], index);
            if (i < 2 || i == 4)
                ck_assert_uint_eq(l.operand_bytes[ZS_OPERAND_WEIGHT], 2 * words + 10 * 4);
            else
                ck_assert_uint_gt(index, 3 * 4);
            ck_assert_uint_eq(sum_of(plan, ZS_OP_LOAD_W, &n),
                              l.operand_bytes[ZS_OPERAND_WEIGHT] + index);
        }
    zs_arena_drop(&o.arena);
}
END_TEST

/* ---- plans ----------------------------------------------------------------------------------- */

/* Ops follow from weights, which no two drafts can be held to share by their rows. */
START_TEST(test_drafts_of_other_weights_are_not_taken_for_alike)
{
    one_layer o;
    zs_plan_draft *draft;
    zs_err err = {0};
    const zs_design d = design_of("weight", "tile", 4, 1);
    one_layer_start(&o, 3, true);
    ck_assert_int_eq(zs_plan_draft_build(&o.arena, &d, o.net, &draft, &err), ZS_OK);
    ck_assert_uint_eq(zs_plan_draft_digest(draft), 0);
    zs_arena_drop(&o.arena);
}
END_TEST

START_TEST(test_what_a_memory_cannot_hold_is_refused_by_name)
{
    static const struct {
        const char *key;
        double value;
    } limits[] = {{"accelerator.pegrid.plane", 9},
                  {"accelerator.pegrid.filter", 8},
                  {"accelerator.pegrid.input", 64}};
    one_layer o;
    one_layer_start(&o, 3, false);
    for (size_t i = 0; i < ZS_LEN(limits); i++) {
        zs_design d = design_of("weight", "tile", 4, 1);
        zs_plan *plan;
        zs_err err = {0};
        test_set(&d, limits[i].key, limits[i].value);
        ck_assert_int_eq(zs_plan_build(&o.arena, &d, o.net, &plan, &err), ZS_ERANGE);
        ck_assert_str_eq(err.place, limits[i].key);
    }
    zs_arena_drop(&o.arena);
}
END_TEST

/* ---- kind tiled ------------------------------------------------------------------------------ */

static const struct {
    const char *code, *order, *weight_ports;
    uint32_t batch, oc, ic, decode;
    bool doubles, fuses, chains;
} streams[] = {
    {"bitmap", "output_stationary", "hp0", 1, 4, 3, 4, true, true, false},
    {"rle4", "weight_stationary", "hp1", 3, 5, 2, 1, true, false, false},
    {"rle8", "input_stationary", "hp2", 2, 8, 16, 64, false, true, false},
    {"csc", "output_stationary", "hp1", 1, 3, 4, 2, false, false, true},
    {"dense", "output_stationary", "hp0", 1, 4, 3, 1, true, true, false},
};

static zs_design tiled_design(size_t i, uint32_t precision)
{
    zs_design d;
    zs_design_defaults(&d);
    d.accel.precision = precision;
    d.accel.fusion = streams[i].fuses ? ZS_FUSION_AUTO : ZS_FUSION_NONE;
    d.batch = streams[i].batch;
    d.accel.dma.chain = streams[i].chains;
    set_word(&d, "accelerator.weight_code", streams[i].code);
    set_word(&d, "accelerator.loop_order", streams[i].order);
    set_word(&d, "accelerator.ports.weight", streams[i].weight_ports);
    test_set(&d, "accelerator.weight_decode", streams[i].decode);
    test_set(&d, "accelerator.tile.oc", streams[i].oc);
    test_set(&d, "accelerator.tile.ic", streams[i].ic);
    test_set(&d, "accelerator.tile.oy", 5);
    test_set(&d, "accelerator.tile.ox", 7);
    test_set(&d, "accelerator.double_buffer.weight", streams[i].doubles);
    return d;
}

START_TEST(test_compressed_tiles_give_the_bits_of_the_reference)
{
    test_rig rig;
    zs_arena point;
    const uint32_t precision = (uint32_t)_i / TEST_NET_N;
    start(&rig, _i % TEST_NET_N, precision);
    zs_arena_init(&point, test_heap());
    for (size_t i = 0; i < ZS_LEN(streams); i++) {
        const zs_design d = tiled_design(i, precision);
        test_rig_execute(&rig, &point, &d, i % 2 ? ZS_TILE : ZS_BURST);
        if (precision == ZS_INT8)
            test_rig_fidelities(&rig, &point, &d);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    test_rig_drop(&rig);
}
END_TEST

/* Two tiles of 5 filters, three of 2 channels: what is read is what the masks say, an MAC waits for
 * a slow decoder, and drafts of other weights are not alike. */
START_TEST(test_compressed_tiles_move_and_take_what_masks_say)
{
    one_layer o;
    zs_plan_draft *draft;
    zs_err err = {0};
    uint32_t n;
    one_layer_start(&o, 3, true);
    uint64_t left = 0;
    for (uint32_t k = 0; k < 10 * 54; k++)
        left += o.layer->weights.data[k] != 0;
    zs_design d = tiled_design(0, ZS_FIXED16);
    test_set(&d, "accelerator.tile.oc", 5);
    test_set(&d, "accelerator.tile.ic", 2);
    test_set(&d, "accelerator.tile.oy", 10);
    test_set(&d, "accelerator.tile.ox", 10);
    test_set(&d, "accelerator.weight_decode", 4096);
    const zs_plan *plan = plan_of(&o, &d);
    const uint64_t fast = sum_of(plan, ZS_OP_MAC, &n);
    ck_assert_uint_eq(n, 6);
    ck_assert_uint_eq(sum_of(plan, ZS_OP_LOAD_W, &n), 2 * left + 6 * ((5 * 18 + 7) / 8) + 10 * 4);
    ck_assert_uint_eq(count_of(&o, &d, plan).operand_bytes[ZS_OPERAND_INDEX], 6 * 12);
    d.accel.unroll.oc = 5;
    d.accel.unroll.ic = 2;
    d.accel.unroll.oy = d.accel.unroll.ox = 10;
    test_set(&d, "accelerator.weight_decode", 1);
    ck_assert_uint_ge(sum_of(plan_of(&o, &d), ZS_OP_MAC, &n), left);
    ck_assert_uint_lt(sum_of(plan_of(&o, &d), ZS_OP_MAC, &n), fast);
    ck_assert_int_eq(zs_plan_draft_build(&o.arena, &d, o.net, &draft, &err), ZS_OK);
    ck_assert_uint_eq(zs_plan_draft_digest(draft), 0);
    set_word(&d, "accelerator.weight_code", "dense");
    ck_assert_int_eq(zs_plan_draft_build(&o.arena, &d, o.net, &draft, &err), ZS_OK);
    ck_assert_uint_ne(zs_plan_draft_digest(draft), 0);
    zs_arena_drop(&o.arena);
}
END_TEST

TCase *tcase_pegrid(void)
{
    TCase *tc = tcase_create("pegrid");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_every_net_precision_and_option_gives_the_bits_of_the_reference, 0,
                        TEST_NET_N * ZS_PRECISION_COUNT);
    tcase_add_loop_test(tc, test_no_order_that_the_waits_allow_gives_other_bits, 0, 3 * TEST_NET_N);
    tcase_add_loop_test(tc, test_fidelities_move_the_same_bytes_and_bound_is_least, 0, TEST_NET_N);
    tcase_add_loop_test(tc, test_compressed_tiles_give_the_bits_of_the_reference, 0,
                        TEST_NET_N * ZS_PRECISION_COUNT);
    tcase_add_test(tc, test_compressed_tiles_move_and_take_what_masks_say);
    tcase_add_test(tc, test_cycles_are_those_of_the_masks);
    tcase_add_test(tc, test_cycles_are_those_of_weights_and_inputs);
    test_add_many(tc, test_leaving_inputs_out_changes_no_bit_and_no_byte,
                  TEST_NET_N * ZS_PRECISION_COUNT);
    test_add_many(tc, test_dropped_maps_give_the_bits_of_the_reference,
                  TEST_NET_N * ZS_PRECISION_COUNT);
    tcase_add_test(tc, test_a_dropped_map_is_neither_loaded_nor_worked);
    tcase_add_test(tc, test_inputs_must_have_been_measured);
    tcase_add_test(tc, test_dense_cycles_by_hand);
    tcase_add_test(tc, test_looser_meetings_and_finer_masks_are_not_slower);
    tcase_add_test(tc, test_filters_and_channels_that_are_0_are_not_loaded);
    tcase_add_test(tc, test_indices_of_weights_are_an_operand_of_their_own);
    tcase_add_test(tc, test_drafts_of_other_weights_are_not_taken_for_alike);
    tcase_add_test(tc, test_what_a_memory_cannot_hold_is_refused_by_name);
    return tc;
}
