#include "../kind_fields_priv.h"
#include "tiled_params.h"

static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (tiled_params_of(a)->tile.fills && a->buffer.weight_bytes == 0)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile.fill",
                       "needs the size of accelerator.buffer.weight, which is 0");
    return ZS_OK;
}

#define KIND_ID     tiled
#define KIND_FIELDS "tiled/fields.def"
#define KIND_PARAMS tiled_params
#define KIND_CHECK  check
#include "../kind_keys.h"
