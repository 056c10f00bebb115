#include "validate_priv.h"

#include <math.h>
#include <string.h>

enum { BASE, OPTIMISED, SUMMARY };

static const char base_variant[] = "baseline";
static const double shortest_s = 1e-3; /* shorter ones are not judged */
static const double sum_frac = 0.15;

/* From the list of cases that the program was written against: what is near enough. */
static const struct {
    const char *variant;
    double flat_frac, window_frac; /* windows: convolutions of more than one tap */
} tolerances[] = {
    {base_variant, 0.02, 0.25},
    {"global_opt", 0.15, 0.15},
    {"units_opv1", 0.25, 0.25},
};

static bool is_base(const zs_kernel_measured *m)
{
    return strcmp(m->variant, base_variant) == 0;
}

static bool is_window(const zs_kernel_measured *m)
{
    return strcmp(m->op, "conv") == 0 && m->k > 1;
}

/* ---- a nest and what is known of its accesses ------------------------------------------------ */

static bool is_rolled(const zs_nest *nest, const char *name)
{
    const uint32_t i = zs_nest_find(nest, name);
    return i != ZS_NO_LOOP && !zs_loop_is_flat(&nest->loops[i]);
}

/* The compiler keeps a sum of one loop in a register, whatever the text says, and maxima too. */
static uint32_t interval_of(const zs_kernel_measured *m, const zs_nest *nest)
{
    const uint32_t loops =
        (uint32_t)is_rolled(nest, "rc") + is_rolled(nest, "ry") + is_rolled(nest, "rx");
    const bool waits = m->sums == ZS_KERNEL_SUMS_GLOBAL && strcmp(m->op, "conv") == 0 && loops > 1;
    return waits ? ZS_NEST_SUM_INTERVAL : 1;
}

/* Loops that hold none and do not compute fill arrays on chip, or are flat kernels. */
static void mark_copies(zs_nest *nest)
{
    static const char *const computing[] = {"ff", "yy",  "xx",  "rc",  "ry", "rx",
                                            "rv", "rv1", "ax1", "ax2", "ax3"};
    for (uint32_t i = 0; i < nest->n; i++) {
        zs_loop *loop = &nest->loops[i];
        loop->copies = loop->inner == ZS_NO_LOOP;
        for (size_t k = 0; k < ZS_LEN(computing); k++)
            loop->copies = loop->copies && strcmp(loop->name, computing[k]) != 0;
    }
    const uint32_t rc = zs_nest_find(nest, "rc");
    const uint32_t first = rc == ZS_NO_LOOP ? ZS_NO_LOOP : nest->loops[rc].inner;
    if (first != ZS_NO_LOOP && nest->loops[first].copies)
        nest->loops[first].least_cycles = ZS_NEST_COPY_CYCLES;
}

/* Windows of inputs on chip. */
static void mark_ports(const zs_kernel_measured *m, zs_nest *nest)
{
    const uint32_t step = (uint32_t)zs_max_u64(1, m->stride);
    const bool is_local = m->input_is_local || m->sums == ZS_KERNEL_SUMS_ARRAY;
    const uint64_t w = (zs_max_u64(1, m->wout) - 1) * (uint64_t)step + m->k;
    const uint64_t h = (zs_max_u64(1, m->hout) - 1) * (uint64_t)step + m->k;
    const zs_nest_array array = {.pitch = w,
                                 .plane = w * h,
                                 .kh = m->k,
                                 .kw = m->k,
                                 .sh = step,
                                 .sw = step,
                                 .sums_are_local = m->sums == ZS_KERNEL_SUMS_ARRAY};
    if (strcmp(m->op, "conv") == 0 && is_local && m->k > 0)
        zs_nest_read_array(nest, &array);
}

