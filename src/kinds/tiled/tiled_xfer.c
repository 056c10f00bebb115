#include "tiled_priv.h"

/* The DRAM side of a transfer; rows are merged as the DMA does. */

static zs_xfer merged(zs_xfer x, bool merge)
{
    if (merge && x.row_n > 1 && x.row_pitch_bytes == x.row_bytes) {
        x.row_bytes *= x.row_n;
        x.row_n = 1;
    }
    if (merge && x.row_n == 1 && x.plane_n > 1 && x.plane_pitch_bytes == x.row_bytes) {
        x.row_bytes *= x.plane_n;
        x.plane_n = 1;
    }
    return x;
}

/* Rectangle [y0, y1) x [x0, x1) of channels [c0, c0 + c_n) of one image, in whole blocks of
 * channels: a plane of the transfer is a block. */
static zs_xfer rectangle(const zs_plan_tensor *t, const zs_design *design, uint32_t image,
                         uint32_t c0, uint32_t c_n, uint32_t y0, uint32_t y1, uint32_t x0,
                         uint32_t x1)
{
    const uint32_t block = tiled_params_of(&design->accel)->channel_block;
    const uint64_t pixel = (uint64_t)block * t->elem;
    const uint64_t pitch = t->shape.w * pixel, plane = pitch * t->shape.h;
    const uint32_t first = c0 / block;
    return (zs_xfer){.addr =
                         t->addr + image * t->pitch_bytes + first * plane + y0 * pitch + x0 * pixel,
                     .row_pitch_bytes = pitch,
                     .plane_pitch_bytes = plane,
                     .row_bytes = (uint32_t)((x1 - x0) * pixel),
                     .row_n = y1 > y0 && x1 > x0 ? y1 - y0 : 0,
                     .plane_n = (uint32_t)zs_ceil_div(c0 + c_n, block) - first};
}

/* Channels [c0, c0 + c_n) of the single pixel of images [n0, n0 + n): a row of each image, or, for
 * a DMA that keeps rows apart, of each channel. */
static zs_xfer columns(const zs_plan_tensor *t, uint32_t n0, uint32_t n, uint32_t c0, uint32_t c_n,
                       bool merge)
{
    const uint64_t elem = t->elem;
    if (!merge)
        return (zs_xfer){.addr = t->addr + n0 * t->pitch_bytes + c0 * elem,
                         .row_pitch_bytes = elem,
                         .plane_pitch_bytes = t->pitch_bytes,
                         .row_bytes = (uint32_t)elem,
                         .row_n = c_n,
                         .plane_n = n};
    return (zs_xfer){.addr = t->addr + n0 * t->pitch_bytes + c0 * elem,
                     .row_pitch_bytes = t->pitch_bytes,
                     .row_bytes = (uint32_t)(c_n * elem),
                     .row_n = n,
                     .plane_n = 1};
}

static zs_xfer input_xfer(const zs_plan_row *row, const zs_tile_box *box, const zs_design *design)
{
    const bool merge = design->accel.dma.merge_rows;
    if (row->add != ZS_NO_INDEX && (box->flags & ZS_BOX_SECOND) != 0) /* as the results */
        return rectangle(&row->x2, design, box->image, box->oc0, box->oc_n, box->oy0,
                         box->oy0 + (uint32_t)box->oy_n, box->ox0, box->ox0 + (uint32_t)box->ox_n);
    if (row->images_are_columns)
        return columns(&row->x, box->ox0, box->ox_n, box->ic0, box->ic_n, merge);
    const zs_extent ey = zs_extent_y(row, box->oy0, box->oy_n);
    const zs_extent ex = zs_extent_x(row, box->ox0, box->ox_n);
    return rectangle(box->flags & ZS_BOX_SECOND ? &row->x2 : &row->x, design, box->image, box->ic0,
                     box->ic_n, ey.lo, ey.hi, ex.lo, ex.hi);
}

