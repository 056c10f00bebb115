/* Both forms of a result.json: the figures that it has, and the whole result again. One function
 * reads values for both; they differ in what may be missing. */
#include "zynqsim/result_read.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where in the file we are, for messages: "layers[3]." or "". */
typedef struct reader {
    zs_arena *arena;
    const char *path;
    char scope[48];
    const zs_family *family; /* of the device */
    zs_err *err;
} reader;

/* ---- the file -------------------------------------------------------------------------------- */

/* jansson calls a text malformed when it has no memory for it. What it asks for goes on to where it
 * went before, and a refusal is remembered. */
static json_malloc_t asked;
static _Thread_local bool is_refused;

static void *ask(size_t bytes)
{
    void *block = asked(bytes);
    is_refused |= block == NULL && bytes > 0;
    return block;
}

static json_t *load_text(zs_span bytes, json_error_t *why)
{
    json_malloc_t get;
    json_free_t give;
    json_get_alloc_funcs(&get, &give);
    if (get != ask)
        asked = get;
    is_refused = false;
    json_set_alloc_funcs(ask, give);
    json_t *root = json_loadb((const char *)bytes.data, bytes.bytes, JSON_REJECT_DUPLICATES, why);
    json_set_alloc_funcs(asked, give);
    return root;
}

/* The caller drops the document. */
static zs_status load(zs_span bytes, const char *path, json_t **root, zs_err *err)
{
    char place[192];
    json_error_t why;
    if (bytes.bytes > ZS_RESULT_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes are more than the maximum of %d",
                       bytes.bytes, ZS_RESULT_BYTES_MAX);
    json_t *loaded = load_text(bytes, &why);
    if (loaded == NULL && is_refused)
        return zs_nomem(err, path);
    if (loaded == NULL) {
        snprintf(place, sizeof place, "%.150s:%d:%d", path, why.line, why.column);
        return zs_fail(err, ZS_EPARSE, place, "is not JSON: %.200s", why.text);
    }
    if (!json_is_integer(json_object_get(loaded, "cycles")) ||
        !json_is_array(json_object_get(loaded, "layers"))) {
        json_decref(loaded);
        return zs_fail(err, ZS_EPARSE, path,
                       "is JSON but no result of run: cycles or layers are missing");
    }
    *root = loaded;
    return ZS_OK;
}

/* ---- one value ------------------------------------------------------------------------------- */

static zs_status refuse(const reader *r, zs_status status, const char *name, const char *what)
{
    return zs_fail(r->err, status, r->path, "%s%s %s", r->scope, name, what);
}

/* "dram.read_bytes": member read_bytes of the object dram; NULL where there is none. */
static const json_t *member_at(const json_t *object, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
        object = json_object_getn(object, name, (size_t)(dot - name));
        name = dot + 1;
    }
    return json_object_get(object, name);
}

typedef enum presence {
    OPTIONAL, /* what another version left out, or wrote as null, is unknown */
    NULLABLE,
    REQUIRED /* a real may be null all the same: a ratio with nothing to divide by */
} presence;

static zs_status read_whole(const reader *r, const json_t *json, const char *name, uint64_t max,
                            uint64_t *out)
{
    const double real = json_number_value(json);
    if (json_is_real(json) && (real != floor(real) || fabs(real) >= 9007199254740992.0))
        return refuse(r, ZS_EPARSE, name, "is not a whole number");
    const json_int_t n = json_is_real(json) ? (json_int_t)real : json_integer_value(json);
    if (n < 0 || (uint64_t)n > max)
        return zs_fail(r->err, ZS_ERANGE, r->path, "%s%s: %lld is outside 0 .. %llu", r->scope,
                       name, (long long)n, (unsigned long long)max);
    *out = (uint64_t)n;
    return ZS_OK;
}

