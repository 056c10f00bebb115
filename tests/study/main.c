#include "study_cases.h"

int main(void)
{
    TCase *(*const cases[])(void) = {
        tcase_axi_case, tcase_tile_case, tcase_validate, tcase_ports,
        tcase_grid,     tcase_compare,   tcase_baseline, tcase_explain,
        tcase_scatter,  tcase_condition, tcase_pareto,   tcase_sweep,
        tcase_accuracy, tcase_sparsify,  tcase_space,    tcase_kind_spaces};
    return test_main("study", cases, ZS_LEN(cases));
}
