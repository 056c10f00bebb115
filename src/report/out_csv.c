#include "out_priv.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Readers drop blanks around a cell that is not quoted, and baselines have comments behind #. */
static bool is_plain(const char *text)
{
    const size_t n = strlen(text);
    return strpbrk(text, ",\"\r\n") == NULL && text[0] != '#' &&
           (n == 0 || (strchr(" \t", text[0]) == NULL && strchr(" \t", text[n - 1]) == NULL));
}

/* libcsv writes into memory: at most every byte twice and two quotes. */
void zs_out_csv(zs_out *out, const char *text)
{
    if (text == NULL || is_plain(text)) {
        zs_out_text(out, text == NULL ? "" : text);
        return;
    }
    const size_t bytes = strlen(text);
    const size_t room = 2 * bytes + 2;
    char *quoted = malloc(room + 1);
    if (quoted == NULL) {
        out->status = out->status == ZS_OK ? ZS_ENOMEM : out->status;
        return;
    }
    const size_t written = csv_write(quoted, room, text, bytes);
    quoted[written] = '\0';
    zs_out_text(out, quoted);
    free(quoted);
}

void zs_real_text(double value, char *text, size_t bytes)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, bytes, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
}

void zs_out_real(zs_out *out, double value)
{
    char text[32];
    zs_real_text(value, text, sizeof text);
    zs_out_text(out, text);
}
