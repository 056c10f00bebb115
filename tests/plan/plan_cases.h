/* plan_cases.h - the test cases of plan, and what they share. */
#ifndef ZYNQSIM_TEST_PLAN_CASES_H
#define ZYNQSIM_TEST_PLAN_CASES_H

#include "support.h"

#include "zynqsim/plan.h"

TCase *tcase_structure(void);
TCase *tcase_loop_orders(void);
TCase *tcase_fusion(void);
TCase *tcase_tiles(void);
TCase *tcase_loads(void);
TCase *tcase_plan_memory(void);
TCase *tcase_post(void);
TCase *tcase_line_plans(void);
TCase *tcase_stream_bits(void);

/* Stops the test with the error's text where there is no plan. */
const zs_plan *test_plan(zs_arena *arena, const zs_design *d, const zs_net *net);
/* Bytes that ops of one kind move; of all rows, or of one. */
enum { ALL_ROWS = -1 };
uint64_t test_moved_bytes(const zs_plan *plan, const zs_design *d, zs_op_code kind, int row);
uint64_t test_all_bytes(const zs_plan *plan, const zs_design *d);
uint32_t test_count_ops(const zs_plan *plan, zs_op_code kind);

#endif
