#include "pegrid_priv.h"

/* ---- bits ------------------------------------------------------------------------------------ */

uint32_t pegrid_ones(const uint64_t *row, uint64_t from, uint64_t end)
{
    uint32_t n = 0;
    for (uint64_t at = from; at < end; at = (at / 64 + 1) * 64) {
        uint64_t word = row[at / 64] >> at % 64;
        const uint64_t left = end - at;
        if (left < 64)
            word &= (UINT64_C(1) << left) - 1;
        n += (uint32_t)__builtin_popcountll(word);
    }
    return n;
}

static bool has_ones(const uint64_t *row, uint64_t from, uint64_t end)
{
    for (uint64_t at = from; at < end; at = (at / 64 + 1) * 64) {
        const uint64_t word = row[at / 64] >> at % 64;
        if (end - at < 64 ? (word & ((UINT64_C(1) << (end - at)) - 1)) != 0 : word != 0)
            return true;
    }
    return false;
}

static const uint64_t *mask_row(const zs_mask *m, uint32_t row)
{
    return m->words + (uint64_t)row * m->row_words;
}

static zs_status mask_kernels(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    pegrid_row *own = pegrid_row_of(&d->rows[i]);
    const uint32_t taps = pegrid_taps(&d->rows[i]), n = own->weights.bits / taps;
    if (taps == 1) { /* a kernel is a weight */
        own->kernels = own->weights;
        return ZS_OK;
    }
    ZS_TRY(zs_mask_build(d->arena, own->weights.rows, n, &own->kernels, err));
    for (uint32_t oc = 0; oc < own->weights.rows; oc++)
        for (uint32_t ic = 0; ic < n; ic++)
            if (has_ones(mask_row(&own->weights, oc), (uint64_t)ic * taps,
                         (ic + UINT64_C(1)) * taps))
                zs_mask_set(&own->kernels, oc, ic);
    return ZS_OK;
}

/* ---- groups ---------------------------------------------------------------------------------- */

bool pegrid_has_weights(const pegrid_row *own, uint32_t filter)
{
    return has_ones(mask_row(&own->weights, filter), 0, own->weights.bits);
}

/* Filters that have a weight first, where the grid packs; the others still have biases. */
static uint32_t sort_filters(const pegrid_row *own, bool packs, uint32_t n, uint32_t *filters)
{
    uint32_t at = 0;
    for (uint32_t oc = 0; oc < n; oc++)
        if (!packs || pegrid_has_weights(own, oc))
            filters[at++] = oc;
    const uint32_t working = at;
    for (uint32_t oc = 0; oc < n && at < n; oc++)
        if (!pegrid_has_weights(own, oc))
            filters[at++] = oc;
    return working;
}

