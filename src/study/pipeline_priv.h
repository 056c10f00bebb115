/* pipeline_priv.h - what the files of pipelines share. */
#ifndef ZYNQSIM_PIPELINE_PRIV_H
#define ZYNQSIM_PIPELINE_PRIV_H

#include "zynqsim/pipeline.h"

/* One transfer of so many bytes over a link, latency included; 0 where links are free. */
double zs_pipeline_link_s(const zs_design *design, uint64_t bytes);
/* What passes the cut behind layer `last`, and how long it takes. */
void zs_pipeline_cross(const zs_design *design, const zs_train_setup *setup, uint32_t last,
                       zs_pipeline_stage *stage);
/* The softmax that the loss includes. */
bool zs_pipeline_is_in_loss(const zs_train_setup *setup, const zs_layer *layer);
/* Time of a mini-batch in the scheme of the setup, or of an image, from times of stages and links.
 */
zs_status zs_pipeline_pace(zs_arena *arena, const zs_design *design, const zs_train_setup *setup,
                           bool infers, zs_pipeline *pipeline, double *seconds, zs_err *err);
/* Fills the figures of pipelined inference and of all schemes of training from times of stages and
 * links. `scheme` is the one whose loads of training are kept; parts: micro-batches of gpipe. */
zs_status zs_pipeline_flow(zs_arena *arena, const zs_design *design, uint32_t scheme,
                           uint32_t parts, zs_pipeline *pipeline, zs_err *err);

#endif
