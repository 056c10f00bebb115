#include "kernels_priv.h"

#include <assert.h>
#include <string.h>

/* Rows are layers; calls are kernels, or several that run at once. Reads, the loops and writes of a
 * kernel go on side by side, and it ends when the last of them does: it takes its own time or the
 * memory's, whichever is longer. The loops read and write DRAM themselves, so transfers carry time
 * and no data. */

/* Loops are divided into parts, each of which begins with the transfers of what it reads and
 * writes, so that the traffic of a kernel is spread over its time. Lines that are fetched again are
 * the first of the input, over and over. */
enum {
    AGAIN_ROW_BYTES = 1 << 14, /* all banks of a DRAM, and its channels, have some of it */
    AGAIN_BYTES = 1 << 22,     /* of a part, ... */
    TENSOR_BYTES = 1 << 20,    /* ... and of a tensor, ... */
    PARTS_MOST = 16,           /* ... but no more parts, unless their transfers hold no more rows */
    PART_ALIGN = 4096          /* no burst crosses such an address */
};

static uint64_t again_row_bytes(const kernels_row *own)
{
    const uint64_t line = zs_nest_stratix10.line_bytes, bytes = own->kernel.window.bytes;
    return zs_min_u64(AGAIN_ROW_BYTES, zs_max_u64(line, bytes / line * line));
}

/* Parts of the loops of a row; the same of all that it moves, so that no part has more than its
 * share. */
static uint32_t part_n(const zs_plan_row *row)
{
    const kernels_row *own = kernels_row_of(row);
    const uint64_t elem = row->x.elem, rows = own->bytes_again / again_row_bytes(own);
    uint64_t most = zs_max_u64(row->weight_slot_bytes, own->padded_bytes);
    most = zs_max_u64(most, zs_shape_elems(row->x.shape) * elem);
    most = zs_max_u64(most, zs_shape_elems(row->y.shape) * elem);
    const uint64_t n =
        zs_min_u64(PARTS_MOST, zs_max_u64(zs_ceil_div(most, TENSOR_BYTES),
                                          zs_ceil_div(own->bytes_again, AGAIN_BYTES)));
    return (uint32_t)zs_max_u64(n, zs_max_u64(1, zs_ceil_div(rows, UINT32_MAX)));
}

/* Where part `i` of a tensor begins; small ones are moved in the first of them. */
static uint64_t part_begin(uint64_t addr, uint64_t bytes, uint64_t i, uint64_t n)
{
    const uint64_t at = (addr + bytes / n * i) / PART_ALIGN * PART_ALIGN;
    return i == 0 ? 0 : i == n ? bytes : zs_min_u64(bytes, at > addr ? at - addr : 0);
}

static void shape_part(const zs_tile_box *box, uint64_t bytes, zs_xfer *t)
{
    const uint64_t n = zs_max_u64(1, box->oc_n);
    const bool is_small = bytes < n * PART_ALIGN;
    const uint64_t from = is_small ? 0 : part_begin(t->addr, bytes, box->oc0, n);
    const uint64_t end = is_small ? bytes : part_begin(t->addr, bytes, box->oc0 + UINT64_C(1), n);
    t->row_bytes = is_small && box->oc0 > 0 ? 0 : (uint32_t)(end - from);
    t->addr += from;
}

/* Of part `i`; what is left of a row is one more transfer, with the last of them. */
static void shape_again(const kernels_row *own, uint64_t i, uint64_t n, zs_xfer *t)
{
    const uint64_t row_bytes = again_row_bytes(own);
    const uint64_t rows = own->bytes_again / row_bytes;
    t->row_bytes = (uint32_t)(i < n ? row_bytes : own->bytes_again % row_bytes);
    t->row_n = i < n ? (uint32_t)(rows / n + (i < rows % n)) : 1;
}

