/* rig.h - one network, one precision, its reference result, and random designs to compare with it.
 */
#ifndef ZYNQSIM_TEST_RIG_H
#define ZYNQSIM_TEST_RIG_H

#include "support.h"

#include "zynqsim/sim.h"

enum { RIG_IMAGES = 3 };

typedef struct test_rig {
    zs_arena arena; /* network and reference */
    const zs_net *net;
    zs_ranges ranges;
    zs_quant *quant;
    float *inputs[RIG_IMAGES];
    float *outputs[RIG_IMAGES]; /* of the reference executor, dequantised */
    size_t output_n;
} test_rig;

void test_rig_init(test_rig *rig, int net, uint32_t precision);
void test_rig_init_net(test_rig *rig, const zs_net *net, uint32_t precision);
/* Computes the reference anew with the scales of the network's own quantisers. */
void test_rig_use_model(test_rig *rig);
/* Rounds the biases as narrow engines store them and computes the reference anew. */
void test_rig_narrow_biases(test_rig *rig, uint32_t bits);
/* Computes the reference of int8 anew with unsigned tensors, or with fewer bits. */
void test_rig_unsign(test_rig *rig);
void test_rig_narrow(test_rig *rig, uint8_t weight_bits, uint8_t act_bits);
void test_rig_drop(test_rig *rig);
/* Asserts that executed outputs equal the reference, bit for bit. */
void test_rig_compare(const test_rig *rig, const zs_design *d, const zs_exec *exec);
bool test_rig_equals(const test_rig *rig, const zs_design *d, const zs_exec *exec);
zs_plan *test_rig_plan(const test_rig *rig, zs_arena *arena, const zs_design *d);
zs_exec *test_rig_exec(const test_rig *rig, zs_arena *arena, const zs_design *d,
                       const zs_plan *plan);
/* Simulates without data, or with those that the hook performs. */
zs_result *test_rig_run(const test_rig *rig, zs_arena *arena, const zs_design *d,
                        const zs_plan *plan, zs_fidelity fidelity, const zs_retire_hook *hook);
/* Asserts that a run of the design gives the bits of the reference. */
void test_rig_execute(const test_rig *rig, zs_arena *arena, const zs_design *d,
                      zs_fidelity fidelity);
/* The same without timing: ops in the order of the plan. */
void test_rig_execute_untimed(const test_rig *rig, const zs_design *d);
/* The same of designs 0 to n - 1 of a table, at fidelities tile and burst in turn. */
typedef zs_design test_variant(size_t i, uint32_t precision);
void test_rig_execute_all(const test_rig *rig, uint32_t precision, test_variant *variant, size_t n);
/* Asserts that all fidelities move the same bytes of each operand and that the bound is least. */
void test_rig_fidelities(const test_rig *rig, zs_arena *arena, const zs_design *d);
/* Orders that starve units, one per permutation of them, in which the plan gives other bits than
 * the reference; counts no further than `enough` (test_orders.c). */
uint32_t test_rig_wrong_orders(const test_rig *rig, const zs_design *d, const zs_plan *plan,
                               uint32_t enough);
/* Asserts that there is none. */
void test_rig_orders(const test_rig *rig, const zs_design *d);

#endif
