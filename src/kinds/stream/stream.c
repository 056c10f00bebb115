#include "stream_priv.h"

#include "zynqsim/outline.h"

#include <math.h>
#include <string.h>

/* One call takes the whole batch through the pipeline: the PS starts the DMAs, words of the images
 * follow each other without a gap, and the PS waits for the last result. When words move is
 * found out while the plan runs, from the retirements of the DMAs' ops (plan.h, zs_plan_flow). */

enum {
    INPUT_UNIT = ZS_UNIT_N, /* words that the source has given; units of layers follow */
    OUTPUT_UNIT,
    REPEAT_UNIT,
    FEWEST_IMAGES = 24,
    FEWEST_OF_MANY = 4, /* images of that many words and bytes of weights */
    BYTES_A_WORD = 64,  /* of weights: about what costs as much to simulate as a word */
    MOST_WORDS = 3000000,
    MOST_BYTES = 1 << 20, /* of a transfer */
    MOST_LOADS = 4096     /* of weights of a layer in an image */
};

/* ---- rows ------------------------------------------------------------------------------------ */

static uint32_t accumulator_bits(uint32_t mw, uint32_t weight_bits, uint32_t act_bits)
{
    const double a = log2((double)mw) + weight_bits + act_bits - 1;
    const double bits = ceil(a + log2(1 + pow(2, -a)) + 1);
    return bits > 32 ? 32 : (uint32_t)bits;
}

static bool has_square_window(const zs_layer *l, uint32_t *pad, uint32_t *pad_end)
{
    const zs_window *w = &l->window;
    /* what a window reads beyond the image, as padding behind it: pools that round up */
    const uint32_t reach_h = (l->y.h - 1) * w->sh + w->kh, reach_w = (l->y.w - 1) * w->sw + w->kw;
    const uint32_t end_h = reach_h > l->x.h + w->pad_top ? reach_h - l->x.h - w->pad_top : 0;
    const uint32_t end_w = reach_w > l->x.w + w->pad_left ? reach_w - l->x.w - w->pad_left : 0;
    const uint32_t end = end_h > end_w ? end_h : end_w;
    *pad = w->pad_top;
    *pad_end = end;
    /* one padding for both directions, which adds no window to the one that needs less of it */
    return w->kh == w->kw && w->sh == w->sw && w->dh == 1 && w->dw == 1 &&
           w->pad_top == w->pad_left && (l->x.h + w->pad_top + end - w->kh) / w->sh + 1 == l->y.h &&
           (l->x.w + w->pad_left + end - w->kw) / w->sw + 1 == l->y.w;
}

/* The key's, or those of the precision: two that differ would make one of them a lie. */
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

