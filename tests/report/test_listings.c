/* .npy files, and the listings of `show`. */
#include "fixture.h"
#include "zynqsim/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- npy ------------------------------------------------------------------------------------- */

static const struct {
    uint64_t dims[4];
    uint32_t dim_n;
    const char *shape;
} tensors[] = {
    {{2, 3}, 2, "(2, 3), }"}, {{6}, 1, "(6,), }"}, {{1, 2, 3, 1}, 4, "(1, 2, 3, 1), }"},
    {{0, 3}, 2, "(0, 3), }"}, {{0}, 0, "(), }"},
};

START_TEST(test_npy_is_what_numpy_would_save)
{
    static const float data[] = {0, 1, -2, 0.5F, 1e-30F, 3e38F};
    static const uint8_t second[] = {0x00, 0x00, 0x80, 0x3f}; /* 1.0f, little-endian */
    uint64_t elems = 1;
    for (uint32_t i = 0; i < tensors[_i].dim_n; i++)
        elems *= tensors[_i].dims[i];
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_npy_emit(data, tensors[_i].dims, tensors[_i].dim_n, &sink, NULL), ZS_OK);
    char header[160], start[119];
    snprintf(start, sizeof start, "{'descr': '<f4', 'fortran_order': False, 'shape': %s",
             tensors[_i].shape);
    snprintf(header, sizeof header, "%-117s\n", start);
    ck_assert_uint_eq(buffer.bytes, 128 + 4 * elems);
    ck_assert_mem_eq(buffer.data, "\x93NUMPY\x01\x00\x76\x00", 10);
    ck_assert_mem_eq(buffer.data + 10, header, 118);
    if (elems > 1)
        ck_assert_mem_eq(buffer.data + 132, second, 4);
    zs_buffer_drop(&buffer);
}
END_TEST

START_TEST(test_npy_of_many_elements_is_complete)
{
    enum { N = 5000 };
    float *data = malloc(N * sizeof *data);
    for (int i = 0; i < N; i++)
        data[i] = (float)i;
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_npy_emit(data, (uint64_t[]){N}, 1, &sink, NULL), ZS_OK);
    ck_assert_uint_eq(buffer.bytes, 128 + sizeof(float) * N);
    ck_assert_mem_eq(buffer.data + 128, data, sizeof(float) * N); /* on little-endian machines */
    zs_buffer_drop(&buffer);
    free(data);
}
END_TEST

START_TEST(test_npy_refuses_impossible_shapes)
{
    static const uint64_t dims[9] = {UINT64_MAX, 3, 1, 1, 1, 1, 1, 1, 1};
    zs_err err = {0};
    fixture_full_disk disk = {.left = 0};
    const zs_sink sink = fixture_full_disk_sink(&disk);
    ck_assert_int_eq(zs_npy_emit(NULL, dims, 2, &sink, &err), ZS_ERANGE);
    ck_assert_int_eq(zs_npy_emit(NULL, dims, 9, &sink, &err), ZS_EUSAGE);
    ck_assert(!disk.failed); /* nothing was written */
}
END_TEST

TCase *tcase_npy(void)
{
    TCase *tc = tcase_create("npy");
    tcase_add_loop_test(tc, test_npy_is_what_numpy_would_save, 0, ZS_LEN(tensors));
    tcase_add_test(tc, test_npy_of_many_elements_is_complete);
    tcase_add_test(tc, test_npy_refuses_impossible_shapes);
    return tc;
}

/* ---- listings -------------------------------------------------------------------------------- */

static zs_arena arena;
static zs_buffer buffer;
static zs_sink sink;
static zs_net *net;

/* data -> conv1 (relu) -> pool1 -> conv2 (asymmetric pads) -> prob */
static void build_net(void)
{
    static const char *const in[][1] = {{"data"}, {"conv1"}, {"pool1"}, {"conv2"}};
    const zs_layer_spec layers[] = {
        {.name = "conv1",
         .op = ZS_LAYER_CONV,
         .in = in[0],
         .in_n = 1,
         .oc = 8,
         .groups = 1,
         .window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
         .act = {true, 0, 6}},
        {.name = "pool1",
         .op = ZS_LAYER_POOL,
         .in = in[1],
         .in_n = 1,
         .pool = ZS_POOL_MAX,
         .window = {2, 2, 2, 2, 1, 1, 0, 0, 0, 0}},
        {.name = "conv2",
         .op = ZS_LAYER_CONV,
         .in = in[2],
         .in_n = 1,
         .oc = 4,
         .groups = 2,
         .window = {3, 3, 2, 1, 1, 1, 0, 1, 2, 1}},
        {.name = "prob", .op = ZS_LAYER_SOFTMAX, .in = in[3], .in_n = 1},
    };
    const zs_net_spec spec = {.name = "tiny",
                              .input = {.name = "data", .shape = {3, 16, 16}},
                              .layers = layers,
                              .layer_n = ZS_LEN(layers)};
    zs_err err = {0};
    ck_assert_msg(zs_net_build(&arena, &spec, &net, &err) == ZS_OK, "%s: %s", err.place, err.text);
}

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    zs_buffer_init(&buffer, test_heap());
    sink = zs_buffer_sink(&buffer);
    build_net();
}

static void tear_down(void)
{
    zs_buffer_drop(&buffer);
    zs_arena_drop(&arena);
}

