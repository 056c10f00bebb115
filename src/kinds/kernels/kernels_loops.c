#include "kernels_priv.h"

#include <inttypes.h>
#include <stdio.h>

/* What `show --loops` prints: loops as reports of FPGA compilers list them, and what memory costs.
 */

/* All loops inside are unrolled as a whole: its body starts in every interval. */
static bool is_innermost(const zs_nest *nest, const zs_loop *loop)
{
    for (uint32_t i = loop->inner; i != ZS_NO_LOOP; i = nest->loops[i].next)
        if (!zs_loop_is_flat(&nest->loops[i]) || !is_innermost(nest, &nest->loops[i]))
            return false;
    return true;
}

static const char *cause_of(const zs_nest_kernel *k, const zs_loop *loop)
{
    if (zs_loop_is_flat(loop))
        return "unrolled as a whole";
    if (!is_innermost(&k->nest, loop))
        return "";
    if (loop->copies)
        return loop->least_cycles > 0 ? "copy, at least until its first line is there" : "copy";
    if (loop->stall_cycles > 0)
        return "ports of an array on chip, or additions to one word of it";
    if (k->interval <= 1)
        return k->lines > 0 && k->line_wait_cycles > 0 ? "load units wait at the ends of lines"
                                                       : "";
    return k->sum_is_register ? "additions in order" : "sum in global memory";
}

static zs_status put_loop(const zs_nest_kernel *k, uint32_t i, uint32_t depth, uint32_t lsu_words,
                          const zs_sink *s)
{
    const zs_loop *loop = &k->nest.loops[i];
    char interval[16] = "-";
    if (is_innermost(&k->nest, loop) && !zs_loop_is_flat(loop))
        snprintf(interval, sizeof interval, "%u",
                 loop->copies ? 1 : k->interval + loop->stall_cycles);
    ZS_TRY(zs_sink_printf(s, "  %*s%-*s %10" PRIu64 " %7" PRIu64 " %5s %16" PRIu64 "  %s%s\n",
                          (int)(2 * depth), "", (int)(18 - 2 * (depth < 8 ? depth : 8)), loop->name,
                          loop->trip, loop->unroll, interval,
                          zs_nest_loop_cycles(&k->nest, i, k->interval, lsu_words),
                          cause_of(k, loop), loop->is_argument ? " (trips are an argument)" : ""));
    for (uint32_t in = loop->inner; in != ZS_NO_LOOP; in = k->nest.loops[in].next)
        ZS_TRY(put_loop(k, in, depth + 1, lsu_words, s));
    return ZS_OK;
}

static zs_status put_kernel(const zs_design *design, const char *name, const char *what,
                            const kernels_row *own, const zs_nest_kernel *k, bool is_shared,
                            const zs_sink *s)
{
    const zs_nest_memory m = kernels_memory(design);
    const double hz = (double)design->accel.clock_hz;
    const zs_nest_time t = zs_nest_time_of(k, &m, hz);
    const double loops_s = (double)zs_plus_u64(t.nest_cycles, t.stall_cycles) / hz;
    ZS_TRY(zs_sink_printf(s, "%s%s\n  %-18s %10s %7s %5s %16s  %s\n", name, what, "loop", "trip",
                          "unroll", "II", "cycles", "because of"));
    for (uint32_t i = k->nest.n > 0 ? 0 : ZS_NO_LOOP; i != ZS_NO_LOOP; i = k->nest.loops[i].next)
        ZS_TRY(put_loop(k, i, 0, m.lsu_bytes / m.word_bytes, s));
    if (k == &own->pad)
        ZS_TRY(zs_sink_printf(s, "  %d load-store units\n", (int)KERNELS_PAD_UNITS));
    else
        ZS_TRY(zs_sink_printf(
            s, "  %u load-store units, %" PRIu64 " with a cache; %" PRIu64 " MACs side by side\n",
            own->units, own->caches, own->lanes));
    if (design->board.family == ZS_FAMILY_STRATIX_10 && k == &own->kernel) {
        const zs_resources r = kernels_resources(design, own);
        ZS_TRY(zs_sink_printf(s, "  %" PRIu32 " DSP, %" PRIu32 " ALM, %" PRIu32 " M20K%s\n",
                              r.n[ZS_RESOURCE_DSP], r.n[ZS_RESOURCE_ALM], r.n[ZS_RESOURCE_M20K],
                              is_shared ? ", of the kernel that it shares" : ""));
    }
    ZS_TRY(zs_sink_printf(
        s, "  loops %.3f ms, waits for lines %.3f ms, lost to DRAM %.3f ms, launch %.3f ms\n",
        1e3 * (double)t.nest_cycles / hz, 1e3 * (double)t.stall_cycles / hz,
        t.dram_s > loops_s ? 1e3 * (t.dram_s - loops_s) : 0.0,
        own->is_launched ? 1e3 * m.launch_s : 0.0));
    if (t.bytes_again > 0)
        ZS_TRY(zs_sink_printf(s, "  %.1f MB in lines that are fetched again\n",
                              1e-6 * (double)t.bytes_again));
    return zs_sink_puts(s, "\n");
}

zs_status kernels_loops(const zs_design *design, const zs_plan *plan, const zs_sink *s)
{
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan_row *row = &plan->rows[i];
        const kernels_row *own = kernels_row_of(row);
        if (row->call == ZS_NO_INDEX)
            continue;
        if (own->root != i) {
            ZS_TRY(zs_sink_printf(s, "%s: in the loops of %s\n\n", row->name,
                                  plan->rows[own->root].name));
            continue;
        }
        if (own->padded_bytes > 0)
            ZS_TRY(put_kernel(design, row->name, ", padded copy", own, &own->pad, false, s));
        ZS_TRY(put_kernel(design, row->name,
                          own->from == ZS_NO_INDEX ? ""
                          : own->takes_whole       ? ", input by a channel, first taken whole"
                                                   : ", input by a channel, as it comes",
                          own, &own->kernel, own->class_row != i, s));
    }
    return ZS_OK;
}
