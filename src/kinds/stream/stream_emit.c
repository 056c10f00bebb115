#include "stream_priv.h"

enum {
    FEWEST_IMAGES = 24,
    FEWEST_OF_MANY = 4, /* images, where one has many words or bytes of weights */
    BYTES_A_WORD = 64,  /* bytes of weights that take as long to simulate as a word */
    MOST_WORDS = 3000000,
    MOST_BYTES = 1 << 20, /* of a transfer */
    MOST_LOADS = 4096     /* loads of the weights of a layer for an image */
};

/* Box of a transfer: bytes [at, at + bytes) of the packed images, which lie one behind the other.
 * `at` is in `image` (upper half) and `oc0`, `bytes` in `oc_n` and `ic_n`, the words in ic0. */
static zs_tile_box byte_box(uint64_t at, uint64_t bytes, uint64_t words)
{
    return (zs_tile_box){.image = (uint32_t)(at >> 32),
                         .oc0 = (uint32_t)at,
                         .oc_n = (uint16_t)(bytes >> 16),
                         .ic_n = (uint16_t)bytes,
                         .ic0 = (uint32_t)words};
}

zs_xfer stream_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box)
{
    const uint64_t at = (uint64_t)box->image << 32 | box->oc0;
    (void)design;
    if (code == ZS_OP_LOAD_W) /* the same bytes for so many vectors */
        return (zs_xfer){.addr = row->weight_base + at,
                         .row_bytes = (uint32_t)box->oc_n << 16 | box->ic_n,
                         .row_n = box->oy_n,
                         .plane_n = 1};
    return (zs_xfer){.addr = (code == ZS_OP_LOAD_X ? row->x.addr : row->y.addr) + at,
                     .row_bytes = (uint32_t)box->oc_n << 16 | box->ic_n,
                     .row_n = 1,
                     .plane_n = 1};
}

/* An op that ends when word `word` of an edge has moved, into (is_out: out of) its FIFO. `least`:
 * PL cycles that closed forms count for it. */
static zs_status emit_flow(zs_emitter *e, uint32_t unit, uint32_t edge, bool is_out, uint64_t word,
                           uint32_t flags, uint64_t least, uint32_t *op)
{
    const uint64_t words = e->d->plan->flow->flow.edges[edge].words;
    const zs_tile_box box = {.image = (uint32_t)(word / words),
                             .ic0 = (uint32_t)(word % words),
                             .oc0 = edge,
                             .oy0 = is_out,
                             .flags = flags};
    ZS_TRY(zs_emit_priced(e, ZS_OP_FLOW, &box, NULL, NULL, 1 + least, least, op));
    e->ops[*op].unit = (uint8_t)unit;
    return ZS_OK;
}

/* Bytes of the first `images` images. */
static uint64_t bytes_of(const zs_plan *plan, uint32_t edge, uint64_t images)
{
    return zs_ceil_div(plan->flow->flow.edges[edge].words * plan->flow->edge_bits[edge] * images,
                       8);
}

/* Words of an edge that are whole once so many bytes are there. */
static uint64_t words_of(const zs_plan *plan, uint32_t edge, uint64_t bytes)
{
    return zs_min_u64(bytes * 8 / plan->flow->edge_bits[edge],
                      plan->flow->flow.edges[edge].words * plan->flow->images);
}

/* The DMA reads on once all words of the transfer before the last one have gone. */
static zs_status emit_reads(zs_emitter *e)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t edge = stream_source_edge(plan);
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t bytes = bytes_of(plan, edge, plan->flow->images);
    uint32_t taken[STREAM_IN_FLIGHT] = {ZS_NO_OP, ZS_NO_OP}, op;
    uint64_t before = 0;
    for (uint64_t at = 0, i = 0; at < bytes; at += burst, i++) {
        const uint64_t n = zs_min_u64(burst, bytes - at), now = words_of(plan, edge, at + n);
        const zs_tile_box box = byte_box(at, n, now - before);
        const uint32_t wait[3] = {taken[i % STREAM_IN_FLIGHT], ZS_NO_OP, ZS_NO_OP};
        ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &box, NULL, wait, &op));
        if (now > before)
            ZS_TRY(emit_flow(e, STREAM_INPUT_UNIT, edge, false, now - 1, 0, 0,
                             &taken[i % STREAM_IN_FLIGHT]));
        before = now;
    }
    return ZS_OK;
}

/* Bytes of a load of a layer's weights: a burst of the DMA, or more where an image would have more
 * than MOST_LOADS loads. Loads read the weights of a vector from begin to end, again and again. */
static uint64_t load_bytes(const zs_emitter *e, const stream_row *r)
{
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t image = stream_vector_bytes(r) * r->vectors;
    return burst * zs_max_u64(zs_ceil_div(image, burst * MOST_LOADS), 1);
}

