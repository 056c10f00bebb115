/* result_read.h - a result.json as figures, or as the result it was written from.
 *
 * Figures  what compare and check hold side by side: a key that is missing is unknown, so that
 * files of other versions can be read. Result   what report's zs_json_emit writes, for reports:
 * every figure of metrics.def and layer_metrics.def comes out as it went in, counts exactly, ratios
 * to within rounding. Both     leave keys alone that they do not know: a later version may have
 * written them. Omits    the DRAM counters behind row_hit_frac, of which only the share is kept:
 * the transactions are set so that the share is right; and the period of the DRAM clock, likewise.
 * Memory   all texts and lists are the arena's; the bytes are not needed afterwards.
 * Errors   ZS_EPARSE with file and key for what is no JSON, for a key of another type and, of a
 *          result, for one that is missing and for layers that do not add up to the whole;
 *          ZS_ERANGE for counts below 0 and files of more than ZS_RESULT_BYTES_MAX; ZS_ENOMEM. */
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
