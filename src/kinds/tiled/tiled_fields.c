#include "../kind_fields_priv.h"
#include "tiled_params.h"

#include <string.h>

static zs_status check(const zs_design *design, zs_err *err)
{
    const zs_accel *a = &design->accel;
    if (tiled_params_of(a)->tile.fills && a->buffer.weight_bytes == 0)
        return zs_fail(err, ZS_ERANGE, "accelerator.tile.fill",
                       "needs the size of accelerator.buffer.weight, which is 0");
    if (tiled_params_of(a)->weight_code != ZS_ZERO_CODE_DENSE && tiled_params_of(a)->tile.is_auto)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.weight_code",
                       "tiles are chosen by bytes of dense weights: leave tile.auto out");
    if (tiled_params_of(a)->weight_code != ZS_ZERO_CODE_DENSE &&
        tiled_params_of(a)->weight_layout != ZS_LAYOUT_PACKED)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.weight_code",
                       "streams are of tiles: weight_layout must be packed");
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        const zs_layer_setting *s = &design->layer_settings[i];
        if (s->key == ZS_LAYER_FIELD && strcmp(s->field->path, "accelerator.precision") == 0 &&
            (s->value != a->precision || s->is_model != a->model_scales))
            return zs_fail(
                err, ZS_EUNSUPPORTED, "layers",
                "precision of '%.64s' is %s and the engine's %s: one array multiplies in "
                "one; with accelerator.precision model layers have the types of the "
                "network's file",
                s->pattern, zs_layer_setting_value_word(s), zs_precision_word(a));
    }
    return ZS_OK;
}

#define KIND_ID     tiled
#define KIND_FIELDS "tiled/fields.def"
#define KIND_PARAMS tiled_params
#define KIND_CHECK  check
#include "../kind_keys.h"
