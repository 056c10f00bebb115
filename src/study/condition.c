#include "zynqsim/condition.h"

#include "zynqsim/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = 128 };

/* ---- figures --------------------------------------------------------------------------------- */

static uint32_t metric_named(const char *name, const char *suffix)
{
    const size_t bytes = strlen(name);
    for (uint32_t i = 0; i < zs_metric_n; i++)
        if (strncmp(zs_metrics[i].name, name, bytes) == 0 &&
            strcmp(zs_metrics[i].name + bytes, suffix) == 0)
            return i;
    return ZS_NO_INDEX;
}

static zs_status unknown_figure(const char *name, zs_err *err)
{
    const char *names[256];
    size_t n = 0;
    for (uint32_t i = 0; i < zs_metric_n && n < ZS_LEN(names); i++)
        names[n++] = zs_metrics[i].name;
    const char *near = zs_nearest(name, names, n);
    if (near == NULL)
        near = zs_field_suggest(name);
    return zs_fail(err, ZS_EPARSE, name,
                   "is no figure of a result and no key of a design%s%s; zynqsim show --metrics "
                   "lists the figures",
                   near ? ", did you mean " : "", near ? near : "");
}

zs_status zs_figure_find(zs_arena *arena, const char *name, zs_subject *out, zs_err *err)
{
    zs_subject f = {.name = zs_arena_strdup(arena, name), .field = zs_field_find(name)};
    if (f.name == NULL)
        return zs_nomem(err, "a figure");
    f.metric = metric_named(name, "");
    if (f.metric == ZS_NO_INDEX)
        f.metric = metric_named(name, ".used");
    if (f.field == NULL && f.metric == ZS_NO_INDEX)
        return unknown_figure(f.name, err);
    *out = f;
    return ZS_OK;
}

bool zs_figure_is_early(const zs_subject *figure)
{
    return figure->field != NULL || zs_metric_is_early(figure->metric);
}

bool zs_figure_is_number(const zs_subject *figure)
{
    if (figure->field != NULL)
        return figure->field->type != ZS_FIELD_STR && figure->field->type != ZS_FIELD_ENUM;
    return zs_metrics[figure->metric].type != ZS_METRIC_TEXT;
}

static double field_number(const zs_field *field, const zs_design *design)
{
    const void *at = (const char *)design + field->offset;
    switch (field->type) {
    case ZS_FIELD_U32:
    case ZS_FIELD_ENUM:
        return *(const uint32_t *)at;
    case ZS_FIELD_U64:
        return (double)*(const uint64_t *)at;
    case ZS_FIELD_F64:
        return *(const double *)at;
    case ZS_FIELD_BOOL:
        return *(const bool *)at;
    default:
        return (double)NAN;
    }
}

/* "Too close to call" is a half: between false and true. */
#define CLOSE 0.5

double zs_figure_number(const zs_subject *figure, const zs_design *design, const zs_result *result)
{
    if (figure->field != NULL)
        return field_number(figure->field, design);
    const zs_value v = zs_result_get(result, figure->metric);
    switch (v.type) {
    case ZS_METRIC_REAL:
        return v.r;
    case ZS_METRIC_TEXT: /* neither true nor false */
        return zs_metrics[figure->metric].type == ZS_METRIC_BOOL ? CLOSE : (double)NAN;
    default:
        return (double)v.i;
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct draft {
    zs_arena *arena;
    zs_condition *list;
    uint32_t n, room;
    zs_err *err;
} draft;

static bool read_relation(const char *at, zs_relation *relation, size_t *bytes)
{
    static const struct {
        const char *text;
        zs_relation relation;
    } all[] = {{"<=", ZS_REL_LE}, {">=", ZS_REL_GE}, {"==", ZS_REL_EQ},
               {"!=", ZS_REL_NE}, {"<", ZS_REL_LT},  {">", ZS_REL_GT}};
    for (size_t i = 0; i < ZS_LEN(all); i++)
        if (strncmp(at, all[i].text, strlen(all[i].text)) == 0) {
            *relation = all[i].relation;
            *bytes = strlen(all[i].text);
            return true;
        }
    return false;
}

static zs_status copy_trimmed(const draft *d, const char *from, size_t bytes, const char **out)
{
    while (bytes > 0 && *from == ' ') {
        from++;
        bytes--;
    }
    while (bytes > 0 && from[bytes - 1] == ' ')
        bytes--;
    *out = zs_arena_strndup(d->arena, from, bytes);
    return *out ? ZS_OK : zs_nomem(d->err, "a condition");
}

static bool read_truth(const char *text, bool may_be_close, double *out)
{
    const bool yes =
        strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "1") == 0;
    const bool close = may_be_close && strcmp(text, "close") == 0;
    const bool no = strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "0") == 0;
    *out = close ? CLOSE : yes;
    return yes || no || close;
}

