/* pair_tile_body.h - convolution of a tile of integers, two input channels at once; included once
 * per pair of types.
 *
 * The includer sets ELEM (inputs), WEIGHT, SUM, NAME, ROW and WEIGHT_ROW (row_i8 or row_i16), BLOCK
 * (narrow or wide), SUMS (sums32 or sums64) and PARTS (1, or 2 where BLOCK is wide: upper and lower
 * bytes of weights). Inputs are packed into pairs once, weights for some taps and channels at a
 * time. */

/* One row of a plane of pairs; of a last channel without a second the upper halves are 0. */
ZS_LOOPS
static void NAME(pack_strided)(const ELEM *a, const ELEM *b, uint32_t upper, size_t step,
                               uint32_t n, int32_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint16_t)a[i * step] | ((uint32_t)b[i * step] & upper) << 16);
}

/* Planes of pairs [ic / 2][y][x] of all inputs that `t` reads; `to` says how they lie. */
static void NAME(pack_inputs)(const zs_tile *t, const ELEM *x, const zs_tile *to, int32_t *planes)
{
    const zs_pair_unit *unit = zs_pair_unit_of_machine();
    const uint32_t width = to->x_row;
    const uint32_t run = zs_tile_run(t, to);
    for (uint32_t ic = 0; ic < t->ic_n; ic += 2, x += 2 * (size_t)t->x_channel) {
        const bool is_pair = ic + 1 < t->ic_n;
        for (uint32_t at = 0; at < to->x_channel; at += run, planes += run) {
            const ELEM *a = x + (size_t)(at / width) * t->x_row;
            const ELEM *b = is_pair ? a + t->x_channel : a;
            if (is_pair && t->x_column == 1)
                unit->ROW(a, b, run, planes);
            else
                NAME(pack_strided)(a, b, is_pair ? UINT16_MAX : 0, t->x_column, run, planes);
        }
    }
}

/* Weights of a part: [tap][lane], or [tap][lower, upper][lane]. */
static void NAME(pack_weights)(const zs_tile *t, const WEIGHT *w, const pair_part *part,
                               int32_t *packed)
{
    const zs_pair_unit *unit = zs_pair_unit_of_machine();
    int32_t *to = packed;
    const uint32_t window = t->kh * t->kw, lanes = part->lanes;
    uint32_t ic = part->k0 / window * 2, tap = part->k0 % window;
    for (uint32_t k = 0; k < part->tap_n; k++, to += PARTS * lanes) {
        const WEIGHT *a = w + ((size_t)ic * window + tap) * t->oc_n + part->oc0;
        const WEIGHT *b = ic + 1 < t->ic_n ? a + (size_t)window * t->oc_n : part->zeros;
        int32_t *pairs = to + (PARTS - 1) * lanes;
        unit->WEIGHT_ROW(a, b, part->oc_n, pairs);
        for (uint32_t i = part->oc_n; i < lanes; i++)
            pairs[i] = 0;
        if (++tap == window) {
            tap = 0;
            ic += 2;
        }
    }
    if (PARTS == 2)
        split_weights(packed, part->tap_n, lanes);
}

/* All pixels of a part. Blocks that are not whole go through a spare one. */
static void NAME(run_part)(const zs_tile *t, const zs_tile *packed, const pair_part *part,
                           zs_pair_work *work, const int32_t *planes, SUM *sums)
{
    const zs_pair_unit *unit = zs_pair_unit_of_machine();
    const uint32_t pixel_n = t->oy_n * t->ox_n;
    const bool is_whole = part->oc_n == part->lanes;
    SUM spare[PIXELS][PART_LANES] = {{0}};
    uint32_t column = 0, n;
    size_t at = 0;
    sums += part->oc0;
    for (uint32_t first = 0; first < pixel_n; first += n, sums += (size_t)n * t->oc_n) {
        size_t windows[PIXELS];
        n = zs_tile_windows(packed, pixel_n - first, &column, &at, windows);
        for (uint32_t p = 0; p < PIXELS; p++) {
            work->x[p] = planes + windows[p];
            work->SUMS[p] = is_whole && p < n ? sums + (size_t)p * t->oc_n : spare[p];
        }
        for (uint32_t p = 0; p < n && !is_whole; p++)
            memcpy(spare[p], sums + (size_t)p * t->oc_n, part->oc_n * sizeof *sums);
        unit->BLOCK(work, 0);
        for (uint32_t p = 0; p < n && !is_whole; p++)
            memcpy(sums + (size_t)p * t->oc_n, spare[p], part->oc_n * sizeof *sums);
    }
}

static void NAME(run_pairs)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                            uint32_t *scratch)
{
    int32_t ws[PARTS * ZS_PAIR_TAPS * PART_LANES];
    zs_tile packed = zs_tile_packed(t);
    packed.ic_n = (t->ic_n + 1) / 2;
    const uint32_t taps = zs_tile_offsets(&packed, scratch);
    int32_t *planes = (int32_t *)scratch + taps;
    NAME(pack_inputs)(t, x, &packed, planes);
    for (uint32_t k0 = 0; k0 < taps; k0 += ZS_PAIR_TAPS)
        for (uint32_t oc0 = 0; oc0 < t->oc_n; oc0 += PART_LANES) {
            const pair_part part = part_of(t, taps, k0, oc0);
            zs_pair_work work = {
                .offsets = scratch + k0, .w = ws, .taps = part.tap_n, .lanes = part.lanes};
            NAME(pack_weights)(t, w, &part, ws);
            NAME(run_part)(t, &packed, &part, &work, planes, sums);
        }
}

/* One by one, for few channels. */
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
                           uint32_t *scratch)
{
    if (t->depthwise)
        NAME(zs_depthwise)(t, x, w, sums, scratch);
    else if (t->oc_n < LEAST_LANES)
        NAME(run_plain)(t, x, w, sums, scratch, zs_tile_offsets(t, scratch));
    else
        NAME(run_pairs)(t, x, w, sums, scratch);
}
