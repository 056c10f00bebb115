#include "cases.h"
#include "zynqsim/reference.h"

#include <stdio.h>
#include <string.h>

static zs_status parse(const char *text, zs_table *t, zs_reference *ref)
{
    const zs_span bytes = {.data = (const uint8_t *)text, .bytes = strlen(text)};
    ck_assert_msg(zs_table_parse(&arena, bytes, "r.csv", t, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return zs_reference_parse(&arena, t, ref, &err);
}

static zs_reference good(const char *text)
{
    zs_table t;
    zs_reference ref;
    ck_assert_msg(parse(text, &t, &ref) == ZS_OK, "%s: %s", err.place, err.text);
    return ref;
}

/* ---- recognising ----------------------------------------------------------------------------- */

#define TILE_COLUMNS                                                                               \
    "M,N,R,C,K,S,TM,TN,TR,TC,words_per_beat,rd_latency,b_latency,rd_outst,wr_outst,pipe_depth,"    \
    "block_rows,weight_port,row_gap,total_cycles"
#define TILE_ROW "16,8,16,15,3,1,8,4,7,6,2,20,21,9,10,11,1,0,5,10008"
#define SPEC     "dir=R size=64 W=1 n=4"

#define AXI_COLUMNS                                                                                \
    "case,masters,fabric,max_burst_beats,slave,slave_read_outst,slave_write_outst,rd_bytes,"       \
    "rd_addr,wr_bytes,wr_addr,ar_count,r_beats,aw_count,w_beats,ar_trace\n"
#define AXI_ROW "x,2,crossbar,16,axi_ram,4,,64,0x40,0,0,1,8,,0,"

#define KERNEL_COLUMNS                                                                             \
    "net,variant,fmax_MHz,kernel,op,cin,cout,k,hout,wout,stride,loop_nest,accumulator,"            \
    "input_from,exec_ms,source_matches\n"

static const struct {
    const char *text;
    zs_form form;
    uint32_t cases;
} forms[] = {
    {"case,design,metric,measured,tolerance\nx,a.yaml,cycles,1,exact\n", ZS_FORM_RUNS, 1},
    {"note,tolerance,measured,metric,design,case\n,5%,1,cycles,a.yaml,x\n", ZS_FORM_RUNS, 1},
    {"case," TILE_COLUMNS "\nx," TILE_ROW "\n", ZS_FORM_TILE, 1},
    {"load_busy_cycles," TILE_COLUMNS ",case\n7," TILE_ROW ",x\n", ZS_FORM_TILE, 1},
    {"case,spec,frac_peak_lo,frac_peak_hi\nx," SPEC ",0.1,0.2\n", ZS_FORM_DRAM, 1},
    {"case,spec,valid_bw,valid_lat,frac_peak\nx," SPEC ",1,1,0.1\nx," SPEC ",1,1,0.2\n",
     ZS_FORM_DRAM, 1},
    {"case,rows,cols,K,tiles,mul_latency,acc_latency,last_input_cycle,first_output_cycle,"
     "first_tile_last_output_cycle,last_output_cycle\nx,4,4,16,1,1,1,15,24,27,27\n",
     ZS_FORM_SYSTOLIC, 1},
    {"case,n,k,stride,first_valid_cycle,last_valid_cycle,outputs,end_cycle\nx,8,3,1,19,64,36,65\n",
     ZS_FORM_CONVOLVER, 1},
    {AXI_COLUMNS AXI_ROW "\n", ZS_FORM_AXI, 1},
    {KERNEL_COLUMNS "n,baseline,200,x,pad,,,,,,,i:9,,,1.5,yes\n", ZS_FORM_KERNELS, 1},
};

START_TEST(test_the_columns_tell_the_form)
{
    const zs_reference ref = good(forms[_i].text);
    ck_assert_int_eq(ref.form, forms[_i].form);
    ck_assert_uint_eq(ref.case_n, forms[_i].cases);
    ck_assert_str_eq(zs_reference_case_name(&ref, 0), "x");
}
END_TEST

static const struct {
    const char *header, *text;
} unknown[] = {
    {"a,b\n",
     "the columns a, b are those of none of the forms known: runs, tile, memory, dram band, dram"},
    {"case,design,metric,measured\n", "; runs lacks tolerance"},
    {"case,spec,frac_peak_lo\n", "; dram band lacks frac_peak_hi"},
    {"case,M,N,R,C,K,S,TM,TN,TR,TC,total_cycles\n", "; tile lacks words_per_beat, rd_latency"},
};

START_TEST(test_an_unknown_form_is_named_by_its_columns)
{
    zs_table t;
    zs_reference ref = {.case_n = 77};
    ck_assert_int_eq(parse(unknown[_i].header, &t, &ref), ZS_EPARSE);
    ck_assert(!zs_reference_known(&t));
    ck_assert_msg(strstr(err.text, unknown[_i].text) != NULL, "%s", err.text);
    ck_assert_str_eq(err.place, "r.csv");
    ck_assert_uint_eq(ref.case_n, 77);
}
END_TEST

START_TEST(test_long_lists_of_columns_end_in_dots)
{
    char header[40000] = "a0";
    zs_table t;
    zs_reference ref;
    for (int i = 0; i < 900; i++)
        snprintf(header + strlen(header), 32, ",a_rather_long_name_%d", i);
    strcat(header, "\n");
    ck_assert_int_eq(parse(header, &t, &ref), ZS_EPARSE);
    ck_assert_ptr_nonnull(strstr(err.text, ", ... are those"));
    ck_assert_ptr_nonnull(strstr(err.text, "dram rows"));
}
END_TEST

/* ---- runs ------------------------------------------------------------------------------------ */

START_TEST(test_cases_of_one_run_have_one_number)
{
    const zs_reference ref = good("case,design,set,fidelity,scope,metric,measured,tolerance\n"
                                  "a,x.yaml,,,,cycles,1,exact\n"
                                  "b,x.yaml,batch=2,,,cycles,2,5%\n"
                                  "c,x.yaml,,burst,conv1#2,seconds,3e-3,8%|30e-6\n"
                                  "d,y.yaml,,,,cycles,4,7\n"
                                  "e,x.yaml,,tile,,fits,1,exact\n"
                                  "f,x.yaml,batch=2,burst,,dram.read_bytes,2,5%\n");
    ck_assert_uint_eq(ref.case_n, 6);
    ck_assert_uint_eq(ref.run_n, 4);
    ck_assert_uint_eq(ref.runs[0].run, ref.runs[2].run); /* burst is what an empty cell means */
    ck_assert_uint_eq(ref.runs[1].run, ref.runs[5].run);
    ck_assert_uint_ne(ref.runs[0].run, ref.runs[1].run);
    ck_assert_uint_ne(ref.runs[0].run, ref.runs[4].run);
    ck_assert_str_eq(zs_layer_metrics[ref.runs[2].metric_i].name, "seconds");
    ck_assert_str_eq(zs_metrics[ref.runs[5].metric_i].name, "dram.read_bytes");
    ck_assert_str_eq(ref.runs[2].scope, "conv1#2");
    ck_assert_double_eq(ref.runs[2].measured.lo, 3e-3);
    ck_assert_uint_eq(ref.runs[2].line, 4);
}
END_TEST

static const struct {
    const char *measured, *tolerance;
    double lo, hi;
    bool is_reported;
    double frac, absolute;
} figures[] = {
    {"7", "5%", 7, 7, false, 0.05, 0}, {"7", "", 7, 7, true, 0, 0},
    {"7", "exact", 7, 7, false, 0, 0}, {"0.5..1.5e3", "", 0.5, 1500, true, 0, 0},
    {"1..2", "3", 1, 2, false, 0, 3},  {"-2.5..-2.5", "8%|3", -2.5, -2.5, false, 0.08, 3},
};

START_TEST(test_a_figure_is_a_value_or_a_band_and_its_tolerance_may_be_open)
{
    static const char *const heads[] = {"case,design,metric,measured,tolerance\nx,a.yaml,cycles,",
                                        "case,set,spec,metric,measured,tolerance\nx,," SPEC
                                        ",frac_peak,"};
    for (uint32_t form = 0; form < ZS_LEN(heads); form++) {
        char text[256];
        snprintf(text, sizeof text, "%s%s,%s\n", heads[form], figures[_i].measured,
                 figures[_i].tolerance);
        const zs_reference ref = good(text);
        const zs_figure_measured *m = form == 0 ? &ref.runs[0].measured : &ref.memories[0].measured;
        ck_assert_double_eq(m->lo, figures[_i].lo);
        ck_assert_double_eq(m->hi, figures[_i].hi);
        ck_assert_int_eq(m->is_reported, figures[_i].is_reported);
        ck_assert_double_eq_tol(m->tolerance.frac, figures[_i].frac, 1e-15);
        ck_assert_double_eq(m->tolerance.absolute, figures[_i].absolute);
    }
}
END_TEST

/* ---- tiles ----------------------------------------------------------------------------------- */

START_TEST(test_every_parameter_of_an_engine_is_taken)
{
    const zs_reference ref = good("case," TILE_COLUMNS "\nx," TILE_ROW "\n");
    const zs_tile_case want = {16, 8, 16, 15, 3, 1, 8, 4, 7, 6, 2, 20, 21, 9, 10, 11, 1, 0, 5};
    ck_assert_int_eq(memcmp(&ref.tiles[0].engine, &want, sizeof want), 0);
    ck_assert_uint_eq(ref.tiles[0].total_cycles, 10008);
}
END_TEST

/* ---- DMA engines ----------------------------------------------------------------------------- */

START_TEST(test_empty_cells_of_a_dma_engine_are_not_measured)
{
    const zs_reference ref = good(AXI_COLUMNS AXI_ROW "2@40+8 19@f0+16\n");
    const zs_axi_measured *m = &ref.axis[0];
    ck_assert_int_eq(m->setup.fabric, ZS_FABRIC_CROSSBAR);
    ck_assert_int_eq(m->setup.slave, ZS_SLAVE_RAM);
    ck_assert_uint_eq(m->setup.read_outstanding, 4);
    ck_assert_uint_eq(m->setup.write_outstanding, 0);
    ck_assert_uint_eq(m->setup.rd_addr, 0x40);
    ck_assert_uint_eq(m->figures[0], 1);
    ck_assert_uint_eq(m->figures[2], ZS_AXI_UNMEASURED);
    ck_assert_uint_eq(m->figures[3], 0);
    ck_assert_uint_eq(m->figures[ZS_AXI_FIGURES - 1], ZS_AXI_UNMEASURED);
    ck_assert_uint_eq(m->trace_n, 2);
    ck_assert_uint_eq(m->trace[1].clock, 19);
    ck_assert_uint_eq(m->trace[1].addr, 0xf0);
    ck_assert_uint_eq(m->trace[1].beats, 16);
}
END_TEST

START_TEST(test_of_a_long_trace_the_first_bursts_count)
{
    char text[1024] = AXI_COLUMNS AXI_ROW;
    for (int i = 0; i < ZS_AXI_TRACE + 3; i++)
        strcat(text, "1@0+1 ");
    strcat(text, "\n");
    ck_assert_uint_eq(good(text).axis[0].trace_n, ZS_AXI_TRACE);
}
END_TEST

/* ---- kernels --------------------------------------------------------------------------------- */

START_TEST(test_a_kernel_is_taken_as_it_stands)
{
    const zs_reference ref =
        good(KERNEL_COLUMNS "n,opt,200.5,c,conv,64,32,3,28,14,2,ff:4{rc:2},array,local,1.5,no\n"
                            "n,opt,200.5,p,concat,,,,,,,,,,2,\n");
    const zs_kernel_measured *m = ref.kernels;
    ck_assert_str_eq(m[0].net, "n");
    ck_assert_str_eq(m[0].variant, "opt");
    ck_assert_str_eq(m[0].name, "c");
    ck_assert_str_eq(m[0].op, "conv");
    ck_assert_str_eq(m[0].nest, "ff:4{rc:2}");
    ck_assert_double_eq_tol(m[0].clock_hz, 200.5e6, 1);
    ck_assert_double_eq_tol(m[0].seconds, 1.5e-3, 1e-12);
    const uint32_t got[] = {m[0].cin, m[0].cout, m[0].k, m[0].hout, m[0].wout, m[0].stride};
    const uint32_t want[] = {64, 32, 3, 28, 14, 2};
    ck_assert_mem_eq(got, want, sizeof want);
    ck_assert_int_eq(m[0].sums, ZS_KERNEL_SUMS_ARRAY);
    ck_assert(m[0].input_is_local && !m[0].source_matches);
    ck_assert_int_eq(m[1].sums, ZS_KERNEL_SUMS_GLOBAL);
    ck_assert(!m[1].input_is_local && !m[1].source_matches);
    ck_assert_uint_eq(m[1].cin, 0);
}
END_TEST

static const struct {
    const char *row, *column;
} wrong_kernels[] = {
    {"n,v,0,x,pad,,,,,,,i:9,,,1.5,yes", "fmax_MHz"},
    {"n,v,200,x,pad,,,,,,,i:9,,,0,yes", "exec_ms"},
    {"n,v,200,x,conv,x,,,,,,i:9,,,1,yes", "cin"},
    {"n,v,200,x,conv,1,1,1,1,1,1,i:9{,,,1,yes", "loop_nest"},
    {"n,v,200,x,conv,1,1,1,1,1,1,i:9,stack,,1,yes", "accumulator"},
    {"n,v,200,x,conv,1,1,1,1,1,1,i:9,,disk,1,yes", "input_from"},
    {"n,v,200,x,conv,1,1,1,1,1,1,i:9,,,1,maybe", "source_matches"},
};

START_TEST(test_a_wrong_cell_of_a_kernel_is_named)
{
    char text[512];
    zs_table t;
    zs_reference ref;
    snprintf(text, sizeof text, "%s%s\n", KERNEL_COLUMNS, wrong_kernels[_i].row);
    ck_assert_int_ne(parse(text, &t, &ref), ZS_OK);
    ck_assert_msg(strstr(err.place, wrong_kernels[_i].column) != NULL, "%s: %s", err.place,
                  err.text);
}
END_TEST

/* ---- rates of arrays ------------------------------------------------------------------------- */

#define STREAM_COLUMNS                                                                             \
    "board,device_name,aocl_version,interleaved_banks,kernel_MHz,copy_MBps,scale_MBps,add_MBps,"   \
    "triad_MBps\n"

START_TEST(test_rates_of_arrays_are_taken_as_they_stand)
{
    const zs_reference ref = good(STREAM_COLUMNS "card,x,19.1,no,300.5,1,2,3,4000\n"
                                                 "card,x,19.1,yes,200,1,2,3,4\n");
    const zs_stream_measured *m = ref.streams;
    ck_assert_int_eq(ref.form, ZS_FORM_STREAM);
    ck_assert_str_eq(m[0].name, "card");
    ck_assert_str_eq(m[0].setting, "19.1");
    ck_assert(!m[0].is_interleaved && m[1].is_interleaved);
    ck_assert_double_eq_tol(m[0].clock_hz, 300.5e6, 1);
    ck_assert_double_eq_tol(m[0].bytes_per_s[0], 1e6, 1);
    ck_assert_double_eq_tol(m[0].bytes_per_s[3], 4e9, 1);
}
END_TEST

static const struct {
    const char *row, *column;
} wrong_streams[] = {
    {"card,x,1,maybe,300,1,1,1,1", "interleaved_banks"},
    {"card,x,1,no,0,1,1,1,1", "kernel_MHz"},
    {"card,x,1,no,300,1,1,-1,1", "add_MBps"},
};

START_TEST(test_a_wrong_rate_is_named)
{
    char text[512];
    zs_table table;
    zs_reference ref;
    snprintf(text, sizeof text, "%s%s\n", STREAM_COLUMNS, wrong_streams[_i].row);
    ck_assert_int_ne(parse(text, &table, &ref), ZS_OK);
    ck_assert_msg(strstr(err.place, wrong_streams[_i].column) != NULL, "%s: %s", err.place,
                  err.text);
}
END_TEST

/* ---- bands ----------------------------------------------------------------------------------- */

static const struct {
    const char *row;
    bool has_bandwidth, has_latency, refresh_off;
    zs_agreement bandwidth;
} bands[] = {
    {"0.100,0.102,,10,11,,", true, true, false, ZS_TIGHT},
    {"0.100,0.109,,10,11,,", true, true, false, ZS_MEDIUM},
    {"0.1,0.2,,10,11,,", true, true, false, ZS_LOOSE},
    {"0.1,0.2,tight,,,,refresh off", true, false, true, ZS_TIGHT},
    {"0.100,0.102,loose,,,,of interest", true, false, false, ZS_LOOSE},
    {",,,10,11,,with refresh off", false, true, true, ZS_TIGHT},
};

START_TEST(test_a_band_has_its_class_or_gets_one)
{
    char text[512];
    snprintf(text, sizeof text,
             "case,spec,frac_peak_lo,frac_peak_hi,bw_class,lat_mean_lo_ns,lat_mean_hi_ns,"
             "lat_class,note\nx,%s,%s\n",
             SPEC, bands[_i].row);
    const zs_reference ref = good(text);
    const zs_dram_measured *m = &ref.drams[0];
    ck_assert_int_eq(m->frac_peak.is_given, bands[_i].has_bandwidth);
    ck_assert_int_eq(m->rd_lat_mean_ns.is_given, bands[_i].has_latency);
    ck_assert_int_eq(m->refresh_off, bands[_i].refresh_off);
    ck_assert_int_eq(m->frac_peak.agreement, bands[_i].bandwidth);
}
END_TEST

START_TEST(test_the_valid_rows_of_a_case_span_its_band)
{
    const zs_reference ref = good("case,spec,valid_bw,valid_lat,frac_peak,rd_lat_mean_ns,n_ref\n"
                                  "x," SPEC ",1,0,0.50,10,3\n"
                                  "y," SPEC ",1,1,0.90,0,0\n"
                                  "x," SPEC ",1,1,0.52,40,0\n"
                                  "x," SPEC ",0,1,0.10,30,0\n"
                                  "z," SPEC ",0,0,0.10,30,0\n");
    ck_assert_uint_eq(ref.case_n, 3);
    const zs_dram_measured *x = &ref.drams[0], *y = &ref.drams[1], *z = &ref.drams[2];
    ck_assert_str_eq(x->name, "x");
    ck_assert_double_eq(x->frac_peak.lo, 0.50);
    ck_assert_double_eq(x->frac_peak.hi, 0.52);
    ck_assert_int_eq(x->frac_peak.agreement, ZS_MEDIUM);
    ck_assert_double_eq(x->rd_lat_mean_ns.lo, 30);
    ck_assert_double_eq(x->rd_lat_mean_ns.hi, 40);
    ck_assert(!x->refresh_off);
    ck_assert(!y->rd_lat_mean_ns.is_given); /* 0: nothing is read */
    ck_assert(!z->frac_peak.is_given && !z->rd_lat_mean_ns.is_given);
}
END_TEST

START_TEST(test_a_file_without_any_refresh_had_it_switched_off)
{
    const zs_reference ref = good("case,spec,valid_bw,valid_lat,frac_peak,n_ref\n"
                                  "x," SPEC ",1,0,0.50,0\ny," SPEC ",1,1,0.90,0\n");
    ck_assert(ref.drams[0].refresh_off && ref.drams[1].refresh_off);
}
END_TEST

/* ---- wrong cells ----------------------------------------------------------------------------- */

#define RUNS  "case,design,set,fidelity,scope,metric,measured,tolerance\n"
#define ROWS  "case,spec,valid_bw,valid_lat,frac_peak,rd_lat_mean_ns,n_ref\n"
#define PORTS "case,set,spec,metric,measured,tolerance\n"
#define BAND  "case,spec,frac_peak_lo,frac_peak_hi,bw_class\n"
static const struct {
    const char *text, *place, *sentence;
} wrong[] = {
    {RUNS, "r.csv", "has no rows below"},
    {RUNS "x,a,,,,cycles,1,exact\nx,,,,,cycles,1,exact\n", "r.csv:3, design", "the cell is empty"},
    {RUNS "x,a,b=1;c,,,cycles,1,exact\n", "r.csv:2, set", "\"c\" is not of the form path=value"},
    {RUNS "x,a,=1,,,cycles,1,exact\n", "r.csv:2, set", "\"=1\" is not of the form"},
    {RUNS "x,a,,slow,,cycles,1,exact\n", "r.csv:2, fidelity", "\"slow\" is not bound"},
    {RUNS "x,a,,,,,1,exact\n", "r.csv:2, metric", "\"\" is no figure of a whole network"},
    {RUNS "x,a,,,c,cycels,1,exact\n", "r.csv:2, metric", "did you mean cycles?"},
    {RUNS "x,a,,,,board,1,exact\n", "r.csv:2, metric", "board is a text"},
    {RUNS "x,a,,,,cycles,1e999,exact\n", "r.csv:2, measured", "1e999 is outside"},
    {RUNS "x,a,,,,cycles,one,exact\n", "r.csv:2, measured", "\"one\" is not a number"},
    {RUNS "x,a,,,,cycles,1,-1\n", "r.csv:2, tolerance", "not below 0"},
    {RUNS "x,a,,,,cycles,1,told\n", "r.csv:2, tolerance", "\"told\": is not a tolerance"},
    {RUNS "x,a,,,,cycles,,\n", "r.csv:2, measured", "\"\" is not a number"},
    {RUNS "x,a,,,,cycles,2..1,\n", "r.csv:2, measured", "\"2..1\": the band ends below its start"},
    {RUNS "x,a,,,,cycles,1..,\n", "r.csv:2, measured", "\"1..\" is neither a number nor a band"},
    {RUNS "x,a,,,,cycles,..1,\n", "r.csv:2, measured", "\"..1\" is neither"},
    {RUNS "x,a,,,,cycles,1..2..3,\n", "r.csv:2, measured", "\"1..2..3\" is neither"},
    {RUNS "x,a,,,,cycles,nan..3,\n", "r.csv:2, measured", "\"nan..3\" is neither"},
    {RUNS "x,a,,,,cycles,1..1e999,\n", "r.csv:2, measured", "\"1..1e999\" is neither"},
    {PORTS "x,," SPEC ",frac_peak,1,about\n", "r.csv:2, tolerance", "is not a tolerance"},
    {"case," TILE_COLUMNS "\nx,-1" TILE_ROW "\n", "r.csv:2, M", "is outside 0 to 4294967295"},
    {"case," TILE_COLUMNS "\nx," TILE_ROW ".5\n", "r.csv:2, total_cycles", "not a whole number"},
    {BAND "x,dir=Q,0.1,0.2,\n", "r.csv:2, spec", "stream 1, dir"},
    {BAND "x," SPEC ",0.2,0.1,\n", "r.csv:2, frac_peak_hi", "0.1 is outside 0.2"},
    {BAND "x," SPEC ",0.2,,\n", "r.csv:2, frac_peak_hi", "\"\" is not a number"},
    {BAND "x," SPEC ",0.1,0.2,wide\n", "r.csv:2, bw_class", "\"wide\" is not tight"},
    {ROWS "x," SPEC ",yes,1,0.1,1,1\n", "r.csv:2, valid_bw", "\"yes\" is not a number"},
    {ROWS "x," SPEC ",1,1,0.1,1,few\n", "r.csv:2, n_ref", "\"few\" is not a number"},
    {ROWS "x," SPEC ",1,1,nan,1,1\n", "r.csv:2, frac_peak", "nan is outside"},
    {AXI_COLUMNS AXI_ROW "2@40\n", "r.csv:2, ar_trace", "\"2@40\" is not of the form"},
    {AXI_COLUMNS AXI_ROW "2@40+0\n", "r.csv:2, ar_trace", "is not of the form"},
    {AXI_COLUMNS AXI_ROW "@40+1\n", "r.csv:2, ar_trace", "is not of the form"},
    {ROWS "x," SPEC ",1,1,1,1,1\nx," SPEC "0,1,1,1,1,1\n", "r.csv:3, spec", "than in line 2"},
};

START_TEST(test_a_wrong_cell_is_refused_by_line_and_column)
{
    zs_table t;
    zs_reference ref = {.case_n = 77};
    const zs_status status = parse(wrong[_i].text, &t, &ref);
    ck_assert_msg(status == ZS_EPARSE || status == ZS_ERANGE, "status %d: %s", status,
                  wrong[_i].text);
    ck_assert_str_eq(err.place, wrong[_i].place);
    ck_assert_msg(strstr(err.text, wrong[_i].sentence) != NULL, "%s", err.text);
    ck_assert_uint_eq(ref.case_n, 77);
}
END_TEST

TCase *tcase_reference(void)
{
    TCase *tc = net_case("reference");
    tcase_add_loop_test(tc, test_the_columns_tell_the_form, 0, ZS_LEN(forms));
    tcase_add_loop_test(tc, test_an_unknown_form_is_named_by_its_columns, 0, ZS_LEN(unknown));
    tcase_add_test(tc, test_long_lists_of_columns_end_in_dots);
    tcase_add_test(tc, test_cases_of_one_run_have_one_number);
    tcase_add_loop_test(tc, test_a_figure_is_a_value_or_a_band_and_its_tolerance_may_be_open, 0,
                        ZS_LEN(figures));
    tcase_add_test(tc, test_every_parameter_of_an_engine_is_taken);
    tcase_add_test(tc, test_empty_cells_of_a_dma_engine_are_not_measured);
    tcase_add_test(tc, test_of_a_long_trace_the_first_bursts_count);
    tcase_add_test(tc, test_a_kernel_is_taken_as_it_stands);
    tcase_add_test(tc, test_rates_of_arrays_are_taken_as_they_stand);
    tcase_add_loop_test(tc, test_a_wrong_rate_is_named, 0, ZS_LEN(wrong_streams));
    tcase_add_loop_test(tc, test_a_wrong_cell_of_a_kernel_is_named, 0, ZS_LEN(wrong_kernels));
    tcase_add_loop_test(tc, test_a_band_has_its_class_or_gets_one, 0, ZS_LEN(bands));
    tcase_add_test(tc, test_the_valid_rows_of_a_case_span_its_band);
    tcase_add_test(tc, test_a_file_without_any_refresh_had_it_switched_off);
    tcase_add_loop_test(tc, test_a_wrong_cell_is_refused_by_line_and_column, 0, ZS_LEN(wrong));
    return tc;
}
