#include "zynqsim/flow.h"

#include <string.h>

/* ---- words of an image ----------------------------------------------------------------------- */

static zs_status need_words(const zs_flow_node *n, uint64_t have, uint64_t need, zs_err *err)
{
    if (have == need)
        return ZS_OK;
    return zs_fail(err, ZS_ERANGE, n->name, "%llu words come in for an image, it takes %llu",
                   (unsigned long long)have, (unsigned long long)need);
}

static bool product(uint64_t a, uint64_t b, uint64_t c, uint64_t *out)
{
    return zs_mul3_u64(a, b, c, out);
}

/* Of the nodes that take the pixels of an image. */
static zs_status count_pixels(const zs_flow_node *n, uint64_t in, uint64_t *out, bool *fits,
                              zs_err *err)
{
    uint64_t need = 0;
    *fits = product(n->h, n->w, n->fold, &need);
    if (n->op == ZS_FLOW_PAD) {
        *fits = *fits && product((uint64_t)n->h + n->pad + n->pad_end,
                                 (uint64_t)n->w + n->pad + n->pad_end, n->fold, out);
    } else if (n->op == ZS_FLOW_WINDOW) {
        if (n->kernel > n->h || n->kernel > n->w)
            return zs_fail(err, ZS_ERANGE, n->name, "a window of %u does not fit %u x %u pixels",
                           n->kernel, n->h, n->w);
        *fits = *fits &&
                product((n->h - n->kernel) / n->step + 1, (n->w - n->kernel) / n->step + 1, n->fold,
                        out) &&
                (n->is_parallel || product(*out, n->kernel, n->kernel, out));
    } else {
        if (n->step != n->kernel || n->h % n->kernel != 0 || n->w % n->kernel != 0)
            return zs_fail(err, ZS_ERANGE, n->name,
                           "windows of %u with step %u do not cover %u x %u pixels once", n->kernel,
                           n->step, n->h, n->w);
        *fits = *fits && product(n->h / n->kernel, n->w / n->kernel, n->fold, out);
    }
    return *fits ? need_words(n, in, need, err) : ZS_OK;
}

static zs_status count_out(const zs_flow_node *n, uint64_t in, uint64_t *out, zs_err *err)
{
    bool fits = true;
    *out = in;
    switch (n->op) {
    case ZS_FLOW_UP:
        if (in % n->ratio != 0)
            return zs_fail(err, ZS_ERANGE, n->name,
                           "%llu words of an image are no multiple of the %u that it joins",
                           (unsigned long long)in, n->ratio);
        *out = in / n->ratio;
        break;
    case ZS_FLOW_DOWN:
        fits = zs_mul_u64(in, n->ratio, out);
        break;
    case ZS_FLOW_PAD:
    case ZS_FLOW_WINDOW:
    case ZS_FLOW_POOL:
        ZS_TRY(count_pixels(n, in, out, &fits, err));
        break;
    case ZS_FLOW_MATRIX:
        if (in % n->sf != 0)
            return zs_fail(err, ZS_ERANGE, n->name,
                           "%llu words of an image are no multiple of the %u of a vector",
                           (unsigned long long)in, n->sf);
        fits = zs_mul_u64(in / n->sf, n->nf, out);
        break;
    case ZS_FLOW_GATHER:
        ZS_TRY(need_words(n, in, n->sf, err));
        *out = n->nf;
        break;
    case ZS_FLOW_CONCAT:
        fits = zs_mul_u64(in / n->sf, (uint64_t)n->sf + n->nf, out);
        break;
    case ZS_FLOW_SOURCE:
    case ZS_FLOW_SINK:
    case ZS_FLOW_WIRE:
    case ZS_FLOW_THRESHOLD:
    case ZS_FLOW_OP_N:
        break;
    }
    if (!fits || *out > UINT32_MAX)
        return zs_fail(err, ZS_ERANGE, n->name, "more than 2^32 words of an image");
    return ZS_OK;
}

