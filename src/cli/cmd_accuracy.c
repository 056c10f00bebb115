#include "accuracy_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 64 };

/* ---- what is asked for ----------------------------------------------------------------------- */

typedef struct identity {
    const accuracy_job *j;
    accuracy_point *p;
} identity;

/* All that a row depends on but its picture and the program. */
static zs_status put_identity(void *ctx, const zs_sink *s, zs_err *err)
{
    const identity *of = ctx;
    const accuracy_job *j = of->j;
    accuracy_point *p = of->p;
    const zs_design *own = &p->p.design;
    zs_design d = cli_without_files(own);
    d.name = "";
    ZS_TRY(zs_design_yaml_emit(&d, s, err));
    ZS_TRY(cli_digest_file(&p->p, "model", own->network.model, s, err));
    ZS_TRY(cli_digest_file(&p->p, "weights", own->network.weights, s, err));
    for (uint32_t i = 0; i < own->network.calibration_n; i++)
        ZS_TRY(cli_digest_file(&p->p, "calibration", own->network.calibrations[i], s, err));
    if (own->network.calibration_n == 0 && !zs_precision_is_float(own->accel.precision))
        ZS_TRY(zs_sink_printf(s, "calibrated on %llu\n",
                              (unsigned long long)zs_min_u64(p->n, ACCURACY_CALIBRATION_IMAGES)));
    if (j->o->mean != NULL)
        ZS_TRY(cli_digest_file(&p->p, "mean", j->o->mean, s, err));
    return zs_sink_printf(s, "reference %s\n", j->o->reference != NULL ? j->o->reference : "none");
}

static zs_status set_identity(const accuracy_job *j, accuracy_point *p, zs_err *err)
{
    char hex[65];
    ZS_TRY(cli_digest_lines(put_identity, &(identity){j, p}, hex, err));
    snprintf(p->id, sizeof p->id, "%.16s/%s", hex, cli_build);
    return ZS_OK;
}

static zs_status read_set(const accuracy_job *j, accuracy_point *p, zs_err *err)
{
    cli_image_set *set = &p->images;
    ZS_TRY(cli_image_set_read(&p->p.keep, j->o->image_set, j->o->image_labels, &p->p, set, err));
    p->n = set->n;
    p->labels = set->labels;
    if (set->tensors != NULL) {
        const char *const names[] = {set->tensors};
        ZS_TRY(cli_inputs_build(&p->p, names, 1, &p->tensors, err));
        p->n = p->tensors.n;
        if (set->tensor_labels != NULL)
            ZS_TRY(cli_labels_read(&p->p.keep, set->tensor_labels, p->n, &p->labels, err));
    }
    if (j->o->limit == 0)
        return zs_fail(err, ZS_EUSAGE, "--limit", "0 is below the minimum 1");
    if (j->o->limit > 0 && (uint64_t)j->o->limit < p->n)
        p->n = (uint32_t)j->o->limit;
    if (p->n == 0)
        return zs_fail(err, ZS_EUSAGE, j->o->image_set, "there is no image to run");
    return ZS_OK;
}

/* What the first point's set goes through holds for all of them, but for what they vary. */
static void note_set(const accuracy_job *j, accuracy_point *p)
{
    const zs_shape s = accuracy_input_shape(p), tile = p->images.data.shape;
    if (p->images.note != NULL)
        cli_note(&p->p, "%s", p->images.note);
    if (p->images.left_out > 0)
        cli_note(&p->p,
                 "%u picture%s of %s %s left out: only JPEG, PNG, WebP, PPM and PGM are read",
                 p->images.left_out, p->images.left_out == 1 ? "" : "s", p->images.path,
                 p->images.left_out == 1 ? "is" : "are");
    if (p->labels != NULL)
        cli_note_weights(&p->p);
    if (p->images.tensors != NULL)
        return;
    cli_note_preprocess(&p->p, j->o->image_set, accuracy_has_input_size(p));
    if (p->images.files == NULL && (tile.c != s.c || tile.h != s.h || tile.w != s.w))
        cli_note(&p->p,
                 "the images are %ux%ux%u and the network's input is %ux%ux%u (channels x rows x "
                 "columns): each goes through network.preprocess to the size and channels of the "
                 "input",
                 tile.c, tile.h, tile.w, s.c, s.h, s.w);
}

/* Classes are channels of one pixel. */
static zs_status read_classes(const cli_options *o, accuracy_point *p, zs_err *err)
{
    const zs_net *net = p->p.net;
    const zs_shape y = net->tensors[net->output].shape;
    if (y.h != 1 || y.w != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, p->p.design.network.model,
                       "its output is %ux%ux%u: only a network that classifies has an accuracy",
                       y.c, y.h, y.w);
    p->is_class = y.c == 1;
    p->class_n = y.c;
    for (uint32_t i = 0; p->is_class && p->labels != NULL && i < p->n; i++)
        p->class_n = p->labels[i] >= p->class_n ? p->labels[i] + 1 : p->class_n;
    for (uint32_t i = 0; p->labels != NULL && i < p->n; i++)
        if (p->labels[i] >= p->class_n)
            return zs_fail(err, ZS_ERANGE, o->image_labels != NULL ? "--labels" : o->image_set,
                           "image %u is of class %u, the network has %u classes", i, p->labels[i],
                           p->class_n);
    return ZS_OK;
}

