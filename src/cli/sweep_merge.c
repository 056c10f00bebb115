#include "sweep_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct merged_row {
    uint64_t point;
    char *line;
    uint32_t from; /* index of the file */
} merged_row;

typedef struct merger {
    const cli_options *o;
    const char *path;
    uint32_t at; /* file that is being read */
    char *header;
    char id[SWEEP_ID_BYTES];
    merged_row *rows;
    uint64_t n, room;
} merger;

static zs_status keep_row(void *ctx, const sweep_row *row, zs_err *err)
{
    merger *m = ctx;
    if (m->n == m->room) {
        const uint64_t room = m->room ? 2 * m->room : 1024;
        merged_row *rows = realloc(m->rows, room * sizeof *rows);
        if (rows == NULL)
            return zs_nomem(err, m->path);
        m->rows = rows;
        m->room = room;
    }
    char *line = strdup(row->line);
    if (line == NULL)
        return zs_nomem(err, m->path);
    m->rows[m->n++] = (merged_row){.point = row->point, .line = line, .from = m->at};
    return ZS_OK;
}

static zs_status check_same_sweep(merger *m, sweep_reading *reading, zs_err *err)
{
    if (reading->header == NULL)
        return zs_fail(err, ZS_EPARSE, reading->path, "is no file of a sweep: it has no header");
    if (m->header == NULL) {
        m->header = reading->header;
        reading->header = NULL;
        m->path = reading->path;
    } else if (strcmp(m->header, reading->header) != 0) {
        return zs_fail(err, ZS_EUSAGE, reading->path, "has other columns than %s", m->path);
    }
    if (m->id[0] == '\0')
        snprintf(m->id, sizeof m->id, "%s", reading->id);
    else if (sweep_is_other_build(reading->id, m->id))
        return zs_fail(err, ZS_EUSAGE, reading->path,
                       "holds rows that zynqsim %s made, the files before it those of %s: models "
                       "differ, and rows of two are not mixed",
                       sweep_build_of(reading->id), sweep_build_of(m->id));
    else if (reading->id[0] != '\0' && strcmp(m->id, reading->id) != 0)
        return zs_fail(err, ZS_EUSAGE, reading->path,
                       "holds rows of another sweep (%s) than the files before it (%s)",
                       reading->id, m->id);
    return ZS_OK;
}

static zs_status read_file(merger *m, const char *path, zs_err *err)
{
    sweep_reading reading = {.path = path, .ctx = m, .row = keep_row};
    int fd;
    ZS_TRY(cli_file_open(path, &fd, err));
    FILE *stream = fdopen(fd, "r");
    if (stream == NULL) {
        close(fd);
        return zs_nomem(err, path);
    }
    zs_status status = sweep_rows_each(stream, &reading, err);
    fclose(stream);
    if (status == ZS_OK)
        status = check_same_sweep(m, &reading, err);
    if (status == ZS_OK && reading.is_torn && !m->o->quiet)
        cli_say(path, "the last row was cut short and is left out");
    free(reading.header);
    return status;
}

static int by_point(const void *a, const void *b)
{
    const merged_row *x = a, *y = b;
    if (x->point != y->point)
        return x->point > y->point ? 1 : -1;
    return (x->from > y->from) - (x->from < y->from);
}

/* The target, where it has rows already, comes behind the files that were named. */
static const char *name_of(const merger *m, uint32_t file)
{
    return file < m->at ? m->o->words[file] : m->o->merge;
}

/* What is there is joined too: rows of the sweep are not lost, and another file is refused. */
static zs_status read_target(merger *m, zs_err *err)
{
    struct stat target, other;
    if (stat(m->o->merge, &target) != 0 || !S_ISREG(target.st_mode) || target.st_size == 0)
        return ZS_OK;
    for (uint32_t i = 0; i < m->at; i++)
        if (stat(m->o->words[i], &other) == 0 && other.st_dev == target.st_dev &&
            other.st_ino == target.st_ino)
            return ZS_OK;
    return read_file(m, m->o->merge, err);
}

/* Equal rows of one point count once; the simulator gives the same row every time, so others mean
 * that a file was changed. */
