#include "cli_priv.h"

#include <string.h>

/* ---- which layers ---------------------------------------------------------------------------- */

typedef struct row_range {
    uint32_t first, last;
} row_range;

/* Whether a name is one of those that a fused row has: "pool1" of "conv1+pool1". */
static bool is_part(const char *row, const char *name)
{
    const size_t bytes = strlen(name);
    for (const char *at = row; at != NULL; at = strchr(at, '+')) {
        at += at[0] == '+';
        if (strncmp(at, name, bytes) == 0 && (at[bytes] == '\0' || at[bytes] == '+'))
            return true;
    }
    return false;
}

static zs_status unknown_layer(const zs_plan *plan, zs_arena *arena, const char *name, zs_err *err)
{
    const char **names = zs_new(arena, const char *, plan->row_n + plan->call_n + 1u);
    if (names == NULL)
        return zs_nomem(err, "--trace-layers");
    for (uint32_t i = 0; i < plan->row_n; i++)
        names[i] = plan->rows[i].name;
    for (uint32_t i = 0; i < plan->call_n; i++)
        names[plan->row_n + i] = plan->calls[i].name;
    const char *near = zs_nearest(name, names, plan->row_n + plan->call_n);
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, "--trace-layers",
                       "there is no layer or call '%s', did you mean '%s'?", name, near);
    return zs_fail(err, ZS_EUSAGE, "--trace-layers",
                   "there is no layer or call '%s'; zynqsim show lists them", name);
}

/* A row by its name, a call by its own, or the row that a layer is fused into. */
static zs_status find_rows(const zs_plan *plan, zs_arena *arena, const char *name, row_range *out,
                           zs_err *err)
{
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (strcmp(plan->rows[i].name, name) == 0) {
            *out = (row_range){i, i};
            return ZS_OK;
        }
    for (uint32_t i = 0; i < plan->call_n; i++)
        if (strcmp(plan->calls[i].name, name) == 0) {
            *out = (row_range){plan->calls[i].row0, plan->calls[i].row0 + plan->calls[i].row_n - 1};
            return ZS_OK;
        }
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (is_part(plan->rows[i].name, name)) {
            *out = (row_range){i, i};
            return ZS_OK;
        }
    return unknown_layer(plan, arena, name, err);
}

static zs_status add_rows(const zs_plan *plan, zs_arena *arena, char *word, bool *rows, zs_err *err)
{
    row_range first = {0, 0}, last;
    char *dots = strstr(word, "..");
    if (dots != NULL)
        *dots = '\0';
    ZS_TRY(find_rows(plan, arena, word, &first, err));
    last = first;
    if (dots != NULL)
        ZS_TRY(find_rows(plan, arena, dots + 2, &last, err));
    if (last.last < first.first)
        return zs_fail(err, ZS_EUSAGE, "--trace-layers", "'%s' comes after '%s'", word, dots + 2);
    for (uint32_t i = first.first; i <= last.last; i++)
        rows[i] = true;
    return ZS_OK;
}

/* "fire2,fire4/squeeze1x1..conv10" */
static zs_status choose_rows(const zs_plan *plan, zs_arena *arena, const char *list,
                             const bool **out, zs_err *err)
{
    bool *rows = zs_new(arena, bool, plan->row_n + 1u);
    char *rest = zs_arena_strdup(arena, list);
    if (rows == NULL || rest == NULL)
        return zs_nomem(err, "--trace-layers");
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        if (word[0] == '\0')
            return zs_fail(err, ZS_EUSAGE, "--trace-layers",
                           list[0] ? "'%s' names no layer beside a comma" : "'%s' names no layer",
                           list);
        ZS_TRY(add_rows(plan, arena, word, rows, err));
    }
    *out = rows;
    return ZS_OK;
}

/* ---- before and after the run ---------------------------------------------------------------- */

typedef zs_status emitter(zs_arena *scratch, const zs_design *d, const zs_trace *trace,
                          const zs_result *r, const zs_sink *s, zs_err *err);

static const struct {
    const char *ending;
    emitter *emit;
    bool is_packed;
} forms[] = {{".json", zs_trace_json_emit, false},
             {".json.gz", zs_trace_json_emit, true},
             {".vcd", zs_trace_vcd_emit, false},
             {".vcd.gz", zs_trace_vcd_emit, true}};

/* Row of `forms`, or their number. */
static size_t form_of(const char *path)
{
    size_t i = 0;
    while (i < ZS_LEN(forms) && !cli_ends_in(path, forms[i].ending))
        i++;
    return i;
}

