/* train_elements_body.h - forward and backward passes of layers without filters: pools, batch
 * normalisation, limits, softmax, local response normalisation; included once per type by
 * train_body.h. */

/* ---- pools ----------------------------------------------------------------------------------- */

/* zs_pool_cols, with a short way for the windows that lie inside the image: most do. */
static inline zs_pool_part NAME(columns_of)(const zs_layer *l, uint32_t ox)
{
    const zs_window *w = &l->window;
    const uint32_t at = ox * w->sw - w->pad_left;
    if (ox * w->sw >= w->pad_left && at + (w->kw - 1) * w->dw < l->x.w)
        return (zs_pool_part){.at = at, .n = w->kw, .divisor = w->kw};
    return zs_pool_cols(l, ox);
}

static void NAME(pool_forward)(const zs_layer *l, const ELEM *x, ELEM *y, uint32_t *picks)
{
    const uint32_t dh = l->window.dh, dw = l->window.dw;
    for (uint32_t c = 0; c < l->y.c; c++, x += (size_t)l->x.h * l->x.w)
        for (uint32_t oy = 0; oy < l->y.h; oy++) {
            const zs_pool_part rows = zs_pool_rows(l, oy);
            for (uint32_t ox = 0; ox < l->y.w; ox++) {
                const zs_pool_part cols = NAME(columns_of)(l, ox);
                uint32_t best = rows.at * l->x.w + cols.at;
                ELEM sum = 0;
                for (uint32_t i = 0; i < rows.n; i++)
                    for (uint32_t j = 0; j < cols.n; j++) {
                        const uint32_t at = (rows.at + i * dh) * l->x.w + cols.at + j * dw;
                        sum += x[at];
                        best = x[at] > x[best] || x[at] != x[at] ? at : best;
                    }
                if (l->pool == ZS_POOL_MAX)
                    *picks++ = best;
                *y++ = l->pool == ZS_POOL_MAX ? x[best]
                                              : sum / (ELEM)((double)rows.divisor * cols.divisor);
            }
        }
}

static void NAME(pool_backward)(const zs_layer *l, const ELEM *dy, const uint32_t *picks, ELEM *dx)
{
    const uint32_t dh = l->window.dh, dw = l->window.dw;
    for (uint32_t c = 0; c < l->y.c; c++, dx += (size_t)l->x.h * l->x.w)
        for (uint32_t oy = 0; oy < l->y.h; oy++) {
            const zs_pool_part rows = zs_pool_rows(l, oy);
            for (uint32_t ox = 0; ox < l->y.w; ox++, dy++) {
                if (l->pool == ZS_POOL_MAX) {
                    dx[*picks++] += *dy;
                    continue;
                }
                const zs_pool_part cols = NAME(columns_of)(l, ox);
                const ELEM share = *dy / (ELEM)((double)rows.divisor * cols.divisor);
                for (uint32_t i = 0; i < rows.n; i++)
                    for (uint32_t j = 0; j < cols.n; j++)
                        dx[(rows.at + i * dh) * l->x.w + cols.at + j * dw] += share;
            }
        }
}

static void NAME(mean_forward)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t n = (size_t)l->x.h * l->x.w;
    for (uint32_t c = 0; c < l->x.c; c++) {
        ELEM sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[c * n + i];
        y[c] = sum / (ELEM)n;
    }
}

static void NAME(mean_backward)(const zs_layer *l, const ELEM *dy, ELEM *dx)
{
    const size_t n = (size_t)l->x.h * l->x.w;
    for (uint32_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < n; i++)
            dx[c * n + i] += dy[c] / (ELEM)n;
}

/* ---- batch normalisation --------------------------------------------------------------------- */