/* Position of a word in a field's list. */
static zs_status find_word(const draft *d, const zs_condition *c, const zs_field *f,
                           const char *value, uint32_t *at)
{
    const char *names[64];
    for (uint32_t i = 0; i < f->word_n && i < ZS_LEN(names); i++) {
        names[i] = f->words[i].word;
        if (strcmp(value, names[i]) == 0) {
            *at = i;
            return ZS_OK;
        }
    }
    const char *near = zs_nearest(value, names, f->word_n < 64 ? f->word_n : 64);
    return zs_fail(d->err, ZS_EPARSE, c->text, "\"%.60s\" is no word of %s%s%s", value, f->path,
                   near ? ", did you mean " : "", near ? near : "");
}

static zs_status read_word(const draft *d, zs_condition *c, const char *value)
{
    uint32_t at;
    ZS_TRY(find_word(d, c, c->figure.field, value, &at));
    c->number = at;
    return ZS_OK;
}

/* A word that no result can have is a mistake. Some precisions are no word of the key's list, but
 * what it may be set to. */
static zs_status check_word(const draft *d, const zs_condition *c, const char *value)
{
    static const char *const repeated[][2] = {{"precision", "accelerator.precision"},
                                              {"fusion", "accelerator.fusion"}};
    for (size_t i = 0; c->figure.field == NULL && i < ZS_LEN(repeated); i++) {
        const zs_field *f = zs_field_find(repeated[i][1]);
        zs_design design;
        uint32_t at;
        if (strcmp(zs_metrics[c->figure.metric].name, repeated[i][0]) != 0 || f == NULL)
            continue;
        zs_design_defaults(&design);
        if (zs_design_set(&design, d->arena, f->path, value, NULL) != ZS_OK)
            return find_word(d, c, f, value, &at);
    }
    return ZS_OK;
}

static zs_status read_number(const draft *d, zs_condition *c, const char *value)
{
    const zs_field *f = c->figure.field;
    const bool truth =
        f ? f->type == ZS_FIELD_BOOL : zs_metrics[c->figure.metric].type == ZS_METRIC_BOOL;
    if (truth && read_truth(value, f == NULL, &c->number))
        return ZS_OK;
    if (truth)
        return zs_fail(d->err, ZS_EPARSE, c->text, "\"%.60s\" is neither true nor false%s", value,
                       f == NULL ? " nor close" : "");
    return zs_number_parse(value, f ? f->unit : zs_metrics[c->figure.metric].unit, c->text,
                           &c->number, d->err);
}

static zs_status read_value(const draft *d, zs_condition *c, const char *value)
{
    if (value[0] == '\0')
        return zs_fail(d->err, ZS_EPARSE, c->text, "the value is missing");
    if (zs_figure_is_number(&c->figure) && value[strcspn(value, "<>=!")] != '\0')
        return zs_fail(d->err, ZS_EPARSE, c->text, "is more than one comparison; && joins several");
    if (zs_figure_is_number(&c->figure))
        return read_number(d, c, value);
    if (c->relation != ZS_REL_EQ && c->relation != ZS_REL_NE)
        return zs_fail(d->err, ZS_EPARSE, c->text, "%s is a word: only == and != compare it",
                       c->figure.name);
    if (c->figure.field != NULL && c->figure.field->type == ZS_FIELD_ENUM)
        return read_word(d, c, value);
    c->word = value;
    return check_word(d, c, value);
}

static bool is_truth(const zs_subject *figure)
{
    return figure->field != NULL ? figure->field->type == ZS_FIELD_BOOL
                                 : zs_metrics[figure->metric].type == ZS_METRIC_BOOL;
}

