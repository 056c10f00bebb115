#include "zynqsim/tile.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ELEM    uint8_t
#define NAME(x) x##_1
#include "turn_any_body.h"
#undef ELEM
#undef NAME

#define ELEM    uint16_t
#define NAME(x) x##_2
#include "turn_any_body.h"
#undef ELEM
#undef NAME

#define ELEM    uint32_t
#define NAME(x) x##_4
#include "turn_any_body.h"
#undef ELEM
#undef NAME

void zs_turn(const void *from, size_t from_pitch, size_t row_n, size_t column_n, void *to,
             size_t to_pitch, size_t elem)
{
    switch (elem) {
    case 4:
        turn_4(from, from_pitch, row_n, column_n, to, to_pitch);
        break;
    case 2:
        turn_2(from, from_pitch, row_n, column_n, to, to_pitch);
        break;
    default:
        turn_1(from, from_pitch, row_n, column_n, to, to_pitch);
        break;
    }
}
