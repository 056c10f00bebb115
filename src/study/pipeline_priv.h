/* pipeline_priv.h - what the files of pipelines share. */
#ifndef ZYNQSIM_PIPELINE_PRIV_H
#define ZYNQSIM_PIPELINE_PRIV_H

#include "zynqsim/pipeline.h"

/* Fills the figures of pipelined inference from times of stages and links. */
zs_status zs_pipeline_flow(zs_arena *arena, const zs_design *design, zs_pipeline *pipeline,
                           zs_err *err);

#endif
