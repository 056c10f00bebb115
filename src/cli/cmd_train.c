#include "cli_priv.h"
zs_status cmd_train(const cli_options *options, int *exit_status, zs_err *err)
{
    return cli_train_cases(options, exit_status, err);
}
