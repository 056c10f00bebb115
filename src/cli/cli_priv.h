/* cli_priv.h - the program around the library: options, files, terminal, processes, exit codes.
 *
 * Flow     main.c picks a command of commands.def; options.c reads its options; load.c turns the
 *          design file into design, network (load_net.c) and plan; inputs.c turns pictures into
 *          tensors; execute.c gives answers to them; outputs.c writes what was asked for.
 * Errors   travel as zs_status and zs_err to main.c, which alone prints them and picks the status.
 * Memory   arenas from malloc. `keep` of cli_point lives as long as the command. */
#ifndef ZYNQSIM_CLI_PRIV_H
#define ZYNQSIM_CLI_PRIV_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/grid.h"
#include "zynqsim/import.h"
#include "zynqsim/net.h"
#include "zynqsim/kind.h"
#include "zynqsim/plan.h"
#include "zynqsim/reference.h"
#include "zynqsim/report.h"
#include "zynqsim/result_read.h"
#include "zynqsim/sim.h"
#include "zynqsim/sparsify.h"
#include "zynqsim/table.h"

#include <signal.h>
#include <stdio.h>

enum { CLI_DONE = 0, CLI_NO = 1, CLI_WRONG = 2, CLI_FAILED = 3, CLI_SIGNALLED = 128 };

/* ---- which program this is (models.c) -------------------------------------------------------- */

/* Digest of the sources that figures depend on; and with the version, "0.1.0+5ac10b1f": programs of
 * one build give the same figures. */
extern const char *const cli_models, *const cli_build;

/* ---- options (options.c, option_tables.c) ---------------------------------------------------- */

typedef enum cli_format { CLI_TABLE, CLI_CSV, CLI_JSON, CLI_FORMAT_N } cli_format;

enum { CLI_TRACE_LIMIT = 65536 }; /* bursts, unless --trace-limit says otherwise */

typedef struct cli_options {
    const char *design_path;  /* "-" is standard input; NULL when none was given */
    const char *const *words; /* arguments that are no options; ends with NULL */
    char **set, **inputs, **outputs, **against,
        **vary; /* NULL-terminated lists; NULL when not given */
    const char *model, *weights, *labels, *out;
    const char *trace, *trace_layers; /* run */
    int trace_limit;
    const char *output;                      /* report, sweep */
    const char *plot, *x, *y, *log, *colour; /* report */
    char **where;                            /* sweep */
    const char *merge, *pareto, *pareto_out, *best, *shard;
    long long limit; /* -1: none */
    zs_fidelity fidelity;
    bool has_fidelity; /* it was given */
    cli_format format;
    bool has_format;
    int jobs;
    bool timing_only, quiet;
    bool plan, schedule, streamline, fields, metrics, operators, models, boards; /* show */
    const char *graph;
    const char *calibrate;
    bool layers;         /* compare, check */
    bool loops, kernels; /* show */
    bool ladder;         /* compare */
    bool bless;          /* check */
    const char *junit;
    char **cases; /* train */
    const char *data, *test, *seeds, *checkpoint, *onnx;
    int epochs, images;                                      /* images 0: all */
    const char *folding;                                     /* file of FINN */
    const char *write_folding;                               /* show, fifos */
    const char *loss;                                        /* fifos */
    long long words_limit, lut_limit, bram_limit;            /* fifos; -1: none */
    const char *image_set, *image_labels, *reference, *mean; /* accuracy */
    const char *ranges; /* file that keeps what a calibration measures, or NULL */
    const char *method, *parameter, *target_zeros, *structured, *correction, *pes; /* sparsify */
    bool spare_depthwise, spare_first;
    char **goals, **over; /* optimise */
    const char *minimise, *maximise, *rows;
    int top;
    const char *seconds, *work, *enough;
    long long simulations;         /* -1: none */
    const char *board, *precision; /* init */
    bool records;                  /* run: the result says what it was made of */
    bool help;                     /* help was printed, nothing else is to be done */
} cli_options;

