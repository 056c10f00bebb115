#include "tiled_priv.h"

#include "zynqsim/capacity.h"

#include <assert.h>

/* Tile loops of a convolution. The loop order alone decides what is reused: buffers keep the tiles
 * that were loaded last, and a load, a spill or a reload is emitted exactly when the tile that the
 * next step needs is not there. Input channels ascend for every sum in every order, so that fp32
 * adds in the same sequence whatever the schedule. */

typedef struct conv_loops {
    zs_emitter *e;
    const zs_plan_row *row;
    const zs_layer *layer;
    uint32_t trips[D_N], at[D_N];
    const uint8_t *order;
    const tiled_region *region; /* of a row with fronts, or one of these: pixels of the step ... */
    uint64_t region_id;         /* ... which tile of the row they are for, ... */
    uint32_t member;            /* ... and which front this is, 0: the row */
    uint32_t pairs;             /* the loop whose tiles take turns two by two, or 0 ... */
    bool is_second;             /* ... and this is the second of two */
    uint32_t *spilled;          /* [accumulator tile] its STORE_P, or ZS_NO_OP */
    uint32_t first_load_wait;   /* producer of the input, until the first load carries it */
    bool x_resident;
    bool chain;              /* inputs and weights of a step are one load */
    bool is_ahead;           /* loads do not wait for the output tile before */
    bool x_loads;            /* the step loads its input ... */
    uint32_t addend_wait[2]; /* until the first load of what is added to tiles: its producer, and
                              * the last op that may read what lies in its place */
    uint32_t x_written;      /* op that completed an input on the chip, if not a MAC's unit */
    uint32_t x_freed;        /* ... once this op has retired */
    uint32_t tile_before;    /* last MAC of the output tile before, where loads wait for it */
    uint32_t x_loaded, w_loaded; /* loads of the step before, on a channel other than ours */
    zs_tile_box box;             /* of the current step */
    uint64_t drain_pl_cycles;    /* of a systolic array, else 0 */
    uint32_t drained_n;          /* tiles so far */
    uint64_t x_id, w_id, acc_id;
    uint64_t decode_pl_cycles; /* of weights that the step loads */
    struct {
        uint64_t shape, pl_cycles;
    } mac[2]; /* last price of a MAC that continues sums, and of one that begins them */
} conv_loops;

static uint32_t clip(uint32_t tile, uint32_t index, uint32_t size)
{
    const uint32_t left = size - tile * index;
    return left < tile ? left : tile;
}

/* Box and tile names of the step the loop counters are at. */
static void describe_step(conv_loops *c)
{
    const zs_plan_row *r = c->row;
    const uint32_t *at = c->at, *n = c->trips;
    const uint32_t oc_size = r->is_depthwise ? r->y_c : r->group_oc;
    zs_tile_box *b = &c->box;
    b->image = at[D_IMAGE];
    b->oc0 = at[D_GROUP] * r->group_oc + at[D_OC] * r->t_oc;
    b->oc_n = (uint16_t)clip(r->t_oc, at[D_OC], oc_size);
    b->ic0 = r->is_depthwise ? b->oc0 : at[D_GROUP] * r->group_ic + at[D_IC] * r->t_ic;
    b->ic_n = r->is_depthwise ? b->oc_n : (uint16_t)clip(r->t_ic, at[D_IC], r->group_ic);
    b->oy0 = (uint16_t)(at[D_OY] * r->t_oy);
    b->oy_n = (uint16_t)clip(r->t_oy, at[D_OY], r->oh);
    b->ox0 = (uint16_t)(at[D_OX] * r->t_ox);
    b->ox_n = (uint16_t)clip(r->t_ox, at[D_OX], r->ow);
    b->flags = (at[D_IC] == 0 ? ZS_BOX_FIRST : 0) | (at[D_IC] + 1 == n[D_IC] ? ZS_BOX_LAST : 0);
    const uint64_t channels = (uint64_t)at[D_GROUP] * n[D_OC] + at[D_OC];
    uint64_t pixels = ((uint64_t)at[D_IMAGE] * n[D_OY] + at[D_OY]) * n[D_OX] + at[D_OX];
    if (c->region != NULL) {
        b->oy0 = (uint16_t)c->region->oy0, b->oy_n = (uint16_t)c->region->oy_n;
        b->ox0 = (uint16_t)c->region->ox0, b->ox_n = (uint16_t)c->region->ox_n;
        b->flags |= c->member * ZS_BOX_FRONT;
        pixels = c->region_id;
    }
    const uint64_t inputs = r->is_depthwise ? at[D_OC] : (uint64_t)at[D_GROUP] * n[D_IC] + at[D_IC];
    c->w_id = (channels * n[D_IC] + at[D_IC]) | (uint64_t)c->member << 62;
    c->acc_id = pixels * n[D_GROUP] * n[D_OC] + channels;
    c->x_id = pixels * n[D_GROUP] * n[D_IC] * (r->is_depthwise ? n[D_OC] : 1) + inputs;
}

