#include "reference_priv.h"

/* A cell that may be empty: 0 then. */
static zs_status take_count(const zs_table *t, uint32_t row, const char *name, uint32_t *out,
                            zs_err *err)
{
    const uint32_t column = zs_table_column(t, name);
    uint64_t value = 0;
    if (zs_table_text(t, row, column, "")[0] != '\0')
        ZS_TRY(zs_table_count(t, row, column, 0, 1 << 20, &value, err));
    *out = (uint32_t)value;
    return ZS_OK;
}

static zs_status take_word(const zs_table *t, uint32_t row, const char *name,
                           const char *const *words, uint32_t n, const char *expected,
                           uint32_t *out, zs_err *err)
{
    const uint32_t column = zs_table_column(t, name);
    *out = 0;
    if (zs_table_text(t, row, column, "")[0] == '\0')
        return ZS_OK;
    return zs_table_word(t, row, column, words, n, expected, out, err);
}

static zs_status take_case(const zs_table *t, uint32_t row, zs_kernel_measured *m, zs_err *err)
{
    static const char *const sums[] = {"global", "register", "array"}; /* as zs_kernel_sums */
    static const char *const inputs[] = {"global", "local"};
    static const char *const answers[] = {"no", "yes"};
    const struct {
        const char *column;
        uint32_t *to;
    } counts[] = {{"cin", &m->cin},   {"cout", &m->cout}, {"k", &m->k},
                  {"hout", &m->hout}, {"wout", &m->wout}, {"stride", &m->stride}};
    uint32_t where = 0, input = 0, matches = 0;
    double mhz, ms;
    for (size_t i = 0; i < ZS_LEN(counts); i++)
        ZS_TRY(take_count(t, row, counts[i].column, counts[i].to, err));
    ZS_TRY(take_word(t, row, "accumulator", sums, ZS_LEN(sums), "global, register or array", &where,
                     err));
    ZS_TRY(take_word(t, row, "input_from", inputs, ZS_LEN(inputs), "global or local", &input, err));
    ZS_TRY(
        take_word(t, row, "source_matches", answers, ZS_LEN(answers), "yes or no", &matches, err));
    ZS_TRY(zs_table_number(t, row, zs_table_column(t, "fmax_MHz"), 1, 10000, &mhz, err));
    ZS_TRY(zs_table_number(t, row, zs_table_column(t, "exec_ms"), 1e-9, 1e9, &ms, err));
    m->clock_hz = mhz * 1e6;
    m->seconds = ms / 1e3;
    m->sums = (zs_kernel_sums)where;
    m->input_is_local = input == 1;
    m->source_matches = matches == 1;
    return ZS_OK;
}

zs_status zs_reference_kernels(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    zs_kernel_measured *cases = zs_new(arena, zs_kernel_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_kernel_measured *m = &cases[row];
        const struct {
            const char *column, **to;
        } texts[] = {{"net", &m->net},       {"variant", &m->variant}, {"kernel", &m->name},
                     {"op", &m->op},         {"loop_nest", &m->nest},  {"reason", &m->reason},
                     {"source", &m->source}, {"design", &m->design}};
        for (size_t i = 0; i < ZS_LEN(texts); i++)
            *texts[i].to = zs_table_text(t, row, zs_table_column(t, texts[i].column), "");
        ZS_TRY(take_case(t, row, m, err));
        zs_nest nest;
        zs_err why = {0};
        if (m->nest[0] != '\0' && zs_nest_parse(arena, m->nest, "", &nest, &why) != ZS_OK)
            return zs_table_fail(t, row, zs_table_column(t, "loop_nest"), why.status, err, "%s",
                                 why.text);
    }
    out->kernels = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}

zs_status zs_reference_stream(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    static const char *const answers[] = {"no", "yes"};
    static const char *const loops[ZS_STREAM_LOOPS] = {"copy_MBps", "scale_MBps", "add_MBps",
                                                       "triad_MBps"};
    zs_stream_measured *cases = zs_new(arena, zs_stream_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_stream_measured *m = &cases[row];
        uint32_t answer = 0;
        double mhz, rate;
        m->name = zs_table_text(t, row, zs_table_column(t, "board"), "");
        m->setting = zs_table_text(t, row, zs_table_column(t, "aocl_version"), "");
        m->source = zs_table_text(t, row, zs_table_column(t, "source"), "");
        ZS_TRY(zs_table_word(t, row, zs_table_column(t, "interleaved_banks"), answers,
                             ZS_LEN(answers), "yes or no", &answer, err));
        ZS_TRY(zs_table_number(t, row, zs_table_column(t, "kernel_MHz"), 1, 10000, &mhz, err));
        m->is_interleaved = answer == 1;
        m->clock_hz = mhz * 1e6;
        for (size_t i = 0; i < ZS_STREAM_LOOPS; i++) {
            ZS_TRY(zs_table_number(t, row, zs_table_column(t, loops[i]), 1e-3, 1e9, &rate, err));
            m->bytes_per_s[i] = rate * 1e6;
        }
    }
    out->streams = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
