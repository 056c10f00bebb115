#include "direct_priv.h"

#include "zynqsim/capacity.h"

/* The clocks that an HLS report promises for the direct kernel. */

uint32_t direct_interval(const zs_design *design)
{
    const zs_mac_cost *mac = zs_mac_cost_of(design->accel.precision);
    return design->accel.pipeline ? design->accel.ii
                                  : mac->mul_latency_pl_cycles + mac->add_latency_pl_cycles;
}

/* `trips` iterations of a body of `depth` cycles. */
static uint64_t loop_cycles(const zs_accel *a, uint64_t trips, uint64_t depth)
{
    if (trips == 0)
        return 0;
    return a->pipeline ? (trips - 1) * a->ii + depth : trips * depth;
}

/* One output channel of one image. Lanes work on the products only; `is_mac`: there are some. */
static uint64_t walk_cycles(const zs_accel *a, const zs_serial_walk *w, bool is_mac)
{
    const uint64_t ic = is_mac ? a->unroll.ic : 1;
    const uint64_t ky = is_mac ? a->unroll.ky : 1, kx = is_mac ? a->unroll.kx : 1;
    const uint64_t oy = is_mac ? a->unroll.oy : 1, ox = is_mac ? a->unroll.ox : 1;
    const uint64_t taps =
        zs_ceil_div(w->plane_n, ic) * zs_ceil_div(w->kh, ky) * zs_ceil_div(w->kw, kx);
    const uint64_t windows = zs_ceil_div(w->out_h, oy) * zs_ceil_div(w->out_w, ox);
    const uint64_t stream = w->stream_n + (w->lead_bytes != 0);
    const direct_params *p = direct_params_of(a);
    const uint64_t store = p->hls_write + w->window_gap;
    uint64_t cycles = loop_cycles(a, stream, p->hls_read + w->stream_gap);
    cycles += loop_cycles(a, windows * taps, p->hls_read + w->tap_gap);
    cycles += a->pipeline ? store : windows * (w->stores ? store : w->window_gap);
    return cycles + loop_cycles(a, w->late_n, p->hls_write + w->late_gap);
}

uint64_t direct_hls_cycles(const zs_design *design, const zs_net *net, const zs_plan *plan)
{
    const zs_accel *a = &design->accel;
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_plan_row *row = &plan->rows[i];
        const bool is_mac = zs_op_has_filters(net->layers[row->layer].op);
        if (row->call == ZS_NO_INDEX)
            continue;
        zs_serial_walk later =
            direct_row_of(row)->walk; /* images behind the first find the filter on chip */
        later.lead_bytes = later.stream_n = 0;
        const uint64_t filters = is_mac ? zs_ceil_div(row->y_c, a->unroll.oc) : row->y_c;
        cycles += filters * (walk_cycles(a, &direct_row_of(row)->walk, is_mac) +
                             (plan->batch - 1) * walk_cycles(a, &later, is_mac));
    }
    return cycles;
}
