#include "stream_priv.h"

/* The output of a node: elements of a word, bits of an element. */
typedef struct port {
    uint32_t node, lanes, bits;
} port;

typedef struct builder {
    zs_plan_draft *d;
    zs_plan_flow *out;
    uint32_t capacity, row;
    port *streams;     /* [tensor] the output that carries it; lanes 0: none so far */
    uint32_t *readers; /* [tensor] how many still have to be connected */
    const char **edge_names;
    uint32_t *edge_bits, *row_of_node;
    zs_err *err;
} builder;

/* ---- nodes and edges ------------------------------------------------------------------------- */

static void set_style(const builder *b, zs_flow_node *n)
{
    const stream_params *s = stream_params_of(&b->d->design->accel);
    const stream_row *r = b->row == ZS_NO_INDEX ? NULL : stream_of(&b->d->rows[b->row]);
    const bool is_own = n->op == ZS_FLOW_MATRIX || n->op == ZS_FLOW_POOL || n->op == ZS_FLOW_GATHER;
    /* in RTL a word comes two clocks behind the last of its window: a loop of two stages */
    const bool is_loop = r != NULL && n->is_parallel && r->window_style == ZS_FLOW_RTL;
    n->pipeline = is_loop ? 2 : r == NULL ? s->pipeline : is_own ? r->pipeline : r->window_pipeline;
    n->style = is_loop     ? ZS_FLOW_FLUSHING
               : r == NULL ? stream_style_of(s, NULL, n->op)
               : is_own    ? r->style
                           : r->window_style;
}

static zs_status add_node(builder *b, zs_flow_node node, uint32_t *at)
{
    zs_flow *f = &b->out->flow;
    if (node.name == NULL)
        return zs_nomem(b->err, "plan");
    if (f->node_n == b->capacity)
        return zs_fail(b->err, ZS_EINTERNAL, node.name, "more nodes than were counted");
    node.gap = 1;
    if (node.op != ZS_FLOW_SOURCE && node.op != ZS_FLOW_SINK && node.op != ZS_FLOW_WIRE &&
        node.op != ZS_FLOW_CONCAT)
        set_style(b, &node);
    b->row_of_node[f->node_n] = b->row;
    f->nodes[f->node_n] = node;
    *at = f->node_n++;
    return ZS_OK;
}

static zs_status add_edge(builder *b, const port *from, uint32_t to)
{
    zs_flow *f = &b->out->flow;
    zs_flow_node *x = &f->nodes[from->node], *y = &f->nodes[to];
    const uint32_t e = f->edge_n++;
    f->edges[e] = (zs_flow_edge){.from = from->node, .to = to, .depth = 1};
    b->edge_bits[e] = from->lanes * from->bits;
    b->edge_names[e] = y->in_n == 0 ? y->name : zs_arena_printf(b->d->arena, "%s.b", y->name);
    x->out[x->out_n++] = e;
    y->in[y->in_n++] = e;
    return b->edge_names[e] ? ZS_OK : zs_nomem(b->err, "plan");
}

/* A node behind a stream; its output has the lanes and bits of `*p` unless the caller says else. */
static zs_status append(builder *b, port *p, zs_flow_node node)
{
    uint32_t at = 0;
    ZS_TRY(add_node(b, node, &at));
    ZS_TRY(add_edge(b, p, at));
    p->node = at;
    return ZS_OK;
}

static const char *part_name(const builder *b, const char *layer, const char *part)
{
    return zs_arena_printf(b->d->arena, "%s/%s", layer, part);
}

