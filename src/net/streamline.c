#include "graph_priv.h"

#include <math.h>
#include <string.h>

/* Values on the steps of one scale become integers, layers between them layers of integers.
 *
 * A value has a number (zs_number) when a quantiser made it and whatever came after left its steps
 * alone. It becomes integers when all that read it can take them; convolutions can when their
 * weights lie on steps, too. What follows a convolution or a sum up to a quantiser goes into the
 * function of its sums. */

typedef struct lines {
    zs_draft *d;
    zs_number *number; /* [node]: of its value; scale 0: none */
    bool *is_int;      /* [node]: the value becomes integers */
    bool *has_grid;    /* [node]: conv, fc: the weights are integers times scales */
    uint32_t *reader;  /* [node]: the only reader of its value, or ZS_NO_INDEX */
} lines;

static double weight_scale(const zs_layer_spec *spec, uint32_t oc)
{
    const zs_weight_grid *g = &spec->grid;
    return g->scale == NULL ? 1 : (double)g->scale[g->scale_n == 1 ? 0 : oc];
}

/* Whether all weights are integers of at most nine bits (differences of bytes) times their scale.
 */
static bool lie_on_grid(const zs_node *node)
{
    const zs_layer_spec *spec = node->spec;
    const zs_weights *w = &node->layer.weights;
    const uint32_t oc_n = node->layer.y.c;
    if (w->data == NULL || (spec->grid.scale_n > 1 && spec->grid.scale_n != oc_n))
        return false;
    const uint64_t n = w->n_elems / oc_n;
    for (uint32_t oc = 0; oc < oc_n; oc++) {
        const double scale = weight_scale(spec, oc);
        if (!(scale > 0))
            return false;
        for (uint64_t i = 0; i < n; i++) {
            const double q = (double)w->data[oc * n + i] / scale;
            if (!(fabs(q) <= 256) || fabs(q - rint(q)) > 1e-3)
                return false;
        }
    }
    return true;
}

static bool same_number(const zs_number *a, const zs_number *b)
{
    return !(a->scale < b->scale) && !(a->scale > b->scale) && a->zero == b->zero;
}

/* Layers that move elements, or choose among them. */
static bool keeps_number(const zs_node *node)
{
    switch (node->spec->op) {
    case ZS_LAYER_POOL:
        return node->layer.pool == ZS_POOL_MAX && !node->layer.act.active;
    case ZS_LAYER_REARRANGE:
        return node->layer.general->fill == 0;
    case ZS_LAYER_FLATTEN:
    case ZS_LAYER_CONCAT:
    case ZS_LAYER_JOIN:
        return true;
    default:
        return false;
    }
}

static void find_numbers(lines *l)
{
    zs_draft *d = l->d;
    for (uint32_t i = d->input; i < d->node_n; i++) {
        l->number[i] = zs_draft_input(d, i)->number;
        l->is_int[i] = l->number[i].scale > 0;
    }
    for (uint32_t k = 0; k < d->order_n; k++) {
        const uint32_t at = d->order[k];
        const zs_node *node = &d->nodes[at];
        const zs_layer_quant *quant = node->spec->quant;
        if (!node->has_tensor)
            continue;
        if (quant != NULL && (quant->channels == 1 || quant->divisor == NULL))
            l->number[at] = quant->out;
        if (quant == NULL && keeps_number(node)) {
            l->number[at] = l->number[node->in[0]];
            for (uint32_t i = 1; i < node->in_n; i++)
                if (!same_number(&l->number[at], &l->number[node->in[i]]))
                    l->number[at].scale = 0;
        }
        l->is_int[at] = l->number[at].scale > 0;
        l->has_grid[at] = zs_op_has_filters(node->spec->op) && quant == NULL && lie_on_grid(node);
    }
}

static bool takes_ints(const lines *l, uint32_t at)
{
    const zs_node *node = &l->d->nodes[at];
    bool all = true;
    for (uint32_t i = 0; i < node->in_n; i++)
        all = all && l->is_int[node->in[i]];
    if (zs_op_has_filters(node->spec->op))
        return l->has_grid[at] || node->spec->quant != NULL;
    if (node->spec->op == ZS_LAYER_ADD)
        return all;
    if (node->spec->quant != NULL)
        return true;
    return keeps_number(node) && l->is_int[at] && all;
}

