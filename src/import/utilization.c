/* Reports of what a design takes of a part: tables of Vivado, estimates of HLS. */
#include "zynqsim/import.h"

#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELLS_MAX = 32, LINE_MAX = 1024, DEPTH_MAX = 16 };
static const double most = 1e8; /* blocks of a part */

/* How reports call what the account counts, and how many of its blocks one is. A hierarchical
 * table has RAMB36 and RAMB18 in columns of their own. */
static const struct {
    const char *name;
    zs_resource_id id;
    double blocks;
    bool adds; /* to what another name gave */
} names[] = {
    {"Slice LUTs", ZS_RESOURCE_LUT, 1, false},
    {"CLB LUTs", ZS_RESOURCE_LUT, 1, false},
    {"Total LUTs", ZS_RESOURCE_LUT, 1, false},
    {"LUT", ZS_RESOURCE_LUT, 1, false},
    {"Slice Registers", ZS_RESOURCE_FF, 1, false},
    {"CLB Registers", ZS_RESOURCE_FF, 1, false},
    {"FFs", ZS_RESOURCE_FF, 1, false},
    {"FF", ZS_RESOURCE_FF, 1, false},
    {"Block RAM Tile", ZS_RESOURCE_BRAM18, 2, false},
    {"RAMB36", ZS_RESOURCE_BRAM18, 2, true},
    {"RAMB18", ZS_RESOURCE_BRAM18, 1, true},
    {"BRAM_18K", ZS_RESOURCE_BRAM18, 1, false},
    {"DSPs", ZS_RESOURCE_DSP, 1, false},
    {"DSP Blocks", ZS_RESOURCE_DSP, 1, false},
    {"DSP48 Blocks", ZS_RESOURCE_DSP, 1, false},
    {"DSP48E", ZS_RESOURCE_DSP, 1, false},
    {"DSP", ZS_RESOURCE_DSP, 1, false},
};

typedef struct report {
    zs_arena *arena;
    const char *path;
    zs_utilization *out;
    zs_err *err;
    uint64_t line;
} report;

static zs_status fail(const report *r, const char *what, const char *text)
{
    char place[300];
    snprintf(place, sizeof place, "%.250s:%llu", r->path, (unsigned long long)r->line);
    return zs_fail(r->err, ZS_EPARSE, place, "%.60s: '%.60s' is no number from 0 to 1e8", what,
                   text);
}

/* Takes a figure if it is one that the account has; of two the first. `adds`: names whose figures
 * are added up count. */
static zs_status take(const report *r, const char *name, const char *text, bool adds)
{
    for (size_t i = 0; i < ZS_LEN(names); i++) {
        if (strcmp(names[i].name, name) != 0 || (names[i].adds && !adds))
            continue;
        double *used = &r->out->used[names[i].id];
        double n = 0;
        const char *end = zs_read_real(text, &n);
        if (end == NULL || *end != '\0' || !(n >= 0 && n <= most))
            return fail(r, name, text);
        if (isnan(*used))
            *used = n * names[i].blocks;
        else if (names[i].adds)
            *used += n * names[i].blocks;
    }
    return ZS_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

typedef struct cells {
    char text[LINE_MAX];
    char *at[CELLS_MAX];
    uint32_t n;
} cells;

/* "|   Slice LUTs*  | 26072 |": the texts between bars, without blanks and marks of footnotes; what
 * no bar follows is a text if it is alone. */
static void cut(const char *line, size_t bytes, cells *out)
{
    out->n = 0;
    if (bytes >= LINE_MAX)
        bytes = LINE_MAX - 1;
    memcpy(out->text, line, bytes);
    out->text[bytes] = '\0';
    if (bytes == 0 || line[0] != '|')
        return;
    for (char *at = out->text + 1; at != NULL && out->n < CELLS_MAX;) {
        char *bar = strchr(at, '|');
        if (bar == NULL && out->n > 0)
            return;
        char *end = bar != NULL ? bar : at + strlen(at);
        while (at < end && *at == ' ')
            at++;
        while (end > at && (end[-1] == ' ' || end[-1] == '*'))
            end--;
        *end = '\0';
        out->at[out->n++] = at;
        at = bar != NULL ? bar + 1 : NULL;
    }
}

static uint32_t column_of(const cells *c, const char *name)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (strcmp(c->at[i], name) == 0)
            return i;
    return CELLS_MAX;
}

