#include "cli_priv.h"

#include <string.h>
#include <unistd.h>

static zs_status list_boards(const zs_sink *s)
{
    for (uint32_t i = 0; i < zs_board_n; i++)
        ZS_TRY(zs_sink_printf(s, "%-20s %s\n", zs_boards[i].name, zs_boards[i].meaning));
    return ZS_OK;
}

static zs_status list_models(const zs_sink *s, zs_err *err)
{
    zs_arena arena;
    zs_arena_init(&arena, cli_heap());
    const zs_status status = cli_models_list(&arena, s, err);
    zs_arena_drop(&arena);
    return status;
}

static zs_status put_graph(const cli_point *p, const cli_options *o, bool is_page, zs_span svg,
                           zs_err *err)
{
    zs_arena scratch;
    cli_stream *file = NULL;
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_stream_open(&scratch, o->graph, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file);
        status = is_page ? zs_graph_page_emit(p->net, svg, &sink, err)
                         : zs_sink_write(&sink, svg.data, svg.bytes);
        status = cli_stream_end(file, status, err);
    }
    zs_arena_drop(&scratch);
    return status;
}

static zs_status draw_graph(const cli_point *p, const cli_options *o, zs_err *err)
{
    const bool is_page = cli_ends_in(o->graph, ".html");
    if (!is_page && !cli_ends_in(o->graph, ".svg"))
        return zs_fail(err, ZS_EUSAGE, o->graph, "a graph ends in .svg or .html");
    zs_buffer text, svg;
    zs_buffer_init(&text, cli_heap());
    zs_buffer_init(&svg, cli_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    zs_status status = zs_net_graph_emit(p->net, p->plan, &sink, err);
    if (status == ZS_OK)
        status = cli_dot_run((zs_span){text.data, text.bytes}, &svg, err);
    if (status == ZS_OK)
        status = put_graph(p, o, is_page, (zs_span){svg.data, svg.bytes}, err);
    zs_buffer_drop(&text);
    zs_buffer_drop(&svg);
    return status;
}

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

zs_status cli_folding_write(const cli_point *p, const char *path, const uint32_t *depths,
                            zs_err *err)
{
    zs_arena scratch;
    cli_stream *file = NULL;
    if (p->plan->flow == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "--write-folding", "kind %s has no pipeline to fold",
                       zs_kind_of(&p->design)->word);
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_stream_open(&scratch, path, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file);
        status = zs_folding_json_emit(&scratch, p->plan->flow, depths, &sink, err);
        status = cli_stream_end(file, status, err);
    }
    zs_arena_drop(&scratch);
    return status;
}

static zs_status show_streamline(const cli_options *o, cli_point *p, const zs_sink *s, zs_err *err)
{
    ZS_TRY(cli_base_build(o, p, err));
    ZS_TRY(cli_net_load(p, o, err));
    if (p->streamlined == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, p->design.network.model,
                       "has no quantisers that precision %s keeps: there is nothing to streamline",
                       zs_precision_word(&p->design.accel));
    return zs_streamline_emit(&p->keep, p->streamlined, p->net, s, err);
}

/* Factors of the design's own would hide what the account says by itself. */
static zs_status calibrate(cli_point *p, const cli_options *o, zs_err *err)
{
    zs_span bytes;
    zs_utilization u;
    zs_fit fit;
    cli_stream *file = NULL;
    p->design.accel.account = (zs_account_scale){0};
    ZS_TRY(cli_file_read(&p->keep, o->calibrate, ZS_UTILIZATION_BYTES_MAX, &bytes, err));
    ZS_TRY(zs_utilization_parse(&p->keep, bytes, o->calibrate, &u, err));
    ZS_TRY(zs_fit_build(&p->keep, &p->design, p->plan, &fit, err));
    const zs_account_scale scale = zs_account_scale_of(&fit, &u);
    const zs_sink screen = cli_stdout();
    ZS_TRY(zs_calibration_table_emit(&fit, &u, &scale, &screen, err));
    if (o->out == NULL)
        return ZS_OK;
    ZS_TRY(cli_stream_open(&p->keep, o->out, &file, err));
    const zs_sink sink = cli_stream_sink(file);
    const zs_status status = zs_calibration_yaml_emit(&u, &scale, o->calibrate, &sink, err);
    return cli_stream_end(file, status, err);
}

static zs_status show_loops(const cli_point *p, const zs_sink *s, zs_err *err)
{
    const zs_kind *kind = zs_kind_of(&p->design);
    if (kind->loops == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "--loops",
                       "kind %s has no loops that a compiler made of layers", kind->word);
    const zs_status status = kind->loops(&p->design, p->plan, s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "loops", "they could not be written");
}

