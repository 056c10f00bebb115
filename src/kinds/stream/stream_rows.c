#include "stream_priv.h"

#include <math.h>

/* ---- which layers ---------------------------------------------------------------------------- */

void stream_leave_reals(zs_plan_draft *d)
{
    const zs_net *net = d->net;
    bool is_quantised = false;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        is_quantised |= net->tensors[t].number.scale > 0;
    for (uint32_t i = 0; i < d->row_n && is_quantised; i++) {
        const zs_layer *l = zs_draft_layer(d, i);
        bool all = true, is_behind = false;
        for (uint32_t k = 0; k < l->in_n; k++)
            all = all && net->tensors[l->in[k]].number.scale > 0;
        for (uint32_t k = 0; k < i && l->op == ZS_LAYER_QUANTISE; k++)
            is_behind |= d->drafts[k].on_engine && zs_draft_layer(d, k)->out == l->in[0];
        d->drafts[i].on_engine = l->op == ZS_LAYER_QUANTISE
                                     ? (all || is_behind) && zs_draft_takes(d, d->drafts[i].layer)
                                     : all && d->drafts[i].on_engine;
    }
}

zs_status stream_check_rows(const zs_plan_draft *d, zs_err *err)
{
    uint32_t first = ZS_NO_INDEX, last = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (!d->drafts[i].on_engine)
            continue;
        first = first == ZS_NO_INDEX ? i : first;
        last = i;
    }
    if (first == ZS_NO_INDEX)
        return zs_fail(err, ZS_EUNSUPPORTED, d->net->name, "has no layer that a pipeline takes");
    for (uint32_t i = first; i <= last; i++)
        if (!d->drafts[i].on_engine)
            return zs_fail(err, ZS_EUNSUPPORTED, zs_draft_layer(d, i)->name,
                           "cannot be a node of a pipeline and lies amid layers that are");
    if (last - first >= ZS_UNITS_MAX - STREAM_LAYER_UNIT)
        return zs_fail(err, ZS_EUNSUPPORTED, d->net->name,
                       "has %u layers, a pipeline of a plan at most %d", last - first + 1,
                       ZS_UNITS_MAX - STREAM_LAYER_UNIT);
    for (uint32_t i = first; i <= last; i++)
        d->drafts[i].joins_previous = i > first;
    d->drafts[first].call_name = d->net->name;
    return ZS_OK;
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* Bits of a sum of mw products: it is at most mw * 2^(weight_bits - 1) * 2^act_bits = 2^a in
 * magnitude, and has a sign. Wider ones are cut to the accumulator of 32 bits. */
static uint32_t accumulator_bits(uint32_t mw, uint32_t weight_bits, uint32_t act_bits)
{
    const double a = log2((double)mw) + weight_bits + act_bits - 1;
    const double bits = ceil(a + log2(1 + pow(2, -a)) + 1);
    return bits > 32 ? 32 : (uint32_t)bits;
}

static bool has_square_window(const zs_layer *l, uint32_t *pad, uint32_t *pad_end)
{
    const zs_window *w = &l->window;
    /* rows and columns that windows of pools that round up read beyond the image: as padding behind
     * it */
    const uint32_t reach_h = (l->y.h - 1) * w->sh + w->kh, reach_w = (l->y.w - 1) * w->sw + w->kw;
    const uint32_t end_h = reach_h > l->x.h + w->pad_top ? reach_h - l->x.h - w->pad_top : 0;
    const uint32_t end_w = reach_w > l->x.w + w->pad_left ? reach_w - l->x.w - w->pad_left : 0;
    const uint32_t end = end_h > end_w ? end_h : end_w;
    *pad = w->pad_top;
    *pad_end = end;
    /* the same padding behind rows and columns must give no window more in the direction that needs
     * less of it */
    return w->kh == w->kw && w->sh == w->sw && w->dh == 1 && w->dw == 1 &&
           w->pad_top == w->pad_left && (l->x.h + w->pad_top + end - w->kh) / w->sh + 1 == l->y.h &&
           (l->x.w + w->pad_left + end - w->kw) / w->sw + 1 == l->y.w;
}

/* The bits that the key gives, or those of accelerator.precision; where both are given they must
 * agree. */
static zs_status width_of(const char *key, uint32_t given, uint32_t narrow, const char *word,
                          uint32_t *bits, zs_err *err)
{
    *bits = given != 0 ? given : narrow != 0 ? narrow : 8;
    if (narrow == 0 || given == 0 || given == narrow)
        return ZS_OK;
    return zs_fail(err, ZS_ERANGE, key,
                   "%u bits, but accelerator.precision is %s: 0 leaves it to the precision", given,
                   word);
}

