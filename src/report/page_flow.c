/* The pipeline on the terminal page: node under node with the FIFO in front of each. */
#include "page_priv.h"
#include "verdict_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BAR = 10 };

void zs_page_flow_limit(zs_page *page, size_t indent)
{
    zs_out_wrap(&page->out, page->r->flow_limit, indent, indent, page->columns);
}

static const zs_text_column columns[] = {
    {.head = "node", .most = 36, .shrinks = true, .least = 16},
    {.head = "bits", .least = 5, .gap = 1, .is_right = true},
    {.head = "words", .least = 9, .gap = 1, .is_right = true},
    {.head = "busy", .least = 6, .gap = 1, .is_right = true},
    {.head = "starved", .least = 7, .gap = 1, .is_right = true},
    {.head = "blocked", .least = 7, .gap = 1, .is_right = true},
    {.head = "FIFO in front, fill", .least = 19, .gap = 2},
    {.head = "full cycles", .gap = 1, .is_right = true},
};

/* "[####......] 12/32" */
static void fill_bar(char *text, size_t bytes, uint64_t most, uint32_t depth)
{
    char bar[BAR + 1];
    const uint64_t n = zs_min_u64(BAR, zs_ceil_div(most * BAR, depth));
    memset(bar, '.', BAR);
    memset(bar, '#', n);
    bar[BAR] = '\0';
    snprintf(text, bytes, "[%s] %" PRIu64 "/%u", bar, most, depth);
}

static void put_share(zs_text_table *t, uint64_t part, uint64_t span)
{
    char text[32] = "";
    if (span > 0)
        snprintf(text, sizeof text, "%.1f %%", 100 * (double)part / (double)span);
    zs_text_cell(t, text);
}

static void put_node(zs_text_table *t, const zs_result *r, uint32_t i, bool is_slowest)
{
    const zs_plan_flow *f = r->flow_of;
    const zs_flow_node *node = &f->flow.nodes[i];
    const zs_flow_node_result *n = &r->flow->nodes[i];
    const uint32_t edge = node->in_n > 0 ? node->in[0] : node->out[0];
    const uint64_t span = n->first == ZS_FLOW_NEVER ? 0 : n->last - n->first + 1;
    char text[64] = "";
    zs_text_painted(t, is_slowest ? ZS_PAINT_BAD : ZS_PAINT_NONE, node->name);
    snprintf(text, sizeof text, "%u", f->edge_bits[edge]);
    zs_text_cell(t, text);
    snprintf(text, sizeof text, "%" PRIu64, f->flow.edges[edge].words);
    zs_text_cell(t, text);
    put_share(t, n->busy_cycles, span);
    put_share(t, n->starved_cycles, span);
    put_share(t, n->blocked_cycles, span);
    text[0] = '\0';
    if (node->in_n > 0 && f->flow.edges[edge].depth > 0)
        fill_bar(text, sizeof text, r->flow->edges[edge].most, f->flow.edges[edge].depth);
    zs_text_cell(t, text);
    text[0] = '\0';
    if (node->in_n > 0)
        snprintf(text, sizeof text, "%" PRIu64, r->flow->edges[edge].full_cycles);
    zs_text_cell(t, text);
    zs_text_end_row(t);
}

void zs_page_flow(zs_page *page)
{
    const zs_result *r = page->r;
    zs_text_table t = {
        .out = &page->out, .columns = columns, .n = ZS_LEN(columns), .line = page->columns};
    if (r->flow == NULL)
        return;
    const uint32_t slow = zs_slowest_node(r);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < r->flow_of->flow.node_n; i++)
            put_node(&t, r, i, i == slow);
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
    zs_out_text(&page->out, "\n");
}
