/* finish_body.h - complete sums of integers become elements; included once per precision.
 *
 * The includer sets ELEM, SUM, NAME and PRODUCT(sum, mul), what is shifted: below 2^62 in magnitude
 * where NAME(is_plain) says so. */
ZS_CLONES
static void NAME(round_lanes)(const lanes *l, const SUM *sums, uint32_t n, ELEM *y)
{
    for (uint32_t i = 0; i < n; i++) {
        /* 2^62 makes it positive; a shift by at most 61 keeps its multiples even */
        const uint64_t u = (uint64_t)(PRODUCT(sums[i], l->mul[i])) + (UINT64_C(1) << 62);
        const uint64_t even = (u >> l->shift[i]) & 1;
        const int64_t v = (int64_t)((u + l->below_half[i] + even) >> l->shift[i]) - l->offset[i];
        y[i] = (ELEM)(v < l->lo ? l->lo : v > l->hi ? l->hi : v);
    }
}

static void NAME(finish)(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                         const void *sums, void *y)
{
    const zs_layer_scale *scale = &q->layers[layer->index];
    lanes l = {.lo = scale->act_lo, .hi = scale->act_hi};
    for (uint32_t oc = 0; oc < b->oc_n; oc += LANES_MAX) {
        const uint32_t n = b->oc_n - oc < LANES_MAX ? b->oc_n - oc : LANES_MAX;
        const zs_requant *requant = scale->requant + b->oc0 + oc;
        const bool is_plain = prepare_lanes(requant, n, &l);
        for (size_t p = 0; p < b->pixel_n; p++) {
            const SUM *from = (const SUM *)sums + p * b->sum_pitch + oc;
            ELEM out[LANES_MAX];
            if (is_plain && NAME(is_plain)(from, n))
                NAME(round_lanes)(&l, from, n, out);
            else
                for (uint32_t i = 0; i < n; i++)
                    out[i] = (ELEM)zs_requantise(from[i], requant[i], scale->act_lo, scale->act_hi);
            memcpy((ELEM *)y + p * b->y_pitch + oc, out, n * sizeof *out);
        }
    }
}
