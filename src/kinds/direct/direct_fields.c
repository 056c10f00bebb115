#include "../kind_fields_priv.h"
#include "direct_priv.h"

/* The direct kernel keeps no tensor on chip. */
static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (a->fusion == ZS_FUSION_FIRE || a->fusion == ZS_FUSION_SEPARABLE ||
        a->fusion == ZS_FUSION_AUTO)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                       "'%s' keeps tensors in block RAM, which kind direct cannot: use none, lf1, "
                       "lf2 or a list of groups",
                       zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, a->fusion));
    return ZS_OK;
}

#define KIND_ID     direct
#define KIND_FIELDS "direct/fields.def"
#define KIND_PARAMS direct_params
#define KIND_CHECK  check
#include "../kind_keys.h"
