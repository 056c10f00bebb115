#include "design_case.h"

void design_case_start(design_case *c)
{
    *c = (design_case){.err = {.text = "no error"}};
    zs_arena_init(&c->arena, test_heap());
    zs_design_defaults(&c->design);
}

void design_case_end(design_case *c)
{
    zs_arena_drop(&c->arena);
}

zs_status design_case_set(design_case *c, const char *path, const char *text)
{
    return zs_design_set(&c->design, &c->arena, path, text, &c->err);
}

uint32_t design_case_kind_of(const zs_field *field)
{
    uint32_t kind = 0;
    while (kind < zs_kind_n && !zs_field_is_of(field, kind))
        kind++;
    ck_assert_msg(kind < zs_kind_n, "%s belongs to no kind", field->path);
    return kind;
}

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_fields, tcase_quantities,    tcase_lists,
                                     tcase_boards, tcase_design_checks, tcase_derived,
                                     tcase_kinds};
    return test_main("design", cases, ZS_LEN(cases));
}
