#include "designio_case.h"
#include "tiled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_an_empty_file_is_the_default_design)
{
    static const char *const empty[] = {
        "",    "\n", "# nothing\n", "---\n", "~\n", "accelerator:\n", "accelerator:\n  tile:\n",
        "{}\n"};
    for (size_t i = 0; i < ZS_LEN(empty); i++) {
        designio_case c;
        zs_design defaults;
        designio_start(&c);
        zs_design_defaults(&defaults);
        ck_assert_msg(designio_parse(&c, empty[i], NULL) == ZS_OK, "%s: %s", c.err.place,
                      c.err.text);
        ck_assert_mem_eq(&c.design, &defaults, sizeof defaults);
        designio_end(&c);
    }
}
END_TEST

START_TEST(test_the_design_of_the_contract_is_read)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c,
                                 "name: mine\n"
                                 "board: zybo-z7-20          # the full part\n"
                                 "network: {model: a.onnx, weights: 'synthetic:3', input: x.png}\n"
                                 "batch: 4\n"
                                 "accelerator:\n"
                                 "  kind: tiled\n"
                                 "  clock: 125 MHz\n"
                                 "  precision: int8\n"
                                 "  unroll: {oc: 16, ic: 2}\n"
                                 "  tile: {oc: 48, ic: 24, oy: 7, ox: 28}\n"
                                 "  loop_order: weight_stationary\n"
                                 "  pipeline: false\n"
                                 "  double_buffer: {input: yes, weight: off, output: true}\n"
                                 "  ports: {input: hp3, weight: acp, output: gp1}\n"
                                 "  fusion: auto\n",
                                 NULL) == ZS_OK,
                  "%s: %s", c.err.place, c.err.text);
    const zs_design *d = &c.design;
    ck_assert_str_eq(d->name, "mine");
    ck_assert_str_eq(d->board_name, "zybo-z7-20");
    ck_assert_uint_eq(d->board.bram18, 280);
    ck_assert_str_eq(d->network.model, "a.onnx");
    ck_assert_str_eq(d->network.weights, "synthetic:3");
    ck_assert_str_eq(d->network.inputs[0], "x.png");
    ck_assert_uint_eq(d->batch, 4);
    ck_assert_uint_eq(d->accel.clock_hz, 125000000);
    ck_assert_uint_eq(d->accel.precision, ZS_INT8);
    ck_assert_uint_eq(d->accel.unroll.oc, 16);
    ck_assert_uint_eq(TILED(*d)->tile.ox, 28);
    ck_assert_uint_eq(TILED(*d)->loop_order, ZS_WEIGHT_STATIONARY);
    ck_assert(!d->accel.pipeline && TILED(*d)->double_buffer.input &&
              !TILED(*d)->double_buffer.weight);
    ck_assert_uint_eq(d->accel.ports.weight, ZS_PORT_ACP);
    ck_assert_uint_eq(d->accel.fusion, ZS_FUSION_AUTO);
    designio_end(&c);
}
END_TEST

START_TEST(test_lists_and_short_forms_are_read)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c,
                                 "network:\n"
                                 "  input: [a.png, synthetic:2]\n"
                                 "  calibration:\n    - b.png\n    - c.npy\n"
                                 "  input_shape: [3, 227, 228]\n"
                                 "  preprocess: {mean: [1, 2, 3.5], scale: 0.5}\n"
                                 "accelerator.fusion: [[conv1, pool1], [fire2/squeeze1x1]]\n"
                                 "accelerator:\n  tile.oc: 7\n",
                                 NULL) == ZS_OK,
                  "%s: %s", c.err.place, c.err.text);
    const zs_design *d = &c.design;
    ck_assert_uint_eq(d->network.input_n, 2);
    ck_assert_str_eq(d->network.inputs[1], "synthetic:2");
    ck_assert_uint_eq(d->network.calibration_n, 2);
    ck_assert_str_eq(d->network.calibration, "b.png");
    ck_assert_uint_eq(d->network.input_w, 228);
    ck_assert_double_eq(d->network.preprocess.mean[2], 3.5);
    ck_assert_double_eq(d->network.preprocess.scale[2], 0.5);
    ck_assert_uint_eq(d->accel.fusion, ZS_FUSION_GROUPS);
    ck_assert_uint_eq(d->accel.group_n, 2);
    ck_assert_str_eq(d->accel.groups[0].names[1], "pool1");
    ck_assert_str_eq(d->accel.groups[1].names[0], "fire2/squeeze1x1");
    ck_assert_uint_eq(TILED(*d)->tile.oc, 7);
    designio_end(&c);
}
END_TEST

