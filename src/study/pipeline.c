#include "pipeline_priv.h"

#include "zynqsim/kind.h"

#include <math.h>
#include <string.h>

/* ---- one pass on the simulated board --------------------------------------------------------- */

/* Equal passes are simulated once. */
typedef struct priced {
    const struct priced *next;
    zs_layer_spec spec; /* name NULL */
    zs_shape x;
    double seconds, joules;
} priced;

typedef struct pricer {
    zs_arena *arena;
    zs_arena scratch;
    zs_design design;
    zs_fidelity fidelity;
    const priced *list;
    double seconds, joules; /* of what was priced last */
} pricer;

static bool is_same(const priced *p, const zs_layer_spec *s, zs_shape x)
{
    return p->x.c == x.c && p->x.h == x.h && p->x.w == x.w && p->spec.op == s->op &&
           p->spec.in_n == s->in_n && p->spec.oc == s->oc && p->spec.groups == s->groups &&
           memcmp(&p->spec.window, &s->window, sizeof s->window) == 0 && p->spec.pool == s->pool &&
           p->spec.ceil_mode == s->ceil_mode && p->spec.lrn_size == s->lrn_size &&
           p->spec.act.active == s->act.active && p->spec.general == s->general;
}

static zs_status simulate(pricer *pr, const zs_layer_spec *spec, zs_shape x, zs_err *err)
{
    zs_net *net;
    zs_plan *plan;
    zs_result *r;
    const zs_net_spec one = {.name = spec->name,
                             .input = {.name = "x", .shape = x},
                             .layers = spec,
                             .layer_n = 1,
                             .keep_batchnorm = true};
    zs_arena_reset(&pr->scratch);
    ZS_TRY(zs_net_build(&pr->scratch, &one, &net, err));
    ZS_TRY(zs_plan_build(&pr->scratch, &pr->design, net, &plan, err));
    ZS_TRY(zs_sim_run(&pr->scratch, &pr->design, net, plan, pr->fidelity, NULL, &r, err));
    pr->seconds = (double)r->cycles / (double)r->clock_hz;
    pr->joules = r->energy.joules;
    return ZS_OK;
}

static zs_status price(pricer *pr, const zs_layer_spec *spec, zs_shape x, zs_err *err)
{
    for (const priced *p = pr->list; p != NULL; p = p->next)
        if (is_same(p, spec, x)) {
            pr->seconds = p->seconds;
            pr->joules = p->joules;
            return ZS_OK;
        }
    const zs_status status = simulate(pr, spec, x, err);
    if (status != ZS_OK) {
        zs_err_prefix(err, spec->name);
        return status;
    }
    priced *p = zs_new(pr->arena, priced, 1);
    if (p == NULL)
        return zs_nomem(err, spec->name);
    *p = (priced){
        .next = pr->list, .spec = *spec, .x = x, .seconds = pr->seconds, .joules = pr->joules};
    pr->list = p;
    return ZS_OK;
}

static const char *const inputs[] = {"x", "x", "x", "x", "x", "x", "x", "x"};

/* A network of this layer alone. */
static zs_layer_spec forward_of(const zs_layer *l)
{
    return (zs_layer_spec){.name = l->name,
                           .op = l->op,
                           .in = inputs,
                           .in_n = l->in_n < ZS_LEN(inputs) ? l->in_n : ZS_LEN(inputs),
                           .oc = l->y.c,
                           .groups = l->groups,
                           .window = l->window,
                           .pool = l->pool,
                           .ceil_mode = l->ceil_mode,
                           .count_include_pad = l->count_include_pad,
                           .caffe_pool = l->caffe_pool,
                           .act = l->act,
                           .lrn_alpha = l->lrn_alpha,
                           .lrn_beta = l->lrn_beta,
                           .lrn_k = l->lrn_k,
                           .lrn_size = l->lrn_size,
                           .no_bias = !l->has_bias,
                           .general = l->general};
}

/* Padding behind the output that a gradient needs to reach the size of x, 0 where the kernel
 * reaches beyond. */
