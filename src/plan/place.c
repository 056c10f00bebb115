#include "zynqsim/draft.h"

/* DRAM from address 0: weights, spilled partial sums, then tensors. Calls are separated by
 * joins, so a tensor's memory may be taken again after the last call that reads it. */

enum { TENSOR_ALIGN = 4096, WEIGHT_ALIGN = 64 };

typedef struct placed {
    uint32_t tensor;
    uint32_t first, last; /* phases: rows of one call share one */
    uint64_t bytes, addr;
} placed;

static bool take(uint64_t *top, uint64_t bytes, uint64_t align, uint64_t *addr)
{
    const uint64_t at = zs_round_up(*top, align);
    uint64_t end;
    if (!zs_add_u64(at, bytes, &end) || end > UINT64_MAX / 4)
        return false;
    *addr = at;
    *top = end;
    return true;
}

static bool place_weights(zs_plan_draft *d, bool biases_apart, uint64_t *top)
{
    const uint32_t precision = d->design->accel.precision;
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        if (!zs_op_has_filters(layer->op))
            continue;
        const uint64_t bytes = zs_layer_weight_elems(layer) * zs_weight_bytes(precision);
        const uint64_t biases = (uint64_t)layer->y.c * zs_bias_bytes(precision);
        zs_plan_row *row = &d->rows[i];
        row->biases_apart = biases_apart;
        if (!biases_apart) {
            if (!take(top, bytes + biases, WEIGHT_ALIGN, &row->weight_base))
                return false;
        } else if (!take(top, bytes, TENSOR_ALIGN, &row->weight_base) ||
                   !take(top, zs_layer_bias_elems(layer) > 0 ? biases : 0, WEIGHT_ALIGN,
                         &row->bias_base)) {
            return false;
        }
    }
    return true;
}

/* One area serves all layers: a call is over before the next one spills. Two rows of one call get
 * areas of their own. */
static bool place_partials(zs_plan_draft *d, uint64_t *top)
{
    const uint64_t base = zs_round_up(*top, TENSOR_ALIGN);
    uint64_t at = base, most = base;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        if (!zs_op_has_filters(layer->op))
            continue;
        if (!d->drafts[i].joins_previous)
            at = base;
        uint64_t bytes;
        if (!zs_mul3_u64(zs_shape_elems(layer->y), d->design->batch,
                         zs_acc_bytes(d->design->accel.precision), &bytes) ||
            !take(&at, bytes, TENSOR_ALIGN, &d->rows[i].partial_base))
            return false;
        most = zs_max_u64(most, at);
    }
    *top = most;
    return true;
}

/* ---- rows that are whole layers -------------------------------------------------------------- */

void zs_draft_shape_whole(zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    row->window = layer->window;
    row->x.shape = layer->x;
    row->oh = layer->y.h;
    row->ow = layer->y.w;
    row->is_depthwise = zs_layer_is_depthwise(layer);
    row->t_oc = 1;
    row->t_ic = layer->x.c / layer->groups;
    row->t_oy = row->oh;
    row->t_ox = row->ow;
}

uint64_t zs_draft_filter_bytes(const zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const uint32_t precision = d->design->accel.precision;
    return zs_layer_weight_elems(layer) * zs_weight_bytes(precision) +
           zs_layer_bias_elems(layer) * zs_bias_bytes(precision);
}

/* ---- tensors --------------------------------------------------------------------------------- */

static bool is_resident(const zs_plan_draft *d, uint32_t root)
{
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].chosen && d->residents[i].tensor == root)
            return true;
    return false;
}

static void keep_until(const zs_plan_draft *d, placed *of, uint32_t tensor, uint32_t phase)
{
    placed *p = &of[zs_draft_root(d, tensor)];
    p->last = p->last > phase ? p->last : phase;
}

/* What a row or one of its fronts reads. */
static void note_reads(const zs_plan_draft *d, uint32_t row, uint32_t phase, placed *of)
{
    const zs_layer *layer = zs_draft_layer(d, row);
    for (uint32_t k = 0; k < layer->in_n; k++)
        keep_until(d, of, layer->in[k], phase);
    if (d->drafts[row].add != ZS_NO_INDEX)
        keep_until(d, of, d->drafts[row].addend, phase);
    if (d->drafts[row].front != 0)
        note_reads(d, d->drafts[row].front, phase, of);
}

