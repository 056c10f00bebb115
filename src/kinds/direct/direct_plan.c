#include "direct_priv.h"

#include "zynqsim/capacity.h"

/* The plain HLS kernel: filter, row, column, input channel, taps. One op is one output channel of
 * one image, from DRAM to DRAM. The PS waits for a call and the engine does one thing at a time, so
 * ops need no waits besides their order and the joins around calls. */

static bool pools(const zs_layer *layer)
{
    return layer->op == ZS_LAYER_POOL || layer->op == ZS_LAYER_GAP;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void shape_row(zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    const bool has_weights = zs_op_has_filters(layer->op);
    zs_draft_shape_whole(d, i);
    if (layer->op == ZS_LAYER_GAP) {
        row->window = ZS_WINDOW_1X1;
        row->window.kh = layer->x.h;
        row->window.kw = layer->x.w;
    }
    direct_row_of(row)->walk_oc = has_weights ? layer->y.c / layer->groups : 1;
    if (!has_weights) {
        row->t_ic = 1;
        return;
    }
    const uint32_t precision = d->design->accel.precision;
    row->weight_slots = 1;
    row->weight_slot_bytes =
        zs_round_up(zs_bias_bytes(precision), 64) +
        zs_round_up(zs_layer_filter_elems(layer) * zs_weight_bytes(precision), 64);
}

static zs_status check_row(const zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const uint32_t words = direct_params_of(&d->design->accel)->filter_words;
    if (!d->drafts[i].on_engine)
        return ZS_OK;
    if (zs_op_has_filters(layer->op) && zs_layer_filter_elems(layer) > words)
        return zs_fail(err, ZS_ERANGE, "accelerator.direct.filter_words",
                       "a filter of layer %s has %llu weights, the filter buffer holds %u",
                       layer->name, (unsigned long long)zs_layer_filter_elems(layer), words);
    if (layer->y.h > UINT16_MAX || layer->y.w > UINT16_MAX ||
        (uint64_t)layer->y.h * layer->y.w > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, layer->name, "%u x %u pixels are more than an op can hold",
                       layer->y.h, layer->y.w);
    return ZS_OK;
}

static zs_plan_buffer buffer(const zs_accel *a, const char *name, uint32_t banks, uint32_t words,
                             uint32_t bits)
{
    zs_plan_buffer b = {.name = name, .banks = banks, .word_bits = bits, .slots = 1};
    b.depth_words = words;
    b.slot_elems = (uint64_t)words;
    b.bytes = (uint64_t)banks * words * bits / 8;
    const zs_memory m = {.banks = banks, .bits = bits, .words = words};
    b.bram18 = (uint32_t)zs_min_u64(zs_memory_bram18(a, m), UINT32_MAX);
    return b;
}

static zs_status shape_rows(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const direct_params *p = direct_params_of(a);
    const uint32_t bits = 8 * zs_elem_bytes(a->precision);
    direct_row *own = zs_new(d->arena, direct_row, d->row_n + 1);
    if (own == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].own = &own[i];
        shape_row(d, i);
        ZS_TRY(check_row(d, i, err));
    }
    zs_plan_buffer *b = d->plan->buffers;
    b[ZS_BUF_WEIGHT] =
        buffer(a, "weight", p->filter_copies, p->filter_words, 8 * zs_weight_bytes(a->precision));
    b[ZS_BUF_OUTPUT] = buffer(a, "output", 1, p->plane_words, bits);
    return ZS_OK;
}

/* ---- walks ----------------------------------------------------------------------------------- */

static uint32_t latency(zs_operator_id id)
{
    return zs_operators[id].latency_pl_cycles;
}

static uint32_t compare_latency(uint32_t precision)
{
    return latency(zs_operators_of(precision)->compare);
}

/* Arithmetic between accesses: one operator after the other. */
static void set_gaps(zs_serial_walk *w, const zs_layer *layer, uint32_t precision)
{
    const zs_mac_cost *mac = zs_mac_cost_of(precision);
    w->stream_gap = latency(ZS_OPERATOR_BRAM_STORE);
    w->window_gap = layer->act.active ? compare_latency(precision) : 0;
    if (zs_op_has_filters(layer->op)) {
        w->tap_gap = mac->mul_latency_pl_cycles + mac->add_latency_pl_cycles;
        w->window_gap += zs_requantise_pl_cycles(precision);
    } else if (layer->op == ZS_LAYER_POOL && layer->pool == ZS_POOL_MAX) {
        w->tap_gap = compare_latency(precision);
    } else if (pools(layer)) {
        w->tap_gap = latency(ZS_OPERATOR_FADD);
        w->window_gap += latency(ZS_OPERATOR_FDIV);
    } else if (layer->op == ZS_LAYER_ADD) {
        w->window_gap += mac->add_latency_pl_cycles + zs_requantise_pl_cycles(precision);
    }
}

