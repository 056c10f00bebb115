#include "zynqsim/report.h"
#include "out_priv.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_BYTES = 128, COMMENT_COLUMN = 44 };

/* What a short form leaves out: values that the board and the kind give already. */
typedef struct brief {
    zs_design preset;
    const zs_design_note *notes;
    uint32_t note_n;
} brief;

static const char *note_of(const brief *b, const zs_field *f)
{
    for (uint32_t i = 0; b != NULL && i < b->note_n; i++)
        if (strcmp(b->notes[i].path, f->path) == 0)
            return b->notes[i].text;
    return NULL;
}

/* ---- YAML ------------------------------------------------------------------------------------ */

/* The character between two positions, by its bits; ZS_UTF8_BAD for what is none. */
static uint32_t character_between(const char *from, const char *to)
{
    static const struct {
        uint8_t mask;
        uint32_t least;
    } forms[] = {{0, UINT32_MAX}, {0, UINT32_MAX}, {0x1f, 0x80}, {0x0f, 0x800}, {0x07, 0x10000}};
    const size_t n = (size_t)(to - from);
    uint32_t c = (uint8_t)from[0] & forms[n].mask;
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((uint8_t)from[i] & 0x3f);
    const bool is_surrogate = c >= 0xd800 && c < 0xe000;
    return c < forms[n].least || is_surrogate || c > 0x10ffff ? ZS_UTF8_BAD : c;
}

static zs_status put_escape(const zs_sink *s, uint32_t c)
{
    if (c < 0x100)
        return zs_sink_printf(s, "\\x%02X", (unsigned)c);
    return zs_sink_printf(s, c < 0x10000 ? "\\u%04X" : "\\U%08X", (unsigned)c);
}

static zs_status put_character(const zs_sink *s, const char *from, const char *to, uint32_t clean)
{
    if (*from == '"' || *from == '\\')
        return zs_sink_printf(s, "\\%c", *from);
    if ((uint8_t)*from < 0x20 || *from == 0x7f)
        return put_escape(s, (uint8_t)*from);
    if (clean == ZS_UTF8_BAD)
        return put_escape(s, character_between(from, to));
    if (clean == 0x2028 || clean == 0x2029 || clean == 0xfeff) /* line ends, byte order mark */
        return put_escape(s, clean);
    return zs_sink_write(s, from, (size_t)(to - from));
}

/* A double-quoted scalar: nothing in it can be taken for something else. */
static zs_status put_quoted(const zs_sink *s, const char *text)
{
    ZS_TRY(zs_sink_puts(s, "\""));
    for (const char *from = text, *to = text; *from != '\0'; from = to) {
        const uint32_t clean = zs_utf8_next(&to);
        ZS_TRY(put_character(s, from, to, clean));
    }
    return zs_sink_puts(s, "\"");
}

static zs_status put_list(const zs_sink *s, const char *const *items, uint32_t n)
{
    ZS_TRY(zs_sink_puts(s, "["));
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            ZS_TRY(zs_sink_puts(s, ", "));
        ZS_TRY(put_quoted(s, items[i]));
    }
    return zs_sink_puts(s, "]");
}

static zs_status put_groups(const zs_sink *s, const zs_accel *a)
{
    ZS_TRY(zs_sink_puts(s, "["));
    for (uint32_t g = 0; g < a->group_n; g++) {
        if (g > 0)
            ZS_TRY(zs_sink_puts(s, ",\n           "));
        ZS_TRY(put_list(s, a->groups[g].names, a->groups[g].n));
    }
    return zs_sink_puts(s, "]");
}

static zs_status put_string(const zs_design *d, const zs_field *f, const zs_sink *s)
{
    const char *const *items = NULL;
    const uint32_t n = zs_design_list(d, f->path, &items);
    if (n > 1)
        return put_list(s, items, n);
    return put_quoted(s, *(const char *const *)((const char *)d + f->offset));
}

