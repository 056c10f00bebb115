#include "pegrid_priv.h"

#include <string.h>

/* On-chip memories: inputs [channel][row][column] of whole maps, of which the loads bring what they
 * bring; weights as the decoder gives them; sums by run of filters, [pixel][filter]. Products with
 * 0 are computed here like all others: they change no finite sum. */

typedef struct memories {
    uint8_t *x, *w, *sums, *gathered, *dense;
    size_t x_slot, w_slot, sums_slot;
    /* maps that are dropped, of the input of a row for an image */
    const zs_plan_row *dropped_row;
    uint32_t dropped_image;
    bool drops, *dropped;
    double *means;
    float *reals;
} memories;

/* Filters that one call of the arithmetic takes: neighbours that read the same channels, or of a
 * depthwise layer one each. */
static uint32_t run_of(const zs_plan_row *row, const zs_layer *layer, const pegrid_group *g,
                       uint32_t f)
{
    uint32_t n = 1;
    while (f + n < g->n && g->filters[f + n] == g->filters[f] + n &&
           (row->is_depthwise || pegrid_channel0(row, layer, g->filters[f + n]) ==
                                     pegrid_channel0(row, layer, g->filters[f])))
        n++;
    return n;
}

/* ---- memories -------------------------------------------------------------------------------- */

/* The filter as frameworks have it, with its bias in front. */
static const uint8_t *stored_filter(const zs_exec *e, const zs_plan_row *row, uint32_t filter)
{
    return e->dram + row->weight_base +
           filter * (e->bias + pegrid_row_of(row)->weights.bits * e->weight);
}

static void encode_part(const zs_exec *e, const zs_plan_row *row, const pegrid_group *g,
                        const pegrid_part *part, uint8_t *words)
{
    const uint32_t taps = pegrid_taps(row), bit0 = part->ic0 * taps, bit_n = part->ic_n * taps;
    const zs_zero_block block = {.mask = &pegrid_row_of(row)->weights,
                                 .rows = g->filters,
                                 .row_n = g->n,
                                 .bit0 = bit0,
                                 .bit_n = bit_n,
                                 .word_bytes = (uint32_t)e->weight};
    uint8_t *out = e->dram + pegrid_row_of(row)->stream_base + part->offset;
    for (uint32_t f = 0; f < g->n && part->bias_bytes > 0; f++)
        memcpy(out + f * e->bias, stored_filter(e, row, g->filters[f]), e->bias);
    if (g->is_zero)
        return;
    for (uint32_t f = 0; f < g->n; f++)
        memcpy(words + (size_t)f * bit_n * e->weight,
               stored_filter(e, row, g->filters[f]) + e->bias + bit0 * e->weight,
               bit_n * e->weight);
    zs_zero_encode(pegrid_params_of(&e->design->accel)->code, &block, words,
                   out + part->bias_bytes);
}

static size_t bias_room(const zs_exec *e)
{
    return zs_round_up(e->design->accel.unroll.oc * e->bias, 64);
}

zs_status pegrid_exec_build(zs_exec *e, zs_arena *arena, zs_err *err)
{
    const size_t pes = e->design->accel.unroll.oc;
    memories *m = zs_new(arena, memories, 1);
    size_t x_n = 1, x = 0, maps = 1, words = 0, pixels = 0, gathered = 0;
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const zs_plan_row *row = &e->plan->rows[i];
        const pegrid_row *own = pegrid_row_of(row);
        if (own->group_n == 0)
            continue;
        const size_t area =
            (size_t)zs_extent_y(row, 0, own->band_rows).n * zs_extent_x(row, 0, row->ow).n;
        const size_t channels = row->is_depthwise ? pes : own->part_ic;
        x = zs_max_u64(x, zs_shape_elems(row->x.shape) * e->elem);
        maps = zs_max_u64(maps, row->x.shape.c);
        x_n = zs_max_u64(x_n, own->input == PEGRID_KEEPS_BATCH ? e->plan->batch : 2);
        words = zs_max_u64(words, (size_t)own->part_ic * pegrid_taps(row) * pes);
        pixels = zs_max_u64(pixels, (size_t)own->band_rows * row->ow);
        gathered = zs_max_u64(gathered, channels * area * e->elem);
    }
    if (m == NULL)
        return zs_nomem(err, "simulated memories");
    m->x_slot = zs_round_up(x, 64);
    m->w_slot = bias_room(e) + zs_round_up(words * e->weight, 64);
    m->sums_slot = zs_round_up(pixels * pes * e->acc, 64);
    m->x = zs_new(arena, uint8_t, m->x_slot * x_n + 1);
    m->w = zs_new(arena, uint8_t, m->w_slot * 2);
    m->sums = zs_new(arena, uint8_t, m->sums_slot * 2 + 1);
    m->gathered = zs_new(arena, uint8_t, gathered + 1);
    m->dense = zs_new(arena, uint8_t, words * e->weight + 1);
    m->dropped = zs_new(arena, bool, maps);
    m->means = zs_new(arena, double, maps);
    if (pegrid_params_of(&e->design->accel)->drop_maps > 0)
        m->reals = zs_new(arena, float, x / e->elem + 1);
    if (m->dropped == NULL || m->means == NULL ||
        (pegrid_params_of(&e->design->accel)->drop_maps > 0 && m->reals == NULL))
        return zs_nomem(err, "simulated memories");
    if (m->x == NULL || m->w == NULL || m->sums == NULL || m->gathered == NULL || m->dense == NULL)
        return zs_nomem(err, "simulated memories");
    e->own = m;
    ZS_TRY(zs_exec_build_tiles(e, arena, err));
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const pegrid_row *own = pegrid_row_of(&e->plan->rows[i]);
        for (uint32_t k = 0; k < own->group_n; k++)
            for (uint32_t p = 0; p < own->part_n; p++)
                encode_part(e, &e->plan->rows[i], &own->groups[k], &own->groups[k].parts[p],
                            m->dense);
    }
    return ZS_OK;
}

