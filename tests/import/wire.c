#include "wire.h"

#include <check.h>
#include <string.h>

enum { VARINT = 0, BYTES = 2, FIXED32 = 5 };

static void put(wire *to, const void *data, size_t n)
{
    ck_assert(n <= sizeof to->data - to->n);
    memcpy(to->data + to->n, data, n);
    to->n += n;
}

static void put_varint(wire *to, uint64_t value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        put(to, &byte, 1);
        value >>= 7;
    } while (value != 0);
}

void wire_uint(wire *to, uint32_t field, uint64_t value)
{
    put_varint(to, (uint64_t)field << 3 | VARINT);
    put_varint(to, value);
}

void wire_float(wire *to, uint32_t field, float value)
{
    put_varint(to, (uint64_t)field << 3 | FIXED32);
    put(to, &value, sizeof value);
}

void wire_bytes(wire *to, uint32_t field, const void *data, size_t n)
{
    put_varint(to, (uint64_t)field << 3 | BYTES);
    put_varint(to, n);
    put(to, data, n);
}

void wire_text(wire *to, uint32_t field, const char *text)
{
    wire_bytes(to, field, text, strlen(text));
}

void wire_message(wire *to, uint32_t field, const wire *message)
{
    wire_bytes(to, field, message->data, message->n);
}

void wire_floats(wire *to, uint32_t field, const float *values, size_t n)
{
    wire_bytes(to, field, values, n * sizeof *values);
}

void wire_doubles(wire *to, uint32_t field, const double *values, size_t n)
{
    wire_bytes(to, field, values, n * sizeof *values);
}

void wire_ints(wire *to, uint32_t field, const int64_t *values, size_t n)
{
    wire packed = {.n = 0};
    for (size_t i = 0; i < n; i++)
        put_varint(&packed, (uint64_t)values[i]);
    wire_message(to, field, &packed);
}
