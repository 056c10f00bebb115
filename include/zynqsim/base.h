/* base.h - status, errors, arenas, byte sinks, checked integers, clocks and the seeded generator.
 *
 * Everything above stands on this file. It uses C headers only, keeps no state of its own and
 * takes memory from nothing but the allocator it is handed. */
#ifndef ZYNQSIM_BASE_H
#define ZYNQSIM_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ZS_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define ZS_PRINTF(fmt, first)
#endif

/* COLD: kept out of the way of the code that calls it, for what is rare beside a hot path. INLINE:
 * the hot path itself, where a compiler's limits would cut it. */
#if defined(__GNUC__)
#define ZS_COLD   __attribute__((noinline, cold))
#define ZS_INLINE inline __attribute__((always_inline))
#else
#define ZS_COLD
#define ZS_INLINE inline
#endif

/* Functions compiled for several vector units, one of which is chosen when the program starts. Of
 * one file: clang gives such a function of external linkage a name that others do not find.
 * Sanitizers do not survive being called that early. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(__SANITIZE_THREAD__)
#define ZS_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ZS_CLONES
#endif

/* ZS_CLONES of a loop that the compiler vectorises: gcc at -O3, clang always. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#define ZS_LOOPS ZS_CLONES __attribute__((optimize("O3")))
#else
#define ZS_LOOPS ZS_CLONES
#endif

#define ZS_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* ---- status and errors --------------------------------------------------------------------- */

typedef enum zs_status {
    ZS_OK = 0,
    ZS_EUSAGE,       /* the caller asked for something that makes no sense: exit 2 */
    ZS_EPARSE,       /* bytes that are not what they claim to be: exit 2 */
    ZS_ERANGE,       /* a value outside its limits: exit 2 */
    ZS_ESHAPE,       /* tensor shapes that do not go together: exit 2 */
    ZS_EUNSUPPORTED, /* understood, but not something the simulator can do: exit 2 */
    ZS_EIO,          /* the machine failed us: exit 3 */
    ZS_ENOMEM,       /* exit 3 */
    ZS_EDEADLOCK,    /* a plan whose ops wait for each other: exit 3 */
    ZS_ESTUCK,       /* streams whose nodes wait for each other, an answer about a design: exit 1 */
    ZS_EINTERNAL     /* a broken invariant of our own: exit 3 */
} zs_status;

/* What went wrong. `place` is file:line:column, a YAML path or a graph node; `text` is one sentence
 * that names the value and the limit. Untouched on success. */
typedef struct zs_err {
    zs_status status;
    char place[192];
    char text[384];
    uint64_t at_cycle; /* ZS_ESTUCK: when nothing moved any more */
} zs_err;

/* Fills `err` (which may be NULL) and returns `status`, so that `return zs_fail(...)` reads well.
 */
zs_status zs_fail(zs_err *err, zs_status status, const char *place, const char *fmt, ...)
    ZS_PRINTF(4, 5);
/* The same for the one error that has nothing to say but what ran out. */
zs_status zs_nomem(zs_err *err, const char *what);
/* Puts `where` in front of the place of an error that travels upwards ("a.yaml:3" + "conv1"). */
void zs_err_prefix(zs_err *err, const char *where);

/* Forwards any status but ZS_OK. */
#define ZS_TRY(call)                                                                               \
    do {                                                                                           \
        zs_status zs_try_status_ = (call);                                                         \
        if (zs_try_status_ != ZS_OK)                                                               \
            return zs_try_status_;                                                                 \
    } while (0)

/* ---- memory -------------------------------------------------------------------------------- */

/* The only source of memory of the core. `alloc` may return NULL; a test makes it do so. */
typedef struct zs_alloc {
    void *(*alloc)(void *ctx, size_t bytes);
    void (*release)(void *ctx, void *block, size_t bytes);
    void *ctx;
} zs_alloc;

/* A bump allocator. All that is reachable from a value lives in the arena its _build was given and
 * dies with it. Plain data; not thread-safe: one arena per worker. */
typedef struct zs_arena {
    zs_alloc source;
    struct zs_chunk *head; /* newest chunk */
    size_t used_bytes;     /* handed out since the last reset */
    size_t first_bytes;    /* of the next first chunk at the least */
} zs_arena;

void zs_arena_init(zs_arena *arena, zs_alloc source);
/* `n` zeroed elements of `size` bytes, aligned to 64; NULL when memory is out or n*size overflows.
 */
