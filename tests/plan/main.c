#include "plan_cases.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {tcase_structure, tcase_loop_orders, tcase_fusion,
                                            tcase_tiles,     tcase_loads,       tcase_plan_memory,
                                            tcase_post,      tcase_line_plans,  tcase_stream_bits};
    return test_main("plan", cases, ZS_LEN(cases));
}