static zs_status drop_twins(merger *m, zs_err *err)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < m->n; i++) {
        if (kept > 0 && m->rows[kept - 1].point == m->rows[i].point) {
            if (strcmp(m->rows[kept - 1].line, m->rows[i].line) != 0)
                return zs_fail(err, ZS_EUSAGE, name_of(m, m->rows[i].from),
                               "has another row of point %llu than %s",
                               (unsigned long long)m->rows[i].point,
                               name_of(m, m->rows[kept - 1].from));
            free(m->rows[i].line);
            m->rows[i].line = NULL;
            continue;
        }
        const merged_row row = m->rows[i];
        m->rows[i].line = NULL;
        m->rows[kept++] = row;
    }
    m->n = kept;
    return ZS_OK;
}

/* A complete file or none. */
static zs_status write_rows(const merger *m, zs_err *err)
{
    zs_arena keep;
    cli_stream *file;
    zs_arena_init(&keep, cli_heap());
    zs_status status = cli_stream_open(&keep, m->o->merge, &file, err);
    if (status == ZS_OK) {
        const zs_sink sink = cli_stream_sink(file); /* keeps its error for the end */
        bool is_good =
            zs_sink_puts(&sink, m->header) == ZS_OK && zs_sink_puts(&sink, "\n") == ZS_OK;
        for (uint64_t i = 0; i < m->n && is_good; i++)
            is_good =
                zs_sink_puts(&sink, m->rows[i].line) == ZS_OK && zs_sink_puts(&sink, "\n") == ZS_OK;
        status = cli_stream_close(file, err);
    }
    zs_arena_drop(&keep);
    return status;
}

static void say_missing(const merger *m, uint64_t all)
{
    uint64_t first = 0;
    while (first < m->n && m->rows[first].point == first)
        first++;
    char text[256];
    snprintf(text, sizeof text,
             "%llu of %llu points are missing, the first is %llu; run their shards to the end and "
             "merge again",
             (unsigned long long)(all - m->n), (unsigned long long)all, (unsigned long long)first);
    cli_say(m->o->merge, text);
}

static zs_status merge_all(merger *m, int *exit_status, zs_err *err)
{
    for (; m->o->words[m->at] != NULL; m->at++)
        ZS_TRY(read_file(m, m->o->words[m->at], err));
    ZS_TRY(read_target(m, err));
    qsort(m->rows, m->n, sizeof *m->rows, by_point);
    ZS_TRY(drop_twins(m, err));
    const char *slash = strchr(m->id, '/');
    const uint64_t all = slash ? strtoull(slash + 1, NULL, 10) : 0;
    if (m->n > all || (m->n > 0 && m->rows[m->n - 1].point >= all))
        return zs_fail(err, ZS_EPARSE, m->path, "has a point beyond the %llu of its sweep",
                       (unsigned long long)all);
    ZS_TRY(write_rows(m, err));
    if (m->n < all || all == 0) {
        *exit_status = CLI_NO;
        say_missing(m, all);
    } else if (!m->o->quiet) {
        printf("%llu points, all there\n", (unsigned long long)all);
    }
    return ZS_OK;
}

zs_status sweep_merge(const cli_options *options, int *exit_status, zs_err *err)
{
    merger m = {.o = options};
    if (options->words[0] == NULL)
        return zs_fail(err, ZS_EUSAGE, "--merge", "no files to join are named");
    if (options->vary != NULL || options->output != NULL || options->best != NULL ||
        options->pareto != NULL || options->pareto_out != NULL || options->shard != NULL ||
        options->where != NULL || options->set != NULL || options->model != NULL ||
        options->limit >= 0 || options->has_fidelity)
        return zs_fail(err, ZS_EUSAGE, "--merge",
                       "joins files and does nothing else: no --vary, --where, --set, --model, "
                       "--fidelity, -o, --best, --pareto, --limit or --shard");
    const zs_status status = merge_all(&m, exit_status, err);
    for (uint64_t i = 0; i < m.n; i++)
        free(m.rows[i].line);
    free(m.rows);
    free(m.header);
    return status;
}
