/* tiled_mapper_priv.h - `tile: auto`: the tile and the loop order of every layer, and the depths of
 * buffers that are left to the program.
 *
 * Every tile of a layer is priced once; a loop order of it then costs a few products. Depths are
 * chosen first, those with which the layers together do best. Of each layer the mappings that the
 * closed form finds best are then made into ops, and the estimate of these decides. No other
 * mapping of those considered can be better than its least time: the bound that is stated beside
 * the choice. */
#ifndef ZYNQSIM_TILED_MAPPER_PRIV_H
#define ZYNQSIM_TILED_MAPPER_PRIV_H

#include "tiled_priv.h"

#include "zynqsim/capacity.h"
#include "zynqsim/memsys.h"

enum {
    MAPPER_DEPTHS_MAX = 24,
    MAPPER_ORDER_N = 4 /* TILED_CHANNELS_OUTSIDE .. TILED_INPUTS_STAY */
};

/* Above every goal that can be reached. */
#define MAPPER_HUGE_GOAL 1e300

/* A tile of a row, whatever the order of its loops. */
typedef struct mapper_tile {
    uint32_t oc, ic, oy, ox;
    uint64_t in_depth, out_depth, w_depth; /* words per bank of a slot */
    uint64_t compute;                      /* PL cycles of all tiles */
    uint64_t bytes[TILED_OPERAND_N];       /* all tiles once; of spilled sums one way */
    uint64_t moved[TILED_OPERAND_N];       /* PL cycles of that on its channel */
    uint64_t fill;                         /* PL cycles of the first loads and the last store */
    uint32_t trips[D_N];                   /* of the loops over tiles */
} mapper_tile;

typedef struct mapper_score {
    double goal;
    uint64_t pl_cycles, bytes;
    uint64_t least_pl_cycles; /* no schedule of the mapping takes less */
} mapper_score;

/* Sizes that a buffer may have: words per bank of all its slots. */
typedef struct mapper_depths {
    uint64_t depth[MAPPER_DEPTHS_MAX];
    uint32_t n, slots;
} mapper_depths;

typedef struct mapper_row {
    mapper_tile *tiles;
    uint32_t tile_n;
    bool is_mapped;  /* the engine runs it, and `layers` does not give its tile */
    uint32_t like;   /* the first row of the same shape, whose tiles and choice it takes over */
    uint32_t like_n; /* rows of its shape; 0 where it is not the first */
    uint32_t ports[TILED_OPERAND_N], channel[TILED_OPERAND_N]; /* the channel of the first port */
    uint64_t beat_bytes[TILED_OPERAND_N];
    zs_plan_mapping mapping;
} mapper_row;

typedef struct mapper {
    zs_plan_draft ctx; /* a plan of its own, whose rows get one tile after the other to be priced */
    zs_arena scratch, ops;
    tiled_layer *layers;
    mapper_row *rows;
    mapper_depths in, out, weight;
    uint64_t depth[3]; /* chosen: input, output, weight */
} mapper;

static inline const tiled_params *tiled_mapper_params(const mapper *m)
{
    return tiled_params_of(&m->ctx.design->accel);
}

static inline bool tiled_mapper_has_filters(const mapper *m, uint32_t i)
{
    return zs_op_has_filters(zs_draft_layer(&m->ctx, i)->op);
}

/* ---- tiled_mapper_tiles.c ---- */

/* Tiles of all rows, with what each takes. */
zs_status tiled_mapper_list(mapper *m, zs_err *err);
/* Row i of the plan with this tile. */
void tiled_mapper_put(mapper *m, uint32_t i, const mapper_tile *tile);
/* Whether a row may go through its tiles in a loop order. */
bool tiled_mapper_may_take(const mapper *m, uint32_t i, uint32_t order);
/* The closed form of a tile in a loop order, with room for weight_slots tiles of weights. */
mapper_score tiled_mapper_score(const mapper *m, uint32_t i, const mapper_tile *tile,
                                uint32_t order, uint64_t weight_slots);
/* The figure of accelerator.tile.goal, which the choice minimises. */
double tiled_mapper_goal(const mapper *m, uint64_t pl_cycles, uint64_t bytes);

/* ---- tiled_mapper_depths.c ---- */

/* m->in, out, weight: depths that may be chosen; one where the design gives the size. */
void tiled_mapper_set_depths(mapper *m);
/* m->depth: the depths with which all layers together do best on the device. ZS_ERANGE: no tile of
 * some layer fits. */
zs_status tiled_mapper_choose_depths(mapper *m, zs_err *err);

#endif
