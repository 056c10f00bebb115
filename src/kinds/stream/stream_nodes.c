#include "stream_priv.h"

#include "zynqsim/flow_fifos.h"

#include <string.h>

/* ---- names by type --------------------------------------------------------------------------- */

/* FINN's class of a node of a row (NULL: of none); NULL: it has none. */
static const char *class_of(const zs_flow_node *n, const stream_row *r)
{
    if (r == NULL) /* the ends, and thresholds of the input */
        return n->op == ZS_FLOW_THRESHOLD ? "Thresholding"
               : n->op == ZS_FLOW_GATHER  ? "LabelSelect"
                                          : NULL;
    switch (n->op) {
    case ZS_FLOW_UP:
    case ZS_FLOW_DOWN:
        return "StreamingDataWidthConverter";
    case ZS_FLOW_PAD:
        return "FMPadding";
    case ZS_FLOW_POOL:
        return "StreamingMaxPool";
    case ZS_FLOW_WINDOW: /* a max pool takes its words itself */
        return r->window_name != NULL ? "ConvolutionInputGenerator" : "StreamingMaxPool";
    case ZS_FLOW_MATRIX:
        return strcmp(stream_unit_class(r), "StreamingMaxPool") != 0 ? stream_unit_class(r) : NULL;
    case ZS_FLOW_THRESHOLD:
        return "Thresholding";
    case ZS_FLOW_WIRE:
        return n->out_n > 1 ? "DuplicateStreams" : "AddStreams";
    case ZS_FLOW_GATHER:
        return "GlobalAccPool";
    case ZS_FLOW_CONCAT:
        return "StreamingConcat";
    default:
        return NULL;
    }
}

/* Which of FINN's nodes exist in RTL; products there are those of DSP slices. */
static bool is_rtl(const stream_params *s, const zs_flow_node *n, const char *class,
                   const stream_row *r)
{
    if (s->style != ZS_STREAM_RTL)
        return n->style == ZS_FLOW_RTL && n->op != ZS_FLOW_WIRE && n->op != ZS_FLOW_CONCAT;
    static const char *const words[] = {"StreamingDataWidthConverter", "FMPadding",
                                        "ConvolutionInputGenerator", "Thresholding"};
    for (size_t i = 0; i < ZS_LEN(words); i++)
        if (strcmp(class, words[i]) == 0)
            return true;
    return class[1] == 'V' && r->weight_bits >= 4;
}

static const stream_row *row_at(const zs_plan_draft *d, const zs_plan_flow *f, uint32_t node)
{
    const uint32_t row = f->row_of_node[node];
    return row == ZS_NO_INDEX ? NULL : stream_of(&d->rows[row]);
}

/* How many nodes of its class are in front of a node. */
static uint32_t number_in_class(const zs_plan_draft *d, const zs_plan_flow *f, uint32_t node,
                                const char *class)
{
    uint32_t before = 0;
    for (uint32_t k = 0; k < node; k++) {
        const char *other = class_of(&f->flow.nodes[k], row_at(d, f, k));
        before += other != NULL && strcmp(other, class) == 0;
    }
    return before;
}

zs_status stream_name_nodes(const zs_plan_draft *d, zs_plan_flow *f, zs_err *err)
{
    const stream_params *s = stream_params_of(&d->design->accel);
    const uint32_t n = f->flow.node_n;
    const char **names = zs_new(d->arena, const char *, n);
    const char **types = zs_new(d->arena, const char *, n);
    uint32_t *pes = zs_new(d->arena, uint32_t, n), *lanes = zs_new(d->arena, uint32_t, n);
    if (names == NULL || types == NULL || pes == NULL || lanes == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t i = 0; i < n; i++) {
        const zs_flow_node *node = &f->flow.nodes[i];
        const stream_row *r = row_at(d, f, i);
        const char *class = class_of(node, r);
        pes[i] = r != NULL ? r->pe : s->input_lanes;
        lanes[i] = r == NULL || node->op == ZS_FLOW_POOL                   ? pes[i]
                   : node->op == ZS_FLOW_WINDOW || node->op == ZS_FLOW_PAD ? r->window_simd
                                                                           : r->simd;
        if (class == NULL)
            continue;
        names[i] = zs_arena_printf(d->arena, "%s_%u", class, number_in_class(d, f, i, class));
        types[i] =
            zs_arena_printf(d->arena, "%s_%s", class, is_rtl(s, node, class, r) ? "rtl" : "hls");
        if (names[i] == NULL || types[i] == NULL)
            return zs_nomem(err, "plan");
    }
    f->node_names = names;
    f->node_types = types;
    f->node_pes = pes;
    f->node_lanes = lanes;
    return ZS_OK;
}

