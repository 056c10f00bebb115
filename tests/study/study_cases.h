/* study_cases.h - the test cases of module study. */
#ifndef TEST_STUDY_CASES_H
#define TEST_STUDY_CASES_H

#include "support.h"

TCase *tcase_axi_case(void);
TCase *tcase_tile_case(void);
TCase *tcase_validate(void);
TCase *tcase_ports(void);
TCase *tcase_grid(void);
TCase *tcase_scatter(void);
TCase *tcase_compare(void);
TCase *tcase_baseline(void);
TCase *tcase_explain(void);
TCase *tcase_condition(void);
TCase *tcase_pareto(void);
TCase *tcase_sweep(void);
TCase *tcase_accuracy(void);
TCase *tcase_sparsify(void);
TCase *tcase_space(void);
TCase *tcase_kind_spaces(void);

#endif
