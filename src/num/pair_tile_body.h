/* pair_tile_body.h - a tile in pairs of taps; included once per pair of types.
 *
 * ELEM (inputs), WEIGHT, SUM, NAME, BLOCK (narrow or wide) and ROW (row_i8 or
 * row_i16) are set by the includer. Inputs and
 * weights of a part of the tile are packed into pairs on the stack: at most ZS_PAIRS_MAX pairs of
 * taps, PART_PIXELS pixels, PART_LANES channels. */

ZS_LOOPS
static void NAME(pair_weights)(const WEIGHT *a, const WEIGHT *b, uint32_t n, int32_t *to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint16_t)a[i] | (uint32_t)(b != NULL ? b[i] : 0) << 16);
}

/* Inputs of `n` pixels from `first` on, for the taps k0 to k0 + 2 pair_n. */
static void NAME(pack_inputs)(const zs_tile *t, const ELEM *x, const uint32_t *offsets, uint32_t k0,
                              uint32_t taps, uint32_t first, uint32_t n, int32_t *to)
{
    const zs_pair_unit *unit = zs_pair_unit_of_machine();
    const uint32_t ox_n = t->ox_n;
    for (uint32_t k = k0; k < k0 + taps; k += 2, to += PART_PIXELS) {
        const ELEM *a = x + offsets[k], *b = k + 1 < k0 + taps ? x + offsets[k + 1] : NULL;
        for (uint32_t at = 0; at < n;) {
            /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): it has pixels */
            const uint32_t oy = (first + at) / ox_n, ox = (first + at) % ox_n;
            const uint32_t run = ox_n - ox < n - at ? ox_n - ox : n - at;
            const uint32_t step = t->sw * t->x_column;
            const size_t from = (size_t)oy * t->sh * t->x_row + (size_t)ox * step;
            if (step == 1 && b != NULL)
                unit->ROW(a + from, b + from, run, to + at);
            else
                for (uint32_t i = 0; i < run; i++) {
                    const size_t from_i = from + (size_t)i * step;
                    to[at + i] = (int32_t)((uint16_t)a[from_i] |
                                           (uint32_t)(b != NULL ? b[from_i] : 0) << 16);
                }
            at += run;
        }
        for (uint32_t at = n; at < zs_round_up(n, ZS_PAIR_PIXELS); at++)
            to[at] = 0;
    }
}

/* One part: pixels from `first`, channels from oc0. Blocks that are not whole go through a spare
 * one. */
static void NAME(run_part)(const zs_tile *t, const int32_t *x, const int32_t *w, uint32_t pair_n,
                           uint32_t first, uint32_t n, uint32_t oc0, uint32_t oc_n, SUM *sums)
{
    const zs_pair_unit *unit = zs_pair_unit_of_machine();
    for (uint32_t p = 0; p < n; p += ZS_PAIR_PIXELS)
        for (uint32_t oc = 0; oc < oc_n; oc += ZS_PAIR_LANES) {
            SUM spare[ZS_PAIR_PIXELS][ZS_PAIR_LANES], *to[ZS_PAIR_PIXELS];
            const bool is_whole = oc + ZS_PAIR_LANES <= oc_n;
            const uint32_t lanes = is_whole ? ZS_PAIR_LANES : oc_n - oc;
            for (uint32_t i = 0; i < ZS_PAIR_PIXELS; i++) {
                SUM *own = p + i < n ? sums + (size_t)(first + p + i) * t->oc_n + oc0 + oc : NULL;
                to[i] = own != NULL && is_whole ? own : spare[i];
                if (to[i] == spare[i]) {
                    memset(spare[i], 0, sizeof spare[i]);
                    if (own != NULL)
                        memcpy(spare[i], own, lanes * sizeof *own);
                }
            }
            unit->BLOCK(x + p, PART_PIXELS, w + oc, PART_LANES, pair_n, to);
            for (uint32_t i = 0; i < ZS_PAIR_PIXELS && !is_whole && p + i < n; i++)
                memcpy(sums + (size_t)(first + p + i) * t->oc_n + oc0 + oc, spare[i],
                       lanes * sizeof *sums);
        }
}

static void NAME(run_pairs)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                            const uint32_t *offsets, uint32_t taps)
{
    int32_t xs[ZS_PAIRS_MAX * PART_PIXELS], ws[ZS_PAIRS_MAX * PART_LANES];
    const uint32_t pixel_n = t->oy_n * t->ox_n;
    for (uint32_t k0 = 0; k0 < taps; k0 += 2 * ZS_PAIRS_MAX)
        for (uint32_t oc0 = 0; oc0 < t->oc_n; oc0 += PART_LANES) {
            const uint32_t n = taps - k0 < 2 * ZS_PAIRS_MAX ? taps - k0 : 2 * ZS_PAIRS_MAX;
            const uint32_t oc_n = t->oc_n - oc0 < PART_LANES ? t->oc_n - oc0 : PART_LANES;
            const uint32_t pair_n = (n + 1) / 2;
            for (uint32_t k = 0; k < pair_n; k++) {
                const WEIGHT *a = w + (size_t)(k0 + 2 * k) * t->oc_n + oc0;
                NAME(pair_weights)
                (a, 2 * k + 1 < n ? a + t->oc_n : NULL, oc_n, ws + k * PART_LANES);
                for (uint32_t oc = oc_n; oc < zs_round_up(oc_n, ZS_PAIR_LANES); oc++)
                    ws[k * PART_LANES + oc] = 0;
            }
            for (uint32_t first = 0; first < pixel_n; first += PART_PIXELS) {
                const uint32_t part = pixel_n - first < PART_PIXELS ? pixel_n - first : PART_PIXELS;
                NAME(pack_inputs)(t, x, offsets, k0, n, first, part, xs);
                NAME(run_part)(t, xs, ws, pair_n, first, part, oc0, oc_n, sums);
            }
        }
}

/* One by one, for few channels and what pairs cannot hold. */
static void NAME(run_plain)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                            const uint32_t *offsets, uint32_t taps)
{
    for (uint32_t p = 0; p < t->oy_n * t->ox_n; p++) {
        const ELEM *from = x + window_of(t, p);
        SUM *to = sums + (size_t)p * t->oc_n;
        for (uint32_t k = 0; k < taps; k++)
            for (uint32_t oc = 0; oc < t->oc_n; oc++)
                to[oc] += (SUM)(w[(size_t)k * t->oc_n + oc] * from[offsets[k]]);
    }
}

static void NAME(run_tile)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                           uint32_t *offsets)
{
    const uint32_t taps = list_offsets(t, offsets);
    if (t->depthwise)
        NAME(depthwise)(t, x, w, sums, offsets, taps);
    else if (t->oc_n < LEAST_LANES || has_least(w, taps * (size_t)t->oc_n, sizeof *w))
        NAME(run_plain)(t, x, w, sums, offsets, taps);
    else
        NAME(run_pairs)(t, x, w, sums, offsets, taps);
}
