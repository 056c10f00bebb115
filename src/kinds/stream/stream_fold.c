#include "stream_priv.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists of figures by layer --------------------------------------------------------------- */

enum { PATTERN_MAX = 128, FIGURE_MAX = 1 << 24 };

typedef struct entry {
    char pattern[PATTERN_MAX];
    uint64_t figures[3];
    uint32_t n;
} entry;

/* False: what stands at `*at` is no entry. */
static bool take_entry(const char **at, entry *out)
{
    const char *end = *at + strcspn(*at, ";"), *equals = *at + strcspn(*at, "=;");
    const size_t n = (size_t)(equals - *at);
    if (*equals != '=' || n == 0 || n >= PATTERN_MAX)
        return false;
    memcpy(out->pattern, *at, n);
    out->pattern[n] = '\0';
    out->n = 0;
    for (const char *p = equals + 1; out->n < 3; p++) {
        char *rest;
        if (strncmp(p, "all", 3) == 0) {
            out->figures[out->n++] = STREAM_ALL;
            p += 3;
        } else {
            if (*p < '0' || *p > '9')
                return false;
            const unsigned long long v = strtoull(p, &rest, 10);
            if (v > FIGURE_MAX)
                return false;
            out->figures[out->n++] = v;
            p = rest;
        }
        if (p == end) {
            *at = end + (*end == ';');
            return true;
        }
        if (*p != 'x')
            return false;
    }
    return false;
}

static bool fits(const char *pattern, const char *name, const char *other)
{
    return fnmatch(pattern, name, 0) == 0 || (other != NULL && fnmatch(pattern, other, 0) == 0);
}

uint32_t stream_list_find(const char *list, const char *name, const char *other, uint64_t *figures,
                          uint32_t n)
{
    uint32_t found = 0;
    entry e;
    while (*list != '\0' && take_entry(&list, &e)) {
        if (!fits(e.pattern, name, other))
            continue;
        found = e.n < n ? e.n : n;
        memcpy(figures, e.figures, found * sizeof *figures);
    }
    return found;
}

zs_status stream_list_check(const char *list, const char *path, uint32_t most, zs_err *err)
{
    entry e;
    while (*list != '\0') {
        const char *at = list;
        if (!take_entry(&list, &e) || e.n > most || (most == 1 && e.figures[0] == STREAM_ALL))
            return zs_fail(err, ZS_EPARSE, path, "\"%.60s\" is not of the form layer=%s", at,
                           most > 1 ? "PEsxlanes" : "depth");
    }
    return ZS_OK;
}

zs_status stream_list_names(zs_arena *arena, const char *list, const char *path,
                            const char *const *names, uint32_t n, zs_err *err)
{
    entry e;
    (void)arena;
    while (*list != '\0' && take_entry(&list, &e))
        ZS_TRY(stream_check_pattern(e.pattern, path, names, n, err));
    return ZS_OK;
}

