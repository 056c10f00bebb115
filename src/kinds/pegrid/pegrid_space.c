/* What a search turns, and the least that designs with open knobs may come to: test_kind_spaces.c
 * of tests/study holds it against what they do come to.
 *
 * However PEs are grouped and wherever they meet, a group works as long as its busiest filter at
 * the least. Of groups of at most n filters the busiest are, in descending order, no less than
 * every n-th filter in descending order. */
#include "pegrid_priv.h"

#include "zynqsim/capacity.h"

#include <string.h>

static const char *const axes[] = {"accelerator.precision",
                                   "accelerator.clock",
                                   "accelerator.unroll.oc=1,2,4,8,12,16,20,24,32,40,48,64",
                                   "accelerator.unroll.ic=1,2,4,8,12,16",
                                   "accelerator.unroll.ox=1,2,4",
                                   "accelerator.pegrid.sync=lockstep,channel,tile",
                                   "accelerator.pegrid.weights=dense,bitmap",
                                   zs_kind_ports_axis,
                                   NULL};

static const char *const knobs[] = {"accelerator.unroll.oc",    "accelerator.unroll.ic",
                                    "accelerator.unroll.ox",    "accelerator.unroll.oy",
                                    "accelerator.pegrid.sync",  "accelerator.pegrid.weights",
                                    "accelerator.ports.input",  "accelerator.ports.weight",
                                    "accelerator.ports.output", NULL};

/* ---- relaxed designs ------------------------------------------------------------------------- */

static bool open_lanes(zs_accel *a, const zs_open_knob *k, zs_relaxing what)
{
    const struct {
        const char *path;
        uint32_t *at;
    } lanes[] = {{"accelerator.unroll.oc", &a->unroll.oc},
                 {"accelerator.unroll.ic", &a->unroll.ic},
                 {"accelerator.unroll.oy", &a->unroll.oy},
                 {"accelerator.unroll.ox", &a->unroll.ox}};
    for (size_t i = 0; i < ZS_LEN(lanes); i++)
        if (strcmp(k->path, lanes[i].path) == 0) {
            *lanes[i].at = (uint32_t)(what == ZS_RELAX_TIME ? k->most : k->least);
            return true;
        }
    return false;
}

/* PEs in lockstep share a search and a memory, and the first of the codes has no decoder. */
static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    pegrid_params *p = pegrid_params_in(&d->accel);
    uint32_t last_port = 0;
    bool has_ports = false;
    p->is_relaxed = true;
    for (uint32_t i = 0; i < n; i++) {
        const zs_open_knob *k = &open[i];
        if (open_lanes(&d->accel, k, what))
            p->opens_lanes = true;
        else if (strcmp(k->path, "accelerator.pegrid.sync") == 0)
            p->sync = ZS_PE_SYNC_LOCKSTEP;
        else if (strcmp(k->path, "accelerator.pegrid.weights") == 0) {
            p->code = (uint32_t)k->least;
            p->opens_code = true;
        } else {
            has_ports = true;
            last_port = k->most > last_port ? (uint32_t)k->most : last_port;
        }
    }
    if (has_ports && !zs_relax_ports(d, last_port, what == ZS_RELAX_TIME))
        return false;
    const bool asks_of_memories = what == ZS_RELAX_SMALL || what == ZS_RELAX_LARGE;
    return !asks_of_memories || !p->opens_lanes;
}

const zs_kind_space pegrid_space = {.axes = axes, .knobs = knobs, .relax = relax};

/* ---- filters --------------------------------------------------------------------------------- */

