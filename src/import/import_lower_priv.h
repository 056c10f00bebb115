/* import_lower_priv.h - layers of other formats as the ONNX operators they are made of.
 *
 * Caffe, Darknet and TFLite layers beyond the plainest become one or several ONNX operators of
 * operator set 13, which net_onnx_*.c turn into layers at once: shapes are known from step to step,
 * constants fold, transposes wait until somebody needs them.
 *
 * Memory  all in the arena of the draft. */
#ifndef ZYNQSIM_IMPORT_LOWER_PRIV_H
#define ZYNQSIM_IMPORT_LOWER_PRIV_H

#include "import_onnx_priv.h"

enum { ZS_LOWER_OPSET = 13, ZS_LOWER_IN_MAX = 6, ZS_LOWER_ATTR_MAX = 8 };

/* The layer that is being translated. */
typedef struct zs_lower {
    zs_onnx *net;
    const char *name, *place; /* of its layers; for messages */
} zs_lower;

/* An operator under construction. A mistake (memory, too many parts) shows when it ends. */
typedef struct zs_lower_op {
    const zs_lower *at;
    ZsOnnx__Node node;
    const char *in[ZS_LOWER_IN_MAX];
    ZsOnnx__Attribute attr[ZS_LOWER_ATTR_MAX];
    ZsOnnx__Attribute *attrs[ZS_LOWER_ATTR_MAX];
    char *const *many; /* inputs instead of `in`, as many as node.n_input, where not NULL */
    bool is_broken;
} zs_lower_op;

/* `in` may be NULL: inputs follow, if any. */
void zs_lower_begin(zs_lower_op *op, const zs_lower *at, const char *type, const char *in);
/* NULL stands for an input that is left out. */
void zs_lower_in(zs_lower_op *op, const char *name);
void zs_lower_int(zs_lower_op *op, const char *attr, int64_t value);
void zs_lower_float(zs_lower_op *op, const char *attr, double value);
void zs_lower_ints(zs_lower_op *op, const char *attr, const int64_t *values, size_t n);
void zs_lower_text(zs_lower_op *op, const char *attr, const char *value);
/* Adds the operator; its result gets the name `out`, or one of its own, in *made, when NULL. */
zs_status zs_lower_end(zs_lower_op *op, const char *out, const char **made, zs_err *err);
/* The same with several results. */
zs_status zs_lower_ends(zs_lower_op *op, char *const *out, size_t n, zs_err *err);

/* Constants as inputs. `data` is pointed to. */
zs_status zs_lower_floats(const zs_lower *at, const float *data, const uint32_t *dims,
                          uint32_t rank, const char **out, zs_err *err);
zs_status zs_lower_list(const zs_lower *at, const int64_t *values, size_t n, const char **out,
                        zs_err *err);
/* The dimensions of a value; ZS_EUNSUPPORTED while the size of the input is open. */
zs_status zs_lower_dims(const zs_lower *at, const char *value, uint32_t dims[ZS_RANK_MAX],
                        uint32_t *rank, zs_err *err);

/* Whole operators of frequent forms. */
zs_status zs_lower_unary(const zs_lower *at, const char *type, const char *in, const char *out,
                         const char **made, zs_err *err);
zs_status zs_lower_binary(const zs_lower *at, const char *type, const char *a, const char *b,
                          const char *out, const char **made, zs_err *err);
/* With one number as the second operand. */
zs_status zs_lower_number(const zs_lower *at, const char *type, const char *in, double number,
                          const char *out, const char **made, zs_err *err);
zs_status zs_lower_reshape(const zs_lower *at, const char *in, const int64_t *dims, size_t rank,
                           const char *out, const char **made, zs_err *err);
zs_status zs_lower_transpose(const zs_lower *at, const char *in, const int64_t *perm, size_t rank,
                             const char *out, const char **made, zs_err *err);

#endif
