/* What `fifos` prints: depths before and after, and what was proven. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <inttypes.h>
#include <stdio.h>

static bool has_fifo(const zs_plan_flow *f, uint32_t edge)
{
    return f->flow.edges[edge].depth > 0;
}

static const char *proof_of(const zs_flow_fifos *r, uint32_t edge)
{
    return r->is_needed[edge] ? "one less loses" : "least allowed";
}

zs_status zs_fifos_csv_emit(const zs_plan_flow *f, const zs_flow_fifos *r, const zs_sink *s,
                            zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "fifo,bits,depth_before,largest_fill,depth,proof\n");
    for (uint32_t i = 0; i < f->flow.edge_n; i++) {
        if (!has_fifo(f, i))
            continue;
        zs_out_csv(&out, f->edge_names[i]);
        zs_out_printf(&out, ",%u,%u,%u,%u,%s\n", f->edge_bits[i], f->flow.edges[i].depth,
                      r->filled[i], r->depths[i], proof_of(r, i));
    }
    return zs_out_end(&out, "the CSV", err);
}

static uint64_t words_before(const zs_plan_flow *f)
{
    uint64_t words = 0;
    for (uint32_t i = 0; i < f->flow.edge_n; i++)
        words += f->flow.edges[i].depth;
    return words;
}

static json_t *json_fifo(const zs_plan_flow *f, const zs_flow_fifos *r, uint32_t i, int *failed)
{
    const zs_json_named_count counts[] = {{"bits", f->edge_bits[i]},
                                          {"depth_before", f->flow.edges[i].depth},
                                          {"largest_fill", r->filled[i]},
                                          {"depth", r->depths[i]}};
    json_t *fifo = json_object();
    *failed |= json_object_set_new(fifo, "name", zs_json_text(f->edge_names[i]));
    *failed |= zs_json_set_counts(fifo, counts, ZS_LEN(counts));
    *failed |= json_object_set_new(fifo, "proof", zs_json_text(proof_of(r, i)));
    return fifo;
}

zs_status zs_fifos_json_emit(const zs_plan_flow *f, const zs_flow_fifos *r, const zs_sink *s,
                             zs_err *err)
{
    const zs_json_named_count counts[] = {{"words_before", words_before(f)},
                                          {"words", r->words},
                                          {"luts", r->cost.lut},
                                          {"bram18", r->cost.bram18},
                                          {"interval_cycles", r->interval},
                                          {"last_output_cycles", r->end},
                                          {"runs", r->runs}};
    json_t *root = json_object(), *fifos = json_array();
    int failed = zs_json_set_counts(root, counts, ZS_LEN(counts));
    for (uint32_t i = 0; i < f->flow.edge_n; i++)
        if (has_fifo(f, i))
            failed |= json_array_append_new(fifos, json_fifo(f, r, i, &failed));
    /* each depth one less loses, or is below what is allowed: tried, every one */
    failed |= json_object_set_new(root, "proven", json_true());
    failed |= json_object_set_new(root, "fifos", fifos);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}

/* The line of a design file: only what is deeper than the least. */
static void emit_yaml(zs_out *out, const zs_plan_flow *f, const zs_flow_fifos *r, uint32_t least)
{
    bool any = false;
    zs_out_printf(out, "\naccelerator:\n  stream:\n    fifo_depth: %u\n    fifos: \"", least);
    for (uint32_t i = 0; i < f->flow.edge_n; i++) {
        const bool is_branch = f->flow.nodes[f->flow.edges[i].from].out_n > 1 ||
                               f->flow.nodes[f->flow.edges[i].to].in_n > 1;
        if (!has_fifo(f, i) || (r->depths[i] <= least && !is_branch))
            continue;
        zs_out_text(out, any ? ";" : "");
        zs_out_text(out, f->edge_names[i]);
        zs_out_printf(out, "=%u", r->depths[i]);
        any = true;
    }
    zs_out_text(out, "\"\n");
}

static const zs_text_column columns[] = {
    {.head = "FIFO before", .most = 40},
    {.head = "bits", .least = 5, .gap = 1, .is_right = true},
    {.head = "before", .least = 7, .gap = 1, .is_right = true},
    {.head = "fill", .least = 7, .gap = 1, .is_right = true},
    {.head = "depth", .least = 7, .gap = 1, .is_right = true},
    {.head = "proof", .gap = 2},
};

static void put_row(zs_text_table *t, const zs_plan_flow *f, const zs_flow_fifos *r, uint32_t i)
{
    char text[32];
    const uint32_t figures[] = {f->edge_bits[i], f->flow.edges[i].depth, r->filled[i],
                                r->depths[i]};
    zs_text_cell(t, f->edge_names[i]);
    for (size_t k = 0; k < ZS_LEN(figures); k++) {
        snprintf(text, sizeof text, "%u", figures[k]);
        zs_text_cell(t, text);
    }
    zs_text_cell(t, proof_of(r, i));
    zs_text_end_row(t);
}

zs_status zs_fifos_table_emit(const zs_plan_flow *f, const zs_flow_fifos *r,
                              const zs_flow_fifos_options *o, const zs_table_style *style,
                              const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s, .colour = style != NULL && style->colour};
    zs_text_table t = {.out = &out, .columns = columns, .n = ZS_LEN(columns)};
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < f->flow.edge_n; i++)
            if (has_fifo(f, i))
                put_row(&t, f, r, i);
        if (pass == 0)
            zs_text_heads(&t, ZS_PAINT_NONE);
    }
    zs_out_printf(
        &out, "\n%" PRIu64 " words in all; before %" PRIu64 ", by the largest fill %" PRIu64 "\n",
        r->words, words_before(f), r->words_filled);
    zs_out_printf(&out, "%" PRIu64 " LUTs and %" PRIu64 " BRAM18\n", r->cost.lut, r->cost.bram18);
    zs_out_printf(&out,
                  "interval %" PRIu64 " cycles, last of %" PRIu64 " images complete at %" PRIu64
                  "; never full: %" PRIu64 " and %" PRIu64 "\n",
                  r->interval, o->images, r->end, r->free_interval, r->free_end);
    if (r->least_interval > 0)
        zs_out_printf(&out, "depth %u everywhere: interval %" PRIu64 "\n", o->least,
                      r->least_interval);
    else
        zs_out_printf(&out, "depth %u everywhere: a deadlock\n", o->least);
    zs_out_printf(&out, "the last of 48 images comes %" PRIu64 " cycles after the one before\n",
                  r->long_interval);
    zs_out_printf(
        &out,
        "proven by %u runs: a loss of %.3g %% is kept, and each depth one less, the others "
        "given,\nloses more or is below %u; not proven: that no other choice has fewer "
        "words\n",
        r->runs, 100 * o->loss, o->least);
    emit_yaml(&out, f, r, o->least);
    return zs_out_end(&out, "the table", err);
}
