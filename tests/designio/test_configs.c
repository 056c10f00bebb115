#include "designio_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files in configs/, as the tests run from the top of the tree. */
static const char *const configs[] = {
    "default",
    "squeezenet-fixed16",
    "squeezenet-int8",
    "squeezenet-zybo-z7-20",
    "lenet",
    "cifar10-quick",
    "mobilenet",
    "resnet20",
    "vta-pynq",
    "fpga15-alexnet",
    "rtl-tile",
    "squeezejet2-8bit",
    "hls-yolov2-int16",
    "arora-lanka-nf18",
    "arora-lanka-lf1",
    "arora-lanka-lf2",
};

static zs_status get(void *ctx, const char *name, const char *from, zs_span *bytes,
                     const char **path, zs_err *err)
{
    zs_arena *arena = ctx;
    (void)from;
    const char *found = zs_arena_printf(arena, "configs/%s", name);
    const zs_span file = test_read_file(found);
    if (file.data == NULL)
        return zs_fail(err, ZS_EIO, found, "there is no such file");
    *bytes = (zs_span){
        (const uint8_t *)zs_arena_strndup(arena, (const char *)file.data, file.bytes), file.bytes};
    free((void *)(uintptr_t)file.data);
    *path = found;
    return ZS_OK;
}

static void parse_config(designio_case *c, const char *name)
{
    const zs_fetch fetch = {.get = get, .ctx = &c->arena};
    const char *path = NULL;
    zs_span bytes = {0};
    char file[64];
    snprintf(file, sizeof file, "%s.yaml", name);
    ck_assert_int_eq(get(&c->arena, file, "", &bytes, &path, &c->err), ZS_OK);
    ck_assert_msg(zs_design_parse(&c->arena, bytes, path, &fetch, &c->design, &c->err) == ZS_OK,
                  "%s: %s", c->err.place, c->err.text);
}

START_TEST(test_every_config_is_a_valid_design)
{
    designio_case c;
    designio_start(&c);
    parse_config(&c, configs[_i]);
    ck_assert_msg(zs_design_check(&c.design, &c.err) == ZS_OK, "%s: %s", c.err.place, c.err.text);
    if (_i > 0)
        ck_assert_str_eq(c.design.name, configs[_i]);
    designio_end(&c);
}
END_TEST

START_TEST(test_the_default_config_is_the_default_design)
{
    designio_case c;
    zs_design defaults;
    char expected[128], found[128];
    designio_start(&c);
    parse_config(&c, "default");
    zs_design_defaults(&defaults);
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        if (!zs_field_is_of(zs_field_at(i), defaults.accel.kind))
            continue;
        zs_design_print(&defaults, zs_field_at(i), expected, sizeof expected);
        zs_design_print(&c.design, zs_field_at(i), found, sizeof found);
        ck_assert_msg(strcmp(expected, found) == 0, "%s: %s, not %s", zs_field_at(i)->path, found,
                      expected);
    }
    ck_assert_str_eq(c.design.board_name, defaults.board_name);
    ck_assert_uint_eq(c.design.network.input_n, 1);
    designio_end(&c);
}
END_TEST

TCase *tcase_configs(void)
{
    TCase *tc = tcase_create("configs");
    tcase_add_loop_test(tc, test_every_config_is_a_valid_design, 0, ZS_LEN(configs));
    tcase_add_test(tc, test_the_default_config_is_the_default_design);
    return tc;
}
