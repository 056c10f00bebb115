#include "kernels_code_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The text as a whole: what a host has to know, channels, kernels. */

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits and underscores of a layer's name. */
static const char *word_of(code *c, const char *name)
{
    char *text = code_text(c);
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < 48; n++)
        text[n] = is_in_word(name[n]) ? name[n] : '_';
    text[n] = '\0';
    return text;
}

static const char *kernel_name(code *c, uint32_t row)
{
    char *text = code_text(c);
    snprintf(text, CODE_EXPRESSION_BYTES, "k%" PRIu32 "_%s", row,
             word_of(c, code_layer(c, row)->name));
    return text;
}

static uint32_t buffer_of(const code *c, uint32_t tensor)
{
    uint64_t offset;
    return zs_tensor_root(c->net, tensor, &offset);
}

/* ---- what a host has to know ----------------------------------------------------------------- */

static bool is_used(const code *c, uint32_t root)
{
    for (uint32_t i = 0; i < c->plan->row_n; i++) {
        const zs_layer *layer = code_layer(c, i);
        const kernels_row *own = code_row(c, i);
        const bool is_kernel = c->plan->rows[i].call != ZS_NO_INDEX;
        const bool writes =
            !is_kernel ||
            (own->root == i ? !own->to_channel && own->last == i
                            : own->root != ZS_NO_INDEX && code_row(c, own->root)->last == i &&
                                  !code_row(c, own->root)->to_channel);
        if (writes && buffer_of(c, layer->out) == root)
            return true;
    }
    return zs_net_is_input(c->net, root);
}

static void put_buffers(code *c)
{
    uint64_t padded = 0;
    for (uint32_t t = 0; t < c->net->tensor_n; t++)
        if (buffer_of(c, t) == t && is_used(c, t))
            CODE_PUT(c, " * tensor t%" PRIu32 " %" PRIu64 " %s\n", t,
                     zs_shape_elems(c->net->tensors[t].shape), word_of(c, c->net->tensors[t].name));
    for (uint32_t i = 0; i < c->plan->row_n; i++) {
        const zs_layer *layer = code_layer(c, i);
        const kernels_row *own = code_row(c, i);
        if (c->plan->rows[i].call == ZS_NO_INDEX)
            continue;
        padded = zs_max_u64(padded, own->padded_bytes / sizeof(float));
        if (zs_op_has_filters(layer->op))
            CODE_PUT(c, " * weights w%" PRIu32 " %" PRIu32 " %" PRIu64 " %s\n", layer->index,
                     layer->y.c, zs_layer_filter_elems(layer), word_of(c, layer->name));
        if (own->root == i && own->to_channel)
            CODE_PUT(c, " * channel c%" PRIu32 " %" PRIu64 "\n", own->last,
                     zs_shape_elems(code_layer(c, own->last)->y));
    }
    if (padded > 0)
        CODE_PUT(c, " * scratch padded %" PRIu64 "\n", padded);
}

/* Arguments of a kernel, in the order of its parameters. */
static void put_launch(code *c, uint32_t row)
{
    const kernels_row *own = code_row(c, row);
    const zs_layer *layer = code_layer(c, row);
    code_set_kernel(c, own->class_row);
    if (own->padded_bytes > 0) {
        CODE_PUT(c, " * launch %s_pad t%" PRIu32 " padded", kernel_name(c, own->class_row),
                 buffer_of(c, layer->in[0]));
        code_put_size_values(c, true, row);
        CODE_PUT(c, "\n");
    }
    CODE_PUT(c, " * launch %s", kernel_name(c, own->class_row));
    if (own->from == ZS_NO_INDEX && own->padded_bytes > 0)
        CODE_PUT(c, " padded");
    else if (own->from == ZS_NO_INDEX)
        CODE_PUT(c, " t%" PRIu32, buffer_of(c, layer->in[0]));
    if (zs_op_has_filters(layer->op))
        CODE_PUT(c, " w%" PRIu32 " b%" PRIu32, layer->index, layer->index);
    for (uint32_t r = row; r <= own->last; r++)
        if (code_second(c, r) != ZS_NO_INDEX)
            CODE_PUT(c, " t%" PRIu32, buffer_of(c, code_second(c, r)));
    if (!own->to_channel)
        CODE_PUT(c, " t%" PRIu32, buffer_of(c, code_layer(c, own->last)->out));
    code_put_size_values(c, false, row);
    if (own->from != ZS_NO_INDEX)
        CODE_PUT(c, " c%" PRIu32, own->from);
    if (own->to_channel)
        CODE_PUT(c, " c%" PRIu32, own->last);
    CODE_PUT(c, "%s\n", own->is_autorun ? " autorun" : "");
}