static zs_status prepare_point(const accuracy_job *j, accuracy_point *p, zs_err *err)
{
    cli_options o = *j->o;
    o.set = p->set;
    ZS_TRY(cli_point_build(&o, &p->p, err));
    if (p->label == NULL)
        p->label = p->p.design.name;
    ZS_TRY(read_set(j, p, err));
    ZS_TRY(read_classes(j->o, p, err));
    p->rows = zs_new(&p->p.keep, zs_accuracy_image, (size_t)p->n);
    p->is_done = zs_new(&p->p.keep, bool, (size_t)p->n);
    p->digests = zs_arena_alloc(&p->p.keep, p->n, sizeof *p->digests);
    if (p->rows == NULL || p->is_done == NULL || p->digests == NULL)
        return zs_nomem(err, "images");
    for (uint32_t i = 0; i < p->n; i++)
        p->rows[i].label = p->labels != NULL ? p->labels[i] : ZS_NO_CLASS;
    return set_identity(j, p, err);
}

static zs_status list_points(accuracy_job *j, zs_err *err)
{
    zs_grid grid;
    ZS_TRY(cli_axes_read(j->o, j->o->design_path, &j->keep, &grid, err));
    if (grid.point_n > POINTS_MAX)
        return zs_fail(err, ZS_EUSAGE, "--vary", "%llu points are more than %d",
                       (unsigned long long)grid.point_n, POINTS_MAX);
    ZS_TRY(cli_axes_name(&j->keep, &grid, &j->head, err));
    j->points = zs_new(&j->keep, accuracy_point, (size_t)grid.point_n);
    if (j->points == NULL)
        return zs_nomem(err, "points");
    for (; j->n < grid.point_n; j->n++) {
        accuracy_point *p = &j->points[j->n];
        const char *label;
        p->number = j->n;
        ZS_TRY(cli_axes_point(j->o, &j->keep, &grid, j->n, &label, &p->set, err));
        p->label = grid.axis_n > 0 ? label : NULL;
        const zs_status status = prepare_point(j, p, err);
        if (status != ZS_OK && p->label != NULL && grid.axis_n > 0)
            zs_err_prefix(err, label);
        if (status != ZS_OK)
            j->n++; /* to be dropped as well */
        ZS_TRY(status);
    }
    if (grid.axis_n == 0)
        j->head = "design";
    return ZS_OK;
}

static zs_status read_mean(accuracy_job *j, zs_err *err)
{
    zs_span bytes;
    zs_npy npy;
    if (j->o->mean == NULL)
        return ZS_OK;
    const zs_shape s = accuracy_input_shape(&j->points[0]);
    ZS_TRY(cli_file_read(&j->keep, j->o->mean, CLI_LARGE_BYTES, &bytes, err));
    ZS_TRY(zs_npy_parse(&j->keep, bytes, j->o->mean, &npy, err));
    if (npy.dims[0] != 1 || npy.dims[1] != s.c || npy.dims[2] != s.h || npy.dims[3] != s.w)
        return zs_fail(err, ZS_ESHAPE, j->o->mean,
                       "the mean image is %llux%llux%llu, the network's input is %ux%ux%u",
                       (unsigned long long)npy.dims[1], (unsigned long long)npy.dims[2],
                       (unsigned long long)npy.dims[3], s.c, s.h, s.w);
    j->mean = npy.data;
    return ZS_OK;
}

static zs_status check_options(const cli_options *o, zs_err *err)
{
    if (o->image_set == NULL)
        return zs_fail(err, ZS_EUSAGE, "--images", "is needed: it names the images to run");
    if (o->reference != NULL && strcmp(o->reference, "fp32") != 0)
        return zs_fail(err, ZS_EUSAGE, "--reference", "'%.40s' is not fp32", o->reference);
    if (o->output != NULL && (o->output[0] == '\0' || strcmp(o->output, "-") == 0))
        return zs_fail(err, ZS_EUSAGE, "-o", "rows need a file");
    return ZS_OK;
}

/* ---- what comes out -------------------------------------------------------------------------- */

/* Of all points, each once: what a precision needs is said where it is not the first one, too. */
static zs_status gather_notes(accuracy_job *j, const char *const **out, uint32_t *n, zs_err *err)
{
    size_t all = 1;
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].p.note_n;
    const char **notes = zs_new(&j->keep, const char *, all);
    if (notes == NULL)
        return zs_nomem(err, "notes");
    *n = 0;
    for (uint32_t i = 0; i < j->n; i++)
        for (uint32_t k = 0; k < j->points[i].p.note_n; k++) {
            uint32_t same = 0;
            while (same < *n && strcmp(notes[same], j->points[i].p.notes[k]) != 0)
                same++;
            notes[same] = j->points[i].p.notes[k];
            *n += same == *n;
        }
    *out = notes;
    return ZS_OK;
}

