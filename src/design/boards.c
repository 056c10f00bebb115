#include "design_priv.h"

#include <string.h>

#define S(path, value, source)            {path, value, source},
#define BOARD(table, name, meaning, rows) static const zs_board_setting table##_settings[] = {rows};
#include "boards.def"
#undef BOARD
#undef S

#define BOARD(table, name, meaning, rows)                                                          \
    {name, meaning, table##_settings, ZS_LEN(table##_settings)},
const zs_board_row zs_boards[] = {
#include "boards.def"
};
#undef BOARD
const uint32_t zs_board_n = ZS_LEN(zs_boards);

const zs_board_row *zs_board_find(const char *name)
{
    for (uint32_t i = 0; i < zs_board_n; i++)
        if (strcmp(zs_boards[i].name, name) == 0)
            return &zs_boards[i];
    return NULL;
}

static zs_status unknown_board(const char *name, zs_err *err)
{
    const char *names[ZS_LEN(zs_boards)];
    for (size_t i = 0; i < ZS_LEN(zs_boards); i++)
        names[i] = zs_boards[i].name;
    const char *near = zs_nearest(name, names, ZS_LEN(names));
    if (near != NULL)
        return zs_fail(err, ZS_EPARSE, "board", "unknown board '%.64s', did you mean '%s'?", name,
                       near);
    return zs_fail(err, ZS_EPARSE, "board", "unknown board '%.64s'; `show --boards` lists them",
                   name);
}

zs_status zs_design_set_board(zs_design *design, zs_arena *arena, const char *name, zs_err *err)
{
    const zs_board_row *row = zs_board_find(name);
    (void)arena; /* rows are static */
    if (row == NULL)
        return unknown_board(name, err);
    zs_design defaults, changed = *design;
    zs_design_defaults(&defaults);
    changed.board = defaults.board;
    for (uint32_t i = 0; i < row->setting_n; i++)
        ZS_TRY(zs_field_set(&changed, NULL, zs_field_find(row->settings[i].path),
                            row->settings[i].value, err));
    zs_design_keep_given(&changed, design);
    changed.board_name = row->name;
    *design = changed;
    return ZS_OK;
}