static void put_launches(code *c)
{
    for (uint32_t i = 0; i < c->plan->row_n; i++) {
        const zs_layer *layer = code_layer(c, i);
        if (c->plan->rows[i].call == ZS_NO_INDEX)
            CODE_PUT(c, " * host %s t%" PRIu32 " t%" PRIu32 " %s\n", zs_layer_op_name(layer->op),
                     buffer_of(c, layer->in[0]), buffer_of(c, layer->out), word_of(c, layer->name));
        else if (code_row(c, i)->root == i)
            put_launch(c, i);
    }
}

static void put_head(code *c, const zs_design *design)
{
    const zs_net *net = c->net;
    uint64_t offset;
    const uint32_t out = zs_tensor_root(net, net->output, &offset);
    CODE_PUT(c,
             "/* Kernels of %s, one image in fp32: single work-items, launched in this order.\n"
             " * The result of a division is the nearest number: -cl-fp32-correctly-rounded-divide-"
             "sqrt.\n"
             " *\n"
             " *   tensor NAME WORDS          channels, rows, columns\n"
             " *   weights NAME FILTERS WORDS [filter][input channel][row][column]; their biases "
             "are b of the same number\n"
             " *   channel NAME WORDS         an argument, a buffer, where there are no channels\n"
             " *   scratch NAME WORDS         for padded copies, one after the other\n"
             " *   launch KERNEL ARGUMENTS    i:NUMBER is an int, f:NUMBER a float%s\n"
             " *   host OPERATOR FROM TO      a layer that no kernel does\n"
             " *\n",
             word_of(c, net->name),
             kernels_params_of(&design->accel)->queues ? "; each kernel has a queue" : "");
    put_buffers(c);
    CODE_PUT(c, " * input t%" PRIu32 "\n * output t%" PRIu32 " %" PRIu64 " %" PRIu64 "\n",
             buffer_of(c, net->input), out, offset,
             zs_shape_elems(net->tensors[net->output].shape));
    put_launches(c);
    CODE_PUT(c, " */\n#pragma OPENCL FP_CONTRACT OFF\n\n");
}

/* ---- channels and helpers -------------------------------------------------------------------- */

/* Of the channel of a row: its reader says. */
static uint32_t depth_of(const code *c, uint32_t row)
{
    const uint32_t last = code_row(c, row)->last;
    for (uint32_t i = row + 1; i < c->plan->row_n; i++)
        if (c->plan->rows[i].call != ZS_NO_INDEX && code_row(c, i)->from == last &&
            kernels_params_of(code_row(c, i)->accel)->channel_depth > 0)
            return kernels_params_of(code_row(c, i)->accel)->channel_depth;
    return KERNELS_CHANNEL_DEPTH;
}

static void put_channels(code *c)
{
    bool has_any = false;
    for (uint32_t i = 0; i < c->plan->row_n; i++)
        has_any |= c->plan->rows[i].call != ZS_NO_INDEX && code_row(c, i)->to_channel;
    if (!has_any)
        return;
    CODE_PUT(c, "#ifdef cl_intel_channels\n"
                "#pragma OPENCL EXTENSION cl_intel_channels : enable\n"
                "#define FROM(c)\n#define TO(c)\n#define OPEN(c)\n"
                "#define TAKE(c) read_channel_intel(c)\n"
                "#define GIVE(c, x) write_channel_intel(c, x)\n");
    for (uint32_t i = 0; i < c->plan->row_n; i++)
        if (c->plan->rows[i].call != ZS_NO_INDEX && code_row(c, i)->to_channel)
            CODE_PUT(c, "channel float c%" PRIu32 " __attribute__((depth(%" PRIu32 ")));\n",
                     code_row(c, i)->last, depth_of(c, i));
    CODE_PUT(c, "#else /* a buffer that holds all words, filled before it is read */\n"
                "#define FROM(c) , __global const float *restrict c\n"
                "#define TO(c) , __global float *restrict c\n"
                "#define OPEN(c) int c##_n = 0\n"
                "#define TAKE(c) c[c##_n++]\n"
                "#define GIVE(c, x) (c[c##_n++] = (x))\n"
                "#endif\n\n");
}

