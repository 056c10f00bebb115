/* small_nets.h - small networks with synthetic weights, each there for a way in which plans differ.
 */
#ifndef ZYNQSIM_TEST_SMALL_NETS_H
#define ZYNQSIM_TEST_SMALL_NETS_H

#include "zynqsim/net.h"

enum { TEST_NET_N = 6 };
const char *test_net_name(int which);
/* Built in `arena`; asserts success. */
const zs_net *test_net_build(zs_arena *arena, int which);

#endif
