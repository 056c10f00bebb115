#include "tiled_priv.h"

#include <string.h>

/* ---- loads ----------------------------------------------------------------------------------- */

/* One pixel per image: [image][channel]. */
static void gather_columns(const zs_exec *e, const zs_tile_box *box, const uint8_t *image0,
                           size_t pitch, uint8_t *tile)
{
    for (uint32_t i = 0; i < box->ox_n; i++)
        memcpy(tile + (size_t)i * box->ic_n * e->elem,
               image0 + (box->ox0 + i) * pitch + box->ic0 * e->elem, box->ic_n * e->elem);
}

/* What is added to a tile, in the order of its results: [pixel][channel]. */
static void load_addend(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_shape shape = row->x2.shape;
    const size_t plane = (size_t)shape.h * shape.w, line = shape.w * e->elem;
    const uint8_t *from = e->dram + row->x2.addr + box->image * row->x2.pitch_bytes +
                          (box->oc0 * plane + box->ox0) * e->elem + box->oy0 * line;
    uint8_t *to = e->resident + row->x2_resident * e->elem;
    for (uint32_t y = 0; y < box->oy_n; y++, from += line, to += box->ox_n * box->oc_n * e->elem)
        zs_turn(from, plane, box->oc_n, box->ox_n, to, box->oc_n, e->elem);
}

static void load_x(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const bool second = (box->flags & ZS_BOX_SECOND) != 0;
    const zs_plan_tensor *x = second ? &row->x2 : &row->x;
    if (second && row->add != ZS_NO_INDEX) {
        load_addend(e, row, box);
        return;
    }
    uint8_t *tile = second ? zs_exec_sums(e, op) : e->x + op->slot[0] * e->x_slot_bytes;
    if (row->images_are_columns)
        gather_columns(e, box, e->dram + x->addr, x->pitch_bytes, tile);
    else
        zs_exec_gather(e, row, box, e->dram + x->addr + box->image * x->pitch_bytes, x->shape,
                       tile);
}

static size_t bias_room(const zs_exec *e, const zs_plan_row *row)
{
    return zs_round_up(row->t_oc * e->bias, 64);
}

static uint8_t *weight_slot(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op)
{
    return e->w + op->slot[1] * row->weight_slot_bytes;
}

/* Biases are a load of their own; a layer without any has zeros. */
static void load_oihw(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                      const uint8_t *from, uint8_t *slot)
{
    const size_t channel = (size_t)row->window.kh * row->window.kw;
    const size_t group_ic = row->is_depthwise ? 1 : row->group_ic;
    const size_t ic_n = row->is_depthwise ? 1 : box->ic_n;
    if (box->flags & ZS_BOX_BIAS) {
        memcpy(slot, from, box->oc_n * e->bias);
        return;
    }
    const zs_layer *layer = zs_exec_layer(e, row);
    for (uint32_t oc = 0; zs_layer_bias_elems(layer) == 0 && oc < box->oc_n; oc++)
        zs_quantise_bias(e->quant, layer, box->oc0 + oc, 0, slot + oc * e->bias);
    zs_turn(from, group_ic * channel, box->oc_n, ic_n * channel, slot + bias_room(e, row),
            box->oc_n, e->weight);
}

static zs_xfer xfer_of(const zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    return tiled_xfer(&e->plan->rows[op->row], e->design, op->code, &e->plan->boxes[index]);
}

static void load_w(zs_exec *e, const zs_plan_row *row, uint32_t index)
{
    const zs_tile_box *box = &e->plan->boxes[index];
    const zs_xfer x = xfer_of(e, index);
    const uint8_t *from = e->dram + x.addr;
    uint8_t *slot = weight_slot(e, row, &e->plan->ops[index]);
    const size_t biases = box->flags & ZS_BOX_BIAS ? box->oc_n * e->bias : 0;
    if (tiled_params_of(&e->design->accel)->weight_layout == ZS_LAYOUT_OIHW) {
        load_oihw(e, row, box, from, slot);
        return;
    }
    memcpy(slot, from, biases);
    if (row->own != NULL)
        tiled_decode(e, row, box, from + biases, slot + bias_room(e, row));
    else
        memcpy(slot + bias_room(e, row), from + biases, x.row_bytes - biases);
}

