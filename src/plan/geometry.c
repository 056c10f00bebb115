#include "zynqsim/plan.h"

/* ---- windows of inputs ----------------------------------------------------------------------- */

static zs_extent extent(uint32_t o0, uint32_t o_n, uint32_t stride, uint32_t kernel,
                        uint32_t dilation, uint32_t pad, uint32_t size)
{
    zs_extent e;
    e.first = (int64_t)o0 * stride - pad;
    e.n = (o_n - 1) * stride + (kernel - 1) * dilation + 1;
    const int64_t end = e.first + e.n;
    e.lo = (uint32_t)(e.first < 0 ? 0 : e.first > size ? size : e.first);
    e.hi = (uint32_t)(end < 0 ? 0 : end > size ? size : end);
    return e;
}

zs_extent zs_extent_y(const zs_plan_row *row, uint32_t oy0, uint32_t oy_n)
{
    const zs_window *w = &row->window;
    return extent(oy0, oy_n, w->sh, w->kh, w->dh, w->pad_top, row->x.shape.h);
}

zs_extent zs_extent_x(const zs_plan_row *row, uint32_t ox0, uint32_t ox_n)
{
    const zs_window *w = &row->window;
    if (row->images_are_columns)
        return (zs_extent){.first = ox0, .n = ox_n, .lo = ox0, .hi = ox0 + ox_n};
    return extent(ox0, ox_n, w->sw, w->kw, w->dw, w->pad_left, row->x.shape.w);
}

/* ---- windows of a fused pool ----------------------------------------------------------------- */

zs_pool_reach zs_pool_reach_of(uint32_t kernel, uint32_t stride, uint32_t pad, uint32_t n,
                               uint32_t pooled_n, uint32_t o0, uint32_t o_n)
{
    /* window p covers [p * stride - pad, + kernel), cut to [0, n) */
    const uint32_t end = o0 + o_n;
    zs_pool_reach s = {.first = 0, .last = 0};
    while (s.first < pooled_n && (uint64_t)s.first * stride + kernel <= (uint64_t)o0 + pad)
        s.first++;
    s.last = s.first;
    while (s.last < pooled_n && (uint64_t)s.last * stride < (uint64_t)end + pad)
        s.last++;
    s.done_first = s.first;
    s.done_last = s.last;
    while (s.done_last > s.done_first && end < n &&
           (uint64_t)(s.done_last - 1) * stride + kernel > (uint64_t)end + pad)
        s.done_last--;
    return s;
}

zs_pool_reach zs_pool_reach_y(const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_window *w = &row->pool_window;
    return zs_pool_reach_of(w->kh, w->sh, w->pad_top, row->oh, row->y.shape.h, box->oy0, box->oy_n);
}

zs_pool_reach zs_pool_reach_x(const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_window *w = &row->pool_window;
    return zs_pool_reach_of(w->kw, w->sw, w->pad_left, row->ow, row->y.shape.w, box->ox0,
                            box->ox_n);
}

/* Windows that one tile of `tile` pixels completes at most, along one axis: at the end of the image
 * those that reach into the padding come on top, and may be more than the tile has pixels. */
static uint32_t most_windows(uint32_t kernel, uint32_t stride, uint32_t pad, uint32_t n,
                             uint32_t pooled_n, uint32_t tile)
{
    const uint32_t last = (n - 1) / tile * tile;
    const zs_pool_reach end = zs_pool_reach_of(kernel, stride, pad, n, pooled_n, last, n - last);
    const uint32_t inner = (uint32_t)zs_ceil_div(tile < n ? tile : n, stride);
    return inner > end.done_last - end.done_first ? inner : end.done_last - end.done_first;
}

uint64_t zs_row_tile_results(const zs_plan_row *row, const zs_net *net)
{
    const uint64_t pixels = (uint64_t)row->t_oy * row->t_ox;
    if (row->pool == ZS_NO_INDEX)
        return pixels;
    const zs_shape pooled = net->layers[row->pool].y;
    const zs_window *w = &row->pool_window;
    const uint64_t windows =
        (uint64_t)most_windows(w->kh, w->sh, w->pad_top, row->oh, pooled.h, row->t_oy) *
        most_windows(w->kw, w->sw, w->pad_left, row->ow, pooled.w, row->t_ox);
    return zs_max_u64(pixels, windows);
}

uint32_t zs_pool_crossing(uint32_t kernel, uint32_t stride)
{
    return (uint32_t)zs_ceil_div(kernel - 1, stride);
}

/* ---- addresses ------------------------------------------------------------------------------- */

uint64_t zs_plan_weight_offset(const zs_plan_row *row, uint32_t precision, uint32_t ic_per_group,
                               uint32_t oc0, uint32_t oc_n, uint32_t ic0)
{
    const uint64_t elem = zs_weight_bytes(precision), bias = zs_bias_bytes(precision);
    const uint64_t taps = (uint64_t)row->window.kh * row->window.kw;
    return oc0 * (bias + ic_per_group * taps * elem) + oc_n * bias + ic0 * taps * oc_n * elem;
}
