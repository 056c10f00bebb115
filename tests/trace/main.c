#include "traced.h"

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_collected, tcase_timeline, tcase_waveform};
    return test_main("trace", cases, ZS_LEN(cases));
}