static zs_status convert(builder *b, port *p, uint32_t lanes, const char *layer, const char *part)
{
    uint32_t a = p->lanes, rest = lanes;
    while (rest != 0) {
        const uint32_t next = a % rest;
        a = rest;
        rest = next;
    }
    const uint32_t up = lanes / a, down = p->lanes / a; /* through the least common multiple */
    if (up > 1) {
        ZS_TRY(append(b, p,
                      (zs_flow_node){.op = ZS_FLOW_UP,
                                     .ratio = up,
                                     .name = part_name(b, layer, down > 1 ? "widen" : part)}));
        p->lanes *= up;
    }
    if (down > 1) {
        ZS_TRY(append(
            b, p,
            (zs_flow_node){.op = ZS_FLOW_DOWN, .ratio = down, .name = part_name(b, layer, part)}));
        p->lanes /= down;
    }
    return ZS_OK;
}

/* The stream of a tensor for one more reader: all but the last get theirs from a fork. */
static zs_status take_stream(builder *b, uint32_t tensor, port *out)
{
    const uint32_t t = zs_view_base(b->d->net, tensor);
    port *p = &b->streams[t];
    if (p->lanes == 0)
        return zs_fail(b->err, ZS_EUNSUPPORTED, b->d->net->tensors[tensor].name,
                       "is not made by the pipeline that reads it");
    if (b->readers[t]-- > 1)
        ZS_TRY(append(
            b, p,
            (zs_flow_node){.op = ZS_FLOW_WIRE,
                           .name = zs_arena_printf(b->d->arena, "%s/fork%u",
                                                   b->d->net->tensors[t].name, b->readers[t])}));
    *out = *p;
    return ZS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static zs_status add_thresholds(builder *b, port *p, const char *layer, uint32_t bits)
{
    ZS_TRY(append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_THRESHOLD,
                                 .stages = bits,
                                 .name = part_name(b, layer, "thr")}));
    p->bits = bits;
    return ZS_OK;
}

static zs_status add_window(builder *b, port *p, const stream_row *r)
{
    const char *layer = r->layer->name;
    const uint32_t fold = r->in_c / r->window_simd;
    ZS_TRY(convert(b, p, r->window_simd, layer, "width"));
    if (r->pad + r->pad_end > 0)
        ZS_TRY(append(b, p,
                      (zs_flow_node){.op = ZS_FLOW_PAD,
                                     .h = r->h,
                                     .w = r->w,
                                     .fold = fold,
                                     .pad = r->pad,
                                     .pad_end = r->pad_end,
                                     .name = part_name(b, layer, "pad")}));
    ZS_TRY(append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_WINDOW,
                                 .h = r->h + r->pad + r->pad_end,
                                 .w = r->w + r->pad + r->pad_end,
                                 .fold = fold,
                                 .kernel = r->k,
                                 .step = r->stride,
                                 .by_channel = r->op == STREAM_REDUCE,
                                 .is_parallel = r->is_parallel,
                                 .name = part_name(b, layer, "window")}));
    if (r->is_parallel)
        p->lanes *= r->k * r->k;
    return ZS_OK;
}

/* A loop over products, or over the places of a pooling window: a vector takes sf x nf clocks. */
static zs_status add_matrix(builder *b, port *p, stream_row *r, uint32_t nf, const char *part)
{
    ZS_TRY(append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_MATRIX,
                                 .sf = stream_sf(r),
                                 .nf = nf,
                                 .has_weights_fed = r->is_external,
                                 .name = part_name(b, r->layer->name, part)}));
    r->unit_node = p->node;
    if (zs_op_has_filters(r->layer->op)) {
        p->bits = r->acc_bits;
        b->out->lanes += (uint64_t)r->pe * r->simd;
    }
    return ZS_OK;
}

static zs_status add_pool(builder *b, port *p, const stream_row *r)
{
    return append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_POOL,
                                 .h = r->h,
                                 .w = r->w,
                                 .fold = stream_nf(r),
                                 .kernel = r->k,
                                 .step = r->k,
                                 .by_channel = true,
                                 .name = part_name(b, r->layer->name, "pool")});
}

