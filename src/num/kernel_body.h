/* kernel_body.h - one row of zs_kernels; included once per precision.
 *
 * The includer sets SUM, BIAS and NAME. */

static void NAME(products)(const zs_tile *t, const void *x, const void *w, void *sums,
                           uint32_t *offsets)
{
    NAME(zs_tile)(t, x, w, sums, offsets);
}

static void NAME(start)(const void *bias, uint32_t oc_n, size_t pixel_n, void *sums)
{
    SUM *s = sums;
    for (size_t p = 0; p < pixel_n; p++)
        for (uint32_t oc = 0; oc < oc_n; oc++)
            *s++ = ((const BIAS *)bias)[oc];
}