static zs_status shape_row(const zs_plan_draft *d, uint32_t i, stream_row *r, zs_err *err)
{
    const zs_layer *l = zs_draft_layer(d, i);
    const stream_params *s = stream_params_of(&d->design->accel);
    uint32_t weight_bits, act_bits;
    ZS_TRY(widths_of(&d->design->accel, &weight_bits, &act_bits, err));
    const uint32_t in_bits = act_bits > s->input_bits ? act_bits : s->input_bits;
    *r = (stream_row){.layer = l,
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
    const bool is_last = zs_view_base(d->net, l->out) == zs_view_base(d->net, d->net->logits);
    const zs_number *x = &d->net->tensors[l->in[0]].number, *y = &d->net->tensors[l->out].number;
    r->x_bits = x->scale > 0 ? stream_width(x->lo - x->zero, x->hi - x->zero, x->is_bipolar)
                : i == 0     ? in_bits
                             : act_bits;
    r->y_bits =
        y->scale > 0 ? stream_width(y->lo - y->zero, y->hi - y->zero, y->is_bipolar) : act_bits;
    r->weight_bits = weight_bits;
    if (l->quant != NULL && l->quant->weight.scale > 0)
        r->weight_bits = l->quant->weight.is_bipolar ? 1 : l->quant->weight.bits;
    switch (l->op) {
    case ZS_LAYER_CONV:
        r->op = zs_layer_is_depthwise(l) ? STREAM_REDUCE : STREAM_MATRIX;
        if (l->groups != 1 && r->op == STREAM_MATRIX)
            return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                           "kind stream has no convolution in %u groups", l->groups);
        break;
    case ZS_LAYER_FC:
        r->op = STREAM_MATRIX;
        r->in_c = r->mw;
        break;
    case ZS_LAYER_POOL:
        r->op = STREAM_REDUCE;
        break;
    case ZS_LAYER_GAP:
        r->op = STREAM_MEAN;
        break;
    case ZS_LAYER_ADD:
        r->op = STREAM_ADD;
        break;
    default:
        r->op = STREAM_THRESHOLD;
        break;
    }
    if (l->op == ZS_LAYER_CONV || l->op == ZS_LAYER_POOL) {
        if (!has_square_window(l, &r->pad, &r->pad_end))
            return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                           "kind stream has square windows without dilation, padded alike in both "
                           "directions");
        const bool is_bipolar = x->scale > 0 ? x->is_bipolar : act_bits == 1 && i > 0;
        if (r->pad + r->pad_end > 0 && is_bipolar && l->op == ZS_LAYER_CONV)
            return zs_fail(err, ZS_EUNSUPPORTED, l->name,
                           "pads with zeros, which a bipolar stream of 1 bit does not have");
        r->k = l->window.kh;
        r->stride = l->window.sh;
        r->has_window = r->k > 1 || r->stride > 1 || r->op == STREAM_REDUCE;
        r->mw = r->op == STREAM_MATRIX ? l->x.c * r->k * r->k : l->x.c;
    }
    r->has_thresholds = (zs_op_has_filters(l->op) || l->op == ZS_LAYER_ADD) &&
                        (l->quant != NULL ? y->scale > 0 && !l->quant->is_real : !is_last);
    r->has_thresholds |= r->op == STREAM_THRESHOLD;
    if (zs_op_has_filters(l->op))
        r->acc_bits = accumulator_bits(r->op == STREAM_REDUCE ? r->k * r->k : r->mw, r->weight_bits,
                                       r->x_bits);
    else if (r->op == STREAM_MEAN)
        r->acc_bits = accumulator_bits(r->h * r->w, 1, r->x_bits);
    else
        r->acc_bits = r->x_bits + 1;
    return ZS_OK;
}

/* In a network of integers the pipeline takes what reads them, and thresholds behind its own sums;
 * the rest is the PS's. */
static void leave_reals(zs_plan_draft *d)
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

/* The rows of the pipeline follow each other: the PS works before and behind it. */
static zs_status check_rows(const zs_plan_draft *d, zs_err *err)
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
    if (last - first >= ZS_UNITS_MAX - REPEAT_UNIT - 1)
        return zs_fail(err, ZS_EUNSUPPORTED, d->net->name,
                       "has %u layers, a pipeline of a plan at most %d", last - first + 1,
                       ZS_UNITS_MAX - REPEAT_UNIT - 1);
    for (uint32_t i = first; i <= last; i++)
        d->drafts[i].joins_previous = i > first;
    d->drafts[first].call_name = d->net->name;
    return ZS_OK;
}

static uint64_t stream_bytes(const zs_plan_draft *d, uint32_t edge)
{
    const zs_plan_flow *f = d->plan->flow;
    return zs_ceil_div(f->flow.edges[edge].words * f->edge_bits[edge] * d->design->batch, 8);
}

static uint32_t source_edge(const zs_plan *plan)
{
    return plan->flow->flow.nodes[0].out[0];
}

static uint32_t sink_edge(const zs_plan *plan)
{
    return plan->flow->flow.nodes[plan->flow->flow.sink].in[0];
}