static zs_nest_window window_of(const zs_kernel_measured *m, const zs_nest *nest)
{
    const uint64_t step = zs_max_u64(1, m->stride);
    const uint64_t h = (zs_max_u64(1, m->hout) - 1) * step + m->k;
    const uint64_t w = (zs_max_u64(1, m->wout) - 1) * step + m->k;
    const uint32_t rx = zs_nest_find(nest, "rx"), ry = zs_nest_find(nest, "ry");
    const uint32_t rc = zs_nest_find(nest, "rc");
    uint64_t at_once = rx != ZS_NO_LOOP && zs_loop_is_flat(&nest->loops[rx]) ? 1 : 0;
    at_once *= ry != ZS_NO_LOOP ? zs_min_u64(nest->loops[ry].unroll, m->k) : 1;
    at_once *= rc != ZS_NO_LOOP ? nest->loops[rc].unroll : 1;
    if (!is_window(m) || m->input_is_local || m->sums == ZS_KERNEL_SUMS_ARRAY)
        return (zs_nest_window){0};
    return (zs_nest_window){.bytes = m->cin * h * w * sizeof(float),
                            .passes = m->cout,
                            .rows = m->k,
                            .row_bytes = m->k * (uint32_t)sizeof(float),
                            .step_rows = (uint32_t)step,
                            .rows_at_once = at_once};
}

/* ---- kernels beside it in the device --------------------------------------------------------- */

/* Load units that an unrolled sum has of its own: input channels are planes apart. */
static uint64_t lanes_of(const zs_kernel_measured *m, const zs_nest *nest)
{
    const uint32_t rc = zs_nest_find(nest, "rc");
    const bool is_local = m->input_is_local || m->sums == ZS_KERNEL_SUMS_ARRAY;
    return rc == ZS_NO_LOOP || is_local || nest->loops[rc].unroll == 1 ? 0 : nest->loops[rc].unroll;
}

static zs_status lanes_beside(zs_arena *scratch, const zs_reference *ref,
                              const zs_kernel_measured *m, uint64_t *lanes, zs_err *err)
{
    *lanes = 0;
    for (uint32_t i = 0; i < ref->case_n; i++) {
        const zs_kernel_measured *k = &ref->kernels[i];
        zs_nest nest;
        if (m->design == NULL || m->design[0] == '\0' || k->nest[0] == '\0' || !k->source_matches ||
            strcmp(k->net, m->net) != 0 || strcmp(k->variant, m->variant) != 0 ||
            strcmp(k->design, m->design) != 0)
            continue;
        ZS_TRY(zs_nest_parse(scratch, k->nest, k->name, &nest, err));
        *lanes += lanes_of(k, &nest);
    }
    return ZS_OK;
}

static zs_status mark_lanes(zs_arena *scratch, const zs_reference *ref, const zs_kernel_measured *m,
                            zs_nest_kernel *k, zs_err *err)
{
    uint64_t lanes;
    const bool reads_again = zs_nest_find(&k->nest, "rv") != ZS_NO_LOOP;
    if (strcmp(m->op, "conv") == 0 || reads_again || k->nest.loops[k->nest.n - 1].unroll > 1)
        return ZS_OK;
    ZS_TRY(lanes_beside(scratch, ref, m, &lanes, err));
    zs_nest_wait_for_units(k, lanes, &zs_nest_stratix10);
    return ZS_OK;
}

