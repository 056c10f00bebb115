/* loops_priv.h - plain loops for several vector units. */
#ifndef ZYNQSIM_LOOPS_PRIV_H
#define ZYNQSIM_LOOPS_PRIV_H

#include "zynqsim/base.h"

/* ZS_CLONES of a loop that the compiler vectorises: gcc at -O3, clang always. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#define ZS_LOOPS ZS_CLONES __attribute__((optimize("O3")))
#else
#define ZS_LOOPS ZS_CLONES
#endif

#endif
