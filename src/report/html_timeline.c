/* Charts of one result that say more than its tables: when each layer ran, what it moved, how full
 * the device is. */
#include "chart_priv.h"
#include "html_priv.h"

static void section(zs_out *out, const char *id, const char *title, const char *words)
{
    zs_out_printf(out, "<section aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n<p>%s</p>\n", id,
                  id, title, words);
}

void zs_html_timeline(zs_out *out, const zs_result *r)
{
    const zs_bar_chart chart = zs_chart_timeline(r);
    section(
        out, "timeline", "Timeline",
        "From when to when each layer ran (grey), and how long the MAC array, the read and write "
        "channels and the PS worked in it: strips as long as the grey bar had no pause, and what "
        "lies under another strip was done at the same time. The strips say how much; when "
        "exactly is in the trace of a run.");
    zs_html_bars(out, &chart);
    zs_out_text(out, "</section>\n");
}

void zs_html_bytes(zs_out *out, const zs_result *r)
{
    const zs_bar_chart chart = zs_chart_layer_bytes(r);
    section(out, "bytes", "Bytes by kind",
            "What each layer moves between the DRAM and the chip. The table of operands below has "
            "the sums.");
    zs_html_bars(out, &chart);
    zs_out_text(out, "</section>\n");
}

void zs_html_device(zs_out *out, const zs_result *r)
{
    const zs_bar_chart chart = zs_chart_device(r);
    zs_html_bars(out, &chart);
}
