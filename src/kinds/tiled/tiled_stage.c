#include "tiled_priv.h"

#include "zynqsim/capacity.h"

/* Staging buffers between the ports and the tiles: a tile of inputs or weights before it is
 * unpacked, rows of results before they leave. Each port has its own, as wide as its beats. */

static zs_plan_buffer stage(const char *name, uint32_t ports, uint64_t bytes, uint32_t beat_bytes,
                            uint32_t slots)
{
    const uint64_t depth = zs_ceil_div(zs_ceil_div(bytes, ports), beat_bytes);
    zs_plan_buffer b = {.name = name,
                        .banks = ports,
                        .depth_words = (uint32_t)zs_min_u64(depth * slots, UINT32_MAX),
                        .word_bits = 8 * beat_bytes,
                        .slots = slots};
    b.bytes = (uint64_t)b.banks * b.depth_words * beat_bytes;
    b.bram18 = ports * zs_bram18_of(b.depth_words, b.word_bits);
    return b;
}

/* Results that are neighbours in DRAM: whole rows, and whole planes, are one for a DMA that merges
 * them. */
static uint64_t longest_row_elems(const zs_design *design, const zs_plan_row *r)
{
    uint64_t elems = (uint64_t)r->t_ox * tiled_params_of(&design->accel)->channel_block;
    if (!design->accel.dma.merge_rows || r->t_ox < r->ow)
        return elems;
    elems *= r->t_oy;
    return r->t_oy < r->oh ? elems : elems * r->t_oc;
}

uint32_t tiled_stages(const zs_design *design, const zs_plan_buffer *buffers,
                      const zs_plan_row *rows, uint32_t row_n, zs_plan_buffer out[TILED_STAGE_N])
{
    const tiled_params *p = tiled_params_of(&design->accel);
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    uint32_t n = 0;
    uint64_t weights = 0, row = 0;
    for (uint32_t i = 0; i < row_n; i++) {
        weights = zs_max_u64(weights, rows[i].weight_slot_bytes);
        row = zs_max_u64(row, longest_row_elems(design, &rows[i]));
    }
    const uint32_t in = tiled_share_n(design, TILED_INPUT);
    const uint32_t weight = tiled_share_n(design, TILED_WEIGHT);
    const uint32_t output = tiled_share_n(design, TILED_OUTPUT);
    if (p->load.input_elems != 0 && p->load.stages_inputs)
        out[n++] = stage("input staging", in, buffers[ZS_BUF_INPUT].slot_elems * elem,
                         tiled_beat_bytes(design, TILED_INPUT) / in, 1);
    if (p->load.weight_elems != 0 && p->load.stages_weights)
        out[n++] = stage("weight staging", weight, weights,
                         tiled_beat_bytes(design, TILED_WEIGHT) / weight, 1);
    if (p->store.copy_elems != 0) /* every port takes whole rows */
        out[n++] = stage("output staging", output, output * row * elem,
                         tiled_beat_bytes(design, TILED_OUTPUT) / output, p->store.rows);
    return n;
}

uint32_t tiled_stage_bram18(const zs_plan_draft *d)
{
    zs_plan_buffer stages[TILED_STAGE_N];
    const uint32_t n = tiled_stages(d->design, d->plan->buffers, d->rows, d->row_n, stages);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += stages[i].bram18;
    return sum;
}
