/* A check as JUnit XML, which CI systems read: a suite per baseline, a case per design. */
#include "baseline_priv.h"
#include "zynqsim/report.h"

#include <string.h>

static void put_attribute(zs_out *out, const char *name, const char *text)
{
    zs_out_printf(out, " %s=\"", name);
    zs_out_xml(out, text);
    zs_out_text(out, "\"");
}

/* The first figure that moved, and how many more. */
static void put_message(zs_out *out, const zs_case_verdict *v)
{
    const zs_move *m = &v->moves[0];
    zs_out_text(out, " message=\"");
    zs_out_xml(out, m->layer);
    zs_out_text(out, m->layer[0] && m->figure[0] ? " " : "");
    zs_out_xml(out, m->figure);
    if (m->kind == ZS_MOVED || m->kind == ZS_OPEN) {
        zs_out_text(out, " ");
        zs_out_xml(out, m->kind == ZS_OPEN ? "?" : zs_move_value(&m->old).text);
        zs_out_text(out, " → ");
        zs_out_xml(out, zs_move_value(&m->now).text);
    } else {
        zs_out_text(out, m->kind == ZS_GONE ? " is no layer of the result" : " is new");
    }
    if (v->move_n > 1)
        zs_out_printf(out, ", and %u more", v->move_n - 1);
    zs_out_text(out, "\"");
}

static void put_case(zs_out *out, const zs_checked *file, uint32_t case_index)
{
    const zs_baseline_case *c = &file->baseline->cases[case_index];
    const zs_case_verdict *v = &file->verdicts[case_index];
    zs_out_text(out, "    <testcase");
    put_attribute(out, "classname", file->baseline->path);
    put_attribute(out, "name", zs_case_title_of(c).text);
    zs_out_printf(out, " time=\"%.3f\"", v->seconds);
    if (!zs_verdict_moved(v) && !zs_verdict_misfits(v)) {
        zs_out_text(out, "/>\n");
        return;
    }
    zs_out_text(out, ">\n");
    if (zs_verdict_moved(v)) {
        zs_out_text(out, "      <failure type=\"moved\"");
        put_message(out, v);
        zs_out_text(out, ">");
        zs_moves_out(out, file, case_index, 0, true);
        zs_layers_hint_out(out, file, case_index, 0);
        zs_out_text(out, "</failure>\n");
    }
    if (zs_verdict_misfits(v)) {
        zs_out_text(out, "      <system-out>does not fit: ");
        zs_out_xml(out, v->misfit);
        zs_out_text(out, "</system-out>\n");
    }
    zs_out_text(out, "    </testcase>\n");
}

static double seconds_of(const zs_checked *file)
{
    double sum = 0;
    for (uint32_t c = 0; c < file->baseline->case_n; c++)
        sum += file->verdicts[c].seconds;
    return sum;
}

static void put_suite(zs_out *out, const zs_checked *file)
{
    const zs_check_totals t = zs_check_totals_of(file, 1);
    zs_out_text(out, "  <testsuite");
    put_attribute(out, "name", file->baseline->path);
    zs_out_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"0\" time=\"%.3f\">\n",
                  t.designs, t.moved_designs, seconds_of(file));
    for (uint32_t c = 0; c < file->baseline->case_n; c++)
        put_case(out, file, c);
    zs_out_text(out, "  </testsuite>\n");
}

zs_status zs_check_junit_emit(const zs_checked *files, uint32_t n, const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    const zs_check_totals t = zs_check_totals_of(files, n);
    double seconds = 0;
    for (uint32_t f = 0; f < n; f++)
        seconds += seconds_of(&files[f]);
    zs_out_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    zs_out_printf(&out,
                  "<testsuites name=\"zynqsim check\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
                  "time=\"%.3f\">\n",
                  t.designs, t.moved_designs, seconds);
    for (uint32_t f = 0; f < n; f++)
        put_suite(&out, &files[f]);
    zs_out_text(&out, "</testsuites>\n");
    return zs_out_end(&out, "the JUnit file", err);
}
