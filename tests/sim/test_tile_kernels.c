#include "sim_cases.h"

#include "../../src/num/pair_priv.h"
#include "../../src/num/round_priv.h"
#include "zynqsim/half.h"
#include "zynqsim/tile.h"

#include <string.h>

/* Tile kernels against one loop that takes products in the promised order, for sizes around the
 * widths of vectors and blocks. */

enum { MAX_OC = 40, MAX_PIXELS = 20, MAX_IC = 5, MAX_TAPS = MAX_IC * 9, MAX_X = 5200 };

typedef struct data {
    float x[MAX_X], w[MAX_TAPS * MAX_OC], sums[MAX_PIXELS * MAX_OC], want[MAX_PIXELS * MAX_OC];
    int16_t x16[MAX_X], w16[MAX_TAPS * MAX_OC];
    int8_t x8[MAX_X], w8[MAX_TAPS * MAX_OC];
    int64_t sums64[MAX_PIXELS * MAX_OC], want64[MAX_PIXELS * MAX_OC];
    int32_t sums32[MAX_PIXELS * MAX_OC], want32[MAX_PIXELS * MAX_OC];
    int64_t mixed[MAX_PIXELS * MAX_OC], want_mixed[MAX_PIXELS * MAX_OC];
    zs_half xh[MAX_X], wh[MAX_TAPS * MAX_OC], sumsh[MAX_PIXELS * MAX_OC];
    zs_half wanth[MAX_PIXELS * MAX_OC];
    uint32_t scratch[17 * MAX_TAPS + 32 * MAX_X];
} data;

static const struct {
    uint32_t ic, kh, kw, sh, sw, dh, dw;
    bool depthwise, columns;
} shapes[] = {
    {1, 1, 1, 1, 1, 1, 1, false, false}, {5, 1, 1, 2, 2, 1, 1, false, false},
    {3, 3, 3, 1, 1, 1, 1, false, false}, {2, 3, 3, 2, 1, 1, 2, false, false},
    {2, 2, 3, 1, 3, 2, 1, false, false}, {1, 3, 3, 1, 1, 1, 1, true, false},
    {1, 3, 2, 2, 1, 1, 1, true, false},  {5, 1, 1, 1, 1, 1, 1, false, true},
    {1, 3, 3, 2, 2, 1, 2, true, false},  {1, 1, 1, 1, 1, 1, 1, true, true},
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
        t.x_column = t.depthwise ? oc_n : t.ic_n;
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
        d->xh[i] = zs_half_of(d->x[i] * 1e-3f);
    }
    for (size_t i = 0; i < MAX_TAPS * MAX_OC; i++) {
        d->w16[i] = (int16_t)zs_prng_next(&prng);
        d->w8[i] = (int8_t)zs_prng_next(&prng);
        d->w[i] = (float)((int32_t)zs_prng_next(&prng)) * 7.654321e-8f;
        d->wh[i] = zs_half_of(d->w[i] * 1e-2f);
    }
    for (size_t i = 0; i < MAX_PIXELS * MAX_OC; i++) {
        d->want[i] = d->sums[i] = (float)((int32_t)zs_prng_next(&prng)) * 1e-5f;
        d->want64[i] = d->sums64[i] = (int32_t)zs_prng_next(&prng);
        d->want32[i] = d->sums32[i] = (int16_t)zs_prng_next(&prng);
        d->want_mixed[i] = d->mixed[i] = d->want64[i];
        d->wanth[i] = d->sumsh[i] = zs_half_of(d->want[i] * 1e-4f);
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
    d->want_mixed[sum] += (int64_t)d->w8[w] * d->x16[at];
    d->wanth[sum] = zs_half_of_rounded(zs_half_mac(
        zs_float_of_half(d->wanth[sum]), zs_float_of_half(d->wh[w]), zs_float_of_half(d->xh[at])));
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
            zs_tile_f32(&t, d.x, d.w, d.sums, d.scratch);
            zs_tile_i16(&t, d.x16, d.w16, d.sums64, d.scratch);
            zs_tile_i8(&t, d.x8, d.w8, d.sums32, d.scratch);
            zs_tile_w8a16(&t, d.x16, d.w8, d.mixed, d.scratch);
            zs_tile_f16(&t, d.xh, d.wh, d.sumsh, d.scratch);
            ck_assert_msg(memcmp(d.sums, d.want, sizeof d.sums) == 0, "f32: %u x %u", oc_n, pixels);
            ck_assert_msg(memcmp(d.sums64, d.want64, sizeof d.sums64) == 0, "i16: %u x %u", oc_n,
                          pixels);
            ck_assert_msg(memcmp(d.sums32, d.want32, sizeof d.sums32) == 0, "i8: %u x %u", oc_n,
                          pixels);
            ck_assert_msg(memcmp(d.mixed, d.want_mixed, sizeof d.mixed) == 0, "w8a16: %u x %u",
                          oc_n, pixels);
            ck_assert_msg(memcmp(d.sumsh, d.wanth, sizeof d.sumsh) == 0, "f16: %u x %u", oc_n,
                          pixels);
        }
}
END_TEST

