/* A result as one JSON object. Figures come from the metric tables; what is a list (layers, ports,
 * account, outputs, notes) is spelt out here.
 *
 * json_object_set_new and json_array_append_new accept NULL and report it as -1, so a missing piece
 * of memory surfaces where it is attached. */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names come from files: jansson refuses what is not UTF-8, so they are cleaned first. */
static json_t *text_of(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *plain = json_string(text);
    if (plain != NULL)
        return plain;
    char *clean = malloc(3 * strlen(text) + 1); /* U+FFFD takes three bytes */
    if (clean == NULL)
        return NULL;
    size_t bytes = 0;
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text))
        bytes += zs_utf8_put(c, clean + bytes);
    json_t *cleaned = json_stringn(clean, bytes);
    free(clean);
    return cleaned;
}

static json_t *count_of(uint64_t n)
{
    return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

/* JSON has no infinities: undefined is null. */
static json_t *real_of(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *value_of(const zs_value *value)
{
    switch (value->type) {
    case ZS_METRIC_INT:
        return count_of(value->i);
    case ZS_METRIC_REAL:
        return real_of(value->r);
    case ZS_METRIC_BOOL:
        return json_boolean(value->i);
    case ZS_METRIC_TEXT:
        return text_of(value->text);
    }
    return NULL;
}

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

static int put_figures(json_t *root, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < zs_metric_n; i++) {
        const zs_value value = zs_result_get(r, i);
        failed |= set_path(root, zs_metrics[i].name, value_of(&value));
    }
    return failed;
}

static int put_layers(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t layer = 0; layer < r->layer_n; layer++) {
        json_t *entry = json_object();
        for (uint32_t i = 0; i < zs_layer_metric_n; i++) {
            const zs_value value = zs_layer_result_get(r, layer, i);
            failed |= set_path(entry, zs_layer_metrics[i].name, value_of(&value));
        }
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
        failed |= json_object_set_new(entry, "name", text_of(port->name));
        failed |= json_object_set_new(entry, "bytes", count_of(port->bytes));
        failed |= json_object_set_new(entry, "bursts", count_of(port->bursts));
        failed |= json_object_set_new(entry, "beats", count_of(port->beats));
        failed |= json_object_set_new(entry, "busy_frac",
                                      real_of(zs_share(port->busy_cycles, r->cycles)));
        failed |=
            json_object_set_new(entry, "peak_bytes_per_second", count_of(port->peak_bytes_per_s));
        failed |= json_object_set_new(entry, "share_of_peak", real_of(share));
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
        failed |= json_object_set_new(entry, "name", text_of(item->name));
        failed |= json_object_set_new(entry, "detail", text_of(item->detail));
        failed |= json_object_set_new(entry, "dsp", count_of(item->r.dsp));
        failed |= json_object_set_new(entry, "bram18", count_of(item->r.bram18));
        failed |= json_object_set_new(entry, "lut", count_of(item->r.lut));
        failed |= json_object_set_new(entry, "ff", count_of(item->r.ff));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

static int put_classes(json_t *list, const zs_image_result *image)
{
    int failed = 0;
    for (uint32_t i = 0; i < image->top_n; i++) {
        json_t *entry = json_object();
        failed |= json_object_set_new(entry, "class", count_of(image->top_class[i]));
        failed |= json_object_set_new(entry, "label", text_of(image->top_label[i]));
        failed |=
            json_object_set_new(entry, "probability", real_of((double)image->top_probability[i]));
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
        failed |= json_object_set_new(entry, "input", text_of(image->input));
        failed |= classes == NULL ? -1 : put_classes(classes, image);
        failed |= json_object_set_new(entry, "top5", classes);
        failed |=
            json_object_set_new(entry, "sha256", text_of(image->sha256[0] ? image->sha256 : NULL));
        failed |= json_array_append_new(list, entry);
    }
    return failed;
}

static int put_notes(json_t *list, const zs_result *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->note_n; i++)
        failed |= json_array_append_new(list, text_of(r->notes[i]));
    return failed;
}

static int put_lists(json_t *root, const zs_result *r)
{
    static const struct {
        const char *path;
        int (*put)(json_t *list, const zs_result *r);
    } lists[] = {
        {"ports", put_ports},     {"fit_items", put_fit_items}, {"layers", put_layers},
        {"outputs", put_outputs}, {"notes", put_notes},
    };
    int failed = 0;
    for (size_t i = 0; i < ZS_LEN(lists); i++) {
        json_t *list = json_array();
        failed |= list == NULL ? -1 : lists[i].put(list, r);
        failed |= json_object_set_new(root, lists[i].path, list);
    }
    return failed;
}

static int write_piece(const char *data, size_t bytes, void *ctx)
{
    zs_out *out = ctx;
    if (out->status == ZS_OK)
        out->status = zs_sink_write(out->sink, data, bytes);
    return out->status == ZS_OK ? 0 : -1;
}

zs_status zs_json_emit(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    json_t *root = json_object();
    const bool failed = root == NULL || put_figures(root, r) != 0 || put_lists(root, r) != 0;
    if (failed)
        out.status = ZS_ENOMEM;
    else if (json_dump_callback(root, write_piece, &out, JSON_INDENT(2) | JSON_REAL_PRECISION(17)))
        out.status = out.status == ZS_OK ? ZS_ENOMEM : out.status;
    json_decref(root);
    zs_out_text(&out, "\n");
    return zs_out_end(&out, "result.json", err);
}
