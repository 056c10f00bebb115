#include "validate_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a form gives ----------------------------------------------------------------------- */

typedef struct form_row {
    struct {
        const char *title;
        double mean_limit_frac, median_limit_frac, inside_frac;
    } sections[ZS_SECTIONS_OF_FORM];
    zs_status (*check)(zs_arena *scratch, const zs_memory_params *memory, const zs_reference *ref,
                       uint32_t i, zs_section *sections, zs_err *err);
} form_row;

void zs_section_append(zs_section *section, zs_check check)
{
    zs_check_judge(&check);
    section->checks[section->n++] = check;
}

/* ---- tile engines ---------------------------------------------------------------------------- */

static zs_status check_tile(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_tile_measured *m = &ref->tiles[i];
    zs_tile_case_result r;
    (void)memory;
    ZS_TRY(zs_tile_case_run(scratch, &m->engine, &r, err));
    zs_section_append(&sections[0], (zs_check){.name = m->name,
                                               .scope = "",
                                               .figure = "total_cycles",
                                               .unit = "PL cycles",
                                               .predicted = (double)r.total_cycles,
                                               .lo = (double)m->total_cycles,
                                               .hi = (double)m->total_cycles,
                                               .tolerance = {.frac = 0.03},
                                               .reason = m->reason,
                                               .source = m->source});
    return ZS_OK;
}

/* ---- DRAM patterns --------------------------------------------------------------------------- */

static void append_band(zs_section *section, const zs_dram_measured *m, const zs_band *band,
                        zs_check check)
{
    if (!band->is_given)
        return;
    check.name = m->name;
    check.scope = "";
    check.lo = band->lo;
    check.hi = band->hi;
    check.reason = m->reason;
    check.source = m->source;
    zs_section_append(section, check);
}

/* Nothing in the table that is valid for the case: reported, so that no case goes missing. */
static zs_status append_unmeasured(zs_section *section, const zs_dram_measured *m, double frac)
{
    const zs_band nothing = {.is_given = true, .lo = (double)NAN, .hi = (double)NAN};
    append_band(section, m, &nothing,
                (zs_check){.figure = "frac_peak",
                           .unit = "of the peak",
                           .predicted = frac,
                           .verdict = ZS_UNJUDGED});
    return ZS_OK;
}

/* Where the references themselves differ by more than 10 % in latency, it is reported and not
 * judged: which of them is right depends on a policy. */
static zs_status check_dram(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_dram_measured *m = &ref->drams[i];
    zs_memory_params p = *memory;
    zs_traffic traffic;
    zs_traffic_result r;
    if (m->refresh_off)
        p.t_refi = 0;
    ZS_TRY(zs_traffic_parse(m->spec, &traffic, err));
    ZS_TRY(zs_traffic_run(scratch, &p, &traffic, &r, err));
    if (!m->frac_peak.is_given && !m->rd_lat_mean_ns.is_given)
        return append_unmeasured(&sections[0], m, zs_traffic_frac_peak(&p, &r));
    const bool is_loose = m->frac_peak.agreement == ZS_LOOSE;
    append_band(&sections[0], m, &m->frac_peak,
                (zs_check){.figure = "frac_peak",
                           .unit = "of the peak",
                           .predicted = zs_traffic_frac_peak(&p, &r),
                           .tolerance = {.frac = is_loose ? 0.15 : 0.03}});
    const bool is_judged = m->rd_lat_mean_ns.agreement != ZS_LOOSE;
    append_band(
        &sections[1], m, &m->rd_lat_mean_ns,
        (zs_check){.figure = "rd_lat_mean_ns",
                   .unit = "ns",
                   .predicted = r.reads.n > 0 ? zs_traffic_mean_ns(&p, &r.reads) : (double)NAN,
                   .tolerance = {.frac = 0.1, .absolute = 5},
                   .verdict = is_judged ? ZS_INSIDE : ZS_UNJUDGED});
    return ZS_OK;
}

/* ---- the table of forms ---------------------------------------------------------------------- */

