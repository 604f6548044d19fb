/* Which file args[0] means, by execvp's rules in the container and as its user, and whether it can run: what can be known at create must not wait
 * for start. The kernel's own word at execve stays the last. */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "stage.h"

#define HEAD_SIZE 256 /* as much as the kernel reads of a file (BINPRM_BUF_SIZE) */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin" /* execvp's of musl; without PATH in the environment */

#if defined(__x86_64__)
static const uint16_t s_machines[] = {EM_X86_64, EM_386};
#elif defined(__aarch64__)
static const uint16_t s_machines[] = {EM_AARCH64, EM_ARM};
#else
#error "name the ELF machines of this architecture"
#endif

/* With the effective ids and capabilities, as execve checks. */
static int executable(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode))
        return -EACCES;
    int r = answer(syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS));
    if (r == -ENOSYS || r == -EPERM)
        r = access(path, X_OK) < 0 ? -errno : 0; /* real ids and effective ones are the same by now */
    return r;
}

/* Why a file that is there may not be executed. */
static uint32_t refusal(const char *path, int error) {
    struct stat info;
    struct statvfs fs;
    if (error != -EACCES || stat(path, &info) < 0)
        return FAIL_CALL;
    if (S_ISDIR(info.st_mode))
        return FAIL_KIND;
    return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC) ? FAIL_NOEXEC : FAIL_CALL;
}

/* As text for people: a carriage return at the end of "#!/bin/sh" is the fault itself, so it must be seen. */
static int interpreter_failure(struct stage *st, int error, const char *name) {
    fail(st, error, FAIL_INTERPRETER, "");
    for (; *name; name++) {
        char one[2] = {*name, 0};
        add_text(st->text, sizeof st->text, *name == '\r' ? "\\r" : *name < ' ' ? "?" : one);
    }
    return error;
}

static int check_interpreter(struct stage *st, const char *name) {
    int r = executable(name);
    return r ? interpreter_failure(st, r, name) : 0;
}

static int format_failure(struct stage *st, const struct plan_step *step, const char *what) {
    return step->flags & LOOKUP_ANY_FORMAT ? 0 : fail(st, -ENOEXEC, FAIL_FORMAT, what);
}

static int check_script(struct stage *st, const struct plan_step *step, char *head) {
    head[HEAD_SIZE] = 0;
    char *name = head + 2;
    size_t line = strcspn(name, "\n");
    if (name[line] == 0 && line >= HEAD_SIZE - 2)
        return 0; /* cut: the kernel's own word */
    name[line] = 0;
    name += strspn(name, " \t");
    name[strcspn(name, " \t")] = 0;
    return *name ? check_interpreter(st, name) : format_failure(st, step, "a script without an interpreter after #!");
}

/* The dynamic loader that the program headers name. Both classes have their fields in other places. */
static int check_loader(struct stage *st, int fd, const char *head) {
    char name[256];
    bool wide = head[EI_CLASS] == ELFCLASS64;
    const Elf64_Ehdr *e64 = (const void *)head;
    const Elf32_Ehdr *e32 = (const void *)head;
    unsigned count = wide ? e64->e_phnum : e32->e_phnum;
    uint64_t table = wide ? e64->e_phoff : e32->e_phoff, size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    _Alignas(8) char headers[16 * sizeof(Elf64_Phdr)]; /* more than any linker makes before the loader's name */
    long got = pread(fd, headers, sizeof headers, (off_t)table);
    for (unsigned i = 0; i < count && (long)((i + 1) * size) <= got; i++) {
        const Elf64_Phdr *p64 = (const void *)(headers + i * size);
        const Elf32_Phdr *p32 = (const void *)p64;
        if (p64->p_type != PT_INTERP) /* first in both */
            continue;
        uint64_t offset = wide ? p64->p_offset : p32->p_offset, length = wide ? p64->p_filesz : p32->p_filesz;
        if (length < 2 || length >= sizeof name || pread(fd, name, length, (off_t)offset) != (long)length || name[length - 1])
            return 0;
        return check_interpreter(st, name);
    }
    return 0;
}

static int check_elf(struct stage *st, const struct plan_step *step, int fd, const char *head, long length) {
    const Elf64_Ehdr *header = (const void *)head; /* the first fields are the same in both classes */
    char what[48] = "an ELF file cut short";
    if (length < (long)sizeof(Elf32_Ehdr) || (head[EI_CLASS] == ELFCLASS64 && length < (long)sizeof(Elf64_Ehdr)))
        return format_failure(st, step, what);
    bool known = false;
    for (size_t i = 0; i < sizeof s_machines / sizeof s_machines[0]; i++)
        known |= header->e_machine == s_machines[i];
    if (!known) {
        strcpy(what, "machine ");
        add_number(what, sizeof what, header->e_machine);
        return format_failure(st, step, what);
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return format_failure(st, step, "an ELF file that is no program");
    return check_loader(st, fd, head);
}

static int check_content(struct stage *st, const struct plan_step *step, const char *path) {
    _Alignas(8) char head[HEAD_SIZE + 1];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* executable but not readable: fine for execve */
    long length = read(fd, head, HEAD_SIZE);
    int r;
    if (length < 0)
        r = -errno;
    else if (length == 0)
        r = format_failure(st, step, "an empty file");
    else if (length >= 2 && memcmp(head, "#!", 2) == 0)
        memset(head + length, 0, sizeof head - (size_t)length), r = check_script(st, step, head);
    else if (length >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
        r = check_elf(st, step, fd, head, length);
    else
        r = format_failure(st, step, "neither an ELF file nor a script");
    close(fd);
    return r;
}

static const char *path_variable(const char *env) {
    const char *found = DEFAULT_PATH;
    for (; env && *env; env += strlen(env) + 1)
        if (strncmp(env + 1, "PATH=", 5) == 0)
            found = env + 6; /* the last one wins */
    return found;
}

static int search(struct stage *st, const char *name, const char *path) {
    int result = -ENOENT;
    for (;;) {
        size_t length = strcspn(path, ":");
        if (length < sizeof st->program - 1) {
            memcpy(st->program, path, length);
            st->program[length] = 0;
            if (length > 0)
                add_text(st->program, sizeof st->program, "/");
            add_text(st->program, sizeof st->program, name);
            int r = executable(st->program);
            if (r == 0)
                return 0;
            if (r == -EACCES)
                result = r; /* said only when there is no other */
        }
        if (path[length] == 0)
            return result;
        path += length + 1;
    }
}

int op_lookup(struct stage *st, const struct plan_step *step) {
    const char *name = text_of(st, step->s[0]);
    int r;
    if (*name == 0 || strlen(name) >= sizeof st->program)
        return fail(st, -ENOENT, FAIL_NOT_FOUND, name);
    if (strchr(name, '/')) {
        strcpy(st->program, name);
        r = executable(name);
    } else {
        r = search(st, name, path_variable(text_of(st, step->s[1])));
        if (r == -ENOENT)
            return fail(st, r, FAIL_NOT_FOUND, name);
    }
    if (r)
        return fail(st, r, refusal(st->program, r), st->program);
    return step->flags & LOOKUP_NO_CHECK ? 0 : check_content(st, step, st->program);
}
