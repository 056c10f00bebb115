#include "pegrid_priv.h"

#include "zynqsim/capacity.h"

/* ---- prices ---------------------------------------------------------------------------------- */

/* PEs take a weight of each lane to all pixels of the band before the next: of fp32 a sum is
 * touched again after all other pixels. */
uint64_t pegrid_interval(const zs_design *design, uint64_t pixel_steps)
{
    const zs_accel *a = &design->accel;
    if (!zs_precision_is_float(a->precision))
        return 1;
    return zs_max_u64(1, zs_ceil_div(zs_mac_cost_of(a->precision)->add_latency_pl_cycles *
                                         zs_mac_chain(design, false),
                                     pixel_steps));
}

/* Results leave a pixel of every PE a clock, so a filter without weights takes that long; the
 * decoder works ahead by a part, and where it is slower than the PEs it sets the pace. */
static uint64_t cycles_of(const zs_design *design, const pegrid_part *part, uint64_t steps,
                          uint64_t pixel_steps, bool decodes)
{
    const pegrid_params *p = pegrid_params_of(&design->accel);
    static const zs_mac_array plain = {0};
    const uint64_t work = zs_max_u64(steps * pegrid_interval(design, pixel_steps), pixel_steps);
    const uint64_t least =
        decodes && p->code != ZS_ZERO_CODE_DENSE ? zs_ceil_div(part->entries, p->decode) : 0;
    return zs_max_u64(work + zs_mac_depth_pl_cycles(design, &plain), least);
}

/* ---- layers with filters --------------------------------------------------------------------- */

typedef struct slot {
    uint32_t ready, last_use;
} slot;

/* State while the ops of a row are emitted. */
typedef struct emission {
    zs_emitter *e;
    const zs_plan_row *row;
    const zs_layer *layer;
    const pegrid_row *own;
    const pegrid_params *params;
    slot x[2], w[2], sums[2]; /* two slots of each take turns */
    uint32_t x_at, w_at, sums_at;
    uint32_t x_free; /* op after which an input that stays may be overwritten */
    bool is_loaded;  /* the part's weights have just been decoded */
    bool *wanted;    /* [channel] by this part: */
    const pegrid_part *wanted_by;
} emission;

enum { HOLE_BYTES = 128 }; /* unread bytes between two channels that a load runs over: a burst */

static bool wants(const emission *m, const bool *wanted, uint32_t image, uint32_t c)
{
    const bool *dropped = m->own->dropped;
    return wanted[c] && (dropped == NULL || !dropped[(uint64_t)image * m->layer->x.c + c]);
}

/* A load for each run of neighbouring channels that are wanted, and of rows of output pixels. */
static zs_status load_channels(emission *m, const bool *wanted, zs_tile_box box)
{
    const zs_extent rows = pegrid_rows_of(m->row, &box);
    const uint32_t elem = zs_elem_bytes(m->e->d->design->accel.precision), n = m->layer->x.c;
    const uint64_t plane = (uint64_t)m->layer->x.h * m->layer->x.w * elem;
    slot *s = &m->x[m->x_at];
    const bool reads_again = m->own->input == PEGRID_READS_AGAIN;
    const uint32_t wait[3] = {reads_again ? s->last_use : m->x_free, ZS_NO_OP, ZS_NO_OP};
    const uint8_t slots[4] = {(uint8_t)m->x_at, ZS_SLOT_NONE, ZS_SLOT_NONE, ZS_SLOT_NONE};
    bool is_first = reads_again || box.oy0 == 0;
    if (rows.hi <= rows.lo)
        return ZS_OK;
    for (uint32_t c = 0; c < n;) {
        uint32_t end = c;
        if (!wants(m, wanted, box.image, c)) {
            c++;
            continue;
        }
        for (uint32_t next = c; next < n && (next - end) * plane <= HOLE_BYTES; next++)
            if (wants(m, wanted, box.image, next))
                end = next + 1;
        box.ic0 = c;
        box.ic_n = (uint16_t)(end - c);
        box.flags = is_first ? ZS_BOX_FIRST : 0;
        is_first = false;
        ZS_TRY(zs_emit_transfer(m->e, ZS_OP_LOAD_X, &box, slots, wait, &s->ready));
        c = end;
    }
    return ZS_OK;
}

/* The channels that a part wants. */
static zs_status load_part(emission *m, const pegrid_part *part, const zs_tile_box *box)
{
    for (uint32_t c = 0; c < m->layer->x.c && m->wanted_by != part; c++)
        m->wanted[c] = pegrid_reads(part, c);
    m->wanted_by = part;
    m->x_at ^= 1;
    m->x[m->x_at].ready = ZS_NO_OP;
    return load_channels(m, m->wanted, *box);
}

