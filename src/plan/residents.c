#include "zynqsim/draft.h"

/* Tensors that stay on chip between the rows of a call. */

static bool same_call(const zs_plan_draft *d, uint32_t first, uint32_t last)
{
    for (uint32_t row = first + 1; row <= last; row++)
        if (!d->drafts[row].joins_previous)
            return false;
    return true;
}

static bool wanted(const zs_plan_draft *d, const zs_resident_draft *r)
{
    bool is_own;
    switch (zs_draft_fusion(d, zs_draft_layer(d, r->first_row), &is_own)) {
    case ZS_FUSION_FIRE:
    case ZS_FUSION_SEPARABLE:
        return zs_draft_is_fire(d, r->first_row) && same_call(d, r->first_row, r->last_row);
    case ZS_FUSION_GROUPS:
        return same_call(d, r->first_row, r->last_row);
    case ZS_FUSION_AUTO:
        return true; /* the search has the last word */
    default:
        return false;
    }
}

/* First offset at which it lies beside the chosen tensors that live at the same time. */
static uint64_t first_fit(const zs_plan_draft *d, const zs_resident_draft *r)
{
    uint64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < d->resident_n; i++) {
            const zs_resident_draft *o = &d->residents[i];
            if (o->chosen && o->first_row <= r->last_row && r->first_row <= o->last_row &&
                offset < o->offset + o->elems && o->offset < offset + r->elems) {
                offset = o->offset + o->elems;
                moved = true;
            }
        }
    }
    return offset;
}

static uint64_t chosen_extent(const zs_plan_draft *d)
{
    uint64_t extent = 0;
    for (uint32_t i = 0; i < d->resident_n; i++)
        if (d->residents[i].chosen)
            extent = zs_max_u64(extent, d->residents[i].offset + d->residents[i].elems);
    return extent;
}

static bool crosses_host(const zs_plan_draft *d, const zs_resident_draft *r)
{
    for (uint32_t row = r->first_row; row <= r->last_row; row++)
        if (!d->drafts[row].on_engine)
            return true;
    return false;
}

/* Sizes of buffers follow from the rows and the extent: one that had room has it again. */
typedef struct sizing {
    zs_size_buffers_fn *size_buffers;
    uint64_t fitted;
    bool any_fitted;
} sizing;

static bool has_room(zs_plan_draft *d, sizing *s)
{
    const uint64_t extent = chosen_extent(d);
    if (s->any_fitted && extent == s->fitted)
        return true;
    if (!s->size_buffers(d, extent))
        return false;
    s->fitted = extent;
    s->any_fitted = true;
    return true;
}

/* A tile of what row `row` adds to its own. */
static void keep_addend(zs_plan_draft *d, uint32_t row, uint64_t offset, sizing *s)
{
    const zs_plan_row *r = &d->rows[row];
    if (d->drafts[row].add == ZS_NO_INDEX)
        return;
    d->residents[d->resident_n++] =
        (zs_resident_draft){.tensor = d->drafts[row].sum,
                            .first_row = row,
                            .last_row = row,
                            .elems = (uint64_t)r->t_oc * r->t_oy * r->t_ox,
                            .offset = offset,
                            .chosen = true,
                            .is_strip = true};
    if (!has_room(d, s)) {
        d->resident_n--;
        zs_draft_deny_add(d, row);
    }
}

/* What rows take from their fronts comes first: without it they are other rows. */
static void keep_strips(zs_plan_draft *d, sizing *s)
{
    for (uint32_t row = 0; row < d->row_n; row++) {
        const uint32_t before = d->resident_n;
        uint64_t offset = 0;
        for (uint32_t i = row; d->drafts[i].front != 0; i = d->drafts[i].front) {
            const uint64_t elems = zs_shape_elems(d->rows[i].x_strip);
            d->residents[d->resident_n++] =
                (zs_resident_draft){.tensor = d->drafts[d->drafts[i].front].out,
                                    .first_row = row,
                                    .last_row = row,
                                    .elems = elems,
                                    .offset = offset,
                                    .chosen = true,
                                    .is_strip = true};
            offset += elems;
        }
        if (d->resident_n > before && !has_room(d, s)) {
            d->resident_n = before;
            zs_draft_deny_front(d, row);
            continue;
        }
        keep_addend(d, row, offset, s);
    }
}

