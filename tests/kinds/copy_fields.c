#include "../../src/kinds/kind_fields_priv.h"

#define KIND_ID     copy
#define KIND_FIELDS "../../tests/kinds/fields.def"
#define KIND_CHECK  NULL
#include "../../src/kinds/kind_keys.h"