static void set_stores(zs_serial_walk *w, const zs_plan_draft *d, uint32_t i)
{
    const zs_plan_row *row = &d->rows[i];
    w->out_addr = w->late_addr = row->y.addr;
    w->stores = row->pool == ZS_NO_INDEX;
    if (w->stores)
        return;
    const uint32_t precision = d->design->accel.precision;
    const zs_layer *pool = &d->net->layers[row->pool];
    w->window_gap += latency(ZS_OPERATOR_BRAM_STORE);
    w->late_n = pool->y.h * pool->y.w;
    w->late_gap = pool->window.kh * pool->window.kw *
                  (latency(ZS_OPERATOR_BRAM_LOAD) + compare_latency(precision));
}

static void set_walk(const zs_plan_draft *d, uint32_t i)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    const uint32_t precision = d->design->accel.precision;
    const uint32_t elem = zs_elem_bytes(precision);
    const zs_window *k = &row->window;
    zs_serial_walk w = {.elem_bytes = elem,
                        .stream_elem_bytes = zs_weight_bytes(precision),
                        .in_addr = row->x.addr,
                        .plane_n = row->t_ic};
    w.in_h = layer->x.h, w.in_w = layer->x.w;
    w.row_pitch = (uint64_t)w.in_w * elem;
    w.plane_pitch = layer->op == ZS_LAYER_ADD ? row->x2.addr - row->x.addr : w.row_pitch * w.in_h;
    w.plane_n = layer->op == ZS_LAYER_ADD ? 2 : row->t_ic;
    w.kh = k->kh, w.kw = k->kw, w.sh = k->sh, w.sw = k->sw, w.dh = k->dh, w.dw = k->dw;
    w.pad_top = k->pad_top, w.pad_left = k->pad_left;
    w.out_h = row->oh, w.out_w = row->ow;
    if (zs_op_has_filters(layer->op)) {
        w.stream_addr = row->weight_base;
        w.lead_bytes = zs_bias_bytes(precision);
        w.stream_n = (uint32_t)zs_layer_filter_elems(layer);
    }
    set_gaps(&w, layer, precision);
    set_stores(&w, d, i);
    direct_row_of(row)->walk = w;
}

/* Everything goes over one master. The kernel takes its operands one by one, so any window will do;
 * it pools what it has written before its call ends. */
zs_status direct_draft(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const direct_params *p = direct_params_of(a);
    const zs_fuse_rules rules = {.takes_any_pool = true,
                                 .pools_after_call = true,
                                 .splits_concat_pools = p->fuse_concat,
                                 .most_pooled_pixels = p->plane_words};
    d->plan->units = zs_serial_units;
    d->output_port = a->ports.input;
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    ZS_TRY(shape_rows(d, err));
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine)
            set_walk(d, i);
    return ZS_OK;
}

zs_serial_walk direct_walk(const zs_plan_row *row, const zs_tile_box *box)
{
    zs_serial_walk w = direct_row_of(row)->walk;
    const uint64_t plane = w.row_pitch * w.in_h;
    const uint64_t y_plane = (uint64_t)row->y.shape.h * row->y.shape.w * w.elem_bytes;
    const uint64_t out = box->image * row->y.pitch_bytes + box->oc0 * y_plane;
    if (row->x2.addr != 0 || row->x2.pitch_bytes != 0) /* the second input of an add */
        w.plane_pitch += box->image * (row->x2.pitch_bytes - row->x.pitch_bytes);
    w.in_addr += box->image * row->x.pitch_bytes +
                 (uint64_t)(box->oc0 / direct_row_of(row)->walk_oc) * row->t_ic * plane;
    w.out_addr += out;
    w.late_addr += out;
    w.stream_addr += box->oc0 * (w.lead_bytes + (uint64_t)w.stream_n * w.stream_elem_bytes);
    if (!(box->flags & ZS_BOX_BIAS))
        w.lead_bytes = w.stream_n = 0;
    return w;
}

/* ---- ops ------------------------------------------------------------------------------------- */

static zs_status emit_body(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const bool has_weights = zs_op_has_filters(layer->op);
    const uint32_t trips[] = {row->y_c, e->d->design->batch};
    ZS_TRY(zs_emit_expect(e, trips, ZS_LEN(trips)));
    zs_tile_box box = {.oc_n = 1, .oy_n = (uint16_t)row->oh, .ox_n = (uint16_t)row->ow};
    box.ic_n = (uint16_t)(row->t_ic > UINT16_MAX ? UINT16_MAX : row->t_ic);
    for (box.oc0 = 0; box.oc0 < row->y_c; box.oc0++)
        for (box.image = 0; box.image < e->d->design->batch; box.image++) {
            const bool loads = has_weights && box.image == 0;
            box.ic0 = box.oc0 / direct_row_of(row)->walk_oc * row->t_ic;
            box.flags = ZS_BOX_FIRST | ZS_BOX_LAST | (loads ? ZS_BOX_BIAS : 0u);
            const zs_serial_walk walk = direct_walk(row, &box);
            const zs_serial_time least = zs_serial_least(e->d->design, &walk);
            ZS_TRY(zs_emit_priced(e, ZS_OP_WALK, &box, NULL, NULL, 1 + loads,
                                  zs_serial_total(&least), NULL));
        }
    return ZS_OK;
}

zs_status direct_emit(zs_plan_draft *d, zs_err *err)
{
    return zs_emit_rows(d, emit_body, err);
}
