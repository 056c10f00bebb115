/* The pipeline on the page: a drawing of nodes and FIFOs, and their table. */
#include "html_priv.h"
#include "verdict_priv.h"

#include <inttypes.h>
#include <stdio.h>

/* Pixels: a node is a row; its box with the FIFOs in front of it left of it, its name on the right.
 */
enum {
    WIDTH = 760,
    ROW = 24,
    BOX = 300,
    BOX_WIDTH = 150,
    BOX_HEIGHT = 15,
    FIFO = 170,
    FIFO_WIDTH = 60
};

static int32_t top_of(uint32_t node)
{
    return (int32_t)node * ROW + 6;
}

/* A FIFO, how full it was, and the line that leads to its node; behind a fork from further up. */
static void draw_edge(zs_out *out, const zs_result *r, uint32_t e, int32_t x)
{
    const zs_flow_edge *edge = &r->flow_of->flow.edges[e];
    const uint64_t most = r->flow->edges[e].most;
    const int32_t from = top_of(edge->from) + BOX_HEIGHT, to = top_of(edge->to);
    if (edge->from + 1 == edge->to)
        zs_out_printf(out, "<path d=\"M%d %dV%d\" stroke=\"currentColor\"/>\n", BOX + BOX_WIDTH / 2,
                      from, to);
    else
        zs_out_printf(out,
                      "<path d=\"M%d %dC%d %d %d %d %d %d\" fill=\"none\" stroke=\"currentColor\" "
                      "stroke-dasharray=\"3 2\"/>\n",
                      BOX + BOX_WIDTH, from - BOX_HEIGHT / 2, BOX + BOX_WIDTH + 60, from,
                      BOX + BOX_WIDTH + 60, to, BOX + BOX_WIDTH, to + BOX_HEIGHT / 2);
    if (edge->depth == 0)
        return;
    const int32_t fill = (int32_t)(most * FIFO_WIDTH / edge->depth);
    zs_out_printf(out,
                  "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"var(--track)\"/>"
                  "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                  "<text class=\"note\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%u bits, %" PRIu64
                  "/%u</text>\n",
                  x, to + 2, FIFO_WIDTH, BOX_HEIGHT - 4, most >= edge->depth ? "o1" : "o0", x,
                  to + 2, fill, BOX_HEIGHT - 4, x - 6, to + BOX_HEIGHT - 3,
                  r->flow_of->edge_bits[e], most, edge->depth);
}

static void draw_node(zs_out *out, const zs_result *r, uint32_t i, bool is_slowest)
{
    const zs_flow_node *node = &r->flow_of->flow.nodes[i];
    const zs_flow_node_result *n = &r->flow->nodes[i];
    const uint64_t span = n->first == ZS_FLOW_NEVER ? 1 : n->last - n->first + 1;
    const int32_t y = top_of(i);
    const double busy = (double)n->busy_cycles / (double)span;
    for (uint32_t k = 0; k < node->in_n; k++)
        draw_edge(out, r, node->in[k], k == 0 ? BOX - FIFO_WIDTH - 12 : BOX - 4 * FIFO_WIDTH - 12);
    zs_out_printf(out,
                  "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"var(--card)\" "
                  "stroke=\"currentColor\"/><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" "
                  "height=\"%d\"/><text x=\"%d\" y=\"%d\"%s>",
                  BOX, y, BOX_WIDTH, BOX_HEIGHT, is_slowest ? "o2" : "c0", BOX, y, busy * BOX_WIDTH,
                  BOX_HEIGHT, BOX + BOX_WIDTH + 72, y + BOX_HEIGHT - 3,
                  is_slowest ? " font-weight=\"bold\"" : "");
    zs_html_text(out, node->name);
    zs_out_printf(out, "</text>\n");
}

static void draw(zs_out *out, const zs_result *r)
{
    const uint32_t n = r->flow_of->flow.node_n, slow = zs_slowest_node(r);
    zs_out_printf(out,
                  "<div class=\"wide\"><svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
                  "aria-label=\"Nodes of the pipeline from the input to the output\">\n",
                  WIDTH, (int32_t)n * ROW + 6);
    for (uint32_t i = 0; i < n; i++)
        draw_node(out, r, i, i == slow);
    zs_out_text(out, "</svg></div>\n");
}

static void number(zs_out *out, uint64_t n)
{
    zs_html_number(out, zs_cell_count(n).text);
}

static void share(zs_out *out, uint64_t part, uint64_t span)
{
    zs_html_number(out, zs_cell_percent(zs_share(part, span)).text);
}

