#include "validate_priv.h"

#include <math.h>

/* Tolerances of each kind of block; the absolute part is for very small designs. */
static const zs_tolerance tolerances[ZS_RESOURCE_N] = {
    [ZS_RESOURCE_DSP] = {.frac = 0.1, .absolute = 3},
    [ZS_RESOURCE_BRAM18] = {.frac = 0.1, .absolute = 2},
    [ZS_RESOURCE_LUT] = {.frac = 0.35, .absolute = 200},
    [ZS_RESOURCE_FF] = {.frac = 0.5, .absolute = 200},
};
/* Reports are of 7-series parts. */
enum { BUILT_BLOCKS = ZS_RESOURCE_FF + 1 };
static_assert((int)ZS_SECTIONS_OF_FORM >= (int)BUILT_BLOCKS, "a section of each kind of block");

static zs_check check_of(uint32_t id, double predicted, double measured)
{
    return (zs_check){.scope = "",
                      .figure = zs_resource_table[id].key,
                      .unit = zs_resource_table[id].noun,
                      .predicted = predicted,
                      .lo = measured,
                      .hi = measured,
                      .tolerance = tolerances[id]};
}

/* Predicted with prices that were fitted without the reports of its own repository. */
zs_status zs_build_check(zs_arena *scratch, const zs_memory_params *memory, const zs_reference *ref,
                         uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_build_measured *m = &ref->builds[i];
    const zs_fit_prices prices = zs_fit_prices_without(m->source);
    zs_resources used;
    (void)memory;
    ZS_TRY(zs_built_account(scratch, &m->built, &prices, &used, err));
    for (uint32_t id = 0; id < BUILT_BLOCKS; id++) {
        if (isnan(m->used[id]))
            continue;
        const char *vague = "";
        if (id == ZS_RESOURCE_BRAM18 && !m->built.memories_known)
            vague = "sizes of its memories are not stated";
        else if (id == ZS_RESOURCE_DSP)
            vague = m->why_dsp_reported;
        const char *reported = m->why_reported[0] != '\0' ? m->why_reported : vague;
        zs_check check = check_of(id, used.n[id], m->used[id]);
        check.name = m->name;
        check.reason = m->reason[0] != '\0' ? m->reason : reported;
        check.source = m->source;
        check.verdict = reported[0] != '\0' || m->is_reported[id] ? ZS_REPORTED : ZS_INSIDE;
        zs_section_append(&sections[id], check);
    }
    return ZS_OK;
}

zs_status zs_operator_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_operator_measured *m = &ref->operators[i];
    (void)scratch, (void)memory, (void)err;
    for (uint32_t id = 0; id < BUILT_BLOCKS; id++) {
        if (isnan(m->used[id]) || !m->has[id])
            continue;
        zs_check check = check_of(id, m->predicted.n[id], m->used[id]);
        check.name = m->name;
        check.reason = m->reason[0] != '\0' ? m->reason : m->why_reported;
        check.source = m->source;
        check.verdict = m->why_reported[0] != '\0' ? ZS_REPORTED : ZS_INSIDE;
        zs_section_append(&sections[id], check);
    }
    return ZS_OK;
}
