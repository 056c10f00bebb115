/* ref_conv_body.h - convolution as the definition has it; included once per precision.
 *
 * The includer sets ELEM, WEIGHT, SUM, BIAS, NAME, MAC(sum, w, x) and RESULT(work, oc, sum). The
 * input is a copy with padding around it, whose value is the element that stands for 0, so that
 * padding takes part in the sums like any pixel. Every output pixel adds its bias, then the
 * products in the order ic, ky, kx. All pixels of a plane take each step together, which does not
 * change the order of any sum. */
static void NAME(pad)(const conv_work *work, const void *from)
{
    const zs_layer *layer = work->layer;
    const zs_window *w = &layer->window;
    const ELEM *x = from;
    ELEM *padded = work->padded;
    const ELEM zero = (ELEM)zs_stored_zero(work->q, layer->in[0]);
    for (uint32_t c = 0; c < layer->x.c; c++)
        for (uint32_t py = 0; py < work->pad.h; py++)
            for (uint32_t px = 0; px < work->pad.w; px++) {
                const bool inside = py >= w->pad_top && py - w->pad_top < layer->x.h &&
                                    px >= w->pad_left && px - w->pad_left < layer->x.w;
                const size_t at =
                    ((size_t)c * layer->x.h + (py - w->pad_top)) * layer->x.w + (px - w->pad_left);
                *padded++ = inside ? x[at] : zero;
            }
}

static void NAME(conv_plane)(const zs_layer *layer, const ELEM *padded, pad_shape pad,
                             const WEIGHT *filter, SUM bias, SUM *restrict plane)
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
                        sums[ox] = MAC(sums[ox], weight, row[(size_t)ox * w->sw]);
                }
            }
}

static void NAME(channel)(const conv_work *w, uint32_t oc, size_t x0, void *y)
{
    const zs_layer *layer = w->layer;
    const size_t n = (size_t)layer->y.h * layer->y.w;
    const SUM *sums = w->plane;
    BIAS bias;
    zs_quantise_filter(w->q, layer, oc, zs_layer_filter(w->net, layer, oc, w->filter),
                       w->stored_filter);
    zs_quantise_bias(w->q, layer, oc, zs_layer_bias(w->net, layer, oc), &bias);
    NAME(conv_plane)(layer, (const ELEM *)w->padded + x0, w->pad, w->stored_filter, bias, w->plane);
    for (size_t i = 0; i < n; i++)
        ((ELEM *)y)[oc * n + i] = RESULT(w, oc, sums[i]);
}
