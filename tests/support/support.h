/* support.h - what every test binary needs: an allocator that can be told to fail, files, the
 * optional reference data beside the checkout, and a suite runner. */
#ifndef ZYNQSIM_TEST_SUPPORT_H
#define ZYNQSIM_TEST_SUPPORT_H

#include "zynqsim/base.h"

#include <check.h>

/* malloc and free as a zs_alloc. */
zs_alloc test_heap(void);

/* An allocator that fails its n-th request (1, 2, ...; 0 = never) and counts what is live. */
typedef struct test_heap_state {
    uint64_t requests, fail_at;
    int64_t live_blocks;
} test_heap_state;
zs_alloc test_counting_heap(test_heap_state *state);

/* Whole file, malloc'ed; {NULL, 0} when it cannot be read. */
zs_span test_read_file(const char *path);
/* Path of a file of the reference data that may lie beside the checkout ("data/README.md"), or
 * NULL where it does not exist: the test then checks nothing and says so. Static buffer. */
const char *test_shared(const char *relative);
/* Prints "skipped: NAME needs the reference data" once per call. */
void test_say_skipped(const char *name);

/* Adds cases 0 to n - 1 of a test that takes long; with TEST_EVERY=k in the environment (programs
 * that are instrumented and slow) only every k-th of them. */
void test_add_many(TCase *tc, const TTest *test, int n);
/* Runs one suite made of the given cases; returns the process's exit status. */
int test_main(const char *suite, TCase *(*const cases[])(void), size_t n);

#endif