/* Value, and its unit and meaning as a comment. */
static zs_status put_field(const zs_design *d, const brief *b, const zs_field *f, int indent,
                           const zs_sink *s)
{
    const char *key = strrchr(f->path, '.');
    char value[VALUE_BYTES];
    int column = indent + (int)strlen(key ? key + 1 : f->path) + 2;
    ZS_TRY(zs_sink_printf(s, "%*s%s: ", indent, "", key ? key + 1 : f->path));
    if (f->type == ZS_FIELD_STR) {
        ZS_TRY(put_string(d, f, s));
        column += (int)strlen(*(const char *const *)((const char *)d + f->offset)) + 2;
    } else if (strcmp(f->path, "accelerator.fusion") == 0 && d->accel.group_n > 0) {
        ZS_TRY(put_groups(s, &d->accel));
    } else {
        ZS_TRY(zs_design_print(d, f, value, sizeof value));
        ZS_TRY(zs_sink_puts(s, value));
        column += (int)strlen(value);
    }
    /* A comment is no place for a line break; tables hold none. */
    ZS_TRY(zs_sink_printf(s, "%*s# ", column < COMMENT_COLUMN ? COMMENT_COLUMN - column : 1, ""));
    if (note_of(b, f) != NULL)
        ZS_TRY(zs_sink_printf(s, "%s; ", note_of(b, f)));
    const zs_kind_keys *keys = zs_kind_designs[d->accel.kind].keys;
    if (keys->comes_to != NULL && keys->comes_to(d, f->path, value, sizeof value))
        ZS_TRY(zs_sink_printf(s, "here %s; ", value));
    return zs_sink_printf(s, "%s%s%s\n", f->unit, f->unit[0] ? ": " : "", f->meaning);
}

/* Which row or file the values below come from; all of them follow, so that it is only a name. */
static zs_status put_board_name(const zs_design *d, const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, "  name: "));
    ZS_TRY(put_quoted(s, d->board_name));
    if (zs_board_find(d->board_name) == NULL)
        ZS_TRY(zs_sink_printf(s, "\n  base: %s", zs_boards[0].name));
    return zs_sink_puts(s, "\n");
}

/* Keys that mean nothing to the kind or the device are left out. */
static bool is_shown(const zs_design *d, const brief *b, const zs_field *f)
{
    char own[VALUE_BYTES], preset[VALUE_BYTES];
    if (!zs_field_is_of(f, d->accel.kind) || !zs_field_is_on(f, d->board.family))
        return false;
    if (b == NULL || note_of(b, f) != NULL || f->type == ZS_FIELD_STR || f == &zs_kind_field)
        return b == NULL || f->type != ZS_FIELD_STR ||
               strcmp(*(const char *const *)((const char *)d + f->offset),
                      *(const char *const *)((const char *)&b->preset + f->offset)) != 0 ||
               strcmp(f->path, "name") == 0 || strcmp(f->path, "network.model") == 0;
    return zs_design_print(d, f, own, sizeof own) != ZS_OK ||
           zs_design_print(&b->preset, f, preset, sizeof preset) != ZS_OK ||
           strcmp(own, preset) != 0 ||
           (strcmp(f->path, "accelerator.fusion") == 0 && d->accel.group_n > 0);
}

/* The first bytes of a path that two fields of the design share, up to a dot, are one section. */
static bool is_first_of(const zs_design *d, const brief *b, uint32_t field, const char *prefix,
                        size_t n)
{
    for (uint32_t i = 0; i < field; i++)
        if (strncmp(zs_field_at(i)->path, prefix, n) == 0 && is_shown(d, b, zs_field_at(i)))
            return false;
    return true;
}

static zs_status put_section(const zs_design *d, const brief *b, const char *prefix, size_t n,
                             int indent, const zs_sink *s);

static zs_status put_engines(const zs_design *d, const zs_sink *s)
{
    static const char section[] = "accelerator.";
    ZS_TRY(zs_sink_puts(s, "accelerators:\n"));
    for (uint32_t i = 0; i < d->engine_n; i++) {
        const zs_design alone = zs_design_of_engine(d, i);
        ZS_TRY(zs_sink_puts(s, "  - name: "));
        ZS_TRY(put_quoted(s, d->engines[i].name));
        ZS_TRY(zs_sink_puts(s, "\n    map: "));
        ZS_TRY(put_list(s, d->engines[i].patterns, d->engines[i].pattern_n));
        ZS_TRY(zs_sink_puts(s, "\n"));
        ZS_TRY(put_section(&alone, NULL, section, strlen(section), 4, s));
    }
    return ZS_OK;
}

