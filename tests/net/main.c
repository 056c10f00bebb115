#include "net_cases.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {tcase_graph,      tcase_shapes, tcase_simplify,
                                            tcase_streamline, tcase_work,   tcase_random_nets};
    return test_main("net", cases, ZS_LEN(cases));
}