/* The member as a value of its type; what is unknown is a TEXT without text, or NAN. */
static zs_status read_value(const reader *r, const json_t *object, const char *name,
                            zs_metric_type type, presence need, uint64_t max, zs_value *out)
{
    static const char *const wrong[] = {
        [ZS_METRIC_INT] = "is not a whole number",
        [ZS_METRIC_REAL] = "is neither a number nor null",
        [ZS_METRIC_BOOL] = "is neither true nor false",
        [ZS_METRIC_TEXT] = "is no text",
    };
    const json_t *json = member_at(object, name);
    zs_value value = {.type = type};
    if (json == NULL && need != OPTIONAL)
        return refuse(r, ZS_EPARSE, name, "is missing");
    if (json == NULL || (json_is_null(json) && (need != REQUIRED || type == ZS_METRIC_REAL))) {
        value.type = type == ZS_METRIC_REAL ? ZS_METRIC_REAL : ZS_METRIC_TEXT;
        if (type == ZS_METRIC_REAL)
            value.r = (double)NAN;
    } else if (type == ZS_METRIC_INT && json_is_number(json)) {
        ZS_TRY(read_whole(r, json, name, max, &value.i));
    } else if (type == ZS_METRIC_REAL && json_is_number(json)) {
        value.r = json_number_value(json);
    } else if (type == ZS_METRIC_BOOL && json_is_boolean(json)) {
        value.i = json_is_true(json);
    } else if (type == ZS_METRIC_TEXT && json_is_string(json)) {
        value.text = zs_arena_strdup(r->arena, json_string_value(json));
        if (value.text == NULL)
            return zs_nomem(r->err, r->path);
    } else {
        return refuse(r, ZS_EPARSE, name, wrong[type]);
    }
    *out = value;
    return ZS_OK;
}

static zs_status read_count(const reader *r, const json_t *object, const char *name, uint64_t max,
                            uint64_t *out)
{
    zs_value value;
    ZS_TRY(read_value(r, object, name, ZS_METRIC_INT, REQUIRED, max, &value));
    *out = value.i;
    return ZS_OK;
}

static zs_status read_real(const reader *r, const json_t *object, const char *name, double *out)
{
    zs_value value;
    ZS_TRY(read_value(r, object, name, ZS_METRIC_REAL, REQUIRED, 0, &value));
    *out = value.r;
    return ZS_OK;
}

static zs_status read_text(const reader *r, const json_t *object, const char *name, presence need,
                           const char **out)
{
    zs_value value;
    ZS_TRY(read_value(r, object, name, ZS_METRIC_TEXT, need, 0, &value));
    *out = value.text;
    return ZS_OK;
}

/* ---- who made it ----------------------------------------------------------------------------- */

static zs_status read_digests(reader *r, const json_t *list, const zs_file_digest **out,
                              uint32_t *n)
{
    const size_t count = json_array_size(list);
    zs_file_digest *digests = zs_new(r->arena, zs_file_digest, count + 1);
    if (digests == NULL)
        return zs_nomem(r->err, r->path);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        ZS_TRY(read_text(r, entry, "name", OPTIONAL, &digests[i].name));
        ZS_TRY(read_text(r, entry, "sha256", OPTIONAL, &digests[i].sha256));
    }
    *out = digests;
    *n = (uint32_t)count;
    return ZS_OK;
}

