/* set_key.h - keys of a kind's own, whose struct only the kind's folder knows. */
#ifndef ZYNQSIM_TEST_SET_KEY_H
#define ZYNQSIM_TEST_SET_KEY_H

#include "zynqsim/design.h"

#include <check.h>
#include <stdio.h>

/* A number, or true and false as 1 and 0. */
static inline void test_set(zs_design *d, const char *path, double value)
{
    char text[32];
    zs_err err = {.text = ""};
    const bool is_switch = zs_field_find(path)->type == ZS_FIELD_BOOL;
    snprintf(text, sizeof text, "%.17g", value);
    ck_assert_msg(zs_design_set(d, NULL, path,
                                !is_switch   ? text
                                : value != 0 ? "true"
                                             : "false",
                                &err) == ZS_OK,
                  "%s: %s", err.place, err.text);
}

#endif
