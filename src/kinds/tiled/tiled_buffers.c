#include "tiled_priv.h"

#include "zynqsim/capacity.h"

#include <string.h>

/* A carry memory up to this size is bound to distributed RAM (64 bits a LUT), a larger one to
 * block RAM: it is shallow and wide, block RAM would stay nine tenths empty. */
#define CARRY_LUTRAM_BITS (UINT64_C(128) * 1024)

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Unrolls beyond any part must not wrap round to a design that fits. */
static uint32_t saturated(uint64_t n)
{
    return n > UINT32_MAX / 8 ? UINT32_MAX / 8 : (uint32_t)n;
}

uint32_t tiled_input_banks(const zs_accel *a)
{
    const tiled_params *p = tiled_params_of(a);
    const uint64_t lanes = p->mac.bank_ic ? p->mac.bank_ic : a->unroll.ic;
    return saturated(lanes * a->unroll.oy * a->unroll.ox);
}

static uint32_t output_lanes(const zs_accel *a)
{
    const uint32_t banks = tiled_params_of(a)->mac.bank_oc;
    return banks ? banks : a->unroll.oc;
}

static uint32_t weight_banks(const zs_accel *a)
{
    const uint64_t taps = (uint64_t)a->unroll.ky * a->unroll.kx;
    return saturated((uint64_t)output_lanes(a) * a->unroll.ic * taps);
}

/* Words per bank of `channels` planes of `pixels`, spread over `lanes` x `pixel_lanes` banks. */
static uint64_t plane_depth(uint64_t channels, uint64_t lanes, uint64_t pixels,
                            uint64_t pixel_lanes)
{
    return zs_ceil_div(channels, lanes) * zs_ceil_div(pixels, pixel_lanes);
}

/* ---- tiles ----------------------------------------------------------------------------------- */

const tiled_params *tiled_params_of_row(const zs_plan_draft *d, uint32_t i)
{
    const tiled_layer *layers = d->own;
    return layers != NULL ? &layers[d->drafts[i].layer].params : tiled_params_of(&d->design->accel);
}

/* Who says a tile for a layer does not leave it to the program, unless it says `auto` too. */
static void read_layer(const zs_design *design, const char *name, tiled_layer *l)
{
    static const char prefix[] = "accelerator.tile.";
    const tiled_params *p = &l->params;
    zs_accel accel;
    bool says_auto = false;
    zs_design_layer_accel(design, name, &accel);
    l->params = *tiled_params_of(&accel);
    l->ports = zs_accel_ports(&accel);
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        const zs_layer_setting *s = &design->layer_settings[i];
        if (s->key != ZS_LAYER_FIELD || !zs_layer_setting_fits(s, name))
            continue;
        if (strcmp(s->field->path, "accelerator.tile.auto") == 0)
            says_auto = s->value != 0;
        else if (strncmp(s->field->path, prefix, sizeof prefix - 1) == 0)
            l->has_own_tile = true;
        else if (strstr(s->field->path, "_loop") != NULL || strstr(s->field->path, "loop_") != NULL)
            l->order_is_said = true;
    }
    l->is_auto = says_auto || (l->params.tile.is_auto && !l->has_own_tile);
    l->has_own_tile = l->has_own_tile || l->is_auto;
    if (l->is_auto) {
        l->params.threads = ZS_THREADS_NONE;
    } else if (!p->double_buffer.input && !p->double_buffer.weight && !p->double_buffer.output) {
        const uint32_t single[] = {p->single_tile.oc, p->single_tile.ic, p->single_tile.oy,
                                   p->single_tile.ox};
        uint32_t *const tile[] = {&l->params.tile.oc, &l->params.tile.ic, &l->params.tile.oy,
                                  &l->params.tile.ox};
        for (uint32_t i = 0; i < ZS_LEN(single); i++)
            if (single[i] > 0) {
                *tile[i] = single[i];
                l->has_own_tile = true;
            }
    }
}

