#pragma once

typedef struct {
    /// Calls of malloc and its kin from libcrypto.
    long inside;
    /// Calls from everywhere else.
    long outside;
} AllocationCount;

/// Counts from zero until the end is asked for; one thread at a time.
void allocations_begin(void);
AllocationCount allocations_end(void);