/* ---- ops ------------------------------------------------------------------------------------- */

static uint8_t *input_of(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                         const zs_tile_box *box)
{
    const memories *m = e->own;
    const bool keeps_all = pegrid_row_of(row)->input == PEGRID_KEEPS_BATCH;
    return m->x + (keeps_all ? box->image : op->slot[0]) * m->x_slot;
}

static void load_x(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                   const zs_tile_box *box)
{
    const zs_extent rows = pegrid_rows_of(row, box);
    const size_t line = row->x.shape.w * e->elem, plane = line * row->x.shape.h;
    const uint8_t *from = e->dram + row->x.addr + box->image * row->x.pitch_bytes;
    uint8_t *to = input_of(e, row, op, box);
    if (box->flags & ZS_BOX_FIRST)
        memset(to, 0, plane * row->x.shape.c);
    for (uint32_t c = box->ic0; c < box->ic0 + box->ic_n; c++)
        memcpy(to + c * plane + rows.lo * line, from + c * plane + rows.lo * line,
               (rows.hi - rows.lo) * line);
}

/* A stream that no block gives leaves zeros: the bits of the result say so. */
static void load_w(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                   const zs_tile_box *box)
{
    const memories *m = e->own;
    const pegrid_group *g = pegrid_group_at(row, box->oc0);
    const pegrid_part *part = pegrid_part_at(row, box);
    const uint32_t bit_n = part->ic_n * pegrid_taps(row);
    const zs_layer *layer = zs_exec_layer(e, row);
    const uint8_t *from = e->dram + pegrid_row_of(row)->stream_base + part->offset;
    uint8_t *biases = m->w + op->slot[1] * m->w_slot, *weights = biases + bias_room(e);
    memset(biases, 0, g->n * e->bias);
    memcpy(biases, from, part->bias_bytes);
    for (uint32_t f = 0; zs_layer_bias_elems(layer) == 0 && f < g->n; f++)
        zs_quantise_bias(e->quant, layer, g->filters[f], 0, biases + f * e->bias);
    memset(m->dense, 0, (size_t)g->n * bit_n * e->weight);
    if (!g->is_zero)
        (void)zs_zero_decode(pegrid_params_of(&e->design->accel)->code, g->n, bit_n,
                             (uint32_t)e->weight, from + part->bias_bytes, part->stream_bytes,
                             m->dense, NULL);
    for (uint32_t f = 0, n; f < g->n; f += n) {
        const size_t at = (size_t)f * bit_n * e->weight;
        n = run_of(row, layer, g, f);
        zs_turn(m->dense + at, bit_n, n, bit_n, weights + at, n, e->weight);
    }
}

/* Which maps are dropped follows from what the layer before wrote. */
static void find_dropped(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    memories *m = e->own;
    const zs_layer *layer = zs_exec_layer(e, row);
    const double threshold = pegrid_params_of(&e->design->accel)->drop_maps;
    const uint32_t image = box->image;
    const bool is_first = (box->flags & ZS_BOX_FIRST) && box->oy0 == 0 &&
                          box->oc0 == pegrid_row_of(row)->groups->filters[0];
    if (threshold <= 0 || (!is_first && m->dropped_row == row && m->dropped_image == image))
        return;
    m->dropped_row = row;
    m->dropped_image = image;
    m->drops = zs_layer_drops_maps(e->net, layer);
    if (!m->drops)
        return;
    zs_dequantise(e->quant, layer->in[0], e->dram + row->x.addr + image * row->x.pitch_bytes,
                  m->reals, (size_t)zs_shape_elems(layer->x));
    zs_map_means(m->reals, layer->x, m->means);
    zs_drop_maps(m->means, layer->x.c, threshold, m->dropped);
}