zs_status tiled_read_layers(zs_plan_draft *d, zs_err *err)
{
    const tiled_params *p = tiled_params_of(&d->design->accel);
    bool is_auto = p->tile.is_auto;
    if (d->design->layer_setting_n == 0 && !is_auto && p->single_tile.oc == 0 &&
        p->single_tile.ic == 0 && p->single_tile.oy == 0 && p->single_tile.ox == 0)
        return ZS_OK;
    tiled_layer *layers = zs_new(d->arena, tiled_layer, d->net->layer_n + 1u);
    if (layers == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->net->layer_n; i++) {
        read_layer(d->design, d->net->layers[i].name, &layers[i]);
        is_auto = is_auto || layers[i].is_auto;
    }
    d->own = layers;
    return is_auto ? tiled_map(d, err) : ZS_OK;
}

/* Whether the engine is built for the whole tile of the design: not where every layer has a tile of
 * its own. */
static bool has_common_tile(const zs_plan_draft *d)
{
    const tiled_layer *layers = d->own;
    bool is_used = layers == NULL;
    for (uint32_t i = 0; i < d->row_n && !is_used; i++)
        is_used = d->drafts[i].on_engine && !layers[d->drafts[i].layer].has_own_tile;
    return is_used;
}

static zs_status read_ports(zs_plan_draft *d, zs_err *err)
{
    const tiled_layer *layers = d->own;
    const zs_operand_ports of = zs_accel_ports(&d->design->accel);
    bool differs = false;
    for (uint32_t i = 0; i < d->row_n && layers != NULL; i++)
        differs |= memcmp(&layers[d->drafts[i].layer].ports, &of, sizeof of) != 0;
    if (!differs)
        return ZS_OK;
    zs_operand_ports *ports = zs_new(d->arena, zs_operand_ports, d->row_n + 1u);
    if (ports == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < d->row_n; i++) {
        ports[i] = layers[d->drafts[i].layer].ports;
        if (ports[i].output != 1u << ZS_PORT_ACP) /* what the PS reads may not be coherent */
            d->output_port = (uint32_t)__builtin_ctz(ports[i].output);
    }
    d->ports_of_row = ports;
    return ZS_OK;
}

static uint64_t footprint(const zs_plan_row *row)
{
    return (uint64_t)zs_extent_y(row, 0, row->t_oy).n * zs_extent_x(row, 0, row->t_ox).n;
}

/* Output channels of a tile when sums that its pixels leave free are used by more channels, and
 * their weights fit as often as the buffer is divided. */
static uint32_t filled_oc(const zs_plan_draft *d, const zs_plan_row *row, const tiled_params *p)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t sums = (uint64_t)p->tile.oc * p->tile.oy * p->tile.ox;
    const uint64_t slot_bytes =
        a->buffer.weight_bytes / (tiled_params_of(a)->double_buffer.weight ? 2 : 1);
    const uint64_t lane_bytes = (uint64_t)weight_banks(a) * zs_weight_bytes(a->precision) *
                                zs_ceil_div(row->t_ic, a->unroll.ic) *
                                zs_ceil_div(row->window.kh, a->unroll.ky) *
                                zs_ceil_div(row->window.kw, a->unroll.kx);
    const uint64_t lanes = a->unroll.oc;
    uint64_t oc = sums / ((uint64_t)row->t_oy * row->t_ox) / lanes * lanes;
    oc = zs_min_u64(oc, slot_bytes / lane_bytes * output_lanes(a));
    oc = zs_min_u64(oc, UINT16_MAX / lanes * lanes); /* a box counts them in 16 bits */
    return min_u32(row->group_oc, (uint32_t)zs_max_u64(oc, row->t_oc));
}

