#include "../kind_fields_priv.h"
#include "pegrid_priv.h"

static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (a->fusion != ZS_FUSION_NONE)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.fusion",
                       "kind pegrid works one layer a call: '%s' must be none",
                       zs_word_of(zs_words_fusion, ZS_FUSION_COUNT, a->fusion));
    if (pegrid_params_of(a)->lut_adders && !zs_precision_is_float(a->precision))
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.pegrid.lut_adders",
                       "%s is added in the slice that multiplies: only floats have adders of their "
                       "own",
                       zs_precision_word(a));
    const bool skips = pegrid_params_of(a)->skips_inputs;
    if (pegrid_reads_inputs(pegrid_params_of(a)) && a->unroll.oy * a->unroll.ox > 1)
        return zs_fail(err, ZS_EUNSUPPORTED,
                       skips ? "accelerator.pegrid.skip_inputs" : "accelerator.pegrid.drop_maps",
                       "a PE that leaves out inputs works one pixel at a time, unroll says %u x %u",
                       a->unroll.oy, a->unroll.ox);
    return ZS_OK;
}

#define KIND_ID     pegrid
#define KIND_FIELDS "pegrid/fields.def"
#define KIND_PARAMS pegrid_params
#define KIND_CHECK  check
#include "../kind_keys.h"
