#include "support.h"

TCase *tcase_random_designs(void);

int main(void)
{
    static TCase *(*const cases[])(void) = {tcase_random_designs};
    return test_main("sim", cases, ZS_LEN(cases));
}
