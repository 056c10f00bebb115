#include "engines_priv.h"

#include <string.h>

/* What is asked of any kind goes through its row. */

#include "kind_rows_priv.h"

#define KIND(id, word, meaning) extern const zs_kind zs_kind_##id;
#include KINDS_DEF
#undef KIND

const zs_kind *const zs_kinds[] = {
#define KIND(id, word, meaning) &zs_kind_##id,
#include KINDS_DEF
#undef KIND
};

const char zs_kind_ports_axis[] =
    "accelerator.ports.input+accelerator.ports.weight+accelerator.ports.output="
    "hp0/hp1/hp2,hp0/hp0/hp1,hp0/hp0/hp0";

uint32_t zs_kind_bias_bits(const zs_design *design)
{
    bool narrows = zs_kind_of(design)->narrows_biases;
    for (uint32_t i = 0; i < design->engine_n; i++) /* what one of them narrows all have to share */
        narrows = narrows || zs_kinds[design->engines[i].accel.kind]->narrows_biases;
    return narrows ? 8 * zs_weight_bytes(design->accel.precision) : 0;
}

static bool reads_weights(const zs_design *design)
{
    const zs_kind *kind = zs_kind_of(design);
    return kind->plans_by_weights != NULL && kind->plans_by_weights(design);
}

bool zs_kind_reads_weights(const zs_design *design)
{
    bool reads = design->engine_n == 0 && reads_weights(design);
    for (uint32_t i = 0; i < design->engine_n && !reads; i++) {
        const zs_design alone = zs_design_of_engine(design, i);
        reads = reads_weights(&alone);
    }
    return reads;
}

static bool reads_inputs(const zs_design *design)
{
    const zs_kind *kind = zs_kind_of(design);
    return kind->plans_by_inputs != NULL && kind->plans_by_inputs(design);
}

bool zs_kind_reads_inputs(const zs_design *design)
{
    bool reads = design->engine_n == 0 && reads_inputs(design);
    for (uint32_t i = 0; i < design->engine_n && !reads; i++) {
        const zs_design alone = zs_design_of_engine(design, i);
        reads = reads_inputs(&alone);
    }
    return reads;
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* A bracket without its end is one of a name. */
static bool is_pattern(const char *name)
{
    const char *bracket = strchr(name, '[');
    return name[strcspn(name, "*?")] != '\0' || (bracket != NULL && strchr(bracket, ']') != NULL);
}

static zs_status fail_no_layer(const zs_net *net, const char *name, zs_err *err)
{
    const char *best = NULL;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const char *pair[] = {best != NULL ? best : net->layers[i].name, net->layers[i].name};
        best = zs_nearest(name, pair, 2);
    }
    return zs_fail(err, ZS_EPARSE, "layers", "no layer of network %s is called \"%.64s\"%s%.64s%s",
                   net->name, name, best ? "; did you mean \"" : "", best ? best : "",
                   best ? "\"?" : "");
}

/* What is said of layers must be of the kind that takes them, and of a layer that there is. */
static zs_status check_layer_settings(const zs_design *design, const zs_net *net,
                                      const zs_engine_share *share, zs_err *err)
{
    const zs_kind *kind = zs_kind_of(design);
    for (uint32_t s = 0; s < design->layer_setting_n; s++) {
        const zs_layer_setting *x = &design->layer_settings[s];
        const bool is_field = x->key == ZS_LAYER_FIELD;
        const bool is_of = is_field ? zs_layer_field_is_of(x->field, design->accel.kind)
                                    : kind->takes_layer_settings;
        bool is_used = !is_field || is_pattern(x->pattern); /* which may fit none */
        bool is_taken = share->engine_of_layer == NULL;
        for (uint32_t i = 0; i < net->layer_n; i++) {
            const bool fits = zs_layer_setting_fits(x, net->layers[i].name);
            is_used = is_used || fits;
            is_taken = is_taken || (fits && share->engine_of_layer[i] == share->engine);
        }
        if (!is_of && is_taken && is_field) {
            ZS_TRY(zs_field_check_kind(x->field, design->accel.kind, err));
            return zs_fail(err, ZS_EUNSUPPORTED, "layers",
                           "'%s' of '%.64s': kind %s has one for all layers",
                           zs_layer_setting_word(x), x->pattern, kind->word);
        } else if (!is_of && is_taken) {
            return zs_fail(err, ZS_EUNSUPPORTED, "layers",
                           "'%s' of '%.64s': the layers of kind %s have no hardware of their own",
                           zs_layer_setting_word(x), x->pattern, kind->word);
        }
        if (!is_used)
            return fail_no_layer(net, x->pattern, err);
    }
    return ZS_OK;
}

