/* `show`: the network as a table of layers. */
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>

enum { FP32_BYTES = 4 };

static zs_cell shape_cell(zs_shape s)
{
    zs_cell cell;
    snprintf(cell.text, sizeof cell.text, "%ux%ux%u", s.c, s.h, s.w);
    return cell;
}

/* " pad 1" where all sides agree, else top, left, bottom, right. */
static zs_cell pads_cell(const zs_window *w)
{
    zs_cell cell = {.text = ""};
    const bool is_even = w->pad_left == w->pad_right && w->pad_top == w->pad_bottom;
    if (!is_even || w->pad_top != w->pad_left)
        snprintf(cell.text, sizeof cell.text, " pad %u,%u,%u,%u", w->pad_top, w->pad_left,
                 w->pad_bottom, w->pad_right);
    else if (w->pad_top > 0)
        snprintf(cell.text, sizeof cell.text, " pad %u", w->pad_top);
    return cell;
}

static zs_cell act_cell(zs_act act)
{
    zs_cell cell = {.text = "relu"};
    if (act.lo == 0 && act.hi == 6)
        snprintf(cell.text, sizeof cell.text, "relu6");
    else if (act.lo != 0 || isfinite(act.hi))
        snprintf(cell.text, sizeof cell.text, "clip %g..%g", (double)act.lo, (double)act.hi);
    return cell;
}

static bool has_window(const zs_layer *layer)
{
    return layer->op == ZS_LAYER_CONV || layer->op == ZS_LAYER_POOL;
}

/* "3x3/2 pad 1 groups 32 relu" */
static void put_work(zs_text_table *t, const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    const char *gap = "";
    zs_cell part;
    zs_text_cell(t, "");
    if (layer->op == ZS_LAYER_POOL)
        zs_text_more(t, ZS_PAINT_NONE, layer->pool == ZS_POOL_MAX ? "max " : "avg ");
    if (has_window(layer)) {
        snprintf(part.text, sizeof part.text, "%ux%u", w->kh, w->kw);
        zs_text_more(t, ZS_PAINT_NONE, part.text);
        snprintf(part.text, sizeof part.text, w->sh == w->sw ? "/%u" : "/%ux%u", w->sh, w->sw);
        if (w->sh != 1 || w->sw != 1)
            zs_text_more(t, ZS_PAINT_NONE, part.text);
        zs_text_more(t, ZS_PAINT_NONE, pads_cell(w).text);
        snprintf(part.text, sizeof part.text, " dilation %ux%u", w->dh, w->dw);
        if (w->dh != 1 || w->dw != 1)
            zs_text_more(t, ZS_PAINT_NONE, part.text);
        gap = " ";
    }
    if (layer->groups > 1) {
        snprintf(part.text, sizeof part.text, "%sgroups %u", gap, layer->groups);
        zs_text_more(t, ZS_PAINT_NONE, part.text);
        gap = " ";
    }
    if (layer->act.active) {
        snprintf(part.text, sizeof part.text, "%s%.40s", gap, act_cell(layer->act).text);
        zs_text_more(t, ZS_PAINT_NONE, part.text);
    }
}

/* Weights and biases, and results, in bytes of fp32. */
static uint64_t param_bytes(const zs_layer *layer)
{
    return (zs_layer_weight_elems(layer) + zs_layer_bias_elems(layer)) * FP32_BYTES;
}

static const zs_text_column columns[] = {
    {.head = "#", .least = 3, .is_right = true},
    {.head = "layer", .least = 8, .most = 40, .gap = 1},
    {.head = "op", .least = 14, .gap = 1},
    {.head = "input", .least = 14, .gap = 1, .is_right = true},
    {.head = "output", .least = 14, .gap = 1, .is_right = true},
    {.head = "MACs", .least = 15, .gap = 1, .is_right = true},
    {.head = "weights", .least = 10, .gap = 1, .is_right = true},
    {.head = "result", .least = 10, .gap = 1, .is_right = true},
    {.head = "window", .gap = 2},
};

static void put_layers(zs_text_table *t, const zs_net *net)
{
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *layer = &net->layers[i];
        zs_text_cell(t, zs_cell_real(i, 0).text);
        zs_text_cell(t, layer->name);
        zs_text_cell(t, zs_layer_op_name(layer->op));
        zs_text_cell(t, shape_cell(layer->x).text);
        zs_text_cell(t, shape_cell(layer->y).text);
        zs_text_cell(t, zs_cell_count(zs_layer_macs(layer)).text);
        zs_text_cell(t, zs_cell_bytes(param_bytes(layer)).text);
        zs_text_cell(t, zs_cell_bytes(zs_shape_elems(layer->y) * FP32_BYTES).text);
        put_work(t, layer);
        zs_text_end_row(t);
    }
}

zs_status zs_net_table_emit(const zs_net *net, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_text_table t = {.out = &out, .columns = columns, .n = ZS_LEN(columns)};
    zs_out_text(&out, "network ");
    zs_out_name(&out, net->name);
    zs_out_printf(&out, ": %u layers, %s MACs and %s parameters; one image, bytes of fp32\n\n",
                  net->layer_n, zs_cell_count(zs_net_macs(net)).text,
                  zs_cell_count(zs_net_param_elems(net)).text);
    put_layers(&t, net);
    zs_text_heads(&t, ZS_PAINT_NONE);
    put_layers(&t, net);
    return zs_out_end(&out, "network table", err);
}
