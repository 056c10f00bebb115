#include "zynqsim/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum word_type { WORD_U32, WORD_U64, WORD_F64 } word_type;

typedef struct word_row {
    const char *name;
    size_t offset;
    word_type type;
    double min, max;
} word_row;

#define ROW(word, member, type, min, max)                                                          \
    {                                                                                              \
        word, offsetof(zs_traffic_stream, member), type, min, max                                  \
    }
static const word_row words[] = {
    ROW("size", size_bytes, WORD_U32, 1, 65536),
    ROW("W", outstanding, WORD_U32, 1, 65536),
    ROW("n", request_n, WORD_U32, 1, 16777216),
    ROW("gap", gap, WORD_F64, 0, 1e9),
    ROW("rgap", rgap, WORD_F64, 0, 1e9),
    ROW("base", base, WORD_U64, 0, 1e15),
    ROW("basew", write_base, WORD_U64, 0, 1e15),
    ROW("region", region_bytes, WORD_U64, 1, 1e15),
    ROW("stride", stride_bytes, WORD_U64, 0, 1e15),
    ROW("align", align_bytes, WORD_U64, 1, 1e15),
    ROW("seed", seed, WORD_U64, 0, 1e15),
    ROW("rows", rows, WORD_U64, 1, 1e9),
    ROW("rowd", row_pitch_bytes, WORD_U64, 0, 1e15),
    ROW("L", line_bytes, WORD_U64, 1, 1e15),
    ROW("P", line_pitch_bytes, WORD_U64, 0, 1e15),
};
#undef ROW

static const char *const patterns[] = {"seq", "stride", "rand", "pp", "tile"};

typedef struct place_text {
    char text[64];
} place_text;

static place_text place_of(uint32_t stream, const char *word)
{
    place_text place;
    snprintf(place.text, sizeof place.text, "stream %u%s%.40s", stream + 1, word[0] ? ", " : "",
             word);
    return place;
}

static zs_status set_number(zs_traffic_stream *s, const word_row *row, const char *text,
                            const char *place, zs_err *err)
{
    double value = 0;
    const char *end = zs_read_real(text, &value);
    if (row->type == WORD_U64 && strncmp(text, "0x", 2) == 0) {
        const size_t digits = strspn(text + 2, "0123456789abcdefABCDEF");
        value = (double)strtoull(text + 2, NULL, 16);
        end = digits > 0 ? text + 2 + digits : NULL;
    }
    if (end == NULL || *end != '\0')
        return zs_fail(err, ZS_EPARSE, place, "\"%.40s\" is not a number", text);
    if (!(value >= row->min && value <= row->max))
        return zs_fail(err, ZS_ERANGE, place, "%.40s is outside %.0f to %.0f", text, row->min,
                       row->max);
    if (row->type != WORD_F64 && (double)(uint64_t)value < value)
        return zs_fail(err, ZS_EPARSE, place, "%.40s is not a whole number", text);
    void *field = (char *)s + row->offset;
    if (row->type == WORD_F64) {
        memcpy(field, &value, sizeof value);
    } else if (row->type == WORD_U64) {
        const uint64_t u = (uint64_t)value;
        memcpy(field, &u, sizeof u);
    } else {
        const uint32_t u = (uint32_t)value;
        memcpy(field, &u, sizeof u);
    }
    return ZS_OK;
}

enum { RATIO_MAX = 9999 };

static zs_status set_direction(zs_traffic_stream *s, const char *text, const char *place,
                               zs_err *err)
{
    uint64_t reads = strcmp(text, "R") == 0, writes = strcmp(text, "W") == 0;
    if (text[0] == 'M') {
        const char *at = zs_read_count(text + 1, &reads);
        at = at != NULL && *at == ':' ? zs_read_count(at + 1, &writes) : NULL;
        if (at == NULL || *at != '\0' || reads > RATIO_MAX || writes > RATIO_MAX)
            reads = writes = 0;
    }
    if (reads + writes == 0)
        return zs_fail(err, ZS_EPARSE, place, "\"%.40s\" is not R, W or Mr:w", text);
    s->reads = (uint32_t)reads;
    s->writes = (uint32_t)writes;
    return ZS_OK;
}

static zs_status set_pattern(zs_traffic_stream *s, const char *text, const char *place, zs_err *err)
{
    for (size_t i = 0; i < ZS_LEN(patterns); i++)
        if (strcmp(text, patterns[i]) == 0) {
            s->pattern = (zs_traffic_pattern)i;
            return ZS_OK;
        }
    return zs_fail(err, ZS_EPARSE, place, "\"%.40s\" is not seq, stride, rand, pp or tile", text);
}

