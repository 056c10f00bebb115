#include "support.h"

TCase *tcase_bram(void);
TCase *tcase_mac_array(void);
TCase *tcase_cpu_times(void);
TCase *tcase_post_passes(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_bram, tcase_mac_array, tcase_cpu_times,
                                     tcase_post_passes};
    return test_main("capacity", cases, ZS_LEN(cases));
}
