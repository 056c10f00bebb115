#include "cli_priv.h"

#include <string.h>

/* ---- what is printed ------------------------------------------------------------------------- */

static zs_status print_table(const zs_result *r, const zs_sink *sink, zs_err *err)
{
    const zs_table_style style = cli_terminal_style();
    return zs_table_emit(r, &style, sink, err);
}

static zs_status print_result(const zs_result *r, cli_format format, zs_err *err)
{
    static zs_status (*const print[CLI_FORMAT_N])(const zs_result *, const zs_sink *, zs_err *) = {
        [CLI_TABLE] = print_table, [CLI_CSV] = zs_layers_csv_emit, [CLI_JSON] = zs_json_emit};
    const zs_sink sink = cli_stdout();
    return print[format](r, &sink, err);
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* " (engine front)": those that do not fit alone; of engines that fit alone but not together none.
 * NULL when memory is out. */
static const char *who_is_too_large(cli_point *p, const zs_result *r)
{
    const char *names = "";
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->engine_n && names != NULL; i++)
        if (!r->engines[i].fit.fits)
            names =
                zs_arena_printf(&p->keep, "%s%s%s", names, n++ > 0 ? ", " : "", r->engines[i].name);
    if (names == NULL || r->engine_n == 0)
        return names;
    return n == 0 ? "; each engine alone fits"
                  : zs_arena_printf(&p->keep, " (engine%s %s)", n > 1 ? "s" : "", names);
}

static zs_status say_misfit(cli_point *p, const zs_result *r, zs_err *err)
{
    const char *excess = zs_fit_excess(&p->keep, &r->fit.used, &r->fit.available);
    const char *who = who_is_too_large(p, r);
    const char *text =
        who != NULL && excess != NULL
            ? zs_arena_printf(&p->keep, "does not fit %s: %s%s", r->board, excess, who)
            : NULL;
    if (text == NULL)
        return zs_nomem(err, "a message");
    cli_say(r->design, text);
    return ZS_OK;
}

static zs_status say_close(cli_point *p, const zs_result *r, zs_err *err)
{
    const char *which = zs_fit_close_text(&p->keep, &r->fit);
    const char *text = zs_arena_printf(&p->keep, "may not fit %s: %s is too close to call",
                                       r->board, which != NULL ? which : "");
    if (which == NULL || text == NULL)
        return zs_nomem(err, "a message");
    cli_say(r->design, text);
    return ZS_OK;
}

/* Notes of the simulator first, then those of this run. */
static zs_status merge_notes(cli_point *p, const zs_result *r, zs_err *err)
{
    const char *own[CLI_NOTES_MAX];
    const uint32_t own_n = p->note_n;
    memcpy(own, p->notes, sizeof own);
    p->note_n = 0;
    for (uint32_t i = 0; i < r->note_n; i++)
        cli_note(p, "%s", r->notes[i]);
    for (uint32_t i = 0; i < own_n && p->note_n < CLI_NOTES_MAX; i++)
        p->notes[p->note_n++] = own[i];
    return p->note_n < r->note_n ? zs_fail(err, ZS_EINTERNAL, "notes",
                                           "%u are more than the %d "
                                           "there is room for",
                                           r->note_n, CLI_NOTES_MAX)
                                 : ZS_OK;
}

/* A deadlock is an answer; the message follows. */
static zs_status print_stuck(const cli_point *p, zs_err *err)
{
    const zs_err why = *err;
    const zs_sink sink = cli_stdout();
    ZS_TRY(zs_stuck_json_emit(p->design.name, &why, &sink, err));
    return why.status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static zs_status run_point(const cli_options *given, cli_point *p, int *exit_status, zs_err *err)
{
    zs_result *result;
    cli_outputs outputs;
    cli_options recording = *given;
    const cli_options *o = &recording;
    recording.records = given->out != NULL || given->format == CLI_JSON;
    ZS_TRY(cli_trace_check(o, err));
    if (o->out != NULL)
        ZS_TRY(cli_dir_check(o->out, err));
    ZS_TRY(cli_point_build(o, p, err));
    ZS_TRY(cli_trace_begin(p, o, err));
    const zs_status status = cli_execute(p, o, &result, &outputs, err);
    if (status == ZS_ESTUCK && o->format == CLI_JSON)
        return print_stuck(p, err);
    ZS_TRY(status);
    ZS_TRY(merge_notes(p, result, err));
    ZS_TRY(cli_record_end(p, o, result, err));
    ZS_TRY(cli_trace_end(p, o, result, err));
    if (o->out != NULL)
        ZS_TRY(cli_out_write(p, o->out, result, &outputs, err));
    result->notes = p->notes;
    result->note_n = p->note_n;
    ZS_TRY(print_result(result, o->format, err));
    if (!result->fit.fits) {
        *exit_status = CLI_NO;
        if (!o->quiet)
            return say_misfit(p, result, err);
    } else if (result->fit.is_close && !o->quiet) {
        return say_close(p, result, err);
    }
    return ZS_OK;
}

zs_status cmd_run(const cli_options *options, int *exit_status, zs_err *err)
{
    cli_point point = {0};
    const zs_status status = run_point(options, &point, exit_status, err);
    cli_trace_drop(&point);
    cli_point_drop(&point);
    return status;
}
