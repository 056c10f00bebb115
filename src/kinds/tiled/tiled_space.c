/* What a search turns, and how a design with open knobs is relaxed: tests/study/test_space.c holds
 * the outlines of relaxed designs against those of what they may end up as. */
#include "tiled_priv.h"

#include <string.h>

static const char loops_axis[] =
    "accelerator.loop_order+accelerator.outer_loop=output_stationary/channels,"
    "output_stationary/pixels,weight_stationary/channels,input_stationary/channels";
static const char pixels_axis[] = "accelerator.tile.oy+accelerator.tile.ox="
                                  "7/7,7/14,14/14,7/28,14/28,28/28,7/56,14/56,28/56,56/56";
static const char *const axes[] = {
    "accelerator.precision",
    "accelerator.clock",
    "batch",
    "accelerator.unroll.oc=1,2,4,8,10,12,16,20,24,32,40,48,64",
    "accelerator.unroll.ic=1,2,3,4,6,8,10,12,16,24,32",
    loops_axis,
    "accelerator.fusion=lf2,auto",
    pixels_axis,
    "accelerator.tile.oc=8,16,24,32,40,48,64,80,96,128,256",
    "accelerator.tile.ic=4,8,16,32,64,128,256",
    zs_kind_ports_axis,
    "accelerator.packed_words=false,true",
    NULL,
};

static const char *const knobs[] = {
    "accelerator.unroll.oc",
    "accelerator.unroll.ic",
    "accelerator.unroll.oy",
    "accelerator.unroll.ox",
    "accelerator.partition.ic",
    "accelerator.partition.oc",
    "accelerator.loop_order",
    "accelerator.outer_loop",
    "accelerator.tile.fill",
    "accelerator.buffer.weight",
    "accelerator.double_buffer.input",
    "accelerator.double_buffer.weight",
    "accelerator.double_buffer.output",
    "accelerator.tile.oy",
    "accelerator.tile.ox",
    "accelerator.tile.oc",
    "accelerator.tile.ic",
    "accelerator.ports.input",
    "accelerator.ports.weight",
    "accelerator.ports.output",
    "accelerator.packed_words",
    NULL,
};

typedef struct opened {
    bool lanes, partition, tile, order, fill, buffers, ports, packing;
    uint32_t last_port; /* that one of them may be */
    uint32_t least_ic;
} opened;

static void take_u32(uint32_t *at, const zs_open_knob *k, zs_relaxing what, uint32_t time)
{
    *at = what == ZS_RELAX_TIME ? time : (uint32_t)k->least;
}

static void open_knob(zs_design *d, const zs_open_knob *k, zs_relaxing what, opened *is)
{
    zs_accel *a = &d->accel;
    tiled_params *p = tiled_params_in(a);
    struct {
        const char *path;
        uint32_t *at;
        uint32_t time; /* 0: the most */
        bool *flag;
    } const table[] = {
        {"accelerator.unroll.oc", &a->unroll.oc, 0, &is->lanes},
        {"accelerator.unroll.ic", &a->unroll.ic, 0, &is->lanes},
        {"accelerator.unroll.oy", &a->unroll.oy, 0, &is->lanes},
        {"accelerator.unroll.ox", &a->unroll.ox, 0, &is->lanes},
        {"accelerator.tile.oc", &p->tile.oc, UINT16_MAX, &is->tile},
        {"accelerator.tile.ic", &p->tile.ic, UINT16_MAX, &is->tile},
        {"accelerator.tile.oy", &p->tile.oy, UINT16_MAX, &is->tile},
        {"accelerator.tile.ox", &p->tile.ox, UINT16_MAX, &is->tile},
    };
    for (size_t i = 0; i < ZS_LEN(table); i++)
        if (strcmp(k->path, table[i].path) == 0) {
            take_u32(table[i].at, k, what, table[i].time ? table[i].time : (uint32_t)k->most);
            *table[i].flag = true;
            if (strcmp(k->path, "accelerator.tile.ic") == 0)
                is->least_ic = (uint32_t)k->least;
            return;
        }
    is->partition |= strncmp(k->path, "accelerator.partition.", 22) == 0;
    is->order |= strcmp(k->path, "accelerator.loop_order") == 0 ||
                 strcmp(k->path, "accelerator.outer_loop") == 0;
    is->fill |= strcmp(k->path, "accelerator.tile.fill") == 0;
    if (strncmp(k->path, "accelerator.ports.", 18) == 0) {
        is->ports = true;
        is->last_port = k->most > is->last_port ? (uint32_t)k->most : is->last_port;
    }
    is->buffers |= strcmp(k->path, "accelerator.buffer.weight") == 0 ||
                   strncmp(k->path, "accelerator.double_buffer.", 26) == 0;
    is->packing |= strcmp(k->path, "accelerator.packed_words") == 0;
}

