/*
 * XOR and P+Q of ISA-L over groups that lie one behind the other, as the benchmark of ours walks them. Prints bytes of
 * data encoded per second of CPU. Usage: isa-l xor|pq DATA_SLOTS SLOT_BYTES GROUPS WARM_UP_MS MEASURE_MS
 */
#include <isa-l.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { turns_per_look = 16 };

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  const int is_pq = strcmp(arguments[1], "pq") == 0;
  const int data = atoi(arguments[2]);
  const long slot = atol(arguments[3]), groups = atol(arguments[4]);
  const double phases[] = {atof(arguments[5]) / 1e3, atof(arguments[6]) / 1e3};
  const int members = data + (is_pq ? 2 : 1);
  if (data < 2 || members > 16 || slot <= 0 || groups <= 0) return 2;
  unsigned char *memory = aligned_alloc(4096, (size_t)slot * groups * members);
  if (memory == NULL) return 3;
  memset(memory, 0x5a, (size_t)slot * groups * members);
  long turns = 0;
  double cpu = 0;
  for (int phase = 0; phase < 2; phase++) {
    const double until = seconds(CLOCK_MONOTONIC) + phases[phase];
    const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (turns = 0; turns % turns_per_look != 0 || seconds(CLOCK_MONOTONIC) < until; turns++) {
      void *slots[16];
      unsigned char *group = memory + (size_t)(turns % groups) * slot * members;
      for (int member = 0; member < members; member++) slots[member] = group + (size_t)member * slot;
      const int failed = is_pq ? pq_gen(members, (int)slot, slots) : xor_gen(members, (int)slot, slots);
      if (failed) return 4;
    }
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
  }
  printf("{\"turns\":%ld,\"cpuNs\":%.0f}\n", turns, cpu * 1e9);
  return 0;
}
