/* elem_body.h - conversion between real numbers and stored elements of an integer type, activation
 * and addition of elements; included once per type.
 *
 * The includer sets ELEM, MIN and MAX (the limits of ELEM) and NAME. */

ZS_LOOPS
static void NAME(quantise)(double step, const float *x, void *stored, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((ELEM *)stored)[i] = (ELEM)(int32_t)zs_rounded((double)x[i] / step, MIN, MAX);
}

ZS_LOOPS
static void NAME(dequantise)(double step, const void *stored, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(((const ELEM *)stored)[i] * step);
}

static void NAME(act)(const zs_quant *q, const zs_layer *layer, void *y, size_t n)
{
    const zs_layer_scale *scale = &q->layers[layer->index];
    ELEM *elems = y;
    for (size_t i = 0; layer->act.active && i < n; i++) {
        const int32_t v = elems[i];
        elems[i] = (ELEM)(v < scale->act_lo   ? scale->act_lo
                          : v > scale->act_hi ? scale->act_hi
                                              : v);
    }
}

static void NAME(add)(const zs_quant *q, const zs_layer *layer, const void *const *x, uint32_t x_n,
                      void *y, size_t n)
{
    const zs_layer_scale *scale = &q->layers[layer->index];
    const zs_requant shift = {.mul = 1, .shift = scale->requant[0].shift};
    const int32_t zero = zs_stored_zero(q, layer->out);
    int64_t zeros = 0;
    for (uint32_t k = 0; k < x_n; k++)
        zeros += (int64_t)zs_stored_zero(q, layer->in[k]) * scale->requant[k].mul;
    for (size_t i = 0; i < n; i++) {
        int64_t sum = -zeros; /* of 2^16 inputs below 2^16 x 2^31 */
        for (uint32_t k = 0; k < x_n; k++)
            sum += (int64_t)((const ELEM *)x[k])[i] * scale->requant[k].mul;
        ((ELEM *)y)[i] =
            (ELEM)(zs_requantise(sum, shift, scale->act_lo - zero, scale->act_hi - zero) + zero);
    }
}

static uint64_t NAME(magnitude)(const void *stored, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint64_t)abs(((const ELEM *)stored)[i]);
    return sum;
}
