#include "design_case.h"
#include "tiled.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_every_default_is_within_its_own_limits)
{
    zs_arena arena;
    zs_design d;
    zs_err err = {.text = "no error"};
    zs_arena_init(&arena, test_heap());
    zs_design_defaults(&d);
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        const zs_field *f = zs_field_at(i);
        zs_design_defaults(&d);
        zs_design_set_kind(&d, design_case_kind_of(f));
        ck_assert_msg(zs_design_set(&d, &arena, f->path, f->preset, &err) == ZS_OK, "%s: %s",
                      f->path, err.text);
        ck_assert_str_ne(f->meaning, "");
        ck_assert(f->min <= f->max);
    }
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_no_path_stands_twice_in_the_table)
{
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++)
        ck_assert_ptr_eq(zs_field_find(zs_field_at(i)->path), zs_field_at(i));
}
END_TEST

static size_t field_bytes(const zs_field *f)
{
    static const size_t bytes[] = {
        [ZS_FIELD_U32] = sizeof(uint32_t),     [ZS_FIELD_U64] = sizeof(uint64_t),
        [ZS_FIELD_F64] = sizeof(double),       [ZS_FIELD_BOOL] = sizeof(bool),
        [ZS_FIELD_STR] = sizeof(const char *), [ZS_FIELD_ENUM] = sizeof(uint32_t)};
    return bytes[f->type];
}

/* Two fields in one place would make one key change another. */
START_TEST(test_no_two_fields_of_a_kind_share_a_member)
{
    const size_t params = offsetof(zs_design, accel.params);
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++)
        for (uint32_t k = 0; k < i; k++) {
            const zs_field *a = zs_field_at(i), *b = zs_field_at(k);
            const bool is_param = a->offset >= params && a->offset < params + ZS_KIND_PARAM_BYTES;
            const bool are_apart =
                a->offset + field_bytes(a) <= b->offset || b->offset + field_bytes(b) <= a->offset;
            bool have_both = !is_param;
            for (uint32_t kind = 0; kind < zs_kind_n; kind++)
                have_both = have_both || (zs_field_is_of(a, kind) && zs_field_is_of(b, kind));
            ck_assert_msg(are_apart || !have_both, "%s is %s", a->path, b->path);
        }
}
END_TEST

/* What keys of one kind said is nothing to another kind, and does not come back. */
START_TEST(test_a_new_kind_starts_with_its_own_defaults)
{
    zs_design d, fresh;
    for (uint32_t from = 0; from < zs_kind_n; from++)
        for (uint32_t to = 0; to < zs_kind_n; to++) {
            const zs_field *f;
            char is[128], wanted[128];
            zs_err err = {0};
            zs_design_defaults(&d);
            zs_design_set_kind(&d, from);
            memset(d.accel.params, 1, sizeof d.accel.params);
            zs_design_defaults(&fresh);
            zs_design_set_kind(&fresh, to);
            ck_assert_int_eq(
                zs_design_set(&d, NULL, "accelerator.kind", zs_kind_designs[to].word, &err), ZS_OK);
            for (uint32_t i = 0; from != to && (f = zs_field_at(i)) != NULL; i++) {
                if (!f->is_owned || !zs_field_is_of(f, to))
                    continue;
                ck_assert_int_eq(zs_design_print(&d, f, is, sizeof is), ZS_OK);
                ck_assert_int_eq(zs_design_print(&fresh, f, wanted, sizeof wanted), ZS_OK);
                ck_assert_msg(strcmp(is, wanted) == 0, "%s: %s", f->path, is);
            }
            if (from == to)
                ck_assert_uint_eq(*(const unsigned char *)d.accel.params, 1);
        }
}
END_TEST

START_TEST(test_words_of_an_enum_cover_its_limits)
{
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        const zs_field *f = zs_field_at(i);
        ck_assert_int_eq(f->type == ZS_FIELD_ENUM, f->words != NULL);
        for (uint32_t w = 0; w < f->word_n; w++)
            ck_assert_ptr_nonnull(f->words[w].word);
        if (f->type == ZS_FIELD_ENUM)
            ck_assert_uint_eq(f->word_n, (uint32_t)f->max + 1);
    }
}
END_TEST

START_TEST(test_defaults_are_those_of_the_contract)
{
    zs_design d;
    zs_design_defaults(&d);
    ck_assert_str_eq(d.board_name, "zybo-7020-256k");
    ck_assert_str_eq(d.network.model, "squeezenet_v1.1");
    ck_assert_uint_eq(d.network.input_n, 1);
    ck_assert_str_eq(d.network.inputs[0], "synthetic");
    ck_assert_uint_eq(d.network.calibration_n, 0);
    ck_assert_uint_eq(d.accel.clock_hz, 100000000);
    ck_assert_uint_eq(d.accel.precision, ZS_FP32);
    ck_assert_uint_eq(d.accel.unroll.oc, 8);
    ck_assert_uint_eq(TILED(d)->tile.ox, 14);
    ck_assert_uint_eq(d.accel.fusion, ZS_FUSION_LF2);
    ck_assert_uint_eq(d.accel.ports.output, ZS_PORT_HP2);
    ck_assert(TILED(d)->double_buffer.output);
    ck_assert_uint_eq(d.board.memory.bytes, UINT64_C(1) << 30);
    ck_assert_double_eq(d.board.cpu.call_overhead_s, 2.95e-6);
    ck_assert_double_eq(d.network.preprocess.mean[1], 117.0);
}
END_TEST

