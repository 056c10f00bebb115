#include "options_priv.h"

#include <string.h>

/* What options there are: tables of their names, kinds and meanings, and the tables that each
 * command takes. */

static const cli_option design_options[] = {
    {"set", 0, CLI_LIST, &cli_raw.options.set,
     "set one key of the design, after the file; repeatable", "KEY=VALUE"},
    {"model", 0, CLI_WORD, &cli_raw.options.model,
     "network: a name in models/, or a file (.yaml .onnx .tflite .caffemodel .prototxt .cfg)",
     "MODEL"},
    {"weights", 0, CLI_WORD, &cli_raw.options.weights,
     "synthetic[:SEED], or a file with the weights of a YAML network", "WEIGHTS"},
    {"folding", 0, CLI_WORD, &cli_raw.options.folding,
     "folding file of FINN: PEs, lanes and FIFOs of a streaming pipeline", "FILE.json"},
    {0}};

static const cli_option run_options[] = {
    {"input", 0, CLI_LIST, &cli_raw.options.inputs,
     "JPEG, PNG, WebP, PPM or .npy file, or synthetic[:SEED]; with several inputs NAME=FILE; "
     "repeatable",
     "INPUT"},
    {"output", 0, CLI_LIST, &cli_raw.options.outputs,
     "use this value or layer as the network's result; repeatable", "NAME"},
    {"labels", 0, CLI_WORD, &cli_raw.options.labels, "text file with one class name a line",
     "FILE"},
    {"ranges", 0, CLI_WORD, &cli_raw.options.ranges,
     "store the ranges of the calibration in this file, and reuse them", "FILE"},
    {"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
     "timing model: bound, tile or burst (default burst)", "LEVEL"},
    {"timing-only", 0, CLI_FLAG, &cli_raw.options.timing_only,
     "count cycles and bytes without executing the network", NULL},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs,
     "threads: with two, numerics follow the timing on the second (default: processors)", "N"},
    {"out", 0, CLI_WORD, &cli_raw.options.out,
     "also write result.json, layers.csv, output.npy, roofline.svg and report.html", "DIR"},
    {"trace", 0, CLI_WORD, &cli_raw.options.trace,
     "also write a timeline (.json, .json.gz: Perfetto, chrome://tracing) or a waveform (.vcd: "
     "GTKWave)",
     "FILE"},
    {"trace-layers", 0, CLI_WORD, &cli_raw.options.trace_layers,
     "trace these layers or calls only: A,B or FIRST..LAST", "LAYERS"},
    {"trace-limit", 0, CLI_NUMBER, &cli_raw.options.trace_limit,
     "most bursts in a trace (default 65536), and a quarter of its ops", "N"},
    {"format", 0, CLI_WORD, &cli_raw.format,
     "what to print: table, csv (one line per layer) or json (default table)", "FORMAT"},
    {"quiet", 0, CLI_FLAG, &cli_raw.options.quiet, "no progress bar and no messages but errors",
     NULL},
    {0}};

