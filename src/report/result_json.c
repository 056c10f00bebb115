/* A result as one JSON object. Figures come from the metric tables; what is a list (layers, ports,
 * account, outputs, notes) is spelt out here.
 *
 * json_object_set_new and json_array_append_new accept NULL and report it as -1, so a missing piece
 * of memory surfaces where it is attached. */
#include "json_priv.h"
#include "verdict_priv.h"
#include "out_priv.h"
#include "zynqsim/report.h"

#include <stdio.h>
#include <string.h>

/* "dram.read_bytes": member read_bytes of the object dram, which is made where it is new. */
static int set_path(json_t *object, const char *path, json_t *value)
{
    for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(path, '.')) {
        char key[64];
        const size_t bytes = (size_t)(dot - path);
        if (bytes >= sizeof key) {
            json_decref(value);
            return -1;
        }
        memcpy(key, path, bytes);
        key[bytes] = '\0';
        if (json_object_get(object, key) == NULL &&
            json_object_set_new(object, key, json_object()) != 0) {
            json_decref(value);
            return -1;
        }
        object = json_object_get(object, key);
        path = dot + 1;
    }
    return json_object_set_new(object, path, value);
}

int zs_json_figures(json_t *root, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        const zs_value value = zs_result_get(r, i);
        /* blocks that the family does not have are left out, what is neither true nor false is null
         */
        const bool is_unknown = value.type != zs_metrics[i].type;
        if (!is_unknown || zs_metrics[i].type == ZS_METRIC_BOOL)
            failed |= set_path(root, zs_metrics[i].name, zs_json_value(&value));
    }
    return failed;
}

/* Layers of a pipeline work at the same time. */
static int put_span(json_t *entry, const zs_layer_result *l)
{
    const zs_json_named_count counts[] = {{"span_cycles", l->cycles},
                                          {"busy_cycles", l->busy_cycles[ZS_BY_COMPUTE]},
                                          {"starved_cycles", l->starved_cycles},
                                          {"blocked_cycles", l->blocked_cycles}};
    return zs_json_set_counts(entry, counts, ZS_LEN(counts));
}

