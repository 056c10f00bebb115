/* analyzer.h - what clang-tidy cannot see across files: a failure returns the status it was given.
 * Included before every source but those of base, which define these functions. */
#include "zynqsim/base.h"

void analyzer_uses(const void *first, ...);

#define zs_fail(err, status, place, ...) (analyzer_uses(err, place, __VA_ARGS__), (status))
#define zs_nomem(err, what)              (analyzer_uses(err, what), ZS_ENOMEM)
