#include "line_priv.h"

#include <string.h>

/* DRAM holds [y][x][channel]; the line buffer and the pooling lines are rings that
 * are addressed modulo their number of lines, so a line that comes too early or too late is a wrong
 * picture. */

/* What differs by type beside the kernels of sums; elements are integers. */
typedef struct line_kernels {
    int32_t least, most; /* values of a parameter */
    /* Narrow biases to where the products are, `shift` bits up. */
    void (*widen)(const void *params, uint32_t n, int32_t shift, int32_t *bias);
    void (*narrow)(int32_t bias, void *param);
    /* best[c] = the larger of it and pixel[c] */
    void (*merge)(void *best, const void *pixel, uint32_t n);
} line_kernels;

#define ELEM    int16_t
#define MIN     INT16_MIN
#define MAX     INT16_MAX
#define NAME(x) x##_i16
#include "line_exec_body.h"
#undef ELEM
#undef MIN
#undef MAX
#undef NAME
#define ELEM    int8_t
#define MIN     INT8_MIN
#define MAX     INT8_MAX
#define NAME(x) x##_i8
#include "line_exec_body.h"

typedef struct line_memories {
    uint8_t *ring, *pool_ring;
    uint8_t *params; /* as they arrive; the PEs get them from here */
    uint8_t *w;      /* [ic][ky][kx][oc] */
    void *bias;      /* as the accumulator wants them */
    uint8_t *window; /* kh lines of a row's windows, padding included */
    uint8_t *row;    /* sums, then results of a row of pixels */
    uint8_t *out;    /* slots of results */
    uint8_t *planes; /* tensors of a layer in software, [channel][y][x] */
    size_t out_slot_bytes, planes_bytes;
    const line_kernels *elems, *params_of; /* of activations, and of parameters */
} line_memories;