/* Lowers is_int until every reader of integers takes them; layers that keep numbers have integers
 * on both sides or on neither. */
static void find_ints(lines *l)
{
    bool is_changed = true;
    while (is_changed) {
        is_changed = false;
        for (uint32_t k = 0; k < l->d->order_n; k++) {
            const uint32_t at = l->d->order[k];
            const zs_node *node = &l->d->nodes[at];
            if (!node->has_tensor || takes_ints(l, at))
                continue;
            for (uint32_t i = 0; i < node->in_n; i++) {
                is_changed |= l->is_int[node->in[i]];
                l->is_int[node->in[i]] = false;
            }
            if (keeps_number(node) && node->spec->quant == NULL) {
                is_changed |= l->is_int[at];
                l->is_int[at] = false;
            }
        }
    }
}

/* ---- layers ---------------------------------------------------------------------------------- */

static double *doubles(const lines *l, uint32_t n, double value)
{
    double *x = zs_arena_alloc_raw(l->d->arena, n, sizeof *x);
    for (uint32_t i = 0; x != NULL && i < n; i++)
        x[i] = value;
    return x;
}

/* Integers of the weights and their range. */
static zs_status take_weights(const lines *l, zs_node *node, zs_layer_quant *quant, double x_scale,
                              double *factor, zs_err *err)
{
    zs_weights *w = &node->layer.weights;
    const zs_layer_spec *spec = node->spec;
    const uint32_t oc_n = node->layer.y.c;
    const uint64_t n = w->n_elems / (oc_n > 0 ? oc_n : 1);
    float *data = zs_arena_alloc_raw(l->d->arena, (size_t)w->n_elems, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, node->layer.name);
    double least = 0, most = 0;
    for (uint32_t oc = 0; oc < oc_n; oc++) {
        const double scale = weight_scale(spec, oc);
        factor[oc] = x_scale * scale;
        for (uint64_t i = oc * n; i < (oc + 1) * n; i++) {
            const double q = rint((double)w->data[i] / scale);
            least = fmin(least, q);
            most = fmax(most, q);
            data[i] = (float)q;
        }
    }
    quant->weight = (zs_number){.scale = 1,
                                .lo = (int32_t)least,
                                .hi = (int32_t)most,
                                .is_bipolar = spec->grid.is_bipolar,
                                .bits = spec->grid.bits};
    if (quant->weight.bits == 0)
        while (least < -ldexp(0.5, quant->weight.bits) || most > ldexp(0.5, quant->weight.bits) - 1)
            quant->weight.bits++;
    if (least < -128 || most > 127) /* of unsigned bytes: lowered by 128, so is their zero */
        quant->weight.zero = (int32_t)fmin(-128 - least, 127 - most);
    w->data = data;
    w->bias = NULL;
    w->bias_n = 0;
    return ZS_OK;
}

static void scale_sums(zs_layer_quant *quant, double *factor, double *addend, const zs_node *norm)
{
    const zs_layer_spec *spec = norm->spec;
    for (uint32_t c = 0; c < quant->channels; c++) {
        const double scale = spec->exact_scale ? spec->exact_scale[c]
                             : spec->scale     ? (double)spec->scale[c]
                                               : 1;
        const double shift = spec->exact_shift ? spec->exact_shift[c]
                             : spec->shift     ? (double)spec->shift[c]
                                               : 0;
        factor[c] *= scale;
        addend[c] = addend[c] * scale + shift;
    }
}

static void clip_sums(zs_layer_quant *quant, zs_act act)
{
    const double lo = (double)act.lo, hi = (double)act.hi;
    quant->least = fmin(fmax(quant->least, lo), hi);
    quant->most = fmax(fmin(quant->most, hi), lo);
}

static bool is_clipped(const zs_layer_quant *quant)
{
    return quant->least > -(double)INFINITY || quant->most < (double)INFINITY;
}

