#include "reference_priv.h"

#include <string.h>

static const struct {
    const char *column;
    size_t offset;
} parameters[] = {
#define ROW(column, member)                                                                        \
    {                                                                                              \
        column, offsetof(zs_tile_case, member)                                                     \
    }
    ROW("M", m),
    ROW("N", n),
    ROW("R", r),
    ROW("C", c),
    ROW("K", k),
    ROW("S", s),
    ROW("TM", tm),
    ROW("TN", tn),
    ROW("TR", tr),
    ROW("TC", tc),
    ROW("words_per_beat", words_per_beat),
    ROW("rd_latency", rd_latency),
    ROW("b_latency", b_latency),
    ROW("rd_outst", rd_outst),
    ROW("wr_outst", wr_outst),
    ROW("pipe_depth", pipe_depth),
    ROW("block_rows", block_rows),
    ROW("weight_port", weight_port),
    ROW("row_gap", row_gap),
#undef ROW
};

static zs_status take_parameters(const zs_table *t, uint32_t row, zs_tile_case *out, zs_err *err)
{
    for (size_t i = 0; i < ZS_LEN(parameters); i++) {
        uint64_t value = 0;
        const uint32_t column = zs_table_column(t, parameters[i].column);
        ZS_TRY(zs_table_count(t, row, column, 0, UINT32_MAX, &value, err));
        const uint32_t word = (uint32_t)value;
        memcpy((char *)out + parameters[i].offset, &word, sizeof word);
    }
    return ZS_OK;
}

zs_status zs_reference_tile(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const uint32_t name = zs_table_column(t, "case"), total = zs_table_column(t, "total_cycles");
    const uint32_t reason = zs_table_column(t, "reason"), source = zs_table_column(t, "source");
    zs_tile_measured *cases = zs_new(arena, zs_tile_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_tile_measured *c = &cases[row];
        *c = (zs_tile_measured){.name = zs_table_text(t, row, name, ""),
                                .reason = zs_table_text(t, row, reason, ""),
                                .source = zs_table_text(t, row, source, "")};
        ZS_TRY(take_parameters(t, row, &c->engine, err));
        ZS_TRY(zs_table_count(t, row, total, 1, UINT64_C(1) << 53, &c->total_cycles, err));
    }
    out->tiles = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
