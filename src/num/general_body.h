/* general_body.h - layers of general tensors; included once per element type.
 *
 * The includer sets ELEM and NAME. Sums are in double precision and in the order of the input,
 * rounded once per element of the result. */

static void NAME(unary)(const zs_general *g, const ELEM *x, ELEM *y)
{
    const size_t n = zs_shape_elems(g->to);
    for (size_t i = 0; i < n; i++)
        y[i] = (ELEM)zs_function_of(g->fn, g->p, (double)x[i]);
}

static void NAME(binary)(const zs_general *g, const ELEM *a, const ELEM *b, ELEM *y)
{
    walk w = walk_of(g->rank, g->dims);
    const size_t n = walk_elems(&w);
    for (size_t i = 0; i < n; i++) {
        const double left = (double)a[walk_at(&w, g->strides[0])];
        const double right = (double)b[walk_at(&w, g->strides[1])];
        y[i] = (ELEM)zs_function_of_two(g->fn, g->p, left, right);
        walk_next(&w);
    }
}

/* One element of a reduction; arg is the place of the extreme found so far. */
static double NAME(reduce_one)(const zs_general *g, const ELEM *x)
{
    walk w = walk_of(g->inner_rank, g->inner_dims);
    const size_t n = walk_elems(&w);
    double sum = g->fn == ZS_FN_R_PROD ? 1 : 0, best = (double)x[0], arg = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)x[walk_at(&w, g->inner_strides[0])];
        const bool is_least = g->fn == ZS_FN_R_MIN || g->fn == ZS_FN_R_ARG_MIN;
        const bool is_better = is_least ? v < best : v > best;
        if (is_better || (g->p[0] != 0 && v <= best && v >= best))
            arg = (double)i;
        best = is_better ? v : best;
        sum = reduce_step(g, sum, v);
        walk_next(&w);
    }
    if (g->fn == ZS_FN_R_LOG_SUM_EXP) {
        w = walk_of(g->inner_rank, g->inner_dims);
        for (size_t i = 0; i < n; i++, walk_next(&w))
            sum += zs_exp((double)x[walk_at(&w, g->inner_strides[0])] - best);
    }
    return reduce_end(g, sum, best, arg, n);
}

static void NAME(reduce)(const zs_general *g, const ELEM *x, ELEM *y)
{
    walk w = walk_of(g->rank, g->dims);
    const size_t n = walk_elems(&w);
    for (size_t i = 0; i < n; i++, walk_next(&w))
        y[i] = (ELEM)NAME(reduce_one)(g, x + walk_at(&w, g->strides[0]));
}

/* ---- normalisation --------------------------------------------------------------------------- */

static void NAME(softmax_line)(const zs_general *g, const ELEM *x, ELEM *y)
{
    double best = (double)x[0], sum = 0;
    size_t arg = 0;
    for (size_t i = 1; i < g->line_n; i++)
        if ((double)x[i * g->line_step] > best) {
            best = (double)x[i * g->line_step];
            arg = i;
        }
    for (size_t i = 0; i < g->line_n; i++)
        sum += zs_exp((double)x[i * g->line_step] - best);
    for (size_t i = 0; i < g->line_n; i++) {
        const double above = (double)x[i * g->line_step] - best;
        y[i * g->line_step] = (ELEM)(g->fn == ZS_FN_HARDMAX       ? i == arg
                                     : g->fn == ZS_FN_LOG_SOFTMAX ? above - zs_log(sum)
                                                                  : zs_exp(above) / sum);
    }
}

static void NAME(norm_line)(const zs_general *g, const ELEM *x, ELEM *y)
{
    double sum = 0;
    for (size_t i = 0; i < g->line_n; i++) {
        const double v = fabs((double)x[i * g->line_step]);
        sum += g->p[0] == 1 ? v : v * v;
    }
    const double norm = g->p[0] == 1 ? sum : sqrt(sum);
    for (size_t i = 0; i < g->line_n; i++)
        y[i * g->line_step] = (ELEM)(norm > 0 ? (double)x[i * g->line_step] / norm : 0);
}

static void NAME(standard_line)(const zs_general *g, size_t block, const ELEM *x, ELEM *y)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < g->line_n; i++)
        sum += (double)x[i * g->line_step];
    const double mean = sum / (double)g->line_n;
    for (size_t i = 0; i < g->line_n; i++) {
        const double v = (double)x[i * g->line_step] - mean;
        squares += v * v;
    }
    const double gain = 1 / sqrt(squares / (double)g->line_n + g->p[0]);
    for (size_t i = 0; i < g->line_n; i++) {
        const size_t k = !g->is_per_block ? i : g->constant_n > 0 ? block % g->constant_n : 0;
        const double scale = g->constant ? (double)g->constant[k] : 1;
        const double shift = g->offset ? (double)g->offset[k] : 0;
        const double v = ((double)x[i * g->line_step] - mean) * gain;
        y[i * g->line_step] = (ELEM)(v * scale + shift);
    }
}

