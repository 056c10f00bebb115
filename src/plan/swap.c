#include "zynqsim/capacity.h"
#include "zynqsim/plan.h"

/* Bitstreams of 7-series parts: frames of 404 bytes (f4pga/prjxray-db, CC0). A region is made of
 * whole columns of clock rows, three of which an XC7Z020 has; 2 frames of padding per row and bus.
 */
enum { FRAME_BYTES = 404, COMMAND_BYTES = 1024, ROWS = 3, PAD_FRAMES = 2 * 2 * ROWS };
enum { WHOLE_BYTES = 4045564, WHOLE_LUT = 53200 }; /* XC7Z020 */

static bool is_partial(const zs_design *d)
{
    return d->swap.lut > 0 || d->swap.bram18 > 0 || d->swap.dsp > 0;
}

uint64_t zs_swap_bytes(const zs_design *d)
{
    static const struct {
        uint32_t holds, frames;
    } clb = {400, 36}, dsp = {20, 28}, bram18 = {20, 28 + 128};
    if (d->swap.by == ZS_SWAP_REGISTERS)
        return 4 * (uint64_t)d->swap.words;
    if (d->swap.bytes > 0)
        return d->swap.bytes;
    if (!is_partial(d))
        return (uint64_t)WHOLE_BYTES * d->board.lut / WHOLE_LUT;
    const uint64_t frames = zs_ceil_div(d->swap.lut, clb.holds) * clb.frames +
                            zs_ceil_div(d->swap.dsp, dsp.holds) * dsp.frames +
                            zs_ceil_div(d->swap.bram18, bram18.holds) * bram18.frames;
    return (frames + PAD_FRAMES) * FRAME_BYTES + COMMAND_BYTES;
}

/* PCAP: a line through five measured loads (alkalir/DPR-Characterization); ICAP: UG909 */
static const struct {
    double start_s, bytes_per_s;
} ways[] = {[ZS_SWAP_PCAP] = {38e-6, 128.6e6},
            [ZS_SWAP_ICAP] = {0, 400e6},
            [ZS_SWAP_DMA] = {0, 382e6},
            [ZS_SWAP_REGISTERS] = {0, 0}};

bool zs_swap_is_read(const zs_design *d)
{
    return ways[d->swap.by].bytes_per_s > 0;
}

uint64_t zs_swap_bytes_per_s(const zs_design *d)
{
    return (uint64_t)ways[d->swap.by].bytes_per_s;
}

uint32_t zs_swap_channel(const zs_design *d)
{
    return d->swap.by == ZS_SWAP_PCAP ? ZS_CHANNEL_PCAP : zs_channel(d->swap.port, false);
}

double zs_swap_start_seconds(const zs_design *d)
{
    return ways[d->swap.by].start_s;
}

double zs_swap_seconds(const zs_design *d)
{
    const zs_cpu_params *cpu = &d->board.cpu;
    if (zs_swap_is_read(d))
        return ways[d->swap.by].start_s + (double)zs_swap_bytes(d) / ways[d->swap.by].bytes_per_s;
    return d->swap.by == ZS_SWAP_NONE
               ? 0
               : d->swap.words * (d->swap.writes * zs_cpu_register_write_s(cpu, d->accel.clock_hz) +
                                  d->swap.reads * zs_cpu_register_read_s(cpu, d->accel.clock_hz));
}

zs_status zs_swap_check(const zs_design *d, zs_err *err)
{
    const struct {
        const char *path;
        uint64_t of_region, available;
    } blocks[] = {{"swap.lut", d->swap.lut, d->board.lut},
                  {"swap.bram18", d->swap.bram18, d->board.bram18},
                  {"swap.dsp", d->swap.dsp, d->board.dsp}};
    if (d->swap.by == ZS_SWAP_NONE || d->swap.regions == 1)
        return ZS_OK;
    if (!zs_swap_is_read(d))
        return zs_fail(err, ZS_ERANGE, "swap.regions",
                       "%u regions, but registers change the weights of one engine: it must be 1",
                       d->swap.regions);
    if (!is_partial(d))
        return zs_fail(err, ZS_ERANGE, "swap.regions",
                       "%u regions, but swap.lut, swap.bram18 and swap.dsp state no size: a whole "
                       "part is one region",
                       d->swap.regions);
    for (uint32_t i = 0; i < ZS_LEN(blocks); i++)
        if (d->swap.regions * blocks[i].of_region > blocks[i].available)
            return zs_fail(err, ZS_ERANGE, blocks[i].path,
                           "%u regions of %llu are more than the %llu of the part", d->swap.regions,
                           (unsigned long long)blocks[i].of_region,
                           (unsigned long long)blocks[i].available);
    return ZS_OK;
}

zs_board zs_swap_region(const zs_design *d)
{
    zs_board board = d->board;
    if (is_partial(d)) {
        board.lut = d->swap.lut;
        board.bram18 = d->swap.bram18;
        board.dsp = d->swap.dsp;
    }
    return board;
}
