/* fixture.h - hand-made results for the report tests, and sinks that misbehave. */
#ifndef ZYNQSIM_REPORT_FIXTURE_H
#define ZYNQSIM_REPORT_FIXTURE_H

#include "support.h"
#include "zynqsim/report.h"

/* Five rows chosen to be difficult: names with commas, quotes, markup, a line break and bytes that
 * are not UTF-8; a row without bytes, one without cycles, one on the PS; BRAM exceeded. */
const zs_result *fixture_hostile(void);
/* Names of its rows as any report may show them: cleaned of what is no text. */
extern const char *const fixture_hostile_names[5];
/* Figures with the proportions of a SqueezeNet v1.1 run; fits. */
const zs_result *fixture_squeezenet(void);

/* Patterns with figures made up, the second without reads; names as difficult as those of rows. */
enum { FIXTURE_TRAFFIC_N = 2, FIXTURE_SECTION_N = 2 };
extern const zs_memory_params fixture_memory;
extern const zs_traffic_case fixture_traffic[FIXTURE_TRAFFIC_N];
/* Two closed sections: every verdict, a band, a value that is undefined. */
const zs_section *const *fixture_sections(void);

/* Everything one emitter writes, as a zero-terminated string; freed by the caller. */
typedef zs_status (*fixture_emit)(const zs_result *r, const zs_sink *s, zs_err *err);
char *fixture_text(fixture_emit emit, const zs_result *r);

/* The emitters of a result, uniformly: table at 80 and 120 columns with and without colour, CSV,
 * JSON, plots, page. */
typedef struct fixture_format {
    const char *name;
    fixture_emit emit;
} fixture_format;
extern const fixture_format fixture_formats[];
enum { FIXTURE_FORMAT_N = 7 };

/* Of several results and of a sweep, made of one result: plots and pages. */
zs_status fixture_compare_plot(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status fixture_compare_page(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status fixture_scatter_plot(const zs_result *r, const zs_sink *s, zs_err *err);
zs_status fixture_scatter_page(const zs_result *r, const zs_sink *s, zs_err *err);
/* A text against the file in golden/, which REPORT_BLESS=1 rewrites. */
void fixture_golden(const char *name, const char *text);

/* A sink that accepts `left` writes and then fails with ZS_EIO; counts writes after the failure. */
typedef struct fixture_full_disk {
    uint64_t left, taken, after;
    bool failed;
} fixture_full_disk;
zs_sink fixture_full_disk_sink(fixture_full_disk *disk);

/* The cases, one or more per file. */
TCase *tcase_figures(void);
TCase *tcase_cells(void);
TCase *tcase_utf8(void);
TCase *tcase_text_table(void);
TCase *tcase_table(void);
TCase *tcase_csv(void);
TCase *tcase_json(void);
TCase *tcase_labels(void);
TCase *tcase_plots(void);
TCase *tcase_html(void);
TCase *tcase_npy(void);
TCase *tcase_listings(void);
TCase *tcase_full_disk(void);
TCase *tcase_memory_out(void);
TCase *tcase_result_read(void);
TCase *tcase_comparison_out(void);
TCase *tcase_study_out(void);
TCase *tcase_sweep_rows(void);

#endif
