/* What a search turns, and the least time that kernels with open keys may take: test_kind_spaces.c
 * of tests/study holds it against what they do take.
 *
 * Loops are known once everything but these keys is: a sum takes the shorter of its two intervals
 * and waits for nothing, no filter is copied, and every layer has a kernel of its own, whose loops
 * have fixed trips and wait for no other. Of resources nothing is known. */
#include "kernels_priv.h"

#include <string.h>

static const char *const axes[] = {"accelerator.kernels.register_sum=false,true",
                                   "accelerator.kernels.local_weights=false,true",
                                   "accelerator.kernels.local_input=false,true",
                                   "accelerator.kernels.fuse_epilogue=false,true",
                                   "accelerator.kernels.channels=false,true",
                                   "accelerator.kernels.queues=false,true",
                                   "accelerator.kernels.parameterise=false,true",
                                   "accelerator.unroll.ic=1,2,4,8,16",
                                   "accelerator.unroll.kx=1,3",
                                   "accelerator.unroll.ky=1,3",
                                   NULL};
static const char *const knobs[] = {"accelerator.kernels.local_weights",
                                    "accelerator.kernels.register_sum",
                                    "accelerator.kernels.parameterise",
                                    "accelerator.ports.input",
                                    "accelerator.ports.weight",
                                    "accelerator.ports.output",
                                    NULL};

/* Which layers have one kernel depends on their sums and copied filters as well. */
static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    kernels_params *p = kernels_params_in(&d->accel);
    const bool may_share = p->parameterise || d->layer_setting_n > 0;
    uint32_t last_port = 0;
    bool has_ports = false;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(open[i].path, "accelerator.kernels.local_weights") == 0) {
            p->local_weights = false;
            p->opens_classes |= may_share;
        } else if (strcmp(open[i].path, "accelerator.kernels.register_sum") == 0) {
            p->opens_sum = true;
            p->opens_classes |= may_share;
        } else if (strcmp(open[i].path, "accelerator.kernels.parameterise") == 0) {
            p->opens_classes = true;
        } else {
            has_ports = true;
            last_port = open[i].most > last_port ? (uint32_t)open[i].most : last_port;
        }
    if (has_ports && !zs_relax_ports(d, last_port, what == ZS_RELAX_TIME))
        return false;
    return what == ZS_RELAX_TIME || (what == ZS_RELAX_ROOM && n == 0);
}

const zs_kind_space kernels_space = {.axes = axes, .knobs = knobs, .relax = relax};
