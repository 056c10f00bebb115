#include "train_cases.h"

int main(void)
{
    static TCase *(*const cases[])(void) = {tcase_gradients, tcase_schemes, tcase_pipeline,
                                            tcase_train_run};
    return test_main("train", cases, ZS_LEN(cases));
}
