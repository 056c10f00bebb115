#include "kernels_code_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A nest of loops becomes text: the same nest that is timed. */

void code_set_kernel(code *c, uint32_t row)
{
    const bool is_conv = code_layer(c, row)->op == ZS_LAYER_CONV;
    c->index = row;
    c->own = code_row(c, row);
    c->layer = code_layer(c, row);
    c->nest = &c->own->kernel.nest;
    c->p = kernels_params_of(c->own->accel);
    c->is_relaxed = c->p->relaxed_float && zs_op_has_filters(c->layer->op);
    c->input = c->own->takes_whole ? "x_l" : "input";
    c->pixel_loop = c->layer->op == ZS_LAYER_FC ? "ff" : is_conv && !c->p->local_input ? "xx" : "";
    c->has_register =
        *c->pixel_loop && (c->p->register_sum || c->own->to_channel || c->own->partials > 1);
    snprintf(c->filter, sizeof c->filter, "ff");
    snprintf(c->y, sizeof c->y, "yy");
    snprintf(c->x, sizeof c->x, "xx");
    if (code_has(c, "fo"))
        snprintf(c->filter, sizeof c->filter, "(fo * %s + ff)",
                 code_trip_text(c, c->nest, zs_nest_find(c->nest, "ff")));
    if (code_has(c, "yo"))
        snprintf(c->y, sizeof c->y, "(yo * %s + yy)",
                 code_trip_text(c, c->nest, zs_nest_find(c->nest, "yy")));
    if (code_has(c, "xo"))
        snprintf(c->x, sizeof c->x, "(xo * %s + xx)",
                 code_trip_text(c, c->nest, zs_nest_find(c->nest, "xx")));
}

uint64_t code_array_words(const code *c, uint32_t k)
{
    return c->own->local_words[k]; /* the first of a class has those of the largest */
}

/* ---- loops ----------------------------------------------------------------------------------- */

static bool is_reduction(const char *name)
{
    return strcmp(name, "rc") == 0 || strcmp(name, "ry") == 0 || strcmp(name, "rx") == 0;
}

uint64_t code_step(const code *c, const char *name)
{
    const zs_accel *a = c->own->accel;
    if (!c->p->unroll)
        return 1;
    return strcmp(name, "rc") == 0   ? a->unroll.ic
           : strcmp(name, "ry") == 0 ? a->unroll.ky
                                     : a->unroll.kx;
}

/* "if (yo * 4 + yy < 14) ": of a tile that reaches beyond the last pixel or filter. */
static void put_guard(code *c, const char *name)
{
    const struct {
        const char *inner, *outer, *where;
        code_size size;
    } guards[] = {{"yy", "yo", c->y, CODE_Y_H},
                  {"xx", "xo", c->x, CODE_Y_W},
                  {"ff", "fo", c->filter, CODE_OC}};
    for (size_t k = 0; k < ZS_LEN(guards); k++)
        if (strcmp(name, guards[k].inner) == 0 && code_has(c, guards[k].outer))
            CODE_PUT(c, "if (%s < %s) ", guards[k].where, code_size_text(c, guards[k].size, 0));
}

static void put_head(code *c, uint32_t i)
{
    const zs_loop *loop = &c->nest->loops[i];
    const char *trip = code_trip_text(c, c->nest, i);
    if (c->is_relaxed && is_reduction(loop->name)) { /* by as many as are added as a tree */
        CODE_LINE(c, "for (int %s_0 = 0; %s_0 < %s; %s_0 += %" PRIu64 ") {", loop->name, loop->name,
                  trip, loop->name, code_step(c, loop->name));
        return;
    }
    if (loop->unroll > 1 && loop->unroll >= loop->trip && !loop->is_argument)
        CODE_LINE(c, "#pragma unroll");
    else if (loop->unroll > 1)
        CODE_LINE(c, "#pragma unroll %" PRIu64, loop->unroll);
    CODE_PUT(c, "%*sfor (int %s = 0; %s < %s", (int)(4 * c->depth), "", loop->name, loop->name,
             trip);
    if (c->is_relaxed && strcmp(loop->name, "in") == 0) /* of all planes of a step */
        CODE_PUT(c, " * min(%" PRIu64 ", %s - rc_0)", code_step(c, "rc"),
                 code_trip_text(c, c->nest, zs_nest_find(c->nest, "rc")));
    CODE_PUT(c, "; %s++) ", loop->name);
    put_guard(c, loop->name);
    CODE_PUT(c, "{\n");
}

