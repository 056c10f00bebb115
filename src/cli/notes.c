#include "cli_priv.h"

#include <stdio.h>

void cli_note(cli_point *point, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *kept = zs_arena_strdup(&point->keep, text);
    if (kept != NULL && point->note_n < CLI_NOTES_MAX)
        point->notes[point->note_n++] = kept;
}
