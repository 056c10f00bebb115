/* replay.c - runs a fuzz target over files, and over the files in directories. Prints how many;
 * that none crashed is the test. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The target gets a block of just the right size, so that a sanitizer sees the first byte beyond.
 */
static bool replay_file(const char *path)
{
    zs_span file = test_read_file(path);
    uint8_t *data = (uint8_t *)(uintptr_t)file.data;
    if (data == NULL)
        return false;
    (void)LLVMFuzzerTestOneInput(data, file.bytes);
    free(data);
    return true;
}

static void replay(const char *path, unsigned *passed, unsigned *failed)
{
    DIR *dir = is_directory(path) ? opendir(path) : NULL;
    if (dir == NULL) {
        const bool is_read = replay_file(path);
        *passed += is_read;
        *failed += !is_read;
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char inner[1024];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            replay(inner, passed, failed);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    for (int i = 1; i < argc; i++)
        replay(argv[i], &passed, &failed);
    printf("%u passed, %u failed\n", passed, failed);
    return passed > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
