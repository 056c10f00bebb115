/* `show --graph`: the network as a picture. The layout is graphviz' work: this is what it reads. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <stdio.h>
#include <string.h>

/* A name within quotes: dot reads entities, and what is behind a backslash as its own. */
static void put_name(zs_out *out, const char *name)
{
    char piece[256];
    for (size_t n; *name != '\0'; name += n) {
        n = strlen(name) < sizeof piece - 1 ? strlen(name) : sizeof piece - 1;
        while (n > 1 && name[n] != '\0' && ((unsigned char)name[n] & 0xc0) == 0x80)
            n--; /* not within a character */
        memcpy(piece, name, n);
        piece[n] = '\0';
        for (char *c = piece; *c != '\0'; c++)
            *c = *c == '\\' ? '/' : *c;
        zs_out_xml(out, piece);
    }
}

/* The row that runs a layer, or ZS_NO_INDEX for views. */
static uint32_t row_of(const zs_plan *plan, uint32_t layer)
{
    for (uint32_t r = 0; r < plan->row_n; r++)
        for (const zs_plan_row *row = &plan->rows[r]; row != NULL; row = row->front)
            if (row->layer == layer || row->act == layer || row->pool == layer || row->add == layer)
                return r;
    return ZS_NO_INDEX;
}

/* Calls go round the circle of hues by the golden section, so that neighbours differ. */
static void put_layer(zs_out *out, const zs_net *net, const zs_plan *plan, uint32_t i)
{
    const zs_layer *layer = &net->layers[i];
    const uint32_t row = row_of(plan, i);
    const uint32_t call = row != ZS_NO_INDEX ? plan->rows[row].call : ZS_NO_INDEX;
    zs_out_printf(out, "  l%u [label=\"", i);
    put_name(out, layer->name);
    zs_out_printf(out, "\\n%s", zs_layer_op_name(layer->op));
    if (layer->general != NULL && layer->general->fn != ZS_FN_NONE)
        zs_out_printf(out, " %s", zs_function_name(layer->general->fn));
    if (layer->op == ZS_LAYER_CONV || layer->op == ZS_LAYER_POOL)
        zs_out_printf(out, " %ux%u/%u", layer->window.kh, layer->window.kw, layer->window.sh);
    zs_out_text(out, "\", tooltip=\"");
    if (call == ZS_NO_INDEX) {
        zs_out_printf(out, "%s\", style=\"filled,dashed\", fillcolor=\"0 0 0.9\"];\n",
                      row == ZS_NO_INDEX ? "a view" : "by the PS");
        return;
    }
    put_name(out, plan->calls[call].name);
    if (plan->engine_n > 1 && plan->part_n == 0)
        zs_out_printf(out, ", engine %u", plan->rows[row].engine);
    const double hue = (double)call * 0.6180339887;
    zs_out_printf(out, "\", fillcolor=\"%.3f 0.3 1\"];\n", hue - (double)(uint64_t)hue);
}

static void put_edge(zs_out *out, const char *from, uint32_t i, uint32_t to, zs_shape s)
{
    zs_out_printf(out, "  %s%u -> l%u [label=\"%ux%ux%u\"];\n", from, i, to, s.c, s.h, s.w);
}

/* From all that write into the memory that the input is a part of. */
static void put_edges(zs_out *out, const zs_net *net, uint32_t i)
{
    const zs_layer *layer = &net->layers[i];
    for (uint32_t k = 0; k < layer->in_n; k++) {
        uint64_t at, by;
        bool is_made = false;
        const zs_shape s = net->tensors[layer->in[k]].shape;
        const uint32_t root = zs_tensor_root(net, layer->in[k], &at);
        for (uint32_t from = 0; from < i; from++) {
            const zs_layer *maker = &net->layers[from];
            const zs_shape y = net->tensors[maker->out].shape;
            if (zs_tensor_root(net, maker->out, &by) != root || by >= at + zs_shape_elems(s) ||
                at >= by + zs_shape_elems(y))
                continue;
            put_edge(out, "l", from, i, y);
            is_made = true;
        }
        for (uint32_t in = 0; !is_made && in < net->input_n; in++)
            if (net->inputs[in].tensor == root)
                put_edge(out, "i", in, i, s);
    }
}

zs_status zs_net_graph_emit(const zs_net *net, const zs_plan *plan, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "digraph network {\n  graph [labelloc=t, fontname=\"sans-serif\", label=\"");
    put_name(&out, net->name);
    zs_out_text(&out, ": colours are calls of the engine, grey is the PS\"];\n"
                      "  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10];\n"
                      "  edge [fontname=\"sans-serif\", fontsize=8];\n");
    for (uint32_t i = 0; i < net->input_n; i++) {
        zs_out_printf(&out, "  i%u [label=\"", i);
        put_name(&out, net->tensors[net->inputs[i].tensor].name);
        zs_out_text(&out, "\", shape=ellipse, fillcolor=white];\n");
    }
    for (uint32_t i = 0; i < net->layer_n; i++)
        put_layer(&out, net, plan, i);
    for (uint32_t i = 0; i < net->layer_n; i++)
        put_edges(&out, net, i);
    zs_out_text(&out, "}\n");
    return zs_out_end(&out, "graph", err);
}

zs_status zs_graph_page_emit(const zs_net *net, zs_span svg, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const char *at = (const char *)svg.data, *end = at + svg.bytes;
    for (const char *tag = at; tag + 4 < end; tag++)
        if (memcmp(tag, "<svg", 4) == 0) {
            at = tag; /* without the prologue of a file of its own */
            break;
        }
    zs_out_text(&out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
    zs_out_xml(&out, net->name);
    zs_out_text(
        &out,
        "</title>\n<style>body{margin:0;font-family:sans-serif}p{margin:4px}\n"
        "div{overflow:auto;height:calc(100vh - 2em)}</style></head>\n<body><p>Wheel with Ctrl, "
        "or <button data-by=\"1.25\">+</button> <button data-by=\"0.8\">-</button> <button "
        "data-by=\"0\">1:1</button></p>\n<div>");
    if (out.status == ZS_OK)
        out.status = zs_sink_write(s, at, (size_t)(end - at));
    zs_out_text(
        &out,
        "</div>\n<script>\n\"use strict\";\nconst svg = document.querySelector(\"svg\"), box = "
        "svg.viewBox.baseVal;\nlet scale = 1;\nfunction zoom(by) {\n  scale = by === 0 ? 1 : "
        "Math.min(20, Math.max(0.02, scale * by));\n  svg.setAttribute(\"width\", box.width * "
        "scale);\n  svg.setAttribute(\"height\", box.height * scale);\n}\nzoom(0);\nfor (const b "
        "of document.querySelectorAll(\"button\"))\n  b.onclick = () => zoom(Number(b.dataset.by"
        "));\ndocument.addEventListener(\"wheel\", (e) => {\n  if (!e.ctrlKey) return;\n  "
        "e.preventDefault();\n  zoom(e.deltaY < 0 ? 1.1 : 1 / 1.1);\n}, {passive: false});\n"
        "</script></body></html>\n");
    return zs_out_end(&out, "graph", err);
}
