/* result_read.h - a result.json as figures, or as the result it was written from.
 *
 * Figures  for compare and check: a missing key is unknown, so files of other versions can be read.
 * Result   for reports: every figure of metrics.def and layer_metrics.def is restored, counts
 *          exactly, ratios to within rounding.
 * Both     ignore unknown keys: a later version may have written them. A file whose schema_version
 *          is above ZS_RESULT_SCHEMA is refused: its keys may mean something else.
 * Omits    the DRAM counters behind row_hit_frac, of which only the fraction is kept: transactions
 *          are set so that the fraction is right; likewise the period of the DRAM clock.
 * Memory   all texts and lists are the arena's; the bytes are not needed afterwards.
 * Errors   ZS_EPARSE with file and key for invalid JSON, for a key of another type and, for a
 *          result, for a missing key and for layers that do not add up to the whole; ZS_ERANGE for
 *          counts below 0 and files of more than ZS_RESULT_BYTES_MAX; ZS_EUNSUPPORTED for a later
 *          schema_version; ZS_ENOMEM. */
#ifndef ZYNQSIM_RESULT_READ_H
#define ZYNQSIM_RESULT_READ_H

#include "zynqsim/base.h"
#include "zynqsim/figures.h"
#include "zynqsim/sim.h"

enum { ZS_RESULT_BYTES_MAX = 64 << 20 };

/* `path` names the file in errors, and the figures. */
zs_status zs_figures_parse(zs_arena *arena, zs_span json, const char *path, zs_figures *out,
                           zs_err *err);
zs_status zs_result_parse(zs_arena *arena, zs_span json, const char *path, zs_result **out,
                          zs_err *err);

#endif
