#ifndef OCIRUN_PREFAULT_H
#define OCIRUN_PREFAULT_H

/* Maps the C library's heap. */
void prefault_heap(void);

#endif
