#include "tiled_priv.h"

/* Rows that take the results of a front a tile at a time. The tile of the row decides which pixels
 * of its fronts are computed for it; where windows of neighbouring tiles overlap these are computed
 * again. What is kept between two of them is a strip: of a depthwise layer all channels of a tile,
 * of a 1x1 layer in front of a depthwise one as many as that takes at a time. */

tiled_region tiled_region_of_front(const zs_plan_row *row, const tiled_region *region)
{
    const zs_extent y = zs_extent_y(row, region->oy0, region->oy_n);
    const zs_extent x = zs_extent_x(row, region->ox0, region->ox_n);
    return (tiled_region){.oy0 = y.lo, .oy_n = y.hi - y.lo, .ox0 = x.lo, .ox_n = x.hi - x.lo};
}

uint32_t tiled_front_pixels(const zs_plan_row *row, const zs_plan_row *front, bool is_y,
                            uint32_t at)
{
    const uint32_t n = is_y ? row->oh : row->ow, tile = is_y ? row->t_oy : row->t_ox;
    const uint32_t left = n - at < tile ? n - at : tile;
    tiled_region r = {.oy0 = at, .oy_n = left, .ox0 = at, .ox_n = left};
    for (const zs_plan_row *k = row; k != front; k = k->front)
        r = tiled_region_of_front(k, &r);
    return is_y ? r.oy_n : r.ox_n;
}

/* ---- tiles ----------------------------------------------------------------------------------- */

/* Most pixels of the front and its fronts, along one axis, that a tile of `tile` pixels takes;
 * false: more than one of their tiles has. */
static bool fits_fronts(const zs_plan_draft *d, uint32_t i, bool is_y, uint32_t tile)
{
    const zs_plan_row *row = &d->rows[i];
    const uint32_t n = is_y ? row->oh : row->ow;
    for (uint32_t o = 0; o < n; o += tile) {
        const uint32_t o_n = n - o < tile ? n - o : tile;
        tiled_region r = {.oy0 = o, .oy_n = o_n, .ox0 = o, .ox_n = o_n};
        for (uint32_t k = i; d->drafts[k].front != 0; k = d->drafts[k].front) {
            zs_plan_row *front = &d->rows[d->drafts[k].front];
            const tiled_params *p = tiled_params_of_row(d, d->drafts[k].front);
            const zs_extent e = is_y ? zs_extent_y(&d->rows[k], r.oy0, r.oy_n)
                                     : zs_extent_x(&d->rows[k], r.ox0, r.ox_n);
            const uint32_t most = is_y ? p->tile.oy : p->tile.ox, front_n = e.hi - e.lo;
            uint32_t *front_tile = is_y ? &front->t_oy : &front->t_ox;
            if (front_n > most)
                return false;
            *front_tile = o > 0 && *front_tile > front_n ? *front_tile : front_n;
            r = (tiled_region){.oy0 = e.lo, .oy_n = front_n, .ox0 = e.lo, .ox_n = front_n};
        }
    }
    return true;
}

void tiled_shape_fronts(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        zs_plan_row *row = &d->rows[i];
        bool fits = true;
        for (uint32_t is_y = 0; is_y < 2 && d->drafts[i].front != 0; is_y++) {
            uint32_t *tile = is_y ? &row->t_oy : &row->t_ox;
            while (*tile > 1 && !fits_fronts(d, i, is_y, *tile))
                --*tile;
            fits = fits && fits_fronts(d, i, is_y, *tile);
        }
        if (!fits)
            zs_draft_deny_front(d, i);
    }
}

/* ---- what is kept between -------------------------------------------------------------------- */

static bool has_room(const zs_plan_draft *d, uint32_t i)
{
    bool has_room = true;
    for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front)
        has_room = has_room && d->drafts[k].on_engine;
    return has_room;
}