/* ---- operands -------------------------------------------------------------------------------- */

/* Of two tiles that take turns the second finds what the first has loaded, if it depends on other
 * loops only. */
static uint32_t find_tile(const conv_loops *c, zs_slot_ring *ring, uint64_t id)
{
    const uint32_t dims = ring == &c->e->x ? INPUT_DIMS : WEIGHT_DIMS;
    const bool shares = c->is_second && (dims & DIM_BIT(c->pairs)) == 0 && !c->row->is_depthwise;
    return shares || tiled_params_of(&c->e->d->design->accel)->keep_tiles ? zs_ring_find(ring, id)
                                                                          : ZS_SLOT_NONE;
}

static bool one_channel(const conv_loops *c)
{
    return c->e->ports.input == c->e->ports.weight;
}

static zs_status need_input(conv_loops *c, uint32_t *slot)
{
    zs_slot_ring *ring = &c->e->x;
    if (c->x_resident) {
        *slot = ZS_SLOT_RESIDENT;
        return ZS_OK;
    }
    *slot = find_tile(c, ring, c->x_id);
    if (*slot != ZS_SLOT_NONE)
        return ZS_OK;
    *slot = zs_ring_take(ring);
    zs_slot_state *s = &ring->slot[*slot];
    uint32_t wait[3] = {s->last_use, c->first_load_wait, c->tile_before};
    const uint8_t slots[4] = {(uint8_t)*slot, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    c->first_load_wait = ZS_NO_OP; /* later loads follow it on the same channel */
    ring->id[*slot] = c->x_id;
    if (c->chain) { /* both loads of a step start when the slots of both are free */
        uint32_t before[] = {wait[0], wait[1], ZS_NO_OP, c->w_loaded, c->tile_before};
        if (find_tile(c, &c->e->w, c->w_id) == ZS_SLOT_NONE)
            before[2] = c->e->w.slot[c->e->w.next].last_use;
        ZS_TRY(zs_emit_waits(c->e, before, ZS_LEN(before), wait));
    }
    c->x_loads = true;
    c->x_freed = s->last_use;
    return zs_emit_transfer(c->e, ZS_OP_LOAD_X, &c->box, slots, wait, &s->ready);
}

static zs_status load_weights(conv_loops *c, uint32_t slot, uint32_t flags, const uint32_t *wait)
{
    const uint8_t slots[4] = {ZS_SLOT_NONE, (uint8_t)slot, ZS_SLOT_NONE, ZS_SLOT_NONE};
    zs_tile_box box = c->box;
    box.flags = flags | c->member * ZS_BOX_FRONT;
    return zs_emit_transfer(c->e, ZS_OP_LOAD_W, &box, slots, wait, &c->e->w.slot[slot].ready);
}

static zs_status need_weights(conv_loops *c, uint32_t *slot)
{
    zs_slot_ring *ring = &c->e->w;
    const bool packed = tiled_params_of(&c->e->d->design->accel)->weight_layout == ZS_LAYOUT_PACKED;
    const bool with_biases = c->at[D_IC] == 0 && (packed || zs_layer_bias_elems(c->layer) > 0);
    *slot = find_tile(c, ring, c->w_id);
    if (*slot != ZS_SLOT_NONE)
        return ZS_OK;
    *slot = zs_ring_take(ring);
    zs_slot_state *s = &ring->slot[*slot];
    uint32_t wait[3] = {s->last_use, c->tile_before, ZS_NO_OP};
    uint32_t chained = 0;
    ring->id[*slot] = c->w_id;
    if (c->row->own != NULL)
        c->decode_pl_cycles = zs_ceil_div(tiled_stream_of(c->row, &c->box)->entries,
                                          tiled_params_of(&c->e->d->design->accel)->weight_decode);
    if (c->chain) {
        uint32_t before[] = {wait[0], c->x_loads ? c->x_freed : ZS_NO_OP, c->x_loaded,
                             c->tile_before};
        ZS_TRY(zs_emit_waits(c->e, before, ZS_LEN(before), wait));
        chained = c->x_loads && one_channel(c) ? ZS_BOX_CHAINED : 0;
    }
    if (with_biases && !packed) {
        ZS_TRY(load_weights(c, *slot, ZS_BOX_BIAS | chained, wait));
        chained = c->chain ? ZS_BOX_CHAINED : 0;
    }
    return load_weights(c, *slot, (with_biases && packed ? ZS_BOX_BIAS : 0) | chained, wait);
}

static zs_status spill(conv_loops *c, zs_slot_state *s, uint32_t slot)
{
    const zs_tile_box box = c->e->boxes[s->box];
    const uint32_t wait[3] = {s->last_use, ZS_NO_OP, ZS_NO_OP};
    const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)slot, ZS_SLOT_NONE};
    uint32_t op;
    ZS_TRY(zs_emit_transfer(c->e, ZS_OP_STORE_P, &box, slots, wait, &op));
    assert(c->spilled != NULL);
    c->spilled[c->e->acc.id[slot]] = op;
    s->last_use = op;
    return ZS_OK;
}

