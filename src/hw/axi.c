#include "zynqsim/axi.h"

enum { BOUNDARY = 4096 };

zs_axi_burst zs_axi_cut(const zs_axi_params *port, uint64_t addr, uint64_t bytes)
{
    const uint64_t beat = port->beat_bytes; /* a power of two: 4 or 8 */
    const uint64_t aligned = addr & ~(beat - 1);
    const uint64_t boundary = (addr & ~(uint64_t)(BOUNDARY - 1)) + BOUNDARY;
    uint64_t end = zs_min_u64(aligned + beat * port->max_beats, boundary);
    end = zs_min_u64(end, addr + bytes);
    return (zs_axi_burst){.addr = addr,
                          .bytes = (uint32_t)(end - addr),
                          .beats = (uint32_t)((end - aligned + beat - 1) / beat)};
}

/* Bursts restart at every boundary, so a row is a head up to the first, whole pages, and a tail. */
void zs_axi_count(const zs_axi_params *port, uint64_t addr, uint64_t bytes, uint64_t *bursts,
                  uint64_t *beats)
{
    if (bytes == 0)
        return;
    const uint32_t beat = port->beat_bytes, most = port->max_beats;
    const uint64_t first = addr / beat, end = (addr + bytes - 1) / beat + 1;
    const uint32_t page = BOUNDARY / beat;
    const uint64_t first_page_end = (first / page + 1) * page;
    *beats += end - first;
    if (end <= first_page_end) {
        *bursts += ((uint32_t)(end - first) + most - 1) / most;
        return;
    }
    const uint64_t pages = (end - first_page_end) / page;
    *bursts += ((uint32_t)(first_page_end - first) + most - 1) / most;
    *bursts += pages * ((page + most - 1) / most);
    *bursts += ((uint32_t)((end - first_page_end) % page) + most - 1) / most;
}

void zs_axi_flow_start(zs_axi_flow *flow, uint32_t outstanding, uint64_t start_pl_cycle)
{
    flow->address_at = flow->beat_at = start_pl_cycle;
    flow->open = 0;
    flow->limit = zs_min_u64(outstanding, ZS_AXI_OUTSTANDING);
    flow->issue_i = flow->finish_i = 0;
    for (uint32_t i = 0; i < flow->limit; i++)
        flow->room_at[i] = 0;
}
