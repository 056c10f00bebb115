#include "nets.h"
#include "net_cases.h"

#include <sys/mman.h>
#include <math.h>

static zs_arena arena;
static test_spec *spec;

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    spec = test_spec_new(3, 8, 8);
}

static void tear_down(void)
{
    test_spec_free(spec);
    zs_arena_drop(&arena);
}

static zs_layer_spec *batchnorm(const char *name, const char *in, const float *scale,
                                const float *shift, uint32_t n)
{
    zs_layer_spec *layer = test_layer(spec, ZS_LAYER_BATCHNORM, name, in);
    layer->scale = scale;
    layer->shift = shift;
    layer->scale_n = n;
    return layer;
}

static zs_layer_spec *clip(const char *name, const char *in, float lo, float hi)
{
    zs_layer_spec *layer = test_layer(spec, ZS_LAYER_ACT, name, in);
    layer->act = (zs_act){true, lo, hi};
    return layer;
}

/* ---- SqueezeNet as a whole ------------------------------------------------------------------- */

START_TEST(test_squeezenet_keeps_only_layers_that_work)
{
    test_spec *s = test_squeezenet_v11();
    const zs_net *net = test_net(&arena, s);
    ck_assert_uint_eq(net->layer_n, 26 + 3 + 2); /* convolutions, pools, mean and softmax */
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        ck_assert(layer->op != ZS_LAYER_ACT && layer->op != ZS_LAYER_CONCAT);
        ck_assert(layer->act.active == (layer->op == ZS_LAYER_CONV));
        ck_assert_uint_eq(net->tensors[layer->out].producer, i);
    }
    ck_assert_uint_eq(net->logits, test_find_tensor(net, "pool10"));
    ck_assert_uint_eq(net->output, test_find_tensor(net, "prob"));
    ck_assert_uint_eq(net->input, test_find_tensor(net, "data"));
    test_spec_free(s);
}
END_TEST

START_TEST(test_expands_write_into_their_concat)
{
    test_spec *s = test_squeezenet_v11();
    const zs_net *net = test_net(&arena, s);
    const uint32_t whole = test_find_tensor(net, "fire4_concat");
    const uint32_t half = test_find_tensor(net, "fire4_expand3x3");
    uint64_t offset_elems;
    ck_assert_uint_eq(zs_tensor_root(net, half, &offset_elems), whole);
    ck_assert_uint_eq(offset_elems, 128 * 28 * 28);
    ck_assert_uint_eq(zs_tensor_root(net, test_find_tensor(net, "fire4_expand1x1"), &offset_elems),
                      whole);
    ck_assert_uint_eq(offset_elems, 0);
    ck_assert_uint_eq(test_find_layer(net, "fire5_squeeze")->in[0], whole);
    ck_assert_uint_eq(net->tensors[whole].producer, test_find_layer(net, "fire4_expand3x3")->index);
    test_spec_free(s);
}
END_TEST

/* ---- dropout and flatten --------------------------------------------------------------------- */

START_TEST(test_idle_layers_vanish_even_at_the_end)
{
    test_conv(spec, "a", "", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_DROPOUT, "d1", "");
    test_layer(spec, ZS_LAYER_DROPOUT, "d2", "");
    test_conv(spec, "b", "", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "single", "");
    test_layer(spec, ZS_LAYER_ACT, "identity", "");
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 2);
    ck_assert_uint_eq(net->tensor_n, 3);
    ck_assert_uint_eq(net->layers[1].in[0], net->layers[0].out);
    ck_assert_uint_eq(net->output, net->layers[1].out);
}
END_TEST

START_TEST(test_flatten_is_a_second_shape_of_the_same_memory)
{
    test_conv(spec, "a", "", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_FLATTEN, "flat", "");
    test_layer(spec, ZS_LAYER_FC, "fc", "")->oc = 10;
    test_layer(spec, ZS_LAYER_SOFTMAX, "prob", "");
    test_layer(spec, ZS_LAYER_FLATTEN, "end", "");
    const zs_net *net = test_net(&arena, spec);
    const uint32_t flat = test_find_tensor(net, "flat");
    ck_assert_uint_eq(net->layer_n, 3);
    ck_assert_uint_eq(net->tensors[flat].shape.c, 256);
    ck_assert_uint_eq(net->tensors[flat].parent, test_find_tensor(net, "a"));
    ck_assert_uint_eq(net->tensors[flat].producer, 0);
    ck_assert_uint_eq(test_find_layer(net, "fc")->in[0], flat);
    ck_assert_uint_eq(net->output, test_find_tensor(net, "end"));
    ck_assert_uint_eq(net->logits, test_find_tensor(net, "fc"));
}
END_TEST