/* Slot of the sums; *ready is the op that the MAC must wait for. */
static zs_status need_sums(conv_loops *c, uint32_t *slot, uint32_t *ready)
{
    zs_slot_ring *ring = &c->e->acc;
    *slot = zs_ring_find(ring, c->acc_id);
    if (*slot != ZS_SLOT_NONE) {
        *ready = ZS_NO_OP; /* the MAC before it is on the same unit */
        return ZS_OK;
    }
    *slot = zs_ring_take(ring);
    zs_slot_state *s = &ring->slot[*slot];
    if (s->partial)
        ZS_TRY(spill(c, s, *slot));
    ring->id[*slot] = c->acc_id;
    s->partial = true;
    *ready = s->last_use;
    if (c->spilled == NULL || c->spilled[c->acc_id] == ZS_NO_OP)
        return ZS_OK;
    const uint32_t wait[3] = {s->last_use, c->spilled[c->acc_id], ZS_NO_OP};
    const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)*slot, ZS_SLOT_NONE};
    return zs_emit_transfer(c->e, ZS_OP_LOAD_P, &c->box, slots, wait, ready);
}

/* ---- results --------------------------------------------------------------------------------- */

static uint64_t box_pixels(const zs_tile_box *b)
{
    return (uint64_t)b->oy_n * b->ox_n;
}