static const cli_option show_options[] = {
    {"plan", 0, CLI_FLAG, &cli_raw.options.plan, "print the ops of the plan, one a line", NULL},
    {"schedule", 0, CLI_FLAG, &cli_raw.options.schedule,
     "print the tiles and loop orders of all layers, and why, as the section layers of a design",
     NULL},
    {"loops", 0, CLI_FLAG, &cli_raw.options.loops,
     "print every loop of every kernel: trips, interval and its cause, time lost to memory", NULL},
    {"kernels", 0, CLI_FLAG, &cli_raw.options.kernels,
     "write the kernels of a compiler as OpenCL C, with the launches that a host has to make",
     NULL},
    {"streamline", 0, CLI_FLAG, &cli_raw.options.streamline,
     "print how a quantised network became integers and thresholds", NULL},
    {"write-folding", 0, CLI_WORD, &cli_raw.options.write_folding,
     "write a folding file of FINN of a streaming pipeline", "FILE.json"},
    {"fields", 0, CLI_FLAG, &cli_raw.options.fields,
     "print the reference of all keys of a design (Markdown)", NULL},
    {"metrics", 0, CLI_FLAG, &cli_raw.options.metrics,
     "print the reference of all figures of a result (Markdown)", NULL},
    {"operators", 0, CLI_FLAG, &cli_raw.options.operators,
     "print the operators of all network formats, and whether engine or PS runs them (Markdown)",
     NULL},
    {"models", 0, CLI_FLAG, &cli_raw.options.models, "list the networks of models/", NULL},
    {"boards", 0, CLI_FLAG, &cli_raw.options.boards, "list the boards that the program knows",
     NULL},
    {"graph", 0, CLI_WORD, &cli_raw.options.graph,
     "write the network as a picture (.svg) or a zoomable page (.html); needs graphviz", "FILE"},
    {"calibrate", 0, CLI_WORD, &cli_raw.options.calibrate,
     "compare the account of resources with a report of the same design: Vivado's "
     "report_utilization or csynth.xml of HLS",
     "REPORT"},
    {"out", 'o', CLI_WORD, &cli_raw.options.out,
     "with --calibrate: the file of factors for accelerator.account; with --kernels: the file "
     "of the text",
     "FILE"},
    {0}};

static const cli_option set_options[] = {{"set", 0, CLI_LIST, &cli_raw.options.set,
                                          "set one key of the design, after the file; repeatable",
                                          "KEY=VALUE"},
                                         {0}};

static const cli_option memory_options[] = {
    {"design", 0, CLI_WORD, &cli_raw.design,
     "design file whose board has the memory (default: the default board)", "DESIGN.yaml"},
    {0}};

static const cli_option validate_options[] = {
    {"against", 0, CLI_LIST, &cli_raw.options.against,
     "judge by these measurements instead of those that come with the program; repeatable",
     "FILE|DIR"},
    {0}};

static const cli_option report_options[] = {
    {"output", 'o', CLI_WORD, &cli_raw.options.output,
     "the file to write: .html, .svg, .pdf, .png, .eps or .tex (TikZ)", "FILE"},
    {"plot", 0, CLI_WORD, &cli_raw.options.plot,
     "picture of one result: roofline, layers, timeline or bytes (default roofline)", "PLOT"},
    {"x", 0, CLI_WORD, &cli_raw.options.x,
     "figure of a sweep to the right (default resources.bram18)", "COLUMN"},
    {"y", 0, CLI_WORD, &cli_raw.options.y, "figure of a sweep upwards (default cycles)", "COLUMN"},
    {"log", 0, CLI_WORD, &cli_raw.options.log,
     "logarithmic axes of a sweep: x, y, xy or none (default: what spans more than a decade)",
     "AXES"},
    {"colour", 0, CLI_WORD, &cli_raw.options.colour,
     "colour the points of a sweep by a column, such as a key that was varied", "COLUMN"},
    {0}};

static const cli_option fidelity_options[] = {{"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
                                               "timing model: bound, tile or burst (default burst)",
                                               "LEVEL"},
                                              {0}};

static const cli_option explain_options[] = {{"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
                                              "timing model: bound, tile or burst (default tile)",
                                              "LEVEL"},
                                             {0}};

static const cli_option compare_options[] = {
    {"vary", 0, CLI_LIST, &cli_raw.options.vary,
     "a column for each value of a key: PATH=a,b,c or PATH=lo:hi:step; repeatable", "AXIS"},
    {"layers", 0, CLI_FLAG, &cli_raw.options.layers, "also compare layer by layer", NULL},
    {"ladder", 0, CLI_FLAG, &cli_raw.options.ladder,
     "one design without its switches, then with one more after the other", NULL},
    {0}};

static const cli_option check_options[] = {
    {"junit", 0, CLI_WORD, &cli_raw.options.junit, "also write the verdicts as JUnit XML", "FILE"},
    {"bless", 0, CLI_FLAG, &cli_raw.options.bless, "rewrite the baseline with the current figures",
     NULL},
    {"layers", 0, CLI_FLAG, &cli_raw.options.layers,
     "with --bless: record the layers of all designs that have none, not of new ones only", NULL},
    {0}};

