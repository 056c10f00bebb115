/* sim_cases.h - the test cases of the simulator, in the order in which main.c lists them. */
#ifndef ZYNQSIM_TEST_SIM_CASES_H
#define ZYNQSIM_TEST_SIM_CASES_H

#include "support.h"

TCase *tcase_random_designs(void);
TCase *tcase_unsigned(void);
TCase *tcase_orders(void);
TCase *tcase_executor(void);
TCase *tcase_direct(void);
TCase *tcase_engine(void);
TCase *tcase_properties(void);
TCase *tcase_sim_memory(void);
TCase *tcase_tile_kernels(void);
TCase *tcase_lines(void);
TCase *tcase_general(void);
TCase *tcase_quantised(void);
TCase *tcase_engines(void);
TCase *tcase_more(void);
TCase *tcase_kernels(void);
TCase *tcase_schedules(void);
TCase *tcase_mapper(void);
TCase *tcase_pegrid(void);
TCase *tcase_systolic_plan(void);
TCase *tcase_fronts(void);

#endif
