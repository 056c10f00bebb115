#include "tiled_priv.h"

#include "zynqsim/capacity.h"

#include <assert.h>

/* Staging buffers between the ports and the tiles: a tile of inputs or weights before it is
 * unpacked, rows of results before they leave. Each port has its own, as wide as its beats. */

/* A buffer of each port of an operand: for its share of `bytes`, or for all of them. */
static zs_plan_buffer stage(const zs_design *design, const char *name, uint32_t operand,
                            uint64_t bytes, bool is_shared, uint32_t slots)
{
    const uint32_t ports = tiled_ports(zs_accel_ports(&design->accel), operand);
    const uint32_t all_beat_bytes = tiled_beat_bytes(&design->board, ports);
    zs_plan_buffer b = {.name = name, .slots = slots};
    for (uint32_t left = ports; left != 0; left &= left - 1) {
        const uint32_t port = (uint32_t)__builtin_ctz(left);
        const uint32_t beat_bytes = zs_port_params(&design->board, port).beat_bytes;
        const uint64_t depth = zs_ceil_div(bytes, is_shared ? all_beat_bytes : beat_bytes) * slots;
        const uint32_t words = (uint32_t)zs_min_u64(depth, UINT32_MAX);
        b.banks++;
        b.depth_words = (uint32_t)zs_max_u64(b.depth_words, words);
        b.bytes += (uint64_t)words * beat_bytes;
        const zs_memory own = {.banks = 1, .bits = 8 * beat_bytes, .words = words};
        b.bram18 += (uint32_t)zs_memory_bram18(&design->accel, own);
    }
    assert(b.banks > 0);
    b.word_bits = 8 * all_beat_bytes / b.banks; /* the mean, where widths differ */
    if (design->accel.packs_words)
        b.bram18 = tiled_buffer_bram18(&design->accel, &b, b.depth_words);
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

uint32_t tiled_stages(const zs_design *design, const tiled_stage_sizes *bytes,
                      zs_plan_buffer out[TILED_STAGE_N])
{
    const tiled_params *p = tiled_params_of(&design->accel);
    uint32_t n = 0;
    if (p->load.input_elems != 0 && p->load.stages_inputs)
        out[n++] = stage(design, "input staging", TILED_INPUT, bytes->input, true, 1);
    if (p->load.weight_elems != 0 && p->load.stages_weights)
        out[n++] = stage(design, "weight staging", TILED_WEIGHT, bytes->weight, true, 1);
    if (p->store.copy_elems != 0)
        out[n++] = stage(design, "output staging", TILED_OUTPUT, bytes->row, false, p->store.rows);
    return n;
}

tiled_stage_sizes tiled_stage_sizes_of(const zs_design *design, const zs_plan_buffer *buffers,
                                       const zs_plan_row *rows, uint32_t row_n)
{
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    tiled_stage_sizes bytes = {.input = buffers[ZS_BUF_INPUT].slot_elems * elem};
    for (uint32_t i = 0; i < row_n; i++) {
        if (rows[i].add != ZS_NO_INDEX)
            bytes.input = zs_max_u64(bytes.input,
                                     (uint64_t)rows[i].t_oc * rows[i].t_oy * rows[i].t_ox * elem);
        bytes.weight = zs_max_u64(bytes.weight, rows[i].weight_slot_bytes);
        bytes.row = zs_max_u64(bytes.row, longest_row_elems(design, &rows[i]) * elem);
    }
    return bytes;
}

uint32_t tiled_stage_bram18(const zs_design *design, const tiled_stage_sizes *bytes)
{
    zs_plan_buffer stages[TILED_STAGE_N];
    const uint32_t n = tiled_stages(design, bytes, stages);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += stages[i].bram18;
    return sum;
}
