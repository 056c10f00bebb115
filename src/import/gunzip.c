/* Files that are packed with gzip, unpacked into an arena. */
#include "zynqsim/import.h"

#include <string.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, FIRST_ROOM = 4096, MOST_RATIO = 1032 };

static void *take(void *arena, unsigned n, unsigned size)
{
    return zs_arena_alloc_raw(arena, n, size);
}

static void leave(void *arena, void *memory)
{
    (void)arena, (void)memory;
}

bool zs_is_gzip(zs_span bytes)
{
    return bytes.bytes > 2 && bytes.data[0] == 0x1f && bytes.data[1] == 0x8b;
}

/* What the end of the file says that it holds, modulo 2^32: who says more than can be has room for
 * a start. */
static uint64_t stated_bytes(zs_span bytes)
{
    const uint8_t *end = bytes.data + bytes.bytes - 4;
    const uint64_t n =
        end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
    return bytes.bytes < 18 || n > MOST_RATIO * (uint64_t)bytes.bytes ? FIRST_ROOM : n;
}

static zs_status too_large(uint64_t most, const char *path, zs_err *err)
{
    return zs_fail(err, ZS_ERANGE, path, "holds more than %llu bytes when unpacked",
                   (unsigned long long)most);
}

zs_status zs_gunzip(zs_arena *arena, zs_span bytes, uint64_t most, const char *path, zs_span *out,
                    zs_err *err)
{
    z_stream z = {.zalloc = take, .zfree = leave, .opaque = arena};
    uint8_t *data = NULL;
    size_t n = 0, room = 0, fed = 0;
    const uint64_t stated = bytes.bytes < 4 ? 0 : stated_bytes(bytes);
    if (stated > most)
        return too_large(most, path, err);
    int status = inflateInit2(&z, GZIP_WINDOW);
    while (status == Z_OK || status == Z_BUF_ERROR) {
        if (n == room) {
            const size_t more = room == 0 ? (size_t)stated + 1 : 2 * room;
            uint8_t *larger = zs_arena_alloc_raw(arena, more, 1);
            if (larger == NULL) {
                status = Z_MEM_ERROR;
                break;
            }
            if (n > 0)
                memcpy(larger, data, n);
            data = larger;
            room = more;
        }
        if (z.avail_in == 0) { /* zlib counts in 32 bits */
            const size_t left = bytes.bytes - fed, part = left < INT32_MAX ? left : INT32_MAX;
            z.next_in = (uint8_t *)bytes.data + fed;
            z.avail_in = (unsigned)part;
            fed += part;
        }
        const size_t free_n = room - n < INT32_MAX ? room - n : INT32_MAX;
        const bool is_fed = z.avail_in > 0;
        z.next_out = data + n;
        z.avail_out = (unsigned)free_n;
        status = inflate(&z, Z_NO_FLUSH);
        n += free_n - z.avail_out;
        if (n > most)
            return too_large(most, path, err);
        if (status == Z_BUF_ERROR && !is_fed)
            break;
    }
    if (status == Z_MEM_ERROR)
        return zs_nomem(err, path);
    if (status != Z_STREAM_END)
        return zs_fail(err, ZS_EPARSE, path, "packed with gzip, but broken or cut off");
    *out = (zs_span){.data = data, .bytes = n};
    return ZS_OK;
}
