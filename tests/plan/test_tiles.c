#include "plan_cases.h"
TCase *tcase_tiles(void)
{
    return tcase_create("tiles");
}
