/* golden_case.h - networks and samples of the reference data, and one design point that runs them.
 *
 * Files of the reference data may be absent: the openers then say so once and return NULL, and the
 * test returns. What is wrong with a file that is there stops the test with the error's text.
 * Memory: all lives in the case and dies with it. */
#ifndef ZYNQSIM_TEST_GOLDEN_CASE_H
#define ZYNQSIM_TEST_GOLDEN_CASE_H

#include "support.h"

#include "zynqsim/import.h"
#include "zynqsim/sim.h"

enum { GOLDEN_FILES = 8, GOLDEN_PICTURES = 10 };

typedef struct golden_case {
    zs_arena arena;
    zs_span files[GOLDEN_FILES];
    uint32_t file_n;
} golden_case;

void golden_start(golden_case *c);
void golden_end(golden_case *c);
/* Stops the test with the error's text unless `status` is ZS_OK. */
void golden_check(zs_status status, const zs_err *err);

/* A network of the reference data. `input` supplies the shape that snapshots of a training run do
 * not state. NULL where the file is absent. */
const zs_net *golden_shared_net(golden_case *c, const char *name, zs_shape input);
/* models/NAME.yaml with synthetic weights; a side > 0 replaces the input's height and width. */
const zs_net *golden_model(golden_case *c, const char *name, uint32_t side);
/* A tensor; data NULL where absent. */
zs_npy golden_npy(golden_case *c, const char *name);
size_t golden_npy_elems(const zs_npy *npy);
/* A picture of data/images as the default design prepares it; NULL where absent. */
const float *golden_picture(golden_case *c, const char *file, zs_shape shape);
/* Names of the ten pictures that have golden outputs, in the order of the rows of those. */
extern const char *const golden_pictures[GOLDEN_PICTURES];

/* A design point with its network loaded into simulated DRAM. */
typedef struct golden_point {
    zs_design design;
    const zs_net *net;
    zs_plan *plan;
    zs_quant *quant;
    zs_exec *exec;
} golden_point;

/* The default design in some precision; ranges may be NULL for fp32. */
const golden_point *golden_point_build(golden_case *c, const zs_net *net, uint32_t precision,
                                       const zs_ranges *ranges);
/* Runs one sample through the plan, as far as the ops that write `tensor`: later ones may use its
 * memory again. */
void golden_point_run(const golden_point *p, const float *x, uint32_t tensor, float *y);

/* Asserts |difference| <= 1e-4 x the largest absolute value, and that all are finite. (One
 * assertion per tensor: each costs a system call.) */
void golden_assert_close(const char *name, const float *got, const float *wanted, size_t n);
/* The `k` largest of `n`, best first, equal ones by position. */
void golden_best(const float *y, uint32_t n, uint32_t *best, uint32_t k);

TCase *tcase_squeezenet(void);
TCase *tcase_small_networks(void);
TCase *tcase_precisions(void);
TCase *tcase_design_points(void);
TCase *tcase_full_size_points(void);
TCase *tcase_fixed16_points(void);
TCase *tcase_int8_points(void);
TCase *tcase_identities(void);
TCase *tcase_figures(void);
TCase *tcase_gemm_runs(void);
TCase *tcase_line_runs(void);
TCase *tcase_arora_lanka(void);

#endif