/* All fields whose paths start with the first `n` bytes of `prefix`, with the sections among them
 * where their first field stands. */
static zs_status put_section(const zs_design *d, const brief *b, const char *prefix, size_t n,
                             int indent, const zs_sink *s)
{
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        if (strncmp(f->path, prefix, n) != 0 || !is_shown(d, b, f))
            continue;
        if (d->engine_n > 0 && strncmp(f->path, "accelerator.", strlen("accelerator.")) == 0) {
            if (f == &zs_kind_field)
                ZS_TRY(put_engines(d, s));
            continue;
        }
        const char *name = f->path + n, *dot = strchr(name, '.');
        if (dot == NULL) {
            ZS_TRY(put_field(d, b, f, indent, s));
            continue;
        }
        const size_t section_n = (size_t)(dot - f->path) + 1;
        if (!is_first_of(d, b, i, f->path, section_n))
            continue;
        ZS_TRY(zs_sink_printf(s, "%*s%.*s:\n", indent, "", (int)(dot - name), name));
        if (strncmp(f->path, "board.", section_n) == 0)
            ZS_TRY(put_board_name(d, s));
        ZS_TRY(put_section(d, b, f->path, section_n, indent + 2, s));
    }
    return ZS_OK;
}

/* How many characters of two settings of one layer are the group that both are in: "tile.". */
static size_t group_n(const zs_layer_setting *all, uint32_t n, uint32_t a, uint32_t b)
{
    if (b >= n || strcmp(all[a].pattern, all[b].pattern) != 0)
        return 0;
    const char *x = zs_layer_setting_word(&all[a]), *dot = strchr(x, '.');
    const size_t length = dot != NULL ? (size_t)(dot - x) + 1 : 0;
    return strncmp(x, zs_layer_setting_word(&all[b]), length) == 0 ? length : 0;
}

zs_status zs_layer_settings_emit(const zs_layer_setting *all, uint32_t n, const zs_sink *s)
{
    for (uint32_t i = 0; i < n; i++) {
        const zs_layer_setting *f = &all[i];
        const bool goes_on = i > 0 && strcmp(all[i - 1].pattern, f->pattern) == 0;
        const bool ends = i + 1 == n || strcmp(all[i + 1].pattern, f->pattern) != 0;
        const bool in_group = i > 0 && group_n(all, n, i, i - 1) > 0;
        const bool opens = !in_group && group_n(all, n, i, i + 1) > 0;
        const bool closes = (in_group || opens) && group_n(all, n, i, i + 1) == 0;
        const char *word = zs_layer_setting_word(f), *dot = strchr(word, '.');
        if (!goes_on) {
            ZS_TRY(zs_sink_puts(s, "  "));
            ZS_TRY(put_quoted(s, f->pattern));
        }
        ZS_TRY(zs_sink_puts(s, goes_on ? ", " : ": {"));
        if (opens)
            ZS_TRY(zs_sink_printf(s, "%.*s: {", (int)(dot - word), word));
        ZS_TRY(zs_sink_printf(s, "%s: ", in_group || opens ? dot + 1 : word));
        if (f->key != ZS_LAYER_FIELD || f->field->type == ZS_FIELD_U32)
            ZS_TRY(zs_sink_printf(s, "%u", f->value));
        else if (f->field->type == ZS_FIELD_BOOL)
            ZS_TRY(zs_sink_puts(s, f->value ? "true" : "false"));
        else
            ZS_TRY(zs_sink_puts(s, zs_layer_setting_value_word(f)));
        ZS_TRY(zs_sink_printf(s, "%s%s", closes ? "}" : "", ends ? "}\n" : ""));
    }
    return ZS_OK;
}

