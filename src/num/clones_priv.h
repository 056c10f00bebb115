/* clones_priv.h - functions compiled for several vector units, one of which is chosen when the
 * program starts. Sanitizers do not survive being called that early. */
#ifndef ZYNQSIM_CLONES_PRIV_H
#define ZYNQSIM_CLONES_PRIV_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(__SANITIZE_THREAD__)
#define ZS_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ZS_CLONES
#endif

#endif