static void pipeline(zs_out *out, const zs_result *r, const char *engine)
{
    static const char *const heads[] = {"node",           "#bits",         "#words an image",
                                        "#busy",          "#starved",      "#blocked",
                                        "#FIFO in front", "#largest fill", "#cycles full"};
    const zs_plan_flow *f = r->flow_of;
    if (engine == NULL) {
        zs_out_text(out, "<section aria-labelledby=\"h-pipeline\"><h2 id=\"h-pipeline\">Pipeline");
    } else {
        zs_out_text(out, "<section><h2>Pipeline of ");
        zs_html_text(out, engine);
    }
    zs_out_text(out, "</h2>\n<p>");
    zs_html_text(out, r->flow_limit);
    zs_out_text(out, ". A box is filled as far as its node was busy, the slowest in another "
                     "colour; left of it the FIFO in front, with its largest fill.</p>\n");
    draw(out, r);
    zs_html_table(out, "pipeline", "Nodes of the pipeline, each with the FIFO in front of it.",
                  heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < f->flow.node_n; i++) {
        const zs_flow_node *node = &f->flow.nodes[i];
        const zs_flow_node_result *n = &r->flow->nodes[i];
        const uint64_t span = n->first == ZS_FLOW_NEVER ? 0 : n->last - n->first + 1;
        const uint32_t e = node->in_n > 0 ? node->in[0] : node->out[0];
        zs_out_text(out, "<tr><th scope=\"row\">");
        zs_html_text(out, node->name);
        zs_out_text(out, "</th>");
        number(out, f->edge_bits[e]);
        number(out, f->flow.edges[e].words);
        share(out, n->busy_cycles, span);
        share(out, n->starved_cycles, span);
        share(out, n->blocked_cycles, span);
        number(out, node->in_n > 0 ? f->flow.edges[e].depth : 0);
        number(out, node->in_n > 0 ? r->flow->edges[e].most : 0);
        number(out, node->in_n > 0 ? r->flow->edges[e].full_cycles : 0);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
    zs_out_text(out, "</section>\n");
}

static void engine_row(zs_out *out, const zs_result *r, const zs_engine_result *e)
{
    const zs_fit *fit = &e->fit;
    zs_out_text(out, "<tr><th scope=\"row\">");
    zs_html_text(out, e->name);
    zs_out_text(out, "</th>");
    zs_html_cell(out, e->kind);
    number(out, e->layer_n);
    number(out, e->load_n);
    number(out, e->cycles);
    share(out, e->cycles, r->cycles);
    zs_html_number(out, zs_cell_bytes(e->read_bytes).text);
    zs_html_number(out, zs_cell_bytes(e->write_bytes).text);
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        char text[2 * sizeof(zs_cell) + 8];
        snprintf(text, sizeof text, "%s of %s", zs_cell_count(line.used).text,
                 zs_cell_count(line.available).text);
        zs_html_number(out, text);
    }
    zs_html_cell(out, fit->is_close ? "close" : fit->fits ? "yes" : "no");
    zs_out_text(out, "</tr>\n");
}

static void engines(zs_out *out, const zs_result *r)
{
    enum { FIRST = 8 };
    const zs_family *family = r->fit.family;
    const char *heads[FIRST + ZS_RESOURCE_N + 1] = {"engine",  "kind",   "#rows", "#loads",
                                                    "#cycles", "#share", "#read", "#written"};
    zs_cell names[ZS_RESOURCE_N] = {0};
    uint32_t n = FIRST;
    for (uint32_t i = 0; i < family->block_n; i++) {
        snprintf(names[i].text, sizeof names[i].text, "#%s", family->blocks[i].name);
        heads[n++] = names[i].text;
    }
    heads[n++] = "fits";
    zs_out_text(out, "<section aria-labelledby=\"h-engines\"><h2 id=\"h-engines\">Engines</h2>\n");
    zs_html_table(out, "engines", "Engines, each with its rows and resources.", heads, n);
    for (uint32_t i = 0; i < r->engine_n; i++)
        engine_row(out, r, &r->engines[i]);
    zs_html_table_end(out);
    zs_out_text(out, "</section>\n");
}

void zs_html_flow(zs_out *out, const zs_result *r)
{
    if (r->flow != NULL)
        pipeline(out, r, NULL);
    if (r->engine_n > 0)
        engines(out, r);
    for (uint32_t i = 0; i < r->engine_n; i++) {
        const zs_result view = zs_result_of_engine(r, i);
        if (view.flow != NULL)
            pipeline(out, &view, r->engines[i].name);
    }
}
