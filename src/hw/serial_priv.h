/* serial_priv.h - what the walk and its prices share. */
#ifndef ZYNQSIM_SERIAL_PRIV_H
#define ZYNQSIM_SERIAL_PRIV_H

#include "memsys_priv.h"
#include "zynqsim/serial.h"

/* Elements of a window that lie inside the image, along one axis: k0 <= k < k1. */
typedef struct serial_span {
    uint32_t k0, k1;
} serial_span;

static inline serial_span serial_clip(uint32_t o, uint32_t stride, uint32_t dilation,
                                      uint32_t kernel, uint32_t pad, uint32_t size)
{
    const uint64_t at = (uint64_t)o * stride, end = (uint64_t)size + pad;
    serial_span s = {.k0 = 0, .k1 = kernel};
    if (at < pad)
        s.k0 = (uint32_t)zs_min_u64(kernel, zs_ceil_div(pad - at, dilation));
    if (at >= end)
        s.k1 = 0;
    else
        s.k1 = (uint32_t)zs_min_u64(kernel, zs_ceil_div(end - at, dilation));
    if (s.k1 < s.k0)
        s.k1 = s.k0;
    return s;
}

static inline serial_span serial_rows(const zs_serial_walk *w, uint32_t oy)
{
    return serial_clip(oy, w->sh, w->dh, w->kh, w->pad_top, w->in_h);
}

static inline serial_span serial_columns(const zs_serial_walk *w, uint32_t ox)
{
    return serial_clip(ox, w->sw, w->dw, w->kw, w->pad_left, w->in_w);
}

/* Address of element (k0 of rows, k0 of columns) of a window in plane 0. */
static inline uint64_t serial_corner(const zs_serial_walk *w, uint32_t oy, serial_span y,
                                     uint32_t ox, serial_span x)
{
    const uint64_t row = (uint64_t)oy * w->sh + (uint64_t)y.k0 * w->dh - w->pad_top;
    const uint64_t column = (uint64_t)ox * w->sw + (uint64_t)x.k0 * w->dw - w->pad_left;
    return w->in_addr + row * w->row_pitch + column * w->elem_bytes;
}

#endif
