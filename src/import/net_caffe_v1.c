#include "import_caffe_priv.h"

#include <stdio.h>

/* V1LayerParameter.LayerType, in the order of its numbers. */
static const char *const v1_types[] = {
    "None",
    "Accuracy",
    "BNLL",
    "Concat",
    "Convolution",
    "Data",
    "Dropout",
    "EuclideanLoss",
    "Flatten",
    "HDF5Data",
    "HDF5Output",
    "Im2col",
    "ImageData",
    "InfogainLoss",
    "InnerProduct",
    "LRN",
    "MultinomialLogisticLoss",
    "Pooling",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "Split",
    "TanH",
    "WindowData",
    "Eltwise",
    "Power",
    "SigmoidCrossEntropyLoss",
    "HingeLoss",
    "MemoryData",
    "ArgMax",
    "Threshold",
    "DummyData",
    "Slice",
    "MVN",
    "AbsVal",
    "Silence",
    "ContrastiveLoss",
    "Exp",
    "Deconvolution",
};

static char *type_name(zs_arena *arena, int type)
{
    if (type >= 0 && (size_t)type < ZS_LEN(v1_types))
        return zs_arena_strdup(arena, v1_types[type]);
    return zs_arena_printf(arena, "V1 type %d", type);
}

ZsCaffe__Layer *zs_caffe_from_v1(zs_arena *arena, const ZsCaffe__LayerV1 *old)
{
    ZsCaffe__Layer *layer = zs_new(arena, ZsCaffe__Layer, 1);
    if (layer == NULL)
        return NULL;
    zs_caffe__layer__init(layer);
    layer->type = type_name(arena, (int)old->type);
    if (layer->type == NULL)
        return NULL;
    layer->name = old->name;
    layer->n_bottom = old->n_bottom;
    layer->bottom = old->bottom;
    layer->n_top = old->n_top;
    layer->top = old->top;
    layer->n_blobs = old->n_blobs;
    layer->blobs = old->blobs;
    layer->n_include = old->n_include;
    layer->include = old->include;
    layer->n_exclude = old->n_exclude;
    layer->exclude = old->exclude;
    layer->concat_param = old->concat_param;
    layer->convolution_param = old->convolution_param;
    layer->inner_product_param = old->inner_product_param;
    layer->lrn_param = old->lrn_param;
    layer->pooling_param = old->pooling_param;
    layer->memory_data_param = old->memory_data_param;
    layer->eltwise_param = old->eltwise_param;
    layer->relu_param = old->relu_param;
    layer->softmax_param = old->softmax_param;
    layer->power_param = old->power_param;
    layer->argmax_param = old->argmax_param;
    layer->threshold_param = old->threshold_param;
    layer->slice_param = old->slice_param;
    layer->mvn_param = old->mvn_param;
    layer->exp_param = old->exp_param;
    return layer;
}
