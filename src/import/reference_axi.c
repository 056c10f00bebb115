#include "reference_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ----------------------------------------------------------------------------------- */

static zs_status take_word(const zs_table *t, uint32_t row, const char *name,
                           const char *const *words, uint32_t n, uint32_t *out, zs_err *err)
{
    const uint32_t column = zs_table_column(t, name);
    const char *text = zs_table_text(t, row, column, "");
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return ZS_OK;
        }
    return zs_table_fail(t, row, column, ZS_EPARSE, err, "\"%.40s\" is not %s, %s or %s", text,
                         words[0], words[1], words[2]);
}

static zs_status take_kinds(const zs_table *t, uint32_t row, zs_axi_case *out, zs_err *err)
{
    /* orders of zs_axi_fabric and zs_axi_slave */
    static const char *const fabrics[] = {"direct", "crossbar", "interconnect"};
    static const char *const slaves[] = {"fixed_latency", "axi_ram", "axi_ram_pipelined"};
    uint32_t fabric = 0, slave = 0;
    ZS_TRY(take_word(t, row, "fabric", fabrics, ZS_LEN(fabrics), &fabric, err));
    ZS_TRY(take_word(t, row, "slave", slaves, ZS_LEN(slaves), &slave, err));
    out->fabric = (zs_axi_fabric)fabric;
    out->slave = (zs_axi_slave)slave;
    return ZS_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

#define COUNT_MAX (UINT64_C(1) << 53)

static zs_status take_number(const zs_table *t, uint32_t row, const char *name, uint64_t max,
                             uint64_t empty, uint64_t *out, zs_err *err)
{
    const uint32_t column = zs_table_column(t, name);
    *out = empty;
    if (zs_table_text(t, row, column, "")[0] == '\0')
        return ZS_OK;
    return zs_table_count(t, row, column, 0, max, out, err);
}

static zs_status take_setup(const zs_table *t, uint32_t row, zs_axi_case *c, zs_err *err)
{
    const struct {
        const char *name;
        uint32_t *to;
    } small[] = {{"masters", &c->masters},
                 {"max_burst_beats", &c->max_burst_beats},
                 {"slave_read_outst", &c->read_outstanding},
                 {"slave_write_outst", &c->write_outstanding},
                 {"xbar_m_issue", &c->issue},
                 {"lat_read", &c->read_latency},
                 {"lat_b", &c->b_latency}};
    const struct {
        const char *name;
        uint64_t *to;
    } large[] = {{"rd_bytes", &c->rd_bytes},    {"rd_addr", &c->rd_addr},
                 {"rd_addr_step", &c->rd_step}, {"wr_bytes", &c->wr_bytes},
                 {"wr_addr", &c->wr_addr},      {"wr_addr_step", &c->wr_step}};
    for (size_t i = 0; i < ZS_LEN(small); i++) {
        uint64_t value = 0;
        ZS_TRY(take_number(t, row, small[i].name, UINT32_MAX, 0, &value, err));
        *small[i].to = (uint32_t)value;
    }
    for (size_t i = 0; i < ZS_LEN(large); i++)
        ZS_TRY(take_number(t, row, large[i].name, COUNT_MAX, 0, large[i].to, err));
    c->beat_bytes = 8;
    return take_kinds(t, row, c, err);
}

/* ---- "2@0+8 4@80+16" ------------------------------------------------------------------------- */

/* False when the text is no burst. */
static bool take_burst(const char **text, zs_axi_event *out)
{
    char *addr_end;
    uint64_t beats = 0;
    const char *at = zs_read_count(*text, &out->clock);
    if (at == NULL || *at++ != '@' || !isxdigit((unsigned char)*at))
        return false;
    out->addr = strtoull(at, &addr_end, 16);
    if (*addr_end != '+')
        return false;
    const char *end = zs_read_count(addr_end + 1, &beats);
    if (end == NULL || beats == 0 || beats > 256 || (*end != ' ' && *end != '\0'))
        return false;
    out->beats = (uint32_t)beats;
    *text = end + strspn(end, " ");
    return true;
}

static zs_status take_trace(const zs_table *t, uint32_t row, zs_axi_measured *m, zs_err *err)
{
    const uint32_t column = zs_table_column(t, "ar_trace");
    const char *text = zs_table_text(t, row, column, "");
    while (*text != '\0' && m->trace_n < ZS_AXI_TRACE) {
        if (!take_burst(&text, &m->trace[m->trace_n]))
            return zs_table_fail(t, row, column, ZS_EPARSE, err,
                                 "\"%.30s\" is not of the form clock@address+beats", text);
        m->trace_n++;
    }
    return ZS_OK;
}

zs_status zs_reference_axi(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const uint32_t name = zs_table_column(t, "case");
    const uint32_t reason = zs_table_column(t, "reason"), source = zs_table_column(t, "source");
    zs_axi_measured *cases = zs_new(arena, zs_axi_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        zs_axi_measured *m = &cases[row];
        m->name = zs_table_text(t, row, name, "");
        m->reason = zs_table_text(t, row, reason, "");
        m->source = zs_table_text(t, row, source, "");
        ZS_TRY(take_setup(t, row, &m->setup, err));
        for (uint32_t k = 0; k < ZS_AXI_FIGURES; k++)
            ZS_TRY(take_number(t, row, zs_axi_figure_names[k], COUNT_MAX, ZS_AXI_UNMEASURED,
                               &m->figures[k], err));
        ZS_TRY(take_trace(t, row, m, err));
    }
    out->axis = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}