static line_memories *memories_of(const zs_exec *e)
{
    return e->own;
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* Bytes of an element. */
static size_t elem_of(const zs_exec *e, uint32_t tensor)
{
    return e->plan->tensors[tensor].elem;
}

/* Element i of a tensor, counted [channel][y][x], lies in the memory of the tensor that it is a
 * view of: the byte from the image's start. */
static size_t element_at(const zs_exec *e, uint32_t tensor, uint64_t i)
{
    const zs_shape s = e->net->tensors[zs_view_base(e->net, tensor)].shape;
    const uint64_t plane = (uint64_t)s.h * s.w;
    const uint64_t pitch = zs_round_up(s.c, e->design->accel.unroll.ic);
    return (size_t)((i % plane * pitch + i / plane) * elem_of(e, tensor));
}

static uint8_t *image_of(const zs_exec *e, uint32_t tensor, uint32_t image)
{
    const zs_plan_tensor *t = &e->plan->tensors[tensor];
    return e->dram + t->addr + image * t->pitch_bytes;
}

static void read_planes(const zs_exec *e, uint32_t tensor, uint32_t image, void *planes)
{
    const uint64_t n = zs_shape_elems(e->net->tensors[tensor].shape);
    const uint8_t *from = image_of(e, tensor, image);
    const size_t elem = elem_of(e, tensor);
    for (uint64_t i = 0; i < n; i++)
        memcpy((uint8_t *)planes + i * elem, from + element_at(e, tensor, i), elem);
}

static void write_planes(const zs_exec *e, uint32_t tensor, uint32_t image, const void *planes)
{
    const uint64_t n = zs_shape_elems(e->net->tensors[tensor].shape);
    uint8_t *to = image_of(e, tensor, image);
    const size_t elem = elem_of(e, tensor);
    for (uint64_t i = 0; i < n; i++)
        memcpy(to + element_at(e, tensor, i), (const uint8_t *)planes + i * elem, elem);
}

/* ---- loads ----------------------------------------------------------------------------------- */

static uint8_t *ring_line(const zs_exec *e, const zs_plan_row *row, uint32_t image, uint32_t line)
{
    const size_t bytes = (size_t)row->x.shape.w * line_of(row)->x_c * e->elem;
    return memories_of(e)->ring +
           line_index(line_of(row), image, line) % line_of(row)->ring_lines * bytes;
}

static void load_lines(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const size_t bytes = (size_t)row->x.shape.w * line_of(row)->x_c * e->elem;
    const uint8_t *from = e->dram + row->x.addr + box->image * row->x.pitch_bytes;
    for (uint32_t i = box->oy0; i < (uint32_t)box->oy0 + box->oy_n; i++)
        memcpy(ring_line(e, row, box->image, i), from + i * bytes, bytes);
}

static size_t bias_bytes(const zs_exec *e, const zs_plan_row *row)
{
    return line_of(row)->oc_n * e->weight;
}

/* The narrow biases that came with the weights are shifted to where the products are. */
static void hand_out_params(const zs_exec *e, const zs_plan_row *row)
{
    const line_memories *l = memories_of(e);
    const int32_t shift = e->quant->layers[row->layer].bias_shift;
    l->params_of->widen(l->params, line_of(row)->oc_n, shift, l->bias);
    const size_t biases = bias_bytes(e, row);
    memcpy(l->w, l->params + biases, line_of(row)->param_bytes - biases);
}

/* ---- products -------------------------------------------------------------------------------- */

/* What stands for 0 in the input of a row. */
static int zero_of(const zs_exec *e, const zs_plan_row *row)
{
    return zs_stored_zero(e->quant, zs_exec_layer(e, row)->in[0]);
}

/* The lines that the windows of a box look at, from the ring, with zeros where there is no image.
 */
static uint32_t gather_window(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_extent ey = zs_extent_y(row, box->oy0, 1);
    const zs_extent ex = zs_extent_x(row, box->ox0, box->ox_n);
    const size_t pixel = line_of(row)->x_c * e->elem, line = ex.n * pixel;
    memset(memories_of(e)->window, zero_of(e, row), ey.n * line);
    for (uint32_t y = ey.lo; y < ey.hi && ex.hi > ex.lo; y++)
        memcpy(memories_of(e)->window + (size_t)((int64_t)y - ey.first) * line +
                   (size_t)((int64_t)ex.lo - ex.first) * pixel,
               ring_line(e, row, box->image, y) + ex.lo * pixel, (ex.hi - ex.lo) * pixel);
    return ex.n;
}

/* Sums become stored elements; those of filters that only fill up the PEs become zeros. */
static void finish_sums(const zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                        uint8_t *to)
{
    const uint32_t left = row->y_c - box->oc0;
    const zs_sum_block b = {.oc0 = box->oc0,
                            .oc_n = box->oc_n < left ? box->oc_n : left,
                            .sum_pitch = box->oc_n,
                            .y_pitch = line_of(row)->y_c,
                            .pixel_n = box->ox_n};
    memset(to, 0, (size_t)box->ox_n * line_of(row)->y_c * row->y.elem);
    e->kernels->finish(e->quant, zs_exec_layer(e, row), &b, memories_of(e)->row, to);
}

static uint8_t *out_slot(const zs_exec *e, const zs_tile_op *op)
{
    return memories_of(e)->out + op->slot[2] * memories_of(e)->out_slot_bytes;
}

static uint8_t *pool_line(const zs_exec *e, const zs_plan_row *row, uint32_t oy)
{
    const size_t bytes = (size_t)row->ow * line_of(row)->y_c * row->y.elem;
    return memories_of(e)->pool_ring + oy % row->pool_window.kh * bytes;
}

static void mac(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                const zs_tile_box *box)
{
    const zs_window *w = &row->window;
    const uint32_t width = gather_window(e, row, box);
    const zs_tile t = {.oc_n = box->oc_n,
                       .ic_n = row->x.shape.c,
                       .oy_n = 1,
                       .ox_n = box->ox_n,
                       .kh = w->kh,
                       .kw = w->kw,
                       .sh = w->sh,
                       .sw = w->sw,
                       .dh = w->dh,
                       .dw = w->dw,
                       .x_channel = 1,
                       .x_column = line_of(row)->x_c,
                       .x_row = width * line_of(row)->x_c};
    const line_memories *l = memories_of(e);
    e->kernels->start(l->bias, box->oc_n, box->ox_n, l->row);
    e->kernels->products(&t, l->window, l->w, l->row, e->tile_scratch);
    finish_sums(e, row, box,
                row->pool == ZS_NO_INDEX ? out_slot(e, op) : pool_line(e, row, box->oy0));
}

/* ---- pooling --------------------------------------------------------------------------------- */

static void pool_window(const zs_exec *e, const zs_plan_row *row, uint32_t py, uint32_t px,
                        uint8_t *to)
{
    const zs_layer *pool = &e->net->layers[row->pool];
    const zs_pool_part y = zs_pool_rows(pool, py), x = zs_pool_cols(pool, px);
    const size_t pixel = line_of(row)->y_c * row->y.elem;
    memcpy(to, pool_line(e, row, y.at) + x.at * pixel, pixel);
    for (uint32_t iy = y.at; iy < y.at + y.n; iy++)
        for (uint32_t ix = x.at; ix < x.at + x.n; ix++)
            memories_of(e)->elems->merge(to, pool_line(e, row, iy) + ix * pixel, line_of(row)->y_c);
}

static void pool_row(const zs_exec *e, const zs_plan_row *row, const zs_tile_op *op,
                     const zs_tile_box *box)
{
    uint8_t *to = out_slot(e, op);
    const size_t pixel = line_of(row)->y_c * row->y.elem;
    for (uint32_t px = 0; px < row->y.shape.w; px++)
        pool_window(e, row, box->oy0, px, to + px * pixel);
    zs_act_elems(e->quant, &e->net->layers[row->pool], to,
                 (size_t)row->y.shape.w * line_of(row)->y_c);
}

static void store(const zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    const zs_plan_row *row = &e->plan->rows[op->row];
    const zs_xfer x = line_xfer(row, e->design, op->code, &e->plan->boxes[index]);
    memcpy(e->dram + x.addr, out_slot(e, &e->plan->ops[index]), x.row_bytes);
}

/* ---- the PS ---------------------------------------------------------------------------------- */

static void copy_channels(size_t elem, const uint8_t *from, uint32_t from_c, uint8_t *to,
                          uint32_t to_c, uint32_t n, size_t pixels)
{
    for (size_t p = 0; p < pixels; p++)
        memcpy(to + p * to_c * elem, from + p * from_c * elem, n * elem);
}

/* Parts that calls wrote, and tensors that are parts of this one. */
static void join(const zs_exec *e, const zs_plan_row *row, uint32_t image)
{
    const uint32_t t = line_of(row)->tensor;
    const zs_shape s = e->net->tensors[t].shape;
    const size_t pixels = (size_t)s.h * s.w, elem = elem_of(e, t);
    uint8_t *to = image_of(e, t, image);
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const zs_plan_row *part = &e->plan->rows[i];
        if (line_of(part)->step != ZS_HOST_CALL || line_of(part)->tensor != t)
            continue;
        const uint32_t left = part->y_c - line_of(part)->oc0;
        copy_channels(elem, e->dram + part->y.addr + image * part->y.pitch_bytes,
                      line_of(part)->y_c, to + line_of(part)->part0 * elem, line_of(row)->y_c,
                      left < line_of(part)->oc_n ? left : line_of(part)->oc_n, pixels);
    }
    for (uint32_t k = 0; k < e->net->tensor_n; k++) {
        const zs_tensor *part = &e->net->tensors[k];
        if (part->parent == ZS_NO_INDEX || zs_view_base(e->net, k) != k ||
            zs_view_base(e->net, part->parent) != t)
            continue;
        const uint32_t pitch = (uint32_t)zs_round_up(part->shape.c, e->design->accel.unroll.ic);
        copy_channels(elem, image_of(e, k, image), pitch,
                      to + part->parent_offset_elems / pixels * elem, line_of(row)->y_c,
                      part->shape.c, pixels);
    }
}

