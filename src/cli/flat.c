#include "cli_priv.h"

#include <pthread.h>

/* The network in fp32 on the default engine, nothing fused, so that the results of every layer
 * reach DRAM: what is calibrated and compared with. Its bits are those of the untiled reference,
 * at the speed of the tile kernels. */

zs_status cli_flat_build(zs_arena *arena, const cli_point *p, cli_flat *out, zs_err *err)
{
    zs_quant *quant;
    zs_design_defaults(&out->design);
    out->design.network = p->design.network;
    out->design.accel.precision = ZS_FP32;
    ZS_TRY(zs_design_set(&out->design, arena, "accelerator.fusion", "none", err));
    ZS_TRY(zs_quant_build(arena, p->net, ZS_FP32, NULL, &quant, err));
    ZS_TRY(zs_plan_build(arena, &out->design, p->net, &out->plan, err));
    out->net = p->net;
    out->quant = quant;
    return ZS_OK;
}

zs_status cli_flat_exec(zs_arena *arena, const cli_flat *f, zs_exec **out, zs_err *err)
{
    return zs_exec_build(arena, &f->design, f->net, f->plan, f->quant, out, err);
}

/* ---- ranges of tensors ----------------------------------------------------------------------- */

/* Images run side by side, but each tensor is seen in their order: sums come out the same for any
 * number of threads. */
typedef struct measurement {
    const cli_flat *flat;
    const cli_inputs *samples;
    zs_ranges *ranges;
    uint64_t most_elems;  /* of any tensor */
    uint32_t *last;       /* [row] */
    uint32_t *writer_n;   /* [tensor] rows of an image after which it is seen */
    uint32_t *seen_n;     /* [tensor] times, over all images */
    uint32_t next;        /* image that nobody has taken */
    pthread_mutex_t lock; /* of seen_n, next and what follows */
    pthread_cond_t seen_more;
    zs_status status;
    zs_err err;
} measurement;

typedef struct measurer {
    measurement *m;
    zs_exec *exec;
    float *x; /* a tensor */
    uint32_t image;
} measurer;

static void see(measurer *w, uint32_t t)
{
    measurement *m = w->m;
    pthread_mutex_lock(&m->lock);
    while (m->seen_n[t] < w->image * m->writer_n[t])
        pthread_cond_wait(&m->seen_more, &m->lock);
    pthread_mutex_unlock(&m->lock);
    zs_exec_get(w->exec, 0, t, w->x);
    zs_ranges_take(m->ranges, t, w->x, (size_t)zs_shape_elems(m->flat->net->tensors[t].shape));
    pthread_mutex_lock(&m->lock);
    m->seen_n[t]++;
    pthread_cond_broadcast(&m->seen_more);
    pthread_mutex_unlock(&m->lock);
}

static void see_row(void *ctx, uint32_t row)
{
    measurer *w = ctx;
    const uint32_t t = zs_exec_written(w->exec, row);
    if (t != ZS_NO_INDEX)
        see(w, t);
}

/* Of each tensor a row must tell, or slices that are in it. */
static zs_status check_seen(zs_arena *scratch, measurement *m, zs_err *err)
{
    const zs_net *net = m->flat->net;
    bool *is_seen = zs_new(scratch, bool, net->tensor_n);
    zs_exec *exec;
    if (is_seen == NULL)
        return zs_nomem(err, "calibration");
    ZS_TRY(cli_flat_exec(scratch, m->flat, &exec, err));
    is_seen[net->input] = true;
    m->writer_n[net->input] = 1;
    for (uint32_t row = 0; row < m->flat->plan->row_n; row++) {
        const uint32_t t = zs_exec_written(exec, row);
        uint64_t offset;
        if (t == ZS_NO_INDEX)
            continue;
        is_seen[t] = true;
        is_seen[zs_tensor_root(net, t, &offset)] = true;
        m->writer_n[t] += m->last[row] != ZS_NO_OP;
    }
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (!is_seen[t] || net->tensors[t].number.scale > 0)
            return zs_fail(err, ZS_EUNSUPPORTED, net->tensors[t].name, "no row writes it");
    return ZS_OK;
}

static zs_status start_measurer(zs_arena *arena, measurer *w, zs_err *err)
{
    w->x = zs_arena_alloc_raw(arena, w->m->most_elems, sizeof *w->x);
    if (w->x == NULL)
        return zs_nomem(err, "calibration");
    return cli_flat_exec(arena, w->m->flat, &w->exec, err);
}

/* An image is taken by whoever can run it, so that nobody waits for it in vain. */
static void measure_images(void *ctx)
{
    measurement *m = ctx;
    measurer w = {.m = m};
    zs_arena arena;
    zs_err err = {0};
    zs_arena_init(&arena, cli_heap());
    const zs_status status = start_measurer(&arena, &w, &err);
    pthread_mutex_lock(&m->lock);
    if (status != ZS_OK && m->status == ZS_OK) {
        m->status = status;
        m->err = err;
    }
    while (m->status == ZS_OK && m->next < m->samples->n) {
        w.image = m->next++;
        pthread_mutex_unlock(&m->lock);
        zs_exec_set_input(w.exec, 0, m->samples->list[w.image].x);
        see(&w, m->flat->net->input);
        zs_exec_run_rows(w.exec, m->last, see_row, &w);
        pthread_mutex_lock(&m->lock);
    }
    pthread_mutex_unlock(&m->lock);
    zs_arena_drop(&arena);
}

zs_status cli_flat_measure(zs_arena *scratch, const cli_point *p, const cli_inputs *samples,
                           zs_ranges *ranges, zs_err *err)
{
    cli_flat flat;
    const zs_net *net = p->net;
    ZS_TRY(cli_flat_build(scratch, p, &flat, err));
    measurement m = {.flat = &flat, .samples = samples, .ranges = ranges, .most_elems = 1};
    for (uint32_t t = 0; t < net->tensor_n; t++)
        m.most_elems = zs_max_u64(m.most_elems, zs_shape_elems(net->tensors[t].shape));
    m.last = zs_new(scratch, uint32_t, (size_t)flat.plan->row_n + 1);
    m.writer_n = zs_new(scratch, uint32_t, net->tensor_n);
    m.seen_n = zs_new(scratch, uint32_t, net->tensor_n);
    if (m.last == NULL || m.writer_n == NULL || m.seen_n == NULL)
        return zs_nomem(err, "calibration");
    zs_exec_last_ops(flat.plan, m.last);
    ZS_TRY(check_seen(scratch, &m, err));
    pthread_mutex_init(&m.lock, NULL);
    pthread_cond_init(&m.seen_more, NULL);
    cli_threads_run(zs_min_u64(p->jobs, samples->n), measure_images, &m);
    pthread_cond_destroy(&m.seen_more);
    pthread_mutex_destroy(&m.lock);
    if (m.status != ZS_OK)
        *err = m.err;
    return m.status;
}
