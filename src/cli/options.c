#include "cli_priv.h"

#include <assert.h>
#include <popt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    return zs_fail(err, ZS_EUSAGE, option, "'%s' is not one of %s", text, all);
}

/* ---- the table of options -------------------------------------------------------------------- */

enum { GIVEN_MAX = 32 };

/* The text of an option with one value; popt's own copy is lost when the option comes again. */
typedef struct given_value {
    const struct poptOption *option;
    char *text;
} given_value;

/* Where popt puts what it reads, before it is checked. */
typedef struct raw_options {
    given_value given[GIVEN_MAX]; /* [val - 1]; of words, what the member below points to */
    char **set, **inputs, **against, **vary, **where;
    char *design, *model, *weights, *labels, *out, *fidelity, *format, *trace, *trace_layers;
    char *output, *plot, *x, *y, *junit;
    char *merge, *pareto, *pareto_out, *best, *shard;
    long long limit;
    int trace_limit, jobs, timing_only, quiet, plan, fields, metrics, layers, bless, help;
} raw_options;

enum { TRACE_LIMIT = 65536, TRACE_LIMIT_MAX = 1 << 24 };

static raw_options raw; /* popt tables hold addresses, so these have to be constants */

#define ARGV POPT_ARG_ARGV
#define WORD POPT_ARG_STRING
#define FLAG POPT_ARG_NONE

static struct poptOption design_options[] = {
    {"set", 0, ARGV, &raw.set, 0, "set one key of the design, after the file; repeatable",
     "KEY=VALUE"},
    {"model", 0, WORD, &raw.model, 0,
     "network: a name in models/, or a .yaml, .onnx or .caffemodel file", "MODEL"},
    {"weights", 0, WORD, &raw.weights, 0,
     "synthetic[:SEED], or a file with the weights of a YAML network", "WEIGHTS"},
    POPT_TABLEEND};

static struct poptOption run_options[] = {
    {"input", 0, ARGV, &raw.inputs, 0,
     "JPEG, PNG, PPM or .npy file, or synthetic[:SEED]; repeatable", "INPUT"},
    {"labels", 0, WORD, &raw.labels, 0, "text file with one class name a line", "FILE"},
    {"fidelity", 0, WORD, &raw.fidelity, 0, "timing model: bound, tile or burst (default burst)",
     "LEVEL"},
    {"timing-only", 0, FLAG, &raw.timing_only, 0,
     "count cycles and bytes without executing the network", NULL},
    {"jobs", 0, POPT_ARG_INT, &raw.jobs, 0,
     "threads: with two, numerics follow the timing on the second (default: processors)", "N"},
    {"out", 0, WORD, &raw.out, 0,
     "also write result.json, layers.csv, output.npy, roofline.svg and report.html", "DIR"},
    {"trace", 0, WORD, &raw.trace, 0,
     "also write a timeline (.json: Perfetto, chrome://tracing) or a waveform (.vcd: GTKWave)",
     "FILE"},
    {"trace-layers", 0, WORD, &raw.trace_layers, 0,
     "trace these layers or calls only: A,B or FIRST..LAST", "LAYERS"},
    {"trace-limit", 0, POPT_ARG_INT, &raw.trace_limit, 0,
     "bursts in a trace at the most, and a quarter of its ops (default 65536)", "N"},
    {"format", 0, WORD, &raw.format, 0,
     "what to print: table, csv (one line per layer) or json (default table)", "FORMAT"},
    {"quiet", 0, FLAG, &raw.quiet, 0, "no progress bar and no messages but errors", NULL},
    POPT_TABLEEND};

static struct poptOption show_options[] = {
    {"plan", 0, FLAG, &raw.plan, 0, "print the ops of the plan, one a line", NULL},
    {"fields", 0, FLAG, &raw.fields, 0, "print the reference of all keys of a design (Markdown)",
     NULL},
    {"metrics", 0, FLAG, &raw.metrics, 0,
     "print the reference of all figures of a result (Markdown)", NULL},
    POPT_TABLEEND};

static struct poptOption set_options[] = {{"set", 0, ARGV, &raw.set, 0,
                                           "set one key of the design, after the file; repeatable",
                                           "KEY=VALUE"},
                                          POPT_TABLEEND};

static struct poptOption memory_options[] = {
    {"design", 0, WORD, &raw.design, 0,
     "design file whose board has the memory (default: the default board)", "DESIGN.yaml"},
    POPT_TABLEEND};

static struct poptOption validate_options[] = {
    {"against", 0, ARGV, &raw.against, 0,
     "judge by these measurements instead of those that come with the program; repeatable",
     "FILE|DIR"},
    POPT_TABLEEND};

