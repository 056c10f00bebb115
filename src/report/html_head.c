/* Head of the page: style, title, and the tiles that answer how fast, what limits, does it fit. */
#include "html_priv.h"
#include "verdict_priv.h"

#include <stdio.h>
#include <string.h>

/* Colours are those of the plots (plot.c). Dark mode inverts whatever has them and turns
 * the hues back, so that pictures and bars still agree. On paper the buttons that sort are plain
 * text: Chromium leaves the box of a button out of heads that it repeats on the next page. */
static const char style[] =
    ":root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--ink:#1d1f21;--faint:#63676b;"
    "--line:#dcdedf;--good:#1a7f37;--bad:#c0262d;"
    "--c0:#0072b2;--c1:#e69f00;--c2:#cc79a7;--c3:#7f7f7f;--o0:#009e73;--o1:#56b4e9;"
    "--o2:#d55e00;--o3:#7f7f7f;--o4:#f0e442;--track:#dcdedf}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#141517;--card:#1b1d1f;--ink:#e6e7e8;"
    "--faint:#9aa0a5;--line:#34383c;--good:#4cc26b;--bad:#ff7b72}"
    ".picture,.bar,.key i,.bars{filter:invert(.9) hue-rotate(180deg) brightness(1.2)}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}\n"
    "main,header,footer{max-width:1160px;margin:0 auto;padding:0 20px}header{padding-top:28px}"
    "footer{padding-bottom:40px}\n"
    "a{color:inherit}h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}"
    "h2{font-size:1.15rem;margin:2.2rem 0 .7rem}p{margin:.4rem 0}.faint{color:var(--faint)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:12px;"
    "margin:20px 0}.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;"
    "padding:12px 16px}.tile h2{font-size:.8rem;font-weight:600;letter-spacing:.03em;"
    "color:var(--faint);margin:0}.tile strong{display:block;font-size:1.5rem;line-height:1.3}"
    ".tile p{font-size:.87rem;color:var(--faint)}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}\n"
    "figure{margin:0}.picture{background:#fff;border-radius:8px;padding:8px;overflow-x:auto}."
    "picture svg{"
    "display:block;width:100%;height:auto}figcaption{font-size:.87rem;color:var(--faint);"
    "margin-top:6px}\n"
    ".scroll,.wide{overflow-x:auto}.scroll{margin:14px 0}table{border-collapse:collapse;width:100%;"
    "font-size:.82rem;font-variant-numeric:tabular-nums}caption{text-align:left;"
    "max-width:calc(100vw - 40px);color:var(--faint);padding-bottom:6px}th,td{padding:4px "
    "7px;border-bottom:1px solid "
    "var(--line);text-align:left;vertical-align:top}thead th{vertical-align:bottom;"
    "border-bottom:2px solid var(--line)}tbody th{font-weight:500;overflow-wrap:anywhere;"
    "min-width:12em}.n{text-align:right;white-space:nowrap}tfoot td,tfoot th{font-weight:600}"
    "@media screen and (max-width:700px){td{white-space:nowrap}}\n"
    "th[aria-sort]{cursor:pointer}th button{all:unset;cursor:pointer}th button:focus-visible{"
    "outline:2px solid var(--c0)}th[aria-sort=ascending] button::after{content:' \\2191'}"
    "th[aria-sort=descending] button::after{content:' \\2193'}\n"
    ".bar{display:flex;height:11px;width:88px;margin-top:5px;border-radius:2px;overflow:hidden;"
    "background:var(--track)}.bar i{display:block;height:100%}.c0{background:var(--c0)}"
    ".c1{background:var(--c1)}.c2{background:var(--c2)}.c3{background:var(--c3)}\n"
    ".key{font-size:.85rem;color:var(--faint)}.key i{display:inline-block;width:11px;height:11px;"
    "border-radius:2px;margin:0 5px 0 14px}.key "
    "span{white-space:nowrap}code{font-size:.8rem;overflow-wrap:anywhere}\n"
    ".o0{background:var(--o0)}.o1{background:var(--o1)}.o2{background:var(--o2)}"
    ".o3{background:var(--o3)}.o4{background:var(--o4)}\n"
    ".chart,.picture svg{min-width:680px}@media print{.chart,.picture svg{min-width:0}}\n"
    ".chart{display:block;width:100%;height:auto;font-size:12px}.chart text{fill:var(--ink)}"
    ".chart .note,.chart .axis text{fill:var(--faint);font-size:11px}.chart .axis path{"
    "stroke:var(--line);fill:none}.chart .hit{fill:transparent}.chart .row:hover .hit{"
    "fill:var(--line);fill-opacity:.4}.chart [tabindex]:focus-visible{outline:2px solid "
    "var(--c1);outline-offset:-1px}"
    "rect.c0,circle.c0{fill:var(--c0)}rect.c1{fill:var(--c1)}rect.c2{fill:var(--c2)}"
    "rect.c3{fill:var(--c3)}rect.o0{fill:var(--o0)}rect.o1{fill:var(--o1)}"
    "rect.o2{fill:var(--o2)}rect.o3{fill:var(--o3)}"
    "rect.o4{fill:var(--o4)}\n"
    /* points: k0.. the values of a key, m0.. the marks */
    ".k0{--k:var(--c0)}.k1,.m1{--k:var(--c1)}.k2{--k:var(--o0)}.k3{--k:var(--c2)}"
    ".k4,.m2{--k:var(--o1)}.k5,.m0{--k:var(--c3)}.m3{--k:var(--o2)}.key i[class^=k],.key "
    "i[class^=m]{"
    "background:var(--k)}.dot{fill:var(--k)}.open{fill:none;stroke:var(--k);stroke-width:1.5}"
    ".no{fill:none;stroke:var(--k);stroke-opacity:.6}.front{fill:none;stroke:var(--o2);"
    "stroke-width:1.5}.span{fill:var(--track)}.budget{stroke:var(--bad);stroke-dasharray:5 4}\n"
    "@media print{:root{--page:#fff;--card:#fff;--ink:#000;--faint:#444;--line:#bbb}body{"
    "font-size:13px}p{break-inside:avoid}.picture,.bar,.key "
    "i,.bars{filter:none}.scroll,.wide,.picture{overflow:visible}.tile,figure,.chart,tr{"
    "break-inside:avoid}thead{display:table-header-group;break-inside:avoid}tbody tr:first-child{"
    "break-before:avoid}caption{break-after:avoid}tfoot{display:table-row-group}th "
    "button{display:contents}tbody th{min-width:13.5em}h2,h2+p,.key{break-"
    "after:avoid}"
    ".bar,.bar i,.key i,.chart{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