static zs_status check_wire(const zs_flow *f, const zs_flow_node *n, zs_err *err)
{
    uint32_t direct = 0;
    for (uint32_t i = 0; i < n->out_n; i++)
        direct += f->edges[n->out[i]].depth == 0;
    if (direct > 1)
        return zs_fail(err, ZS_EUNSUPPORTED, n->name,
                       "FIFO depth 0 behind both outputs of a fork: one needs at least 1");
    for (uint32_t i = 1; i < n->in_n; i++)
        if (f->edges[n->in[i]].words != f->edges[n->in[0]].words)
            return zs_fail(err, ZS_ERANGE, n->name,
                           "its inputs have %llu and %llu words of an image",
                           (unsigned long long)f->edges[n->in[0]].words,
                           (unsigned long long)f->edges[n->in[i]].words);
    return ZS_OK;
}

static zs_status check_loop(const zs_flow *f, const zs_flow_node *n, zs_err *err)
{
    if (n->pipeline < 1 || n->pipeline > ZS_FLOW_PIPELINE_MAX)
        return zs_fail(err, ZS_ERANGE, n->name, "a pipeline of %u stages: 1 to %d are possible",
                       n->pipeline, ZS_FLOW_PIPELINE_MAX);
    if (n->in_n != 1 || n->out_n != 1)
        return zs_fail(err, ZS_EUNSUPPORTED, n->name, "a loop has one input and one output");
    if (f->edges[n->in[0]].depth == 0 || f->edges[n->out[0]].depth == 0)
        return zs_fail(err, ZS_ERANGE, n->name,
                       "FIFO depth 0 beside a node that is a loop: it needs at least 1");
    return ZS_OK;
}

static zs_status check_concat(const zs_flow *f, const zs_flow_node *n, zs_err *err)
{
    const uint64_t a = f->edges[n->in[0]].words, b = f->edges[n->in[1]].words;
    if (a % n->sf == 0 && b % n->nf == 0 && a / n->sf == b / n->nf)
        return ZS_OK;
    return zs_fail(err, ZS_ERANGE, n->name,
                   "%llu and %llu words of an image are not %u and %u of as many pixels",
                   (unsigned long long)a, (unsigned long long)b, n->sf, n->nf);
}

/* Node by node, once the words of all its inputs are known. */
zs_status zs_flow_check(zs_flow *f, zs_err *err)
{
    for (uint32_t i = 0; i < f->edge_n; i++)
        f->edges[i].words = 0;
    uint32_t done = 0;
    for (bool has_moved = true; has_moved;) {
        has_moved = false;
        for (uint32_t i = 0; i < f->node_n; i++) {
            const zs_flow_node *n = &f->nodes[i];
            bool is_ready = n->out_n > 0 && f->edges[n->out[0]].words == 0;
            for (uint32_t k = 0; k < n->in_n; k++)
                is_ready = is_ready && f->edges[n->in[k]].words > 0;
            if (!is_ready)
                continue;
            uint64_t out = f->words_in;
            if (n->op == ZS_FLOW_WIRE)
                ZS_TRY(check_wire(f, n, err));
            if (n->op == ZS_FLOW_CONCAT)
                ZS_TRY(check_concat(f, n, err));
            if (n->style != ZS_FLOW_RTL)
                ZS_TRY(check_loop(f, n, err));
            if (n->op != ZS_FLOW_SOURCE)
                ZS_TRY(count_out(n, f->edges[n->in[0]].words, &out, err));
            for (uint32_t k = 0; k < n->out_n; k++)
                f->edges[n->out[k]].words = out;
            done += n->out_n;
            has_moved = true;
        }
    }
    if (done == f->edge_n)
        return ZS_OK;
    for (uint32_t i = 0; i < f->edge_n; i++)
        if (f->edges[i].words == 0)
            return zs_fail(err, ZS_EUNSUPPORTED, f->nodes[f->edges[i].from].name,
                           "lies on a circle of streams, or nothing reaches it");
    return ZS_OK;
}

/* ---- chains as text -------------------------------------------------------------------------- */

enum { KEYS_MAX = 8, FORKS_MAX = 64, VALUE_MAX = 1 << 24 };

typedef struct part {
    const char *text; /* for messages */
    char name[16];
    struct {
        char key[12];
        uint32_t value;
    } keys[KEYS_MAX];
    uint32_t key_n;
} part;