static zs_status add_sum(builder *b, port *p, const stream_row *r)
{
    const char *layer = r->layer->name;
    port other;
    ZS_TRY(take_stream(b, r->layer->in[1], &other));
    ZS_TRY(convert(b, &other, r->pe, layer, "width_b"));
    ZS_TRY(append(b, p, (zs_flow_node){.op = ZS_FLOW_WIRE, .name = part_name(b, layer, "join")}));
    p->bits = r->acc_bits;
    return add_edge(b, &other, p->node);
}

static zs_status add_mean(builder *b, port *p, const stream_row *r)
{
    ZS_TRY(append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_GATHER,
                                 .sf = r->h * r->w * stream_nf(r),
                                 .nf = stream_nf(r),
                                 .name = part_name(b, r->layer->name, "mean")}));
    p->bits = r->acc_bits;
    return ZS_OK;
}

static zs_status add_unit(builder *b, port *p, stream_row *r)
{
    switch (r->op) {
    case STREAM_MATRIX:
        return add_matrix(b, p, r, stream_nf(r), "mvu");
    case STREAM_REDUCE:
        if (r->is_pool)
            return add_pool(b, p, r);
        return add_matrix(b, p, r, 1, r->layer->op == ZS_LAYER_CONV ? "vvu" : "pool");
    case STREAM_ADD:
        return add_sum(b, p, r);
    case STREAM_MEAN:
        return add_mean(b, p, r);
    case STREAM_THRESHOLD: /* added behind every unit that has some */
        break;
    }
    return ZS_OK;
}

/* accelerator.stream.between: elements of a word behind a layer, those of its unit where the key
 * says nothing. */
static zs_status convert_output(builder *b, port *p, const stream_row *r)
{
    const char *layer = r->layer->name;
    uint64_t lanes = p->lanes;
    (void)stream_list_find(stream_params_of(&b->d->design->accel)->between, layer, r->unit_name,
                           &lanes, 1);
    if (lanes == 0 || (lanes != STREAM_ALL && r->mh % lanes != 0 && lanes != p->lanes))
        return zs_fail(b->err, ZS_ERANGE, "accelerator.stream.between",
                       "%llu elements do not divide the %u of layer %s", (unsigned long long)lanes,
                       r->mh, layer);
    return convert(b, p, lanes == STREAM_ALL ? r->mh : (uint32_t)lanes, layer, "out");
}

static zs_status add_layer(builder *b, stream_row *r)
{
    const zs_layer *l = r->layer;
    port p;
    ZS_TRY(take_stream(b, l->in[0], &p));
    r->node0 = b->out->flow.node_n;
    r->in_bits = p.bits;
    if (r->has_window)
        ZS_TRY(add_window(b, &p, r));
    ZS_TRY(convert(b, &p, r->op == STREAM_MATRIX ? r->simd : r->pe * r->simd, l->name,
                   r->has_window ? "lanes" : "width"));
    ZS_TRY(add_unit(b, &p, r));
    p.lanes = r->pe;
    if (stream_has_own_thresholds(r))
        p.bits = r->y_bits;
    else if (r->has_thresholds)
        ZS_TRY(add_thresholds(b, &p, l->name, r->y_bits));
    ZS_TRY(convert_output(b, &p, r));
    r->out_bits = p.bits;
    r->node_n = b->out->flow.node_n - r->node0;
    b->streams[zs_view_base(b->d->net, l->out)] = p;
    return ZS_OK;
}

/* The slice of a tensor that begins at a channel; ZS_NO_INDEX: none. */
static uint32_t slice_at(const zs_net *net, uint32_t tensor, uint32_t channel)
{
    const zs_shape shape = net->tensors[tensor].shape;
    const uint64_t offset = (uint64_t)channel * shape.h * shape.w;
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (net->tensors[t].parent == tensor && zs_view_base(net, t) == t &&
            net->tensors[t].parent_offset_elems == offset)
            return t;
    return ZS_NO_INDEX;
}