START_TEST(test_a_flattened_input_has_no_producer)
{
    test_layer(spec, ZS_LAYER_FLATTEN, "flat", "");
    test_layer(spec, ZS_LAYER_FC, "fc", "")->oc = 10;
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->tensors[test_find_tensor(net, "flat")].producer, ZS_NO_INDEX);
    ck_assert_uint_eq(zs_tensor_root(net, net->layers[0].in[0], NULL), net->input);
}
END_TEST

/* ---- batch normalisation --------------------------------------------------------------------- */

static const float weights2[2 * 3] = {1, -2, 3, 0.1f, 0.2f, 0.3f}, biases2[2] = {10, 20};
static const float scale2[2] = {0.5f, 3}, shift2[2] = {-1, 0.25f};

START_TEST(test_batchnorm_is_folded_into_weights_and_bias)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights2, biases2, 6, 2};
    batchnorm("norm", "", scale2, shift2, 2);
    test_relu(spec, "relu");
    const zs_net *net = test_net(&arena, spec);
    const zs_layer *conv = &net->layers[0];
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert(conv->act.active);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert(conv->weights.data[i] == (float)((double)weights2[i] * (double)scale2[i / 3]));
    ck_assert(zs_layer_bias(net, conv, 0) == 10 * 0.5f - 1);
    ck_assert(zs_layer_bias(net, conv, 1) == 20 * 3 + 0.25f);
    ck_assert(weights2[0] == 1);
}
END_TEST

START_TEST(test_batchnorm_gives_a_convolution_without_bias_one)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights2, NULL, 6, 0};
    batchnorm("norm", "", scale2, shift2, 2);
    const zs_net *net = test_net(&arena, spec);
    ck_assert(net->layers[0].has_bias);
    ck_assert_uint_eq(zs_layer_bias_elems(&net->layers[0]), 2);
    ck_assert(zs_layer_bias(net, &net->layers[0], 1) == 0.25f);
}
END_TEST

START_TEST(test_a_convolution_without_bias_has_none)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights2, NULL, 6, 0};
    const zs_net *net = test_net(&arena, spec);
    ck_assert(!net->layers[0].has_bias);
    ck_assert_uint_eq(zs_layer_bias_elems(&net->layers[0]), 0);
    ck_assert(zs_layer_bias(net, &net->layers[0], 1) == 0);
}
END_TEST

START_TEST(test_synthetic_batchnorm_vanishes_behind_a_synthetic_convolution)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    batchnorm("norm", "", NULL, NULL, 0);
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert(net->layers[0].has_bias);
}
END_TEST

/* Where the convolution's own result is needed, or is clipped before, folding would be wrong. */
static void shared_conv(void)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights2, NULL, 6, 0};
    batchnorm("norm", "a", scale2, shift2, 2);
    test_layer(spec, ZS_LAYER_ADD, "sum", "a norm");
}

static void clipped_conv(void)
{
    test_conv(spec, "a", "", 2, 1, 1, 0)->weights = (zs_weights){weights2, NULL, 6, 0};
    test_relu(spec, "relu");
    batchnorm("norm", "", scale2, shift2, 2);
}

static void pooled(void)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    test_pool(spec, "pool", "", ZS_POOL_AVG, 2, 2);
    batchnorm("norm", "", scale2, shift2, 2);
}

static void real_norm_of_synthetic(void)
{
    test_conv(spec, "a", "", 2, 1, 1, 0);
    batchnorm("norm", "", scale2, shift2, 2);
}

static void first_of_all(void)
{
    static const float three[3] = {1, 2, 3};
    batchnorm("norm", "", three, NULL, 3);
    test_conv(spec, "a", "", 2, 1, 1, 0);
}

static void (*const unfoldable[])(void) = {shared_conv, clipped_conv, pooled,
                                           real_norm_of_synthetic, first_of_all};

START_TEST(test_batchnorm_stays_where_folding_would_change_the_result)
{
    unfoldable[_i]();
    const zs_net *net = test_net(&arena, spec);
    const zs_layer *norm = test_find_layer(net, "norm");
    ck_assert_ptr_nonnull(norm->weights.data);
    ck_assert_uint_eq(zs_layer_bias_elems(norm), norm->y.c);
    ck_assert_uint_eq(zs_layer_macs(norm), 0);
    ck_assert_uint_eq(zs_layer_ops(norm), 2 * zs_shape_elems(norm->y));
}
END_TEST

/* ---- activations ----------------------------------------------------------------------------- */

static void fuse_conv(void)
{
    test_conv(spec, "it", "", 3, 1, 1, 0);
}

static void fuse_fc(void)
{
    test_layer(spec, ZS_LAYER_FC, "it", "")->oc = 4;
}

static void fuse_pool(void)
{
    test_pool(spec, "it", "", ZS_POOL_MAX, 2, 2);
}

