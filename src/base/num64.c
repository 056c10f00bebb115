#include "zynqsim/base.h"

#include <string.h>

bool zs_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b > UINT64_MAX - a)
        return false;
    *out = a + b;
    return true;
}

bool zs_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b != 0 && a > UINT64_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool zs_mul3_u64(uint64_t a, uint64_t b, uint64_t c, uint64_t *out)
{
    uint64_t ab, abc;
    if (!zs_mul_u64(a, b, &ab) || !zs_mul_u64(ab, c, &abc))
        return false;
    *out = abc;
    return true;
}

uint64_t zs_gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

__extension__ typedef unsigned __int128 wide;

uint64_t zs_edge_ps(uint64_t n, uint64_t hz)
{
    if (ZS_PS_PER_S % hz == 0 && n < UINT64_MAX / (ZS_PS_PER_S / hz))
        return n * (ZS_PS_PER_S / hz);
    const wide ps = ((wide)n * ZS_PS_PER_S + hz - 1) / hz;
    return ps > UINT64_MAX ? UINT64_MAX : (uint64_t)ps;
}

/* edge(n) >= ps  <=>  n*10^12 > (ps-1)*hz  for ps > 0, because edge rounds up. */
uint64_t zs_edge_at(uint64_t ps, uint64_t hz)
{
    if (ps == 0)
        return 0;
    return (uint64_t)((wide)(ps - 1) * hz / ZS_PS_PER_S) + 1;
}

uint64_t zs_mix64(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

uint64_t zs_prng_next(zs_prng *prng)
{
    const uint64_t out = zs_mix64(prng->state);
    prng->state += UINT64_C(0x9E3779B97F4A7C15);
    return out;
}

uint64_t zs_prng_below(zs_prng *prng, uint64_t bound)
{
    return (uint64_t)(((wide)zs_prng_next(prng) * bound) >> 64);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool zs_same_word(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b))
        a++, b++;
    return *a == *b;
}

/* Letters to insert, take away, replace or swap with the next. Names of fields and options are
 * short: at most 63 letters. Capital letters are no difference. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t a_n = strlen(a), b_n = strlen(b);
    size_t rows[3][64];
    if (a_n >= ZS_LEN(rows[0]) || b_n >= ZS_LEN(rows[0]))
        return SIZE_MAX;
    for (size_t j = 0; j <= b_n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_n; j++) {
            const char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = zs_min_u64(above[j - 1] + (x != y), zs_min_u64(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                row[j] = zs_min_u64(row[j], above_that[j - 2] + 1);
        }
    }
    return rows[a_n % 3][b_n];
}

/* "output" of output_stationary. */
static bool is_beginning(const char *word, const char *name)
{
    size_t n = 0;
    while (word[n] != '\0' && lower(word[n]) == lower(name[n]))
        n++;
    return word[n] == '\0' && n >= 3;
}

const char *zs_nearest(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 2 + 1; /* further away is no typing error */
    for (size_t i = 0; i < n; i++) {
        size_t d = edit_distance(word, names[i]);
        if (d > 1 && is_beginning(word, names[i]))
            d = 1;
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}
