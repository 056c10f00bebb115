#include "kind_fields_priv.h"

#define KIND(id, word, meaning) {word, meaning},
static const zs_word words[] = {
#include KINDS_DEF
};
#undef KIND

#define KIND(id, word, meaning) {word, meaning, &zs_keys_of_##id},
const zs_kind_design zs_kind_designs[] = {
#include KINDS_DEF
};
#undef KIND
const uint32_t zs_kind_n = ZS_LEN(zs_kind_designs);

enum { WORD_N = ZS_LEN(words) };

const zs_field zs_kind_field = {
    .path = "accelerator.kind",
    .offset = offsetof(zs_design, accel.kind),
    .type = ZS_FIELD_ENUM,
    .words = words,
    .word_n = WORD_N,
    .unit = "",
    .max = WORD_N - 1,
    .preset = "tiled",
    .meaning =
        "how a plan is made: tiled loops over on-chip buffers, direct loops over single-beat "
        "accesses, rows that stream through line buffers, a pipeline of all layers, or one "
        "compiled "
        "loop nest per layer",
};
