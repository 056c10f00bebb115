#include "kernels_priv.h"

/* Rows are layers, calls are kernels. Reads, the loops and writes of a kernel go on side by side,
 * and it ends when the last of them does: it takes its own time or the memory's, whichever is
 * longer. The loops read and write DRAM themselves, so transfers carry time and no data. */

zs_xfer kernels_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                     const zs_tile_box *box)
{
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    const kernels_row *own = kernels_row_of(row);
    const zs_plan_tensor *x = box->flags & ZS_BOX_SECOND ? &row->x2 : &row->x;
    uint64_t bytes = zs_shape_elems(row->x.shape) * elem;
    zs_xfer t = {.row_n = 1, .plane_n = 1};
    if (code == ZS_OP_LOAD_W) {
        t.addr = row->weight_base;
        bytes = row->weight_slot_bytes;
    } else if (box->flags & ZS_BOX_PARAMS) { /* the padded copy */
        t.addr = own->padded_addr;
        bytes = own->padded_bytes;
    } else if (code == ZS_OP_LOAD_X) {
        t.addr = x->addr + box->image * x->pitch_bytes;
    } else {
        t.addr = row->y.addr + box->image * row->y.pitch_bytes;
        bytes = (uint64_t)row->y_c * row->oh * row->ow * elem;
    }
    t.row_bytes = (uint32_t)bytes;
    return t;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static zs_status shape_row(zs_plan_draft *d, uint32_t i, kernels_row *own, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    row->own = own;
    zs_draft_shape_whole(d, i);
    row->weight_slots = zs_op_has_filters(layer->op);
    row->weight_slot_bytes = zs_draft_filter_bytes(d, i);
    if (!d->drafts[i].on_engine)
        return ZS_OK;
    if (layer->y.h > UINT16_MAX || layer->y.w > UINT16_MAX || row->t_ic > UINT16_MAX ||
        zs_shape_elems(layer->x) > UINT32_MAX / 8 || zs_shape_elems(layer->y) > UINT32_MAX / 8 ||
        row->weight_slot_bytes > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, layer->name,
                       "%u x %u pixels of %u channels are more than one kernel can hold",
                       layer->y.h, layer->y.w, layer->x.c);
    return kernels_nest(d->arena, d->design, layer, own, err);
}

zs_status kernels_draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.takes_any_pool = true};
    uint64_t padded = 0;
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    kernels_row *own = zs_new(d->arena, kernels_row, d->row_n + 1);
    if (own == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++) {
        ZS_TRY(shape_row(d, i, &own[i], err));
        padded = zs_max_u64(padded, own[i].padded_bytes);
    }
    d->plan->buffers[ZS_BUF_OUTPUT].slots = 1; /* of the executor */
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    for (uint32_t i = 0; i < d->row_n; i++)
        own[i].padded_addr = zs_round_up(d->plan->dram_bytes, 4096);
    d->plan->dram_bytes = zs_round_up(d->plan->dram_bytes, 4096) + padded;
    return ZS_OK;
}

/* ---- ops ------------------------------------------------------------------------------------- */

static zs_status move(zs_emitter *e, zs_op_code code, uint32_t image, uint32_t flags,
                      const uint32_t *wait, uint32_t *op)
{
    const zs_tile_box box = {.image = image, .flags = flags};
    return zs_emit_transfer(e, code, &box, NULL, wait, op);
}

/* The padded copy of an image is written by a kernel of its own. */
static zs_status emit_pad(zs_emitter *e, uint32_t image, uint32_t wait[3])
{
    const kernels_row *own = kernels_row_of(&e->d->rows[e->row]);
    const uint64_t cycles = kernels_cycles(e->d->design, &own->pad);
    const zs_tile_box box = {.image = image, .flags = ZS_BOX_PARAMS};
    uint32_t done[3];
    ZS_TRY(move(e, ZS_OP_LOAD_X, image, 0, wait, &done[0]));
    ZS_TRY(zs_emit_priced(e, ZS_OP_POST, &box, NULL, wait, 1, cycles, &done[1]));
    ZS_TRY(move(e, ZS_OP_STORE, image, ZS_BOX_PARAMS, wait, &done[2]));
    return zs_emit_waits(e, done, ZS_LEN(done), wait);
}

/* Kernels follow each other. Reads of one channel retire in order, so the last stands for all. */
static zs_status emit_body(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const kernels_row *own = kernels_row_of(row);
    const uint64_t cycles = kernels_cycles(e->d->design, &own->kernel);
    uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
    for (uint32_t image = 0; image < e->d->design->batch; image++) {
        const zs_tile_box box = {.image = image, .flags = ZS_HOST_LAYER};
        uint32_t done[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
        if (own->padded_bytes > 0)
            ZS_TRY(emit_pad(e, image, wait));
        if (row->weight_slot_bytes > 0)
            ZS_TRY(move(e, ZS_OP_LOAD_W, image, 0, wait, &done[0]));
        for (uint32_t k = 0; k < layer->in_n; k++) {
            const uint32_t flags = own->padded_bytes > 0 ? ZS_BOX_PARAMS : k ? ZS_BOX_SECOND : 0;
            ZS_TRY(move(e, ZS_OP_LOAD_X, image, flags, wait, &done[0]));
        }
        ZS_TRY(zs_emit_priced(e, ZS_OP_MAC, &box, NULL, wait, 2, cycles, &done[1]));
        ZS_TRY(move(e, ZS_OP_STORE, image, 0, wait, &done[2]));
        ZS_TRY(zs_emit_waits(e, done, ZS_LEN(done), wait));
    }
    return ZS_OK;
}

zs_status kernels_emit(zs_plan_draft *d, zs_err *err)
{
    return zs_emit_rows(d, emit_body, err);
}
