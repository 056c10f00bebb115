#include "tiled_priv.h"

static const char *const buffer_names[ZS_BUF_N] = {
    [ZS_BUF_INPUT] = "input buffer",       [ZS_BUF_WEIGHT] = "weight buffer",
    [ZS_BUF_OUTPUT] = "output buffer",     [ZS_BUF_CARRY] = "pooling carry",
    [ZS_BUF_RESIDENT] = "resident tensor",
};

void tiled_account(zs_fit_account *a, const zs_design *design, const zs_plan *plan)
{
    const zs_accel *accel = &design->accel;
    zs_fit_add_mac_array(a, design);
    const uint32_t lanes = zs_fit_result_lanes(design, plan);
    const uint32_t vector = tiled_params_of(accel)->vector_lanes;
    zs_fit_add_result_path(a, design, vector != 0 ? vector : accel->unroll.oc, lanes);
    zs_fit_add_written_acts(a, design, plan, lanes);
    for (uint32_t i = 0; i < ZS_BUF_N; i++)
        zs_fit_add_buffer(a, buffer_names[i], &plan->buffers[i]);
    zs_plan_buffer stages[TILED_STAGE_N];
    const tiled_stage_sizes bytes =
        tiled_stage_sizes_of(design, plan->buffers, plan->rows, plan->row_n + plan->front_n);
    const uint32_t n = tiled_stages(design, &bytes, stages);
    for (uint32_t i = 0; i < n; i++)
        zs_fit_add_buffer(a, stages[i].name, &stages[i]);
    if (tiled_params_of(accel)->weight_code != ZS_ZERO_CODE_DENSE)
        zs_fit_add_decoder(a, tiled_params_of(accel)->weight_decode,
                           8 * zs_weight_bytes(accel->precision));
    zs_fit_add_port_masters(a, zs_design_ports(design));
    zs_fit_add_tile_control(a, accel);
}
