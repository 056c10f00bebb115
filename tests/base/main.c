#include "support.h"

TCase *tcase_arena(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_arena};
    return test_main("base", cases, ZS_LEN(cases));
}
