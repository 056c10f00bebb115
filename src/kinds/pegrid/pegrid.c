#include "pegrid_priv.h"

#include "zynqsim/capacity.h"

/* A row of PEs that leave out zeros: the row of the kind. */

/* A PE finds its next weight with a priority encoder over a word of its mask. */
enum { MASK_WORD = 64 };

static void add_masks(zs_fit_account *a, const zs_design *design)
{
    const zs_accel *accel = &design->accel;
    const pegrid_params *p = pegrid_params_of(accel);
    zs_arena *arena = zs_fit_arena(a);
    const bool in_step = p->sync == ZS_PE_SYNC_LOCKSTEP;
    const uint64_t each = in_step ? 1 : accel->unroll.oc;
    const uint64_t searches = (p->skip < ZS_SKIP_KERNEL ? 0 : each) + (p->skips_inputs ? each : 0);
    zs_resources search = {0}, sum = {0};
    sum.n[ZS_RESOURCE_LUT] = sum.n[ZS_RESOURCE_FF] = zs_acc_bits(accel->precision);
    search.n[ZS_RESOURCE_LUT] = search.n[ZS_RESOURCE_FF] = MASK_WORD;
    if (searches > 0)
        zs_fit_add(a, "mask search",
                   zs_arena_printf(arena, "%llu x %d bits of a mask, a LUT and a register each",
                                   (unsigned long long)searches, MASK_WORD),
                   zs_resources_times(search, searches));
    if (p->drop_maps > 0) /* an adder that sums up a map's magnitudes as they leave */
        zs_fit_add(a, "map saliency",
                   zs_arena_printf(arena, "a sum of %u bits for each of %u PEs",
                                   zs_acc_bits(accel->precision), accel->unroll.oc),
                   zs_resources_times(sum, accel->unroll.oc));
    if (p->code != ZS_ZERO_CODE_DENSE)
        zs_fit_add_decoder(a, p->decode, 8 * zs_weight_bytes(accel->precision));
}

static void account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const zs_accel *accel = &design->accel;
    if (pegrid_params_of(accel)->lut_adders)
        zs_fit_add_mac_array_lut_adders(a, design);
    else
        zs_fit_add_mac_array(a, design);
    zs_fit_add_result_path(a, design, accel->unroll.oc, zs_fit_result_lanes(design, plan));
    zs_fit_add_buffer(a, "input memory", &plan->buffers[ZS_BUF_INPUT]);
    zs_fit_add_buffer(a, "filters of the PEs", &plan->buffers[ZS_BUF_WEIGHT]);
    zs_fit_add_buffer(a, "sums of the PEs", &plan->buffers[ZS_BUF_OUTPUT]);
    zs_fit_add_buffer(a, "planes of a channel", &plan->buffers[ZS_BUF_CARRY]);
    add_masks(a, design);
    zs_fit_add_axi_masters(a, accel->ports.input, accel->ports.weight, accel->ports.output);
    zs_fit_add_tile_control(a, accel);
}

static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

static bool plans_by_weights(const zs_design *design)
{
    const pegrid_params *p = pegrid_params_of(&design->accel);
    return p->skip != ZS_SKIP_NONE || p->code != ZS_ZERO_CODE_DENSE || pegrid_reads_inputs(p);
}

static bool plans_by_inputs(const zs_design *design)
{
    return pegrid_reads_inputs(pegrid_params_of(&design->accel));
}

/* ---- notes ----------------------------------------------------------------------------------- */

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

/* Where inputs are looked at. */
static const char *both_text(zs_arena *arena, uint64_t effectual)
{
    const char *text = effectual == 0
                           ? ""
                           : zs_arena_printf(arena, ", %llu an input other than 0 as well",
                                             (unsigned long long)effectual);
    return text != NULL ? text : "";
}

static const char *row_note(zs_arena *arena, const zs_plan *plan, uint32_t i)
{
    const zs_plan_row *row = &plan->rows[i];
    const pegrid_row *own = pegrid_row_of(row);
    const uint64_t macs = row->macs / plan->batch, worked = own->products / plan->batch;
    return zs_arena_printf(
        arena,
        "%llu of %llu MACs of an image are performed (%.1f %%), %llu have a weight "
        "other than 0%s; the PEs' lanes are busy %.1f %% of the %llu steps",
        (unsigned long long)worked, (unsigned long long)macs, percent(worked, macs),
        (unsigned long long)(own->left / plan->batch),
        both_text(arena, own->effectual / plan->batch),
        percent(worked, own->steps / plan->batch * own->lanes),
        (unsigned long long)(own->steps / plan->batch));
}

static zs_status notes(zs_arena *arena, const zs_plan *plan, const zs_kind_totals *run,
                       const char *const **out, uint32_t *n, zs_err *err)
{
    const char **list = zs_new(arena, const char *, 3);
    uint64_t maps = 0, dropped = 0, macs = 0, worked = 0, left = 0, effectual = 0, steps = 0,
             lanes = 1, bytes = 0, index = 0;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const pegrid_row *own = pegrid_row_of(&plan->rows[i]);
        if (own->group_n == 0)
            continue;
        macs += plan->rows[i].macs / plan->batch;
        worked += own->products / plan->batch;
        left += own->left / plan->batch;
        effectual += own->effectual / plan->batch;
        steps += own->steps / plan->batch;
        dropped += own->dropped_n;
        maps += own->dropped != NULL ? (uint64_t)plan->rows[i].x.shape.c * plan->batch : 0;
        lanes = own->lanes;
        index += own->index_bytes;
        for (uint32_t k = 0; k < own->group_n; k++)
            for (uint32_t m = 0; m < own->part_n; m++)
                bytes += own->groups[k].parts[m].bias_bytes + own->groups[k].parts[m].stream_bytes;
    }
    if (list == NULL)
        return zs_nomem(err, "result");
    list[0] =
        zs_arena_printf(arena,
                        "%llu of the %llu MACs of an image are performed (%.1f %%), %llu have a "
                        "weight other than 0%s; "
                        "lanes are busy %.1f %% of the PEs' %llu steps; gops counts the "
                        "performed ones, gops_credited all",
                        (unsigned long long)worked, (unsigned long long)macs, percent(worked, macs),
                        (unsigned long long)left, both_text(arena, effectual),
                        percent(worked, steps * lanes), (unsigned long long)steps);
    list[1] = zs_arena_printf(arena,
                              "weights and biases take %llu bytes, of which %llu say where the "
                              "weights are",
                              (unsigned long long)bytes, (unsigned long long)index);
    if (maps > 0)
        list[2] = zs_arena_printf(
            arena, "%llu of the %llu maps that layers read for the batch are dropped (%.1f %%)",
            (unsigned long long)dropped, (unsigned long long)maps, percent(dropped, maps));
    (void)run;
    *n = maps > 0 ? 3 : 2;
    for (uint32_t i = 0; i < *n; i++)
        if (list[i] == NULL)
            return zs_nomem(err, "result");
    *out = list;
    return ZS_OK;
}

const zs_kind zs_kind_pegrid = {
    .word = "pegrid",
    .draft = pegrid_draft,
    .emit = pegrid_emit,
    .plans_by_weights = plans_by_weights,
    .plans_by_inputs = plans_by_inputs,
    .xfer = pegrid_xfer,
    .account = account,
    .interval = interval,
    .outline_row = pegrid_outline_row,
    .exec_build = pegrid_exec_build,
    .exec_op = pegrid_exec_op,
    .notes = notes,
    .row_note = row_note,
    .space = &pegrid_space,
};
