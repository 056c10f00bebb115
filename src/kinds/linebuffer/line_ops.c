#include "line_priv.h"

#include "zynqsim/capacity.h"

#include <assert.h>

/* A call: parameters and lines stream in, each row of pixels is computed once its last line is
 * there, results stream out. Lines are loaded ahead as far as the ring has room. */

/* Prices that the ops of a row share. */
enum { KEY_SETUP = 1, KEY_ROW, KEY_HEAD, KEY_TAIL, KEY_POOL };

typedef struct call_loops {
    zs_emitter *e;
    const zs_plan_row *row;
    uint32_t batch;
    uint32_t *row_ops;              /* [row of pixels] its last MAC or POST */
    uint32_t *store_ops;            /* [slot of results] its last store */
    uint64_t stored;                /* rows stored so far */
    uint32_t load_image, load_line; /* next line to load */
    uint32_t *line_ops;             /* [place in the ring] the load that filled it last */
    uint32_t wanted_load;           /* what brings the last line of the row at hand, and where to */
    uint8_t last_place;
} call_loops;

/* ---- loads ----------------------------------------------------------------------------------- */

/* Last row of pixels of an image whose windows look at this line; its lines after the last are
 * nobody's. */
static uint32_t last_reader(const zs_plan_row *row, uint32_t line)
{
    const uint32_t oy = (line + row->window.pad_top) / row->window.sh;
    return oy < row->oh ? oy : row->oh - 1;
}

/* The row of pixels that must be over before lines up to `end` may be in the ring: counted over all
 * images; none is UINT64_MAX. */
static uint64_t blocking_row(const zs_plan_row *row, uint64_t end)
{
    const line_row *l = line_of(row);
    if (end <= l->ring_lines)
        return UINT64_MAX;
    assert(l->lines > 0);
    const uint64_t oldest = end - 1 - l->ring_lines;
    return oldest / l->lines * row->oh + last_reader(row, (uint32_t)(oldest % l->lines));
}

/* Loads what the ring has room for once the rows of pixels before `row_index` are over. */
static zs_status load_ahead(call_loops *c, uint64_t row_index)
{
    const line_row *l = line_of(c->row);
    const uint32_t chunk = zs_line_chunk(c->e->d->design, c->row);
    const uint32_t at_once = zs_extent_y(c->row, 0, 1).hi; /* all that the first row waits for */
    while (c->load_image < c->batch) {
        const uint64_t first = line_index(l, c->load_image, c->load_line);
        const uint32_t most = first == 0 && at_once > 0 && at_once < chunk ? at_once : chunk;
        const uint32_t left = l->lines - c->load_line, n = left < most ? left : most;
        const uint64_t blocked = blocking_row(c->row, first + n);
        if (blocked != UINT64_MAX && blocked >= row_index)
            return ZS_OK;
        const zs_tile_box box = {.image = c->load_image,
                                 .oy0 = (uint16_t)c->load_line,
                                 .oy_n = (uint16_t)n,
                                 .ic_n = (uint16_t)c->row->group_ic,
                                 .ox_n = (uint16_t)c->row->x.shape.w};
        const uint8_t slot[4] = {(uint8_t)(first % l->ring_lines), ZS_SLOT_NONE, ZS_SLOT_NONE,
                                 ZS_SLOT_NONE};
        const uint32_t wait[3] = {blocked == UINT64_MAX ? ZS_NO_OP : c->row_ops[blocked], ZS_NO_OP,
                                  ZS_NO_OP};
        uint32_t op;
        ZS_TRY(zs_emit_transfer(c->e, ZS_OP_LOAD_X, &box, slot, wait, &op));
        for (uint32_t i = 0; i < n; i++)
            c->line_ops[(first + i) % l->ring_lines] = op;
        c->load_line += n;
        if (c->load_line == l->lines) {
            c->load_line = 0;
            c->load_image++;
        }
    }
    return ZS_OK;
}

static zs_status load_parameters(call_loops *c)
{
    const zs_design *design = c->e->d->design;
    const zs_tile_box box = {.oc0 = line_of(c->row)->oc0,
                             .oc_n = (uint16_t)line_of(c->row)->oc_n,
                             .ic_n = (uint16_t)c->row->group_ic,
                             .flags = ZS_BOX_BIAS};
    const uint8_t slot[4] = {ZS_SLOT_NONE, 0, ZS_SLOT_NONE, ZS_SLOT_NONE};
    uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP}, setup;
    ZS_TRY(zs_emit_transfer(c->e, ZS_OP_LOAD_W, &box, slot, wait, &wait[0]));
    zs_tile_box to_pes = box;
    to_pes.flags = ZS_BOX_PARAMS;
    return zs_emit_priced(c->e, ZS_OP_POST, &to_pes, slot, wait, KEY_SETUP,
                          zs_line_setup(design, c->row), &setup);
}

/* ---- rows of pixels -------------------------------------------------------------------------- */

