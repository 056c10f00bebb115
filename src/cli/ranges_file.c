#include "cli_priv.h"

#include "zynqsim/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* --ranges FILE: what calibrations have measured, a row for each tensor of each of them. A
 * calibration is known by the digest of all that it depends on, so that a file is never used for
 * another network or other pictures: it gets rows for these, too. */

static const char header[] = "calibration,tensor,runs,largest,sums\n";
enum { CALIBRATION, TENSOR, RUNS, LARGEST, SUMS, COLUMN_N };
static const char *const columns[COLUMN_N] = {"calibration", "tensor", "runs", "largest", "sums"};

/* ---- which calibration ----------------------------------------------------------------------- */

typedef struct calibration {
    cli_point *point;
    const cli_inputs *samples;
} calibration;

/* The network as it was read, the pictures as it gets them, and the keys that say what is taken
 * from them. Of the engine only whether it is one of int8. */
static zs_status put_identity(void *ctx, const zs_sink *s, zs_err *err)
{
    const calibration *c = ctx;
    cli_point *p = c->point;
    const uint64_t elems = zs_net_input_elems(p->net);
    zs_design d;
    zs_design_defaults(&d);
    d.network = p->design.network;
    d = cli_without_files(&d);
    ZS_TRY(zs_sink_printf(s, "build %s\nint8 %d\nbits %u\n", cli_build,
                          p->design.accel.precision == ZS_INT8, p->design.accel.act_bits));
    ZS_TRY(zs_design_yaml_emit(&d, s, err));
    ZS_TRY(cli_digest_file(p, "model", p->design.network.model, s, err));
    ZS_TRY(cli_digest_file(p, "weights", p->design.network.weights, s, err));
    for (uint32_t i = 0; i < c->samples->n; i++) {
        char hex[65];
        cli_sha256(c->samples->list[i].x, elems * sizeof(float), hex);
        ZS_TRY(zs_sink_printf(s, "picture %s\n", hex));
    }
    return ZS_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "1.5 2.5": as many numbers as the tensor has channels. */
static zs_status read_sums(const zs_table *t, uint32_t row, uint32_t column, double *sums,
                           uint32_t n, zs_err *err)
{
    const char *at = zs_table_text(t, row, column, "");
    for (uint32_t c = 0; c < n; c++) {
        const char *end = zs_read_real(at + (c > 0 && *at == ' '), &sums[c]);
        if (end == NULL || !isfinite(sums[c]))
            return zs_table_fail(t, row, column, ZS_EPARSE, err,
                                 "has %u numbers where the tensor has %u channels", c, n);
        at = end;
    }
    return *at == '\0' ? ZS_OK
                       : zs_table_fail(t, row, column, ZS_EPARSE, err,
                                       "has more than the %u numbers of the tensor's channels", n);
}

static zs_status read_row(const zs_table *t, const uint32_t *at, uint32_t row, const zs_net *net,
                          zs_ranges *ranges, uint32_t *seen_n, zs_err *err)
{
    uint64_t tensor, runs;
    double largest;
    ZS_TRY(zs_table_count(t, row, at[TENSOR], 0, net->tensor_n - 1u, &tensor, err));
    if (tensor != *seen_n)
        return zs_table_fail(t, row, at[TENSOR], ZS_EPARSE, err,
                             "is %llu where tensor %u should follow", (unsigned long long)tensor,
                             *seen_n);
    ++*seen_n;
    ZS_TRY(zs_table_number(t, row, at[LARGEST], 0, 3.5e38, &largest, err));
    ranges->max_abs[tensor] = (float)largest;
    if (ranges->sums == NULL)
        return ZS_OK;
    ZS_TRY(zs_table_count(t, row, at[RUNS], 0, UINT32_MAX, &runs, err));
    ranges->runs[tensor] = (uint32_t)runs;
    return read_sums(t, row, at[SUMS], ranges->sums[tensor], net->tensors[tensor].shape.c, err);
}

static zs_status take(const zs_table *t, const char *id, const zs_net *net, zs_ranges *ranges,
                      bool *found, zs_err *err)
{
    uint32_t at[COLUMN_N], seen_n = 0;
    for (size_t i = 0; i < COLUMN_N; i++)
        ZS_TRY(zs_table_need(t, columns[i], &at[i], err));
    for (uint32_t row = 0; row < t->row_n; row++)
        if (strcmp(zs_table_text(t, row, at[CALIBRATION], ""), id) == 0)
            ZS_TRY(read_row(t, at, row, net, ranges, &seen_n, err));
    if (seen_n != 0 && seen_n != net->tensor_n)
        return zs_fail(err, ZS_EPARSE, t->path,
                       "has %u of the %u tensors of calibration %.16s: remove the file", seen_n,
                       net->tensor_n, id);
    *found = seen_n != 0;
    return ZS_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static zs_status put_rows(const char *id, const zs_net *net, const zs_ranges *ranges,
                          const zs_sink *s)
{
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        const uint32_t runs = ranges->sums != NULL ? ranges->runs[t] : 0;
        ZS_TRY(zs_sink_printf(s, "%s,%u,%u,%.9g,", id, t, runs, (double)ranges->max_abs[t]));
        for (uint32_t c = 0; ranges->sums != NULL && c < net->tensors[t].shape.c; c++)
            ZS_TRY(zs_sink_printf(s, "%s%.17g", c > 0 ? " " : "", ranges->sums[t][c]));
        ZS_TRY(zs_sink_printf(s, "\n"));
    }
    return ZS_OK;
}

/* What is infinite or not a number stands for an error that the next run has to meet again. */
static bool is_storable(const zs_net *net, const zs_ranges *ranges)
{
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        if (!isfinite(ranges->max_abs[t]))
            return false;
        for (uint32_t c = 0; ranges->sums != NULL && c < net->tensors[t].shape.c; c++)
            if (!isfinite(ranges->sums[t][c]))
                return false;
    }
    return true;
}

