#include "zynqsim/result_read.h"

#include "json_read_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where in the file we are, for messages: "layers[3]." or "". */
typedef struct reader {
    zs_arena *arena;
    const char *path;
    char scope[48];
    zs_err *err;
} reader;

typedef enum value_type { COUNT32, COUNT64, REAL, FLAG, TEXT, MAYBE_TEXT } value_type;

/* One figure that is a member of its struct as it stands in the file. */
typedef struct member {
    const char *name;
    value_type type;
    size_t offset;
} member;

/* ---- one value ------------------------------------------------------------------------------- */

static zs_status refuse(const reader *r, zs_status status, const char *name, const char *what)
{
    return zs_fail(r->err, status, r->path, "%s%s %s", r->scope, name, what);
}

static zs_status read_count(const reader *r, json_t *object, const char *name, uint64_t max,
                            uint64_t *out)
{
    json_t *value = zs_json_at(object, name);
    if (value == NULL)
        return refuse(r, ZS_EPARSE, name, "is missing");
    if (!json_is_integer(value))
        return refuse(r, ZS_EPARSE, name, "is not a whole number");
    const json_int_t n = json_integer_value(value);
    if (n < 0 || (uint64_t)n > max)
        return zs_fail(r->err, ZS_ERANGE, r->path, "%s%s: %lld is outside 0 .. %llu", r->scope,
                       name, (long long)n, (unsigned long long)max);
    *out = (uint64_t)n;
    return ZS_OK;
}

/* null is a ratio with nothing to divide by. */
static zs_status read_real(const reader *r, json_t *object, const char *name, double *out)
{
    json_t *value = zs_json_at(object, name);
    if (value == NULL)
        return refuse(r, ZS_EPARSE, name, "is missing");
    if (!json_is_number(value) && !json_is_null(value))
        return refuse(r, ZS_EPARSE, name, "is neither a number nor null");
    *out = json_is_null(value) ? (double)NAN : json_number_value(value);
    return ZS_OK;
}

static zs_status read_text(const reader *r, json_t *object, const char *name, bool may_be_null,
                           const char **out)
{
    json_t *value = zs_json_at(object, name);
    if (value == NULL)
        return refuse(r, ZS_EPARSE, name, "is missing");
    if (json_is_null(value) && may_be_null) {
        *out = NULL;
        return ZS_OK;
    }
    if (!json_is_string(value))
        return refuse(r, ZS_EPARSE, name, may_be_null ? "is neither text nor null" : "is no text");
    const char *copy = zs_arena_strdup(r->arena, json_string_value(value));
    if (copy == NULL)
        return zs_nomem(r->err, r->path);
    *out = copy;
    return ZS_OK;
}

static zs_status read_flag(const reader *r, json_t *object, const char *name, bool *out)
{
    json_t *value = zs_json_at(object, name);
    if (value == NULL || !json_is_boolean(value))
        return refuse(r, ZS_EPARSE, name,
                      value == NULL ? "is missing" : "is neither true nor false");
    *out = json_is_true(value);
    return ZS_OK;
}

static zs_status read_member(const reader *r, json_t *object, const member *m, void *base)
{
    void *at = (char *)base + m->offset;
    uint64_t n = 0;
    switch (m->type) {
    case COUNT32:
        ZS_TRY(read_count(r, object, m->name, UINT32_MAX, &n));
        *(uint32_t *)at = (uint32_t)n;
        return ZS_OK;
    case COUNT64:
        return read_count(r, object, m->name, INT64_MAX, at);
    case REAL:
        return read_real(r, object, m->name, at);
    case FLAG:
        return read_flag(r, object, m->name, at);
    case TEXT:
    case MAYBE_TEXT:
        return read_text(r, object, m->name, m->type == MAYBE_TEXT, at);
    }
    return ZS_EINTERNAL;
}

static zs_status read_members(const reader *r, json_t *object, const member *list, size_t n,
                              void *base)
{
    for (size_t i = 0; i < n; i++)
        ZS_TRY(read_member(r, object, &list[i], base));
    return ZS_OK;
}

