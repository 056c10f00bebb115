/* Messages of protobuf in their text form, which protobuf-c writes no reader for: its descriptors
 * say where each field lies, of what type it is and what its enumerations are called. Fields that
 * the schema leaves out are skipped, as in the binary form. */
#include "import_net_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 32 };

typedef struct text {
    zs_arena *arena;
    const char *path, *at, *end;
    uint32_t line;
    char token[512]; /* of names and numbers; "" at the end; one character for all others */
    bool is_string;  /* what comes next is a quoted string, not in `token` */
    zs_err *err;
} text;

static zs_status fail(const text *t, const char *fmt, ...) ZS_PRINTF(2, 3);
static zs_status fail(const text *t, const char *fmt, ...)
{
    char what[256], place[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    snprintf(place, sizeof place, "%s:%u", t->path, t->line);
    return zs_fail(t->err, ZS_EPARSE, place, "%s", what);
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_.+-/", c) != NULL);
}

/* Reads what comes next, past spaces and comments. */
static zs_status next(text *t)
{
    size_t n = 0;
    for (; t->at < t->end; t->at++) {
        if (*t->at == '#')
            while (t->at + 1 < t->end && t->at[1] != '\n')
                t->at++;
        else if (*t->at == '\0' || strchr(" \t\r\n\v\f", *t->at) == NULL)
            break;
        t->line += *t->at == '\n';
    }
    t->is_string = t->at < t->end && (*t->at == '"' || *t->at == '\'');
    t->token[0] = '\0';
    if (t->at == t->end || t->is_string)
        return ZS_OK;
    if (!is_word(*t->at))
        t->token[n++] = *t->at++;
    else
        while (t->at < t->end && is_word(*t->at)) {
            if (n + 1 == sizeof t->token)
                return fail(t, "a word of more than %zu characters", sizeof t->token - 1);
            t->token[n++] = *t->at++;
        }
    t->token[n] = '\0';
    return n == 1 && t->token[0] == '\0' ? fail(t, "a zero byte") : ZS_OK;
}

static bool is_next(const text *t, char c)
{
    return t->token[0] == c && t->token[1] == '\0';
}

/* The character that an escape stands for; *at is behind the backslash. */
static char unescape(const char **at, const char *end)
{
    static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    const char c = *(*at)++;
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    const bool is_hex = c == 'x' || c == 'X';
    unsigned value = 0;
    if (name != NULL)
        return values[name - names];
    if (!is_hex && (c < '0' || c > '7'))
        return c;
    *at -= !is_hex;
    for (int i = 0; i < (is_hex ? 2 : 3) && *at < end; i++, (*at)++) {
        const char *digits = "0123456789abcdef";
        const char low = (char)(**at >= 'A' && **at <= 'F' ? **at + 32 : **at);
        const char *digit = low != '\0' ? strchr(digits, low) : NULL;
        if (digit == NULL || (!is_hex && digit - digits > 7))
            break;
        value = value * (is_hex ? 16 : 8) + (unsigned)(digit - digits);
    }
    return (char)value;
}

/* Strings that follow each other are one. */
static zs_status read_string(text *t, char **out, size_t *bytes)
{
    char *s = zs_new(t->arena, char, 1);
    size_t n = 0;
    while (t->is_string) {
        const char quote = *t->at++, *stop = t->at;
        while (stop < t->end && *stop != quote && *stop != '\n')
            stop += *stop == '\\' && stop + 1 < t->end ? 2 : 1;
        if (stop >= t->end || *stop == '\n')
            return fail(t, "a string without its closing quote");
        char *longer = zs_arena_alloc_raw(t->arena, n + (size_t)(stop - t->at) + 1, 1);
        if (s == NULL || longer == NULL)
            return zs_nomem(t->err, "a text");
        memcpy(longer, s, n);
        s = longer;
        while (t->at < stop)
            if (*t->at == '\\')
                t->at++, s[n++] = unescape(&t->at, stop);
            else
                s[n++] = *t->at++;
        s[n] = '\0';
        t->at = stop + 1;
        ZS_TRY(next(t));
    }
    *out = s;
    *bytes = n;
    return ZS_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static zs_status read_real(text *t, const ProtobufCFieldDescriptor *field, void *to)
{
    double value = 0;
    const char *end = t->token[0] != '+' ? zs_read_real(t->token, &value) : NULL;
    if (end == NULL || !isfinite(value) || (end[0] != '\0' && strcasecmp(end, "f") != 0))
        return fail(t, "%s is '%.40s', not a number", field->name, t->token);
    if (field->type == PROTOBUF_C_TYPE_DOUBLE)
        memcpy(to, &value, sizeof value);
    else
        memcpy(to, &(const float){(float)value}, sizeof(float));
    return ZS_OK;
}

static zs_status read_whole(text *t, const ProtobufCFieldDescriptor *field, void *to)
{
    const bool is_wide =
        field->type == PROTOBUF_C_TYPE_INT64 || field->type == PROTOBUF_C_TYPE_UINT64;
    const bool has_sign =
        field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_INT64;
    char *end = NULL;
    errno = 0;
    const intmax_t value = strtoimax(t->token, &end, 0);
    if (end == t->token || *end != '\0' || t->token[0] == '+')
        return fail(t, "%s is '%.40s', not a whole number", field->name, t->token);
    const intmax_t least = !has_sign ? 0 : is_wide ? INT64_MIN : INT32_MIN;
    const intmax_t most = is_wide ? INT64_MAX : has_sign ? INT32_MAX : (intmax_t)UINT32_MAX;
    if (errno != 0 || value < least || value > most)
        return fail(t, "%s is %.40s, outside %jd..%jd", field->name, t->token, least, most);
    if (is_wide)
        memcpy(to, &(const int64_t){value}, 8);
    else
        memcpy(to, &(const uint32_t){(uint32_t)value}, 4);
    return ZS_OK;
}

static zs_status read_bool(text *t, const ProtobufCFieldDescriptor *field, void *to)
{
    static const char *const words[2][4] = {{"false", "f", "0", "False"},
                                            {"true", "t", "1", "True"}};
    for (size_t value = 0; value < 2; value++)
        for (size_t i = 0; i < 4; i++)
            if (strcmp(t->token, words[value][i]) == 0) {
                memcpy(to, &(const protobuf_c_boolean){(protobuf_c_boolean)value},
                       sizeof(protobuf_c_boolean));
                return ZS_OK;
            }
    return fail(t, "%s is '%.40s', neither true nor false", field->name, t->token);
}

static zs_status read_enum(text *t, const ProtobufCFieldDescriptor *field, void *to)
{
    const ProtobufCEnumDescriptor *names = field->descriptor;
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(names, t->token);
    if (found == NULL && t->token[0] >= '0' && t->token[0] <= '9')
        return read_whole(t, field, to);
    if (found == NULL)
        return fail(t, "%s is '%.40s', which it cannot be", field->name, t->token);
    memcpy(to, &found->value, sizeof found->value);
    return ZS_OK;
}

static zs_status read_message(text *t, const ProtobufCMessageDescriptor *type, char close,
                              uint32_t depth, ProtobufCMessage **out);

/* One value of a field that is no message. */
static zs_status read_value(text *t, const ProtobufCFieldDescriptor *field, void *to)
{
    if (t->is_string) {
        char *s;
        size_t n;
        if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES)
            return fail(t, "%s is a text", field->name);
        ZS_TRY(read_string(t, &s, &n));
        if (field->type == PROTOBUF_C_TYPE_STRING)
            memcpy(to, &s, sizeof s);
        else
            memcpy(to, &(const ProtobufCBinaryData){.len = n, .data = (uint8_t *)s},
                   sizeof(ProtobufCBinaryData));
        return ZS_OK;
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        ZS_TRY(read_real(t, field, to));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        ZS_TRY(read_bool(t, field, to));
        break;
    case PROTOBUF_C_TYPE_ENUM:
        ZS_TRY(read_enum(t, field, to));
        break;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return fail(t, "%s needs a text in quotes, not '%.40s'", field->name, t->token);
    default:
        ZS_TRY(read_whole(t, field, to));
    }
    return next(t);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Where the next value of the field goes: its member, or a place at the end of its list, whose
 * length doubles from one power of two to the next. */
static void *place_of(text *t, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    uint8_t *base = (uint8_t *)message;
    const size_t bytes = size_of(field);
    size_t n;
    void *list;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        const bool is_pointer =
            field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
        if (field->quantifier_offset != 0 && !is_pointer)
            memcpy(base + field->quantifier_offset, &(const protobuf_c_boolean){1},
                   sizeof(protobuf_c_boolean));
        return base + field->offset;
    }
    memcpy(&n, base + field->quantifier_offset, sizeof n);
    memcpy(&list, base + field->offset, sizeof list);
    if ((n & (n - 1)) == 0) {
        void *longer = zs_arena_alloc_raw(t->arena, n > 0 ? 2 * n : 1, bytes);
        if (longer == NULL)
            return NULL;
        if (n > 0)
            memcpy(longer, list, n * bytes);
        memcpy(base + field->offset, &longer, sizeof longer);
        list = longer;
    }
    memset((uint8_t *)list + n * bytes, 0, bytes);
    n++;
    memcpy(base + field->quantifier_offset, &n, sizeof n);
    return (uint8_t *)list + (n - 1) * bytes;
}

/* A field that the schema does not have: a value, a list of them, or braces that match. */
static zs_status skip(text *t, uint32_t depth)
{
    static const char opens[] = "{<[", closes[] = "}>]";
    char open[DEPTH_MAX + 1]; /* what closes each of them */
    uint32_t n = 0;
    do {
        const char c = t->is_string ? '"' : t->token[0];
        const char *opened = c != '\0' ? strchr(opens, c) : NULL;
        if (t->is_string) {
            char *s;
            size_t bytes;
            ZS_TRY(read_string(t, &s, &bytes));
            continue;
        }
        if (opened != NULL)
            open[n++] = closes[opened - opens];
        else if (c != '\0' && strchr(closes, c) != NULL && (n == 0 || open[--n] != c))
            return fail(t, "'%c' closes nothing", c);
        else if (c == '\0')
            return fail(t, "the file ends within a field");
        if (n + depth > DEPTH_MAX)
            return fail(t, "messages nest deeper than %d", DEPTH_MAX);
        ZS_TRY(next(t));
    } while (n > 0);
    return ZS_OK;
}

static zs_status read_one(text *t, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          uint32_t depth)
{
    void *to = place_of(t, message, field);
    if (to == NULL)
        return zs_nomem(t->err, "a message");
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return read_value(t, field, to);
    ProtobufCMessage *inner;
    const char close = is_next(t, '{') ? '}' : '>';
    if (!is_next(t, '{') && !is_next(t, '<'))
        return fail(t, "%s needs braces, not '%.40s'", field->name, t->token);
    ZS_TRY(next(t));
    ZS_TRY(read_message(t, field->descriptor, close, depth + 1, &inner));
    memcpy(to, &inner, sizeof(void *));
    return next(t);
}

static zs_status read_field(text *t, ProtobufCMessage *message, uint32_t depth)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, t->token);
    if (field == NULL && strcmp(t->token, "base") == 0) /* a name that C has no room for */
        field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "base_");
    if (t->is_string || !is_word(t->token[0]))
        return fail(t, "'%.40s' where the name of a field should be",
                    t->is_string ? "\"" : t->token);
    ZS_TRY(next(t));
    const bool has_colon = is_next(t, ':');
    if (has_colon)
        ZS_TRY(next(t));
    if (field == NULL)
        return skip(t, depth);
    if (!has_colon && field->type != PROTOBUF_C_TYPE_MESSAGE)
        return fail(t, "a colon is missing behind %s", field->name);
    if (!is_next(t, '[') || field->label != PROTOBUF_C_LABEL_REPEATED)
        return read_one(t, message, field, depth);
    ZS_TRY(next(t));
    while (!is_next(t, ']')) {
        ZS_TRY(read_one(t, message, field, depth));
        if (is_next(t, ','))
            ZS_TRY(next(t));
    }
    return next(t);
}