static zs_status emit_load(zs_emitter *e, const stream_row *r, uint64_t at, uint64_t bytes,
                           uint64_t vectors, uint64_t steps, uint32_t after, uint32_t *op)
{
    zs_tile_box box = byte_box(at, bytes, steps);
    const uint32_t wait[3] = {after, ZS_NO_OP, ZS_NO_OP};
    box.oy_n = (uint16_t)vectors;
    box.oy0 = (uint16_t)r->unit_node;
    ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_W, &box, NULL, wait, op));
    e->ops[*op].unit = (uint8_t)r->reader;
    return ZS_OK;
}

static zs_status emit_weights(zs_emitter *e, const stream_row *r, const uint32_t *done)
{
    enum { VECTORS_MAX = 65535 };
    const zs_plan *plan = e->d->plan;
    const uint64_t load = load_bytes(e, r), step = stream_step_bytes(r);
    const uint64_t vector = stream_vector_bytes(r), images = plan->flow->images;
    const uint64_t piece = zs_max_u64(load / step, 1) * step; /* of a vector of more */
    const uint64_t group = zs_min_u64(zs_max_u64(load / vector, 1), VECTORS_MAX);
    uint32_t used[STREAM_IN_FLIGHT] = {ZS_NO_OP, ZS_NO_OP}, op;
    uint64_t k = 0;
    for (uint64_t v = 0, n; v < r->vectors * images; v += n) {
        n = zs_min_u64(group, r->vectors * images - v);
        for (uint64_t at = 0; at < vector; at += piece, k++) {
            const uint64_t bytes = zs_min_u64(piece, vector - at);
            const zs_tile_box box = {
                .oc0 = r->unit_node, .ic0 = (uint32_t)k, .flags = ZS_BOX_WEIGHTS_USED};
            ZS_TRY(
                emit_load(e, r, at, bytes, n, n * bytes / step, used[k % STREAM_IN_FLIGHT], &op));
            ZS_TRY(
                zs_emit_priced(e, ZS_OP_FLOW, &box, NULL, NULL, 1, 0, &used[k % STREAM_IN_FLIGHT]));
            e->ops[used[k % STREAM_IN_FLIGHT]].unit = (uint8_t)r->used;
        }
    }
    for (uint64_t i = images; i < plan->batch; i++)
        for (uint64_t v = 0; v < r->vectors; v += VECTORS_MAX)
            ZS_TRY(emit_load(e, r, 0, vector, zs_min_u64(VECTORS_MAX, r->vectors - v), 0,
                             done[i - images < STREAM_IN_FLIGHT ? plan->batch - images
                                                                : i - images - STREAM_IN_FLIGHT],
                             &op));
    return ZS_OK;
}

/* Images that are not simulated word by word: each is read, and complete a period after the one
 * before. `done` gets the op with which each is, and behind them that of the last before them. */
static zs_status emit_repeats(zs_emitter *e, uint32_t *done)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t in = stream_source_edge(plan), out = stream_sink_edge(plan);
    const uint64_t first = plan->flow->images;
    uint32_t op, last;
    if (first == plan->batch)
        return ZS_OK;
    ZS_TRY(emit_flow(e, STREAM_REPEAT_UNIT, out, true,
                     first * plan->flow->flow.edges[out].words - 1, 0, 0, &last));
    done[plan->batch - first] = last;
    for (uint64_t i = first; i < plan->batch; i++) {
        uint32_t wait[3] = {i - first < STREAM_IN_FLIGHT ? ZS_NO_OP
                                                         : done[i - first - STREAM_IN_FLIGHT],
                            ZS_NO_OP, ZS_NO_OP};
        const uint64_t end = bytes_of(plan, in, i + 1);
        op = ZS_NO_OP;
        for (uint64_t at = bytes_of(plan, in, i); at < end; at += MOST_BYTES) {
            const zs_tile_box box = byte_box(at, zs_min_u64(MOST_BYTES, end - at), 0);
            ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &box, NULL, wait, &op));
        }
        wait[0] = op;
        wait[1] = last;
        const zs_tile_box box = {.image = (uint32_t)i};
        ZS_TRY(
            zs_emit_priced(e, ZS_OP_PERIOD, &box, NULL, wait, 1, plan->flow->least_period, &last));
        e->ops[last].unit = STREAM_REPEAT_UNIT;
        done[i - first] = last;
    }
    return ZS_OK;
}