static void tile(zs_out *out, const char *head, const char *tone, const char *figure,
                 const char *text)
{
    zs_out_printf(out, "<div class=\"tile\"><h2>%s</h2><strong class=\"%s\">", head, tone);
    zs_html_text(out, figure);
    zs_out_text(out, "</strong><p>");
    zs_html_text(out, text);
    zs_out_text(out, "</p></div>\n");
}

static void tile_time(zs_out *out, const zs_result *r)
{
    char text[ZS_LINE_BYTES];
    snprintf(text, sizeof text, "%s cycles at %s%s; %s images/s", zs_cell_count(r->cycles).text,
             zs_cell_si((double)r->clock_hz, "Hz").text, r->batch > 1 ? ", whole batch" : "",
             zs_cell_rate(zs_figure(r, "images_per_second")).text);
    tile(out, "How fast", "", zs_cell_time(zs_figure(r, "seconds")).text, text);
}

static void tile_limit(zs_out *out, const zs_result *r)
{
    static const char *const words[ZS_CAUSE_N] = {"compute", "DRAM reads", "DRAM writes", "the PS"};
    char text[ZS_LINE_BYTES];
    if (r->flow != NULL) { /* "fc1/mvu: 32768 cycles of an image; ..." */
        const char *colon = strchr(r->flow_limit, ':');
        snprintf(text, sizeof text, "%.*s",
                 (int)(colon != NULL ? colon - r->flow_limit : (ptrdiff_t)strlen(r->flow_limit)),
                 r->flow_limit);
        tile(out, "What limits", "", zs_utf8_cut(text, 40).text,
             colon != NULL ? colon + 2 : "the pipeline of layers");
        return;
    }
    snprintf(text, sizeof text,
             "the MAC array works %s of the time, waits %s for reads, %s for writes, %s for the PS",
             zs_cell_percent(zs_figure(r, "waited_frac.compute")).text,
             zs_cell_percent(zs_figure(r, "waited_frac.read")).text,
             zs_cell_percent(zs_figure(r, "waited_frac.write")).text,
             zs_cell_percent(zs_figure(r, "waited_frac.host")).text);
    tile(out, "What limits", "", words[zs_result_limited_by(r)], text);
}

