#include "stream_priv.h"

#include "zynqsim/outline.h"

#include <string.h>

/* One call takes the whole batch through the pipeline: the PS starts the DMAs, words of the images
 * follow each other without a gap, and the PS waits for the last result. When words move is
 * found out while the plan runs, from the retirements of the DMAs' ops (plan.h, zs_plan_flow). */

/* ---- memory and units ------------------------------------------------------------------------ */

static uint64_t stream_bytes(const zs_plan_draft *d, uint32_t edge)
{
    const zs_plan_flow *f = d->plan->flow;
    return zs_ceil_div(f->flow.edges[edge].words * f->edge_bits[edge] * d->design->batch, 8);
}

static zs_status list_units(zs_plan_draft *d, zs_err *err)
{
    zs_plan_unit *units = zs_new(d->arena, zs_plan_unit, ZS_UNITS_MAX);
    if (units == NULL)
        return zs_nomem(err, "plan");
    memcpy(units, zs_tile_units, sizeof zs_tile_units);
    static const char *const names[] = {"input", "output", "repeat"};
    uint32_t n = ZS_UNIT_N;
    for (size_t i = 0; i < ZS_LEN(names); i++)
        units[n++] = (zs_plan_unit){.name = names[i], .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine)
            units[n++] = (zs_plan_unit){
                .name = zs_draft_layer(d, i)->name, .role = ZS_COMPUTE, .channel = ZS_NO_CHANNEL};
    for (uint32_t i = 0; i < d->row_n; i++) {
        stream_row *r = d->drafts[i].on_engine ? stream_of(&d->rows[i]) : NULL;
        if (r == NULL || !r->is_external)
            continue;
        if (n + 2 > ZS_UNITS_MAX)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.stream.weights",
                           "too many layers for weights of more than %u of them from DRAM", i);
        r->reader = n++;
        r->used = n++;
        const char *name = zs_arena_printf(d->arena, "%s/weights", r->layer->name);
        units[r->reader] =
            (zs_plan_unit){.name = name,
                           .role = ZS_READ,
                           .channel = (uint8_t)zs_channel(d->design->accel.ports.weight, false)};
        units[r->used] = (zs_plan_unit){.name = zs_arena_printf(d->arena, "%s.used", name),
                                        .role = ZS_COMPUTE,
                                        .channel = ZS_NO_CHANNEL};
        if (name == NULL || units[r->used].name == NULL)
            return zs_nomem(err, "plan");
    }
    d->plan->units = units;
    d->plan->unit_n = n;
    d->plan->rows_overlap = true;
    return ZS_OK;
}

/* Tensors between two layers of the pipeline are never in DRAM. */
static zs_status keep_inside(zs_plan_draft *d, zs_err *err)
{
    const uint32_t out = zs_draft_root(d, d->net->output),
                   logits = zs_draft_root(d, d->net->logits);
    d->residents = zs_new(d->arena, zs_resident_draft, d->net->tensor_n + 1);
    if (d->residents == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        bool is_inside = t != out && t != logits && !zs_net_is_input(d->net, t) &&
                         d->net->tensors[t].parent == ZS_NO_INDEX && !zs_net_is_output(d->net, t);
        for (uint32_t i = 0; i < d->row_n && is_inside; i++) {
            const zs_layer *l = zs_draft_layer(d, i);
            bool touches = zs_draft_root(d, l->out) == t;
            for (uint32_t k = 0; k < l->in_n; k++)
                touches = touches || zs_draft_root(d, l->in[k]) == t;
            is_inside = !touches || d->drafts[i].on_engine;
        }
        if (is_inside)
            d->residents[d->resident_n++] = (zs_resident_draft){.tensor = t, .chosen = true};
    }
    return ZS_OK;
}

/* Addresses behind the contents of DRAM at which the executor keeps these tensors, one image at a
 * time. */
static zs_status place_inside(zs_plan_draft *d, zs_err *err)
{
    zs_plan_tensor *tensors = zs_new(d->arena, zs_plan_tensor, d->net->tensor_n);
    uint64_t top = zs_round_up(d->plan->dram_bytes, 64);
    if (tensors == NULL)
        return zs_nomem(err, "plan");
    memcpy(tensors, d->plan->tensors, d->net->tensor_n * sizeof *tensors);
    for (uint32_t i = 0; i < d->resident_n; i++) {
        zs_plan_tensor *t = &tensors[d->residents[i].tensor];
        t->addr = top;
        t->pitch_bytes = 0;
        t->elem = zs_draft_elem(d, d->residents[i].tensor);
        top = zs_round_up(top + zs_shape_elems(t->shape) * t->elem, 64);
    }
    for (uint32_t t = 0; t < d->net->tensor_n; t++) {
        uint64_t offset;
        const uint32_t root = zs_tensor_root(d->net, t, &offset);
        if (root == t || tensors[root].addr == UINT64_MAX)
            continue;
        tensors[t].elem = tensors[root].elem;
        tensors[t].addr = tensors[root].addr + offset * tensors[t].elem;
        tensors[t].pitch_bytes = tensors[root].pitch_bytes;
    }
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (!d->drafts[i].on_engine || !stream_of(&d->rows[i])->is_external)
            continue;
        d->rows[i].weight_base = top;
        top = zs_round_up(top + stream_vector_bytes(stream_of(&d->rows[i])), 64);
    }
    d->plan->tensors = tensors;
    d->plan->dram_bytes = top;
    return ZS_OK;
}

/* Inputs and results are packed in DRAM to the bits of their streams, also where the PS writes and
 * reads them. */
