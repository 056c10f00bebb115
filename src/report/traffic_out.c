/* What `memory` prints. */
#include "json_priv.h"
#include "text_table_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Figures of one case; latencies are NAN where nothing is read. */
typedef struct figures {
    uint64_t requests, bytes;
    double ns, gbps, frac_peak, rd_lat_mean_ns, rd_lat_p95_ns;
} figures;

static figures figures_of(const zs_memory_params *memory, const zs_traffic_case *c)
{
    const zs_traffic_result *r = &c->result;
    const bool reads = r->reads.n > 0;
    figures f = {.requests = r->requests, .bytes = r->read_bytes + r->write_bytes};
    f.ns = zs_traffic_ns(memory, r->ddr_cycles);
    f.gbps = f.ns > 0 ? (double)f.bytes / f.ns : 0;
    f.frac_peak = zs_traffic_frac_peak(memory, r);
    f.rd_lat_mean_ns = reads ? zs_traffic_mean_ns(memory, &r->reads) : (double)NAN;
    f.rd_lat_p95_ns = reads ? zs_traffic_ns(memory, r->reads.p95_ddr_cycles) : (double)NAN;
    return f;
}

static void csv_latency(zs_out *out, double ns)
{
    if (isfinite(ns))
        zs_out_printf(out, ",%.3f", ns);
    else
        zs_out_text(out, ",");
}

zs_status zs_traffic_csv_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                              uint32_t n, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, "case,requests,bytes,ns,gbps,frac_peak,rd_lat_mean_ns,rd_lat_p95_ns\n");
    for (uint32_t i = 0; i < n; i++) {
        const figures f = figures_of(memory, &cases[i]);
        zs_out_csv(&out, cases[i].name);
        zs_out_printf(&out, ",%llu,%llu,%.3f,%.6f,%.6f", (unsigned long long)f.requests,
                      (unsigned long long)f.bytes, f.ns, f.gbps, f.frac_peak);
        csv_latency(&out, f.rd_lat_mean_ns);
        csv_latency(&out, f.rd_lat_p95_ns);
        zs_out_text(&out, "\n");
    }
    return zs_out_end(&out, "the CSV", err);
}

static const zs_text_column columns[] = {
    {.head = "case", .most = 40},
    {.head = "requests", .least = 10, .gap = 1, .is_right = true},
    {.head = "useful bytes", .gap = 1, .is_right = true},
    {.head = "time", .least = 12, .gap = 1, .is_right = true},
    {.head = "GB/s", .least = 9, .gap = 1, .is_right = true},
    {.head = "of peak", .least = 8, .gap = 1, .is_right = true},
    {.head = "read latency", .gap = 1, .is_right = true},
    {.head = "95 % within", .least = 12, .gap = 1, .is_right = true},
};

static void put_cases(zs_text_table *t, const zs_memory_params *memory,
                      const zs_traffic_case *cases, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const figures f = figures_of(memory, &cases[i]);
        zs_text_cell(t, cases[i].name);
        zs_text_cell(t, zs_cell_count(f.requests).text);
        zs_text_cell(t, zs_cell_bytes(f.bytes).text);
        zs_text_cell(t, zs_cell_time(f.ns * 1e-9).text);
        zs_text_cell(t, zs_cell_real(f.gbps, 3).text);
        zs_text_cell(t, zs_cell_percent(f.frac_peak).text);
        zs_text_cell(t, zs_cell_time(f.rd_lat_mean_ns * 1e-9).text);
        zs_text_cell(t, zs_cell_time(f.rd_lat_p95_ns * 1e-9).text);
        zs_text_end_row(t);
    }
}

zs_status zs_traffic_table_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                                uint32_t n, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_text_table t = {.out = &out, .columns = columns, .n = ZS_LEN(columns)};
    put_cases(&t, memory, cases, n);
    zs_text_heads(&t, ZS_PAINT_NONE);
    put_cases(&t, memory, cases, n);
    return zs_out_end(&out, "the table", err);
}

static json_t *case_object(const zs_memory_params *memory, const zs_traffic_case *c)
{
    const figures f = figures_of(memory, c);
    json_t *entry = json_object();
    int failed = json_object_set_new(entry, "case", zs_json_text(c->name));
    failed |= json_object_set_new(entry, "requests", zs_json_count(f.requests));
    failed |= json_object_set_new(entry, "bytes", zs_json_count(f.bytes));
    failed |= json_object_set_new(entry, "ns", zs_json_real(f.ns));
    failed |= json_object_set_new(entry, "gbps", zs_json_real(f.gbps));
    failed |= json_object_set_new(entry, "frac_peak", zs_json_real(f.frac_peak));
    failed |= json_object_set_new(entry, "rd_lat_mean_ns", zs_json_real(f.rd_lat_mean_ns));
    failed |= json_object_set_new(entry, "rd_lat_p95_ns", zs_json_real(f.rd_lat_p95_ns));
    if (failed == 0)
        return entry;
    json_decref(entry);
    return NULL;
}

zs_status zs_traffic_json_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                               uint32_t n, const zs_sink *s, zs_err *err)
{
    json_t *root = json_object(), *list = json_array();
    int failed = 0;
    for (uint32_t i = 0; i < n; i++)
        failed |= json_array_append_new(list, case_object(memory, &cases[i]));
    failed |= json_object_set_new(root, "cases", list);
    return zs_json_end(root, failed != 0, "the JSON", s, err);
}
