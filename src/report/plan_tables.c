/* `show`: what a plan takes of the chip, and which rows each call runs. */
#include "text_table_priv.h"

#include <stdio.h>

static zs_cell number(uint64_t n)
{
    zs_cell cell;
    snprintf(cell.text, sizeof cell.text, "%llu", (unsigned long long)n);
    return cell;
}

static void emit_buffers(zs_out *out, const zs_plan *plan)
{
    for (uint32_t i = 0; i < plan->part_n; i++) {
        zs_out_text(out, i > 0 ? "\nengine " : "engine ");
        zs_out_name(out, plan->parts[i].name);
        zs_out_text(out, "\n");
        emit_buffers(out, plan->parts[i].plan);
    }
    if (plan->part_n > 0)
        return;

    static const zs_text_column columns[] = {
        {.head = "buffer", .least = 10},
        {.head = "banks", .least = 6, .gap = 1, .is_right = true},
        {.head = "words/bank", .least = 11, .gap = 1, .is_right = true},
        {.head = "bits", .least = 5, .gap = 1, .is_right = true},
        {.head = "tiles", .least = 6, .gap = 1, .is_right = true},
        {.head = "bytes", .least = 12, .gap = 1, .is_right = true},
        {.head = "BRAM18", .least = 7, .gap = 1, .is_right = true},
    };
    zs_text_table t = {.out = out, .columns = columns, .n = ZS_LEN(columns)};
    zs_text_heads(&t, ZS_PAINT_NONE);
    for (uint32_t i = 0; i < ZS_BUF_N; i++) {
        const zs_plan_buffer *b = &plan->buffers[i];
        if (b->bytes == 0)
            continue;
        zs_text_cell(&t, b->name);
        zs_text_cell(&t, number(b->banks).text);
        zs_text_cell(&t, number(b->depth_words).text);
        zs_text_cell(&t, number(b->word_bits).text);
        zs_text_cell(&t, number(b->slots).text);
        zs_text_cell(&t, number(b->bytes).text);
        zs_text_cell(&t, number(b->bram18).text);
        zs_text_end_row(&t);
    }
}

static void put_resources(zs_text_table *t, const zs_family *family, const char *name,
                          const zs_resources *r, const char *detail)
{
    zs_text_cell(t, name);
    for (uint32_t i = 0; i < family->block_n; i++)
        zs_text_cell(t, number(r->n[family->blocks[i].id]).text);
    zs_text_cell(t, detail != NULL ? detail : "");
    zs_text_end_row(t);
}

/* What each module of the design uses of the device; the sum is what `run` compares with the board.
 */
static void emit_resources(zs_out *out, const zs_design *d, const zs_fit *fit)
{
    enum { AROUND = 2 };
    static const uint32_t digits[ZS_RESOURCE_N] = {[ZS_RESOURCE_LUT] = 7, [ZS_RESOURCE_FF] = 7};
    const zs_family *family = fit->family;
    zs_text_column columns[AROUND + ZS_RESOURCE_N] = {{.head = "resources", .least = 22}};
    for (uint32_t i = 0; i < family->block_n; i++) {
        const zs_resource_id id = family->blocks[i].id;
        columns[1 + i] = (zs_text_column){.head = zs_resource_table[id].noun,
                                          .least = digits[id] > 0 ? digits[id] : 6,
                                          .gap = 1,
                                          .is_right = true};
    }
    columns[1 + family->block_n] = (zs_text_column){.head = "", .gap = 2};
    zs_text_table t = {.out = out, .columns = columns, .n = AROUND + family->block_n};
    zs_text_heads(&t, ZS_PAINT_NONE);
    for (uint32_t i = 0; i < fit->item_n; i++)
        put_resources(&t, family, fit->items[i].name, &fit->items[i].r, fit->items[i].detail);
    char verdict[ZS_LINE_BYTES];
    size_t at = (size_t)snprintf(verdict, sizeof verdict, "%s",
                                 fit->is_close ? "too close to call"
                                 : fit->fits   ? "fits"
                                               : "does not fit");
    for (uint32_t i = 0; i < family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        at += (size_t)snprintf(verdict + at, sizeof verdict - at, "%s %u..%u %s",
                               i == 0 ? ":" : ",", line.lo, line.hi, line.name);
    }
    put_resources(&t, family, "used", &fit->used, verdict);
    put_resources(&t, family, "available", &fit->available, d->board_name);
}

/* The rows of a call, or those without one: the PS runs them. */
static void put_call(zs_text_table *t, const zs_plan *plan, uint32_t call, const char *number_or_ps,
                     const char *name)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < plan->row_n; r++) {
        if (plan->rows[r].call != call)
            continue;
        if (n++ == 0) {
            zs_text_cell(t, number_or_ps);
            zs_text_cell(t, name);
            zs_text_cell(t, plan->rows[r].name);
            continue;
        }
        zs_text_more(t, ZS_PAINT_NONE, " ");
        zs_text_more(t, ZS_PAINT_NONE, plan->rows[r].name);
    }
    if (n > 0)
        zs_text_end_row(t);
}

static void emit_calls(zs_out *out, const zs_plan *plan)
{
    static const zs_text_column columns[] = {
        {.head = "call", .least = 4},
        {.head = "name", .least = 16, .gap = 1},
        {.head = "rows", .gap = 1},
    };
    zs_text_table t = {.out = out, .columns = columns, .n = ZS_LEN(columns)};
    zs_text_heads(&t, ZS_PAINT_NONE);
    for (uint32_t i = 0; i < plan->call_n; i++)
        put_call(&t, plan, i, number(i).text, plan->calls[i].name);
    put_call(&t, plan, ZS_NO_INDEX, "PS", "-");
}

zs_status zs_plan_tables_emit(const zs_design *d, const zs_plan *plan, const zs_fit *fit,
                              const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    emit_buffers(&out, plan);
    zs_out_text(&out, "\n");
    emit_resources(&out, d, fit);
    zs_out_text(&out, "\n");
    emit_calls(&out, plan);
    if (plan->fusion_note != NULL) {
        zs_out_text(&out, "\nfusion: ");
        zs_out_name(&out, plan->fusion_note);
        zs_out_text(&out, "\n");
    }
    if (plan->choice_note != NULL) {
        zs_out_text(&out, "\nmemories: ");
        zs_out_name(&out, plan->choice_note);
        zs_out_text(&out, "\n");
    }
    zs_out_printf(&out, "\n%u ops, %llu bytes of DRAM in use\n", plan->op_n,
                  (unsigned long long)plan->dram_bytes);
    return zs_out_end(&out, "plan", err);
}
