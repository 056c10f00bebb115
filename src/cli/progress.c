#include "cli_priv.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

double cli_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void cli_progress_begin(cli_progress *progress, uint64_t total, bool quiet)
{
    *progress = (cli_progress){.total = total > 0 ? total : 1,
                               .begin_s = cli_seconds(),
                               .wanted = !quiet && isatty(STDERR_FILENO),
                               .in_lines = !cli_terminal_has_codes()};
}

#define LINE_S 30.0 /* from line to line */

static void say(cli_progress *p, double now)
{
    char text[80];
    const double share = (double)p->done / (double)p->total, spent = now - p->begin_s;
    snprintf(text, sizeof text, "%.0f %% after %.0f s", 100 * share, spent);
    cli_say("progress", text);
    p->shown_s = now;
}

static void draw(cli_progress *p, double now)
{
    enum { WIDTH = 40 };
    char bar[WIDTH + 1];
    const double share = (double)p->done / (double)p->total;
    const size_t full = share < 1 ? (size_t)(share * WIDTH) : WIDTH;
    memset(bar, '.', WIDTH);
    memset(bar, '#', full);
    bar[WIDTH] = '\0';
    const double spent = now - p->begin_s;
    const double left = share > 0 ? spent / share - spent : 0;
    fprintf(stderr, "\r[%s] %3.0f %%  %.0f s left \033[K", bar, 100 * share, left);
    p->visible = true;
    p->shown_s = now;
}

void cli_progress_step(cli_progress *p, uint64_t steps)
{
    /* The clock is read once in 1024 steps at the most: a step may be one op of a plan. */
    const uint64_t before = p->done >> 10;
    p->done += steps;
    if (!p->wanted || before == p->done >> 10)
        return;
    const double now = cli_seconds();
    if (p->in_lines) {
        if (now - p->begin_s > LINE_S && now - p->shown_s > LINE_S)
            say(p, now);
        return;
    }
    if (now - p->begin_s > 1.0 && now - p->shown_s > 0.1)
        draw(p, now);
}

void cli_progress_end(cli_progress *p)
{
    if (p->visible)
        fputs("\r\033[K", stderr);
    p->visible = false;
}
