#include "stream_priv.h"

#include <string.h>

/* Data through the pipeline. Rows whose inputs are integers of the network's own take and give
 * streams of packed bits in the order of the simulated nodes; others compute on tensors in
 * simulated DRAM, as the PS would. */

typedef struct native {
    bool is_native, reads_dram, writes_dram;
    stream_code x, y, w;
    const zs_flow_node *pad, *window; /* NULL: none */
    uint32_t words;                   /* of a plane of a neuron */
    uint32_t block_words;             /* of a block of neurons */
    uint64_t *weights;                /* [block][plane][word][lane] */
    int64_t *offset;                  /* [neuron] what every sum of it starts at */
    int32_t *taps;                    /* REDUCE: [window place][channel] */
    int32_t *limits;                  /* [neuron][limit_n]: thresholds; NULL: computed one by one */
    uint32_t limit_n;
    bool *falls; /* [neuron] */
    int32_t first, step;
} native;

typedef struct lines {
    native *rows;        /* [row] */
    stream_bits *tensor; /* [tensor]; planes 0: only in DRAM */
    stream_bits padded, windowed;
    uint64_t *vector;
    int32_t *values, *sums;
} lines;

/* ---- tensors in DRAM ------------------------------------------------------------------------- */

static const zs_number *number_of(const zs_exec *e, uint32_t tensor)
{
    return &e->net->tensors[tensor].number;
}

/* The integer itself; float holds q - zero. */
static int32_t load(const zs_exec *e, uint32_t tensor, const uint8_t *at, uint64_t i)
{
    if (e->plan->tensors[tensor].elem == 1)
        return ((const int8_t *)at)[i] - number_of(e, tensor)->zero;
    return (int32_t)((const float *)(const void *)at)[i];
}

static void store(const zs_exec *e, uint32_t tensor, uint8_t *at, uint64_t i, double v)
{
    if (e->plan->tensors[tensor].elem == 1)
        ((int8_t *)at)[i] = (int8_t)((int32_t)v + number_of(e, tensor)->zero);
    else
        ((float *)(void *)at)[i] = (float)v;
}

static uint8_t *place(const zs_exec *e, uint32_t tensor, uint32_t image)
{
    const zs_plan_tensor *t = &e->plan->tensors[tensor];
    return e->dram + t->addr + image * t->pitch_bytes;
}

/* A pixel's channels follow each other in a stream; in DRAM they are planes. */
static void load_stream(const zs_exec *e, const stream_code *code, uint32_t tensor, uint32_t image,
                        int32_t *values, stream_bits *out)
{
    const uint32_t base = zs_view_base(e->net, tensor);
    const zs_shape s = e->net->tensors[base].shape;
    const uint8_t *at = place(e, tensor, image);
    const uint64_t plane = (uint64_t)s.h * s.w;
    for (uint64_t p = 0; p < plane; p++) {
        for (uint32_t c = 0; c < s.c; c++)
            values[c] = load(e, tensor, at, c * plane + p);
        stream_bits_pack(code, values, s.c, out, p * s.c);
    }
}

/* ---- building -------------------------------------------------------------------------------- */

static bool is_integer(const zs_exec *e, uint32_t tensor)
{
    return number_of(e, tensor)->scale > 0;
}

static bool code_of_tensor(const zs_exec *e, uint32_t tensor, stream_code *out)
{
    const zs_number *n = number_of(e, tensor);
    return is_integer(e, tensor) &&
           stream_code_of(n->lo - n->zero, n->hi - n->zero, n->is_bipolar, out);
}

/* Place of weight i of a filter ([ic][ky][kx]) in the order of the stream: ky, kx, channel. Behind
 * a map that is read whole, its rows and columns are the window. */
static uint32_t stream_order(const zs_exec *e, const stream_row *r, uint32_t i)
{
    uint32_t plane = r->k * r->k;
    if (r->layer->op == ZS_LAYER_FC) {
        const zs_shape s = e->net->tensors[zs_view_base(e->net, r->layer->in[0])].shape;
        plane = s.h * s.w;
    }
    const uint32_t channels = r->op == STREAM_MATRIX ? r->mw / plane : 1;
    return i % plane * channels + i / plane;
}