/* Selection, one after the other: each is the best of those that come after the last one. */
static void NAME(top_line)(const zs_general *g, const ELEM *x, ELEM *y)
{
    double last = 0;
    size_t last_at = SIZE_MAX;
    for (size_t i = 0; i < g->line_n; i++) {
        size_t best = SIZE_MAX;
        for (size_t k = 0; i < (size_t)g->p[1] && k < g->line_n; k++) {
            const double sign = g->p[0] != 0 ? 1 : -1, v = sign * (double)x[k * g->line_step];
            const bool is_done = last_at != SIZE_MAX && (v > last || (!(v < last) && k <= last_at));
            if (!is_done && (best == SIZE_MAX || v > sign * (double)x[best * g->line_step]))
                best = k;
        }
        y[i * g->line_step] = 0;
        if (best == SIZE_MAX)
            continue;
        last = (g->p[0] != 0 ? 1 : -1) * (double)x[best * g->line_step];
        last_at = best;
        y[i * g->line_step] = g->fn == ZS_FN_TOP ? x[best * g->line_step] : (ELEM)best;
    }
}

static void NAME(normalise)(const zs_general *g, const ELEM *x, ELEM *y)
{
    const size_t block = (size_t)(g->line_n * g->line_step);
    const size_t blocks = (size_t)(zs_shape_elems(g->to) / block);
    for (size_t b = 0; b < blocks; b++)
        for (size_t s = 0; s < g->line_step; s++) {
            const size_t at = b * block + s;
            if (g->fn == ZS_FN_STANDARD)
                NAME(standard_line)(g, b, x + at, y + at);
            else if (g->fn == ZS_FN_TOP || g->fn == ZS_FN_TOP_AT)
                NAME(top_line)(g, x + at, y + at);
            else if (g->fn == ZS_FN_LP_NORM)
                NAME(norm_line)(g, x + at, y + at);
            else
                NAME(softmax_line)(g, x + at, y + at);
        }
}

/* ---- interpolation, products ----------------------------------------------------------------- */

static void NAME(resize)(const zs_general *g, const ELEM *x, ELEM *y)
{
    for (uint32_t c = 0; c < g->to.c; c++) {
        const ELEM *plane = x + (size_t)c * g->in_h * g->in_w;
        for (uint32_t oy = 0; oy < g->to.h; oy++)
            for (uint32_t ox = 0; ox < g->to.w; ox++) {
                double sum = 0;
                for (uint32_t ky = 0; ky < g->taps; ky++) {
                    const ELEM *row = plane + (size_t)g->tap_y[oy * g->taps + ky] * g->in_w;
                    double part = 0;
                    for (uint32_t kx = 0; kx < g->taps; kx++)
                        part += (double)g->weight_x[ox * g->taps + kx] *
                                (double)row[g->tap_x[ox * g->taps + kx]];
                    sum += (double)g->weight_y[oy * g->taps + ky] * part;
                }
                *y++ = (ELEM)sum;
            }
    }
}

static void NAME(matmul)(const zs_general *g, const ELEM *a, const ELEM *b, ELEM *y)
{
    walk w = walk_of(g->rank, g->dims);
    const size_t n = walk_elems(&w);
    for (size_t i = 0; i < n; i++, walk_next(&w)) {
        const ELEM *left = a + walk_at(&w, g->strides[0]);
        const ELEM *right = b + walk_at(&w, g->strides[1]);
        double sum = 0;
        for (uint32_t k = 0; k < g->inner_dims[0]; k++)
            sum += (double)left[k * g->inner_strides[0][0]] *
                   (double)right[k * g->inner_strides[1][0]];
        y[i] = (ELEM)sum;
    }
}

/* `constant` is the operand that is a parameter, in this element type. */
static void NAME(general)(zs_layer_op op, const zs_general *g, const ELEM *const *x,
                          const ELEM *constant, ELEM *y)
{
    const ELEM *a = x[0], *b = NULL;
    if (op == ZS_LAYER_BINARY || op == ZS_LAYER_MATMUL) {
        b = constant == NULL ? x[1] : g->constant_at == 0 ? x[0] : constant;
        a = constant != NULL && g->constant_at == 0 ? constant : x[0];
    }
    switch (op) {
    case ZS_LAYER_UNARY:
        NAME(unary)(g, a, y);
        break;
    case ZS_LAYER_BINARY:
        NAME(binary)(g, a, b, y);
        break;
    case ZS_LAYER_REDUCE:
        NAME(reduce)(g, a, y);
        break;
    case ZS_LAYER_NORMALISE:
        NAME(normalise)(g, a, y);
        break;
    case ZS_LAYER_RESIZE:
        NAME(resize)(g, a, y);
        break;
    case ZS_LAYER_MATMUL:
        NAME(matmul)(g, a, b, y);
        break;
    default:
        break;
    }
}