zs_status stream_check_pattern(const char *pattern, const char *path, const char *const *names,
                               uint32_t n, zs_err *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (fnmatch(pattern, names[i], 0) == 0)
            return ZS_OK;
    const char *near = zs_nearest(pattern, names, n);
    return zs_fail(err, ZS_EPARSE, path, "nothing is called \"%.64s\"%s%s%s", pattern,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* ---- names of units -------------------------------------------------------------------------- */

const char *stream_unit_class(const stream_row *r)
{
    switch (r->op) {
    case STREAM_MATRIX:
        return "MVAU";
    case STREAM_REDUCE:
        return r->layer->op == ZS_LAYER_CONV   ? "VVAU"
               : r->layer->pool == ZS_POOL_MAX ? "StreamingMaxPool"
                                               : "Pool";
    case STREAM_ADD:
        return "AddStreams";
    case STREAM_MEAN:
        return "GlobalAccPool";
    default:
        return "Thresholding";
    }
}

zs_status stream_name_rows(zs_arena *arena, stream_row *rows, uint32_t n, const char **names,
                           zs_err *err)
{
    uint32_t windows = 0;
    for (uint32_t i = 0; i < n; i++) {
        stream_row *r = &rows[i];
        const char *class = stream_unit_class(r);
        uint32_t before = 0;
        for (uint32_t k = 0; k < i; k++)
            before += strcmp(stream_unit_class(&rows[k]), class) == 0;
        /* a max pool has no window generator beside it */
        const bool has_own = r->has_window && strcmp(class, "StreamingMaxPool") != 0;
        r->unit_name = zs_arena_printf(arena, "%s_%u", class, before);
        r->window_name =
            has_own ? zs_arena_printf(arena, "ConvolutionInputGenerator_%u", windows) : NULL;
        if (r->unit_name == NULL || (has_own && r->window_name == NULL))
            return zs_nomem(err, "plan");
        windows += has_own;
        names[i] = r->layer->name;
        names[n + i] = r->unit_name;
        names[2 * n + i] = has_own ? r->window_name : r->unit_name;
    }
    return ZS_OK;
}

/* ---- the target ------------------------------------------------------------------------------ */

zs_status stream_target(const zs_design *design, uint64_t *cycles, zs_err *err)
{
    static const struct {
        const char *unit;
        double times;
        bool is_rate;
    } units[] = {{"cycles", 1, false}, {"kcycles", 1e3, false}, {"Mcycles", 1e6, false},
                 {"fps", 1, true},     {"kfps", 1e3, true},     {"Mfps", 1e6, true}};
    const char *text = stream_params_of(&design->accel)->target;
    char *rest;
    *cycles = 0;
    if (text[0] == '\0')
        return ZS_OK;
    const double value = strtod(text, &rest);
    rest += strspn(rest, " ");
    for (size_t i = 0; i < ZS_LEN(units) && rest != text; i++) {
        if (strcmp(rest, units[i].unit) != 0)
            continue;
        const double each = value * units[i].times;
        const double at = units[i].is_rate ? (double)design->accel.clock_hz / each : each;
        if (!(each > 0) || !(at >= 1) || at > 1e15)
            return zs_fail(err, ZS_ERANGE, "accelerator.stream.target",
                           "\"%.40s\" is not between a clock and 10^15 of them", text);
        *cycles = (uint64_t)at;
        return ZS_OK;
    }
    return zs_fail(err, ZS_EPARSE, "accelerator.stream.target",
                   "\"%.40s\" is not of the form `100 kcycles` or `3000 fps`", text);
}

/* ---- clocks of an image ---------------------------------------------------------------------- */

/* FINN's estimate of its RTL sliding window. */
uint64_t stream_window_work(const stream_row *r)
{
    const uint64_t cf = r->in_c / r->window_simd;
    const uint64_t w = r->w + r->pad + r->pad_end;
    const uint64_t emit = (uint64_t)r->ow * r->k * r->k * cf, read = r->stride * w * cf;
    if (!r->has_window)
        return 0;
    return ((r->k - 1) * w + r->k) * cf + r->oh * zs_max_u64(emit, read);
}

uint64_t stream_work(const stream_row *r)
{
    switch (r->op) {
    case STREAM_MATRIX:
        return r->vectors * (r->mw / r->simd) * (r->mh / r->pe);
    case STREAM_REDUCE:
        return r->vectors * (r->mh / r->pe) * r->k * r->k;
    case STREAM_MEAN:
        return ((uint64_t)r->h * r->w + 1) * (r->mh / r->pe);
    default:
        return r->vectors * (r->mh / r->pe);
    }
}

/* ---- folding --------------------------------------------------------------------------------- */

/* The next divisor of `of` above `d`, or `of`. */
static uint32_t next_divisor(uint32_t of, uint32_t d)
{
    do
        d++;
    while (d < of && of % d != 0);
    return d < of ? d : of;
}

enum { WIDEST_WEIGHTS = 36 };

/* FINN's SetFolding: a factor runs through the divisors of its limit and stops at the first that is
 * fast enough; lanes of a matrix unit before its weights become wider than 36 bits. */
static void fold_row(stream_row *r, uint64_t target)
{
    const uint32_t bits = r->weight_bits;
    r->pe = r->simd = r->window_simd = 1;
    if (r->op == STREAM_MATRIX)
        while (stream_work(r) >= target && r->simd < r->mw) {
            const uint32_t next = next_divisor(r->mw, r->simd);
            if ((uint64_t)next * bits > WIDEST_WEIGHTS)
                break;
            r->simd = next;
        }
    while (stream_work(r) >= target && r->pe < r->mh)
        r->pe = next_divisor(r->mh, r->pe);
    if (r->op == STREAM_REDUCE)
        r->window_simd = r->pe;
    else if (r->has_window)
        while (stream_window_work(r) >= target && r->window_simd < r->in_c)
            r->window_simd = next_divisor(r->in_c, r->window_simd);
}

static uint64_t slowest(const stream_row *rows, uint32_t n)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < n; i++)
        most = zs_max_u64(most, zs_max_u64(stream_work(&rows[i]), stream_window_work(&rows[i])));
    return most;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What the design says of the row: lists first, then layers. */
static void find_figures(const zs_design *design, const stream_row *r, uint64_t f[3])
{
    const char *list = stream_params_of(&design->accel)->folding;
    uint64_t window;
    (void)stream_list_find(list, r->layer->name, r->unit_name, f, 3);
    if (r->window_name != NULL && stream_list_find(list, r->window_name, NULL, &window, 1) > 0)
        f[2] = window;
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        const zs_layer_setting *x = &design->layer_settings[i];
        if (fits(x->pattern, r->layer->name, r->unit_name))
            f[x->key] = x->value;
    }
}

