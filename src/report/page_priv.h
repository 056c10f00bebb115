/* page_priv.h - the terminal page: what its parts share. */
#ifndef ZYNQSIM_PAGE_PRIV_H
#define ZYNQSIM_PAGE_PRIV_H

#include "out_priv.h"
#include "zynqsim/report.h"

typedef struct zs_page {
    zs_out out;
    const zs_result *r;
    size_t columns; /* 80 .. 120 */
    bool colour;
} zs_page;

typedef enum zs_paint {
    ZS_PAINT_NONE,
    ZS_PAINT_STRONG,
    ZS_PAINT_FAINT,
    ZS_PAINT_GOOD,
    ZS_PAINT_BAD,
    ZS_PAINT_COMPUTE, /* the four causes, in the order of zs_cause */
    ZS_PAINT_READ,
    ZS_PAINT_WRITE,
    ZS_PAINT_HOST
} zs_paint;
/* Switches colour; nothing when the page has none. ZS_PAINT_NONE ends it. */
void zs_page_paint(zs_page *page, zs_paint paint);
static inline zs_paint zs_paint_of(zs_cause cause)
{
    return (zs_paint)(ZS_PAINT_COMPUTE + cause);
}

/* The parts, top to bottom. */
void zs_page_summary(zs_page *page);
void zs_page_layers(zs_page *page);
void zs_page_account(zs_page *page);

#endif
