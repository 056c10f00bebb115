#include "reference_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- bands ----------------------------------------------------------------------------------- */

static const double tight_frac = 0.03, medium_frac = 0.10; /* spread over the middle */

static zs_agreement agreement_of(double lo, double hi)
{
    const double middle = (lo + hi) / 2;
    const double spread = middle > 0 ? (hi - lo) / middle : 0;
    return spread <= tight_frac ? ZS_TIGHT : spread <= medium_frac ? ZS_MEDIUM : ZS_LOOSE;
}

static bool says_no_refresh(const zs_table *t, uint32_t row, uint32_t note)
{
    return strstr(zs_table_text(t, row, note, ""), "refresh off") != NULL;
}

static zs_status begin_case(const zs_table *t, uint32_t row, zs_dram_measured *out, zs_err *err)
{
    zs_traffic traffic;
    const uint32_t spec = zs_table_column(t, "spec");
    *out = (zs_dram_measured){.spec = zs_table_text(t, row, spec, ""),
                              .name = zs_table_text(t, row, zs_table_column(t, "case"), ""),
                              .reason = zs_table_text(t, row, zs_table_column(t, "reason"), ""),
                              .source = zs_table_text(t, row, zs_table_column(t, "source"), ""),
                              .refresh_off = says_no_refresh(t, row, zs_table_column(t, "note"))};
    return zs_traffic_cell_parse(t, row, spec, &traffic, err);
}

/* ---- one row per case ------------------------------------------------------------------------ */

typedef struct band_columns {
    uint32_t lo, hi, agreement;
} band_columns;

static zs_status take_agreement(const zs_table *t, uint32_t row, uint32_t column, zs_agreement *out,
                                zs_err *err)
{
    static const char *const words[] = {"tight", "medium", "loose"}; /* order of zs_agreement */
    uint32_t word = *out;
    if (zs_table_text(t, row, column, "")[0] != '\0')
        ZS_TRY(zs_table_word(t, row, column, words, ZS_LEN(words), "tight, medium or loose", &word,
                             err));
    *out = (zs_agreement)word;
    return ZS_OK;
}

/* Two empty cells: not measured. */
static zs_status take_band(const zs_table *t, uint32_t row, const band_columns *at, double max,
                           zs_band *out, zs_err *err)
{
    zs_band band = {.is_given = true};
    if (zs_table_text(t, row, at->lo, "")[0] == '\0' &&
        zs_table_text(t, row, at->hi, "")[0] == '\0')
        return ZS_OK;
    ZS_TRY(zs_table_number(t, row, at->lo, 0, max, &band.lo, err));
    ZS_TRY(zs_table_number(t, row, at->hi, band.lo, max, &band.hi, err));
    band.agreement = agreement_of(band.lo, band.hi);
    ZS_TRY(take_agreement(t, row, at->agreement, &band.agreement, err));
    *out = band;
    return ZS_OK;
}

zs_status zs_reference_dram_band(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const band_columns bandwidth = {zs_table_column(t, "frac_peak_lo"),
                                    zs_table_column(t, "frac_peak_hi"),
                                    zs_table_column(t, "bw_class")};
    const band_columns latency = {zs_table_column(t, "lat_mean_lo_ns"),
                                  zs_table_column(t, "lat_mean_hi_ns"),
                                  zs_table_column(t, "lat_class")};
    zs_dram_measured *cases = zs_new(arena, zs_dram_measured, t->row_n);
    if (cases == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++) {
        ZS_TRY(begin_case(t, row, &cases[row], err));
        ZS_TRY(take_band(t, row, &bandwidth, 2, &cases[row].frac_peak, err));
        ZS_TRY(take_band(t, row, &latency, 1e12, &cases[row].rd_lat_mean_ns, err));
    }
    out->drams = cases;
    out->case_n = t->row_n;
    return ZS_OK;
}

/* ---- one row per case and measurement -------------------------------------------------------- */

typedef struct named_row {
    const char *name;
    uint32_t row;
} named_row;

static int compare_rows(const void *a, const void *b)
{
    const named_row *x = a, *y = b;
    const int by_name = strcmp(x->name, y->name);
    return by_name != 0 ? by_name : (x->row > y->row) - (x->row < y->row);
}

