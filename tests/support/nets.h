/* nets.h - network specs for tests, written a line per layer.
 *
 * A test_spec owns its layers and names; free it with test_spec_free. Inputs are given as one text,
 * names separated by blanks; "" reads the layer before (the network input "data" at the start). */
#ifndef ZYNQSIM_TEST_NETS_H
#define ZYNQSIM_TEST_NETS_H

#include "zynqsim/net.h"

typedef struct test_spec test_spec;

test_spec *test_spec_new(uint32_t c, uint32_t h, uint32_t w);
void test_spec_free(test_spec *s);
/* Valid until the next layer is added. */
zs_net_spec *test_spec_get(test_spec *s);
/* Adds a layer with a dense 1 x 1 window; the caller sets the rest. Valid until the next call. */
zs_layer_spec *test_layer(test_spec *s, zs_layer_op op, const char *name, const char *in);
zs_layer_spec *test_conv(test_spec *s, const char *name, const char *in, uint32_t oc, uint32_t k,
                         uint32_t stride, uint32_t pad);
zs_layer_spec *test_pool(test_spec *s, const char *name, const char *in, zs_pool_kind kind,
                         uint32_t k, uint32_t stride);
/* y = max(x, 0) of the layer before. */
zs_layer_spec *test_relu(test_spec *s, const char *name);
/* Sets kernel, stride, dilation 1 and pads top, left, bottom, right. */
void test_window(zs_layer_spec *layer, uint32_t k, uint32_t stride, uint32_t top, uint32_t left,
                 uint32_t bottom, uint32_t right);

/* SqueezeNet v1.1 with relu and dropout layers as the published model has them. */
test_spec *test_squeezenet_v11(void);

/* Builds or stops the test with the error's text. */
zs_net *test_net(zs_arena *arena, test_spec *s);
/* Tensor and layer by name, or the test stops. */
const zs_layer *test_find_layer(const zs_net *net, const char *name);
uint32_t test_find_tensor(const zs_net *net, const char *name);
/* Tensor by the name of its file in the reference data: that of the published layer, with _ for /.
 */
uint32_t test_find_published(const zs_net *net, const char *name);

#endif
