/* report.html: well-formed, escaped, self-contained. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static zs_status emit_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    static const char svg[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg><title>Gnuplot</title>"
                              "<g><title>gnuplot_plot_12</title></g><g><title>a roof</title></g>"
                              "<defs><g id='gpDot'/>"
                              "<g id=\"a\"/></defs><use xlink:href='#gpDot'/>"
                              "<path fill=\"url(#a)\" stroke=\"#00ff00\"/></svg>\n";
    const zs_span span = {(const uint8_t *)svg, sizeof svg - 1};
    return zs_html_emit(r, span, s, err);
}

/* Length of a tag's name. */
static size_t tag_name(const char *at)
{
    return strcspn(at, " \t\n/>");
}

static bool is_void(const char *name, size_t n)
{
    static const char *const voids[] = {"meta", "br", "!DOCTYPE"};
    for (size_t i = 0; i < ZS_LEN(voids); i++) {
        if (strlen(voids[i]) == n && memcmp(voids[i], name, n) == 0)
            return true;
    }
    return false;
}

/* Every start tag is closed in order; attributes have even quotes; script and style are skipped. */
static void check_balance(const char *page)
{
    const char *open[64];
    size_t depth = 0;
    for (const char *at = strchr(page, '<'); at != NULL; at = strchr(at, '<')) {
        const bool is_end = at[1] == '/';
        const char *name = at + 1 + is_end;
        const char *close = strchr(at, '>');
        ck_assert_ptr_nonnull(close);
        const size_t n = tag_name(name);
        if (is_end) {
            ck_assert_msg(depth > 0 && tag_name(open[depth - 1]) == n &&
                              memcmp(open[depth - 1], name, n) == 0,
                          "%.40s closes %.20s", at, depth ? open[depth - 1] : "nothing");
            depth--;
        } else if (!is_void(name, n) && close[-1] != '/') {
            ck_assert_uint_lt(depth, ZS_LEN(open));
            open[depth++] = name;
            if (strncmp(name, "script", 6) == 0 || strncmp(name, "style", 5) == 0)
                close = strstr(close, "</") - 1;
        }
        at = close + 1;
    }
    ck_assert_uint_eq(depth, 0);
}

START_TEST(test_every_tag_is_closed_in_order)
{
    char *page = fixture_text(emit_page, _i == 0 ? fixture_hostile() : fixture_squeezenet());
    check_balance(page);
    free(page);
}
END_TEST

static const fixture_emit others[] = {fixture_compare_page, fixture_scatter_page};

START_TEST(test_pages_of_several_results_and_of_sweeps_are_sound)
{
    const zs_result *r = _i % 2 == 0 ? fixture_hostile() : fixture_squeezenet();
    char *page = fixture_text(others[_i / 2], r);
    check_balance(page);
    ck_assert_ptr_nonnull(strstr(page, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(page, "tabindex=\"0\""));
    ck_assert_ptr_null(strstr(page, "<b>"));
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_null(strstr(page, "http"));
    ck_assert_ptr_nonnull(strstr(page, _i % 2 ? "conv10" : "&lt;b&gt;&amp;amp;&#39;expand&#39;"));
    free(page);
}
END_TEST

static const char *const present[] = {
    "conv, &quot;first&quot; + pool",
    "&lt;b&gt;&amp;amp;&#39;expand&#39;&lt;/b&gt;",
    "tab\xef\xbf\xbdline",
    "bytes \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9\xe2\x82\xac",
    "net &amp; co",
    "design &quot;A&quot;, &lt;first&gt;",
    "a &lt;cat&gt; &amp; &quot;dog&quot;.JPEG",
    "&lt;tiger&gt; cat",
    "fire&lt;2&gt;",
    "input &quot;buffer&quot;",
    "a note with &lt;markup&gt;",
    "auto chose 2 groups &amp; saved",
    "would help &lt;most&gt;",
    "98 too many",
    "prefers-color-scheme:dark",
    "<g></g><g><title>a roof</title></g>",
};
static const char *const absent[] = {
    "<b>",      "<cat>", "<tiger>", "<most>",   "<first>",      "<markup>",      "http:",
    "https:",   "<link", " src=",   "@import",  "<?xml",        "<!DOCTYPE svg", "id='gpDot'",
    "\"#gpDot", "nan%",  "inf%",    ">Gnuplot", "gnuplot_plot",
};

START_TEST(test_the_page_shows_every_name_escaped)
{
    char *page = fixture_text(emit_page, fixture_hostile());
    ck_assert_msg(strstr(page, present[_i]) != NULL, "no %s", present[_i]);
    free(page);
}
END_TEST

START_TEST(test_the_page_holds_no_markup_of_names_and_loads_nothing)
{
    char *page = fixture_text(emit_page, fixture_hostile());
    ck_assert_msg(strstr(page, absent[_i]) == NULL, "%.60s", strstr(page, absent[_i]));
    free(page);
}
END_TEST

START_TEST(test_ids_of_a_picture_are_those_of_no_other)
{
    char *page = fixture_text(emit_page, fixture_hostile());
    static const char *const once[] = {"id='roof-gpDot'", "href='#roof-gpDot'", "url(#roof-a)"};
    for (size_t i = 0; i < ZS_LEN(once); i++) {
        const char *first = strstr(page, once[i]);
        ck_assert_msg(first != NULL && strstr(first + 1, once[i]) == NULL, "%s", once[i]);
    }
    ck_assert_ptr_nonnull(strstr(page, "stroke=\"#00ff00\""));
    free(page);
}
END_TEST

START_TEST(test_ids_are_unique)
{
    char *page = fixture_text(emit_page, fixture_squeezenet());
    for (const char *at = strstr(page, " id=\""); at != NULL; at = strstr(at + 1, " id=\"")) {
        char id[64];
        snprintf(id, sizeof id, "%.*s", (int)(strchr(at + 5, '"') - at + 1), at);
        ck_assert_msg(strstr(at + 1, id) == NULL, "%s twice", id);
    }
    free(page);
}
END_TEST

static zs_status emit_bare_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return zs_html_emit(r, (zs_span){0}, s, err);
}

START_TEST(test_a_missing_picture_leaves_a_sentence)
{
    char *page = fixture_text(emit_bare_page, fixture_hostile());
    ck_assert_ptr_nonnull(strstr(page, "no picture, because gnuplot was not run"));
    free(page);
}
END_TEST

TCase *tcase_html(void)
{
    TCase *tc = tcase_create("html");
    tcase_add_loop_test(tc, test_every_tag_is_closed_in_order, 0, 2);
    tcase_add_loop_test(tc, test_the_page_shows_every_name_escaped, 0, ZS_LEN(present));
    tcase_add_loop_test(tc, test_the_page_holds_no_markup_of_names_and_loads_nothing, 0,
                        ZS_LEN(absent));
    tcase_add_loop_test(tc, test_pages_of_several_results_and_of_sweeps_are_sound, 0,
                        2 * ZS_LEN(others));
    tcase_add_test(tc, test_ids_of_a_picture_are_those_of_no_other);
    tcase_add_test(tc, test_ids_are_unique);
    tcase_add_test(tc, test_a_missing_picture_leaves_a_sentence);
    return tc;
}
