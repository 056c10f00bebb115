#include "golden_case.h"
#include "zynqsim/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Did a number move? The integers of the default design against the files beside this one. With
 * ZYNQSIM_BLESS=1 in the environment the files are rewritten; the difference is reviewed. */

static const char *const models[] = {
    "squeezenet_v1.1", "squeezenet_v1.0", "alexnet", "lenet5", "vgg16", "resnet18", "mobilenet_v1",
};

static golden_case gc;
static zs_buffer figures;
static zs_sink sink;

static void set_up(void)
{
    golden_start(&gc);
    zs_buffer_init(&figures, test_heap());
    sink = zs_buffer_sink(&figures);
}

static void tear_down(void)
{
    zs_buffer_drop(&figures);
    golden_end(&gc);
}

static void print(uint64_t value, char after)
{
    ck_assert_int_eq(zs_sink_printf(&sink, "%" PRIu64 "%c", value, after), ZS_OK);
}

/* Indices come last, and dense weights have none. */
static void print_operands(const uint64_t *bytes)
{
    for (int i = 0; i < ZS_OPERAND_INDEX; i++)
        print(bytes[i], i + 1 < ZS_OPERAND_INDEX ? ',' : '\n');
    ck_assert_uint_eq(bytes[ZS_OPERAND_INDEX], 0);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void write_file(const char *path)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    const size_t written = fwrite(figures.data, 1, figures.bytes, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(written, figures.bytes);
}

static size_t line_end(const uint8_t *text, size_t bytes, size_t at)
{
    while (at < bytes && text[at] != '\n')
        at++;
    return at;
}

/* Says which line is the first that moved. */
static void check_text(const char *path, zs_span wanted)
{
    const uint8_t *got = figures.data;
    size_t at = 0, line = 1;
    while (at < figures.bytes && at < wanted.bytes) {
        const size_t end = line_end(got, figures.bytes, at);
        const size_t wanted_end = line_end(wanted.data, wanted.bytes, at);
        ck_assert_msg(end == wanted_end && memcmp(got + at, wanted.data + at, end - at) == 0,
                      "%s:%zu moved (make bless)\n  was %.*s\n  is  %.*s", path, line,
                      (int)(wanted_end - at), (const char *)wanted.data + at, (int)(end - at),
                      (const char *)got + at);
        at = end + 1;
        line++;
    }
    ck_assert_msg(figures.bytes == wanted.bytes, "%s has %zu bytes, now %zu (make bless)", path,
                  wanted.bytes, figures.bytes);
}

static void compare_or_bless(const char *path)
{
    const char *bless = getenv("ZYNQSIM_BLESS");
    if (bless != NULL && strcmp(bless, "1") == 0) {
        write_file(path);
        return;
    }
    const zs_span wanted = test_read_file(path);
    ck_assert_msg(wanted.data != NULL, "%s cannot be read (make bless writes it)", path);
    check_text(path, wanted);
    free((void *)wanted.data);
}

/* ---- the figures ----------------------------------------------------------------------------- */

static void print_layer(const zs_result *r, const zs_layer_result *l)
{
    ck_assert_int_eq(zs_sink_printf(&sink, "%s,%s,", r->fidelity, l->name), ZS_OK);
    print(l->macs, ',');
    print(l->ops, ',');
    print(l->cycles, ',');
    print(l->bound_cycles, ',');
    print(l->read_bytes, ',');
    print(l->write_bytes, ',');
    print_operands(l->operand_bytes);
}

static void print_total(const char *model, const zs_plan *plan, const zs_result *r)
{
    ck_assert_int_eq(zs_sink_printf(&sink, "%s,%s,", model, r->fidelity), ZS_OK);
    print(r->calls, ',');
    print(plan->op_n, ',');
    print(r->macs, ',');
    print(r->cycles, ',');
    print(r->dram.read_bytes, ',');
    print(r->dram.write_bytes, ',');
    print_operands(r->operand_bytes);
}

static const zs_result *time_of(const zs_net *net, const zs_plan *plan, uint32_t fidelity)
{
    zs_design d;
    zs_result *result = NULL;
    zs_err err = {0};
    zs_design_defaults(&d);
    golden_check(zs_sim_run(&gc.arena, &d, net, plan, (zs_fidelity)fidelity, NULL, &result, &err),
                 &err);
    return result;
}

static const zs_plan *plan_of(const zs_net *net)
{
    zs_design d;
    zs_plan *plan = NULL;
    zs_err err = {0};
    zs_design_defaults(&d);
    golden_check(zs_plan_build(&gc.arena, &d, net, &plan, &err), &err);
    return plan;
}

#define OPERANDS "weight_bytes,input_bytes,output_bytes,partial_bytes\n"

START_TEST(test_layers_of_the_default_design_have_not_moved)
{
    const zs_net *net = golden_model(&gc, "squeezenet_v1.1", 0);
    const zs_plan *plan = plan_of(net);
    zs_sink_puts(&sink, "fidelity,layer,macs,ops,cycles,bound_cycles,dram_read_bytes,"
                        "dram_write_bytes," OPERANDS);
    for (uint32_t f = ZS_BOUND; f <= ZS_BURST; f++) {
        const zs_result *r = time_of(net, plan, f);
        for (uint32_t i = 0; i < r->layer_n; i++)
            print_layer(r, &r->layers[i]);
    }
    compare_or_bless("tests/golden/default_layers.csv");
}
END_TEST

START_TEST(test_totals_of_all_models_have_not_moved)
{
    zs_sink_puts(&sink, "model,fidelity,calls,plan_ops,macs,cycles,dram_read_bytes,"
                        "dram_write_bytes," OPERANDS);
    for (size_t m = 0; m < ZS_LEN(models); m++) {
        const zs_net *net = golden_model(&gc, models[m], 0);
        const zs_plan *plan = plan_of(net);
        for (uint32_t f = ZS_BOUND; f <= ZS_BURST; f++)
            print_total(models[m], plan, time_of(net, plan, f));
    }
    compare_or_bless("tests/golden/model_totals.csv");
}
END_TEST

TCase *tcase_figures(void)
{
    TCase *tc = tcase_create("figures");
    tcase_set_tags(tc, "long");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_layers_of_the_default_design_have_not_moved);
    tcase_add_test(tc, test_totals_of_all_models_have_not_moved);
    return tc;
}
