#include "../kind_fields_priv.h"
#include "kernels_priv.h"

/* A kernel keeps no tensor on chip when it ends, and starts when the one before has ended. */
static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    const kernels_params *p = kernels_params_of(a);
    if (a->fusion != ZS_FUSION_NONE)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                       "kind kernels makes one kernel per layer: '%s' must be none",
                       zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, a->fusion));
    if (p->local_input && !p->local_weights)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.kernels.local_input",
                       "an input plane on chip wants accelerator.kernels.local_weights: true");
    return ZS_OK;
}

#define KIND_ID     kernels
#define KIND_FIELDS "kernels/fields.def"
#define KIND_PARAMS kernels_params
#define KIND_CHECK  check
#include "../kind_keys.h"
