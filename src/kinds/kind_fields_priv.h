/* kind_fields_priv.h - the keys of every kind; <kind>/<kind>_fields.c defines its own with
 * kind_keys.h. */
#ifndef ZYNQSIM_KIND_FIELDS_PRIV_H
#define ZYNQSIM_KIND_FIELDS_PRIV_H

#include "kind_rows_priv.h"
#include "zynqsim/field_rows.h"

#define KIND(id, word, meaning) extern const zs_kind_keys zs_keys_of_##id;
#include KINDS_DEF
#undef KIND

#endif
