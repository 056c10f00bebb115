#include "zynqsim/exec.h"

#include <string.h>

/* ---- carries of fused pools ------------------------------------------------------------------ */

uint32_t zs_exec_crossing(uint32_t kernel, uint32_t stride)
{
    const uint32_t n = zs_pool_crossing(kernel, stride);
    return n ? n : 1;
}

uint32_t zs_exec_column_rows(const zs_plan_row *row)
{
    const zs_window *w = &row->pool_window;
    return row->t_oy / w->sh + zs_exec_crossing(w->kh, w->sh) + 1;
}

size_t zs_exec_carry_row_elems(const zs_plan_row *row)
{
    const zs_window *w = &row->pool_window;
    return (size_t)zs_exec_crossing(w->kh, w->sh) * row->y.shape.w * row->carry_oc_n;
}

size_t zs_exec_carry_column_elems(const zs_plan_row *row)
{
    const zs_window *w = &row->pool_window;
    return (size_t)zs_exec_crossing(w->kw, w->sw) * zs_exec_column_rows(row) * row->carry_oc_n;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

typedef struct room {
    size_t x, w, sums, carry_rows, carry_columns, gathered, tile, filter, filters, host, inputs;
} room;

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void room_for_row(const zs_exec *e, const zs_plan_row *row, room *r)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    if (row->call == ZS_NO_INDEX || !zs_op_has_filters(layer->op))
        r->host = max_size(r->host, zs_host_scratch_bytes(e->net, layer));
    if (row->pool != ZS_NO_INDEX)
        r->host = max_size(r->host, zs_host_scratch_bytes(e->net, &e->net->layers[row->pool]));
    r->inputs = max_size(r->inputs, layer->in_n);
    if (row->call == ZS_NO_INDEX)
        return;
    const size_t pixels = row->images_are_columns ? row->t_ox
                                                  : (size_t)zs_extent_y(row, 0, row->t_oy).n *
                                                        zs_extent_x(row, 0, row->t_ox).n;
    const size_t outputs = row->t_oc * zs_row_tile_results(row, e->net);
    const size_t inputs = max_size(row->t_ic, 1) * pixels;
    r->x = max_size(r->x, inputs * e->elem);
    r->sums = max_size(r->sums, outputs * e->acc);
    r->w = max_size(r->w, row->weight_slots * row->weight_slot_bytes);
    r->gathered = max_size(r->gathered, inputs * sizeof(float));
    r->gathered = max_size(r->gathered, (2 * outputs + row->t_oc) * sizeof(float) + 128);
    const size_t taps = (size_t)row->t_ic * row->window.kh * row->window.kw;
    r->tile = max_size(r->tile, zs_tile_scratch_words(taps, row->t_ic, pixels, row->is_depthwise));
    const size_t filter = (size_t)zs_layer_filter_elems(layer);
    r->filter = max_size(r->filter, filter);
    r->filters = max_size(r->filters, filter * row->t_oc);
    if (row->pool != ZS_NO_INDEX) {
        r->carry_rows = max_size(r->carry_rows, zs_exec_carry_row_elems(row) * e->elem);
        r->carry_columns = max_size(r->carry_columns, zs_exec_carry_column_elems(row) * e->elem);
    }
}

