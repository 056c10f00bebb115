#include "design_case.h"

#include <stdio.h>
#include <string.h>

/* "belongs to kinds tiled and linebuffer; this design is of kind direct" */
static const char *refusal(zs_arena *arena, const zs_field *f, uint32_t kind)
{
    const char *owners = "";
    uint32_t owner_n = 0, at = 0;
    for (uint32_t k = 0; k < zs_kind_n; k++)
        owner_n += zs_field_is_of(f, k);
    for (uint32_t k = 0; k < zs_kind_n; k++)
        if (zs_field_is_of(f, k)) {
            const char *join = at == 0 ? "" : at + 1 < owner_n ? ", " : " and ";
            owners = zs_arena_printf(arena, "%s%s%s", owners, join, zs_kind_designs[k].word);
            at++;
        }
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    const char *instead = keys->instead != NULL ? keys->instead(f->path) : NULL;
    return zs_arena_printf(arena, "belongs to kind%s %s; this design is of kind %s%s%s",
                           owner_n > 1 ? "s" : "", owners, zs_kind_designs[kind].word,
                           instead != NULL ? ", where " : "", instead != NULL ? instead : "");
}

START_TEST(test_every_key_is_refused_in_every_kind_that_has_not_got_it)
{
    uint32_t refused = 0;
    const zs_field *f;
    for (uint32_t kind = 0; kind < zs_kind_n; kind++)
        for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
            design_case c;
            design_case_start(&c);
            ck_assert_int_eq(design_case_set(&c, "accelerator.kind", zs_kind_designs[kind].word),
                             ZS_OK);
            if (f == &zs_kind_field)
                ck_assert(zs_field_is_of(f, kind));
            else if (zs_field_is_of(f, kind)) {
                ck_assert_msg(design_case_set(&c, f->path, f->preset) == ZS_OK, "%s: %s",
                              c.err.place, c.err.text);
            } else {
                ck_assert_int_eq(design_case_set(&c, f->path, f->preset), ZS_EPARSE);
                ck_assert_str_eq(c.err.place, f->path);
                ck_assert_str_eq(c.err.text, refusal(&c.arena, f, kind));
                ck_assert_ptr_null(c.design.given);
                refused++;
            }
            design_case_end(&c);
        }
    ck_assert_uint_gt(refused, 60);
}
END_TEST

START_TEST(test_the_sentence_names_all_kinds_that_have_the_key)
{
    static const struct {
        const char *kind, *path, *value, *text;
    } refusals[] = {
        {"linebuffer", "accelerator.tile.oc", "8",
         "belongs to kind tiled; this design is of kind linebuffer"},
        {"direct", "accelerator.ports.weight", "hp0",
         "belongs to kinds tiled, linebuffer, stream, kernels and pegrid; this design is of kind "
         "direct"},
        {"tiled", "accelerator.direct.hls_read", "8",
         "belongs to kind direct; this design is of kind tiled"},
    };
    for (size_t i = 0; i < ZS_LEN(refusals); i++) {
        design_case c;
        design_case_start(&c);
        ck_assert_int_eq(design_case_set(&c, "accelerator.kind", refusals[i].kind), ZS_OK);
        ck_assert_int_eq(design_case_set(&c, refusals[i].path, refusals[i].value), ZS_EPARSE);
        ck_assert_str_eq(c.err.text, refusals[i].text);
        design_case_end(&c);
    }
}
END_TEST

START_TEST(test_a_kind_uses_keys_that_exist_each_once)
{
    for (uint32_t kind = 0; kind < zs_kind_n; kind++) {
        const zs_kind_keys *keys = zs_kind_designs[kind].keys;
        for (uint32_t i = 0; i < keys->use_n; i++) {
            const zs_field *f = zs_field_find(keys->uses[i]);
            ck_assert_msg(f != NULL && f->is_owned, "%s", keys->uses[i]);
            for (uint32_t k = 0; k < i; k++)
                ck_assert_str_ne(keys->uses[k], keys->uses[i]);
            for (uint32_t k = 0; k < keys->field_n; k++)
                ck_assert_ptr_ne(&keys->fields[k], f);
        }
    }
}
END_TEST

