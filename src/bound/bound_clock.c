#include "zynqsim/bound.h"

enum { FEW = 5 }; /* of one style: all are looked at */

static const struct {
    uint32_t style, speed_grade;
    double mhz;
} builds[] = {
#define CLOCK(grade, style, reached, wanted, source) {ZS_STYLE_##style, grade, reached},
#include "clocks.def"
#undef CLOCK
};

/* Highest clock of the vendor's AXI DataMover, which masters and DMAs are made of, on the fabric of
 * the 7020 by speed grade (PG022) [V]. */
static const double data_mover_mhz[] = {[1] = 150, [2] = 180, [3] = 200};

/* What a slower grade reached, a faster one does too. */
static zs_clock_builds builds_of(const zs_design *design, bool any_style)
{
    zs_clock_builds b = {.speed_grade = design->board.speed_grade};
    for (size_t i = 0; i < ZS_LEN(builds) && design->board.family == ZS_FAMILY_7_SERIES; i++) {
        if ((!any_style && builds[i].style != design->accel.style) ||
            builds[i].speed_grade > design->board.speed_grade)
            continue;
        const double hz = builds[i].mhz * 1e6;
        b.n++;
        b.reached_n += hz >= (double)design->accel.clock_hz;
        b.fastest_hz = hz > b.fastest_hz ? hz : b.fastest_hz;
    }
    return b;
}

zs_clock_builds zs_clock_builds_of(const zs_design *design)
{
    const zs_clock_builds own = builds_of(design, false);
    return own.n >= FEW ? own : builds_of(design, true);
}

const char *zs_clock_note(zs_arena *arena, const zs_design *design)
{
    const zs_clock_builds b = zs_clock_builds_of(design);
    const double mhz = (double)design->accel.clock_hz / 1e6;
    if (!design->accel.says_clock || 2 * b.reached_n >= b.n)
        return "";
    const double limit = data_mover_mhz[b.speed_grade];
    const char *beyond =
        mhz <= limit ? ""
                     : zs_arena_printf(arena, "; the AXI DataMover's limit is %.4g MHz", limit);
    if (beyond == NULL)
        return NULL;
    return zs_arena_printf(arena,
                           "of %u comparable builds at -%u%s, %u closed at %.4g MHz or more, the "
                           "fastest at %.4g MHz%s (accelerator.clock_note)",
                           b.n, b.speed_grade, b.speed_grade > 1 ? " or slower" : "", b.reached_n,
                           mhz, b.fastest_hz / 1e6, beyond);
}
