/* pipeline_priv.h - what the files of pipelines share. */
#ifndef ZYNQSIM_PIPELINE_PRIV_H
#define ZYNQSIM_PIPELINE_PRIV_H

#include "zynqsim/pipeline.h"

/* One transfer of so many bytes over a link, latency included; 0 where links are free. */
double zs_pipeline_link_s(const zs_design *design, uint64_t bytes);
/* Fills the figures of pipelined inference and of all schemes of training from times of stages and
 * links. `scheme` is the one whose loads of training are kept; parts: micro-batches of gpipe. */
zs_status zs_pipeline_flow(zs_arena *arena, const zs_design *design, uint32_t scheme,
                           uint32_t parts, zs_pipeline *pipeline, zs_err *err);

#endif
