#include "cli_priv.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Files in memory instead of pipes: nothing to deadlock on, nothing left behind. */
typedef struct plot_files {
    char *const *program; /* and its arguments */
    int script, svg, messages;
} plot_files;

static zs_status open_files(plot_files *f, char *const *program, zs_err *err)
{
    *f = (plot_files){.program = program,
                      .script = memfd_create("script", MFD_CLOEXEC),
                      .svg = memfd_create("svg", MFD_CLOEXEC),
                      .messages = memfd_create("messages", MFD_CLOEXEC)};
    if (f->script < 0 || f->svg < 0 || f->messages < 0)
        return zs_fail(err, ZS_EIO, f->program[0], "no file in memory: %s", strerror(errno));
    return ZS_OK;
}

static void close_files(const plot_files *f)
{
    const int fds[] = {f->script, f->svg, f->messages};
    for (size_t i = 0; i < ZS_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static zs_status put_script(const plot_files *f, zs_span script, zs_err *err)
{
    size_t done = 0;
    while (done < script.bytes) {
        const ssize_t n = write(f->script, script.data + done, script.bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return zs_fail(err, ZS_EIO, f->program[0], "the script: %s", strerror(errno));
        done += (size_t)n;
    }
    lseek(f->script, 0, SEEK_SET);
    return ZS_OK;
}

static int spawn_and_wait(const plot_files *f, int *wait_status)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_adddup2(&actions, f->script, STDIN_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, f->svg, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, f->messages, STDERR_FILENO);
    if (code == 0)
        code = posix_spawnp(&child, f->program[0], &actions, NULL, f->program, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return code;
    while (waitpid(child, wait_status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

static zs_status failed_run(const plot_files *f, zs_err *err)
{
    char said[200];
    lseek(f->messages, 0, SEEK_SET);
    const ssize_t n = read(f->messages, said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    for (char *c = said; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return zs_fail(err, ZS_EIO, f->program[0], "no picture was made: it failed and said: %s", said);
}

static zs_status read_picture(const plot_files *f, zs_buffer *picture, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(picture);
    char piece[16384];
    ssize_t n;
    lseek(f->svg, 0, SEEK_SET);
    while ((n = read(f->svg, piece, sizeof piece)) > 0)
        if (zs_sink_write(&sink, piece, (size_t)n) != ZS_OK)
            return zs_nomem(err, f->program[0]);
    return n == 0 ? ZS_OK : zs_fail(err, ZS_EIO, f->program[0], "the picture: %s", strerror(errno));
}

/* gnuplot leaves > in texts as it is, where XML does not allow it behind ]]. Only what gnuplot
 * itself makes can open a CDATA section, for it escapes <. */
static zs_status put_svg(const zs_buffer *from, const zs_sink *to)
{
    const char *at = (const char *)from->data, *end = at + from->bytes, *done = at;
    bool in_cdata = false;
    for (; at < end; at++) {
        const size_t left = (size_t)(end - at);
        if (left >= 9 && memcmp(at, "<![CDATA[", 9) == 0)
            in_cdata = true;
        if (left < 3 || memcmp(at, "]]>", 3) != 0)
            continue;
        if (!in_cdata) {
            ZS_TRY(zs_sink_write(to, done, (size_t)(at - done)));
            ZS_TRY(zs_sink_puts(to, "]]&gt;"));
            done = at + 3;
        }
        in_cdata = false;
        at += 2;
    }
    return zs_sink_write(to, done, (size_t)(end - done));
}

/* What a node says, as TeX prints it. */
static zs_status put_tex(const char *text, size_t bytes, const zs_sink *to)
{
    for (size_t i = 0; i < bytes; i++) {
        const char c = text[i];
        const char *as = c == '\\'  ? "\\textbackslash{}"
                         : c == '^' ? "\\textasciicircum{}"
                         : c == '~' ? "\\textasciitilde{}"
                                    : NULL;
        if (as != NULL) {
            ZS_TRY(zs_sink_puts(to, as));
            continue;
        }
        if (strchr("_%&#${}", c) != NULL && c != '\0')
            ZS_TRY(zs_sink_puts(to, "\\"));
        ZS_TRY(zs_sink_write(to, &c, 1));
    }
    return ZS_OK;
}

/* gnuplot hands texts to TeX as they are, where "fire_2" would be an error:
 * "\node[...] at (1.0,2.0) {fire_2};" a line. */
static zs_status put_tikz(const zs_buffer *from, const zs_sink *to)
{
    const char *at = (const char *)from->data, *end = at + from->bytes;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *next = stop != NULL ? stop + 1 : end;
        const size_t bytes = (size_t)(next - at);
        const char *open = memmem(at, bytes, ") {", 3);
        const bool is_node = bytes > 9 && memcmp(at, "\\node", 5) == 0 && open != NULL &&
                             memcmp(next - 3, "};\n", 3) == 0;
        if (is_node) {
            ZS_TRY(zs_sink_write(to, at, (size_t)(open + 3 - at)));
            ZS_TRY(put_tex(open + 3, (size_t)(next - 3 - (open + 3)), to));
            ZS_TRY(zs_sink_puts(to, "};\n"));
        } else {
            ZS_TRY(zs_sink_write(to, at, bytes));
        }
        at = next;
    }
    return ZS_OK;
}

/* Whole, or none: each form ends with a mark of its own. */
static bool is_whole(const zs_buffer *picture)
{
    static const char *const marks[] = {"</svg>", "%%EOF", "IEND", "\\end{tikzpicture}"};
    const size_t tail = picture->bytes < 64 ? picture->bytes : 64;
    const uint8_t *end = picture->data + picture->bytes - tail;
    for (size_t i = 0; i < ZS_LEN(marks) && tail > 0; i++)
        if (memmem(end, tail, marks[i], strlen(marks[i])) != NULL)
            return true;
    return false;
}

static bool begins_with(const zs_buffer *picture, const char *mark)
{
    const size_t head = picture->bytes < 1024 ? picture->bytes : 1024;
    return memmem(picture->data, head, mark, strlen(mark)) != NULL;
}

static zs_status take_picture(const plot_files *f, zs_buffer *out, zs_err *err)
{
    zs_buffer picture;
    zs_buffer_init(&picture, cli_heap());
    const zs_sink to = zs_buffer_sink(out);
    zs_status status = read_picture(f, &picture, err);
    if (status == ZS_OK && !is_whole(&picture))
        status = failed_run(f, err);
    if (status == ZS_OK) {
        status = begins_with(&picture, "<svg") ? put_svg(&picture, &to)
                 : begins_with(&picture, "\\begin{tikzpicture}")
                     ? put_tikz(&picture, &to)
                     : zs_sink_write(&to, picture.data, picture.bytes);
        if (status != ZS_OK)
            status = zs_nomem(err, f->program[0]);
    }
    zs_buffer_drop(&picture);
    return status;
}

static zs_status run(const plot_files *f, zs_span script, zs_buffer *picture, zs_err *err)
{
    int wait_status = 0;
    ZS_TRY(put_script(f, script, err));
    const int code = spawn_and_wait(f, &wait_status);
    const bool not_found =
        code == ENOENT || (code == 0 && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 127);
    if (not_found)
        return zs_fail(err, ZS_EUNSUPPORTED, f->program[0], "it is not installed");
    if (code == ENOMEM)
        return zs_nomem(err, f->program[0]);
    if (code != 0)
        return zs_fail(err, ZS_EIO, f->program[0], "it cannot be started: %s", strerror(code));
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
        return failed_run(f, err);
    return take_picture(f, picture, err);
}

static zs_status draw(char *const *program, zs_span script, zs_buffer *svg, zs_err *err)
{
    plot_files files;
    zs_status status = open_files(&files, program, err);
    if (status == ZS_OK)
        status = run(&files, script, svg, err);
    close_files(&files);
    return status;
}

zs_status cli_gnuplot_run(zs_span script, zs_buffer *svg, zs_err *err)
{
    char name[] = "gnuplot", plain[] = "--default-settings", input[] = "-";
    return draw((char *const[]){name, plain, input, NULL}, script, svg, err);
}

zs_status cli_dot_run(zs_span graph, zs_buffer *svg, zs_err *err)
{
    char name[] = "dot", form[] = "-Tsvg";
    return draw((char *const[]){name, form, NULL}, graph, svg, err);
}
