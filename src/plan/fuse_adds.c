#include "zynqsim/draft.h"

#include <string.h>

/* Additions behind convolutions (the end of a residual block), a tile at a time: the other summand
 * comes from DRAM as tiles are finished, so that the map of the convolution never goes there. */

/* The addition says whether; as with pools, a convolution may say that it is done on its own. */
static bool is_wanted(const zs_plan_draft *d, const zs_layer *conv, const zs_layer *add,
                      uint32_t tensor)
{
    bool of_add, of_conv;
    const uint32_t fusion = zs_draft_fusion(d, add, &of_add);
    const uint32_t before = zs_draft_fusion(d, conv, &of_conv);
    if ((d->not_by_tile != NULL && d->not_by_tile[tensor]) || (of_conv && before <= ZS_FUSION_LF1))
        return false;
    return fusion == ZS_FUSION_SEPARABLE ||
           (fusion == ZS_FUSION_AUTO && d->by_tile != NULL && d->by_tile[tensor]);
}

/* No row from `row` on writes any of the tensor. */
static bool is_there_before(const zs_plan_draft *d, uint32_t tensor, uint32_t row)
{
    const uint32_t root = zs_draft_root(d, tensor);
    for (uint32_t i = row; i < d->row_n; i++)
        if (zs_draft_root(d, d->drafts[i].out) == root)
            return false;
    return true;
}

static bool is_stored_plainly(const zs_plan_draft *d, uint32_t tensor, const zs_layer *add)
{
    const zs_shape s = d->net->tensors[tensor].shape;
    return s.c == add->y.c && s.h == add->y.h && s.w == add->y.w &&
           zs_draft_elem(d, tensor) == zs_elem_bytes(d->design->accel.precision);
}

/* Whether row `i`, an addition, can be done with the tiles of what writes its input `k`. */
static bool goes_behind(const zs_plan_draft *d, uint32_t i, uint32_t k)
{
    const zs_layer *add = zs_draft_layer(d, i);
    const uint32_t sum = add->in[k], addend = add->in[1 - k];
    const uint32_t producer = d->net->tensors[sum].producer;
    const uint32_t a = producer != ZS_NO_INDEX ? d->row_of_layer[producer] : ZS_NO_INDEX;
    if (a >= i || !zs_draft_is_private(d, sum))
        return false;
    const zs_row_draft *r = &d->drafts[a];
    const zs_layer *conv = zs_draft_layer(d, a);
    return r->out == sum && r->on_engine && r->pool == ZS_NO_INDEX && r->add == ZS_NO_INDEX &&
           conv->op == ZS_LAYER_CONV && zs_shape_elems(conv->y) != conv->y.c &&
           d->net->tensors[add->out].parent == ZS_NO_INDEX && is_stored_plainly(d, sum, add) &&
           is_stored_plainly(d, addend, add) && is_stored_plainly(d, add->out, add) &&
           zs_draft_share_ports(d, conv, add) && is_wanted(d, conv, add, sum) &&
           is_there_before(d, addend, a);
}

/* Row `i` becomes part of row `a`. */
static void take_add(zs_plan_draft *d, uint32_t i, uint32_t k)
{
    const zs_layer *add = zs_draft_layer(d, i);
    const uint32_t a = d->row_of_layer[d->net->tensors[add->in[k]].producer];
    zs_row_draft *r = &d->drafts[a];
    r->add = d->drafts[i].layer;
    r->sum = add->in[k];
    r->addend = add->in[1 - k];
    r->out = add->out;
    memmove(&d->drafts[i], &d->drafts[i + 1], (d->row_n - i - 1) * sizeof *d->drafts);
    d->row_n--;
    for (uint32_t l = 0; l < d->net->layer_n; l++)
        if (d->row_of_layer[l] != ZS_NO_INDEX)
            d->row_of_layer[l] = d->row_of_layer[l] == i  ? a
                                 : d->row_of_layer[l] > i ? d->row_of_layer[l] - 1
                                                          : d->row_of_layer[l];
}

void zs_draft_take_adds(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *add = zs_draft_layer(d, i);
        if (add->op != ZS_LAYER_ADD || add->in_n != 2 || !d->drafts[i].on_engine)
            continue;
        const bool is_second = goes_behind(d, i, 1);
        if (is_second || goes_behind(d, i, 0))
            take_add(d, i--, is_second);
    }
}

void zs_draft_deny_add(zs_plan_draft *d, uint32_t i)
{
    d->not_by_tile[d->drafts[i].sum] = true;
    d->is_denied = true;
}