/* What is added to the tile, once that of the tile before has been. */
static zs_status load_addend(conv_loops *c, uint32_t *loaded)
{
    static const uint8_t no_slot[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    zs_tile_box box = c->box;
    const uint32_t wait[3] = {c->e->last_add, c->addend_wait[0], c->addend_wait[1]};
    c->addend_wait[0] = c->addend_wait[1] = ZS_NO_OP; /* later loads follow on the same channel */
    box.flags = ZS_BOX_SECOND;
    return zs_emit_transfer(c->e, ZS_OP_LOAD_X, &box, no_slot, wait, loaded);
}

/* Passes over the sums, pooling, an addition, or the copy into the resident buffer; *done is the op
 * after which results are ready. */
static zs_status post_process(conv_loops *c, const uint8_t slots[4], bool *stores, uint32_t *done)
{
    const zs_plan_row *r = c->row;
    uint32_t addend = ZS_NO_OP;
    const zs_tile_box *b = &c->box;
    *stores = r->y_resident == ZS_NOT_RESIDENT;
    const bool is_passed = r->y_resident != ZS_NOT_RESIDENT || r->add != ZS_NO_INDEX;
    uint64_t ops = is_passed ? box_pixels(b) * b->oc_n : 0;
    if (r->add != ZS_NO_INDEX)
        ZS_TRY(load_addend(c, &addend));
    if (r->pool != ZS_NO_INDEX) {
        const zs_window *w = &r->pool_window;
        const zs_pool_reach y = zs_pool_reach_y(r, b), x = zs_pool_reach_x(r, b);
        const uint64_t windows = (uint64_t)(y.last - y.first) * (x.last - x.first);
        ops = windows * w->kh * w->kw * b->oc_n;
        *stores = *stores && y.done_last > y.done_first && x.done_last > x.done_first;
        if (ops == 0)
            ops = b->oc_n; /* pixels that no window reads are still looked at */
    }
    const zs_design *design = c->e->d->design;
    const zs_mac_array *array = &tiled_params_of(&design->accel)->mac;
    if (ops == 0 && array->post_n == 0)
        return ZS_OK;
    /* Equal prices are one price, whatever they are for. */
    const uint64_t price = tiled_vector_pl_cycles(design, ops) +
                           zs_post_pl_cycles(design, array, b->oc_n, box_pixels(b));
    const uint32_t wait[3] = {*done, ZS_NO_OP, ZS_NO_OP};
    if (c->drain_pl_cycles == 0) { /* on the MACs' unit it comes next */
        const uint32_t loaded[3] = {addend, ZS_NO_OP, ZS_NO_OP};
        ZS_TRY(zs_emit_priced(c->e, ZS_OP_POST, b, slots, loaded, price, price, done));
        c->e->last_add = addend != ZS_NO_OP ? *done : c->e->last_add;
        return ZS_OK;
    }
    ZS_TRY(zs_emit_on_unit(c->e, ZS_OP_POST, TILED_UNIT_OUT, b, slots, wait, price, price, done));
    c->e->last_out = *done;
    return ZS_OK;
}

static zs_status finish_tile(conv_loops *c, uint32_t slot, uint32_t mac)
{
    zs_slot_state *s = &c->e->acc.slot[slot];
    const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)slot, ZS_SLOT_NONE};
    bool stores;
    uint32_t done = mac;
    if (c->drain_pl_cycles > 0) {
        const uint32_t wait[3] = {mac, ZS_NO_OP, ZS_NO_OP};
        const uint32_t n = c->e->d->plan->unit_n - TILED_UNIT_DRAIN;
        ZS_TRY(zs_emit_on_unit(c->e, ZS_OP_DRAIN, TILED_UNIT_DRAIN + c->drained_n++ % n, &c->box,
                               slots, wait, c->drain_pl_cycles, c->drain_pl_cycles, &done));
    }
    ZS_TRY(post_process(c, slots, &stores, &done));
    c->e->acc.id[slot] = UINT64_MAX;
    s->partial = false;
    s->last_use = done;
    if (!stores)
        return ZS_OK;
    const uint32_t wait[3] = {done, ZS_NO_OP, ZS_NO_OP};
    ZS_TRY(zs_emit_transfer(c->e, ZS_OP_STORE, &c->box, slots, wait, &s->last_use));
    c->e->written_by[zs_draft_root(c->e->d, c->e->d->drafts[c->e->row].out)] = s->last_use;
    return ZS_OK;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static uint64_t price_mac(const conv_loops *c)
{
    const zs_design *design = c->e->d->design;
    const zs_mac_array *array = &tiled_params_of(&design->accel)->mac;
    const zs_tile_box *b = &c->box;
    const zs_window *w = &c->row->window;
    const uint64_t clear =
        b->flags & ZS_BOX_FIRST ? zs_clear_pl_cycles(design, array, b->oc_n, box_pixels(b)) : 0;
    return clear + zs_mac_pl_cycles(design, array,
                                    &(zs_mac_loop){.oc = b->oc_n,
                                                   .ic = c->row->is_depthwise ? 1 : b->ic_n,
                                                   .oy = b->oy_n,
                                                   .ox = b->ox_n,
                                                   .ky = w->kh,
                                                   .kx = w->kw,
                                                   .depthwise = c->row->is_depthwise});
}

