/* The layer table of the page. */
#include "html_priv.h"
#include "verdict_priv.h"

#include <stdio.h>

static const char *const heads[] = {
    "layer",    "call",  "#MACs",  "#cycles",     "#share",   "#ms",        "#read",
    "#written", "#op/B", "#GOP/s", "#attainable", "roofline", "limited by", "cycles spent",
};

static void emit_key(zs_out *out)
{
    zs_out_text(out, "<p class=\"key\">Cycles spent:");
    for (int cause = 0; cause < ZS_CAUSE_N; cause++)
        zs_out_printf(out, " <span><i class=\"c%d\"></i>%s%s</span>", cause,
                      cause == 0 ? "MAC array " : "", zs_cause_phrase((zs_cause)cause));
    zs_out_text(out, "</p>\n");
}

/* Numbers as sort keys, which the shown text is not. */
static void key_cell(zs_out *out, double key, const char *text)
{
    zs_out_printf(out, "<td class=\"n\" data-k=\"%.9g\">", key == key ? key : -1);
    zs_html_text(out, text);
    zs_out_text(out, "</td>");
}

static void bar_cell(zs_out *out, const zs_layer_result *l)
{
    zs_out_printf(out, "<td data-k=\"%.6f\"><div class=\"bar\" role=\"img\" aria-label=\"",
                  zs_share(l->waited_cycles[ZS_BY_COMPUTE], l->cycles ? l->cycles : 1));
    for (int cause = 0; cause < ZS_CAUSE_N; cause++)
        zs_out_printf(out, "%s%s %s", cause ? ", " : "", zs_cause_phrase((zs_cause)cause),
                      zs_cell_percent(zs_share(l->waited_cycles[cause], l->cycles)).text);
    zs_out_text(out, "\">");
    for (int cause = 0; cause < ZS_CAUSE_N && l->cycles > 0; cause++) {
        if (l->waited_cycles[cause] > 0)
            zs_out_printf(out, "<i class=\"c%d\" style=\"width:%.2f%%\"></i>", cause,
                          100 * zs_share(l->waited_cycles[cause], l->cycles));
    }
    zs_out_text(out, "</div></td>");
}

static void figure_cells(zs_out *out, const zs_result *r, uint32_t layer)
{
    const zs_layer_result *l = &r->layers[layer];
    const double share = zs_share(l->cycles, r->cycles);
    const double ms = 1e3 * zs_share(l->cycles, r->clock_hz);
    const double intensity = zs_layer_figure(r, layer, "intensity_ops_per_byte");
    const double achieved = zs_layer_figure(r, layer, "achieved_gops");
    const double attainable = zs_layer_figure(r, layer, "attainable_gops");
    key_cell(out, (double)l->macs, zs_cell_si((double)l->macs, "").text);
    key_cell(out, (double)l->cycles, zs_cell_count(l->cycles).text);
    key_cell(out, share, zs_cell_percent(share).text);
    key_cell(out, ms, zs_cell_real(ms, 3).text);
    key_cell(out, (double)l->read_bytes, zs_cell_bytes(l->read_bytes).text);
    key_cell(out, (double)l->write_bytes, zs_cell_bytes(l->write_bytes).text);
    key_cell(out, intensity, zs_cell_real(intensity, 1).text);
    key_cell(out, achieved, zs_cell_rate(achieved).text);
    key_cell(out, attainable, l->on_engine ? zs_cell_rate(attainable).text : NULL);
}

static void emit_row(zs_out *out, const zs_result *r, uint32_t layer)
{
    const zs_layer_result *l = &r->layers[layer];
    const uint32_t note = zs_layer_note_number(r, layer);
    zs_out_text(out, "<tr><th scope=\"row\">");
    zs_html_text(out, l->name);
    zs_out_text(out, "</th>");
    zs_html_cell(out, l->group);
    figure_cells(out, r, layer);
    zs_html_cell(out, !l->on_engine ? NULL : l->memory_roof ? "memory" : "compute");
    zs_out_printf(out, "<td>%s", zs_cause_name(l->limited_by));
    if (note > 0)
        zs_out_printf(out, "%s <sup><a href=\"#note-%u\" aria-label=\"note %u\">%u</a></sup>",
                      zs_layer_verdicts_differ(l) ? " *" : "", note, note, note);
    zs_out_text(out, "</td>");
    bar_cell(out, l);
    zs_out_text(out, "</tr>\n");
}

static void emit_notes(zs_out *out, const zs_result *r)
{
    if (zs_note_first_layer(r, 1) == r->layer_n)
        return;
    zs_out_text(out,
                "<p class=\"faint\">Notes; at * the roofline&#39;s verdict and the measured one "
                "differ:</p>\n<ol class=\"faint\">\n");
    for (uint32_t number = 1;; number++) {
        const uint32_t layer = zs_note_first_layer(r, number);
        if (layer == r->layer_n)
            break;
        zs_out_printf(out, "<li id=\"note-%u\">", number);
        zs_html_text(out, zs_layer_note(&r->layers[layer]));
        zs_out_text(out, "</li>\n");
    }
    zs_out_text(out, "</ol>\n");
}

void zs_html_layers(zs_out *out, const zs_result *r)
{
    emit_key(out);
    zs_html_table(out, "layers", "Layers in the order of the plan; a click on a head sorts.", heads,
                  ZS_LEN(heads));
    for (uint32_t i = 0; i < r->layer_n; i++)
        emit_row(out, r, i);
    zs_html_table_end(out);
    emit_notes(out, r);
}
