#include "tiled_priv.h"

#include "zynqsim/zero_code.h"

#include <string.h>

/* Weights of tiles that lie compressed in DRAM: each tile is a stream of its own, its biases in
 * front, behind all else. */

enum { STREAM_ALIGN = 64, STREAMS_ALIGN = 4096 };

static uint32_t taps_of(const zs_plan_row *row)
{
    return row->window.kh * row->window.kw;
}

/* Weights of a filter of the tile. */
static uint32_t bits_of(const zs_plan_row *row, uint32_t ic_n)
{
    return (row->is_depthwise ? 1 : ic_n) * taps_of(row);
}

const tiled_stream *tiled_stream_of(const zs_plan_row *row, const zs_tile_box *box)
{
    const tiled_streams *s = tiled_streams_of(row);
    const uint32_t group = row->is_depthwise ? 0 : box->oc0 / row->group_oc;
    const uint32_t oc0 = row->is_depthwise ? box->oc0 : box->oc0 % row->group_oc;
    const uint32_t ic = row->is_depthwise ? 0 : box->ic0 % row->group_ic / row->t_ic;
    return &s->of[((uint64_t)group * s->oc_n + oc0 / row->t_oc) * s->ic_n + ic];
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Every tile of weights, in the order in which they lie. */
typedef struct tile_walk {
    const zs_plan_row *row;
    zs_tile_box box;
    uint32_t oc_size, group_n, group;
} tile_walk;

static tile_walk first_tile(const zs_plan_row *row)
{
    const uint32_t oc_size = row->is_depthwise ? row->y_c : row->group_oc;
    tile_walk w = {.row = row, .oc_size = oc_size, .group_n = row->y_c / oc_size};
    return w;
}

/* Fills in the box of the tile at the walk's place; false behind the last. */
static bool take_tile(tile_walk *w, zs_tile_box *box)
{
    const zs_plan_row *r = w->row;
    const uint32_t ic_size = r->is_depthwise ? 1 : r->group_ic;
    if (w->group == w->group_n)
        return false;
    const uint32_t oc = w->box.oc0, ic = w->box.ic0;
    *box = (zs_tile_box){.oc0 = w->group * w->oc_size + oc,
                         .ic0 = r->is_depthwise ? w->group * w->oc_size + oc
                                                : w->group * r->group_ic + ic,
                         .oc_n = (uint16_t)zs_min_u64(r->t_oc, w->oc_size - oc),
                         .ic_n = (uint16_t)zs_min_u64(r->t_ic, ic_size - ic),
                         .flags = ic == 0 ? ZS_BOX_BIAS : 0};
    if (r->is_depthwise)
        box->ic_n = box->oc_n;
    w->box.ic0 = r->is_depthwise ? ic_size : ic + r->t_ic;
    if (w->box.ic0 < ic_size)
        return true;
    w->box.ic0 = 0;
    w->box.oc0 += r->t_oc;
    if (w->box.oc0 < w->oc_size)
        return true;
    w->box.oc0 = 0;
    w->group++;
    return true;
}

static zs_zero_block block_of(const zs_plan_row *row, const zs_tile_box *box, uint32_t word_bytes)
{
    const tiled_streams *s = tiled_streams_of(row);
    const uint32_t ic0 = row->is_depthwise ? 0 : box->ic0 % row->group_ic;
    return (zs_zero_block){.mask = &s->weights,
                           .rows = s->filters + box->oc0,
                           .row_n = box->oc_n,
                           .bit0 = ic0 * taps_of(row),
                           .bit_n = bits_of(row, box->ic_n),
                           .word_bytes = word_bytes};
}

static zs_status place_row(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    zs_plan_row *row = &d->rows[i];
    const uint32_t oc_size = row->is_depthwise ? row->y_c : row->group_oc;
    tiled_streams *s = zs_new(d->arena, tiled_streams, 1);
    if (s == NULL)
        return zs_nomem(err, "plan");
    s->oc_n = (uint32_t)zs_ceil_div(oc_size, row->t_oc);
    s->ic_n = row->is_depthwise ? 1 : (uint32_t)zs_ceil_div(row->group_ic, row->t_ic);
    s->filters = zs_new(d->arena, uint32_t, row->y_c);
    s->n = (uint64_t)(row->y_c / oc_size) * s->oc_n * s->ic_n;
    s->of = zs_arena_alloc(d->arena, s->n, sizeof *s->of);
    if (s->filters == NULL || s->of == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t oc = 0; oc < row->y_c; oc++)
        s->filters[oc] = oc;
    ZS_TRY(zs_draft_mask_weights(d, zs_draft_layer(d, i), &s->weights, err));
    s->base = zs_round_up(d->plan->dram_bytes, STREAMS_ALIGN);
    row->own = s;
    uint64_t offset = 0;
    tile_walk w = first_tile(row);
    for (zs_tile_box box; take_tile(&w, &box);) {
        const zs_zero_block block = block_of(row, &box, zs_weight_bytes(a->precision));
        const zs_zero_size size = zs_zero_code_size(p->weight_code, &block);
        const uint64_t biases =
            box.flags & ZS_BOX_BIAS ? (uint64_t)box.oc_n * zs_bias_bytes(a->precision) : 0;
        if (size.bytes + biases > UINT32_MAX)
            return zs_fail(err, ZS_ERANGE, row->name, "a stream of %llu bytes is too long",
                           (unsigned long long)size.bytes);
        *(tiled_stream *)tiled_stream_of(row, &box) =
            (tiled_stream){.offset = offset,
                           .bias_bytes = (uint32_t)biases,
                           .bytes = (uint32_t)size.bytes,
                           .index_bytes = (uint32_t)size.index_bytes,
                           .entries = size.entries};
        s->bytes += biases + size.bytes;
        s->index_bytes += size.index_bytes;
        offset += zs_round_up(biases + size.bytes, STREAM_ALIGN);
    }
    d->plan->dram_bytes = s->base + offset;
    return ZS_OK;
}

zs_status tiled_place_streams(zs_plan_draft *d, zs_err *err)
{
    const uint32_t precision = d->design->accel.precision;
    if (tiled_params_of(&d->design->accel)->weight_code == ZS_ZERO_CODE_DENSE)
        return ZS_OK;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        if (!d->drafts[i].on_engine || !zs_op_has_filters(layer->op))
            continue;
        ZS_TRY(place_row(d, i, err));
        zs_plan_row *row = &d->rows[i];
        row->compulsory_read_bytes -= zs_layer_weight_elems(layer) * zs_weight_bytes(precision) +
                                      zs_layer_bias_elems(layer) * zs_bias_bytes(precision);
        row->compulsory_read_bytes += tiled_streams_of(row)->bytes;
    }
    return zs_draft_check_dram(d, err);
}