static zs_status read_settings(reader *r, const json_t *list, zs_provenance *p)
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
static zs_status read_provenance(reader *r, const json_t *root, const zs_provenance **out)
{
    const json_t *object = json_object_get(root, "provenance");
    zs_provenance *p = zs_new(r->arena, zs_provenance, 1);
    if (p == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(read_text(r, root, "version", OPTIONAL, &p->version));
    ZS_TRY(read_text(r, root, "models_digest", OPTIONAL, &p->models_digest));
    snprintf(r->scope, sizeof r->scope, "provenance.");
    ZS_TRY(read_text(r, object, "design", OPTIONAL, &p->design));
    ZS_TRY(read_text(r, object, "design_sha256", OPTIONAL, &p->design_sha256));
    ZS_TRY(read_text(r, object, "model_sha256", OPTIONAL, &p->model_sha256));
    ZS_TRY(read_text(r, object, "weights_sha256", OPTIONAL, &p->weights_sha256));
    ZS_TRY(read_text(r, object, "command", OPTIONAL, &p->command));
    ZS_TRY(read_settings(r, json_object_get(object, "settings"), p));
    ZS_TRY(read_digests(r, json_object_get(object, "inputs"), &p->inputs, &p->input_n));
    ZS_TRY(read_digests(r, json_object_get(object, "data"), &p->data, &p->data_n));
    r->scope[0] = '\0';
    *out = p->version != NULL ? p : NULL;
    return ZS_OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

static zs_status read_layer_figures(reader *r, const json_t *list, zs_figures *out)
{
    const size_t n = json_array_size(list);
    zs_value *layers = zs_arena_alloc(r->arena, n, zs_layer_metric_n * sizeof *layers);
    if ((layers == NULL && n > 0) || n > UINT32_MAX)
        return zs_nomem(r->err, r->path);
    for (size_t layer = 0; layer < n; layer++) {
        const json_t *entry = json_array_get(list, layer);
        snprintf(r->scope, sizeof r->scope, "layers[%zu]", layer);
        if (!json_is_object(entry))
            return refuse(r, ZS_EPARSE, "", "is no object");
        snprintf(r->scope, sizeof r->scope, "layers[%zu].", layer);
        if (!json_is_string(json_object_get(entry, "name")))
            return refuse(r, ZS_EPARSE, "name", "is no text");
        for (uint32_t i = 0; i < zs_layer_metric_n; i++)
            ZS_TRY(read_value(r, entry, zs_layer_metrics[i].name, zs_layer_metrics[i].type,
                              OPTIONAL, INT64_MAX, &layers[layer * zs_layer_metric_n + i]));
    }
    out->layers = layers;
    out->layer_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_figures(reader *r, const json_t *root, zs_figures *out)
{
    zs_value *values = zs_new(r->arena, zs_value, zs_metric_n);
    zs_figures made = {.label = zs_arena_strdup(r->arena, r->path), .values = values};
    if (values == NULL || made.label == NULL)
        return zs_nomem(r->err, r->path);
    for (uint32_t i = 0; i < zs_metric_n; i++)
        ZS_TRY(read_value(r, root, zs_metrics[i].name, zs_metrics[i].type, OPTIONAL, INT64_MAX,
                          &values[i]));
    ZS_TRY(read_provenance(r, root, &made.provenance));
    ZS_TRY(read_layer_figures(r, json_object_get(root, "layers"), &made));
    *out = made;
    return ZS_OK;
}

zs_status zs_figures_parse(zs_arena *arena, zs_span json, const char *path, zs_figures *out,
                           zs_err *err)
{
    reader r = {.arena = arena, .path = path, .err = err};
    json_t *root;
    ZS_TRY(load(json, path, &root, err));
    const zs_status status = read_figures(&r, root, out);
    json_decref(root);
    return status;
}

/* ---- members of the structs of a result ------------------------------------------------------ */

typedef enum member_type { COUNT32, COUNT64, REAL, FLAG, TEXT, MAYBE_TEXT } member_type;

/* One figure that is a member of its struct as it stands in the file. */
typedef struct member {
    const char *name;
    member_type type;
    size_t offset;
} member;

static zs_status read_member(const reader *r, const json_t *object, const member *m, void *base)
{
    static const zs_metric_type types[] = {
        [COUNT32] = ZS_METRIC_INT, [COUNT64] = ZS_METRIC_INT, [REAL] = ZS_METRIC_REAL,
        [FLAG] = ZS_METRIC_BOOL,   [TEXT] = ZS_METRIC_TEXT,   [MAYBE_TEXT] = ZS_METRIC_TEXT};
    void *at = (char *)base + m->offset;
    zs_value value;
    ZS_TRY(read_value(r, object, m->name, types[m->type],
                      m->type == MAYBE_TEXT ? NULLABLE : REQUIRED,
                      m->type == COUNT32 ? UINT32_MAX : INT64_MAX, &value));
    switch (m->type) {
    case COUNT32:
        *(uint32_t *)at = (uint32_t)value.i;
        break;
    case COUNT64:
        *(uint64_t *)at = value.i;
        break;
    case REAL:
        *(double *)at = value.r;
        break;
    case FLAG:
        *(bool *)at = value.i != 0;
        break;
    case TEXT:
    case MAYBE_TEXT:
        *(const char **)at = value.text;
        break;
    }
    return ZS_OK;
}

static zs_status read_count32(const reader *r, const json_t *object, const char *name,
                              uint32_t *out)
{
    const member count = {.name = name, .type = COUNT32};
    return read_member(r, object, &count, out);
}

static zs_status read_members(const reader *r, const json_t *object, const member *list, size_t n,
                              void *base)
{
    for (size_t i = 0; i < n; i++)
        ZS_TRY(read_member(r, object, &list[i], base));
    return ZS_OK;
}

/* A share of a count, as a count again. */
static zs_status read_share(const reader *r, const json_t *object, const char *name, uint64_t whole,
                            uint64_t *out)
{
    double frac;
    ZS_TRY(read_real(r, object, name, &frac));
    if (frac < 0 || frac > 1e6)
        return refuse(r, ZS_ERANGE, name, "is no share");
    *out = isnan(frac) ? 0 : (uint64_t)llround(frac * (double)whole);
    return ZS_OK;
}

/* ---- the lists ------------------------------------------------------------------------------- */

/* Which of `n` words a member is. */
static zs_status read_word(const reader *r, const json_t *object, const char *name,
                           const char *const *words, uint32_t n, uint32_t *out)
{
    const char *text;
    ZS_TRY(read_text(r, object, name, REQUIRED, &text));
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return ZS_OK;
        }
    return zs_fail(r->err, ZS_EPARSE, r->path, "%s%s: \"%.64s\" is none of the words it may be",
                   r->scope, name, text);
}

#define LAYER(name, type, field)                                                                   \
    {                                                                                              \
        name, type, offsetof(zs_layer_result, field)                                               \
    }
static const member layer_members[] = {
    LAYER("name", TEXT, name),
    LAYER("op", TEXT, op),
    LAYER("group", TEXT, group),
    LAYER("macs", COUNT64, macs),
    LAYER("ops", COUNT64, ops),
    LAYER("start_cycle", COUNT64, start_cycle),
    LAYER("cycles", COUNT64, cycles),
    LAYER("dram_read_bytes", COUNT64, read_bytes),
    LAYER("dram_write_bytes", COUNT64, write_bytes),
    LAYER("weight_bytes", COUNT64, operand_bytes[ZS_OPERAND_WEIGHT]),
    LAYER("input_bytes", COUNT64, operand_bytes[ZS_OPERAND_INPUT]),
    LAYER("output_bytes", COUNT64, operand_bytes[ZS_OPERAND_OUTPUT]),
    LAYER("partial_bytes", COUNT64, operand_bytes[ZS_OPERAND_PARTIAL]),
    LAYER("index_bytes", COUNT64, operand_bytes[ZS_OPERAND_INDEX]),
    LAYER("compulsory_bytes", COUNT64, compulsory_bytes),
    LAYER("bound_cycles", COUNT64, bound_cycles),
    LAYER("waited_cycles.compute", COUNT64, waited_cycles[ZS_BY_COMPUTE]),
    LAYER("waited_cycles.read", COUNT64, waited_cycles[ZS_BY_READ]),
    LAYER("waited_cycles.write", COUNT64, waited_cycles[ZS_BY_WRITE]),
    LAYER("waited_cycles.host", COUNT64, waited_cycles[ZS_BY_HOST]),
    LAYER("note", MAYBE_TEXT, note),
};

static zs_status read_layer(reader *r, const json_t *entry, void *out)
{
    static const char *const roofs[] = {"compute", "memory"};
    static const char *const shares[ZS_CAUSE_N] = {"busy.compute", "busy.read", "busy.write",
                                                   "busy.host"};
    zs_layer_result *l = out;
    const char *causes[ZS_CAUSE_N];
    uint32_t word = 0;
    ZS_TRY(read_members(r, entry, layer_members, ZS_LEN(layer_members), l));
    for (zs_cause c = ZS_BY_COMPUTE; c < ZS_CAUSE_N; c++) {
        causes[c] = zs_cause_name(c);
        ZS_TRY(read_share(r, entry, shares[c], l->cycles, &l->busy_cycles[c]));
    }
    ZS_TRY(read_word(r, entry, "roofline", roofs, ZS_LEN(roofs), &word));
    l->memory_roof = word == 1;
    ZS_TRY(read_word(r, entry, "limited_by", causes, ZS_CAUSE_N, &word));
    l->limited_by = (zs_cause)word;
    l->on_engine = strcmp(l->group, "cpu") != 0;
    return ZS_OK;
}

#define PORT(name, type, field)                                                                    \
    {                                                                                              \
        name, type, offsetof(zs_port_result, field)                                                \
    }
static const member port_members[] = {
    PORT("name", TEXT, name),
    PORT("bytes", COUNT64, bytes),
    PORT("bursts", COUNT64, bursts),
    PORT("beats", COUNT64, beats),
    PORT("peak_bytes_per_second", COUNT64, peak_bytes_per_s),
};

/* The share is one of the whole run's cycles, which the caller knows: as it is, it stays here. */
static zs_status read_port(reader *r, const json_t *entry, void *out)
{
    return read_members(r, entry, port_members, ZS_LEN(port_members), out);
}

#define FIT(name, type, field)                                                                     \
    {                                                                                              \
        name, type, offsetof(zs_fit_item, field)                                                   \
    }
static const member fit_members[] = {
    FIT("name", TEXT, name),
    FIT("detail", MAYBE_TEXT, detail),
};

/* A block that the version which wrote the file did not count; 7-series parts always had four. */
static bool is_uncounted(const reader *r, const json_t *blocks, zs_resource_id id)
{
    return r->family != &zs_families[0] &&
           json_object_get(blocks, zs_resource_table[id].key) == NULL;
}

static zs_status read_fit_item(reader *r, const json_t *entry, void *out)
{
    zs_fit_item *item = out;
    ZS_TRY(read_members(r, entry, fit_members, ZS_LEN(fit_members), item));
    for (uint32_t i = 0; i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        if (!is_uncounted(r, entry, id))
            ZS_TRY(read_count32(r, entry, zs_resource_table[id].key, &item->r.n[id]));
    }
    return ZS_OK;
}

static zs_status read_output(reader *r, const json_t *entry, void *out)
{
    zs_image_result *image = out;
    const char *sha;
    ZS_TRY(read_text(r, entry, "input", REQUIRED, &image->input));
    ZS_TRY(read_text(r, entry, "sha256", NULLABLE, &sha));
    snprintf(image->sha256, sizeof image->sha256, "%s", sha == NULL ? "" : sha);
    const json_t *classes = json_object_get(entry, "top5");
    const size_t n = json_array_size(classes);
    if (!json_is_array(classes) || n > ZS_LEN(image->top_class))
        return refuse(r, ZS_EPARSE, "top5", "is no list of at most five classes");
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(classes, i);
        uint64_t number;
        double probability;
        ZS_TRY(read_count(r, one, "class", UINT32_MAX, &number));
        ZS_TRY(read_text(r, one, "label", NULLABLE, &image->top_label[i]));
        ZS_TRY(read_real(r, one, "probability", &probability));
        image->top_class[i] = (uint32_t)number;
        image->top_probability[i] = (float)probability;
    }
    image->top_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_note(reader *r, const json_t *entry, void *out)
{
    if (!json_is_string(entry))
        return refuse(r, ZS_EPARSE, "", "is no text");
    *(const char **)out = zs_arena_strdup(r->arena, json_string_value(entry));
    return *(const char **)out == NULL ? zs_nomem(r->err, r->path) : ZS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static zs_status read_list(reader *r, const json_t *root, const char *name, size_t bytes,
                           zs_status (*read)(reader *, const json_t *, void *), void **list,
                           uint32_t *n)
{
    const json_t *entries = json_object_get(root, name);
    if (!json_is_array(entries))
        return refuse(r, ZS_EPARSE, name, entries == NULL ? "is missing" : "is no list");
    const size_t entry_n = json_array_size(entries);
    char *out = zs_arena_alloc(r->arena, entry_n + 1, bytes);
    if (out == NULL)
        return zs_nomem(r->err, r->path);
    for (size_t i = 0; i < entry_n; i++) {
        snprintf(r->scope, sizeof r->scope, "%s[%zu].", name, i);
        ZS_TRY(read(r, json_array_get(entries, i), out + i * bytes));
    }
    r->scope[0] = '\0';
    *list = out;
    *n = (uint32_t)entry_n;
    return ZS_OK;
}

static zs_status read_lists(reader *r, const json_t *root, zs_result *out)
{
    void *layers, *ports, *fits, *images, *notes;
    ZS_TRY(read_list(r, root, "layers", sizeof *out->layers, read_layer, &layers, &out->layer_n));
    ZS_TRY(read_list(r, root, "ports", sizeof *out->ports, read_port, &ports, &out->port_n));
    ZS_TRY(read_list(r, root, "fit_items", sizeof *out->fit.items, read_fit_item, &fits,
                     &out->fit.item_n));
    ZS_TRY(read_list(r, root, "outputs", sizeof *out->images, read_output, &images, &out->image_n));
    ZS_TRY(read_list(r, root, "notes", sizeof *out->notes, read_note, &notes, &out->note_n));
    zs_port_result *port = ports;
    for (uint32_t i = 0; i < out->port_n; i++)
        ZS_TRY(read_share(r, json_array_get(json_object_get(root, "ports"), i), "busy_frac",
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
static const member members[] = {
    WHOLE("design", TEXT, design),
    WHOLE("network", TEXT, network),
    WHOLE("board", TEXT, board),
    WHOLE("fidelity", TEXT, fidelity),
    WHOLE("precision", TEXT, precision),
    WHOLE("fusion", TEXT, fusion),
    WHOLE("batch", COUNT32, batch),
    WHOLE("clock_hz", COUNT64, clock_hz),
    WHOLE("binding", MAYBE_TEXT, fit.binding),
    WHOLE("cycles", COUNT64, cycles),
    WHOLE("macs", COUNT64, macs),
    WHOLE("calls", COUNT64, calls),
    WHOLE("events", COUNT64, events),
    WHOLE("sim_wall_seconds", REAL, sim_wall_seconds),
    WHOLE("dram.read_bytes", COUNT64, dram.read_bytes),
    WHOLE("dram.write_bytes", COUNT64, dram.write_bytes),
    WHOLE("dram.read_bursts", COUNT64, read_bursts),
    WHOLE("dram.write_bursts", COUNT64, write_bursts),
    WHOLE("dram.peak_bytes_per_second", REAL, memory_peak_bytes_per_s),
    WHOLE("traffic.weight_bytes", COUNT64, operand_bytes[ZS_OPERAND_WEIGHT]),
    WHOLE("traffic.input_bytes", COUNT64, operand_bytes[ZS_OPERAND_INPUT]),
    WHOLE("traffic.output_bytes", COUNT64, operand_bytes[ZS_OPERAND_OUTPUT]),
    WHOLE("traffic.partial_bytes", COUNT64, operand_bytes[ZS_OPERAND_PARTIAL]),
    WHOLE("traffic.index_bytes", COUNT64, operand_bytes[ZS_OPERAND_INDEX]),
    WHOLE("energy.joules", REAL, energy.joules),
    WHOLE("energy.watts", REAL, energy.watts),
    WHOLE("energy.uncertainty_frac", REAL, energy.uncertainty_frac),
    WHOLE("energy.lo_joules", REAL, energy.lo_joules),
    WHOLE("energy.hi_joules", REAL, energy.hi_joules),
    WHOLE("energy.pl_joules", REAL, energy.pl_j),
#define ENERGY_PART(id, word, ...)                                                                 \
    WHOLE("energy." #word "_joules", REAL, energy.part_j[ZS_ENERGY_##id]),
#include "zynqsim/energy_parts.def"
#undef ENERGY_PART
    WHOLE("roofline.peak_gops", REAL, roofline.peak_gops),
    WHOLE("roofline.device_peak_gops", REAL, roofline.device_peak_gops),
    WHOLE("roofline.bandwidth_bytes_per_s", REAL, roofline.bandwidth_bytes_per_s),
    WHOLE("roofline.axi_bytes_per_s", REAL, roofline.axi_bytes_per_s),
    WHOLE("roofline.dram_bytes_per_s", REAL, roofline.dram_bytes_per_s),
    WHOLE("roofline.ridge_ops_per_byte", REAL, roofline.ridge_ops_per_byte),
    WHOLE("register_writes", COUNT64, register_writes),
    WHOLE("hls.cycles", COUNT64, hls_cycles),
    WHOLE("cpu.register_write_seconds", REAL, register_write_s),
    WHOLE("cpu.register_read_seconds", REAL, register_read_s),
    WHOLE("fusion_note", MAYBE_TEXT, fusion_note),
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
static zs_status read_verdict(reader *r, const json_t *root, zs_fit *out)
{
    zs_value fits;
    ZS_TRY(read_value(r, root, "fits", ZS_METRIC_BOOL, NULLABLE, 1, &fits));
    out->is_close = fits.type == ZS_METRIC_TEXT;
    out->fits = out->is_close || fits.i != 0;
    out->lo = out->hi = out->used;
    const json_t *list = json_object_get(root, "fit_bands");
    for (size_t i = 0; i < json_array_size(list) && i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        ZS_TRY(read_count32(r, json_array_get(list, i), "lo", &out->lo.n[id]));
        ZS_TRY(read_count32(r, json_array_get(list, i), "hi", &out->hi.n[id]));
    }
    return ZS_OK;
}

static zs_status read_resources(reader *r, const json_t *root, zs_fit *out)
{
    out->family = r->family = family_of(json_object_get(root, "resources"));
    for (uint32_t i = 0; i < r->family->block_n; i++) {
        const zs_resource_id id = r->family->blocks[i].id;
        char name[64];
        if (is_uncounted(r, json_object_get(root, "resources"), id))
            continue;
        snprintf(name, sizeof name, "resources.%s.used", zs_resource_table[id].key);
        ZS_TRY(read_count32(r, root, name, &out->used.n[id]));
        snprintf(name, sizeof name, "resources.%s.available", zs_resource_table[id].key);
        ZS_TRY(read_count32(r, root, name, &out->available.n[id]));
    }
    return read_verdict(r, root, out);
}

/* Of the controller's counters a file has shares only: any counts with those shares will do. */
static zs_status read_dram_shares(const reader *r, const json_t *root, zs_result *out)
{
    const uint64_t whole = UINT64_C(1) << 40;
    const double run_ps = (double)out->cycles / (double)out->clock_hz * 1e12;
    double hits;
    ZS_TRY(read_real(r, root, "dram.row_hit_frac", &hits));
    if (!isnan(hits)) {
        ZS_TRY(read_share(r, root, "dram.row_hit_frac", whole, &out->dram.row_hits));
        out->dram.row_misses = whole - zs_min_u64(whole, out->dram.row_hits);
    }
    out->memory_tck_ps = 1;
    return read_share(r, root, "dram.busy_frac", run_ps < 9e15 ? (uint64_t)run_ps : 0,
                      &out->dram.busy_ddr_cycles);
}

static zs_status check_sums(const reader *r, const zs_result *out)
{
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < out->layer_n; i++) {
        const zs_layer_result *l = &out->layers[i];
        if (l->start_cycle != cycles || !zs_add_u64(cycles, l->cycles, &cycles))
            return zs_fail(r->err, ZS_EPARSE, r->path,
                           "layers[%u] starts in cycle %llu, but the layers before it take %llu", i,
                           (unsigned long long)l->start_cycle, (unsigned long long)cycles);
    }
    if (cycles != out->cycles)
        return zs_fail(r->err, ZS_EPARSE, r->path, "the layers take %llu cycles, the whole %llu",
                       (unsigned long long)cycles, (unsigned long long)out->cycles);
    return ZS_OK;
}

static zs_status read_result(reader *r, const json_t *root, zs_result **out)
{
    zs_result *result = zs_new(r->arena, zs_result, 1);
    if (result == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(read_members(r, root, members, ZS_LEN(members), result));
    ZS_TRY(read_provenance(r, root, &result->provenance));
    ZS_TRY(read_resources(r, root, &result->fit));
    if (result->clock_hz == 0)
        return refuse(r, ZS_ERANGE, "clock_hz", "is 0");
    ZS_TRY(read_dram_shares(r, root, result));
    ZS_TRY(read_lists(r, root, result));
    ZS_TRY(check_sums(r, result));
    *out = result;
    return ZS_OK;
}

zs_status zs_result_parse(zs_arena *arena, zs_span json, const char *path, zs_result **out,
                          zs_err *err)
{
    reader r = {.arena = arena, .path = path, .err = err};
    json_t *root;
    ZS_TRY(load(json, path, &root, err));
    const zs_status status = read_result(&r, root, out);
    json_decref(root);
    return status;
}