static void shape_row(zs_plan_draft *d, uint32_t i)
{
    const tiled_params *p = tiled_params_of_row(d, i);
    const zs_layer *layer = zs_draft_layer(d, i);
    zs_plan_row *row = &d->rows[i];
    zs_draft_shape_whole(d, i);
    row->loop_order = tiled_loop_order(p);
    if (tiled_keeps_sums(row) && d->drafts[i].pool == ZS_NO_INDEX &&
        tiled_params_of(&d->design->accel)->double_buffer.output)
        row->loop_order |= (p->threads == ZS_THREADS_ROWS       ? D_OY
                            : p->threads == ZS_THREADS_CHANNELS ? D_OC
                                                                : 0u)
                           << 2;
    row->t_oc = min_u32(p->tile.oc, layer->y.c / layer->groups);
    row->t_ic = min_u32(p->tile.ic, layer->x.c / layer->groups);
    row->t_oy = min_u32(p->tile.oy, layer->y.h);
    row->t_ox = min_u32(p->tile.ox, layer->y.w);
    if (row->is_depthwise)
        row->t_oc = row->t_ic = min_u32(p->tile.oc, layer->y.c);
    const bool has_weights = zs_op_has_filters(layer->op);
    const zs_window *w = &layer->window;
    if (has_weights && zs_shape_elems(layer->x) == layer->x.c && layer->groups == 1 && w->kh == 1 &&
        w->kw == 1 && w->pad_top == 0 && w->pad_left == 0 && layer->y.h == 1 && layer->y.w == 1) {
        row->images_are_columns = true;
        row->ow = d->design->batch;
        row->t_ox = min_u32(p->tile.oy * p->tile.ox, d->design->batch);
    }
    if (!has_weights)
        row->t_ic = row->t_oc;
    row->y_c = layer->y.c;
    row->group_ic = layer->x.c / layer->groups;
    row->group_oc = layer->y.c / layer->groups;
    if (has_weights && !row->is_depthwise && p->tile.fills)
        row->t_oc = filled_oc(d, row, p);
    if (d->drafts[i].front != 0) /* pixels outside, sums complete */
        row->loop_order = TILED_PIXELS_OUTSIDE;
}

/* Channels that a load of so many moves at the most: blocks are moved whole, also those in which a
 * tile begins or ends. */
static uint64_t moved_channels(uint64_t channels, uint64_t block)
{
    const bool is_aligned = channels % block == 0 || block % channels == 0;
    return zs_round_up(channels + (is_aligned ? 0 : block - 1), block);
}

/* Words per bank of an input slot for so many channels of so many pixels. */
static uint64_t input_depth(const zs_plan_draft *d, uint64_t channels, uint64_t pixels)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    const uint64_t lanes = p->mac.bank_ic ? p->mac.bank_ic : a->unroll.ic;
    return plane_depth(channels, lanes, pixels, (uint64_t)a->unroll.oy * a->unroll.ox);
}

uint64_t tiled_input_depth(const zs_plan_draft *d, uint32_t i)
{
    const zs_plan_row *row = &d->rows[i];
    const uint64_t block = tiled_params_of(&d->design->accel)->channel_block;
    if (row->images_are_columns)
        return input_depth(d, row->t_ic, row->t_ox);
    return input_depth(d, moved_channels(row->t_ic, block), footprint(row));
}

/* The least of it that a row can do with: one that carries whole channels through takes as many as
 * there is room for. */
static uint64_t least_input_depth(const zs_plan_draft *d, uint32_t i)
{
    const uint64_t block = tiled_params_of(&d->design->accel)->channel_block;
    return d->rows[i].is_depthwise ? input_depth(d, block, footprint(&d->rows[i]))
                                   : tiled_input_depth(d, i);
}

/* A full tile of a 1x1 layer, or the largest window of a layer; of a layer with a tile of its own
 * that. */
static uint64_t input_slot_depth(const zs_plan_draft *d)
{
    const tiled_params *p = tiled_params_of(&d->design->accel);
    const tiled_layer *layers = d->own;
    uint64_t depth = 1;
    if (has_common_tile(d))
        depth = input_depth(d, moved_channels(p->tile.ic, p->channel_block),
                            (uint64_t)p->tile.oy * p->tile.ox);
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++) {
        if (!d->drafts[i].on_engine || d->drafts[i].front != 0)
            continue;
        if (layers != NULL && layers[d->drafts[i].layer].has_own_tile)
            depth = zs_max_u64(depth, tiled_input_depth(d, i));
        else if (zs_draft_layer(d, i)->op == ZS_LAYER_CONV)
            depth = zs_max_u64(depth, least_input_depth(d, i));
    }
    return depth;
}

/* Words per bank of a buffer whose size is said, in whole slots. */
static uint64_t given_depth(uint64_t bytes, uint32_t banks, uint32_t bits, uint32_t slots)
{
    return bytes * 8 / ((uint64_t)banks * bits) / slots * slots;
}