/* "Tool Version     : Vivado v.2019.1 (lin64) Build 2552052": what is behind the colon. */
static zs_status read_head(const report *r, const char *text)
{
    const struct {
        const char *name;
        const char **value;
    } heads[] = {{"Tool Version", &r->out->tool},
                 {"Device", &r->out->device},
                 {"Design State", &r->out->state}};
    for (size_t i = 0; i < ZS_LEN(heads); i++) {
        const char *colon = strchr(text, ':');
        if (strncmp(text, heads[i].name, strlen(heads[i].name)) != 0 || colon == NULL)
            continue;
        const char *value = colon + 1 + strspn(colon + 1, " ");
        size_t n = strcspn(value, "(");
        while (n > 0 && value[n - 1] == ' ')
            n--;
        *heads[i].value = zs_arena_strndup(r->arena, value, n);
        if (*heads[i].value == NULL)
            return zs_nomem(r->err, r->path);
    }
    return ZS_OK;
}

/* A table of site types has a figure a row, a hierarchical one an instance a row: the first is the
 * top module. */
static zs_status read_tables(report *r, zs_span bytes)
{
    const char *at = (const char *)bytes.data, *end = at + bytes.bytes;
    cells heads = {.n = 0}, row;
    uint32_t used = CELLS_MAX;
    for (r->line = 1; at < end; r->line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop != NULL ? stop : end) - at);
        n -= n > 0 && at[n - 1] == '\r';
        cut(at, n, &row);
        at = stop != NULL ? stop + 1 : end;
        if (row.n == 1)
            ZS_TRY(read_head(r, row.at[0]));
        if (row.n < 2)
            continue;
        if (strcmp(row.at[0], "Site Type") == 0) {
            used = column_of(&row, "Used");
        } else if (strcmp(row.at[0], "Instance") == 0) {
            used = CELLS_MAX;
            heads = row;
            for (uint32_t i = 0; i < row.n; i++)
                heads.at[i] = heads.text + (row.at[i] - row.text);
        } else if (heads.n > 0) {
            for (uint32_t i = 0; i < row.n && i < heads.n; i++)
                ZS_TRY(take(r, heads.at[i], row.at[i], true));
            heads.n = 0;
        } else if (used < row.n) {
            ZS_TRY(take(r, row.at[0], row.at[used], false));
        }
    }
    return ZS_OK;
}

/* ---- csynth.xml ------------------------------------------------------------------------------ */

typedef struct tree {
    report *report;
    XML_Parser parser;
    zs_status status;
    uint32_t depth;
    char names[DEPTH_MAX][64], text[256];
    size_t text_n;
} tree;

static void XMLCALL begin_element(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    tree *t = ctx;
    (void)attributes;
    if (t->depth < DEPTH_MAX)
        snprintf(t->names[t->depth], sizeof t->names[0], "%s", name);
    t->depth++;
    t->text_n = 0;
}

static void XMLCALL take_text(void *ctx, const XML_Char *text, int n)
{
    tree *t = ctx;
    for (int i = 0; i < n && t->text_n + 1 < sizeof t->text; i++)
        if (strchr(" \t\r\n", text[i]) == NULL)
            t->text[t->text_n++] = text[i];
}

