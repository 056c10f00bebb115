#include "support.h"

TCase *tcase_des(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_des};
    return test_main("des", cases, ZS_LEN(cases));
}
