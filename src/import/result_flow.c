/* The pipeline of a result.json as its reports draw it, and the engines of a design that has
 * several. Clocks of single words are not in the file, nor what a node is made of. */
#include "result_read_priv.h"

#include <stdio.h>
#include <string.h>

/* One entry of the list of nodes, or of FIFOs: what the plan and the simulation know of it. */
typedef struct node_entry {
    const char *name, *type;
    uint64_t first, span, busy, starved, blocked;
} node_entry;

typedef struct fifo_entry {
    const char *name, *from, *to;
    uint64_t words, most, full, blocked;
    uint32_t bits, depth;
} fifo_entry;

#define NODE(name, type, field)                                                                    \
    {                                                                                              \
        name, type, offsetof(node_entry, field)                                                    \
    }
static const zs_member node_members[] = {
    NODE("name", ZS_READ_TEXT, name),
    NODE("type", ZS_READ_MAYBE_TEXT, type),
    NODE("first_cycle", ZS_READ_COUNT64, first),
    NODE("span_cycles", ZS_READ_COUNT64, span),
    NODE("busy_cycles", ZS_READ_COUNT64, busy),
    NODE("starved_cycles", ZS_READ_COUNT64, starved),
    NODE("blocked_cycles", ZS_READ_COUNT64, blocked),
};

#define FIFO(name, type, field)                                                                    \
    {                                                                                              \
        name, type, offsetof(fifo_entry, field)                                                    \
    }
static const zs_member fifo_members[] = {
    FIFO("name", ZS_READ_TEXT, name),
    FIFO("from", ZS_READ_TEXT, from),
    FIFO("to", ZS_READ_TEXT, to),
    FIFO("bits", ZS_READ_COUNT32, bits),
    FIFO("words", ZS_READ_COUNT64, words),
    FIFO("depth", ZS_READ_COUNT32, depth),
    FIFO("largest_fill", ZS_READ_COUNT64, most),
    FIFO("full_cycles", ZS_READ_COUNT64, full),
    FIFO("blocked_cycles", ZS_READ_COUNT64, blocked),
};

static zs_status read_node(zs_reader *r, const json_t *entry, void *out)
{
    return zs_get_members(r, entry, node_members, ZS_LEN(node_members), out);
}

/* Reports draw fills as shares of depths: a fill is never above its depth, where there is one. */
static zs_status read_fifo(zs_reader *r, const json_t *entry, void *out)
{
    fifo_entry *f = out;
    ZS_TRY(zs_get_members(r, entry, fifo_members, ZS_LEN(fifo_members), f));
    if (f->depth > 0 && f->most > f->depth)
        return zs_fail(r->err, ZS_ERANGE, r->path, "%slargest_fill: %llu is above the depth of %u",
                       r->scope, (unsigned long long)f->most, f->depth);
    return ZS_OK;
}

typedef struct flow_memory {
    zs_plan_flow of;
    zs_flow_result flow;
    uint64_t first_output[3], last_output[3];
} flow_memory;

static zs_status put_nodes(zs_reader *r, const node_entry *list, uint32_t n, flow_memory *m)
{
    zs_flow_node *nodes = zs_new(r->arena, zs_flow_node, n);
    zs_flow_node_result *results = zs_new(r->arena, zs_flow_node_result, n);
    const char **types = zs_new(r->arena, const char *, n);
    if (nodes == NULL || results == NULL || types == NULL)
        return zs_nomem(r->err, r->path);
    for (uint32_t i = 0; i < n; i++) {
        const node_entry *e = &list[i];
        uint64_t end;
        if (!zs_add_u64(e->first, e->span, &end))
            return zs_fail(r->err, ZS_ERANGE, r->path, "pipeline.nodes[%u] ends never", i);
        nodes[i].name = e->name;
        types[i] = e->type;
        results[i] = (zs_flow_node_result){.first = e->span > 0 ? e->first : ZS_FLOW_NEVER,
                                           .last = end - (e->span > 0),
                                           .busy_cycles = e->busy,
                                           .starved_cycles = e->starved,
                                           .blocked_cycles = e->blocked};
    }
    m->of.flow.nodes = nodes;
    m->of.flow.node_n = n;
    m->of.node_types = types;
    m->flow.nodes = results;
    return ZS_OK;
}

static zs_status find_node(const zs_reader *r, const zs_flow *flow, uint32_t fifo, const char *end,
                           const char *name, uint32_t *out)
{
    for (uint32_t i = 0; i < flow->node_n; i++)
        if (strcmp(flow->nodes[i].name, name) == 0) {
            *out = i;
            return ZS_OK;
        }
    return zs_fail(r->err, ZS_EPARSE, r->path, "pipeline.fifos[%u].%s: there is no node \"%.64s\"",
                   fifo, end, name);
}

static zs_status connect(const zs_reader *r, zs_flow *flow, uint32_t fifo)
{
    zs_flow_node *from = &flow->nodes[flow->edges[fifo].from];
    zs_flow_node *to = &flow->nodes[flow->edges[fifo].to];
    if (from->out_n == ZS_FLOW_PORTS || to->in_n == ZS_FLOW_PORTS)
        return zs_fail(r->err, ZS_EPARSE, r->path,
                       "pipeline.fifos[%u]: more than %d FIFOs on one side of a node", fifo,
                       (int)ZS_FLOW_PORTS);
    from->out[from->out_n++] = fifo;
    to->in[to->in_n++] = fifo;
    return ZS_OK;
}

