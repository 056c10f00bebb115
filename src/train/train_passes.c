#include "train_priv.h"

#include <math.h>
#include <string.h>

/* Derivative at x of a unary function whose value is y: of those that has_slope of train_stages.c
 * lists. */
static double zs_train_slope(const zs_general *g, double x, double y)
{
    switch (g->fn) {
    case ZS_FN_LEAKY_RELU:
        return x > 0 ? 1 : g->p[0];
    case ZS_FN_ELU:
        return x > 0 ? 1 : y + g->p[0];
    case ZS_FN_SIGMOID:
        return y * (1 - y);
    case ZS_FN_TANH:
        return 1 - y * y;
    case ZS_FN_SOFTPLUS:
        return 1 / (1 + zs_exp(-x));
    case ZS_FN_SWISH: {
        const double s = 1 / (1 + zs_exp(-g->p[0] * x));
        return s + g->p[0] * x * s * (1 - s);
    }
    case ZS_FN_HARD_SIGMOID:
        return y > 0 && y < 1 ? g->p[0] : 0;
    case ZS_FN_HARD_SWISH:
        return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5;
    default:
        return 0;
    }
}

#define ELEM       float
#define LANES      16
#define NAME(base) base##_f32
#include "train_body.h"
#undef ELEM
#undef LANES
#undef NAME

#define ELEM       double
#define LANES      8
#define NAME(base) base##_f64
#include "train_body.h"
