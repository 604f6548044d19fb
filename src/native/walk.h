#ifndef OCIRUN_WALK_H
#define OCIRUN_WALK_H
#include <stdint.h>
int walk(int root, const char *path, int flags, uint64_t restrictions);
#endif
