#include "sim_cases.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {
        tcase_random_designs, tcase_unsigned,   tcase_orders,        tcase_executor,
        tcase_engine,         tcase_properties, tcase_sim_memory,    tcase_tile_kernels,
        tcase_lines,          tcase_direct,     tcase_general,       tcase_engines,
        tcase_more,           tcase_quantised,  tcase_kernels,       tcase_schedules,
        tcase_mapper,         tcase_pegrid,     tcase_systolic_plan, tcase_fronts};
    return test_main("sim", cases, ZS_LEN(cases));
}
