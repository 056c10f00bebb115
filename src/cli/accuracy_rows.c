#include "accuracy_priv.h"
#include "zynqsim/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char header[] = "point,accuracy,image,file,picture,label,top,reference_top,largest,"
                             "difference,layers,checksum\n";
enum { CELLS = 12, FLAWS_SAID = 8 };
enum { POINT, ID, IMAGE, NAME, PICTURE, LABEL, TOP, REFERENCE_TOP, LARGEST, DIFFERENCE, LAYERS };

static zs_status failed(const accuracy_rows *r, zs_err *err)
{
    return zs_fail(err, ZS_EIO, r->path, "cannot be written: %s", strerror(errno));
}

static zs_status write_all(accuracy_rows *r, const void *data, size_t bytes, zs_err *err)
{
    for (const char *at = data; bytes > 0;) {
        const ssize_t n = write(r->fd, at, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(r, err);
        at += n;
        bytes -= (size_t)n;
    }
    return ZS_OK;
}

/* ---- rows as text ---------------------------------------------------------------------------- */

static void put_top(const zs_sink *s, const uint32_t *top, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        zs_sink_printf(s, "%s%u", k > 0 ? ";" : "", top[k]);
}

/* Without quotes, commas and ends of lines: rows are cut at commas. */
static void put_name(const zs_sink *s, const char *file)
{
    for (; *file != '\0'; file++)
        zs_sink_printf(s, "%c",
                       *file == ',' || *file == '"' || (unsigned char)*file < 0x20 ? '_' : *file);
}

zs_status accuracy_rows_add(accuracy_rows *r, const accuracy_point *p, uint32_t image,
                            const char *file, zs_err *err)
{
    const zs_accuracy_image *row = &p->rows[image];
    zs_buffer text;
    if (r->path == NULL)
        return ZS_OK;
    zs_buffer_init(&text, cli_heap());
    const zs_sink s = zs_buffer_sink(&text);
    zs_sink_printf(&s, "%u,%s,%u,", p->number, p->id, image);
    put_name(&s, file);
    zs_sink_printf(&s, ",%s,", p->digests[image]);
    if (row->label != ZS_NO_CLASS)
        zs_sink_printf(&s, "%u", row->label);
    zs_sink_puts(&s, ",");
    put_top(&s, row->top, row->top_n);
    zs_sink_puts(&s, ",");
    if (row->has_reference) {
        put_top(&s, row->reference_top, row->top_n);
        zs_sink_printf(&s, ",%.9g,%.9g,", (double)row->largest, (double)row->difference);
        for (uint32_t l = 0; l < p->layer_n; l++)
            zs_sink_printf(&s, "%s%.9g:%.9g", l > 0 ? ";" : "", (double)row->layers[l].signal,
                           (double)row->layers[l].noise);
    } else {
        zs_sink_puts(&s, ",,,");
    }
    const uint64_t sum = zs_sweep_sum(ZS_SWEEP_SUM_BEGIN, text.data, text.bytes);
    zs_status status = zs_sink_printf(&s, ",%s\n", zs_sweep_sum_text(sum).text);
    status = status == ZS_OK ? write_all(r, text.data, text.bytes, err) : zs_nomem(err, r->path);
    zs_buffer_drop(&text);
    return status;
}

static bool take_top(const char *text, uint32_t *top, uint32_t *n)
{
    for (*n = 0; *n < ZS_TOP_N && *text != '\0'; (*n)++) {
        char *end;
        top[*n] = (uint32_t)strtoul(text, &end, 10);
        if (end == text || (*end != ';' && *end != '\0'))
            return false;
        text = end + (*end == ';');
    }
    return *n > 0 && *text == '\0';
}

static bool take_layers(const char *text, zs_layer_noise *layers, uint32_t n)
{
    for (uint32_t l = 0; l < n; l++) {
        char *end;
        layers[l].signal = strtof(text, &end);
        if (end == text || *end != ':')
            return false;
        text = end + 1;
        layers[l].noise = strtof(text, &end);
        if (end == text || (*end != ';' && *end != '\0'))
            return false;
        text = end + (*end == ';');
    }
    return *text == '\0';
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Cut in place; the check sum is over what is before the last comma. */
static bool cut(char *line, const char *cells[CELLS])
{
    const char *last = strrchr(line, ',');
    if (last == NULL || strcmp(last + 1, zs_sweep_sum_text(zs_sweep_sum(ZS_SWEEP_SUM_BEGIN, line,
                                                                        (size_t)(last - line)))
                                             .text) != 0)
        return false;
    uint32_t n = 0;
    return zs_csv_line_cut(line, cells, CELLS, &n) == ZS_OK && n == CELLS;
}

/* The next line of the text, a copy in `arena`; NULL at the end and for a last one that is cut
 * short. */
static char *next_line(const accuracy_rows *r, size_t *at)
{
    const char *begin = r->text + *at;
    const char *end = *at < r->text_bytes ? memchr(begin, '\n', r->text_bytes - *at) : NULL;
    if (end == NULL)
        return NULL;
    *at += (size_t)(end - begin) + 1;
    return zs_arena_strndup(r->arena, begin, (size_t)(end - begin));
}

static zs_status refuse(const accuracy_rows *r, const char *id, const char *own, zs_err *err)
{
    const char *build = strchr(id, '/'), *own_build = strchr(own, '/');
    if (build != NULL && own_build != NULL && strcmp(build, own_build) != 0)
        return zs_fail(err, ZS_EUSAGE, r->path,
                       "holds rows that zynqsim %.80s made, this one is %s: rows of two are not "
                       "mixed; name another file, or remove this one to start again",
                       build + 1, own_build + 1);
    return zs_fail(err, ZS_EUSAGE, r->path,
                   "holds rows of other runs (%.80s, this one is %s): the design, its network, its "
                   "weights or the options have changed; name another file, or remove this one to "
                   "start again",
                   id, own);
}

/* Each line that stays goes into `kept`. */
static zs_status look_through(accuracy_rows *r, const accuracy_point *points, uint32_t n,
                              const zs_sink *kept, uint32_t *flaw_n, zs_err *err)
{
    size_t at = 0;
    uint32_t number = 1;
    for (char *line; (line = next_line(r, &at)) != NULL; number++) {
        const char *cells[CELLS];
        char place[160];
        const size_t bytes = strlen(line) + 1;
        const char *whole = r->text + at - bytes;
        if (number == 1)
            continue;
        if (!cut(line, cells)) {
            snprintf(place, sizeof place, "%.120s:%u", r->path, number);
            if ((*flaw_n)++ < FLAWS_SAID)
                cli_say(place, "the check sum is not of this row; it does not count and is made "
                               "again");
            continue;
        }
        bool is_known = false;
        for (uint32_t i = 0; i < n; i++)
            is_known |= strcmp(cells[ID], points[i].id) == 0;
        if (!is_known)
            return refuse(r, cells[ID], points[0].id, err);
        if (zs_sink_write(kept, whole, bytes) != ZS_OK)
            return zs_nomem(err, r->path);
    }
    return ZS_OK;
}

/* The file without what is no row, under its name, locked. */
static zs_status replace(accuracy_rows *r, const zs_buffer *kept, zs_err *err)
{
    cli_temporary t;
    ZS_TRY(cli_temporary_open(&t, r->path, err));
    const int old = r->fd;
    r->fd = fcntl(t.fd, F_DUPFD_CLOEXEC, 0);
    zs_status status = r->fd < 0 || flock(r->fd, LOCK_EX | LOCK_NB) != 0 ? failed(r, err) : ZS_OK;
    if (status == ZS_OK)
        status = write_all(r, header, sizeof header - 1, err);
    if (status == ZS_OK)
        status = write_all(r, kept->data, kept->bytes, err);
    if (status == ZS_OK)
        status = cli_temporary_sync(&t, r->path, err);
    if (status == ZS_OK)
        status = cli_temporary_rename(&t, r->path, err);
    cli_temporary_drop(&t);
    close(old);
    return status;
}

static zs_status read_back(accuracy_rows *r, const accuracy_point *points, uint32_t n, bool quiet,
                           zs_err *err)
{
    zs_span all;
    zs_buffer kept;
    uint32_t flaw_n = 0;
    ZS_TRY(cli_file_read(r->arena, r->path, CLI_LARGE_BYTES, &all, err));
    r->text = (const char *)all.data;
    r->text_bytes = all.bytes;
    if (all.bytes == 0)
        return write_all(r, header, sizeof header - 1, err);
    const size_t head = sizeof header - 1;
    const bool is_torn = all.bytes < head || all.data[all.bytes - 1] != '\n';
    if (memcmp(all.data, header, all.bytes < head ? all.bytes : head) != 0)
        return zs_fail(err, ZS_EUSAGE, r->path,
                       "is no file of rows of accuracy; name another, or remove this one");
    zs_buffer_init(&kept, cli_heap());
    const zs_sink sink = zs_buffer_sink(&kept);
    zs_status status = look_through(r, points, n, &sink, &flaw_n, err);
    if (status == ZS_OK && is_torn && !quiet)
        cli_say(r->path, "the last row was cut short and is made again");
    if (status == ZS_OK && (is_torn || flaw_n > 0))
        status = replace(r, &kept, err);
    char *copy = zs_arena_alloc_raw(r->arena, kept.bytes + 1, 1);
    if (status == ZS_OK && copy == NULL)
        status = zs_nomem(err, r->path);
    if (status == ZS_OK) {
        if (kept.bytes > 0)
            memcpy(copy, kept.data, kept.bytes);
        r->text = copy;
        r->text_bytes = kept.bytes;
    }
    zs_buffer_drop(&kept);
    return status;
}

zs_status accuracy_rows_open(accuracy_rows *r, const accuracy_point *points, uint32_t n, bool quiet,
                             zs_err *err)
{
    struct stat info;
    if (r->path == NULL)
        return ZS_OK;
    r->fd = open(r->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (r->fd < 0 || fstat(r->fd, &info) != 0)
        return zs_fail(err, ZS_EUSAGE, r->path, "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return zs_fail(err, ZS_EUSAGE, r->path, "is no file that rows can be kept in");
    if (flock(r->fd, LOCK_EX | LOCK_NB) != 0)
        return zs_fail(err, ZS_EUSAGE, r->path,
                       "another run is writing to this file; wait for it or name another");
    return read_back(r, points, n, quiet, err);
}

zs_status accuracy_rows_take(const accuracy_rows *r, accuracy_point *p, zs_err *err)
{
    size_t at = 0;
    for (char *line; r->path != NULL && (line = next_line(r, &at)) != NULL;) {
        const char *cells[CELLS];
        uint32_t reference_n;
        if (!cut(line, cells) || strcmp(cells[ID], p->id) != 0)
            continue;
        const unsigned long image = strtoul(cells[IMAGE], NULL, 10);
        if (image >= p->n)
            continue; /* of a run with a higher limit */
        zs_accuracy_image *row = &p->rows[image];
        zs_layer_noise *layers = zs_new(&p->p.keep, zs_layer_noise, (size_t)p->layer_n + 1);
        if (layers == NULL)
            return zs_nomem(err, r->path);
        row->has_reference = cells[REFERENCE_TOP][0] != '\0';
        ZS_TRY(accuracy_digest(p, (uint32_t)image, err));
        if (strcmp(cells[PICTURE], p->digests[image]) != 0)
            return zs_fail(err, ZS_EUSAGE, r->path,
                           "holds a row of image %lu (%.80s), which is another picture now; name "
                           "another file, or remove this one to start again",
                           image, cells[NAME]);
        if (!take_top(cells[TOP], row->top, &row->top_n) ||
            (row->has_reference &&
             (!take_top(cells[REFERENCE_TOP], row->reference_top, &reference_n) ||
              reference_n != row->top_n || !take_layers(cells[LAYERS], layers, p->layer_n))))
            return zs_fail(err, ZS_EPARSE, r->path, "the row of image %lu is damaged", image);
        row->largest = strtof(cells[LARGEST], NULL);
        row->difference = strtof(cells[DIFFERENCE], NULL);
        row->layers = layers;
        p->is_done[image] = true;
    }
    return ZS_OK;
}

zs_status accuracy_rows_close(accuracy_rows *r, zs_err *err)
{
    zs_status status = ZS_OK;
    if (r->path != NULL && r->fd >= 0 && fsync(r->fd) != 0)
        status = failed(r, err);
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    return status;
}