static zs_tile_box box_of_group(const pegrid_group *g)
{
    return (zs_tile_box){.oc0 = g->filters[0],
                         .oc_n = (uint16_t)(g->filters[g->n - 1] - g->filters[0] + 1)};
}

static zs_status load_weights(emission *m, const pegrid_group *g, const pegrid_part *part)
{
    zs_tile_box box = box_of_group(g);
    m->w_at ^= 1;
    slot *s = &m->w[m->w_at];
    const uint32_t wait[3] = {s->last_use, ZS_NO_OP, ZS_NO_OP};
    const uint8_t slots[4] = {ZS_SLOT_NONE, (uint8_t)m->w_at, ZS_SLOT_NONE, ZS_SLOT_NONE};
    box.ic0 = part->ic0;
    box.ic_n = (uint16_t)part->ic_n;
    m->is_loaded = true;
    return zs_emit_transfer(m->e, ZS_OP_LOAD_W, &box, slots, wait, &s->ready);
}

static zs_status work(emission *m, const pegrid_group *g, const pegrid_part *part, zs_tile_box box,
                      uint32_t *op)
{
    const zs_accel *a = &m->e->d->design->accel;
    slot *x = &m->x[m->x_at], *w = &m->w[m->w_at], *sums = &m->sums[m->sums_at];
    const bool is_first = part->ic0 == 0, is_last = part->ic0 + part->ic_n == m->row->t_ic;
    const uint32_t wait[3] = {x->ready, w->ready, is_first ? sums->last_use : ZS_NO_OP};
    const uint8_t slots[4] = {(uint8_t)m->x_at, (uint8_t)m->w_at, (uint8_t)m->sums_at,
                              ZS_SLOT_NONE};
    const uint64_t pixels =
        zs_ceil_div(box.oy_n, a->unroll.oy) * zs_ceil_div(box.ox_n, a->unroll.ox);
    const uint64_t steps =
        part->band_steps == NULL
            ? part->steps * pixels
            : part->band_steps[(uint64_t)box.image * m->own->band_n + box.oy0 / m->own->band_rows];
    const uint64_t cycles = cycles_of(m->e->d->design, part, steps, pixels, m->is_loaded);
    m->is_loaded = false;
    box.oc0 = box_of_group(g).oc0;
    box.oc_n = box_of_group(g).oc_n;
    box.ic0 = part->ic0;
    box.ic_n = (uint16_t)part->ic_n;
    box.flags = (is_first ? ZS_BOX_FIRST : 0u) | (is_last ? ZS_BOX_LAST : 0u);
    ZS_TRY(zs_emit_priced(m->e, ZS_OP_MAC, &box, slots, wait, cycles, cycles, op));
    x->last_use = w->last_use = *op;
    return ZS_OK;
}

/* Results of neighbouring filters are stored by one transfer. */
static zs_status store(emission *m, const pegrid_group *g, zs_tile_box box, uint32_t done)
{
    const uint32_t wait[3] = {done, ZS_NO_OP, ZS_NO_OP};
    const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)m->sums_at, ZS_SLOT_NONE};
    for (uint32_t f = 0, n; f < g->n; f += n) {
        for (n = 1; f + n < g->n && g->filters[f + n] == g->filters[f] + n;)
            n++;
        box.oc0 = g->filters[f];
        box.oc_n = (uint16_t)n;
        box.ic0 = g->filters[0]; /* whose sums these are */
        ZS_TRY(
            zs_emit_transfer(m->e, ZS_OP_STORE, &box, slots, wait, &m->sums[m->sums_at].last_use));
    }
    return ZS_OK;
}

static zs_status band(emission *m, const pegrid_group *g, zs_tile_box box, bool brings_input)
{
    uint32_t done = ZS_NO_OP;
    m->sums_at ^= 1;
    if (brings_input)
        ZS_TRY(load_channels(m, m->own->is_read, box));
    for (uint32_t k = 0; k < m->own->part_n; k++) {
        const pegrid_part *part = &g->parts[k];
        if (m->own->part_n > 1)
            ZS_TRY(load_weights(m, g, part));
        if (m->own->input == PEGRID_READS_AGAIN)
            ZS_TRY(load_part(m, part, &box));
        ZS_TRY(work(m, g, part, box, &done));
    }
    return store(m, g, box, done);
}

