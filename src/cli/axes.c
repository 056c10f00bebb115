#include "cli_priv.h"
#include "zynqsim/grid.h"

#include <string.h>

/* --vary of commands that put points side by side. */

static zs_status cut_everywhere(const cli_options *options, zs_arena *keep, zs_axis *axis,
                                zs_err *err)
{
    cli_point p;
    zs_status status = cli_base_build(options, &p, err);
    if (status == ZS_OK)
        status = cli_net_load(&p, options, err);
    if (status == ZS_OK)
        status = zs_axis_cut_everywhere(keep, &p.design, p.net, axis, err);
    cli_point_drop(&p);
    return status;
}

zs_status cli_axes_read(const cli_options *options, const char *path, zs_arena *keep, zs_grid *grid,
                        zs_err *err)
{
    cli_point base = {0};
    cli_options o = *options;
    o.design_path = path;
    zs_grid_init(grid);
    zs_status status = cli_design_build(&o, &base, err);
    for (size_t i = 0; status == ZS_OK && o.vary != NULL && o.vary[i] != NULL; i++) {
        zs_axis axis;
        status = zs_axis_parse(keep, o.vary[i], &base.design, &axis, err);
        if (status == ZS_OK)
            status = cli_axis_check(&o, &axis, err);
        if (status == ZS_OK && zs_axis_is_every_cut(&axis))
            status = cut_everywhere(&o, keep, &axis, err);
        if (status == ZS_OK)
            status = zs_grid_add(grid, &axis, err);
    }
    if (status == ZS_OK) {
        zs_grid_find_families(grid, &base.design);
        status = zs_grid_check_keys(grid, &base.design, err);
        if (status != ZS_OK)
            zs_err_prefix(err, "--vary");
    }
    cli_point_drop(&base);
    return status;
}

zs_status cli_axes_name(zs_arena *keep, const zs_grid *grid, const char **out, zs_err *err)
{
    const char *head = "";
    for (uint32_t a = 0; a < grid->axis_n && head != NULL; a++)
        head = zs_arena_printf(keep, "%s%s%.*s", head, a > 0 ? "/" : "",
                               (int)strcspn(grid->axes[a].text, "="), grid->axes[a].text);
    *out = head;
    return head != NULL ? ZS_OK : zs_nomem(err, "--vary");
}

static const char *point_label(zs_arena *keep, const zs_grid *grid, uint64_t point)
{
    const char *label = "";
    for (uint32_t a = 0; a < grid->axis_n && label != NULL; a++)
        for (uint32_t p = 0; p < grid->axes[a].path_n && label != NULL; p++) {
            const char *value = zs_grid_value(grid, point, a, p);
            if (p > 0 && strcmp(value, zs_grid_value(grid, point, a, p - 1)) == 0)
                continue;
            label = zs_arena_printf(keep, "%s%s%s", label, label[0] ? "/" : "", value);
        }
    return label;
}

zs_status cli_axes_point(const cli_options *options, zs_arena *keep, const zs_grid *grid,
                         uint64_t point, const char **label, char ***settings, zs_err *err)
{
    size_t n = 0;
    while (options->set != NULL && options->set[n] != NULL)
        n++;
    char **set = zs_new(keep, char *, n + (size_t)ZS_GRID_AXES * ZS_AXIS_PATHS + 1);
    *label = point_label(keep, grid, point);
    if (set == NULL || *label == NULL)
        return zs_nomem(err, "--vary");
    if (n > 0)
        memcpy(set, options->set, n * sizeof *set);
    for (uint32_t a = 0; a < grid->axis_n; a++)
        for (uint32_t p = 0; p < grid->axes[a].path_n; p++) {
            set[n] = zs_arena_printf(keep, "%s=%s", grid->axes[a].paths[p],
                                     zs_grid_value(grid, point, a, p));
            if (set[n++] == NULL)
                return zs_nomem(err, "--vary");
        }
    *settings = set;
    return ZS_OK;
}
