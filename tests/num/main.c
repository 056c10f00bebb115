#include "num_cases.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {tcase_rounding, tcase_host_layers, tcase_reference,
                                            tcase_scales,   tcase_ranges,      tcase_golden,
                                            tcase_half,     tcase_turn};
    return test_main("num", cases, ZS_LEN(cases));
}
