/* verdict_priv.h - what a result says in words: shared by the terminal page and the HTML page. */
#ifndef ZYNQSIM_VERDICT_PRIV_H
#define ZYNQSIM_VERDICT_PRIV_H

#include "zynqsim/sim.h"

/* The model's verdict and the measured one point to different things. Never for a layer of the PS.
 */
bool zs_layer_verdicts_differ(const zs_layer_result *l);
/* The simulator's note, or a sentence about why the verdicts may differ; NULL when there is nothing
 * to explain. */
const char *zs_layer_note(const zs_layer_result *l);
/* Footnotes: distinct notes numbered from 1 in the order of rows; 0 without note. */
uint32_t zs_layer_note_number(const zs_result *r, uint32_t layer);
/* First row whose footnote has this number, or r->layer_n. */
uint32_t zs_note_first_layer(const zs_result *r, uint32_t number);

/* Sum over the rows. */
uint64_t zs_result_waited(const zs_result *r, zs_cause cause);
/* Of the time of all rows, which may overlap. */
double zs_result_waited_share(const zs_result *r, zs_cause cause);
/* The result with the pipeline of engine `i` for its own, or none. */
zs_result zs_result_of_engine(const zs_result *r, uint32_t i);
/* Layers of a pipeline are not fused into calls: the word of the design says nothing there. */
bool zs_result_fuses(const zs_result *r);
/* Of a pipeline of layers the node that is busy longest. */
uint32_t zs_slowest_node(const zs_result *r);
zs_cause zs_result_limited_by(const zs_result *r);
/* "works", "waits for reads", ... */
const char *zs_cause_phrase(zs_cause cause);

/* Splits `slots` among the causes in proportion to cycles, largest remainders first. */
void zs_waited_slots(const zs_layer_result *l, uint32_t slots, uint32_t out[ZS_CAUSE_N]);

/* A figure of metrics.def by its name; the name must exist. */
double zs_figure(const zs_result *r, const char *name);
double zs_layer_figure(const zs_result *r, uint32_t layer, const char *name);

#endif