static void copy_partials(zs_exec *e, uint32_t index, bool store)
{
    const zs_xfer x = xfer_of(e, index);
    uint8_t *slot = zs_exec_sums(e, &e->plan->ops[index]);
    if (store)
        memcpy(e->dram + x.addr, slot, x.row_bytes);
    else
        memcpy(slot, e->dram + x.addr, x.row_bytes);
}

/* ---- strips ---------------------------------------------------------------------------------- */

/* A strip keeps a part of a tensor: every place of it stands for those that are a multiple of its
 * sides away. */
static uint8_t *strip_at(const zs_exec *e, uint64_t base, zs_shape strip, uint32_t c, uint32_t y,
                         uint32_t x)
{
    const size_t at = ((size_t)(c % strip.c) * strip.h + y % strip.h) * strip.w + x % strip.w;
    return e->resident + (base + at) * e->elem;
}

static void gather_strip(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_extent ey = zs_extent_y(row, box->oy0, box->oy_n);
    const zs_extent ex = zs_extent_x(row, box->ox0, box->ox_n);
    const size_t plane = (size_t)ey.n * ex.n;
    memset(e->gathered, zs_stored_zero(e->quant, zs_exec_layer(e, row)->in[0]),
           plane * box->ic_n * e->elem);
    for (uint32_t c = 0; c < box->ic_n; c++)
        for (uint32_t y = ey.lo; y < ey.hi; y++) {
            const size_t to = c * plane + (size_t)(y - ey.first) * ex.n;
            for (uint32_t x = ex.lo; x < ex.hi; x++)
                memcpy(e->gathered + (to + (size_t)(x - ex.first)) * e->elem,
                       strip_at(e, row->x_resident, row->x_strip, box->ic0 + c, y, x), e->elem);
        }
}

static void keep_strip(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                       const uint8_t *slot)
{
    for (uint32_t y = 0; y < box->oy_n; y++)
        for (uint32_t x = 0; x < box->ox_n; x++)
            for (uint32_t c = 0; c < box->oc_n; c++, slot += e->elem)
                memcpy(strip_at(e, row->y_resident, row->y_strip, box->oc0 + c, box->oy0 + y,
                                box->ox0 + x),
                       slot, e->elem);
}

static const uint8_t *tile_input(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                                 const zs_tile_box *box)
{
    if (op->slot[0] != ZS_SLOT_RESIDENT)
        return e->x + op->slot[0] * e->x_slot_bytes;
    if (row->x_strip.c != 0) {
        gather_strip(e, row, box);
        return e->gathered;
    }
    const zs_shape shape = row->x.shape;
    const size_t image_bytes = (size_t)zs_shape_elems(shape) * e->elem;
    const uint8_t *image0 = e->resident + row->x_resident * e->elem;
    if (row->images_are_columns)
        gather_columns(e, box, image0, image_bytes, e->gathered);
    else
        zs_exec_gather(e, row, box, image0 + box->image * image_bytes, shape, e->gathered);
    return e->gathered;
}

/* ---- products -------------------------------------------------------------------------------- */

static void finish(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, void *sums)
{
    const size_t pixels = (size_t)box->oy_n * box->ox_n;
    zs_exec_finish_sums(e, zs_exec_layer(e, row), box, sums);
    if (row->act == ZS_NO_INDEX)
        return;
    const zs_layer *act = &e->net->layers[row->act];
    zs_post_act(e->quant, act, box->oc0, box->oc_n, pixels, sums, (float *)(void *)e->gathered);
    zs_exec_watch(e, act, sums, pixels * box->oc_n);
}