START_TEST(test_aliases_stand_for_their_anchor)
{
    designio_case c;
    designio_start(&c);
    ck_assert_msg(designio_parse(&c,
                                 "accelerator:\n  unroll: &four {oc: 4, ic: 4}\n"
                                 "  tile: *four\n",
                                 NULL) == ZS_OK,
                  "%s: %s", c.err.place, c.err.text);
    ck_assert_uint_eq(c.design.accel.unroll.oc, 4);
    ck_assert_uint_eq(TILED(c.design)->tile.ic, 4);
    ck_assert_uint_eq(TILED(c.design)->tile.oy, 14);
    designio_end(&c);
}
END_TEST

static const struct {
    const char *text;
    zs_status status;
    const char *place, *part;
} bad[] = {
    {"batch: 1\nbatsh: 2\n", ZS_EPARSE, "a.yaml:2:1: batsh", "did you mean 'batch'?"},
    {"acelerator:\n  clock: 1\n", ZS_EPARSE, "a.yaml:1:1: acelerator", "'accelerator'"},
    {"accelerator:\n  tile: {oq: 3}\n", ZS_EPARSE, "a.yaml:2:10: accelerator.tile.oq",
     "'accelerator.tile.oc'"},
    {"accelerator:\n  tyle: {oc: 3}\n", ZS_EPARSE, "a.yaml:2:3: accelerator.tyle",
     "'accelerator.tile'"},
    {"name: n\ninput: {shape: [3, 8, 8]}\nlayers:\n  - {conv: a, out: 4, kernel: 3}\n", ZS_EPARSE,
     "a.yaml:1:1", "this is a network, not a design; a design takes it as --model"},
    {"{\"design\": \"a\", \"cycles\": 5, \"layers\": []}", ZS_EPARSE, "a.yaml:1:1",
     "this is the result of a run, not a design"},
    {"layers: [conv1]\n", ZS_EPARSE, "a.yaml:1:9: layers", "a list says nothing of a layer"},
    {"layers: [{conv1: {on: cpu}}]\n", ZS_EPARSE, "a.yaml:1:9: layers", "a mapping of names"},
    {"layers: 5\n", ZS_EPARSE, "a.yaml:1:9: layers", "a mapping of names or patterns"},
    {"tile:\n  oc: 3\n", ZS_EPARSE, "a.yaml:1:1: tile", "unknown key"},
    {"tile.oc: 3\n", ZS_EPARSE, "a.yaml:1:1: tile.oc", "'accelerator.tile.oc'"},
    {"accelerator:\n  clock: 600 MHz\n", ZS_ERANGE, "a.yaml:2:10: accelerator.clock",
     "600 MHz is above the maximum 500 MHz"},
    {"accelerator:\n  tile: {oc: 0}\n", ZS_ERANGE, "a.yaml:2:14: accelerator.tile.oc",
     "0 is below the minimum 1 channels"},
    {"batch:\n", ZS_EPARSE, "a.yaml:1:7: batch", "no value"},
    {"batch: ~\n", ZS_EPARSE, "a.yaml:1:8: batch", "no value"},
    {"batch: [1, 2]\n", ZS_EPARSE, "a.yaml:1:8: batch", "a list of 2"},
    {"batch: {a: 1}\n", ZS_EPARSE, "a.yaml:1:8: batch", "takes a single value"},
    {"accelerator: 5\n", ZS_EPARSE, "a.yaml:1:14: accelerator", "'5', but it takes keys"},
    {"accelerator: [5]\n", ZS_EPARSE, "a.yaml:1:14: accelerator", "a list of 1"},
    {"batch: 1\nbatch: 2\n", ZS_EPARSE, "a.yaml:2:1: batch", "given twice, first in line 1"},
    {"accelerator: {pipeline: on}\naccelerator: {clock: 1 MHz}\n", ZS_EPARSE,
     "a.yaml:2:1: accelerator", "given twice"},
    {"accelerator: {clock: 1 MHz}\naccelerator.clock: 2 MHz\n", ZS_EPARSE,
     "a.yaml:2:1: accelerator.clock", "given twice"},
    {"board: zybo\nboard: zedboard\n", ZS_EPARSE, "a.yaml:2:1: board", "given twice"},
    {"extends: b\nextends: b\n", ZS_EUSAGE, "a.yaml:1:10: extends", "none can be read here"},
    {"board: pynqz1\n", ZS_EPARSE, "a.yaml:1:8: board", "did you mean 'pynq-z1'?"},
    {"board: \n", ZS_EPARSE, "a.yaml:1:7: board", "no value"},
    {"board: [zybo]\n", ZS_EPARSE, "a.yaml:1:8: board", "a single value"},
    {"board: {name: [zybo]}\n", ZS_EPARSE, "a.yaml:1:15: board", "a single value"},
    {"board.name: zybo\n", ZS_EPARSE, "a.yaml:1:1: board.name", "unknown key"},
    {"board: {dsq: 1}\n", ZS_EPARSE, "a.yaml:1:9: board.dsq", "'board.dsp'"},
    {"extends:\n", ZS_EPARSE, "a.yaml:1:9: extends", "no file named"},
    {"sweep: {accelerator.clock: [1 MHz]}\n", ZS_EPARSE, "a.yaml:1:9: sweep",
     "\"accelerator.clock\" is neither vary nor where"},
    {"sweep: {vary: batch=1}\n", ZS_EPARSE, "a.yaml:1:15: sweep.vary", "a list of texts"},
    {"sweep: {where: [{a: b}]}\n", ZS_EPARSE, "a.yaml:1:17: sweep.where", "a single value"},
    {"sweep: [batch=1]\n", ZS_EPARSE, "a.yaml:1:8: sweep", "a mapping of vary and where"},
    {"- 1\n", ZS_EPARSE, "a.yaml:1:1", "`key: value`"},
    {"hello\n", ZS_EPARSE, "a.yaml:1:1", "`key: value`"},
    {"[1, 2]: 3\n", ZS_EPARSE, "a.yaml:1:1", "a single value"},
    {"batch: 1\n---\nbatch: 2\n", ZS_EPARSE, "a.yaml:3:1", "a second document"},
    {"batch: 1\n---\n- [\n", ZS_EPARSE, "a.yaml:4:1", "not valid YAML"},
    {"batch: !mine 1\n", ZS_EPARSE, "a.yaml:1:8", "tag '!mine'"},
    {"--- !mine\nbatch: 1\n", ZS_EPARSE, "a.yaml:1:5", "tag '!mine'"},
    {"name: \"a\\0b\"\n", ZS_EPARSE, "a.yaml:1:7: name", "zero byte"},
    {"batch: [1\n", ZS_EPARSE, "a.yaml:2:1", "not valid YAML"},
    {"batch: \"1\n", ZS_EPARSE, "a.yaml:2:1", "not valid YAML"},
    {"batch: 1\n\tx: 2\n", ZS_EPARSE, "a.yaml:2:1", "not valid YAML"},
    {"batch: *nowhere\n", ZS_EPARSE, "a.yaml:1:8", "undefined alias"},
    {"batch: \xff\n", ZS_EPARSE, "a.yaml:1:8", "not valid YAML: invalid leading UTF-8"},
    {"name: \xc3\xa9\nbatch: \xff\n", ZS_EPARSE, "a.yaml:2:8", "not valid YAML: invalid leading"},
    {"accelerator:\n  tile: &t {oc: 8}\n  unroll: {<<: *t}\n", ZS_EUNSUPPORTED,
     "a.yaml:3:12: accelerator.unroll.<<", "merge keys are not read"},
    {"accelerator: &a {unroll: *a}\n", ZS_EPARSE, "a.yaml:1", ""},
    {"accelerator:\n  fusion: [conv1]\n", ZS_EPARSE, "a.yaml:2:12: accelerator.fusion",
     "each group is a list"},
    {"accelerator:\n  fusion: [[[a]]]\n", ZS_EPARSE, "a.yaml:2:13: accelerator.fusion",
     "a single value"},
    {"accelerator:\n  fusion: lf3\n", ZS_EPARSE, "a.yaml:2:11: accelerator.fusion", "'lf1'"},
    {"accelerator:\n  fusion: groups\n", ZS_EPARSE, "a.yaml:2:11: accelerator.fusion",
     "list of lists"},
    {"network: {preprocess: {mean: [1, 2]}}\n", ZS_EPARSE, "a.yaml:1:30: network.preprocess.mean",
     "2 values"},
    {"network: {input_shape: [3, 227, big]}\n", ZS_EPARSE, "a.yaml:1:24: network.input_shape",
     "'big' is not a number"},
    {"network: {input: []}\n", ZS_EPARSE, "a.yaml:1:18: network.input", "at least one input"},
    {"network: {input: [a, {b: c}]}\n", ZS_EPARSE, "a.yaml:1:22: network.input", "a single value"},
};

