/* num.h - arithmetic: precisions, scales, and the untiled reference executor.
 *
 * fp32     IEEE single. A convolution's sum starts at the bias and adds products in the order
 *          ic, ky, kx, one multiplication and one addition each, never fused; pixels outside the
 *          image are zeros that take part. Every tile size therefore gives the same bits. The
 *          largest of +0 and -0 is +0 (pooling adds +0 to its result), in whatever order.
 *
 * fixed16  q = sat16(rhe(x * 2^f)), one f per tensor and one per layer's weights; products are
 *          added in 64 bits (the DSP48 accumulator has 48), brought to the output's f by a shift
 *          that rounds half to even, then saturated.
 *
 * int8     q = sat8(rhe(x / s)) symmetric, one s per tensor and one per output channel of weights;
 *          32-bit sums; the result times s_x * s_w[oc] / s_y as a 31-bit multiplier and a shift,
 *          rounded half to even, then saturated. Unsigned where asked for: a tensor that is never
 *          negative (after a relu) has q = sat8(rhe(x / s) - 128) and s = largest / 255; the zero
 *          point -128, also the value of its padding, is folded into the biases.
 *
 * Layers run on the PS (softmax, average pools, ...) compute in fp32 on dequantised values.
 * Quantised tensors that share memory (slices of a concat) share their scale. */
#ifndef ZYNQSIM_NUM_H
#define ZYNQSIM_NUM_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"

/* ---- scales ---------------------------------------------------------------------------------- */

/* real = stored * 2^-frac for fixed16 (int8: real = (stored - zero) * scale). */
typedef struct zs_tensor_scale {
    int32_t frac;
    float scale;
    int32_t zero;
} zs_tensor_scale;

/* Requantisation of a sum: y = sat(rhe(sum * mul / 2^shift)). fixed16 has mul = 1. */
typedef struct zs_requant {
    int32_t mul;   /* 0 < mul < 2^31 */
    int32_t shift; /* may be negative: shift left */
} zs_requant;

typedef struct zs_layer_scale {
    int32_t weight_frac;       /* fixed16 */
    const float *weight_scale; /* int8: [oc] */
    const zs_requant *requant; /* conv, fc: [oc] (fixed16: one entry repeated); add: [input], all
                                * with one shift: y = sat(rhe(sum of x_i * mul_i / 2^shift)) */
    const double *zero_sum;    /* [oc] zero point of the input x sum of the weights; NULL: 0 */
    const double *bias_more;   /* [oc] added to the biases by zs_quant_correct_biases; or NULL */
    int32_t bias_shift;        /* biases are multiples of 2^bias_shift: zs_quant_narrow_biases */
    int32_t act_lo, act_hi;    /* activation limits in output units, after requantisation */
} zs_layer_scale;

/* Quantisation parameters of an execution. For fp32 the lists are NULL. */
typedef struct zs_quant {
    uint32_t precision;
    const zs_tensor_scale *tensors; /* [tensor] */
    const zs_layer_scale *layers;   /* [layer] */
    const zs_tensor *numbers;       /* [tensor] of a quantised network (zs_number) */
    uint8_t act_bits;               /* int8: fewer than eight; 0: eight */
    double map_threshold;           /* of zs_drop_maps, for zs_ref_run; set by the caller */
    bool is_model; /* precision `model`: int8 where `numbers` fit, other tensors float */
} zs_quant;
/* Bytes per element of a tensor, and its zero point. */
uint32_t zs_stored_bytes(const zs_quant *q, uint32_t tensor);
int8_t zs_stored_zero(const zs_quant *q, uint32_t tensor);
/* Precision `model`. ZS_EUNSUPPORTED for a network that is not quantised. */
zs_status zs_quant_of_model(zs_arena *arena, const zs_net *net, zs_quant **out, zs_err *err);

/* Whether a layer is an activation of a few LUTs that an engine can apply to its output stream; and
 * that activation on `pixel_n` x `oc_n` finished elements of its input, channels from `oc0` on:
 * bit-equal to zs_host_layer. scratch: as many floats. */
bool zs_is_post_act(const zs_layer *layer);
/* Whether such an activation needs a multiplier; others only compare. */
bool zs_post_act_multiplies(const zs_layer *layer);
void zs_post_act(const zs_quant *q, const zs_layer *layer, uint32_t oc0, uint32_t oc_n,
                 size_t pixel_n, void *elems, float *scratch);

/* In fp32, the first quantised layer whose sums may exceed 2^24, up to which floats are exact
 * integers, and its largest sum; NULL: none. */
const zs_layer *zs_quant_inexact(const zs_net *net, double *most);