static void pack_filter(const zs_exec *e, const stream_row *r, native *n, uint32_t oc,
                        const float *filter, int32_t *ordered, stream_bits *bits)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < r->mw; i++) {
        ordered[stream_order(e, r, i)] = (int32_t)filter[i];
        sum += (int64_t)filter[i];
    }
    stream_bits_pack(&n->w, ordered, r->mw, bits, 0);
    uint64_t *block = n->weights + (size_t)(oc / STREAM_LANES) * n->block_words;
    for (uint32_t j = 0; j < n->w.planes; j++)
        for (uint32_t k = 0; k < n->words; k++)
            block[((size_t)j * n->words + k) * STREAM_LANES + oc % STREAM_LANES] =
                bits->plane[j][k];
    /* (w' + wb) (x' + xb): what does not depend on x'; wb x' is added with the vector */
    n->offset[oc] = n->x.base * sum;
}

static void find_limits(const stream_row *r, native *n, uint32_t oc, int64_t least, int64_t most,
                        int64_t *scratch)
{
    const zs_layer_quant *q = r->layer->quant;
    if (n->limits == NULL || !zs_quant_thresholds(q, oc, least, most, scratch, n->limit_n))
        return;
    n->falls[oc] = zs_quant_finish(q, oc, (double)most) < zs_quant_finish(q, oc, (double)least);
    for (uint32_t i = 0; i < n->limit_n; i++)
        n->limits[(size_t)oc * n->limit_n + i] = (int32_t)scratch[i];
}

enum { MOST_LIMITS = 511 };

static zs_status build_limits(zs_arena *arena, const stream_row *r, native *n, zs_err *err)
{
    const zs_layer_quant *q = r->layer->quant;
    const zs_number *y = &q->out;
    n->step = q->thresholds != NULL ? q->step : 1;
    n->first = (q->thresholds != NULL ? q->level0 : y->lo) - y->zero;
    n->limit_n = q->thresholds != NULL ? q->threshold_n : (uint32_t)(y->hi - y->lo);
    if (!(y->scale > 0) || q->is_real || n->limit_n > MOST_LIMITS)
        return ZS_OK;
    n->limits = zs_new(arena, int32_t, (size_t)r->mh * n->limit_n + 1);
    n->falls = zs_new(arena, bool, r->mh);
    return n->limits == NULL || n->falls == NULL ? zs_nomem(err, "streams") : ZS_OK;
}

/* Codes of the weights, and what sums of them come to. */
static zs_status build_filters(zs_exec *e, zs_arena *arena, const stream_row *r, native *n,
                               zs_err *err)
{
    const zs_layer *l = r->layer;
    const zs_number *x = number_of(e, l->in[0]);
    const uint32_t filter_n = (uint32_t)zs_layer_filter_elems(l);
    const int64_t xlo = x->lo - x->zero, xhi = x->hi - x->zero;
    int64_t limits[MOST_LIMITS + 1];
    float *scratch = zs_new(arena, float, filter_n);
    int32_t *ordered = zs_new(arena, int32_t, filter_n);
    stream_bits bits;
    n->words = (uint32_t)zs_ceil_div(r->mw, 64);
    n->block_words = n->w.planes * n->words * STREAM_LANES;
    if (r->op == STREAM_MATRIX)
        n->weights =
            zs_new(arena, uint64_t, zs_ceil_div(r->mh, STREAM_LANES) * (size_t)n->block_words);
    else
        n->taps = zs_new(arena, int32_t, (size_t)r->mh * filter_n);
    n->offset = zs_new(arena, int64_t, r->mh);
    if (scratch == NULL || ordered == NULL || n->offset == NULL ||
        (n->weights == NULL && n->taps == NULL))
        return zs_nomem(err, "streams");
    ZS_TRY(stream_bits_build(arena, n->w.planes, r->mw, &bits, err));
    ZS_TRY(build_limits(arena, r, n, err));
    for (uint32_t oc = 0; oc < r->mh; oc++) {
        const float *filter = zs_layer_filter(e->net, l, oc, scratch);
        int64_t least = 0, most = 0;
        for (uint32_t i = 0; i < filter_n; i++) {
            const int64_t v = (int64_t)filter[i];
            least += v < 0 ? v * xhi : v * xlo;
            most += v < 0 ? v * xlo : v * xhi;
            if (n->taps != NULL)
                n->taps[(size_t)i * r->mh + oc] = (int32_t)v;
        }
        if (n->taps == NULL)
            pack_filter(e, r, n, oc, filter, ordered, &bits);
        find_limits(r, n, oc, least < 0 ? least : 0, most > 0 ? most : 0, limits);
    }
    return ZS_OK;
}