static int put_layers(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t layer = 0; layer < r->layer_n; layer++) {
        const zs_layer_result *l = &r->layers[layer];
        json_t *entry = json_object();
        for (uint32_t i = 0; i < zs_layer_metric_n; i++) {
            const zs_value value = zs_layer_result_get(r, layer, i);
            failed |= set_path(entry, zs_layer_metrics[i].name, zs_json_value(&value));
        }
        failed |=
            json_object_set_new(entry, "runs_on", zs_json_text(l->on_engine ? "engine" : "cpu"));
        failed |= json_object_set_new(entry, "macs_executed",
                                      zs_json_count(l->macs - l->skipped_macs + l->again_macs));
        if (l->in_pipeline)
            failed |= json_object_set_new(entry, "in_pipeline", json_true());
        if (r->layers_overlap)
            failed |= put_span(entry, l);
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

static int put_ports(json_t *list, const zs_result *r)
{
    const double seconds = (double)r->cycles / (double)r->clock_hz;
    int failed = 0;
    for (uint32_t i = 0; i < r->port_n; i++) {
        const zs_port_result *port = &r->ports[i];
        const double share = (double)port->bytes / seconds / (double)port->peak_bytes_per_s;
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(port->name));
        failed |= json_object_set_new(entry, "bytes", zs_json_count(port->bytes));
        failed |= json_object_set_new(entry, "bursts", zs_json_count(port->bursts));
        failed |= json_object_set_new(entry, "beats", zs_json_count(port->beats));
        failed |= json_object_set_new(entry, "busy_frac",
                                      zs_json_real(zs_share(port->busy_cycles, r->cycles)));
        failed |= json_object_set_new(entry, "peak_bytes_per_second",
                                      zs_json_count(port->peak_bytes_per_s));
        failed |= json_object_set_new(entry, "share_of_peak", zs_json_real(share));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

static int put_fit_items(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->fit.item_n; i++) {
        const zs_fit_item *item = &r->fit.items[i];
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(item->name));
        failed |= json_object_set_new(entry, "detail", zs_json_text(item->detail));
        for (uint32_t k = 0; k < r->fit.family->block_n; k++) {
            const zs_resource_id id = r->fit.family->blocks[k].id;
            failed |=
                json_object_set_new(entry, zs_resource_table[id].key, zs_json_count(item->r.n[id]));
        }
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

/* Between lo and hi lie nine in ten built designs of such a figure. */
static int put_fit_bands(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->fit.family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(&r->fit, i);
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "resource", zs_json_text(line.key));
        failed |= json_object_set_new(entry, "lo", zs_json_count(line.lo));
        failed |= json_object_set_new(entry, "hi", zs_json_count(line.hi));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

/* What follows from other figures, under the names by which scripts ask for it. */
static int put_summary(json_t *root, const zs_result *r)
{
    const double seconds = (double)r->cycles / (double)r->clock_hz;
    int failed = json_object_set_new(root, "verdict",
                                     zs_json_text(r->fit.is_close ? "close"
                                                  : r->fit.fits   ? "fits"
                                                                  : "no"));
    failed |= json_object_set_new(root, "macs_executed",
                                  zs_json_count(r->macs - r->skipped_macs + r->again_macs));
    failed |=
        json_object_set_new(root, "gops_credited", zs_json_real(2e-9 * (double)r->macs / seconds));
    for (uint32_t i = 0; i < r->fit.family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(&r->fit, i);
        char path[64];
        snprintf(path, sizeof path, "resources.%s.low", line.key);
        failed |= set_path(root, path, zs_json_count(line.lo));
        snprintf(path, sizeof path, "resources.%s.high", line.key);
        failed |= set_path(root, path, zs_json_count(line.hi));
    }
    return failed;
}

static int put_classes(json_t *list, const zs_image_result *image)
{
    int failed = 0;
    for (uint32_t i = 0; i < image->top_n; i++) {
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "class", zs_json_count(image->top_class[i]));
        failed |= json_object_set_new(entry, "label", zs_json_text(image->top_label[i]));
        failed |= json_object_set_new(entry, "probability",
                                      zs_json_real((double)image->top_probability[i]));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

static int put_outputs(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->image_n; i++) {
        const zs_image_result *image = &r->images[i];
        json_t *entry = json_object(), *classes = json_array();
        failed |= json_object_set_new(entry, "input", zs_json_text(image->input));
        failed |= classes == NULL ? -1 : put_classes(classes, image);
        failed |= json_object_set_new(entry, "top5", classes);
        failed |= json_object_set_new(entry, "sha256",
                                      zs_json_text(image->sha256[0] ? image->sha256 : NULL));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

/* The pipeline in short. One that is stuck has no result. */
static int put_flow_summary(json_t *root, const zs_result *r)
{
    const zs_plan_flow *f = r->flow_of;
    const zs_json_named_count counts[] = {
        {"first_output_cycles", zs_flow_first_output(r->flow, 0)},
        {"interval_cycles", zs_flow_interval(r->flow)},
        {"last_output_cycles", zs_flow_last_output(r->flow, r->flow->images - 1)}};
    json_t *fifos = json_array();
    int failed = json_object_set_new(root, "deadlock", json_false());
    failed |= json_object_set_new(root, "deadlock_at", json_null());
    failed |= zs_json_set_counts(root, counts, ZS_LEN(counts));
    failed |= json_object_set_new(root, "interval_proven", json_boolean(r->flow->repeats));
    for (uint32_t i = 0; i < f->flow.edge_n; i++) {
        json_t *fifo = json_object();
        failed |= json_object_set_new(fifo, "name", zs_json_text(f->edge_names[i]));
        failed |= json_object_set_new(fifo, "depth", zs_json_count(f->flow.edges[i].depth));
        failed |= json_object_set_new(fifo, "max_fill", zs_json_count(r->flow->edges[i].most));
        failed |=
            json_object_set_new(fifo, "full_cycles", zs_json_count(r->flow->edges[i].full_cycles));
        failed |= json_array_append_new(fifos, fifo);
    }
    return failed | json_object_set_new(root, "fifos", fifos);
}

/* Of a pipeline: nodes, and the FIFO on every edge. */
static int put_flow(json_t *root, const zs_result *r)
{
    if (r->flow == NULL)
        return 0;
    const zs_plan_flow *f = r->flow_of;
    if (put_flow_summary(root, r) != 0)
        return -1;
    json_t *pipeline = json_object(), *nodes = json_array(), *fifos = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < f->flow.node_n; i++) {
        const zs_flow_node_result *n = &r->flow->nodes[i];
        const bool has_moved = n->first != ZS_FLOW_NEVER;
        const zs_json_named_count counts[] = {
            {"first_cycle", has_moved ? n->first : 0},
            {"span_cycles", has_moved ? n->last - n->first + 1 : 0},
            {"busy_cycles", n->busy_cycles},
            {"starved_cycles", n->starved_cycles},
            {"blocked_cycles", n->blocked_cycles}};
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(f->flow.nodes[i].name));
        failed |= json_object_set_new(entry, "type", zs_json_text(f->node_types[i]));
        failed |= zs_json_set_counts(entry, counts, ZS_LEN(counts));
        failed |= json_array_append_new(nodes, entry);
    }
    for (uint32_t i = 0; i < f->flow.edge_n; i++) {
        const zs_flow_edge *edge = &f->flow.edges[i];
        const zs_json_named_count counts[] = {{"bits", f->edge_bits[i]},
                                              {"words", edge->words},
                                              {"depth", edge->depth},
                                              {"largest_fill", r->flow->edges[i].most},
                                              {"full_cycles", r->flow->edges[i].full_cycles},
                                              {"blocked_cycles", r->flow->edges[i].blocked_cycles}};
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(f->edge_names[i]));
        failed |= json_object_set_new(entry, "from", zs_json_text(f->flow.nodes[edge->from].name));
        failed |= json_object_set_new(entry, "to", zs_json_text(f->flow.nodes[edge->to].name));
        failed |= zs_json_set_counts(entry, counts, ZS_LEN(counts));
        failed |= json_array_append_new(fifos, entry);
    }
    failed |= json_object_set_new(pipeline, "limit", zs_json_text(r->flow_limit));
    failed |=
        json_object_set_new(pipeline, "interval_cycles", zs_json_count(zs_flow_interval(r->flow)));
    failed |= json_object_set_new(pipeline, "first_image_cycle",
                                  zs_json_count(zs_flow_last_output(r->flow, 0)));
    failed |= json_object_set_new(pipeline, "nodes", nodes);
    failed |= json_object_set_new(pipeline, "fifos", fifos);
    return failed | json_object_set_new(root, "pipeline", pipeline);
}

/* Nothing where there is one. */
static int put_engines(json_t *root, const zs_result *r)
{
    if (r->engine_n == 0)
        return 0;
    json_t *list = json_array();
    int failed = list == NULL ? -1 : 0;
    for (uint32_t i = 0; i < r->engine_n; i++) {
        const zs_engine_result *e = &r->engines[i];
        const zs_result view = zs_result_of_engine(r, i);
        const zs_json_named_count counts[] = {{"layers", e->layer_n},
                                              {"loads", e->load_n},
                                              {"cycles", e->cycles},
                                              {"macs", e->macs},
                                              {"dram_read_bytes", e->read_bytes},
                                              {"dram_write_bytes", e->write_bytes}};
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(e->name));
        failed |= json_object_set_new(entry, "kind", zs_json_text(e->kind));
        failed |= zs_json_set_counts(entry, counts, ZS_LEN(counts));
        failed |= json_object_set_new(entry, "fits",
                                      e->fit.is_close ? json_null() : json_boolean(e->fit.fits));
        for (uint32_t k = 0; k < e->fit.family->block_n; k++) {
            const zs_fit_line line = zs_fit_line_of(&e->fit, k);
            char path[64];
            snprintf(path, sizeof path, "resources.%s.used", line.key);
            failed |= set_path(entry, path, zs_json_count(line.used));
            snprintf(path, sizeof path, "resources.%s.available", line.key);
            failed |= set_path(entry, path, zs_json_count(line.available));
        }
        failed |= put_flow(entry, &view);
        failed |= json_array_append_new(list, entry);
    }
    return failed | json_object_set_new(root, "engines", list);
}

