/* While the file that FAILING_SYNC names exists, fsync and fdatasync fail with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_failing(void) {
    const char *file = getenv("FAILING_SYNC");
    return file != NULL && access(file, F_OK) == 0;
}

static int pass(const char *name, int descriptor) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (is_failing()) {
        errno = EIO;
        return -1;
    }
    return real(descriptor);
}

int fsync(int descriptor) { return pass("fsync", descriptor); }

int fdatasync(int descriptor) { return pass("fdatasync", descriptor); }
