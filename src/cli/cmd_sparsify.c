#include "cli_priv.h"
#include "zynqsim/num.h"

/* A model in, the same with zeros out. */

typedef struct setting {
    const char *option, *key, *value;
} setting;

static zs_status apply(const cli_options *o, cli_point *p, zs_err *err)
{
    const setting list[] = {
        {"--method", "network.sparsify.method", o->method},
        {"--parameter", "network.sparsify.parameter", o->parameter},
        {"--target-zeros", "network.sparsify.target_zeros", o->target_zeros},
        {"--structured", "network.sparsify.structured", o->structured},
        {"--correction", "network.sparsify.correction", o->correction},
        {"--spare-depthwise", "network.sparsify.spare_depthwise",
         o->spare_depthwise ? "true" : NULL},
        {"--spare-first", "network.sparsify.spare_first", o->spare_first ? "true" : NULL},
    };
    bool is_any = false;
    for (size_t i = 0; i < ZS_LEN(list); i++) {
        if (list[i].value == NULL)
            continue;
        ZS_TRY(cli_key_check(o, list[i].option, list[i].key, list[i].value, err));
        ZS_TRY(zs_design_set(&p->design, &p->keep, list[i].key, list[i].value, err));
        is_any |= list[i].value != o->method;
    }
    if (is_any && o->method == NULL && p->design.network.sparsify.method == ZS_SPARSIFY_NONE)
        return zs_fail(err, ZS_EUSAGE, "--method", "is needed: it says which weights become 0");
    if (o->inputs != NULL && o->pes == NULL && !o->quiet)
        cli_say("--input", "has no effect without --pes: nothing else looks at inputs");
    return zs_design_check(&p->design, err);
}

static zs_status write_onnx(cli_stream *stream, cli_point *p, zs_err *err)
{
    if (stream == NULL)
        return ZS_OK;
    const zs_sink sink = cli_stream_sink(stream);
    return cli_stream_end(stream, zs_net_onnx_emit(&p->keep, p->net, &sink, err), err);
}

/* The cycles of --pes: with --input those of one image, too. */
static zs_status count_grid(const cli_options *o, cli_point *p, zs_sparse_grid *out, zs_err *err)
{
    long long pes;
    zs_quant *quant;
    cli_inputs inputs;
    zs_ref_tensors tensors = {0};
    ZS_TRY(cli_whole_number(o->pes, "--pes", &pes, err));
    if (pes < 1 || pes > 65536)
        return zs_fail(err, ZS_EUSAGE, "--pes", "%lld is outside 1 .. 65536", pes);
    if (o->inputs != NULL) {
        ZS_TRY(cli_inputs_build(p, p->design.network.inputs, 1, &inputs, err));
        ZS_TRY(zs_quant_build(&p->keep, p->net, ZS_FP32, NULL, &quant, err));
        ZS_TRY(zs_ref_run(&p->keep, p->net, quant, inputs.list[0].x, NULL, &tensors, err));
    }
    ZS_TRY(zs_sparse_grid_build(&p->keep, p->net, (uint32_t)pes, tensors.data, out, err));
    return out->layer_n == p->sparsity->layer_n
               ? ZS_OK
               : zs_fail(err, ZS_EUNSUPPORTED, "--pes",
                         "some layers are made of several of the model");
}

static zs_status print(const cli_options *o, cli_point *p, zs_err *err)
{
    zs_sparse_grid grid;
    const zs_sparse_grid *g = NULL;
    if (o->pes != NULL) {
        ZS_TRY(count_grid(o, p, &grid, err));
        g = &grid;
    }
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (o->format) {
    case CLI_CSV:
        return zs_sparsity_csv_emit(p->sparsity, g, &sink, err);
    case CLI_JSON:
        return zs_sparsity_json_emit(p->sparsity, g, &sink, err);
    default:
        return zs_sparsity_table_emit(p->sparsity, g, &style, &sink, err);
    }
}

static zs_status sparsify(const cli_options *o, cli_point *p, zs_err *err)
{
    cli_options own = *o;
    cli_stream *stream = NULL;
    own.model = o->words[0];
    ZS_TRY(cli_base_build(&own, p, err));
    ZS_TRY(apply(o, p, err));
    p->keep_batchnorm = true; /* of the file that is written */
    p->counts_zeros = true;
    ZS_TRY(cli_net_load(p, &own, err));
    if (o->output != NULL)
        ZS_TRY(cli_stream_open(&p->keep, o->output, &stream, err));
    ZS_TRY(write_onnx(stream, p, err));
    return print(o, p, err);
}

zs_status cmd_sparsify(const cli_options *options, int *exit_status, zs_err *err)
{
    cli_point point = {0};
    (void)exit_status;
    const zs_status status = sparsify(options, &point, err);
    cli_point_drop(&point);
    return status;
}