static zs_status list_units(zs_plan_draft *d, zs_err *err)
{
    zs_plan_unit *units = zs_new(d->arena, zs_plan_unit, ZS_UNITS_MAX);
    if (units == NULL)
        return zs_nomem(err, "plan");
    memcpy(units, zs_tile_units, sizeof zs_tile_units);
    uint32_t n = ZS_UNIT_N;
    units[n++] = (zs_plan_unit){.name = "input", .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    units[n++] = (zs_plan_unit){.name = "output", .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    units[n++] = (zs_plan_unit){.name = "repeat", .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine)
            units[n++] = (zs_plan_unit){
                .name = zs_draft_layer(d, i)->name, .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    for (uint32_t i = 0; i < d->row_n; i++) {
        stream_row *r = d->drafts[i].on_engine ? stream_of(&d->rows[i]) : NULL;
        if (r == NULL || !r->is_external)
            continue;
        if (n + 2 > ZS_UNITS_MAX)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.stream.weights",
                           "too many layers for weights of more than %u of them from DRAM", i);
        r->reader = n++;
        r->used = n++;
        const char *name = zs_arena_printf(d->arena, "%s/weights", r->layer->name);
        units[r->reader] =
            (zs_plan_unit){.name = name,
                           .role = ZS_READ,
                           .channel = (uint8_t)zs_channel(d->design->accel.ports.weight, false)};
        units[r->used] = (zs_plan_unit){.name = zs_arena_printf(d->arena, "%s.used", name),
                                        .role = ZS_COMPUTE,
                                        .channel = ZS_NO_CHANNEL};
        if (name == NULL || units[r->used].name == NULL)
            return zs_nomem(err, "plan");
    }
    d->plan->units = units;
    d->plan->unit_n = n;
    d->plan->rows_overlap = true;
    return ZS_OK;
}

/* Tensors between two layers of the pipeline never are in DRAM. */
static zs_status keep_inside(zs_plan_draft *d, zs_err *err)
{
    const uint32_t out = zs_draft_root(d, d->net->output),
                   logits = zs_draft_root(d, d->net->logits);
    d->residents = zs_new(d->arena, zs_resident_draft, d->net->tensor_n + 1);
    if (d->residents == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        bool is_inside = t != out && t != logits && !zs_net_is_input(d->net, t) &&
                         d->net->tensors[t].parent == ZS_NO_INDEX && !zs_net_is_output(d->net, t);
        for (uint32_t i = 0; i < d->row_n && is_inside; i++) {
            const zs_layer *l = zs_draft_layer(d, i);
            bool touches = zs_draft_root(d, l->out) == t;
            for (uint32_t k = 0; k < l->in_n; k++)
                touches = touches || zs_draft_root(d, l->in[k]) == t;
            is_inside = !touches || d->drafts[i].on_engine;
        }
        if (is_inside)
            d->residents[d->resident_n++] = (zs_resident_draft){.tensor = t, .chosen = true};
    }
    return ZS_OK;
}

/* Where the executor keeps them, behind what is in DRAM: one image at a time. */
static zs_status place_inside(zs_plan_draft *d, zs_err *err)
{
    zs_plan_tensor *tensors = zs_new(d->arena, zs_plan_tensor, d->net->tensor_n);
    uint64_t top = zs_round_up(d->plan->dram_bytes, 64);
    if (tensors == NULL)
        return zs_nomem(err, "plan");
    memcpy(tensors, d->plan->tensors, d->net->tensor_n * sizeof *tensors);
    for (uint32_t i = 0; i < d->resident_n; i++) {
        zs_plan_tensor *t = &tensors[d->residents[i].tensor];
        t->addr = top;
        t->pitch_bytes = 0;
        t->elem = zs_draft_elem(d, d->residents[i].tensor);
        top = zs_round_up(top + zs_shape_elems(t->shape) * t->elem, 64);
    }
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        uint64_t offset;
        const uint32_t root = zs_tensor_root(d->net, t, &offset);
        if (root == t || tensors[root].addr == UINT64_MAX)
            continue;
        tensors[t].elem = tensors[root].elem;
        tensors[t].addr = tensors[root].addr + offset * tensors[t].elem;
        tensors[t].pitch_bytes = tensors[root].pitch_bytes;
    }
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (!d->drafts[i].on_engine || !stream_of(&d->rows[i])->is_external)
            continue;
        d->rows[i].weight_base = top;
        top = zs_round_up(top + stream_vector_bytes(stream_of(&d->rows[i])), 64);
    }
    d->plan->tensors = tensors;
    d->plan->dram_bytes = top;
    return ZS_OK;
}