void tiled_cut_strips(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        if (d->drafts[i].front == 0)
            continue;
        if (!has_room(d, i)) {
            zs_draft_deny_front(d, i);
            continue;
        }
        for (uint32_t k = i; d->drafts[k].front != 0; k = d->drafts[k].front) {
            zs_plan_row *row = &d->rows[k], *front = &d->rows[d->drafts[k].front];
            if (row->is_depthwise)
                front->t_oc = row->t_oc;
            row->x_strip = front->y_strip =
                (zs_shape){.c = row->is_depthwise ? row->t_oc : zs_draft_layer(d, k)->x.c,
                           .h = front->t_oy,
                           .w = front->t_ox};
        }
    }
}

void tiled_share_weight_slots(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++) {
        uint64_t most = d->rows[i].weight_slot_bytes;
        for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front)
            most = zs_max_u64(most, d->rows[k].weight_slot_bytes);
        d->rows[i].weight_slot_bytes = most;
        for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front)
            d->rows[k].weight_slot_bytes = most;
    }
}

/* ---- counts ---------------------------------------------------------------------------------- */

uint64_t tiled_weight_tiles(const zs_plan_row *row)
{
    const uint64_t of_front = row->front != NULL ? tiled_weight_tiles(row->front) : 0;
    if (row->is_depthwise)
        return of_front + zs_ceil_div(row->y_c, row->t_oc);
    return of_front + zs_ceil_div(row->group_oc, row->t_oc) * zs_ceil_div(row->group_ic, row->t_ic);
}

/* Tiles of pixels go round over all tiles of weights. */
uint64_t tiled_front_weight_loads(const zs_plan_row *row, uint64_t slots, uint32_t batch,
                                  bool keeps)
{
    const uint64_t tiles = zs_ceil_div(row->oh, row->t_oy) * zs_ceil_div(row->ow, row->t_ox);
    return keeps && tiled_weight_tiles(row) <= slots ? 1 : zs_times_u64(tiles, batch);
}

/* Pixels of a front that are computed, along one axis of it. */
static uint64_t pixels_of_front(const zs_plan_row *row, const zs_plan_row *front, bool is_y)
{
    uint64_t sum = 0;
    const uint32_t n = is_y ? row->oh : row->ow, tile = is_y ? row->t_oy : row->t_ox;
    for (uint32_t at = 0; at < n; at += tile)
        sum += tiled_front_pixels(row, front, is_y, at);
    return sum;
}

void tiled_count_again(zs_plan_draft *d)
{
    for (uint32_t i = 0; i < d->row_n; i++)
        for (uint32_t k = d->drafts[i].front; k != 0; k = d->drafts[k].front) {
            const zs_plan_row *front = &d->rows[k];
            const uint64_t all = (uint64_t)front->oh * front->ow;
            const uint64_t done = pixels_of_front(&d->rows[i], front, true) *
                                  pixels_of_front(&d->rows[i], front, false);
            const uint64_t macs = zs_layer_macs(zs_draft_layer(d, k)) / all * d->design->batch;
            d->rows[i].again_macs += done > all ? (done - all) * macs : 0;
            d->rows[i].skipped_macs += done < all ? (all - done) * macs : 0;
        }
}

zs_status tiled_front_note(zs_arena *arena, const zs_plan *plan, const char **note, zs_err *err)
{
    uint64_t bytes = 0, macs = 0, again = 0;
    uint32_t n = plan->front_n;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        macs += plan->rows[i].macs;
        again += plan->rows[i].again_macs;
        for (const zs_plan_row *f = plan->rows[i].front; f != NULL; f = f->front)
            bytes += zs_shape_elems(f->y.shape) * f->y.elem * plan->batch;
        if (plan->rows[i].add != ZS_NO_INDEX) { /* the map that it is added to */
            bytes += zs_shape_elems(plan->rows[i].y.shape) * plan->rows[i].y.elem * plan->batch;
            n++;
        }
    }
    if (n == 0)
        return ZS_OK;
    *note = zs_arena_printf(
        arena,
        "%u layer%s pass%s on tile by tile what is %.2f MB as whole maps; where tiles overlap, "
        "%.2f %% more products are done",
        n, n > 1 ? "s" : "", n > 1 ? "" : "es", 1e-6 * (double)bytes,
        100 * (double)again / (double)zs_max_u64(1, macs));
    return *note != NULL ? ZS_OK : zs_nomem(err, "result");
}
