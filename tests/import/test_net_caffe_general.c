#include "cases.h"

#include "zynqsim/num.h"

#include <string.h>

/* Nets of an input of 2 x 2 x 3, -2.5 to 3 in steps of 0.5, and what follows; the expected results
 * are from NumPy. */
/* clang-format off */
static const struct {
    const char *layers;
    uint32_t n;
    float y[48];
} cases[] = {
    {"layer { name: 'n' type: 'AbsVal' bottom: 'data' top: 'y' }",
     12, {2.5f, 2.0f, 1.5f, 1.0f, 0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'BNLL' bottom: 'data' top: 'y' }",
     12, {0.0788897f, 0.126928f, 0.201413f, 0.313262f, 0.474077f, 0.693147f, 0.974077f, 1.31326f, 1.70141f, 2.12693f, 2.57889f, 3.04859f}},
    {"layer { name: 'n' type: 'Sigmoid' bottom: 'data' top: 'y' }",
     12, {0.0758582f, 0.119203f, 0.182426f, 0.268941f, 0.377541f, 0.5f, 0.622459f, 0.731059f, 0.817574f, 0.880797f, 0.924142f, 0.952574f}},
    {"layer { name: 'n' type: 'TanH' bottom: 'data' top: 'y' }",
     12, {-0.986614f, -0.964028f, -0.905148f, -0.761594f, -0.462117f, 0.0f, 0.462117f, 0.761594f, 0.905148f, 0.964028f, 0.986614f, 0.995055f}},
    {"layer { name: 'n' type: 'ReLU' bottom: 'data' top: 'y' relu_param { negative_slope: 0.25 } }",
     12, {-0.625f, -0.5f, -0.375f, -0.25f, -0.125f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'ELU' bottom: 'data' top: 'y' elu_param { alpha: 0.5 } }",
     12, {-0.458958f, -0.432332f, -0.388435f, -0.31606f, -0.196735f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'PReLU' bottom: 'data' top: 'y' blobs { data: 0.5 data: -2 } }",
     12, {-1.25f, -1.0f, -0.75f, -0.5f, -0.25f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'PReLU' bottom: 'data' top: 'y' prelu_param { channel_shared: true } blobs { data: 0.125 } }",
     12, {-0.3125f, -0.25f, -0.1875f, -0.125f, -0.0625f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'Power' bottom: 'data' top: 'y' power_param { power: 2 scale: 0.5 shift: 3 } }",
     12, {3.0625f, 4.0f, 5.0625f, 6.25f, 7.5625f, 9.0f, 10.5625f, 12.25f, 14.0625f, 16.0f, 18.0625f, 20.25f}},
    {"layer { name: 'n' type: 'Power' bottom: 'data' top: 'y' power_param { scale: -2 } }",
     12, {5.0f, 4.0f, 3.0f, 2.0f, 1.0f, -0.0f, -1.0f, -2.0f, -3.0f, -4.0f, -5.0f, -6.0f}},
    {"layer { name: 'n' type: 'Power' bottom: 'data' top: 'y' } layer { name: 'r' type: 'ReLU' bottom: 'y' top: 'y' relu_param { negative_slope: 1 } }",
     12, {-2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'Exp' bottom: 'data' top: 'y' exp_param { base: 2 scale: 0.5 shift: 1 } }",
     12, {0.840896f, 1.0f, 1.18921f, 1.41421f, 1.68179f, 2.0f, 2.37841f, 2.82843f, 3.36359f, 4.0f, 4.75683f, 5.65685f}},
    {"layer { name: 'n' type: 'Log' bottom: 'data' top: 'y' log_param { base: 10 scale: 1 shift: 4 } }",
     12, {0.176091f, 0.30103f, 0.39794f, 0.477121f, 0.544068f, 0.60206f, 0.653213f, 0.69897f, 0.740363f, 0.778151f, 0.812913f, 0.845098f}},
    {"layer { name: 'n' type: 'Threshold' bottom: 'data' top: 'y' threshold_param { threshold: 0.5 } }",
     12, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f}},
    {"layer { name: 'n' type: 'Swish' bottom: 'data' top: 'y' swish_param { beta: 2 } }",
     12, {-0.0167321f, -0.0359724f, -0.0711388f, -0.119203f, -0.134471f, 0.0f, 0.365529f, 0.880797f, 1.42886f, 1.96403f, 2.48327f, 2.99258f}},
    {"layer { name: 'n' type: 'Clip' bottom: 'data' top: 'y' clip_param { min: -1 max: 1.5 } }",
     12, {-1.0f, -1.0f, -1.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 1.5f, 1.5f, 1.5f}},
    {"layer { name: 'n' type: 'Permute' bottom: 'data' top: 'y' permute_param { order: 0 order: 2 order: 3 order: 1 } }",
     12, {-2.5f, 0.5f, -2.0f, 1.0f, -1.5f, 1.5f, -1.0f, 2.0f, -0.5f, 2.5f, 0.0f, 3.0f}},
    {"layer { name: 'n' type: 'Permute' bottom: 'data' top: 'y' permute_param { order: [0, 3] } }",
     12, {-2.5f, -1.0f, 0.5f, 2.0f, -2.0f, -0.5f, 1.0f, 2.5f, -1.5f, 0.0f, 1.5f, 3.0f}},
    {"layer { name: 'n' type: 'Slice' bottom: 'data' top: 'a' top: 'b' slice_param { axis: 3 slice_point: 1 } } layer { name: 'm' type: 'Concat' bottom: 'b' bottom: 'a' top: 'y' concat_param { axis: -1 } }",
     12, {-2.0f, -1.5f, -2.5f, -0.5f, 0.0f, -1.0f, 1.0f, 1.5f, 0.5f, 2.5f, 3.0f, 2.0f}},
    {"layer { name: 'n' type: 'Slice' bottom: 'data' top: 'a' top: 'b' } layer { name: 'm' type: 'Eltwise' bottom: 'b' bottom: 'a' top: 'y' eltwise_param { coeff: 1 coeff: -0.5 } }",
     6, {1.75f, 2.0f, 2.25f, 2.5f, 2.75f, 3.0f}},
    {"layer { name: 'n' type: 'Slice' bottom: 'data' top: 'a' top: 'b' } layer { name: 'm' type: 'Eltwise' bottom: 'b' bottom: 'a' top: 'y' eltwise_param { operation: PROD } }",
     6, {-1.25f, -2.0f, -2.25f, -2.0f, -1.25f, 0.0f}},
    {"layer { name: 'n' type: 'Slice' bottom: 'data' top: 'a' top: 'b' } layer { name: 'm' type: 'Eltwise' bottom: 'b' bottom: 'a' top: 'y' eltwise_param { operation: 2 } }",
     6, {0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'Upsample' bottom: 'data' top: 'y' upsample_param { scale: 2 } }",
     48, {-2.5f, -2.5f, -2.0f, -2.0f, -1.5f, -1.5f, -2.5f, -2.5f, -2.0f, -2.0f, -1.5f, -1.5f, -1.0f, -1.0f, -0.5f, -0.5f, 0.0f, 0.0f, -1.0f, -1.0f, -0.5f, -0.5f, 0.0f, 0.0f, 0.5f, 0.5f, 1.0f, 1.0f, 1.5f, 1.5f, 0.5f, 0.5f, 1.0f, 1.0f, 1.5f, 1.5f, 2.0f, 2.0f, 2.5f, 2.5f, 3.0f, 3.0f, 2.0f, 2.0f, 2.5f, 2.5f, 3.0f, 3.0f}},
    {"layer { name: 'n' type: 'Upsample' bottom: 'data' top: 'y' upsample_param { scale_h: 1 scale_w: 3 } }",
     36, {-2.5f, -2.5f, -2.5f, -2.0f, -2.0f, -2.0f, -1.5f, -1.5f, -1.5f, -1.0f, -1.0f, -1.0f, -0.5f, -0.5f, -0.5f, 0.0f, 0.0f, 0.0f, 0.5f, 0.5f, 0.5f, 1.0f, 1.0f, 1.0f, 1.5f, 1.5f, 1.5f, 2.0f, 2.0f, 2.0f, 2.5f, 2.5f, 2.5f, 3.0f, 3.0f, 3.0f}},
    {"layer { name: 'n' type: 'Deconvolution' bottom: 'data' top: 'y' convolution_param { num_output: 1 kernel_size: 2 stride: 2 } blobs { data: 1 data: 2 data: 3 data: 4 data: 5 data: 6 data: 7 data: 8 }blobs { data: 0.5 } }",
     24, {0.5f, -1.5f, 3.5f, 2.5f, 6.5f, 6.5f, -3.5f, -5.5f, 1.5f, 0.5f, 6.5f, 6.5f, 9.5f, 10.5f, 12.5f, 14.5f, 15.5f, 18.5f, 11.5f, 12.5f, 16.5f, 18.5f, 21.5f, 24.5f}},
    {"layer { name: 'n' type: 'Deconvolution' bottom: 'data' top: 'y' convolution_param { num_output: 2 group: 2 kernel_h: 2 kernel_w: 1 stride_h: 1 stride_w: 2 bias_term: false } blobs { data: 1 data: 2 data: 3 data: 4 } }",
     30, {-2.5f, 0.0f, -2.0f, 0.0f, -1.5f, -6.0f, 0.0f, -4.5f, 0.0f, -3.0f, -2.0f, 0.0f, -1.0f, 0.0f, 0.0f, 1.5f, 0.0f, 3.0f, 0.0f, 4.5f, 8.0f, 0.0f, 11.5f, 0.0f, 15.0f, 8.0f, 0.0f, 10.0f, 0.0f, 12.0f}},
    {"layer { name: 'n' type: 'DepthwiseConvolution' bottom: 'data' top: 'y' convolution_param { num_output: 2 kernel_h: 1 kernel_w: 2 bias_term: false } blobs { data: 1 data: 2 data: 3 data: 4 } }",
     8, {-6.5f, -5.0f, -2.0f, -0.5f, 5.5f, 9.0f, 16.0f, 19.5f}},
    {"layer { name: 'n' type: 'InnerProduct' bottom: 'data' top: 'y' inner_product_param { num_output: 2 axis: 3 } blobs { data: 1 data: 2 data: 3 data: 4 data: 5 data: 6 }blobs { data: 0.5 data: -1 } }",
     8, {-10.5f, -30.0f, -1.5f, -7.5f, 7.5f, 15.0f, 16.5f, 37.5f}},
    {"layer { name: 'n' type: 'InnerProduct' bottom: 'data' top: 'y' inner_product_param { num_output: 2 axis: -2 transpose: true bias_term: false } blobs { data: 0 data: 1 data: 2 data: 3 data: 4 data: 5 data: 6 data: 7 data: 8 data: 9 data: 10 data: 11 } }",
     4, {-20.0f, -27.5f, 70.0f, 80.5f}},
    {"layer { name: 'n' type: 'Scale' bottom: 'data' top: 'y' scale_param { axis: 2 num_axes: 2 bias_term: true } blobs { data: 1 data: 2 data: 3 data: 4 data: 5 data: 6 }blobs { data: 6 data: 5 data: 4 data: 3 data: 2 data: 1 } }",
     12, {3.5f, 1.0f, -0.5f, -1.0f, -0.5f, 1.0f, 6.5f, 7.0f, 8.5f, 11.0f, 14.5f, 19.0f}},
    {"layer { name: 'n' type: 'Scale' bottom: 'data' top: 'y' scale_param { axis: 0 num_axes: -1 } blobs { data: 0 data: 1 data: 2 data: 3 data: 4 data: 5 data: 6 data: 7 data: 8 data: 9 data: 10 data: 11 } }",
     12, {-0.0f, -2.0f, -3.0f, -3.0f, -2.0f, 0.0f, 3.0f, 7.0f, 12.0f, 18.0f, 25.0f, 33.0f}},
    {"layer { name: 'g' type: 'Pooling' bottom: 'data' top: 'g' pooling_param { pool: MAX global_pooling: true } } layer { name: 'n' type: 'Scale' bottom: 'data' bottom: 'g' top: 'y' scale_param { axis: 0 } }",
     12, {-0.0f, -0.0f, -0.0f, -0.0f, -0.0f, 0.0f, 1.5f, 3.0f, 4.5f, 6.0f, 7.5f, 9.0f}},
    {"layer { name: 'g' type: 'Pooling' bottom: 'data' top: 'g' pooling_param { global_pooling: 1 } } layer { name: 'f' type: 'Flatten' bottom: 'g' top: 'f' } layer { name: 'n' type: 'Scale' bottom: 'data' bottom: 'f' top: 'y' scale_param { axis: 0 bias_term: true } blobs { data: 1 data: 2 } }",
     12, {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 3.5f, 5.0f, 6.5f, 8.0f, 9.5f, 11.0f}},
    {"layer { name: 'g' type: 'Pooling' bottom: 'data' top: 'g' pooling_param { global_pooling: 1 } } layer { name: 'n' type: 'Axpy' bottom: 'g' bottom: 'data' bottom: 'data' top: 'y' }",
     12, {-2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, 2.0f, 4.0f, 6.0f, 8.0f, 10.0f, 12.0f}},
    {"layer { name: 'n' type: 'Bias' bottom: 'data' top: 'y' blobs { data: 3 data: -3 } }",
     12, {0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f, -2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f}},
    {"layer { name: 'n' type: 'Normalize' bottom: 'data' top: 'y' norm_param { across_spatial: false channel_shared: false } blobs { data: 2 data: 3 } }",
     12, {-1.96116f, -1.78885f, -1.41421f, -0.894427f, -0.392232f, 0.0f, 0.588348f, 1.34164f, 2.12132f, 2.68328f, 2.94174f, 3.0f}},
    {"layer { name: 'n' type: 'Normalize' bottom: 'data' top: 'y' blobs { data: 20 } }",
     12, {-8.27606f, -6.62085f, -4.96564f, -3.31042f, -1.65521f, 0.0f, 1.65521f, 3.31042f, 4.96564f, 6.62085f, 8.27606f, 9.93127f}},
    {"layer { name: 'n' type: 'MVN' bottom: 'data' top: 'y' }",
     12, {-1.46385f, -0.87831f, -0.29277f, 0.29277f, 0.87831f, 1.46385f, -1.46385f, -0.87831f, -0.29277f, 0.29277f, 0.87831f, 1.46385f}},
    {"layer { name: 'n' type: 'MVN' bottom: 'data' top: 'y' mvn_param { normalize_variance: false across_channels: true } }",
     12, {-2.75f, -2.25f, -1.75f, -1.25f, -0.75f, -0.25f, 0.25f, 0.75f, 1.25f, 1.75f, 2.25f, 2.75f}},
    {"layer { name: 'n' type: 'Reduction' bottom: 'data' top: 'y' reduction_param { operation: ASUM axis: 2 coeff: 0.5 } }",
     2, {3.75f, 5.25f}},
    {"layer { name: 'n' type: 'ArgMax' bottom: 'data' top: 'y' }",
     1, {11.0f}},
    {"layer { name: 'n' type: 'ArgMax' bottom: 'data' top: 'y' argmax_param { axis: 1 } }",
     6, {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f}},
    {"layer { name: 'n' type: 'Softmax' bottom: 'data' top: 'y' softmax_param { axis: 3 } }",
     12, {0.186324f, 0.307196f, 0.50648f, 0.186324f, 0.307196f, 0.50648f, 0.186324f, 0.307196f, 0.50648f, 0.186324f, 0.307196f, 0.50648f}},
    {"layer { name: 'n' type: 'Reshape' bottom: 'data' top: 'y' reshape_param { shape { dim: 0 dim: -1 dim: 2 } } } layer { name: 'p' type: 'Permute' bottom: 'y' top: 'z' permute_param { order: 0 order: 2 order: 1 } }",
     12, {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, -2.0f, -1.0f, 0.0f, 1.0f, 2.0f, 3.0f}},
    {"layer { name: 'n' type: 'Flatten' bottom: 'data' top: 'y' flatten_param { axis: 2 } } layer { name: 's' type: 'Softmax' bottom: 'y' top: 'z' softmax_param { axis: -1 } }",
     12, {0.0339902f, 0.0560404f, 0.092395f, 0.152334f, 0.251156f, 0.414085f, 0.0339902f, 0.0560404f, 0.092395f, 0.152334f, 0.251156f, 0.414085f}},
    {"layer { name: 'u' type: 'Concat' bottom: 'data' bottom: 'data' top: 'u' } layer { name: 'n' type: 'ShuffleChannel' bottom: 'u' top: 'y' shuffle_channel_param { group: 2 } }",
     24, {-2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, -2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'n' type: 'Tile' bottom: 'data' top: 'y' tile_param { axis: 2 tiles: 2 } }",
     24, {-2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, -2.5f, -2.0f, -1.5f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f, 3.0f}},
    {"layer { name: 'k' type: 'Pooling' bottom: 'data' top: 'k' pooling_param { kernel_size: 2 } } layer { name: 'n' type: 'Crop' bottom: 'data' bottom: 'k' top: 'y' crop_param { axis: 2 offset: 1 } } layer { name: 'e' type: 'Eltwise' bottom: 'y' bottom: 'k' top: 'z' }",
     4, {-1.0f, 0.0f, 5.0f, 6.0f}},
};
/* clang-format on */

