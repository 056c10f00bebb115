#include "zynqsim/axi.h"

static uint64_t bursts_of(const zs_axi_params *port, uint64_t beats)
{
    return beats <= port->max_beats ? beats != 0 : ((uint32_t)beats - 1) / port->max_beats + 1;
}

/* Bursts restart at every boundary, so a row is a head up to the first, whole pages, and a tail. */
void zs_axi_count(const zs_axi_params *port, uint64_t addr, uint64_t bytes, uint64_t *bursts,
                  uint64_t *beats)
{
    if (bytes == 0)
        return;
    const uint32_t shift = (uint32_t)__builtin_ctz(port->beat_bytes);
    const uint64_t first = addr >> shift, end = ((addr + bytes - 1) >> shift) + 1;
    const uint64_t page = ZS_AXI_BOUNDARY >> shift;
    const uint64_t head_end = (first | (page - 1)) + 1;
    *beats += end - first;
    if (end <= head_end) {
        *bursts += bursts_of(port, end - first);
        return;
    }
    *bursts += bursts_of(port, head_end - first) + bursts_of(port, (end - head_end) & (page - 1));
    if (end - head_end >= page)
        *bursts += (end - head_end) / page * bursts_of(port, page);
}

void zs_axi_flow_start(zs_axi_flow *flow, uint32_t outstanding, uint64_t start_pl_cycle)
{
    flow->address_at = flow->beat_at = start_pl_cycle;
    flow->limit = outstanding < ZS_AXI_OUTSTANDING ? outstanding : ZS_AXI_OUTSTANDING;
    flow->sent = flow->finished = flow->limit;
    for (uint32_t i = 0; i < flow->limit; i++)
        flow->room_at[i] = 0;
}
