#include "zynqsim/bound.h"

enum { FEW = 5 }; /* of one style: all are looked at */

static const struct {
    uint32_t style;
    double mhz;
} builds[] = {
#define CLOCK(style, reached, wanted, source) {ZS_STYLE_##style, reached},
#include "clocks.def"
#undef CLOCK
};

static zs_clock_builds builds_of(const zs_design *design, bool any_style)
{
    zs_clock_builds b = {0};
    for (size_t i = 0; i < ZS_LEN(builds); i++) {
        if (!any_style && builds[i].style != design->accel.style)
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
    if (!design->accel.says_clock || 2 * b.reached_n >= b.n)
        return "";
    return zs_arena_printf(arena,
                           "of %u comparable builds at -1, %u closed at %.4g MHz or more, the "
                           "fastest at %.4g MHz (accelerator.clock_note)",
                           b.n, b.reached_n, (double)design->accel.clock_hz / 1e6,
                           b.fastest_hz / 1e6);
}