/* Layers that carry whole channels through take as many as an input slot holds, in whole blocks:
 * where not even one block fits, of fewer pixels. A layer of which not one window fits is left to
 * the PS. */
static zs_status fit_channels(zs_plan_draft *d, uint32_t i, uint64_t slot_elems, zs_err *err)
{
    zs_plan_row *row = &d->rows[i];
    const zs_layer *layer = zs_draft_layer(d, i);
    const bool has_weights = zs_op_has_filters(layer->op);
    if (!d->drafts[i].on_engine || (has_weights && !row->is_depthwise) || d->drafts[i].front != 0)
        return ZS_OK;
    if (tiled_params_of(&d->design->accel)->is_relaxed) { /* as if there were a slot for all */
        row->t_oc = row->t_ic = layer->y.c;
        return ZS_OK;
    }
    const uint64_t block = tiled_params_of(&d->design->accel)->channel_block;
    while (block * footprint(row) > slot_elems && row->t_oy * row->t_ox > 1 && i < d->row_n) {
        uint32_t *longer = row->t_oy >= row->t_ox ? &row->t_oy : &row->t_ox;
        *longer = (*longer + 1) / 2;
    }
    const uint64_t channels = slot_elems / footprint(row);
    if (channels < block) {
        d->drafts[i].on_engine = false;
        row->host_note = zs_arena_printf(
            d->arena,
            "the PS runs this layer: a window of %u x %u of %llu channel%s is more than the %llu "
            "elements of an input slot",
            row->window.kh, row->window.kw, (unsigned long long)block, block > 1 ? "s" : "",
            (unsigned long long)slot_elems);
        return row->host_note != NULL ? ZS_OK : zs_nomem(err, "plan");
    }
    uint64_t taken = zs_min_u64(row->t_oc, channels);
    if (taken > block)
        taken -= taken % block;
    while (moved_channels(taken, block) > channels)
        taken--;
    row->t_oc = row->t_ic = (uint32_t)taken;
    return ZS_OK;
}

/* Of a row with fronts that of the largest tile of all of them. */
uint64_t tiled_weight_tile_depth(const zs_plan_draft *d, const zs_plan_row *row)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t of_front = row->front != NULL ? tiled_weight_tile_depth(d, row->front) : 0;
    const uint64_t kernel =
        zs_ceil_div(row->window.kh, a->unroll.ky) * zs_ceil_div(row->window.kw, a->unroll.kx);
    const uint64_t ic = row->is_depthwise ? 1 : zs_ceil_div(row->t_ic, a->unroll.ic);
    return zs_max_u64(of_front, zs_ceil_div(row->t_oc, output_lanes(a)) * ic * kernel);
}

uint32_t tiled_buffer_bram18(const zs_accel *a, const zs_plan_buffer *b, uint64_t depth)
{
    const zs_memory m = {b->banks, b->word_bits, depth, b->full_ports};
    return saturated(zs_memory_bram18(a, m));
}

static void set_buffer(zs_plan_draft *d, zs_buffer_id id, const char *name, uint32_t banks,
                       uint64_t depth, uint32_t bits, uint32_t slots)
{
    zs_plan_buffer *b = &d->plan->buffers[id];
    *b = (zs_plan_buffer){.name = name, .banks = banks, .word_bits = bits, .slots = slots};
    b->depth_words = depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
    b->slot_elems = slots ? depth / slots * banks : 0;
    b->bytes = (uint64_t)banks * depth * bits / 8;
    b->full_ports = tiled_params_of(&d->design->accel)->full_ports;
    const bool is_small_carry = id == ZS_BUF_CARRY && b->bytes * 8 <= CARRY_LUTRAM_BITS;
    b->bram18 = is_small_carry ? 0 : tiled_buffer_bram18(&d->design->accel, b, depth);
}

static void set_weight_slot(const zs_accel *a, zs_plan_row *row)
{
    const uint64_t filters = (uint64_t)row->t_oc * (row->is_depthwise ? 1 : row->t_ic) *
                             row->window.kh * row->window.kw * zs_weight_bytes(a->precision);
    row->weight_slot_bytes = zs_round_up((uint64_t)row->t_oc * zs_bias_bytes(a->precision), 64) +
                             zs_round_up(filters, 64);
}

