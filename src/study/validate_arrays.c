#include "validate_priv.h"

#include "zynqsim/flow.h"

#include <stdio.h>

/* Systolic arrays and streaming convolvers in RTL. */

typedef struct figure {
    const char *name, *unit;
    uint64_t predicted, measured;
} figure;

static void append(zs_section *section, const char *name, const char *reason, const char *source,
                   const figure *figures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        zs_section_append(section, (zs_check){.name = name,
                                              .scope = "",
                                              .figure = figures[i].name,
                                              .unit = figures[i].unit,
                                              .predicted = (double)figures[i].predicted,
                                              .lo = (double)figures[i].measured,
                                              .hi = (double)figures[i].measured,
                                              .reason = reason,
                                              .source = source});
}

zs_status zs_systolic_case_check(zs_arena *scratch, const zs_memory_params *memory,
                                 const zs_reference *ref, uint32_t i, zs_section *sections,
                                 zs_err *err)
{
    const zs_systolic_measured *m = &ref->systolics[i];
    const zs_systolic_times t = zs_systolic_run(&m->array, m->depth, m->tiles);
    (void)scratch, (void)memory, (void)err;
    const figure figures[] = {
        {"last_input_cycle", "PL cycles", t.last_input, m->times.last_input},
        {"first_output_cycle", "PL cycles", t.first_output, m->times.first_output},
        {"first_tile_last_output_cycle", "PL cycles", t.first_tile_last_output,
         m->times.first_tile_last_output},
        {"last_output_cycle", "PL cycles", t.last_output, m->times.last_output},
    };
    append(sections, m->name, m->reason, m->source, figures, ZS_LEN(figures));
    return ZS_OK;
}

/* A window generator whose windows are a word each, with one multiplier a tap behind it: two stages
 * from the pixel that completes a window to its sum, so a clock later. The end flag rises in the
 * clock after the last pixel has left these stages. */
enum { STAGES = 2 };

zs_status zs_convolver_case_check(zs_arena *scratch, const zs_memory_params *memory,
                                  const zs_reference *ref, uint32_t i, zs_section *sections,
                                  zs_err *err)
{
    const zs_convolver_measured *m = &ref->convolvers[i];
    const uint64_t pixels = (uint64_t)m->n * m->n;
    char text[128];
    zs_flow_chain chain;
    zs_flow_result result;
    (void)memory;
    snprintf(text, sizeof text,
             "fifo(2)|swg(h=%u,w=%u,c=1,simd=1,k=%u,stride=%u,parallel,flush=%d)|fifo(2)", m->n,
             m->n, m->k, m->stride, STAGES);
    ZS_TRY(zs_flow_chain_parse(scratch, text, pixels, 1, m->name, &chain, err));
    ZS_TRY(zs_flow_run(scratch, &chain.flow, 1, false, &result, err));
    const zs_flow_edge_result *in = &result.edges[chain.fifos[0]];
    const zs_flow_edge_result *out = &result.edges[chain.fifos[1]];
    const uint64_t first_pixel = in->first_out; /* clocks are from here, one a pixel */
    const figure figures[] = {
        {"first_valid_cycle", "PL cycles", out->first_in - first_pixel, m->first_valid},
        {"last_valid_cycle", "PL cycles", out->last_in - first_pixel, m->last_valid},
        {"outputs", "words", chain.flow.edges[chain.fifos[1]].words, m->outputs},
        {"end_cycle", "PL cycles", pixels - 1 + STAGES, m->end},
    };
    append(sections, m->name, m->reason, m->source, figures, ZS_LEN(figures));
    return ZS_OK;
}
