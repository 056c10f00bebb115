#include "zynqsim/kind.h"
#include "zynqsim/sim.h"

/* Values of tensors while the network works: each layer's input is looked at just before the
 * layer's first op, since memory of tensors is taken again by later calls. */

typedef struct measurement {
    const zs_net *net;
    const zs_plan *plan;
    zs_exec *exec;
    uint64_t **bits; /* [tensor] */
    double **means;
    float *x; /* one tensor */
} measurement;

static bool is_looked_at(const zs_net *net, const zs_plan_row *row)
{
    return zs_op_has_filters(net->layers[row->layer].op) && row->op_n > 0;
}

static zs_status make_room(zs_arena *arena, measurement *m, uint32_t n, zs_err *err)
{
    uint64_t most = 1;
    m->bits = zs_new(arena, uint64_t *, m->net->tensor_n);
    m->means = zs_new(arena, double *, m->net->tensor_n);
    if (m->bits == NULL || m->means == NULL)
        return zs_nomem(err, "activity");
    for (uint32_t i = 0; i < m->plan->row_n; i++) {
        const zs_plan_row *row = &m->plan->rows[i];
        const uint32_t t = m->net->layers[row->layer].in[0];
        uint64_t words;
        if (!is_looked_at(m->net, row) || m->bits[t] != NULL)
            continue;
        if (!zs_mul_u64(zs_activity_words(m->net->tensors[t].shape), n, &words))
            return zs_nomem(err, "activity");
        m->bits[t] = zs_arena_alloc(arena, words, sizeof **m->bits);
        most = zs_max_u64(most, zs_shape_elems(m->net->tensors[t].shape));
        m->means[t] =
            zs_arena_alloc(arena, (uint64_t)m->net->tensors[t].shape.c * n, sizeof **m->means);
        if (m->bits[t] == NULL || m->means[t] == NULL)
            return zs_nomem(err, "activity");
    }
    m->x = zs_arena_alloc_raw(arena, most, sizeof *m->x);
    return m->x != NULL ? ZS_OK : zs_nomem(err, "activity");
}

static void look_at(measurement *m, uint32_t t, uint32_t image)
{
    const zs_shape s = m->net->tensors[t].shape;
    const uint64_t n = zs_shape_elems(s);
    uint64_t *bits = m->bits[t] + image * zs_activity_words(s);
    zs_exec_get(m->exec, 0, t, m->x);
    zs_map_means(m->x, s, m->means[t] + (size_t)image * s.c);
    for (uint64_t i = 0; i < n; i++)
        bits[i / 64] |= (uint64_t)(m->x[i] != 0) << i % 64;
}

static void run_image(measurement *m, uint32_t image)
{
    uint32_t seen = 0; /* rows before it have begun */
    for (uint32_t op = 0; op < m->plan->op_n; op++) {
        const uint32_t i = m->plan->ops[op].row;
        for (; seen <= i; seen++)
            if (is_looked_at(m->net, &m->plan->rows[seen]))
                look_at(m, m->net->layers[m->plan->rows[seen].layer].in[0], image);
        zs_exec_op(m->exec, op);
    }
}

zs_status zs_activity_measure(zs_arena *arena, const zs_design *design, const zs_net *net,
                              const zs_quant *quant, const float *const *images, uint32_t n,
                              const zs_activity **out, zs_err *err)
{
    static const zs_activity all = {0};
    zs_design alone = *design;
    zs_net taken = *net;
    zs_arena scratch;
    zs_plan *plan;
    zs_activity *a = zs_new(arena, zs_activity, 1);
    if (design->engine_n > 0)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                       "zeros of inputs are counted on one engine alone, these are %u",
                       design->engine_n);
    alone.batch = 1;
    taken.activity = &all;
    zs_arena_init(&scratch, arena->source);
    measurement m = {.net = &taken};
    zs_status status = a != NULL ? ZS_OK : zs_nomem(err, "activity");
    if (status == ZS_OK)
        status = zs_plan_build(&scratch, &alone, &taken, &plan, err);
    if (status == ZS_OK) {
        m.plan = plan;
        status = make_room(arena, &m, n, err);
    }
    if (status == ZS_OK)
        status = zs_exec_build(&scratch, &alone, &taken, plan, quant, &m.exec, err);
    for (uint32_t i = 0; status == ZS_OK && i < n; i++) {
        zs_exec_set_input(m.exec, 0, images[i]);
        run_image(&m, i);
    }
    zs_arena_drop(&scratch);
    if (status == ZS_OK) {
        *a = (zs_activity){.image_n = n,
                           .bits = (const uint64_t *const *)m.bits,
                           .means = (const double *const *)m.means};
        *out = a;
    }
    return status;
}