START_TEST(test_the_network_table_has_shapes_work_and_windows)
{
    static const char *const parts[] = {"network tiny: 4 layers",
                                        "conv1",
                                        "3x16x16",
                                        "8x16x16",
                                        "55,296",
                                        " 3x3 pad 1 relu6",
                                        "max 2x2/2",
                                        "3x3/2x1 pad 0,1,2,1 groups 2",
                                        "prob",
                                        "softmax"};
    ck_assert_int_eq(zs_net_table_emit(net, &sink, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    for (size_t i = 0; i < ZS_LEN(parts); i++)
        ck_assert_msg(strstr((char *)buffer.data, parts[i]) != NULL, "no %s in\n%s", parts[i],
                      (char *)buffer.data);
}
END_TEST

static void check_line(const zs_plan *plan, uint32_t op, const char *line)
{
    uint32_t index;
    char kind[16], unit[16];
    ck_assert_int_eq(sscanf(line, "%u %15s %15s", &index, kind, unit), 3);
    ck_assert_uint_eq(index, op);
    ck_assert_str_eq(kind, zs_op_name(plan->ops[op].code));
    char waits[64] = "";
    const bool is_meet = plan->ops[op].code == ZS_OP_MEET;
    const zs_plan_meet *meet = is_meet ? &plan->meets[plan->ops[op].cost_key] : NULL;
    const uint32_t *ops = is_meet ? plan->meet_waits + meet->first : plan->ops[op].wait;
    for (size_t i = 0; i < (is_meet ? meet->n : ZS_LEN(plan->ops[op].wait)); i++) {
        if (ops[i] != ZS_NO_OP)
            snprintf(waits + strlen(waits), sizeof waits - strlen(waits), " %u", ops[i]);
    }
    if (is_meet) /* it has no price */
        ck_assert_msg(strstr(line, " - ") != NULL && strstr(line, " cy ") == NULL, "%s", line);
    const char *expected = waits[0] == '\0' ? " -" : waits;
    ck_assert_msg(strlen(line) > strlen(expected) &&
                      strcmp(line + strlen(line) - strlen(expected), expected) == 0,
                  "\"%s\" does not end in \"%s\"", line, expected);
}

START_TEST(test_the_plan_listing_has_a_line_for_every_op)
{
    zs_design design;
    zs_plan *plan;
    zs_err err = {0};
    zs_design_defaults(&design);
    if (_i > 0) /* shares of a transfer meet */
        ck_assert_int_eq(
            zs_design_set(&design, &arena, "accelerator.ports.input", "[hp0, hp3]", &err), ZS_OK);
    ck_assert_msg(zs_plan_build(&arena, &design, net, &plan, &err) == ZS_OK, "%s", err.text);
    ck_assert_int_eq(zs_plan_listing_emit(&design, net, plan, &sink, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    uint32_t op = 0;
    bool is_body = false;
    for (char *line = strtok((char *)buffer.data, "\n"); line; line = strtok(NULL, "\n")) {
        if (is_body)
            check_line(plan, op++, line);
        is_body = is_body || (line[0] != '#' && strstr(line, "waits for") != NULL);
    }
    ck_assert_uint_eq(op, plan->op_n);
}
END_TEST

START_TEST(test_what_a_plan_takes_adds_up_and_every_row_has_its_call)
{
    zs_design design;
    zs_plan *plan;
    zs_fit fit;
    zs_err err = {0};
    zs_design_defaults(&design);
    ck_assert_msg(zs_plan_build(&arena, &design, net, &plan, &err) == ZS_OK, "%s", err.text);
    ck_assert_int_eq(zs_fit_build(&arena, &design, plan, &fit, &err), ZS_OK);
    ck_assert_int_eq(zs_plan_tables_emit(&design, plan, &fit, &sink, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    uint32_t rows = 0, used[2] = {0}, sum[2] = {0};
    char part = 0;
    for (char *line = strtok((char *)buffer.data, "\n"); line; line = strtok(NULL, "\n")) {
        ck_assert_msg(line[strlen(line) - 1] != ' ', "ends in blanks: \"%s\"", line);
        const char begins = strncmp(line, "resources", 9) == 0 || strncmp(line, "call", 4) == 0;
        part = begins ? line[0] : part;
        if (part == 'r' && !begins && strncmp(line, "available", 9) != 0) {
            uint32_t *to = strncmp(line, "used", 4) == 0 ? used : sum, now[2];
            ck_assert_int_eq(sscanf(line + 22, "%u %u", &now[0], &now[1]), 2);
            to[0] += now[0];
            to[1] += now[1];
        }
        for (uint32_t r = 0; r < plan->row_n && part == 'c' && !begins; r++)
            rows += strstr(line + 20, plan->rows[r].name) != NULL;
    }
    ck_assert_uint_eq(rows, plan->row_n);
    ck_assert_uint_gt(used[1], 0);
    ck_assert_uint_eq(used[0], sum[0]);
    ck_assert_uint_eq(used[1], sum[1]);
}
END_TEST

TCase *tcase_listings(void)
{
    TCase *tc = tcase_create("listings");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_the_network_table_has_shapes_work_and_windows);
    tcase_add_loop_test(tc, test_the_plan_listing_has_a_line_for_every_op, 0, 2);
    tcase_add_test(tc, test_what_a_plan_takes_adds_up_and_every_row_has_its_call);
    return tc;
}