/* What goes in and comes out lies in DRAM bit by bit, also where the PS writes and reads it. */
static zs_status pack_ends(zs_plan_draft *d, zs_err *err)
{
    d->packed_bytes = zs_new(d->arena, uint64_t, d->net->tensor_n);
    if (d->packed_bytes == NULL)
        return zs_nomem(err, "plan");
    d->packed_bytes[stream_input(d)] = stream_bytes(d, source_edge(d->plan));
    d->packed_bytes[d->plan->flow->result] = stream_bytes(d, sink_edge(d->plan));
    return ZS_OK;
}

/* A pipeline has one output: other results are looked at where they are. */
static zs_status note_outputs(zs_plan_draft *d, zs_err *err)
{
    uint32_t inside = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const uint32_t out = zs_view_base(d->net, zs_draft_layer(d, i)->out);
        inside += d->drafts[i].on_engine && i + 1 < d->row_n && d->drafts[i + 1].on_engine &&
                  zs_net_is_output(d->net, out);
    }
    if (inside == 0)
        return ZS_OK;
    d->plan->choice_note = zs_arena_printf(
        d->arena, "%u results inside the pipeline are shown, but not transferred", inside);
    return d->plan->choice_note != NULL ? ZS_OK : zs_nomem(err, "plan");
}

/* Sums that do not fit accumulators of the width that the design states. */
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

static zs_status draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.takes_any_pool = true};
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    leave_reals(d);
    ZS_TRY(check_rows(d, err));
    ZS_TRY(note_outputs(d, err));
    stream_row *rows = zs_new(d->arena, stream_row, d->row_n + 1);
    const char **names = zs_new(d->arena, const char *, 3 * d->row_n + d->net->layer_n + 1);
    if (rows == NULL || names == NULL)
        return zs_nomem(err, "plan");
    const char *fold_note = NULL;
    uint32_t n = 0;
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
    ZS_TRY(stream_list_names(d->arena, stream_params_of(&d->design->accel)->folding,
                             "accelerator.stream.folding", names, 3 * n, err));
    const struct {
        const char *list, *path;
    } lists[] = {{stream_params_of(&d->design->accel)->styles, "accelerator.stream.styles"},
                 {stream_params_of(&d->design->accel)->between, "accelerator.stream.between"},
                 {stream_params_of(&d->design->accel)->memories, "accelerator.stream.memories"},
                 {stream_params_of(&d->design->accel)->parallel, "accelerator.stream.parallel"}};
    for (size_t i = 0; i < ZS_LEN(lists); i++)
        ZS_TRY(stream_list_names(d->arena, lists[i].list, lists[i].path, names, 3 * n, err));
    ZS_TRY(stream_set_styles(d->design, rows, n, err));
    uint32_t name_n = 3 * n; /* `layers` speaks of those of other engines as well */
    for (uint32_t i = 0; i < d->net->layer_n; i++)
        if (zs_draft_is_others(d, i))
            names[name_n++] = d->net->layers[i].name;
    for (uint32_t i = 0; i < d->design->layer_setting_n; i++)
        if (d->design->layer_settings[i].key != ZS_LAYER_FIELD)
            ZS_TRY(stream_check_pattern(d->design->layer_settings[i].pattern, "layers", names,
                                        name_n, err));
    ZS_TRY(stream_fold(d->arena, d->design, rows, n, &fold_note, err));
    d->plan->choice_note = fold_note != NULL ? fold_note : d->plan->choice_note;
    ZS_TRY(keep_inside(d, err));
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    ZS_TRY(place_inside(d, err));
    ZS_TRY(stream_graph(d, err));
    ZS_TRY(pack_ends(d, err));
    ZS_TRY(stream_note_memory(d->arena, d->design, d->plan->flow, rows, n, &d->plan->choice_note,
                              err));
    ZS_TRY(list_units(d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_plan_row *row = &d->rows[i];
        if (row->call == ZS_NO_INDEX) {
            zs_draft_count_software(d, zs_draft_layer(d, i), row);
            continue;
        }
        row->compulsory_read_bytes = row->compulsory_write_bytes = 0;
        const zs_plan_call *call = &d->plan->calls[row->call];
        if (i == call->row0)
            row->compulsory_read_bytes = stream_bytes(d, source_edge(d->plan));
        if (stream_of(row)->is_external)
            row->compulsory_read_bytes += stream_vector_bytes(stream_of(row));
        if (i != call->row0 + call->row_n - 1)
            continue;
        row->compulsory_write_bytes = stream_bytes(d, sink_edge(d->plan));
        row->y.addr = d->plan->tensors[d->plan->flow->result].addr; /* all slices of it */
    }
    return ZS_OK;
}