static void fuse_add(void)
{
    test_layer(spec, ZS_LAYER_ADD, "it", "data data");
}

static void fuse_batchnorm(void)
{
    batchnorm("it", "", NULL, NULL, 0);
}

static void fuse_act(void)
{
    clip("it", "", -1, 100);
}

static void (*const fusible[])(void) = {fuse_conv, fuse_fc,        fuse_pool,
                                        fuse_add,  fuse_batchnorm, fuse_act};

START_TEST(test_an_activation_joins_the_layer_only_it_reads)
{
    fusible[_i]();
    clip("relu6", "", 0, 6);
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert_str_eq(net->layers[0].name, "it");
    ck_assert(net->layers[0].act.active);
    ck_assert(net->layers[0].act.lo == 0 && net->layers[0].act.hi == 6);
    ck_assert_uint_eq(net->output, net->layers[0].out);
}
END_TEST

START_TEST(test_an_activation_stays_where_others_read_its_input)
{
    test_conv(spec, "a", "", 3, 1, 1, 0);
    clip("relu", "a", 0, INFINITY);
    test_layer(spec, ZS_LAYER_ADD, "sum", "a relu");
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 3);
    ck_assert(!test_find_layer(net, "a")->act.active);
    ck_assert(test_find_layer(net, "relu")->act.active);
}
END_TEST

START_TEST(test_an_activation_of_the_input_or_a_mean_stays)
{
    test_relu(spec, "first");
    test_layer(spec, ZS_LAYER_GAP, "gap", "");
    test_relu(spec, "last");
    ck_assert_uint_eq(test_net(&arena, spec)->layer_n, 3);
}
END_TEST

static const struct {
    zs_act first, second, both;
} clips[] = {
    {{true, 0, INFINITY}, {true, -1, 6}, {true, 0, 6}},
    {{true, -3, 3}, {true, 0, 9}, {true, 0, 3}},
    {{true, 5, 9}, {true, 0, 1}, {true, 1, 1}},
    {{true, -9, -5}, {true, 0, 1}, {true, 0, 0}},
};

START_TEST(test_two_clips_become_one_of_the_same_effect)
{
    test_conv(spec, "a", "", 3, 1, 1, 0)->act = clips[_i].first;
    clip("second", "", clips[_i].second.lo, clips[_i].second.hi);
    const zs_net *net = test_net(&arena, spec);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert(net->layers[0].act.lo == clips[_i].both.lo);
    ck_assert(net->layers[0].act.hi == clips[_i].both.hi);
}
END_TEST

/* ---- concatenation --------------------------------------------------------------------------- */

START_TEST(test_a_slice_may_have_other_readers)
{
    test_conv(spec, "a", "data", 4, 1, 1, 0);
    test_conv(spec, "b", "a", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "both", "b a");
    const zs_net *net = test_net(&arena, spec);
    uint64_t offset_elems;
    ck_assert_uint_eq(net->layer_n, 2);
    ck_assert_uint_eq(zs_tensor_root(net, test_find_tensor(net, "a"), &offset_elems), net->output);
    ck_assert_uint_eq(offset_elems, 4 * 64);
    ck_assert_uint_eq(net->tensors[net->output].producer, 1);
    ck_assert_uint_eq(net->logits, net->output);
}
END_TEST

START_TEST(test_nested_concats_are_slices_of_slices)
{
    test_conv(spec, "a", "data", 1, 1, 1, 0);
    test_conv(spec, "b", "data", 2, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "inner", "a b");
    test_conv(spec, "c", "data", 4, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "outer", "c inner");
    const zs_net *net = test_net(&arena, spec);
    uint64_t offset_elems;
    ck_assert_uint_eq(net->layer_n, 3);
    ck_assert_uint_eq(zs_tensor_root(net, test_find_tensor(net, "b"), &offset_elems), net->output);
    ck_assert_uint_eq(offset_elems, (4 + 1) * 64);
}
END_TEST

static void concat_with_input(void)
{
    test_conv(spec, "a", "data", 3, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "it", "a data");
}

static void concat_twice(void)
{
    test_conv(spec, "a", "data", 3, 1, 1, 0);
    test_layer(spec, ZS_LAYER_DROPOUT, "same", "a");
    test_layer(spec, ZS_LAYER_CONCAT, "it", "a same");
}

static void concat_of_view(void)
{
    test_conv(spec, "a", "data", 3, 1, 1, 0);
    test_layer(spec, ZS_LAYER_FLATTEN, "flat", "a");
    test_layer(spec, ZS_LAYER_FC, "fc", "data")->oc = 4;
    test_layer(spec, ZS_LAYER_CONCAT, "it", "flat fc");
}

