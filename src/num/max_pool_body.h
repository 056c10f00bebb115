/* max_pool_body.h - max-pooling of one image; included once per element type.
 *
 * The includer sets ELEM, NAME, GREATER(a, b) and NO_MINUS_ZERO(x), which makes -0 to 0. Windows
 * are cut to the image: padding takes no part. */
static void NAME(max_pool)(const zs_layer *layer, const void *from, void *to)
{
    const ELEM *x = from;
    ELEM *y = to;
    const zs_window *k = &layer->window;
    for (uint32_t c = 0; c < layer->y.c; c++) {
        const ELEM *plane = x + (size_t)c * layer->x.h * layer->x.w;
        for (uint32_t oy = 0; oy < layer->y.h; oy++) {
            const zs_pool_part rows = zs_pool_rows(layer, oy);
            for (uint32_t ox = 0; ox < layer->y.w; ox++) {
                const zs_pool_part cols = zs_pool_cols(layer, ox);
                ELEM best = plane[(size_t)rows.at * layer->x.w + cols.at];
                for (uint32_t ky = 0; ky < rows.n; ky++) {
                    const ELEM *row = plane + (size_t)(rows.at + ky * k->dh) * layer->x.w + cols.at;
                    for (uint32_t kx = 0; kx < cols.n; kx++)
                        best =
                            GREATER(row[(size_t)kx * k->dw], best) ? row[(size_t)kx * k->dw] : best;
                }
                *y++ = NO_MINUS_ZERO(best);
            }
        }
    }
}