/* More taps, pixels and channels than are packed at once, with the extremes of both types. */
enum { LARGE_IC = 301, LARGE_PIXELS = 50, LARGE_OC = 70 };

START_TEST(test_large_tiles_of_extremes_are_exact)
{
    static int16_t x16[LARGE_IC * LARGE_PIXELS], w16[LARGE_IC * LARGE_OC];
    static int8_t x8[LARGE_IC * LARGE_PIXELS], w8[LARGE_IC * LARGE_OC];
    static int64_t sums64[LARGE_PIXELS * LARGE_OC], mixed[LARGE_PIXELS * LARGE_OC];
    static int32_t sums32[LARGE_PIXELS * LARGE_OC];
    static uint32_t scratch[LARGE_IC + (LARGE_IC + 1) / 2 * LARGE_PIXELS];
    const int16_t high = _i == 1 ? INT16_MIN : INT16_MAX; /* of weights */
    zs_prng prng = {.state = 7};
    for (size_t i = 0; i < ZS_LEN(x16); i++) {
        x16[i] = zs_prng_next(&prng) % 3 ? INT16_MIN : INT16_MAX;
        x8[i] = zs_prng_next(&prng) % 3 ? INT8_MIN : INT8_MAX;
    }
    for (size_t i = 0; i < ZS_LEN(w16); i++) {
        w16[i] = zs_prng_next(&prng) % 5 ? high : INT16_MIN + 1;
        w8[i] = zs_prng_next(&prng) % 5 ? INT8_MIN : INT8_MAX;
    }
    const zs_tile t = {.oc_n = LARGE_OC,
                       .ic_n = LARGE_IC,
                       .oy_n = 2,
                       .ox_n = LARGE_PIXELS / 2,
                       .kh = 1,
                       .kw = 1,
                       .sh = 1,
                       .sw = 1,
                       .dh = 1,
                       .dw = 1,
                       .x_channel = LARGE_PIXELS,
                       .x_row = LARGE_PIXELS / 2,
                       .x_column = 1};
    memset(sums64, 0, sizeof sums64);
    memset(mixed, 0, sizeof mixed);
    memset(sums32, 0, sizeof sums32);
    zs_tile_i16(&t, x16, w16, sums64, scratch);
    zs_tile_w8a16(&t, x16, w8, mixed, scratch);
    zs_tile_i8(&t, x8, w8, sums32, scratch);
    for (uint32_t p = 0; p < LARGE_PIXELS; p++)
        for (uint32_t oc = 0; oc < LARGE_OC; oc++) {
            int64_t want64 = 0, want_mixed = 0, want32 = 0;
            for (uint32_t ic = 0; ic < LARGE_IC; ic++) {
                const size_t at = (size_t)ic * LARGE_PIXELS + p, w = (size_t)ic * LARGE_OC + oc;
                want64 += (int64_t)x16[at] * w16[w];
                want_mixed += (int64_t)x16[at] * w8[w];
                want32 += (int64_t)x8[at] * w8[w];
            }
            ck_assert_int_eq(sums64[p * LARGE_OC + oc], want64);
            ck_assert_int_eq(mixed[p * LARGE_OC + oc], want_mixed);
            ck_assert_int_eq(sums32[p * LARGE_OC + oc], want32);
        }
}
END_TEST

