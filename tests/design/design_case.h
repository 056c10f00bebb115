/* design_case.h - a design point with an arena, for the tests of this module. */
#ifndef ZYNQSIM_TEST_DESIGN_CASE_H
#define ZYNQSIM_TEST_DESIGN_CASE_H

#include "support.h"
#include "zynqsim/design.h"

typedef struct design_case {
    zs_arena arena;
    zs_design design;
    zs_err err;
} design_case;

/* Defaults in a fresh arena. */
void design_case_start(design_case *c);
void design_case_end(design_case *c);
zs_status design_case_set(design_case *c, const char *path, const char *text);

/* The first kind in which a key has an effect. */
uint32_t design_case_kind_of(const zs_field *field);

TCase *tcase_fields(void);
TCase *tcase_quantities(void);
TCase *tcase_lists(void);
TCase *tcase_boards(void);
TCase *tcase_design_checks(void);
TCase *tcase_derived(void);
TCase *tcase_kinds(void);

#endif
