#include "zynqsim/axi.h"

void zs_axi_flow_start(zs_axi_flow *flow, uint32_t outstanding, uint64_t start_pl_cycle)
{
    flow->address_at = flow->beat_at = start_pl_cycle;
    flow->limit = outstanding < ZS_AXI_OUTSTANDING ? outstanding : ZS_AXI_OUTSTANDING;
    flow->sent = flow->finished = flow->limit;
    for (uint32_t i = 0; i < flow->limit; i++)
        flow->room_at[i] = 0;
}