/* What the units have in common, one loop: pairs of windows that overlap, onto what was there. */
enum { UNIT_X = 100, UNIT_LANES = 3 * ZS_PAIR_LANES };
typedef struct unit_case {
    int32_t x[UNIT_X], w[2 * ZS_PAIR_TAPS * UNIT_LANES];
    uint32_t offsets[ZS_PAIR_TAPS];
    int32_t sums32[ZS_PAIR_PIXELS][UNIT_LANES];
    int64_t sums64[ZS_PAIR_PIXELS][UNIT_LANES];
    zs_pair_work work;
} unit_case;

static void begin_unit_case(unit_case *c, uint32_t taps, uint32_t lanes)
{
    zs_prng prng = {.state = 7 + taps};
    c->work = (zs_pair_work){.offsets = c->offsets, .w = c->w, .taps = taps, .lanes = lanes};
    for (uint32_t k = 0; k < ZS_PAIR_TAPS; k++)
        c->offsets[k] = (uint32_t)zs_prng_below(&prng, UNIT_X - ZS_PAIR_PIXELS);
    for (uint32_t p = 0; p < ZS_PAIR_PIXELS; p++) {
        c->work.x[p] = c->x + p;
        c->work.sums32[p] = c->sums32[p];
        c->work.sums64[p] = c->sums64[p];
        for (uint32_t lane = 0; lane < UNIT_LANES; lane++)
            c->sums64[p][lane] = c->sums32[p][lane] = (int32_t)(1000 * lane + p);
    }
}

/* The products of pixel `p` with the weights of one tap each, `pitch` apart. */
static int64_t want_of(const unit_case *c, uint32_t p, const int32_t *w, uint32_t pitch)
{
    int64_t sum = 0;
    for (uint32_t k = 0; k < c->work.taps; k++) {
        const int32_t a = c->x[c->offsets[k] + p], b = w[(size_t)k * pitch];
        sum += (int64_t)(int16_t)a * (int16_t)b + (int64_t)(a >> 16) * (b >> 16);
    }
    return sum;
}

static int32_t pair_of_bytes(zs_prng *prng, int32_t least)
{
    const uint32_t a = (uint32_t)(zs_prng_next(prng) % 256),
                   b = (uint32_t)(zs_prng_next(prng) % 256);
    return (int32_t)((uint16_t)((int32_t)a + least) | (uint32_t)((int32_t)b + least) << 16);
}

START_TEST(test_every_vector_unit_adds_products_of_bytes)
{
    static unit_case c;
    uint32_t unit_n;
    const zs_pair_unit *units = zs_pair_units(&unit_n);
    zs_prng prng = {.state = 7};
    for (size_t i = 0; i < ZS_LEN(c.w); i++)
        c.w[i] = pair_of_bytes(&prng, INT8_MIN);
    for (size_t i = 0; i < ZS_LEN(c.x); i++)
        c.x[i] = pair_of_bytes(&prng, INT8_MIN);
    for (uint32_t unit = 0; unit < unit_n; unit++)
        for (uint32_t taps = 0; taps <= 9; taps++)
            for (uint32_t lanes = ZS_PAIR_LANES; lanes <= UNIT_LANES; lanes += ZS_PAIR_LANES) {
                begin_unit_case(&c, taps, lanes);
                ck_assert_uint_eq(units[unit].narrow(&c.work, 0), lanes);
                for (uint32_t p = 0; p < ZS_PAIR_PIXELS; p++)
                    for (uint32_t lane = 0; lane < UNIT_LANES; lane++)
                        ck_assert_int_eq(
                            c.sums32[p][lane],
                            1000 * lane + p +
                                (lane < lanes ? want_of(&c, p, c.w + lane, lanes) : 0));
            }
}
END_TEST

