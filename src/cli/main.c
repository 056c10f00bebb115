#include "cli_priv.h"
#include "zynqsim/version.h"

#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_command commands[] = {
#define COMMAND(name, function, arguments, needs, takes_design, format, meaning)                   \
    {name, function, arguments, meaning, needs, takes_design, format},
#include "commands.def"
#undef COMMAND
};

static int exit_status_of(zs_status status)
{
    switch (status) {
    case ZS_OK:
        return CLI_DONE;
    case ZS_EUSAGE:
    case ZS_EPARSE:
    case ZS_ERANGE:
    case ZS_ESHAPE:
    case ZS_EUNSUPPORTED:
        return CLI_WRONG;
    case ZS_ESTUCK:
        return CLI_NO;
    default:
        return CLI_FAILED;
    }
}

static void print_error(zs_status status, const zs_err *err)
{
    const char *text = err->text[0]          ? err->text
                       : status == ZS_ENOMEM ? "out of memory"
                                             : "the output could not be written";
    cli_say(err->place, text);
}

static void print_usage(FILE *stream)
{
    fputs("Usage: zynqsim COMMAND [OPTION]...\n\n"
          "Cycle-approximate simulator of CNN accelerators on the Zynq-7020.\n\nCommands:\n",
          stream);
    for (size_t i = 0; i < ZS_LEN(commands); i++)
        fprintf(stream, "  %-10s%-16s%s\n", commands[i].name, commands[i].arguments,
                commands[i].meaning);
    fputs("\nOptions:\n"
          "  -h, --help      this text; zynqsim COMMAND --help lists the options of a command\n"
          "  -V, --version   version of the program\n\n"
          "Exit status: 0 done; 1 the answer is no (the design does not fit, a prediction is "
          "outside\n"
          "its tolerance, a figure moved); 2 wrong usage or input; 3 the machine failed (files, "
          "memory);\n130 interrupted.\n",
          stream);
}

static const cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < ZS_LEN(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static zs_status unknown_command(const char *name, zs_err *err)
{
    static const char *const options[] = {"help", "version"};
    const char *names[ZS_LEN(commands) + 1] = {"help"};
    for (size_t i = 0; i < ZS_LEN(commands); i++)
        names[i + 1] = commands[i].name;
    const bool is_option = name[0] == '-';
    const char *near = is_option ? zs_nearest(name + strspn(name, "-"), options, ZS_LEN(options))
                                 : zs_nearest(name, names, ZS_LEN(names));
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, name, "there is no such %s, did you mean %s%s?",
                       is_option ? "option" : "command", is_option ? "--" : "", near);
    if (is_option)
        return zs_fail(
            err, ZS_EUSAGE, name,
            "there is no such option without a command, which comes first; zynqsim --help "
            "lists the commands");
    near = zs_nearest(name, options, ZS_LEN(options));
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, name, "there is no such command, did you mean --%s?", near);
    return zs_fail(err, ZS_EUSAGE, name, "there is no such command; zynqsim --help lists them");
}

static zs_status dispatch(int argc, const char **argv, int *exit_status, zs_err *err)
{
    if (argc < 2) {
        print_usage(stderr);
        *exit_status = CLI_WRONG;
        return ZS_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return ZS_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("zynqsim %s, models %s\n", ZS_VERSION, cli_models);
        return ZS_OK;
    }
    const char *of_one[] = {argv[0], argc > 2 ? argv[2] : NULL, "--help"};
    if (strcmp(argv[1], "help") == 0) {
        if (argc > 3)
            return zs_fail(err, ZS_EUSAGE, argv[3],
                           "one argument too many: usage is zynqsim help "
                           "[COMMAND]");
        if (argc < 3) {
            print_usage(stdout);
            return ZS_OK;
        }
        argv = of_one; /* as COMMAND --help */
        argc = 3;
    }
    const cli_command *command = find_command(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1], err);
    cli_options options = {0};
    zs_status status = cli_options_parse(command, argc - 1, argv + 1, &options, err);
    if (status == ZS_OK && !options.help)
        status = command->run(&options, exit_status, err);
    cli_options_drop(&options);
    return status;
}

/* Points of a sweep ask for the same megabytes again and again: what they free stays mapped, so
 * that the next one need not have it cleared by the system. */
static void keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

/* jansson's reader does not look at every request, loses a character and then aborts. */
static void *json_memory(size_t bytes)
{
    void *block = malloc(bytes);
    if (block == NULL) {
        cli_say("JSON", "out of memory");
        _exit(CLI_FAILED);
    }
    return block;
}

int cli_main(int argc, char **argv)
{
    keep_freed_memory();
    json_set_alloc_funcs(json_memory, free);
    cli_command_line_is(argc, (const char *const *)argv);
    /* a closed pipe is a failed write: files are still put in order */
    const bool may_end = signal(SIGPIPE, SIG_IGN) != SIG_IGN;
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a full disk like any other */
    zs_err err = {0};
    int exit_status = CLI_DONE;
    zs_status status = dispatch(argc, (const char **)argv, &exit_status, &err);
    zs_err closing = {0};
    const zs_status closed = cli_stdout_close(&closing);
    if (closed != ZS_OK && (status == ZS_OK || status == ZS_EIO)) {
        status = closed;
        err = closing;
    }
    if (status == ZS_EIO && may_end && cli_stdout_is_broken()) { /* `| head` has seen enough */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    /* what could not be looked up for want of memory is no fault of the input */
    if (exit_status_of(status) == CLI_WRONG && cli_heap_was_refused()) {
        status = ZS_ENOMEM;
        err.text[0] = '\0';
    }
    if (status != ZS_OK) {
        print_error(status, &err);
        return exit_status_of(status);
    }
    return exit_status;
}
