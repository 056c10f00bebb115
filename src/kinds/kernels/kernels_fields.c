#include "../kind_fields_priv.h"

/* A kernel keeps no tensor on chip when it ends, and starts when the one before has ended. */
static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (a->fusion != ZS_FUSION_NONE)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                       "kind kernels makes one kernel per layer: '%s' must be none",
                       zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, a->fusion));
    if (a->channel_block != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.channel_block",
                       "kind kernels reads planes: %u must be 1", (unsigned)a->channel_block);
    if (a->weight_layout != ZS_LAYOUT_PACKED)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.weight_layout",
                       "kind kernels reads a filter behind its bias: use packed");
    if (a->kernels.local_input && !a->kernels.local_weights)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.kernels.local_input",
                       "an input plane on chip wants accelerator.kernels.local_weights: true");
    return ZS_OK;
}

#define KIND_ID     kernels
#define KIND_FIELDS "kernels/fields.def"
#define KIND_CHECK  check
#include "../kind_keys.h"
