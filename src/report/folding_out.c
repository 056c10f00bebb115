/* Folding files of FINN: factors and depths of every node by its type and number. */
#include "json_priv.h"
#include "zynqsim/report.h"

#include <stdio.h>
#include <string.h>

/* "MVAU_hls_0": numbers count the nodes of a type from the front. */
static const char *name_of(const zs_plan_flow *f, uint32_t node, char *text, size_t bytes)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < node; i++)
        before += f->node_types[i] != NULL && strcmp(f->node_types[i], f->node_types[node]) == 0;
    snprintf(text, bytes, "%s_%u", f->node_types[node], before);
    return text;
}

static json_t *depths_of(const uint32_t *edges, uint32_t n, const uint32_t *depths)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++)
        if (json_array_append_new(list, zs_json_count(depths[edges[i]])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int put_node(json_t *root, const zs_plan_flow *f, uint32_t i, const uint32_t *depths)
{
    const zs_flow_node *n = &f->flow.nodes[i];
    json_t *node = json_object();
    char name[96];
    int failed = 0;
    switch (n->op) {
    case ZS_FLOW_POOL:
    case ZS_FLOW_WINDOW:
    case ZS_FLOW_PAD: /* max pools, windows included, have PEs */
        failed |= json_object_set_new(
            node, strncmp(f->node_types[i], "StreamingMax", 12) == 0 ? "PE" : "SIMD",
            zs_json_count(f->node_lanes[i]));
        break;
    case ZS_FLOW_MATRIX:
        failed |= json_object_set_new(node, "SIMD", zs_json_count(f->node_lanes[i]));
        failed |= json_object_set_new(node, "PE", zs_json_count(f->node_pes[i]));
        break;
    case ZS_FLOW_UP:
    case ZS_FLOW_DOWN:
        break;
    default:
        failed |= json_object_set_new(node, "PE", zs_json_count(f->node_pes[i]));
    }
    failed |= json_object_set_new(node, "inFIFODepths", depths_of(n->in, n->in_n, depths));
    failed |= json_object_set_new(node, "outFIFODepths", depths_of(n->out, n->out_n, depths));
    failed |= json_object_set_new(root, name_of(f, i, name, sizeof name), node);
    return failed;
}

zs_status zs_folding_json_emit(zs_arena *scratch, const zs_plan_flow *f, const uint32_t *depths,
                               const zs_sink *s, zs_err *err)
{
    uint32_t *own = zs_new(scratch, uint32_t, f->flow.edge_n + 1);
    json_t *root = json_object();
    int failed = own == NULL || json_object_set_new(root, "Defaults", json_object()) != 0;
    for (uint32_t i = 0; own != NULL && i < f->flow.edge_n; i++)
        own[i] = depths != NULL ? depths[i] : f->flow.edges[i].depth;
    for (uint32_t i = 0; own != NULL && i < f->flow.node_n; i++)
        if (f->node_types[i] != NULL)
            failed |= put_node(root, f, i, own);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