static zs_xfer oihw_xfer(const zs_plan_row *row, const zs_tile_box *box, uint32_t precision,
                         uint64_t group_ic, uint32_t ic0, uint32_t ic_n)
{
    const uint64_t channel = (uint64_t)row->window.kh * row->window.kw * zs_weight_bytes(precision);
    const uint64_t bias = zs_bias_bytes(precision);
    if (box->flags & ZS_BOX_BIAS)
        return (zs_xfer){.addr = row->bias_base + box->oc0 * bias,
                         .row_bytes = (uint32_t)(box->oc_n * bias),
                         .row_n = 1,
                         .plane_n = 1};
    return (zs_xfer){.addr = row->weight_base + (box->oc0 * group_ic + ic0) * channel,
                     .row_pitch_bytes = group_ic * channel,
                     .row_bytes = (uint32_t)(ic_n * channel),
                     .row_n = box->oc_n,
                     .plane_n = 1};
}

static zs_xfer stream_xfer(const zs_plan_row *row, const zs_tile_box *box)
{
    const tiled_stream *s = tiled_stream_of(row, box);
    return (zs_xfer){.addr = tiled_streams_of(row)->base + s->offset,
                     .row_bytes = s->bias_bytes + s->bytes,
                     .row_n = 1,
                     .plane_n = 1,
                     .index_bytes = s->index_bytes};
}

static zs_xfer weight_xfer(const zs_plan_row *row, const zs_tile_box *box, uint32_t precision,
                           uint32_t layout)
{
    const uint64_t elem = zs_weight_bytes(precision);
    const uint32_t group_ic = row->is_depthwise ? 1 : row->group_ic;
    const uint32_t ic0 = row->is_depthwise ? 0 : box->ic0 % row->group_ic;
    const uint32_t ic_n = row->is_depthwise ? 1 : box->ic_n;
    if (layout == ZS_LAYOUT_OIHW)
        return oihw_xfer(row, box, precision, (uint64_t)group_ic, ic0, ic_n);
    uint64_t addr = row->weight_base +
                    zs_plan_weight_offset(row, precision, group_ic, box->oc0, box->oc_n, ic0);
    uint64_t bytes = (uint64_t)box->oc_n * ic_n * row->window.kh * row->window.kw * elem;
    if (box->flags & ZS_BOX_BIAS) {
        addr -= (uint64_t)box->oc_n * zs_bias_bytes(precision);
        bytes += (uint64_t)box->oc_n * zs_bias_bytes(precision);
    }
    return (zs_xfer){.addr = addr, .row_bytes = (uint32_t)bytes, .row_n = 1, .plane_n = 1};
}

zs_xfer tiled_dense_weights(const zs_plan_row *row, const zs_tile_box *box, uint32_t precision)
{
    return weight_xfer(row, box, precision, ZS_LAYOUT_PACKED);
}

/* Tiles of partial sums are stored one behind the other, each in one piece. */
static zs_xfer partial_xfer(const zs_plan_row *row, const zs_tile_box *box, uint32_t precision)
{
    const uint64_t acc = zs_acc_bytes(precision);
    const uint64_t plane = (uint64_t)row->oh * row->ow;
    const uint64_t before = (uint64_t)box->oy0 * row->ow + (uint64_t)box->oy_n * box->ox0;
    const uint64_t first = (uint64_t)box->image * row->y_c + box->oc0;
    return (zs_xfer){.addr = row->partial_base + (first * plane + before * box->oc_n) * acc,
                     .row_bytes = (uint32_t)((uint64_t)box->oc_n * box->oy_n * box->ox_n * acc),
                     .row_n = 1,
                     .plane_n = 1};
}

