#include "plan_cases.h"
TCase *tcase_plan_memory(void)
{
    return tcase_create("plan_memory");
}
