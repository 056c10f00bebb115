#include "cli_priv.h"

zs_status cli_train_report_open(const cli_options *o, zs_arena *arena, cli_train_report *r,
                                zs_err *err)
{
    if (o->trace != NULL && !cli_ends_in(o->trace, ".json") && !cli_ends_in(o->trace, ".json.gz"))
        return zs_fail(err, ZS_EUSAGE, o->trace,
                       "a timeline of pipelines ends in .json, packed in .json.gz");
    if (o->output != NULL)
        ZS_TRY(cli_stream_open(arena, o->output, &r->page, err));
    if (o->trace != NULL)
        ZS_TRY(cli_stream_open(arena, o->trace, &r->trace, err));
    return ZS_OK;
}

void cli_train_report_drop(cli_train_report *r)
{
    cli_stream_drop(r->page);
    cli_stream_drop(r->trace);
    *r = (cli_train_report){0};
}

static zs_status write_trace(const cli_options *o, cli_stream *stream, const zs_training *t,
                             zs_err *err)
{
    zs_sink sink = cli_stream_sink(stream);
    cli_gzip *gzip = NULL;
    if (cli_ends_in(o->trace, ".gz")) {
        ZS_TRY(cli_gzip_begin(&sink, &gzip, err));
        sink = cli_gzip_sink(gzip);
    }
    zs_status status = zs_training_trace_emit(t, &sink, err);
    const zs_status packed = gzip != NULL ? cli_gzip_end(gzip) : ZS_OK;
    status = status == ZS_OK ? packed : status;
    return cli_stream_end(stream, status, err);
}

zs_status cli_train_report_write(const cli_options *o, zs_arena *arena, cli_train_report *r,
                                 zs_training *t, zs_err *err)
{
    if (r->page == NULL && r->trace == NULL)
        return ZS_OK;
    ZS_TRY(zs_training_draw(arena, t, err));
    if (r->trace != NULL)
        ZS_TRY(write_trace(o, r->trace, t, err));
    if (r->page == NULL)
        return ZS_OK;
    const zs_sink sink = cli_stream_sink(r->page);
    return cli_stream_end(r->page, zs_training_html_emit(t, &sink, err), err);
}
