/* What lies in the on-chip buffers, from the times of the ops. An op that fills a slot ends what
 * lay there before it; an op that needs it makes it last. */
#include "zynqsim/trace.h"

enum { RINGS = 3, RING_SLOTS = 256, X = 0, W = 1, ACC = 2 };

/* What lies in one slot. */
typedef struct holder {
    zs_trace_slot now;
    bool is_open, is_used_up; /* nothing before the next filling op needs it any more */
} holder;

typedef struct finder {
    const zs_trace *trace;
    holder slots[RINGS][RING_SLOTS];
    zs_trace_slot *out;
    uint32_t n, capacity;
    uint64_t lost_at_pl_cycle;
} finder;

static void append(finder *f, const zs_trace_slot *slot)
{
    if (f->n < f->capacity && slot->end_pl_cycle > slot->start_pl_cycle)
        f->out[f->n++] = *slot;
}

static void close_slot(finder *f, holder *h)
{
    if (h->is_open)
        append(f, &h->now);
    h->is_open = false;
}

static uint64_t slot_bytes(const finder *f, uint32_t ring, const zs_plan_row *row)
{
    static const uint8_t buffers[RINGS] = {ZS_BUF_INPUT, ZS_BUF_WEIGHT, ZS_BUF_OUTPUT};
    const uint32_t index = (uint32_t)(row - f->trace->plan->rows);
    const zs_plan_buffer *b = &zs_plan_of_row(f->trace->plan, index)->buffers[buffers[ring]];
    if (ring == W && row->weight_slots > 0) /* biases of a tile may lie beside its share */
        return zs_min_u64(row->weight_slot_bytes, b->bytes / row->weight_slots);
    return b->slots > 0 ? b->bytes / b->slots : b->bytes;
}

static bool is_filling(uint32_t ring, const zs_tile_op *op, const zs_tile_box *box)
{
    switch (op->code) {
    case ZS_OP_LOAD_X:
    case ZS_OP_LOAD_W:
    case ZS_OP_LOAD_P:
        return true;
    case ZS_OP_MAC:
        return ring == ACC && (box->flags & ZS_BOX_FIRST) != 0;
    default:
        return false;
    }
}

static bool is_using_up(uint32_t ring, const zs_tile_op *op)
{
    if (ring == ACC)
        return op->code == ZS_OP_STORE || op->code == ZS_OP_STORE_P;
    return op->code == ZS_OP_MAC || op->code == ZS_OP_POST;
}

/* An op of the rows asked for; without length at the cut where there was no room for it. */
static zs_trace_op when_of(const finder *f, uint32_t index)
{
    const zs_trace_op *when = zs_trace_find(f->trace, index);
    return when != NULL ? *when : (zs_trace_op){f->lost_at_pl_cycle, f->lost_at_pl_cycle};
}

static void touch(finder *f, uint32_t ring, uint32_t slot, uint32_t index, const zs_trace_op *when)
{
    static const uint8_t buffers[RINGS] = {ZS_BUF_INPUT, ZS_BUF_WEIGHT, ZS_BUF_OUTPUT};
    const zs_plan *plan = f->trace->plan;
    const zs_tile_op *op = &plan->ops[index];
    holder *h = &f->slots[ring][slot];
    const bool fills = is_filling(ring, op, &plan->boxes[index]);
    if (!h->is_open || (h->is_used_up && fills) || (ring == ACC && fills)) {
        close_slot(f, h);
        *h = (holder){.is_open = true,
                      .now = {.start_pl_cycle = when->start_pl_cycle,
                              .bytes = slot_bytes(f, ring, &plan->rows[op->row]),
                              .row = op->row,
                              .buffer_id = buffers[ring],
                              .slot = (uint8_t)slot}};
    }
    h->now.end_pl_cycle = zs_max_u64(h->now.end_pl_cycle, when->end_pl_cycle);
    h->is_used_up = h->is_used_up || is_using_up(ring, op);
    if (ring == ACC && h->is_used_up)
        close_slot(f, h);
}

