/* version.h - the version of the program and of the two libraries. */
#ifndef ZYNQSIM_VERSION_H
#define ZYNQSIM_VERSION_H

#define ZS_VERSION "0.1.0"

#endif
