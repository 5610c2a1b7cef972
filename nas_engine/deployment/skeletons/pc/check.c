/* Prints size, FNV-1a hash and alignment of the network as compiled, to compare with network.tflite. */
#include <stdint.h>
#include <stdio.h>

#include "earshot_constants.h"
#include "earshot_network.h"

int main(void) {
  uint32_t hash = 2166136261u;
  unsigned int place;
  for (place = 0; place < earshot_network_size; ++place) {
    hash = (hash ^ earshot_network[place]) * 16777619u;
  }
  printf("%u bytes, FNV-1a %08x, address modulo 16: %u, %d classes, the last is %s\n", earshot_network_size,
         (unsigned int)hash, (unsigned int)((uintptr_t)earshot_network % 16u), EARSHOT_CLASSES,
         earshot_labels[EARSHOT_CLASSES - 1]);
  return 0;
}