static zs_status add_condition(draft *d, zs_condition *c, zs_relation relation, double number)
{
    if (d->n == d->room)
        return zs_fail(d->err, ZS_ERANGE, c->text, "more than %u conditions", d->room);
    c->relation = relation;
    c->number = number;
    d->list[d->n++] = *c;
    return ZS_OK;
}

static zs_status read_condition(draft *d, const char *text, size_t bytes)
{
    zs_condition c = {.word = NULL};
    const char *name, *value;
    ZS_TRY(copy_trimmed(d, text, bytes, &c.text));
    if (strstr(c.text, "||") != NULL)
        return zs_fail(d->err, ZS_EPARSE, c.text,
                       "|| is not known: all conditions must hold, and && joins them");
    const size_t at = strcspn(c.text, "<>=!");
    size_t sign = 0;
    if (c.text[0] != '\0' && c.text[at] == '\0' &&
        zs_figure_find(d->arena, c.text, &c.figure, NULL) == ZS_OK && is_truth(&c.figure))
        return add_condition(d, &c, ZS_REL_EQ, 1);
    if (at == 0 || !read_relation(c.text + at, &c.relation, &sign))
        return zs_fail(d->err, ZS_EPARSE, c.text[0] ? c.text : "condition",
                       "a condition has the form NAME OP VALUE with OP one of <= < >= > == !=");
    ZS_TRY(copy_trimmed(d, c.text, at, &name));
    ZS_TRY(copy_trimmed(d, c.text + at + sign, strlen(c.text + at + sign), &value));
    ZS_TRY(zs_figure_find(d->arena, name, &c.figure, d->err));
    ZS_TRY(read_value(d, &c, value));
    return add_condition(d, &c, c.relation, c.number);
}

static bool is_blank(const char *from, size_t bytes)
{
    return strspn(from, " ") >= bytes;
}

/* Comparisons between "&&"; one that is missing is named with the side it should be on. */
static zs_status read_text(draft *d, const char *text)
{
    const char *from = text;
    for (;;) {
        const char *end = strstr(from, "&&");
        const size_t bytes = end != NULL ? (size_t)(end - from) : strlen(from);
        if (is_blank(from, bytes) && (from > text || end != NULL))
            return zs_fail(d->err, ZS_EPARSE, text, "a comparison is missing %s \"&&\"",
                           from > text ? "after" : "before");
        ZS_TRY(read_condition(d, from, bytes));
        if (end == NULL)
            return ZS_OK;
        from = end + 2;
    }
}

zs_status zs_conditions_parse(zs_arena *arena, const char *const *texts, uint32_t text_n,
                              zs_conditions *out, zs_err *err)
{
    enum { ROOM = 64 };
    draft d = {.arena = arena, .room = ROOM, .err = err};
    d.list = zs_new(arena, zs_condition, ROOM);
    if (d.list == NULL)
        return zs_nomem(err, "conditions");
    for (uint32_t i = 0; i < text_n; i++)
        ZS_TRY(read_text(&d, texts[i]));
    *out = (zs_conditions){.list = d.list, .n = d.n};
    return ZS_OK;
}

/* ---- holding --------------------------------------------------------------------------------- */

static bool word_holds(const zs_condition *c, const zs_design *design, const zs_result *result)
{
    const char *text;
    if (c->figure.field != NULL)
        text = *(const char *const *)(const void *)((const char *)design + c->figure.field->offset);
    else
        text = zs_result_get(result, c->figure.metric).text;
    const bool equal = strcmp(text ? text : "", c->word) == 0;
    return c->relation == ZS_REL_EQ ? equal : !equal;
}

bool zs_condition_holds(const zs_condition *c, const zs_design *design, const zs_result *result)
{
    if (c->word != NULL)
        return word_holds(c, design, result);
    const double x = zs_figure_number(&c->figure, design, result);
    if (isnan(x))
        return false;
    switch (c->relation) {
    case ZS_REL_LE:
        return x <= c->number;
    case ZS_REL_LT:
        return x < c->number;
    case ZS_REL_GE:
        return x >= c->number;
    case ZS_REL_GT:
        return x > c->number;
    case ZS_REL_EQ:
        return x == c->number;
    default:
        return x != c->number;
    }
}