static int put_notes(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->note_n; i++)
        failed |= json_array_append_new(list, zs_json_text(r->notes[i]));
    return failed;
}

static int put_lists(json_t *root, const zs_result *r)
{
    static const struct {
        const char *path;
        int (*put)(json_t *list, const zs_result *r);
    } lists[] = {
        {"ports", put_ports},   {"fit_bands", put_fit_bands}, {"fit_items", put_fit_items},
        {"layers", put_layers}, {"outputs", put_outputs},     {"notes", put_notes},
    };
    int failed = 0;
    for (size_t i = 0; i < ZS_LEN(lists); i++) {
        json_t *list = json_array();
        failed |= list == NULL ? -1 : lists[i].put(list, r);
        failed |= json_object_set_new(root, lists[i].path, list);
    }
    return failed;
}

static int put_digests(json_t *object, const char *key, const zs_file_digest *list, uint32_t n)
{
    json_t *entries = json_array();
    int failed = entries == NULL ? -1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "name", zs_json_text(list[i].name));
        failed |= json_object_set_new(entry, "sha256", zs_json_text(list[i].sha256));
        failed |= json_array_append_new(entries, entry);
    }
    return failed | json_object_set_new(object, key, entries);
}

static int put_provenance(json_t *root, const zs_provenance *p)
{
    json_t *object = json_object(), *settings = json_array();
    const struct {
        const char *key, *text;
    } texts[] = {{"design_sha256", p->design_sha256},
                 {"model_sha256", p->model_sha256},
                 {"weights_sha256", p->weights_sha256},
                 {"command", p->command},
                 {"design", p->design}};
    int failed = json_object_set_new(root, "version", zs_json_text(p->version));
    failed |= json_object_set_new(root, "models_digest", zs_json_text(p->models_digest));
    failed |= json_object_set_new(root, "schema_version", json_integer(ZS_RESULT_SCHEMA));
    for (size_t i = 0; i < ZS_LEN(texts); i++)
        failed |= json_object_set_new(object, texts[i].key, zs_json_text(texts[i].text));
    for (uint32_t i = 0; i < p->setting_n; i++)
        failed |= json_array_append_new(settings, zs_json_text(p->settings[i]));
    failed |= json_object_set_new(object, "settings", settings);
    failed |= put_digests(object, "inputs", p->inputs, p->input_n);
    failed |= put_digests(object, "data", p->data, p->data_n);
    return failed | json_object_set_new(root, "provenance", object);
}

zs_status zs_json_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object();
    const bool failed = root == NULL || zs_json_figures(root, r) != 0 || put_lists(root, r) != 0 ||
                        put_summary(root, r) != 0 || put_flow(root, r) != 0 ||
                        put_engines(root, r) != 0 ||
                        (r->provenance != NULL && put_provenance(root, r->provenance) != 0);
    return zs_json_end(root, failed, "result.json", s, err);
}

zs_status zs_stuck_json_emit(const char *design, const zs_err *why, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object();
    int failed = json_object_set_new(root, "design", zs_json_text(design));
    failed |= json_object_set_new(root, "deadlock", json_true());
    failed |= json_object_set_new(root, "deadlock_at", zs_json_count(why->at_cycle));
    failed |= json_object_set_new(root, "fifo", zs_json_text(why->place));
    failed |= json_object_set_new(root, "reason", zs_json_text(why->text));
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
