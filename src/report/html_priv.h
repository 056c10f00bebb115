/* html_priv.h - the page: escaping, tables, and its parts. */
#ifndef ZYNQSIM_HTML_PRIV_H
#define ZYNQSIM_HTML_PRIV_H

#include "chart_priv.h"

/* Text as HTML: markup characters become entities; NULL is a dash. Fit for attributes, too. */
void zs_html_text(zs_out *out, const char *text);
/* A finished SVG, without its XML prologue; ids get `prefix`, so that two pictures on one page do
 * not share them. An empty span becomes a sentence that says so. */
void zs_html_svg(zs_out *out, zs_span svg, const char *prefix, const char *title,
                 const char *description);
/* <td>, right-aligned by class. */
void zs_html_number(zs_out *out, const char *text);
void zs_html_cell(zs_out *out, const char *text);
/* <table> with caption and column heads, up to <tbody>; heads starting with # are numbers. */
void zs_html_table(zs_out *out, const char *id, const char *caption, const char *const *heads,
                   size_t head_n);
void zs_html_table_end(zs_out *out);

/* Key and picture. */
void zs_html_bars(zs_out *out, const zs_bar_chart *chart);
void zs_html_points(zs_out *out, const zs_point_chart *chart);

/* Up to the text of <title>; from there to the end of <head>. */
void zs_html_start(zs_out *out);
void zs_html_style(zs_out *out);
void zs_html_head(zs_out *out, const zs_result *r);
void zs_html_layers(zs_out *out, const zs_result *r);
/* Nodes and FIFOs of a flow, engines where there are several; nothing where there is neither. */
void zs_html_flow(zs_out *out, const zs_result *r);
void zs_html_account(zs_out *out, const zs_result *r);
/* Charts: the layers in time, their bytes by operand; shares of the device (within a section). */
void zs_html_timeline(zs_out *out, const zs_result *r);
void zs_html_bytes(zs_out *out, const zs_result *r);
void zs_html_device(zs_out *out, const zs_result *r);
void zs_html_foot(zs_out *out, const zs_result *r);

#endif