/* A quantiser takes over: its scale divides all that came before. */
static zs_status end_sums(const lines *l, zs_layer_quant *quant, double *addend,
                          const zs_layer_quant *by, zs_err *err)
{
    if (by->divisor != NULL) {
        double *divisor = doubles(l, quant->channels, by->divisor[0]);
        if (divisor == NULL)
            return zs_nomem(err, "scales");
        for (uint32_t c = 0; c < quant->channels; c++) {
            if (by->channels > 1)
                divisor[c] = by->divisor[c];
            addend[c] /= divisor[c];
        }
        quant->least /= divisor[0];
        quant->most /= divisor[0];
        quant->divisor = divisor;
    }
    quant->out = by->out;
    quant->rule = by->rule;
    quant->is_real = by->is_real;
    quant->level0 = by->level0;
    quant->step = by->step;
    quant->thresholds = by->thresholds;
    quant->threshold_n = by->threshold_n;
    return ZS_OK;
}

/* Thresholds of all channels are repeated for each where other numbers differ by channel. */
static zs_status spread_thresholds(const lines *l, zs_layer_quant *quant, uint32_t rows,
                                   zs_err *err)
{
    const uint32_t n = quant->threshold_n;
    if (quant->thresholds == NULL || rows == quant->channels)
        return ZS_OK;
    double *all = zs_arena_alloc_raw(l->d->arena, (size_t)quant->channels * n, sizeof *all);
    if (all == NULL)
        return zs_nomem(err, "thresholds");
    for (uint32_t c = 0; c < quant->channels; c++)
        memcpy(all + (size_t)c * n, quant->thresholds, n * sizeof *all);
    quant->thresholds = all;
    return ZS_OK;
}

/* Whether a quantiser can be done to the sums: clips before it must be those of one scale. */
static bool can_end(const zs_layer_quant *quant, const zs_layer_quant *by)
{
    if (by->channels != 1 && by->channels != quant->channels)
        return false;
    if (by->factor != NULL || by->addend != NULL || is_clipped(by))
        return false;
    return by->channels == 1 || by->divisor == NULL || !is_clipped(quant);
}

/* Takes what reads the sums of `at`, and nothing else, into their function. */
static zs_status follow(lines *l, uint32_t at, zs_layer_quant *quant, double *factor,
                        double *addend, zs_err *err)
{
    zs_draft *d = l->d;
    zs_node *node = &d->nodes[at];
    for (uint32_t next = l->reader[at]; next != ZS_NO_INDEX; next = l->reader[next]) {
        zs_node *reader = &d->nodes[next];
        const zs_layer_quant *by = reader->spec->quant;
        const bool is_norm = reader->spec->op == ZS_LAYER_BATCHNORM;
        const bool is_sum = node->spec->op == ZS_LAYER_ADD;
        if (is_norm && (is_sum || is_clipped(quant) || reader->layer.act.active))
            break;
        if (!is_norm && reader->spec->op != ZS_LAYER_ACT && reader->spec->op != ZS_LAYER_QUANTISE)
            break;
        if (reader->spec->op == ZS_LAYER_QUANTISE && !can_end(quant, by))
            break;
        if (is_norm)
            scale_sums(quant, factor, addend, reader);
        else if (reader->spec->op == ZS_LAYER_ACT)
            clip_sums(quant, reader->layer.act);
        else
            ZS_TRY(end_sums(l, quant, addend, by, err));
        zs_draft_merge(d, next, node);
        if (by != NULL) {
            quant->is_real = !l->is_int[next];
            l->number[at] = l->number[next];
            l->is_int[at] = l->is_int[next];
            return spread_thresholds(l, quant, by->channels, err);
        }
    }
    quant->is_real = true;
    return ZS_OK;
}

static zs_status sum_products(lines *l, uint32_t at, zs_err *err)
{
    zs_node *node = &l->d->nodes[at];
    const uint32_t oc_n = node->layer.y.c;
    zs_layer_quant *quant = zs_new(l->d->arena, zs_layer_quant, 1);
    double *factor = doubles(l, oc_n, 1), *addend = doubles(l, oc_n, 0);
    if (quant == NULL || factor == NULL || addend == NULL)
        return zs_nomem(err, node->layer.name);
    *quant = (zs_layer_quant){.channels = oc_n,
                              .factor = factor,
                              .addend = addend,
                              .least = -(double)INFINITY,
                              .most = (double)INFINITY};
    for (uint32_t oc = 0; node->layer.weights.bias != NULL && oc < oc_n; oc++)
        addend[oc] = (double)node->layer.weights.bias[oc];
    ZS_TRY(take_weights(l, node, quant, l->number[node->in[0]].scale, factor, err));
    if (node->layer.act.active)
        clip_sums(quant, node->layer.act);
    node->layer.act = ZS_ACT_NONE;
    ZS_TRY(follow(l, at, quant, factor, addend, err));
    node->layer.has_bias = true;
    node->layer.quant = quant;
    return ZS_OK;
}