static void im2col_pixel(const zs_exec *e, const zs_plan_row *row, const uint8_t *x, uint32_t oy,
                         uint32_t ox, uint8_t *to)
{
    const zs_window *w = &row->window;
    for (uint32_t c = 0; c < row->x.shape.c; c++)
        for (uint32_t ky = 0; ky < w->kh; ky++)
            for (uint32_t kx = 0; kx < w->kw; kx++, to += e->elem) {
                const int64_t iy = (int64_t)oy * w->sh + ky * w->dh - w->pad_top;
                const int64_t ix = (int64_t)ox * w->sw + kx * w->dw - w->pad_left;
                if (iy < 0 || ix < 0 || iy >= row->x.shape.h || ix >= row->x.shape.w)
                    memset(to, zero_of(e, row), e->elem);
                else
                    memcpy(to,
                           x + ((size_t)(iy * row->x.shape.w + ix) * line_of(row)->x_c + c) *
                                   e->elem,
                           e->elem);
            }
}

static void im2col(const zs_exec *e, const zs_plan_row *row, uint32_t image)
{
    const uint8_t *x = e->dram + row->x.addr + image * row->x.pitch_bytes;
    uint8_t *y = e->dram + row->y.addr + image * row->y.pitch_bytes;
    for (uint32_t oy = 0; oy < row->y.shape.h; oy++)
        for (uint32_t ox = 0; ox < row->y.shape.w; ox++, y += line_of(row)->y_c * e->elem)
            im2col_pixel(e, row, x, oy, ox, y);
}

