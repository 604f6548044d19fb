#ifndef OCIRUN_NOTIFY_H
#define OCIRUN_NOTIFY_H
struct stage;
int notifier_start(struct stage *st, int socket, const char *text);
int notifier_finish(struct stage *st, int listener);
#endif
