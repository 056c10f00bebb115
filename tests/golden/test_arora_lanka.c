#include "golden_case.h"
#include "kind_rows.h"
#include "set_key.h"
#include "zynqsim/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The published DRAM words, calls, register writes and block RAM of the Arora-Lanka kernel, as
 * configs/validation/runs_direct.csv has them, at the fidelity that takes no time. */

enum { COLUMNS = 10, LINE_BYTES = 512 };
enum { CASE, DESIGN, SET, FIDELITY, SCOPE, METRIC, MEASURED };

static const struct {
    const char *name;
    uint32_t fusion;
    bool fuse_concat;
} variants[] = {
    {"arora-lanka NF18", ZS_FUSION_NONE, false},
    {"arora-lanka LF1", ZS_FUSION_LF1, false},
    {"arora-lanka LF2", ZS_FUSION_LF2, false},
    {"arora-lanka LF2_EXT", ZS_FUSION_LF2, true},
};

static const zs_result *run_variant(golden_case *c, int which)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    zs_result *r = NULL;
    zs_design *d = zs_new(&c->arena, zs_design, 1);
    const zs_net *net = golden_model(c, "squeezenet_v1.1_same", 0);
    zs_design_defaults(d);
    zs_design_set_kind(d, KIND_direct);
    d->accel.fusion = variants[which].fusion;
    test_set(d, "accelerator.direct.fuse_concat", variants[which].fuse_concat);
    golden_check(zs_plan_build(&c->arena, d, net, &plan, &err), &err);
    golden_check(zs_sim_run(&c->arena, d, net, plan, ZS_BOUND, NULL, &r, &err), &err);
    return r;
}

static uint64_t layer_figure(const zs_result *r, const char *scope, const char *metric)
{
    for (uint32_t l = 0; l < r->layer_n; l++)
        for (uint32_t m = 0; m < zs_layer_metric_n && strcmp(r->layers[l].name, scope) == 0; m++)
            if (strcmp(zs_layer_metrics[m].name, metric) == 0)
                return zs_layer_result_get(r, l, m).i;
    ck_abort_msg("no row %s with a figure %s", scope, metric);
    return 0;
}

static uint64_t figure(const zs_result *r, const char *scope, const char *metric)
{
    if (scope[0] != '\0')
        return layer_figure(r, scope, metric);
    for (uint32_t m = 0; m < zs_metric_n; m++)
        if (strcmp(zs_metrics[m].name, metric) == 0)
            return zs_result_get(r, m).i;
    ck_abort_msg("no figure %s", metric);
    return 0;
}

/* Cuts a line at its commas; the last column, which may have some, keeps them. */
static void cut(char *line, char *column[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        column[i] = line;
        char *comma = i + 1 < COLUMNS ? strchr(line, ',') : NULL;
        if (comma == NULL)
            continue;
        *comma = '\0';
        line = comma + 1;
    }
}

START_TEST(test_words_calls_and_memories_are_the_published_ones)
{
    golden_case c;
    char line[LINE_BYTES], *column[COLUMNS];
    uint32_t checked = 0;
    golden_start(&c);
    const zs_result *r = run_variant(&c, _i);
    FILE *rows = fopen("configs/validation/runs_direct.csv", "r");
    ck_assert_ptr_nonnull(rows);
    while (fgets(line, sizeof line, rows) != NULL) {
        cut(line, column);
        if (strcmp(column[CASE], variants[_i].name) != 0)
            continue;
        const uint64_t got = figure(r, column[SCOPE], column[METRIC]);
        ck_assert_msg(got == strtoull(column[MEASURED], NULL, 10), "%s %s %s: %llu instead of %s",
                      column[CASE], column[SCOPE], column[METRIC], (unsigned long long)got,
                      column[MEASURED]);
        checked++;
    }
    fclose(rows);
    ck_assert_uint_ge(checked, 6);
    golden_end(&c);
}
END_TEST

TCase *tcase_arora_lanka(void)
{
    TCase *tc = tcase_create("Arora-Lanka");
    tcase_add_loop_test(tc, test_words_calls_and_memories_are_the_published_ones, 0,
                        (int)ZS_LEN(variants));
    return tc;
}