/* Tensors that reach DRAM, with the phases in which they must be kept. */
static uint32_t list_placed(zs_plan_draft *d, placed *list)
{
    const zs_net *net = d->net;
    uint32_t n = 0;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        list[t] = (placed){.tensor = t, .first = zs_net_is_input(net, t) ? 0 : UINT32_MAX};
    for (uint32_t row = 0, phase = 0; row < d->row_n; row++) {
        phase += row > 0 && !d->drafts[row].joins_previous;
        placed *out = &list[zs_draft_root(d, d->drafts[row].out)];
        out->first = out->first < phase ? out->first : phase;
        keep_until(d, list, d->drafts[row].out, phase);
        note_reads(d, row, phase, list);
    }
    for (uint32_t t = 0; t < net->tensor_n; t++) {
        if (net->tensors[t].parent != ZS_NO_INDEX || is_resident(d, t))
            continue;
        placed p = list[t];
        if (zs_net_is_output(net, t) || t == zs_draft_root(d, net->logits))
            p.last = UINT32_MAX; /* the host reads them at the end */
        if (p.first != UINT32_MAX)
            list[n++] = p; /* n <= t */
    }
    return n;
}

static uint64_t first_fit(const placed *list, uint32_t n, const placed *p, uint64_t base)
{
    uint64_t at = base;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < n; i++) {
            const placed *o = &list[i];
            const bool at_once = p->first <= o->last && o->first <= p->last;
            if (at_once && at < o->addr + o->bytes && o->addr < at + p->bytes) {
                at = zs_round_up(o->addr + o->bytes, TENSOR_ALIGN);
                moved = true;
            }
        }
    }
    return at;
}

static zs_status place_tensors(zs_plan_draft *d, uint32_t channel_block, uint64_t *top, zs_err *err)
{
    const uint64_t base = zs_round_up(*top, TENSOR_ALIGN);
    zs_plan_tensor *tensors = zs_new(d->arena, zs_plan_tensor, d->net->tensor_n);
    placed *list = zs_new(d->arena, placed, d->net->tensor_n);
    if (tensors == NULL || list == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        tensors[t].shape = d->net->tensors[t].shape;
        tensors[t].addr = UINT64_MAX;
        tensors[t].elem = zs_draft_elem(d, t);
    }
    const uint32_t n = list_placed(d, list);
    for (uint32_t i = 0; i < n; i++) {
        zs_plan_tensor *t = &tensors[list[i].tensor];
        uint64_t bytes; /* of an image, the last block of channels filled up */
        if (zs_mul3_u64(zs_round_up(t->shape.c, zs_max_u64(channel_block, 1)),
                        (uint64_t)t->shape.h * t->shape.w, t->elem, &bytes) &&
            bytes <= UINT64_MAX / 8)
            t->pitch_bytes = zs_round_up(bytes, WEIGHT_ALIGN);
        if (t->pitch_bytes == 0 || !zs_mul_u64(t->pitch_bytes, d->design->batch, &list[i].bytes) ||
            list[i].bytes > UINT64_MAX / 8)
            return zs_fail(err, ZS_ERANGE, "batch", "tensor %s overflows the address space",
                           d->net->tensors[list[i].tensor].name);
        t->addr = list[i].addr = first_fit(list, i, &list[i], base);
        *top = zs_max_u64(*top, list[i].addr + list[i].bytes);
    }
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        uint64_t offset;
        const uint32_t root = zs_tensor_root(d->net, t, &offset);
        if (root == t || tensors[root].addr == UINT64_MAX)
            continue;
        tensors[t].addr = tensors[root].addr + offset * tensors[t].elem;
        tensors[t].pitch_bytes = tensors[root].pitch_bytes;
    }
    d->plan->tensors = tensors;
    return ZS_OK;
}

