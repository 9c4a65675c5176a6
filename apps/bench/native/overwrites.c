/*
 * Threads that each write 4 KiB at a random place of a file and flush it, again and again: what drives, or a file system,
 * do with so many small durable writes in flight. Prints the writes, and their 50th and 99th percentile.
 * Usage: overwrites THREADS WARM_UP_MS MEASURE_MS FILE...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { block_bytes = 4096, threads_max = 64, samples_max = 1 << 20 };

static double begin_s, end_s;
static int file_count;
static char **files;
static float *samples;
static long written;

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static void *run(void *argument) {
  const long self = (long)argument;
  const int file = open(files[self % file_count], O_WRONLY);
  struct stat stat;
  if (file < 0 || fstat(file, &stat) != 0 || stat.st_size < block_bytes) return (void *)1;
  uint64_t random = 0x9e3779b97f4a7c15u * (uint64_t)(self + 1);
  char block[block_bytes];
  memset(block, (int)self + 1, sizeof block);
  for (;;) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    const off_t at = (off_t)(random % (uint64_t)(stat.st_size / block_bytes)) * block_bytes;
    memcpy(block, &random, sizeof random);
    const double before = now_s();
    if (before >= end_s && __atomic_load_n(&written, __ATOMIC_RELAXED) > 0) break;
    if (pwrite(file, block, sizeof block, at) != block_bytes || fdatasync(file) != 0) return (void *)1;
    if (before < begin_s) continue;
    const long index = __atomic_fetch_add(&written, 1, __ATOMIC_RELAXED);
    if (index < samples_max) samples[index] = (float)((now_s() - before) * 1e6);
  }
  return (void *)(long)(close(file) != 0);
}

static int ascending(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  if (count < 5) return 2;
  const long threads = atol(arguments[1]);
  if (threads < 1 || threads > threads_max) return 2;
  files = arguments + 4;
  file_count = count - 4;
  samples = malloc(samples_max * sizeof *samples);
  begin_s = now_s() + atof(arguments[2]) / 1e3;
  end_s = begin_s + atof(arguments[3]) / 1e3;
  pthread_t ids[threads_max];
  for (long id = 0; id < threads; id++) {
    if (pthread_create(&ids[id], NULL, run, (void *)id) != 0) return 3;
  }
  long failed = 0;
  for (long id = 0; id < threads; id++) {
    void *result;
    pthread_join(ids[id], &result);
    failed |= (long)result;
  }
  if (failed || written == 0) return 4;
  const long kept = written < samples_max ? written : samples_max;
  qsort(samples, kept, sizeof *samples, ascending);
  struct timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  printf("{\"writes\":%ld,\"p50\":%.1f,\"p99\":%.1f,\"cpuNs\":%.0f}\n", written, samples[kept / 2],
         samples[kept * 99 / 100], cpu.tv_sec * 1e9 + cpu.tv_nsec);
  return 0;
}