static size_t planes_bytes(const zs_exec *e, uint32_t tensor)
{
    return zs_round_up(zs_shape_elems(e->net->tensors[tensor].shape) * elem_of(e, tensor), 64);
}

static void software(zs_exec *e, const zs_plan_row *row, uint32_t image)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    uint8_t *at = memories_of(e)->planes;
    for (uint32_t k = 0; k < layer->in_n; k++) {
        e->host_inputs[k] = at;
        read_planes(e, layer->in[k], image, at);
        at += planes_bytes(e, layer->in[k]);
    }
    zs_host_layer(e->net, e->quant, layer, e->host_inputs, at, e->host_scratch);
    write_planes(e, layer->out, image, at);
}

static void host(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    for (uint32_t image = 0; image < e->plan->batch; image++) {
        if (box->flags == ZS_HOST_LAYER)
            software(e, row, image);
        else if (box->flags == ZS_HOST_IM2COL)
            im2col(e, row, image);
        else if (box->flags == ZS_HOST_GATHER)
            join(e, row, image);
    }
}

void line_exec_op(zs_exec *e, uint32_t index)
{
    const zs_tile_op *op = &e->plan->ops[index];
    const zs_tile_box *box = &e->plan->boxes[index];
    const zs_plan_row *row = &e->plan->rows[op->row];
    switch (op->code) {
    case ZS_OP_LOAD_X:
        load_lines(e, row, box);
        break;
    case ZS_OP_LOAD_W:
        memcpy(memories_of(e)->params, e->dram + row->weight_base, line_of(row)->param_bytes);
        break;
    case ZS_OP_MAC:
        mac(e, row, op, box);
        break;
    case ZS_OP_POST:
        if (box->flags & ZS_BOX_PARAMS)
            hand_out_params(e, row);
        else
            pool_row(e, row, op, box);
        break;
    case ZS_OP_STORE:
        store(e, index);
        break;
    case ZS_OP_HOST:
        host(e, row, box);
        break;
    default:
        break;
    }
}

/* ---- set-up ---------------------------------------------------------------------------------- */

typedef struct line_room {
    size_t ring, pool_ring, params, bias, window, row, out, planes, tile, filter, host, inputs;
} line_room;

static void widen(size_t *most, size_t n)
{
    *most = n > *most ? n : *most;
}