/* A share of a count, as a count again. */
static zs_status read_share(const reader *r, json_t *object, const char *name, uint64_t whole,
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
static zs_status read_word(const reader *r, json_t *object, const char *name,
                           const char *const *words, uint32_t n, uint32_t *out)
{
    const char *text;
    ZS_TRY(read_text(r, object, name, false, &text));
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
    LAYER("compulsory_bytes", COUNT64, compulsory_bytes),
    LAYER("bound_cycles", COUNT64, bound_cycles),
    LAYER("waited_cycles.compute", COUNT64, waited_cycles[ZS_BY_COMPUTE]),
    LAYER("waited_cycles.read", COUNT64, waited_cycles[ZS_BY_READ]),
    LAYER("waited_cycles.write", COUNT64, waited_cycles[ZS_BY_WRITE]),
    LAYER("waited_cycles.host", COUNT64, waited_cycles[ZS_BY_HOST]),
    LAYER("note", MAYBE_TEXT, note),
};

static zs_status read_layer(reader *r, json_t *entry, void *out)
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
static zs_status read_port(reader *r, json_t *entry, void *out)
{
    return read_members(r, entry, port_members, ZS_LEN(port_members), out);
}

#define ITEM(name, type, field)                                                                    \
    {                                                                                              \
        name, type, offsetof(zs_fit_item, field)                                                   \
    }
static const member item_members[] = {
    ITEM("name", TEXT, name),    ITEM("detail", MAYBE_TEXT, detail),
    ITEM("dsp", COUNT32, r.dsp), ITEM("bram18", COUNT32, r.bram18),
    ITEM("lut", COUNT32, r.lut), ITEM("ff", COUNT32, r.ff),
};

static zs_status read_item(reader *r, json_t *entry, void *out)
{
    return read_members(r, entry, item_members, ZS_LEN(item_members), out);
}

static zs_status read_output(reader *r, json_t *entry, void *out)
{
    zs_image_result *image = out;
    const char *sha;
    ZS_TRY(read_text(r, entry, "input", false, &image->input));
    ZS_TRY(read_text(r, entry, "sha256", true, &sha));
    snprintf(image->sha256, sizeof image->sha256, "%s", sha == NULL ? "" : sha);
    json_t *classes = json_object_get(entry, "top5");
    const size_t n = json_array_size(classes);
    if (!json_is_array(classes) || n > ZS_LEN(image->top_class))
        return refuse(r, ZS_EPARSE, "top5", "is no list of at most five classes");
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(classes, i);
        uint64_t number;
        double probability;
        ZS_TRY(read_count(r, one, "class", UINT32_MAX, &number));
        ZS_TRY(read_text(r, one, "label", true, &image->top_label[i]));
        ZS_TRY(read_real(r, one, "probability", &probability));
        image->top_class[i] = (uint32_t)number;
        image->top_probability[i] = (float)probability;
    }
    image->top_n = (uint32_t)n;
    return ZS_OK;
}

static zs_status read_note(reader *r, json_t *entry, void *out)
{
    if (!json_is_string(entry))
        return refuse(r, ZS_EPARSE, "", "is no text");
    *(const char **)out = zs_arena_strdup(r->arena, json_string_value(entry));
    return *(const char **)out == NULL ? zs_nomem(r->err, r->path) : ZS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static zs_status read_list(reader *r, json_t *root, const char *name, size_t bytes,
                           zs_status (*read)(reader *, json_t *, void *), void **list, uint32_t *n)
{
    json_t *entries = json_object_get(root, name);
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

static zs_status read_lists(reader *r, json_t *root, zs_result *out)
{
    void *layers, *ports, *items, *images, *notes;
    ZS_TRY(read_list(r, root, "layers", sizeof *out->layers, read_layer, &layers, &out->layer_n));
    ZS_TRY(read_list(r, root, "ports", sizeof *out->ports, read_port, &ports, &out->port_n));
    ZS_TRY(read_list(r, root, "fit_items", sizeof *out->fit.items, read_item, &items,
                     &out->fit.item_n));
    ZS_TRY(read_list(r, root, "outputs", sizeof *out->images, read_output, &images, &out->image_n));
    ZS_TRY(read_list(r, root, "notes", sizeof *out->notes, read_note, &notes, &out->note_n));
    zs_port_result *port = ports;
    for (uint32_t i = 0; i < out->port_n; i++)
        ZS_TRY(read_share(r, json_array_get(json_object_get(root, "ports"), i), "busy_frac",
                          out->cycles, &port[i].busy_cycles));
    out->layers = layers;
    out->ports = ports;
    out->fit.items = items;
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
    WHOLE("fits", FLAG, fit.fits),
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
    WHOLE("resources.dsp.used", COUNT32, fit.used.dsp),
    WHOLE("resources.dsp.available", COUNT32, fit.available.dsp),
    WHOLE("resources.bram18.used", COUNT32, fit.used.bram18),
    WHOLE("resources.bram18.available", COUNT32, fit.available.bram18),
    WHOLE("resources.lut.used", COUNT32, fit.used.lut),
    WHOLE("resources.lut.available", COUNT32, fit.available.lut),
    WHOLE("resources.ff.used", COUNT32, fit.used.ff),
    WHOLE("resources.ff.available", COUNT32, fit.available.ff),
    WHOLE("energy.joules", REAL, energy.joules),
    WHOLE("energy.watts", REAL, energy.watts),
    WHOLE("energy.uncertainty_frac", REAL, energy.uncertainty_frac),
    WHOLE("energy.static_joules", REAL, energy.static_j),
    WHOLE("energy.cpu_joules", REAL, energy.ps_j),
    WHOLE("energy.mac_joules", REAL, energy.mac_j),
    WHOLE("energy.bram_joules", REAL, energy.bram_j),
    WHOLE("energy.dram_joules", REAL, energy.dram_j),
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

/* Of the controller's counters a file has shares only: any counts with those shares will do. */
static zs_status read_dram_shares(const reader *r, json_t *root, zs_result *out)
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

static zs_status read_result(reader *r, json_t *root, zs_result **out)
{
    ZS_TRY(zs_json_expect_result(root, r->path, r->err));
    zs_result *result = zs_new(r->arena, zs_result, 1);
    if (result == NULL)
        return zs_nomem(r->err, r->path);
    ZS_TRY(read_members(r, root, members, ZS_LEN(members), result));
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
    ZS_TRY(zs_json_load(json, path, &root, err));
    const zs_status status = read_result(&r, root, out);
    json_decref(root);
    return status;
}
