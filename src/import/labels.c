#include "zynqsim/import.h"

#include <string.h>

/* "n01440764 " */
static size_t wordnet_id_length(const char *line, size_t n)
{
    enum { ID = 9 };
    if (n < ID + 1 || line[0] != 'n' || line[ID] != ' ')
        return 0;
    for (size_t i = 1; i < ID; i++)
        if (line[i] < '0' || line[i] > '9')
            return 0;
    return ID + 1;
}

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines + (n > 0 && text[n - 1] != '\n');
}

static char *label_of(zs_arena *arena, const char *line, size_t n)
{
    const size_t skip = wordnet_id_length(line, n);
    if (n > 0 && line[n - 1] == '\r')
        n--;
    return zs_arena_strndup(arena, line + skip, n - skip);
}

zs_status zs_labels_parse(zs_arena *arena, zs_span bytes, const char *path,
                          const char *const **labels, uint32_t *n, zs_err *err)
{
    const bool marked = bytes.bytes >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0;
    const size_t skip = marked ? 3 : 0; /* byte order mark */
    if (bytes.bytes == skip)
        return zs_fail(err, ZS_EPARSE, path, "no class names in the file");
    const char *at = (const char *)bytes.data + skip, *end = at + bytes.bytes - skip;
    if (memchr(at, '\0', (size_t)(end - at)) != NULL)
        return zs_fail(err, ZS_EPARSE, path, "zero bytes in what should be a text of class names");
    const size_t lines = count_lines(at, (size_t)(end - at));
    if (lines > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu class names are too many", lines);
    const char **list = zs_new(arena, const char *, lines);
    if (list == NULL)
        return zs_nomem(err, path);
    for (size_t i = 0; i < lines; i++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        list[i] = label_of(arena, at, (size_t)(stop - at));
        if (list[i] == NULL)
            return zs_nomem(err, path);
        at = stop + 1;
    }
    *labels = list;
    *n = (uint32_t)lines;
    return ZS_OK;
}
