#include "tiled_mapper_priv.h"

/* Powers of two and, unless depths are rounded up to these, the middles between them. Also the most
 * that distributed RAM holds, a word less than a power of two: any deeper, each of many banks takes
 * a block. */
static mapper_depths depths_of(uint64_t given_depth, const zs_plan_buffer *b, bool rounds)
{
    mapper_depths l = {.slots = b->slots};
    const uint64_t distributed = ZS_LUTRAM_BITS / zs_max_u64(b->word_bits, 1);
    if (given_depth > 0) {
        l.depth[l.n++] = given_depth;
        return l;
    }
    for (uint64_t depth = 32; l.n + 2 < MAPPER_DEPTHS_MAX && depth <= 65536; depth *= 2) {
        if (depth > distributed && depth / 2 < distributed)
            l.depth[l.n++] = distributed;
        l.depth[l.n++] = depth;
        if (!rounds && depth >= 512)
            l.depth[l.n++] = depth + depth / 2;
    }
    return l;
}

void tiled_mapper_set_depths(mapper *m)
{
    const zs_accel *a = &m->ctx.design->accel;
    const tiled_params *p = tiled_mapper_params(m);
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    const bool rounds = a->rounds_depths;
    m->in = depths_of(p->buffer.input_bytes > 0 ? b[ZS_BUF_INPUT].depth_words : 0, &b[ZS_BUF_INPUT],
                      rounds);
    m->out = depths_of(p->buffer.output_bytes > 0 ? b[ZS_BUF_OUTPUT].depth_words : 0,
                       &b[ZS_BUF_OUTPUT], rounds);
    m->weight = depths_of(a->buffer.weight_bytes > 0 ? b[ZS_BUF_WEIGHT].depth_words : 0,
                          &b[ZS_BUF_WEIGHT], rounds);
}

static uint32_t first_depth(const mapper_depths *l, uint64_t slot_depth)
{
    uint32_t i = 0;
    while (i < l->n && slot_depth * l->slots > l->depth[i])
        i++;
    return i;
}

/* The best that a row can do, by indices of the depths of weight, input and output buffer. */
typedef double depth_table[MAPPER_DEPTHS_MAX][MAPPER_DEPTHS_MAX][MAPPER_DEPTHS_MAX];

static void best_of_row(const mapper *m, uint32_t i, depth_table best)
{
    const mapper_row *row = &m->rows[i];
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++)
                best[w][x][y] = MAPPER_HUGE_GOAL;
    for (uint32_t k = 0; k < row->tile_n; k++) {
        const mapper_tile *t = &row->tiles[k];
        const uint32_t x = first_depth(&m->in, t->in_depth), y = first_depth(&m->out, t->out_depth);
        for (uint32_t order = 0; order < MAPPER_ORDER_N; order++) {
            if (!tiled_mapper_may_take(m, i, order))
                continue;
            for (uint32_t w = first_depth(&m->weight, t->w_depth); w < m->weight.n; w++) {
                const uint64_t slots = t->w_depth > 0 ? m->weight.depth[w] / t->w_depth : 1;
                const double goal =
                    tiled_mapper_score(m, i, t, order, zs_min_u64(slots, ZS_SLOTS_MAX)).goal;
                if (goal < best[w][x][y])
                    best[w][x][y] = goal;
                if (t->w_depth == 0 ||
                    slots >= (uint64_t)t->trips[D_GROUP] * t->trips[D_OC] * t->trips[D_IC])
                    break; /* more room is of no use */
            }
        }
    }
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++) {
                const double by[] = {w > 0 ? best[w - 1][x][y] : MAPPER_HUGE_GOAL,
                                     x > 0 ? best[w][x - 1][y] : MAPPER_HUGE_GOAL,
                                     y > 0 ? best[w][x][y - 1] : MAPPER_HUGE_GOAL};
                for (uint32_t k = 0; k < ZS_LEN(by); k++)
                    if (by[k] < best[w][x][y])
                        best[w][x][y] = by[k];
            }
}

