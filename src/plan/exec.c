#include "zynqsim/exec.h"

#include <string.h>

/* What executors of tiles share. */

/* ---- tiles of an image ----------------------------------------------------------------------- */

typedef struct row_copy {
    uint8_t *to;
    const uint8_t *from;
    size_t to_pitch, from_pitch, bytes;
    uint32_t row_n;
} row_copy;

/* Rows of `chunk` to twice as many bytes: two copies of a known length, which may overlap. */
static ZS_INLINE void copy_by(row_copy c, size_t chunk)
{
    const size_t last = c.bytes - chunk;
    for (uint32_t i = 0; i < c.row_n; i++, c.to += c.to_pitch, c.from += c.from_pitch) {
        memcpy(c.to, c.from, chunk);
        memcpy(c.to + last, c.from + last, chunk);
    }
}

/* Rows of tiles are short: calls of memcpy would take longer than the copies. */
static void copy_rows(row_copy c)
{
    if (c.bytes < 4 || c.bytes > 128)
        for (uint32_t i = 0; i < c.row_n; i++)
            memcpy(c.to + i * c.to_pitch, c.from + i * c.from_pitch, c.bytes);
    else if (c.bytes <= 8)
        copy_by(c, 4);
    else if (c.bytes <= 16)
        copy_by(c, 8);
    else if (c.bytes <= 32)
        copy_by(c, 16);
    else if (c.bytes <= 64)
        copy_by(c, 32);
    else
        copy_by(c, 64);
}

void zs_exec_gather(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                    const uint8_t *image, zs_shape shape, uint8_t *tile)
{
    const zs_extent ey = zs_extent_y(row, box->oy0, box->oy_n);
    const zs_extent ex = zs_extent_x(row, box->ox0, box->ox_n);
    const size_t line = (size_t)ex.n * e->elem, plane = line * ey.n;
    const size_t run = (size_t)(ex.hi - ex.lo) * e->elem;
    if (ey.hi - ey.lo != ey.n || ex.hi - ex.lo != ex.n) /* windows reach outside: 0 stands there */
        memset(tile, zs_stored_zero(e->quant, zs_exec_layer(e, row)->in[0]), plane * box->ic_n);
    if (run == line && ex.n == shape.w) { /* whole rows: one run a plane */
        for (uint32_t c = 0; c < box->ic_n; c++)
            memcpy(tile + c * plane + (size_t)(ey.lo - ey.first) * line,
                   image + ((size_t)(box->ic0 + c) * shape.h + ey.lo) * line,
                   (ey.hi - ey.lo) * line);
        return;
    }
    for (uint32_t c = 0; c < box->ic_n; c++)
        copy_rows((row_copy){
            .from =
                image + (((size_t)(box->ic0 + c) * shape.h + ey.lo) * shape.w + ex.lo) * e->elem,
            .to = tile + c * plane + (size_t)(ey.lo - ey.first) * line +
                  (size_t)(ex.lo - ex.first) * e->elem,
            .from_pitch = shape.w * e->elem,
            .to_pitch = line,
            .bytes = run,
            .row_n = ey.hi - ey.lo});
}

void zs_exec_watch(const zs_exec *e, const zs_layer *layer, const void *results, size_t n)
{
    if (*e->overflowed > layer->index && !zs_elems_are_finite(e->quant, results, n))
        *e->overflowed = layer->index;
}

void zs_exec_finish_sums(const zs_exec *e, const zs_layer *layer, const zs_tile_box *box,
                         void *sums)
{
    const zs_sum_block b = {.oc0 = box->oc0,
                            .oc_n = box->oc_n,
                            .sum_pitch = box->oc_n,
                            .y_pitch = box->oc_n,
                            .pixel_n = (size_t)box->oy_n * box->ox_n};
    zs_exec_watch(e, layer, sums, b.pixel_n * b.oc_n); /* an activation may hide them */
    e->kernels->finish(e->quant, layer, &b, sums, sums);
}

const uint8_t *zs_exec_filter_begin(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc,
                                    zs_tile_box *box, zs_tile *tile)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    const size_t filter_bytes = (size_t)zs_layer_filter_elems(layer) * e->weight;
    *box = (zs_tile_box){.image = image,
                         .oc0 = oc,
                         .oc_n = 1,
                         .ic0 = oc / (row->y_c / layer->groups) * row->t_ic,
                         .ic_n = (uint16_t)row->t_ic,
                         .oy_n = (uint16_t)row->oh,
                         .ox_n = (uint16_t)row->ow};
    *tile = zs_exec_tile(row, box);
    tile->depthwise = false;
    zs_exec_gather(e, row, box, e->dram + row->x.addr + image * row->x.pitch_bytes, row->x.shape,
                   e->gathered);
    return e->dram + row->weight_base + oc * (e->bias + filter_bytes);
}

void zs_exec_filter_end(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const size_t bytes = (size_t)row->oh * row->ow * e->elem;
    zs_exec_finish_sums(e, zs_exec_layer(e, row), box, e->sums);
    memcpy(e->dram + row->y.addr + box->image * row->y.pitch_bytes + box->oc0 * bytes, e->sums,
           bytes);
}

void zs_exec_filter(zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t oc)
{
    _Alignas(8) uint8_t bias[8]; /* in DRAM it may lie at an odd address */
    zs_tile_box box;
    zs_tile t;
    const uint8_t *weights = zs_exec_filter_begin(e, row, image, oc, &box, &t);
    memcpy(bias, weights, e->bias);
    e->kernels->start(bias, 1, (size_t)row->oh * row->ow, e->sums);
    e->kernels->products(&t, e->gathered, weights + e->bias, e->sums, e->tile_scratch);
    zs_exec_filter_end(e, row, &box);
}

zs_tile zs_exec_tile(const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_window *w = &row->window;
    zs_tile t = {.oc_n = box->oc_n, .ic_n = box->ic_n, .oy_n = box->oy_n, .ox_n = box->ox_n};
    t.kh = w->kh, t.kw = w->kw, t.sh = w->sh, t.sw = w->sw, t.dh = w->dh, t.dw = w->dw;
    t.depthwise = row->is_depthwise;
    if (row->images_are_columns) {
        t.x_channel = 1;
        t.x_column = box->ic_n;
        t.sw = 1;
        return t;
    }
    t.x_row = zs_extent_x(row, box->ox0, box->ox_n).n;
    t.x_channel = t.x_row * zs_extent_y(row, box->oy0, box->oy_n).n;
    t.x_column = 1;
    return t;
}

void zs_exec_host(zs_exec *e, uint32_t op)
{
    const zs_plan_row *row = &e->plan->rows[e->plan->ops[op].row];
    const zs_layer *layer = zs_exec_layer(e, row);
    if (e->plan->boxes[op].flags != ZS_HOST_LAYER)
        return;
    const void **x = e->host_inputs;
    for (uint32_t image = 0; image < e->plan->batch; image++) {
        for (uint32_t k = 0; k < layer->in_n; k++) {
            const zs_plan_tensor *t = &e->plan->tensors[layer->in[k]];
            x[k] = e->dram + t->addr + image * t->pitch_bytes;
        }
        zs_host_layer(e->net, e->quant, layer, x,
                      e->dram + row->y.addr + image * row->y.pitch_bytes, e->host_scratch);
        zs_exec_watch(e, layer, e->dram + row->y.addr + image * row->y.pitch_bytes,
                      (size_t)zs_shape_elems(layer->y));
    }
}