zs_status tiled_shape_rows(zs_plan_draft *d, zs_err *err)
{
    ZS_TRY(read_ports(d, err));
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++)
        shape_row(d, i);
    tiled_shape_fronts(d);
    const uint32_t slots = p->double_buffer.input ? 2 : 1, bits = 8 * zs_elem_bytes(a->precision);
    const uint32_t banks = tiled_input_banks(a);
    set_buffer(d, ZS_BUF_INPUT, "input", banks,
               p->buffer.input_bytes > 0 ? given_depth(p->buffer.input_bytes, banks, bits, slots)
                                         : slots * input_slot_depth(d),
               bits, slots);
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++)
        ZS_TRY(fit_channels(d, i, d->plan->buffers[ZS_BUF_INPUT].slot_elems, err));
    tiled_cut_strips(d);
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++)
        if (zs_op_has_filters(zs_draft_layer(d, i)->op))
            set_weight_slot(a, &d->rows[i]);
    tiled_share_weight_slots(d);
    return ZS_OK;
}

/* ---- memories -------------------------------------------------------------------------------- */

/* Rows of a fused pool's windows that wait for the next row of tiles, and columns for the next
 * tile: elements per output channel. */
static uint64_t carry_elems(const zs_plan_draft *d, uint32_t i)
{
    const uint32_t pool_layer = d->drafts[i].pool;
    if (pool_layer == ZS_NO_INDEX)
        return 0;
    const zs_layer *pool = &d->net->layers[pool_layer];
    const zs_window *w = &pool->window;
    const uint64_t rows = zs_pool_crossing(w->kh, w->sh);
    const uint64_t columns = zs_pool_crossing(w->kw, w->sw);
    return rows * pool->y.w + columns * (d->rows[i].t_oy / w->sh + rows + 1);
}

/* The order of tile loops decides for how many channels carries are alive at once. */
static uint32_t carry_channels(const zs_plan_draft *d, uint32_t i)
{
    if (d->drafts[i].pool == ZS_NO_INDEX)
        return 0;
    const uint32_t nest = tiled_nest_of(&d->rows[i]);
    const bool channels_outside = nest == TILED_WEIGHTS_STAY || nest == TILED_CHANNELS_OUTSIDE;
    return channels_outside ? d->rows[i].t_oc : zs_draft_layer(d, i)->y.c;
}

bool tiled_carry_is_small(const zs_plan_draft *d, uint32_t i)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t lanes = output_lanes(a), bits = 8 * zs_elem_bytes(a->precision);
    return zs_ceil_div(carry_channels(d, i), lanes) * lanes * carry_elems(d, i) * bits <=
           CARRY_LUTRAM_BITS;
}

static uint64_t carry_depth(zs_plan_draft *d)
{
    uint64_t depth = 0;
    for (uint32_t i = 0; i < d->row_n; i++) {
        d->rows[i].carry_oc_n = carry_channels(d, i);
        depth =
            zs_max_u64(depth, zs_ceil_div(d->rows[i].carry_oc_n, output_lanes(&d->design->accel)) *
                                  carry_elems(d, i));
    }
    return depth;
}

static uint32_t bram18_beside_weights(const zs_plan_draft *d, uint32_t masters)
{
    uint32_t sum = masters * zs_operators[ZS_OPERATOR_AXI_MASTER].cost.n[ZS_RESOURCE_BRAM18];
    for (uint32_t id = 0; id < ZS_BUF_N; id++)
        if (id != ZS_BUF_WEIGHT)
            sum += d->plan->buffers[id].bram18;
    const tiled_stage_sizes stages =
        tiled_stage_sizes_of(d->design, d->plan->buffers, d->rows, zs_draft_all_n(d));
    return sum + tiled_stage_bram18(d->design, &stages);
}

static uint32_t count_masters(const zs_design *design)
{
    const zs_operand_ports p = zs_design_ports(design);
    return (uint32_t)__builtin_popcount(p.input | p.weight | p.output);
}

