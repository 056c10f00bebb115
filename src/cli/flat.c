#include "cli_priv.h"

#include <math.h>

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

typedef struct measurement {
    const cli_flat *flat;
    zs_exec *exec;
    uint32_t *last; /* [row] */
    float *x;       /* a tensor */
    bool *is_seen;  /* [tensor] */
    zs_ranges *ranges;
} measurement;

static void see(measurement *m, uint32_t t)
{
    zs_exec_get(m->exec, 0, t, m->x);
    zs_ranges_widen(m->ranges, t, m->x, (size_t)zs_shape_elems(m->flat->net->tensors[t].shape));
}

static void see_row(void *ctx, uint32_t row)
{
    measurement *m = ctx;
    const uint32_t t = zs_exec_written(m->exec, row);
    if (t != ZS_NO_INDEX)
        see(m, t);
}

/* Of each tensor a row must tell, or slices that are in it. */
static zs_status check_seen(measurement *m, zs_err *err)
{
    const zs_net *net = m->flat->net;
    m->is_seen[net->input] = true;
    for (uint32_t row = 0; row < m->flat->plan->row_n; row++) {
        const uint32_t t = zs_exec_written(m->exec, row);
        uint64_t offset;
        if (t == ZS_NO_INDEX)
            continue;
        m->is_seen[t] = true;
        m->is_seen[zs_tensor_root(net, t, &offset)] = true;
    }
    for (uint32_t t = 0; t < net->tensor_n; t++)
        if (!m->is_seen[t] || net->tensors[t].number.scale > 0)
            return zs_fail(err, ZS_EUNSUPPORTED, net->tensors[t].name, "no row writes it");
    return ZS_OK;
}

zs_status cli_flat_measure(zs_arena *scratch, const cli_point *p, const cli_inputs *samples,
                           zs_ranges *ranges, zs_err *err)
{
    cli_flat flat;
    ZS_TRY(cli_flat_build(scratch, p, &flat, err));
    measurement m = {.flat = &flat, .ranges = ranges};
    uint64_t most = 1;
    for (uint32_t t = 0; t < p->net->tensor_n; t++)
        most = zs_max_u64(most, zs_shape_elems(p->net->tensors[t].shape));
    m.x = zs_arena_alloc_raw(scratch, most, sizeof *m.x);
    m.last = zs_new(scratch, uint32_t, (size_t)flat.plan->row_n + 1);
    m.is_seen = zs_new(scratch, bool, p->net->tensor_n);
    if (m.x == NULL || m.last == NULL || m.is_seen == NULL)
        return zs_nomem(err, "calibration");
    ZS_TRY(cli_flat_exec(scratch, &flat, &m.exec, err));
    ZS_TRY(check_seen(&m, err));
    zs_exec_last_ops(flat.plan, m.last);
    for (uint32_t i = 0; i < samples->n; i++) {
        zs_exec_set_input(m.exec, 0, samples->list[i].x);
        see(&m, p->net->input);
        zs_exec_run_rows(m.exec, m.last, see_row, &m);
    }
    return ZS_OK;
}