START_TEST(test_a_wrong_file_is_an_error_with_line_and_column)
{
    designio_case c;
    designio_start(&c);
    memset(&c.design, 0x5a, sizeof c.design);
    const zs_design before = c.design;
    ck_assert_int_eq(designio_parse(&c, bad[_i].text, NULL), bad[_i].status);
    ck_assert_int_eq(c.err.status, bad[_i].status);
    ck_assert_msg(strncmp(c.err.place, bad[_i].place, strlen(bad[_i].place)) == 0,
                  "place %s, text %s", c.err.place, c.err.text);
    ck_assert_msg(strstr(c.err.text, bad[_i].part) != NULL, "'%s' in: %s", bad[_i].part,
                  c.err.text);
    ck_assert_mem_eq(&before, &c.design, sizeof before);
    designio_end(&c);
}
END_TEST

START_TEST(test_a_key_may_stand_before_or_after_the_board)
{
    static const char *const orders[] = {
        "board: pynq-z1\nboard.dsp: 100\n",
        "board.dsp: 100\nboard: pynq-z1\n",
        "board: {dsp: 100, name: pynq-z1}\n",
        "board: {base: pynq-z1, dsp: 100}\n",
    };
    for (size_t i = 0; i < ZS_LEN(orders); i++) {
        designio_case c;
        designio_start(&c);
        ck_assert_msg(designio_parse(&c, orders[i], NULL) == ZS_OK, "%s: %s", c.err.place,
                      c.err.text);
        ck_assert_str_eq(c.design.board_name, "pynq-z1");
        ck_assert_uint_eq(c.design.board.dsp, 100);
        ck_assert_uint_eq(c.design.board.memory.bus_bytes, 2);
        designio_end(&c);
    }
}
END_TEST

