#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void heap_release(void *ctx, void *block, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(block);
}

zs_alloc test_heap(void)
{
    return (zs_alloc){.alloc = heap_alloc, .release = heap_release};
}

static void *counting_alloc(void *ctx, size_t bytes)
{
    test_heap_state *state = ctx;
    if (++state->requests == state->fail_at)
        return NULL;
    void *block = malloc(bytes);
    state->live_blocks += block != NULL;
    return block;
}

static void counting_release(void *ctx, void *block, size_t bytes)
{
    test_heap_state *state = ctx;
    (void)bytes;
    state->live_blocks--;
    free(block);
}

zs_alloc test_counting_heap(test_heap_state *state)
{
    return (zs_alloc){.alloc = counting_alloc, .release = counting_release, .ctx = state};
}

zs_span test_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return (zs_span){0};
    fseek(file, 0, SEEK_END);
    const long bytes = ftell(file);
    rewind(file);
    uint8_t *data = malloc(bytes > 0 ? (size_t)bytes : 1);
    const size_t got = fread(data, 1, (size_t)bytes, file);
    fclose(file);
    return (zs_span){.data = data, .bytes = got};
}

const char *test_shared(const char *relative)
{
    static char path[512];
    snprintf(path, sizeof path, "../shared/%s", relative);
    return access(path, R_OK) == 0 ? path : NULL;
}

void test_say_skipped(const char *name)
{
    printf("skipped: %s needs the reference data beside the checkout\n", name);
}

void test_add_many(TCase *tc, const TTest *test, int n)
{
    const char *every = getenv("TEST_EVERY");
    const int k = every == NULL ? 1 : atoi(every);
    for (int i = 0; i<n; i += k> 1 ? k : 1)
        tcase_add_loop_test(tc, test, i, i + 1);
}

int test_main(const char *suite, TCase *(*const cases[])(void), size_t n)
{
    Suite *s = suite_create(suite);
    for (size_t i = 0; i < n; i++)
        suite_add_tcase(s, cases[i]());
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
