#include "../kind_fields_priv.h"
#include "kernels_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static bool comes_to(const zs_design *design, const char *path, char *text, size_t bytes)
{
    if (strcmp(path, "accelerator.kernels.add_latency") != 0 ||
        kernels_params_of(&design->accel)->add_latency_pl_cycles != 0)
        return false;
    const uint32_t cycles = kernels_add_latency(&design->accel, design->board.family);
    if (cycles == 0)
        snprintf(text, bytes, "no addition waits");
    else
        snprintf(text, bytes, "%" PRIu32, cycles);
    return true;
}

#define KIND_ID       kernels
#define KIND_FIELDS   "kernels/fields.def"
#define KIND_PARAMS   kernels_params
#define KIND_CHECK    check
#define KIND_COMES_TO comes_to
#define KIND_SWITCHES "accelerator.kernels.optimise"
#include "../kind_keys.h"
