/* Which rows of several results do the same work. */
#include "zynqsim/compare.h"

#include <string.h>

/* A name that rows of any column have; names that are joined by fused rows form a group. */
typedef struct row_name {
    const char *text;
    uint32_t columns; /* bit per column that has it */
    uint32_t root;
    uint32_t group;
} row_name;

/* "pool1" of "conv1+pool1", and the first name that has it. */
typedef struct row_part {
    const char *text;
    size_t bytes;
    uint32_t name;
} row_part;

typedef struct grouping {
    zs_arena *arena;
    row_name *names;
    row_part *parts;
    uint32_t name_n, part_n, group_n;
} grouping;

static const char *name_at(const zs_figures *f, uint32_t layer)
{
    return zs_figures_layer_text(f, layer, "name");
}

/* Columns list their rows in the same order, so the search begins behind the last one found. */
static uint32_t intern_name(grouping *g, const char *text, uint32_t from)
{
    for (uint32_t k = 0; k < g->name_n; k++) {
        const uint32_t i = (from + k) % g->name_n;
        if (strcmp(g->names[i].text, text) == 0)
            return i;
    }
    g->names[g->name_n] = (row_name){.text = text, .root = g->name_n};
    return g->name_n++;
}

static uint32_t root_of(grouping *g, uint32_t name)
{
    while (g->names[name].root != name)
        name = g->names[name].root = g->names[g->names[name].root].root;
    return name;
}

/* The lower index is the root: groups keep the order of the first column. */
static void unite(grouping *g, uint32_t a, uint32_t b)
{
    a = root_of(g, a);
    b = root_of(g, b);
    g->names[a > b ? a : b].root = a > b ? b : a;
}

static void take_part(grouping *g, uint32_t name, const char *text, size_t bytes)
{
    for (uint32_t i = 0; i < g->part_n; i++)
        if (g->parts[i].bytes == bytes && memcmp(g->parts[i].text, text, bytes) == 0) {
            unite(g, g->parts[i].name, name);
            return;
        }
    g->parts[g->part_n++] = (row_part){.text = text, .bytes = bytes, .name = name};
}

static void take_parts(grouping *g, uint32_t name)
{
    for (const char *at = g->names[name].text;;) {
        const size_t bytes = strcspn(at, "+");
        take_part(g, name, at, bytes);
        if (at[bytes] == '\0')
            return;
        at += bytes + 1;
    }
}

static size_t count_parts(const zs_figures *columns, uint32_t column_n, size_t *row_n)
{
    size_t n = 0;
    *row_n = 0;
    for (uint32_t c = 0; c < column_n; c++)
        for (uint32_t layer = 0; layer < columns[c].layer_n; layer++, n++) {
            ++*row_n;
            for (const char *at = name_at(&columns[c], layer); *at != '\0'; at++)
                n += *at == '+';
        }
    return n;
}

/* "fire3/expand1x1+expand3x3+pool3": a directory is not said twice in a row. */
static const char *group_name(const grouping *g, uint32_t group, uint32_t only)
{
    if (only != UINT32_MAX)
        return g->names[only].text;
    size_t room = 1;
    for (uint32_t i = 0; i < g->part_n; i++)
        if (g->names[g->parts[i].name].group == group)
            room += g->parts[i].bytes + 1;
    char *text = zs_arena_alloc(g->arena, room, 1);
    const row_part *before = NULL;
    size_t at = 0;
    for (uint32_t i = 0; i < g->part_n && text != NULL; i++) {
        const row_part *p = &g->parts[i];
        if (g->names[p->name].group != group)
            continue;
        size_t skip = 0;
        for (size_t k = 0; before != NULL && k < p->bytes && k < before->bytes; k++) {
            if (p->text[k] != before->text[k])
                break;
            skip = p->text[k] == '/' ? k + 1 : skip;
        }
        if (before != NULL)
            text[at++] = '+';
        memcpy(text + at, p->text + skip, p->bytes - skip);
        at += p->bytes - skip;
        before = p;
    }
    return text;
}

static zs_status name_groups(grouping *g, zs_row_groups *out, zs_err *err)
{
    const char **names = zs_new(g->arena, const char *, g->group_n + 1);
    if (names == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t group = 0; group < g->group_n; group++) {
        uint32_t n = 0, only = UINT32_MAX;
        for (uint32_t i = 0; i < g->name_n; i++)
            if (g->names[i].group == group) {
                n++;
                only = i;
            }
        names[group] = group_name(g, group, n == 1 ? only : UINT32_MAX);
        if (names[group] == NULL)
            return zs_nomem(err, "layers");
    }
    out->names = names;
    out->n = g->group_n;
    return ZS_OK;
}

static void number_groups(grouping *g)
{
    for (uint32_t i = 0; i < g->name_n; i++) {
        const uint32_t root = root_of(g, i);
        g->names[i].group = root == i ? g->group_n++ : g->names[root].group;
    }
}

zs_status zs_row_groups_build(zs_arena *arena, const zs_figures *columns, uint32_t column_n,
                              zs_row_groups *out, zs_err *err)
{
    size_t row_n;
    const size_t part_n = count_parts(columns, column_n, &row_n);
    grouping g = {.arena = arena,
                  .names = zs_new(arena, row_name, row_n + 1),
                  .parts = zs_new(arena, row_part, part_n + 1)};
    uint32_t **of = zs_new(arena, uint32_t *, column_n);
    if (g.names == NULL || g.parts == NULL || of == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t c = 0; c < column_n; c++) {
        of[c] = zs_new(arena, uint32_t, columns[c].layer_n + 1);
        if (of[c] == NULL)
            return zs_nomem(err, "layers");
        for (uint32_t layer = 0, at = 0; layer < columns[c].layer_n; layer++, at++) {
            of[c][layer] = at = intern_name(&g, name_at(&columns[c], layer), at);
            g.names[at].columns |= UINT32_C(1) << c;
        }
    }
    const uint32_t all = column_n >= 32 ? UINT32_MAX : (UINT32_C(1) << column_n) - 1;
    for (uint32_t i = 0; i < g.name_n; i++)
        if (g.names[i].columns != all)
            take_parts(&g, i);
    number_groups(&g);
    ZS_TRY(name_groups(&g, out, err));
    for (uint32_t c = 0; c < column_n; c++)
        for (uint32_t layer = 0; layer < columns[c].layer_n; layer++)
            of[c][layer] = g.names[of[c][layer]].group;
    out->of = (const uint32_t *const *)of;
    return ZS_OK;
}
