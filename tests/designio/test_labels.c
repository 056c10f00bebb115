#include "designio_case.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    uint32_t n;
    const char *labels[3];
} good[] = {
    {"cat\ndog\n", 2, {"cat", "dog"}},
    {"cat\r\ndog", 2, {"cat", "dog"}},
    {"\xef\xbb\xbf"
     "cat\n",
     1,
     {"cat"}},
    {"n01440764 tench, Tinca tinca\nn01443537 goldfish\n", 2, {"tench, Tinca tinca", "goldfish"}},
    {"n01440764\nn0144076x y\nx01440764 z\n", 3, {"n01440764", "n0144076x y", "x01440764 z"}},
    {"n01440764 \r\n\nlast", 3, {"", "", "last"}},
};

START_TEST(test_every_line_is_a_label_without_its_wordnet_id)
{
    designio_case c;
    const char *const *labels;
    uint32_t n;
    designio_start(&c);
    ck_assert_int_eq(
        zs_labels_parse(&c.arena, test_span(good[_i].text), "l.txt", &labels, &n, &c.err), ZS_OK);
    ck_assert_uint_eq(n, good[_i].n);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_str_eq(labels[i], good[_i].labels[i]);
    designio_end(&c);
}
END_TEST

START_TEST(test_files_without_names_are_refused)
{
    static const struct {
        zs_span bytes;
        const char *part;
    } bad[] = {
        {{NULL, 0}, "no class names"},
        {{(const uint8_t *)"\xef\xbb\xbf", 3}, "no class names"},
        {{(const uint8_t *)"cat\0dog\n", 8}, "zero bytes"},
    };
    for (size_t i = 0; i < ZS_LEN(bad); i++) {
        designio_case c;
        const char *const *labels = NULL;
        uint32_t n = 77;
        designio_start(&c);
        ck_assert_int_eq(zs_labels_parse(&c.arena, bad[i].bytes, "l.txt", &labels, &n, &c.err),
                         ZS_EPARSE);
        ck_assert_ptr_nonnull(strstr(c.err.text, bad[i].part));
        ck_assert_uint_eq(n, 77);
        designio_end(&c);
    }
}
END_TEST

START_TEST(test_every_failed_allocation_is_reported_and_nothing_leaks)
{
    enum { N = 70000 }; /* more than one chunk of the arena */
    char *text = malloc(2 * N);
    for (int i = 0; i < N; i++)
        memcpy(text + 2 * i, "a\n", 2);
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    for (heap.fail_at = 1; status != ZS_OK; heap.fail_at++) {
        zs_arena arena;
        const char *const *labels;
        uint32_t n;
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = zs_labels_parse(&arena, (zs_span){(const uint8_t *)text, 2 * N}, "l", &labels, &n,
                                 NULL);
        ck_assert(status == ZS_OK || status == ZS_ENOMEM);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_uint_gt(heap.fail_at, 3);
    free(text);
}
END_TEST

START_TEST(test_the_reference_labels_are_the_thousand_classes)
{
    const char *path = test_shared("data/imagenet_classes.txt");
    if (path == NULL) {
        test_say_skipped("class names");
        return;
    }
    designio_case c;
    const char *const *labels;
    uint32_t n;
    designio_start(&c);
    const zs_span file = test_read_file(path);
    ck_assert_int_eq(zs_labels_parse(&c.arena, file, path, &labels, &n, &c.err), ZS_OK);
    ck_assert_uint_eq(n, 1000);
    ck_assert_int_eq(strncmp(labels[0], "tench", 5), 0);
    free((void *)(uintptr_t)file.data);
    designio_end(&c);
}
END_TEST

TCase *tcase_labels(void)
{
    TCase *tc = tcase_create("labels");
    tcase_add_loop_test(tc, test_every_line_is_a_label_without_its_wordnet_id, 0, ZS_LEN(good));
    tcase_add_test(tc, test_files_without_names_are_refused);
    tcase_add_test(tc, test_every_failed_allocation_is_reported_and_nothing_leaks);
    tcase_add_test(tc, test_the_reference_labels_are_the_thousand_classes);
    return tc;
}
