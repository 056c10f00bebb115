#include "kernels_priv.h"

#include <string.h>

/* ---- sums as a tree -------------------------------------------------------------------------- */

/* Neighbours are added until one is left. */
static float tree_sum(float *x, size_t n)
{
    for (; n > 1; n = (n + 1) / 2) {
        for (size_t i = 0; i < n / 2; i++)
            x[i] = x[2 * i] + x[2 * i + 1];
        if (n % 2 != 0)
            x[n / 2] = x[n - 1];
    }
    return x[0];
}

enum { PARTIALS_MAX = 64 }; /* the range of accelerator.kernels.add_latency */

typedef struct steps {
    uint32_t ic, ky, kx; /* of the unrolled loops */
    uint32_t partials;   /* sums that steps are added to in turn, at least 1 */
} steps;

/* One output: the loops rc, ry and rx by their steps, all products of a step as a tree, and so are
 * the partial sums at the end. */
static float relaxed_sum(const zs_tile *t, const float *x, const float *w, const steps *u,
                         float sum)
{
    float tree[KERNELS_TREE_MAX], partial[PARTIALS_MAX] = {sum};
    uint32_t step = 0;
    for (uint32_t ic0 = 0; ic0 < t->ic_n; ic0 += u->ic)
        for (uint32_t ky0 = 0; ky0 < t->kh; ky0 += u->ky)
            for (uint32_t kx0 = 0; kx0 < t->kw; kx0 += u->kx) {
                size_t n = 0;
                for (uint32_t ic = ic0; ic < t->ic_n && ic < ic0 + u->ic; ic++)
                    for (uint32_t ky = ky0; ky < t->kh && ky < ky0 + u->ky; ky++)
                        for (uint32_t kx = kx0; kx < t->kw && kx < kx0 + u->kx; kx++) {
                            tree[n++] =
                                x[(size_t)ic * t->x_channel + (size_t)ky * t->dh * t->x_row +
                                  (size_t)kx * t->dw * t->x_column] *
                                w[((size_t)ic * t->kh + ky) * t->kw + kx];
                            if (n == KERNELS_TREE_MAX) {
                                partial[step % u->partials] += tree_sum(tree, n);
                                n = 0;
                            }
                        }
                partial[step++ % u->partials] += n > 0 ? tree_sum(tree, n) : 0;
            }
    return tree_sum(partial, u->partials);
}

/* As zs_exec_filter, in fp32. */
static void relaxed_filter(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc)
{
    const kernels_row *own = kernels_row_of(row);
    const zs_accel *a = own->accel;
    zs_tile_box box;
    zs_tile t;
    const uint8_t *weights = zs_exec_filter_begin(e, row, image, oc, &box, &t);
    const float *x = (const void *)e->gathered, *w = (const void *)(weights + e->bias);
    const steps u = {.ic = (uint32_t)kernels_unroll(a, a->unroll.ic, t.ic_n),
                     .ky = (uint32_t)kernels_unroll(a, a->unroll.ky, t.kh),
                     .kx = (uint32_t)kernels_unroll(a, a->unroll.kx, t.kw),
                     .partials = own->partials > 1 ? own->partials : 1};
    float bias, *sums = (void *)e->sums;
    memcpy(&bias, weights, sizeof bias);
    for (uint32_t oy = 0; oy < row->oh; oy++)
        for (uint32_t ox = 0; ox < row->ow; ox++)
            sums[(size_t)oy * row->ow + ox] = relaxed_sum(
                &t, x + (size_t)oy * t.sh * t.x_row + (size_t)ox * t.sw * t.x_column, w, &u, bias);
    zs_exec_filter_end(e, row, &box);
}

/* Layers without weights are done as the PS would, all images with the last kernel. */
void kernels_exec_op(zs_exec *e, uint32_t op)
{
    const zs_plan_row *row = &e->plan->rows[e->plan->ops[op].row];
    const bool is_relaxed = e->quant->precision == ZS_FP32 && row->own != NULL &&
                            kernels_params_of(kernels_row_of(row)->accel)->relaxed_float;
    const uint32_t code = e->plan->ops[op].code, image = e->plan->boxes[op].image;
    if (code == ZS_OP_MAC && e->plan->boxes[op].flags != ZS_HOST_LAYER)
        return; /* a part of the loops, the last of which computes */
    if (code == ZS_OP_HOST ||
        (code == ZS_OP_MAC && row->weight_slots == 0 && image + 1 == e->plan->batch))
        zs_exec_host(e, op);
    else if (code == ZS_OP_MAC && row->weight_slots > 0)
        for (uint32_t oc = 0; oc < row->y_c; oc++)
            (is_relaxed ? relaxed_filter : zs_exec_filter)(e, row, image, oc);
}