/* first[row]: the first row of the same case. */
static zs_status find_first_rows(zs_arena *arena, const zs_table *t, uint32_t *first, zs_err *err)
{
    named_row *order = zs_new(arena, named_row, t->row_n);
    if (order == NULL)
        return zs_nomem(err, t->path);
    for (uint32_t row = 0; row < t->row_n; row++)
        order[row] = (named_row){zs_table_text(t, row, zs_table_column(t, "case"), ""), row};
    qsort(order, t->row_n, sizeof *order, compare_rows);
    uint32_t head = 0;
    for (uint32_t i = 0; i < t->row_n; i++) {
        if (strcmp(order[i].name, order[head].name) != 0)
            head = i;
        first[order[i].row] = order[head].row;
    }
    return ZS_OK;
}

static void widen(zs_band *band, double value)
{
    band->lo = !band->is_given || value < band->lo ? value : band->lo;
    band->hi = !band->is_given || value > band->hi ? value : band->hi;
    band->is_given = true;
    band->agreement = agreement_of(band->lo, band->hi);
}

/* A figure counts when the column that says so holds 1. A latency of 0 means that nothing is read.
 */
static zs_status fold(const zs_table *t, uint32_t row, const char *valid, const char *value,
                      double max, zs_band *band, zs_err *err)
{
    const uint32_t column = zs_table_column(t, value);
    uint64_t is_valid = 0;
    double figure = 0;
    ZS_TRY(zs_table_count(t, row, zs_table_column(t, valid), 0, 1, &is_valid, err));
    if (!is_valid || zs_table_text(t, row, column, "")[0] == '\0')
        return ZS_OK;
    ZS_TRY(zs_table_number(t, row, column, 0, max, &figure, err));
    if (figure > 0)
        widen(band, figure);
    return ZS_OK;
}

static zs_status fold_row(const zs_table *t, uint32_t row, uint32_t first, zs_dram_measured *c,
                          zs_err *err)
{
    const uint32_t spec = zs_table_column(t, "spec");
    if (strcmp(zs_table_text(t, row, spec, ""), zs_table_text(t, first, spec, "")) != 0)
        return zs_table_fail(t, row, spec, ZS_EPARSE, err,
                             "the case has another spec here than in line %u", t->lines[first]);
    ZS_TRY(fold(t, row, "valid_bw", "frac_peak", 2, &c->frac_peak, err));
    return fold(t, row, "valid_lat", "rd_lat_mean_ns", 1e12, &c->rd_lat_mean_ns, err);
}

/* No refresh in any row: it was switched off. */
static zs_status no_refresh_at_all(const zs_table *t, bool *is_off, zs_err *err)
{
    const uint32_t column = zs_table_column(t, "n_ref");
    uint64_t sum = 0;
    for (uint32_t row = 0; row < t->row_n && column != ZS_NO_COLUMN; row++) {
        uint64_t n = 0;
        ZS_TRY(zs_table_count(t, row, column, 0, UINT32_MAX, &n, err));
        sum += n;
    }
    *is_off = column != ZS_NO_COLUMN && sum == 0;
    return ZS_OK;
}

zs_status zs_reference_dram_rows(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    uint32_t *first = zs_new(arena, uint32_t, t->row_n), *index = zs_new(arena, uint32_t, t->row_n);
    zs_dram_measured *cases = zs_new(arena, zs_dram_measured, t->row_n);
    bool is_off = false;
    if (first == NULL || index == NULL || cases == NULL)
        return zs_nomem(err, t->path);
    ZS_TRY(find_first_rows(arena, t, first, err));
    ZS_TRY(no_refresh_at_all(t, &is_off, err));
    for (uint32_t row = 0; row < t->row_n; row++) {
        if (first[row] == row) {
            index[row] = out->case_n;
            ZS_TRY(begin_case(t, row, &cases[out->case_n], err));
            cases[out->case_n++].refresh_off |= is_off;
        }
        ZS_TRY(fold_row(t, row, first[row], &cases[index[first[row]]], err));
    }
    out->drams = cases;
    return ZS_OK;
}