static void tile_fits(zs_out *out, const zs_result *r)
{
    const zs_fit *fit = &r->fit;
    char text[ZS_LINE_BYTES] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s (%s to %s) of %s",
                                 i == 0 ? "" : ", ", line.name, zs_cell_count(line.used).text,
                                 zs_cell_count(line.lo).text, zs_cell_count(line.hi).text,
                                 zs_cell_count(line.available).text);
    }
    const char *tone = fit->is_close ? "" : fit->fits ? "good" : "bad";
    tile(out, "Does it fit", tone, fit->is_close ? "too close to call" : zs_fit_word(fit), text);
}

static void tile_roof(zs_out *out, const zs_result *r)
{
    const double gops = zs_figure(r, "gops");
    char figure[ZS_LINE_BYTES], text[ZS_LINE_BYTES];
    snprintf(figure, sizeof figure, "%s GOP/s", zs_cell_rate(gops).text);
    snprintf(text, sizeof text, "%s of the engine's %s; %s op/B against a ridge at %s",
             zs_cell_percent(gops / r->roofline.peak_gops).text,
             zs_cell_rate(r->roofline.peak_gops).text,
             zs_cell_real(zs_figure(r, "intensity_ops_per_byte"), 2).text,
             zs_cell_real(r->roofline.ridge_ops_per_byte, 2).text);
    tile(out, "How near the roof", "", figure, text);
}

static void tile_traffic(zs_out *out, const zs_result *r)
{
    char figure[ZS_LINE_BYTES], text[ZS_LINE_BYTES];
    const double rate = zs_figure(r, "dram.bytes_per_second");
    snprintf(figure, sizeof figure, "%s",
             zs_cell_bytes(r->dram.read_bytes + r->dram.write_bytes).text);
    snprintf(text, sizeof text, "%s read, %s written; %s, %s of the DRAM's peak",
             zs_cell_bytes(r->dram.read_bytes).text, zs_cell_bytes(r->dram.write_bytes).text,
             zs_cell_si(rate, "B/s").text, zs_cell_percent(rate / r->memory_peak_bytes_per_s).text);
    tile(out, "DRAM traffic", "", figure, text);
}

static void tile_energy(zs_out *out, const zs_result *r)
{
    char figure[ZS_LINE_BYTES], text[ZS_LINE_BYTES];
    snprintf(figure, sizeof figure, "%s", zs_cell_si(r->energy.joules, "J").text);
    snprintf(text, sizeof text,
             "between %s and %s; %s on average, %s GOP/J: to order variants by, not to read watts",
             zs_cell_si(r->energy.lo_joules, "J").text, zs_cell_si(r->energy.hi_joules, "J").text,
             zs_cell_si(r->energy.watts, "W").text,
             zs_cell_rate(zs_figure(r, "energy.gop_per_joule")).text);
    tile(out, "Energy", "", figure, text);
}

void zs_html_start(zs_out *out)
{
    zs_out_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                     "<title>");
}

void zs_html_style(zs_out *out)
{
    zs_out_text(out, "</title>\n<style>\n");
    zs_out_text(out, style);
    zs_out_text(out, "</style></head>\n");
}

void zs_html_head(zs_out *out, const zs_result *r)
{
    zs_html_start(out);
    zs_html_text(out, r->network);
    zs_out_text(out, " on ");
    zs_html_text(out, r->board);
    zs_html_style(out);
    zs_out_text(out, "<body><header><h1>");
    zs_html_text(out, r->network);
    zs_out_text(out, " on ");
    zs_html_text(out, r->board);
    zs_out_text(out, "</h1>\n<p class=\"faint\">design ");
    zs_html_text(out, r->design);
    zs_out_text(out, "; ");
    zs_html_text(out, r->precision);
    if (zs_result_fuses(r)) {
        zs_out_text(out, ", fusion ");
        zs_html_text(out, r->fusion);
    }
    zs_out_printf(out, ", %s call%s, batch %u, timing model “", zs_cell_count(r->calls).text,
                  r->calls == 1 ? "" : "s", r->batch);
    zs_html_text(out, r->fidelity);
    zs_out_text(out, "”</p></header>\n");
    zs_out_text(out, "<main>\n<div class=\"tiles\">\n");
    tile_time(out, r);
    tile_limit(out, r);
    tile_fits(out, r);
    tile_roof(out, r);
    tile_traffic(out, r);
    tile_energy(out, r);
    zs_out_text(out, "</div>\n");
}
