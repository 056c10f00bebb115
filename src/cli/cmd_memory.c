#include "cli_priv.h"

#include <string.h>

/* One bar for all patterns; a step of the bar is 1024, the least it notices. */
enum { BAR_STEP = 1024 };

static zs_status run_all(const cli_options *o, const zs_memory_params *memory,
                         zs_traffic_case *cases, uint32_t n, zs_err *err)
{
    zs_arena scratch;
    cli_progress progress;
    zs_status status = ZS_OK;
    zs_arena_init(&scratch, cli_heap());
    cli_progress_begin(&progress, (uint64_t)n * BAR_STEP, o->quiet);
    for (uint32_t i = 0; i < n && status == ZS_OK; i++) {
        zs_arena_reset(&scratch);
        status = zs_traffic_run(&scratch, memory, &cases[i].traffic, &cases[i].result, err);
        cli_progress_step(&progress, BAR_STEP);
    }
    cli_progress_end(&progress);
    zs_arena_drop(&scratch);
    return status;
}

static zs_status characterise(const cli_options *o, cli_point *p, zs_err *err)
{
    static zs_status (*const print[CLI_FORMAT_N])(const zs_memory_params *, const zs_traffic_case *,
                                                  uint32_t, const zs_sink *,
                                                  zs_err *) = {[CLI_TABLE] = zs_traffic_table_emit,
                                                               [CLI_CSV] = zs_traffic_csv_emit,
                                                               [CLI_JSON] = zs_traffic_json_emit};
    const char *path = o->words[0];
    zs_span bytes;
    zs_table table;
    zs_traffic_case *cases;
    uint32_t n;
    ZS_TRY(cli_design_build(o, p, err));
    ZS_TRY(cli_file_read(&p->keep, path, ZS_TABLE_BYTES_MAX, &bytes, err));
    ZS_TRY(zs_table_parse(&p->keep, bytes, strcmp(path, "-") == 0 ? "standard input" : path, &table,
                          err));
    ZS_TRY(zs_traffic_table_parse(&p->keep, &table, &cases, &n, err));
    ZS_TRY(run_all(o, &p->design.board.memory, cases, n, err));
    const zs_sink sink = cli_stdout();
    return print[o->format](&p->design.board.memory, cases, n, &sink, err);
}

zs_status cmd_memory(const cli_options *options, int *exit_status, zs_err *err)
{
    (void)exit_status;
    cli_point point = {0};
    const zs_status status = characterise(options, &point, err);
    cli_point_drop(&point);
    return status;
}
