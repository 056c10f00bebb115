#include "zynqsim/design.h"

#include <string.h>

/* What a value of each precision occupies. */
static const struct {
    uint32_t elem_bytes, acc_bytes, acc_bits, bias_bytes;
} widths[ZS_PRECISION_COUNT] = {
    [ZS_FP32] = {4, 4, 32, 4},
    [ZS_FIXED16] = {2, 8, 48, 4}, /* the DSP48 accumulator, spilled as 64-bit words */
    [ZS_INT8] = {1, 4, 32, 4},
};

uint32_t zs_elem_bytes(uint32_t precision)
{
    return widths[precision].elem_bytes;
}

uint32_t zs_acc_bytes(uint32_t precision)
{
    return widths[precision].acc_bytes;
}

uint32_t zs_acc_bits(uint32_t precision)
{
    return widths[precision].acc_bits;
}

uint32_t zs_bias_bytes(uint32_t precision)
{
    return widths[precision].bias_bytes;
}

/* At most 2^50 within the ranges of the fields. */
uint64_t zs_design_lanes(const zs_design *design)
{
    return (uint64_t)design->accel.unroll.oc * design->accel.unroll.ic * design->accel.unroll.oy *
           design->accel.unroll.ox * design->accel.unroll.ky * design->accel.unroll.kx;
}

const zs_axi_params *zs_port_params(const zs_board *board, uint32_t port)
{
    switch (port) {
    case ZS_PORT_ACP:
        return &board->axi.acp;
    case ZS_PORT_GP0:
    case ZS_PORT_GP1:
        return &board->axi.gp;
    default:
        return &board->axi.hp;
    }
}

/* Two transfers per clock, each as wide as the bus. */
double zs_memory_peak_bytes_per_s(const zs_memory_params *memory)
{
    return 2.0 * memory->bus_bytes * (double)ZS_PS_PER_S / memory->tck_ps;
}

bool zs_is_synthetic(const char *text, uint64_t *seed)
{
    uint64_t value = 1;
    if (strncmp(text, "synthetic", 9) != 0)
        return false;
    if (text[9] != '\0') {
        const char *at = text + 10;
        if (text[9] != ':' || *at == '\0')
            return false;
        for (value = 0; *at >= '0' && *at <= '9'; at++)
            if (!zs_mul_u64(value, 10, &value) || !zs_add_u64(value, (uint64_t)(*at - '0'), &value))
                return false;
        if (*at != '\0')
            return false;
    }
    *seed = value;
    return true;
}
