#include "../kind_fields_priv.h"

/* What the row-streaming engine does not have. */
static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    const struct {
        const char *path;
        uint32_t value;
    } ones[] = {
        {"accelerator.unroll.oy", a->unroll.oy},
        {"accelerator.unroll.ox", a->unroll.ox},
        {"accelerator.unroll.ky", a->unroll.ky},
        {"accelerator.unroll.kx", a->unroll.kx},
    };
    if (a->precision == ZS_FP32)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "kind linebuffer adds in trees of integers and cannot compute in fp32: "
                       "choose int8 or fixed16");
    if (a->channel_block != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.channel_block",
                       "%u, but kind linebuffer keeps all channels of a pixel together: 1",
                       (unsigned)a->channel_block);
    for (size_t i = 0; i < ZS_LEN(ones); i++)
        if (ones[i].value != 1)
            return zs_fail(err, ZS_EUNSUPPORTED, ones[i].path,
                           "%u, but kind linebuffer computes one pixel and tap at a time: 1",
                           (unsigned)ones[i].value);
    return ZS_OK;
}

#define KIND_ID     linebuffer
#define KIND_FIELDS "linebuffer/fields.def"
#define KIND_CHECK  check
#include "../kind_keys.h"