static uint32_t pad_behind(uint32_t x, uint32_t spread, uint32_t reach, uint32_t pad_before)
{
    const int64_t pad = (int64_t)x + reach - spread - pad_before;
    return pad > 0 ? (uint32_t)pad : 0;
}

/* Errors of the inputs: over errors of the outputs, spread by the stride. */
static zs_layer_spec data_gradient_of(const zs_layer *l, zs_shape *x)
{
    const zs_window *w = &l->window;
    zs_layer_spec s = {.name = l->name,
                       .op = l->op,
                       .in = inputs,
                       .in_n = 1,
                       .oc = l->x.c,
                       .groups = l->groups,
                       .window = ZS_WINDOW_1X1,
                       .no_bias = true};
    *x = l->y;
    if (l->op == ZS_LAYER_FC)
        return s;
    const uint32_t reach_h = (w->kh - 1) * w->dh, reach_w = (w->kw - 1) * w->dw;
    x->h = (l->y.h - 1) * w->sh + 1;
    x->w = (l->y.w - 1) * w->sw + 1;
    s.window = (zs_window){.kh = w->kh, .kw = w->kw, .sh = 1, .sw = 1, .dh = w->dh, .dw = w->dw};
    s.window.pad_top = reach_h > w->pad_top ? reach_h - w->pad_top : 0;
    s.window.pad_left = reach_w > w->pad_left ? reach_w - w->pad_left : 0;
    s.window.pad_bottom = pad_behind(l->x.h, x->h, reach_h, s.window.pad_top);
    s.window.pad_right = pad_behind(l->x.w, x->w, reach_w, s.window.pad_left);
    return s;
}

/* A 1x1 convolution: its channels are what a weight's gradient sums over, its pixels the taps of a
 * filter, its filters the errors. Of one group and one image; of fc, the mini-batch. */
static zs_layer_spec weight_gradient_of(const zs_layer *l, uint32_t batch, zs_shape *x)
{
    const bool is_fc = l->op == ZS_LAYER_FC;
    *x = is_fc ? (zs_shape){.c = batch, .h = l->x.c, .w = 1}
               : (zs_shape){.c = l->y.h * l->y.w,
                            .h = l->x.c / l->groups * l->window.kh,
                            .w = l->window.kw};
    return (zs_layer_spec){.name = l->name,
                           .op = ZS_LAYER_CONV,
                           .in = inputs,
                           .in_n = 1,
                           .oc = l->y.c / l->groups,
                           .groups = 1,
                           .window = ZS_WINDOW_1X1,
                           .no_bias = true};
}

static uint64_t params_of(const zs_layer *l)
{
    return l->op == ZS_LAYER_BATCHNORM ? 2 * (uint64_t)l->x.c
                                       : zs_layer_weight_elems(l) + zs_layer_bias_elems(l);
}

static zs_status time_simulated(pricer *pr, const zs_layer *l, uint32_t batch, bool has_error,
                                zs_layer_time *t, zs_err *err)
{
    const zs_layer_spec forward = forward_of(l);
    zs_shape x = l->op == ZS_LAYER_CONCAT ? l->y : l->x;
    ZS_TRY(price(pr, &forward, x, err));
    t->inference_s = pr->seconds;
    t->forward_s = pr->seconds * batch;
    t->joules = pr->joules * batch;
    if (!zs_op_has_filters(l->op)) {
        t->backward_s = has_error || l->op == ZS_LAYER_BATCHNORM ? t->forward_s : 0;
        t->joules += t->backward_s > 0 ? t->joules : 0;
    } else {
        const zs_layer_spec weights = weight_gradient_of(l, batch, &x);
        const uint32_t times = l->op == ZS_LAYER_FC ? 1 : batch * l->groups;
        ZS_TRY(price(pr, &weights, x, err));
        t->backward_s = pr->seconds * times;
        t->joules += pr->joules * times;
        if (has_error) {
            const zs_layer_spec data = data_gradient_of(l, &x);
            ZS_TRY(price(pr, &data, x, err));
            t->backward_s += pr->seconds * batch;
            t->joules += pr->joules * batch;
        }
    }
    /* gradient and decay, velocity, weight: three elements a parameter */
    const zs_cpu_params *cpu = &pr->design.board.cpu;
    t->backward_s += 3 * (double)params_of(l) * cpu->cycles_per_element / (double)cpu->clock_hz;
    return ZS_OK;
}

