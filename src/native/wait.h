#ifndef OCIRUN_WAIT_H
#define OCIRUN_WAIT_H
#define WAITER_NAME "ocirun-wait"
int wait_main(int argc, char **argv);
#endif
