#include "out_priv.h"

/* Bytes that follow a lead byte, and the least character so long a form may stand for: shorter
 * forms of the same character are malformed. */
static int utf8_follow_n(uint8_t lead, uint32_t *bits, uint32_t *least)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (int n = 0; n < (int)ZS_LEN(forms); n++) {
        if ((lead & forms[n].mask) == forms[n].lead) {
            *bits = lead & (uint8_t)~forms[n].mask;
            *least = forms[n].least;
            return n;
        }
    }
    return -1;
}

static bool utf8_is_clean(uint32_t c)
{
    const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool turns_text = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    const bool is_surrogate = c >= 0xd800 && c < 0xe000;
    return !is_control && !turns_text && !is_surrogate && c <= 0x10ffff && (c & 0xfffe) != 0xfffe;
}

uint32_t zs_utf8_next(const char **text)
{
    const uint8_t *bytes = (const uint8_t *)*text;
    if (bytes[0] == 0)
        return 0;
    uint32_t c, least;
    const int follow_n = utf8_follow_n(bytes[0], &c, &least);
    for (int i = 1; i <= follow_n; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            (*text)++;
            return ZS_UTF8_BAD;
        }
        c = c << 6 | (bytes[i] & 0x3f);
    }
    *text += follow_n < 0 ? 1 : follow_n + 1;
    return follow_n >= 0 && c >= least && utf8_is_clean(c) ? c : ZS_UTF8_BAD;
}

size_t zs_utf8_put(uint32_t c, char *bytes)
{
    static const uint8_t leads[] = {0x00, 0xc0, 0xe0, 0xf0};
    const size_t follow_n = (size_t)(c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
    for (size_t i = follow_n; i > 0; i--) {
        bytes[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[0] = (char)(leads[follow_n] | c);
    return follow_n + 1;
}

zs_short_name zs_utf8_cut(const char *name, size_t most)
{
    zs_short_name kept;
    size_t bytes = 0;
    most = most < 64 ? most : 64;
    const size_t width = zs_utf8_width(name);
    for (size_t i = 0; i < width && i < most; i++) {
        const uint32_t c = zs_utf8_next(&name);
        bytes += zs_utf8_put(width > most && i + 1 == most ? 0x2026 : c, kept.text + bytes);
    }
    kept.text[bytes] = '\0';
    return kept;
}

zs_short_name zs_utf8_shorten(const char *name, size_t most)
{
    enum { LEAST = 6 }; /* of fewer, beginnings say more than both ends */
    zs_short_name kept;
    size_t bytes = 0;
    const size_t width = zs_utf8_width(name);
    most = most < 64 ? most : 64;
    if (width <= most || most < LEAST)
        return zs_utf8_cut(name, most);
    const size_t head = 2 * (most - 1) / 3, tail = most - 1 - head;
    for (size_t i = 0; i < width; i++) {
        const uint32_t c = zs_utf8_next(&name);
        if (i < head || i >= width - tail)
            bytes += zs_utf8_put(c, kept.text + bytes);
        else if (i == head)
            bytes += zs_utf8_put(0x2026, kept.text + bytes);
    }
    kept.text[bytes] = '\0';
    return kept;
}

size_t zs_utf8_width(const char *text)
{
    size_t n = 0;
    while (zs_utf8_next(&text) != 0)
        n++;
    return n;
}
