#include "validate_priv.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* ---- figures by name ------------------------------------------------------------------------- */

#define FIGURES(ROW)                                                                               \
    ROW(ar_count)                                                                                  \
    ROW(r_beats)                                                                                   \
    ROW(aw_count)                                                                                  \
    ROW(w_beats)                                                                                   \
    ROW(first_ar)                                                                                  \
    ROW(first_r)                                                                                   \
    ROW(last_r)                                                                                    \
    ROW(done_first_master)                                                                         \
    ROW(done_last_master)                                                                          \
    ROW(first_w)                                                                                   \
    ROW(last_w)                                                                                    \
    ROW(last_b)                                                                                    \
    ROW(write_done)

const char *const zs_axi_figure_names[ZS_AXI_FIGURES] = {
#define ROW(member) #member,
    FIGURES(ROW)
#undef ROW
};

static uint64_t figure_of(const zs_axi_case_result *r, uint32_t figure)
{
    static const size_t offsets[ZS_AXI_FIGURES] = {
#define ROW(member) offsetof(zs_axi_case_result, member),
        FIGURES(ROW)
#undef ROW
    };
    uint64_t value;
    memcpy(&value, (const char *)r + offsets[figure], sizeof value);
    return value;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static zs_check check_of(const zs_axi_measured *m, const char *figure, const char *unit,
                         double predicted, double measured)
{
    return (zs_check){.name = m->name,
                      .scope = "",
                      .figure = figure,
                      .unit = unit,
                      .predicted = predicted,
                      .lo = measured,
                      .hi = measured,
                      .reason = m->reason,
                      .source = m->source};
}

/* Of the figures first..end-1 that were measured the one furthest off; of equals the last one.
 * False when none was. */
static bool furthest(const zs_axi_measured *m, const zs_axi_case_result *r, uint32_t first,
                     uint32_t end, const char *unit, zs_check *out)
{
    double worst = -1;
    for (uint32_t k = first; k < end; k++) {
        if (m->figures[k] == ZS_AXI_UNMEASURED)
            continue;
        const double measured = (double)m->figures[k], predicted = (double)figure_of(r, k);
        const double off = fabs(predicted - measured) / fmax(measured, 1);
        const bool is_idle = predicted == 0 && measured == 0;
        if (off < worst || (is_idle && worst >= 0))
            continue;
        worst = off;
        *out = check_of(m, zs_axi_figure_names[k], unit, predicted, measured);
    }
    return worst >= 0;
}

/* The first burst that is not where it was measured takes the place of the counts. */
static void compare_splits(const zs_axi_measured *m, const zs_axi_case_result *r, zs_check *out)
{
    const uint32_t n = m->trace_n < r->trace_n ? m->trace_n : r->trace_n;
    for (uint32_t k = 0; k < n; k++) {
        const zs_axi_event *got = &r->trace[k], *want = &m->trace[k];
        if (got->addr != want->addr) {
            *out = check_of(m, "burst address", "B", (double)got->addr, (double)want->addr);
            return;
        }
        if (got->beats != want->beats) {
            *out = check_of(m, "burst beats", "beats", got->beats, want->beats);
            return;
        }
    }
}

/* Behind a crossbar the first addresses come in the clocks in which its registers fill: there the
 * trace tells nothing about the steady state. */
static void check_steady(const zs_axi_measured *m, const zs_axi_case_result *r, zs_section *section)
{
    const bool is_direct = m->setup.fabric == ZS_FABRIC_DIRECT;
    const uint32_t outstanding = is_direct ? m->setup.read_outstanding : 1;
    const double measured = zs_axi_steady_clocks(m->trace, m->trace_n, outstanding);
    if (isnan(measured) || m->setup.fabric == ZS_FABRIC_CROSSBAR)
        return;
    zs_check check = check_of(m, "clocks_per_burst", "clocks", r->clocks_per_burst, measured);
    if (!is_direct || outstanding > 4)
        check.verdict = ZS_REPORTED;
    zs_section_append(section, check);
}

zs_status zs_axi_case_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_axi_measured *m = &ref->axis[i];
    zs_axi_case_result r;
    zs_check check;
    (void)scratch;
    (void)memory;
    ZS_TRY(zs_axi_case_run(&m->setup, &r, err));
    if (furthest(m, &r, 0, ZS_AXI_COUNTS, "bursts, beats", &check)) {
        compare_splits(m, &r, &check);
        zs_section_append(&sections[0], check);
    }
    if (furthest(m, &r, ZS_AXI_COUNTS, ZS_AXI_FIGURES, "clocks", &check)) {
        check.verdict = ZS_REPORTED;
        zs_section_append(&sections[1], check);
    }
    check_steady(m, &r, &sections[2]);
    return ZS_OK;
}