/* As many taps as there may be, with all extremes. */
START_TEST(test_every_vector_unit_adds_wide_products)
{
    static unit_case c;
    static const int32_t extremes[] = {INT32_MIN, INT16_MIN, 0x7fff7fff, (int32_t)0x80008000};
    uint32_t unit_n;
    const zs_pair_unit *units = zs_pair_units(&unit_n);
    zs_prng prng = {.state = 3};
    for (size_t i = 0; i < ZS_LEN(c.x); i++)
        c.x[i] = i < UNIT_X / 2 ? extremes[i / 4 % 4] : (int32_t)zs_prng_next(&prng);
    for (uint32_t lanes = ZS_PAIR_LANES; lanes <= UNIT_LANES; lanes += ZS_PAIR_LANES) {
        for (uint32_t i = 0; i < 2 * ZS_PAIR_TAPS * lanes; i++)
            c.w[i] = i / lanes % 2 ? pair_of_bytes(&prng, INT8_MIN) : pair_of_bytes(&prng, 0);
        for (uint32_t k = 0; k < ZS_PAIR_TAPS; k++) { /* two channels of extremes */
            c.w[2 * k * lanes] = 0x00ff00ff;
            c.w[(2 * k + 1) * lanes] = (int32_t)0xff80ff80;
            c.w[2 * k * lanes + 1] = 0;
            c.w[(2 * k + 1) * lanes + 1] = (int32_t)0xff80ff80;
        }
        for (uint32_t unit = 0; unit < unit_n; unit++)
            for (uint32_t taps = 0; taps <= ZS_PAIR_TAPS; taps += ZS_PAIR_TAPS / 8) {
                begin_unit_case(&c, taps, lanes);
                ck_assert_uint_eq(units[unit].wide(&c.work, 0), lanes);
                for (uint32_t p = 0; p < ZS_PAIR_PIXELS; p++)
                    for (uint32_t lane = 0; lane < UNIT_LANES; lane++) {
                        int64_t want = 1000 * (int64_t)lane + p;
                        if (lane < lanes)
                            want += want_of(&c, p, c.w + lane, 2 * lanes) +
                                    256 * want_of(&c, p, c.w + lanes + lane, 2 * lanes);
                        ck_assert_int_eq(c.sums64[p][lane], want);
                    }
            }
    }
}
END_TEST

/* Rows of any length, of which nothing behind the end is written. */
START_TEST(test_every_vector_unit_makes_the_same_pairs)
{
    enum { LONGEST = 49, MARK = 0x5a5a5a5a };
    int8_t a8[LONGEST], b8[LONGEST];
    int16_t a16[LONGEST], b16[LONGEST];
    uint32_t unit_n;
    const zs_pair_unit *units = zs_pair_units(&unit_n);
    zs_prng prng = {.state = 11};
    for (int i = 0; i < LONGEST; i++) {
        a16[i] = (int16_t)zs_prng_next(&prng);
        b16[i] = (int16_t)zs_prng_next(&prng);
        a8[i] = (int8_t)a16[i];
        b8[i] = (int8_t)b16[i];
    }
    for (uint32_t unit = 0; unit < unit_n; unit++)
        for (uint32_t n = 0; n <= LONGEST; n++) {
            int32_t narrow[LONGEST + 1], wide[LONGEST + 1];
            narrow[n] = wide[n] = MARK;
            units[unit].row_i8(a8, b8, n, narrow);
            units[unit].row_i16(a16, b16, n, wide);
            for (uint32_t i = 0; i < n; i++) {
                ck_assert_int_eq((int16_t)narrow[i], a8[i]);
                ck_assert_int_eq(narrow[i] >> 16, b8[i]);
                ck_assert_int_eq((int16_t)wide[i], a16[i]);
                ck_assert_int_eq(wide[i] >> 16, b16[i]);
            }
            ck_assert_int_eq(narrow[n], MARK);
            ck_assert_int_eq(wide[n], MARK);
        }
}
END_TEST

