#include "cli_priv.h"

#include <string.h>

/* Words in, depths out: the least FIFOs of the pipeline of a design. */

static zs_status take_share(const char *text, double *out, zs_err *err)
{
    double percent = 0;
    if (text == NULL)
        return ZS_OK;
    const char *end = zs_read_real(text, &percent);
    if (end == NULL || strcmp(end + (*end == '%'), "") != 0 || !(percent >= 0 && percent <= 1000))
        return zs_fail(err, ZS_EUSAGE, "--loss", "'%.40s' is no share between 0 and 1000 %%", text);
    *out = percent / 100;
    return ZS_OK;
}

static uint64_t limit_of(long long given)
{
    return given < 0 ? UINT64_MAX : (uint64_t)given;
}

static zs_status find(const cli_options *o, cli_point *p, zs_err *err)
{
    zs_flow_fifos_options options = {.images = 3, .least = 2};
    zs_flow_fifos found;
    ZS_TRY(take_share(o->loss, &options.loss, err));
    ZS_TRY(cli_point_build(o, p, err));
    const zs_plan_flow *f = p->plan->flow;
    if (f == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.kind",
                       "%s has no FIFOs between layers that could be sized",
                       zs_kind_of(&p->design)->word);
    const zs_flow_fifos_cost most = {limit_of(o->words_limit), limit_of(o->lut_limit),
                                     limit_of(o->bram_limit)};
    options.edge_bits = f->edge_bits;
    ZS_TRY(zs_flow_fifos_fit(&p->keep, &f->flow, &options, &most, &found, err));
    if (o->write_folding != NULL)
        ZS_TRY(cli_folding_write(p, o->write_folding, found.depths, err));
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (o->format) {
    case CLI_CSV:
        return zs_fifos_csv_emit(f, &found, &sink, err);
    case CLI_JSON:
        return zs_fifos_json_emit(f, &found, &sink, err);
    default:
        return zs_fifos_table_emit(f, &found, &options, &style, &sink, err);
    }
}

zs_status cmd_fifos(const cli_options *options, int *exit_status, zs_err *err)
{
    (void)exit_status;
    cli_point point = {0};
    const zs_status status = find(options, &point, err);
    cli_point_drop(&point);
    return status;
}
