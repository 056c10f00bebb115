/* train_cases.h - the test cases of train, one per file. */
#ifndef ZYNQSIM_TEST_TRAIN_CASES_H
#define ZYNQSIM_TEST_TRAIN_CASES_H

#include "support.h"

TCase *tcase_gradients(void);
TCase *tcase_schemes(void);
TCase *tcase_pipeline(void);
TCase *tcase_train_run(void);

#endif
