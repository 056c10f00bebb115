#include "cli_priv.h"

zs_status cmd_schema(const cli_options *options, int *exit_status, zs_err *err)
{
    (void)options;
    (void)exit_status;
    const zs_sink sink = cli_stdout();
    return zs_schema_emit(&sink, err);
}
