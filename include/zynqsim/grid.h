/* grid.h - axes of a design space, and the points of their grid.
 *
 * An axis is written   PATH=VALUES   or   PATH+PATH=VALUES   for keys that vary together:
 *   a,b,c          a list, each value as in a design file ("100 MHz", "lf2", "true")
 *   lo:hi          integers, step 1             lo:hi:step    with a step
 *   lo..hi*k       from lo by factors of k      lo..hi+k      from lo in steps of k
 *   *              every cut, of swap.cut alone
 * Ranges include hi where a step meets it. Paired keys take the same value, or one each, written
 * a/b: "accelerator.tile.oy+accelerator.tile.ox=7/14,14/28". Ranges and lists may be mixed. Values
 * must differ, whatever their spelling ("100 MHz" and "100000000" are equal).
 *
 * Points   are numbered 0 .. point_n - 1; the last axis varies fastest.
 * Memory   the arena's. */
#ifndef ZYNQSIM_GRID_H
#define ZYNQSIM_GRID_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/net.h"

enum { ZS_GRID_AXES = 16, ZS_AXIS_PATHS = 8, ZS_AXIS_VALUES = 65536 };

typedef struct zs_axis {
    const char *text;          /* as given */
    const char *const *paths;  /* [path] */
    const char *const *values; /* [value][path] */
    uint32_t path_n, value_n;
} zs_axis;

typedef struct zs_grid {
    zs_axis axes[ZS_GRID_AXES];
    uint32_t axis_n;
    uint64_t point_n;  /* 1 without axes */
    uint32_t families; /* of devices that points may have, a bit each; the first always */
} zs_grid;

/* Whether an axis may vary this key. */
bool zs_axis_is_key(const char *path);
/* ZS_EPARSE and ZS_ERANGE with the axis as the place; an unknown key suggests the nearest. Values
 * are checked on a copy of `design`; zs_grid_check_keys checks whether keys belong to the kind of
 * each point. ZS_ENOMEM. */
zs_status zs_axis_parse(zs_arena *arena, const char *text, const zs_design *design, zs_axis *out,
                        zs_err *err);
/* Whether it is `swap.cut=*`: all cuts of the network between the design's engines. */
bool zs_axis_is_every_cut(const zs_axis *axis);
/* Lists the cuts of `net` as values of such an axis. ZS_EUSAGE: one engine, or more engines than
 * layers; ZS_ERANGE: too many cuts. */
zs_status zs_axis_cut_everywhere(zs_arena *arena, const zs_design *design, const zs_net *net,
                                 zs_axis *axis, zs_err *err);
/* Appends an axis. ZS_ERANGE: a key that another axis has, too many axes, or more than 2^53 points.
 */
zs_status zs_grid_add(zs_grid *grid, const zs_axis *axis, zs_err *err);
/* An empty grid: one point, a design as it is. */
void zs_grid_init(zs_grid *grid);
/* Sets `families` from the boards of all points. To be called after the last zs_grid_add. */
void zs_grid_find_families(zs_grid *grid, const zs_design *base);

/* Whether every key on the axes has an effect in the kind of every point: ZS_EPARSE with the axis
 * as the place. To be called after the last zs_grid_add. */
zs_status zs_grid_check_keys(const zs_grid *grid, const zs_design *base, zs_err *err);
/* The same for a key that is read at every point. */
zs_status zs_grid_check_field(const zs_grid *grid, const zs_design *base, const zs_field *field,
                              zs_err *err);

/* Value index of each axis at a point. */
void zs_grid_at(const zs_grid *grid, uint64_t point, uint32_t at[ZS_GRID_AXES]);
/* Text of key `path` of axis `axis` at a point. */
const char *zs_grid_value(const zs_grid *grid, uint64_t point, uint32_t axis, uint32_t path);
/* The axis that varies `path` alone, or ZS_GRID_AXES. */
uint32_t zs_grid_axis(const zs_grid *grid, const char *path);
/* The point with the first value of one axis, otherwise the same: a common number of all points
 * that differ in that axis alone. */
uint64_t zs_grid_family(const zs_grid *grid, uint64_t point, uint32_t axis);
/* Sets the keys of the first `axis_n` axes to a point's values, without zs_design_check. */
zs_status zs_grid_set(const zs_grid *grid, uint64_t point, uint32_t axis_n, zs_arena *arena,
                      zs_design *design, zs_err *err);
/* The design of a point: `base` with the point's values. Strings go to the arena. ZS_ERANGE where
 * values are incompatible (zs_design_check). */
zs_status zs_grid_design(const zs_grid *grid, uint64_t point, const zs_design *base,
                         zs_arena *arena, zs_design *out, zs_err *err);

#endif