static const form_row forms[ZS_FORM_N] = {
    [ZS_FORM_RUNS] = {.sections = {{.title = "simulated designs"}}},
    [ZS_FORM_TILE] = {.sections = {{.title = "tile engine in RTL", .mean_limit_frac = 0.01}},
                      .check = check_tile},
    [ZS_FORM_MEMORY] = {.sections = {{.title = "memory and ports"}}, .check = zs_memory_check},
    [ZS_FORM_DRAM] = {.sections = {{.title = "DRAM bandwidth"}, {.title = "DRAM read latency"}},
                      .check = check_dram},
    [ZS_FORM_FLOW] = {.sections = {{.title = "streaming nodes in RTL: images"},
                                   {.title = "streaming nodes in RTL: clocks of every stream"},
                                   {.title = "streaming nodes in RTL: fills of FIFOs"},
                                   {.title = "streaming nodes in RTL: least FIFOs"}},
                      .check = zs_flow_case_check},
    [ZS_FORM_KERNELS] = {.sections = {{.title = "kernels as the compiler makes them"},
                                      {.title = "optimised kernels"},
                                      {.title = "kernels: sums, and base against optimised"}},
                         .check = zs_kernel_case_check},
    [ZS_FORM_SYSTOLIC] = {.sections = {{.title = "systolic array in RTL"}},
                          .check = zs_systolic_case_check},
    [ZS_FORM_CONVOLVER] = {.sections = {{.title = "streaming convolver in RTL"}},
                           .check = zs_convolver_case_check},
    [ZS_FORM_AXI] = {.sections = {{.title = "AXI bursts and splits"},
                                  {.title = "AXI clocks"},
                                  {.title = "AXI clocks per burst, once steady"}},
                     .check = zs_axi_case_check},
    [ZS_FORM_BUILDS] = {.sections = {{.title = "built designs: DSP", .inside_frac = 0.9},
                                     {.title = "built designs: BRAM18", .inside_frac = 0.9},
                                     {.title = "built designs: LUT",
                                      .median_limit_frac = 0.20,
                                      .inside_frac = 0.8},
                                     {.title = "built designs: FF", .inside_frac = 0.8}},
                        .check = zs_build_check},
    [ZS_FORM_OPERATORS] = {.sections = {{.title = "operators and blocks: DSP", .inside_frac = 0.9},
                                        {.title = "operators and blocks: BRAM18",
                                         .inside_frac = 0.9},
                                        {.title = "operators and blocks: LUT", .inside_frac = 0.8},
                                        {.title = "operators and blocks: FF", .inside_frac = 0.8}},
                           .check = zs_operator_check},
    [ZS_FORM_TRAININGS] = {.sections = {{.title = "pipelined training: values equal to the last "
                                                  "bit"}},
                           .check = zs_training_check},
    [ZS_FORM_TRAINING_MEMORY] = {.sections = {{.title = "weights that stashing keeps"}},
                                 .check = zs_training_memory_check},
    [ZS_FORM_STREAM] = {.sections = {{.title = "arrays over all DRAM channels of a card"},
                                     {.title = "arrays on a DRAM channel each"}},
                        .check = zs_stream_case_check},
};

zs_status zs_case_check(zs_arena *scratch, const zs_memory_params *memory, const zs_reference *ref,
                        uint32_t i, zs_section *sections, zs_err *err)
{
    return forms[ref->form].check(scratch, memory, ref, i, sections, err);
}

const char *zs_reference_case_name(const zs_reference *ref, uint32_t i)
{
    switch (ref->form) {
    case ZS_FORM_RUNS:
        return ref->runs[i].name;
    case ZS_FORM_TILE:
        return ref->tiles[i].name;
    case ZS_FORM_DRAM:
        return ref->drams[i].name;
    case ZS_FORM_MEMORY:
        return ref->memories[i].name;
    case ZS_FORM_AXI:
        return ref->axis[i].name;
    case ZS_FORM_FLOW:
        return ref->flows[i].name;
    case ZS_FORM_BUILDS:
        return ref->builds[i].name;
    case ZS_FORM_OPERATORS:
        return ref->operators[i].name;
    case ZS_FORM_KERNELS:
        return ref->kernels[i].name;
    case ZS_FORM_SYSTOLIC:
        return ref->systolics[i].name;
    case ZS_FORM_CONVOLVER:
        return ref->convolvers[i].name;
    case ZS_FORM_TRAININGS:
        return ref->trainings[i].setup.name;
    case ZS_FORM_TRAINING_MEMORY:
        return ref->training_memories[i].name;
    case ZS_FORM_STREAM:
        return ref->streams[i].name;
    case ZS_FORM_N:
        break;
    }
    return "";
}