static void put_loop(code *c, uint32_t i)
{
    const zs_loop *loop = &c->nest->loops[i];
    put_head(c, i);
    c->depth++;
    code_put_open(c, loop->name);
    for (uint32_t in = loop->inner; in != ZS_NO_LOOP; in = c->nest->loops[in].next)
        put_loop(c, in);
    if (loop->inner == ZS_NO_LOOP)
        code_put_inner(c, loop->name);
    code_put_close(c, loop->name);
    c->depth--;
    CODE_LINE(c, "}");
}

void code_put_loops(code *c)
{
    for (uint32_t i = 0; i != ZS_NO_LOOP; i = c->nest->loops[i].next)
        put_loop(c, i);
}

/* ---- tensors that come by a channel ---------------------------------------------------------- */

/* Loops of the writer around a word that it sends, tiles of pixels outermost. */
static void put_writer_loops(code *c, const code *writer)
{
    const zs_shape y = writer->layer->y;
    const uint64_t rows = code_has(writer, "yy") ? code_trip(writer, "yy") : y.h;
    const uint64_t columns = code_has(writer, "xx") ? code_trip(writer, "xx") : y.w;
    CODE_LINE(c, "for (int yo = 0; yo < %" PRIu64 "; yo++)", code_trip(writer, "yo"));
    CODE_LINE(c, "for (int xo = 0; xo < %" PRIu64 "; xo++)", code_trip(writer, "xo"));
    CODE_LINE(c, "for (int f = 0; f < %u; f++)", y.c);
    CODE_LINE(c, "for (int y = yo * %" PRIu64 "; y < min(yo * %" PRIu64 " + %" PRIu64 ", %u); y++)",
              rows, rows, rows, y.h);
    CODE_LINE(c, "for (int x = xo * %" PRIu64 "; x < min(xo * %" PRIu64 " + %" PRIu64 ", %u); x++)",
              columns, columns, columns, y.w);
}

void code_put_fill(code *c)
{
    const zs_window *w = &c->layer->window;
    const zs_layer *from = code_layer(c, c->own->from);
    const bool is_conv = c->layer->op == ZS_LAYER_CONV;
    const bool is_padded = is_conv && w->pad_top + w->pad_bottom + w->pad_left + w->pad_right > 0;
    code writer = *c;
    code_set_kernel(&writer, code_row(c, c->own->from)->root);
    const bool is_cut = code_has(&writer, "yo") || code_has(&writer, "xo");
    if (is_padded)
        CODE_LINE(c, "for (int i = 0; i < %" PRIu64 "; i++)\n        x_l[i] = 0.0f;",
                  code_array_words(c, 3));
    if (!is_padded && !is_cut) {
        CODE_LINE(c, "for (int i = 0; i < %" PRIu64 "; i++)", zs_shape_elems(from->y));
        CODE_LINE(c, "    x_l[i] = TAKE(c%u);", c->own->from);
        return;
    }
    put_writer_loops(c, &writer);
    if (is_conv)
        CODE_LINE(c, "    x_l[(f * %s + y + %u) * %s + x + %u] = TAKE(c%u);",
                  code_size_text(c, CODE_X_H, 0), w->pad_top, code_size_text(c, CODE_X_W, 0),
                  w->pad_left, c->own->from);
    else
        CODE_LINE(c, "    x_l[(f * %u + y) * %u + x] = TAKE(c%u);", from->y.h, from->y.w,
                  c->own->from);
}