/* Whether the row's data can go through as bits. */
static bool is_native_row(const zs_exec *e, const stream_row *r, native *n)
{
    const zs_layer *l = r->layer;
    const zs_layer_quant *q = l->quant;
    const bool is_pool = l->op == ZS_LAYER_POOL;
    if (!code_of_tensor(e, l->in[0], &n->x) || l->act.active)
        return false;
    if (is_integer(e, l->out) && !code_of_tensor(e, l->out, &n->y))
        return false;
    if (is_pool) /* padding that is not looked at is no zero */
        return l->pool == ZS_POOL_MAX && q == NULL && is_integer(e, l->out) &&
               r->pad + r->pad_end == 0;
    if (q == NULL)
        return false;
    if (l->op == ZS_LAYER_ADD) {
        stream_code other;
        return q->rule < ZS_ROUND_DOUBLE && code_of_tensor(e, l->in[1], &other);
    }
    const zs_number *w = &q->weight;
    return zs_op_has_filters(l->op) &&
           stream_code_of(w->lo - w->zero, w->hi - w->zero, w->is_bipolar, &n->w) &&
           r->mw <= 1u << 15; /* sums of 31 bits */
}

static zs_status build_row(zs_exec *e, zs_arena *arena, uint32_t i, native *n, zs_err *err)
{
    const zs_plan_row *row = &e->plan->rows[i];
    const stream_row *r = stream_of(row);
    const zs_flow *f = &e->plan->flow->flow;
    n->is_native = (e->quant->precision == ZS_FP32 || e->quant->is_model) && is_native_row(e, r, n);
    if (!n->is_native)
        return ZS_OK;
    for (uint32_t k = r->node0; k < r->node0 + r->node_n; k++) {
        n->pad = f->nodes[k].op == ZS_FLOW_PAD ? &f->nodes[k] : n->pad;
        if (f->nodes[k].op == ZS_FLOW_WINDOW || f->nodes[k].op == ZS_FLOW_POOL)
            n->window = &f->nodes[k];
    }
    return zs_op_has_filters(r->layer->op) ? build_filters(e, arena, r, n, err) : ZS_OK;
}

/* Who reads what as a stream, and what must be in DRAM for others. */
static void find_places(const zs_exec *e, lines *s)
{
    const zs_net *net = e->net;
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        native *n = &s->rows[i];
        if (!n->is_native)
            continue;
        const zs_layer *l = zs_exec_layer(e, &e->plan->rows[i]);
        const uint32_t out = zs_view_base(net, l->out);
        uint64_t offset;
        n->writes_dram = !is_integer(e, l->out) || zs_tensor_root(net, out, &offset) != out ||
                         zs_view_base(net, net->output) == out ||
                         zs_view_base(net, net->logits) == out || zs_net_is_output(net, out);
        for (uint32_t k = 0; k < e->plan->row_n; k++) {
            const zs_layer *reader = zs_exec_layer(e, &e->plan->rows[k]);
            for (uint32_t x = 0; x < reader->in_n; x++)
                n->writes_dram |= zs_view_base(net, reader->in[x]) == out && !s->rows[k].is_native;
        }
    }
}