/* One COMMAND row. */
typedef struct cli_command {
    const char *name;
    zs_status (*run)(const cli_options *options, int *exit_status, zs_err *err);
    const char *arguments, *meaning;
    const char *needs; /* name of the argument in the message that it is missing */
    bool takes_design; /* its argument is the design file */
    cli_format format; /* what it prints unless --format says otherwise */
} cli_command;

/* ZS_EUSAGE with the nearest known name for an unknown option. argv[0] is the command; argv must
 * outlive the options, which point into it. */
zs_status cli_options_parse(const cli_command *command, int argc, const char **argv,
                            cli_options *out, zs_err *err);
void cli_options_drop(cli_options *options);
/* Decimal, without leading zeros. ZS_EUSAGE. */
zs_status cli_whole_number(const char *text, const char *place, long long *out, zs_err *err);

/* The whole program: entry.c is main, and another program around the same commands has its own. */
int cli_main(int argc, char **argv);

zs_status cmd_run(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_show(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_schema(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_memory(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_report(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_sweep(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_validate(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_compare(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_check(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_explain(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_train(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_fifos(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_accuracy(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_sparsify(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_optimise(const cli_options *options, int *exit_status, zs_err *err);
zs_status cmd_init(const cli_options *options, int *exit_status, zs_err *err);

/* ---- files (files.c, lookup.c) --------------------------------------------------------------- */

zs_alloc cli_heap(void);
bool cli_heap_was_refused(void); /* a request for memory failed, whoever asked */
/* The most that is read of a file: what its parser takes, or CLI_LARGE_BYTES. */
#define CLI_LARGE_BYTES   ((size_t)2 << 30) /* models, weights, tensors and pictures */
#define CLI_LABEL_BYTES   ((size_t)16 << 20)
#define CLI_FOLDING_BYTES ((size_t)4 << 20)
/* Whole file into the arena; "-" is standard input. ZS_EUSAGE when it is not there or not a file,
 * ZS_ERANGE when it has more than `most` bytes, which is known before they are read, ZS_EIO when
 * reading fails. */
zs_status cli_file_read(zs_arena *arena, const char *path, size_t most, zs_span *out, zs_err *err);
/* For reading. A pipe is waited for, with a word; ZS_EUSAGE when nothing ever opens it to write,
 * and for devices. */
zs_status cli_file_open(const char *path, int *fd, zs_err *err);
bool cli_is_file(const char *path); /* a regular one */
bool cli_is_directory(const char *path);
bool cli_ends_in(const char *path, const char *ending); /* and is longer */
int cli_by_name(const void *a, const void *b);          /* for qsort of names */
typedef struct cli_names {
    const char **names;
    uint32_t n, room;
} cli_names;
/* ZS_ENOMEM, also where `name` is NULL. */
zs_status cli_names_add(zs_arena *arena, cli_names *list, const char *name, zs_err *err);
/* Paths of everything in a directory but what is hidden, in the order of names. */
zs_status cli_dir_list(zs_arena *arena, const char *dir, cli_names *out, zs_err *err);
/* The sentence that reading the file would meet, before it is read or where it is not. */
zs_status cli_file_check(const char *path, zs_err *err);
/* Standard output, checked: the error a write met stays until cli_stdout_close reports it. */
zs_sink cli_stdout(void);
zs_status cli_stdout_close(zs_err *err);
/* Reports the error (errno) of a direct write to its descriptor. */
void cli_stdout_failed(int code);
/* Its reader has closed it. */
bool cli_stdout_is_broken(void);

/* The absolute path that a link leads to; `path` itself where there is no such file. */
zs_status cli_real_path(zs_arena *arena, const char *path, const char **real, zs_err *err);

/* A new file beside `target`, under a random name, to replace it once it is complete. Existing
 * links are not followed. */
typedef struct cli_temporary {
    int fd;          /* -1: not open */
    char path[4400]; /* "": nothing to be removed */
} cli_temporary;
zs_status cli_temporary_open(cli_temporary *temporary, const char *target, zs_err *err);
/* Syncs the file to disk and closes it. */
zs_status cli_temporary_sync(cli_temporary *temporary, const char *target, zs_err *err);
/* Renames it to `target`. */
zs_status cli_temporary_rename(cli_temporary *temporary, const char *target, zs_err *err);
/* Removes it if it was not renamed. */
void cli_temporary_drop(cli_temporary *temporary);

/* Files that appear together or not at all: written under temporary names in one directory, which
 * is made when missing, then renamed. */
enum { CLI_FILES_MAX = 72, CLI_OUTPUTS_MAX = 64 };
typedef struct cli_files {
    const char *dir;
    struct {
        const char *name;
        zs_buffer bytes;
        cli_temporary temporary;
    } file[CLI_FILES_MAX];
    uint32_t n;
} cli_files;
zs_buffer *cli_files_add(cli_files *files, const char *name);
zs_status cli_files_write(cli_files *files, zs_err *err);
void cli_files_drop(cli_files *files);
/* One file that is written piece by piece and appears when it is complete. A link stays a link; a
 * pipe or a device is written to as it is. */
typedef struct cli_stream cli_stream;
/* ZS_EUSAGE when there can be no such file. */
zs_status cli_stream_open(zs_arena *arena, const char *path, cli_stream **out, zs_err *err);
zs_sink cli_stream_sink(cli_stream *stream);
/* Gives the file its name; ZS_EIO, and no file, when anything could not be written. */
zs_status cli_stream_close(cli_stream *stream, zs_err *err);
/* The same; where `written` is an error of the writer, returns that and leaves no file. */
zs_status cli_stream_end(cli_stream *stream, zs_status written, zs_err *err);
/* Forgets a file that was not closed; NULL is fine. */
void cli_stream_drop(cli_stream *stream);
/* Compresses into another sink; _end writes the rest and frees it. */
typedef struct cli_gzip cli_gzip;
zs_status cli_gzip_begin(const zs_sink *to, cli_gzip **out, zs_err *err);
zs_sink cli_gzip_sink(cli_gzip *gzip);
zs_status cli_gzip_end(cli_gzip *gzip);
/* ZS_EUSAGE when `dir` exists and is not a directory: checked before a long simulation. */
zs_status cli_dir_check(const char *dir, zs_err *err);

/* For `extends:` and `board:`; ctx is the arena. */
zs_fetch cli_fetch(zs_arena *arena);
/* For files that models refer to, such as external weights. */
zs_fetch cli_fetch_large(zs_arena *arena);
/* Path of a file that the design names: relative to the design file, then as it is. */
const char *cli_path_from(zs_arena *arena, const char *design_path, const char *name);
/* A model: a file, or the name of one in models/ beside the design file, beside its parent, in the
 * current directory or with the program. ZS_EUSAGE suggests the nearest name. */
zs_status cli_model_find(zs_arena *arena, const char *design_path, const char *name,
                         const char **path, zs_err *err);

/* A directory of the project ("configs/validation"): below the current directory, or with the
 * program. NULL when there is none. */
const char *cli_data_dir(zs_arena *arena, const char *name);
/* Names of the models that cli_model_find knows, for people. */
zs_status cli_models_list(zs_arena *arena, const zs_sink *sink, zs_err *err);

/* ---- measurements (references.c) ------------------------------------------------------------- */

typedef struct cli_references {
    zs_reference *list;
    uint32_t n, capacity;
} cli_references;
/* The tables that --against names, by default those that come with the program. In a directory, and
 * the directories in it, all .csv files; those of an unknown form are named on standard error. */
zs_status cli_references_read(const cli_options *options, zs_arena *arena, cli_references *out,
                              zs_err *err);

/* ---- terminal (terminal.c, progress.c) ------------------------------------------------------- */

/* One line on standard error. */
void cli_say(const char *place, const char *text);

/* Set by Ctrl-C once that is caught; the second one ends the program as usual. */
extern volatile sig_atomic_t cli_interrupted; /* 0, or the signal */
void cli_catch_interrupts(void);
/* Of standard output. */
zs_table_style cli_terminal_style(void);
bool cli_terminal_has_codes(void); /* colours, clearing a line: not where TERM is dumb or unknown */

/* ---- what is simulated (load.c, load_net.c) -------------------------------------------------- */

enum { CLI_NOTES_MAX = 16 };

typedef struct cli_point {
    zs_arena keep;
    zs_design design;
    zs_net *net;
    const zs_sparsity *sparsity;    /* NULL: weights were not pruned */
    const zs_net_spec *streamlined; /* what the network was built from, where it has quantisers */
    zs_plan *plan;
    uint32_t jobs;          /* threads of calibration */
    const zs_quant *quant;  /* NULL unless the plan needed it: zs_kind_reads_inputs */
    zs_sweep_section sweep; /* of the design file */
    bool keep_batchnorm;    /* batch normalisations are not folded */
    bool counts_zeros;      /* `sparsity` is needed even where nothing is pruned */
    bool noted_preprocess;  /* there is a note that pictures use the default preprocessing */
    bool noted_weights;     /* there is a note that weights are synthetic */
    const char *const *labels;
    uint32_t label_n;
    const char *notes[CLI_NOTES_MAX]; /* notes for the user of this run */
    uint32_t note_n;
    zs_provenance record;
    bool records;
    zs_trace *trace; /* NULL unless one is asked for */
    cli_stream *trace_file;
} cli_point;

zs_status cli_point_build(const cli_options *options, cli_point *out, zs_err *err);
/* The design alone, checked: neither network nor plan. Without a design file, the default one. */
zs_status cli_design_build(const cli_options *options, cli_point *out, zs_err *err);
/* The design alone with its files found, not checked: what a sweep starts from. */
zs_status cli_base_build(const cli_options *options, cli_point *out, zs_err *err);
/* The network that the point's design names, into point->net. */
zs_status cli_net_load(cli_point *point, const cli_options *options, zs_err *err);
/* Whether weights are meant to be synthetic, also where the seed is wrong: no file is read. */
bool cli_is_called_synthetic(const char *weights);
void cli_point_drop(cli_point *point);
/* The folding of the point's pipeline as a file of FINN; depths NULL: those of the plan. */
zs_status cli_folding_write(const cli_point *point, const char *path, const uint32_t *depths,
                            zs_err *err);
/* The settings "a=1;b=2" of a table's row, then those of --set (`more`, or NULL), as one list for
 * cli_options. */
zs_status cli_settings_of(zs_arena *arena, const char *text, char *const *more, char ***out,
                          zs_err *err);
/* Applies the settings of --set that come before all others: resets of keys below accelerator
 * (KEY=null), then the last kind. And whether a setting is one of these (settings.c). */
zs_status cli_kind_apply(cli_point *point, char *const *set, zs_err *err);
bool cli_is_kind_setting(const char *setting);
/* Refuses an axis with a key that --set or an option such as --model sets as well. */
zs_status cli_axis_check(const cli_options *options, const zs_axis *axis, zs_err *err);
/* Refuses --set of a key to something else than `value`, which an option gives it: one of the two
 * would have no effect. */
zs_status cli_key_check(const cli_options *options, const char *option, const char *key,
                        const char *value, zs_err *err);
/* --vary of commands that compare points. _read: the axes of the design file `path`. _name: their
 * keys, "batch" or "accelerator.fusion/batch". _point: the values of a point, "lf1" or "lf1/8", and
 * the settings of --set followed by these values. */
zs_status cli_axes_read(const cli_options *options, const char *path, zs_arena *keep, zs_grid *grid,
                        zs_err *err);
zs_status cli_axes_name(zs_arena *keep, const zs_grid *grid, const char **out, zs_err *err);
zs_status cli_axes_point(const cli_options *options, zs_arena *keep, const zs_grid *grid,
                         uint64_t point, const char **label, char ***settings, zs_err *err);
/* Appends a note to the results of a point (notes.c). */
void cli_note(cli_point *point, const char *fmt, ...) ZS_PRINTF(2, 3);

/* ---- provenance (provenance.c) --------------------------------------------------------------- */

void cli_command_line_is(int argc, const char *const *argv);
/* Quoted where a shell needs it; NULL without memory. */
const char *cli_shell_word(zs_arena *arena, const char *text);
typedef enum cli_file_role {
    CLI_FILE_MODEL,
    CLI_FILE_WEIGHTS,
    CLI_FILE_INPUT,
    CLI_FILE_DATA
} cli_file_role;
/* Records the point's design before its files are looked up. Without options->records this and the
 * functions below do nothing. ZS_ENOMEM. */
zs_status cli_record_design(cli_point *point, const cli_options *options, zs_err *err);
/* Records a file that was read; without bytes it was generated ("synthetic:1"). */
zs_status cli_record_file(cli_point *point, cli_file_role role, const char *name, zs_span bytes,
                          zs_err *err);
/* Identities of rows and calibrations are digests of lines with everything on which these depend.
 * Files count by their contents, so the design is written without their names, ... */
zs_design cli_without_files(const zs_design *design);
/* ... and a line "WHAT DIGEST" for each file, or "WHAT synthetic:SEED". */
zs_status cli_digest_file(cli_point *point, const char *what, const char *path, const zs_sink *sink,
                          zs_err *err);
/* The digest of the lines that `put` writes. */
typedef zs_status cli_put_fn(void *ctx, const zs_sink *sink, zs_err *err);
zs_status cli_digest_lines(cli_put_fn *put, void *ctx, char hex[65], zs_err *err);
/* Stores the record in the result. */
zs_status cli_record_end(cli_point *point, const cli_options *options, zs_result *result,
                         zs_err *err);
/* Version and digest of this program alone. NULL without memory. */
const zs_provenance *cli_provenance_of_this(zs_arena *arena);

/* ---- inputs (inputs.c) ----------------------------------------------------------------------- */

typedef struct cli_input {
    const char *name; /* "photo.jpg", "samples.npy[3]", "synthetic:1" */
    const float *x;   /* CHW, the network's input shape; several inputs one after the other */
} cli_input;

typedef struct cli_inputs {
    cli_input *list;
    uint32_t n;
} cli_inputs;

/* The file in FILE or NAME=FILE, where NAME is an input of the network. */
const char *cli_input_file(const char *word);
/* Reads every file of a list, .npy files sample by sample. */
zs_status cli_inputs_build(cli_point *point, const char *const *names, uint32_t n, cli_inputs *out,
                           zs_err *err);
/* Notes, once each, what makes classes meaningless: preprocessing for another network
 * (`as_they_are`: neither resized nor cropped), weights that are not trained. */
void cli_note_preprocess(cli_point *point, const char *path, bool as_they_are);
void cli_note_weights(cli_point *point);
/* Shape of the samples of a .npy file, for networks that do not state their input. */
zs_status cli_npy_shape(zs_arena *arena, const char *path, zs_shape *shape, zs_err *err);
/* Dimensions and samples of a .npy file, false where it is none that can be read again. */
bool cli_npy_samples(const char *path, uint32_t *rank, uint64_t *samples);

/* ---- execution (execute.c) ------------------------------------------------------------------- */

typedef struct cli_outputs {
    const zs_net *net;
    float **y;     /* [output of the network]: [input][its elements]; NULL: timing only */
    float *logits; /* NULL where the network does not end in softmax */
    zs_shape logits_shape;
    uint32_t n; /* inputs */
} cli_outputs;

/* Timing, and numerics unless the options say timing only. Fills result->images and wall time. */
zs_status cli_execute(cli_point *point, const cli_options *options, zs_result **result,
                      cli_outputs *outputs, zs_err *err);

/* The network in fp32 on an engine that fuses nothing: for calibration, and as a reference. */
typedef struct cli_flat {
    zs_design design;
    const zs_net *net;
    zs_quant *quant;
    zs_plan *plan;
} cli_flat;
zs_status cli_flat_build(zs_arena *arena, const cli_point *point, cli_flat *out, zs_err *err);
zs_status cli_flat_exec(zs_arena *arena, const cli_flat *flat, zs_exec **out, zs_err *err);
/* Widens the ranges of all tensors by runs of the flat network. ZS_EUNSUPPORTED: some tensors do
 * not exist there. */
zs_status cli_flat_measure(zs_arena *scratch, const cli_point *point, const cli_inputs *samples,
                           zs_ranges *ranges, zs_err *err);
/* Scales of the design's precision, from network.calibration, or else from `inputs`, which a note
 * names as `called`. `kept_in`: file of ranges (ranges_file.c), or NULL. */
zs_status cli_quant_build(cli_point *point, const cli_inputs *inputs, const char *called,
                          const char *kept_in, zs_quant **out, zs_err *err);
/* Ranges from the file `path`, or measured and added to it. ZS_EPARSE, ZS_EUSAGE and ZS_EIO of the
 * file. */
typedef zs_status cli_measure_fn(cli_point *point, const cli_inputs *samples, zs_ranges *ranges,
                                 zs_err *err);
zs_status cli_ranges_keep(cli_point *point, const char *path, const cli_inputs *samples,
                          cli_measure_fn *measure, zs_ranges *ranges, zs_err *err);

/* A bar on standard error for work longer than a second, where that is a terminal. */
typedef struct cli_progress {
    uint64_t done, total;
    double begin_s, shown_s;
    bool wanted, visible;
    bool in_lines; /* where no bar can be drawn, a line from time to time */
} cli_progress;
double cli_seconds(void);
void cli_progress_begin(cli_progress *progress, uint64_t total, bool quiet);
void cli_progress_step(cli_progress *progress, uint64_t steps);
void cli_progress_end(cli_progress *progress);

/* ---- results (outputs.c, gnuplot.c, sha.c) --------------------------------------------------- */

/* --out DIR, all files or none. May append notes to the result. */
zs_status cli_out_write(cli_point *point, const char *dir, zs_result *result,
                        const cli_outputs *outputs, zs_err *err);
/* Runs gnuplot on a script; the plot it prints is appended to `svg`, well formed. ZS_EUNSUPPORTED
 * where it is not installed; ZS_EIO, with what it said, where it fails. */
zs_status cli_gnuplot_run(zs_span script, zs_buffer *svg, zs_err *err);
/* The same of graphviz' dot. */
zs_status cli_dot_run(zs_span graph, zs_buffer *svg, zs_err *err);
/* Lower-case hexadecimal SHA-256. */
void cli_sha256(const void *data, size_t bytes, char hex[65]);

/* ---- traces (trace.c) ------------------------------------------------------------------------ */

/* Checks --trace before anything is read. */
zs_status cli_trace_check(const cli_options *options, zs_err *err);
/* Makes point->trace and opens its file under a temporary name; nothing without --trace. */
zs_status cli_trace_begin(cli_point *point, const cli_options *options, zs_err *err);
/* Writes it and gives the file its name. Notes what was left out. */
zs_status cli_trace_end(cli_point *point, const cli_options *options, const zs_result *result,
                        zs_err *err);
/* Removes the file of a trace that was not ended. */
void cli_trace_drop(cli_point *point);

/* ---- threads.c ------------------------------------------------------------------------------- */

/* Calls work(ctx) on this thread and on n - 1 others, or on as many as can be started: work
 * processes the next items until none is left. */
void cli_threads_run(uint64_t n, void (*work)(void *ctx), void *ctx);

/* ---- sets of images (image_set.c) ------------------------------------------------------------ */

/* Reads one file of images, and its labels: from labels_path, or else from CIFAR's .bin itself or
 * the file that is named after it; out->labels is NULL where there are none. A picture is a mosaic
 * of images of the shape `tile`, continued in the pictures of the following numbers. Images of
 * CIFAR are appended to those in `out`. */
zs_status cli_dataset_read(zs_arena *arena, const char *path, const char *labels_path,
                           zs_shape tile, zs_dataset *out, zs_err *err);
/* Whether a name has the extension of a picture. */
bool cli_dataset_is_picture(const char *path);
/* The file with images of MNIST, CIFAR-10 or .npy in a directory; NULL: it has none. */
const char *cli_dataset_in(zs_arena *arena, const char *dir, bool is_test);

/* One of files, data and tensors is set. */
typedef struct cli_image_set {
    uint32_t n;               /* 0 for tensors, which their reader counts */
    const char *const *files; /* [image] pictures */
    zs_dataset data;
    const char *tensors, *tensor_labels; /* .npy, and its labels or NULL */
    const uint32_t *labels;              /* [image]; NULL: none are known */
    const char *path, *note;             /* note: how classes were found, or NULL */
    uint32_t left_out;                   /* pictures of a folder in forms that are not read */
} cli_image_set;
/* --images: a directory of pictures or of a known set, or a file; labels NULL: those beside it. */
zs_status cli_image_set_read(zs_arena *arena, const char *path, const char *labels,
                             const cli_point *point, cli_image_set *out, zs_err *err);
/* Labels of n images: .csv with a column class, IDX, .npy or bytes. */
zs_status cli_labels_read(zs_arena *arena, const char *path, uint32_t n, const uint32_t **out,
                          zs_err *err);

/* ---- training (train_data.c, train_case.c) --------------------------------------------------- */

/* The data set of --data, and that of --test or beside it; test->n 0: there is none. Tiles of
 * mosaics have the shape `tile`. */
zs_status cli_train_data(const cli_options *options, zs_arena *arena, zs_shape tile,
                         zs_dataset *data, zs_dataset *test, zs_err *err);
/* The designs of system.boards, which are then part of the design. */
typedef struct cli_train_boards {
    cli_point *points;
    uint32_t n;
} cli_train_boards;
zs_status cli_train_boards_load(const cli_options *options, cli_point *point,
                                cli_train_boards *boards, zs_err *err);
void cli_train_boards_drop(cli_train_boards *boards); /* before the point */
/* A design's network, cut, on its devices; the plan is without data, seed and epochs. */
zs_status cli_train_pipeline_build(const cli_options *options, cli_point *point,
                                   cli_train_boards *boards, zs_train_plan *plan, zs_pipeline *out,
                                   zs_err *err);
/* The page and the timeline of train: opened before it begins, NULL where none is wanted. */
typedef struct cli_train_report {
    cli_stream *page, *trace;
} cli_train_report;
zs_status cli_train_report_open(const cli_options *options, zs_arena *arena,
                                cli_train_report *report, zs_err *err);
zs_status cli_train_report_write(const cli_options *options, zs_arena *arena,
                                 cli_train_report *report, zs_training *training, zs_err *err);
void cli_train_report_drop(cli_train_report *report);
zs_status cli_train_cases(const cli_options *options, int *exit_status, zs_err *err);
/* NAME.json with NAME_setup.csv and NAME_weights.csv beside it, for validate. */
bool cli_train_case_is_whole(zs_arena *arena, const char *path);
zs_status cli_train_case_reference(zs_arena *arena, const char *path, zs_reference *out,
                                   zs_err *err);

/* ---- follow.c: numerics on a second thread --------------------------------------------------- */

typedef struct cli_follower cli_follower;
/* NULL without memory or another thread: the caller then performs ops itself. */
cli_follower *cli_follower_start(zs_arena *arena, zs_exec *exec, uint32_t op_n);
void cli_follower_retire(cli_follower *follower, uint32_t op);
/* Returns when every op has been performed. */
void cli_follower_finish(cli_follower *follower);

#endif