/* ---- ops ------------------------------------------------------------------------------------- */

/* Bytes of all images lie one behind the other: `image` and `oc0` say where, `oc_n` and `ic_n` how
 * many. */
static zs_tile_box byte_box(uint64_t at, uint64_t bytes, uint64_t words)
{
    return (zs_tile_box){.image = (uint32_t)(at >> 32),
                         .oc0 = (uint32_t)at,
                         .oc_n = (uint16_t)(bytes >> 16),
                         .ic_n = (uint16_t)bytes,
                         .ic0 = (uint32_t)words};
}

static zs_xfer xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box)
{
    const uint64_t at = (uint64_t)box->image << 32 | box->oc0;
    (void)design;
    if (code == ZS_OP_LOAD_W) /* the same bytes for so many vectors */
        return (zs_xfer){.addr = row->weight_base + at,
                         .row_bytes = (uint32_t)box->oc_n << 16 | box->ic_n,
                         .row_n = box->oy_n,
                         .plane_n = 1};
    return (zs_xfer){.addr = (code == ZS_OP_LOAD_X ? row->x.addr : row->y.addr) + at,
                     .row_bytes = (uint32_t)box->oc_n << 16 | box->ic_n,
                     .row_n = 1,
                     .plane_n = 1};
}

/* `least`: clocks that it takes at the least, for closed forms. */
static zs_status emit_flow(zs_emitter *e, uint32_t unit, uint32_t edge, bool is_out, uint64_t word,
                           uint32_t flags, uint64_t least, uint32_t *op)
{
    const uint64_t words = e->d->plan->flow->flow.edges[edge].words;
    const zs_tile_box box = {.image = (uint32_t)(word / words),
                             .ic0 = (uint32_t)(word % words),
                             .oc0 = edge,
                             .oy0 = is_out,
                             .flags = flags};
    ZS_TRY(zs_emit_priced(e, ZS_OP_FLOW, &box, NULL, NULL, 1 + least, least, op));
    e->ops[*op].unit = (uint8_t)unit;
    return ZS_OK;
}

/* Bytes of the first `images` images. */
static uint64_t bytes_of(const zs_plan *plan, uint32_t edge, uint64_t images)
{
    return zs_ceil_div(plan->flow->flow.edges[edge].words * plan->flow->edge_bits[edge] * images,
                       8);
}

/* Words of an edge that are whole once so many bytes are there. */
static uint64_t words_of(const zs_plan *plan, uint32_t edge, uint64_t bytes)
{
    return zs_min_u64(bytes * 8 / plan->flow->edge_bits[edge],
                      plan->flow->flow.edges[edge].words * plan->flow->images);
}

/* The DMA reads on once all words of the transfer before the last one have gone. */
static zs_status emit_reads(zs_emitter *e)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t edge = source_edge(plan);
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t bytes = bytes_of(plan, edge, plan->flow->images);
    uint32_t taken[STREAM_IN_FLIGHT] = {ZS_NO_OP, ZS_NO_OP}, op;
    uint64_t before = 0;
    for (uint64_t at = 0, i = 0; at < bytes; at += burst, i++) {
        const uint64_t n = zs_min_u64(burst, bytes - at), now = words_of(plan, edge, at + n);
        const zs_tile_box box = byte_box(at, n, now - before);
        const uint32_t wait[3] = {taken[i % STREAM_IN_FLIGHT], ZS_NO_OP, ZS_NO_OP};
        ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &box, NULL, wait, &op));
        if (now > before)
            ZS_TRY(
                emit_flow(e, INPUT_UNIT, edge, false, now - 1, 0, 0, &taken[i % STREAM_IN_FLIGHT]));
        before = now;
    }
    return ZS_OK;
}

/* Loads of a layer's weights are as long as a burst of the DMA, but longer where an image would
 * have more than MOST_LOADS; they go round and round in what a vector takes. */