static zs_status put_layers(const zs_design *d, const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, "layers:\n"));
    for (uint32_t i = 0; i < d->on_cpu_n; i++) {
        ZS_TRY(zs_sink_puts(s, "  "));
        ZS_TRY(put_quoted(s, d->on_cpu[i]));
        ZS_TRY(zs_sink_puts(s, ": {on: cpu}\n"));
    }
    return zs_layer_settings_emit(d->layer_settings, d->layer_setting_n, s);
}

zs_status zs_design_yaml_emit(const zs_design *d, const zs_sink *s, zs_err *err)
{
    zs_status status = put_section(d, NULL, "", 0, 0, s);
    if (status == ZS_OK && d->on_cpu_n + d->layer_setting_n > 0)
        status = put_layers(d, s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "design", "it could not be written");
}

static bool changes_board(const zs_design *d, const brief *b)
{
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (strncmp(f->path, "board.", strlen("board.")) == 0 && is_shown(d, b, f))
            return true;
    return false;
}

zs_status zs_design_brief_emit(const zs_design *d, const zs_design_note *notes, uint32_t note_n,
                               const zs_sink *s, zs_err *err)
{
    brief b = {.notes = notes, .note_n = note_n};
    zs_design_defaults(&b.preset);
    zs_design_set_kind(&b.preset, d->accel.kind);
    if (zs_board_find(d->board_name) != NULL)
        ZS_TRY(zs_design_set_board(&b.preset, NULL, d->board_name, err));
    zs_status status = put_section(d, &b, "", 0, 0, s);
    if (status == ZS_OK && !changes_board(d, &b))
        status = zs_sink_printf(s, "board: %s\n", d->board_name);
    if (status == ZS_OK && d->on_cpu_n + d->layer_setting_n > 0)
        status = put_layers(d, s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "design", "it could not be written");
}

/* ---- reference page -------------------------------------------------------------------------- */

/* A number of a field as the field prints it. */
static zs_status print_number(const zs_field *f, double value, char *text)
{
    zs_design d;
    char plain[40];
    snprintf(plain, sizeof plain, "%.17g", value);
    zs_design_defaults_with(&d, f);
    ZS_TRY(zs_design_set(&d, NULL, f->path, plain, NULL));
    return zs_design_print(&d, f, text, VALUE_BYTES);
}

static zs_status put_narrow_words(const zs_sink *s)
{
    for (uint32_t i = ZS_NARROW_N; i-- > 0;)
        ZS_TRY(zs_sink_printf(s, ", `%s`", zs_narrow_words[i].word));
    return zs_sink_printf(s, ", `%s`", zs_model_precision.word);
}

static zs_status put_range(const zs_field *f, const zs_sink *s)
{
    char low[VALUE_BYTES], high[VALUE_BYTES];
    switch (f->type) {
    case ZS_FIELD_STR:
        return zs_sink_puts(s, "text");
    case ZS_FIELD_BOOL:
        return zs_sink_puts(s, "true, false");
    case ZS_FIELD_ENUM:
        for (uint32_t i = 0; i < f->word_n; i++)
            ZS_TRY(zs_sink_printf(s, "%s`%s`", i ? ", " : "", f->words[i].word));
        if (strcmp(f->path, "accelerator.precision") == 0)
            return put_narrow_words(s);
        return ZS_OK;
    default:
        ZS_TRY(print_number(f, f->min, low));
        ZS_TRY(print_number(f, f->max, high));
        return zs_sink_printf(s, "%s … %s", low, high);
    }
}

static zs_status put_field_row(const zs_field *f, const zs_sink *s)
{
    char value[VALUE_BYTES];
    zs_design defaults;
    zs_design_defaults_with(&defaults, f);
    ZS_TRY(zs_design_print(&defaults, f, value, sizeof value));
    ZS_TRY(
        zs_sink_printf(s, "| `%s` | %s | %s | ", f->path, value[0] ? value : "(empty)", f->unit));
    ZS_TRY(put_range(f, s));
    return zs_sink_printf(s, " | %s |\n", f->meaning);
}

static const char table_head[] =
    "| key | default | unit | values | meaning |\n|---|---|---|---|---|\n";

