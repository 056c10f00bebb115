#include "cli_priv.h"
#include "zynqsim/search.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
    const char *near = zs_nearest(text, words, n);
    return zs_fail(err, ZS_EUSAGE, option, "'%s' is not one of %s%s%s%s", text, all,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ---- the table of options -------------------------------------------------------------------- */

typedef enum option_kind {
    FLAG,   /* bool */
    WORD,   /* const char *: text of the command line */
    LIST,   /* char **: one text each time it comes */
    NUMBER, /* int */
    COUNT   /* long long, from 0 */
} option_kind;

typedef struct option {
    const char *name;
    char letter; /* 0: has none */
    option_kind kind;
    void *place;
    const char *meaning;
    const char *value; /* what to call it in the help */
} option;

enum { LISTS = 10, GIVEN_MAX = 32 };

/* What was given, before it is checked. Texts are those of the command line, which stays. */
typedef struct raw_options {
    struct {
        const option *option;
        const char *text;
    } given[GIVEN_MAX]; /* options of one value */
    uint32_t given_n;
    char **room, **next; /* of the lists and the arguments; one block */
    cli_options options; /* but for what the texts below become */
    const char *design, *fidelity, *format;
} raw_options;

enum { TRACE_LIMIT_MAX = 1 << 24 };

static raw_options raw; /* tables hold addresses, so these have to be constants */

static const option design_options[] = {
    {"set", 0, LIST, &raw.options.set, "set one key of the design, after the file; repeatable",
     "KEY=VALUE"},
    {"model", 0, WORD, &raw.options.model,
     "network: a name in models/, or a file (.yaml .onnx .tflite .caffemodel .prototxt .cfg)",
     "MODEL"},
    {"weights", 0, WORD, &raw.options.weights,
     "synthetic[:SEED], or a file with the weights of a YAML network", "WEIGHTS"},
    {"folding", 0, WORD, &raw.options.folding,
     "folding file of FINN: PEs, lanes and FIFOs of a streaming pipeline", "FILE.json"},
    {0}};

static const option run_options[] = {
    {"input", 0, LIST, &raw.options.inputs,
     "JPEG, PNG, WebP, PPM or .npy file, or synthetic[:SEED]; with several inputs NAME=FILE; "
     "repeatable",
     "INPUT"},
    {"output", 0, LIST, &raw.options.outputs,
     "use this value or layer as the network's result; repeatable", "NAME"},
    {"labels", 0, WORD, &raw.options.labels, "text file with one class name a line", "FILE"},
    {"ranges", 0, WORD, &raw.options.ranges,
     "store the ranges of the calibration in this file, and reuse them", "FILE"},
    {"fidelity", 0, WORD, &raw.fidelity, "timing model: bound, tile or burst (default burst)",
     "LEVEL"},
    {"timing-only", 0, FLAG, &raw.options.timing_only,
     "count cycles and bytes without executing the network", NULL},
    {"jobs", 0, NUMBER, &raw.options.jobs,
     "threads: with two, numerics follow the timing on the second (default: processors)", "N"},
    {"out", 0, WORD, &raw.options.out,
     "also write result.json, layers.csv, output.npy, roofline.svg and report.html", "DIR"},
    {"trace", 0, WORD, &raw.options.trace,
     "also write a timeline (.json, .json.gz: Perfetto, chrome://tracing) or a waveform (.vcd: "
     "GTKWave)",
     "FILE"},
    {"trace-layers", 0, WORD, &raw.options.trace_layers,
     "trace these layers or calls only: A,B or FIRST..LAST", "LAYERS"},
    {"trace-limit", 0, NUMBER, &raw.options.trace_limit,
     "most bursts in a trace (default 65536), and a quarter of its ops", "N"},
    {"format", 0, WORD, &raw.format,
     "what to print: table, csv (one line per layer) or json (default table)", "FORMAT"},
    {"quiet", 0, FLAG, &raw.options.quiet, "no progress bar and no messages but errors", NULL},
    {0}};

static const option show_options[] = {
    {"plan", 0, FLAG, &raw.options.plan, "print the ops of the plan, one a line", NULL},
    {"schedule", 0, FLAG, &raw.options.schedule,
     "print the tiles and loop orders of all layers, and why, as the section layers of a design",
     NULL},
    {"loops", 0, FLAG, &raw.options.loops,
     "print every loop of every kernel: trips, interval and its cause, time lost to memory", NULL},
    {"kernels", 0, FLAG, &raw.options.kernels,
     "write the kernels of a compiler as OpenCL C, with the launches that a host has to make",
     NULL},
    {"streamline", 0, FLAG, &raw.options.streamline,
     "print how a quantised network became integers and thresholds", NULL},
    {"write-folding", 0, WORD, &raw.options.write_folding,
     "write a folding file of FINN of a streaming pipeline", "FILE.json"},
    {"fields", 0, FLAG, &raw.options.fields,
     "print the reference of all keys of a design (Markdown)", NULL},
    {"metrics", 0, FLAG, &raw.options.metrics,
     "print the reference of all figures of a result (Markdown)", NULL},
    {"operators", 0, FLAG, &raw.options.operators,
     "print the operators of all network formats, and whether engine or PS runs them (Markdown)",
     NULL},
    {"models", 0, FLAG, &raw.options.models, "list the networks of models/", NULL},
    {"boards", 0, FLAG, &raw.options.boards, "list the boards that the program knows", NULL},
    {"graph", 0, WORD, &raw.options.graph,
     "write the network as a picture (.svg) or a zoomable page (.html); needs graphviz", "FILE"},
    {"calibrate", 0, WORD, &raw.options.calibrate,
     "compare the account of resources with a report of the same design: Vivado's "
     "report_utilization or csynth.xml of HLS",
     "REPORT"},
    {"out", 'o', WORD, &raw.options.out,
     "with --calibrate: the file of factors for accelerator.account; with --kernels: the file "
     "of the text",
     "FILE"},
    {0}};

static const option set_options[] = {{"set", 0, LIST, &raw.options.set,
                                      "set one key of the design, after the file; repeatable",
                                      "KEY=VALUE"},
                                     {0}};

static const option memory_options[] = {
    {"design", 0, WORD, &raw.design,
     "design file whose board has the memory (default: the default board)", "DESIGN.yaml"},
    {0}};

static const option validate_options[] = {
    {"against", 0, LIST, &raw.options.against,
     "judge by these measurements instead of those that come with the program; repeatable",
     "FILE|DIR"},
    {0}};

static const option report_options[] = {
    {"output", 'o', WORD, &raw.options.output,
     "the file to write: .html, .svg, .pdf, .png, .eps or .tex (TikZ)", "FILE"},
    {"plot", 0, WORD, &raw.options.plot,
     "picture of one result: roofline, layers, timeline or bytes (default roofline)", "PLOT"},
    {"x", 0, WORD, &raw.options.x, "figure of a sweep to the right (default resources.bram18)",
     "COLUMN"},
    {"y", 0, WORD, &raw.options.y, "figure of a sweep upwards (default cycles)", "COLUMN"},
    {"log", 0, WORD, &raw.options.log,
     "logarithmic axes of a sweep: x, y, xy or none (default: what spans more than a decade)",
     "AXES"},
    {"colour", 0, WORD, &raw.options.colour,
     "colour the points of a sweep by a column, such as a key that was varied", "COLUMN"},
    {0}};

static const option fidelity_options[] = {{"fidelity", 0, WORD, &raw.fidelity,
                                           "timing model: bound, tile or burst (default burst)",
                                           "LEVEL"},
                                          {0}};

static const option explain_options[] = {{"fidelity", 0, WORD, &raw.fidelity,
                                          "timing model: bound, tile or burst (default tile)",
                                          "LEVEL"},
                                         {0}};

static const option compare_options[] = {
    {"vary", 0, LIST, &raw.options.vary,
     "a column for each value of a key: PATH=a,b,c or PATH=lo:hi:step; repeatable", "AXIS"},
    {"layers", 0, FLAG, &raw.options.layers, "also compare layer by layer", NULL},
    {"ladder", 0, FLAG, &raw.options.ladder,
     "one design without its switches, then with one more after the other", NULL},
    {0}};

static const option check_options[] = {
    {"junit", 0, WORD, &raw.options.junit, "also write the verdicts as JUnit XML", "FILE"},
    {"bless", 0, FLAG, &raw.options.bless, "rewrite the baseline with the current figures", NULL},
    {"layers", 0, FLAG, &raw.options.layers,
     "with --bless: record the layers of all designs that have none, not of new ones only", NULL},
    {0}};

static const option sweep_options[] = {
    {"vary", 0, LIST, &raw.options.vary,
     "axis: KEY=VALUES with a,b,c or lo:hi:step or lo..hi*k, KEY+KEY= for keys that move together; "
     "repeatable",
     "AXIS"},
    {"where", 0, LIST, &raw.options.where,
     "condition on a key or a figure, such as 'resources.dsp <= 220'; repeatable, joined by &&",
     "CONDITION"},
    {"output", 'o', WORD, &raw.options.output,
     "rows, appended as they finish; an existing file is continued; -: standard output, in order",
     "FILE.csv"},
    {"fidelity", 0, WORD, &raw.fidelity, "timing model: bound, tile or burst (default tile)",
     "LEVEL"},
    {"jobs", 0, NUMBER, &raw.options.jobs, "threads (default: processors)", "N"},
    {"shard", 0, WORD, &raw.options.shard, "only the points whose number is I modulo N", "I/N"},
    {"limit", 0, COUNT, &raw.options.limit, "stop after N points; the same command continues", "N"},
    {"pareto", 0, WORD, &raw.options.pareto,
     "print the points that no other beats in these figures; max:FIGURE, min:FIGURE set the "
     "direction",
     "FIGURES"},
    {"pareto-out", 0, WORD, &raw.options.pareto_out,
     "also write all rows, in order, with a column pareto", "FILE.csv"},
    {"best", 0, WORD, &raw.options.best,
     "simulate only what can still be the best in this figure, and print it", "FIGURE"},
    {"merge", 0, WORD, &raw.options.merge,
     "join the files of shards, given as arguments, into this one", "FILE.csv"},
    {0}};

static const option optimise_options[] = {
    {"goal", 0, LIST, &raw.options.goals,
     "what the design has to reach, such as 'images_per_second >= 15'; repeatable, joined by &&",
     "CONDITION"},
    {"where", 0, LIST, &raw.options.where,
     "condition on a key or a figure, likewise; without one on fits: must certainly fit",
     "CONDITION"},
    {"minimise", 0, WORD, &raw.options.minimise, "the figure of which the least is best", "FIGURE"},
    {"maximise", 0, WORD, &raw.options.maximise,
     "the figure of which the most is best (default images_per_second)", "FIGURE"},
    {"over", 0, LIST, &raw.options.over,
     "axis to search, KEY=VALUES as --vary of sweep has them, in place of those of the kind; "
     "repeatable",
     "AXIS"},
    {"output", 'o', WORD, &raw.options.output, "write the best design", "BEST.yaml"},
    {"rows", 0, WORD, &raw.options.rows,
     "write a row for each simulated point; an existing file is continued", "FILE.csv"},
    {"top", 0, NUMBER, &raw.options.top, "print a table of the N best (1 to 100)", "N"},
    {"work", 0, WORD, &raw.options.work,
     "stop with the best so far after the work of N million events of simulation, at the same "
     "point "
     "on every machine (default 5000, a minute or so; 0: when it is proven)",
     "N"},
    {"seconds", 0, WORD, &raw.options.seconds, "stop after N seconds instead (0: no limit)", "N"},
    {"simulations", 0, COUNT, &raw.options.simulations, "stop after N simulations, likewise", "N"},
    {"gap", 0, WORD, &raw.options.enough,
     "stop when no design can be better by more than this, in per cent (default 0)", "PERCENT"},
    {"fidelity", 0, WORD, &raw.fidelity,
     "timing model: bound, tile or burst (default tile, with the best confirmed by burst)",
     "LEVEL"},
    {"jobs", 0, NUMBER, &raw.options.jobs, "threads (default: processors)", "N"},
    {0}};

static const option init_options[] = {
    {"board", 0, WORD, &raw.options.board, "a board that show --boards lists, or a file", "BOARD"},
    {"model", 0, WORD, &raw.options.model,
     "network: a name in models/, or a file (.yaml .onnx .tflite .caffemodel .prototxt .cfg)",
     "MODEL"},
    {"precision", 0, WORD, &raw.options.precision, "fp32, fixed16, w8a16 or int8 (default int8)",
     "WORD"},
    {"set", 0, LIST, &raw.options.set, "set another key of the design; repeatable", "KEY=VALUE"},
    {"output", 'o', WORD, &raw.options.output, "the file to write (default: standard output)",
     "DESIGN.yaml"},
    {"work", 0, WORD, &raw.options.work,
     "search with the work of N million events of simulation (default 30, half a second or so)",
     "N"},
    {"seconds", 0, WORD, &raw.options.seconds, "search for N seconds instead", "N"},
    {"simulations", 0, COUNT, &raw.options.simulations, "search by N simulations instead", "N"},
    {"jobs", 0, NUMBER, &raw.options.jobs, "threads (default: processors)", "N"},
    {"quiet", 0, FLAG, &raw.options.quiet, "no messages but errors", NULL},
    {0}};

static const option train_options[] = {
    {"data", 0, WORD, &raw.options.data,
     "training images: a directory of MNIST or CIFAR-10, or a file (IDX, CIFAR .bin, .npy; .gz)",
     "SET"},
    {"test", 0, WORD, &raw.options.test,
     "test images (default: those of the directory, if it has any)", "SET"},
    {"epochs", 0, NUMBER, &raw.options.epochs, "passes over the training images (default 1)", "N"},
    {"images", 0, NUMBER, &raw.options.images, "train on the first N images only", "N"},
    {"seeds", 0, WORD, &raw.options.seeds,
     "of weights, order and augmentation: A, or A..B for a run of each, with means and "
     "deviations (default 1)",
     "SEEDS"},
    {"checkpoint", 0, WORD, &raw.options.checkpoint,
     "written after each epoch; an existing one is continued", "FILE"},
    {"onnx", 0, WORD, &raw.options.onnx, "write the network that was trained", "FILE.onnx"},
    {"output", 'o', WORD, &raw.options.output,
     "also write a page: schemes, the pipeline over time, memory, curves of loss and accuracy",
     "FILE.html"},
    {"trace", 0, WORD, &raw.options.trace,
     "also write the pipelines of all schemes as a timeline (Perfetto, chrome://tracing)",
     "FILE.json[.gz]"},
    {"case", 0, LIST, &raw.options.cases,
     "instead of a design: compute an exact case and compare with NAME_weights.csv beside it; "
     "repeatable",
     "NAME.json"},
    {"best", 0, WORD, &raw.options.best,
     "find the best places for as many cuts as pipeline.cut has: for training (in its scheme) or "
     "inference",
     "WHAT"},
    {"fidelity", 0, WORD, &raw.fidelity,
     "timing model of the stages: bound, tile or burst (default tile)", "LEVEL"},
    {"jobs", 0, NUMBER, &raw.options.jobs, "threads (default: processors)", "N"},
    {0},
};
static const option fifos_options[] = {
    {"loss", 0, WORD, &raw.options.loss,
     "share of time that shallower FIFOs may cost, in per cent (default 0)", "PERCENT"},
    {"words", 0, COUNT, &raw.options.words_limit,
     "no more words than this in all, at the least loss", "N"},
    {"luts", 0, COUNT, &raw.options.lut_limit, "no more LUTs than this in all, at the least loss",
     "N"},
    {"brams", 0, COUNT, &raw.options.bram_limit,
     "no more halves of block RAMs (BRAM18) than this in all, at the least loss", "N"},
    {"write-folding", 0, WORD, &raw.options.write_folding,
     "also write a folding file of FINN, depths included", "FILE.json"},
    {0}};

static const option accuracy_options[] = {
    {"images", 0, WORD, &raw.options.image_set,
     "a folder of pictures, or of MNIST or CIFAR-10; or a file: IDX, CIFAR .bin, .npy, a picture "
     "of tiles",
     "SET"},
    {"labels", 0, WORD, &raw.options.image_labels,
     "classes of the images: CSV with file,class, IDX, .npy or a byte each (default: those beside "
     "the images)",
     "FILE"},
    {"reference", 0, WORD, &raw.options.reference,
     "also run the network in fp32: agreement, largest difference, noise of each layer", "fp32"},
    {"mean", 0, WORD, &raw.options.mean,
     "mean image to subtract in place of network.preprocess.mean", "FILE.npy"},
    {"limit", 0, COUNT, &raw.options.limit, "the first N images only", "N"},
    {"ranges", 0, WORD, &raw.options.ranges,
     "store the ranges of the calibration in this file, and reuse them", "FILE"},
    {"vary", 0, LIST, &raw.options.vary,
     "a line for each value of a key: PATH=a,b,c or PATH=lo:hi:step; repeatable", "AXIS"},
    {"output", 'o', WORD, &raw.options.output, "a row per image; an existing file is continued",
     "FILE.csv"},
    {"fidelity", 0, WORD, &raw.fidelity, "timing model: bound, tile or burst (default tile)",
     "LEVEL"},
    {"jobs", 0, NUMBER, &raw.options.jobs, "threads (default: processors)", "N"},
    {0}};

static const option sparsify_options[] = {
    {"output", 'o', WORD, &raw.options.output, "write the network that is left", "OUT.onnx"},
    {"method", 0, WORD, &raw.options.method,
     "network.sparsify.method: flat, triangular, relative and their variants, or lamp", "METHOD"},
    {"parameter", 0, WORD, &raw.options.parameter, "network.sparsify.parameter", "P"},
    {"target-zeros", 0, WORD, &raw.options.target_zeros,
     "share of all weights that are to be 0, in place of the parameter", "SHARE"},
    {"structured", 0, WORD, &raw.options.structured,
     "weight, kernel, channel or filter (default weight)", "WHAT"},
    {"correction", 0, WORD, &raw.options.correction,
     "none, or recalibrated on the images of network.calibration (default none)", "HOW"},
    {"spare-depthwise", 0, FLAG, &raw.options.spare_depthwise, "depthwise layers stay as they are",
     NULL},
    {"spare-first", 0, FLAG, &raw.options.spare_first, "the first layer stays as it is", NULL},
    {"pes", 0, WORD, &raw.options.pes,
     "also count cycles of a row of N processing elements that skip zeros", "N"},
    {"input", 0, LIST, &raw.options.inputs,
     "with --pes: also skip inputs that are 0 for this image", "INPUT"},
    {"weights", 0, WORD, &raw.options.weights,
     "synthetic[:SEED], or a file with the weights of a YAML network", "WEIGHTS"},
    {"design", 0, WORD, &raw.design, "design file whose network.* keys count", "DESIGN.yaml"},
    {0}};

static const option print_options[] = {
    {"format", 0, WORD, &raw.format, "what to print: table, csv or json", "FORMAT"},
    {"quiet", 0, FLAG, &raw.options.quiet, "no progress bar and no messages but errors", NULL},
    {0}};

static const option help_options[] = {{"help", 'h', FLAG, &raw.options.help, "this text", NULL},
                                      {0}};

enum { GROUP_MAX = 6 };
typedef struct command_groups {
    const char *command;
    const option *group[GROUP_MAX];
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
    {"fifos", {fifos_options, design_options, print_options, help_options}},
    {"accuracy", {accuracy_options, design_options, print_options, help_options}},
    {"sparsify", {sparsify_options, set_options, print_options, help_options}},
    {"explain", {explain_options, design_options, print_options, help_options}},
    {"optimise", {optimise_options, design_options, print_options, help_options}},
    {"init", {init_options, help_options}},
    {"train", {train_options, design_options, print_options, help_options}},
};

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
static size_t help_left(const option *o, char *text, size_t bytes)
{
    char letter[8] = "    ";
    if (o->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    const char *joint = o->value == NULL ? "" : o->kind == LIST ? " " : "=";
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

static void print_help(const cli_command *command, const command_groups *groups)
{
    char left[64];
    size_t widest = 0;
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++)
        for (const option *o = groups->group[i]; o->name != NULL; o++) {
            const size_t n = help_left(o, left, sizeof left);
            widest = n > widest ? n : widest;
        }
    const size_t indent = 2 + widest + HELP_GAP;
    printf("zynqsim %s: %s\n", command->name, command->meaning);
    printf("Usage: zynqsim %s [OPTION]...%s%s\n", command->name, command->arguments[0] ? " " : "",
           command->arguments);
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++)
        for (const option *o = groups->group[i]; o->name != NULL; o++) {
            help_left(o, left, sizeof left);
            printf("  %-*s", (int)(widest + HELP_GAP), left);
            print_meaning(o->meaning, help_columns() - indent, indent);
        }
}

/* ---- reading --------------------------------------------------------------------------------- */

static const command_groups *find_groups(const char *command)
{
    for (size_t i = 0; i < ZS_LEN(groups_of); i++)
        if (strcmp(groups_of[i].command, command) == 0)
            return &groups_of[i];
    return NULL;
}

/* The option whose name is the first `bytes` of a text, or whose letter is (bytes 0). */
static const option *find_option(const command_groups *groups, const char *name, size_t bytes)
{
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++)
        for (const option *o = groups->group[i]; o->name != NULL; o++)
            if (bytes > 0 ? strlen(o->name) == bytes && memcmp(o->name, name, bytes) == 0
                          : o->letter != 0 && o->letter == *name)
                return o;
    return NULL;
}