static uint64_t load_bytes(const zs_emitter *e, const stream_row *r)
{
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t image = stream_vector_bytes(r) * r->vectors;
    return burst * zs_max_u64(zs_ceil_div(image, burst * MOST_LOADS), 1);
}

static zs_status emit_load(zs_emitter *e, const stream_row *r, uint64_t at, uint64_t bytes,
                           uint64_t vectors, uint64_t steps, uint32_t after, uint32_t *op)
{
    zs_tile_box box = byte_box(at, bytes, steps);
    const uint32_t wait[3] = {after, ZS_NO_OP, ZS_NO_OP};
    box.oy_n = (uint16_t)vectors;
    box.oy0 = (uint16_t)r->unit_node;
    ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_W, &box, NULL, wait, op));
    e->ops[*op].unit = (uint8_t)r->reader;
    return ZS_OK;
}

static zs_status emit_weights(zs_emitter *e, const stream_row *r, const uint32_t *done)
{
    enum { VECTORS_MAX = 65535 };
    const zs_plan *plan = e->d->plan;
    const uint64_t load = load_bytes(e, r), step = stream_step_bytes(r);
    const uint64_t vector = stream_vector_bytes(r), images = plan->flow->images;
    const uint64_t piece = zs_max_u64(load / step, 1) * step; /* of a vector of more */
    const uint64_t group = zs_min_u64(zs_max_u64(load / vector, 1), VECTORS_MAX);
    uint32_t used[STREAM_IN_FLIGHT] = {ZS_NO_OP, ZS_NO_OP}, op;
    uint64_t k = 0;
    for (uint64_t v = 0, n; v < r->vectors * images; v += n) {
        n = zs_min_u64(group, r->vectors * images - v);
        for (uint64_t at = 0; at < vector; at += piece, k++) {
            const uint64_t bytes = zs_min_u64(piece, vector - at);
            const zs_tile_box box = {
                .oc0 = r->unit_node, .ic0 = (uint32_t)k, .flags = ZS_BOX_WEIGHTS_USED};
            ZS_TRY(
                emit_load(e, r, at, bytes, n, n * bytes / step, used[k % STREAM_IN_FLIGHT], &op));
            ZS_TRY(
                zs_emit_priced(e, ZS_OP_FLOW, &box, NULL, NULL, 1, 0, &used[k % STREAM_IN_FLIGHT]));
            e->ops[used[k % STREAM_IN_FLIGHT]].unit = (uint8_t)r->used;
        }
    }
    for (uint64_t i = images; i < plan->batch; i++)
        for (uint64_t v = 0; v < r->vectors; v += VECTORS_MAX)
            ZS_TRY(emit_load(e, r, 0, vector, zs_min_u64(VECTORS_MAX, r->vectors - v), 0,
                             done[i - images < STREAM_IN_FLIGHT ? plan->batch - images
                                                                : i - images - STREAM_IN_FLIGHT],
                             &op));
    return ZS_OK;
}

/* Images that are not simulated word by word: each is read, and complete a period after the one
 * before. `done` gets the op with which each is, and behind them that of the last before them. */
static zs_status emit_repeats(zs_emitter *e, uint32_t *done)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t in = source_edge(plan), out = sink_edge(plan);
    const uint64_t first = plan->flow->images;
    uint32_t op, last;
    if (first == plan->batch)
        return ZS_OK;
    ZS_TRY(emit_flow(e, REPEAT_UNIT, out, true, first * plan->flow->flow.edges[out].words - 1, 0, 0,
                     &last));
    done[plan->batch - first] = last;
    for (uint64_t i = first; i < plan->batch; i++) {
        uint32_t wait[3] = {i - first < STREAM_IN_FLIGHT ? ZS_NO_OP
                                                         : done[i - first - STREAM_IN_FLIGHT],
                            ZS_NO_OP, ZS_NO_OP};
        const uint64_t end = bytes_of(plan, in, i + 1);
        op = ZS_NO_OP;
        for (uint64_t at = bytes_of(plan, in, i); at < end; at += MOST_BYTES) {
            const zs_tile_box box = byte_box(at, zs_min_u64(MOST_BYTES, end - at), 0);
            ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &box, NULL, wait, &op));
        }
        wait[0] = op;
        wait[1] = last;
        const zs_tile_box box = {.image = (uint32_t)i};
        ZS_TRY(
            zs_emit_priced(e, ZS_OP_PERIOD, &box, NULL, wait, 1, plan->flow->least_period, &last));
        e->ops[last].unit = REPEAT_UNIT;
        done[i - first] = last;
    }
    return ZS_OK;
}

