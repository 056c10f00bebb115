#include "tiled_priv.h"
#include "zynqsim/half.h"

#include <string.h>

typedef struct span {
    uint32_t lo, hi;
} span;

typedef struct pool_tile {
    const zs_window *w;
    const zs_tile_box *box;
    zs_pool_reach y, x; /* windows that touch the tile, and which of them it completes */
    uint32_t cross_y, cross_x, column_rows, pooled_w;
    uint32_t carry_oc0, carry_oc_n;
    void *rows, *columns, *best;
} pool_tile;

/* Pixels of window p within the tile [o0, o0 + o_n), relative to it. */
static span part_of(uint32_t kernel, uint32_t stride, uint32_t pad, uint32_t p, uint32_t o0,
                    uint32_t o_n)
{
    const int64_t first = (int64_t)p * stride - pad - o0;
    const int64_t end = first + kernel;
    return (span){.lo = first < 0 ? 0 : (uint32_t)first,
                  .hi = end > (int64_t)o_n ? o_n : (uint32_t)end};
}

/* Of a window that begins at `first` of what windows of the tile reach, the part in the image. */
static span inside(const zs_extent *e, uint32_t first, uint32_t kernel)
{
    const uint32_t lo = (uint32_t)(e->lo - e->first), hi = (uint32_t)(e->hi - e->first);
    return (span){.lo = first > lo ? first : lo, .hi = first + kernel < hi ? first + kernel : hi};
}

#define GREATER(a, b)    ((a) > (b))
#define NO_MINUS_ZERO(x) (ELEM)((x) + (ELEM)0)
#define ELEM             float
#define NAME(x)          f32_##x
#include "tiled_exec_pool_body.h"
#undef ELEM
#undef NAME
#define ELEM    int16_t
#define NAME(x) i16_##x
#include "tiled_exec_pool_body.h"
#undef ELEM
#undef NAME
#define ELEM    int8_t
#define NAME(x) i8_##x
#include "tiled_exec_pool_body.h"
#undef ELEM
#undef NAME
#undef GREATER
#undef NO_MINUS_ZERO
#define GREATER(a, b)    zs_half_greater(a, b)
#define NO_MINUS_ZERO(x) zs_half_plus_zero(x)
#define ELEM             zs_half
#define NAME(x)          f16_##x
#include "tiled_exec_pool_body.h"
#undef ELEM
#undef NAME

/* Pooling of each type; an executor has the row of its activations in e->own. */
typedef struct tiled_pools {
    void (*tile)(const pool_tile *t, const void *pixels, void *out);
    void (*plane)(const zs_plan_row *row, const zs_tile_box *box, const void *x, void *y);
} pool_kernels;
#define DTYPE(id, word, type, tag, ...) [id] = {tag##_pool_tile, tag##_pool_plane},
static const pool_kernels pools[ZS_TYPE_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef DTYPE

zs_status tiled_exec_build(zs_exec *e, zs_arena *arena, zs_err *err)
{
    tiled_memories *own = zs_new(arena, tiled_memories, 1);
    if (own == NULL)
        return zs_nomem(err, "simulated memories");
    own->pools = &pools[zs_elem_type(e->quant->precision)];
    e->own = own;
    ZS_TRY(zs_exec_build_tiles(e, arena, err));
    return tiled_encode_streams(e, arena, err);
}

static const pool_kernels *pools_of(const zs_exec *e)
{
    return ((const tiled_memories *)e->own)->pools;
}

static pool_tile describe(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box)
{
    const zs_window *w = &row->pool_window;
    pool_tile t = {.w = w, .box = box, .rows = e->carry_rows, .columns = e->carry_columns};
    t.y = zs_pool_reach_y(row, box);
    t.x = zs_pool_reach_x(row, box);
    t.cross_y = zs_exec_crossing(w->kh, w->sh);
    t.cross_x = zs_exec_crossing(w->kw, w->sw);
    t.column_rows = zs_exec_column_rows(row);
    t.pooled_w = row->y.shape.w;
    t.carry_oc_n = row->carry_oc_n;
    t.carry_oc0 = row->carry_oc_n == row->y_c ? box->oc0 : 0;
    return t;
}

void tiled_exec_pool(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box, uint8_t *slot)
{
    pool_tile t = describe(e, row, box);
    const size_t done = (size_t)(t.y.done_last - t.y.done_first) * (t.x.done_last - t.x.done_first);
    uint8_t *out = e->gathered;
    t.best = e->gathered + zs_round_up(done * box->oc_n * e->elem, 64);
    pools_of(e)->tile(&t, slot, out);
    zs_act_elems(e->quant, &e->net->layers[row->pool], out, done * box->oc_n);
    memcpy(slot, out, done * box->oc_n * e->elem);
}

void tiled_exec_pool_planes(zs_exec *e, const zs_plan_row *row, const zs_tile_box *box,
                            const uint8_t *x, uint8_t *y)
{
    const size_t x_plane =
        (size_t)zs_extent_y(row, box->oy0, box->oy_n).n * zs_extent_x(row, box->ox0, box->ox_n).n;
    const size_t y_plane = (size_t)box->oy_n * box->ox_n;
    for (uint32_t c = 0; c < box->oc_n; c++)
        pools_of(e)->plane(row, box, x + c * x_plane * e->elem, y + c * y_plane * e->elem);
}