/* Steps of a row have few shapes, and most have that of the step before. */
static uint64_t mac_price(conv_loops *c)
{
    const zs_tile_box *b = &c->box;
    const uint64_t shape =
        (uint64_t)b->oc_n << 48 | (uint64_t)b->ic_n << 32 | (uint64_t)b->oy_n << 16 | b->ox_n;
    const uint32_t first = b->flags & ZS_BOX_FIRST ? 1 : 0;
    if (c->mac[first].shape != shape) {
        c->mac[first].shape = shape;
        c->mac[first].pl_cycles = price_mac(c);
    }
    return c->mac[first].pl_cycles;
}

static zs_status step(conv_loops *c)
{
    zs_emitter *e = c->e;
    uint32_t x, w, acc, acc_ready, mac;
    describe_step(c);
    c->x_loads = false;
    if (!c->is_ahead && (c->box.flags & ZS_BOX_FIRST) != 0)
        c->tile_before = e->last_mac;
    c->decode_pl_cycles = 0;
    ZS_TRY(need_input(c, &x));
    ZS_TRY(need_weights(c, &w));
    if (!one_channel(c)) {
        c->x_loaded = c->x_resident ? ZS_NO_OP : e->x.slot[x].ready;
        c->w_loaded = e->w.slot[w].ready;
    }
    ZS_TRY(need_sums(c, &acc, &acc_ready));
    const zs_tile_box *b = &c->box;
    const uint32_t wait[3] = {c->x_resident ? c->x_written : e->x.slot[x].ready, e->w.slot[w].ready,
                              acc_ready};
    const uint8_t slots[4] = {(uint8_t)x, (uint8_t)w, (uint8_t)acc, ZS_SLOT_NONE};
    /* the decoder works ahead by a tile, and sets the pace where the array is faster */
    const uint64_t price = zs_max_u64(mac_price(c), c->decode_pl_cycles);
    ZS_TRY(zs_emit_priced(e, ZS_OP_MAC, b, slots, wait, price, price, &mac));
    if (!c->x_resident)
        e->x.slot[x].last_use = mac;
    e->w.slot[w].last_use = mac;
    e->acc.slot[acc].last_use = mac;
    e->acc.slot[acc].box = mac;
    e->last_mac = mac;
    return b->flags & ZS_BOX_LAST ? finish_tile(c, acc, mac) : ZS_OK;
}

static bool advance(conv_loops *c)
{
    if (c->pairs != 0 && !c->is_second && c->at[c->pairs] + 1 < c->trips[c->pairs]) {
        c->at[c->pairs]++;
        c->is_second = true;
        return true;
    }
    if (c->is_second)
        c->at[c->pairs]--;
    c->is_second = false;
    for (uint32_t i = D_N; i-- > 0;) {
        const uint32_t d = c->order[i];
        c->at[d] += c->pairs != 0 && d == c->pairs ? 2 : 1;
        if (c->at[d] < c->trips[d])
            return true;
        c->at[d] = 0;
    }
    return false;
}

