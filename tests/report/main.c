#include "fixture.h"

int main(void)
{
    TCase *(*const cases[])(void) = {
        tcase_figures,   tcase_cells,       tcase_utf8,      tcase_text_table, tcase_table,
        tcase_csv,       tcase_json,        tcase_labels,    tcase_plots,      tcase_html,
        tcase_npy,       tcase_listings,    tcase_full_disk, tcase_memory_out, tcase_comparison_out,
        tcase_study_out, tcase_result_read, tcase_sweep_rows};
    return test_main("report", cases, ZS_LEN(cases));
}
