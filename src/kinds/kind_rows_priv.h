/* kind_rows_priv.h - where the rows of the kinds are. A program with a kind of its own names
 * another list, which includes this one. */
#ifndef ZYNQSIM_KIND_ROWS_PRIV_H
#define ZYNQSIM_KIND_ROWS_PRIV_H

#ifndef KINDS_DEF
#define KINDS_DEF "kinds.def"
#endif

#endif