zs_xfer kernels_xfer(const zs_plan_row *of, const zs_design *design, uint32_t code,
                     const zs_tile_box *box)
{
    const zs_plan_row *row = of + box->ic0; /* of a layer that this kernel does besides */
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    const kernels_row *own = kernels_row_of(row);
    const zs_plan_tensor *x = box->flags & ZS_BOX_SECOND ? &row->x2 : &row->x;
    uint64_t bytes = zs_shape_elems(x->shape) * elem;
    zs_xfer t = {.row_n = 1, .plane_n = 1};
    if (code == ZS_OP_LOAD_W) {
        t.addr = row->weight_base;
        bytes = row->weight_slot_bytes;
    } else if (box->flags & ZS_BOX_PARAMS) { /* the padded copy */
        t.addr = own->padded_addr;
        bytes = own->padded_bytes;
    } else if (code == ZS_OP_LOAD_X) {
        t.addr = x->addr + box->image * x->pitch_bytes;
    } else {
        t.addr = row->y.addr + box->image * row->y.pitch_bytes;
        bytes = (uint64_t)row->y_c * row->oh * row->ow * elem;
    }
    if (box->flags & ZS_BOX_AGAIN)
        shape_again(own, box->oc0, box->oc_n, &t);
    else
        shape_part(box, bytes, &t);
    return t;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static zs_status shape_row(zs_plan_draft *d, uint32_t i, kernels_row *own, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    row->own = own;
    own->accel = &d->design->accel;
    if (d->design->layer_setting_n > 0) {
        zs_accel *accel = zs_new(d->arena, zs_accel, 1);
        if (accel == NULL)
            return zs_nomem(err, "plan");
        zs_design_layer_accel(d->design, layer->name, accel);
        own->accel = accel;
    }
    own->add_latency = kernels_add_latency(own->accel, d->design->board.family);
    zs_draft_shape_whole(d, i);
    row->weight_slots = zs_op_has_filters(layer->op);
    row->weight_slot_bytes = zs_draft_filter_bytes(d, i);
    if (!d->drafts[i].on_engine)
        return ZS_OK;
    if (layer->y.h > UINT16_MAX || layer->y.w > UINT16_MAX || row->t_ic > UINT16_MAX ||
        zs_shape_elems(layer->x) > UINT32_MAX / 8 || zs_shape_elems(layer->y) > UINT32_MAX / 8 ||
        row->weight_slot_bytes > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, layer->name,
                       "%u x %u pixels of %u channels are more than one kernel can hold",
                       layer->y.h, layer->y.w, layer->x.c);
    return kernels_nest(d->arena, layer, own, err);
}

/* ---- kernels side by side -------------------------------------------------------------------- */

/* Units behind those of every plan, in sets: for loops, for meets, and for each channel that
 * kernels use, on which the sets take turns. Kernels of a set follow each other, so a kernel has
 * that of one that it waits for, if no other has taken it; one set does where all follow each
 * other. */
enum { KERNELS_AT_ONCE = 32, HP_PORTS = 4 };

/* Whether a kernel, with the layers that it does besides, reads what row `writer` writes. */
static bool reads(const zs_plan_draft *d, const kernels_row *rows, uint32_t row, uint32_t writer)
{
    const uint32_t written = zs_draft_root(d, d->drafts[writer].out);
    for (uint32_t r = row; r <= rows[row].last; r++) {
        const zs_layer *layer = zs_draft_layer(d, r);
        for (uint32_t k = 0; k < layer->in_n; k++)
            if (zs_draft_root(d, layer->in[k]) == written)
                return true;
    }
    return false;
}

static bool waits_for(const zs_plan_draft *d, const kernels_row *rows, uint32_t row, uint32_t other)
{
    if (rows[row].is_queued && rows[other].is_queued)
        return true;
    for (uint32_t i = other; i <= rows[other].last; i++)
        if (reads(d, rows, row, i))
            return true;
    return false;
}

/* Gives each kernel a set, `most` of which there may be; how many there are. */
static uint32_t choose_sets(const zs_plan_draft *d, kernels_row *rows, uint32_t most)
{
    uint32_t last[KERNELS_AT_ONCE], used = 0; /* [set] kernel */
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (!d->drafts[i].on_engine || rows[i].root != i)
            continue;
        uint32_t set = 0, oldest = 0;
        for (uint32_t k = 0; k < used; k++)
            oldest = last[k] < last[oldest] ? k : oldest;
        while (set < used && !waits_for(d, rows, i, last[set]))
            set++;
        if (set == used)
            set = used < most ? used++ : oldest;
        last[set] = i;
        rows[i].set = set;
    }
    return used;
}

