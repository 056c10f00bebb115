#include "sim_cases.h"

#include "zynqsim/tile.h"

#include <string.h>

/* Tile kernels against one loop that takes products in the promised order, for sizes around the
 * widths of vectors and blocks. */

enum { MAX_OC = 40, MAX_PIXELS = 20, MAX_IC = 5, MAX_TAPS = MAX_IC * 9, MAX_X = 4096 };

typedef struct data {
    float x[MAX_X], w[MAX_TAPS * MAX_OC], sums[MAX_PIXELS * MAX_OC], want[MAX_PIXELS * MAX_OC];
    int16_t x16[MAX_X], w16[MAX_TAPS * MAX_OC];
    int8_t x8[MAX_X], w8[MAX_TAPS * MAX_OC];
    int64_t sums64[MAX_PIXELS * MAX_OC], want64[MAX_PIXELS * MAX_OC];
    int32_t sums32[MAX_PIXELS * MAX_OC], want32[MAX_PIXELS * MAX_OC];
    uint32_t offsets[MAX_TAPS];
} data;

static const struct {
    uint32_t ic, kh, kw, sh, sw, dh, dw;
    bool depthwise, columns;
} shapes[] = {
    {1, 1, 1, 1, 1, 1, 1, false, false}, {5, 1, 1, 2, 2, 1, 1, false, false},
    {3, 3, 3, 1, 1, 1, 1, false, false}, {2, 3, 3, 2, 1, 1, 2, false, false},
    {2, 2, 3, 1, 3, 2, 1, false, false}, {1, 3, 3, 1, 1, 1, 1, true, false},
    {1, 3, 2, 2, 1, 1, 1, true, false},  {5, 1, 1, 1, 1, 1, 1, false, true},
};

static zs_tile make_tile(int which, uint32_t oc_n, uint32_t oy_n, uint32_t ox_n)
{
    zs_tile t = {.oc_n = oc_n, .ic_n = shapes[which].ic, .oy_n = oy_n, .ox_n = ox_n};
    t.kh = shapes[which].kh, t.kw = shapes[which].kw;
    t.sh = shapes[which].sh, t.sw = shapes[which].sw;
    t.dh = shapes[which].dh, t.dw = shapes[which].dw;
    t.depthwise = shapes[which].depthwise;
    if (shapes[which].columns) {
        t.x_channel = 1;
        t.x_column = t.ic_n;
        return t;
    }
    t.x_row = (ox_n - 1) * t.sw + (t.kw - 1) * t.dw + 1;
    t.x_channel = t.x_row * ((oy_n - 1) * t.sh + (t.kh - 1) * t.dh + 1);
    t.x_column = 1;
    return t;
}

/* Values that expose another order of additions or a fused multiply-add. */
static void fill(data *d, uint64_t seed)
{
    zs_prng prng = {.state = seed};
    for (size_t i = 0; i < MAX_X; i++) {
        d->x16[i] = (int16_t)zs_prng_next(&prng);
        d->x8[i] = (int8_t)zs_prng_next(&prng);
        d->x[i] = (float)((int32_t)zs_prng_next(&prng)) * 1.234567e-6f;
    }
    for (size_t i = 0; i < MAX_TAPS * MAX_OC; i++) {
        d->w16[i] = (int16_t)zs_prng_next(&prng);
        d->w8[i] = (int8_t)zs_prng_next(&prng);
        d->w[i] = (float)((int32_t)zs_prng_next(&prng)) * 7.654321e-8f;
    }
    for (size_t i = 0; i < MAX_PIXELS * MAX_OC; i++) {
        d->want[i] = d->sums[i] = (float)((int32_t)zs_prng_next(&prng)) * 1e-5f;
        d->want64[i] = d->sums64[i] = (int32_t)zs_prng_next(&prng);
        d->want32[i] = d->sums32[i] = (int16_t)zs_prng_next(&prng);
    }
}

static void add_tap(const zs_tile *t, data *d, uint32_t oc, uint32_t oy, uint32_t ox, uint32_t tap)
{
    const uint32_t ky = tap / t->kw % t->kh, kx = tap % t->kw;
    const uint32_t ic = t->depthwise ? oc : tap / (t->kh * t->kw);
    const size_t at = (size_t)ic * t->x_channel + (size_t)(oy * t->sh + ky * t->dh) * t->x_row +
                      (size_t)(ox * t->sw + kx * t->dw) * t->x_column;
    const size_t w = (size_t)tap * t->oc_n + oc;
    const size_t sum = ((size_t)oy * t->ox_n + ox) * t->oc_n + oc;
    d->want[sum] += d->w[w] * d->x[at];
    d->want64[sum] += (int64_t)d->w16[w] * d->x16[at];
    d->want32[sum] += (int32_t)d->w8[w] * d->x8[at];
}

static void plain_loop(const zs_tile *t, data *d)
{
    const uint32_t taps = (t->depthwise ? 1 : t->ic_n) * t->kh * t->kw;
    for (uint32_t oc = 0; oc < t->oc_n; oc++)
        for (uint32_t oy = 0; oy < t->oy_n; oy++)
            for (uint32_t ox = 0; ox < t->ox_n; ox++)
                for (uint32_t tap = 0; tap < taps; tap++)
                    add_tap(t, d, oc, oy, ox, tap);
}

START_TEST(test_kernels_add_in_the_promised_order_at_any_size)
{
    static data d;
    for (uint32_t oc_n = 1; oc_n <= MAX_OC; oc_n += oc_n < 18 ? 1 : 3)
        for (uint32_t pixels = 1; pixels <= MAX_PIXELS; pixels++) {
            const uint32_t oy_n = !shapes[_i].columns && pixels % 3 == 0 ? 3 : 1;
            const zs_tile t = make_tile(_i, oc_n, oy_n, pixels / oy_n);
            ck_assert_uint_le((uint64_t)t.x_channel * (t.depthwise ? oc_n : t.ic_n), MAX_X);
            fill(&d, 1000 * oc_n + pixels);
            plain_loop(&t, &d);
            zs_tile_f32(&t, d.x, d.w, d.sums, d.offsets);
            zs_tile_i16(&t, d.x16, d.w16, d.sums64, d.offsets);
            zs_tile_i8(&t, d.x8, d.w8, d.sums32, d.offsets);
            ck_assert_msg(memcmp(d.sums, d.want, sizeof d.sums) == 0, "f32: %u x %u", oc_n, pixels);
            ck_assert_msg(memcmp(d.sums64, d.want64, sizeof d.sums64) == 0, "i16: %u x %u", oc_n,
                          pixels);
            ck_assert_msg(memcmp(d.sums32, d.want32, sizeof d.sums32) == 0, "i8: %u x %u", oc_n,
                          pixels);
        }
}
END_TEST

TCase *tcase_tile_kernels(void)
{
    TCase *tc = tcase_create("tile kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_kernels_add_in_the_promised_order_at_any_size, 0,
                        (int)ZS_LEN(shapes));
    return tc;
}
