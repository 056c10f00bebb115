/* finish_body.h - scales, rounds and saturates complete sums of integers to elements; included once
 * per precision.
 *
 * The includer sets ELEM, SUM, NAME and ROUND, the member of zs_round_unit that does several sums
 * at once; it may be used where NAME(is_plain) holds. */

/* With `l` several sums at once, without (NULL) one after the other. */
static inline void NAME(round_block)(zs_round *round_lanes, const zs_round_lanes *l,
                                     const zs_layer_scale *scale, const zs_requant *requant,
                                     const SUM *sums, uint32_t n, ELEM *y)
{
    if (l != NULL)
        round_lanes(l, sums, n, y);
    else
        for (uint32_t i = 0; i < n; i++)
            y[i] = (ELEM)zs_requantise(sums[i], requant[i], scale->act_lo, scale->act_hi);
}

/* Elements may overwrite the sums that they are made of: pixels are done in order, and an element
 * is no larger than a sum. */
static void NAME(finish)(const zs_quant *q, const zs_layer *layer, const zs_sum_block *b,
                         const void *sums, void *y)
{
    const zs_layer_scale *scale = &q->layers[layer->index];
    const uint32_t block_n = (b->oc_n + ZS_ROUND_LANES - 1) / ZS_ROUND_LANES;
    uint32_t unit_n;
    const zs_round_unit *units = zs_round_units(&unit_n);
    zs_round *round_lanes = units[unit_n - 1].ROUND;
    zs_round_lanes kept[BLOCKS_MAX];
    bool is_plain[BLOCKS_MAX] = {false};
    for (size_t p = 0; p < b->pixel_n; p++)
        for (uint32_t block = 0; block < block_n; block++) {
            const uint32_t oc = block * ZS_ROUND_LANES,
                           at = block < BLOCKS_MAX ? block : BLOCKS_MAX - 1;
            const uint32_t n = b->oc_n - oc < ZS_ROUND_LANES ? b->oc_n - oc : ZS_ROUND_LANES;
            const zs_requant *requant = scale->requant + b->oc0 + oc;
            if (p == 0 || (at == BLOCKS_MAX - 1 && block_n > BLOCKS_MAX)) {
                kept[at].lo = scale->act_lo;
                kept[at].hi = scale->act_hi;
                is_plain[at] = zs_round_prepare(requant, n, &kept[at]);
            }
            const SUM *from = (const SUM *)sums + p * b->sum_pitch + oc;
            ELEM out[ZS_ROUND_LANES], *own = (ELEM *)y + p * b->y_pitch + oc;
            const zs_round_lanes *l = is_plain[at] && NAME(is_plain)(from, n) ? &kept[at] : NULL;
            if (n % ZS_ROUND_STEP == 0) {
                NAME(round_block)(round_lanes, l, scale, requant, from, n, own);
            } else {
                NAME(round_block)(round_lanes, l, scale, requant, from, n, out);
                memcpy(own, out, n * sizeof *out);
            }
        }
}
