#include "zynqsim/accuracy.h"

#include <math.h>

static bool is_taken(const uint32_t *best, uint32_t n, uint32_t i)
{
    for (uint32_t k = 0; k < n; k++)
        if (best[k] == i)
            return true;
    return false;
}

uint32_t zs_best_classes(const float *y, uint32_t n, uint32_t best[ZS_TOP_N])
{
    const uint32_t top_n = n < ZS_TOP_N ? n : ZS_TOP_N;
    for (uint32_t k = 0; k < top_n; k++) {
        uint32_t found = ZS_NO_CLASS;
        for (uint32_t i = 0; i < n; i++)
            if (!is_taken(best, k, i) &&
                (found == ZS_NO_CLASS || y[i] > y[found] || (isnan(y[found]) && !isnan(y[i]))))
                found = i;
        best[k] = found;
    }
    return top_n;
}

double zs_accuracy_share(uint32_t part, uint32_t all)
{
    return all > 0 ? (double)part / all : (double)NAN;
}

double zs_noise_db(double signal, double noise)
{
    if (!(signal > 0))
        return (double)NAN;
    return noise > 0 ? 10 * log10(signal / noise) : (double)INFINITY;
}

static void add_reference(const zs_accuracy_image *image, zs_accuracy *a)
{
    a->compared++;
    a->agree += image->reference_top[0] == image->top[0];
    a->difference = fmax(a->difference, (double)image->difference);
    if (image->largest > 0)
        a->relative = fmax(a->relative, (double)image->difference / (double)image->largest);
    for (uint32_t l = 0; l < a->layer_n; l++) {
        a->layers[l].signal += (double)image->layers[l].signal;
        a->layers[l].noise += (double)image->layers[l].noise;
    }
    if (image->label == ZS_NO_CLASS)
        return;
    a->reference_top1 += image->reference_top[0] == image->label;
    a->reference_top5 += is_taken(image->reference_top, image->top_n, image->label);
}

zs_status zs_accuracy_sum(zs_arena *arena, const zs_accuracy_image *images, uint32_t n,
                          uint32_t class_n, const char *const *layer_names, uint32_t layer_n,
                          zs_accuracy *out, zs_err *err)
{
    zs_accuracy a = {.images = n, .class_n = class_n, .layer_n = layer_n};
    a.layers = zs_new(arena, zs_accuracy_layer, (size_t)layer_n + 1);
    if (a.layers == NULL)
        return zs_nomem(err, "accuracy");
    for (uint32_t l = 0; l < layer_n; l++)
        a.layers[l].name = layer_names[l];
    for (uint32_t i = 0; i < n; i++)
        a.labelled += images[i].label != ZS_NO_CLASS;
    if (a.labelled > 0 && class_n <= ZS_CONFUSION_CLASSES) {
        a.confusion = zs_new(arena, uint32_t, (size_t)class_n * class_n);
        if (a.confusion == NULL)
            return zs_nomem(err, "accuracy");
    }
    for (uint32_t i = 0; i < n; i++) {
        const zs_accuracy_image *image = &images[i];
        if (image->label != ZS_NO_CLASS && image->label >= class_n)
            return zs_fail(err, ZS_ERANGE, "labels", "image %u is of class %u, there are %u", i,
                           image->label, class_n);
        if (image->label != ZS_NO_CLASS && a.confusion != NULL && image->top[0] >= class_n)
            return zs_fail(err, ZS_ERANGE, "answers",
                           "image %u is taken for class %u, there are %u", i, image->top[0],
                           class_n);
        if (image->label != ZS_NO_CLASS) {
            a.top1 += image->top[0] == image->label;
            a.top5 += is_taken(image->top, image->top_n, image->label);
            if (a.confusion != NULL)
                a.confusion[(size_t)image->label * class_n + image->top[0]]++;
        }
        if (image->has_reference)
            add_reference(image, &a);
    }
    *out = a;
    return ZS_OK;
}
