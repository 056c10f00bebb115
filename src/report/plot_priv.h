/* plot_priv.h - what the gnuplot scripts share: quoting, size, colours.
 *
 * Names go into single-quoted strings, in which gnuplot expands nothing (no backslash, backquote or
 * macro) and a quote is doubled; labels and tics are `noenhanced`, so that _ and ^ are themselves.
 */
#ifndef ZYNQSIM_PLOT_PRIV_H
#define ZYNQSIM_PLOT_PRIV_H

#include "out_priv.h"
#include "zynqsim/sim.h"

/* 'text', cleaned. */
void zs_plot_text(zs_out *out, const char *text);
/* The same for the name of a tic, which gnuplot takes for a format. */
void zs_plot_tic(zs_out *out, const char *text);
/* Terminal and style; sizes in pixels. Where the caller has set the variable `pdf`, the terminal
 * writes PDF, a pixel for a point. */
void zs_plot_head(zs_out *out, uint32_t width, uint32_t height);
/* Colour of a cause, as '#rrggbb': distinguishable with any colour vision (Okabe and Ito 2008). */
const char *zs_plot_colour(zs_cause cause);
const char *zs_plot_operand_colour(zs_operand operand);

#endif