static zs_status alloc_spills(conv_loops *c)
{
    if (tiled_keeps_sums(c->row) || c->trips[D_IC] == 1)
        return ZS_OK;
    uint64_t tiles = 1;
    for (uint32_t d = 0; d < D_IC; d++)
        if (!zs_mul_u64(tiles, c->trips[d], &tiles) || tiles > UINT32_MAX)
            return zs_fail(c->e->err, ZS_ERANGE, "accelerator.tile",
                           "layer %s has too many tiles: enlarge them", c->layer->name);
    c->spilled = zs_arena_alloc_raw(c->e->d->arena, (size_t)tiles, sizeof *c->spilled);
    if (c->spilled == NULL)
        return zs_nomem(c->e->err, "plan");
    for (uint64_t i = 0; i < tiles; i++)
        c->spilled[i] = ZS_NO_OP;
    return ZS_OK;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a == ZS_NO_OP || (b != ZS_NO_OP && b > a) ? b : a;
}

/* The last use of what lies in [from, to) of the weight buffer, counted in slots of the row before;
 * what is behind these is counted as one more. */
static uint32_t last_use_within(const zs_emitter *e, uint64_t from, uint64_t to)
{
    const uint64_t n = e->w_row != NULL ? e->w.n : 0;
    uint32_t last = to > n ? e->w_rest : ZS_NO_OP;
    for (uint64_t k = from; k < to && k < n; k++)
        last = later(last, e->w.slot[k].last_use);
    return last;
}

/* The weight buffer is divided anew for the tiles of a row, once the row before is done with it,
 * or, for an engine that loads the first weights of a layer ahead, slot by slot: one is free when
 * all that lies there has been used for the last time. Slots are looked at in words of their banks
 * and, as numerics lay them out, in bytes. */
static void divide_weights(zs_emitter *e, const zs_plan_row *row)
{
    const zs_plan_row *before = e->w_row;
    const uint64_t words = tiled_weight_tile_depth(e->d, row), bytes = row->weight_slot_bytes;
    uint64_t old_words = 1, old_bytes = 1;
    uint32_t last[ZS_SLOTS_MAX], n = row->weight_slots;
    if (!tiled_params_of(&e->d->design->accel)->load.is_next) {
        zs_ring_reset(&e->w, n, e->last_mac);
        return;
    }
    if (before != NULL) {
        old_words = zs_max_u64(1, tiled_weight_tile_depth(e->d, before));
        old_bytes = zs_max_u64(1, before->weight_slot_bytes);
    }
    for (uint32_t i = 0; i < n; i++)
        last[i] = last_use_within(e, zs_min_u64(i * words / old_words, i * bytes / old_bytes),
                                  zs_max_u64(zs_ceil_div((i + 1) * words, old_words),
                                             zs_ceil_div((i + 1) * bytes, old_bytes)));
    const uint32_t rest =
        last_use_within(e, zs_min_u64(n * words / old_words, n * bytes / old_bytes), UINT64_MAX);
    zs_ring_reset(&e->w, n, ZS_NO_OP);
    for (uint32_t i = 0; i < n; i++)
        e->w.slot[i].last_use = last[i];
    e->w_rest = rest;
    e->w_row = row;
}

static conv_loops loops_of(zs_emitter *e, const zs_plan_row *row)
{
    const tiled_params *p = tiled_params_of(&e->d->design->accel);
    conv_loops c = {.e = e, .row = row, .layer = &e->d->net->layers[row->layer]};
    c.order = tiled_order(row);
    c.pairs = tiled_pairs_of(row);
    c.x_resident = row->x_resident != ZS_NOT_RESIDENT;
    c.chain = e->d->design->accel.dma.chain;
    c.is_ahead = p->load.is_ahead;
    c.tile_before = ZS_NO_OP;
    c.x_loaded = c.w_loaded = ZS_NO_OP;
    c.drain_pl_cycles = zs_mac_drain_pl_cycles(e->d->design, &p->mac);
    c.first_load_wait = zs_emit_producer_of(e, c.layer);
    c.x_written = e->last_out;
    c.addend_wait[0] =
        row->add != ZS_NO_INDEX ? zs_emit_writer_of(e, e->d->drafts[e->row].addend) : ZS_NO_OP;
    c.addend_wait[1] = e->last_mac;
    tiled_trips(e->d->design, c.layer, row, c.trips);
    return c;
}