static zs_xfer output_xfer(const zs_plan_row *row, const zs_tile_box *box, const zs_design *design)
{
    const bool merge = design->accel.dma.merge_rows;
    if (row->images_are_columns)
        return columns(&row->y, box->ox0, box->ox_n, box->oc0, box->oc_n, merge);
    uint32_t y0 = box->oy0, y1 = y0 + box->oy_n, x0 = box->ox0, x1 = x0 + box->ox_n;
    if (row->pool != ZS_NO_INDEX) {
        const zs_pool_reach y = zs_pool_reach_y(row, box), x = zs_pool_reach_x(row, box);
        y0 = y.done_first, y1 = y.done_last, x0 = x.done_first, x1 = x.done_last;
    }
    return rectangle(&row->y, design, box->image, box->oc0, box->oc_n, y0, y1, x0, x1);
}

uint32_t tiled_ports(zs_operand_ports of, uint32_t operand)
{
    return operand == TILED_WEIGHT ? of.weight : operand == TILED_INPUT ? of.input : of.output;
}

uint32_t tiled_beat_bytes(const zs_board *board, uint32_t ports)
{
    uint32_t sum = 0;
    for (uint32_t left = ports; left != 0; left &= left - 1)
        sum += zs_port_params(board, (uint32_t)__builtin_ctz(left)).beat_bytes;
    return sum;
}

uint32_t tiled_first_channel(uint32_t ports, uint32_t operand)
{
    return zs_channel((uint32_t)__builtin_ctz(ports), operand >= TILED_OUTPUT);
}

static zs_port_share first_share(const zs_board *board, uint32_t ports)
{
    return zs_port_share_of(board, ports, (uint32_t)__builtin_ctz(ports));
}

double tiled_first_frac(const zs_board *board, uint32_t ports)
{
    const zs_port_share share = first_share(board, ports);
    return (double)share.n / share.of;
}

zs_xfer tiled_first_share(const zs_plan_row *row, const zs_design *design, uint32_t ports,
                          uint32_t operand, const zs_tile_box *box)
{
    static const uint8_t codes[] = {ZS_OP_LOAD_W, ZS_OP_LOAD_X, ZS_OP_STORE, ZS_OP_STORE_P};
    while (operand == TILED_INPUT && row->front != NULL)
        row = row->front;
    const zs_xfer x = tiled_xfer(row, design, codes[operand], box);
    return zs_xfer_share(&x, first_share(&design->board, ports), ZS_SHARE_UNIT_BYTES);
}

/* What loaders and the store stage of the engine do in a PL cycle. */
static zs_xfer with_side(zs_xfer x, uint32_t elems, uint32_t elem_bytes, uint32_t stage_n)
{
    x.side_bytes = elems * elem_bytes;
    x.stage_n = stage_n;
    return x;
}

zs_xfer tiled_xfer(const zs_plan_row *result_row, const zs_design *design, uint32_t code,
                   const zs_tile_box *box)
{
    const zs_plan_row *row = zs_plan_member(result_row, box->flags);
    const tiled_params *p = tiled_params_of(&design->accel);
    const uint32_t precision = design->accel.precision;
    const bool merge = design->accel.dma.merge_rows;
    switch (code) {
    case ZS_OP_LOAD_X:
        return with_side(merged(input_xfer(row, box, design), merge), p->load.input_elems,
                         row->x.elem, p->load.stages_inputs);
    case ZS_OP_LOAD_W:
        return with_side(row->own != NULL
                             ? stream_xfer(row, box)
                             : merged(weight_xfer(row, box, precision, p->weight_layout), merge),
                         p->load.weight_elems, zs_weight_bytes(precision), p->load.stages_weights);
    case ZS_OP_LOAD_P:
        return with_side(partial_xfer(row, box, precision), p->load.input_elems,
                         zs_acc_bytes(precision), p->load.stages_inputs);
    case ZS_OP_STORE_P:
        return with_side(partial_xfer(row, box, precision), p->store.copy_elems,
                         zs_acc_bytes(precision), p->store.rows);
    case ZS_OP_STORE:
        return with_side(merged(output_xfer(row, box, design), merge), p->store.copy_elems,
                         row->y.elem, p->store.rows);
    default:
        return (zs_xfer){0};
    }
}