/* Of profile/AreaEstimates/Resources the figures, of the head what the tool was. */
static void XMLCALL end_element(void *ctx, const XML_Char *name)
{
    tree *t = ctx;
    zs_utilization *out = t->report->out;
    const char *up = t->depth >= 2 && t->depth <= DEPTH_MAX ? t->names[t->depth - 2] : "";
    const char **head =
        strcmp(up, "ReportVersion") == 0 && strcmp(name, "Version") == 0  ? &out->tool
        : strcmp(up, "UserAssignments") == 0 && strcmp(name, "Part") == 0 ? &out->device
                                                                          : NULL;
    t->text[t->text_n] = '\0';
    t->report->line = XML_GetCurrentLineNumber(t->parser);
    if (t->status == ZS_OK && t->depth == 4 && strcmp(up, "Resources") == 0 &&
        strcmp(t->names[1], "AreaEstimates") == 0)
        t->status = take(t->report, name, t->text, false);
    if (t->status == ZS_OK && head != NULL) {
        *head =
            zs_arena_printf(t->report->arena, "%s%s", head == &out->tool ? "HLS " : "", t->text);
        t->status = *head != NULL ? ZS_OK : zs_nomem(t->report->err, t->report->path);
    }
    t->depth--;
    t->text_n = 0;
    if (t->status != ZS_OK)
        XML_StopParser(t->parser, XML_FALSE);
}

static zs_status read_xml(report *r, zs_span bytes)
{
    tree t = {.report = r, .parser = XML_ParserCreate(NULL)};
    if (t.parser == NULL)
        return zs_nomem(r->err, r->path);
    XML_SetUserData(t.parser, &t);
    XML_SetElementHandler(t.parser, begin_element, end_element);
    XML_SetCharacterDataHandler(t.parser, take_text);
    const bool is_whole =
        XML_Parse(t.parser, (const char *)bytes.data, (int)bytes.bytes, XML_TRUE) == XML_STATUS_OK;
    const enum XML_Error code = XML_GetErrorCode(t.parser);
    char place[300];
    snprintf(place, sizeof place, "%.250s:%lu", r->path, XML_GetCurrentLineNumber(t.parser));
    XML_ParserFree(t.parser);
    if (t.status != ZS_OK || is_whole)
        return t.status;
    return code == XML_ERROR_NO_MEMORY
               ? zs_nomem(r->err, r->path)
               : zs_fail(r->err, ZS_EPARSE, place, "is not XML: %s", XML_ErrorString(code));
}

/* ---- both ------------------------------------------------------------------------------------ */

zs_status zs_utilization_parse(zs_arena *arena, zs_span bytes, const char *path,
                               zs_utilization *out, zs_err *err)
{
    const char *text = (const char *)bytes.data;
    size_t blanks = 0;
    while (blanks < bytes.bytes && text[blanks] != '\0' &&
           strchr(" \t\r\n\xef\xbb\xbf", text[blanks]) != NULL)
        blanks++;
    const bool is_xml = blanks < bytes.bytes && text[blanks] == '<';
    zs_utilization u = {.tool = "",
                        .device = "",
                        .state = is_xml ? "estimate" : "",
                        .report = is_xml ? ZS_ACCOUNT_ESTIMATE : ZS_ACCOUNT_BUILD};
    report r = {.arena = arena, .path = path, .out = &u, .err = err};
    bool has_any = false;
    if (bytes.bytes > ZS_UTILIZATION_BYTES_MAX)
        return zs_fail(err, ZS_ERANGE, path, "%zu bytes, but a report has at most %d", bytes.bytes,
                       ZS_UTILIZATION_BYTES_MAX);
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++)
        u.used[i] = NAN;
    ZS_TRY(is_xml ? read_xml(&r, bytes) : read_tables(&r, bytes));
    for (uint32_t i = 0; i < ZS_RESOURCE_N; i++)
        has_any |= !isnan(u.used[i]);
    if (!has_any)
        return zs_fail(err, ZS_EPARSE, path,
                       "no figure found; Vivado's report_utilization (Slice LUTs, Block RAM Tile, "
                       "DSPs ...) or csynth.xml of HLS is needed");
    *out = u;
    return ZS_OK;
}