static bool is_own(const zs_kind_keys *keys, const zs_field *f)
{
    for (uint32_t i = 0; i < keys->field_n; i++)
        if (&keys->fields[i] == f)
            return true;
    return false;
}

/* Which of the keys that kinds share a kind has, and those it has to itself. */
static zs_status put_kind_table(const zs_kind_design *kind, const zs_sink *s)
{
    const zs_kind_keys *keys = kind->keys;
    ZS_TRY(zs_sink_printf(s, "\n## accelerator of kind %s\n", kind->word));
    for (uint32_t i = 0; i < keys->use_n; i++) {
        const zs_field *f = zs_field_find(keys->uses[i]);
        const char *preset = zs_field_preset(f, (uint32_t)(kind - zs_kind_designs));
        const bool differs = strcmp(preset, f->preset) != 0;
        ZS_TRY(zs_sink_printf(s, "%s`%s`%s%s%s%s", i == 0 ? "\nOf the keys above: " : ", ",
                              keys->uses[i] + strlen("accelerator."), differs ? " (default " : "",
                              differs ? preset : "", differs ? ")" : "",
                              i + 1 == keys->use_n ? ".\n" : ""));
    }
    if (keys->field_n > 0)
        ZS_TRY(zs_sink_printf(s, "\n%s", table_head));
    for (uint32_t i = 0; i < keys->field_n; i++)
        ZS_TRY(put_field_row(&keys->fields[i], s));
    return ZS_OK;
}

/* Fields in one table per first part of the path; those without one come first. Behind the keys
 * that kinds of accelerators share come those that each has to itself. */
static zs_status put_field_tables(const zs_sink *s)
{
    const char *before = "none.";
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        const char *path = f->path;
        const size_t n = strchr(path, '.') ? strcspn(path, ".") : 0, last = strcspn(before, ".");
        bool is_shared = true;
        for (uint32_t k = 0; k < zs_kind_n; k++)
            is_shared = is_shared && !is_own(zs_kind_designs[k].keys, f);
        if (!is_shared)
            continue;
        if (n != (before[last] == '.' ? last : 0) || strncmp(before, path, n) != 0) {
            for (uint32_t k = 0; strncmp(before, "accelerator.", 12) == 0 && k < zs_kind_n; k++)
                ZS_TRY(put_kind_table(&zs_kind_designs[k], s));
            ZS_TRY(zs_sink_printf(s, "\n## %.*s\n\n%s", n ? (int)n : 6, n ? path : "design",
                                  table_head));
        }
        ZS_TRY(put_field_row(f, s));
        before = path;
    }
    return ZS_OK;
}

static zs_status put_word_tables(const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, "\n## Words\n"));
    const zs_field *f;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        bool shown = f->type != ZS_FIELD_ENUM;
        for (uint32_t k = 0; k < i; k++)
            shown = shown || zs_field_at(k)->words == f->words; /* ports share their words */
        if (shown)
            continue;
        ZS_TRY(zs_sink_printf(s, "\n`%s`:\n\n", f->path));
        for (uint32_t w = 0; w < f->word_n; w++)
            ZS_TRY(zs_sink_printf(s, "- `%s`: %s\n", f->words[w].word, f->words[w].meaning));
        if (strcmp(f->path, "accelerator.precision") != 0)
            continue;
        for (uint32_t k = ZS_NARROW_N; k-- > 0;)
            ZS_TRY(zs_sink_printf(s, "- `%s`: %s\n", zs_narrow_words[k].word,
                                  zs_narrow_words[k].meaning));
        ZS_TRY(
            zs_sink_printf(s, "- `%s`: %s\n", zs_model_precision.word, zs_model_precision.meaning));
    }
    return ZS_OK;
}

static zs_status put_board_tables(const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, "\n## Built-in boards\n\nWhat a row does not name is as in the table of "
                           "`board` above.\n"));
    for (uint32_t i = 0; i < zs_board_n; i++) {
        const zs_board_row *b = &zs_boards[i];
        ZS_TRY(zs_sink_printf(s, "\n`%s`: %s\n\n| key | value | source |\n|---|---|---|\n", b->name,
                              b->meaning));
        for (uint32_t k = 0; k < b->setting_n; k++)
            ZS_TRY(zs_sink_printf(s, "| `%s` | %s | %s |\n", b->settings[k].path,
                                  b->settings[k].value, b->settings[k].source));
    }
    return ZS_OK;
}

