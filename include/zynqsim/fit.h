/* fit.h - the account of resources that a kind draws up for an engine, item by item.
 *
 * Models   operators and memories by the rules of capacity.h, added up; the resource exceeded most.
 * Omits    routing and timing closure.
 * Sources  docs/models/resources.md.
 * Memory   items live in the arena of the account. Counts that would overflow saturate. */
#ifndef ZYNQSIM_FIT_H
#define ZYNQSIM_FIT_H

#include "zynqsim/base.h"
#include "zynqsim/capacity.h"
#include "zynqsim/design.h"
#include "zynqsim/plan.h"

/* One line of the account: "MAC array", "input buffer", "AXI master hp0", ... */
typedef struct zs_fit_item {
    const char *name;
    const char *detail; /* the arithmetic: "4 x 4 BRAM18: banks of 2048 x 32 b, 2 slots" */
    zs_resources r;
} zs_fit_item;

typedef struct zs_fit {
    bool fits;
    const zs_family *family; /* of the device */
    zs_resources used, available;
    const char *binding; /* "bram18": the resource exceeded by the largest factor; NULL: fits */
    const zs_fit_item *items;
    uint32_t item_n;
} zs_fit;

/* Block `i` of the device's family, below family->block_n. */
typedef struct zs_fit_line {
    const char *key, *name; /* "bram18", "BRAM18" */
    uint32_t used, available;
} zs_fit_line;
zs_fit_line zs_fit_line_of(const zs_fit *fit, uint32_t i);

/* "307 DSP of 220, 306 BRAM18 of 280": what is exceeded; "" when nothing is. NULL when memory is
 * out. */
const char *zs_fit_excess(zs_arena *arena, const zs_resources *used, const zs_resources *available);

/* ---- drawing it up --------------------------------------------------------------------------- */

typedef struct zs_fit_account zs_fit_account;
/* NULL when memory is out. */
zs_fit_account *zs_fit_account_new(zs_arena *arena);
zs_arena *zs_fit_arena(const zs_fit_account *a); /* for names and details */
/* Of several engines: items from now on are this one's. */
void zs_fit_name_engine(zs_fit_account *a, const char *name);
/* A NULL text means that memory is out: the verdict says so. */
void zs_fit_add(zs_fit_account *a, const char *name, const char *detail, zs_resources r);
zs_resources zs_resources_of(zs_operator_id id);

/* What engines have in common. */
void zs_fit_add_mac_array(zs_fit_account *a, const zs_design *design);
/* `lanes` lanes of pooling, activation and requantisation behind the sums. */
void zs_fit_add_vector_path(zs_fit_account *a, const zs_design *design, uint32_t lanes);
void zs_fit_add_buffer(zs_fit_account *a, const char *name, const zs_plan_buffer *buffer);
/* One adapter per port in use, whatever number of operands share it. */
void zs_fit_add_axi_masters(zs_fit_account *a, uint32_t input, uint32_t weight, uint32_t output);
/* Address walks of input, weights and output, counters of the tile loops, control registers. */
void zs_fit_add_tile_control(zs_fit_account *a, const zs_accel *accel);
void zs_fit_add_registers(zs_fit_account *a, const zs_accel *accel);
/* What is charged of a block that the family does not have is too much. */
zs_status zs_fit_verdict(const zs_fit_account *a, const zs_family *family, const zs_board *board,
                         zs_fit *out, zs_err *err);

#endif
