#include "cli_priv.h"

#include <inttypes.h>

/* ---- a design -------------------------------------------------------------------------------- */

static zs_status emit_buffers(const zs_plan *plan, const zs_sink *s)
{
    ZS_TRY(zs_sink_printf(s, "\n%-10s %6s %11s %5s %6s %12s %7s\n", "buffer", "banks", "words/bank",
                          "bits", "tiles", "bytes", "BRAM18"));
    for (uint32_t i = 0; i < ZS_BUF_N; i++) {
        const zs_plan_buffer *b = &plan->buffers[i];
        if (b->bytes > 0)
            ZS_TRY(zs_sink_printf(s, "%-10s %6u %11u %5u %6u %12" PRIu64 " %7u\n", b->name,
                                  b->banks, b->depth_words, b->word_bits, b->slots, b->bytes,
                                  b->bram18));
    }
    return ZS_OK;
}

/* Who uses what of the part; the sum is what `run` holds against the board. */
static zs_status emit_account(const cli_point *p, zs_arena *arena, const zs_sink *s, zs_err *err)
{
    zs_fit fit;
    ZS_TRY(zs_fit_build(arena, &p->design, p->plan, &fit, err));
    static const char *const row = "%-22s %6u %6u %7u %7u  %s\n";
    ZS_TRY(
        zs_sink_printf(s, "\n%-22s %6s %6s %7s %7s\n", "resources", "DSP", "BRAM18", "LUT", "FF"));
    for (uint32_t i = 0; i < fit.item_n; i++) {
        const zs_fit_item *item = &fit.items[i];
        ZS_TRY(zs_sink_printf(s, row, item->name, item->r.dsp, item->r.bram18, item->r.lut,
                              item->r.ff, item->detail));
    }
    ZS_TRY(zs_sink_printf(s, row, "used", fit.used.dsp, fit.used.bram18, fit.used.lut, fit.used.ff,
                          fit.fits ? "fits" : "does not fit"));
    return zs_sink_printf(s, row, "available", fit.available.dsp, fit.available.bram18,
                          fit.available.lut, fit.available.ff, p->design.board_name);
}

static zs_status emit_calls(const zs_plan *plan, const zs_sink *s)
{
    ZS_TRY(zs_sink_printf(s, "\n%-4s %-16s rows\n", "call", "name"));
    for (uint32_t i = 0; i < plan->call_n; i++) {
        const zs_plan_call *call = &plan->calls[i];
        ZS_TRY(zs_sink_printf(s, "%-4u %-16s", i, call->name));
        for (uint32_t r = call->row0; r < call->row0 + call->row_n; r++)
            ZS_TRY(zs_sink_printf(s, " %s", plan->rows[r].name));
        ZS_TRY(zs_sink_puts(s, "\n"));
    }
    uint32_t on_cpu = 0;
    for (uint32_t r = 0; r < plan->row_n; r++) {
        if (plan->rows[r].call != ZS_NO_INDEX)
            continue;
        ZS_TRY(zs_sink_printf(s, "%s %s", on_cpu++ ? "" : "PS   -               ",
                              plan->rows[r].name));
    }
    if (on_cpu > 0)
        ZS_TRY(zs_sink_puts(s, "\n"));
    if (plan->fusion_note != NULL)
        ZS_TRY(zs_sink_printf(s, "\nfusion: %s\n", plan->fusion_note));
    return zs_sink_printf(s, "\n%u ops, %" PRIu64 " bytes of DRAM in use\n", plan->op_n,
                          plan->dram_bytes);
}

static zs_status emit_point(cli_point *p, bool is_listing, const zs_sink *s, zs_err *err)
{
    if (is_listing)
        return zs_plan_listing_emit(&p->design, p->net, p->plan, s, err);
    ZS_TRY(zs_design_yaml_emit(&p->design, s, err));
    ZS_TRY(zs_sink_puts(s, "\n"));
    ZS_TRY(zs_net_table_emit(p->net, s, err));
    ZS_TRY(emit_buffers(p->plan, s));
    ZS_TRY(emit_account(p, &p->keep, s, err));
    return emit_calls(p->plan, s);
}

zs_status cmd_show(const cli_options *options, int *exit_status, zs_err *err)
{
    (void)exit_status;
    const zs_sink sink = cli_stdout();
    if (options->fields)
        return zs_fields_markdown_emit(&sink, err);
    if (options->metrics)
        return zs_metrics_markdown_emit(&sink, err);
    cli_point point;
    zs_status status = cli_point_build(options, &point, err);
    if (status == ZS_OK)
        status = emit_point(&point, options->plan, &sink, err);
    cli_point_drop(&point);
    return status;
}
