#include "zynqsim/design.h"

#include <string.h>

#define DTYPE(id, word, type, tag, bits, ...) [id] = (bits) / 8,
static const uint32_t type_bytes[ZS_TYPE_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef DTYPE

#define PRECISION(id, word, meaning, tag, weights, activations, sum, sum_bits, sum_bytes,          \
                  bias_bits, ...)                                                                  \
    [id] = {weights, activations, sum_bits, sum_bytes, (bias_bits) / 8},
static const struct {
    ZS_TYPE_t weights, activations;
    uint32_t acc_bits, acc_bytes, bias_bytes;
} precisions[ZS_PRECISION_COUNT] = {
#include "zynqsim/dtypes.def"
};
#undef PRECISION

uint32_t zs_precision_of(uint32_t weights, uint32_t activations)
{
    for (uint32_t p = 0; p < ZS_PRECISION_COUNT; p++)
        if (precisions[p].weights == weights && precisions[p].activations == activations)
            return p;
    return ZS_PRECISION_COUNT + weights * ZS_TYPE_COUNT + activations;
}

ZS_TYPE_t zs_weight_type(uint32_t precision)
{
    if (precision >= ZS_PRECISION_COUNT)
        return (ZS_TYPE_t)((precision - ZS_PRECISION_COUNT) / ZS_TYPE_COUNT);
    return precisions[precision].weights;
}

ZS_TYPE_t zs_elem_type(uint32_t precision)
{
    if (precision >= ZS_PRECISION_COUNT)
        return (ZS_TYPE_t)((precision - ZS_PRECISION_COUNT) % ZS_TYPE_COUNT);
    return precisions[precision].activations;
}

const zs_word zs_model_precision = {
    "model", "int8, with the scales and zero points that the network's own quantisers have"};

const char *zs_precision_word(const zs_accel *accel)
{
    return accel->model_scales
               ? zs_model_precision.word
               : zs_word_of(zs_words_precision, ZS_PRECISION_COUNT, accel->precision);
}

uint32_t zs_weight_bytes(uint32_t precision)
{
    return type_bytes[precisions[precision].weights];
}

uint32_t zs_elem_bytes(uint32_t precision)
{
    return type_bytes[precisions[precision].activations];
}

uint32_t zs_acc_bytes(uint32_t precision)
{
    return precisions[precision].acc_bytes;
}

uint32_t zs_acc_bits(uint32_t precision)
{
    return precisions[precision].acc_bits;
}

uint32_t zs_bias_bytes(uint32_t precision)
{
    return precisions[precision].bias_bytes;
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
        const char *end = text[9] == ':' ? zs_read_count(text + 10, &value) : NULL;
        if (end == NULL || *end != '\0')
            return false;
    }
    *seed = value;
    return true;
}