static void mac(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const zs_tile t = zs_exec_tile(row, box);
    const void *x = tile_input(e, row, op, box);
    const uint8_t *slot = weight_slot(e, row, op);
    const void *w = slot + bias_room(e, row);
    void *sums = zs_exec_sums(e, op);
    if (box->flags & ZS_BOX_FIRST)
        e->kernels->start(slot, box->oc_n, (size_t)box->oy_n * box->ox_n, sums);
    e->kernels->products(&t, x, w, sums, e->tile_scratch);
    if (box->flags & ZS_BOX_LAST)
        finish(e, row, box, sums);
}

/* ---- results --------------------------------------------------------------------------------- */

/* What a finished tile writes of its row's output: a rectangle of pixels. */
typedef struct result_box {
    uint32_t y0, y_n, x0, x_n;
    size_t oc_step, pixel_step; /* elements, in the slot */
} result_box;

static bool is_conv_row(const zs_exec *e, const zs_plan_row *row)
{
    return zs_op_has_filters(zs_exec_layer(e, row)->op);
}

static result_box result_of(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    result_box r = {.y0 = box->oy0, .y_n = box->oy_n, .x0 = box->ox0, .x_n = box->ox_n};
    r.oc_step = 1;
    r.pixel_step = box->oc_n;
    if (!is_conv_row(e, row)) {
        r.oc_step = (size_t)box->oy_n * box->ox_n;
        r.pixel_step = 1;
    }
    if (row->pool == ZS_NO_INDEX)
        return r;
    const zs_pool_reach y = zs_pool_reach_y(row, box), x = zs_pool_reach_x(row, box);
    r.y0 = y.done_first, r.y_n = y.done_last - y.done_first;
    r.x0 = x.done_first, r.x_n = x.done_last - x.done_first;
    return r;
}

/* From a slot into CHW memory that starts at `image`; whole rows are one run of a channel. */
static void scatter(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                    const uint8_t *slot, uint8_t *image, zs_shape shape)
{
    const result_box r = result_of(e, row, box);
    const size_t elem = row->y.elem, plane = (size_t)shape.h * shape.w;
    const uint32_t run_n = r.x_n == shape.w ? 1 : r.y_n;
    const size_t run = (size_t)r.x_n * r.y_n / (run_n ? run_n : 1);
    uint8_t *to = image + (box->oc0 * plane + (size_t)r.y0 * shape.w + r.x0) * elem;
    for (uint32_t i = 0; i < run_n; i++, slot += run * r.pixel_step * elem, to += shape.w * elem)
        if (r.pixel_step != 1)
            zs_turn(slot, r.pixel_step, run, box->oc_n, to, plane, elem);
        else
            for (uint32_t oc = 0; oc < box->oc_n; oc++)
                memcpy(to + oc * plane * elem, slot + oc * r.oc_step * elem, run * elem);
}

/* One pixel per image, [image][oc] in the slot. */
static void scatter_columns(const zs_tile_box *box, const uint8_t *slot, uint8_t *image0,
                            size_t pitch, size_t elem)
{
    for (uint32_t i = 0; i < box->ox_n; i++)
        memcpy(image0 + (box->ox0 + i) * pitch + box->oc0 * elem,
               slot + (size_t)i * box->oc_n * elem, box->oc_n * elem);
}

static void store(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const uint8_t *slot = zs_exec_sums(e, op);
    uint8_t *image0 = e->dram + row->y.addr;
    if (row->images_are_columns)
        scatter_columns(box, slot, image0, row->y.pitch_bytes, row->y.elem);
    else
        scatter(e, row, box, slot, image0 + box->image * row->y.pitch_bytes, row->y.shape);
}

static void keep(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const size_t image_bytes = (size_t)zs_shape_elems(row->y.shape) * e->elem;
    uint8_t *image0 = e->resident + row->y_resident * e->elem;
    const uint8_t *slot = zs_exec_sums(e, op);
    if (row->y_strip.c != 0)
        keep_strip(e, row, box, slot);
    else if (row->images_are_columns)
        scatter_columns(box, slot, image0, image_bytes, e->elem);
    else
        scatter(e, row, box, slot, image0 + box->image * image_bytes, row->y.shape);
}

