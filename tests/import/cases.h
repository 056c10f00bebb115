/* cases.h - the test cases of the network importers, and what they share. */
#ifndef ZYNQSIM_TEST_IMPORT_CASES_H
#define ZYNQSIM_TEST_IMPORT_CASES_H

#include "zynqsim/import.h"

#include "support.h"

TCase *tcase_net_onnx(void);
TCase *tcase_net_onnx_ops(void);
TCase *tcase_net_onnx_values(void);
TCase *tcase_net_onnx_integers(void);
TCase *tcase_net_onnx_einsum(void);
TCase *tcase_net_onnx_tensors(void);
TCase *tcase_net_onnx_indexed(void);
TCase *tcase_net_inputs(void);
TCase *tcase_net_caffe(void);
TCase *tcase_net_caffe_layers(void);
TCase *tcase_net_caffe_general(void);
TCase *tcase_net_external(void);
TCase *tcase_net_darknet(void);
TCase *tcase_net_tflite(void);
TCase *tcase_net_yaml(void);
TCase *tcase_net_weights(void);
TCase *tcase_net_models(void);
TCase *tcase_image_sets(void);
TCase *tcase_table(void);
TCase *tcase_csv_line(void);
TCase *tcase_reference(void);
TCase *tcase_builds(void);
TCase *tcase_utilization(void);
TCase *tcase_result_json(void);
TCase *tcase_baseline_read(void);

/* The arena of a test, and the last error. Set up before and dropped after each test. */
extern zs_arena arena;
extern zs_err err;
void net_setup(void);
void net_teardown(void);
TCase *net_case(const char *name);

typedef zs_status (*net_parser)(zs_arena *arena, zs_span bytes, const char *path, zs_net_spec *out,
                                zs_err *err);

/* Layer `name` of a spec; the test fails where there is none. */
const zs_layer_spec *net_layer(const zs_net_spec *spec, const char *name);
/* The test fails unless `parse` refuses with this status, and these words in place and text. */
void net_expect_error(net_parser parse, zs_span bytes, const char *path, zs_status status,
                      const char *place, const char *text);
/* Parses every true prefix of the bytes and expects an error each time. */
void net_expect_prefixes_fail(net_parser parse, zs_span bytes, const char *path);
/* Fails the 1st, 2nd, ... request for memory until the parse succeeds; expects ZS_ENOMEM before and
 * nothing live after each. At least `requests_min` requests must have been failed. */
void net_expect_nomem(net_parser parse, zs_span bytes, const char *path, uint64_t requests_min);

/* Builds the network, runs the reference in fp32 on `x`, and holds its output against `want`, to
 * 1e-5 of each element and one. */
void net_expect_outputs(const zs_net_spec *spec, const float *x, const float *want, uint32_t n,
                        const char *what);

#endif
