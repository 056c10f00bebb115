#include "../kind_fields_priv.h"
#include "line_priv.h"

/* What the row-streaming engine does not have. */
static zs_status check(const zs_design *design, zs_err *err)
{
    if (zs_precision_is_float(design->accel.precision))
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "kind linebuffer adds in trees of integers and cannot compute in %s: "
                       "choose int8 or fixed16",
                       zs_precision_word(&design->accel));
    return ZS_OK;
}

#define KIND_ID     linebuffer
#define KIND_FIELDS "linebuffer/fields.def"
#define KIND_PARAMS line_params
#define KIND_CHECK  check
#include "../kind_keys.h"