typedef struct parser {
    zs_arena *arena;
    zs_flow_chain *out;
    const char *place;
    zs_err *err;
    uint32_t last;             /* node */
    uint32_t depth;            /* of FIFOs since */
    bool has_fifo, is_between; /* two FIFOs */
    struct {
        uint32_t id, edge;
    } forks[FORKS_MAX];
    uint32_t fork_n;
} parser;

static zs_status bad(const parser *p, const part *t, const char *what)
{
    return zs_fail(p->err, ZS_EPARSE, p->place, "\"%.60s\": %s", t->text, what);
}

/* "name(7)", "name(a=1,b=2,flag)". */
static zs_status read_part(const parser *p, const char *text, size_t n, part *t)
{
    const char *end = text + n;
    *t = (part){.text = zs_arena_strndup(p->arena, text, n)};
    if (t->text == NULL)
        return zs_nomem(p->err, p->place);
    const char *at = memchr(text, '(', n);
    if (at == NULL || end[-1] != ')' || at == text || (size_t)(at - text) >= sizeof t->name)
        return bad(p, t, "a part of a chain is name(figures)");
    memcpy(t->name, text, (size_t)(at - text));
    for (at++, end--; at < end; at++) {
        const char *stop = memchr(at, ',', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *value = equals != NULL ? equals + 1 : at;
        const char *key_end = equals != NULL ? equals : at;
        const bool is_flag = equals == NULL && (*at < '0' || *at > '9');
        if (is_flag)
            key_end = stop;
        if (t->key_n == KEYS_MAX || (size_t)(key_end - at) >= sizeof t->keys[0].key)
            return bad(p, t, "has figures that no part has");
        memcpy(t->keys[t->key_n].key, at, (size_t)(key_end - at));
        uint64_t number = 1;
        if (!is_flag) {
            if (zs_read_count(value, &number) != stop)
                return bad(p, t, "has a figure that is no number");
        }
        if (number > VALUE_MAX)
            return bad(p, t, "has a figure above 16777216");
        t->keys[t->key_n++].value = (uint32_t)number;
        at = stop;
    }
    return ZS_OK;
}

/* A figure by name; `least` is its lower limit. */
static zs_status figure(const parser *p, const part *t, const char *key, uint32_t least,
                        uint32_t *out)
{
    for (uint32_t i = 0; i < t->key_n; i++)
        if (strcmp(t->keys[i].key, key) == 0) {
            if (t->keys[i].value < least)
                return zs_fail(p->err, ZS_ERANGE, p->place, "\"%.60s\": %s is below %u", t->text,
                               key[0] != '\0' ? key : "the depth", least);
            *out = t->keys[i].value;
            return ZS_OK;
        }
    return zs_fail(p->err, ZS_EPARSE, p->place, "\"%.60s\" lacks %s", t->text,
                   key[0] != '\0' ? key : "its depth");
}

static bool has_flag(const part *t, const char *key)
{
    for (uint32_t i = 0; i < t->key_n; i++)
        if (strcmp(t->keys[i].key, key) == 0)
            return true;
    return false;
}

static void link_to(parser *p, uint32_t edge, bool is_out)
{
    zs_flow_chain *c = p->out;
    c->links[c->link_n].edge = edge;
    c->links[c->link_n++].is_out = is_out;
}

static uint32_t add_edge(parser *p, uint32_t from, uint32_t depth)
{
    zs_flow *f = &p->out->flow;
    const uint32_t e = f->edge_n++;
    f->edges[e] = (zs_flow_edge){.from = from, .depth = depth};
    f->nodes[from].out[f->nodes[from].out_n++] = e;
    return e;
}

static void end_edge(parser *p, uint32_t edge, uint32_t node)
{
    zs_flow *f = &p->out->flow;
    f->edges[edge].to = node;
    f->nodes[node].in[f->nodes[node].in_n++] = edge;
}

/* Puts a node behind what there is, with the FIFO between if there was one. */
static uint32_t add_node(parser *p, zs_flow_op op, const char *name)
{
    zs_flow *f = &p->out->flow;
    const uint32_t at = f->node_n++;
    f->nodes[at] = (zs_flow_node){.op = op, .name = name, .gap = 1};
    const uint32_t e = add_edge(p, p->last, p->depth);
    end_edge(p, e, at);
    if (!p->is_between) /* else the clocks are those of the edge before */
        link_to(p, e, false);
    p->is_between = false;
    if (p->has_fifo) {
        link_to(p, e, true);
        p->out->fifos[p->out->fifo_n - 1] = e;
    }
    p->has_fifo = false;
    p->depth = 0;
    p->last = at;
    return at;
}

static zs_status add_fifo(parser *p, const part *t)
{
    uint32_t depth;
    ZS_TRY(figure(p, t, "", 1, &depth));
    if (p->has_fifo) {
        (void)add_node(p, ZS_FLOW_WIRE, "wire");
        p->is_between = true;
    }
    p->has_fifo = true;
    p->depth = depth;
    p->out->fifos[p->out->fifo_n++] = ZS_FLOW_NO_EDGE; /* known with the node behind it */
    return ZS_OK;
}

static zs_status set_pixels(const parser *p, const part *t, zs_flow_node *n)
{
    uint32_t c, simd;
    ZS_TRY(figure(p, t, "h", 1, &n->h));
    ZS_TRY(figure(p, t, "w", 1, &n->w));
    ZS_TRY(figure(p, t, "c", 1, &c));
    ZS_TRY(figure(p, t, "simd", 1, &simd));
    if (c % simd != 0)
        return zs_fail(p->err, ZS_ERANGE, p->place,
                       "\"%.60s\": simd %u does not divide %u channels", t->text, simd, c);
    n->fold = c / simd;
    return ZS_OK;
}

/* "stall=5", "flush=5": a loop whose pipeline has 5 stages. */
static zs_status set_style(const parser *p, const part *t, zs_flow_node *n)
{
    if (!has_flag(t, "stall") && !has_flag(t, "flush"))
        return n->op != ZS_FLOW_POOL && !n->is_parallel ? ZS_OK : bad(p, t, "lacks stall or flush");
    n->style = has_flag(t, "stall") ? ZS_FLOW_STALLING : ZS_FLOW_FLUSHING;
    return figure(p, t, n->style == ZS_FLOW_STALLING ? "stall" : "flush", 1, &n->pipeline);
}

static zs_status add_converter(parser *p, const part *t)
{
    uint32_t in, out;
    ZS_TRY(figure(p, t, "in", 1, &in));
    ZS_TRY(figure(p, t, "out", 1, &out));
    if (in % out != 0 && out % in != 0)
        return zs_fail(p->err, ZS_ERANGE, p->place,
                       "\"%.60s\": neither of the widths %u and %u divides the other", t->text, in,
                       out);
    const uint32_t at = add_node(p, in > out ? ZS_FLOW_DOWN : ZS_FLOW_UP, t->text);
    p->out->flow.nodes[at].ratio = in > out ? in / out : out / in;
    return set_style(p, t, &p->out->flow.nodes[at]);
}

static zs_status add_fork(parser *p, const part *t)
{
    uint32_t id, bypass;
    ZS_TRY(figure(p, t, "id", 0, &id));
    ZS_TRY(figure(p, t, "bypass", 1, &bypass));
    for (uint32_t i = 0; i < p->fork_n; i++)
        if (p->forks[i].id == id)
            return bad(p, t, "a fork of this id is open already");
    if (p->fork_n == FORKS_MAX)
        return bad(p, t, "more than 64 forks are open");
    const uint32_t at = add_node(p, ZS_FLOW_WIRE, t->text);
    const uint32_t e = add_edge(p, at, bypass);
    p->forks[p->fork_n].id = id;
    p->forks[p->fork_n++].edge = e;
    p->out->fifos[p->out->fifo_n++] = e;
    return ZS_OK;
}

static zs_status add_join(parser *p, const part *t)
{
    uint32_t id;
    ZS_TRY(figure(p, t, "id", 0, &id));
    for (uint32_t i = 0; i < p->fork_n; i++) {
        if (p->forks[i].id != id)
            continue;
        const uint32_t at = add_node(p, ZS_FLOW_WIRE, t->text);
        end_edge(p, p->forks[i].edge, at);
        p->forks[i] = p->forks[--p->fork_n];
        return ZS_OK;
    }
    return bad(p, t, "no fork of this id is open");
}

static zs_status add_part(parser *p, const part *t)
{
    zs_flow_node n = {0};
    if (strcmp(t->name, "fifo") == 0)
        return add_fifo(p, t);
    if (strcmp(t->name, "dwc") == 0)
        return add_converter(p, t);
    if (strcmp(t->name, "fork") == 0)
        return add_fork(p, t);
    if (strcmp(t->name, "join") == 0)
        return add_join(p, t);
    if (strcmp(t->name, "pad") == 0) {
        n.op = ZS_FLOW_PAD;
        ZS_TRY(set_pixels(p, t, &n));
        ZS_TRY(figure(p, t, "p", 0, &n.pad));
        n.pad_end = n.pad;
    } else if (strcmp(t->name, "swg") == 0) {
        n.op = ZS_FLOW_WINDOW;
        ZS_TRY(set_pixels(p, t, &n));
        ZS_TRY(figure(p, t, "k", 1, &n.kernel));
        ZS_TRY(figure(p, t, "stride", 1, &n.step));
        n.by_channel = has_flag(t, "depthwise");
        n.is_parallel = has_flag(t, "parallel");
    } else if (strcmp(t->name, "pool") == 0) {
        n.op = ZS_FLOW_POOL;
        ZS_TRY(set_pixels(p, t, &n));
        ZS_TRY(figure(p, t, "k", 1, &n.kernel));
        n.step = n.kernel;
    } else if (strcmp(t->name, "mvu") == 0) {
        n.op = ZS_FLOW_MATRIX;
        ZS_TRY(figure(p, t, "sf", 1, &n.sf));
        ZS_TRY(figure(p, t, "nf", 1, &n.nf));
    } else if (strcmp(t->name, "thr") == 0) {
        n.op = ZS_FLOW_THRESHOLD;
        ZS_TRY(figure(p, t, "bits", 1, &n.stages));
    } else {
        return bad(p, t, "the parts are fifo, dwc, pad, swg, pool, mvu, thr, fork and join");
    }
    ZS_TRY(set_style(p, t, &n));
    const uint32_t at = add_node(p, n.op, t->text);
    zs_flow_node *to = &p->out->flow.nodes[at];
    n.name = t->text;
    n.gap = 1;
    memcpy(n.in, to->in, sizeof n.in);
    n.in_n = to->in_n;
    *to = n;
    return ZS_OK;
}

zs_status zs_flow_chain_parse(zs_arena *arena, const char *text, uint64_t words_in, uint32_t gap,
                              const char *place, zs_flow_chain *out, zs_err *err)
{
    size_t parts = 1;
    for (const char *at = text; *at != '\0'; at++)
        parts += *at == '|';
    *out = (zs_flow_chain){.flow = {.words_in = words_in}};
    const size_t room = 2 * parts + 4; /* wires and forks on top */
    out->flow.nodes = zs_new(arena, zs_flow_node, room);
    out->flow.edges = zs_new(arena, zs_flow_edge, room);
    out->fifos = zs_new(arena, uint32_t, room);
    out->links = zs_new(arena, struct zs_flow_link, 2 * room);
    if (out->flow.nodes == NULL || out->flow.edges == NULL || out->fifos == NULL ||
        out->links == NULL)
        return zs_nomem(err, place);
    if (words_in == 0 || gap == 0)
        return zs_fail(err, ZS_ERANGE, place, "words of an image and the input gap are at least 1");
    parser p = {.arena = arena, .out = out, .place = place, .err = err};
    out->flow.nodes[out->flow.node_n++] =
        (zs_flow_node){.op = ZS_FLOW_SOURCE, .name = "input", .gap = gap};
    for (const char *at = text;; at++) {
        const char *end = strchr(at, '|');
        part t;
        ZS_TRY(read_part(&p, at, end != NULL ? (size_t)(end - at) : strlen(at), &t));
        ZS_TRY(add_part(&p, &t));
        if (end == NULL)
            break;
        at = end;
    }
    if (p.fork_n > 0)
        return zs_fail(err, ZS_EPARSE, place, "a fork has no join");
    out->flow.sink = add_node(&p, ZS_FLOW_SINK, "output");
    zs_status status = zs_flow_check(&out->flow, err);
    if (status != ZS_OK)
        zs_err_prefix(err, place);
    return status;
}
