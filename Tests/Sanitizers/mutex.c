// Tells the thread sanitizer of the locks that it cannot see. The standard library is not built with it, and a Synchronization.Mutex that is
// contended is locked and unlocked in there (_MutexHandle, swift-6.3 stdlib/public/Synchronization/Mutex/LinuxImpl.swift): the sanitizer
// then takes what two threads do under one lock for a race. Loaded before the library, these call it, and say what it has done.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Of the process that is looked at; of others, such as the compiler, there is nothing to tell.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

SWIFT void lockSlow(uint32_t id, SELF void *handle) __asm__(LOCK);
SWIFT bool tryLockSlow(SELF void *handle) __asm__(TRY_LOCK);
SWIFT void unlockSlow(SELF void *handle) __asm__(UNLOCK);

static void *original(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) {
        fprintf(stderr, "This standard library has no %s.\n", name);
        abort();
    }
    return function;
}

SWIFT void lockSlow(uint32_t id, SELF void *handle) {
    ((SWIFT void (*)(uint32_t, SELF void *))original(LOCK))(id, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT bool tryLockSlow(SELF void *handle) {
    bool isLocked = ((SWIFT bool (*)(SELF void *))original(TRY_LOCK))(handle);
    if (isLocked && __tsan_acquire) __tsan_acquire(handle);
    return isLocked;
}

SWIFT void unlockSlow(SELF void *handle) {
    if (__tsan_release) __tsan_release(handle);
    ((SWIFT void (*)(SELF void *))original(UNLOCK))(handle);
}
