#include "cli_priv.h"

static zs_status emit_point(cli_point *p, bool is_listing, const zs_sink *s, zs_err *err)
{
    if (is_listing)
        return zs_plan_listing_emit(&p->design, p->net, p->plan, s, err);
    ZS_TRY(zs_design_yaml_emit(&p->design, s, err));
    ZS_TRY(zs_sink_puts(s, "\n"));
    ZS_TRY(zs_net_table_emit(p->net, s, err));
    ZS_TRY(zs_sink_puts(s, "\n"));
    zs_fit fit;
    ZS_TRY(zs_fit_build(&p->keep, &p->design, p->plan, &fit, err));
    return zs_plan_tables_emit(&p->design, p->plan, &fit, s, err);
}

zs_status cmd_show(const cli_options *options, int *exit_status, zs_err *err)
{
    (void)exit_status;
    const zs_sink sink = cli_stdout();
    if (options->fields)
        return zs_fields_markdown_emit(&sink, err);
    if (options->metrics)
        return zs_metrics_markdown_emit(&sink, err);
    cli_point point;
    zs_status status = cli_point_build(options, &point, err);
    if (status == ZS_OK)
        status = emit_point(&point, options->plan, &sink, err);
    cli_point_drop(&point);
    return status;
}
