#include "tiled_priv.h"

#include "zynqsim/capacity.h"

#include <string.h>

/* Loops over tiles: the order of the steps, and the row of the kind. */

/* Wherever another operand than the sums is the one that stays, in some layer. */
static bool spills_sums(const zs_design *design)
{
    bool spills = tiled_params_of(&design->accel)->loop_order != ZS_OUTPUT_STATIONARY;
    for (uint32_t i = 0; i < design->layer_setting_n && !spills; i++) {
        const zs_layer_setting *s = &design->layer_settings[i];
        spills = s->key == ZS_LAYER_FIELD && s->value != ZS_OUTPUT_STATIONARY &&
                 strcmp(s->field->path, "accelerator.loop_order") == 0;
    }
    return spills;
}

/* Sizes come before addresses, because they decide what stays on chip and never reaches DRAM. */
zs_status tiled_prepare(zs_plan_draft *d, const bool *may_stay, zs_err *err)
{
    const tiled_params *p = tiled_params_of(&d->design->accel);
    const zs_fuse_rules rules = {.writes_acts = true,
                                 .takes_fronts =
                                     !d->takes_no_fronts && tiled_takes_fronts(&d->design->accel),
                                 .splits_concat_pools = true,
                                 .most_pooled_pixels = UINT64_MAX};
    d->may_stay = may_stay;
    d->not_by_tile = zs_new(d->arena, bool, d->net->tensor_n);
    if (d->not_by_tile == NULL)
        return zs_nomem(err, "plan");
    do { /* again without what there is no room for */
        d->row_n = d->front_n = d->resident_n = 0;
        d->is_denied = false;
        ZS_TRY(zs_draft_fuse(d, &rules, err));
        ZS_TRY(tiled_shape_rows(d, err));
        if (!d->is_denied)
            ZS_TRY(zs_draft_choose_residents(d, tiled_size_buffers, err));
    } while (d->is_denied);
    ZS_TRY(tiled_finish_buffers(d, err));
    const zs_place_rules places = {.biases_apart = p->weight_layout == ZS_LAYOUT_OIHW,
                                   .spills_sums = spills_sums(d->design),
                                   .channel_block = p->channel_block};
    ZS_TRY(zs_draft_place(d, &places, err));
    d->plan->rows = d->rows;
    d->plan->row_n = d->row_n;
    d->plan->front_n = d->front_n;
    tiled_count_again(d);
    return tiled_place_streams(d, err);
}

zs_status tiled_list_units(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    const struct {
        const char *path;
        bool is_refused;
    } refused[] = {{"accelerator.unroll.ic", a->unroll.ic != 1},
                   {"accelerator.unroll.ky", a->unroll.ky != 1},
                   {"accelerator.unroll.kx", a->unroll.kx != 1},
                   {"accelerator.pipeline", !a->pipeline},
                   {"accelerator.initiation_interval", a->ii != 1},
                   {"accelerator.pipeline_depth", p->mac.depth_pl_cycles != 0}};
    if (p->mac.kind != ZS_ARRAY_SYSTOLIC)
        return ZS_OK;
    for (size_t i = 0; i < ZS_LEN(refused); i++)
        if (refused[i].is_refused)
            return zs_fail(err, ZS_ERANGE, refused[i].path,
                           "a PE of a systolic array takes one product a clock, and the depth of "
                           "the array follows from its size: leave the key out, unroll.ic is 1");
    const uint64_t drain = zs_mac_drain_pl_cycles(d->design, &p->mac);
    const uint64_t n = zs_min_u64(zs_ceil_div(drain, a->unroll.oc), TILED_DRAINS_MAX);
    zs_plan_unit *units = zs_new(d->arena, zs_plan_unit, TILED_UNIT_DRAIN + n);
    if (units == NULL)
        return zs_nomem(err, "plan");
    memcpy(units, zs_tile_units, sizeof zs_tile_units);
    for (uint32_t u = TILED_UNIT_OUT; u < TILED_UNIT_DRAIN + n; u++)
        units[u] = (zs_plan_unit){.name = u == TILED_UNIT_OUT ? "out" : "drain",
                                  .role = ZS_COMPUTE,
                                  .channel = ZS_NO_CHANNEL};
    d->plan->units = units;
    d->plan->unit_n = (uint32_t)(TILED_UNIT_DRAIN + n);
    return ZS_OK;
}

zs_status tiled_emit_body(zs_emitter *e)
{
    if (!zs_op_has_filters(zs_draft_layer(e->d, e->row)->op))
        return tiled_emit_vector(e);
    return e->d->rows[e->row].front != NULL ? tiled_emit_fronts(e) : tiled_emit_conv(e);
}

/* A load that is larger than the room it goes to would be a fault of the plan. Loads of one price
 * have one shape. */