void tiled_weight_depths(const zs_plan_draft *d, uint64_t slots, uint64_t *least, uint64_t *useful)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    *least = 1;
    if (has_common_tile(d))
        *least = zs_ceil_div(p->tile.oc, output_lanes(a)) * zs_ceil_div(p->tile.ic, a->unroll.ic);
    *least *= slots;
    *useful = *least;
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *layer = zs_draft_layer(d, i);
        const zs_plan_row *row = &d->rows[i];
        if (!zs_op_has_filters(layer->op))
            continue;
        const uint64_t tile = tiled_weight_tile_depth(d, row);
        const uint64_t channel_tiles =
            row->front != NULL  ? zs_min_u64(tiled_weight_tiles(row), ZS_SLOTS_MAX)
            : row->is_depthwise ? 1
                                : zs_ceil_div(layer->x.c / layer->groups, row->t_ic);
        *least = zs_max_u64(*least, slots * tile);
        *useful = zs_max_u64(*useful, tile * zs_max_u64(slots, channel_tiles));
    }
}

bool tiled_weight_depth(const zs_design *design, uint64_t others, uint64_t least, uint64_t useful,
                        uint64_t *depth)
{
    const zs_accel *a = &design->accel;
    const uint32_t budget = zs_fit_room_bram18(design);
    zs_memory m = {weight_banks(a), 8 * zs_weight_bytes(a->precision), useful,
                   tiled_params_of(a)->full_ports};
    m.words = a->buffer.weight_bytes > 0
                  ? a->buffer.weight_bytes / ((uint64_t)m.banks * zs_weight_bytes(a->precision))
                  : zs_memory_depth(a, m, least, budget > others ? budget - others : 0);
    *depth = m.words;
    return others + saturated(zs_memory_bram18(a, m)) <= budget;
}

/* The fewest slots, at least `least`, with which a row loads its weights as often as with so many.
 */
static uint64_t slots_of_use(const zs_plan_draft *d, uint32_t i, uint64_t least, uint64_t slots)
{
    const zs_plan_row *row = &d->rows[i];
    uint32_t trips[D_N];
    tiled_trips(d->design, zs_draft_layer(d, i), row, trips);
    const uint64_t loads = tiled_weight_loads(d->design, row, trips, slots);
    while (least < slots) { /* more slots never load more */
        const uint64_t middle = least + (slots - least) / 2;
        if (tiled_weight_loads(d->design, row, trips, middle) == loads)
            slots = middle;
        else
            least = middle + 1;
    }
    return slots;
}

/* Of a depth that was found by the room there is, as much as makes rows load their weights less
 * often, or one tile ahead; where less saves neither blocks nor LUTs, all of it. */
static uint64_t depth_of_use(const zs_plan_draft *d, uint64_t least, uint64_t depth)
{
    enum { AHEAD = 2 }; /* slots: one is filled while the other is read */
    const zs_accel *a = &d->design->accel;
    uint64_t of_use = zs_min_u64(least, depth);
    for (uint32_t i = 0; i < d->row_n && of_use < depth; i++) {
        if (!d->drafts[i].on_engine || !zs_op_has_filters(zs_draft_layer(d, i)->op))
            continue;
        const uint64_t tile = zs_max_u64(1, tiled_weight_tile_depth(d, &d->rows[i]));
        const uint64_t most = zs_min_u64(depth / tile, ZS_SLOTS_MAX);
        of_use = zs_max_u64(of_use, tile * slots_of_use(d, i, zs_min_u64(AHEAD, most), most));
    }
    zs_memory m = {weight_banks(a), 8 * zs_weight_bytes(a->precision), depth,
                   tiled_params_of(a)->full_ports};
    const uint64_t blocks = zs_memory_bram18(a, m);
    if (a->packs_words && blocks > 0) /* apart in LUTs, its banks would take more of these */
        of_use = zs_min_u64(depth, zs_max_u64(of_use, ZS_LUTRAM_BITS / m.bits + 1));
    m.words = of_use;
    return blocks == 0 || zs_memory_bram18(a, m) < blocks ? of_use : depth;
}