static zs_status sum_inputs(lines *l, uint32_t at, zs_err *err)
{
    zs_node *node = &l->d->nodes[at];
    zs_layer_quant *quant = zs_new(l->d->arena, zs_layer_quant, 1);
    double *factor = doubles(l, node->in_n, 1), *addend = doubles(l, 1, 0);
    if (quant == NULL || factor == NULL || addend == NULL)
        return zs_nomem(err, node->layer.name);
    *quant = (zs_layer_quant){.channels = 1, .least = -(double)INFINITY, .most = (double)INFINITY};
    for (uint32_t i = 0; i < node->in_n; i++)
        factor[i] = l->number[node->in[i]].scale;
    if (node->layer.act.active)
        clip_sums(quant, node->layer.act);
    node->layer.act = ZS_ACT_NONE;
    ZS_TRY(follow(l, at, quant, factor, addend, err));
    quant->factor = factor;
    node->layer.quant = quant;
    return ZS_OK;
}

/* A quantiser that stays a layer: of real values, or of integers whose scale it multiplies by. */
static zs_status quantise(lines *l, uint32_t at, zs_err *err)
{
    zs_node *node = &l->d->nodes[at];
    zs_layer_quant *quant = zs_new(l->d->arena, zs_layer_quant, 1);
    if (quant == NULL)
        return zs_nomem(err, node->layer.name);
    *quant = *node->spec->quant;
    quant->is_real = !l->is_int[at];
    node->layer.quant = quant;
    return ZS_OK;
}

static zs_status convert(lines *l, zs_err *err)
{
    zs_draft *d = l->d;
    for (uint32_t k = 0; k < d->order_n; k++) {
        const uint32_t at = d->order[k];
        zs_node *node = &d->nodes[at];
        if (!node->works)
            continue;
        bool all = true;
        for (uint32_t i = 0; i < node->in_n; i++) {
            node->in[i] = zs_draft_value(d, node->in[i]);
            all = all && l->is_int[node->in[i]];
        }
        if (node->spec->quant != NULL && node->spec->op == ZS_LAYER_QUANTISE)
            ZS_TRY(quantise(l, at, err));
        else if (node->spec->quant == NULL && all && l->has_grid[at])
            ZS_TRY(sum_products(l, at, err));
        else if (node->spec->quant == NULL && all && node->spec->op == ZS_LAYER_ADD)
            ZS_TRY(sum_inputs(l, at, err));
    }
    for (uint32_t k = 0; k < d->order_n; k++)
        if (l->is_int[d->order[k]])
            d->nodes[d->order[k]].number = l->number[d->order[k]];
    for (uint32_t i = d->input; i < d->node_n; i++)
        if (l->is_int[i])
            d->nodes[i].number = l->number[i];
    return ZS_OK;
}

static void find_readers(lines *l)
{
    zs_draft *d = l->d;
    for (uint32_t i = 0; i < d->node_n; i++)
        l->reader[i] = ZS_NO_INDEX;
    for (uint32_t k = 0; k < d->order_n; k++) {
        const zs_node *node = &d->nodes[d->order[k]];
        for (uint32_t i = 0; node->has_tensor && i < node->in_n; i++)
            if (d->nodes[node->in[i]].reader_n == 1)
                l->reader[node->in[i]] = d->order[k];
    }
}

zs_status zs_draft_streamline(zs_draft *d, zs_err *err)
{
    const size_t n = d->node_n;
    lines l = {.d = d,
               .number = zs_new(d->scratch, zs_number, n),
               .is_int = zs_new(d->scratch, bool, n),
               .has_grid = zs_new(d->scratch, bool, n),
               .reader = zs_new(d->scratch, uint32_t, n)};
    if (l.number == NULL || l.is_int == NULL || l.has_grid == NULL || l.reader == NULL)
        return zs_nomem(err, "network");
    find_readers(&l);
    find_numbers(&l);
    find_ints(&l);
    return convert(&l, err);
}
