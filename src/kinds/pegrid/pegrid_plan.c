#include "pegrid_priv.h"

#include "zynqsim/capacity.h"

#include <assert.h>

/* Rows are layers, each a call. A layer with filters is computed group of filters after group, each
 * in bands of output rows, each band in parts of the input channels; other layers go through the
 * vector path as they are. */

enum { STREAM_ALIGN = 4096 };

/* ---- sizes ----------------------------------------------------------------------------------- */

static zs_status check_layer(const zs_layer *layer, const zs_plan_row *row, zs_err *err)
{
    if (layer->y.h <= UINT16_MAX && layer->y.w <= UINT16_MAX && layer->y.c <= UINT16_MAX &&
        layer->x.c <= UINT16_MAX && row->t_ic <= UINT16_MAX &&
        zs_shape_elems(layer->x) <= UINT32_MAX / 8 && zs_shape_elems(layer->y) <= UINT32_MAX / 8)
        return ZS_OK;
    return zs_fail(err, ZS_ERANGE, layer->name,
                   "%u x %u pixels of %u channels are more than one call can hold", layer->y.h,
                   layer->y.w, layer->x.c);
}

/* Convolution groups that the filters of one group of PEs belong to, at the most. */
static uint32_t most_spans(const zs_plan_row *row, const zs_layer *layer)
{
    const pegrid_row *own = pegrid_row_of(row);
    uint32_t most = 1;
    for (uint32_t k = 0; k < own->group_n; k++) {
        const pegrid_group *g = &own->groups[k];
        uint32_t n = 1;
        for (uint32_t f = 1; f < g->n; f++)
            n += pegrid_channel0(row, layer, g->filters[f]) !=
                 pegrid_channel0(row, layer, g->filters[f - 1]);
        most = n > most ? n : most;
    }
    return most;
}

static uint64_t tile_bytes(const zs_plan_row *row, uint32_t channels, uint32_t elem)
{
    const zs_window *w = &row->window;
    const uint32_t rows = pegrid_row_of(row)->band_rows;
    const uint64_t reach = (rows - UINT64_C(1)) * w->sh + (w->kh - UINT64_C(1)) * w->dh + 1;
    return channels * zs_min_u64(reach, row->x.shape.h) * row->x.shape.w * elem;
}

/* Bands as high as sums and inputs have room for; then parts of as many channels. */
static zs_status cut_row(zs_plan_draft *d, uint32_t i, uint32_t spans, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const zs_accel *a = &d->design->accel;
    const pegrid_params *p = pegrid_params_of(a);
    zs_plan_row *row = &d->rows[i];
    pegrid_row *own = pegrid_row_of(row);
    const uint32_t elem = zs_elem_bytes(a->precision);
    const uint64_t image = zs_shape_elems(layer->x) * elem;
    if (p->plane_words < row->ow)
        return zs_fail(err, ZS_ERANGE, "accelerator.pegrid.plane",
                       "a row of layer %s has %u pixels, a PE holds %u sums", layer->name, row->ow,
                       p->plane_words);
    if (p->filter_words < pegrid_taps(row))
        return zs_fail(err, ZS_ERANGE, "accelerator.pegrid.filter",
                       "a kernel of layer %s has %u weights, a PE holds %u", layer->name,
                       pegrid_taps(row), p->filter_words);
    own->band_rows = (uint32_t)zs_min_u64(row->oh, p->plane_words / row->ow);
    own->part_ic = (uint32_t)zs_min_u64(row->t_ic, p->filter_words / pegrid_taps(row));
    own->input = image * d->design->batch <= p->input_bytes ? PEGRID_KEEPS_BATCH
                 : image <= p->input_bytes                  ? PEGRID_KEEPS_IMAGE
                                                            : PEGRID_READS_AGAIN;
    while (own->input == PEGRID_READS_AGAIN &&
           tile_bytes(row, own->part_ic * spans, elem) > p->input_bytes / 2) {
        if (own->band_rows == 1 && own->part_ic == 1)
            return zs_fail(err, ZS_ERANGE, "accelerator.pegrid.input",
                           "a window row of layer %s has %llu bytes, half of the input memory %u",
                           layer->name, (unsigned long long)tile_bytes(row, spans, elem),
                           p->input_bytes / 2);
        if (own->band_rows > 1)
            own->band_rows = (own->band_rows + 1) / 2;
        else
            own->part_ic = (own->part_ic + 1) / 2;
    }
    own->part_n = (uint32_t)zs_ceil_div(row->t_ic, own->part_ic);
    assert(own->band_rows > 0);
    own->band_n = (uint32_t)zs_ceil_div(row->oh, own->band_rows);
    return ZS_OK;
}