static zs_status emit_writes(zs_emitter *e, const uint32_t *done)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t edge = stream_sink_edge(plan);
    const uint64_t burst = stream_params_of(&e->d->design->accel)->burst_bytes;
    const uint64_t all = bytes_of(plan, edge, plan->batch);
    const uint64_t head = bytes_of(plan, edge, plan->flow->images);
    uint64_t before = 0, image = plan->flow->images;
    for (uint64_t at = 0, n; at < all; at += n) {
        const bool is_head = at < head;
        n = zs_min_u64(burst, (is_head ? head : all) - at);
        const uint64_t now = !is_head ? before
                             : at + n == head
                                 ? plan->flow->images * plan->flow->flow.edges[edge].words
                                 : words_of(plan, edge, at + n);
        const zs_tile_box box = byte_box(at, n, now - before);
        uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP}, op;
        if (now > before)
            ZS_TRY(emit_flow(e, STREAM_OUTPUT_UNIT, edge, true, now - 1, 0, 0, &wait[0]));
        while (!is_head && bytes_of(plan, edge, image + 1) < at + n)
            image++;
        if (!is_head)
            wait[0] = done[image - plan->flow->images];
        ZS_TRY(zs_emit_transfer(e, ZS_OP_STORE, &box, NULL, wait, &op));
        before = now;
    }
    return ZS_OK;
}

/* An image of a layer ends with its last word. The executor computes all images with the op of the
 * last. */
static zs_status emit_images(zs_emitter *e, const stream_row *r, uint32_t unit)
{
    const zs_flow *f = &e->d->plan->flow->flow;
    const uint64_t images = e->d->plan->flow->images;
    if (r->node_n == 0)
        return ZS_OK;
    uint32_t slowest = 0; /* layers work side by side: the closed forms count this one */
    while (e->d->rows[slowest].own == NULL ||
           stream_of(&e->d->rows[slowest])->work < e->d->plan->flow->least_period)
        slowest++;
    const uint64_t least = e->d->rows[slowest].own == r ? r->work : 0;
    const uint32_t edge = f->nodes[r->node0 + r->node_n - 1].out[0];
    for (uint64_t i = 0; i < images; i++) {
        uint32_t op;
        ZS_TRY(emit_flow(e, unit, edge, false, (i + 1) * f->edges[edge].words - 1,
                         i + 1 == images ? ZS_HOST_LAYER : ZS_HOST_CALL,
                         i + 1 == images && least > 0 ? least - r->idle : least, &op));
    }
    if (images == e->d->plan->batch) /* else the last one ends as many periods later as follow */
        return ZS_OK;
    return emit_flow(e, unit, edge, false, e->d->plan->batch * f->edges[edge].words - 1,
                     ZS_HOST_CALL, 0, &(uint32_t){0});
}

static zs_status emit_row(zs_emitter *e, uint32_t i, uint32_t *unit, uint32_t *done)
{
    zs_plan_draft *d = e->d;
    const zs_plan_row *row = &d->rows[i];
    zs_emit_begin_row(e, i);
    if (row->call == ZS_NO_INDEX)
        return zs_emit_host_layer(e);
    const zs_plan_call *call = &d->plan->calls[row->call];
    if (call->row0 == i)
        ZS_TRY(zs_emit_call_start(e, call));
    if (call->row0 == i && !d->is_outline) {
        ZS_TRY(emit_reads(e));
        ZS_TRY(emit_repeats(e, done));
    }
    if (!d->is_outline)
        ZS_TRY(emit_images(e, stream_of(row), (*unit)++));
    if (stream_of(row)->is_external && !d->is_outline)
        ZS_TRY(emit_weights(e, stream_of(row), done));
    if (call->row0 + call->row_n != i + 1)
        return ZS_OK;
    if (!d->is_outline)
        ZS_TRY(emit_writes(e, done));
    return zs_emit_call_end(e, call);
}

/* Of long batches the first images are simulated word by word: as many as moved words allow. The
 * others follow at the interval of the last of these, which is not below what the slowest takes. */
static void choose_images(const zs_plan_draft *d)
{
    zs_plan_flow *f = d->own;
    uint64_t words = 1;
    for (uint32_t i = 0; i < f->flow.edge_n; i++)
        words += f->flow.edges[i].words;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->rows[i].own != NULL && stream_of(&d->rows[i])->is_external)
            words += stream_of(&d->rows[i])->vectors * stream_vector_bytes(stream_of(&d->rows[i])) /
                     BYTES_A_WORD;
    f->images = zs_min_u64(
        zs_max_u64(words > MOST_WORDS / 2 ? FEWEST_OF_MANY : FEWEST_IMAGES, MOST_WORDS / words),
        d->design->batch);
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->rows[i].own != NULL)
            f->least_period = zs_max_u64(f->least_period, stream_of(&d->rows[i])->work);
}

zs_status stream_emit(zs_plan_draft *d, zs_err *err)
{
    zs_emitter *e = zs_new(d->arena, zs_emitter, 1);
    uint32_t *done = zs_new(d->arena, uint32_t, d->design->batch + 1);
    uint32_t unit = STREAM_LAYER_UNIT;
    if (e == NULL || done == NULL)
        return zs_nomem(err, "plan");
    choose_images(d);
    ZS_TRY(zs_emit_init(e, d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].op0 = e->op_n;
        ZS_TRY(emit_row(e, i, &unit, done));
        d->rows[i].op_n = e->op_n - d->rows[i].op0;
    }
    zs_emit_finish(e);
    return ZS_OK;
}
