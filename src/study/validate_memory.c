/* Figures of patterns of requests, each on a memory of its own. */
#include "validate_priv.h"

#include "zynqsim/ports.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *unit;
} figures[ZS_MEMORY_FIGURE_N] = {
    [ZS_MEMORY_FRAC_PEAK] = {"frac_peak", "of the peak"},
    [ZS_MEMORY_BYTES_PER_S] = {"bytes_per_s", "B/s"},
    [ZS_MEMORY_RD_LAT_MEAN_NS] = {"rd_lat_mean_ns", "ns"},
};

const char *zs_memory_figure_name(zs_memory_figure figure)
{
    return figure < ZS_MEMORY_FIGURE_N ? figures[figure].name : "?";
}

/* "path=value;path=value" over the default design. */
static zs_status apply(zs_arena *arena, const char *set, zs_design *design, zs_err *err)
{
    char *rest = zs_arena_strdup(arena, set);
    if (rest == NULL)
        return zs_nomem(err, "settings");
    for (char *word; (word = strtok_r(rest, ";", &rest)) != NULL;) {
        char *value = strchr(word, '=');
        if (value == NULL)
            return zs_fail(err, ZS_EPARSE, word, "is not of the form path=value");
        *value++ = '\0';
        ZS_TRY(zs_design_set(design, arena, word, value, err));
    }
    return zs_design_check(design, err);
}

static zs_status predict_ports(zs_arena *arena, const zs_design *design, const zs_traffic *traffic,
                               zs_memory_figure figure, double *out, zs_err *err)
{
    zs_ports_result r;
    ZS_TRY(zs_ports_run(arena, design, traffic, &r, err));
    const double values[ZS_MEMORY_FIGURE_N] = {[ZS_MEMORY_FRAC_PEAK] = r.frac_peak,
                                               [ZS_MEMORY_BYTES_PER_S] = r.bytes_per_s,
                                               [ZS_MEMORY_RD_LAT_MEAN_NS] = (double)NAN};
    *out = values[figure];
    return ZS_OK;
}

static zs_status predict_traffic(zs_arena *arena, const zs_memory_params *memory,
                                 const zs_traffic *traffic, zs_memory_figure figure, double *out,
                                 zs_err *err)
{
    zs_traffic_result r;
    ZS_TRY(zs_traffic_run(arena, memory, traffic, &r, err));
    const double frac = zs_traffic_frac_peak(memory, &r);
    const double values[ZS_MEMORY_FIGURE_N] = {
        [ZS_MEMORY_FRAC_PEAK] = frac,
        [ZS_MEMORY_BYTES_PER_S] = frac * zs_memory_peak_bytes_per_s(memory),
        [ZS_MEMORY_RD_LAT_MEAN_NS] =
            r.reads.n > 0 ? zs_traffic_mean_ns(memory, &r.reads) : (double)NAN};
    *out = values[figure];
    return ZS_OK;
}

zs_status zs_memory_check(zs_arena *scratch, const zs_memory_params *memory,
                          const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_memory_measured *m = &ref->memories[i];
    zs_design design;
    zs_traffic traffic;
    double predicted = (double)NAN;
    (void)memory;
    zs_design_defaults(&design);
    ZS_TRY(apply(scratch, m->set, &design, err));
    ZS_TRY(zs_traffic_parse(m->spec, &traffic, err));
    if (zs_traffic_uses_ports(&traffic))
        ZS_TRY(predict_ports(scratch, &design, &traffic, m->figure, &predicted, err));
    else
        ZS_TRY(
            predict_traffic(scratch, &design.board.memory, &traffic, m->figure, &predicted, err));
    zs_section_append(sections,
                      (zs_check){.name = m->name,
                                 .scope = "",
                                 .figure = figures[m->figure].name,
                                 .unit = figures[m->figure].unit,
                                 .predicted = predicted,
                                 .lo = m->measured.lo,
                                 .hi = m->measured.hi,
                                 .tolerance = m->measured.tolerance,
                                 .verdict = m->measured.is_reported ? ZS_REPORTED : ZS_INSIDE,
                                 .reason = m->reason,
                                 .source = m->source});
    return ZS_OK;
}
