#include "reference_priv.h"

static zs_status take_case(const zs_table *t, uint32_t row, zs_flow_measured *m, zs_err *err)
{
    static const char *const answers[] = {"no", "yes"};
    const uint32_t deadlock = zs_table_column(t, "deadlock");
    uint64_t gap = 1;
    uint32_t answer = 0;
    ZS_TRY(zs_table_count(t, row, zs_table_column(t, "images"), 1, 1 << 20, &m->images, err));
    ZS_TRY(zs_table_count(t, row, zs_table_column(t, "input_gap"), 1, UINT32_MAX, &gap, err));
    ZS_TRY(
        zs_table_count(t, row, zs_table_column(t, "words_in"), 1, UINT32_MAX, &m->words_in, err));
    ZS_TRY(
        zs_table_count(t, row, zs_table_column(t, "words_out"), 1, UINT32_MAX, &m->words_out, err));
    ZS_TRY(zs_table_word(t, row, deadlock, answers, ZS_LEN(answers), "yes or no", &answer, err));
    m->input_gap = (uint32_t)gap;
    m->is_deadlock = answer == 1;
    return ZS_OK;
}

zs_status zs_reference_flow(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    zs_flow_measured *cases = zs_new(arena, zs_flow_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_flow_measured *m = &cases[row];
        const struct {
            const char *column, **to;
        } texts[] = {{"case", &m->name},
                     {"reason", &m->reason},
                     {"source", &m->source},
                     {"chain", &m->chain},
                     {"interval", &m->interval},
                     {"first_output", &m->first_output},
                     {"last_output", &m->last_output},
                     {"input_stall_cycles", &m->input_stall_cycles},
                     {"fifo_max", &m->fifo_max},
                     {"edge_first", &m->edge_first},
                     {"edge_last", &m->edge_last},
                     {"words_found", &m->words_found}};
        for (size_t i = 0; i < ZS_LEN(texts); i++)
            *texts[i].to = zs_table_text(t, row, zs_table_column(t, texts[i].column), "");
        ZS_TRY(take_case(t, row, m, err));
    }
    out->flows = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
