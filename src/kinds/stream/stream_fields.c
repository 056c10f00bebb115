#include "../kind_fields_priv.h"
#include "stream_priv.h"

#include <string.h>

static zs_status check(const zs_design *design, zs_err *err)
{
    const stream_params *s = stream_params_of(&design->accel);
    if (s->burst_bytes % 8 != 0)
        return zs_fail(err, ZS_ERANGE, "accelerator.stream.burst", "%u B are no multiple of 8",
                       s->burst_bytes);
    return ZS_OK;
}

static const char *instead(const char *path)
{
    static const char unroll[] = "accelerator.unroll.";
    if (strncmp(path, unroll, sizeof unroll - 1) == 0)
        return "PEs and lanes of a layer are `layers: {conv1: {pe: 16, simd: 3}}`, or "
               "accelerator.stream.folding";
    return NULL;
}

#define KIND_ID      stream
#define KIND_FIELDS  "stream/fields.def"
#define KIND_PARAMS  stream_params
#define KIND_CHECK   check
#define KIND_INSTEAD instead
#include "../kind_keys.h"