/* Largest |x| of every tensor over some runs, for calibration: zs_ref_run in fp32 widens it. */
typedef struct zs_ranges {
    float *max_abs;   /* [tensor] */
    uint32_t *counts; /* [tensor][ZS_RANGE_BINS] histogram of nonzero magnitudes; NULL: none */
    double **sums;    /* [tensor][channel] over all pixels and runs; NULL: none */
    uint32_t *runs;   /* [tensor] */
    uint8_t weight_bits, act_bits; /* int8 with fewer bits; 0: eight */
    const bool *never_negative;    /* [tensor] unsigned eight bits; NULL: all are signed */
    const zs_net *net;
} zs_ranges;
enum { ZS_RANGE_BINS = 2048 };
zs_status zs_ranges_build(zs_arena *arena, const zs_net *net, zs_ranges *out, zs_err *err);
/* Records the values of one tensor: widens its range, or, after zs_ranges_count, its histogram. */
void zs_ranges_take(zs_ranges *ranges, uint32_t tensor, const float *x, size_t n);
/* Enables the sums of each channel, before the first run. */
zs_status zs_ranges_add_up(zs_arena *arena, zs_ranges *ranges, zs_err *err);
/* int8: tensors whose producer never outputs negative values become unsigned. */
zs_status zs_ranges_unsign(zs_arena *arena, zs_ranges *ranges, zs_err *err);
/* Starts the histograms of a second pass over the same runs. */
zs_status zs_ranges_count(zs_arena *arena, const zs_net *net, zs_ranges *ranges, zs_err *err);
/* Narrows each range by ZS_RANGE_MSE, the least squared error of 8 bits, or ZS_RANGE_PERCENTILE. */
void zs_ranges_clip(const zs_net *net, zs_ranges *ranges, uint32_t rule, double percentile);

/* Scales from ranges. For fp32 ranges may be NULL. Slices of one concat share a scale; max-pooling
 * and stand-alone activations keep that of their input, so they are exact. ZS_ERANGE names a tensor
 * whose range is not finite or beyond fixed16, or a layer whose sums could overflow the
 * accumulator (32 bits for int8, 48 for fixed16). */
zs_status zs_quant_build(zs_arena *arena, const zs_net *net, uint32_t precision,
                         const zs_ranges *ranges, zs_quant **out, zs_err *err);

/* Bias correction: adds to every bias the mean error of its output channel from weight rounding,
 * the sum over the filter of (weight - rounded weight) x mean of the input channel, with the means
 * of `ranges` (M. Nagel and others, "Data-Free Quantization Through Weight Equalization and Bias
 * Correction", ICCV 2019, section 4.2). Border pixels, where padding lowers the mean, are treated
 * as interior ones. */
zs_status zs_quant_correct_biases(zs_arena *arena, const zs_net *net, const zs_ranges *ranges,
                                  zs_quant *quant, zs_err *err);

/* Rounds the biases of every layer to `bits` bits with one power-of-two step per layer, for an
 * engine whose parameters are all as narrow as its data. To be called before anything is quantised.
 */
zs_status zs_quant_narrow_biases(zs_arena *arena, const zs_net *net, uint32_t bits, zs_quant *quant,
                                 zs_err *err);

/* Element types in DRAM and BRAM: float, int16_t, int8_t; accumulators: float, int64_t, int32_t. */
void zs_quantise(const zs_quant *q, uint32_t tensor, const float *x, void *stored, size_t n);
void zs_dequantise(const zs_quant *q, uint32_t tensor, const void *stored, float *x, size_t n);
/* False: some stored float is infinite or NaN; integers never are. */
bool zs_elems_are_finite(const zs_quant *q, const void *stored, size_t n);
/* Weights and biases of output channel `oc` as the engine stores them. `filter` is [ic/g][ky][kx].
 * bias is float, int32_t (int8) or int32_t (fixed16, at input frac + weight frac). */
void zs_quantise_filter(const zs_quant *q, const zs_layer *layer, uint32_t oc, const float *filter,
                        void *stored);
void zs_quantise_bias(const zs_quant *q, const zs_layer *layer, uint32_t oc, float bias,
                      void *stored);

/* sum * mul / 2^shift, rounded half to even, saturated to [lo, hi]. */
int32_t zs_requantise(int64_t sum, zs_requant r, int32_t lo, int32_t hi);
/* Rounds an already scaled x half to even, saturated to [lo, hi]. */
int32_t zs_round_saturate(double x, int32_t lo, int32_t hi);

/* ---- layers without weights, one body for the reference, the engine and the PS --------------- */

/* The activation in fp32. Written so that -0 and NaN become `lo`: the same on every machine. */
static inline float zs_act_f32(zs_act act, float x)
{
    if (!act.active)
        return x;
    x = x > act.lo ? x : act.lo;
    return x < act.hi ? x : act.hi;
}