static const char introduction[] =
    "# Keys of a design file\n\n"
    "Generated by `zynqsim show --fields`; the tables are `src/design/*fields.def` and\n"
    "`src/kinds/*/fields.def`.\n\n"
    "Keys are nested: `accelerator.tile.oc` is the key `oc` of `tile` of `accelerator`. Every key\n"
    "has a default, so that an empty file is the default design. An unknown key is an error, and\n"
    "so is a value outside its limits. Quantities take a unit (`100 MHz`, `256 KiB`, `14.3 us`,\n"
    "`1.875 ns`, `800 MB/s`, `480 pJ/B`) or are plain numbers in the unit of their row.\n\n"
    "Beside the keys in the tables:\n\n"
    "- `extends: FILE` starts from another design file; names are relative to the naming file.\n"
    "- `board: NAME` takes a built-in board, or a file whose keys are those below `board`, with\n"
    "  `base: NAME` for the board it starts from. `board: {name: NAME, dsp: 80}` takes a board "
    "and\n"
    "  changes it. A board is applied before all other keys, wherever it stands in the file. It\n"
    "  resets every key of `board` but those that were set by hand to another value than the "
    "board\n"
    "  before had: in the file that this one extends, or by `--set`. What a board file says is "
    "not\n"
    "  set by hand.\n"
    "- `accelerator.kind` says which keys below `accelerator` there are; one that has no effect "
    "in\n"
    "  the kind of the design is an error, wherever it is given. The kind of a file comes before\n"
    "  that of the file it extends, whose keys have to be keys of that kind. `--set KEY=null` "
    "takes\n"
    "  back what files say of a key below `accelerator`, or of all keys of a section there, and "
    "goes\n"
    "  before a kind of `--set`: `--set accelerator.kind=kernels --set accelerator.tile=null`.\n"
    "- `accelerators` is a list of engines that take turns on the part, each with a `name`, a "
    "`map` "
    "of\n"
    "  layers (names or patterns; the first engine that maps a layer takes it, layers that none "
    "maps\n"
    "  run on the PS) and keys as below `accelerator`, where each engine starts from. They share "
    "clock\n"
    "  and precision. `--set accelerators.NAME.KEY=VALUE` sets a key of one engine, "
    "`accelerator.KEY`\n"
    "  that of all; axes of sweeps are named alike.\n"
    "- `layers: {\"conv10\": {on: cpu}}` leaves layers, by name or pattern, to the PS;\n"
    "  `--set layers.NAME.on=cpu` does so, too.\n"
    "- `network.input`, `network.calibration`, `network.outputs`, `pipeline.cut` and "
    "`system.boards` take one value "
    "or\n"
    "  a list of them.\n"
    "- `network.input_shape: [c, h, w]`, `network.preprocess.mean: [m0, m1, m2]` and\n"
    "  `network.preprocess.scale: [s0, s1, s2]` are short forms; a single mean or scale is that "
    "of\n"
    "  all planes.\n"
    "- `accelerator.precision: {weights: int8, activations: fixed16}` names the types one by one; "
    "a "
    "word\n"
    "  sets both, and `w8a16` is short for this pair. Other pairs have no engine and are refused.\n"
    "- `accelerator.fusion` takes a word or a list of groups, each a list of layer names.\n\n"
    "A constant of a real part says where it is from: [V] verified in the source named, [R]\n"
    "recalled, to be adjusted.\n";

static zs_status put_reference(const zs_sink *s)
{
    ZS_TRY(zs_sink_puts(s, introduction));
    ZS_TRY(put_field_tables(s));
    ZS_TRY(put_word_tables(s));
    return put_board_tables(s);
}

zs_status zs_fields_markdown_emit(const zs_sink *s, zs_err *err)
{
    const zs_status status = put_reference(s);
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "reference", "it could not be written");
}
