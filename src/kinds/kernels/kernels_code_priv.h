/* kernels_code_priv.h - OpenCL C of the kernels: what its files share.
 *
 *   kernels_code.c        the whole text: channels, kernels, launches
 *   kernels_code_args.c   sizes: literals, or arguments of a kernel that layers share
 *   kernels_code_body.c   a nest of loops, walked
 *   kernels_code_words.c  what its innermost loops do */
#ifndef ZYNQSIM_KERNELS_CODE_PRIV_H
#define ZYNQSIM_KERNELS_CODE_PRIV_H

#include "kernels_priv.h"

/* Sizes of a layer that are in the text besides the trips of its loops. */
typedef enum code_size {
    CODE_RAW_H, /* of the input in memory, without padding */
    CODE_RAW_W,
    CODE_X_H, /* as its windows see it */
    CODE_X_W,
    CODE_Y_H,
    CODE_Y_W,
    CODE_OC,
    CODE_IC,    /* of a group */
    CODE_GROUP, /* filters of a group */
    CODE_PAD_Y,
    CODE_PAD_X,
    CODE_RAW_AT, /* where the input begins in its buffer */
    CODE_X_AT,   /* likewise, of its padded copy where there is one */
    CODE_Y_AT,
    CODE_Z_AT, /* of the second operand of row `root + k` */
    CODE_SIZE_N = CODE_Z_AT
} code_size;

enum { CODE_INDEX_BYTES = 48, CODE_EXPRESSION_BYTES = 256, CODE_RING = 32 };

/* The text of one kernel, on its way. After a failed write nothing more is written. */
typedef struct code {
    const zs_net *net;
    const zs_plan *plan;
    const zs_sink *s;
    zs_status status;
    uint32_t index; /* of the row whose kernel it is */
    const kernels_row *own;
    const zs_layer *layer;
    const zs_nest *nest;
    const kernels_params *p;
    uint32_t depth;
    /* ---- expressions of the loops around */
    char filter[CODE_INDEX_BYTES], y[CODE_INDEX_BYTES], x[CODE_INDEX_BYTES];
    const char *input;      /* array that windows are read from: "x", "x_l" */
    const char *pixel_loop; /* inside of which a sum begins and ends; "" where there is none */
    bool is_relaxed;
    bool has_register; /* of sums that are not in an array */
    char ring[CODE_RING][CODE_EXPRESSION_BYTES];
    uint32_t ring_at;
} code;

#define CODE_PUT(c, ...)                                                                           \
    do {                                                                                           \
        if ((c)->status == ZS_OK)                                                                  \
            (c)->status = zs_sink_printf((c)->s, __VA_ARGS__);                                     \
    } while (0)
/* A line of its own, as far in as the loops around it say. */
#define CODE_LINE(c, ...)                                                                          \
    do {                                                                                           \
        CODE_PUT(c, "%*s", (int)(4 * (c)->depth), "");                                             \
        CODE_PUT(c, __VA_ARGS__);                                                                  \
        CODE_PUT(c, "\n");                                                                         \
    } while (0)

/* Text that lasts for some more calls. */
char *code_text(code *c);

static inline const kernels_row *code_row(const code *c, uint32_t i)
{
    return kernels_row_of(&c->plan->rows[i]);
}
static inline const zs_layer *code_layer(const code *c, uint32_t i)
{
    return &c->net->layers[c->plan->rows[i].layer];
}
/* Whether row i is one of those that kernel c->index is for. */
bool code_is_member(const code *c, uint32_t i);
/* Whether the engine has a kernel for row i, and it is the first that needs it. */
bool code_has_kernel(const zs_plan *plan, uint32_t i);

/* The tensor that an elementwise row reads beside what its loops have at hand, or ZS_NO_INDEX. */
uint32_t code_second(const code *c, uint32_t row);
uint64_t code_value(const code *c, uint32_t row, code_size size, uint32_t k);
/* A number, or the name of the argument that it is. */
const char *code_size_text(code *c, code_size size, uint32_t k);
const char *code_trip_text(code *c, const zs_nest *nest, uint32_t i);
/* ", const int x_h": those that layers of one kernel differ in, and their values for a row. */
void code_put_size_parameters(code *c, bool is_pad);
void code_put_size_values(code *c, bool is_pad, uint32_t row);

/* Whether layers of one kernel have other bounds behind row `index + k`: lo and hi are arguments.
 */
bool code_act_differs(const code *c, uint32_t k);

/* Words of on-chip array k: of the largest layer that the kernel is for. */
uint64_t code_array_words(const code *c, uint32_t k);
void code_set_kernel(code *c, uint32_t row);

/* The kernel's loops with all that is in them. */
void code_put_loops(code *c);
/* The input that comes by a channel, into x_l, in the order in which its writer sends it. */
void code_put_fill(code *c);
/* ---- what stands at the beginning and end of a loop's body, and in an innermost one */
void code_put_open(code *c, const char *loop);
void code_put_close(code *c, const char *loop);
void code_put_inner(code *c, const char *loop);
/* Iterations of a loop of a sum that accelerator.unroll has side by side. */
uint64_t code_step(const code *c, const char *loop);
uint64_t code_trip(const code *c, const char *name); /* of a loop, 1 where there is none */
bool code_has(const code *c, const char *name);

#endif
