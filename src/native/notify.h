#ifndef OCIRUN_NOTIFY_H
#define OCIRUN_NOTIFY_H
#include <stdint.h>
struct stage;
int notifier_start(struct stage *st, int socket, const char *text, uint32_t marks);
int notifier_finish(struct stage *st, int listener);
#endif
