/* fit.h - the account of resources of an engine, item by item.
 *
 * Models   operators and memories by the rules of capacity.h, the fabric around them by the terms
 *          of fit_terms.def, added up; the error of such sums against built designs (bands.def),
 *          the verdict that follows, and the resource exceeded most.
 * Omits    routing and timing closure.
 * Sources  docs/models/resources.md.
 * Memory   items live in the arena of the account. Counts that would overflow saturate. */
#ifndef ZYNQSIM_FIT_H
#define ZYNQSIM_FIT_H

#include "zynqsim/base.h"
#include "zynqsim/capacity.h"
#include "zynqsim/design.h"
#include "zynqsim/plan.h"

/* Groups of items, by which a report of a build is compared. */
typedef enum zs_fit_group {
    ZS_FIT_REST, /* activation, requantisers, items of a single kind */
    ZS_FIT_PRODUCTS,
    ZS_FIT_MEMORIES,
    ZS_FIT_MASTERS, /* adapters and DMAs, and the interconnect to the ports */
    ZS_FIT_CONTROL,
    ZS_FIT_GROUP_N
} zs_fit_group;
extern const char *const zs_fit_group_names[ZS_FIT_GROUP_N];

/* One line of the account: "MAC array", "input buffer", "AXI master hp0", ... */
typedef struct zs_fit_item {
    const char *name;
    const char *detail; /* the arithmetic: "4 x 4 BRAM18: banks of 2048 x 32 b, 2 slots" */
    zs_resources r;
    zs_fit_group group;
} zs_fit_item;

typedef struct zs_fit {
    bool fits;     /* nothing is exceeded at the lower end of its band */
    bool is_close; /* fits, but at the upper end something is exceeded: too close to call */
    const zs_family *family; /* of the device */
    zs_resources used, available;
    zs_resources lo, hi; /* the band of what is used */
    /* "bram18": the resource exceeded by the largest factor, or else, of those that are too close
     * to call, the one nearest to its limit. NULL: fits. */
    const char *binding;
    const zs_fit_item *items;
    uint32_t item_n;
    zs_resources around; /* part of `used` outside the kernel: interconnect to the ports, registers
                          * over GP0 */
} zs_fit;

/* Block `i` of the device's family, below family->block_n. */
typedef struct zs_fit_line {
    const char *key, *name; /* "bram18", "BRAM18" */
    uint32_t used, available;
    uint32_t lo, hi; /* the band */
} zs_fit_line;
zs_fit_line zs_fit_line_of(const zs_fit *fit, uint32_t i);
/* "yes", "no" or "close". */
const char *zs_fit_word(const zs_fit *fit);

/* "307 DSP of 220, 306 BRAM18 of 280": what is exceeded; "" when nothing is. NULL when memory is
 * out. */
const char *zs_fit_excess(zs_arena *arena, const zs_resources *used, const zs_resources *available);
/* "31,000..62,000 LUT of 53,200": what is too close to call; "" when nothing is. */
const char *zs_fit_close_text(zs_arena *arena, const zs_fit *fit);

/* Error of a used figure against built designs: nine in ten lie between lo and hi times it. */
typedef struct zs_fit_band {
    double lo, hi;
    const char *source;
} zs_fit_band;
extern const zs_fit_band zs_fit_bands[ZS_RESOURCE_N];
/* BRAM18 that an account may have before accelerator.account scales it to what the board has. */
uint32_t zs_fit_room_bram18(const zs_design *design);
/* Whether an account with so many BRAM18 fits the board: scaled by accelerator.account, at the
 * lower end of the band, as for zs_fit.fits. */
bool zs_fit_allows_bram18(const zs_design *design, uint32_t bram18);
/* The band of a design whose account is scaled by a report (accelerator.account), for each resource
 * with a factor; that of zs_fit_bands for the others. */
zs_fit_band zs_fit_band_of(const zs_account_scale *scale, zs_resource_id id);
/* The factor accelerator.account.* of a resource; NULL where it has none. */
const double *zs_account_factor(const zs_account_scale *scale, zs_resource_id id);

/* ---- building an account --------------------------------------------------------------------- */

typedef struct zs_fit_account zs_fit_account;
/* The terms, and the price of a unit of each. */
typedef enum zs_fit_term {
#define FIT_TERM(id, ...) ZS_FIT_##id,
#include "zynqsim/fit_terms.def"
#undef FIT_TERM
    ZS_FIT_TERM_N
} zs_fit_term;
typedef struct zs_fit_price {
    double lut, ff;
} zs_fit_price;
typedef struct zs_fit_prices {
    zs_fit_price of[ZS_FIT_TERM_N];
} zs_fit_prices;
extern const zs_fit_prices zs_fit_all_prices; /* the table */
typedef struct zs_fit_term_row {
    const char *unit, *source;
    bool is_fitted;
} zs_fit_term_row;
extern const zs_fit_term_row zs_fit_term_table[ZS_FIT_TERM_N];

