/* exec_priv.h - the data side of the board: contents of DRAM and of the on-chip memories.
 *
 * Sums lie as [pixel][oc] in their slot; once complete they are narrowed to stored elements in
 * place. Vector layers keep [channel][pixel]. */
#ifndef ZYNQSIM_EXEC_PRIV_H
#define ZYNQSIM_EXEC_PRIV_H

#include "zynqsim/sim.h"
#include "zynqsim/tile.h"

struct zs_exec_lines;

struct zs_exec {
    const zs_design *design;
    const zs_net *net;
    const zs_plan *plan;
    const zs_quant *quant;
    size_t elem, acc, bias; /* bytes */
    uint8_t *dram;
    uint8_t *x, *w, *sums; /* slots */
    size_t x_slot_bytes, sums_slot_bytes;
    uint8_t *resident;
    uint8_t *carry_rows, *carry_columns;
    uint8_t *gathered; /* input tile read from the resident buffer; pooled results */
    uint32_t *offsets; /* taps of a tile */
    void *host_scratch;
    const void **host_inputs;
    struct zs_exec_lines *lines; /* kind linebuffer: its memories; else NULL */
};

static inline const zs_layer *zs_exec_layer(const zs_exec *e, const zs_plan_row *row)
{
    return &e->net->layers[row->layer];
}

static inline uint8_t *zs_exec_sums(const zs_exec *e, const zs_tile_op *op)
{
    return e->sums + op->slot[2] * e->sums_slot_bytes;
}

/* One output channel of one image, inputs and weights straight from DRAM, results into it. */
void zs_exec_direct(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box);
/* Activation and requantisation of complete sums, in place. */
void zs_exec_finish_sums(const zs_exec *e, const zs_layer *layer, const zs_tile_box *box,
                         void *sums);
/* Sums start at the bias. */
void zs_exec_start_sums(const zs_exec *e, const zs_tile_box *box, const uint8_t *bias,
                        uint8_t *sums);
/* A tile of inputs from CHW memory, with zeros where windows reach outside. */
void zs_exec_gather(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                    const uint8_t *image, zs_shape shape, uint8_t *tile);
zs_tile zs_exec_tile(const zs_plan_row *row, const zs_tile_box *box);
/* The tile kernel of the precision. */
void zs_exec_products(const zs_exec *e, const zs_tile *t, const void *x, const void *w, void *sums);
/* Pooling windows of a finished tile: merges what came from the tiles to the left and above, keeps
 * what is not complete, and leaves the complete windows in the slot as [window][oc]. */
void zs_exec_pool(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, uint8_t *slot);
/* Max-pooling of a vector layer's tile, [channel][pixel]. */
void zs_exec_pool_planes(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                         const uint8_t *x, uint8_t *y);
/* Filters of a tile, [lane][n] with `pitch` elements from lane to lane, become [n][lane]. */
void zs_exec_interleave(const void *from, size_t pitch, void *to, size_t n, uint32_t lanes,
                        size_t elem);
size_t zs_exec_carry_row_elems(const zs_plan_row *row);
size_t zs_exec_carry_column_elems(const zs_plan_row *row);

/* exec_lines.c: kind linebuffer. */
zs_status zs_exec_lines_build(zs_exec *e, zs_arena *arena, zs_err *err);
void zs_exec_lines_op(zs_exec *e, uint32_t index);
void zs_exec_lines_set_input(zs_exec *e, uint32_t image, const float *x);
void zs_exec_lines_get(const zs_exec *e, uint32_t image, uint32_t tensor, float *y);
/* A tensor of one image as stored elements [channel][y][x], whatever it is a part or view of. */
void zs_exec_lines_read(const zs_exec *e, uint32_t tensor, uint32_t image, void *planes);
void zs_exec_lines_write(const zs_exec *e, uint32_t tensor, uint32_t image, const void *planes);

#endif
