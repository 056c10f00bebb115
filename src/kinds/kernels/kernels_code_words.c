#include "kernels_code_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What stands in the loops: sums, windows, copies, results. */

static const char *real(code *c, float x)
{
    char *text = code_text(c);
    if (isinf(x))
        return x > 0 ? "INFINITY" : "-INFINITY";
    const int n = snprintf(text, CODE_EXPRESSION_BYTES, "%.9g", (double)x);
    const bool is_whole = strchr(text, '.') == NULL && strchr(text, 'e') == NULL;
    snprintf(text + n, CODE_EXPRESSION_BYTES - (size_t)n, is_whole ? ".0f" : "f");
    return text;
}

static const char *trip(code *c, const char *name)
{
    return code_trip_text(c, c->nest, zs_nest_find(c->nest, name));
}

/* "AT + " of a tensor that does not begin its buffer. */
static const char *at(code *c, code_size size, uint32_t k)
{
    const char *where = code_size_text(c, size, k);
    char *text = code_text(c);
    text[0] = '\0';
    if (strcmp(where, "0") != 0)
        snprintf(text, CODE_EXPRESSION_BYTES, "%s + ", where);
    return text;
}

/* ---- results --------------------------------------------------------------------------------- */

static void put_act(code *c, uint32_t k)
{
    const zs_act act = code_layer(c, c->index + k)->act;
    if (code_act_differs(c, k))
        CODE_LINE(c, "v = clip(v, lo%" PRIu32 ", hi%" PRIu32 ");", k, k);
    else if (act.active)
        CODE_LINE(c, "v = clip(v, %s, %s);", real(c, act.lo), real(c, act.hi));
}

/* Whether results are stored as they are. */
static bool is_plain(const code *c)
{
    return c->own->last == c->index && !c->layer->act.active && !code_act_differs(c, 0);
}

/* What is complete, through activations and sums that are done in this kernel besides. */
static void put_result(code *c, const char *value, const char *where)
{
    const char *out = at(c, CODE_Y_AT, 0);
    if (!is_plain(c)) {
        CODE_LINE(c, "float v = %s;", value);
        put_act(c, 0);
        for (uint32_t r = c->index + 1; r <= c->own->last; r++) {
            if (code_layer(c, r)->op == ZS_LAYER_ADD)
                CODE_LINE(c, "v = v + z%u[%s%s];", r - c->index, at(c, CODE_Z_AT, r - c->index),
                          where);
            put_act(c, r - c->index);
        }
        value = "v";
    }
    if (c->own->to_channel)
        CODE_LINE(c, "GIVE(c%u, %s);", c->own->last, value);
    else
        CODE_LINE(c, "output[%s%s] = %s;", out, where, value);
}

/* ---- convolutions and dense layers ----------------------------------------------------------- */

/* Where an output lies. */
static const char *pixel(code *c)
{
    char *text = code_text(c);
    if (c->layer->op == ZS_LAYER_FC)
        snprintf(text, CODE_EXPRESSION_BYTES, "ff");
    else
        snprintf(text, CODE_EXPRESSION_BYTES, "(%s * %s + %s) * %s + %s", c->filter,
                 code_size_text(c, CODE_Y_H, 0), c->y, code_size_text(c, CODE_Y_W, 0), c->x);
    return text;
}

static const char *input_channel(code *c)
{
    char *text = code_text(c);
    if (c->layer->groups == 1)
        return "rc";
    snprintf(text, CODE_EXPRESSION_BYTES, "(%s / %s * %s + rc)", c->filter,
             code_size_text(c, CODE_GROUP, 0), code_size_text(c, CODE_IC, 0));
    return text;
}

/* Words of a row of the plane on chip. */
static const char *plane_pitch(code *c)
{
    const zs_window *w = &c->layer->window;
    char *text = code_text(c);
    if (!code_has(c, "xo"))
        return code_size_text(c, CODE_X_W, 0);
    snprintf(text, CODE_EXPRESSION_BYTES, "((%s - 1) * %u + %u)", trip(c, "xx"), w->sw,
             (w->kw - 1) * w->dw + 1);
    return text;
}

/* "yy * 2 + ry" */
static const char *tap(code *c, const char *pixel_at, uint32_t stride, const char *name,
                       uint32_t dilation)
{
    char *text = code_text(c);
    char step[16] = "", apart[16] = "";
    if (stride > 1)
        snprintf(step, sizeof step, " * %u", stride);
    if (dilation > 1)
        snprintf(apart, sizeof apart, " * %u", dilation);
    snprintf(text, CODE_EXPRESSION_BYTES, "%s%s + %s%s", pixel_at, step, name, apart);
    return text;
}