/* With the prices of the table. NULL when memory is out. */
zs_fit_account *zs_fit_account_new(zs_arena *arena);
/* Uses other prices from here on; they must outlive the account. */
void zs_fit_account_price(zs_fit_account *a, const zs_fit_prices *prices);
/* The design whose ports, memories and factors apply; it must outlive the account. */
void zs_fit_account_for(zs_fit_account *a, const zs_design *design);
/* The price of `n` units of a term. */
zs_resources zs_fit_priced(const zs_fit_account *a, zs_fit_term term, double n);
zs_arena *zs_fit_arena(const zs_fit_account *a); /* for names and details */
/* With several engines: further items belong to this one. */
void zs_fit_name_engine(zs_fit_account *a, const char *name);
/* Adds an item. A NULL text means out of memory, which zs_fit_verdict reports. */
void zs_fit_add(zs_fit_account *a, const char *name, const char *detail, zs_resources r);
zs_resources zs_resources_of(zs_operator_id id);

/* Multipliers, with the adders of their products and the logic that brings operands to them. */
typedef struct zs_products {
    uint32_t style;   /* ZS_STYLE_* */
    uint64_t n, sums; /* parallel multipliers; accumulators */
    uint32_t weight_bits, elem_bits, sum_bits;
    bool is_float;    /* fp32, or with elements of 16 bits fp16 */
    uint64_t chain;   /* fp32: products that are added one after the other to a sum per clock */
    double dsp_frac;  /* share of the products in DSP slices */
    uint32_t per_dsp; /* products that share a slice, at least 1 */
    bool sums_leave_slice; /* of those, as a DSP48E1 has no guard bits: they are added in LUTs */
    bool lut_adders;       /* floats: no slices for adders, but LUTs */
    uint64_t clock_hz;
} zs_products;
/* Slices of one integer product; 0 where synthesis uses LUTs: factors of less than 16 bits
 * together.
 */
uint32_t zs_dsp_of_product(uint32_t weight_bits, uint32_t elem_bits);
/* The share for DSP slices gets them as long as the part has some; the rest goes into LUTs,
 * starting with the arrays added last. fp32 has no LUT form. */
void zs_fit_add_products(zs_fit_account *a, const char *name, const zs_products *p);
/* Multiplexers and addresses of `banks` banks, without their blocks or LUTs. */
zs_resources zs_fit_bank_logic(const zs_fit_account *a, uint64_t banks, uint64_t words,
                               uint64_t bits);
/* Masters on the way to the DRAM. A DMA has `directions` 1 or 2. */
void zs_fit_add_m_axi(zs_fit_account *a, const char *name, const char *detail, uint32_t n,
                      uint32_t data_bits);
void zs_fit_add_dma(zs_fit_account *a, const char *name, uint32_t n, uint32_t data_bits,
                    uint32_t burst_beats, uint32_t directions);
uint32_t zs_dma_bram18(uint32_t data_bits, uint32_t burst_beats);

/* Items of several kinds. */
/* The array of accelerator.unroll: operators shared by the initiation interval. */
void zs_fit_add_mac_array(zs_fit_account *a, const zs_design *design);
/* The same with adders of floats in LUTs. */
void zs_fit_add_mac_array_lut_adders(zs_fit_account *a, const zs_design *design);
/* `lanes` lanes of pooling, activation and requantisation behind the sums. */
void zs_fit_add_vector_path(zs_fit_account *a, const zs_design *design, uint32_t lanes);
/* The same with another number of requantisers: those that keep up (zs_fit_result_lanes). */
void zs_fit_add_result_path(zs_fit_account *a, const zs_design *design, uint32_t lanes,
                            uint32_t requantisers);
/* Activations that the plan's engine applies to results, on `lanes` lanes. */
void zs_fit_add_written_acts(zs_fit_account *a, const zs_design *design, const zs_plan *plan,
                             uint32_t lanes);
/* The decoder of a compressed stream, `n` words of `bits` a clock. */
void zs_fit_add_decoder(zs_fit_account *a, uint32_t n, uint32_t bits);
void zs_fit_add_buffer(zs_fit_account *a, const char *name, const zs_plan_buffer *buffer);
/* One adapter per port in use, also where operands share it; as wide as the port of the account's
 * board, 64 b without one. */
void zs_fit_add_axi_masters(zs_fit_account *a, uint32_t input, uint32_t weight, uint32_t output);
/* The same for operands that may be striped. */
void zs_fit_add_port_masters(zs_fit_account *a, zs_operand_ports ports);
/* DSP slices of the index products of input, weights and output in an HLS engine. */
void zs_fit_add_addresses(zs_fit_account *a, const char *detail);
/* State machine and loops of an engine. */
void zs_fit_add_engine(zs_fit_account *a, const zs_accel *accel);
/* The same with address walks of input, weights and output, and control registers. */
void zs_fit_add_tile_control(zs_fit_account *a, const zs_accel *accel);
/* Registers of a call, and their connection to the PS. */
void zs_fit_add_registers(zs_fit_account *a, const zs_accel *accel);
/* Requantisers needed to keep up with the engine: results per clock of the layer with the fewest
 * products per result. At least 1. */
uint32_t zs_fit_result_lanes(const zs_design *design, const zs_plan *plan);
/* Moves products for which the board has no DSP slice into LUTs, and judges the sums. Any use of a
 * block that the family does not have exceeds its limit of 0. */
zs_status zs_fit_verdict(zs_fit_account *a, const zs_family *family, const zs_board *board,
                         zs_fit *out, zs_err *err);

#endif