static const cli_option sweep_options[] = {
    {"vary", 0, CLI_LIST, &cli_raw.options.vary,
     "axis: KEY=VALUES with a,b,c or lo:hi:step or lo..hi*k, KEY+KEY= for keys that move together; "
     "repeatable",
     "AXIS"},
    {"where", 0, CLI_LIST, &cli_raw.options.where,
     "condition on a key or a figure, such as 'resources.dsp <= 220'; repeatable, joined by &&",
     "CONDITION"},
    {"output", 'o', CLI_WORD, &cli_raw.options.output,
     "rows, appended as they finish; an existing file is continued; -: standard output, in order",
     "FILE.csv"},
    {"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
     "timing model: bound, tile or burst (default tile)", "LEVEL"},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs, "threads (default: processors)", "N"},
    {"shard", 0, CLI_WORD, &cli_raw.options.shard, "only the points whose number is I modulo N",
     "I/N"},
    {"limit", 0, CLI_COUNT, &cli_raw.options.limit,
     "stop after N points; the same command continues", "N"},
    {"pareto", 0, CLI_WORD, &cli_raw.options.pareto,
     "print the points that no other beats in these figures; max:FIGURE, min:FIGURE set the "
     "direction",
     "FIGURES"},
    {"pareto-out", 0, CLI_WORD, &cli_raw.options.pareto_out,
     "also write all rows, in order, with a column pareto", "FILE.csv"},
    {"best", 0, CLI_WORD, &cli_raw.options.best,
     "simulate only what can still be the best in this figure, and print it", "FIGURE"},
    {"merge", 0, CLI_WORD, &cli_raw.options.merge,
     "join the files of shards, given as arguments, into this one", "FILE.csv"},
    {0}};

static const cli_option optimise_options[] = {
    {"goal", 0, CLI_LIST, &cli_raw.options.goals,
     "what the design has to reach, such as 'images_per_second >= 15'; repeatable, joined by &&",
     "CONDITION"},
    {"where", 0, CLI_LIST, &cli_raw.options.where,
     "condition on a key or a figure, likewise; without one on fits: must certainly fit",
     "CONDITION"},
    {"minimise", 0, CLI_WORD, &cli_raw.options.minimise, "the figure of which the least is best",
     "FIGURE"},
    {"maximise", 0, CLI_WORD, &cli_raw.options.maximise,
     "the figure of which the most is best (default images_per_second)", "FIGURE"},
    {"over", 0, CLI_LIST, &cli_raw.options.over,
     "axis to search, KEY=VALUES as --vary of sweep has them, in place of those of the kind; "
     "repeatable",
     "AXIS"},
    {"output", 'o', CLI_WORD, &cli_raw.options.output, "write the best design", "BEST.yaml"},
    {"rows", 0, CLI_WORD, &cli_raw.options.rows,
     "write a row for each simulated point; an existing file is continued", "FILE.csv"},
    {"top", 0, CLI_NUMBER, &cli_raw.options.top, "print a table of the N best (at most 100)", "N"},
    {"work", 0, CLI_WORD, &cli_raw.options.work,
     "stop with the best so far after the work of N million events of simulation, at the same "
     "point "
     "on every machine (default 5000, a minute or so; 0: when it is proven)",
     "N"},
    {"seconds", 0, CLI_WORD, &cli_raw.options.seconds, "stop after N seconds instead (0: no limit)",
     "N"},
    {"simulations", 0, CLI_COUNT, &cli_raw.options.simulations,
     "stop after N simulations, likewise", "N"},
    {"gap", 0, CLI_WORD, &cli_raw.options.enough,
     "stop when no design can be better by more than this, in per cent (default 0)", "PERCENT"},
    {"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
     "timing model: bound, tile or burst (default tile, with the best confirmed by burst)",
     "LEVEL"},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs, "threads (default: processors)", "N"},
    {0}};

