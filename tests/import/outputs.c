#include "cases.h"

#include "zynqsim/num.h"

#include <math.h>

void net_expect_outputs(const zs_net_spec *spec, const float *x, const float *want, uint32_t n,
                        const char *what)
{
    zs_net *net = NULL;
    zs_quant *quant = NULL;
    zs_ref_tensors tensors = {0};
    zs_status status = zs_net_build(&arena, spec, &net, &err);
    if (status == ZS_OK)
        status = zs_quant_build(&arena, net, ZS_FP32, NULL, &quant, &err);
    if (status == ZS_OK)
        status = zs_ref_run(&arena, net, quant, x, NULL, &tensors, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s: %s", what, err.place, err.text);
    const float *y = tensors.data[net->output];
    ck_assert_uint_eq(zs_shape_elems(net->tensors[net->output].shape), n);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_msg(fabsf(y[i] - want[i]) <= 1e-5f * (1 + fabsf(y[i])),
                      "%s: element %u is %g, not %g", what, i, (double)y[i], (double)want[i]);
}