static zs_status put_fifos(zs_reader *r, const fifo_entry *list, uint32_t n, flow_memory *m)
{
    zs_flow_edge *edges = zs_new(r->arena, zs_flow_edge, n + 1);
    zs_flow_edge_result *results = zs_new(r->arena, zs_flow_edge_result, n + 1);
    const char **names = zs_new(r->arena, const char *, n + 1);
    uint32_t *bits = zs_new(r->arena, uint32_t, n + 1);
    zs_flow *flow = &m->of.flow;
    if (edges == NULL || results == NULL || names == NULL || bits == NULL)
        return zs_nomem(r->err, r->path);
    flow->edges = edges;
    flow->edge_n = n;
    for (uint32_t i = 0; i < n; i++) {
        const fifo_entry *e = &list[i];
        edges[i] = (zs_flow_edge){.depth = e->depth, .words = e->words};
        ZS_TRY(find_node(r, flow, i, "from", e->from, &edges[i].from));
        ZS_TRY(find_node(r, flow, i, "to", e->to, &edges[i].to));
        ZS_TRY(connect(r, flow, i));
        names[i] = e->name;
        bits[i] = e->bits;
        results[i].most = e->most;
        results[i].full_cycles = e->full;
        results[i].blocked_cycles = e->blocked;
    }
    for (uint32_t i = 0; i < flow->node_n; i++)
        if (flow->nodes[i].in_n + flow->nodes[i].out_n == 0)
            return zs_fail(r->err, ZS_EPARSE, r->path, "pipeline.nodes[%u] is on no FIFO", i);
    m->of.edge_names = names;
    m->of.edge_bits = bits;
    m->flow.edges = results;
    return ZS_OK;
}

/* Images with the first result, the interval and the end that the file has: the first one, and two
 * at the end. One image has no interval. */
static zs_status put_outputs(const zs_reader *r, const json_t *object, flow_memory *m)
{
    uint64_t first, interval, last, image;
    ZS_TRY(zs_get_count(r, object, "first_output_cycles", INT64_MAX, &first));
    ZS_TRY(zs_get_count(r, object, "interval_cycles", INT64_MAX, &interval));
    ZS_TRY(zs_get_count(r, object, "last_output_cycles", INT64_MAX, &last));
    ZS_TRY(zs_get_count(r, object, "pipeline.first_image_cycle", INT64_MAX, &image));
    if (interval > last)
        return zs_fail(r->err, ZS_ERANGE, r->path,
                       "interval_cycles: %llu is above last_output_cycles, %llu",
                       (unsigned long long)interval, (unsigned long long)last);
    m->first_output[0] = first;
    m->last_output[0] = image;
    m->last_output[1] = last - interval;
    m->last_output[2] = last;
    m->flow.images = m->flow.simulated = interval > 0 ? 3 : 1;
    m->flow.first_output = m->first_output;
    m->flow.last_output = m->last_output;
    m->flow.end = last;
    return ZS_OK;
}

zs_status zs_read_flow(zs_reader *r, const json_t *object, const zs_flow_result **flow,
                       const zs_plan_flow **of, const char **limit)
{
    const json_t *pipeline = json_object_get(object, "pipeline");
    void *nodes, *fifos;
    uint32_t node_n, fifo_n;
    if (pipeline == NULL)
        return ZS_OK;
    flow_memory *m = zs_new(r->arena, flow_memory, 1);
    if (m == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(zs_get_list(r, pipeline, "nodes", sizeof(node_entry), read_node, &nodes, &node_n));
    ZS_TRY(zs_get_list(r, pipeline, "fifos", sizeof(fifo_entry), read_fifo, &fifos, &fifo_n));
    ZS_TRY(put_nodes(r, nodes, node_n, m));
    ZS_TRY(put_fifos(r, fifos, fifo_n, m));
    ZS_TRY(put_outputs(r, object, m));
    ZS_TRY(zs_get_flag(r, object, "interval_proven", &m->flow.repeats));
    ZS_TRY(zs_get_text(r, pipeline, "limit", ZS_REQUIRED, limit));
    if (node_n == 0)
        return zs_get_refuse(r, ZS_EPARSE, "pipeline.nodes", "is empty");
    *flow = &m->flow;
    *of = &m->of;
    return ZS_OK;
}

/* ---- engines --------------------------------------------------------------------------------- */

#define ENGINE(name, type, field)                                                                  \
    {                                                                                              \
        name, type, offsetof(zs_engine_result, field)                                              \
    }
static const zs_member engine_members[] = {
    ENGINE("name", ZS_READ_TEXT, name),
    ENGINE("kind", ZS_READ_TEXT, kind),
    ENGINE("layers", ZS_READ_COUNT32, layer_n),
    ENGINE("loads", ZS_READ_COUNT32, load_n),
    ENGINE("cycles", ZS_READ_COUNT64, cycles),
    ENGINE("macs", ZS_READ_COUNT64, macs),
    ENGINE("dram_read_bytes", ZS_READ_COUNT64, read_bytes),
    ENGINE("dram_write_bytes", ZS_READ_COUNT64, write_bytes),
};

static zs_status read_engine(zs_reader *r, const json_t *entry, void *out)
{
    zs_engine_result *e = out;
    ZS_TRY(zs_get_members(r, entry, engine_members, ZS_LEN(engine_members), e));
    ZS_TRY(zs_read_fit(r, entry, &e->fit));
    return zs_read_flow(r, entry, &e->flow, &e->flow_of, &e->flow_limit);
}

zs_status zs_read_engines(zs_reader *r, const json_t *root, zs_result *out)
{
    void *engines;
    if (json_object_get(root, "engines") == NULL)
        return ZS_OK;
    ZS_TRY(zs_get_list(r, root, "engines", sizeof *out->engines, read_engine, &engines,
                       &out->engine_n));
    out->engines = engines;
    return ZS_OK;
}
