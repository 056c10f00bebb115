#include "cli_priv.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Files in memory instead of pipes: nothing to deadlock on, nothing left behind. */
typedef struct plot_files {
    int script, svg, messages;
} plot_files;

static zs_status open_files(plot_files *f, zs_err *err)
{
    *f = (plot_files){.script = memfd_create("script", MFD_CLOEXEC),
                      .svg = memfd_create("svg", MFD_CLOEXEC),
                      .messages = memfd_create("messages", MFD_CLOEXEC)};
    if (f->script < 0 || f->svg < 0 || f->messages < 0)
        return zs_fail(err, ZS_EIO, "gnuplot", "no file in memory: %s", strerror(errno));
    return ZS_OK;
}

static void close_files(const plot_files *f)
{
    const int fds[] = {f->script, f->svg, f->messages};
    for (size_t i = 0; i < ZS_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static zs_status put_script(int fd, zs_span script, zs_err *err)
{
    size_t done = 0;
    while (done < script.bytes) {
        const ssize_t n = write(fd, script.data + done, script.bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return zs_fail(err, ZS_EIO, "gnuplot", "the script: %s", strerror(errno));
        done += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return ZS_OK;
}

static int spawn_and_wait(const plot_files *f, int *wait_status)
{
    posix_spawn_file_actions_t actions;
    char program[] = "gnuplot", plain[] = "--default-settings", input[] = "-";
    char *const arguments[] = {program, plain, input, NULL};
    pid_t child;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    posix_spawn_file_actions_adddup2(&actions, f->script, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, f->svg, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, f->messages, STDERR_FILENO);
    code = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
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
        if (*c == '\n')
            *c = ' ';
    return zs_fail(err, ZS_EUNSUPPORTED, "gnuplot", "it failed and said: %s", said);
}

static zs_status take_svg(int fd, zs_buffer *svg, zs_err *err)
{
    const zs_sink sink = zs_buffer_sink(svg);
    char piece[16384];
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;)
        if (zs_sink_write(&sink, piece, (size_t)n) != ZS_OK)
            return zs_nomem(err, "gnuplot");
    return ZS_OK;
}

static zs_status run(const plot_files *f, zs_span script, zs_buffer *svg, zs_err *err)
{
    int wait_status = 0;
    ZS_TRY(put_script(f->script, script, err));
    const int code = spawn_and_wait(f, &wait_status);
    const bool not_found =
        code == ENOENT || (code == 0 && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 127);
    if (not_found)
        return zs_fail(err, ZS_EUNSUPPORTED, "gnuplot", "it is not installed");
    if (code != 0)
        return zs_fail(err, ZS_EUNSUPPORTED, "gnuplot", "it cannot be started: %s", strerror(code));
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
        return failed_run(f, err);
    return take_svg(f->svg, svg, err);
}

zs_status cli_gnuplot_run(zs_span script, zs_buffer *svg, zs_err *err)
{
    plot_files files;
    zs_status status = open_files(&files, err);
    if (status == ZS_OK)
        status = run(&files, script, svg, err);
    close_files(&files);
    return status;
}
