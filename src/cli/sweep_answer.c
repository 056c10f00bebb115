#include "sweep_priv.h"
#include "zynqsim/pareto.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OBJECTIVES_MAX = 8, TOP_N = 10 };

/* A row that is kept for the answer. */
typedef struct kept_row {
    uint64_t at; /* of its line among the rows */
    uint64_t point;
    uint32_t bytes;
    bool is_candidate;
} kept_row;

typedef struct answering {
    sweep_job *job;
    zs_arena keep;
    zs_subject objectives[OBJECTIVES_MAX];
    bool larger[OBJECTIVES_MAX];
    uint32_t objective_n;
    bool says_fits; /* a condition speaks of fits: it decides */
    uint64_t simulated, skipped, problems, misfits, close, met, met_close;
    kept_row *rows;
    double *values; /* [row][objective], smaller is better */
    uint64_t row_n, room;
    int fd; /* of the rows; -1: in memory */
    char *header;
    uint64_t flaw_n; /* lines that are no rows */
    zs_err flaw;     /* the first */
} answering;

/* ---- reading --------------------------------------------------------------------------------- */

static const char *text_of(const sweep_row *row, const char *column)
{
    const uint32_t at = sweep_column(row, column);
    return at == SWEEP_NO_COLUMN ? "" : row->cells[at];
}

static double number_of(const sweep_row *row, const char *column)
{
    return sweep_cell_number(row, sweep_column(row, column));
}

static zs_status grow(answering *a, zs_err *err)
{
    if (a->row_n < a->room)
        return ZS_OK;
    const uint64_t room = a->room ? 2 * a->room : 1024;
    kept_row *rows = realloc(a->rows, room * sizeof *rows);
    if (rows == NULL)
        return zs_nomem(err, "rows");
    a->rows = rows;
    double *values = realloc(a->values, room * (a->objective_n + 1) * sizeof *values);
    if (values == NULL)
        return zs_nomem(err, "rows");
    a->values = values;
    a->room = room;
    return ZS_OK;
}

static double objective_of(const answering *a, const sweep_row *row, uint32_t k)
{
    const zs_subject *f = &a->objectives[k];
    uint32_t column = sweep_column(row, f->name);
    if (column == SWEEP_NO_COLUMN && f->metric != ZS_NO_INDEX)
        column = sweep_column(row, zs_metrics[f->metric].name);
    const double value = sweep_cell_number(row, column);
    return a->larger[k] ? -value : value;
}

static zs_status keep_row(answering *a, const sweep_row *row, bool is_candidate, zs_err *err)
{
    ZS_TRY(grow(a, err));
    kept_row *kept = &a->rows[a->row_n];
    *kept = (kept_row){.at = row->at,
                       .bytes = (uint32_t)row->bytes,
                       .point = row->point,
                       .is_candidate = is_candidate};
    for (uint32_t k = 0; k < a->objective_n; k++)
        a->values[a->row_n * a->objective_n + k] =
            is_candidate ? objective_of(a, row, k) : (double)NAN;
    a->row_n++;
    return ZS_OK;
}

static zs_status count_row(void *ctx, const sweep_row *row, zs_err *err)
{
    answering *a = ctx;
    const char *outcome = text_of(row, "outcome");
    const bool simulated = strcmp(outcome, "simulated") == 0;
    const char *verdict = text_of(row, "fits"); /* empty: too close to call */
    const bool fits = strcmp(verdict, "0") != 0, meets = number_of(row, "meets") > 0;
    a->simulated += simulated;
    a->skipped += strcmp(outcome, "skipped") == 0;
    a->problems += strcmp(outcome, "problem") == 0;
    a->misfits += simulated && !fits;
    a->close += simulated && verdict[0] == '\0';
    const bool counts = simulated && meets && (fits || a->says_fits);
    a->met += counts;
    a->met_close += counts && verdict[0] == '\0';
    const bool is_best =
        a->job->best_found && row->point == sweep_point_of(a->job, a->job->best_own);
    if (a->objective_n > 0 || is_best)
        return keep_row(a, row, counts, err);
    return ZS_OK;
}

