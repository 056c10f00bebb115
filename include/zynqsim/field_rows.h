/* field_rows.h - what turns a row FIELD(path, member, type, unit, min, max, default, meaning) of a
 * .def list into a zs_field. Only the files that expand such a list include it. */
#ifndef ZYNQSIM_FIELD_ROWS_H
#define ZYNQSIM_FIELD_ROWS_H

#include "zynqsim/design.h"

/* The C type of a member must be the one its row names. */
#define ZS_C_U32         uint32_t
#define ZS_C_U64         uint64_t
#define ZS_C_F64         double
#define ZS_C_BOOL        bool
#define ZS_C_STR         const char *
#define ZS_C_ENUM(table) uint32_t
#define ZS_FIELD_CHECK(path, of, member, type)                                                     \
    _Static_assert(_Generic(((of *)0)->member, ZS_C_##type : 1, default : 0), "type of " path);

/* type, words, word_n */
#define ZS_T_U32         ZS_FIELD_U32, NULL, 0
#define ZS_T_U64         ZS_FIELD_U64, NULL, 0
#define ZS_T_F64         ZS_FIELD_F64, NULL, 0
#define ZS_T_BOOL        ZS_FIELD_BOOL, NULL, 0
#define ZS_T_STR         ZS_FIELD_STR, NULL, 0
#define ZS_T_ENUM(table) ZS_FIELD_ENUM, zs_words_##table, ZS_WORD_N_##table
#define ZS_FIELD_ROW(path, offset, type, unit, min, max, preset, meaning, is_owned)                \
    {path, offset, ZS_T_##type, unit, min, max, preset, meaning, is_owned},

#endif