static void put_helpers(code *c)
{
    bool has_tree = false, has_act = false;
    for (uint32_t i = 0; i < c->plan->row_n; i++) {
        has_act |= code_layer(c, i)->act.active;
        has_tree |= c->plan->rows[i].call != ZS_NO_INDEX &&
                    kernels_params_of(code_row(c, i)->accel)->relaxed_float;
    }
    if (has_act)
        CODE_PUT(c, "float clip(float v, float lo, float hi)\n{\n"
                    "    v = v > lo ? v : lo;\n    return v < hi ? v : hi;\n}\n\n");
    if (has_tree)
        CODE_PUT(c, "/* Neighbours are added until one is left. */\n"
                    "float tree_sum(float *p, int n)\n{\n"
                    "    for (; n > 1; n = (n + 1) / 2) {\n"
                    "        for (int i = 0; i < n / 2; i++)\n"
                    "            p[i] = p[2 * i] + p[2 * i + 1];\n"
                    "        if (n %% 2 != 0)\n"
                    "            p[n / 2] = p[n - 1];\n"
                    "    }\n    return p[0];\n}\n\n");
}

/* ---- kernels --------------------------------------------------------------------------------- */

static void put_pad(code *c)
{
    const char *h = code_size_text(c, CODE_X_H, 0), *w = code_size_text(c, CODE_X_W, 0);
    const char *raw_h = code_size_text(c, CODE_RAW_H, 0), *raw_w = code_size_text(c, CODE_RAW_W, 0);
    const char *at = code_size_text(c, CODE_RAW_AT, 0);
    CODE_PUT(c,
             "__attribute__((reqd_work_group_size(1, 1, 1)))\n__kernel void %s_pad(__global const "
             "float *restrict input, __global float *restrict output",
             kernel_name(c, c->index));
    code_put_size_parameters(c, true);
    CODE_PUT(c, ")\n{\n    for (int i = 0; i < %s; i++) {\n",
             code_trip_text(c, &c->own->pad.nest, 0));
    CODE_PUT(c, "        const int y = i / %s %% %s - %s, x = i %% %s - %s;\n", w, h,
             code_size_text(c, CODE_PAD_Y, 0), w, code_size_text(c, CODE_PAD_X, 0));
    CODE_PUT(c, "        const bool is_inside = y >= 0 && y < %s && x >= 0 && x < %s;\n", raw_h,
             raw_w);
    CODE_PUT(
        c,
        "        output[i] = is_inside ? input[%s + (i / (%s * %s) * %s + y) * %s + x] : 0.0f;\n"
        "    }\n}\n\n",
        at, h, w, raw_h, raw_w);
}

static void put_parameters(code *c)
{
    bool is_first = true;
    CODE_PUT(c, "(");
    if (c->own->from == ZS_NO_INDEX)
        CODE_PUT(c, "__global const float *restrict input");
    is_first = c->own->from != ZS_NO_INDEX;
    if (zs_op_has_filters(c->layer->op))
        CODE_PUT(c, "%s__global const float *restrict weights, __global const float *restrict bias",
                 is_first ? "" : ", ");
    is_first &= !zs_op_has_filters(c->layer->op);
    for (uint32_t r = c->index; r <= c->own->last; r++)
        if (code_second(c, r) != ZS_NO_INDEX) {
            CODE_PUT(c, "%s__global const float *restrict z%" PRIu32, is_first ? "" : ", ",
                     r - c->index);
            is_first = false;
        }
    if (!c->own->to_channel)
        CODE_PUT(c, "%s__global float *restrict output", is_first ? "" : ", ");
    is_first &= c->own->to_channel;
    code_put_size_parameters(c, false);
    if (is_first) /* nothing but channels */
        CODE_PUT(c, "__global const float *restrict c%" PRIu32 " TO(c%" PRIu32 ")", c->own->from,
                 c->own->last);
    else if (c->own->from != ZS_NO_INDEX)
        CODE_PUT(c, " FROM(c%" PRIu32 ")", c->own->from);
    if (!is_first && c->own->to_channel)
        CODE_PUT(c, " TO(c%" PRIu32 ")", c->own->last);
    CODE_PUT(c, ")\n");
    (void)is_first;
}

