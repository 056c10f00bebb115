/* tile_body.h - the MAC array on one tile; included once per precision.
 *
 * The includer sets ELEM (inputs), WEIGHT, SUM, LANES, NAME, and PRODUCTS(w, x): the vector of
 * products, as SUM, of a vector of weights and one input. LANES output channels by six pixels stay
 * in registers while the reduction runs. */
typedef WEIGHT NAME(weights) __attribute__((vector_size(LANES * sizeof(WEIGHT))));
typedef SUM NAME(sums) __attribute__((vector_size(LANES * sizeof(SUM))));

typedef struct NAME(block) {
    const ELEM *x[PIXELS]; /* first input of each pixel's window */
    const WEIGHT *w;       /* first weight of the lanes */
    SUM *sums[PIXELS];
    const uint32_t *offsets; /* [tap]: input of the tap, from the first */
    uint32_t taps, w_pitch;
} NAME(block);

ZS_CLONES
static void NAME(run_block)(const NAME(block) * b)
{
    const ELEM *x0 = b->x[0], *x1 = b->x[1], *x2 = b->x[2];
    const ELEM *x3 = b->x[3], *x4 = b->x[4], *x5 = b->x[5];
    const WEIGHT *w = b->w;
    NAME(sums) s0, s1, s2, s3, s4, s5;
    memcpy(&s0, b->sums[0], sizeof s0);
    memcpy(&s1, b->sums[1], sizeof s1);
    memcpy(&s2, b->sums[2], sizeof s2);
    memcpy(&s3, b->sums[3], sizeof s3);
    memcpy(&s4, b->sums[4], sizeof s4);
    memcpy(&s5, b->sums[5], sizeof s5);
    for (uint32_t k = 0; k < b->taps; k++, w += b->w_pitch) {
        const uint32_t at = b->offsets[k];
        NAME(weights) wk;
        memcpy(&wk, w, sizeof wk);
        s0 += PRODUCTS(wk, x0[at]);
        s1 += PRODUCTS(wk, x1[at]);
        s2 += PRODUCTS(wk, x2[at]);
        s3 += PRODUCTS(wk, x3[at]);
        s4 += PRODUCTS(wk, x4[at]);
        s5 += PRODUCTS(wk, x5[at]);
    }
    memcpy(b->sums[0], &s0, sizeof s0);
    memcpy(b->sums[1], &s1, sizeof s1);
    memcpy(b->sums[2], &s2, sizeof s2);
    memcpy(b->sums[3], &s3, sizeof s3);
    memcpy(b->sums[4], &s4, sizeof s4);
    memcpy(b->sums[5], &s5, sizeof s5);
}

/* Channels beyond the last full vector. */
static void NAME(run_rest)(const NAME(block) * b, uint32_t pixels, uint32_t lanes)
{
    for (uint32_t p = 0; p < pixels; p++) {
        const WEIGHT *w = b->w;
        for (uint32_t k = 0; k < b->taps; k++, w += b->w_pitch) {
            const ELEM x = b->x[p][b->offsets[k]];
            for (uint32_t oc = 0; oc < lanes; oc++)
                b->sums[p][oc] += (SUM)(w[oc] * x);
        }
    }
}

/* All output channels of up to six pixels. Places of a short block repeat its first pixel and
 * write to a spare line. */
static void NAME(run_pixels)(const zs_tile *t, NAME(block) * b, uint32_t n, const WEIGHT *w,
                             SUM *const sums[])
{
    SUM spare[LANES] = {0};
    for (uint32_t p = n; p < PIXELS; p++) {
        b->x[p] = b->x[0];
        b->sums[p] = spare;
    }
    uint32_t oc = 0;
    for (; oc + LANES <= t->oc_n; oc += LANES) {
        b->w = w + oc;
        for (uint32_t p = 0; p < n; p++)
            b->sums[p] = sums[p] + oc;
        NAME(run_block)(b);
    }
    b->w = w + oc;
    for (uint32_t p = 0; p < n; p++)
        b->sums[p] = sums[p] + oc;
    if (oc < t->oc_n)
        NAME(run_rest)(b, n, t->oc_n - oc);
}

static void NAME(depthwise)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                            const uint32_t *offsets, uint32_t taps)
{
    for (uint32_t oc = 0; oc < t->oc_n; oc++)
        for (uint32_t oy = 0; oy < t->oy_n; oy++)
            for (uint32_t ox = 0; ox < t->ox_n; ox++) {
                const ELEM *at = x + (size_t)oc * t->x_channel + (size_t)oy * t->sh * t->x_row +
                                 (size_t)ox * t->sw * t->x_column;
                SUM *sum = &sums[((size_t)oy * t->ox_n + ox) * t->oc_n + oc];
                for (uint32_t k = 0; k < taps; k++)
                    *sum += (SUM)(w[(size_t)k * t->oc_n + oc] * at[offsets[k]]);
            }
}

static void NAME(run_tile)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                           uint32_t *offsets)
{
    const uint32_t taps = list_offsets(t, offsets);
    if (t->depthwise) {
        NAME(depthwise)(t, x, w, sums, offsets, taps);
        return;
    }
    NAME(block) b = {.offsets = offsets, .taps = taps, .w_pitch = t->oc_n};
    SUM *out[PIXELS];
    uint32_t n = 0;
    for (uint32_t oy = 0; oy < t->oy_n; oy++)
        for (uint32_t ox = 0; ox < t->ox_n; ox++) {
            b.x[n] = x + (size_t)oy * t->sh * t->x_row + (size_t)ox * t->sw * t->x_column;
            out[n++] = sums + ((size_t)oy * t->ox_n + ox) * t->oc_n;
            if (n == PIXELS) {
                NAME(run_pixels)(t, &b, n, w, out);
                n = 0;
            }
        }
    if (n > 0)
        NAME(run_pixels)(t, &b, n, w, out);
}