static zs_status shape_row(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_layer *layer = zs_draft_layer(d, i);
    const zs_accel *a = &d->design->accel;
    zs_plan_row *row = &d->rows[i];
    zs_draft_shape_whole(d, i);
    row->weight_slots = zs_op_has_filters(layer->op);
    pegrid_row_of(row)->lanes = a->unroll.oc * a->unroll.ic;
    if (!d->drafts[i].on_engine)
        return ZS_OK;
    ZS_TRY(check_layer(layer, row, err));
    if (!zs_op_has_filters(layer->op))
        return ZS_OK;
    if (pegrid_params_of(a)->is_relaxed) {
        ZS_TRY(pegrid_count_least(d, i, err));
        return cut_row(d, i, pegrid_row_of(row)->least.spans, err);
    }
    ZS_TRY(pegrid_group_filters(d, i, err));
    ZS_TRY(cut_row(d, i, most_spans(row, layer), err));
    ZS_TRY(pegrid_count(d, i, err));
    const uint64_t part = (uint64_t)pegrid_row_of(row)->part_ic * pegrid_taps(row) * a->unroll.oc;
    if (part > UINT32_MAX / 32)
        return zs_fail(err, ZS_ERANGE, "accelerator.pegrid.filter",
                       "%llu weights of layer %s at once are more than a load can hold",
                       (unsigned long long)part, layer->name);
    return ZS_OK;
}

/* ---- memories -------------------------------------------------------------------------------- */

