#include "golden_case.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {
        tcase_squeezenet,       tcase_small_networks, tcase_precisions,  tcase_design_points,
        tcase_full_size_points, tcase_fixed16_points, tcase_int8_points, tcase_identities,
        tcase_figures,          tcase_gemm_runs,      tcase_line_runs,   tcase_arora_lanka,
    };
    return test_main("golden", cases, ZS_LEN(cases));
}
