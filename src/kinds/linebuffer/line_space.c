/* What a search turns, and the least that designs with open knobs may come to: test_kind_spaces.c
 * of tests/study holds it against what they do come to.
 *
 * A layer is one call at the least, and the calls that it is cut into take no less together than it
 * would whole. PEs are open between two numbers; for so many filters of each, fewer PEs are the
 * sooner done. */
#include "line_priv.h"

#include <string.h>

static const char *const axes[] = {"accelerator.precision",
                                   "accelerator.clock",
                                   "accelerator.unroll.oc=1,2,4,8,12,16,20,24,32,40,48,64",
                                   "accelerator.unroll.ic=1,2,4,8,12,16,24,32,48,64",
                                   "accelerator.linebuffer.lut_pes=0,0.25,0.5",
                                   zs_kind_ports_axis,
                                   NULL};

static const char *const knobs[] = {"accelerator.unroll.oc",
                                    "accelerator.unroll.ic",
                                    "accelerator.linebuffer.im2col",
                                    "accelerator.ports.input",
                                    "accelerator.ports.weight",
                                    "accelerator.ports.output",
                                    "accelerator.buffer.weight",
                                    "accelerator.linebuffer.weights",
                                    "accelerator.linebuffer.line",
                                    "accelerator.linebuffer.stream_fifo",
                                    "accelerator.linebuffer.pool_fifo",
                                    NULL};

/* ---- relaxed designs ------------------------------------------------------------------------- */

/* The sums of an outline do not ask how large memories are, and an account that is asked for room
 * leaves them out. */
static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    zs_accel *a = &d->accel;
    line_params *p = line_params_in(a);
    uint32_t last_port = 0;
    bool has_ports = false;
    p->is_relaxed = n > 0;
    p->least_pes = a->unroll.oc;
    p->least_lanes = a->unroll.ic;
    for (uint32_t i = 0; i < n; i++) {
        const zs_open_knob *k = &open[i];
        const uint32_t least = (uint32_t)k->least;
        const uint32_t taken = what == ZS_RELAX_TIME ? (uint32_t)k->most : least;
        if (strcmp(k->path, "accelerator.unroll.oc") == 0) {
            p->least_pes = least;
            a->unroll.oc = taken;
        } else if (strcmp(k->path, "accelerator.unroll.ic") == 0) {
            p->least_lanes = least;
            a->unroll.ic = taken;
        } else if (strcmp(k->path, "accelerator.linebuffer.im2col") == 0)
            p->im2col = p->opens_im2col = true;
        else if (strcmp(k->path, "accelerator.linebuffer.line") == 0)
            p->line_elems = 0; /* as long as need be */
        else if (strncmp(k->path, "accelerator.ports.", 18) == 0) {
            has_ports = true;
            last_port = k->most > last_port ? (uint32_t)k->most : last_port;
        }
    }
    if (has_ports && !zs_relax_ports(d, last_port, what == ZS_RELAX_TIME))
        return false;
    return what == ZS_RELAX_TIME || what == ZS_RELAX_ROOM;
}

const zs_kind_space line_space = {.axes = axes, .knobs = knobs, .relax = relax};

/* ---- sums ------------------------------------------------------------------------------------ */

/* Clocks of a layer whole with so many PEs. What of a pooled row the next one hides is not known;
 * the stages in turn take no less than either alone. */
static uint64_t layer_cycles(const zs_design *d, const zs_plan_row *row, const zs_plan_row *shape,
                             uint64_t pes)
{
    const uint64_t filters = zs_ceil_div(row->group_oc, pes);
    const uint64_t line = zs_line_row_start(d, shape) + zs_line_row_end(d, row) +
                          row->ow * zs_line_pixel_of(d, shape, pes, filters);
    const uint64_t pools =
        row->pool == ZS_NO_INDEX ? 0 : row->y.shape.h * zs_line_pool(d, row, true);
    return zs_line_setup_of(d, pes, filters) +
           zs_times_u64(d->batch, zs_max_u64(row->oh * line, pools));
}

/* With the best number of PEs. */
static uint64_t least_cycles(const zs_design *d, const zs_plan_row *row, const zs_plan_row *shape)
{
    const uint64_t most = d->accel.unroll.oc;
    uint64_t pes = line_params_of(&d->accel)->least_pes, least = UINT64_MAX;
    while (pes <= most) {
        const uint64_t filters = zs_ceil_div(row->group_oc, pes);
        least = zs_min_u64(least, layer_cycles(d, row, shape, pes));
        if (filters == 1)
            break;
        pes = zs_ceil_div(row->group_oc, filters - 1); /* the fewest that have fewer filters each */
    }
    return least;
}

static uint64_t input_bytes(const zs_design *d, const zs_plan_row *shape)
{
    return zs_times_u64((uint64_t)line_of(shape)->lines * shape->x.shape.w * line_of(shape)->x_c *
                            zs_elem_bytes(d->accel.precision),
                        d->batch);
}

static void charge_call(zs_outline *o, const zs_plan_row *row)
{
    const zs_design *d = o->design;
    const zs_plan_row *other = line_of(row)->other;
    const uint64_t results = (uint64_t)row->y.shape.h * row->y.shape.w * line_of(row)->y_c;
    uint64_t cycles = least_cycles(d, row, row), input = input_bytes(d, row);
    if (other != NULL) {
        cycles = zs_min_u64(cycles, least_cycles(d, row, other));
        input = zs_min_u64(input, input_bytes(d, other));
    }
    zs_outline_compute(o, 1, cycles);
    zs_outline_transfer(o, d->accel.ports.weight, false, line_of(row)->param_bytes);
    zs_outline_transfer(o, d->accel.ports.input, false, input);
    zs_outline_transfer(o, d->accel.ports.output, true,
                        zs_times_u64(results * row->y.elem, d->batch));
}

/* Of a plan with all its ops, those. Else a call has its start and the joins around it, and its
 * end. */
void line_outline_row(zs_outline *o, uint32_t i)
{
    enum { STARTS = 3 };
    const zs_plan_row *row = &o->plan->rows[i];
    const bool is_relaxed =
        row->call != ZS_NO_INDEX && line_params_of(&o->design->accel)->is_relaxed;
    const uint32_t end = row->op0 + row->op_n, body = is_relaxed ? row->op0 + STARTS : end;
    for (uint32_t op = row->op0; op < body; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
    if (is_relaxed)
        charge_call(o, row);
    for (uint32_t op = body; op < end; op++)
        zs_outline_op(o, row, &o->plan->ops[op]);
}