static zs_status fold_as_given(const zs_design *design, stream_row *r, zs_err *err)
{
    enum { NOT_SAID = FIGURE_MAX + 1 };
    uint64_t f[3] = {NOT_SAID, NOT_SAID, NOT_SAID};
    find_figures(design, r, f);
    const char *path = "accelerator.stream.folding";
    for (uint32_t i = 0; i < design->layer_setting_n; i++)
        if (fits(design->layer_settings[i].pattern, r->layer->name, r->unit_name))
            path = "layers";
    const bool is_by_channel = r->op == STREAM_REDUCE;
    struct {
        const char *what;
        uint32_t *value;
        uint64_t said, of;
    } rules[] = {{"PEs", &r->pe, f[0], r->mh},
                 {"lanes", &r->simd, f[1], r->op == STREAM_MATRIX ? r->mw : 1},
                 {"lanes of the window", &r->window_simd, f[2], r->has_window ? r->in_c : 1}};
    if (f[0] == NOT_SAID && f[1] == NOT_SAID && f[2] == NOT_SAID)
        return ZS_OK;
    for (size_t i = 0; i < ZS_LEN(rules); i++) {
        if (rules[i].said == NOT_SAID)
            continue;
        const uint64_t value = rules[i].said == STREAM_ALL ? rules[i].of : rules[i].said;
        if (value == 0 || rules[i].of % value != 0)
            return zs_fail(err, ZS_ERANGE, path, "%llu %s do not divide the %llu of layer %s",
                           (unsigned long long)value, rules[i].what,
                           (unsigned long long)rules[i].of, r->layer->name);
        *rules[i].value = (uint32_t)value;
    }
    if (f[2] == NOT_SAID)
        r->window_simd = is_by_channel ? r->pe : common_divisor(r->in_c, r->simd);
    if (is_by_channel && r->window_simd != r->pe)
        return zs_fail(err, ZS_ERANGE, path,
                       "layer %s works channel by channel: its window has as many lanes as it has "
                       "PEs, %u",
                       r->layer->name, r->pe);
    return ZS_OK;
}

zs_status stream_fold(const zs_design *design, stream_row *rows, uint32_t n, zs_err *err)
{
    uint64_t target;
    ZS_TRY(stream_list_check(stream_params_of(&design->accel)->folding,
                             "accelerator.stream.folding", 3, err));
    ZS_TRY(stream_target(design, &target, err));
    for (uint32_t i = 0; i < n; i++)
        fold_row(&rows[i], target > 0 ? target : UINT64_MAX);
    const uint64_t most = slowest(rows, n);
    for (uint32_t i = 0; i < n && target > 0 && most > target; i++)
        fold_row(&rows[i], most); /* missed: no node need be faster than the slowest */
    for (uint32_t i = 0; i < n; i++) {
        ZS_TRY(fold_as_given(design, &rows[i], err));
        rows[i].work = zs_max_u64(stream_work(&rows[i]), 1);
    }
    return ZS_OK;
}
