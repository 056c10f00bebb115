#include "designio_case.h"
#include "zynqsim/report.h"

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

const char *designio_shown(zs_arena *arena, const zs_design *d)
{
    zs_buffer buffer;
    zs_err err;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_design_yaml_emit(d, &sink, &err), ZS_OK);
    const char *text = zs_arena_strndup(arena, (const char *)buffer.data, buffer.bytes);
    zs_buffer_drop(&buffer);
    return text;
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