static uint64_t slot_bytes(const zs_plan_buffer *b, uint64_t depth, uint32_t elem_bytes)
{
    return depth / zs_max_u64(b->slots, 1) * b->banks * elem_bytes;
}

/* Staging buffers for tiles that fill their slots, and rows as wide as a layer. */
static uint64_t stage_bram18(const mapper *m, uint32_t w, uint32_t x, uint32_t y)
{
    const zs_accel *a = &m->ctx.design->accel;
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    const uint32_t elem = zs_elem_bytes(a->precision);
    tiled_stage_sizes bytes = {
        .input = slot_bytes(&b[ZS_BUF_INPUT], m->in.depth[x], elem),
        .weight = slot_bytes(&b[ZS_BUF_WEIGHT], m->weight.depth[w], zs_weight_bytes(a->precision)),
        .row = slot_bytes(&b[ZS_BUF_OUTPUT], m->out.depth[y], elem)};
    if (!a->dma.merge_rows) {
        uint64_t widest = 1;
        for (uint32_t i = 0; i < m->ctx.row_n; i++)
            widest = zs_max_u64(widest, m->ctx.rows[i].ow);
        bytes.row = zs_min_u64(bytes.row, widest * tiled_mapper_params(m)->channel_block * elem);
    }
    return tiled_stage_bram18(m->ctx.design, &bytes);
}

static uint64_t bram18_of(const mapper *m, uint32_t w, uint32_t x, uint32_t y)
{
    const zs_accel *a = &m->ctx.design->accel;
    const zs_plan_buffer *b = m->ctx.plan->buffers;
    return 3 * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18] +
           b[ZS_BUF_CARRY].bram18 + b[ZS_BUF_RESIDENT].bram18 + stage_bram18(m, w, x, y) +
           tiled_buffer_bram18(a, &b[ZS_BUF_WEIGHT], m->weight.depth[w]) +
           tiled_buffer_bram18(a, &b[ZS_BUF_INPUT], m->in.depth[x]) +
           tiled_buffer_bram18(a, &b[ZS_BUF_OUTPUT], m->out.depth[y]);
}

zs_status tiled_mapper_choose_depths(mapper *m, zs_err *err)
{
    depth_table *best = zs_new(&m->scratch, depth_table, 1);
    depth_table *sum = zs_new(&m->scratch, depth_table, 1);
    if (best == NULL || sum == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < m->ctx.row_n; i++) {
        if (!m->rows[i].is_mapped || m->rows[i].like != i)
            continue;
        best_of_row(m, i, *best);
        for (uint32_t w = 0; w < m->weight.n; w++)
            for (uint32_t x = 0; x < m->in.n; x++)
                for (uint32_t y = 0; y < m->out.n; y++)
                    (*sum)[w][x][y] += (*best)[w][x][y] * m->rows[i].like_n;
    }
    const uint64_t room = zs_fit_room_bram18(m->ctx.design);
    double least = MAPPER_HUGE_GOAL;
    uint64_t least_bram18 = UINT64_MAX;
    bool fits = false;
    for (uint32_t w = 0; w < m->weight.n; w++)
        for (uint32_t x = 0; x < m->in.n; x++)
            for (uint32_t y = 0; y < m->out.n; y++) {
                const uint64_t bram18 = bram18_of(m, w, x, y);
                const double goal = (*sum)[w][x][y];
                const bool fits_here = bram18 <= room;
                /* what does not fit by little is better than by much */
                const bool is_better = fits_here != fits ? fits_here
                                       : fits            ? goal < least
                                                         : bram18 < least_bram18;
                if (goal >= MAPPER_HUGE_GOAL || !is_better)
                    continue;
                least = goal;
                least_bram18 = bram18;
                fits = fits_here;
                m->depth[0] = m->in.depth[x];
                m->depth[1] = m->out.depth[y];
                m->depth[2] = m->weight.depth[w];
            }
    if (least >= MAPPER_HUGE_GOAL)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile",
                       "the buffers do not hold a tile of every layer");
    return ZS_OK;
}
