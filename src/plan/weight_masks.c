#include "zynqsim/draft.h"

/* A bit each; eight flags become a byte by a product that shifts each to its place. */
static uint64_t mask_word(const float *w, uint32_t n)
{
    uint8_t flags[64] = {0};
    uint64_t word = 0;
    for (uint32_t i = 0; i < n; i++)
        flags[i] = w[i] != 0;
    for (uint32_t i = 0; i < 8; i++) {
        uint64_t eight = 0;
        for (uint32_t k = 0; k < 8; k++)
            eight |= (uint64_t)flags[8 * i + k] << 8 * k;
        word |= (eight * UINT64_C(0x0102040810204080)) >> 56 << 8 * i;
    }
    return word;
}

zs_status zs_draft_mask_weights(zs_plan_draft *d, const zs_layer *layer, zs_mask *m, zs_err *err)
{
    const uint64_t n = zs_layer_filter_elems(layer);
    const float *w = layer->weights.data;
    if (n > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, layer->name, "a filter of %llu weights is too long",
                       (unsigned long long)n);
    ZS_TRY(zs_mask_build(d->arena, layer->y.c, (uint32_t)n, m, err));
    for (uint32_t oc = 0; oc < layer->y.c; oc++)
        for (uint64_t at = 0; at < n; at += 64) {
            const uint64_t end = zs_min_u64(64, n - at);
            uint64_t word = end < 64 ? (UINT64_C(1) << end) - 1 : UINT64_MAX;
            if (w != NULL)
                word = mask_word(w + oc * n + at, (uint32_t)end);
            m->words[(uint64_t)oc * m->row_words + at / 64] = word;
        }
    return ZS_OK;
}