/* ---- depths ---------------------------------------------------------------------------------- */

enum { FIFO_MAX = 1 << 24 };

/* accelerator.stream.fifo: auto: the depths that `zynqsim fifos` finds. */
static zs_status find_depths(const zs_plan_draft *d, zs_plan_flow *of, zs_err *err)
{
    const zs_flow_fifos_options options = {
        .images = 3, .least = 2, .edge_bits = of->edge_bits, .only_depths = true};
    zs_flow *f = &of->flow;
    zs_flow_fifos found;
    for (uint32_t i = 0; i < f->edge_n; i++)
        f->edges[i].depth = 1;
    ZS_TRY(zs_flow_check(f, err));
    ZS_TRY(zs_flow_fifos_find(d->arena, f, &options, &found, err));
    for (uint32_t i = 0; i < f->edge_n; i++)
        f->edges[i].depth = found.depths[i];
    return ZS_OK;
}

/* Names of FIFOs that patterns may fit: by the layer, by the node behind and, with a ">", by the
 * node in front; [3][edge]. */
static const char **fifo_names(const zs_plan_draft *d, const zs_plan_flow *of)
{
    const zs_flow *f = &of->flow;
    const char **names = zs_new(d->arena, const char *, 3 * f->edge_n);
    for (uint32_t i = 0; i < f->edge_n && names != NULL; i++) {
        const char *to = of->node_names[f->edges[i].to], *from = of->node_names[f->edges[i].from];
        const bool is_second = f->nodes[f->edges[i].to].in[0] != i;
        const char *behind = to, *in_front = from;
        if (to != NULL && is_second)
            behind = zs_arena_printf(d->arena, "%s.b", to);
        if (from != NULL)
            in_front = zs_arena_printf(d->arena, "%s>", from);
        if ((to != NULL && behind == NULL) || (from != NULL && in_front == NULL))
            return NULL;
        names[i] = of->edge_names[i];
        names[f->edge_n + i] = to != NULL ? behind : of->edge_names[i];
        names[2 * f->edge_n + i] = from != NULL ? in_front : of->edge_names[i];
    }
    return names;
}

zs_status stream_set_depths(const zs_plan_draft *d, zs_plan_flow *of, zs_err *err)
{
    const stream_params *s = stream_params_of(&d->design->accel);
    zs_flow *f = &of->flow;
    uint64_t all;
    const char **names = fifo_names(d, of);
    if (names == NULL)
        return zs_nomem(err, "plan");
    ZS_TRY(stream_list_check(s->fifos, "accelerator.stream.fifos", STREAM_LIST_DEPTHS, err));
    ZS_TRY(stream_list_names(d->arena, s->fifos, "accelerator.stream.fifos", names, 3 * f->edge_n,
                             err));
    ZS_TRY(stream_fifo_depth(s, &all, err));
    if (all == STREAM_ALL)
        return find_depths(d, of, err);
    for (uint32_t i = 0; i < f->edge_n; i++) {
        uint64_t depth = all > 0 ? all : s->fifo_depth;
        if (all == 0 && (f->nodes[f->edges[i].from].out_n > 1 || f->nodes[f->edges[i].to].in_n > 1))
            depth = zs_max_u64(depth, f->edges[i].words); /* a branch may wait for a whole image */
        uint64_t behind = 0;                              /* what the node before asks for */
        (void)stream_list_find(s->fifos, of->edge_names[i], names[f->edge_n + i], &depth, 1);
        if (stream_list_find(s->fifos, names[2 * f->edge_n + i], NULL, &behind, 1) > 0 &&
            names[2 * f->edge_n + i] != of->edge_names[i])
            depth = zs_max_u64(depth, behind);
        f->edges[i].depth = (uint32_t)zs_min_u64(depth, FIFO_MAX);
    }
    return zs_flow_check(f, err);
}
