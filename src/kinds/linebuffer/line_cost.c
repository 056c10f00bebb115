#include "line_priv.h"

#include "zynqsim/capacity.h"

/* Prices follow the engine's loops as docs/models/linebuffer.md derives them: streams move a beat
 * of their port per clock, line buffers and weight memories a word of unroll.ic elements per clock.
 */

enum { MAX_RING = 250, CHUNK_BYTES = 4096 };
enum { STREAMS = 3 }; /* input, weights, output */

static uint32_t elem_of(const zs_design *d)
{
    return zs_elem_bytes(d->accel.precision);
}

static uint32_t stream_bytes(const zs_design *d, const line_rooms *rooms, uint32_t port)
{
    const uint32_t beat = zs_port_params(&d->board, port).beat_bytes;
    return beat < rooms->beat_bytes ? beat : rooms->beat_bytes;
}

/* Clocks in which `elems` pass the stream from or to a port. */
static uint64_t in_beats(const zs_design *d, const zs_plan_row *row, uint64_t elems)
{
    return zs_ceil_div(elems * elem_of(d),
                       stream_bytes(d, line_of(row)->rooms, d->accel.ports.input));
}

static uint64_t out_beats(const zs_design *d, const zs_plan_row *row, uint64_t elems)
{
    return zs_ceil_div(elems * row->y.elem,
                       stream_bytes(d, line_of(row)->rooms, d->accel.ports.output));
}

static uint64_t words(const zs_design *d, uint64_t elems)
{
    return zs_ceil_div(elems, d->accel.unroll.ic);
}

static uint64_t filters_per_pe(const zs_design *d, const zs_plan_row *row)
{
    return line_of(row)->oc_n / d->accel.unroll.oc;
}

uint64_t zs_line_filter_words(const zs_design *d, const zs_plan_row *row)
{
    return (uint64_t)row->window.kh * row->window.kw * words(d, line_of(row)->x_c);
}

/* ---- transfers ------------------------------------------------------------------------------- */

/* Lines of the input, or pixels of one row of results: one run, channels innermost. */
zs_xfer line_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                  const zs_tile_box *box)
{
    const uint64_t elem = zs_elem_bytes(design->accel.precision);
    const line_row *l = line_of(row);
    zs_xfer x = {.addr = row->weight_base, .row_n = 1, .plane_n = 1};
    if (code == ZS_OP_LOAD_W) {
        x.row_bytes = (uint32_t)l->param_bytes;
    } else if (code == ZS_OP_LOAD_X) {
        const uint64_t line = row->x.shape.w * l->x_c * elem;
        x.addr = row->x.addr + box->image * row->x.pitch_bytes + box->oy0 * line;
        x.row_bytes = (uint32_t)(box->oy_n * line);
    } else {
        const uint64_t pixel = (uint64_t)l->y_c * row->y.elem;
        x.addr = row->y.addr + box->image * row->y.pitch_bytes +
                 ((uint64_t)box->oy0 * row->y.shape.w + box->ox0) * pixel;
        x.row_bytes = (uint32_t)(box->oy_n * box->ox_n * pixel);
    }
    return x;
}

/* ---- prices ---------------------------------------------------------------------------------- */

/* The parameter stream serves one PE after the other: first the weights, whose beats are those of
 * the load, then the biases, one per clock. */
uint64_t zs_line_setup_of(const zs_design *d, uint64_t pes, uint64_t filters)
{
    const line_params *p = line_params_of(&d->accel);
    return p->call_start + pes * p->pe_fill + pes * (filters + p->pe_fill);
}

uint64_t zs_line_setup(const zs_design *d, const zs_plan_row *row)
{
    return zs_line_setup_of(d, d->accel.unroll.oc, filters_per_pe(d, row));
}

static uint64_t window_copy(const zs_design *d, const zs_plan_row *row)
{
    return zs_line_filter_words(d, row) +
           (uint64_t)row->window.kh * line_params_of(&d->accel)->window_fill;
}

/* The first window of a row: lines that a vertical stride skips, then kw columns of the newest
 * line, then the copy into the window registers. */
uint64_t zs_line_row_start(const zs_design *d, const zs_plan_row *row)
{
    const zs_window *w = &row->window;
    const uint64_t line = (uint64_t)row->x.shape.w * line_of(row)->x_c;
    const uint64_t columns = in_beats(d, row, (uint64_t)w->kw * line_of(row)->x_c);
    return (w->sh - 1) * in_beats(d, row, line) + columns +
           (uint64_t)w->kh * line_params_of(&d->accel)->line_fill + window_copy(d, row);
}

/* Three stages work on consecutive pixels at the same time, the slowest sets the pace: products and
 * their results leaving PE by PE; the next window; the output stream. */