static void room_for_software(const zs_exec *e, const zs_layer *layer, line_room *r)
{
    size_t bytes = planes_bytes(e, layer->out);
    for (uint32_t k = 0; k < layer->in_n; k++)
        bytes += planes_bytes(e, layer->in[k]);
    widen(&r->planes, bytes);
    widen(&r->host, zs_host_scratch_bytes(e->net, layer));
    widen(&r->inputs, layer->in_n);
}

static void room_for_call(const zs_exec *e, const zs_plan_row *row, line_room *r)
{
    const line_row *l = line_of(row);
    const size_t y_pixel = (size_t)l->y_c * row->y.elem;
    widen(&r->ring, (size_t)l->ring_lines * row->x.shape.w * l->x_c * e->elem);
    const size_t pixels = (size_t)zs_extent_y(row, 0, 1).n * zs_extent_x(row, 0, row->ow).n;
    widen(&r->window, pixels * l->x_c * e->elem);
    widen(&r->params, (size_t)l->param_bytes);
    widen(&r->bias, l->oc_n * sizeof(int32_t));
    widen(&r->row, (size_t)row->ow * l->oc_n * e->acc);
    const size_t taps = (size_t)l->x_c * row->window.kh * row->window.kw;
    widen(&r->tile, zs_tile_scratch_words(taps, l->x_c, pixels, false));
    widen(&r->filter, (size_t)zs_layer_filter_elems(zs_exec_layer(e, row)));
    const size_t width = row->y.shape.w > row->ow ? row->y.shape.w : row->ow;
    widen(&memories_of(e)->out_slot_bytes, zs_round_up(width * y_pixel, 64));
    widen(&r->out, l->out_slots);
    if (row->pool != ZS_NO_INDEX)
        widen(&r->pool_ring, row->pool_window.kh * row->ow * y_pixel);
}

static zs_status allocate(zs_exec *e, zs_arena *arena, const line_room *r, zs_err *err)
{
    line_memories *l = memories_of(e);
    e->dram = zs_new(arena, uint8_t, (size_t)e->plan->dram_bytes);
    l->ring = zs_new(arena, uint8_t, r->ring);
    l->pool_ring = zs_new(arena, uint8_t, r->pool_ring);
    l->params = zs_new(arena, uint8_t, r->params);
    l->w = zs_new(arena, uint8_t, r->params);
    l->bias = zs_new(arena, uint8_t, r->bias);
    l->window = zs_new(arena, uint8_t, r->window);
    l->row = zs_new(arena, uint8_t, r->row);
    l->out = zs_new(arena, uint8_t, r->out * l->out_slot_bytes);
    l->planes = zs_new(arena, uint8_t, r->planes);
    e->tile_scratch = zs_new(arena, uint32_t, r->tile);
    e->host_scratch = zs_new(arena, uint8_t, r->host);
    e->host_inputs = zs_new(arena, const void *, r->inputs);
    if (e->dram == NULL || l->ring == NULL || l->pool_ring == NULL || l->params == NULL ||
        l->w == NULL || l->bias == NULL || l->window == NULL || l->row == NULL || l->out == NULL ||
        l->planes == NULL || e->tile_scratch == NULL || e->host_scratch == NULL ||
        e->host_inputs == NULL)
        return zs_nomem(err, "simulated memories");
    return ZS_OK;
}

/* ---- packed parameters ----------------------------------------------------------------------- */

static zs_status pack_bias(const zs_exec *e, const zs_layer *layer, uint32_t oc, uint8_t *to,
                           zs_err *err)
{
    const int32_t unit = 1 << e->quant->layers[layer->index].bias_shift;
    int32_t wide;
    zs_quantise_bias(e->quant, layer, oc, zs_layer_bias(e->net, layer, oc), &wide);
    const line_kernels *params = memories_of(e)->params_of;
    const int32_t narrow = wide / unit;
    if (narrow > params->most || narrow < params->least)
        return zs_fail(err, ZS_EINTERNAL, layer->name,
                       "bias %d of output channel %u was not narrowed to %d", wide, oc,
                       params->most);
    params->narrow(narrow, to);
    return ZS_OK;
}

