#include "designio_case.h"

#include <string.h>

static zs_status get(void *ctx, const char *name, const char *from, zs_span *bytes,
                     const char **path, zs_err *err)
{
    (void)from;
    for (const test_file *f = ctx; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0) {
            *bytes = test_span(f->text);
            *path = f->name;
            return ZS_OK;
        }
    return zs_fail(err, ZS_EIO, name, "there is no such file");
}

zs_fetch test_fetch(const test_file *files)
{
    return (zs_fetch){.get = get, .ctx = (void *)(uintptr_t)files};
}

zs_span test_span(const char *text)
{
    return (zs_span){.data = (const uint8_t *)text, .bytes = strlen(text)};
}

void designio_start(designio_case *c)
{
    *c = (designio_case){.err = {.text = "no error"}};
    zs_arena_init(&c->arena, test_heap());
}

void designio_end(designio_case *c)
{
    zs_arena_drop(&c->arena);
}

zs_status designio_parse(designio_case *c, const char *text, const test_file *files)
{
    const zs_fetch fetch = test_fetch(files);
    return zs_design_parse(&c->arena, test_span(text), "a.yaml", files ? &fetch : NULL, &c->design,
                           &c->err);
}

int main(void)
{
    TCase *(*const cases[])(void) = {
        tcase_design_yaml, tcase_design_files, tcase_design_show, tcase_design_kinds, tcase_configs,
        tcase_images,      tcase_preprocess,   tcase_npy,         tcase_labels,
    };
    return test_main("designio", cases, ZS_LEN(cases));
}
