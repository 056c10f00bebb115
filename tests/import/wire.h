/* wire.h - protobuf messages written by hand, for tests: bytes that no library has smoothed. */
#ifndef ZYNQSIM_TEST_WIRE_H
#define ZYNQSIM_TEST_WIRE_H

#include "zynqsim/base.h"

typedef struct wire {
    uint8_t data[65536];
    size_t n;
} wire;

void wire_uint(wire *to, uint32_t field, uint64_t value);
void wire_float(wire *to, uint32_t field, float value);
void wire_bytes(wire *to, uint32_t field, const void *data, size_t n);
void wire_text(wire *to, uint32_t field, const char *text);
void wire_message(wire *to, uint32_t field, const wire *message);
void wire_floats(wire *to, uint32_t field, const float *values, size_t n); /* packed */
void wire_doubles(wire *to, uint32_t field, const double *values, size_t n);
void wire_ints(wire *to, uint32_t field, const int64_t *values, size_t n); /* packed */
static inline zs_span wire_span(const wire *w)
{
    return (zs_span){.data = w->data, .bytes = w->n};
}

#endif
