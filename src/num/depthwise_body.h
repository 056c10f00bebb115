/* depthwise_body.h - depthwise convolution of a tile: channel oc of the inputs makes channel oc of
 * the sums; included once per precision.
 *
 * The includer sets ELEM (inputs), WEIGHT, SUM, NAME, LANE (the type that is multiplied),
 * LANE_OF(w) (a weight as that type), WIDENS (whether ELEM is another type than LANE) and BLOCK,
 * which adds the products of some pixels. Weights and sums of neighbouring channels lie next to
 * each other; inputs are transposed into that layout, DEPTH_LANES channels at a time. */

#include "turn_body.h"

/* A run of places of SIDE channels, `step` apart. */
static void NAME(turn_run)(const ELEM *const channels[SIDE], size_t from, size_t step, uint32_t n,
                           ELEM *to)
{
    if (step != 1 || n < SIDE) {
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t c = 0; c < SIDE; c++)
                to[(size_t)i * DEPTH_LANES + c] = channels[c][from + i * step];
        return;
    }
    for (uint32_t i = 0; i < n; i += SIDE) {
        const uint32_t at = i + SIDE <= n ? i : n - (uint32_t)SIDE; /* the last may overlap */
        NAME(turn_square)(channels, from + at, to + (size_t)at * DEPTH_LANES, DEPTH_LANES);
    }
}

/* Planes of channels from oc0 become [place][DEPTH_LANES]; the last channel fills them up. */
static void NAME(turn_planes)(const zs_tile *t, const zs_tile *turned, const ELEM *x, uint32_t oc0,
                              ELEM *to)
{
    const uint32_t run = zs_tile_run(t, turned);
    for (uint32_t lane = 0; lane < DEPTH_LANES; lane += SIDE) {
        const ELEM *channels[SIDE];
        for (uint32_t c = 0; c < SIDE; c++)
            channels[c] = x + (size_t)zs_min_u64(oc0 + lane + c, t->oc_n - 1) * t->x_channel;
        for (uint32_t at = 0; at < turned->x_channel; at += run)
            NAME(turn_run)
        (channels, (size_t)(at / turned->x_row) * t->x_row, t->x_column, run,
         to + (size_t)at * DEPTH_LANES + lane);
    }
}

/* Elements as they are worked with, which floats are as they are. */
ZS_LOOPS
static void NAME(widen)(const ELEM *restrict x, size_t n, LANE *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = LANE_OF(x[i]);
}

/* `n` inputs [place][lane] of channels from oc0; `planes` has room for twice as many. */
static void NAME(turn)(const zs_tile *t, const zs_tile *turned, const ELEM *x, uint32_t oc0,
                       size_t n, LANE *planes)
{
    ELEM *narrow = (ELEM *)(void *)(planes + n);
    if (!WIDENS) {
        NAME(turn_planes)(t, turned, x, oc0, (ELEM *)(void *)planes);
        return;
    }
    NAME(turn_planes)(t, turned, x, oc0, narrow);
    NAME(widen)(narrow, n, planes);
}

static void NAME(pack_weights)(const zs_tile *t, const WEIGHT *w, uint32_t taps, uint32_t oc0,
                               uint32_t oc_n, LANE *to)
{
    for (uint32_t k = 0; k < taps; k++, to += DEPTH_LANES)
        for (uint32_t i = 0; i < DEPTH_LANES; i++)
            to[i] = i < oc_n ? LANE_OF(w[(size_t)k * t->oc_n + oc0 + i]) : 0;
}

void NAME(zs_depthwise)(const zs_tile *t, const ELEM *x, const WEIGHT *w, SUM *sums,
                        uint32_t *scratch)
{
    const zs_tile turned = zs_tile_packed(t);
    const uint32_t taps = zs_tile_offsets(&turned, scratch), pixel_n = t->oy_n * t->ox_n;
    LANE *ws = (LANE *)(void *)(scratch + taps);
    LANE *planes = ws + (size_t)taps * DEPTH_LANES;
    for (uint32_t oc0 = 0; oc0 < t->oc_n; oc0 += DEPTH_LANES) {
        const uint32_t oc_n = t->oc_n - oc0 < DEPTH_LANES ? t->oc_n - oc0 : DEPTH_LANES;
        const bool is_whole = oc_n == DEPTH_LANES;
        SUM spare[PIXELS][DEPTH_LANES] = {{0}};
        uint32_t column = 0, n;
        size_t at = 0;
        NAME(turn)(t, &turned, x, oc0, (size_t)turned.x_channel * DEPTH_LANES, planes);
        NAME(pack_weights)(t, w, taps, oc0, oc_n, ws);
        for (uint32_t first = 0; first < pixel_n; first += n) {
            SUM *own = sums + (size_t)first * t->oc_n + oc0, *to[PIXELS];
            const LANE *windows[PIXELS];
            size_t starts[PIXELS];
            n = zs_tile_windows(&turned, pixel_n - first, &column, &at, starts);
            for (uint32_t p = 0; p < PIXELS; p++) {
                windows[p] = planes + starts[p] * DEPTH_LANES;
                to[p] = is_whole && p < n ? own + (size_t)p * t->oc_n : spare[p];
            }
            for (uint32_t p = 0; p < n && !is_whole; p++)
                memcpy(spare[p], own + (size_t)p * t->oc_n, oc_n * sizeof *own);
            for (uint32_t k = 0; k < taps; k += DEPTH_TAPS)
                BLOCK(windows, scratch + k, taps - k < DEPTH_TAPS ? taps - k : DEPTH_TAPS,
                      ws + (size_t)k * DEPTH_LANES, to);
            for (uint32_t p = 0; p < n && !is_whole; p++)
                memcpy(own + (size_t)p * t->oc_n, spare[p], oc_n * sizeof *own);
        }
    }
}
#undef SIDE
