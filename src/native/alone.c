/* What a static program stands in for. The linker takes these before those of the libraries: the C library's lookups of users and groups (NSS) would
 * load modules of the host, and the framework's random numbers all of OpenSSL (docs/adr/0004). */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/random.h>

/* In the place of dlopen(3) (--wrap): no such file. The managed runtime looks for a collector of one's own. */
void *__wrap_dlopen(const char *file, int flags);
void *__wrap_dlopen(const char *file, int flags) {
    (void)file, (void)flags;
    return NULL;
}

/* In the place of OPENSSL_cpuid_setup (--wrap), which libcrypto runs in every process before main: a virtual machine leaves the guest for each CPUID. The
 * first hash makes up for it; without it the hashes are right and slow. */
void __wrap_OPENSSL_cpuid_setup(void);
void __wrap_OPENSSL_cpuid_setup(void) {}

extern void __real_OPENSSL_cpuid_setup(void) __attribute__((weak)); /* once only, by itself; these are in the published program alone */
extern int __real_SHA256_Init(void *context) __attribute__((weak));
extern int __real_SHA512_Init(void *context) __attribute__((weak));
int __wrap_SHA256_Init(void *context);
int __wrap_SHA512_Init(void *context);

int __wrap_SHA256_Init(void *context) {
    __real_OPENSSL_cpuid_setup();
    return __real_SHA256_Init(context);
}

int __wrap_SHA512_Init(void *context) {
    __real_OPENSSL_cpuid_setup();
    return __real_SHA512_Init(context);
}

/* Nobody asks: names are looked up in the container's own files. Were they asked, the answer is "no such user". */
int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **result) {
    (void)uid, (void)entry, (void)buffer, (void)size;
    *result = NULL;
    return 0;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result) {
    (void)name;
    return getpwuid_r(0, entry, buffer, size, result);
}

int getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t size, struct group **result) {
    (void)gid, (void)entry, (void)buffer, (void)size;
    *result = NULL;
    return 0;
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count) {
    (void)user;
    int room = *count;
    *count = 1;
    if (room < 1)
        return -1;
    groups[0] = group;
    return 1;
}

/* System.Security.Cryptography.Native, as far as RandomNumberGenerator needs it: System.Text.Json seeds a hash by it. Anything more does not link. */
int32_t CryptoNative_EnsureOpenSslInitialized(void) { return 0; }

int32_t CryptoNative_GetMaxMdSize(void) { return 64; }

int32_t CryptoNative_GetRandomBytes(uint8_t *bytes, int32_t count) {
    for (int32_t done = 0; done < count;) {
        ssize_t some = getrandom(bytes + done, (size_t)(count - done), 0);
        if (some < 0 && errno != EINTR)
            return 0;
        done += some > 0 ? (int32_t)some : 0;
    }
    return 1;
}

uint64_t CryptoNative_ErrGetExceptionError(int32_t *is_allocation_failure) {
    *is_allocation_failure = 0;
    return 0;
}

void CryptoNative_ErrErrorStringN(uint64_t error, char *text, int32_t size) {
    (void)error;
    if (size > 0)
        *text = 0;
}