zs_status cli_trace_check(const cli_options *o, zs_err *err)
{
    if (o->trace == NULL && o->trace_layers != NULL)
        return zs_fail(err, ZS_EUSAGE, "--trace-layers", "needs --trace FILE");
    if (o->trace == NULL && o->trace_limit != CLI_TRACE_LIMIT && !o->quiet)
        cli_say("--trace-limit", "has no effect without --trace FILE");
    if (o->trace == NULL)
        return ZS_OK;
    if (cli_ends_in(o->trace, ".fst"))
        return zs_fail(err, ZS_EUNSUPPORTED, o->trace,
                       "FST is not written: write a .vcd file, which GTKWave reads as well and its "
                       "vcd2fst makes FST of");
    if (form_of(o->trace) == ZS_LEN(forms))
        return zs_fail(err, ZS_EUSAGE, o->trace,
                       "a trace ends in .json (timeline for Perfetto and chrome://tracing) or .vcd "
                       "(waveform), packed in .json.gz or .vcd.gz");
    if (o->fidelity == ZS_BOUND)
        return zs_fail(err, ZS_EUSAGE, "--trace",
                       "fidelity bound is a closed form without events; tile and burst have them");
    return ZS_OK;
}

zs_status cli_trace_begin(cli_point *p, const cli_options *o, zs_err *err)
{
    zs_trace_limits limits = {.op_max = 4 * (uint32_t)o->trace_limit,
                              .burst_max = (uint32_t)o->trace_limit};
    if (o->trace == NULL)
        return ZS_OK;
    if (o->trace_layers != NULL)
        ZS_TRY(choose_rows(p->plan, &p->keep, o->trace_layers, &limits.rows, err));
    ZS_TRY(cli_stream_open(&p->keep, o->trace, &p->trace_file, err));
    return zs_trace_build(&p->keep, p->plan, &limits, &p->trace, err);
}

static const char *row_at(const zs_result *r, uint64_t cycle)
{
    for (uint32_t i = 0; i < r->layer_n; i++)
        if (cycle < r->layers[i].start_cycle + r->layers[i].cycles)
            return r->layers[i].name;
    return "the end";
}

static void note_cut(cli_point *p, const cli_options *o, const zs_result *r)
{
    const zs_trace *t = p->trace;
    const zs_kind *kind = zs_kind_of(&p->design);
    if (kind->walk != NULL)
        cli_note(p,
                 "%s shows ops alone: the single accesses of kind %s are folded, not simulated one "
                 "by one",
                 o->trace, kind->word);
    if (t->op_wanted > t->op_n)
        cli_note(p, "%s has %u of %u ops: --trace-layers takes others, --trace-limit more",
                 o->trace, t->op_n, t->op_wanted);
    if (t->bursts_lost > 0)
        cli_note(p,
                 "%s shows bursts and banks up to cycle %llu, in %s, and ops alone from there "
                 "(%llu bursts are left out): --trace-layers takes others, --trace-limit more",
                 o->trace, (unsigned long long)t->lost_at_pl_cycle, row_at(r, t->lost_at_pl_cycle),
                 (unsigned long long)t->bursts_lost);
}

static zs_status write_trace(cli_point *p, const cli_options *o, const zs_result *r, zs_err *err)
{
    zs_arena scratch;
    cli_gzip *gzip = NULL;
    zs_sink sink = cli_stream_sink(p->trace_file);
    const size_t form = form_of(o->trace);
    if (forms[form].is_packed) {
        ZS_TRY(cli_gzip_begin(&sink, &gzip, err));
        sink = cli_gzip_sink(gzip);
    }
    zs_arena_init(&scratch, cli_heap());
    zs_status status = forms[form].emit(&scratch, &p->design, p->trace, r, &sink, err);
    zs_arena_drop(&scratch);
    const zs_status packed = gzip != NULL ? cli_gzip_end(gzip) : ZS_OK;
    status = status == ZS_OK ? packed : status;
    return cli_stream_end(p->trace_file, status, err);
}

zs_status cli_trace_end(cli_point *p, const cli_options *o, const zs_result *r, zs_err *err)
{
    if (p->trace == NULL)
        return ZS_OK;
    note_cut(p, o, r);
    return write_trace(p, o, r, err);
}

void cli_trace_drop(cli_point *p)
{
    cli_stream_drop(p->trace_file);
}
