#include "zynqsim/table.h"

#include <string.h>

/* The cell that begins at `at`, unquoted in place; the character behind it goes to *next. NULL:
 * quotes do not close, or something follows them. */
static char *cut_cell(char *at, char **next)
{
    if (*at != '"') {
        *next = at + strcspn(at, ",");
        return at;
    }
    char *const text = ++at, *to = text;
    for (;; at++) {
        if (*at == '\0')
            return NULL;
        if (*at == '"' && *++at != '"')
            break;
        *to++ = *at;
    }
    if (*at != ',' && *at != '\0')
        return NULL;
    *next = at;
    *to = '\0';
    return text;
}

bool zs_csv_line_cut(char *line, const char **cells, uint32_t room, uint32_t *n)
{
    uint32_t count = 0;
    for (char *at = line;; at++) {
        char *next;
        const char *cell = cut_cell(at, &next);
        if (cell == NULL || count == room)
            return false;
        cells[count++] = cell;
        at = next;
        const bool more = *at == ',';
        *at = '\0';
        if (!more)
            break;
    }
    *n = count;
    return true;
}
