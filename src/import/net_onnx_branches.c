/* Graphs within nodes: of an If whose condition is known when the file is read, one is part of the
 * graph around it and the other one vanishes. Squeezes of tensors of any size are written so. */
#include "import_onnx_priv.h"

#include <string.h>

enum { MOST_LEVELS = 8, MOST_GRAPHS = 4096 };

struct zs_onnx_branches {
    const ZsOnnx__Attribute *attr;
    ZsOnnx__Graph *graph;
    size_t n; /* with those behind it */
    struct zs_onnx_branches *next;
};

static zs_status read_graph(zs_onnx *net, zs_arena *arena, const char *path,
                            const ZsOnnx__Graph *graph, uint32_t level, zs_err *err)
{
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_attribute; k++) {
            const ZsOnnx__Attribute *attr = graph->node[i]->attribute[k];
            if (!attr->has_g)
                continue;
            const size_t n = net->branches != NULL ? net->branches->n : 0;
            if (level == MOST_LEVELS || n == MOST_GRAPHS)
                return zs_fail(err, ZS_ERANGE, path,
                               "more than %d graphs within nodes, or deeper than %d levels",
                               MOST_GRAPHS, MOST_LEVELS);
            struct zs_onnx_branches *branch = zs_new(arena, struct zs_onnx_branches, 1);
            void *inner;
            if (branch == NULL)
                return zs_nomem(err, "a graph");
            ZS_TRY(zs_proto_unpack(arena, &zs_onnx__graph__descriptor,
                                   (zs_span){attr->g.data, attr->g.len}, "a graph of a node", path,
                                   &inner, err));
            *branch = (struct zs_onnx_branches){attr, inner, n + 1, net->branches};
            net->branches = branch;
            ZS_TRY(read_graph(net, arena, path, inner, level + 1, err));
        }
    return ZS_OK;
}

zs_status zs_onnx_read_branches(zs_onnx *net, zs_arena *arena, const char *path, zs_err *err)
{
    return read_graph(net, arena, path, net->graph, 0, err);
}

const ZsOnnx__Graph *zs_onnx_branch_at(const zs_onnx *net, size_t i)
{
    const struct zs_onnx_branches *b = net->branches;
    for (; b != NULL && i > 0; i--)
        b = b->next;
    return b != NULL ? b->graph : NULL;
}

static const ZsOnnx__Graph *graph_of(const zs_onnx *net, const ZsOnnx__Attribute *attr)
{
    for (const struct zs_onnx_branches *b = net->branches; b != NULL; b = b->next)
        if (b->attr == attr)
            return b->graph;
    return NULL;
}

void zs_onnx_each_read(const zs_onnx *net, const ZsOnnx__Node *node,
                       void (*take)(void *ctx, const char *name), void *ctx)
{
    for (size_t k = 0; k < node->n_input; k++)
        take(ctx, node->input[k]);
    for (size_t k = 0; k < node->n_attribute; k++) {
        const ZsOnnx__Attribute *attr = node->attribute[k];
        const ZsOnnx__Graph *graph = attr->has_g ? graph_of(net, attr) : NULL;
        for (size_t i = 0; graph != NULL && i < graph->n_node; i++)
            zs_onnx_each_read(net, graph->node[i], take, ctx);
        for (size_t i = 0; graph != NULL && i < graph->n_output; i++)
            take(ctx, graph->output[i]->name != NULL ? graph->output[i]->name : "");
    }
}

zs_status zs_onnx_if(const zs_onnx_node *at, zs_err *err)
{
    zs_net_value *condition;
    const double *is_true;
    uint64_t n;
    ZS_TRY(zs_onnx_get(at, 0, &condition, err));
    if (condition->constant == NULL)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place,
                       "the condition is computed from the input; one that is known when the file "
                       "is read is handled");
    ZS_TRY(zs_onnx_doubles(at, condition, &is_true, &n, err));
    const char *which = n > 0 && is_true[0] != 0 ? "then_branch" : "else_branch";
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, which);
    const ZsOnnx__Graph *graph = attr != NULL ? graph_of(at->net, attr) : NULL;
    if (n != 1 || graph == NULL || graph->n_output < at->node->n_output)
        return zs_fail(err, ZS_EPARSE, at->place,
                       "a condition of %llu elements, or no %s with %zu results",
                       (unsigned long long)n, which, at->node->n_output);
    ZS_TRY(zs_onnx_add_initializers(at->net, graph, err));
    for (size_t i = 0; i < graph->n_node; i++)
        ZS_TRY(zs_onnx_add_node(at->net, graph, i, at->place, err));
    for (size_t k = 0; k < at->node->n_output; k++) {
        const char *name = graph->output[k]->name;
        const zs_net_value *value = name != NULL ? zs_net_draft_get(&at->net->draft, name) : NULL;
        if (value == NULL)
            return zs_fail(err, ZS_EPARSE, at->place, "no node makes the result '%s' of its %s",
                           name != NULL ? name : "", which);
        if (at->node->output[k][0] != '\0')
            ZS_TRY(zs_onnx_bind(at, k, value, err));
    }
    return ZS_OK;
}