static zs_status widths_of(const zs_accel *a, uint32_t *weight_bits, uint32_t *act_bits,
                           zs_err *err)
{
    const stream_params *s = stream_params_of(a);
    const char *word = zs_precision_word(a);
    ZS_TRY(width_of("accelerator.stream.weight_bits", s->weight_bits, a->weight_bits, word,
                    weight_bits, err));
    return width_of("accelerator.stream.act_bits", s->act_bits, a->act_bits, word, act_bits, err);
}

static stream_op op_of(const zs_layer *l)
{
    switch (l->op) {
    case ZS_LAYER_CONV:
        return zs_layer_is_depthwise(l) ? STREAM_REDUCE : STREAM_MATRIX;
    case ZS_LAYER_FC:
        return STREAM_MATRIX;
    case ZS_LAYER_POOL:
        return STREAM_REDUCE;
    case ZS_LAYER_GAP:
        return STREAM_MEAN;
    case ZS_LAYER_ADD:
        return STREAM_ADD;
    default:
        return STREAM_THRESHOLD;
    }
}

/* Bits of weights, inputs and outputs: those of the network's own integers where it has them. */
static zs_status set_widths(const zs_plan_draft *d, uint32_t i, stream_row *r, zs_err *err)
{
    const zs_layer *l = r->layer;
    const uint32_t input_bits = stream_params_of(&d->design->accel)->input_bits;
    const zs_number *x = &d->net->tensors[l->in[0]].number, *y = &d->net->tensors[l->out].number;
    uint32_t weight_bits, act_bits;
    ZS_TRY(widths_of(&d->design->accel, &weight_bits, &act_bits, err));
    r->weight_bits = weight_bits;
    if (l->quant != NULL && l->quant->weight.scale > 0)
        r->weight_bits = l->quant->weight.is_bipolar ? 1 : l->quant->weight.bits;
    r->x_bits = act_bits;
    if (x->scale > 0)
        r->x_bits = stream_width(x->lo - x->zero, x->hi - x->zero, x->is_bipolar);
    else if (i == 0 && input_bits > act_bits)
        r->x_bits = input_bits;
    r->x_is_bipolar = x->scale > 0 ? x->is_bipolar : act_bits == 1 && i > 0;
    r->y_bits =
        y->scale > 0 ? stream_width(y->lo - y->zero, y->hi - y->zero, y->is_bipolar) : act_bits;
    return ZS_OK;
}

static zs_status set_window(stream_row *r, zs_err *err)
{
    const zs_layer *l = r->layer;
    if (!has_square_window(l, &r->pad, &r->pad_end))
        return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                       "kind stream has square windows without dilation, padded alike in both "
                       "directions");
    if (r->pad + r->pad_end > 0 && r->x_is_bipolar && l->op == ZS_LAYER_CONV)
        return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                       "pads with zeros, which a bipolar stream of 1 bit does not have");
    r->k = l->window.kh;
    r->stride = l->window.sh;
    r->has_window = r->k > 1 || r->stride > 1 || r->op == STREAM_REDUCE;
    r->mw = r->op == STREAM_MATRIX ? l->x.c * r->k * r->k : l->x.c;
    return ZS_OK;
}

/* Sums are reduced to few levels, except those of the last layer and those that a quantised network
 * leaves real. */
static bool has_thresholds(const zs_plan_draft *d, const stream_row *r)
{
    const zs_layer *l = r->layer;
    if (r->op == STREAM_THRESHOLD)
        return true;
    if (!zs_op_has_filters(l->op) && l->op != ZS_LAYER_ADD)
        return false;
    if (l->quant != NULL)
        return d->net->tensors[l->out].number.scale > 0 && !l->quant->is_real;
    return zs_view_base(d->net, l->out) != zs_view_base(d->net, d->net->logits);
}

static uint32_t sum_bits(const stream_row *r)
{
    if (zs_op_has_filters(r->layer->op))
        return accumulator_bits(r->op == STREAM_REDUCE ? r->k * r->k : r->mw, r->weight_bits,
                                r->x_bits);
    return r->op == STREAM_MEAN ? accumulator_bits(r->h * r->w, 1, r->x_bits) : r->x_bits + 1;
}

