#ifndef OCIRUN_PREFAULT_H
#define OCIRUN_PREFAULT_H

/* Maps the program's code and constants, and the C library's heap. */
void prefault_program(void);

#endif