static const cli_option init_options[] = {
    {"board", 0, CLI_WORD, &cli_raw.options.board, "a board that show --boards lists, or a file",
     "BOARD"},
    {"model", 0, CLI_WORD, &cli_raw.options.model,
     "network: a name in models/, or a file (.yaml .onnx .tflite .caffemodel .prototxt .cfg)",
     "MODEL"},
    {"precision", 0, CLI_WORD, &cli_raw.options.precision,
     "fp32, fp16, fixed16, int8, ... (default int8)", "WORD"},
    {"set", 0, CLI_LIST, &cli_raw.options.set, "set another key of the design; repeatable",
     "KEY=VALUE"},
    {"output", 'o', CLI_WORD, &cli_raw.options.output,
     "the file to write (default: standard output)", "DESIGN.yaml"},
    {"work", 0, CLI_WORD, &cli_raw.options.work,
     "search with the work of N million events of simulation (default 30, half a second or so)",
     "N"},
    {"seconds", 0, CLI_WORD, &cli_raw.options.seconds, "search for N seconds instead", "N"},
    {"simulations", 0, CLI_COUNT, &cli_raw.options.simulations, "search by N simulations instead",
     "N"},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs, "threads (default: processors)", "N"},
    {"quiet", 0, CLI_FLAG, &cli_raw.options.quiet, "no messages but errors", NULL},
    {0}};

static const cli_option train_options[] = {
    {"data", 0, CLI_WORD, &cli_raw.options.data,
     "training images: a directory of MNIST or CIFAR-10, or a file (IDX, CIFAR .bin, .npy; .gz)",
     "SET"},
    {"test", 0, CLI_WORD, &cli_raw.options.test,
     "test images (default: those of the directory, if it has any)", "SET"},
    {"epochs", 0, CLI_NUMBER, &cli_raw.options.epochs,
     "passes over the training images (default 1)", "N"},
    {"images", 0, CLI_NUMBER, &cli_raw.options.images, "train on the first N images only", "N"},
    {"seeds", 0, CLI_WORD, &cli_raw.options.seeds,
     "of weights, order and augmentation: A, or A..B for a run of each, with means and "
     "deviations (default 1)",
     "SEEDS"},
    {"checkpoint", 0, CLI_WORD, &cli_raw.options.checkpoint,
     "written after each epoch; an existing one is continued", "FILE"},
    {"onnx", 0, CLI_WORD, &cli_raw.options.onnx, "write the network that was trained", "FILE.onnx"},
    {"output", 'o', CLI_WORD, &cli_raw.options.output,
     "also write a page: schemes, the pipeline over time, memory, curves of loss and accuracy",
     "FILE.html"},
    {"trace", 0, CLI_WORD, &cli_raw.options.trace,
     "also write the pipelines of all schemes as a timeline (Perfetto, chrome://tracing)",
     "FILE.json[.gz]"},
    {"case", 0, CLI_LIST, &cli_raw.options.cases,
     "instead of a design: compute an exact case and compare with NAME_weights.csv beside it; "
     "repeatable",
     "NAME.json"},
    {"best", 0, CLI_WORD, &cli_raw.options.best,
     "find the best places for as many cuts as pipeline.cut has: for training (in its scheme) or "
     "inference",
     "WHAT"},
    {"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
     "timing model of the stages: bound, tile or burst (default tile)", "LEVEL"},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs, "threads (default: processors)", "N"},
    {0},
};

static const cli_option fifos_options[] = {
    {"loss", 0, CLI_WORD, &cli_raw.options.loss,
     "share of time that shallower FIFOs may cost, in per cent (default 0)", "PERCENT"},
    {"words", 0, CLI_COUNT, &cli_raw.options.words_limit,
     "no more words than this in all, at the least loss", "N"},
    {"luts", 0, CLI_COUNT, &cli_raw.options.lut_limit,
     "no more LUTs than this in all, at the least loss", "N"},
    {"brams", 0, CLI_COUNT, &cli_raw.options.bram_limit,
     "no more halves of block RAMs (BRAM18) than this in all, at the least loss", "N"},
    {"write-folding", 0, CLI_WORD, &cli_raw.options.write_folding,
     "also write a folding file of FINN, depths included", "FILE.json"},
    {0}};

