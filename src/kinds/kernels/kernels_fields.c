#include "../kind_fields_priv.h"
#include "kernels_priv.h"

/* A kernel keeps no tensor on chip when it ends, and starts when the one before has ended. */
static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (a->fusion != ZS_FUSION_NONE)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                       "kind kernels makes one kernel per layer: '%s' must be none",
                       zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, a->fusion));
    return ZS_OK;
}

#define KIND_ID       kernels
#define KIND_FIELDS   "kernels/fields.def"
#define KIND_PARAMS   kernels_params
#define KIND_CHECK    check
#define KIND_SWITCHES "accelerator.kernels.optimise"
#include "../kind_keys.h"
