#include "stream_priv.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- lists of figures by layer --------------------------------------------------------------- */

enum { PATTERN_MAX = 128, FIGURE_MAX = 1 << 24 };
/* Styles follow the first; memories the second, behind which stand weights from DRAM or not. */
#define STREAM_WORD    (UINT64_MAX - 8)
#define STREAM_MEMORY  (UINT64_MAX - 16)
#define STREAM_IN_DRAM (UINT64_MAX - 9)

typedef struct entry {
    char pattern[PATTERN_MAX];
    uint64_t figures[3];
    uint32_t n;
} entry;

/* False: what stands at `*at` is no entry. */
static bool take_entry(const char **at, entry *out)
{
    static const struct {
        const char *text;
        uint64_t value;
    } words[] = {{"all", STREAM_ALL},
                 {"auto", STREAM_MEMORY + ZS_STREAM_AUTO},
                 {"block", STREAM_MEMORY + ZS_STREAM_BLOCK},
                 {"distributed", STREAM_MEMORY + ZS_STREAM_DISTRIBUTED},
                 {"internal", STREAM_IN_DRAM - 1},
                 {"external", STREAM_IN_DRAM},
                 {"rtl", STREAM_WORD + ZS_FLOW_RTL},
                 {"stalling", STREAM_WORD + ZS_FLOW_STALLING},
                 {"flushing", STREAM_WORD + ZS_FLOW_FLUSHING}};
    const char *end = *at + strcspn(*at, ";"), *equals = *at + strcspn(*at, "=;");
    const size_t n = (size_t)(equals - *at);
    if (*equals != '=' || n == 0 || n >= PATTERN_MAX)
        return false;
    memcpy(out->pattern, *at, n);
    out->pattern[n] = '\0';
    out->n = 0;
    for (const char *p = equals + 1; out->n < 3; p++) {
        size_t w = 0;
        while (w < ZS_LEN(words) && strncmp(p, words[w].text, strlen(words[w].text)) != 0)
            w++;
        if (w < ZS_LEN(words)) {
            out->figures[out->n++] = words[w].value;
            p += strlen(words[w].text);
        } else {
            p = zs_read_count(p, &out->figures[out->n]);
            if (p == NULL || out->figures[out->n++] > FIGURE_MAX)
                return false;
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
    return strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0 ||
           (other != NULL && fnmatch(pattern, other, 0) == 0);
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

/* What the figures of a list may be. */
static bool is_figure(uint64_t figure, uint32_t i, stream_list_form form)
{
    const bool is_number = figure <= FIGURE_MAX;
    switch (form) {
    case STREAM_LIST_DEPTHS:
        return i == 0 && is_number;
    case STREAM_LIST_LANES:
        return i == 0 && (is_number || figure == STREAM_ALL);
    case STREAM_LIST_STYLES:
        return i == 0 ? figure >= STREAM_WORD && figure != STREAM_ALL
                      : i == 1 && figure >= 1 && figure <= ZS_FLOW_PIPELINE_MAX;
    case STREAM_LIST_MEMORIES:
        return i == 0 && figure >= STREAM_MEMORY && figure < STREAM_WORD;
    case STREAM_LIST_FOLDING:
        break;
    }
    return is_number || figure == STREAM_ALL;
}

zs_status stream_list_check(const char *list, const char *path, stream_list_form form, zs_err *err)
{
    static const char *const says[] = {"PEsxlanes", "depth", "elements", "block", "stalling"};
    entry e;
    while (*list != '\0') {
        const char *at = list;
        bool fits = take_entry(&list, &e);
        for (uint32_t i = 0; fits && i < e.n; i++)
            fits = is_figure(e.figures[i], i, form);
        if (!fits)
            return zs_fail(err, ZS_EPARSE, path, "\"%.60s\" is not of the form layer=%s", at,
                           says[form]);
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

zs_status stream_fifo_depth(const stream_params *s, uint64_t *depth, zs_err *err)
{
    *depth = strcmp(s->fifo, "auto") == 0 ? STREAM_ALL : 0;
    if (*depth == STREAM_ALL || s->fifo[0] == '\0')
        return ZS_OK;
    const char *end = zs_read_count(s->fifo, depth);
    if (end == NULL || *end != '\0' || *depth == 0 || *depth > FIGURE_MAX)
        return zs_fail(err, ZS_ERANGE, "accelerator.stream.fifo",
                       "\"%.40s\" is neither auto nor a depth of 1 to %d words", s->fifo,
                       FIGURE_MAX);
    return ZS_OK;
}

zs_status stream_check_pattern(const char *pattern, const char *path, const char *const *names,
                               uint32_t n, zs_err *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (fits(pattern, names[i], NULL))
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

/* ---- styles ---------------------------------------------------------------------------------- */

zs_flow_style stream_style_of(const stream_params *s, const stream_row *r, zs_flow_op op)
{
    const bool is_own = op == ZS_FLOW_MATRIX || op == ZS_FLOW_POOL || op == ZS_FLOW_GATHER;
    switch (s->style) {
    case ZS_STREAM_STALLING:
    case ZS_STREAM_HLS:
        return ZS_FLOW_STALLING;
    case ZS_STREAM_FLUSHING:
        return ZS_FLOW_FLUSHING;
    case ZS_STREAM_MIXED: /* products of four bits and more are those of DSP slices, in RTL */
        return is_own && (r == NULL || !zs_op_has_filters(r->layer->op) || r->weight_bits < 4)
                   ? ZS_FLOW_FLUSHING
                   : ZS_FLOW_RTL;
    default:
        return ZS_FLOW_RTL;
    }
}

zs_status stream_set_styles(const zs_design *design, stream_row *rows, uint32_t n, zs_err *err)
{
    const stream_params *s = stream_params_of(&design->accel);
    ZS_TRY(stream_list_check(s->styles, "accelerator.stream.styles", STREAM_LIST_STYLES, err));
    ZS_TRY(stream_list_check(s->between, "accelerator.stream.between", STREAM_LIST_LANES, err));
    ZS_TRY(
        stream_list_check(s->memories, "accelerator.stream.memories", STREAM_LIST_MEMORIES, err));
    for (uint32_t i = 0; i < n; i++) {
        stream_row *r = &rows[i];
        uint64_t memory = STREAM_MEMORY + s->memory;
        (void)stream_list_find(s->memories, r->layer->name, r->unit_name, &memory, 1);
        zs_accel own_keys;
        zs_design_layer_accel(design, r->layer->name, &own_keys);
        r->is_external = stream_params_of(&own_keys)->weights == ZS_STREAM_EXTERNAL;
        if (memory != STREAM_MEMORY + s->memory)
            r->is_external = memory == STREAM_IN_DRAM;
        r->is_external &= zs_op_has_filters(r->layer->op);
        r->room_bytes = r->is_external ? STREAM_IN_FLIGHT * s->burst_bytes : 0;
        r->memory = memory < STREAM_IN_DRAM - 1 ? (uint32_t)(memory - STREAM_MEMORY) : s->memory;
        if (s->opens_memory && r->memory == s->memory)
            r->memory = STREAM_MEMORY_OPEN;
        r->style = stream_style_of(s, r, ZS_FLOW_MATRIX);
        r->window_style = stream_style_of(s, r, ZS_FLOW_WINDOW);
        r->pipeline = r->window_pipeline = s->pipeline;
        uint64_t own[2] = {0, s->pipeline}, window[2] = {0, s->pipeline};
        if (stream_list_find(s->styles, r->layer->name, r->unit_name, own, 2) > 0) {
            r->style = r->window_style = (zs_flow_style)(own[0] - STREAM_WORD);
            r->pipeline = r->window_pipeline = (uint32_t)own[1];
        }
        if (r->window_name != NULL &&
            stream_list_find(s->styles, r->window_name, NULL, window, 2) > 0) {
            r->window_style = (zs_flow_style)(window[0] - STREAM_WORD);
            r->window_pipeline = (uint32_t)window[1];
        }
        r->is_pool = r->style != ZS_FLOW_RTL && r->op == STREAM_REDUCE && r->window_name == NULL &&
                     r->pad + r->pad_end == 0 && r->k == r->stride && r->k > 1 &&
                     r->h % r->k == 0 && r->w % r->k == 0;
        r->has_window &= !r->is_pool;
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
    double value = 0;
    *cycles = 0;
    if (text[0] == '\0')
        return ZS_OK;
    const char *rest = zs_read_real(text, &value);
    for (size_t i = 0; i < ZS_LEN(units) && rest != NULL; i++) {
        rest += strspn(rest, " ");
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
    if (r->is_parallel)
        return (r->h + r->pad + r->pad_end) * w * cf;
    if (r->window_style != ZS_FLOW_RTL)
        return r->k * w * cf + r->oh * zs_max_u64(emit, read);
    return ((r->k - 1) * w + r->k) * cf + r->oh * zs_max_u64(emit, read);
}

/* Iterations of a window's loop behind its last word: in the last turn fewer rows are left to read
 * than in all others. */
static uint64_t window_idle(const stream_row *r)
{
    const uint64_t cf = r->in_c / r->window_simd;
    const uint64_t w = r->w + r->pad + r->pad_end;
    const uint64_t emit = (uint64_t)r->ow * r->k * r->k * cf, read = r->stride * w * cf;
    const uint64_t left = (r->h + r->pad + r->pad_end - r->k) % r->stride * w * cf;
    return r->is_parallel ? 0 : zs_max_u64(emit, read) - zs_max_u64(emit, left);
}

/* Iterations of a window's loop that read the padding above the first image, which is there before
 * any word of the image is. */
static uint64_t window_head(const stream_row *r)
{
    return (uint64_t)r->pad * (r->w + r->pad + r->pad_end + 1) * (r->in_c / r->window_simd);
}

/* Windows of the first image that begin in that padding and may be worked on before the image:
 * those that lie in it whole, and one that reaches out of it. */
static uint64_t vectors_ahead(const stream_row *r)
{
    if (r->pad == 0)
        return 0;
    return r->pad < r->k ? 1 : ((uint64_t)(r->pad - r->k) / r->stride + 2) * r->ow;
}

uint64_t stream_work(const stream_row *r)
{
    switch (r->op) {
    case STREAM_MATRIX:
        return r->vectors * stream_sf(r) * stream_nf(r);
    case STREAM_REDUCE:
        return r->vectors * stream_nf(r) * ((uint64_t)stream_sf(r) + r->is_pool);
    case STREAM_MEAN:
        return ((uint64_t)r->h * r->w + 1) * stream_nf(r);
    default:
        return r->vectors * stream_nf(r);
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
        if (x->key != ZS_LAYER_FIELD && fits(x->pattern, r->layer->name, r->unit_name))
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
    const uint64_t lanes = r->op == STREAM_MATRIX           ? r->mw
                           : is_by_channel && r->has_window ? r->k * r->k
                                                            : 1;
    struct {
        const char *what;
        uint32_t *value;
        uint64_t said, of;
    } rules[] = {{"PEs", &r->pe, f[0], r->mh},
                 {"lanes", &r->simd, f[1], lanes},
                 {"lanes of the window", &r->window_simd, f[2], r->has_window ? r->in_c : 1}};
    if (f[0] == NOT_SAID && f[1] == NOT_SAID && f[2] == NOT_SAID)
        return ZS_OK;
    for (size_t i = 0; i < ZS_LEN(rules); i++) {
        if (rules[i].said == NOT_SAID)
            continue;
        const uint64_t value = rules[i].said == STREAM_ALL ? rules[i].of : rules[i].said;
        const bool pads = stream_params_of(&design->accel)->pad && r->layer->op == ZS_LAYER_FC;
        if (value == 0 || (rules[i].of % value != 0 && !pads))
            return zs_fail(err, ZS_ERANGE, path, "%llu %s do not divide the %llu of layer %s",
                           (unsigned long long)value, rules[i].what,
                           (unsigned long long)rules[i].of, r->layer->name);
        *rules[i].value = (uint32_t)value;
    }
    if (f[2] == NOT_SAID)
        r->window_simd = is_by_channel ? r->pe : (uint32_t)zs_gcd(r->in_c, r->simd);
    if (is_by_channel && r->window_simd != r->pe)
        return zs_fail(err, ZS_ERANGE, path,
                       "layer %s works channel by channel: its window has as many lanes as it has "
                       "PEs, %u",
                       r->layer->name, r->pe);
    return ZS_OK;
}

/* ---- the least resources --------------------------------------------------------------------- */

/* Sum of the shares of what the part has. */
static double share(const zs_design *design, stream_cost c)
{
    const zs_resources r = zs_board_resources(&design->board, &zs_families[design->board.family]);
    const struct {
        uint64_t used;
        zs_resource_id kind;
    } parts[] = {
        {c.lut, ZS_RESOURCE_LUT}, {c.bram18, ZS_RESOURCE_BRAM18}, {c.dsp, ZS_RESOURCE_DSP}};
    double sum = 0;
    for (size_t i = 0; i < ZS_LEN(parts); i++)
        if (r.n[parts[i].kind] > 0)
            sum += (double)parts[i].used / r.n[parts[i].kind];
    return sum;
}

/* All factors of one row; rows do not depend on each other, so the least of each is that of all.
 * Returns how many reach the target. */
static uint64_t fold_least(const zs_design *design, stream_row *r, uint64_t target)
{
    const stream_row before = *r;
    const uint32_t simd_n = r->op == STREAM_MATRIX ? r->mw : 1;
    const bool is_by_channel = r->op == STREAM_REDUCE;
    stream_row t = before, best = before;
    double least = HUGE_VAL;
    uint64_t n = 0;
    for (t.pe = 1;; t.pe = next_divisor(r->mh, t.pe)) {
        for (t.simd = 1;; t.simd = next_divisor(simd_n, t.simd)) {
            const uint32_t window_n = t.has_window && !is_by_channel ? t.in_c : 1;
            for (t.window_simd = 1;; t.window_simd = next_divisor(window_n, t.window_simd)) {
                stream_row u = t;
                u.window_simd = is_by_channel ? t.pe : t.window_simd;
                if (stream_work(&u) <= target && stream_window_work(&u) <= target) {
                    const double own = share(design, stream_row_cost(&u));
                    n++;
                    if (own < least) {
                        least = own;
                        best = u;
                    }
                }
                if (t.window_simd >= window_n)
                    break;
            }
            if (t.simd >= simd_n)
                break;
        }
        if (t.pe >= r->mh)
            break;
    }
    *r = best;
    return n;
}

static stream_cost cost_of(const stream_row *rows, uint32_t n)
{
    stream_cost sum = {0};
    for (uint32_t i = 0; i < n; i++) {
        const stream_cost c = stream_row_cost(&rows[i]);
        sum.lut += c.lut;
        sum.bram18 += c.bram18;
        sum.dsp += c.dsp;
    }
    return sum;
}

static zs_status search(zs_arena *arena, const zs_design *design, stream_row *rows, uint32_t n,
                        uint64_t target, const char **note, zs_err *err)
{
    const stream_cost finn = cost_of(rows, n);
    uint64_t tried = 0;
    for (uint32_t i = 0; i < n; i++)
        tried += fold_least(design, &rows[i], target);
    const stream_cost least = cost_of(rows, n);
    *note = zs_arena_printf(
        arena,
        "folded for %llu cycles of an image: units, windows and thresholds take %llu LUT, %llu "
        "BRAM18, %llu DSP, the least sum of shares of all %llu foldings of rows that reach it "
        "(converters and FIFOs not counted); FINN's rule %llu, %llu, %llu",
        (unsigned long long)target, (unsigned long long)least.lut, (unsigned long long)least.bram18,
        (unsigned long long)least.dsp, (unsigned long long)tried, (unsigned long long)finn.lut,
        (unsigned long long)finn.bram18, (unsigned long long)finn.dsp);
    return *note != NULL ? ZS_OK : zs_nomem(err, "plan");
}

static zs_status set_parallel(const stream_params *s, stream_row *r, zs_err *err)
{
    uint64_t asked = 0;
    (void)stream_list_find(s->parallel, r->layer->name, r->unit_name, &asked, 1);
    r->is_parallel = r->has_window && (asked > 0 || (r->op == STREAM_REDUCE && r->simd > 1));
    if (r->is_parallel && r->op == STREAM_MATRIX && r->window_simd != r->in_c)
        return zs_fail(err, ZS_ERANGE, "accelerator.stream.parallel",
                       "the window of layer %s has %u lanes, a parallel one all %u channels "
                       "(accelerator.stream.folding: %s=..x..xall)",
                       r->layer->name, r->window_simd, r->in_c, r->layer->name);
    return ZS_OK;
}

zs_status stream_fold(zs_arena *arena, const zs_design *design, stream_row *rows, uint32_t n,
                      const char **note, zs_err *err)
{
    const stream_params *s = stream_params_of(&design->accel);
    uint64_t target;
    ZS_TRY(stream_list_check(s->folding, "accelerator.stream.folding", STREAM_LIST_FOLDING, err));
    ZS_TRY(stream_target(design, &target, err));
    if (s->least && target == 0)
        return zs_fail(
            err, ZS_EPARSE, "accelerator.stream.least",
            "needs a target that foldings can be held against: accelerator.stream.target");
    for (uint32_t i = 0; i < n; i++)
        fold_row(&rows[i], target > 0 ? target : UINT64_MAX);
    const uint64_t most = slowest(rows, n);
    for (uint32_t i = 0; i < n && target > 0 && most > target; i++)
        fold_row(&rows[i], most); /* missed: no node need be faster than the slowest */
    if (s->least)
        ZS_TRY(search(arena, design, rows, n, zs_max_u64(target, most), note, err));
    ZS_TRY(stream_list_check(s->parallel, "accelerator.stream.parallel", STREAM_LIST_DEPTHS, err));
    for (uint32_t i = 0; i < n; i++) {
        ZS_TRY(fold_as_given(design, &rows[i], err));
        ZS_TRY(set_parallel(s, &rows[i], err));
        const uint64_t unit = zs_max_u64(stream_work(&rows[i]), 1);
        const uint64_t window =
            rows[i].window_style != ZS_FLOW_RTL ? stream_window_work(&rows[i]) : 0;
        rows[i].work = zs_max_u64(unit, window);
        if (window > unit)
            rows[i].idle = zs_min_u64(window - unit, window_idle(&rows[i]) + window_head(&rows[i]));
        if (rows[i].has_window)
            rows[i].idle += unit / zs_max_u64(rows[i].vectors, 1) * vectors_ahead(&rows[i]);
        rows[i].idle = zs_min_u64(rows[i].idle, rows[i].work);
    }
    return ZS_OK;
}
