/* kernel_body.h - one row of zs_kernels; included once per precision.
 *
 * The includer sets SUM, BIAS and NAME. */

static void NAME(products)(const zs_tile *t, const void *x, const void *w, void *sums,
                           uint32_t *scratch)
{
    NAME(zs_tile)(t, x, w, sums, scratch);
}

static void NAME(start)(const void *bias, uint32_t oc_n, size_t pixel_n, void *sums)
{
    SUM *first = sums;
    for (uint32_t oc = 0; pixel_n > 0 && oc < oc_n; oc++)
        first[oc] = ((const BIAS *)bias)[oc];
    for (size_t done = 1; done < pixel_n; done *= 2)
        memcpy(first + done * oc_n, first,
               (done < pixel_n - done ? done : pixel_n - done) * oc_n * sizeof *first);
}
