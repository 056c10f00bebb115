/* `show`: the network as a table of layers. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <math.h>
#include <stdio.h>

enum { NAME_MIN = 8, NAME_MAX = 40, FP32_BYTES = 4 };

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
static void out_shape_of_work(zs_out *out, const zs_layer *layer)
{
    const zs_window *w = &layer->window;
    const char *gap = "";
    if (layer->op == ZS_LAYER_POOL)
        zs_out_text(out, layer->pool == ZS_POOL_MAX ? "max " : "avg ");
    if (has_window(layer)) {
        zs_out_printf(out, "%ux%u", w->kh, w->kw);
        if (w->sh != w->sw)
            zs_out_printf(out, "/%ux%u", w->sh, w->sw);
        else if (w->sh != 1)
            zs_out_printf(out, "/%u", w->sh);
        zs_out_text(out, pads_cell(w).text);
        if (w->dh != 1 || w->dw != 1)
            zs_out_printf(out, " dilation %ux%u", w->dh, w->dw);
        gap = " ";
    }
    if (layer->groups > 1) {
        zs_out_printf(out, "%sgroups %u", gap, layer->groups);
        gap = " ";
    }
    if (layer->act.active)
        zs_out_printf(out, "%s%s", gap, act_cell(layer->act).text);
}

static size_t name_width(const zs_net *net)
{
    size_t longest = NAME_MIN;
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const size_t width = zs_utf8_width(net->layers[i].name);
        longest = width > longest ? width : longest;
    }
    return longest < NAME_MAX ? longest : NAME_MAX;
}

/* Weights and biases, and results, in bytes of fp32. */
static uint64_t param_bytes(const zs_layer *layer)
{
    return (zs_layer_weight_elems(layer) + zs_layer_bias_elems(layer)) * FP32_BYTES;
}

static void out_layer(zs_out *out, const zs_layer *layer, uint32_t index, size_t width)
{
    zs_out_printf(out, "%3u ", index);
    zs_out_fit(out, layer->name, width);
    zs_out_printf(out, " %-14s %14s %14s %15s %10s %10s  ", zs_layer_op_name(layer->op),
                  shape_cell(layer->x).text, shape_cell(layer->y).text,
                  zs_cell_count(zs_layer_macs(layer)).text, zs_cell_bytes(param_bytes(layer)).text,
                  zs_cell_bytes(zs_shape_elems(layer->y) * FP32_BYTES).text);
    out_shape_of_work(out, layer);
    zs_out_text(out, "\n");
}

zs_status zs_net_table_emit(const zs_net *net, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const size_t width = name_width(net);
    zs_out_text(&out, "network ");
    zs_out_name(&out, net->name);
    zs_out_printf(&out, ": %u layers, %s MACs and %s parameters; one image, bytes of fp32\n\n  # ",
                  net->layer_n, zs_cell_count(zs_net_macs(net)).text,
                  zs_cell_count(zs_net_param_elems(net)).text);
    zs_out_fit(&out, "layer", width);
    zs_out_printf(&out, " %-14s %14s %14s %15s %10s %10s  %s\n", "op", "input", "output", "MACs",
                  "weights", "result", "window");
    for (uint32_t i = 0; i < net->layer_n; i++)
        out_layer(&out, &net->layers[i], i, width);
    return zs_out_end(&out, "network table", err);
}