static bool size_weights(zs_plan_draft *d)
{
    const zs_accel *a = &d->design->accel;
    const uint64_t slots = tiled_params_of(a)->double_buffer.weight ? 2 : 1;
    uint64_t least, useful, depth;
    tiled_weight_depths(d, slots, &least, &useful);
    /* as if every operand had a port of its own: one that it has takes no room from the weights
     * then that it would leave them when it shares */
    const uint32_t master_n = count_masters(d->design);
    const bool fits = tiled_weight_depth(
        d->design, bram18_beside_weights(d, master_n > 3 ? master_n : 3), least, useful, &depth);
    if (a->buffer.weight_bytes == 0 && (a->packs_words || !a->rounds_depths))
        depth = depth_of_use(d, least, depth);
    set_buffer(d, ZS_BUF_WEIGHT, "weight", weight_banks(a), depth,
               8 * zs_weight_bytes(a->precision), (uint32_t)slots);
    return fits;
}

uint32_t tiled_sum_bram18(const zs_plan_draft *d)
{
    return bram18_beside_weights(d, count_masters(d->design)) +
           d->plan->buffers[ZS_BUF_WEIGHT].bram18;
}

/* Sums of a row's tile, or the windows of a fused pool that a tile completes where these are
 * more. */
uint64_t tiled_output_depth(const zs_plan_draft *d, uint32_t i)
{
    const zs_accel *a = &d->design->accel;
    const zs_plan_row *r = &d->rows[i];
    return plane_depth(r->t_oc, output_lanes(a), zs_row_tile_results(r, d->net),
                       (uint64_t)a->unroll.oy * a->unroll.ox);
}

/* A full tile, or that of a layer where this is more. */
static uint64_t output_slot_depth(const zs_plan_draft *d)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    uint64_t depth = 1;
    if (has_common_tile(d))
        depth = plane_depth(p->tile.oc, output_lanes(a), (uint64_t)p->tile.oy * p->tile.ox,
                            (uint64_t)a->unroll.oy * a->unroll.ox);
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++) {
        const bool has_sums = zs_op_has_filters(zs_draft_layer(d, i)->op);
        if (has_sums || (d->own != NULL && d->drafts[i].on_engine))
            depth = zs_max_u64(depth, tiled_output_depth(d, i));
    }
    return depth;
}

bool tiled_size_buffers(zs_plan_draft *d, uint64_t resident_elems)
{
    const zs_accel *a = &d->design->accel;
    const tiled_params *p = tiled_params_of(a);
    const uint32_t bits = 8 * zs_elem_bytes(a->precision);
    const uint32_t slots = p->double_buffer.output ? 2 : 1;
    const uint32_t banks = saturated((uint64_t)output_lanes(a) * a->unroll.oy * a->unroll.ox);
    set_buffer(d, ZS_BUF_OUTPUT, "output", banks,
               p->buffer.output_bytes > 0
                   ? given_depth(p->buffer.output_bytes, banks, zs_acc_bits(a->precision), slots)
                   : slots * output_slot_depth(d),
               zs_acc_bits(a->precision), slots);
    set_buffer(d, ZS_BUF_CARRY, "pool carry", output_lanes(a), carry_depth(d), bits, 1);
    set_buffer(d, ZS_BUF_RESIDENT, "resident", tiled_input_banks(a),
               zs_ceil_div(resident_elems, tiled_input_banks(a)), bits, 1);
    return size_weights(d);
}

/* Transfers and offsets within a tile are counted in 32 bits. */
static zs_status check_tile_bytes(const zs_plan_draft *d, uint32_t i, zs_err *err)
{
    const zs_plan_row *row = &d->rows[i];
    const uint32_t precision = d->design->accel.precision;
    /* a tile that begins or ends within a block of channels moves the whole block */
    const uint64_t filled_up =
        2 * (uint64_t)(tiled_params_of(&d->design->accel)->channel_block - 1);
    const uint64_t input = row->images_are_columns ? row->t_ox : footprint(row);
    const uint64_t pixels = (uint64_t)row->t_oy * row->t_ox;
    const uint64_t most =
        zs_max_u64(zs_max_u64(row->weight_slot_bytes,
                              (row->t_ic + filled_up) * input * zs_elem_bytes(precision)),
                   (row->t_oc + filled_up) * pixels * zs_acc_bytes(precision));
    if (d->drafts[i].on_engine && most > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile",
                       "a tile of layer %s has %llu bytes, more than the %u of one transfer",
                       zs_draft_layer(d, i)->name, (unsigned long long)most, UINT32_MAX);
    return ZS_OK;
}