static bool has_channels_alone(const code *c)
{
    bool reads = c->own->from == ZS_NO_INDEX || zs_op_has_filters(c->layer->op);
    for (uint32_t r = c->index; r <= c->own->last; r++)
        reads |= code_second(c, r) != ZS_NO_INDEX;
    return !reads && c->own->to_channel;
}

static void put_arrays(code *c)
{
    static const char *const names[] = {"w_l", "in_l", "sum_l", "x_l"};
    const zs_window *w = &c->layer->window;
    for (uint32_t k = 0; k < ZS_LEN(names); k++)
        if (code_array_words(c, k) > 0)
            CODE_LINE(c, "__local float %s[%" PRIu64 "];", names[k], code_array_words(c, k));
    if (c->layer->op == ZS_LAYER_POOL && c->own->from != ZS_NO_INDEX && !c->own->takes_whole)
        CODE_LINE(c, "__local float rows_l[%u];", ((w->kh - 1) * w->dh + 1) * c->layer->x.w);
    if (c->own->from != ZS_NO_INDEX)
        CODE_LINE(c, "OPEN(c%" PRIu32 ");", c->own->from);
    if (c->own->to_channel)
        CODE_LINE(c, "OPEN(c%" PRIu32 ");", c->own->last);
}

static void put_kernel(code *c, uint32_t row)
{
    code_set_kernel(c, row);
    if (c->own->padded_bytes > 0)
        put_pad(c);
    const char *name = kernel_name(c, row);
    if (has_channels_alone(c)) {
        CODE_PUT(c,
                 "#ifdef cl_intel_channels\n%s__attribute__((max_global_work_dim(0)))\n"
                 "__kernel void %s(void)\n#else\n",
                 c->own->is_autorun ? "__attribute__((autorun)) " : "", name);
    }
    CODE_PUT(c, "__attribute__((reqd_work_group_size(1, 1, 1)))\n__kernel void %s", name);
    put_parameters(c);
    if (has_channels_alone(c))
        CODE_PUT(c, "#endif\n");
    CODE_PUT(c, "{\n");
    c->depth = 1;
    put_arrays(c);
    if (c->own->takes_whole)
        code_put_fill(c);
    code_put_loops(c);
    c->depth = 0;
    CODE_PUT(c, "}\n\n");
}

/* ---- all ------------------------------------------------------------------------------------- */

static zs_status check(const zs_design *design, const zs_net *net, const zs_plan *plan, zs_err *err)
{
    if (design->accel.precision != ZS_FP32)
        return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                       "kernels are written in fp32, not in %s", zs_precision_word(&design->accel));
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const zs_layer *layer = &net->layers[plan->rows[i].layer];
        if (plan->rows[i].call != ZS_NO_INDEX && layer->quant != NULL)
            return zs_fail(err, ZS_EUNSUPPORTED, layer->name,
                           "is in integers of the model; kernels are written in fp32");
    }
    return ZS_OK;
}

zs_status kernels_code(const zs_design *design, const zs_net *net, const zs_plan *plan,
                       const zs_sink *s, zs_err *err)
{
    code c = {.net = net, .plan = plan, .s = s, .status = ZS_OK};
    ZS_TRY(check(design, net, plan, err));
    put_head(&c, design);
    put_channels(&c);
    put_helpers(&c);
    for (uint32_t i = 0; i < plan->row_n; i++)
        if (code_has_kernel(plan, i))
            put_kernel(&c, i);
    return c.status == ZS_OK ? ZS_OK
                             : zs_fail(err, c.status, "kernels", "they could not be written");
}
