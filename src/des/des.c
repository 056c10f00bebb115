#include "zynqsim/des.h"

void zs_des_init(zs_des *q)
{
    *q = (zs_des){0};
}

bool zs_des_next(zs_des *q, uint64_t *time, uint32_t *actor)
{
    if (!zs_des_peek(q, time, actor))
        return false;
    zs_des_cancel(q, *actor);
    return true;
}
