#include "graph_priv.h"

#include <stdio.h>
#include <string.h>

zs_status zs_layer_fail(zs_err *err, zs_status status, const zs_layer_spec *spec, const char *fmt,
                        ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    zs_fail(err, status, spec->name, "%s", text);
    if (spec->place != NULL && (spec->name == NULL || strstr(spec->place, spec->name) == NULL))
        zs_err_prefix(err, spec->place);
    else if (spec->place != NULL && err != NULL)
        snprintf(err->place, sizeof err->place, "%s", spec->place);
    return status;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Open addressing, at most half full. A slot holds node + 1. */
typedef struct name_table {
    uint32_t *slots;
    uint32_t mask;
} name_table;

static uint32_t hash_name(const char *name)
{
    uint64_t h = 0;
    for (const char *c = name; *c != '\0'; c++)
        h = zs_mix64(h ^ (uint8_t)*c);
    return (uint32_t)h;
}

static const char *node_name(const zs_draft *d, uint32_t node)
{
    return node < d->input ? d->spec->layers[node].name : zs_draft_input(d, node)->name;
}

/* The slot that holds `name`, or the free one where it belongs. */
static uint32_t *find_slot(const zs_draft *d, const name_table *t, const char *name)
{
    uint32_t at = hash_name(name) & t->mask;
    while (t->slots[at] != 0 && strcmp(node_name(d, t->slots[at] - 1), name) != 0)
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static zs_status enter_names(const zs_draft *d, name_table *t, zs_err *err)
{
    uint32_t capacity = 16;
    while (capacity < 2 * d->node_n)
        capacity *= 2;
    t->mask = capacity - 1;
    t->slots = zs_new(d->scratch, uint32_t, capacity);
    if (t->slots == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = d->input; i < d->node_n; i++) {
        uint32_t *slot = find_slot(d, t, node_name(d, i));
        if (*slot != 0)
            return zs_fail(err, ZS_EPARSE, d->spec->name, "two inputs are called \"%s\"",
                           node_name(d, i));
        *slot = i + 1;
    }
    for (uint32_t i = 0; i < d->spec->layer_n; i++) {
        const zs_layer_spec *layer = &d->spec->layers[i];
        if (layer->name == NULL || layer->name[0] == '\0')
            return zs_fail(err, ZS_EPARSE, layer->place ? layer->place : "network",
                           "layer %u has no name", i + 1);
        uint32_t *slot = find_slot(d, t, layer->name);
        if (*slot != 0)
            return zs_layer_fail(err, ZS_EPARSE, layer,
                                 "the name \"%s\" is used by more than one layer or input",
                                 layer->name);
        *slot = i + 1;
    }
    return ZS_OK;
}

static zs_status fail_unknown(const zs_draft *d, const zs_layer_spec *layer, const char *name,
                              zs_err *err)
{
    const char **names = zs_new(d->scratch, const char *, d->node_n);
    if (names == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = 0; i < d->node_n; i++)
        names[i] = node_name(d, i);
    const char *near = zs_nearest(name, names, d->node_n);
    return zs_layer_fail(err, ZS_EPARSE, layer, "reads \"%s\", which no layer is called%s%s%s",
                         name, near ? "; did you mean \"" : "", near ? near : "",
                         near ? "\"?" : "");
}

static zs_status check_input_count(const zs_layer_spec *layer, zs_err *err)
{
    static const struct {
        uint32_t least, most;
    } counts[] = {
#define LAYER(id, name, least, most, engine, meaning) {least, most},
#include "zynqsim/layers.def"
#undef LAYER
    };
    if ((uint32_t)layer->op >= ZS_LAYER_N)
        return zs_layer_fail(err, ZS_EUNSUPPORTED, layer, "has the unknown operator %d",
                             (int)layer->op);
    const uint32_t least = counts[layer->op].least, most = counts[layer->op].most;
    if (layer->in_n < least || (most != 0 && layer->in_n > most))
        return zs_layer_fail(err, ZS_ESHAPE, layer, "%s has %u inputs, it takes %s%u",
                             zs_layer_op_name(layer->op), layer->in_n,
                             most == least ? "" : "at least ", least);
    return ZS_OK;
}

static zs_status resolve_layer(zs_draft *d, const name_table *t, uint32_t i, zs_err *err)
{
    const zs_layer_spec *layer = &d->spec->layers[i];
    zs_node *node = &d->nodes[i];
    ZS_TRY(check_input_count(layer, err));
    *node = (zs_node){.spec = layer, .alias = i, .parent = ZS_NO_INDEX, .in_n = layer->in_n};
    node->in = zs_new(d->scratch, uint32_t, layer->in_n);
    if (node->in == NULL)
        return zs_nomem(err, "network");
    for (uint32_t k = 0; k < layer->in_n; k++) {
        if (layer->in[k] == NULL)
            return zs_layer_fail(err, ZS_EPARSE, layer, "input %u has no name", k + 1);
        const uint32_t found = *find_slot(d, t, layer->in[k]);
        if (found == 0)
            return fail_unknown(d, layer, layer->in[k], err);
        node->in[k] = found - 1;
    }
    return ZS_OK;
}

/* ---- output ---------------------------------------------------------------------------------- */

static zs_status only_unread(zs_draft *d, uint32_t *out, zs_err *err)
{
    uint32_t found = ZS_NO_INDEX;
    for (uint32_t i = 0; i < d->spec->layer_n; i++) {
        if (d->nodes[i].reader_n != 0)
            continue;
        if (found != ZS_NO_INDEX)
            return zs_fail(err, ZS_EPARSE, d->spec->name,
                           "nothing reads \"%s\" nor \"%s\": name the one that is the output",
                           node_name(d, found), node_name(d, i));
        found = i;
    }
    if (found == ZS_NO_INDEX)
        return zs_fail(err, ZS_EPARSE, d->spec->name,
                       "no output: every layer is read by another one");
    *out = found;
    return ZS_OK;
}

static zs_status find_output(const zs_draft *d, const name_table *t, const char *name,
                             uint32_t *out, zs_err *err)
{
    const uint32_t found = *find_slot(d, t, name);
    if (found == 0 || found - 1 >= d->input)
        return zs_fail(err, ZS_EPARSE, d->spec->name, "the output \"%s\" is not a layer", name);
    *out = found - 1;
    return ZS_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

enum { UNSEEN, OPEN, DONE };

typedef struct walk {
    uint8_t *state;  /* [node] */
    uint32_t *stack; /* nodes whose inputs are being visited, each an input of the one before */
    uint32_t *next;  /* [depth]: which input comes next */
    uint32_t depth;
} walk;

static zs_status fail_cycle(const zs_draft *d, const walk *w, uint32_t node, zs_err *err)
{
    char text[300];
    size_t n = 0;
    uint32_t at = w->depth;
    while (w->stack[at - 1] != node)
        at--;
    for (uint32_t k = w->depth; k >= at && n < sizeof text; k--) /* in the direction of data */
        n += (size_t)snprintf(text + n, sizeof text - n, " -> \"%s\"",
                              node_name(d, w->stack[k - 1]));
    return zs_layer_fail(err, ZS_EPARSE, d->nodes[node].spec, "is part of a cycle: \"%s\"%s%s",
                         node_name(d, node), text, n >= sizeof text ? "..." : "");
}

/* Inputs first, else the order of the file: a file that is sorted stays as it is. */
static zs_status visit(zs_draft *d, walk *w, uint32_t root, zs_err *err)
{
    w->depth = 0;
    w->stack[w->depth] = root;
    w->next[w->depth++] = 0;
    w->state[root] = OPEN;
    while (w->depth > 0) {
        const uint32_t node = w->stack[w->depth - 1];
        if (w->next[w->depth - 1] == d->nodes[node].in_n) {
            w->state[node] = DONE;
            w->depth--;
            d->order[d->order_n++] = node;
            continue;
        }
        const uint32_t from = d->nodes[node].in[w->next[w->depth - 1]++];
        if (w->state[from] == OPEN)
            return fail_cycle(d, w, from, err);
        if (w->state[from] == UNSEEN) {
            w->state[from] = OPEN;
            w->stack[w->depth] = from;
            w->next[w->depth++] = 0;
        }
    }
    return ZS_OK;
}

/* Layers that the result does not depend on are left out: auxiliary heads, forgotten branches. */
static void drop_unneeded(zs_draft *d, bool *needed)
{
    needed[d->output] = true;
    for (uint32_t i = 0; i < d->spec->more_n; i++)
        needed[d->more[i]] = true;
    for (uint32_t k = d->order_n; k-- > 0;) {
        const zs_node *node = &d->nodes[d->order[k]];
        for (uint32_t i = 0; needed[d->order[k]] && i < node->in_n; i++)
            needed[node->in[i]] = true;
    }
    uint32_t kept = 0;
    for (uint32_t k = 0; k < d->order_n; k++)
        if (needed[d->order[k]])
            d->order[kept++] = d->order[k];
    d->order_n = kept;
}

zs_status zs_draft_sort(zs_draft *d, zs_err *err)
{
    const size_t n = d->node_n;
    walk w = {.state = zs_new(d->scratch, uint8_t, n),
              .stack = zs_new(d->scratch, uint32_t, n),
              .next = zs_new(d->scratch, uint32_t, n)};
    bool *needed = zs_new(d->scratch, bool, n);
    d->order = zs_new(d->scratch, uint32_t, n);
    if (w.state == NULL || w.stack == NULL || w.next == NULL || needed == NULL || d->order == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = d->input; i < d->node_n; i++)
        w.state[i] = DONE;
    for (uint32_t i = 0; i < d->spec->layer_n; i++)
        if (w.state[i] == UNSEEN)
            ZS_TRY(visit(d, &w, i, err));
    if (d->output == ZS_NO_INDEX)
        ZS_TRY(only_unread(d, &d->output, err));
    drop_unneeded(d, needed);
    return ZS_OK;
}

zs_status zs_draft_resolve(zs_draft *d, zs_err *err)
{
    name_table names;
    ZS_TRY(enter_names(d, &names, err));
    for (uint32_t i = 0; i < d->spec->layer_n; i++)
        ZS_TRY(resolve_layer(d, &names, i, err));
    for (uint32_t i = 0; i < d->spec->layer_n; i++)
        for (uint32_t k = 0; k < d->nodes[i].in_n; k++)
            d->nodes[d->nodes[i].in[k]].reader_n++;
    d->output = ZS_NO_INDEX;
    if (d->spec->output != NULL)
        ZS_TRY(find_output(d, &names, d->spec->output, &d->output, err));
    d->more = zs_new(d->scratch, uint32_t, d->spec->more_n);
    if (d->more == NULL)
        return zs_nomem(err, "network");
    for (uint32_t i = 0; i < d->spec->more_n; i++)
        ZS_TRY(find_output(d, &names, d->spec->more[i].layer, &d->more[i], err));
    return ZS_OK;
}
