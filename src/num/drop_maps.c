#include "zynqsim/num.h"

#include <math.h>

bool zs_layer_drops_maps(const zs_net *net, const zs_layer *layer)
{
    uint64_t offset;
    return zs_op_has_filters(layer->op) && (uint64_t)layer->x.h * layer->x.w > 1 &&
           !zs_net_is_input(net, zs_tensor_root(net, layer->in[0], &offset));
}

void zs_map_means(const float *x, zs_shape shape, double *means)
{
    const uint64_t n = (uint64_t)shape.h * shape.w;
    for (uint32_t c = 0; c < shape.c; c++) {
        double sum = 0;
        for (uint64_t i = 0; i < n; i++)
            sum += fabs((double)x[c * n + i]);
        means[c] = sum / (double)n;
    }
}

uint32_t zs_drop_maps(const double *means, uint32_t c_n, double threshold, bool *dropped)
{
    double largest = 0;
    uint32_t n = 0;
    for (uint32_t c = 0; c < c_n; c++)
        largest = fmax(largest, means[c]);
    for (uint32_t c = 0; c < c_n; c++) {
        dropped[c] = threshold > 0 && means[c] <= threshold * largest;
        n += dropped[c];
    }
    return n;
}