START_TEST(test_only_keys_of_the_accelerator_have_owners)
{
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (f->is_owned) {
            ck_assert_msg(strncmp(f->path, "accelerator.", 12) == 0, "%s", f->path);
            (void)design_case_kind_of(f);
        }
}
END_TEST

START_TEST(test_another_kind_is_refused_where_a_key_was_given_that_it_has_not)
{
    design_case c;
    design_case_start(&c);
    c.design.place = "a.yaml:3:5";
    ck_assert_int_eq(design_case_set(&c, "accelerator.unroll.oc", "16"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.tile.oc", "32"), ZS_OK); /* the default */
    c.design.place = "a.yaml:4:5";
    ck_assert_int_eq(design_case_set(&c, "accelerator.keep_tiles", "false"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.kind", "linebuffer"), ZS_EPARSE);
    ck_assert_str_eq(c.err.place, "a.yaml:3:5: accelerator.tile.oc");
    ck_assert_str_eq(c.err.text, "belongs to kind tiled; this design is of kind linebuffer");
    ck_assert_uint_eq(c.design.accel.kind, 0);
    design_case_end(&c);
}
END_TEST

START_TEST(test_keys_that_two_kinds_have_pass_from_one_to_the_other)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.unroll.oc", "16"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.dma.row_gap", "2"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.kind", "direct"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.kind", "linebuffer"), ZS_OK);
    ck_assert_uint_eq(c.design.accel.unroll.oc, 16);
    ck_assert_uint_eq(c.design.accel.dma.row_gap_pl_cycles, 2);
    design_case_end(&c);
}
END_TEST

START_TEST(test_groups_of_layers_count_as_given)
{
    design_case c;
    const char *const names[] = {"conv1", "pool1"};
    const zs_name_list group = {.names = names, .n = 2};
    design_case_start(&c);
    ck_assert_int_eq(zs_design_set_groups(&c.design, &c.arena, &group, 1, &c.err), ZS_OK);
    ck_assert_ptr_nonnull(c.design.given);
    ck_assert_str_eq(c.design.given->field->path, "accelerator.fusion");
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_kind_has_its_own_defaults_of_keys_that_nobody_gave)
{
    for (uint32_t kind = 0; kind < zs_kind_n; kind++) {
        const zs_kind_keys *keys = zs_kind_designs[kind].keys;
        for (uint32_t i = 0; i < keys->preset_n; i++) {
            const zs_field *f = zs_field_find(keys->presets[i].path);
            design_case c;
            char text[64];
            ck_assert(f != NULL && zs_field_is_of(f, kind) && f->is_owned);
            ck_assert_str_eq(zs_field_preset(f, kind), keys->presets[i].value);
            design_case_start(&c);
            ck_assert_int_eq(design_case_set(&c, "accelerator.kind", zs_kind_designs[kind].word),
                             ZS_OK);
            ck_assert_int_eq(zs_design_print(&c.design, f, text, sizeof text), ZS_OK);
            ck_assert_str_eq(text, keys->presets[i].value);
            ck_assert_int_eq(design_case_set(&c, "accelerator.kind", zs_kind_designs[0].word),
                             ZS_OK);
            ck_assert_int_eq(zs_design_print(&c.design, f, text, sizeof text), ZS_OK);
            ck_assert_str_eq(text, f->preset);
            ck_assert_int_eq(design_case_set(&c, f->path, f->preset), ZS_OK); /* given now */
            ck_assert_int_eq(design_case_set(&c, "accelerator.kind", zs_kind_designs[kind].word),
                             ZS_OK);
            ck_assert_int_eq(zs_design_print(&c.design, f, text, sizeof text), ZS_OK);
            ck_assert_str_eq(text, f->preset);
            design_case_end(&c);
        }
    }
}
END_TEST

START_TEST(test_keys_are_taken_back)
{
    static const struct {
        const char *path, *value;
    } given[] = {{"accelerator.tile.oc", "48"},   {"accelerator.tile.ic", "8"},
                 {"accelerator.fusion", "lf1"},   {"accelerator.precision", "int4"},
                 {"accelerator.clock", "50 MHz"}, {"accelerator.ports.input", "hp1+hp3"}};
    static const char *const sections[] = {"accelerator.tile", "accelerator.fusion",
                                           "accelerator.precision", "accelerator.clock",
                                           "accelerator.ports.input"};
    design_case c;
    zs_design preset;
    const zs_field *f;
    zs_design_defaults(&preset);
    design_case_start(&c);
    for (size_t i = 0; i < ZS_LEN(given); i++)
        ck_assert_msg(design_case_set(&c, given[i].path, given[i].value) == ZS_OK, "%s",
                      c.err.text);
    ck_assert_ptr_nonnull(c.design.given);
    for (size_t i = 0; i < ZS_LEN(sections); i++)
        ck_assert_int_eq(zs_design_unset(&c.design, &c.arena, sections[i], &c.err), ZS_OK);
    ck_assert_ptr_null(c.design.given);
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        char own[128], want[128];
        if (!zs_field_is_of(f, 0))
            continue;
        ck_assert_int_eq(zs_design_print(&c.design, f, own, sizeof own), ZS_OK);
        ck_assert_int_eq(zs_design_print(&preset, f, want, sizeof want), ZS_OK);
        ck_assert_msg(strcmp(own, want) == 0, "%s: %s, not %s", f->path, own, want);
    }
    ck_assert_int_eq(zs_design_unset(&c.design, &c.arena, "accelerator.tyle", &c.err), ZS_EPARSE);
    ck_assert_int_eq(zs_design_unset(&c.design, &c.arena, "board.dsp", &c.err), ZS_EPARSE);
    design_case_end(&c);
}
END_TEST

