#include "options_priv.h"
#include "zynqsim/search.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The options of a command line, and the help that lists them. */

enum { LISTS = 10, TRACE_LIMIT_MAX = 1 << 24 };

cli_raw_options cli_raw;

/* ---- values that are words ------------------------------------------------------------------- */

static const char *const format_words[CLI_FORMAT_N] = {"table", "csv", "json"};

static zs_status word_index(const char *option, const char *text, const char *const *words,
                            size_t n, int *out, zs_err *err)
{
    char all[64] = "";
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = (int)i;
            return ZS_OK;
        }
        const size_t at = strlen(all);
        snprintf(all + at, sizeof all - at, "%s%s", i ? i + 1 == n ? " or " : ", " : "", words[i]);
    }
    const char *near = zs_nearest(text, words, n);
    return zs_fail(err, ZS_EUSAGE, option, "'%s' is not one of %s%s%s%s", text, all,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ---- help ------------------------------------------------------------------------------------ */

enum { HELP_COLUMNS = 79, HELP_GAP = 5 };

static size_t help_columns(void)
{
    struct winsize window;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > HELP_COLUMNS / 2)
        return window.ws_col - 1u;
    return HELP_COLUMNS;
}

/* "-o, --output=FILE" */
static size_t help_left(const cli_option *o, char *text, size_t bytes)
{
    char letter[8] = "    ";
    if (o->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    const char *joint = o->value == NULL ? "" : o->kind == CLI_LIST ? " " : "=";
    const int n = snprintf(text, bytes, "%s--%s%s%s", letter, o->name, joint,
                           o->value != NULL ? o->value : "");
    return n > 0 ? (size_t)n : 0;
}

/* Broken at spaces. */
static void print_meaning(const char *text, size_t width, size_t indent)
{
    while (strlen(text) > width) {
        size_t n = width - 1;
        while (n > 0 && text[n] != ' ')
            n--;
        if (n == 0)
            break;
        printf("%.*s\n%*s", (int)n, text, (int)indent, "");
        text += n + 1;
    }
    printf("%s\n", text);
}

static void print_help(const cli_command *command, const cli_command_groups *groups)
{
    char left[64];
    size_t widest = 0;
    for (size_t i = 0; i < CLI_GROUP_MAX && groups->group[i] != NULL; i++)
        for (const cli_option *o = groups->group[i]; o->name != NULL; o++) {
            const size_t n = help_left(o, left, sizeof left);
            widest = n > widest ? n : widest;
        }
    const size_t indent = 2 + widest + HELP_GAP;
    printf("zynqsim %s: %s\n", command->name, command->meaning);
    printf("Usage: zynqsim %s [OPTION]...%s%s\n", command->name, command->arguments[0] ? " " : "",
           command->arguments);
    for (size_t i = 0; i < CLI_GROUP_MAX && groups->group[i] != NULL; i++)
        for (const cli_option *o = groups->group[i]; o->name != NULL; o++) {
            help_left(o, left, sizeof left);
            printf("  %-*s", (int)(widest + HELP_GAP), left);
            print_meaning(o->meaning, help_columns() - indent, indent);
        }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The option whose name is the first `bytes` of a text, or whose letter is (bytes 0). */
static const cli_option *find_option(const cli_command_groups *groups, const char *name,
                                     size_t bytes)
{
    for (size_t i = 0; i < CLI_GROUP_MAX && groups->group[i] != NULL; i++)
        for (const cli_option *o = groups->group[i]; o->name != NULL; o++)
            if (bytes > 0 ? strlen(o->name) == bytes && memcmp(o->name, name, bytes) == 0
                          : o->letter != 0 && o->letter == *name)
                return o;
    return NULL;
}

static zs_status unknown_option(const cli_command_groups *groups, const char *text, zs_err *err)
{
    const char *names[32];
    size_t n = 0;
    for (size_t i = 0; i < CLI_GROUP_MAX && groups->group[i] != NULL; i++)
        for (const cli_option *o = groups->group[i]; o->name != NULL && n < ZS_LEN(names); o++)
            names[n++] = o->name;
    const char *word = text + strspn(text, "-");
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
    const char *near = zs_nearest(bare, names, n);
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, text, "there is no such option, did you mean --%s?", near);
    return zs_fail(err, ZS_EUSAGE, text, "there is no such option; zynqsim %s --help lists them",
                   groups->command);
}

/* Another value would win without a word. */
static zs_status note_given(const cli_option *o, const char *name, const char *text, zs_err *err)
{
    for (uint32_t i = 0; i < cli_raw.given_n; i++) {
        if (cli_raw.given[i].option->place != o->place)
            continue;
        if (strcmp(cli_raw.given[i].text, text) == 0)
            return ZS_OK;
        return zs_fail(err, ZS_EUSAGE, name, "is given twice, with '%s' and '%s'",
                       cli_raw.given[i].text, text);
    }
    assert(cli_raw.given_n < CLI_GIVEN_MAX);
    cli_raw.given[cli_raw.given_n].option = o;
    cli_raw.given[cli_raw.given_n++].text = text;
    return ZS_OK;
}

static bool is_given(const void *place)
{
    for (uint32_t i = 0; i < cli_raw.given_n; i++)
        if (cli_raw.given[i].option->place == place)
            return true;
    return false;
}

zs_status cli_whole_number(const char *text, const char *place, long long *out, zs_err *err)
{
    const char *digits = text + (text[0] == '-');
    const size_t n = strspn(digits, "0123456789");
    if (n == 0 || digits[n] != '\0')
        return zs_fail(err, ZS_EUSAGE, place, "'%.40s' is not a whole number", text);
    if (digits[0] == '0' && n > 1)
        return zs_fail(err, ZS_EUSAGE, place, "'%.40s' has zeros in front: octal or decimal?",
                       text);
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    if (errno != 0)
        return zs_fail(err, ZS_EUSAGE, place, "'%.40s' is too large", text);
    *out = value;
    return ZS_OK;
}

/* A list is made where it begins, long enough for all arguments. */
static void append(char ***list, const char *text, int argc)
{
    size_t n = 0;
    if (*list == NULL) {
        *list = cli_raw.next;
        cli_raw.next += argc + 1;
    }
    while ((*list)[n] != NULL)
        n++;
    (*list)[n] = (char *)text;
}

static zs_status take_option(const cli_option *o, const char *text, int argc, zs_err *err)
{
    char name[64];
    long long number = 0;
    snprintf(name, sizeof name, "--%s", o->name);
    if (o->kind == CLI_FLAG) {
        *(bool *)o->place = true;
        return ZS_OK;
    }
    if (o->kind == CLI_LIST && text[0] != '\0') {
        append(o->place, text, argc);
        return ZS_OK;
    }
    if (text[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, name, "the value is empty, a %s is needed", o->value);
    ZS_TRY(note_given(o, name, text, err));
    if (o->kind == CLI_WORD) {
        *(const char **)o->place = text;
        return ZS_OK;
    }
    ZS_TRY(cli_whole_number(text, name, &number, err));
    if (o->kind == CLI_NUMBER && (number > INT_MAX || number < INT_MIN))
        return zs_fail(err, ZS_EUSAGE, name, "'%.40s' is too large", text);
    if (o->kind == CLI_COUNT && number < 0)
        return zs_fail(err, ZS_EUSAGE, name, "%lld is below the minimum 0", number);
    if (o->kind == CLI_NUMBER)
        *(int *)o->place = (int)number;
    else
        *(long long *)o->place = number;
    return ZS_OK;
}

/* --set KEY VALUE: what follows was meant to be the value; --set "KEY: VALUE" is how files have it.
 */
static zs_status check_setting(const cli_option *o, const char *text, const char *next, zs_err *err)
{
    const bool is_axis = o->place == &cli_raw.options.vary || o->place == &cli_raw.options.over;
    const char *form = is_axis ? "KEY=VALUES" : "KEY=VALUE";
    char name[16];
    if ((o->place != &cli_raw.options.set && !is_axis) || text[0] == '\0' ||
        strchr(text, '=') != NULL)
        return ZS_OK;
    snprintf(name, sizeof name, "--%s", o->name);
    const char *colon = strstr(text, ": ");
    if (colon != NULL && colon > text)
        return zs_fail(err, ZS_EUSAGE, name, "'%s' is not of the form %s, did you mean '%.*s=%s'?",
                       text, form, (int)(colon - text), text, colon + 2);
    if (next == NULL || next[0] == '-')
        return zs_fail(err, ZS_EUSAGE, name, "'%s' is not of the form %s", text, form);
    const bool has_blanks = strpbrk(next, " \t;&|()[]{}*?<>$") != NULL;
    return zs_fail(err, ZS_EUSAGE, name, "'%s' is not of the form %s, did you mean --%s %s%s=%s%s?",
                   text, form, o->name, has_blanks ? "'" : "", text, next, has_blanks ? "'" : "");
}

/* argv[*at] begins with a dash: --name, --name=value, -l, -lvalue, with the value in what follows
 * where it is not there. */
static zs_status read_option(const cli_command_groups *groups, int argc, const char **argv, int *at,
                             zs_err *err)
{
    const char *text = argv[*at];
    const bool is_long = text[1] == '-';
    const char *name = text + 1 + is_long;
    const size_t bytes = is_long ? strcspn(name, "=") : 0;
    const cli_option *o = is_long && bytes == 0 ? NULL : find_option(groups, name, bytes);
    if (o == NULL)
        return unknown_option(groups, text, err);
    const char *behind = name + (is_long ? bytes : 1);
    const bool has_value = *behind != '\0';
    if (o->kind == CLI_FLAG && has_value)
        return zs_fail(err, ZS_EUSAGE, text, "takes no value");
    if (o->kind != CLI_FLAG && !has_value) {
        if (*at + 1 >= argc)
            return zs_fail(err, ZS_EUSAGE, text, "needs a value");
        ZS_TRY(check_setting(o, argv[*at + 1], *at + 2 < argc ? argv[*at + 2] : NULL, err));
        return take_option(o, argv[++*at], argc, err);
    }
    ZS_TRY(check_setting(o, behind + (*behind == '='), *at + 1 < argc ? argv[*at + 1] : NULL, err));
    return take_option(o, behind + (*behind == '='), argc, err);
}

static zs_status check_values(const cli_command *command, cli_options *o, zs_err *err)
{
    const bool is_quick = command->run == cmd_explain || command->run == cmd_sweep ||
                          command->run == cmd_train || command->run == cmd_accuracy ||
                          command->run == cmd_optimise || command->run == cmd_init;
    int index = is_quick ? ZS_TILE : ZS_BURST;
    if (cli_raw.fidelity != NULL)
        ZS_TRY(word_index("--fidelity", cli_raw.fidelity, zs_fidelity_words, ZS_FIDELITY_N, &index,
                          err));
    o->fidelity = (zs_fidelity)index;
    o->has_fidelity = cli_raw.fidelity != NULL;
    index = (int)command->format;
    if (cli_raw.format != NULL)
        ZS_TRY(word_index("--format", cli_raw.format, format_words, CLI_FORMAT_N, &index, err));
    o->format = (cli_format)index;
    o->has_format = cli_raw.format != NULL;
    if (cli_raw.options.jobs < 1)
        return zs_fail(err, ZS_EUSAGE, "--jobs", "%d is below the minimum 1", cli_raw.options.jobs);
    if (cli_raw.options.top < 0 || cli_raw.options.top > ZS_SEARCH_TOP)
        return zs_fail(err, ZS_EUSAGE, "--top", "%d is outside 0 .. %d", cli_raw.options.top,
                       ZS_SEARCH_TOP);
    if (cli_raw.options.epochs < 1)
        return zs_fail(err, ZS_EUSAGE, "--epochs", "%d is below the minimum 1",
                       cli_raw.options.epochs);
    if (is_given(&cli_raw.options.images) && cli_raw.options.images < 1)
        return zs_fail(err, ZS_EUSAGE, "--images", "%d is below the minimum 1",
                       cli_raw.options.images);
    if (cli_raw.options.trace_limit < 1 || cli_raw.options.trace_limit > TRACE_LIMIT_MAX)
        return zs_fail(err, ZS_EUSAGE, "--trace-limit", "%d is outside 1 .. %d",
                       cli_raw.options.trace_limit, TRACE_LIMIT_MAX);
    if (cli_raw.options.out != NULL && cli_raw.options.out[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, "--out", "the name of the directory is empty");
    return ZS_OK;
}

/* What a command takes, as its usage says it: nothing, one file, or any number of [WORD]... */
static zs_status check_arguments(const cli_command *command, cli_options *o, zs_err *err)
{
    const char *usage = command->arguments;
    const bool is_optional = usage[0] == '\0' || usage[0] == '[' || o->fields || o->metrics ||
                             o->operators || o->models || o->boards;
    const size_t max = usage[0] == '\0' ? 0 : o->merge || strstr(usage, "...") ? SIZE_MAX : 1;
    size_t n = 0;
    while (o->words[n] != NULL)
        n++;
    if (n > max)
        return zs_fail(err, ZS_EUSAGE, o->words[max],
                       "one argument too many: usage is zynqsim %s%s%s", command->name,
                       max > 0 ? " " : "", usage);
    if (n == 0 && !is_optional)
        return zs_fail(err, ZS_EUSAGE, command->name, "the %s is missing: usage is zynqsim %s %s",
                       command->needs, command->name, usage);
    o->design_path = command->takes_design ? o->words[0] : cli_raw.design;
    return ZS_OK;
}

zs_status cli_options_parse(const cli_command *command, int argc, const char **argv, cli_options *o,
                            zs_err *err)
{
    const cli_command_groups *groups = cli_option_groups(command->name);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char **words = NULL;
    bool only_words = false;
    cli_raw = (cli_raw_options){.options = {.jobs = processors > 1 ? (int)processors : 1,
                                            .trace_limit = CLI_TRACE_LIMIT,
                                            .limit = -1,
                                            .epochs = 1,
                                            .simulations = -1,
                                            .words_limit = -1,
                                            .lut_limit = -1,
                                            .bram_limit = -1}};
    cli_raw.room = calloc((size_t)LISTS * ((size_t)argc + 1), sizeof *cli_raw.room);
    if (cli_raw.room == NULL)
        return zs_nomem(err, "options");
    cli_raw.next = cli_raw.room;
    words = cli_raw.next;
    cli_raw.next += argc + 1;
    for (int at = 1, n = 0; at < argc; at++) {
        if (only_words || argv[at][0] != '-' || argv[at][1] == '\0')
            words[n++] = (char *)argv[at];
        else if (strcmp(argv[at], "--") == 0)
            only_words = true;
        else
            ZS_TRY(read_option(groups, argc, argv, &at, err));
    }
    if (cli_raw.options.help) {
        print_help(command, groups);
        o->help = true;
        return ZS_OK;
    }
    *o = cli_raw.options;
    o->words = (const char *const *)words;
    ZS_TRY(check_values(command, o, err));
    return check_arguments(command, o, err);
}

void cli_options_drop(cli_options *options)
{
    free(cli_raw.room);
    cli_raw = (cli_raw_options){0};
    *options = (cli_options){0};
}