zs_status zs_draft_check_dram(const zs_plan_draft *d, zs_err *err)
{
    const uint64_t bytes = d->design->board.memory.bytes;
    if (d->plan->dram_bytes <= bytes)
        return ZS_OK;
    return zs_fail(err, ZS_ERANGE, "board.memory.bytes",
                   "weights and tensors need %llu bytes of DRAM, the board has %llu",
                   (unsigned long long)d->plan->dram_bytes, (unsigned long long)bytes);
}

static zs_status place_all(zs_plan_draft *d, const zs_place_rules *rules, zs_err *err)
{
    uint64_t top = 0;
    if (!place_weights(d, rules->biases_apart, &top) ||
        (rules->spills_sums && !place_partials(d, &top)))
        return zs_fail(err, ZS_ERANGE, "batch",
                       "weights and partial sums overflow the address space");
    ZS_TRY(place_tensors(d, rules->channel_block, &top, err));
    d->plan->dram_bytes = top;
    return zs_draft_check_dram(d, err);
}

/* ---- rows as results show them --------------------------------------------------------------- */

/* Input pixels along one axis that at least one window looks at. */
static uint64_t needed(uint32_t out, uint32_t stride, uint32_t kernel, uint32_t dilation,
                       uint32_t pad, uint32_t size)
{
    uint64_t n = 0;
    const uint32_t reach = (kernel - 1) * dilation;
    if (kernel * dilation >= stride && dilation == 1) { /* windows touch: one stretch */
        const int64_t end = (int64_t)(out - 1) * stride - pad + reach + 1;
        return (uint64_t)(end > (int64_t)size ? (int64_t)size : end < 0 ? 0 : end);
    }
    for (uint32_t i = 0; i < size; i++) {
        bool used = false;
        for (uint32_t k = 0; k < kernel && !used; k++) {
            const int64_t shifted = (int64_t)i + pad - (int64_t)k * dilation;
            used = shifted >= 0 && shifted % stride == 0 && shifted / stride < out;
        }
        n += used;
    }
    return n;
}

/* Pixels that windows of so many results look at. */
static zs_shape needed_pixels(const zs_layer *layer, zs_shape y)
{
    const zs_window *w = &layer->window;
    return (zs_shape){.c = layer->x.c,
                      .h = (uint32_t)needed(y.h, w->sh, w->kh, w->dh, w->pad_top, layer->x.h),
                      .w = (uint32_t)needed(y.w, w->sw, w->kw, w->dw, w->pad_left, layer->x.w)};
}

static uint64_t compulsory_input_elems(const zs_layer *layer)
{
    if (layer->op == ZS_LAYER_FC)
        return layer->x.c;
    return zs_shape_elems(needed_pixels(layer, layer->y)) * layer->in_n;
}

/* What it computes with in between fits its caches. Weights are of the type of its input. */
void zs_draft_count_software(const zs_plan_draft *d, const zs_layer *layer, zs_plan_row *row)
{
    row->software_weight_bytes =
        zs_layer_weight_elems(layer) * zs_draft_elem(d, layer->in[0]) +
        zs_layer_bias_elems(layer) * zs_bias_bytes(d->design->accel.precision);
    row->compulsory_read_bytes = row->software_weight_bytes;
    for (uint32_t k = 0; k < layer->in_n; k++)
        row->compulsory_read_bytes += zs_draft_tensor_bytes(d, layer->in[k]);
    row->compulsory_write_bytes = zs_draft_tensor_bytes(d, layer->out);
}

static uint64_t compulsory_weight_bytes(const zs_layer *layer, uint32_t precision)
{
    return zs_layer_weight_elems(layer) * zs_weight_bytes(precision) +
           zs_layer_bias_elems(layer) * zs_bias_bytes(precision);
}