void *zs_arena_alloc(zs_arena *arena, size_t n, size_t size);
/* The same without zeroing, for what is written at once. */
void *zs_arena_alloc_raw(zs_arena *arena, size_t n, size_t size);
char *zs_arena_strdup(zs_arena *arena, const char *text);
char *zs_arena_strndup(zs_arena *arena, const char *text, size_t n);
char *zs_arena_printf(zs_arena *arena, const char *fmt, ...) ZS_PRINTF(2, 3);
/* Forgets everything but keeps the memory, as one chunk, for the next design point; of more than
 * 64 MB the rest is given back. */
void zs_arena_reset(zs_arena *arena);
void zs_arena_drop(zs_arena *arena);

#define zs_new(arena, type, n) ((type *)zs_arena_alloc((arena), (n), sizeof(type)))

/* ---- bytes in and out ---------------------------------------------------------------------- */

typedef struct zs_span {
    const uint8_t *data;
    size_t bytes;
} zs_span;

/* Where emitters write. The owner decides whether that is a file, a pipe or memory. */
typedef struct zs_sink {
    zs_status (*write)(void *ctx, const void *data, size_t bytes);
    void *ctx;
} zs_sink;

zs_status zs_sink_write(const zs_sink *sink, const void *data, size_t bytes);
zs_status zs_sink_puts(const zs_sink *sink, const char *text);
zs_status zs_sink_printf(const zs_sink *sink, const char *fmt, ...) ZS_PRINTF(2, 3);

/* A growing byte buffer as a sink; memory from `source`, freed by _drop. */
typedef struct zs_buffer {
    zs_alloc source;
    uint8_t *data;
    size_t bytes, capacity_bytes;
} zs_buffer;

void zs_buffer_init(zs_buffer *buffer, zs_alloc source);
void zs_buffer_drop(zs_buffer *buffer);
zs_sink zs_buffer_sink(zs_buffer *buffer);

/* ---- checked integers ---------------------------------------------------------------------- */

/* False, and *out untouched, when the result does not fit. */
bool zs_add_u64(uint64_t a, uint64_t b, uint64_t *out);
bool zs_mul_u64(uint64_t a, uint64_t b, uint64_t *out);
bool zs_mul3_u64(uint64_t a, uint64_t b, uint64_t c, uint64_t *out);
/* Greatest common divisor; of 0 and a number the number. */
uint64_t zs_gcd(uint64_t a, uint64_t b);

/* Sums and products that saturate. */
static inline uint64_t zs_plus_u64(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return zs_add_u64(a, b, &sum) ? sum : UINT64_MAX;
}

static inline uint64_t zs_times_u64(uint64_t a, uint64_t b)
{
    uint64_t product;
    return zs_mul_u64(a, b, &product) ? product : UINT64_MAX;
}

static inline uint64_t zs_ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static inline uint64_t zs_round_up(uint64_t a, uint64_t unit)
{
    return zs_ceil_div(a, unit) * unit;
}

static inline uint64_t zs_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t zs_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- clocks -------------------------------------------------------------------------------- */

#define ZS_PS_PER_S UINT64_C(1000000000000)

/* Instant of edge n of a clock: ceil(n * 10^12 / hz), so that domains never drift against each
 * other. Saturates at UINT64_MAX. */
uint64_t zs_edge_ps(uint64_t n, uint64_t hz);
/* First edge at or after an instant: the smallest n with zs_edge_ps(n, hz) >= ps. */
uint64_t zs_edge_at(uint64_t ps, uint64_t hz);

/* ---- numbers that are the same on every machine --------------------------------------------- */

/* One step of SplitMix64 as a hash: mixes the bits of x. (Steele, Lea, Flood 2014) */
uint64_t zs_mix64(uint64_t x);

/* A seeded stream of them. */
typedef struct zs_prng {
    uint64_t state;
} zs_prng;

uint64_t zs_prng_next(zs_prng *prng);
/* Uniform in 0..bound-1; bound > 0. */
uint64_t zs_prng_below(zs_prng *prng, uint64_t bound);

/* ---- numbers in texts ------------------------------------------------------------------------ */

/* What follows the decimal number that a text begins with, or NULL if it begins with none. Of what
 * C reads, these are none: blanks in front, 010 (octal or decimal?), 0x10, counts with a sign or of
 * more than 64 bits. A real number may be inf, nan or too large, which the caller's range refuses.
 */
const char *zs_read_count(const char *text, uint64_t *out);
const char *zs_read_real(const char *text, double *out);

/* ---- names ---------------------------------------------------------------------------------- */

/* Equal but for capital letters (ASCII). */
bool zs_same_word(const char *a, const char *b);
/* Of `n` names the one nearest to `word` by edit distance, whatever letters are capital; NULL when
 * none is near enough to be a likely typing error. For "unknown key X, did you mean Y". */
const char *zs_nearest(const char *word, const char *const *names, size_t n);

#endif
