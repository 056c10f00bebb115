/* sparsify.h - weights of a network become 0, nothing is trained again.
 *
 * Models   thresholds by layer, by filter or over all layers (the words of network.sparsify.method
 *          are the definitions), single weights or whole kernels, input channels and filters, a
 *          parameter or the share of zeros that it is to give, means and deviations of output
 *          channels restored.
 * Counts   layers 1..L are the convolutions and fully connected layers in the order of the graph;
 *          convolutions of zeros and ones that only pick inputs (shortcuts) are wiring: they are
 *          neither pruned nor counted. Zeros are of all weights, biases left out; those that spared
 *          layers have of their own do not count. MACs left are those of weights other than 0 of
 *          every layer, padding included.
 * Omits    networks in integers of their own.
 * Sources  arXiv 1811.04199 names the methods; definitions are in docs/sparse.md. LAMP: Lee et al.,
 *          ICLR 2021.
 * Memory   what is made lies in the arena; scratch may be reset after the call. */
#ifndef ZYNQSIM_SPARSIFY_H
#define ZYNQSIM_SPARSIFY_H

#include "zynqsim/design.h"
#include "zynqsim/net.h"

typedef struct zs_sparsity_layer {
    const char *name;
    double threshold; /* NaN where layers have no one threshold: filters of their own, scores */
    bool is_spared, is_wiring;
    uint64_t weights, zeros_before, zeros;
    uint64_t macs, macs_left;
    uint32_t filters, channels;           /* input channels, of all groups */
    uint32_t zero_filters, zero_channels; /* of which every weight is 0 */
    uint64_t kernels, zero_kernels;       /* of a filter and an input channel */
} zs_sparsity_layer;

typedef struct zs_sparsity {
    zs_sparsify_rule rule;
    double parameter; /* as given or as found */
    const zs_sparsity_layer *layers;
    uint32_t layer_n;
    zs_sparsity_layer total; /* sums of what is no wiring */
} zs_sparsity;

/* The method that a short word stands for: flat is flat_minspan; others are themselves. */
uint32_t zs_sparsify_method(uint32_t method);

/* Replaces the layers of `spec` by copies with weights pruned. `dense` is the network that
 * zs_net_build made of the spec as it is: shapes, the order of layers, synthetic weights. With
 * method none nothing is pruned and all MACs are left. ZS_EUNSUPPORTED: weights in integers of the
 * model; ZS_ERANGE: a target below the zeros that are there is met at parameter 0, one that cannot
 * be reached is refused. */
zs_status zs_sparsify(zs_arena *arena, zs_arena *scratch, const zs_sparsify_rule *rule,
                      const zs_net *dense, zs_net_spec *spec, zs_sparsity *out, zs_err *err);

/* Gives output channels of pruned layers the mean and the deviation that they have in the dense
 * network over the images, layer by layer in one pass; gains stay within 0.2 and 5. Both networks
 * are of one spec, before and after zs_sparsify. Weights that are 0 stay 0; layers without a bias
 * get one. Images hold the values of all inputs. ZS_ERANGE: there is no image. */
zs_status zs_recalibrate(zs_arena *arena, const zs_net *dense, zs_net *pruned,
                         const float *const *images, uint32_t image_n, zs_err *err);

#endif
