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

#endif
