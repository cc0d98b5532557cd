/**
 * How analyser and inference processes take memory from the system: variables that they have to be started with. Other C
 * libraries than glibc do not know them.
 *
 * - glibc would give every thread an arena of its own, and each keeps what it once held (60 of 520 MB a process).
 * - Large tensors and pictures lie in huge pages, where the kernel gives them to who asks: without, a photo costs 7 % more, a
 *   page fault for each 4 KB.
 */
export const MEMORY_ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
} as const;