/* What a PE works of a pixel for a filter, and the channels that it reads, at the least. */
static void count_filter(const zs_plan_row *row, const pegrid_params *p, uint32_t f,
                         pegrid_filter *out)
{
    const pegrid_row *own = pegrid_row_of(row);
    const uint64_t taps = pegrid_taps(row), all = row->t_ic * taps;
    const zs_mask *m = &own->weights;
    if (m->words == NULL) { /* none is 0 */
        *out = (pegrid_filter){all, all, row->t_ic};
        return;
    }
    const uint64_t *bits = m->words + (uint64_t)f * m->row_words;
    *out = (pegrid_filter){.left = pegrid_ones(bits, 0, m->bits)};
    if (p->skip == ZS_SKIP_NONE || (p->skip == ZS_SKIP_FILTER && out->left > 0)) {
        out->products = all;
        out->channels = row->t_ic;
        return;
    }
    for (uint64_t c = 0; c < row->t_ic && out->left > 0; c++)
        out->channels += pegrid_ones(bits, c * taps, (c + 1) * taps) > 0;
    out->products = p->skip == ZS_SKIP_KERNEL ? out->channels * taps : out->left;
}

/* Filters in the order in which PEs take them: where the grid packs, those that work first. */
static void order_filters(pegrid_least *l, uint32_t n, bool packs)
{
    uint32_t at = 0;
    for (uint32_t f = 0; f < n; f++)
        if (!packs || l->filters[f].left > 0)
            l->order[at++] = f;
    l->working_n = at;
    for (uint32_t f = 0; f < n; f++)
        if (packs && l->filters[f].left == 0)
            l->order[at++] = f;
}

/* Channels that some filter reads: of each group of the convolution no fewer than one does. */
static uint64_t channels_read(const zs_plan_row *row, const zs_layer *layer, const pegrid_least *l)
{
    uint64_t sum = 0, most = 0;
    for (uint32_t f = 0; f < layer->y.c; f++) {
        most = zs_max_u64(most, l->filters[f].channels);
        if (f + 1 < layer->y.c &&
            pegrid_channel0(row, layer, f + 1) == pegrid_channel0(row, layer, f))
            continue;
        sum += most;
        most = 0;
    }
    return sum;
}

static void sort_falling(uint64_t *list, uint32_t n)
{
    for (uint32_t gap = n / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < n; i++) {
            const uint64_t x = list[i];
            uint32_t k = i;
            for (; k >= gap && list[k - gap] < x; k -= gap)
                list[k] = list[k - gap];
            list[k] = x;
        }
}

/* Keeps every `step`-th in descending order. */
static void thin_out(uint64_t *list, uint32_t n, uint32_t step)
{
    sort_falling(list, n);
    for (uint32_t k = 0; k < n; k += step)
        list[k / step] = list[k];
}

static void group_open(pegrid_least *l, uint32_t n, uint32_t pes)
{
    for (uint32_t f = 0; f < n; f++) {
        l->products[f] = l->filters[f].products;
        l->channels[f] = l->filters[f].channels;
    }
    thin_out(l->products, n, pes);
    thin_out(l->channels, n, pes);
    l->group_n = (uint32_t)zs_ceil_div(n, pes);
}

static void group_closed(pegrid_least *l, const zs_plan_row *row, const zs_layer *layer,
                         uint32_t pes)
{
    const uint32_t n = layer->y.c;
    for (uint32_t f = 0, end; f < n; f = end) {
        const uint32_t last = f < l->working_n ? l->working_n : n;
        uint64_t most = 0, channels = 0, run = 0;
        uint32_t spans = 1;
        end = (uint32_t)zs_min_u64((uint64_t)f + pes, last);
        for (uint32_t k = f; k < end; k++) {
            const pegrid_filter *filter = &l->filters[l->order[k]];
            if (k > f && pegrid_channel0(row, layer, l->order[k]) !=
                             pegrid_channel0(row, layer, l->order[k - 1])) {
                channels += run;
                run = 0;
                spans++;
            }
            most = zs_max_u64(most, filter->products);
            run = zs_max_u64(run, filter->channels);
        }
        l->products[l->group_n] = most;
        l->channels[l->group_n++] = channels + run;
        l->spans = spans > l->spans ? spans : l->spans;
    }
}

