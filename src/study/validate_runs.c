/* Figures of simulated designs, by name. */
#include "validate_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row_choice {
    uint32_t name_bytes; /* of the row's name in the scope */
    uint32_t which;      /* 1 for the first; 0: there must be but one */
} row_choice;

/* A name may itself hold a '#': only digits behind the last one are a choice. */
static row_choice choice_of(const char *scope)
{
    const char *mark = strrchr(scope, '#');
    const uint32_t bytes = (uint32_t)strlen(scope);
    if (mark == NULL || mark[1] < '1' || mark[1] > '9' || strspn(mark + 1, "0123456789") > 6 ||
        mark[1 + strspn(mark + 1, "0123456789")] != '\0')
        return (row_choice){.name_bytes = bytes};
    return (row_choice){.name_bytes = (uint32_t)(mark - scope),
                        .which = (uint32_t)strtoul(mark + 1, NULL, 10)};
}

static bool has_name(const zs_layer_result *layer, const char *scope, uint32_t bytes)
{
    return strncmp(layer->name, scope, bytes) == 0 && layer->name[bytes] == '\0';
}

static zs_status no_row(const zs_result *r, const char *scope, uint32_t n, zs_err *err)
{
    if (n > 0)
        return zs_fail(err, ZS_EUSAGE, scope,
                       "%u rows of the result have this name: say which, %.100s#1 to #%u", n, scope,
                       n);
    enum { NAMES_MAX = 512 };
    const char *names[NAMES_MAX];
    const uint32_t name_n = r->layer_n < NAMES_MAX ? r->layer_n : NAMES_MAX;
    for (uint32_t i = 0; i < name_n; i++)
        names[i] = r->layers[i].name;
    const char *near = zs_nearest(scope, names, name_n);
    if (near == NULL)
        return zs_fail(err, ZS_EUSAGE, scope, "the result of %.60s has no such row", r->network);
    return zs_fail(err, ZS_EUSAGE, scope,
                   "the result of %.60s has no such row, did you mean %.80s?", r->network, near);
}

static zs_status find_row(const zs_result *r, const char *scope, uint32_t *layer, zs_err *err)
{
    const row_choice choice = choice_of(scope);
    uint32_t n = 0, found = 0;
    for (uint32_t i = 0; i < r->layer_n; i++) {
        if (!has_name(&r->layers[i], scope, choice.name_bytes))
            continue;
        n++;
        if (n == 1 || n == choice.which)
            found = i;
    }
    if (n == 0 || (choice.which == 0 && n > 1))
        return no_row(r, scope, n, err);
    if (choice.which > n)
        return zs_fail(err, ZS_EUSAGE, scope, "the result has but %u row%s of this name", n,
                       n == 1 ? "" : "s");
    *layer = found;
    return ZS_OK;
}

static zs_check check_of(const zs_run_case *c)
{
    return (zs_check){.name = c->name,
                      .lo = c->measured.lo,
                      .hi = c->measured.hi,
                      .tolerance = c->measured.tolerance,
                      .verdict = c->measured.is_reported ? ZS_REPORTED : ZS_INSIDE,
                      .reason = c->reason,
                      .source = c->source,
                      .scope = c->scope,
                      .figure = c->metric};
}

zs_status zs_run_pipeline_check(const zs_reference *ref, uint32_t i, const zs_pipeline *pipeline,
                                zs_section *sections)
{
    zs_check check = check_of(&ref->runs[i]);
    check.unit = zs_pipeline_metrics[ref->runs[i].metric_i].unit;
    check.predicted = zs_pipeline_figure(pipeline, ref->runs[i].metric_i);
    zs_section_append(&sections[0], check);
    return ZS_OK;
}

zs_status zs_run_check(const zs_reference *ref, uint32_t i, const zs_result *result,
                       zs_section *sections, zs_err *err)
{
    const zs_run_case *c = &ref->runs[i];
    zs_check check = check_of(c);
    zs_value value;
    if (c->scope[0] == '\0') {
        value = zs_result_get(result, c->metric_i);
        check.unit = zs_metrics[c->metric_i].unit;
    } else {
        uint32_t layer = 0;
        ZS_TRY(find_row(result, c->scope, &layer, err));
        value = zs_layer_result_get(result, layer, c->metric_i);
        check.unit = zs_layer_metrics[c->metric_i].unit;
    }
    check.predicted = value.type == ZS_METRIC_REAL ? value.r : (double)value.i;
    zs_section_append(&sections[0], check);
    return ZS_OK;
}
