/* page_priv.h - the terminal page: what its parts share. */
#ifndef ZYNQSIM_PAGE_PRIV_H
#define ZYNQSIM_PAGE_PRIV_H

#include "text_table_priv.h"

typedef struct zs_page {
    zs_out out;
    const zs_result *r;
    size_t columns; /* 80 .. 120 */
} zs_page;

static inline zs_paint zs_paint_of(zs_cause cause)
{
    return (zs_paint)(ZS_PAINT_COMPUTE + cause);
}

/* The parts, top to bottom. */
void zs_page_summary(zs_page *page);
void zs_page_layers(zs_page *page);
void zs_page_account(zs_page *page);
/* Results of a pipeline of layers: nodes and FIFOs, and the node that sets the pace. */
void zs_page_flow(zs_page *page);
/* Engines, where there are several, with the pipeline of each that is one. */
void zs_page_engines(zs_page *page);
void zs_page_flow_limit(zs_page *page, size_t indent);

#endif
