#include "import_net_priv.h"

#include "zynqsim/import.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef enum npy_kind { NPY_FLOAT, NPY_SIGNED, NPY_UNSIGNED } npy_kind;

static const struct npy_type {
    const char *name;
    npy_kind kind;
    size_t bytes;
} npy_types[] = {
    {"<f4", NPY_FLOAT, 4},    {"<f2", NPY_FLOAT, 2},    {"<f8", NPY_FLOAT, 8},
    {"|i1", NPY_SIGNED, 1},   {"<i2", NPY_SIGNED, 2},   {"<i4", NPY_SIGNED, 4},
    {"<i8", NPY_SIGNED, 8},   {"|u1", NPY_UNSIGNED, 1}, {"<u2", NPY_UNSIGNED, 2},
    {"<u4", NPY_UNSIGNED, 4}, {"<u8", NPY_UNSIGNED, 8}, {"|b1", NPY_UNSIGNED, 1},
};

/* The header is the text of a Python dictionary:
 * {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 227, 227), } */
typedef struct header {
    const char *at, *end;
    const char *path;
    zs_err *err;
    bool has_type, has_order, has_shape, is_fortran;
    const struct npy_type *type;
    uint64_t dims[ZS_RANK_MAX];
    uint32_t dim_n;
} header;

static zs_status bad_header(const header *h, const char *what)
{
    return zs_fail(h->err, ZS_EPARSE, h->path, "NPY header: %s", what);
}

static void skip_blanks(header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t'))
        h->at++;
}

static bool take(header *h, char c)
{
    skip_blanks(h);
    if (h->at == h->end || *h->at != c)
        return false;
    h->at++;
    return true;
}

static bool take_word(header *h, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
        return false;
    h->at += n;
    return true;
}

/* 'text' or "text", without escapes. */
static zs_status read_string(header *h, char text[32])
{
    const char quote = take(h, '\'') ? '\'' : '"';
    if (quote == '"' && !take(h, '"'))
        return bad_header(h, "a quoted name is missing");
    const char *stop = memchr(h->at, quote, (size_t)(h->end - h->at));
    const size_t n = stop ? (size_t)(stop - h->at) : 0;
    if (stop == NULL || n >= 32)
        return bad_header(h, "a name does not end within 31 characters");
    memcpy(text, h->at, n);
    text[n] = '\0';
    h->at = stop + 1;
    return ZS_OK;
}

static zs_status read_type(header *h)
{
    char type[32];
    ZS_TRY(read_string(h, type));
    for (size_t i = 0; i < ZS_LEN(npy_types); i++)
        if (strcmp(type, npy_types[i].name) == 0)
            h->type = &npy_types[i];
    if (h->type == NULL)
        return zs_fail(h->err, ZS_EUNSUPPORTED, h->path,
                       "elements of type '%s'; floats, integers and truth values of this machine's "
                       "order ('<f4', '<f2', '<i8', '|u1', ...) can be read",
                       type);
    h->has_type = true;
    return ZS_OK;
}

static zs_status read_order(header *h)
{
    h->is_fortran = take_word(h, "True");
    if (!h->is_fortran && !take_word(h, "False"))
        return bad_header(h, "fortran_order is neither True nor False");
    h->has_order = true;
    return ZS_OK;
}

static zs_status read_dim(header *h, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;
    skip_blanks(h);
    const bool begins_with_0 = h->at < h->end && *h->at == '0';
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++, digits++)
        if (!zs_mul_u64(value, 10, &value) || !zs_add_u64(value, (uint64_t)(*h->at - '0'), &value))
            return bad_header(h, "a size of more than 64 bits");
    if (digits == 0)
        return bad_header(h, "a size of the shape is missing");
    if (digits > 1 && begins_with_0)
        return bad_header(h, "a size of the shape has zeros in front");
    *out = value;
    return ZS_OK;
}

static zs_status read_shape(header *h)
{
    if (!take(h, '('))
        return bad_header(h, "the shape is not in parentheses");
    for (h->dim_n = 0; !take(h, ')');) {
        if (h->dim_n == ZS_RANK_MAX)
            return zs_fail(h->err, ZS_EUNSUPPORTED, h->path, "more than %d dimensions",
                           ZS_RANK_MAX);
        ZS_TRY(read_dim(h, &h->dims[h->dim_n++]));
        if (!take(h, ',')) {
            if (!take(h, ')'))
                return bad_header(h, "the shape does not end in ')'");
            break;
        }
    }
    h->has_shape = true;
    return ZS_OK;
}

static zs_status read_entry(header *h)
{
    char key[32];
    ZS_TRY(read_string(h, key));
    if (!take(h, ':'))
        return bad_header(h, "no ':' after a name");
    const bool is_type = strcmp(key, "descr") == 0, is_order = strcmp(key, "fortran_order") == 0;
    if (!is_type && !is_order && strcmp(key, "shape") != 0)
        return zs_fail(h->err, ZS_EPARSE, h->path, "NPY header: unknown name '%s'", key);
    if (is_type ? h->has_type : is_order ? h->has_order : h->has_shape)
        return zs_fail(h->err, ZS_EPARSE, h->path, "NPY header: %s is given twice", key);
    return is_type ? read_type(h) : is_order ? read_order(h) : read_shape(h);
}

