/* condition.h - figures and keys by name, and conditions on them: 'resources.dsp <= 220'.
 *
 * Names    a key of a design (fields.def) or a figure of a result (metrics.def); where only
 *          NAME.used exists, NAME means it. A name that is both is the key.
 * Form     NAME OP VALUE with OP one of <= < >= > == !=, several joined by &&. Values are numbers,
 *          in the figure's unit or with their own ("100 MHz"), or words ("lf2", "true"), for which
 *          only == and != are allowed. A boolean name alone means that it is true: 'fits'. An
 *          undefined figure meets no condition.
 * Early    a condition on keys, resources and other figures that are known without simulating.
 * Memory   the arena's. */
#ifndef ZYNQSIM_CONDITION_H
#define ZYNQSIM_CONDITION_H

#include "zynqsim/base.h"
#include "zynqsim/design.h"
#include "zynqsim/sim.h"

typedef struct zs_subject {
    const char *name;
    const zs_field *field; /* NULL: a figure of the result */
    uint32_t metric;       /* index into zs_metrics */
} zs_subject;

/* ZS_EPARSE suggests the nearest name. The name is kept in the arena. */
zs_status zs_figure_find(zs_arena *arena, const char *name, zs_subject *out, zs_err *err);
/* Whether it is known without simulating; of a result only where the design's fusion is not `auto`.
 */
bool zs_figure_is_early(const zs_subject *figure);
/* Whether it can be put in order. */
bool zs_figure_is_number(const zs_subject *figure);
/* NAN where it is undefined or a text. `result` may be NULL for a key. */
double zs_figure_number(const zs_subject *figure, const zs_design *design, const zs_result *result);

typedef enum zs_relation {
    ZS_REL_LE,
    ZS_REL_LT,
    ZS_REL_GE,
    ZS_REL_GT,
    ZS_REL_EQ,
    ZS_REL_NE
} zs_relation;

typedef struct zs_condition {
    const char *text; /* "resources.dsp <= 220" */
    zs_subject figure;
    zs_relation relation;
    double number;
    const char *word; /* NULL: compare numbers */
} zs_condition;

typedef struct zs_conditions {
    const zs_condition *list;
    uint32_t n;
} zs_conditions;

/* All of several texts. ZS_EPARSE with the text as the place. */
zs_status zs_conditions_parse(zs_arena *arena, const char *const *texts, uint32_t text_n,
                              zs_conditions *out, zs_err *err);
bool zs_condition_holds(const zs_condition *condition, const zs_design *design,
                        const zs_result *result);

#endif