zs_status stream_exec_build(zs_exec *e, zs_arena *arena, zs_err *err)
{
    lines *s = zs_new(arena, lines, 1);
    uint64_t padded = 0, windowed = 0, values = 64, neurons = 1, vector = 1;
    ZS_TRY(zs_exec_build_tiles(e, arena, err));
    size_t scratch = 1; /* rows that are not native run as layers of the PS do */
    for (uint32_t i = 0; i < e->plan->row_n; i++)
        scratch =
            zs_max_u64(scratch, zs_host_scratch_bytes(e->net, zs_exec_layer(e, &e->plan->rows[i])));
    e->host_scratch = zs_new(arena, uint8_t, scratch);
    if (s == NULL || e->host_scratch == NULL)
        return zs_nomem(err, "streams");
    s->rows = zs_new(arena, native, e->plan->row_n + 1);
    s->tensor = zs_new(arena, stream_bits, e->net->tensor_n);
    if (s->rows == NULL || s->tensor == NULL)
        return zs_nomem(err, "streams");
    for (uint32_t i = 0; i < e->plan->row_n; i++) {
        native *n = &s->rows[i];
        if (e->plan->rows[i].call == ZS_NO_INDEX)
            continue;
        ZS_TRY(build_row(e, arena, i, n, err));
        if (!n->is_native)
            continue;
        const stream_row *r = stream_of(&e->plan->rows[i]);
        const uint64_t side_h = r->h + r->pad + r->pad_end, side_w = r->w + r->pad + r->pad_end;
        const uint64_t x = zs_shape_elems(r->layer->x), y = zs_shape_elems(r->layer->y);
        padded = zs_max_u64(padded, side_h * side_w * r->in_c);
        windowed = zs_max_u64(windowed, r->vectors * r->k * r->k * r->in_c);
        values = zs_max_u64(values, zs_max_u64(x, y) + 64);
        neurons = zs_max_u64(neurons, zs_round_up(r->mh, STREAM_LANES));
        vector = zs_max_u64(vector, (uint64_t)n->words * STREAM_PLANES);
        for (uint32_t k = 0; k <= r->layer->in_n; k++) {
            const uint32_t t =
                zs_view_base(e->net, k < r->layer->in_n ? r->layer->in[k] : r->layer->out);
            stream_code code;
            if (s->tensor[t].planes == 0 && code_of_tensor(e, t, &code))
                ZS_TRY(stream_bits_build(arena, code.planes,
                                         zs_shape_elems(e->net->tensors[t].shape), &s->tensor[t],
                                         err));
        }
    }
    find_places(e, s);
    ZS_TRY(stream_bits_build(arena, STREAM_PLANES, padded, &s->padded, err));
    ZS_TRY(stream_bits_build(arena, STREAM_PLANES, windowed, &s->windowed, err));
    s->values = zs_new(arena, int32_t, values);
    s->sums = zs_new(arena, int32_t, zs_max_u64(neurons, windowed));
    s->vector = zs_new(arena, uint64_t, vector);
    e->own = s;
    return s->values == NULL || s->sums == NULL || s->vector == NULL ? zs_nomem(err, "streams")
                                                                     : ZS_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void run_pad(const stream_row *r, const stream_bits *x, stream_bits *y)
{
    const uint64_t before = (uint64_t)r->pad * r->in_c, line = (uint64_t)r->w * r->in_c;
    const uint64_t behind = (uint64_t)r->pad_end * r->in_c, whole = before + line + behind;
    uint64_t at = 0;
    stream_bits_copy(NULL, 0, r->pad * whole, y, at);
    at += r->pad * whole;
    for (uint32_t row = 0; row < r->h; row++, at += whole) {
        stream_bits_copy(NULL, 0, before, y, at);
        stream_bits_copy(x, row * line, line, y, at + before);
        stream_bits_copy(NULL, 0, behind, y, at + before + line);
    }
    stream_bits_copy(NULL, 0, r->pad_end * whole, y, at);
}

/* Words in the order in which the node gives them; neighbours at once. */
static void run_window(const zs_flow_node *node, uint32_t lanes, const stream_bits *x,
                       stream_bits *y)
{
    zs_flow_walk walk;
    uint64_t at = 0;
    zs_flow_walk_begin(node, &walk);
    while (!walk.is_done) {
        const uint64_t first = walk.word;
        uint64_t n = 0;
        do {
            zs_flow_walk_step(node, &walk);
            n++;
        } while (!walk.is_done && walk.word == first + n);
        stream_bits_copy(x, first * lanes, n * lanes, y, at);
        at += n * lanes;
    }
}

static int32_t level(const native *n, uint32_t oc, int32_t sum)
{
    const int32_t *t = n->limits + (size_t)oc * n->limit_n;
    uint32_t lo = 0, hi = n->limit_n;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (t[mid] <= sum)
            lo = mid + 1;
        else
            hi = mid;
    }
    return n->first + n->step * (int32_t)(n->falls[oc] ? n->limit_n - lo : lo);
}