/* 9 levels of 9 aliases each would be 10^8 values. */
START_TEST(test_aliases_cannot_multiply)
{
    designio_case c;
    char text[4096] = "network:\n  input: &a [";
    designio_start(&c);
    size_t n = strlen(text);
    for (int i = 0; i < 400; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sx", i ? "," : "");
    n += (size_t)snprintf(text + n, sizeof text - n, "]\naccelerator:\n  fusion: [");
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s*a", i ? "," : "");
    snprintf(text + n, sizeof text - n, "]\n");
    ck_assert_int_eq(designio_parse(&c, text, NULL), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "more than 8192 values"));
    designio_end(&c);
}
END_TEST

START_TEST(test_a_huge_file_and_deep_nesting_are_refused)
{
    designio_case c;
    const size_t n = 128 * 1024 + 1;
    char *text = malloc(n + 1);
    designio_start(&c);
    memset(text, '\n', n);
    text[n] = '\0';
    ck_assert_int_eq(designio_parse(&c, text, NULL), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "131073 bytes"));
    memset(text, '[', 20000);
    text[20000] = '\0';
    ck_assert_int_eq(designio_parse(&c, text, NULL), ZS_ERANGE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "deeper than 16"));
    free(text);
    designio_end(&c);
}
END_TEST

static const char whole[] = "name: t\nboard: {name: zedboard, dsp: 80}\nnetwork:\n  input: [a, b]\n"
                            "accelerator:\n  tile: {oc: 8, ic: 4}\n  fusion: [[a, b], [c]]\n";

