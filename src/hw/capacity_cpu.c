#include "zynqsim/capacity.h"

#include <math.h>

double zs_cpu_work_s(const zs_cpu_params *cpu, zs_cpu_work kind, uint64_t n)
{
    const double cycles[] = {
        [ZS_CPU_MACS] = cpu->cycles_per_mac,
        [ZS_CPU_POOL_OPS] = cpu->cycles_per_pool_op,
        [ZS_CPU_ELEMENTS] = cpu->cycles_per_element,
        [ZS_CPU_EXPS] = cpu->cycles_per_exp,
    };
    return (double)n * cycles[kind] / (double)cpu->clock_hz;
}

double zs_cpu_register_write_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz)
{
    return cpu->register_write_s + cpu->register_write_pl_cycles / (double)pl_clock_hz;
}

double zs_cpu_register_read_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz)
{
    return cpu->register_read_s + cpu->register_read_pl_cycles / (double)pl_clock_hz;
}

double zs_cpu_call_start_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz, uint32_t registers)
{
    return ((double)registers + 1) * zs_cpu_register_write_s(cpu, pl_clock_hz);
}

double zs_cpu_call_end_s(const zs_cpu_params *cpu, uint64_t pl_clock_hz)
{
    return zs_cpu_register_read_s(cpu, pl_clock_hz) + cpu->call_overhead_s;
}

double zs_cpu_cache_s(const zs_cpu_params *cpu, uint64_t bytes)
{
    return (double)bytes / cpu->cache_bytes_per_s;
}

__extension__ typedef unsigned __int128 wide;

/* seconds = mantissa x 2^exponent exactly, so that the product needs no rounding of its own. */
uint64_t zs_seconds_to_pl_cycles(double seconds, uint64_t clock_hz)
{
    if (!(seconds > 0))
        return 0;
    if (seconds >= 0x1p64)
        return UINT64_MAX;
    int exponent;
    const uint64_t mantissa = (uint64_t)ldexp(frexp(seconds, &exponent), 53);
    exponent -= 53;
    wide cycles = (wide)mantissa * clock_hz;
    if (exponent <= -117)
        return cycles > 0;
    if (exponent <= 0)
        cycles = (cycles >> -exponent) + ((cycles & (((wide)1 << -exponent) - 1)) != 0);
    else if (cycles > (UINT64_MAX >> exponent))
        return UINT64_MAX;
    else
        cycles <<= exponent;
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}
