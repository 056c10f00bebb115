#include "support.h"

TCase *tcase_axi(void);
TCase *tcase_memsys(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_axi, tcase_memsys};
    return test_main("hw", cases, ZS_LEN(cases));
}
