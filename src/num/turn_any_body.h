/* turn_any_body.h - transposes a matrix of any size, square by square; included once per size of
 * element.
 *
 * The includer sets ELEM and NAME. */
#include "turn_body.h"

static void NAME(turn)(const ELEM *from, size_t from_pitch, size_t row_n, size_t column_n, ELEM *to,
                       size_t to_pitch)
{
    if (row_n < SIDE || column_n < SIDE) {
        for (size_t column = 0; column < column_n; column++)
            for (size_t row = 0; row < row_n; row++)
                to[column * to_pitch + row] = from[row * from_pitch + column];
        return;
    }
    for (size_t r = 0; r < row_n; r += SIDE) {
        const size_t row = r + SIDE <= row_n ? r : row_n - SIDE; /* the last may overlap */
        const ELEM *rows[SIDE];
        for (size_t i = 0; i < SIDE; i++)
            rows[i] = from + (row + i) * from_pitch;
        for (size_t c = 0; c < column_n; c += SIDE) {
            const size_t column = c + SIDE <= column_n ? c : column_n - SIDE;
            NAME(turn_square)(rows, column, to + column * to_pitch + row, to_pitch);
        }
    }
}
#undef SIDE
