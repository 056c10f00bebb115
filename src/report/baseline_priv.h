/* baseline_priv.h - designs and figures of a check as text, for all its forms. */
#ifndef ZYNQSIM_BASELINE_PRIV_H
#define ZYNQSIM_BASELINE_PRIV_H

#include "out_priv.h"
#include "zynqsim/baseline.h"

/* "../default.yaml, batch=2, tile". */
typedef struct zs_case_title {
    char text[512];
} zs_case_title;
zs_case_title zs_case_title_of(const zs_baseline_case *c);

zs_cell zs_move_value(const zs_value *value); /* as people read it */
/* "+0.013 %", "+12" where nothing was before; "" for texts. */
zs_cell zs_move_change(const zs_move *m);
bool zs_verdict_moved(const zs_case_verdict *v);
bool zs_verdict_misfits(const zs_case_verdict *v);

/* How often something was compared and moved, over all files. */
typedef struct zs_check_totals {
    uint32_t designs, moved_designs, misfits, figures, moved_figures, open_figures;
} zs_check_totals;
zs_check_totals zs_check_totals_of(const zs_checked *files, uint32_t n);

/* What moved in one design: a line per figure of the network, below it the layers that moved most.
 * `indent` blanks before each line. */
void zs_moves_out(zs_out *out, const zs_checked *file, uint32_t case_index, size_t indent,
                  bool as_xml);
/* How to record layers, so that the next check can name them: where something moved and the
 * baseline has none. */
void zs_layers_hint_out(zs_out *out, const zs_checked *file, uint32_t case_index, size_t indent);

#endif
