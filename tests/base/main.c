#include "support.h"

TCase *tcase_arena(void);
TCase *tcase_text_number(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_arena, tcase_text_number};
    return test_main("base", cases, ZS_LEN(cases));
}