zs_status pegrid_group_filters(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const pegrid_params *p = pegrid_params_of(&d->design->accel);
    const uint32_t pes = d->design->accel.unroll.oc, n = layer->y.c;
    pegrid_row *own = pegrid_row_of(&d->rows[i]);
    uint32_t *filters = zs_new(d->arena, uint32_t, n);
    pegrid_group *groups = zs_new(d->arena, pegrid_group, zs_ceil_div(n, pes) + UINT64_C(1));
    if (filters == NULL || groups == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(zs_draft_mask_weights(d, layer, &own->weights, err));
    if (p->skip == ZS_SKIP_KERNEL)
        ZS_TRY(mask_kernels(d, i, err));
    const uint32_t working = sort_filters(own, p->packs && p->skip != ZS_SKIP_NONE, n, filters);
    for (uint32_t f = 0; f < n; f += groups[own->group_n++].n) {
        const uint32_t end = f < working ? working : n;
        groups[own->group_n] = (pegrid_group){.filters = filters + f,
                                              .n = (uint32_t)zs_min_u64(pes, end - f),
                                              .is_zero = f >= working};
    }
    own->groups = groups;
    return ZS_OK;
}

const pegrid_group *pegrid_group_at(const zs_plan_row *row, uint32_t filter)
{
    const pegrid_group *g = pegrid_row_of(row)->groups;
    while (g->filters[0] != filter)
        g++;
    return g;
}

/* ---- what a part works ----------------------------------------------------------------------- */

/* The bits of a part in the mask that is looked at, and the products that each stands for. */
typedef struct view {
    const zs_mask *mask;
    uint64_t from, end; /* bits */
    uint32_t channel_bits, products;
    uint32_t lanes;
} view;

static view view_of(const zs_plan_row *row, const pegrid_params *p, const pegrid_part *part,
                    uint32_t lanes)
{
    const pegrid_row *own = pegrid_row_of(row);
    const bool by_kernel = p->skip == ZS_SKIP_KERNEL;
    const uint32_t taps = pegrid_taps(row), bits = by_kernel ? 1 : taps;
    return (view){.mask = by_kernel ? &own->kernels : &own->weights,
                  .from = (uint64_t)part->ic0 * bits,
                  .end = ((uint64_t)part->ic0 + part->ic_n) * bits,
                  .channel_bits = bits,
                  .products = by_kernel ? taps : 1,
                  .lanes = lanes};
}

/* `any` is room for a row. */
static void count_lockstep(const view *v, const pegrid_group *g, uint64_t *any, pegrid_part *part)
{
    for (uint32_t k = 0; k < v->mask->row_words; k++)
        any[k] = 0;
    for (uint32_t f = 0; f < g->n; f++)
        for (uint32_t k = 0; k < v->mask->row_words; k++)
            any[k] |= mask_row(v->mask, g->filters[f])[k];
    const uint64_t n = (uint64_t)pegrid_ones(any, v->from, v->end) * v->products;
    part->steps = zs_ceil_div(n, v->lanes);
    part->products = n * g->n;
}

/* The busiest PE between two meetings, which are `bits` apart. */
static void count_barrier(const view *v, const pegrid_group *g, uint64_t bits, pegrid_part *part)
{
    for (uint64_t at = v->from; at < v->end; at += bits) {
        uint64_t most = 0;
        for (uint32_t f = 0; f < g->n; f++) {
            const uint64_t n = (uint64_t)pegrid_ones(mask_row(v->mask, g->filters[f]), at,
                                                     zs_min_u64(at + bits, v->end)) *
                               v->products;
            part->products += n;
            most = zs_max_u64(most, n);
        }
        part->steps += zs_ceil_div(most, v->lanes);
    }
}

static void count_part(const zs_plan_row *row, const zs_accel *accel, const pegrid_group *g,
                       uint64_t *any, pegrid_part *part)
{
    const pegrid_params *p = pegrid_params_of(accel);
    const uint32_t lanes = accel->unroll.ic;
    const view v = view_of(row, p, part, lanes);
    part->steps = part->products = 0;
    if (p->skip <= ZS_SKIP_FILTER) {
        const uint64_t n = (uint64_t)part->ic_n * pegrid_taps(row);
        uint32_t working = 0;
        for (uint32_t f = 0; f < g->n; f++)
            working +=
                p->skip == ZS_SKIP_NONE || pegrid_has_weights(pegrid_row_of(row), g->filters[f]);
        part->steps = working > 0 ? zs_ceil_div(n, lanes) : 0;
        part->products = n * working;
    } else if (p->sync == ZS_PE_SYNC_LOCKSTEP) {
        count_lockstep(&v, g, any, part);
    } else if (v.end > v.from) {
        const uint64_t channels = (uint64_t)v.channel_bits * lanes;
        count_barrier(&v, g, p->sync == ZS_PE_SYNC_CHANNEL ? channels : v.end - v.from, part);
    }
}

/* Of neighbouring filters that read the same channels, in `any` the weights that one of them has.
 */
static uint32_t unite_run(const zs_plan_row *row, const zs_layer *layer, const pegrid_group *g,
                          uint32_t f, uint64_t *any)
{
    const zs_mask *m = &pegrid_row_of(row)->weights;
    const uint32_t c0 = pegrid_channel0(row, layer, g->filters[f]);
    uint32_t n = 0;
    for (uint32_t k = 0; k < m->row_words; k++)
        any[k] = 0;
    for (; f + n < g->n && pegrid_channel0(row, layer, g->filters[f + n]) == c0; n++)
        for (uint32_t k = 0; k < m->row_words; k++)
            any[k] |= mask_row(m, g->filters[f + n])[k];
    return n;
}

/* The channels of the layer that a part must have. */
static void find_channels(const zs_plan_row *row, const zs_layer *layer, const pegrid_params *p,
                          const pegrid_group *g, uint64_t *any, pegrid_part *part)
{
    const uint64_t taps = pegrid_taps(row);
    for (uint32_t f = 0, n; f < g->n && !g->is_zero; f += n) {
        const uint32_t c0 = pegrid_channel0(row, layer, g->filters[f]);
        n = unite_run(row, layer, g, f, any);
        for (uint32_t c = part->ic0; c < part->ic0 + part->ic_n; c++)
            if (p->skip <= ZS_SKIP_FILTER || has_ones(any, c * taps, (c + 1) * taps))
                part->channels[(c0 + c) / 64] |= UINT64_C(1) << (c0 + c) % 64;
    }
}

/* ---- the whole row --------------------------------------------------------------------------- */

static void code_part(const zs_plan_row *row, const zs_accel *accel, const pegrid_group *g,
                      uint64_t bias_bytes, pegrid_part *part)
{
    const zs_zero_block block = {.mask = &pegrid_row_of(row)->weights,
                                 .rows = g->filters,
                                 .row_n = g->n,
                                 .bit0 = part->ic0 * pegrid_taps(row),
                                 .bit_n = part->ic_n * pegrid_taps(row),
                                 .word_bytes = zs_weight_bytes(accel->precision)};
    const zs_zero_size s =
        g->is_zero ? (zs_zero_size){0} : zs_zero_code_size(pegrid_params_of(accel)->code, &block);
    part->bias_bytes = part->ic0 == 0 ? g->n * bias_bytes : 0;
    part->stream_bytes = s.bytes;
    part->index_bytes = s.index_bytes;
    part->entries = s.entries;
}

zs_status pegrid_count(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const zs_accel *accel = &d->design->accel;
    const zs_plan_row *row = &d->rows[i];
    pegrid_row *own = pegrid_row_of(row);
    const uint64_t pixels = (uint64_t)row->oh * row->ow * d->design->batch;
    const uint64_t bias = zs_layer_bias_elems(layer) > 0 ? zs_bias_bytes(accel->precision) : 0;
    pegrid_group *groups = (pegrid_group *)own->groups;
    pegrid_part *parts = zs_new(d->arena, pegrid_part, (uint64_t)own->group_n * own->part_n);
    uint64_t *any = zs_new(d->arena, uint64_t, own->weights.row_words + UINT64_C(1));
    bool *is_read = zs_new(d->arena, bool, layer->x.c);
    const size_t words = (size_t)zs_ceil_div(layer->x.c, 64);
    uint64_t *channels =
        zs_arena_alloc(d->arena, (uint64_t)own->group_n * own->part_n * words, sizeof *channels);
    if (parts == NULL || any == NULL || is_read == NULL || channels == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t k = 0; k < own->group_n; k++) {
        pegrid_group *g = &groups[k];
        g->parts = parts + (uint64_t)k * own->part_n;
        for (uint32_t m = 0; m < own->part_n; m++) {
            pegrid_part *part = &g->parts[m];
            part->ic0 = m * own->part_ic;
            part->ic_n = (uint32_t)zs_min_u64(own->part_ic, row->t_ic - part->ic0);
            part->offset = own->stream_bytes;
            code_part(row, accel, g, bias, part);
            if (!g->is_zero)
                count_part(row, accel, g, any, part);
            own->stream_bytes += zs_round_up(part->bias_bytes + part->stream_bytes, 64);
            own->index_bytes += part->index_bytes;
            own->products += part->products * pixels;
            own->steps += part->steps * pixels;
            part->channels = channels + ((size_t)k * own->part_n + m) * words;
            find_channels(row, layer, pegrid_params_of(accel), g, any, part);
            for (uint32_t c = 0; c < layer->x.c; c++)
                is_read[c] = is_read[c] || pegrid_reads(part, c);
        }
    }
    for (uint32_t oc = 0; oc < layer->y.c; oc++)
        own->left += pegrid_ones(mask_row(&own->weights, oc), 0, own->weights.bits) * pixels;
    own->is_read = is_read;
    return pegrid_has_inputs(d) ? pegrid_count_inputs(d, i, err) : ZS_OK;
}
