/* small_nets.h - small networks with synthetic weights, each there for a way in which plans differ.
 */
#ifndef ZYNQSIM_TEST_SMALL_NETS_H
#define ZYNQSIM_TEST_SMALL_NETS_H

#include "zynqsim/net.h"

enum { TEST_NET_N = 6 };
const char *test_net_name(int which);
/* Built in `arena`; asserts success. */
const zs_net *test_net_build(zs_arena *arena, int which);
/* Its layers get weights of their own: some filters, some kernels and some weights are 0. */
void test_net_prune(zs_arena *arena, const zs_net *net, uint64_t seed);

#endif