static void drop_gathered(const zs_exec *e, const zs_layer *layer, const zs_tile_box *box,
                          const zs_tile *t)
{
    const memories *m = e->own;
    const size_t plane = t->x_channel * e->elem;
    for (uint32_t c = 0; m->drops && c < box->ic_n; c++)
        if (m->dropped[box->ic0 + c])
            memset(m->gathered + c * plane, zs_stored_zero(e->quant, layer->in[0]), plane);
}

static void work(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const memories *m = e->own;
    const zs_layer *layer = zs_exec_layer(e, row);
    const pegrid_group *g = pegrid_group_at(row, box->oc0);
    const pegrid_part *part = pegrid_part_at(row, box);
    const size_t pixels = (size_t)box->oy_n * box->ox_n;
    const uint32_t bit_n = part->ic_n * pegrid_taps(row);
    const uint8_t *biases = m->w + op->slot[1] * m->w_slot, *weights = biases + bias_room(e);
    uint8_t *sums = m->sums + op->slot[2] * m->sums_slot;
    find_dropped(e, row, box);
    for (uint32_t f = 0, n; f < g->n; f += n) {
        n = run_of(row, layer, g, f);
        zs_tile_box run = *box;
        run.oc0 = g->filters[f];
        run.oc_n = (uint16_t)n;
        run.ic0 = pegrid_channel0(row, layer, g->filters[f]) + part->ic0;
        run.ic_n = (uint16_t)(row->is_depthwise ? n : part->ic_n);
        uint8_t *to = sums + f * pixels * e->acc;
        zs_exec_gather(e, row, &run, input_of(e, row, op, box), row->x.shape, m->gathered);
        zs_tile t = zs_exec_tile(row, &run);
        drop_gathered(e, layer, &run, &t);
        t.ic_n = part->ic_n;
        if (box->flags & ZS_BOX_FIRST)
            e->kernels->start(biases + f * e->bias, n, pixels, to);
        e->kernels->products(&t, m->gathered, weights + (size_t)f * bit_n * e->weight, to,
                             e->tile_scratch);
        if (box->flags & ZS_BOX_LAST)
            zs_exec_finish_sums(e, layer, &run, to);
    }
}

static void store(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                  const zs_tile_box *box)
{
    const memories *m = e->own;
    const zs_layer *layer = zs_exec_layer(e, row);
    const pegrid_group *g = pegrid_group_at(row, box->ic0);
    const size_t pixels = (size_t)box->oy_n * box->ox_n, plane = (size_t)row->oh * row->ow;
    uint8_t *y = e->dram + row->y.addr + box->image * row->y.pitch_bytes +
                 (size_t)box->oy0 * row->ow * e->elem;
    for (uint32_t f = 0, n; f < g->n; f += n) {
        const uint8_t *from = m->sums + op->slot[2] * m->sums_slot + (size_t)f * pixels * e->acc;
        n = run_of(row, layer, g, f);
        for (uint32_t lane = 0; lane < n; lane++) {
            const uint32_t oc = g->filters[f + lane];
            if (oc < box->oc0 || oc >= box->oc0 + box->oc_n)
                continue;
            for (size_t i = 0; i < pixels; i++)
                memcpy(y + (oc * plane + i) * e->elem, from + (i * n + lane) * e->elem, e->elem);
        }
    }
}

/* Layers without weights are done as the PS would, all images with the last one's op. */
void pegrid_exec_op(zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    const zs_tile_box *box = &e->plan->boxes[index];
    const zs_plan_row *row = &e->plan->rows[op->row];
    const bool has_groups = pegrid_row_of(row)->group_n > 0;
    if (op->code == ZS_OP_HOST || (op->code == ZS_OP_POST && box->image + 1 == e->plan->batch))
        zs_exec_host(e, index);
    else if (has_groups && op->code == ZS_OP_LOAD_X)
        load_x(e, row, op, box);
    else if (has_groups && op->code == ZS_OP_LOAD_W)
        load_w(e, row, op, box);
    else if (has_groups && op->code == ZS_OP_MAC)
        work(e, row, op, box);
    else if (has_groups && op->code == ZS_OP_STORE)
        store(e, row, op, box);
}