/* A network that ends in the number of a class may name one that no label has, or none. */
static uint32_t class_count(const accuracy_point *p)
{
    uint32_t n = p->class_n;
    for (uint32_t i = 0; p->is_class && i < p->n; i++)
        if (p->rows[i].top[0] >= n)
            n = p->rows[i].top[0] == ZS_NO_CLASS ? UINT32_MAX : p->rows[i].top[0] + 1;
    return n;
}

static zs_status print(accuracy_job *j, zs_err *err)
{
    zs_accuracy_point *lines = zs_new(&j->keep, zs_accuracy_point, j->n);
    if (lines == NULL)
        return zs_nomem(err, "points");
    for (uint32_t i = 0; i < j->n; i++) {
        accuracy_point *p = &j->points[i];
        lines[i] = (zs_accuracy_point){.label = p->label,
                                       .precision = p->result->precision,
                                       .result = p->result,
                                       .sparsity = p->p.sparsity};
        ZS_TRY(zs_accuracy_sum(&j->keep, p->rows, p->n, class_count(p), p->layer_names, p->layer_n,
                               &lines[i].accuracy, err));
    }
    zs_accuracy_table table = {.head = j->head,
                               .set = j->o->image_set,
                               .points = lines,
                               .n = j->n,
                               .images_per_second_wall = j->images_per_second};
    ZS_TRY(gather_notes(j, &table.notes, &table.note_n, err));
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    switch (j->o->format) {
    case CLI_CSV:
        return zs_accuracy_csv_emit(&table, &sink, err);
    case CLI_JSON:
        return zs_accuracy_json_emit(&table, &sink, err);
    default:
        return zs_accuracy_table_emit(&table, &style, &sink, err);
    }
}

static void say_rate(const accuracy_job *j, double seconds)
{
    char text[96];
    if (j->o->quiet || j->executed == 0)
        return;
    snprintf(text, sizeof text, "%u %s in %.1f s, %.1f a second", j->executed,
             j->executed == 1 ? "image" : "images", seconds,
             seconds > 0 ? j->executed / seconds : 0);
    cli_say("accuracy", text);
}

static zs_status run_points(accuracy_job *j, zs_err *err)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].n;
    const double begin_s = cli_seconds();
    cli_progress_begin(&j->progress, all * ACCURACY_BAR_STEP, j->o->quiet);
    zs_status status = ZS_OK;
    cli_catch_interrupts();
    for (uint32_t i = 0; status == ZS_OK && !cli_interrupted && i < j->n; i++) {
        status = accuracy_run_point(j, &j->points[i], err);
        if (status != ZS_OK && j->n > 1)
            zs_err_prefix(err, j->points[i].label);
    }
    cli_progress_end(&j->progress);
    const double seconds = cli_seconds() - begin_s;
    j->images_per_second = j->executed > 0 && seconds > 0 ? j->executed / seconds : (double)NAN;
    say_rate(j, seconds);
    return status;
}

static void say_how_to_go_on(const accuracy_job *j)
{
    uint64_t all = 0;
    char text[128];
    for (uint32_t i = 0; i < j->n; i++)
        all += j->points[i].n;
    const bool kept = j->rows.path != NULL;
    snprintf(text, sizeof text, "interrupted after %u of %llu images; %s", j->done,
             (unsigned long long)all,
             kept ? "the same command goes on with the rest" : "-o FILE.csv would have kept them");
    cli_say(kept ? j->rows.path : "accuracy", text);
}

static zs_status accuracy(accuracy_job *j, int *exit_status, zs_err *err)
{
    ZS_TRY(check_options(j->o, err));
    ZS_TRY(list_points(j, err));
    ZS_TRY(read_mean(j, err));
    note_set(j, &j->points[0]);
    ZS_TRY(accuracy_rows_open(&j->rows, j->points, j->n, j->o->quiet, err));
    ZS_TRY(run_points(j, err));
    if (!cli_interrupted)
        return print(j, err);
    say_how_to_go_on(j);
    *exit_status = CLI_SIGNALLED + cli_interrupted;
    return ZS_OK;
}

zs_status cmd_accuracy(const cli_options *options, int *exit_status, zs_err *err)
{
    accuracy_job j = {.o = options, .rows = {.path = options->output, .fd = -1}};
    zs_arena_init(&j.keep, cli_heap());
    j.rows.arena = &j.keep;
    zs_err closing = {0};
    zs_status status = accuracy(&j, exit_status, err);
    const zs_status closed = accuracy_rows_close(&j.rows, &closing);
    if (status == ZS_OK && closed != ZS_OK) {
        status = closed;
        *err = closing;
    }
    for (uint32_t i = 0; i < j.n; i++)
        cli_point_drop(&j.points[i].p);
    zs_arena_drop(&j.keep);
    return status;
}
