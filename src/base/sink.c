#include "zynqsim/base.h"

#include <stdio.h>
#include <string.h>

zs_status zs_sink_write(const zs_sink *sink, const void *data, size_t bytes)
{
    return sink->write(sink->ctx, data, bytes);
}

zs_status zs_sink_puts(const zs_sink *sink, const char *text)
{
    return sink->write(sink->ctx, text, strlen(text));
}

/* One formatted piece is at most a line of a report; longer text goes through zs_sink_puts. */
zs_status zs_sink_printf(const zs_sink *sink, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        return ZS_EINTERNAL;
    return sink->write(sink->ctx, text, (size_t)n);
}

void zs_buffer_init(zs_buffer *buffer, zs_alloc source)
{
    *buffer = (zs_buffer){.source = source};
}

void zs_buffer_drop(zs_buffer *buffer)
{
    if (buffer->data != NULL)
        buffer->source.release(buffer->source.ctx, buffer->data, buffer->capacity_bytes);
    *buffer = (zs_buffer){.source = buffer->source};
}

static void *no_more(void *ctx, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    return NULL;
}

/* What was not written may not be followed by what is: after a failure nothing is. */
static zs_status buffer_write(void *ctx, const void *data, size_t bytes)
{
    zs_buffer *buffer = ctx;
    if (buffer->source.alloc == no_more || bytes > SIZE_MAX / 4 - buffer->bytes)
        return ZS_ENOMEM;
    if (buffer->bytes + bytes > buffer->capacity_bytes) {
        const size_t grown = (buffer->bytes + bytes) * 2 + 1024;
        uint8_t *bigger = buffer->source.alloc(buffer->source.ctx, grown);
        if (bigger == NULL) {
            buffer->source.alloc = no_more;
            return ZS_ENOMEM;
        }
        if (buffer->data != NULL) {
            memcpy(bigger, buffer->data, buffer->bytes);
            buffer->source.release(buffer->source.ctx, buffer->data, buffer->capacity_bytes);
        }
        buffer->data = bigger;
        buffer->capacity_bytes = grown;
    }
    if (bytes > 0)
        memcpy(buffer->data + buffer->bytes, data, bytes);
    buffer->bytes += bytes;
    return ZS_OK;
}

zs_sink zs_buffer_sink(zs_buffer *buffer)
{
    return (zs_sink){.write = buffer_write, .ctx = buffer};
}
