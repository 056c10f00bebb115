/* Sentences from the numbers of an explanation. */
#include "explain_priv.h"
#include "zynqsim/bound.h"
#include "zynqsim/capacity.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Thresholds of speedup, at or above which, or below which, a sentence is printed. */
#define IS_WORTH     1.05 /* a resource that limits */
#define IS_NOTHING   1.02 /* compute of which more does not help */
#define IS_IDLE      1.01 /* with twice as much */
#define IS_IDLE_MOST 1.03 /* with no limit */
#define IS_SPARE     0.99 /* with half as much */
#define SINGLE_BEATS 2.0  /* reads of fewer beats wait for latency, not for width */

typedef struct adviser {
    zs_arena *arena;
    const zs_design *design;
    double beats_per_read, bytes_per_load;
    zs_explanation *x;
    bool is_out_of_memory;
} adviser;

static void say(adviser *a, const char *fmt, ...) ZS_PRINTF(2, 3);
static void say(adviser *a, const char *fmt, ...)
{
    char text[768];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *kept = zs_arena_strdup(a->arena, text);
    a->is_out_of_memory |= kept == NULL;
    if (a->x->advice_n < ZS_EXPLAIN_ADVICE)
        a->x->advice[a->x->advice_n++] = kept;
}

/* ---- what the rows say ----------------------------------------------------------------------- */

static double speedup_of(const zs_explain_row *row, zs_explain_step step)
{
    return row != NULL && row->effects[step].is_done ? row->effects[step].speedup : 1;
}

/* The row of a kind that helps most when doubled: rows are in that order. NULL without any. */
static const zs_explain_row *best_of(const zs_explanation *x, zs_explain_kind kind)
{
    for (uint32_t i = 0; i < x->row_n; i++)
        if (x->rows[i].kind == kind && x->rows[i].effects[ZS_TWICE].is_done)
            return &x->rows[i];
    return NULL;
}

static const char *kind_name(zs_explain_kind kind)
{
    static const char *const names[] = {"compute", "the clock", "memory", "the PS"};
    return names[kind];
}

/* Which kind limits; ZS_EXPLAIN_KIND_N when none does. */
static zs_explain_kind limit_of(const zs_explanation *x)
{
    zs_explain_kind limit = ZS_EXPLAIN_KIND_N;
    double most = IS_WORTH;
    for (uint32_t kind = 0; kind < ZS_EXPLAIN_KIND_N; kind++) {
        const double s = speedup_of(best_of(x, (zs_explain_kind)kind), ZS_TWICE);
        if (kind == ZS_EXPLAIN_CLOCK || s < most)
            continue;
        most = s;
        limit = (zs_explain_kind)kind;
    }
    return limit;
}

/* ---- what limits ----------------------------------------------------------------------------- */

static void say_balance(adviser *a)
{
    const zs_figures *f = &a->x->base;
    const zs_explain_row *best = a->x->row_n > 0 ? &a->x->rows[0] : NULL;
    say(a,
        "No single resource limits this design: the best step, %s, makes it %.3f "
        "times as fast. The MAC array works %.0f %% of the time and waits %.0f %% for reads, %.0f "
        "%% for "
        "writes, %.0f %% for the PS.",
        best != NULL ? best->twice : "none", speedup_of(best, ZS_TWICE),
        100 * zs_figures_number(f, "waited_frac.compute"),
        100 * zs_figures_number(f, "waited_frac.read"),
        100 * zs_figures_number(f, "waited_frac.write"),
        100 * zs_figures_number(f, "waited_frac.host"));
}

/* "the best of memory (block RAM) gives 1.000 and of the PS (PS calls) 1.012" */
static void describe_others(const zs_explanation *x, zs_explain_kind limit, char *text,
                            size_t bytes)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t kind = 0; kind < ZS_EXPLAIN_KIND_N; kind++) {
        const zs_explain_row *row = best_of(x, (zs_explain_kind)kind);
        if (kind == ZS_EXPLAIN_CLOCK || kind == limit || row == NULL || at >= bytes)
            continue;
        at += (size_t)snprintf(text + at, bytes - at, "%s%s (%s) %.3f", at > 0 ? ", " : "",
                               kind_name((zs_explain_kind)kind), row->name,
                               speedup_of(row, ZS_TWICE));
    }
}

static void say_limit(adviser *a, zs_explain_kind limit)
{
    char others[256];
    const zs_explain_row *best = best_of(a->x, limit);
    const char *name = limit == ZS_EXPLAIN_COMPUTE  ? "Compute limits"
                       : limit == ZS_EXPLAIN_MEMORY ? "Memory limits"
                                                    : "The PS limits";
    describe_others(a->x, limit, others, sizeof others);
    char most[64] = "and without limit nothing would be left to wait for";
    const double unlimited = speedup_of(best, ZS_UNLIMITED);
    if (isfinite(unlimited))
        snprintf(most, sizeof most, "without limit %.3f times", unlimited);
    say(a,
        "%s this design: with %s (%s) it is %.3f times as fast, %s. The best of the others when "
        "doubled: %s.",
        name, best->twice, best->effects[ZS_TWICE].change, speedup_of(best, ZS_TWICE), most,
        others[0] ? others : "none");
}