/* Units that kernels have of their own, a bit each: of loops, of meets, of channels that they use.
 */
static uint32_t own_units(const zs_design *design)
{
    const zs_operand_ports ports = zs_accel_ports(&design->accel);
    const bool is_card = design->board.family != ZS_FAMILY_7_SERIES;
    const uint32_t reads = ports.input | ports.weight | (is_card ? (1u << HP_PORTS) - 1 : 0);
    uint32_t units = 1u << ZS_UNIT_PE | 1u << ZS_UNIT_JOIN;
    for (uint32_t port = 0; port < ZS_PORT_COUNT; port++) {
        units |= (reads >> port & 1) << zs_channel(port, false);
        units |= (ports.output >> port & 1u) << zs_channel(port, true);
    }
    return units;
}

static zs_status list_units(zs_plan_draft *d, kernels_row *rows, zs_err *err)
{
    const uint32_t own = own_units(d->design), of_set = (uint32_t)__builtin_popcount(own);
    bool has_queues = false;
    for (uint32_t i = 0; i < d->row_n; i++)
        has_queues |= d->drafts[i].on_engine && kernels_params_of(rows[i].accel)->queues;
    if (!has_queues)
        return ZS_OK;
    const uint32_t most = (ZS_UNITS_MAX - ZS_UNIT_N) / of_set;
    const uint32_t set_n = choose_sets(d, rows, most < KERNELS_AT_ONCE ? most : KERNELS_AT_ONCE);
    zs_plan_unit *units = zs_new(d->arena, zs_plan_unit, ZS_UNIT_N + set_n * of_set);
    if (units == NULL)
        return zs_nomem(err, "plan");
    memcpy(units, zs_tile_units, sizeof zs_tile_units);
    uint32_t n = ZS_UNIT_N;
    for (uint32_t set = 0; set < set_n; set++)
        for (uint32_t left = own; left != 0; left &= left - 1) {
            zs_plan_unit *unit = &units[n++];
            *unit = zs_tile_units[__builtin_ctz(left)];
            unit->name = unit->role == ZS_COMPUTE
                             ? zs_arena_printf(d->arena, "kernel%u", set)
                             : zs_arena_printf(d->arena, "kernel%u.%s", set, unit->name);
            if (unit->name == NULL)
                return zs_nomem(err, "plan");
        }
    d->plan->units = units;
    d->plan->unit_n = n;
    return ZS_OK;
}

/* Ops of a kernel from `first` on go to the units of its set. */
static void move_to_set(const zs_emitter *e, uint32_t first, const kernels_row *own)
{
    const zs_plan *plan = e->d->plan;
    const uint32_t units = own_units(e->d->design), of_set = (uint32_t)__builtin_popcount(units);
    if (plan->unit_n == ZS_UNIT_N)
        return;
    for (uint32_t k = first; k < e->op_n; k++) {
        const uint32_t unit = e->ops[k].unit;
        const uint32_t before = units & ((1u << unit) - 1);
        e->ops[k].unit =
            (uint8_t)(ZS_UNIT_N + own->set * of_set + (uint32_t)__builtin_popcount(before));
    }
}

zs_status kernels_draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.takes_any_pool = true};
    uint64_t padded = 0;
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    kernels_row *own = zs_new(d->arena, kernels_row, d->row_n + 1);
    if (own == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++)
        ZS_TRY(shape_row(d, i, &own[i], err));
    kernels_link(d, own);
    ZS_TRY(kernels_check_waits(d, own, err));
    for (uint32_t i = 0; i < d->row_n; i++)
        padded = zs_max_u64(padded, own[i].padded_bytes);
    ZS_TRY(list_units(d, own, err));
    d->own = own;
    d->plan->buffers[ZS_BUF_OUTPUT].slots = 1; /* of the executor */
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    kernels_count_bytes(d, own);
    for (uint32_t i = 0; i < d->row_n; i++) {
        own[i].padded_addr = zs_round_up(d->plan->dram_bytes, 4096);
        own[i].bytes_again = kernels_bytes_again(d->design, &own[i].kernel);
    }
    d->plan->dram_bytes = zs_round_up(d->plan->dram_bytes, 4096) + padded;
    return ZS_OK;
}