static zs_status unknown_option(const command_groups *groups, const char *text, zs_err *err)
{
    const char *names[32];
    size_t n = 0;
    for (size_t i = 0; i < GROUP_MAX && groups->group[i] != NULL; i++)
        for (const option *o = groups->group[i]; o->name != NULL && n < ZS_LEN(names); o++)
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
static zs_status note_given(const option *o, const char *name, const char *text, zs_err *err)
{
    for (uint32_t i = 0; i < raw.given_n; i++) {
        if (raw.given[i].option->place != o->place)
            continue;
        if (strcmp(raw.given[i].text, text) == 0)
            return ZS_OK;
        return zs_fail(err, ZS_EUSAGE, name, "is given twice, with '%s' and '%s'",
                       raw.given[i].text, text);
    }
    assert(raw.given_n < GIVEN_MAX);
    raw.given[raw.given_n].option = o;
    raw.given[raw.given_n++].text = text;
    return ZS_OK;
}

static bool is_given(const void *place)
{
    for (uint32_t i = 0; i < raw.given_n; i++)
        if (raw.given[i].option->place == place)
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
        *list = raw.next;
        raw.next += argc + 1;
    }
    while ((*list)[n] != NULL)
        n++;
    (*list)[n] = (char *)text;
}

static zs_status take_option(const option *o, const char *text, int argc, zs_err *err)
{
    char name[64];
    long long number = 0;
    snprintf(name, sizeof name, "--%s", o->name);
    if (o->kind == FLAG) {
        *(bool *)o->place = true;
        return ZS_OK;
    }
    if (o->kind == LIST && text[0] != '\0') {
        append(o->place, text, argc);
        return ZS_OK;
    }
    if (text[0] == '\0')
        return zs_fail(err, ZS_EUSAGE, name, "the value is empty, a %s is needed", o->value);
    ZS_TRY(note_given(o, name, text, err));
    if (o->kind == WORD) {
        *(const char **)o->place = text;
        return ZS_OK;
    }
    ZS_TRY(cli_whole_number(text, name, &number, err));
    if (o->kind == NUMBER && (number > INT_MAX || number < INT_MIN))
        return zs_fail(err, ZS_EUSAGE, name, "'%.40s' is too large", text);
    if (o->kind == COUNT && number < 0)
        return zs_fail(err, ZS_EUSAGE, name, "%lld is below the minimum 0", number);
    if (o->kind == NUMBER)
        *(int *)o->place = (int)number;
    else
        *(long long *)o->place = number;
    return ZS_OK;
}

