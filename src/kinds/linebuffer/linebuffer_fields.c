#include "../kind_fields_priv.h"
#include "line_priv.h"

/* What the row-streaming engine does not have. */
static zs_status check(const zs_design *design, zs_err *err)
{
    if (design->accel.precision == ZS_FP32)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "kind linebuffer adds in trees of integers and cannot compute in fp32: "
                       "choose int8 or fixed16");
    return ZS_OK;
}

#define KIND_ID     linebuffer
#define KIND_FIELDS "linebuffer/fields.def"
#define KIND_PARAMS line_params
#define KIND_CHECK  check
#include "../kind_keys.h"