/* What is printed can be set again and prints the same, for defaults and for both limits. */
static const enum { PRESET, LOWEST, HIGHEST } values[] = {PRESET, LOWEST, HIGHEST};

START_TEST(test_a_printed_value_reads_back_the_same)
{
    design_case c;
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        const zs_field *f = zs_field_at(i);
        char plain[64], first[128], second[128];
        design_case_start(&c);
        zs_design_set_kind(&c.design, design_case_kind_of(f));
        if (f->type != ZS_FIELD_STR && f->type != ZS_FIELD_BOOL && f->type != ZS_FIELD_ENUM &&
            values[_i] != PRESET) {
            snprintf(plain, sizeof plain, "%.17g", values[_i] == LOWEST ? f->min : f->max);
            ck_assert_msg(design_case_set(&c, f->path, plain) == ZS_OK, "%s", c.err.text);
        }
        ck_assert_int_eq(zs_design_print(&c.design, f, first, sizeof first), ZS_OK);
        const zs_design before = c.design;
        if (f->type != ZS_FIELD_STR) {
            ck_assert_msg(design_case_set(&c, f->path, first) == ZS_OK, "%s: %s", f->path,
                          c.err.text);
            ck_assert_mem_eq((const char *)&before + f->offset, (const char *)&c.design + f->offset,
                             f->type == ZS_FIELD_BOOL ? sizeof(bool)
                             : f->type == ZS_FIELD_U64 || f->type == ZS_FIELD_F64
                                 ? sizeof(uint64_t)
                                 : sizeof(uint32_t));
        }
        ck_assert_int_eq(zs_design_print(&c.design, f, second, sizeof second), ZS_OK);
        ck_assert_str_eq(first, second);
        design_case_end(&c);
    }
}
END_TEST

static const struct {
    const char *wrong, *nearest;
} slips[] = {
    {"accelerator.clok", "accelerator.clock"},
    {"accelerator.tile.cx", "accelerator.tile.ox"},
    {"tile.oc", "accelerator.tile.oc"},
    {"clock", "accelerator.clock"},
    {"bord", "board"},
    {"batsh", "batch"},
    {"network.preprocess.means", "network.preprocess.mean"},
    {"board.memory.t_rass", "board.memory.t_ras"},
};

START_TEST(test_an_unknown_key_names_the_nearest)
{
    design_case c;
    design_case_start(&c);
    const zs_design before = c.design;
    ck_assert_int_eq(design_case_set(&c, slips[_i].wrong, "1"), ZS_EPARSE);
    ck_assert_str_eq(c.err.place, slips[_i].wrong);
    ck_assert_ptr_nonnull(strstr(c.err.text, slips[_i].nearest));
    ck_assert_mem_eq(&before, &c.design, sizeof before);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_key_like_no_other_has_no_suggestion)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "x", "1"), ZS_EPARSE);
    ck_assert_str_eq(c.err.text, "unknown key");
    ck_assert_ptr_null(zs_field_suggest("qqqqqqqqqqq"));
    ck_assert_ptr_null(zs_field_suggest(""));
    design_case_end(&c);
}
END_TEST

static const struct {
    const char *text;
    bool value;
} truths[] = {
    {"true", true}, {"yes", true}, {"on", true}, {"false", false}, {"no", false}, {"off", false},
};

START_TEST(test_flags_take_the_words_of_yaml)
{
    design_case c;
    design_case_start(&c);
    c.design.accel.pipeline = !truths[_i].value;
    ck_assert_int_eq(design_case_set(&c, "accelerator.pipeline", truths[_i].text), ZS_OK);
    ck_assert_int_eq(c.design.accel.pipeline, truths[_i].value);
    design_case_end(&c);
}
END_TEST

START_TEST(test_other_words_are_no_flag)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.pipeline", "1"), ZS_EPARSE);
    ck_assert_int_eq(design_case_set(&c, "accelerator.pipeline", ""), ZS_EPARSE);
    ck_assert_int_eq(design_case_set(&c, "accelerator.pipeline", "True "), ZS_EPARSE);
    ck_assert(c.design.accel.pipeline);
    design_case_end(&c);
}
END_TEST

START_TEST(test_every_word_sets_its_own_value)
{
    design_case c;
    for (uint32_t i = 0; zs_field_at(i) != NULL; i++) {
        const zs_field *f = zs_field_at(i);
        for (uint32_t w = 0; w < f->word_n; w++) {
            if (f->words == zs_words_fusion && w == ZS_FUSION_GROUPS)
                continue; /* needs its list */
            design_case_start(&c);
            while (f != &zs_kind_field && !zs_field_is_of(f, c.design.accel.kind))
                zs_design_set_kind(&c.design, c.design.accel.kind + 1); /* the first kind with it */
            ck_assert_int_eq(design_case_set(&c, f->path, f->words[w].word), ZS_OK);
            ck_assert_uint_eq(*(const uint32_t *)((const char *)&c.design + f->offset), w);
            design_case_end(&c);
        }
    }
}
END_TEST

