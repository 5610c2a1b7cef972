// earshot_scores FEATURES.npy: int8 scores of each network input in the file, one line each.
#include <cstdio>
#include <cstring>

#include "earshot_classifier.h"
#include "earshot_constants.h"

int main(int argc, char** argv) {
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : nullptr;
  unsigned char head[10];
  if (file == nullptr || fread(head, 1, sizeof(head), file) != sizeof(head) || memcmp(head, "\x93NUMPY\x01", 7) != 0) {
    fprintf(stderr, "Usage: earshot_scores test_vectors/features.npy (int8, format 1 of NumPy)\n");
    return 2;
  }
  fseek(file, head[8] + 256 * head[9], SEEK_CUR);
  if (!EarshotBegin()) {
    fprintf(stderr, "The network does not start: the arena is too small, or an operator is missing.\n");
    return 1;
  }
  while (fread(EarshotInput(), 1, EarshotInputBytes(), file) == EarshotInputBytes()) {
    const int8_t* scores = EarshotRun();
    if (scores == nullptr) {
      return 1;
    }
    for (int number = 0; number < EARSHOT_CLASSES; ++number) {
      printf(number == 0 ? "%d" : " %d", scores[number]);
    }
    printf("\n");
  }
  fclose(file);
  return 0;
}
