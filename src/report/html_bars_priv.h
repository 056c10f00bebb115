/* html_bars_priv.h - horizontal stacked bars as inline SVG: one row each, which can be focused and
 * says in words what it shows. */
#ifndef ZYNQSIM_HTML_BARS_PRIV_H
#define ZYNQSIM_HTML_BARS_PRIV_H

#include "html_priv.h"

enum { ZS_BAR_PARTS = 4 };

typedef struct zs_bar {
    const char *name;
    double from;               /* where it begins */
    double part[ZS_BAR_PARTS]; /* one after the other */
    char said[64];             /* figure behind the bar */
} zs_bar;

typedef struct zs_bars {
    const char *title;               /* of the picture, for who cannot see it */
    const char *unit;                /* of the axis */
    const char *names[ZS_BAR_PARTS]; /* of the parts; NULL: fewer */
    char colours;                    /* 'c': causes, 'o': operands */
    uint32_t n;
    double longest; /* end of the longest bar, in the unit of the axis */
    void (*bar_of)(const void *ctx, uint32_t i, zs_bar *out);
    const void *ctx;
} zs_bars;

/* Key and picture. */
void zs_html_bars(zs_out *out, const zs_bars *bars);
/* At most `most` characters of a name, escaped. */
void zs_html_fit(zs_out *out, const char *name, size_t most);
/* A step of 1, 2 or 5 times a power of ten that divides `range` into about `parts`. */
double zs_nice_step(double range, uint32_t parts);

#endif
