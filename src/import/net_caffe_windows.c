/* Layers of Caffe with filters or windows: convolutions, fully connected layers, pools. */
#include "import_caffe_priv.h"

#include <string.h>

/* ---- weights --------------------------------------------------------------------------------- */

static zs_status read_bias(const zs_caffe_layer *at, bool has_bias, zs_layer_spec *layer,
                           zs_err *err)
{
    if (!has_bias)
        return ZS_OK;
    ZS_TRY(zs_caffe_read_vector(at, 1, layer->oc, &layer->weights.bias, err));
    layer->weights.bias_n = layer->oc;
    return ZS_OK;
}

/* Weights must divide evenly among the output channels. */
static zs_status set_weights(const zs_caffe_layer *at, const zs_caffe_blob *view,
                             zs_layer_spec *layer, zs_err *err)
{
    if (view->n % layer->oc != 0)
        return zs_fail(err, ZS_ESHAPE, at->place, "%llu weights do not divide among %u outputs",
                       (unsigned long long)view->n, layer->oc);
    layer->weights.data = view->data;
    layer->weights.n_elems = view->n;
    return ZS_OK;
}

/* ---- convolution ----------------------------------------------------------------------------- */

/* Caffe states a size per axis as x_h and x_w, as one number for both, or as two. */
typedef struct two_sizes {
    const char *what;
    const uint32_t *list;
    size_t list_n;
    bool has_h, has_w;
    uint32_t h, w;
    int64_t otherwise, min;
} two_sizes;

static zs_status read_two(const zs_caffe_layer *at, const two_sizes *from, uint32_t *h, uint32_t *w,
                          zs_err *err)
{
    int64_t found[2] = {from->otherwise, from->otherwise};
    if (from->list_n > 2)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%s %zu axes; only 2 are handled",
                       from->what, from->list_n);
    if (from->list_n > 0) {
        found[0] = from->list[0];
        found[1] = from->list[from->list_n - 1];
    }
    if (from->has_h)
        found[0] = from->h;
    if (from->has_w)
        found[1] = from->w;
    ZS_TRY(zs_net_size(found[0], from->min, from->what, at->place, h, err));
    return zs_net_size(found[1], from->min, from->what, at->place, w, err);
}

zs_status zs_caffe_conv_window(const zs_caffe_layer *at, const ZsCaffe__Convolution *p,
                               zs_window *w, zs_err *err)
{
    const two_sizes kernel = {"a kernel of",
                              p->kernel_size,
                              p->n_kernel_size,
                              p->has_kernel_h,
                              p->has_kernel_w,
                              p->kernel_h,
                              p->kernel_w,
                              0,
                              1};
    const two_sizes stride = {"a stride of",
                              p->stride,
                              p->n_stride,
                              p->has_stride_h,
                              p->has_stride_w,
                              p->stride_h,
                              p->stride_w,
                              1,
                              1};
    const two_sizes pad = {"a pad of", p->pad, p->n_pad, p->has_pad_h, p->has_pad_w, p->pad_h,
                           p->pad_w,   0,      0};
    const two_sizes dilation = {
        "a dilation of", p->dilation, p->n_dilation, false, false, 0, 0, 1, 1};
    ZS_TRY(read_two(at, &kernel, &w->kh, &w->kw, err));
    ZS_TRY(read_two(at, &stride, &w->sh, &w->sw, err));
    ZS_TRY(read_two(at, &pad, &w->pad_top, &w->pad_left, err));
    ZS_TRY(read_two(at, &dilation, &w->dh, &w->dw, err));
    w->pad_bottom = w->pad_top;
    w->pad_right = w->pad_left;
    return ZS_OK;
}

static zs_status read_conv_weights(const zs_caffe_layer *at, zs_layer_spec *layer, zs_err *err)
{
    zs_caffe_blob view;
    ZS_TRY(zs_caffe_read_blob(at, 0, &view, err));
    if (view.dims[0] != 0 && (view.dims[0] != layer->oc || view.dims[2] != layer->window.kh ||
                              view.dims[3] != layer->window.kw))
        return zs_fail(
            err, ZS_ESHAPE, at->place,
            "weights %lld x %lld x %lld x %lld do not go with %u outputs and a kernel of "
            "%u x %u",
            (long long)view.dims[0], (long long)view.dims[1], (long long)view.dims[2],
            (long long)view.dims[3], layer->oc, layer->window.kh, layer->window.kw);
    return set_weights(at, &view, layer, err);
}