/* All numbers of lanes; halves and what saturates. What a unit writes behind the last element stays
 * within its step. */
START_TEST(test_every_vector_unit_rounds_alike)
{
    enum { LANES = ZS_ROUND_LANES, MARK = 99 };
    zs_requant requant[LANES], once[LANES];
    zs_round_lanes l = {.lo = -100, .hi = 90}, l_once = {.lo = -100, .hi = 90};
    int32_t sums32[LANES];
    int64_t narrow[LANES], sums64[LANES];
    uint32_t unit_n;
    const zs_round_unit *units = zs_round_units(&unit_n);
    zs_prng prng = {.state = 23};
    for (uint32_t n = 1; n <= LANES; n++) {
        for (uint32_t i = 0; i < n; i++) {
            const int32_t shift = 1 + (int32_t)zs_prng_below(&prng, 61);
            requant[i] = (zs_requant){(int32_t)(zs_prng_next(&prng) >> 33), shift};
            once[i] = (zs_requant){1, shift};
            sums64[i] = (int64_t)zs_prng_next(&prng) >> (2 + zs_prng_below(&prng, 60));
            if (i % 3 == 0) { /* a half */
                requant[i].mul = 1;
                sums64[i] = (int64_t)(2 * zs_prng_below(&prng, 200)) - 199;
                sums64[i] *= INT64_C(1) << (shift < 50 ? shift - 1 : 0);
            }
            narrow[i] = sums32[i] = i % 16 == 1 ? INT32_MIN : (int32_t)sums64[i];
        }
        ck_assert(zs_round_prepare(requant, n, &l) && zs_round_prepare(once, n, &l_once));
        for (uint32_t unit = 0; unit < unit_n; unit++) {
            int8_t y8[LANES + 1];
            int16_t y16[LANES + 1], mixed[LANES + 1];
            const uint32_t end = (uint32_t)zs_round_up(n, ZS_ROUND_STEP);
            y8[end] = MARK;
            y16[end] = mixed[end] = MARK;
            units[unit].i8(&l, sums32, n, y8);
            units[unit].i16(&l_once, sums64, n, y16);
            units[unit].w8a16(&l, narrow, n, mixed);
            for (uint32_t i = 0; i < n; i++) {
                const int32_t want = zs_requantise(sums32[i], requant[i], -100, 90);
                ck_assert_int_eq(y8[i], want);
                ck_assert_int_eq(mixed[i], want);
                ck_assert_int_eq(y16[i], zs_requantise(sums64[i], once[i], -100, 90));
            }
            ck_assert_int_eq(y8[end], MARK);
            ck_assert_int_eq(y16[end], MARK);
            ck_assert_int_eq(mixed[end], MARK);
        }
    }
    const zs_requant out_of_range[] = {{1, 0}, {1, 62}, {1, -3}};
    for (size_t i = 0; i < ZS_LEN(out_of_range); i++)
        ck_assert(!zs_round_prepare(&out_of_range[i], 1, &l));
}
END_TEST

/* Sums to elements at once, in a place of their own and in that of the sums, and one by one as
 * zs_requantise has it: halves and extremes, more channels than one block and than all of them. */
