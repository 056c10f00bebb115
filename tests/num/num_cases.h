/* num_cases.h - the test cases of num, one per file. */
#ifndef ZYNQSIM_TEST_NUM_CASES_H
#define ZYNQSIM_TEST_NUM_CASES_H

#include "support.h"

TCase *tcase_rounding(void);
TCase *tcase_host_layers(void);
TCase *tcase_reference(void);
TCase *tcase_scales(void);
TCase *tcase_ranges(void);
TCase *tcase_golden(void);
TCase *tcase_half(void);
TCase *tcase_turn(void);

#endif