/* --set KEY VALUE: what follows was meant to be the value; --set "KEY: VALUE" is how files have it.
 */
static zs_status check_setting(const option *o, const char *text, const char *next, zs_err *err)
{
    const bool is_axis = o->place == &raw.options.vary || o->place == &raw.options.over;
    const char *form = is_axis ? "KEY=VALUES" : "KEY=VALUE";
    char name[16];
    if ((o->place != &raw.options.set && !is_axis) || text[0] == '\0' || strchr(text, '=') != NULL)
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
static zs_status read_option(const command_groups *groups, int argc, const char **argv, int *at,
                             zs_err *err)
{
    const char *text = argv[*at];
    const bool is_long = text[1] == '-';
    const char *name = text + 1 + is_long;
    const size_t bytes = is_long ? strcspn(name, "=") : 0;
    const option *o = is_long && bytes == 0 ? NULL : find_option(groups, name, bytes);
    if (o == NULL)
        return unknown_option(groups, text, err);
    const char *behind = name + (is_long ? bytes : 1);
    const bool has_value = *behind != '\0';
    if (o->kind == FLAG && has_value)
        return zs_fail(err, ZS_EUSAGE, text, "takes no value");
    if (o->kind != FLAG && !has_value) {
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
    if (raw.fidelity != NULL)
        ZS_TRY(
            word_index("--fidelity", raw.fidelity, zs_fidelity_words, ZS_FIDELITY_N, &index, err));
    o->fidelity = (zs_fidelity)index;
    o->has_fidelity = raw.fidelity != NULL;
    index = (int)command->format;
    if (raw.format != NULL)
        ZS_TRY(word_index("--format", raw.format, format_words, CLI_FORMAT_N, &index, err));
    o->format = (cli_format)index;
    o->has_format = raw.format != NULL;
    if (raw.options.jobs < 1)
        return zs_fail(err, ZS_EUSAGE, "--jobs", "%d is below the minimum 1", raw.options.jobs);
    if (is_given(&raw.options.top) && (raw.options.top < 1 || raw.options.top > ZS_SEARCH_TOP))
        return zs_fail(err, ZS_EUSAGE, "--top", "%d is outside 1 .. %d", raw.options.top,
                       ZS_SEARCH_TOP);
    if (raw.options.epochs < 1)
        return zs_fail(err, ZS_EUSAGE, "--epochs", "%d is below the minimum 1", raw.options.epochs);
    if (raw.options.images < 0)
        return zs_fail(err, ZS_EUSAGE, "--images", "%d is below the minimum 0", raw.options.images);
    if (raw.options.trace_limit < 1 || raw.options.trace_limit > TRACE_LIMIT_MAX)
        return zs_fail(err, ZS_EUSAGE, "--trace-limit", "%d is outside 1 .. %d",
                       raw.options.trace_limit, TRACE_LIMIT_MAX);
    if (raw.options.out != NULL && raw.options.out[0] == '\0')
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
                       "one argument too many: usage is zynqsim %s %s", command->name, usage);
    if (n == 0 && !is_optional)
        return zs_fail(err, ZS_EUSAGE, command->name, "the %s is missing: usage is zynqsim %s %s",
                       command->needs, command->name, usage);
    o->design_path = command->takes_design ? o->words[0] : raw.design;
    return ZS_OK;
}

zs_status cli_options_parse(const cli_command *command, int argc, const char **argv, cli_options *o,
                            zs_err *err)
{
    const command_groups *groups = find_groups(command->name);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char **words = NULL;
    bool only_words = false;
    raw = (raw_options){.options = {.jobs = processors > 1 ? (int)processors : 1,
                                    .trace_limit = CLI_TRACE_LIMIT,
                                    .limit = -1,
                                    .epochs = 1,
                                    .simulations = -1,
                                    .words_limit = -1,
                                    .lut_limit = -1,
                                    .bram_limit = -1}};
    raw.room = calloc((size_t)LISTS * ((size_t)argc + 1), sizeof *raw.room);
    if (raw.room == NULL)
        return zs_nomem(err, "options");
    raw.next = raw.room;
    words = raw.next;
    raw.next += argc + 1;
    for (int at = 1, n = 0; at < argc; at++) {
        if (only_words || argv[at][0] != '-' || argv[at][1] == '\0')
            words[n++] = (char *)argv[at];
        else if (strcmp(argv[at], "--") == 0)
            only_words = true;
        else
            ZS_TRY(read_option(groups, argc, argv, &at, err));
    }
    if (raw.options.help) {
        print_help(command, groups);
        o->help = true;
        return ZS_OK;
    }
    *o = raw.options;
    o->words = (const char *const *)words;
    ZS_TRY(check_values(command, o, err));
    return check_arguments(command, o, err);
}

void cli_options_drop(cli_options *options)
{
    free(raw.room);
    raw = (raw_options){0};
    *options = (cli_options){0};
}