static zs_status write_kernels(const cli_point *p, const cli_options *o, zs_err *err)
{
    const zs_kind *kind = zs_kind_of(&p->design);
    const zs_sink screen = cli_stdout();
    zs_arena scratch;
    cli_stream *file = NULL;
    if (kind->code == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, "--kernels",
                       "kind %s has no kernels that could be written", kind->word);
    if (o->out == NULL)
        return kind->code(&p->design, p->net, p->plan, &screen, err);
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_stream_open(&scratch, o->out, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file);
        status = kind->code(&p->design, p->net, p->plan, &sink, err);
        status = cli_stream_end(file, status, err);
    }
    zs_arena_drop(&scratch);
    return status;
}

/* A picture needs no design: a network by itself is drawn as the default design runs it. */
static cli_options of_model(const cli_options *options)
{
    cli_options own = *options;
    const char *path = options->design_path;
    if (options->graph == NULL || path == NULL || options->model != NULL ||
        cli_ends_in(path, ".yaml") || cli_ends_in(path, ".yml") ||
        (!zs_net_has_format(path) && access(path, F_OK) == 0))
        return own;
    own.model = path;
    own.design_path = NULL;
    return own;
}

static void say_unread(const char *design_path, const char *option)
{
    char text[64];
    snprintf(text, sizeof text, "is not read: %s is the same for all designs", option);
    cli_say(design_path, text);
}

/* One thing is shown at a time. What has no effect on it is said, but no reason to stop: scripts
 * pass a design and --out to all commands. */
static zs_status check_options(const cli_options *o, zs_err *err)
{
    const struct {
        const char *name;
        bool is_given, takes_design;
    } all[] = {{"--fields", o->fields, false},
               {"--metrics", o->metrics, false},
               {"--operators", o->operators, false},
               {"--boards", o->boards, false},
               {"--models", o->models, false},
               {"--streamline", o->streamline, true},
               {"--calibrate", o->calibrate != NULL, true},
               {"--graph", o->graph != NULL, true},
               {"--write-folding", o->write_folding != NULL, true},
               {"--loops", o->loops, true},
               {"--kernels", o->kernels, true},
               {"--schedule", o->schedule, true},
               {"--plan", o->plan, true}};
    const char *first = NULL;
    for (size_t i = 0; i < ZS_LEN(all); i++) {
        if (!all[i].is_given)
            continue;
        if (first != NULL)
            return zs_fail(err, ZS_EUSAGE, all[i].name,
                           "does not go with %s: one thing is shown at a time", first);
        if (!all[i].takes_design && o->design_path != NULL)
            say_unread(o->design_path, all[i].name);
        first = all[i].name;
    }
    if (o->out != NULL && o->calibrate == NULL && !o->kernels)
        cli_say("--out", "is for --calibrate and --kernels; nothing is written");
    return ZS_OK;
}

zs_status cmd_show(const cli_options *stated, int *exit_status, zs_err *err)
{
    (void)exit_status;
    ZS_TRY(check_options(stated, err));
    const cli_options own = of_model(stated), *options = &own;
    const zs_sink sink = cli_stdout();
    if (options->fields)
        return zs_fields_markdown_emit(&sink, err);
    if (options->metrics)
        return zs_metrics_markdown_emit(&sink, err);
    if (options->operators)
        return zs_operators_emit(&sink, err);
    if (options->boards)
        return list_boards(&sink);
    if (options->models)
        return list_models(&sink, err);
    cli_point point;
    if (options->streamline) {
        const zs_status shown = show_streamline(options, &point, &sink, err);
        cli_point_drop(&point);
        return shown;
    }
    zs_status status = cli_point_build(options, &point, err);
    if (status == ZS_OK && options->calibrate != NULL)
        status = calibrate(&point, options, err);
    else if (status == ZS_OK && options->graph != NULL)
        status = draw_graph(&point, options, err);
    else if (status == ZS_OK && options->write_folding != NULL)
        status = cli_folding_write(&point, options->write_folding, NULL, err);
    else if (status == ZS_OK && options->loops)
        status = show_loops(&point, &sink, err);
    else if (status == ZS_OK && options->kernels)
        status = write_kernels(&point, options, err);
    else if (status == ZS_OK && options->schedule)
        status = zs_schedule_emit(&point.design, point.net, point.plan, &sink, err);
    else if (status == ZS_OK)
        status = emit_point(&point, options->plan, &sink, err);
    cli_point_drop(&point);
    return status;
}
