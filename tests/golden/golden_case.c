#include "golden_case.h"
#include "zynqsim/kind.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const golden_pictures[GOLDEN_PICTURES] = {
    "n01833805_hummingbird.JPEG", "n02128925_jaguar.JPEG",    "n02708093_analog_clock.JPEG",
    "n03584254_iPod.JPEG",        "n03769881_minibus.JPEG",   "n04162706_seat_belt.JPEG",
    "n04330267_stove.JPEG",       "n04357314_sunscreen.JPEG", "n04579145_whiskey_jug.JPEG",
    "n07684084_French_loaf.JPEG",
};

void golden_start(golden_case *c)
{
    *c = (golden_case){0};
    zs_arena_init(&c->arena, test_heap());
}

void golden_end(golden_case *c)
{
    for (uint32_t i = 0; i < c->file_n; i++)
        free((void *)c->files[i].data);
    zs_arena_drop(&c->arena);
}

void golden_check(zs_status status, const zs_err *err)
{
    ck_assert_msg(status == ZS_OK, "%s: %s", err->place, err->text);
}

/* ---- files ----------------------------------------------------------------------------------- */

static zs_span keep(golden_case *c, const char *path)
{
    ck_assert_uint_lt(c->file_n, GOLDEN_FILES);
    const zs_span bytes = test_read_file(path);
    ck_assert_msg(bytes.data != NULL, "%s cannot be read", path);
    return c->files[c->file_n++] = bytes;
}

static zs_span open_shared(golden_case *c, const char *name)
{
    const char *path = test_shared(name);
    if (path != NULL)
        return keep(c, path);
    test_say_skipped(name);
    return (zs_span){0};
}

static const zs_net *build_net(golden_case *c, const zs_net_spec *spec)
{
    zs_net *net = NULL;
    zs_err err = {0};
    golden_check(zs_net_build(&c->arena, spec, &net, &err), &err);
    return net;
}

const zs_net *golden_shared_net(golden_case *c, const char *name, zs_shape input)
{
    const zs_span bytes = open_shared(c, name);
    if (bytes.data == NULL)
        return NULL;
    zs_net_spec spec;
    zs_err err = {0};
    golden_check(zs_net_parse(&c->arena, bytes, name, &spec, &err), &err);
    if (spec.input.shape.c == 0)
        spec.input.shape = input;
    return build_net(c, &spec);
}

const zs_net *golden_model(golden_case *c, const char *name, uint32_t side)
{
    char path[96];
    zs_net_spec spec;
    zs_err err = {0};
    snprintf(path, sizeof path, "models/%s.yaml", name);
    golden_check(zs_net_parse(&c->arena, keep(c, path), path, &spec, &err), &err);
    spec.seed = 1;
    if (side > 0)
        spec.input.shape.h = spec.input.shape.w = side;
    return build_net(c, &spec);
}

zs_npy golden_npy(golden_case *c, const char *name)
{
    const zs_span bytes = open_shared(c, name);
    zs_npy npy = {0};
    zs_err err = {0};
    if (bytes.data != NULL)
        golden_check(zs_npy_parse(&c->arena, bytes, name, &npy, &err), &err);
    return npy;
}

size_t golden_npy_elems(const zs_npy *npy)
{
    return (size_t)(npy->dims[0] * npy->dims[1] * npy->dims[2] * npy->dims[3]);
}

const float *golden_picture(golden_case *c, const char *file, zs_shape shape)
{
    char name[128];
    snprintf(name, sizeof name, "data/images/%s", file);
    const zs_span bytes = open_shared(c, name);
    if (bytes.data == NULL)
        return NULL;
    zs_design design;
    zs_image image;
    float *x = NULL;
    zs_err err = {0};
    zs_design_defaults(&design);
    golden_check(zs_image_parse(&c->arena, bytes, name, &image, &err), &err);
    golden_check(zs_preprocess_run(&c->arena, &image, &design.network.preprocess, shape, &x, &err),
                 &err);
    free((void *)c->files[--c->file_n].data);
    return x;
}

/* ---- running --------------------------------------------------------------------------------- */

const golden_point *golden_point_build(golden_case *c, const zs_net *net, uint32_t precision,
                                       const zs_ranges *ranges)
{
    golden_point *p = zs_new(&c->arena, golden_point, 1);
    zs_err err = {0};
    p->net = net;
    zs_design_defaults(&p->design);
    p->design.accel.precision = precision;
    golden_check(zs_plan_build(&c->arena, &p->design, net, &p->plan, &err), &err);
    golden_check(zs_quant_build(&c->arena, net, precision, ranges, &p->quant, &err), &err);
    golden_check(zs_exec_build(&c->arena, &p->design, net, p->plan, p->quant, &p->exec, &err),
                 &err);
    return p;
}

static uint32_t end_of_writers(const golden_point *p, uint32_t tensor)
{
    uint64_t offset;
    uint32_t end = 0;
    const uint32_t root = zs_tensor_root(p->net, tensor, &offset);
    for (uint32_t i = 0; i < p->plan->row_n; i++) {
        const zs_plan_row *row = &p->plan->rows[i];
        const uint32_t layer = row->pool == ZS_NO_INDEX ? row->layer : row->pool;
        if (zs_tensor_root(p->net, p->net->layers[layer].out, &offset) == root)
            end = row->op0 + row->op_n;
    }
    return end;
}

void golden_point_run(const golden_point *p, const float *x, uint32_t tensor, float *y)
{
    const uint32_t end = end_of_writers(p, tensor);
    ck_assert_msg(end > 0, "nothing writes %s", p->net->tensors[tensor].name);
    zs_exec_set_input(p->exec, 0, x);
    for (uint32_t op = 0; op < end; op++)
        zs_exec_op(p->exec, op);
    zs_exec_get(p->exec, 0, tensor, y);
}

/* ---- comparing ------------------------------------------------------------------------------- */

void golden_assert_close(const char *name, const float *got, const float *wanted, size_t n)
{
    double largest = 0, error = 0;
    bool is_finite = true;
    for (size_t i = 0; i < n; i++) {
        is_finite = is_finite && isfinite(got[i]);
        largest = fmax(largest, fabs((double)wanted[i]));
        error = fmax(error, fabs((double)got[i] - (double)wanted[i]));
    }
    ck_assert_msg(is_finite, "%s: not all elements are finite", name);
    ck_assert_msg(error <= 1e-4 * largest, "%s is off by %g of %g", name, error, largest);
}

void golden_best(const float *y, uint32_t n, uint32_t *best, uint32_t k)
{
    for (uint32_t i = 0; i < k; i++)
        best[i] = UINT32_MAX;
    for (uint32_t c = 0; c < n; c++) {
        uint32_t at = k;
        while (at > 0 && (best[at - 1] == UINT32_MAX || y[c] > y[best[at - 1]]))
            at--;
        for (uint32_t i = k - 1; at < k && i > at; i--)
            best[i] = best[i - 1];
        if (at < k)
            best[at] = c;
    }
}
