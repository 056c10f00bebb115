#include "support.h"

#include <stdint.h>
#include <string.h>

TCase *tcase_arena(void);

static test_heap_state heap;
static zs_arena arena;

static void setup(void)
{
    heap = (test_heap_state){0};
    zs_arena_init(&arena, test_counting_heap(&heap));
}

static void teardown(void)
{
    zs_arena_drop(&arena);
    ck_assert_int_eq(heap.live_blocks, 0);
}

/* Blocks of 1 MB, as a plan grows. */
static void fill(uint32_t mb)
{
    for (uint32_t i = 0; i < mb; i++)
        ck_assert_ptr_nonnull(zs_arena_alloc_raw(&arena, (size_t)1 << 20, 1));
}

START_TEST(blocks_are_aligned_apart_and_zero)
{
    char *before = zs_arena_alloc(&arena, 3, 7);
    memset(before, 0xff, 21);
    for (int i = 0; i < 5000; i++) {
        char *block = zs_arena_alloc(&arena, 1, 33);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        for (int k = 0; k < 33; k++)
            ck_assert_int_eq(block[k], 0);
        memset(block, 0xff, 33);
        ck_assert(block >= before + 21 || block + 33 <= before);
        before = block;
    }
}
END_TEST

START_TEST(a_reset_keeps_one_chunk_for_as_much_again)
{
    for (int point = 0; point < 3; point++) {
        fill(40);
        zs_arena_reset(&arena);
        ck_assert_uint_eq(arena.used_bytes, 0);
    }
    const uint64_t requests = heap.requests;
    ck_assert_int_eq(heap.live_blocks, 1);
    for (int point = 0; point < 3; point++) {
        fill(40);
        zs_arena_reset(&arena);
    }
    ck_assert_uint_eq(heap.requests, requests);
}
END_TEST

/* In chunks or in one: what comes after it needs little, and gets no more than that. */
START_TEST(a_reset_gives_back_what_a_huge_point_took)
{
    if (_i == 0)
        fill(300);
    else
        ck_assert_ptr_nonnull(zs_arena_alloc_raw(&arena, (size_t)300 << 20, 1));
    zs_arena_reset(&arena);
    ck_assert_int_eq(heap.live_blocks, 0);
    fill(1);
    ck_assert_uint_le(arena.first_bytes, (size_t)64 << 20);
    ck_assert_int_eq(heap.live_blocks, 1);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    ck_assert_ptr_null(zs_arena_alloc(&arena, SIZE_MAX, 2));
    ck_assert_ptr_null(zs_arena_alloc(&arena, SIZE_MAX, 1));
    ck_assert_ptr_null(zs_arena_alloc_raw(&arena, SIZE_MAX / 16, 32));
    ck_assert_uint_eq(heap.requests, 0);
}
END_TEST

START_TEST(after_a_request_that_fails_the_next_may_do)
{
    heap.fail_at = 2;
    fill(1);
    ck_assert_ptr_null(zs_arena_alloc_raw(&arena, (size_t)2 << 20, 1));
    fill(2);
}
END_TEST

START_TEST(a_buffer_that_failed_takes_nothing_more)
{
    test_heap_state state = {.fail_at = 1};
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_counting_heap(&state));
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_sink_puts(&sink, "lost"), ZS_ENOMEM);
    ck_assert_int_eq(zs_sink_puts(&sink, "kept"), ZS_ENOMEM);
    ck_assert_uint_eq(buffer.bytes, 0);
    zs_buffer_drop(&buffer);
    ck_assert_int_eq(state.live_blocks, 0);
}
END_TEST

TCase *tcase_arena(void)
{
    TCase *tc = tcase_create("arena");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, blocks_are_aligned_apart_and_zero);
    tcase_add_test(tc, a_reset_keeps_one_chunk_for_as_much_again);
    tcase_add_loop_test(tc, a_reset_gives_back_what_a_huge_point_took, 0, 2);
    tcase_add_test(tc, sizes_that_overflow_are_refused);
    tcase_add_test(tc, a_buffer_that_failed_takes_nothing_more);
    tcase_add_test(tc, after_a_request_that_fails_the_next_may_do);
    return tc;
}