/* ---- one pass by the roofs of a device ------------------------------------------------------- */

/* Seconds of a pass by the roofs of a device: of its products or of its transfers, whichever take
 * longer, and the start. */
static double roof(const zs_design *d, double macs, double elems, double batch)
{
    const double bytes = elems * (d->train.type == ZS_TRAIN_FLOAT64 ? 8 : 4) * batch;
    const double moves =
        d->system.device_bytes_per_s > 0 ? bytes / d->system.device_bytes_per_s : 0;
    return d->system.device_start_s + fmax(macs * batch / d->system.device_macs_per_s, moves);
}

static double forward_roof(const zs_design *d, const zs_layer *l, double batch)
{
    const double x = (double)zs_shape_elems(l->x) * (l->in_n > 1 ? l->in_n : 1);
    const double y = (double)zs_shape_elems(l->y);
    double s;
    if (zs_op_has_filters(l->op))
        s = roof(d, (double)zs_layer_macs(l), x + y + (double)params_of(l) / batch, batch);
    else if (l->op == ZS_LAYER_BATCHNORM) /* statistics, then the result */
        s = roof(d, 0, 2 * x + y, batch);
    else
        s = roof(d, 0, x + y, batch);
    return l->act.active && l->op != ZS_LAYER_ACT ? s + roof(d, 0, 2 * y, batch) : s;
}

static double backward_roof(const zs_design *d, const zs_layer *l, double batch, bool has_error)
{
    const double x = (double)zs_shape_elems(l->x), y = (double)zs_shape_elems(l->y);
    const double params = (double)params_of(l);
    double s = 0;
    if (zs_op_has_filters(l->op)) {
        s = roof(d, (double)zs_layer_macs(l), x + y + params / batch, batch);
        s += has_error ? roof(d, (double)zs_layer_macs(l), x + y + params / batch, batch) : 0;
    } else if (l->op == ZS_LAYER_BATCHNORM) /* sums of errors and products, then errors */
        s = roof(d, 0, 2 * x + 2 * y + x, batch);
    else if (l->op == ZS_LAYER_ADD)
        s = roof(d, 0, y + x * l->in_n, batch);
    else if (has_error)
        s = roof(d, 0, x + 2 * y, batch);
    s += l->act.active && l->op != ZS_LAYER_ACT ? roof(d, 0, 3 * y, batch) : 0;
    return params > 0 ? s + roof(d, 0, 5 * params / batch, batch) : s;
}

/* ---- all layers ------------------------------------------------------------------------------ */

static const zs_layer_time cannot = {
    .forward_s = INFINITY, .backward_s = INFINITY, .inference_s = INFINITY};

static zs_status time_layers(pricer *pr, const zs_train_setup *setup, bool is_one_of_several,
                             zs_layer_time *times, zs_err *err)
{
    const zs_net *net = setup->net;
    const zs_design *d = &pr->design;
    bool *depends = zs_new(pr->arena, bool, net->tensor_n);
    uint64_t offset;
    if (depends == NULL)
        return zs_nomem(err, net->name);
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const zs_layer *l = &net->layers[i];
        bool has_error = false;
        for (uint32_t k = 0; k < l->in_n; k++)
            has_error |= depends[zs_tensor_root(net, l->in[k], &offset)];
        depends[zs_tensor_root(net, l->out, &offset)] |= has_error || params_of(l) > 0;
        if (zs_pipeline_is_in_loss(setup, l))
            continue;
        if (d->system.device_macs_per_s > 0)
            times[i] = (zs_layer_time){.forward_s = forward_roof(d, l, setup->batch),
                                       .backward_s = backward_roof(d, l, setup->batch, has_error),
                                       .inference_s = forward_roof(d, l, 1)};
        else {
            const zs_status status = time_simulated(pr, l, setup->batch, has_error, &times[i], err);
            if (status != ZS_OK && (!is_one_of_several || status == ZS_ENOMEM))
                return status;
            if (status != ZS_OK)
                times[i] = cannot;
        }
    }
    return ZS_OK;
}

