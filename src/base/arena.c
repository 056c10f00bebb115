#include "zynqsim/base.h"

#include <stdio.h>
#include <string.h>

enum {
    ALIGN = 64,
    FIRST_CHUNK_BYTES = 64 * 1024,
    GROWN_BYTES = 16 << 20, /* what chunks grow to */
    KEPT_BYTES = 64 << 20   /* what a reset keeps at the most */
};

typedef struct zs_chunk {
    struct zs_chunk *next;
    size_t bytes; /* as allocated, this header included */
    size_t used;  /* offset of the first free byte, a multiple of ALIGN from an aligned base */
} zs_chunk;

void zs_arena_init(zs_arena *arena, zs_alloc source)
{
    *arena = (zs_arena){.source = source};
}

static size_t aligned_offset(const zs_chunk *chunk, size_t offset)
{
    const uintptr_t at = (uintptr_t)chunk + offset;
    return offset + (size_t)((ALIGN - at % ALIGN) % ALIGN);
}

/* Chunks grow geometrically, so that a big value costs few of them and a small one little memory.
 * After a reset the first is as large as all before were: from then on there is but one. Of more
 * than KEPT_BYTES the rest goes back each time, so that a huge point does not hold on to it. */
static bool add_chunk(zs_arena *arena, size_t need)
{
    size_t bytes = arena->head ? arena->head->bytes * 2 : FIRST_CHUNK_BYTES;
    if (bytes > GROWN_BYTES)
        bytes = GROWN_BYTES;
    if (arena->head == NULL && bytes < arena->first_bytes)
        bytes = arena->first_bytes;
    if (need > SIZE_MAX - sizeof(zs_chunk) - ALIGN)
        return false;
    if (bytes < need + sizeof(zs_chunk) + ALIGN)
        bytes = need + sizeof(zs_chunk) + ALIGN;
    zs_chunk *chunk = arena->source.alloc(arena->source.ctx, bytes);
    if (chunk == NULL)
        return false;
    *chunk = (zs_chunk){.next = arena->head, .bytes = bytes, .used = sizeof(zs_chunk)};
    arena->head = chunk;
    return true;
}

void *zs_arena_alloc_raw(zs_arena *arena, size_t n, size_t size)
{
    uint64_t want;
    if (!zs_mul_u64(n, size, &want) || want > SIZE_MAX / 2)
        return NULL;
    const size_t bytes = want ? (size_t)want : 1;
    if (arena->head == NULL ||
        aligned_offset(arena->head, arena->head->used) + bytes > arena->head->bytes) {
        if (!add_chunk(arena, bytes))
            return NULL;
    }
    zs_chunk *chunk = arena->head;
    const size_t offset = aligned_offset(chunk, chunk->used);
    chunk->used = offset + bytes;
    arena->used_bytes += bytes;
    return (char *)chunk + offset;
}

void *zs_arena_alloc(zs_arena *arena, size_t n, size_t size)
{
    void *block = zs_arena_alloc_raw(arena, n, size);
    if (block != NULL)
        memset(block, 0, n * size);
    return block;
}

char *zs_arena_strndup(zs_arena *arena, const char *text, size_t n)
{
    char *copy = zs_arena_alloc_raw(arena, n + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *zs_arena_strdup(zs_arena *arena, const char *text)
{
    return zs_arena_strndup(arena, text, strlen(text));
}

char *zs_arena_printf(zs_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = n < 0 ? NULL : zs_arena_alloc_raw(arena, (size_t)n + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return text;
}

void zs_arena_reset(zs_arena *arena)
{
    const bool is_one = arena->head != NULL && arena->head->next == NULL;
    if (is_one && arena->head->bytes <= KEPT_BYTES) {
        arena->head->used = sizeof(zs_chunk);
        arena->used_bytes = 0;
        return;
    }
    size_t bytes = 0;
    for (const zs_chunk *c = arena->head; c != NULL; c = c->next)
        bytes += c->used;
    zs_arena_drop(arena);
    arena->first_bytes = bytes < KEPT_BYTES ? bytes : KEPT_BYTES;
}

void zs_arena_drop(zs_arena *arena)
{
    for (zs_chunk *c = arena->head, *next; c != NULL; c = next) {
        next = c->next;
        arena->source.release(arena->source.ctx, c, c->bytes);
    }
    arena->head = NULL;
    arena->used_bytes = 0;
}