/* ---- ops ------------------------------------------------------------------------------------- */

static zs_status move(zs_emitter *e, zs_op_code code, const zs_tile_box *box, const uint32_t *wait,
                      uint32_t *op)
{
    return zs_emit_transfer(e, code, box, NULL, wait, op);
}

/* The padded copy of an image is written by a kernel of its own. */
static zs_status emit_pad(zs_emitter *e, uint32_t image, uint32_t wait[3])
{
    const kernels_row *own = kernels_row_of(&e->d->rows[e->row]);
    const zs_design *design = e->d->design;
    const uint64_t launch = own->is_launched ? kernels_launch_cycles(design) : 0;
    const zs_tile_box box = {.image = image}, padded = {.image = image, .flags = ZS_BOX_PARAMS};
    uint32_t done[3];
    ZS_TRY(move(e, ZS_OP_LOAD_X, &box, wait, &done[0]));
    ZS_TRY(zs_emit_priced(e, ZS_OP_POST, &padded, NULL, wait, 1,
                          kernels_cycles(design, &own->pad) + launch, &done[1]));
    ZS_TRY(move(e, ZS_OP_STORE, &padded, wait, &done[2]));
    return zs_emit_waits(e, done, ZS_LEN(done), wait);
}

/* What the writer of a channel waits while it is full. Sums on chip leave plane by plane, a word a
 * cycle; a reader that takes words more slowly lets the rest of a plane out as it takes them. */
static uint64_t held_up(const zs_emitter *e, const kernels_row *reader, uint64_t cycles)
{
    const kernels_row *writer = &((const kernels_row *)e->d->own)[reader->from];
    const kernels_row *root = &((const kernels_row *)e->d->own)[writer->root];
    const zs_nest *nest = &root->kernel.nest;
    const uint32_t y = zs_nest_find(nest, "oy"), x = zs_nest_find(nest, "ox");
    const uint64_t depth = kernels_params_of(reader->accel)->channel_depth;
    const uint64_t words = zs_shape_elems(zs_draft_layer(e->d, reader->from)->y);
    if (depth == 0 || y == ZS_NO_LOOP || words == 0)
        return 0;
    const uint64_t plane = zs_times_u64(nest->loops[y].trip, nest->loops[x].trip);
    const uint64_t taken = zs_times_u64(plane > depth ? plane - depth : 0, cycles) / words;
    return taken > plane ? zs_times_u64(zs_ceil_div(words, plane), taken - plane) : 0;
}

/* Cycles of the kernel alone. Of one that takes words as another gives them, what it takes longer;
 * one that takes a tensor whole begins when that is there. */
static uint64_t cycles_of(zs_emitter *e, kernels_row *own)
{
    const uint64_t cycles = kernels_cycles(e->d->design, &own->kernel);
    const uint64_t launch = own->is_launched ? kernels_launch_cycles(e->d->design) : 0;
    const kernels_row *rows = e->d->own;
    own->busy_cycles = cycles;
    if (own->from == ZS_NO_INDEX || own->takes_whole)
        return cycles + launch;
    const uint64_t before = rows[rows[own->from].root].busy_cycles;
    own->busy_cycles = zs_max_u64(cycles, zs_plus_u64(before, held_up(e, own, cycles)));
    return own->busy_cycles - before + 1; /* the last word */
}

/* A part of the loops of an image. */
typedef struct part {
    uint32_t image, i, n;
    const uint32_t *wait;
} part;

/* The part's share of a tensor, if it has any. */
static zs_status move_part(zs_emitter *e, const part *p, zs_op_code code, zs_tile_box box,
                           uint32_t *op)
{
    const zs_plan_row *row = &e->d->rows[e->row];
    box.image = p->image;
    box.oc0 = p->i;
    box.oc_n = (uint16_t)p->n;
    const zs_xfer x = kernels_xfer(row, e->d->design, code, &box);
    return p->i > 0 && zs_xfer_bytes(&x) == 0 ? ZS_OK : move(e, code, &box, p->wait, op);
}

