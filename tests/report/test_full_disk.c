/* What every emitter does when its sink fails, at whichever write. */
#include "fixture.h"

#include <string.h>

static zs_status emit_npy(const zs_result *r, const zs_sink *s, zs_err *err)
{
    static const float data[2000];
    (void)r;
    return zs_npy_emit(data, (uint64_t[]){2, 1000}, 2, s, err);
}

static zs_status emit_metrics(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_metrics_markdown_emit(s, err);
}

static zs_status emit_traffic_csv(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_traffic_csv_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, s, err);
}

static zs_status emit_traffic_table(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_traffic_table_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, s, err);
}

static zs_status emit_traffic_json(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_traffic_json_emit(&fixture_memory, fixture_traffic, FIXTURE_TRAFFIC_N, s, err);
}

static zs_status emit_validation_csv(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_validation_csv_emit(fixture_sections(), FIXTURE_SECTION_N, s, err);
}

static zs_status emit_validation_table(const zs_result *r, const zs_sink *s, zs_err *err)
{
    const zs_table_style style = {.colour = true};
    (void)r;
    return zs_validation_table_emit(fixture_sections(), FIXTURE_SECTION_N, &style, s, err);
}

static zs_status emit_validation_json(const zs_result *r, const zs_sink *s, zs_err *err)
{
    (void)r;
    return zs_validation_json_emit(fixture_sections(), FIXTURE_SECTION_N, s, err);
}

static const fixture_emit more[] = {emit_npy,
                                    emit_metrics,
                                    emit_traffic_csv,
                                    emit_traffic_table,
                                    emit_traffic_json,
                                    emit_validation_csv,
                                    emit_validation_table,
                                    emit_validation_json,
                                    zs_timeline_plot_emit,
                                    zs_bytes_plot_emit,
                                    fixture_compare_plot,
                                    fixture_compare_page,
                                    fixture_scatter_plot,
                                    fixture_scatter_page};

static fixture_emit emitter(int i)
{
    return i < FIXTURE_FORMAT_N ? fixture_formats[i].emit : more[i - FIXTURE_FORMAT_N];
}

START_TEST(test_a_full_disk_ends_every_emitter_at_every_write)
{
    fixture_full_disk whole = {.left = UINT64_MAX};
    zs_sink sink = fixture_full_disk_sink(&whole);
    ck_assert_int_eq(emitter(_i)(fixture_hostile(), &sink, NULL), ZS_OK);
    ck_assert_uint_gt(whole.taken, 0);
    for (uint64_t left = 0; left < whole.taken; left++) {
        fixture_full_disk disk = {.left = left};
        zs_err err = {0};
        sink = fixture_full_disk_sink(&disk);
        ck_assert_int_eq(emitter(_i)(fixture_hostile(), &sink, &err), ZS_EIO);
        ck_assert_int_eq(err.status, ZS_EIO);
        ck_assert(err.place[0] != '\0' && err.text[0] != '\0');
        ck_assert_uint_eq(disk.after, 0); /* nothing is written after the failure */
    }
}
END_TEST

TCase *tcase_full_disk(void)
{
    TCase *tc = tcase_create("full disk");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_a_full_disk_ends_every_emitter_at_every_write, 0,
                        FIXTURE_FORMAT_N + ZS_LEN(more));
    return tc;
}
