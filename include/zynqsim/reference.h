/* reference.h - tables of cases with known answers, and of cases to be asked.
 *
 * A file is recognised by its columns; others it has beside them are ignored. Columns in brackets
 * may be absent. `reason` (why a prediction misses) and `source` may stand in any of the forms.
 *
 *   runs       case design [set fidelity scope] metric measured tolerance
 *                design    path relative to the table
 *                set       path=value;path=value
 *                fidelity  bound, tile or burst (burst)
 *                scope     empty: a figure of the whole network (sim/metrics.def); else the name of
 *                          a row of the result (sim/layer_metrics.def). name#2 is the second row of
 *                          a name, for calls of one layer cut in pieces
 *                measured  in the unit of the metric; lo..hi is a band
 *                tolerance exact, 5%, a number in that unit, or 8%|30e-6: the larger of both;
 *                          nothing: the error is reported, not judged
 *   tile       case M N R C K S TM TN TR TC words_per_beat rd_latency b_latency rd_outst wr_outst
 *              pipe_depth block_rows weight_port row_gap total_cycles
 *   training memory  network ppv activation_MiB_per_sample batch weights_MiB
 *              increase_pipedream_pct increase_stale_pct [dataset]: of one pipeline; ppv lists the
 *              layers before each pair of registers
 *   memory     case set spec metric measured tolerance; the last two as in runs
 *   dram band  case spec frac_peak_lo frac_peak_hi [bw_class lat_mean_lo_ns lat_mean_hi_ns
 *              lat_class note]: the band that several measurements span. The classes tight, medium
 *              and loose are derived where they are missing: within 3 %, within 10 %, or wider
 *   rates      board device_name aocl_version interleaved_banks kernel_MHz copy_MBps scale_MBps
 *              add_MBps triad_MBps: loops over whole arrays in the DRAM of a card
 *                interleaved_banks  yes: arrays over all channels; no: on one each
 *   kernel     net variant fmax_MHz kernel op cin cout k hout wout stride loop_nest accumulator
 *              input_from exec_ms source_matches [design]: kernels of one net and name are one
 *              layer, those of one net, variant and design are in the device together
 *                loop_nest    as nest.h reads it; nothing: reported, without a prediction
 *                accumulator  global, register or array; input_from: global or local
 *                source_matches  no: the kernel is not sure to be the one that was measured;
 * reported dram rows  case spec valid_bw valid_lat frac_peak [rd_lat_mean_ns n_ref note]: one row
 * per case and measurement; the valid ones of a case span its band
 *
 * A note with "refresh off", or n_ref = 0 in every row of the file, says that the memory was not
 * refreshed.
 *
 * Values that make no sense are errors with file:line and column. All lives in the arena it is read
 * into, and points into the table. */
#ifndef ZYNQSIM_REFERENCE_H
#define ZYNQSIM_REFERENCE_H

#include "zynqsim/table.h"
#include "zynqsim/traffic.h"
#include "zynqsim/validate.h"

/* Columns `case` and `spec` (the grammar of traffic.h): what `memory` reads. */
zs_status zs_traffic_table_parse(zs_arena *arena, const zs_table *table, zs_traffic_case **cases,
                                 uint32_t *n, zs_err *err);
/* One cell with a pattern for the DRAM alone: streams that name a port are refused. */
zs_status zs_traffic_cell_parse(const zs_table *table, uint32_t row, uint32_t column,
                                zs_traffic *out, zs_err *err);

/* Whether the header is one of those above. */
bool zs_reference_known(const zs_table *header);
/* An error that names the columns found, the forms known, and what the nearest of them lacks. */
zs_status zs_reference_unknown(const zs_table *header, zs_err *err);
zs_status zs_reference_parse(zs_arena *arena, const zs_table *table, zs_reference *out,
                             zs_err *err);

#endif
