#include "line_priv.h"

/* Rows stream through line buffers: the row of the kind. */

static uint32_t interval(const zs_design *design)
{
    (void)design;
    return 1;
}

static const char legend[] =
    "# linebuffer: oy of a load are lines of the input; x is a place in the ring of lines, of a "
    "mac "
    "that of\n"
    "# its last line; a post behind load_w hands the parameters to the PEs, others pool\n";

const zs_kind zs_kind_linebuffer = {
    .word = "linebuffer",
    .draft = line_plan,
    .emit = line_emit,
    .xfer = line_xfer,
    .account = line_account,
    .interval = interval,
    .outline_row = line_outline_row,
    .exec_build = line_exec_build,
    .exec_op = line_exec_op,
    .exec_set = line_exec_set,
    .exec_get = line_exec_get,
    .takes_model_scales = true,
    .narrows_biases = true,
    .listing_legend = legend,
    .space = &line_space,
};
