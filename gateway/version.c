#include "gateway/version.h"

/* Made by the Makefile, in the build folder. */
#include <version.h>

const char masthead_version[] = MASTHEAD_VERSION;
