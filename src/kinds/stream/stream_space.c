/* What a search turns, and the least that designs with open knobs may come to: test_kind_spaces.c
 * of tests/study holds it against what they do come to.
 *
 * A folding says how long every layer works, whatever memories are made of, however deep FIFOs are
 * and wherever the DMAs are. */
#include "stream_priv.h"

#include <string.h>

static const char targets[] =
    "accelerator.stream.target+accelerator.stream.folding=10 fps/,30 fps/,100 fps/,300 fps/,"
    "1000 fps/,3000 fps/,10000 fps/,30000 fps/,100000 fps/,300000 fps/";
static const char *const axes[] = {"accelerator.clock", targets,
                                   "accelerator.stream.least=false,true",
                                   "accelerator.stream.memory=auto,block,distributed", NULL};

static const char *const knobs[] = {"accelerator.stream.memory", "accelerator.stream.fifo_depth",
                                    "accelerator.ports.input",   "accelerator.ports.weight",
                                    "accelerator.ports.output",  NULL};

/* A folding of the least resources depends on what memories are made of. */
static bool relax(zs_design *d, const zs_open_knob *open, uint32_t n, zs_relaxing what)
{
    stream_params *p = stream_params_in(&d->accel);
    uint32_t last_port = 0;
    bool has_ports = false;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(open[i].path, "accelerator.stream.memory") == 0)
            p->opens_memory = true;
        else if (strcmp(open[i].path, "accelerator.stream.fifo_depth") == 0) {
            p->opens_fifos = true;
        } else {
            has_ports = true;
            last_port = open[i].most > last_port ? (uint32_t)open[i].most : last_port;
        }
    if (has_ports && !zs_relax_ports(d, last_port, what == ZS_RELAX_TIME))
        return false;
    return (what == ZS_RELAX_TIME || what == ZS_RELAX_ROOM) && !(p->opens_memory && p->least);
}

const zs_kind_space stream_space = {.axes = axes, .knobs = knobs, .relax = relax};