static bool has_all_slices(const builder *b, uint32_t tensor)
{
    const zs_net *net = b->d->net;
    for (uint32_t at = 0, t; at < net->tensors[tensor].shape.c; at += net->tensors[t].shape.c) {
        t = slice_at(net, tensor, at);
        if (t == ZS_NO_INDEX || b->streams[t].lanes == 0)
            return false;
    }
    return true;
}

/* `*p` has the first `channels` channels of a pixel and gets those of a slice behind them. */
static zs_status append_slice(builder *b, port *p, uint32_t channels, uint32_t slice)
{
    const zs_tensor *t = &b->d->net->tensors[slice];
    port q;
    ZS_TRY(take_stream(b, slice, &q));
    ZS_TRY(convert(b, &q, p->lanes, t->name, "slice"));
    if (t->shape.c % p->lanes != 0)
        return zs_fail(b->err, ZS_ERANGE, t->name,
                       "its %u channels are no multiple of the %u lanes of the slice before",
                       t->shape.c, p->lanes);
    ZS_TRY(append(b, p,
                  (zs_flow_node){.op = ZS_FLOW_CONCAT,
                                 .sf = channels / p->lanes,
                                 .nf = t->shape.c / p->lanes,
                                 .name = part_name(b, t->name, "concat")}));
    p->bits = zs_max_u64(p->bits, q.bits) == p->bits ? p->bits : q.bits;
    return add_edge(b, &q, p->node);
}

/* A tensor that is put together from slices, once the last of them is there: the words of a pixel
 * of each in turn. */
static zs_status join_slices(builder *b, uint32_t tensor)
{
    const zs_net *net = b->d->net;
    port p;
    if (b->streams[tensor].lanes > 0 || net->tensors[tensor].producer == ZS_NO_INDEX ||
        !has_all_slices(b, tensor))
        return ZS_OK;
    uint32_t t = slice_at(net, tensor, 0);
    ZS_TRY(take_stream(b, t, &p));
    for (uint32_t at = net->tensors[t].shape.c; at < net->tensors[tensor].shape.c;
         at += net->tensors[t].shape.c) {
        t = slice_at(net, tensor, at);
        ZS_TRY(append_slice(b, &p, at, t));
    }
    b->streams[tensor] = p;
    return ZS_OK;
}

