#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Names in messages come from files: a terminal must not obey them. */
static void print_plain(const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, stderr);
}

void cli_say(const char *place, const char *text)
{
    fputs("zynqsim: ", stderr);
    if (place[0]) {
        print_plain(place);
        fputs(": ", stderr);
    }
    print_plain(text);
    putc('\n', stderr);
}

volatile sig_atomic_t cli_interrupted;

static void interrupt(int signal_number)
{
    cli_interrupted = signal_number;
}

void cli_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

zs_table_style cli_terminal_style(void)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    const bool is_terminal = isatty(STDOUT_FILENO);
    struct winsize size = {0};
    if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size.ws_col = 0;
    return (zs_table_style){.colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0') &&
                                      (term == NULL || strcmp(term, "dumb") != 0),
                            .columns = size.ws_col};
}