/* Up to its closing character; 0: the end of the file. */
static zs_status read_message(text *t, const ProtobufCMessageDescriptor *type, char close,
                              uint32_t depth, ProtobufCMessage **out)
{
    ProtobufCMessage *message = zs_arena_alloc_raw(t->arena, 1, type->sizeof_message);
    if (message == NULL)
        return zs_nomem(t->err, "a message");
    if (depth > DEPTH_MAX)
        return fail(t, "messages nest deeper than %d", DEPTH_MAX);
    protobuf_c_message_init(type, message);
    while (t->is_string || t->token[0] != '\0') {
        if (close != '\0' && is_next(t, close))
            break;
        ZS_TRY(read_field(t, message, depth));
        if (is_next(t, ',') || is_next(t, ';'))
            ZS_TRY(next(t));
    }
    if (close != '\0' && !is_next(t, close))
        return fail(t, "the file ends before a message does: '%c' is missing", close);
    *out = message;
    return ZS_OK;
}

zs_status zs_proto_parse_text(zs_arena *arena, const ProtobufCMessageDescriptor *type,
                              zs_span bytes, const char *path, void **out, zs_err *err)
{
    ProtobufCMessage *message;
    text *t = zs_new(arena, text, 1);
    if (t == NULL)
        return zs_nomem(err, "a text");
    t->arena = arena;
    t->path = path;
    t->at = (const char *)bytes.data;
    t->end = t->at + bytes.bytes;
    t->line = 1;
    t->err = err;
    if (bytes.bytes == 0)
        return fail(t, "the file is empty");
    ZS_TRY(next(t));
    ZS_TRY(read_message(t, type, '\0', 0, &message));
    *out = message;
    return ZS_OK;
}