zs_status tiled_emit_conv(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    conv_loops c = loops_of(e, row);
    ZS_TRY(zs_emit_expect(e, c.trips, D_N));
    ZS_TRY(alloc_spills(&c));
    divide_weights(e, row);
    do {
        ZS_TRY(step(&c));
    } while (advance(&c));
    return ZS_OK;
}

/* ---- rows with fronts ------------------------------------------------------------------------ */

/* The row, its front and the front of that one. */
enum { MEMBERS_MAX = 3 };

/* A tile of output channels, from all its input channels. A depthwise layer asks its front for the
 * channels of the tile. */
static zs_status emit_channels(conv_loops *members, uint32_t m, uint32_t oc)
{
    conv_loops *c = &members[m];
    if (c->row->front != NULL && c->row->is_depthwise)
        ZS_TRY(emit_channels(members, m + 1, oc));
    c->at[D_OC] = oc;
    for (c->at[D_IC] = 0; c->at[D_IC] < c->trips[D_IC]; c->at[D_IC]++)
        ZS_TRY(step(c));
    return ZS_OK;
}

/* A tile of the row's pixels. A 1x1 layer needs all channels of its front at first. */
static zs_status emit_pixels(conv_loops *members)
{
    const bool is_all_first = !members[0].row->is_depthwise;
    for (uint32_t oc = 0; is_all_first && oc < members[1].trips[D_OC]; oc++)
        ZS_TRY(emit_channels(members, 1, oc));
    for (uint32_t oc = 0; oc < members[0].trips[D_OC]; oc++)
        ZS_TRY(emit_channels(members, 0, oc));
    return ZS_OK;
}

static zs_status begin_members(zs_emitter *e, conv_loops members[MEMBERS_MAX], uint32_t *n)
{
    const zs_plan_row *const first = &e->d->rows[e->row];
    uint32_t oy_n = 0, ox_n = 0; /* tiles of the row's pixels, whatever those of its fronts */
    *n = 0;
    for (const zs_plan_row *row = first; row != NULL; row = row->front) {
        assert(*n < MEMBERS_MAX);
        conv_loops c = loops_of(e, row);
        oy_n = row == first ? c.trips[D_OY] : oy_n;
        ox_n = row == first ? c.trips[D_OX] : ox_n;
        c.trips[D_OY] = oy_n;
        c.trips[D_OX] = ox_n;
        ZS_TRY(zs_emit_expect(e, c.trips, D_N));
        c.member = *n;
        members[(*n)++] = c;
    }
    return ZS_OK;
}

zs_status tiled_emit_fronts(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    conv_loops members[MEMBERS_MAX];
    tiled_region regions[MEMBERS_MAX];
    uint32_t n;
    ZS_TRY(begin_members(e, members, &n));
    divide_weights(e, row);
    const uint32_t *trips = members[0].trips;
    uint64_t id = 0;
    for (uint32_t image = 0; image < trips[D_IMAGE]; image++)
        for (uint32_t oy = 0; oy < trips[D_OY]; oy++)
            for (uint32_t ox = 0; ox < trips[D_OX]; ox++, id++) {
                regions[0] = (tiled_region){.oy0 = oy * row->t_oy,
                                            .oy_n = clip(row->t_oy, oy, row->oh),
                                            .ox0 = ox * row->t_ox,
                                            .ox_n = clip(row->t_ox, ox, row->ow)};
                for (uint32_t m = 0; m < n; m++) {
                    if (m > 0)
                        regions[m] = tiled_region_of_front(members[m - 1].row, &regions[m - 1]);
                    members[m].at[D_IMAGE] = image;
                    members[m].region = &regions[m];
                    members[m].region_id = id;
                }
                ZS_TRY(emit_pixels(members));
            }
    return ZS_OK;
}
