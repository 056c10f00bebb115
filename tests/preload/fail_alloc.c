/* Preloaded by tests/cli/test_nomem.sh: the FAIL_AT-th request for memory of the program (1, 2,
 * ...) fails, with FAIL_ALL set also every one after it. FAIL_COUNT names a file that gets the
 * number of requests at the end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long count;
static long fail_at;
static bool fails_all, is_armed;
static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);

/* What dlsym asks for while it is asked. */
static char early[65536];
static size_t early_used;

static void find(void)
{
    static bool is_done;
    if (is_done)
        return;
    is_done = true;
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    *(void **)&real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("FAIL_AT");
    fail_at = at != NULL ? atol(at) : 0;
    fails_all = getenv("FAIL_ALL") != NULL;
    unsetenv("LD_PRELOAD"); /* what the program starts has its own memory */
    find();
    is_armed = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAIL_COUNT");
    char text[32];
    if (path == NULL)
        return;
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    const int n = snprintf(text, sizeof text, "%ld\n", atomic_load(&count));
    if (fd >= 0 && write(fd, text, (size_t)n) == n)
        close(fd);
}

static bool fails(void)
{
    if (!is_armed)
        return false;
    const long n = atomic_fetch_add(&count, 1) + 1;
    if (fail_at == 0 || (n != fail_at && !(fails_all && n > fail_at)))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    find();
    return fails() ? NULL : real_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    find();
    if (real_calloc == NULL) {
        void *place = early + early_used;
        early_used += (n * bytes + 15) & ~(size_t)15;
        return place;
    }
    return fails() ? NULL : real_calloc(n, bytes);
}

void *realloc(void *old, size_t bytes)
{
    find();
    return fails() ? NULL : real_realloc(old, bytes);
}

void *aligned_alloc(size_t align, size_t bytes)
{
    find();
    return fails() ? NULL : real_aligned_alloc(align, bytes);
}

int posix_memalign(void **place, size_t align, size_t bytes)
{
    find();
    return fails() ? ENOMEM : real_posix_memalign(place, align, bytes);
}