static struct poptOption report_options[] = {
    {"output", 'o', WORD, &raw.output, 0, "the file to write: .html, .svg or .pdf", "FILE"},
    {"plot", 0, WORD, &raw.plot, 0,
     "picture of one result: roofline, layers, timeline or bytes (default roofline)", "PLOT"},
    {"x", 0, WORD, &raw.x, 0, "figure of a sweep to the right (default resources.bram18)",
     "COLUMN"},
    {"y", 0, WORD, &raw.y, 0, "figure of a sweep upwards (default cycles)", "COLUMN"},
    POPT_TABLEEND};

static struct poptOption fidelity_options[] = {
    {"fidelity", 0, WORD, &raw.fidelity, 0, "timing model: bound, tile or burst (default burst)",
     "LEVEL"},
    POPT_TABLEEND};

static struct poptOption explain_options[] = {{"fidelity", 0, WORD, &raw.fidelity, 0,
                                               "timing model: bound, tile or burst (default tile)",
                                               "LEVEL"},
                                              POPT_TABLEEND};

static struct poptOption compare_options[] = {
    {"vary", 0, ARGV, &raw.vary, 0,
     "a column for each value of a key: PATH=a,b,c or PATH=lo:hi:step; repeatable", "AXIS"},
    {"layers", 0, FLAG, &raw.layers, 0, "also compare layer by layer", NULL},
    POPT_TABLEEND};

static struct poptOption check_options[] = {
    {"junit", 0, WORD, &raw.junit, 0, "also write the verdicts as JUnit XML", "FILE"},
    {"bless", 0, FLAG, &raw.bless, 0, "rewrite the baseline with the figures of now", NULL},
    {"layers", 0, FLAG, &raw.layers, 0,
     "with --bless: record the layers of all designs that have none, not of new ones only", NULL},
    POPT_TABLEEND};

static struct poptOption sweep_options[] = {
    {"vary", 0, ARGV, &raw.vary, 0,
     "axis: KEY=VALUES with a,b,c or lo:hi:step or lo..hi*k, KEY+KEY= for keys that move together; "
     "repeatable",
     "AXIS"},
    {"where", 0, ARGV, &raw.where, 0,
     "condition on a key or a figure, such as 'resources.dsp <= 220'; repeatable, joined by &&",
     "CONDITION"},
    {"output", 'o', WORD, &raw.output, 0,
     "rows, appended as they finish; one that is there is gone on with; -: standard output, in "
     "order",
     "FILE.csv"},
    {"fidelity", 0, WORD, &raw.fidelity, 0, "timing model: bound, tile or burst (default tile)",
     "LEVEL"},
    {"jobs", 0, POPT_ARG_INT, &raw.jobs, 0, "threads (default: processors)", "N"},
    {"shard", 0, WORD, &raw.shard, 0, "only the points whose number is I modulo N", "I/N"},
    {"limit", 0, POPT_ARG_LONGLONG, &raw.limit, 0, "stop after N points, to go on later", "N"},
    {"pareto", 0, WORD, &raw.pareto, 0,
     "print the points that nothing beats in these figures; max:FIGURE, min:FIGURE say what is "
     "better",
     "FIGURES"},
    {"pareto-out", 0, WORD, &raw.pareto_out, 0,
     "also write all rows, in order, with a column pareto", "FILE.csv"},
    {"best", 0, WORD, &raw.best, 0,
     "simulate only what can still be the best in this figure, and print it", "FIGURE"},
    {"merge", 0, WORD, &raw.merge, 0, "join the files of shards, given as arguments, into this one",
     "FILE.csv"},
    POPT_TABLEEND};

static struct poptOption print_options[] = {
    {"format", 0, WORD, &raw.format, 0, "what to print: table, csv or json", "FORMAT"},
    {"quiet", 0, FLAG, &raw.quiet, 0, "no progress bar and no messages but errors", NULL},
    POPT_TABLEEND};

static struct poptOption help_options[] = {{"help", 'h', FLAG, &raw.help, 0, "this text", NULL},
                                           POPT_TABLEEND};

enum { GROUP_MAX = 6 };
typedef struct command_groups {
    const char *command;
    struct poptOption *group[GROUP_MAX];
} command_groups;

static const command_groups groups_of[] = {
    {"run", {design_options, run_options, help_options}},
    {"show", {design_options, show_options, help_options}},
    {"sweep", {design_options, sweep_options, print_options, help_options}},
    {"schema", {help_options}},
    {"memory", {memory_options, set_options, print_options, help_options}},
    {"report", {report_options, help_options}},
    {"validate", {validate_options, print_options, help_options}},
    {"compare", {compare_options, design_options, fidelity_options, print_options, help_options}},
    {"check", {check_options, set_options, print_options, help_options}},
    {"explain", {explain_options, design_options, print_options, help_options}},
};

