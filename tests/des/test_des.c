#include "support.h"
#include "zynqsim/des.h"

TCase *tcase_des(void);

static zs_des queue;

static void expect_next(uint64_t want_time, uint32_t want_actor)
{
    uint64_t time = 0;
    uint32_t actor = 0;
    ck_assert(zs_des_next(&queue, &time, &actor));
    ck_assert_uint_eq(time, want_time);
    ck_assert_uint_eq(actor, want_actor);
}

static void expect_empty(void)
{
    uint64_t time = 77;
    uint32_t actor = 5;
    ck_assert(!zs_des_next(&queue, &time, &actor));
    ck_assert(!zs_des_peek(&queue, &time, &actor));
    ck_assert_uint_eq(time, 77);
    ck_assert_uint_eq(actor, 5);
}

START_TEST(test_an_empty_queue_wakes_nobody_and_touches_nothing)
{
    zs_des_init(&queue);
    expect_empty();
    zs_des_cancel(&queue, 3);
    expect_empty();
    ck_assert_uint_eq(zs_des_time(&queue, 3), ZS_DES_NEVER);
}
END_TEST

START_TEST(test_the_earliest_wakes_first)
{
    zs_des_init(&queue);
    zs_des_at(&queue, 0, 30);
    zs_des_at(&queue, 63, 10);
    zs_des_at(&queue, 7, 20);
    expect_next(10, 63);
    expect_next(20, 7);
    expect_next(30, 0);
    expect_empty();
}
END_TEST

START_TEST(test_ties_go_to_the_lowest_actor)
{
    zs_des_init(&queue);
    zs_des_at(&queue, 9, 5);
    zs_des_at(&queue, 2, 5);
    zs_des_at(&queue, 4, 5);
    zs_des_at(&queue, 0, 6);
    expect_next(5, 2);
    expect_next(5, 4);
    expect_next(5, 9);
    expect_next(6, 0);
}
END_TEST

START_TEST(test_planning_again_moves_the_wake_up)
{
    zs_des_init(&queue);
    zs_des_at(&queue, 1, 10);
    zs_des_at(&queue, 2, 20);
    zs_des_at(&queue, 1, 30);
    ck_assert_uint_eq(zs_des_time(&queue, 1), 30);
    expect_next(20, 2);
    zs_des_at(&queue, 2, 25);
    expect_next(25, 2);
    expect_next(30, 1);
    expect_empty();
}
END_TEST

START_TEST(test_a_cancelled_wake_up_never_comes)
{
    zs_des_init(&queue);
    zs_des_at(&queue, 1, 10);
    zs_des_at(&queue, 2, 11);
    zs_des_cancel(&queue, 1);
    ck_assert(!zs_des_is_pending(&queue, 1));
    expect_next(11, 2);
    expect_empty();
    zs_des_at(&queue, 1, 12);
    expect_next(12, 1);
}
END_TEST

START_TEST(test_peeking_takes_nothing)
{
    uint64_t time = 0;
    uint32_t actor = 0;
    zs_des_init(&queue);
    zs_des_at(&queue, 40, ZS_DES_NEVER - 1);
    ck_assert(zs_des_peek(&queue, &time, &actor));
    ck_assert(zs_des_peek(&queue, &time, &actor));
    ck_assert_uint_eq(actor, 40);
    expect_next(ZS_DES_NEVER - 1, 40);
    expect_empty();
}
END_TEST

/* Against the obvious model: an array searched from the front. */
START_TEST(test_random_plans_wake_in_the_order_of_a_plain_search)
{
    uint64_t model[ZS_DES_ACTORS];
    zs_prng prng = {2024};
    zs_des_init(&queue);
    for (uint32_t i = 0; i < ZS_DES_ACTORS; i++)
        model[i] = ZS_DES_NEVER;
    for (uint32_t step = 0; step < 20000; step++) {
        const uint32_t who = (uint32_t)zs_prng_below(&prng, ZS_DES_ACTORS);
        const uint64_t what = zs_prng_below(&prng, 4);
        if (what == 0) {
            zs_des_cancel(&queue, who);
            model[who] = ZS_DES_NEVER;
        } else if (what < 3) {
            model[who] = zs_prng_below(&prng, 50);
            zs_des_at(&queue, who, model[who]);
        } else {
            uint32_t best = 0;
            for (uint32_t i = 1; i < ZS_DES_ACTORS; i++)
                best = model[i] < model[best] ? i : best;
            if (model[best] == ZS_DES_NEVER) {
                expect_empty();
                continue;
            }
            expect_next(model[best], best);
            model[best] = ZS_DES_NEVER;
        }
    }
}
END_TEST

TCase *tcase_des(void)
{
    TCase *tc = tcase_create("event queue");
    tcase_add_test(tc, test_an_empty_queue_wakes_nobody_and_touches_nothing);
    tcase_add_test(tc, test_the_earliest_wakes_first);
    tcase_add_test(tc, test_ties_go_to_the_lowest_actor);
    tcase_add_test(tc, test_planning_again_moves_the_wake_up);
    tcase_add_test(tc, test_a_cancelled_wake_up_never_comes);
    tcase_add_test(tc, test_peeking_takes_nothing);
    tcase_add_test(tc, test_random_plans_wake_in_the_order_of_a_plain_search);
    return tc;
}
