/* What `report` makes of several results and of a sweep, as emitters of one result. */
#include "fixture.h"

/* Its names are those of two rows of the result: any name may turn up there. */
static const char *name_of(const zs_result *r, int i)
{
    return r->layers[i == 1 && r->layer_n > 25 ? 25 : 1].name;
}

static void two_of(const zs_result *r, zs_labelled_result list[2])
{
    for (int i = 0; i < 2; i++)
        list[i] = (zs_labelled_result){.name = name_of(r, i), .result = r};
}

zs_status fixture_compare_plot(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_labelled_result list[2];
    two_of(r, list);
    return zs_compare_plot_emit(list, 2, s, err);
}

zs_status fixture_compare_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    zs_labelled_result list[2];
    two_of(r, list);
    return zs_compare_html_emit(list, 2, s, err);
}

typedef zs_status scatter_emit(const zs_scatter *scatter, const zs_sink *s, zs_err *err);

static zs_status emit_scatter(const zs_result *r, scatter_emit *emit, const zs_sink *s, zs_err *err)
{
    zs_scatter_point points[] = {
        {.label = name_of(r, 0), .x = 1, .y = 9e6, .is_feasible = true},
        {.label = "beaten", .x = 2, .y = 9.5e6, .is_feasible = true},
        {.label = "too large", .x = 3, .y = 1e6},
        {.label = name_of(r, 1), .x = 4, .y = 5e6, .is_feasible = true},
    };
    zs_scatter scatter = {.x = {.name = name_of(r, 0), .title = name_of(r, 0)},
                          .y = {.name = "cycles", .title = "time (PL cycles)"},
                          .title = name_of(r, 1),
                          .points = points,
                          .n = ZS_LEN(points)};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    ck_assert_int_eq(zs_scatter_build(&arena, &scatter, err), ZS_OK);
    const zs_status status = emit(&scatter, s, err);
    zs_arena_drop(&arena);
    return status;
}

zs_status fixture_scatter_plot(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return emit_scatter(r, zs_scatter_plot_emit, s, err);
}

zs_status fixture_scatter_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return emit_scatter(r, zs_scatter_html_emit, s, err);
}
