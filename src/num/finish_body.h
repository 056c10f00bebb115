/* finish_body.h - complete sums of integers become elements; included once per precision.
 *
 * The includer sets ELEM, SUM, NAME and PRODUCT(sum, mul), what is shifted: below 2^62 in magnitude
 * where NAME(is_plain) says so. */
ZS_LOOPS
static void NAME(round_lanes)(const lanes *l, const SUM *sums, uint32_t n, ELEM *y)
{
    const int64_t lo = l->lo, hi = l->hi;
    int64_t wide[LANES_MAX]; /* of their own, so that a vector unit may write some at once */
    for (uint32_t i = 0; i < n; i++) {
        /* 2^62 makes it positive; a shift by at most 61 keeps its multiples even */
        const uint64_t u = (uint64_t)(PRODUCT(sums[i], l->mul[i])) + (UINT64_C(1) << 62);
        const uint64_t even = (u >> l->shift[i]) & 1;
        const int64_t v = (int64_t)((u + l->below_half[i] + even) >> l->shift[i]) - l->offset[i];
        const int64_t above = v < lo ? lo : v;
        wide[i] = above > hi ? hi : above;
    }
    for (uint32_t i = 0; i < n; i++)
        y[i] = (ELEM)wide[i];
}

/* Elements may be written over the sums that they are made of: pixel after pixel, as an element is
 * no larger than a sum. */
static void NAME(finish)(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                         const void *sums, void *y)
{
    const zs_layer_scale *scale = &q->layers[layer->index];
    const uint32_t block_n = (b->oc_n + LANES_MAX - 1) / LANES_MAX;
    lanes kept[BLOCKS_MAX];
    bool is_plain[BLOCKS_MAX] = {false};
    for (size_t p = 0; p < b->pixel_n; p++)
        for (uint32_t block = 0; block < block_n; block++) {
            const uint32_t oc = block * LANES_MAX, at = block < BLOCKS_MAX ? block : BLOCKS_MAX - 1;
            const uint32_t n = b->oc_n - oc < LANES_MAX ? b->oc_n - oc : LANES_MAX;
            const zs_requant *requant = scale->requant + b->oc0 + oc;
            if (p == 0 || (at == BLOCKS_MAX - 1 && block_n > BLOCKS_MAX)) {
                kept[at].lo = scale->act_lo;
                kept[at].hi = scale->act_hi;
                is_plain[at] = prepare_lanes(requant, n, &kept[at]);
            }
            const SUM *from = (const SUM *)sums + p * b->sum_pitch + oc;
            ELEM out[LANES_MAX];
            if (is_plain[at] && NAME(is_plain)(from, n))
                NAME(round_lanes)(&kept[at], from, n, out);
            else
                for (uint32_t i = 0; i < n; i++)
                    out[i] = (ELEM)zs_requantise(from[i], requant[i], scale->act_lo, scale->act_hi);
            memcpy((ELEM *)y + p * b->y_pitch + oc, out, n * sizeof *out);
        }
}
