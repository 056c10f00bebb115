/* designio_case.h - files in memory for the importers of designs, pictures, tensors and labels. */
#ifndef ZYNQSIM_TEST_DESIGNIO_CASE_H
#define ZYNQSIM_TEST_DESIGNIO_CASE_H

#include "support.h"
#include "zynqsim/import.h"

typedef struct test_file {
    const char *name, *text;
} test_file;

/* Fetches from a list that ends with a NULL name. */
zs_fetch test_fetch(const test_file *files);

typedef struct designio_case {
    zs_arena arena;
    zs_design design;
    zs_err err;
} designio_case;

void designio_start(designio_case *c);
void designio_end(designio_case *c);
zs_span test_span(const char *text);
/* Parses `text` as "a.yaml"; other files come from `files` (may be NULL). */
zs_status designio_parse(designio_case *c, const char *text, const test_file *files);
/* The design as `zynqsim show` writes it. */
const char *designio_shown(zs_arena *arena, const zs_design *d);

/* A picture whose neighbours all differ, as RGB rows. */
void test_pattern(uint8_t *rgb, uint32_t w, uint32_t h);
/* Encoders; free() the result's data. `png_kind` is one of: */
typedef enum png_kind {
    PNG_RGB,
    PNG_RGB_INTERLACED,
    PNG_RGBA,
    PNG_RGB16,
    PNG_GREY,
    PNG_GREY1,
    PNG_GREY_ALPHA,
    PNG_PALETTE,
    PNG_PALETTE_ALPHA
} png_kind;
zs_span test_png(png_kind kind, uint32_t w, uint32_t h);
/* Components: 1, 3 or 4 (CMYK). */
zs_span test_jpeg(int components, bool progressive, uint32_t w, uint32_t h);

TCase *tcase_design_yaml(void);
TCase *tcase_design_files(void);
TCase *tcase_design_show(void);
TCase *tcase_design_kinds(void);
TCase *tcase_configs(void);
TCase *tcase_images(void);
TCase *tcase_preprocess(void);
TCase *tcase_npy(void);
TCase *tcase_labels(void);

#endif