/* One word is both types; each may be set alone, and what no engine multiplies is refused. */
START_TEST(test_weights_and_activations_have_types_of_their_own)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision.weights", "int8"), ZS_OK);
    ck_assert_int_eq(zs_design_check(&c.design, &c.err), ZS_EUNSUPPORTED);
    ck_assert_str_eq(c.err.place, "accelerator.precision");
    ck_assert_ptr_nonnull(strstr(c.err.text, "no engine multiplies int8 weights by fp32"));
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision.activations", "fixed16"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.precision, ZS_W8A16);
    ck_assert_int_eq(zs_design_check(&c.design, &c.err), ZS_OK);
    ck_assert_uint_eq(zs_weight_bytes(ZS_W8A16), 1);
    ck_assert_uint_eq(zs_elem_bytes(ZS_W8A16), 2);
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision.activations", "int8"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.precision, ZS_INT8);
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision.weights", "w8a16"), ZS_EPARSE);
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision.weight", "int8"), ZS_EPARSE);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_wrong_word_names_the_nearest_and_all)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision", "fixed15"), ZS_EPARSE);
    ck_assert_str_eq(c.err.place, "accelerator.precision");
    ck_assert_str_eq(c.err.text, "unknown word 'fixed15', did you mean 'fixed16'? "
                                 "(fp32, fixed16, int8, w8a16 or fp16)");
    ck_assert_int_eq(design_case_set(&c, "accelerator.precision", "wwwwwwwwww"), ZS_EPARSE);
    ck_assert_ptr_nonnull(strstr(c.err.text, "known: fp32, fixed16, int8, w8a16 or fp16"));
    ck_assert_uint_eq(c.design.accel.precision, ZS_FP32);
    design_case_end(&c);
}
END_TEST

START_TEST(test_strings_are_kept_in_the_arena)
{
    design_case c;
    char text[] = "mine.onnx";
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "network.model", text), ZS_OK);
    text[0] = 'x';
    ck_assert_str_eq(c.design.network.model, "mine.onnx");
    design_case_end(&c);
}
END_TEST

START_TEST(test_printing_into_too_few_bytes_is_an_error)
{
    design_case c;
    char text[8] = "";
    design_case_start(&c);
    ck_assert_int_eq(
        zs_design_print(&c.design, zs_field_find("accelerator.clock"), text, sizeof text - 1),
        ZS_ERANGE);
    ck_assert_int_eq(
        zs_design_print(&c.design, zs_field_find("accelerator.clock"), text, sizeof text), ZS_OK);
    ck_assert_str_eq(text, "100 MHz");
    ck_assert_int_eq(zs_design_print(&c.design, zs_field_find("name"), text, sizeof text),
                     ZS_ERANGE);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_value_outside_a_table_prints_a_question_mark)
{
    ck_assert_str_eq(zs_word_of(zs_words_port, ZS_PORT_COUNT, ZS_PORT_ACP), "acp");
    ck_assert_str_eq(zs_word_of(zs_words_port, ZS_PORT_COUNT, ZS_PORT_COUNT), "?");
}
END_TEST

TCase *tcase_fields(void)
{
    TCase *tc = tcase_create("fields");
    tcase_add_test(tc, test_every_default_is_within_its_own_limits);
    tcase_add_test(tc, test_no_path_stands_twice_in_the_table);
    tcase_add_test(tc, test_no_two_fields_of_a_kind_share_a_member);
    tcase_add_test(tc, test_a_new_kind_starts_with_its_own_defaults);
    tcase_add_test(tc, test_words_of_an_enum_cover_its_limits);
    tcase_add_test(tc, test_defaults_are_those_of_the_contract);
    tcase_add_loop_test(tc, test_a_printed_value_reads_back_the_same, 0, ZS_LEN(values));
    tcase_add_loop_test(tc, test_an_unknown_key_names_the_nearest, 0, ZS_LEN(slips));
    tcase_add_test(tc, test_a_key_like_no_other_has_no_suggestion);
    tcase_add_loop_test(tc, test_flags_take_the_words_of_yaml, 0, ZS_LEN(truths));
    tcase_add_test(tc, test_other_words_are_no_flag);
    tcase_add_test(tc, test_every_word_sets_its_own_value);
    tcase_add_test(tc, test_weights_and_activations_have_types_of_their_own);
    tcase_add_test(tc, test_a_wrong_word_names_the_nearest_and_all);
    tcase_add_test(tc, test_strings_are_kept_in_the_arena);
    tcase_add_test(tc, test_printing_into_too_few_bytes_is_an_error);
    tcase_add_test(tc, test_a_value_outside_a_table_prints_a_question_mark);
    return tc;
}