/* A buffer that is in use from the first work on some ops to the last. */
static void add_span(finder *f, uint32_t buffer_id, uint32_t op0, uint32_t op_n)
{
    zs_trace_slot span = {
        .start_pl_cycle = UINT64_MAX,
        .bytes =
            zs_plan_of_row(f->trace->plan, f->trace->plan->ops[op0].row)->buffers[buffer_id].bytes,
        .buffer_id = (uint8_t)buffer_id};
    for (uint32_t i = op0; i < op0 + op_n; i++) {
        const zs_tile_op *op = &f->trace->plan->ops[i];
        const zs_trace_op when = when_of(f, i);
        if (!zs_trace_has_row(f->trace, op->row) || zs_op_role(op->code) != ZS_COMPUTE)
            continue;
        span.start_pl_cycle = zs_min_u64(span.start_pl_cycle, when.start_pl_cycle);
        span.end_pl_cycle = zs_max_u64(span.end_pl_cycle, when.end_pl_cycle);
    }
    append(f, &span);
}

static bool uses_resident(const zs_plan_row *row)
{
    return row->x_resident != ZS_NOT_RESIDENT || row->y_resident != ZS_NOT_RESIDENT;
}

static void walk_row(finder *f, uint32_t index)
{
    const zs_plan *plan = f->trace->plan;
    const zs_plan_row *row = &plan->rows[index];
    for (uint32_t i = row->op0; i < row->op0 + row->op_n; i++) {
        const zs_trace_op when = when_of(f, i);
        const zs_tile_op *op = &plan->ops[i];
        /* A store may name slots of the work before it, but reads sums only. */
        const bool is_store = op->code == ZS_OP_STORE || op->code == ZS_OP_STORE_P;
        for (uint32_t ring = 0; ring < RINGS; ring++)
            if (op->slot[ring] < ZS_SLOT_RESIDENT && (ring == ACC || !is_store))
                touch(f, ring, op->slot[ring], i, &when);
    }
    for (uint32_t ring = 0; ring < RINGS; ring++)
        for (uint32_t slot = 0; slot < RING_SLOTS; slot++)
            close_slot(f, &f->slots[ring][slot]);
    if (row->carry_oc_n > 0 && zs_plan_of_row(plan, index)->buffers[ZS_BUF_CARRY].bytes > 0)
        add_span(f, ZS_BUF_CARRY, row->op0, row->op_n);
}

/* One tensor at a time stays on chip in a call: from the row that makes it to the last that reads
 * it. */
static void walk_residents(finder *f)
{
    const zs_plan *plan = f->trace->plan;
    for (uint32_t first = 0, last; first < plan->row_n; first = last) {
        last = first + 1;
        if (plan->rows[first].call == ZS_NO_INDEX || !uses_resident(&plan->rows[first]))
            continue;
        while (last < plan->row_n && plan->rows[last].call == plan->rows[first].call &&
               uses_resident(&plan->rows[last]))
            last++;
        uint32_t op_n = 0;
        for (uint32_t i = first; i < last; i++)
            op_n += plan->rows[i].op_n;
        add_span(f, ZS_BUF_RESIDENT, plan->rows[first].op0, op_n);
    }
}

zs_status zs_trace_slots(zs_arena *arena, const zs_trace *trace, zs_trace_slot **out, uint32_t *n,
                         zs_err *err)
{
    finder *f = zs_new(arena, finder, 1);
    if (f == NULL)
        return zs_nomem(err, "the trace");
    f->trace = trace;
    f->lost_at_pl_cycle = zs_trace_ops_lost_at(trace);
    f->capacity = RINGS * trace->op_n + 2 * trace->plan->row_n;
    f->out = zs_arena_alloc_raw(arena, f->capacity + (size_t)1, sizeof *f->out);
    if (f->out == NULL)
        return zs_nomem(err, "the trace");
    for (uint32_t i = 0; i < trace->plan->row_n; i++)
        if (zs_trace_has_row(trace, i))
            walk_row(f, i);
    walk_residents(f);
    *out = f->out;
    *n = f->n;
    return ZS_OK;
}
