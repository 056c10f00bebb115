#include "zynqsim/net.h"

#include <math.h>

/* Biases come from a stream of their own, so that adding one never moves a weight. */
enum { WEIGHT_STREAM = 0, BIAS_STREAM = 1 };
static const double bias_limit = 0.05;

/* Uniform in [-1, 1): the top 24 bits, exact in a double. */
static double uniform(uint64_t seed, uint32_t layer, uint32_t stream, uint64_t i)
{
    const uint64_t key = zs_mix64(seed ^ zs_mix64(2 * (uint64_t)layer + stream));
    const uint64_t bits = zs_mix64(key ^ zs_mix64(i)) >> 40;
    return (double)bits * 0x1p-23 - 1;
}

float zs_weight_synthetic(uint64_t seed, uint32_t layer, uint64_t i, uint64_t fan_in)
{
    const double limit = sqrt(6.0 / (double)(fan_in ? fan_in : 1));
    return (float)(limit * uniform(seed, layer, WEIGHT_STREAM, i));
}

const float *zs_layer_filter(const zs_net *net, const zs_layer *layer, uint32_t oc, float *scratch)
{
    const uint64_t n = zs_layer_filter_elems(layer);
    if (layer->weights.data != NULL)
        return layer->weights.data + oc * n;
    for (uint64_t i = 0; i < n; i++)
        scratch[i] = zs_weight_synthetic(net->seed, layer->index, oc * n + i, n);
    return scratch;
}

float zs_layer_bias(const zs_net *net, const zs_layer *layer, uint32_t oc)
{
    if (!layer->has_bias)
        return 0;
    if (layer->weights.bias != NULL)
        return layer->weights.bias[oc];
    if (layer->weights.data != NULL || layer->op == ZS_LAYER_BATCHNORM)
        return 0;
    return (float)(bias_limit * uniform(net->seed, layer->index, BIAS_STREAM, oc));
}
