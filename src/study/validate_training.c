#include "validate_priv.h"
#include "zynqsim/pipeline.h"

zs_status zs_training_check(zs_arena *scratch, const zs_memory_params *memory,
                            const zs_reference *ref, uint32_t i, zs_section *sections, zs_err *err)
{
    const zs_training_measured *m = &ref->trainings[i];
    (void)memory;
    for (uint32_t type = ZS_TRAIN_FLOAT64 + 1; type-- > 0;) {
        zs_train_case_result r;
        ZS_TRY(zs_train_case_run(scratch, &m->setup, type, ZS_SCHEME_STALE, &r, err));
        const zs_train_case_match match = zs_train_case_compare(&r, m->expected[type]);
        if (match.given_n == 0)
            continue;
        zs_section_append(&sections[0], (zs_check){.name = m->setup.name,
                                                   .scope = zs_words_train_type[type].word,
                                                   .figure = "equal_values",
                                                   .unit = "values",
                                                   .predicted = (double)match.equal_n,
                                                   .lo = (double)match.given_n,
                                                   .hi = (double)match.given_n,
                                                   .reason = "",
                                                   .source = ""});
    }
    return ZS_OK;
}

/* Both increases are rounded to whole per cents: their difference is within one of them. */
zs_status zs_training_memory_check(zs_arena *scratch, const zs_memory_params *memory,
                                   const zs_reference *ref, uint32_t i, zs_section *sections,
                                   zs_err *err)
{
    const zs_training_memory_measured *m = &ref->training_memories[i];
    const double measured = 100 * (m->pipedream_frac - m->stale_frac);
    (void)scratch;
    (void)memory;
    (void)err;
    zs_section_append(&sections[0], (zs_check){.name = m->name,
                                               .scope = "",
                                               .figure = "stashed_weights",
                                               .unit = "% of plain",
                                               .predicted = 100 * zs_pipeline_copies_n(m->pairs) *
                                                            m->weights_bytes / m->base_bytes,
                                               .lo = measured,
                                               .hi = measured,
                                               .tolerance = {.absolute = 1},
                                               .reason = m->reason,
                                               .source = m->source});
    return ZS_OK;
}
