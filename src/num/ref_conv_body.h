/* ref_conv_body.h - convolution as the definition has it; included once per element type.
 *
 * ELEM, SUM and NAME are set by the includer. The input is a copy with zeros around it, so that
 * padding takes part in the sums like any pixel. Every output pixel adds up bias, then ic, ky, kx
 * in order; that all pixels of a plane do each step together does not change any sum. */
static void NAME(pad)(const zs_layer *layer, const ELEM *x, pad_shape pad, ELEM *padded)
{
    const zs_window *w = &layer->window;
    for (uint32_t c = 0; c < layer->x.c; c++)
        for (uint32_t py = 0; py < pad.h; py++)
            for (uint32_t px = 0; px < pad.w; px++) {
                const bool inside = py >= w->pad_top && py - w->pad_top < layer->x.h &&
                                    px >= w->pad_left && px - w->pad_left < layer->x.w;
                const size_t at =
                    ((size_t)c * layer->x.h + (py - w->pad_top)) * layer->x.w + (px - w->pad_left);
                *padded++ = inside ? x[at] : 0;
            }
}

static void NAME(conv_plane)(const zs_layer *layer, const ELEM *padded, pad_shape pad,
                             const ELEM *filter, SUM bias, SUM *restrict plane)
{
    const zs_window *w = &layer->window;
    const uint32_t oh = layer->y.h, ow = layer->y.w, ic_n = layer->x.c / layer->groups;
    for (size_t i = 0; i < (size_t)oh * ow; i++)
        plane[i] = bias;
    for (uint32_t ic = 0; ic < ic_n; ic++)
        for (uint32_t ky = 0; ky < w->kh; ky++)
            for (uint32_t kx = 0; kx < w->kw; kx++) {
                const SUM weight = *filter++;
                const ELEM *x =
                    padded + ((size_t)ic * pad.h + (size_t)ky * w->dh) * pad.w + (size_t)kx * w->dw;
                for (uint32_t oy = 0; oy < oh; oy++) {
                    const ELEM *row = x + (size_t)oy * w->sh * pad.w;
                    SUM *sums = plane + (size_t)oy * ow;
                    for (uint32_t ox = 0; ox < ow; ox++)
                        sums[ox] += weight * (SUM)row[(size_t)ox * w->sw];
                }
            }
}