/* ---- vector work ----------------------------------------------------------------------------- */

static void vector_act(zs_exec *e, const zs_layer *layer, const uint8_t *x, uint8_t *y, size_t n)
{
    if (e->quant->tensors != NULL &&
        memcmp(&e->quant->tensors[layer->in[0]], &e->quant->tensors[layer->out],
               sizeof e->quant->tensors[0]) != 0) {
        float *f = (float *)(void *)e->gathered;
        zs_dequantise(e->quant, layer->in[0], x, f, n);
        for (size_t i = 0; i < n; i++)
            f[i] = zs_act_f32(layer->act, f[i]);
        zs_quantise(e->quant, layer->out, f, y, n);
        return;
    }
    memcpy(y, x, n * e->elem);
    zs_act_elems(e->quant, layer, y, n);
}

static void add_to_tile(zs_exec *e, const zs_plan_row *row, uint8_t *slot, size_t n)
{
    const zs_layer *add = &e->net->layers[row->add];
    const uint8_t *addend = e->resident + row->x2_resident * e->elem;
    const bool is_first =
        e->net->tensors[add->in[0]].producer == row->layer ||
        (row->act != ZS_NO_INDEX && e->net->tensors[add->in[0]].producer == row->act);
    const void *const inputs[2] = {is_first ? slot : addend, is_first ? addend : slot};
    zs_add_elems(e->quant, add, inputs, 2, slot, n);
    zs_exec_watch(e, add, slot, n);
}

static void post(zs_exec *e, const zs_plan_row *row, const zs_tile_op *op, const zs_tile_box *box)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    uint8_t *slot = zs_exec_sums(e, op);
    const size_t n = (size_t)box->oc_n * box->oy_n * box->ox_n;
    if (is_conv_row(e, row)) {
        if (row->pool != ZS_NO_INDEX)
            tiled_exec_pool(e, row, box, slot);
        if (row->add != ZS_NO_INDEX)
            add_to_tile(e, row, slot, n);
        if (row->y_resident != ZS_NOT_RESIDENT)
            keep(e, row, op, box);
        return;
    }
    const uint8_t *x = e->x + op->slot[0] * e->x_slot_bytes;
    if (layer->op == ZS_LAYER_ADD) {
        const void *const inputs[2] = {x, slot};
        zs_add_elems(e->quant, layer, inputs, 2, slot, n);
    } else if (layer->op == ZS_LAYER_POOL) {
        tiled_exec_pool_planes(e, row, box, x, slot);
        zs_act_elems(e->quant, layer, slot, n);
    } else {
        vector_act(e, layer, x, slot, n);
    }
    zs_exec_watch(e, layer, slot, n);
}

/* ---- ops ------------------------------------------------------------------------------------- */

void tiled_exec_op(zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    const zs_tile_box *box = &e->plan->boxes[index];
    const zs_plan_row *row = zs_plan_member(&e->plan->rows[op->row], box->flags);
    if (zs_op_is_transfer(op->code) && !zs_op_moves_data(e->plan, index))
        return;
    switch (op->code) {
    case ZS_OP_LOAD_X:
        load_x(e, row, op, box);
        break;
    case ZS_OP_LOAD_W:
        load_w(e, row, index);
        break;
    case ZS_OP_LOAD_P:
    case ZS_OP_STORE_P:
        copy_partials(e, index, op->code == ZS_OP_STORE_P);
        break;
    case ZS_OP_MAC:
        mac(e, row, op, box);
        break;
    case ZS_OP_POST:
        post(e, row, op, box);
        break;
    case ZS_OP_STORE:
        store(e, row, op, box);
        break;
    case ZS_OP_HOST:
        zs_exec_host(e, index);
        break;
    default:
        break;
    }
}