/* ---- reading --------------------------------------------------------------------------------- */

static const command_groups *find_groups(const char *command)
{
    for (size_t i = 0; i < ZS_LEN(groups_of); i++)
        if (strcmp(groups_of[i].command, command) == 0)
            return &groups_of[i];
    return NULL;
}

static bool takes_one_value(const struct poptOption *o)
{
    const unsigned type = o->argInfo & POPT_ARG_MASK;
    return type != FLAG && type != ARGV;
}

/* popt wants one table; groups of options are included in it. Options of one value get numbers, so
 * that popt tells each time one comes. */
static void join_groups(const command_groups *groups, struct poptOption *table)
{
    static const struct poptOption end = POPT_TABLEEND;
    size_t n = 0;
    int numbered = 0;
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++) {
        for (struct poptOption *o = groups->group[i]; o->longName != NULL; o++)
            if (takes_one_value(o)) {
                assert(numbered < GIVEN_MAX);
                o->val = ++numbered;
                raw.given[numbered - 1].option = o;
            }
        table[n++] =
            (struct poptOption){.argInfo = POPT_ARG_INCLUDE_TABLE, .arg = groups->group[i]};
    }
    table[n] = end;
}

/* Keeps the text of the option with this number; another one would win without a word. */
static zs_status take_value(given_value *given, char *text, zs_err *err)
{
    const struct poptOption *o = given->option;
    assert(o != NULL);
    if ((o->argInfo & POPT_ARG_MASK) == WORD) {
        free(*(char **)o->arg);
        *(char **)o->arg = text;
    }
    if (given->text == NULL || strcmp(given->text, text) == 0) {
        free(given->text);
        given->text = text;
        return ZS_OK;
    }
    char name[64];
    snprintf(name, sizeof name, "--%s", o->longName);
    const zs_status status =
        zs_fail(err, ZS_EUSAGE, name, "is given twice, with '%s' and '%s'", given->text, text);
    free(given->text);
    given->text = text;
    return status;
}

/* popt's code at the end: -1, or what it did not understand. */
static zs_status take_values(poptContext context, int *code, zs_err *err)
{
    while ((*code = poptGetNextOpt(context)) > 0)
        ZS_TRY(take_value(&raw.given[*code - 1], poptGetOptArg(context), err));
    return ZS_OK;
}

static zs_status bad_option(const command_groups *groups, const char *option, int code, zs_err *err)
{
    if (code != POPT_ERROR_BADOPT)
        return zs_fail(err, ZS_EUSAGE, option, "%s",
                       code == POPT_ERROR_NOARG         ? "needs a value"
                       : code == POPT_ERROR_UNWANTEDARG ? "takes no value"
                       : code == POPT_ERROR_BADNUMBER   ? "the value is not a whole number"
                                                        : poptStrerror(code));
    const char *names[32];
    size_t n = 0;
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++)
        for (const struct poptOption *o = groups->group[i]; o->longName != NULL; o++)
            names[n++] = o->longName;
    const char *word = option + strspn(option, "-");
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
    const char *near = zs_nearest(bare, names, n);
    if (near != NULL)
        return zs_fail(err, ZS_EUSAGE, option, "there is no such option, did you mean --%s?", near);
    return zs_fail(err, ZS_EUSAGE, option, "there is no such option; zynqsim %s --help lists them",
                   groups->command);
}