/* What the kernel reads of DRAM: what comes by no channel and is made by none of its layers. */
static zs_status emit_loads(zs_emitter *e, const part *p, uint32_t *done, uint32_t *weights_done)
{
    const zs_plan_draft *d = e->d;
    const kernels_row *rows = d->own, *own = &rows[e->row];
    if (d->rows[e->row].weight_slot_bytes > 0)
        ZS_TRY(move_part(e, p, ZS_OP_LOAD_W, (zs_tile_box){0}, weights_done));
    for (uint32_t r = e->row; r <= own->last; r++) {
        const zs_layer *layer = zs_draft_layer(d, r);
        for (uint32_t k = 0; k < layer->in_n; k++) {
            const bool is_inner = r > e->row && layer->in[k] == d->drafts[r - 1].out;
            const bool by_channel =
                r == e->row && own->from != ZS_NO_INDEX && layer->in[k] == d->drafts[own->from].out;
            const zs_tile_box box = {.ic0 = r - e->row,
                                     .flags = own->padded_bytes > 0 && r == e->row ? ZS_BOX_PARAMS
                                              : k > 0                              ? ZS_BOX_SECOND
                                                                                   : 0};
            if (!is_inner && !by_channel)
                ZS_TRY(move_part(e, p, ZS_OP_LOAD_X, box, done));
        }
    }
    return ZS_OK;
}

/* Lines that the kernel had before; what is left of a row comes with the last part. On a card its
 * load-store units have ways of their own to the memory, up to what all ports move; on a 7-series
 * they share those of the input. */
static zs_status emit_again(zs_emitter *e, const part *p, uint32_t *done)
{
    const kernels_row *own = kernels_row_of(&e->d->rows[e->row]);
    const uint64_t rows = own->bytes_again / again_row_bytes(own);
    const uint64_t rest = own->bytes_again % again_row_bytes(own);
    const uint8_t ports = e->ports.input;
    zs_tile_box box = {.image = p->image,
                       .oc0 = p->i,
                       .oc_n = (uint16_t)p->n,
                       .flags = ZS_BOX_AGAIN | (own->padded_bytes > 0 ? ZS_BOX_PARAMS : 0u)};
    if (e->d->design->board.family != ZS_FAMILY_7_SERIES)
        e->ports.input = (1u << HP_PORTS) - 1;
    if (p->i < rows)
        ZS_TRY(move(e, ZS_OP_LOAD_X, &box, p->wait, done));
    box.oc0 = p->n;
    if (p->i + 1 == p->n && rest > 0)
        ZS_TRY(move(e, ZS_OP_LOAD_X, &box, p->wait, done));
    e->ports.input = ports;
    return ZS_OK;
}

/* Loads, loops and stores of an image, part by part; the last one computes. A part's transfers
 * begin with its loops, which wait for those of the part before. Reads of one channel retire in
 * order, so the last stands for all. A kernel that others may run beside waits for each of its own.
 */
static zs_status emit_image(zs_emitter *e, uint32_t image, uint64_t cycles, uint32_t wait[3])
{
    enum { PART_KEY = 16 }; /* behind those of other ops of a row */
    const kernels_row *own = kernels_row_of(&e->d->rows[e->row]);
    const bool has_set = e->d->plan->unit_n > ZS_UNIT_N;
    uint32_t done[5] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP, ZS_NO_OP, ZS_NO_OP}, loops_wait[3];
    part p = {.image = image, .n = part_n(&e->d->rows[e->row]), .wait = wait};
    assert(p.n <= UINT16_MAX); /* of filters below 4 GiB and tensors below 2^29 elements */
    memcpy(loops_wait, wait, sizeof loops_wait);
    for (; p.i < p.n; p.i++) {
        const bool longer = p.i < cycles % p.n;
        const zs_tile_box box = {.image = image, .flags = p.i + 1 == p.n ? ZS_HOST_LAYER : 0};
        uint32_t before[5];
        memcpy(before, done, sizeof before);
        if (p.i > 0)
            ZS_TRY(zs_emit_waits(e, before, ZS_LEN(before), loops_wait));
        ZS_TRY(emit_loads(e, &p, &done[0], &done[has_set ? 3 : 0]));
        ZS_TRY(emit_again(e, &p, &done[has_set ? 4 : 0]));
        if (!own->to_channel)
            ZS_TRY(
                move_part(e, &p, ZS_OP_STORE, (zs_tile_box){.ic0 = own->last - e->row}, &done[2]));
        ZS_TRY(zs_emit_priced(e, ZS_OP_MAC, &box, NULL, loops_wait, PART_KEY + longer,
                              cycles / p.n + longer, &done[1]));
        wait[0] = done[1];
        wait[1] = wait[2] = ZS_NO_OP;
    }
    return zs_emit_waits(e, done, ZS_LEN(done), wait);
}