static uint32_t log2_up(uint64_t n)
{
    uint32_t bits = 0;
    while ((UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

static zs_plan_buffer memory(const zs_accel *a, const char *name, uint64_t banks, uint64_t words,
                             uint32_t bits, uint32_t slots)
{
    zs_plan_buffer b = {.name = name,
                        .banks = (uint32_t)zs_min_u64(banks, UINT32_MAX),
                        .depth_words = (uint32_t)zs_min_u64(words * slots, UINT32_MAX),
                        .word_bits = bits,
                        .slots = 1,
                        .slot_elems = words * banks};
    b.bytes = (uint64_t)b.banks * b.depth_words * bits / 8;
    const zs_memory m = {.banks = b.banks, .bits = bits, .words = b.depth_words};
    b.bram18 = (uint32_t)zs_min_u64(zs_memory_bram18(a, m), UINT32_MAX);
    return b;
}

/* A PE that goes on by itself reads other pixels than its neighbours: two of them share the ports
 * of a copy of the input memory, or where all meet again after some channels, of their planes. */
static void size_memories(zs_plan_draft *d)
{
    const zs_accel *a = &d->design->accel;
    const pegrid_params *p = pegrid_params_of(a);
    const uint64_t pes = a->unroll.oc, ic = a->unroll.ic;
    const uint64_t pixels = (uint64_t)a->unroll.oy * a->unroll.ox;
    const uint32_t elem = zs_elem_bytes(a->precision);
    const bool skips = p->skip >= ZS_SKIP_KERNEL || p->skips_inputs;
    const bool goes_alone = skips && p->sync != ZS_PE_SYNC_LOCKSTEP;
    const uint32_t place = p->skip == ZS_SKIP_WEIGHT ? log2_up(p->filter_words) : 0;
    const uint64_t copies =
        goes_alone && p->sync == ZS_PE_SYNC_TILE ? zs_ceil_div(pes, 2) : UINT64_C(1);
    const uint32_t flag = p->skips_inputs; /* a bit beside each input */
    uint64_t plane = 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        if (d->drafts[i].on_engine && zs_op_has_filters(zs_draft_layer(d, i)->op))
            plane = zs_max_u64(plane, tile_bytes(&d->rows[i], 1, elem) / elem);
    zs_plan_buffer *b = d->plan->buffers;
    b[ZS_BUF_INPUT] = memory(a, "input", copies * ic * pixels,
                             zs_ceil_div(p->input_bytes, elem * ic * pixels), 8 * elem + flag, 1);
    b[ZS_BUF_WEIGHT] = memory(a, "weight", pes * ic, zs_ceil_div(p->filter_words, ic),
                              8 * zs_weight_bytes(a->precision) + place, 2);
    b[ZS_BUF_OUTPUT] = memory(a, "output", pes * pixels, zs_ceil_div(p->plane_words, pixels),
                              zs_acc_bits(a->precision), 2);
    if (goes_alone && p->sync == ZS_PE_SYNC_CHANNEL)
        b[ZS_BUF_CARRY] = memory(a, "channel planes", zs_ceil_div(pes, 2) * ic * pixels,
                                 zs_ceil_div(plane, pixels), 8 * elem + flag, 2);
}

/* ---- the draft ------------------------------------------------------------------------------- */

/* Streams lie behind all else, and are what any schedule must read, with the channels that are
 * used. */
static void place_streams(zs_plan_draft *d)
{
    const uint32_t precision = d->design->accel.precision;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        zs_plan_row *row = &d->rows[i];
        pegrid_row *own = pegrid_row_of(row);
        if (own->least.group_n > 0) {
            const uint64_t worked =
                zs_times_u64(own->least.worked, (uint64_t)row->oh * row->ow * d->design->batch);
            row->skipped_macs = row->macs > worked ? row->macs - worked : 0;
        }
        if (own->group_n == 0)
            continue;
        const uint64_t weights = zs_layer_weight_elems(layer) * zs_weight_bytes(precision) +
                                 zs_layer_bias_elems(layer) * zs_bias_bytes(precision);
        const uint32_t batch = d->design->batch;
        const uint64_t inputs = (row->compulsory_read_bytes - weights) / layer->x.c / batch;
        uint64_t channels = 0; /* of all images */
        for (uint64_t k = 0; k < (uint64_t)layer->x.c * batch; k++)
            channels += own->is_read[k % layer->x.c] && (own->dropped == NULL || !own->dropped[k]);
        row->compulsory_read_bytes = inputs * channels;
        for (uint32_t k = 0; k < own->group_n; k++)
            for (uint32_t m = 0; m < own->part_n; m++)
                row->compulsory_read_bytes +=
                    own->groups[k].parts[m].bias_bytes + own->groups[k].parts[m].stream_bytes;
        own->stream_base = zs_round_up(d->plan->dram_bytes, STREAM_ALIGN);
        d->plan->dram_bytes = own->stream_base + own->stream_bytes;
        row->skipped_macs = row->macs > own->products ? row->macs - own->products : 0;
    }
}

zs_status pegrid_draft(zs_plan_draft *d, zs_err *err)
{
    const zs_fuse_rules rules = {.takes_any_pool = true};
    const pegrid_params *p = pegrid_params_of(&d->design->accel);
    if (pegrid_reads_inputs(p) && d->net->activity == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED,
                       p->skips_inputs ? "accelerator.pegrid.skip_inputs"
                                       : "accelerator.pegrid.drop_maps",
                       "inputs are counted on images, which sweeps and searches do not "
                       "look at; run, compare, explain and accuracy do");
    ZS_TRY(zs_draft_fuse(d, &rules, err));
    pegrid_row *own = zs_new(d->arena, pegrid_row, d->row_n + UINT64_C(1));
    if (own == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].own = &own[i];
        ZS_TRY(shape_row(d, i, err));
    }
    size_memories(d);
    ZS_TRY(zs_draft_place(d, &(zs_place_rules){0}, err));
    place_streams(d);
    return zs_draft_check_dram(d, err);
}

/* ---- transfers ------------------------------------------------------------------------------- */

zs_extent pegrid_rows_of(const zs_plan_row *row, const zs_tile_box *box)
{
    zs_extent e = zs_extent_y(row, box->oy0, box->oy_n);
    if (pegrid_row_of(row)->input != PEGRID_READS_AGAIN && box->oy0 > 0)
        e.lo = (uint32_t)zs_max_u64(zs_extent_y(row, 0, box->oy0).hi, e.lo);
    return e;
}

static zs_xfer planes(const zs_plan_tensor *t, uint32_t image, uint32_t c0, uint32_t c_n,
                      uint32_t y0, uint32_t y1)
{
    const uint64_t line = (uint64_t)t->shape.w * t->elem, plane = line * t->shape.h;
    zs_xfer x = {.addr = t->addr + image * t->pitch_bytes + c0 * plane + y0 * line,
                 .row_pitch_bytes = plane,
                 .row_bytes = (uint32_t)(y1 > y0 ? (y1 - y0) * line : 0),
                 .row_n = c_n,
                 .plane_n = 1};
    if (x.row_bytes == plane) {
        x.row_bytes *= c_n;
        x.row_n = 1;
    }
    return x;
}

zs_xfer pegrid_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                    const zs_tile_box *box)
{
    const pegrid_row *own = pegrid_row_of(row);
    const bool has_groups = own->group_n > 0;
    (void)design;
    if (code == ZS_OP_LOAD_W) {
        const pegrid_part *part = pegrid_part_at(row, box);
        return (zs_xfer){.addr = own->stream_base + part->offset,
                         .row_bytes = (uint32_t)(part->bias_bytes + part->stream_bytes),
                         .index_bytes = (uint32_t)part->index_bytes,
                         .row_n = 1,
                         .plane_n = 1};
    }
    if (code == ZS_OP_STORE && !has_groups)
        return planes(&row->y, box->image, 0, row->y_c, 0, row->oh);
    if (code == ZS_OP_STORE)
        return planes(&row->y, box->image, box->oc0, box->oc_n, box->oy0, box->oy0 + box->oy_n);
    if (!has_groups) {
        zs_plan_tensor x = box->flags & ZS_BOX_SECOND ? row->x2 : row->x;
        x.shape = row->x.shape;
        return planes(&x, box->image, 0, x.shape.c, 0, x.shape.h);
    }
    const zs_extent e = pegrid_rows_of(row, box);
    return planes(&row->x, box->image, box->ic0, box->ic_n, e.lo, e.hi);
}