static zs_status store(call_loops *c, const zs_tile_box *box, uint32_t slot, uint32_t after)
{
    const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)slot, ZS_SLOT_NONE};
    const uint32_t wait[3] = {after, ZS_NO_OP, ZS_NO_OP};
    return zs_emit_transfer(c->e, ZS_OP_STORE, box, slots, wait, &c->store_ops[slot]);
}

static zs_tile_box box_of(const call_loops *c, uint32_t image, uint32_t oy, uint32_t ox,
                          uint32_t ox_n)
{
    return (zs_tile_box){.image = image,
                         .oc0 = line_of(c->row)->oc0,
                         .oc_n = (uint16_t)line_of(c->row)->oc_n,
                         .ic_n = (uint16_t)c->row->group_ic,
                         .oy0 = (uint16_t)oy,
                         .oy_n = 1,
                         .ox0 = (uint16_t)ox,
                         .ox_n = (uint16_t)ox_n,
                         .flags = ZS_BOX_FIRST | ZS_BOX_LAST};
}

static zs_status mac(call_loops *c, const zs_tile_box *box, uint32_t slot, uint64_t key,
                     uint64_t pl_cycles, uint32_t *op)
{
    const uint8_t slots[4] = {c->last_place, 0, (uint8_t)slot, ZS_SLOT_NONE};
    const uint32_t wait[3] = {c->wanted_load, slot == ZS_SLOT_NONE ? ZS_NO_OP : c->store_ops[slot],
                              ZS_NO_OP};
    return zs_emit_priced(c->e, ZS_OP_MAC, box, slots, wait, key, pl_cycles, op);
}

/* The last row of a call is stored in two pieces, so that all but its last pixel is on its way when
 * that one is done: results leave as they are computed. */
static zs_status plain_row(call_loops *c, uint32_t image, uint32_t oy, bool is_last, uint32_t *op)
{
    const zs_design *d = c->e->d->design;
    const zs_plan_row *r = c->row;
    const uint64_t start = zs_line_row_start(d, r), pixel = zs_line_pixel(d, r);
    const uint64_t end = zs_line_row_end(d, r);
    const uint32_t slot = (uint32_t)(c->stored++ % line_of(r)->out_slots);
    if (!is_last || r->ow == 1) {
        const zs_tile_box box = box_of(c, image, oy, 0, r->ow);
        ZS_TRY(mac(c, &box, slot, KEY_ROW, start + r->ow * pixel + end, op));
        return store(c, &box, slot, *op);
    }
    const zs_tile_box head = box_of(c, image, oy, 0, r->ow - 1);
    const zs_tile_box tail = box_of(c, image, oy, r->ow - 1, 1);
    const uint32_t other = (uint32_t)(c->stored++ % line_of(r)->out_slots);
    ZS_TRY(mac(c, &head, slot, KEY_HEAD, start + head.ox_n * pixel, op));
    ZS_TRY(store(c, &head, slot, *op));
    ZS_TRY(mac(c, &tail, other, KEY_TAIL, pixel + end, op));
    return store(c, &tail, other, *op);
}

static zs_status pooled_row(call_loops *c, uint32_t image, uint32_t oy, bool is_last, uint32_t *op)
{
    const zs_design *d = c->e->d->design;
    const zs_plan_row *r = c->row;
    const uint64_t cycles =
        zs_line_row_start(d, r) + r->ow * zs_line_pixel(d, r) + zs_line_row_end(d, r);
    const zs_tile_box box = box_of(c, image, oy, 0, r->ow);
    const zs_pool_reach reach = zs_pool_reach_y(r, &box);
    ZS_TRY(mac(c, &box, ZS_SLOT_NONE, KEY_ROW, cycles, op));
    for (uint32_t py = reach.done_first; py < reach.done_last; py++) {
        const bool end = is_last && py + 1 == reach.done_last;
        const uint32_t slot = (uint32_t)(c->stored++ % line_of(r)->out_slots);
        const uint8_t slots[4] = {ZS_SLOT_NONE, ZS_SLOT_NONE, (uint8_t)slot, ZS_SLOT_NONE};
        const uint32_t wait[3] = {*op, c->store_ops[slot], ZS_NO_OP};
        const zs_tile_box pooled = box_of(c, image, py, 0, r->y.shape.w);
        ZS_TRY(zs_emit_priced(c->e, ZS_OP_POST, &pooled, slots, wait, KEY_POOL + end,
                              zs_line_pool(d, r, end), op));
        ZS_TRY(store(c, &pooled, slot, *op));
    }
    return ZS_OK;
}

static zs_status all_rows(call_loops *c)
{
    const zs_plan_row *r = c->row;
    const uint64_t rows = (uint64_t)c->batch * r->oh;
    for (uint64_t i = 0; i < rows; i++) {
        const uint32_t image = (uint32_t)(i / r->oh), oy = (uint32_t)(i % r->oh);
        ZS_TRY(load_ahead(c, i));
        const uint32_t end = zs_extent_y(r, oy, 1).hi; /* 0: only padding above the image */
        const uint64_t line = line_index(line_of(r), image, end ? end - 1 : 0);
        c->last_place = (uint8_t)(line % line_of(r)->ring_lines);
        c->wanted_load = c->line_ops[line % line_of(r)->ring_lines];
        ZS_TRY((r->pool == ZS_NO_INDEX ? plain_row : pooled_row)(c, image, oy, i + 1 == rows,
                                                                 &c->row_ops[i]));
    }
    return ZS_OK;
}