static zs_status allocate(zs_exec *e, zs_arena *arena, const room *r, zs_err *err)
{
    const zs_plan_buffer *buffers = e->plan->buffers;
    e->x_slot_bytes = zs_round_up(r->x, 64);
    e->sums_slot_bytes = zs_round_up(r->sums, 64);
    e->dram = zs_new(arena, uint8_t, (size_t)e->plan->dram_bytes);
    e->x = zs_new(arena, uint8_t, e->x_slot_bytes * buffers[ZS_BUF_INPUT].slots);
    e->sums = zs_new(arena, uint8_t, e->sums_slot_bytes * buffers[ZS_BUF_OUTPUT].slots);
    e->w = zs_new(arena, uint8_t, r->w);
    e->resident = zs_new(arena, uint8_t, (size_t)e->plan->resident_elems * e->elem);
    e->carry_rows = zs_new(arena, uint8_t, r->carry_rows);
    e->carry_columns = zs_new(arena, uint8_t, r->carry_columns);
    e->gathered = zs_new(arena, uint8_t, r->gathered);
    e->tile_scratch = zs_new(arena, uint32_t, r->tile);
    e->host_scratch = zs_new(arena, uint8_t, r->host);
    e->host_inputs = zs_new(arena, const void *, r->inputs);
    if (e->dram == NULL || e->x == NULL || e->sums == NULL || e->w == NULL || e->resident == NULL ||
        e->carry_rows == NULL || e->carry_columns == NULL || e->gathered == NULL ||
        e->tile_scratch == NULL || e->host_scratch == NULL || e->host_inputs == NULL)
        return zs_nomem(err, "simulated memories");
    return ZS_OK;
}

/* ---- weights --------------------------------------------------------------------------------- */

static void pack_tile(const zs_exec *e, const zs_plan_row *row, uint32_t oc0, uint32_t oc_n,
                      float *filter, uint8_t *stored)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    const uint32_t ic_n = row->is_depthwise ? 1 : row->group_ic;
    const size_t filter_n = (size_t)zs_layer_filter_elems(layer);
    const bool oihw = row->biases_apart;
    const bool has_biases = !oihw || zs_layer_bias_elems(layer) > 0;
    const uint64_t first = zs_plan_weight_offset(row, e->quant->precision, ic_n, oc0, oc_n, 0);
    uint8_t *weights = e->dram + row->weight_base + first;
    uint8_t *biases = weights - oc_n * e->bias;
    if (oihw) {
        stored = e->dram + row->weight_base + oc0 * filter_n * e->weight;
        biases = e->dram + row->bias_base + oc0 * e->bias;
    }
    for (uint32_t lane = 0; lane < oc_n; lane++) {
        const uint32_t oc = oc0 + lane;
        if (has_biases)
            zs_quantise_bias(e->quant, layer, oc, zs_layer_bias(e->net, layer, oc),
                             biases + lane * e->bias);
        zs_quantise_filter(e->quant, layer, oc, zs_layer_filter(e->net, layer, oc, filter),
                           stored + lane * filter_n * e->weight);
    }
    if (!oihw)
        zs_turn(stored, filter_n, oc_n, filter_n, weights, oc_n, e->weight);
}

static void pack_row(const zs_exec *e, const zs_plan_row *row, float *filter, uint8_t *stored)
{
    const uint32_t group_oc = row->is_depthwise ? row->y_c : row->group_oc;
    for (uint32_t g = 0; g < row->y_c; g += group_oc)
        for (uint32_t oc = 0; oc < group_oc; oc += row->t_oc)
            pack_tile(e, row, g + oc, group_oc - oc < row->t_oc ? group_oc - oc : row->t_oc, filter,
                      stored);
}

zs_status zs_exec_build_tiles(zs_exec *e, zs_arena *arena, zs_err *err)
{
    const zs_plan *plan = e->plan;
    room r = {0};
    const uint32_t all_n = plan->row_n + plan->front_n;
    for (uint32_t i = 0; i < all_n; i++)
        room_for_row(e, &plan->rows[i], &r);
    ZS_TRY(allocate(e, arena, &r, err));
    float *filter = zs_new(arena, float, r.filter + 1);
    uint8_t *stored = zs_new(arena, uint8_t, r.filters * e->weight + 1);
    if (filter == NULL || stored == NULL)
        return zs_nomem(err, "simulated memories");
    for (uint32_t i = 0; i < all_n; i++)
        if (plan->rows[i].weight_slots > 0 && plan->rows[i].call != ZS_NO_INDEX)
            pack_row(e, &plan->rows[i], filter, stored);
    return ZS_OK;
}
