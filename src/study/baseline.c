#include "zynqsim/baseline.h"

#include <math.h>
#include <string.h>

/* ---- names of layers ------------------------------------------------------------------------- */

static const char *own_name(const zs_figures *f, uint32_t layer)
{
    return zs_figures_layer_text(f, layer, "name");
}

zs_status zs_layer_names_build(zs_arena *arena, const zs_figures *f, const char *const **out,
                               zs_err *err)
{
    const char **names = zs_new(arena, const char *, f->layer_n + 1);
    if (names == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < f->layer_n; i++) {
        uint32_t before = 0, all = 0;
        for (uint32_t k = 0; k < f->layer_n; k++) {
            const bool is_same = strcmp(own_name(f, k), own_name(f, i)) == 0;
            all += is_same;
            before += is_same && k < i;
        }
        names[i] =
            all == 1 ? own_name(f, i) : zs_arena_printf(arena, "%s#%u", own_name(f, i), before + 1);
        if (names[i] == NULL)
            return zs_nomem(err, "layers");
    }
    *out = names;
    return ZS_OK;
}

/* ---- one figure ------------------------------------------------------------------------------ */

static bool is_near(const zs_expected *e, const zs_value *now)
{
    if (e->value.type == ZS_METRIC_TEXT) {
        const char *text = now->type == ZS_METRIC_TEXT && now->text != NULL ? now->text : "";
        return strcmp(text, e->value.text) == 0;
    }
    const double old = zs_value_number(&e->value), is = zs_value_number(now);
    if (e->tolerance.frac == 0 && e->tolerance.absolute == 0 && now->type == ZS_METRIC_INT)
        return e->value.i == now->i;
    return fabs(is - old) <= fmax(e->tolerance.frac * fabs(old), e->tolerance.absolute);
}

static zs_move move_of(const zs_expected *e, const zs_value *now, const zs_metric *metric,
                       const char *column, const char *layer)
{
    zs_move m = {.kind = e->is_open ? ZS_OPEN : ZS_MOVED,
                 .layer = layer,
                 .figure = column,
                 .unit = metric->unit,
                 .old = e->value,
                 .now = *now,
                 .delta = (double)NAN,
                 .change_frac = (double)NAN};
    if (e->is_open || metric->type == ZS_METRIC_TEXT || metric->type == ZS_METRIC_BOOL)
        return m;
    const double old = zs_value_number(&e->value);
    m.delta = zs_value_number(now) - old;
    m.change_frac = old != 0 ? m.delta / fabs(old) : (double)NAN;
    return m;
}

/* ---- one design ------------------------------------------------------------------------------ */

typedef struct judge {
    const zs_baseline *b;
    const zs_baseline_case *c;
    const zs_figures *f;
    const char *const *names; /* [layer] */
    zs_move *moves;
    uint32_t move_n, compared_n;
} judge;

static void judge_row(judge *j, const zs_baseline_row *row, const zs_value *values, bool is_whole)
{
    for (uint32_t i = 0; i < j->b->column_n; i++) {
        const zs_baseline_column *column = &j->b->columns[i];
        const zs_expected *e = &row->cells[i];
        const uint32_t metric = is_whole ? column->metric : column->layer_metric;
        if (!e->is_given)
            continue;
        j->compared_n++;
        if (e->is_open || !is_near(e, &values[metric]))
            j->moves[j->move_n++] = move_of(
                e, &values[metric], is_whole ? &zs_metrics[metric] : &zs_layer_metrics[metric],
                column->name, row->layer);
    }
}

static uint32_t find_layer(const judge *j, const char *name)
{
    for (uint32_t i = 0; i < j->f->layer_n; i++)
        if (strcmp(j->names[i], name) == 0)
            return i;
    return ZS_NO_ROW;
}

static bool is_listed(const judge *j, const char *name)
{
    for (uint32_t r = 1; r < j->c->row_n; r++)
        if (strcmp(j->b->rows[j->c->row0 + r].layer, name) == 0)
            return true;
    return false;
}

static void note_layer(judge *j, zs_move_kind kind, const char *name)
{
    j->moves[j->move_n++] = (zs_move){.kind = kind,
                                      .layer = name,
                                      .figure = "",
                                      .unit = "",
                                      .delta = (double)NAN,
                                      .change_frac = (double)NAN};
}

static void judge_layers(judge *j)
{
    for (uint32_t r = 1; r < j->c->row_n; r++) {
        const zs_baseline_row *row = &j->b->rows[j->c->row0 + r];
        const uint32_t layer = find_layer(j, row->layer);
        if (layer == ZS_NO_ROW)
            note_layer(j, ZS_GONE, row->layer);
        else
            judge_row(j, row, j->f->layers + (size_t)layer * zs_layer_metric_n, false);
    }
    for (uint32_t i = 0; i < j->f->layer_n && j->c->row_n > 1; i++)
        if (!is_listed(j, j->names[i]))
            note_layer(j, ZS_NEW, j->names[i]);
}

/* The farthest first; what has no distance keeps its place before the rest. */
static double distance_of(const zs_move *m)
{
    return isnan(m->delta) ? (double)INFINITY : fabs(m->delta);
}

static void sort_moves(zs_move *moves, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        const zs_move m = moves[i];
        uint32_t k = i;
        for (; k > 0 && distance_of(&moves[k - 1]) < distance_of(&m); k--)
            moves[k] = moves[k - 1];
        moves[k] = m;
    }
}

/* The baseline knows that the design does not fit. */
static bool expects_misfit(const judge *j)
{
    const uint32_t fits = zs_metric_find("fits");
    for (uint32_t i = 0; i < j->b->column_n; i++) {
        const zs_expected *e = &j->b->rows[j->c->row0].cells[i];
        if (j->b->columns[i].metric == fits && e->is_given && !e->is_open)
            return e->value.i == 0;
    }
    return false;
}

static zs_status judge_fit(const judge *j, zs_arena *arena, const char **out, zs_err *err)
{
    *out = "";
    if (zs_figures_number(j->f, "fits") == 0 && !expects_misfit(j))
        *out = zs_figures_excess(arena, j->f);
    return *out != NULL ? ZS_OK : zs_nomem(err, "what does not fit");
}

zs_status zs_baseline_judge(zs_arena *arena, const zs_baseline *baseline, uint32_t case_index,
                            const zs_figures *figures, zs_case_verdict *out, zs_err *err)
{
    const zs_baseline_case *c = &baseline->cases[case_index];
    const size_t most = (size_t)c->row_n * (baseline->column_n + 1) + figures->layer_n;
    judge j = {.b = baseline, .c = c, .f = figures, .moves = zs_new(arena, zs_move, most)};
    if (j.moves == NULL)
        return zs_nomem(err, "what moved");
    ZS_TRY(zs_layer_names_build(arena, figures, &j.names, err));
    judge_row(&j, &baseline->rows[c->row0], figures->values, true);
    const uint32_t whole_n = j.move_n;
    judge_layers(&j);
    sort_moves(j.moves + whole_n, j.move_n - whole_n);
    zs_case_verdict made = {.moves = j.moves, .move_n = j.move_n, .compared_n = j.compared_n};
    ZS_TRY(judge_fit(&j, arena, &made.misfit, err));
    *out = made;
    return ZS_OK;
}
