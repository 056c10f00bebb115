#include "design_priv.h"

#include <string.h>

/* Lists in one line, as YAML and command lines write them: [pool1, 'a, b', "c]"]. */

/* Bytes of a quoted item with its quotes; 0 where the text at `at` is none: a name may begin with a
 * quote, or have one within. */
static size_t quoted_bytes(const char *at)
{
    const char quote = at[0];
    size_t i = 1;
    if (quote != '\'' && quote != '"')
        return 0;
    for (; at[i] != '\0'; i++) {
        if (quote == '"' && at[i] == '\\' && at[i + 1] != '\0')
            i++;
        else if (at[i] == quote && (quote == '"' || at[i + 1] != quote))
            break;
        else if (at[i] == quote)
            i++;
    }
    if (at[i] == '\0')
        return 0;
    const char after = at[i + 1 + strspn(at + i + 1, " ")];
    return after == ',' || after == ']' || after == '\0' ? i + 1 : 0;
}

static size_t item_bytes(const char *at)
{
    const size_t quoted = quoted_bytes(at);
    return quoted > 0 ? quoted + strspn(at + quoted, " ") : strcspn(at, ",]");
}

/* Without quotes, blanks behind it, and what stands for a quote within. */
static char *take_item(zs_arena *arena, const char *at, size_t bytes)
{
    const size_t quoted = quoted_bytes(at);
    while (quoted == 0 && bytes > 0 && at[bytes - 1] == ' ')
        bytes--;
    char *item = zs_arena_strndup(arena, at, bytes);
    size_t n = 0;
    if (item == NULL || quoted == 0)
        return item;
    for (size_t i = 1; i + 1 < quoted; i++) {
        i += (at[0] == '"' && at[i] == '\\') || (at[0] == '\'' && at[i] == '\'');
        item[n++] = at[i];
    }
    item[n] = '\0';
    return item;
}

zs_status zs_list_cut(zs_arena *arena, const char *text, const char ***out, uint32_t *n,
                      zs_err *err)
{
    uint32_t most = 1;
    for (const char *c = text; *c != '\0'; c++)
        most += *c == ',';
    const char **items = *out = zs_new(arena, const char *, most);
    if (items == NULL)
        return zs_nomem(err, "design");
    const char *at = text + strspn(text, " [");
    *n = 0;
    for (bool more = true; more; at++) {
        at += strspn(at, " ");
        const size_t bytes = item_bytes(at);
        if ((items[(*n)++] = take_item(arena, at, bytes)) == NULL)
            return zs_nomem(err, "design");
        at += bytes;
        more = *at == ',';
    }
    return ZS_OK;
}

size_t zs_list_bytes(const char *text)
{
    const char *at = text + strspn(text, " [");
    for (bool more = true; more; at += more) {
        at += strspn(at, " ");
        at += item_bytes(at);
        more = *at == ',';
    }
    return (size_t)(at - text);
}

bool zs_list_is_bracketed(const char *text)
{
    const size_t n = strlen(text);
    return n > 1 && text[0] == '[' && text[n - 1] == ']';
}