static zs_status count_flaw(void *ctx, const sweep_flaw *flaw, zs_err *err)
{
    answering *a = ctx;
    (void)err;
    if (a->flaw_n++ == 0)
        (void)zs_fail(&a->flaw, ZS_EIO, flaw->place, "%s", flaw->what);
    return ZS_OK;
}

static FILE *open_rows(answering *a)
{
    const sweep_file *f = &a->job->file;
    const zs_buffer *m = &f->memory;
    if (f->path == NULL && f->spool < 0)
        return m->bytes > 0 ? fmemopen(m->data, m->bytes, "r") : NULL;
    a->fd = f->path == NULL ? f->spool : open(f->path, O_RDONLY | O_CLOEXEC);
    const int copy = a->fd >= 0 ? dup(a->fd) : -1;
    if (copy >= 0 && lseek(copy, 0, SEEK_SET) == 0) {
        FILE *stream = fdopen(copy, "r");
        if (stream != NULL)
            return stream;
    }
    if (copy >= 0)
        close(copy);
    return NULL;
}

/* The line of a row that was read, with an end of its own. NULL when it cannot be read again. */
static const char *line_of(const answering *a, const kept_row *row, char **room)
{
    char *text = realloc(*room, row->bytes + 1u);
    if (text == NULL)
        return NULL;
    *room = text;
    text[row->bytes] = '\0';
    if (a->fd < 0) {
        memcpy(text, a->job->file.memory.data + row->at, row->bytes);
        return text;
    }
    for (size_t got = 0; got < row->bytes;) {
        const ssize_t n = pread(a->fd, text + got, row->bytes - got, (off_t)(row->at + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        got += (size_t)n;
    }
    return text;
}

static zs_status is_gone(const answering *a, zs_err *err)
{
    return zs_fail(err, ZS_EIO, a->job->file.path ? a->job->file.path : "rows",
                   "cannot be read again");
}

static zs_status read_rows(answering *a, zs_err *err)
{
    sweep_reading reading = {.path = a->job->file.path ? a->job->file.path : "rows",
                             .ctx = a,
                             .row = count_row,
                             .flawed = count_flaw};
    FILE *stream = open_rows(a);
    if (stream == NULL)
        return zs_fail(err, errno == ENOMEM ? ZS_ENOMEM : ZS_EIO, reading.path,
                       "cannot be read: %s", strerror(errno));
    const zs_status status = sweep_rows_each(stream, &reading, err);
    fclose(stream);
    a->header = reading.header;
    return status;
}

/* Rows that were written and are not there any more, or not as they were. */
static zs_status check_all_there(const answering *a, zs_err *err)
{
    const uint64_t rows = a->simulated + a->skipped + a->problems;
    if (a->flaw_n > 0)
        return zs_fail(err, ZS_EIO, a->flaw.place,
                       "%s: %llu lines of the file were changed while the sweep wrote it; the same "
                       "command goes on",
                       a->flaw.text, (unsigned long long)a->flaw_n);
    if (rows != a->job->done_n)
        return zs_fail(err, ZS_EIO, a->job->file.path ? a->job->file.path : "rows",
                       "holds %llu rows of the %llu that were written: the file was changed while "
                       "the sweep wrote it; the same command goes on",
                       (unsigned long long)rows, (unsigned long long)a->job->done_n);
    return ZS_OK;
}

/* ---- the front ------------------------------------------------------------------------------- */

/* Whether the newest objective is there already: resources.dsp is resources.dsp.used. */
static zs_status refuse_twin(const answering *a, zs_err *err)
{
    const zs_subject *now = &a->objectives[a->objective_n];
    for (uint32_t i = 0; i < a->objective_n; i++)
        if (a->objectives[i].field == now->field && a->objectives[i].metric == now->metric)
            return zs_fail(err, ZS_EUSAGE, "--pareto", "\"%.60s\" is there twice", now->name);
    return ZS_OK;
}

static zs_status read_objectives(answering *a, zs_err *err)
{
    const char *text = a->job->shows_top ? "max:images_per_second" : a->job->o->pareto;
    while (text != NULL && *text != '\0') {
        const size_t bytes = strcspn(text, ",");
        const char *word = zs_arena_strndup(&a->keep, text, bytes);
        if (word == NULL)
            return zs_nomem(err, "--pareto");
        if (a->objective_n == OBJECTIVES_MAX)
            return zs_fail(err, ZS_EUSAGE, "--pareto", "more than %d figures", OBJECTIVES_MAX);
        if (bytes == 0 || strcmp(text + bytes, ",") == 0)
            return zs_fail(err, ZS_EUSAGE, "--pareto", "a figure is missing beside a comma");
        ZS_TRY(sweep_objective(&a->keep, word, &a->objectives[a->objective_n],
                               &a->larger[a->objective_n], err));
        ZS_TRY(refuse_twin(a, err));
        ZS_TRY(sweep_check_key(a->job, &a->objectives[a->objective_n], "--pareto", err));
        a->objective_n++;
        text += bytes + (text[bytes] == ',');
    }
    return ZS_OK;
}

static int by_point(const void *a, const void *b)
{
    const kept_row *x = a, *y = b;
    return (x->point > y->point) - (x->point < y->point);
}

/* Rows go with their values, so the values are taken anew by position after sorting. */
static int by_first_objective(const void *a, const void *b)
{
    const double *x = *(const double *const *)a, *y = *(const double *const *)b;
    return (x[0] > y[0]) - (x[0] < y[0]);
}

static zs_status marked_row(const zs_sink *sink, const char *line, const char *end)
{
    ZS_TRY(zs_sink_write(sink, line, strlen(line)));
    return zs_sink_write(sink, end, strlen(end));
}

/* What writing comes to the sink keeps for its end. */
static zs_status marked_rows(const answering *a, const kept_row *order, const zs_sink *sink,
                             zs_err *err)
{
    char *room = NULL;
    zs_status status = ZS_OK;
    bool is_written = marked_row(sink, a->header, ",pareto\n") == ZS_OK;
    for (uint64_t i = 0; i < a->row_n && is_written && status == ZS_OK; i++) {
        const char *line = line_of(a, &order[i], &room);
        if (line == NULL)
            status = is_gone(a, err);
        else
            is_written = marked_row(sink, line, order[i].is_candidate ? ",1\n" : ",0\n") == ZS_OK;
    }
    free(room);
    return status;
}

static zs_status write_marked(answering *a, const bool *on_front, zs_err *err)
{
    const char *path = a->job->o->pareto_out;
    cli_stream *file;
    if (path == NULL)
        return ZS_OK;
    kept_row *order = malloc((a->row_n + 1) * sizeof *order);
    if (order == NULL)
        return zs_nomem(err, path);
    for (uint64_t i = 0; i < a->row_n; i++) {
        order[i] = a->rows[i];
        order[i].is_candidate = on_front[i];
    }
    qsort(order, a->row_n, sizeof *order, by_point);
    zs_status status = cli_stream_open(&a->keep, path, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file);
        status = cli_stream_end(file, marked_rows(a, order, &sink, err), err);
    }
    free(order);
    return status;
}

/* ---- what is shown --------------------------------------------------------------------------- */

static bool is_shown(const sweep_row *row, const char *name, const answering *a)
{
    static const char *const always[] = {"point",
                                         "fits",
                                         "cycles",
                                         "images_per_second",
                                         "resources.dsp.used",
                                         "resources.bram18.used",
                                         "energy.joules"};
    (void)row;
    const zs_grid *g = &a->job->sweep.grid;
    for (uint32_t i = 0; i < g->axis_n; i++)
        for (uint32_t k = 0; k < g->axes[i].path_n; k++)
            if (strcmp(g->axes[i].paths[k], name) == 0)
                return true;
    for (uint32_t k = 0; k < a->objective_n; k++)
        if (a->objectives[k].metric != ZS_NO_INDEX &&
            strcmp(zs_metrics[a->objectives[k].metric].name, name) == 0)
            return true;
    if (a->job->o->best != NULL && strcmp(zs_metrics[a->job->best.metric].name, name) == 0)
        return true;
    for (size_t i = 0; i < ZS_LEN(always); i++)
        if (strcmp(always[i], name) == 0)
            return true;
    return false;
}

typedef struct shown {
    answering *a;
    uint32_t at[ZS_SWEEP_COLUMNS_MAX]; /* columns that are shown */
    uint32_t column_n, row_n;
    const char **columns, **cells;
} shown;

/* Numbers of a table for people: six digits. */
static const char *readable(answering *a, const char *text)
{
    char *end;
    const double value = strtod(text, &end);
    if (a->job->o->format != CLI_TABLE || *end != '\0' || strpbrk(text, ".e") == NULL)
        return text;
    const char *shorter = zs_arena_printf(&a->keep, "%.6g", value);
    return shorter ? shorter : text;
}

static zs_status show_row(void *ctx, const sweep_row *row, zs_err *err)
{
    shown *s = ctx;
    if (s->columns == NULL) {
        for (uint32_t i = 0; i < row->n; i++)
            if (is_shown(row, row->columns[i], s->a))
                s->at[s->column_n++] = i;
        s->columns = zs_new(&s->a->keep, const char *, s->column_n + 1u);
        s->cells = zs_new(&s->a->keep, const char *, (s->a->row_n + 1) * s->column_n);
        if (s->columns == NULL || s->cells == NULL)
            return zs_nomem(err, "the table");
        for (uint32_t c = 0; c < s->column_n; c++)
            s->columns[c] = zs_arena_strdup(&s->a->keep, row->columns[s->at[c]]);
    }
    for (uint32_t c = 0; c < s->column_n; c++) {
        const char *text = zs_arena_strdup(&s->a->keep, row->cells[s->at[c]]);
        if (text == NULL || s->columns[c] == NULL)
            return zs_nomem(err, "the table");
        const bool is_close = text[0] == '\0' && s->a->job->o->format == CLI_TABLE &&
                              strcmp(s->columns[c], "fits") == 0;
        s->cells[(size_t)s->row_n * s->column_n + c] = is_close ? "close" : readable(s->a, text);
    }
    s->row_n++;
    return ZS_OK;
}

/* Cuts the lines into cells once more, as a small file of their own. */
static zs_status show_lines(shown *s, const uint64_t *order, uint64_t n, zs_err *err)
{
    zs_buffer text;
    zs_buffer_init(&text, cli_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    zs_status status = zs_sink_printf(&sink, "%s\n", s->a->header);
    char *room = NULL;
    bool is_there = true;
    for (uint64_t i = 0; i < n && status == ZS_OK && is_there; i++) {
        const char *line = line_of(s->a, &s->a->rows[order[i]], &room);
        is_there = line != NULL;
        if (is_there)
            status = zs_sink_printf(&sink, "%s\n", line);
    }
    free(room);
    if (!is_there) {
        zs_buffer_drop(&text);
        return is_gone(s->a, err);
    }
    FILE *stream = status == ZS_OK ? fmemopen(text.data, text.bytes, "r") : NULL;
    sweep_reading reading = {.path = "rows", .ctx = s, .row = show_row};
    if (stream != NULL) {
        status = sweep_rows_each(stream, &reading, err);
        fclose(stream);
        free(reading.header);
    } else {
        status = zs_nomem(err, "the table");
    }
    zs_buffer_drop(&text);
    return status;
}

static zs_status show_front(answering *a, shown *s, zs_err *err)
{
    bool *on_front = zs_new(&a->keep, bool, a->row_n + 1);
    const double **front = zs_new(&a->keep, const double *, a->row_n + 1);
    uint64_t *order = zs_new(&a->keep, uint64_t, a->row_n + 1), n = 0;
    if (on_front == NULL || front == NULL || order == NULL)
        return zs_nomem(err, "the Pareto front");
    ZS_TRY(zs_pareto_mark(&a->keep, a->values, a->row_n, a->objective_n, on_front, err));
    for (uint64_t i = 0; i < a->row_n; i++)
        if (on_front[i])
            front[n++] = a->values + i * a->objective_n;
    qsort(front, n, sizeof *front, by_first_objective);
    for (uint64_t i = 0; i < n; i++)
        order[i] = (uint64_t)(front[i] - a->values) / a->objective_n;
    ZS_TRY(show_lines(s, order, n, err));
    return write_marked(a, on_front, err);
}

/* The fastest of those that count, in that order. */
static zs_status show_top(answering *a, shown *s, zs_err *err)
{
    const double **points = zs_new(&a->keep, const double *, a->row_n + 1);
    uint64_t order[TOP_N], n = 0;
    if (points == NULL)
        return zs_nomem(err, "the table");
    for (uint64_t i = 0; i < a->row_n; i++)
        if (a->rows[i].is_candidate)
            points[n++] = a->values + i;
    qsort(points, n, sizeof *points, by_first_objective);
    n = n < TOP_N ? n : TOP_N;
    for (uint64_t i = 0; i < n; i++)
        order[i] = (uint64_t)(points[i] - a->values);
    return n > 0 ? show_lines(s, order, n, err) : ZS_OK;
}

/* ---- sentences ------------------------------------------------------------------------------- */

/* "; of 12 comparable builds ...": what the clock of the best point has to be believed on. */
static const char *clock_of_best(answering *a)
{
    zs_design best;
    const zs_sweep *sweep = &a->job->sweep;
    if (zs_grid_design(&sweep->grid, sweep_point_of(a->job, a->job->best_own), &sweep->base,
                       &a->keep, &best, NULL) != ZS_OK)
        return "";
    const char *note = zs_clock_note(&a->keep, &best);
    return note == NULL || note[0] == '\0' ? note : zs_arena_printf(&a->keep, "; %s", note);
}

/* Behind "of 48 that ..." */
static const char *what_counts(const answering *a)
{
    const bool are_conditions = a->job->sweep.conditions.n > 0;
    if (a->says_fits)
        return "meet the conditions";
    if (a->met_close > 0)
        return are_conditions ? "fit or are too close to call, and meet the conditions"
                              : "fit or are too close to call";
    return are_conditions ? "fit and meet the conditions" : "fit";
}

static const char *sentence_of(answering *a, const shown *s)
{
    const sweep_job *job = a->job;
    const unsigned long long all = job->own_n, rows = a->simulated + a->skipped + a->problems;
    if (job->o->best != NULL && !job->best_found)
        return zs_arena_printf(
            &a->keep, "none of %llu points %s%s; %llu simulated", all,
            a->says_fits ? "meets the conditions" : "fits",
            job->sweep.conditions.n > 0 && !a->says_fits ? " and meets the conditions" : "",
            (unsigned long long)a->simulated);
    const char *clock = job->o->best != NULL ? clock_of_best(a) : "";
    if (clock == NULL)
        return NULL;
    if (job->o->best != NULL)
        return zs_arena_printf(
            &a->keep,
            "optimum: of %llu points%s, point %llu has the %s %s of those that %s%s; %llu "
            "simulated "
            "(%.1f %%), the others cannot be better by their bounds or do not qualify%s",
            all, job->shard_n > 1 ? " of this shard" : "",
            (unsigned long long)sweep_point_of(job, job->best_own),
            job->best_is_larger ? "largest" : "least", zs_metrics[job->best.metric].name,
            a->says_fits ? "meet the conditions" : "fit",
            job->sweep.conditions.n > 0 && !a->says_fits ? " and meet the conditions" : "",
            (unsigned long long)a->simulated,
            100.0 * (double)a->simulated / (double)(all ? all : 1), clock);
    const char *close = "";
    if (a->close > 0)
        close = zs_arena_printf(&a->keep, " and %llu are too close to call",
                                (unsigned long long)a->close);
    if (close == NULL)
        return NULL;
    const char *counts = zs_arena_printf(
        &a->keep,
        "%llu of %llu points: %llu simulated, of these %llu do not fit%s; %llu skipped by a "
        "condition, %llu with a problem",
        rows, all, (unsigned long long)a->simulated, (unsigned long long)a->misfits, close,
        (unsigned long long)a->skipped, (unsigned long long)a->problems);
    if (a->objective_n == 0 || counts == NULL)
        return counts;
    if (job->shows_top)
        return zs_arena_printf(&a->keep,
                               "the %u fastest of %llu that %s, by images_per_second; %s. -o "
                               "FILE.csv keeps all rows, --pareto and --best ask for more",
                               s->row_n, (unsigned long long)a->met, what_counts(a), counts);
    return zs_arena_printf(&a->keep, "%u on the front of %llu that %s; %s", s->row_n,
                           (unsigned long long)a->met, what_counts(a), counts);
}

static zs_status emit(answering *a, const shown *s, zs_err *err)
{
    const zs_answer_count counts[] = {
        {"points", a->job->own_n},   {"rows", a->simulated + a->skipped + a->problems},
        {"simulated", a->simulated}, {"skipped", a->skipped},
        {"problems", a->problems},   {"misfits", a->misfits},
        {"close", a->close}};
    const zs_answer answer = {.key = a->job->o->best ? "best" : "front",
                              .columns = s->columns,
                              .cells = s->cells,
                              .column_n = s->column_n,
                              .row_n = s->row_n,
                              .counts = counts,
                              .count_n = ZS_LEN(counts),
                              .sentence = sentence_of(a, s)};
    const zs_sink sink = cli_stdout();
    const zs_table_style style = cli_terminal_style();
    if (answer.sentence == NULL)
        return zs_nomem(err, "the answer");
    if (a->job->o->format == CLI_JSON)
        return zs_answer_json_emit(&answer, &sink, err);
    if (a->job->o->format == CLI_CSV)
        return zs_answer_csv_emit(&answer, &sink, err);
    return zs_answer_table_emit(&answer, &style, &sink, err);
}

static zs_status answer_with(answering *a, int *exit_status, zs_err *err)
{
    shown s = {.a = a};
    ZS_TRY(read_objectives(a, err));
    a->says_fits = sweep_may_misfit(a->job);
    ZS_TRY(read_rows(a, err));
    if (a->objective_n > 0 || a->job->o->best != NULL)
        ZS_TRY(check_all_there(a, err));
    if (a->job->shows_top)
        ZS_TRY(show_top(a, &s, err));
    else if (a->objective_n > 0)
        ZS_TRY(show_front(a, &s, err));
    else if (a->job->best_found && a->row_n > 0)
        ZS_TRY(show_lines(&s, (const uint64_t[]){0}, 1, err));
    if (a->job->o->best != NULL && !a->job->best_found)
        *exit_status = CLI_NO;
    ZS_TRY(emit(a, &s, err));
    return check_all_there(a, err);
}

zs_status sweep_answer(sweep_job *job, int *exit_status, zs_err *err)
{
    answering a = {.job = job, .fd = -1};
    zs_arena_init(&a.keep, cli_heap());
    const zs_status status = answer_with(&a, exit_status, err);
    if (a.fd >= 0 && a.fd != job->file.spool)
        close(a.fd);
    free(a.rows);
    free(a.values);
    free(a.header);
    zs_arena_drop(&a.keep);
    return status;
}

/* The figures of --pareto, before an hour is spent. */
zs_status sweep_check_objectives(sweep_job *job, zs_err *err)
{
    answering a = {.job = job, .fd = -1};
    zs_arena_init(&a.keep, cli_heap());
    const zs_status status = read_objectives(&a, err);
    zs_arena_drop(&a.keep);
    return status;
}