static zs_status set_port(zs_traffic_stream *s, const char *text, const char *place, zs_err *err)
{
    for (uint32_t i = 0; i < ZS_PORT_COUNT; i++)
        if (strcmp(text, zs_words_port[i].word) == 0) {
            s->port = i;
            return ZS_OK;
        }
    return zs_fail(err, ZS_EPARSE, place, "\"%.40s\" is not an AXI port: hp0 to hp3, acp, gp0, gp1",
                   text);
}

static zs_status set_word(zs_traffic_stream *s, uint32_t stream, char *word, zs_err *err)
{
    const place_text place = place_of(stream, word);
    char *value = strchr(word, '=');
    if (value == NULL)
        return zs_fail(err, ZS_EPARSE, place.text, "a word must have the form key=value");
    *value++ = '\0';
    if (strcmp(word, "dir") == 0)
        return set_direction(s, value, place.text, err);
    if (strcmp(word, "pat") == 0)
        return set_pattern(s, value, place.text, err);
    if (strcmp(word, "port") == 0)
        return set_port(s, value, place.text, err);
    for (size_t i = 0; i < ZS_LEN(words); i++)
        if (strcmp(word, words[i].name) == 0)
            return set_number(s, &words[i], value, place.text, err);
    return zs_fail(err, ZS_EPARSE, place.text, "\"%.40s\" is not a key of a traffic stream", word);
}

static zs_status check_stream(const zs_traffic_stream *s, uint32_t stream, zs_err *err)
{
    const place_text place = place_of(stream, "");
    if (s->reads + s->writes == 0 || s->size_bytes == 0 || s->request_n == 0)
        return zs_fail(err, ZS_EPARSE, place.text, "dir, size and n must be given");
    if (s->port != ZS_TRAFFIC_NO_PORT && (s->gap > 0 || s->rgap > 0 || s->outstanding > 0))
        return zs_fail(err, ZS_EPARSE, place.text,
                       "a port keeps in flight what it can: no W, gap or rgap");
    if (s->port == ZS_TRAFFIC_NO_PORT && (s->gap > 0) == (s->outstanding > 0))
        return zs_fail(err, ZS_EPARSE, place.text, "exactly one of W and gap must be given");
    if (s->pattern == ZS_TRAFFIC_TILE && s->line_bytes < s->size_bytes)
        return zs_fail(err, ZS_ERANGE, place.text, "L must be at least the size of a request, %u",
                       s->size_bytes);
    if (s->pattern == ZS_TRAFFIC_RAND && s->region_bytes < s->align_bytes)
        return zs_fail(err, ZS_ERANGE, place.text, "the region is smaller than the alignment");
    return ZS_OK;
}

static zs_status parse_stream(char *text, uint32_t stream, zs_traffic_stream *out, zs_err *err)
{
    zs_traffic_stream s = {
        .region_bytes = UINT64_C(1) << 29, .seed = 1, .rows = 1, .port = ZS_TRAFFIC_NO_PORT};
    char *rest = text;
    for (char *word; (word = strtok_r(rest, " \t\r\n", &rest)) != NULL;)
        ZS_TRY(set_word(&s, stream, word, err));
    if (s.align_bytes == 0)
        s.align_bytes = s.size_bytes;
    ZS_TRY(check_stream(&s, stream, err));
    *out = s;
    return ZS_OK;
}

zs_status zs_traffic_parse(const char *spec, zs_traffic *out, zs_err *err)
{
    zs_traffic t = {0};
    char text[1024];
    const char *from = spec;
    for (;;) {
        const size_t bytes = strcspn(from, "|");
        if (t.stream_n == ZS_TRAFFIC_STREAMS)
            return zs_fail(err, ZS_ERANGE, "streams", "more than %d streams", ZS_TRAFFIC_STREAMS);
        if (bytes >= sizeof text)
            return zs_fail(err, ZS_ERANGE, place_of(t.stream_n, "").text,
                           "a stream's text is longer than %zu characters", sizeof text - 1);
        memcpy(text, from, bytes);
        text[bytes] = '\0';
        ZS_TRY(parse_stream(text, t.stream_n, &t.streams[t.stream_n], err));
        t.stream_n++;
        if (from[bytes] == '\0')
            break;
        from += bytes + 1;
    }
    *out = t;
    return ZS_OK;
}
