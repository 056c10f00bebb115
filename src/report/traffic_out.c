/* What `memory` prints. */
#include "json_priv.h"
#include "out_priv.h"
#include "zynqsim/report.h"

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

enum { NAME_MIN = 4, NAME_MAX = 40 };

static size_t name_width(const zs_traffic_case *cases, uint32_t n)
{
    size_t width = NAME_MIN;
    for (uint32_t i = 0; i < n; i++) {
        const size_t own = zs_utf8_width(cases[i].name);
        width = own > width ? own : width;
    }
    return width < NAME_MAX ? width : NAME_MAX;
}

zs_status zs_traffic_table_emit(const zs_memory_params *memory, const zs_traffic_case *cases,
                                uint32_t n, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const size_t width = name_width(cases, n);
    zs_out_fit(&out, "case", width);
    zs_out_printf(&out, " %10s %12s %12s %9s %8s %12s %12s\n", "requests", "useful bytes", "time",
                  "GB/s", "of peak", "read latency", "95 % within");
    for (uint32_t i = 0; i < n; i++) {
        const figures f = figures_of(memory, &cases[i]);
        zs_out_fit(&out, cases[i].name, width);
        zs_out_printf(&out, " %10s %12s %12s %9.3f %8s %12s %12s\n", zs_cell_count(f.requests).text,
                      zs_cell_bytes(f.bytes).text, zs_cell_time(f.ns * 1e-9).text, f.gbps,
                      zs_cell_percent(f.frac_peak).text, zs_cell_time(f.rd_lat_mean_ns * 1e-9).text,
                      zs_cell_time(f.rd_lat_p95_ns * 1e-9).text);
    }
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