static zs_status write_file(const char *path, zs_span before, const char *id, const zs_net *net,
                            const zs_ranges *ranges, zs_err *err)
{
    zs_arena scratch;
    cli_stream *file = NULL;
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_stream_open(&scratch, path, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file);
        status = before.bytes > 0 ? zs_sink_write(&sink, before.data, before.bytes)
                                  : zs_sink_puts(&sink, header);
        if (status == ZS_OK && before.bytes > 0 && before.data[before.bytes - 1] != '\n')
            status = zs_sink_puts(&sink, "\n");
        if (status == ZS_OK)
            status = put_rows(id, net, ranges, &sink);
        status = cli_stream_end(file, status, err);
    }
    zs_arena_drop(&scratch);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

zs_status cli_ranges_keep(cli_point *p, const char *path, const cli_inputs *samples,
                          cli_measure_fn *measure, zs_ranges *ranges, zs_err *err)
{
    char id[65];
    bool found = false;
    zs_span bytes = {0};
    ZS_TRY(cli_digest_lines(put_identity, &(calibration){p, samples}, id, err));
    if (access(path, F_OK) == 0) {
        zs_table table;
        ZS_TRY(cli_file_read(&p->keep, path, ZS_TABLE_BYTES_MAX, &bytes, err));
        ZS_TRY(zs_table_parse(&p->keep, bytes, path, &table, err));
        ZS_TRY(take(&table, id, p->net, ranges, &found, err));
    }
    if (found) {
        cli_note(p, "the ranges of the calibration come from %s: its pictures were not run", path);
        return ZS_OK;
    }
    ZS_TRY(measure(p, samples, ranges, err));
    return is_storable(p->net, ranges) ? write_file(path, bytes, id, p->net, ranges, err) : ZS_OK;
}
