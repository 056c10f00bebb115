/* `show --streamline`: what became of the scales, batch normalisations and quantisers of a file. */
#include "text_table_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_THRESHOLDS = 511 };

static const zs_text_column columns[] = {
    {.head = "layer", .most = 24},
    {.head = "takes", .gap = 2},
    {.head = "weights", .gap = 2},
    {.head = "sums", .gap = 2, .is_right = true},
    {.head = "bits", .gap = 1, .is_right = true},
    {.head = "function of the sum", .gap = 2},
    {.head = "gives", .gap = 2},
    {.head = "with it", .gap = 2},
};

static zs_cell type_cell(const zs_number *n)
{
    zs_cell cell = {.text = "real"};
    if (!(n->scale > 0))
        return cell;
    if (n->is_bipolar)
        snprintf(cell.text, sizeof cell.text, "-1, 1");
    else
        snprintf(cell.text, sizeof cell.text, "%d..%d", n->lo - n->zero, n->hi - n->zero);
    return cell;
}

static uint32_t bits_of(int64_t lo, int64_t hi)
{
    uint32_t bits = 1;
    while (-(INT64_C(1) << (bits - 1)) > lo || (INT64_C(1) << (bits - 1)) <= hi)
        bits++;
    return bits;
}

/* "15 thresholds, 3 of 64 channels fall": >= of a sum in integers. */
static zs_status function_cell(zs_arena *scratch, const zs_layer *l, int64_t least, int64_t most,
                               zs_cell *cell, zs_err *err)
{
    const zs_layer_quant *q = l->quant;
    *cell = (zs_cell){.text = "-"};
    if (q == NULL)
        return ZS_OK;
    if (!(q->out.scale > 0) || q->is_real) {
        bool scales = false;
        for (uint32_t oc = 0; oc < l->y.c; oc++)
            for (int sum = 0; sum < 2; sum++) {
                const double y = zs_op_has_filters(l->op) ? zs_quant_finish(q, oc, sum) : 2;
                scales = scales || y < sum || y > sum;
            }
        snprintf(cell->text, sizeof cell->text, "%s",
                 q->out.scale > 0 ? "rounded, real again"
                 : scales         ? "times a scale"
                                  : "the sum itself");
        return ZS_OK;
    }
    const uint32_t n = q->thresholds != NULL ? q->threshold_n : (uint32_t)(q->out.hi - q->out.lo);
    if (!zs_op_has_filters(l->op) || n > MOST_THRESHOLDS || least > most) {
        if (q->thresholds != NULL)
            snprintf(cell->text, sizeof cell->text, "%u threshold%s", n, n == 1 ? "" : "s");
        else
            snprintf(cell->text, sizeof cell->text, "rounded");
        return ZS_OK;
    }
    int64_t *t = zs_new(scratch, int64_t, n + 1);
    if (t == NULL)
        return zs_nomem(err, "thresholds");
    uint32_t falling = 0, constant = 0;
    for (uint32_t oc = 0; oc < l->y.c; oc++) {
        const double first = zs_quant_finish(q, oc, (double)least);
        const double last = zs_quant_finish(q, oc, (double)most);
        falling += last < first;
        constant += !(last < first) && !(last > first);
        if (!zs_quant_thresholds(q, oc, least, most, t, n))
            return ZS_OK;
    }
    int at = snprintf(cell->text, sizeof cell->text, "%u threshold%s", n, n == 1 ? "" : "s");
    if (falling > 0)
        at += snprintf(cell->text + at, sizeof cell->text - (size_t)at, ", %u of %u fall", falling,
                       l->y.c);
    if (constant > 0)
        snprintf(cell->text + at, sizeof cell->text - (size_t)at, ", %u constant", constant);
    return ZS_OK;
}

static bool is_layer_of(const zs_net *net, const char *name)
{
    for (uint32_t i = 0; i < net->layer_n; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return true;
    return false;
}

static const zs_layer_spec *reader_of(const zs_net_spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->layer_n; i++)
        for (uint32_t k = 0; k < spec->layers[i].in_n; k++)
            if (strcmp(spec->layers[i].in[k], name) == 0)
                return &spec->layers[i];
    return NULL;
}

/* Layers of the file that went into this one. */
static void put_merged(zs_text_table *t, const zs_net_spec *spec, const zs_net *net,
                       const zs_layer *l)
{
    const char *join = "";
    zs_text_cell(t, "");
    for (const zs_layer_spec *s = reader_of(spec, l->name);
         s != NULL && l->quant != NULL && !is_layer_of(net, s->name);
         s = reader_of(spec, s->name)) {
        if (s->op != ZS_LAYER_BATCHNORM && s->op != ZS_LAYER_ACT && s->op != ZS_LAYER_QUANTISE)
            continue;
        zs_text_more(t, ZS_PAINT_NONE, join);
        zs_text_more(t, ZS_PAINT_NONE, s->name);
        join = ", ";
    }
}

static zs_status put_layer(zs_text_table *t, zs_arena *scratch, const zs_net_spec *spec,
                           const zs_net *net, const zs_layer *l, zs_err *err)
{
    zs_cell cell = {.text = "-"}, bits = {.text = "-"};
    int64_t least = 1, most = 0;
    float *filter = zs_new(scratch, float, zs_layer_filter_elems(l) + 1);
    if (filter == NULL)
        return zs_nomem(err, "weights");
    zs_text_cell(t, l->name);
    zs_text_cell(t, type_cell(&net->tensors[l->in[0]].number).text);
    zs_text_cell(t, l->quant != NULL && l->quant->weight.scale > 0
                        ? type_cell(&l->quant->weight).text
                        : "-");
    if (zs_layer_sum_range(net, l, filter, &least, &most)) {
        snprintf(cell.text, sizeof cell.text, "%" PRId64 "..%" PRId64, least, most);
        snprintf(bits.text, sizeof bits.text, "%u", bits_of(least, most));
    }
    zs_text_cell(t, cell.text);
    zs_text_cell(t, bits.text);
    ZS_TRY(function_cell(scratch, l, least, most, &cell, err));
    zs_text_cell(t, cell.text);
    zs_text_cell(t, type_cell(&net->tensors[l->out].number).text);
    put_merged(t, spec, net, l);
    zs_text_end_row(t);
    return ZS_OK;
}

zs_status zs_streamline_emit(zs_arena *scratch, const zs_net_spec *spec, const zs_net *net,
                             const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_text_table t = {.out = &out, .columns = columns, .n = ZS_LEN(columns)};
    uint32_t integers = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < net->layer_n; i++)
            ZS_TRY(put_layer(&t, scratch, spec, net, &net->layers[i], err));
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
    for (uint32_t i = 0; i < net->layer_n; i++) {
        bool all = true;
        for (uint32_t k = 0; k < net->layers[i].in_n; k++)
            all = all && net->tensors[net->layers[i].in[k]].number.scale > 0;
        integers += all;
    }
    zs_out_printf(&out,
                  "\n%u layers of the file became %u, of which %u take integers. Sums are the "
                  "least and the most\nthat the weights allow; a threshold counts where the sum "
                  "is at least it, of falling channels\nbelow it.\n",
                  spec->layer_n, net->layer_n, integers);
    return zs_out_end(&out, "the table", err);
}
