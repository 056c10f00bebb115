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

bool zs_precision_is_float(uint32_t precision)
{
    return precision == ZS_FP32 || precision == ZS_FP16;
}

const zs_word zs_model_precision = {
    "model", "int8, with the scales and zero points that the network's own quantisers have"};

const zs_word zs_narrow_words[] = {
    {"bipolar", "-1 and 1, for networks that were trained so; kind stream"},
    {"int2", "2-bit integers, numerics as int8; kind stream"},
    {"int3", "3-bit integers, likewise"},
    {"int4", "4-bit integers, likewise"},
    {"int5", "5-bit integers, likewise"},
    {"int6", "6-bit integers, likewise"},
    {"int7", "7-bit integers, likewise"},
};

#define WITH_WEIGHTS(n)                                                                            \
    {                                                                                              \
        "w" #n "a1", "w" #n "a2", "w" #n "a3", "w" #n "a4", "w" #n "a5", "w" #n "a6", "w" #n "a7", \
            "w" #n "a8"                                                                            \
    }
static const char *const pair_words[8][8] = {WITH_WEIGHTS(1), WITH_WEIGHTS(2), WITH_WEIGHTS(3),
                                             WITH_WEIGHTS(4), WITH_WEIGHTS(5), WITH_WEIGHTS(6),
                                             WITH_WEIGHTS(7), WITH_WEIGHTS(8)};

static const char *narrow_word(uint32_t weights, uint32_t activations)
{
    if (weights == activations)
        return zs_narrow_words[weights - 1].word;
    return pair_words[weights - 1][activations - 1];
}

bool zs_precision_take_narrow(zs_accel *accel, const char *word)
{
    for (uint32_t w = 1; w <= 8; w++)
        for (uint32_t a = 1; a <= 8; a++) {
            if ((w == 8 && a == 8) || (strcmp(pair_words[w - 1][a - 1], word) != 0 &&
                                       strcmp(narrow_word(w, a), word) != 0))
                continue;
            accel->weight_bits = w < 8 ? (uint8_t)w : 0;
            accel->act_bits = a < 8 ? (uint8_t)a : 0;
            return true;
        }
    accel->weight_bits = accel->act_bits = 0;
    return false;
}

const char *zs_precision_word(const zs_accel *accel)
{
    const uint32_t weights = accel->weight_bits, activations = accel->act_bits;
    if (accel->model_scales)
        return zs_model_precision.word;
    if (weights + activations != 0)
        return narrow_word(weights ? weights : 8, activations ? activations : 8);
    return zs_word_of(zs_words_precision, ZS_PRECISION_COUNT, accel->precision);
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

static uint32_t own_or(uint32_t own, uint32_t of_all)
{
    return own != 0 ? own : of_all;
}

zs_axi_params zs_port_params(const zs_board *board, uint32_t port)
{
    if (port == ZS_PORT_ACP)
        return board->axi.acp;
    if (port == ZS_PORT_GP0 || port == ZS_PORT_GP1)
        return board->axi.gp;
    if (port >= ZS_PORT_COUNT) /* of a master in the PS */
        return board->axi.hp;
    const zs_axi_own *own = &board->axi.own[port - ZS_PORT_HP0];
    zs_axi_params p = board->axi.hp;
    p.beat_bytes = own_or(own->beat_bytes, p.beat_bytes);
    p.max_beats = own_or(own->max_beats, p.max_beats);
    p.read_outstanding = own_or(own->read_outstanding, p.read_outstanding);
    p.write_outstanding = own_or(own->write_outstanding, p.write_outstanding);
    return p;
}

/* Two transfers per clock and channel, each as wide as the bus. */
double zs_memory_peak_bytes_per_s(const zs_memory_params *memory)
{
    return 2.0 * zs_memory_channels(memory) * memory->bus_bytes * (double)ZS_PS_PER_S /
           memory->tck_ps;
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
