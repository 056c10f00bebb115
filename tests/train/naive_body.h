/* naive_body.h - pipelined training as its definition has it, layer by layer and product by
 * product; included once per type. ELEM and NAME are set by the includer. */

enum { NAME(W) = 8, NAME(N) = 12 }; /* widest layer; most mini-batches */

typedef struct NAME(state) {
    ELEM w[NAIVE_LAYERS][NAME(W)][NAME(W)], b[NAIVE_LAYERS][NAME(W)];
    ELEM vw[NAIVE_LAYERS][NAME(W)][NAME(W)], vb[NAIVE_LAYERS][NAME(W)];
} NAME(state);

typedef struct NAME(flight) {
    ELEM a[NAIVE_LAYERS + 1][NAIVE_BATCH][NAME(W)]; /* inputs of layers; relu is in them */
    ELEM d[NAIVE_LAYERS + 1][NAIVE_BATCH][NAME(W)];
    NAME(state) then; /* weights of the forward passes */
} NAME(flight);

static void NAME(forward)(const zs_train_case *c, const NAME(state) * s, NAME(flight) * f,
                          uint32_t l)
{
    for (uint32_t n = 0; n < c->batch; n++)
        for (uint32_t o = 0; o < c->sizes[l + 1]; o++) {
            ELEM z = 0;
            for (uint32_t i = 0; i < c->sizes[l]; i++) {
                const ELEM product = f->a[l][n][i] * s->w[l][o][i];
                z = z + product;
            }
            z = z + s->b[l][o];
            f->a[l + 1][n][o] = l + 1 < c->layer_n && !(z > 0) ? 0 : z;
            f->then.b[l][o] = s->b[l][o];
            memcpy(f->then.w[l][o], s->w[l][o], sizeof s->w[l][o]);
        }
}

static void NAME(backward)(const zs_train_case *c, const NAME(state) * s, NAME(flight) * f,
                           uint32_t l, NAME(state) * g)
{
    for (uint32_t n = 0; n < c->batch; n++)
        for (uint32_t o = 0; l + 1 < c->layer_n && o < c->sizes[l + 1]; o++)
            if (!(f->a[l + 1][n][o] > 0))
                f->d[l + 1][n][o] = 0;
    for (uint32_t o = 0; o < c->sizes[l + 1]; o++) {
        for (uint32_t i = 0; i < c->sizes[l]; i++) {
            g->w[l][o][i] = 0;
            for (uint32_t n = 0; n < c->batch; n++) {
                const ELEM product = f->d[l + 1][n][o] * f->a[l][n][i];
                g->w[l][o][i] = g->w[l][o][i] + product;
            }
        }
        g->b[l][o] = 0;
        for (uint32_t n = 0; n < c->batch; n++)
            g->b[l][o] = g->b[l][o] + f->d[l + 1][n][o];
    }
    for (uint32_t n = 0; n < c->batch; n++)
        for (uint32_t i = 0; i < c->sizes[l]; i++) {
            f->d[l][n][i] = 0;
            for (uint32_t o = 0; o < c->sizes[l + 1]; o++) {
                const ELEM product = f->d[l + 1][n][o] * s->w[l][o][i];
                f->d[l][n][i] = f->d[l][n][i] + product;
            }
        }
}

static void NAME(step)(const zs_train_case *c, ELEM *w, ELEM *v, ELEM g)
{
    const ELEM decayed = (ELEM)c->weight_decay * *w;
    const ELEM kept = (ELEM)c->momentum * *v;
    const ELEM all = g + decayed;
    *v = kept + all;
    const ELEM off = (ELEM)c->lr * *v;
    *w = *w - off;
}

static void NAME(update)(const zs_train_case *c, NAME(state) * s, const NAME(state) * g, uint32_t l)
{
    for (uint32_t o = 0; o < c->sizes[l + 1]; o++) {
        for (uint32_t i = 0; i < c->sizes[l]; i++)
            NAME(step)(c, &s->w[l][o][i], &s->vw[l][o][i], g->w[l][o][i]);
        NAME(step)(c, &s->b[l][o], &s->vb[l][o], g->b[l][o]);
    }
}

/* Parameters after each cycle, as zs_train_case_result has them. */
static void NAME(run)(const zs_train_case *c, bool stashes, uint64_t cycle_n, uint64_t param_n,
                      double *out)
{
    static NAME(flight) flights[NAME(N)];
    static NAME(state) s, g;
    const uint32_t k = c->ppv_n, in_n = c->sizes[0], out_n = c->sizes[c->layer_n];
    memset(&s, 0, sizeof s);
    for (uint32_t l = 0; l < c->layer_n; l++)
        for (uint32_t o = 0; o < c->sizes[l + 1]; o++) {
            s.b[l][o] = (ELEM)c->biases[l][o];
            for (uint32_t i = 0; i < c->sizes[l]; i++)
                s.w[l][o][i] = (ELEM)c->weights[l][o * c->sizes[l] + i];
        }
    for (uint64_t t = 0; t < cycle_n; t++) {
        bool updates[NAIVE_LAYERS] = {false};
        for (uint32_t i = 0; i <= k; i++) {
            const uint32_t first = i > 0 ? c->ppv[i - 1] : 0;
            const uint32_t end = i < k ? c->ppv[i] : c->layer_n;
            if (t < i || t - i >= c->batch_n)
                continue;
            NAME(flight) *f = &flights[t - i];
            for (uint32_t n = 0; i == 0 && n < c->batch; n++)
                for (uint32_t e = 0; e < in_n; e++)
                    f->a[0][n][e] = (ELEM)c->x[((t - i) * c->batch + n) * in_n + e];
            for (uint32_t l = first; l < end; l++)
                NAME(forward)(c, &s, f, l);
            for (uint32_t n = 0; i == k && n < c->batch; n++)
                for (uint32_t e = 0; e < out_n; e++)
                    f->d[c->layer_n][n][e] = (f->a[c->layer_n][n][e] -
                                              (ELEM)c->t[((t - i) * c->batch + n) * out_n + e]) /
                                             (ELEM)c->batch;
        }
        for (uint32_t i = 0; i <= k; i++) {
            const uint32_t first = i > 0 ? c->ppv[i - 1] : 0;
            const uint32_t end = i < k ? c->ppv[i] : c->layer_n, ago = 2 * k - i;
            if (t < ago || t - ago >= c->batch_n)
                continue;
            NAME(flight) *f = &flights[t - ago];
            for (uint32_t l = end; l-- > first; updates[l] = true)
                NAME(backward)(c, stashes ? &f->then : &s, f, l, &g);
        }
        uint64_t at = t * param_n;
        for (uint32_t l = 0; l < c->layer_n; l++) {
            if (updates[l])
                NAME(update)(c, &s, &g, l);
            for (uint32_t o = 0; o < c->sizes[l + 1]; o++)
                for (uint32_t i = 0; i < c->sizes[l]; i++)
                    out[at++] = (double)s.w[l][o][i];
            for (uint32_t o = 0; o < c->sizes[l + 1]; o++)
                out[at++] = (double)s.b[l][o];
        }
    }
}