zs_status pegrid_count_least(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const zs_accel *a = &d->design->accel;
    const pegrid_params *p = pegrid_params_of(a);
    const zs_plan_row *row = &d->rows[i];
    const uint32_t n = layer->y.c;
    pegrid_row *own = pegrid_row_of(row);
    pegrid_least *l = &own->least;
    *l = (pegrid_least){.filters = zs_new(d->arena, pegrid_filter, n),
                        .order = zs_new(d->arena, uint32_t, n),
                        .products = zs_new(d->arena, uint64_t, n),
                        .channels = zs_new(d->arena, uint64_t, n),
                        .spans = 1};
    if (l->filters == NULL || l->order == NULL || l->products == NULL || l->channels == NULL)
        return zs_nomem(err, "plan");
    if (layer->weights.data != NULL)
        ZS_TRY(zs_draft_mask_weights(d, layer, &own->weights, err));
    for (uint32_t f = 0; f < n; f++) {
        count_filter(row, p, f, &l->filters[f]);
        l->left += l->filters[f].left;
        l->worked += l->filters[f].products;
    }
    l->read_n = channels_read(row, layer, l);
    order_filters(l, n, p->packs && p->skip != ZS_SKIP_NONE);
    if (p->opens_lanes)
        group_open(l, n, a->unroll.oc);
    else
        group_closed(l, row, layer, a->unroll.oc);
    return ZS_OK;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* PE steps of a pixel for `products` of the busiest filter. Parts are cut after all is known. */
static uint64_t steps_of(const zs_accel *a, const zs_plan_row *row, const zs_layer *layer,
                         uint64_t products)
{
    const pegrid_row *own = pegrid_row_of(row);
    const uint64_t taps = pegrid_taps(row), lanes = a->unroll.ic;
    const bool has_parts = !pegrid_params_of(a)->opens_lanes || layer->groups == 1;
    if (!has_parts || products < row->t_ic * taps)
        return zs_ceil_div(products, lanes);
    const uint64_t last = row->t_ic - (own->part_n - UINT64_C(1)) * own->part_ic;
    return (own->part_n - 1) * zs_ceil_div(own->part_ic * taps, lanes) +
           zs_ceil_div(last * taps, lanes);
}

/* More lanes make the pipeline longer. */
static uint64_t band_cycles(const zs_design *design, const zs_plan_row *row, uint64_t steps,
                            uint32_t rows)
{
    static const zs_mac_array plain = {0};
    const zs_accel *a = &design->accel;
    const uint64_t part_n = pegrid_row_of(row)->part_n;
    const bool is_open = pegrid_params_of(a)->opens_lanes;
    const uint64_t pixels = zs_ceil_div(rows, a->unroll.oy) * zs_ceil_div(row->ow, a->unroll.ox);
    const uint64_t interval = is_open ? 1 : pegrid_interval(design, pixels);
    const uint64_t depth = is_open ? 1 : zs_mac_depth_pl_cycles(design, &plain);
    return zs_max_u64(steps * pixels * interval, part_n * pixels) + part_n * depth;
}

static uint64_t compute_cycles(const zs_design *design, const zs_plan_row *row,
                               const zs_layer *layer)
{
    const pegrid_row *own = pegrid_row_of(row);
    const uint32_t last = row->oh - (own->band_n - 1) * own->band_rows;
    uint64_t sum = 0;
    for (uint32_t k = 0; k < own->least.group_n; k++) {
        const uint64_t steps = steps_of(&design->accel, row, layer, own->least.products[k]);
        sum += (own->band_n - 1) * band_cycles(design, row, steps, own->band_rows) +
               band_cycles(design, row, steps, last);
    }
    return zs_times_u64(sum, design->batch);
}

static uint64_t weight_bytes(const zs_design *design, const zs_plan_row *row, const zs_layer *layer)
{
    const zs_accel *a = &design->accel;
    const pegrid_params *p = pegrid_params_of(a);
    const pegrid_row *own = pegrid_row_of(row);
    const uint64_t each = row->t_ic * (uint64_t)pegrid_taps(row);
    const uint64_t word = zs_weight_bytes(a->precision);
    const uint64_t all = own->least.working_n * each, left = own->least.left * word;
    uint64_t stream = left;
    if (p->opens_code) /* any other code has more than the words that are left */
        stream = zs_min_u64(left, all * word);
    else if (p->code == ZS_ZERO_CODE_DENSE)
        stream = all * word;
    else if (p->code == ZS_ZERO_CODE_BITMAP)
        stream = left + all / 8;
    const uint64_t loads = own->part_n > 1 ? UINT64_C(1) * own->band_n * design->batch
                           : own->input == PEGRID_KEEPS_IMAGE ? design->batch
                                                              : 1;
    const uint64_t biases = zs_layer_bias_elems(layer) * zs_bias_bytes(a->precision);
    return zs_times_u64(stream + biases, loads);
}

static uint64_t input_bytes(const zs_design *design, const zs_plan_row *row)
{
    const pegrid_row *own = pegrid_row_of(row);
    uint64_t lines = 0, channels = own->least.read_n;
    for (uint32_t y = 0; y < row->oh; y += own->band_rows) {
        const zs_tile_box box = {.oy0 = (uint16_t)y,
                                 .oy_n = (uint16_t)zs_min_u64(own->band_rows, row->oh - y)};
        const zs_extent e = pegrid_rows_of(row, &box);
        lines += e.hi > e.lo ? e.hi - e.lo : 0;
    }
    if (own->input == PEGRID_READS_AGAIN) {
        channels = 0;
        for (uint32_t k = 0; k < own->least.group_n; k++)
            channels += own->least.channels[k];
    }
    return zs_times_u64(lines * channels * row->x.shape.w * zs_elem_bytes(design->accel.precision),
                        design->batch);
}

static void charge_filters(zs_outline *o, const zs_plan_row *row, const zs_layer *layer)
{
    const zs_operand_ports p = zs_accel_ports(&o->design->accel);
    const uint64_t pixels = (uint64_t)row->oh * row->ow * o->design->batch;
    zs_outline_compute(o, 1, compute_cycles(o->design, row, layer));
    zs_outline_striped(o, p.weight, false, weight_bytes(o->design, row, layer));
    zs_outline_striped(o, p.input, false, input_bytes(o->design, row));
    zs_outline_striped(o, p.output, true,
                       pixels * row->y_c * zs_elem_bytes(o->design->accel.precision));
}

static void charge_vectors(zs_outline *o, const zs_plan_row *row, const zs_layer *layer)
{
    const zs_operand_ports p = zs_accel_ports(&o->design->accel);
    const uint64_t batch = o->design->batch, elem = zs_elem_bytes(o->design->accel.precision);
    zs_outline_compute(o, batch, zs_vector_pl_cycles(o->design, 0, pegrid_vector_ops(layer)));
    zs_outline_striped(o, p.input, false,
                       layer->in_n * zs_shape_elems(row->x.shape) * elem * batch);
    zs_outline_striped(o, p.output, true, (uint64_t)row->y_c * row->oh * row->ow * elem * batch);
}

/* Of a plan with all its ops, those. Else there are the start of a call and the joins around it
 * ahead of its first row, and its end behind the last; and the layers of the PS. */
void pegrid_outline_row(zs_outline *o, uint32_t i)
{
    const zs_plan_row *row = &o->plan->rows[i];
    const zs_layer *layer = &o->net->layers[row->layer];
    const bool is_call = row->call != ZS_NO_INDEX;
    const bool is_relaxed = pegrid_params_of(&o->design->accel)->is_relaxed;
    const uint32_t end = row->op0 + row->op_n;
    const uint32_t before = !is_call || !is_relaxed               ? row->op_n
                            : o->plan->calls[row->call].row0 == i ? 3
                                                                  : 0;
    for (uint32_t op = row->op0; op < row->op0 + before; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
    if (is_call && is_relaxed && pegrid_row_of(row)->least.group_n > 0)
        charge_filters(o, row, layer);
    else if (is_call && is_relaxed)
        charge_vectors(o, row, layer);
    for (uint32_t op = row->op0 + before; op < end; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
}