/* ---- whether more compute helps -------------------------------------------------------------- */

static const zs_explain_row *row_of(const zs_explanation *x, const char *name)
{
    for (uint32_t i = 0; i < x->row_n; i++)
        if (strcmp(x->rows[i].name, name) == 0)
            return &x->rows[i];
    return NULL;
}

static void say_compute(adviser *a)
{
    const zs_explain_row *lanes = row_of(a->x, "MAC lanes");
    if (lanes == NULL || !lanes->effects[ZS_TWICE].is_done ||
        speedup_of(lanes, ZS_TWICE) >= IS_NOTHING)
        return;
    const zs_explain_effect *most = &lanes->effects[ZS_UNLIMITED];
    if (most->is_done && most->speedup < IS_WORTH)
        say(a,
            "More compute will not help: with twice the MAC lanes it is %.3f times as fast, "
            "without any limit on them %.3f times.",
            speedup_of(lanes, ZS_TWICE), most->speedup);
    else
        say(a, "More compute will not help: with twice the MAC lanes it is %.3f times as fast.",
            speedup_of(lanes, ZS_TWICE));
}

/* Short bursts: the time is spent on latency, not on data. */
static void say_beats(adviser *a)
{
    const zs_explain_row *latency = row_of(a->x, "AXI latency"), *width = row_of(a->x, "AXI width");
    if (!(a->beats_per_read < SINGLE_BEATS) || speedup_of(latency, ZS_TWICE) < IS_NOTHING)
        return;
    say(a,
        "A read moves %.1f beats, so every access waits for the way to the memory and back: half "
        "the latency of the port gives %.3f, twice its width %.3f. Longer bursts into a buffer on "
        "chip would spread that wait over many words.",
        a->beats_per_read, speedup_of(latency, ZS_TWICE), speedup_of(width, ZS_TWICE));
}

/* ---- whether it fits ------------------------------------------------------------------------- */

static void say_cheaper_mac(adviser *a, const zs_explain_effect *twice)
{
    const zs_mac_cost *now = zs_mac_cost_of(a->design->accel.precision);
    const zs_mac_cost *small = zs_mac_cost_of(ZS_FIXED16);
    const zs_block *dsp = zs_family_block(&zs_families[a->design->board.family], ZS_RESOURCE_DSP);
    const uint32_t now_dsp = now->cost.n[ZS_RESOURCE_DSP];
    const uint32_t small_dsp = small->cost.n[ZS_RESOURCE_DSP];
    if (dsp == NULL || strstr(twice->binding, dsp->name) == NULL || small_dsp >= now_dsp)
        say(a, "That would not fit: %s.", twice->binding);
    else
        say(a,
            "That would not fit: %s. In fixed16 a multiply-accumulate takes %u %s instead of "
            "%u.",
            twice->binding, small_dsp, dsp->name, now_dsp);
}

static void say_misfit(adviser *a)
{
    const char *excess = zs_figures_excess(a->arena, &a->x->base);
    a->is_out_of_memory |= excess == NULL;
    if (excess != NULL && excess[0] != '\0')
        say(a, "The design as it is does not fit the board: it takes %s.", excess);
}

static void say_fit(adviser *a, zs_explain_kind limit)
{
    const zs_explain_row *best = best_of(a->x, limit);
    const zs_explain_effect *twice = &best->effects[ZS_TWICE];
    if (best->remark[0] != '\0')
        say(a, "%s", best->remark);
    if (zs_figures_number(&a->x->base, "fits") == 0)
        return; /* has been said */
    if (!twice->fits)
        say_cheaper_mac(a, twice);
    else if (limit == ZS_EXPLAIN_COMPUTE && twice->is_close && twice->binding[0] != '\0')
        say(a, "Whether it would still fit the board is too close to call: %s.", twice->binding);
    else if (limit == ZS_EXPLAIN_COMPUTE)
        say(a, "The design would still fit the board.");
}

/* A faster clock helps only if the design meets timing at it. */
static void say_clock(adviser *a)
{
    zs_design faster = *a->design;
    faster.accel.clock_hz *= 2;
    if (speedup_of(row_of(a->x, "PL clock"), ZS_TWICE) < IS_WORTH || !faster.accel.says_clock)
        return;
    const zs_clock_builds b = zs_clock_builds_of(&faster);
    if (b.n > 0)
        say(a,
            "Twice the clock is %.4g MHz: of %u comparable builds at -%u%s, %u closed there, the "
            "fastest at %.4g MHz.",
            (double)faster.accel.clock_hz / 1e6, b.n, b.speed_grade,
            b.speed_grade > 1 ? " or slower" : "", b.reached_n, b.fastest_hz / 1e6);
}