/* Images [first, end), whose weights are loaded once for all of them. */
static zs_status work_images(emission *m, uint32_t first, uint32_t end)
{
    const bool keeps = m->own->input != PEGRID_READS_AGAIN;
    m->x_free = m->x[m->x_at].last_use;
    for (uint32_t k = 0; k < m->own->group_n; k++) {
        const pegrid_group *g = &m->own->groups[k];
        if (m->own->part_n == 1)
            ZS_TRY(load_weights(m, g, g->parts));
        for (uint32_t image = first; image < end; image++)
            for (uint32_t y = 0; y < m->row->oh; y += m->own->band_rows) {
                const zs_tile_box box = {
                    .image = image,
                    .oy0 = (uint16_t)y,
                    .oy_n = (uint16_t)zs_min_u64(m->own->band_rows, m->row->oh - y),
                    .ox_n = (uint16_t)m->row->ow};
                ZS_TRY(band(m, g, box, keeps && k == 0));
            }
    }
    return ZS_OK;
}

/* The last op of a code since the last join, or ZS_NO_OP: rows of one call follow each other
 * without one. Ops of a unit retire in order, so it stands for all before it. */
static uint32_t last_of(const zs_emitter *e, uint32_t code)
{
    for (uint32_t op = e->op_n; op-- > 0 && e->ops[op].code != ZS_OP_JOIN;)
        if (e->ops[op].code == code)
            return op;
    return ZS_NO_OP;
}

static zs_status emit_filters(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    const uint32_t batch = e->d->design->batch;
    emission m = {.e = e,
                  .row = row,
                  .layer = zs_draft_layer(e->d, e->row),
                  .own = pegrid_row_of(row),
                  .params = pegrid_params_of(&e->d->design->accel),
                  .wanted = zs_new(e->d->arena, bool, row->x.shape.c)};
    if (m.wanted == NULL)
        return zs_nomem(e->err, "plan");
    const uint32_t trips[] = {m.own->group_n, m.own->part_n, batch,
                              (uint32_t)zs_ceil_div(row->oh, m.own->band_rows)};
    ZS_TRY(zs_emit_expect(e, trips, ZS_LEN(trips)));
    for (uint32_t k = 0; k < 2; k++) {
        m.x[k] = m.w[k] = (slot){ZS_NO_OP, last_of(e, ZS_OP_MAC)};
        m.sums[k] = (slot){ZS_NO_OP, last_of(e, ZS_OP_STORE)};
    }
    if (m.own->input != PEGRID_KEEPS_IMAGE)
        return work_images(&m, 0, batch);
    for (uint32_t image = 0; image < batch; image++)
        ZS_TRY(work_images(&m, image, image + 1));
    return ZS_OK;
}

/* ---- others ---------------------------------------------------------------------------------- */

uint64_t pegrid_vector_ops(const zs_layer *layer)
{
    const uint64_t out = zs_shape_elems(layer->y);
    if (layer->op == ZS_LAYER_GAP)
        return zs_shape_elems(layer->x);
    if (layer->op == ZS_LAYER_POOL)
        return out * layer->window.kh * layer->window.kw;
    return out * layer->in_n;
}

/* Reads, vector work and writes of an image go on side by side. */
static zs_status emit_vectors(zs_emitter *e)
{
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    const uint64_t cycles = zs_vector_pl_cycles(e->d->design, 0, pegrid_vector_ops(layer));
    uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
    for (uint32_t image = 0; image < e->d->design->batch; image++) {
        zs_tile_box box = {.image = image};
        uint32_t done[3];
        for (uint32_t k = 0; k < layer->in_n; k++) {
            box.flags = k > 0 ? ZS_BOX_SECOND : 0;
            ZS_TRY(zs_emit_transfer(e, ZS_OP_LOAD_X, &box, NULL, wait, &done[0]));
        }
        box.flags = ZS_HOST_LAYER; /* for the executor */
        ZS_TRY(zs_emit_priced(e, ZS_OP_POST, &box, NULL, wait, 1, cycles, &done[1]));
        box.flags = 0;
        ZS_TRY(zs_emit_transfer(e, ZS_OP_STORE, &box, NULL, wait, &done[2]));
        ZS_TRY(zs_emit_waits(e, done, ZS_LEN(done), wait));
    }
    return ZS_OK;
}

static zs_status emit_body(zs_emitter *e)
{
    return pegrid_row_of(&e->d->rows[e->row])->group_n > 0 ? emit_filters(e) : emit_vectors(e);
}

/* Outlines of designs as they are have all ops, which are few. */
zs_status pegrid_emit(zs_plan_draft *d, zs_err *err)
{
    d->is_outline = d->is_outline && pegrid_params_of(&d->design->accel)->is_relaxed;
    return zs_emit_rows(d, emit_body, err);
}
