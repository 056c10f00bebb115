/* Both forms of a result.json: the figures that it has, and the whole result again. They differ in
 * what may be missing. */
#include "zynqsim/result_read.h"

#include "result_read_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- who made it ----------------------------------------------------------------------------- */

static zs_status read_digests(zs_reader *r, const json_t *list, const zs_file_digest **out,
                              uint32_t *n)
{
    const size_t count = json_array_size(list);
    zs_file_digest *digests = zs_new(r->arena, zs_file_digest, count + 1);
    if (digests == NULL)
        return zs_nomem(r->err, r->path);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        ZS_TRY(zs_get_text(r, entry, "name", ZS_OPTIONAL, &digests[i].name));
        ZS_TRY(zs_get_text(r, entry, "sha256", ZS_OPTIONAL, &digests[i].sha256));
    }
    *out = digests;
    *n = (uint32_t)count;
    return ZS_OK;
}

static zs_status read_settings(zs_reader *r, const json_t *list, zs_provenance *p)
{
    const size_t count = json_array_size(list);
    const char **settings = zs_new(r->arena, const char *, count + 1);
    if (settings == NULL)
        return zs_nomem(r->err, r->path);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        settings[i] = zs_arena_strdup(r->arena, text != NULL ? text : "");
        if (settings[i] == NULL)
            return zs_nomem(r->err, r->path);
    }
    p->settings = settings;
    p->setting_n = (uint32_t)count;
    return ZS_OK;
}

