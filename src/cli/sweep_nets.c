#include "sweep_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Networks by all that they are made of, kept until the sweep ends; failures are kept as well. */
typedef struct net_entry {
    struct net_entry *next;
    char *model;
    char *weights;
    uint32_t c, h, w;
    zs_sparsify_rule sparsify;
    bool reads_weights;
    cli_point point;
    zs_status status;
    zs_err why;
} net_entry;

static bool is_same_rule(const zs_sparsify_rule *a, const zs_sparsify_rule *b)
{
    bool same = a->method == b->method && a->correction == b->correction &&
                a->structured == b->structured && a->parameter == b->parameter &&
                a->target_zeros == b->target_zeros && a->spare_depthwise == b->spare_depthwise &&
                a->spare_first == b->spare_first;
    for (size_t i = 0; i < ZS_LEN(a->input_scale); i++)
        same = same && a->input_scale[i] == b->input_scale[i];
    return same;
}

static net_entry *find(const sweep_nets *nets, const zs_design *d)
{
    for (net_entry *e = nets->first; e != NULL; e = e->next)
        if (strcmp(e->model, d->network.model) == 0 && e->c == d->network.input_c &&
            e->h == d->network.input_h && e->w == d->network.input_w &&
            e->reads_weights == zs_kind_reads_weights(d) &&
            strcmp(e->weights, d->network.weights) == 0 &&
            is_same_rule(&e->sparsify, &d->network.sparsify))
            return e;
    return NULL;
}

static zs_status load(const sweep_nets *nets, net_entry *e)
{
    cli_options o = *nets->o;
    o.timing_only = true; /* values of weights matter to few kinds, which have them read */
    const char *path = e->model;
    if (strcmp(e->model, nets->base->network.model) != 0)
        ZS_TRY(cli_model_find(&e->point.keep, o.design_path, e->model, &path, &e->why));
    e->point.design.network.model = path;
    return cli_net_load(&e->point, &o, &e->why);
}

static net_entry *add(sweep_nets *nets, const zs_design *d)
{
    net_entry *e = calloc(1, sizeof *e);
    char *model = strdup(d->network.model), *weights = strdup(d->network.weights);
    if (e == NULL || model == NULL || weights == NULL) {
        free(e);
        free(model);
        free(weights);
        return NULL;
    }
    e->model = model;
    e->weights = weights;
    e->sparsify = d->network.sparsify;
    e->reads_weights = zs_kind_reads_weights(d);
    e->c = d->network.input_c;
    e->h = d->network.input_h;
    e->w = d->network.input_w;
    zs_arena_init(&e->point.keep, cli_heap());
    e->point.design = *d;
    e->status = load(nets, e);
    e->next = nets->first;
    nets->first = e;
    return e;
}

static pthread_mutex_t one_loads = PTHREAD_MUTEX_INITIALIZER;

zs_status sweep_net_of(void *ctx, const zs_design *design, const zs_net **net, zs_err *err)
{
    sweep_nets *nets = ctx;
    net_entry *e;
    pthread_mutex_lock(&one_loads);
    e = find(nets, design);
    if (e == NULL)
        e = add(nets, design);
    pthread_mutex_unlock(&one_loads);
    if (e == NULL)
        return zs_nomem(err, "network");
    if (e->status != ZS_OK) {
        if (err != NULL)
            *err = e->why;
        return e->status;
    }
    *net = e->point.net;
    return ZS_OK;
}

void sweep_nets_drop(sweep_nets *nets)
{
    while (nets->first != NULL) {
        net_entry *e = nets->first;
        nets->first = e->next;
        cli_point_drop(&e->point);
        free(e->model);
        free(e->weights);
        free(e);
    }
}