/* NAN without a nest. */
static zs_status predict(zs_arena *scratch, const zs_reference *ref, const zs_kernel_measured *m,
                         double *seconds, zs_err *err)
{
    zs_nest_kernel k = {0};
    *seconds = (double)NAN;
    if (m->nest[0] == '\0')
        return ZS_OK;
    ZS_TRY(zs_nest_parse(scratch, m->nest, m->name, &k.nest, err));
    mark_copies(&k.nest);
    mark_ports(m, &k.nest);
    k.interval = interval_of(m, &k.nest);
    k.window = window_of(m, &k.nest);
    k.copies = m->sums == ZS_KERNEL_SUMS_REGISTER ? m->cout : 0;
    ZS_TRY(mark_lanes(scratch, ref, m, &k, err));
    if (strcmp(m->op, "conv") == 0 && m->sums == ZS_KERNEL_SUMS_REGISTER && !m->input_is_local)
        zs_nest_wait_for_planes(&k, &zs_nest_stratix10);
    *seconds = zs_nest_time_of(&k, &zs_nest_stratix10, m->clock_hz).seconds;
    return ZS_OK;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static zs_check check_of(const zs_kernel_measured *m, double seconds)
{
    zs_check c = {.name = m->name,
                  .scope = m->variant,
                  .figure = "seconds",
                  .unit = "s",
                  .predicted = seconds,
                  .lo = m->seconds,
                  .hi = m->seconds,
                  .reason = m->reason,
                  .source = m->source,
                  .verdict = isnan(seconds) ? ZS_UNJUDGED : ZS_REPORTED};
    for (size_t i = 0; i < ZS_LEN(tolerances); i++)
        if (strcmp(m->variant, tolerances[i].variant) == 0 && m->source_matches &&
            m->seconds > shortest_s && !isnan(seconds)) {
            c.tolerance.frac = is_window(m) ? tolerances[i].window_frac : tolerances[i].flat_frac;
            c.verdict = ZS_INSIDE;
        }
    return c;
}

static bool is_judged(const zs_kernel_measured *m)
{
    return m->source_matches && m->seconds > shortest_s && m->nest[0] != '\0';
}

/* The kernel of the base style that does what `m` does, or NULL. */
static const zs_kernel_measured *base_of(const zs_reference *ref, const zs_kernel_measured *m)
{
    for (uint32_t i = 0; i < ref->case_n; i++) {
        const zs_kernel_measured *b = &ref->kernels[i];
        if (is_base(b) && strcmp(b->net, m->net) == 0 && strcmp(b->name, m->name) == 0)
            return b;
    }
    return NULL;
}

/* Inside: predicted to be faster than its base if it was, slower if it was not. */
static zs_status append_order(zs_arena *scratch, const zs_reference *ref,
                              const zs_kernel_measured *m, double seconds, zs_section *section,
                              zs_err *err)
{
    static const double most = 1e6;
    const zs_kernel_measured *base = is_judged(m) ? base_of(ref, m) : NULL;
    double base_s = 0;
    if (base == NULL || !is_judged(base))
        return ZS_OK;
    ZS_TRY(predict(scratch, ref, base, &base_s, err));
    const bool is_faster = base->seconds > m->seconds;
    zs_section_append(section, (zs_check){.name = m->name,
                                          .scope = m->variant,
                                          .figure = "base_over_optimised",
                                          .unit = "",
                                          .predicted = base_s / seconds,
                                          .lo = is_faster ? 1 : 0,
                                          .hi = is_faster ? most : 1,
                                          .reason = m->reason,
                                          .source = m->source});
    return ZS_OK;
}

static bool are_of_one_group(const zs_kernel_measured *a, const zs_kernel_measured *b)
{
    return strcmp(a->net, b->net) == 0 && strcmp(a->variant, b->variant) == 0;
}

/* Of the judged kernels of a network in one style, with the first of them. */
static zs_status append_sum(zs_arena *scratch, const zs_reference *ref, uint32_t first,
                            zs_section *section, zs_err *err)
{
    const zs_kernel_measured *m = &ref->kernels[first];
    zs_check c = {.name = m->net,
                  .scope = m->variant,
                  .figure = "seconds of all judged",
                  .unit = "s",
                  .tolerance.frac = is_base(m) ? sum_frac : 0,
                  .reason = "",
                  .source = "",
                  .verdict = is_base(m) ? ZS_INSIDE : ZS_REPORTED};
    for (uint32_t i = 0; i < first; i++)
        if (is_judged(&ref->kernels[i]) && are_of_one_group(&ref->kernels[i], m))
            return ZS_OK;
    for (uint32_t i = first; i < ref->case_n; i++) {
        double seconds = 0;
        if (!is_judged(&ref->kernels[i]) || !are_of_one_group(&ref->kernels[i], m))
            continue;
        ZS_TRY(predict(scratch, ref, &ref->kernels[i], &seconds, err));
        c.predicted += seconds;
        c.lo += ref->kernels[i].seconds;
    }
    c.hi = c.lo;
    zs_section_append(section, c);
    return ZS_OK;
}

zs_status zs_kernel_case_check(zs_arena *scratch, const zs_memory_params *memory,
                               const zs_reference *ref, uint32_t i, zs_section *sections,
                               zs_err *err)
{
    const zs_kernel_measured *m = &ref->kernels[i];
    double seconds = 0;
    (void)memory;
    ZS_TRY(predict(scratch, ref, m, &seconds, err));
    zs_section_append(&sections[is_base(m) ? BASE : OPTIMISED], check_of(m, seconds));
    if (!is_base(m))
        ZS_TRY(append_order(scratch, ref, m, seconds, &sections[SUMMARY], err));
    return is_judged(m) ? append_sum(scratch, ref, i, &sections[SUMMARY], err) : ZS_OK;
}