static zs_status check_values(const cli_command *command, cli_options *o, zs_err *err)
{
    const bool is_quick = command->run == cmd_explain || command->run == cmd_sweep;
    int index = is_quick ? ZS_TILE : ZS_BURST;
    if (raw.fidelity != NULL)
        ZS_TRY(
            word_index("--fidelity", raw.fidelity, zs_fidelity_words, ZS_FIDELITY_N, &index, err));
    o->fidelity = (zs_fidelity)index;
    o->has_fidelity = raw.fidelity != NULL;
    index = (int)command->format;
    if (raw.format != NULL)
        ZS_TRY(word_index("--format", raw.format, format_words, CLI_FORMAT_N, &index, err));
    o->format = (cli_format)index;
    if (raw.jobs < 1)
        return zs_fail(err, ZS_EUSAGE, "--jobs", "%d is below the minimum 1", raw.jobs);
    if (raw.trace_limit < 1 || raw.trace_limit > TRACE_LIMIT_MAX)
        return zs_fail(err, ZS_EUSAGE, "--trace-limit", "%d is outside 1 .. %d", raw.trace_limit,
                       TRACE_LIMIT_MAX);
    if (raw.out != NULL && raw.out[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, "--out", "the name of the directory is empty");
    return ZS_OK;
}

/* What a command takes, as its usage says it: nothing, one file, or any number of [WORD]... */
static zs_status take_arguments(const cli_command *command, poptContext context, cli_options *o,
                                zs_err *err)
{
    static const char *const none[] = {NULL};
    const char *usage = command->arguments;
    const char **words = poptGetArgs(context);
    const bool is_optional = usage[0] == '\0' || usage[0] == '[' || o->fields || o->metrics;
    const size_t max = usage[0] == '\0' ? 0 : o->merge || strstr(usage, "...") ? SIZE_MAX : 1;
    o->words = words != NULL ? words : none;
    size_t n = 0;
    while (o->words[n] != NULL)
        n++;
    if (n > max)
        return zs_fail(err, ZS_EUSAGE, o->words[max],
                       "one argument too many: usage is zynqsim %s %s", command->name, usage);
    if (n == 0 && !is_optional)
        return zs_fail(err, ZS_EUSAGE, command->name, "the %s is missing: usage is zynqsim %s %s",
                       command->needs, command->name, usage);
    o->design_path = command->takes_design ? o->words[0] : raw.design;
    return ZS_OK;
}

static zs_status read_options(const cli_command *command, const command_groups *groups,
                              poptContext context, cli_options *o, zs_err *err)
{
    int code;
    ZS_TRY(take_values(context, &code, err));
    if (code < -1)
        return bad_option(groups, poptBadOption(context, 0), code, err);
    if (raw.help) {
        printf("zynqsim %s: %s\n", command->name, command->meaning);
        poptPrintHelp(context, stdout, 0);
        o->help = true;
        return ZS_OK;
    }
    *o = (cli_options){.set = raw.set,
                       .inputs = raw.inputs,
                       .against = raw.against,
                       .vary = raw.vary,
                       .layers = raw.layers != 0,
                       .bless = raw.bless != 0,
                       .junit = raw.junit,
                       .model = raw.model,
                       .weights = raw.weights,
                       .labels = raw.labels,
                       .out = raw.out,
                       .output = raw.output,
                       .plot = raw.plot,
                       .x = raw.x,
                       .y = raw.y,
                       .trace = raw.trace,
                       .trace_layers = raw.trace_layers,
                       .trace_limit = raw.trace_limit,
                       .where = raw.where,
                       .merge = raw.merge,
                       .pareto = raw.pareto,
                       .pareto_out = raw.pareto_out,
                       .best = raw.best,
                       .shard = raw.shard,
                       .limit = raw.limit,
                       .jobs = raw.jobs,
                       .timing_only = raw.timing_only != 0,
                       .quiet = raw.quiet != 0,
                       .plan = raw.plan != 0,
                       .fields = raw.fields != 0,
                       .metrics = raw.metrics != 0,
                       .context = context};
    ZS_TRY(check_values(command, o, err));
    return take_arguments(command, context, o, err);
}

zs_status cli_options_parse(const cli_command *command, int argc, const char **argv,
                            cli_options *out, zs_err *err)
{
    const command_groups *groups = find_groups(command->name);
    struct poptOption table[GROUP_MAX + 1];
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    raw = (raw_options){
        .jobs = processors > 1 ? (int)processors : 1, .trace_limit = TRACE_LIMIT, .limit = -1};
    join_groups(groups, table);
    char usage[64];
    snprintf(usage, sizeof usage, "[OPTION]...%s%s", command->arguments[0] ? " " : "",
             command->arguments);
    char name[64];
    snprintf(name, sizeof name, "zynqsim %s", command->name);
    argv[0] = name; /* what popt's usage line begins with */
    poptContext context = poptGetContext("zynqsim", argc, argv, table, 0);
    if (context == NULL)
        return zs_nomem(err, "options");
    poptSetOtherOptionHelp(context, usage);
    cli_options options = {.context = context};
    const zs_status status = read_options(command, groups, context, &options, err);
    *out = options;
    out->context = context;
    return status;
}

static void drop_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

void cli_options_drop(cli_options *options)
{
    if (options->context != NULL)
        poptFreeContext(options->context);
    drop_list(raw.set);
    drop_list(raw.inputs);
    drop_list(raw.against);
    drop_list(raw.vary);
    drop_list(raw.where);
    for (size_t i = 0; i < GIVEN_MAX; i++)
        free(raw.given[i].text);
    raw = (raw_options){0};
    *options = (cli_options){0};
}
