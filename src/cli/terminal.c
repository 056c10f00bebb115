#include "cli_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Names in messages come from files: a terminal must not obey them. Control characters are also
 * U+0080 to U+009F, two bytes in UTF-8. */
static void print_plain(const char *text)
{
    for (; *text; text++) {
        const bool is_c1 = (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] >= 0x80 &&
                           (unsigned char)text[1] < 0xa0;
        putc(is_c1 || (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, stderr);
        text += is_c1;
    }
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

bool cli_terminal_has_codes(void)
{
    const char *term = getenv("TERM");
    return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

zs_table_style cli_terminal_style(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const bool is_terminal = isatty(STDOUT_FILENO);
    struct winsize size = {0};
    if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size.ws_col = 0;
    return (zs_table_style){.colour = is_terminal && cli_terminal_has_codes() &&
                                      (no_colour == NULL || no_colour[0] == '\0'),
                            .columns = size.ws_col};
}