/* Forward: (x - mean) / sqrt(variance + eps) * factor + addend, over all images of a part. */
static void NAME(norm_forward)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                               const zs_train_pass *p, const ELEM *factors, const ELEM *addends,
                               zs_train_part part, bool trains)
{
    const size_t pixels = (size_t)l->x.h * l->x.w, n = pixels * part.n;
    const size_t x_step = NAME(step_of)(t, l->in[0]), y_step = NAME(step_of)(t, l->out);
    ELEM *mean = (ELEM *)t->state + tl->at.state_at, *variance = mean + l->x.c;
    ELEM *saved = (ELEM *)p->saved + tl->saved_at;
    for (uint32_t c = 0; c < l->x.c; c++) {
        const ELEM *x = AT(t, p->x, l->in[0], part.first) + c * pixels;
        ELEM *y = AT(t, p->x, l->out, part.first) + c * pixels;
        double m = (double)mean[c], v = (double)variance[c];
        if (trains) {
            m = v = 0;
            for (size_t s = 0; s < part.n; s++)
                for (size_t i = 0; i < pixels; i++)
                    m += (double)x[s * x_step + i];
            m /= (double)n;
            for (size_t s = 0; s < part.n; s++)
                for (size_t i = 0; i < pixels; i++)
                    v += ((double)x[s * x_step + i] - m) * ((double)x[s * x_step + i] - m);
            v /= (double)n;
            const double unbiased = n > 1 ? v * (double)n / (double)(n - 1) : v;
            mean[c] = (ELEM)((1 - ZS_NORM_MOMENTUM) * (double)mean[c] + ZS_NORM_MOMENTUM * m);
            variance[c] =
                (ELEM)((1 - ZS_NORM_MOMENTUM) * (double)variance[c] + ZS_NORM_MOMENTUM * unbiased);
        }
        saved[c] = (ELEM)m;
        saved[l->x.c + c] = (ELEM)(1 / sqrt(v + ZS_NORM_EPS));
        for (size_t s = 0; s < part.n; s++)
            for (size_t i = 0; i < pixels; i++)
                y[s * y_step + i] =
                    (x[s * x_step + i] - saved[c]) * saved[l->x.c + c] * factors[c] + addends[c];
    }
}

/* dx = factor / deviation * (dy - mean(dy) - normal * mean(dy * normal)), where `normal` is the
 * normalised input (Ioffe, Szegedy: arXiv 1502.03167, section 3). */
static void NAME(norm_backward)(const zs_trainer *t, const zs_train_layer *tl, const zs_layer *l,
                                const zs_train_pass *p, const ELEM *factors, ELEM *factor_gradients,
                                ELEM *addend_gradients, zs_train_part part)
{
    const size_t pixels = (size_t)l->x.h * l->x.w, n = pixels * part.n;
    const size_t x_step = NAME(step_of)(t, l->in[0]), y_step = NAME(step_of)(t, l->out);
    const ELEM *saved = (const ELEM *)p->saved + tl->saved_at;
    for (uint32_t c = 0; c < l->x.c; c++) {
        const ELEM *x = AT(t, p->x, l->in[0], part.first) + c * pixels;
        const ELEM *dy = AT(t, p->d, l->out, part.first) + c * pixels;
        ELEM *dx = AT(t, p->d, l->in[0], part.first) + c * pixels;
        const double m = (double)saved[c], scale = (double)saved[l->x.c + c];
        double sum = 0, product = 0;
        for (size_t s = 0; s < part.n; s++)
            for (size_t i = 0; i < pixels; i++) {
                const double d = (double)dy[s * y_step + i];
                sum += d;
                product += d * (((double)x[s * x_step + i] - m) * scale);
            }
        factor_gradients[c] += (ELEM)product;
        addend_gradients[c] += (ELEM)sum;
        for (size_t s = 0; tl->has_error && s < part.n; s++)
            for (size_t i = 0; i < pixels; i++) {
                const double normal = ((double)x[s * x_step + i] - m) * scale;
                dx[s * x_step + i] += (ELEM)((double)factors[c] * scale *
                                             ((double)dy[s * y_step + i] - sum / (double)n -
                                              normal * product / (double)n));
            }
    }
}

/* ---- functions of elements ------------------------------------------------------------------- */

