#include "tiled_priv.h"

#include "zynqsim/capacity.h"

/* Layers without weights on the engine's vector path. */

/* Input into an input slot (the second one straight into the accumulator slot), work, store. */
static zs_status vector_tile(zs_emitter *e, const zs_tile_box *box, uint32_t *producer)
{
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const uint32_t xs = zs_ring_take(&e->x), as = zs_ring_take(&e->acc);
    zs_slot_state *x = &e->x.slot[xs], *acc = &e->acc.slot[as];
    const uint8_t x_slot[4] = {(uint8_t)xs, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    const uint8_t slots[4] = {(uint8_t)xs, ZS_SLOT_NONE, (uint8_t)as, ZS_SLOT_NONE};
    uint32_t first, second = ZS_NO_OP, post;
    ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, box, x_slot,
                            (const uint32_t[3]){x->last_use, *producer, ZS_NO_OP}, &first));
    *producer = ZS_NO_OP;
    if (layer->op == ZS_LAYER_ADD) {
        zs_tile_box other = *box;
        other.flags |= ZS_BOX_SECOND;
        const uint8_t acc_slot[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)as, ZS_SLOT_NONE};
        ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &other, acc_slot,
                                (const uint32_t[3]){acc->last_use, ZS_NO_OP, ZS_NO_OP}, &second));
    }
    uint64_t ops = (uint64_t)box->oc_n * box->oy_n * box->ox_n;
    if (layer->op == ZS_LAYER_POOL)
        ops *= layer->window.kh * layer->window.kw;
    ZS_TRY(zs_emit_priced(e, ZS_OP_POST, box, slots,
                          (const uint32_t[3]){first, second, acc->last_use}, ops,
                          tiled_vector_pl_cycles(e->d->design, ops), &post));
    x->last_use = post;
    return zs_emit_transfer(e, ZS_OP_STORE, box, slots,
                            (const uint32_t[3]){post, ZS_NO_OP, ZS_NO_OP}, &acc->last_use);
}

static uint16_t clip(uint32_t tile, uint32_t at, uint32_t size)
{
    return (uint16_t)(size - at < tile ? size - at : tile);
}

zs_status tiled_emit_vector(zs_emitter *e)
{
    const zs_plan_row *r = &e->d->rows[e->row];
    uint32_t producer = zs_emit_producer(e);
    const uint32_t batch = e->d->design->batch;
    zs_tile_box b = {.flags = ZS_BOX_FIRST | ZS_BOX_LAST};
    const uint32_t trips[] = {batch, (uint32_t)zs_ceil_div(r->y_c, r->t_oc),
                              (uint32_t)zs_ceil_div(r->oh, r->t_oy),
                              (uint32_t)zs_ceil_div(r->ow, r->t_ox)};
    ZS_TRY(zs_emit_expect(e, trips, ZS_LEN(trips)));
    for (b.image = 0; b.image < batch; b.image++)
        for (uint32_t c = 0; c < r->y_c; c += r->t_oc)
            for (uint32_t oy = 0; oy < r->oh; oy += r->t_oy)
                for (uint32_t ox = 0; ox < r->ow; ox += r->t_ox) {
                    b.oc0 = b.ic0 = c;
                    b.oc_n = b.ic_n = clip(r->t_oc, c, r->y_c);
                    b.oy0 = (uint16_t)oy, b.oy_n = clip(r->t_oy, oy, r->oh);
                    b.ox0 = (uint16_t)ox, b.ox_n = clip(r->t_ox, ox, r->ow);
                    ZS_TRY(vector_tile(e, &b, &producer));
                }
    for (uint32_t i = 0; i < e->acc.n; i++) {
        const uint32_t op = e->acc.slot[i].last_use;
        uint32_t *by = &e->written_by[zs_draft_root(e->d, e->d->drafts[e->row].out)];
        if (op != ZS_NO_OP && (*by == ZS_NO_OP || op > *by))
            *by = op;
    }
    return ZS_OK;
}
