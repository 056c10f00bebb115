#include "support.h"

TCase *tcase_fit(void);
TCase *tcase_roofs(void);
TCase *tcase_energy(void);
TCase *tcase_row_ends(void);
TCase *tcase_planned(void);
TCase *tcase_outline(void);
TCase *tcase_monotone(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_fit,     tcase_roofs,   tcase_energy,  tcase_row_ends,
                                     tcase_planned, tcase_outline, tcase_monotone};
    return test_main("bound", cases, ZS_LEN(cases));
}