static const cli_option accuracy_options[] = {
    {"images", 0, CLI_WORD, &cli_raw.options.image_set,
     "a folder of pictures, or of MNIST or CIFAR-10; or a file: IDX, CIFAR .bin, .npy, a picture "
     "of tiles",
     "SET"},
    {"labels", 0, CLI_WORD, &cli_raw.options.image_labels,
     "classes of the images: CSV with file,class, IDX, .npy or a byte each (default: those beside "
     "the images)",
     "FILE"},
    {"reference", 0, CLI_WORD, &cli_raw.options.reference,
     "also run the network in fp32: agreement, largest difference, noise of each layer", "fp32"},
    {"mean", 0, CLI_WORD, &cli_raw.options.mean,
     "mean image to subtract in place of network.preprocess.mean", "FILE.npy"},
    {"limit", 0, CLI_COUNT, &cli_raw.options.limit, "the first N images only", "N"},
    {"ranges", 0, CLI_WORD, &cli_raw.options.ranges,
     "store the ranges of the calibration in this file, and reuse them", "FILE"},
    {"vary", 0, CLI_LIST, &cli_raw.options.vary,
     "a line for each value of a key: PATH=a,b,c or PATH=lo:hi:step; repeatable", "AXIS"},
    {"output", 'o', CLI_WORD, &cli_raw.options.output,
     "a row per image; an existing file is continued", "FILE.csv"},
    {"fidelity", 0, CLI_WORD, &cli_raw.fidelity,
     "timing model: bound, tile or burst (default tile)", "LEVEL"},
    {"jobs", 0, CLI_NUMBER, &cli_raw.options.jobs, "threads (default: processors)", "N"},
    {0}};

static const cli_option sparsify_options[] = {
    {"output", 'o', CLI_WORD, &cli_raw.options.output, "write the network that is left",
     "OUT.onnx"},
    {"method", 0, CLI_WORD, &cli_raw.options.method,
     "network.sparsify.method: flat, triangular, relative and their variants, or lamp", "METHOD"},
    {"parameter", 0, CLI_WORD, &cli_raw.options.parameter, "network.sparsify.parameter", "P"},
    {"target-zeros", 0, CLI_WORD, &cli_raw.options.target_zeros,
     "share of all weights that are to be 0, in place of the parameter", "SHARE"},
    {"structured", 0, CLI_WORD, &cli_raw.options.structured,
     "weight, kernel, channel or filter (default weight)", "WHAT"},
    {"correction", 0, CLI_WORD, &cli_raw.options.correction,
     "none, or recalibrated on the images of network.calibration (default none)", "HOW"},
    {"spare-depthwise", 0, CLI_FLAG, &cli_raw.options.spare_depthwise,
     "depthwise layers stay as they are", NULL},
    {"spare-first", 0, CLI_FLAG, &cli_raw.options.spare_first, "the first layer stays as it is",
     NULL},
    {"pes", 0, CLI_WORD, &cli_raw.options.pes,
     "also count cycles of a row of N processing elements that skip zeros", "N"},
    {"input", 0, CLI_LIST, &cli_raw.options.inputs,
     "with --pes: also skip inputs that are 0 for this image", "INPUT"},
    {"weights", 0, CLI_WORD, &cli_raw.options.weights,
     "synthetic[:SEED], or a file with the weights of a YAML network", "WEIGHTS"},
    {"design", 0, CLI_WORD, &cli_raw.design, "design file whose network.* keys count",
     "DESIGN.yaml"},
    {0}};

static const cli_option print_options[] = {
    {"format", 0, CLI_WORD, &cli_raw.format, "what to print: table, csv or json", "FORMAT"},
    {"quiet", 0, CLI_FLAG, &cli_raw.options.quiet, "no progress bar and no messages but errors",
     NULL},
    {0}};

static const cli_option help_options[] = {
    {"help", 'h', CLI_FLAG, &cli_raw.options.help, "this text", NULL}, {0}};

static const cli_command_groups groups_of[] = {
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

const cli_command_groups *cli_option_groups(const char *command)
{
    for (size_t i = 0; i < ZS_LEN(groups_of); i++)
        if (strcmp(groups_of[i].command, command) == 0)
            return &groups_of[i];
    return NULL;
}
