#include "cli_priv.h"

#include <string.h>

/* The design files of system.boards, beside the design or from the current directory. A board is
 * read as run would read it, without the options of the command line, which are of the system. */
static zs_status read_board(const cli_options *o, zs_arena *arena, const char *name, zs_design *out,
                            cli_point *point, zs_err *err)
{
    const char *beside = cli_path_from(arena, o->design_path, name);
    if (beside == NULL)
        return zs_nomem(err, name);
    const cli_options own = {.design_path = cli_is_file(beside) ? beside : name,
                             .fidelity = o->fidelity,
                             .quiet = true,
                             .timing_only = true};
    const zs_status status = cli_design_build(&own, point, err);
    if (status != ZS_OK)
        zs_err_prefix(err, "system.boards");
    *out = point->design;
    return status;
}

zs_status cli_train_boards_load(const cli_options *o, cli_point *p, cli_train_boards *boards,
                                zs_err *err)
{
    const char *text = p->design.system.boards;
    uint32_t n = text[0] != '\0';
    if (n > 0 && p->design.pipeline.stages == ZS_STAGES_ENGINES)
        return zs_fail(err, ZS_EUSAGE, "system.boards",
                       "names boards, but pipeline.stages says that stages are on engines");
    for (const char *at = text; *at != '\0'; at++)
        n += *at == ',';
    zs_design *list = zs_new(&p->keep, zs_design, n + 1);
    boards->points = zs_new(&p->keep, cli_point, n + 1);
    if (list == NULL || boards->points == NULL)
        return zs_nomem(err, "system.boards");
    for (uint32_t i = 0; i < n; i++) {
        text += strspn(text, " ");
        size_t bytes = strcspn(text, ",");
        const char *next = text + bytes + (text[bytes] == ',');
        while (bytes > 0 && text[bytes - 1] == ' ')
            bytes--;
        const char *name = zs_arena_strndup(&p->keep, text, bytes);
        if (name == NULL)
            return zs_nomem(err, "system.boards");
        if (bytes == 0)
            return zs_fail(err, ZS_EUSAGE, "system.boards", "board %u has no name", i + 1);
        boards->n++;
        ZS_TRY(read_board(o, &p->keep, name, &list[i], &boards->points[i], err));
        text = next;
    }
    p->design.system.devices = list;
    p->design.system.device_n = n;
    return ZS_OK;
}

void cli_train_boards_drop(cli_train_boards *boards)
{
    for (uint32_t i = 0; i < boards->n; i++)
        cli_point_drop(&boards->points[i]);
    *boards = (cli_train_boards){0};
}