static zs_status pack_ends(zs_plan_draft *d, zs_err *err)
{
    d->packed_bytes = zs_new(d->arena, uint64_t, d->net->tensor_n);
    if (d->packed_bytes == NULL)
        return zs_nomem(err, "plan");
    d->packed_bytes[stream_input(d)] = stream_bytes(d, stream_source_edge(d->plan));
    d->packed_bytes[d->plan->flow->result] = stream_bytes(d, stream_sink_edge(d->plan));
    return ZS_OK;
}

/* A pipeline has one output: other results that the user asked for are read where the executor
 * keeps them. */
static zs_status note_outputs(zs_plan_draft *d, zs_err *err)
{
    uint32_t inside = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const uint32_t out = zs_view_base(d->net, zs_draft_layer(d, i)->out);
        inside += d->drafts[i].on_engine && i + 1 < d->row_n && d->drafts[i + 1].on_engine &&
                  zs_net_is_output(d->net, out);
    }
    if (inside == 0)
        return ZS_OK;
    d->plan->choice_note = zs_arena_printf(
        d->arena, "%u results inside the pipeline are shown, but not transferred", inside);
    return d->plan->choice_note != NULL ? ZS_OK : zs_nomem(err, "plan");
}

/* What a row moves at the least: the first of a call reads the images, the last writes the results,
 * and each takes the weights that it has in DRAM. */
static void count_bytes(const zs_plan_draft *d, zs_plan_row *row, uint32_t i)
{
    const zs_plan_call *call = &d->plan->calls[row->call];
    row->compulsory_read_bytes = row->compulsory_write_bytes = 0;
    if (i == call->row0)
        row->compulsory_read_bytes = stream_bytes(d, stream_source_edge(d->plan));
    if (stream_of(row)->is_external)
        row->compulsory_read_bytes += stream_vector_bytes(stream_of(row));
    if (i != call->row0 + call->row_n - 1)
        return;
    row->compulsory_write_bytes = stream_bytes(d, stream_sink_edge(d->plan));
    row->y.addr = d->plan->tensors[d->plan->flow->result].addr; /* all slices of it */
}

static zs_status draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.takes_any_pool = true};
    const char *fold_note = NULL;
    stream_row *rows;
    uint32_t n;
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    stream_leave_reals(d);
    ZS_TRY(stream_check_rows(d, err));
    ZS_TRY(note_outputs(d, err));
    ZS_TRY(stream_rows_build(d, &rows, &n, err));
    ZS_TRY(stream_fold(d->arena, d->design, rows, n, &fold_note, err));
    d->plan->choice_note = fold_note != NULL ? fold_note : d->plan->choice_note;
    ZS_TRY(keep_inside(d, err));
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    ZS_TRY(place_inside(d, err));
    ZS_TRY(stream_graph(d, err));
    ZS_TRY(pack_ends(d, err));
    ZS_TRY(stream_note_memory(d->arena, d->design, d->plan->flow, rows, n, &d->plan->choice_note,
                              err));
    ZS_TRY(list_units(d, err));
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_plan_row *row = &d->rows[i];
        if (row->call == ZS_NO_INDEX)
            zs_draft_count_software(d, zs_draft_layer(d, i), row);
        else
            count_bytes(d, row, i);
    }
    return ZS_OK;
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* Lanes of all matrix units are many more than unroll says; the peak is theirs. */
static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

/* Rows work at the same time: none ends before the slowest so far has seen all images. The last two
 * ops of a call are its end. */
static void outline_row(zs_outline *o, uint32_t i)
{
    const zs_plan_row *row = &o->plan->rows[i];
    const uint32_t end = row->op0 + row->op_n;
    uint32_t op = row->op0, head = end;
    if (row->call != ZS_NO_INDEX) {
        const zs_plan_call *call = &o->plan->calls[row->call];
        head = call->row0 + call->row_n == i + 1 ? end - 2 : end;
    }
    for (; op < head; op++)
        if (zs_op_role(o->plan->ops[op].code) >= ZS_HOST)
            zs_outline_op(o, row, &o->plan->ops[op]);
    if (row->call != ZS_NO_INDEX) {
        const uint64_t work =
            zs_times_u64(stream_of(row)->work, o->design->batch) - stream_of(row)->idle;
        const uint64_t weight_bytes =
            stream_of(row)->is_external ? stream_vector_bytes(stream_of(row)) : 0;
        zs_outline_transfer(o, o->design->accel.ports.input, false,
                            row->compulsory_read_bytes - weight_bytes);
        zs_outline_transfer(
            o, o->design->accel.ports.weight, false,
            zs_times_u64(weight_bytes, zs_times_u64(stream_of(row)->vectors, o->design->batch)));
        zs_outline_transfer(o, o->design->accel.ports.output, true, row->compulsory_write_bytes);
        o->compute_pl_cycles = zs_max_u64(o->compute_pl_cycles, work);
    }
    for (; op < end; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
}

static void exec_op(zs_exec *e, uint32_t op)
{
    const zs_tile_op *o = &e->plan->ops[op];
    const zs_plan_row *row = &e->plan->rows[o->row];
    if (o->code == ZS_OP_HOST)
        zs_exec_host(e, op);
    else if (o->code == ZS_OP_FLOW && e->plan->boxes[op].flags == ZS_HOST_LAYER &&
             o->row + 1u == e->plan->calls[row->call].row0 + e->plan->calls[row->call].row_n)
        stream_exec_images(e, &e->plan->calls[row->call]);
}

const zs_kind zs_kind_stream = {.word = "stream",
                                .draft = draft,
                                .emit = stream_emit,
                                .xfer = stream_xfer,
                                .account = stream_account,
                                .interval = interval,
                                .outline_row = outline_row,
                                .exec_build = stream_exec_build,
                                .exec_op = exec_op,
                                .streams_pixels = true,
                                .takes_model_scales = true,
                                .takes_narrow_numbers = true,
                                .takes_layer_settings = true,
                                .space = &stream_space};