uint64_t zs_line_pixel_of(const zs_design *d, const zs_plan_row *row, uint64_t pes,
                          uint64_t filters)
{
    const line_params *p = line_params_of(&d->accel);
    const uint64_t macs = filters * zs_line_filter_words(d, row);
    const uint64_t drain = (pes - 1) * (filters + p->drain_gap);
    const uint64_t next_columns = in_beats(d, row, (uint64_t)row->window.sw * line_of(row)->x_c);
    const uint64_t next = next_columns + p->line_fill + window_copy(d, row) + p->shift;
    const uint64_t out = out_beats(d, row, line_of(row)->y_c) + p->store_fill;
    return zs_max_u64(macs + p->pixel_fill + drain, zs_max_u64(next, out));
}

uint64_t zs_line_pixel(const zs_design *d, const zs_plan_row *row)
{
    return zs_line_pixel_of(d, row, d->accel.unroll.oc, filters_per_pe(d, row));
}

uint64_t zs_line_row_end(const zs_design *d, const zs_plan_row *row)
{
    return out_beats(d, row, line_of(row)->y_c) + line_params_of(&d->accel)->row_end;
}

/* Windows of a pooled row one after the other, each taking sw new columns of kh lines. Meanwhile
 * the next row of the convolution goes on until the FIFO between the stages is full. */
uint64_t zs_line_pool(const zs_design *d, const zs_plan_row *row, bool is_last)
{
    const line_params *p = line_params_of(&d->accel);
    const zs_window *w = &row->pool_window;
    const uint64_t pixel = out_beats(d, row, line_of(row)->y_c);
    const uint64_t step = w->sw < w->kw ? w->sw : w->kw;
    const uint64_t pass =
        row->y.shape.w * (w->kh * step * pixel + p->pool_fill) + w->kh * (w->kw - step) * pixel;
    if (is_last)
        return pass;
    const uint64_t ahead = zs_min_u64(line_of(row)->rooms->pool_fifo_beats / pixel + 1, row->ow);
    const uint64_t hidden = zs_line_row_start(d, row) + ahead * zs_line_pixel(d, row);
    return pass > hidden ? pass - hidden : 0;
}

/* ---- memories -------------------------------------------------------------------------------- */

static void set_buffer(zs_plan_draft *d, zs_buffer_id id, const char *name, uint64_t banks,
                       uint64_t depth, uint64_t bits, uint64_t slots)
{
    zs_plan_buffer *b = &d->plan->buffers[id];
    *b = (zs_plan_buffer){.name = name};
    b->banks = (uint32_t)zs_min_u64(banks, UINT32_MAX / 8);
    b->depth_words = (uint32_t)zs_min_u64(depth, UINT32_MAX);
    b->word_bits = (uint32_t)zs_min_u64(bits, UINT32_MAX);
    b->slots = (uint32_t)zs_min_u64(slots, UINT32_MAX);
    b->bytes = (uint64_t)b->banks * b->depth_words * b->word_bits / 8;
    const zs_memory m = {.banks = b->banks, .bits = b->word_bits, .words = depth};
    b->bram18 = (uint32_t)zs_min_u64(zs_memory_bram18(&d->design->accel, m), UINT32_MAX / 8);
}

static bool is_call(const zs_plan_row *row)
{
    return line_of(row)->step == ZS_HOST_CALL;
}

static zs_status size_lines(zs_plan_draft *d, zs_err *err)
{
    const zs_design *design = d->design;
    const line_rooms *rooms = d->own;
    uint64_t longest = rooms->line_elems, taps = 1;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_plan_row *r = &d->rows[i];
        if (!is_call(r))
            continue;
        const uint64_t elems = (uint64_t)r->x.shape.w * line_of(r)->x_c;
        taps = zs_max_u64(taps, (uint64_t)(r->window.kh - 1) * r->window.dh + 1);
        if (rooms->line_elems == 0)
            longest = zs_max_u64(longest, elems);
        else if (elems > longest)
            return zs_fail(err, ZS_ERANGE, "accelerator.linebuffer.line",
                           "%u elements do not hold a line of layer %s: %llu are needed",
                           rooms->line_elems, r->name, (unsigned long long)elems);
    }
    set_buffer(d, ZS_BUF_INPUT, "line buffer", taps, words(design, longest),
               8ull * elem_of(design) * design->accel.unroll.ic, taps);
    return ZS_OK;
}

static void size_pool_lines(zs_plan_draft *d)
{
    const zs_design *design = d->design;
    const line_rooms *rooms = d->own;
    const uint32_t width = stream_bytes(design, rooms, design->accel.ports.output);
    uint64_t lines = 0, depth = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_plan_row *r = &d->rows[i];
        if (!is_call(r) || r->pool == ZS_NO_INDEX)
            continue;
        lines = zs_max_u64(lines, r->pool_window.kh);
        depth = zs_max_u64(depth, r->ow * out_beats(design, r, line_of(r)->y_c));
    }
    set_buffer(d, ZS_BUF_CARRY, "pool lines", lines, depth, 8ull * width, lines);
    set_buffer(d, ZS_BUF_OUTPUT, "pool FIFO", lines > 0, rooms->pool_fifo_beats, 8ull * width, 1);
}

