#include "out_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void out_bytes(zs_out *out, const void *data, size_t bytes)
{
    if (out->status == ZS_OK && bytes > 0)
        out->status = zs_sink_write(out->sink, data, bytes);
}

void zs_out_text(zs_out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void zs_out_printf(zs_out *out, const char *fmt, ...)
{
    char text[ZS_LINE_BYTES];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        out->status = out->status == ZS_OK ? ZS_EINTERNAL : out->status;
    else
        out_bytes(out, text, (size_t)n);
}

void zs_out_repeat(zs_out *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        zs_out_text(out, text);
}

void zs_out_paint(zs_out *out, zs_paint paint)
{
    static const char *const codes[] = {"0",  "1",  "2",  "32", "1;32", "1;31",
                                        "33", "32", "33", "35", "36"};
    if (out->colour)
        zs_out_printf(out, "\033[%sm", codes[paint]);
}

static void out_character(zs_out *out, uint32_t character)
{
    char bytes[4];
    out_bytes(out, bytes, zs_utf8_put(character, bytes));
}

void zs_out_name(zs_out *out, const char *name)
{
    for (uint32_t c = zs_utf8_next(&name); c != 0; c = zs_utf8_next(&name))
        out_character(out, c);
}

/* XML has no way to say most control characters, nor the two that are no characters. */
void zs_out_xml(zs_out *out, const char *text)
{
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;";
        if (c == '&' || c == '<' || c == '>' || c == '"')
            zs_out_text(out, entity);
        else
            out_character(out, c == 0xfffe || c == 0xffff ? ZS_UTF8_BAD : c);
    }
}

/* Characters up to the next space where a line may break: not behind a figure, whose unit follows.
 */
static size_t word_width(const char *text)
{
    size_t n = 0;
    uint32_t before = 0;
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        if (c == ' ' && (before < '0' || before > '9'))
            break;
        before = c;
        n++;
    }
    return n;
}

void zs_out_wrap(zs_out *out, const char *text, size_t column, size_t indent, size_t width)
{
    bool at_start = true;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        const size_t word = word_width(text);
        if (!at_start && column + 1 + word > width) {
            zs_out_text(out, "\n");
            zs_out_repeat(out, " ", indent);
            column = indent;
        } else if (!at_start) {
            zs_out_text(out, " ");
            column++;
        }
        for (size_t i = 0; i < word; i++)
            out_character(out, zs_utf8_next(&text));
        column += word;
        at_start = false;
    }
    zs_out_text(out, "\n");
}

zs_status zs_out_end(const zs_out *out, const char *what, zs_err *err)
{
    if (out->status == ZS_OK)
        return ZS_OK;
    if (out->status == ZS_ENOMEM)
        return zs_nomem(err, what);
    return zs_fail(err, out->status, what, "could not be written in full");
}