START_TEST(test_rows_of_sums_are_rounded_as_single_ones)
{
    enum { OC = 1100, PIXELS = 3 };
    static const uint32_t widths[] = {70, 1, 64, 130, OC};
    static const uint32_t precisions[] = {ZS_INT8, ZS_FIXED16, ZS_W8A16};
    static int64_t sums64[PIXELS * OC];
    static int32_t sums32[PIXELS * OC];
    static int64_t place64[PIXELS * OC];
    zs_requant requant[OC];
    zs_prng prng = {.state = 11};
    const uint32_t precision = precisions[_i];
    const int32_t most = precision == ZS_INT8 ? INT8_MAX : INT16_MAX;
    for (int round = 0; round < 40; round++) {
        const int32_t shift = round < 34 ? 2 * round - 4 : (int32_t)zs_prng_below(&prng, 63);
        for (int oc = 0; oc < OC; oc++)
            requant[oc] = (zs_requant){
                precision == ZS_FIXED16 ? 1 : (int32_t)(zs_prng_next(&prng) >> 34 | 1 << 29),
                shift};
        const zs_layer_scale scale = {.requant = requant, .act_lo = -most + 3, .act_hi = most};
        const zs_layer layer = {.index = 0};
        const zs_quant q = {.precision = precision, .layers = &scale};
        const uint32_t oc_n = widths[round % 5];
        const zs_sum_block b = {
            .oc_n = oc_n, .sum_pitch = oc_n, .y_pitch = oc_n, .pixel_n = PIXELS};
        const uint32_t n = PIXELS * oc_n;
        for (uint32_t i = 0; i < n; i++) {
            sums64[i] = (int64_t)zs_prng_next(&prng) >> (16 + zs_prng_below(&prng, 40));
            if (i % 3 == 0 && shift > 0 && shift < 40) /* a half */
                sums64[i] = (2 * (sums64[i] % 100) + 1) * (INT64_C(1) << (shift - 1));
            sums32[i] = i % 50 == 0 ? INT32_MIN : (int32_t)sums64[i];
        }
        static int8_t y8[PIXELS * OC];
        static int16_t y16[PIXELS * OC];
        zs_kernels_of(&q)->finish(&q, &layer, &b,
                                  precision == ZS_INT8 ? (const void *)sums32 : sums64,
                                  precision == ZS_INT8 ? (void *)y8 : y16);
        memcpy(place64, precision == ZS_INT8 ? (const void *)sums32 : sums64, sizeof place64 / 2);
        if (precision != ZS_INT8)
            memcpy(place64, sums64, sizeof place64);
        zs_kernels_of(&q)->finish(&q, &layer, &b, place64, place64);
        for (uint32_t i = 0; i < n; i++) {
            const int64_t sum = precision == ZS_INT8 ? sums32[i] : sums64[i];
            const int32_t want = zs_requantise(sum, requant[i % oc_n], scale.act_lo, scale.act_hi);
            ck_assert_int_eq(precision == ZS_INT8 ? y8[i] : y16[i], want);
            ck_assert_int_eq(precision == ZS_INT8 ? ((const int8_t *)place64)[i]
                                                  : ((const int16_t *)place64)[i],
                             want);
        }
    }
}
END_TEST

TCase *tcase_tile_kernels(void)
{
    TCase *tc = tcase_create("tile kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_kernels_add_in_the_promised_order_at_any_size, 0,
                        (int)ZS_LEN(shapes));
    tcase_add_loop_test(tc, test_large_tiles_of_extremes_are_exact, 0, 2);
    tcase_add_test(tc, test_every_vector_unit_adds_products_of_bytes);
    tcase_add_test(tc, test_every_vector_unit_adds_wide_products);
    tcase_add_test(tc, test_every_vector_unit_makes_the_same_pairs);
    tcase_add_test(tc, test_every_vector_unit_rounds_alike);
    tcase_add_loop_test(tc, test_rows_of_sums_are_rounded_as_single_ones, 0, 3);
    return tc;
}
