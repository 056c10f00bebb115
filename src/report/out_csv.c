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

/* Sixteen digits first: most values that were computed need them or one more. */
void zs_real_text(double value, char *text, size_t bytes)
{
    char shorter[32];
    const int n = snprintf(text, bytes, "%.16g", value);
    if (strtod(text, NULL) != value) {
        snprintf(text, bytes, "%.17g", value);
        return;
    }
    if (n < 16) /* of which zeros at the end are gone already */
        return;
    snprintf(shorter, sizeof shorter, "%.15g", value);
    if (strtod(shorter, NULL) == value)
        snprintf(text, bytes, "%s", shorter);
}

void zs_out_real(zs_out *out, double value)
{
    char text[32];
    zs_real_text(value, text, sizeof text);
    zs_out_text(out, text);
}