/* ---- the PS ---------------------------------------------------------------------------------- */

static uint64_t stored_bytes(const zs_plan_draft *d, const zs_plan_tensor *t)
{
    return t->pitch_bytes * d->design->batch;
}

/* The caches of the PS matter where the other side is not coherent: what the PS wrote is flushed
 * for the engine, what the engine wrote is invalidated for the PS. */
static double call_start_s(const zs_emitter *e, const zs_plan_row *row)
{
    const zs_design *design = e->d->design;
    const zs_cpu_params *cpu = &design->board.cpu;
    double seconds = zs_cpu_call_start_s(cpu, design->accel.clock_hz, design->accel.registers) +
                     3 * cpu->dma_start_s;
    if (e->row == 0 || line_of(&e->d->rows[e->row - 1])->step != ZS_HOST_CALL)
        seconds += cpu->cold_call_s;
    if (line_of(row)->x_from_host && !zs_port_is_coherent(design->accel.ports.input))
        seconds += zs_cpu_cache_s(cpu, stored_bytes(e->d, &row->x));
    return seconds;
}

static double invalidate_s(const zs_emitter *e, uint64_t bytes)
{
    const zs_design *design = e->d->design;
    return zs_port_is_coherent(design->accel.ports.output)
               ? 0
               : zs_cpu_cache_s(&design->board.cpu, bytes);
}

static double call_end_s(const zs_emitter *e, const zs_plan_row *row)
{
    const zs_plan_draft *d = e->d;
    double seconds = zs_cpu_call_end_s(&d->design->board.cpu, d->design->accel.clock_hz);
    bool is_output = false;
    for (uint32_t i = 0; i < d->net->output_n; i++)
        is_output |= zs_view_base(d->net, d->drafts[e->row].out) ==
                     zs_view_base(d->net, d->net->outputs[i].tensor);
    if (is_output)
        seconds += invalidate_s(e, stored_bytes(d, &row->y));
    return seconds;
}

static zs_status emit_stream(zs_emitter *e, const zs_plan_row *row)
{
    call_loops c = {.e = e, .row = row, .batch = e->d->design->batch};
    assert(line_of(row)->out_slots > 0 && line_of(row)->ring_lines > 0);
    const uint32_t trips[] = {c.batch, row->oh, 3};
    ZS_TRY(zs_emit_expect(e, trips, ZS_LEN(trips)));
    c.row_ops = zs_arena_alloc_raw(e->d->arena, (size_t)c.batch * row->oh, sizeof *c.row_ops);
    c.store_ops = zs_arena_alloc_raw(e->d->arena, line_of(row)->out_slots, sizeof *c.store_ops);
    c.line_ops = zs_arena_alloc_raw(e->d->arena, line_of(row)->ring_lines, sizeof *c.line_ops);
    if (c.row_ops == NULL || c.store_ops == NULL || c.line_ops == NULL)
        return zs_nomem(e->err, "plan");
    for (uint32_t i = 0; i < line_of(row)->out_slots; i++)
        c.store_ops[i] = ZS_NO_OP;
    ZS_TRY(load_parameters(&c));
    return all_rows(&c);
}

zs_status zs_line_emit_call(zs_emitter *e, const zs_plan_call *call)
{
    const zs_plan_row *row = &e->d->rows[call->row0];
    ZS_TRY(zs_emit_join(e));
    ZS_TRY(zs_emit_host_s(e, ZS_HOST_CALL, call_start_s(e, row)));
    ZS_TRY(zs_emit_join(e));
    if (!e->d->is_outline)
        ZS_TRY(emit_stream(e, row));
    ZS_TRY(zs_emit_join(e));
    return zs_emit_host_s(e, ZS_HOST_CALL_END, call_end_s(e, row));
}

static double host_s(const zs_emitter *e, const zs_plan_row *row)
{
    const zs_cpu_params *cpu = &e->d->design->board.cpu;
    const zs_layer *layer = zs_draft_layer(e->d, e->row);
    switch (line_of(row)->step) {
    case ZS_HOST_IM2COL: /* one value per operation */
        return (double)row->ops * cpu->cycles_per_gathered_element / (double)cpu->clock_hz;
    case ZS_HOST_GATHER:
        return (double)row->compulsory_write_bytes * cpu->cycles_per_copied_byte /
               (double)cpu->clock_hz;
    default:
        return zs_plan_software_s(cpu, layer, e->d->design->batch);
    }
}

zs_status zs_line_emit_host(zs_emitter *e)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    ZS_TRY(zs_emit_join(e));
    return zs_emit_host_s(e, (zs_host_step)line_of(row)->step,
                          host_s(e, row) + invalidate_s(e, line_of(row)->stale_bytes));
}