/* Results of a pixel: integers onto the stream, real numbers into DRAM. */
static void finish_pixel(const zs_exec *e, const stream_row *r, const native *n, int32_t *sums,
                         uint64_t pixel, stream_bits *y, uint8_t *to)
{
    const zs_layer *l = r->layer;
    for (uint32_t oc = 0; oc < r->mh; oc++) {
        const double v = n->limits != NULL ? level(n, oc, sums[oc])
                                           : zs_quant_finish(l->quant, oc, (double)sums[oc]);
        if (n->writes_dram)
            store(e, l->out, to, oc * r->vectors + pixel, v);
        sums[oc] = (int32_t)v;
    }
    if (y->planes > 0)
        stream_bits_pack(&n->y, sums, r->mh, y, pixel * r->mh);
}

static void run_vector(const stream_row *r, const native *n, const lines *s, const stream_bits *x,
                       uint64_t at, int32_t *sums)
{
    const bool is_xnor = n->w.base != 0 && n->x.base != 0;
    int64_t of_vector = 0;
    for (uint32_t j = 0; j < n->x.planes; j++)
        for (uint32_t k = 0; k < n->words; k++) {
            const uint32_t m = r->mw - 64 * k < 64 ? r->mw - 64 * k : 64;
            const uint64_t word = stream_bits_get(x->plane[j], at + 64 * (uint64_t)k, m);
            s->vector[(size_t)j * n->words + k] = word;
            if (n->w.base != 0 && !is_xnor)
                of_vector += (int64_t)stream_bits_ones(word) * n->x.factor[j];
        }
    of_vector *= n->w.base;
    for (uint32_t oc = 0; oc < r->mh; oc += STREAM_LANES) {
        const uint64_t *block = n->weights + (size_t)(oc / STREAM_LANES) * n->block_words;
        int64_t total[STREAM_LANES] = {0};
        uint32_t counts[STREAM_LANES];
        for (uint32_t j = 0; j < n->x.planes; j++)
            for (uint32_t i = 0; i < n->w.planes; i++) {
                stream_bits_count(block + (size_t)i * n->words * STREAM_LANES, STREAM_LANES,
                                  s->vector + (size_t)j * n->words, n->words, is_xnor, counts);
                const int64_t factor = (int64_t)n->x.factor[j] * n->w.factor[i];
                for (uint32_t lane = 0; lane < STREAM_LANES; lane++)
                    total[lane] += factor * counts[lane];
            }
        for (uint32_t lane = 0; lane < STREAM_LANES && oc + lane < r->mh; lane++)
            sums[oc + lane] = is_xnor ? (int32_t)r->mw - 2 * (int32_t)(total[lane] / 4)
                                      : (int32_t)(total[lane] + of_vector + n->offset[oc + lane]);
    }
}

static void run_matrix(const zs_exec *e, const stream_row *r, const native *n, const lines *s,
                       const stream_bits *x, stream_bits *y, uint8_t *to)
{
    for (uint64_t v = 0; v < r->vectors; v++) {
        run_vector(r, n, s, x, v * r->mw, s->sums);
        finish_pixel(e, r, n, s->sums, v, y, to);
    }
}

/* Of every pixel and group of PEs a window, word by word: sums of products, or the largest. */
static void run_reduce(const zs_exec *e, const stream_row *r, const native *n, const lines *s,
                       const stream_bits *x, stream_bits *y, uint8_t *to)
{
    const uint32_t taps = r->k * r->k, pe = r->pe;
    int32_t *v = s->sums, *result = s->values;
    stream_bits_unpack(&n->x, x, 0, r->vectors * taps * r->mh, v);
    for (uint64_t pixel = 0; pixel < r->vectors; pixel++) {
        for (uint32_t c = 0; c < r->mh; c += pe)
            for (uint32_t tap = 0; tap < taps; tap++, v += pe)
                for (uint32_t lane = 0; lane < pe; lane++) {
                    int32_t *to_lane = &result[c + lane];
                    const int32_t before = tap > 0 ? *to_lane : n->taps != NULL ? 0 : v[lane];
                    *to_lane = n->taps != NULL
                                   ? before + v[lane] * n->taps[(size_t)tap * r->mh + c + lane]
                               : v[lane] > before ? v[lane]
                                                  : before;
                }
        if (n->taps != NULL) {
            finish_pixel(e, r, n, result, pixel, y, to);
            continue;
        }
        for (uint32_t c = 0; n->writes_dram && c < r->mh; c++)
            store(e, r->layer->out, to, c * r->vectors + pixel, result[c]);
        stream_bits_pack(&n->y, result, r->mh, y, pixel * r->mh);
    }
}

