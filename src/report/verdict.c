#include "verdict_priv.h"

#include "out_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

bool zs_layer_verdicts_differ(const zs_layer_result *l)
{
    if (!l->on_engine || l->in_pipeline)
        return false;
    const bool waits_for_memory = l->limited_by == ZS_BY_READ || l->limited_by == ZS_BY_WRITE;
    return l->limited_by == ZS_BY_HOST || waits_for_memory != l->memory_roof;
}

const char *zs_layer_note(const zs_layer_result *l)
{
    if (l->note != NULL)
        return l->note;
    if (!l->on_engine)
        return "the PS runs this layer: the engine's roofline does not apply";
    if (!zs_layer_verdicts_differ(l))
        return NULL;
    if (l->limited_by == ZS_BY_HOST)
        return "starting and ending the call on the PS takes longer than the engine's own work";
    return l->memory_roof
               ? "below the ridge, yet the transfers hide behind the MAC array, which stays below "
                 "its peak here: unroll factors that do not divide the layer, accumulator latency "
                 "or pipeline fill"
               : "above the ridge, yet latency, short bursts or a missing second buffer leave the "
                 "MAC array waiting for DRAM";
}

/* First row with the same note as row `layer`, which has one. */
static uint32_t note_first(const zs_result *r, uint32_t layer)
{
    const char *note = zs_layer_note(&r->layers[layer]);
    for (uint32_t i = 0; i < layer; i++) {
        const char *earlier = zs_layer_note(&r->layers[i]);
        if (earlier != NULL && strcmp(earlier, note) == 0)
            return i;
    }
    return layer;
}

uint32_t zs_layer_note_number(const zs_result *r, uint32_t layer)
{
    if (zs_layer_note(&r->layers[layer]) == NULL)
        return 0;
    const uint32_t first = note_first(r, layer);
    uint32_t number = 1;
    for (uint32_t i = 0; i < first; i++)
        number += zs_layer_note(&r->layers[i]) != NULL && note_first(r, i) == i;
    return number;
}

uint32_t zs_note_first_layer(const zs_result *r, uint32_t number)
{
    uint32_t i = 0;
    while (i < r->layer_n && zs_layer_note_number(r, i) != number)
        i++;
    return i;
}

uint64_t zs_result_waited(const zs_result *r, zs_cause cause)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->layer_n; i++)
        sum += r->layers[i].waited_cycles[cause];
    return sum;
}

double zs_result_waited_share(const zs_result *r, zs_cause cause)
{
    uint64_t all = 0;
    for (zs_cause c = 0; c < ZS_CAUSE_N; c++)
        all += zs_result_waited(r, c);
    return all > 0 ? zs_share(zs_result_waited(r, cause), all) : 0;
}

zs_result zs_result_of_engine(const zs_result *r, uint32_t i)
{
    zs_result view = *r;
    view.flow = r->engines[i].flow;
    view.flow_of = r->engines[i].flow_of;
    view.flow_limit = r->engines[i].flow_limit;
    return view;
}

bool zs_result_fuses(const zs_result *r)
{
    bool all_pipelined = r->engine_n > 0;
    for (uint32_t i = 0; i < r->engine_n; i++)
        all_pipelined &= r->engines[i].flow != NULL;
    return r->flow == NULL && !r->layers_overlap && !all_pipelined;
}

uint32_t zs_slowest_node(const zs_result *r)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i < r->flow_of->flow.node_n; i++)
        if (r->flow->nodes[i].busy_cycles > r->flow->nodes[at].busy_cycles)
            at = i;
    return at;
}

zs_cause zs_result_limited_by(const zs_result *r)
{
    zs_cause most = ZS_BY_COMPUTE;
    for (zs_cause cause = ZS_BY_READ; cause < ZS_CAUSE_N; cause++) {
        if (zs_result_waited(r, cause) > zs_result_waited(r, most))
            most = cause;
    }
    return most;
}

const char *zs_cause_phrase(zs_cause cause)
{
    static const char *const phrases[ZS_CAUSE_N] = {"works", "waits for reads", "waits for writes",
                                                    "waits for the PS"};
    return phrases[cause];
}

void zs_waited_slots(const zs_layer_result *l, uint32_t slots, uint32_t out[ZS_CAUSE_N])
{
    double rest[ZS_CAUSE_N];
    uint32_t given = 0;
    for (uint32_t c = 0; c < ZS_CAUSE_N; c++) {
        const double share =
            l->cycles == 0 ? 0 : (double)l->waited_cycles[c] / (double)l->cycles * slots;
        out[c] = share < slots ? (uint32_t)share : slots;
        rest[c] = share - out[c];
        given += out[c];
    }
    while (l->cycles != 0 && given < slots) {
        uint32_t most = 0;
        for (uint32_t c = 1; c < ZS_CAUSE_N; c++)
            most = rest[c] > rest[most] ? c : most;
        out[most]++;
        rest[most] -= 1;
        given++;
    }
}

static double value_as_real(zs_value value)
{
    return value.type == ZS_METRIC_REAL ? value.r : (double)value.i;
}

static uint32_t metric_find(const zs_metric *metrics, uint32_t n, const char *name)
{
    uint32_t i = 0;
    while (i < n && strcmp(metrics[i].name, name) != 0)
        i++;
    assert(i < n);
    return i;
}

double zs_figure(const zs_result *r, const char *name)
{
    return value_as_real(zs_result_get(r, metric_find(zs_metrics, zs_metric_n, name)));
}

double zs_layer_figure(const zs_result *r, uint32_t layer, const char *name)
{
    const uint32_t metric = metric_find(zs_layer_metrics, zs_layer_metric_n, name);
    return value_as_real(zs_layer_result_get(r, layer, metric));
}
