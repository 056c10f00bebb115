/* round_body.h - scales, rounds and saturates several sums of integers at once; included once per
 * precision.
 *
 * The includer sets ELEM, SUM, NAME and PRODUCT(sum, mul), the product that is shifted right. */
ZS_LOOPS
static void NAME(round_lanes)(const zs_round_lanes *l, const SUM *sums, uint32_t n, ELEM *y)
{
    const int64_t lo = l->lo, hi = l->hi;
    int64_t wide[ZS_ROUND_LANES]; /* an array, so that the loop becomes vector code */
    for (uint32_t i = 0; i < n; i++) {
        /* adding 2^62 makes the sum positive; it is a multiple of two shifted steps for shifts up
         * to 61, so that rounding half to even is not changed */
        const uint64_t u = (uint64_t)(PRODUCT(sums[i], l->mul[i])) + (UINT64_C(1) << 62);
        const uint64_t even = (u >> l->shift[i]) & 1;
        const int64_t v = (int64_t)((u + l->below_half[i] + even) >> l->shift[i]) - l->offset[i];
        const int64_t above = v < lo ? lo : v;
        wide[i] = above > hi ? hi : above;
    }
    for (uint32_t i = 0; i < n; i++)
        y[i] = (ELEM)wide[i];
}

static void NAME(plain)(const zs_round_lanes *l, const void *sums, uint32_t n, void *y)
{
    NAME(round_lanes)(l, sums, n, y);
}
