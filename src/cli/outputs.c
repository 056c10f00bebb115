#include "cli_priv.h"

#include <math.h>
#include <string.h>

/* An emitter that fails without a word of its own failed to get memory for its bytes. */
static zs_status said(zs_status status, const char *what, zs_err *err)
{
    if (status != ZS_OK && err->text[0] == '\0')
        return zs_fail(err, status, what, "could not be made: %s",
                       status == ZS_ENOMEM ? "out of memory" : "an emitter failed");
    return status;
}

/* First axis: input. Further axes C, H, W; H and W are left out when both are 1. */
static uint32_t dims_of_shape(zs_shape s, uint32_t n, uint64_t dims[])
{
    const uint64_t all[4] = {n, s.c, s.h, s.w};
    memcpy(dims, all, sizeof all);
    return s.h == 1 && s.w == 1 ? 2 : 4;
}

/* As the file counts them: the first dimension is one sample, or as many as the file has, or not
 * that of samples at all. */
static uint32_t dims_of(const zs_net *net, const zs_net_output *o, uint32_t n, uint64_t dims[])
{
    if (!o->has_dims)
        return dims_of_shape(net->tensors[o->tensor].shape, n, dims);
    for (uint32_t d = 0; d < o->rank; d++)
        dims[d] = o->dims[d];
    if (n == 1)
        return o->rank;
    dims[0] = o->rank > 0 ? (uint64_t)o->dims[0] * n : n;
    return o->rank > 0 ? o->rank : 1;
}

static zs_status emit_tensor(const float *data, const uint64_t *dims, uint32_t rank,
                             zs_buffer *bytes, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(bytes);
    return zs_npy_emit(data, dims, rank, &sink, err);
}

/* A result in integers of the file: those that its real numbers stand for. */
static zs_status emit_integers(cli_point *p, const zs_number *number, const float *data,
                               const uint64_t *dims, uint32_t rank, zs_buffer *bytes, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(bytes);
    uint64_t n = 1;
    for (uint32_t d = 0; d < rank; d++)
        n *= dims[d];
    float *q = zs_arena_alloc_raw(&p->keep, n, sizeof *q);
    if (q == NULL)
        return zs_nomem(err, "output");
    for (uint64_t i = 0; i < n; i++)
        q[i] = (float)(rint((double)data[i] / number->scale) + number->zero + number->offset);
    return zs_npy_emit_bytes(q, number->offset == 0, dims, rank, &sink, err);
}

/* A plot that cannot be drawn leaves an empty buffer and a note: the figures are there all the
 * same. */
static zs_status draw_roofline(cli_point *p, const zs_result *r, zs_buffer *svg, zs_err *err)
{
    zs_buffer script;
    zs_buffer_init(&script, cli_heap());
    const zs_sink sink = zs_buffer_sink(&script);
    zs_status status = said(zs_roofline_plot_emit(r, &sink, err), "roofline.svg", err);
    if (status == ZS_OK) {
        zs_err why = {0};
        status = cli_gnuplot_run((zs_span){script.data, script.bytes}, svg, &why);
        if (status == ZS_EUNSUPPORTED) {
            cli_note(p, "no picture of the roofline: %s: %s", why.place, why.text);
            cli_say("roofline.svg", "is not written: gnuplot is not installed");
            status = ZS_OK;
        } else if (status != ZS_OK) {
            *err = why;
        }
    }
    zs_buffer_drop(&script);
    return status;
}

static zs_status emit_texts(const zs_result *r, cli_files *files, zs_err *err)
{
    const zs_sink json = zs_buffer_sink(cli_files_add(files, "result.json"));
    ZS_TRY(said(zs_json_emit(r, &json, err), "result.json", err));
    const zs_sink csv = zs_buffer_sink(cli_files_add(files, "layers.csv"));
    return said(zs_layers_csv_emit(r, &csv, err), "layers.csv", err);
}

/* output.npy for the first, output-NAME.npy for others; what a file cannot be called becomes '_'.
 */
static zs_status file_name(cli_point *p, const zs_net_output *o, const char **out, zs_err *err)
{
    char *name = zs_arena_printf(&p->keep, "output-%s.npy", o->name);
    if (name == NULL)
        return zs_nomem(err, "output");
    for (char *c = name; *c != '\0'; c++)
        if (*c == '/' || (unsigned char)*c < ' ')
            *c = '_';
    *out = name;
    return ZS_OK;
}

static zs_status emit_tensors(cli_point *p, const cli_outputs *o, cli_files *files, zs_err *err)
{
    uint64_t dims[ZS_RANK_MAX];
    if (o->y != NULL && o->net->output_n > CLI_OUTPUTS_MAX)
        return zs_fail(err, ZS_ERANGE, "--out", "%u outputs are more than the limit of %d",
                       o->net->output_n, CLI_OUTPUTS_MAX);
    for (uint32_t i = 0; o->y != NULL && i < o->net->output_n; i++) {
        const zs_net_output *output = &o->net->outputs[i];
        const uint32_t rank = dims_of(o->net, output, o->n, dims);
        const char *name = "output.npy";
        if (i > 0)
            ZS_TRY(file_name(p, output, &name, err));
        zs_buffer *y = cli_files_add(files, name);
        if (output->is_int)
            ZS_TRY(said(emit_integers(p, &o->net->tensors[output->tensor].number, o->y[i], dims,
                                      rank, y, err),
                        name, err));
        else
            ZS_TRY(said(emit_tensor(o->y[i], dims, rank, y, err), name, err));
    }
    if (o->logits == NULL)
        return ZS_OK;
    zs_buffer *logits = cli_files_add(files, "logits.npy");
    const uint32_t rank = dims_of_shape(o->logits_shape, o->n, dims);
    return said(emit_tensor(o->logits, dims, rank, logits, err), "logits.npy", err);
}

static zs_status emit_plot(cli_point *p, const zs_result *r, cli_files *files, zs_span *roofline,
                           zs_err *err)
{
    zs_buffer *svg = cli_files_add(files, "roofline.svg");
    ZS_TRY(draw_roofline(p, r, svg, err));
    *roofline = (zs_span){svg->data, svg->bytes};
    files->n -= svg->bytes == 0; /* nothing was drawn: no file */
    return ZS_OK;
}

/* The plot comes first: what it could not do is a note in the texts. */
static zs_status emit_all(cli_point *p, zs_result *r, const cli_outputs *o, cli_files *files,
                          zs_err *err)
{
    zs_span roofline;
    ZS_TRY(emit_plot(p, r, files, &roofline, err));
    r->notes = p->notes;
    r->note_n = p->note_n;
    const zs_sink html = zs_buffer_sink(cli_files_add(files, "report.html"));
    ZS_TRY(said(zs_html_emit(r, roofline, &html, err), "report.html", err));
    ZS_TRY(emit_texts(r, files, err));
    return emit_tensors(p, o, files, err);
}

zs_status cli_out_write(cli_point *point, const char *dir, zs_result *result,
                        const cli_outputs *outputs, zs_err *err)
{
    cli_files files = {.dir = dir};
    zs_status status = emit_all(point, result, outputs, &files, err);
    if (status == ZS_OK)
        status = cli_files_write(&files, err);
    cli_files_drop(&files);
    return status;
}