/* ---- what is idle, what is spare ------------------------------------------------------------- */

static bool is_idle(const zs_explain_row *row)
{
    return row->kind != ZS_EXPLAIN_CLOCK &&
           (row->effects[ZS_TWICE].is_done || row->effects[ZS_UNLIMITED].is_done) &&
           speedup_of(row, ZS_TWICE) <= IS_IDLE && speedup_of(row, ZS_UNLIMITED) <= IS_IDLE_MOST;
}

/* Resources that have a cost, and half of which would do. */
static bool is_spare(const zs_explain_row *row)
{
    const zs_explain_effect *half = &row->effects[ZS_HALF];
    return (row->kind == ZS_EXPLAIN_MEMORY || row->kind == ZS_EXPLAIN_COMPUTE) && half->is_done &&
           half->fits && half->speedup >= IS_SPARE;
}

static uint32_t list_rows(const zs_explanation *x, bool (*is_wanted)(const zs_explain_row *),
                          char *text, size_t bytes)
{
    uint32_t n = 0;
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < x->row_n; i++) {
        if (!is_wanted(&x->rows[i]) || at >= bytes)
            continue;
        at += (size_t)snprintf(text + at, bytes - at, "%s%s", n > 0 ? ", " : "", x->rows[i].name);
        n++;
    }
    return n;
}

static void say_lists(adviser *a)
{
    char idle[384], spare[384];
    const uint32_t idle_n = list_rows(a->x, is_idle, idle, sizeof idle);
    const uint32_t spare_n = list_rows(a->x, is_spare, spare, sizeof spare);
    if (idle_n > 0 && spare_n > 0)
        say(a, "Nothing is to be gained from: %s. Half as good would cost less than 1 %%: %s.",
            idle, spare);
    else if (idle_n > 0)
        say(a, "Nothing is to be gained from: %s.", idle);
}

/* ---- keys with other values ------------------------------------------------------------------ */

/* Why a change of a key helps, by the beginning of its path. */
static const struct {
    const char *path, *why;
} reasons[] = {
    {"accelerator.tile.", "Other tiles fill the lanes better, or load less often"},
    {"accelerator.loop_order", "Another order of the loops loads operands less often"},
    {"accelerator.fusion", "Fewer tensors go through DRAM"},
    {"batch", "Weights are loaded, and calls made, once for all images of a batch"},
    {"accelerator.precision", "Narrower numbers take fewer bytes and less room for a lane, and are "
                              "less exact"},
    {"accelerator.ports.", "Operands wait less for each other"},
    {"accelerator.unroll.", "More lanes fit"},
    {"accelerator.clock", "Comparable builds closed at a faster clock"},
};

#define READS_ARE_FELT 0.05 /* share of the time that the array waits for them */

static void say_turn(adviser *a, const zs_explain_turn *t)
{
    char why[128] = "Turned by itself";
    const bool is_tile = strncmp(t->path, "accelerator.tile.", strlen("accelerator.tile.")) == 0;
    for (size_t i = 0; i < ZS_LEN(reasons); i++)
        if (strncmp(t->path, reasons[i].path, strlen(reasons[i].path)) == 0)
            snprintf(why, sizeof why, "%s", reasons[i].why);
    if (is_tile && zs_figures_number(&a->x->base, "waited_frac.read") > READS_ARE_FELT &&
        a->bytes_per_load > 0)
        snprintf(why, sizeof why, "Each load, %.1f KiB in the mean, waits out the latency",
                 a->bytes_per_load / 1024);
    say(a, "%s: %s gives %.2f times the images per second %s%s.", why, t->change, t->speedup,
        t->cost[0] ? "with " : "in the same room", t->cost);
}

zs_status zs_explain_advise(zs_arena *arena, const zs_design *design, double beats_per_read,
                            double bytes_per_load, zs_explanation *out, zs_err *err)
{
    adviser a = {.arena = arena,
                 .design = design,
                 .beats_per_read = beats_per_read,
                 .bytes_per_load = bytes_per_load,
                 .x = out};
    const zs_explain_kind limit = limit_of(out);
    if (limit == ZS_EXPLAIN_KIND_N)
        say_balance(&a);
    else
        say_limit(&a, limit);
    say_misfit(&a);
    if (limit != ZS_EXPLAIN_COMPUTE)
        say_compute(&a);
    say_beats(&a);
    if (limit != ZS_EXPLAIN_KIND_N)
        say_fit(&a, limit);
    say_clock(&a);
    for (uint32_t i = 0; i < out->turn_n; i++)
        say_turn(&a, &out->turns[i]);
    say_lists(&a);
    return a.is_out_of_memory ? zs_nomem(err, "advice") : ZS_OK;
}
