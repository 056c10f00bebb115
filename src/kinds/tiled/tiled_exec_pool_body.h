/* tiled_exec_pool_body.h - max-pooling of tiles; included once per element type.
 *
 * The includer sets ELEM, NAME, GREATER(a, b) and NO_MINUS_ZERO(x), which makes -0 to 0. */

/* best[oc] = the largest of itself and of y_n x x_n pixels, per output channel. */
ZS_LOOPS
static void NAME(merge)(const ELEM *pixels, uint32_t y_n, uint32_t x_n, size_t row_step,
                        uint32_t oc_n, ELEM *restrict best)
{
    for (uint32_t y = 0; y < y_n; y++)
        for (uint32_t x = 0; x < x_n; x++)
            for (uint32_t oc = 0; oc < oc_n; oc++) {
                const ELEM v = pixels[y * row_step + (size_t)x * oc_n + oc];
                best[oc] = GREATER(v, best[oc]) ? v : best[oc];
            }
}

/* Largest of the window's pixels that lie in the tile, per output channel. */
static void NAME(local_max)(const pool_tile *t, const ELEM *pixels, uint32_t py, uint32_t px,
                            ELEM *best)
{
    const span y = part_of(t->w->kh, t->w->sh, t->w->pad_top, py, t->box->oy0, t->box->oy_n);
    const span x = part_of(t->w->kw, t->w->sw, t->w->pad_left, px, t->box->ox0, t->box->ox_n);
    const uint32_t oc_n = t->box->oc_n;
    const ELEM *first = pixels + ((size_t)y.lo * t->box->ox_n + x.lo) * oc_n;
    memcpy(best, first, oc_n * sizeof *best);
    NAME(merge)(first, y.hi - y.lo, x.hi - x.lo, (size_t)t->box->ox_n * oc_n, oc_n, best);
}

/* Where the window's running maximum waits for the next tile: beside it, or below. */
static ELEM *NAME(carry)(const pool_tile *t, bool column, uint32_t py, uint32_t px)
{
    const size_t oc = t->carry_oc0;
    if (column)
        return (ELEM *)t->columns +
               ((size_t)(py % t->column_rows) * t->cross_x + px % t->cross_x) * t->carry_oc_n + oc;
    return (ELEM *)t->rows + ((size_t)(py % t->cross_y) * t->pooled_w + px) * t->carry_oc_n + oc;
}

static void NAME(window)(const pool_tile *t, const ELEM *pixels, uint32_t py, uint32_t px,
                         ELEM *out)
{
    const uint32_t oc_n = t->box->oc_n;
    const size_t bytes = oc_n * sizeof(ELEM);
    const bool from_left = t->box->ox0 > 0 && px * t->w->sw < t->box->ox0 + t->w->pad_left;
    const bool from_above = t->box->oy0 > 0 && py * t->w->sh < t->box->oy0 + t->w->pad_top;
    const bool to_right = px >= t->x.done_last, to_below = py >= t->y.done_last;
    ELEM *best = (ELEM *)t->best;
    NAME(local_max)(t, pixels, py, px, best);
    if (from_left || from_above)
        NAME(merge)(NAME(carry)(t, from_left, py, px), 1, 1, 0, oc_n, best);
    if (to_right || to_below) {
        memcpy(NAME(carry)(t, to_right, py, px), best, bytes);
        return;
    }
    const size_t at = (size_t)(py - t->y.done_first) * (t->x.done_last - t->x.done_first) +
                      (px - t->x.done_first);
    for (uint32_t oc = 0; oc < oc_n; oc++)
        out[at * oc_n + oc] = NO_MINUS_ZERO(best[oc]); /* -0 becomes 0 */
}

static void NAME(pool_tile)(const pool_tile *t, const void *pixels, void *out)
{
    for (uint32_t py = t->y.first; py < t->y.last; py++)
        for (uint32_t px = t->x.first; px < t->x.last; px++)
            NAME(window)(t, pixels, py, px, out);
}

/* One channel plane of a vector layer; windows are cut to the image. */
static void NAME(pool_plane)(const zs_plan_row *row, const zs_tile_box *box, const void *x_,
                             void *y_)
{
    const zs_window *w = &row->window;
    const zs_extent ey = zs_extent_y(row, box->oy0, box->oy_n);
    const zs_extent ex = zs_extent_x(row, box->ox0, box->ox_n);
    const ELEM *x = x_;
    ELEM *y = y_;
    for (uint32_t oy = 0; oy < box->oy_n; oy++) {
        const span rows = inside(&ey, oy * w->sh, w->kh);
        for (uint32_t ox = 0; ox < box->ox_n; ox++) {
            const span columns = inside(&ex, ox * w->sw, w->kw);
            const bool any = rows.lo < rows.hi && columns.lo < columns.hi;
            ELEM best = any ? x[(size_t)rows.lo * ex.n + columns.lo] : 0;
            for (uint32_t iy = rows.lo; iy < rows.hi; iy++)
                for (uint32_t ix = columns.lo; ix < columns.hi; ix++) {
                    const ELEM v = x[(size_t)iy * ex.n + ix];
                    best = GREATER(v, best) ? v : best;
                }
            *y++ = NO_MINUS_ZERO(best);
        }
    }
}