START_TEST(test_a_section_is_taken_back_alone)
{
    design_case c;
    design_case_start(&c);
    ck_assert_int_eq(design_case_set(&c, "accelerator.tile.oc", "48"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.unroll.oc", "16"), ZS_OK);
    ck_assert_int_eq(design_case_set(&c, "accelerator.keep_tiles", "false"), ZS_OK);
    ck_assert_int_eq(zs_design_unset(&c.design, &c.arena, "accelerator.tile", &c.err), ZS_OK);
    ck_assert_uint_eq(c.design.accel.unroll.oc, 16);
    ck_assert_str_eq(c.design.given->field->path, "accelerator.keep_tiles");
    ck_assert_str_eq(c.design.given->next->field->path, "accelerator.unroll.oc");
    ck_assert_ptr_null(c.design.given->next->next);
    design_case_end(&c);
}
END_TEST

TCase *tcase_kinds(void)
{
    TCase *tc = tcase_create("kinds");
    tcase_add_test(tc, test_every_key_is_refused_in_every_kind_that_has_not_got_it);
    tcase_add_test(tc, test_the_sentence_names_all_kinds_that_have_the_key);
    tcase_add_test(tc, test_a_kind_uses_keys_that_exist_each_once);
    tcase_add_test(tc, test_only_keys_of_the_accelerator_have_owners);
    tcase_add_test(tc, test_another_kind_is_refused_where_a_key_was_given_that_it_has_not);
    tcase_add_test(tc, test_keys_that_two_kinds_have_pass_from_one_to_the_other);
    tcase_add_test(tc, test_groups_of_layers_count_as_given);
    tcase_add_test(tc, test_a_kind_has_its_own_defaults_of_keys_that_nobody_gave);
    tcase_add_test(tc, test_keys_are_taken_back);
    tcase_add_test(tc, test_a_section_is_taken_back_alone);
    return tc;
}
