/* depthwise_body.h - channel oc of the inputs makes channel oc of the sums; included once per
 * precision. ELEM (inputs), WEIGHT, SUM, NAME and MAC(sum, w, x) are set by the includer. */

/* One channel: sums of a row side by side, which lie t->oc_n apart. */
ZS_LOOPS
static void NAME(depthwise_row)(const ELEM *restrict x, uint32_t step, const WEIGHT *w,
                                uint32_t w_pitch, const uint32_t *offsets, uint32_t taps,
                                uint32_t n, SUM *restrict sums, uint32_t pitch)
{
    SUM row[ROW_PIXELS];
    for (uint32_t i = 0; i < n; i++)
        row[i] = sums[(size_t)i * pitch];
    for (uint32_t k = 0; k < taps; k++) {
        const ELEM *at = x + offsets[k];
        const WEIGHT wk = w[(size_t)k * w_pitch];
        if (step == 1)
            for (uint32_t i = 0; i < n; i++)
                row[i] = MAC(row[i], wk, at[i]);
        else
            for (uint32_t i = 0; i < n; i++)
                row[i] = MAC(row[i], wk, at[(size_t)i * step]);
    }
    for (uint32_t i = 0; i < n; i++)
        sums[(size_t)i * pitch] = row[i];
}

static void NAME(depthwise)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                            const uint32_t *offsets, uint32_t taps)
{
    const uint32_t step = t->sw * t->x_column;
    for (uint32_t oc = 0; oc < t->oc_n; oc++)
        for (uint32_t oy = 0; oy < t->oy_n; oy++)
            for (uint32_t ox = 0; ox < t->ox_n; ox += ROW_PIXELS)
                NAME(depthwise_row)
    (x + (size_t)oc * t->x_channel + (size_t)oy * t->sh * t->x_row + (size_t)ox * step, step,
     w + oc, t->oc_n, offsets, taps, t->ox_n - ox < ROW_PIXELS ? t->ox_n - ox : ROW_PIXELS,
     &sums[((size_t)oy * t->ox_n + ox) * t->oc_n + oc], t->oc_n);
}