static void NAME(limit)(const zs_layer *l, ELEM *y, size_t n)
{
    const ELEM lo = (ELEM)l->act.lo, hi = (ELEM)l->act.hi;
    for (size_t i = 0; i < n; i++) { /* NaN stays NaN, so that the loss shows it */
        const ELEM low = y[i] <= lo ? lo : y[i];
        y[i] = low >= hi ? hi : low;
    }
}

static void NAME(limit_errors)(const zs_layer *l, const ELEM *y, ELEM *dy, size_t n)
{
    const ELEM lo = (ELEM)l->act.lo, hi = (ELEM)l->act.hi;
    for (size_t i = 0; i < n; i++)
        dy[i] = y[i] > lo && y[i] < hi ? dy[i] : 0;
}

static void NAME(softmax)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t i = 0; i < pixels; i++) {
        double max = (double)x[i], sum = 0;
        for (size_t c = 1; c < l->x.c; c++)
            max = (double)x[c * pixels + i] > max ? (double)x[c * pixels + i] : max;
        for (size_t c = 0; c < l->x.c; c++)
            sum += zs_exp((double)x[c * pixels + i] - max);
        for (size_t c = 0; c < l->x.c; c++)
            y[c * pixels + i] = (ELEM)(zs_exp((double)x[c * pixels + i] - max) / sum);
    }
}

static void NAME(softmax_errors)(const zs_layer *l, const ELEM *y, const ELEM *dy, ELEM *dx)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t i = 0; i < pixels; i++) {
        double sum = 0;
        for (size_t c = 0; c < l->x.c; c++)
            sum += (double)dy[c * pixels + i] * (double)y[c * pixels + i];
        for (size_t c = 0; c < l->x.c; c++)
            dx[c * pixels + i] +=
                (ELEM)((double)y[c * pixels + i] * ((double)dy[c * pixels + i] - sum));
    }
}

/* Local response normalisation: k + alpha / size * the sum of squares of the channels around c. */
static double NAME(local_base)(const zs_layer *l, const ELEM *x, size_t c, size_t pixels)
{
    const size_t before = (l->lrn_size - 1) / 2, after = l->lrn_size / 2;
    double squares = 0;
    for (size_t j = c > before ? c - before : 0; j <= c + after && j < l->x.c; j++)
        squares += (double)x[j * pixels] * (double)x[j * pixels];
    return (double)l->lrn_k + (double)l->lrn_alpha / l->lrn_size * squares;
}

static void NAME(local_forward)(const zs_layer *l, const ELEM *x, ELEM *y)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    for (size_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < pixels; i++)
            y[c * pixels + i] =
                (ELEM)((double)x[c * pixels + i] *
                       zs_pow(NAME(local_base)(l, x + i, c, pixels), -(double)l->lrn_beta));
}

/* An input has an effect on its own output, and through local_base on those of the channels around:
 * both parts of the derivative are added. */
static void NAME(local_errors)(const zs_layer *l, const ELEM *x, const ELEM *dy, ELEM *dx)
{
    const size_t pixels = (size_t)l->x.h * l->x.w;
    const size_t before = (l->lrn_size - 1) / 2, after = l->lrn_size / 2;
    const double beta = (double)l->lrn_beta, alpha = (double)l->lrn_alpha / l->lrn_size;
    for (size_t c = 0; c < l->x.c; c++)
        for (size_t i = 0; i < pixels; i++) {
            const double base = NAME(local_base)(l, x + i, c, pixels);
            const double factor = zs_pow(base, -beta), error = (double)dy[c * pixels + i];
            const double around =
                2 * alpha * beta * error * (double)x[c * pixels + i] * factor / base;
            dx[c * pixels + i] += (ELEM)(error * factor);
            for (size_t j = c > before ? c - before : 0; j <= c + after && j < l->x.c; j++)
                dx[j * pixels + i] -= (ELEM)(around * (double)x[j * pixels + i]);
        }
}