START_TEST(test_a_file_cut_anywhere_never_crashes)
{
    for (size_t n = 0; n <= sizeof whole - 1; n++) {
        designio_case c;
        char *text = malloc(n + 1); /* exactly as long, for the sanitizer */
        memcpy(text, whole, n);
        designio_start(&c);
        const zs_status status = zs_design_parse(&c.arena, (zs_span){(const uint8_t *)text, n},
                                                 "a.yaml", NULL, &c.design, &c.err);
        ck_assert(status == ZS_OK || c.err.text[0] != '\0');
        ck_assert(status == ZS_OK || status == ZS_EPARSE || status == ZS_ERANGE);
        free(text);
        designio_end(&c);
    }
}
END_TEST

START_TEST(test_every_failed_allocation_is_reported_and_nothing_leaks)
{
    test_heap_state heap = {0};
    zs_status status = ZS_ENOMEM;
    for (heap.fail_at = 1; status != ZS_OK; heap.fail_at++) {
        zs_arena arena;
        zs_design d;
        zs_err err = {.status = ZS_OK};
        heap.requests = 0;
        zs_arena_init(&arena, test_counting_heap(&heap));
        status = zs_design_parse(&arena, test_span(whole), "a.yaml", NULL, &d, &err);
        ck_assert(status == ZS_OK || status == ZS_ENOMEM);
        zs_arena_drop(&arena);
        ck_assert_int_eq(heap.live_blocks, 0);
    }
    ck_assert_uint_gt(heap.fail_at, 2);
}
END_TEST

TCase *tcase_design_yaml(void)
{
    TCase *tc = tcase_create("design files");
    tcase_add_test(tc, test_an_empty_file_is_the_default_design);
    tcase_add_test(tc, test_the_design_of_the_contract_is_read);
    tcase_add_test(tc, test_lists_and_short_forms_are_read);
    tcase_add_test(tc, test_aliases_stand_for_their_anchor);
    tcase_add_loop_test(tc, test_a_wrong_file_is_an_error_with_line_and_column, 0, ZS_LEN(bad));
    tcase_add_test(tc, test_a_key_may_stand_before_or_after_the_board);
    tcase_add_test(tc, test_aliases_cannot_multiply);
    tcase_add_test(tc, test_a_huge_file_and_deep_nesting_are_refused);
    tcase_add_test(tc, test_a_file_cut_anywhere_never_crashes);
    tcase_add_test(tc, test_every_failed_allocation_is_reported_and_nothing_leaks);
    return tc;
}