static zs_status check_loads(const zs_plan_draft *d, zs_err *err)
{
    const zs_plan *plan = d->plan;
    const zs_plan_buffer *b = plan->buffers;
    const uint32_t precision = d->design->accel.precision;
    uint32_t seen = 0; /* prices are made in the order of the ops that need them first */
    for (uint32_t i = 0; i < plan->op_n; i++) {
        const zs_tile_op *op = &plan->ops[i];
        if (op->cost_key < seen || zs_op_role(op->code) != ZS_READ)
            continue;
        seen = op->cost_key + 1;
        const zs_plan_row *row = &plan->rows[op->row];
        const bool is_second =
            op->code == ZS_OP_LOAD_X && (plan->boxes[i].flags & ZS_BOX_SECOND) != 0;
        const bool is_sums = op->code == ZS_OP_LOAD_P || is_second;
        const uint64_t elem = zs_elem_bytes(precision);
        if (op->code == ZS_OP_LOAD_W && row->own != NULL) /* what comes out of the decoder fits */
            continue;
        const uint64_t room = op->code == ZS_OP_LOAD_W ? row->weight_slot_bytes
                              : is_second && row->add != ZS_NO_INDEX
                                  ? elem * row->t_oc * row->t_oy * row->t_ox
                              : is_sums ? b[ZS_BUF_OUTPUT].slot_elems * zs_acc_bytes(precision)
                                        : b[ZS_BUF_INPUT].slot_elems * elem;
        const uint64_t bytes = zs_xfer_bytes(&plan->costs[op->cost_key].xfer);
        if (bytes > room)
            return zs_fail(err, ZS_EINTERNAL, row->name,
                           "op %u loads %llu bytes into a slot of %llu", i,
                           (unsigned long long)bytes, (unsigned long long)room);
    }
    return ZS_OK;
}

static zs_status emit(zs_plan_draft *d, zs_err *err)
{
    ZS_TRY(zs_emit_rows(d, tiled_emit_body, err));
    return check_loads(d, err);
}

/* That of a full tile; smaller layers may have fewer independent sums. */
static uint32_t interval(const zs_design *design)
{
    const tiled_params *p = tiled_params_of(&design->accel);
    const zs_mac_loop loop = {p->tile.oc, p->tile.ic, p->tile.oy, p->tile.ox, 1, 1, false};
    return zs_mac_interval(design, &p->mac, &loop);
}

static bool plans_by_weights(const zs_design *design)
{
    return tiled_params_of(&design->accel)->weight_code != ZS_ZERO_CODE_DENSE;
}

static const zs_kind_lanes lanes[] = {
    {"accelerator.unroll.oc", "accelerator.tile.oc", "accelerator.partition.oc"},
    {"accelerator.unroll.ic", "accelerator.tile.ic", "accelerator.partition.ic"},
    {"accelerator.unroll.oy", "accelerator.tile.oy", NULL},
    {"accelerator.unroll.ox", "accelerator.tile.ox", NULL},
    {NULL, NULL, NULL},
};

static uint32_t schedule(const zs_plan_row *row, zs_layer_setting settings[ZS_SCHEDULE_KEYS])
{
    const uint32_t order = tiled_nest_of(row), pairs = tiled_pairs_of(row);
    const struct {
        const char *path;
        uint32_t value;
    } keys[] = {
        {"accelerator.tile.oc", row->t_oc},
        {"accelerator.tile.ic", row->t_ic},
        {"accelerator.tile.oy", row->images_are_columns ? 1 : row->t_oy},
        {"accelerator.tile.ox", row->t_ox},
        {"accelerator.loop_order", order == TILED_WEIGHTS_STAY  ? ZS_WEIGHT_STATIONARY
                                   : order == TILED_INPUTS_STAY ? ZS_INPUT_STATIONARY
                                                                : ZS_OUTPUT_STATIONARY},
        {"accelerator.outer_loop",
         order == TILED_PIXELS_OUTSIDE ? ZS_OUTER_PIXELS : ZS_OUTER_CHANNELS},
        {"accelerator.threads", pairs == D_OY ? ZS_THREADS_ROWS : ZS_THREADS_CHANNELS},
    };
    const uint32_t n = ZS_LEN(keys) - (pairs == 0);
    for (uint32_t i = 0; i < n; i++)
        settings[i] = (zs_layer_setting){
            .key = ZS_LAYER_FIELD, .value = keys[i].value, .field = zs_field_find(keys[i].path)};
    return n;
}

static zs_status notes(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *run,
                       const char *const **out, uint32_t *n, zs_err *err)
{
    enum { NOTES = 2 };
    const char **list = zs_new(arena, const char *, NOTES);
    (void)run;
    if (list == NULL)
        return zs_nomem(err, "result");
    *n = 0;
    *out = list;
    ZS_TRY(tiled_stream_note(arena, plan, &list[*n], err));
    if (list[*n] != NULL)
        ++*n;
    ZS_TRY(tiled_front_note(arena, plan, &list[*n], err));
    if (list[*n] != NULL)
        ++*n;
    return ZS_OK;
}

const zs_kind zs_kind_tiled = {
    .word = "tiled",
    .draft = tiled_choose,
    .emit = emit,
    .draft_decides_ops = true,
    .plans_by_weights = plans_by_weights,
    .takes_model_scales = true,
    .xfer = tiled_xfer,
    .account = tiled_account,
    .interval = interval,
    .outline_row = tiled_outline_row,
    .exec_build = tiled_exec_build,
    .exec_op = tiled_exec_op,
    .schedule = schedule,
    .space = &tiled_space,
    .lanes = lanes,
    .spills_sums = spills_sums,
    .notes = notes,
};
