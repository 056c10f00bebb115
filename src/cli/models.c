#include "cli_priv.h"
#include "models_digest.h" /* made by the Makefile; this file alone is compiled again for it */
#include "zynqsim/version.h"

const char *const cli_models = MODELS_DIGEST;
const char *const cli_build = ZS_VERSION "+" MODELS_DIGEST;
