/* net_cases.h - the test cases of net, one per file. */
#ifndef ZYNQSIM_TEST_NET_CASES_H
#define ZYNQSIM_TEST_NET_CASES_H

#include "support.h"

TCase *tcase_graph(void);
TCase *tcase_shapes(void);
TCase *tcase_simplify(void);
TCase *tcase_streamline(void);
TCase *tcase_work(void);
TCase *tcase_random_nets(void);

#endif
