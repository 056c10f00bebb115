/* depthwise_body.h - channel oc of the inputs makes channel oc of the sums; included once per
 * precision. ELEM (inputs), WEIGHT, SUM, NAME and MAC(sum, w, x) are set by the includer. */

/* One channel: sums of a row side by side, which lie t->oc_n apart. With step 1, whole vectors are
 * read as far as the tile reaches, and the sums of what is behind the row are dropped. */
ZS_LOOPS
static void NAME(depthwise_row)(const ELEM *restrict x, uint32_t step, size_t readable,
                                const WEIGHT *w, uint32_t w_pitch, const uint32_t *offsets,
                                uint32_t taps, uint32_t n, SUM *restrict sums, uint32_t pitch)
{
    SUM row[ROW_PIXELS] = {0};
    for (uint32_t i = 0; i < n; i++)
        row[i] = sums[(size_t)i * pitch];
    const uint32_t whole = (n + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    for (uint32_t k = 0; k < taps; k++) {
        const ELEM *at = x + offsets[k];
        const WEIGHT wk = w[(size_t)k * w_pitch];
        if (step == 1 && offsets[k] + whole <= readable)
            for (uint32_t i = 0; i < whole; i += ROW_STEP)
                for (uint32_t j = 0; j < ROW_STEP; j++)
                    row[i + j] = MAC(row[i + j], wk, at[i + j]);
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
    const size_t tile_elems = (size_t)t->oc_n * t->x_channel;
    for (uint32_t oc = 0; oc < t->oc_n; oc++)
        for (uint32_t oy = 0; oy < t->oy_n; oy++)
            for (uint32_t ox = 0; ox < t->ox_n; ox += ROW_PIXELS) {
                const size_t from =
                    (size_t)oc * t->x_channel + (size_t)oy * t->sh * t->x_row + (size_t)ox * step;
                const uint32_t n = t->ox_n - ox < ROW_PIXELS ? t->ox_n - ox : ROW_PIXELS;
                NAME(depthwise_row)
                (x + from, step, from < tile_elems ? tile_elems - from : 0, w + oc, t->oc_n,
                 offsets, taps, n, &sums[((size_t)oy * t->ox_n + ox) * t->oc_n + oc], t->oc_n);
            }
}