static zs_status check_slot(const zs_plan_draft *d, uint32_t i, zs_buffer_id id, uint64_t depth,
                            zs_err *err)
{
    static const char *const keys[] = {
        [ZS_BUF_INPUT] = "accelerator.buffer.input", [ZS_BUF_OUTPUT] = "accelerator.buffer.output"};
    const zs_plan_row *r = &d->rows[i];
    const zs_plan_buffer *b = &d->plan->buffers[id];
    const uint64_t word_bits = (uint64_t)b->banks * b->word_bits;
    if (depth <= b->depth_words / b->slots)
        return ZS_OK;
    return zs_fail(
        err, ZS_ERANGE, keys[id],
        "%llu bytes in %u slot%s of %llu do not hold a tile of layer %.64s, %u x %u x %u "
        "x %u (oc, ic, oy, ox), of %llu bytes",
        (unsigned long long)(b->depth_words * word_bits / 8), b->slots, b->slots > 1 ? "s" : "",
        (unsigned long long)(b->depth_words / b->slots * word_bits / 8), zs_draft_layer(d, i)->name,
        r->t_oc, r->t_ic, r->t_oy, r->t_ox, (unsigned long long)(depth * word_bits / 8));
}

/* Tiles against the buffers whose sizes are said. */
static zs_status check_slots(const zs_plan_draft *d, zs_err *err)
{
    const tiled_params *p = tiled_params_of(&d->design->accel);
    if (p->buffer.input_bytes == 0 && p->buffer.output_bytes == 0)
        return ZS_OK;
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++) {
        if (!d->drafts[i].on_engine)
            continue;
        if (zs_op_has_filters(zs_draft_layer(d, i)->op) && d->drafts[i].front == 0)
            ZS_TRY(check_slot(d, i, ZS_BUF_INPUT, least_input_depth(d, i), err));
        ZS_TRY(check_slot(d, i, ZS_BUF_OUTPUT, tiled_output_depth(d, i), err));
    }
    return ZS_OK;
}

zs_status tiled_finish_buffers(zs_plan_draft *d, zs_err *err)
{
    const zs_accel *a = &d->design->accel;
    const uint32_t elem = zs_weight_bytes(a->precision);
    (void)tiled_size_buffers(d, d->plan->resident_elems);
    ZS_TRY(check_slots(d, err));
    const zs_plan_buffer *w = &d->plan->buffers[ZS_BUF_WEIGHT];
    uint64_t least, useful;
    tiled_weight_depths(d, tiled_params_of(a)->double_buffer.weight ? 2 : 1, &least, &useful);
    if (w->depth_words < least)
        return zs_fail(err, ZS_ERANGE, "accelerator.buffer.weight",
                       "%llu bytes do not hold the %u weight tile%s of the largest layer: at least "
                       "%llu bytes are needed",
                       (unsigned long long)a->buffer.weight_bytes, w->slots,
                       w->slots > 1 ? "s" : "", (unsigned long long)(least * w->banks * elem));
    for (uint32_t i = 0; i < zs_draft_all_n(d); i++) {
        zs_plan_row *row = &d->rows[i];
        const zs_layer *layer = zs_draft_layer(d, i);
        if (!zs_op_has_filters(layer->op)) {
            ZS_TRY(check_tile_bytes(d, i, err));
            continue;
        }
        const uint64_t slots = w->depth_words / zs_max_u64(1, tiled_weight_tile_depth(d, row));
        row->weight_slots = (uint32_t)zs_min_u64(slots, ZS_SLOTS_MAX);
        ZS_TRY(check_tile_bytes(d, i, err));
    }
    for (uint32_t i = 0; i < d->row_n; i++)
        for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front)
            d->rows[k].weight_slots = d->rows[i].weight_slots;
    return ZS_OK;
}