/* ---- sections -------------------------------------------------------------------------------- */

zs_status zs_sections_build(zs_arena *arena, const zs_reference *ref, zs_section **out, zs_err *err)
{
    zs_section *sections = zs_new(arena, zs_section, ZS_SECTIONS_OF_FORM);
    if (sections == NULL)
        return zs_nomem(err, ref->path);
    for (uint32_t i = 0; i < ZS_SECTIONS_OF_FORM; i++) {
        zs_section *s = &sections[i];
        s->path = ref->path;
        s->title = forms[ref->form].sections[i].title;
        s->mean_limit_frac = forms[ref->form].sections[i].mean_limit_frac;
        s->median_limit_frac = forms[ref->form].sections[i].median_limit_frac;
        s->inside_frac = forms[ref->form].sections[i].inside_frac;
        s->capacity = s->title != NULL ? ZS_CHECKS_OF_CASE * ref->case_n : 0;
        s->checks = s->capacity > 0 ? zs_new(arena, zs_check, s->capacity) : NULL;
        if (s->capacity > 0 && s->checks == NULL)
            return zs_nomem(err, ref->path);
    }
    *out = sections;
    return ZS_OK;
}

static bool is_counted(const zs_check *c)
{
    return (c->verdict == ZS_INSIDE || c->verdict == ZS_OUTSIDE) && isfinite(c->error_frac);
}

static void keep_worst(double size, uint32_t i, double *worst_frac, uint32_t *worst)
{
    if (!isnan(*worst_frac) && size <= *worst_frac)
        return;
    *worst_frac = size;
    *worst = i;
}

/* Half of the judged errors that are defined are at most as large; NAN without any. */
static double median_of(const zs_section *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += is_counted(&s->checks[i]);
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t below = 0, equal = 0;
        const double size = fabs(s->checks[i].error_frac);
        if (!is_counted(&s->checks[i]))
            continue;
        for (uint32_t k = 0; k < s->n; k++)
            if (is_counted(&s->checks[k])) {
                below += fabs(s->checks[k].error_frac) < size;
                equal += fabs(s->checks[k].error_frac) == size;
            }
        if (below <= n / 2 && n / 2 < below + equal)
            return size;
    }
    return (double)NAN;
}

void zs_section_close(zs_section *s)
{
    uint32_t count[ZS_VERDICT_N] = {0};
    uint32_t defined = 0;
    double sum = 0;
    s->worst_frac = s->worst_reported_frac = (double)NAN;
    for (uint32_t i = 0; i < s->n; i++) {
        const zs_check *c = &s->checks[i];
        const double size = fabs(c->error_frac);
        count[c->verdict]++;
        if (c->verdict == ZS_UNJUDGED || !isfinite(size))
            continue;
        if (c->verdict == ZS_REPORTED) {
            keep_worst(size, i, &s->worst_reported_frac, &s->worst_reported);
            continue;
        }
        defined++;
        sum += size;
        keep_worst(size, i, &s->worst_frac, &s->worst);
    }
    s->inside = count[ZS_INSIDE];
    s->outside = count[ZS_OUTSIDE];
    s->unjudged = count[ZS_UNJUDGED];
    s->reported = count[ZS_REPORTED];
    s->mean_frac = defined > 0 ? sum / defined : (double)NAN;
    const bool mean_fits =
        s->mean_limit_frac == 0 || defined == 0 || s->mean_frac <= s->mean_limit_frac;
    s->median_frac = median_of(s);
    const bool median_fits =
        s->median_limit_frac == 0 || defined == 0 || s->median_frac <= s->median_limit_frac;
    const double least = (s->inside_frac > 0 ? s->inside_frac : 1) * (s->inside + s->outside);
    s->passes = s->inside >= least && mean_fits && median_fits;
}
