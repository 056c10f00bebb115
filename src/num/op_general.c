#include "zynqsim/num.h"

#include <math.h>
#include <string.h>

/* ---- a walk over the elements of a tensor ---------------------------------------------------- */

typedef struct walk {
    uint32_t rank;
    const uint32_t *dims;
    uint32_t at[ZS_RANK_MAX];
} walk;

static walk walk_of(uint32_t rank, const uint32_t *dims)
{
    return (walk){.rank = rank, .dims = dims};
}

static size_t walk_elems(const walk *w)
{
    size_t n = 1;
    for (uint32_t d = 0; d < w->rank; d++)
        n *= w->dims[d];
    return n;
}

static size_t walk_at(const walk *w, const uint64_t *strides)
{
    uint64_t at = 0;
    for (uint32_t d = 0; d < w->rank; d++)
        at += w->at[d] * strides[d];
    return (size_t)at;
}

static void walk_next(walk *w)
{
    for (uint32_t d = w->rank; d-- > 0;) {
        if (++w->at[d] < w->dims[d])
            return;
        w->at[d] = 0;
    }
}

/* ---- reductions ------------------------------------------------------------------------------ */

static double power_of(double v, double p)
{
    return p == 1 ? v : p == 2 ? v * v : v > 0 ? zs_pow(v, p) : 0;
}

static double reduce_step(const zs_general *g, double sum, double v)
{
    switch (g->fn) {
    case ZS_FN_R_SUM:
    case ZS_FN_R_MEAN:
    case ZS_FN_R_LOG_SUM:
        return sum + v;
    case ZS_FN_R_PROD:
        return sum * v;
    case ZS_FN_R_L1:
        return sum + fabs(v);
    case ZS_FN_R_LP:
        return sum + power_of(fabs(v), g->p[1]);
    case ZS_FN_R_SUM_SQUARE:
        return sum + v * v;
    default:
        return sum;
    }
}

static double reduce_end(const zs_general *g, double sum, double best, double arg, size_t n)
{
    switch (g->fn) {
    case ZS_FN_R_MEAN:
        return sum / (double)n;
    case ZS_FN_R_MAX:
    case ZS_FN_R_MIN:
        return best;
    case ZS_FN_R_LP:
        return g->p[1] == 1   ? sum
               : g->p[1] == 2 ? sqrt(sum)
               : sum > 0      ? zs_pow(sum, 1 / g->p[1])
                              : 0;
    case ZS_FN_R_LOG_SUM:
        return zs_log(sum);
    case ZS_FN_R_LOG_SUM_EXP:
        return best + zs_log(sum);
    case ZS_FN_R_ARG_MAX:
    case ZS_FN_R_ARG_MIN:
        return arg;
    default:
        return sum;
    }
}

#define ELEM       float
#define NAME(base) base##_f32
#include "general_body.h"
#undef ELEM
#undef NAME
#define ELEM       double
#define NAME(base) base##_f64
#include "general_body.h"
#undef ELEM
#undef NAME

/* ---- elements moved as they are -------------------------------------------------------------- */

static void copy_elem(uint8_t *to, const uint8_t *from, size_t bytes)
{
    switch (bytes) {
    case 1:
        *to = *from;
        break;
    case 2:
        memcpy(to, from, 2);
        break;
    case 4:
        memcpy(to, from, 4);
        break;
    default:
        memcpy(to, from, bytes);
    }
}

void zs_rearrange(const zs_general *g, size_t elem_bytes, const void *x, const void *fill, void *y)
{
    const uint32_t last = g->rank - 1;
    walk w = walk_of(last, g->dims);
    const size_t rows = walk_elems(&w);
    uint8_t *to = y;
    for (size_t row = 0; row < rows; row++, walk_next(&w)) {
        int64_t base = 0;
        bool is_outside = false;
        for (uint32_t d = 0; d < last; d++) {
            const int64_t step = g->tables[d][w.at[d]];
            is_outside |= step < 0;
            base += step;
        }
        for (uint32_t i = 0; i < g->dims[last]; i++, to += elem_bytes) {
            const int64_t step = g->tables[last][i];
            const uint8_t *from = fill;
            if (!is_outside && step >= 0)
                from = (const uint8_t *)x + (size_t)(base + step) * elem_bytes;
            copy_elem(to, from, elem_bytes);
        }
    }
}

void zs_join(const zs_general *g, size_t elem_bytes, const void *const *x, uint32_t x_n, void *y)
{
    uint8_t *to = y;
    for (uint64_t block = 0; block < g->outer; block++)
        for (uint32_t i = 0; i < x_n; i++) {
            const size_t bytes = (size_t)g->shares[i] * elem_bytes;
            memcpy(to, (const uint8_t *)x[i] + block * bytes, bytes);
            to += bytes;
        }
}

/* ---- entry ----------------------------------------------------------------------------------- */

void zs_general_f32(zs_layer_op op, const zs_general *g, const float *const *x, float *y)
{
    general_f32(op, g, x, g->constant, y);
}

void zs_general_f64(zs_layer_op op, const zs_general *g, const double *const *x, double *y)
{
    general_f64(op, g, x, NULL, y);
}