zs_status zs_caffe_conv(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Convolution *p = at->layer->convolution_param;
    zs_layer_spec *layer;
    if (p == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "convolution_param is missing");
    if (!zs_caffe_is_channel_axis(at, p->axis))
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "axis %d is not the channel axis 1",
                       p->axis);
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_CONV, &layer, err));
    ZS_TRY(zs_net_size(p->num_output, 1, "num_output", at->place, &layer->oc, err));
    ZS_TRY(zs_net_size(p->group, 1, "group", at->place, &layer->groups, err));
    if (strstr(at->layer->type, "Depthwise") != NULL && !p->has_group)
        layer->groups = 0; /* one for each channel */
    ZS_TRY(zs_caffe_conv_window(at, p, &layer->window, err));
    layer->no_bias = !p->bias_term;
    if (zs_caffe_is_bare(at))
        return ZS_OK;
    ZS_TRY(read_conv_weights(at, layer, err));
    return read_bias(at, p->bias_term, layer, err);
}

/* ---- fully connected ------------------------------------------------------------------------- */

zs_status zs_caffe_fc(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__InnerProduct *p = at->layer->inner_product_param;
    zs_caffe_blob view;
    zs_layer_spec *layer;
    if (p == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "inner_product_param is missing");
    if (!zs_caffe_is_channel_axis(at, p->axis))
        return zs_caffe_product(at, err);
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_FC, &layer, err));
    ZS_TRY(zs_net_size(p->num_output, 1, "num_output", at->place, &layer->oc, err));
    layer->no_bias = !p->bias_term;
    if (zs_caffe_is_bare(at))
        return ZS_OK;
    ZS_TRY(zs_caffe_read_blob(at, 0, &view, err));
    const int64_t rows = view.dims[p->transpose ? 3 : 2];
    if (view.dims[0] != 0 && rows != layer->oc)
        return zs_fail(err, ZS_ESHAPE, at->place, "weights for %lld outputs, but num_output is %u",
                       (long long)rows, layer->oc);
    ZS_TRY(set_weights(at, &view, layer, err));
    if (p->transpose) {
        layer->weights.data =
            zs_net_transpose(at->net->graph.draft.arena, view.data, view.n / layer->oc, layer->oc);
        if (layer->weights.data == NULL)
            return zs_nomem(err, "transposed weights");
    }
    return read_bias(at, p->bias_term, layer, err);
}

/* ---- pooling --------------------------------------------------------------------------------- */

static zs_status read_pool_window(const zs_caffe_layer *at, const ZsCaffe__Pooling *p, zs_window *w,
                                  zs_err *err)
{
    const two_sizes kernel = {"a kernel of",
                              &p->kernel_size,
                              1,
                              p->has_kernel_h,
                              p->has_kernel_w,
                              p->kernel_h,
                              p->kernel_w,
                              0,
                              1};
    const two_sizes stride = {
        "a stride of", &p->stride, 1, p->has_stride_h, p->has_stride_w, p->stride_h,
        p->stride_w,   1,          1};
    const two_sizes pad = {"a pad of", &p->pad, 1, p->has_pad_h, p->has_pad_w, p->pad_h,
                           p->pad_w,   0,       0};
    ZS_TRY(read_two(at, &kernel, &w->kh, &w->kw, err));
    ZS_TRY(read_two(at, &stride, &w->sh, &w->sw, err));
    ZS_TRY(read_two(at, &pad, &w->pad_top, &w->pad_left, err));
    w->pad_bottom = w->pad_top;
    w->pad_right = w->pad_left;
    return ZS_OK;
}

zs_status zs_caffe_pool(const zs_caffe_layer *at, zs_err *err)
{
    const ZsCaffe__Pooling *p = at->layer->pooling_param;
    zs_layer_spec *layer;
    if (p == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "pooling_param is missing");
    if (p->pool != ZS_CAFFE__POOLING__METHOD__MAX && p->pool != ZS_CAFFE__POOLING__METHOD__AVE)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "pool method %d is neither MAX nor AVE",
                       (int)p->pool);
    if (p->global_pooling && p->pool == ZS_CAFFE__POOLING__METHOD__MAX) {
        zs_caffe_layer global = *at;
        global.onnx = "GlobalMaxPool";
        return zs_caffe_simple(&global, err);
    }
    if (p->global_pooling)
        return zs_caffe_new_unary(at, ZS_LAYER_GAP, &layer, err);
    ZS_TRY(zs_caffe_new_unary(at, ZS_LAYER_POOL, &layer, err));
    layer->pool = p->pool == ZS_CAFFE__POOLING__METHOD__MAX ? ZS_POOL_MAX : ZS_POOL_AVG;
    layer->ceil_mode = p->round_mode != ZS_CAFFE__POOLING__ROUND__FLOOR && p->ceil_mode;
    layer->caffe_pool = true;
    layer->count_include_pad = true;
    return read_pool_window(at, p, &layer->window, err);
}