/* NULL where the file says nothing of it. */
static zs_status read_provenance(zs_reader *r, const json_t *root, const zs_provenance **out)
{
    const json_t *object = json_object_get(root, "provenance");
    zs_provenance *p = zs_new(r->arena, zs_provenance, 1);
    if (p == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(zs_get_text(r, root, "version", ZS_OPTIONAL, &p->version));
    ZS_TRY(zs_get_text(r, root, "models_digest", ZS_OPTIONAL, &p->models_digest));
    snprintf(r->scope, sizeof r->scope, "provenance.");
    ZS_TRY(zs_get_text(r, object, "design", ZS_OPTIONAL, &p->design));
    ZS_TRY(zs_get_text(r, object, "design_sha256", ZS_OPTIONAL, &p->design_sha256));
    ZS_TRY(zs_get_text(r, object, "model_sha256", ZS_OPTIONAL, &p->model_sha256));
    ZS_TRY(zs_get_text(r, object, "weights_sha256", ZS_OPTIONAL, &p->weights_sha256));
    ZS_TRY(zs_get_text(r, object, "command", ZS_OPTIONAL, &p->command));
    ZS_TRY(read_settings(r, json_object_get(object, "settings"), p));
    ZS_TRY(read_digests(r, json_object_get(object, "inputs"), &p->inputs, &p->input_n));
    ZS_TRY(read_digests(r, json_object_get(object, "data"), &p->data, &p->data_n));
    r->scope[0] = '\0';
    *out = p->version != NULL ? p : NULL;
    return ZS_OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

static zs_status read_layer_figures(zs_reader *r, const json_t *list, zs_figures *out)
{
    const size_t n = json_array_size(list);
    zs_value *layers = zs_arena_alloc(r->arena, n, zs_layer_metric_n * sizeof *layers);
    if ((layers == NULL && n > 0) || n > UINT32_MAX)
        return zs_nomem(r->err, r->path);
    for (size_t layer = 0; layer < n; layer++) {
        const json_t *entry = json_array_get(list, layer);
        snprintf(r->scope, sizeof r->scope, "layers[%zu]", layer);
        if (!json_is_object(entry))
            return zs_get_refuse(r, ZS_EPARSE, "", "is no object");
        snprintf(r->scope, sizeof r->scope, "layers[%zu].", layer);
        if (!json_is_string(json_object_get(entry, "name")))
            return zs_get_refuse(r, ZS_EPARSE, "name", "is no text");
        for (uint32_t i = 0; i < zs_layer_metric_n; i++)
            ZS_TRY(zs_get_value(r, entry, zs_layer_metrics[i].name, zs_layer_metrics[i].type,
                                ZS_OPTIONAL, INT64_MAX, &layers[layer * zs_layer_metric_n + i]));
    }
    out->layers = layers;
    out->layer_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_figures(zs_reader *r, const json_t *root, zs_figures *out)
{
    zs_value *values = zs_new(r->arena, zs_value, zs_metric_n);
    zs_figures made = {.label = zs_arena_strdup(r->arena, r->path), .values = values};
    if (values == NULL || made.label == NULL)
        return zs_nomem(r->err, r->path);
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ZS_TRY(zs_get_value(r, root, zs_metrics[i].name, zs_metrics[i].type, ZS_OPTIONAL, INT64_MAX,
                            &values[i]));
    ZS_TRY(read_provenance(r, root, &made.provenance));
    ZS_TRY(read_layer_figures(r, json_object_get(root, "layers"), &made));
    *out = made;
    return ZS_OK;
}

zs_status zs_figures_parse(zs_arena *arena, zs_span json, const char *path, zs_figures *out,
                           zs_err *err)
{
    zs_reader r = {.arena = arena, .path = path, .err = err};
    json_t *root;
    ZS_TRY(zs_get_document(json, path, &root, err));
    const zs_status status = read_figures(&r, root, out);
    json_decref(root);
    return status;
}

/* ---- the lists ------------------------------------------------------------------------------- */

#define LAYER(name, type, field)                                                                   \
    {                                                                                              \
        name, type, offsetof(zs_layer_result, field)                                               \
    }
static const zs_member layer_members[] = {
    LAYER("name", ZS_READ_TEXT, name),
    LAYER("op", ZS_READ_TEXT, op),
    LAYER("group", ZS_READ_TEXT, group),
    LAYER("macs", ZS_READ_COUNT64, macs),
    LAYER("ops", ZS_READ_COUNT64, ops),
    LAYER("start_cycle", ZS_READ_COUNT64, start_cycle),
    LAYER("cycles", ZS_READ_COUNT64, cycles),
    LAYER("dram_read_bytes", ZS_READ_COUNT64, read_bytes),
    LAYER("dram_write_bytes", ZS_READ_COUNT64, write_bytes),
    LAYER("weight_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_WEIGHT]),
    LAYER("input_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_INPUT]),
    LAYER("output_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_OUTPUT]),
    LAYER("partial_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_PARTIAL]),
    LAYER("index_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_INDEX]),
    LAYER("compulsory_bytes", ZS_READ_COUNT64, compulsory_bytes),
    LAYER("bound_cycles", ZS_READ_COUNT64, bound_cycles),
    LAYER("waited_cycles.compute", ZS_READ_COUNT64, waited_cycles[ZS_BY_COMPUTE]),
    LAYER("waited_cycles.read", ZS_READ_COUNT64, waited_cycles[ZS_BY_READ]),
    LAYER("waited_cycles.write", ZS_READ_COUNT64, waited_cycles[ZS_BY_WRITE]),
    LAYER("waited_cycles.host", ZS_READ_COUNT64, waited_cycles[ZS_BY_HOST]),
    LAYER("note", ZS_READ_MAYBE_TEXT, note),
};

/* Of rows that overlap. */
static const zs_member span_members[] = {
    LAYER("starved_cycles", ZS_READ_COUNT64, starved_cycles),
    LAYER("blocked_cycles", ZS_READ_COUNT64, blocked_cycles),
};

/* MACs that the engine left out, or did again: what it executed is in the file. */
static zs_status read_executed(const zs_reader *r, const json_t *object, uint64_t macs,
                               uint64_t *skipped, uint64_t *again)
{
    zs_value done;
    ZS_TRY(zs_get_value(r, object, "macs_executed", ZS_METRIC_INT, ZS_OPTIONAL, INT64_MAX, &done));
    const uint64_t executed = done.type == ZS_METRIC_INT ? done.i : macs;
    *skipped = executed < macs ? macs - executed : 0;
    *again = executed > macs ? executed - macs : 0;
    return ZS_OK;
}

/* What versions before did not write is 0. */
static zs_status read_bitstreams(const zs_reader *r, const json_t *root, uint64_t *out)
{
    zs_value bytes;
    ZS_TRY(zs_get_value(r, root, "traffic.bitstream_bytes", ZS_METRIC_INT, ZS_OPTIONAL, INT64_MAX,
                        &bytes));
    *out = bytes.type == ZS_METRIC_INT ? bytes.i : 0;
    return ZS_OK;
}

static zs_status read_layer(zs_reader *r, const json_t *entry, void *out)
{
    static const char *const roofs[] = {"compute", "memory"};
    static const char *const shares[ZS_CAUSE_N] = {"busy.compute", "busy.read", "busy.write",
                                                   "busy.host"};
    zs_layer_result *l = out;
    const char *causes[ZS_CAUSE_N];
    uint32_t word = 0;
    ZS_TRY(zs_get_members(r, entry, layer_members, ZS_LEN(layer_members), l));
    for (zs_cause c = ZS_BY_COMPUTE; c < ZS_CAUSE_N; c++) {
        causes[c] = zs_cause_name(c);
        ZS_TRY(zs_get_share(r, entry, shares[c], l->cycles, &l->busy_cycles[c]));
    }
    ZS_TRY(zs_get_word(r, entry, "roofline", roofs, ZS_LEN(roofs), &word));
    l->memory_roof = word == 1;
    ZS_TRY(zs_get_word(r, entry, "limited_by", causes, ZS_CAUSE_N, &word));
    l->limited_by = (zs_cause)word;
    l->on_engine = strcmp(l->group, "cpu") != 0;
    if (json_object_get(entry, "span_cycles") != NULL)
        ZS_TRY(zs_get_members(r, entry, span_members, ZS_LEN(span_members), l));
    ZS_TRY(zs_get_flag(r, entry, "in_pipeline", &l->in_pipeline));
    return read_executed(r, entry, l->macs, &l->skipped_macs, &l->again_macs);
}

#define PORT(name, type, field)                                                                    \
    {                                                                                              \
        name, type, offsetof(zs_port_result, field)                                                \
    }
static const zs_member port_members[] = {
    PORT("name", ZS_READ_TEXT, name),
    PORT("bytes", ZS_READ_COUNT64, bytes),
    PORT("bursts", ZS_READ_COUNT64, bursts),
    PORT("beats", ZS_READ_COUNT64, beats),
    PORT("peak_bytes_per_second", ZS_READ_COUNT64, peak_bytes_per_s),
};

/* The share is one of the whole run's cycles, which the caller knows: as it is, it stays here. */
static zs_status read_port(zs_reader *r, const json_t *entry, void *out)
{
    return zs_get_members(r, entry, port_members, ZS_LEN(port_members), out);
}

#define FIT(name, type, field)                                                                     \
    {                                                                                              \
        name, type, offsetof(zs_fit_item, field)                                                   \
    }
static const zs_member fit_members[] = {
    FIT("name", ZS_READ_TEXT, name),
    FIT("detail", ZS_READ_MAYBE_TEXT, detail),
};

/* A block that the version which wrote the file did not count; 7-series parts always had four. */
static bool is_uncounted(const zs_reader *r, const json_t *blocks, zs_resource_id id)
{
    return r->family != &zs_families[0] &&
           json_object_get(blocks, zs_resource_table[id].key) == NULL;
}

static zs_status read_fit_item(zs_reader *r, const json_t *entry, void *out)
{
    zs_fit_item *item = out;
    ZS_TRY(zs_get_members(r, entry, fit_members, ZS_LEN(fit_members), item));
    for (uint32_t i = 0; i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        if (!is_uncounted(r, entry, id))
            ZS_TRY(zs_get_count32(r, entry, zs_resource_table[id].key, &item->r.n[id]));
    }
    return ZS_OK;
}

static zs_status read_output(zs_reader *r, const json_t *entry, void *out)
{
    zs_image_result *image = out;
    const char *sha;
    ZS_TRY(zs_get_text(r, entry, "input", ZS_REQUIRED, &image->input));
    ZS_TRY(zs_get_text(r, entry, "sha256", ZS_NULLABLE, &sha));
    snprintf(image->sha256, sizeof image->sha256, "%s", sha == NULL ? "" : sha);
    const json_t *classes = json_object_get(entry, "top5");
    const size_t n = json_array_size(classes);
    if (!json_is_array(classes) || n > ZS_LEN(image->top_class))
        return zs_get_refuse(r, ZS_EPARSE, "top5", "is no list of at most five classes");
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(classes, i);
        uint64_t number;
        double probability;
        ZS_TRY(zs_get_count(r, one, "class", UINT32_MAX, &number));
        ZS_TRY(zs_get_text(r, one, "label", ZS_NULLABLE, &image->top_label[i]));
        ZS_TRY(zs_get_real(r, one, "probability", &probability));
        image->top_class[i] = (uint32_t)number;
        image->top_probability[i] = (float)probability;
    }
    image->top_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_note(zs_reader *r, const json_t *entry, void *out)
{
    if (!json_is_string(entry))
        return zs_get_refuse(r, ZS_EPARSE, "", "is no text");
    *(const char **)out = zs_arena_strdup(r->arena, json_string_value(entry));
    return *(const char **)out == NULL ? zs_nomem(r->err, r->path) : ZS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static zs_status read_lists(zs_reader *r, const json_t *root, zs_result *out)
{
    void *layers, *ports, *fits, *images, *notes;
    ZS_TRY(zs_get_list(r, root, "layers", sizeof *out->layers, read_layer, &layers, &out->layer_n));
    ZS_TRY(zs_get_list(r, root, "ports", sizeof *out->ports, read_port, &ports, &out->port_n));
    ZS_TRY(zs_get_list(r, root, "fit_items", sizeof *out->fit.items, read_fit_item, &fits,
                       &out->fit.item_n));
    ZS_TRY(
        zs_get_list(r, root, "outputs", sizeof *out->images, read_output, &images, &out->image_n));
    ZS_TRY(zs_get_list(r, root, "notes", sizeof *out->notes, read_note, &notes, &out->note_n));
    zs_port_result *port = ports;
    for (uint32_t i = 0; i < out->port_n; i++)
        ZS_TRY(zs_get_share(r, json_array_get(json_object_get(root, "ports"), i), "busy_frac",
                            out->cycles, &port[i].busy_cycles));
    out->layers = layers;
    out->ports = ports;
    out->fit.items = fits;
    out->images = out->image_n > 0 ? images : NULL;
    out->notes = notes;
    return ZS_OK;
}

#define WHOLE(name, type, field)                                                                   \
    {                                                                                              \
        name, type, offsetof(zs_result, field)                                                     \
    }
static const zs_member members[] = {
    WHOLE("design", ZS_READ_TEXT, design),
    WHOLE("network", ZS_READ_TEXT, network),
    WHOLE("board", ZS_READ_TEXT, board),
    WHOLE("fidelity", ZS_READ_TEXT, fidelity),
    WHOLE("precision", ZS_READ_TEXT, precision),
    WHOLE("fusion", ZS_READ_TEXT, fusion),
    WHOLE("batch", ZS_READ_COUNT32, batch),
    WHOLE("clock_hz", ZS_READ_COUNT64, clock_hz),
    WHOLE("binding", ZS_READ_MAYBE_TEXT, fit.binding),
    WHOLE("cycles", ZS_READ_COUNT64, cycles),
    WHOLE("macs", ZS_READ_COUNT64, macs),
    WHOLE("calls", ZS_READ_COUNT64, calls),
    WHOLE("events", ZS_READ_COUNT64, events),
    WHOLE("sim_wall_seconds", ZS_READ_REAL, sim_wall_seconds),
    WHOLE("dram.read_bytes", ZS_READ_COUNT64, dram.read_bytes),
    WHOLE("dram.write_bytes", ZS_READ_COUNT64, dram.write_bytes),
    WHOLE("dram.read_bursts", ZS_READ_COUNT64, read_bursts),
    WHOLE("dram.write_bursts", ZS_READ_COUNT64, write_bursts),
    WHOLE("dram.peak_bytes_per_second", ZS_READ_REAL, memory_peak_bytes_per_s),
    WHOLE("traffic.weight_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_WEIGHT]),
    WHOLE("traffic.input_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_INPUT]),
    WHOLE("traffic.output_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_OUTPUT]),
    WHOLE("traffic.partial_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_PARTIAL]),
    WHOLE("traffic.index_bytes", ZS_READ_COUNT64, operand_bytes[ZS_OPERAND_INDEX]),
    WHOLE("energy.joules", ZS_READ_REAL, energy.joules),
    WHOLE("energy.watts", ZS_READ_REAL, energy.watts),
    WHOLE("energy.uncertainty_frac", ZS_READ_REAL, energy.uncertainty_frac),
    WHOLE("energy.lo_joules", ZS_READ_REAL, energy.lo_joules),
    WHOLE("energy.hi_joules", ZS_READ_REAL, energy.hi_joules),
    WHOLE("energy.pl_joules", ZS_READ_REAL, energy.pl_j),
#define ENERGY_PART(id, word, ...)                                                                 \
    WHOLE("energy." #word "_joules", ZS_READ_REAL, energy.part_j[ZS_ENERGY_##id]),
#include "zynqsim/energy_parts.def"
#undef ENERGY_PART
    WHOLE("roofline.peak_gops", ZS_READ_REAL, roofline.peak_gops),
    WHOLE("roofline.device_peak_gops", ZS_READ_REAL, roofline.device_peak_gops),
    WHOLE("roofline.bandwidth_bytes_per_s", ZS_READ_REAL, roofline.bandwidth_bytes_per_s),
    WHOLE("roofline.axi_bytes_per_s", ZS_READ_REAL, roofline.axi_bytes_per_s),
    WHOLE("roofline.dram_bytes_per_s", ZS_READ_REAL, roofline.dram_bytes_per_s),
    WHOLE("roofline.ridge_ops_per_byte", ZS_READ_REAL, roofline.ridge_ops_per_byte),
    WHOLE("register_writes", ZS_READ_COUNT64, register_writes),
    WHOLE("hls.cycles", ZS_READ_COUNT64, hls_cycles),
    WHOLE("cpu.register_write_seconds", ZS_READ_REAL, register_write_s),
    WHOLE("cpu.register_read_seconds", ZS_READ_REAL, register_read_s),
    WHOLE("fusion_note", ZS_READ_MAYBE_TEXT, fusion_note),
};

/* The family with the fewest blocks that has all of the file's: versions before counted fewer.
 * Where there is none, those of the first are missed. */
static const zs_family *family_of(const json_t *resources)
{
    const zs_family *best = &zs_families[0];
    for (uint32_t f = 0; f < ZS_FAMILY_N; f++) {
        const zs_family *family = &zs_families[f];
        uint32_t known = 0;
        for (uint32_t i = 0; i < family->block_n; i++)
            if (json_object_get(resources, zs_resource_table[family->blocks[i].id].key) != NULL)
                known++;
        if (known > 0 && known == json_object_size(resources) && family->block_n < best->block_n)
            best = family;
    }
    return best;
}

/* Null: too close to call. Files of other versions have no bands. */
static zs_status read_verdict(zs_reader *r, const json_t *root, zs_fit *out)
{
    zs_value fits;
    ZS_TRY(zs_get_value(r, root, "fits", ZS_METRIC_BOOL, ZS_NULLABLE, 1, &fits));
    out->is_close = fits.type == ZS_METRIC_TEXT;
    out->fits = out->is_close || fits.i != 0;
    out->lo = out->hi = out->used;
    const json_t *list = json_object_get(root, "fit_bands");
    for (size_t i = 0; i < json_array_size(list) && i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        ZS_TRY(zs_get_count32(r, json_array_get(list, i), "lo", &out->lo.n[id]));
        ZS_TRY(zs_get_count32(r, json_array_get(list, i), "hi", &out->hi.n[id]));
    }
    return ZS_OK;
}

zs_status zs_read_fit(zs_reader *r, const json_t *root, zs_fit *out)
{
    out->family = r->family = family_of(json_object_get(root, "resources"));
    for (uint32_t i = 0; i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        char name[64];
        if (is_uncounted(r, json_object_get(root, "resources"), id))
            continue;
        snprintf(name, sizeof name, "resources.%s.used", zs_resource_table[id].key);
        ZS_TRY(zs_get_count32(r, root, name, &out->used.n[id]));
        snprintf(name, sizeof name, "resources.%s.available", zs_resource_table[id].key);
        ZS_TRY(zs_get_count32(r, root, name, &out->available.n[id]));
    }
    return read_verdict(r, root, out);
}

/* Of the controller's counters a file has shares only: any counts with those shares will do. */
static zs_status read_dram_shares(const zs_reader *r, const json_t *root, zs_result *out)
{
    const uint64_t whole = UINT64_C(1) << 40;
    const double run_ps = (double)out->cycles / (double)out->clock_hz * 1e12;
    double hits;
    ZS_TRY(zs_get_real(r, root, "dram.row_hit_frac", &hits));
    if (!isnan(hits)) {
        ZS_TRY(zs_get_share(r, root, "dram.row_hit_frac", whole, &out->dram.row_hits));
        out->dram.row_misses = whole - zs_min_u64(whole, out->dram.row_hits);
    }
    out->memory_tck_ps = out->memory_channels = 1;
    return zs_get_share(r, root, "dram.busy_frac", run_ps < 9e15 ? (uint64_t)run_ps : 0,
                        &out->dram.busy_ddr_cycles);
}

static bool has_spans(const json_t *root)
{
    const json_t *first = json_array_get(json_object_get(root, "layers"), 0);
    return json_object_get(first, "span_cycles") != NULL;
}

/* Rows one after the other make up the whole; those of a pipeline lie within it. */
static zs_status check_sums(const zs_reader *r, const zs_result *out)
{
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < out->layer_n; i++) {
        const zs_layer_result *l = &out->layers[i];
        uint64_t end;
        const bool is_sum = zs_add_u64(l->start_cycle, l->cycles, &end);
        if (out->layers_overlap && (!is_sum || end > out->cycles))
            return zs_fail(r->err, ZS_EPARSE, r->path,
                           "layers[%u] ends behind the %llu cycles of the whole", i,
                           (unsigned long long)out->cycles);
        if (!out->layers_overlap && (!is_sum || l->start_cycle != cycles))
            return zs_fail(r->err, ZS_EPARSE, r->path,
                           "layers[%u] starts in cycle %llu, but the layers before it take %llu", i,
                           (unsigned long long)l->start_cycle, (unsigned long long)cycles);
        cycles = end;
    }
    if (cycles != out->cycles && !out->layers_overlap)
        return zs_fail(r->err, ZS_EPARSE, r->path, "the layers take %llu cycles, the whole %llu",
                       (unsigned long long)cycles, (unsigned long long)out->cycles);
    return ZS_OK;
}

static zs_status read_result(zs_reader *r, const json_t *root, zs_result **out)
{
    zs_result *result = zs_new(r->arena, zs_result, 1);
    if (result == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(zs_get_members(r, root, members, ZS_LEN(members), result));
    ZS_TRY(read_provenance(r, root, &result->provenance));
    ZS_TRY(zs_read_fit(r, root, &result->fit));
    if (result->clock_hz == 0)
        return zs_get_refuse(r, ZS_ERANGE, "clock_hz", "is 0");
    ZS_TRY(read_dram_shares(r, root, result));
    ZS_TRY(read_executed(r, root, result->macs, &result->skipped_macs, &result->again_macs));
    ZS_TRY(read_bitstreams(r, root, &result->swap_bytes));
    ZS_TRY(read_lists(r, root, result));
    result->layers_overlap = has_spans(root);
    ZS_TRY(zs_read_flow(r, root, &result->flow, &result->flow_of, &result->flow_limit));
    ZS_TRY(zs_read_engines(r, root, result));
    ZS_TRY(check_sums(r, result));
    *out = result;
    return ZS_OK;
}

zs_status zs_result_parse(zs_arena *arena, zs_span json, const char *path, zs_result **out,
                          zs_err *err)
{
    zs_reader r = {.arena = arena, .path = path, .err = err};
    json_t *root;
    ZS_TRY(zs_get_document(json, path, &root, err));
    const zs_status status = read_result(&r, root, out);
    json_decref(root);
    return status;
}