static zs_status emit_writes(zs_emitter *e, const uint32_t *done)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t edge = sink_edge(plan);
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t all = bytes_of(plan, edge, plan->batch);
    const uint64_t head = bytes_of(plan, edge, plan->flow->images);
    uint64_t before = 0, image = plan->flow->images;
    for (uint64_t at = 0, n; at < all; at += n) {
        const bool is_head = at < head;
        n = zs_min_u64(burst, (is_head ? head : all) - at);
        const uint64_t now = !is_head ? before
                             : at + n == head
                                 ? plan->flow->images * plan->flow->flow.edges[edge].words
                                 : words_of(plan, edge, at + n);
        const zs_tile_box box = byte_box(at, n, now - before);
        uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP}, op;
        if (now > before)
            ZS_TRY(emit_flow(e, OUTPUT_UNIT, edge, true, now - 1, 0, 0, &wait[0]));
        while (!is_head && bytes_of(plan, edge, image + 1) < at + n)
            image++;
        if (!is_head)
            wait[0] = done[image - plan->flow->images];
        ZS_TRY(zs_emit_transfer(e, ZS_OP_STORE, &box, NULL, wait, &op));
        before = now;
    }
    return ZS_OK;
}

/* Every image of a layer ends with its last word; data are computed with that of the last image. */
static zs_status emit_images(zs_emitter *e, const stream_row *r, uint32_t unit)
{
    const zs_flow *f = &e->d->plan->flow->flow;
    const uint64_t images = e->d->plan->flow->images;
    if (r->node_n == 0)
        return ZS_OK;
    uint32_t slowest = 0; /* layers work side by side: the closed forms count this one */
    while (e->d->rows[slowest].own == NULL ||
           stream_of(&e->d->rows[slowest])->work < e->d->plan->flow->least_period)
        slowest++;
    const uint64_t least = e->d->rows[slowest].own == r ? r->work : 0;
    const uint32_t edge = f->nodes[r->node0 + r->node_n - 1].out[0];
    for (uint64_t i = 0; i < images; i++) {
        uint32_t op;
        ZS_TRY(emit_flow(e, unit, edge, false, (i + 1) * f->edges[edge].words - 1,
                         i + 1 == images ? ZS_HOST_LAYER : ZS_HOST_CALL,
                         i + 1 == images && least > 0 ? least - r->idle : least, &op));
    }
    if (images == e->d->plan->batch) /* else the last one ends as many periods later as follow */
        return ZS_OK;
    return emit_flow(e, unit, edge, false, e->d->plan->batch * f->edges[edge].words - 1,
                     ZS_HOST_CALL, 0, &(uint32_t){0});
}

static zs_status emit_row(zs_emitter *e, uint32_t i, uint32_t *unit, uint32_t *done)
{
    zs_plan_draft *d = e->d;
    const zs_plan_row *row = &d->rows[i];
    zs_emit_begin_row(e, i);
    if (row->call == ZS_NO_INDEX)
        return zs_emit_host_layer(e);
    const zs_plan_call *call = &d->plan->calls[row->call];
    if (call->row0 == i)
        ZS_TRY(zs_emit_call_start(e, call));
    if (call->row0 == i && !d->is_outline) {
        ZS_TRY(emit_reads(e));
        ZS_TRY(emit_repeats(e, done));
    }
    if (!d->is_outline)
        ZS_TRY(emit_images(e, stream_of(row), (*unit)++));
    if (stream_of(row)->is_external && !d->is_outline)
        ZS_TRY(emit_weights(e, stream_of(row), done));
    if (call->row0 + call->row_n != i + 1)
        return ZS_OK;
    if (!d->is_outline)
        ZS_TRY(emit_writes(e, done));
    return zs_emit_call_end(e, call);
}

/* Of long batches the first images are simulated word by word: as many as moved words allow. The
 * others follow at the interval of the last of these, which is not below what the slowest takes. */
