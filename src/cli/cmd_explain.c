#include "cli_priv.h"
#include "zynqsim/explain.h"

enum { BAR_STEP = 1024 }; /* the least that a bar notices */

static void simulated(void *ctx)
{
    cli_progress_step(ctx, BAR_STEP);
}

static zs_status print(const zs_explanation *x, cli_format format, zs_err *err)
{
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (format) {
    case CLI_CSV:
        return zs_explanation_csv_emit(x, &sink, err);
    case CLI_JSON:
        return zs_explanation_json_emit(x, &sink, err);
    default:
        return zs_explanation_table_emit(x, &style, &sink, err);
    }
}

static zs_status explain(const cli_options *o, cli_point *p, zs_arena *scratch, zs_err *err)
{
    cli_options timing = *o;
    cli_progress progress;
    const zs_explain_hook hook = {.simulated = simulated, .ctx = &progress};
    zs_explanation x;
    timing.timing_only = true;
    ZS_TRY(cli_point_build(&timing, p, err));
    cli_progress_begin(&progress, (uint64_t)zs_explain_most_simulations() * BAR_STEP, o->quiet);
    const zs_status status =
        zs_explain_run(&p->keep, scratch, &p->design, p->net, o->fidelity, &hook, &x, err);
    cli_progress_end(&progress);
    ZS_TRY(status);
    return print(&x, o->format, err);
}

zs_status cmd_explain(const cli_options *options, int *exit_status, zs_err *err)
{
    cli_point point = {0};
    zs_arena scratch;
    (void)exit_status;
    zs_arena_init(&scratch, cli_heap());
    const zs_status status = explain(options, &point, &scratch, err);
    zs_arena_drop(&scratch);
    cli_point_drop(&point);
    return status;
}