uint32_t zs_pipeline_device_n(const zs_design *d)
{
    if (d->pipeline.stages == ZS_STAGES_ENGINES)
        return d->engine_n > 0 ? d->engine_n : 1;
    return d->system.device_n > 0 ? d->system.device_n : 1;
}

const char *zs_pipeline_device_word(const zs_design *d)
{
    return d->pipeline.stages == ZS_STAGES_ENGINES ? "engines" : "boards";
}

/* NULL: all stages are on the same. */
static const char *device_name(const zs_design *d, uint32_t i)
{
    if (zs_pipeline_device_n(d) < 2)
        return NULL;
    return d->pipeline.stages == ZS_STAGES_ENGINES ? d->engines[i].name : d->system.devices[i].name;
}

/* What the passes of a device are simulated on. */
static zs_design design_of(const zs_design *d, uint32_t i)
{
    zs_design own = *d;
    if (d->pipeline.stages == ZS_STAGES_ENGINES && d->engine_n > 0) {
        own.accel = d->engines[i].accel;
        own.engines = NULL;
        own.engine_n = 0;
    } else if (d->system.device_n > 0) {
        own = d->system.devices[i];
        own.train = d->train;
    }
    own.batch = 1;
    return own;
}

zs_status zs_pipeline_times(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            zs_fidelity fidelity, zs_layer_time **out, zs_err *err)
{
    const uint32_t n = zs_pipeline_device_n(design);
    zs_layer_time *times = zs_new(arena, zs_layer_time, (size_t)n * setup->net->layer_n);
    if (times == NULL)
        return zs_nomem(err, setup->net->name);
    for (uint32_t i = 0; i < n; i++) {
        pricer pr = {.arena = arena, .design = design_of(design, i), .fidelity = fidelity};
        zs_arena_init(&pr.scratch, arena->source);
        const zs_status status =
            time_layers(&pr, setup, n > 1, times + (size_t)i * setup->net->layer_n, err);
        zs_arena_drop(&pr.scratch);
        ZS_TRY(status);
    }
    *out = times;
    return ZS_OK;
}

/* ---- stages ---------------------------------------------------------------------------------- */

double zs_pipeline_link_s(const zs_design *d, uint64_t bytes)
{
    const uint64_t packets = zs_ceil_div(bytes, d->system.packet_bytes);
    if (d->system.link_bytes_per_s <= 0 || bytes == 0)
        return 0;
    return d->system.link_latency_s +
           (double)(bytes + packets * d->system.overhead_bytes) / d->system.link_bytes_per_s;
}

/* The bytes over a cut depend only on the layers before it. */
void zs_pipeline_cross(const zs_design *design, const zs_train_setup *setup, uint32_t last,
                       zs_pipeline_stage *s)
{
    const uint64_t elem = setup->type == ZS_TRAIN_FLOAT64 ? sizeof(double) : sizeof(float);
    const uint64_t bytes = zs_train_crossing_elems(setup->net, &last, 1, 0) * elem;
    s->crossing_bytes = bytes * setup->batch;
    s->link_s = zs_pipeline_link_s(design, s->crossing_bytes);
    s->inference_link_s = zs_pipeline_link_s(design, bytes);
}

uint32_t zs_pipeline_copies_n(uint32_t pairs)
{
    return 2 * (pairs + 1);
}

uint64_t zs_train_memory_total(const zs_train_memory *m)
{
    return m->weights + m->gradients + m->velocities + m->activations + m->in_flight +
           m->registers + m->stash;
}

