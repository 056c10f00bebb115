#include "direct_priv.h"

#include <string.h>

/* A plain HLS kernel: the row of the kind. */

/* One access at a time, with a store for every read at the most; open rows, no arithmetic. */
static double axi_bytes_per_s(const zs_design *design)
{
    const uint64_t pair = zs_serial_read_pl_cycles(design) + zs_serial_write_pl_cycles(design);
    return 2.0 * zs_elem_bytes(design->accel.precision) * (double)design->accel.clock_hz /
           (double)pair;
}

/* The plane buffer is what an output is pooled from; weights have one copy per read port. */
static void account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const uint32_t port = design->accel.ports.input;
    zs_fit_add_mac_array(a, design);
    zs_fit_add_result_path(a, design, design->accel.unroll.oc, zs_fit_result_lanes(design, plan));
    zs_fit_add_buffer(a, "weight buffer", &plan->buffers[ZS_BUF_WEIGHT]);
    zs_fit_add_buffer(a, "output buffer", &plan->buffers[ZS_BUF_OUTPUT]);
    zs_fit_add_axi_masters(a, port, port, port);
    zs_fit_add_tile_control(a, &design->accel);
}

static zs_xfer no_xfer(const zs_plan_row *row, const zs_design *design, uint32_t code,
                       const zs_tile_box *box)
{
    (void)row, (void)design, (void)code, (void)box;
    return (zs_xfer){0};
}

/* ---- search ---------------------------------------------------------------------------------- */

/* Accesses one at a time set the pace, so lanes beyond the first only cost; what they may be at the
 * least is a value. */
static const char *const axes[] = {"accelerator.precision",
                                   "accelerator.clock",
                                   "accelerator.unroll.oc=1",
                                   "accelerator.unroll.ic=1",
                                   "accelerator.fusion=none,lf1,lf2",
                                   "accelerator.ports.input=hp0,acp,gp0",
                                   "accelerator.direct.filter_copies=1,2",
                                   "accelerator.direct.plane_words=0",
                                   NULL};
static const char *const knobs[] = {"accelerator.unroll.oc",
                                    "accelerator.unroll.ic",
                                    "accelerator.unroll.oy",
                                    "accelerator.unroll.ox",
                                    "accelerator.unroll.ky",
                                    "accelerator.unroll.kx",
                                    "accelerator.direct.filter_copies",
                                    NULL};

/* Neither lanes nor copies make a walk any faster: they only cost. */
static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    zs_accel *a = &d->accel;
    struct {
        const char *path;
        uint32_t *at;
    } const keys[] = {{knobs[0], &a->unroll.oc},
                      {knobs[1], &a->unroll.ic},
                      {knobs[2], &a->unroll.oy},
                      {knobs[3], &a->unroll.ox},
                      {knobs[4], &a->unroll.ky},
                      {knobs[5], &a->unroll.kx},
                      {knobs[6], &direct_params_in(a)->filter_copies}};
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < ZS_LEN(keys); k++)
            if (strcmp(open[i].path, keys[k].path) == 0)
                *keys[k].at = (uint32_t)(what == ZS_RELAX_TIME ? open[i].most : open[i].least);
    return n > 0 || what == ZS_RELAX_TIME || what == ZS_RELAX_ROOM;
}

static const zs_kind_space space = {.axes = axes, .knobs = knobs, .relax = relax};

const zs_kind zs_kind_direct = {
    .word = "direct",
    .draft = direct_draft,
    .emit = direct_emit,
    .xfer = no_xfer,
    .walk = direct_walk,
    .account = account,
    .interval = direct_interval,
    .axi_bytes_per_s = axi_bytes_per_s,
    .hls_cycles = direct_hls_cycles,
    .exec_build = zs_exec_build_tiles,
    .exec_op = direct_exec_op,
    .notes = direct_notes,
    .space = &space,
};