/* The last row of this call that is done in the queue of all. */
static uint32_t last_queued(const zs_emitter *e, uint32_t first)
{
    const kernels_row *rows = e->d->own;
    for (uint32_t i = e->row; i-- > first;)
        if (rows[rows[i].root].is_queued)
            return i;
    return ZS_NO_INDEX;
}

/* Ops of this call that a kernel begins after: those that write what it reads, and those before it
 * in its queue. */
static zs_status begin(zs_emitter *e, uint32_t wait[3])
{
    const zs_plan_draft *d = e->d;
    kernels_row *rows = d->own, *own = &rows[e->row];
    const uint32_t first = d->plan->calls[d->rows[e->row].call].row0;
    const uint32_t queued = own->is_queued ? last_queued(e, first) : ZS_NO_INDEX;
    uint32_t n = 0, *ops = zs_new(d->arena, uint32_t, 3 * (size_t)(e->row - first) + 3);
    if (ops == NULL)
        return zs_nomem(e->err, "plan");
    for (uint32_t i = first; i < e->row; i++) {
        const bool precedes = i == queued || reads(d, rows, e->row, i);
        for (size_t k = 0; precedes && k < ZS_LEN(rows[i].done); k++)
            ops[n++] = rows[i].done[k];
    }
    return zs_emit_waits(e, ops, n, wait);
}

/* A layer that another kernel does moves and takes nothing more. */
static zs_status emit_fused(zs_emitter *e, kernels_row *own)
{
    kernels_row *before = (kernels_row *)e->d->own + e->row - 1;
    uint32_t done = ZS_NO_OP;
    for (uint32_t image = 0; image < e->d->design->batch; image++) {
        const zs_tile_box box = {.image = image, .flags = ZS_HOST_LAYER};
        ZS_TRY(zs_emit_priced(e, ZS_OP_MAC, &box, NULL, before->done, 2, 0, &done));
    }
    own->done[0] = done;
    own->done[1] = own->done[2] = ZS_NO_OP;
    return ZS_OK;
}

static zs_status emit_kernel(zs_emitter *e, kernels_row *own)
{
    const uint64_t cycles = cycles_of(e, own);
    uint32_t wait[3] = {ZS_NO_OP, ZS_NO_OP, ZS_NO_OP};
    ZS_TRY(begin(e, wait));
    for (uint32_t image = 0; image < e->d->design->batch; image++) {
        if (own->padded_bytes > 0)
            ZS_TRY(emit_pad(e, image, wait));
        ZS_TRY(emit_image(e, image, cycles, wait));
    }
    memcpy(own->done, wait, sizeof own->done);
    return ZS_OK;
}

static zs_status emit_body(zs_emitter *e)
{
    kernels_row *rows = e->d->own, *own = &rows[e->row];
    const uint32_t first = e->op_n;
    if (own->root == e->row)
        ZS_TRY(emit_kernel(e, own));
    else
        ZS_TRY(emit_fused(e, own));
    move_to_set(e, first, &rows[own->root]);
    return ZS_OK;
}

zs_status kernels_emit(zs_plan_draft *d, zs_err *err)
{
    return zs_emit_rows(d, emit_body, err);
}