/* A tile that holds every layer whole makes the fewest steps and loads every operand once, in any
 * order of the loops; memory without end never makes room for one tensor at the cost of another. */
static void relax_time(zs_design *d, const opened *is)
{
    zs_accel *a = &d->accel;
    tiled_params *p = tiled_params_in(a);
    p->most_kept_bits = is->partition ? UINT64_MAX : tiled_kept_bits(d);
    d->board.bram18 = UINT32_MAX / 4;
    p->is_relaxed = is->lanes || is->partition || is->fill || is->tile;
    a->account = (zs_account_scale){0};
    a->buffer.weight_bytes = 0;
    p->double_buffer.input = p->double_buffer.weight = p->double_buffer.output = true;
    if (is->lanes || is->partition)
        p->mac.bank_ic = p->mac.bank_oc = UINT16_MAX;
    if (is->lanes) /* an array of more lanes is longer to fill, and fewer sums are independent */
        p->mac.depth_pl_cycles = 1;
    if (is->lanes || is->order || is->fill)
        p->tile.oc = p->tile.ic = p->tile.oy = p->tile.ox = UINT16_MAX;
    if (is->lanes || is->fill)
        p->tile.fills = false;
    /* a pool of which not one window fits into an input slot is left to the PS, and one with fewer
     * pixels a tile takes other steps: its window is up to so many times as large as its tile */
    enum { SURE_OF_POOLS = 16 };
    /* of an addition the window is a pixel, which any slot holds */
    p->keeps_adds = p->channel_block == 1 && p->buffer.input_bytes == 0 &&
                    d->layer_setting_n == 0 && a->fusion != ZS_FUSION_GROUPS;
    p->may_drop_pools = (p->is_relaxed && (is->least_ic < SURE_OF_POOLS || p->channel_block > 1 ||
                                           p->buffer.input_bytes > 0 || d->layer_setting_n > 0)) ||
                        a->fusion == ZS_FUSION_GROUPS;
    p->buffer.input_bytes = p->buffer.output_bytes = 0;
    /* what may stay on chip, and is copied there, is not known before all is */
    if (a->fusion == ZS_FUSION_FIRE || a->fusion == ZS_FUSION_SEPARABLE ||
        a->fusion == ZS_FUSION_GROUPS)
        a->fusion = ZS_FUSION_AUTO;
}

/* The memories do not count. Operators are shared by the interval, which is longest where few sums
 * are independent and few banks are read. */
static void relax_room(zs_design *d, const opened *is)
{
    tiled_params *p = tiled_params_in(&d->accel);
    d->board.bram18 = UINT32_MAX / 4; /* nothing has to be chosen */
    if (is->lanes || is->partition)
        p->mac.bank_ic = p->mac.bank_oc = 1;
    if (is->lanes)
        p->tile.oc = p->tile.ic = p->tile.oy = p->tile.ox = 1;
    if (is->packing)
        d->accel.packs_words = true;
}

static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    tiled_params *p = tiled_params_in(&d->accel);
    opened is = {.least_ic = p->tile.ic};
    for (uint32_t i = 0; i < n; i++)
        open_knob(d, &open[i], what, &is);
    if (p->mac.kind == ZS_ARRAY_SYSTOLIC && is.lanes) /* more columns may take longer */
        return false;
    if (p->weight_code != ZS_ZERO_CODE_DENSE) /* streams follow from tiles that are open */
        return false;
    if (is.ports && !zs_relax_ports(d, is.last_port, what == ZS_RELAX_TIME))
        return false;
    if (what == ZS_RELAX_TIME) {
        relax_time(d, &is);
        return true;
    }
    relax_room(d, &is);
    if (what == ZS_RELAX_ROOM)
        return true;
    if (what == ZS_RELAX_SMALL) { /* one tile in each buffer, and no room for more */
        d->board.bram18 = 0;
        p->double_buffer.input = p->double_buffer.weight = p->double_buffer.output = false;
    }
    return !is.lanes && !is.partition && !is.tile && !is.fill && !is.buffers;
}

const zs_kind_space tiled_space = {.axes = axes, .knobs = knobs, .relax = relax};
