/* engines_priv.h - plans of designs with several engines, for kinds.c. */
#ifndef ZYNQSIM_ENGINES_PRIV_H
#define ZYNQSIM_ENGINES_PRIV_H

#include "zynqsim/kind.h"

/* What an engine takes of a network; engine_of_layer NULL: all. */
typedef struct zs_engine_share {
    const uint8_t *engine_of_layer;
    uint8_t engine;
} zs_engine_share;

/* The draft of a design with one engine. */
zs_status zs_engine_draft(zs_arena *arena, const zs_design *design, const zs_net *net,
                          const zs_engine_share *share, zs_plan_draft **out, zs_err *err);
/* The plan of a design with several. ZS_EPARSE: a pattern without layers, an engine without any;
 * ZS_EUNSUPPORTED: a kind that cannot be one of several. */
zs_status zs_engines_plan(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err);
/* For one engine: who takes which layer where `layers` leaves some to the PS. ZS_EPARSE for a name
 * that no layer has. */
zs_status zs_engines_leave(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const uint8_t **out, zs_err *err);

/* ---- engines_load.c: what brings the next of several engines onto the part ------------------- */

enum { ZS_REGIONS_MAX = 4, ZS_LOADER_COSTS = 7 };
typedef struct zs_loader {
    const zs_design *design;
    zs_plan *plan;
    zs_tile_op *ops; /* of the plan; there is room for zs_loader_ops more for every call */
    zs_tile_box *boxes;
    zs_op_cost *costs; /* the first of ZS_LOADER_COSTS, index cost0 of the plan */
    uint32_t cost0, read_unit, port_unit;
    uint32_t loaded[ZS_REGIONS_MAX];  /* part that is in a region */
    uint32_t last_op[ZS_REGIONS_MAX]; /* of the last call there, or ZS_NO_OP */
} zs_loader;

/* Ops of a swap. */
uint32_t zs_loader_ops(const zs_design *design);
/* Two units behind the *n that there are. */
zs_status zs_loader_units(zs_loader *l, zs_arena *arena, zs_plan_unit *units, uint32_t *n,
                          zs_err *err);
/* A bitstream for each engine behind what lies in DRAM up to *top. ZS_ERANGE. */
zs_status zs_loader_place(zs_loader *l, uint64_t *top, zs_err *err);
void zs_loader_begin(zs_loader *l, const uint8_t *engine_of, uint32_t layer_n);
/* Before the ops of a row that engine `part` has a call in: those that bring it, if it is not
 * there, counted in *op_n; and behind the ops of that row. */
void zs_loader_call(zs_loader *l, uint32_t row, uint32_t part, uint32_t *op_n);
void zs_loader_called(zs_loader *l, uint32_t part);

#endif