static zs_status shape_row(const zs_plan_draft *d, uint32_t i, stream_row *r, zs_err *err)
{
    const zs_layer *l = zs_draft_layer(d, i);
    *r = (stream_row){.op = op_of(l),
                      .layer = l,
                      .in_c = l->x.c,
                      .mw = l->x.c,
                      .mh = l->y.c,
                      .h = l->x.h,
                      .w = l->x.w,
                      .oh = l->y.h,
                      .ow = l->y.w,
                      .k = 1,
                      .stride = 1,
                      .vectors = (uint64_t)l->y.h * l->y.w};
    ZS_TRY(set_widths(d, i, r, err));
    if (l->op == ZS_LAYER_CONV && l->groups != 1 && r->op == STREAM_MATRIX)
        return zs_fail(err, ZS_EUNSUPPORTED, l->name, "kind stream has no convolution in %u groups",
                       l->groups);
    if (l->op == ZS_LAYER_CONV || l->op == ZS_LAYER_POOL)
        ZS_TRY(set_window(r, err));
    r->has_thresholds = has_thresholds(d, r);
    r->acc_bits = sum_bits(r);
    return ZS_OK;
}

/* Refuses a design whose acc_bits are too few for the sums of a layer's actual weights. */
static zs_status check_accumulators(const zs_plan_draft *d, stream_row *r, zs_err *err)
{
    const uint32_t stated = stream_params_of(&d->design->accel)->acc_bits;
    const zs_layer *l = r->layer;
    int64_t least, most;
    if (stated == 0 || !zs_op_has_filters(l->op))
        return ZS_OK;
    r->acc_bits = r->acc_bits < stated ? r->acc_bits : stated;
    float *scratch = zs_new(d->arena, float, zs_layer_filter_elems(l));
    if (scratch == NULL)
        return zs_nomem(err, "plan");
    if (!zs_layer_sum_range(d->net, l, scratch, &least, &most))
        return ZS_OK;
    const uint32_t needed = stream_width(least < 0 ? (int32_t)least : -1, (int32_t)most, false);
    if (needed > stated)
        return zs_fail(err, ZS_ERANGE, "accelerator.stream.acc_bits",
                       "the sums of layer %s go from %lld to %lld, which takes %u bits, not %u",
                       l->name, (long long)least, (long long)most, needed, stated);
    return ZS_OK;
}

/* ---- all rows -------------------------------------------------------------------------------- */

/* Patterns of keys fit a name of a unit; those of `layers` may fit one of another engine's layers.
 */
static zs_status check_names(const zs_plan_draft *d, const char **names, uint32_t n, zs_err *err)
{
    const stream_params *s = stream_params_of(&d->design->accel);
    const struct {
        const char *list, *path;
    } lists[] = {{s->folding, "accelerator.stream.folding"},
                 {s->styles, "accelerator.stream.styles"},
                 {s->between, "accelerator.stream.between"},
                 {s->memories, "accelerator.stream.memories"},
                 {s->parallel, "accelerator.stream.parallel"}};
    for (size_t i = 0; i < ZS_LEN(lists); i++)
        ZS_TRY(stream_list_names(d->arena, lists[i].list, lists[i].path, names, n, err));
    for (uint32_t i = 0; i < d->net->layer_n; i++)
        if (zs_draft_is_others(d, i))
            names[n++] = d->net->layers[i].name;
    for (uint32_t i = 0; i < d->design->layer_setting_n; i++)
        if (d->design->layer_settings[i].key != ZS_LAYER_FIELD)
            ZS_TRY(stream_check_pattern(d->design->layer_settings[i].pattern, "layers", names, n,
                                        err));
    return ZS_OK;
}

zs_status stream_rows_build(zs_plan_draft *d, stream_row **out, uint32_t *out_n, zs_err *err)
{
    stream_row *rows = zs_new(d->arena, stream_row, d->row_n + 1);
    const char **names = zs_new(d->arena, const char *, 3 * d->row_n + d->net->layer_n + 1);
    uint32_t n = 0;
    if (rows == NULL || names == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_plan_row *row = &d->rows[i];
        row->window = zs_draft_layer(d, i)->window;
        row->t_oc = row->t_oy = row->t_ox = 1;
        row->oh = zs_draft_layer(d, i)->y.h;
        row->ow = zs_draft_layer(d, i)->y.w;
        if (!d->drafts[i].on_engine)
            continue;
        ZS_TRY(shape_row(d, i, &rows[n], err));
        ZS_TRY(check_accumulators(d, &rows[n], err));
        row->own = &rows[n++];
    }
    ZS_TRY(stream_name_rows(d->arena, rows, n, names, err));
    ZS_TRY(check_names(d, names, 3 * n, err));
    ZS_TRY(stream_set_styles(d->design, rows, n, err));
    *out = rows;
    *out_n = n;
    return ZS_OK;
}
