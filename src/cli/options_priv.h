/* options_priv.h - what options there are, for what reads and lists them.
 *
 * Flow     option_tables.c says what options each command takes, and where their values go;
 *          options.c puts those of a command line there, checks them, and prints the help.
 * Memory   one command line at a time, in cli_raw. */
#ifndef ZYNQSIM_OPTIONS_PRIV_H
#define ZYNQSIM_OPTIONS_PRIV_H

#include "cli_priv.h"

typedef enum cli_option_kind {
    CLI_FLAG,   /* bool */
    CLI_WORD,   /* const char *: text of the command line */
    CLI_LIST,   /* char **: one text each time it comes */
    CLI_NUMBER, /* int */
    CLI_COUNT   /* long long, from 0 */
} cli_option_kind;

typedef struct cli_option {
    const char *name;
    char letter; /* 0: has none */
    cli_option_kind kind;
    void *place;
    const char *meaning;
    const char *value; /* what to call it in the help */
} cli_option;

enum { CLI_GIVEN_MAX = 32, CLI_GROUP_MAX = 6 };

/* What was given, before it is checked. Texts are those of the command line, which stays. */
typedef struct cli_raw_options {
    struct {
        const cli_option *option;
        const char *text;
    } given[CLI_GIVEN_MAX]; /* options of one value */
    uint32_t given_n;
    char **room, **next; /* of the lists and the arguments; one block */
    cli_options options; /* but for what the texts below become */
    const char *design, *fidelity, *format;
} cli_raw_options;

/* Of the one command line of a program: tables of options hold addresses, which are constants. */
extern cli_raw_options cli_raw;

/* The tables of a command, each ending with an option without a name. */
typedef struct cli_command_groups {
    const char *command;
    const cli_option *group[CLI_GROUP_MAX];
} cli_command_groups;

/* The tables of the command of this name; NULL: there is no such command. */
const cli_command_groups *cli_option_groups(const char *command);

#endif