/* Of fronts only what the row needs is computed. */
static void add_fronts(const zs_plan_draft *d, uint32_t i)
{
    const uint32_t precision = d->design->accel.precision;
    zs_plan_row *row = &d->rows[i];
    zs_shape pixels = zs_draft_layer(d, i)->y;
    for (uint32_t k = i; d->drafts[k].front != 0; k = d->drafts[k].front) {
        const zs_layer *front = zs_draft_layer(d, d->drafts[k].front);
        pixels = needed_pixels(zs_draft_layer(d, k), pixels);
        row->compulsory_read_bytes += compulsory_weight_bytes(front, precision);
        if (d->rows[d->drafts[k].front].x_resident == ZS_NOT_RESIDENT)
            row->compulsory_read_bytes += zs_shape_elems(needed_pixels(front, pixels)) *
                                          zs_elem_bytes(precision) * d->design->batch;
    }
}

static void set_compulsory(zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    const uint32_t precision = d->design->accel.precision;
    const uint64_t elem = zs_elem_bytes(precision), batch = d->design->batch;
    if (!d->drafts[i].on_engine) {
        zs_draft_count_software(d, layer, row);
        return;
    }
    row->compulsory_read_bytes = compulsory_weight_bytes(layer, precision);
    if (row->x_resident == ZS_NOT_RESIDENT)
        row->compulsory_read_bytes += compulsory_input_elems(layer) * elem * batch;
    if (row->y_resident == ZS_NOT_RESIDENT)
        row->compulsory_write_bytes =
            (uint64_t)layer->y.c * row->y.shape.h * row->y.shape.w * row->y.elem * batch;
}

static uint64_t resident_offset(const zs_plan_draft *d, uint32_t tensor)
{
    const uint32_t root = zs_draft_root(d, tensor);
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].chosen && d->residents[i].tensor == root)
            return d->residents[i].offset;
    return ZS_NOT_RESIDENT;
}

static void address_row(zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    const uint32_t out = d->drafts[i].out;
    row->y_c = layer->y.c;
    row->group_ic = layer->x.c / layer->groups;
    row->group_oc = layer->y.c / layer->groups;
    row->x = d->plan->tensors[layer->in[0]];
    row->x.shape = layer->x;
    if (layer->in_n > 1)
        row->x2 = d->plan->tensors[layer->in[1]];
    row->x_resident = resident_offset(d, layer->in[0]);
    row->y_resident = resident_offset(d, out);
    row->y = d->plan->tensors[out];
    if (row->y.addr != UINT64_MAX)
        row->y.addr +=
            (uint64_t)d->drafts[i].out_c0 * row->y.shape.h * row->y.shape.w * row->y.elem;
    set_compulsory(d, i);
    add_fronts(d, i);
    row->x2_resident = ZS_NOT_RESIDENT;
    if (row->add != ZS_NO_INDEX) {
        row->x2 = d->plan->tensors[d->drafts[i].addend];
        row->x2_resident = resident_offset(d, d->drafts[i].sum);
        row->compulsory_read_bytes +=
            zs_shape_elems(layer->y) * zs_elem_bytes(d->design->accel.precision) * d->design->batch;
    }
}

static zs_status list_calls(zs_plan_draft *d)
{
    zs_plan_call *calls = zs_new(d->arena, zs_plan_call, d->row_n + 1);
    if (calls == NULL)
        return ZS_ENOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].call = ZS_NO_INDEX;
        if (!d->drafts[i].on_engine)
            continue;
        if (!d->drafts[i].joins_previous || i == 0 || !d->drafts[i - 1].on_engine) {
            const char *name = d->drafts[i].call_name;
            calls[n++] =
                (zs_plan_call){.name = name ? name : zs_draft_layer(d, i)->name, .row0 = i};
        }
        calls[n - 1].row_n++;
        d->rows[i].call = n - 1;
        for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front)
            d->rows[k].call = n - 1;
    }
    d->plan->calls = calls;
    d->plan->call_n = n;
    return ZS_OK;
}

zs_status zs_draft_place(zs_plan_draft *d, const zs_place_rules *rules, zs_err *err)
{
    ZS_TRY(place_all(d, rules, err));
    const uint32_t all_n = zs_draft_all_n(d);
    for (uint32_t i = 0; i < all_n; i++) /* fronts first */
        address_row(d, (i + d->row_n) % all_n);
    return list_calls(d) == ZS_OK ? ZS_OK : zs_nomem(err, "plan");
}
