/* copy.c - a kind of accelerator for the tests, as small as one can be: each layer that its engine
 * takes is read whole, computed in one pass of some clocks per output, and written whole. */
#include "../../src/kinds/kind_fields_priv.h"
#include "zynqsim/kind.h"

typedef struct copy_params {
    uint32_t clocks; /* per output */
} copy_params;

#define KIND_ID     copy
#define KIND_FIELDS "../../tests/kinds/fields.def"
#define KIND_PARAMS copy_params
#define KIND_CHECK  NULL
#include "../../src/kinds/kind_keys.h"

/* Tensors and weights in one piece each. */
static zs_xfer xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box)
{
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    const zs_plan_tensor *x = box->flags & ZS_BOX_SECOND ? &row->x2 : &row->x;
    zs_xfer t = {.row_n = 1, .plane_n = 1};
    if (code == ZS_OP_LOAD_W) {
        t.addr = row->weight_base;
        t.row_bytes = (uint32_t)row->weight_slot_bytes;
    } else if (code == ZS_OP_LOAD_X) {
        t.addr = x->addr + box->image * x->pitch_bytes;
        t.row_bytes = (uint32_t)(zs_shape_elems(row->x.shape) * elem);
    } else {
        t.addr = row->y.addr + box->image * row->y.pitch_bytes;
        t.row_bytes = (uint32_t)((uint64_t)row->y_c * row->oh * row->ow * elem);
    }
    return t;
}

static zs_status draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.most_pooled_pixels = 0};
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_draft_shape_whole(d, i);
        d->rows[i].weight_slots = zs_op_has_filters(zs_draft_layer(d, i)->op);
        d->rows[i].weight_slot_bytes = zs_draft_filter_bytes(d, i);
    }
    return zs_draft_place(d, &(zs_place_rules){0}, err);
}

static zs_status load(zs_emitter *e, zs_op_code code, uint32_t image, uint32_t flags)
{
    const uint32_t wait[3] = {zs_emit_producer(e), ZS_NO_OP, ZS_NO_OP};
    return zs_emit_transfer(e, code, &(zs_tile_box){.image = image, .flags = flags}, NULL, wait,
                            &e->last_mac);
}

/* Loads share a channel and retire in order, so the pass waits for the last of each. */
static zs_status emit_body(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const zs_tile_box all = {.flags = ZS_HOST_LAYER};
    uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
    if (row->weight_slot_bytes > 0)
        ZS_TRY(load(e, ZS_OP_LOAD_W, 0, 0));
    wait[0] = row->weight_slot_bytes > 0 ? e->last_mac : ZS_NO_OP;
    for (uint32_t image = 0; image < e->d->design->batch; image++)
        for (uint32_t k = 0; k < layer->in_n; k++)
            ZS_TRY(load(e, ZS_OP_LOAD_X, image, k ? ZS_BOX_SECOND : 0));
    wait[1] = e->last_mac;
    const copy_params *p = (const void *)e->d->design->accel.params;
    const uint64_t cycles =
        (uint64_t)row->y_c * row->oh * row->ow * e->d->design->batch * p->clocks;
    const uint64_t macs = zs_ceil_div(row->macs, zs_design_lanes(e->d->design));
    uint32_t op;
    ZS_TRY(zs_emit_priced(e, ZS_OP_MAC, &all, NULL, wait, 1, zs_max_u64(cycles, macs), &op));
    wait[0] = op, wait[1] = ZS_NO_OP;
    for (uint32_t image = 0; image < e->d->design->batch; image++)
        ZS_TRY(zs_emit_transfer(e, ZS_OP_STORE, &(zs_tile_box){.image = image}, NULL, wait, &op));
    e->written_by[zs_draft_root(e->d, e->d->drafts[e->row].out)] = op;
    return ZS_OK;
}

static zs_status emit(zs_plan_draft *d, zs_err *err)
{
    return zs_emit_rows(d, emit_body, err);
}

static void account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const zs_accel *accel = &design->accel;
    (void)plan;
    zs_fit_add_mac_array(a, design);
    zs_fit_add_axi_masters(a, accel->ports.input, accel->ports.weight, accel->ports.output);
    zs_fit_add_registers(a, accel);
}

static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

static void exec_op(zs_exec *e, uint32_t op)
{
    const zs_plan_row *row = &e->plan->rows[e->plan->ops[op].row];
    const uint32_t code = e->plan->ops[op].code;
    if (code == ZS_OP_HOST || (code == ZS_OP_MAC && row->weight_slots == 0))
        zs_exec_host(e, op);
    else if (code == ZS_OP_MAC)
        for (uint32_t image = 0; image < e->plan->batch; image++)
            for (uint32_t oc = 0; oc < row->y_c; oc++)
                zs_exec_filter(e, row, image, oc);
}

const zs_kind zs_kind_copy = {.word = "copy",
                              .draft = draft,
                              .emit = emit,
                              .xfer = xfer,
                              .account = account,
                              .interval = interval,
                              .exec_build = zs_exec_build_tiles,
                              .exec_op = exec_op};
