/* A sink that packs what it is given into another one, as gzip. */
#include "cli_priv.h"

#include <stdlib.h>
#include <zlib.h>

enum { OUT_BYTES = 65536, GZIP_WINDOW = 15 + 16, LEVEL = 6 };

struct cli_gzip {
    z_stream z;
    zs_sink to;
    zs_status status; /* of the first failure */
    unsigned char out[OUT_BYTES];
};

static zs_status pack(cli_gzip *g, const void *data, size_t bytes, int flush)
{
    const unsigned char *at = data;
    do { /* zlib counts in 32 bits */
        const size_t step = bytes < ((size_t)1 << 30) ? bytes : (size_t)1 << 30;
        g->z.next_in = (z_const Bytef *)at;
        g->z.avail_in = (uInt)step;
        at += step;
        bytes -= step;
        do {
            g->z.next_out = g->out;
            g->z.avail_out = OUT_BYTES;
            (void)deflate(&g->z, bytes == 0 ? flush : Z_NO_FLUSH);
            if (g->status == ZS_OK && g->z.avail_out < OUT_BYTES)
                g->status = zs_sink_write(&g->to, g->out, OUT_BYTES - g->z.avail_out);
        } while (g->z.avail_out == 0);
    } while (bytes > 0);
    return g->status;
}

static zs_status write_packed(void *ctx, const void *data, size_t bytes)
{
    return pack(ctx, data, bytes, Z_NO_FLUSH);
}

zs_status cli_gzip_begin(const zs_sink *to, cli_gzip **out, zs_err *err)
{
    cli_gzip *g = calloc(1, sizeof *g);
    if (g == NULL ||
        deflateInit2(&g->z, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(g);
        return zs_nomem(err, "gzip");
    }
    g->to = *to;
    *out = g;
    return ZS_OK;
}

zs_sink cli_gzip_sink(cli_gzip *g)
{
    return (zs_sink){.write = write_packed, .ctx = g};
}

zs_status cli_gzip_end(cli_gzip *g)
{
    const zs_status status = pack(g, NULL, 0, Z_FINISH);
    (void)deflateEnd(&g->z);
    free(g);
    return status;
}
