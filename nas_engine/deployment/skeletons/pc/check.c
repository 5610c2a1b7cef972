/*
 * earshot_check [network.tflite]: size, FNV-1a hash and alignment of the network as compiled. The exit status is 1 where
 * the file holds other bytes, or the array is not aligned to 16.
 */
#include <stdint.h>
#include <stdio.h>

#include "earshot_constants.h"
#include "earshot_network.h"

static uint32_t with_byte(uint32_t hash, unsigned char byte) { return (hash ^ byte) * 16777619u; }

/* Whether the file has the bytes of the array, by their number and hash. */
static int is_network(const char *path, uint32_t hash) {
  uint32_t other = 2166136261u;
  unsigned int size = 0;
  int byte;
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return 0;
  }
  for (; (byte = fgetc(file)) != EOF; ++size) {
    other = with_byte(other, (unsigned char)byte);
  }
  fclose(file);
  return size == earshot_network_size && other == hash;
}

int main(int argc, char **argv) {
  const unsigned int past = (unsigned int)((uintptr_t)earshot_network % 16u);
  uint32_t hash = 2166136261u;
  unsigned int place;
  for (place = 0; place < earshot_network_size; ++place) {
    hash = with_byte(hash, earshot_network[place]);
  }
  printf("%u bytes, FNV-1a %08x, address modulo 16: %u, %d classes, the last is %s\n", earshot_network_size,
         (unsigned int)hash, past, EARSHOT_CLASSES, earshot_labels[EARSHOT_CLASSES - 1]);
  if (argc > 1 && !is_network(argv[1], hash)) {
    printf("%s holds other bytes than earshot_network.c.\n", argv[1]);
    return 1;
  }
  return past != 0;
}