/* A tensor may stay when one convolution writes all of it and only convolutions read it. */
static bool may_stay(const zs_plan_draft *d, uint32_t row)
{
    const zs_net *net = d->net;
    const zs_layer *writer = zs_draft_layer(d, row);
    const uint32_t out = d->drafts[row].out;
    return d->drafts[row].on_engine && zs_op_has_filters(writer->op) &&
           net->tensors[out].parent == ZS_NO_INDEX && !zs_net_is_output(net, out) &&
           zs_draft_elem(d, out) == zs_elem_bytes(d->design->accel.precision) &&
           net->tensors[out].shape.c == writer->y.c; /* else part of a concatenation */
}

static bool takes_from_chip(const zs_plan_draft *d, uint32_t layer)
{
    const zs_layer *l = &d->net->layers[layer];
    bool is_own;
    return zs_op_has_filters(l->op) && zs_draft_takes(d, layer) &&
           (zs_draft_fusion(d, l, &is_own) != ZS_FUSION_NONE || !is_own);
}

/* Lists the tensors that may stay, with the last row that reads each. */
static zs_status list_residents(zs_plan_draft *d, zs_err *err)
{
    const uint32_t barred = UINT32_MAX;
    const zs_net *net = d->net;
    const uint64_t elem = zs_elem_bytes(d->design->accel.precision);
    uint32_t *last = zs_new(d->arena, uint32_t, net->tensor_n); /* barred: it may not stay */
    uint32_t *reads = zs_new(d->arena, uint32_t, net->tensor_n);
    if (last == NULL || reads == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < net->layer_n; i++)
        for (uint32_t k = 0; k < net->layers[i].in_n; k++) {
            const uint32_t root = zs_draft_root(d, net->layers[i].in[k]), row = d->row_of_layer[i];
            reads[root]++;
            if (last[root] == barred || !takes_from_chip(d, i))
                last[root] = barred;
            else
                last[root] = row > last[root] ? row : last[root];
        }
    for (uint32_t row = 0; row < d->row_n; row++) {
        const uint32_t out = d->drafts[row].out;
        if (!may_stay(d, row) || reads[out] == 0 || last[out] == barred)
            continue;
        const uint64_t elems = zs_shape_elems(net->tensors[out].shape) * d->design->batch;
        const zs_resident_draft r = {.tensor = out,
                                     .first_row = row,
                                     .last_row = last[out],
                                     .elems = elems,
                                     .saved_bytes = elems * (reads[out] + 1u) * elem};
        if (wanted(d, &r) && !crosses_host(d, &r))
            d->residents[d->resident_n++] = r;
    }
    return ZS_OK;
}

/* Greedy by bytes saved per element held: exact when lives do not overlap, as in SqueezeNet. */
zs_status zs_draft_choose_residents(zs_plan_draft *d, zs_size_buffers_fn *size_buffers, zs_err *err)
{
    d->residents = zs_new(d->arena, zs_resident_draft, 2 * zs_draft_all_n(d) + 1u);
    if (d->residents == NULL)
        return zs_nomem(err, "plan");
    sizing s = {.size_buffers = size_buffers};
    keep_strips(d, &s);
    ZS_TRY(list_residents(d, err));
    for (uint32_t step = 0; step < d->resident_n; step++) {
        zs_resident_draft *best = NULL;
        for (uint32_t i = 0; i < d->resident_n; i++) {
            zs_resident_draft *r = &d->residents[i];
            if (r->saved_bytes > 0 && !r->chosen &&
                (best == NULL || r->saved_bytes > best->saved_bytes))
                best = r;
        }
        if (best == NULL)
            break;
        if (d->may_stay != NULL && !d->may_stay[best->tensor]) {
            best->saved_bytes = 0;
            continue;
        }
        best->offset = first_fit(d, best);
        best->chosen = true;
        if (has_room(d, &s)) {
            /* The rows of its life are one call: `auto` merges, the others keep within theirs. */
            for (uint32_t row = best->first_row + 1; row <= best->last_row; row++) {
                d->drafts[row].joins_previous = true;
                d->drafts[row].call_name = NULL;
            }
        } else {
            best->chosen = false;
            best->saved_bytes = 0; /* tried */
        }
    }
    d->plan->resident_elems = chosen_extent(d);
    return ZS_OK;
}
