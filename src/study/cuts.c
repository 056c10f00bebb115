#include "zynqsim/grid.h"

#include <string.h>

/* Lists all ways to cut a network between engines that take its layers in order. */

bool zs_axis_is_every_cut(const zs_axis *axis)
{
    return axis->path_n == 1 && axis->value_n == 1 && strcmp(axis->paths[0], "swap.cut") == 0 &&
           strcmp(axis->values[0], "*") == 0;
}

/* k of n, as the number of subsets; where it is more than an axis holds, one more than that. */
static uint64_t ways(uint32_t n, uint32_t k)
{
    uint64_t all = 1;
    for (uint32_t i = 1; i <= k && all <= ZS_AXIS_VALUES; i++)
        all = all * (n - k + i) / i;
    return all;
}

static const char *name_cuts(zs_arena *arena, const zs_net *net, const uint32_t *cuts, uint32_t n)
{
    const char *text = "";
    for (uint32_t i = 0; i < n && text != NULL; i++)
        text = zs_arena_printf(arena, "%s%s%s", text, i > 0 ? ";" : "", net->layers[cuts[i]].name);
    return text;
}

/* The next choice of n layers in order, of all but the last; false: that was the last one. */
static bool next_cuts(uint32_t *cuts, uint32_t n, uint32_t layer_n)
{
    uint32_t i = n;
    while (i-- > 0)
        if (cuts[i] + 1 < layer_n - (n - i)) {
            cuts[i]++;
            for (uint32_t k = i + 1; k < n; k++)
                cuts[k] = cuts[k - 1] + 1;
            return true;
        }
    return false;
}

zs_status zs_axis_cut_everywhere(zs_arena *arena, const zs_design *design, const zs_net *net,
                                 zs_axis *axis, zs_err *err)
{
    uint32_t cuts[ZS_DESIGN_ENGINES_MAX];
    if (design->engine_n < 2)
        return zs_fail(err, ZS_EUSAGE, axis->text,
                       "the design has %u engines: a cut is between two of `accelerators`",
                       design->engine_n > 0 ? design->engine_n : 1);
    const uint32_t n = design->engine_n - 1;
    if (net->layer_n <= n)
        return zs_fail(err, ZS_EUSAGE, axis->text,
                       "%u cuts are more than the %u layers of %s allow", n, net->layer_n,
                       net->name);
    const uint64_t all = ways(net->layer_n - 1, n);
    if (all > ZS_AXIS_VALUES)
        return zs_fail(err, ZS_ERANGE, axis->text,
                       "%u layers can be cut in more than %d ways for %u engines: list some",
                       net->layer_n, ZS_AXIS_VALUES, design->engine_n);
    const char **values = zs_new(arena, const char *, all);
    if (values == NULL)
        return zs_nomem(err, "an axis");
    for (uint32_t i = 0; i < n; i++)
        cuts[i] = i;
    axis->value_n = 0;
    do {
        values[axis->value_n] = name_cuts(arena, net, cuts, n);
        if (values[axis->value_n++] == NULL)
            return zs_nomem(err, "an axis");
    } while (axis->value_n < all && next_cuts(cuts, n, net->layer_n));
    axis->values = values;
    return ZS_OK;
}