static void put_product(code *c)
{
    const zs_window *w = &c->layer->window;
    if (c->layer->op == ZS_LAYER_FC) {
        CODE_PUT(c, "%s[%src] * weights[ff * %s + rc]", c->input, at(c, CODE_X_AT, 0),
                 trip(c, "rc"));
        return;
    }
    if (c->p->local_input && c->is_relaxed)
        CODE_PUT(c, "in_l[(rc - rc_0) * %s + ", trip(c, "in"));
    else if (c->p->local_input)
        CODE_PUT(c, "in_l[");
    else
        CODE_PUT(c, "%s[%s%s * %s * %s + ", c->input, at(c, CODE_X_AT, 0), input_channel(c),
                 code_size_text(c, CODE_X_H, 0), code_size_text(c, CODE_X_W, 0));
    CODE_PUT(c, "(%s) * %s + %s] * ", tap(c, c->p->local_input ? "yy" : c->y, w->sh, "ry", w->dh),
             c->p->local_input ? plane_pitch(c) : code_size_text(c, CODE_X_W, 0),
             tap(c, c->p->local_input ? "xx" : c->x, w->sw, "rx", w->dw));
    const char *filter = !c->p->local_weights ? c->filter : code_has(c, "fo") ? "ff" : "0";
    CODE_PUT(c, "%s[((%s * %s + rc) * %u + ry) * %u + rx]", c->p->local_weights ? "w_l" : "weights",
             filter, code_size_text(c, CODE_IC, 0), w->kh, w->kw);
}

/* Where products are added. */
static const char *sum(code *c)
{
    char *text = code_text(c);
    if (c->own->partials > 1) {
        snprintf(text, CODE_EXPRESSION_BYTES, "part[step %% %" PRIu32 "]", c->own->partials);
        return text;
    }
    if (c->has_register)
        return "sum";
    if (c->p->local_input && c->layer->op == ZS_LAYER_CONV)
        snprintf(text, CODE_EXPRESSION_BYTES,
                 code_has(c, "fo") ? "sum_l[(ff * %s + yy) * %s + xx]" : "sum_l[%.0syy * %s + xx]",
                 trip(c, "yy"), trip(c, "xx"));
    else
        snprintf(text, CODE_EXPRESSION_BYTES, "output[%s%s]", at(c, CODE_Y_AT, 0), pixel(c));
    return text;
}

static void put_mac(code *c)
{
    const char *to = sum(c);
    CODE_PUT(c, "%*s%s = %s + ", (int)(4 * c->depth), "", to, to);
    put_product(c);
    CODE_PUT(c, ";\n");
}

/* Iterations of a loop that are side by side. */
static uint64_t side_by_side(const code *c, const char *name)
{
    const zs_loop *loop = &c->nest->loops[zs_nest_find(c->nest, name)];
    const uint64_t step = code_step(c, name);
    return loop->is_argument ? step : zs_min_u64(step, loop->trip);
}

/* The unrolled loop of one of the names around a product. */
static void put_unrolled(code *c, const char *name)
{
    const zs_loop *loop = &c->nest->loops[zs_nest_find(c->nest, name)];
    const uint64_t n = side_by_side(c, name);
    CODE_LINE(c, "#pragma unroll");
    CODE_PUT(c, "%*sfor (int %s = %s_0; %s < %s_0 + %" PRIu64 "; %s++) ", (int)(4 * c->depth), "",
             name, name, name, name, n, name);
    if (loop->is_argument || loop->trip % n != 0)
        CODE_PUT(c, "if (%s < %s) ", name, trip(c, name));
    CODE_PUT(c, "{\n");
    c->depth++;
}