static zs_status read_dictionary(header *h)
{
    if (!take(h, '{'))
        return bad_header(h, "it does not start with '{'");
    while (!take(h, '}')) {
        ZS_TRY(read_entry(h));
        if (!take(h, ',') && (h->at == h->end || *h->at != '}'))
            return bad_header(h, "no ',' between entries");
    }
    skip_blanks(h);
    if (h->at != h->end)
        return bad_header(h, "text after '}'");
    if (!h->has_type || !h->has_order || !h->has_shape)
        return bad_header(h, "descr, fortran_order or shape is missing");
    return ZS_OK;
}

/* Where the dictionary and the numbers begin: format 1.0 has a 16-bit length, 2.0 a 32-bit one. */
static zs_status find_header(zs_span bytes, header *h, size_t *data_at)
{
    const uint8_t *b = bytes.data;
    if (bytes.bytes < 10 || memcmp(b, "\x93NUMPY", 6) != 0)
        return zs_fail(h->err, ZS_EPARSE, h->path, "not an NPY file (%zu bytes)", bytes.bytes);
    if ((b[6] != 1 && b[6] != 2) || b[7] != 0)
        return zs_fail(h->err, ZS_EUNSUPPORTED, h->path,
                       "NPY format %u.%u, but only 1.0 and 2.0 can be read", b[6], b[7]);
    const size_t start = b[6] == 1 ? 10 : 12;
    uint64_t n = (uint64_t)b[8] | (uint64_t)b[9] << 8;
    if (b[6] == 2 && bytes.bytes >= start)
        n |= (uint64_t)b[10] << 16 | (uint64_t)b[11] << 24;
    if (bytes.bytes < start || n > bytes.bytes - start)
        return zs_fail(h->err, ZS_EPARSE, h->path, "the NPY header ends after the file (%zu bytes)",
                       bytes.bytes);
    h->at = (const char *)b + start;
    h->end = h->at + n;
    if (memchr(h->at, 0, (size_t)n) != NULL)
        return bad_header(h, "a zero byte in its text");
    *data_at = start + (size_t)n;
    return ZS_OK;
}

static zs_status count_elems(const header *h, size_t data_bytes, size_t *out)
{
    uint64_t n = 1, need = 0;
    for (uint32_t i = 0; i < h->dim_n; i++) {
        if (h->dims[i] == 0)
            return zs_fail(h->err, ZS_ESHAPE, h->path, "dimension %u of the array is 0",
                           (unsigned)i + 1);
        if (!zs_mul_u64(n, h->dims[i], &n))
            return bad_header(h, "the shape has more than 2^64 elements");
    }
    if (!zs_mul_u64(n, h->type->bytes, &need))
        return bad_header(h, "the shape has more than 2^64 bytes");
    if (need != data_bytes)
        return zs_fail(h->err, ZS_EPARSE, h->path,
                       "%zu bytes of numbers, but the shape takes %" PRIu64, data_bytes, need);
    *out = (size_t)n;
    return ZS_OK;
}

static float number(const struct npy_type *type, const uint8_t *b)
{
    uint64_t bits = 0;
    for (size_t i = type->bytes; i-- > 0;)
        bits = bits << 8 | b[i];
    if (type->kind == NPY_UNSIGNED)
        return (float)bits;
    if (type->kind == NPY_SIGNED) {
        const unsigned unused = (64 - 8 * (unsigned)type->bytes) & 63;
        return (float)((int64_t)(bits << unused) >> unused);
    }
    if (type->bytes == 2)
        return zs_float_of_half((uint32_t)bits);
    if (type->bytes == 8) {
        double wide;
        memcpy(&wide, &bits, sizeof wide);
        return (float)wide;
    }
    const uint32_t word = (uint32_t)bits;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Numbers at any alignment, the first dimension running fastest in Fortran order; infinities and
 * NaN are no pixels. */
static zs_status read_numbers(const header *h, const uint8_t *b, size_t n, float *out)
{
    uint64_t at[ZS_RANK_MAX] = {0};
    for (size_t i = 0; i < n; i++, b += h->type->bytes) {
        size_t to = i;
        if (h->is_fortran) {
            to = 0;
            for (uint32_t d = 0; d < h->dim_n; d++)
                to = to * h->dims[d] + at[d];
            for (uint32_t d = 0; d < h->dim_n && ++at[d] == h->dims[d]; d++)
                at[d] = 0;
        }
        out[to] = number(h->type, b);
        if (!isfinite(out[to]))
            return zs_fail(h->err, ZS_ERANGE, h->path, "element %zu is %s", i,
                           isnan(out[to]) ? "not a number" : "infinite");
    }
    return ZS_OK;
}

zs_status zs_npy_parse(zs_arena *arena, zs_span bytes, const char *path, zs_npy *out, zs_err *err)
{
    header h = {.path = path, .err = err};
    size_t data_at = 0, n = 0;
    ZS_TRY(find_header(bytes, &h, &data_at));
    ZS_TRY(read_dictionary(&h));
    ZS_TRY(count_elems(&h, bytes.bytes - data_at, &n));
    float *data = zs_arena_alloc_raw(arena, n, sizeof *data);
    if (data == NULL)
        return zs_nomem(err, path);
    ZS_TRY(read_numbers(&h, bytes.data + data_at, n, data));
    zs_npy npy = {
        .data = data, .dims = {1, 1, 1, 1}, .rank = h.dim_n, .is_int = h.type->kind != NPY_FLOAT};
    for (uint32_t i = 0; i < h.dim_n; i++) {
        npy.own[i] = h.dims[i];
        if (h.dim_n <= 4)
            npy.dims[4 - h.dim_n + i] = h.dims[i];
        else
            npy.dims[i + 3 < h.dim_n ? 0 : 4 + i - h.dim_n] *= h.dims[i];
    }
    *out = npy;
    return ZS_OK;
}
