#include "cli_priv.h"

#include <sha2.h>

void cli_sha256(const void *data, size_t bytes, char hex[65])
{
    SHA256Data(data, bytes, hex);
}