/* Takes all elements of the last layer, then gives the index of the largest, in whole bytes. */
static zs_status add_label_select(builder *b, port *p, zs_shape shape)
{
    const uint32_t pes = stream_params_of(&b->d->design->accel)->label_select;
    if (shape.h * shape.w != 1 || shape.c % pes != 0)
        return zs_fail(b->err, ZS_ERANGE, "accelerator.stream.label_select",
                       "%u PEs do not divide the labels of an output of %u x %u x %u", pes, shape.c,
                       shape.h, shape.w);
    ZS_TRY(convert(b, p, pes, "output", "width"));
    ZS_TRY(append(b, p,
                  (zs_flow_node){
                      .op = ZS_FLOW_GATHER, .sf = shape.c / pes, .nf = 1, .name = "output/label"}));
    p->lanes = 1;
    p->bits = shape.c <= 256 ? 8 : shape.c <= 65536 ? 16 : 32;
    return ZS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static zs_status count_readers(builder *b)
{
    const zs_net *net = b->d->net;
    for (uint32_t i = 0; i < b->d->row_n; i++) {
        const zs_layer *l = zs_draft_layer(b->d, i);
        if (!b->d->drafts[i].on_engine)
            continue;
        for (uint32_t k = 0; k < l->in_n; k++)
            b->readers[zs_view_base(net, l->in[k])]++;
    }
    /* and the tensor that it is a slice of */
    for (uint32_t t = 0; t < net->tensor_n; t++)
        b->readers[t] += net->tensors[t].parent != ZS_NO_INDEX && zs_view_base(net, t) == t;
    return ZS_OK;
}

/* The tensor that the first row reads: the PS may have computed it. */
uint32_t stream_input(const zs_plan_draft *d)
{
    uint32_t first = 0;
    while (!d->drafts[first].on_engine)
        first++;
    return zs_view_base(d->net, zs_draft_layer(d, first)->in[0]);
}

static zs_status check_input(const builder *b)
{
    const zs_shape s = b->d->net->tensors[stream_input(b->d)].shape;
    const uint32_t lanes = stream_params_of(&b->d->design->accel)->input_lanes;
    if (b->d->net->input_n > 1)
        return zs_fail(b->err, ZS_EUNSUPPORTED, b->d->net->name,
                       "a network of %u inputs: kind stream has one input, kind tiled runs it",
                       b->d->net->input_n);
    if (zs_shape_elems(s) % lanes != 0 && !stream_params_of(&b->d->design->accel)->pad)
        return zs_fail(b->err, ZS_ERANGE, "accelerator.stream.input_lanes",
                       "%u do not divide the %llu elements of the input", lanes,
                       (unsigned long long)zs_shape_elems(s));
    return ZS_OK;
}

/* The tensor that leaves the pipeline: the result of its last row, or the tensor that this
 * completes as the last slice. */
static uint32_t output_of(const builder *b)
{
    const zs_plan_draft *d = b->d;
    uint32_t last = 0;
    for (uint32_t i = 0; i < d->row_n; i++)
        last = d->drafts[i].on_engine ? i : last;
    uint32_t out = zs_view_base(d->net, d->drafts[last].out);
    for (uint32_t t = d->net->tensors[out].parent; t != ZS_NO_INDEX; t = d->net->tensors[t].parent)
        if (b->streams[zs_view_base(d->net, t)].lanes > 0)
            out = zs_view_base(d->net, t);
    return out;
}

static zs_status fail_two_outputs(const builder *b, uint32_t tensor)
{
    return zs_fail(b->err, ZS_EUNSUPPORTED, b->d->net->tensors[tensor].name,
                   "leaves the pipeline beside its output: a pipeline has one output");
}

/* What a layer gives is read in the pipeline, or is its output; what the PS or another engine reads
 * of the pipeline is that output, or a part of it. */
static zs_status check_readers(const builder *b, uint32_t input, uint32_t out)
{
    const zs_plan_draft *d = b->d;
    const zs_flow *f = &b->out->flow;
    for (uint32_t t = 0; t < d->net->tensor_n; t++)
        if (b->streams[t].lanes > 0 && f->nodes[b->streams[t].node].out_n == 0 && t != out &&
            b->streams[t].node != f->sink)
            return fail_two_outputs(b, t);
    for (uint32_t i = 0; i < d->row_n; i++) {
        const zs_layer *l = zs_draft_layer(d, i);
        for (uint32_t k = 0; k < l->in_n && !d->drafts[i].on_engine; k++) {
            const uint32_t t = zs_view_base(d->net, l->in[k]);
            if (t != input && b->streams[t].lanes > 0 &&
                zs_draft_root(d, t) != zs_draft_root(d, out))
                return fail_two_outputs(b, t);
        }
    }
    return ZS_OK;
}

static zs_status allocate(builder *b)
{
    zs_arena *arena = b->d->arena;
    b->capacity = 12 * b->d->row_n + 2 * b->d->net->tensor_n + 8;
    b->out = zs_new(arena, zs_plan_flow, 1);
    b->streams = zs_new(arena, port, b->d->net->tensor_n);
    b->readers = zs_new(arena, uint32_t, b->d->net->tensor_n);
    b->edge_names = zs_new(arena, const char *, 2 * b->capacity);
    b->edge_bits = zs_new(arena, uint32_t, 2 * b->capacity);
    b->row_of_node = zs_new(arena, uint32_t, b->capacity);
    zs_flow_node *nodes = zs_new(arena, zs_flow_node, b->capacity);
    zs_flow_edge *edges = zs_new(arena, zs_flow_edge, 2 * b->capacity);
    const void *const all[] = {b->out,       b->streams,     b->readers, b->edge_names,
                               b->edge_bits, b->row_of_node, nodes,      edges};
    for (size_t i = 0; i < ZS_LEN(all); i++)
        if (all[i] == NULL)
            return zs_nomem(b->err, "plan");
    *b->out = (zs_plan_flow){.flow = {.nodes = nodes, .edges = edges},
                             .edge_names = b->edge_names,
                             .edge_bits = b->edge_bits,
                             .row_of_node = b->row_of_node};
    return ZS_OK;
}

static zs_status add_source(builder *b, uint32_t input)
{
    const stream_params *s = stream_params_of(&b->d->design->accel);
    const zs_tensor *t = &b->d->net->tensors[input];
    const zs_number *x = &t->number;
    port p = {.lanes = s->input_lanes,
              .bits = x->scale > 0 ? stream_width(x->lo - x->zero, x->hi - x->zero, x->is_bipolar)
                                   : s->input_bits};
    b->out->flow.words_in = zs_ceil_div(zs_shape_elems(t->shape), s->input_lanes);
    ZS_TRY(add_node(b, (zs_flow_node){.op = ZS_FLOW_SOURCE, .name = "input"}, &p.node));
    if (s->input_threshold > 0 && !(x->scale > 0))
        ZS_TRY(add_thresholds(b, &p, "input", s->input_threshold));
    b->streams[input] = p;
    return ZS_OK;
}

static zs_status add_layers(builder *b)
{
    const zs_plan_draft *d = b->d;
    for (b->row = 0; b->row < d->row_n; b->row++) {
        if (!d->drafts[b->row].on_engine)
            continue;
        ZS_TRY(add_layer(b, stream_of(&d->rows[b->row])));
        for (uint32_t t = d->net->tensors[zs_draft_layer(d, b->row)->out].parent; t != ZS_NO_INDEX;
             t = d->net->tensors[t].parent)
            ZS_TRY(join_slices(b, zs_view_base(d->net, t)));
    }
    b->row = ZS_NO_INDEX;
    return ZS_OK;
}

static zs_status add_sink(builder *b, uint32_t out)
{
    const stream_params *s = stream_params_of(&b->d->design->accel);
    const zs_tensor *t = &b->d->net->tensors[out];
    port p;
    b->readers[out]++;
    ZS_TRY(take_stream(b, out, &p));
    if (s->label_select > 0)
        ZS_TRY(add_label_select(b, &p, t->shape));
    else if (!(t->number.scale > 0) && p.bits < s->output_bits)
        p.bits = s->output_bits;
    ZS_TRY(append(b, &p, (zs_flow_node){.op = ZS_FLOW_SINK, .name = "output"}));
    b->out->flow.sink = p.node;
    b->out->result = out;
    /* its DMA holds two transfers */
    b->out->room_words =
        zs_max_u64(STREAM_IN_FLIGHT * s->burst_bytes * 8ull / (p.lanes * p.bits), 1);
    return ZS_OK;
}

zs_status stream_graph(zs_plan_draft *d, zs_err *err)
{
    builder b = {.d = d, .row = ZS_NO_INDEX, .err = err};
    ZS_TRY(allocate(&b));
    ZS_TRY(count_readers(&b));
    ZS_TRY(check_input(&b));
    const uint32_t input = stream_input(d);
    ZS_TRY(add_source(&b, input));
    ZS_TRY(add_layers(&b));
    const uint32_t out = output_of(&b);
    ZS_TRY(add_sink(&b, out));
    ZS_TRY(check_readers(&b, input, out));
    ZS_TRY(zs_flow_check(&b.out->flow, err));
    ZS_TRY(stream_name_nodes(d, b.out, err));
    ZS_TRY(stream_set_depths(d, b.out, err));
    d->plan->flow = d->own = b.out;
    return ZS_OK;
}