static zs_status draft_new(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const zs_engine_share *share, bool is_outline, zs_plan_draft **out,
                           zs_err *err)
{
    const zs_kind *kind = zs_kind_of(design);
    zs_plan_draft *d = zs_new(arena, zs_plan_draft, 1);
    zs_plan *plan = zs_new(arena, zs_plan, 1);
    if (d == NULL || plan == NULL)
        return zs_nomem(err, "plan");
    if (design->accel.model_scales && (!kind->takes_model_scales))
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "model is not handled by this kind of accelerator; fp32 computes with the "
                       "same integers");
    if (design->accel.weight_bits + design->accel.act_bits != 0 && !kind->takes_narrow_numbers)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "'%s': kind stream has numbers of fewer than 8 bits, kind %s has none",
                       zs_precision_word(&design->accel), kind->word);
    ZS_TRY(check_layer_settings(design, net, share, err));
    *plan = (zs_plan){.kind = kind,
                      .units = zs_tile_units,
                      .unit_n = ZS_UNIT_N,
                      .engine_n = 1,
                      .batch = design->batch};
    *d = (zs_plan_draft){.arena = arena,
                         .design = design,
                         .net = net,
                         .plan = plan,
                         .xfer = kind->xfer,
                         .output_port = design->accel.ports.output,
                         .engine_of_layer = share->engine_of_layer,
                         .engine = share->engine,
                         .is_outline = is_outline};
    if (design->on_cpu_n > 0 && share->engine_of_layer == NULL)
        ZS_TRY(zs_engines_leave(arena, design, net, &d->engine_of_layer, err));
    ZS_TRY(kind->draft(d, err));
    plan->rows = d->rows;
    plan->row_n = d->row_n;
    plan->front_n = d->front_n;
    *out = d;
    return ZS_OK;
}

/* Of several engines the plans are made whole: no two of them are compared. */
static zs_status draft_engines(zs_arena *arena, const zs_design *design, const zs_net *net,
                               zs_plan_draft **out, zs_err *err)
{
    zs_plan_draft *d = zs_new(arena, zs_plan_draft, 1);
    if (d == NULL)
        return zs_nomem(err, "plan");
    *d = (zs_plan_draft){.arena = arena, .design = design, .net = net, .is_whole = true};
    ZS_TRY(zs_engines_plan(arena, design, net, &d->plan, err));
    *out = d;
    return ZS_OK;
}

static zs_status draft_any(zs_arena *arena, const zs_design *design, const zs_net *net,
                           bool is_outline, zs_plan_draft **out, zs_err *err)
{
    if (design->engine_n > 0)
        return draft_engines(arena, design, net, out, err);
    return draft_new(arena, design, net, &(zs_engine_share){0}, is_outline, out, err);
}

zs_status zs_engine_draft(zs_arena *arena, const zs_design *design, const zs_net *net,
                          const zs_engine_share *share, zs_plan_draft **out, zs_err *err)
{
    return draft_new(arena, design, net, share, false, out, err);
}

static zs_status finish(zs_plan_draft *d, zs_err *err)
{
    if (d->is_whole)
        return ZS_OK;
    d->is_whole = true;
    return d->plan->kind->emit(d, err);
}

zs_status zs_plan_draft_build(zs_arena *arena, const zs_design *design, const zs_net *net,
                              zs_plan_draft **out, zs_err *err)
{
    return draft_any(arena, design, net, false, out, err);
}

zs_status zs_plan_finish(zs_plan_draft *d, const zs_plan **out, zs_err *err)
{
    ZS_TRY(finish(d, err));
    *out = d->plan;
    return ZS_OK;
}

zs_status zs_plan_build(zs_arena *arena, const zs_design *design, const zs_net *net, zs_plan **out,
                        zs_err *err)
{
    zs_plan_draft *d;
    ZS_TRY(draft_any(arena, design, net, false, &d, err));
    ZS_TRY(finish(d, err));
    *out = d->plan;
    return ZS_OK;
}

zs_status zs_plan_outline(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err)
{
    zs_plan_draft *d;
    ZS_TRY(draft_any(arena, design, net, zs_kind_of(design)->outline_row != NULL, &d, err));
    ZS_TRY(finish(d, err));
    *out = d->plan;
    return ZS_OK;
}

const char *zs_plan_draft_note(const zs_plan_draft *d)
{
    return d->plan->fusion_note;
}

const zs_plan *zs_plan_draft_plan(const zs_plan_draft *d)
{
    return d->plan;
}

/* What the op moves of the transfer that its kind describes. */
static zs_xfer own_share(const zs_plan *plan, const zs_board *board, uint32_t op, zs_xfer x)
{
    const uint32_t ports = zs_box_stripe(plan->boxes[op].flags);
    const uint32_t port = zs_op_channel(plan, op) / 2;
    return ports == 0
               ? x
               : zs_xfer_share(&x, zs_port_share_of(board, ports, port), ZS_SHARE_UNIT_BYTES);
}

zs_xfer zs_plan_xfer(const zs_plan *plan, const zs_design *design, uint32_t op)
{
    const zs_tile_op *o = &plan->ops[op];
    const zs_plan_row *row = &plan->rows[o->row];
    if (o->code == ZS_OP_LOAD_BITS) {
        zs_xfer bits = plan->costs[o->cost_key].xfer;
        bits.addr = plan->boxes[op].oc0 * plan->bitstream_pitch_bytes + plan->bitstream_base +
                    plan->boxes[op].ic0;
        return bits;
    }
    if (plan->part_n == 0)
        return own_share(plan, &design->board, op,
                         plan->kind->xfer(row, design, o->code, &plan->boxes[op]));
    const zs_plan_part *part = &plan->parts[row->part];
    zs_xfer x = part->plan->kind->xfer(&part->plan->rows[row->part_row], part->design, o->code,
                                       &plan->boxes[op]);
    x.addr += part->dram_base;
    return own_share(plan, &part->design->board, op, x);
}