static zs_status sum_memory(const zs_train_setup *setup, zs_pipeline *p, zs_err *err)
{
    zs_train_setup other = *setup;
    other.micro_batches = 1; /* any number of them needs the same */
    for (other.scheme = 0; other.scheme < ZS_LEN(p->scheme_bytes); other.scheme++)
        for (uint32_t i = 0; i < p->stage_n; i++) {
            zs_train_memory m;
            ZS_TRY(zs_train_memory_of(&other, i, &m, err));
            p->scheme_bytes[other.scheme] += zs_train_memory_total(&m);
        }
    return ZS_OK;
}

zs_status zs_pipeline_build(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                            const zs_layer_time *times, zs_pipeline *out, zs_err *err)
{
    zs_pipeline p = {.stage_n = setup->cut_n + 1};
    const uint32_t device_n = zs_pipeline_device_n(design);
    p.stages = zs_new(arena, zs_pipeline_stage, p.stage_n);
    if (p.stages == NULL)
        return zs_nomem(err, setup->net->name);
    if (device_n > 1 && p.stage_n > device_n)
        return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "%u stages are more than %u %s", p.stage_n,
                       device_n, zs_pipeline_device_word(design));
    for (uint32_t i = 0, layer = 0; i < p.stage_n; i++) {
        zs_pipeline_stage *s = &p.stages[i];
        s->first = layer;
        s->device = device_name(design, i);
        s->last = i < setup->cut_n ? setup->cuts[i] : setup->net->layer_n - 1;
        for (; layer <= s->last; layer++) {
            const zs_layer_time *t =
                &times[(device_n > 1 ? (size_t)i * setup->net->layer_n : 0) + layer];
            if (isinf(t->forward_s))
                return zs_fail(err, ZS_EUNSUPPORTED, device_name(design, i),
                               "stage %u is here, where not all passes of '%s' can be done", i,
                               setup->net->layers[layer].name);
            s->forward_s += t->forward_s;
            s->backward_s += t->backward_s;
            s->inference_s += t->inference_s;
            s->joules += t->joules;
        }
        if (i < setup->cut_n)
            zs_pipeline_cross(design, setup, s->last, s);
        ZS_TRY(zs_train_memory_of(setup, i, &s->memory, err));
        p.alone_s += s->forward_s + s->backward_s;
        p.joules += s->joules;
    }
    for (uint32_t i = 0; i < p.stage_n; i++) {
        p.versions_bytes += 2 * (uint64_t)(setup->cut_n - i) * p.stages[i].memory.weights;
        p.copies_bytes += (uint64_t)zs_pipeline_copies_n(setup->cut_n) * p.stages[i].memory.weights;
    }
    ZS_TRY(sum_memory(setup, &p, err));
    ZS_TRY(zs_pipeline_flow(arena, design, setup->scheme,
                            setup->micro_batches > 0 ? setup->micro_batches : 1, &p, err));
    const double share = design->pipeline.hybrid_after;
    p.hybrid_s = share * p.cycle_s + (1 - share) * p.plain_s;
    *out = p;
    return ZS_OK;
}

double zs_pipeline_seconds(const zs_pipeline *p, uint32_t scheme, uint64_t n, uint64_t pipelined,
                           uint64_t fillings)
{
    const double whole = scheme == ZS_SCHEME_GPIPE ? p->gpipe_s : p->plain_s;
    const double filling = pipelined > 0 ? (double)fillings * p->fill_s : 0;
    return (double)pipelined * p->cycle_s + filling + (double)(n - pipelined) * whole;
}

/* ---- figures by name ------------------------------------------------------------------------- */

const zs_pipeline_metric zs_pipeline_metrics[] = {
#define PIPELINE_METRIC(name, unit, value) {name, unit},
#include "pipeline.def"
#undef PIPELINE_METRIC
};
const uint32_t zs_pipeline_metric_n = ZS_LEN(zs_pipeline_metrics);

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

double zs_pipeline_figure(const zs_pipeline *p, uint32_t metric)
{
    const double values[] = {
#define PIPELINE_METRIC(name, unit, value) value,
#include "pipeline.def"
#undef PIPELINE_METRIC
    };
    return metric < ZS_LEN(values) ? values[metric] : NAN;
}
