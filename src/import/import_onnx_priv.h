/* import_onnx_priv.h - between the ONNX graph walker (net_onnx.c), its tensors and attributes
 * (net_onnx_data.c) and the operators (net_onnx_ops.c). */
#ifndef ZYNQSIM_IMPORT_ONNX_PRIV_H
#define ZYNQSIM_IMPORT_ONNX_PRIV_H

#include "import_net_priv.h"

#include "onnx.pb-c.h"

typedef struct zs_onnx {
    zs_net_draft draft;
    const ZsOnnx__Graph *graph;
    int64_t opset; /* of the default domain */
} zs_onnx;

/* One node on its way into the draft. */
typedef struct zs_onnx_node {
    zs_onnx *net;
    const ZsOnnx__Node *node;
    const char *place; /* "net.onnx node 3 (Conv conv1)" */
} zs_onnx_node;

/* ---- tensors --------------------------------------------------------------------------------- */

/* float or double tensors as floats; raw little-endian floats are pointed to, not copied. */
zs_status zs_onnx_floats(zs_arena *arena, const ZsOnnx__Tensor *tensor, const char *place,
                         const float **out, uint64_t *n, zs_err *err);
/* At most `room` int64 or int32 elements. */
zs_status zs_onnx_ints(const ZsOnnx__Tensor *tensor, const char *place, int64_t *out, size_t room,
                       size_t *n, zs_err *err);

/* ---- inputs of a node ------------------------------------------------------------------------ */

/* False for inputs that are missing or named "". */
bool zs_onnx_has_input(const zs_onnx_node *at, size_t i);
/* Input i as something computed, as a constant, and as the floats of a constant. */
zs_status zs_onnx_in_value(const zs_onnx_node *at, size_t i, const zs_net_value **out, zs_err *err);
zs_status zs_onnx_in_tensor(const zs_onnx_node *at, size_t i, const ZsOnnx__Tensor **out,
                            zs_err *err);
zs_status zs_onnx_in_floats(const zs_onnx_node *at, size_t i, const float **out, uint64_t *n,
                            zs_err *err);

/* ---- attributes ------------------------------------------------------------------------------ */

const ZsOnnx__Attribute *zs_onnx_attr(const zs_onnx_node *at, const char *name);
int64_t zs_onnx_attr_int(const zs_onnx_node *at, const char *name, int64_t otherwise);
double zs_onnx_attr_float(const zs_onnx_node *at, const char *name, double otherwise);
/* Exactly `n` integers; `out` keeps its values when the attribute is absent. */
zs_status zs_onnx_attr_ints(const zs_onnx_node *at, const char *name, int64_t *out, size_t n,
                            zs_err *err);

/* ---- operators ------------------------------------------------------------------------------- */

/* ZS_EPARSE for an attribute or a number of inputs of another version of the operator. */
zs_status zs_onnx_check_form(const zs_onnx_node *at, zs_err *err);
/* Translates one node into layers of the draft. ZS_EUNSUPPORTED names the operator. */
zs_status zs_onnx_op(const zs_onnx_node *at, zs_err *err);

#endif