/* ---- plans that are alike -------------------------------------------------------------------- */

static uint64_t mix_text(uint64_t digest, const char *text)
{
    for (; *text != '\0'; text++)
        digest = zs_mix64(digest ^ (uint8_t)*text);
    return zs_mix64(digest ^ 0x100);
}

/* Every figure of a row that ops, addresses or results follow from, in one list for both users. */
/* clang-format off */
#define ROW_FIGURES(F)                                                                             \
    F(layer)                                                                                       \
    F(pool)                                                                                        \
    F(add)                                                                                         \
    F(call)                                                                                        \
    F(engine) F(macs) F(ops) F(x.shape.c) F(x.shape.h) F(x.shape.w) F(x.addr) F(x.pitch_bytes)     \
        F(x2.addr) F(x2.pitch_bytes) F(x2_resident) F(y.shape.c) F(y.shape.h) F(y.shape.w) F(y.addr)              \
            F(y.pitch_bytes) F(x_resident) F(y_resident) F(x_strip.c) F(x_strip.h) F(x_strip.w) F(window.kh) F(window.kw) F(window.sh)    \
                F(window.sw) F(window.dh) F(window.dw) F(window.pad_top) F(window.pad_left)        \
                    F(window.pad_bottom) F(window.pad_right) F(pool_window.kh) F(pool_window.kw)   \
                        F(pool_window.sh) F(pool_window.sw) F(pool_window.pad_top)                 \
                            F(pool_window.pad_left) F(y_c) F(group_ic) F(group_oc) F(oh) F(ow)     \
                                F(is_depthwise) F(images_are_columns) F(t_oc) F(t_ic) F(t_oy)      \
                                    F(t_ox) F(loop_order) F(carry_oc_n) F(weight_base) F(bias_base)              \
                                        F(partial_base) F(weight_slot_bytes) F(weight_slots)       \
                                            F(compulsory_read_bytes) F(compulsory_write_bytes)
#define BUFFER_FIGURES(F)                                                                          \
    F(banks) F(depth_words) F(word_bits) F(slots) F(slot_elems) F(bytes) F(bram18)
/* clang-format on */

uint64_t zs_plan_draft_digest(const zs_plan_draft *d)
{
    const zs_plan *plan = d->plan;
    uint64_t digest = 1;
    if (d->is_whole || !plan->kind->draft_decides_ops || reads_weights(d->design))
        return 0;
#define MIX(figure) digest = zs_mix64(digest ^ (uint64_t)at->figure);
    for (uint32_t i = 0; i < plan->row_n + plan->front_n; i++) {
        const zs_plan_row *at = &plan->rows[i];
        digest = mix_text(mix_text(digest, at->name), at->op);
        ROW_FIGURES(MIX)
    }
    for (uint32_t b = 0; b < ZS_BUF_N; b++) {
        const zs_plan_buffer *at = &plan->buffers[b];
        BUFFER_FIGURES(MIX)
    }
#undef MIX
    for (uint32_t i = 0; i < plan->call_n; i++) {
        const zs_plan_call *call = &plan->calls[i];
        digest = mix_text(digest, call->name);
        digest = zs_mix64(digest ^ ((uint64_t)call->row0 << 32 | call->row_n));
    }
    digest = zs_mix64(digest ^ plan->resident_elems);
    return digest ? digest : 1;
}

bool zs_plan_is_alike(const zs_plan *a, const zs_plan *b)
{
    bool is_alike = a->kind == b->kind && a->row_n == b->row_n && a->front_n == b->front_n &&
                    a->call_n == b->call_n && a->batch == b->batch &&
                    a->resident_elems == b->resident_elems;
#define SAME(figure) is_alike = is_alike && x->figure == y->figure;
    for (uint32_t i = 0; i < a->row_n + a->front_n && is_alike; i++) {
        const zs_plan_row *x = &a->rows[i], *y = &b->rows[i];
        is_alike = strcmp(x->name, y->name) == 0 && strcmp(x->op, y->op) == 0;
        ROW_FIGURES(SAME)
    }
    for (uint32_t i = 0; i < ZS_BUF_N && is_alike; i++) {
        const zs_plan_buffer *x = &a->buffers[i], *y = &b->buffers[i];
        BUFFER_FIGURES(SAME)
    }
#undef SAME
    for (uint32_t i = 0; i < a->call_n && is_alike; i++)
        is_alike = strcmp(a->calls[i].name, b->calls[i].name) == 0 &&
                   a->calls[i].row0 == b->calls[i].row0 && a->calls[i].row_n == b->calls[i].row_n;
    return is_alike;
}
