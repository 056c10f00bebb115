/* half.h - IEEE binary16 (half precision) as bits, without support by compiler or processor.
 *
 * Operators round to nearest even. A sum, difference or product of two halves that is computed in
 * float and then rounded is the correctly rounded one: 24 bits are at least 2 x 11 + 2, which makes
 * the second rounding harmless (S. A. Figueroa, "When is double rounding innocuous?", 1995). */
#ifndef ZYNQSIM_HALF_H
#define ZYNQSIM_HALF_H

#include "zynqsim/base.h"

#include <string.h>

typedef uint16_t zs_half;

static inline uint32_t zs_bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float zs_float_of_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* The half next to a float, as a float; beyond 65504 by half a step: infinite. No branches, so that
 * loops over it become vectors. */
static inline float zs_half_rounded(float x)
{
    const uint32_t u = zs_bits_of(x), sign = u & 0x80000000u, size = u & 0x7fffffffu;
    const uint32_t normal = (size + 0xfffu + ((size >> 13) & 1u)) & ~0x1fffu;
    /* steps of 2^-24 below 2^-14: those of floats from 1/2 on */
    const uint32_t small = zs_bits_of((zs_float_of_bits(size) + 0.5f) - 0.5f);
    uint32_t r = size < 0x38800000u ? small : normal;
    r = r > 0x477fe000u ? 0x7f800000u : r;
    r = size > 0x7f800000u ? 0x7fc00000u : r;
    return zs_float_of_bits(sign | r);
}

static inline float zs_float_of_half(zs_half h)
{
    const uint32_t size = h & 0x7fffu;
    const uint32_t finite = zs_bits_of(zs_float_of_bits(size << 13) * 0x1p112f);
    const uint32_t r = size >= 0x7c00u ? 0x7f800000u | (size & 0x3ffu) << 13 : finite;
    return zs_float_of_bits((uint32_t)(h & 0x8000u) << 16 | r);
}

/* Of a float that is a half: zs_half_rounded first for others. */
static inline zs_half zs_half_of_rounded(float x)
{
    const uint32_t u = zs_bits_of(x), size = u & 0x7fffffffu;
    const uint32_t small = (uint32_t)(zs_float_of_bits(size) * 0x1p24f);
    uint32_t r = (size >> 13) - (112u << 10);
    r = size < 0x38800000u ? small : r;
    r = size >= 0x7f800000u ? 0x7c00u | (size > 0x7f800000u ? 0x200u : 0u) : r;
    return (zs_half)((u >> 16 & 0x8000u) | r);
}

static inline zs_half zs_half_of(float x)
{
    return zs_half_of_rounded(zs_half_rounded(x));
}

/* sum + w * x, the product rounded before the sum is. */
static inline float zs_half_mac(float sum, float w, float x)
{
    return zs_half_rounded(sum + zs_half_rounded(w * x));
}

static inline bool zs_half_greater(zs_half a, zs_half b)
{
    return zs_float_of_half(a) > zs_float_of_half(b);
}

/* -0 becomes 0. */
static inline zs_half zs_half_plus_zero(zs_half x)
{
    return x == 0x8000u ? 0 : x;
}

#endif