/* Products of the unrolled loops, added as a tree. */
static void put_tree(code *c)
{
    static const char *const names[] = {"rc", "ry", "rx"};
    char to[CODE_EXPRESSION_BYTES];
    uint64_t n = 1;
    const uint32_t depth = c->depth;
    snprintf(to, sizeof to, "%s", sum(c));
    for (size_t k = 0; k < ZS_LEN(names); k++)
        n = code_has(c, names[k]) ? zs_times_u64(n, side_by_side(c, names[k])) : n;
    CODE_LINE(c, "float p[%" PRIu64 "];", zs_min_u64(n, KERNELS_TREE_MAX));
    CODE_LINE(c, "int p_n = 0;");
    for (size_t k = 0; k < ZS_LEN(names); k++)
        if (code_has(c, names[k]))
            put_unrolled(c, names[k]);
    CODE_PUT(c, "%*sp[p_n++] = ", (int)(4 * c->depth), "");
    put_product(c);
    CODE_PUT(c, ";\n");
    if (n >= KERNELS_TREE_MAX) {
        CODE_LINE(c, "if (p_n == %d) {", KERNELS_TREE_MAX);
        CODE_LINE(c, "    %s = %s + tree_sum(p, p_n);", to, to);
        CODE_LINE(c, "    p_n = 0;");
        CODE_LINE(c, "}");
    }
    while (c->depth > depth) {
        c->depth--;
        CODE_LINE(c, "}");
    }
    CODE_LINE(c, "%s = %s + (p_n > 0 ? tree_sum(p, p_n) : 0.0f);", to, to);
    if (c->own->partials > 1)
        CODE_LINE(c, "step++;");
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void put_filter_copy(code *c)
{
    const zs_window *w = &c->layer->window;
    char first[CODE_EXPRESSION_BYTES] = "ff";
    char words[CODE_EXPRESSION_BYTES];
    if (code_has(c, "fo"))
        snprintf(first, sizeof first, "fo * %s", trip(c, "ff"));
    snprintf(words, sizeof words, "%s * %u", code_size_text(c, CODE_IC, 0), w->kh * w->kw);
    if (code_has(c, "fo"))
        CODE_LINE(c, "if (%s * %s + w < %s * %s)", first, words, code_size_text(c, CODE_OC, 0),
                  words);
    CODE_LINE(c, "%sw_l[w] = weights[%s * %s + w];", code_has(c, "fo") ? "    " : "", first, words);
}

static void put_plane_copy(code *c)
{
    const zs_window *w = &c->layer->window;
    const char *h = code_size_text(c, CODE_X_H, 0), *width = code_size_text(c, CODE_X_W, 0);
    const char *word = c->is_relaxed ? "word" : "in", *from = at(c, CODE_X_AT, 0);
    char y[CODE_EXPRESSION_BYTES] = "", x[CODE_EXPRESSION_BYTES] = "";
    if (c->is_relaxed) /* as many planes as are added at once */
        CODE_LINE(c, "const int rc = rc_0 + in / %s, word = in %% %s;", trip(c, "in"),
                  trip(c, "in"));
    if (!code_has(c, "yo") && !code_has(c, "xo")) {
        CODE_LINE(c, "in_l[in] = %s[%s%s * %s * %s + %s];", c->input, from, input_channel(c), h,
                  width, word);
        return;
    }
    if (code_has(c, "yo"))
        snprintf(y, sizeof y, "yo * %s * %u + ", trip(c, "yy"), w->sh);
    if (code_has(c, "xo"))
        snprintf(x, sizeof x, "xo * %s * %u + ", trip(c, "xx"), w->sw);
    CODE_LINE(c, "const int y = %s%s / %s, x = %s%s %% %s;", y, word, plane_pitch(c), x, word,
              plane_pitch(c));
    CODE_LINE(c, "in_l[in] = y < %s && x < %s ? %s[%s(%s * %s + y) * %s + x] : 0.0f;", h, width,
              c->input, from, input_channel(c), h, width);
}

static void put_clear(code *c)
{
    const char *width = trip(c, "xx");
    if (!code_has(c, "fo")) {
        CODE_LINE(c, "sum_l[l * %s + j] = bias[ff];", width);
        return;
    }
    CODE_LINE(c, "const int f = fo * %s + l / %s;", trip(c, "ff"), trip(c, "yy"));
    CODE_LINE(c, "sum_l[l * %s + j] = f < %s ? bias[f] : 0.0f;", width,
              code_size_text(c, CODE_OC, 0));
}

/* From the sums on chip. */
static void put_plane_result(code *c)
{
    const char *rows = trip(c, "yy"), *columns = trip(c, "xx");
    const bool cuts_filters = code_has(c, "fo");
    char value[CODE_EXPRESSION_BYTES], yo[16] = "";
    if (cuts_filters)
        CODE_LINE(c, "const int f = fo * %s + oy / %s;", trip(c, "ff"), rows);
    snprintf(c->filter, sizeof c->filter, cuts_filters ? "f" : "ff");
    if (code_has(c, "yo"))
        snprintf(yo, sizeof yo, "yo * %s + ", rows);
    snprintf(c->y, sizeof c->y, cuts_filters ? "(%soy %% %s)" : *yo ? "(%soy)" : "%soy", yo, rows);
    snprintf(c->x, sizeof c->x, code_has(c, "xo") ? "(xo * %s + ox)" : "ox", columns);
    if (cuts_filters || code_has(c, "yo") || code_has(c, "xo")) {
        CODE_LINE(c, "if (%s >= %s || %s >= %s || %s >= %s)", c->filter,
                  code_size_text(c, CODE_OC, 0), c->y, code_size_text(c, CODE_Y_H, 0), c->x,
                  code_size_text(c, CODE_Y_W, 0));
        CODE_LINE(c, "    continue;");
    }
    snprintf(value, sizeof value, "sum_l[oy * %s + ox]", columns);
    put_result(c, value, pixel(c));
}

/* ---- windows --------------------------------------------------------------------------------- */

static bool is_mean(const code *c)
{
    return c->layer->op == ZS_LAYER_GAP || c->layer->pool == ZS_POOL_AVG;
}

/* Whether a window of any layer of the kernel reaches outside of its input. */
static bool reaches_outside(const code *c)
{
    for (uint32_t i = c->index; i < c->plan->row_n; i++) {
        if (!code_is_member(c, i))
            continue;
        const zs_layer *layer = code_layer(c, i);
        const zs_window *w = &layer->window;
        const uint64_t end_y = (uint64_t)(layer->y.h - 1) * w->sh + (w->kh - 1) * w->dh + 1;
        const uint64_t end_x = (uint64_t)(layer->y.w - 1) * w->sw + (w->kw - 1) * w->dw + 1;
        if (layer->op == ZS_LAYER_POOL &&
            (w->pad_top > 0 || w->pad_left > 0 || end_y > layer->x.h || end_x > layer->x.w))
            return true;
    }
    return false;
}

static void put_tap_of_pool(code *c)
{
    const zs_window *w = &c->layer->window;
    const char *h = code_size_text(c, CODE_X_H, 0), *width = code_size_text(c, CODE_X_W, 0);
    const bool is_whole = c->layer->op == ZS_LAYER_GAP, is_guarded = reaches_outside(c);
    const bool counts_pads = c->layer->count_include_pad || c->layer->caffe_pool;
    const bool comes = c->own->from != ZS_NO_INDEX && !c->own->takes_whole;
    char in[2 * CODE_EXPRESSION_BYTES];
    if (is_whole && !comes)
        CODE_LINE(c, "const int y = rv, x = rv1;");
    else if (!is_whole)
        CODE_LINE(c, "const int y = ax2 * %u + rv * %u - %u, x = ax3 * %u + rv1 * %u - %u;", w->sh,
                  w->dh, w->pad_top, w->sw, w->dw, w->pad_left);
    if (comes && is_whole)
        snprintf(in, sizeof in, "TAKE(c%u)", c->own->from);
    else if (comes)
        snprintf(in, sizeof in, "rows_l[y %% %u * %s + x]", (w->kh - 1) * w->dh + 1, width);
    else
        snprintf(in, sizeof in, "%s[%s(ax1 * %s + y) * %s + x]", c->input, at(c, CODE_X_AT, 0), h,
                 width);
    if (is_guarded && is_mean(c))
        CODE_LINE(c, "n += y < %s + %u && x < %s + %u%s;", h, counts_pads ? w->pad_bottom : 0,
                  width, counts_pads ? w->pad_right : 0, counts_pads ? "" : " && y >= 0 && x >= 0");
    if (is_guarded) {
        CODE_LINE(c, "if (y < 0 || y >= %s || x < 0 || x >= %s)", h, width);
        CODE_LINE(c, "    continue;");
    }
    if (is_mean(c))
        CODE_LINE(c, "sum += %s;", in);
    else {
        CODE_LINE(c, "const float v = %s;", in);
        CODE_LINE(c, "best = v > best ? v : best;");
    }
}

/* Rows of a plane that the next windows need, of a tensor that comes word after word. */
static void put_rows(code *c, bool is_rest)
{
    const zs_window *w = &c->layer->window;
    const uint32_t reach = (w->kh - 1) * w->dh + 1;
    const uint32_t h = c->layer->x.h, width = c->layer->x.w;
    if (is_rest)
        CODE_LINE(c, "for (; taken < %u; taken++)", h);
    else
        CODE_LINE(c, "for (; taken < min(%u, ax2 * %u - %u + %u); taken++)", h, w->sh, w->pad_top,
                  reach);
    CODE_LINE(c, "    for (int i = 0; i < %u; i++)", width);
    CODE_LINE(c, "        rows_l[taken %% %u * %u + i] = TAKE(c%u);", reach, width, c->own->from);
}

static bool takes_rows(const code *c)
{
    return c->layer->op == ZS_LAYER_POOL && c->own->from != ZS_NO_INDEX && !c->own->takes_whole;
}

/* ---- what the loops call --------------------------------------------------------------------- */

void code_put_open(code *c, const char *name)
{
    const char *first = is_mean(c) ? "float sum = 0.0f;" : "float best = -INFINITY;";
    if (strcmp(name, "ax1") == 0 && takes_rows(c))
        CODE_LINE(c, "int taken = 0;");
    if (strcmp(name, "ax2") == 0 && takes_rows(c))
        put_rows(c, false);
    if (strcmp(name, "ax3") == 0) {
        CODE_LINE(c, "%s", first);
        if (is_mean(c) && reaches_outside(c))
            CODE_LINE(c, "int n = 0;");
    }
    if (strcmp(name, c->pixel_loop) != 0)
        return;
    if (c->own->partials > 1) { /* the others are 0 */
        CODE_LINE(c, "float part[%" PRIu32 "] = {bias[%s]};", c->own->partials, c->filter);
        CODE_LINE(c, "int step = 0;");
    } else if (c->has_register)
        CODE_LINE(c, "float sum = bias[%s];", c->filter);
    else
        CODE_LINE(c, "%s = bias[%s];", sum(c), c->filter);
}

void code_put_close(code *c, const char *name)
{
    const zs_window *w = &c->layer->window;
    char where[CODE_EXPRESSION_BYTES];
    if (strcmp(name, "ax1") == 0 && takes_rows(c))
        put_rows(c, true);
    if (strcmp(name, "ax3") == 0) {
        snprintf(where, sizeof where, "(ax1 * %s + ax2) * %s + ax3", code_size_text(c, CODE_Y_H, 0),
                 code_size_text(c, CODE_Y_W, 0));
        char value[2 * CODE_EXPRESSION_BYTES] = "best + 0.0f"; /* no -0 */
        if (is_mean(c) && reaches_outside(c))
            snprintf(value, sizeof value, "sum / (float)n");
        else if (c->layer->op == ZS_LAYER_GAP)
            snprintf(value, sizeof value, "sum / (float)(%s * %s)", trip(c, "rv"), trip(c, "rv1"));
        else if (is_mean(c))
            snprintf(value, sizeof value, "sum / %s", real(c, (float)(w->kh * w->kw)));
        put_result(c, value, where);
    }
    if (strcmp(name, c->pixel_loop) != 0)
        return;
    if (c->own->partials > 1) {
        char value[32];
        snprintf(value, sizeof value, "tree_sum(part, %" PRIu32 ")", c->own->partials);
        put_result(c, value, pixel(c));
    } else if (c->has_register)
        put_result(c, "sum", pixel(c));
    else if (!is_plain(c)) {
        char value[CODE_EXPRESSION_BYTES];
        snprintf(value, sizeof value, "%s", sum(c));
        put_result(c, value, pixel(c));
    }
}

static void put_element(code *c)
{
    char value[2 * CODE_EXPRESSION_BYTES];
    const bool comes = c->own->from != ZS_NO_INDEX;
    if (comes)
        snprintf(value, sizeof value, "TAKE(c%u)", c->own->from);
    else
        snprintf(value, sizeof value, "input[%si]", at(c, CODE_X_AT, 0));
    if (c->layer->op == ZS_LAYER_ADD)
        snprintf(value + strlen(value), sizeof value - strlen(value), " + z0[%si]",
                 at(c, CODE_Z_AT, 0));
    put_result(c, value, "i");
}

void code_put_inner(code *c, const char *name)
{
    if (strcmp(name, "w") == 0)
        put_filter_copy(c);
    else if (strcmp(name, "in") == 0)
        put_plane_copy(c);
    else if (strcmp(name, "j") == 0)
        put_clear(c);
    else if (strcmp(name, "ox") == 0)
        put_plane_result(c);
    else if (strcmp(name, "rv1") == 0)
        put_tap_of_pool(c);
    else if (strcmp(name, "i") == 0)
        put_element(c);
    else if (c->is_relaxed)
        put_tree(c);
    else
        put_mac(c);
}