/* An im2col layout and a flattened picture number a filter's weights as the file does: channels of
 * 1x1 windows, or [ic][ky][kx]. Channels that only fill up words have weights of 0. */
static zs_status pack_call(const zs_exec *e, const zs_plan_row *row, float *filter, uint8_t *stored,
                           zs_err *err)
{
    const zs_layer *layer = zs_exec_layer(e, row);
    const size_t n = (size_t)zs_layer_filter_elems(layer);
    uint8_t *biases = e->dram + row->weight_base, *weights = biases + bias_bytes(e, row);
    for (uint32_t i = 0; i < line_of(row)->oc_n && line_of(row)->oc0 + i < row->y_c; i++) {
        const uint32_t oc = line_of(row)->oc0 + i;
        ZS_TRY(pack_bias(e, layer, oc, biases + i * e->weight, err));
        zs_quantise_filter(e->quant, layer, oc, zs_layer_filter(e->net, layer, oc, filter), stored);
        for (size_t k = 0; k < n; k++)
            memcpy(weights + (k * line_of(row)->oc_n + i) * e->weight, stored + k * e->weight,
                   e->weight);
    }
    return ZS_OK;
}

static const line_kernels *kernels_of(ZS_TYPE_t type)
{
    return type == ZS_TYPE_INT8 ? &line_kernels_i8 : &line_kernels_i16;
}

zs_status line_exec_build(zs_exec *e, zs_arena *arena, zs_err *err)
{
    line_room r = {0};
    e->own = zs_new(arena, line_memories, 1);
    if (e->own == NULL)
        return zs_nomem(err, "simulated memories");
    memories_of(e)->elems = kernels_of(zs_elem_type(e->quant->precision));
    memories_of(e)->params_of = kernels_of(zs_weight_type(e->quant->precision));
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        const zs_plan_row *row = &e->plan->rows[i];
        if (line_of(row)->step == ZS_HOST_CALL)
            room_for_call(e, row, &r);
        else if (line_of(row)->step == ZS_HOST_LAYER)
            room_for_software(e, zs_exec_layer(e, row), &r);
    }
    const uint64_t io = zs_max_u64(zs_net_input_elems(e->net),
                                   zs_shape_elems(e->net->tensors[e->net->output].shape));
    widen(&r.planes, (size_t)io * sizeof(float));
    ZS_TRY(allocate(e, arena, &r, err));
    float *filter = zs_new(arena, float, r.filter + 1);
    uint8_t *stored = zs_new(arena, uint8_t, r.filter * e->weight + 1);
    if (filter == NULL || stored == NULL)
        return zs_nomem(err, "simulated memories");
    for (uint32_t i = 0; i < e->plan->row_n; i++)
        if (line_of(&e->plan->rows[i])->step == ZS_HOST_CALL)
            ZS_TRY(pack_call(e, &e->plan->rows[i], filter, stored, err));
    return ZS_OK;
}

/* ---- inputs and outputs ---------------------------------------------------------------------- */

/* One element at a time: any tensor may be asked for, whatever its size. */
void line_exec_set(zs_exec *e, uint32_t image, uint32_t tensor, const float *x)
{
    const uint64_t n = zs_shape_elems(e->net->tensors[tensor].shape);
    uint8_t *to = image_of(e, tensor, image);
    for (uint64_t i = 0; i < n; i++)
        zs_quantise(e->quant, tensor, x + i, to + element_at(e, tensor, i), 1);
}

void line_exec_get(const zs_exec *e, uint32_t image, uint32_t tensor, float *y)
{
    const uint64_t n = zs_shape_elems(e->net->tensors[tensor].shape);
    const uint8_t *from = image_of(e, tensor, image);
    for (uint64_t i = 0; i < n; i++)
        zs_dequantise(e->quant, tensor, from + element_at(e, tensor, i), y + i, 1);
}