static void choose_images(const zs_plan_draft *d)
{
    zs_plan_flow *f = d->own;
    uint64_t words = 1;
    for (uint32_t i = 0; i < f->flow.edge_n; i++)
        words += f->flow.edges[i].words;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->rows[i].own != NULL && stream_of(&d->rows[i])->is_external)
            words += stream_of(&d->rows[i])->vectors * stream_vector_bytes(stream_of(&d->rows[i])) /
                     BYTES_A_WORD;
    f->images = zs_min_u64(
        zs_max_u64(words > MOST_WORDS / 2 ? FEWEST_OF_MANY : FEWEST_IMAGES, MOST_WORDS / words),
        d->design->batch);
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->rows[i].own != NULL)
            f->least_period = zs_max_u64(f->least_period, stream_of(&d->rows[i])->work);
}

static zs_status emit(zs_plan_draft *d, zs_err *err)
{
    zs_emitter *e = zs_new(d->arena, zs_emitter, 1);
    uint32_t *done = zs_new(d->arena, uint32_t, d->design->batch + 1);
    uint32_t unit = REPEAT_UNIT + 1;
    if (e == NULL || done == NULL)
        return zs_nomem(err, "plan");
    choose_images(d);
    ZS_TRY(zs_emit_init(e, d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].op0 = e->op_n;
        ZS_TRY(emit_row(e, i, &unit, done));
        d->rows[i].op_n = e->op_n - d->rows[i].op0;
    }
    zs_emit_finish(e);
    return ZS_OK;
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* Lanes of all matrix units are many more than unroll says; the peak is theirs. */
static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

/* Rows work at the same time: none ends before the slowest so far has seen all images. The last two
 * ops of a call are its end. */
static void outline_row(zs_outline *o, uint32_t i)
{
    const zs_plan_row *row = &o->plan->rows[i];
    const uint32_t end = row->op0 + row->op_n;
    uint32_t op = row->op0, head = end;
    if (row->call != ZS_NO_INDEX) {
        const zs_plan_call *call = &o->plan->calls[row->call];
        head = call->row0 + call->row_n == i + 1 ? end - 2 : end;
    }
    for (; op < head; op++)
        if (zs_op_role(o->plan->ops[op].code) >= ZS_HOST)
            zs_outline_op(o, row, &o->plan->ops[op]);
    if (row->call != ZS_NO_INDEX) {
        const uint64_t work =
            zs_times_u64(stream_of(row)->work, o->design->batch) - stream_of(row)->idle;
        zs_outline_transfer(o, o->design->accel.ports.input, false, row->compulsory_read_bytes);
        if (stream_of(row)->is_external)
            zs_outline_transfer(
                o, o->design->accel.ports.weight, false,
                zs_times_u64(stream_vector_bytes(stream_of(row)),
                             zs_times_u64(stream_of(row)->vectors, o->design->batch)));
        zs_outline_transfer(o, o->design->accel.ports.output, true, row->compulsory_write_bytes);
        o->compute_pl_cycles = zs_max_u64(o->compute_pl_cycles, work);
    }
    for (; op < end; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
}

static void exec_op(zs_exec *e, uint32_t op)
{
    const zs_tile_op *o = &e->plan->ops[op];
    const zs_plan_row *row = &e->plan->rows[o->row];
    if (o->code == ZS_OP_HOST)
        zs_exec_host(e, op);
    else if (o->code == ZS_OP_FLOW && e->plan->boxes[op].flags == ZS_HOST_LAYER &&
             o->row + 1u == e->plan->calls[row->call].row0 + e->plan->calls[row->call].row_n)
        stream_exec_images(e, &e->plan->calls[row->call]);
}

const zs_kind zs_kind_stream = {.word = "stream",
                                .draft = draft,
                                .emit = emit,
                                .xfer = xfer,
                                .account = stream_account,
                                .interval = interval,
                                .outline_row = outline_row,
                                .exec_build = stream_exec_build,
                                .exec_op = exec_op,
                                .streams_pixels = true,
                                .takes_model_scales = true,
                                .takes_narrow_numbers = true,
                                .takes_layer_settings = true,
                                .space = &stream_space};