static zs_span text_of_samples(int samples, const char *layers)
{
    char *text = zs_arena_printf(
        &arena, "name: 't' # a net\ninput: 'data' input_shape { dim: [%d, 2, 2, 3] }\n%s", samples,
        layers);
    return (zs_span){.data = (const uint8_t *)text, .bytes = strlen(text)};
}

static zs_span text_of(const char *layers)
{
    return text_of_samples(1, layers);
}

static zs_status parse_text(zs_arena *into, zs_span bytes, const char *path, zs_net_spec *out,
                            zs_err *error)
{
    return zs_net_prototxt_parse(into, bytes, path, &(const zs_net_parts){0}, out, error);
}

/* Of one sample, and of each of ten. */
START_TEST(test_layers_compute_what_caffe_does)
{
    float x[12];
    for (size_t i = 0; i < ZS_LEN(x); i++)
        x[i] = ((float)i - 5) / 2;
    for (int samples = 1; samples <= 10; samples += 9) {
        zs_net_spec spec = {0};
        const zs_status status = parse_text(&arena, text_of_samples(samples, cases[_i].layers),
                                            "t.prototxt", &spec, &err);
        ck_assert_msg(status == ZS_OK, "%d samples: %s: %s", samples, err.place, err.text);
        net_expect_outputs(&spec, x, cases[_i].y, cases[_i].n, cases[_i].layers);
    }
}
END_TEST

