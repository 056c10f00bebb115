/* line_exec_body.h - what the PEs of kind linebuffer do with elements of an integer type, the
 * functions of line_kernels; included once per type.
 *
 * The includer sets ELEM, MIN and MAX (the limits of ELEM) and NAME. */

static void NAME(widen)(const void *params, uint32_t n, int32_t shift, int32_t *bias)
{
    for (uint32_t i = 0; i < n; i++)
        bias[i] = ((const ELEM *)params)[i] * (1 << shift);
}

static void NAME(narrow)(int32_t bias, void *param)
{
    *(ELEM *)param = (ELEM)bias;
}

static void NAME(merge)(void *best, const void *pixel, uint32_t n)
{
    ELEM *to = best;
    const ELEM *from = pixel;
    for (uint32_t i = 0; i < n; i++)
        to[i] = from[i] > to[i] ? from[i] : to[i];
}

static const line_kernels NAME(line_kernels) = {MIN, MAX, NAME(widen), NAME(narrow), NAME(merge)};