static void concat_of_taken(void)
{
    test_conv(spec, "a", "data", 3, 1, 1, 0);
    test_conv(spec, "b", "data", 3, 1, 1, 0);
    test_layer(spec, ZS_LAYER_CONCAT, "first", "a b");
    test_layer(spec, ZS_LAYER_CONCAT, "it", "b a");
    test_layer(spec, ZS_LAYER_ADD, "sum", "first it");
}

static void (*const not_in_place[])(void) = {concat_with_input, concat_twice, concat_of_view,
                                             concat_of_taken};

START_TEST(test_a_concat_that_cannot_be_written_in_place_stays)
{
    not_in_place[_i]();
    const zs_net *net = test_net(&arena, spec);
    const zs_layer *concat = test_find_layer(net, "it");
    ck_assert_int_eq(concat->op, ZS_LAYER_CONCAT);
    ck_assert_uint_eq(concat->in_n, 2);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_ne(zs_tensor_root(net, concat->in[i], NULL), concat->out);
}
END_TEST

START_TEST(test_slices_of_a_root_never_overlap_and_fill_it)
{
    test_spec *s = test_squeezenet_v11();
    const zs_net *net = test_net(&arena, s);
    for (uint32_t root = 0; root < net->tensor_n; root++) {
        uint64_t end = 0, slices = 0;
        for (uint32_t t = 0; t < net->tensor_n; t++)
            if (net->tensors[t].parent == root) {
                ck_assert_uint_eq(net->tensors[t].parent_offset_elems, end);
                end += zs_shape_elems(net->tensors[t].shape);
                slices++;
            }
        if (slices > 0)
            ck_assert_uint_eq(end, zs_shape_elems(net->tensors[root].shape));
    }
    test_spec_free(s);
}
END_TEST

/* Timing needs sizes alone: weights that nobody may read do no harm, not even to a batch
 * normalisation that is folded into them. */
START_TEST(test_structures_leave_weights_alone)
{
    const size_t bytes = 4096;
    float *closed = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(closed, MAP_FAILED);
    test_spec *s = test_spec_new(3, 8, 8);
    zs_layer_spec *conv = test_conv(s, "c", "data", 4, 3, 1, 1);
    conv->weights = (zs_weights){.data = closed, .n_elems = 108, .bias = closed, .bias_n = 4};
    zs_layer_spec *norm = test_layer(s, ZS_LAYER_BATCHNORM, "n", "");
    norm->scale = norm->shift = closed;
    norm->scale_n = 4;
    test_spec_get(s)->is_structure = true;
    const zs_net *net = test_net(&arena, s);
    ck_assert_uint_eq(net->layer_n, 1);
    ck_assert(net->layers[0].has_bias);
    ck_assert_uint_eq(zs_net_param_elems(net), 112);
    test_spec_free(s);
    munmap(closed, bytes);
}
END_TEST

TCase *tcase_simplify(void)
{
    TCase *tc = tcase_create("simplify");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_squeezenet_keeps_only_layers_that_work);
    tcase_add_test(tc, test_expands_write_into_their_concat);
    tcase_add_test(tc, test_idle_layers_vanish_even_at_the_end);
    tcase_add_test(tc, test_flatten_is_a_second_shape_of_the_same_memory);
    tcase_add_test(tc, test_a_flattened_input_has_no_producer);
    tcase_add_test(tc, test_batchnorm_is_folded_into_weights_and_bias);
    tcase_add_test(tc, test_batchnorm_gives_a_convolution_without_bias_one);
    tcase_add_test(tc, test_a_convolution_without_bias_has_none);
    tcase_add_test(tc, test_synthetic_batchnorm_vanishes_behind_a_synthetic_convolution);
    tcase_add_loop_test(tc, test_batchnorm_stays_where_folding_would_change_the_result, 0,
                        ZS_LEN(unfoldable));
    tcase_add_loop_test(tc, test_an_activation_joins_the_layer_only_it_reads, 0, ZS_LEN(fusible));
    tcase_add_test(tc, test_an_activation_stays_where_others_read_its_input);
    tcase_add_test(tc, test_an_activation_of_the_input_or_a_mean_stays);
    tcase_add_loop_test(tc, test_two_clips_become_one_of_the_same_effect, 0, ZS_LEN(clips));
    tcase_add_test(tc, test_a_slice_may_have_other_readers);
    tcase_add_test(tc, test_nested_concats_are_slices_of_slices);
    tcase_add_loop_test(tc, test_a_concat_that_cannot_be_written_in_place_stays, 0,
                        ZS_LEN(not_in_place));
    tcase_add_test(tc, test_slices_of_a_root_never_overlap_and_fill_it);
    tcase_add_test(tc, test_structures_leave_weights_alone);
    return tc;
}
