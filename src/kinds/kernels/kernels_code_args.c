#include "kernels_code_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Sizes in the text of a kernel: numbers where one layer has it, or where all that share it agree;
 * else arguments. */

char *code_text(code *c)
{
    return c->ring[c->ring_at++ % CODE_RING];
}

bool code_is_member(const code *c, uint32_t i)
{
    const zs_plan_row *row = &c->plan->rows[i];
    return row->call != ZS_NO_INDEX && code_row(c, i)->root == i &&
           code_row(c, i)->class_row == c->index;
}

bool code_has_kernel(const zs_plan *plan, uint32_t i)
{
    const kernels_row *own = kernels_row_of(&plan->rows[i]);
    return plan->rows[i].call != ZS_NO_INDEX && own->root == i && own->class_row == i;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint64_t offset_of(const code *c, uint32_t tensor)
{
    uint64_t offset;
    zs_tensor_root(c->net, tensor, &offset);
    return offset;
}

/* What an elementwise row reads beside the results of the row before, or beside its first input. */
uint32_t code_second(const code *c, uint32_t row)
{
    const zs_layer *layer = code_layer(c, row);
    const kernels_row *own = code_row(c, row);
    const uint32_t before = own->root != row           ? code_layer(c, row - 1)->out
                            : own->from != ZS_NO_INDEX ? code_layer(c, own->from)->out
                                                       : layer->in[0];
    return layer->in_n < 2 ? ZS_NO_INDEX : layer->in[0] == before ? layer->in[1] : layer->in[0];
}

uint64_t code_value(const code *c, uint32_t row, code_size size, uint32_t k)
{
    const kernels_row *own = code_row(c, row);
    const zs_layer *layer = code_layer(c, row);
    const zs_window *w = &layer->window;
    const bool is_padded = layer->op == ZS_LAYER_CONV;
    const uint64_t pad_h = is_padded ? (uint64_t)w->pad_top + w->pad_bottom : 0;
    const uint64_t pad_w = is_padded ? (uint64_t)w->pad_left + w->pad_right : 0;
    switch (size) {
    case CODE_RAW_H:
        return layer->x.h;
    case CODE_RAW_W:
        return layer->x.w;
    case CODE_X_H:
        return layer->x.h + pad_h;
    case CODE_X_W:
        return layer->x.w + pad_w;
    case CODE_Y_H:
        return layer->y.h;
    case CODE_Y_W:
        return layer->y.w;
    case CODE_OC:
        return layer->y.c;
    case CODE_IC:
        return layer->x.c / layer->groups;
    case CODE_GROUP:
        return layer->y.c / layer->groups;
    case CODE_PAD_Y:
        return w->pad_top;
    case CODE_PAD_X:
        return w->pad_left;
    case CODE_RAW_AT:
        return offset_of(c, layer->in[0]);
    case CODE_X_AT:
        return own->padded_bytes > 0 || own->from != ZS_NO_INDEX ? 0 : offset_of(c, layer->in[0]);
    case CODE_Y_AT:
        return offset_of(c, code_layer(c, own->last)->out);
    default:
        return code_second(c, row + k) == ZS_NO_INDEX ? 0 : offset_of(c, code_second(c, row + k));
    }
}

static bool differs(const code *c, code_size size, uint32_t k)
{
    for (uint32_t i = c->index + 1; i < c->plan->row_n; i++)
        if (code_is_member(c, i) && code_value(c, i, size, k) != code_value(c, c->index, size, k))
            return true;
    return false;
}

static const char *name_of(code *c, code_size size, uint32_t k)
{
    static const char *const names[] = {"raw_h", "raw_w",  "x_h",  "x_w",   "y_h",
                                        "y_w",   "oc_n",   "ic_n", "group", "pad_y",
                                        "pad_x", "raw_at", "x_at", "y_at"};
    char *text = code_text(c);
    if (size < CODE_Z_AT)
        return names[size];
    snprintf(text, CODE_EXPRESSION_BYTES, "z%" PRIu32 "_at", k);
    return text;
}

const char *code_size_text(code *c, code_size size, uint32_t k)
{
    if (differs(c, size, k))
        return name_of(c, size, k);
    char *text = code_text(c);
    snprintf(text, CODE_EXPRESSION_BYTES, "%" PRIu64, code_value(c, c->index, size, k));
    return text;
}

/* ---- trips ----------------------------------------------------------------------------------- */

static const zs_nest *nest_of(const code *c, uint32_t row, bool is_pad)
{
    return is_pad ? &code_row(c, row)->pad.nest : &code_row(c, row)->kernel.nest;
}

static bool trip_differs(const code *c, bool is_pad, uint32_t loop)
{
    for (uint32_t i = c->index + 1; i < c->plan->row_n; i++)
        if (code_is_member(c, i) && nest_of(c, i, is_pad)->loops[loop].trip !=
                                        nest_of(c, c->index, is_pad)->loops[loop].trip)
            return true;
    return false;
}

const char *code_trip_text(code *c, const zs_nest *nest, uint32_t i)
{
    char *text = code_text(c);
    if (trip_differs(c, nest == &c->own->pad.nest, i))
        snprintf(text, CODE_EXPRESSION_BYTES, "%s_n", nest->loops[i].name);
    else
        snprintf(text, CODE_EXPRESSION_BYTES, "%" PRIu64, nest->loops[i].trip);
    return text;
}

uint64_t code_trip(const code *c, const char *name)
{
    const uint32_t i = zs_nest_find(c->nest, name);
    return i == ZS_NO_LOOP ? 1 : c->nest->loops[i].trip;
}

bool code_has(const code *c, const char *name)
{
    return zs_nest_find(c->nest, name) != ZS_NO_LOOP;
}

/* ---- activations ----------------------------------------------------------------------------- */

static zs_act act_of(const code *c, uint32_t row, uint32_t k)
{
    const zs_act act = code_layer(c, row + k)->act;
    return act.active ? act : (zs_act){.lo = -INFINITY, .hi = INFINITY};
}

bool code_act_differs(const code *c, uint32_t k)
{
    const zs_act first = act_of(c, c->index, k);
    for (uint32_t i = c->index + 1; i < c->plan->row_n; i++) {
        if (!code_is_member(c, i))
            continue;
        const zs_act act = act_of(c, i, k);
        if (act.lo < first.lo || act.lo > first.lo || act.hi < first.hi || act.hi > first.hi)
            return true;
    }
    return false;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* Those that the text of the operator or of its padding has, in the order of the arguments. */
static bool is_used(const code *c, bool is_pad, code_size size)
{
    const uint32_t pad = 1u << CODE_RAW_H | 1u << CODE_RAW_W | 1u << CODE_X_H | 1u << CODE_X_W |
                         1u << CODE_PAD_Y | 1u << CODE_PAD_X | 1u << CODE_RAW_AT;
    const uint32_t window = 1u << CODE_X_H | 1u << CODE_X_W | 1u << CODE_Y_H | 1u << CODE_Y_W |
                            1u << CODE_X_AT | 1u << CODE_Y_AT;
    const uint32_t conv = window | 1u << CODE_OC | 1u << CODE_IC | 1u << CODE_GROUP;
    const uint32_t flat = 1u << CODE_X_AT | 1u << CODE_Y_AT;
    uint32_t used = flat;
    if (is_pad)
        used = pad;
    else if (c->layer->op == ZS_LAYER_CONV)
        used = conv;
    else if (c->layer->op == ZS_LAYER_FC)
        used = flat | 1u << CODE_IC;
    else if (c->layer->op == ZS_LAYER_POOL || c->layer->op == ZS_LAYER_GAP)
        used = window | 1u << CODE_PAD_Y | 1u << CODE_PAD_X;
    return (used >> size & 1) != 0;
}

static bool is_size_argument(const code *c, bool is_pad, code_size size, uint32_t k)
{
    return (size == CODE_Z_AT ? !is_pad : is_used(c, is_pad, size)) && differs(c, size, k);
}

void code_put_size_parameters(code *c, bool is_pad)
{
    const zs_nest *nest = is_pad ? &c->own->pad.nest : &c->own->kernel.nest;
    for (uint32_t i = 0; i < nest->n; i++)
        if (trip_differs(c, is_pad, i))
            CODE_PUT(c, ", const int %s_n", nest->loops[i].name);
    for (uint32_t size = 0; size < CODE_SIZE_N; size++)
        if (is_size_argument(c, is_pad, (code_size)size, 0))
            CODE_PUT(c, ", const int %s", name_of(c, (code_size)size, 0));
    for (uint32_t k = 0; k <= c->own->last - c->index; k++)
        if (is_size_argument(c, is_pad, CODE_Z_AT, k))
            CODE_PUT(c, ", const int %s", name_of(c, CODE_Z_AT, k));
    for (uint32_t k = 0; !is_pad && k <= c->own->last - c->index; k++)
        if (code_act_differs(c, k))
            CODE_PUT(c, ", const float lo%" PRIu32 ", const float hi%" PRIu32, k, k);
}

void code_put_size_values(code *c, bool is_pad, uint32_t row)
{
    const zs_nest *nest = nest_of(c, row, is_pad);
    for (uint32_t i = 0; i < nest->n; i++)
        if (trip_differs(c, is_pad, i))
            CODE_PUT(c, " i:%" PRIu64, nest->loops[i].trip);
    for (uint32_t size = 0; size < CODE_SIZE_N; size++)
        if (is_size_argument(c, is_pad, (code_size)size, 0))
            CODE_PUT(c, " i:%" PRIu64, code_value(c, row, (code_size)size, 0));
    for (uint32_t k = 0; k <= c->own->last - c->index; k++)
        if (is_size_argument(c, is_pad, CODE_Z_AT, k))
            CODE_PUT(c, " i:%" PRIu64, code_value(c, row, CODE_Z_AT, k));
    for (uint32_t k = 0; !is_pad && k <= c->own->last - c->index; k++)
        if (code_act_differs(c, k))
            CODE_PUT(c, " f:%a f:%a", (double)act_of(c, row, k).lo, (double)act_of(c, row, k).hi);
}