static void run_add(const zs_exec *e, const stream_row *r, const native *n, lines *s,
                    stream_bits *y, uint8_t *to)
{
    const zs_layer *l = r->layer;
    const zs_net *net = e->net;
    stream_code a, b;
    (void)code_of_tensor(e, l->in[0], &a);
    (void)code_of_tensor(e, l->in[1], &b);
    for (uint64_t p = 0; p < r->vectors; p++) {
        int32_t *x0 = s->values, *x1 = s->sums;
        stream_bits_unpack(&a, &s->tensor[zs_view_base(net, l->in[0])], p * r->mh, r->mh, x0);
        stream_bits_unpack(&b, &s->tensor[zs_view_base(net, l->in[1])], p * r->mh, r->mh, x1);
        for (uint32_t c = 0; c < r->mh; c++) {
            const double *factor = l->quant->factor;
            double sum = 0;
            sum += x0[c] * factor[0];
            sum += x1[c] * factor[1];
            const double v = zs_quant_finish_sum(l->quant, sum);
            if (n->writes_dram)
                store(e, l->out, to, c * r->vectors + p, v);
            x0[c] = (int32_t)v;
        }
        if (y->planes > 0)
            stream_bits_pack(&n->y, x0, r->mh, y, p * r->mh);
    }
}

/* ---- images ---------------------------------------------------------------------------------- */

static bool comes_as_stream(const zs_exec *e, const lines *s, uint32_t tensor)
{
    const uint32_t base = zs_view_base(e->net, tensor);
    for (uint32_t i = 0; i < e->plan->row_n; i++)
        if (s->rows[i].is_native &&
            zs_view_base(e->net, zs_exec_layer(e, &e->plan->rows[i])->out) == base)
            return true;
    return false;
}

static void run_row(zs_exec *e, uint32_t i, uint32_t image)
{
    lines *s = e->own;
    const native *n = &s->rows[i];
    const stream_row *r = stream_of(&e->plan->rows[i]);
    const zs_layer *l = r->layer;
    for (uint32_t k = 0; k < l->in_n; k++) {
        stream_code code;
        stream_bits *x = &s->tensor[zs_view_base(e->net, l->in[k])];
        if (!comes_as_stream(e, s, l->in[k]) && code_of_tensor(e, l->in[k], &code))
            load_stream(e, &code, l->in[k], image, s->values, x);
    }
    const stream_bits *x = &s->tensor[zs_view_base(e->net, l->in[0])];
    stream_bits *y = &s->tensor[zs_view_base(e->net, l->out)];
    if (n->pad != NULL) {
        s->padded.planes = x->planes;
        run_pad(r, x, &s->padded);
        x = &s->padded;
    }
    if (n->window != NULL) {
        s->windowed.planes = x->planes;
        run_window(n->window, r->window_simd, x, &s->windowed);
        x = &s->windowed;
    }
    uint8_t *to = n->writes_dram ? place(e, l->out, image) : NULL;
    if (r->op == STREAM_MATRIX)
        run_matrix(e, r, n, s, x, y, to);
    else if (r->op == STREAM_REDUCE)
        run_reduce(e, r, n, s, x, y, to);
    else
        run_add(e, r, n, s, y, to);
}

/* All layers of the pipeline for one image after the other. */
void stream_exec_images(zs_exec *e, const zs_plan_call *call)
{
    const lines *s = e->own;
    const void **x = e->host_inputs;
    for (uint32_t image = 0; image < e->plan->batch; image++)
        for (uint32_t i = call->row0; i < call->row0 + call->row_n; i++) {
            const zs_layer *layer = zs_exec_layer(e, &e->plan->rows[i]);
            if (s->rows[i].is_native) {
                run_row(e, i, image);
                continue;
            }
            for (uint32_t k = 0; k < layer->in_n; k++)
                x[k] = place(e, layer->in[k], image);
            uint8_t *y = place(e, layer->out, image);
            zs_host_layer(e->net, e->quant, layer, x, y, e->host_scratch);
            zs_exec_watch(e, layer, y, zs_shape_elems(layer->y));
        }
}
