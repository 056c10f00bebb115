/* turn_body.h - transposes a square of elements; included once per type of element.
 *
 * The includer sets ELEM and NAME. SIDE, which stays defined, is the side of the square: as many
 * elements as fit a vector of 16 bytes. */

#if defined(__x86_64__)
#define SIDE (16 / sizeof(ELEM))
#define PUT(half)                                                                                  \
    (sizeof(ELEM) == 1   ? _mm_unpack##half##_epi8(a[i], a[i + SIDE / 2])                          \
     : sizeof(ELEM) == 2 ? _mm_unpack##half##_epi16(a[i], a[i + SIDE / 2])                         \
                         : _mm_unpack##half##_epi32(a[i], a[i + SIDE / 2]))
/* Columns from `at` of the rows become rows of `to`, `pitch` elements apart. */
static void NAME(turn_square)(const ELEM *const rows[SIDE], size_t at, ELEM *to, size_t pitch)
{
    __m128i a[SIDE], b[SIDE];
#pragma GCC unroll 16
    for (size_t i = 0; i < SIDE; i++)
        a[i] = _mm_loadu_si128((const __m128i *)(const void *)(rows[i] + at));
#pragma GCC unroll 4
    for (size_t stage = 1; stage < SIDE; stage *= 2) {
#pragma GCC unroll 8
        for (size_t i = 0; i < SIDE / 2; i++) {
            b[2 * i] = PUT(lo);
            b[2 * i + 1] = PUT(hi);
        }
#pragma GCC unroll 16
        for (size_t i = 0; i < SIDE; i++)
            a[i] = b[i];
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < SIDE; i++)
        _mm_storeu_si128((__m128i *)(void *)(to + i * pitch), a[i]);
}
#undef PUT
#else
#define SIDE 1
static void NAME(turn_square)(const ELEM *const rows[SIDE], size_t at, ELEM *to, size_t pitch)
{
    (void)pitch;
    *to = rows[0][at];
}
#endif
