// This program's own malloc: it counts, tells libcrypto's calls by their return address, and asks glibc's for the memory.
// Every library of the process comes here, since the dynamic linker looks into the program first.
#define _GNU_SOURCE
#include "Allocations.h"

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Bool counting;
static AllocationCount current;
static uintptr_t crypto_start, crypto_end;

static inline void count(void *caller) {
    // The return address must be read here: clang would move that into a cold part of its own, which returns elsewhere.
    __asm__ volatile("" : "+r"(caller));
    if (!counting) return;
    uintptr_t address = (uintptr_t)caller;
    if (address >= crypto_start && address < crypto_end) current.inside++;
    else current.outside++;
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

static int find_libcrypto(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size;
    (void)unused;
    if (strstr(info->dlpi_name, "libcrypto.so") == NULL) return 0;
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
        crypto_start = info->dlpi_addr + segment->p_vaddr;
        crypto_end = crypto_start + segment->p_memsz;
    }
    return 1;
}

void allocations_begin(void) {
    // Without libcrypto's range every call would count as an outside one: the program needs it shared.
    if (crypto_start == 0) dl_iterate_phdr(find_libcrypto, NULL);
    if (crypto_start == 0) abort();
    current = (AllocationCount){0, 0};
    counting = 1;
}

AllocationCount allocations_end(void) {
    counting = 0;
    return current;
}
