/* yaml_depth_priv.h - how deep a YAML text is nested, before a document is made of it, and where
 * a text ends that is none. */
#ifndef ZYNQSIM_IMPORT_YAML_DEPTH_PRIV_H
#define ZYNQSIM_IMPORT_YAML_DEPTH_PRIV_H

#include "zynqsim/base.h"

#include <yaml.h>

enum { ZS_YAML_DEPTH_MAX = 16 };

/* Whether a list or mapping lies deeper than ZS_YAML_DEPTH_MAX; if so, *mark is where the first of
 * them begins. Reads no further than that, because the scanner's time grows with the square of the
 * nesting. False for what is not YAML: who reads it says why. */
bool zs_yaml_is_too_deep(zs_span text, yaml_mark_t *mark);

/* Where a parser of this text failed; for bytes that are no characters it has but their number. */
yaml_mark_t zs_yaml_failed_at(const yaml_parser_t *parser, zs_span text);

#endif
