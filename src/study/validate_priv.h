/* validate_priv.h - what the checks of the forms share. */
#ifndef ZYNQSIM_VALIDATE_PRIV_H
#define ZYNQSIM_VALIDATE_PRIV_H

#include "zynqsim/validate.h"

/* Adds a check that has all but its verdict. Sections have room for four of every case. */
enum { ZS_CHECKS_OF_CASE = 4 };
void zs_section_append(zs_section *section, zs_check check);

/* Form `memory`; `memory` is not used, each case has its own. */
zs_status zs_memory_check(zs_arena *scratch, const zs_memory_params *memory,
                          const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err);

/* Forms `builds` and `operators`: a section of each kind of block. */
zs_status zs_build_check(zs_arena *scratch, const zs_memory_params *memory, const zs_reference *ref,
                         uint32_t i, zs_section *sections, zs_err *err);
zs_status zs_operator_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err);

/* As zs_case_check. Counts and splits must be exact, and so must the steady clocks of a direct port
 * with at most four bursts outstanding; other clocks are reported. Each section gets the figure
 * that is furthest off. */
zs_status zs_axi_case_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err);

/* Every figure of the case must be the same. The sections are: the interval; clocks; fills. Each
 * gets the figure that is furthest off. */
zs_status zs_flow_case_check(zs_arena *scratch, const zs_memory_params *memory,
                             const zs_reference *ref, uint32_t i, zs_section *sections,
                             zs_err *err);

/* Sections: base kernels; optimised ones; of a network and style the sum, and for each optimised
 * kernel whether it is faster than its base. */
zs_status zs_stream_case_check(zs_arena *scratch, const zs_memory_params *memory,
                               const zs_reference *ref, uint32_t i, zs_section *sections,
                               zs_err *err);
zs_status zs_kernel_case_check(zs_arena *scratch, const zs_memory_params *memory,
                               const zs_reference *ref, uint32_t i, zs_section *sections,
                               zs_err *err);

/* Every clock must be the same. */
zs_status zs_systolic_case_check(zs_arena *scratch, const zs_memory_params *memory,
                                 const zs_reference *ref, uint32_t i, zs_section *sections,
                                 zs_err *err);
zs_status zs_convolver_case_check(zs_arena *scratch, const zs_memory_params *memory,
                                  const zs_reference *ref, uint32_t i, zs_section *sections,
                                  zs_err *err);

/* Weights after every cycle, a check of each type; what stashing adds over stale weights, in the
 * whole per cents of the tables. */
zs_status zs_training_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err);
zs_status zs_training_memory_check(zs_arena *scratch, const zs_memory_params *memory,
                                   const zs_reference *ref, uint32_t i, zs_section *sections,
                                   zs_err *err);

#endif
