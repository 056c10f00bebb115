/* kind_rows.h - the index of each kind, for tests that are about one. */
#ifndef KIND_ROWS_H
#define KIND_ROWS_H

#define KIND(id, word, meaning) KIND_##id,
enum {
#include "../../src/kinds/kinds.def"
    KIND_N
};
#undef KIND

#endif
