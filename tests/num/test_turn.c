#include "num_cases.h"
#include "support.h"

#include "zynqsim/tile.h"

#include <string.h>

/* Rectangles turned by squares of a vector's width, beside their definition. */

enum { SIDE_MAX = 40, BYTES = SIDE_MAX * SIDE_MAX * 4 };

START_TEST(test_rectangles_of_any_size_are_turned)
{
    static const size_t elems[] = {1, 2, 4};
    zs_prng prng = {.state = (uint64_t)_i};
    const size_t elem = elems[_i % 3];
    const size_t rows = 1 + zs_prng_below(&prng, SIDE_MAX);
    const size_t columns = 1 + zs_prng_below(&prng, SIDE_MAX);
    const size_t from_pitch = columns + zs_prng_below(&prng, SIDE_MAX + 1 - columns);
    const size_t to_pitch = rows + zs_prng_below(&prng, SIDE_MAX + 1 - rows);
    uint8_t from[BYTES], to[BYTES], expected[BYTES];
    for (size_t i = 0; i < BYTES; i++)
        from[i] = (uint8_t)zs_prng_below(&prng, 256);
    memset(to, 0xee, BYTES);
    memset(expected, 0xee, BYTES);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            memcpy(expected + (column * to_pitch + row) * elem,
                   from + (row * from_pitch + column) * elem, elem);
    zs_turn(from, from_pitch, rows, columns, to, to_pitch, elem);
    ck_assert_msg(memcmp(to, expected, BYTES) == 0, "%zu rows of %zu elements of %zu bytes", rows,
                  columns, elem);
}
END_TEST

TCase *tcase_turn(void)
{
    TCase *tc = tcase_create("turned rectangles");
    tcase_add_loop_test(tc, test_rectangles_of_any_size_are_turned, 0, 60);
    return tc;
}