/* The output of a complete sum in fp32. */
static inline float zs_finish_f32(const zs_layer *layer, uint32_t oc, float sum)
{
    if (layer->quant != NULL)
        return (float)zs_quant_finish(layer->quant, oc, (double)sum);
    return zs_act_f32(layer->act, sum);
}

/* Pixels of the image that a pooling window covers in one direction: at + j * dilation, j < n.
 * `divisor` is this direction's factor of an average's divisor. */
typedef struct zs_pool_part {
    uint32_t at, n, divisor;
} zs_pool_part;
zs_pool_part zs_pool_rows(const zs_layer *layer, uint32_t oy);
zs_pool_part zs_pool_cols(const zs_layer *layer, uint32_t ox);

/* exp, and base^exponent for base > 0, from additions, multiplications and exact scalings only: the
 * same bits on every machine; relative error below 2^-50 x (1 + |ln of the result|). */
double zs_exp(double x);
double zs_pow(double base, double exponent);
/* Natural logarithm: NaN below 0, -infinity of 0. */
double zs_log(double x);
double zs_tanh(double x);
double zs_erf(double x);
/* sin(x + quarters * pi / 2); NaN beyond 2^20 pi / 2, where range reduction loses its precision. */
double zs_sin(double x, int quarters);
/* Unary and binary functions of functions.def. */
double zs_function_of(zs_function fn, const double *p, double x);
double zs_function_of_two(zs_function fn, const double *p, double x, double y);

/* Layers of general tensors except rearrange and join, on float or double elements; importers fold
 * constants with them. f64 takes all operands from x. */
void zs_general_f32(zs_layer_op op, const zs_general *g, const float *const *x, float *y);
void zs_general_f64(zs_layer_op op, const zs_general *g, const double *const *x, double *y);
/* rearrange and join move elements of any size. */
void zs_rearrange(const zs_general *g, size_t elem_bytes, const void *x, const void *fill, void *y);
void zs_join(const zs_general *g, size_t elem_bytes, const void *const *x, uint32_t x_n, void *y);

/* Layers the PS computes, in fp32 on one image: x[i] is input i (CHW), y the output (CHW).
 * pool (max and avg), act, add, concat, batchnorm, global_avgpool, softmax, lrn, and the layers of
 * general tensors. */
void zs_host_layer_f32(const zs_net *net, const zs_layer *layer, const float *const *x, float *y);
/* The same on stored elements of any precision. Max-pooling, act, concat of equal scales, add and
 * layers with filters compute on integers, the others on dequantised values. `scratch`:
 * zs_host_scratch_bytes. */
void zs_host_layer(const zs_net *net, const zs_quant *q, const zs_layer *layer,
                   const void *const *x, void *y, void *scratch);
size_t zs_host_scratch_bytes(const zs_net *net, const zs_layer *layer);
/* The same for a convolution or fully connected layer, as the reference computes it. */
void zs_conv_layer(const zs_net *net, const zs_quant *q, const zs_layer *layer, const void *x,
                   void *y, void *scratch);
size_t zs_conv_scratch_bytes(const zs_layer *layer);
/* y[i] = act(sum of the inputs' element i), in the precision's own arithmetic. */
void zs_add_elems(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                  void *y, size_t n);
/* Activation on stored elements of the layer's output tensor, in place. */
void zs_act_elems(const zs_quant *q, const zs_layer *layer, void *y, size_t n);

/* ---- dynamic feature pruning ----------------------------------------------------------------- */

/* Channels of a layer's input whose mean magnitude is at most `threshold` times the largest
 * channel's mean are pruned, taken as all 0; threshold 0: none is. Network inputs and tensors of
 * one pixel are never pruned. */
bool zs_layer_drops_maps(const zs_net *net, const zs_layer *layer);
void zs_map_means(const float *x, zs_shape shape, double *means);
/* Sets `dropped` [c]; returns how many. */
uint32_t zs_drop_maps(const double *means, uint32_t c_n, double threshold, bool *dropped);

/* ---- reference ------------------------------------------------------------------------------- */

/* Stored elements of every tensor of one image; slices point into their parents. */
typedef struct zs_ref_tensors {
    void **data; /* [tensor] */
} zs_ref_tensors;

/* Runs the network untiled on one image: plain loops, no plan, sharing only the rounding above with
 * the tile kernels. `input` is float CHW. Tensors live in `arena`; `ranges`, unless NULL, are
 * widened by this run (fp32 only). */
zs_status zs_ref_run(zs_arena *arena, const zs_net *net, const zs_quant *q, const float *input,
                     zs_ranges *ranges, zs_ref_tensors *out, zs_err *err);

#endif
