/* tiled_params.h - what a design says to kind tiled alone: the rows PARAM of its fields.def. */
#ifndef ZYNQSIM_TILED_PARAMS_H
#define ZYNQSIM_TILED_PARAMS_H

#include "zynqsim/capacity.h"
#include "zynqsim/design.h"

typedef struct tiled_params {
    struct {
        uint32_t oc, ic, oy, ox;
        bool fills;    /* smaller maps: more output channels */
        bool is_auto;  /* chosen by layer ... */
        uint32_t goal; /* ... for this */
    } tile;
    struct {
        uint32_t oc, ic, oy, ox; /* where nothing is double-buffered; 0: as above */
    } single_tile;
    uint32_t fusion_goal; /* ZS_GOAL_*, of fusion auto */
    uint32_t loop_order, outer_loop,
        threads; /* ZS_OUTPUT_STATIONARY ..., ZS_OUTER_*, ZS_THREADS_* */
    struct {
        uint64_t input_bytes, output_bytes;
    } buffer;
    zs_mac_array mac;
    uint32_t vector_lanes;               /* of pools and the like; 0: unroll.oc */
    uint32_t weight_layout;              /* ZS_LAYOUT_* */
    uint32_t weight_code, weight_decode; /* ZS_ZERO_CODE_* */
    uint32_t channel_block;              /* channels that are neighbours in DRAM */
    bool full_ports;                     /* both ports of a bank read and write */
    struct {
        bool input, weight, output;
    } double_buffer;
    bool keep_tiles;
    struct {
        uint32_t input_elems, weight_elems; /* unpacked per PL cycle and port; 0: as they come */
        bool stages_inputs, stages_weights; /* a whole tile first */
        bool is_ahead;                      /* of the next output tile, while one is worked on */
        bool is_next;                       /* weights of the next layer of a call likewise */
    } load;
    struct {
        uint32_t copy_elems, rows; /* to a staging buffer of so many rows; 0: there is none */
    } store;
    /* No design: a search bounds what open knobs may come to (tiled_space.c). */
    bool is_relaxed, may_drop_pools; /* pools may be the PS's, or layers of their own */
    bool keeps_adds;                 /* of the layers without weights, additions are the engine's */
    uint64_t most_kept_bits; /* of a tensor that may stay on chip; 0: as the board has room */
} tiled_params;

static inline const tiled_params *tiled_params_of(const zs_accel *accel)
{
    return (const void *)accel->params;
}

static inline tiled_params *tiled_params_in(zs_accel *accel)
{
    return (void *)accel->params;
}

#endif