START_TEST(test_results_have_the_dimensions_of_caffe)
{
    zs_net_spec spec = {0};
    const zs_span text = text_of("layer { name: 'n' type: 'Permute' bottom: 'data' top: 'y' "
                                 "permute_param { order: [0, 2, 3, 1] } } layer { name: 'f' type: "
                                 "'Flatten' bottom: 'y' top: 'z' flatten_param { axis: 2 } }");
    ck_assert_int_eq(parse_text(&arena, text, "t.prototxt", &spec, &err), ZS_OK);
    ck_assert_uint_eq(spec.result.rank, 3);
    ck_assert(spec.result.dims[0] == 1 && spec.result.dims[1] == 2 && spec.result.dims[2] == 6);
    const zs_span pool = text_of("layer { name: 'g' type: 'Pooling' bottom: 'data' top: 'g' "
                                 "pooling_param { global_pooling: true } }");
    ck_assert_int_eq(parse_text(&arena, pool, "t.prototxt", &spec, &err), ZS_OK);
    ck_assert_uint_eq(spec.result.rank, 4); /* 1 x 2 x 1 x 1 */
    ck_assert_uint_eq(spec.result.dims[1], 2);
}
END_TEST

/* ---- the text -------------------------------------------------------------------------------- */

static const struct {
    const char *layers, *place, *text;
    zs_status status;
} refused[] = {
    {"layer { name: 'n' type: 'ReLU' bottom: 'data' top: 'y'", "t.prototxt:3", "'}' is missing",
     ZS_EPARSE},
    {"layer { name: 'n", "t.prototxt:3", "without its closing quote", ZS_EPARSE},
    {"layer { name: n }", "t.prototxt:3", "needs a text in quotes", ZS_EPARSE},
    {"layer { name 'n' }", "t.prototxt:3", "a colon is missing behind name", ZS_EPARSE},
    {"layer 3", "t.prototxt:3", "layer needs braces", ZS_EPARSE},
    {"}", "t.prototxt:3", "'}' where the name of a field should be", ZS_EPARSE},
    {"other { a { b: [1, 2] } c: 'd' ]", "t.prototxt:3", "']' closes nothing", ZS_EPARSE},
    {"other { a { b: [1, 2] } c: 'd'", "t.prototxt:3", "the file ends within a field", ZS_EPARSE},
    {"layer { pooling_param { pool: MIN } }", "t.prototxt:3", "pool is 'MIN'", ZS_EPARSE},
    {"layer { pooling_param { pad: -1 } }", "t.prototxt:3", "outside 0..4294967295", ZS_EPARSE},
    {"layer { pooling_param { pad: 1.5 } }", "t.prototxt:3", "not a whole number", ZS_EPARSE},
    {"layer { relu_param { negative_slope: x } }", "t.prototxt:3", "not a number", ZS_EPARSE},
    {"layer { pooling_param { global_pooling: maybe } }", "t.prototxt:3", "neither true nor false",
     ZS_EPARSE},
    {"layer { name: 'n' type: 'Slice' bottom: 'data' top: 'a' top: 'b' slice_param { slice_point: "
     "2 "
     "} }",
     "layer 0 (Slice n)", "a slice from 2 to 2 of 2", ZS_ERANGE},
    {"layer { name: 'n' type: 'Eltwise' bottom: 'data' top: 'a' eltwise_param { coeff: 1 coeff: 2 "
     "} "
     "}",
     "layer 0 (Eltwise n)", "2 coefficients for 1 bottoms", ZS_EPARSE},
    {"layer { name: 'n' type: 'PriorBox' bottom: 'data' top: 'a' }", "layer 0 (PriorBox n)",
     "layer type PriorBox is not handled", ZS_EUNSUPPORTED},
    {"layer { name: 'n' type: 'Permute' bottom: 'data' top: 'a' permute_param { order: [1, 1] } }",
     "layer 0 (Permute n)", "order 1 is none of 4 dimensions, or twice", ZS_ERANGE},
    {"layer { name: 'n' type: 'ArgMax' bottom: 'data' top: 'a' argmax_param { top_k: 5 } }",
     "layer 0 (ArgMax n)", "ArgMax of 5 places", ZS_EUNSUPPORTED},
    {"layer { name: 'n' type: 'Upsample' bottom: 'data' bottom: 'data' top: 'a' }",
     "layer 0 (Upsample n)", "2 bottoms; Upsample takes 1", ZS_EUNSUPPORTED},
};

