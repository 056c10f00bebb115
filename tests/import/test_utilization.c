#include "cases.h"

#include "zynqsim/import.h"

#include <math.h>
#include <string.h>

static const char flat[] = "| Tool Version : Vivado v.2019.1 (lin64) Build 2552052\n"
                           "| Device       : 7z020clg400-1\n"
                           "| Design State : Routed\n"
                           "+--+\n"
                           "|          Site Type         |  Used | Fixed | Available | Util% |\n"
                           "| Slice LUTs*                | 26072 |     0 |     53200 | 49.01 |\n"
                           "|   LUT as Memory            |  2025 |     0 |     17400 | 11.64 |\n"
                           "| Slice Registers            | 41312 |     0 |    106400 | 38.83 |\r\n"
                           "|     Site Type     | Used | Fixed | Prohibited | Available | Util% |\n"
                           "| Block RAM Tile    | 62.5 |     0 |       0 |      140 | 44.64 |\n"
                           "|   RAMB36/FIFO*    |   60 |     0 |       0 |      140 | 42.86 |\n"
                           "|   RAMB18          |    5 |     0 |       0 |      280 |  1.79 |\n"
                           "| DSPs              |  161 |     0 |       0 |      220 | 73.18 |";

static const char hierarchical[] = "|  Instance | Module | Total LUTs | Logic LUTs | LUTRAMs | "
                                   "SRLs |  FFs | RAMB36 | RAMB18 | DSP48 Blocks |\n"
                                   "+--+\n"
                                   "| top       |  (top) |       3000 |       2900 |     100 |    "
                                   "0 | 4000 |      3 |      2 |            5 |\n"
                                   "|   part    |   part |       2000 |       1900 |     100 |    "
                                   "0 | 3000 |      1 |      1 |            4 |\n";

static const char estimate[] =
    "<?xml version=\"1.0\"?><profile><ReportVersion><Version>2019.1</Version></ReportVersion>"
    "<UserAssignments><Part>xc7z020clg400-1</Part></UserAssignments><AreaEstimates><Resources>"
    "<BRAM_18K>120</BRAM_18K><DSP48E> 166 </DSP48E><FF>38000</FF><LUT>44000</LUT><URAM>0</URAM>"
    "</Resources><AvailableResources><LUT>53200</LUT></AvailableResources></AreaEstimates></"
    "profile>";

static zs_status parse(const char *text, zs_utilization *out)
{
    /* without a zero byte behind it: readers stay within the bytes */
    const size_t n = strlen(text);
    uint8_t *bytes = zs_new(&arena, uint8_t, n > 0 ? n : 1);
    memcpy(bytes, text, n);
    return zs_utilization_parse(&arena, (zs_span){bytes, n}, "u.rpt", out, &err);
}

static const struct {
    const char *text, *tool, *state;
    uint32_t report;
    double dsp, bram18, lut, ff;
} reports[] = {
    {flat, "Vivado v.2019.1", "Routed", ZS_ACCOUNT_BUILD, 161, 125, 26072, 41312},
    {hierarchical, "", "", ZS_ACCOUNT_BUILD, 5, 8, 3000, 4000},
    {estimate, "HLS 2019.1", "estimate", ZS_ACCOUNT_ESTIMATE, 166, 120, 44000, 38000},
};

START_TEST(reports_say_what_a_design_takes)
{
    zs_utilization u;
    ck_assert_msg(parse(reports[_i].text, &u) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_str_eq(u.tool, reports[_i].tool);
    ck_assert_str_eq(u.state, reports[_i].state);
    ck_assert_uint_eq(u.report, reports[_i].report);
    ck_assert(u.used[ZS_RESOURCE_DSP] == reports[_i].dsp);
    ck_assert(u.used[ZS_RESOURCE_BRAM18] == reports[_i].bram18);
    ck_assert(u.used[ZS_RESOURCE_LUT] == reports[_i].lut);
    ck_assert(u.used[ZS_RESOURCE_FF] == reports[_i].ff);
}
END_TEST

static const struct {
    const char *text, *place, *what;
} faults[] = {
    {"", "u.rpt", "no figure found"},
    {"nothing of the kind", "u.rpt", "no figure found"},
    {"| Site Type | Used |\n| Slice LUTs | many |\n", "u.rpt:2", "'many' is no number"},
    {"| Site Type | Used |\n| Slice LUTs | -1 |\n", "u.rpt:2", "'-1' is no number"},
    {"| Site Type | Used |\n| DSPs | nan |\n", "u.rpt:2", "'nan' is no number"},
    {"| Site Type | Used |\n| DSPs | 1e300 |\n", "u.rpt:2", "'1e300' is no number"},
    {"| Site Type | Used |\n| DSPs |\n", "u.rpt", "no figure found"},
    {"<profile>", "u.rpt:1", "is not XML"},
    {"<profile><AreaEstimates><Resources><LUT>x</LUT></Resources></AreaEstimates></profile>",
     "u.rpt:1", "'x' is no number"},
    {"<a/>", "u.rpt", "no figure found"},
};

START_TEST(what_is_no_report_is_refused)
{
    zs_utilization u = {.report = 77};
    ck_assert_int_eq(parse(faults[_i].text, &u), ZS_EPARSE);
    ck_assert_str_eq(err.place, faults[_i].place);
    ck_assert_msg(strstr(err.text, faults[_i].what) != NULL, "%s", err.text);
    ck_assert_uint_eq(u.report, 77);
}
END_TEST

/* Every cut and every flipped byte of a report is a report or a sentence. */
START_TEST(damaged_reports_are_read_or_refused)
{
    const size_t n = strlen(reports[_i].text);
    char *text = zs_arena_strdup(&arena, reports[_i].text);
    zs_utilization u;
    for (size_t i = 0; i < n; i++) {
        const char kept = text[i];
        text[i] = '\0';
        (void)parse(text, &u);
        text[i] = (char)(kept ^ 0x11);
        (void)parse(text, &u);
        text[i] = kept;
    }
    ck_assert_int_eq(parse(text, &u), ZS_OK);
}
END_TEST

TCase *tcase_utilization(void)
{
    TCase *tc = net_case("utilization");
    tcase_add_loop_test(tc, reports_say_what_a_design_takes, 0, ZS_LEN(reports));
    tcase_add_loop_test(tc, what_is_no_report_is_refused, 0, ZS_LEN(faults));
    tcase_add_loop_test(tc, damaged_reports_are_read_or_refused, 0, ZS_LEN(reports));
    return tc;
}