zs_status tiled_stream_note(zs_arena *arena, const zs_plan *plan, const char **note, zs_err *err)
{
    uint64_t bytes = 0, index = 0;
    bool any = false;
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (plan->rows[i].own != NULL) {
            any = true;
            bytes += tiled_streams_of(&plan->rows[i])->bytes;
            index += tiled_streams_of(&plan->rows[i])->index_bytes;
        }
    if (!any)
        return ZS_OK;
    *note = zs_arena_printf(
        arena, "weights and biases take %llu bytes, of which %llu say where the weights are",
        (unsigned long long)bytes, (unsigned long long)index);
    return *note != NULL ? ZS_OK : zs_nomem(err, "result");
}

/* ---- numerics -------------------------------------------------------------------------------- */

/* From [weight][filter], as tiles lie, to [filter][weight], as codes have them, or back. */
static void transpose(const uint8_t *from, uint8_t *to, size_t rows, size_t columns, size_t elem)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            memcpy(to + (c * rows + r) * elem, from + (r * columns + c) * elem, elem);
}

zs_status tiled_encode_streams(zs_exec *e, zs_arena *arena, zs_err *err)
{
    size_t most = 1;
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const zs_plan_row *row = &e->plan->rows[i];
        if (row->own != NULL)
            most = zs_max_u64(most, (size_t)row->t_oc * bits_of(row, row->t_ic));
    }
    tiled_memories *m = e->own;
    m->decoded = zs_arena_alloc(arena, most, e->weight);
    if (m->decoded == NULL)
        return zs_nomem(err, "simulated memories");
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const zs_plan_row *row = &e->plan->rows[i];
        if (row->own == NULL)
            continue;
        tile_walk w = first_tile(row);
        for (zs_tile_box box; take_tile(&w, &box);) {
            const tiled_stream *s = tiled_stream_of(row, &box);
            const zs_xfer dense = tiled_dense_weights(row, &box, e->quant->precision);
            const zs_zero_block block = block_of(row, &box, (uint32_t)e->weight);
            const uint8_t *from = e->dram + dense.addr;
            uint8_t *to = e->dram + tiled_streams_of(row)->base + s->offset;
            memcpy(to, from, s->bias_bytes);
            transpose(from + s->bias_bytes, m->decoded, block.bit_n, box.oc_n, e->weight);
            zs_zero_encode(tiled_params_of(&e->design->accel)->weight_code, &block, m->decoded,
                           to + s->bias_bytes);
        }
    }
    return ZS_OK;
}

/* A stream that no block gives leaves zeros: the bits of the result say so. */
void tiled_decode(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, const uint8_t *from,
                  uint8_t *slot)
{
    const tiled_memories *m = e->own;
    const tiled_stream *s = tiled_stream_of(row, box);
    const uint32_t bit_n = bits_of(row, box->ic_n);
    memset(m->decoded, 0, (size_t)box->oc_n * bit_n * e->weight);
    (void)zs_zero_decode(tiled_params_of(&e->design->accel)->weight_code, box->oc_n, bit_n,
                         (uint32_t)e->weight, from, s->bytes, m->decoded, NULL);
    transpose(m->decoded, slot, box->oc_n, bit_n, e->weight);
}