START_TEST(test_what_is_wrong_is_named)
{
    net_expect_error(parse_text, text_of(refused[_i].layers), "t.prototxt", refused[_i].status,
                     refused[_i].place, refused[_i].text);
}
END_TEST

START_TEST(test_text_has_all_its_forms)
{
    zs_net_spec spec = {0};
    const char *text = "name: \"a\\tb\" 'c\\x41'; input: 'data', input_dim: 1 input_dim: 0x2 "
                       "input_dim: 3 input_dim: 010 layer < name: 'n' type: 'Pooling' bottom: "
                       "'data' top: 'y' param { lr_mult: 1 } param: { lr_mult: 2 } "
                       "pooling_param { pool: AVE kernel_size: 2 stride: 2 } >";
    const zs_span bytes = {.data = (const uint8_t *)text, .bytes = strlen(text)};
    const zs_status status = parse_text(&arena, bytes, "t.prototxt", &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_str_eq(spec.name, "a\tbcA");
    ck_assert(spec.input.shape.c == 2 && spec.input.shape.h == 3 && spec.input.shape.w == 8);
    ck_assert(spec.layers[0].pool == ZS_POOL_AVG && spec.layers[0].window.kh == 2);
}
END_TEST

/* ---- weights --------------------------------------------------------------------------------- */

#define PARAM                                                                                      \
    "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { "           \
    "num_output: "                                                                                 \
    "1 kernel_size: 1 bias_term: false } }"

START_TEST(test_a_graph_without_weights_takes_those_of_its_file)
{
    static const uint8_t model[] = {0xa2, 6, 26,   0x0a, 1, 'c',  0x12, 1, 'X',  0x3a,
                                    18, /* layer c: a blob of */
                                    0x2a, 8, 0,    0,    0, 0x40, 0,    0, 0x40, 0x40, /* 2, 3 */
                                    0x3a, 6, 0x0a, 4,    1, 2,    1,    1}; /* 1 x 2 x 1 x 1 */
    const zs_net_weights weights = {.bytes = {.data = model, .bytes = sizeof model},
                                    .path = "w.caffemodel"};
    const zs_net_parts parts = {.weights = &weights};
    zs_net_spec spec = {0};
    const zs_span text = text_of(PARAM);
    ck_assert_int_eq(zs_net_prototxt_parse(&arena, text, "t.prototxt", &parts, &spec, &err), ZS_OK);
    ck_assert_uint_eq(spec.layers[0].weights.n_elems, 2);
    ck_assert(spec.layers[0].weights.data[0] == 2 && spec.layers[0].weights.data[1] == 3);
    ck_assert_int_eq(parse_text(&arena, text, "t.prototxt", &spec, &err), ZS_OK);
    ck_assert_ptr_null(spec.layers[0].weights.data);
    ck_assert(spec.layers[0].no_bias);
}
END_TEST

/* ---- results --------------------------------------------------------------------------------- */

#define IN_PLACE                                                                                   \
    "layer { name: 'n' type: 'BatchNorm' bottom: 'data' top: 'y' batch_norm_param { eps: 0 } "     \
    "blobs { data: 0 data: 0 } blobs { data: 1 data: 4 } blobs { data: 1 } } "                     \
    "layer { name: 'm' type: 'Scale' bottom: 'y' top: 'y' scale_param { bias_term: true } "        \
    "blobs { data: 1 data: 2 } blobs { data: 2 data: -1 } } "                                      \
    "layer { name: 'r' type: 'ReLU' bottom: 'y' top: 'y' } "                                       \
    "layer { name: 'p' type: 'Power' bottom: 'y' top: 'z' power_param { scale: -2 shift: 1 } } "   \
    "layer { name: 'a' type: 'AbsVal' bottom: 'z' top: 'z' }"

static const struct {
    const char *output;
    float first, last; /* of -2.5 and 3 */
} cuts[] = {{"n", -2.5f, 1.5f}, {"m", -0.5f, 2}, {"r", 0, 2}, {"y", 0, 2},
            {"p", 1, -3},       {"a", 1, 3},     {"z", 1, 3}};

/* A layer's name is what that layer makes, even where others go on in place; a blob's, what the
 * last one made of it. */
START_TEST(test_results_are_layers_or_blobs)
{
    const zs_net_parts parts = {.outputs = &cuts[_i].output, .output_n = 1};
    zs_net_spec spec = {0};
    zs_net *net = NULL;
    zs_quant *quant = NULL;
    zs_ref_tensors tensors = {0};
    float x[12];
    for (int i = 0; i < 12; i++)
        x[i] = (float)i / 2 - 2.5f;
    const zs_status status =
        zs_net_prototxt_parse(&arena, text_of(IN_PLACE), "t.prototxt", &parts, &spec, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_int_eq(zs_net_build(&arena, &spec, &net, &err), ZS_OK);
    ck_assert_int_eq(zs_quant_build(&arena, net, ZS_FP32, NULL, &quant, &err), ZS_OK);
    ck_assert_int_eq(zs_ref_run(&arena, net, quant, x, NULL, &tensors, &err), ZS_OK);
    const float *y = tensors.data[net->output];
    ck_assert_float_eq_tol(y[0], cuts[_i].first, 1e-6f);
    ck_assert_float_eq_tol(y[11], cuts[_i].last, 1e-6f);
}
END_TEST

/* Detectors end in layers that only their own programs know. */
START_TEST(test_layers_that_no_result_asked_for_depends_on_may_be_of_any_type)
{
    static const char *const wanted[] = {"y", "box"};
    static const char layers[] =
        "layer { name: 'n' type: 'AbsVal' bottom: 'data' top: 'y' } "
        "layer { name: 'p' type: 'PriorBox' bottom: 'y' bottom: 'data' top: 'prior' } "
        "layer { name: 'box' type: 'Flatten' bottom: 'y' top: 'flat' } "
        "layer { name: 'd' type: 'DetectionOutput' bottom: 'flat' bottom: 'prior' top: 'found' }";
    for (size_t i = 0; i < ZS_LEN(wanted); i++) {
        const zs_net_parts parts = {.outputs = &wanted[i], .output_n = 1};
        zs_net_spec spec = {0};
        ck_assert_msg(zs_net_prototxt_parse(&arena, text_of(layers), "t.prototxt", &parts, &spec,
                                            &err) == ZS_OK,
                      "%s: %s", err.place, err.text);
        ck_assert_uint_eq(spec.result.dims[1], i == 0 ? 2 : 12);
    }
    net_expect_error(parse_text, text_of(layers), "t.prototxt", ZS_EUNSUPPORTED, "PriorBox p",
                     "layer type PriorBox is not handled");
}
END_TEST

START_TEST(test_a_result_that_nothing_makes_is_refused)
{
    static const char *const names[] = {"data", "w"};
    for (size_t i = 0; i < ZS_LEN(names); i++) {
        const zs_net_parts parts = {.outputs = &names[i], .output_n = 1};
        zs_net_spec spec = {0};
        ck_assert_int_eq(
            zs_net_prototxt_parse(&arena, text_of(IN_PLACE), "t.prototxt", &parts, &spec, &err),
            ZS_EPARSE);
        ck_assert_msg(strstr(err.text, "neither a layer nor a blob") != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(test_memory_runs_out_without_harm)
{
    net_expect_nomem(parse_text, text_of(cases[39].layers), "t.prototxt", 1);
}
END_TEST

TCase *tcase_net_caffe_general(void)
{
    TCase *tc = net_case("net_caffe_general");
    tcase_add_loop_test(tc, test_layers_compute_what_caffe_does, 0, (int)ZS_LEN(cases));
    tcase_add_test(tc, test_results_have_the_dimensions_of_caffe);
    tcase_add_loop_test(tc, test_what_is_wrong_is_named, 0, (int)ZS_LEN(refused));
    tcase_add_test(tc, test_text_has_all_its_forms);
    tcase_add_test(tc, test_a_graph_without_weights_takes_those_of_its_file);
    tcase_add_loop_test(tc, test_results_are_layers_or_blobs, 0, (int)ZS_LEN(cuts));
    tcase_add_test(tc, test_layers_that_no_result_asked_for_depends_on_may_be_of_any_type);
    tcase_add_test(tc, test_a_result_that_nothing_makes_is_refused);
    tcase_add_test(tc, test_memory_runs_out_without_harm);
    return tc;
}