uint32_t zs_line_fifo_width(const zs_design *d, const line_rooms *rooms)
{
    const zs_accel *a = &d->accel;
    const uint32_t in = stream_bytes(d, rooms, a->ports.input);
    const uint32_t weight = stream_bytes(d, rooms, a->ports.weight);
    const uint32_t out = stream_bytes(d, rooms, a->ports.output);
    const uint32_t wider = in > weight ? in : weight;
    return wider > out ? wider : out;
}

static void size_fifos(zs_plan_draft *d)
{
    const line_rooms *rooms = d->own;
    const uint64_t width = zs_line_fifo_width(d->design, rooms);
    set_buffer(d, ZS_BUF_RESIDENT, "stream FIFOs", STREAMS, rooms->fifo_bytes / width, 8 * width,
               1);
}

/* Block RAM of DMAs as wide as a port of the PS, whatever the width of the port, and of all
 * memories but that of the weights. */
static uint64_t other_bram18(const zs_plan_draft *d)
{
    uint64_t sum = STREAMS * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18];
    for (uint32_t id = 0; id < ZS_BUF_N; id++)
        sum += id == ZS_BUF_WEIGHT ? 0 : d->plan->buffers[id].bram18;
    return sum;
}

uint32_t zs_line_sum_bram18(const zs_plan_draft *d)
{
    const uint64_t sum = other_bram18(d) + d->plan->buffers[ZS_BUF_WEIGHT].bram18;
    return (uint32_t)zs_min_u64(sum, UINT32_MAX);
}

static uint64_t most_filter_words(const zs_plan_draft *d, bool whole_layers)
{
    uint64_t most = 1;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_plan_row *r = &d->rows[i];
        if (is_call(r))
            most = zs_max_u64(most, zs_line_filter_words(d->design, r) *
                                        (whole_layers ? filters_per_pe(d->design, r) : 1));
    }
    return most;
}

/* Without a size of its own: room for the largest layer, or as much as block RAM is left for. */
static uint64_t weight_depth(const zs_plan_draft *d, uint64_t bits)
{
    const zs_accel *a = &d->design->accel;
    if (line_params_of(a)->weight_elems > 0)
        return line_params_of(a)->weight_elems / ((uint64_t)a->unroll.oc * a->unroll.ic);
    if (a->buffer.weight_bytes > 0)
        return a->buffer.weight_bytes /
               ((uint64_t)a->unroll.oc * a->unroll.ic * zs_weight_bytes(a->precision));
    const uint64_t others = other_bram18(d);
    const uint64_t limit = zs_fit_room_bram18(d->design);
    const zs_memory m = {
        .banks = a->unroll.oc, .bits = (uint32_t)bits, .words = most_filter_words(d, true)};
    return zs_memory_depth(a, m, most_filter_words(d, false), limit > others ? limit - others : 0);
}

zs_status zs_line_size_buffers(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t bits =
        zs_min_u64(8ull * zs_weight_bytes(a->precision) * a->unroll.ic, UINT32_MAX);
    ZS_TRY(size_lines(d, err));
    size_pool_lines(d);
    size_fifos(d);
    set_buffer(d, ZS_BUF_WEIGHT, "weight memory", a->unroll.oc, weight_depth(d, bits), bits, 1);
    return ZS_OK;
}

uint64_t zs_line_filters_per_pe(const zs_plan_draft *d, const zs_plan_row *row)
{
    return d->plan->buffers[ZS_BUF_WEIGHT].depth_words / zs_line_filter_words(d->design, row);
}

/* ---- rings ----------------------------------------------------------------------------------- */

void zs_line_shape_rings(const zs_design *d, zs_plan_row *row)
{
    const zs_window *w = &row->window;
    const uint64_t line = (uint64_t)row->x.shape.w * line_of(row)->x_c * elem_of(d);
    const uint64_t result = (uint64_t)row->y.shape.w * line_of(row)->y_c * row->y.elem;
    const uint64_t lines = (uint64_t)(w->kh - 1) * w->dh + 1 + w->sh;
    const uint64_t fifo = zs_min_u64(line_of(row)->rooms->fifo_bytes / line, MAX_RING);
    line_of(row)->ring_lines = (uint32_t)(lines + fifo);
    line_of(row)->out_slots =
        (uint32_t)zs_min_u64(1 + zs_max_u64(1, line_of(row)->rooms->fifo_bytes / result), MAX_RING);
}

/* Half of what runs ahead, so that the next load is on its way while one is used up, but no more
 * than amortises the start of a transfer. */
uint32_t zs_line_chunk(const zs_design *d, const zs_plan_row *row)
{
    const zs_window *w = &row->window;
    const uint64_t line = (uint64_t)row->x.shape.w * line_of(row)->x_c * elem_of(d);
    const uint32_t fifo = line_of(row)->ring_lines - ((w->kh - 1) * w->dh + 1) - w->sh;
    const uint64_t most = zs_min_u64(fifo / 2, CHUNK_BYTES / line);
    return most > 1 ? (uint32_t)most : 1;
}
